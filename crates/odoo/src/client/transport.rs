//! One HTTP exchange: bytes out, status and bytes back, and what a broken exchange means.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::config::Config;
use crate::Result;
use crate::error::{Error, ErrorKind};

/// The largest answer that is read: what is made of it takes up to a hundred times its size in memory.
pub const ANSWER_BYTES_MAX: usize = 8 << 20;

pub(super) struct Transport {
    http: reqwest::Client,
    base: Url,
    timeout: Duration,
    api_key: SecretString,
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// Whether the body is JSON by its own account.
    pub(super) fn is_json(&self) -> bool {
        self.headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/json"))
    }

    /// How long the server asked to be left alone (seconds only; a date is not read).
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let seconds = self
            .headers
            .get(header::RETRY_AFTER)?
            .to_str()
            .ok()?
            .trim()
            .parse()
            .ok()?;
        Some(Duration::from_secs(seconds))
    }
}

impl Transport {
    pub(super) fn new(http: reqwest::Client, config: &Config) -> Result<Self> {
        let url = &config.url;
        if url.cannot_be_a_base() || !matches!(url.scheme(), "http" | "https") {
            return Err(Error::new(
                "connect",
                ErrorKind::Unreachable,
                "the address is no http(s) address",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::new(
                "connect",
                ErrorKind::Unreachable,
                "the address must hold no user or password",
            ));
        }
        Ok(Self {
            http,
            base: url.clone(),
            timeout: config.timeout,
            api_key: config.api_key.clone(),
        })
    }

    /// The address under the base, each segment escaped.
    pub(super) fn address(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.path_segments_mut()
            .expect("checked when the client was made")
            .pop_if_empty()
            .extend(segments);
        url
    }

    /// Sends one request with a sized body and reads the whole answer.
    pub(super) async fn exchange(
        &self,
        operation: &str,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Reply> {
        let mut request = self
            .http
            .request(method.clone(), url.clone())
            .timeout(self.timeout)
            .headers(headers);
        if method != Method::GET {
            request = request.body(body);
        }
        let mut response = request
            .send()
            .await
            .map_err(|error| broken(operation, &error))?;
        if response.url() != &url || response.status().is_redirection() {
            return Err(redirected(operation, &response));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| broken(operation, &error))?
        {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Error::new(
                    operation,
                    ErrorKind::Unreadable,
                    "the answer is too large",
                )
                .with_status(response.status().as_u16())
                .ambiguous());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            status: response.status(),
            headers: response.headers().clone(),
            body: without(body, self.api_key.expose_secret()),
        })
    }
}

/// An answer may quote the key back, as XML-RPC has it among its arguments; nobody is to read it there.
fn without(body: Vec<u8>, key: &str) -> Vec<u8> {
    const INSTEAD: &[u8] = b"[redacted]";
    if key.is_empty() {
        return body;
    }
    let mut out = Vec::new();
    let mut from = 0;
    for at in memchr::memmem::find_iter(&body, key) {
        out.extend_from_slice(&body[from..at]);
        out.extend_from_slice(INSTEAD);
        from = at + key.len();
    }
    if from == 0 {
        return body;
    }
    out.extend_from_slice(&body[from..]);
    out
}

/// What a broken exchange means. Only a connection that never stood certainly changed nothing.
fn broken(operation: &str, error: &reqwest::Error) -> Error {
    let words = root_cause(error);
    if error.is_builder() {
        return Error::new(operation, ErrorKind::Mistake, words);
    }
    if error.is_connect() {
        return Error::new(operation, ErrorKind::Unreachable, words);
    }
    if error.is_timeout() {
        return Error::new(operation, ErrorKind::Timeout, words).ambiguous();
    }
    Error::new(operation, ErrorKind::Interrupted, words).ambiguous()
}

/// The innermost cause: the outer ones repeat the address and say little.
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// A redirect makes a POST a GET, or sends the key to another host.
fn redirected(operation: &str, response: &reqwest::Response) -> Error {
    let target = response
        .headers()
        .get(header::LOCATION)
        .and_then(|location| location.to_str().ok())
        .unwrap_or(response.url().as_str());
    // What follows may be a session.
    let target = target.split(['?', '#']).next().unwrap_or_default();
    let words = format!("the server redirects to {target}; use the address that it redirects to");
    Error::new(operation, ErrorKind::Unreachable, words).with_status(response.status().as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_quoted_back_is_taken_out() {
        let body = |text: &str| text.as_bytes().to_vec();
        assert_eq!(
            without(body("a k3y and k3y"), "k3y"),
            b"a [redacted] and [redacted]"
        );
        assert_eq!(without(body("nothing"), "k3y"), b"nothing");
        assert_eq!(without(body("anything"), ""), b"anything");
    }
}
