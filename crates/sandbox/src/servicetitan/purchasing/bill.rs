//! Bills, and the two ways accounting shows them: as inventory bills, and as AP bills, which
//! tell more and need a scope of their own. Amounts go over the wire as strings in both.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::goods::{Goods, account};
use super::money::text;
use super::order::{LandedCostMethod, object};
use super::receipt::{Landed, SyncStatus};
use super::vendor::PostalAddress;
use crate::servicetitan::books::Books;
use crate::servicetitan::record::{
    BillId, BillLineId, BusinessUnitId, CustomField, GlAccountId, JobId, PlaceId, PurchaseOrderId,
    ReceiptId, ReceiptLineId, VendorId,
};
use crate::servicetitan::rot::Kind;

/// How a bill came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BillKind {
    /// By receiving an order.
    Procurement,
    /// Typed in, without an order. Lists show it only when asked for by `billType`.
    ApBill,
}

/// A batch of documents that were posted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// Its id.
    pub id: i64,
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
}

/// A vendor's bill.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    /// Its id.
    pub id: BillId,
    /// How it came about.
    pub kind: BillKind,
    /// False once deleted: lists omit it, the export feed shows it.
    pub active: bool,
    /// Its order.
    pub order_id: Option<PurchaseOrderId>,
    /// The receipt that made it.
    pub receipt_id: Option<ReceiptId>,
    /// How far it is.
    pub sync_status: SyncStatus,
    /// ServiceTitan's number.
    pub reference_number: String,
    /// The vendor's number.
    pub vendor_number: String,
    /// A remark.
    pub summary: String,
    /// Its date, midnight.
    pub bill_date: Timestamp,
    /// When it is to be paid.
    pub due_date: Timestamp,
    /// When it was posted.
    pub post_date: Option<Timestamp>,
    /// By which term.
    pub term_name: Option<String>,
    /// Tax, for the bill as a whole.
    pub tax: Decimal,
    /// Shipping, for the bill as a whole.
    pub shipping: Decimal,
    /// Duties and fees, for the bill as a whole.
    pub other: Option<Decimal>,
    /// Whether the lines tell their shares of these.
    pub landed_cost_method: LandedCostMethod,
    /// From whom.
    pub vendor_id: VendorId,
    /// For which unit.
    pub business_unit_id: BusinessUnitId,
    /// For which job.
    pub job_id: Option<JobId>,
    /// Where the goods lie.
    pub place_id: Option<PlaceId>,
    /// Where they were sent.
    pub ship_to: PostalAddress,
    /// Who or what is there.
    pub ship_to_description: String,
    /// The batch that it was posted in.
    pub batch: Option<Batch>,
    /// Goods.
    pub lines: Vec<BillLine>,
    /// What else is billed, AP bills alone show it.
    pub expenses: Vec<Expense>,
    /// Values of custom fields.
    pub custom_fields: Vec<CustomField>,
    /// Whether it is held back (AP bills).
    pub do_not_pay: bool,
    /// When it was deleted.
    pub canceled_on: Option<Timestamp>,
    /// When somebody compared it with the vendor's invoice.
    pub reconciled_on: Option<Timestamp>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLine {
    /// Its id.
    pub id: BillLineId,
    /// The line of the receipt that it bills.
    pub receipt_line: Option<ReceiptLineId>,
    /// What is billed.
    pub goods: Goods,
}

/// A line of a bill that is no goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expense {
    /// Its id.
    pub id: BillLineId,
    /// To the cent.
    pub amount: Decimal,
    /// What for.
    pub description: String,
    /// Where it is booked.
    pub account: Option<GlAccountId>,
}

impl Bill {
    /// What its lines come to, each to the cent.
    #[must_use]
    pub fn subtotal(&self) -> Decimal {
        let goods: Decimal = self.lines.iter().map(|line| line.goods.total()).sum();
        goods
            + self
                .expenses
                .iter()
                .map(|line| line.amount)
                .sum::<Decimal>()
    }

    /// Lines, tax, shipping and other costs: `billAmount`.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.subtotal() + self.tax + self.shipping + self.other.unwrap_or_default()
    }

    /// What an AP bill says of where it came from.
    pub(super) fn source(&self) -> &'static str {
        match self.kind {
            BillKind::Procurement => "Purchasing",
            BillKind::ApBill => "Standalone",
        }
    }

    /// What an AP bill says of how it stands.
    pub(super) fn status(&self) -> &'static str {
        match (self.active, self.reconciled_on) {
            (false, _) => "Canceled",
            (true, Some(_)) => "Reconciled",
            (true, None) => "Unreconciled",
        }
    }
}

/// Which of a bill's shapes is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BillView {
    /// An inventory bill in a list.
    Inventory,
    /// An inventory bill in the export feed, deleted ones too.
    Exported,
    /// An AP bill.
    Payable,
}

impl Books {
    pub(crate) fn wire_bill(&self, bill: &Bill, view: BillView, nulls: bool) -> Value {
        let tables = &self.purchasing;
        let vendor = tables.vendors.get(bill.vendor_id.0);
        let unit = self.business_units.get(bill.business_unit_id.0);
        let job = bill.job_id.and_then(|job| self.jobs.get(job.0));
        let mut row = json!({
            "id": bill.id, "purchaseOrderId": bill.order_id, "syncStatus": bill.sync_status,
            "referenceNumber": bill.reference_number, "vendorNumber": bill.vendor_number,
            "summary": bill.summary, "billDate": bill.bill_date,
            "billAmount": text(bill.total()), "taxAmount": text(bill.tax),
            "shippingAmount": text(bill.shipping), "landedCostMethod": bill.landed_cost_method,
            "otherAmount": bill.other.map(text), "createdBy": "Pat Receiver",
            "createdOn": bill.created_on, "modifiedOn": bill.modified_on,
            "termName": bill.term_name, "dueDate": bill.due_date,
            "shipToDescription": bill.ship_to_description, "postDate": bill.post_date,
            "batch": bill.batch,
            "businessUnit": unit.map(|unit| json!({ "id": unit.id, "name": unit.name })),
            "taxZone": null,
            "vendor": vendor.map(|vendor| json!({ "id": vendor.id, "name": vendor.name })),
            "shipTo": bill.ship_to, "budgetCodeId": null, "items": self.wire_lines(bill, view),
            "customFields": pairs(&bill.custom_fields), "jobId": bill.job_id,
            "jobNumber": job.map(|job| &job.job_number), "dateReconciled": bill.reconciled_on,
        });
        match view {
            BillView::Inventory => {}
            BillView::Exported => row["active"] = json!(bill.active),
            BillView::Payable => self.add_payable(bill, &mut row),
        }
        let kind = match view {
            BillView::Payable => Kind::ApBill,
            BillView::Inventory | BillView::Exported => Kind::InventoryBill,
        };
        self.finish(kind, bill.id.0, object(row), nulls)
    }

    fn add_payable(&self, bill: &Bill, row: &mut Value) {
        let expenses = bill.expenses.iter().map(|line| {
            json!({
                "id": line.id, "amount": text(line.amount), "description": line.description,
                "generalLedgerAccount": account(self, line.account, true), "job": null,
                "businessUnit": row["businessUnit"], "budgetCodeId": null,
                "projectLabelIds": [],
            })
        });
        let expenses: Vec<Value> = expenses.collect();
        row["status"] = json!(bill.status());
        row["source"] = json!(bill.source());
        row["billType"] = json!(bill.kind);
        row["earlyDiscountDate"] = Value::Null;
        row["vendorInvoiceTotal"] = json!(bill.reconciled_on.map(|_| text(bill.total())));
        row["doNotPay"] = json!(bill.do_not_pay);
        row["dateCanceled"] = json!(bill.canceled_on);
        row["canceledBy"] = Value::Null;
        row["remittanceVendorInfo"] = Value::Null;
        row["expenseItems"] = json!(expenses);
    }

    fn wire_lines(&self, bill: &Bill, view: BillView) -> Vec<Value> {
        let totals: Vec<Decimal> = bill.lines.iter().map(|line| line.goods.total()).collect();
        let head = [bill.tax, bill.shipping, bill.other.unwrap_or_default()];
        let landed = Landed::of(bill.landed_cost_method, &totals, head);
        let place = bill.place_id.and_then(|id| self.purchasing.place_name(id));
        let truck = |id: PlaceId| self.purchasing.trucks.get(id.0).is_some();
        let kind = if bill.place_id.is_some_and(truck) {
            "Truck"
        } else {
            "Warehouse"
        };
        let lines = (1..).zip(&bill.lines).enumerate();
        let lines = lines.map(|(n, (order, line))| {
            let goods = &line.goods;
            let shares = landed.line(n, goods.quantity, goods.cost);
            let share = |n: usize| shares.map(|shares| text(shares[n]));
            let [general, cost_of_sale, asset] = goods.accounts.wire(self, true);
            let order: i32 = order;
            let mut row = json!({
                "order": order, "name": goods.name, "description": goods.description,
                "quantity": text(goods.quantity), "cost": text(goods.cost),
                "allocatedTax": share(0), "allocatedShipping": share(1),
                "allocatedOtherCosts": share(2), "fullyLandedUnitCost": share(3),
                "inventoryLocation": place, "serialNumber": null,
                "generalLedgerAccount": general, "costOfSaleAccount": cost_of_sale,
                "assetAccount": asset, "id": line.id, "skuId": goods.sku,
                "receiptItemId": line.receipt_line, "skuType": goods.kind,
                "skuCode": goods.code, "budgetCodeId": null,
            });
            if view == BillView::Payable {
                row["inventoryLocation"] =
                    json!({ "id": bill.place_id, "name": place, "type": kind });
                row["vendorPartNumber"] = Value::Null;
            }
            row
        });
        lines.collect()
    }
}

/// Custom fields as accounting shows them: without the field's id.
pub(crate) fn pairs(fields: &[CustomField]) -> Vec<Value> {
    let pair = |field: &CustomField| json!({ "name": field.name, "value": field.value });
    fields.iter().map(pair).collect()
}
