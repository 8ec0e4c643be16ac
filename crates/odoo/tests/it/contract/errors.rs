//! What failures mean.

use odoo::{Client, Config, Context, ErrorKind, Model, RecordId};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::loading::make;
use crate::target::{Target, http, object};

pub(crate) async fn say_what_they_mean(target: &Target) {
    let client = &target.client;
    let id = make(client, &["id", "name"], &[&["__contract__.err", "Error"]]).await[0];
    let gone = make(client, &["id", "name"], &[&["__contract__.err2", "Error"]]).await[0];
    target.hand.delete(gone).await;
    let nowhere = Model::named("x.nope");
    let names = Model::named("ir.model.data");
    let partner = &Model::PARTNER;
    let cases: Vec<(&Model, &str, Option<RecordId>, Value, ErrorKind, &str)> = vec![
        (
            &nowhere,
            "search",
            None,
            json!({"domain": []}),
            ErrorKind::NoSuchMethod,
            "x.nope",
        ),
        (
            partner,
            "x_nope",
            Some(id),
            json!({}),
            ErrorKind::NoSuchMethod,
            "x_nope",
        ),
        (
            partner,
            "_write",
            Some(id),
            json!({"vals": {}}),
            ErrorKind::AccessDenied,
            "_write",
        ),
        (
            &names,
            "search",
            None,
            json!({"domain": []}),
            ErrorKind::AccessDenied,
            "Model Data",
        ),
        (
            partner,
            "write",
            Some(gone),
            json!({"vals": {"phone": "1"}}),
            ErrorKind::MissingRecord,
            "res.partner",
        ),
        (
            partner,
            "write",
            Some(id),
            json!({"vals": {"name": false}}),
            ErrorKind::Invalid,
            "Contacts require a name",
        ),
        (
            partner,
            "write",
            Some(id),
            json!({"vals": {"x_nope": "1"}}),
            ErrorKind::Mistake,
            "x_nope",
        ),
        (
            partner,
            "write",
            Some(id),
            json!({"vals": {"type": "x"}}),
            ErrorKind::Mistake,
            "type",
        ),
        (
            partner,
            "search_read",
            None,
            json!({"domain": [["x_nope", "=", 1]], "fields": ["id"]}),
            ErrorKind::Mistake,
            "x_nope",
        ),
    ];
    for (model, method, id, arguments, kind, words) in cases {
        let ids = id.map(|id| [id]);
        let ids = ids.as_ref().map(<[RecordId; 1]>::as_slice);
        let error = client
            .call(model, method, ids, &object(arguments), &Context::new())
            .await
            .expect_err(method);
        assert_eq!(error.kind, kind, "{model} {method}: {error}");
        assert_eq!(error.operation, format!("{model} {method}"));
        assert!(error.message.contains(words), "{error}");
        assert!(!error.may_have_applied, "{error}");
        assert!(!error.message.contains("Traceback"), "{error}");
    }
}

pub(crate) async fn tell_a_bad_key_and_a_bad_database(target: &Target) {
    let good = target.config();
    let bad_key = Config {
        api_key: SecretString::from("0123456789abcdef"),
        ..good.clone()
    };
    let bad_database = Config {
        database: "mlc_no_such_database".to_owned(),
        ..good
    };
    for (config, kind) in [
        (bad_key, ErrorKind::Credentials),
        (bad_database, ErrorKind::NoDatabase),
    ] {
        // XML-RPC finds out when it logs in, JSON-2 with the first call.
        let error = match Client::connect(http(), config).await {
            Ok(client) => client.whoami().await.expect_err("it is refused"),
            Err(error) => error,
        };
        assert_eq!(error.kind, kind, "{error}");
        assert!(!error.may_have_applied);
        assert!(!format!("{error:?} {error}").contains("0123456789abcdef"));
    }
}

pub(crate) async fn tell_a_company_that_is_not_allowed(target: &Target) {
    let config = Config {
        company: Some(99),
        ..target.config()
    };
    let client = Client::connect(http(), config).await.unwrap();
    let search = odoo::Search {
        limit: Some(1),
        ..odoo::Search::new(odoo::Domain::all(), &["name"])
    };
    let error = client
        .search_read(&Model::PARTNER, &search, &Context::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::AccessDenied, "{error}");
    let config = Config {
        company: Some(1),
        ..target.config()
    };
    let client = Client::connect(http(), config).await.unwrap();
    let found = client
        .search_read(&Model::PARTNER, &search, &Context::new())
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
}
