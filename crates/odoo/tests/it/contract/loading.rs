//! `load`.

use futures::future::join_all;
use odoo::client::Loaded;
use odoo::load::{RowFault, RowFaultKind, Rows};
use odoo::{Client, Context, Domain, ErrorKind, Fields, Model, RecordId, Search};
use serde_json::{Value, json};

use crate::target::Target;

/// Rows of one column set, each its own group.
pub(super) fn rows(columns: &[&str], values: &[&[&str]]) -> Rows {
    let mut rows = Rows::new(Model::PARTNER, columns.iter().copied());
    for (group, values) in values.iter().enumerate() {
        rows.push(
            group,
            values.iter().map(|value| (*value).to_owned()).collect(),
        )
        .unwrap();
    }
    rows
}

pub(super) async fn load(client: &Client, rows: &Rows) -> Loaded {
    client
        .load(rows, &Context::new().without_tracking())
        .await
        .unwrap()
}

/// The ids of groups that have one row each.
pub(super) async fn make(client: &Client, columns: &[&str], values: &[&[&str]]) -> Vec<RecordId> {
    let loaded = load(client, &rows(columns, values)).await;
    loaded
        .groups
        .into_values()
        .map(|ids| ids.expect("it is saved")[0])
        .collect()
}

pub(super) async fn record(client: &Client, id: RecordId, fields: &[&str]) -> Fields {
    client
        .read(&Model::PARTNER, &[id], fields, &Context::new())
        .await
        .unwrap()
        .remove(0)
}

fn refusals(loaded: &Loaded) -> Vec<(usize, &RowFault)> {
    loaded
        .groups
        .iter()
        .filter_map(|(group, result)| Some((*group, result.as_ref().err()?)))
        .collect()
}

async fn count_of(client: &Client, label: &str) -> u64 {
    let domain = Domain::equal("name", label);
    client
        .search_count(&Model::PARTNER, &domain, &Context::new().with_archived())
        .await
        .unwrap()
}

pub(crate) async fn creates_then_updates_by_name(target: &Target) {
    let client = &target.client;
    let columns = ["id", "name", "is_company", "city"];
    let first = make(
        client,
        &columns,
        &[
            &["__contract__.up1", "One", "1", "Ghent"],
            &["__contract__.up2", "Two", "0", "Bruges"],
        ],
    )
    .await;
    // Twice the same, in another order and with a change.
    let second = make(
        client,
        &columns,
        &[
            &["__contract__.up2", "Two", "0", "Ypres"],
            &["__contract__.up1", "One", "1", "Ghent"],
        ],
    )
    .await;
    assert_eq!(second, [first[1], first[0]]);
    let one = record(client, first[0], &["name", "is_company", "city"]).await;
    assert_eq!(
        (&one["name"], &one["is_company"], &one["city"]),
        (&json!("One"), &json!(true), &json!("Ghent"))
    );
    let two = record(client, first[1], &["is_company", "city"]).await;
    assert_eq!(
        (&two["is_company"], &two["city"]),
        (&json!(false), &json!("Ypres"))
    );
}

pub(crate) async fn writes_only_the_columns_that_are_there_and_clears_by_empty(target: &Target) {
    let client = &target.client;
    let id = make(
        client,
        &["id", "name", "phone", "city", "country_id/id"],
        &[&["__contract__.cl", "Clear", "1", "Ghent", "base.be"]],
    )
    .await[0];
    make(
        client,
        &["id", "phone", "country_id/id"],
        &[&["__contract__.cl", "", ""]],
    )
    .await;
    let left = record(client, id, &["name", "phone", "city", "country_id"]).await;
    assert_eq!(left["name"], "Clear");
    assert_eq!(left["city"], "Ghent");
    assert_eq!(
        (&left["phone"], &left["country_id"]),
        (&json!(false), &json!(false))
    );
}

pub(crate) async fn names_what_it_refuses_and_saves_the_rest(target: &Target) {
    let client = &target.client;
    let mut families = Rows::new(
        Model::PARTNER,
        ["id", "name", "parent_id/id", "country_id/id"],
    );
    let mut push = |group: usize, values: [&str; 4]| {
        families
            .push(group, values.map(str::to_owned).to_vec())
            .unwrap();
    };
    push(0, ["__contract__.nm0", "Sound", "", "base.be"]);
    push(1, ["__contract__.nm1", "Bad country", "", "base.nosuch"]);
    push(2, ["__contract__.nm2", "Bad child", "", ""]);
    push(3, ["__contract__.nm3", "Sound too", "", ""]);
    push(0, ["__contract__.nm0c", "Child", "__contract__.nm0", ""]);
    push(
        1,
        ["__contract__.nm1c", "Bad child", "__contract__.nm1", ""],
    );
    push(
        2,
        [
            "__contract__.nm2c",
            "Bad child",
            "__contract__.nm2",
            "base.nosuch",
        ],
    );
    let loaded = load(client, &families).await;
    assert_eq!(loaded.groups[&0].as_ref().unwrap().len(), 2);
    assert_eq!(loaded.groups[&3].as_ref().unwrap().len(), 1);
    let refused = refusals(&loaded);
    assert_eq!(
        refused.iter().map(|(group, _)| *group).collect::<Vec<_>>(),
        [1, 2]
    );
    for (_, fault) in refused {
        assert_eq!(fault.kind, RowFaultKind::Value);
        assert_eq!(fault.field.as_deref(), Some("country_id"));
        // Older versions give the label in the sentence alone.
        let label = (client.version().major >= 19).then_some("Country");
        assert_eq!(fault.field_name.as_deref(), label);
        assert!(fault.message.contains("base.nosuch"), "{}", fault.message);
    }
    assert_eq!(loaded.calls, 2);
    // Nothing of a refused family is there, whatever a worker's cache says of the names.
    assert_eq!(count_of(client, "Bad country").await, 0);
    assert_eq!(count_of(client, "Bad child").await, 0);
    let child = loaded.groups[&0].as_ref().unwrap()[1];
    let parent = loaded.groups[&0].as_ref().unwrap()[0];
    assert_eq!(
        record(client, child, &["parent_id"]).await["parent_id"][0],
        json!(parent)
    );
}

pub(crate) async fn does_not_blame_the_first_for_the_batch(target: &Target) {
    let loaded = load(
        &target.client,
        &rows(
            &["id", "name"],
            &[
                &["__contract__.fb0", "Sound"],
                &["__contract__.fb1", "Sound"],
                &["__contract__.fb2", ""],
                &["__contract__.fb3", "Sound"],
            ],
        ),
    )
    .await;
    let refused = refusals(&loaded);
    assert_eq!(refused.len(), 1, "{refused:?}");
    let (group, fault) = refused[0];
    assert_eq!((group, fault.kind), (2, RowFaultKind::Record));
    assert!(
        fault.message.contains("Contacts require a name"),
        "{}",
        fault.message
    );
    // And when it is the first one's own fault, it is found.
    let loaded = load(
        &target.client,
        &rows(
            &["id", "name"],
            &[&["__contract__.fb4", ""], &["__contract__.fb5", "Sound"]],
        ),
    )
    .await;
    assert_eq!(refusals(&loaded)[0].0, 0);
    assert!(loaded.groups[&1].is_ok());
}

pub(crate) async fn does_not_blame_children_for_another_family(target: &Target) {
    let mut families = Rows::new(Model::PARTNER, ["id", "name", "parent_id/id"]);
    for group in 0..4 {
        let label = if group == 2 { "" } else { "Parent" };
        let parent = format!("__contract__.fam{group}");
        families
            .push(group, vec![parent, label.to_owned(), String::new()])
            .unwrap();
    }
    for group in 0..4 {
        let parent = format!("__contract__.fam{group}");
        families
            .push(
                group,
                vec![format!("{parent}c"), "Child".to_owned(), parent],
            )
            .unwrap();
    }
    let loaded = load(&target.client, &families).await;
    let refused = refusals(&loaded);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!((refused[0].0, refused[0].1.kind), (2, RowFaultKind::Record));
    assert!(loaded.groups[&0].as_ref().is_ok_and(|ids| ids.len() == 2));
}

/// Odoo stops after ten.
pub(crate) async fn finds_all_of_many_bad_rows(target: &Target) {
    let mut many = Rows::new(Model::PARTNER, ["id", "name"]);
    for group in 0..40 {
        let label = if group % 2 == 1 { "" } else { "Many" };
        many.push(
            group,
            vec![format!("__contract__.many{group}"), label.to_owned()],
        )
        .unwrap();
    }
    let loaded = load(&target.client, &many).await;
    assert_eq!(loaded.groups.len(), 40);
    for (group, result) in &loaded.groups {
        assert_eq!(result.is_err(), group % 2 == 1, "{group}: {result:?}");
    }
    assert!(loaded.calls <= 3, "{} calls", loaded.calls);
    assert_eq!(count_of(&target.client, "Many").await, 20);
}

pub(crate) async fn updates_by_id_archived_or_not_but_never_creates(target: &Target) {
    let client = &target.client;
    let ids = make(
        client,
        &["id", "name", "active"],
        &[
            &["__contract__.id0", "By id", "1"],
            &["__contract__.id1", "By id", "0"],
            &["__contract__.id2", "By id", "1"],
        ],
    )
    .await;
    target.hand.delete(ids[2]).await;
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let loaded = load(
        client,
        &rows(
            &[".id", "phone"],
            &[
                &[&texts[0], "100"],
                &[&texts[1], "101"],
                &[&texts[2], "102"],
            ],
        ),
    )
    .await;
    assert_eq!(loaded.groups[&0], Ok(vec![ids[0]]));
    assert_eq!(loaded.groups[&1], Ok(vec![ids[1]]));
    let fault = loaded.groups[&2].as_ref().unwrap_err();
    assert_eq!(
        (fault.kind, fault.field.as_deref()),
        (RowFaultKind::MissingRecord, Some(".id"))
    );
    let archived = record(client, ids[1], &["phone", "active"]).await;
    assert_eq!(
        (&archived["phone"], &archived["active"]),
        (&json!("101"), &json!(false))
    );
    // With a name in the row Odoo could create one instead; it does not.
    let loaded = load(
        client,
        &rows(&[".id", "name"], &[&[&texts[2], "Not again"]]),
    )
    .await;
    assert_eq!(
        loaded.groups[&0].as_ref().unwrap_err().kind,
        RowFaultKind::MissingRecord
    );
    assert_eq!(count_of(client, "Not again").await, 0);
    assert_eq!(count_of(client, "By id").await, 2);
}

pub(crate) async fn a_race_for_new_names_makes_no_duplicates(target: &Target) {
    let mut contested = Rows::new(Model::PARTNER, ["id", "name"]);
    for group in 0..30 {
        contested
            .push(
                group,
                vec![format!("__contract__.race{group}"), "Race".to_owned()],
            )
            .unwrap();
    }
    let racers = [1, 2].map(|jitter_seed| odoo::Config {
        jitter_seed,
        ..target.config()
    });
    let racers =
        join_all(racers.map(|config| Client::connect(crate::target::http(), config))).await;
    let racers: Vec<Client> = racers.into_iter().map(Result::unwrap).collect();
    let won = join_all(racers.iter().map(|client| load(client, &contested))).await;
    assert_eq!(won[0].groups, won[1].groups);
    assert!(won[0].groups.values().all(Result::is_ok));
    assert_eq!(count_of(&target.client, "Race").await, 30);
}

pub(crate) async fn creates_again_by_name_what_a_person_deleted(target: &Target) {
    let columns = ["id", "name"];
    let row: &[&[&str]] = &[&["__contract__.again", "Again"]];
    let first = make(&target.client, &columns, row).await[0];
    target.hand.delete(first).await;
    let second = make(&target.client, &columns, row).await[0];
    assert_ne!(first, second);
}

pub(crate) async fn keeps_texts_as_they_are(target: &Target) {
    let texts = [
        "Ünïcödé 日本語 🚚 \u{202e}rtl",
        "<b>&amp; \"quoted\" 'single' ]]> %s %(x)d {0}",
        "Robert'); DROP TABLE res_partner;--",
        "  inner   spaces\tand a tab ",
        "=1+1",
        "true",
        "0",
    ];
    for (n, text) in texts.iter().enumerate() {
        let xid = format!("__contract__.text{n}");
        let id = make(
            &target.client,
            &["id", "name", "ref"],
            &[&[&xid, text, text]],
        )
        .await[0];
        let kept = record(&target.client, id, &["name", "ref"]).await;
        assert_eq!((&kept["name"], &kept["ref"]), (&json!(text), &json!(text)));
    }
}

pub(crate) async fn an_unknown_column_is_a_mistake_of_the_caller(target: &Target) {
    let bad = rows(
        &["id", "name", "x_nope"],
        &[&["__contract__.col", "Column", "1"]],
    );
    match target.client.load(&bad, &Context::new()).await {
        Ok(loaded) => {
            let fault = loaded.groups[&0].as_ref().unwrap_err();
            assert!(fault.message.contains("x_nope"), "{fault:?}");
        }
        Err(error) => assert_eq!(error.kind, ErrorKind::Mistake),
    }
    assert_eq!(count_of(&target.client, "Column").await, 0);
}

/// `noupdate` switches Odoo's own guard against addon prefixes off, so names must be chosen well here.
pub(crate) async fn the_prefix_of_an_addon_is_not_refused(target: &Target) {
    let row: &[&[&str]] = &[&["base.contract_prefix", "Prefix"]];
    assert!(make(&target.client, &["id", "name"], row).await[0].get() > 0);
    let search = Search::new(Domain::equal("name", "Prefix"), &["name"]);
    let found = target
        .client
        .search_read(&Model::PARTNER, &search, &Context::new())
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["name"], Value::from("Prefix"));
}
