//! Lost replies, hang-ups, restarts, dying workers.

use std::time::Duration;

use sandbox::fault::{Fault, Rule};
use serde_json::json;

use super::Rig;

const ROWS: &[&str] = &["id", "name"];

fn body() -> serde_json::Value {
    json!({"fields": ROWS, "data": [["x.1", "Ann"]]})
}

#[tokio::test]
async fn a_lost_reply_leaves_the_work_done() {
    let rig = Rig::start().await;
    let lost = rig.odoo.faults().add(
        Rule::new(Fault::LoseReply)
            .path("/json/2/res.partner/load")
            .times(1),
    );
    let error = rig
        .request("res.partner", "load", &body())
        .send()
        .await
        .unwrap_err();
    assert!(!error.is_connect(), "{error:?}");
    assert_eq!(rig.odoo.faults().fired(lost), 1);
    let id = rig.id_of("x.1");
    assert_eq!(
        rig.loaded(ROWS, json!([["x.1", "Ann"]])).await,
        [id.0],
        "the resend finds what was made"
    );
}

#[tokio::test]
async fn a_reset_leaves_nothing_done() {
    let rig = Rig::start().await;
    rig.odoo.faults().add(Rule::new(Fault::Reset).times(1));
    rig.request("res.partner", "load", &body())
        .send()
        .await
        .unwrap_err();
    assert!(rig.odoo.partners().is_empty());
    assert_eq!(rig.odoo.called("res.partner", "load").calls, 0);
}

#[tokio::test]
async fn vendor_errors_speak_like_odoo() {
    let rig = Rig::start().await;
    rig.odoo
        .faults()
        .add(Rule::new(Fault::ServerError).times(1));
    let (status, error) = rig.call("res.partner", "load", body()).await;
    assert_eq!(
        (status, &error["name"]),
        (500, &json!("psycopg2.OperationalError"))
    );
}

#[tokio::test]
async fn a_call_goes_on_when_its_client_hangs_up() {
    let rig = Rig::with(|o| o.work_per_row = Duration::from_millis(600)).await;
    let impatient = tokio::spawn(rig.request("res.partner", "load", &body()).send());
    rig.in_progress(1).await;
    impatient.abort();
    // The resend overlaps with the first call, so it is told to try again, and the try after that finds the record.
    let answer = rig.load(ROWS, json!([["x.1", "Ann"]])).await;
    assert_eq!(answer["ids"], false, "{answer}");
    let ids = rig.loaded(ROWS, json!([["x.1", "Ann"]])).await;
    assert_eq!(ids, [rig.id_of("x.1").0]);
    assert_eq!(rig.odoo.partners().len(), 1);
}

#[tokio::test]
async fn a_restart_cuts_calls_off_and_loses_nothing_that_was_committed() {
    let rig = Rig::with(|o| o.work_per_row = Duration::from_millis(300)).await;
    rig.loaded(ROWS, json!([["x.0", "Before"]])).await;
    let call = rig.request("res.partner", "load", &body()).send();
    let outage = async {
        rig.in_progress(1).await;
        rig.odoo.go_down().await;
    };
    let (cut, ()) = tokio::join!(call, outage);
    cut.unwrap_err();
    let refused = rig
        .request("res.partner", "load", &body())
        .send()
        .await
        .unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    rig.in_progress(0).await;
    rig.odoo.come_up().await.unwrap();
    rig.loaded(ROWS, json!([["x.2", "After"]])).await;
    assert_eq!(
        rig.names(),
        ["Before", "After"],
        "the call that was cut off left nothing"
    );
}

#[tokio::test]
async fn a_call_over_the_time_limit_dies_without_an_answer() {
    let rig = Rig::with(|o| {
        o.work_per_row = Duration::from_millis(30);
        o.time_limit = Some(Duration::from_millis(100));
    })
    .await;
    let rows: Vec<_> = (0..10).map(|n| json!([format!("x.{n}"), "A"])).collect();
    let big = json!({"fields": ROWS, "data": rows});
    let error = rig
        .request("res.partner", "load", &big)
        .send()
        .await
        .unwrap_err();
    assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
    assert!(rig.odoo.partners().is_empty());
    rig.loaded(ROWS, json!([["x.1", "A"], ["x.2", "B"]])).await;
}
