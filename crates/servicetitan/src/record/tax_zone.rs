//! Tax zones: which taxes are charged where.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::open_enum::open_enum;
use super::{Record, wire};
use crate::id::TaxZoneId;

/// A row of `accounting/tax-zones`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxZone {
    /// The zone's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: TaxZoneId,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The name; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// Whether material and labour are taxed apart.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub is_tax_rate_separated: bool,
    /// Whether it has several rates.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub is_multiple_tax_zone: bool,
    /// The rates.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub rates: Vec<TaxRate>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for TaxZone {
    const KIND: &'static str = "tax zone";
}

/// One tax of a zone.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxRate {
    /// The rate's id, if it has one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub id: Option<i64>,
    /// The name; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub tax_name: String,
    /// What it is charged on.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub tax_base_type: Vec<TaxBase>,
    /// The rate as a fraction: 0.0825 is 8.25 %.
    #[serde(default, deserialize_with = "wire::money")]
    pub tax_rate: Option<Decimal>,
    /// The `QuickBooks` item for it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub sales_tax_item: Option<String>,
}

open_enum! {
    /// What a tax is charged on.
    TaxBase {
        /// Everything.
        Subtotal,
        /// Labour.
        Labor,
        /// Material.
        Material,
    }
}
