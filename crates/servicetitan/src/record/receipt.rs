//! Receipts: what arrived of a purchase order. Receiving generates the bill.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::{Address, CustomField};
use super::{GlAccountRef, LandedCostMethod, Record, SyncStatus, wire};
use crate::id::{
    BatchId, BusinessUnitId, InventoryBillId, InventoryLocationId, JobId, PurchaseOrderId,
    PurchaseOrderItemId, ReceiptId, ReceiptItemId, SkuId, TechnicianId, VendorId,
};

/// A row of `inventory/receipts`, of which there is no feed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The receipt's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: ReceiptId,
    /// False once cancelled, it seems: there is no status, and the documents do not say what else would
    /// make it so. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// ServiceTitan's number for it; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub number: String,
    /// The number of the vendor's invoice, as typed when receiving.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub vendor_invoice_number: Option<String>,
    /// From whom.
    #[serde(deserialize_with = "wire::whole")]
    pub vendor_id: VendorId,
    /// What it belongs to.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub purchase_order_id: Option<PurchaseOrderId>,
    /// The bill that it generated.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub bill_id: Option<InventoryBillId>,
    /// For which job, if for one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub job_id: Option<JobId>,
    /// For which unit.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub business_unit_id: Option<BusinessUnitId>,
    /// Who received it on the road.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub technician_id: Option<TechnicianId>,
    /// Where it went: a warehouse or a truck.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub inventory_location_id: Option<InventoryLocationId>,
    /// The address; all parts empty if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub ship_to: Address,
    /// What that address is.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub ship_to_description: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub memo: Option<String>,
    /// Lines, tax and shipping together.
    #[serde(default, deserialize_with = "wire::money")]
    pub receipt_amount: Option<Decimal>,
    /// Tax of the whole receipt.
    #[serde(default, deserialize_with = "wire::money")]
    pub tax_amount: Option<Decimal>,
    /// Shipping of the whole receipt.
    #[serde(default, deserialize_with = "wire::money")]
    pub shipping_amount: Option<Decimal>,
    /// Other costs, where landed costs are kept.
    #[serde(default, deserialize_with = "wire::money")]
    pub other_amount: Option<Decimal>,
    /// Whether the costs of the header are spread over the lines.
    #[serde(default)]
    pub landed_cost_method: LandedCostMethod,
    /// The date of the receipt.
    #[serde(default, deserialize_with = "wire::time")]
    pub received_on: Option<Timestamp>,
    /// The batch.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub batch_id: Option<BatchId>,
    /// How far it is on its way to accounting.
    #[serde(default)]
    pub sync_status: SyncStatus,
    /// The budget code.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub budget_code_id: Option<i64>,
    /// The lines.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub items: Vec<ReceiptItem>,
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

impl Record for Receipt {
    const KIND: &'static str = "receipt";
}

/// A line of a receipt.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptItem {
    /// The line's id: the `receipt_item_id` of bills and returns.
    #[serde(deserialize_with = "wire::whole")]
    pub id: ReceiptItemId,
    /// The line of the order.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub purchase_order_item_id: Option<PurchaseOrderItemId>,
    /// What arrived.
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
    /// How much arrived with this receipt.
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
