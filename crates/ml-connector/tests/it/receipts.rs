//! Receipts: of each line of an order as much is received in Odoo as in ServiceTitan, never twice, whatever happens on the
//! way and whatever people received in Odoo themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use sandbox::fault::{Fault, Rule};
use sandbox::servicetitan::{
    Decimal, ItemKind, NewOrder, NewReceipt, Options, PurchaseOrder, PurchaseOrderId, SkuId, Tenant,
};
use serde_json::{Value, json};

use crate::odoo_side::OdooSide;
use crate::rig::Rig;
use crate::watched::Watched;

const ORDER: &str = "purchase.order";
const LINE: &str = "purchase.order.line";
const PICKING: &str = "stock.picking";
const MOVE: &str = "stock.move";

async fn rig(odoo: OdooSide, orders: usize) -> Rig {
    let now = Arc::new(ml_connector::clock::now);
    let options = Options::new(now)
        .customers(20)
        .vendors_and_items(20, 240)
        .orders(orders);
    Rig::with(odoo, options).await
}

pub(crate) async fn turn_receipts_on(rig: &Rig) {
    let section = "[flows.receipts]\nevery = \"5s\"\npolicy = \"validate\"\n";
    rig.reconfigure(|text| text + section).await;
}

fn dec(text: &str) -> Decimal {
    text.parse().expect("a number")
}

/// An order of three goods, sent to its vendor.
fn sent(tenant: &Tenant) -> PurchaseOrder {
    let materials = tenant.items(ItemKind::Material).into_iter();
    let skus: Vec<SkuId> = materials
        .filter(|item| item.active)
        .map(|item| item.id)
        .collect();
    let id = order_of(tenant, &skus[..3]);
    tenant.send_order(id).expect("it is pending");
    order(tenant, id)
}

pub(crate) fn order_of(tenant: &Tenant, skus: &[SkuId]) -> PurchaseOrderId {
    let vendors = tenant.vendors();
    let vendor = vendors.iter().find(|vendor| vendor.active).expect("one");
    let unit = tenant.business_units()[0].id;
    let new = skus.iter().zip(["10", "4", "2.5"]);
    let new = new.fold(
        NewOrder::new(vendor.id, unit).shipping(dec("9.90")),
        |new: NewOrder, (sku, quantity)| new.line(*sku, dec(quantity), dec("3.25")),
    );
    tenant.create_order(new).expect("an order")
}

fn order(tenant: &Tenant, id: PurchaseOrderId) -> PurchaseOrder {
    let orders = tenant.purchase_orders().into_iter();
    let mut orders = orders.filter(|order| order.id == id);
    orders.next().expect("the order")
}

/// So much of each line, in the order of the lines; of "0" no line.
fn some(order: &PurchaseOrder, quantities: &[&str]) -> NewReceipt {
    let lines = order.lines.iter().map(|line| line.id);
    let lines = lines.zip(quantities.iter().map(|text| dec(text)));
    NewReceipt::some("V-1", lines.filter(|(_, quantity)| !quantity.is_zero()))
}

fn receive(tenant: &Tenant, order: &PurchaseOrder, quantities: &[&str]) {
    let receipt = some(order, quantities);
    tenant
        .receive(order.id, receipt)
        .expect("goods are to come");
}

/// What was received in ServiceTitan, by Odoo's name of the line; lines of nothing too.
fn wanted(tenant: &Tenant) -> BTreeMap<String, Decimal> {
    let mut wanted = BTreeMap::new();
    for order in tenant.purchase_orders() {
        let name =
            |line: &dyn std::fmt::Display| format!("purchase_order_line_{}_{line}", order.id);
        for line in order.active_lines() {
            wanted.insert(name(&line.id), Decimal::ZERO);
        }
        for receipt in tenant.receipts_of(order.id) {
            for line in receipt.lines.iter().filter(|_| receipt.active) {
                *wanted.entry(name(&line.order_line)).or_default() += line.goods.quantity;
            }
        }
    }
    wanted
}

/// What was received in Odoo, by the line's name.
async fn received(rig: &Rig) -> BTreeMap<String, Decimal> {
    let lines = rig.odoo.records(LINE, &["qty_received"]).await;
    let quantity = |line: &BTreeMap<String, Value>| {
        let quantity = line["qty_received"].as_f64().expect("a quantity");
        dec(&format!("{quantity:.4}")).normalize()
    };
    lines
        .iter()
        .map(|(name, line)| (name.clone(), quantity(line)))
        .collect()
}

/// Every line of every order, but for these orders and lines, was received as in ServiceTitan.
pub(crate) async fn assert_equal(rig: &Rig, but: &[String]) {
    let (wanted, received) = (wanted(&rig.tenant()), received(rig).await);
    let mut compared = 0;
    for (line, quantity) in &received {
        if but.iter().any(|but| line.starts_with(but)) {
            continue;
        }
        // Shipping, tax and rounding are nobody's goods.
        let wanted = wanted.get(line).copied().unwrap_or_default().normalize();
        assert_eq!(*quantity, wanted, "{line}");
        compared += usize::from(!wanted.is_zero());
    }
    assert!(compared > 0, "nothing was received");
}

/// Everything that stands of transfers in Odoo, with the times of the last writes.
async fn transfers(rig: &Rig) -> Value {
    let all = |fields: &[&str]| json!({"domain": [], "fields": fields, "order": "id"});
    let pickings = all(&["state", "backorder_id", "write_date"]);
    let moves = all(&["state", "quantity", "product_uom_qty", "write_date"]);
    json!([
        rig.odoo.call(PICKING, "search_read", pickings).await,
        rig.odoo.call(MOVE, "search_read", moves).await,
    ])
}

/// Goods that came in more often than ServiceTitan says, whatever orders say of it.
pub(crate) async fn assert_moved_once(rig: &Rig, but: &[String]) {
    let domain = json!([["state", "=", "done"], ["purchase_line_id", "!=", false]]);
    let arguments = json!({"domain": domain, "fields": ["purchase_line_id", "quantity"]});
    let moves = rig.odoo.call(MOVE, "search_read", arguments).await;
    let mut moved: BTreeMap<i64, Decimal> = BTreeMap::new();
    for row in moves.as_array().expect("rows") {
        let line = row["purchase_line_id"][0].as_i64().expect("a line");
        let quantity = row["quantity"].as_f64().expect("a quantity");
        *moved.entry(line).or_default() += dec(&format!("{quantity:.4}"));
    }
    let wanted = wanted(&rig.tenant());
    for (name, id) in rig.odoo.ids_of(LINE).await {
        if but.iter().any(|but| name.starts_with(but)) {
            continue;
        }
        let wanted = wanted.get(&name).copied().unwrap_or_default();
        let moved = moved.get(&id).copied().unwrap_or_default();
        assert_eq!(moved.normalize(), wanted.normalize(), "{name}");
    }
}

/// Somebody receives goods in Odoo: so much of each line.
async fn received_by_hand(rig: &Rig, order: &PurchaseOrder, quantities: &[&str]) {
    let lines = rig.odoo.ids_of(LINE).await;
    let mut counted = Vec::new();
    let mut picking = Value::Null;
    for (line, quantity) in order.lines.iter().zip(quantities) {
        let line = lines[&format!("purchase_order_line_{}_{}", order.id, line.id)];
        let open = json!([
            ["purchase_line_id", "=", line],
            ["state", "not in", ["done", "cancel"]]
        ]);
        let arguments = json!({"domain": open, "fields": ["picking_id"]});
        let moves = rig.odoo.call(MOVE, "search_read", arguments).await;
        let Some(open) = moves.get(0).filter(|_| *quantity != "0") else {
            continue;
        };
        picking = open["picking_id"][0].clone();
        let quantity: f64 = quantity.parse().expect("a number");
        counted.push(json!([1, open["id"], {"quantity": quantity, "picked": true}]));
    }
    let write = json!({"ids": [picking], "vals": {"move_ids": counted}});
    rig.odoo.call(PICKING, "write", write).await;
    let validate = json!({"ids": [picking], "context": {"skip_backorder": true}});
    rig.odoo.call(PICKING, "button_validate", validate).await;
}

fn lines_of(order: &PurchaseOrder) -> String {
    format!("purchase_order_line_{}_", order.id)
}

/// A person is told this about an order, with these numbers.
async fn assert_told(rig: &Rig, order: &PurchaseOrder, cause: &str, numbers: &str) {
    let told = rig.json(&["failures", "--json"]).await;
    let id = json!(order.id.to_string());
    let groups = told.as_array().expect("groups").iter();
    let mut groups =
        groups.filter(|group| group["flow"] == "receipts" && group["cause"] == json!(cause));
    let group = groups
        .next()
        .unwrap_or_else(|| panic!("no {cause}: {told}"));
    let mut records = group["records"].as_array().expect("records").iter();
    let record = records.find(|record| record["id"] == id);
    let what = record.unwrap_or_else(|| panic!("nothing is told of {id}: {told}"))["what"].as_str();
    assert!(what.is_some_and(|what| what.contains(numbers)), "{what:?}");
}

async fn all_is_received_once_and_people_are_asked_where_it_differs(odoo: OdooSide, orders: usize) {
    let rig = rig(odoo, orders).await;
    rig.turn_on(&["purchase-orders"]).await;
    let tenant = rig.tenant();
    let made: Vec<PurchaseOrder> = (0..11).map(|_| sent(&tenant)).collect();
    let [
        whole,
        parts,
        twice_at_once,
        void,
        taken_back,
        over,
        over_later,
        by_hand_less,
        by_hand_equal,
        by_hand_more,
        returned,
    ] = &made[..]
    else {
        unreachable!("eleven were made")
    };
    let pending = with_a_service(&rig).await;
    // Off: nobody receives anything.
    rig.sync_all().await;
    assert!(received(&rig).await.values().all(Decimal::is_zero));

    // People in both places.
    receive(&tenant, whole, &["10", "4", "2.5"]);
    receive(&tenant, parts, &["3", "0", "0.5"]);
    receive(&tenant, twice_at_once, &["6", "0", "0"]);
    receive(&tenant, twice_at_once, &["1", "4", "0"]);
    receive(&tenant, void, &["1", "1", "1"]);
    receive(&tenant, taken_back, &["5", "4", "0"]);
    receive(&tenant, over, &["12", "4", "3"]);
    receive(&tenant, over_later, &["10", "4", "0"]);
    for order in [by_hand_less, by_hand_equal, by_hand_more] {
        receive(&tenant, order, &["7", "4", "0"]);
    }
    receive(&tenant, returned, &["10", "0", "0"]);
    tenant.send_order(pending.id).expect("it is pending");
    receive(&tenant, &pending, &["10", "4", "1"]);
    let receipt = tenant.receipts_of(void.id)[0].id;
    tenant.cancel_receipt(receipt).expect("it is active");
    received_by_hand(&rig, by_hand_less, &["2", "4", "0"]).await;
    received_by_hand(&rig, by_hand_equal, &["7", "4", "0"]).await;
    received_by_hand(&rig, by_hand_more, &["8", "3", "0"]).await;

    turn_receipts_on(&rig).await;
    rig.sync_all().await;
    let service = format!("{}{}", lines_of(&pending), pending.lines[0].id);
    let more = format!("{}{}", lines_of(by_hand_more), by_hand_more.lines[0].id);
    assert_equal(&rig, &[service.clone(), more.clone()]).await;
    assert_moved_once(&rig, &[service.clone(), more.clone()]).await;
    assert!(
        received(&rig).await[&service].is_zero(),
        "a service was received"
    );
    let numbers = "7 received in ServiceTitan, 8 in Odoo";
    assert_told(&rig, by_hand_more, "received-more-in-odoo", numbers).await;

    let before = transfers(&rig).await;
    let counts = rig.sync_all().await;
    let done = (
        &counts["receipts"]["created"],
        &counts["receipts"]["updated"],
    );
    assert_eq!(done, (&json!(0), &json!(0)), "{counts:#}");
    rig.run_to(0, &["replay", "--all", "--flow", "receipts"])
        .await;
    rig.sync_all().await;
    assert_eq!(transfers(&rig).await, before, "something was written again");
    more_comes_and_something_goes(&rig, &made, service, more).await;
}

/// More comes, something is taken back, and comes after all.
async fn more_comes_and_something_goes(
    rig: &Rig,
    made: &[PurchaseOrder],
    service: String,
    more: String,
) {
    let tenant = rig.tenant();
    let [
        _,
        parts,
        _,
        _,
        taken_back,
        _,
        over_later,
        by_hand_less,
        _,
        by_hand_more,
        _,
    ] = made
    else {
        unreachable!("eleven were made")
    };
    receive(&tenant, parts, &["4", "4", "2"]);
    receive(&tenant, by_hand_less, &["3", "0", "2.5"]);
    receive(&tenant, over_later, &["1", "0", "2.5"]);
    let receipt = tenant.receipts_of(taken_back.id)[0].id;
    tenant.cancel_receipt(receipt).expect("it is active");
    rig.sync_all().await;
    let late = format!("{}{}", lines_of(over_later), over_later.lines[0].id);
    let open = [service.clone(), more, late.clone(), lines_of(taken_back)];
    assert_equal(rig, &open).await;
    let numbers = "0 received in ServiceTitan, 5 in Odoo";
    assert_told(rig, taken_back, "received-more-in-odoo", numbers).await;
    let numbers = "11 received in ServiceTitan, 10 in Odoo";
    assert_told(rig, over_later, "received-less-in-odoo", numbers).await;

    // The goods that were cancelled come after all; what had been counted in Odoo too early is received in ServiceTitan.
    receive(&tenant, taken_back, &["6", "4", "0"]);
    receive(&tenant, by_hand_more, &["1", "0", "0"]);
    rig.sync_all().await;
    assert_equal(rig, &[service.clone(), late.clone()]).await;
    assert_moved_once(rig, &[service, late]).await;
}

/// A pending order, in Odoo, whose first item is a service there.
async fn with_a_service(rig: &Rig) -> PurchaseOrder {
    let tenant = rig.tenant();
    let used: BTreeSet<SkuId> = tenant
        .purchase_orders()
        .iter()
        .flat_map(|order| order.lines.iter().map(|line| line.sku))
        .collect();
    let items = [ItemKind::Material, ItemKind::Equipment].map(|kind| tenant.items(kind));
    let unused: Vec<SkuId> = items
        .concat()
        .into_iter()
        .filter(|item| item.active && !used.contains(&item.id))
        .map(|item| item.id)
        .collect();
    let id = order_of(&tenant, &[unused[0], unused[1], unused[2]]);
    rig.sync_all().await;
    let products = rig.odoo.ids_of("product.product").await;
    let product = products[&format!("item_{}", unused[0])];
    let service = json!({"ids": [product], "vals": {"type": "service"}});
    rig.odoo.call("product.product", "write", service).await;
    order(&tenant, id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_is_received_once_and_people_are_asked_where_it_differs_in_the_simulator() {
    let odoo = OdooSide::simulated().await;
    all_is_received_once_and_people_are_asked_where_it_differs(odoo, 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_is_received_once_and_people_are_asked_where_it_differs_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("receipts") else {
        return;
    };
    all_is_received_once_and_people_are_asked_where_it_differs(odoo, 100).await;
}

/// Nothing but receipts is asked for: each brings its order, which was never read from a feed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_that_come_before_their_orders_bring_them() {
    let rig = rig(OdooSide::simulated().await, FEW).await;
    turn_receipts_on(&rig).await;
    let counts = rig.sync_all().await;
    for state in ["failed", "waiting", "pending"] {
        assert_eq!(counts["receipts"][state], json!(0), "{counts:#}");
    }
    assert_equal(&rig, &[]).await;
    let received: BTreeSet<String> = rig
        .tenant()
        .receipts()
        .iter()
        .filter(|receipt| receipt.active)
        .map(|receipt| format!("purchase_order_{}", receipt.order_id))
        .collect();
    let orders: BTreeSet<String> = rig.odoo.ids_of(ORDER).await.into_keys().collect();
    assert!(orders.is_superset(&received) && !received.is_empty());
    // What comes on from here follows.
    people_receive(&rig);
    rig.sync_all().await;
    assert_equal(&rig, &[]).await;
    assert_moved_once(&rig, &[]).await;
}

/// An order that may not be confirmed yet holds its receipts up, and nothing else; they go on when it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_wait_until_their_order_is_confirmed() {
    let rig = rig(OdooSide::simulated().await, 5).await;
    rig.turn_on(&["purchase-orders"]).await;
    turn_receipts_on(&rig).await;
    let tenant = rig.tenant();
    let order = with_a_service(&rig).await;
    let ids = rig.odoo.ids_of(ORDER).await;
    let id = ids[&format!("purchase_order_{}", order.id)];
    let product = rig.odoo.ids_of("product.product").await;
    let product = product.values().next().expect("one");
    let line = json!({"order_id": id, "product_id": product, "name": "extra", "product_qty": 1,
        "price_unit": 50.0, "tax_ids": []});
    let line = rig
        .odoo
        .call(LINE, "create", json!({"vals_list": [line]}))
        .await;
    tenant.send_order(order.id).expect("it is pending");
    receive(&tenant, &order, &["0", "4", "1"]);
    let counts = rig.sync_all().await;
    assert_eq!(counts["receipts"]["waiting"], json!(1), "{counts:#}");
    let numbers = "waits until purchase order";
    assert_told(&rig, &order, "waits-for-others", numbers).await;

    let delete = json!({"ids": line});
    rig.odoo.call(LINE, "unlink", delete).await;
    rig.run_to(0, &["replay", "--cause", "total-differs-in-odoo"])
        .await;
    let counts = rig.sync_all().await;
    assert_eq!(counts["receipts"]["waiting"], json!(0), "{counts:#}");
    assert_equal(&rig, &[]).await;
}

/// Orders of a story that is told many times over.
const FEW: usize = 30;

/// Stories told at a time: most of them wait.
const AT_ONCE: usize = 4;

/// The calls that receive goods.
const CALLS: [&str; 6] = [
    "/purchase.order/read",
    "/purchase.order.line/search_read",
    "/stock.picking/read",
    "/stock.move/search_read",
    "/stock.picking/write",
    "/stock.picking/button_validate",
];

/// Half of what is still to come of some orders, and all of others.
fn people_receive(rig: &Rig) {
    let tenant = rig.tenant();
    let mut came = 0;
    for (at, order) in tenant.purchase_orders().into_iter().enumerate() {
        let open = order.active_lines().filter(|line| !line.open().is_zero());
        let part = if at % 2 == 0 { dec("1") } else { dec("0.5") };
        let half: Vec<_> = open
            .map(|line| (line.id, (line.open() * part).round_dp(2)))
            .collect();
        came += usize::from(
            !half.is_empty()
                && tenant
                    .receive(order.id, NewReceipt::some("V-2", half))
                    .is_ok(),
        );
    }
    assert!(came > 2, "nothing was to come");
}

/// A rig whose orders are in Odoo, before anything is received there.
async fn ready() -> Rig {
    let rig = rig(OdooSide::simulated().await, FEW).await;
    rig.turn_on(&["purchase-orders"]).await;
    rig.sync_all().await;
    turn_receipts_on(&rig).await;
    rig
}

async fn assert_whole(rig: &Rig) {
    rig.sync_all().await;
    people_receive(rig);
    let counts = rig.sync_all().await;
    for state in ["failed", "waiting", "pending"] {
        assert_eq!(counts["receipts"][state], json!(0), "{counts:#}");
    }
    assert_equal(rig, &[]).await;
    assert_moved_once(rig, &[]).await;
}

async fn struck(path: &'static str, fault: Fault) {
    let rig = ready().await;
    let faults = rig.odoo.simulator().faults();
    // More than a client repeats by itself.
    let rule = faults.add(Rule::new(fault).path_contains(path).times(5));
    rig.sync_all().await;
    assert!(faults.fired(rule) > 0, "{path} was not called");
    faults.remove(rule);
    assert_whole(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_a_call_nothing_is_received_twice() {
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
    let rig = ready().await;
    let watched = Watched::start(&rig, &["sync"]);
    watched.kill_after(after).await;
    assert_whole(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_nothing_is_received_twice() {
    let told = stream::iter((1..40).step_by(3))
        .map(|after| tokio::spawn(killed(after)))
        .buffered(AT_ONCE);
    told.for_each(async |story| story.expect("the story ends well"))
        .await;
}

/// A call reaches Odoo, its connector dies, people go on receiving, and only then Odoo carries the call out.
async fn orphaned(path: &'static str, boundary: &'static str) {
    let rig = ready().await;
    let faults = rig.odoo.simulator().faults();
    let rule = faults.add(Rule::new(Fault::Hold).path_contains(path).times(1));
    let mut watched = Watched::start(&rig, &["sync"]);
    assert!(watched.reach(boundary, 1).await, "never came to {boundary}");
    faults.wait_fired(rule, 1).await;
    watched.kill().await;
    people_receive(&rig);
    let mut again = Watched::start(&rig, &["sync"]);
    assert!(again.reach("plan: planned", 1).await, "nothing was due");
    faults.release(rule);
    let ran = again.end().await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_equal(&rig, &[]).await;
    assert_moved_once(&rig, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_outlives_its_connector_receives_nothing_twice() {
    orphaned("/stock.picking/write", "apply: counting").await;
    orphaned("/stock.picking/button_validate", "apply: validating").await;
}
