//! New documents, each with its lines.

use std::collections::BTreeSet;

use odoo::load::Rows;
use odoo::{Context, Model};
use sync::content::Content;
use sync::link::TargetId;
use sync::plan::{Verb, Write};

use super::{Deeds, Kind};
use crate::engine::batch::{Carried, Carrier, Interruption, Progress};
use crate::engine::step::{Step, reached};

impl Carrier {
    /// New documents, each with its lines, in one call.
    pub(super) async fn create_documents(
        &self,
        kind: Kind,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), Interruption> {
        let new: Vec<usize> = (0..progress.len())
            .filter(|at| progress[*at].failed.is_none())
            .filter(|at| Deeds::of(&progress[*at].job.writes).is_new())
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let rows = self.rows_of(kind, progress, &new);
        reached(Step::ApplyCreating, new.len());
        let context = Context::new().without_tracking().with_archived();
        let loaded = self.odoo.load(&rows, &context).await;
        for at in &new {
            progress[*at].touched_by(&loaded);
        }
        let loaded = loaded?;
        reached(Step::ApplyCreated, new.len());
        carried.note(&loaded);
        let model = Model::named(kind.model);
        for (group, result) in loaded.groups {
            match result {
                Ok(ids) => {
                    let writes = progress[group].job.writes.clone();
                    let header = Deeds::of(&writes).header.expect("a new one has a header");
                    let id = ids.first().expect("one document in a group");
                    progress[group].put(header, TargetId(id.get()));
                }
                Err(fault) => progress[group].failed = Some(self.verdict(&model, &fault).await?),
            }
        }
        Ok(())
    }

    /// The rows of new documents: the first line stands beside its document, the others below.
    fn rows_of(&self, kind: Kind, progress: &[Progress], new: &[usize]) -> Rows {
        let columns = |write: &Write| match &write.verb {
            Verb::Create { columns } => columns.clone(),
            _ => Content::new(),
        };
        let deeds: Vec<(usize, Deeds<'_>)> = new
            .iter()
            .map(|at| (*at, Deeds::of(&progress[*at].job.writes)))
            .collect();
        let names = |writes: &mut dyn Iterator<Item = &Write>| -> BTreeSet<String> {
            let columns = writes.map(columns);
            columns
                .flat_map(|content| {
                    let names = content.iter().map(|(column, _)| column.to_owned());
                    names.collect::<Vec<_>>()
                })
                .collect()
        };
        let of_header = names(&mut deeds.iter().filter_map(|(_, deeds)| deeds.header));
        let of_lines = names(
            &mut deeds
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
