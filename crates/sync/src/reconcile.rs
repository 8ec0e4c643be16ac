//! Both sides of a period laid side by side: what ServiceTitan says, what Odoo holds, and why they differ.
//!
//! Documents are paired by the name that they bear in Odoo's external ids, not by what the store remembers. What is left
//! then, and was entered in Odoo by hand, is paired by vendor, number and total together (`by_hand`). Each pair, and each document without a partner, is judged by [`compare`]; a
//! difference has at least one [`Cause`], the most important one first.
//!
//! What counts: in ServiceTitan what is dated in the period and neither canceled nor only planned; in Odoo what stands in
//! the books of the period (an order: what is not cancelled), if it is one of ours or of one of our vendors. So two equal
//! sums are no proof, and no difference is: where nothing differs, counts and sums are equal.

mod by_hand;
mod cause;
mod document;
mod judge;
mod lines;
mod period;
mod receivable;
mod totals;

pub use cause::{Cause, Finding};
pub use document::{Document, Kind, Line, Standing, UnknownKind, Unreadable, Vendor};
pub(crate) use period::in_our_age;
pub use period::{InvalidPeriod, Period, day};
pub use receivable::{is_exported_before, of_invoice, of_payment};
pub use totals::{Sum, Totals};

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

/// What was read of both sides, each document once.
#[derive(Clone, Debug, Default)]
pub struct Sides {
    /// ServiceTitan's documents of the period, and those of other periods that Odoo has in this one. Each bears a name.
    pub servicetitan: Vec<Document>,
    /// Odoo's documents of the period, and those of other periods that ServiceTitan has in this one.
    pub odoo: Vec<Document>,
    /// What ServiceTitan gave and nobody can read.
    pub unreadable: Vec<Unreadable>,
    /// Where bills of closed periods are booked on the next open day: the last day of Odoo's books that is closed.
    pub closed_until: Option<Date>,
    /// The same of customers' invoices.
    pub sales_closed_until: Option<Date>,
}

/// One document that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is.
    pub kind: Kind,
    /// The vendor's name; ServiceTitan's where there is one.
    pub party: String,
    /// Why it differs, the most important cause first; never empty.
    pub findings: Vec<Finding>,
    /// ServiceTitan's document, without its lines.
    pub servicetitan: Option<Document>,
    /// Odoo's.
    pub odoo: Option<Document>,
}

impl Difference {
    /// The most important cause.
    ///
    /// # Panics
    /// Never: a difference has a cause.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.findings.first().expect("it has a cause").cause
    }

    /// Whether it is as it should be: booked later because its period was closed. It explains a difference between the sums.
    #[must_use]
    pub fn is_expected(&self) -> bool {
        let mut causes = self.findings.iter().map(|finding| finding.cause);
        causes.all(|cause| cause == Cause::BookedLater)
    }

    fn order(&self) -> impl Ord + use<> {
        let either = self.servicetitan.as_ref().or(self.odoo.as_ref());
        let ids = (
            self.servicetitan.as_ref().map(|document| document.id),
            self.odoo.as_ref().map(|document| document.id),
        );
        let date = either.and_then(|document| document.date);
        (self.kind, self.party.to_lowercase(), date, ids)
    }
}

/// What came of comparing.
#[derive(Clone, Debug)]
pub struct Report {
    /// The days that were compared.
    pub period: Period,
    /// Counts and sums by kind and vendor, in the order of the vendors' names.
    pub totals: Vec<Totals>,
    /// What differs, by kind, vendor and date.
    pub differences: Vec<Difference>,
    /// How many documents somebody entered in Odoo by hand, which are ServiceTitan's by vendor, number and total.
    pub by_hand: usize,
    /// Customers' documents of the period that are not in Odoo, and need not be: not ready yet ([`Standing::Planned`]), or
    /// handed on before the connector was there ([`Standing::Elsewhere`]).
    pub left_out: BTreeMap<(Kind, Standing), Sum>,
}

/// The vendor's number for a document, by which it pairs where it bears no name.
#[must_use]
pub fn number(document: &Document) -> Option<&str> {
    by_hand::number(document)
}

impl Report {
    /// Whether nothing differs but what is expected.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differences.iter().all(Difference::is_expected)
    }

    /// How many documents differ as they should: see [`Difference::is_expected`].
    #[must_use]
    pub fn expected(&self) -> usize {
        let differences = self.differences.iter();
        differences.filter(|one| one.is_expected()).count()
    }

    /// How many documents ServiceTitan has in the period.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.of_documents().map(|row| row.servicetitan.count).sum()
    }

    /// How many documents differ for this most important cause.
    #[must_use]
    pub fn count(&self, cause: Cause) -> usize {
        let with = |difference: &&Difference| difference.cause() == cause;
        self.differences.iter().filter(with).count()
    }

    /// What Odoo's documents come to, less what ServiceTitan's do.
    #[must_use]
    pub fn difference(&self) -> Decimal {
        self.of_documents().map(Totals::difference).sum()
    }

    /// One line that says how it came out.
    #[must_use]
    pub fn certificate(&self) -> String {
        let certificate = format!(
            "{} documents, {} missing, {} extra, {:.2} difference",
            self.documents(),
            self.count(Cause::Missing),
            self.count(Cause::Extra),
            self.difference()
        );
        match self.expected() {
            0 => certificate,
            1 => format!("{certificate}; 1 document is booked later, as its period was closed"),
            n => {
                format!("{certificate}; {n} documents are booked later, as their period was closed")
            }
        }
    }

    /// Receipts are counted with their orders, and their sums are quantities.
    fn of_documents(&self) -> impl Iterator<Item = &Totals> {
        self.totals.iter().filter(|row| row.kind != Kind::Receipts)
    }
}

/// Pairs the documents of both sides and says what differs.
#[must_use]
pub fn compare(period: Period, sides: Sides) -> Report {
    let closed = (sides.closed_until, sides.sales_closed_until);
    let (named, unnamed): (Vec<_>, Vec<_>) =
        sides.odoo.into_iter().partition(|held| held.name.is_some());
    let duplicates = judge::duplicates(period, named.iter().chain(&unnamed));
    let mut pairs = by_hand::Pairs::new();
    let key = |document: &Document| Some((document.kind, document.name.clone()?));
    for document in sides.servicetitan {
        if let Some(key) = key(&document) {
            pairs.entry(key).or_default().0 = Some(document);
        }
    }
    for document in named {
        if let Some(key) = key(&document) {
            pairs.entry(key).or_default().1 = Some(document);
        }
    }
    let (unnamed, by_hand) = by_hand::pair(&mut pairs, unnamed);
    let mut totals = totals::Book::default();
    let mut left_out = BTreeMap::new();
    let mut differences = Vec::new();
    for unread in sides.unreadable {
        let held = pairs
            .remove(&(unread.kind, unread.name.clone()))
            .and_then(|(_, held)| held);
        totals.add(period, None, held.as_ref());
        differences.push(difference(
            unread.kind,
            None,
            held,
            vec![Cause::Unreadable.because(unread.what)],
        ));
    }
    let unnamed = unnamed.into_iter().map(|held| (None, Some(held)));
    for (wanted, held) in pairs.into_values().chain(unnamed) {
        let either = wanted.as_ref().or(held.as_ref());
        let is_sale = either.is_some_and(|one| one.kind.is_sale());
        let closed_until = if is_sale { closed.1 } else { closed.0 };
        let mut findings = judge::findings(period, closed_until, wanted.as_ref(), held.as_ref());
        if let (Some(wanted), None) = (&wanted, &held) {
            leave_out(&mut left_out, period, wanted);
        }
        let twice = held
            .as_ref()
            .and_then(|held| duplicates.get(&(held.kind, held.id)));
        findings.extend(twice.map(|what| Cause::DuplicateNumber.because(what.clone())));
        totals.add(period, wanted.as_ref(), held.as_ref());
        if findings.is_empty() {
            continue;
        }
        findings.sort_by_key(|finding| finding.cause);
        let kind = wanted.as_ref().or(held.as_ref()).map(|one| one.kind);
        if let Some(kind) = kind {
            differences.push(difference(kind, wanted, held, findings));
        }
    }
    differences.sort_by_cached_key(Difference::order);
    Report {
        period,
        totals: totals.rows(),
        differences,
        by_hand,
        left_out,
    }
}

/// Counts what a rule leaves out.
fn leave_out(left_out: &mut BTreeMap<(Kind, Standing), Sum>, period: Period, wanted: &Document) {
    let is_left_out = matches!(wanted.standing, Standing::Planned | Standing::Elsewhere);
    let is_within = wanted.date.is_some_and(|day| period.contains(day));
    if wanted.kind.is_sale() && is_left_out && is_within {
        let key = (wanted.kind, wanted.standing);
        left_out.entry(key).or_default().add(wanted);
    }
}

fn difference(
    kind: Kind,
    wanted: Option<Document>,
    held: Option<Document>,
    findings: Vec<Finding>,
) -> Difference {
    let party = wanted.as_ref().or(held.as_ref());
    let party = party.map(|one| one.vendor.shown.clone());
    let without_lines = |document: Document| Document {
        lines: None,
        settled: None,
        ..document
    };
    Difference {
        kind,
        party: party.unwrap_or_default(),
        findings,
        servicetitan: wanted.map(without_lines),
        odoo: held.map(without_lines),
    }
}

#[cfg(test)]
mod tests;
