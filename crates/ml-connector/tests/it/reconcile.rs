//! Reconciliation: equal after a sync, and each thing that people do in Odoo is named; the same without the store.

pub(crate) mod bills;
mod sales;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use sandbox::servicetitan::{Decimal, Options, OrderStatus, PurchaseOrder, Tenant};
use serde_json::{Value, json};

use crate::odoo_side::OdooSide;
use crate::rig::Rig;

const ORDER: &str = "purchase.order";
const LINE: &str = "purchase.order.line";

pub(crate) fn day(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

/// The year in which most of the sandbox's orders are dated.
#[derive(Clone, Copy)]
pub(crate) struct Year {
    pub(crate) first: Date,
    pub(crate) last: Date,
}

impl Year {
    fn of(tenant: &Tenant) -> Self {
        let days = tenant.purchase_orders().into_iter();
        let mut days: Vec<Date> = days.map(|order| day(order.date)).collect();
        days.sort();
        // Some stay outside.
        Self::until(days[days.len() - 3])
    }

    pub(crate) fn until(last: Date) -> Self {
        Self {
            first: last - jiff::Span::new().days(364),
            last,
        }
    }

    /// Consecutive years that hold all of these days, the last one first.
    pub(crate) fn all(first: Date, mut last: Date) -> Vec<Self> {
        let mut years = Vec::new();
        while first <= last {
            let year = Self::until(last);
            last = year.eve();
            years.push(year);
        }
        years
    }

    /// The day before it.
    pub(crate) fn eve(self) -> Date {
        self.first - jiff::Span::new().days(1)
    }

    fn period(self) -> String {
        format!("{}..{}", self.first, self.last)
    }

    pub(crate) fn contains(self, moment: Timestamp) -> bool {
        (self.first..=self.last).contains(&day(moment))
    }
}

async fn rig(odoo: OdooSide, orders: usize) -> Rig {
    let now = Arc::new(ml_connector::clock::now);
    let options = Options::new(now)
        .customers(5)
        .vendors_and_items(15, 60)
        .orders(orders);
    let rig = Rig::with(odoo, options).await;
    rig.turn_on(&["purchase-orders"]).await;
    rig
}

/// The orders that should be compared: all of the year that were not canceled.
fn orders_of_the_year(tenant: &Tenant) -> Vec<PurchaseOrder> {
    let orders = tenant.purchase_orders().into_iter();
    let year = Year::of(tenant);
    orders
        .filter(|order| year.contains(order.date) && order.status != OrderStatus::Canceled)
        .collect()
}

/// What the command says of the year.
async fn reconciled(rig: &Rig, code: i32, kinds: &[&str]) -> Value {
    reconciled_in(rig, Year::of(&rig.tenant()), code, kinds).await
}

/// What the command says in JSON, without the time.
pub(crate) async fn reconciled_in(rig: &Rig, year: Year, code: i32, kinds: &[&str]) -> Value {
    let period = year.period();
    let mut arguments = vec!["reconcile", "--period", &period, "--json"];
    for kind in kinds {
        arguments.extend(["--kind", kind]);
    }
    let ran = rig.run_to(code, &arguments).await;
    let mut said: Value = serde_json::from_str(&ran.out).expect("JSON");
    let read_at = said.as_object_mut().expect("an object").remove("read_at");
    assert!(read_at.is_some_and(|at| at.is_string()));
    said
}

/// The causes of each document that differs, by its name; those without a name by Odoo's id.
pub(crate) fn causes(said: &Value) -> BTreeMap<String, Vec<String>> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let differences = said["differences"].as_array().expect("differences");
    let causes = differences.iter().map(|one| {
        let causes = one["causes"].as_array().expect("causes");
        assert_eq!(causes[0]["cause"], one["cause"], "{one:#}");
        let record = &one["records"][0];
        let name = match &record["name"] {
            Value::Null => record["id"].to_string(),
            name => text(name),
        };
        (name, causes.iter().map(|one| text(&one["cause"])).collect())
    });
    causes.collect()
}

pub(crate) fn expected<const N: usize>(
    causes: [(String, &[&str]); N],
) -> BTreeMap<String, Vec<String>> {
    let owned = |(name, causes): (String, &[&str])| {
        (
            name,
            causes.iter().map(|cause| (*cause).to_owned()).collect(),
        )
    };
    causes.map(owned).into()
}

/// The first record of an answer that is a list of ids, or one.
fn id(answer: &Value) -> i64 {
    let id = answer.as_array().map_or(answer, |ids| &ids[0]);
    id.as_i64().expect("an id")
}

pub(crate) async fn on(rig: &Rig, model: &str, method: &str, id: i64) {
    rig.odoo.call(model, method, json!({"ids": [id]})).await;
}

async fn set(rig: &Rig, model: &str, id: i64, values: Value) {
    let write = json!({"ids": [id], "vals": values});
    rig.odoo.call(model, "write", write).await;
}

/// A line of an order that can be ordered twice at half its price.
fn halved(order: &PurchaseOrder) -> Option<(String, Decimal, Decimal)> {
    let two = Decimal::from(2);
    let mut lines = order.active_lines();
    let line = lines.find(|line| {
        let cents = line.cost * Decimal::from(100);
        cents.is_sign_positive() && !cents.is_zero() && (cents % two).is_zero()
    })?;
    let name = format!("purchase_order_line_{}_{}", order.id, line.id);
    Some((name, line.quantity * two, line.cost / two))
}

/// Does eight things to orders in Odoo. What should be said of each; whose date was moved, and to which day.
async fn people_work_on_orders(
    rig: &Rig,
    year: Year,
    of_the_year: &[PurchaseOrder],
) -> (BTreeMap<String, Vec<String>>, (String, Date)) {
    let ids = rig.odoo.ids_of(ORDER).await;
    let lines = rig.odoo.ids_of(LINE).await;
    let binding = |order: &&PurchaseOrder| order.status != OrderStatus::Pending;
    let mut orders: Vec<&PurchaseOrder> = of_the_year.iter().filter(binding).collect();
    let at = orders
        .iter()
        .position(|order| halved(order).is_some())
        .expect("a line that can be halved");
    let changed = orders.remove(at);
    let [enlarged, deleted, moved, cancelled, draft, other_s, ..] = orders[..] else {
        panic!("seven orders of the year")
    };
    let name = |order: &PurchaseOrder| format!("purchase_order_{}", order.id);
    let held = |order: &PurchaseOrder| ids[&name(order)];

    let line = enlarged.active_lines().next().expect("a line");
    let line = lines[&format!("purchase_order_line_{}_{}", enlarged.id, line.id)];
    set(rig, LINE, line, json!({"price_unit": 9_999.5})).await;

    on(rig, ORDER, "button_cancel", held(deleted)).await;
    on(rig, ORDER, "unlink", held(deleted)).await;

    let vendors = rig.odoo.ids().await;
    let vendor = |order: &PurchaseOrder| vendors[&format!("vendor_{}", order.vendor_id)];
    let dated = format!("{} 10:00:00", day(moved.date));
    let product = rig.odoo.ids_of("product.product").await;
    let product = *product.values().next().expect("a product");
    let by_hand = json!({"partner_id": vendor(moved), "date_order": dated, "order_line": [[0, 0,
        {"product_id": product, "name": "by hand", "product_qty": 2, "price_unit": 7.5, "tax_ids": []}]]});
    let by_hand = json!({"vals_list": [by_hand]});
    let by_hand = id(&rig.odoo.call(ORDER, "create", by_hand).await);

    let before = year.first - jiff::Span::new().days(40);
    let early = format!("{before} 10:00:00");
    set(rig, ORDER, held(moved), json!({"date_order": early})).await;

    on(rig, ORDER, "button_cancel", held(cancelled)).await;

    on(rig, ORDER, "button_cancel", held(draft)).await;
    on(rig, ORDER, "button_draft", held(draft)).await;

    let another = vendors
        .iter()
        .find(|(name, id)| name.starts_with("vendor_") && **id != vendor(other_s));
    let another = *another.expect("another vendor").1;
    set(rig, ORDER, held(other_s), json!({"partner_id": another})).await;

    let (line, quantity, price) = halved(changed).expect("looked for above");
    let number = |value: Decimal| value.to_string().parse::<f64>().expect("a number");
    let twice = json!({"product_qty": number(quantity), "price_unit": number(price)});
    set(rig, LINE, lines[&line], twice).await;

    let wanted = expected([
        (name(enlarged), &["amount"]),
        (name(deleted), &["missing-in-odoo"]),
        (by_hand.to_string(), &["extra-in-odoo"]),
        (name(moved), &["date-in-another-period"]),
        (name(cancelled), &["cancelled-in-odoo"]),
        (name(draft), &["draft"]),
        (name(other_s), &["other-vendor"]),
        (name(changed), &["changed-after-sync"]),
    ]);
    (wanted, (name(moved), before))
}

async fn eight_kinds_of_tampering_with_orders(odoo: OdooSide, count: usize) {
    let rig = rig(odoo, count).await;
    rig.sync_all().await;
    let tenant = rig.tenant();
    let (year, of_the_year) = (Year::of(&tenant), orders_of_the_year(&tenant));
    let total: Decimal = of_the_year.iter().map(PurchaseOrder::total).sum();
    let kinds = ["purchase-orders"];

    let said = reconciled(&rig, 0, &[]).await;
    assert_eq!(causes(&said), BTreeMap::new(), "{said:#}");
    assert_eq!(
        (&said["equal"], &said["documents"], &said["period"]),
        (
            &json!(true),
            &json!(of_the_year.len()),
            &json!(year.period())
        )
    );
    let acme = &said["connections"][0];
    assert_eq!(
        acme["certificate"],
        json!(format!(
            "{} documents, 0 missing, 0 extra, 0.00 difference",
            of_the_year.len()
        ))
    );
    assert_eq!(acme["kinds"], json!(kinds));
    let rows = said["totals"].as_array().expect("rows");
    let sum = |side: &str| -> Decimal {
        let total = |row: &Value| row[side]["total"].as_str().expect("a text").to_owned();
        rows.iter()
            .map(|row| total(row).parse::<Decimal>().expect("exact"))
            .sum()
    };
    assert_eq!((sum("servicetitan"), sum("odoo")), (total, total));

    let (wanted, before) = people_work_on_orders(&rig, year, &of_the_year).await;
    let said = reconciled(&rig, 1, &[]).await;
    assert_eq!(causes(&said), wanted, "{said:#}");
    assert_eq!(said["equal"], json!(false));

    // A connector that remembers nothing says the same, and so does the other month.
    let twin = rig.twin().await;
    let again = reconciled(&twin, 1, &kinds).await;
    assert_eq!(again["differences"], said["differences"]);
    assert_eq!(again["totals"], said["totals"]);
    let (moved, before) = before;
    let other = format!("{before}..{before}");
    let arguments = ["reconcile", "--period", &other, "--json"];
    let other: Value = serde_json::from_str(&rig.run(&arguments).await.out).expect("JSON");
    assert_eq!(
        causes(&other).get(&moved),
        Some(&vec!["date-in-another-period".to_owned()]),
        "{other:#}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_kinds_of_tampering_with_orders_are_named_in_the_simulator() {
    eight_kinds_of_tampering_with_orders(OdooSide::simulated().await, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_kinds_of_tampering_with_orders_are_named_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("reconcile") else {
        return;
    };
    eight_kinds_of_tampering_with_orders(odoo, 60).await;
}

/// What ServiceTitan does after the sync shows too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_carried_yet_is_told_and_so_is_what_was_received() {
    let rig = rig(OdooSide::simulated().await, 60).await;
    rig.sync_all().await;
    let tenant = rig.tenant();
    let of_the_year = orders_of_the_year(&tenant);
    let find = |status: OrderStatus| {
        let found = of_the_year.iter().find(|order| order.status == status);
        found.unwrap_or_else(|| panic!("{status:?}")).id
    };
    let (withdrawn, sent) = (find(OrderStatus::Sent), find(OrderStatus::Pending));
    tenant.cancel_order(withdrawn).expect("it is sent");
    tenant.send_order(sent).expect("it is pending");
    let said = reconciled(&rig, 1, &[]).await;
    let wanted = expected([
        (
            format!("purchase_order_{withdrawn}"),
            &["canceled-in-servicetitan"],
        ),
        (format!("purchase_order_{sent}"), &["draft"]),
    ]);
    assert_eq!(causes(&said), wanted, "{said:#}");
    rig.sync_all().await;
    reconciled(&rig, 0, &[]).await;

    // Nobody receives anything in Odoo.
    let said = reconciled(&rig, 1, &["receipts"]).await;
    let came: Vec<String> = orders_of_the_year(&tenant)
        .iter()
        .filter(|order| !tenant.receipts_of(order.id).is_empty())
        .map(|order| format!("purchase_order_{}", order.id))
        .collect();
    let told = causes(&said);
    assert!(!told.is_empty());
    for (name, causes) in &told {
        assert_eq!(causes, &["not-yet-received"], "{said:#}");
        assert!(came.contains(name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_written_in_every_form_and_over_nothing() {
    let rig = rig(OdooSide::simulated().await, 20).await;
    rig.sync_all().await;
    let ids = rig.odoo.ids_of(ORDER).await;
    let order = orders_of_the_year(&rig.tenant());
    let order = order.iter().find(|order| order.status == OrderStatus::Sent);
    let order = order.expect("a sent order");
    let id = ids[&format!("purchase_order_{}", order.id)];
    on(&rig, ORDER, "button_cancel", id).await;

    let period = Year::of(&rig.tenant()).period();
    let reconcile = |more: &[&'static str]| -> Vec<String> {
        let words = ["reconcile", "--period", &period].into_iter();
        words
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect()
    };
    let run = async |code: i32, more: &[&'static str]| {
        let words = reconcile(more);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        rig.run_to(code, &words).await
    };
    let table = run(1, &[]).await.out;
    for words in [
        "Purchase orders",
        "cancelled-in-odoo",
        "what to do",
        &order.number,
    ] {
        assert!(table.contains(words), "{words}: {table}");
    }
    for file in ["r.csv", "r.xlsx", "r.json", "r.txt"] {
        run(1, &["--output", file]).await;
        let before = std::fs::read(rig.path(file)).expect("a file");
        let refused = run(2, &["--output", file]).await;
        assert!(refused.err.contains("--force"), "{}", refused.err);
        assert_eq!(std::fs::read(rig.path(file)).expect("a file"), before);
        run(1, &["--output", file, "--force"]).await;
    }
    let read = |file: &str| std::fs::read(rig.path(file)).expect("a file");
    assert!(read("r.xlsx").starts_with(b"PK"));
    assert!(read("r.csv").starts_with(b"row,period,connection"));
    assert!(serde_json::from_slice::<Value>(&read("r.json")).is_ok());
    assert!(String::from_utf8_lossy(&read("r.txt")).contains("1 document differ"));

    for mistake in [
        &["--format", "xlsx"][..],
        &["--output", "none/r.csv"],
        &["--output", "."],
        &["--kind", "letters"],
        &["--connection", "nobody"],
        &["--format", "csv", "--json"],
    ] {
        run(2, mistake).await;
    }
    for period in [
        "October",
        "2026-10-31..2026-10-01",
        "2020-01-01..2026-01-01",
    ] {
        rig.run_to(2, &["reconcile", "--period", period]).await;
    }
    // An outage and refused credentials are neither equal nor different.
    rig.tenant().revoke_credentials();
    let refused = run(3, &["--json"]).await;
    let said: Value = serde_json::from_str(&refused.out).expect("JSON");
    assert_eq!(
        (&said["equal"], &said["left_out"]),
        (&json!(false), &json!(["acme"]))
    );
}
