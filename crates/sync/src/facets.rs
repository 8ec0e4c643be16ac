//! Facets: the few facts of a row by which people look for records. They hold ids, words of ServiceTitan's and moments, never
//! names, texts or amounts, so that they may stand in the clear where the row itself is encrypted.

use jiff::Timestamp;
use servicetitan::record::{
    ApBill, Bill, Customer, Identity, InventoryBill, Invoice, Job, Payment, PurchaseOrder, Record,
    parse,
};

use crate::filing::RowKind;
use crate::sighting::PartKey;

/// Grows when rows of a kind get other facets, or facets at all: stores then read them anew from what they hold.
pub const VERSION: u32 = 1;

/// The longest word that is kept: of a longer one nobody knows what it is.
const WORD_CHARS_MAX: usize = 40;

/// By what a row is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// ServiceTitan's id of it.
    pub id: i64,
    /// How far it is, in ServiceTitan's word.
    pub status: Option<String>,
    /// Its business unit.
    pub unit: Option<i64>,
    /// Its customer.
    pub customer: Option<i64>,
    /// Its job.
    pub job: Option<i64>,
    /// Its own date: when it was done, ordered, billed.
    pub dated: Option<Timestamp>,
    /// When ServiceTitan changed it last.
    pub modified: Option<Timestamp>,
}

/// The facets of a row; `None` for kinds that nobody looks for by themselves, and for rows without a readable id. A row that
/// cannot be read otherwise is found by its id.
#[must_use]
pub fn of(key: &PartKey, row: &str) -> Option<Facets> {
    let facets = match RowKind::of(key)? {
        RowKind::Customer => read(row, customer),
        RowKind::Job => read(row, job),
        RowKind::PurchaseOrder => read(row, order),
        RowKind::InventoryBill => read(row, inventory_bill),
        RowKind::ApBill => read(row, ap_bill),
        RowKind::Invoice => read(row, invoice),
        RowKind::Payment => read(row, payment),
        RowKind::Contact
        | RowKind::Location
        | RowKind::BusinessUnit
        | RowKind::Vendor
        | RowKind::Material
        | RowKind::Equipment
        | RowKind::Service
        | RowKind::Receipt
        | RowKind::InventoryReturn
        | RowKind::ApCredit => return None,
    };
    let facets = facets.unwrap_or_default();
    Some(Facets {
        id: Identity::of(row)?.id,
        status: facets.status.filter(|word| is_word(word)),
        ..facets
    })
}

fn read<T: Record>(row: &str, facets: impl Fn(&T) -> Facets) -> Option<Facets> {
    parse(row).ok().as_ref().map(facets)
}

/// Whether it is one of the words that a program gives, and not a text that somebody typed.
fn is_word(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !word.is_empty() && word.chars().count() <= WORD_CHARS_MAX && word.chars().all(is_part)
}

fn customer(customer: &Customer) -> Facets {
    Facets {
        status: Some(active(customer.active)),
        customer: Some(customer.id.0),
        dated: customer.created_on,
        modified: customer.modified_on,
        ..Facets::default()
    }
}

/// The word for what has no other status.
fn active(is_active: bool) -> String {
    let word = if is_active { "Active" } else { "Inactive" };
    word.to_owned()
}

fn job(job: &Job) -> Facets {
    Facets {
        status: Some(job.job_status.as_str().to_owned()),
        unit: job.business_unit_id.map(|id| id.0),
        customer: Some(job.customer_id.0),
        job: Some(job.id.0),
        dated: job.created_on,
        modified: job.modified_on,
        ..Facets::default()
    }
}

fn order(order: &PurchaseOrder) -> Facets {
    Facets {
        status: Some(order.status.as_str().to_owned()),
        unit: order.business_unit_id.map(|id| id.0),
        job: order.job_id.map(|id| id.0),
        dated: order.date,
        modified: order.modified_on,
        ..Facets::default()
    }
}

fn inventory_bill(bill: &InventoryBill) -> Facets {
    of_bill(bill)
}

fn ap_bill(bill: &ApBill) -> Facets {
    of_bill(bill)
}

fn of_bill<Id>(bill: &Bill<Id>) -> Facets {
    Facets {
        status: Some(bill.sync_status.as_str().to_owned()),
        unit: bill
            .business_unit
            .as_ref()
            .and_then(|unit| unit.id)
            .map(|id| id.0),
        job: bill.job_id.map(|id| id.0),
        dated: bill.bill_date,
        modified: bill.modified_on,
        ..Facets::default()
    }
}

fn invoice(invoice: &Invoice) -> Facets {
    Facets {
        status: Some(invoice.sync_status.as_str().to_owned()),
        unit: invoice
            .business_unit
            .as_ref()
            .and_then(|unit| unit.id)
            .map(|id| id.0),
        customer: invoice
            .customer
            .as_ref()
            .and_then(|customer| customer.id)
            .map(|id| id.0),
        job: invoice.job.as_ref().and_then(|job| job.id).map(|id| id.0),
        dated: invoice.invoice_date,
        modified: invoice.modified_on,
        ..Facets::default()
    }
}

fn payment(payment: &Payment) -> Facets {
    Facets {
        status: Some(payment.sync_status.as_str().to_owned()),
        unit: payment
            .business_unit
            .as_ref()
            .and_then(|unit| unit.id)
            .map(|id| id.0),
        customer: payment
            .customer
            .as_ref()
            .and_then(|customer| customer.id)
            .map(|id| id.0),
        dated: payment.date,
        modified: payment.modified_on,
        ..Facets::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_by_ids_words_and_moments_alone() {
        let row = r#"{"id": 5, "customerId": 7, "businessUnitId": 3, "jobStatus": "Hold", "jobNumber": "Ann Smith",
                      "summary": "Leak", "createdOn": "2026-10-01T08:00:00Z", "modifiedOn": "2026-10-02T08:00:00Z"}"#;
        let facets = of(&RowKind::Job.key(5), row).unwrap();
        let expected = Facets {
            id: 5,
            status: Some("Hold".to_owned()),
            unit: Some(3),
            customer: Some(7),
            job: Some(5),
            dated: Some("2026-10-01T08:00:00Z".parse().unwrap()),
            modified: Some("2026-10-02T08:00:00Z".parse().unwrap()),
        };
        assert_eq!(facets, expected);
    }

    #[test]
    fn a_status_that_is_no_word_is_not_kept_in_the_clear() {
        let row = r#"{"id": 5, "customerId": 7, "jobStatus": "call Ann Smith, 12 Elm St"}"#;
        assert_eq!(of(&RowKind::Job.key(5), row).unwrap().status, None);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_found_by_its_id() {
        let row = r#"{"id": 5, "customerId": "who?"}"#;
        let by_id = Facets {
            id: 5,
            ..Facets::default()
        };
        assert_eq!(of(&RowKind::Job.key(5), row), Some(by_id));
        assert_eq!(of(&RowKind::Job.key(5), "{}"), None);
        assert_eq!(of(&RowKind::Contact.key(5), row), None);
    }
}
