//! ServiceTitan's records as documents that can be compared.

use rust_decimal::Decimal;
use servicetitan::VendorId;
use servicetitan::record::{
    ApBillStatus, ApCredit, ApCreditStatus, Bill, InventoryReturn, InventoryReturnStatus, Named,
    PurchaseOrder, PurchaseOrderStatus,
};
use sync::document::line_name;
use sync::link::Name;
use sync::plain;
use sync::reconcile::{Document, Kind, Line, Standing, Vendor, day};

use crate::reconcile::{AP_CREDIT, ORDER, RETURN, VENDOR, name as name_of};

pub(super) fn of_order(order: &PurchaseOrder) -> Document {
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
    let lines = with_charges(&name, items.collect(), order.shipping, order.tax);
    let sum = || lines.iter().flatten().map(|line| line.amount).sum();
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
        standing: match order.status {
            PurchaseOrderStatus::Pending => Standing::Draft,
            PurchaseOrderStatus::Canceled => Standing::Cancelled,
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
        total: lines.iter().map(|line| line.amount).sum(),
        lines: Some(lines),
        ..document.clone()
    }
}

pub(super) fn of_bill<Id>(bill: &Bill<Id>, noun: &str, id: i64) -> Document {
    let name = name_of(noun, id);
    let items = bill.items.iter().map(|item| {
        let quantity = item.quantity.unwrap_or_default();
        let cost = item.cost.unwrap_or_default();
        let amount = cents(quantity.checked_mul(cost)?);
        let label = item.sku_code.as_deref().or(item.name.as_deref());
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
        bill.shipping_amount,
        bill.tax_amount,
    );
    let sum = lines.iter().flatten().map(|line| line.amount).sum();
    // What else a bill has bears names that only its flow knows.
    let is_plain = bill.other_amount.unwrap_or_default().is_zero() && bill.expense_items.is_empty();
    let is_canceled =
        !bill.active || bill.date_canceled.is_some() || bill.status == ApBillStatus::Canceled;
    Document {
        kind: Kind::Bills,
        id,
        number: bill.reference_number.as_deref().map(plain::line),
        reference: bill.vendor_number.as_deref().map(plain::line),
        vendor: vendor(bill.vendor.as_ref()),
        date: bill.bill_date.or(bill.created_on).map(day),
        booked: None,
        total: bill.bill_amount.map_or(sum, cents),
        standing: if is_canceled {
            Standing::Cancelled
        } else {
            Standing::Binding
        },
        lines: lines.filter(|_| is_plain),
        name: Some(name),
    }
}

pub(super) fn of_return(returned: &InventoryReturn) -> Document {
    let name = name_of(RETURN, returned.id.0);
    let items = returned.items.iter().filter(|item| item.active);
    let items = items.map(|item| {
        let quantity = item.quantity.unwrap_or_default();
        let cost = item.cost.unwrap_or_default();
        let amount = cents(quantity.checked_mul(cost)?);
        let label = (item.code.as_deref().or(item.name.as_deref()), item.id.0);
        Some(line(
            &name,
            &item.id.to_string(),
            label,
            quantity,
            cost,
            amount,
        ))
    });
    let charges = (returned.shipping_amount, returned.tax_amount);
    let lines = with_charges(&name, items.collect(), charges.0, charges.1);
    let sum = lines.iter().flatten().map(|line| line.amount).sum();
    let total = returned.return_amount.map_or(sum, cents);
    let is_canceled = !returned.active || returned.date_canceled.is_some();
    Document {
        kind: Kind::Credits,
        id: returned.id.0,
        number: Some(plain::line(&returned.number)),
        reference: returned.reference_number.as_deref().map(plain::line),
        vendor: Vendor {
            names: vec![name_of(VENDOR, returned.vendor_id.0)],
            shown: String::new(),
        },
        date: returned.return_date.or(returned.created_on).map(day),
        booked: None,
        total,
        standing: match returned.status {
            _ if is_canceled => Standing::Cancelled,
            InventoryReturnStatus::Canceled => Standing::Cancelled,
            InventoryReturnStatus::Pending | InventoryReturnStatus::Returned => Standing::Planned,
            _ => Standing::Binding,
        },
        // What a vendor keeps is in the total, and in no line.
        lines: lines.filter(|_| total == sum),
        name: Some(name),
    }
}

pub(super) fn of_credit(credit: &ApCredit) -> Document {
    let is_canceled =
        !credit.active || credit.canceled_on.is_some() || credit.status == ApCreditStatus::Canceled;
    Document {
        kind: Kind::Credits,
        name: Some(name_of(AP_CREDIT, credit.id.0)),
        id: credit.id.0,
        number: credit.number.as_deref().map(plain::line),
        reference: credit.reference_number.as_deref().map(plain::line),
        vendor: vendor(credit.vendor.as_ref()),
        date: credit.date.or(credit.created_on).map(day),
        booked: None,
        total: cents(credit.amount.unwrap_or_default()),
        standing: if is_canceled {
            Standing::Cancelled
        } else {
            Standing::Binding
        },
        lines: None,
    }
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
    shipping: Option<Decimal>,
    tax: Option<Decimal>,
) -> Option<Vec<Line>> {
    let mut lines = items?;
    for (charge, amount) in [("shipping", shipping), ("tax", tax)] {
        let amount = cents(amount.unwrap_or_default());
        if !amount.is_zero() {
            let label = (Some(charge), 0);
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

fn cents(amount: Decimal) -> Decimal {
    odoo::decimal::rounded(amount, 2)
}
