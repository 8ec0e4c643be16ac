//! The receivable side of a tenant's handle: what its people do, and what it truly holds.

use rust_decimal::Decimal;

use super::crew::{Assignment, Technician};
use super::dealing::{Dealing, InvoiceRef};
use super::invoice::Invoice;
use super::invoicing::{InvoiceEdit, InvoiceLineEdit, NewInvoice, NewInvoiceLine};
use super::journal::JournalEntry;
use super::paying::NewPayment;
use super::payment::{Payment, PaymentType};
use super::tax::InvoiceTax;
use crate::servicetitan::act::{Act, Refusal};
use crate::servicetitan::purchasing::SyncStatus;
use crate::servicetitan::record::{
    Appointment, AppointmentId, AssignmentId, CustomerId, InvoiceId, InvoiceLineId, Job, JobId,
    PaymentId, TechnicianId,
};
use crate::servicetitan::tenant::{Done, Tenant};

impl Tenant {
    fn deal_make(&self, dealing: Dealing) -> Result<i64, Refusal> {
        self.make(Act::from(dealing))
    }

    fn deal(&self, dealing: Dealing) -> Done {
        self.run(Act::from(dealing))
    }

    /// All jobs, cancelled ones too, by id.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        self.books(|books| books.jobs.iter().cloned().collect())
    }

    /// The visits of a job, first to last.
    #[must_use]
    pub fn appointments_of(&self, job: JobId) -> Vec<Appointment> {
        self.books(|books| {
            let ids = books.visits_of(job).into_iter();
            ids.filter_map(|id| books.appointments.get(id.0).cloned())
                .collect()
        })
    }

    /// All invoices, hidden ones too, by id.
    #[must_use]
    pub fn invoices(&self) -> Vec<Invoice> {
        self.books(|books| books.receivables.invoices.iter().cloned().collect())
    }

    /// An invoice, by its id or as that of a job.
    #[must_use]
    pub fn invoice(&self, of: impl Into<InvoiceRef>) -> Option<Invoice> {
        self.books(|books| books.invoice(of.into()).ok().cloned())
    }

    /// All payments, voided ones too, by id.
    #[must_use]
    pub fn payments(&self) -> Vec<Payment> {
        self.books(|books| books.receivables.payments.iter().cloned().collect())
    }

    /// A payment.
    #[must_use]
    pub fn payment(&self, id: PaymentId) -> Option<Payment> {
        self.books(|books| books.receivables.payments.get(id.0).cloned())
    }

    /// All payment types, those out of use too.
    #[must_use]
    pub fn payment_types(&self) -> Vec<PaymentType> {
        self.books(|books| books.receivables.payment_types.iter().cloned().collect())
    }

    /// What is open of a customer's invoices, hidden ones apart, less what of its payments is
    /// applied to nothing.
    #[must_use]
    pub fn open_balance(&self, customer: CustomerId) -> Decimal {
        let invoices = self.invoices().into_iter();
        let payments = self.payments().into_iter();
        let open: Decimal = invoices
            .filter(|row| row.active && row.customer_id == customer)
            .map(|row| row.balance())
            .sum();
        let unapplied: Decimal = payments
            .filter(|row| row.active && row.customer_id == customer)
            .map(|row| row.unapplied())
            .sum();
        open - unapplied
    }

    /// All journal entries that applications booked, but deleted ones.
    #[must_use]
    pub fn journal_entries(&self) -> Vec<JournalEntry> {
        self.books(|books| {
            let rows = books.receivables.entries.iter();
            rows.filter(|row| !row.deleted).cloned().collect()
        })
    }

    /// All technicians, those who left too.
    #[must_use]
    pub fn technicians(&self) -> Vec<Technician> {
        self.books(|books| books.receivables.technicians.iter().cloned().collect())
    }

    /// All assignments, those taken back too.
    #[must_use]
    pub fn assignments(&self) -> Vec<Assignment> {
        self.books(|books| books.receivables.assignments.iter().cloned().collect())
    }

    /// Puts a line on a pending invoice.
    pub fn add_invoice_line(
        &self,
        of: impl Into<InvoiceRef>,
        line: NewInvoiceLine,
    ) -> Result<InvoiceLineId, Refusal> {
        let of = of.into();
        self.deal_make(Dealing::AddInvoiceLine { of, line })
            .map(InvoiceLineId)
    }

    /// Changes a line of a pending invoice.
    pub fn edit_invoice_line(
        &self,
        of: impl Into<InvoiceRef>,
        line: InvoiceLineId,
        edit: InvoiceLineEdit,
    ) -> Done {
        let of = of.into();
        self.deal(Dealing::EditInvoiceLine { of, line, edit })
    }

    /// Takes a line off a pending invoice.
    pub fn remove_invoice_line(&self, of: impl Into<InvoiceRef>, line: InvoiceLineId) -> Done {
        let of = of.into();
        self.deal(Dealing::RemoveInvoiceLine { of, line })
    }

    /// Says how a pending invoice is taxed.
    pub fn set_invoice_tax(&self, of: impl Into<InvoiceRef>, tax: InvoiceTax) -> Done {
        let of = of.into();
        self.deal(Dealing::SetInvoiceTax { of, tax })
    }

    /// Changes the header of an invoice that was not exported.
    pub fn edit_invoice(&self, of: impl Into<InvoiceRef>, edit: InvoiceEdit) -> Done {
        let of = of.into();
        self.deal(Dealing::EditInvoice { of, edit })
    }

    /// Puts a pending invoice in a batch of its own; sends `tn.acc.invoice-batched`.
    pub fn batch_invoice(&self, of: impl Into<InvoiceRef>) -> Done {
        self.deal(Dealing::BatchInvoice { of: of.into() })
    }

    /// Posts an invoice, or that of a job; sends `tn.acc.invoice-posted`, and `invoice-batched`
    /// before if it was in no batch.
    pub fn post_invoice(&self, of: impl Into<InvoiceRef>) -> Done {
        self.deal(Dealing::PostInvoice { of: of.into() })
    }

    /// Takes posting back; sends `tn.acc.invoice-updated`.
    pub fn unpost_invoice(&self, of: impl Into<InvoiceRef>) -> Done {
        self.deal(Dealing::UnpostInvoice { of: of.into() })
    }

    /// Exports a posted invoice by hand: it is locked; sends `tn.acc.invoice-exported`.
    pub fn export_invoice(&self, of: impl Into<InvoiceRef>) -> Done {
        self.deal(Dealing::ExportInvoice { of: of.into() })
    }

    /// Marks an invoice as exported that goes nowhere, posted or not.
    pub fn bypass_invoice(&self, of: impl Into<InvoiceRef>) -> Done {
        self.deal(Dealing::BypassInvoice { of: of.into() })
    }

    /// Corrects a posted or exported invoice by another.
    pub fn adjust_invoice(
        &self,
        of: impl Into<InvoiceRef>,
        lines: impl IntoIterator<Item = NewInvoiceLine>,
    ) -> Result<InvoiceId, Refusal> {
        self.deal_make(Dealing::AdjustInvoice {
            of: of.into(),
            lines: lines.into_iter().collect(),
            summary: None,
        })
        .map(InvoiceId)
    }

    /// Makes an invoice that hangs on no job: of a project if one is named.
    pub fn project_invoice(&self, new: NewInvoice) -> Result<InvoiceId, Refusal> {
        self.deal_make(Dealing::ProjectInvoice { new })
            .map(InvoiceId)
    }

    /// Takes a payment.
    pub fn take_payment(&self, payment: NewPayment) -> Result<PaymentId, Refusal> {
        self.deal_make(Dealing::TakePayment { payment })
            .map(PaymentId)
    }

    /// Applies some of a payment to an invoice, on top of what it is applied to.
    pub fn apply_payment(&self, payment: PaymentId, invoice: InvoiceId, amount: Decimal) -> Done {
        self.deal(Dealing::ApplyPayment {
            payment,
            invoice,
            amount,
        })
    }

    /// Takes all of a payment off an invoice.
    pub fn unapply(&self, payment: PaymentId, invoice: InvoiceId) -> Done {
        self.deal(Dealing::Unapply { payment, invoice })
    }

    /// Gives some of a payment back: a negative payment, out of an invoice when one is named.
    pub fn refund_payment(
        &self,
        payment: PaymentId,
        amount: Decimal,
        invoice: Option<InvoiceId>,
    ) -> Result<PaymentId, Refusal> {
        self.deal_make(Dealing::RefundPayment {
            payment,
            amount,
            invoice,
        })
        .map(PaymentId)
    }

    /// Moves a payment to another status.
    pub fn set_payment_status(&self, payment: PaymentId, status: SyncStatus) -> Done {
        self.deal(Dealing::SetPaymentStatus { payment, status })
    }

    /// Takes a payment back altogether.
    pub fn void_payment(&self, payment: PaymentId) -> Done {
        self.deal(Dealing::VoidPayment { payment })
    }

    /// Adds a visit to a job, this many hours after its last one.
    pub fn add_appointment(&self, job: JobId, hours: i64) -> Result<AppointmentId, Refusal> {
        self.deal_make(Dealing::AddAppointment { job, hours })
            .map(AppointmentId)
    }

    /// Sends a technician to a visit.
    pub fn assign_technician(
        &self,
        appointment: AppointmentId,
        technician: TechnicianId,
    ) -> Result<AssignmentId, Refusal> {
        self.deal_make(Dealing::AssignTechnician {
            appointment,
            technician,
        })
        .map(AssignmentId)
    }

    /// Calls a technician back.
    pub fn unassign_technician(
        &self,
        appointment: AppointmentId,
        technician: TechnicianId,
    ) -> Done {
        self.deal(Dealing::UnassignTechnician {
            appointment,
            technician,
        })
    }

    /// Somebody is on the way to a visit.
    pub fn dispatch_appointment(&self, appointment: AppointmentId) -> Done {
        self.deal(Dealing::DispatchAppointment { appointment })
    }

    /// Somebody works on a visit.
    pub fn start_appointment(&self, appointment: AppointmentId) -> Done {
        self.deal(Dealing::StartAppointment { appointment })
    }

    /// Puts a job on hold.
    pub fn hold_job(&self, job: JobId) -> Done {
        self.deal(Dealing::HoldJob { job })
    }

    /// Takes a job up again.
    pub fn resume_job(&self, job: JobId) -> Done {
        self.deal(Dealing::ResumeJob { job })
    }

    /// Cancels a job and its visits, and hides its invoice unless it was exported.
    pub fn cancel_job(&self, job: JobId) -> Done {
        self.deal(Dealing::CancelJob { job })
    }

    /// Takes a cancellation back.
    pub fn remove_cancellation(&self, job: JobId) -> Done {
        self.deal(Dealing::RemoveCancellation { job })
    }
}
