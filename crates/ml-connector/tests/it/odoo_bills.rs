//! What became of bills in Odoo, told to ServiceTitan: their number and payment in custom fields, and by choice the mark
//! that they are exported.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use sandbox::fault::{Fault, Rule};
use sandbox::servicetitan::{Bill, BillEdit, BillId, Decimal, SyncStatus};
use serde_json::{Value, json};

use crate::bills::{MOVE, assert_settled, rig};
use crate::odoo_side::{OdooSide, amount};
use crate::rig::Rig;
use crate::watched::Watched;

const ORDERS: usize = 30;

/// Stories told at a time: most of them wait.
const AT_ONCE: usize = 4;

const FLOW: &str = "[flows.odoo-bills]\nevery = \"5s\"\nnumber_field = \"Odoo Number\"\n\
                    payment_field = \"Odoo Payment State\"\n";

/// Turns the flow on, with these settings besides.
async fn tell(rig: &Rig, more: &str) {
    rig.reconfigure(|text| text + FLOW + more).await;
}

/// The bills that stand in Odoo, by their ids in ServiceTitan.
async fn in_odoo(rig: &Rig) -> BTreeMap<BillId, (i64, Value)> {
    let fields = [
        "name",
        "state",
        "payment_state",
        "amount_total",
        "amount_residual",
    ];
    let shown = rig.odoo.records(MOVE, &fields).await;
    let ids = rig.odoo.ids_of(MOVE).await;
    let bills = rig.tenant().bills().into_iter().filter_map(|bill| {
        let name = format!("bill_{}", bill.id);
        let row = json!(shown.get(&name)?);
        Some((bill.id, (ids[&name], row)))
    });
    bills.collect()
}

fn field<'b>(bill: &'b Bill, name: &str) -> &'b str {
    let named = |field: &&sandbox::servicetitan::CustomField| field.name.as_deref() == Some(name);
    let field = bill.custom_fields.iter().find(named);
    field
        .and_then(|field| field.value.as_deref())
        .unwrap_or_default()
}

/// What ServiceTitan should show of a payment state.
fn words(row: &Value) -> &'static str {
    match (row["state"].as_str(), row["payment_state"].as_str()) {
        (Some("posted"), Some("not_paid")) => "Not Paid",
        (Some("posted"), Some("partial")) => "Partially Paid",
        (Some("posted"), Some("in_payment")) => "In Payment",
        (Some("posted"), Some("paid")) => "Paid",
        (Some("posted"), other) => panic!("{other:?}"),
        _ => "",
    }
}

/// ServiceTitan shows of each bill what Odoo does.
async fn assert_told(rig: &Rig) {
    let shown = in_odoo(rig).await;
    assert!(shown.len() > 10, "a story of bills");
    for (id, (_, row)) in shown {
        let bill = rig.tenant().bill(id).expect("it is there");
        if !bill.active {
            continue;
        }
        let number = row["name"].as_str().filter(|name| *name != "/");
        assert_eq!(
            field(&bill, "Odoo Number"),
            number.unwrap_or_default(),
            "{id}"
        );
        assert_eq!(field(&bill, "Odoo Payment State"), words(&row), "{id}");
    }
}

/// Calls that wrote to ServiceTitan since they were last counted.
fn writes(rig: &Rig) -> u64 {
    let calls = rig.titan.calls();
    rig.titan.reset_calls();
    let writing = |path: &&String| path.starts_with("PATCH") || path.contains("markasexported");
    let paths = calls.by_path.keys().filter(writing);
    paths.map(|path| calls.by_path[path]).sum()
}

/// Both directions run until nothing moves, and stay so.
async fn assert_at_rest(rig: &Rig) {
    rig.sync_all().await;
    writes(rig);
    for _ in 0..3 {
        let counts = rig.sync_all().await;
        for (flow, counts) in counts.as_object().expect("flows") {
            let moved = (&counts["created"], &counts["updated"], &counts["failed"]);
            assert_eq!(moved, (&json!(0), &json!(0), &json!(0)), "{flow}: {counts}");
        }
    }
    assert_eq!(writes(rig), 0);
}

/// Somebody pays a bill in Odoo.
async fn pay(rig: &Rig, bill: i64, paid: Decimal) {
    if let OdooSide::Simulated(odoo) = &*rig.odoo {
        odoo.pay_bill(sandbox::odoo::Id(bill), paid);
        return;
    }
    let paid: f64 = paid.to_string().parse().expect("a number");
    let context = json!({"active_model": MOVE, "active_ids": [bill]});
    let register = "account.payment.register";
    let vals = json!({"vals_list": [{"amount": paid}], "context": context});
    let wizard = rig.odoo.call(register, "create", vals).await;
    let pressed = json!({"ids": wizard, "context": context});
    rig.odoo
        .call(register, "action_create_payments", pressed)
        .await;
}

async fn numbers_and_payments_are_shown(odoo: OdooSide) {
    let rig = rig(odoo, ORDERS).await;
    let before = statuses(&rig);
    tell(&rig, "").await;
    // In one pass the bills are carried, and told of.
    let counts = rig.sync_all().await;
    assert_settled(&rig, &counts).await;
    assert_eq!(counts["odoo-bills"]["failed"], json!(0), "{counts:#}");
    assert_told(&rig).await;
    assert_at_rest(&rig).await;

    let bills = in_odoo(&rig).await;
    let mut posted = bills.values().filter(|(_, row)| row["state"] == "posted");
    let ((whole, row), (part, of)) = (
        posted.next().expect("a bill"),
        posted.next().expect("one more"),
    );
    let total = |row: &Value| {
        amount(&row["amount_total"])
            .parse::<Decimal>()
            .expect("money")
    };
    pay(&rig, *whole, total(row)).await;
    pay(&rig, *part, total(of) - Decimal::ONE).await;
    rig.sync_all().await;
    assert_eq!(writes(&rig), 2, "only what changed is told");
    assert_told(&rig).await;
    let shown: Vec<String> = rig
        .tenant()
        .bills()
        .iter()
        .map(|bill| field(bill, "Odoo Payment State").to_owned())
        .collect();
    let shows = |state: &str| shown.iter().any(|shown| shown == state);
    assert!(
        shows("Partially Paid") && (shows("Paid") || shows("In Payment")),
        "{shown:?}"
    );
    assert_at_rest(&rig).await;
    assert_eq!(statuses(&rig), before, "nobody asked for marks");
}

fn statuses(rig: &Rig) -> Vec<(BillId, SyncStatus)> {
    let bills = rig.tenant().bills().into_iter();
    bills.map(|bill| (bill.id, bill.sync_status)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_and_payments_are_shown_simulated() {
    numbers_and_payments_are_shown(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_and_payments_are_shown_real() {
    if let Some(odoo) = OdooSide::real("numbers_and_payments_are_shown") {
        numbers_and_payments_are_shown(odoo).await;
    }
}

/// Bills of orders that may still change.
fn pending(rig: &Rig) -> Vec<Bill> {
    let bills = rig.tenant().bills().into_iter();
    bills
        .filter(|bill| {
            bill.order_id.is_some() && bill.active && bill.sync_status == SyncStatus::Pending
        })
        .collect()
}

fn status(rig: &Rig, bill: BillId) -> SyncStatus {
    rig.tenant().bill(bill).expect("it is there").sync_status
}

async fn a_bill_is_marked_when_both_sides_hold_it(odoo: OdooSide) {
    let rig = rig(odoo, ORDERS).await;
    tell(&rig, "mark_exported = true\n").await;
    rig.sync_all().await;
    assert_told(&rig).await;
    // Whatever was posted in ServiceTitan is exported now, if Odoo holds it posted.
    let held = in_odoo(&rig).await;
    for bill in rig.tenant().bills() {
        let is_posted = held
            .get(&bill.id)
            .is_some_and(|(_, row)| row["state"] == "posted");
        if bill.sync_status == SyncStatus::Posted {
            assert!(!is_posted || !bill.active, "{} should be exported", bill.id);
        }
    }
    let open: Vec<Bill> = pending(&rig)
        .into_iter()
        .filter(|bill| held[&bill.id].1["state"] == "posted")
        .collect();
    let [plain, tampered, edited, ..] = &open[..] else {
        panic!("three bills that are not posted there")
    };
    // One is posted in ServiceTitan; of one somebody changed the amount in Odoo; one changes with its posting.
    let lines = json!({"domain": [["move_id", "=", held[&tampered.id].0], ["display_type", "=", "product"]], "fields": ["price_unit"], "limit": 1});
    let line = rig
        .odoo
        .call("account.move.line", "search_read", lines)
        .await[0]
        .clone();
    let ids = json!({"ids": [held[&tampered.id].0]});
    rig.odoo.call(MOVE, "button_draft", ids.clone()).await;
    let price = line["price_unit"].as_f64().expect("a price") + 100.0;
    let vals = json!({"ids": [line["id"]], "vals": {"price_unit": price}});
    rig.odoo.call("account.move.line", "write", vals).await;
    rig.odoo.call(MOVE, "action_post", ids).await;
    let tax = BillEdit {
        tax: Some(edited.tax + Decimal::ONE),
        ..BillEdit::default()
    };
    rig.tenant()
        .edit_bill(edited.id, tax)
        .expect("it may change");
    for bill in [plain, tampered, edited] {
        rig.tenant().post_bill(bill.id).expect("it may be posted");
    }
    rig.sync_all().await;
    assert_eq!(status(&rig, plain.id), SyncStatus::Exported);
    assert_eq!(status(&rig, tampered.id), SyncStatus::Posted);
    assert_eq!(status(&rig, edited.id), SyncStatus::Exported);
    assert_told(&rig).await;
    let warned = rig.run(&["failures", "--warnings"]).await.out;
    assert!(
        warned.contains("it is not marked as exported in ServiceTitan"),
        "{warned}"
    );
    assert_at_rest(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_is_marked_when_both_sides_hold_it_simulated() {
    a_bill_is_marked_when_both_sides_hold_it(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_is_marked_when_both_sides_hold_it_real() {
    if let Some(odoo) = OdooSide::real("a_bill_is_marked") {
        a_bill_is_marked_when_both_sides_hold_it(odoo).await;
    }
}

/// What ServiceTitan shows at the end: whether a bill has a number, its payment, and whether it is exported. Odoo numbers
/// bills in the order in which they come, which two workers change.
type End = BTreeMap<BillId, (bool, String, SyncStatus)>;

/// A company whose bills are in Odoo, some of them posted on both sides, before ServiceTitan is told anything.
async fn untold() -> Rig {
    let rig = rig(OdooSide::simulated().await, ORDERS).await;
    rig.sync_all().await;
    for bill in pending(&rig).iter().take(5) {
        rig.tenant().post_bill(bill.id).expect("it may be posted");
    }
    tell(&rig, "mark_exported = true\n").await;
    rig
}

async fn end(rig: &Rig) -> End {
    rig.sync_all().await;
    assert_told(rig).await;
    assert_at_rest(rig).await;
    let bills = rig.tenant().bills().into_iter();
    let shown = |bill: Bill| {
        let number = field(&bill, "Odoo Number");
        let payment = field(&bill, "Odoo Payment State").to_owned();
        (bill.id, (!number.is_empty(), payment, bill.sync_status))
    };
    bills.map(shown).collect()
}

async fn undisturbed() -> Arc<End> {
    let end = end(&untold().await).await;
    let exported =
        |(told, _, status): &&(bool, String, SyncStatus)| *told && *status == SyncStatus::Exported;
    assert!(end.values().filter(exported).count() >= 5, "{end:?}");
    Arc::new(end)
}

async fn struck(path: &str, fault: Fault, expected: Arc<End>) {
    let rig = untold().await;
    let case = format!("{path}: {fault:?}");
    let rule = Rule::new(fault).path_contains(path).times(3);
    let rule = rig.titan.faults().add(rule);
    assert_eq!(end(&rig).await, *expected, "{case}");
    assert!(
        rig.titan.faults().fired(rule) > 0,
        "{case}: nothing was struck"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_a_call_servicetitan_shows_the_same() {
    let expected = undisturbed().await;
    let paths = [
        "/custom-fields",
        "/markasexported",
        "/inventory-bills/paginated",
    ];
    let faults = || [Fault::Reset, Fault::LoseReply, Fault::ServerError];
    let cells = paths
        .into_iter()
        .flat_map(|path| faults().map(|fault| (path, fault)));
    let told = stream::iter(cells)
        .map(|(path, fault)| tokio::spawn(struck(path, fault, Arc::clone(&expected))))
        .buffered(AT_ONCE);
    told.for_each(async |story| story.expect("the story ends well"))
        .await;
}

/// Kills the pass that tells when it reaches a step for the `n`th time.
async fn killed(step: &str, n: usize, expected: Arc<End>) {
    let rig = untold().await;
    let mut watched = Watched::start(&rig, &["sync"]);
    assert!(
        watched.reach(step, n).await,
        "{step} is not reached {n} times"
    );
    watched.kill().await;
    assert_eq!(end(&rig).await, *expected, "killed at {step} {n}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_servicetitan_shows_the_same() {
    let expected = undisturbed().await;
    let steps = [
        ("apply: telling", 1),
        ("apply: told", 3),
        ("apply: marking", 1),
        ("apply: marked", 1),
        ("record: committing", 1),
    ];
    let told = stream::iter(steps)
        .map(|(step, n)| tokio::spawn(killed(step, n, Arc::clone(&expected))))
        .buffered(AT_ONCE);
    told.for_each(async |story| story.expect("the story ends well"))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shown_late_is_waited_for() {
    let rig = rig(OdooSide::simulated().await, ORDERS).await;
    rig.sync_all().await;
    tell(&rig, "").await;
    rig.titan.switch(|switches| switches.read_lag_ms = 1_500);
    rig.sync_all().await;
    assert_told(&rig).await;
    rig.titan.switch(|switches| switches.read_lag_ms = 0);
    assert_at_rest(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_that_is_not_there_is_named_and_goes_on_once_it_is() {
    let rig = rig(OdooSide::simulated().await, ORDERS).await;
    let wrong = "[flows.odoo-bills]\nnumber_field = \"Odoo Numbr\"\n";
    rig.reconfigure(|text| text + wrong).await;
    let check = rig.json(&["check", "--json"]).await;
    let check = check.as_array().expect("findings").iter();
    let mut fields = check.filter(|one| one["check"] == "servicetitan custom fields of bills");
    let field = fields.next().expect("the fields are looked at");
    assert_eq!(field["status"], "warning");
    assert!(field["saw"].to_string().contains("Odoo Numbr"), "{field}");
    rig.run_to(1, &["sync"]).await;
    let failures = rig.run(&["failures"]).await.out;
    assert!(failures.contains("custom-field-refused"), "{failures}");
    assert!(failures.contains("Odoo Numbr"), "{failures}");
    rig.reconfigure(|text| text.replace(wrong, FLOW)).await;
    rig.sync_all().await;
    assert_told(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_that_is_deleted_in_odoo_is_told_of() {
    let rig = rig(OdooSide::simulated().await, ORDERS).await;
    tell(&rig, "").await;
    rig.sync_all().await;
    let held = in_odoo(&rig).await;
    let (deleted, (id, _)) = held
        .iter()
        .find(|(_, (_, row))| row["state"] == "posted")
        .expect("a bill");
    rig.odoo
        .call(MOVE, "button_draft", json!({"ids": [id]}))
        .await;
    rig.odoo.call(MOVE, "unlink", json!({"ids": [id]})).await;
    // Deletions are found when all bills are looked at, which a service does now and then.
    let database = rusqlite::Connection::open(rig.path("connector.db")).expect("a database");
    let swept = "DELETE FROM cursors WHERE name = 'odoo-bills/settled/read'";
    assert_eq!(database.execute(swept, []).expect("it may be forgotten"), 1);
    rig.sync_all().await;
    let bill = rig.tenant().bill(*deleted).expect("it is there");
    assert_eq!(field(&bill, "Odoo Number"), "");
}
