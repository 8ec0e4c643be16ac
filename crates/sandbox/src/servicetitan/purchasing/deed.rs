//! What people do on the purchasing side of ServiceTitan's own screens.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::account::GlAccount;
use super::billing::{BillEdit, NewBill};
use super::custom_field::{Fielded, set_field};
use super::item::Item;
use super::ordering::{NewOrder, OrderEdit};
use super::receiving::NewReceipt;
use super::returning::{NewCredit, NewReturn};
use super::vendor::{PostalAddress, Vendor};
use crate::servicetitan::act::{Act, Outcome, Refusal};
use crate::servicetitan::books::Books;
use crate::servicetitan::record::{
    ApCreditId, BillId, BusinessUnit, BusinessUnitId, GlAccountId, Job, JobId, PaymentTermId,
    PurchaseOrderId, ReceiptId, ReturnId, SkuId, VendorId,
};
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
    /// Sets or clears a vendor's custom field by its name, e.g. `Tax ID`.
    SetVendorField {
        vendor: VendorId,
        name: String,
        value: Option<String>,
    },
    /// Sets or clears a vendor's payment term: its next bills are due by it.
    SetVendorTerm {
        vendor: VendorId,
        term: Option<PaymentTermId>,
    },
    /// Changes a ledger account's name; items still say the old one.
    RenameGlAccount { account: GlAccountId, name: String },
    /// Deactivates or reactivates a ledger account.
    SetGlAccountActive { account: GlAccountId, active: bool },
    /// Changes an item's name.
    RenameItem { item: SkuId, name: String },
    /// Changes an item's code.
    ChangeItemCode { item: SkuId, code: String },
    /// Changes what an item costs.
    ChangeItemCost { item: SkuId, cost: Decimal },
    /// Deactivates or reactivates an item.
    SetItemActive { item: SkuId, active: bool },
    /// Changes the names of the accounts that an item is booked with: income, cost, stock.
    ChangeItemAccounts {
        item: SkuId,
        account: Option<String>,
        cost_of_sale_account: Option<String>,
        asset_account: Option<String>,
    },
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
    /// Moves a job to another unit.
    MoveJob {
        job: JobId,
        business_unit: BusinessUnitId,
    },
    /// Makes a purchase order, Pending. Gives its id.
    CreateOrder { order: NewOrder },
    /// Sends an order to its vendor.
    SendOrder { order: PurchaseOrderId },
    /// Changes an order; `lines` are all that it shall have.
    EditOrder {
        order: PurchaseOrderId,
        edit: OrderEdit,
    },
    /// Calls an order off that nothing came of.
    CancelOrder { order: PurchaseOrderId },
    /// Takes goods in, which makes a bill. Gives the receipt's id.
    Receive {
        order: PurchaseOrderId,
        receipt: NewReceipt,
    },
    /// Takes a receipt back, and deletes its bill.
    CancelReceipt { receipt: ReceiptId },
    /// Changes a bill, posted or not, that was not exported.
    EditBill { bill: BillId, edit: BillEdit },
    /// Posts a bill, in a batch of its own.
    PostBill { bill: BillId },
    /// Takes posting back.
    UnpostBill { bill: BillId },
    /// Exports a bill by hand, posted or not: it is locked.
    ExportBill { bill: BillId },
    /// Deletes a bill: gone from lists, `active: false` in the export feed.
    DeleteBill { bill: BillId },
    /// Marks a bill as compared with the vendor's invoice.
    ReconcileBill { bill: BillId },
    /// Types a bill in that has no order: AP bills alone show it. Gives its id.
    CreateBill { bill: NewBill },
    /// Sends goods of a receipt back. Gives the return's id.
    RaiseReturn {
        #[serde(rename = "return")]
        returned: NewReturn,
    },
    /// The goods went.
    ShipReturn {
        #[serde(rename = "return")]
        returned: ReturnId,
    },
    /// The vendor gives a credit. Gives the credit's id.
    TakeCredit {
        #[serde(rename = "return")]
        returned: ReturnId,
    },
    /// Types a credit in that is for no return. Gives its id.
    CreateCredit { credit: NewCredit },
    /// Changes a credit's amount, or says for which return it is; what is None stays.
    EditCredit {
        credit: ApCreditId,
        amount: Option<Decimal>,
        #[serde(rename = "return")]
        returned: Option<ReturnId>,
    },
    /// Calls a credit off.
    CancelCredit { credit: ApCreditId },
    /// Posts a return and its credit.
    PostReturn {
        #[serde(rename = "return")]
        returned: ReturnId,
    },
    /// Calls a return off.
    CancelReturn {
        #[serde(rename = "return")]
        returned: ReturnId,
    },
}

fn done(found: bool, kind: Kind, id: i64) -> Result<Outcome, Refusal> {
    if found {
        Ok(Outcome::default())
    } else {
        Err(Refusal::Unknown { kind, id })
    }
}

fn made(id: Result<i64, Refusal>) -> Result<Outcome, Refusal> {
    id.map(Outcome::made)
}

fn over(done: Result<(), Refusal>) -> Result<Outcome, Refusal> {
    done.map(|()| Outcome::default())
}

impl From<Deed> for Act {
    fn from(deed: Deed) -> Self {
        Self::Purchasing(Box::new(deed))
    }
}

impl Books {
    #[expect(clippy::too_many_lines, reason = "a table: one arm per deed")]
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
            Deed::SetVendorField {
                vendor,
                name,
                value,
            } => self.set_vendor_field(vendor, &name, value, now),
            Deed::SetVendorTerm { vendor, term } => {
                self.edit_vendor(vendor, now, |row| row.payment_term_id = term)
            }
            Deed::RenameGlAccount { account, name } => {
                self.edit_account(account, now, |row| row.name = name)
            }
            Deed::SetGlAccountActive { account, active } => {
                self.edit_account(account, now, |row| row.active = active)
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
            Deed::MoveJob { job, business_unit } => {
                let found = self.business_units.get(business_unit.0).is_some();
                done(found, Kind::BusinessUnit, business_unit.0)?;
                let move_it = |row: &mut Job| row.business_unit_id = business_unit;
                done(self.jobs.change(job.0, now, move_it), Kind::Job, job.0)
            }
            Deed::ChangeItemAccounts {
                item,
                account,
                cost_of_sale_account,
                asset_account,
            } => self.edit_item(item, now, |row| {
                row.account = account;
                row.cost_of_sale_account = cost_of_sale_account;
                row.asset_account = asset_account;
            }),
            Deed::CreateOrder { order } => made(self.create_order(order, now, None).map(|id| id.0)),
            Deed::SendOrder { order } => over(self.send_order(order, now)),
            Deed::EditOrder { order, edit } => over(self.edit_order(order, edit, now, None)),
            Deed::CancelOrder { order } => over(self.cancel_order(order, now, None)),
            Deed::Receive { order, receipt } => {
                made(self.receive(order, receipt, now, None).map(|id| id.0))
            }
            Deed::CancelReceipt { receipt } => over(self.cancel_receipt(receipt, now, None)),
            Deed::EditBill { bill, edit } => over(self.edit_bill(bill, edit, now)),
            Deed::PostBill { bill } => over(self.post_bill(bill, true, now)),
            Deed::UnpostBill { bill } => over(self.post_bill(bill, false, now)),
            Deed::ExportBill { bill } => over(self.export_bill(bill, true, now)),
            Deed::DeleteBill { bill } => over(self.delete_bill(bill, now)),
            Deed::ReconcileBill { bill } => over(self.reconcile_bill(bill, now)),
            Deed::CreateBill { bill } => made(self.type_bill_in(bill, now).map(|id| id.0)),
            Deed::RaiseReturn { returned } => made(self.raise_return(returned, now).map(|id| id.0)),
            Deed::ShipReturn { returned } => over(self.ship_return(returned, now)),
            Deed::TakeCredit { returned } => made(self.take_credit(returned, now).map(|id| id.0)),
            Deed::CreateCredit { credit } => made(self.type_credit_in(credit, now).map(|id| id.0)),
            Deed::EditCredit {
                credit,
                amount,
                returned,
            } => over(self.edit_credit(credit, amount, returned, now)),
            Deed::CancelCredit { credit } => over(self.cancel_credit(credit, now)),
            Deed::PostReturn { returned } => over(self.post_return(returned, now)),
            Deed::CancelReturn { returned } => over(self.cancel_return(returned, now)),
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

    fn set_vendor_field(
        &mut self,
        vendor: VendorId,
        name: &str,
        value: Option<String>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        let known = Fielded::Vendors.fields().iter();
        let unknown = Refusal::State {
            kind: Kind::Vendor,
            id: vendor.0,
            why: format!("vendors have no field {name}"),
        };
        let field = known.copied().find(|(_, field)| *field == name);
        let (type_id, name) = field.ok_or(unknown)?;
        self.edit_vendor(vendor, now, |row| {
            set_field(&mut row.custom_fields, type_id, name, value);
        })
    }

    fn edit_account(
        &mut self,
        account: GlAccountId,
        now: Timestamp,
        edit: impl FnOnce(&mut GlAccount),
    ) -> Result<Outcome, Refusal> {
        let found = self.purchasing.gl_accounts.change(account.0, now, edit);
        done(found, Kind::GlAccount, account.0)
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
