//! The days that are compared.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

/// The longest period, in days: what is read of it is held in memory.
const DAYS_MAX: i32 = 366;

/// A month, or a range of days; its first and last day belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    first: Date,
    last: Date,
}

impl Period {
    /// The first day.
    #[must_use]
    pub fn first(self) -> Date {
        self.first
    }

    /// The last day.
    #[must_use]
    pub fn last(self) -> Date {
        self.last
    }

    /// Whether the day belongs to it.
    #[must_use]
    pub fn contains(self, day: Date) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// The moment at which it begins, in UTC.
    #[must_use]
    pub fn begins(self) -> Timestamp {
        midnight(self.first)
    }

    /// The moment at which it is over, in UTC.
    #[must_use]
    pub fn ends(self) -> Timestamp {
        midnight(self.last) + jiff::SignedDuration::from_hours(24)
    }

    fn is_month(self) -> bool {
        self.first.day() == 1 && self.last == self.first.last_of_month()
    }
}

/// The day of a moment, as everything here counts days: in UTC, as both systems store moments.
#[must_use]
pub fn day(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

/// The years in which something can be booked.
const YEARS: RangeInclusive<i16> = 1900..=2200;

/// Its day, unless it is of another age: a date that nobody set arrives as the first of year 1.
pub(crate) fn in_our_age(moment: Timestamp) -> Option<Date> {
    Some(day(moment)).filter(|day| YEARS.contains(&day.year()))
}

fn midnight(day: Date) -> Timestamp {
    let start = day.to_zoned(TimeZone::UTC);
    start.map_or(Timestamp::MIN, |start| start.timestamp())
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_month() {
            write!(f, "{}", self.first.strftime("%Y-%m"))
        } else {
            write!(f, "{}..{}", self.first, self.last)
        }
    }
}

/// A text that is no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPeriod {
    /// Neither a month nor two days.
    #[error(
        "a period is a month, e.g. 2026-10, or two days and what is between, e.g. 2026-10-01..2026-10-31"
    )]
    Shape,
    /// The end is before the beginning.
    #[error("the period ends before it begins")]
    Backwards,
    /// Too long, or beyond the calendar.
    #[error("a period has at most {DAYS_MAX} days between the years 1900 and 2200")]
    TooLong,
}

impl FromStr for Period {
    type Err = InvalidPeriod;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = |text: &str| -> Result<Date, InvalidPeriod> {
            let written = text.len() == "2026-10-01".len();
            let day = written.then(|| text.parse().ok()).flatten();
            day.ok_or(InvalidPeriod::Shape)
        };
        let (first, last) = if let Some((first, last)) = text.split_once("..") {
            (day(first)?, day(last)?)
        } else {
            let first = day(&format!("{text}-01"))?;
            (first, first.last_of_month())
        };
        if last < first {
            return Err(InvalidPeriod::Backwards);
        }
        let known = (1900..=2200).contains(&first.year()) && last.year() <= 2200;
        if !known || first + (DAYS_MAX - 1).days() < last {
            return Err(InvalidPeriod::TooLong);
        }
        Ok(Self { first, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_or_two_days_are_a_period() {
        for (text, first, last) in [
            ("2026-10", "2026-10-01", "2026-10-31"),
            ("2028-02", "2028-02-01", "2028-02-29"),
            ("2026-10-05..2026-10-05", "2026-10-05", "2026-10-05"),
            ("2026-10-05..2026-11-02", "2026-10-05", "2026-11-02"),
            ("2026-01-01..2026-12-31", "2026-01-01", "2026-12-31"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!(
                (period.first().to_string(), period.last().to_string()),
                (first.to_owned(), last.to_owned())
            );
            assert_eq!(period.to_string(), text);
        }
        let whole: Period = "2026-10-01..2026-10-31".parse().unwrap();
        assert_eq!(whole.to_string(), "2026-10");
        assert_eq!(whole.begins().to_string(), "2026-10-01T00:00:00Z");
        assert_eq!(whole.ends().to_string(), "2026-11-01T00:00:00Z");
    }

    #[test]
    fn anything_else_is_not() {
        use InvalidPeriod as Is;
        for (text, expected) in [
            ("", Is::Shape),
            ("October", Is::Shape),
            ("2026-13", Is::Shape),
            ("2026-1", Is::Shape),
            ("2026-10-01", Is::Shape),
            ("2026-10-01..", Is::Shape),
            ("2026-10..2026-11", Is::Shape),
            ("2026-10-32..2026-11-01", Is::Shape),
            ("2026-10-02..2026-10-01", Is::Backwards),
            ("2025-01-01..2026-12-31", Is::TooLong),
            ("0001-01", Is::TooLong),
        ] {
            assert_eq!(text.parse::<Period>(), Err(expected), "{text}");
        }
    }

    #[test]
    fn days_are_those_of_utc() {
        let period: Period = "2026-10".parse().unwrap();
        let on = |moment: &str| period.contains(day(moment.parse().unwrap()));
        assert!(on("2026-10-01T00:00:00Z"));
        assert!(on("2026-10-31T23:59:59.9999999Z"));
        assert!(!on("2026-11-01T00:00:00Z"));
        assert!(!on("2026-09-30T23:59:59Z"));
    }
}
