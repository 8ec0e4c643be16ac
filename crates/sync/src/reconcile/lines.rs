//! What differs between the lines of a document.
//!
//! A line need not bear ServiceTitan's amount to the cent: an Odoo that keeps fewer places of a price or a quantity gets the
//! nearest, and what is left over stands in a line named for rounding. So a line is unchanged if its amount is one that the
//! connector gives it in some Odoo, and the rounding line is nobody's change.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::Line;
use crate::link::Name;
use crate::money::{are_countable, priced};

/// How the names of lines end that hold what rounding leaves.
const ROUNDING: &str = "_rounding";

/// What differs, in words; nothing when the lines are as they were given.
pub(super) fn changes(wanted: &[Line], held: &[Line]) -> Vec<String> {
    let named = |line: &'_ Line| line.name.clone();
    let of_name: BTreeMap<Name, &Line> = held
        .iter()
        .filter_map(|line| Some((named(line)?, line)))
        .collect();
    let changed = wanted.iter().filter_map(|line| {
        let found = line.name.as_ref().and_then(|name| of_name.get(name));
        match found {
            None => Some(format!(
                "line {} ({:.2}) is not in Odoo",
                line.label, line.amount
            )),
            Some(held) if is_as_given(line, held) => None,
            Some(held) => Some(format!(
                "line {}: {} for {:.2} in ServiceTitan, {} for {:.2} in Odoo",
                line.label,
                line.quantity.normalize(),
                line.amount,
                held.quantity.normalize(),
                held.amount
            )),
        }
    });
    let added = held.iter().filter_map(|line| {
        let is_wanted = wanted
            .iter()
            .any(|one| one.name.is_some() && one.name == line.name);
        let is_rounding = line
            .name
            .as_ref()
            .is_some_and(|name| name.0.ends_with(ROUNDING));
        let is_nothing = line.amount.is_zero() && line.quantity.is_zero();
        (!is_wanted && !is_rounding && !is_nothing)
            .then(|| format!("line {} ({:.2}) is only in Odoo", line.label, line.amount))
    });
    changed.chain(added).collect()
}

fn is_as_given(wanted: &Line, held: &Line) -> bool {
    if wanted.amount == held.amount && wanted.quantity == held.quantity {
        return true;
    }
    let Some(unit_cost) = wanted.unit_cost else {
        return false;
    };
    let numbers = [wanted.quantity, wanted.amount, unit_cost];
    if !are_countable(numbers.map(Some)) {
        return false;
    }
    // All that Odoo's decimal accuracy can be set to.
    let digits = || (2..=6).map(Some).chain([None]);
    let quantities = digits().map(|digits| match digits {
        Some(digits) => odoo::decimal::rounded(wanted.quantity, digits),
        None => wanted.quantity,
    });
    let given = |quantity: Decimal| {
        quantity == held.quantity
            && digits().any(|digits| {
                priced(quantity, unit_cost, wanted.amount, digits).subtotal() == held.amount
            })
    };
    quantities.into_iter().any(given)
}
