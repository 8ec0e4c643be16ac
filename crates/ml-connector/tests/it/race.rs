//! Two at once: connectors that know nothing of each other on the same customers, and two commands on one store.

use std::time::Duration;

use serde_json::json;

use crate::expected::assert_holds;
use crate::odoo_side::OdooSide;
use crate::rig::Rig;

/// Two connectors with separate stores bring the same customers at the same time; then both bring the same changes.
async fn two_connectors_race(odoo: OdooSide, customers: usize) {
    let one = Rig::new(odoo, customers).await;
    let two = one.twin().await;
    let (first, second) = tokio::join!(one.sync(), two.sync());
    assert_eq!(
        (&first["failed"], &second["failed"]),
        (&json!(0), &json!(0)),
        "{first} {second}"
    );
    // Each believes to have created everything; Odoo holds it once.
    assert_once(&one).await;
    if let OdooSide::Simulated(odoo) = &*one.odoo {
        let refused = odoo.called("res.partner", "load").refused;
        assert!(refused > 0, "nothing ever collided: this proves nothing");
    }

    for (turn, customer) in one
        .tenant()
        .customers()
        .iter()
        .filter(|customer| customer.active)
        .enumerate()
        .step_by(3)
    {
        one.tenant()
            .rename_customer(customer.id, &format!("Raced {turn}"))
            .expect("it is there");
    }
    let (first, second) = tokio::join!(one.sync(), two.sync());
    assert_eq!(
        (&first["failed"], &second["failed"]),
        (&json!(0), &json!(0)),
        "{first} {second}"
    );
    assert_once(&one).await;
}

async fn assert_once(rig: &Rig) {
    let partners = rig.partners().await;
    assert_holds(&partners, &rig.tenant());
    assert_eq!(
        rig.odoo.made_by_connector().await,
        partners.len(),
        "partners without an external id, or twice"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_connectors_race_without_duplicates_in_the_simulator() {
    // Calls that take their time overlap, and calls that overlap conflict.
    let odoo = OdooSide::simulated_with(|options| options.work_per_row = Duration::from_millis(4));
    two_connectors_race(odoo.await, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_connectors_race_without_duplicates_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("race") else {
        return;
    };
    two_connectors_race(odoo, 150).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_commands_on_one_store_one_does_the_work() {
    let odoo = OdooSide::simulated_with(|options| options.work_per_row = Duration::from_millis(2));
    let rig = Rig::new(odoo.await, 200).await;
    let (first, second) = tokio::join!(rig.sync(), rig.sync());
    let active = rig
        .tenant()
        .customers()
        .iter()
        .filter(|customer| customer.active)
        .count();
    let created = |counts: &serde_json::Value| counts["created"].as_u64().expect("a count");
    // Each tells what happened while it was under way; what happened twice is told below.
    let active = u64::try_from(active).expect("few");
    assert!(
        created(&first).max(created(&second)) == active
            && created(&first) + created(&second) >= active,
        "{first} {second}"
    );
    assert_eq!(
        (&first["failed"], &second["failed"]),
        (&json!(0), &json!(0))
    );
    let partners = rig.partners().await;
    let rows = rig
        .odoo
        .simulator()
        .called("res.partner", "load")
        .rows_written;
    assert_eq!(
        rows,
        u64::try_from(partners.len()).expect("few"),
        "something was written twice"
    );
    assert_once(&rig).await;
}
