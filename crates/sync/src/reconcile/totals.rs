//! Counts and sums by kind and vendor.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::{Document, Kind, Standing};
use super::period::Period;

/// How many documents, and what they come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub count: usize,
    /// What they come to together.
    pub total: Decimal,
}

impl Sum {
    pub(super) fn add(&mut self, document: &Document) {
        self.count += 1;
        self.total = self.total.saturating_add(document.total);
    }
}

/// One vendor's documents of one kind, on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// What they are.
    pub kind: Kind,
    /// The vendor's name; ServiceTitan's where there is one.
    pub vendor: String,
    /// What ServiceTitan has.
    pub servicetitan: Sum,
    /// What Odoo has.
    pub odoo: Sum,
}

impl Totals {
    /// What Odoo has more.
    #[must_use]
    pub fn difference(&self) -> Decimal {
        self.odoo.total - self.servicetitan.total
    }
}

/// Adds up.
#[derive(Debug, Default)]
pub(super) struct Book(BTreeMap<(Kind, String), Row>);

#[derive(Debug, Default)]
struct Row {
    shown: Option<String>,
    is_source_s: bool,
    servicetitan: Sum,
    odoo: Sum,
}

impl Book {
    /// Counts a pair, or what stands alone.
    pub(super) fn add(
        &mut self,
        period: Period,
        wanted: Option<&Document>,
        held: Option<&Document>,
    ) {
        let (wanted_counts, held_counts) = counts(period, wanted, held);
        if let Some(wanted) = wanted.filter(|_| wanted_counts) {
            let row = self.row(wanted, None);
            row.servicetitan.add(wanted);
            if !row.is_source_s {
                row.shown = Some(wanted.vendor.shown.clone());
                row.is_source_s = true;
            }
        }
        if let Some(held) = held.filter(|_| held_counts) {
            let row = self.row(held, wanted);
            row.odoo.add(held);
            row.shown.get_or_insert_with(|| held.vendor.shown.clone());
        }
    }

    /// The row of a document's vendor. A partner that was merged from several vendors stands for each of them.
    fn row(&mut self, document: &Document, wanted: Option<&Document>) -> &mut Row {
        let names = &document.vendor.names;
        let same = |wanted: &Document| {
            let mut of_wanted = wanted.vendor.names.iter();
            of_wanted.find(|name| names.contains(name)).cloned()
        };
        let name = wanted.and_then(same).or_else(|| names.first().cloned());
        let key = name.map_or_else(|| document.vendor.shown.clone(), |name| name.0);
        self.0.entry((document.kind, key)).or_default()
    }

    /// The rows, by kind and the vendors' names.
    pub(super) fn rows(self) -> Vec<Totals> {
        let rows = self.0.into_iter().map(|((kind, key), row)| {
            let totals = Totals {
                kind,
                vendor: row.shown.unwrap_or_default(),
                servicetitan: row.servicetitan,
                odoo: row.odoo,
            };
            (key, totals)
        });
        let mut rows: Vec<(String, Totals)> = rows.collect();
        rows.sort_by_cached_key(|(key, row)| (row.kind, row.vendor.to_lowercase(), key.clone()));
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// Whether each of a pair counts in the period.
pub(super) fn counts(
    period: Period,
    wanted: Option<&Document>,
    held: Option<&Document>,
) -> (bool, bool) {
    let within = |document: &Document| document.day().is_some_and(|day| period.contains(day));
    if wanted
        .or(held)
        .is_some_and(|one| one.kind == Kind::Receipts)
    {
        // An order's receipts belong to the period of the order in ServiceTitan.
        let counts = wanted.is_some_and(|one| within(one) && one.standing != Standing::Cancelled);
        return (counts, counts && held.is_some());
    }
    let held_counts = held.is_some_and(|held| {
        let stands = match held.standing {
            Standing::Binding => true,
            Standing::Draft | Standing::Open | Standing::Planned | Standing::Elsewhere => {
                let may_be = wanted.is_some_and(|wanted| wanted.standing == Standing::Draft);
                may_be || !held.kind.is_posted()
            }
            Standing::Cancelled => false,
        };
        let is_ours = held.name.is_some() || !held.vendor.names.is_empty();
        stands && is_ours && within(held)
    });
    let wanted_counts = wanted.is_some_and(|wanted| {
        let stands = match wanted.standing {
            Standing::Draft | Standing::Open | Standing::Binding => true,
            // It counts if it came early.
            Standing::Planned | Standing::Elsewhere => held_counts,
            Standing::Cancelled => false,
        };
        stands && within(wanted)
    });
    (wanted_counts, held_counts)
}
