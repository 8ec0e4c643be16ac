//! Errors of the API: `application/problem+json`, naming the parameter where one is to blame.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

/// The media type of every error.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// An error answer (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Problem {
    /// Always `about:blank`: the status says of what kind it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What it is, in a few words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened, for a person.
    detail: String,
    /// The parameter that is to blame, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    #[serde(skip)]
    #[schemars(skip)]
    retry_after_s: Option<u64>,
    #[serde(skip)]
    #[schemars(skip)]
    allow: Option<&'static str>,
}

impl Problem {
    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            detail: detail.into(),
            parameter: None,
            retry_after_s: None,
            allow: None,
        }
    }

    /// A parameter that cannot be understood. What it held is not repeated.
    pub(super) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self {
            parameter: Some(name.chars().take(60).collect()),
            ..Self::new(StatusCode::BAD_REQUEST, "Wrong parameter", detail)
        }
    }

    /// The same for whoever shows no token, a wrong one, or one that counts no more.
    pub(super) fn unknown_caller() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Not known",
            "Show a valid token: `Authorization: Bearer mlc_...`.",
        )
    }

    pub(super) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Not allowed",
            "The token may not do this.",
        )
    }

    pub(super) fn nothing_there() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Not found",
            "There is nothing at this address.",
        )
    }

    pub(super) fn no_such(what: &str, parameter: &str) -> Self {
        Self {
            parameter: Some(parameter.to_owned()),
            ..Self::new(
                StatusCode::NOT_FOUND,
                "Not found",
                format!("There is no such {what}."),
            )
        }
    }

    pub(super) fn method(allow: &'static str) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "Method not allowed",
                format!("This address takes {allow}."),
            )
        }
    }

    pub(super) fn not_acceptable() -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "Not acceptable",
            "The answer is application/json, and the request does not accept it.",
        )
    }

    pub(super) fn too_many(retry_after_s: u64) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "Too many requests",
                "The token's share is used up for now.",
            )
        }
    }

    pub(super) fn unavailable(detail: impl Into<String>, retry_after_s: u64) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "Not available now", detail)
        }
    }
}

/// Our own state cannot be read.
impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        tracing::error!("the API could not answer: {error}");
        Self::unavailable(
            "The service's own database does not answer; its log says why.",
            5,
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("made of a status");
        let body = serde_json::to_string(&self).expect("texts and numbers have a JSON form");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        let mut put = |name: HeaderName, value: HeaderValue| {
            headers.insert(name, value);
        };
        put(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        put(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        put(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        if let Some(seconds) = self.retry_after_s {
            put(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = self.allow {
            put(header::ALLOW, HeaderValue::from_static(allow));
        }
        if status == StatusCode::UNAUTHORIZED {
            put(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
