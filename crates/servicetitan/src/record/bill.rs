//! Inventory bills: what a vendor wants for what was received, and the lines of all vendor bills.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::{Address, CustomField};
use super::item::SkuType;
use super::{Batch, GlAccountRef, LandedCostMethod, Named, Record, SyncStatus, wire};
use crate::id::{
    BillItemId, BusinessUnitId, InventoryBillId, JobId, PurchaseOrderId, ReceiptItemId, SkuId,
    TaxZoneId, VendorId,
};

/// A row of `accounting/inventory-bills/paginated` or of its export feed. Amounts and quantities come
/// as text. Its type is a filter of the list, no field of the row.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InventoryBill {
    /// The bill's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: InventoryBillId,
    /// False once deleted. Only the feed says so; the list leaves deleted ones out, so true if the
    /// row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The order that it bills, if it bills one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub purchase_order_id: Option<PurchaseOrderId>,
    /// How far it is on its way to accounting.
    #[serde(default)]
    pub sync_status: SyncStatus,
    /// A number for it. The documents do not say whose.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub reference_number: Option<String>,
    /// The vendor's number for it. The documents are vague here too.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub vendor_number: Option<String>,
    /// The memo.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub summary: Option<String>,
    /// The date of the bill.
    #[serde(default, deserialize_with = "wire::time")]
    pub bill_date: Option<Timestamp>,
    /// When it has to be paid.
    #[serde(default, deserialize_with = "wire::time")]
    pub due_date: Option<Timestamp>,
    /// The date at which it counts, once posted.
    #[serde(default, deserialize_with = "wire::time")]
    pub post_date: Option<Timestamp>,
    /// The name of the payment term: there is no id of it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub term_name: Option<String>,
    /// The whole bill.
    #[serde(default, deserialize_with = "wire::money")]
    pub bill_amount: Option<Decimal>,
    /// Tax of the whole bill: no line of it.
    #[serde(default, deserialize_with = "wire::money")]
    pub tax_amount: Option<Decimal>,
    /// Shipping of the whole bill. A line may be freight besides.
    #[serde(default, deserialize_with = "wire::money")]
    pub shipping_amount: Option<Decimal>,
    /// Other costs of the whole bill, where landed costs are kept.
    #[serde(default, deserialize_with = "wire::money")]
    pub other_amount: Option<Decimal>,
    /// Whether the costs of the header are spread over the lines.
    #[serde(default)]
    pub landed_cost_method: LandedCostMethod,
    /// From whom.
    #[serde(default)]
    pub vendor: Option<Named<VendorId>>,
    /// For which unit.
    #[serde(default)]
    pub business_unit: Option<Named<BusinessUnitId>>,
    /// The tax zone.
    #[serde(default)]
    pub tax_zone: Option<Named<TaxZoneId>>,
    /// For which job, if for one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub job_id: Option<JobId>,
    /// That job's number.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub job_number: Option<String>,
    /// The address it went to; all parts empty if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub ship_to: Address,
    /// What that address is.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub ship_to_description: Option<String>,
    /// The batch.
    #[serde(default)]
    pub batch: Option<Batch>,
    /// The budget code.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub budget_code_id: Option<i64>,
    /// Who made it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub created_by: Option<String>,
    /// The lines.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub items: Vec<BillItem>,
    /// The tenant's own fields.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub custom_fields: Vec<CustomField>,
    /// When it was compared with the vendor's invoice.
    #[serde(default, deserialize_with = "wire::time")]
    pub date_reconciled: Option<Timestamp>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for InventoryBill {
    const KIND: &'static str = "inventory bill";
}

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
    /// The line's part of the header's tax, where landed costs are kept. Contained in the header's
    /// amount: no addition to it.
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
