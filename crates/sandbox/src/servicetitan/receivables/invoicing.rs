//! What happens to invoices: made empty when a job is booked, filled, batched, posted, exported.
//! Posting locks lines, tax and date until it is taken back; exporting locks them for good, and
//! then an adjustment is the only way to correct one.

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Serialize};

use super::dealing::InvoiceRef;
use super::invoice::{Invoice, InvoiceConfiguration, InvoiceLine, LineKind, ReviewStatus};
use super::set;
use super::tax::{InvoiceTax, TaxCode};
use crate::servicetitan::act::Refusal;
use crate::servicetitan::books::Books;
use crate::servicetitan::purchasing::{Accounts, Batch, ItemKind, SyncStatus, due, midnight};
use crate::servicetitan::record::{
    BusinessUnitId, Cents, CustomerId, InvoiceId, InvoiceLineId, Job, JobId, LocationId, SkuId,
};
use crate::servicetitan::rot::Kind;

/// The item of lines that take something off; the pricebook's lists do not have it.
pub(super) const PRICE_MODIFIER: SkuId = SkuId(590_000_001);

/// The item of work where the pricebook has no services.
const PLAIN_WORK: SkuId = SkuId(590_000_002);

/// A line to be put on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a line")]
pub struct NewInvoiceLine {
    /// None for a discount or a fee.
    #[serde(default)]
    pub sku: Option<SkuId>,
    pub quantity: Decimal,
    /// The item's price when it is None.
    #[serde(default)]
    pub price: Option<Decimal>,
    #[serde(default)]
    pub cost: Option<Decimal>,
    #[serde(default)]
    pub description: Option<String>,
    /// As the item is when it is None; discounts are taxed as goods are.
    #[serde(default)]
    pub taxable: Option<bool>,
    /// The invoice's when it is None.
    #[serde(default)]
    pub business_unit: Option<BusinessUnitId>,
}

impl NewInvoiceLine {
    /// Some of an item, at this price.
    #[must_use]
    pub fn new(sku: SkuId, quantity: Decimal, price: Decimal) -> Self {
        Self {
            sku: Some(sku),
            price: Some(price),
            ..Self::modifier(price, quantity)
        }
    }

    /// A discount, or a fee: `amount` is negative for the former.
    #[must_use]
    pub fn discount(amount: Decimal) -> Self {
        Self::modifier(amount, Decimal::ONE)
    }

    fn modifier(price: Decimal, quantity: Decimal) -> Self {
        Self {
            sku: None,
            quantity,
            price: Some(price),
            cost: None,
            description: None,
            taxable: None,
            business_unit: None,
        }
    }

    /// Taxed or not, whatever the item says.
    #[must_use]
    pub fn taxable(mut self, taxable: bool) -> Self {
        self.taxable = Some(taxable);
        self
    }

    /// Described like this, as HTML.
    #[must_use]
    pub fn described(mut self, description: &str) -> Self {
        self.description = Some(description.to_owned());
        self
    }

    /// The work of this unit.
    #[must_use]
    pub fn unit(mut self, unit: BusinessUnitId) -> Self {
        self.business_unit = Some(unit);
        self
    }
}

/// What is to be changed of a line; what is None stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of a line")]
pub struct InvoiceLineEdit {
    pub quantity: Option<Decimal>,
    pub price: Option<Decimal>,
    pub cost: Option<Decimal>,
    pub description: Option<String>,
    pub taxable: Option<bool>,
    pub business_unit: Option<BusinessUnitId>,
}

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

    fn line(
        &mut self,
        invoice: &Invoice,
        new: NewInvoiceLine,
        now: Timestamp,
    ) -> Result<InvoiceLine, Refusal> {
        let id = InvoiceLineId(self.receivables.ids.draw());
        let tables = &self.purchasing;
        let item = match new.sku {
            Some(PRICE_MODIFIER | PLAIN_WORK) | None => None,
            Some(sku) => Some(tables.item(sku).ok_or(unknown(Kind::Material, sku.0))?),
        };
        let work = new.sku == Some(PLAIN_WORK);
        let name = if work { "Work" } else { "Price adjustment" };
        let code = if work { "WORK" } else { "ADJUST" };
        let price = new.price.or(item.map(|item| item.price));
        let cost = new.cost.or(item.map(|item| item.cost));
        let unit = new.business_unit.unwrap_or(invoice.business_unit_id);
        if self.business_units.get(unit.0).is_none() {
            return Err(unknown(Kind::BusinessUnit, unit.0));
        }
        let stamp = self.receivables.lines.latest().max(now);
        Ok(InvoiceLine {
            id,
            invoice_id: invoice.id,
            active: true,
            kind: match item {
                Some(item) => item.kind.into(),
                None if work => LineKind::Service,
                None => LineKind::PriceModifier,
            },
            sku: item.map_or(if work { PLAIN_WORK } else { PRICE_MODIFIER }, |item| {
                item.id
            }),
            code: item.map_or(code.to_owned(), |item| item.code.clone()),
            name: item.map_or(name.to_owned(), |item| {
                item.display_name.clone().unwrap_or_default()
            }),
            description: new
                .description
                .or(item.map(|item| item.description.clone()))
                .unwrap_or_else(|| format!("<p>{name}</p>")),
            quantity: new.quantity,
            cost: cost.unwrap_or_default(),
            price: price.unwrap_or_default(),
            taxable: new.taxable.unwrap_or(item.is_none_or(|item| item.taxable)) && !work,
            accounts: item.map_or_else(
                || self.modifier_accounts(),
                |item| Accounts::of(item, tables),
            ),
            business_unit_id: unit,
            created_on: stamp,
            modified_on: stamp,
        })
    }

    /// Where discounts and plain work are booked: on an account made for it, else as service.
    fn modifier_accounts(&self) -> Accounts {
        let named = |name: &str| {
            let mut accounts = self.purchasing.gl_accounts.iter();
            accounts.find(|row| row.name == name).map(|row| row.id)
        };
        Accounts {
            general: named("Sales Discounts").or(named("Sales - Service")),
            ..Accounts::default()
        }
    }

    pub(super) fn add_line(
        &mut self,
        of: InvoiceRef,
        new: NewInvoiceLine,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<InvoiceLineId, Refusal> {
        let mut invoice = self.open_invoice(of)?;
        let line = self.line(&invoice, new, now)?;
        let id = line.id;
        invoice.lines.push(line);
        self.keep_invoice(invoice, now, lag);
        Ok(id)
    }

    pub(super) fn edit_line(
        &mut self,
        of: InvoiceRef,
        line: InvoiceLineId,
        edit: InvoiceLineEdit,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let mut invoice = self.open_invoice(of)?;
        let missing = unknown(Kind::InvoiceItem, line.0);
        let mut lines = invoice.lines.iter_mut();
        let found = lines.find(|row| row.id == line).ok_or(missing)?;
        set(&mut found.quantity, edit.quantity);
        set(&mut found.price, edit.price);
        set(&mut found.cost, edit.cost);
        set(&mut found.description, edit.description);
        set(&mut found.taxable, edit.taxable);
        set(&mut found.business_unit_id, edit.business_unit);
        self.keep_invoice(invoice, now, lag);
        Ok(())
    }

    pub(super) fn remove_line(
        &mut self,
        of: InvoiceRef,
        line: InvoiceLineId,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let mut invoice = self.open_invoice(of)?;
        let before = invoice.lines.len();
        invoice.lines.retain(|row| row.id != line);
        if invoice.lines.len() == before {
            return Err(unknown(Kind::InvoiceItem, line.0));
        }
        self.keep_invoice(invoice, now, lag);
        Ok(())
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

    /// A completed job's invoice: dated, with a line of this amount, if it is any.
    pub(crate) fn invoice_work(
        &mut self,
        job: JobId,
        amount: Decimal,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut invoice = if amount.is_zero() {
            self.invoice(job.into())?.clone()
        } else {
            self.open_invoice(job.into())?
        };
        if invoice.invoice_date.is_none() && invoice.sync_status == SyncStatus::Pending {
            self.date(&mut invoice, now);
        }
        if !amount.is_zero() {
            let sku = self.work();
            let new = NewInvoiceLine::new(sku, Decimal::ONE, amount).taxable(false);
            let line = self.line(&invoice, new, now)?;
            invoice.lines.push(line);
        }
        self.keep_invoice(invoice, now, None);
        Ok(())
    }

    /// What work is sold as: the first service of the pricebook that is in use.
    fn work(&self) -> SkuId {
        let mut services = self.purchasing.items(ItemKind::Service).iter();
        let service = services.find(|item| item.active);
        service.map_or(PLAIN_WORK, |item| item.id)
    }

    /// Puts a pending invoice into a batch of its own.
    pub(super) fn batch_invoice(&mut self, of: InvoiceRef, now: Timestamp) -> Result<(), Refusal> {
        let mut invoice = self.open_invoice(of)?;
        let batch = self.new_batch("Invoices");
        invoice.batch = Some(batch);
        self.turn(invoice, "tn.acc.invoice-batched", now, None);
        Ok(())
    }

    pub(super) fn new_batch(&mut self, what: &str) -> Batch {
        let id = self.receivables.ids.draw();
        let number = id % 100_000;
        Batch {
            id,
            number: number.to_string(),
            name: format!("{what} {number}"),
        }
    }

    /// Puts a header that changed, and tells so in a word of its own.
    fn turn(&mut self, invoice: Invoice, event: &str, now: Timestamp, lag: Option<Timestamp>) {
        let id = invoice.id;
        self.receivables.invoices.put(invoice, now, lag);
        self.announce_invoice(event, id);
    }

    /// Posts an invoice, batched before or just now. One that nobody dated is dated now, save an
    /// adjustment, which goes without: the live system lets that happen.
    pub(super) fn post(&mut self, of: InvoiceRef, now: Timestamp) -> Result<(), Refusal> {
        let mut invoice = self.open_invoice(of)?;
        if invoice.batch.is_none() {
            self.batch_invoice(invoice.id.into(), now)?;
            invoice = self.open_invoice(of)?;
        }
        if invoice.invoice_date.is_none() && invoice.adjustment_to.is_none() {
            self.date(&mut invoice, now);
        }
        invoice.sync_status = SyncStatus::Posted;
        self.turn(invoice, "tn.acc.invoice-posted", now, None);
        Ok(())
    }

    /// Takes posting back; the invoice leaves its batch.
    pub(super) fn unpost(&mut self, of: InvoiceRef, now: Timestamp) -> Result<(), Refusal> {
        let mut invoice = self.invoice(of)?.clone();
        if invoice.sync_status != SyncStatus::Posted {
            let why = format!("it is {:?}, not Posted", invoice.sync_status);
            return Err(refused(invoice.id, why));
        }
        invoice.sync_status = SyncStatus::Pending;
        invoice.batch = None;
        self.turn(invoice, "tn.acc.invoice-updated", now, None);
        Ok(())
    }

    /// Marks an invoice as exported, or says why not.
    pub(super) fn export(
        &mut self,
        of: InvoiceRef,
        mark: Mark,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let mut invoice = self.invoice(of)?.clone();
        if !invoice.active {
            return Err(refused(invoice.id, "it is hidden"));
        }
        match invoice.sync_status {
            SyncStatus::Exported => {
                return Err(refused(invoice.id, "it was exported and is locked"));
            }
            SyncStatus::Pending if !mark.pending_too => {
                return Err(refused(invoice.id, "it is not posted"));
            }
            SyncStatus::Pending | SyncStatus::Posted => {}
        }
        invoice.sync_status = SyncStatus::Exported;
        invoice.bypassed = mark.bypassed;
        invoice.external_id = mark.external_id.or(invoice.external_id);
        invoice.external_message = mark.external_message;
        self.turn(invoice, "tn.acc.invoice-exported", now, lag);
        Ok(())
    }

    /// Corrects a posted or exported invoice by another, which hangs on the same job.
    pub(super) fn adjust(
        &mut self,
        of: InvoiceRef,
        lines: Vec<NewInvoiceLine>,
        new: Adjustment,
        now: Timestamp,
    ) -> Result<InvoiceId, Refusal> {
        let parent = self.invoice(of)?.clone();
        if parent.sync_status == SyncStatus::Pending || !parent.active {
            return Err(refused(parent.id, "only what was posted can be adjusted"));
        }
        let id = InvoiceId(self.receivables.ids.draw());
        let made = self.receivables.invoices.latest().max(now);
        let rows = self.receivables.invoices.owned_by(parent.customer_id.0);
        let others = rows.filter_map(|id| self.receivables.invoices.get(id));
        let before = others.filter(|row| row.adjustment_to == Some(parent.id));
        let (customer, unit) = (parent.customer_id, parent.business_unit_id);
        let mut invoice = Invoice {
            number: format!("{}-{}", parent.number, before.count() + 1),
            location_id: parent.location_id,
            job_id: parent.job_id,
            project_id: parent.project_id,
            adjustment_to: Some(parent.id),
            tax: InvoiceTax {
                amount: None,
                ..parent.tax
            },
            tax_code: parent.tax_code,
            summary: new.summary,
            ..Invoice::blank(id, parent.configuration, customer, unit, made)
        };
        if new.dated {
            self.date(&mut invoice, now);
        }
        self.fill(&mut invoice, lines, now)?;
        self.keep_invoice(invoice, now, new.lag);
        Ok(id)
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

    fn fill(
        &mut self,
        invoice: &mut Invoice,
        lines: Vec<NewInvoiceLine>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        for new in lines {
            let line = self.line(invoice, new, now)?;
            invoice.lines.push(line);
        }
        Ok(())
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

/// How an invoice is marked as exported.
#[derive(Debug, Default)]
pub(super) struct Mark {
    pub(super) pending_too: bool,
    pub(super) bypassed: bool,
    pub(super) external_id: Option<String>,
    pub(super) external_message: Option<String>,
}

/// How an adjustment comes about.
#[derive(Debug, Default)]
pub(super) struct Adjustment {
    pub(super) summary: Option<String>,
    /// People date it, the API does not.
    pub(super) dated: bool,
    pub(super) lag: Option<Timestamp>,
}
