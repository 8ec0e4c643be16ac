//! Errors over HTTP: `application/problem+json` (RFC 9457), in plain words, without anything that a stranger should not
//! learn.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    pub(super) detail: &'static str,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let header = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.status, header, body.to_string()).into_response()
    }
}

pub(super) async fn no_such_page() -> Problem {
    Problem {
        status: StatusCode::NOT_FOUND,
        title: "No such page",
        detail: "The address is not one of the service's.",
    }
}
