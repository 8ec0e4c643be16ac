//! Decimal numbers on their way to Odoo and back, digit for digit.
//!
//! Odoo counts in doubles. What keeps amounts exact all the same is that every double has one shortest
//! text that means it, and that everybody here writes that text: Python, which makes Odoo's answers,
//! over both protocols, and Rust. So an amount is read by the text of its number, never by its value: 100.1 is
//! 100.1. And it is sent as the double whose text it is; a decimal with more digits than a double keeps
//! (about 15) has none, is refused here, and would have been changed by Odoo.
//!
//! Reading needs `serde_json`'s feature `float_roundtrip`: without it the last of 17 digits may differ.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Number, Value};

/// A decimal that no double keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} has more digits than Odoo's numbers keep (about 15)")]
pub struct TooManyDigits(pub Decimal);

/// The digits of a number as Odoo sent it; `None` for everything else (an empty field is `false`).
///
/// A sum that Odoo computed may come as 0.30000000000000004: see [`rounded`].
#[must_use]
pub fn read(value: &Value) -> Option<Decimal> {
    let Value::Number(number) = value else {
        return None;
    };
    let text = number.to_string();
    if text.contains(['e', 'E']) {
        Decimal::from_scientific(&text).ok()
    } else {
        text.parse().ok()
    }
}

/// An amount of a currency with cents, as Odoo sent it, to the cent.
#[must_use]
pub fn cents(value: &Value) -> Option<Decimal> {
    read(value).map(|amount| rounded(amount, 2))
}

/// The nearest decimal with so many places; in the middle, away from zero, as Odoo rounds.
#[must_use]
pub fn rounded(value: Decimal, places: u32) -> Decimal {
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// The number that Odoo reads as exactly this decimal, for [`Values`](crate::Values) and domains.
pub fn number(value: Decimal) -> Result<Value, TooManyDigits> {
    let too_many = || TooManyDigits(value);
    // Python's and Rust's readers both give the double that is nearest to the text.
    let double: f64 = text(value).parse().map_err(|_| too_many())?;
    let number = Number::from_f64(double)
        .map(Value::Number)
        .ok_or_else(too_many)?;
    if read(&number) == Some(value) {
        Ok(number)
    } else {
        Err(too_many())
    }
}

/// The text for a column of `load`: no exponent, no needless zeros.
#[must_use]
pub fn text(value: Decimal) -> String {
    value.normalize().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_read_by_their_digits() {
        for (json, digits) in [
            ("100.1", "100.1"),
            ("0.0", "0"),
            ("-0.07", "-0.07"),
            ("1e-05", "0.00001"),
            ("1e+16", "10000000000000000"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("1234567890.12", "1234567890.12"),
            ("7", "7"),
        ] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(read(&value), Some(decimal(digits)), "{json}");
        }
        assert_eq!(read(&Value::Bool(false)), None);
        assert_eq!(read(&Value::from("1")), None);
    }

    #[test]
    fn a_computed_sum_is_rounded_to_the_cent() {
        let sum: Value = serde_json::from_str("0.30000000000000004").unwrap();
        assert_eq!(cents(&sum), Some(decimal("0.3")));
        for (exact, to_the_cent) in [("2.675", "2.68"), ("-2.675", "-2.68"), ("2.6749", "2.67")] {
            assert_eq!(rounded(decimal(exact), 2), decimal(to_the_cent));
        }
    }

    #[test]
    fn more_digits_than_odoo_keeps_are_refused() {
        let value = decimal("0.1234567890123456789");
        assert_eq!(number(value), Err(TooManyDigits(value)));
        assert_eq!(number(decimal("0.30")).unwrap().to_string(), "0.3");
        assert_eq!(text(decimal("1200.50")), "1200.5");
        assert_eq!(text(decimal("1200")), "1200");
    }

    proptest! {
        #[test]
        fn fifteen_digits_go_there_and_back(digits in -999_999_999_999_999i64..=999_999_999_999_999, places in 0u32..=10) {
            let value = Decimal::new(digits, places);
            let wire = serde_json::to_string(&number(value).unwrap()).unwrap();
            let back: Value = serde_json::from_str(&wire).unwrap();
            prop_assert_eq!(read(&back), Some(value), "{}", wire);
        }
    }
}
