//! A tap on the way to Odoo: hands every call on to one database, whatever database the caller names, and keeps what was
//! called, with what, and how long it took.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

const DATABASE: &str = "x-odoo-database";

/// A call of a method of a model.
pub(crate) struct Call {
    pub(crate) model: String,
    pub(crate) method: String,
    pub(crate) arguments: Value,
    began: Instant,
    ended: Instant,
}

struct Taps {
    http: reqwest::Client,
    odoo: String,
    database: Mutex<String>,
    calls: Mutex<Vec<Call>>,
}

pub(crate) struct Tap {
    url: String,
    taps: Arc<Taps>,
}

impl Tap {
    /// A tap before this Odoo, open to this database.
    pub(crate) async fn before(odoo: &str, database: &str) -> Self {
        let taps = Arc::new(Taps {
            http: reqwest::Client::builder().build().expect("a client"),
            odoo: odoo.to_owned(),
            database: Mutex::new(database.to_owned()),
            calls: Mutex::default(),
        });
        let app = Router::new()
            .fallback(hand_on)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(Arc::clone(&taps));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, taps }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on calls go to this database.
    pub(crate) fn lead_to(&self, database: &str) {
        database.clone_into(&mut self.taps.database.lock().expect("unpoisoned"));
    }

    /// What was called since this was asked last.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.taps.calls.lock().expect("unpoisoned"))
    }
}

async fn hand_on(
    State(taps): State<Arc<Taps>>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    for hop in ["host", "connection", "content-length"] {
        headers.remove(hop);
    }
    if headers.contains_key(DATABASE) {
        let database = taps.database.lock().expect("unpoisoned").clone();
        headers.insert(DATABASE, HeaderValue::try_from(database).expect("a name"));
    }
    let began = Instant::now();
    let sent = taps
        .http
        .request(method, format!("{}{path}", taps.odoo))
        .headers(headers)
        .body(body.clone())
        .send();
    let Ok(answer) = sent.await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let (status, kind) = (
        answer.status(),
        answer.headers().get("content-type").cloned(),
    );
    let Ok(text) = answer.bytes().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    if let Some(("", model, method)) = called(path) {
        let call = Call {
            model: model.to_owned(),
            method: method.to_owned(),
            arguments: serde_json::from_slice(&body).unwrap_or_default(),
            began,
            ended: Instant::now(),
        };
        taps.calls.lock().expect("unpoisoned").push(call);
    }
    let mut answer = (status, text).into_response();
    if let Some(kind) = kind {
        answer.headers_mut().insert("content-type", kind);
    }
    answer
}

/// `/json/2/res.partner/load` is a call of `load` of `res.partner`.
fn called(path: &str) -> Option<(&str, &str, &str)> {
    let (before, call) = path.split_once("/json/2/")?;
    let (model, method) = call.split_once('/')?;
    Some((before, model, method))
}

/// How often each method of each model was called, with how many records or rows, and how long that took together.
pub(crate) fn by_method(calls: &[Call]) -> BTreeMap<String, (usize, Vec<usize>, Duration)> {
    let mut by_method: BTreeMap<String, (usize, Vec<usize>, Duration)> = BTreeMap::new();
    for call in calls {
        let name = format!("{} {}", call.model, call.method);
        let (count, sizes, time) = by_method.entry(name).or_default();
        *count += 1;
        sizes.extend(size(&call.arguments));
        *time += call.ended - call.began;
    }
    by_method
}

/// How long at least one call was under way, and how long at least two were.
pub(crate) fn busy(calls: &[Call]) -> (Duration, Duration) {
    let began = calls.iter().map(|call| (call.began, 1_i32));
    let mut edges: Vec<(Instant, i32)> = began
        .chain(calls.iter().map(|call| (call.ended, -1)))
        .collect();
    edges.sort_unstable();
    let (mut one, mut two, mut open) = (Duration::ZERO, Duration::ZERO, 0);
    for pair in edges.windows(2) {
        open += pair[0].1;
        let span = pair[1].0 - pair[0].0;
        one += if open > 0 { span } else { Duration::ZERO };
        two += if open > 1 { span } else { Duration::ZERO };
    }
    (one, two)
}

fn size(arguments: &Value) -> Option<usize> {
    let many = |name: &str| Some(arguments.get(name)?.as_array()?.len());
    many("data").or_else(|| many("ids"))
}
