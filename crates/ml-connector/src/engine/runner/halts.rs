//! Why a connection cannot go on, who is told, and when it tries again.

use std::time::Duration;

use store::connections::ConnectionState;
use sync::failure::Vendor;
use sync::record::Reason;

use super::{REQUESTS_EVERY, Runner, between};
use crate::engine::Halt;
use crate::outage::Outage;

impl Runner {
    /// Takes note of why the connection cannot go on, and says how long it rests.
    pub(super) async fn halted(&mut self, halt: Halt) -> Duration {
        let now = self.shared.clock.now();
        let result = match halt {
            // Whoever works on a flow holds it; of the rest nothing is of one flow only.
            Halt::Pause(reason) | Halt::Hold(_, _, reason) => {
                // What exactly a vendor said may quote a record: `connection show` tells it.
                tracing::error!(
                    connection = self.connection.name,
                    cause = reason.cause,
                    "the connection is paused: {}",
                    reason.advice
                );
                self.probed_at = Some(now);
                let note = format!("{} {}", reason.what, reason.advice);
                match self.set_state(ConnectionState::Paused, Some(reason)).await {
                    Ok(()) => self.end_passes(&note).await,
                    Err(error) => Err(error),
                }
            }
            Halt::Vendor(vendor, reason) | Halt::Refused(vendor, reason) => {
                let until = self.breakers.failed(
                    vendor,
                    reason.clone(),
                    now,
                    &mut *self.shared.clock.rng(),
                );
                let wait = between(now, until);
                tracing::warn!(
                    connection = self.connection.name,
                    cause = reason.cause,
                    wait_ms = wait.as_millis(),
                    "{vendor} fails, nobody calls it for {} s: {}",
                    wait.as_secs(),
                    reason.advice
                );
                self.show_breakers().await
            }
            Halt::Store(error) => Err(Halt::Store(error)),
        };
        if let Err(Halt::Store(error)) = result {
            if !std::mem::replace(&mut self.store_failed, true) {
                tracing::error!(
                    connection = self.connection.name,
                    error = &error as &dyn std::error::Error,
                    "the connector's own database fails, nothing goes on before it works: {error}"
                );
            }
            return REQUESTS_EVERY;
        }
        self.breakers
            .open_until(now)
            .map_or(REQUESTS_EVERY, |until| between(now, until))
    }

    pub(super) async fn answered(&mut self, vendor: Vendor) -> Result<(), Halt> {
        if self.breakers.answered(vendor) {
            tracing::info!(connection = self.connection.name, "{vendor} answers again");
            self.show_breakers().await?;
        }
        Ok(())
    }

    pub(super) async fn show_breakers(&self) -> Result<(), Halt> {
        let failing = self.breakers.failing();
        let now = self.shared.clock.now();
        Ok(Outage::tell(&self.shared.store, self.connection.id, failing, now).await?)
    }

    pub(super) async fn set_state(
        &mut self,
        state: ConnectionState,
        reason: Option<Reason>,
    ) -> Result<(), Halt> {
        let now = self.shared.clock.now();
        self.shared
            .store
            .set_connection_state(self.connection.id, state, reason.clone(), "engine", now)
            .await?;
        self.connection.state = state;
        self.connection.paused = reason;
        Ok(())
    }
}
