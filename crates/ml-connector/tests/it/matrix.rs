//! The crash matrix of purchasing: whatever befalls a call or a step of any flow, Odoo ends up as it does where nothing
//! happens, and everything is there once.
//!
//! Every cell is the same short story: units, jobs, vendors, items, orders, receipts, bills, AP bills and credits arrive,
//! people work on some of each, and that arrives. A cell is a flow's call and what befalls it: an error before it, a lost
//! reply, its delivery twice; or a kill after so many steps; or a second run, or a second connector, beside the first. The
//! customers' matrix, with the steps that all flows share, is `crash_matrix.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Instant;

use futures::{StreamExt as _, stream};
use sandbox::fault::{Fault, Rule};
use sandbox::servicetitan::{Bill, BillEdit, Decimal, NewReceipt, OrderStatus, SyncStatus, Tenant};
use serde_json::{Value, json};

use crate::bills::{LINE, MOVE, rig_of};
use crate::odoo_side::OdooSide;
use crate::orders;
use crate::rig::Rig;
use crate::watched::Watched;

/// Orders of a story that is told many times over.
const FEW: usize = 30;

/// Stories told at a time: most of them wait.
const AT_ONCE: usize = 4;

/// More than a client repeats by itself.
const TIMES: u64 = 5;

const FLOWS: [&str; 7] = [
    "business-units",
    "jobs",
    "vendors",
    "purchase-orders",
    "bills",
    "ap-bills",
    "vendor-credits",
];

/// What each flow calls, and how many calls of the kind go before its own.
const CALLS: [(&str, &str, u64); 18] = [
    ("units and jobs", "/account.analytic.account/load", 0),
    ("jobs", "/account.analytic.account/load", 1),
    ("vendors", "/res.partner/load", 1),
    ("items", "/product.product/load", 1),
    ("orders", "/purchase.order/load", 0),
    ("orders", WRITES_LINES, 0),
    ("orders", "/purchase.order/button_confirm", 0),
    ("orders", "/purchase.order/button_cancel", 0),
    ("orders", "/purchase.order.line/search_read", 0),
    ("receipts", "/stock.picking/write", 0),
    ("receipts", "/stock.picking/button_validate", 0),
    ("receipts", "/stock.move/search_read", 0),
    ("bills", "/account.move/search_read", 0),
    ("bills", "/account.move/load", 0),
    ("AP bills and credits", "/account.move/load", 1),
    ("bills", "/account.move/write", 0),
    ("bills", "/account.move/action_post", 0),
    ("bills", "/account.move/button_draft", 0),
];

/// A command that makes a line makes another when it is delivered twice, and nobody can tell that one from a person's: see
/// the story at the end.
const WRITES_LINES: &str = "/purchase.order/write";

/// What befalls a cell.
#[derive(Clone, Debug)]
enum Blow {
    /// A flow's calls of one kind meet a fault.
    Call(&'static str, &'static str, u64, Fault),
    /// The first load is killed after so many steps in Odoo's direction.
    KillLoad(usize),
    /// The pass after people worked is.
    KillChange(usize),
    /// A second run of the same connector beside the first load.
    DoubleRun,
    /// A second connector, which knows nothing of the first, after it.
    Twin,
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(flow, path, _, fault) => write!(f, "{flow}: {fault:?} {path}"),
            other => write!(f, "{other:?}"),
        }
    }
}

fn blows() -> Vec<Blow> {
    let faults = || [Fault::Reset, Fault::LoseReply, Fault::Twice];
    let calls = CALLS
        .into_iter()
        .flat_map(|(flow, path, after)| faults().map(|fault| Blow::Call(flow, path, after, fault)))
        .filter(|blow| !matches!(blow, Blow::Call(_, WRITES_LINES, _, Fault::Twice)));
    let loads = (1..70).step_by(7).map(Blow::KillLoad);
    let changes = (1..36).step_by(7).map(Blow::KillChange);
    let others = [Blow::DoubleRun, Blow::Twin];
    calls.chain(loads).chain(changes).chain(others).collect()
}

/// What stands in Odoo, by our names, without Odoo's ids, and without what it says of this day.
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
    for (model, fields) in PLAIN {
        for (name, row) in rig.odoo.records(model, fields).await {
            shapes.insert(format!("{model} {name}"), json!(row));
        }
    }
    shapes
}

/// The other models of the story, with fields that hold amounts, words and names.
const PLAIN: [(&str, &[&str]); 5] = [
    (
        "account.analytic.account",
        &["name", "code", "active", "plan_id"],
    ),
    ("res.partner", &["name", "active", "street", "city"]),
    (
        "product.product",
        &["name", "default_code", "active", "standard_price"],
    ),
    (
        "purchase.order",
        &["state", "amount_total", "partner_id", "partner_ref"],
    ),
    (
        "purchase.order.line",
        &[
            "product_id",
            "product_qty",
            "price_unit",
            "qty_received",
            "qty_invoiced",
        ],
    ),
];

/// Bills that may change, in the order of their ids.
fn open(tenant: &Tenant) -> Vec<Bill> {
    let bills = tenant.bills().into_iter();
    bills
        .filter(|bill| bill.order_id.is_some() && bill.active && bill.lines.len() > 1)
        .filter(|bill| bill.sync_status != SyncStatus::Exported)
        .collect()
}

/// Orders are edited, sent and cancelled, and what they refer to is renamed; one bill is corrected, one loses a line, one is deleted, and goods of another
/// order come.
fn people_work(tenant: &Tenant) {
    orders::people_work(tenant);
    orders::people_work_on_masters(tenant);
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

/// Everything that there is once, settled; another pass has nothing to do.
async fn end(rig: &Rig) -> Shapes {
    let counts = rig.sync_all().await;
    for (flow, counts) in counts.as_object().expect("flows") {
        let open = (&counts["failed"], &counts["pending"]);
        assert_eq!(open, (&json!(0), &json!(0)), "{flow}: {counts:#}");
    }
    let product_lines = json!([["display_type", "=", "product"]]);
    let models = [
        (MOVE, json!([])),
        (LINE, product_lines),
        ("purchase.order", json!([])),
        ("purchase.order.line", json!([])),
        ("account.analytic.account", json!([])),
        ("product.product", json!([])),
    ];
    for (model, domain) in models {
        let all = json!({"domain": domain, "context": {"active_test": false}});
        let count = rig.odoo.call(model, "search_count", all).await;
        let ours = rig.odoo.ids_of(model).await.len();
        assert_eq!(count, json!(ours), "{model} without our name, or twice");
    }
    assert_eq!(
        rig.odoo.made_by_connector().await,
        rig.odoo.ids().await.len(),
        "partners"
    );
    let again = rig.sync_all().await;
    for (flow, counts) in again.as_object().expect("flows") {
        let done = (&counts["created"], &counts["updated"]);
        assert_eq!(done, (&json!(0), &json!(0)), "{flow}: {counts:#}");
    }
    let shapes = shapes(rig).await;
    assert_moved_once(rig).await;
    shapes
}

/// As much was moved into stock as the lines of the orders say was received.
async fn assert_moved_once(rig: &Rig) {
    let done =
        json!({"domain": [["state", "=", "done"]], "fields": ["quantity", "purchase_line_id"]});
    let moves = rig.odoo.call("stock.move", "search_read", done).await;
    let mut moved: BTreeMap<i64, f64> = BTreeMap::new();
    for row in moves.as_array().expect("rows") {
        let line = row["purchase_line_id"][0]
            .as_i64()
            .expect("an order's line");
        *moved.entry(line).or_default() += row["quantity"].as_f64().expect("a quantity");
    }
    let all = json!({"domain": [], "fields": ["qty_received", "product_id"]});
    let lines = rig
        .odoo
        .call("purchase.order.line", "search_read", all)
        .await;
    for row in lines.as_array().expect("rows") {
        let id = row["id"].as_i64().expect("an id");
        if let Some(moved) = moved.get(&id) {
            let received = row["qty_received"].as_f64().expect("a quantity");
            assert!(
                (received - moved).abs() < 0.005,
                "line {id}: {received}, moved {moved}"
            );
        }
    }
}

async fn rig(odoo: OdooSide) -> Rig {
    let rig = rig_of(odoo, FEW, &FLOWS).await;
    rig.tenant().grant_scope("tn.acc.apbills:r");
    receive(&rig).await;
    rig
}

async fn receive(rig: &Rig) {
    rig.reconfigure(|text| text + "[flows.receipts]\nevery = \"5s\"\npolicy = \"validate\"\n")
        .await;
}

/// How the story ends where nothing happens.
async fn undisturbed(odoo: OdooSide) -> Shapes {
    let rig = rig(odoo).await;
    rig.sync_all().await;
    people_work(&rig.tenant());
    let shapes = end(&rig).await;
    let told = |text: &str| {
        shapes
            .values()
            .any(|shape| shape.to_string().contains(text))
    };
    for text in [
        "posted",
        "in_refund",
        "cancel",
        "CORRECTED-1",
        "LATE-1",
        "Renamed Meanwhile",
    ] {
        assert!(told(text), "a story without {text}");
    }
    shapes
}

/// Kills a pass when it has come so many steps in Odoo's direction, or at its end.
async fn kill(rig: &Rig, after: usize) {
    Watched::start(rig, &["sync"]).kill_after(after).await;
}

/// One cell.
async fn struck(odoo: OdooSide, blow: Blow, expected: Arc<Shapes>) {
    let rig = rig(odoo).await;
    let mut set = None;
    match &blow {
        Blow::Call(_, path, after, fault) => {
            let faults = rig.odoo.simulator().faults();
            let rule = Rule::new(fault.clone()).path_contains(path);
            set = Some(faults.add(rule.after(*after).times(TIMES)));
            rig.sync_all().await;
        }
        Blow::KillLoad(after) => {
            kill(&rig, *after).await;
            rig.sync_all().await;
        }
        Blow::KillChange(_) => drop(rig.sync_all().await),
        Blow::DoubleRun => {
            let mut watched = Watched::start(&rig, &["sync"]);
            assert!(watched.reach("apply: creating", 1).await, "nothing arrives");
            let (_, ran) = tokio::join!(rig.sync_all(), watched.end());
            assert_eq!(ran.code, Some(0), "{}", ran.err);
        }
        Blow::Twin => {
            rig.sync_all().await;
            let twin = rig.twin().await;
            twin.turn_on(&FLOWS).await;
            receive(&twin).await;
            twin.sync_all().await;
        }
    }
    people_work(&rig.tenant());
    if let Blow::KillChange(after) = blow {
        kill(&rig, after).await;
    }
    let shapes = end(&rig).await;
    assert_same(&shapes, &expected, &blow);
    if let Some(rule) = set {
        let fired = rig.odoo.simulator().faults().fired(rule);
        assert!(fired > 0, "{blow:?}: it was not called");
    }
}

fn assert_same(shapes: &Shapes, expected: &Shapes, blow: &Blow) {
    let names: BTreeSet<&String> = shapes.keys().chain(expected.keys()).collect();
    let mut different = String::new();
    for name in names {
        let (found, wanted) = (shapes.get(name), expected.get(name));
        if found != wanted {
            writeln!(
                different,
                "{name}\n  found:  {found:?}\n  wanted: {wanted:?}"
            )
            .expect("a string");
        }
    }
    assert!(different.is_empty(), "{blow:?}\n{different}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_purchasing_odoo_ends_up_the_same() {
    let expected = Arc::new(undisturbed(OdooSide::simulated().await).await);
    let told: Vec<_> = stream::iter(blows())
        .map(|blow| {
            let expected = Arc::clone(&expected);
            let case = blow.to_string();
            // A task of its own, so that a cell that fails does not keep the others from being told.
            let cell = tokio::spawn(async move {
                let started = Instant::now();
                struck(OdooSide::simulated().await, blow, expected).await;
                started.elapsed()
            });
            async move { (case, cell.await) }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut table = String::new();
    for (case, result) in &told {
        let cell = match result {
            Ok(took) => format!("same ({:.1} s)", took.as_secs_f64()),
            Err(_) => "DIFFERENT".to_owned(),
        };
        writeln!(table, "{cell:<14} {case}").expect("a string");
    }
    say(&table);
    assert!(told.iter().all(|(_, result)| result.is_ok()), "{table}");
}

/// Kills where Odoo is in the middle of a call, and companions.
fn sample() -> [Blow; 6] {
    [
        Blow::KillLoad(8),
        Blow::KillLoad(29),
        Blow::KillLoad(50),
        Blow::KillChange(15),
        Blow::DoubleRun,
        Blow::Twin,
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_of_it_befalls_a_real_odoo() {
    let Some(calm) = OdooSide::real("matrix_calm") else {
        return;
    };
    let expected = Arc::new(undisturbed(calm).await);
    for (n, blow) in sample().into_iter().enumerate() {
        let odoo = OdooSide::real(&format!("matrix_{n}")).expect("it is running");
        struck(odoo, blow, Arc::clone(&expected)).await;
    }
}

/// What a line too many makes of an order's total is found, and the order goes no further before a person looked at it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_lines_are_written_twice_is_told() {
    let rig = rig(OdooSide::simulated().await).await;
    rig.sync_all().await;
    let faults = rig.odoo.simulator().faults();
    let rule = faults.add(Rule::new(Fault::Twice).path_contains(WRITES_LINES));
    people_work(&rig.tenant());
    rig.run_to(1, &["sync", "--json"]).await;
    assert!(faults.fired(rule) > 0, "nothing was written twice");
    let failures = rig.json(&["failures", "--json"]).await;
    let mut groups = failures.as_array().expect("groups").iter();
    let told = groups.any(|group| group["cause"] == "total-differs-in-odoo");
    assert!(told, "{failures:#}");
}

#[expect(clippy::print_stderr, reason = "the matrix is for people")]
fn say(text: &str) {
    eprintln!("{text}");
}
