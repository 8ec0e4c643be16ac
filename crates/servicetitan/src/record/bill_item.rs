//! The lines of vendor bills.

use rust_decimal::Decimal;
use serde::Deserialize;

use super::item::SkuType;
use super::{GlAccountRef, Named, wire};
use crate::id::{BillItemId, BusinessUnitId, ExpenseItemId, JobId, ReceiptItemId, SkuId};

/// A line of a bill. It has no total of its own: quantity times cost, rounded, if it must be known.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BillItem {
    /// The line's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: BillItemId,
    /// Its place on the bill.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub order: Option<i64>,
    /// The line of the receipt, whose `purchase_order_item_id` leads to the order's.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub receipt_item_id: Option<ReceiptItemId>,
    /// What is billed.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub sku_id: Option<SkuId>,
    /// The item's code, as quoted here.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub sku_code: Option<String>,
    /// Material or equipment.
    #[serde(default)]
    pub sku_type: SkuType,
    /// The item's name, as quoted here.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub name: Option<String>,
    /// HTML; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub description: String,
    /// AP bills: the vendor's number for the item.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub vendor_part_number: Option<String>,
    /// The serial number.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub serial_number: Option<String>,
    /// The name of the warehouse or truck.
    #[serde(default, deserialize_with = "wire::optional_name")]
    pub inventory_location: Option<String>,
    /// How much is billed.
    #[serde(default, deserialize_with = "wire::money")]
    pub quantity: Option<Decimal>,
    /// Cost per unit.
    #[serde(default, deserialize_with = "wire::money")]
    pub cost: Option<Decimal>,
    /// The general ledger account, as quoted here.
    #[serde(default)]
    pub general_ledger_account: Option<GlAccountRef>,
    /// The cost of sale account, as quoted here.
    #[serde(default)]
    pub cost_of_sale_account: Option<GlAccountRef>,
    /// The asset account, as quoted here.
    #[serde(default)]
    pub asset_account: Option<GlAccountRef>,
    /// The line's part of the header's tax, where landed costs are kept: not to be added to the
    /// header's amount.
    #[serde(default, deserialize_with = "wire::money")]
    pub allocated_tax: Option<Decimal>,
    /// The line's part of the header's shipping, likewise.
    #[serde(default, deserialize_with = "wire::money")]
    pub allocated_shipping: Option<Decimal>,
    /// The line's part of the header's other costs, likewise.
    #[serde(default, deserialize_with = "wire::money")]
    pub allocated_other_costs: Option<Decimal>,
    /// Cost with all of these, per unit, where landed costs are kept.
    #[serde(default, deserialize_with = "wire::money")]
    pub fully_landed_unit_cost: Option<Decimal>,
    /// The budget code.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub budget_code_id: Option<i64>,
}

/// A line of an AP bill that is no item.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpenseItem {
    /// The line's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: ExpenseItemId,
    /// What it costs.
    #[serde(default, deserialize_with = "wire::money")]
    pub amount: Option<Decimal>,
    /// What it is.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub description: Option<String>,
    /// The general ledger account, as quoted here.
    #[serde(default)]
    pub general_ledger_account: Option<GlAccountRef>,
    /// For which job, if for one.
    #[serde(default)]
    pub job: Option<Named<JobId>>,
    /// For which unit.
    #[serde(default)]
    pub business_unit: Option<Named<BusinessUnitId>>,
    /// The budget code.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub budget_code_id: Option<i64>,
}
