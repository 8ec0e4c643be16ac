//! The connector runs into an error of its own: the connection is paused, whoever waits is told, and nothing is lost.

use crate::odoo_side::OdooSide;
use crate::rig::{Rig, until};

/// The variable by which a build for development breaks down at a step.
const BREAK_DOWN_AT: &str = "ML_CONNECTOR_TEST_BREAK_DOWN_AT";

const CUSTOMERS: usize = 6;

async fn state(rig: &Rig) -> (String, String) {
    let status = rig.json(&["status", "--json"]).await;
    let acme = &status["connections"]["acme"];
    let text = |name: &str| acme[name].as_str().unwrap_or_default().to_owned();
    (text("state"), text("cause"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_breaks_down_ends_and_says_so() {
    let rig = Rig::new(OdooSide::simulated().await, CUSTOMERS).await;
    for step in ["plan: planned", "apply: creating"] {
        let mut command = rig.command(&["sync"]);
        let output = command.env(BREAK_DOWN_AT, step).output();
        let output = output.await.expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{step}: {said}");
        assert!(said.contains("ran into an error of its own"), "{said}");
        let paused = ("paused".to_owned(), "internal-error".to_owned());
        assert_eq!(state(&rig).await, paused);
        let failures = rig.run_to(0, &["failures"]).await.out;
        assert!(failures.contains("internal-error"), "{failures}");
    }
    // Whoever mended the connector starts it again.
    let counts = rig.sync().await;
    assert_ne!(counts["created"], 0, "{counts}");
    assert_eq!(state(&rig).await.0, "active");
    assert_eq!(
        rig.odoo.made_by_connector().await,
        rig.odoo.ids().await.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_breaks_down_rests_and_answers_whoever_asks() {
    let rig = Rig::new(OdooSide::simulated().await, CUSTOMERS).await;
    let mut command = rig.command(&["serve"]);
    command.env(BREAK_DOWN_AT, "plan: planned");
    let serving = rig.serve_as(command).await;
    until("a pause", async || {
        let (_, cause) = state(&rig).await;
        (cause == "internal-error").then_some(())
    })
    .await;
    let ran = rig.run(&["sync"]).await;
    assert_eq!(ran.code, Some(1), "{}\n{}", ran.out, ran.err);
    assert!(ran.err.contains("an error of its own"), "{}", ran.err);
    let log = serving.log();
    let fell = log.matches("a test breaks it down").count();
    assert_eq!(fell, 2, "once by itself, once for the sync:\n{log}");
    serving.stop().await;

    let serving = rig.serve().await;
    until("customers", async || {
        let status = rig.status().await;
        (status["synced"] != 0 && status["pending"] == 0).then_some(())
    })
    .await;
    serving.stop().await;
}
