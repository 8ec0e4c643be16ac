//! Who may receive a webhook, kept in memory: a delivery is verified and routed without asking the database.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use servicetitan::TenantId;
use servicetitan::webhook::Verifier;
use store::connections::ConnectionId;
use store::{Result, Store};
use sync::flow::Flow;
use tokio_util::sync::CancellationToken;

use crate::connection::{Profile, secret};

/// How often connections are looked at for changes by other processes.
const REFRESH_EVERY: Duration = Duration::from_secs(1);

/// One connection as a receiver.
pub struct Receiver {
    /// The connection.
    pub connection: ConnectionId,
    /// Its name, as in the address of its own endpoint.
    pub name: String,
    /// Its tenant.
    pub tenant: TenantId,
    /// The flows that are on: records of others are not woken.
    pub flows: Vec<Flow>,
    /// Checks signatures; absent when webhooks are off or no secret is set.
    pub verifier: Option<Verifier>,
    version: i64,
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// All receivers of the installation.
#[derive(Clone, Debug, Default)]
pub struct Receivers(Arc<RwLock<Vec<Arc<Receiver>>>>);

impl Receivers {
    /// The receivers as the store has them now.
    pub async fn read(store: &Store) -> Result<Self> {
        let receivers = Self::default();
        receivers.refresh(store).await?;
        Ok(receivers)
    }

    /// Follows changes until stopping is asked for.
    pub async fn follow(self, store: Store, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.refresh(&store).await {
                tracing::error!("connections cannot be read: {error}");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(REFRESH_EVERY) => {}
            }
        }
    }

    /// The receivers of a tenant.
    #[must_use]
    pub fn of_tenant(&self, tenant: TenantId) -> Vec<Arc<Receiver>> {
        self.all()
            .iter()
            .filter(|receiver| receiver.tenant == tenant)
            .cloned()
            .collect()
    }

    /// The receiver of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Arc<Receiver>> {
        self.all()
            .iter()
            .find(|receiver| receiver.name == name)
            .cloned()
    }

    fn all(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Receiver>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    async fn refresh(&self, store: &Store) -> Result<()> {
        let mut fresh = Vec::new();
        for connection in store.connections().await? {
            let known = self
                .all()
                .iter()
                .find(|r| r.connection == connection.id && r.version == connection.version)
                .cloned();
            if let Some(known) = known {
                fresh.push(known);
                continue;
            }
            let Ok(profile) = serde_json::from_value::<Profile>(connection.settings.clone()) else {
                continue;
            };
            let mut secrets = store.secrets(connection.id).await?;
            let keys: Vec<_> = [secret::WEBHOOK_SECRET, secret::WEBHOOK_SECRET_PREVIOUS]
                .into_iter()
                .filter_map(|name| secrets.remove(name))
                .collect();
            let verifier = (profile.schedule.webhooks && !keys.is_empty())
                .then(|| Verifier::new(profile.servicetitan.signature_headers.clone(), keys))
                .and_then(|verifier| {
                    let warn = |error| {
                        tracing::error!(connection = connection.name, "webhooks are off: {error}");
                    };
                    verifier.map_err(warn).ok()
                });
            fresh.push(Arc::new(Receiver {
                connection: connection.id,
                name: connection.name,
                tenant: TenantId(profile.servicetitan.tenant_id),
                flows: profile.flows_on(),
                verifier,
                version: connection.version,
            }));
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}
