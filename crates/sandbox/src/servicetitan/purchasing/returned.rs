//! Returns and credits: what they hold, what they come to, how the wire shows them.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bill::pairs;
use super::goods::Goods;
use super::money::number;
use super::order::object;
use super::receipt::SyncStatus;
use crate::servicetitan::books::Books;
use crate::servicetitan::record::{
    ApCreditId, BusinessUnitId, CustomField, ExternalDatum, JobId, PlaceId, PurchaseOrderId,
    ReceiptLineId, ReturnId, ReturnLineId, VendorId,
};
use crate::servicetitan::rot::Kind;
use crate::servicetitan::seed::MADE_BY;

/// How far a return is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReturnStatus {
    /// Planned.
    Pending,
    /// The goods went back.
    Returned,
    /// The vendor gave a credit.
    CreditReceived,
    /// It was called off.
    Canceled,
}

/// Goods that go back to a vendor.
#[derive(Debug, Clone, PartialEq)]
pub struct Return {
    /// Its id.
    pub id: ReturnId,
    /// Whether it counts.
    pub active: bool,
    /// Its number.
    pub number: String,
    /// The vendor's number for it.
    pub reference_number: String,
    /// How far it is.
    pub status: ReturnStatus,
    /// To whom.
    pub vendor_id: VendorId,
    /// Of which order.
    pub order_id: Option<PurchaseOrderId>,
    /// The order's job.
    pub job_id: Option<JobId>,
    /// The order's unit.
    pub business_unit_id: BusinessUnitId,
    /// From where.
    pub place_id: PlaceId,
    /// A remark.
    pub memo: String,
    /// Tax that comes back.
    pub tax: Decimal,
    /// Shipping that comes back.
    pub shipping: Decimal,
    /// What the vendor keeps. Written, never shown: `returnAmount` is less by it.
    pub restocking_fee: Decimal,
    /// When it was made, midnight.
    pub return_date: Timestamp,
    /// When the goods went.
    pub returned_on: Option<Timestamp>,
    /// When the credit came.
    pub credit_received_on: Option<Timestamp>,
    /// When it was called off.
    pub canceled_on: Option<Timestamp>,
    /// How far it is on its way to the accounting system.
    pub sync_status: SyncStatus,
    /// What goes back.
    pub lines: Vec<ReturnLine>,
    /// Values of custom fields.
    pub custom_fields: Vec<CustomField>,
    /// What applications stored on it.
    pub external_data: Vec<ExternalDatum>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// A line of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnLine {
    /// Its id.
    pub id: ReturnLineId,
    /// The line of the receipt that it undoes.
    pub receipt_line: Option<ReceiptLineId>,
    /// What goes back.
    pub goods: Goods,
}

impl Return {
    /// Lines, tax and shipping, less what the vendor keeps.
    #[must_use]
    pub fn total(&self) -> Decimal {
        let lines: Decimal = self.lines.iter().map(|line| line.goods.total()).sum();
        lines + self.tax + self.shipping - self.restocking_fee
    }
}

/// A vendor's credit.
#[derive(Debug, Clone, PartialEq)]
pub struct ApCredit {
    /// Its id.
    pub id: ApCreditId,
    /// Whether it counts.
    pub active: bool,
    /// The return that it is for.
    pub return_id: Option<ReturnId>,
    /// The return's job, or its own.
    pub job_id: Option<JobId>,
    /// Its date, midnight.
    pub date: Timestamp,
    /// ServiceTitan's number.
    pub number: String,
    /// The vendor's number.
    pub reference_number: String,
    /// A remark.
    pub memo: String,
    /// What it comes to.
    pub amount: Decimal,
    /// When it was called off.
    pub canceled_on: Option<Timestamp>,
    /// How far it is on its way to the accounting system.
    pub sync_status: SyncStatus,
    /// The return's unit, or its own.
    pub business_unit_id: BusinessUnitId,
    /// From whom.
    pub vendor_id: VendorId,
    /// Values of custom fields.
    pub custom_fields: Vec<CustomField>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

impl Books {
    pub(crate) fn wire_return(&self, row: &Return, nulls: bool) -> Value {
        let lines = row.lines.iter().map(|line| {
            let goods = &line.goods;
            let [general, cost_of_sale, asset] = goods.accounts.wire(self, false);
            json!({
                "id": line.id, "skuId": goods.sku, "description": goods.description,
                "createdOn": row.created_on, "modifiedOn": row.created_on, "name": goods.name,
                "code": goods.code, "quantity": number(goods.quantity),
                "cost": number(goods.cost), "generalLedgerAccount": general,
                "costOfSaleAccount": cost_of_sale, "assetAccount": asset, "serialNumbers": [],
                "createdById": MADE_BY, "active": true, "receiptItemId": line.receipt_line,
                "budgetCodeId": null,
            })
        });
        let lines: Vec<Value> = lines.collect();
        let canceled = row.canceled_on.map(|_| "VendorIssue");
        let wire = json!({
            "id": row.id, "active": row.active, "number": row.number,
            "referenceNumber": row.reference_number, "status": row.status, "returnTypeId": 1,
            "vendorId": row.vendor_id, "purchaseOrderId": row.order_id, "jobId": row.job_id,
            "projectId": null, "budgetCodeId": null, "businessUnitId": row.business_unit_id,
            "inventoryLocationId": row.place_id, "createdById": MADE_BY, "memo": row.memo,
            "returnAmount": number(row.total()), "taxAmount": number(row.tax),
            "shippingAmount": number(row.shipping), "returnDate": row.return_date,
            "returnedOn": row.returned_on, "creditReceivedOn": row.credit_received_on,
            "createdOn": row.created_on, "modifiedOn": row.modified_on, "batchId": null,
            "batch": null, "syncStatus": row.sync_status,
            "canceledById": row.canceled_on.map(|_| MADE_BY), "canceledReason": canceled,
            "dateCanceled": row.canceled_on, "items": lines, "customFields": row.custom_fields,
            "externalData": row.external_data,
        });
        self.finish(Kind::Return, row.id.0, object(wire), nulls)
    }

    pub(super) fn wire_credit(&self, row: &ApCredit, nulls: bool) -> Value {
        let vendor = self.purchasing.vendors.get(row.vendor_id.0);
        let unit = self.business_units.get(row.business_unit_id.0);
        let status = match row.canceled_on {
            Some(_) => "Canceled",
            None => "Unreconciled",
        };
        let wire = json!({
            "id": row.id, "inventoryReturnId": row.return_id, "jobId": row.job_id,
            "active": row.active, "createdOn": row.created_on, "modifiedOn": row.modified_on,
            "date": row.date, "canceledOn": row.canceled_on, "number": row.number,
            "referenceNumber": row.reference_number, "memo": row.memo,
            "amount": number(row.amount), "appliedAmount": 0.0, "status": status,
            "syncStatus": row.sync_status, "batch": null,
            "businessUnit": unit.map(|unit| json!({ "id": unit.id, "name": unit.name })),
            "remittanceVendor": null,
            "vendor": vendor.map(|vendor| json!({ "id": vendor.id, "name": vendor.name })),
            "paymentStatus": "Unpaid", "splits": [], "budgetCodeId": null,
            "customFields": pairs(&row.custom_fields),
        });
        self.finish(Kind::ApCredit, row.id.0, object(wire), nulls)
    }
}
