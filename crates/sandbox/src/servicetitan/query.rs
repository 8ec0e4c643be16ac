//! Query parameters as the live system binds them: names in any letter case, unknown ones
//! silently ignored, malformed values of known ones refused.

use std::collections::BTreeSet;

use axum::extract::Query as Pairs;
use axum::http::Uri;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::problem::Problem;

/// The most values that an `ids` list may hold.
const IDS_MAX: usize = 50;

/// The known parameters of one call.
#[derive(Debug)]
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// What the endpoint knows of what was asked; the rest is dropped without a word.
    pub(super) fn read(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let Ok(Pairs(pairs)) = Pairs::<Vec<(String, String)>>::try_from_uri(uri) else {
            return Err(Problem::invalid("query", "The query string is malformed."));
        };
        let listed = |name: &str| known.iter().any(|entry| entry.eq_ignore_ascii_case(name));
        let pairs = pairs.into_iter().filter(|(name, _)| listed(name)).collect();
        Ok(Self { pairs })
    }

    /// The same call without one of its parameters.
    pub(super) fn without(&self, name: &str) -> Self {
        let others = self.pairs.iter();
        let others = others.filter(|(key, _)| !key.eq_ignore_ascii_case(name));
        Self {
            pairs: others.cloned().collect(),
        }
    }

    /// A parameter's text; an empty one counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let found = self
            .pairs
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Problem> {
        self.parsed(name, |text| text.trim().parse().ok())
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        let flag = self.parsed(name, |text| text.to_ascii_lowercase().parse().ok())?;
        Ok(flag.unwrap_or(false))
    }

    /// An instant: RFC 3339, or a date for its midnight in UTC.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        self.parsed(name, instant)
    }

    /// A list of ids between commas, at most 50; `field` names it in the refusal.
    pub(super) fn ids(&self, name: &str, field: &str) -> Result<Option<BTreeSet<i64>>, Problem> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let ids: Option<Vec<i64>> = text.split(',').map(|id| id.trim().parse().ok()).collect();
        let Some(ids) = ids else {
            return Err(invalid(field, text));
        };
        if ids.len() > IDS_MAX {
            let message = format!(
                "Simple IDs lookup should not have more than {IDS_MAX} values, got {}.",
                ids.len()
            );
            return Err(Problem::invalid(field, &message));
        }
        Ok(Some(ids.into_iter().collect()))
    }

    /// A list of ids as a repeated parameter, `ids=1&ids=2`, which few endpoints take: a comma in
    /// a value is refused there.
    pub(super) fn repeated_ids(
        &self,
        name: &str,
        field: &str,
    ) -> Result<Option<BTreeSet<i64>>, Problem> {
        let values = self.all(name);
        if values.is_empty() {
            return Ok(None);
        }
        let id = |text: &&str| text.trim().parse().map_err(|_| invalid(field, text));
        values.iter().map(id).collect::<Result<_, _>>().map(Some)
    }

    /// All values of a repeated parameter.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let pairs = self.pairs.iter();
        pairs
            .filter(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty())
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Whether a text is among the values between commas of a parameter, when it is given.
    pub(super) fn among(&self, name: &str, text: &str) -> bool {
        self.text(name)
            .is_none_or(|list| list.split(',').any(|one| one.trim() == text))
    }

    pub(super) fn decimal(&self, name: &str) -> Result<Option<Decimal>, Problem> {
        self.parsed(name, |text| text.trim().parse().ok())
    }

    /// `True` (the default), `Any` or `False`: the state that rows must have, None for any.
    pub(super) fn active(&self) -> Result<Option<bool>, Problem> {
        match self.text("active").map(str::to_ascii_lowercase).as_deref() {
            None | Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some("any") => Ok(None),
            Some(other) => Err(invalid("Active", other)),
        }
    }

    fn parsed<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        match parse(text) {
            Some(value) => Ok(Some(value)),
            None => Err(invalid(name, text)),
        }
    }
}

fn invalid(field: &str, value: &str) -> Problem {
    Problem::invalid(field, &format!("The value '{value}' is not valid."))
}

/// Reads RFC 3339 or a plain date.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    // A plus sign that was not percent-encoded arrives as a blank.
    let text = text.replace(' ', "+");
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let date: Date = text.parse().ok()?;
    date.to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|midnight| midnight.timestamp())
}
