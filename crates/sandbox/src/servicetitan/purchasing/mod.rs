//! The purchasing side of a tenant: vendors, the pricebook, places, accounts.
//!
//! Amounts are exact decimals from seed to wire; nothing here is a float before it is JSON.

mod account;
mod bill;
mod billing;
mod custom_field;
mod deed;
mod desk;
mod endpoint;
mod goods;
mod handle;
mod item;
mod money;
mod order;
mod ordering;
mod place;
mod receipt;
mod receiving;
mod returned;
mod returning;
mod seed;
mod vendor;

pub use account::{GlAccount, TaxRate, TaxZone};
pub use bill::{Batch, Bill, BillKind, BillLine, Expense};
pub(crate) use bill::{BillView, pairs};
pub use billing::{BillEdit, BillLineEdit, NewBill};
pub(crate) use custom_field::Fielded;
pub use deed::Deed;
pub(crate) use endpoint::{Endpoint, find};
pub(crate) use goods::account;
pub use goods::{Accounts, Goods};
pub use item::{Category, Item, ItemKind, ItemVendor};
pub(crate) use money::{number, text, to_cents};
pub(crate) use order::object;
pub use order::{LandedCostMethod, OrderLine, OrderStatus, OrderType, PurchaseOrder};
pub(crate) use ordering::midnight;
pub use ordering::{NewLine, NewOrder, OrderEdit};
pub use place::{Truck, Warehouse};
pub use receipt::{Receipt, ReceiptLine, SyncStatus};
pub(crate) use receiving::due;
pub use receiving::{NewReceipt, ReceivedLine};
pub use returned::{ApCredit, Return, ReturnLine, ReturnStatus};
pub use returning::{NewCredit, NewReturn};
pub(crate) use seed::business_units;
pub use seed::{purchase_order_id, sku_id, vendor_id};
pub use vendor::{PostalAddress, Vendor, VendorContact};

use super::record::PlaceId;
use super::rot::Kind;
use super::table::{Rows, Table};

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
    pub(crate) order_types: Table<OrderType>,
    pub(crate) orders: Table<PurchaseOrder>,
    pub(crate) receipts: Table<Receipt>,
    pub(crate) bills: Table<Bill>,
    pub(crate) returns: Table<Return>,
    pub(crate) credits: Table<ApCredit>,
}

impl Purchasing {
    /// The table of a kind; `None` for kinds that are not of purchasing.
    pub(crate) fn rows(&mut self, kind: Kind) -> Option<&mut dyn Rows> {
        Some(match kind {
            Kind::Vendor => &mut self.vendors,
            Kind::Material => &mut self.materials,
            Kind::Equipment => &mut self.equipment,
            Kind::Service => &mut self.services,
            Kind::Category => &mut self.categories,
            Kind::Warehouse => &mut self.warehouses,
            Kind::Truck => &mut self.trucks,
            Kind::GlAccount => &mut self.gl_accounts,
            Kind::TaxZone => &mut self.tax_zones,
            Kind::PurchaseOrder => &mut self.orders,
            Kind::PurchaseOrderType => &mut self.order_types,
            Kind::Receipt => &mut self.receipts,
            Kind::InventoryBill | Kind::ApBill => &mut self.bills,
            Kind::Return => &mut self.returns,
            Kind::ApCredit => &mut self.credits,
            _ => return None,
        })
    }

    /// The name of a warehouse or a truck.
    pub(crate) fn place_name(&self, id: PlaceId) -> Option<String> {
        let warehouse = self.warehouses.get(id.0).map(|row| row.name.clone());
        warehouse.or_else(|| self.trucks.get(id.0).map(|row| row.name.clone()))
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
    "tn.acc.inventorybills:r",
    "tn.acc.inventorybills:w",
    "tn.acc.taxzones:r",
    "tn.inv.purchaseorders:r",
    "tn.inv.purchaseorders:w",
    "tn.inv.purchaseordertypes:r",
    "tn.inv.receipts:r",
    "tn.inv.receipts:w",
    "tn.inv.returns:r",
    "tn.inv.returns:w",
    "tn.inv.trucks:r",
    "tn.inv.vendors:r",
    "tn.inv.vendors:w",
    "tn.inv.warehouses:r",
    "tn.pb.categories:r",
    "tn.pb.equipment:r",
    "tn.pb.materials:r",
    "tn.pb.services:r",
];

/// Changes a field that an edit names.
fn set<T>(field: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *field = new;
    }
}
