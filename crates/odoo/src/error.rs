//! What can go wrong in a call, and the one thing that decides what to do next: whether it may have
//! happened all the same.
//!
//! Guarantees: an [`Error`] names the operation, its [`ErrorKind`], the HTTP status where there was one,
//! and [`Error::may_have_applied`]. Its message is bounded and never holds Odoo's `debug` traceback, the
//! key, or a request's values (Odoo's own sentence may quote one).

use std::fmt;
use std::time::Duration;

/// The most characters of Odoo's own words that an [`Error`] or a row fault keeps.
pub const MESSAGE_CHARS_MAX: usize = 500;

/// What a failure means. Exhaustive on purpose: whoever decides on a failure should be told by the
/// compiler when there is a new kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// The key is wrong, expired or revoked, or belongs to another login (401; fault 3).
    Credentials,
    /// The server has no such database, or several and none was named (404 as HTML).
    NoDatabase,
    /// The model or the method does not exist on this server: an app is not installed, or the version
    /// differs (404).
    NoSuchMethod,
    /// The key's user lacks a right; Odoo's message lists the groups that would allow it (403; fault 4).
    AccessDenied,
    /// The record is gone, or hidden from this user (404 `MissingError`).
    MissingRecord,
    /// Odoo refuses the data: a constraint, a required field, a business rule (422; fault 2). Sending it
    /// again changes nothing.
    Invalid,
    /// The request itself is wrong for this server: an unknown field, a bad domain (500 `builtins.*`).
    /// Sending it again changes nothing.
    Mistake,
    /// Another transaction was in the way: serialization, deadlock, lock. Send it again after a pause.
    Conflict,
    /// The server or a proxy in front has too much to do (429, 502, 503, 504, or 500 as HTML). Slow down.
    Overloaded,
    /// No answer in time. The request may still be running.
    Timeout,
    /// No connection: nothing was sent. Also an address that redirects, or where no Odoo answers.
    Unreachable,
    /// The connection broke after the request left, before an answer came: a worker that ran into its
    /// time limit, a restart.
    Interrupted,
    /// An answer came that is no answer: not the shape that Odoo gives, or too large.
    Unreadable,
}

impl ErrorKind {
    /// Whether the same request may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        match self {
            Self::Conflict
            | Self::Overloaded
            | Self::Timeout
            | Self::Unreachable
            | Self::Interrupted
            | Self::Unreadable => true,
            Self::Credentials
            | Self::NoDatabase
            | Self::NoSuchMethod
            | Self::AccessDenied
            | Self::MissingRecord
            | Self::Invalid
            | Self::Mistake => false,
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Credentials => "the credentials are refused",
            Self::NoDatabase => "there is no such database",
            Self::NoSuchMethod => "the server knows no such model or method",
            Self::AccessDenied => "the user has no right to do it",
            Self::MissingRecord => "the record is gone or hidden",
            Self::Invalid => "Odoo refuses the data",
            Self::Mistake => "the request does not fit this server",
            Self::Conflict => "another transaction was in the way",
            Self::Overloaded => "the server is overloaded",
            Self::Timeout => "no answer in time",
            Self::Unreachable => "the server is out of reach",
            Self::Interrupted => "the connection broke before an answer",
            Self::Unreadable => "the answer cannot be read",
        }
    }
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What was tried, such as `res.partner load`.
    pub operation: String,
    /// What the failure means.
    pub kind: ErrorKind,
    /// The HTTP status, where an answer came. XML-RPC faults come with 200.
    pub status: Option<u16>,
    /// Whether the request may have taken effect although it failed. A call that is not idempotent
    /// must then not be sent again before the state was read back.
    pub may_have_applied: bool,
    /// Odoo's own sentence, or the transport's; at most [`MESSAGE_CHARS_MAX`] characters, perhaps empty.
    pub message: String,
    /// How long the server asked to be left alone.
    pub retry_after: Option<Duration>,
}

impl Error {
    /// An error that certainly had no effect, until told otherwise.
    #[must_use]
    pub fn new(operation: impl Into<String>, kind: ErrorKind, message: impl AsRef<str>) -> Self {
        Self {
            operation: operation.into(),
            kind,
            status: None,
            may_have_applied: false,
            message: bounded(message.as_ref()),
            retry_after: None,
        }
    }

    /// The same, with the HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The same, possibly applied.
    #[must_use]
    pub fn ambiguous(mut self) -> Self {
        self.may_have_applied = true;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.kind.meaning())?;
        if let Some(status) = self.status {
            write!(f, " (HTTP {status})")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        if self.may_have_applied {
            write!(f, " (it may have taken effect)")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// One line of at most [`MESSAGE_CHARS_MAX`] characters.
pub(crate) fn bounded(text: &str) -> String {
    let mut line = String::new();
    for (n, word) in text.split_whitespace().enumerate() {
        if n > 0 {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 4 * MESSAGE_CHARS_MAX {
            break;
        }
    }
    match line.char_indices().nth(MESSAGE_CHARS_MAX - 1) {
        Some((at, last)) if at + last.len_utf8() < line.len() => {
            line.truncate(at);
            line.push('…');
            line
        }
        _ => line,
    }
}

/// The texts of `PostgreSQL`, as Odoo passes them on, that mean: another transaction was in the way.
///
/// They are `PostgreSQL`'s English; a server whose `lc_messages` is another language says it otherwise,
/// and over JSON-2 only the exception's name then tells (which `load` does not give).
pub(crate) fn speaks_of_conflict(message: &str) -> bool {
    [
        "could not serialize access",
        "deadlock detected",
        "could not obtain lock",
        "due to lock timeout",
        "current transaction is aborted",
    ]
    .iter()
    .any(|text| message.contains(text))
}

/// Odoo's sentences about missing rights: the model's access list, a record rule, a company, a field.
/// English, as all of Odoo is when a call names no language in its context.
pub(crate) fn speaks_of_rights(message: &str) -> bool {
    [
        "You are not allowed to",
        "you are not allowed to",
        "Due to security restrictions",
        "top-secret records",
        "You do not have enough rights",
        "unauthorized or invalid companies",
        "Sorry, you are not allowed",
    ]
    .iter()
    .any(|text| message.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_bounded_line() {
        assert_eq!(bounded("  one\n\n two\tthree "), "one two three");
        let long = bounded(&"é".repeat(2000));
        assert_eq!(long.chars().count(), MESSAGE_CHARS_MAX);
        assert!(long.ends_with('…'));
        let fits = "x".repeat(MESSAGE_CHARS_MAX);
        assert_eq!(bounded(&fits), fits);
    }

    #[test]
    fn the_sentence_says_what_why_and_whether_it_may_have_happened() {
        let error = Error::new("res.partner write", ErrorKind::Interrupted, "reset by peer")
            .with_status(502)
            .ambiguous();
        assert_eq!(
            error.to_string(),
            "res.partner write: the connection broke before an answer (HTTP 502): reset by peer \
             (it may have taken effect)"
        );
    }
}
