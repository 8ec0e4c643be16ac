//! `POST /webhooks/servicetitan` and `/webhooks/servicetitan/{connection}`.
//!
//! ServiceTitan registers one address per app and event for all its tenants, so the first form finds the connections by
//! the tenant in the body; the second takes deliveries for one connection's tenant only. A delivery is answered 200
//! after its raw bytes are committed, and never before. Nothing in a body is believed: it only says which records to
//! fetch from ServiceTitan again. What is not signed with a key of ours is refused and not stored.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use servicetitan::webhook::Envelope;
use store::wakes::{Delivery, Received};
use sync::wake::woken;

use super::Web;
use super::problem::Problem;
use super::receivers::Receiver;

const TOO_LARGE: Problem = Problem {
    status: StatusCode::PAYLOAD_TOO_LARGE,
    title: "Too large",
    detail: "A webhook body is at most one megabyte.",
};

const UNREADABLE: Problem = Problem {
    status: StatusCode::BAD_REQUEST,
    title: "Not an event",
    detail: "The body is not a CloudEvents 1.0 event with data.tenantId and an id.",
};

const UNSIGNED: Problem = Problem {
    status: StatusCode::UNAUTHORIZED,
    title: "Signature not accepted",
    detail: "The delivery bears no signature made with a webhook key of this connection.",
};

const UNKNOWN: Problem = Problem {
    status: StatusCode::NOT_FOUND,
    title: "No such connection",
    detail: "No connection here receives webhooks under this address for this tenant.",
};

const BUSY: Problem = Problem {
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "Not stored",
    detail: "The delivery could not be stored and should be sent again.",
};

type Body = Result<Bytes, BytesRejection>;

pub(super) async fn by_tenant(
    State(web): State<Web>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let outcome = receive(&web, None, &headers, body).await;
    counted(&web, outcome)
}

pub(super) async fn by_connection(
    State(web): State<Web>,
    Path(connection): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let outcome = receive(&web, Some(&connection), &headers, body).await;
    counted(&web, outcome)
}

async fn receive(
    web: &Web,
    connection: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Received, Problem> {
    let raw = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => TOO_LARGE,
        _ => UNREADABLE,
    })?;
    let envelope = Envelope::parse(&raw).map_err(|_| UNREADABLE)?;
    let receivers: Vec<Arc<Receiver>> = match connection {
        Some(name) => web
            .receivers
            .named(name)
            .into_iter()
            .filter(|receiver| receiver.tenant == envelope.tenant)
            .collect(),
        None => web.receivers.of_tenant(envelope.tenant),
    };
    if receivers.is_empty() {
        return Err(UNKNOWN);
    }
    let signed = |receiver: &Arc<Receiver>| {
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()));
        receiver
            .verifier
            .as_ref()
            .is_some_and(|verifier| verifier.verify(pairs, &raw).is_ok())
    };
    let receivers: Vec<Arc<Receiver>> = receivers.into_iter().filter(signed).collect();
    if receivers.is_empty() {
        return Err(UNSIGNED);
    }
    let touches = envelope.touches();
    let wakes = woken(touches.customers.iter().map(|id| id.0));
    let mut received = Received::Duplicate;
    for receiver in receivers {
        let delivery = Delivery {
            connection: receiver.connection,
            occurrence: envelope.occurrence().as_str().to_owned(),
            event_type: envelope.event_type.clone(),
            raw: raw.clone(),
            wakes: wakes.clone(),
        };
        let outcome = web
            .store()
            .receive(delivery, web.shared.clock.now())
            .await
            .map_err(|error| {
                tracing::error!(
                    connection = receiver.name,
                    "a webhook could not be stored: {error}"
                );
                BUSY
            })?;
        if outcome == Received::Fresh {
            received = Received::Fresh;
            web.shared.wakeup(receiver.connection).notify_one();
        }
    }
    Ok(received)
}

fn counted(web: &Web, outcome: Result<Received, Problem>) -> Result<StatusCode, Problem> {
    let word = match &outcome {
        Ok(Received::Fresh) => "fresh",
        Ok(Received::Duplicate) => "duplicate",
        Err(problem) if *problem == UNSIGNED => "unsigned",
        Err(problem) if *problem == BUSY => "not_stored",
        Err(_) => "refused",
    };
    web.shared.metrics.webhook(word);
    outcome.map(|_| StatusCode::OK)
}
