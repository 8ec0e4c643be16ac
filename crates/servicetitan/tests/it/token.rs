//! The token: one request for all, renewed before it dies, not hammered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use servicetitan::ErrorKind;

use crate::server::{Answer, Server};

fn token(number: usize, expires_in: u64) -> Answer {
    Answer::json(format!(
        r#"{{"access_token":"token-{number}","expires_in":{expires_in},"token_type":"Bearer","scope":""}}"#
    ))
}

async fn all_at_once(client: &servicetitan::Client, callers: usize) -> Vec<Result<(), ErrorKind>> {
    let calls = (0..callers).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.payment_terms().await.map(drop).map_err(|e| e.kind) })
    });
    let mut results = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        results.push(call.await.unwrap());
    }
    results
}

#[tokio::test]
async fn many_callers_share_one_token_request() {
    let server = Server::start(|seen, number| {
        if seen.is_token() {
            token(number, 900).after(Duration::from_millis(50))
        } else {
            Answer::rows("[]")
        }
    })
    .await;
    let client = server.client();
    let results = all_at_once(&client, 20).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.seen().len() - server.calls().len(), 1);
}

#[tokio::test]
async fn a_failed_token_request_is_shared_too() {
    let server = Server::start(|_, _| {
        Answer::status(400, r#"{"error":"invalid_client"}"#).after(Duration::from_millis(50))
    })
    .await;
    let results = all_at_once(&server.client(), 20).await;
    assert_eq!(results, [Err(ErrorKind::Credentials); 20]);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn the_token_service_has_its_passing_failures_too() {
    let server = Server::start(|seen, number| match (seen.is_token(), number) {
        (true, 0) => Answer::status(503, "<html></html>"),
        (true, _) => token(number, 900),
        (false, _) => Answer::rows("[]"),
    })
    .await;
    server.client().payment_terms().await.unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_dead_token_is_renewed_once_for_all_who_used_it() {
    let dead = Arc::new(AtomicBool::new(false));
    let renewals = Arc::new(AtomicUsize::new(0));
    let server = Server::start({
        let (dead, renewals) = (Arc::clone(&dead), Arc::clone(&renewals));
        move |seen, _| {
            if seen.is_token() {
                return token(renewals.fetch_add(1, Ordering::SeqCst), 900);
            }
            let old = seen.headers["authorization"] == "Bearer token-0";
            if old && dead.load(Ordering::SeqCst) {
                Answer::status(401, r#"{"title":"Unauthorized"}"#).after(Duration::from_millis(20))
            } else {
                Answer::rows("[]")
            }
        }
    })
    .await;
    let client = server.client();
    client.payment_terms().await.unwrap();
    dead.store(true, Ordering::SeqCst);
    let results = all_at_once(&client, 10).await;
    assert_eq!(results, [Ok(()); 10]);
    assert_eq!(renewals.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_401_after_renewal_means_the_credentials() {
    let server = Server::start(|seen, number| {
        if seen.is_token() {
            token(number, 900)
        } else {
            Answer::status(401, r#"{"title":"Unauthorized"}"#)
        }
    })
    .await;
    let error = server.client().payment_terms().await.unwrap_err();
    assert_eq!(
        (error.kind, error.status),
        (ErrorKind::Credentials, Some(401))
    );
    let paths: Vec<_> = server
        .seen()
        .iter()
        .map(crate::server::Seen::is_token)
        .collect();
    assert_eq!(paths, [true, false, true, false]);
}

/// Moves the clock without letting it move by itself while answers are under way.
async fn advance(by: Duration) {
    tokio::time::pause();
    tokio::time::advance(by).await;
    tokio::time::resume();
}

fn tokens(server: &Server) -> usize {
    server.seen().len() - server.calls().len()
}

#[tokio::test]
async fn a_token_is_renewed_after_five_sixths_of_its_life() {
    let server = Server::start(|seen, number| {
        if seen.is_token() {
            token(number, 900)
        } else {
            Answer::rows("[]")
        }
    })
    .await;
    let client = server.client();
    client.payment_terms().await.unwrap();
    advance(Duration::from_secs(740)).await;
    client.payment_terms().await.unwrap();
    assert_eq!(tokens(&server), 1);
    advance(Duration::from_secs(10)).await;
    client.payment_terms().await.unwrap();
    assert_eq!(tokens(&server), 2);
}

#[tokio::test]
async fn an_old_token_serves_while_it_cannot_be_renewed() {
    let server = Server::start(|seen, number| match (seen.is_token(), number) {
        (true, 0) => token(number, 900),
        (true, _) => Answer::status(500, ""),
        (false, _) => Answer::rows("[]"),
    })
    .await;
    let client = server.client();
    client.payment_terms().await.unwrap();
    advance(Duration::from_secs(760)).await;
    client.payment_terms().await.unwrap();
    client.payment_terms().await.unwrap();
    // One failed renewal, and the second call did not ask again at once.
    assert_eq!(tokens(&server), 2);
    advance(Duration::from_secs(140)).await;
    let error = client.payment_terms().await.unwrap_err();
    assert_eq!(
        (error.kind, error.operation.as_ref()),
        (ErrorKind::Server, "POST connect/token")
    );
}

#[tokio::test]
async fn the_preflight_asks_for_a_token_of_its_own() {
    let refusing = Arc::new(AtomicBool::new(false));
    let server = Server::start({
        let refusing = Arc::clone(&refusing);
        move |seen, number| {
            if !seen.is_token() {
                Answer::rows("[]")
            } else if refusing.load(Ordering::SeqCst) {
                Answer::status(400, r#"{"error":"invalid_client"}"#)
            } else {
                token(number, 900)
            }
        }
    })
    .await;
    let client = server.client();
    client.payment_terms().await.unwrap();
    assert!(client.preflight().await.token.is_ok());
    assert_eq!(tokens(&server), 2);
    // The cached token still works, but the credentials no longer do: a check must say so.
    refusing.store(true, Ordering::SeqCst);
    let preflight = client.preflight().await;
    assert_eq!(preflight.token.unwrap_err().kind, ErrorKind::Credentials);
    refusing.store(false, Ordering::SeqCst);
    assert!(client.preflight().await.token.is_ok());
}
