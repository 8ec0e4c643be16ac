//! What is asked for, and what is done with the answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use servicetitan::client::{Continuation, Feed};
use servicetitan::record::{self, Customer, Identity};
use servicetitan::{CustomerId, ErrorKind};

use crate::server::{Answer, Seen, Server, client, config};

pub(crate) fn ids(rows: &[servicetitan::client::Row]) -> Vec<i64> {
    rows.iter()
        .map(|row| Identity::of(row.get()).unwrap().id)
        .collect()
}

pub(crate) fn param(seen: &Seen, name: &str) -> Option<String> {
    let pairs = url::form_urlencoded::parse(seen.query.as_bytes());
    let mut values = pairs
        .filter(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned());
    let value = values.next();
    assert_eq!(values.next(), None, "{name} is given twice");
    value
}

#[tokio::test]
async fn every_call_carries_tenant_token_and_app_key() {
    let server = Server::with_token(|_, _| Answer::rows("[]")).await;
    server.client().payment_terms().await.unwrap();
    let seen = server.seen();
    assert_eq!(
        seen[0].body,
        "grant_type=client_credentials&client_id=cid.test&client_secret=cs1.planted"
    );
    assert_eq!(
        seen[0].headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert!(!seen[0].headers.contains_key("authorization"));
    assert_eq!(seen[1].path, "/accounting/v2/tenant/1234/payment-terms");
    assert_eq!(seen[1].headers["authorization"], "Bearer token-planted");
    assert_eq!(seen[1].headers["st-app-key"], "ak1.planted");
}

#[tokio::test]
async fn a_feed_is_read_to_its_end_and_its_place_can_be_saved() {
    let server = Server::with_token(|seen, _| {
        let (more, next, rows) = match param(seen, "from").as_deref() {
            None => (true, "t/1+a=", r#"[{"id":1},{"id":2}]"#),
            Some("t/1+a=") => (true, "t/2", "null"),
            Some("t/2") => (false, "t/3", r#"[{"id":2,"name":"\ud800"}]"#),
            other => panic!("{other:?}"),
        };
        Answer::json(format!(
            "\u{feff}{{\"hasMore\":{more},\"continueFrom\":\"{next}\",\"data\":{rows},\"new\":1}}"
        ))
    })
    .await;
    let mut feed = server.client().feed(Feed::Customers, None, true);
    let mut pages = Vec::new();
    while let Some(page) = feed.next_page().await.unwrap() {
        let next = serde_json::to_string(&page.next).unwrap();
        pages.push((ids(&page.rows), next, page.has_more));
    }
    assert_eq!(
        pages,
        [
            (vec![1, 2], "\"t/1+a=\"".to_owned(), true),
            (vec![], "\"t/2\"".to_owned(), true),
            (vec![2], "\"t/3\"".to_owned(), false),
        ]
    );
    assert!(feed.next_page().await.unwrap().is_none());
    assert!(
        server
            .calls()
            .iter()
            .all(|seen| param(seen, "includeRecentChanges").as_deref() == Some("true"))
    );
}

#[tokio::test]
async fn a_settled_feed_does_not_ask_for_recent_changes_and_keeps_its_place_when_nothing_is_new() {
    let server = Server::with_token(|_, _| {
        Answer::json(r#"{"hasMore":false,"continueFrom":null,"data":[]}"#)
    })
    .await;
    let client = server.client();
    let since = Continuation::since("2026-01-01T00:00:00Z".parse().unwrap());
    let page = client
        .export(Feed::Locations, Some(&since), false)
        .await
        .unwrap();
    assert_eq!(page.next, Some(since));
    let page = client
        .export(Feed::CustomerContacts, None, false)
        .await
        .unwrap();
    assert_eq!(page.next, None);
    let calls = server.calls();
    assert_eq!(
        param(&calls[0], "from").as_deref(),
        Some("2026-01-01T00:00:00Z")
    );
    assert_eq!(calls[0].path, "/crm/v2/tenant/1234/export/locations");
    assert_eq!(
        calls[1].path,
        "/crm/v2/tenant/1234/export/customers/contacts"
    );
    assert_eq!(calls[1].query, "");
}

#[tokio::test]
async fn a_feed_that_does_not_advance_is_an_error_not_a_loop() {
    let server =
        Server::with_token(|_, _| Answer::json(r#"{"hasMore":true,"continueFrom":"t","data":[]}"#))
            .await;
    let mut feed = server.client().feed(Feed::Customers, None, false);
    feed.next_page().await.unwrap().unwrap();
    let error = feed.next_page().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreadable);
    insta::assert_snapshot!(error, @"GET crm/v2/export/customers: the answer is not what the API describes: the feed does not advance: it continues where it was");

    // The same in a larger circle: a, b, a, ...
    let server = Server::with_token(|_, number| {
        let next = if number % 2 == 0 { "a" } else { "b" };
        Answer::json(format!(
            r#"{{"hasMore":true,"continueFrom":"{next}","data":[]}}"#
        ))
    })
    .await;
    let mut feed = server.client().feed(Feed::Customers, None, false);
    feed.next_page().await.unwrap().unwrap();
    feed.next_page().await.unwrap().unwrap();
    assert_eq!(
        feed.next_page().await.unwrap_err().kind,
        ErrorKind::Unreadable
    );
}

#[tokio::test]
async fn what_is_no_page_is_unreadable_and_not_repeated() {
    for body in [
        "",
        "{}",
        "[]",
        "<html>login</html>",
        r#"{"hasMore":true,"data":[]}"#,
        r#"{"hasMore":false,"continueFrom":"t"}"#,
        r#"{"continueFrom":"t","data":[]}"#,
        r#"{"hasMore":false,"continueFrom":"t","data":{}}"#,
        r#"{"hasMore":false,"continueFrom":"t","data":[{"#,
    ] {
        let server = Server::with_token(move |_, _| Answer::json(body)).await;
        let error = server
            .client()
            .export(Feed::Customers, None, false)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, server.calls().len()),
            (ErrorKind::Unreadable, 1),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_rotten_row_hides_no_other() {
    let body = b"{\"hasMore\":false,\"continueFrom\":\"t\",\"data\":[{\"id\":1,\"name\":\"\xff\xfe\"},{\"id\":2,\"balance\":[]},{\"id\":3}]}";
    let server = Server::with_token(move |_, _| Answer::json(&body[..])).await;
    let page = server
        .client()
        .export(Feed::Customers, None, false)
        .await
        .unwrap();
    assert_eq!(ids(&page.rows), [1, 2, 3]);
    let read: Vec<_> = page
        .rows
        .iter()
        .map(|row| record::parse::<Customer>(row.get()).is_ok())
        .collect();
    assert_eq!(read, [true, false, true]);
}

#[tokio::test]
async fn customers_are_asked_for_fifty_at_a_time() {
    let server = Server::with_token(|seen, _| {
        let ids = param(seen, "ids").unwrap();
        // The last one asked for is gone.
        let known = ids.split(',').filter(|id| *id != "120");
        let rows: Vec<_> = known.map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        Answer::rows(&format!("[{}]", rows.join(",")))
    })
    .await;
    let asked: Vec<_> = (1..=120).map(CustomerId).collect();
    let rows = server.client().customers(&asked).await.unwrap();
    assert_eq!(ids(&rows), (1..=119).collect::<Vec<_>>());
    let sizes: Vec<_> = server
        .calls()
        .iter()
        .map(|seen| param(seen, "ids").unwrap().split(',').count())
        .collect();
    assert_eq!(sizes, [50, 50, 20]);
    assert!(
        server
            .calls()
            .iter()
            .all(|seen| param(seen, "active").as_deref() == Some("Any"))
    );
    assert!(server.client().customers(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_list_whose_filter_was_ignored_is_refused() {
    let server = Server::with_token(|_, _| {
        Answer::rows(r#"[{"id":7,"customerId":7},{"id":8,"customerId":9}]"#)
    })
    .await;
    let client = server.client();
    let seven = CustomerId(7);
    for error in [
        client.customers(&[seven]).await.unwrap_err(),
        client.customer_contacts(&[seven]).await.unwrap_err(),
        client.locations_of(seven).await.unwrap_err(),
    ] {
        assert_eq!(error.kind, ErrorKind::Unreadable);
        assert_eq!(
            error.message,
            "row 8 was not asked for: a filter was ignored"
        );
    }
}

#[tokio::test]
async fn lists_are_read_to_the_last_page() {
    let server = Server::with_token(|seen, _| {
        let page: u32 = param(seen, "page").unwrap().parse().unwrap();
        let more = page < 3;
        Answer::json(format!(
            r#"{{"page":{page},"pageSize":1000,"hasMore":{more},"totalCount":null,"data":[{{"id":{page},"customerId":7}}]}}"#
        ))
    })
    .await;
    let client = server.client();
    assert_eq!(
        ids(&client
            .customer_contacts(&[CustomerId(7), CustomerId(8)])
            .await
            .unwrap()),
        [1, 2, 3]
    );
    assert_eq!(
        ids(&client.locations_of(CustomerId(7)).await.unwrap()),
        [1, 2, 3]
    );
    assert_eq!(ids(&client.payment_terms().await.unwrap()), [1, 2, 3]);
    assert_eq!(server.calls().len(), 9);
    assert_eq!(
        param(&server.calls()[0], "customerIds").as_deref(),
        Some("7,8")
    );
}

#[tokio::test]
async fn a_list_that_does_not_advance_is_an_error_not_a_loop() {
    for body in [
        r#"{"page":1,"hasMore":true,"data":[{"id":1}]}"#,
        r#"{"hasMore":true,"data":[]}"#,
    ] {
        let server = Server::with_token(move |_, _| Answer::json(body)).await;
        let error = server.client().payment_terms().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreadable, "{error}");
        assert!(server.calls().len() <= 2);
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read() {
    let server = Server::with_token(|_, _| Answer::json(vec![b' '; 100_000])).await;
    let mut config = config(&server.url);
    config.body_bytes_max = 10_000;
    let error = client(config).payment_terms().await.unwrap_err();
    insta::assert_snapshot!(error, @"GET accounting/v2/payment-terms: 200, the answer is not what the API describes: longer than 10000 bytes");
}

#[tokio::test]
async fn a_redirect_takes_no_credentials_with_it() {
    let elsewhere = Server::with_token(|_, _| Answer::rows("[]")).await;
    let target = elsewhere.url.join("steal?token=1").unwrap().to_string();
    let server =
        Server::with_token(move |_, _| Answer::status(302, "").with("location", &target)).await;
    let error = server.client().payment_terms().await.unwrap_err();
    assert_eq!(
        (error.kind, error.status),
        (ErrorKind::Unreadable, Some(302))
    );
    assert!(error.message.contains("/steal,"), "{error}");
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn the_preflight_says_which_scope_is_missing() {
    let server = Server::with_token(|seen, _| {
        if seen.path.contains("payment-terms") {
            Answer::status(403, r#"{"title":"Forbidden","status":403}"#)
        } else {
            Answer::rows("[]")
        }
    })
    .await;
    let preflight = server.client().preflight().await;
    let token = preflight.token.as_ref().unwrap();
    assert_eq!(token.scopes, ["tn.crm.customers:r", "tn.crm.locations:r"]);
    let scopes: Vec<_> = preflight
        .scopes
        .iter()
        .map(|check| {
            (
                check.scope,
                check.result.as_ref().map_err(|error| error.kind),
            )
        })
        .map(|(scope, result)| (scope, result.copied()))
        .collect();
    assert_eq!(
        scopes,
        [
            ("tn.crm.customers:r", Ok(())),
            ("tn.crm.locations:r", Ok(())),
            ("tn.acc.paymentterms:r", Err(ErrorKind::Forbidden)),
        ]
    );
    assert_eq!(preflight.errors().count(), 1);
    assert!(
        server
            .calls()
            .iter()
            .all(|seen| seen.query == "page=1&pageSize=1")
    );
}

#[tokio::test]
async fn the_preflight_stops_at_credentials_that_are_refused() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let server = Server::start(|_, _| {
        ASKED.fetch_add(1, Ordering::SeqCst);
        Answer::status(400, r#"{"error":"invalid_client"}"#)
    })
    .await;
    let preflight = server.client().preflight().await;
    assert_eq!(preflight.token.unwrap_err().kind, ErrorKind::Credentials);
    assert!(preflight.scopes.is_empty());
    assert_eq!(ASKED.load(Ordering::SeqCst), 1);
}
