//! Amounts to the cent, and unit prices to as many places as Odoo keeps.

use rust_decimal::Decimal;

/// Places of an amount.
const CENTS: u32 = 2;

/// The largest quantity or amount that is carried: larger ones are slips, and their products would not be exact.
const LARGEST: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Whether all of these can be counted with.
pub(crate) fn are_countable(numbers: impl IntoIterator<Item = Option<Decimal>>) -> bool {
    let mut numbers = numbers.into_iter().flatten();
    numbers.all(|number| number.abs() <= LARGEST)
}

/// The sum of amounts that nobody has looked at: it may be the largest there is, and it never fails.
pub fn sum_of_any(amounts: impl IntoIterator<Item = Decimal>) -> Decimal {
    amounts
        .into_iter()
        .fold(Decimal::ZERO, Decimal::saturating_add)
}

/// An amount to the cent; in the middle, away from zero, as both systems round.
#[must_use]
pub fn cents(amount: Decimal) -> Decimal {
    odoo::decimal::rounded(amount, CENTS)
}

/// A quantity at a unit price, in a document's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Priced {
    /// The unit price that is sent.
    pub(crate) unit_price: Decimal,
    /// Quantity times price, unrounded.
    pub(crate) product: Decimal,
}

impl Priced {
    /// What the line shows.
    pub(crate) fn subtotal(&self) -> Decimal {
        cents(self.product)
    }
}

/// What Odoo makes of lines: it rounds each of them, or, where it adds them up first, only the sum.
pub(crate) fn sum_in_odoo(lines: &[Priced], adds_before_rounding: bool) -> Decimal {
    if adds_before_rounding {
        cents(lines.iter().map(|line| line.product).sum())
    } else {
        lines.iter().map(Priced::subtotal).sum()
    }
}

/// The unit price at which a quantity comes to `total` in an Odoo that keeps so many `digits` of it, or as close as that
/// goes. It is the source's own where that comes to the total.
pub(crate) fn priced(
    quantity: Decimal,
    unit_cost: Decimal,
    total: Decimal,
    digits: Option<u32>,
) -> Priced {
    let kept =
        |price: Decimal| digits.map_or(price, |digits| odoo::decimal::rounded(price, digits));
    let at = |unit_price: Decimal| Priced {
        unit_price,
        product: unit_price * quantity,
    };
    let own = at(kept(unit_cost));
    if own.subtotal() == total || cents(unit_cost * quantity) == total || quantity.is_zero() {
        return own;
    }
    // The source's own total is not quantity times cost: a discount, or a total that somebody typed.
    match total.checked_div(quantity) {
        Some(price) => at(odoo::decimal::rounded(price, digits.unwrap_or(4))),
        None => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn sent(quantity: &str, cost: &str, total: &str, digits: Option<u32>) -> (String, String) {
        let priced = priced(dec(quantity), dec(cost), dec(total), digits);
        (priced.unit_price.to_string(), priced.subtotal().to_string())
    }

    #[test]
    fn a_sum_is_rounded_as_odoo_does_it() {
        let line = |product: &str| Priced {
            unit_price: Decimal::ONE,
            product: dec(product),
        };
        let lines = [line("1.004"), line("1.004")];
        assert_eq!(sum_in_odoo(&lines, false), dec("2.00"));
        assert_eq!(sum_in_odoo(&lines, true), dec("2.01"));
    }

    #[test]
    fn a_price_is_sent_as_it_is_or_as_odoo_keeps_it() {
        let case = |price: &str, subtotal: &str| (price.to_owned(), subtotal.to_owned());
        assert_eq!(sent("7", "1.2345", "8.64", None), case("1.2345", "8.64"));
        assert_eq!(sent("7", "1.2345", "8.64", Some(2)), case("1.23", "8.61"));
        assert_eq!(sent("4", "25", "90.00", None), case("22.50", "90.00"));
        assert_eq!(sent("3", "10", "20.00", None), case("6.6667", "20.00"));
        assert_eq!(sent("3", "10", "20.00", Some(2)), case("6.67", "20.01"));
        assert_eq!(sent("0", "10", "0", None), case("10", "0"));
    }
}
