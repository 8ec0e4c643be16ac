//! The HTTP side of the service. Every route stands here.

mod health;
mod overview;
mod problem;
pub mod receivers;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::engine::supervisor::Shared;
use receivers::Receivers;

/// The largest webhook body that is taken in. ServiceTitan's are a few kilobytes.
pub const WEBHOOK_BYTES_MAX: usize = 1024 * 1024;

/// How long a stopping service waits for requests in progress.
const SOFT_STOP: Duration = Duration::from_secs(10);

/// What handlers need.
#[derive(Clone, Debug)]
pub struct Web {
    shared: Arc<Shared>,
    receivers: Receivers,
}

impl Web {
    /// The web side of a process.
    #[must_use]
    pub fn new(shared: Arc<Shared>, receivers: Receivers) -> Self {
        Self { shared, receivers }
    }

    fn store(&self) -> &Store {
        &self.shared.store
    }
}

/// The routes.
pub fn router(web: Web) -> Router {
    Router::new()
        .route("/", get(overview::page))
        .route("/style.css", get(overview::style))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/webhooks/servicetitan", post(webhook::by_tenant))
        .route(
            "/webhooks/servicetitan/{connection}",
            post(webhook::by_connection),
        )
        .fallback(problem::no_such_page)
        .layer(DefaultBodyLimit::max(WEBHOOK_BYTES_MAX))
        .with_state(web)
}

/// Serves until stopping is asked for, then lets requests in progress end.
pub async fn serve(
    listener: TcpListener,
    web: Web,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let ending = stop.clone();
    let serving = axum::serve(listener, router(web))
        .with_graceful_shutdown(async move { ending.cancelled().await })
        .into_future();
    tokio::select! {
        result = serving => result,
        () = async { stop.cancelled().await; tokio::time::sleep(SOFT_STOP).await } => Ok(()),
    }
}
