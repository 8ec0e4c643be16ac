//! Passes of a connection: runs that somebody asked for, of all that their flows have.

use std::time::Duration;

use store::passes::{Pass, PassId};
use sync::failure::Vendor;
use sync::flow::Flow;

use super::{CHECKED_CURSOR, REQUESTS_EVERY, Runner, SETTLED_EVERY, between};
use crate::engine::Halt;
use crate::engine::observe::Pace;
use crate::held::Held;

impl Runner {
    /// Begins a pass: everything is observed afresh. What is due is carried in the same turn, and counts for all passes.
    pub(super) async fn begin(&mut self, pass: &Pass) -> Result<(), Halt> {
        let (store, clock) = (self.shared.store.clone(), self.shared.clock.clone());
        let checked = store.cursor(self.connection.id, CHECKED_CURSOR).await?;
        let held = Held::of(&store, self.connection.id).await?;
        if !held.is_empty() {
            // Whoever asks for a pass may just have given what was missing.
            self.checked_at = None;
        }
        if checked.is_none() || !held.is_empty() {
            self.check_when_due(clock.now()).await?;
        }
        self.directory = None;
        let read = |flow: &&Flow| flow.comes_from() == Vendor::ServiceTitan;
        for flow in pass.flows.iter().filter(read) {
            if self.holds.reading(*flow).is_none() {
                let read = self.read_for(pass, *flow).await;
                self.unless_held(read).await?;
            }
        }
        // Not before: a pass that was cut off while it read must read again, or it would settle on what it missed.
        Ok(store.begin_pass(pass.id, clock.now()).await?)
    }

    async fn read_for(&mut self, pass: &Pass, flow: Flow) -> Result<(), Halt> {
        if let Some(since) = pass.since {
            self.observer_of(flow).read_again(flow, since).await?;
        }
        self.observe(flow, Pace::Quick).await?;
        self.observe_once_per(flow, Pace::Settled, SETTLED_EVERY)
            .await
    }

    /// Ends the passes for which nothing is due any more, back-offs included. Says how long the others can wait.
    pub(super) async fn finish(&self, passes: &[Pass]) -> Result<Duration, Halt> {
        let (store, now) = (&self.shared.store, self.shared.clock.now());
        let mut wait = REQUESTS_EVERY;
        for pass in passes {
            let mut next = None;
            for flow in &pass.flows {
                let due = store.next_due(self.connection.id, *flow).await?;
                next = next.into_iter().chain(due).min();
            }
            match next {
                None => {
                    let note = self.held_of(pass);
                    let settled = note.is_none();
                    store.finish_pass(pass.id, settled, now, note).await?;
                }
                Some(next) => wait = wait.min(between(now, next)),
            }
        }
        Ok(wait)
    }

    /// What stands in the way of flows of a pass, which is not settled then.
    fn held_of(&self, pass: &Pass) -> Option<String> {
        let held = self.holds.iter();
        let held = held.filter(|(flow, _, _)| pass.flows.contains(flow));
        let told: Vec<String> = held
            .map(|(flow, _, reason)| {
                format!(
                    "the flow {flow} stands still. {} {}",
                    reason.what, reason.advice
                )
            })
            .collect();
        (!told.is_empty()).then(|| told.join(" "))
    }

    pub(super) async fn end_passes(&self, note: &str) -> Result<(), Halt> {
        for pass in self.shared.store.open_passes(self.connection.id).await? {
            self.shared
                .store
                .finish_pass(
                    pass.id,
                    false,
                    self.shared.clock.now(),
                    Some(note.to_owned()),
                )
                .await?;
        }
        Ok(())
    }
}

/// The passes that a flow's outcomes count for.
pub(super) fn of_flow(passes: &[Pass], flow: Flow) -> Vec<PassId> {
    let of_flow = passes.iter().filter(|pass| pass.flows.contains(&flow));
    of_flow.map(|pass| pass.id).collect()
}
