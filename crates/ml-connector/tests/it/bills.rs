//! Vendor bills and credits: each arrives once, on its accounts, linked with what it bills, comes to its total to the
//! cent before it is posted, and follows ServiceTitan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sandbox::servicetitan::{
    Bill, BillEdit, BillLineEdit, Decimal, NewReceipt, Options, OrderLine, OrderStatus,
    ReceivedLine, SyncStatus, Tenant,
};
use serde_json::{Value, json};

use crate::odoo_side::{OdooSide, Partners, amount};
use crate::rig::Rig;

pub(crate) const MOVE: &str = "account.move";
pub(crate) const LINE: &str = "account.move.line";
const MOVE_FIELDS: [&str; 10] = [
    "state",
    "move_type",
    "amount_total",
    "amount_tax",
    "partner_id",
    "ref",
    "invoice_date",
    "date",
    "invoice_date_due",
    "payment_state",
];
const LINE_FIELDS: [&str; 8] = [
    "move_id",
    "product_id",
    "quantity",
    "price_subtotal",
    "tax_ids",
    "account_id",
    "purchase_line_id",
    "analytic_distribution",
];

pub(crate) async fn rig(odoo: OdooSide, orders: usize) -> Rig {
    rig_of(
        odoo,
        orders,
        &["purchase-orders", "bills", "vendor-credits"],
    )
    .await
}

/// The same, with these flows.
pub(crate) async fn rig_of(odoo: OdooSide, orders: usize, flows: &[&str]) -> Rig {
    let now = Arc::new(ml_connector::clock::now);
    let options = Options::new(now)
        .customers(20)
        .vendors_and_items(20, 80)
        .orders(orders);
    let rig = Rig::with(odoo, options).await;
    rig.keep_servicetitans_accounts().await;
    rig.turn_on(flows).await;
    rig
}

fn name(bill: &Bill) -> String {
    format!("bill_{}", bill.id)
}

/// The bills of orders that should be in Odoo: those without one are AP bills.
fn wanted(tenant: &Tenant) -> BTreeMap<String, Bill> {
    let bills = tenant.bills().into_iter();
    let bills = bills.filter(|bill| bill.order_id.is_some() && bill.active);
    bills.map(|bill| (name(&bill), bill)).collect()
}

pub(crate) struct Held {
    pub(crate) moves: Partners,
    pub(crate) lines: Partners,
}

pub(crate) async fn held(rig: &Rig) -> Held {
    Held {
        moves: rig.odoo.records(MOVE, &MOVE_FIELDS).await,
        lines: rig.odoo.records(LINE, &LINE_FIELDS).await,
    }
}

/// Every bill that should be there is there once (one that was deleted later is cancelled), posted unless it is among `drafts`, and comes to its total.
pub(crate) async fn assert_equal(rig: &Rig, drafts: &BTreeSet<String>) -> Held {
    let held = held(rig).await;
    let wanted = wanted(&rig.tenant());
    let there: Vec<&String> = held
        .moves
        .iter()
        .filter(|(name, shown)| name.starts_with("bill_") && shown["state"] != "cancel")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(there, wanted.keys().collect::<Vec<_>>());
    for (name, bill) in &wanted {
        let shown = &held.moves[name];
        let state = if drafts.contains(name) {
            "draft"
        } else {
            "posted"
        };
        assert_eq!(shown["state"], json!(state), "{name}: {shown:?}");
        assert_eq!(shown["move_type"], json!("in_invoice"), "{name}");
        assert_eq!(
            amount(&shown["amount_total"]),
            format!("{:.2}", bill.total()),
            "{name}: {shown:?}"
        );
        assert_eq!(
            amount(&shown["amount_tax"]),
            "0.00",
            "a default tax sneaked in: {name}"
        );
        assert_eq!(shown["invoice_date"], json!(day(bill.bill_date)), "{name}");
        assert_eq!(shown["date"], json!(day(bill.bill_date)), "{name}");
        assert_eq!(
            shown["invoice_date_due"],
            json!(day(bill.due_date)),
            "{name}"
        );
        for line in &bill.lines {
            let shown = &held.lines[&format!("bill_line_{}_{}", bill.id, line.id)];
            assert_eq!(
                amount(&shown["price_subtotal"]),
                format!("{:.2}", line.goods.total()),
                "{shown:?}"
            );
            assert_eq!(shown["tax_ids"], json!([]), "{shown:?}");
            let linked = shown["purchase_line_id"] != json!(false);
            assert_eq!(linked, line.receipt_line.is_some(), "{name}: {shown:?}");
        }
    }
    held
}

pub(crate) async fn assert_settled(rig: &Rig, counts: &Value) {
    let failures = rig.run(&["failures"]).await.out;
    for flow in ["bills", "vendor-credits", "purchase-orders"] {
        assert_eq!(counts[flow]["failed"], json!(0), "{failures}");
        assert_eq!(counts[flow]["pending"], json!(0), "{failures}");
    }
}

async fn they_arrive_once_equal_and_follow(odoo: OdooSide, orders: usize) {
    let rig = rig(odoo, orders).await;
    let counts = rig.sync_all().await;
    assert_settled(&rig, &counts).await;
    let drafts = waiting(&rig).await;
    let before = assert_equal(&rig, &drafts).await;

    let again = rig.sync_all().await;
    for flow in ["bills", "vendor-credits"] {
        let done = (&again[flow]["created"], &again[flow]["updated"]);
        assert_eq!(done, (&json!(0), &json!(0)), "{flow}: {again:#}");
    }
    let tenant = rig.tenant();
    let bills = wanted(&tenant);
    let posted: Vec<&Bill> = bills
        .values()
        .filter(|bill| !drafts.contains(&name(bill)))
        .collect();
    let open = |bill: &&&Bill| bill.sync_status != SyncStatus::Exported && !bill.lines.is_empty();
    let mut open = posted.iter().filter(open);
    let (edited, deleted) = (
        open.next().expect("a bill"),
        open.next().expect("another one"),
    );
    let line = &edited.lines[0];
    tenant
        .edit_bill(
            edited.id,
            BillEdit {
                vendor_number: Some("CORRECTED-1".to_owned()),
                tax: Some(edited.tax + Decimal::new(117, 2)),
                lines: vec![BillLineEdit {
                    line: line.id,
                    quantity: None,
                    cost: None,
                    cost_of_sale_account: None,
                }],
                ..BillEdit::default()
            },
        )
        .expect("it may be edited");
    tenant.delete_bill(deleted.id).expect("it may be deleted");
    let counts = rig.sync_all().await;
    assert_settled(&rig, &counts).await;
    let after = held(&rig).await;
    assert_eq!(after.moves[&name(edited)]["ref"], json!("CORRECTED-1"));
    assert_eq!(after.moves[&name(edited)]["state"], json!("posted"));
    assert_eq!(
        amount(&after.moves[&name(edited)]["amount_total"]),
        format!(
            "{:.2}",
            tenant.bill(edited.id).expect("it is there").total()
        )
    );
    assert_eq!(after.moves[&name(deleted)]["state"], json!("cancel"));
    lines_leave_a_posted_bill(&rig, &name(edited)).await;
    assert_eq!(after.moves.len(), before.moves.len());
}

/// Tax and a line of a bill in the books are taken off, and it is in the books again.
async fn lines_leave_a_posted_bill(rig: &Rig, waiting: &str) {
    let tenant = rig.tenant();
    let causes = causes(rig).await;
    let bills = sound(rig, &causes).into_iter();
    let mut bills = bills.filter(|bill| name(bill) != waiting && !bill.tax.is_zero());
    let bill = bills
        .find(|bill| bill.lines.len() > 1)
        .expect("a bill of several lines and tax");
    let gone = bill.lines[0].id;
    let edit = BillEdit {
        tax: Some(Decimal::ZERO),
        remove_lines: vec![gone],
        ..BillEdit::default()
    };
    tenant.edit_bill(bill.id, edit).expect("it may change");
    let counts = rig.sync_all().await;
    assert_settled(rig, &counts).await;
    let after = held(rig).await;
    let shown = &after.moves[&name(&bill)];
    let total = tenant.bill(bill.id).expect("it is there").total();
    assert_eq!(amount(&shown["amount_total"]), format!("{total:.2}"));
    assert_eq!(shown["state"], json!("posted"));
    for line in [format!("{gone}"), "tax".to_owned()] {
        let line = format!("bill_line_{}_{line}", bill.id);
        assert!(!after.lines.contains_key(&line), "{line} is still there");
    }
}

/// The bills that wait for a person, by name: they stand in Odoo as drafts.
pub(crate) async fn waiting(rig: &Rig) -> BTreeSet<String> {
    causes(rig).await.into_keys().collect()
}

/// The causes of the bills that wait or failed, by name.
pub(crate) async fn causes(rig: &Rig) -> BTreeMap<String, String> {
    let failures = rig.json(&["failures", "--json"]).await;
    let groups = failures.as_array().expect("groups").iter();
    let of_bills = groups.filter(|group| group["flow"] == "bills");
    let cause = |group: &Value| {
        let cause = group["cause"].as_str().expect("a cause").to_owned();
        let records = group["records"].as_array().expect("records").clone();
        let name = |record: &Value| format!("bill_{}", record["id"].as_str().expect("an id"));
        let named = records.iter().map(name).collect::<Vec<_>>();
        named.into_iter().map(move |name| (name, cause.clone()))
    };
    of_bills.flat_map(cause).collect()
}

/// Some bills of an order that match it, in the order of their dates.
fn sound(rig: &Rig, waiting: &BTreeMap<String, String>) -> Vec<Bill> {
    let bills = wanted(&rig.tenant()).into_values();
    let mut sound: Vec<Bill> = bills
        .filter(|bill| !waiting.contains_key(&name(bill)))
        .filter(|bill| bill.sync_status == SyncStatus::Pending && !bill.lines.is_empty())
        .collect();
    sound.sort_by_key(|bill| (bill.bill_date, bill.id));
    sound
}

pub(crate) async fn set_lock(rig: &Rig, until: &Value) {
    let company = json!({"ids": [1], "vals": {"purchase_lock_date": until}});
    rig.odoo.call("res.company", "write", company).await;
}

pub(crate) fn day(at: jiff::Timestamp) -> String {
    at.to_string()[..10].to_owned()
}

/// Nothing goes into a closed period; what waited for it goes on when it is opened.
async fn a_closed_period_is_respected(rig: &Rig) {
    let waiting = causes(rig).await;
    let bills = sound(rig, &waiting);
    let (early, late) = (&bills[0], &bills[bills.len() - 1]);
    let until = day(early.bill_date);
    set_lock(rig, &json!(until)).await;
    let before = held(rig).await;
    for bill in [early, late] {
        let edit = BillEdit {
            tax: Some(bill.tax + Decimal::new(100, 2)),
            ..BillEdit::default()
        };
        rig.tenant()
            .edit_bill(bill.id, edit)
            .expect("it may change");
    }
    rig.sync_all().await;
    let after = held(rig).await;
    assert_eq!(causes(rig).await[&name(early)], "period-locked");
    assert_eq!(after.moves[&name(early)], before.moves[&name(early)]);
    // Whoever takes the change back finds the bill as it was: in the books, and in step.
    let tax = async |tax: Decimal| {
        let edit = BillEdit {
            tax: Some(tax),
            ..BillEdit::default()
        };
        rig.tenant()
            .edit_bill(early.id, edit)
            .expect("it may change");
        rig.sync_all().await;
        causes(rig).await.remove(&name(early))
    };
    assert_eq!(tax(early.tax).await, None);
    let changed = tax(early.tax + Decimal::new(100, 2)).await;
    assert_eq!(changed.as_deref(), Some("period-locked"));
    let total = |bill: &Bill| {
        format!(
            "{:.2}",
            rig.tenant().bill(bill.id).expect("it is there").total()
        )
    };
    assert_eq!(
        amount(&after.moves[&name(late)]["amount_total"]),
        total(late)
    );
    set_lock(rig, &json!(false)).await;
    rig.sync_all().await;
    let opened = held(rig).await;
    assert_eq!(causes(rig).await, waiting);
    assert_eq!(
        amount(&opened.moves[&name(early)]["amount_total"]),
        total(early)
    );
    assert_eq!(opened.moves[&name(early)]["date"], json!(until));
}

/// A bill that ServiceTitan moves to another month is booked there, under a number of that month.
async fn a_bill_moves_to_another_month(rig: &Rig) {
    let waiting = causes(rig).await;
    let bill = &sound(rig, &waiting)[2];
    let before = number_of(rig, bill).await;
    let to = bill.bill_date + jiff::SignedDuration::from_hours(35 * 24);
    let edit = BillEdit {
        bill_date: Some(to),
        ..BillEdit::default()
    };
    rig.tenant()
        .edit_bill(bill.id, edit)
        .expect("it may change");
    rig.sync_all().await;
    assert_eq!(causes(rig).await, waiting);
    let shown = &held(rig).await.moves[&name(bill)];
    assert_eq!(shown["state"], json!("posted"), "{shown:?}");
    assert_eq!(shown["date"], json!(day(to)), "{shown:?}");
    let month = |at: jiff::Timestamp| format!("BILL/{}/", day(at)[..7].replace('-', "/"));
    let after = number_of(rig, bill).await;
    assert!(before.starts_with(&month(bill.bill_date)), "{before}");
    assert!(after.starts_with(&month(to)), "{after}");

    // Within the month it keeps its number.
    let edit = BillEdit {
        vendor_number: Some("MOVED-1".to_owned()),
        ..BillEdit::default()
    };
    rig.tenant()
        .edit_bill(bill.id, edit)
        .expect("it may change");
    rig.sync_all().await;
    assert_eq!(number_of(rig, bill).await, after);
}

/// Odoo's number of a bill.
async fn number_of(rig: &Rig, bill: &Bill) -> String {
    let numbers = rig.odoo.records(MOVE, &["name"]).await;
    let number = numbers[&name(bill)]["name"].as_str();
    number.expect("it has a number").to_owned()
}

/// A bill that does not match stays a draft until a person approves it.
async fn what_does_not_match_is_held_until_a_person_approves(rig: &Rig) {
    let waiting = causes(rig).await;
    let bill = &sound(rig, &waiting)[1];
    let line = &bill.lines[0];
    let edit = BillEdit {
        lines: vec![BillLineEdit {
            line: line.id,
            quantity: None,
            cost: Some(line.goods.cost + Decimal::new(412, 2)),
            cost_of_sale_account: None,
        }],
        ..BillEdit::default()
    };
    rig.tenant()
        .edit_bill(bill.id, edit)
        .expect("it may change");
    rig.sync_all().await;
    assert_eq!(causes(rig).await[&name(bill)], "match-differs");
    let shown = rig.run(&["failures"]).await.out;
    assert!(shown.contains("match: price +"), "{shown}");
    assert_eq!(held(rig).await.moves[&name(bill)]["state"], json!("draft"));
    let id = bill.id.to_string();
    rig.run_to(0, &["replay", "--approve", "--flow", "bills", &id])
        .await;
    rig.sync_all().await;
    assert_eq!(causes(rig).await, waiting);
    assert_eq!(held(rig).await.moves[&name(bill)]["state"], json!("posted"));
    let again = rig.sync_all().await;
    assert_eq!(again["bills"]["updated"], json!(0), "{again:#}");
}

/// What a person entered by hand is not entered a second time.
async fn a_second_bill_with_the_vendors_number_is_not_entered(rig: &Rig) {
    let tenant = rig.tenant();
    let before = causes(rig).await;
    let orders = tenant.purchase_orders();
    let mut open = orders
        .iter()
        .filter(|order| order.status == OrderStatus::Sent);
    let order = open.next().expect("an order that waits for its goods");
    let partner = rig.odoo.ids().await[&format!("vendor_{}", order.vendor_id)];
    let by_hand = json!({"vals_list": [{
        "move_type": "in_invoice", "partner_id": partner, "ref": "BY-HAND-7", "invoice_date": "2026-10-01",
    }]});
    rig.odoo.call(MOVE, "create", by_hand).await;
    let made = tenant
        .receive(order.id, NewReceipt::rest("BY-HAND-7"))
        .expect("the goods came");
    let bill = format!("bill_{}", made.bill_id);
    rig.sync_all().await;
    assert_eq!(causes(rig).await[&bill], "duplicate-bill");
    assert!(!held(rig).await.moves.contains_key(&bill));
    let id = bill.trim_start_matches("bill_").to_owned();
    rig.run_to(0, &["replay", "--dismiss", "--flow", "bills", &id])
        .await;
    rig.sync_all().await;
    assert_eq!(causes(rig).await, before);
    assert!(!held(rig).await.moves.contains_key(&bill));
}

/// Of two receipts that are billed under one number the second waits, until a person approves it or the first is gone.
async fn a_number_that_comes_twice_waits(rig: &Rig) {
    let tenant = rig.tenant();
    let before = causes(rig).await;
    let orders = tenant.purchase_orders().into_iter();
    let large = |line: &OrderLine| line.quantity > Decimal::ONE;
    let mut open =
        orders.filter(|order| order.status == OrderStatus::Sent && order.active_lines().any(large));
    let mut twice = |number: &str| {
        let order = open.next().expect("an order that waits for its goods");
        let line = order.active_lines().find(|line| large(line)).expect("one");
        let one = NewReceipt {
            lines: Some(vec![ReceivedLine {
                line: line.id,
                quantity: Decimal::ONE,
                cost: None,
            }]),
            ..NewReceipt::rest(number)
        };
        let receipts = [one, NewReceipt::rest(number)];
        receipts.map(|receipt| {
            let made = tenant.receive(order.id, receipt);
            tenant
                .bill(made.expect("goods came").bill_id)
                .expect("it is there")
        })
    };
    let [first, second] = twice("TWICE-1");
    let [wrong, right] = twice("TWICE-2");
    rig.sync_all().await;
    let mut waiting = before.clone();
    for bill in [&second, &right] {
        waiting.insert(name(bill), "duplicate-number".to_owned());
    }
    assert_eq!(causes(rig).await, waiting);
    let state = |held: &Held, bill: &Bill| held.moves[&name(bill)]["state"].clone();
    let shown = held(rig).await;
    for (bill, expected) in [
        (&first, "posted"),
        (&second, "draft"),
        (&wrong, "posted"),
        (&right, "draft"),
    ] {
        assert_eq!(state(&shown, bill), json!(expected), "{}", name(bill));
    }
    let id = second.id.to_string();
    rig.run_to(0, &["replay", "--approve", "--flow", "bills", &id])
        .await;
    tenant.delete_bill(wrong.id).expect("it may be deleted");
    rig.sync_all().await;
    assert_eq!(causes(rig).await, before);
    let shown = held(rig).await;
    for bill in [&first, &second, &right] {
        assert_eq!(state(&shown, bill), json!("posted"), "{}", name(bill));
    }
    assert_eq!(state(&shown, &wrong), json!("cancel"));
    let again = rig.sync_all().await;
    assert_eq!(again["bills"]["updated"], json!(0), "{again:#}");
}

async fn what_an_accountant_would_not_book_waits(odoo: OdooSide) {
    let rig = rig(odoo, 30).await;
    rig.sync_all().await;
    a_closed_period_is_respected(&rig).await;
    a_bill_moves_to_another_month(&rig).await;
    what_does_not_match_is_held_until_a_person_approves(&rig).await;
    a_second_bill_with_the_vendors_number_is_not_entered(&rig).await;
    a_number_that_comes_twice_waits(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bills_arrive_once_equal_and_follow_in_the_simulator() {
    they_arrive_once_equal_and_follow(OdooSide::simulated().await, 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bills_arrive_once_equal_and_follow_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("bills") {
        they_arrive_once_equal_and_follow(odoo, 100).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_accountant_would_not_book_waits_in_the_simulator() {
    what_an_accountant_would_not_book_waits(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_accountant_would_not_book_waits_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("bills_waiting") {
        what_an_accountant_would_not_book_waits(odoo).await;
    }
}
