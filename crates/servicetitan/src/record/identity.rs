//! Which record a row is, even if nothing else about it can be read.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::wire;
use crate::id::{CustomerId, PurchaseOrderId};

/// What is needed to file a row under its record. Read field by field, so that no other field,
/// however rotten, is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The row's `id`.
    pub id: i64,
    /// The row's `customerId` (contacts, locations, jobs).
    pub customer_id: Option<CustomerId>,
    /// The row's `purchaseOrderId` (receipts, returns, bills).
    pub purchase_order_id: Option<PurchaseOrderId>,
    /// The row's `active`.
    pub active: Option<bool>,
}

impl Identity {
    /// Finds the identity of a row. `None` if it is no JSON object or has no whole-number `id`.
    #[must_use]
    pub fn of(raw: &str) -> Option<Self> {
        let fields: HashMap<String, &RawValue> = serde_json::from_str(raw).ok()?;
        let whole = |field: &str| {
            let mut json = serde_json::Deserializer::from_str(fields.get(field)?.get());
            wire::optional_whole(&mut json).ok().flatten()
        };
        Some(Self {
            id: whole("id")?,
            customer_id: whole("customerId").map(CustomerId),
            purchase_order_id: whole("purchaseOrderId").map(PurchaseOrderId),
            active: fields
                .get("active")
                .and_then(|raw| serde_json::from_str(raw.get()).ok()),
        })
    }
}
