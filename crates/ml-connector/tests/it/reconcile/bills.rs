//! Bills and credits: all of them equal once a person has approved what waited, and each thing that people do to a bill
//! in Odoo is named; the same without the store.

use std::collections::BTreeMap;

use jiff::civil::Date;
use sandbox::servicetitan::{Bill, BillLine, Decimal, Return, ReturnStatus, SyncStatus, Tenant};
use serde_json::{Value, json};

use super::{Year, causes, day, expected, id, on, reconciled_in, set};
use crate::bills::rig;
use crate::odoo_side::OdooSide;
use crate::rig::Rig;

const MOVE: &str = "account.move";
const LINE: &str = "account.move.line";
const BOTH: [&str; 2] = ["bills", "vendor-credits"];

/// What should be in Odoo: the bills of orders, those without one are AP bills; and the returns whose goods went.
struct Papers {
    bills: Vec<Bill>,
    returns: Vec<Return>,
}

impl Papers {
    fn of(tenant: &Tenant) -> Self {
        let is_ours = |bill: &Bill| bill.active && bill.order_id.is_some();
        let went = [ReturnStatus::Returned, ReturnStatus::CreditReceived];
        let is_due = |returned: &Return| returned.active && went.contains(&returned.status);
        Self {
            bills: tenant.bills().into_iter().filter(is_ours).collect(),
            returns: tenant.returns().into_iter().filter(is_due).collect(),
        }
    }

    fn days(&self) -> impl Iterator<Item = Date> {
        let bills = self.bills.iter().map(|bill| day(bill.bill_date));
        let went = |returned: &Return| day(returned.returned_on.unwrap_or(returned.return_date));
        bills.chain(self.returns.iter().map(went))
    }

    /// All of their days, the last year first.
    fn years(&self) -> Vec<Year> {
        let first = self.days().min().expect("a bill");
        let last = self.days().max().expect("a bill");
        Year::all(first, last)
    }

    fn count_in(&self, year: Year) -> usize {
        let (first, last) = (year.first, year.last);
        self.days()
            .filter(|day| (first..=last).contains(day))
            .count()
    }
}

fn name(bill: &Bill) -> String {
    format!("bill_{}", bill.id)
}

/// A line that can be billed twice at half its price.
fn halved(bill: &Bill) -> Option<&BillLine> {
    bill.lines.iter().find(|line| {
        let cents = line.goods.cost * Decimal::from(100);
        let is_even = (cents % Decimal::from(2)).is_zero();
        is_even && cents > Decimal::ZERO && line.goods.quantity > Decimal::ZERO
    })
}

fn number(value: Decimal) -> f64 {
    value.to_string().parse().expect("a number")
}

/// Somebody at work on bills in Odoo.
struct Clerk<'r> {
    rig: &'r Rig,
    moves: BTreeMap<String, i64>,
    lines: BTreeMap<String, i64>,
    partners: BTreeMap<String, i64>,
}

impl<'r> Clerk<'r> {
    async fn of(rig: &'r Rig) -> Self {
        Self {
            rig,
            moves: rig.odoo.ids_of(MOVE).await,
            lines: rig.odoo.ids_of(LINE).await,
            partners: rig.odoo.ids().await,
        }
    }

    fn held(&self, bill: &Bill) -> i64 {
        self.moves[&name(bill)]
    }

    fn vendor(&self, bill: &Bill) -> i64 {
        self.partners[&format!("vendor_{}", bill.vendor_id)]
    }

    fn line(&self, bill: &Bill) -> i64 {
        let line = halved(bill).expect("chosen for it");
        self.lines[&format!("bill_line_{}_{}", bill.id, line.id)]
    }

    async fn put_back(&self, bill: &Bill) {
        on(self.rig, MOVE, "button_draft", self.held(bill)).await;
    }

    /// Takes a bill out of the books, changes it, and puts it in again.
    async fn edit(&self, bill: &Bill, values: Value) {
        self.put_back(bill).await;
        set(self.rig, MOVE, self.held(bill), values).await;
        on(self.rig, MOVE, "action_post", self.held(bill)).await;
    }

    async fn edit_line(&self, bill: &Bill, values: Value) {
        let lines = json!({"invoice_line_ids": [[1, self.line(bill), values]]});
        self.edit(bill, lines).await;
    }

    /// Twice as many at half the price.
    async fn halve(&self, bill: &Bill) {
        let (goods, two) = (
            &halved(bill).expect("chosen for it").goods,
            Decimal::from(2),
        );
        let values = json!({
            "quantity": number(goods.quantity * two), "price_unit": number(goods.cost / two),
        });
        self.edit_line(bill, values).await;
    }

    async fn delete(&self, bill: &Bill) {
        self.put_back(bill).await;
        let delete = json!({"ids": [self.held(bill)], "context": {"force_delete": true}});
        self.rig.odoo.call(MOVE, "unlink", delete).await;
    }

    async fn move_to(&self, bill: &Bill, day: Date) {
        // Its number tells the month in which it was.
        self.edit(
            bill,
            json!({"name": false, "invoice_date": day, "date": day}),
        )
        .await;
    }

    async fn cancel(&self, bill: &Bill) {
        self.put_back(bill).await;
        on(self.rig, MOVE, "button_cancel", self.held(bill)).await;
    }

    async fn give_to_another(&self, bill: &Bill) {
        let is_other =
            |(name, id): &(&String, &i64)| name.starts_with("vendor_") && **id != self.vendor(bill);
        let another = self.partners.iter().find(is_other).expect("another vendor");
        self.edit(bill, json!({"partner_id": another.1})).await;
    }

    /// Enters another bill of the vendor, with the number of this one and for its account. Its id.
    async fn enter_again(&self, bill: &Bill) -> i64 {
        let read = async |model: &str, id: i64, field: &str| {
            let shown = json!({"ids": [id], "fields": [field]});
            self.rig.odoo.call(model, "read", shown).await[0][field].clone()
        };
        let reference = read(MOVE, self.held(bill), "ref").await;
        let account = read(LINE, self.line(bill), "account_id").await;
        let dated = day(bill.bill_date);
        let line = json!({"name": "by hand", "quantity": 1, "price_unit": 12.5, "tax_ids": [],
            "account_id": account[0]});
        let by_hand = json!({"vals_list": [{"move_type": "in_invoice", "partner_id": self.vendor(bill),
            "ref": reference, "invoice_date": dated, "date": dated, "invoice_line_ids": [[0, 0, line]]}]});
        let by_hand = id(&self.rig.odoo.call(MOVE, "create", by_hand).await);
        on(self.rig, MOVE, "action_post", by_hand).await;
        by_hand
    }
}

/// Does eight things to bills in Odoo, and one in ServiceTitan. What should be said of each.
async fn people_work_on_bills(
    rig: &Rig,
    bills: &[Bill; 8],
    gone: &Bill,
    before: Date,
) -> BTreeMap<String, Vec<String>> {
    let clerk = Clerk::of(rig).await;
    let [
        changed,
        enlarged,
        deleted,
        twice,
        moved,
        cancelled,
        draft,
        other_s,
    ] = bills;
    clerk.halve(changed).await;
    clerk
        .edit_line(enlarged, json!({"price_unit": 9_999.5}))
        .await;
    clerk.delete(deleted).await;
    let by_hand = clerk.enter_again(twice).await;
    clerk.move_to(moved, before).await;
    clerk.cancel(cancelled).await;
    clerk.put_back(draft).await;
    clerk.give_to_another(other_s).await;
    rig.tenant()
        .delete_bill(gone.id)
        .expect("it may be deleted");
    expected([
        (name(changed), &["changed-after-sync"]),
        (name(enlarged), &["amount"]),
        (name(deleted), &["missing-in-odoo"]),
        (by_hand.to_string(), &["extra-in-odoo", "duplicate-number"]),
        (name(moved), &["date-in-another-period"]),
        (name(cancelled), &["cancelled-in-odoo"]),
        (name(draft), &["draft"]),
        (name(other_s), &["other-vendor"]),
        (name(gone), &["canceled-in-servicetitan"]),
    ])
}

/// Eight things that people do to bills of the year in Odoo, and one in ServiceTitan. What should be said of each.
pub(crate) async fn people_tamper(rig: &Rig, year: Year) -> BTreeMap<String, Vec<String>> {
    let (bills, gone) = chosen(Papers::of(&rig.tenant()), year);
    people_work_on_bills(rig, &bills, &gone, year.eve()).await
}

/// Eight bills of the year for people to work on, and one that ServiceTitan lets go.
fn chosen(papers: Papers, year: Year) -> ([Bill; 8], Bill) {
    let mut bills = papers.bills;
    bills.retain(|bill| year.contains(bill.bill_date));
    // What was exported cannot be deleted in ServiceTitan.
    let open = |bill: &Bill| bill.sync_status == SyncStatus::Pending;
    let gone = bills.remove(bills.iter().position(open).expect("an open bill"));
    bills.retain(|bill| halved(bill).is_some());
    bills.truncate(8);
    let count = bills.len();
    let bills = bills.try_into();
    (bills.unwrap_or_else(|_| panic!("only {count} bills")), gone)
}

/// A person approves what does not match its order; then all of it is equal.
async fn all_is_equal_once_approved(rig: &Rig, papers: &Papers, years: &[Year]) {
    rig.sync_all().await;
    let held = reconciled_in(rig, years[0], 1, &BOTH).await;
    let mut waiting = causes(&held).into_values();
    assert!(waiting.all(|causes| causes == ["draft"]), "{held:#}");
    let approve = ["replay", "--approve", "--cause", "match-differs"];
    rig.run_to(0, &approve).await;
    rig.sync_all().await;

    let mut sums: BTreeMap<[String; 2], Decimal> = BTreeMap::new();
    for year in years {
        let said = reconciled_in(rig, *year, 0, &BOTH).await;
        let certificate = format!(
            "{} documents, 0 missing, 0 extra, 0.00 difference",
            papers.count_in(*year)
        );
        assert_eq!(said["connections"][0]["certificate"], json!(certificate));
        assert_eq!(causes(&said), BTreeMap::new(), "{said:#}");
        for row in said["totals"].as_array().expect("rows") {
            for side in ["servicetitan", "odoo"] {
                let total = row[side]["total"].as_str().expect("a text");
                let kind = row["kind"].as_str().expect("a kind");
                *sums.entry([kind, side].map(str::to_owned)).or_default() +=
                    total.parse::<Decimal>().expect("exact");
            }
        }
    }
    let bills: Decimal = papers.bills.iter().map(Bill::total).sum();
    let returns: Decimal = papers.returns.iter().map(Return::total).sum();
    let wanted = [("bills", bills), ("vendor-credits", returns)];
    let wanted = wanted.into_iter().flat_map(|(kind, total)| {
        ["servicetitan", "odoo"].map(|side| ([kind, side].map(str::to_owned), total))
    });
    assert_eq!(sums, wanted.collect());
}

async fn tampering_with_bills_is_named(odoo: OdooSide, orders: usize) {
    let rig = rig(odoo, orders).await;
    let papers = Papers::of(&rig.tenant());
    let years = papers.years();
    let (year, before) = (years[0], years[1]);
    all_is_equal_once_approved(&rig, &papers, &years).await;

    let (bills, gone) = chosen(papers, year);
    let wanted = people_work_on_bills(&rig, &bills, &gone, year.eve()).await;
    let said = reconciled_in(&rig, year, 1, &BOTH).await;
    assert_eq!(causes(&said), wanted, "{said:#}");
    assert_eq!(said["equal"], json!(false));
    let moved = name(&bills[4]);
    let other = reconciled_in(&rig, before, 1, &BOTH).await;
    let in_another = expected([(moved, &["date-in-another-period"])]);
    assert_eq!(causes(&other), in_another, "{other:#}");

    // A connector that remembers nothing says the same.
    let twin = rig.twin().await;
    let again = reconciled_in(&twin, year, 1, &BOTH).await;
    assert_eq!(again["differences"], said["differences"]);
    assert_eq!(again["totals"], said["totals"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tampering_with_bills_is_named_in_the_simulator() {
    tampering_with_bills_is_named(OdooSide::simulated().await, 60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tampering_with_bills_is_named_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("reconcile_bills") {
        tampering_with_bills_is_named(odoo, 60).await;
    }
}
