//! `POST /webhooks/servicetitan` and `/webhooks/servicetitan/{connection}`.
//!
//! ServiceTitan registers one address per app and event for all its tenants, so the first form finds the connections by
//! the tenant in the body; the second takes deliveries for one connection's tenant only. A delivery is answered 200
//! after its raw bytes are committed, and never before. Nothing in a body is believed: it only says which records to
//! fetch from ServiceTitan again. What is not signed with a key of ours is refused and not stored, and a stranger does not
//! learn from the answer which tenants and connections there are.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use servicetitan::webhook::Envelope;
use store::deliveries::{Delivery, Received, WAKES_PER_DELIVERY_MAX};
use sync::wake::woken;

use super::Web;
use super::limits::{Place, TOO_LARGE};
use super::problem::Problem;
use super::receivers::Receiver;

const UNREADABLE: Problem = Problem {
    status: StatusCode::BAD_REQUEST,
    title: "Not an event",
    detail: "The body is not a CloudEvents 1.0 event with data.tenantId and an id.",
};

/// The same for whoever is not known: see [`Refusal`].
const NOT_ACCEPTED: Problem = Problem {
    status: StatusCode::UNAUTHORIZED,
    title: "Not accepted",
    detail: "The delivery is not signed with a webhook key of a connection that receives its tenant's events here.",
};

const BUSY: Problem = Problem {
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "Not stored",
    detail: "The delivery could not be stored and should be sent again.",
};

/// Why a delivery is not taken in. Told apart in the metrics, for the operator; outside, who has no key cannot tell an
/// unknown connection or tenant from a wrong signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    TooLarge,
    Unreadable,
    /// No connection has that name, or that tenant.
    Unknown,
    /// The signature is missing or wrong, or webhooks are off.
    Unsigned,
    NotStored,
}

impl Refusal {
    /// What it is counted as.
    const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge | Self::Unreadable => "refused",
            Self::Unknown => "unknown",
            Self::Unsigned => "unsigned",
            Self::NotStored => "not_stored",
        }
    }

    const fn problem(self) -> Problem {
        match self {
            Self::TooLarge => TOO_LARGE,
            Self::Unreadable => UNREADABLE,
            Self::Unknown | Self::Unsigned => NOT_ACCEPTED,
            Self::NotStored => BUSY,
        }
    }
}

/// What was sent, taken out of its request without a copy.
pub(super) struct Posted {
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
}

impl FromRequest<Web> for Posted {
    type Rejection = Infallible;

    async fn from_request(mut request: Request, web: &Web) -> Result<Self, Infallible> {
        let headers = std::mem::take(request.headers_mut());
        let body = Bytes::from_request(request, web).await;
        Ok(Self { headers, body })
    }
}

impl Posted {
    fn whole(self) -> Result<(HeaderMap, Bytes), Refusal> {
        match self.body {
            Ok(raw) => Ok((self.headers, raw)),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Refusal::TooLarge)
            }
            Err(_) => Err(Refusal::Unreadable),
        }
    }
}

pub(super) async fn by_tenant(
    State(web): State<Web>,
    _place: Place,
    posted: Posted,
) -> Result<StatusCode, Problem> {
    let outcome = to_tenant(&web, posted).await;
    counted(&web, outcome)
}

pub(super) async fn by_connection(
    State(web): State<Web>,
    _place: Place,
    connection: Result<Path<String>, PathRejection>,
    posted: Posted,
) -> Result<StatusCode, Problem> {
    // A name that is no text is none of ours.
    let connection = connection.map(|Path(name)| name).unwrap_or_default();
    let outcome = to_connection(&web, &connection, posted).await;
    counted(&web, outcome)
}

/// Whose delivery it is stands in the body, so the body is parsed before it is known which key must have signed it.
async fn to_tenant(web: &Web, posted: Posted) -> Result<Received, Refusal> {
    let (headers, raw) = posted.whole()?;
    let envelope = Envelope::parse(&raw).map_err(|_| Refusal::Unreadable)?;
    let mut receivers = web.receivers.of_tenant(envelope.tenant);
    if receivers.is_empty() {
        return Err(Refusal::Unknown);
    }
    receivers.retain(|receiver| is_signed(receiver, &headers, &raw));
    if receivers.is_empty() {
        return Err(Refusal::Unsigned);
    }
    store(web, &receivers, &envelope, &raw).await
}

/// The address says whose it is: what that one's key did not sign is not even parsed.
async fn to_connection(web: &Web, connection: &str, posted: Posted) -> Result<Received, Refusal> {
    let (headers, raw) = posted.whole()?;
    let receiver = web.receivers.named(connection).ok_or(Refusal::Unknown)?;
    if !is_signed(&receiver, &headers, &raw) {
        return Err(Refusal::Unsigned);
    }
    let envelope = Envelope::parse(&raw).map_err(|_| Refusal::Unreadable)?;
    if receiver.tenant != envelope.tenant {
        return Err(Refusal::Unknown);
    }
    store(web, &[receiver], &envelope, &raw).await
}

fn is_signed(receiver: &Receiver, headers: &HeaderMap, raw: &[u8]) -> bool {
    let pairs = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()));
    receiver
        .verifier
        .as_ref()
        .is_some_and(|verifier| verifier.verify(pairs, raw).is_ok())
}

/// Commits a delivery for each of its receivers.
async fn store(
    web: &Web,
    receivers: &[Arc<Receiver>],
    envelope: &Envelope,
    raw: &Bytes,
) -> Result<Received, Refusal> {
    let touches = envelope.touches();
    let named = touches.named.iter();
    let wakes = woken(
        touches.customers.iter().map(|id| id.0),
        named.map(|named| (named.entity.as_str(), named.id)),
    );
    let mut received = Received::Duplicate;
    for receiver in receivers {
        let delivery = Delivery {
            connection: receiver.connection,
            occurrence: envelope.occurrence().as_str().to_owned(),
            event_type: envelope.event_type.clone(),
            raw: raw.clone(),
            // Whatever else it names comes with the next reading of the feeds.
            wakes: wakes
                .iter()
                .filter(|key| receiver.flows.contains(&key.flow))
                .take(WAKES_PER_DELIVERY_MAX)
                .cloned()
                .collect(),
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
                Refusal::NotStored
            })?;
        if outcome == Received::Fresh {
            received = Received::Fresh;
            web.shared.wakeup(receiver.connection).notify_one();
        }
    }
    Ok(received)
}

fn counted(web: &Web, outcome: Result<Received, Refusal>) -> Result<StatusCode, Problem> {
    let word = match outcome {
        Ok(Received::Fresh) => "fresh",
        Ok(Received::Duplicate) => "duplicate",
        Err(refusal) => refusal.as_str(),
    };
    web.shared.metrics.webhook(word);
    outcome.map(|_| StatusCode::OK).map_err(Refusal::problem)
}
