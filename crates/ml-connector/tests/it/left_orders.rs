//! Orders that people confirm in Odoo: they come as drafts, their receipts wait for that, their bills do not.

use std::collections::BTreeSet;

use sandbox::servicetitan::{OrderStatus, PurchaseOrder};
use serde_json::{Value, json};

use crate::bills::{LINE, MOVE, rig_of};
use crate::odoo_side::{OdooSide, Partners};
use crate::rig::Rig;

const ORDER: &str = "purchase.order";
const ORDER_LINE: &str = "purchase.order.line";

/// The orders whose receipts wait until somebody confirms them, by id.
async fn unconfirmed(rig: &Rig) -> BTreeSet<String> {
    let failures = rig.json(&["failures", "--json"]).await;
    let groups = failures.as_array().expect("groups").iter();
    let of = |group: &&Value| group["cause"] == "order-not-confirmed-in-odoo";
    let records = groups
        .filter(of)
        .flat_map(|group| group["records"].as_array().expect("records"));
    let id = |record: &Value| record["id"].as_str().expect("an id").to_owned();
    records.map(id).collect()
}

fn name(order: &PurchaseOrder) -> String {
    format!("purchase_order_{}", order.id)
}

fn day(at: jiff::Timestamp) -> String {
    at.to_string()[..10].to_owned()
}

async fn people_confirm_orders(odoo: OdooSide) {
    let rig = rig_of(odoo, 15, &["purchase-orders", "receipts", "bills"]).await;
    rig.reconfigure(|text| {
        let orders = "[flows.purchase-orders]\n";
        let receipts = "[flows.receipts]\n";
        text.replace(orders, &format!("{orders}confirm = \"never\"\n"))
            .replace(receipts, &format!("{receipts}policy = \"validate\"\n"))
    })
    .await;
    rig.sync_all().await;
    let tenant = rig.tenant();
    let orders = tenant.purchase_orders().into_iter();
    let orders: Vec<PurchaseOrder> = orders
        .filter(|order| order.status != OrderStatus::Canceled)
        .collect();
    let states = |shown: &Partners| {
        let states = orders.iter().map(|order| &shown[&name(order)]["state"]);
        states.cloned().collect::<Vec<_>>()
    };
    let shown = rig.odoo.records(ORDER, &["state"]).await;
    assert!(
        states(&shown).iter().all(|state| state == "draft"),
        "{shown:#?}"
    );
    let waiting = unconfirmed(&rig).await;
    assert!(!waiting.is_empty());

    // Bills are booked and linked all the same.
    let id = waiting.first().expect("one").clone();
    let order = orders.iter().find(|order| order.id.to_string() == id);
    let order = order.expect("it is one of them");
    let bills = tenant.bills_of(order.id).into_iter();
    let bill = bills
        .filter(|bill| bill.active)
        .find(|bill| !bill.lines.is_empty());
    let bill = bill.expect("goods that came are billed");
    let lines = rig.odoo.records(LINE, &["purchase_line_id"]).await;
    let line = format!("bill_line_{}_{}", bill.id, bill.lines[0].id);
    assert_ne!(lines[&line]["purchase_line_id"], json!(false));
    let moves = rig.odoo.records(MOVE, &["state"]).await;
    assert_ne!(
        moves[&format!("bill_{}", bill.id)]["state"],
        json!("cancel")
    );

    // Nothing is confirmed by a second look, and what somebody confirms is received.
    rig.sync_all().await;
    assert_eq!(unconfirmed(&rig).await, waiting);
    let held = rig.odoo.ids_of(ORDER).await[&name(order)];
    rig.odoo
        .call(ORDER, "button_confirm", json!({"ids": [held]}))
        .await;
    let cause = "order-not-confirmed-in-odoo";
    rig.run_to(0, &["replay", "--cause", cause]).await;
    rig.sync_all().await;
    let mut left = waiting;
    left.remove(&id);
    assert_eq!(unconfirmed(&rig).await, left);
    let received = rig.odoo.records(ORDER_LINE, &["qty_received"]).await;
    let of_order = format!("purchase_order_line_{}_", order.id);
    let came = |(name, line): (&String, &_)| {
        let quantity: &std::collections::BTreeMap<String, Value> = line;
        name.starts_with(&of_order) && quantity["qty_received"].as_f64() > Some(0.0)
    };
    assert!(received.iter().any(came), "{received:#?}");

    // The month may be closed with orders of either kind.
    let last = orders.iter().map(|order| order.date).max();
    let last = last.expect("an order");
    let first = last - jiff::SignedDuration::from_hours(364 * 24);
    let period = format!("{}..{}", day(first), day(last));
    let kind = ["--kind", "purchase-orders", "--json"];
    let said = rig
        .run(&[&["reconcile", "--period", &period], &kind[..]].concat())
        .await;
    let said: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(said["differences"], json!([]), "{said:#}");
    assert!(said["documents"].as_u64() > Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_confirm_orders_in_the_simulator() {
    people_confirm_orders(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_confirm_orders_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("left_orders") {
        people_confirm_orders(odoo).await;
    }
}
