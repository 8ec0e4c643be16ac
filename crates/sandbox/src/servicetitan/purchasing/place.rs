//! Where goods lie: warehouses and trucks. An order's `inventoryLocationId` is either's id.

use jiff::Timestamp;
use serde::Serialize;

use super::vendor::PostalAddress;
use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::list::Filter;
use crate::servicetitan::read::{EXTERNAL, PAGING, RANGES, has_external};
use crate::servicetitan::record::{ExternalDatum, PlaceId};
use crate::servicetitan::rot::Kind;

/// A warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Warehouse {
    /// Its id.
    pub id: PlaceId,
    /// Its name.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
    /// Where it is.
    pub address: PostalAddress,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
    /// What applications stored on it.
    pub external_data: Vec<ExternalDatum>,
}

/// A truck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Truck {
    /// Its id.
    pub id: PlaceId,
    /// Its name.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
    /// A remark.
    pub memo: String,
    /// The warehouse that fills it up.
    pub warehouse_id: Option<PlaceId>,
    /// Who drives it.
    pub technician_ids: Vec<i64>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
    /// What applications stored on it.
    pub external_data: Vec<ExternalDatum>,
}

impl Call<'_> {
    pub(super) fn warehouses(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, EXTERNAL, &["ids", "sort", "active"]])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let rows = filter
            .candidates(&self.books.purchasing.warehouses, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && has_external(&query, &row.external_data)
            });
        self.page(&query, Kind::Warehouse, rows.collect())
    }

    pub(super) fn trucks(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, EXTERNAL, &["ids", "sort", "active"]])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let rows = filter
            .candidates(&self.books.purchasing.trucks, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && has_external(&query, &row.external_data)
            });
        self.page(&query, Kind::Truck, rows.collect())
    }
}
