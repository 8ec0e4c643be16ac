//! What customers paid: on which invoices, how, and what was given back.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::CustomField;
use super::{Batch, GlAccountRef, Named, Record, SyncStatus, wire};
use crate::id::{BusinessUnitId, CustomerId, InvoiceId, PaymentId, PaymentTypeId};

/// A row of `accounting/payments` or of its export feed. Amounts come as text, and so does the id of
/// its type.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// The payment's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: PaymentId,
    /// False once it was voided; true if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// How far it is on its way to accounting.
    #[serde(default)]
    pub sync_status: SyncStatus,
    /// ServiceTitan's number for it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub reference_number: Option<String>,
    /// When it was paid.
    #[serde(default, deserialize_with = "wire::time")]
    pub date: Option<Timestamp>,
    /// How it was paid: the name of the type.
    #[serde(default, deserialize_with = "wire::optional_text", rename = "type")]
    pub kind: Option<String>,
    /// How it was paid.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub type_id: Option<PaymentTypeId>,
    /// All of it. Negative where money was given back.
    #[serde(default, deserialize_with = "wire::money")]
    pub total: Option<Decimal>,
    /// What of it is on no invoice.
    #[serde(default, deserialize_with = "wire::money")]
    pub unapplied_amount: Option<Decimal>,
    /// What was said of it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub memo: Option<String>,
    /// The number of the check.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub check_number: Option<String>,
    /// The code with which a card was charged.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub auth_code: Option<String>,
    /// Who paid.
    #[serde(default)]
    pub customer: Option<Named<CustomerId>>,
    /// Of which unit.
    #[serde(default)]
    pub business_unit: Option<Named<BusinessUnitId>>,
    /// The bank deposit it went into.
    #[serde(default)]
    pub deposit: Option<Named<i64>>,
    /// Where it is booked, as quoted here.
    #[serde(default)]
    pub general_ledger_account: Option<GlAccountRef>,
    /// Of money given back: the payment that it came from.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub refunded_payment_id: Option<PaymentId>,
    /// The batch in which it was posted.
    #[serde(default)]
    pub batch: Option<Batch>,
    /// Which invoices it pays. One may stand here several times.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub applied_to: Vec<AppliedAmount>,
    /// The tenant's own fields.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub custom_fields: Vec<CustomField>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for Payment {
    const KIND: &'static str = "payment";
}

/// A part of a payment that pays an invoice.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedAmount {
    /// The part's id.
    #[serde(deserialize_with = "wire::whole")]
    pub applied_id: i64,
    /// The invoice.
    #[serde(deserialize_with = "wire::whole")]
    pub applied_to: InvoiceId,
    /// How much of it.
    #[serde(default, deserialize_with = "wire::money")]
    pub applied_amount: Option<Decimal>,
    /// When.
    #[serde(default, deserialize_with = "wire::time")]
    pub applied_on: Option<Timestamp>,
    /// The invoice's number.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub applied_to_reference_number: Option<String>,
}

/// A row of `accounting/payment-types`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentType {
    /// The type's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: PaymentTypeId,
    /// Its name: "Check", "Visa".
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
}

impl Record for PaymentType {
    const KIND: &'static str = "payment type";
}
