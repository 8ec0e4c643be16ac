//! Receipts: what came of an order. There is no way to ask for one by id, other than `ids`.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::goods::Goods;
use super::money::{allocate, number};
use super::order::{LandedCostMethod, object};
use super::vendor::PostalAddress;
use crate::servicetitan::books::Books;
use crate::servicetitan::record::{
    BillId, BusinessUnitId, CustomField, JobId, OrderLineId, PlaceId, PurchaseOrderId, ReceiptId,
    ReceiptLineId, VendorId,
};
use crate::servicetitan::rot::Kind;
use crate::servicetitan::seed::MADE_BY;

/// How far a document is on its way to the accounting system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SyncStatus {
    /// It may change.
    Pending,
    /// It was posted.
    Posted,
    /// The accounting system has it: it is locked.
    Exported,
}

/// What came of an order at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// Its id.
    pub id: ReceiptId,
    /// False once cancelled.
    pub active: bool,
    /// Its number.
    pub number: String,
    /// Of which order.
    pub order_id: PurchaseOrderId,
    /// The bill that receiving made.
    pub bill_id: BillId,
    /// The order's job.
    pub job_id: Option<JobId>,
    /// The order's unit.
    pub business_unit_id: BusinessUnitId,
    /// The order's vendor.
    pub vendor_id: VendorId,
    /// Where the goods lie now.
    pub place_id: PlaceId,
    /// Where they were sent.
    pub ship_to: PostalAddress,
    /// Who or what is there.
    pub ship_to_description: String,
    /// The vendor's number for its invoice or delivery note.
    pub vendor_invoice_number: String,
    /// A remark.
    pub memo: String,
    /// When they came.
    pub received_on: Timestamp,
    /// Tax.
    pub tax: Decimal,
    /// Shipping.
    pub shipping: Decimal,
    /// Duties and fees; only where costs are shared out over the lines.
    pub other: Option<Decimal>,
    /// The order type's.
    pub landed_cost_method: LandedCostMethod,
    /// Its bill's.
    pub sync_status: SyncStatus,
    /// What came.
    pub lines: Vec<ReceiptLine>,
    /// Values of custom fields.
    pub custom_fields: Vec<CustomField>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// A line of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptLine {
    /// Its id: `receiptItemId` on bills and returns.
    pub id: ReceiptLineId,
    /// Of which line of the order.
    pub order_line: OrderLineId,
    /// What came.
    pub goods: Goods,
}

impl Receipt {
    /// What its lines come to, each to the cent.
    #[must_use]
    pub fn subtotal(&self) -> Decimal {
        self.lines.iter().map(|line| line.goods.total()).sum()
    }

    /// Lines, tax, shipping and other costs.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.subtotal() + self.tax + self.shipping + self.other.unwrap_or_default()
    }
}

/// The shares of a document's head that its lines tell, when costs are landed by value.
pub(super) struct Landed {
    shares: Option<[Vec<Decimal>; 3]>,
}

impl Landed {
    /// `lines` are quantity and total of each line; the amounts are tax, shipping and other.
    pub(super) fn of(method: LandedCostMethod, lines: &[Decimal], amounts: [Decimal; 3]) -> Self {
        let shares = match method {
            LandedCostMethod::None => None,
            LandedCostMethod::ByValue => Some(amounts.map(|amount| allocate(amount, lines))),
        };
        Self { shares }
    }

    /// Tax, shipping and other of a line, and what one of its goods costs with them.
    pub(super) fn line(
        &self,
        place: usize,
        quantity: Decimal,
        cost: Decimal,
    ) -> Option<[Decimal; 4]> {
        let [tax, shipping, other] = self.shares.as_ref()?;
        let (tax, shipping, other) = (tax[place], shipping[place], other[place]);
        let more = (tax + shipping + other).checked_div(quantity);
        let landed = cost + more.unwrap_or_default().round_dp(4);
        Some([tax, shipping, other, landed])
    }
}

impl Books {
    pub(crate) fn wire_receipt(&self, receipt: &Receipt, nulls: bool) -> Value {
        let totals: Vec<Decimal> = receipt
            .lines
            .iter()
            .map(|line| line.goods.total())
            .collect();
        let other = receipt.other.unwrap_or_default();
        let head = [receipt.tax, receipt.shipping, other];
        let landed = Landed::of(receipt.landed_cost_method, &totals, head);
        let lines = receipt.lines.iter().enumerate().map(|(place, line)| {
            let goods = &line.goods;
            let shares = landed.line(place, goods.quantity, goods.cost);
            let share = |n: usize| shares.map(|shares| number(shares[n]));
            let [general, cost_of_sale, asset] = goods.accounts.wire(self, false);
            json!({
                "id": line.id, "skuId": goods.sku, "name": goods.name, "code": goods.code,
                "description": goods.description, "quantity": number(goods.quantity),
                "cost": number(goods.cost), "generalLedgerAccount": general,
                "costOfSaleAccount": cost_of_sale, "assetAccount": asset,
                "purchaseOrderItemId": line.order_line, "budgetCodeId": null,
                "allocatedTax": share(0), "allocatedShipping": share(1),
                "allocatedOtherCosts": share(2), "fullyLandedUnitCost": share(3),
            })
        });
        let lines: Vec<Value> = lines.collect();
        let row = json!({
            "id": receipt.id, "active": receipt.active, "number": receipt.number,
            "vendorInvoiceNumber": receipt.vendor_invoice_number, "createdById": MADE_BY,
            "memo": receipt.memo, "purchaseOrderId": receipt.order_id,
            "billId": receipt.bill_id, "jobId": receipt.job_id,
            "businessUnitId": receipt.business_unit_id, "vendorId": receipt.vendor_id,
            "technicianId": null, "inventoryLocationId": receipt.place_id,
            "shipTo": receipt.ship_to, "shipToDescription": receipt.ship_to_description,
            "receiptAmount": number(receipt.total()), "taxAmount": number(receipt.tax),
            "shippingAmount": number(receipt.shipping), "receivedOn": receipt.received_on,
            "createdOn": receipt.created_on, "modifiedOn": receipt.modified_on,
            "batchId": null, "syncStatus": receipt.sync_status, "budgetCodeId": null,
            "landedCostMethod": receipt.landed_cost_method,
            "otherAmount": receipt.other.map(number), "items": lines,
            "customFields": receipt.custom_fields,
        });
        self.finish(Kind::Receipt, receipt.id.0, object(row), nulls)
    }
}
