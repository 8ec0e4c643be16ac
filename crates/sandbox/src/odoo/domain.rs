//! Search domains: Odoo's prefix notation, checked against the schema and evaluated on rows.
//!
//! The operators and their treatment of empty values are those of Odoo 19: `!=` and `not in` keep empty values, `=`
//! with `false` finds empty text too, times are compared by whole seconds (the microseconds of a row and of the given
//! value count for nothing).

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::Id;
use super::condition::leaf;
use super::database::{Row, Tx};
use super::matching::holds;
use super::refusal::Refusal;
use super::schema::Model;
use super::value::python_repr;

/// A domain that was understood.
#[derive(Debug)]
pub(super) enum Domain {
    Always(bool),
    All(Vec<Domain>),
    Either(Vec<Domain>),
    Not(Box<Domain>),
    Test(usize, Test),
}

/// What is asked of one field.
#[derive(Debug)]
pub(super) enum Test {
    /// One of these values (text compared as text, numbers as numbers), or empty.
    OneOf {
        values: HashSet<Key>,
        empty: bool,
    },
    /// Ordered comparison with a number or text.
    Compare(Order, Key),
    /// At or after / before a second of time.
    NotBefore(Timestamp),
    Before(Timestamp),
    /// SQL's LIKE.
    Like {
        pattern: String,
        any_case: bool,
    },
    /// A related record that matches.
    Related(Model, Box<Domain>),
    /// The record's id, or the id it refers to, is one of these.
    Within(BTreeSet<Id>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value that can be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    Bool(bool),
    Number(i64),
    Decimal(Decimal),
    Text(String),
    /// Whole seconds since the epoch.
    Second(i64),
}

impl Domain {
    /// Understands a domain as a client sends it.
    pub(super) fn parse(tx: &mut Tx<'_>, model: Model, json: &Json) -> Result<Self, Refusal> {
        let items = match json {
            Json::Bool(true) => return Ok(Self::Always(true)),
            Json::Bool(false) => return Ok(Self::Always(false)),
            Json::Array(items) => items,
            other => {
                return Err(Refusal::type_error(format!(
                    "Domain() invalid argument type for domain: {}",
                    python_repr(other)
                )));
            }
        };
        let mut stack: Vec<Self> = Vec::new();
        let malformed =
            || Refusal::value_error(format!("Domain() malformed domain {}", python_repr(json)));
        for item in items.iter().rev() {
            let parsed = match item {
                Json::Array(parts) if parts.len() == 3 => leaf(tx, model, parts)?,
                Json::String(op) if op == "&" || op == "|" => {
                    let left = stack.pop().ok_or_else(malformed)?;
                    let right = stack.pop().ok_or_else(malformed)?;
                    if op == "&" {
                        Self::All(vec![left, right])
                    } else {
                        Self::Either(vec![left, right])
                    }
                }
                Json::String(op) if op == "!" => {
                    Self::Not(Box::new(stack.pop().ok_or_else(malformed)?))
                }
                other => {
                    return Err(Refusal::value_error(format!(
                        "Domain() invalid item in domain: {}",
                        python_repr(other)
                    )));
                }
            };
            stack.push(parsed);
        }
        stack.reverse();
        Ok(Self::All(stack))
    }

    /// Whether the domain asks something of this field, at any depth but not through a relation.
    pub(super) fn mentions(&self, place: usize) -> bool {
        match self {
            Self::Always(_) => false,
            Self::All(parts) | Self::Either(parts) => parts.iter().any(|p| p.mentions(place)),
            Self::Not(part) => part.mentions(place),
            Self::Test(field, _) => *field == place,
        }
    }

    /// The only ids that can match, when the domain says so outright.
    pub(super) fn candidates(&self) -> Option<BTreeSet<Id>> {
        match self {
            Self::Test(super::schema::log::ID, Test::OneOf { values, .. }) => Some(
                values
                    .iter()
                    .filter_map(|key| match key {
                        Key::Number(n) => Some(Id(*n)),
                        _ => None,
                    })
                    .collect(),
            ),
            Self::Test(super::schema::log::ID, Test::Within(ids)) => Some(ids.clone()),
            Self::All(parts) => parts.iter().find_map(Self::candidates),
            _ => None,
        }
    }

    pub(super) fn matches(&self, tx: &Tx<'_>, model: Model, row: &Row) -> bool {
        match self {
            Self::Always(yes) => *yes,
            Self::All(parts) => parts.iter().all(|part| part.matches(tx, model, row)),
            Self::Either(parts) => parts.iter().any(|part| part.matches(tx, model, row)),
            Self::Not(part) => !part.matches(tx, model, row),
            Self::Test(place, test) => holds(tx, model, row, *place, test),
        }
    }
}
