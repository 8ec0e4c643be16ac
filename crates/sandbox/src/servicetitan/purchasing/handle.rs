//! The purchasing side of a tenant's handle: what its people do, and what it truly holds.

use rust_decimal::Decimal;

use super::deed::Deed;
use super::item::{Category, Item, ItemKind};
use super::place::{Truck, Warehouse};
use super::vendor::{PostalAddress, Vendor};
use super::{GlAccount, TaxZone};
use crate::servicetitan::act::{Act, Refusal};
use crate::servicetitan::record::{
    BusinessUnit, BusinessUnitId, GlAccountId, JobId, PaymentTermId, SkuId, VendorId,
};
use crate::servicetitan::tenant::{Done, Tenant};

impl Tenant {
    pub(super) fn do_make(&self, deed: Deed) -> Result<i64, Refusal> {
        self.make(Act::from(deed))
    }

    pub(super) fn do_run(&self, deed: Deed) -> Done {
        self.run(Act::from(deed))
    }

    /// All vendors, inactive ones too, by id.
    #[must_use]
    pub fn vendors(&self) -> Vec<Vendor> {
        self.books(|books| books.purchasing.vendors.iter().cloned().collect())
    }

    /// A vendor.
    #[must_use]
    pub fn vendor(&self, id: VendorId) -> Option<Vendor> {
        self.books(|books| books.purchasing.vendors.get(id.0).cloned())
    }

    /// All business units, inactive ones too, by id.
    #[must_use]
    pub fn business_units(&self) -> Vec<BusinessUnit> {
        self.books(|books| books.business_units.iter().cloned().collect())
    }

    /// All items of a kind, inactive ones too, by id.
    #[must_use]
    pub fn items(&self, kind: ItemKind) -> Vec<Item> {
        self.books(|books| books.purchasing.items(kind).iter().cloned().collect())
    }

    /// An item of any kind.
    #[must_use]
    pub fn item(&self, id: SkuId) -> Option<Item> {
        self.books(|books| books.purchasing.item(id).cloned())
    }

    /// All categories of the pricebook.
    #[must_use]
    pub fn categories(&self) -> Vec<Category> {
        self.books(|books| books.purchasing.categories.iter().cloned().collect())
    }

    /// All warehouses.
    #[must_use]
    pub fn warehouses(&self) -> Vec<Warehouse> {
        self.books(|books| books.purchasing.warehouses.iter().cloned().collect())
    }

    /// All trucks.
    #[must_use]
    pub fn trucks(&self) -> Vec<Truck> {
        self.books(|books| books.purchasing.trucks.iter().cloned().collect())
    }

    /// All accounts of the general ledger.
    #[must_use]
    pub fn gl_accounts(&self) -> Vec<GlAccount> {
        self.books(|books| books.purchasing.gl_accounts.iter().cloned().collect())
    }

    /// All tax zones.
    #[must_use]
    pub fn tax_zones(&self) -> Vec<TaxZone> {
        self.books(|books| books.purchasing.tax_zones.iter().cloned().collect())
    }

    /// Makes a vendor.
    pub fn create_vendor(&self, name: &str, address: PostalAddress) -> Result<VendorId, Refusal> {
        self.do_make(Deed::CreateVendor {
            name: name.to_owned(),
            address,
        })
        .map(VendorId)
    }

    /// Changes a vendor's name.
    pub fn rename_vendor(&self, vendor: VendorId, name: &str) -> Done {
        self.do_run(Deed::RenameVendor {
            vendor,
            name: name.to_owned(),
        })
    }

    /// Changes where a vendor is paid.
    pub fn change_vendor_address(&self, vendor: VendorId, address: PostalAddress) -> Done {
        self.do_run(Deed::ChangeVendorAddress { vendor, address })
    }

    /// Deactivates or reactivates a vendor.
    pub fn set_vendor_active(&self, vendor: VendorId, active: bool) -> Done {
        self.do_run(Deed::SetVendorActive { vendor, active })
    }

    /// Sets or clears a vendor's custom field: `Account Number`, `Tax ID` or `Odoo Vendor`.
    pub fn set_vendor_field(&self, vendor: VendorId, name: &str, value: Option<&str>) -> Done {
        self.do_run(Deed::SetVendorField {
            vendor,
            name: name.to_owned(),
            value: value.map(str::to_owned),
        })
    }

    /// Sets or clears a vendor's payment term, which only its next bills tell, by name.
    pub fn set_vendor_term(&self, vendor: VendorId, term: Option<PaymentTermId>) -> Done {
        self.do_run(Deed::SetVendorTerm { vendor, term })
    }

    /// Changes a ledger account's name; items still say the old one.
    pub fn rename_gl_account(&self, account: GlAccountId, name: &str) -> Done {
        self.do_run(Deed::RenameGlAccount {
            account,
            name: name.to_owned(),
        })
    }

    /// Deactivates or reactivates a ledger account.
    pub fn set_gl_account_active(&self, account: GlAccountId, active: bool) -> Done {
        self.do_run(Deed::SetGlAccountActive { account, active })
    }

    /// Changes an item's name.
    pub fn rename_item(&self, item: SkuId, name: &str) -> Done {
        self.do_run(Deed::RenameItem {
            item,
            name: name.to_owned(),
        })
    }

    /// Changes an item's code.
    pub fn change_item_code(&self, item: SkuId, code: &str) -> Done {
        self.do_run(Deed::ChangeItemCode {
            item,
            code: code.to_owned(),
        })
    }

    /// Changes what an item costs; documents that have it keep their own costs.
    pub fn change_item_cost(&self, item: SkuId, cost: Decimal) -> Done {
        self.do_run(Deed::ChangeItemCost { item, cost })
    }

    /// Deactivates or reactivates an item.
    pub fn set_item_active(&self, item: SkuId, active: bool) -> Done {
        self.do_run(Deed::SetItemActive { item, active })
    }

    /// Changes a business unit's name.
    pub fn rename_business_unit(&self, business_unit: BusinessUnitId, name: &str) -> Done {
        self.do_run(Deed::RenameBusinessUnit {
            business_unit,
            name: name.to_owned(),
        })
    }

    /// Deactivates or reactivates a business unit.
    pub fn set_business_unit_active(&self, business_unit: BusinessUnitId, active: bool) -> Done {
        self.do_run(Deed::SetBusinessUnitActive {
            business_unit,
            active,
        })
    }

    /// Changes the names of the accounts that an item is booked with, from the next receipt on.
    pub fn change_item_accounts(
        &self,
        item: SkuId,
        account: Option<&str>,
        cost_of_sale: Option<&str>,
        asset: Option<&str>,
    ) -> Done {
        self.do_run(Deed::ChangeItemAccounts {
            item,
            account: account.map(str::to_owned),
            cost_of_sale_account: cost_of_sale.map(str::to_owned),
            asset_account: asset.map(str::to_owned),
        })
    }

    /// Moves a job to another unit.
    pub fn move_job(&self, job: JobId, business_unit: BusinessUnitId) -> Done {
        self.do_run(Deed::MoveJob { job, business_unit })
    }
}
