//! The controls for a person with curl.

use reqwest::Method;
use sandbox::servicetitan::customer_id;
use serde_json::{Value, json};

use super::Desk;

async fn control(desk: &Desk, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let mut request = desk
        .http
        .request(method, format!("{}/sandbox{path}", desk.sandbox.url()));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default(),
    )
}

#[tokio::test]
async fn the_overview_holds_all_that_connects() {
    let desk = Desk::new().await;
    let (_, overview) = control(&desk, Method::GET, "", None).await;
    let credentials = desk.tenant.credentials();
    assert_eq!(overview["app_key"], credentials.app_key);
    assert_eq!(overview["tenants"][0]["client_id"], credentials.client_id);
    assert_eq!(
        overview["tenants"][0]["client_secret"],
        credentials.client_secret
    );
    assert_eq!(overview["tenants"][0]["customers"], 60);
}

#[tokio::test]
async fn the_examples_in_the_overview_work() {
    let desk = Desk::new().await;
    let (_, overview) = control(&desk, Method::GET, "", None).await;
    let examples = &overview["example"];
    let act = examples["POST /sandbox/acts"].clone();
    assert_eq!(
        control(&desk, Method::POST, "/acts", Some(act)).await.0,
        200
    );
    let customer = &examples["POST /crm/v2/tenant/{tenant}/customers"];
    assert_eq!(desk.send(Method::POST, "customers", customer).await.0, 200);
    let fault = examples["POST /sandbox/faults"].clone();
    assert_eq!(
        control(&desk, Method::POST, "/faults", Some(fault)).await.0,
        200
    );
}

#[tokio::test]
async fn acts_can_be_done_with_curl() {
    let desk = Desk::new().await;
    let id = customer_id(0);
    let act = json!({ "do": "rename_customer", "customer": id, "name": "By curl" });
    let path = format!("/tenants/{}/acts", desk.tenant.id());
    assert_eq!(
        control(&desk, Method::POST, &path, Some(act)).await,
        (200, json!({ "id": null }))
    );
    let shown = control(
        &desk,
        Method::GET,
        &format!("/tenants/{}/customers/{id}", desk.tenant.id()),
        None,
    )
    .await;
    assert_eq!(shown.1["customer"]["name"], "By curl");
    let book = json!({ "do": "book_job", "customer": id });
    let (status, made) = control(&desk, Method::POST, "/acts", Some(book)).await;
    assert_eq!(status, 200);
    assert!(made["id"].is_i64());
    let nobody = json!({ "do": "set_active", "customer": 1, "active": false });
    let refused = control(&desk, Method::POST, "/acts", Some(nobody)).await;
    assert_eq!(refused, (404, json!({ "error": "there is no Customer 1" })));
    let spoil =
        json!({ "do": "spoil", "kind": "customer", "id": id, "rot": { "rot": "name_null" } });
    assert_eq!(
        control(&desk, Method::POST, "/acts", Some(spoil)).await.0,
        200
    );
    assert_eq!(
        desk.crm(&format!("customers/{id}")).await["name"],
        Value::Null
    );
}

#[tokio::test]
async fn switches_faults_and_tokens_are_within_reach() {
    let desk = Desk::new().await;
    let changes = json!({ "rate": "600/10s", "null_lists": false });
    let (status, switches) = control(&desk, Method::PATCH, "/switches", Some(changes)).await;
    assert_eq!((status, &switches["rate"]), (200, &json!("600/10s")));
    assert!(!desk.sandbox.switches().null_lists);
    let typo = json!({ "nul_lists": true });
    assert_eq!(
        control(&desk, Method::PATCH, "/switches", Some(typo))
            .await
            .0,
        400
    );

    let fault = json!({ "fault": "rate_limited", "retry_after_s": 7, "path": "/crm", "times": 1 });
    let (_, rule) = control(&desk, Method::POST, "/faults", Some(fault)).await;
    let struck = desk.answer(Method::GET, "crm", "customers").await;
    assert_eq!(
        (struck.status().as_u16(), &struck.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    assert_eq!(
        desk.answer(Method::GET, "crm", "customers").await.status(),
        200
    );
    let (_, faults) = control(&desk, Method::GET, "/faults", None).await;
    assert_eq!(faults["rules"][0]["fired"], 1);
    assert_eq!(
        faults["fired"][0]["request"],
        format!("GET /crm/v2/tenant/{}/customers", desk.tenant.id())
    );
    control(
        &desk,
        Method::DELETE,
        &format!("/faults/{}", rule["id"]),
        None,
    )
    .await;
    assert_eq!(desk.sandbox.faults().rules(), []);

    control(&desk, Method::POST, "/tokens/expire", None).await;
    assert_eq!(
        desk.answer(Method::GET, "crm", "customers").await.status(),
        401
    );
}

#[tokio::test]
async fn calls_are_counted_by_path() {
    let desk = Desk::new().await;
    for i in 0..3 {
        desk.crm(&format!("customers/{}", customer_id(i))).await;
    }
    desk.answer(Method::GET, "crm", "nothing").await;
    let (_, calls) = control(&desk, Method::GET, "/calls", None).await;
    assert_eq!(
        calls,
        json!({
            "by_path": {
                "GET /crm/v2/tenant/{tenant}/customers/{id}": 3,
                "GET /crm/v2/tenant/{tenant}/nothing": 1,
                "POST /connect/token": 1,
            },
            "by_status": { "200": 4, "404": 1 },
            "rate_limited": 0,
        })
    );
    control(&desk, Method::DELETE, "/calls", None).await;
    assert!(desk.sandbox.calls().by_path.is_empty());
}
