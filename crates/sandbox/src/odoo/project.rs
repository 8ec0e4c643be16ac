//! Projects and their tasks.
//!
//! Everybody has tasks of their own, in no project; so rights on the model do not tell who may make tasks in projects: a
//! rule does. A task begins in its project's first stage, and ends when it comes into a folded one. State and stage are
//! two things: neither follows the other.

use serde_json::{Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::database::{Row, Tx};
use super::refusal::Refusal;
use super::schema::Model;
use super::value::{Value, is_truthy};
use super::write::{self, Values};

const TASK: Model = Model::Task;
const PROJECT: Model = Model::Project;
const STAGE: Model = Model::Stage;

/// `create` of projects. Stages know their projects, and projects their stages.
pub(super) fn create_projects(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    let mut ids = Vec::with_capacity(vals_list.len());
    for mut vals in vals_list {
        let user = tx.env.user;
        vals.entry("user_id").or_insert(json!(user));
        ids.extend(write::create_plain(tx, PROJECT, &[vals])?);
    }
    Ok(ids)
}

/// `create` of tasks.
pub(super) fn create(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    access::check(tx, TASK, Operation::Create, &[])?;
    let mut ids = Vec::with_capacity(vals_list.len());
    for mut vals in vals_list {
        write::check_names(TASK, &vals)?;
        let project = vals.get("project_id").and_then(Json::as_i64).map(Id);
        match project {
            Some(project) => {
                let stage = first_stage(tx, project);
                vals.entry("stage_id").or_insert(json!(stage));
            }
            None if !vals.get("user_ids").is_some_and(is_truthy) => {
                let own = json!([[6, 0, [tx.env.user]]]);
                vals.insert("user_ids".to_owned(), own);
            }
            None => {}
        }
        let id = write::create_plain(tx, TASK, &[vals])?[0];
        follow(tx, id, None)?;
        ids.push(id);
    }
    Ok(ids)
}

fn of_project(tx: &Tx<'_>, stage: &Row, project: Id) -> bool {
    let own = tx
        .row(PROJECT, project)
        .is_some_and(|row| row.get(PROJECT, "type_ids").as_many().contains(&stage.id()));
    own || stage.get(STAGE, "project_ids").as_many().contains(&project)
}

fn first_stage(tx: &Tx<'_>, project: Id) -> Option<Id> {
    tx.db
        .rows(STAGE)
        .filter(|stage| of_project(tx, stage, project))
        .min_by_key(|stage| (stage.get(STAGE, "sequence").as_int(), stage.id()))
        .map(Row::id)
}

/// `write` of tasks.
pub(super) fn write(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    for id in ids {
        let before = tx.existing(TASK, *id)?.reference(TASK, "stage_id");
        let mut vals = vals.clone();
        let project = vals.get("project_id").and_then(Json::as_i64).map(Id);
        let moved = project != tx.existing(TASK, *id)?.reference(TASK, "project_id");
        if let Some(project) = project.filter(|_| moved) {
            let stage = first_stage(tx, project);
            vals.entry("stage_id").or_insert(json!(stage));
        }
        write::write_plain(tx, TASK, &[*id], &vals)?;
        follow(tx, *id, before)?;
    }
    Ok(())
}

/// The dates that follow from stage and assignees.
fn follow(tx: &mut Tx<'_>, id: Id, stage_before: Option<Id>) -> Result<(), Refusal> {
    let now = Value::Time(tx.env.now);
    let row = tx.existing(TASK, id)?;
    let stage = row.reference(TASK, "stage_id");
    let folded = stage
        .and_then(|id| tx.row(STAGE, id))
        .is_some_and(|row| row.get(STAGE, "fold").as_bool());
    let assigned = row.reference(TASK, "project_id").is_some()
        && !row.get(TASK, "user_ids").as_many().is_empty()
        && !row.get(TASK, "date_assign").is_set();
    let mut values = Vec::new();
    if stage != stage_before {
        let end = if folded { now.clone() } else { Value::Empty };
        values.push(("date_end", end));
        values.push(("date_last_stage_update", now.clone()));
    }
    if assigned {
        values.push(("date_assign", now));
    }
    tx.store(TASK, id, values)
}
