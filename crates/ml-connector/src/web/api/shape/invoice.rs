//! A customer's invoice with its lines.

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use servicetitan::record::{self, InvoiceItem};

use super::{Shown, text, word};

/// What was sold to a customer.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "they are ServiceTitan's names")]
pub(in crate::web::api) struct Invoice {
    /// ServiceTitan's number for it.
    reference_number: Option<String>,
    /// How far it is on its way to accounting: Pending, Posted or Exported.
    status: Option<String>,
    /// False once it counts no more.
    active: Option<bool>,
    /// Who owes it.
    customer_id: Option<i64>,
    /// For which job.
    job_id: Option<i64>,
    /// Of which unit.
    business_unit_id: Option<i64>,
    /// Of an adjustment: the invoice that it corrects.
    adjustment_to_id: Option<i64>,
    /// Its date.
    invoice_date: Option<Timestamp>,
    /// When it has to be paid.
    due_date: Option<Timestamp>,
    /// What its lines come to.
    sub_total: Option<Decimal>,
    /// Tax of the whole invoice.
    sales_tax: Option<Decimal>,
    /// The whole invoice.
    total: Option<Decimal>,
    /// What is still to be paid.
    balance: Option<Decimal>,
    /// What was done.
    summary: Option<String>,
    /// The lines.
    items: Vec<InvoiceLine>,
    /// When ServiceTitan changed it last.
    modified_on: Option<Timestamp>,
}

/// A line of an invoice.
#[derive(Debug, Serialize, JsonSchema)]
struct InvoiceLine {
    id: i64,
    sku_id: Option<i64>,
    sku_name: Option<String>,
    description: Option<String>,
    quantity: Option<Decimal>,
    price: Option<Decimal>,
    total: Option<Decimal>,
    taxable: bool,
}

pub(in crate::web::api) fn invoice(shown: &Shown<'_>) -> Value {
    shown.object(shown.row().map(of).unwrap_or_default())
}

fn of(invoice: record::Invoice) -> Invoice {
    let customer = invoice.customer.and_then(|customer| customer.id);
    let unit = invoice.business_unit.and_then(|unit| unit.id);
    Invoice {
        reference_number: invoice.reference_number,
        status: word(invoice.sync_status.as_str()),
        active: Some(invoice.active),
        customer_id: customer.map(|id| id.0),
        job_id: invoice.job.and_then(|job| job.id).map(|id| id.0),
        business_unit_id: unit.map(|id| id.0),
        adjustment_to_id: invoice.adjustment_to_id.map(|id| id.0),
        invoice_date: invoice.invoice_date,
        due_date: invoice.due_date,
        sub_total: invoice.sub_total,
        sales_tax: invoice.sales_tax,
        total: invoice.total,
        balance: invoice.balance,
        summary: text(invoice.summary.as_deref()),
        items: invoice.items.into_iter().map(item).collect(),
        modified_on: invoice.modified_on,
    }
}

fn item(item: InvoiceItem) -> InvoiceLine {
    InvoiceLine {
        id: item.id.0,
        sku_id: item.sku_id.map(|id| id.0),
        sku_name: item.sku_name,
        description: text(item.description.as_deref()),
        quantity: item.quantity,
        price: item.price,
        total: item.total,
        taxable: item.taxable,
    }
}
