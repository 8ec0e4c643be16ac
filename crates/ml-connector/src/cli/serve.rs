//! `serve`: the service, until it is asked to end.

use std::sync::Arc;

use anyhow::Result;

use super::{Exit, open};
use crate::engine::supervisor::{Mode, Shared};
use crate::engine::vendors::Http;
use crate::service::{Service, asked_to_end};
use crate::settings::Settings;

pub(super) async fn run(settings: &Settings) -> Result<Exit> {
    let (store, clock) = open(settings).await?;
    if settings.public_url.is_none() {
        tracing::warn!("public_url is not set: ServiceTitan cannot be told where to send webhooks");
    }
    let shared = Shared::new(
        store.clone(),
        Http::new()?,
        clock,
        settings.public_url.clone(),
        Mode::Service,
    );
    let service = Service::start(Arc::new(shared), settings.listen).await?;
    tokio::select! {
        () = asked_to_end() => tracing::info!("stopping: what is in flight is finished first"),
        () = service.ended() => {}
    }
    service.stop().await;
    store.close().await?;
    tracing::info!("stopped");
    Ok(Exit::Done)
}
