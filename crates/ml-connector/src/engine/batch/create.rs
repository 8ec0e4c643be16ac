//! The creations of a batch.

use std::collections::{BTreeMap, BTreeSet};

use odoo::load::Rows;
use odoo::{Context, Model};
use sync::content::Content;
use sync::customers;
use sync::link::{Name, TargetId};
use sync::plan::Write;

use super::{Carried, Carrier, Job, Progress, ROWS_MAX};
use crate::engine::step::{Step, reached};

/// A record to be created.
struct Creation {
    group: usize,
    write: Write,
    columns: Content,
}

/// A model and its columns: what goes in one call.
pub(super) type Shape = (&'static str, Vec<String>);

pub(super) fn shape(model: &'static str, columns: &Content) -> Shape {
    let columns = columns.iter().map(|(column, _)| column.to_owned());
    (model, columns.collect())
}

impl Creation {
    /// With what Odoo lets it inherit of a parent in the same call: the parent has these columns, so the child has them
    /// as well, and empty ones would clear what it inherited as soon as the call is repeated.
    fn with_inherited(mut self, job: &Job) -> Self {
        let parent = self.columns.get("parent").and_then(|parent| {
            let mut writes = job.writes.iter();
            writes.find(|write| write.name.0 == parent)
        });
        if let Some(parent) = parent {
            self.columns =
                customers::inherited(&parent.holds, &self.columns).overlaid(&self.columns);
        }
        self
    }
}

impl Carrier {
    /// All creations of the batch. New records go in one call with everything that belongs to them, parents first. Those
    /// whose own columns differ go in calls of their own, and so does what is added to records that are there: an empty
    /// column is not nothing, it clears what Odoo puts there by itself.
    pub(super) async fn create(
        &self,
        progress: &mut [Progress],
        carried: &mut Carried,
    ) -> Result<(), odoo::Error> {
        let mut whole: BTreeMap<Shape, Vec<Creation>> = BTreeMap::new();
        let mut added: BTreeMap<Shape, Vec<Creation>> = BTreeMap::new();
        for (group, one) in progress.iter().enumerate() {
            let mut creations = one.job.creations();
            let own = creations.find(|(_, columns)| columns.get("parent").is_none());
            let own = own.map(|(write, columns)| shape(write.model, columns));
            for (write, columns) in one.job.creations() {
                let creation = Creation {
                    group,
                    write: write.clone(),
                    columns: columns.clone(),
                };
                if one.job.creates_parent_of(columns) {
                    let shape = own.clone().unwrap_or_else(|| shape(write.model, columns));
                    let whole = whole.entry(shape).or_default();
                    whole.push(creation.with_inherited(&one.job));
                } else {
                    let added = added.entry(shape(write.model, columns)).or_default();
                    added.push(creation);
                }
            }
        }
        for ((model, _), mut creations) in whole {
            creations.sort_by_key(|creation| creation.columns.get("parent").is_some());
            self.create_together(progress, model, creations, carried)
                .await?;
        }
        for ((model, _), mut creations) in added {
            while !creations.is_empty() {
                let rest = creations.split_off(creations.len().min(ROWS_MAX));
                self.create_together(progress, model, creations, carried)
                    .await?;
                creations = rest;
            }
        }
        Ok(())
    }

    /// One call: new records of one model under their external ids, in this order.
    async fn create_together(
        &self,
        progress: &mut [Progress],
        model: &'static str,
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
        let model = Model::named(model);
        let mut rows = Rows::new(model.clone(), header);
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
                Err(fault) => progress[group].failed = Some(self.verdict(&fault, carried).await?),
            }
        }
        Ok(())
    }
}
