//! Error answers: RFC 7807, as ServiceTitan's gateway and its services word them.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::act::Refusal;

const CONTENT_TYPE: &str = "application/problem+json; charset=utf-8";
const VALIDATION: &str = "One or more validation errors occurred.";

/// A refusal of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: u16,
    title: String,
    errors: BTreeMap<String, Vec<String>>,
    /// Seconds for `Retry-After`.
    retry_after_s: Option<u64>,
    /// Said by the gateway, which leaves out `errors` and `data` when so switched.
    gateway: bool,
}

impl Problem {
    /// The gateway's words.
    pub(super) fn gateway(status: u16, title: &str) -> Self {
        Self {
            status,
            title: title.to_owned(),
            errors: BTreeMap::new(),
            retry_after_s: None,
            gateway: true,
        }
    }

    /// 400 for one field.
    pub(super) fn invalid(field: &str, message: &str) -> Self {
        Self::validation(BTreeMap::from([(
            field.to_owned(),
            vec![message.to_owned()],
        )]))
    }

    /// 400 for several fields.
    pub(super) fn validation(errors: BTreeMap<String, Vec<String>>) -> Self {
        Self {
            status: 400,
            title: VALIDATION.to_owned(),
            errors,
            retry_after_s: None,
            gateway: false,
        }
    }

    /// 404 of a service.
    pub(super) fn not_found(what: &str) -> Self {
        Self {
            gateway: false,
            ..Self::gateway(404, &format!("{what} was not found."))
        }
    }

    /// 500 of a service, which some mistakes of a client lead to.
    pub(super) fn failed(title: &str) -> Self {
        Self {
            gateway: false,
            ..Self::gateway(500, title)
        }
    }

    /// 429.
    pub(super) fn too_many(retry_after_s: Option<u64>) -> Self {
        Self {
            retry_after_s,
            ..Self::gateway(429, "Rate limit is exceeded.")
        }
    }

    pub(super) fn into_response(self, trace: u64, bare: bool) -> Response {
        let mut body = json!({
            "type": type_of(self.status),
            "title": self.title,
            "status": self.status,
            "traceId": format!("00-{trace:032x}-{trace:016x}-00"),
        });
        if !(self.gateway && bare) {
            body["errors"] = json!(self.errors);
            body["data"] = json!({});
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let kind = [(header::CONTENT_TYPE, CONTENT_TYPE)];
        let mut response = (status, kind, body.to_string()).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// What people may not do, the API may not either. The document itself was found before.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let field = match &refusal {
            Refusal::Unknown { kind, .. } => format!("{kind:?}Id"),
            Refusal::Merge { .. } | Refusal::State { .. } => String::new(),
        };
        Self::invalid(&field, &refusal.to_string())
    }
}

/// How an injected fault is worded.
pub(super) fn voice(status: u16) -> (&'static str, String) {
    let title = match status {
        429 => "Rate limit is exceeded.",
        500 => "An error occurred while processing your request.",
        _ => StatusCode::from_u16(status)
            .ok()
            .and_then(|s| s.canonical_reason())
            .unwrap_or("Error"),
    };
    let mut body: Value = json!({
        "type": type_of(status),
        "title": title,
        "status": status,
        "traceId": format!("00-{:032x}-{:016x}-00", 0xfa17, 0xfa17),
    });
    body["errors"] = json!({});
    body["data"] = json!({});
    (CONTENT_TYPE, body.to_string())
}

fn type_of(status: u16) -> &'static str {
    match status {
        400 => "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        401 => "https://tools.ietf.org/html/rfc7235#section-3.1",
        403 => "https://tools.ietf.org/html/rfc7231#section-6.5.3",
        404 => "https://tools.ietf.org/html/rfc7231#section-6.5.4",
        405 => "https://tools.ietf.org/html/rfc7231#section-6.5.5",
        429 => "https://tools.ietf.org/html/rfc6585#section-4",
        _ => "https://tools.ietf.org/html/rfc7231#section-6.6.1",
    }
}
