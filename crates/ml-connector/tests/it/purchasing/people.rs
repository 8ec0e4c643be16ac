//! What people do in ServiceTitan: all that befalls orders, receipts, bills and returns in the life of a company.

use std::collections::BTreeMap;

use sandbox::servicetitan::{
    Bill, BillEdit, BillLineEdit, BusinessUnitId, Decimal, GlAccountId, ItemKind, NewBill, NewLine,
    NewOrder, NewReceipt, NewReturn, OrderEdit, OrderStatus, OrderTypeId, PurchaseOrder,
    PurchaseOrderId, SkuId, SyncStatus, Tenant,
};

use super::matching::{self, OK};
use crate::orders::rewritten;

fn dec(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn orders(tenant: &Tenant, status: OrderStatus) -> impl Iterator<Item = PurchaseOrder> {
    let orders = tenant.purchase_orders().into_iter();
    orders.filter(move |order| order.status == status)
}

fn receive(tenant: &Tenant, order: &PurchaseOrder, receipt: NewReceipt) {
    tenant
        .receive(order.id, receipt)
        .expect("goods are to come");
}

/// Half of what is still to come of each line.
fn half(order: &PurchaseOrder) -> NewReceipt {
    let open = order.active_lines().filter(|line| !line.open().is_zero());
    let half = open.map(|line| (line.id, (line.open() * dec("0.5")).round_dp(2)));
    let number = format!("HALF-{}", order.number);
    NewReceipt::some(&number, half.filter(|(_, quantity)| !quantity.is_zero()))
}

/// Before the connector comes: goods come without a number of the vendor, with duties, in parts, and go again.
pub(super) fn begin(tenant: &Tenant) {
    let mut sent = orders(tenant, OrderStatus::Sent);
    for order in sent.by_ref().take(5) {
        receive(tenant, &order, NewReceipt::rest(""));
    }
    for order in sent.by_ref().take(5) {
        let charged = NewReceipt {
            tax: Some(dec("3.21")),
            shipping: Some(dec("14.50")),
            other: Some(dec("7.77")),
            ..NewReceipt::rest(&format!("DUTY-{}", order.number))
        };
        receive(tenant, &order, charged);
    }
    for order in sent.by_ref().take(4) {
        receive(tenant, &order, half(&order));
        let number = format!("REST-{}", order.number);
        receive(tenant, &order, NewReceipt::rest(&number));
    }
    for order in sent.by_ref().take(3) {
        receive(tenant, &order, half(&order));
        let receipt = &tenant.receipts_of(order.id)[0];
        tenant.cancel_receipt(receipt.id).expect("it is active");
    }
}

/// After the first sync: orders that bind are changed, called off, received; others are sent, or made.
pub(super) fn go_on_with_orders(tenant: &Tenant) {
    let mut partly = orders(tenant, OrderStatus::PartiallyReceived);
    let mut sent = orders(tenant, OrderStatus::Sent);
    let mut pending = orders(tenant, OrderStatus::Pending);
    for order in sent.by_ref().take(4) {
        tenant.cancel_order(order.id).expect("it is sent");
    }
    for order in sent.by_ref().take(8) {
        let edited = tenant.edit_order(order.id, rewritten(&order));
        edited.expect("it may be edited");
    }
    for order in sent.by_ref().take(3) {
        let edited = tenant.edit_order(order.id, rewritten(&order));
        edited.expect("it may be edited");
        let number = format!("EDITED-{}", order.number);
        receive(tenant, &order, NewReceipt::rest(&number));
    }
    for order in sent.by_ref().take(4) {
        receive(tenant, &order, half(&order));
    }
    for order in partly.by_ref().take(6) {
        let number = format!("LATE-{}", order.number);
        receive(tenant, &order, NewReceipt::rest(&number));
    }
    for order in partly.by_ref().take(6) {
        let edited = tenant.edit_order(order.id, enlarged(&order));
        edited.expect("it may be edited");
    }
    for order in pending.by_ref().take(4) {
        let edited = tenant.edit_order(order.id, rewritten(&order));
        edited.expect("it is pending");
    }
    for order in pending.by_ref().take(4) {
        tenant.send_order(order.id).expect("it is pending");
    }
    for order in pending.by_ref().take(4) {
        let number = format!("AT-ONCE-{}", order.number);
        receive(tenant, &order, NewReceipt::rest(&number));
    }
    for order in pending.by_ref().take(2) {
        tenant.cancel_order(order.id).expect("it is pending");
    }
    for n in 0..4 {
        let order = tenant.create_order(new_order(tenant)).expect("an order");
        tenant.send_order(order).expect("it is pending");
        if n % 2 == 0 {
            let order = tenant.purchase_order(order).expect("it was made");
            receive(tenant, &order, half(&order));
        }
    }
}

/// More of one line, and another line; what came stays as it was ordered.
fn enlarged(order: &PurchaseOrder) -> OrderEdit {
    let mut lines: Vec<NewLine> = order.active_lines().map(NewLine::keep).collect();
    lines[0].quantity += dec("2");
    lines.push(NewLine::new(lines[0].sku, dec("1.5"), dec("8.7654")));
    OrderEdit {
        lines: Some(lines),
        tax: Some(order.tax + dec("1.01")),
        ..OrderEdit::default()
    }
}

/// For a job of another unit, at prices of four decimals, less a discount; tax and shipping are shared out.
fn new_order(tenant: &Tenant) -> NewOrder {
    let materials = tenant.items(ItemKind::Material).into_iter();
    let skus: Vec<SkuId> = materials
        .filter(|item| item.active)
        .map(|item| item.id)
        .collect();
    let vendors = tenant.vendors();
    let vendor = vendors.iter().find(|vendor| vendor.active).expect("one");
    let job = two_units(tenant).into_values().next().expect("such a job");
    let unit = tenant.job(job).expect("it is there").business_unit_id;
    let unit = BusinessUnitId(unit.0 % 5 + 1);
    NewOrder::new(vendor.id, unit)
        .line(skus[0], dec("3"), dec("12.3456"))
        .line(skus[1], dec("2.25"), dec("0.0789"))
        .line(skus[2], dec("10"), dec("4.4444"))
        .line(skus[0], dec("1"), dec("-2.50"))
        .tax(dec("6.05"))
        .shipping(dec("19.99"))
        .order_type(OrderTypeId(2))
        .job(job)
}

/// The orders that two units bear: an order names one, and its job may be of another.
pub(super) fn two_units(
    tenant: &Tenant,
) -> BTreeMap<PurchaseOrderId, sandbox::servicetitan::JobId> {
    let orders = tenant.purchase_orders().into_iter();
    let of_another = orders.filter_map(|order| {
        let job = tenant.job(order.job_id?)?;
        (job.business_unit_id != order.business_unit_id).then_some((order.id, job.id))
    });
    of_another.collect()
}

/// Bills that may change: those of orders that came whole at one time.
fn open_bills(tenant: &Tenant) -> Vec<Bill> {
    let whole = orders(tenant, OrderStatus::Received);
    let bills = whole.filter_map(|order| {
        let mut bills = tenant.bills_of(order.id);
        bills.retain(|bill| bill.active);
        let [bill] = &bills[..] else { return None };
        let is_open = bill.sync_status != SyncStatus::Exported && costs(bill);
        is_open.then(|| bill.clone())
    });
    bills.collect()
}

/// Whether its first line costs something.
fn costs(bill: &Bill) -> bool {
    let line = &bill.lines[0].goods;
    line.cost > dec("0.05") && line.quantity > Decimal::ZERO
}

fn first_line(bill: &Bill, quantity: Option<Decimal>, cost: Option<Decimal>) -> BillEdit {
    BillEdit {
        lines: vec![BillLineEdit {
            line: bill.lines[0].id,
            quantity,
            cost,
            cost_of_sale_account: None,
        }],
        ..BillEdit::default()
    }
}

/// Bills are changed in all that they say, posted ones too, and some are deleted. Those that were.
pub(super) fn go_on_with_bills(tenant: &Tenant) -> Vec<Bill> {
    let bills = open_bills(tenant);
    let found = matching::wanted(tenant, &bills, &[]);
    let (sound, differing): (Vec<Bill>, Vec<Bill>) = bills
        .into_iter()
        .partition(|bill| found[&format!("bill_{}", bill.id)] == OK);
    let mut sound = sound.into_iter();
    let_some_differ(tenant, sound.by_ref());
    correct_what_they_say(tenant, sound.by_ref());
    let deleted: Vec<Bill> = sound.by_ref().take(5).collect();
    for bill in &deleted {
        tenant.delete_bill(bill.id).expect("it may be deleted");
    }
    let mut longer = sound.by_ref().filter(|bill| bill.lines.len() > 1);
    for bill in longer.by_ref().take(3) {
        let remove_lines = vec![bill.lines[1].id];
        edit_bill(
            tenant,
            &bill,
            BillEdit {
                remove_lines,
                ..BillEdit::default()
            },
        );
    }
    assert!(longer.next().is_some(), "there were bills for all of it");
    correct(tenant, &differing[..3]);
    type_in(tenant);
    deleted
}

fn edit_bill(tenant: &Tenant, bill: &Bill, edit: BillEdit) {
    tenant.edit_bill(bill.id, edit).expect("it may change");
}

/// Bills that matched become dearer, more, or name what nobody received.
fn let_some_differ(tenant: &Tenant, mut sound: impl Iterator<Item = Bill>) {
    for bill in sound.by_ref().take(5) {
        let goods = &bill.lines[0].goods;
        edit_bill(
            tenant,
            &bill,
            first_line(&bill, None, Some(goods.cost + dec("4.12"))),
        );
    }
    for bill in sound.by_ref().take(3) {
        let goods = &bill.lines[0].goods;
        edit_bill(
            tenant,
            &bill,
            first_line(&bill, Some(goods.quantity + dec("1")), None),
        );
    }
    for bill in sound.by_ref().take(3) {
        let freight = NewLine::new(bill.lines[0].goods.sku, dec("1"), dec("25.5"));
        let add_lines = vec![freight];
        edit_bill(
            tenant,
            &bill,
            BillEdit {
                add_lines,
                ..BillEdit::default()
            },
        );
    }
}

/// Bills are changed in what is compared with nothing.
fn correct_what_they_say(tenant: &Tenant, mut sound: impl Iterator<Item = Bill>) {
    for (n, bill) in sound.by_ref().take(4).enumerate() {
        let vendor_number = Some(format!("CORRECTED-{n}"));
        edit_bill(
            tenant,
            &bill,
            BillEdit {
                vendor_number,
                ..BillEdit::default()
            },
        );
    }
    for bill in sound.by_ref().take(4) {
        let tax = Some(bill.tax + dec("1.17"));
        let other = Some(dec("3.33"));
        edit_bill(
            tenant,
            &bill,
            BillEdit {
                tax,
                other,
                ..BillEdit::default()
            },
        );
    }
    for bill in sound.by_ref().take(3) {
        let days = |n: i64| jiff::SignedDuration::from_hours(24 * n);
        let bill_date = Some(bill.bill_date - days(35));
        let due_date = Some(bill.due_date + days(9));
        edit_bill(
            tenant,
            &bill,
            BillEdit {
                bill_date,
                due_date,
                ..BillEdit::default()
            },
        );
    }
    // A bill of another unit than its order.
    for bill in sound.by_ref().take(3) {
        let business_unit = Some(BusinessUnitId(bill.business_unit_id.0 % 5 + 1));
        edit_bill(
            tenant,
            &bill,
            BillEdit {
                business_unit,
                ..BillEdit::default()
            },
        );
    }
    let shopsupplies = tenant.gl_accounts().into_iter();
    let mut shopsupplies = shopsupplies.filter(|account| account.number.is_none());
    let account: Option<GlAccountId> = shopsupplies.next().map(|account| account.id);
    for bill in sound.by_ref().take(3) {
        let mut booked = first_line(&bill, None, None);
        booked.lines[0].cost_of_sale_account = account;
        edit_bill(tenant, &bill, booked);
    }
}

/// What was dearer than ordered is billed as it was ordered.
fn correct(tenant: &Tenant, bills: &[Bill]) {
    for bill in bills {
        let order = bill.order_id.and_then(|order| tenant.purchase_order(order));
        let order = order.expect("its order");
        let ordered = order.active_lines().next().expect("a line");
        let corrected = first_line(bill, None, Some(ordered.cost));
        tenant.edit_bill(bill.id, corrected).expect("it may change");
    }
}

/// Bills without an order: one is typed in, one is corrected, one is deleted.
fn type_in(tenant: &Tenant) {
    let bills = tenant.bills().into_iter();
    let mut typed = bills.filter(|bill| {
        bill.order_id.is_none() && bill.active && bill.sync_status == SyncStatus::Pending
    });
    let (corrected, deleted) = (typed.next().expect("one"), typed.next().expect("another"));
    let tax = Some(corrected.tax + dec("0.83"));
    let edit = BillEdit {
        tax,
        ..BillEdit::default()
    };
    tenant.edit_bill(corrected.id, edit).expect("it may change");
    tenant.delete_bill(deleted.id).expect("it may be deleted");
    let new = NewBill {
        vendor: corrected.vendor_id,
        business_unit: corrected.business_unit_id,
        job: two_units(tenant).into_values().next(),
        vendor_number: "TYPED-1".to_owned(),
        expenses: corrected
            .expenses
            .iter()
            .map(|expense| (expense.amount, expense.description.clone(), expense.account))
            .collect(),
        tax: dec("2.22"),
    };
    tenant.create_bill(new).expect("a bill");
}

/// Goods go back: raised only, called off, gone, credited; the vendor keeps something of one.
pub(super) fn send_goods_back(tenant: &Tenant) {
    let whole = orders(tenant, OrderStatus::Received);
    let receipts = whole.filter_map(|order| {
        let receipts = tenant.receipts_of(order.id);
        receipts.into_iter().find(|receipt| receipt.active)
    });
    let sound = receipts.filter(|receipt| {
        let goods = &receipt.lines[0].goods;
        goods.cost > dec("2") && goods.quantity >= Decimal::ONE
    });
    // Those at the end: the bills of the first ones are changed.
    let sound: Vec<_> = sound.collect();
    for (n, receipt) in sound.iter().rev().take(10).enumerate() {
        let new = NewReturn {
            receipt: receipt.id,
            lines: vec![(receipt.lines[0].id, Decimal::ONE)],
            tax: if n % 2 == 0 {
                dec("0.17")
            } else {
                Decimal::ZERO
            },
            shipping: if n % 3 == 0 {
                dec("0.50")
            } else {
                Decimal::ZERO
            },
            restocking_fee: if n % 4 == 0 {
                dec("0.25")
            } else {
                Decimal::ZERO
            },
            reference_number: format!("RMA-X{n}"),
        };
        let returned = tenant.raise_return(new).expect("it may go back");
        match n {
            0 => {}
            1 => tenant.cancel_return(returned).expect("it is raised"),
            2..=5 => tenant.ship_return(returned).expect("it is raised"),
            _ => {
                tenant.take_credit(returned).expect("it is raised");
                tenant.post_return(returned).expect("it is there");
            }
        }
    }
}
