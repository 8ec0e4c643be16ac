//! A vendor bill with its lines: inventory bills and AP bills alike.

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use servicetitan::record::{self, ApBill, BillItem, ExpenseItem, InventoryBill};

use super::{Shown, text, word};

/// What a vendor wants for goods or services.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "they are ServiceTitan's names")]
pub(in crate::web::api) struct Bill {
    /// How far it is on its way to accounting: Pending, Posted or Exported.
    status: Option<String>,
    /// False once it was deleted.
    active: Option<bool>,
    /// A number for it.
    reference_number: Option<String>,
    /// The vendor's number for it.
    vendor_number: Option<String>,
    /// From whom.
    vendor_id: Option<i64>,
    /// The order that it bills.
    purchase_order_id: Option<i64>,
    /// For which unit.
    business_unit_id: Option<i64>,
    /// For which job.
    job_id: Option<i64>,
    /// Its date.
    bill_date: Option<Timestamp>,
    /// When it has to be paid.
    due_date: Option<Timestamp>,
    /// The date at which it counts.
    post_date: Option<Timestamp>,
    /// The whole bill.
    total: Option<Decimal>,
    /// Tax of the whole bill.
    tax: Option<Decimal>,
    /// Shipping of the whole bill.
    shipping: Option<Decimal>,
    /// The memo.
    summary: Option<String>,
    /// The lines.
    items: Vec<BillLine>,
    /// When ServiceTitan changed it last.
    modified_on: Option<Timestamp>,
}

/// A line of a bill.
#[derive(Debug, Serialize, JsonSchema)]
struct BillLine {
    id: i64,
    /// Null where it is no item.
    sku_id: Option<i64>,
    description: Option<String>,
    quantity: Option<Decimal>,
    /// Cost per unit.
    cost: Option<Decimal>,
    /// The number of the general ledger account.
    gl_account: Option<String>,
}

pub(in crate::web::api) fn inventory_bill(shown: &Shown<'_>) -> Value {
    let bill = shown.row::<InventoryBill>();
    shown.object(bill.map(of).unwrap_or_default())
}

pub(in crate::web::api) fn ap_bill(shown: &Shown<'_>) -> Value {
    let bill = shown.row::<ApBill>();
    shown.object(bill.map(of).unwrap_or_default())
}

fn of<Id>(bill: record::Bill<Id>) -> Bill {
    let expenses = bill.expense_items.into_iter().map(expense);
    Bill {
        status: word(bill.sync_status.as_str()),
        active: Some(bill.active),
        reference_number: bill.reference_number,
        vendor_number: bill.vendor_number,
        vendor_id: bill.vendor.and_then(|vendor| vendor.id).map(|id| id.0),
        purchase_order_id: bill.purchase_order_id.map(|id| id.0),
        business_unit_id: bill.business_unit.and_then(|unit| unit.id).map(|id| id.0),
        job_id: bill.job_id.map(|id| id.0),
        bill_date: bill.bill_date,
        due_date: bill.due_date,
        post_date: bill.post_date,
        total: bill.bill_amount,
        tax: bill.tax_amount,
        shipping: bill.shipping_amount,
        summary: text(bill.summary.as_deref()),
        items: bill.items.into_iter().map(item).chain(expenses).collect(),
        modified_on: bill.modified_on,
    }
}

fn item(item: BillItem) -> BillLine {
    BillLine {
        id: item.id.0,
        sku_id: item.sku_id.map(|id| id.0),
        description: text(Some(&item.description)),
        quantity: item.quantity,
        cost: item.cost,
        gl_account: item
            .general_ledger_account
            .and_then(|account| account.number),
    }
}

fn expense(item: ExpenseItem) -> BillLine {
    BillLine {
        id: item.id.0,
        sku_id: None,
        description: text(item.description.as_deref()),
        quantity: Some(Decimal::ONE),
        cost: item.amount,
        gl_account: item
            .general_ledger_account
            .and_then(|account| account.number),
    }
}
