//! A server that answers as its test says, and remembers what it was asked.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Response};
use servicetitan::client::{Client, Config, Environment, Http, Retry};
use servicetitan::{Pacer, RateLimit, TenantId};
use tokio::net::TcpListener;
use url::Url;

pub(crate) const TOKEN: &str = r#"{"access_token":"token-planted","expires_in":900,"token_type":"Bearer","scope":"tn.crm.customers:r tn.crm.locations:r"}"#;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn is_token(&self) -> bool {
        self.path == "/connect/token"
    }
}

/// What a script answers.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    after: Duration,
}

impl Answer {
    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200, body).with("content-type", "application/json")
    }

    pub(crate) fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            after: Duration::ZERO,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }

    /// The last page of a list or of a feed.
    pub(crate) fn rows(rows: &str) -> Self {
        Self::json(format!(
            r#"{{"page":1,"pageSize":50,"hasMore":false,"totalCount":null,"continueFrom":"end","data":{rows}}}"#
        ))
    }
}

pub(crate) struct Server {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// `script` gets each request and its number, token requests included, from 0.
    pub(crate) async fn start(
        script: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let script = Arc::new(script);
        let remembered = Arc::clone(&seen);
        let app = Router::new().fallback(move |request: Request| {
            let (script, count) = (Arc::clone(&script), Arc::clone(&count));
            let remembered = Arc::clone(&remembered);
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, 1 << 20).await.unwrap();
                let seen = Seen {
                    method: parts.method.to_string(),
                    path: parts.uri.path().to_owned(),
                    query: parts.uri.query().unwrap_or_default().to_owned(),
                    headers: parts.headers,
                    body: String::from_utf8_lossy(&body).into_owned(),
                };
                remembered.lock().unwrap().push(seen.clone());
                let answer = script(&seen, count.fetch_add(1, Ordering::SeqCst));
                tokio::time::sleep(answer.after).await;
                let mut response = Response::builder().status(answer.status);
                for (name, value) in answer.headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(answer.body)).unwrap()
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url: Url::parse(&url).unwrap(),
            seen,
        }
    }

    /// Answers token requests with [`TOKEN`], and leaves the rest, numbered from 0, to `script`.
    pub(crate) async fn with_token(
        script: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let count = AtomicUsize::new(0);
        Self::start(move |seen, _| {
            if seen.is_token() {
                Answer::json(TOKEN)
            } else {
                script(seen, count.fetch_add(1, Ordering::SeqCst))
            }
        })
        .await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The API calls, token requests aside.
    pub(crate) fn calls(&self) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|seen| !seen.is_token());
        seen
    }

    pub(crate) fn client(&self) -> Client {
        client(config(&self.url))
    }
}

/// Secrets that no error and no log may show, and a budget that fits a test.
pub(crate) fn config(url: &Url) -> Config {
    let mut config = Config::new(
        Environment::Integration,
        TenantId(1234),
        "ak1.planted".to_owned().into(),
        "cid.test".to_owned(),
        "cs1.planted".to_owned().into(),
    );
    config.auth_url = url.clone();
    config.api_url = url.clone();
    config.timeout = Duration::from_secs(10);
    config.retry = Retry {
        attempts_max: 3,
        delay_first_max: Duration::from_millis(5),
        delay_max: Duration::from_millis(20),
        total_max: Duration::from_secs(5),
    };
    config
}

/// A client whose pace is no concern of its test.
pub(crate) fn client(config: Config) -> Client {
    let limit: RateLimit = "100000/1s".parse().unwrap();
    let http = Http::new(reqwest::Client::builder()).unwrap();
    Client::new(http, config, Arc::new(Pacer::new(limit)))
}
