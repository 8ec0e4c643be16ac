//! The flows that are held: which ones, who is told, and how they go on.
//!
//! A flow whose right or scope is missing stands still, and the others go on. Of a flow that lacks a scope nothing is
//! read; what was read before is carried. Of one that lacks a right nothing is written: planning gives each of its records
//! the reason, and they wait with it. Both are looked at as often as a paused connection, and when nothing is missing any
//! more, the records are planned again.

use jiff::Timestamp;
use store::audit::NewAuditEntry;
use sync::directory::Holds;
use sync::failure::{HOLD_CAUSES, Vendor};
use sync::flow::Flow;
use sync::record::Reason;

use super::{CHECK_EVERY, Runner};
use crate::engine::{Halt, is_recent};
use crate::held::Held;

impl Runner {
    /// Goes on where it was only one flow that cannot: it is held from now on.
    pub(super) async fn unless_held(&mut self, worked: Result<(), Halt>) -> Result<(), Halt> {
        let Err(Halt::Hold(flow, vendor, reason)) = worked else {
            return worked;
        };
        if vendor == Vendor::ServiceTitan {
            // The check knows the names of scopes; and it may be all of them.
            if let Some(reason) = self.check().await? {
                return Err(Halt::Pause(reason));
            }
            if self.holds.at(flow, vendor).is_some() {
                return Ok(());
            }
        }
        let now = self.shared.clock.now();
        let released = self.released.get(&(flow, vendor));
        if released.is_some_and(|at| is_recent(*at, now, CHECK_EVERY)) {
            self.unseen.insert((flow, vendor), (reason.clone(), now));
        }
        let mut holds = self.holds.clone();
        holds.hold(flow, vendor, reason);
        self.hold_these(holds).await
    }

    /// What a check does not find and a call ran into again right after is held for until the next usual check: else the
    /// flow would be held and let go without end.
    pub(super) fn keep_holding(&mut self, found: &mut Holds, now: Timestamp) {
        self.unseen
            .retain(|_, (_, since)| is_recent(*since, now, CHECK_EVERY));
        for ((flow, vendor), (reason, _)) in &self.unseen {
            if found.at(*flow, *vendor).is_none() {
                found.hold(*flow, *vendor, reason.clone());
            }
        }
        for (flow, vendor, _) in self.holds.iter() {
            if found.at(flow, vendor).is_none() {
                self.released.insert((flow, vendor), now);
            }
        }
    }

    /// From now on these flows are held, and no others. Whoever waits for something that changed is planned again.
    pub(super) async fn hold_these(&mut self, holds: Holds) -> Result<(), Halt> {
        let (store, id) = (self.shared.store.clone(), self.connection.id);
        let before = Held::of(&store, id).await?;
        let is_known = |flow, vendor, reason: &Reason| {
            let mut before = before.iter();
            before.any(|held| held.says(flow, vendor, &reason.cause, &reason.advice))
        };
        let news: Vec<_> = holds
            .iter()
            .filter(|(flow, vendor, reason)| !is_known(*flow, *vendor, reason))
            .map(|(flow, _, reason)| (flow, reason.clone()))
            .collect();
        let goes_on = |held: &&Held| {
            let mut holds = holds.iter();
            !holds.any(|(flow, vendor, _)| flow == held.flow && vendor.as_str() == held.vendor)
        };
        let released: Vec<Flow> = before
            .iter()
            .filter(goes_on)
            .map(|held| held.flow)
            .collect();
        if self.holds != holds || !news.is_empty() || !released.is_empty() {
            let now = self.shared.clock.now();
            self.note_holds(&news, &released).await?;
            // Before it is told: after a crash in between, the same is done once more.
            for (flow, _) in self.flows() {
                store
                    .touch_referring(id, flow, false, &HOLD_CAUSES, now)
                    .await?;
            }
            Held::tell(&store, id, &before, &holds, now).await?;
        }
        self.holds = holds;
        Ok(())
    }

    /// Tells the log and the audit trail which flows are held now, and which ones are not any more.
    async fn note_holds(&self, news: &[(Flow, Reason)], released: &[Flow]) -> Result<(), Halt> {
        let connection = &self.connection.name;
        let entry = |flow: Flow, action: String, detail: String| NewAuditEntry {
            actor: "engine".to_owned(),
            action,
            subject: format!("flow {flow}"),
            detail,
            payload: None,
        };
        let mut entries = Vec::new();
        for (flow, reason) in news {
            tracing::error!(
                connection, %flow, cause = reason.cause,
                "the flow {flow} stands still, the others go on: {}", reason.advice
            );
            let action = format!("held: {}", reason.cause);
            entries.push(entry(*flow, action, reason.advice.clone()));
        }
        for flow in released {
            tracing::info!(connection, %flow, "the flow {flow} goes on: nothing is missing any more");
            let detail = "nothing is missing any more".to_owned();
            entries.push(entry(*flow, "goes on".to_owned(), detail));
        }
        let now = self.shared.clock.now();
        let store = &self.shared.store;
        Ok(store.append_audit(self.connection.id, entries, now).await?)
    }
}
