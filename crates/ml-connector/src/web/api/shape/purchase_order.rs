//! A purchase order with its lines.

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use servicetitan::record::{self, PurchaseOrderItem};

use super::{Shown, text, word};

/// What was ordered from a vendor.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::web::api) struct PurchaseOrder {
    /// ServiceTitan's number for it.
    number: Option<String>,
    /// Pending, Sent, `PartiallyReceived`, Received, Exported or Canceled.
    status: Option<String>,
    /// From whom.
    vendor_id: Option<i64>,
    /// For which unit.
    business_unit_id: Option<i64>,
    /// For which job.
    job_id: Option<i64>,
    /// The vendor's number for it.
    vendor_document_number: Option<String>,
    /// Its date.
    date: Option<Timestamp>,
    /// When it is needed.
    required_on: Option<Timestamp>,
    /// When it was sent.
    sent_on: Option<Timestamp>,
    /// When it was received.
    received_on: Option<Timestamp>,
    /// Lines, tax and shipping together.
    total: Option<Decimal>,
    /// Tax of the whole order.
    tax: Option<Decimal>,
    /// Shipping of the whole order.
    shipping: Option<Decimal>,
    /// The memo.
    summary: Option<String>,
    /// The lines.
    items: Vec<OrderItem>,
    /// When ServiceTitan changed it last.
    modified_on: Option<Timestamp>,
}

/// A line of a purchase order.
#[derive(Debug, Serialize, JsonSchema)]
struct OrderItem {
    id: i64,
    sku_id: Option<i64>,
    sku_code: Option<String>,
    description: Option<String>,
    quantity: Option<Decimal>,
    quantity_received: Option<Decimal>,
    /// Cost per unit.
    cost: Option<Decimal>,
    total: Option<Decimal>,
}

pub(in crate::web::api) fn purchase_order(shown: &Shown<'_>) -> Value {
    shown.object(shown.row().map(of).unwrap_or_default())
}

fn of(order: record::PurchaseOrder) -> PurchaseOrder {
    PurchaseOrder {
        number: word(&order.number),
        status: word(order.status.as_str()),
        vendor_id: Some(order.vendor_id.0),
        business_unit_id: order.business_unit_id.map(|id| id.0),
        job_id: order.job_id.map(|id| id.0),
        vendor_document_number: order.vendor_document_number,
        date: order.date,
        required_on: order.required_on,
        sent_on: order.sent_on,
        received_on: order.received_on,
        total: order.total,
        tax: order.tax,
        shipping: order.shipping,
        summary: text(order.summary.as_deref()),
        items: order.items.into_iter().map(item).collect(),
        modified_on: order.modified_on,
    }
}

fn item(item: PurchaseOrderItem) -> OrderItem {
    OrderItem {
        id: item.id.0,
        sku_id: item.sku_id.map(|id| id.0),
        sku_code: item.sku_code,
        description: text(Some(&item.description)),
        quantity: item.quantity,
        quantity_received: item.quantity_received,
        cost: item.cost,
        total: item.total,
    }
}
