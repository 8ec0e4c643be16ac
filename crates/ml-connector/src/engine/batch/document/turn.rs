//! Orders are confirmed, and payments matched, a batch at a time.

use std::sync::Arc;

use sync::plan::Goal;
use tokio::sync::OwnedMutexGuard;

use super::Deeds;
use crate::engine::batch::{Carrier, Interruption, Progress};

impl Carrier {
    /// Waits until no other batch confirms orders. Odoo notes the vendor of an order with each of its products, so two calls
    /// that confirm orders of the same goods meet: the second waits for the first, is rolled back, and begins again after a
    /// pause. While one confirms, the next is loaded and compared.
    ///
    /// The calls to come go out later than the batch did: how long they are in doubt counts from now.
    /// Says whether there was a wait.
    pub(super) async fn turn_to_confirm(
        &self,
        progress: &mut [Progress],
    ) -> Result<(Option<OwnedMutexGuard<()>>, bool), Interruption> {
        let confirms =
            |one: &Progress| one.stands() && Deeds::of(&one.job.writes).goal == Goal::Confirmed;
        if progress.iter().any(confirms) {
            self.turn(progress).await
        } else {
            Ok((None, false))
        }
    }

    /// Waits until no other batch of the connection has its turn; says whether there was a wait.
    pub(in crate::engine::batch) async fn turn(
        &self,
        progress: &mut [Progress],
    ) -> Result<(Option<OwnedMutexGuard<()>>, bool), Interruption> {
        if let Ok(turn) = Arc::clone(&self.confirming).try_lock_owned() {
            return Ok((Some(turn), false));
        }
        let asked = self.clock.now();
        let turn = Arc::clone(&self.confirming).lock_owned().await;
        let waited = self.clock.now().duration_since(asked);
        for one in progress.iter_mut() {
            one.doubt_until += waited;
        }
        let doubts = progress
            .iter()
            .map(|one| (one.job.due.record, Some(one.job.doubt(one.doubt_until))));
        self.store
            .note_call(self.connection, doubts.collect())
            .await?;
        Ok((Some(turn), true))
    }
}
