//! Customers: who is billed.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::Record;
use super::open_enum::open_enum;
use super::wire;
use crate::id::{CustomerId, PaymentTermId};

/// A row of `crm/customers` or of its export feed. Emails and phone numbers are not on it: they
/// are [`super::CustomerContact`]s, and a change of theirs does not touch this row.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are the record's own, independent flags"
)]
pub struct Customer {
    /// The customer's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: CustomerId,
    /// False once deactivated, typically by a merge. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The name; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// Person or company.
    #[serde(default, rename = "type")]
    pub kind: CustomerType,
    /// The bill-to address; all parts empty if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub address: Address,
    /// What is owed. Moves with every invoice and payment, and bumps `modified_on`.
    #[serde(default, deserialize_with = "wire::money")]
    pub balance: Option<Decimal>,
    /// Whether no sales tax is charged.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub tax_exempt: bool,
    /// The agreed term, if one is.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub payment_term_id: Option<PaymentTermId>,
    /// The credit limit, if one is set.
    #[serde(default, deserialize_with = "wire::money")]
    pub credit_limit: Option<Decimal>,
    /// The survivor, once this customer was merged into another.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub merged_to_id: Option<CustomerId>,
    /// "Do not mail".
    #[serde(default, deserialize_with = "wire::or_default")]
    pub do_not_mail: bool,
    /// "Do not service".
    #[serde(default, deserialize_with = "wire::or_default")]
    pub do_not_service: bool,
    /// A national account.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub national_account: bool,
    /// Tag types.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub tag_type_ids: Vec<i64>,
    /// The tenant's own fields.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub custom_fields: Vec<CustomField>,
    /// What applications stored on the customer.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub external_data: Vec<ExternalData>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for Customer {
    const KIND: &'static str = "customer";
}

open_enum! {
    /// What a customer is.
    CustomerType {
        /// A household.
        Residential,
        /// A business.
        Commercial,
    }
}

/// A postal address. The parts are as people typed them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Street and number.
    #[serde(default, deserialize_with = "wire::text")]
    pub street: String,
    /// Apartment, suite, floor.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub unit: Option<String>,
    /// City.
    #[serde(default, deserialize_with = "wire::text")]
    pub city: String,
    /// State or province, as a code or a name.
    #[serde(default, deserialize_with = "wire::text")]
    pub state: String,
    /// Postal code.
    #[serde(default, deserialize_with = "wire::text")]
    pub zip: String,
    /// Country, as a code or a name.
    #[serde(default, deserialize_with = "wire::text")]
    pub country: String,
}

/// One of the tenant's own fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    /// The field.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub type_id: Option<i64>,
    /// Its name.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub name: Option<String>,
    /// What it holds.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub value: Option<String>,
}

/// A key and a value that an application stored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalData {
    /// The key.
    #[serde(default, deserialize_with = "wire::text")]
    pub key: String,
    /// The value.
    #[serde(default, deserialize_with = "wire::text")]
    pub value: String,
}
