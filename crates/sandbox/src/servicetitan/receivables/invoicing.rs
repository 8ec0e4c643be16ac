//! What happens to invoices: made empty when a job is booked, filled, batched, posted, exported.
//! Posting locks lines, tax and date until it is taken back; exporting locks them for good, and
//! then an adjustment is the only way to correct one.

mod line;
mod posting;

pub use line::{InvoiceLineEdit, NewInvoiceLine};
pub(super) use posting::{Adjustment, Mark};

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};

use super::dealing::InvoiceRef;
use super::invoice::{Invoice, InvoiceConfiguration, ReviewStatus};
use super::set;
use super::tax::{InvoiceTax, TaxCode};
use crate::servicetitan::act::Refusal;
use crate::servicetitan::books::Books;
use crate::servicetitan::purchasing::{SyncStatus, due, midnight};
use crate::servicetitan::record::{
    BusinessUnitId, Cents, CustomerId, InvoiceId, Job, JobId, LocationId,
};
use crate::servicetitan::rot::Kind;

/// What is to be changed of an invoice's header; what is None stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of an invoice")]
pub struct InvoiceEdit {
    pub summary: Option<String>,
    pub invoice_date: Option<Timestamp>,
    pub due_date: Option<Timestamp>,
    pub review_status: Option<ReviewStatus>,
    pub business_unit: Option<BusinessUnitId>,
    pub location: Option<LocationId>,
}

/// An invoice that hangs on no job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of an invoice")]
pub struct NewInvoice {
    pub customer: CustomerId,
    pub business_unit: BusinessUnitId,
    /// A project's when it is given, else sold over the counter.
    #[serde(default)]
    pub project: Option<i64>,
    pub lines: Vec<NewInvoiceLine>,
    #[serde(default)]
    pub tax: InvoiceTax,
}

pub(super) fn refused(id: InvoiceId, why: impl Into<String>) -> Refusal {
    Refusal::State {
        kind: Kind::Invoice,
        id: id.0,
        why: why.into(),
    }
}

fn unknown(kind: Kind, id: i64) -> Refusal {
    Refusal::Unknown { kind, id }
}

impl Invoice {
    /// An empty one, made now.
    fn blank(
        id: InvoiceId,
        configuration: InvoiceConfiguration,
        customer: CustomerId,
        unit: BusinessUnitId,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            active: true,
            configuration,
            number: id.to_string(),
            sync_status: SyncStatus::Pending,
            review_status: ReviewStatus::NeedsReview,
            invoice_date: None,
            due_date: None,
            term_name: None,
            customer_id: customer,
            location_id: None,
            business_unit_id: unit,
            job_id: None,
            project_id: None,
            summary: None,
            lines: Vec::new(),
            tax: InvoiceTax::default(),
            tax_code: None,
            paid: Decimal::ZERO,
            paid_on: None,
            batch: None,
            adjustment_to: None,
            external_id: None,
            external_message: None,
            bypassed: false,
            custom_fields: Vec::new(),
            created_on: now,
            modified_on: now,
        }
    }

    /// The empty one that a job gets when it is booked.
    pub(crate) fn of_job(job: &Job) -> Self {
        let id = job.invoice_id;
        let kind = InvoiceConfiguration::JobInvoice;
        Self {
            number: job.job_number.clone(),
            location_id: Some(job.location_id),
            job_id: Some(job.id),
            ..Self::blank(
                id,
                kind,
                job.customer_id,
                job.business_unit_id,
                job.created_on,
            )
        }
    }

    /// Notes when nothing was open any more, or that something is again.
    fn settle(&mut self, on: Timestamp) {
        let settled = !self.total().is_zero() && self.balance().is_zero();
        self.paid_on = settled.then(|| self.paid_on.unwrap_or(midnight(on)));
    }
}

impl Books {
    /// The invoice that is meant.
    pub(super) fn invoice(&self, of: InvoiceRef) -> Result<&Invoice, Refusal> {
        let id = match of {
            InvoiceRef::Invoice(id) => id,
            InvoiceRef::Job(job) => {
                let job = self.jobs.get(job.0).ok_or(unknown(Kind::Job, job.0))?;
                job.invoice_id
            }
        };
        let invoices = &self.receivables.invoices;
        invoices.get(id.0).ok_or(unknown(Kind::Invoice, id.0))
    }

    /// One whose lines, tax and date may change.
    fn open_invoice(&self, of: InvoiceRef) -> Result<Invoice, Refusal> {
        let invoice = self.invoice(of)?;
        if !invoice.active {
            return Err(refused(invoice.id, "it is hidden"));
        }
        if invoice.sync_status != SyncStatus::Pending {
            let why = format!("it is {:?} and locked", invoice.sync_status);
            return Err(refused(invoice.id, why));
        }
        Ok(invoice.clone())
    }

    /// Keeps an invoice as it has become: the feed of lines follows it, its customer owes more or
    /// less, its job comes to as much as it, and subscribers are told.
    pub(super) fn keep_invoice(
        &mut self,
        mut invoice: Invoice,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) {
        let before = self.receivables.invoices.get(invoice.id.0).cloned();
        let stamp = self.receivables.lines.latest().max(now);
        invoice.settle(now);
        let old = |id| {
            let lines = before.iter().flat_map(|before| &before.lines);
            lines.into_iter().find(move |line| line.id == id)
        };
        for line in &mut invoice.lines {
            line.active = invoice.active;
            if old(line.id) != Some(line) {
                line.modified_on = stamp;
                self.receivables.lines.put(line.clone(), now, lag);
            }
        }
        for line in before.iter().flat_map(|before| &before.lines) {
            if !invoice.lines.iter().any(|kept| kept.id == line.id) {
                let mut line = line.clone();
                line.active = false;
                self.receivables.lines.put(line, now, lag);
            }
        }
        let worth = before.as_ref().map_or(Decimal::ZERO, Invoice::worth);
        self.owe(invoice.customer_id, invoice.worth() - worth, now);
        self.come_to(&invoice, now);
        let id = invoice.id;
        self.receivables.invoices.put(invoice, now, lag);
        self.announce_invoice("tn.acc.invoice-updated", id);
    }

    /// A customer owes more, or less.
    pub(super) fn owe(&mut self, customer: CustomerId, amount: Decimal, now: Timestamp) {
        let cents = (amount * Decimal::ONE_HUNDRED).round().to_i64();
        let cents = cents.expect("an amount of money fits an i64 of cents");
        if cents != 0 {
            self.customers
                .change(customer.0, now, |row| row.balance.0 += cents);
        }
    }

    /// A completed job comes to as much as its invoice.
    fn come_to(&mut self, invoice: &Invoice, now: Timestamp) {
        let own = |job: &&Job| job.invoice_id == invoice.id;
        let job = invoice
            .job_id
            .and_then(|id| self.jobs.get(id.0))
            .filter(own);
        let cents = (invoice.total() * Decimal::ONE_HUNDRED).to_i64();
        let Some((job, cents)) = job.zip(cents) else {
            return;
        };
        if job.total.is_some_and(|total| total.0 != cents) {
            self.jobs.change(job.id.0, now, |row| {
                row.total = Some(Cents(cents));
            });
        }
    }

    pub(super) fn set_tax(
        &mut self,
        of: InvoiceRef,
        tax: InvoiceTax,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut invoice = self.open_invoice(of)?;
        self.tax(&mut invoice, tax)?;
        self.keep_invoice(invoice, now, None);
        Ok(())
    }

    fn tax(&self, invoice: &mut Invoice, tax: InvoiceTax) -> Result<(), Refusal> {
        let zones = &self.purchasing.tax_zones;
        let zone = match tax.zone {
            Some(id) => Some(zones.get(id.0).ok_or(unknown(Kind::TaxZone, id.0))?),
            None => None,
        };
        invoice.tax_code = zone.map(TaxCode::of);
        invoice.tax = tax;
        Ok(())
    }

    /// Changes a header. What a posted invoice has locked stays, an exported one has locked all.
    pub(super) fn edit_invoice(
        &mut self,
        of: InvoiceRef,
        edit: InvoiceEdit,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let mut invoice = self.invoice(of)?.clone();
        let status = invoice.sync_status;
        let dated = edit.invoice_date.is_some();
        if status == SyncStatus::Exported || (status == SyncStatus::Posted && dated) {
            return Err(refused(invoice.id, format!("it is {status:?} and locked")));
        }
        if let Some(unit) = edit.business_unit
            && self.business_units.get(unit.0).is_none()
        {
            return Err(unknown(Kind::BusinessUnit, unit.0));
        }
        set(&mut invoice.business_unit_id, edit.business_unit);
        set(&mut invoice.review_status, edit.review_status);
        invoice.summary = edit.summary.or(invoice.summary);
        invoice.location_id = edit.location.or(invoice.location_id);
        if let Some(date) = edit.invoice_date {
            self.date(&mut invoice, date);
        }
        invoice.due_date = edit.due_date.or(invoice.due_date);
        self.keep_invoice(invoice, now, lag);
        Ok(())
    }

    /// Dates an invoice; it is due by its customer's term.
    fn date(&self, invoice: &mut Invoice, at: Timestamp) {
        let date = midnight(at);
        let customer = self.customers.get(invoice.customer_id.0);
        let term = customer.and_then(|row| self.payment_terms.get(row.payment_term_id?.0));
        invoice.invoice_date = Some(date);
        invoice.due_date = Some(due(term, date));
        invoice.term_name = term.map(|term| term.name.clone());
    }

    /// An invoice of a project, or one sold over the counter.
    pub(super) fn invoice_without_job(
        &mut self,
        new: NewInvoice,
        now: Timestamp,
    ) -> Result<InvoiceId, Refusal> {
        self.must_have(new.customer)?;
        if self.business_units.get(new.business_unit.0).is_none() {
            return Err(unknown(Kind::BusinessUnit, new.business_unit.0));
        }
        let id = InvoiceId(self.receivables.ids.draw());
        let made = self.receivables.invoices.latest().max(now);
        let configuration = if new.project.is_some() {
            InvoiceConfiguration::ProjectInvoice
        } else {
            InvoiceConfiguration::CounterSales
        };
        let mut places = self.locations_of(new.customer);
        let mut invoice = Invoice {
            location_id: places.next().map(|row| row.id),
            project_id: new.project,
            ..Invoice::blank(id, configuration, new.customer, new.business_unit, made)
        };
        drop(places);
        self.date(&mut invoice, now);
        self.tax(&mut invoice, new.tax)?;
        self.fill(&mut invoice, new.lines, now)?;
        self.keep_invoice(invoice, now, None);
        Ok(id)
    }

    /// Whether a job may be cancelled, as far as its invoice is concerned.
    pub(crate) fn may_hide_invoice(&self, job: &Job) -> Result<(), Refusal> {
        let invoice = self.invoice(job.invoice_id.into())?;
        if invoice.paid.is_zero() || invoice.sync_status == SyncStatus::Exported {
            return Ok(());
        }
        Err(refused(invoice.id, "payments are applied to it"))
    }

    /// Hides a cancelled job's invoice, unless it was exported.
    pub(crate) fn hide_invoice(&mut self, job: JobId, now: Timestamp) -> Result<(), Refusal> {
        let mut invoice = self.invoice(job.into())?.clone();
        if invoice.sync_status != SyncStatus::Exported {
            invoice.active = false;
            self.keep_invoice(invoice, now, None);
        }
        Ok(())
    }

    /// Shows a hidden invoice again.
    pub(crate) fn show_invoice(&mut self, job: JobId, now: Timestamp) -> Result<(), Refusal> {
        let mut invoice = self.invoice(job.into())?.clone();
        if !invoice.active {
            invoice.active = true;
            self.keep_invoice(invoice, now, None);
        }
        Ok(())
    }

    /// Payments bring an invoice more, or less.
    pub(super) fn pay_invoice(
        &mut self,
        id: InvoiceId,
        amount: Decimal,
        on: Timestamp,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) {
        let Some(mut invoice) = self.receivables.invoices.get(id.0).cloned() else {
            return;
        };
        invoice.paid += amount;
        invoice.settle(on);
        self.keep_invoice(invoice, now, lag);
    }
}
