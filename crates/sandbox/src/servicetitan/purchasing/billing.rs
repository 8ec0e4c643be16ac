//! What happens to bills: they are edited, posted, exported, deleted, typed in. Exporting locks
//! one for good, together with its receipt and, with the last of them, its order.

mod request;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::bill::{Batch, Bill, BillKind, BillLine, Expense};
use super::goods::Goods;
use super::order::{LandedCostMethod, OrderStatus};
use super::ordering::{NewLine, midnight};
use super::receipt::SyncStatus;
use super::receiving::due;
use super::vendor::PostalAddress;
use super::{Purchasing, set};
use crate::servicetitan::act::Refusal;
use crate::servicetitan::books::Books;
use crate::servicetitan::record::{
    BillId, BillLineId, BusinessUnitId, GlAccountId, JobId, PurchaseOrderId, VendorId,
};
use crate::servicetitan::rot::Kind;

/// What is to be changed of a bill; what is None stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of a bill")]
pub struct BillEdit {
    pub vendor: Option<VendorId>,
    pub business_unit: Option<BusinessUnitId>,
    pub vendor_number: Option<String>,
    pub summary: Option<String>,
    pub bill_date: Option<Timestamp>,
    pub due_date: Option<Timestamp>,
    pub tax: Option<Decimal>,
    pub shipping: Option<Decimal>,
    pub other: Option<Decimal>,
    /// The lines that change.
    pub lines: Vec<BillLineEdit>,
    /// The lines that are taken off.
    pub remove_lines: Vec<BillLineId>,
    /// The lines that come on top, of no receipt, e.g. freight.
    pub add_lines: Vec<NewLine>,
}

/// What is to be changed of a bill's line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a line")]
pub struct BillLineEdit {
    pub line: BillLineId,
    #[serde(default)]
    pub quantity: Option<Decimal>,
    #[serde(default)]
    pub cost: Option<Decimal>,
    #[serde(default)]
    pub cost_of_sale_account: Option<GlAccountId>,
}

/// A bill without an order, to be typed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a bill")]
pub struct NewBill {
    pub vendor: VendorId,
    pub business_unit: BusinessUnitId,
    #[serde(default)]
    pub job: Option<JobId>,
    pub vendor_number: String,
    /// Amount, what for, where it is booked.
    pub expenses: Vec<(Decimal, String, Option<GlAccountId>)>,
    #[serde(default)]
    pub tax: Decimal,
}

fn refused(id: BillId, why: impl Into<String>) -> Refusal {
    Refusal::State {
        kind: Kind::InventoryBill,
        id: id.0,
        why: why.into(),
    }
}

impl Purchasing {
    pub(crate) fn bills_of(&self, order: PurchaseOrderId) -> impl Iterator<Item = &Bill> {
        let ids = self.bills.owned_by(order.0);
        ids.filter_map(|id| self.bills.get(id))
    }
}

impl Books {
    fn open_bill(&self, id: BillId) -> Result<Bill, Refusal> {
        let unknown = Refusal::Unknown {
            kind: Kind::InventoryBill,
            id: id.0,
        };
        let bill = self.purchasing.bills.get(id.0).ok_or(unknown)?;
        if !bill.active {
            return Err(refused(id, "it was deleted"));
        }
        if bill.sync_status == SyncStatus::Exported {
            return Err(refused(id, "it was exported and is locked"));
        }
        Ok(bill.clone())
    }

    pub(super) fn edit_bill(
        &mut self,
        id: BillId,
        edit: BillEdit,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut bill = self.open_bill(id)?;
        bill.lines
            .retain(|line| !edit.remove_lines.contains(&line.id));
        for change in edit.lines {
            let unknown = refused(id, format!("it has no line {}", change.line));
            let mut lines = bill.lines.iter_mut();
            let line = lines.find(|line| line.id == change.line).ok_or(unknown)?;
            set(&mut line.goods.quantity, change.quantity);
            set(&mut line.goods.cost, change.cost);
            let account = change.cost_of_sale_account;
            line.goods.accounts.cost_of_sale = account.or(line.goods.accounts.cost_of_sale);
        }
        for new in edit.add_lines {
            let line = self.bill_line(new)?;
            bill.lines.push(line);
        }
        set(&mut bill.vendor_id, edit.vendor);
        set(&mut bill.business_unit_id, edit.business_unit);
        set(&mut bill.vendor_number, edit.vendor_number);
        set(&mut bill.summary, edit.summary);
        set(&mut bill.bill_date, edit.bill_date);
        set(&mut bill.due_date, edit.due_date);
        set(&mut bill.tax, edit.tax);
        set(&mut bill.shipping, edit.shipping);
        bill.other = edit.other.or(bill.other);
        self.purchasing.bills.put(bill, now, None);
        Ok(())
    }

    /// A line of no receipt.
    fn bill_line(&mut self, new: NewLine) -> Result<BillLine, Refusal> {
        let id = BillLineId(self.ids.draw());
        let unknown = Refusal::Unknown {
            kind: Kind::Material,
            id: new.sku.0,
        };
        let item = self.purchasing.item(new.sku).ok_or(unknown)?;
        let goods = Goods::of(item, new.quantity, &self.purchasing);
        Ok(BillLine {
            id,
            receipt_line: None,
            goods: Goods {
                cost: new.cost.unwrap_or(goods.cost),
                description: new.description.unwrap_or(goods.description),
                ..goods
            },
        })
    }

    /// Posts a bill in a batch of its own, or takes that back.
    pub(super) fn post_bill(
        &mut self,
        id: BillId,
        posted: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut bill = self.open_bill(id)?;
        if posted == (bill.sync_status == SyncStatus::Posted) {
            let why = format!("it is {:?} already", bill.sync_status);
            return Err(refused(id, why));
        }
        if posted {
            bill.post(self.ids.draw(), now);
        } else {
            bill.sync_status = SyncStatus::Pending;
            bill.post_date = None;
            bill.batch = None;
        }
        self.follow_bill(&bill, now);
        self.purchasing.bills.put(bill, now, None);
        Ok(())
    }

    /// A bill's receipt has its status.
    fn follow_bill(&mut self, bill: &Bill, now: Timestamp) {
        if let Some(receipt) = bill.receipt_id {
            let status = bill.sync_status;
            self.purchasing
                .receipts
                .change(receipt.0, now, |row| row.sync_status = status);
        }
    }

    pub(super) fn delete_bill(&mut self, id: BillId, now: Timestamp) -> Result<(), Refusal> {
        let mut bill = self.open_bill(id)?;
        bill.active = false;
        bill.canceled_on = Some(now);
        self.purchasing.bills.put(bill, now, None);
        Ok(())
    }

    pub(super) fn reconcile_bill(&mut self, id: BillId, now: Timestamp) -> Result<(), Refusal> {
        let mut bill = self.open_bill(id)?;
        bill.reconciled_on = Some(now);
        self.purchasing.bills.put(bill, now, None);
        Ok(())
    }

    pub(super) fn type_bill_in(&mut self, new: NewBill, now: Timestamp) -> Result<BillId, Refusal> {
        let unknown = Refusal::Unknown {
            kind: Kind::Vendor,
            id: new.vendor.0,
        };
        let vendor = self.purchasing.vendors.get(new.vendor.0).ok_or(unknown)?;
        let term = self.term_of(vendor.id);
        let now = self.purchasing.bills.latest().max(now);
        let (date, term_name) = (midnight(now), term.map(|term| term.name.clone()));
        let due_date = due(term, date);
        let id = BillId(self.new_id());
        let expenses = new.expenses.into_iter();
        let expenses = expenses.map(|(amount, description, account)| Expense {
            id: BillLineId(self.ids.draw()),
            amount,
            description,
            account,
        });
        let bill = Bill {
            expenses: expenses.collect(),
            tax: new.tax,
            job_id: new.job,
            due_date,
            term_name,
            vendor_number: new.vendor_number,
            ..Bill::blank(id, new.vendor, new.business_unit, date, now)
        };
        self.purchasing.bills.put(bill, now, None);
        Ok(id)
    }

    /// Marks a bill as exported, or says why not. An order whose goods have all come and whose
    /// bills are all exported is exported itself.
    pub(super) fn export_bill(
        &mut self,
        id: BillId,
        pending_too: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut bill = self.open_bill(id)?;
        if bill.sync_status != SyncStatus::Posted && !pending_too {
            return Err(refused(id, "it is not posted"));
        }
        bill.sync_status = SyncStatus::Exported;
        bill.post_date = bill.post_date.or(Some(midnight(now)));
        let order = bill.order_id;
        self.follow_bill(&bill, now);
        self.purchasing.bills.put(bill, now, None);
        let Some(order) = order else { return Ok(()) };
        let bills = self.purchasing.bills_of(order);
        let all = bills
            .filter(|bill| bill.active)
            .all(|bill| bill.sync_status == SyncStatus::Exported);
        let received = self.order(order)?.status == OrderStatus::Received;
        if all && received {
            self.purchasing
                .orders
                .change(order.0, now, |row| row.status = OrderStatus::Exported);
        }
        Ok(())
    }
}

impl Bill {
    pub(super) fn post(&mut self, batch: i64, now: Timestamp) {
        let number = batch % 100_000;
        self.sync_status = SyncStatus::Posted;
        self.post_date = Some(midnight(now));
        self.batch = Some(Batch {
            id: batch,
            number: number.to_string(),
            name: format!("Bills {number}"),
        });
    }

    /// A typed-in bill without lines.
    pub(super) fn blank(
        id: BillId,
        vendor: VendorId,
        unit: BusinessUnitId,
        date: Timestamp,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            kind: BillKind::ApBill,
            active: true,
            order_id: None,
            receipt_id: None,
            sync_status: SyncStatus::Pending,
            reference_number: format!("B-{id}"),
            vendor_number: String::new(),
            summary: String::new(),
            bill_date: date,
            due_date: date,
            post_date: None,
            term_name: None,
            tax: Decimal::ZERO,
            shipping: Decimal::ZERO,
            other: None,
            landed_cost_method: LandedCostMethod::None,
            vendor_id: vendor,
            business_unit_id: unit,
            job_id: None,
            place_id: None,
            ship_to: PostalAddress::default(),
            ship_to_description: String::new(),
            batch: None,
            lines: Vec::new(),
            expenses: Vec::new(),
            custom_fields: Vec::new(),
            do_not_pay: false,
            canceled_on: None,
            reconciled_on: None,
            created_on: now,
            modified_on: now,
        }
    }
}
