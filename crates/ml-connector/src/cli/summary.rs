//! The object that `sync --json`, `demo --once --json` and `status --json` print. Its shape only grows.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;
use store::Store;
use store::connections::{Connection, ConnectionId};
use store::passes::{Effects, Pass};
use sync::flow::Flow;
use sync::record::State;

use super::output;
use crate::connection::standing;
use crate::engine::observe::{Pace, read_cursor};
use crate::held::Held;
use crate::outage::Outage;

/// How everything stands, and what a run did.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    /// Nothing is pending, neither now nor after a back-off.
    pub(super) settled: bool,
    /// By name.
    pub(super) connections: BTreeMap<String, ConnectionSummary>,
}

#[derive(Debug, Serialize)]
pub(super) struct ConnectionSummary {
    state: &'static str,
    /// Why it is paused, in one word.
    cause: Option<String>,
    /// What to do about it.
    advice: Option<String>,
    /// Vendors that fail just now.
    breakers: Vec<Outage>,
    /// Flows that stand still for lack of a right or a scope.
    held: Vec<Held>,
    flows: BTreeMap<String, FlowSummary>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct FlowSummary {
    pub(super) pending: u64,
    waiting: u64,
    synced: u64,
    pub(super) failed: u64,
    ignored: u64,
    warnings: u64,
    created: u64,
    updated: u64,
    unchanged: u64,
    lag_seconds: Option<f64>,
    /// When ServiceTitan was last read to the end.
    last_read_at: Option<Timestamp>,
    /// When ServiceTitan last told something new.
    last_observed_at: Option<Timestamp>,
}

/// When ServiceTitan was last read to the end, at either pace.
async fn last_read(
    store: &Store,
    connection: ConnectionId,
    flow: Flow,
) -> store::Result<Option<Timestamp>> {
    let quick = store
        .cursor(connection, &read_cursor(flow, Pace::Quick))
        .await?;
    let settled = store
        .cursor(connection, &read_cursor(flow, Pace::Settled))
        .await?;
    let read = quick.into_iter().chain(settled);
    Ok(read.map(|cursor| cursor.saved_at).max())
}

impl Summary {
    /// Reads how the connections stand; `passes` are the runs whose deeds are counted, by connection name.
    pub(super) async fn read(
        store: &Store,
        connections: &[Connection],
        passes: &BTreeMap<String, Pass>,
        now: Timestamp,
    ) -> Result<Self> {
        let mut summaries = BTreeMap::new();
        for connection in connections {
            let pass = passes.get(&connection.name);
            let mut flows = BTreeMap::new();
            for status in standing(store, connection).await? {
                let count = |state| status.counts.get(&state).copied().unwrap_or_default();
                let effects: Effects = pass
                    .and_then(|pass| pass.effects.get(&status.flow))
                    .copied()
                    .unwrap_or_default();
                let flow = FlowSummary {
                    pending: count(State::Pending),
                    waiting: count(State::Waiting),
                    synced: count(State::Synced),
                    failed: count(State::Failed),
                    ignored: count(State::Ignored),
                    warnings: status.warnings,
                    created: effects.created,
                    updated: effects.updated,
                    unchanged: effects.unchanged,
                    lag_seconds: status
                        .oldest_pending_at
                        .map(|at| now.duration_since(at).as_secs_f64()),
                    last_read_at: last_read(store, connection.id, status.flow).await?,
                    last_observed_at: status.last_observed_at,
                };
                flows.insert(status.flow.to_string(), flow);
            }
            let paused = connection.paused.as_ref();
            let summary = ConnectionSummary {
                state: connection.state.as_str(),
                cause: paused.map(|reason| reason.cause.clone()),
                advice: paused.map(|reason| reason.advice.clone()),
                breakers: Outage::of(store, connection.id).await?,
                held: Held::of(store, connection.id).await?,
                flows,
            };
            summaries.insert(connection.name.clone(), summary);
        }
        let quiet = summaries
            .values()
            .flat_map(|c: &ConnectionSummary| c.flows.values())
            .all(|flow| flow.pending == 0);
        let finished = passes.values().all(|pass| pass.settled == Some(true));
        Ok(Self {
            settled: quiet && finished,
            connections: summaries,
        })
    }

    /// Whether any record failed.
    pub(super) fn has_failures(&self) -> bool {
        self.any(|flow| flow.failed)
    }

    fn any(&self, count: impl Fn(&FlowSummary) -> u64) -> bool {
        self.connections
            .values()
            .flat_map(|connection| connection.flows.values())
            .any(|flow| count(flow) > 0)
    }

    /// Records that are not pending, and all records.
    pub(super) fn progress(&self) -> (u64, u64) {
        let flows = || {
            self.connections
                .values()
                .flat_map(|connection| connection.flows.values())
        };
        let all = flows()
            .map(|f| f.pending + f.waiting + f.synced + f.failed + f.ignored)
            .sum();
        let pending: u64 = flows().map(|f| f.pending).sum();
        (all - pending, all)
    }

    /// The summary for a person.
    pub(super) fn show(&self) {
        let header = [
            "connection",
            "flow",
            "synced",
            "pending",
            "waiting",
            "failed",
            "ignored",
            "warnings",
            "lag",
            "read at",
            "this run",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        for (name, connection) in &self.connections {
            for (flow, counts) in &connection.flows {
                let numbers = [
                    counts.synced,
                    counts.pending,
                    counts.waiting,
                    counts.failed,
                    counts.ignored,
                    counts.warnings,
                ];
                let mut row = vec![format!("{name} ({})", connection.state), flow.clone()];
                row.extend(numbers.map(|number| number.to_string()));
                row.push(
                    counts
                        .lag_seconds
                        .map_or_else(|| "-".to_owned(), |lag| format!("{lag:.0} s")),
                );
                row.push(counts.last_read_at.map_or_else(
                    || "never".to_owned(),
                    |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
                ));
                row.push(format!(
                    "{} created, {} updated, {} unchanged",
                    counts.created, counts.updated, counts.unchanged
                ));
                rows.push(row);
            }
        }
        output::table(&rows);
        for (name, connection) in &self.connections {
            if let (Some(cause), Some(advice)) = (&connection.cause, &connection.advice) {
                output::line(&format!("{name} is paused ({cause}). {advice}"));
            }
            for outage in &connection.breakers {
                output::line(&format!("{name}: {}", outage.sentence()));
            }
            for held in &connection.held {
                output::line(&format!("{name}: {}", held.sentence()));
            }
        }
        if self.has_failures() {
            output::line("Some records failed: `ml-connector failures` says why and what to do.");
        } else if self.any(|counts| counts.waiting) {
            output::line(
                "Some records wait: `ml-connector failures` says whether a person has to decide.",
            );
        }
        if self.any(|counts| counts.warnings) {
            output::line("What had to be left out: `ml-connector failures --warnings`.");
        }
    }
}
