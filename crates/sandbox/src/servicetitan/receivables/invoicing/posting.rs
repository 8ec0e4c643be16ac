//! Batching, posting, exporting, and what is done about it when it was wrong.

use jiff::Timestamp;

use super::refused;
use crate::servicetitan::act::Refusal;
use crate::servicetitan::books::Books;
use crate::servicetitan::purchasing::{Batch, SyncStatus};
use crate::servicetitan::receivables::dealing::InvoiceRef;
use crate::servicetitan::receivables::invoice::Invoice;
use crate::servicetitan::receivables::invoicing::NewInvoiceLine;
use crate::servicetitan::receivables::tax::InvoiceTax;
use crate::servicetitan::record::InvoiceId;

/// How an invoice is marked as exported.
#[derive(Debug, Default)]
pub(in crate::servicetitan::receivables) struct Mark {
    pub(in crate::servicetitan::receivables) pending_too: bool,
    pub(in crate::servicetitan::receivables) bypassed: bool,
    pub(in crate::servicetitan::receivables) external_id: Option<String>,
    pub(in crate::servicetitan::receivables) external_message: Option<String>,
}

/// How an adjustment comes about.
#[derive(Debug, Default)]
pub(in crate::servicetitan::receivables) struct Adjustment {
    pub(in crate::servicetitan::receivables) summary: Option<String>,
    /// People date it, the API does not.
    pub(in crate::servicetitan::receivables) dated: bool,
    pub(in crate::servicetitan::receivables) lag: Option<Timestamp>,
}

impl Books {
    /// Puts a pending invoice into a batch of its own.
    pub(in crate::servicetitan::receivables) fn batch_invoice(
        &mut self,
        of: InvoiceRef,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut invoice = self.open_invoice(of)?;
        let batch = self.new_batch("Invoices");
        invoice.batch = Some(batch);
        self.turn(invoice, "tn.acc.invoice-batched", now, None);
        Ok(())
    }

    pub(in crate::servicetitan::receivables) fn new_batch(&mut self, what: &str) -> Batch {
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
    pub(in crate::servicetitan::receivables) fn post(
        &mut self,
        of: InvoiceRef,
        now: Timestamp,
    ) -> Result<(), Refusal> {
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
    pub(in crate::servicetitan::receivables) fn unpost(
        &mut self,
        of: InvoiceRef,
        now: Timestamp,
    ) -> Result<(), Refusal> {
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
    pub(in crate::servicetitan::receivables) fn export(
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
    pub(in crate::servicetitan::receivables) fn adjust(
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
}
