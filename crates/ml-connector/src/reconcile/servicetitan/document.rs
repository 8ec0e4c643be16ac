//! ServiceTitan's records as documents that can be compared.

use rust_decimal::Decimal;
use servicetitan::VendorId;
use servicetitan::record::{
    ApBillStatus, ApCredit, ApCreditStatus, Bill, InventoryReturn, InventoryReturnStatus, Named,
    PurchaseOrder, PurchaseOrderStatus, SyncStatus,
};
use sync::directory::BillPolicy;
use sync::document::line_name;
use sync::link::Name;
use sync::money::{cents, sum_of_any};
use sync::plain;
use sync::reconcile::{Document, Kind, Line, Standing, Vendor, day};

use crate::reconcile::{AP_CREDIT, ORDER, RETURN, VENDOR, name as name_of};

/// `is_open`: whether people confirm sent orders in Odoo.
pub(super) fn of_order(order: &PurchaseOrder, is_open: bool) -> Document {
    let name = name_of(ORDER, order.id.0);
    let items = order.items.iter().map(|item| {
        let quantity = item.quantity.unwrap_or_default();
        let cost = item.cost.unwrap_or_default();
        let amount = match item.total {
            Some(total) => cents(total),
            None => cents(quantity.checked_mul(cost)?),
        };
        let label = item.sku_code.as_deref().or(item.sku_name.as_deref());
        let label = (label, item.id.0);
        Some(line(
            &name,
            &item.id.to_string(),
            label,
            quantity,
            cost,
            amount,
        ))
    });
    let lines = with_charges(
        &name,
        items.collect(),
        &[("shipping", order.shipping), ("tax", order.tax)],
    );
    let sum = || sum_of_any(lines.iter().flatten().map(|line| line.amount));
    Document {
        kind: Kind::PurchaseOrders,
        id: order.id.0,
        number: Some(plain::line(&order.number)),
        reference: order.vendor_document_number.as_deref().map(plain::line),
        vendor: Vendor {
            names: vec![name_of(VENDOR, order.vendor_id.0)],
            shown: String::new(),
        },
        date: order.date.or(order.created_on).map(day),
        booked: None,
        total: order.total.map_or_else(sum, cents),
        tax: None,
        settled: None,
        standing: match order.status {
            PurchaseOrderStatus::Pending => Standing::Draft,
            PurchaseOrderStatus::Canceled => Standing::Cancelled,
            _ if is_open => Standing::Open,
            _ => Standing::Binding,
        },
        lines,
        name: Some(name),
    }
}

/// What came of an order.
pub(super) fn receipts(order: &PurchaseOrder, document: &Document) -> Document {
    let name = name_of(ORDER, order.id.0);
    let came = order.items.iter().map(|item| {
        let came = item.quantity_received.unwrap_or_default();
        let label = item.sku_code.as_deref().or(item.sku_name.as_deref());
        let label = (label, item.id.0);
        line(
            &name,
            &item.id.to_string(),
            label,
            came,
            Decimal::ZERO,
            came,
        )
    });
    let lines: Vec<Line> = came.collect();
    Document {
        kind: Kind::Receipts,
        total: sum_of_any(lines.iter().map(|line| line.amount)),
        lines: Some(lines),
        ..document.clone()
    }
}

pub(super) fn of_bill<Id>(bill: &Bill<Id>, noun: &str, id: i64, policy: &BillPolicy) -> Document {
    let name = name_of(noun, id);
    let items = bill.items.iter().map(|item| {
        let label = item.sku_code.as_deref().or(item.name.as_deref());
        let label = (label, item.id.0);
        priced(&name, item.id.0, label, (item.quantity, item.cost))
    });
    let expenses = bill.expense_items.iter().map(|item| {
        let amount = cents(item.amount.unwrap_or_default());
        let label = (item.description.as_deref(), item.id.0);
        let id = format!("expense_{}", item.id);
        Some(line(&name, &id, label, Decimal::ONE, amount, amount))
    });
    let charges = [
        ("shipping", bill.shipping_amount),
        ("tax", bill.tax_amount),
        ("other", bill.other_amount),
    ];
    let lines = with_charges(&name, items.chain(expenses).collect(), &charges);
    let sum = sum_of_any(lines.iter().flatten().map(|line| line.amount));
    let is_canceled =
        !bill.active || bill.date_canceled.is_some() || bill.status == ApBillStatus::Canceled;
    let number = bill.vendor_number.as_deref();
    Document {
        kind: Kind::Bills,
        id,
        number: bill.reference_number.as_deref().map(plain::line),
        reference: number.map(plain::line),
        vendor: vendor(bill.vendor.as_ref()),
        date: bill.bill_date.or(bill.created_on).map(day),
        booked: None,
        total: bill.bill_amount.map_or(sum, cents),
        tax: None,
        settled: None,
        standing: if is_canceled {
            Standing::Cancelled
        } else {
            standing(&bill.sync_status, policy)
        },
        lines,
        name: Some(name),
    }
}

/// A return is dated by the day at which the goods went back, as its credit is.
pub(super) fn of_return(returned: &InventoryReturn, policy: &BillPolicy) -> Document {
    let name = name_of(RETURN, returned.id.0);
    let items = returned.items.iter().filter(|item| item.active);
    let items = items.map(|item| {
        let label = (item.code.as_deref().or(item.name.as_deref()), item.id.0);
        priced(&name, item.id.0, label, (item.quantity, item.cost))
    });
    let charges = [
        ("shipping", returned.shipping_amount),
        ("tax", returned.tax_amount),
    ];
    let lines = with_charges(&name, items.collect(), &charges);
    let sum = sum_of_any(lines.iter().flatten().map(|line| line.amount));
    let total = returned.return_amount.map_or(sum, cents);
    let date = returned.returned_on.or(returned.return_date);
    Document {
        kind: Kind::Credits,
        id: returned.id.0,
        number: Some(plain::line(&returned.number)),
        reference: returned.reference_number.as_deref().map(plain::line),
        vendor: Vendor {
            names: vec![name_of(VENDOR, returned.vendor_id.0)],
            shown: String::new(),
        },
        date: date.or(returned.created_on).map(day),
        booked: None,
        total,
        tax: None,
        settled: None,
        standing: match returned.status {
            _ if !returned.active => Standing::Cancelled,
            InventoryReturnStatus::Canceled => Standing::Cancelled,
            InventoryReturnStatus::Pending => Standing::Planned,
            _ => standing(&returned.sync_status, policy),
        },
        // What a vendor keeps is in the total, and in no line.
        lines: lines.filter(|_| total == sum),
        name: Some(name),
    }
}

/// A credit that belongs to no return: one amount.
pub(super) fn of_credit(credit: &ApCredit, policy: &BillPolicy) -> Document {
    let name = name_of(AP_CREDIT, credit.id.0);
    let total = cents(credit.amount.unwrap_or_default());
    let label = (Some("Vendor Credit"), 0);
    let lines =
        (!total.is_zero()).then(|| line(&name, "amount", label, Decimal::ONE, total, total));
    let is_canceled =
        !credit.active || credit.canceled_on.is_some() || credit.status == ApCreditStatus::Canceled;
    Document {
        kind: Kind::Credits,
        id: credit.id.0,
        number: credit.number.as_deref().map(plain::line),
        reference: credit.reference_number.as_deref().map(plain::line),
        vendor: vendor(credit.vendor.as_ref()),
        date: credit.date.or(credit.created_on).map(day),
        booked: None,
        total,
        tax: None,
        settled: None,
        standing: if is_canceled {
            Standing::Cancelled
        } else {
            standing(&credit.sync_status, policy)
        },
        lines: Some(lines.into_iter().collect()),
        name: Some(name),
    }
}

/// Where a bill or a credit should stand in Odoo.
fn standing(status: &SyncStatus, policy: &BillPolicy) -> Standing {
    if policy.once_posted && !status.is_posted() {
        Standing::Planned
    } else if policy.post {
        Standing::Binding
    } else {
        Standing::Draft
    }
}

/// A line of so many at a cost.
fn priced(
    document: &Name,
    id: i64,
    label: (Option<&str>, i64),
    (quantity, cost): (Option<Decimal>, Option<Decimal>),
) -> Option<Line> {
    let (quantity, cost) = (quantity.unwrap_or_default(), cost.unwrap_or_default());
    let amount = cents(quantity.checked_mul(cost)?);
    Some(line(
        document,
        &id.to_string(),
        label,
        quantity,
        cost,
        amount,
    ))
}

fn vendor(vendor: Option<&Named<VendorId>>) -> Vendor {
    let id = vendor.and_then(|vendor| vendor.id);
    Vendor {
        names: id.map(|id| name_of(VENDOR, id.0)).into_iter().collect(),
        shown: vendor
            .map(|vendor| plain::line(&vendor.name))
            .unwrap_or_default(),
    }
}

/// The lines of items, and those of what the whole document is charged.
fn with_charges(
    document: &Name,
    items: Option<Vec<Line>>,
    charges: &[(&str, Option<Decimal>)],
) -> Option<Vec<Line>> {
    let mut lines = items?;
    for (charge, amount) in charges {
        let amount = cents(amount.unwrap_or_default());
        if !amount.is_zero() {
            let label = (Some(*charge), 0);
            lines.push(line(document, charge, label, Decimal::ONE, amount, amount));
        }
    }
    Some(lines)
}

fn line(
    document: &Name,
    id: &str,
    (label, number): (Option<&str>, i64),
    quantity: Decimal,
    unit_cost: Decimal,
    amount: Decimal,
) -> Line {
    Line {
        name: Some(line_name(document, id)),
        label: label.map_or_else(|| number.to_string(), plain::line),
        quantity,
        unit_cost: Some(unit_cost),
        amount,
    }
}
