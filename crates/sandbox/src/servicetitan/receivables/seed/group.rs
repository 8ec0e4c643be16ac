//! A customer's jobs, invoices and payments, one act after the other. A place in a group says which
//! kind stands there.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

use super::Left;
use crate::servicetitan::act::Act;
use crate::servicetitan::books::Books;
use crate::servicetitan::purchasing::{Deed, SyncStatus, sku_id, to_cents};
use crate::servicetitan::receivables::dealing::{Dealing, InvoiceRef};
use crate::servicetitan::receivables::invoicing::{InvoiceEdit, NewInvoice, NewInvoiceLine};
use crate::servicetitan::receivables::paying::NewPayment;
use crate::servicetitan::receivables::tax::InvoiceTax;
use crate::servicetitan::record::{
    AppointmentId, BusinessUnitId, CustomerId, InvoiceId, JobId, PaymentId, PaymentTypeId,
    TaxZoneId, TechnicianId,
};
use crate::servicetitan::seed::offset;

/// The documents of one customer.
pub(super) struct Group<'a> {
    pub(super) books: &'a mut Books,
    pub(super) customer: CustomerId,
    pub(super) items: usize,
    pub(super) index: usize,
    pub(super) rng: ChaCha8Rng,
    /// Moves on with each step.
    pub(super) now: Timestamp,
    pub(super) jobs: Vec<JobId>,
    pub(super) invoices: Vec<InvoiceId>,
    pub(super) payments: Vec<PaymentId>,
}

impl Group<'_> {
    pub(super) fn run(mut self, share: &Left) {
        for place in 0..share.jobs {
            self.job(place);
        }
        // Jobs are used up from the front; what is left of them stays open.
        let mut jobs = std::mem::take(&mut self.jobs).into_iter();
        for place in 0..share.invoices {
            let job = if matches!(place, 3 | 4) {
                None
            } else {
                jobs.next()
            };
            self.hours(7);
            let id = self.invoice(place, job);
            self.invoices.push(id);
        }
        for (place, job) in jobs.enumerate() {
            self.hours(3);
            self.leave(place, job);
        }
        for place in 0..share.payments {
            self.hours(19);
            let id = self.payment(place);
            self.payments.push(id);
            self.status(place, id);
        }
    }

    fn hours(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
    }

    fn act(&mut self, act: impl Into<Act>) -> i64 {
        let done = self.books.act(act.into(), self.now);
        let outcome = done.expect("what the seed does is allowed");
        outcome.id.unwrap_or_default()
    }

    fn unit(&mut self) -> BusinessUnitId {
        BusinessUnitId(self.rng.random_range(1..=5))
    }

    /// A booked job of some unit, with one to three visits and who goes there.
    fn job(&mut self, place: usize) {
        self.hours(5);
        let (customer, location) = (self.customer, None);
        let job = JobId(self.act(Act::BookJob { customer, location }));
        let unit = self.unit();
        self.act(Deed::MoveJob {
            job,
            business_unit: unit,
        });
        let edit = InvoiceEdit {
            business_unit: Some(unit),
            ..InvoiceEdit::default()
        };
        let of = InvoiceRef::Job(job);
        self.act(Dealing::EditInvoice { of, edit });
        let summary = match place % 3 {
            0 => "<p>Water heater &amp; valve</p><ul><li>Bring a ladder</li></ul>",
            1 => "No heat upstairs",
            _ => "<p>Customer says: <b>\"as soon as possible\"</b></p>",
        };
        self.act(Act::UpdateJob {
            job,
            summary: summary.to_owned(),
        });
        for _ in 0..self.rng.random_range(0..3) {
            let hours = self.rng.random_range(4..60);
            self.act(Dealing::AddAppointment { job, hours });
        }
        for visit in self.books.visits_of(job) {
            self.crew(visit);
        }
        self.jobs.push(job);
    }

    /// One or two technicians, of whom one is exchanged now and then.
    fn crew(&mut self, appointment: AppointmentId) {
        let first = self.rng.random_range(0..4);
        let at = |n: usize| TechnicianId([201, 202, 203, 205, 206][n % 5]);
        for n in 0..self.rng.random_range(1..3) {
            let technician = at(first + n);
            self.act(Dealing::AssignTechnician {
                appointment,
                technician,
            });
        }
        if self.rng.random_range(0..5) == 0 {
            let technician = at(first);
            self.act(Dealing::UnassignTechnician {
                appointment,
                technician,
            });
        }
    }

    /// Something that is sold, or an amount where the pricebook is empty.
    fn line(&mut self) -> NewInvoiceLine {
        let price = Decimal::new(self.rng.random_range(500..90_000), 2);
        if self.items == 0 {
            return NewInvoiceLine::discount(price);
        }
        let sku = sku_id(self.rng.random_range(0..self.items));
        let quantity = match self.rng.random_range(0..4) {
            0 => Decimal::new(self.rng.random_range(2..30) * 25, 2),
            _ => Decimal::from(self.rng.random_range(1..6)),
        };
        let listed = self.rng.random_range(0..3) == 0;
        let mut line = NewInvoiceLine::new(sku, quantity, price);
        if listed {
            line.price = None;
        }
        line
    }

    fn lines(&mut self, place: usize) -> Vec<NewInvoiceLine> {
        let count = self.rng.random_range(1..5);
        let mut lines: Vec<NewInvoiceLine> = (0..count).map(|_| self.line()).collect();
        match place {
            // The tax of each is half a cent and more: rounded one by one it is more.
            1 => {
                let cheap = Decimal::new(200, 2);
                let cheap = NewInvoiceLine::discount(cheap).taxable(true);
                lines.extend([cheap.clone(), cheap.clone(), cheap]);
            }
            2 => {
                let mut back = self.line();
                back.quantity = -Decimal::ONE;
                back.price = Some(Decimal::new(499, 2));
                let off = Decimal::new(-self.rng.random_range(100..500), 2);
                let off = NewInvoiceLine::discount(off).described("<p>Loyal customer</p>");
                lines.push(NewInvoiceLine::discount(Decimal::from(150)));
                lines.extend([back, off]);
            }
            7 => {
                let unit = self.unit();
                lines.push(self.line().unit(unit));
            }
            _ => {}
        }
        lines
    }

    fn tax(&mut self, place: usize) -> InvoiceTax {
        let zone = InvoiceTax::zone(TaxZoneId(81 + i64::from(self.rng.random_range(0..10) > 6)));
        match (place, self.rng.random_range(0..8)) {
            (1, _) => InvoiceTax::zone(TaxZoneId(81)).per_line(),
            (7, _) => zone.typed(Decimal::new(self.rng.random_range(100..2_000), 2)),
            (_, 0) => InvoiceTax::default(),
            (_, 1) => InvoiceTax::zone(TaxZoneId(83)),
            (_, 2) => zone.per_line(),
            _ => zone,
        }
    }

    /// An invoice of the kind that its place in the group says, led to its state.
    fn invoice(&mut self, place: usize, job: Option<JobId>) -> InvoiceId {
        let id = match (place, job) {
            (4, _) => self.adjustment(),
            (_, Some(job)) => self.job_invoice(place, job),
            (_, None) => self.project_invoice(place),
        };
        let of = InvoiceRef::Invoice(id);
        self.hours(20);
        match (place, self.index % 3) {
            // Completed, but nobody posted it yet.
            (5, 1) => {}
            (5, 2) => {
                self.act(Dealing::PostInvoice { of });
                self.hours(1);
                self.act(Dealing::UnpostInvoice { of });
            }
            (6, 2) => {
                self.act(Dealing::BypassInvoice { of });
            }
            (6, _) => {
                self.act(Dealing::PostInvoice { of });
                self.hours(2);
                self.act(Dealing::ExportInvoice { of });
            }
            _ => {
                self.act(Dealing::PostInvoice { of });
            }
        }
        id
    }

    fn job_invoice(&mut self, place: usize, job: JobId) -> InvoiceId {
        let of = InvoiceRef::Job(job);
        let nothing = place == 5 && self.index.is_multiple_of(3);
        let lines = match (nothing, self.index.is_multiple_of(2)) {
            // Nothing to pay: no line at all, or two that cancel each other out.
            (true, true) => Vec::new(),
            (true, false) => {
                let amount = Decimal::new(8_950, 2);
                [amount, -amount].map(NewInvoiceLine::discount).into()
            }
            (false, _) => self.lines(place),
        };
        for line in lines {
            self.act(Dealing::AddInvoiceLine { of, line });
        }
        if !nothing {
            let tax = self.tax(place);
            self.act(Dealing::SetInvoiceTax { of, tax });
        }
        for visit in self.books.visits_of(job) {
            self.act(Dealing::StartAppointment { appointment: visit });
        }
        self.hours(2);
        self.act(Act::CompleteJob {
            job,
            total_cents: 0,
        });
        let invoice = self.books.invoice(of);
        invoice.expect("a job has an invoice").id
    }

    fn project_invoice(&mut self, place: usize) -> InvoiceId {
        let project = !self.index.is_multiple_of(4);
        let project = project.then(|| 60_000 + offset(self.index));
        let new = NewInvoice {
            customer: self.customer,
            business_unit: self.unit(),
            project,
            lines: self.lines(place),
            tax: self.tax(place),
        };
        InvoiceId(self.act(Dealing::ProjectInvoice { new }))
    }

    /// Mostly some of the group's first invoice is taken back, now and then something is added.
    fn adjustment(&mut self) -> InvoiceId {
        let of = InvoiceRef::Invoice(self.invoices[0]);
        let back = !self.index.is_multiple_of(4);
        let mut lines = vec![self.line()];
        for line in &mut lines {
            line.quantity = if back { -Decimal::ONE } else { Decimal::ONE };
            line.price = Some(Decimal::new(self.rng.random_range(100..900), 2));
        }
        let summary = Some("<p>Price as agreed</p>".to_owned());
        InvoiceId(self.act(Dealing::AdjustInvoice { of, lines, summary }))
    }

    /// A job that is not invoiced: scheduled, at work, on hold, cancelled.
    fn leave(&mut self, place: usize, job: JobId) {
        match place % 4 {
            0 => {}
            1 => {
                if let Some(appointment) = self.books.visits_of(job).first().copied() {
                    self.act(Dealing::DispatchAppointment { appointment });
                }
            }
            2 => {
                self.act(Dealing::CancelJob { job });
            }
            _ => {
                self.act(Dealing::HoldJob { job });
            }
        }
    }

    /// What is open of an invoice of the group that can be paid.
    fn open(&self, place: usize) -> Option<(InvoiceId, Decimal)> {
        let id = *self.invoices.get(place)?;
        let invoice = self.books.invoice(id.into()).ok()?;
        let open = invoice.balance();
        let ready = invoice.sync_status != SyncStatus::Pending && open > Decimal::ZERO;
        ready.then_some((id, open))
    }

    fn pay(&mut self, total: Decimal, splits: &[(InvoiceId, Decimal)]) -> PaymentId {
        let kind = PaymentTypeId(41 + self.rng.random_range(0..4));
        let mut payment = NewPayment::new(self.customer, total).by(kind);
        payment.splits = splits.to_vec();
        match kind.0 {
            42 => payment.check_number = Some(self.rng.random_range(100..9_999).to_string()),
            43 => payment.auth_code = Some(format!("A{}", self.rng.random_range(10_000..99_999))),
            _ => {}
        }
        PaymentId(self.act(Dealing::TakePayment { payment }))
    }

    /// A payment of the kind that its place in the group says; a deposit where there is nothing
    /// to pay.
    fn payment(&mut self, place: usize) -> PaymentId {
        let part = |amount: Decimal, percent: i64| to_cents(amount * Decimal::new(percent, 2));
        let deposit = Decimal::new(self.rng.random_range(1_000..100_000), 2);
        match place {
            0 => match self.open(1) {
                Some((id, open)) => self.pay(open, &[(id, open)]),
                None => self.pay(deposit, &[]),
            },
            1 => {
                let some = self.open(0).map(|(id, open)| (id, part(open, 60)));
                let splits: Vec<_> = some.into_iter().chain(self.open(2)).collect();
                let total = splits.iter().map(|(_, amount)| *amount).sum();
                let total = if splits.is_empty() { deposit } else { total };
                self.pay(total, &splits)
            }
            2 => match self.open(3) {
                Some((id, open)) => self.pay(part(open, 40), &[(id, part(open, 40))]),
                None => self.pay(deposit, &[]),
            },
            3 => match self.open(3) {
                // The rest, or a part that leaves some of it open.
                Some((id, open)) => {
                    let amount = part(
                        open,
                        if self.index.is_multiple_of(2) {
                            100
                        } else {
                            50
                        },
                    );
                    self.pay(amount, &[(id, amount)])
                }
                None => self.pay(deposit, &[]),
            },
            4 => match self.open(7) {
                Some((id, open)) => self.pay(open + Decimal::from(25), &[(id, open)]),
                None => self.pay(deposit, &[]),
            },
            6 => self.refund(deposit),
            7 => self.moved(deposit),
            _ => self.pay(deposit, &[]),
        }
    }

    /// Some of the first payment is given back out of its invoice, or all of the deposit.
    fn refund(&mut self, deposit: Decimal) -> PaymentId {
        let out_of = self.index.is_multiple_of(2);
        let payment = self.payments.get(if out_of { 0 } else { 5 }).copied();
        let Some(payment) = payment else {
            return self.pay(deposit, &[]);
        };
        let row = self.books.payment(payment).expect("it was taken");
        let invoice = row.splits.first().map(|split| split.invoice);
        let amount = if out_of {
            to_cents(row.total * Decimal::new(25, 2)).max(Decimal::new(1, 2))
        } else {
            row.total
        };
        PaymentId(self.act(Dealing::RefundPayment {
            payment,
            amount,
            invoice,
        }))
    }

    /// Applied to the exported invoice first, to the first one's rest after.
    fn moved(&mut self, deposit: Decimal) -> PaymentId {
        let ends = self.open(6).zip(self.open(0));
        let Some(((from, open), (to, rest))) = ends else {
            return self.pay(deposit, &[]);
        };
        let amount = open.min(rest);
        let payment = self.pay(amount, &[(from, amount)]);
        self.hours(30);
        self.act(Dealing::Unapply {
            payment,
            invoice: from,
        });
        self.hours(1);
        self.act(Dealing::ApplyPayment {
            payment,
            invoice: to,
            amount,
        });
        payment
    }

    /// Of four payments one is Pending, two are Posted, one is Exported.
    fn status(&mut self, place: usize, payment: PaymentId) {
        self.hours(2);
        let status = match (place + self.index) % 4 {
            0 => return,
            3 => SyncStatus::Exported,
            _ => SyncStatus::Posted,
        };
        self.act(Dealing::SetPaymentStatus { payment, status });
    }
}
