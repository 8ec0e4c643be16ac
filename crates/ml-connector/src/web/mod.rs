//! The HTTP side of the service. Every route stands here.

pub mod api;
mod health;
mod limits;
mod overview;
mod problem;
pub mod receivers;
mod webhook;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use store::Store;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::engine::supervisor::Shared;
pub use limits::Limits;
use limits::Places;
use receivers::Receivers;

/// The largest webhook body that is taken in. ServiceTitan's are a few kilobytes.
pub const WEBHOOK_BYTES_MAX: usize = 1024 * 1024;

/// The most that is held of a connection whose request's headers are not complete.
const HEADERS_BYTES_MAX: usize = 64 * 1024;

/// How long a stopping service waits for requests in progress.
const SOFT_STOP: Duration = Duration::from_secs(10);

/// How long nothing is accepted after accepting failed, which happens when the process has too many files open.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What handlers need.
#[derive(Clone, Debug)]
pub struct Web {
    shared: Arc<Shared>,
    receivers: Receivers,
    limits: Limits,
    places: Places,
    api: api::Api,
}

impl Web {
    /// The web side of a process.
    #[must_use]
    pub fn new(shared: Arc<Shared>, receivers: Receivers) -> Self {
        Self::within(Limits::default(), shared, receivers)
    }

    /// The web side of a process, with limits of one's own.
    #[must_use]
    pub fn within(limits: Limits, shared: Arc<Shared>, receivers: Receivers) -> Self {
        Self {
            shared,
            receivers,
            limits,
            places: Places::new(limits.deliveries),
            api: api::Api::default(),
        }
    }

    fn store(&self) -> &Store {
        &self.shared.store
    }
}

/// The routes.
pub fn router(web: Web) -> Router {
    let routes = Router::new()
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
        .nest("/api", api::routes())
        .fallback(problem::no_such_page);
    guarded(routes, web.limits).with_state(web)
}

/// What no handler has to think of: it may panic, take its time, and be sent too much.
fn guarded(routes: Router<Web>, limits: Limits) -> Router<Web> {
    routes.layer((
        CatchPanicLayer::custom(problem::panicked as fn(_) -> _),
        TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limits.request),
        DefaultBodyLimit::max(WEBHOOK_BYTES_MAX),
    ))
}

/// A stream whose writing fails when the client takes nothing for this long: hyper itself would wait for ever.
fn impatient(stream: TcpStream, patience: Duration) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    Box::pin(stream)
}

/// Serves until stopping is asked for, then lets requests in progress end.
///
/// Accepts by itself, not by `axum::serve`, which lets a client take for ever to send its headers or to read its answer.
pub async fn serve(
    listener: TcpListener,
    web: Web,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let limits = web.limits;
    let service = TowerToHyperService::new(router(web));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(HEADERS_BYTES_MAX);
    let open = Arc::new(Semaphore::new(limits.connections));
    let connections = GracefulShutdown::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&open).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = stop.cancelled() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!("a connection could not be accepted: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Answers are small and whole: nothing is gained by waiting for more to send.
        let _ = stream.set_nodelay(true);
        let stream = TokioIo::new(impatient(stream, limits.request));
        let connection = connections.watch(http.serve_connection(stream, service.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended early: {error}");
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(SOFT_STOP) => {}
    }
    Ok(())
}
