//! Bills that somebody entered in Odoo before the connector could: linked once a person says so, compared, never written.

use sandbox::servicetitan::{Bill, BillEdit, Decimal, NewReceipt, OrderStatus};
use serde_json::{Value, json};

use crate::bills::{MOVE, causes, rig};
use crate::odoo_side::{OdooSide, amount};
use crate::rig::Rig;

/// What a person looks at on a bill, and what tells whether anybody wrote it.
const SHOWN: [&str; 7] = [
    "state",
    "amount_total",
    "amount_tax",
    "ref",
    "date",
    "write_date",
    "invoice_line_ids",
];

fn number(value: Decimal) -> f64 {
    value.to_string().parse().expect("a number")
}

/// Somebody who enters bills in Odoo.
struct Clerk<'r> {
    rig: &'r Rig,
    account: i64,
}

impl<'r> Clerk<'r> {
    async fn of(rig: &'r Rig) -> Self {
        let of_costs = json!({
            "domain": [["account_type", "=", "expense"]], "fields": ["id"], "limit": 1, "order": "id",
        });
        let found = rig.odoo.call("account.account", "search_read", of_costs);
        let account = found.await[0]["id"].as_i64().expect("an account of costs");
        Self { rig, account }
    }

    /// Enters and posts a bill of the same vendor and day that comes to `total`: goods, and the tax in a line of its own.
    async fn enters(&self, bill: &Bill, reference: &str, total: Decimal) -> i64 {
        let day = &bill.bill_date.to_string()[..10];
        let partner = self.rig.odoo.ids().await[&format!("vendor_{}", bill.vendor_id)];
        let line = |name: &str, price: Decimal| {
            json!([0, 0, {"name": name, "quantity": 1, "price_unit": number(price), "tax_ids": [],
                "account_id": self.account}])
        };
        let mut lines = vec![line("Goods", total - bill.tax)];
        if !bill.tax.is_zero() {
            lines.push(line("Sales tax", bill.tax));
        }
        let entered = json!({"vals_list": [{
            "move_type": "in_invoice", "partner_id": partner, "ref": reference, "invoice_date": day, "date": day,
            "invoice_line_ids": lines,
        }]});
        let made = self.rig.odoo.call(MOVE, "create", entered).await;
        let id = made.as_array().map_or(&made, |ids| &ids[0]);
        let id = id.as_i64().expect("an id");
        self.on(id, "action_post").await;
        id
    }

    async fn on(&self, bill: i64, method: &str) {
        let of = json!({"ids": [bill]});
        self.rig.odoo.call(MOVE, method, of).await;
    }

    /// Takes it out of the books, gives its first line another price, and puts it in again.
    async fn reprices(&self, bill: i64, goods: Decimal) {
        let shown = self.shown(bill).await;
        let line = shown["invoice_line_ids"][0].as_i64().expect("a line");
        self.on(bill, "button_draft").await;
        let lines = json!([[1, line, {"price_unit": number(goods)}]]);
        let write = json!({"ids": [bill], "vals": {"invoice_line_ids": lines}});
        self.rig.odoo.call(MOVE, "write", write).await;
        self.on(bill, "action_post").await;
    }

    async fn shown(&self, bill: i64) -> Value {
        let read = json!({"ids": [bill], "fields": SHOWN});
        self.rig.odoo.call(MOVE, "read", read).await[0].clone()
    }
}

fn name(bill: &Bill) -> String {
    format!("bill_{}", bill.id)
}

/// Goods of an order come, with a bill of this number.
fn arrives(rig: &Rig, reference: &str) -> Bill {
    let tenant = rig.tenant();
    let orders = tenant.purchase_orders();
    let mut open = orders
        .iter()
        .filter(|order| order.status == OrderStatus::Sent);
    let order = open.next().expect("an order that waits for its goods");
    let made = tenant.receive(order.id, NewReceipt::rest(reference));
    let bill = made.expect("the goods came").bill_id;
    tenant.bill(bill).expect("it is there")
}

async fn link(rig: &Rig, bill: &Bill, how: &str) {
    let id = bill.id.to_string();
    rig.run_to(0, &["replay", "--flow", "bills", &id, how])
        .await;
    rig.sync_all().await;
}

/// What stands of a bill in `failures`.
async fn told(rig: &Rig, bill: &Bill) -> (String, String) {
    let failures = rig.json(&["failures", "--json"]).await;
    let id = json!(bill.id.to_string());
    let groups = failures.as_array().expect("groups").iter();
    let of_bill = groups.flat_map(|group| {
        let records = group["records"].as_array().expect("records").iter();
        let of_bill = records.filter(|record| record["id"] == id);
        of_bill.map(|record| (group["cause"].clone(), record["what"].clone()))
    });
    let of_bill: Vec<_> = of_bill.collect();
    let [(cause, what)] = &of_bill[..] else {
        panic!("{failures:#}")
    };
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    (text(cause), text(what))
}

/// What `reconcile` says of the year around a bill's day that concerns these records, and its notes.
async fn reconciled(rig: &Rig, bill: &Bill, ids: &[i64]) -> (Vec<String>, String) {
    let day = &bill.bill_date.to_string()[..10];
    let period = format!("{day}..{day}");
    let arguments = [
        "reconcile",
        "--period",
        &period,
        "--kind",
        "bills",
        "--json",
    ];
    let ran = rig.run(&arguments).await;
    let said: Value = serde_json::from_str(&ran.out).expect("JSON");
    let differences = said["differences"].as_array().expect("differences").iter();
    let concerned = differences.filter(|one| {
        let mut records = one["records"].as_array().expect("records").iter();
        records.any(|record| record["id"].as_i64().is_some_and(|id| ids.contains(&id)))
    });
    let causes = concerned.map(|one| one["cause"].as_str().expect("a cause").to_owned());
    (
        causes.collect(),
        said["connections"][0]["notes"].to_string(),
    )
}

async fn the_same_paper_is_linked_and_left_as_it_is(rig: &Rig, clerk: &Clerk<'_>) {
    let before = causes(rig).await;
    let bill = arrives(rig, "BY-HAND-1");
    let entered = clerk.enters(&bill, "BY-HAND-1", bill.total()).await;
    rig.sync_all().await;
    assert_eq!(causes(rig).await[&name(&bill)], "duplicate-bill");
    what_is_at_stake_is_told(rig, &bill).await;
    let shown = clerk.shown(entered).await;
    link(rig, &bill, "--link").await;
    assert_eq!(causes(rig).await, before);
    assert_eq!(clerk.shown(entered).await, shown, "nothing was written");
    assert!(!rig.odoo.ids_of(MOVE).await.contains_key(&name(&bill)));
    let again = rig.sync_all().await;
    let done = (&again["bills"]["created"], &again["bills"]["updated"]);
    assert_eq!(done, (&json!(0), &json!(0)), "{again:#}");

    // It is the counterpart, whether anything is remembered or not.
    let (said, notes) = reconciled(rig, &bill, &[bill.id.0, entered]).await;
    assert_eq!(said, Vec::<String>::new());
    assert!(notes.contains("entered in Odoo by hand"), "{notes}");
    let forgetful = rig.twin().await;
    assert_eq!(
        reconciled(&forgetful, &bill, &[bill.id.0, entered]).await,
        (said, notes)
    );

    // Another record's bill is never taken.
    let other = arrives(rig, "BY-HAND-1B");
    clerk.enters(&other, "BY-HAND-1B", other.total()).await;
    rig.sync_all().await;
    for taken in [
        entered,
        *rig.odoo.ids_of(MOVE).await.values().next().expect("ours"),
    ] {
        link(rig, &other, &format!("--link={taken}")).await;
        let (cause, what) = told(rig, &other).await;
        assert_eq!(cause, "no-bill-to-link", "{what}");
        assert!(what.contains("already"), "{what}");
    }
    link(rig, &other, "--link").await;
    assert_eq!(causes(rig).await, before);
    what_changes_later_waits(rig, clerk, &bill, entered).await;
}

/// `failures` says what ServiceTitan's documents come to that wait: the only duplicate, and whatever does not match.
async fn what_is_at_stake_is_told(rig: &Rig, bill: &Bill) {
    let failures = rig.json(&["failures", "--json"]).await;
    let groups = failures.as_array().expect("groups").iter();
    let mut of_bills = groups.filter(|group| group["flow"] == "bills").peekable();
    assert!(of_bills.peek().is_some());
    for group in of_bills {
        let records = group["records"].as_array().expect("records");
        let mut sum = Decimal::ZERO;
        for record in records {
            let id = record["id"].as_str().expect("an id");
            let bills = rig.tenant().bills().into_iter();
            let mut of_id = bills.filter(|bill| bill.id.to_string() == id);
            let total = of_id.next().expect("it is there").total();
            assert_eq!(record["amount"], json!(format!("{total:.2}")));
            sum += total;
        }
        assert_eq!(group["amount"], json!(format!("{sum:.2}")), "{group:#}");
    }
    let table = rig.run(&["failures"]).await.out;
    let line = format!(
        "bills waiting: duplicate-bill, {:.2} at stake",
        bill.total()
    );
    assert!(table.contains(&line), "{table}");
}

/// ServiceTitan's change of a linked bill is shown, and goes nowhere before the two are equal again.
async fn what_changes_later_waits(rig: &Rig, clerk: &Clerk<'_>, bill: &Bill, entered: i64) {
    let before = causes(rig).await;
    let shown = clerk.shown(entered).await;
    let dearer = BillEdit {
        other: Some(Decimal::new(125, 2)),
        ..BillEdit::default()
    };
    rig.tenant()
        .edit_bill(bill.id, dearer)
        .expect("it may change");
    let bill = rig.tenant().bill(bill.id).expect("it is there");
    rig.sync_all().await;
    let (cause, what) = told(rig, &bill).await;
    assert_eq!(cause, "linked-bill-differs");
    let both = format!(
        "the total is {:.2}, in Odoo {}",
        bill.total(),
        amount(&shown["amount_total"])
    );
    assert!(what.contains(&both), "{what}");
    assert_eq!(clerk.shown(entered).await, shown, "nothing was written");
    clerk.reprices(entered, bill.total() - bill.tax).await;
    let id = bill.id.to_string();
    rig.run_to(0, &["replay", "--flow", "bills", &id]).await;
    rig.sync_all().await;
    assert_eq!(causes(rig).await, before);

    rig.tenant()
        .delete_bill(bill.id)
        .expect("it may be deleted");
    rig.sync_all().await;
    assert_eq!(told(rig, &bill).await.0, "linked-bill-withdrawn");
    assert_eq!(clerk.shown(entered).await["state"], json!("posted"));
    rig.run_to(0, &["replay", "--dismiss", "--flow", "bills", &id])
        .await;
    rig.sync_all().await;
    assert_eq!(causes(rig).await, before);
}

async fn another_amount_is_not_the_same_paper(rig: &Rig, clerk: &Clerk<'_>) {
    let before = causes(rig).await;
    let bill = arrives(rig, "BY-HAND-2");
    let wrong = bill.total() + Decimal::new(1, 2);
    let entered = clerk.enters(&bill, "BY-HAND-2", wrong).await;
    rig.sync_all().await;
    let shown = clerk.shown(entered).await;
    link(rig, &bill, "--link").await;
    let (cause, what) = told(rig, &bill).await;
    assert_eq!(cause, "linked-bill-differs");
    let both = format!("the total is {:.2}, in Odoo {wrong:.2}", bill.total());
    assert!(what.contains(&both), "{what}");
    assert_eq!(clerk.shown(entered).await, shown, "nothing was written");
    clerk.reprices(entered, bill.total() - bill.tax).await;
    link(rig, &bill, "--link").await;
    assert_eq!(causes(rig).await, before);
}

async fn of_several_a_person_names_the_one(rig: &Rig, clerk: &Clerk<'_>) {
    let before = causes(rig).await;
    let bill = arrives(rig, "BY-HAND-3");
    let one = clerk.enters(&bill, "BY-HAND-3", bill.total()).await;
    let other = clerk.enters(&bill, "BY-HAND-3", bill.total()).await;
    rig.sync_all().await;
    link(rig, &bill, "--link").await;
    let (cause, what) = told(rig, &bill).await;
    assert_eq!(cause, "no-bill-to-link");
    for id in [one, other] {
        assert!(what.contains(&format!("account.move {id}")), "{what}");
    }
    link(rig, &bill, &format!("--link={other}")).await;
    assert_eq!(causes(rig).await, before);
    let id = bill.id.to_string();
    let trail = rig.run(&["audit", "show", "bills", &id]).await.out;
    assert!(trail.contains(&format!("account.move {other}")), "{trail}");
}

async fn bills_entered_by_hand_are_linked(odoo: OdooSide) {
    let rig = rig(odoo, 30).await;
    rig.sync_all().await;
    let clerk = Clerk::of(&rig).await;
    the_same_paper_is_linked_and_left_as_it_is(&rig, &clerk).await;
    another_amount_is_not_the_same_paper(&rig, &clerk).await;
    of_several_a_person_names_the_one(&rig, &clerk).await;

    let without = rig
        .run(&["replay", "--link", "--flow", "bills", "--all"])
        .await;
    assert_eq!(without.code, Some(2), "{}", without.err);
    let many = rig
        .run(&["replay", "--link=7", "--flow", "bills", "1", "2"])
        .await;
    assert_eq!(many.code, Some(2), "{}", many.err);
    let wrong = rig
        .run(&["replay", "--link=BILL", "--flow", "bills", "1"])
        .await;
    assert_eq!(wrong.code, Some(2), "{}", wrong.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bills_entered_by_hand_are_linked_in_the_simulator() {
    bills_entered_by_hand_are_linked(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bills_entered_by_hand_are_linked_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("links") {
        bills_entered_by_hand_are_linked(odoo).await;
    }
}
