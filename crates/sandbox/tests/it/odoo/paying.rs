//! Payments, as tests see them and as the accounting app changes them.

use serde_json::{Value as Json, json};

use super::Rig;
use super::billing::MOVE;

const PAYMENT: &str = "account.payment";

async fn invoice(rig: &Rig, price: &str) -> i64 {
    rig.loaded(&["id", "name"], json!([["x.customer", "Ada"]]))
        .await;
    let fields = [
        "id",
        "move_type",
        "partner_id/id",
        "invoice_date",
        "invoice_line_ids/id",
        "invoice_line_ids/name",
        "invoice_line_ids/price_unit",
    ];
    let row = json!([[
        "x.invoice",
        "out_invoice",
        "x.customer",
        "2026-11-05",
        "x.invoice_1",
        "Visit",
        price
    ]]);
    let id = rig.loaded_into(MOVE, &fields, row).await[0];
    rig.ok(MOVE, "action_post", json!({"ids": [id]})).await;
    id
}

async fn pay(rig: &Rig, amount: &str) -> i64 {
    let fields = ["id", "partner_id/id", "amount", "date"];
    let row = json!([["x.payment", "x.customer", amount, "2026-11-06"]]);
    let id = rig.loaded_into(PAYMENT, &fields, row).await[0];
    rig.ok(PAYMENT, "action_post", json!({"ids": [id]})).await;
    id
}

#[tokio::test]
async fn what_a_person_registers_is_a_real_payment() {
    let rig = Rig::start().await;
    let invoice = sandbox::odoo::Id(invoice(&rig, "100").await);
    rig.odoo.pay_bill(invoice, "40".parse().unwrap());
    let paid = rig.odoo.payments().remove(0);
    assert_eq!(
        (paid.state.as_str(), paid.payment_type.as_str()),
        ("in_process", "inbound")
    );
    assert_eq!(paid.settles, [(invoice, "40".parse().unwrap())]);
    let seen = rig.odoo.bill("x.invoice").unwrap();
    assert_eq!(seen.name.as_deref(), Some("INV/2026/00001"));
    assert_eq!(seen.amount_residual.to_string(), "60");
    assert_eq!(seen.payment_state.as_deref(), Some("partial"));
    // What is more than owed stays open.
    rig.odoo.pay_bill(invoice, "75".parse().unwrap());
    let seen = rig.odoo.bill("x.invoice").unwrap();
    assert_eq!(seen.payment_state.as_deref(), Some("paid"));
    let over = rig.odoo.payments().remove(1);
    assert_eq!(over.settles, [(invoice, "60".parse().unwrap())]);
    assert!(!over.is_reconciled);
    let url = format!("{}/sandbox/payments", rig.odoo.url());
    let shown = rig.client.get(url).send().await.unwrap();
    let shown: Json = shown.json().await.unwrap();
    assert_eq!(shown[1]["name"], "PBNK1/2026/00002");
}

#[tokio::test]
async fn with_the_accounting_app_a_payment_has_no_entry_by_itself() {
    let rig = Rig::with(|options| options.accounting_app = true).await;
    let invoice = invoice(&rig, "100").await;
    pay(&rig, "100").await;
    let paid = rig.odoo.payment("x.payment").unwrap();
    assert_eq!((paid.state.as_str(), paid.move_id), ("in_process", None));
    assert_eq!(paid.name.as_deref(), Some("PAY00001"));
    let seen = rig.odoo.bill("x.invoice").unwrap();
    assert_eq!(seen.payment_state.as_deref(), Some("not_paid"));
    // With an account it makes one, and what is paid waits for the bank.
    let found = rig
        .ok(
            "account.account",
            "search",
            json!({"domain": [["name", "=", "Outstanding Receipts"]]}),
        )
        .await;
    let vals = json!({"outstanding_account_id": found[0]});
    let id = paid.id.0;
    rig.ok(PAYMENT, "write", json!({"ids": [id], "vals": vals}))
        .await;
    rig.ok(PAYMENT, "action_post", json!({"ids": [id]})).await;
    let entry = rig.odoo.payment("x.payment").unwrap().move_id.unwrap();
    let lines = rig
        .ok(
            "account.move.line",
            "search",
            json!({"domain": [["move_id", "in", [invoice, entry.0]], ["account_type", "=", "asset_receivable"]]}),
        )
        .await;
    rig.ok("account.move.line", "reconcile", json!({"ids": lines}))
        .await;
    let seen = rig.odoo.bill("x.invoice").unwrap();
    assert_eq!(seen.payment_state.as_deref(), Some("in_payment"));
}

#[tokio::test]
async fn whoever_may_not_invoice_may_not_reconcile() {
    let rig = Rig::start().await;
    invoice(&rig, "100").await;
    pay(&rig, "100").await;
    rig.odoo.take_group(sandbox::odoo::Group::Invoicing);
    let body = json!({"ids": [1, 2]});
    let (status, _) = rig.call("account.move.line", "reconcile", body).await;
    assert_eq!(status, 403);
    let (status, _) = rig.call(PAYMENT, "search_read", json!({})).await;
    assert_eq!(status, 403);
}
