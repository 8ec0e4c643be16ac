//! Purchase orders and their types: what they hold, what they come to, how the wire shows them.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::item::ItemKind;
use super::money::{number, to_cents};
use super::vendor::PostalAddress;
use crate::servicetitan::books::Books;
use crate::servicetitan::record::{
    BusinessUnitId, CustomField, JobId, OrderLineId, OrderTypeId, PlaceId, PurchaseOrderId, SkuId,
    VendorId,
};
use crate::servicetitan::rot::Kind;
use crate::servicetitan::seed::MADE_BY;

/// Where a purchase order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OrderStatus {
    /// Made, not sent.
    Pending,
    /// The vendor has it.
    Sent,
    /// Something of it came.
    PartiallyReceived,
    /// All of it came.
    Received,
    /// It came and all its bills were exported. It can not be changed any more.
    Exported,
    /// It was called off.
    Canceled,
}

/// A purchase order.
#[derive(Debug, Clone, PartialEq)]
pub struct PurchaseOrder {
    /// Its id.
    pub id: PurchaseOrderId,
    /// Its number as people say it.
    pub number: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// Its type.
    pub type_id: OrderTypeId,
    /// From whom.
    pub vendor_id: VendorId,
    /// For which job.
    pub job_id: Option<JobId>,
    /// For which unit; not always the job's.
    pub business_unit_id: BusinessUnitId,
    /// Where it is received: a warehouse or a truck.
    pub place_id: PlaceId,
    /// Where it is sent.
    pub ship_to: PostalAddress,
    /// Who or what is there. Written, shown on receipts and bills only.
    pub ship_to_description: String,
    /// The vendor's number for it.
    pub vendor_document_number: String,
    /// Its date.
    pub date: Timestamp,
    /// When it is needed.
    pub required_on: Option<Timestamp>,
    /// When it was sent.
    pub sent_on: Option<Timestamp>,
    /// When the last of it came.
    pub received_on: Option<Timestamp>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
    /// Tax, for the order as a whole.
    pub tax: Decimal,
    /// Shipping, for the order as a whole.
    pub shipping: Decimal,
    /// Whether it lessens a technician's pay. Written, never shown.
    pub impacts_technician_payroll: bool,
    /// A remark.
    pub summary: String,
    /// Its lines, removed ones too.
    pub lines: Vec<OrderLine>,
    /// Values of custom fields.
    pub custom_fields: Vec<CustomField>,
}

/// A line of a purchase order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// Its id.
    pub id: OrderLineId,
    /// What is bought.
    pub sku: SkuId,
    /// Material or equipment.
    pub kind: ItemKind,
    /// The item's code when the line was made.
    pub code: String,
    /// The item's name when the line was made.
    pub name: String,
    /// HTML.
    pub description: String,
    /// The vendor's number for the item.
    pub vendor_part: String,
    /// How many are ordered; fractions of feet and pounds are usual.
    pub quantity: Decimal,
    /// How many came.
    pub received: Decimal,
    /// What one costs; up to four decimals, negative for a discount.
    pub cost: Decimal,
    /// False once a rewrite of the order left it out: the wire does not show it any more.
    pub active: bool,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

impl OrderLine {
    /// Quantity times cost, to the cent.
    #[must_use]
    pub fn total(&self) -> Decimal {
        to_cents(self.quantity * self.cost)
    }

    /// How many are still to come.
    #[must_use]
    pub fn open(&self) -> Decimal {
        (self.quantity - self.received).max(Decimal::ZERO)
    }

    fn status(&self, order: OrderStatus) -> &'static str {
        match order {
            OrderStatus::Canceled => "Canceled",
            _ if self.received.is_zero() => "Pending",
            _ if self.received < self.quantity => "PartiallyReceived",
            _ => "Received",
        }
    }
}

impl PurchaseOrder {
    /// The lines that count.
    pub fn active_lines(&self) -> impl Iterator<Item = &OrderLine> {
        self.lines.iter().filter(|line| line.active)
    }

    /// What its lines come to, each to the cent.
    #[must_use]
    pub fn subtotal(&self) -> Decimal {
        self.active_lines().map(OrderLine::total).sum()
    }

    /// Lines, tax and shipping.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.subtotal() + self.tax + self.shipping
    }

    /// The status that what came makes of it.
    pub(super) fn settle(&mut self, at: Timestamp) {
        let came = self.active_lines().any(|line| !line.received.is_zero());
        let all = self.active_lines().all(|line| line.open().is_zero());
        self.status = match (self.status, came, all) {
            (OrderStatus::Canceled, _, _) => OrderStatus::Canceled,
            (_, true, true) => OrderStatus::Received,
            (_, true, false) => OrderStatus::PartiallyReceived,
            (_, false, _) if self.sent_on.is_some() => OrderStatus::Sent,
            (_, false, _) => OrderStatus::Pending,
        };
        self.received_on = match self.status {
            OrderStatus::Received => self.received_on.or(Some(at)),
            _ => None,
        };
    }
}

/// A type of purchase order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "ServiceTitan's own fields")]
pub struct OrderType {
    /// Its id.
    pub id: OrderTypeId,
    /// Its name.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
    /// Whether its orders count as received when they are sent.
    pub automatically_receive: bool,
    /// Whether technicians see it.
    pub display_to_technician: bool,
    /// Whether its orders lessen a technician's pay.
    pub impact_to_technician_payroll: bool,
    /// Whether technicians may send its orders.
    pub allow_technicians_to_send_po: bool,
    /// In how many days goods are needed, if nobody says.
    pub default_required_date_days_offset: i32,
    /// Whether weekends count for that.
    pub skip_weekends: bool,
    /// Whether tax stays out of job costs.
    pub exclude_tax_from_job_costing: bool,
    /// Whether tax and shipping are shared out over the lines.
    pub landed_cost_method: LandedCostMethod,
    /// Whether tax is, when shipping is.
    pub include_tax_in_fully_landed_cost: bool,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// Whether a bill's tax and shipping are also told line by line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LandedCostMethod {
    /// They stand at the head alone.
    None,
    /// They stand at the head, and the lines tell their shares of the same amounts.
    ByValue,
}

impl Books {
    pub(crate) fn wire_order(&self, order: &PurchaseOrder, nulls: bool) -> Value {
        let lines = order.active_lines().map(|line| {
            json!({
                "id": line.id, "skuId": line.sku, "description": line.description,
                "createdOn": line.created_on, "modifiedOn": line.modified_on,
                "skuName": line.name, "skuCode": line.code, "skuType": line.kind,
                "vendorPartNumber": line.vendor_part, "quantity": number(line.quantity),
                "quantityReceived": number(line.received), "cost": number(line.cost),
                "total": number(line.total()), "serialNumbers": [],
                "status": line.status(order.status), "chargeable": false, "budgetCodeId": null,
            })
        });
        let lines: Vec<Value> = lines.collect();
        let row = json!({
            "id": order.id, "number": order.number, "invoiceId": null, "jobId": order.job_id,
            "projectId": null, "status": order.status, "typeId": order.type_id,
            "vendorId": order.vendor_id, "technicianId": null, "shipTo": order.ship_to,
            "businessUnitId": order.business_unit_id, "inventoryLocationId": order.place_id,
            "batchId": null, "budgetCodeId": null,
            "vendorDocumentNumber": order.vendor_document_number, "date": order.date,
            "requiredOn": order.required_on, "sentOn": order.sent_on,
            "receivedOn": order.received_on, "createdOn": order.created_on,
            "modifiedOn": order.modified_on, "total": number(order.total()),
            "tax": number(order.tax), "shipping": number(order.shipping),
            "createdById": MADE_BY, "summary": order.summary, "items": lines,
            "customFields": order.custom_fields,
        });
        self.finish(Kind::PurchaseOrder, order.id.0, object(row), nulls)
    }
}

/// The map of a value that is known to be one.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => unreachable!("{other} is not an object"),
    }
}
