//! The first load: every customer arrives, complete, exactly once; a second pass finds nothing to do.

use serde_json::json;

use crate::expected::assert_holds;
use crate::odoo_side::OdooSide;
use crate::rig::Rig;

async fn everything_arrives_once(odoo: OdooSide, customers: usize) {
    let rig = Rig::new(odoo, customers).await;
    let counts = rig.sync().await;
    let active = rig
        .tenant()
        .customers()
        .iter()
        .filter(|customer| customer.active)
        .count();
    assert_eq!(counts["created"], json!(active));
    assert_eq!(counts["failed"], json!(0));
    let partners = rig.partners().await;
    assert_holds(&partners, &rig.tenant());
    assert_eq!(
        rig.odoo.made_by_connector().await,
        partners.len(),
        "partners without an external id, or twice"
    );

    let again = rig.sync().await;
    assert_eq!(
        (&again["created"], &again["updated"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(rig.partners().await, partners);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_arrives_once_in_the_simulator() {
    everything_arrives_once(OdooSide::simulated().await, 300).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_customers_arrive_once_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("first_load") else {
        return;
    };
    everything_arrives_once(odoo, 2_000).await;
}
