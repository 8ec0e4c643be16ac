//! Vendor bills: inventory bills, and AP bills, which are the newer view of them and also have those
//! without a purchase order. One record with two kinds of ids, so that what is made of a bill is
//! made of either.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::{Address, CustomField};
use super::open_enum::open_enum;
use super::{Batch, BillItem, ExpenseItem, LandedCostMethod, Named, Record, SyncStatus, wire};
use crate::id::{
    ApBillId, BusinessUnitId, InventoryBillId, JobId, PurchaseOrderId, RemittanceVendorId,
    TaxZoneId, VendorId,
};

/// A row of `accounting/inventory-bills/paginated` or of its export feed.
pub type InventoryBill = Bill<InventoryBillId>;

/// A row of `accounting/ap-bills`, of which there is no feed.
pub type ApBill = Bill<ApBillId>;

/// A vendor bill. Amounts and quantities come as text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", bound = "Id: From<i64>")]
pub struct Bill<Id> {
    /// The bill's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: Id,
    /// False once deleted. Only the feed of inventory bills says so; lists leave deleted ones out, so
    /// true if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The order that it bills, if it bills one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub purchase_order_id: Option<PurchaseOrderId>,
    /// How far it is on its way to accounting.
    #[serde(default)]
    pub sync_status: SyncStatus,
    /// AP bills: what came of comparing it with the vendor's invoice, or that it was cancelled.
    #[serde(default)]
    pub status: ApBillStatus,
    /// AP bills: where it came from.
    #[serde(default)]
    pub source: ApBillSource,
    /// AP bills: of an order, or on its own. Of inventory bills it is a filter of the list only.
    #[serde(default)]
    pub bill_type: BillType,
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
    /// AP bills: what the vendor's invoice says.
    #[serde(default, deserialize_with = "wire::money")]
    pub vendor_invoice_total: Option<Decimal>,
    /// AP bills: until when paying earns a discount.
    #[serde(default, deserialize_with = "wire::time")]
    pub early_discount_date: Option<Timestamp>,
    /// AP bills: "do not pay".
    #[serde(default, deserialize_with = "wire::or_default")]
    pub do_not_pay: bool,
    /// AP bills: when it was cancelled.
    #[serde(default, deserialize_with = "wire::time")]
    pub date_canceled: Option<Timestamp>,
    /// From whom.
    #[serde(default)]
    pub vendor: Option<Named<VendorId>>,
    /// AP bills: whom to pay, if not the vendor.
    #[serde(default)]
    pub remittance_vendor_info: Option<Named<RemittanceVendorId>>,
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
    /// AP bills: lines without an item, an amount on an account.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub expense_items: Vec<ExpenseItem>,
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

impl Record for ApBill {
    const KIND: &'static str = "AP bill";
}

open_enum! {
    /// What came of comparing an AP bill with the vendor's invoice.
    ApBillStatus {
        /// Not compared yet.
        Unreconciled,
        /// They differ.
        Discrepancy,
        /// They agree.
        Reconciled,
        /// Withdrawn.
        Canceled,
    }
}

open_enum! {
    /// Where an AP bill came from.
    ApBillSource {
        /// Not said.
        Undefined,
        /// Entered on its own.
        Standalone,
        /// Of a purchase order.
        Purchasing,
        /// Of a schedule.
        Recurring,
        /// Read off paper.
        OCR,
        /// Of an application.
        API,
    }
}

open_enum! {
    /// Whether a bill is of an order.
    BillType {
        /// Not said.
        NotSet,
        /// Of a purchase order.
        Procurement,
        /// On its own.
        ApBill,
        /// Of a schedule.
        RecurringBill,
    }
}
