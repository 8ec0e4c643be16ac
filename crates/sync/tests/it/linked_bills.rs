//! Bills that somebody entered in Odoo, and a person says are ServiceTitan's.

use serde_json::{Value, json};
use sync::flow::Flow;
use sync::link::TargetId;
use sync::linking::{Terms, Which};
use sync::plan::{Decision, RECREATE, Verb};

use crate::papers::{reason, sees, world, writes};
use crate::world::World;

/// What the plan links with, and why a person has to look at it.
fn adoption(decision: Decision) -> (Which, Terms, Option<String>) {
    let writes = writes(decision);
    let [write] = &writes[..] else {
        panic!("{writes:?}")
    };
    let Verb::Adopt { which, terms, hold } = &write.verb else {
        panic!("{write:?}")
    };
    assert_eq!(write.name.0, "bill_31");
    (*which, *terms, hold.clone().map(|hold| hold.cause))
}

/// A bill that was linked with account.move 900.
fn linked(changes: &Value) -> World {
    let mut world = world(changes);
    assert_eq!(world.carry_with("31", Some("link:900")), 1);
    world
}

#[test]
fn a_bill_is_linked_once_a_person_says_so_and_nothing_is_written() {
    let world = world(&json!({}));
    let terms = Terms {
        total: "31.74".parse().unwrap(),
        tax: "2.04".parse().unwrap(),
    };
    let said = |decision| adoption(world.plan_with("31", Some(decision)).decision);
    assert_eq!(said("link"), (Which::TheOnly, terms, None));
    let this = Which::This(TargetId(900));
    assert_eq!(said("link:900"), (this, terms, None));

    let world = linked(&json!({}));
    assert_eq!(world.plan("31").decision, Decision::Unchanged);
}

#[test]
fn accounts_and_items_that_are_missing_do_not_keep_it_from_being_linked() {
    let mut world = world(&json!({"jobId": 99, "businessUnit": {"id": 98, "name": "New"}}));
    assert!(matches!(world.plan("31").decision, Decision::Wait { .. }));
    assert_eq!(world.carry_with("31", Some("link:900")), 1);
    assert_eq!(world.plan("31").decision, Decision::Unchanged);
}

#[test]
fn what_changes_later_is_compared_again_and_never_written() {
    let mut world = linked(&json!({}));
    sees(&mut world, &json!({"taxAmount": 3.04, "billAmount": 32.74}));
    let (which, terms, hold) = adoption(world.plan("31").decision);
    assert_eq!(which, Which::This(TargetId(900)));
    assert_eq!(terms.total, "32.74".parse().unwrap());
    assert_eq!(hold, None);

    // Other lines of the same total: only a person can say whether Odoo's are right.
    let mut world = linked(&json!({}));
    let mut row = json!({});
    world.carry("31");
    row["items"] = json!([{
        "id": 1, "order": 1, "receiptItemId": 1_001, "skuId": 7, "description": "All of it", "quantity": 1.0,
        "cost": 24.7, "costOfSaleAccount": {"id": 2, "name": "Material", "number": "5000", "type": "Cost",
        "detailType": "Cost"},
    }]);
    sees(&mut world, &row);
    let (_, _, hold) = adoption(world.plan("31").decision);
    assert_eq!(hold.as_deref(), Some("linked-bill-changed"));
    let (_, _, hold) = adoption(world.plan_with("31", Some("link")).decision);
    assert_eq!(hold, None);
    assert_eq!(world.carry_with("31", Some("link")), 1);
    assert_eq!(world.plan("31").decision, Decision::Unchanged);
}

#[test]
fn one_that_servicetitan_withdraws_waits_for_a_person() {
    for decision in [None, Some(RECREATE), Some("link")] {
        let mut world = linked(&json!({}));
        sees(&mut world, &json!({"active": false}));
        let reason = reason(world.plan_with("31", decision).decision);
        assert_eq!(reason.cause, "linked-bill-withdrawn");
        assert!(reason.what.contains("account.move 900"), "{reason:?}");
    }
}

#[test]
fn one_that_is_gone_from_odoo_is_entered_when_a_person_says_so() {
    let world = linked(&json!({}));
    let writes = writes(world.plan_with("31", Some(RECREATE)).decision);
    assert!(matches!(writes[0].verb, Verb::Create { .. }), "{writes:?}");
    assert!(matches!(writes.last().unwrap().verb, Verb::Reach { .. }));
    assert_eq!(writes[0].holds.get("adopted"), None);
}

#[test]
fn other_records_know_nothing_of_it() {
    let world = World::new(Flow::Customers);
    let plan = world.plan_with("1", Some("link"));
    assert!(!matches!(plan.decision, Decision::Write(_)), "{plan:?}");
}
