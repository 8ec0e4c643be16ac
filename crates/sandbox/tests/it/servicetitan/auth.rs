//! Tokens and the gate.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use sandbox::servicetitan::{TenantId, TenantSeed};
use serde_json::{Value, json};

use super::{Desk, token, token_form};

async fn ask(desk: &Desk, form: &[(&'static str, String)]) -> (u16, Value) {
    let url = format!("{}/connect/token", desk.sandbox.url());
    let response = desk.http.post(url).form(form).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_token_is_bound_to_client_tenant_and_scopes() {
    let desk = Desk::new().await;
    let (status, body) = ask(&desk, &token_form(&desk.tenant.credentials())).await;
    assert_eq!(status, 200);
    assert_eq!(body["expires_in"], 900);
    assert_eq!(body["token_type"], "Bearer");
    assert!(
        body["scope"]
            .as_str()
            .unwrap()
            .contains("tn.crm.customers:r tn.crm.customers:w")
    );
    let token = body["access_token"].as_str().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3);
    let claims = BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["tenant"], desk.tenant.id().to_string());
    assert_eq!(claims["client_id"], desk.tenant.credentials().client_id);
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        900
    );
}

#[tokio::test]
async fn the_identity_server_refuses_in_its_own_shape() {
    let desk = Desk::new().await;
    let good = token_form(&desk.tenant.credentials());
    let with = |name: &'static str, value: &str| {
        let mut form: Vec<_> = good
            .iter()
            .filter(|(key, _)| *key != name)
            .cloned()
            .collect();
        form.push((name, value.to_owned()));
        form
    };
    for (form, error) in [
        (with("client_secret", "wrong"), "invalid_client"),
        (with("client_id", "cid.nobody"), "invalid_client"),
        (with("grant_type", "password"), "unsupported_grant_type"),
        (with("scope", "tn.acc.journalentries:w"), "invalid_scope"),
    ] {
        assert_eq!(ask(&desk, &form).await, (400, json!({ "error": error })));
    }
    let json_body = json!({ "grant_type": "client_credentials" });
    let url = format!("{}/connect/token", desk.sandbox.url());
    let response = desk.http.post(&url).json(&json_body).send().await.unwrap();
    assert_eq!(response.status(), 400, "only a form is understood");
    assert_eq!(
        response.json::<Value>().await.unwrap(),
        json!({ "error": "invalid_request" })
    );
}

#[tokio::test]
async fn a_token_dies_after_its_life_and_on_request() {
    let desk = Desk::new().await;
    desk.hands.advance_s(899);
    desk.crm("customers").await;
    desk.hands.advance_s(1);
    let response = desk.answer(Method::GET, "crm", "customers").await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");

    let desk = Desk::new().await;
    desk.sandbox.expire_tokens();
    assert_eq!(
        desk.answer(Method::GET, "crm", "customers").await.status(),
        401
    );
}

#[tokio::test]
async fn the_app_key_is_checked_before_the_token() {
    let desk = Desk::new().await;
    let url = format!(
        "{}/crm/v2/tenant/{}/customers",
        desk.sandbox.url(),
        desk.tenant.id()
    );
    let response = desk
        .http
        .get(&url)
        .bearer_auth("rubbish")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body["title"],
        "Application key not present, check ST-App-Key header value."
    );
    assert_eq!(body["status"], 401);
    assert!(body["traceId"].is_string() && body["type"].is_string());
    assert!(
        body.get("errors").is_none(),
        "the live gateway leaves it out"
    );
    desk.sandbox.switch(|s| s.bare_problems = false);
    let body: Value = desk
        .http
        .get(&url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(body["errors"], json!({}));

    let with_key = desk
        .http
        .get(&url)
        .header("ST-App-Key", desk.sandbox.app_key());
    assert_eq!(
        with_key
            .bearer_auth("rubbish")
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
}

#[tokio::test]
async fn another_tenants_token_is_refused_as_switched() {
    let desk = Desk::with(|mut options| {
        options.tenants.push(TenantSeed {
            id: TenantId(2_000_002),
            ..TenantSeed::default()
        });
        options
    })
    .await;
    let other = &desk.sandbox.tenants()[1];
    assert_ne!(
        other.credentials().client_id,
        desk.tenant.credentials().client_id
    );
    let url = format!(
        "{}/crm/v2/tenant/{}/customers",
        desk.sandbox.url(),
        other.id()
    );
    for status in [403, 404] {
        desk.sandbox.switch(|s| s.wrong_tenant_status = status);
        let request = desk
            .http
            .get(&url)
            .header("ST-App-Key", desk.sandbox.app_key());
        assert_eq!(
            request
                .bearer_auth(&desk.token)
                .send()
                .await
                .unwrap()
                .status(),
            status
        );
    }
    let own = token(&desk.http, &desk.sandbox.url(), &other.credentials()).await;
    let request = desk
        .http
        .get(&url)
        .header("ST-App-Key", desk.sandbox.app_key());
    assert_eq!(request.bearer_auth(own).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn scopes_and_credentials_can_be_taken_and_given_back() {
    let desk = Desk::new().await;
    desk.tenant.revoke_scope("tn.crm.locations:r");
    assert_eq!(
        desk.answer(Method::GET, "crm", "locations").await.status(),
        403
    );
    assert_eq!(
        desk.answer(Method::GET, "crm", "customers").await.status(),
        200
    );
    desk.tenant.grant_scope("tn.crm.locations:r");
    assert_eq!(
        desk.answer(Method::GET, "crm", "locations").await.status(),
        200
    );

    let before = desk.tenant.credentials();
    desk.tenant.rotate_secret();
    assert_eq!(ask(&desk, &token_form(&before)).await.0, 400);
    assert_eq!(
        ask(&desk, &token_form(&desk.tenant.credentials())).await.0,
        200
    );
    assert_eq!(
        desk.answer(Method::GET, "crm", "customers").await.status(),
        200
    );

    desk.tenant.revoke_credentials();
    assert_eq!(
        desk.answer(Method::GET, "crm", "customers").await.status(),
        401
    );
    let refused = ask(&desk, &token_form(&desk.tenant.credentials())).await;
    assert_eq!(refused, (400, json!({ "error": "invalid_client" })));
    desk.tenant.restore_credentials();
    assert_eq!(
        ask(&desk, &token_form(&desk.tenant.credentials())).await.0,
        200
    );
}

#[tokio::test]
async fn token_requests_are_throttled() {
    let desk = Desk::with(|options| options.switch(|s| s.token_requests_per_minute = 2)).await;
    let form = token_form(&desk.tenant.credentials());
    assert_eq!(ask(&desk, &form).await.0, 200, "the desk took the first");
    assert_eq!(ask(&desk, &form).await.0, 429);
    assert_eq!(desk.sandbox.tokens_issued(), 2);
}

#[tokio::test]
async fn what_does_not_exist_is_404_and_a_wrong_method_405() {
    let desk = Desk::new().await;
    for path in [
        "nothing",
        "customers/1/nothing",
        "export/vendors",
        "customers/1",
    ] {
        let response = desk.answer(Method::GET, "crm", path).await;
        assert_eq!(response.status(), 404, "{path}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["status"], 404);
    }
    assert_eq!(
        desk.answer(Method::DELETE, "crm", "customers/1")
            .await
            .status(),
        405
    );
    let root = desk
        .http
        .get(format!("{}/nowhere", desk.sandbox.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(root.status(), 404);
    assert!(root.json::<Value>().await.unwrap()["traceId"].is_string());
}
