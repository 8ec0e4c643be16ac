//! Where stock is kept: warehouses and trucks, which share one space of ids elsewhere.

use jiff::Timestamp;
use serde::Deserialize;

use super::customer::{Address, ExternalData};
use super::{Record, wire};
use crate::id::{InventoryLocationId, TechnicianId};

/// A row of `inventory/warehouses`, of which there is no feed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Warehouse {
    /// The warehouse's id: an `inventory_location_id` elsewhere.
    #[serde(deserialize_with = "wire::whole")]
    pub id: InventoryLocationId,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The name; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// The address; all parts empty if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub address: Address,
    /// What applications stored on the warehouse.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub external_data: Vec<ExternalData>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for Warehouse {
    const KIND: &'static str = "warehouse";
}

/// A row of `inventory/trucks`, of which there is no feed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Truck {
    /// The truck's id: an `inventory_location_id` elsewhere.
    #[serde(deserialize_with = "wire::whole")]
    pub id: InventoryLocationId,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The name; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// Free text.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub memo: Option<String>,
    /// The warehouse that fills it up.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub warehouse_id: Option<InventoryLocationId>,
    /// Who drives it.
    #[serde(default, deserialize_with = "wire::ids")]
    pub technician_ids: Vec<TechnicianId>,
    /// What applications stored on the truck.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub external_data: Vec<ExternalData>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for Truck {
    const KIND: &'static str = "truck";
}
