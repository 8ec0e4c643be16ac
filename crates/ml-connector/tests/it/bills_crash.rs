//! Vendor bills and credits, whatever befalls a call, and whenever the connector is killed: they end up as they do where
//! nothing happens, each of them once, posted, and linked with what it bills.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use sandbox::fault::{Fault, Rule};
use sandbox::servicetitan::{Bill, BillEdit, Decimal, NewReceipt, OrderStatus, SyncStatus, Tenant};
use serde_json::{Value, json};

use crate::bills::{LINE, MOVE, assert_equal, assert_settled, rig, rig_of, waiting};
use crate::odoo_side::OdooSide;
use crate::rig::Rig;
use crate::watched::Watched;

/// Orders of a story that is told many times over.
const FEW: usize = 30;

/// Steps in Odoo's direction at which passes are killed: the first one with bills, and the one after people worked.
const LOAD_STEPS: usize = 6;
const CHANGE_STEPS: usize = 6;

/// Stories told at a time: most of them wait.
const AT_ONCE: usize = 4;

/// What a bill or credit looks like, without Odoo's ids, and without what it says of this day.
type Shapes = BTreeMap<String, Value>;

/// Everything that stands in Odoo under our names, by name; what it refers to by name too.
async fn shapes(rig: &Rig) -> Shapes {
    let rows = async |model: &str, fields: &[&str]| {
        let all = json!({"domain": [], "fields": fields});
        let rows = rig.odoo.call(model, "search_read", all).await;
        let rows = rows.as_array().expect("rows").clone();
        let id = |row: &Value| row["id"].as_i64().expect("an id");
        rows.into_iter()
            .map(|row| (id(&row), row))
            .collect::<BTreeMap<i64, Value>>()
    };
    let named = async |model: &str| {
        let ids = rig.odoo.ids_of(model).await.into_iter();
        ids.map(|(name, id)| (id, name))
            .collect::<BTreeMap<i64, String>>()
    };
    let order_lines = named("purchase.order.line").await;
    let partners = named("res.partner").await;
    let products = named("product.product").await;
    let accounts = named("account.analytic.account").await;
    let said = |names: &BTreeMap<i64, String>, field: &Value| {
        let id = field.get(0).and_then(Value::as_i64);
        id.map(|id| names.get(&id).cloned().unwrap_or_else(|| "?".to_owned()))
    };
    let mut shapes = Shapes::new();
    let fields = ["state", "move_type", "amount_total", "partner_id", "ref"];
    let moves = rows(MOVE, &fields).await;
    for (name, id) in rig.odoo.ids_of(MOVE).await {
        let row = &moves[&id];
        let partner = said(&partners, &row["partner_id"]);
        let shape = json!([
            row["state"],
            row["move_type"],
            row["amount_total"],
            partner,
            row["ref"]
        ]);
        shapes.insert(name, shape);
    }
    let fields = [
        "quantity",
        "price_subtotal",
        "account_id",
        "product_id",
        "purchase_line_id",
        "analytic_distribution",
    ];
    let lines = rows(LINE, &fields).await;
    for (name, id) in rig.odoo.ids_of(LINE).await {
        let row = &lines[&id];
        let bearing = row["analytic_distribution"].as_object().cloned();
        let bearing = bearing.unwrap_or_default().into_iter().map(|(ids, share)| {
            let ids = ids.split(',').map(|id| id.parse::<i64>().expect("an id"));
            let names: BTreeSet<&String> = ids.map(|id| &accounts[&id]).collect();
            json!([names, share])
        });
        let shape = json!([
            row["quantity"],
            row["price_subtotal"],
            row["account_id"][1],
            said(&products, &row["product_id"]),
            said(&order_lines, &row["purchase_line_id"]),
            bearing.collect::<Vec<_>>(),
        ]);
        shapes.insert(name, shape);
    }
    shapes
}

/// Bills that may change, in the order of their ids.
fn open(tenant: &Tenant) -> Vec<Bill> {
    let bills = tenant.bills().into_iter();
    bills
        .filter(|bill| bill.order_id.is_some() && bill.active && bill.lines.len() > 1)
        .filter(|bill| bill.sync_status != SyncStatus::Exported)
        .collect()
}

/// One bill is corrected, one loses a line, one is deleted, and goods of another order come.
fn people_work(tenant: &Tenant) {
    let bills = open(tenant);
    let [corrected, shortened, deleted, ..] = &bills[..] else {
        panic!("three bills that may change")
    };
    let edit = BillEdit {
        vendor_number: Some("CORRECTED-1".to_owned()),
        tax: Some(corrected.tax + Decimal::new(117, 2)),
        ..BillEdit::default()
    };
    tenant.edit_bill(corrected.id, edit).expect("it may change");
    let edit = BillEdit {
        remove_lines: vec![shortened.lines[0].id],
        ..BillEdit::default()
    };
    tenant.edit_bill(shortened.id, edit).expect("it may change");
    tenant.delete_bill(deleted.id).expect("it may be deleted");
    let orders = tenant.purchase_orders();
    let mut sent = orders
        .iter()
        .filter(|order| order.status == OrderStatus::Sent);
    let order = sent.next().expect("an order that waits for its goods");
    tenant
        .receive(order.id, NewReceipt::rest("LATE-1"))
        .expect("the goods came");
}

/// What stands in Odoo when people go to work.
async fn known(rig: &Rig) -> BTreeSet<String> {
    rig.odoo.ids_of(MOVE).await.into_keys().collect()
}

/// What stands in Odoo at the end, which is what ServiceTitan shows.
async fn end(rig: &Rig) -> Shapes {
    let counts = rig.sync_all().await;
    assert_settled(rig, &counts).await;
    assert_equal(rig, &waiting(rig).await).await;
    let product_lines = json!([["display_type", "=", "product"]]);
    for (model, domain) in [(MOVE, json!([])), (LINE, product_lines)] {
        let all = json!({"domain": domain});
        let count = rig.odoo.call(model, "search_count", all).await;
        let ours = rig.odoo.ids_of(model).await.len();
        assert_eq!(count, json!(ours), "{model} without our name, or twice");
    }
    let again = rig.sync_all().await;
    for flow in ["bills", "vendor-credits"] {
        let done = (&again[flow]["created"], &again[flow]["updated"]);
        assert_eq!(done, (&json!(0), &json!(0)), "{flow}: {again:#}");
    }
    shapes(rig).await
}

/// How the story ends where nothing happens.
async fn undisturbed() -> Shapes {
    let rig = rig(OdooSide::simulated().await, FEW).await;
    rig.sync_all().await;
    people_work(&rig.tenant());
    let shapes = end(&rig).await;
    let told = |text: &str| {
        shapes
            .values()
            .any(|shape| shape.to_string().contains(text))
    };
    for text in ["posted", "in_refund", "cancel", "CORRECTED-1", "LATE-1"] {
        assert!(told(text), "a story without {text}");
    }
    shapes
}

/// It ends as it does where nothing happens; only a bill that was deleted before it came over may stay away.
async fn assert_ends_alike(rig: &Rig, known: &BTreeSet<String>, expected: &Shapes, case: &str) {
    let withdrawn: Vec<String> = expected
        .iter()
        .filter(|(name, shape)| shape[0] == "cancel" && !known.contains(*name))
        .map(|(name, _)| name.trim_start_matches("bill_").to_owned())
        .collect();
    let stays_away = |name: &str| {
        withdrawn
            .iter()
            .any(|id| name == format!("bill_{id}") || name.starts_with(&format!("bill_line_{id}_")))
    };
    let mut expected = expected.clone();
    expected.retain(|name, _| !stays_away(name));
    assert_eq!(end(rig).await, expected, "{case}");
}

/// The calls that bring bills to Odoo.
const CALLS: [&str; 5] = [
    "/account.move/load",
    "/account.move/write",
    "/account.move/action_post",
    "/account.move/button_draft",
    "/account.move/search_read",
];

async fn struck(path: &'static str, fault: Fault, expected: Arc<Shapes>) {
    let rig = rig(OdooSide::simulated().await, FEW).await;
    let faults = rig.odoo.simulator().faults();
    let case = format!("{path}: {fault:?}");
    // More than a client repeats by itself.
    let rule = faults.add(Rule::new(fault).path_contains(path).times(5));
    rig.sync_all().await;
    let known = known(&rig).await;
    people_work(&rig.tenant());
    assert_ends_alike(&rig, &known, &expected, &case).await;
    // Whose reply is lost has worked all the same: then it is not called again.
    assert!(faults.fired(rule) > 0, "{path} was not called");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_a_call_the_bills_end_up_equal() {
    let expected = Arc::new(undisturbed().await);
    let faults = || [Fault::Reset, Fault::LoseReply];
    let cells = CALLS
        .into_iter()
        .flat_map(|path| faults().map(|fault| (path, fault)));
    let told = stream::iter(cells)
        .map(|(path, fault)| tokio::spawn(struck(path, fault, Arc::clone(&expected))))
        .buffered(AT_ONCE);
    told.for_each(async |story| story.expect("the story ends well"))
        .await;
}

/// The pass that is killed.
#[derive(Clone, Copy, Debug)]
enum Pass {
    /// The first one with bills; what they refer to is there.
    Load,
    /// The one after people worked.
    Change,
}

/// Kills a pass when it has come so many steps in Odoo's direction.
async fn killed(pass: Pass, after: usize, expected: Arc<Shapes>) {
    let rig = rig_of(OdooSide::simulated().await, FEW, &["purchase-orders"]).await;
    rig.sync_all().await;
    rig.turn_on(&["bills", "vendor-credits"]).await;
    let mut stood = BTreeSet::new();
    if matches!(pass, Pass::Change) {
        rig.sync_all().await;
        stood = known(&rig).await;
        people_work(&rig.tenant());
    }
    let mut watched = Watched::start(&rig, &["sync"]);
    let mut steps = 0;
    while steps < after {
        let step = watched.next().await;
        let step = step.unwrap_or_else(|| panic!("{pass:?} ends after {steps} steps"));
        steps += usize::from(step.starts_with("apply"));
    }
    watched.kill().await;
    if matches!(pass, Pass::Load) {
        rig.sync_all().await;
        stood = known(&rig).await;
        people_work(&rig.tenant());
    }
    let case = format!("{pass:?} killed after {after} steps");
    assert_ends_alike(&rig, &stood, &expected, &case).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_the_bills_end_up_equal() {
    let expected = Arc::new(undisturbed().await);
    let loads = (1..=LOAD_STEPS).map(|after| (Pass::Load, after));
    let changes = (1..=CHANGE_STEPS).map(|after| (Pass::Change, after));
    let told = stream::iter(loads.chain(changes))
        .map(|(pass, after)| tokio::spawn(killed(pass, after, Arc::clone(&expected))))
        .buffered(AT_ONCE);
    told.for_each(async |story| story.expect("the story ends well"))
        .await;
}
