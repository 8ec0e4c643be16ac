//! Odoo's datetimes: naive texts that mean UTC (`2026-11-22 23:49:48`).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The text that Odoo takes in a value or a domain: UTC, whole seconds, no zone (a `Z` is refused).
#[must_use]
pub fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The instant that Odoo's text means. Fractions of a second are accepted; every API output of Odoo is
/// in whole seconds, cut off.
pub fn parse(text: &str) -> Result<Timestamp, jiff::Error> {
    text.parse::<DateTime>()?
        .to_zoned(TimeZone::UTC)
        .map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let at = parse("2026-11-22 23:49:48").unwrap();
        assert_eq!(at.to_string(), "2026-11-22T23:49:48Z");
        assert_eq!(text(at), "2026-11-22 23:49:48");
        assert_eq!(
            text(parse("2026-11-22T23:49:48.917").unwrap()),
            "2026-11-22 23:49:48"
        );
        assert!(parse("yesterday").is_err());
    }
}
