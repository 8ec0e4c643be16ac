//! Everything that is asked, and `write`.

use odoo::preflight::{Company, FieldState, Keys, Needs, Problem, RightState};
use odoo::server::Operation;
use odoo::{Context, Domain, Model, RecordId, Search, datetime};
use serde_json::json;

use super::loading::{make, record};
use crate::target::{Target, object};

pub(crate) async fn whoami_says_whose_key_it_is(target: &Target) {
    let me = target.client.whoami().await.unwrap();
    if let Some(login) = &target.config().login {
        assert_eq!(&me.login, login);
    }
    assert_eq!(
        (me.company, &me.companies[..]),
        (RecordId(1), &[RecordId(1)][..])
    );
    assert_eq!(me.language.as_deref(), Some("en_US"));
    assert!(me.user.get() > 1);
}

pub(crate) async fn searches_by_domain_order_and_limit(target: &Target) {
    let client = &target.client;
    let ids = make(
        client,
        &["id", "name", "city", "active"],
        &[
            &["__contract__.s0", "Search a", "Ghent", "1"],
            &["__contract__.s1", "Search b", "Bruges", "1"],
            &["__contract__.s2", "Search c", "Ghent", "0"],
        ],
    )
    .await;
    let domain = Domain::is_in("id", ids.iter().map(|id| id.get()));
    let found = |domain: Domain, limit: Option<usize>, offset: usize, context: Context| {
        let search = Search {
            limit,
            offset,
            order: Some("name desc"),
            ..Search::new(domain, &["name"])
        };
        async move {
            let found = client
                .search_read(&Model::PARTNER, &search, &context)
                .await
                .unwrap();
            found
                .iter()
                .map(|record| RecordId(record["id"].as_i64().unwrap()))
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(
        found(domain.clone(), None, 0, Context::new()).await,
        [ids[1], ids[0]]
    );
    let all = Context::new().with_archived();
    assert_eq!(
        found(domain.clone(), Some(1), 1, all.clone()).await,
        [ids[1]]
    );
    let ghent = Domain::equal("city", "Ghent");
    assert_eq!(
        found(domain.clone().and(ghent.clone()), None, 0, all.clone()).await,
        [ids[2], ids[0]]
    );
    assert_eq!(found(domain.and(!ghent), None, 0, all).await, [ids[1]]);
}

pub(crate) async fn pages_by_id_skip_nothing(target: &Target) {
    let rows: Vec<String> = (0..25).map(|n| format!("__contract__.page{n}")).collect();
    let rows: Vec<[&str; 2]> = rows.iter().map(|id| [id.as_str(), "Page"]).collect();
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 2]>::as_slice).collect();
    let mut ids = make(&target.client, &["id", "name"], &rows).await;
    ids.sort();
    let context = Context::new();
    let page = Domain::equal("name", "Page");
    let mut pages = target
        .client
        .pages(&Model::PARTNER, page, &["write_date"], &context)
        .of(10);
    let (mut seen, mut sizes) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await.unwrap() {
        sizes.push(page.len());
        for record in page {
            seen.push(RecordId(record["id"].as_i64().unwrap()));
            assert!(datetime::parse(record["write_date"].as_str().unwrap()).is_ok());
        }
    }
    assert_eq!(seen, ids);
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(pages.next().await.unwrap(), None);
}

pub(crate) async fn missing_records_are_left_out(target: &Target) {
    let client = &target.client;
    let ids = make(
        client,
        &["id", "name"],
        &[&["__contract__.m0", "Stays"], &["__contract__.m1", "Goes"]],
    )
    .await;
    target.hand.delete(ids[1]).await;
    let found = client
        .read(&Model::PARTNER, &ids, &["name"], &Context::new())
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["id"], json!(ids[0]));
    assert_eq!(
        client
            .read(&Model::PARTNER, &[], &["name"], &Context::new())
            .await
            .unwrap(),
        []
    );
}

pub(crate) async fn writes_by_id(target: &Target) {
    let client = &target.client;
    let ids = make(
        client,
        &["id", "name"],
        &[&["__contract__.w0", "Write"], &["__contract__.w1", "Write"]],
    )
    .await;
    let values = object(json!({"phone": "7", "active": false, "city": null}));
    client
        .write(&Model::PARTNER, &ids, values, &Context::new())
        .await
        .unwrap();
    for id in ids {
        let written = record(client, id, &["phone", "active", "city"]).await;
        assert_eq!(
            (&written["phone"], &written["active"]),
            (&json!("7"), &json!(false))
        );
        assert_eq!(written["city"], json!(false));
    }
}

pub(crate) async fn rights_are_asked_per_model(target: &Target) {
    let client = &target.client;
    assert!(
        client
            .has_access(&Model::PARTNER, Operation::Create)
            .await
            .unwrap()
    );
    assert!(
        client
            .has_access(&Model::PARTNER, Operation::Write)
            .await
            .unwrap()
    );
    assert!(
        client
            .has_access(&Model::COMPANY, Operation::Read)
            .await
            .unwrap()
    );
    assert!(
        !client
            .has_access(&Model::COMPANY, Operation::Create)
            .await
            .unwrap()
    );
}

pub(crate) async fn fields_are_described(target: &Target) {
    let asked = ["name", "country_id", "x_nope"];
    let fields = target
        .client
        .fields_get(&Model::PARTNER, &asked, &["type", "relation"])
        .await
        .unwrap();
    assert_eq!(
        fields.keys().map(String::as_str).collect::<Vec<_>>(),
        ["country_id", "name"]
    );
    assert_eq!(fields["country_id"]["type"], "many2one");
    assert_eq!(fields["country_id"]["relation"], "res.country");
    assert!(!fields["name"].contains_key("string"));
}

pub(crate) async fn the_preflight_finds_what_is_missing(target: &Target) {
    let nope = Model::named("x.nope");
    let needs = Needs::new()
        .with(
            Model::PARTNER,
            [Operation::Read, Operation::Create],
            ["name", "x_nope"],
        )
        .with(Model::COMPANY, [Operation::Unlink], [])
        .with(nope.clone(), [Operation::Read], ["name"]);
    let report = target.client.preflight(&needs).await.unwrap();
    assert_eq!(
        report.problems(),
        [
            Problem::NoSuchModel(nope),
            Problem::Denied {
                model: Model::COMPANY,
                operation: Operation::Unlink
            },
            Problem::NoSuchField {
                model: Model::PARTNER,
                field: "x_nope".to_owned()
            },
        ]
    );
    assert_eq!(
        report
            .rights
            .iter()
            .filter(|right| right.state == RightState::Granted)
            .count(),
        2
    );
    let name = report
        .fields
        .iter()
        .find(|field| field.name == "name")
        .unwrap();
    assert!(
        matches!(&name.state, FieldState::Present { kind, readonly: false, .. } if kind == "char")
    );
    assert!(matches!(
        &report.company,
        Company::Default {
            id: RecordId(1),
            name: Some(_)
        }
    ));
    assert_eq!(&report.database, &target.config().database);
    assert_eq!(report.identity, target.client.whoami().await.unwrap());
    assert!(
        report.languages.contains(&"en_US".to_owned()),
        "{:?}",
        report.languages
    );
    if report.version.major >= 17 {
        let Keys::Known(keys) = report.keys else {
            panic!("{:?}", report.keys)
        };
        assert_eq!(keys.len(), 1);
    }
    // A company of somebody else is found before anything else is asked.
    let config = odoo::Config {
        company: Some(99),
        ..target.config()
    };
    let other = odoo::Client::connect(crate::target::http(), config)
        .await
        .unwrap();
    let report = other.preflight(&needs).await.unwrap();
    assert_eq!(
        report.problems(),
        [Problem::CompanyNotAllowed {
            id: RecordId(99),
            allowed: vec![RecordId(1)]
        }]
    );
}

pub(crate) async fn a_method_without_a_result_gives_null(target: &Target) {
    if !target.hand.is_real() {
        return;
    }
    let client = &target.client;
    let id = make(client, &["id", "name"], &[&["__contract__.null", "Null"]]).await[0];
    let method = "action_archive";
    let answer = client
        .call(
            &Model::PARTNER,
            method,
            Some(&[id]),
            &object(json!({})),
            &Context::new(),
        )
        .await;
    let answer = answer.unwrap();
    // Odoo 14 says whether it changed something.
    assert!(answer.is_null() || answer == json!(true), "{answer}");
    assert_eq!(
        record(client, id, &["active"]).await["active"],
        json!(false)
    );
}
