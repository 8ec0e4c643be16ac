//! `GET /healthz`, `/readyz`, `/metrics`.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use store::connections::ConnectionState;

use super::Web;
use super::problem::{NO_DATABASE, Problem};

/// The process is up.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// The process can do its work: its database answers, and the engine is its own.
pub(super) async fn ready(State(web): State<Web>) -> Result<&'static str, Problem> {
    let read = web.store().connections().await;
    read.map_err(|error| {
        tracing::error!("not ready: {error}");
        NO_DATABASE
    })?;
    if web.shared.is_at_work() {
        Ok("ok\n")
    } else {
        Err(Problem {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "Not ready",
            detail: "The engine is not at work in this process: it stops, or it lost its database and claims it again.",
        })
    }
}

/// Counters and gauges for Prometheus. Names of connections and flows stand in them, no data.
pub(super) async fn metrics(State(web): State<Web>) -> Result<impl IntoResponse, Problem> {
    let now = web.shared.clock.now();
    let refused = |error: store::Error| {
        tracing::error!("metrics cannot be read: {error}");
        NO_DATABASE
    };
    let connections = web.store().connections().await.map_err(refused)?;
    let names = connections
        .iter()
        .map(|connection| connection.name.as_str());
    web.shared.metrics.keep(names);
    for connection in connections {
        web.shared.metrics.connection(
            &connection.name,
            connection.state == ConnectionState::Active,
        );
        for flow in web.store().status(connection.id).await.map_err(refused)? {
            let counts = flow.counts.iter().map(|(state, count)| (*state, *count));
            let lag = flow
                .oldest_pending_at
                .map(|at| now.duration_since(at).as_secs_f64());
            web.shared
                .metrics
                .flow(&connection.name, flow.flow, counts, lag);
        }
    }
    let header = [(
        header::CONTENT_TYPE,
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
    )];
    Ok((header, web.shared.metrics.text()))
}
