//! What goes over the wire, and what is made of a server that misbehaves: scripted answers, byte by byte.

mod documents;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use odoo::client::READ_TRIES_MAX;
use odoo::server::ProtocolChoice;
use odoo::{Client, Config, Context, Domain, Error, ErrorKind, Model, RecordId, Search};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::target::{http, object};

const KEY: &str = "key-that-must-not-show";

/// What the server does with a request.
#[derive(Clone)]
enum Deed {
    /// Answers these bytes and closes.
    Say(String),
    /// Reads the request and closes without a word.
    Hang,
    /// Reads the request and waits until the client goes.
    Wait,
}

#[derive(Clone, Debug)]
struct Request {
    head: String,
    body: Vec<u8>,
}

struct Server {
    url: String,
    deeds: Arc<Mutex<VecDeque<Deed>>>,
    requests: Arc<Mutex<Vec<Request>>>,
    open_max: Arc<Mutex<(usize, usize)>>,
}

fn json_answer(status: &str, body: &Value) -> Deed {
    answer(status, "application/json", &body.to_string())
}

fn answer(status: &str, kind: &str, body: &str) -> Deed {
    let length = body.len();
    Deed::Say(format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    ))
}

fn ok(body: &Value) -> Deed {
    json_answer("200 OK", body)
}

impl Server {
    /// Answers the version by itself and everything else by the script; beyond its end, 418.
    async fn start(deeds: impl IntoIterator<Item = Deed>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            deeds: Arc::new(Mutex::new(deeds.into_iter().collect())),
            requests: Arc::default(),
            open_max: Arc::default(),
        };
        let (deeds, requests, open) = (
            server.deeds.clone(),
            server.requests.clone(),
            server.open_max.clone(),
        );
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (deeds, requests, open) = (deeds.clone(), requests.clone(), open.clone());
                tokio::spawn(async move {
                    {
                        let mut open = open.lock().unwrap();
                        open.0 += 1;
                        open.1 = open.1.max(open.0);
                    }
                    serve(stream, &deeds, &requests).await;
                    open.lock().unwrap().0 -= 1;
                });
            }
        });
        server
    }

    fn config(&self) -> Config {
        Config {
            timeout: Duration::from_secs(20),
            ..Config::new(self.url.parse().unwrap(), "acme", SecretString::from(KEY))
        }
    }

    async fn client(&self) -> Client {
        Client::connect(http(), self.config()).await.unwrap()
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    deeds: &Mutex<VecDeque<Deed>>,
    requests: &Mutex<Vec<Request>>,
) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    let deed = if request.head.starts_with("GET /web/version ") {
        ok(&json!({"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}))
    } else {
        requests.lock().unwrap().push(request);
        let next = deeds.lock().unwrap().pop_front();
        next.unwrap_or_else(|| answer("418 I'm a teapot", "text/plain", ""))
    };
    match deed {
        Deed::Say(bytes) => {
            let _ = stream.write_all(bytes.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Deed::Hang => {}
        Deed::Wait => {
            let _ = stream.read(&mut [0]).await;
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            let mut body = bytes[end + 4..].to_vec();
            while body.len() < length {
                if stream.read_buf(&mut body).await.unwrap_or(0) == 0 {
                    return None;
                }
            }
            return Some(Request { head, body });
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}

async fn search(client: &Client) -> Result<usize, Error> {
    let search = Search::new(Domain::equal("name", "A"), &["name"]);
    client
        .search_read(&Model::PARTNER, &search, &Context::new())
        .await
        .map(|found| found.len())
}

async fn write(client: &Client) -> Result<(), Error> {
    let values = object(json!({"phone": "1"}));
    client
        .write(&Model::PARTNER, &[RecordId(7)], values, &Context::new())
        .await
}

#[tokio::test]
async fn a_call_is_a_sized_json_object_for_one_database_and_company() {
    let server = Server::start([ok(&json!(true))]).await;
    let config = Config {
        company: Some(3),
        ..server.config()
    };
    let client = Client::connect(http(), config).await.unwrap();
    write(&client).await.unwrap();
    let request = server.requests().remove(0);
    let head = request.head.to_lowercase();
    assert!(
        head.starts_with("post /json/2/res.partner/write http/1.1"),
        "{head}"
    );
    for line in [
        &format!("authorization: bearer {KEY}"),
        "content-type: application/json",
        "x-odoo-database: acme",
        &format!("content-length: {}", request.body.len()),
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    assert!(!head.contains("transfer-encoding"));
    assert_eq!(
        serde_json::from_slice::<Value>(&request.body).unwrap(),
        json!({"ids": [7], "vals": {"phone": "1"}, "context": {"allowed_company_ids": [3]}})
    );
}

#[tokio::test]
async fn a_read_is_repeated_after_passing_failures() {
    let server = Server::start([
        Deed::Hang,
        answer("502 Bad Gateway", "text/html", "<h1>Bad Gateway</h1>"),
        json_answer("500 Internal Server Error", &json!({
            "name": "psycopg2.errors.SerializationFailure", "message": "could not serialize access"
        })),
        ok(&json!([{"id": 1, "name": "A"}])),
    ])
    .await;
    assert_eq!(search(&server.client().await).await, Ok(1));
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_read_gives_up_in_time_and_never_may_have_applied() {
    let server = Server::start(vec![Deed::Hang; 10]).await;
    let error = search(&server.client().await).await.unwrap_err();
    assert_eq!(
        (error.kind, error.may_have_applied),
        (ErrorKind::Interrupted, false)
    );
    assert_eq!(server.requests().len(), READ_TRIES_MAX as usize);
}

#[tokio::test]
async fn a_permanent_failure_is_not_repeated() {
    let body =
        json!({"name": "builtins.ValueError", "message": "Invalid field", "debug": "Traceback"});
    let server = Server::start(vec![json_answer("500 Internal Server Error", &body); 3]).await;
    let error = search(&server.client().await).await.unwrap_err();
    assert_eq!(
        (error.kind, server.requests().len()),
        (ErrorKind::Mistake, 1)
    );
}

#[tokio::test]
async fn what_may_have_happened_is_not_done_twice() {
    let slow = Duration::from_millis(100);
    for (deed, kind) in [
        (Deed::Hang, ErrorKind::Interrupted),
        (Deed::Wait, ErrorKind::Timeout),
        (
            answer("504 Gateway Timeout", "text/html", ""),
            ErrorKind::Overloaded,
        ),
        (
            answer("200 OK", "text/html", "<h1>Login</h1>"),
            ErrorKind::Unreadable,
        ),
        (
            Deed::Say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ntru".into()),
            ErrorKind::Interrupted,
        ),
        (
            Deed::Say("220 smtp.example.com ESMTP\r\n".into()),
            ErrorKind::Interrupted,
        ),
    ] {
        let server = Server::start([deed]).await;
        let config = Config {
            timeout: slow,
            ..server.config()
        };
        let client = Client::connect(http(), config).await.unwrap();
        let error = write(&client).await.unwrap_err();
        assert_eq!(
            (error.kind, error.may_have_applied),
            (kind, true),
            "{error}"
        );
        assert_eq!(server.requests().len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_has_done_nothing() {
    let server = Server::start([]).await;
    let client = server.client().await;
    // A port that nobody listens at: taken, and given back.
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let config = Config {
        url: format!("http://{free}").parse().unwrap(),
        ..client.config().clone()
    };
    let error = Client::connect(http(), config).await.unwrap_err();
    assert_eq!(
        (error.kind, error.may_have_applied),
        (ErrorKind::Unreachable, false)
    );
}

#[tokio::test]
async fn the_server_may_ask_for_a_pause_but_not_for_a_long_one() {
    let busy = |seconds: u32| {
        Deed::Say(format!(
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: {seconds}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ))
    };
    let server = Server::start([busy(0), ok(&json!([]))]).await;
    assert_eq!(search(&server.client().await).await, Ok(0));
    let server = Server::start([busy(7200), ok(&json!([]))]).await;
    let error = search(&server.client().await).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Overloaded);
    assert_eq!(error.retry_after, Some(Duration::from_hours(2)));
    assert!(!error.may_have_applied);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start([ok(&json!([]))]).await;
    let target = format!("{}/json/2/res.partner/write", elsewhere.url);
    let moved = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
    );
    let server = Server::start([Deed::Say(moved.clone()), Deed::Say(moved)]).await;
    let error = write(&server.client().await).await.unwrap_err();
    assert_eq!(
        (error.kind, error.may_have_applied),
        (ErrorKind::Unreachable, false)
    );
    assert!(error.message.contains(&target), "{error}");
    assert!(elsewhere.requests().is_empty(), "the key went elsewhere");
}

#[tokio::test]
async fn a_conflict_that_load_swallows_is_waited_out() {
    let conflict = json!({"ids": false, "messages": [{"rows": {"from": 0, "to": 0}, "record": 0,
        "type": "error", "message": "could not serialize access due to concurrent update\n"}], "nextrow": 0});
    let server = Server::start([
        ok(&conflict),
        ok(&conflict),
        ok(&json!({"ids": [7], "messages": []})),
    ])
    .await;
    let mut rows = odoo::load::Rows::new(Model::PARTNER, ["id", "name"]);
    rows.push(5, vec!["acme.a".into(), "A".into()]).unwrap();
    let loaded = server
        .client()
        .await
        .load(&rows, &Context::new())
        .await
        .unwrap();
    assert_eq!(loaded.groups[&5], Ok(vec![RecordId(7)]));
    assert_eq!((loaded.calls, loaded.conflicts), (3, 2));
    assert_eq!(loaded.largest.unwrap().rows, 1);
    for request in server.requests() {
        assert_eq!(
            serde_json::from_slice::<Value>(&request.body).unwrap(),
            json!({"fields": ["id", "name"], "data": [["acme.a", "A"]],
                "context": {"import_file": true, "noupdate": true}})
        );
    }
}

#[tokio::test]
async fn calls_in_flight_are_bounded_over_all_clones() {
    let server = Server::start(vec![ok(&json!([])); 12]).await;
    let client = server.client().await;
    let calls = (0..12).map(|_| {
        let client = client.clone();
        async move { search(&client).await }
    });
    for found in futures::future::join_all(calls).await {
        assert_eq!(found, Ok(0));
    }
    // One more for a connection that the server has not yet seen closed.
    let most = server.open_max.lock().unwrap().1;
    assert!(most <= 3, "{most} connections");
}

#[tokio::test]
async fn neither_debug_nor_errors_show_the_key() {
    let server = Server::start([answer("401 Unauthorized", "text/html", KEY)]).await;
    let client = server.client().await;
    let error = write(&client).await.unwrap_err();
    let shown = format!("{client:?} {:?} {error} {error:?}", client.config());
    assert!(!shown.contains(KEY), "{shown}");
    assert_eq!(error.kind, ErrorKind::Credentials);
}

#[tokio::test]
async fn an_address_that_cannot_be_odoo_is_refused_before_anything_is_sent() {
    for url in [
        "ftp://odoo.example.com",
        "data:text/plain,x",
        "https://user:pass@odoo.example.com",
    ] {
        let config = Config::new(url.parse().unwrap(), "acme", SecretString::from(KEY));
        let error = Client::connect(http(), config).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable, "{url}");
        assert!(!error.to_string().contains("pass@"), "{error}");
    }
    let server = Server::start([]).await;
    let config = Config {
        protocol: ProtocolChoice::XmlRpc,
        ..server.config()
    };
    let error = Client::connect(http(), config).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Mistake, "{error}");
}
