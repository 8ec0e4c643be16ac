//! Odoo's search conditions, as values that are right by construction.
//!
//! Odoo writes them in prefix notation (`["|", a, b]`); a [`Domain`] is always exactly one expression,
//! so that joining two never changes the meaning of either.

use serde::Serialize;
use serde_json::{Value, json};

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `in` a list.
    In,
    /// `not in` a list.
    NotIn,
    /// `=ilike`: equal whatever the case; `%` and `_` are wildcards.
    EqualIgnoringCase,
    /// `ilike`: contains, whatever the case.
    Contains,
    /// `child_of`: the record or anything under it.
    ChildOf,
}

impl Operator {
    /// Odoo's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::EqualIgnoringCase => "=ilike",
            Self::Contains => "ilike",
            Self::ChildOf => "child_of",
        }
    }
}

/// A search condition. The empty one matches everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Domain(Vec<Value>);

impl Domain {
    /// Everything (that the user may see and that is not archived, see `active_test`).
    #[must_use]
    pub const fn all() -> Self {
        Self(Vec::new())
    }

    /// One comparison. Datetimes are naive UTC texts: see [`crate::datetime::text`].
    #[must_use]
    pub fn field(name: &str, operator: Operator, value: impl Into<Value>) -> Self {
        Self(vec![json!([name, operator.as_str(), value.into()])])
    }

    /// `field = value`.
    #[must_use]
    pub fn equal(name: &str, value: impl Into<Value>) -> Self {
        Self::field(name, Operator::Equal, value)
    }

    /// `field in values`.
    #[must_use]
    pub fn is_in<V: Into<Value>>(name: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        Self::field(name, Operator::In, values)
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self.0.is_empty() {
            return other;
        }
        if other.0.is_empty() {
            return self;
        }
        self.joined("&", other)
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.0.is_empty() || other.0.is_empty() {
            return Self::all();
        }
        self.joined("|", other)
    }

    /// Any of them; nothing when there are none.
    #[must_use]
    pub fn any(domains: impl IntoIterator<Item = Self>) -> Self {
        domains
            .into_iter()
            .reduce(Self::or)
            .unwrap_or_else(Self::none)
    }

    fn none() -> Self {
        Self(vec![json!([0, "=", 1])])
    }

    fn joined(self, operator: &str, other: Self) -> Self {
        let mut terms = Vec::with_capacity(1 + self.0.len() + other.0.len());
        terms.push(Value::from(operator));
        terms.extend(self.0);
        terms.extend(other.0);
        Self(terms)
    }

    /// The JSON array that Odoo takes.
    #[must_use]
    pub fn to_json(&self) -> Value {
        Value::Array(self.0.clone())
    }
}

impl std::ops::Not for Domain {
    type Output = Self;

    fn not(mut self) -> Self {
        if self.0.is_empty() {
            return Self::none();
        }
        self.0.insert(0, Value::from("!"));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_keeps_each_side_whole() {
        let a = Domain::equal("a", 1).and(Domain::equal("b", 2));
        let b = Domain::field("c", Operator::AtLeast, "x");
        assert_eq!(
            a.or(b).to_json(),
            json!(["|", "&", ["a", "=", 1], ["b", "=", 2], ["c", ">=", "x"]])
        );
    }

    #[test]
    fn everything_and_nothing_behave_as_such() {
        let a = Domain::equal("a", 1);
        assert_eq!(Domain::all().and(a.clone()), a);
        assert_eq!(Domain::all().or(a.clone()), Domain::all());
        assert_eq!(Domain::any([]).to_json(), json!([[0, "=", 1]]));
        assert_eq!(!Domain::all(), Domain::any([]));
        assert_eq!((!a).to_json(), json!(["!", ["a", "=", 1]]));
        assert_eq!(
            Domain::is_in("id", [1, 2]).to_json(),
            json!([["id", "in", [1, 2]]])
        );
    }
}
