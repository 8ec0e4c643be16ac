//! Outcomes: what came of planning and applying one due record, written down a batch at a time.
//!
//! The order inside the transaction matters. Links change first, so that an outcome of the same batch that waited for
//! one of them is seen to be outdated; records elsewhere that depend on a changed link are made due; then each record of
//! the batch gets its state, unless its input or a link it looked at has moved on since it was planned.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use sync::failure::HOLD_CAUSES;
use sync::flow::Flow;
use sync::link::Name;
use sync::record::{Reason, State};

use super::link_changes::{self, Asked, LinkStanding};
use super::{Doubt, RecordId, make_due};
use crate::attempts::{NewAttempt, SealedAttempt};
use crate::audit::{self, NewAuditEntry, Salted};
use crate::connections::{self, ConnectionId};
use crate::limit::refuse_beyond;
use crate::links::LinkChange;
use crate::passes::{self, Effects, PassId};
use crate::row::{Param, list, params, texts};
use crate::tx::Tx;
use crate::{Error, ErrorKind, Result, Store, links};

/// Outcomes that one call of [`Store::record_outcomes`] takes at most.
pub const OUTCOMES_MAX: usize = 5_000;

/// What an outcome did to the target; counted by passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// It was not there before.
    Created,
    /// It was changed.
    Updated,
    /// It already held what it should.
    Unchanged,
    /// Nothing that a pass counts: it waits, failed, is retried or ignored.
    #[default]
    None,
}

/// What came of one due record.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which record.
    pub record: RecordId,
    /// [`Due::input_version`](super::Due::input_version).
    pub input_version: i64,
    /// [`Due::links_version`](super::Due::links_version).
    pub links_version: i64,
    /// Where it stands now. `Pending` is a retry: it counts a try.
    pub state: State,
    /// For `Pending`: when to try again; at once when absent.
    pub due_at: Option<Timestamp>,
    /// Why it stands there. A reason of `Waiting` with advice waits for a person, without advice for another record.
    pub reason: Option<Reason>,
    /// What a person should know although it is in step.
    pub warnings: Vec<String>,
    /// What an unanswered call may still leave behind; none when every call was answered.
    pub doubt: Option<Doubt>,
    /// What it did to the target.
    pub effect: Effect,
    /// What happened to its links.
    pub links: Vec<LinkChange>,
    /// The links of other records that the plan looked at, found or not. Replaces what was known; when the target of
    /// one of them changes, the record becomes due.
    pub depends_on: Vec<Name>,
    /// Links that this record will not bring (it is left out): whoever waits for one of them becomes due, to be planned
    /// without it.
    pub settles: Vec<Name>,
    /// Links whose record was looked at anew: whoever looked at one of them becomes due, since more than its target may have
    /// moved on.
    pub stirs: Vec<Name>,
    /// The attempt that led to it.
    pub attempt: Option<NewAttempt>,
    /// Entries for the audit chain.
    pub audit: Vec<NewAuditEntry>,
}

/// A batch, sealed and salted outside of the transaction so that the job can be repeated.
struct Batch {
    id: ConnectionId,
    passes: Vec<PassId>,
    now: Timestamp,
    outcomes: Vec<Sealed>,
    audit: Vec<Salted>,
}

/// An outcome with its texts and its attempt sealed, and its links' bases beside it.
struct Sealed {
    outcome: Outcome,
    /// The sealed base that each of the outcome's links is put with; empty where none is put.
    bases: Vec<Vec<u8>>,
    attempt: Option<SealedAttempt>,
    what: Option<Vec<u8>>,
    warnings: Option<Vec<u8>>,
}

/// What the batch found of its records.
struct Standing {
    flow: Flow,
    input_version: i64,
    tries: i64,
}

impl Batch {
    fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        connections::require(tx, self.id)?;
        let standings = self.standings(tx)?;
        let mut changed = self.change_links(tx, &standings)?;
        changed.extend(self.stirred());
        self.replace_dependencies(tx)?;
        self.wake_dependents(tx, &changed)?;
        let settled = self.settled();
        self.wake_waiting(tx, &settled)?;
        let looked_at = self.looked_at(tx)?;
        for sealed in &self.outcomes {
            let standing = &standings[&sealed.outcome.record];
            let outdated = sealed.outcome.is_outdated(standing, &looked_at)
                || sealed.outcome.waits_for(&settled);
            sealed.write_state(tx, standing, outdated, self.now)?;
        }
        self.append_attempts(tx)?;
        audit::append(tx, self.id, &self.audit, self.now)?;
        self.count(tx, &standings)
    }

    fn records(&self) -> impl Iterator<Item = i64> {
        self.outcomes.iter().map(|sealed| sealed.outcome.record.0)
    }

    fn standings(&self, tx: &mut Tx<'_>) -> Result<HashMap<RecordId, Standing>> {
        let ids: Vec<i64> = self.records().collect();
        let rows = tx.query(
            "SELECT id, flow, input_version, tries FROM records WHERE connection = $1 AND id IN {integers $2}",
            params![self.id.0, &list(&ids)],
        )?;
        let standings = rows.into_iter().map(|mut row| {
            let standing = Standing {
                flow: row.take(1)?,
                input_version: row.take(2)?,
                tries: row.take(3)?,
            };
            Ok((RecordId(row.take(0)?), standing))
        });
        let standings: HashMap<RecordId, Standing> = standings.collect::<Result<_>>()?;
        match self
            .outcomes
            .iter()
            .find(|sealed| !standings.contains_key(&sealed.outcome.record))
        {
            Some(sealed) => {
                let kind = ErrorKind::NotFound(format!("record with id {}", sealed.outcome.record));
                Err(Error::new("record outcomes", kind))
            }
            None => Ok(standings),
        }
    }

    /// Carries the links' changes out; gives the names whose target changed.
    fn change_links(
        &self,
        tx: &mut Tx<'_>,
        standings: &HashMap<RecordId, Standing>,
    ) -> Result<HashSet<Name>> {
        let changes: Vec<Asked<'_>> = self
            .outcomes
            .iter()
            .flat_map(|sealed| {
                let record = sealed.outcome.record;
                let flow = standings[&record].flow;
                let changes = sealed.outcome.links.iter().zip(&sealed.bases);
                changes.map(move |(change, base)| Asked {
                    record,
                    flow,
                    change,
                    base,
                })
            })
            .collect();
        link_changes::carry_out(tx, self.id, &changes)
    }

    fn replace_dependencies(&self, tx: &mut Tx<'_>) -> Result<()> {
        let ids: Vec<i64> = self.records().collect();
        tx.execute(
            "DELETE FROM dependencies WHERE record IN {integers $1}",
            params![&list(&ids)],
        )?;
        let mut seen = HashSet::new();
        let mut rows: Vec<[Param<'_>; 3]> = Vec::new();
        for Sealed { outcome, .. } in &self.outcomes {
            for name in &outcome.depends_on {
                if seen.insert((outcome.record, name)) {
                    rows.push([outcome.record.0.into(), self.id.0.into(), (&name.0).into()]);
                }
            }
        }
        tx.insert_rows(
            "INSERT INTO dependencies (record, connection, name)",
            &rows,
            "",
        )?;
        Ok(())
    }

    /// Records outside of the batch; those inside find out by their links version.
    fn wake_dependents(&self, tx: &mut Tx<'_>, changed: &HashSet<Name>) -> Result<()> {
        if changed.is_empty() {
            return Ok(());
        }
        let mut names: Vec<&Name> = changed.iter().collect();
        names.sort_unstable();
        let trigger = match names.as_slice() {
            [name] => format!("link {name}"),
            several => format!("{} links", several.len()),
        };
        let ids: Vec<i64> = self.records().collect();
        make_due(
            tx,
            "id IN (SELECT record FROM dependencies WHERE connection = $4 AND name IN {texts $5})
             AND id NOT IN {integers $6}",
            self.now,
            &trigger,
            None,
            params![
                self.id.0,
                &texts(names.iter().map(|name| name.0.as_str())),
                &list(&ids)
            ],
        )?;
        Ok(())
    }

    fn stirred(&self) -> impl Iterator<Item = Name> {
        let stirs = self.outcomes.iter().map(|sealed| &sealed.outcome.stirs);
        stirs.flatten().cloned()
    }

    fn settled(&self) -> BTreeSet<&Name> {
        let settles = self.outcomes.iter().map(|sealed| &sealed.outcome.settles);
        settles.flatten().collect()
    }

    /// Records outside of the batch that wait for a link that will not come. Only those that wait: whoever went on
    /// without it once would be planned the same again.
    fn wake_waiting(&self, tx: &mut Tx<'_>, settled: &BTreeSet<&Name>) -> Result<()> {
        if settled.is_empty() {
            return Ok(());
        }
        let trigger = match settled.iter().next() {
            Some(name) if settled.len() == 1 => format!("{name} is left out"),
            _ => format!("{} records are left out", settled.len()),
        };
        let ids: Vec<i64> = self.records().collect();
        make_due(
            tx,
            "state = 'waiting'
             AND id IN (SELECT record FROM dependencies WHERE connection = $4 AND name IN {texts $5})
             AND id NOT IN {integers $6}",
            self.now,
            &trigger,
            None,
            params![
                self.id.0,
                &texts(settled.iter().map(|name| name.0.as_str())),
                &list(&ids)
            ],
        )?;
        Ok(())
    }

    fn looked_at(&self, tx: &mut Tx<'_>) -> Result<HashMap<Name, LinkStanding>> {
        let names: HashSet<&Name> = self
            .outcomes
            .iter()
            .flat_map(|sealed| &sealed.outcome.depends_on)
            .collect();
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        link_changes::standings(tx, self.id, &names.into_iter().collect::<Vec<_>>())
    }

    fn append_attempts(&self, tx: &mut Tx<'_>) -> Result<()> {
        let rows: Vec<[Param<'_>; 8]> = self
            .outcomes
            .iter()
            .filter_map(|sealed| {
                let SealedAttempt {
                    attempt,
                    sent,
                    received,
                    message,
                } = sealed.attempt.as_ref()?;
                Some([
                    sealed.outcome.record.0.into(),
                    (&attempt.trigger).into(),
                    sent.into(),
                    received.into(),
                    attempt.started_at.into(),
                    attempt.finished_at.into(),
                    (&attempt.outcome).into(),
                    message.into(),
                ])
            })
            .collect();
        tx.insert_rows_with(
            "INSERT INTO attempts (record, triggered_by, sent, received, started_at, finished_at, outcome, message,
                                   connection)",
            &self.id.to_string(),
            &rows,
            "",
        )?;
        Ok(())
    }

    fn count(&self, tx: &mut Tx<'_>, standings: &HashMap<RecordId, Standing>) -> Result<()> {
        if self.passes.is_empty() {
            return Ok(());
        }
        let mut effects: BTreeMap<Flow, Effects> = BTreeMap::new();
        for Sealed { outcome, .. } in &self.outcomes {
            let of_flow = effects.entry(standings[&outcome.record].flow).or_default();
            of_flow.count(outcome.effect);
        }
        self.passes
            .iter()
            .try_for_each(|pass| passes::add(tx, *pass, &effects))
    }
}

impl Outcome {
    /// Whether it was planned to wait for a link of which the same batch says that it will not come.
    fn waits_for(&self, settled: &BTreeSet<&Name>) -> bool {
        self.state == State::Waiting && self.depends_on.iter().any(|name| settled.contains(name))
    }

    /// Whether what it was planned from has moved on. A link of the record's own does not count: the outcome knows it.
    fn is_outdated(&self, standing: &Standing, links: &HashMap<Name, LinkStanding>) -> bool {
        let moved_on = |name: &Name| {
            links.get(name).is_some_and(|link| {
                link.links_version > self.links_version && link.record != self.record.0
            })
        };
        standing.input_version > self.input_version || self.depends_on.iter().any(moved_on)
    }
}

impl Sealed {
    fn write_state(
        &self,
        tx: &mut Tx<'_>,
        standing: &Standing,
        outdated: bool,
        now: Timestamp,
    ) -> Result<()> {
        let Self {
            outcome,
            what,
            warnings,
            ..
        } = self;
        let doubt_until = outcome.doubt.as_ref().map(|doubt| doubt.until);
        let doubted = outcome.doubt.as_ref().map(Doubt::names_to_json);
        if outdated {
            // Its reason and warnings are of yesterday's input: they are not written. The input version bumps where
            // only a link moved on, so that `planned` stays behind `input` as long as the record is due for that.
            tx.execute(
                "UPDATE records SET
                     state = 'pending',
                     state_since = CASE WHEN state = 'pending' THEN state_since ELSE $3 END,
                     input_version = CASE WHEN input_version = $2 THEN input_version + 1 ELSE input_version END,
                     planned_version = $2,
                     observed_at = input_at,
                     due_at = $3,
                     tries = 0,
                     doubt_until = $4,
                     doubted = $5
                 WHERE id = $1",
                params![
                    outcome.record.0,
                    outcome.input_version,
                    now,
                    doubt_until,
                    doubted.as_ref()
                ],
            )?;
            return Ok(());
        }
        let retry = outcome.state == State::Pending;
        let reason = outcome.reason.as_ref();
        // What a person decided holds until it is carried out; a flow that is held does not carry it out.
        let held = reason.is_some_and(|reason| HOLD_CAUSES.contains(&reason.cause.as_str()));
        tx.execute(
            "UPDATE records SET
                 state = $2,
                 state_since = CASE WHEN state = $2 THEN state_since ELSE $3 END,
                 planned_version = $4,
                 due_at = $5,
                 tries = $6,
                 cause = $7,
                 what = $8,
                 advice = $9,
                 warnings = $10,
                 warned = $11,
                 doubt_until = $12,
                 doubted = $13,
                 decision = CASE WHEN $14 = 1 THEN decision ELSE NULL END
             WHERE id = $1",
            params![
                outcome.record.0,
                outcome.state,
                now,
                outcome.input_version,
                retry.then(|| outcome.due_at.unwrap_or(now)),
                if retry { standing.tries + 1 } else { 0 },
                reason.map(|reason| &reason.cause),
                what.as_ref(),
                reason.map(|reason| &reason.advice),
                warnings.as_ref(),
                i64::try_from(outcome.warnings.len()).expect("a list in memory fits"),
                doubt_until,
                doubted.as_ref(),
                i64::from(retry || held)
            ],
        )?;
        Ok(())
    }
}

impl Store {
    /// Writes down what came of a batch (at most [`OUTCOMES_MAX`], each record once), in one commit, and counts it for
    /// the passes that are under way.
    ///
    /// Links, attempts and audit entries land in any case. A record whose input has moved on, or that depends on a link
    /// whose target has changed since it was planned, stays pending and is due now. Records that depend on a link whose
    /// target this batch changes, or that it stirs, become pending, and so do those that wait for one that it settles.
    pub async fn record_outcomes(
        &self,
        id: ConnectionId,
        outcomes: Vec<Outcome>,
        passes: &[PassId],
        now: Timestamp,
    ) -> Result<()> {
        let operation = "record outcomes";
        refuse_beyond(OUTCOMES_MAX, outcomes.len(), "outcomes", operation)?;
        if outcomes.is_empty() {
            return Ok(());
        }
        let keys = self.keys(id).await?;
        let mut audit = Vec::new();
        let mut sealed = Vec::with_capacity(outcomes.len());
        for mut outcome in outcomes {
            audit.append(&mut outcome.audit);
            let bases = outcome.links.iter().map(|change| match change {
                LinkChange::Put { link, .. } => links::seal_base(&keys, link, self.random()),
                LinkChange::Forget { .. } => Vec::new(),
            });
            let bases = bases.collect();
            let attempt = outcome.attempt.take();
            let row = outcome.record.to_string();
            let seal = |column: &str, text: &str| {
                keys.seal("records", column, &row, text.as_bytes(), self.random())
            };
            sealed.push(Sealed {
                bases,
                attempt: attempt.map(|attempt| self.seal_attempt(&keys, outcome.record, attempt)),
                what: outcome
                    .reason
                    .as_ref()
                    .map(|reason| seal("what", &reason.what)),
                warnings: (!outcome.warnings.is_empty())
                    .then(|| seal("warnings", &list(&outcome.warnings))),
                outcome,
            });
        }
        let batch = Batch {
            id,
            passes: passes.to_vec(),
            now,
            outcomes: sealed,
            audit: self.salted(audit),
        };
        self.write(operation, move |tx| batch.write(tx)).await
    }
}
