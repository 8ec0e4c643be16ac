//! What an answer that is no success means: status, headers and body become an [`Error`].

use std::time::Duration;

use ::http::header::{CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER};
use ::http::{HeaderMap, HeaderName, Method, StatusCode};
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;

use crate::error::{Error, ErrorKind};

/// The error that this answer is; `None` for a success. `body` may be cut off.
pub(super) fn error_of(
    operation: &'static str,
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    body: &str,
) -> Option<Error> {
    let json: Option<Value> = serde_json::from_str(body.trim_start_matches('\u{feff}')).ok();
    let kind = refined(ErrorKind::of_status(status.as_u16())?, json.as_ref());
    let message = if status.is_redirection() {
        redirect(headers)
    } else {
        match &json {
            Some(json) => said(json),
            None => unstructured(headers, body),
        }
    };
    let mut error = Error::new(operation, kind, message).with_status(status.as_u16());
    error.retry_after = retry_after(headers);
    error.may_have_applied = !method.is_safe() && kind.leaves_writes_uncertain();
    Some(error)
}

/// What the status alone does not tell: whether a 401 is about the app key, and that the token
/// service's 400 is about the credentials.
fn refined(kind: ErrorKind, json: Option<&Value>) -> ErrorKind {
    let text = |field: &str| json.and_then(|json| json[field].as_str()).unwrap_or("");
    match kind {
        ErrorKind::Credentials if mentions_app_key(text("title")) => ErrorKind::AppKey,
        ErrorKind::Rejected
            if matches!(
                text("error"),
                "invalid_client" | "unauthorized_client" | "invalid_scope" | "invalid_grant"
            ) =>
        {
            ErrorKind::Credentials
        }
        _ => kind,
    }
}

fn mentions_app_key(title: &str) -> bool {
    let title = title.to_ascii_lowercase();
    title.contains("application key") || title.contains("st-app-key")
}

/// What ServiceTitan said: its problem documents, the token service's errors, a gateway's
/// `message`.
fn said(json: &Value) -> String {
    let text = |field: &str| json[field].as_str().filter(|text| !text.is_empty());
    let mut parts = Vec::new();
    parts.extend(text("title").or_else(|| text("message")).map(str::to_owned));
    parts.extend(text("error").map(str::to_owned));
    parts.extend(text("error_description").map(str::to_owned));
    if let Some(fields) = json["errors"].as_object() {
        for (field, complaints) in fields {
            let complaints: Vec<_> = match complaints {
                Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
                other => other.as_str().into_iter().collect(),
            };
            parts.push(format!("{field}: {}", complaints.join(", ")));
        }
    }
    let said = parts.join("; ");
    match text("traceId") {
        Some(trace) => format!("{said} (trace {trace})"),
        None => said,
    }
}

fn unstructured(headers: &HeaderMap, body: &str) -> String {
    let html = header(headers, &CONTENT_TYPE).is_some_and(|kind| kind.contains("html"))
        || body.trim_start().starts_with('<');
    if html {
        "an HTML page, probably of a gateway in between".to_owned()
    } else {
        body.to_owned()
    }
}

fn redirect(headers: &HeaderMap) -> String {
    let target = header(headers, &LOCATION).unwrap_or("nowhere");
    // A query may hold anything; scheme, host and path are enough to see what is wrong.
    let target = target.split(['?', '#']).next().unwrap_or(target);
    format!("a redirect to {target}, which is not followed with credentials; is the address right?")
}

/// `Retry-After` in seconds, or as a date, which is measured against the answer's own `Date`: no
/// clock of ours is involved.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = header(headers, &RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = |text: &str| {
        let parser = DateTimeParser::new();
        parser.parse_timestamp(text.trim()).ok()
    };
    let wait = moment(value)?.duration_since(moment(header(headers, &DATE)?)?);
    Some(Duration::try_from(wait).unwrap_or_default())
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use ::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn error(status: u16, headers: &[(HeaderName, &'static str)], body: &str) -> Error {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        let status = StatusCode::from_u16(status).unwrap();
        error_of("GET x", &Method::GET, status, &headers, body).unwrap()
    }

    #[test]
    fn what_servicetitan_says_is_kept() {
        let shown: Vec<_> = [
            error(401, &[], r#"{"type":"t","title":"Application key not present, check ST-App-Key header value.","status":401,"traceId":"00-ab"}"#),
            error(401, &[], r#"{"title":"Unauthorized","status":401}"#),
            error(400, &[], r#"{"error":"invalid_client"}"#),
            error(400, &[], r#"{"error":"unsupported_grant_type"}"#),
            error(400, &[], r#"{"status":400,"title":"One or more validation errors occurred.","errors":{"Ids":["Too many","really"],"page":"bad"}}"#),
            error(403, &[], ""),
            error(429, &[], r#"{"statusCode":429,"message":"Rate limit is exceeded."}"#),
            error(500, &[], r#"{"title":"Sku (Name:) is not found.","errors":null}"#),
            error(502, &[], "<html><body>Bad Gateway</body></html>"),
            error(503, &[], "try later"),
            error(302, &[(LOCATION, "https://login.example/x?token=1")], ""),
            error(400, &[], "[1,2]"),
        ]
        .iter()
        .map(|error| format!("{} | {error}", error.kind))
        .collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        app_key | GET x: 401, the app key is not accepted: Application key not present, check ST-App-Key header value. (trace 00-ab)
        credentials | GET x: 401, the client id, secret or token is not accepted: Unauthorized
        credentials | GET x: 400, the client id, secret or token is not accepted: invalid_client
        rejected | GET x: 400, the request is refused as it stands: unsupported_grant_type
        rejected | GET x: 400, the request is refused as it stands: One or more validation errors occurred.; Ids: Too many, really; page: bad
        forbidden | GET x: 403, not allowed: the app lacks a scope, or the tenant has not approved this version of it
        rate_limited | GET x: 429, too many calls: Rate limit is exceeded.
        server | GET x: 500, ServiceTitan failed: Sku (Name:) is not found.
        server | GET x: 502, ServiceTitan failed: an HTML page, probably of a gateway in between
        server | GET x: 503, ServiceTitan failed: try later
        unreadable | GET x: 302, the answer is not what the API describes: a redirect to https://login.example/x, which is not followed with credentials; is the address right?
        rejected | GET x: 400, the request is refused as it stands
        ");
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_against_the_answers_date() {
        let after = |headers: &[_]| error(429, headers, "").retry_after;
        assert_eq!(after(&[(RETRY_AFTER, "7")]), Some(Duration::from_secs(7)));
        assert_eq!(after(&[(RETRY_AFTER, "soon")]), None);
        assert_eq!(after(&[(RETRY_AFTER, "-3")]), None);
        let at = (RETRY_AFTER, "Wed, 21 Oct 2026 07:28:30 GMT");
        let date = (DATE, "Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(after(&[at.clone(), date]), Some(Duration::from_secs(30)));
        let later = (DATE, "Wed, 21 Oct 2026 07:29:00 GMT");
        assert_eq!(after(&[at.clone(), later]), Some(Duration::ZERO));
        assert_eq!(after(&[at]), None);
    }

    #[test]
    fn only_a_write_may_have_been_applied() {
        let applied = |method, status| {
            let status = StatusCode::from_u16(status).unwrap();
            let error = error_of("x", &method, status, &HeaderMap::new(), "").unwrap();
            error.may_have_applied
        };
        assert!(!applied(Method::GET, 500));
        assert!(applied(Method::POST, 500));
        assert!(!applied(Method::POST, 429));
        assert!(!applied(Method::POST, 422));
    }

    proptest! {
        #[test]
        fn any_body_makes_a_bounded_message(status in 300_u16..600, body in "\\PC{0,900}|(\\{\"title\":\"[a-z\\n]{0,900}\"\\})") {
            let error = error(status, &[], &body);
            prop_assert!(error.message.chars().count() <= crate::error::MESSAGE_CHARS_MAX + 1);
            prop_assert!(!error.message.contains(char::is_control));
        }
    }
}
