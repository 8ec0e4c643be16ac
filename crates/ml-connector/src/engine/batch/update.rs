//! The updates of a batch, and what became of partners that are no longer where they were.

use std::collections::{BTreeMap, BTreeSet};

use odoo::load::{RowFault, RowFaultKind, Rows};
use odoo::{Context, ExternalId, Model, RecordId, Trace};
use sync::content::Content;
use sync::failure::{self, Blame, Verdict};
use sync::link::{Name, TargetId};
use sync::plan::{Verb, Write};

use super::create::{Shape, shape};
use super::{Carried, Carrier, Interruption, Progress, ROWS_MAX};
use crate::engine::step::{Step, reached};

/// One record to be changed.
struct Change {
    group: usize,
    write: Write,
    columns: Content,
}

/// What became of a partner that an update did not find.
pub(super) enum Whereabouts {
    /// A person merged it into this one, which is nobody else's.
    MovedTo(TargetId),
    /// A person merged it into this one, which another record of ours leads to.
    Shared(TargetId),
    /// It was deleted.
    Deleted(Verdict),
    /// It cannot be told, or cannot be seen.
    Lost(Verdict),
}

impl Carrier {
    /// All updates of the batch, a call for each set of columns.
    pub(super) async fn update(
        &self,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), Interruption> {
        let mut shapes: BTreeMap<Shape, Vec<Change>> = BTreeMap::new();
        for (group, one) in progress.iter().enumerate() {
            for write in &one.job.writes {
                if let Verb::Update { columns, .. } = &write.verb {
                    let shape = shape(write.model, columns);
                    shapes.entry(shape).or_default().push(Change {
                        group,
                        write: write.clone(),
                        columns: columns.clone(),
                    });
                }
            }
        }
        for ((model, columns), changes) in shapes {
            let model = Model::named(model);
            for changes in changes.chunks(ROWS_MAX) {
                self.update_together(progress, &model, &columns, changes, carried)
                    .await?;
            }
        }
        Ok(())
    }

    /// One call: the same columns of several partners, by their ids in Odoo. Each row stands for itself here, since the
    /// rows of one record may stand in several calls.
    async fn update_together(
        &self,
        progress: &mut [Progress],
        model: &Model,
        columns: &[String],
        changes: &[Change],
        carried: &mut Carried,
    ) -> Result<(), Interruption> {
        let changes: Vec<&Change> = changes
            .iter()
            .filter(|change| !progress[change.group].is_stopped())
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        let rows = rows(progress, model, columns, &changes);
        reached(Step::ApplyUpdating, changes.len());
        let loaded = self.odoo.load(&rows, &Context::new()).await?;
        reached(Step::ApplyUpdated, changes.len());
        carried.note(&loaded);
        // Where somebody merged partners of this very call, the first of them follows and the others share.
        let mut followed = BTreeSet::new();
        for (row, result) in loaded.groups {
            let Change { group, write, .. } = changes[row];
            let one = &mut progress[*group];
            let target = one.targets[&write.name];
            match result {
                Ok(_) => one.put(write, target),
                Err(fault) if fault.kind == RowFaultKind::MissingRecord => {
                    let found = self
                        .whereabouts(model, &write.name, target, Some(&fault))
                        .await?;
                    let found = match found {
                        Whereabouts::MovedTo(into) if !followed.insert(into) => {
                            Whereabouts::Shared(into)
                        }
                        found => found,
                    };
                    one.missed(write, target, found);
                }
                Err(fault) => one.failed = Some(self.verdict(&fault, carried).await?),
            }
        }
        Ok(())
    }

    /// What became of a record that Odoo no longer shows under its id.
    pub(super) async fn whereabouts(
        &self,
        model: &Model,
        name: &Name,
        id: TargetId,
        said: Option<&RowFault>,
    ) -> Result<Whereabouts, Interruption> {
        let external = ExternalId::new(&self.module, &name.0).expect("our own names are valid");
        let what = |state: &str| {
            let said = said.map(|fault| format!(" Odoo says: {}", fault.message));
            format!(
                "{} {id} ({name}) {state}.{}",
                model.as_str(),
                said.unwrap_or_default()
            )
        };
        let trace = self.odoo.trace(model, RecordId(id.0), &external).await?;
        Ok(match trace {
            Trace::Merged { into } => {
                let into = TargetId(into.get());
                let names = self
                    .store
                    .names_of(self.connection, model.as_str(), into)
                    .await?;
                if names.iter().any(|other| other != name) {
                    Whereabouts::Shared(into)
                } else {
                    Whereabouts::MovedTo(into)
                }
            }
            Trace::Deleted => {
                let what = what("no longer exists in Odoo");
                Whereabouts::Deleted(Verdict::Decide(failure::deleted_in_odoo(what)))
            }
            Trace::Unclear => {
                let what = what("is gone, and what bears its external id now cannot be seen");
                Whereabouts::Lost(Verdict::Decide(failure::deleted_in_odoo(what)))
            }
            Trace::Hidden => {
                let what = what("is hidden from the connector's user");
                Whereabouts::Lost(Verdict::Park(failure::hidden_in_odoo(what)))
            }
            // It came back between the two calls: the next try finds it.
            Trace::There => {
                let reason = failure::hidden_in_odoo(what("was missing for a moment"));
                Whereabouts::Lost(Verdict::Retry(Blame::Record, reason))
            }
        })
    }
}

impl Progress {
    /// An update did not find its partner.
    fn missed(&mut self, write: &Write, target: TargetId, found: Whereabouts) {
        let partner = format!("{} {target} ({})", write.model, write.name);
        match found {
            // What it holds there is not known: all of it is written by the next try.
            Whereabouts::MovedTo(into) => {
                self.notes.push(format!(
                    "{partner} was merged into {into} in Odoo by a person; the connector follows"
                ));
                self.lead_to(write, into);
                let reason = failure::merged_in_odoo(format!("{partner} is {into} now."));
                self.failed = Some(Verdict::Retry(Blame::Record, reason));
            }
            Whereabouts::Shared(into) => {
                self.notes.push(format!(
                    "{partner} was merged into {into} in Odoo by a person, which belongs to another record: it is not \
                     written from here any more"
                ));
                self.share(write, into);
            }
            // Who is to be archived and is not there any more is as gone as can be.
            Whereabouts::Deleted(_) if write.holds.get("active") == Some("0") => {
                self.notes.push(format!(
                    "{partner} was to be archived, and had been deleted in Odoo"
                ));
                self.forget(&write.name);
            }
            Whereabouts::Deleted(verdict) | Whereabouts::Lost(verdict) => {
                self.failed = Some(verdict);
            }
        }
    }
}

/// The rows of one call, in the order of the changes.
fn rows(progress: &[Progress], model: &Model, columns: &[String], changes: &[&Change]) -> Rows {
    let header = columns.iter().map(|column| match column.as_str() {
        "parent" => "parent_id/.id",
        column => column,
    });
    let mut rows = Rows::new(model.clone(), std::iter::once(".id").chain(header));
    for (row, change) in changes.iter().enumerate() {
        let targets = &progress[change.group].targets;
        let id = |name: &Name| {
            targets
                .get(name)
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        let value = |column: &String| match (column.as_str(), change.columns.get(column)) {
            ("parent", Some(parent)) => id(&Name(parent.to_owned())),
            (_, value) => value.unwrap_or_default().to_owned(),
        };
        let values = std::iter::once(id(&change.write.name)).chain(columns.iter().map(value));
        rows.push(row, values.collect())
            .expect("as many values as columns");
    }
    rows
}
