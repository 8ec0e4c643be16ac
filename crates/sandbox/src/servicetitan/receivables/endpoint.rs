//! The receivable side's endpoints: which path and method is which, and the scope it needs.

use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::options::{PaymentCreation, Switches};
use crate::servicetitan::purchasing::Fielded;
use crate::servicetitan::rot::Kind;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    Invoices,
    ExportInvoices,
    ExportLines,
    AdjustInvoice,
    UpdateInvoice(&'a str),
    UpdateLine(&'a str),
    DeleteLine(&'a str, &'a str),
    MarkInvoices,
    Payments,
    ExportPayments,
    CreatePayment,
    UpdatePayment(&'a str),
    PaymentStatus,
    PaymentTypes,
    PaymentType(&'a str),
    FieldTypes(Fielded),
    SetFields(Fielded),
    Entries,
    Entry(&'a str),
    EntryDetails(&'a str),
    EntrySummary(&'a str),
    CreateEntry,
    ReplaceEntry(&'a str),
    UpdateEntry(&'a str),
    SyncEntry(&'a str),
    DeleteEntry(&'a str),
    Technicians,
    Technician(&'a str),
    ExportTechnicians,
    Assignments,
    ExportAssignments,
}

impl Endpoint<'_> {
    /// Payments cannot be made over the API any more, unless so switched.
    pub(crate) fn is_gone(&self, switches: &Switches) -> bool {
        *self == Self::CreatePayment && switches.payment_creation == PaymentCreation::Absent
    }
}

/// The endpoint behind a path below `/{module}/v2/tenant/{tenant}/`, and the scope it needs.
pub(crate) fn find<'a>(
    module: &str,
    method: &str,
    rest: &[&'a str],
) -> Option<(Endpoint<'a>, &'static str)> {
    match module {
        "accounting" => accounting(method, rest),
        "dispatch" | "settings" => crew(module, method, rest),
        _ => None,
    }
}

fn accounting<'a>(method: &str, rest: &[&'a str]) -> Option<(Endpoint<'a>, &'static str)> {
    use Endpoint as E;
    let (reads, writes) = ("tn.acc.invoices:r", "tn.acc.invoices:w");
    let found = match (method, rest) {
        ("GET", ["invoices"]) => (E::Invoices, reads),
        ("POST", ["invoices"]) => (E::AdjustInvoice, writes),
        ("GET", ["export", "invoices"]) => (E::ExportInvoices, reads),
        ("GET", ["export", "invoice-items"]) => (E::ExportLines, "tn.acc.invoiceitems:r"),
        ("GET", ["invoices", "custom-fields"]) => (E::FieldTypes(Fielded::Invoices), reads),
        ("PATCH", ["invoices", "custom-fields"]) => (E::SetFields(Fielded::Invoices), writes),
        ("POST", ["invoices", "markasexported"]) => (E::MarkInvoices, writes),
        ("PATCH", ["invoices", id]) => (E::UpdateInvoice(id), writes),
        ("PATCH", ["invoices", id, "items"]) => (E::UpdateLine(id), writes),
        ("DELETE", ["invoices", id, "items", line]) => (E::DeleteLine(id, line), writes),
        ("GET", ["payment-types"]) => (E::PaymentTypes, "tn.acc.paymenttypes:r"),
        ("GET", ["payment-types", id]) => (E::PaymentType(id), "tn.acc.paymenttypes:r"),
        _ => return payments(method, rest).or_else(|| entries(method, rest)),
    };
    Some(found)
}

fn payments<'a>(method: &str, rest: &[&'a str]) -> Option<(Endpoint<'a>, &'static str)> {
    use Endpoint as E;
    let (reads, writes) = ("tn.acc.payments:r", "tn.acc.payments:w");
    let found = match (method, rest) {
        ("GET", ["payments"]) => (E::Payments, reads),
        ("POST", ["payments"]) => (E::CreatePayment, writes),
        ("GET", ["export", "payments"]) => (E::ExportPayments, reads),
        ("GET", ["payments", "custom-fields"]) => (E::FieldTypes(Fielded::Payments), reads),
        ("PATCH", ["payments", "custom-fields"]) => (E::SetFields(Fielded::Payments), writes),
        ("POST", ["payments", "status"]) => (E::PaymentStatus, writes),
        ("PATCH", ["payments", id]) => (E::UpdatePayment(id), writes),
        _ => return None,
    };
    Some(found)
}

fn entries<'a>(method: &str, rest: &[&'a str]) -> Option<(Endpoint<'a>, &'static str)> {
    use Endpoint as E;
    let (reads, writes) = ("tn.acc.journalentries:r", "tn.acc.journalentries:w");
    let found = match (method, rest) {
        ("GET", ["journal-entries"]) => (E::Entries, reads),
        ("POST", ["journal-entries"]) => (E::CreateEntry, writes),
        ("GET", ["journal-entries", id]) => (E::Entry(id), reads),
        ("PUT", ["journal-entries", id]) => (E::ReplaceEntry(id), writes),
        ("PATCH", ["journal-entries", id]) => (E::UpdateEntry(id), writes),
        ("DELETE", ["journal-entries", id]) => (E::DeleteEntry(id), writes),
        ("GET", ["journal-entries", id, "details"]) => (E::EntryDetails(id), reads),
        ("GET", ["journal-entries", id, "summary"]) => (E::EntrySummary(id), reads),
        ("PATCH", ["journal-entries", id, "sync"]) => (E::SyncEntry(id), writes),
        _ => return None,
    };
    Some(found)
}

fn crew<'a>(module: &str, method: &str, rest: &[&'a str]) -> Option<(Endpoint<'a>, &'static str)> {
    use Endpoint as E;
    let (visits, people) = ("tn.dis.appointmentassignments:r", "tn.stt.technicians:r");
    let found = match (module, method, rest) {
        ("dispatch", "GET", ["appointment-assignments"]) => (E::Assignments, visits),
        ("dispatch", "GET", ["export", "appointment-assignments"]) => {
            (E::ExportAssignments, visits)
        }
        ("settings", "GET", ["technicians"]) => (E::Technicians, people),
        ("settings", "GET", ["technicians", id]) => (E::Technician(id), people),
        ("settings", "GET", ["export", "technicians"]) => (E::ExportTechnicians, people),
        _ => return None,
    };
    Some(found)
}

impl Call<'_> {
    pub(crate) fn serve_receivables(mut self, endpoint: Endpoint<'_>) -> Answer {
        use Endpoint as E;
        let tables = &self.books.receivables;
        let nulls = self.switches.null_lists;
        match endpoint {
            E::Invoices => self.invoices(),
            E::ExportInvoices => self.export_invoices(),
            E::ExportLines => self.export_lines(),
            E::AdjustInvoice => self.post_adjustment(),
            E::UpdateInvoice(id) => self.patch_invoice(id),
            E::UpdateLine(id) => self.patch_line(id),
            E::DeleteLine(id, line) => self.delete_line(id, line),
            E::MarkInvoices => self.mark_invoices(),
            E::Payments => self.payments(),
            E::ExportPayments => self.export_payments(),
            E::CreatePayment => self.post_payment(),
            E::UpdatePayment(id) => self.patch_payment(id),
            E::PaymentStatus => self.post_payment_status(),
            E::PaymentTypes => self.payment_types(),
            E::PaymentType(id) => self.one(Kind::PaymentType, &tables.payment_types, id),
            E::FieldTypes(whose) => self.field_types(whose),
            E::SetFields(whose) => self.set_fields(whose),
            E::Entries => self.entries(),
            E::Entry(id) => self.entry(id),
            E::EntryDetails(id) => self.entry_details(id),
            E::EntrySummary(id) => self.entry_summary(id),
            E::CreateEntry => self.post_entry(),
            E::ReplaceEntry(id) => self.put_entry(id),
            E::UpdateEntry(id) => self.patch_entry(id),
            E::SyncEntry(id) => self.patch_entry_sync(id),
            E::DeleteEntry(id) => self.delete_entry(id),
            E::Technicians => self.technicians(),
            E::Technician(id) => self.technician(id),
            E::ExportTechnicians => self.export("technicians", &tables.technicians, |row| {
                self.books.wire_technician(row, nulls)
            }),
            E::Assignments => self.assignments(),
            E::ExportAssignments => {
                self.export("appointment-assignments", &tables.assignments, |row| {
                    self.books.wire(Kind::Assignment, row, nulls)
                })
            }
        }
    }
}
