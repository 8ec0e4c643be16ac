//! The purchasing proof, at the size of a company: 60 vendors, 300 orders and more than 250 bills, with all that befalls
//! them. Every total and tax is equal to the cent, every document is there once, received and billed quantities are those
//! of ServiceTitan, each bill is matched as it should be, and `reconcile` finds nothing, until somebody tampers with Odoo.
//!
//! All of it as the limited user of the rig, `connector@example.com` with the groups of `scripts/rig/company.py` (in the
//! simulator `Rights::ProductManager`), who is no administrator of anything.

mod audit;
pub(crate) mod matching;
mod people;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use sandbox::servicetitan::{
    Bill, BillKind, Decimal, Options, OrderStatus, PurchaseOrder, Return, ReturnStatus, Tenant,
};
use serde_json::{Value, json};

use crate::bills::{self, LINE, MOVE};
use crate::odoo_side::{OdooSide, amount};
use crate::orders;
use crate::receipts;
use crate::rig::Rig;
use crate::standing::assert_single;

const ORDER: &str = "purchase.order";
const ORDER_LINE: &str = "purchase.order.line";

/// Every flow of purchasing but receipts, which need a policy.
pub(crate) const FLOWS: [&str; 8] = [
    "business-units",
    "jobs",
    "vendors",
    "items",
    "purchase-orders",
    "bills",
    "ap-bills",
    "vendor-credits",
];

/// A company with all flows of purchasing on, whose ServiceTitan has been at work for two years.
pub(crate) async fn company(odoo: OdooSide, size: impl FnOnce(Options) -> Options) -> Rig {
    let options = Options::new(Arc::new(ml_connector::clock::now));
    let rig = Rig::with(odoo, size(options)).await;
    rig.keep_servicetitans_accounts().await;
    rig.tenant().grant_scope("tn.acc.apbills:r");
    rig
}

pub(crate) async fn turn_all_on(rig: &Rig) {
    rig.turn_on(&FLOWS).await;
    receipts::turn_receipts_on(rig).await;
}

/// What should be in Odoo of bills and credits.
pub(crate) struct Papers {
    bills: Vec<Bill>,
    returns: Vec<Return>,
}

impl Papers {
    pub(crate) fn of(tenant: &Tenant) -> Self {
        let mut bills = tenant.bills();
        bills.retain(|bill| bill.active);
        let mut returns = tenant.returns();
        let went = [ReturnStatus::Returned, ReturnStatus::CreditReceived];
        returns.retain(|returned| returned.active && went.contains(&returned.status));
        Self { bills, returns }
    }

    /// What comparing each with its order should have found.
    pub(crate) fn matches(&self, tenant: &Tenant) -> matching::Matches {
        matching::wanted(tenant, &self.bills, &self.returns)
    }
}

/// The names of those that differ from their orders.
pub(crate) fn differing(matches: &matching::Matches) -> BTreeSet<String> {
    let differing = matches.iter().filter(|(_, found)| *found != matching::OK);
    differing.map(|(name, _)| name.clone()).collect()
}

fn name(bill: &Bill) -> String {
    let noun = match bill.kind {
        BillKind::Procurement => "bill",
        BillKind::ApBill => "ap_bill",
    };
    format!("{noun}_{}", bill.id)
}

/// Tells how long each part of the story took.
struct Watch(Instant);

impl Watch {
    #[expect(clippy::print_stderr, reason = "belongs into the log of a run")]
    fn lap(&mut self, what: &str) {
        eprintln!("{:6.1} s {what}", self.0.elapsed().as_secs_f64());
        self.0 = Instant::now();
    }
}

/// Of every flow nothing failed, nothing is on its way, and nothing waits but what a person has to approve.
pub(crate) async fn assert_settled(rig: &Rig, counts: &Value, drafts: &BTreeSet<String>) {
    let failures = rig.run(&["failures"]).await.out;
    for (flow, count) in counts.as_object().expect("flows") {
        let waiting = match flow.as_str() {
            "bills" => drafts
                .iter()
                .filter(|name| name.starts_with("bill_"))
                .count(),
            "vendor-credits" => drafts
                .iter()
                .filter(|name| name.starts_with("vendor_credit_"))
                .count(),
            _ => 0,
        };
        let is = |state: &str| &count[state];
        assert_eq!(is("failed"), &json!(0), "{flow}: {failures}");
        assert_eq!(is("pending"), &json!(0), "{flow}: {failures}");
        assert_eq!(is("waiting"), &json!(waiting), "{flow}: {failures}");
    }
}

/// Bills and credits are there once, equal to the cent, in the books unless they are among `drafts`, and no others.
async fn assert_papers_equal(rig: &Rig, papers: &Papers, drafts: &BTreeSet<String>) {
    let held = bills::assert_equal(rig, drafts).await;
    let mut wanted: BTreeMap<String, (&str, Decimal, String, String)> = BTreeMap::new();
    for bill in &papers.bills {
        let number = Some(&bill.vendor_number).filter(|number| !number.is_empty());
        let number = number.unwrap_or(&bill.reference_number).clone();
        wanted.insert(
            name(bill),
            (
                "in_invoice",
                bill.total(),
                bills::day(bill.bill_date),
                number,
            ),
        );
    }
    for returned in &papers.returns {
        let went = returned.returned_on.unwrap_or(returned.return_date);
        wanted.insert(
            format!("vendor_credit_{}", returned.id),
            (
                "in_refund",
                returned.total(),
                bills::day(went),
                returned.reference_number.clone(),
            ),
        );
    }
    let counts = |shown: &BTreeMap<String, Value>| shown["state"] != "cancel";
    let there = held.moves.iter().filter(|(_, shown)| counts(shown));
    let there: BTreeSet<&String> = there.map(|(name, _)| name).collect();
    let wanted_names: BTreeSet<&String> = wanted.keys().collect();
    let differ: Vec<_> = there.symmetric_difference(&wanted_names).collect();
    assert!(differ.is_empty(), "missing, or too many: {differ:?}");
    for (name, (kind, total, dated, number)) in &wanted {
        let shown = &held.moves[name];
        let state = if drafts.contains(name) {
            "draft"
        } else {
            "posted"
        };
        assert_eq!(shown["state"], json!(state), "{name}: {shown:?}");
        assert_eq!(shown["move_type"], json!(kind), "{name}");
        assert_eq!(
            amount(&shown["amount_total"]),
            format!("{total:.2}"),
            "{name}: {shown:?}"
        );
        assert_eq!(amount(&shown["amount_tax"]), "0.00", "{name}");
        assert_eq!(
            (&shown["invoice_date"], &shown["date"]),
            (&json!(dated), &json!(dated)),
            "{name}"
        );
        assert_eq!(shown["ref"], json!(number), "{name}");
    }
    for bill in &papers.bills {
        // The tax of the whole bill stands in a line of its own.
        let tax = held.lines.get(&format!("{}_tax", line_of(bill)));
        let tax = tax.map_or("0.00".to_owned(), |line| amount(&line["price_subtotal"]));
        assert_eq!(tax, format!("{:.2}", bill.tax), "{}", name(bill));
    }
}

/// What the names of a bill's lines begin with.
fn line_of(bill: &Bill) -> String {
    match bill.kind {
        BillKind::Procurement => format!("bill_line_{}", bill.id),
        BillKind::ApBill => format!("ap_bill_line_{}", bill.id),
    }
}

/// Of every line of an order as much was billed, less what was credited, as in ServiceTitan.
async fn assert_billed(rig: &Rig, papers: &Papers) {
    let tenant = rig.tenant();
    let receipts = tenant.receipts().into_iter();
    let lines = receipts.flat_map(|receipt| {
        let order = receipt.order_id;
        let lines = receipt.lines.into_iter();
        lines.map(move |line| {
            (
                line.id,
                format!("purchase_order_line_{order}_{}", line.order_line),
            )
        })
    });
    let ordered: BTreeMap<_, String> = lines.collect();
    let mut wanted: BTreeMap<&str, Decimal> = BTreeMap::new();
    let billed = papers.bills.iter().flat_map(|bill| &bill.lines);
    let billed = billed.map(|line| (line.receipt_line, line.goods.quantity));
    let back = papers.returns.iter().flat_map(|returned| &returned.lines);
    let back = back.map(|line| (line.receipt_line, -line.goods.quantity));
    for (line, quantity) in billed.chain(back) {
        if let Some(line) = line {
            *wanted.entry(&ordered[&line]).or_default() += quantity;
        }
    }
    let held = rig.odoo.records(ORDER_LINE, &["qty_invoiced"]).await;
    for order in tenant.purchase_orders() {
        for line in order.active_lines() {
            let name = format!("purchase_order_line_{}_{}", order.id, line.id);
            // What was called off before it came is not there.
            let Some(shown) = held.get(&name) else {
                continue;
            };
            let wanted = wanted.get(name.as_str()).copied().unwrap_or_default();
            let quantity = shown["qty_invoiced"]
                .as_f64()
                .map(|billed| format!("{billed:.2}"));
            assert_eq!(quantity, Some(format!("{wanted:.2}")), "{name}");
        }
    }
}

/// Everything is equal in Odoo; bills and credits that differ from their orders are `drafts`.
async fn assert_equal(rig: &Rig, known: &BTreeSet<String>, drafts: &BTreeSet<String>) {
    let papers = Papers::of(&rig.tenant());
    orders::assert_equal(rig, known).await;
    receipts::assert_equal(rig, &[]).await;
    receipts::assert_moved_once(rig, &[]).await;
    assert_papers_equal(rig, &papers, drafts).await;
    assert_billed(rig, &papers).await;
    assert_single(rig).await;
}

/// The times of the last writes of everything in Odoo that the flows write.
async fn writes(rig: &Rig) -> Value {
    let mut writes = Vec::new();
    for model in [
        ORDER,
        ORDER_LINE,
        MOVE,
        LINE,
        "res.partner",
        "product.product",
        "account.analytic.account",
        "stock.picking",
        "stock.move",
    ] {
        let all = json!({"domain": [], "fields": ["write_date"], "order": "id",
            "context": {"active_test": false}});
        writes.push(rig.odoo.call(model, "search_read", all).await);
    }
    json!(writes)
}

/// A second pass finds nothing to do.
async fn assert_still(rig: &Rig) {
    let before = writes(rig).await;
    let again = rig.sync_all().await;
    for (flow, count) in again.as_object().expect("flows") {
        let done = (&count["created"], &count["updated"]);
        assert_eq!(done, (&json!(0), &json!(0)), "{flow}: {again:#}");
    }
    assert_eq!(writes(rig).await, before, "something was written again");
}

/// The story has all that it should be about.
fn assert_full_size(tenant: &Tenant) {
    let papers = Papers::of(tenant);
    let orders = tenant.purchase_orders();
    let of_orders = papers.bills.iter().filter(|bill| bill.order_id.is_some());
    assert!(tenant.vendors().len() >= 60 && orders.len() >= 300);
    assert!(of_orders.count() >= 250, "{}", papers.bills.len());
    let some = |what: &str, count: usize| assert!(count > 2, "{what}: {count}");
    let count =
        |holds: &dyn Fn(&Bill) -> bool| papers.bills.iter().filter(|bill| holds(bill)).count();
    some("returns", papers.returns.len());
    some("orders of two units", people::two_units(tenant).len());
    some(
        "bills without a number",
        count(&|bill| bill.vendor_number.is_empty()),
    );
    some("bills with duties", count(&|bill| bill.other.is_some()));
    some(
        "bills without an order",
        count(&|bill| bill.order_id.is_none()),
    );
    some("deleted bills", tenant.bills().len() - papers.bills.len());
    let several = orders
        .iter()
        .filter(|order| tenant.bills_of(order.id).len() > 1);
    some("orders billed in parts", several.count());
    let status = |status| orders.iter().filter(|order| order.status == status).count();
    some("canceled", status(OrderStatus::Canceled));
    some("partly received", status(OrderStatus::PartiallyReceived));
    let lines = || orders.iter().flat_map(PurchaseOrder::active_lines);
    some(
        "discounts",
        lines().filter(|line| line.cost.is_sign_negative()).count(),
    );
    let fine = lines().filter(|line| line.cost.normalize().scale() == 4);
    some("costs of four decimals", fine.count());
    some(
        "taxed",
        orders.iter().filter(|order| !order.tax.is_zero()).count(),
    );
    some(
        "shipped",
        orders
            .iter()
            .filter(|order| !order.shipping.is_zero())
            .count(),
    );
}

async fn a_company_is_equal_to_the_cent(odoo: OdooSide) {
    let mut watch = Watch(Instant::now());
    let rig = company(odoo, |options| {
        options.customers(60).vendors_and_items(60, 240).orders(300)
    })
    .await;
    let tenant = rig.tenant();
    people::begin(&tenant);
    turn_all_on(&rig).await;
    watch.lap("the rig");

    let counts = rig.sync_all().await;
    watch.lap("the first sync");
    let matches = Papers::of(&tenant).matches(&tenant);
    let drafts = differing(&matches);
    assert_settled(&rig, &counts, &drafts).await;
    let known: BTreeSet<String> = rig.odoo.ids_of(ORDER).await.into_keys().collect();
    assert_equal(&rig, &known, &drafts).await;
    assert_eq!(matching::kept(&rig, matches.keys()).await, matches);
    watch.lap("all is equal");

    let deleted = people::go_on_with_bills(&tenant);
    people::go_on_with_orders(&tenant);
    people::send_goods_back(&tenant);
    assert_full_size(&tenant);
    let counts = rig.sync_all().await;
    watch.lap("the second sync");
    let matches = Papers::of(&tenant).matches(&tenant);
    let drafts = differing(&matches);
    assert_settled(&rig, &counts, &drafts).await;
    let known: BTreeSet<String> = known
        .into_iter()
        .chain(rig.odoo.ids_of(ORDER).await.into_keys())
        .collect();
    assert_equal(&rig, &known, &drafts).await;
    assert_eq!(matching::kept(&rig, matches.keys()).await, matches);
    watch.lap("all is equal");

    rig.run_to(0, &["replay", "--approve", "--cause", "match-differs"])
        .await;
    let counts = rig.sync_all().await;
    watch.lap("what was approved is posted");
    assert_settled(&rig, &counts, &BTreeSet::new()).await;
    assert_equal(&rig, &known, &BTreeSet::new()).await;
    assert_eq!(matching::kept(&rig, matches.keys()).await, matches);
    assert_still(&rig).await;
    watch.lap("all is equal, and stays as it is");
    for model in [ORDER, MOVE] {
        let ours = rig.odoo.ids_of(model).await.len();
        assert_eq!(
            rig.odoo.of_model_made_by_connector(model).await,
            ours,
            "{model}"
        );
    }

    let years = audit::years(&tenant);
    audit::reconcile_says_zero(&rig, &years).await;
    watch.lap("reconcile says zero");
    audit::tampering_is_named(&rig, &deleted, &years).await;
    watch.lap("tampering is named");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_is_equal_to_the_cent_in_the_simulator() {
    a_company_is_equal_to_the_cent(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_is_equal_to_the_cent_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("purchasing") {
        a_company_is_equal_to_the_cent(odoo).await;
    }
}
