//! How much of a payment settles which invoice: [`Settlement`] in, exactly that in Odoo, however often it is asked for.
//!
//! Odoo's own `reconcile` takes as much as it can, oldest first, so it cannot carry "50 of this payment for that invoice".
//! What it makes are parts (`account.partial.reconcile`), and whoever may book invoices may make them too: one `load` by
//! external id puts a part of any amount between two items, changes it, and does nothing when it is repeated; deleting it
//! takes it back. Residuals, payment states and the payments' states follow (measured on 19, with the rights of
//! "Invoicing").
//!
//! But Odoo checks nothing of a part: neither that so much is open, nor the side, the account or the customer. All that is
//! checked here, before and after. What Odoo does in `reconcile` alone is missing: entries for taxes on a cash basis and for
//! differences of exchange rates. So other currencies are refused; who uses cash basis taxes
//! ([`Receivables::cash_basis`](crate::preflight::Receivables)) should not settle this way. Items that are settled wholly
//! keep a matching number with a `P`, as they do wherever a payment is larger than its invoice.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::decimal;
use crate::document::{OpenItem, Reconciliation};
use crate::load::Rows;
use crate::record::{ExternalId, Model, RecordId};

/// The most parts of one settlement: instalments of the invoice, times items of the other.
pub const PARTS_MAX: usize = 100;

/// That so much of one entry settles another: of a payment an invoice, of a credit note an invoice, of a refund a credit
/// note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The name under which its first part is kept; further ones, as of an invoice that is due in instalments, are called
    /// `{name}_2` and so on. No other settlement may bear it.
    pub name: ExternalId,
    /// The journal entry that gives: a payment's ([`Payment::posted_entry`](crate::document::Payment::posted_entry)), or a
    /// credit note.
    pub payer: RecordId,
    /// The journal entry that takes: the invoice.
    pub invoice: RecordId,
    /// How much, in the company's currency. Zero: nothing any more.
    pub amount: Decimal,
}

/// What became of a [`Settlement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// So it was already.
    Already,
    /// So it is now.
    Now,
}

/// Why a [`Settlement`] was not made. Nothing of it was written, or it was taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    /// The amount is negative, or has too many digits.
    #[error("{0} is no amount to settle")]
    Amount(Decimal),
    /// An entry is not in the books.
    #[error("entry {0} is not posted")]
    NotPosted(RecordId),
    /// An entry has no item that could be settled: it is gone, of nothing, or on no receivable or payable account.
    #[error("entry {0} has nothing to settle")]
    NothingOwed(RecordId),
    /// Both are debits or both credits, or on different accounts or in different companies.
    #[error("the two entries do not settle each other")]
    NoMatch,
    /// One of them is not in the company's currency.
    #[error("an entry is not in the company's currency")]
    ForeignCurrency,
    /// So much is not open: of the one or the other only this.
    #[error("only {open} is open")]
    TooMuch {
        /// What could be settled at most, with what is settled between them already.
        open: Decimal,
    },
    /// Somebody else reconciled more between them.
    #[error("{amount} was reconciled between them by somebody else")]
    ByOthers {
        /// How much.
        amount: Decimal,
    },
    /// Odoo refused it.
    #[error("Odoo refuses it: {0}")]
    Refused(String),
}

/// A part that shall be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its external id.
    pub name: ExternalId,
    /// The item that is a debit.
    pub debit: RecordId,
    /// The item that is a credit.
    pub credit: RecordId,
    /// How much.
    pub amount: Decimal,
}

/// What must be done for one [`Settlement`]; nothing where both are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    /// Parts that shall be no more.
    pub delete: Vec<RecordId>,
    /// Parts that shall be as they stand here.
    pub load: Vec<Part>,
}

/// What Odoo holds of the entries of some settlements.
#[derive(Clone, Debug, Default)]
pub struct Books {
    items: BTreeMap<RecordId, OpenItem>,
    parts: Vec<Reconciliation>,
    /// External ids of parts.
    names: BTreeMap<RecordId, Vec<ExternalId>>,
}

impl Books {
    /// Takes what was read: the receivable and payable items of all the entries, their parts, and the parts' external ids.
    #[must_use]
    pub fn new(
        items: Vec<OpenItem>,
        parts: Vec<Reconciliation>,
        names: BTreeMap<RecordId, Vec<ExternalId>>,
    ) -> Self {
        let items = items.into_iter().map(|item| (item.id, item)).collect();
        Self {
            items,
            parts,
            names,
        }
    }

    /// What must be done for a settlement, as if it were done then: the next one finds less open.
    pub fn plan(&mut self, wanted: &Settlement) -> Result<Deeds, Unsettled> {
        if wanted.amount.is_sign_negative() && !wanted.amount.is_zero()
            || decimal::number(wanted.amount).is_err()
        {
            return Err(Unsettled::Amount(wanted.amount));
        }
        let pairs = self.pairs(wanted)?;
        let between = |part: &&Reconciliation| {
            pairs
                .iter()
                .any(|(debit, credit)| part.is_between(*debit, *credit))
        };
        let (own, others): (Vec<&Reconciliation>, Vec<&Reconciliation>) = self
            .parts
            .iter()
            .filter(between)
            .partition(|part| self.is_of(part.id, &wanted.name));
        let by_others: Decimal = others.iter().map(|part| part.amount).sum();
        if by_others > wanted.amount {
            return Err(Unsettled::ByOthers { amount: by_others });
        }
        let (own, missing) = (
            own.into_iter().cloned().collect::<Vec<_>>(),
            wanted.amount - by_others,
        );
        if own.iter().map(|part| part.amount).sum::<Decimal>() == missing {
            return Ok(Deeds::default());
        }
        let mut open: BTreeMap<RecordId, Decimal> = self
            .items
            .values()
            .map(|item| (item.id, left(item)))
            .collect();
        for part in &own {
            for end in [part.debit, part.credit] {
                *open.entry(end).or_default() += part.amount;
            }
        }
        let mut parts = Vec::new();
        let mut rest = missing;
        for (debit, credit) in &pairs {
            let fits = open[debit].min(open[credit]).min(rest);
            if fits > Decimal::ZERO {
                rest -= fits;
                for end in [debit, credit] {
                    open.entry(*end).and_modify(|open| *open -= fits);
                }
                parts.push((*debit, *credit, fits));
            }
        }
        if !rest.is_zero() {
            let open = wanted.amount - rest;
            return Err(Unsettled::TooMuch { open });
        }
        let deeds = self.deeds(wanted, &own, parts);
        self.apply(&own, &deeds, &open);
        Ok(deeds)
    }

    /// The pairs of items that can settle each other, debit first, in the order of their due dates.
    fn pairs(&self, wanted: &Settlement) -> Result<Vec<(RecordId, RecordId)>, Unsettled> {
        let of = |entry: RecordId| -> Result<Vec<&OpenItem>, Unsettled> {
            let mut items: Vec<&OpenItem> = self
                .items
                .values()
                .filter(|item| item.entry == entry && !item.balance.is_zero())
                .collect();
            items.sort_by_key(|item| (item.due, item.id));
            let Some(first) = items.first() else {
                return Err(Unsettled::NothingOwed(entry));
            };
            if !first.posted {
                return Err(Unsettled::NotPosted(entry));
            }
            if items.iter().any(|item| item.balance != item.amount) {
                return Err(Unsettled::ForeignCurrency);
            }
            Ok(items)
        };
        let (payer, invoice) = (of(wanted.payer)?, of(wanted.invoice)?);
        let mut pairs = Vec::new();
        for taker in &invoice {
            for giver in &payer {
                let fits = taker.account == giver.account
                    && taker.company == giver.company
                    && taker.balance.is_sign_negative() != giver.balance.is_sign_negative();
                if fits {
                    pairs.push(if taker.balance.is_sign_negative() {
                        (giver.id, taker.id)
                    } else {
                        (taker.id, giver.id)
                    });
                }
            }
        }
        pairs.truncate(PARTS_MAX);
        if pairs.is_empty() {
            return Err(Unsettled::NoMatch);
        }
        Ok(pairs)
    }

    fn is_of(&self, part: RecordId, name: &ExternalId) -> bool {
        let names = self.names.get(&part).into_iter().flatten();
        (names)
            .into_iter()
            .any(|own| number_of(own, name).is_some())
    }

    /// Parts that stay keep their names, so that one `load` changes them; what is left over is deleted.
    fn deeds(
        &self,
        wanted: &Settlement,
        own: &[Reconciliation],
        parts: Vec<(RecordId, RecordId, Decimal)>,
    ) -> Deeds {
        let numbers: BTreeMap<RecordId, usize> = own
            .iter()
            .filter_map(|part| {
                let mut names = self.names.get(&part.id)?.iter();
                let number = names.find_map(|name| number_of(name, &wanted.name))?;
                Some((part.id, number))
            })
            .collect();
        let mut taken: Vec<usize> = Vec::new();
        let mut deeds = Deeds::default();
        let mut kept: Vec<RecordId> = Vec::new();
        let mut fresh = Vec::new();
        for (debit, credit, amount) in parts {
            let there = own
                .iter()
                .find(|part| part.is_between(debit, credit) && !kept.contains(&part.id));
            let Some(there) = there else {
                fresh.push((debit, credit, amount));
                continue;
            };
            kept.push(there.id);
            let number = numbers.get(&there.id).copied().unwrap_or(1);
            taken.push(number);
            if there.amount != amount {
                deeds
                    .load
                    .push(part(wanted, number, (debit, credit, amount)));
            }
        }
        let gone = own.iter().filter(|part| !kept.contains(&part.id));
        deeds.delete = gone.map(|part| part.id).collect();
        for ends in fresh {
            let number = (1..=taken.len() + 1)
                .find(|n| !taken.contains(n))
                .unwrap_or(1);
            taken.push(number);
            deeds.load.push(part(wanted, number, ends));
        }
        deeds
    }

    fn apply(&mut self, own: &[Reconciliation], deeds: &Deeds, open: &BTreeMap<RecordId, Decimal>) {
        self.parts.retain(|part| !deeds.delete.contains(&part.id));
        let touched: Vec<RecordId> = own
            .iter()
            .flat_map(|part| [part.debit, part.credit])
            .chain(deeds.load.iter().flat_map(|part| [part.debit, part.credit]))
            .collect();
        for id in touched {
            if let (Some(item), Some(open)) = (self.items.get_mut(&id), open.get(&id)) {
                item.residual = if item.balance.is_sign_negative() {
                    -*open
                } else {
                    *open
                };
            }
        }
    }
}

/// What is open of an item, without its sign; nothing where too much was settled.
fn left(item: &OpenItem) -> Decimal {
    if item.is_overdrawn() {
        Decimal::ZERO
    } else {
        item.residual.abs()
    }
}

/// Which part of a settlement bears this external id.
fn number_of(own: &ExternalId, name: &ExternalId) -> Option<usize> {
    if own.module() != name.module() {
        return None;
    }
    match own.name().strip_prefix(name.name())? {
        "" => Some(1),
        rest => rest.strip_prefix('_')?.parse().ok().filter(|n| *n > 1),
    }
}

fn part(
    wanted: &Settlement,
    number: usize,
    (debit, credit, amount): (RecordId, RecordId, Decimal),
) -> Part {
    let name = if number == 1 {
        wanted.name.clone()
    } else {
        let name = format!("{}_{number}", wanted.name.name());
        ExternalId::new(wanted.name.module(), name).unwrap_or_else(|_| wanted.name.clone())
    };
    Part {
        name,
        debit,
        credit,
        amount,
    }
}

/// The rows of `load` for these parts; each under the group that it is given with.
#[must_use]
pub fn rows(parts: &[(usize, Part)]) -> Rows {
    let columns = [
        "id",
        "debit_move_id/.id",
        "credit_move_id/.id",
        "amount",
        "debit_amount_currency",
        "credit_amount_currency",
    ];
    let mut rows = Rows::new(Model::RECONCILIATION, columns);
    for (group, part) in parts {
        let amount = part.amount.to_string();
        let row = vec![
            part.name.to_string(),
            part.debit.to_string(),
            part.credit.to_string(),
            amount.clone(),
            amount.clone(),
            amount,
        ];
        rows.push(*group, row).expect("a value for each column");
    }
    rows
}

#[cfg(test)]
mod tests;
