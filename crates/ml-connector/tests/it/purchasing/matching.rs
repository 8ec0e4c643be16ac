//! The three-way match, told once more from ServiceTitan's side alone, and what the connector keeps of it.

use std::collections::BTreeMap;

use sandbox::servicetitan::{
    Bill, Decimal, Goods, PurchaseOrderId, ReceiptLine, ReceiptLineId, Return, Tenant,
};
use sync::link::{MATCH, Name};

use crate::rig::Rig;

/// Bills and credits by name, and what comparing each with its order and receipts should have found.
pub(crate) type Matches = BTreeMap<String, String>;

pub(crate) const OK: &str = "match: ok";

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}

/// What of this should be found.
pub(crate) fn wanted(tenant: &Tenant, bills: &[Bill], returns: &[Return]) -> Matches {
    let of_bill = |bill: &Bill| {
        let lines = bill
            .lines
            .iter()
            .map(|line| (line.receipt_line, &line.goods));
        let found = compared(tenant, bill.order_id?, lines, false);
        Some((format!("bill_{}", bill.id), found))
    };
    let of_return = |returned: &Return| {
        let lines = returned
            .lines
            .iter()
            .map(|line| (line.receipt_line, &line.goods));
        let found = compared(tenant, returned.order_id?, lines, true);
        Some((format!("vendor_credit_{}", returned.id), found))
    };
    let credits = returns.iter().filter_map(of_return);
    bills.iter().filter_map(of_bill).chain(credits).collect()
}

/// Lines against what was ordered and received; of goods that go back, less is as good.
fn compared<'a>(
    tenant: &Tenant,
    order: PurchaseOrderId,
    lines: impl Iterator<Item = (Option<ReceiptLineId>, &'a Goods)>,
    goes_back: bool,
) -> String {
    let receipts = tenant.receipts_of(order).into_iter();
    let received = receipts.filter(|receipt| receipt.active);
    let received: Vec<ReceiptLine> = received.flat_map(|receipt| receipt.lines).collect();
    let order = tenant.purchase_order(order).expect("its order");
    let mut told = Vec::new();
    for (n, (receipt_line, goods)) in (1..).zip(lines) {
        let Some(came) = received.iter().find(|came| Some(came.id) == receipt_line) else {
            told.extend((!goes_back).then(|| format!("line {n} billed before received")));
            continue;
        };
        let mut ordered = order.active_lines();
        let Some(ordered) = ordered.find(|line| line.id == came.order_line) else {
            told.push(format!("line {n} was never ordered"));
            continue;
        };
        let dearer = goods.total() - cents(goods.quantity * ordered.cost);
        if !dearer.is_zero() {
            told.push(format!("price {dearer:+.2} on line {n}"));
        }
        // What costs nothing may be any number.
        let more = goods.quantity - came.goods.quantity;
        if !cents(more * ordered.cost).is_zero() && (!goes_back || more > Decimal::ZERO) {
            told.push(format!("quantity {:+} on line {n}", more.normalize()));
        }
        let of_line = received.iter().filter(|came| came.order_line == ordered.id);
        let over = of_line.map(|came| came.goods.quantity).sum::<Decimal>() - ordered.quantity;
        if over > Decimal::ZERO && !cents(over * ordered.cost).is_zero() && !goes_back {
            let over = over.normalize();
            told.push(format!("{over} more received than ordered on line {n}"));
        }
    }
    if told.is_empty() {
        return OK.to_owned();
    }
    format!("match: {}", told.join("; "))
}

/// What the connector keeps with each of these.
pub(crate) async fn kept(rig: &Rig, names: impl IntoIterator<Item = &String>) -> Matches {
    let names: Vec<Name> = names.into_iter().cloned().map(Name).collect();
    let store = rig.store().await;
    let acme = store.connection("acme").await.expect("read").expect("acme");
    let links = store.links(acme.id, &names).await.expect("read");
    store.close().await.expect("it closes");
    let found = |(name, link): (Name, sync::link::Link)| {
        let found = link.base.get(MATCH).unwrap_or("nothing").to_owned();
        (name.0, found)
    };
    links.into_iter().map(found).collect()
}
