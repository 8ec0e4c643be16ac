//! ServiceTitan is asked now.

use sandbox::fault::{Body, Fault, Rule};
use serde_json::json;

use super::{Caller, filled};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_it_gets_what_servicetitan_says_now() {
    let (rig, jobs) = filled().await;
    rig.reconfigure(|text| text.replace("every = \"5s\"", "every = \"off\""))
        .await;
    let serving = rig.serve().await;
    let caller = Caller::new(
        &rig,
        &serving,
        "office",
        "read:all",
        &["--connection", "acme"],
    )
    .await;
    crate::rig::until("the engine works", async || {
        let ready = reqwest::get(format!("{}/readyz", serving.address))
            .await
            .ok()?;
        ready.status().is_success().then_some(())
    })
    .await;
    let tenant = rig.tenant();
    let id = jobs[0].0;
    tenant
        .update_job(jobs[0], "<p>Replace the anode</p>")
        .expect("it is there");
    let path = format!("jobs/{id}");
    let before = caller.read(&path).await;
    assert_eq!(before["summary"], "Water heater does not heat");
    let fresh = caller.read(&format!("{path}?fresh=true")).await;
    assert_eq!(fresh["summary"], "Replace the anode");
    // It is filed like anything else, and goes on to Odoo.
    let summary = caller.read(&path).await["summary"].clone();
    assert_eq!(summary, "Replace the anode");
    crate::rig::until("the job is in step again", async || {
        let job = caller.read(&path).await;
        (job["connector"]["state"] == "synced").then_some(())
    })
    .await;

    // A list by ids; one that is new to the connector; one that is nowhere.
    let customer = rig.tenant().job(jobs[0]).expect("it is there").customer_id;
    let new = tenant.book_job(customer).expect("it has a location");
    let list = format!("jobs?ids={id},{new}");
    assert_eq!(caller.ids(&list).await, [id]);
    assert_eq!(caller.ids(&format!("{list}&fresh=true")).await, [id, new.0]);
    // A page.
    tenant
        .update_job(new, "<p>Look at the pump</p>")
        .expect("it is there");
    let page = caller.read("jobs?fresh=true&limit=200").await;
    let page = page["data"].as_array().expect("a list");
    let shown = page.iter().find(|job| job["id"] == json!(new.0));
    assert_eq!(shown.expect("it is there")["summary"], "Look at the pump");
    caller
        .get("jobs/999999999?fresh=true")
        .await
        .assert_problem(404);

    // Out of reach.
    let refuses = Rule::new(Fault::Reject {
        status: 503,
        body: Body::Json(json!({"title": "down"})),
    });
    rig.titan.faults().add(refuses);
    let refused = caller.get(&format!("{path}?fresh=true")).await;
    refused.assert_problem(503);
    assert_eq!(refused.header("retry-after"), "10");
    caller.read(&path).await;
}
