//! Jobs as a flow of their own: each becomes an account once, names its customer when Odoo holds the customer, and follows
//! ServiceTitan.

use std::sync::Arc;

use sandbox::servicetitan::{JobId, Options};
use serde_json::json;

use crate::odoo_side::{OdooSide, Partners};
use crate::rig::Rig;

const ACCOUNT: &str = "account.analytic.account";

async fn accounts(rig: &Rig) -> Partners {
    let fields = ["name", "code", "active", "plan_id", "partner_id"];
    rig.odoo.records(ACCOUNT, &fields).await
}

async fn they_arrive_once_and_follow(odoo: OdooSide) {
    let now = Arc::new(ml_connector::clock::now);
    let rig = Rig::with(odoo, Options::new(now).customers(4)).await;
    // Without customers at first.
    let customers = "[flows.customers]";
    rig.reconfigure(|text| text.replace(customers, &format!("{customers}\nenabled = false")))
        .await;
    rig.turn_on(&["jobs"]).await;
    let tenant = rig.tenant();
    let customers = tenant.customers();
    let booked: Vec<JobId> = customers
        .iter()
        .filter(|customer| customer.active)
        .map(|customer| tenant.book_job(customer.id).expect("it has a location"))
        .collect();

    let counts = rig.sync_all().await;
    assert_eq!(counts["jobs"]["created"], json!(booked.len()), "{counts:#}");
    let held = accounts(&rig).await;
    assert_eq!(held.len(), booked.len());
    for job in &booked {
        let held = &held[&format!("job_{job}")];
        let name = format!("{job} Water heater does not heat");
        assert_eq!(held["name"], json!(name));
        assert_eq!(held["code"], json!(job.to_string()));
        assert_eq!(held["plan_id"], json!("Jobs"));
        assert_eq!(held["partner_id"], json!(false));
    }
    let again = rig.sync_all().await;
    let done = (&again["jobs"]["created"], &again["jobs"]["updated"]);
    assert_eq!(done, (&json!(0), &json!(0)), "{again:#}");

    // The customers come, and one job is about something else.
    rig.reconfigure(|text| text.replace("\nenabled = false", ""))
        .await;
    tenant
        .update_job(booked[0], "<p>Replace the anode</p>")
        .expect("it is there");
    rig.sync_all().await;
    rig.sync_all().await;
    let partners = rig.partners().await;
    let held = accounts(&rig).await;
    for job in &booked {
        let row = tenant.job(*job).expect("it is there");
        let partner = &partners[&format!("customer_{}", row.customer_id)];
        let held = &held[&format!("job_{job}")];
        assert_eq!(held["partner_id"], partner["name"], "{held:?}");
    }
    let first = &held[&format!("job_{}", booked[0])];
    assert_eq!(
        first["name"],
        json!(format!("{} Replace the anode", booked[0]))
    );
    assert_eq!(held.len(), booked.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_arrive_once_and_follow_in_the_simulator() {
    they_arrive_once_and_follow(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_arrive_once_and_follow_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("jobs") else {
        return;
    };
    they_arrive_once_and_follow(odoo).await;
}
