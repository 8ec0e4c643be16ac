//! Jobs as tasks of a project.

use odoo::document::{Task, TaskState};
use odoo::preflight::{Needs, Problem};
use odoo::server::Operation;
use odoo::{Client, Context, Model, RecordId};
use serde_json::json;

use super::goods::make_of;
use super::invoices::sales;
use super::loading::load;
use crate::target::{Right, Target, object};

const COLUMNS: [&str; 6] = [
    "id",
    "name",
    "project_id/.id",
    "partner_id/.id",
    "date_deadline",
    "description",
];

async fn project(target: &Target) -> (RecordId, [RecordId; 2]) {
    let admin = &target.admin;
    let id = make_of(
        admin,
        Model::PROJECT,
        &["id", "name"],
        &[&["__contract__.project", "Jobs"]],
    )
    .await[0];
    let of = id.to_string();
    let stages = make_of(
        admin,
        Model::TASK_STAGE,
        &["id", "name", "fold", "sequence", "project_ids/.id"],
        &[
            &["__contract__.stage_open", "Scheduled", "0", "1", &of],
            &["__contract__.stage_done", "Completed", "1", "2", &of],
        ],
    )
    .await;
    (id, [stages[0], stages[1]])
}

async fn read(client: &Client, id: RecordId) -> Task {
    let found = client.tasks(&[id], &Context::new()).await.unwrap();
    found.into_iter().next().unwrap()
}

async fn write(client: &Client, id: RecordId, values: serde_json::Value) -> Task {
    client
        .write(&Model::TASK, &[id], object(values), &Context::new())
        .await
        .unwrap();
    read(client, id).await
}

pub(crate) async fn go_through_stages_and_states(target: &Target) {
    let client = &target.client;
    let (project, [open, done]) = project(target).await;
    let customer = sales(client).await.customer;
    target.hand.give(Right::Project).await;
    let (of, whose) = (project.to_string(), customer.to_string());
    let row = [
        "__contract__.task",
        "Job 7",
        &of,
        &whose,
        "2026-11-25 10:00:00",
        "<p>Hi <script>alert(1)</script><b onclick=\"x()\">b</b></p>",
    ];
    let id = make_of(client, Model::TASK, &COLUMNS, &[&row]).await[0];
    let again = make_of(client, Model::TASK, &COLUMNS, &[&row]).await;
    assert_eq!(again, [id]);
    let task = read(client, id).await;
    assert_eq!((task.project, task.stage), (Some(project), Some(open)));
    assert_eq!(task.customer, Some(customer));
    assert_eq!(task.state, Some(TaskState::InProgress));
    assert_eq!(task.description.as_deref(), Some("<p>Hi <b>b</b></p>"));
    assert_eq!(task.deadline, "2026-11-25T10:00:00Z".parse().ok());
    assert_eq!((task.ended, task.assignees.len()), (None, 0));

    let state = write(client, id, json!({"state": "1_done"})).await;
    assert_eq!((state.stage, state.ended), (Some(open), None));
    let stage = write(client, id, json!({"stage_id": done})).await;
    assert_eq!(stage.state, Some(TaskState::Done));
    assert!(stage.ended.is_some());
    let back = write(client, id, json!({"stage_id": open})).await;
    assert_eq!((back.state, back.ended), (Some(TaskState::Done), None));
    let bad = make_bad(client).await;
    assert!(bad.contains("not found in selection"), "{bad}");
    target.hand.take(Right::Project).await;
}

async fn make_bad(client: &Client) -> String {
    let mut rows = odoo::load::Rows::new(Model::TASK, ["id", "state"]);
    let row = ["__contract__.task", "nope"].map(str::to_owned);
    rows.push(0, row.to_vec()).unwrap();
    let loaded = load(client, &rows).await;
    loaded.groups[&0].as_ref().unwrap_err().message.clone()
}

/// Rights on the model do not tell who may make tasks in projects.
pub(crate) async fn of_projects_are_for_those_who_are_in_the_group(target: &Target) {
    let client = &target.client;
    let (project, _) = project(target).await;
    assert_eq!(
        client.has_access(&Model::TASK, Operation::Create).await,
        Ok(true)
    );
    let mut rows = odoo::load::Rows::new(Model::TASK, ["id", "name", "project_id/.id"]);
    let row = ["__contract__.forbidden", "Job 8", &project.to_string()].map(str::to_owned);
    rows.push(0, row.to_vec()).unwrap();
    let loaded = load(client, &rows).await;
    let fault = loaded.groups[&0].as_ref().unwrap_err();
    assert!(fault.message.contains("'create' access"), "{fault:?}");
    let problems = client.preflight(&Needs::tasks()).await.unwrap().problems();
    assert!(
        matches!(problems.as_slice(), [Problem::NotInGroup { .. }]),
        "{problems:?}"
    );
    // Projects are for managers.
    target.hand.give(Right::Project).await;
    let create = client.has_access(&Model::PROJECT, Operation::Create).await;
    let preflight = client.preflight(&Needs::tasks()).await.unwrap();
    target.hand.take(Right::Project).await;
    assert_eq!(create, Ok(false));
    assert_eq!(preflight.problems(), []);
}
