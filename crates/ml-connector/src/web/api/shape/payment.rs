//! A customer's payment, and what it pays.

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use servicetitan::record::{self, AppliedAmount};

use super::{Shown, word};

/// What a customer paid, or was given back.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::web::api) struct Payment {
    /// ServiceTitan's number for it.
    reference_number: Option<String>,
    /// How far it is on its way to accounting: Pending, Posted or Exported.
    status: Option<String>,
    /// False once it was voided.
    active: Option<bool>,
    /// How it was paid: Check, Visa, ...
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Who paid.
    customer_id: Option<i64>,
    /// Of which unit.
    business_unit_id: Option<i64>,
    /// When it was paid: its date.
    date: Option<Timestamp>,
    /// All of it; negative where money was given back.
    total: Option<Decimal>,
    /// What of it is on no invoice.
    unapplied_amount: Option<Decimal>,
    /// Which invoices it pays.
    applied_to: Vec<Applied>,
    /// When ServiceTitan changed it last.
    modified_on: Option<Timestamp>,
}

/// A part of a payment that pays an invoice.
#[derive(Debug, Serialize, JsonSchema)]
struct Applied {
    invoice_id: i64,
    amount: Option<Decimal>,
    /// When.
    date: Option<Timestamp>,
}

pub(in crate::web::api) fn payment(shown: &Shown<'_>) -> Value {
    shown.object(shown.row().map(of).unwrap_or_default())
}

fn of(payment: record::Payment) -> Payment {
    let customer = payment.customer.and_then(|customer| customer.id);
    let unit = payment.business_unit.and_then(|unit| unit.id);
    Payment {
        reference_number: payment.reference_number,
        status: word(payment.sync_status.as_str()),
        active: Some(payment.active),
        kind: payment.kind,
        customer_id: customer.map(|id| id.0),
        business_unit_id: unit.map(|id| id.0),
        date: payment.date,
        total: payment.total,
        unapplied_amount: payment.unapplied_amount,
        applied_to: payment.applied_to.iter().map(applied).collect(),
        modified_on: payment.modified_on,
    }
}

fn applied(part: &AppliedAmount) -> Applied {
    Applied {
        invoice_id: part.applied_to.0,
        amount: part.applied_amount,
        date: part.applied_on,
    }
}
