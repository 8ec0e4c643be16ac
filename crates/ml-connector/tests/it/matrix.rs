//! The crash matrix of purchasing: whatever befalls a call or a step of any flow, Odoo ends up as it does where nothing
//! happens, and everything is there once.
//!
//! Every cell is the same short story: units, jobs, vendors, items, orders, receipts, bills, AP bills and credits arrive,
//! people work on some of each, and that arrives. What befalls it stands in `cells.rs`; the customers' matrix, with the steps that
//! all flows share, is `crash_matrix.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sandbox::fault::{Fault, Rule};
use sandbox::servicetitan::{Bill, BillEdit, Decimal, NewReceipt, OrderStatus, SyncStatus, Tenant};
use serde_json::{Value, json};

use crate::bills::{LINE, MOVE, rig_of};
use crate::cells::{self, Blow, FlowCall, Shapes, Story};
use crate::odoo_side::OdooSide;
use crate::orders;
use crate::rig::Rig;

/// Orders of a story that is told many times over.
const FEW: usize = 30;

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
const CALLS: [FlowCall; 18] = [
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

/// The story.
#[derive(Clone, Copy)]
struct Purchasing;

impl Story for Purchasing {
    async fn rig(self, odoo: OdooSide) -> Rig {
        rig(odoo).await
    }

    async fn twin(self, rig: &Rig) -> Rig {
        let twin = rig.twin().await;
        twin.turn_on(&FLOWS).await;
        receive(&twin).await;
        twin
    }

    fn people_work(self, tenant: &Tenant) {
        people_work(tenant);
    }

    async fn end(self, rig: &Rig) -> Shapes {
        end(rig).await
    }
}

/// How the story ends where nothing happens.
async fn undisturbed(odoo: OdooSide) -> Shapes {
    let shapes = cells::undisturbed(Purchasing, odoo).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_purchasing_odoo_ends_up_the_same() {
    let expected = undisturbed(OdooSide::simulated().await).await;
    let mut blows = cells::blows(&CALLS, 70, 36);
    blows.retain(|blow| !matches!(blow, Blow::Call(_, WRITES_LINES, _, Fault::Twice)));
    cells::tell(Purchasing, blows, expected).await;
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
        cells::struck(Purchasing, odoo, blow, Arc::clone(&expected)).await;
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
