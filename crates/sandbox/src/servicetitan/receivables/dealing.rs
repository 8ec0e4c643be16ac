//! What people do on the receivable side and in the field, in ServiceTitan's own screens.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::invoicing::{
    Adjustment, InvoiceEdit, InvoiceLineEdit, Mark, NewInvoice, NewInvoiceLine,
};
use super::paying::NewPayment;
use super::tax::InvoiceTax;
use crate::servicetitan::act::{Act, Outcome, Refusal};
use crate::servicetitan::books::Books;
use crate::servicetitan::purchasing::SyncStatus;
use crate::servicetitan::record::{
    AppointmentId, InvoiceId, InvoiceLineId, JobId, PaymentId, TechnicianId,
};

/// An invoice by its id, or as that of a job. In JSON `"invoice": 7` or `"job": 7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceRef {
    /// This one.
    Invoice(InvoiceId),
    /// The one that the job got when it was booked.
    Job(JobId),
}

impl From<InvoiceId> for InvoiceRef {
    fn from(id: InvoiceId) -> Self {
        Self::Invoice(id)
    }
}

impl From<JobId> for InvoiceRef {
    fn from(id: JobId) -> Self {
        Self::Job(id)
    }
}

/// One act of a person on the receivable side or in the field; JSON for `POST /sandbox/acts` like
/// any [`super::super::Act`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are named as ServiceTitan names them")]
pub enum Dealing {
    /// Puts a line on an invoice. Gives its id.
    AddInvoiceLine {
        #[serde(flatten)]
        of: InvoiceRef,
        line: NewInvoiceLine,
    },
    /// Changes a line.
    EditInvoiceLine {
        #[serde(flatten)]
        of: InvoiceRef,
        line: InvoiceLineId,
        edit: InvoiceLineEdit,
    },
    /// Takes a line off: the feed of lines shows it with `active: false`.
    RemoveInvoiceLine {
        #[serde(flatten)]
        of: InvoiceRef,
        line: InvoiceLineId,
    },
    /// Says how an invoice is taxed.
    SetInvoiceTax {
        #[serde(flatten)]
        of: InvoiceRef,
        tax: InvoiceTax,
    },
    /// Changes an invoice's header.
    EditInvoice {
        #[serde(flatten)]
        of: InvoiceRef,
        edit: InvoiceEdit,
    },
    /// Puts an invoice in a batch; `tn.acc.invoice-batched`.
    BatchInvoice {
        #[serde(flatten)]
        of: InvoiceRef,
    },
    /// Posts an invoice, which batches it first; `tn.acc.invoice-posted`.
    PostInvoice {
        #[serde(flatten)]
        of: InvoiceRef,
    },
    /// Takes posting back.
    UnpostInvoice {
        #[serde(flatten)]
        of: InvoiceRef,
    },
    /// Exports a posted invoice by hand: it is locked; `tn.acc.invoice-exported`.
    ExportInvoice {
        #[serde(flatten)]
        of: InvoiceRef,
    },
    /// Marks an invoice as exported that goes nowhere, posted or not.
    BypassInvoice {
        #[serde(flatten)]
        of: InvoiceRef,
    },
    /// Corrects a posted or exported invoice by another. Gives its id.
    AdjustInvoice {
        #[serde(flatten)]
        of: InvoiceRef,
        lines: Vec<NewInvoiceLine>,
        #[serde(default)]
        summary: Option<String>,
    },
    /// Makes an invoice that hangs on no job, a project's if one is named. Gives its id.
    ProjectInvoice { new: NewInvoice },
    /// Takes a payment. Gives its id.
    TakePayment { payment: NewPayment },
    /// Applies some of a payment to an invoice, on top of what it is applied to.
    ApplyPayment {
        payment: PaymentId,
        invoice: InvoiceId,
        amount: Decimal,
    },
    /// Takes all of a payment off an invoice.
    Unapply {
        payment: PaymentId,
        invoice: InvoiceId,
    },
    /// Gives some of a payment back, out of an invoice when one is named. Gives the refund's id.
    RefundPayment {
        payment: PaymentId,
        amount: Decimal,
        #[serde(default)]
        invoice: Option<InvoiceId>,
    },
    /// Moves a payment to another status: `Pending`, `Posted`, `Exported`.
    SetPaymentStatus {
        payment: PaymentId,
        status: SyncStatus,
    },
    /// Takes a payment back altogether: `active: false` from now on.
    VoidPayment { payment: PaymentId },
    /// Adds a visit to a job. Gives its id.
    AddAppointment { job: JobId, hours: i64 },
    /// Sends a technician to a visit. Gives the assignment's id.
    AssignTechnician {
        appointment: AppointmentId,
        technician: TechnicianId,
    },
    /// Calls a technician back: the assignment is inactive from now on.
    UnassignTechnician {
        appointment: AppointmentId,
        technician: TechnicianId,
    },
    /// Somebody is on the way to a visit.
    DispatchAppointment { appointment: AppointmentId },
    /// Somebody works on a visit.
    StartAppointment { appointment: AppointmentId },
    /// Puts a job on hold.
    HoldJob { job: JobId },
    /// Takes a job up again.
    ResumeJob { job: JobId },
    /// Cancels a job and its visits, and hides its invoice unless it was exported.
    CancelJob { job: JobId },
    /// Takes a cancellation back.
    RemoveCancellation { job: JobId },
}

impl From<Dealing> for Act {
    fn from(dealing: Dealing) -> Self {
        Self::Receivables(Box::new(dealing))
    }
}

fn made(id: Result<i64, Refusal>) -> Result<Outcome, Refusal> {
    id.map(Outcome::made)
}

fn over(done: Result<(), Refusal>) -> Result<Outcome, Refusal> {
    done.map(|()| Outcome::default())
}

impl Books {
    pub(crate) fn deal(&mut self, dealing: Dealing, now: Timestamp) -> Result<Outcome, Refusal> {
        use Dealing as D;
        match dealing {
            D::AddInvoiceLine { of, line } => {
                made(self.add_line(of, line, now, None).map(|id| id.0))
            }
            D::EditInvoiceLine { of, line, edit } => {
                over(self.edit_line(of, line, edit, now, None))
            }
            D::RemoveInvoiceLine { of, line } => over(self.remove_line(of, line, now, None)),
            D::SetInvoiceTax { of, tax } => over(self.set_tax(of, tax, now)),
            D::EditInvoice { of, edit } => over(self.edit_invoice(of, edit, now, None)),
            D::BatchInvoice { of } => over(self.batch_invoice(of, now)),
            D::PostInvoice { of } => over(self.post(of, now)),
            D::UnpostInvoice { of } => over(self.unpost(of, now)),
            D::ExportInvoice { of } => over(self.export(of, Mark::default(), now, None)),
            D::BypassInvoice { of } => {
                let mark = Mark {
                    pending_too: true,
                    bypassed: true,
                    ..Mark::default()
                };
                over(self.export(of, mark, now, None))
            }
            D::AdjustInvoice { of, lines, summary } => {
                let adjustment = Adjustment {
                    summary,
                    dated: true,
                    lag: None,
                };
                made(self.adjust(of, lines, adjustment, now).map(|id| id.0))
            }
            D::ProjectInvoice { new } => made(self.invoice_without_job(new, now).map(|id| id.0)),
            D::TakePayment { payment } => {
                made(self.take_payment(payment, now, None).map(|id| id.0))
            }
            D::ApplyPayment {
                payment,
                invoice,
                amount,
            } => over(self.apply_payment(payment, invoice, amount, now)),
            D::Unapply { payment, invoice } => over(self.unapply_payment(payment, invoice, now)),
            D::RefundPayment {
                payment,
                amount,
                invoice,
            } => made(
                self.refund_payment(payment, amount, invoice, now)
                    .map(|id| id.0),
            ),
            D::SetPaymentStatus { payment, status } => {
                over(self.set_status(payment, status, now, None))
            }
            D::VoidPayment { payment } => over(self.void_payment(payment, now)),
            field => self.dispatch(field, now),
        }
    }

    /// What people do in the field.
    fn dispatch(&mut self, dealing: Dealing, now: Timestamp) -> Result<Outcome, Refusal> {
        use Dealing as D;
        match dealing {
            D::AddAppointment { job, hours } => {
                made(self.add_appointment(job, hours, now).map(|id| id.0))
            }
            D::AssignTechnician {
                appointment,
                technician,
            } => made(self.assign(appointment, technician, now).map(|id| id.0)),
            D::UnassignTechnician {
                appointment,
                technician,
            } => over(self.unassign(appointment, technician, now)),
            D::DispatchAppointment { appointment } => {
                over(self.progress(appointment, "Dispatched", now))
            }
            D::StartAppointment { appointment } => over(self.progress(appointment, "Working", now)),
            D::HoldJob { job } => over(self.hold_job(job, now)),
            D::ResumeJob { job } => over(self.resume_job(job, now)),
            D::CancelJob { job } => over(self.cancel_job(job, now)),
            D::RemoveCancellation { job } => over(self.remove_cancellation(job, now)),
            other => unreachable!("{other:?} happens in the office"),
        }
    }
}
