//! Returns: what went back to a vendor, who owes a credit for it.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::{CustomField, ExternalData};
use super::open_enum::open_enum;
use super::{Batch, GlAccountRef, Record, SyncStatus, wire};
use crate::id::{
    BusinessUnitId, InventoryLocationId, InventoryReturnId, InventoryReturnItemId, JobId,
    ProjectId, PurchaseOrderId, ReceiptItemId, SkuId, VendorId,
};

/// A row of `inventory/returns` or of its export feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryReturn {
    /// The return's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: InventoryReturnId,
    /// False once it no longer counts. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// ServiceTitan's number for it; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub number: String,
    /// The vendor's number for it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub reference_number: Option<String>,
    /// How far it is.
    #[serde(default)]
    pub status: InventoryReturnStatus,
    /// To whom.
    #[serde(deserialize_with = "wire::whole")]
    pub vendor_id: VendorId,
    /// Its type.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub return_type_id: Option<i64>,
    /// The order that it came with, if it is known.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub purchase_order_id: Option<PurchaseOrderId>,
    /// From which job, if from one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub job_id: Option<JobId>,
    /// From which project, if from one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub project_id: Option<ProjectId>,
    /// Of which unit.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub business_unit_id: Option<BusinessUnitId>,
    /// From where: a warehouse or a truck.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub inventory_location_id: Option<InventoryLocationId>,
    /// The budget code.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub budget_code_id: Option<i64>,
    /// Free text.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub memo: Option<String>,
    /// Lines, tax and shipping together.
    #[serde(default, deserialize_with = "wire::money")]
    pub return_amount: Option<Decimal>,
    /// Tax of the whole return.
    #[serde(default, deserialize_with = "wire::money")]
    pub tax_amount: Option<Decimal>,
    /// Shipping of the whole return.
    #[serde(default, deserialize_with = "wire::money")]
    pub shipping_amount: Option<Decimal>,
    /// The date of the return.
    #[serde(default, deserialize_with = "wire::time")]
    pub return_date: Option<Timestamp>,
    /// When it went back.
    #[serde(default, deserialize_with = "wire::time")]
    pub returned_on: Option<Timestamp>,
    /// When the vendor credited it.
    #[serde(default, deserialize_with = "wire::time")]
    pub credit_received_on: Option<Timestamp>,
    /// Why it was cancelled, in ServiceTitan's words.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub canceled_reason: Option<String>,
    /// When it was cancelled.
    #[serde(default, deserialize_with = "wire::time")]
    pub date_canceled: Option<Timestamp>,
    /// The batch.
    #[serde(default)]
    pub batch: Option<Batch>,
    /// How far it is on its way to accounting.
    #[serde(default)]
    pub sync_status: SyncStatus,
    /// The lines.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub items: Vec<InventoryReturnItem>,
    /// The tenant's own fields.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub custom_fields: Vec<CustomField>,
    /// What applications stored on the return.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub external_data: Vec<ExternalData>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for InventoryReturn {
    const KIND: &'static str = "return";
}

/// A line of a return.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryReturnItem {
    /// The line's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: InventoryReturnItemId,
    /// False once removed. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The line of the receipt, if it is known.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub receipt_item_id: Option<ReceiptItemId>,
    /// What went back.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub sku_id: Option<SkuId>,
    /// The item's code, as quoted here.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub code: Option<String>,
    /// The item's name, as quoted here.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub name: Option<String>,
    /// HTML; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub description: String,
    /// How much went back.
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
    /// The budget code.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub budget_code_id: Option<i64>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

open_enum! {
    /// How far a return is.
    InventoryReturnStatus {
        /// Not sent back yet.
        Pending,
        /// Sent back.
        Returned,
        /// The vendor has credited it.
        CreditReceived,
        /// Withdrawn.
        Canceled,
    }
}
