//! One batch: several records' writes, sent to Odoo in as few calls as their columns allow.
//!
//! Creations go first, in one `load` with parents before children, so that a customer arrives with everything that
//! belongs to it in one transaction or not at all. Updates follow, by database id, a call for each set of columns.
//! A record that Odoo refuses takes nobody with it. Everything here may be repeated: after a lost answer or a crash the
//! same batch brings Odoo to the same state.

mod create;
mod document;
mod payment;
mod receipt;
mod report;
mod tell;
mod update;

pub(super) use report::stirs;
pub use tell::{TOLD_MAX, Teller};

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use odoo::Model;
use odoo::load::{RowFault, RowFaultKind};
use store::Store;
use store::connections::ConnectionId;
use store::links::LinkChange;
use store::records::{Doubt, Due, Outcome, RecordId};
use sync::content::Content;
use sync::failure::{self, Blame, Vendor, Verdict};
use sync::flow::Flow;
use sync::link::{self, Link, Name, TargetId};
use sync::plan::{Verb, Write};
use tokio::sync::Mutex;

pub use document::Claims;

use super::Halt;
use crate::clock::Clock;
use crate::rights;

/// Rows of one call that changes partners or adds to customers that are there. Such rows need not go together, updates
/// cost Odoo several times what creations cost, and these stay near two seconds.
const ROWS_MAX: usize = 100;

/// A planned record on its way to Odoo.
#[derive(Clone, Debug)]
pub struct Job {
    /// The record as it was planned.
    pub due: Due,
    /// What is to be written.
    pub writes: Vec<Write>,
    /// The plan's warnings.
    pub warnings: Vec<String>,
    /// The links of other records that the plan rests on.
    pub rests_on: Vec<Name>,
}

impl Job {
    /// Rows that it will send.
    #[must_use]
    pub fn rows(&self) -> usize {
        let rows = |write: &Write| match &write.verb {
            Verb::Alias { .. } | Verb::Adopt { .. } => 0,
            Verb::Receive { lines, .. } => lines.len().max(1),
            Verb::Settle { matches, .. } => matches.len(),
            _ => 1,
        };
        self.writes.iter().map(rows).sum()
    }

    /// What it creates, with the columns.
    fn creations(&self) -> impl Iterator<Item = (&Write, &Content)> {
        self.writes.iter().filter_map(|write| match &write.verb {
            Verb::Create { columns } => Some((write, columns)),
            Verb::Update { .. }
            | Verb::Alias { .. }
            | Verb::Delete { .. }
            | Verb::Reach { .. }
            | Verb::Adopt { .. }
            | Verb::Receive { .. }
            | Verb::Settle { .. }
            | Verb::Tell { .. } => None,
        })
    }

    /// What is not known of the record while a call about it that goes out now is not answered.
    #[must_use]
    pub fn doubt(&self, until: Timestamp) -> Doubt {
        let names = self.creations().map(|(write, _)| write.name.clone());
        let doubt = Doubt {
            until,
            names: names.collect(),
        };
        match self.due.doubt.clone() {
            Some(before) => before.and(doubt),
            None => doubt,
        }
    }

    /// Whether a record of these columns has no parent, or one that the same job creates.
    fn creates_parent_of(&self, columns: &Content) -> bool {
        columns
            .get("parent")
            .is_none_or(|parent| self.creations().any(|(write, _)| write.name.0 == parent))
    }
}

/// What came of a batch.
pub struct Carried {
    /// One outcome for each record that got an answer; the others keep their place in the queue.
    pub outcomes: Vec<Outcome>,
    /// Records without an outcome about which Odoo certainly did nothing: what was in doubt before, and no more.
    pub untouched: Vec<(RecordId, Option<Doubt>)>,
    /// Why the connection cannot go on, if it cannot.
    pub halt: Option<Halt>,
    /// The time of the largest call that went through: (rows, elapsed).
    pub largest: Option<odoo::client::CallTime>,
    /// The largest number of rows whose call was cut off.
    pub cut_off: Option<usize>,
    /// Whether the batch was halved: what is carried now may have been carried in part before.
    halved: bool,
    /// What the flow lacks in Odoo, once it was asked for.
    lacking: OnceCell<Option<Verdict>>,
}

/// Sends batches of one connection.
#[derive(Clone)]
pub struct Carrier {
    /// Where links are kept.
    pub store: Store,
    /// Whose batches they are.
    pub connection: ConnectionId,
    /// What they are of.
    pub flow: Flow,
    /// Odoo.
    pub odoo: odoo::Client,
    /// The module part of our external ids.
    pub module: String,
    /// The present and randomness.
    pub clock: Clock,
    /// Held while orders are confirmed, or payments matched: one batch at a time.
    pub confirming: Arc<Mutex<()>>,
    /// Bills that are linked in batches which are under way.
    pub claims: Claims,
}

/// Whether Odoo said what became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answered {
    Yes,
    No,
}

/// Whether somebody lost patience with the call: we did, the server, or a proxy between (502, 504).
fn was_cut_off(error: &odoo::Error) -> bool {
    match error.kind {
        odoo::ErrorKind::Timeout | odoo::ErrorKind::Interrupted => true,
        odoo::ErrorKind::Overloaded => matches!(error.status, Some(502 | 504)),
        _ => false,
    }
}

/// Why a batch got no answer as a whole.
#[derive(Debug)]
enum Interruption {
    Odoo(odoo::Error),
    Store(store::Error),
}

/// What happened to one job so far.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and any of them may hold together"
)]
struct Progress {
    job: Job,
    started_at: Timestamp,
    doubt_until: Timestamp,
    targets: BTreeMap<Name, TargetId>,
    changes: Vec<LinkChange>,
    notes: Vec<String>,
    /// The links whose writes went through.
    done: BTreeSet<Name>,
    /// Whether a document is in the state that it should be in.
    has_reached: bool,
    /// A document that is to be made, and that an unanswered call made already.
    made_before: Option<TargetId>,
    /// Whether a document has to wait until a call from before cannot end any more.
    is_postponed: bool,
    /// Whether a document was written, or a button of it pressed.
    is_touched: bool,
    /// Whether a document that was there was changed.
    is_changed: bool,
    failed: Option<Verdict>,
}

impl Carrier {
    /// Carries a batch. When Odoo fails as a whole over several records without naming the bad one, the batch is
    /// halved until it is found.
    ///
    /// `doubt_until`: when a call that goes out now, and is not answered, cannot have its effect any more.
    pub async fn carry(&self, jobs: Vec<Job>, doubt_until: Timestamp) -> Carried {
        let mut carried = Carried::new();
        let mut todo = vec![jobs];
        while let Some(mut jobs) = todo.pop() {
            if jobs.is_empty() {
                continue;
            }
            let mut progress = start(&jobs, self.clock.now(), doubt_until);
            let error = match self.send(&mut progress, &mut carried).await {
                Ok(()) => {
                    self.close(progress, &mut carried);
                    continue;
                }
                Err(Interruption::Store(error)) => {
                    carried.halt = Some(Halt::Store(error));
                    break;
                }
                Err(Interruption::Odoo(error)) => error,
            };
            if was_cut_off(&error) {
                let rows = jobs.iter().map(Job::rows).sum();
                carried.cut_off = carried.cut_off.max(Some(rows));
            }
            // Nobody can tell an outage from a record that kills the server, unless it went alone and Odoo answers others.
            let suspect = jobs.len() == 1 && carried.cut_off.is_some() && self.odoo_answers().await;
            match self.weighed(&error).await {
                Verdict::Park(_) | Verdict::Decide(_) if jobs.len() > 1 => {
                    let rest = jobs.split_off(jobs.len() / 2);
                    todo.extend([rest, jobs]);
                    carried.halved = true;
                }
                verdict @ (Verdict::Park(_)
                | Verdict::Decide(_)
                | Verdict::Retry(Blame::Record, _)) => {
                    for mut one in progress {
                        one.failed = Some(verdict.clone());
                        let answered = one.answered();
                        carried.outcomes.push(one.outcome(answered, &self.clock));
                    }
                }
                Verdict::Retry(Blame::Vendor(vendor), reason) if suspect => {
                    for mut one in progress {
                        let reason = failure::odoo_gives_up(&reason);
                        one.failed = Some(Verdict::Retry(Blame::Record, reason));
                        carried
                            .outcomes
                            .push(one.outcome(Answered::No, &self.clock));
                    }
                    carried.halt = Some(Halt::Vendor(vendor, reason));
                    break;
                }
                verdict => {
                    if !error.may_have_applied {
                        carried.leave(progress);
                    }
                    carried.halt = Some(Halt::in_flow(self.flow, Vendor::Odoo, verdict));
                    break;
                }
            }
        }
        // These were not even sent.
        let unsent = todo.into_iter().flatten();
        let unsent = unsent.map(|job| (job.due.record, job.due.doubt));
        carried.untouched.extend(unsent);
        carried
    }

    /// Odoo took the batch, but for the records that it named.
    fn close(&self, progress: Vec<Progress>, carried: &mut Carried) {
        for one in progress {
            match &one.failed {
                // The record did nothing wrong: it keeps its place until its flow, or the connection, goes on.
                Some(verdict @ (Verdict::Hold(_) | Verdict::Pause(_))) => {
                    carried.halt = Some(Halt::in_flow(self.flow, Vendor::Odoo, verdict.clone()));
                    carried.leave(vec![one]);
                }
                _ => carried
                    .outcomes
                    .push(one.outcome(Answered::Yes, &self.clock)),
            }
        }
    }

    /// Whether Odoo is there for a question that costs it nothing.
    async fn odoo_answers(&self) -> bool {
        let read = odoo::server::Operation::Read;
        self.odoo.has_access(&Model::PARTNER, read).await.is_ok()
    }

    async fn send(
        &self,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), Interruption> {
        // A batch is of one flow.
        if progress
            .iter()
            .any(|one| receipt::receives(&one.job.writes))
        {
            return self.receipts(progress, carried).await;
        }
        if progress.iter().any(|one| payment::settles(&one.job.writes)) {
            return self.payments(progress, carried).await;
        }
        if progress
            .iter()
            .any(|one| document::is_document(&one.job.writes))
        {
            return self.documents(progress, carried).await;
        }
        self.create(progress, carried).await?;
        self.update(progress, carried).await?;
        for one in progress.iter_mut().filter(|one| one.failed.is_none()) {
            let aliases: Vec<Write> = one
                .job
                .writes
                .iter()
                .filter(|write| matches!(write.verb, Verb::Alias { .. }))
                .cloned()
                .collect();
            for write in aliases {
                let Verb::Alias { target } = write.verb else {
                    continue;
                };
                one.put(&write, target);
            }
        }
        Ok(())
    }

    /// What follows from a refused row. A row refused for lack of rights may be one hidden record, or a right that the
    /// user lost altogether: Odoo is asked which.
    async fn verdict(
        &self,
        fault: &RowFault,
        carried: &mut Carried,
    ) -> Result<Verdict, odoo::Error> {
        if fault.kind != RowFaultKind::Access {
            return Ok(failure::of_row(fault));
        }
        let lacking = match carried.lacking.take() {
            Some(known) => known,
            None => self.lacking().await?,
        };
        carried.lacking = OnceCell::from(lacking.clone());
        Ok(lacking.unwrap_or_else(|| failure::of_row(fault)))
    }

    /// What follows from a refused call. Where it was refused for lack of rights, and the flow has all that it needs, it
    /// is one record that the user may not see or change.
    async fn weighed(&self, error: &odoo::Error) -> Verdict {
        let verdict = failure::of_odoo(error);
        if error.kind != odoo::ErrorKind::AccessDenied {
            return verdict;
        }
        match self.lacking().await {
            Ok(Some(lacking)) => lacking,
            Ok(None) => Verdict::Park(failure::hidden_in_odoo(error.to_string())),
            Err(_unanswered) => verdict,
        }
    }

    /// What the flow, or the whole connection, lacks in Odoo just now.
    async fn lacking(&self) -> Result<Option<Verdict>, odoo::Error> {
        let needs = rights::needs(self.flow, self.odoo.version());
        let report = self.odoo.preflight(&needs).await?;
        let company = rights::lacks_company(&report).map(Verdict::Pause);
        Ok(company.or_else(|| rights::lacking(self.flow, &report).map(Verdict::Hold)))
    }

    fn external_id(&self, name: &Name) -> String {
        format!("{}.{name}", self.module)
    }
}

/// These jobs, of which nothing is done yet.
fn start(jobs: &[Job], started_at: Timestamp, doubt_until: Timestamp) -> Vec<Progress> {
    let start = |job: &Job| Progress {
        targets: job
            .due
            .links
            .iter()
            .map(|link| (link.name.clone(), link.target))
            .collect(),
        job: job.clone(),
        started_at,
        doubt_until,
        changes: Vec::new(),
        notes: Vec::new(),
        done: BTreeSet::new(),
        has_reached: false,
        made_before: None,
        is_postponed: false,
        is_touched: false,
        is_changed: false,
        failed: None,
    };
    jobs.iter().map(start).collect()
}

impl From<odoo::Error> for Interruption {
    fn from(error: odoo::Error) -> Self {
        Self::Odoo(error)
    }
}

impl From<store::Error> for Interruption {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Carried {
    fn new() -> Self {
        Self {
            outcomes: Vec::new(),
            untouched: Vec::new(),
            halt: None,
            largest: None,
            cut_off: None,
            halved: false,
            lacking: OnceCell::new(),
        }
    }

    /// Odoo did nothing about these, unless an earlier call of the same batch did.
    fn leave(&mut self, progress: Vec<Progress>) {
        let untouched = progress
            .into_iter()
            .filter(|one| one.done.is_empty() && !one.is_touched)
            .map(|one| (one.job.due.record, one.job.due.doubt));
        self.untouched.extend(untouched);
    }

    fn note(&mut self, loaded: &odoo::Loaded) {
        if let Some(time) = loaded.largest
            && self.largest.is_none_or(|largest| largest.rows < time.rows)
        {
            self.largest = Some(time);
        }
    }
}

impl Progress {
    /// What is known when something else about the batch went wrong: what was touched is in doubt.
    const fn answered(&self) -> Answered {
        if self.is_touched {
            Answered::No
        } else {
            Answered::Yes
        }
    }

    /// Whether the rest of the record has to wait. One partner that is missing or refused does not keep the others from
    /// being written: each has a row of its own.
    fn is_stopped(&self) -> bool {
        match self.failed {
            None | Some(Verdict::Decide(_) | Verdict::Park(_)) => false,
            Some(Verdict::Retry(..) | Verdict::Hold(_) | Verdict::Pause(_)) => true,
        }
    }

    /// The write went through: its link leads to this target and holds what was written.
    fn put(&mut self, write: &Write, target: TargetId) {
        self.put_holding(write, target, write.holds.clone());
        self.done.insert(write.name.clone());
    }

    /// The link leads to another target from now on, of which it is not known what it holds.
    fn lead_to(&mut self, write: &Write, target: TargetId) {
        self.put_holding(write, target, link::unknown());
    }

    fn put_holding(&mut self, write: &Write, target: TargetId, base: Content) {
        self.targets.insert(write.name.clone(), target);
        let link = Link {
            name: write.name.clone(),
            model: write.model.to_owned(),
            target,
            base,
        };
        let part = (write.part.kind() != "gone").then(|| write.part.clone());
        self.changes.push(LinkChange::Put { link, part });
    }

    /// Nothing is written through this link any more: another record of ours owns that target.
    fn share(&mut self, write: &Write, target: TargetId) {
        self.put_holding(write, target, link::shared());
    }

    /// There is nothing left that the link could lead to.
    fn forget(&mut self, name: &Name) {
        self.targets.remove(name);
        let name = name.clone();
        self.changes.push(LinkChange::Forget { name });
    }
}
