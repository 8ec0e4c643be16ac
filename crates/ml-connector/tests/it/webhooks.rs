//! Webhooks: what is signed and answered 200 is never lost and counts once; what is not is refused and not stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use sandbox::servicetitan::{
    CustomerId, Encoding, JobId, Mix, Options, Subscription, Switches, customer_id, sign,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::odoo_side::OdooSide;
use crate::rig::{Rig, Serving, WEBHOOK_SECRET, until};

const CUSTOMERS: usize = 25;

/// The longest that an answer may take that needs nothing but the service itself.
const AT_ONCE: Duration = Duration::from_secs(20);

const PATH: &str = "/webhooks/servicetitan";

/// A rig whose customers are in Odoo, and that hears of changes by webhooks alone.
async fn listening() -> (Rig, Serving) {
    let options = Options::new(Arc::new(ml_connector::clock::now))
        .customers(CUSTOMERS)
        .mix(Mix::plain());
    let rig = Rig::with(OdooSide::simulated().await, options).await;
    rig.sync().await;
    rig.only_webhooks().await;
    let serving = rig.serve().await;
    (rig, serving)
}

fn subscribe(rig: &Rig, serving: &Serving) {
    let url = format!("{}{PATH}", serving.address);
    rig.titan
        .webhooks()
        .subscribe(Subscription::new(&url, WEBHOOK_SECRET));
}

/// The body of an event about a job of this customer.
fn event(rig: &Rig, customer: CustomerId, delivery: &str, occurrence: &str) -> String {
    let job: JobId = rig.tenant().book_job(customer).expect("it has a location");
    rig.tenant()
        .job_event_body("tn.jpm.job-updated", job, delivery, occurrence)
        .expect("it is there")
}

/// Posts a body with a signature of that secret.
async fn post(serving: &Serving, path: &str, body: impl Into<Vec<u8>>, secret: &str) -> StatusCode {
    let body = body.into();
    let signature = sign(secret, Encoding::Hex, &body);
    post_signed(serving, path, body, Some(&signature)).await
}

async fn post_signed(
    serving: &Serving,
    path: &str,
    body: Vec<u8>,
    signature: Option<&str>,
) -> StatusCode {
    let http = reqwest::Client::builder().build().expect("a client");
    let mut request = http.post(format!("{}{path}", serving.address)).body(body);
    if let Some(signature) = signature {
        request = request.header("X-Signature", signature);
    }
    request.send().await.expect("it answers").status()
}

async fn name_of(rig: &Rig, customer: CustomerId) -> Value {
    rig.partners().await[&format!("customer_{customer}")]["name"].clone()
}

async fn until_named(rig: &Rig, customer: CustomerId, name: &str) {
    let what = format!("{customer} called {name}");
    until(&what, async || {
        (name_of(rig, customer).await == json!(name)).then_some(())
    })
    .await;
}

/// How many deliveries the service counted with this outcome.
async fn counted(serving: &Serving, outcome: &str) -> u64 {
    let text = reqwest::get(format!("{}/metrics", serving.address))
        .await
        .expect("it answers")
        .text()
        .await
        .expect("text");
    let start = format!("ml_connector_webhooks_total{{outcome=\"{outcome}\"}} ");
    text.lines()
        .find_map(|line| line.strip_prefix(&start))
        .map_or(0, |count| count.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_event_brings_its_customer_and_nobody_else() {
    let (rig, serving) = listening().await;
    subscribe(&rig, &serving);
    let (woken, asleep) = (customer_id(0), customer_id(1));
    let before = name_of(&rig, asleep).await;
    for customer in [woken, asleep] {
        rig.tenant()
            .rename_customer(customer, "Heard Of")
            .expect("it is there");
    }
    rig.tenant().book_job(woken).expect("it has a location");
    until_named(&rig, woken, "Heard Of").await;
    assert_eq!(name_of(&rig, asleep).await, before, "nobody spoke of it");
    // Types that ServiceTitan does not publish, but that a tenant's automation may send.
    rig.tenant()
        .emit("customer.updated", json!({"customer": {"id": asleep}}));
    until_named(&rig, asleep, "Heard Of").await;
    assert_eq!(serving.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_occurrence_counts_once_however_often_it_is_delivered() {
    let (rig, serving) = listening().await;
    let customer = customer_id(2);
    rig.tenant()
        .rename_customer(customer, "Once")
        .expect("it is there");
    let first = event(&rig, customer, "delivery-1", "occurrence-1");
    let again = first.replace("delivery-1", "delivery-2");
    assert_ne!(first, again);
    for body in [&first, &first, &again] {
        let path = format!("{PATH}/acme");
        assert_eq!(
            post(&serving, &path, body.clone(), WEBHOOK_SECRET).await,
            200
        );
    }
    until_named(&rig, customer, "Once").await;
    assert_eq!(post(&serving, PATH, again, WEBHOOK_SECRET).await, 200);
    assert_eq!(counted(&serving, "fresh").await, 1);
    assert_eq!(counted(&serving, "duplicate").await, 3);
    let other = event(&rig, customer, "delivery-3", "occurrence-2");
    assert_eq!(post(&serving, PATH, other, WEBHOOK_SECRET).await, 200);
    assert_eq!(counted(&serving, "fresh").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_in_any_order_end_in_the_same_state() {
    let (rig, serving) = listening().await;
    subscribe(&rig, &serving);
    rig.titan.switch(|switches: &mut Switches| {
        switches.webhook_reorder = 6;
    });
    let tenant = rig.tenant();
    for round in 0..5 {
        for index in 0..6 {
            let customer = customer_id(index);
            let name = format!("Round {round} of {index}");
            tenant
                .rename_customer(customer, &name)
                .expect("it is there");
            let job = tenant.book_job(customer).expect("it has a location");
            tenant.reschedule_job(job, 3).expect("it is there");
        }
    }
    rig.titan.webhooks().flush();
    let sent = rig.titan.webhooks().redeliver_all();
    rig.titan.webhooks().settled().await;
    for index in 0..6 {
        until_named(&rig, customer_id(index), &format!("Round 4 of {index}")).await;
    }
    let attempts = rig.titan.webhooks().attempts();
    assert!(attempts.iter().all(|attempt| attempt.status == Some(200)));
    assert_eq!(counted(&serving, "fresh").await, sent as u64);
    assert_eq!(counted(&serving, "duplicate").await, sent as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_signed_with_our_key_is_refused_and_not_stored() {
    let (rig, serving) = listening().await;
    let customer = customer_id(3);
    let before = name_of(&rig, customer).await;
    rig.tenant()
        .rename_customer(customer, "Forged")
        .expect("it is there");
    let body = event(&rig, customer, "d", "o");
    // Nearly as large as is taken in, so that storing it would show.
    let padding = "x".repeat(900_000);
    let large = body.replacen('{', &format!("{{\"padding\": \"{padding}\","), 1);
    let stored = || -> u64 {
        ["", "-wal"]
            .iter()
            .filter_map(|end| std::fs::metadata(rig.path(&format!("connector.db{end}"))).ok())
            .map(|file| file.len())
            .sum()
    };
    let size = stored();
    let other_body = sign(WEBHOOK_SECRET, Encoding::Hex, b"another body");
    let other_key = sign("another key", Encoding::Hex, large.as_bytes());
    let right = sign(WEBHOOK_SECRET, Encoding::Hex, large.as_bytes());
    let wrong: [Option<&str>; 8] = [
        None,
        Some(""),
        Some("sha256="),
        Some("00"),
        Some(&other_body),
        Some(&other_key),
        Some(&right[..32]),
        Some("ünïcödé"),
    ];
    for signature in wrong {
        let refused = post_signed(&serving, PATH, large.clone().into(), signature).await;
        assert_eq!(refused, 401, "{signature:?}");
    }
    assert_eq!(counted(&serving, "unsigned").await, wrong.len() as u64);
    assert!(
        stored() < size + 900_000,
        "{size} bytes before, {} after",
        stored()
    );
    assert_eq!(name_of(&rig, customer).await, before);
    // Every way of writing the right signature is accepted.
    for (prefix, encoding) in [
        ("", Encoding::UpperHex),
        ("sha256=", Encoding::Hex),
        ("", Encoding::Base64),
        ("sha256=", Encoding::Base64),
    ] {
        let signature = format!(
            "{prefix}{}",
            sign(WEBHOOK_SECRET, encoding, body.as_bytes())
        );
        let taken = post_signed(&serving, PATH, body.clone().into(), Some(&signature)).await;
        assert_eq!(taken, 200, "{prefix} {encoding:?}");
    }
    until_named(&rig, customer, "Forged").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_key_is_rotated_without_losing_a_delivery() {
    let (rig, serving) = listening().await;
    let next = "fedcba9876543210fedcba9876543210";
    for (file, secret) in [("old.key", WEBHOOK_SECRET), ("new.key", next)] {
        std::fs::write(rig.path(file), format!("{secret}\n")).expect("a file");
    }
    let send = async |occurrence: String, secret: &str| {
        let body = event(&rig, customer_id(4), &occurrence, &occurrence);
        post(&serving, PATH, body, secret).await
    };
    assert_eq!(send("a".to_owned(), next).await, 401);
    rig.reconfigure(|text| {
        text.replace(
            "webhook_secret = { env = \"ST_WEBHOOK_SECRET\" }",
            "webhook_secret = { file = \"new.key\" }\nwebhook_secret_previous = { file = \"old.key\" }",
        )
    })
    .await;
    let tries = AtomicUsize::new(0);
    let next_try = || tries.fetch_add(1, Ordering::Relaxed);
    until("the new key", async || {
        (send(format!("b{}", next_try()), next).await == 200).then_some(())
    })
    .await;
    assert_eq!(send("c".to_owned(), WEBHOOK_SECRET).await, 200);
    assert_eq!(send("d".to_owned(), "a third key").await, 401);
    rig.reconfigure(|text| text.replace("webhook_secret_previous = { file = \"old.key\" }\n", ""))
        .await;
    until("the end of the old key", async || {
        (send(format!("e{}", next_try()), WEBHOOK_SECRET).await == 401).then_some(())
    })
    .await;
    assert_eq!(send("f".to_owned(), next).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_go_to_their_own_tenant_only() {
    let (rig, serving) = listening().await;
    let ours = event(&rig, customer_id(5), "d", "o");
    let tenant = rig.tenant().id().to_string();
    let theirs = ours.replace(&tenant, "2000002");
    assert_ne!(ours, theirs);
    let table = [
        (PATH.to_owned(), &ours, 200),
        (format!("{PATH}/acme"), &ours, 200),
        (PATH.to_owned(), &theirs, 401),
        (format!("{PATH}/acme"), &theirs, 401),
        (format!("{PATH}/nobody"), &ours, 401),
        (format!("{PATH}/..%2Facme"), &ours, 401),
        ("/webhooks".to_owned(), &ours, 404),
    ];
    for (path, body, status) in table {
        assert_eq!(
            post(&serving, &path, body.clone(), WEBHOOK_SECRET).await,
            status,
            "{path}"
        );
    }
    assert_eq!(counted(&serving, "unknown").await, 4);
    let got = reqwest::get(format!("{}{PATH}", serving.address)).await;
    assert_eq!(got.expect("it answers").status(), 405);
    // Webhooks can be turned off.
    rig.reconfigure(|text| text + "[schedule]\nwebhooks = false\n")
        .await;
    until("webhooks off", async || {
        (post(&serving, PATH, ours.clone(), WEBHOOK_SECRET).await == 401).then_some(())
    })
    .await;
}

/// Who has no key learns nothing of which connections and tenants there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_is_told_the_same_whatever_is_there() {
    let (rig, serving) = listening().await;
    let ours = event(&rig, customer_id(5), "d", "o");
    let theirs = ours.replace(&rig.tenant().id().to_string(), "2000002");
    let told = async |path: &str, body: &str| {
        let http = reqwest::Client::builder().build().expect("a client");
        let answer = http
            .post(format!("{}{path}", serving.address))
            .header(
                "X-Signature",
                sign("no key", Encoding::Hex, body.as_bytes()),
            )
            .body(body.to_owned())
            .send()
            .await
            .expect("it answers");
        let mut headers = answer.headers().clone();
        headers.remove("date");
        let status = answer.status();
        (status, headers, answer.text().await.expect("text"))
    };
    let wrong = told(PATH, &ours).await;
    assert_eq!(wrong.0, 401);
    assert_eq!(told(PATH, &theirs).await, wrong);
    for connection in ["acme", "nobody"] {
        let path = format!("{PATH}/{connection}");
        for body in [&ours, &theirs, "{}"] {
            assert_eq!(told(&path, body).await, wrong, "{path} {body}");
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one list of rubbish")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rubbish_is_refused_and_the_service_goes_on() {
    let (rig, serving) = listening().await;
    let tenant = rig.tenant().id();
    let good = event(&rig, customer_id(6), "d", "o");
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let inside = format!("{{\"id\": \"a\", \"data\": {}}}", deep(100_000));
    let long_id = "i".repeat(600);
    let rubbish: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("blank", b"   \n".to_vec()),
        ("text", b"hello".to_vec()),
        ("a form", b"payload=%7B%7D".to_vec()),
        ("null", b"null".to_vec()),
        ("a number", b"17".to_vec()),
        ("a huge number", b"1e400000".to_vec()),
        ("an array", b"[]".to_vec()),
        ("an array of events", format!("[{good}]").into()),
        ("an empty object", b"{}".to_vec()),
        ("deep", deep(200_000).into()),
        ("deep inside", inside.into()),
        ("cut off", good.as_bytes()[..good.len() / 2].to_vec()),
        ("two events", format!("{good}{good}").into()),
        (
            "not UTF-8",
            b"{\"id\": \"\xff\xfe\", \"data\": {\"tenantId\": 1}}".to_vec(),
        ),
        (
            "UTF-16",
            good.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "half a surrogate",
            format!("{{\"id\": \"\\ud800\", \"data\": {{\"tenantId\": {tenant}}}}}").into(),
        ),
        ("no data", b"{\"id\": \"a\"}".to_vec()),
        ("data is text", b"{\"id\": \"a\", \"data\": \"x\"}".to_vec()),
        ("no tenant", b"{\"id\": \"a\", \"data\": {}}".to_vec()),
        (
            "tenant null",
            b"{\"id\": \"a\", \"data\": {\"tenantId\": null}}".to_vec(),
        ),
        (
            "tenant too large",
            b"{\"id\": \"a\", \"data\": {\"tenantId\": 99999999999999999999999}}".to_vec(),
        ),
        (
            "tenant infinite",
            b"{\"id\": \"a\", \"data\": {\"tenantId\": 1e999}}".to_vec(),
        ),
        (
            "tenant an object",
            b"{\"id\": \"a\", \"data\": {\"tenantId\": {}}}".to_vec(),
        ),
        (
            "no id",
            format!("{{\"data\": {{\"tenantId\": {tenant}}}}}").into(),
        ),
        (
            "blank id",
            format!("{{\"id\": \" \", \"data\": {{\"tenantId\": {tenant}}}}}").into(),
        ),
        (
            "long id",
            format!("{{\"id\": \"{long_id}\", \"data\": {{\"tenantId\": {tenant}}}}}").into(),
        ),
        ("zeros", vec![0; 1000]),
    ];
    for (what, body) in &rubbish {
        let status = post(&serving, PATH, body.clone(), WEBHOOK_SECRET).await;
        assert_eq!(status, 400, "{what}");
    }
    assert_eq!(counted(&serving, "fresh").await, 0);
    // Strange, but an event with a tenant and an id: taken, and it wakes nothing or what it can name.
    let strange = [
        json!({"id": "s1", "data": {"tenantId": tenant}}),
        json!({"id": "s2", "type": "tn.new.thing-happened", "data": {"tenantId": tenant, "thing": {"id": 1}}}),
        json!({"id": "s3", "type": "customer.exploded", "data": {"tenantId": tenant, "customer": {"id": "rubbish"}}}),
        json!({"id": "s4", "type": "customer.updated", "data": {"tenantId": tenant, "customer": {"id": -1}}}),
        json!({"id": "s5", "type": "customer.updated", "data": {"tenantId": tenant, "customer": {"id": i64::MAX}}}),
        json!({"id": "s6\u{0}nul", "type": "a\u{0}b", "data": {"tenantId": tenant.to_string()}}),
        json!({"id": "s7", "type": "x".repeat(100_000), "data": {"tenantId": tenant, "job": []}}),
        json!({"id": "s8", "type": 12, "time": "never", "data": {"tenantId": tenant, "customer": {"id": [1]}}}),
    ];
    for body in &strange {
        let status = post(&serving, PATH, body.to_string(), WEBHOOK_SECRET).await;
        assert!(
            status == 200 || status == 400,
            "{status} {}",
            &body.to_string()[..60]
        );
    }
    rig.tenant()
        .rename_customer(customer_id(6), "Still Here")
        .expect("it is there");
    assert_eq!(post(&serving, PATH, good, WEBHOOK_SECRET).await, 200);
    until_named(&rig, customer_id(6), "Still Here").await;
    until("all wakes done", async || {
        (rig.status().await["pending"] == json!(0)).then_some(())
    })
    .await;
    assert!(!serving.log().contains("panicked"), "{}", serving.log());
}

/// Speaks HTTP by hand: the head, then each piece after a pause; gives the status line.
async fn by_hand(serving: &Serving, head: &str, pieces: &[Vec<u8>], pause: Duration) -> String {
    let mut stream = TcpStream::connect(serving.socket())
        .await
        .expect("it listens");
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{head}\r\n",
        serving.socket()
    );
    stream.write_all(head.as_bytes()).await.expect("written");
    for piece in pieces {
        tokio::time::sleep(pause).await;
        // The answer may come before the end of the body, and the rest never be read.
        match tokio::time::timeout(AT_ONCE, stream.write_all(piece)).await {
            Ok(Ok(())) => {}
            _ => break,
        }
    }
    let mut answer = [0; 64];
    let read = tokio::time::timeout(AT_ONCE, stream.read(&mut answer)).await;
    let length = read.expect("it answers").unwrap_or_default();
    let answer = String::from_utf8_lossy(&answer[..length]);
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_and_slow_bodies_harm_nobody() {
    let (rig, serving) = listening().await;
    let good = event(&rig, customer_id(7), "d", "o");
    let signature = sign(WEBHOOK_SECRET, Encoding::Hex, good.as_bytes());
    let chunk = |bytes: &[u8]| {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        chunk
    };
    // 10 MB, announced and unannounced.
    let large = vec![b'x'; 10 * 1024 * 1024];
    let announced = format!("Content-Length: {}\r\n", large.len());
    let status = by_hand(&serving, &announced, &[], Duration::ZERO).await;
    assert!(status.contains(" 413 "), "{status}");
    // Sent all at once: the answer may be overtaken by the end of the connection, on which the sender still writes.
    let http = reqwest::Client::builder().build().expect("a client");
    let sent = http
        .post(format!("{}{PATH}", serving.address))
        .body(large.clone())
        .timeout(AT_ONCE)
        .send();
    match sent.await {
        Ok(answer) => assert_eq!(answer.status(), 413),
        Err(error) => assert!(!error.is_timeout() && !error.is_connect(), "{error:?}"),
    }
    let pieces: Vec<Vec<u8>> = large.chunks(64 * 1024).map(chunk).collect();
    let status = by_hand(
        &serving,
        "Transfer-Encoding: chunked\r\n",
        &pieces,
        Duration::ZERO,
    )
    .await;
    assert!(
        status.contains(" 413 ") || status.is_empty(),
        "cut off or told, never taken: {status}"
    );
    // Connections that say nothing, and one whose body comes in drips.
    let mut silent = Vec::new();
    for _ in 0..60 {
        let mut stream = TcpStream::connect(serving.socket())
            .await
            .expect("it listens");
        stream.write_all(b"POST /web").await.expect("written");
        silent.push(stream);
    }
    let mut drips: Vec<Vec<u8>> = good.as_bytes().chunks(100).map(chunk).collect();
    drips.push(b"0\r\n\r\n".to_vec());
    let head = format!("X-Signature: {signature}\r\nTransfer-Encoding: chunked\r\n");
    let status = by_hand(&serving, &head, &drips, Duration::from_millis(20)).await;
    assert!(status.contains(" 200 "), "{status}");
    assert_eq!(counted(&serving, "fresh").await, 1);
    drop(silent);
    assert_eq!(serving.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_200_survives_a_kill_at_once() {
    let (rig, first) = listening().await;
    let mut serving = first;
    for trial in 0..20 {
        let customer = customer_id(trial);
        let name = format!("Survivor {trial}");
        rig.tenant()
            .rename_customer(customer, &name)
            .expect("it is there");
        let occurrence = format!("occurrence-{trial}");
        let body = event(&rig, customer, &occurrence, &occurrence);
        assert_eq!(post(&serving, PATH, body, WEBHOOK_SECRET).await, 200);
        serving.kill().await;
        serving = rig.serve().await;
    }
    for trial in 0..20 {
        until_named(&rig, customer_id(trial), &format!("Survivor {trial}")).await;
    }
    // And what they said is remembered: the same again is a duplicate.
    let again = event(&rig, customer_id(0), "other", "occurrence-0");
    assert_eq!(post(&serving, PATH, again, WEBHOOK_SECRET).await, 200);
    assert_eq!(counted(&serving, "duplicate").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_sent_while_the_service_was_down_come_again() {
    let (rig, serving) = listening().await;
    rig.titan.switch(|switches: &mut Switches| {
        switches.webhook_retry_ms = vec![250; 200];
    });
    subscribe(&rig, &serving);
    let address = serving.socket().to_owned();
    serving.kill().await;
    for index in 8..12 {
        let customer = customer_id(index);
        rig.tenant()
            .rename_customer(customer, &format!("Patient {index}"))
            .expect("it is there");
        rig.tenant().book_job(customer).expect("it has a location");
    }
    until("a failed attempt", async || {
        let attempts = rig.titan.webhooks().attempts();
        attempts
            .iter()
            .any(|attempt| attempt.status.is_none())
            .then_some(())
    })
    .await;
    let mut command = rig.command(&["serve"]);
    command.env("ML_CONNECTOR_LISTEN", &address);
    let serving = rig.serve_as(command).await;
    assert_eq!(serving.socket(), address);
    for index in 8..12 {
        until_named(&rig, customer_id(index), &format!("Patient {index}")).await;
    }
    rig.titan.webhooks().settled().await;
}
