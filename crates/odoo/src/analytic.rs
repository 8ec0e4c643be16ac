//! Analytic distributions: which analytic accounts bear how much of a line's cost.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::decimal::{self, TooManyDigits};
use crate::record::RecordId;

/// Percentages per set of accounts, one account of each plan in a set: 60 % on unit 1 *and* job 3, 40 %
/// on unit 1 alone is `{"1,3": 60, "1": 40}`.
///
/// Odoo accepts, and posts, accounts that do not exist: look first. Since 16; before, a line had a
/// single account of its own (`account_analytic_id`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution(BTreeMap<BTreeSet<RecordId>, Decimal>);

impl Distribution {
    /// Nothing is borne.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All of it on these accounts together: one of each plan. No accounts: nothing.
    #[must_use]
    pub fn whole(accounts: impl IntoIterator<Item = RecordId>) -> Self {
        Self::new().share(accounts, Decimal::ONE_HUNDRED)
    }

    /// This many percent more on these accounts together.
    #[must_use]
    pub fn share(mut self, accounts: impl IntoIterator<Item = RecordId>, percent: Decimal) -> Self {
        let accounts: BTreeSet<RecordId> = accounts.into_iter().collect();
        if !accounts.is_empty() {
            *self.0.entry(accounts).or_default() += percent;
        }
        self
    }

    /// The shares.
    pub fn shares(&self) -> impl Iterator<Item = (&BTreeSet<RecordId>, Decimal)> {
        self.0
            .iter()
            .map(|(accounts, percent)| (accounts, *percent))
    }

    /// Every account that is named, to see whether it exists.
    #[must_use]
    pub fn accounts(&self) -> BTreeSet<RecordId> {
        self.0.keys().flatten().copied().collect()
    }

    /// Whether nothing is borne.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value for `write`.
    pub fn to_json(&self) -> Result<Value, TooManyDigits> {
        if self.0.is_empty() {
            return Ok(Value::Bool(false));
        }
        let mut shares = Map::new();
        for (accounts, percent) in &self.0 {
            let ids: Vec<String> = accounts.iter().map(ToString::to_string).collect();
            shares.insert(ids.join(","), decimal::number(*percent)?);
        }
        Ok(Value::Object(shares))
    }

    /// The text for a column of `load`: the same as JSON; empty when nothing is borne.
    pub fn to_text(&self) -> Result<String, TooManyDigits> {
        if self.0.is_empty() {
            return Ok(String::new());
        }
        Ok(self.to_json()?.to_string())
    }

    /// What Odoo sent: an object, or `false`. `None` for anything else.
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let shares = match value {
            Value::Object(shares) => shares,
            Value::Bool(false) | Value::Null => return Some(Self::new()),
            _ => return None,
        };
        let mut read = Self::new();
        for (ids, percent) in shares {
            let accounts: Option<Vec<RecordId>> = ids
                .split(',')
                .map(|id| id.trim().parse().ok().map(RecordId))
                .collect();
            read = read.share(accounts?, decimal::read(percent)?);
        }
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shares_are_odoos_object() {
        let shares = Distribution::new()
            .share([RecordId(3), RecordId(1)], Decimal::from(60))
            .share([RecordId(1)], Decimal::new(399, 1))
            .share([RecordId(1)], Decimal::new(1, 1))
            .share([], Decimal::from(5));
        assert_eq!(shares.to_json().unwrap(), json!({"1": 40.0, "1,3": 60.0}));
        assert_eq!(shares.to_text().unwrap(), r#"{"1":40.0,"1,3":60.0}"#);
        assert_eq!(
            shares.accounts(),
            BTreeSet::from([RecordId(1), RecordId(3)])
        );
        // Odoo keeps the order of the ids as it was sent.
        let read = Distribution::read(&json!({"3,1": 60.0, "1": 40})).unwrap();
        assert_eq!(read, shares);
    }

    #[test]
    fn nothing_is_false_or_empty() {
        assert_eq!(Distribution::new().to_json().unwrap(), json!(false));
        assert_eq!(Distribution::new().to_text().unwrap(), "");
        assert_eq!(Distribution::read(&json!(false)), Some(Distribution::new()));
        assert_eq!(Distribution::read(&json!({"x": 1})), None);
        assert_eq!(Distribution::read(&json!([])), None);
    }
}
