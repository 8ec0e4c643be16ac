//! From a target back to what leads there, and who is planned anew when a record was looked at.

use store::links::Targets;
use store::records::Outcome;
use sync::flow::Flow;
use sync::link::{Name, TargetId};
use sync::record::State;

use crate::rig::{Rig, at, name, observed, on_every_database, put, sighting, synced};

on_every_database!(
    targets_are_found_in_their_order,
    a_target_is_unseen_until_it_is_a_record,
    who_looked_at_a_record_is_due_when_it_stirs,
);

const MODEL: &str = "res.partner";

/// Two customers, each with a link, of which the second has an alias as well.
async fn linked(rig: &Rig) -> store::connections::ConnectionId {
    let id = rig.connection("acme").await;
    let rows = [1, 2].map(|n| sighting(&format!("customer/{n}"), &n.to_string(), "{}"));
    rig.observe(id, rows.to_vec(), at(1)).await;
    let due = rig.due(id, at(1)).await;
    let outcomes = due.iter().map(|due| {
        let mut made = synced(due);
        made.links = match due.key.source.0.as_str() {
            "1" => vec![put("customer_1", 30)],
            _ => vec![put("customer_2", 20), put("customer_9", 20)],
        };
        made
    });
    rig.record_outcomes(id, outcomes.collect(), at(2)).await;
    id
}

fn said(found: Vec<(TargetId, Name)>) -> Vec<(i64, String)> {
    let found = found.into_iter();
    found.map(|(target, name)| (target.0, name.0)).collect()
}

fn all() -> Vec<(i64, String)> {
    [(20, "customer_2"), (20, "customer_9"), (30, "customer_1")]
        .map(|(target, name)| (target, name.to_owned()))
        .to_vec()
}

async fn targets_are_found_in_their_order(rig: Rig) {
    let id = linked(&rig).await;
    let store = &rig.store;
    let after = async |flow, after, limit| {
        let flows = [flow];
        let found = store.targets(id, &flows, MODEL, Targets::After(TargetId(after)), limit);
        said(found.await.unwrap())
    };
    assert_eq!(after(Flow::Customers, 0, 10).await, all());
    assert_eq!(after(Flow::Customers, 0, 2).await, all()[..2]);
    assert_eq!(after(Flow::Customers, 20, 2).await, all()[2..]);
    assert_eq!(after(Flow::Vendors, 0, 10).await, []);
    let targets = [30, 20, 7].map(TargetId);
    let named = store.names_of_all(id, MODEL, &targets).await.unwrap();
    assert_eq!(said(named), all());
    let other = store.names_of_all(id, "account.move", &targets).await;
    assert_eq!(said(other.unwrap()), []);
}

async fn a_target_is_unseen_until_it_is_a_record(rig: Rig) {
    let id = linked(&rig).await;
    let unseen = async |limit| {
        let flows = [Flow::Customers, Flow::Vendors];
        let found = rig
            .store
            .targets(id, &flows, MODEL, Targets::UnseenBy(Flow::OdooBills), limit);
        said(found.await.unwrap())
    };
    assert_eq!(unseen(10).await, all());
    assert_eq!(unseen(1).await, all()[..1]);
    let mut seen = observed(vec![sighting("odoo-bill/20", "20", "{}")]);
    seen.flow = Flow::OdooBills;
    rig.store.observe(id, seen, at(3)).await.unwrap();
    assert_eq!(unseen(10).await, all()[2..]);
}

async fn who_looked_at_a_record_is_due_when_it_stirs(rig: Rig) {
    let id = linked(&rig).await;
    let row = sighting("customer/3", "3", "{}");
    rig.observe(id, vec![row], at(3)).await;
    let looks = Outcome {
        depends_on: vec![name("customer_1")],
        ..synced(&rig.only_due(id, at(3)).await)
    };
    rig.record_outcomes(id, vec![looks], at(3)).await;
    assert_eq!(rig.state(id, "3").await, State::Synced);
    let row = sighting("customer/1", "1", "{\"a\": 1}");
    rig.observe(id, vec![row], at(4)).await;
    let due = rig.only_due(id, at(4)).await;
    // It holds what it held, and its link leads where it led.
    rig.record_outcomes(id, vec![synced(&due)], at(4)).await;
    assert_eq!(rig.state(id, "3").await, State::Synced);
    let row = sighting("customer/1", "1", "{\"a\": 2}");
    rig.observe(id, vec![row], at(5)).await;
    let stirs = Outcome {
        stirs: vec![name("customer_1")],
        ..synced(&rig.only_due(id, at(5)).await)
    };
    rig.record_outcomes(id, vec![stirs], at(5)).await;
    assert_eq!(rig.state(id, "3").await, State::Pending);
}
