//! What is tried again, what is not, and what the error says in the end.

use std::time::Duration;

use servicetitan::ErrorKind;
use servicetitan::client::{Client, Http, Retry};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;
use url::Url;

use crate::server::{Answer, Server, TOKEN, client, config};

#[tokio::test]
async fn a_passing_failure_is_not_noticed() {
    let server = Server::with_token(|_, number| match number {
        0 => Answer::status(500, "<html>oops</html>"),
        1 => Answer::status(429, ""),
        _ => Answer::rows("[]"),
    })
    .await;
    server.client().payment_terms().await.unwrap();
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test]
async fn the_budget_ends_and_the_last_error_is_told() {
    let server = Server::with_token(|_, _| {
        Answer::status(502, "<html>Bad Gateway</html>").with("content-type", "text/html")
    })
    .await;
    let error = server.client().payment_terms().await.unwrap_err();
    assert_eq!(server.calls().len(), 3);
    assert!(!error.may_have_applied);
    insta::assert_snapshot!(error, @"GET accounting/v2/payment-terms: 502, ServiceTitan failed: an HTML page, probably of a gateway in between");
}

#[tokio::test]
async fn a_refusal_is_not_repeated() {
    for (status, body, kind) in [
        (
            400,
            r#"{"status":400,"errors":{"Ids":["too many"]}}"#,
            ErrorKind::Rejected,
        ),
        (
            401,
            r#"{"title":"Application key not present, check ST-App-Key header value."}"#,
            ErrorKind::AppKey,
        ),
        (403, "", ErrorKind::Forbidden),
        (404, r#"{"title":"Not found"}"#, ErrorKind::NotFound),
        (409, "", ErrorKind::Rejected),
        (422, "", ErrorKind::Rejected),
    ] {
        let server = Server::with_token(move |_, _| Answer::status(status, body)).await;
        let error = server.client().payment_terms().await.unwrap_err();
        assert_eq!(
            (error.kind, error.status, server.calls().len()),
            (kind, Some(status), 1)
        );
    }
}

#[tokio::test]
async fn retry_after_holds_every_caller_of_the_pacer() {
    let server = Server::with_token(|_, number| match number {
        0 => Answer::status(429, "").with("retry-after", "1"),
        _ => Answer::rows("[]"),
    })
    .await;
    let client = server.client();
    let begun = Instant::now();
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.payment_terms().await }
    });
    while client.pacer().snapshot().limited == 0 {
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    client.payment_terms().await.unwrap();
    assert!(
        begun.elapsed() >= Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    first.await.unwrap().unwrap();
    assert_eq!(server.calls().len(), 3);
    assert!(
        client.pacer().snapshot().calls_per_second
            < client.pacer().snapshot().start_calls_per_second
    );
}

#[tokio::test]
async fn a_pause_beyond_the_budget_ends_the_call_and_those_after_it() {
    let server =
        Server::with_token(|_, _| Answer::status(429, "").with("retry-after", "3600")).await;
    let client = server.client();
    let error = client.payment_terms().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited);
    assert_eq!(error.retry_after, Some(Duration::from_hours(1)));
    let error = client.payment_terms().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::RateLimited);
    assert!(
        error.retry_after > Some(Duration::from_mins(9)),
        "{error:?}"
    );
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_a_timeout() {
    let server = Server::with_token(|_, _| Answer::rows("[]").after(Duration::from_mins(1))).await;
    let mut config = config(&server.url);
    config.timeout = Duration::from_millis(100);
    let error = client(config).payment_terms().await.unwrap_err();
    assert_eq!((error.kind, server.calls().len()), (ErrorKind::Timeout, 3));
}

#[tokio::test]
async fn a_closed_port_is_unreachable_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(config(&Url::parse(&url).unwrap()))
        .payment_terms()
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::Unreachable, None));
    insta::assert_snapshot!(error, @"POST connect/token: cannot be reached: no connection");
}

/// A server that gives a token, and cuts every other connection after `answer`.
async fn cutting(answer: &'static str) -> (Client, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let cuts = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&cuts);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4_096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let answer = if request[..read].starts_with(b"POST /connect/token") {
                let length = TOKEN.len();
                format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{TOKEN}"
                )
            } else {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                answer.to_owned()
            };
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (client(config(&url)), cuts)
}

#[tokio::test]
async fn a_cut_connection_is_an_interruption_and_tried_again() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"page\":1,";
    for (answer, status) in [("", None), (half, Some(200))] {
        let (client, cuts) = cutting(answer).await;
        let error = client.payment_terms().await.unwrap_err();
        assert_eq!(
            (error.kind, error.status),
            (ErrorKind::Interrupted, status),
            "{error:?}"
        );
        assert!(!error.may_have_applied);
        assert_eq!(cuts.load(std::sync::atomic::Ordering::SeqCst), 3);
    }
}

#[tokio::test]
async fn no_error_shows_a_secret() {
    // A server that repeats everything it was told.
    let server = Server::start(|seen, _| {
        let told = format!("{:?} {}", seen.headers, seen.body).replace('"', "'");
        if seen.is_token() {
            Answer::json(TOKEN)
        } else {
            Answer::status(400, format!(r#"{{"title":"{told}"}}"#))
        }
    })
    .await;
    let error = server.client().payment_terms().await.unwrap_err();
    assert!(error.message.contains("[redacted]"), "{error}");
    assert!(
        !format!("{error} {error:?}").contains("planted"),
        "{error:?}"
    );

    let refusing = Server::start(|seen, _| Answer::status(400, seen.body.clone())).await;
    let error = refusing.client().payment_terms().await.unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("planted"),
        "{error:?}"
    );
    assert!(!format!("{:?}", server.client()).contains("planted"));

    let odd = Server::start(|_, _| Answer::json(r#"{"access_token":["token-planted"]}"#)).await;
    let error = odd.client().payment_terms().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreadable);
    assert!(
        !format!("{error} {error:?}").contains("planted"),
        "{error:?}"
    );
}

#[test]
fn a_client_can_be_told_never_to_repeat() {
    assert_eq!(Retry::never().attempts_max, 1);
    assert!(Http::new(reqwest::Client::builder()).is_ok());
}
