//! Customers' invoices and payments, as ServiceTitan has them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_decimal::Decimal;
use servicetitan::client::{List, Row};
use servicetitan::record::{self, Invoice, Job, JobStatus, Payment};
use servicetitan::{InvoiceId, JobId, PaymentId};
use sync::directory::{InvoicesCome, PaymentsCome};
use sync::flow::Flow;
use sync::link::Name;
use sync::money::cents;
use sync::reconcile::{Kind, Standing, is_exported_before, of_invoice, of_payment};

use super::{Failure, INVOICE, MARGIN, PAYMENT, Reader, name};
use crate::reconcile::id_of;
use crate::reconcile::odoo::GivenBack;

/// What is kept besides the documents.
#[derive(Default)]
pub(super) struct Sales {
    /// Jobs that are done.
    completed: BTreeSet<JobId>,
    /// What may have been exported before the connector was there: where it stands, and when it was made.
    exported: BTreeMap<(Kind, Name), (Flow, Option<Timestamp>)>,
    /// What refunds took back of invoices, by the payments that they give back of.
    refunds: BTreeMap<Name, BTreeMap<Name, Vec<(Name, Decimal)>>>,
}

impl Sales {
    /// Keeps what a refund took back.
    fn note(&mut self, payment: &Payment) {
        let (Some(first), true) = (payment.refunded_payment_id, payment.active) else {
            return;
        };
        let taken = payment.applied_to.iter().map(|applied| {
            let amount = cents(applied.applied_amount.unwrap_or_default());
            (name(INVOICE, applied.applied_to.0), amount)
        });
        let refunds = self.refunds.entry(name(PAYMENT, first.0)).or_default();
        refunds.insert(name(PAYMENT, payment.id.0), taken.collect());
    }
}

impl Reader<'_> {
    fn wants_invoices(&self) -> bool {
        self.wants(Kind::Invoices) || self.wants(Kind::CreditNotes)
    }

    fn wants_payments(&self) -> bool {
        self.wants(Kind::Payments) || self.wants(Kind::Refunds)
    }

    /// Invoices and payments of the period.
    pub(super) async fn read_sales(&mut self) -> Result<(), Failure> {
        if self.wants_invoices() {
            let period = self.asked.period;
            let (from, before) = (period.begins() - MARGIN, period.ends() + MARGIN);
            let reader = self.client.dated(List::Invoices, from, before);
            let mut reader = reader.expect("the list has a filter by date");
            while let Some(page) = reader.next_page().await? {
                self.look_at_jobs(&page.rows).await?;
                self.take(&page.rows, Self::invoice)?;
            }
        }
        if self.wants_payments() {
            self.dated(List::Payments, Self::payment).await?;
        }
        Ok(())
    }

    pub(super) async fn read_sales_named(
        &mut self,
        invoices: &[i64],
        payments: &[i64],
    ) -> Result<(), Failure> {
        let invoices: Vec<InvoiceId> = invoices.iter().copied().map(InvoiceId).collect();
        let rows = self.client.invoices(&invoices).await?;
        self.look_at_jobs(&rows).await?;
        for row in rows {
            self.invoice(&row);
        }
        let payments: Vec<PaymentId> = payments.iter().copied().map(PaymentId).collect();
        for row in self.client.payments(&payments).await? {
            self.payment(&row);
        }
        Ok(())
    }

    /// Where an invoice comes with its job: whether that is done.
    async fn look_at_jobs(&mut self, rows: &[Row]) -> Result<(), Failure> {
        if self.asked.invoices.come != InvoicesCome::Completed {
            return Ok(());
        }
        let invoices = rows
            .iter()
            .filter_map(|row| record::parse::<Invoice>(row.get()).ok());
        let jobs = invoices.filter(|invoice| !invoice.sync_status.is_posted());
        let jobs: BTreeSet<JobId> = jobs.filter_map(|invoice| invoice.job?.id).collect();
        let jobs: Vec<JobId> = jobs.into_iter().collect();
        for row in self.client.jobs(&jobs).await? {
            if let Ok(job) = record::parse::<Job>(row.get())
                && job.job_status == JobStatus::Completed
            {
                self.sales.completed.insert(job.id);
            }
        }
        Ok(())
    }

    fn invoice(&mut self, row: &Row) {
        let Some(invoice) = self.parsed::<Invoice>(row, Kind::Invoices, INVOICE) else {
            return;
        };
        let policy = &self.asked.invoices;
        let job = invoice.job.as_ref().and_then(|job| job.id);
        // One without a job is of no work that could be done.
        let is_completed = job.is_none_or(|job| self.sales.completed.contains(&job));
        let document = of_invoice(&invoice, policy, is_completed);
        let comes = policy.legacy || policy.come == InvoicesCome::Exported;
        if !comes && invoice.sync_status.is_exported() {
            let key = (document.kind, name(INVOICE, invoice.id.0));
            self.sales
                .exported
                .insert(key, (Flow::Invoices, invoice.created_on));
        }
        if self.wants(document.kind) {
            self.keep(document);
        }
    }

    fn payment(&mut self, row: &Row) {
        let Some(payment) = self.parsed::<Payment>(row, Kind::Payments, PAYMENT) else {
            return;
        };
        let policy = &self.asked.payments;
        let document = of_payment(&payment, policy);
        let comes = policy.legacy || policy.come == PaymentsCome::Exported;
        if !comes && payment.sync_status.is_exported() {
            let key = (document.kind, name(PAYMENT, payment.id.0));
            self.sales
                .exported
                .insert(key, (Flow::Payments, payment.created_on));
        }
        self.sales.note(&payment);
        if self.wants(document.kind) {
            self.keep(document);
        }
    }

    /// Takes off payments what was given back of them, by refunds that Odoo holds.
    pub(in crate::reconcile) async fn give_back(
        &mut self,
        given_back: &GivenBack,
        held: &BTreeSet<(Kind, Name)>,
    ) -> Result<(), Failure> {
        let matched: BTreeSet<&Name> = given_back.values().flatten().collect();
        let is_read = |name: &Name| {
            self.sales
                .refunds
                .values()
                .any(|some| some.contains_key(name))
        };
        let unread = matched.iter().filter(|name| !is_read(name));
        let unread = unread
            .filter_map(|name| id_of(name, PAYMENT))
            .map(PaymentId);
        let unread: Vec<PaymentId> = unread.collect();
        let rows = self.client.payments(&unread).await?;
        for row in rows {
            if let Ok(refund) = record::parse::<Payment>(row.get()) {
                self.sales.note(&refund);
            }
        }
        let is_there =
            |name: &Name| matched.contains(name) || held.contains(&(Kind::Refunds, name.clone()));
        for ((_, name), document) in &mut self.found {
            let refunds = self.sales.refunds.get(name).into_iter().flatten();
            let refunds = refunds.filter(|(refund, _)| is_there(refund));
            let taken: Vec<&(Name, Decimal)> = refunds.flat_map(|(_, taken)| taken).collect();
            for line in document.settled.iter_mut().flatten() {
                let taken = taken
                    .iter()
                    .filter(|(of, _)| Some(of) == line.name.as_ref());
                line.amount += taken.map(|(_, amount)| *amount).sum::<Decimal>();
            }
        }
        Ok(())
    }

    /// The invoices that payments pay here.
    pub(in crate::reconcile) fn paid(&self) -> impl Iterator<Item = &Name> {
        let settled = self.documents().filter_map(|one| one.settled.as_ref());
        settled.flatten().filter_map(|line| line.name.as_ref())
    }

    /// What is paid of invoices that Odoo does not hold stays open there, on the customer's account.
    pub(in crate::reconcile) fn forget_invoices(&mut self, absent: &BTreeSet<Name>) {
        for document in self.found.values_mut() {
            if let Some(settled) = &mut document.settled {
                settled.retain(|line| {
                    let is_absent = line.name.as_ref().is_some_and(|name| absent.contains(name));
                    !is_absent && line.amount > Decimal::ZERO
                });
            }
        }
    }

    /// The flows of what may be in other books, and is not in Odoo.
    pub(in crate::reconcile) fn exported_elsewhere(
        &self,
        held: &BTreeSet<(Kind, Name)>,
    ) -> BTreeSet<Flow> {
        let absent = self
            .sales
            .exported
            .iter()
            .filter(|(key, _)| !held.contains(*key));
        absent.map(|(_, (flow, _))| *flow).collect()
    }

    /// What was exported and is not in Odoo is due there only if it was certainly made after the connector began.
    pub(in crate::reconcile) fn leave_elsewhere(
        &mut self,
        of: Flow,
        held: &BTreeSet<(Kind, Name)>,
        began: Option<Timestamp>,
    ) {
        for (key, (flow, created)) in &self.sales.exported {
            if *flow != of || held.contains(key) {
                continue;
            }
            if let Some(document) = self.found.get_mut(key)
                && document.standing != Standing::Cancelled
                && is_exported_before(*created, began)
            {
                document.standing = Standing::Elsewhere;
            }
        }
    }
}
