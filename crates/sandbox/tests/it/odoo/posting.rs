//! Posting bills and taking them back: dates, numbers, analytic lines, what is refused.

use sandbox::odoo::Id;
use serde_json::{Value as Json, json};

use super::billing::{LINES, MOVE, TAX, amounts, billed, posted, refused, row};
use super::purchasing::{press, shop};

#[tokio::test]
async fn a_lock_date_moves_the_accounting_date_without_a_word() {
    let rig = shop().await;
    rig.odoo.call(
        "res.company",
        "write",
        &[Id(1)],
        json!({"vals": {"purchase_lock_date": "2026-11-10"}}),
    );
    let bill = billed(&rig, "5", "").await;
    assert_eq!(rig.seen(MOVE, bill, &["date"]).await["date"], "2026-11-05");
    assert_eq!(posted(&rig, bill).await["date"], "2026-11-23");
    rig.odoo.call(
        "res.company",
        "write",
        &[Id(1)],
        json!({"vals": {"purchase_lock_date": "2026-11-30"}}),
    );
    let message = refused(&rig, "button_draft", json!({"ids": [bill]})).await;
    assert!(
        message.starts_with("You cannot add/modify entries"),
        "{message}"
    );
}

#[tokio::test]
async fn a_bill_taken_back_keeps_its_number() {
    let rig = shop().await;
    let bill = billed(&rig, "5", "").await;
    posted(&rig, bill).await;
    assert_eq!(press(&rig, MOVE, "button_draft", bill).await, Json::Null);
    billed(&rig, "6", "").await;
    assert_eq!(posted(&rig, bill).await["name"], "BILL/2026/11/0001");
    assert_eq!(amounts(&rig, bill).await[2], 6.0);
    assert_eq!(press(&rig, MOVE, "button_cancel", bill).await, Json::Null);
    assert_eq!(rig.seen(MOVE, bill, &["state"]).await["state"], "cancel");
}

#[tokio::test]
async fn a_number_of_another_month_is_refused_until_it_is_cleared() {
    let rig = shop().await;
    let bill = billed(&rig, "5", "").await;
    posted(&rig, bill).await;
    press(&rig, MOVE, "button_draft", bill).await;
    let dates = json!({"invoice_date": "2026-10-05", "date": "2026-10-05"});
    let write = |vals: Json| json!({"ids": [bill], "vals": vals});
    rig.ok(MOVE, "write", write(dates)).await;
    let message = refused(&rig, "action_post", json!({"ids": [bill]})).await;
    assert_eq!(
        message,
        "The Date (10/05/2026) you've entered isn't aligned with the existing sequence number (BILL/2026/11/0001). \
         Clear the sequence number to proceed."
    );
    assert_eq!(rig.seen(MOVE, bill, &["state"]).await["state"], "draft");
    rig.ok(MOVE, "write", write(json!({"name": false}))).await;
    assert_eq!(posted(&rig, bill).await["name"], "BILL/2026/10/0001");
}

#[tokio::test]
async fn several_are_posted_all_or_none() {
    let rig = shop().await;
    let good = billed(&rig, "5", "").await;
    let fields = [
        "move_type",
        "partner_id/id",
        "invoice_line_ids/name",
        "invoice_line_ids/price_unit",
    ];
    let rows = json!([
        ["in_invoice", "x.vendor", "Part", "5"],
        ["in_invoice", "x.vendor", "Part", "-5"]
    ]);
    let bad = rig.loaded_into(MOVE, &fields, rows).await;
    let message = refused(&rig, "action_post", json!({"ids": [good, bad[0]]})).await;
    assert_eq!(
        message,
        "The Bill/Refund date is required to validate this document."
    );
    assert_eq!(rig.seen(MOVE, good, &["state"]).await["state"], "draft");
    let message = refused(&rig, "action_post", json!({"ids": [bad[1]]})).await;
    assert!(
        message.starts_with("You cannot validate an invoice with a negative total"),
        "{message}"
    );
    let rows = json!([["in_invoice", "x.vendor"]]);
    let empty = rig.loaded_into(MOVE, &fields[..2], rows).await[0];
    let message = refused(&rig, "action_post", json!({"ids": [empty]})).await;
    assert!(
        message.contains("Even magicians can't post nothing!"),
        "{message}"
    );
}

#[tokio::test]
async fn duplicates_are_only_shown() {
    let rig = shop().await;
    let first = billed(&rig, "5", "").await;
    posted(&rig, first).await;
    let mut rows = json!([row("x.other_1", "1", "9", "")]);
    rows[0][0] = json!("x.other");
    let second = rig.loaded_into(MOVE, &LINES, rows).await[0];
    assert_eq!(posted(&rig, second).await["name"], "BILL/2026/11/0002");
    let seen = rig.seen(MOVE, second, &["duplicated_ref_ids"]).await;
    assert_eq!(seen["duplicated_ref_ids"], json!([first]));
}

#[tokio::test]
async fn posting_leaves_analytic_lines_with_a_column_per_plan() {
    let rig = shop().await;
    let plans = json!([["x.units", "Units"], ["x.jobs", "Jobs"]]);
    rig.loaded_into("account.analytic.plan", &["id", "name"], plans)
        .await;
    let rows = json!([["x.u", "Denver", "x.units"], ["x.j", "Job 5", "x.jobs"]]);
    let ids = rig
        .loaded_into(
            "account.analytic.account",
            &["id", "name", "plan_id/id"],
            rows,
        )
        .await;
    let (unit, job) = (ids[0], ids[1]);
    let bill = billed(&rig, "100.01", "").await;
    let spread = format!("{{\"{unit},{job}\": 60, \"{unit}\": 40, \"999\": 100}}");
    let fields = [
        "id",
        "invoice_line_ids/id",
        "invoice_line_ids/analytic_distribution",
    ];
    rig.loaded_into(MOVE, &fields, json!([["x.bill", "x.bill_1", spread]]))
        .await;
    posted(&rig, bill).await;
    let body = json!({"domain": [], "fields": ["amount", "x_plan2_id", "x_plan3_id", "category"], "load": null, "order": "amount"});
    let found = rig
        .ok("account.analytic.line", "search_read", body.clone())
        .await;
    let rows: Vec<Json> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["amount"], row["x_plan2_id"], row["x_plan3_id"]]))
        .collect();
    assert_eq!(
        rows,
        [json!([-60.01, unit, job]), json!([-40.0, unit, false])]
    );
    let described = rig
        .ok(
            "account.analytic.line",
            "fields_get",
            json!({"attributes": ["type"]}),
        )
        .await;
    assert!(described.get("x_plan3_id").is_some() && described.get("x_plan4_id").is_none());
    press(&rig, MOVE, "button_draft", bill).await;
    assert_eq!(
        rig.ok("account.analytic.line", "search_read", body).await,
        json!([])
    );
}

#[tokio::test]
async fn lines_nobody_sent_cannot_be_deleted_and_the_last_number_must_go_first() {
    let rig = shop().await;
    let bill = billed(&rig, "5", TAX).await;
    let body = json!({"domain": [["move_id", "=", bill], ["display_type", "=", "tax"]]});
    let tax = rig.ok("account.move.line", "search", body).await[0].clone();
    let (status, error) = rig
        .call("account.move.line", "unlink", json!({"ids": [tax]}))
        .await;
    assert_eq!(
        (status, &error["name"]),
        (422, &json!("odoo.exceptions.ValidationError"))
    );
    posted(&rig, bill).await;
    let mut rows = json!([row("x.other_1", "1", "9", "")]);
    rows[0][0] = json!("x.other");
    let second = rig.loaded_into(MOVE, &LINES, rows).await[0];
    posted(&rig, second).await;
    for id in [bill, second] {
        press(&rig, MOVE, "button_draft", id).await;
    }
    let message = refused(&rig, "unlink", json!({"ids": [bill]})).await;
    assert!(
        message.contains("not the last one in the chain"),
        "{message}"
    );
    rig.ok(MOVE, "unlink", json!({"ids": [bill, second]})).await;
    assert!(!rig.odoo.external_ids().contains_key("x.bill_1"));
}

#[tokio::test]
async fn an_inactive_currency_is_a_draft_at_most() {
    let rig = shop().await;
    let bill = billed(&rig, "5", "").await;
    rig.loaded_into(
        MOVE,
        &["id", "currency_id/id"],
        json!([["x.bill", "base.EUR"]]),
    )
    .await;
    let message = refused(&rig, "action_post", json!({"ids": [bill]})).await;
    assert_eq!(
        message,
        "You cannot validate a document with an inactive currency: EUR"
    );
}

#[tokio::test]
async fn two_posts_for_one_vendor_contend_and_both_succeed() {
    let rig = shop().await;
    let first = billed(&rig, "5", "").await;
    let mut rows = json!([row("x.other_1", "1", "9", "")]);
    rows[0][0] = json!("x.other");
    let second = rig.loaded_into(MOVE, &LINES, rows).await[0];
    let (a, b) = tokio::join!(posted(&rig, first), posted(&rig, second));
    assert_ne!(a["name"], b["name"]);
}

#[tokio::test]
async fn a_vendors_terms_bring_their_due_date_back_whenever_lines_are_written() {
    let rig = shop().await;
    let fields = ["id", "property_supplier_payment_term_id/id"];
    let term = "account.account_payment_term_30days";
    rig.loaded(&fields, json!([["x.vendor", term]])).await;
    let bill = billed(&rig, "5", "").await;
    let due =
        async || rig.seen(MOVE, bill, &["invoice_date_due"]).await["invoice_date_due"].clone();
    assert_eq!(due().await, "2026-12-05", "as sent; the same by the terms");
    let vals = json!({"invoice_date_due": "2026-12-24"});
    rig.ok(MOVE, "write", json!({"ids": [bill], "vals": vals}))
        .await;
    rig.loaded_into(MOVE, &["id", "ref"], json!([["x.bill", "INV-9b"]]))
        .await;
    assert_eq!(due().await, "2026-12-24");
    let fields = ["id", "invoice_line_ids/id", "invoice_line_ids/quantity"];
    rig.loaded_into(MOVE, &fields, json!([["x.bill", "x.bill_1", "2"]]))
        .await;
    assert_eq!(due().await, "2026-12-05");
}
