//! The purchasing side of a tenant: vendors, the pricebook, places, accounts.
//!
//! Amounts are exact decimals from seed to wire; nothing here is a float before it is JSON.

mod account;
mod deed;
mod endpoint;
mod handle;
mod item;
mod money;
mod place;
mod seed;
mod vendor;

pub use account::{GlAccount, TaxRate, TaxZone};
pub use deed::Deed;
pub(crate) use endpoint::{Endpoint, find};
pub use item::{Category, Item, ItemKind, ItemVendor};
pub use place::{Truck, Warehouse};
pub(crate) use seed::business_units;
pub use seed::{sku_id, vendor_id};
pub use vendor::{PostalAddress, Vendor, VendorContact};

use jiff::Timestamp;

use super::rot::Kind;
use super::table::Table;

/// A tenant's purchasing tables.
pub(crate) struct Purchasing {
    pub(crate) vendors: Table<Vendor>,
    pub(crate) materials: Table<Item>,
    pub(crate) equipment: Table<Item>,
    pub(crate) services: Table<Item>,
    pub(crate) categories: Table<Category>,
    pub(crate) warehouses: Table<Warehouse>,
    pub(crate) trucks: Table<Truck>,
    pub(crate) gl_accounts: Table<GlAccount>,
    pub(crate) tax_zones: Table<TaxZone>,
}

impl Purchasing {
    /// Stamps a row without changing it; false when there is none.
    pub(crate) fn touch(&mut self, kind: Kind, id: i64, now: Timestamp) -> bool {
        match kind {
            Kind::Vendor => self.vendors.change(id, now, |_| ()),
            Kind::Material => self.materials.change(id, now, |_| ()),
            Kind::Equipment => self.equipment.change(id, now, |_| ()),
            Kind::Service => self.services.change(id, now, |_| ()),
            Kind::Category => self.categories.change(id, now, |_| ()),
            Kind::Warehouse => self.warehouses.change(id, now, |_| ()),
            Kind::Truck => self.trucks.change(id, now, |_| ()),
            Kind::GlAccount => self.gl_accounts.change(id, now, |_| ()),
            Kind::TaxZone => self.tax_zones.change(id, now, |_| ()),
            _ => false,
        }
    }

    /// How many items the pricebook has.
    pub(crate) fn item_count(&self) -> usize {
        [&self.materials, &self.equipment, &self.services]
            .into_iter()
            .map(|table| table.iter().count())
            .sum()
    }
}

/// The purchasing scopes that a tenant has granted when the simulator starts. Those of AP bills
/// and AP credits are not among them: few tenants grant them.
pub(crate) const SCOPES: &[&str] = &[
    "tn.acc.glaccounts:r",
    "tn.acc.taxzones:r",
    "tn.inv.trucks:r",
    "tn.inv.vendors:r",
    "tn.inv.vendors:w",
    "tn.inv.warehouses:r",
    "tn.pb.categories:r",
    "tn.pb.equipment:r",
    "tn.pb.materials:r",
    "tn.pb.services:r",
];
