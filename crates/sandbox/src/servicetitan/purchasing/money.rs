//! Exact amounts and quantities, and the two ways they go over the wire: inventory and the
//! pricebook send JSON numbers, accounting sends strings.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Serialize as _, Serializer};
use serde_json::{Value, json};

/// Rounded to the cent, halves away from zero, as ServiceTitan's own totals are taken to be.
pub(crate) fn to_cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The wire's number. Its shortest decimal text is the amount, as long as it has at most fifteen
/// digits, which all amounts here have.
pub(crate) fn number(amount: Decimal) -> Value {
    let text = amount.normalize().to_string();
    match text.parse::<f64>() {
        Ok(number) => json!(number),
        Err(_) => unreachable!("a decimal's text is a number's"),
    }
}

/// [`number`] for `serialize_with`.
pub(crate) fn as_number<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    number(*amount).serialize(serializer)
}

/// The text that accounting sends: at least two decimals, e.g. `12.50`, `0.1234`.
pub(crate) fn text(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount.to_string()
}

/// Shares `total` out by weight, in cents that add up to it.
pub(super) fn allocate(total: Decimal, weights: &[Decimal]) -> Vec<Decimal> {
    let all: Decimal = weights.iter().sum();
    let last = weights.len().saturating_sub(1);
    let (mut weighed, mut given) = (Decimal::ZERO, Decimal::ZERO);
    let shares = weights.iter().enumerate().map(|(place, weight)| {
        weighed += weight;
        let due = match total
            .checked_mul(weighed)
            .and_then(|due| due.checked_div(all))
        {
            Some(due) if place < last => to_cents(due),
            // The last one, or nothing to weigh by: whatever is left.
            _ if place == last => total,
            _ => given,
        };
        let share = due - given;
        given = due;
        share
    });
    shares.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn halves_of_a_cent_go_away_from_zero() {
        assert_eq!(to_cents(decimal("1.005")), decimal("1.01"));
        assert_eq!(to_cents(decimal("-1.005")), decimal("-1.01"));
        assert_eq!(to_cents(decimal("1.0049")), decimal("1.00"));
    }

    #[test]
    fn shares_add_up_to_the_whole() {
        let weights = ["1", "1", "1"].map(decimal);
        let shares = allocate(decimal("0.10"), &weights);
        assert_eq!(shares, ["0.03", "0.04", "0.03"].map(decimal));
        assert_eq!(
            allocate(decimal("5"), &["0", "0"].map(decimal)),
            ["0", "5"].map(decimal)
        );
        assert!(allocate(decimal("5"), &[]).is_empty());
    }

    #[test]
    fn texts_have_two_decimals_or_more() {
        assert_eq!(text(decimal("12.5")), "12.50");
        assert_eq!(text(decimal("0.123400")), "0.1234");
        assert_eq!(text(decimal("-3")), "-3.00");
    }

    #[test]
    fn the_wires_number_shows_the_amount_as_it_is() {
        assert_eq!(number(decimal("0.3000")).to_string(), "0.3");
        assert_eq!(number(decimal("12.3456")).to_string(), "12.3456");
        assert_eq!(
            number(decimal("12345678901.23")).to_string(),
            "12345678901.23"
        );
        assert_eq!(number(decimal("-4")).to_string(), "-4.0");
    }
}
