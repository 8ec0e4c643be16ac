//! The rate limit.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use sandbox::servicetitan::RateShape;

use super::Desk;

/// Calls at once; gives the answers.
async fn volley(desk: &Desk, n: usize) -> Vec<Response> {
    let calls = (0..n).map(|_| {
        let request = desk.request(Method::GET, "crm", "customers?pageSize=1");
        tokio::spawn(async move { request.send().await.unwrap() })
    });
    let mut answers = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        answers.push(call.await.unwrap());
    }
    answers
}

/// Calls at once; gives how many passed and how many were refused.
async fn burst(desk: &Desk, n: usize) -> (usize, usize) {
    let statuses: Vec<u16> = volley(desk, n)
        .await
        .iter()
        .map(|a| a.status().as_u16())
        .collect();
    assert!(
        statuses.iter().all(|status| [200, 429].contains(status)),
        "{statuses:?}"
    );
    let passed = statuses.iter().filter(|status| **status == 200).count();
    (passed, n - passed)
}

/// Calls until one is refused; gives its answer.
pub(super) async fn refused(desk: &Desk) -> Response {
    loop {
        let answers = volley(desk, 100).await;
        if let Some(refused) = answers.into_iter().find(|answer| answer.status() == 429) {
            return refused;
        }
    }
}

#[tokio::test]
async fn sixty_calls_pass_in_any_second_and_the_next_is_refused() {
    let desk = Desk::with(|o| o.customers(5).rate(RateShape::SixtyPerSecond)).await;
    let start = Instant::now();
    let (passed, refused) = burst(&desk, 90).await;
    // On a machine that stalls for a second a second window opens; the limit holds in each.
    let windows = 1 + usize::try_from(start.elapsed().as_secs()).unwrap();
    assert!(
        (60..=60 * windows).contains(&passed),
        "{passed} passed in {windows} windows"
    );
    assert_eq!(passed + refused, 90);
    let calls = desk.sandbox.calls();
    assert_eq!(calls.rate_limited, refused as u64);
    assert_eq!(calls.by_status[&200], passed as u64 + 1, "with the token");
}

#[tokio::test]
async fn whoever_obeys_retry_after_is_let_through() {
    let desk = Desk::with(|o| o.customers(5).rate(RateShape::SixtyPerSecond)).await;
    let answer = refused(&desk).await;
    let wait = answer.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(wait, 1);
    tokio::time::sleep(Duration::from_secs(wait)).await;
    desk.crm("customers").await;

    desk.sandbox.switch(|s| s.retry_after = false);
    assert!(refused(&desk).await.headers().get("retry-after").is_none());
}

#[tokio::test]
async fn the_longer_shape_lets_six_hundred_through_at_once() {
    let desk = Desk::with(|o| o.customers(1).rate(RateShape::SixHundredPerTenSeconds)).await;
    let start = Instant::now();
    let (passed, refused) = burst(&desk, 640).await;
    if start.elapsed() < Duration::from_secs(10) {
        assert_eq!((passed, refused), (600, 40));
    }
}
