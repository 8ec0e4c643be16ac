//! `GET /`: every connection and how its flows stand, at a glance. No record's data is on it: causes and advice only.
//! What a vendor said about a record is for `ml-connector failures`, about a connection for `connection show`.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use store::Store;
use store::connections::Connection;
use sync::record::State as RecordState;

use super::Web;
use super::problem::{NO_DATABASE, Problem};
use crate::connection::standing;
use crate::held::Held;
use crate::outage::Outage;

/// Groups of failures shown for one connection.
const FAILURES_MAX: usize = 20;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    connections: Vec<ConnectionRow>,
    now: String,
}

struct ConnectionRow {
    name: String,
    tenant: i64,
    odoo: String,
    state: &'static str,
    troubles: Vec<String>,
    flows: Vec<FlowRow>,
    failures: Vec<FailureRow>,
}

struct FlowRow {
    name: &'static str,
    synced: u64,
    pending: u64,
    waiting: u64,
    failed: u64,
    ignored: u64,
    warnings: u64,
    lag: String,
    settled: u64,
    total: u64,
}

struct FailureRow {
    flow: &'static str,
    cause: String,
    advice: String,
    count: u64,
}

pub(super) async fn page(State(web): State<Web>) -> Result<Response, Problem> {
    let now = web.shared.clock.now();
    let overview = read(web.store(), now).await.map_err(|error| {
        tracing::error!("the overview cannot be read: {error}");
        NO_DATABASE
    })?;
    let html = overview
        .render()
        .expect("the template renders whatever text it is given");
    Ok(guarded("text/html; charset=utf-8", html))
}

pub(super) async fn style() -> Response {
    guarded(
        "text/css; charset=utf-8",
        include_str!("../../templates/style.css").to_owned(),
    )
}

/// Answers with headers that keep a page from doing anything but being read.
fn guarded(kind: &'static str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
            ),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}

async fn read(store: &Store, now: Timestamp) -> store::Result<Overview> {
    let mut connections = Vec::new();
    for connection in store.connections().await? {
        connections.push(row(store, connection, now).await?);
    }
    let now = now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    Ok(Overview { connections, now })
}

async fn row(
    store: &Store,
    connection: Connection,
    now: Timestamp,
) -> store::Result<ConnectionRow> {
    let mut troubles: Vec<String> = connection
        .paused
        .iter()
        .map(|reason| format!("{}: {}", reason.cause, reason.advice))
        .collect();
    let outages = Outage::of(store, connection.id).await?;
    troubles.extend(outages.iter().map(Outage::sentence));
    let held = Held::of(store, connection.id).await?;
    troubles.extend(held.iter().map(Held::sentence));
    let flows = standing(store, &connection)
        .await?
        .into_iter()
        .map(|status| {
            let count = |state| status.counts.get(&state).copied().unwrap_or_default();
            let total = status.counts.values().sum();
            FlowRow {
                name: status.flow.as_str(),
                synced: count(RecordState::Synced),
                pending: count(RecordState::Pending),
                waiting: count(RecordState::Waiting),
                failed: count(RecordState::Failed),
                ignored: count(RecordState::Ignored),
                warnings: status.warnings,
                lag: status.oldest_pending_at.map_or_else(
                    || "–".to_owned(),
                    |at| format!("{} s", now.duration_since(at).as_secs()),
                ),
                settled: total - count(RecordState::Pending),
                total,
            }
        });
    let failures = store
        .failures(Some(connection.id))
        .await?
        .into_iter()
        .take(FAILURES_MAX)
        .map(|group| FailureRow {
            flow: group.flow.as_str(),
            cause: group.cause,
            advice: group.advice,
            count: group.count,
        });
    Ok(ConnectionRow {
        name: connection.name,
        tenant: connection.tenant,
        odoo: connection.odoo,
        state: connection.state.as_str(),
        troubles,
        flows: flows.collect(),
        failures: failures.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vendors_say_is_shown_as_text() {
        let flow = FlowRow {
            name: "customers",
            synced: 3,
            pending: 1,
            waiting: 0,
            failed: 1,
            ignored: 0,
            warnings: 0,
            lag: "4 s".to_owned(),
            settled: 4,
            total: 5,
        };
        let failure = FailureRow {
            flow: "customers",
            cause: "odoo-refused".to_owned(),
            advice: "<script>alert(1)</script>".to_owned(),
            count: 1,
        };
        let connection = ConnectionRow {
            name: "acme".to_owned(),
            tenant: 7,
            odoo: "https://odoo.example acme".to_owned(),
            state: "paused",
            troubles: vec!["<img src=x onerror=1>".to_owned()],
            flows: vec![flow],
            failures: vec![failure],
        };
        let html = Overview {
            connections: vec![connection],
            now: "now".to_owned(),
        }
        .render()
        .unwrap();
        assert!(
            !html.contains("<script>") && !html.contains("<img"),
            "{html}"
        );
        assert!(html.contains("class=\"state paused\""), "{html}");
    }

    #[test]
    fn an_empty_installation_says_what_to_do() {
        let html = Overview {
            connections: Vec::new(),
            now: "now".to_owned(),
        }
        .render()
        .unwrap();
        assert!(html.contains("ml-connector connection add FILE"), "{html}");
    }
}
