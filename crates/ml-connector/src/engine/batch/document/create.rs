//! New documents, each with its lines.

use std::collections::{BTreeMap, BTreeSet};

use odoo::load::Rows;
use odoo::{Context, Model};
use sync::content::Content;
use sync::link::TargetId;
use sync::plan::{Verb, Write};

use super::tie::before_posting;
use super::{Deeds, Kind};
use crate::engine::batch::{Carried, Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};

impl Carrier {
    /// New documents, each with its lines, in one call; those whose own columns differ go in calls of their own: an empty
    /// column is not nothing, it clears what Odoo puts there by itself.
    pub(super) async fn create_documents(
        &self,
        kind: Kind,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), Interruption> {
        let mut calls: BTreeMap<BTreeSet<String>, Vec<usize>> = BTreeMap::new();
        for (at, one) in progress.iter().enumerate() {
            let deeds = Deeds::of(&one.job.writes);
            if one.failed.is_none() && one.makes(&deeds) {
                let shape = names(deeds.header.into_iter());
                calls.entry(shape).or_default().push(at);
            }
        }
        for new in calls.into_values() {
            self.load_documents(kind, progress, &new, carried).await?;
        }
        Ok(())
    }

    async fn load_documents(
        &self,
        kind: Kind,
        progress: &mut [Progress],
        new: &[usize],
        carried: &mut Carried,
    ) -> Result<(), Interruption> {
        let rows = self.rows_of(kind, progress, new);
        reached(Step::ApplyCreating, new.len());
        let context = Context::new().without_tracking().with_archived();
        let loaded = self.odoo.load(&rows, &context).await;
        for at in new {
            progress[*at].touched_by(&loaded);
        }
        let mut loaded = loaded?;
        reached(Step::ApplyCreated, new.len());
        // The size of a batch is told in what its records write, not in the lines of the call.
        if let Some(time) = loaded.largest.as_mut().filter(|_| loaded.calls == 1) {
            time.rows = new.iter().map(|at| progress[*at].job.rows()).sum();
        }
        carried.note(&loaded);
        for (group, result) in loaded.groups {
            match result {
                Ok(ids) => {
                    let writes = progress[group].job.writes.clone();
                    let header = Deeds::of(&writes).header.expect("a new one has a header");
                    let id = ids.first().expect("one document in a group");
                    progress[group].put(header, TargetId(id.get()));
                }
                Err(fault) => progress[group].failed = Some(self.verdict(&fault, carried).await?),
            }
        }
        Ok(())
    }

    /// The rows of new documents: the first line stands beside its document, the others below.
    fn rows_of(&self, kind: Kind, progress: &[Progress], new: &[usize]) -> Rows {
        let deeds: Vec<(usize, Deeds<'_>)> = new
            .iter()
            .map(|at| (*at, Deeds::of(&progress[*at].job.writes)))
            .collect();
        let of_header = names(deeds.iter().filter_map(|(_, deeds)| deeds.header));
        let of_lines = names(
            deeds
                .iter()
                .flat_map(|(_, deeds)| deeds.lines.iter().copied()),
        );
        let in_line = |column: &str| format!("{}/{column}", kind.lines);
        let head = std::iter::once("id".to_owned()).chain(of_header.iter().cloned());
        let tail = std::iter::once(in_line("id")).chain(of_lines.iter().map(|name| in_line(name)));
        let mut rows = Rows::new(Model::named(kind.model), head.chain(tail));
        let cells = |write: Option<&Write>, names: &BTreeSet<String>| -> Vec<String> {
            let content = write.map(columns).unwrap_or_default();
            let id = write.map(|write| self.external_id(&write.name));
            let value = |name: &String| content.get(name).unwrap_or_default().to_owned();
            std::iter::once(id.unwrap_or_default())
                .chain(names.iter().map(value))
                .collect()
        };
        for (group, deeds) in &deeds {
            let mut lines = deeds.lines.iter().copied();
            let mut row = cells(deeds.header, &of_header);
            row.extend(cells(lines.next(), &of_lines));
            rows.push(*group, row).expect("as many values as columns");
            for line in lines {
                let mut row = cells(None, &of_header);
                row.extend(cells(Some(line), &of_lines));
                rows.push_line(*group, row)
                    .expect("a line stands below its document");
            }
        }
        rows
    }
}

/// What a write creates its record with.
fn columns(write: &Write) -> Content {
    match &write.verb {
        Verb::Create { columns } => before_posting(columns),
        _ => Content::new(),
    }
}

/// The names of the columns that these writes create their records with.
fn names<'a>(writes: impl Iterator<Item = &'a Write>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for write in writes {
        let columns = columns(write);
        names.extend(columns.iter().map(|(column, _)| column.to_owned()));
    }
    names
}
