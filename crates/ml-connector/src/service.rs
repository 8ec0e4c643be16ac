//! The service in one process: the engine, the webhook endpoint and the pages, from start to a clean end.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::engine::supervisor::{self, Shared};
use crate::web::receivers::Receivers;
use crate::web::{self, Web};

/// A running service.
pub struct Service {
    /// Where it listens.
    pub address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Service {
    /// Starts the engine and listens. Refuses when another process owns the engine of this database.
    pub async fn start(shared: Arc<Shared>, listen: SocketAddr) -> Result<Self> {
        let Some(lock) = shared.store.claim_engine().await? else {
            bail!(
                "another ml-connector process works on this database already: stop it first, or point this one \
                 elsewhere with database_url"
            );
        };
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| {
                format!("cannot listen on {listen}: choose another address (`listen` in the settings, or --listen)")
            })?;
        let address = listener.local_addr()?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let receivers = Receivers::read(&shared.store).await?;
        tasks.spawn(receivers.clone().follow(shared.store.clone(), stop.clone()));
        tasks.spawn(supervisor::run_for_good(
            Arc::clone(&shared),
            lock,
            stop.clone(),
        ));
        let serving = web::serve(listener, Web::new(shared, receivers), stop.clone());
        tasks.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!("the web server ended: {error}");
            }
        });
        tasks.close();
        tracing::info!(%address, "ml-connector listens on http://{address}");
        Ok(Self {
            address,
            stop,
            tasks,
        })
    }

    /// Stops: no new work is begun, what is in flight is written down.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }

    /// Returns when the service ended by itself.
    pub async fn ended(&self) {
        self.tasks.wait().await;
    }
}

/// Returns when the operating system or a person asks the process to end.
pub async fn asked_to_end() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
}
