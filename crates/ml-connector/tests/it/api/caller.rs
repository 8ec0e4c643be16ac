//! Who may read, and what is refused.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Caller, filled};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn a_token_reads_what_it_may_and_learns_of_nothing_else() {
    let (rig, jobs) = filled().await;
    let id = jobs[0].0;
    // A second connection, which has nothing yet.
    let tenant = rig.tenant().credentials().tenant.0;
    let file = std::fs::read_to_string(rig.path("acme.toml")).expect("a connection file");
    let other = file
        .replace("\"acme\"", "\"globex\"")
        .replace(&format!("tenant_id = {tenant}"), "tenant_id = 987654");
    std::fs::write(rig.path("globex.toml"), other).expect("a connection file");
    rig.run_to(0, &["connection", "add", "globex.toml"]).await;
    let serving = rig.serve().await;
    let office = Caller::new(
        &rig,
        &serving,
        "office",
        "read:all",
        &["--connection", "acme"],
    )
    .await;
    let other = Caller::new(
        &rig,
        &serving,
        "other",
        "read:all",
        &["--connection", "globex"],
    )
    .await;
    let few = Caller::new(
        &rig,
        &serving,
        "few",
        "read:customers",
        &["--connection", "acme", "--expires", "90d"],
    )
    .await;
    let everyone = Caller::new(&rig, &serving, "everyone", "read:jobs", &[]).await;

    // Another connection's objects are not there, and neither is the connection.
    assert_eq!(other.ids("jobs").await, [0_i64; 0]);
    let absent = other.get(&format!("jobs/{id}")).await.assert_problem(404);
    let never = other.get("jobs/999999999").await.assert_problem(404);
    assert_eq!(absent, never);
    let theirs = other.get("jobs?connection=acme").await.assert_problem(404);
    let nobodys = other.get("jobs?connection=none").await.assert_problem(404);
    assert_eq!(theirs, nobodys);
    // A token of all connections says which.
    let unsaid = everyone.get("jobs").await.assert_problem(400);
    assert_eq!(unsaid["parameter"], "connection");
    assert!(everyone.ids("jobs?connection=acme").await.contains(&id));
    assert!(everyone.ids("jobs?connection=globex").await.is_empty());
    // Scopes.
    assert!(!few.ids("customers").await.is_empty());
    few.get("jobs").await.assert_problem(403);
    few.get(&format!("jobs/{id}")).await.assert_problem(403);
    few.get("jobs/999999999").await.assert_problem(403);
    // A cursor of another list, or of another connection.
    let page = office.read("jobs?limit=1").await;
    let cursor = page["next_cursor"].as_str().expect("there are more");
    office
        .get(&format!("jobs?status=Hold&cursor={cursor}"))
        .await
        .assert_problem(404);
    office
        .get(&format!("customers?cursor={cursor}"))
        .await
        .assert_problem(404);
    other
        .get(&format!("jobs?cursor={cursor}"))
        .await
        .assert_problem(404);

    // Who shows none, or what is none.
    let plain = reqwest::get(format!("{}/api/v1/jobs", serving.address)).await;
    let plain = super::Answer::of(plain.expect("an answer")).await;
    let unknown = plain.assert_problem(401);
    assert_eq!(plain.header("www-authenticate"), "Bearer");
    let mut wrong = office.token.clone();
    wrong.pop();
    for shown in [
        "x".to_owned(),
        wrong.clone(),
        format!("{wrong}0"),
        format!("{wrong}1"),
        "é".repeat(20),
        "a".repeat(9_000),
    ] {
        let request = office
            .http
            .get(format!("{}/api/v1/jobs", serving.address))
            .header("authorization", format!("Bearer {shown}").into_bytes());
        if shown == office.token {
            continue;
        }
        assert_eq!(Caller::answer(request).await.assert_problem(401), unknown);
    }
    // A revoked one is refused at once, and its name is free again.
    office.read("jobs").await;
    rig.run_to(0, &["token", "revoke", "office"]).await;
    assert_eq!(office.get("jobs").await.assert_problem(401), unknown);
    rig.run_to(2, &["token", "revoke", "office"]).await;
    let again = Caller::new(
        &rig,
        &serving,
        "office",
        "read:jobs",
        &["--connection", "acme"],
    )
    .await;
    assert!(again.ids("jobs").await.contains(&id));
    rig.run_to(
        2,
        &["token", "create", "--name", "few", "--scopes", "read:jobs"],
    )
    .await;
    rig.run_to(
        2,
        &["token", "create", "--name", "x", "--scopes", "write:jobs"],
    )
    .await;

    let listed = rig.json(&["token", "list", "--json"]).await;
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), 5, "{listed:#?}");
    let revoked = &listed[4];
    assert_eq!(revoked["name"], "office");
    assert_eq!(revoked["valid"], false);
    assert!(revoked["used_at"].is_string(), "{revoked}");
    // What was done stands in the trail; a token stands nowhere.
    let trail = rig
        .run_to(
            0,
            &["audit", "show", "--connection", "acme", "--limit", "10000"],
        )
        .await
        .out;
    for told in ["token.created", "token.revoked"] {
        assert!(trail.contains(told), "{trail}");
    }
    let database = std::fs::read(rig.path("connector.db")).expect("a database");
    let log = std::fs::read(rig.path("connector.db-wal")).unwrap_or_default();
    let said = [
        serving.log().into_bytes(),
        trail.into_bytes(),
        database,
        log,
    ]
    .concat();
    for caller in [&office, &other, &few, &everyone, &again] {
        let token = caller.token.as_bytes();
        assert!(!said.windows(token.len()).any(|window| window == token));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::too_many_lines, reason = "one story")]
async fn what_is_asked_wrongly_is_refused_and_named() {
    let (rig, _) = filled().await;
    let serving = rig.serve().await;
    let caller = Caller::new(
        &rig,
        &serving,
        "office",
        "read:all",
        &["--connection", "acme"],
    )
    .await;
    for (query, parameter) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("limit=-1", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=+1", "limit"),
        ("ids=", "ids"),
        ("ids=1,x", "ids"),
        ("ids=9223372036854775808", "ids"),
        ("customer=0", "customer"),
        ("customer=1%20OR%201=1", "customer"),
        ("customer=9223372036854775808", "customer"),
        ("status=", "status"),
        ("status=%27%3B%20DROP%20TABLE%20facets%3B--", "status"),
        ("status=a%00b", "status"),
        ("status=%FF", "status"),
        ("state=happy", "state"),
        ("connection=%00", "connection"),
        ("connection=Acme%20Inc", "connection"),
        ("from=yesterday", "from"),
        ("from=2026-10-31", "from"),
        ("from=2026-10-31T08:00:00", "from"),
        ("cursor=x", "cursor"),
        ("fresh=maybe", "fresh"),
        ("color=red", "color"),
        ("%3Cscript%3E=1", "<script>"),
        ("job=1", "job"),
    ] {
        let problem = caller
            .get(&format!("jobs?{query}"))
            .await
            .assert_problem(400);
        assert_eq!(problem["parameter"], json!(parameter), "{query}: {problem}");
    }
    let too_long = format!("jobs?status={}", "a".repeat(9_000));
    caller.get(&too_long).await.assert_problem(400);
    for id in [
        "0",
        "-1",
        "x",
        "01",
        "9223372036854775808",
        "99999999999999999999999999999",
        "1%00",
        "%FF",
        "1%27%20OR%20%271",
        "%3Cb%3E",
    ] {
        caller.get(&format!("jobs/{id}")).await.assert_problem(404);
    }
    caller
        .get("jobs/9223372036854775807")
        .await
        .assert_problem(404);
    for nothing in ["", "nothing", "jobs/1/2", "openapi.yaml"] {
        caller.get(nothing).await.assert_problem(404);
    }
    let outside = format!("{}/api", serving.address);
    let outside = caller.http.get(outside).send().await.expect("an answer");
    assert_eq!(outside.status(), StatusCode::NOT_FOUND);

    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let refused = Caller::answer(caller.request(method, "jobs")).await;
        refused.assert_problem(405);
        assert_eq!(refused.header("allow"), "GET, HEAD, OPTIONS");
    }
    let options = Caller::answer(caller.request(Method::OPTIONS, "jobs")).await;
    assert_eq!(options.status, StatusCode::NO_CONTENT);
    assert_eq!(options.header("allow"), "GET, HEAD, OPTIONS");
    for (accept, status) in [
        ("text/html", 406),
        ("application/json;q=0", 406),
        ("text/html, */*;q=0.1", 200),
        ("application/json", 200),
    ] {
        let request = caller.request(Method::GET, "jobs").header("accept", accept);
        let answer = Caller::answer(request).await;
        assert_eq!(answer.status.as_u16(), status, "{accept}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_has_a_share_of_requests() {
    let (rig, _) = filled().await;
    let serving = rig.serve().await;
    let all = ["--connection", "acme"];
    let busy = Caller::new(&rig, &serving, "busy", "read:jobs", &all).await;
    let calm = Caller::new(&rig, &serving, "calm", "read:jobs", &all).await;
    let refused = loop {
        let asks = (0..16).map(|_| busy.get("jobs?limit=1"));
        let answers = futures::future::join_all(asks).await;
        let refused = answers
            .into_iter()
            .find(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS);
        if let Some(refused) = refused {
            break refused;
        }
    };
    refused.assert_problem(429);
    assert_eq!(refused.header("retry-after"), "1");
    calm.read("jobs?limit=1").await;
}
