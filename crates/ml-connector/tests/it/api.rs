//! The pull API: what it shows, whom, and what it refuses.

mod caller;
mod document;
mod fresh;
mod shown;

use std::sync::Arc;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use sandbox::servicetitan::{JobId, Options};
use serde_json::Value;

use crate::odoo_side::OdooSide;
use crate::rig::{Rig, Serving};

/// Somebody with a token.
struct Caller {
    http: reqwest::Client,
    address: String,
    token: String,
}

/// What was answered.
struct Answer {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    text: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.expect("a body"),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        let value = value.unwrap_or_else(|| panic!("no {name}: {:?}", self.headers));
        value.to_str().expect("text")
    }

    /// It is a problem of this status.
    #[track_caller]
    fn assert_problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store");
        let problem = self.json();
        assert_eq!(problem["status"], status, "{problem}");
        problem
    }
}

impl Caller {
    /// A caller with a token of these scopes; `more` is said to `token create` as well.
    async fn new(rig: &Rig, serving: &Serving, name: &str, scopes: &str, more: &[&str]) -> Self {
        let create = ["token", "create", "--name", name, "--scopes", scopes];
        let created = rig.run_to(0, &[&create, more].concat()).await;
        Self {
            http: reqwest::Client::builder().build().expect("a client"),
            address: serving.address.clone(),
            token: created.out.trim().to_owned(),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}/api/v1/{path}", self.address));
        request.bearer_auth(&self.token)
    }

    async fn get(&self, path: &str) -> Answer {
        Self::answer(self.request(Method::GET, path)).await
    }

    async fn answer(request: RequestBuilder) -> Answer {
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// An answer that has to be one.
    #[track_caller]
    fn well(answer: &Answer) -> Value {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.header("content-type"), "application/json");
        answer.json()
    }

    async fn read(&self, path: &str) -> Value {
        Self::well(&self.get(path).await)
    }

    /// The ids of all pages of a list.
    async fn ids(&self, path: &str) -> Vec<i64> {
        let join = if path.contains('?') { '&' } else { '?' };
        let mut ids = Vec::new();
        let mut page = self.read(path).await;
        loop {
            let data = page["data"].as_array().expect("a list");
            ids.extend(data.iter().map(|one| one["id"].as_i64().expect("an id")));
            let Some(cursor) = page["next_cursor"].as_str() else {
                return ids;
            };
            page = self.read(&format!("{path}{join}cursor={cursor}")).await;
        }
    }
}

/// A connector that holds customers, jobs, orders and bills, and everything in Odoo.
async fn filled() -> (Rig, Vec<JobId>) {
    let now = Arc::new(ml_connector::clock::now);
    let options = Options::new(now).customers(6).orders(6);
    let rig = Rig::with(OdooSide::simulated().await, options).await;
    rig.turn_on(&["jobs", "purchase-orders", "bills"]).await;
    rig.keep_servicetitans_accounts().await;
    let tenant = rig.tenant();
    let customers = tenant.customers();
    let active = customers.iter().filter(|customer| customer.active);
    let jobs = active
        .map(|customer| tenant.book_job(customer.id).expect("it has a location"))
        .collect();
    rig.sync_all().await;
    (rig, jobs)
}
