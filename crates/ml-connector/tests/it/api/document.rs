//! The OpenAPI document, and an independent tester that goes by it.

use std::path::Path;
use std::process::Stdio;

use ml_connector::web::api;
use reqwest::StatusCode;
use tokio::process::Command;

use super::{Caller, filled};

/// Kept in the repository for those who make clients of it.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

/// `ML_CONNECTOR_WRITE_OPENAPI=1` writes it.
#[test]
fn the_document_that_is_kept_is_the_one_that_is_served() {
    let text = format!(
        "{}\n",
        serde_json::to_string_pretty(&api::document()).expect("values have a JSON form")
    );
    if std::env::var("ML_CONNECTOR_WRITE_OPENAPI").is_ok() {
        std::fs::write(KEPT, &text).expect("docs/openapi.json can be written");
    }
    let kept = std::fs::read_to_string(KEPT).expect("docs/openapi.json");
    assert!(
        kept == text,
        "docs/openapi.json is not what the code says: run this test with ML_CONNECTOR_WRITE_OPENAPI=1 and commit it"
    );
}

/// Schemathesis tries what the document allows and forbids, against the service with what it holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_independent_tester_finds_no_violation() {
    let Ok(tester) = std::env::var("ML_CONNECTOR_TEST_SCHEMATHESIS") else {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "CI must provide ML_CONNECTOR_TEST_SCHEMATHESIS: run scripts/test"
        );
        println!("skipped: run scripts/test");
        return;
    };
    let (rig, _) = filled().await;
    let serving = rig.serve().await;
    let scope = ["--connection", "acme"];
    let caller = Caller::new(&rig, &serving, "tester", "read:all", &scope).await;
    let served = caller.get("openapi.json").await;
    assert_eq!(served.status, StatusCode::OK);
    assert_eq!(served.header("cache-control"), "public, max-age=300");
    assert_eq!(
        served.text,
        std::fs::read_to_string(Path::new(KEPT)).expect("docs/openapi.json")
    );
    let output = Command::new(tester)
        .current_dir(rig.path("."))
        .arg("run")
        .arg(format!("{}/api/v1/openapi.json", serving.address))
        .args(["--checks", "all", "--phases", "examples,coverage,fuzzing"])
        .args(["--seed", "20261124", "--generation-deterministic"])
        .args(["--max-examples", "8", "--rate-limit", "19/s"])
        .args(["--continue-on-failure", "--no-color"])
        .args([
            "--header",
            &format!("Authorization: Bearer {}", caller.token),
        ])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = output.await.expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{err}");
    println!("{said}");
}
