//! Errors over HTTP: `application/problem+json` (RFC 9457), in plain words, without anything that a stranger should not
//! learn.

use std::any::Any;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// How long whoever was answered 503 should wait.
const RETRY_AFTER_S: &str = "5";

/// An error answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    pub(super) detail: &'static str,
}

/// The service cannot read its own state; its log says why.
pub(super) const NO_DATABASE: Problem = Problem {
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "Not ready",
    detail: "The service's own database does not answer; its log says why.",
};

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let header = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, header, body.to_string()).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = HeaderValue::from_static(RETRY_AFTER_S);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

pub(super) async fn no_such_page() -> Problem {
    Problem {
        status: StatusCode::NOT_FOUND,
        title: "No such page",
        detail: "The address is not one of the service's.",
    }
}

/// The answer to a request whose handler panicked; what it said is in the log.
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request could not be answered: its handler panicked");
    Problem {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        title: "Something went wrong",
        detail: "The service could not answer; its log says why.",
    }
    .into_response()
}
