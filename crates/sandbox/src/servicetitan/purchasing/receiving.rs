//! Receiving: some lines of an order, some of their quantity. Each receipt makes a bill.

mod request;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Purchasing;
use super::bill::{Bill, BillKind, BillLine};
use super::goods::Goods;
use super::money::to_cents;
use super::order::{LandedCostMethod, OrderStatus, PurchaseOrder};
use super::ordering::midnight;
use super::receipt::{Receipt, ReceiptLine, SyncStatus};
use crate::servicetitan::act::Refusal;
use crate::servicetitan::books::{Books, Ids};
use crate::servicetitan::record::{
    BillId, BillLineId, OrderLineId, PaymentTerm, PurchaseOrderId, ReceiptId, ReceiptLineId,
    VendorId,
};
use crate::servicetitan::rot::Kind;

/// Goods that come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewReceipt {
    /// What came; None: all that is still to come.
    pub lines: Option<Vec<ReceivedLine>>,
    /// Tax; None: all that is left of the order's when nothing is to come any more, else its
    /// share by value.
    pub tax: Option<Decimal>,
    /// Shipping; None: as with tax.
    pub shipping: Option<Decimal>,
    /// Duties and fees.
    pub other: Option<Decimal>,
    /// The vendor's number, which becomes the bill's `vendorNumber`.
    pub vendor_document_number: String,
    /// A remark.
    pub memo: String,
    /// When they came; None: now.
    pub received_on: Option<Timestamp>,
}

/// A line that comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedLine {
    /// Which line of the order.
    pub line: OrderLineId,
    /// How many; more than ordered is taken too.
    pub quantity: Decimal,
    /// What one costs on the vendor's invoice; None: as ordered.
    #[serde(default)]
    pub cost: Option<Decimal>,
}

impl NewReceipt {
    /// All that is still to come.
    #[must_use]
    pub fn rest(vendor_document_number: &str) -> Self {
        Self {
            vendor_document_number: vendor_document_number.to_owned(),
            ..Self::default()
        }
    }

    /// Some of it.
    #[must_use]
    pub fn some(
        vendor_document_number: &str,
        lines: impl IntoIterator<Item = (OrderLineId, Decimal)>,
    ) -> Self {
        let lines = lines.into_iter().map(|(line, quantity)| ReceivedLine {
            line,
            quantity,
            cost: None,
        });
        Self {
            lines: Some(lines.collect()),
            ..Self::rest(vendor_document_number)
        }
    }
}

fn refused(kind: Kind, id: i64, why: impl Into<String>) -> Refusal {
    let why = why.into();
    Refusal::State { kind, id, why }
}

/// A receipt and its bill that are in no table yet.
pub(super) struct Received {
    pub(super) receipt: Receipt,
    pub(super) bill: Bill,
}

/// What earlier receipts of the order hold.
pub(super) struct Earlier {
    /// How many, cancelled ones too.
    pub(super) count: usize,
    pub(super) tax: Decimal,
    pub(super) shipping: Decimal,
}

impl Purchasing {
    fn earlier(&self, order: PurchaseOrderId) -> Earlier {
        let all = self.receipts_of(order);
        let active = || self.receipts_of(order).filter(|receipt| receipt.active);
        Earlier {
            count: all.count(),
            tax: active().map(|receipt| receipt.tax).sum(),
            shipping: active().map(|receipt| receipt.shipping).sum(),
        }
    }

    pub(crate) fn receipts_of(&self, order: PurchaseOrderId) -> impl Iterator<Item = &Receipt> {
        let ids = self.receipts.owned_by(order.0);
        ids.filter_map(|id| self.receipts.get(id))
    }

    /// Takes goods in on an order that is still open, and bills them.
    pub(super) fn receive(
        &self,
        order: &mut PurchaseOrder,
        new: NewReceipt,
        earlier: &Earlier,
        term: Option<&PaymentTerm>,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<Received, Refusal> {
        let closed = refused(
            Kind::PurchaseOrder,
            order.id.0,
            format!("it is {:?} and nothing is to come", order.status),
        );
        let open = matches!(
            order.status,
            OrderStatus::Pending | OrderStatus::Sent | OrderStatus::PartiallyReceived
        );
        let came = new.lines.unwrap_or_else(|| {
            let lines = order.active_lines().filter(|line| !line.open().is_zero());
            lines
                .map(|line| ReceivedLine {
                    line: line.id,
                    quantity: line.open(),
                    cost: None,
                })
                .collect()
        });
        if !open || came.is_empty() {
            return Err(closed);
        }
        let (id, bill_id) = (ReceiptId(ids.draw()), BillId(ids.draw()));
        let at = new.received_on.unwrap_or(now);
        let lines = self.take_in(order, &came, ids, now)?;
        order.sent_on = order.sent_on.or(Some(now));
        order.settle(at);
        let value: Decimal = lines.iter().map(|line| line.goods.total()).sum();
        let left = |all: Decimal, taken: Decimal| match order.status {
            OrderStatus::Received => all - taken,
            _ => match (all * value).checked_div(order.subtotal()) {
                Some(share) => to_cents(share),
                None => Decimal::ZERO,
            },
        };
        let method = self.order_types.get(order.type_id.0);
        let receipt = Receipt {
            id,
            active: true,
            number: format!("R-{}-{}", order.number, earlier.count + 1),
            order_id: order.id,
            bill_id,
            job_id: order.job_id,
            business_unit_id: order.business_unit_id,
            vendor_id: order.vendor_id,
            place_id: order.place_id,
            ship_to: order.ship_to.clone(),
            ship_to_description: order.ship_to_description.clone(),
            vendor_invoice_number: new.vendor_document_number,
            memo: new.memo,
            received_on: at,
            tax: new.tax.unwrap_or_else(|| left(order.tax, earlier.tax)),
            shipping: new
                .shipping
                .unwrap_or_else(|| left(order.shipping, earlier.shipping)),
            other: new.other,
            landed_cost_method: method
                .map_or(LandedCostMethod::None, |kind| kind.landed_cost_method),
            sync_status: SyncStatus::Pending,
            lines,
            custom_fields: Vec::new(),
            created_on: now,
            modified_on: now,
        };
        let number = format!("{}-{}", order.number, earlier.count + 1);
        let bill = bill_of(&receipt, number, term, ids, now);
        Ok(Received { receipt, bill })
    }

    fn take_in(
        &self,
        order: &mut PurchaseOrder,
        came: &[ReceivedLine],
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<Vec<ReceiptLine>, Refusal> {
        let order_id = order.id.0;
        let take = |new: &ReceivedLine| {
            let unknown = format!("it has no line {}", new.line);
            let mut lines = order.lines.iter_mut();
            let line = lines
                .find(|line| line.active && line.id == new.line)
                .ok_or(refused(Kind::PurchaseOrder, order_id, unknown))?;
            if new.quantity <= Decimal::ZERO {
                let why = format!("{} of line {} cannot come", new.quantity, line.id);
                return Err(refused(Kind::PurchaseOrder, order_id, why));
            }
            line.received += new.quantity;
            line.modified_on = now;
            let goods = Goods::ordered(line, new.quantity, self);
            let cost = new.cost.unwrap_or(goods.cost);
            Ok(ReceiptLine {
                id: ReceiptLineId(ids.draw()),
                order_line: line.id,
                goods: Goods { cost, ..goods },
            })
        };
        came.iter().map(take).collect()
    }
}

/// When a bill of this date is due.
pub(crate) fn due(term: Option<&PaymentTerm>, date: Timestamp) -> Timestamp {
    let Some(term) = term else { return date };
    if term.due_day_type == "NumberOfDays" {
        return date + SignedDuration::from_hours(24 * i64::from(term.due_day));
    }
    let day = date.to_zoned(jiff::tz::TimeZone::UTC).date();
    let next = day.last_of_month().tomorrow();
    let due = next.ok().and_then(|first| {
        let day = i8::try_from(term.due_day).ok()?;
        let due = first.with().day(day).build().ok()?;
        Some(due.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    });
    due.unwrap_or(date)
}

fn bill_of(
    receipt: &Receipt,
    number: String,
    term: Option<&PaymentTerm>,
    ids: &mut Ids,
    now: Timestamp,
) -> Bill {
    let date = midnight(receipt.received_on);
    let lines = receipt.lines.iter().map(|line| BillLine {
        id: BillLineId(ids.draw()),
        receipt_line: Some(line.id),
        goods: line.goods.clone(),
    });
    let blank = Bill::blank(
        receipt.bill_id,
        receipt.vendor_id,
        receipt.business_unit_id,
        date,
        now,
    );
    Bill {
        kind: BillKind::Procurement,
        order_id: Some(receipt.order_id),
        receipt_id: Some(receipt.id),
        reference_number: number,
        vendor_number: receipt.vendor_invoice_number.clone(),
        summary: receipt.memo.clone(),
        due_date: due(term, date),
        term_name: term.map(|term| term.name.clone()),
        tax: receipt.tax,
        shipping: receipt.shipping,
        other: receipt.other,
        landed_cost_method: receipt.landed_cost_method,
        job_id: receipt.job_id,
        place_id: Some(receipt.place_id),
        ship_to: receipt.ship_to.clone(),
        ship_to_description: receipt.ship_to_description.clone(),
        lines: lines.collect(),
        ..blank
    }
}

impl Books {
    /// When a vendor's bills are due.
    pub(super) fn term_of(&self, vendor: VendorId) -> Option<&PaymentTerm> {
        let vendor = self.purchasing.vendors.get(vendor.0)?;
        self.payment_terms.get(vendor.payment_term_id?.0)
    }

    /// Takes goods in; gives the receipt's id.
    pub(super) fn receive(
        &mut self,
        id: PurchaseOrderId,
        new: NewReceipt,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<ReceiptId, Refusal> {
        let mut order = self.order(id)?.clone();
        let earlier = self.purchasing.earlier(id);
        let vendor = self.purchasing.vendors.get(order.vendor_id.0);
        let term = vendor.and_then(|row| self.payment_terms.get(row.payment_term_id?.0));
        let received =
            self.purchasing
                .receive(&mut order, new, &earlier, term, &mut self.ids, now)?;
        let id = received.receipt.id;
        self.purchasing.orders.put(order, now, lag);
        self.purchasing.receipts.put(received.receipt, now, lag);
        self.purchasing.bills.put(received.bill, now, lag);
        Ok(id)
    }

    /// Takes a receipt back: its bill is deleted, the order waits for the goods again.
    pub(super) fn cancel_receipt(
        &mut self,
        id: ReceiptId,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let kind = Kind::Receipt;
        let found = self.purchasing.receipts.get(id.0).cloned();
        let mut receipt = found.ok_or(Refusal::Unknown { kind, id: id.0 })?;
        if !receipt.active || receipt.sync_status == SyncStatus::Exported {
            return Err(refused(kind, id.0, "it is cancelled or exported already"));
        }
        let mut order = self.order(receipt.order_id)?.clone();
        for came in &receipt.lines {
            let mut lines = order.lines.iter_mut();
            if let Some(line) = lines.find(|line| line.id == came.order_line) {
                line.received -= came.goods.quantity;
            }
        }
        order.received_on = None;
        order.settle(now);
        receipt.active = false;
        if let Some(mut bill) = self.purchasing.bills.get(receipt.bill_id.0).cloned() {
            bill.active = false;
            bill.canceled_on = Some(now);
            self.purchasing.bills.put(bill, now, lag);
        }
        self.purchasing.receipts.put(receipt, now, lag);
        self.purchasing.orders.put(order, now, lag);
        Ok(())
    }
}
