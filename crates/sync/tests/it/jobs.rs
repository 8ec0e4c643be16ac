//! Jobs: an account each, that names its customer where Odoo holds the customer.

use serde_json::{Value, json};
use sync::content::Content;
use sync::directory::{AnalyticPlan, Dimension, Directory, Purchasing};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::link::Name;
use sync::plan::{Decision, Verb};

use crate::world::{World, overlay};

fn job(changes: &Value) -> Value {
    let mut row = json!({
        "id": 9, "active": true, "jobNumber": "4711", "customerId": 3, "locationId": 31, "jobStatus": "Scheduled",
        "businessUnitId": 5, "jobTypeId": 51, "projectId": null, "invoiceId": 90, "customerPo": "",
        "summary": "<p>Water heater does not heat</p><p>Ring twice</p>", "noCharge": false, "total": null,
        "completedOn": null, "customFields": null, "externalData": null,
        "createdOn": "2026-01-01T00:00:00Z", "modifiedOn": "2026-01-01T00:00:00Z",
    });
    overlay(&mut row, changes);
    row
}

fn world(changes: &Value) -> World {
    let mut world = World::new(Flow::Jobs);
    world.sees(RowKind::Job, &job(changes));
    world
}

/// What the plan sends.
fn columns(world: &World) -> Content {
    let Decision::Write(writes) = world.plan("9").decision else {
        panic!("{:?}", world.plan("9"))
    };
    match &writes[0].verb {
        Verb::Create { columns } | Verb::Update { columns, .. } => columns.clone(),
        other => panic!("{other:?}"),
    }
}

fn name(changes: &Value) -> String {
    let columns = columns(&world(changes));
    columns.get("name").expect("a name").to_owned()
}

#[test]
fn a_job_is_an_account_of_its_plan() {
    let mut world = world(&json!({}));
    assert_eq!(
        columns(&world),
        Content::from_iter([
            ("active", "1"),
            ("code", "4711"),
            ("name", "4711 Water heater does not heat"),
            ("partner_id/.id", ""),
            ("plan_id/.id", "4"),
        ])
    );
    assert_eq!(world.carry("9"), 1);
    assert_eq!(world.plan("9").decision, Decision::Unchanged);
}

#[test]
fn its_name_is_its_number_and_a_few_words() {
    assert_eq!(name(&json!({"summary": null})), "4711");
    assert_eq!(
        name(&json!({"jobNumber": "", "summary": " \n "})),
        "9",
        "a row without a number has its id"
    );
    let long = name(&json!({"summary": format!("{} end", "word ".repeat(40))}));
    assert_eq!(long.chars().count(), 4 + 1 + 59 + 1, "{long}");
    assert!(long.ends_with("word…"), "{long}");
}

#[test]
fn its_customer_is_waited_for_by_no_job_and_named_when_it_comes() {
    let mut world = world(&json!({}));
    world.carry("9");
    let rests_on = [Name("customer_3".to_owned())];
    assert_eq!(world.plan("9").rests_on, rests_on);
    world.knows("customer_3", 30);
    assert_eq!(
        columns(&world),
        Content::from_iter([("partner_id/.id", "30")])
    );
    world.carry("9");
    // It goes to a customer who is not in Odoo.
    world.sees(RowKind::Job, &job(&json!({"customerId": 4})));
    assert_eq!(
        columns(&world),
        Content::from_iter([("partner_id/.id", "")])
    );
}

#[test]
fn where_odoo_knows_no_plans_it_is_an_account_without_one() {
    let mut world = world(&json!({}));
    let plans = Purchasing::default().with_analytic_plan(Dimension::Jobs, AnalyticPlan::Unknown);
    world.directory = Directory::default().with_purchasing(plans);
    assert_eq!(columns(&world).get("plan_id/.id"), None);
    world.directory = Directory::default();
    let Decision::Fail(reason) = world.plan("9").decision else {
        panic!("there is no plan")
    };
    assert_eq!(reason.cause, "no-analytic-plan");
    assert!(reason.what.contains("\"Jobs\""), "{}", reason.what);
}

#[test]
fn a_job_that_is_deleted_is_archived() {
    let mut world = world(&json!({}));
    world.carry("9");
    world.sees(RowKind::Job, &job(&json!({"active": false})));
    assert_eq!(columns(&world), Content::from_iter([("active", "0")]));
}
