//! What a field of a record holds.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value as Json;

use super::Id;
use super::refusal::Refusal;

/// A stored value. Booleans and integers are never empty in Odoo; everything else may be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Empty,
    Bool(bool),
    Int(i64),
    Number(Decimal),
    Json(Arc<Json>),
    Text(Arc<str>),
    Ref(Id),
    /// Many2many; one2many is not stored but looked up.
    Many(Arc<[Id]>),
    Time(Timestamp),
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(Arc::from(text))
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_ref_id(&self) -> Option<Id> {
        match self {
            Self::Ref(id) => Some(*id),
            _ => None,
        }
    }

    pub(super) fn as_int(&self) -> i64 {
        match self {
            Self::Int(n) => *n,
            Self::Ref(id) => id.0,
            _ => 0,
        }
    }

    pub(super) fn as_number(&self) -> Decimal {
        match self {
            Self::Number(n) => *n,
            Self::Int(n) => Decimal::from(*n),
            _ => Decimal::ZERO,
        }
    }

    pub(super) fn as_bool(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    pub(super) fn as_many(&self) -> &[Id] {
        match self {
            Self::Many(ids) => ids,
            _ => &[],
        }
    }

    /// Python's truth of the value, as the partner's rules use it.
    pub(super) fn is_set(&self) -> bool {
        match self {
            Self::Empty => false,
            Self::Bool(yes) => *yes,
            Self::Int(n) => *n != 0,
            Self::Number(n) => !n.is_zero(),
            Self::Json(json) => is_truthy(json),
            Self::Text(text) => !text.is_empty(),
            Self::Many(ids) => !ids.is_empty(),
            Self::Ref(_) | Self::Time(_) => true,
        }
    }
}

/// Rounded like Odoo rounds: halves away from zero.
pub(super) fn rounded(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

/// A number as JSON, a float as in Python.
pub(super) fn float(number: Decimal) -> Json {
    Json::from(number.to_f64().unwrap_or_default())
}

/// A JSON number, digit by digit as it was written.
pub(super) fn decimal(number: &serde_json::Number) -> Decimal {
    decimal_of(&number.to_string()).unwrap_or_default()
}

/// A number in text, as Python's `float` takes it.
pub(super) fn decimal_of(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .ok()
        .or_else(|| Decimal::from_f64(text.parse().ok()?))
}

/// `2026-11-22 23:49:48`, UTC, whole seconds: the only way in which Odoo gives out a time.
pub(super) fn time_text(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC)
        .datetime()
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}

/// Python's truth of a JSON value: `false`, `null`, `0`, `""`, `[]`, `{}` are false.
pub(super) fn is_truthy(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(yes) => *yes,
        Json::Number(n) => n.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}

/// The value as Python's `repr` writes it; used in error messages.
pub(super) fn python_repr(value: &Json) -> String {
    match value {
        Json::Null => "None".to_owned(),
        Json::Bool(true) => "True".to_owned(),
        Json::Bool(false) => "False".to_owned(),
        Json::Number(n) => n.to_string(),
        Json::String(text) => python_quoted(text),
        Json::Array(items) => {
            let items: Vec<_> = items.iter().map(python_repr).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(map) => {
            let items: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", python_quoted(key), python_repr(value)))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
    }
}

/// A string as Python's `repr` writes it: in single quotes, unless it holds one and no double quote.
pub(super) fn python_quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// Python's name of a JSON value's type.
pub(super) fn python_type(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(n) if n.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

/// A time as a domain may give it: naive UTC, with a blank or a `T`, with or without microseconds, or a date alone.
/// The flag says that it was a date.
pub(super) fn parse_time(text: &str) -> Result<(Timestamp, bool), Refusal> {
    let wrong = || {
        Refusal::value_error(format!(
            "Invalid term {0} in expression date: {0}",
            python_quoted(text)
        ))
    };
    if text.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        let time = date.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
        return Ok((time.timestamp(), true));
    }
    let has_time = text.is_ascii() && text.len() >= 16;
    if has_time && (text.ends_with('Z') || text[10..].contains(['+', '-'])) {
        return Err(Refusal::value_error(format!(
            "expecting only datetimes with no timezone: {}",
            python_quoted(text)
        )));
    }
    if !has_time {
        return Err(wrong());
    }
    let time: DateTime = text.replacen(' ', "T", 1).parse().map_err(|_| wrong())?;
    let time = time.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
    Ok((time.timestamp(), false))
}

#[cfg(test)]
mod tests {
    use super::parse_time;

    #[test]
    fn times_with_an_offset_are_refused() {
        for text in [
            "2026-11-22 23:49:48",
            "2026-11-22T23:49:48.123456",
            "2026-11-22",
        ] {
            assert!(parse_time(text).is_ok(), "{text}");
        }
        for text in [
            "2026-11-22T23:49:48Z",
            "2026-11-22T23:49:48+01:00",
            "yesterday",
        ] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
