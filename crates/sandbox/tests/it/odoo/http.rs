//! Requests that are no proper calls, and how they are answered.

use by_hand::chunked;
use serde_json::{Value as Json, json};

use super::Rig;

/// A request written by hand, because no ordinary client would send it.
mod by_hand {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// Sends `body` as one chunk, without a Content-Length; the whole answer as text.
    pub(super) async fn chunked(url: &str, path: &str, headers: &str, body: &str) -> String {
        let address = url.strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

async fn get(rig: &Rig, path: &str) -> (u16, Json) {
    let url = format!("{}{path}", rig.odoo.url());
    let response = rig.client.get(url).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn anyone_may_ask_for_the_version_and_the_health() {
    let rig = Rig::start().await;
    let version = json!({"version": "19.0", "version_info": [19, 0, 0, "final", 0, ""]});
    assert_eq!(get(&rig, "/web/version").await, (200, version.clone()));
    assert_eq!(get(&rig, "/json/version").await, (200, version));
    assert_eq!(
        get(&rig, "/web/health").await,
        (200, json!({"status": "pass"}))
    );
    let url = format!("{}/web/webclient/version_info", rig.odoo.url());
    let body = json!({"jsonrpc": "2.0", "method": "call", "params": {}});
    let answer: Json = rig
        .client
        .post(url)
        .json(&body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["result"]["server_serie"], "19.0");
}

/// Model, method, body (`ID` is a partner that exists), status, name of the error.
const REFUSALS: &[(&str, &str, &str, u16, &str)] = &[
    ("x.nope", "read", "{}", 404, "werkzeug.exceptions.NotFound"),
    (
        "res.partner",
        "nope",
        "{}",
        404,
        "werkzeug.exceptions.NotFound",
    ),
    (
        "res.partner",
        "_write",
        "{}",
        403,
        "odoo.exceptions.AccessError",
    ),
    (
        "res.partner",
        "search_fetch",
        r#"{"domain": []}"#,
        403,
        "odoo.exceptions.AccessError",
    ),
    (
        "ir.model.data",
        "search",
        r#"{"domain": []}"#,
        403,
        "odoo.exceptions.AccessError",
    ),
    (
        "res.partner",
        "write",
        r#"{"ids": [ID]}"#,
        422,
        "werkzeug.exceptions.UnprocessableEntity",
    ),
    (
        "res.partner",
        "write",
        r#"{"ids": [ID], "vals": {}, "x": 1}"#,
        422,
        "werkzeug.exceptions.UnprocessableEntity",
    ),
    (
        "res.partner",
        "create",
        r#"{"ids": [ID], "vals_list": []}"#,
        422,
        "werkzeug.exceptions.UnprocessableEntity",
    ),
    (
        "res.partner",
        "write",
        r#"{"ids": [999999], "vals": {"name": "x"}}"#,
        404,
        "odoo.exceptions.MissingError",
    ),
    (
        "res.partner",
        "create",
        r#"{"vals_list": [{"city": "x"}]}"#,
        422,
        "odoo.exceptions.ValidationError",
    ),
    (
        "res.partner",
        "write",
        r#"{"ids": [ID], "vals": {"country_id": 99999}}"#,
        422,
        "odoo.exceptions.ValidationError",
    ),
    (
        "res.partner",
        "create",
        r#"{"vals_list": [{"mobile": "1"}]}"#,
        500,
        "builtins.ValueError",
    ),
    (
        "res.partner",
        "write",
        r#"{"ids": [ID], "vals": {"mobile": "1"}}"#,
        500,
        "builtins.KeyError",
    ),
    (
        "res.partner",
        "create",
        r#"{"vals_list": [{"name": "x", "type": "y"}]}"#,
        500,
        "builtins.ValueError",
    ),
    (
        "res.partner",
        "search",
        r#"{"domain": [["mobile", "=", 1]]}"#,
        500,
        "builtins.ValueError",
    ),
    (
        "res.partner",
        "search",
        r#"{"domain": ["|", ["name", "=", 1]]}"#,
        500,
        "builtins.ValueError",
    ),
    (
        "res.partner",
        "search",
        r#"{"domain": [], "context": {"lang": "fr_FR"}}"#,
        422,
        "odoo.exceptions.UserError",
    ),
    (
        "res.partner",
        "search",
        r#"{"domain": [], "context": {"allowed_company_ids": [9]}}"#,
        403,
        "odoo.exceptions.AccessError",
    ),
];

#[tokio::test]
async fn every_kind_of_refusal_has_its_status_and_name() {
    let rig = Rig::start().await;
    let id = rig.loaded(&["id", "name"], json!([["x.1", "Ann"]])).await[0];
    for (model, method, body, status, name) in REFUSALS {
        let body: Json = serde_json::from_str(&body.replace("ID", &id.to_string())).unwrap();
        let (found, error) = rig.call(model, method, body.clone()).await;
        assert_eq!(
            (found, error["name"].as_str()),
            (*status, Some(*name)),
            "{model}.{method} {body}"
        );
        for part in ["message", "arguments", "context", "debug"] {
            assert!(error.get(part).is_some(), "{part} of {error}");
        }
    }
}

#[tokio::test]
async fn only_a_post_with_two_names_is_a_call() {
    let rig = Rig::start().await;
    let url = rig.odoo.url();
    for (verb, path) in [
        (reqwest::Method::GET, "/json/2/res.partner/read"),
        (reqwest::Method::POST, "/json/2/res.partner"),
        (reqwest::Method::POST, "/json/2/res.partner/a/b"),
        (reqwest::Method::PUT, "/json/2/res.partner/read"),
    ] {
        let response = rig
            .client
            .request(verb, format!("{url}{path}"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 404, "{path}");
        let error: Json = response.json().await.unwrap();
        assert_eq!(
            error["message"],
            "Did you mean POST /json/2/<model>/<method>?"
        );
    }
}

#[tokio::test]
async fn the_key_decides_who_calls() {
    let rig = Rig::start().await;
    let url = format!("{}/json/2/res.users/context_get", rig.odoo.url());
    let ask = |key: Option<String>| {
        let request = rig.client.post(&url).json(&json!({}));
        match key {
            Some(key) => request.header("Authorization", key),
            None => request,
        }
    };
    let ours = rig.ok("res.users", "context_get", json!({})).await;
    assert_eq!(
        ours,
        json!({"lang": "en_US", "tz": false, "uid": rig.odoo.user()})
    );
    let admin = format!("bEaReR {}", rig.odoo.admin_key());
    let admin: Json = ask(Some(admin)).send().await.unwrap().json().await.unwrap();
    assert_eq!(admin["uid"], 2);
    for (key, message) in [
        (Some("Bearer wrong".to_owned()), "Invalid apikey"),
        (
            None,
            "User not authenticated, use an API Key with a Bearer Authorization header.",
        ),
    ] {
        let response = ask(key).send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(response.headers().contains_key("www-authenticate"));
        assert_eq!(response.json::<Json>().await.unwrap()["message"], message);
    }
}

#[tokio::test]
async fn an_unknown_database_is_answered_by_a_page() {
    let rig = Rig::start().await;
    let url = format!("{}/json/2/res.users/context_get", rig.odoo.url());
    let request = rig
        .client
        .post(&url)
        .bearer_auth(rig.odoo.api_key())
        .json(&json!({}));
    let without = request.try_clone().unwrap().send().await.unwrap();
    assert_eq!(
        without.status(),
        200,
        "with one database, no header is needed"
    );
    assert_eq!(without.headers()["connection"], "close");
    let response = request
        .header("X-Odoo-Database", "other")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 404);
    assert!(
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert!(
        response
            .text()
            .await
            .unwrap()
            .contains("No database is selected")
    );
}

#[tokio::test]
async fn a_body_counts_only_as_a_sized_json_object() {
    let rig = Rig::start().await;
    let url = format!("{}/json/2/res.partner/search_count", rig.odoo.url());
    let send = |kind: &'static str, body: &'static str| {
        let request = rig.client.post(&url).bearer_auth(rig.odoo.api_key());
        request.header("Content-Type", kind).body(body).send()
    };
    let json_kind = "application/json";
    let malformed = send(json_kind, "{\"domain\":").await.unwrap();
    assert_eq!(malformed.status(), 400);
    let text = send("text/plain", "{}").await.unwrap();
    assert_eq!(text.status(), 415);
    for ignored in ["[1]", "5", "null"] {
        let answer = send(json_kind, ignored).await.unwrap();
        assert_eq!(answer.status(), 422, "no domain arrived");
    }
    let headers = format!(
        "Authorization: Bearer {}\r\nContent-Type: application/json\r\n",
        rig.odoo.api_key()
    );
    let path = "/json/2/res.partner/search_count";
    let answer = chunked(&rig.odoo.url(), path, &headers, "{\"domain\":[]}").await;
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    assert!(
        answer.contains("missing a required argument: 'domain'"),
        "{answer}"
    );
}
