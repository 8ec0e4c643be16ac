//! The updates of a batch, and what became of partners that are no longer where they were.

use std::collections::BTreeMap;

use odoo::load::{RowFault, RowFaultKind, Rows};
use odoo::{Context, ExternalId, Model, RecordId, Trace};
use sync::content::Content;
use sync::failure::{self, Blame, Verdict};
use sync::link::{Name, TargetId};
use sync::plan::{Verb, Write};

use super::{Carried, Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};

/// Rows of one call: updates cost Odoo several times what creations cost, and these stay near two seconds.
const ROWS_MAX: usize = 100;

/// One partner to be changed.
#[derive(Clone)]
struct Change {
    group: usize,
    write: Write,
    columns: Content,
}

/// What became of a partner that an update did not find.
enum Whereabouts {
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
        let mut shapes: BTreeMap<Vec<String>, Vec<Change>> = BTreeMap::new();
        for (group, one) in progress.iter().enumerate() {
            for write in &one.job.writes {
                if let Verb::Update { columns, .. } = &write.verb {
                    let shape = columns.iter().map(|(column, _)| column.to_owned());
                    shapes.entry(shape.collect()).or_default().push(Change {
                        group,
                        write: write.clone(),
                        columns: columns.clone(),
                    });
                }
            }
        }
        for (columns, changes) in shapes {
            for changes in changes.chunks(ROWS_MAX) {
                let moved = self
                    .update_together(progress, &columns, changes, carried)
                    .await?;
                // Once more, to where a person moved them; who moved meanwhile again is found by the next try.
                self.update_together(progress, &columns, &moved, carried)
                    .await?;
            }
        }
        Ok(())
    }

    /// One call: the same columns of several partners, by their ids in Odoo. Each row stands for itself here, since the
    /// rows of one record may stand in several calls. Gives the changes whose partner was moved and has to be tried there.
    async fn update_together(
        &self,
        progress: &mut [Progress],
        columns: &[String],
        changes: &[Change],
        carried: &mut Carried,
    ) -> Result<Vec<Change>, Interruption> {
        let changes: Vec<&Change> = changes
            .iter()
            .filter(|change| progress[change.group].failed.is_none())
            .collect();
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let rows = rows(progress, columns, &changes);
        reached(Step::ApplyUpdating, changes.len());
        let loaded = self.odoo.load(&rows, &Context::new()).await?;
        reached(Step::ApplyUpdated, changes.len());
        carried.note(&loaded);
        let mut moved = Vec::new();
        for (row, result) in loaded.groups {
            let Change { group, write, .. } = changes[row];
            let one = &mut progress[*group];
            let target = one.targets[&write.name];
            match result {
                Ok(_) => one.put(write, target),
                Err(fault) if fault.kind == RowFaultKind::MissingRecord => {
                    match self.whereabouts(&write.name, target, &fault).await? {
                        Whereabouts::MovedTo(into) => {
                            one.notes.push(format!(
                                "{} {target} was merged into {into} in Odoo by a person; the connector follows",
                                write.model
                            ));
                            one.targets.insert(write.name.clone(), into);
                            moved.push(changes[row].clone());
                        }
                        Whereabouts::Shared(into) => {
                            one.notes.push(format!(
                                "{} {target} was merged into {into} in Odoo by a person, which belongs to another \
                                 record: it is not written from here any more",
                                write.model
                            ));
                            one.share(write, into);
                        }
                        // Who is to be archived and is not there any more is as gone as can be.
                        Whereabouts::Deleted(_) if write.holds.get("active") == Some("0") => {
                            one.notes.push(format!(
                                "{} {target} ({}) was to be archived, and had been deleted in Odoo",
                                write.model, write.name
                            ));
                            one.forget(write);
                        }
                        Whereabouts::Deleted(verdict) | Whereabouts::Lost(verdict) => {
                            one.failed = Some(verdict);
                        }
                    }
                }
                Err(fault) => one.failed = Some(self.verdict(&fault).await?),
            }
        }
        Ok(moved)
    }

    /// What became of a partner that Odoo no longer shows under its id.
    async fn whereabouts(
        &self,
        name: &Name,
        id: TargetId,
        fault: &RowFault,
    ) -> Result<Whereabouts, Interruption> {
        let external = ExternalId::new(&self.module, &name.0).expect("our own names are valid");
        let what = |state: &str| {
            format!(
                "The partner {id} ({name}) {state}. Odoo says: {}",
                fault.message
            )
        };
        let trace = self
            .odoo
            .trace(&Model::PARTNER, RecordId(id.0), &external)
            .await?;
        Ok(match trace {
            Trace::Merged { into } => {
                let into = TargetId(into.get());
                let names = self
                    .store
                    .names_of(self.connection, Model::PARTNER.as_str(), into)
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

/// The rows of one call, in the order of the changes.
fn rows(progress: &[Progress], columns: &[String], changes: &[&Change]) -> Rows {
    let header = columns.iter().map(|column| match column.as_str() {
        "parent" => "parent_id/.id",
        column => column,
    });
    let mut rows = Rows::new(Model::PARTNER, std::iter::once(".id").chain(header));
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
