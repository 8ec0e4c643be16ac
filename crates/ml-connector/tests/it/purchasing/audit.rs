//! `reconcile` over all years of a company: nothing, and then each thing that people do in Odoo by hand.

use std::collections::BTreeMap;

use jiff::civil::Date;
use sandbox::servicetitan::{Bill, Decimal, OrderStatus, PurchaseOrder, Return, Tenant};
use serde_json::json;

use super::{Papers, name};
use crate::bills::MOVE;
use crate::reconcile::{self, Year, causes, day, on, reconciled_in};
use crate::rig::Rig;

/// Consecutive years until today that hold everything, the last one first.
pub(super) fn years(tenant: &Tenant) -> Vec<Year> {
    let orders = tenant.purchase_orders();
    let bills = tenant.bills();
    let days = orders.iter().map(|order| day(order.date));
    let days = days.chain(bills.iter().map(|bill| day(bill.bill_date)));
    let first: Date = days.min().expect("an order");
    Year::all(first, day(ml_connector::clock::now()))
}

/// `reconcile` finds nothing in any year, and both sides come to what the tenant holds.
pub(super) async fn reconcile_says_zero(rig: &Rig, years: &[Year]) {
    let tenant = rig.tenant();
    let papers = Papers::of(&tenant);
    let mut sums: BTreeMap<(String, &str), Decimal> = BTreeMap::new();
    let mut documents = 0;
    for year in years {
        let said = reconciled_in(rig, *year, 0, &[]).await;
        assert_eq!(said["equal"], json!(true), "{said:#}");
        assert_eq!(causes(&said), BTreeMap::new(), "{said:#}");
        let count = said["documents"].as_u64().expect("a count");
        let certificate = format!("{count} documents, 0 missing, 0 extra, 0.00 difference");
        assert_eq!(said["connections"][0]["certificate"], json!(certificate));
        documents += count;
        for row in said["totals"].as_array().expect("rows") {
            for side in ["servicetitan", "odoo"] {
                let total = row[side]["total"].as_str().expect("a text");
                let kind = row["kind"].as_str().expect("a kind").to_owned();
                *sums.entry((kind, side)).or_default() += total.parse::<Decimal>().expect("exact");
            }
        }
    }
    let orders = tenant.purchase_orders().into_iter();
    let orders: Vec<_> = orders
        .filter(|order| order.status != OrderStatus::Canceled)
        .collect();
    let received = orders.iter().flat_map(PurchaseOrder::active_lines);
    let wanted = [
        (
            "purchase-orders",
            orders.iter().map(PurchaseOrder::total).sum::<Decimal>(),
        ),
        ("receipts", received.map(|line| line.received).sum()),
        ("bills", papers.bills.iter().map(Bill::total).sum()),
        (
            "vendor-credits",
            papers.returns.iter().map(Return::total).sum(),
        ),
    ];
    for (kind, total) in wanted {
        for side in ["servicetitan", "odoo"] {
            assert_eq!(
                sums.get(&(kind.to_owned(), side)),
                Some(&total),
                "{kind} in {side}"
            );
        }
    }
    let papers = papers.bills.len() + papers.returns.len() + orders.len();
    assert!(documents >= papers as u64, "{documents} of {papers}");
}

/// People do eight things to bills in Odoo, and put one into the books that ServiceTitan has deleted; each is named.
pub(super) async fn tampering_is_named(rig: &Rig, deleted: &[Bill], years: &[Year]) {
    // The year with the most bills that were deleted has bills enough.
    let in_year = |year: &Year| {
        deleted
            .iter()
            .filter(|bill| year.contains(bill.bill_date))
            .count()
    };
    let year = *years
        .iter()
        .max_by_key(|year| in_year(year))
        .expect("a year");
    let reposted = deleted.iter().find(|bill| year.contains(bill.bill_date));
    let reposted = reposted.expect("a bill that was deleted");
    let ids = rig.odoo.ids_of(MOVE).await;
    let id = ids[&name(reposted)];
    on(rig, MOVE, "button_draft", id).await;
    on(rig, MOVE, "action_post", id).await;

    let mut wanted = reconcile::bills::people_tamper(rig, year).await;
    wanted.insert(name(reposted), vec!["canceled-in-servicetitan".to_owned()]);
    let said = reconciled_in(rig, year, 1, &[]).await;
    assert_eq!(causes(&said), wanted, "{said:#}");
    assert_eq!(said["equal"], json!(false));
    // Without the store the same is said.
    let twin = rig.twin().await;
    let again = reconciled_in(&twin, year, 1, &["bills"]).await;
    assert_eq!(causes(&again), wanted);
}
