//! What people do on the purchasing side of ServiceTitan's own screens.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::item::Item;
use super::vendor::{PostalAddress, Vendor};
use crate::servicetitan::act::{Outcome, Refusal};
use crate::servicetitan::books::Books;
use crate::servicetitan::record::{BusinessUnit, BusinessUnitId, SkuId, VendorId};
use crate::servicetitan::rot::Kind;

/// One act of a person, on the purchasing side; JSON for `POST /sandbox/acts` like any
/// [`super::super::Act`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are named as ServiceTitan names them")]
pub enum Deed {
    /// Makes a vendor. Gives its id.
    CreateVendor {
        name: String,
        address: PostalAddress,
    },
    /// Changes a vendor's name.
    RenameVendor { vendor: VendorId, name: String },
    /// Changes where a vendor is paid.
    ChangeVendorAddress {
        vendor: VendorId,
        address: PostalAddress,
    },
    /// Deactivates or reactivates a vendor.
    SetVendorActive { vendor: VendorId, active: bool },
    /// Changes an item's name.
    RenameItem { item: SkuId, name: String },
    /// Changes an item's code.
    ChangeItemCode { item: SkuId, code: String },
    /// Changes what an item costs.
    ChangeItemCost { item: SkuId, cost: Decimal },
    /// Deactivates or reactivates an item.
    SetItemActive { item: SkuId, active: bool },
    /// Changes a business unit's name.
    RenameBusinessUnit {
        business_unit: BusinessUnitId,
        name: String,
    },
    /// Deactivates or reactivates a business unit.
    SetBusinessUnitActive {
        business_unit: BusinessUnitId,
        active: bool,
    },
}

fn done(found: bool, kind: Kind, id: i64) -> Result<Outcome, Refusal> {
    if found {
        Ok(Outcome::default())
    } else {
        Err(Refusal::Unknown { kind, id })
    }
}

impl Books {
    pub(crate) fn deed(&mut self, deed: Deed, now: Timestamp) -> Result<Outcome, Refusal> {
        match deed {
            Deed::CreateVendor { name, address } => {
                let mut vendor = self.new_vendor(name, now);
                vendor.address = address;
                let id = vendor.id;
                self.purchasing.vendors.put(vendor, now, None);
                Ok(Outcome::made(id.0))
            }
            Deed::RenameVendor { vendor, name } => {
                self.edit_vendor(vendor, now, |row| row.name = name)
            }
            Deed::ChangeVendorAddress { vendor, address } => {
                self.edit_vendor(vendor, now, |row| row.address = address)
            }
            Deed::SetVendorActive { vendor, active } => {
                self.edit_vendor(vendor, now, |row| row.active = active)
            }
            Deed::RenameItem { item, name } => {
                self.edit_item(item, now, |row| row.display_name = Some(name))
            }
            Deed::ChangeItemCode { item, code } => self.edit_item(item, now, |row| row.code = code),
            Deed::ChangeItemCost { item, cost } => self.edit_item(item, now, |row| row.cost = cost),
            Deed::SetItemActive { item, active } => {
                self.edit_item(item, now, |row| row.active = active)
            }
            Deed::RenameBusinessUnit {
                business_unit,
                name,
            } => self.edit_unit(business_unit, now, |row| row.name = name),
            Deed::SetBusinessUnitActive {
                business_unit,
                active,
            } => self.edit_unit(business_unit, now, |row| row.active = active),
        }
    }

    fn edit_vendor(
        &mut self,
        vendor: VendorId,
        now: Timestamp,
        edit: impl FnOnce(&mut Vendor),
    ) -> Result<Outcome, Refusal> {
        let found = self.purchasing.vendors.change(vendor.0, now, edit);
        done(found, Kind::Vendor, vendor.0)
    }

    fn edit_item(
        &mut self,
        item: SkuId,
        now: Timestamp,
        edit: impl FnOnce(&mut Item),
    ) -> Result<Outcome, Refusal> {
        let unknown = Refusal::Unknown {
            kind: Kind::Material,
            id: item.0,
        };
        let kind = self.purchasing.item(item).ok_or(unknown)?.kind;
        let found = self.purchasing.items_mut(kind).change(item.0, now, edit);
        done(found, kind.table(), item.0)
    }

    fn edit_unit(
        &mut self,
        unit: BusinessUnitId,
        now: Timestamp,
        edit: impl FnOnce(&mut BusinessUnit),
    ) -> Result<Outcome, Refusal> {
        let found = self.business_units.change(unit.0, now, edit);
        done(found, Kind::BusinessUnit, unit.0)
    }
}
