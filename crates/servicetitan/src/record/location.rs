//! Locations: where the work is done.

use jiff::Timestamp;
use serde::Deserialize;

use super::customer::{Address, CustomField, ExternalData};
use super::{Record, wire};
use crate::id::{CustomerId, LocationId};

/// A row of `crm/locations` or of its export feed. Changing one does not bump its customer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The location's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: LocationId,
    /// Whose it is.
    #[serde(deserialize_with = "wire::whole")]
    pub customer_id: CustomerId,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The name; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// The address; all parts empty if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub address: Address,
    /// Whether no sales tax is charged here.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub tax_exempt: bool,
    /// The tax zone, if one is set.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub tax_zone_id: Option<i64>,
    /// The dispatch zone, if one is set.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub zone_id: Option<i64>,
    /// The survivor, once this location was merged into another.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub merged_to_id: Option<LocationId>,
    /// Tag types.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub tag_type_ids: Vec<i64>,
    /// The tenant's own fields.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub custom_fields: Vec<CustomField>,
    /// What applications stored on the location.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub external_data: Vec<ExternalData>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for Location {
    const KIND: &'static str = "location";
}
