//! Business units: the parts of a company that are accounted for on their own.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::{Address, ExternalData};
use super::{Named, Record, wire};
use crate::id::BusinessUnitId;

/// A row of `settings/business-units` or of its export feed, without its texts for invoices.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BusinessUnit {
    /// The unit's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: BusinessUnitId,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The name; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// The name that customers see.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub official_name: Option<String>,
    /// Email.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub email: Option<String>,
    /// Telephone.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub phone_number: Option<String>,
    /// Currency, as ServiceTitan writes it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub currency: Option<String>,
    /// The tax rate of its invoices if nothing else says.
    #[serde(default, deserialize_with = "wire::money")]
    pub default_tax_rate: Option<Decimal>,
    /// The address; all parts empty if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub address: Address,
    /// Its code in the accounts.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub account_code: Option<String>,
    /// Its class in `QuickBooks`.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub quickbooks_class: Option<String>,
    /// Franchises: the concept.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub concept_code: Option<String>,
    /// Franchises: the franchise.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub franchise_id: Option<String>,
    /// "HVAC", "Plumbing", ...
    #[serde(default)]
    pub trade: Option<Named<i64>>,
    /// "Service", "Install", ...
    #[serde(default)]
    pub division: Option<Named<i64>>,
    /// What applications stored on the unit.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub external_data: Vec<ExternalData>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for BusinessUnit {
    const KIND: &'static str = "business unit";
}
