//! Documents that are there: their header and lines changed in one call, and what became of one that is not there.

use std::collections::BTreeSet;

use odoo::{Command, Context, ExternalId, Model, RecordId, Values};
use sync::document::line_name;
use sync::failure::{self, Verdict};
use sync::plan::{Goal, Verb, Write};

use super::seen::Seen;
use super::tie::before_posting;
use super::{Deeds, Kind, of_one, values};
use crate::engine::batch::update::Whereabouts;
use crate::engine::batch::{Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};

impl Carrier {
    /// Changes a document that is there, lines included, in one call.
    pub(super) async fn change_document(
        &self,
        kind: Kind,
        one: &mut Progress,
        deeds: &Deeds<'_>,
    ) -> Result<(), Interruption> {
        let name = &deeds.reach.name;
        let target = one.targets[name];
        let model = Model::named(kind.model);
        let mut seen = self.look(kind, &[RecordId(target.0)]).await?;
        let Some(mut seen) = seen.remove(&target.0) else {
            return self.missed_document(kind, one, deeds.goal).await;
        };
        let shown = seen.state.clone();
        if kind.is_bill() {
            // It is one before it is written.
            "draft".clone_into(&mut seen.state);
        }
        let seen = &seen;
        let mut changes = match deeds.header.map(|write| &write.verb) {
            Some(Verb::Update { columns, .. }) if seen.leaves_its_month(columns) => {
                values::native(&before_posting(columns)).clear("name")
            }
            Some(Verb::Update { columns, .. }) => values::native(&before_posting(columns)),
            // It is there all the same, of the kind that it was made as.
            Some(Verb::Create { columns }) => {
                let columns = columns.iter().filter(|(column, _)| *column != "move_type");
                values::native(&before_posting(&columns.collect()))
            }
            _ => Values::new(),
        };
        let commands: Vec<Command> = deeds
            .lines
            .iter()
            .flat_map(|write| self.commands(write, seen))
            .collect();
        // A call from before may still make the same line: a command that creates is no upsert.
        let creates = |command: &Command| matches!(command, Command::Create { .. });
        let until = one.job.due.doubt.as_ref().map(|doubt| doubt.until);
        if commands.iter().any(creates) && until.is_some_and(|until| until > self.clock.now()) {
            one.is_postponed = true;
            return Ok(());
        }
        if kind.is_bill() && self.open_bill(one, deeds, &shown, seen).await?.is_none() {
            return Ok(());
        }
        if !commands.is_empty() {
            changes = changes.commands(kind.lines, commands);
        }
        if !changes.is_empty() {
            reached(Step::ApplyUpdating, 1);
            let context = Context::new().with_archived();
            let written = self
                .odoo
                .write(&model, &[RecordId(target.0)], changes, &context)
                .await;
            reached(Step::ApplyUpdated, 1);
            one.touched_by(&written);
            one.is_changed = true;
            if let Err(error) = written {
                one.failed = Some(of_one(error)?);
                return Ok(());
            }
        }
        if let Some(header) = deeds.header {
            one.put(header, target);
        }
        for write in &deeds.lines {
            if let Verb::Delete { .. } = write.verb {
                one.done.insert(write.name.clone());
                one.forget(&write.name);
            }
        }
        Ok(())
    }

    /// A document is not where it was. One that is withdrawn anyway may be gone.
    pub(super) async fn missed_document(
        &self,
        kind: Kind,
        one: &mut Progress,
        goal: Goal,
    ) -> Result<(), Interruption> {
        let name = Deeds::of(&one.job.writes).reach.name.clone();
        let target = one.targets[&name];
        let model = Model::named(kind.model);
        let verdict = match self.whereabouts(&model, &name, target, None).await? {
            Whereabouts::Deleted(_) if goal == Goal::Cancelled => {
                one.notes.push(format!(
                    "{} {target} ({name}) was to be cancelled, and had been deleted in Odoo",
                    kind.model
                ));
                let names: Vec<_> = one.targets.keys().cloned().collect();
                for name in names {
                    one.forget(&name);
                }
                one.has_reached = true;
                return Ok(());
            }
            Whereabouts::Deleted(verdict) | Whereabouts::Lost(verdict) => verdict,
            Whereabouts::MovedTo(_) | Whereabouts::Shared(_) => {
                let what = format!("{} {target} ({name}) was replaced in Odoo.", kind.model);
                Verdict::Decide(failure::deleted_in_odoo(what))
            }
        };
        one.failed = Some(verdict);
        Ok(())
    }

    /// Lines that an unanswered call made, and that the document does not have any more, are taken away.
    pub(super) async fn take_strays_away(
        &self,
        kind: Kind,
        progress: &mut [Progress],
    ) -> Result<(), Interruption> {
        let doubted: Vec<usize> = (0..progress.len())
            .filter(|at| progress[*at].job.due.doubt.is_some() && progress[*at].stands())
            .filter(|at| Deeds::of(&progress[*at].job.writes).changes())
            .collect();
        let ids: Vec<RecordId> = doubted.iter().map(|at| progress[*at].document()).collect();
        let seen = self.look(kind, &ids).await?;
        for (at, id) in doubted.into_iter().zip(ids) {
            let one = &mut progress[at];
            let writes = one.job.writes.clone();
            let deeds = Deeds::of(&writes);
            let Some(seen) = seen.get(&id.get()) else {
                continue;
            };
            let ours = self.external_id(&line_name(&deeds.reach.name, ""));
            // In doubt, everything that the document should have is among the writes.
            let wanted: BTreeSet<String> = deeds
                .lines
                .iter()
                .map(|write| self.external_id(&write.name))
                .collect();
            let strays: Vec<Command> = seen
                .lines
                .iter()
                .filter(|(name, _)| name.starts_with(&ours) && !wanted.contains(*name))
                .map(|(_, line)| seen.removal(*line))
                .collect();
            if strays.is_empty() {
                continue;
            }
            let values = Values::new().commands(kind.lines, strays);
            let model = Model::named(kind.model);
            let written = self
                .odoo
                .write(&model, &[id], values, &Context::new())
                .await;
            one.touched_by(&written);
            if let Err(error) = written {
                one.failed = Some(of_one(error)?);
            }
        }
        Ok(())
    }

    /// What becomes of a line, given what is there.
    fn commands(&self, write: &Write, seen: &Seen) -> Vec<Command> {
        let name = ExternalId::new(&self.module, &write.name.0).expect("our own names are valid");
        let named = seen.lines.get(&name.to_string()).copied();
        let (there, columns) = match &write.verb {
            Verb::Create { columns } => (named, columns),
            Verb::Update { target, columns } => {
                let there = Some(RecordId(target.0)).filter(|id| seen.line_ids.contains(id));
                (there.or(named), columns)
            }
            Verb::Delete { target } => {
                let id = RecordId(target.0);
                let removal = seen.line_ids.contains(&id).then(|| seen.removal(id));
                return removal.into_iter().collect();
            }
            Verb::Alias { .. }
            | Verb::Adopt { .. }
            | Verb::Reach { .. }
            | Verb::Receive { .. }
            | Verb::Settle { .. }
            | Verb::Tell { .. } => {
                return Vec::new();
            }
        };
        let Some(id) = there else {
            // A person deleted it: it is needed for the total.
            return vec![Command::Create {
                name: Some(name),
                values: values::native(&write.holds),
            }];
        };
        let update = Command::Update {
            id,
            values: values::native(columns),
        };
        let before = seen.before_exchange(id, columns);
        before.into_iter().chain([update]).collect()
    }
}
