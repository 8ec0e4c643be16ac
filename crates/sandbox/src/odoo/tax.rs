//! What lines of a document come to: subtotals, taxes, totals, rounded in Odoo's way.
//!
//! A line's own subtotal is its quantity times its price, rounded. A document's untaxed amount is *not* the sum of
//! those: unless the company rounds per line, it is the rounded sum of what the lines are before rounding, and each tax
//! is the rounded sum of what it is on each line. The cents between are given to the largest lines.

use rust_decimal::Decimal;

use super::Id;
use super::database::{Row, Tx};
use super::schema::Model;
use super::value::rounded;

const CENTS: u32 = 2;

/// A line of a document, as far as money goes.
#[derive(Clone, Debug)]
pub(super) struct Base {
    pub(super) quantity: Decimal,
    pub(super) price: Decimal,
    /// In percent.
    pub(super) discount: Decimal,
    pub(super) taxes: Vec<Tax>,
}

#[derive(Clone, Debug)]
pub(super) struct Tax {
    id: Id,
    /// `fixed` or a percentage.
    fixed: bool,
    amount: Decimal,
}

/// What a line comes to.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// Without tax, rounded by itself.
    pub(super) subtotal: Decimal,
    /// The cents that the line bears for the document's untaxed amount to come out.
    pub(super) delta: Decimal,
    /// Its part of each tax.
    pub(super) taxes: Vec<(Id, Decimal)>,
}

impl Settled {
    pub(super) fn tax(&self) -> Decimal {
        self.taxes.iter().map(|(_, amount)| amount).sum()
    }
}

/// The taxes with these ids.
pub(super) fn taxes(tx: &Tx<'_>, ids: &[Id]) -> Vec<Tax> {
    ids.iter()
        .filter_map(|id| tx.row(Model::Tax, *id))
        .map(|row| Tax {
            id: row.id(),
            fixed: row.text(Model::Tax, "amount_type") == Some("fixed"),
            amount: row.get(Model::Tax, "amount").as_number(),
        })
        .collect()
}

/// Whether the company rounds every line by itself.
pub(super) fn per_line(tx: &Tx<'_>) -> bool {
    let method = |row: &Row| {
        row.text(Model::Company, "tax_calculation_rounding_method") == Some("round_per_line")
    };
    tx.db.rows(Model::Company).next().is_some_and(method)
}

/// What each of the lines of one document comes to.
pub(super) fn settle(lines: &[Base], per_line: bool) -> Vec<Settled> {
    let hundred = Decimal::ONE_HUNDRED;
    let raw: Vec<(Decimal, Vec<Decimal>)> = lines
        .iter()
        .map(|line| {
            let price = line.price * (Decimal::ONE - line.discount / hundred);
            let mut base = line.quantity * price;
            if per_line {
                base = rounded(base, CENTS);
            }
            let taxes = line.taxes.iter().map(|tax| {
                let amount = if tax.fixed {
                    line.quantity * tax.amount
                } else {
                    base * tax.amount / hundred
                };
                if per_line {
                    rounded(amount, CENTS)
                } else {
                    amount
                }
            });
            (base, taxes.collect())
        })
        .collect();
    let mut settled: Vec<Settled> = lines
        .iter()
        .zip(&raw)
        .map(|(line, (base, taxes))| Settled {
            subtotal: rounded(*base, CENTS),
            delta: Decimal::ZERO,
            taxes: line
                .taxes
                .iter()
                .zip(taxes)
                .map(|(tax, amount)| (tax.id, rounded(*amount, CENTS)))
                .collect(),
        })
        .collect();
    let bases: Vec<Decimal> = raw.iter().map(|(base, _)| *base).collect();
    for (index, cents) in deltas(&bases) {
        settled[index].delta = cents;
    }
    let mut ids: Vec<Id> = lines
        .iter()
        .flat_map(|l| &l.taxes)
        .map(|tax| tax.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        // Where the tax stands: line, and its place among the line's taxes.
        let mut places = Vec::new();
        for (line, base) in lines.iter().enumerate() {
            let at = base.taxes.iter().position(|tax| tax.id == id);
            places.extend(at.map(|at| (line, at)));
        }
        let amounts: Vec<Decimal> = places.iter().map(|(line, at)| raw[*line].1[*at]).collect();
        for (index, cents) in deltas(&amounts) {
            let (line, at) = places[index];
            settled[line].taxes[at].1 += cents;
        }
    }
    settled
}

/// The cents between the rounded sum and the sum of the rounded, given to the largest first.
fn deltas(amounts: &[Decimal]) -> Vec<(usize, Decimal)> {
    let total: Decimal = amounts.iter().sum();
    let parts: Decimal = amounts.iter().map(|amount| rounded(*amount, CENTS)).sum();
    let missing = rounded(total, CENTS) - parts;
    let cent = Decimal::new(1, CENTS);
    let mut left = (missing.abs() / cent).round();
    if left.is_zero() {
        return Vec::new();
    }
    let sign = if missing.is_sign_negative() {
        -cent
    } else {
        cent
    };
    let weight: Decimal = amounts.iter().map(Decimal::abs).sum();
    let mut order: Vec<usize> = (0..amounts.len()).collect();
    order.sort_by(|a, b| amounts[*b].abs().cmp(&amounts[*a].abs()));
    let cents = left;
    let mut shares = vec![Decimal::ZERO; amounts.len()];
    for index in &order {
        let share = if weight.is_zero() {
            Decimal::ZERO
        } else {
            (amounts[*index].abs() / weight * cents).round().min(left)
        };
        shares[*index] = share;
        left -= share;
    }
    for index in &order {
        if left.is_zero() {
            break;
        }
        shares[*index] += Decimal::ONE;
        left -= Decimal::ONE;
    }
    shares
        .into_iter()
        .enumerate()
        .map(|(index, share)| (index, share * sign))
        .collect()
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::super::Id;
    use super::{Base, Tax, settle};

    fn base(quantity: &str, price: &str, percent: Option<i64>) -> Base {
        let tax = |amount: i64| Tax {
            id: Id(1),
            fixed: false,
            amount: amount.into(),
        };
        Base {
            quantity: quantity.parse().expect("a number"),
            price: price.parse().expect("a number"),
            discount: Decimal::ZERO,
            taxes: percent.map(tax).into_iter().collect(),
        }
    }

    fn totals(lines: &[Base], per_line: bool) -> (String, String) {
        let settled = settle(lines, per_line);
        let untaxed: Decimal = settled.iter().map(|line| line.subtotal + line.delta).sum();
        let tax: Decimal = settled.iter().map(super::Settled::tax).sum();
        (untaxed.to_string(), tax.to_string())
    }

    #[test]
    fn a_document_is_rounded_as_a_whole_unless_the_company_rounds_per_line() {
        let lines = [
            base("12.12", "12.12", Some(23)),
            base("12.12", "12.12", Some(23)),
        ];
        assert_eq!(
            totals(&lines, false),
            ("293.79".to_owned(), "67.57".to_owned())
        );
        assert_eq!(
            totals(&lines, true),
            ("293.78".to_owned(), "67.56".to_owned())
        );
    }

    #[test]
    fn thirds_of_cents_add_up() {
        let lines = vec![base("1", "0.333", None); 3];
        let settled = settle(&lines, false);
        assert_eq!(settled[0].subtotal, Decimal::new(33, 2));
        assert_eq!(totals(&lines, false).0, "1.00");
    }
}
