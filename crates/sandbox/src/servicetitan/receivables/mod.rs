//! The receivable side of a tenant: invoices, payments and journal entries, and who goes where for
//! a job.
//!
//! Amounts are exact decimals from seed to wire. An invoice holds its lines; the table of lines
//! mirrors them for the feed that they have of their own. A payment holds what it is applied to;
//! an invoice remembers the sum. A customer owes what its invoices come to, less what it paid,
//! and each change of that bumps the customer.

mod crew;
mod dealing;
mod dispatching;
mod endpoint;
mod handle;
mod invoice;
mod invoicing;
mod journal;
mod listing;
mod paying;
mod payment;
mod seed;
mod tax;
mod writing;

pub use crew::{Assignment, Technician};
pub use dealing::{Dealing, InvoiceRef};
pub(crate) use endpoint::{Endpoint, find};
pub(crate) use invoice::InvoiceView;
pub use invoice::{Invoice, InvoiceConfiguration, InvoiceLine, LineKind, ReviewStatus};
pub use invoicing::{InvoiceEdit, InvoiceLineEdit, NewInvoice, NewInvoiceLine};
pub use journal::{EntrySyncStatus, JournalEntry, JournalLine, PostingStatus};
pub use paying::NewPayment;
pub use payment::{Payment, PaymentType, Split};
pub use tax::{InvoiceTax, TaxCode, TaxRounding};

use jiff::Timestamp;

use super::books::Ids;
use super::rot::Kind;
use super::table::{Rows, Table};

/// Where ids made at run time begin that the simulator did not give before it had this side:
/// the others stay what they were.
const IDS_FROM: i64 = 950_000_001;

/// A tenant's receivable tables.
pub(crate) struct Receivables {
    pub(crate) invoices: Table<Invoice>,
    pub(crate) lines: Table<InvoiceLine>,
    pub(crate) payments: Table<Payment>,
    pub(crate) payment_types: Table<PaymentType>,
    pub(crate) entries: Table<JournalEntry>,
    pub(crate) technicians: Table<Technician>,
    pub(crate) assignments: Table<Assignment>,
    pub(crate) ids: Ids,
}

impl Receivables {
    /// What every tenant has from the start.
    pub(crate) fn new(until: Timestamp) -> Self {
        Self {
            invoices: Table::seeded(Vec::new()),
            lines: Table::seeded(Vec::new()),
            payments: Table::seeded(Vec::new()),
            payment_types: Table::seeded(payment::types(until)),
            entries: Table::seeded(Vec::new()),
            technicians: Table::seeded(crew::technicians(until)),
            assignments: Table::seeded(Vec::new()),
            ids: Ids::from(IDS_FROM),
        }
    }

    /// The table of a kind; `None` for kinds that are of another side.
    pub(crate) fn rows(&mut self, kind: Kind) -> Option<&mut dyn Rows> {
        Some(match kind {
            Kind::Invoice => &mut self.invoices,
            Kind::InvoiceItem => &mut self.lines,
            Kind::Payment => &mut self.payments,
            Kind::PaymentType => &mut self.payment_types,
            Kind::JournalEntry => &mut self.entries,
            Kind::Technician => &mut self.technicians,
            Kind::Assignment => &mut self.assignments,
            _ => return None,
        })
    }
}

/// The receivable scopes that a tenant has granted when the simulator starts. Those that write
/// payments and journal entries are not among them: few tenants grant them.
pub(crate) const SCOPES: &[&str] = &[
    "tn.acc.invoiceitems:r",
    "tn.acc.invoices:r",
    "tn.acc.invoices:w",
    "tn.acc.journalentries:r",
    "tn.acc.payments:r",
    "tn.acc.paymenttypes:r",
    "tn.dis.appointmentassignments:r",
    "tn.stt.technicians:r",
];

/// Changes a field that an edit names.
fn set<T>(field: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *field = new;
    }
}
