//! Apply: plans what is due and carries it where it goes, a few calls at a time, until nothing is due.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use odoo::batch::Sizer;
use store::Store;
use store::audit::NewAuditEntry;
use store::connections::ConnectionId;
use store::links::NAMES_MAX;
use store::passes::PassId;
use store::records::{Due, Effect, Outcome, RecordId, SOURCES_MAX, Selection};
use sync::directory::Directory;
use sync::failure;
use sync::flow::Flow;
use sync::flows;
use sync::link::Name;
use sync::plan::{Decision, NEEDED, Other, Plan, Subject};
use sync::record::{Key, SourceId, State};
use sync::single::INACTIVE;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Halt;
use super::batch::{self, Carried, Job};
use super::courier::Courier;
use super::observe::Observer;
use super::step::{Step, reached};
use crate::clock::Clock;

/// Records planned at once when none of them needs a write.
const PLAN_MAX: usize = 500;

/// Plans and carries the due records of one connection.
pub struct Applier<'a> {
    /// Where records are kept.
    pub store: &'a Store,
    /// Whose they are.
    pub connection: ConnectionId,
    /// What Odoo and ServiceTitan offer to refer to.
    pub directory: &'a Directory,
    /// Who brings batches where they go.
    pub courier: Courier,
    /// Who fetches records that others wait for; nobody while ServiceTitan rests.
    pub observer: Option<&'a Observer>,
    /// How large a batch is.
    pub sizer: &'a mut Sizer,
    /// The passes that this counts for.
    pub passes: &'a [PassId],
    /// Asks to stop between two batches.
    pub stop: &'a CancellationToken,
    /// The present.
    pub clock: &'a Clock,
    /// Called after each commit of outcomes, for progress and metrics.
    pub carried: &'a (dyn Fn(usize) + Send + Sync),
}

/// What came of a run.
pub struct Ran {
    /// Whether the vendor took at least one batch.
    pub answered: bool,
    /// Why it ended early.
    pub halt: Option<Halt>,
}

impl Applier<'_> {
    /// Works until nothing of the flow is due now, the connection must halt, or stopping is asked for.
    ///
    /// What is in flight is always waited for and written down, whatever happens to its neighbours.
    pub async fn run(&mut self, flow: Flow) -> Ran {
        let mut in_flight = JoinSet::new();
        let mut claimed: HashSet<RecordId> = HashSet::new();
        let mut ready: VecDeque<Job> = VecDeque::new();
        let mut wanted: BTreeSet<Key> = BTreeSet::new();
        let mut halt: Option<Halt> = None;
        let mut answered = false;
        loop {
            while halt.is_none()
                && !self.stop.is_cancelled()
                && in_flight.len() < self.courier.workers()
            {
                if let Err(stopped) = self
                    .refill(flow, &mut ready, &mut claimed, &mut wanted)
                    .await
                {
                    halt = Some(stopped);
                    break;
                }
                let jobs = take(&mut ready, self.rows());
                if jobs.is_empty() {
                    break;
                }
                let courier = self.courier.clone();
                let records: Vec<RecordId> = jobs.iter().map(|job| job.due.record).collect();
                let until = self.clock.now() + courier.call_limit();
                let doubts = jobs
                    .iter()
                    .map(|job| (job.due.record, Some(job.doubt(until))));
                let noted = self.store.note_call(self.connection, doubts.collect());
                if let Err(error) = noted.await {
                    halt = Some(error.into());
                    break;
                }
                in_flight.spawn(async move { (records, courier.carry(jobs, until).await) });
            }
            let Some(ended) = in_flight.join_next().await else {
                break;
            };
            let (records, carried) = ended.expect("a batch neither panics nor is cancelled");
            let stopped = self.write_down(carried).await;
            for record in records {
                claimed.remove(&record);
            }
            match stopped {
                Ok(()) => answered = true,
                Err(stopped) => {
                    halt.get_or_insert(stopped);
                }
            }
        }
        Ran { answered, halt }
    }

    /// How large a batch is.
    fn rows(&self) -> usize {
        self.courier.rows(self.sizer.rows())
    }

    /// Plans due records until there is enough for a batch, or nothing more is due.
    async fn refill(
        &mut self,
        flow: Flow,
        ready: &mut VecDeque<Job>,
        claimed: &mut HashSet<RecordId>,
        wanted: &mut BTreeSet<Key>,
    ) -> Result<(), Halt> {
        while ready.iter().map(Job::rows).sum::<usize>() < self.rows() {
            let due = self
                .store
                .due(self.connection, flow, self.clock.now(), PLAN_MAX, claimed)
                .await?;
            if due.is_empty() {
                return Ok(());
            }
            let read = due.len();
            reached(Step::PlanRead, read);
            let others = self.others(flow, &due).await?;
            let mut outcomes = Vec::new();
            let mut missing: BTreeSet<Key> = BTreeSet::new();
            let mut left_out: BTreeSet<Key> = BTreeSet::new();
            for due in due {
                let plan = flows::plan(flow, &subject(&due, &others), self.directory);
                let unseen = unseen(&plan, &others);
                if self.observer.is_none() && !unseen.is_empty() {
                    // It keeps its place until ServiceTitan can be asked for the others.
                    claimed.insert(due.record);
                    continue;
                }
                missing.extend(unseen);
                left_out.extend(inactive(&plan, &others));
                match settle(due, plan) {
                    Settled::Job(job) => {
                        claimed.insert(job.due.record);
                        ready.push_back(*job);
                    }
                    Settled::Outcome(outcome) => outcomes.push(*outcome),
                }
            }
            reached(Step::Planned, read);
            let left_out = left_out.into_iter();
            self.bring_all_the_same(left_out.filter(|key| wanted.insert(key.clone())))
                .await?;
            if let Some(observer) = self.observer {
                // Each is asked for once in a run: what ServiceTitan does not show now is waited for, not hammered. It
                // is asked before the outcomes are written: who waits must not be forgotten by a crash in between.
                let new: Vec<Key> = missing
                    .iter()
                    .filter(|key| wanted.insert((*key).clone()))
                    .cloned()
                    .collect();
                if !new.is_empty() {
                    observer
                        .fetch_what_is_shown(new, "needed by another record")
                        .await?;
                }
                self.tell_what_is_not_shown(missing, &mut outcomes).await?;
            }
            self.record(outcomes).await?;
        }
        Ok(())
    }

    /// Who waits for what ServiceTitan does not show waits for a person.
    async fn tell_what_is_not_shown(
        &self,
        missing: BTreeSet<Key>,
        outcomes: &mut [Outcome],
    ) -> Result<(), Halt> {
        for key in missing {
            if self.store.record(self.connection, &key).await?.is_some() {
                continue;
            }
            let name = key.link_name();
            let waiting = outcomes
                .iter_mut()
                .filter(|outcome| outcome.depends_on.contains(&name));
            for reason in waiting.filter_map(|outcome| outcome.reason.as_mut()) {
                if reason.advice.is_empty() {
                    reason.advice = failure::not_shown(&key);
                }
            }
        }
        Ok(())
    }

    /// Records that were left out because they are inactive come over when another one needs them.
    async fn bring_all_the_same(&self, keys: impl Iterator<Item = Key>) -> Result<(), Halt> {
        let mut flows: BTreeMap<Flow, Vec<SourceId>> = BTreeMap::new();
        for key in keys {
            flows.entry(key.flow).or_default().push(key.source);
        }
        for (flow, sources) in flows {
            for sources in sources.chunks(SOURCES_MAX) {
                let selection = Selection {
                    flow: Some(flow),
                    sources: sources.to_vec(),
                    decision: Some(NEEDED.to_owned()),
                    ..Selection::default()
                };
                self.store
                    .replay(self.connection, selection, "engine", self.clock.now())
                    .await?;
            }
        }
        Ok(())
    }

    /// The records that the due ones refer to, as far as this side knows them.
    async fn others(&self, flow: Flow, due: &[Due]) -> Result<BTreeMap<Name, Other>, Halt> {
        let nothing = BTreeMap::new();
        let references: BTreeMap<Name, Key> = due
            .iter()
            .flat_map(|due| flows::references(flow, &subject(due, &nothing)))
            .map(|key| (key.link_name(), key))
            .collect();
        let mut others = self.sharing(flow, due).await?;
        let names: Vec<Name> = references.keys().cloned().collect();
        let mut links = HashMap::new();
        for names in names.chunks(NAMES_MAX) {
            links.extend(self.store.links(self.connection, names).await?);
        }
        for (name, key) in references {
            let record = self.store.record(self.connection, &key).await?;
            let link = links.remove(&name);
            let other = match record {
                Some(record) => Other {
                    link,
                    state: Some(record.state),
                    cause: record.reason.map(|reason| reason.cause),
                    links: record.links,
                    parts: record.parts,
                    is_cut: false,
                },
                None => Other {
                    link,
                    ..Other::default()
                },
            };
            others.insert(name, other);
        }
        Ok(others)
    }

    /// What the due records have in common with others.
    async fn sharing(&self, flow: Flow, due: &[Due]) -> Result<BTreeMap<Name, Other>, Halt> {
        let nothing = BTreeMap::new();
        let names = due
            .iter()
            .flat_map(|due| flows::shared(flow, &subject(due, &nothing)));
        let names: BTreeSet<Name> = names.collect();
        let names: Vec<Name> = names.into_iter().collect();
        let mut others = BTreeMap::new();
        for names in names.chunks(NAMES_MAX) {
            let sharing = self.store.sharing(self.connection, names).await?;
            others.extend(sharing.into_iter().map(|(name, sharing)| {
                let other = Other {
                    parts: sharing.parts,
                    links: sharing.links,
                    is_cut: sharing.is_cut,
                    ..Other::default()
                };
                (name, other)
            }));
        }
        Ok(others)
    }

    async fn write_down(&mut self, carried: Carried) -> Result<(), Halt> {
        if let Some(time) = carried.largest {
            self.sizer.took(time.rows, time.elapsed);
        }
        if let Some(rows) = carried.cut_off {
            self.sizer.was_cut_off(rows);
        }
        self.record(carried.outcomes).await?;
        if !carried.untouched.is_empty() {
            self.store
                .note_call(self.connection, carried.untouched)
                .await?;
        }
        carried.halt.map_or(Ok(()), Err)
    }

    /// Commits what came of some records, and tells whoever counts.
    async fn record(&self, outcomes: Vec<Outcome>) -> Result<(), Halt> {
        let count = outcomes.len();
        if count == 0 {
            return Ok(());
        }
        reached(Step::RecordCommitting, count);
        self.store
            .record_outcomes(self.connection, outcomes, self.passes, self.clock.now())
            .await?;
        reached(Step::RecordCommitted, count);
        (self.carried)(count);
        Ok(())
    }
}

/// The jobs of the next batch: whole records, as many as fit in `rows`, at least one.
fn take(ready: &mut VecDeque<Job>, rows: usize) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut taken = 0;
    while let Some(job) = ready.front() {
        taken += job.rows();
        if taken > rows && !jobs.is_empty() {
            break;
        }
        jobs.extend(ready.pop_front());
    }
    jobs
}

/// What planning looks at.
pub(super) fn subject<'a>(due: &'a Due, others: &'a BTreeMap<Name, Other>) -> Subject<'a> {
    Subject {
        source: &due.key.source,
        parts: &due.parts,
        links: &due.links,
        others,
        in_doubt: due.doubt.as_ref().map(|doubt| &doubt.names),
        decision: due.decision.as_deref(),
        stands: due.stands.as_deref(),
    }
}

/// The records that a plan waits for and that ServiceTitan has not shown yet.
fn unseen(plan: &Plan, others: &BTreeMap<Name, Other>) -> Vec<Key> {
    waited_for(plan, others, |_, other| {
        other.is_none_or(|other| other.state.is_none())
    })
}

/// The records that a plan waits for and that were left out because they are inactive. A customer that is left out stays
/// out: what waits for it says so.
fn inactive(plan: &Plan, others: &BTreeMap<Name, Other>) -> Vec<Key> {
    waited_for(plan, others, |key, other| {
        let cause = other.and_then(|other| other.cause.as_deref());
        key.flow != Flow::Customers && cause == Some(INACTIVE)
    })
}

/// The records that a plan waits for and that stand so.
fn waited_for(
    plan: &Plan,
    others: &BTreeMap<Name, Other>,
    stands_so: impl Fn(&Key, Option<&Other>) -> bool,
) -> Vec<Key> {
    let Decision::Wait { on, .. } = &plan.decision else {
        return Vec::new();
    };
    let on = on.iter();
    on.filter(|key| stands_so(key, others.get(&key.link_name())))
        .cloned()
        .collect()
}

enum Settled {
    Job(Box<Job>),
    Outcome(Box<Outcome>),
}

/// A plan that needs no call becomes an outcome at once.
fn settle(due: Due, plan: Plan) -> Settled {
    let (state, reason, effect) = match plan.decision {
        Decision::Write(writes) => {
            return Settled::Job(Box::new(Job {
                due,
                writes,
                warnings: plan.warnings,
                rests_on: plan.rests_on,
            }));
        }
        Decision::Unchanged => (State::Synced, None, Effect::Unchanged),
        Decision::Wait { reason, .. } => (State::Waiting, Some(reason), Effect::None),
        Decision::Ignore(reason) => (State::Ignored, Some(reason), Effect::None),
        Decision::Fail(reason) => (State::Failed, Some(reason), Effect::None),
    };
    let settles = match state {
        State::Ignored => vec![due.key.link_name()],
        _ => Vec::new(),
    };
    let stirs = batch::stirs(&due);
    let audit = reason.iter().map(|reason| NewAuditEntry {
        actor: "engine".to_owned(),
        action: format!("{state}: {}", reason.cause),
        subject: due.key.to_string(),
        detail: reason.advice.clone(),
        payload: None,
    });
    Settled::Outcome(Box::new(Outcome {
        record: due.record,
        input_version: due.input_version,
        links_version: due.links_version,
        state,
        due_at: None,
        doubt: due.doubt,
        audit: audit.collect(),
        reason,
        warnings: plan.warnings,
        effect,
        links: Vec::new(),
        depends_on: plan.rests_on,
        settles,
        stirs,
        attempt: None,
    }))
}
