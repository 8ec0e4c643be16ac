//! Where a plan meets the requests: a layer around a simulator's whole router.

use std::time::Duration;

use axum::body::Body as HttpBody;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::plan::Strike;
use super::{Body, Call, Fault, Plan};
use crate::server::Connection;

/// The largest request body that a simulator takes.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

const HTML_BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n\
    <body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// Serves the request, or does to it what the plan says.
pub(crate) async fn strike(
    State(plan): State<Plan>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
    if plan.is_empty() || request.uri().path().starts_with("/sandbox") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let strike = plan.decide(&Call {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        body: &body,
    });
    if strike
        .as_ref()
        .is_some_and(|strike| strike.fault == Fault::Twice)
    {
        let again = Request::from_parts(parts.clone(), HttpBody::from(body.clone()));
        let answer = next
            .clone()
            .run(Request::from_parts(parts, HttpBody::from(body)))
            .await;
        let _unread = next.run(again).await;
        return answer;
    }
    let request = Request::from_parts(parts, HttpBody::from(body));
    match strike {
        None => next.run(request).await,
        Some(strike) => suffer(&plan, &connection, strike, request, next).await,
    }
}

async fn suffer(
    plan: &Plan,
    connection: &Connection,
    mut strike: Strike,
    request: Request,
    next: Next,
) -> Response {
    match strike.fault.clone() {
        Fault::Reject { status, body } => reject(plan, status, body),
        Fault::LoseReply => {
            let _unsent = next.run(request).await;
            connection.cut();
            StatusCode::OK.into_response()
        }
        Fault::Hold => {
            // A task of its own: what waits in a server's queue is served whether or not the client is still there.
            let served = tokio::spawn(async move {
                strike.released().await;
                next.run(request).await
            });
            served.await.unwrap_or_else(|_panicked| {
                connection.cut();
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            })
        }
        Fault::HoldReply => {
            let reply = next.run(request).await;
            strike.released().await;
            reply
        }
        Fault::Slow { delay_ms } => {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            next.run(request).await
        }
        Fault::RateLimited { retry_after_s } => {
            let mut reply = reject(plan, 429, Body::Vendor);
            if let Some(seconds) = retry_after_s {
                reply
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            reply
        }
        // Already served twice.
        Fault::Twice => next.run(request).await,
        Fault::ServerError => reject(plan, 500, Body::Vendor),
        Fault::HtmlBadGateway => reject(plan, 502, Body::Html),
        Fault::Reset => {
            connection.cut();
            StatusCode::OK.into_response()
        }
    }
}

fn reject(plan: &Plan, status: u16, body: Body) -> Response {
    let (kind, text) = match body {
        Body::Vendor => plan.voice(status),
        Body::Json(value) => ("application/json", value.to_string()),
        Body::Text(text) => ("text/plain; charset=utf-8", text),
        Body::Html => ("text/html", HTML_BAD_GATEWAY.to_owned()),
        Body::Empty => ("text/plain", String::new()),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, kind)], text).into_response()
}
