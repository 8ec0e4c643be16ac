//! The CloudEvents 1.0 envelope, structured mode.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;

use super::Touches;
use super::touches::Parts;
use crate::id::TenantId;
use crate::record::{optional_text, timestamp_of};

/// The longest identifier of an occurrence that is accepted, in bytes.
const OCCURRENCE_BYTES_MAX: usize = 512;

/// The longest type that is kept, in characters.
const EVENT_TYPE_CHARS_MAX: usize = 200;

/// One delivery.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// `type`, e.g. `tn.jpm.job-updated`; empty if the delivery names none. Any is accepted.
    pub event_type: String,
    /// `id`: the delivery. May repeat or differ between attempts.
    pub id: Option<String>,
    /// `time`, if it can be read.
    pub time: Option<Timestamp>,
    /// `data.tenantId`.
    pub tenant: TenantId,
    /// `data.tenantName`.
    pub tenant_name: Option<String>,
    occurrence: Occurrence,
    touches: Touches,
}

/// What happened, once, however often it is delivered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Occurrence(String);

impl Occurrence {
    /// To be compared and stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Occurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Envelope {
    /// Reads a delivery. Verify it first.
    ///
    /// # Errors
    /// [`EnvelopeError`] if it is no JSON object, or does not say which tenant it is about or which
    /// occurrence it is. Never quotes the body.
    pub fn parse(raw: &[u8]) -> Result<Self, EnvelopeError> {
        let attributes: Attributes<'_> = parsed(raw)?;
        let parts = attributes.data;
        let tenant = parts.whole("tenantId").map(TenantId);
        let tenant = tenant.ok_or(EnvelopeError::NoTenant)?;
        let event_type = attributes.event_type.unwrap_or_default();
        // It is kept and shown in the clear.
        let event_type: String = event_type
            .chars()
            .filter(|c| !c.is_control())
            .take(EVENT_TYPE_CHARS_MAX)
            .collect();
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let id = given(attributes.id);
        let occurrence = given(attributes.userassignedid)
            .or_else(|| id.clone())
            .filter(|occurrence| occurrence.len() <= OCCURRENCE_BYTES_MAX)
            .ok_or(EnvelopeError::NoOccurrence)?;
        Ok(Self {
            touches: Touches::of(&event_type, &parts),
            event_type,
            id,
            time: attributes.time.as_deref().and_then(timestamp_of),
            tenant,
            tenant_name: given(parts.text("tenantName")),
            occurrence: Occurrence(occurrence),
        })
    }

    /// What a repeat of this delivery is recognised by: `userassignedid`, or `id` without it.
    #[must_use]
    pub fn occurrence(&self) -> &Occurrence {
        &self.occurrence
    }

    /// Which records the event names.
    #[must_use]
    pub fn touches(&self) -> &Touches {
        &self.touches
    }
}

#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(default, rename = "type", deserialize_with = "optional_text")]
    event_type: Option<String>,
    #[serde(default, deserialize_with = "optional_text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "optional_text")]
    time: Option<String>,
    #[serde(default, deserialize_with = "optional_text")]
    userassignedid: Option<String>,
    #[serde(default, borrow)]
    data: Parts<'a>,
}

fn parsed(raw: &[u8]) -> Result<Attributes<'_>, EnvelopeError> {
    let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    serde_json::from_slice(raw).map_err(|error| EnvelopeError::NotAnEnvelope {
        line: error.line(),
        column: error.column(),
    })
}

/// Why a delivery cannot be filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// No JSON object, or one whose attributes are no text.
    #[error("the delivery is no CloudEvents JSON, at line {line} column {column}")]
    NotAnEnvelope {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// No `data.tenantId`.
    #[error("the delivery does not say which tenant it is about (data.tenantId)")]
    NoTenant,
    /// Neither `userassignedid` nor `id`, or one of more than 512 bytes.
    #[error(
        "the delivery does not say which occurrence it is (userassignedid or id, up to 512 bytes)"
    )]
    NoOccurrence,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(raw: &str) -> Result<Envelope, EnvelopeError> {
        Envelope::parse(raw.as_bytes())
    }

    #[test]
    fn the_documented_envelope_is_read() {
        let envelope = parse(
            r#"{"specversion":"1.0","id":"d-1","type":"tn.acc.invoice-posted","time":"2026-03-01T10:00:00.1234567Z",
            "source":"https://webhooks.servicetitan.io","userassignedid":"o-1","datacontenttype":"application/json",
            "data":{"invoice":{"id":5},"tenantId":123,"tenantName":"Acme"}}"#,
        )
        .unwrap();
        assert_eq!(envelope.event_type, "tn.acc.invoice-posted");
        assert_eq!(envelope.id.as_deref(), Some("d-1"));
        assert_eq!(envelope.occurrence().as_str(), "o-1");
        assert_eq!(envelope.tenant, TenantId(123));
        assert_eq!(envelope.tenant_name.as_deref(), Some("Acme"));
        assert_eq!(
            envelope.time.unwrap().to_string(),
            "2026-03-01T10:00:00.1234567Z"
        );
    }

    #[test]
    fn optional_attributes_may_be_missing_or_odd() {
        let envelope = parse(r#"{"id":17,"time":"yesterday","data":{"tenantId":"123"}}"#).unwrap();
        assert_eq!(envelope.event_type, "");
        assert_eq!(envelope.occurrence().as_str(), "17");
        assert_eq!((envelope.tenant, envelope.time), (TenantId(123), None));
        let envelope =
            parse("\u{feff}{\"userassignedid\":\"\",\"id\":\"a\",\"data\":{\"tenantId\":1}}");
        assert_eq!(envelope.unwrap().occurrence().as_str(), "a");
    }

    #[test]
    fn what_cannot_be_filed_is_refused() {
        let error = |raw: &str| parse(raw).unwrap_err();
        let not_json = error("<html>");
        assert_eq!(
            not_json.to_string(),
            "the delivery is no CloudEvents JSON, at line 1 column 1"
        );
        for raw in [
            r#"{"id":"a"}"#,
            r#"{"id":"a","data":{}}"#,
            r#"{"id":"a","data":[]}"#,
            r#"{"id":"a","data":{"tenantId":"x"}}"#,
            r#"{"id":"a","data":null}"#,
        ] {
            assert_eq!(error(raw), EnvelopeError::NoTenant, "{raw}");
        }
        assert_eq!(
            error(r#"{"data":{"tenantId":1}}"#),
            EnvelopeError::NoOccurrence
        );
        let long = format!(r#"{{"id":"{}","data":{{"tenantId":1}}}}"#, "a".repeat(513));
        assert_eq!(error(&long), EnvelopeError::NoOccurrence);
    }

    proptest! {
        #[test]
        fn no_body_panics(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Envelope::parse(&raw);
        }
    }
}
