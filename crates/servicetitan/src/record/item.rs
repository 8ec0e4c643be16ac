//! Items of the pricebook: what is bought, stocked, used and sold.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::ExternalData;
use super::open_enum::open_enum;
use super::{Record, wire};
use crate::id::{BusinessUnitId, CategoryId, GlAccountId, SkuId, VendorId};

/// A row of `pricebook/materials`, `pricebook/equipment`, `pricebook/services` or of their export
/// feeds: one view of the three. The row does not say which of them it is; the list does. Services
/// have no vendors, no unit of measure, no cost of sale and asset accounts, and are no inventory.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The item's id: the `skuId` of lines.
    #[serde(deserialize_with = "wire::whole")]
    pub id: SkuId,
    /// The code; empty if the row has none. The documents do not promise that it is unique.
    #[serde(default, deserialize_with = "wire::text")]
    pub code: String,
    /// The name that it is shown under, where one is set.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub display_name: Option<String>,
    /// HTML; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub description: String,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// What it costs the tenant.
    #[serde(default, deserialize_with = "wire::money")]
    pub cost: Option<Decimal>,
    /// What a customer pays.
    #[serde(default, deserialize_with = "wire::money")]
    pub price: Option<Decimal>,
    /// "Each", "ft", ...: free text.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub unit_of_measure: Option<String>,
    /// Whether its quantity is tracked.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub is_inventory: bool,
    /// Whether sales tax is charged, where the row says.
    #[serde(default)]
    pub taxable: Option<bool>,
    /// The accounting account assigned to it, by name: the income account, going by its siblings.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub account: Option<String>,
    /// The general ledger account assigned to it.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub general_ledger_account_id: Option<GlAccountId>,
    /// The cost of sale account's name.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub cost_of_sale_account: Option<String>,
    /// The asset account's name.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub asset_account: Option<String>,
    /// Equipment and services: the cross-sale group.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub cross_sale_group: Option<String>,
    /// From whom it is bought.
    #[serde(default)]
    pub primary_vendor: Option<ItemVendor>,
    /// From whom else.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub other_vendors: Vec<ItemVendor>,
    /// Where it stands in the pricebook. Materials and equipment send ids, services send small
    /// records; these are the ids of either.
    #[serde(default, deserialize_with = "wire::ids")]
    pub categories: Vec<CategoryId>,
    /// Materials and services: the unit that earns with it, if one is set.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub business_unit_id: Option<BusinessUnitId>,
    /// Equipment: the manufacturer.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub manufacturer: Option<String>,
    /// Equipment: the model.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub model: Option<String>,
    /// The catalogue that it comes from.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub source: Option<String>,
    /// What it is called there.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub external_id: Option<String>,
    /// What applications stored on the item.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub external_data: Vec<ExternalData>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for Item {
    const KIND: &'static str = "pricebook item";
}

/// A vendor of an item, with the vendor's price.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemVendor {
    /// Who.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub vendor_id: Option<VendorId>,
    /// The vendor's name.
    #[serde(default, deserialize_with = "wire::text")]
    pub vendor_name: String,
    /// The vendor's number for the item.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub vendor_part: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub memo: Option<String>,
    /// What it costs there.
    #[serde(default, deserialize_with = "wire::money")]
    pub cost: Option<Decimal>,
    /// Whether it is bought there at present. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
}

open_enum! {
    /// Which part of the pricebook a line's item is of.
    SkuType {
        /// `pricebook/materials`.
        Material,
        /// `pricebook/equipment`.
        Equipment,
        /// `pricebook/services`.
        Service,
    }
}
