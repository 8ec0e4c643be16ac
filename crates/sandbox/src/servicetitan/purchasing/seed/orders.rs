//! Purchase orders from a seed, each led through a life of its own by the rules that people and
//! the API are held to: every twelve of them stand in all states.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

use super::{ITEM_DRAWS, KINDS, PLACES_FROM, TRUCKS_FROM, percent, sku_id};
use crate::servicetitan::books::{Books, Ids};
use crate::servicetitan::jobs;
use crate::servicetitan::options::TenantSeed;
use crate::servicetitan::purchasing::bill::{Bill, Expense};
use crate::servicetitan::purchasing::item::ItemKind;
use crate::servicetitan::purchasing::money::to_cents;
use crate::servicetitan::purchasing::order::PurchaseOrder;
use crate::servicetitan::purchasing::ordering::{NewLine, NewOrder, OrderEdit, midnight};
use crate::servicetitan::purchasing::receipt::{Receipt, SyncStatus};
use crate::servicetitan::purchasing::receiving::{Earlier, NewReceipt, ReceivedLine};
use crate::servicetitan::purchasing::returned::{ApCredit, Return};
use crate::servicetitan::purchasing::returning::{NewReturn, credit};
use crate::servicetitan::purchasing::{OrderStatus, Purchasing, ReturnStatus};
use crate::servicetitan::record::{
    Appointment, AppointmentId, BillId, BillLineId, BusinessUnitId, GlAccountId, InvoiceId, Job,
    JobId, OrderTypeId, PlaceId, PurchaseOrderId,
};
use crate::servicetitan::seed::{offset, rng};
use crate::servicetitan::table::Table;

const ORDERS_FROM: i64 = 600_000_000;
/// Ids of an order, its lines, receipts, bills and all that hangs on them.
const IDS_PER_ORDER: i64 = 100;
const ORDER_DRAWS: u64 = ITEM_DRAWS ^ 0x6f72_6465_7273;

/// The id of the `index`th seeded purchase order, counting from 0. Its state depends on the
/// index: of any twelve from a multiple of twelve on, 3 is Pending, 1 and 7 are Sent, 2 and 8
/// partially received, 5 is Canceled, 6 Exported, the others are Received.
#[must_use]
pub fn purchase_order_id(index: usize) -> PurchaseOrderId {
    PurchaseOrderId(ORDERS_FROM + offset(index) * IDS_PER_ORDER)
}

/// What was drawn.
#[derive(Default)]
struct Drawn {
    orders: Vec<PurchaseOrder>,
    receipts: Vec<Receipt>,
    bills: Vec<Bill>,
    returns: Vec<Return>,
    credits: Vec<ApCredit>,
    jobs: Vec<Job>,
    appointments: Vec<Appointment>,
}

impl Books {
    /// Draws the orders of a tenant whose other tables are filled.
    pub(crate) fn draw_orders(&mut self, seed: u64, tenant: &TenantSeed, until: Timestamp) {
        let mut drawn = Drawn::default();
        if tenant.orders == 0 || tenant.vendors == 0 || tenant.items == 0 {
            return;
        }
        for index in 0..tenant.orders {
            let life = Life {
                books: self,
                tenant,
                index,
                rng: rng(seed ^ ORDER_DRAWS, tenant, index as u64),
                ids: Ids::from(purchase_order_id(index).0),
                now: until,
            };
            life.run(&mut drawn);
        }
        self.jobs = Table::seeded(drawn.jobs);
        self.appointments = Table::seeded(drawn.appointments);
        self.purchasing.orders = Table::seeded(drawn.orders);
        self.purchasing.receipts = Table::seeded(drawn.receipts);
        self.purchasing.bills = Table::seeded(drawn.bills);
        self.purchasing.returns = Table::seeded(drawn.returns);
        self.purchasing.credits = Table::seeded(drawn.credits);
    }
}

/// The life of one order.
struct Life<'a> {
    books: &'a Books,
    tenant: &'a TenantSeed,
    index: usize,
    rng: ChaCha8Rng,
    ids: Ids,
    /// Moves on with each step.
    now: Timestamp,
}

impl Life<'_> {
    fn tables(&self) -> &Purchasing {
        &self.books.purchasing
    }

    fn days(&mut self, days: i64) {
        self.now += SignedDuration::from_hours(24 * days);
    }

    fn run(mut self, drawn: &mut Drawn) {
        let age = SignedDuration::new(
            self.rng.random_range(40 * 86_400..700 * 86_400),
            self.rng.random_range(0..10_000_000) * 100,
        );
        self.now -= age;
        let step = self.index % 12;
        // The order's own id is the first, so its job is made later.
        let mut order = self.draft(step);
        self.job(&mut order, drawn);
        if step != 3 {
            self.days(1);
            order.sent_on = Some(self.now);
            order.settle(self.now);
            order.modified_on = self.now;
        }
        match step {
            1 | 3 => {}
            5 => {
                self.days(1);
                order.status = OrderStatus::Canceled;
                order.modified_on = self.now;
            }
            7 => self.shorten(&mut order),
            2 => self.partly(&mut order, drawn, false),
            8 => {
                self.partly(&mut order, drawn, true);
                self.partly(&mut order, drawn, false);
            }
            _ => self.whole(&mut order, step, drawn),
        }
        if self.index % 8 == 5 {
            self.typed_in(&order, drawn);
        }
        drawn.orders.push(order);
    }

    fn draft(&mut self, step: usize) -> PurchaseOrder {
        let vendor = super::vendor_id(self.rng.random_range(0..self.tenant.vendors));
        let unit = BusinessUnitId(self.rng.random_range(1..=5));
        let count = self.rng.random_range(1..=5);
        let mut lines: Vec<NewLine> = (0..count).map(|_| self.line()).collect();
        if let Some(first) = lines.first_mut() {
            // Enough to come in parts.
            first.quantity += Decimal::from(if matches!(step, 2 | 4 | 8) { 4 } else { 0 });
        }
        let value = |line: &NewLine| to_cents(line.quantity * line.cost.unwrap_or_default());
        let mut subtotal: Decimal = lines.iter().map(value).sum();
        if self.index % 5 == 2
            && let Some(first) = lines.first()
        {
            let off = to_cents(subtotal * Decimal::new(5, 2));
            let description = Some("<p>Volume discount</p>".to_owned());
            let discount = NewLine {
                description,
                ..NewLine::new(first.sku, Decimal::ONE, -off)
            };
            lines.push(discount);
            subtotal -= off;
        }
        let tax = if percent(&mut self.rng, 60) {
            to_cents(subtotal * Decimal::new(825, 4))
        } else {
            Decimal::ZERO
        };
        let shipping = if percent(&mut self.rng, 40) {
            Decimal::new(self.rng.random_range(500..15_000), 2)
        } else {
            Decimal::ZERO
        };
        let new = NewOrder {
            vendor,
            business_unit: unit,
            rest: OrderEdit {
                lines: Some(lines),
                tax: Some(tax),
                shipping: Some(shipping),
                order_type: Some(OrderTypeId(if self.index % 7 == 3 { 2 } else { 1 })),
                place: Some(self.place()),
                impacts_technician_payroll: Some(percent(&mut self.rng, 10)),
                ..OrderEdit::default()
            },
        };
        let drafted = self.books.purchasing.draft(new, &mut self.ids, self.now);
        let mut order = drafted.expect("seeded orders refer to seeded rows");
        order.number = (10_001 + self.index).to_string();
        order
    }

    /// Mostly the main warehouse, else the yard or a truck.
    fn place(&self) -> PlaceId {
        PlaceId(match self.index % 6 {
            1 => PLACES_FROM + 1,
            4 => TRUCKS_FROM,
            _ => PLACES_FROM,
        })
    }

    /// Something to buy: services are passed over.
    fn line(&mut self) -> NewLine {
        let mut index = self.rng.random_range(0..self.tenant.items);
        if KINDS[index % KINDS.len()] == ItemKind::Service {
            index -= 1;
        }
        let item = self.tables().item(sku_id(index)).cloned();
        let item = item.expect("an item of this index was drawn");
        let loose = matches!(item.unit_of_measure.as_deref(), Some("Foot" | "FT" | "lb"));
        let quantity = match item.kind {
            ItemKind::Equipment => Decimal::from(self.rng.random_range(1..4)),
            _ if loose => Decimal::new(self.rng.random_range(4..200) * 25, 2),
            _ => Decimal::from(self.rng.random_range(1..25)),
        };
        // Some vendors give a price of their own, to a hundredth of a cent.
        let cost = if percent(&mut self.rng, 20) {
            (item.cost * Decimal::new(9_137, 4)).round_dp(4)
        } else {
            item.cost
        };
        NewLine::new(item.id, quantity, cost)
    }

    /// Three of five orders are for a job, which is not always of the order's unit.
    fn job(&mut self, order: &mut PurchaseOrder, drawn: &mut Drawn) {
        let customers = self.tenant.customers;
        if self.index % 5 > 2 || customers == 0 {
            return;
        }
        let customer = crate::servicetitan::seed::customer_id(self.rng.random_range(0..customers));
        let Some(location) = self.books.locations_of(customer).next() else {
            return;
        };
        let (id, visit) = (JobId(self.ids.draw()), AppointmentId(self.ids.draw()));
        let made = self.now;
        let invoice = InvoiceId(self.ids.draw());
        let mut job = jobs::job(id, customer, location.id, visit, invoice, made);
        let visit = jobs::appointment(visit, id, customer, made);
        job.business_unit_id = if percent(&mut self.rng, 70) {
            order.business_unit_id
        } else {
            BusinessUnitId(order.business_unit_id.0 % 5 + 1)
        };
        order.job_id = Some(id);
        drawn.jobs.push(job);
        drawn.appointments.push(visit);
    }

    /// A sent order loses its last line.
    fn shorten(&mut self, order: &mut PurchaseOrder) {
        self.days(1);
        let kept = order.lines.len().saturating_sub(1).max(1);
        let lines = order.lines.iter().take(kept).map(NewLine::keep).collect();
        let edit = OrderEdit {
            lines: Some(lines),
            ..OrderEdit::default()
        };
        let edited = self
            .books
            .purchasing
            .rewrite(order, edit, &mut self.ids, self.now);
        edited.expect("a sent order can be changed");
        order.modified_on = self.now;
    }

    /// Two of the first line come.
    fn partly(&mut self, order: &mut PurchaseOrder, drawn: &mut Drawn, post: bool) {
        let first = order.lines.first().expect("an order has a line").id;
        let new = NewReceipt::some(&self.invoice_number(), [(first, Decimal::from(2))]);
        let (receipt, mut bill) = self.receive(order, new, drawn);
        let mut receipt = receipt;
        if post {
            self.post(&mut receipt, &mut bill);
        }
        drawn.receipts.push(receipt);
        drawn.bills.push(bill);
    }

    /// All comes, in one or two parts, and what became of its bills.
    fn whole(&mut self, order: &mut PurchaseOrder, step: usize, drawn: &mut Drawn) {
        if step == 4 {
            self.partly(order, drawn, true);
        }
        let mut new = NewReceipt::rest(&self.invoice_number());
        if step == 10 {
            new.lines = Some(dearer(order));
        }
        let (mut receipt, mut bill) = self.receive(order, new, drawn);
        if step != 9 {
            self.post(&mut receipt, &mut bill);
        }
        if step == 6 {
            self.days(1);
            for status in [&mut receipt.sync_status, &mut bill.sync_status] {
                *status = SyncStatus::Exported;
            }
            order.status = OrderStatus::Exported;
            receipt.modified_on = self.now;
            bill.modified_on = self.now;
            order.modified_on = self.now;
        }
        if self.index % 24 == 11 {
            self.days(1);
            bill.active = false;
            bill.canceled_on = Some(self.now);
            bill.modified_on = self.now;
        }
        if self.index % 24 == 23 || self.index.is_multiple_of(36) {
            self.send_back(&receipt, self.index % 24 == 23, drawn);
        }
        drawn.receipts.push(receipt);
        drawn.bills.push(bill);
    }

    fn invoice_number(&mut self) -> String {
        format!("INV-{}", self.rng.random_range(100_000..999_999))
    }

    fn receive(
        &mut self,
        order: &mut PurchaseOrder,
        new: NewReceipt,
        drawn: &Drawn,
    ) -> (Receipt, Bill) {
        let days = self.rng.random_range(1..8);
        self.days(days);
        // The order's own receipts are the last ones drawn.
        let before = || {
            let latest = drawn.receipts.iter().rev();
            latest.take_while(|row| row.order_id == order.id)
        };
        let earlier = Earlier {
            count: before().count(),
            tax: before().map(|row| row.tax).sum(),
            shipping: before().map(|row| row.shipping).sum(),
        };
        let term = self.books.term_of(order.vendor_id);
        let received =
            self.books
                .purchasing
                .receive(order, new, &earlier, term, &mut self.ids, self.now);
        let received = received.expect("a sent order can be received");
        order.modified_on = self.now;
        (received.receipt, received.bill)
    }

    fn post(&mut self, receipt: &mut Receipt, bill: &mut Bill) {
        self.days(1);
        bill.post(self.ids.draw(), self.now);
        receipt.sync_status = bill.sync_status;
        bill.modified_on = self.now;
        receipt.modified_on = self.now;
    }

    fn send_back(&mut self, receipt: &Receipt, credited: bool, drawn: &mut Drawn) {
        self.days(2);
        let Some(line) = receipt.lines.first() else {
            return;
        };
        let new = NewReturn {
            receipt: receipt.id,
            lines: vec![(line.id, line.goods.quantity.min(Decimal::ONE))],
            tax: Decimal::ZERO,
            shipping: Decimal::ZERO,
            restocking_fee: Decimal::ZERO,
            reference_number: format!("RMA-{}", self.rng.random_range(1_000..9_999)),
        };
        let drafted = Purchasing::send_back(receipt, new, &mut self.ids, self.now);
        let mut returned = drafted.expect("one of what came can go back");
        if credited {
            self.days(3);
            returned.status = ReturnStatus::CreditReceived;
            returned.returned_on = Some(self.now);
            returned.credit_received_on = Some(self.now);
            returned.sync_status = SyncStatus::Posted;
            returned.modified_on = self.now;
            let mut credit = credit(&returned, &mut self.ids, self.now);
            credit.sync_status = SyncStatus::Posted;
            drawn.credits.push(credit);
        }
        drawn.returns.push(returned);
    }

    /// A bill of the same vendor without an order.
    fn typed_in(&mut self, order: &PurchaseOrder, drawn: &mut Drawn) {
        let (id, date) = (BillId(self.ids.draw()), midnight(self.now));
        let expense = |ids: &mut Ids, cents, description: &str, account| Expense {
            id: BillLineId(ids.draw()),
            amount: Decimal::new(cents, 2),
            description: description.to_owned(),
            account: Some(GlAccountId(account)),
        };
        let cents = self.rng.random_range(1_000..90_000);
        let expenses = vec![
            expense(&mut self.ids, cents, "Shop supplies", 10),
            expense(&mut self.ids, 2_500, "Delivery", 5),
        ];
        let vendor_number = self.invoice_number();
        let term = self.books.term_of(order.vendor_id);
        let mut bill = Bill {
            expenses,
            vendor_number,
            term_name: term.map(|term| term.name.clone()),
            ..Bill::blank(id, order.vendor_id, order.business_unit_id, date, self.now)
        };
        if self.index % 16 == 5 {
            bill.post(self.ids.draw(), self.now);
        }
        drawn.bills.push(bill);
    }
}

/// All of an order, its first line dearer than ordered.
fn dearer(order: &PurchaseOrder) -> Vec<ReceivedLine> {
    let lines = order.active_lines().enumerate();
    lines
        .map(|(place, line)| ReceivedLine {
            line: line.id,
            quantity: line.open(),
            cost: (place == 0).then(|| line.cost + Decimal::new(12_345, 4)),
        })
        .collect()
}
