//! How single values are read off the wire, leniently where ServiceTitan is known to vary.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde_json::value::RawValue;

use super::identity::Identity;

/// `null` (or, with `#[serde(default)]`, nothing) is the default: empty lists, `false`.
pub(super) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// A flag that is on unless the row says otherwise: list models lack `active`, export models
/// have it.
pub(super) fn or_true<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(true))
}

/// The default to go with [`or_true`].
pub(super) fn yes() -> bool {
    true
}

/// Text; numbers and booleans are taken as they are written, `null` is empty.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(optional_text(from)?.unwrap_or_default())
}

/// Text or `null`; numbers and booleans are taken as they are written.
pub(crate) fn optional_text<'de, D>(from: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    struct Text;

    impl<'de> Visitor<'de> for Text {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text")
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(text.to_owned()))
        }

        fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
            Ok(Some(text))
        }

        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            Ok(Some(value.to_string()))
        }

        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok(Some(value.to_string()))
        }

        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok(Some(value.to_string()))
        }

        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            Ok(Some(value.to_string()))
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
            from.deserialize_any(self)
        }
    }

    from.deserialize_any(Text)
}

/// A name, bare or of a small record (`{"id":1,"name":"Truck 4"}`): the same field is sent in either
/// way by different endpoints. `null` is `None`.
pub(super) fn optional_name<'de, D>(from: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    #[derive(serde::Deserialize)]
    struct Record {
        #[serde(default, deserialize_with = "optional_text")]
        name: Option<String>,
    }
    let Some(raw) = Option::<Box<RawValue>>::deserialize(from)? else {
        return Ok(None);
    };
    let mut json = serde_json::Deserializer::from_str(raw.get());
    if raw.get().starts_with('{') {
        Record::deserialize(&mut json).map(|record| record.name)
    } else {
        optional_text(&mut json)
    }
    .map_err(de::Error::custom)
}

/// A whole number, or its decimal digits in a string; `null` is `None`.
struct Whole<T>(PhantomData<T>);

impl<'de, T: From<i64>> Visitor<'de> for Whole<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        i64::try_from(value)
            .map(|value| Some(value.into()))
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.trim()
            .parse::<i64>()
            .map(|value| Some(value.into()))
            .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

/// A whole number (an identifier, mostly), or its digits in a string.
pub(super) fn whole<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: From<i64>,
{
    optional_whole(from)?
        .ok_or_else(|| de::Error::invalid_type(Unexpected::Unit, &Whole::<T>(PhantomData)))
}

/// A whole number or `null`.
pub(crate) fn optional_whole<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: From<i64>,
{
    from.deserialize_any(Whole(PhantomData))
}

/// Identifiers, bare (`[1, 2]`) or of small records (`[{"id":1,"name":"Pipes"}]`): the same field is
/// sent in either way by different endpoints. `null` is empty.
pub(super) fn ids<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: From<i64>,
{
    let rows = Option::<Vec<Box<RawValue>>>::deserialize(from)?.unwrap_or_default();
    rows.iter()
        .map(|row| {
            let identified = Identity::of(row.get()).map(|identity| T::from(identity.id));
            match identified {
                Some(id) => Ok(id),
                None => whole(&mut serde_json::Deserializer::from_str(row.get()))
                    .map_err(de::Error::custom),
            }
        })
        .collect()
}

/// An amount, as a number or as a string; `null` and an empty string are `None`. The digits are
/// read as they are written: through a float, `0.1 + 0.2` would cost somebody a cent.
pub(super) fn money<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    let raw = Option::<Box<RawValue>>::deserialize(from)?;
    let Some(raw) = raw else { return Ok(None) };
    let written = raw.get();
    let unquoted: String;
    let digits = if written.starts_with('"') {
        unquoted = serde_json::from_str(written).map_err(de::Error::custom)?;
        unquoted.trim()
    } else {
        written
    };
    if digits.is_empty() || digits == "null" {
        return Ok(None);
    }
    decimal_of(digits).map(Some).ok_or_else(|| {
        de::Error::custom("not an amount that can be held exactly (28 digits at most)")
    })
}

fn decimal_of(digits: &str) -> Option<Decimal> {
    // The type would also read `1_000`, which no JSON number is and no amount should be.
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    if !digits.chars().all(plain) {
        return None;
    }
    let Some((mantissa, exponent)) = digits.split_once(['e', 'E']) else {
        return Decimal::from_str_exact(digits).ok();
    };
    let mantissa = Decimal::from_str_exact(mantissa).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    let power = Decimal::TEN;
    let mut value = mantissa;
    if exponent.unsigned_abs() > 28 {
        return value.is_zero().then_some(Decimal::ZERO);
    }
    for _ in 0..exponent.unsigned_abs() {
        if exponent > 0 {
            value = value.checked_mul(power)?;
        } else {
            // Moves the point; past 28 places digits would be lost.
            let scale = value.scale() + 1;
            value.set_scale(scale).ok()?;
        }
    }
    Some(value)
}

/// A moment; `null` and an empty string are `None`.
pub(super) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(from)?.unwrap_or_default();
    if text.trim().is_empty() {
        return Ok(None);
    }
    timestamp_of(&text)
        .map(Some)
        .ok_or_else(|| de::Error::invalid_value(Unexpected::Str(&text), &"a date and time"))
}

/// A moment as .NET writes it: ISO 8601 with 0 to 7 fractional digits, with `Z`, an offset or
/// neither (then it is UTC), or a bare date (then it is midnight UTC).
pub(crate) fn timestamp_of(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let civil = match text.parse::<DateTime>() {
        Ok(civil) => civil,
        Err(_) => text
            .parse::<Date>()
            .ok()?
            .to_datetime(jiff::civil::Time::midnight()),
    };
    civil
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}
