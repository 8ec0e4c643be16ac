//! The webhook sender, against a receiver that writes down what it gets.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use sandbox::servicetitan::{Encoding, Subscription, customer_id, sign};
use serde_json::{Value, json};

use super::Desk;

#[derive(Clone, Default)]
pub(super) struct Receiver {
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    /// Answers to give, then 200 for ever.
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    /// Listens; gives its URL.
    pub(super) async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    pub(super) fn bodies(&self) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        got.iter()
            .map(|(_, body)| serde_json::from_slice(body).unwrap())
            .collect()
    }

    pub(super) fn kinds(&self) -> Vec<String> {
        let kind = |body: &Value| body["type"].as_str().unwrap().to_owned();
        self.bodies().iter().map(kind).collect()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    receiver.got.lock().unwrap().push((headers, body));
    let answer = receiver.answers.lock().unwrap().pop_front().unwrap_or(200);
    StatusCode::from_u16(answer).unwrap()
}

async fn desk() -> (Desk, Receiver, String) {
    let desk = Desk::with(|o| {
        o.customers(10)
            .switch(|s| s.webhook_retry_ms = vec![1, 2, 3, 4])
    })
    .await;
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    (desk, receiver, url)
}

#[tokio::test]
async fn a_jobs_life_is_told_in_order() {
    let (desk, receiver, url) = desk().await;
    desk.sandbox
        .webhooks()
        .subscribe(Subscription::new(&url, "k".repeat(32).as_str()));
    let job = desk.tenant.book_job(customer_id(0)).unwrap();
    desk.tenant
        .update_job(job, "<p>Bring a ladder</p>")
        .unwrap();
    desk.tenant.reschedule_job(job, 3).unwrap();
    desk.tenant.complete_job(job, 12_050).unwrap();
    desk.tenant.post_invoice(job).unwrap();
    desk.sandbox.webhooks().settled().await;
    assert_eq!(
        receiver.kinds(),
        [
            "tn.jpm.job-scheduled",
            "tn.jpm.job-updated",
            "tn.jpm.job-rescheduled",
            "tn.jpm.job-appointment-updated",
            "tn.jpm.job-completed",
            "tn.acc.invoice-updated",
            "tn.acc.invoice-batched",
            "tn.acc.invoice-posted",
        ]
    );
    let bodies = receiver.bodies();
    assert_eq!(bodies[0]["data"]["job"]["customerId"], customer_id(0).0);
    assert_eq!(bodies[0]["data"]["tenantId"], desk.tenant.id().0);
    assert_eq!(bodies[4]["data"]["job"]["jobStatus"], "Completed");
    assert_eq!(bodies[7]["data"]["invoice"]["total"], "120.50");
    let row = desk.get("jpm", &format!("jobs/{job}")).await;
    assert_eq!(row["total"], json!(120.5));
}

#[tokio::test]
async fn deliveries_are_signed_over_their_raw_bytes() {
    let (desk, receiver, url) = desk().await;
    for (encoding, header, prefix) in [
        (Encoding::Hex, "X-Signature", ""),
        (Encoding::UpperHex, "X-Other", "sha256="),
        (Encoding::Base64, "X-Signature", ""),
    ] {
        let (header, prefix) = (header.to_owned(), prefix.to_owned());
        let secret = Subscription::new(&url, "the key of the app");
        desk.sandbox.webhooks().subscribe(Subscription {
            encoding,
            header,
            prefix,
            ..secret
        });
    }
    let unsigned = Subscription {
        secret: None,
        ..Subscription::new(&url, "")
    };
    desk.sandbox.webhooks().subscribe(unsigned);
    desk.tenant.book_job(customer_id(0)).unwrap();
    desk.sandbox.webhooks().settled().await;
    let got = receiver.got.lock().unwrap();
    let mut told = BTreeSet::new();
    for (headers, body) in got.iter() {
        let key = "the key of the app";
        let text = |name: &str| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        if text("x-signature") == Some(sign(key, Encoding::Hex, body)) {
            told.insert("hex");
        } else if text("x-signature") == Some(sign(key, Encoding::Base64, body)) {
            told.insert("base64");
        } else if text("x-other") == Some(format!("sha256={}", sign(key, Encoding::UpperHex, body)))
        {
            told.insert("upper hex with prefix");
        } else if text("x-signature").is_none() && text("x-other").is_none() {
            told.insert("none");
        }
    }
    assert_eq!(
        told,
        BTreeSet::from(["base64", "hex", "none", "upper hex with prefix"])
    );
    // RFC 4231, test case 2: the signature is plain HMAC-SHA256.
    assert_eq!(
        sign("Jefe", Encoding::Hex, b"what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[tokio::test]
async fn a_failed_delivery_is_tried_four_times_more_as_the_same_occurrence() {
    let (desk, receiver, url) = desk().await;
    *receiver.answers.lock().unwrap() = VecDeque::from([500, 429, 302, 503, 200]);
    desk.sandbox
        .webhooks()
        .subscribe(Subscription::new(&url, "s"));
    desk.tenant.book_job(customer_id(0)).unwrap();
    desk.sandbox.webhooks().settled().await;
    let bodies = receiver.bodies();
    let values = |field: &str| -> BTreeSet<String> {
        bodies
            .iter()
            .map(|body| body[field].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(bodies.len(), 5);
    assert_eq!(values("userassignedid").len(), 1);
    assert_eq!(values("id").len(), 5);
    let attempts = desk.sandbox.webhooks().attempts();
    let outcomes: Vec<_> = attempts
        .iter()
        .map(|a| (a.attempt, a.status, a.will_retry))
        .collect();
    let expected = [
        (1, 500, true),
        (2, 429, true),
        (3, 302, true),
        (4, 503, true),
        (5, 200, false),
    ];
    assert_eq!(
        outcomes,
        expected.map(|(n, status, retry)| (n, Some(status), retry))
    );
}

#[tokio::test]
async fn a_receiver_that_is_down_is_given_up_after_five_attempts() {
    let (desk, _, _) = desk().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    desk.sandbox
        .webhooks()
        .subscribe(Subscription::new(&format!("http://{closed}/"), "s"));
    desk.tenant.book_job(customer_id(0)).unwrap();
    desk.sandbox.webhooks().settled().await;
    let attempts = desk.sandbox.webhooks().attempts();
    assert_eq!(attempts.len(), 5);
    assert!(attempts.iter().all(|attempt| attempt.status.is_none()));
    assert!(!attempts[4].will_retry);
}

#[tokio::test]
async fn an_occurrence_can_be_delivered_again() {
    let (desk, receiver, url) = desk().await;
    desk.sandbox
        .webhooks()
        .subscribe(Subscription::new(&url, "s"));
    desk.tenant.book_job(customer_id(0)).unwrap();
    desk.tenant.book_job(customer_id(1)).unwrap();
    let occurrences = desk.sandbox.webhooks().occurrences();
    assert!(desk.sandbox.webhooks().redeliver(&occurrences[0]));
    assert!(!desk.sandbox.webhooks().redeliver("never happened"));
    assert_eq!(desk.sandbox.webhooks().redeliver_all(), 2);
    desk.sandbox.webhooks().settled().await;
    let bodies = receiver.bodies();
    let told: Vec<&str> = bodies
        .iter()
        .map(|b| b["userassignedid"].as_str().unwrap())
        .collect();
    let (first, second) = (occurrences[0].as_str(), occurrences[1].as_str());
    assert_eq!(
        told,
        [first, second, first, second, first],
        "all again comes in reverse"
    );
    assert_eq!(bodies[0]["data"], bodies[2]["data"]);
    assert_ne!(bodies[0]["id"], bodies[2]["id"]);
}

#[tokio::test]
async fn deliveries_can_be_lost_and_reordered() {
    let (desk, receiver, url) = desk().await;
    desk.sandbox
        .webhooks()
        .subscribe(Subscription::new(&url, "s"));
    desk.sandbox.switch(|s| s.webhook_drop_probability = 1.0);
    desk.tenant.book_job(customer_id(0)).unwrap();
    desk.sandbox.webhooks().settled().await;
    assert_eq!(receiver.bodies(), Vec::<Value>::new());
    assert!(desk.sandbox.webhooks().attempts()[0].dropped);

    desk.sandbox.switch(|s| {
        s.webhook_drop_probability = 0.0;
        s.webhook_reorder = 8;
    });
    for i in 0..10 {
        desk.tenant.emit(
            "tn.crm.customer-updated",
            json!({ "customer": { "id": i } }),
        );
    }
    desk.sandbox.webhooks().settled().await;
    let order = || -> Vec<i64> {
        let bodies = receiver.bodies();
        bodies
            .iter()
            .map(|b| b["data"]["customer"]["id"].as_i64().unwrap())
            .collect()
    };
    let sent = order();
    assert_eq!(sent.len(), 8, "two wait for their group");
    assert!(!sent.is_sorted());
    desk.sandbox.webhooks().flush();
    desk.sandbox.webhooks().settled().await;
    assert_eq!(
        order().iter().copied().collect::<BTreeSet<_>>(),
        (0..10).collect()
    );
}

#[tokio::test]
async fn a_subscription_takes_the_events_it_names() {
    let (desk, receiver, url) = desk().await;
    let events = vec!["tn.jpm.job-completed".to_owned()];
    let subscription = Subscription {
        events,
        ..Subscription::new(&url, "s")
    };
    let id = desk.sandbox.webhooks().subscribe(subscription);
    let job = desk.tenant.book_job(customer_id(0)).unwrap();
    desk.tenant.complete_job(job, 100).unwrap();
    desk.sandbox.webhooks().settled().await;
    assert_eq!(receiver.kinds(), ["tn.jpm.job-completed"]);
    desk.sandbox.webhooks().unsubscribe(id);
    desk.tenant.complete_job(job, 100).unwrap();
    desk.sandbox.webhooks().settled().await;
    assert_eq!(receiver.kinds().len(), 1);
}

#[tokio::test]
async fn a_load_generator_gets_bodies_without_sending() {
    let (desk, ..) = desk().await;
    let job = desk.tenant.book_job(customer_id(0)).unwrap();
    let body = desk
        .tenant
        .job_event_body("tn.jpm.job-updated", job, "d1", "o1")
        .unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["id"], &body["userassignedid"]),
        (&json!("d1"), &json!("o1"))
    );
    assert_eq!(body["data"]["job"]["id"], job.0);
}
