//! What is written down about each record of a batch: its outcome, its attempt, its line in the audit trail.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand::Rng;
use serde_json::{Map, Value, json};
use store::attempts::NewAttempt;
use store::audit::NewAuditEntry;
use store::records::{Due, Effect, Outcome};
use sync::failure::{self, Verdict};
use sync::flows;
use sync::link::{Name, TargetId};
use sync::plan::{Verb, Write};
use sync::record::{Reason, State};

use super::{Answered, Job, Progress};
use crate::clock::Clock;
use crate::engine::apply::subject;

impl Progress {
    /// What to write down about the job.
    pub(super) fn outcome(self, answered: Answered, clock: &Clock) -> Outcome {
        let now = clock.now();
        let effect = self.effect();
        let job = self.job;
        let stirs = stirs(&job.due);
        let doubt = match answered {
            Answered::Yes => job.due.doubt.filter(|doubt| doubt.until > now),
            Answered::No => Some(job.doubt(self.doubt_until)),
        };
        let mut standing = Standing::after(self.failed, job.due.tries, now, &mut *clock.rng());
        let until = doubt.as_ref().map(|doubt| doubt.until);
        // What had to wait for that moment is looked at then, even if it has come meanwhile.
        let until = until.or(self.is_postponed.then_some(now));
        if let (State::Synced, Some(until)) = (standing.state, until) {
            standing = Standing::in_doubt(until);
        }
        let done = match (effect, &standing.reason) {
            (_, Some(reason)) => format!("{}: {}", standing.state, reason.cause),
            (Effect::Created, None) => "created".to_owned(),
            (Effect::Unchanged, None) if self.done.is_empty() => "let go".to_owned(),
            (Effect::Unchanged, None) => "confirmed".to_owned(),
            (_, None) => "updated".to_owned(),
        };
        let own = job.due.key.link_name();
        // Whoever waits for a partner that this record does not have any more need not wait; nor does who waits until a
        // document is in its state.
        let settles = match standing.state {
            State::Synced if self.has_reached || !self.targets.contains_key(&own) => vec![own],
            _ => Vec::new(),
        };
        let sent = sent(&job.writes);
        let done_writes = job.writes.iter();
        let done_writes: Vec<&Write> = done_writes
            .filter(|write| self.done.contains(&write.name))
            .collect();
        let audit = NewAuditEntry {
            actor: "engine".to_owned(),
            action: done.clone(),
            subject: job.due.key.to_string(),
            detail: detail(
                &done_writes,
                &self.targets,
                &self.notes,
                standing.reason.as_ref(),
            ),
            payload: serde_json::to_vec(&sent).ok(),
        };
        let attempt = NewAttempt {
            trigger: job.due.trigger,
            received: received(&done_writes, &self.targets),
            sent,
            started_at: self.started_at,
            finished_at: now,
            outcome: done,
            message: standing
                .reason
                .as_ref()
                .map(|reason| reason.what.clone())
                .unwrap_or_default(),
        };
        let mut warnings = job.warnings;
        warnings.extend(self.notes);
        Outcome {
            record: job.due.record,
            input_version: job.due.input_version,
            links_version: job.due.links_version,
            state: standing.state,
            due_at: standing.due_at,
            doubt,
            reason: standing.reason,
            warnings,
            effect,
            links: self.changes,
            depends_on: job.rests_on,
            settles,
            stirs,
            audit: vec![audit],
            attempt: Some(attempt),
        }
    }

    /// What a pass counts. A record is created when its own partner is, not when something is added to it.
    fn effect(&self) -> Effect {
        if self.failed.is_some() {
            Effect::None
        } else if creates_own(&self.job) {
            Effect::Created
        } else if self
            .job
            .writes
            .iter()
            .all(|write| self.changes_nothing(write))
        {
            Effect::Unchanged
        } else {
            Effect::Updated
        }
    }
}

impl Progress {
    /// Whether a write was not done, or only said once more what the partner was given before.
    fn changes_nothing(&self, write: &Write) -> bool {
        let links = &self.job.due.links;
        !self.done.contains(&write.name)
            // Somebody else had received it all.
            || (matches!(write.verb, Verb::Receive { .. }) && !self.is_touched)
            || links
                .iter()
                .any(|link| link.name == write.name && link.base == write.holds)
    }
}

/// Whose plans rest on what becomes of the record.
pub(crate) fn stirs(due: &Due) -> Vec<Name> {
    flows::stirs(due.key.flow, &subject(due, &BTreeMap::new()))
}

fn creates_own(job: &Job) -> bool {
    job.creations()
        .any(|(write, columns)| columns.get("parent").is_none() && write.document.is_none())
}

/// Where a record stands after a try.
struct Standing {
    state: State,
    due_at: Option<Timestamp>,
    reason: Option<Reason>,
}

impl Standing {
    fn after(failed: Option<Verdict>, tries: u32, now: Timestamp, rng: &mut impl Rng) -> Self {
        let (state, due_at, reason) = match failed {
            None => (State::Synced, None, None),
            Some(Verdict::Park(reason) | Verdict::Hold(reason) | Verdict::Pause(reason)) => {
                (State::Failed, None, Some(reason))
            }
            Some(Verdict::Decide(reason)) => (State::Waiting, None, Some(reason)),
            Some(Verdict::Retry(_, reason)) if tries + 1 >= failure::TRIES_MAX => {
                (State::Failed, None, Some(failure::exhausted(&reason)))
            }
            Some(Verdict::Retry(_, reason)) => {
                let pause = failure::backoff(tries, rng);
                let pause = SignedDuration::try_from(pause).expect("minutes at most");
                (State::Pending, Some(now + pause), Some(reason))
            }
        };
        Self {
            state,
            due_at,
            reason,
        }
    }
}

impl Standing {
    /// It was written, but a call from before may still end, and would write what held then.
    fn in_doubt(until: Timestamp) -> Self {
        Self {
            state: State::Pending,
            due_at: Some(until),
            reason: Some(failure::in_doubt(until)),
        }
    }
}

/// The writes as the attempt keeps them (encrypted).
fn sent(writes: &[Write]) -> Value {
    let one = |write: &Write| match &write.verb {
        Verb::Create { columns } => json!({"create": write.name, "columns": columns}),
        Verb::Update { target, columns } => {
            json!({"update": write.name, "id": target, "columns": columns})
        }
        Verb::Alias { target } => json!({"alias": write.name, "id": target}),
        Verb::Adopt { which, terms, .. } => {
            json!({"adopt": write.name, "decision": which.decision(), "total": terms.total.to_string()})
        }
        Verb::Delete { target } => json!({"delete": write.name, "id": target}),
        Verb::Reach { goal, total, .. } => {
            json!({"reach": write.name, "state": goal.as_str(), "total": total.to_string()})
        }
        Verb::Settle {
            goal,
            amount,
            matches,
            ..
        } => {
            let matches: Vec<String> = matches.iter().map(ToString::to_string).collect();
            json!({"settle": write.name, "state": goal.as_str(), "amount": amount.to_string(), "matched": matches})
        }
        Verb::Receive { order, lines, .. } => {
            json!({"receive": write.name, "order": order, "lines": lines})
        }
        Verb::Tell {
            document,
            columns,
            mark,
            ..
        } => {
            let mark = mark.as_ref().map(|mark| mark.total.to_string());
            json!({"tell": document.to_string(), "columns": columns, "exported at": mark})
        }
    };
    writes.iter().map(one).collect()
}

/// What Odoo made of those that went through, as the attempt keeps it (encrypted).
fn received(done: &[&Write], targets: &BTreeMap<Name, TargetId>) -> Value {
    let target = |write: &&Write| Some((write.name.0.clone(), json!(targets.get(&write.name)?.0)));
    let targets: Map<String, Value> = done.iter().filter_map(target).collect();
    json!({"targets": targets})
}

/// One line for the audit trail: which partners were written, which fields, what was noticed, what a person should do;
/// no values and nothing that a vendor said, since the trail is kept in the clear.
fn detail(
    done: &[&Write],
    targets: &BTreeMap<Name, TargetId>,
    notes: &[String],
    reason: Option<&Reason>,
) -> String {
    let one = |write: &&Write| {
        let id = targets
            .get(&write.name)
            .map(|id| format!(" {id}"))
            .unwrap_or_default();
        match &write.verb {
            Verb::Create { .. } => format!("created {}{id} ({})", write.model, write.name),
            Verb::Update { columns, .. } => {
                let columns: Vec<&str> = columns.iter().map(|(column, _)| column).collect();
                format!(
                    "wrote {}{id} ({}): {}",
                    write.model,
                    write.name,
                    columns.join(", ")
                )
            }
            Verb::Alias { .. } => format!("{} now means {}{id}", write.name, write.model),
            Verb::Adopt { .. } => format!("linked {} with {}{id}", write.name, write.model),
            Verb::Delete { target } => {
                format!("deleted {} {target} ({})", write.model, write.name)
            }
            Verb::Reach { goal, .. } => {
                format!("{}{id} ({}) is {}", write.model, write.name, goal.as_str())
            }
            Verb::Settle { goal, matches, .. } => {
                let pairs = matches.iter();
                let pairs = pairs.map(|one| format!("{} with {}", one.credit.name, one.debit.name));
                let pairs: Vec<String> = pairs.collect();
                let state = goal.as_str();
                format!(
                    "{}{id} ({}) is {state}; matched: {}",
                    write.model,
                    write.name,
                    pairs.join(", ")
                )
            }
            Verb::Receive { lines, .. } => {
                let lines: Vec<&str> = lines.keys().map(|line| line.0.as_str()).collect();
                format!(
                    "received on {}{id} ({}): {}",
                    write.model,
                    write.name,
                    lines.join(", ")
                )
            }
            Verb::Tell {
                document, columns, ..
            } => {
                let columns: Vec<&str> = columns.iter().map(|(column, _)| column).collect();
                format!("told {document} in ServiceTitan: {}", columns.join(", "))
            }
        }
    };
    let advice = reason.map(|reason| reason.advice.clone());
    done.iter()
        .map(one)
        .chain(notes.iter().cloned())
        .chain(advice.filter(|advice| !advice.is_empty()))
        .collect::<Vec<_>>()
        .join("; ")
}
