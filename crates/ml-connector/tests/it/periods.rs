//! Closed periods, where the connection books what belongs to one on the first open day: the paper keeps its date, a person
//! is told both, and what stands in the books is not moved again.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use sandbox::servicetitan::{Bill, BillEdit, Decimal, SyncStatus};
use serde_json::{Value, json};

use crate::bills::{MOVE, causes, rig, set_lock};
use crate::odoo_side::{OdooSide, Partners, amount};
use crate::rig::Rig;

const SHOWN: [&str; 5] = ["state", "invoice_date", "date", "amount_total", "name"];

fn name(bill: &Bill) -> String {
    format!("bill_{}", bill.id)
}

fn day(bill: &Bill) -> Date {
    bill.bill_date.to_string()[..10].parse().expect("a day")
}

/// The bills of orders that can be in Odoo, by their dates.
fn bills(rig: &Rig) -> Vec<Bill> {
    let bills = rig.tenant().bills().into_iter();
    let mut bills: Vec<Bill> = bills
        .filter(|bill| bill.active && bill.order_id.is_some() && !bill.lines.is_empty())
        .collect();
    bills.sort_by_key(|bill| (bill.bill_date, bill.id));
    bills
}

async fn held(rig: &Rig) -> Partners {
    rig.odoo.records(MOVE, &SHOWN).await
}

/// Every bill is in the books: on its own day, or on the first one that is open.
fn assert_booked(held: &Partners, bills: &[Bill], until: Date) {
    for bill in bills {
        let shown = &held[&name(bill)];
        let booked = if day(bill) <= until {
            until + 1.day()
        } else {
            day(bill)
        };
        assert_eq!(shown["state"], json!("posted"), "{shown:?}");
        assert_eq!(shown["invoice_date"], json!(day(bill)), "{shown:?}");
        assert_eq!(shown["date"], json!(booked), "{shown:?}");
    }
}

async fn warnings(rig: &Rig) -> BTreeMap<String, String> {
    let warnings = rig.json(&["failures", "--warnings", "--json"]).await;
    let of_bills = warnings.as_array().expect("a list").iter();
    let of_bills = of_bills.filter(|one| one["flow"] == "bills");
    let one = |one: &Value| {
        let id = one["id"].as_str().expect("an id");
        (format!("bill_{id}"), one["warnings"].to_string())
    };
    of_bills.map(one).collect()
}

async fn taxed_more(rig: &Rig, bill: &Bill) -> String {
    let tax = rig.tenant().bill(bill.id).expect("it is there").tax;
    let edit = BillEdit {
        tax: Some(tax + Decimal::ONE),
        ..BillEdit::default()
    };
    rig.tenant()
        .edit_bill(bill.id, edit)
        .expect("it may change");
    rig.sync_all().await;
    let total = rig.tenant().bill(bill.id).expect("it is there").total();
    format!("{total:.2}")
}

/// What `reconcile` says of the days up to the lock, or of those after it: code, causes, certificate.
async fn reconciled(rig: &Rig, first: Date, last: Date) -> (Option<i32>, Vec<String>, Value) {
    let period = format!("{first}..{last}");
    let ran = rig
        .run(&[
            "reconcile",
            "--period",
            &period,
            "--kind",
            "bills",
            "--json",
        ])
        .await;
    let said: Value = serde_json::from_str(&ran.out).expect("JSON");
    let differences = said["differences"].as_array().expect("differences").iter();
    let causes = differences.map(|one| one["cause"].as_str().expect("a cause").to_owned());
    let certificate = said["connections"][0]["certificate"].clone();
    (ran.code, causes.collect(), certificate)
}

async fn what_belongs_to_a_closed_period_goes_to_the_next_open_day(odoo: OdooSide) {
    let rig = rig(odoo, 30).await;
    rig.reconfigure(|text| {
        text.replace(
            "[flows.bills]\n",
            "[flows.bills]\nclosed_period = \"next-open\"\n",
        )
    })
    .await;
    let all = bills(&rig);
    let last = day(&all[all.len() - 1]);
    let until = day(&all[all.len() / 2]);
    set_lock(&rig, &json!(until)).await;
    rig.sync_all().await;
    // What was held as a draft is in no books; once it is approved, it goes where the others went.
    let approve = ["replay", "--approve", "--cause", "match-differs"];
    rig.run_to(0, &approve).await;
    rig.sync_all().await;
    assert_eq!(causes(&rig).await, BTreeMap::new());
    let before = held(&rig).await;
    assert_booked(&before, &all, until);
    rig.sync_all().await;
    assert_eq!(held(&rig).await, before);
    let told = warnings(&rig).await;
    for bill in &all {
        let both = format!("{} lies in a period", day(bill));
        let told = told.get(&name(bill)).map_or("", String::as_str);
        assert_eq!(told.contains(&both), day(bill) <= until, "{told}");
        let booked = format!("booked on {}", until + 1.day());
        assert_eq!(told.contains(&booked), day(bill) <= until, "{told}");
    }

    // An accountant finds each of them on the statement, and nothing that is wrong.
    let later = all.iter().filter(|bill| day(bill) <= until).count();
    let first = until - 300.days();
    let recent = all
        .iter()
        .filter(|bill| (first..=until).contains(&day(bill)));
    let (code, said, certificate) = reconciled(&rig, first, until).await;
    let of_period = recent.count();
    assert_eq!(said, vec!["booked-in-next-open-period"; of_period]);
    assert_eq!(code, Some(0), "{certificate}");
    assert!(
        certificate
            .as_str()
            .is_some_and(|text| text.contains("booked later"))
    );
    let (code, said, _) = reconciled(&rig, until + 1.day(), last.max(until + 1.day())).await;
    assert_eq!((code, said.len()), (Some(0), later), "{said:?}");

    a_bill_in_the_books_stays_where_it_is(&rig, &all, until).await;
}

/// What changes afterwards is changed where it stands, as long as that is open.
async fn a_bill_in_the_books_stays_where_it_is(rig: &Rig, all: &[Bill], until: Date) {
    let is_open = |bill: &&Bill| bill.sync_status == SyncStatus::Pending && day(bill) < until;
    let bill = all.iter().find(is_open).expect("a bill of a closed day");
    let total = taxed_more(rig, bill).await;
    let shown = held(rig).await[&name(bill)].clone();
    assert_eq!(amount(&shown["amount_total"]), total);
    assert_eq!(shown["date"], json!(until + 1.day()));

    // One that is withdrawn leaves the books where it stands.
    let mut others = all.iter().filter(is_open);
    let withdrawn = others.next_back().expect("another one");
    assert_ne!(withdrawn.id, bill.id);
    let deleted = rig.tenant().delete_bill(withdrawn.id);
    deleted.expect("it may be deleted");
    rig.sync_all().await;
    assert_eq!(held(rig).await[&name(withdrawn)]["state"], json!("cancel"));
    assert_eq!(causes(rig).await, BTreeMap::new());

    // Opened again, it does not wander back.
    set_lock(rig, &json!(false)).await;
    let total = taxed_more(rig, bill).await;
    let shown = held(rig).await[&name(bill)].clone();
    assert_eq!(amount(&shown["amount_total"]), total);
    assert_eq!(shown["date"], json!(until + 1.day()));

    // Closed where it stands, it is not touched.
    set_lock(rig, &json!(until + 2.days())).await;
    taxed_more(rig, bill).await;
    assert_eq!(causes(rig).await[&name(bill)], "period-locked");
    assert_eq!(held(rig).await[&name(bill)], shown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_open_day_takes_what_belongs_to_a_closed_period_in_the_simulator() {
    what_belongs_to_a_closed_period_goes_to_the_next_open_day(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_open_day_takes_what_belongs_to_a_closed_period_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("periods") {
        what_belongs_to_a_closed_period_goes_to_the_next_open_day(odoo).await;
    }
}
