//! What failures mean.

use odoo::{Client, Config, Context, ErrorKind, Model, RecordId};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::loading::make;
use crate::target::{Target, http, object};

/// A call that fails, what the failure means, and a word of Odoo's sentence.
struct Case {
    model: &'static str,
    method: &'static str,
    id: Option<RecordId>,
    arguments: Value,
    kind: ErrorKind,
    word: &'static str,
}

fn case(
    call: (&'static str, &'static str, Option<RecordId>),
    arguments: Value,
    kind: ErrorKind,
    word: &'static str,
) -> Case {
    let (model, method, id) = call;
    Case {
        model,
        method,
        id,
        arguments,
        kind,
        word,
    }
}

fn cases(id: RecordId, gone: RecordId) -> Vec<Case> {
    use ErrorKind::{AccessDenied, Invalid, MissingRecord, Mistake, NoSuchMethod};
    let write = |id| ("res.partner", "write", Some(id));
    let nowhere = json!({"domain": [["x_nope", "=", 1]], "fields": ["id"]});
    vec![
        case(
            ("x.nope", "search", None),
            json!({"domain": []}),
            NoSuchMethod,
            "x.nope",
        ),
        case(
            ("res.partner", "x_nope", Some(id)),
            json!({}),
            NoSuchMethod,
            "x_nope",
        ),
        case(
            ("res.partner", "_write", Some(id)),
            json!({"vals": {}}),
            AccessDenied,
            "_write",
        ),
        case(
            ("res.company", "write", Some(RecordId(1))),
            json!({"vals": {"phone": "1"}}),
            AccessDenied,
            "res.company",
        ),
        case(
            write(gone),
            json!({"vals": {"phone": "1"}}),
            MissingRecord,
            "res.partner",
        ),
        case(write(id), json!({"vals": {"name": false}}), Invalid, "name"),
        case(
            write(id),
            json!({"vals": {"x_nope": "1"}}),
            Mistake,
            "x_nope",
        ),
        case(write(id), json!({"vals": {"type": "x"}}), Mistake, "type"),
        case(
            ("res.partner", "search_read", None),
            nowhere,
            Mistake,
            "x_nope",
        ),
    ]
}

pub(crate) async fn say_what_they_mean(target: &Target) {
    let client = &target.client;
    let columns = ["id", "name"];
    let id = make(client, &columns, &[&["__contract__.err", "Error"]]).await[0];
    let gone = make(client, &columns, &[&["__contract__.err2", "Error"]]).await[0];
    target.hand.delete(gone).await;
    for case in cases(id, gone) {
        let model = Model::named(case.model);
        let ids = case.id.map(|id| [id]);
        let ids = ids.as_ref().map(<[RecordId; 1]>::as_slice);
        let error = client
            .call(
                &model,
                case.method,
                ids,
                &object(case.arguments),
                &Context::new(),
            )
            .await
            .map(drop)
            .expect_err(case.method);
        assert_eq!(error.kind, case.kind, "{error}");
        assert_eq!(error.operation, format!("{} {}", case.model, case.method));
        assert!(error.message.contains(case.word), "{error}");
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
