//! Purchase orders: what was ordered from a vendor.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::{Address, CustomField};
use super::item::SkuType;
use super::open_enum::open_enum;
use super::{Record, wire};
use crate::id::{
    BatchId, BusinessUnitId, InventoryLocationId, InvoiceId, JobId, ProjectId, PurchaseOrderId,
    PurchaseOrderItemId, PurchaseOrderTypeId, SkuId, TechnicianId, VendorId,
};

/// A row of `inventory/purchase-orders` or of its export feed. It has no `active`: an order that is
/// withdrawn is `Canceled`. No discount, no payment term, no tax zone and no currency either.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PurchaseOrder {
    /// The order's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: PurchaseOrderId,
    /// ServiceTitan's number for it; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub number: String,
    /// How far it is.
    #[serde(default)]
    pub status: PurchaseOrderStatus,
    /// From whom.
    #[serde(deserialize_with = "wire::whole")]
    pub vendor_id: VendorId,
    /// Its type.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub type_id: Option<PurchaseOrderTypeId>,
    /// For which job, if for one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub job_id: Option<JobId>,
    /// For which project, if for one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub project_id: Option<ProjectId>,
    /// The invoice of that job.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub invoice_id: Option<InvoiceId>,
    /// Who ordered on the road.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub technician_id: Option<TechnicianId>,
    /// For which unit. One for the whole order.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub business_unit_id: Option<BusinessUnitId>,
    /// Where it goes: a warehouse or a truck.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub inventory_location_id: Option<InventoryLocationId>,
    /// The batch.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub batch_id: Option<BatchId>,
    /// The budget code.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub budget_code_id: Option<i64>,
    /// The vendor's number for it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub vendor_document_number: Option<String>,
    /// The address it goes to; all parts empty if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub ship_to: Address,
    /// The date of the order.
    #[serde(default, deserialize_with = "wire::time")]
    pub date: Option<Timestamp>,
    /// When it is needed.
    #[serde(default, deserialize_with = "wire::time")]
    pub required_on: Option<Timestamp>,
    /// When it was sent.
    #[serde(default, deserialize_with = "wire::time")]
    pub sent_on: Option<Timestamp>,
    /// When it was received.
    #[serde(default, deserialize_with = "wire::time")]
    pub received_on: Option<Timestamp>,
    /// Lines, tax and shipping together.
    #[serde(default, deserialize_with = "wire::money")]
    pub total: Option<Decimal>,
    /// Tax of the whole order: lines have none.
    #[serde(default, deserialize_with = "wire::money")]
    pub tax: Option<Decimal>,
    /// Shipping of the whole order.
    #[serde(default, deserialize_with = "wire::money")]
    pub shipping: Option<Decimal>,
    /// The memo.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub summary: Option<String>,
    /// The lines.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub items: Vec<PurchaseOrderItem>,
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

impl Record for PurchaseOrder {
    const KIND: &'static str = "purchase order";
}

/// A line of a purchase order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PurchaseOrderItem {
    /// The line's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: PurchaseOrderItemId,
    /// What is ordered.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub sku_id: Option<SkuId>,
    /// The item's code, as quoted here.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub sku_code: Option<String>,
    /// The item's name, as quoted here.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub sku_name: Option<String>,
    /// Material or equipment.
    #[serde(default)]
    pub sku_type: SkuType,
    /// HTML; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub description: String,
    /// The vendor's number for the item.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub vendor_part_number: Option<String>,
    /// How much is ordered.
    #[serde(default, deserialize_with = "wire::money")]
    pub quantity: Option<Decimal>,
    /// How much of it has been received.
    #[serde(default, deserialize_with = "wire::money")]
    pub quantity_received: Option<Decimal>,
    /// Cost per unit.
    #[serde(default, deserialize_with = "wire::money")]
    pub cost: Option<Decimal>,
    /// Cost of the line.
    #[serde(default, deserialize_with = "wire::money")]
    pub total: Option<Decimal>,
    /// How far the line is, in ServiceTitan's words, which the documents do not list.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub status: Option<String>,
    /// Whether the customer is charged for it, where the row says.
    #[serde(default)]
    pub chargeable: Option<bool>,
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
    /// How far a purchase order is.
    PurchaseOrderStatus {
        /// Not sent yet.
        Pending,
        /// Sent to the vendor.
        Sent,
        /// Something has been received, not all.
        PartiallyReceived,
        /// All has been received.
        Received,
        /// Handed on to accounting, and locked.
        Exported,
        /// Withdrawn.
        Canceled,
    }
}
