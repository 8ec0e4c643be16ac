//! The rate limit.

use std::time::{Duration, Instant};

use reqwest::Method;
use sandbox::servicetitan::RateShape;

use super::Desk;

/// Calls at once; gives how many of which status.
async fn burst(desk: &Desk, n: usize) -> (usize, usize) {
    let calls = (0..n).map(|_| {
        let request = desk.request(Method::GET, "crm", "customers?pageSize=1");
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    });
    let (mut passed, mut refused) = (0, 0);
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            200 => passed += 1,
            429 => refused += 1,
            other => panic!("unexpected status {other}"),
        }
    }
    (passed, refused)
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
    burst(&desk, 60).await;
    let refused = loop {
        let response = desk.answer(Method::GET, "crm", "customers").await;
        if response.status() == 429 {
            break response;
        }
    };
    let wait = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(wait, 1);
    tokio::time::sleep(Duration::from_secs(wait)).await;
    desk.crm("customers").await;

    desk.sandbox.switch(|s| s.retry_after = false);
    burst(&desk, 60).await;
    let silent = loop {
        let response = desk.answer(Method::GET, "crm", "customers").await;
        if response.status() == 429 {
            break response;
        }
    };
    assert!(silent.headers().get("retry-after").is_none());
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
