//! Sending one request and reading its answer, within limits.

use ::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use ::http::{HeaderName, HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};

use super::answer;
use super::call::{Request, below};
use super::config::Config;
use crate::error::{Error, ErrorKind};

pub(super) const TOKEN_OPERATION: &str = "POST connect/token";
const APP_KEY: HeaderName = HeaderName::from_static("st-app-key");
/// Of an answer that is no success, so much is read; the rest says nothing new.
const ERROR_BODY_BYTES_MAX: usize = 64 * 1024;

/// An HTTP client that follows no redirects: `reqwest` would send the app key along to wherever
/// an answer points. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// Builds it from `builder`, whose connect time-out, TLS, proxy and user agent are kept. The
    /// time-out of a call comes from [`Config::timeout`].
    pub fn new(builder: reqwest::ClientBuilder) -> Result<Self, Error> {
        let client = builder
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| {
                let message = "the HTTP client cannot be set up";
                Error::new("set up", ErrorKind::Unreachable, message).with_source(error)
            })?;
        Ok(Self { client })
    }

    /// Sends a call and returns the body of its success.
    pub(super) async fn call(
        &self,
        config: &Config,
        request: &Request,
        bearer: &SecretString,
    ) -> Result<String, Error> {
        let secrets = [bearer, &config.app_key, &config.client_secret];
        let prepared = self.prepare(config, request, bearer)?;
        self.send(request.operation(), config, prepared, &secrets)
            .await
    }

    /// Asks for a token and returns the body of the success, which is itself a secret.
    pub(super) async fn token(&self, config: &Config) -> Result<SecretString, Error> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &config.client_id),
            ("client_secret", config.client_secret.expose_secret()),
        ];
        let prepared = self
            .client
            .post(below(&config.auth_url, "connect/token"))
            .header(ACCEPT, "application/json")
            .timeout(config.timeout)
            .form(&form)
            .build()
            .map_err(|error| not_sendable(TOKEN_OPERATION, error))?;
        let secrets = [&config.client_secret, &config.app_key];
        let sent = self.send(TOKEN_OPERATION, config, prepared, &secrets).await;
        sent.map(SecretString::from).map_err(|mut error| {
            // A token that was made and lost has no effect on anything.
            error.may_have_applied = false;
            error
        })
    }

    fn prepare(
        &self,
        config: &Config,
        request: &Request,
        bearer: &SecretString,
    ) -> Result<reqwest::Request, Error> {
        let operation = request.operation();
        let bearer = format!("Bearer {}", bearer.expose_secret());
        let bearer = sensitive(&bearer).ok_or_else(|| {
            let message = "the token has characters that no header can carry";
            Error::new(operation, ErrorKind::Credentials, message)
        })?;
        let app_key = sensitive(config.app_key.expose_secret()).ok_or_else(|| {
            let message = "the app key has characters that no header can carry";
            Error::new(operation, ErrorKind::AppKey, message)
        })?;
        let mut builder = self
            .client
            .request(request.method(), request.url(&config.api_url))
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, bearer)
            .header(APP_KEY, app_key)
            .timeout(config.timeout);
        if let Some(body) = request.body() {
            builder = builder
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_owned());
        }
        builder
            .build()
            .map_err(|error| not_sendable(operation, error))
    }

    async fn send(
        &self,
        operation: &'static str,
        config: &Config,
        request: reqwest::Request,
        secrets: &[&SecretString],
    ) -> Result<String, Error> {
        let method = request.method().clone();
        let broken = |error: reqwest::Error| broken(operation, &method, error);
        let mut response = self.client.execute(request).await.map_err(broken)?;
        let status = response.status();
        if status.is_success() {
            return read(&mut response, config.body_bytes_max).await.map_err(
                |failure| match failure {
                    ReadFailure::Broken(error) => broken(error).with_status(status.as_u16()),
                    ReadFailure::TooLong(_) => {
                        let message = format!("longer than {} bytes", config.body_bytes_max);
                        let mut error = Error::new(operation, ErrorKind::Unreadable, message)
                            .with_status(status.as_u16());
                        error.may_have_applied = !method.is_safe();
                        error
                    }
                },
            );
        }
        // The status has been said; a body that breaks off or does not end changes nothing.
        let body = match read(&mut response, ERROR_BODY_BYTES_MAX).await {
            Ok(body) | Err(ReadFailure::TooLong(body)) => body,
            Err(ReadFailure::Broken(_)) => String::new(),
        };
        let body = redacted(body, secrets);
        let error = answer::error_of(operation, &method, status, response.headers(), &body);
        Err(error.expect("a status that is no success has a meaning"))
    }
}

/// Never let a server's message carry a secret of ours back into a log.
fn redacted(mut text: String, secrets: &[&SecretString]) -> String {
    for secret in secrets {
        let secret = secret.expose_secret();
        if !secret.is_empty() && text.contains(secret) {
            text = text.replace(secret, "[redacted]");
        }
    }
    text
}

fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn not_sendable(operation: &'static str, error: reqwest::Error) -> Error {
    let message = "no request can be made of this";
    Error::new(operation, ErrorKind::Unreachable, message).with_source(error.without_url())
}

/// How a connection that failed us is called.
fn broken(operation: &'static str, method: &Method, error: reqwest::Error) -> Error {
    let (kind, message) = if error.is_connect() {
        // Also when connecting timed out: nothing was sent.
        (ErrorKind::Unreachable, "no connection")
    } else if error.is_timeout() {
        (ErrorKind::Timeout, "")
    } else if error.is_builder() {
        (ErrorKind::Unreachable, "the address cannot be used")
    } else {
        (ErrorKind::Interrupted, "")
    };
    let mut broken = Error::new(operation, kind, message).with_source(error.without_url());
    broken.may_have_applied = !method.is_safe() && kind.leaves_writes_uncertain();
    broken
}

enum ReadFailure {
    /// What was read until the limit.
    TooLong(String),
    Broken(reqwest::Error),
}

/// The body as text. Bytes that are no UTF-8 become U+FFFD: better one damaged name than a page
/// that hides its rows.
async fn read(response: &mut reqwest::Response, bytes_max: usize) -> Result<String, ReadFailure> {
    let announced = response.content_length().unwrap_or(0);
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(bytes_max));
    while let Some(chunk) = response.chunk().await.map_err(ReadFailure::Broken)? {
        if body.len() + chunk.len() > bytes_max {
            body.extend_from_slice(&chunk[..bytes_max - body.len()]);
            return Err(ReadFailure::TooLong(text(body)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(text(body))
}

fn text(body: Vec<u8>) -> String {
    String::from_utf8(body)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::call::Call;
    use super::super::config::Environment;
    use super::super::list::{List, Selection};
    use super::*;
    use crate::id::TenantId;

    fn config(app_key: &str) -> Config {
        let app_key = app_key.to_owned().into();
        let secret = "cs1.planted".to_owned().into();
        let id = "cid.x".to_owned();
        Config::new(Environment::Production, TenantId(9), app_key, id, secret)
    }

    fn prepare(config: &Config, bearer: &str) -> Result<reqwest::Request, Error> {
        let http = Http::new(reqwest::Client::builder()).unwrap();
        let call = Call::List {
            list: List::PaymentTerms,
            of: Selection::All,
            page: 1,
        };
        let request = call.request(config.tenant);
        http.prepare(config, &request, &bearer.to_owned().into())
    }

    #[tokio::test]
    async fn a_request_carries_token_app_key_and_tenant() {
        let request = prepare(&config("ak1.planted"), "token.planted").unwrap();
        insta::assert_snapshot!(
            format!("{} {}\n{:?}", request.method(), request.url(), request.headers()),
            @r#"
        GET https://api.servicetitan.io/accounting/v2/tenant/9/payment-terms?page=1&pageSize=1000&sort=%2BId
        {"accept": "application/json", "authorization": Sensitive, "st-app-key": Sensitive}
        "#
        );
        assert_eq!(request.headers()["st-app-key"], "ak1.planted");
        assert_eq!(request.headers()["authorization"], "Bearer token.planted");
    }

    #[tokio::test]
    async fn a_secret_that_no_header_can_carry_is_named_but_not_shown() {
        let error = prepare(&config("ak1\nplanted"), "token").unwrap_err();
        assert_eq!(error.kind, ErrorKind::AppKey);
        assert!(!format!("{error:?}").contains("planted"));
    }

    #[test]
    fn debug_shows_no_secret() {
        let config = config("ak1.planted");
        assert!(!format!("{config:?}").contains("planted"), "{config:?}");
    }
}
