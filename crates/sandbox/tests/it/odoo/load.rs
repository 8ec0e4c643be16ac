//! `load`: create or update by external id, all or nothing.

use serde_json::{Value as Json, json};

use super::Rig;

/// The messages, without the parts that only Odoo's import screen wants.
fn told(answer: &Json) -> Vec<(u64, &str, &str, &str)> {
    let messages = answer["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|m| {
            (
                m["record"].as_u64().unwrap_or(u64::MAX),
                m["type"].as_str().unwrap(),
                m["field"].as_str().unwrap_or(""),
                m["message"].as_str().unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn creates_once_and_then_updates_what_is_named() {
    let rig = Rig::start().await;
    let fields = ["id", "name", "city"];
    let first = rig
        .loaded(
            &fields,
            json!([
                ["__st_1__.customer_1", "Ann", "Boulder"],
                ["__st_1__.customer_2", "Bob", "Erie"]
            ]),
        )
        .await;
    let second = rig
        .loaded(
            &["id", "name"],
            json!([
                ["__st_1__.customer_2", "Bea"],
                ["__st_1__.customer_1", "Ann"]
            ]),
        )
        .await;
    assert_eq!(
        second,
        [first[1], first[0]],
        "the same records, in the order of the rows"
    );
    assert_eq!(
        rig.read(first[1], &["name", "city"]).await,
        json!({"name": "Bea", "city": "Erie"}),
        "a column that was not sent keeps its value"
    );
    let bound = &rig.odoo.external_ids()["__st_1__.customer_1"];
    assert_eq!((bound.id.0, bound.noupdate), (first[0], true));
    assert_eq!(rig.odoo.called("res.partner", "load").rows_written, 4);
}

#[tokio::test]
async fn one_bad_record_takes_back_the_whole_call() {
    let rig = Rig::start().await;
    let answer = rig
        .load(
            &["id", "name", "country_id/id"],
            json!([
                ["x.1", "Good", "base.us"],
                ["x.2", "Bad", "base.nosuch"],
                ["x.3", "Good", ""]
            ]),
        )
        .await;
    assert_eq!(answer["ids"], false);
    assert_eq!(
        told(&answer),
        [(
            1,
            "error",
            "country_id",
            "No matching record found for external id 'base.nosuch' in field 'Country'"
        )]
    );
    assert_eq!(answer["messages"][0]["rows"], json!({"from": 1, "to": 1}));
    assert_eq!(answer["messages"][0]["field_name"], "Country");
    assert!(rig.odoo.partners().is_empty());
    assert!(rig.odoo.external_ids().is_empty());
    assert_eq!(rig.odoo.called("res.partner", "load").refused, 1);
}

#[tokio::test]
async fn a_missing_name_is_told_without_a_field() {
    let rig = Rig::start().await;
    let answer = rig
        .load(
            &["id", "name"],
            json!([["x.1", "Good"], ["x.2", ""], ["x.3", "Good"]]),
        )
        .await;
    assert_eq!(told(&answer), [(1, "error", "", "Contacts require a name")]);
}

#[tokio::test]
async fn a_user_error_also_accuses_the_first_record() {
    let rig = Rig::start().await;
    rig.loaded(
        &["id", "name", "parent_id/id"],
        json!([["x.p", "P", ""], ["x.k", "K", "x.p"]]),
    )
    .await;
    let answer = rig
        .load(
            &["id", "name", "parent_id/id"],
            json!([["x.new", "New", ""], ["x.p", "P", "x.k"]]),
        )
        .await;
    let text = "You cannot create recursive Partner hierarchies.";
    assert_eq!(
        told(&answer),
        [(0, "error", "", text), (1, "error", "", text)]
    );
}

#[tokio::test]
async fn records_after_a_failure_miss_what_was_rolled_back() {
    let rig = Rig::start().await;
    let rows = json!([
        ["x.parent", "P", ""],
        ["x.kid", "K", "x.parent"],
        ["x.bad", "", ""],
        ["x.kid_2", "K2", "x.parent"]
    ]);
    let answer = rig.load(&["id", "name", "parent_id/id"], rows).await;
    let told = told(&answer);
    assert_eq!(told[0], (2, "error", "", "Contacts require a name"));
    assert_eq!((told[1].0, told.len()), (3, 2), "{told:?}");
    assert!(
        told[1]
            .3
            .starts_with("Record does not exist or has been deleted."),
        "{told:?}"
    );
}

#[tokio::test]
async fn empty_cells_clear() {
    let rig = Rig::start().await;
    let fields = [
        "id",
        "name",
        "phone",
        "email",
        "city",
        "state_id/id",
        "property_payment_term_id/id",
    ];
    let term = "account.account_payment_term_30days";
    let id = rig
        .loaded(
            &fields,
            json!([["x.1", "Ann", "1", "a@b.c", "Erie", "base.state_us_6", term]]),
        )
        .await[0];
    rig.loaded(&fields, json!([["x.1", "Ann", "", null, false, "", ""]]))
        .await;
    assert_eq!(
        rig.read(id, &fields.map(|f| f.split('/').next().unwrap())[2..])
            .await,
        json!({"phone": false, "email": false, "city": false, "state_id": false, "property_payment_term_id": false})
    );
}

#[tokio::test]
async fn cells_must_be_strings() {
    let rig = Rig::start().await;
    let body = |value: Json| json!({"fields": ["id", "name", "is_company"], "data": [["x.1", "A", value]]});
    let (status, error) = rig.call("res.partner", "load", body(json!(true))).await;
    assert_eq!(
        (status, &error["name"]),
        (500, &json!("builtins.AttributeError"))
    );
    assert_eq!(error["message"], "'bool' object has no attribute 'lower'");
    for (cell, company) in [("1", true), ("yes", true), ("0", false), ("", false)] {
        let answer = rig.ok("res.partner", "load", body(json!(cell))).await;
        let id = answer["ids"][0].as_i64().unwrap();
        assert_eq!(
            rig.read(id, &["is_company"]).await,
            json!({"is_company": company})
        );
    }
    let answer = rig.ok("res.partner", "load", body(json!("maybe"))).await;
    let text = "Unknown value 'maybe' for boolean field 'Is a Company'";
    assert_eq!(told(&answer), [(0, "error", "is_company", text)]);
}

#[tokio::test]
async fn an_unknown_column_is_a_server_error() {
    let rig = Rig::start().await;
    let body = json!({"fields": ["id", "mobile"], "data": []});
    let (status, error) = rig.call("res.partner", "load", body).await;
    assert_eq!(
        (status, &error["name"]),
        (500, &json!("builtins.ValueError"))
    );
    assert_eq!(error["message"], "Invalid field name 'mobile'");
}

#[tokio::test]
async fn a_name_with_several_matches_is_only_a_warning() {
    let rig = Rig::start().await;
    let answer = rig
        .load(&["id", "name", "state_id"], json!([["x.1", "Ann", "WA"]]))
        .await;
    let text = "Found multiple matches for value \"WA\" in field \"State\" (2 matches)";
    assert_eq!(told(&answer), [(0, "warning", "state_id", text)]);
    let id = answer["ids"][0].as_i64().unwrap();
    let state = rig.read(id, &["state_id"]).await;
    assert_eq!(
        state["state_id"][1], "Western Australia (AU)",
        "the first match is committed"
    );
}

#[tokio::test]
async fn the_same_external_id_twice_is_one_record_and_the_last_row_wins() {
    let rig = Rig::start().await;
    let ids = rig
        .loaded(&["id", "name"], json!([["x.1", "One"], ["x.1", "Two"]]))
        .await;
    assert_eq!(ids[0], ids[1]);
    assert_eq!(rig.names(), ["Two"]);
}

#[tokio::test]
async fn archived_records_are_found_by_external_id_but_not_by_database_id() {
    let rig = Rig::start().await;
    let id = rig.loaded(&["id", "name"], json!([["x.1", "Ann"]])).await[0];
    rig.odoo.archive_partner(rig.id_of("x.1"));
    rig.loaded(&["id", "name"], json!([["x.1", "Ann Two"]]))
        .await;
    let partner = rig.odoo.partner_by_external_id("x.1").unwrap();
    assert_eq!(
        (partner.name.as_deref(), partner.active),
        (Some("Ann Two"), false)
    );
    let answer = rig
        .load(&[".id", "name"], json!([[id.to_string(), "Ann Three"]]))
        .await;
    let text = format!("Unknown database identifier '{id}'");
    assert_eq!(told(&answer), [(0, "error", ".id", text.as_str())]);
    let context = json!({"active_test": false});
    let body = json!({"fields": [".id", "name"], "data": [[id, "Ann Four"]], "context": context});
    assert_eq!(
        rig.ok("res.partner", "load", body).await["ids"],
        json!([id])
    );
    assert_eq!(rig.names(), ["Ann Four"]);
}

#[tokio::test]
async fn external_ids_that_odoo_would_lose_or_cannot_hold_are_refused() {
    let rig = Rig::start().await;
    let context = json!({"import_file": true});
    let body = json!({"fields": ["id", "name"], "data": [["account.x", "A"]], "context": context});
    let answer = rig.ok("res.partner", "load", body).await;
    assert!(
        told(&answer)[0]
            .3
            .starts_with("The record account.x has the module prefix account.")
    );
    let answer = rig.load(&["id", "name"], json!([["x.a b", "A"]])).await;
    assert!(
        told(&answer)[0].3.contains("ir_model_data_name_nospaces"),
        "{answer}"
    );
    let answer = rig.load(&["id", "name"], json!([["base.us", "A"]])).await;
    assert!(
        told(&answer)[0]
            .3
            .contains("found record of different model res.country"),
        "{answer}"
    );
    rig.loaded(&["id", "name"], json!([["bare", "A"]])).await;
    assert!(rig.odoo.external_ids().contains_key("__import__.bare"));
}

#[tokio::test]
async fn it_gives_up_after_ten_errors() {
    let rig = Rig::start().await;
    let rows: Vec<Json> = (0..15).map(|n| json!([format!("x.{n}"), ""])).collect();
    let answer = rig.load(&["id", "name"], json!(rows)).await;
    let told = told(&answer);
    assert_eq!(told.len(), 11);
    assert_eq!(told[10].1, "warning");
    assert!(told[10].3.starts_with("Found more than 10 errors"));
}

#[tokio::test]
async fn a_family_in_one_call_shares_address_and_tax_id() {
    let rig = Rig::start().await;
    let fields = [
        "id",
        "name",
        "is_company",
        "type",
        "parent_id/id",
        "street",
        "vat",
    ];
    let ids = rig
        .loaded(
            &fields,
            json!([
                ["x.c", "Acme", "1", "contact", "", "5 Elm", "V"],
                ["x.k", "Kim", "0", "contact", "x.c", "9 Own", ""],
                ["x.d", "", "0", "delivery", "x.c", "7 Site", ""]
            ]),
        )
        .await;
    let contact = rig.read(ids[1], &["complete_name", "street", "vat"]).await;
    assert_eq!(
        contact,
        json!({"complete_name": "Acme, Kim", "street": "5 Elm", "vat": "V"})
    );
    let delivery = rig.read(ids[2], &["complete_name", "street"]).await;
    assert_eq!(
        delivery,
        json!({"complete_name": "Acme, Delivery", "street": "7 Site"})
    );
    rig.loaded(&["id", "street"], json!([["x.k", "8 New"]]))
        .await;
    assert_eq!(
        rig.read(ids[0], &["street", "child_ids"]).await,
        json!({"street": "8 New", "child_ids": [ids[2], ids[1]]}),
        "a contact's new address is its parent's too"
    );
}

#[tokio::test]
async fn lines_are_records_of_their_own() {
    let rig = Rig::start().await;
    let fields = ["id", "name", "child_ids/id", "child_ids/name"];
    let rows = json!([["x.p", "P", "x.a", "A"], ["", "", "x.b", "B"]]);
    rig.loaded(&fields, rows.clone()).await;
    rig.loaded(&fields, rows).await;
    assert_eq!(
        rig.names(),
        ["P", "A", "B"],
        "with an external id, a line is not made twice"
    );
    let without = ["id", "child_ids/name"];
    rig.loaded(&without, json!([["x.p", "C"]])).await;
    rig.loaded(&without, json!([["x.p", "C"]])).await;
    assert_eq!(rig.names(), ["P", "A", "B", "C", "C"], "without one it is");
}

#[tokio::test]
async fn of_two_simultaneous_loads_of_one_new_external_id_one_wins() {
    let rig = Rig::with(|o| o.work_per_call = std::time::Duration::from_millis(300)).await;
    let one = |name: &'static str| rig.load(&["id", "name"], json!([["x.1", name]]));
    let (a, b) = tokio::join!(one("A"), one("B"));
    let (won, lost) = if a["ids"] == false { (b, a) } else { (a, b) };
    assert!(won["ids"].is_array(), "{won}");
    let text = "could not serialize access due to concurrent update\n";
    assert_eq!(told(&lost), [(0, "error", "", text)]);
    assert_eq!(rig.odoo.partners().len(), 1);
    let again = rig.loaded(&["id", "name"], json!([["x.1", "C"]])).await;
    assert_eq!(json!(again), won["ids"]);
}

#[tokio::test]
async fn a_conflict_in_load_is_a_message_and_in_write_is_tried_again() {
    let rig = Rig::start().await;
    let id = rig.loaded(&["id", "name"], json!([["x.1", "Ann"]])).await[0];
    rig.odoo.contend(1);
    let answer = rig.load(&["id", "name"], json!([["x.1", "Bea"]])).await;
    assert_eq!(answer["ids"], false);
    assert!(told(&answer)[0].3.contains("could not serialize access"));
    let write = json!({"ids": [id], "vals": {"name": "Cy"}});
    rig.odoo.contend(4);
    assert_eq!(rig.ok("res.partner", "write", write.clone()).await, true);
    rig.odoo.contend(5);
    let (status, error) = rig.call("res.partner", "write", write).await;
    assert_eq!(
        (status, &error["name"]),
        (500, &json!("psycopg2.errors.SerializationFailure"))
    );
}
