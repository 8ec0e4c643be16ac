//! The simulated Odoo over HTTP. What it answers was compared with a real Odoo 19.0, call by call.

mod adversity;
mod billing;
mod catalog;
mod http;
mod load;
mod paying;
mod people;
mod posting;
mod pricing;
mod purchasing;
mod receiving;
mod records;
mod time;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sandbox::odoo::{Id, Options, Sandbox};
use serde_json::{Value as Json, json};

/// A simulator with a clock that stands still until moved, and a client for it.
struct Rig {
    odoo: Sandbox,
    client: reqwest::Client,
    now: Arc<Mutex<Timestamp>>,
}

impl Rig {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let now: Timestamp = "2026-11-23T08:00:00.5Z".parse().unwrap();
        let now = Arc::new(Mutex::new(now));
        let read = now.clone();
        let mut options = Options::new(Arc::new(move || *read.lock().unwrap()));
        options.work_per_call = Duration::ZERO;
        change(&mut options);
        Self {
            odoo: Sandbox::start(options).await.unwrap(),
            client: reqwest::Client::builder()
                .timeout(Duration::from_secs(20))
                .build()
                .unwrap(),
            now,
        }
    }

    fn advance(&self, time: SignedDuration) {
        let mut now = self.now.lock().unwrap();
        *now += time;
    }

    fn request(&self, model: &str, method: &str, body: &Json) -> reqwest::RequestBuilder {
        self.client
            .post(format!("{}/json/2/{model}/{method}", self.odoo.url()))
            .header("X-Odoo-Database", self.odoo.database())
            .bearer_auth(self.odoo.api_key())
            .json(body)
    }

    async fn call(&self, model: &str, method: &str, body: Json) -> (u16, Json) {
        let response = self.request(model, method, &body).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap())
    }

    /// A call that must succeed.
    async fn ok(&self, model: &str, method: &str, body: Json) -> Json {
        let (status, answer) = self.call(model, method, body).await;
        assert_eq!(status, 200, "{answer:#}");
        answer
    }

    /// `load` of partners, in the way of a connector.
    async fn load(&self, fields: &[&str], data: Json) -> Json {
        self.load_into("res.partner", fields, data).await
    }

    /// `load`, in the way of a connector.
    async fn load_into(&self, model: &str, fields: &[&str], data: Json) -> Json {
        let context = json!({"noupdate": true, "import_file": true, "tracking_disable": true});
        let body = json!({"fields": fields, "data": data, "context": context});
        self.ok(model, "load", body).await
    }

    /// `load` of partners that must succeed; the ids.
    async fn loaded(&self, fields: &[&str], data: Json) -> Vec<i64> {
        self.loaded_into("res.partner", fields, data).await
    }

    /// `load` that must succeed; the ids.
    async fn loaded_into(&self, model: &str, fields: &[&str], data: Json) -> Vec<i64> {
        let answer = self.load_into(model, fields, data).await;
        assert_eq!(answer["messages"], json!([]), "{answer:#}");
        let ids = answer["ids"].as_array().unwrap();
        ids.iter().map(|id| id.as_i64().unwrap()).collect()
    }

    /// One record's fields, without its id.
    async fn seen(&self, model: &str, id: i64, fields: &[&str]) -> Json {
        let body = json!({"ids": [id], "fields": fields, "load": null});
        let mut answer = self.ok(model, "read", body).await;
        let mut about = answer[0].take();
        about.as_object_mut().unwrap().remove("id");
        about
    }

    async fn read(&self, id: i64, fields: &[&str]) -> Json {
        let body = json!({"ids": [id], "fields": fields});
        let mut answer = self.ok("res.partner", "read", body).await;
        let mut about = answer[0].take();
        about.as_object_mut().unwrap().remove("id");
        about
    }

    /// Waits until so many calls are in their simulated work.
    async fn in_progress(&self, calls: u64) {
        while self.odoo.calls_in_progress() != calls {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn names(&self) -> Vec<String> {
        let partners = self.odoo.partners();
        partners.into_iter().filter_map(|p| p.name).collect()
    }

    fn id_of(&self, external_id: &str) -> Id {
        self.odoo.partner_by_external_id(external_id).unwrap().id
    }
}
