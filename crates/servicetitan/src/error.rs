//! What went wrong in a call to ServiceTitan: which operation, which status, what it means, and
//! whether the request may have been applied all the same.
//!
//! A status becomes a meaning here and nowhere else ([`ErrorKind::of_status`]). An error carries
//! no secret and no payload: its message is bounded, printable, and what ServiceTitan itself said.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Where an [`Error::message`] is cut (an ellipsis follows), in characters.
pub const MESSAGE_CHARS_MAX: usize = 500;

/// What a failure means. Exhaustive on purpose: whoever decides what follows from a failure must
/// decide it for each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Client id and secret were refused, or a fresh token was (401 after one renewal).
    Credentials,
    /// The app key is absent, unknown or malformed.
    AppKey,
    /// 403: a scope is missing, or the tenant has not (re)approved the app.
    Forbidden,
    /// 404: no such record, or no such route any more.
    NotFound,
    /// ServiceTitan understood the request and refuses it (400, 409, 422 and their like). The
    /// message names the fields.
    Rejected,
    /// 429, or a `Retry-After` pause that outlasts the call's budget.
    RateLimited,
    /// 5xx, as JSON or as a gateway's HTML page.
    Server,
    /// No complete answer in time.
    Timeout,
    /// The request never left: connection refused, name not found, TLS failed.
    Unreachable,
    /// The connection broke between the request and the end of the answer.
    Interrupted,
    /// ServiceTitan answered with success, but not with what its API describes.
    Unreadable,
}

impl ErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 11] = [
        Self::Credentials,
        Self::AppKey,
        Self::Forbidden,
        Self::NotFound,
        Self::Rejected,
        Self::RateLimited,
        Self::Server,
        Self::Timeout,
        Self::Unreachable,
        Self::Interrupted,
        Self::Unreadable,
    ];

    /// The one place where a status becomes a meaning. `None` for 2xx. A 401 is read as
    /// [`Self::Credentials`]; that it was the app key shows only in the body.
    #[must_use]
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            401 => Some(Self::Credentials),
            403 => Some(Self::Forbidden),
            404 => Some(Self::NotFound),
            408 => Some(Self::Timeout),
            429 => Some(Self::RateLimited),
            400..=499 => Some(Self::Rejected),
            500..=599 => Some(Self::Server),
            // 1xx never reaches us; a redirect is not followed with credentials, so it is an
            // answer that is not the API's; nothing is specified outside 100..=599.
            _ => Some(Self::Unreadable),
        }
    }

    /// One word for logs, metrics and the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::AppKey => "app_key",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Rejected => "rejected",
            Self::RateLimited => "rate_limited",
            Self::Server => "server",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
            Self::Unreadable => "unreadable",
        }
    }

    /// What it means, as half a sentence.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Credentials => "the client id, secret or token is not accepted",
            Self::AppKey => "the app key is not accepted",
            Self::Forbidden => {
                "not allowed: the app lacks a scope, or the tenant has not approved this version of it"
            }
            Self::NotFound => "not found",
            Self::Rejected => "the request is refused as it stands",
            Self::RateLimited => "too many calls",
            Self::Server => "ServiceTitan failed",
            Self::Timeout => "no complete answer in time",
            Self::Unreachable => "cannot be reached",
            Self::Interrupted => "the connection broke before the answer was complete",
            Self::Unreadable => "the answer is not what the API describes",
        }
    }

    /// Whether the same request may succeed later without anyone doing anything.
    #[must_use]
    pub fn is_transient(self) -> bool {
        match self {
            Self::RateLimited
            | Self::Server
            | Self::Timeout
            | Self::Unreachable
            | Self::Interrupted => true,
            Self::Credentials
            | Self::AppKey
            | Self::Forbidden
            | Self::NotFound
            | Self::Rejected
            | Self::Unreadable => false,
        }
    }

    /// Whether a write that failed like this may have taken effect.
    #[must_use]
    pub fn leaves_writes_uncertain(self) -> bool {
        match self {
            Self::Server | Self::Timeout | Self::Interrupted | Self::Unreadable => true,
            Self::Credentials
            | Self::AppKey
            | Self::Forbidden
            | Self::NotFound
            | Self::Rejected
            | Self::RateLimited
            | Self::Unreachable => false,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One failed call. `Clone`, because callers that waited for the same token share its failure.
#[derive(Debug, Clone)]
pub struct Error {
    /// Method and path without the tenant, e.g. `GET crm/v2/export/customers`.
    pub operation: Cow<'static, str>,
    /// What it means.
    pub kind: ErrorKind,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    /// How long ServiceTitan asked us to wait, if it did.
    pub retry_after: Option<Duration>,
    /// Whether the request may have taken effect. Always false for reads.
    pub may_have_applied: bool,
    /// What ServiceTitan said, or what we found: at most [`MESSAGE_CHARS_MAX`] printable
    /// characters, possibly empty, without secrets.
    pub message: String,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with a cleaned message; nothing else known yet.
    pub fn new(
        operation: impl Into<Cow<'static, str>>,
        kind: ErrorKind,
        message: impl AsRef<str>,
    ) -> Self {
        Self {
            operation: operation.into(),
            kind,
            status: None,
            retry_after: None,
            may_have_applied: false,
            message: printable(message.as_ref(), MESSAGE_CHARS_MAX),
            source: None,
        }
    }

    /// With the status that came.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// With the cause, which [`std::error::Error::source`] returns and `Display` does not repeat.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation)?;
        if let Some(status) = self.status {
            write!(f, "{status}, ")?;
        }
        f.write_str(self.kind.meaning())?;
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if self.may_have_applied {
            f.write_str(" (it may have been applied)")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// One line of printable text: control characters and line breaks become single spaces, and what
/// is longer than `chars_max` ends in an ellipsis. Foreign text goes through here before it
/// reaches a message.
pub(crate) fn printable(text: &str, chars_max: usize) -> String {
    let mut line = String::with_capacity(text.len().min(chars_max * 4));
    let mut chars = 0;
    let mut gap = false;
    for c in text.chars() {
        // U+2028 and its like break lines in some viewers; bidi marks reorder what is read.
        let unprintable = c.is_control()
            || c.is_whitespace()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if unprintable {
            gap = chars > 0;
            continue;
        }
        if chars + 1 + usize::from(gap) > chars_max {
            line.push('…');
            break;
        }
        if gap {
            line.push(' ');
            chars += 1;
            gap = false;
        }
        line.push(c);
        chars += 1;
    }
    line
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn display_says_operation_status_and_meaning_but_not_the_source() {
        let error = Error::new(
            "GET crm/v2/customers",
            ErrorKind::Rejected,
            "errors.Ids: too\r\nmany",
        )
        .with_status(400)
        .with_source("the underlying cause");
        assert_eq!(
            error.to_string(),
            "GET crm/v2/customers: 400, the request is refused as it stands: errors.Ids: too many"
        );
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("the underlying cause")
        );
    }

    #[test]
    fn printable_is_bounded_and_on_one_line() {
        assert_eq!(printable("  a\n\tb\u{202e}c ", 80), "a b c");
        assert_eq!(printable("abcdef", 3), "abc…");
        assert_eq!(printable("abc", 3), "abc");
        assert_eq!(printable("\u{1b}[31mred", 80), "[31mred");
    }

    #[test]
    fn every_status_has_one_meaning() {
        let kinds: Vec<_> = [
            204, 301, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 999,
        ]
        .into_iter()
        .map(|status| (status, ErrorKind::of_status(status)))
        .collect();
        assert_eq!(
            kinds,
            [
                (204, None),
                (301, Some(ErrorKind::Unreadable)),
                (400, Some(ErrorKind::Rejected)),
                (401, Some(ErrorKind::Credentials)),
                (403, Some(ErrorKind::Forbidden)),
                (404, Some(ErrorKind::NotFound)),
                (408, Some(ErrorKind::Timeout)),
                (409, Some(ErrorKind::Rejected)),
                (422, Some(ErrorKind::Rejected)),
                (429, Some(ErrorKind::RateLimited)),
                (500, Some(ErrorKind::Server)),
                (502, Some(ErrorKind::Server)),
                (999, Some(ErrorKind::Unreadable)),
            ]
        );
    }
}
