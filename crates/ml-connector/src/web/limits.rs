//! What strangers may take of the service: how long, how much, how many at a time.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;
use super::{WEBHOOK_BYTES_MAX, Web};

/// The limits of one service.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a client may take to send the headers of a request; also how long a connection may stay without one.
    pub headers: Duration,
    /// How long a request may take, the arrival of its body included; also how long a client may leave its answer unread.
    pub request: Duration,
    /// Connections that are open at a time; further ones wait to be accepted.
    pub connections: usize,
    /// Webhook deliveries that are taken in at a time; each may hold a body in memory.
    pub deliveries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(10),
            request: Duration::from_secs(30),
            connections: 800,
            deliveries: 256,
        }
    }
}

pub(super) const TOO_LARGE: Problem = Problem {
    status: StatusCode::PAYLOAD_TOO_LARGE,
    title: "Too large",
    detail: "A webhook body is at most one megabyte.",
};

const TOO_MANY: Problem = Problem {
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "Too many deliveries",
    detail: "Too many deliveries arrive at once; this one should be sent again.",
};

/// The places for deliveries.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Semaphore>);

impl Places {
    pub(super) fn new(deliveries: usize) -> Self {
        Self(Arc::new(Semaphore::new(deliveries)))
    }
}

/// A place for one delivery, asked for before its body is read, and given back with the answer. Nobody waits for one,
/// and who announces too large a body gets none.
pub(super) struct Place(#[expect(dead_code, reason = "held, not used")] OwnedSemaphorePermit);

impl FromRequestParts<Web> for Place {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        // A body that says how large it is need not be read to be refused.
        let announced = parts.headers.get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|bytes: usize| bytes > WEBHOOK_BYTES_MAX) {
            web.shared.metrics.webhook("refused");
            return Err(TOO_LARGE);
        }
        let place = Arc::clone(&web.places.0).try_acquire_owned();
        place.map(Self).map_err(|_| {
            web.shared.metrics.webhook("overloaded");
            TOO_MANY
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::Router;
    use axum::routing::get;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use store::{DatabaseUrl, MasterKey, Store};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpSocket, TcpStream};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::clock::Clock;
    use crate::engine::supervisor::{Mode, Shared};
    use crate::engine::vendors::Http;
    use crate::web::receivers::Receivers;
    use crate::web::{guarded, serve};

    /// Short enough for a test, long enough for a request that does not dawdle.
    fn strict() -> Limits {
        Limits {
            headers: Duration::from_millis(300),
            request: Duration::from_millis(300),
            ..Limits::default()
        }
    }

    async fn web(limits: Limits) -> Web {
        let rng = &mut StdRng::seed_from_u64(1);
        let (master, clock) = (MasterKey::generate(rng), Clock::system());
        let store = Store::open(&DatabaseUrl::memory(), &master, rng, clock.now())
            .await
            .unwrap();
        let http = Http::new().unwrap();
        let shared = Shared::new(store, http, clock, None, Mode::Service);
        Web::within(limits, Arc::new(shared), Receivers::default())
    }

    async fn served(limits: Limits) -> (SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, web(limits).await, stop.clone()));
        (address, stop)
    }

    /// Sends this much and waits until the service ends the connection.
    async fn say(address: SocketAddr, text: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    const POST: &str = "POST /webhooks/servicetitan HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";

    #[tokio::test]
    async fn who_dawdles_is_cut_off() {
        let (address, _) = served(strict()).await;
        assert_eq!(say(address, "").await, "");
        let answer = say(address, POST).await;
        assert!(!answer.contains("200 OK"), "{answer}");
        let answer = say(address, &format!("{POST}Content-Length: 10\r\n\r\nabc")).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        let answer = say(address, &format!("{POST}Content-Length: 3\r\n\r\nabc")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }

    #[tokio::test]
    async fn a_delivery_without_a_place_comes_again() {
        let (address, _) = served(Limits {
            deliveries: 1,
            ..Limits::default()
        })
        .await;
        let request = format!("{POST}Content-Length: 3\r\n\r\n");
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(request.as_bytes()).await.unwrap();
        // The first one keeps its place as soon as its headers are read.
        let refused = loop {
            let answer = say(address, &format!("{request}abc")).await;
            if !answer.starts_with("HTTP/1.1 400 ") {
                break answer;
            }
        };
        assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
        assert!(refused.contains("\r\nretry-after: 5\r\n"), "{refused}");
        slow.write_all(b"abc").await.unwrap();
        let mut answer = String::new();
        slow.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        let answer = say(address, &format!("{request}abc")).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }

    #[tokio::test]
    async fn a_connection_too_many_waits_for_another_to_end() {
        let (address, _) = served(Limits {
            connections: 1,
            ..Limits::default()
        })
        .await;
        let request = "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let first = TcpStream::connect(address).await.unwrap();
        let second = tokio::spawn(say(address, request));
        drop(first);
        assert!(second.await.unwrap().ends_with("ok\n"));
    }

    #[tokio::test]
    async fn who_reads_no_answer_gives_its_place_back() {
        let (address, _) = served(Limits {
            request: Duration::from_millis(300),
            connections: 1,
            ..Limits::default()
        })
        .await;
        // More than all buffers between the two hold.
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut deaf = socket.connect(address).await.unwrap();
        let asks = "GET /style.css HTTP/1.1\r\nHost: h\r\n\r\n".repeat(10_000);
        let request = "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let (_, answer) = tokio::time::timeout(Duration::from_secs(20), async {
            tokio::join!(deaf.write_all(asks.as_bytes()), say(address, request))
        })
        .await
        .expect("the place comes free");
        assert!(answer.ends_with("ok\n"), "{answer}");
        drop(deaf);
    }

    async fn panics() -> &'static str {
        panic!("for the test")
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_and_not_the_end() {
        let web = web(strict()).await;
        let routes = Router::new()
            .route("/panics", get(panics))
            .route("/well", get(async || "well"));
        let routes = guarded(routes, strict()).with_state(web);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, routes).into_future());
        let get = async |path: &str| {
            let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            say(address, &request).await
        };
        let answer = get("/panics").await;
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
        assert!(answer.contains("application/problem+json") && !answer.contains("for the test"));
        assert!(get("/well").await.ends_with("well"));
    }
}
