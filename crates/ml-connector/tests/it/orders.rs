//! Purchase orders: each arrives once with what it refers to, comes to its total to the cent, and follows ServiceTitan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use sandbox::fault::{Fault, Rule};
use sandbox::servicetitan::{
    Decimal, Item, ItemKind, JobId, NewLine, Options, OrderEdit, OrderStatus, PurchaseOrder, SkuId,
    Tenant,
};
use serde_json::{Value, json};

use crate::odoo_side::{OdooSide, Partners, amount};
use crate::rig::Rig;
use crate::watched::Watched;

const ORDER: &str = "purchase.order";
const LINE: &str = "purchase.order.line";
const ACCOUNT: &str = "account.analytic.account";
const ACCOUNT_FIELDS: [&str; 4] = ["name", "code", "plan_id", "partner_id"];
const ORDER_FIELDS: [&str; 7] = [
    "state",
    "amount_total",
    "amount_tax",
    "partner_id",
    "partner_ref",
    "origin",
    "note",
];
const LINE_FIELDS: [&str; 7] = [
    "order_id",
    "product_id",
    "product_qty",
    "price_unit",
    "price_subtotal",
    "tax_ids",
    "analytic_distribution",
];

async fn rig(odoo: OdooSide, orders: usize) -> Rig {
    let now = Arc::new(ml_connector::clock::now);
    let options = Options::new(now)
        .customers(20)
        .vendors_and_items(20, 80)
        .orders(orders);
    let rig = Rig::with(odoo, options).await;
    rig.turn_on(&["purchase-orders"]).await;
    rig
}

fn name(order: &PurchaseOrder) -> String {
    format!("purchase_order_{}", order.id)
}

/// The orders that should be in Odoo, in the state in which they should be there.
fn wanted(
    tenant: &Tenant,
    known: &BTreeSet<String>,
) -> BTreeMap<String, (PurchaseOrder, &'static str)> {
    let orders = tenant.purchase_orders().into_iter();
    orders
        .filter_map(|order| {
            let state = match order.status {
                OrderStatus::Pending => "draft",
                OrderStatus::Canceled if known.contains(&name(&order)) => "cancel",
                OrderStatus::Canceled => return None,
                _ => "purchase",
            };
            Some((name(&order), (order, state)))
        })
        .collect()
}

/// Every order that should be there is there once, in its state, and comes to its total.
pub(crate) async fn assert_equal(rig: &Rig, known: &BTreeSet<String>) -> (Partners, Partners) {
    let orders = rig.odoo.records(ORDER, &ORDER_FIELDS).await;
    let lines = rig.odoo.records(LINE, &LINE_FIELDS).await;
    let wanted = wanted(&rig.tenant(), known);
    assert_eq!(
        orders.keys().collect::<Vec<_>>(),
        wanted.keys().collect::<Vec<_>>()
    );
    for (name, (order, state)) in &wanted {
        let held = &orders[name];
        assert_eq!(held["state"], json!(state), "{name}: {held:?}");
        assert_eq!(held["origin"], json!(order.number), "{name}");
        if *state == "cancel" {
            continue;
        }
        let note = held["note"].as_str().expect("orders go somewhere");
        let street = order.ship_to.street.clone().unwrap_or_default();
        let street = street.replace('&', "&amp;");
        assert!(note.contains(&street), "{note}");
        let summary = order.summary.replace('&', "&amp;").replace('<', "&lt;");
        let summary = summary.replace('>', "&gt;");
        assert!(note.contains(&summary), "{note}: {summary}");
        assert_eq!(
            amount(&held["amount_total"]),
            format!("{:.2}", order.total()),
            "{name}: {held:?}"
        );
        assert_eq!(
            amount(&held["amount_tax"]),
            "0.00",
            "a default tax sneaked in"
        );
        for line in order.active_lines() {
            let held = &lines[&format!("purchase_order_line_{}_{}", order.id, line.id)];
            assert_eq!(held["tax_ids"], json!([]), "{held:?}");
            assert_eq!(
                held["product_qty"].as_f64().map(|qty| format!("{qty:.4}")),
                Some(format!("{:.4}", line.quantity)),
                "{held:?}"
            );
        }
    }
    assert_costs_are_borne(rig, &wanted, &lines).await;
    (orders, lines)
}

/// Every line of an order bears its cost on the order's unit and job.
async fn assert_costs_are_borne(
    rig: &Rig,
    wanted: &BTreeMap<String, (PurchaseOrder, &'static str)>,
    lines: &Partners,
) {
    let accounts = rig.odoo.ids_of(ACCOUNT).await;
    let mut for_jobs = 0;
    for (order, state) in wanted.values() {
        if *state == "cancel" {
            continue;
        }
        let unit = format!("business_unit_{}", order.business_unit_id);
        let job = order.job_id.map(|job| format!("job_{job}"));
        for_jobs += usize::from(job.is_some());
        let bearing: BTreeSet<i64> = std::iter::once(unit)
            .chain(job)
            .map(|name| accounts[&name])
            .collect();
        let prefix = format!("purchase_order_line_{}_", order.id);
        for (name, held) in lines.iter().filter(|(name, _)| name.starts_with(&prefix)) {
            let said = held["analytic_distribution"].as_object().expect("a unit");
            let said: Vec<(BTreeSet<i64>, Option<f64>)> = said
                .iter()
                .map(|(ids, percent)| {
                    let ids = ids.split(',').map(|id| id.parse().expect("an id"));
                    (ids.collect(), percent.as_f64())
                })
                .collect();
            assert_eq!(said, [(bearing.clone(), Some(100.0))], "{name}");
        }
    }
    assert!(for_jobs > 1, "orders of this tenant name jobs");
}

pub(crate) async fn assert_no_failure(rig: &Rig, counts: &Value) {
    let failures = rig.run(&["failures"]).await.out;
    assert_eq!(counts["purchase-orders"]["failed"], json!(0), "{failures}");
    assert_eq!(counts["purchase-orders"]["waiting"], json!(0), "{failures}");
}

async fn they_arrive_once_equal_and_follow(odoo: OdooSide, orders: usize) {
    let rig = rig(odoo, orders).await;
    let counts = rig.sync_all().await;
    assert_no_failure(&rig, &counts).await;
    let before = assert_equal(&rig, &BTreeSet::new()).await;
    let known: BTreeSet<String> = before.0.keys().cloned().collect();
    // Items come for the lines that need them.
    let tenant = rig.tenant();
    let used: BTreeSet<String> = wanted(&tenant, &known)
        .values()
        .flat_map(|(order, _)| {
            order
                .active_lines()
                .map(|line| format!("item_{}", line.sku))
        })
        .collect();
    let items: BTreeSet<String> = rig
        .odoo
        .ids_of("product.product")
        .await
        .into_keys()
        .collect();
    let items: BTreeSet<String> = items
        .into_iter()
        .filter(|name| name.starts_with("item_"))
        .collect();
    assert_eq!(items, used);

    let again = rig.sync_all().await;
    for flow in [
        "purchase-orders",
        "items",
        "vendors",
        "business-units",
        "jobs",
    ] {
        let done = (&again[flow]["created"], &again[flow]["updated"]);
        assert_eq!(done, (&json!(0), &json!(0)), "{flow}: {again:#}");
    }
    assert_eq!(assert_equal(&rig, &known).await, before);

    people_work(&tenant);
    // What came on demand follows its changes; what nobody needed still does not come.
    let (one, stranger) = (used_item(&used), unused_item(&tenant, &used));
    tenant
        .rename_item(one, "Renamed on demand")
        .expect("it is there");
    tenant
        .rename_item(stranger, "Nobody needs me")
        .expect("it is there");
    let (job, strange_job) = people_work_on_jobs(&tenant);
    let counts = rig.sync_all().await;
    assert_no_failure(&rig, &counts).await;
    assert_equal(&rig, &known).await;
    let accounts = rig.odoo.records(ACCOUNT, &ACCOUNT_FIELDS).await;
    let held = &accounts[&format!("job_{job}")];
    assert_eq!(held["name"], json!(format!("{job} Moved to the attic")));
    assert_eq!(held["code"], json!(job.to_string()));
    assert_eq!(held["plan_id"], json!("Jobs"));
    let customer = tenant.job(job).expect("it is there").customer_id;
    let partners = rig.partners().await;
    let partner = partners.get(&format!("customer_{customer}"));
    let partner = partner.map_or(json!(false), |partner| partner["name"].clone());
    assert_eq!(held["partner_id"], partner);
    assert!(!accounts.contains_key(&format!("job_{strange_job}")));
    let products = rig.odoo.records("product.product", &["name"]).await;
    assert_eq!(
        products[&format!("item_{one}")]["name"],
        json!("Renamed on demand")
    );
    assert!(!products.contains_key(&format!("item_{stranger}")));
}

/// The summary of a job that an order names is changed, and a job is booked that none names.
fn people_work_on_jobs(tenant: &Tenant) -> (JobId, JobId) {
    let orders = tenant.purchase_orders().into_iter();
    let mut of_living = orders.filter(|order| order.status == OrderStatus::Sent);
    let job = of_living.find_map(|order| order.job_id);
    let job = job.expect("orders name jobs");
    tenant
        .update_job(job, "<p>Moved to the attic</p>")
        .expect("it is there");
    let customer = tenant.customers().first().expect("customers").id;
    (job, tenant.book_job(customer).expect("it has a location"))
}

fn used_item(used: &BTreeSet<String>) -> SkuId {
    let name = used.first().expect("orders have lines");
    let id = name.trim_start_matches("item_").parse();
    SkuId(id.expect("an id"))
}

/// The unit, the job, the vendor and an item of an order are renamed.
pub(crate) fn people_work_on_masters(tenant: &Tenant) {
    const NAME: &str = "Renamed Meanwhile";
    let orders = tenant.purchase_orders().into_iter();
    let mut of_jobs =
        orders.filter(|order| order.status == OrderStatus::Sent && order.job_id.is_some());
    let order = of_jobs.next().expect("orders name jobs");
    let unit = tenant.business_units()[0].id;
    let job = order.job_id.expect("it names one");
    let all_done = [
        tenant.rename_business_unit(unit, NAME),
        tenant.update_job(job, NAME),
        tenant.rename_vendor(order.vendor_id, NAME),
        tenant.rename_item(order.lines[0].sku, NAME),
    ];
    assert!(all_done.iter().all(Result::is_ok), "{all_done:?}");
}

/// An item that no order names, not even after people's work.
fn unused_item(tenant: &Tenant, used: &BTreeSet<String>) -> SkuId {
    let ordered: BTreeSet<SkuId> = tenant
        .purchase_orders()
        .iter()
        .flat_map(|order| order.lines.iter().map(|line| line.sku))
        .collect();
    let items = tenant.items(ItemKind::Service).into_iter();
    let mut items = items.chain(tenant.items(ItemKind::Material));
    let unused = |item: &Item| {
        item.active && !ordered.contains(&item.id) && !used.contains(&format!("item_{}", item.id))
    };
    items.find(unused).expect("more items than orders need").id
}

/// Of an order a line goes, if it has others, one changes and one is new.
pub(crate) fn rewritten(order: &PurchaseOrder) -> OrderEdit {
    let dec = |text: &str| text.parse::<Decimal>().expect("a number");
    let mut lines: Vec<NewLine> = order.active_lines().map(NewLine::keep).collect();
    let sku = lines[0].sku;
    if lines.len() > 1 {
        lines.remove(0);
    }
    lines[0].quantity += dec("3");
    lines.push(NewLine::new(sku, dec("7"), dec("1.2345")));
    OrderEdit {
        lines: Some(lines),
        shipping: Some(dec("12.34")),
        summary: Some("<b>Dock 4</b> & ring".to_owned()),
        ..OrderEdit::default()
    }
}

/// Two orders are edited (a line goes, one changes, one is new), one is sent, one withdrawn.
pub(crate) fn people_work(tenant: &Tenant) {
    let of = |status: OrderStatus| {
        let orders = tenant.purchase_orders().into_iter();
        orders
            .filter(|order| order.status == status)
            .collect::<Vec<_>>()
    };
    let (pending, mut sent) = (of(OrderStatus::Pending), of(OrderStatus::Sent));
    // The one that is edited although it binds has a line to lose.
    sent.sort_by_key(|order| order.active_lines().count());
    sent.rotate_right(1);
    assert!(
        sent[0].active_lines().count() > 1,
        "an order of several lines"
    );
    let [edited, dispatched, ..] = &pending[..] else {
        panic!("two pending orders")
    };
    let [corrected, withdrawn, ..] = &sent[..] else {
        panic!("two sent orders")
    };
    tenant
        .edit_order(edited.id, rewritten(edited))
        .expect("it is pending");
    tenant
        .edit_order(corrected.id, rewritten(corrected))
        .expect("it may be edited");
    tenant.send_order(dispatched.id).expect("it is pending");
    tenant.cancel_order(withdrawn.id).expect("it is sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_arrive_once_equal_and_follow_in_the_simulator() {
    they_arrive_once_equal_and_follow(OdooSide::simulated().await, 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_arrive_once_equal_and_follow_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("orders") else {
        return;
    };
    they_arrive_once_equal_and_follow(odoo, 100).await;
}

/// Orders of a story that is told many times over.
const FEW: usize = 30;

/// Stories told at a time: most of them wait.
const AT_ONCE: usize = 4;

/// Every order is there once, equal, and so is everything that it refers to.
async fn assert_whole(rig: &Rig, known: &BTreeSet<String>) {
    let counts = rig.sync_all().await;
    assert_no_failure(rig, &counts).await;
    assert_equal(rig, known).await;
    for model in [ORDER, LINE, "product.product", ACCOUNT] {
        let all = json!({"domain": [], "context": {"active_test": false}});
        let count = rig.odoo.call(model, "search_count", all).await;
        let ours = rig.odoo.ids_of(model).await.len();
        assert_eq!(count, json!(ours), "{model} without our name, or twice");
    }
}

/// The calls that bring orders to Odoo.
const CALLS: [&str; 5] = [
    "/purchase.order/load",
    "/purchase.order/write",
    "/purchase.order/button_confirm",
    "/purchase.order/button_cancel",
    "/purchase.order.line/search_read",
];

async fn struck(path: &'static str, fault: Fault) {
    let rig = rig(OdooSide::simulated().await, FEW).await;
    let faults = rig.odoo.simulator().faults();
    // More than a client repeats by itself.
    let rule = faults.add(Rule::new(fault).path_contains(path).times(5));
    rig.sync_all().await;
    let known: BTreeSet<String> = rig.odoo.ids_of(ORDER).await.into_keys().collect();
    people_work(&rig.tenant());
    assert_whole(&rig, &known).await;
    // Whose reply is lost has worked all the same: then it is not called again.
    assert!(faults.fired(rule) > 0, "{path} was not called");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_a_call_the_orders_end_up_equal() {
    let faults = || [Fault::Reset, Fault::LoseReply];
    let cells = CALLS
        .into_iter()
        .flat_map(|path| faults().map(|fault| (path, fault)));
    let told = stream::iter(cells)
        .map(|(path, fault)| tokio::spawn(struck(path, fault)))
        .buffered(AT_ONCE);
    told.for_each(async |story| story.expect("the story ends well"))
        .await;
}

/// Kills a pass when it has come so many steps in Odoo's direction.
async fn killed(after: usize) {
    let rig = rig(OdooSide::simulated().await, FEW).await;
    let watched = Watched::start(&rig, &["sync"]);
    watched.kill_after(after).await;
    rig.sync_all().await;
    let known: BTreeSet<String> = rig.odoo.ids_of(ORDER).await.into_keys().collect();
    people_work(&rig.tenant());
    assert_whole(&rig, &known).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_the_orders_end_up_equal() {
    let told = stream::iter((1..40).step_by(3))
        .map(|after| tokio::spawn(killed(after)))
        .buffered(AT_ONCE);
    told.for_each(async |story| story.expect("the story ends well"))
        .await;
}

/// What people do in Odoo meanwhile is not taken for right, and not fought over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_do_to_orders_in_odoo_is_told() {
    let rig = rig(OdooSide::simulated().await, FEW).await;
    rig.sync_all().await;
    let tenant = rig.tenant();
    let ids = rig.odoo.ids_of(ORDER).await;
    let sent: Vec<PurchaseOrder> = tenant
        .purchase_orders()
        .into_iter()
        .filter(|order| order.status == OrderStatus::Sent)
        .collect();
    let [enlarged, cancelled, deleted, ..] = &sent[..] else {
        panic!("three sent orders")
    };
    let id = |order: &PurchaseOrder| ids[&name(order)];

    // Somebody adds a line, and ServiceTitan changes something else.
    let product = *rig
        .odoo
        .ids_of("product.product")
        .await
        .values()
        .next()
        .expect("one");
    let line = json!({"order_id": id(enlarged), "product_id": product, "name": "extra",
        "product_qty": 1, "price_unit": 50.0, "tax_ids": []});
    let line = rig
        .odoo
        .call(LINE, "create", json!({"vals_list": [line]}))
        .await;
    // Somebody cancels another one, and deletes a third.
    let cancel = json!({"ids": [id(cancelled)]});
    rig.odoo.call(ORDER, "button_cancel", cancel).await;
    let delete = json!({"ids": [id(deleted)]});
    rig.odoo.call(ORDER, "button_cancel", delete.clone()).await;
    rig.odoo.call(ORDER, "unlink", delete).await;
    for order in [enlarged, cancelled] {
        let edit = OrderEdit {
            vendor_document_number: Some(format!("Q-{}", order.id)),
            ..OrderEdit::default()
        };
        tenant.edit_order(order.id, edit).expect("it may be edited");
    }
    tenant.cancel_order(deleted.id).expect("it is sent");

    // Once more changes nothing: a difference is not forgotten.
    for _ in 0..2 {
        rig.sync_all().await;
        let told = rig.run(&["failures", "--json"]).await.out;
        assert!(told.contains("total-differs-in-odoo"), "{told}");
        assert!(told.contains("cancelled-in-odoo"), "{told}");
        assert!(!told.contains("deleted-in-odoo"), "{told}");
        rig.run_to(0, &["replay", "--all"]).await;
    }

    let line = line.as_array().map_or(&line, |ids| &ids[0]).clone();
    let nothing = json!({"ids": [line], "vals": {"product_qty": 0}});
    rig.odoo.call(LINE, "write", nothing).await;
    rig.odoo
        .call(ORDER, "button_draft", json!({"ids": [id(cancelled)]}))
        .await;
    rig.run_to(0, &["replay", "--all"]).await;
    let counts = rig.sync_all().await;
    assert_no_failure(&rig, &counts).await;
    let known: BTreeSet<String> = rig.odoo.ids_of(ORDER).await.into_keys().collect();
    assert!(!known.contains(&name(deleted)));
    assert_equal(&rig, &known).await;
}
