//! One batch: several records' writes, sent to Odoo in as few calls as their columns allow.
//!
//! Creations go first, in one `load` with parents before children, so that a customer arrives with everything that
//! belongs to it in one transaction or not at all. Updates follow, one `load` by database id for each set of columns.
//! A record that Odoo refuses takes nobody with it. Everything here may be repeated: after a lost answer or a crash the
//! same batch brings Odoo to the same state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use odoo::load::{RowFault, RowFaultKind, Rows};
use odoo::{Context, ExternalId, Model, RecordId, Trace};
use serde_json::{Value, json};
use store::attempts::NewAttempt;
use store::audit::NewAuditEntry;
use store::links::LinkChange;
use store::records::{Due, Effect, Outcome};
use sync::content::Content;
use sync::failure::{self, Blame, Verdict};
use sync::link::{Link, Name, TargetId};
use sync::plan::{Verb, Write};
use sync::record::{Reason, State};

use super::step::{Step, reached};
use crate::clock::Clock;

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
        self.writes
            .iter()
            .filter(|write| !matches!(write.verb, Verb::Alias { .. }))
            .count()
    }

    /// Whether a partner of these columns has no parent, or one that the same job creates.
    fn creates_parent_of(&self, columns: &Content) -> bool {
        columns.get("parent").is_none_or(|parent| {
            self.writes
                .iter()
                .any(|write| write.name.0 == parent && matches!(write.verb, Verb::Create { .. }))
        })
    }
}

/// A partner to be created.
struct Creation {
    group: usize,
    write: Write,
    columns: Content,
}

impl Creation {
    /// With what Odoo lets it inherit of a parent in the same call: the parent has these columns, so the child has them
    /// as well, and empty ones would clear what it inherited as soon as the call is repeated.
    fn with_inherited(mut self, job: &Job) -> Self {
        let parent = self.columns.get("parent").and_then(|parent| {
            let mut writes = job.writes.iter();
            writes.find(|write| write.name.0 == parent)
        });
        let inherited: Content = parent
            .into_iter()
            .flat_map(|parent| parent.holds.iter())
            .filter(|(column, _)| INHERITED.contains(column))
            .collect();
        self.columns = inherited.overlaid(&self.columns);
        self
    }
}

/// What Odoo copies from a customer to its contacts (the address) or to all its partners (the payment term). A delivery
/// address has an address of its own.
const INHERITED: [&str; 7] = [
    "street",
    "street2",
    "city",
    "zip",
    "state_id/.id",
    "country_id/.id",
    "property_payment_term_id/.id",
];

/// What came of a batch.
pub struct Carried {
    /// One outcome for each record that got an answer; the others keep their place in the queue.
    pub outcomes: Vec<Outcome>,
    /// Why the connection cannot go on, if it cannot.
    pub halt: Option<Verdict>,
    /// The time of the largest call that went through: (rows, elapsed).
    pub largest: Option<odoo::client::CallTime>,
    /// The largest number of rows whose call was cut off.
    pub cut_off: Option<usize>,
}

/// Sends batches of one connection.
#[derive(Clone)]
pub struct Carrier {
    /// Odoo.
    pub odoo: odoo::Client,
    /// The module part of our external ids.
    pub module: String,
    /// The present and randomness.
    pub clock: Clock,
}

/// What happened to one job so far.
struct Progress {
    job: Job,
    started_at: Timestamp,
    targets: BTreeMap<Name, TargetId>,
    changes: Vec<LinkChange>,
    notes: Vec<String>,
    failed: Option<Verdict>,
}

impl Carrier {
    /// Carries a batch. When Odoo fails as a whole over several records without naming the bad one, the batch is
    /// halved until it is found.
    pub async fn carry(&self, jobs: Vec<Job>) -> Carried {
        let mut carried = Carried {
            outcomes: Vec::new(),
            halt: None,
            largest: None,
            cut_off: None,
        };
        let mut todo = vec![jobs];
        while let Some(mut jobs) = todo.pop() {
            if jobs.is_empty() {
                continue;
            }
            let mut progress = self.start(&jobs);
            let Err(error) = self.send(&mut progress, &mut carried).await else {
                for one in progress {
                    match &one.failed {
                        // The record did nothing wrong: it keeps its place until the connection goes on.
                        Some(verdict @ Verdict::Pause(_)) => carried.halt = Some(verdict.clone()),
                        _ => carried.outcomes.push(self.outcome(one)),
                    }
                }
                continue;
            };
            if matches!(
                error.kind,
                odoo::ErrorKind::Timeout | odoo::ErrorKind::Interrupted
            ) {
                let rows = jobs.iter().map(Job::rows).sum();
                carried.cut_off = carried.cut_off.max(Some(rows));
            }
            // Nobody can tell an outage from a record that kills the server, unless it went alone and Odoo answers others.
            let suspect = jobs.len() == 1 && carried.cut_off.is_some() && self.odoo_answers().await;
            match failure::of_odoo(&error) {
                Verdict::Park(_) | Verdict::Decide(_) if jobs.len() > 1 => {
                    let rest = jobs.split_off(jobs.len() / 2);
                    todo.extend([rest, jobs]);
                }
                verdict @ (Verdict::Park(_)
                | Verdict::Decide(_)
                | Verdict::Retry(Blame::Record, _)) => {
                    for mut one in progress {
                        one.failed = Some(verdict.clone());
                        carried.outcomes.push(self.outcome(one));
                    }
                }
                Verdict::Retry(Blame::Vendor(vendor), reason) if suspect => {
                    for mut one in progress {
                        one.failed = Some(Verdict::Retry(Blame::Record, reason.clone()));
                        carried.outcomes.push(self.outcome(one));
                    }
                    carried.halt = Some(Verdict::Retry(Blame::Vendor(vendor), reason));
                    break;
                }
                verdict => {
                    carried.halt = Some(verdict);
                    break;
                }
            }
        }
        carried
    }

    /// Whether Odoo is there for a question that costs it nothing.
    async fn odoo_answers(&self) -> bool {
        let read = odoo::server::Operation::Read;
        self.odoo.has_access(&Model::PARTNER, read).await.is_ok()
    }

    fn start(&self, jobs: &[Job]) -> Vec<Progress> {
        let started_at = self.clock.now();
        let start = |job: &Job| Progress {
            targets: job
                .due
                .links
                .iter()
                .map(|link| (link.name.clone(), link.target))
                .collect(),
            job: job.clone(),
            started_at,
            changes: Vec::new(),
            notes: Vec::new(),
            failed: None,
        };
        jobs.iter().map(start).collect()
    }

    async fn send(
        &self,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), odoo::Error> {
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

    /// All creations of the batch. New customers go in one call with everything that belongs to them, parents first.
    /// What is added to customers that are there goes in a call for each set of columns: an empty column is not
    /// nothing, it clears what Odoo had put there by itself when the call is repeated.
    async fn create(
        &self,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), odoo::Error> {
        let mut whole: Vec<Creation> = Vec::new();
        let mut added: BTreeMap<Vec<String>, Vec<Creation>> = BTreeMap::new();
        for (group, one) in progress.iter().enumerate() {
            for write in &one.job.writes {
                let Verb::Create { columns } = &write.verb else {
                    continue;
                };
                let creation = Creation {
                    group,
                    write: write.clone(),
                    columns: columns.clone(),
                };
                if one.job.creates_parent_of(columns) {
                    whole.push(creation.with_inherited(&one.job));
                } else {
                    let shape = columns.iter().map(|(column, _)| column.to_owned());
                    added.entry(shape.collect()).or_default().push(creation);
                }
            }
        }
        whole.sort_by_key(|creation| creation.columns.get("parent").is_some());
        for creations in std::iter::once(whole).chain(added.into_values()) {
            self.create_together(progress, creations, carried).await?;
        }
        Ok(())
    }

    /// One call: new partners under their external ids, in this order.
    async fn create_together(
        &self,
        progress: &mut [Progress],
        mut creations: Vec<Creation>,
        carried: &mut Carried,
    ) -> Result<(), odoo::Error> {
        creations.retain(|creation| progress[creation.group].failed.is_none());
        if creations.is_empty() {
            return Ok(());
        }
        let columns: BTreeSet<&str> = creations
            .iter()
            .flat_map(|creation| creation.columns.iter())
            .map(|(column, _)| column)
            .collect();
        let header = std::iter::once("id").chain(columns.iter().map(|column| {
            if *column == "parent" {
                "parent_id/id"
            } else {
                column
            }
        }));
        let mut rows = Rows::new(Model::PARTNER, header);
        for creation in &creations {
            let value = |column: &&str| match (*column, creation.columns.get(column)) {
                ("parent", Some(parent)) => self.external_id(&Name(parent.to_owned())),
                // A column of another kind of partner: empty, but a flag has to be one.
                ("is_company" | "customer_rank", None) => "0".to_owned(),
                (_, value) => value.unwrap_or_default().to_owned(),
            };
            let values = std::iter::once(self.external_id(&creation.write.name))
                .chain(columns.iter().map(value))
                .collect();
            rows.push(creation.group, values)
                .expect("as many values as columns");
        }
        reached(Step::ApplyCreating, creations.len());
        let loaded = self
            .odoo
            .load(&rows, &Context::new().without_tracking())
            .await?;
        reached(Step::ApplyCreated, creations.len());
        carried.note(&loaded);
        for (group, result) in loaded.groups {
            match result {
                Ok(ids) => {
                    let created = creations.iter().filter(|creation| creation.group == group);
                    for (creation, id) in created.zip(ids) {
                        progress[group].put(&creation.write, TargetId(id.get()));
                    }
                }
                Err(fault) => progress[group].failed = Some(self.verdict(&fault).await?),
            }
        }
        Ok(())
    }

    /// All updates of the batch, one call for each set of columns.
    async fn update(
        &self,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), odoo::Error> {
        let mut shapes: BTreeMap<Vec<String>, Vec<(usize, Write, Content)>> = BTreeMap::new();
        for (group, one) in progress
            .iter()
            .enumerate()
            .filter(|(_, one)| one.failed.is_none())
        {
            for write in &one.job.writes {
                if let Verb::Update { columns, .. } = &write.verb {
                    let shape = columns
                        .iter()
                        .map(|(column, _)| column.to_owned())
                        .collect();
                    shapes
                        .entry(shape)
                        .or_default()
                        .push((group, write.clone(), columns.clone()));
                }
            }
        }
        for (columns, writes) in shapes {
            self.update_shape(progress, &columns, writes, carried)
                .await?;
        }
        Ok(())
    }

    /// One call: the same columns of several partners, by their ids in Odoo. Each row stands for itself here, since the
    /// rows of one record may stand in several calls.
    async fn update_shape(
        &self,
        progress: &mut [Progress],
        columns: &[String],
        mut writes: Vec<(usize, Write, Content)>,
        carried: &mut Carried,
    ) -> Result<(), odoo::Error> {
        let header = std::iter::once(".id").chain(columns.iter().map(|column| {
            if column == "parent" {
                "parent_id/.id"
            } else {
                column.as_str()
            }
        }));
        let header: Vec<String> = header.map(str::to_owned).collect();
        // A second round follows what somebody merged in Odoo to where it went.
        for round in 0..2 {
            writes.retain(|(group, _, _)| progress[*group].failed.is_none());
            if writes.is_empty() {
                return Ok(());
            }
            let mut rows = Rows::new(Model::PARTNER, header.clone());
            for (row, (group, write, content)) in writes.iter().enumerate() {
                let targets = &progress[*group].targets;
                let id = |name: &Name| {
                    targets
                        .get(name)
                        .map(ToString::to_string)
                        .unwrap_or_default()
                };
                let value = |column: &String| match (column.as_str(), content.get(column)) {
                    ("parent", Some(parent)) => id(&Name(parent.to_owned())),
                    (_, value) => value.unwrap_or_default().to_owned(),
                };
                rows.push(
                    row,
                    std::iter::once(id(&write.name))
                        .chain(columns.iter().map(value))
                        .collect(),
                )
                .expect("as many values as columns");
            }
            reached(Step::ApplyUpdating, writes.len());
            let loaded = self.odoo.load(&rows, &Context::new()).await?;
            reached(Step::ApplyUpdated, writes.len());
            carried.note(&loaded);
            let mut again = Vec::new();
            for (row, result) in loaded.groups {
                let (group, write, content) = &writes[row];
                let one = &mut progress[*group];
                match result {
                    Ok(_) => {
                        let target = one.targets[&write.name];
                        one.put(write, target);
                    }
                    Err(fault) if fault.kind == RowFaultKind::MissingRecord => {
                        let missing = one.targets[&write.name];
                        match self.whereabouts(&write.name, missing, &fault).await? {
                            Whereabouts::MovedTo(target) if round == 0 => {
                                one.notes.push(format!(
                                    "{} {missing} was merged into {target} in Odoo by a person; the connector follows",
                                    write.model
                                ));
                                one.targets.insert(write.name.clone(), target);
                                again.push((*group, write.clone(), content.clone()));
                            }
                            Whereabouts::MovedTo(_) => {
                                one.failed = Some(self.verdict(&fault).await?);
                            }
                            Whereabouts::Lost(verdict) => one.failed = Some(verdict),
                        }
                    }
                    Err(fault) => one.failed = Some(self.verdict(&fault).await?),
                }
            }
            writes = again;
        }
        Ok(())
    }

    /// What became of a partner that Odoo no longer shows under its id.
    async fn whereabouts(
        &self,
        name: &Name,
        id: TargetId,
        fault: &RowFault,
    ) -> Result<Whereabouts, odoo::Error> {
        let external = ExternalId::new(&self.module, &name.0).expect("our own names are valid");
        let what = |state: &str| {
            format!(
                "The partner {id} ({name}) {state}. Odoo says: {}",
                fault.message
            )
        };
        Ok(
            match self
                .odoo
                .trace(&Model::PARTNER, RecordId(id.0), &external)
                .await?
            {
                Trace::Merged { into } => Whereabouts::MovedTo(TargetId(into.get())),
                Trace::Hidden => {
                    let what = what("is hidden from the connector's user");
                    Whereabouts::Lost(Verdict::Park(failure::hidden_in_odoo(what)))
                }
                Trace::Deleted => {
                    let what = what("no longer exists in Odoo");
                    Whereabouts::Lost(Verdict::Decide(failure::deleted_in_odoo(what)))
                }
                Trace::Unclear => {
                    let what = what("is gone, and what bears its external id now cannot be seen");
                    Whereabouts::Lost(Verdict::Decide(failure::deleted_in_odoo(what)))
                }
                // It came back between the two calls: the next try finds it.
                Trace::There => Whereabouts::Lost(Verdict::Retry(
                    Blame::Record,
                    failure::hidden_in_odoo(what("was missing for a moment")),
                )),
            },
        )
    }

    /// What follows from a refused row. A row refused for lack of rights may be one hidden record, or a right that the
    /// user lost altogether: Odoo is asked which.
    async fn verdict(&self, fault: &RowFault) -> Result<Verdict, odoo::Error> {
        if fault.kind == RowFaultKind::Access {
            for operation in [
                odoo::server::Operation::Create,
                odoo::server::Operation::Write,
            ] {
                if !self.odoo.has_access(&Model::PARTNER, operation).await? {
                    let error = odoo::Error::new(
                        "res.partner load",
                        odoo::ErrorKind::AccessDenied,
                        &fault.message,
                    );
                    return Ok(failure::of_odoo(&error));
                }
            }
        }
        Ok(failure::of_row(fault))
    }

    fn external_id(&self, name: &Name) -> String {
        format!("{}.{name}", self.module)
    }

    /// What to write down about one job.
    fn outcome(&self, one: Progress) -> Outcome {
        let now = self.clock.now();
        let job = one.job;
        let verdict = one.failed;
        let (state, due_at, reason) = match &verdict {
            None => (State::Synced, None, None),
            Some(Verdict::Park(reason) | Verdict::Pause(reason)) => {
                (State::Failed, None, Some(reason.clone()))
            }
            Some(Verdict::Decide(reason)) => (State::Waiting, None, Some(reason.clone())),
            Some(Verdict::Retry(_, reason)) if job.due.tries + 1 >= failure::TRIES_MAX => {
                (State::Failed, None, Some(failure::exhausted(reason)))
            }
            Some(Verdict::Retry(_, reason)) => {
                let pause = failure::backoff(job.due.tries, &mut *self.clock.rng());
                let pause = jiff::SignedDuration::try_from(pause).expect("minutes at most");
                (State::Pending, Some(now + pause), Some(reason.clone()))
            }
        };
        let effect = match &verdict {
            Some(_) => Effect::None,
            None if job
                .writes
                .first()
                .is_some_and(|write| matches!(write.verb, Verb::Create { .. })) =>
            {
                Effect::Created
            }
            None => Effect::Updated,
        };
        let done = match (effect, &reason) {
            (Effect::Created, _) => "created".to_owned(),
            (_, None) => "updated".to_owned(),
            (_, Some(reason)) => format!("{state}: {}", reason.cause),
        };
        let sent = sent(&job.writes);
        let received = json!({"targets": job.writes.iter().filter_map(|write| {
            Some((write.name.0.clone(), json!(one.targets.get(&write.name)?.0)))
        }).collect::<serde_json::Map<String, Value>>()});
        let detail = detail(&job.writes, &one.targets, reason.as_ref(), &one.notes);
        let mut warnings = job.warnings;
        warnings.extend(one.notes);
        Outcome {
            record: job.due.record,
            input_version: job.due.input_version,
            links_version: job.due.links_version,
            state,
            due_at,
            warnings,
            effect,
            links: one.changes,
            depends_on: job.rests_on,
            settles: Vec::new(),
            audit: vec![NewAuditEntry {
                actor: "engine".to_owned(),
                action: done.clone(),
                subject: job.due.key.to_string(),
                detail,
                payload: serde_json::to_vec(&sent).ok(),
            }],
            attempt: Some(NewAttempt {
                trigger: job.due.trigger,
                sent,
                received,
                started_at: one.started_at,
                finished_at: now,
                outcome: done,
                message: reason
                    .as_ref()
                    .map(|reason| reason.what.clone())
                    .unwrap_or_default(),
            }),
            reason,
        }
    }
}

enum Whereabouts {
    MovedTo(TargetId),
    Lost(Verdict),
}

impl Carried {
    fn note(&mut self, loaded: &odoo::Loaded) {
        if let Some(time) = loaded.largest
            && self.largest.is_none_or(|largest| largest.rows < time.rows)
        {
            self.largest = Some(time);
        }
    }
}

impl Progress {
    fn put(&mut self, write: &Write, target: TargetId) {
        self.targets.insert(write.name.clone(), target);
        let link = Link {
            name: write.name.clone(),
            model: write.model.to_owned(),
            target,
            base: write.holds.clone(),
        };
        let part = (write.part.kind() != "gone").then(|| write.part.clone());
        self.changes.push(LinkChange::Put { link, part });
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
    };
    writes.iter().map(one).collect()
}

/// One line for the audit trail: which partners, which fields; no values, since the trail is kept in the clear.
fn detail(
    writes: &[Write],
    targets: &BTreeMap<Name, TargetId>,
    reason: Option<&Reason>,
    notes: &[String],
) -> String {
    let one = |write: &Write| {
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
        }
    };
    match reason {
        Some(reason) => reason.what.clone(),
        None => writes
            .iter()
            .map(one)
            .chain(notes.iter().cloned())
            .collect::<Vec<_>>()
            .join("; "),
    }
}
