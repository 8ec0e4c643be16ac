//! The ServiceTitan simulator over HTTP, with a bare client of its own.

mod acts;
mod auth;
mod conformance;
mod control;
mod feeds;
mod lists;
mod purchasing;
mod rate;
mod receivables;
mod seed;
mod spec;
mod webhooks;
mod writes;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder, Response};
use sandbox::servicetitan::{Credentials, Options, RateShape, Sandbox, Tenant};
use serde_json::Value;

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct Hands(Arc<Mutex<Timestamp>>);

impl Hands {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(
            "2026-11-22T10:00:00.1234567Z".parse().unwrap(),
        )))
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    pub(crate) fn advance_s(&self, seconds: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn options(&self) -> Options {
        let hands = self.clone();
        Options::new(Arc::new(move || hands.now()))
    }
}

/// A simulator, its first tenant, and a client with a token.
pub(crate) struct Desk {
    pub(crate) sandbox: Sandbox,
    pub(crate) tenant: Tenant,
    pub(crate) hands: Hands,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
}

impl Desk {
    /// Without rate limit and withheld rows; 60 customers.
    pub(crate) async fn new() -> Self {
        Self::with(|options| options.customers(60)).await
    }

    pub(crate) async fn with(change: impl FnOnce(Options) -> Options) -> Self {
        let hands = Hands::new();
        let calm = hands
            .options()
            .rate(RateShape::Off)
            .switch(|s| s.feed_withheld_s = 0);
        let sandbox = Sandbox::start(change(calm)).await.unwrap();
        let tenant = sandbox.tenant();
        let http = client();
        let token = token(&http, &sandbox.url(), &tenant.credentials()).await;
        Self {
            sandbox,
            tenant,
            hands,
            http,
            token,
        }
    }

    /// With the scopes of AP bills and credits, which tenants do not grant by themselves.
    pub(crate) async fn grant_payables(&mut self) {
        for scope in ["apbills:r", "apbills:w", "apcredits:r", "apcredits:w"] {
            self.tenant.grant_scope(&format!("tn.acc.{scope}"));
        }
        let credentials = self.tenant.credentials();
        self.token = token(&self.http, &self.sandbox.url(), &credentials).await;
    }

    /// With the scopes that write payments and journal entries, which they do not either.
    pub(crate) async fn grant_receivables(&mut self) {
        for scope in ["payments:w", "journalentries:w"] {
            self.tenant.grant_scope(&format!("tn.acc.{scope}"));
        }
        let credentials = self.tenant.credentials();
        self.token = token(&self.http, &self.sandbox.url(), &credentials).await;
    }

    /// A call below `/{module}/v2/tenant/{tenant}/`, e.g. `crm`, `customers?page=2`.
    pub(crate) fn request(&self, method: Method, module: &str, path: &str) -> RequestBuilder {
        let url = format!(
            "{}/{module}/v2/tenant/{}/{path}",
            self.sandbox.url(),
            self.tenant.id()
        );
        self.http
            .request(method, url)
            .header("ST-App-Key", self.sandbox.app_key())
            .bearer_auth(&self.token)
    }

    pub(crate) async fn answer(&self, method: Method, module: &str, path: &str) -> Response {
        self.request(method, module, path).send().await.unwrap()
    }

    /// A GET that must succeed.
    pub(crate) async fn get(&self, module: &str, path: &str) -> Value {
        let response = self.answer(Method::GET, module, path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) async fn crm(&self, path: &str) -> Value {
        self.get("crm", path).await
    }

    /// A call with a JSON body: status and answer.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let response = self
            .request(method, "crm", path)
            .json(body)
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default(),
        )
    }
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .timeout(Duration::from_secs(20))
        .no_proxy()
        .build()
        .unwrap()
}

pub(crate) fn token_form(credentials: &Credentials) -> Vec<(&'static str, String)> {
    vec![
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", credentials.client_id.clone()),
        ("client_secret", credentials.client_secret.clone()),
    ]
}

pub(crate) async fn token(http: &reqwest::Client, url: &str, credentials: &Credentials) -> String {
    let request = http
        .post(format!("{url}/connect/token"))
        .form(&token_form(credentials));
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

pub(crate) fn ids(page: &Value) -> Vec<i64> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_i64().unwrap())
        .collect()
}

/// The ids of an empty page.
pub(crate) const NONE: [i64; 0] = [];
