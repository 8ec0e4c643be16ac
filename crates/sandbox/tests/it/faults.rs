//! Faults as a client meets them, on the ServiceTitan simulator.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::Method;
use sandbox::fault::{Body, Fault, Rule};
use sandbox::servicetitan::customer_id;
use serde_json::{Value, json};

use crate::servicetitan::Desk;

async fn rename(desk: &Desk) -> Result<u16, reqwest::Error> {
    let path = format!("customers/{}", customer_id(0));
    let request = desk
        .request(Method::PATCH, "crm", &path)
        .json(&json!({ "name": "Renamed" }));
    request
        .send()
        .await
        .map(|response| response.status().as_u16())
}

fn name(desk: &Desk) -> String {
    desk.tenant.customer(customer_id(0)).unwrap().name
}

#[tokio::test]
async fn a_lost_reply_takes_effect_and_is_never_seen() {
    let desk = Desk::new().await;
    let rule = desk
        .sandbox
        .faults()
        .add(Rule::new(Fault::LoseReply).method("patch").times(1));
    let error = rename(&desk).await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    assert_eq!(name(&desk), "Renamed");
    assert_eq!(desk.sandbox.faults().fired(rule), 1);
    assert_eq!(rename(&desk).await.unwrap(), 200, "once was asked for");
}

#[tokio::test]
async fn a_reset_takes_no_effect() {
    let desk = Desk::new().await;
    desk.sandbox
        .faults()
        .add(Rule::new(Fault::Reset).method("PATCH").times(1));
    let before = name(&desk);
    rename(&desk).await.unwrap_err();
    assert_eq!(name(&desk), before);
    assert_eq!(rename(&desk).await.unwrap(), 200);
}

/// What the socket itself sees, without an HTTP client's interpretation.
#[tokio::test]
async fn a_cut_connection_gives_not_one_byte() {
    for fault in [Fault::LoseReply, Fault::Reset] {
        let desk = Desk::new().await;
        desk.sandbox.faults().add(fault);
        let address = desk.sandbox.url().replace("http://", "");
        let read = tokio::task::spawn_blocking(move || {
            let mut socket = TcpStream::connect(address).unwrap();
            socket
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            socket
                .write_all(b"GET /crm HTTP/1.1\r\nHost: x\r\n\r\n")
                .unwrap();
            socket.read(&mut [0; 16]).map_err(|error| error.kind())
        });
        let read = read.await.unwrap();
        assert!(
            matches!(read, Err(std::io::ErrorKind::ConnectionReset) | Ok(0)),
            "{read:?}"
        );
    }
}

/// A refusal, and what its answer must be: status, content type, a part of the body.
fn refusals() -> Vec<(Fault, u16, &'static str, &'static str)> {
    let problem = "application/problem+json";
    let reject = |status, body| Fault::Reject { status, body };
    vec![
        (Fault::ServerError, 500, problem, "\"traceId\""),
        (
            Fault::HtmlBadGateway,
            502,
            "text/html",
            "<h1>502 Bad Gateway</h1>",
        ),
        (
            Fault::RateLimited {
                retry_after_s: None,
            },
            429,
            problem,
            "Rate limit",
        ),
        (reject(403, Body::Vendor), 403, problem, "403"),
        (
            reject(503, Body::Text("down".into())),
            503,
            "text/plain",
            "down",
        ),
        (
            reject(409, Body::Json(json!([1]))),
            409,
            "application/json",
            "[1]",
        ),
        (reject(504, Body::Empty), 504, "text/plain", ""),
    ]
}

#[tokio::test]
async fn refusals_leave_no_trace_and_look_like_the_vendors() {
    let desk = Desk::new().await;
    let faults = desk.sandbox.faults();
    let before = name(&desk);
    for (fault, status, kind, part) in refusals() {
        let rule = faults.add(fault);
        let path = format!("customers/{}", customer_id(0));
        let request = desk
            .request(Method::PATCH, "crm", &path)
            .json(&json!({ "name": "x" }));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        assert!(
            response.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with(kind)
        );
        assert!(response.headers().get("retry-after").is_none());
        assert!(response.text().await.unwrap().contains(part));
        faults.remove(rule);
    }
    faults.add(Fault::RateLimited {
        retry_after_s: Some(3),
    });
    let response = desk.answer(Method::GET, "crm", "customers").await;
    assert_eq!(response.headers()["retry-after"], "3");
    assert_eq!(name(&desk), before);
}

#[tokio::test]
async fn a_held_request_waits_for_its_release() {
    let desk = Desk::new().await;
    let faults = desk.sandbox.faults();
    for (fault, applied) in [(Fault::Hold, false), (Fault::HoldReply, true)] {
        let before = name(&desk);
        let rule = faults.add(Rule::new(fault).method("PATCH"));
        let path = format!("customers/{}", customer_id(0));
        let next = format!("{before}!");
        let request = desk
            .request(Method::PATCH, "crm", &path)
            .json(&json!({ "name": next }));
        let held = tokio::spawn(request.send());
        faults.wait_fired(rule, 1).await;
        if applied {
            while name(&desk) != next {
                tokio::task::yield_now().await;
            }
        } else {
            assert_eq!(name(&desk), before);
        }
        assert!(!held.is_finished());
        faults.release(rule);
        assert_eq!(held.await.unwrap().unwrap().status(), 200);
        assert_eq!(name(&desk), next);
    }
}

#[tokio::test]
async fn a_slow_answer_comes_late() {
    let desk = Desk::new().await;
    desk.sandbox
        .faults()
        .add(Rule::new(Fault::Slow { delay_ms: 300 }).times(1));
    let start = Instant::now();
    assert_eq!(rename(&desk).await.unwrap(), 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn rules_say_which_requests_and_how_often() {
    let desk = Desk::new().await;
    let faults = desk.sandbox.faults();
    let statuses = async |n: usize| {
        let mut statuses = Vec::new();
        for _ in 0..n {
            statuses.push(
                desk.answer(Method::GET, "crm", "customers")
                    .await
                    .status()
                    .as_u16(),
            );
        }
        statuses
    };
    faults.add(Rule::new(Fault::ServerError).after(1).every(2).times(2));
    assert_eq!(statuses(6).await, [200, 500, 200, 500, 200, 200]);
    faults.clear();

    faults.add(Rule::new(Fault::ServerError).path("/connect"));
    faults.add(Rule::new(Fault::ServerError).path_contains("/export/"));
    faults.add(Rule::new(Fault::ServerError).matching(|call| call.query.contains("page=2")));
    faults
        .add(Rule::new(Fault::ServerError).matching(|call| call.body == b"{\"name\":\"Renamed\"}"));
    assert_eq!(statuses(1).await, [200]);
    for path in ["export/customers", "customers?page=2"] {
        assert_eq!(
            desk.answer(Method::GET, "crm", path).await.status(),
            500,
            "{path}"
        );
    }
    assert_eq!(
        rename(&desk).await.unwrap(),
        500,
        "the matcher saw the body"
    );
    assert_eq!(
        desk.answer(Method::GET, "crm", "customers?page=3")
            .await
            .status(),
        200
    );
    faults.clear();

    let rule = faults.add(Rule::new(Fault::ServerError).with_probability(0.3));
    let drawn = statuses(60).await;
    let struck = drawn.iter().filter(|status| **status == 500).count();
    assert!((8..30).contains(&struck), "{struck} of 60");
    assert_eq!(faults.fired(rule), struck as u64);
    let again = Desk::new().await;
    again
        .sandbox
        .faults()
        .add(Rule::new(Fault::ServerError).with_probability(0.3));
    for status in drawn {
        assert_eq!(
            again.answer(Method::GET, "crm", "customers").await.status(),
            status,
            "seeded"
        );
    }
}

#[tokio::test]
async fn the_controls_are_never_struck() {
    let desk = Desk::new().await;
    desk.sandbox.faults().add(Fault::Reset);
    let url = format!("{}/sandbox", desk.sandbox.url());
    let overview: Value = desk
        .http
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(overview["app_key"].is_string());
}

#[tokio::test]
async fn a_stopped_simulator_is_gone_and_a_dropped_one_cuts_what_waits() {
    let desk = Desk::new().await;
    let (url, http) = (desk.sandbox.url(), desk.http.clone());
    desk.sandbox.stop().await;
    assert!(http.get(&url).send().await.unwrap_err().is_connect());

    let desk = Desk::new().await;
    let rule = desk.sandbox.faults().add(Fault::Hold);
    let held = tokio::spawn(desk.request(Method::GET, "crm", "customers").send());
    desk.sandbox.faults().wait_fired(rule, 1).await;
    drop(desk);
    assert!(held.await.unwrap().is_err());
}
