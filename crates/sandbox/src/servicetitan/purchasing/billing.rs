//! What happens to bills: they are edited, posted, exported, deleted, typed in. Exporting locks
//! one for good, together with its receipt and, with the last of them, its order.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bill::{Batch, Bill, BillKind, BillLine, BillView, Expense};
use super::goods::Goods;
use super::order::{LandedCostMethod, OrderStatus};
use super::ordering::{NewLine, midnight};
use super::receipt::SyncStatus;
use super::receiving::due;
use super::vendor::PostalAddress;
use super::{Purchasing, set};
use crate::servicetitan::act::Refusal;
use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::books::Books;
use crate::servicetitan::list::{self, Filter};
use crate::servicetitan::problem::Problem;
use crate::servicetitan::query::Query;
use crate::servicetitan::read::{PAGING, RANGES, row};
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

/// The filters that inventory bills and AP bills share.
const OWN: &[&str] = &[
    "ids",
    "batchId",
    "billNumber",
    "businessUnitIds",
    "dateFrom",
    "dateTo",
    "jobNumber",
    "purchaseOrderNumber",
    "syncStatuses",
    "minCost",
    "maxCost",
    "billType",
];

impl Call<'_> {
    /// Active bills that pass; without `billType`, those of orders.
    fn bills(&self, query: &Query) -> Result<Vec<&Bill>, Problem> {
        let filter = Filter::read(query)?;
        let units = query.ids("businessUnitIds", "BusinessUnitIds")?;
        let (from, to) = (query.time("dateFrom")?, query.time("dateTo")?);
        let (least, most) = (query.decimal("minCost")?, query.decimal("maxCost")?);
        let batch = query.number("batchId")?;
        let types = query.text("billType").unwrap_or("Procurement");
        let tables = &self.books.purchasing;
        let order_number = |bill: &Bill| {
            let order = bill.order_id.and_then(|id| tables.orders.get(id.0));
            order.map(|order| order.number.clone()).unwrap_or_default()
        };
        let job_number = |bill: &Bill| {
            let job = bill.job_id.and_then(|id| self.books.jobs.get(id.0));
            job.map(|job| job.job_number.clone()).unwrap_or_default()
        };
        let rows = filter
            .candidates(&tables.bills, self.now)
            .filter(|bill| {
                let total = bill.total();
                bill.active
                    && filter.keeps(*bill, bill.modified_on)
                    && (types == "NotSet" || types == format!("{:?}", bill.kind))
                    && self.has_status(query, bill.sync_status)
                    && batch.is_none_or(|id| bill.batch.as_ref().is_some_and(|b| b.id == id))
                    && units.as_ref().is_none_or(|units: &BTreeSet<i64>| {
                        units.contains(&bill.business_unit_id.0)
                    })
                    && from.is_none_or(|from| bill.bill_date >= from)
                    && to.is_none_or(|to| bill.bill_date <= to)
                    && least.is_none_or(|least| total >= least)
                    && most.is_none_or(|most| total <= most)
                    && list::mentions(query, "billNumber", &bill.reference_number)
                    && list::mentions(query, "jobNumber", &job_number(bill))
                    && list::mentions(query, "purchaseOrderNumber", &order_number(bill))
            })
            .collect();
        Ok(rows)
    }

    /// `syncStatuses`, repeated; `PostedAndExported` means either.
    #[expect(clippy::unused_self, reason = "reads as a filter of the call")]
    pub(super) fn has_status(&self, query: &Query, status: SyncStatus) -> bool {
        let asked = query.all("syncStatuses");
        let has = |one: &str| match one {
            "PostedAndExported" => status != SyncStatus::Pending,
            other => other == format!("{status:?}"),
        };
        asked.is_empty() || asked.into_iter().any(has)
    }

    fn bill_page(&self, query: &Query, rows: Vec<&Bill>, view: BillView) -> Answer {
        list::page(query, rows, |bill| self.wire_bill(bill, view)).map(Some)
    }

    pub(super) fn wire_bill(&self, bill: &Bill, view: BillView) -> Value {
        let nulls = self.switches.null_lists;
        let mut wire = self.books.wire_bill(bill, view, nulls);
        self.count_enums(&mut wire, bill.id.0);
        wire
    }

    pub(super) fn inventory_bills(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, OWN])?;
        let rows = self.bills(&query)?;
        self.bill_page(&query, rows, BillView::Inventory)
    }

    /// The older list: an array without an envelope, so that nobody can tell whether more is to
    /// come.
    pub(super) fn bare_inventory_bills(&self) -> Answer {
        let page = self.inventory_bills()?;
        Ok(page.map(|mut page| page["data"].take()))
    }

    pub(super) fn payable_bills(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, OWN, &["statuses", "sources"]])?;
        let rows = self.bills(&query)?;
        self.bill_page(&query, rows, BillView::Payable)
    }

    pub(super) fn payable_bill(&self, id: &str) -> Answer {
        let bill = row(&self.books.purchasing.bills, id, "Bill")?;
        Ok(Some(self.wire_bill(bill, BillView::Payable)))
    }

    /// The feed knows the bills of orders, deleted ones too, and the others when so switched.
    pub(super) fn export_bills(&self) -> Answer {
        let all = self.switches.feed_has_typed_bills;
        let shown = |bill: &Bill| all || bill.kind == BillKind::Procurement;
        let bills = &self.books.purchasing.bills;
        self.export_some("inventory-bills", bills, shown, |bill| {
            self.wire_bill(bill, BillView::Exported)
        })
    }

    /// Per bill whether it was marked; the call succeeds whatever comes of each.
    pub(super) fn mark_bills(&mut self, ids: &[BillId], name: &str) -> Value {
        let pending_too = self.switches.mark_pending_exported;
        let now = self.now;
        let marked = ids.iter().map(|id| {
            let refusal = self.books.export_bill(*id, pending_too, now).err();
            json!({
                name: id, "success": refusal.is_none(),
                "errorMessage": refusal.map(|refusal| refusal.to_string()),
            })
        });
        marked.collect()
    }

    pub(super) fn mark_inventory_bills(&mut self) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            inventory_bill_ids: Option<Vec<BillId>>,
        }
        let body: Body = self.read()?;
        let missing = Problem::invalid(
            "InventoryBillIds",
            "The InventoryBillIds field is required.",
        );
        let ids = body.inventory_bill_ids.ok_or(missing)?;
        Ok(Some(self.mark_bills(&ids, "inventoryBillId")))
    }

    pub(super) fn mark_payable_bills(&mut self) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            bill_ids: Option<Vec<BillId>>,
        }
        let body: Body = self.read()?;
        let missing = Problem::invalid("BillIds", "The BillIds field is required.");
        let ids = body.bill_ids.ok_or(missing)?;
        Ok(Some(self.mark_bills(&ids, "billId")))
    }

    /// Against the spec, as seen live: enums as numbers on every third row.
    pub(super) fn count_enums(&self, wire: &mut Value, id: i64) {
        if !self.switches.numeric_enums || id % 3 != 1 {
            return;
        }
        if let Some(method) = wire.get_mut("landedCostMethod") {
            let number = i32::from(*method == "ByValue");
            *method = json!(number);
        }
    }
}
