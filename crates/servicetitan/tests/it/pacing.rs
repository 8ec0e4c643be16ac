//! The pace as a strict server sees it: no window ever holds more than the limit.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use servicetitan::{Pacer, RateLimit};
use tokio::time::{Instant, sleep};

use crate::server::{Answer, Server, config};

/// What a strict sliding window thinks of arrivals: the most that one window held, and the pace
/// from the first to the last.
fn judged(mut arrivals: Vec<Instant>, window: Duration) -> (usize, f64) {
    arrivals.sort();
    let mut inside: VecDeque<Instant> = VecDeque::new();
    let mut most = 0;
    for arrival in &arrivals {
        while inside
            .front()
            .is_some_and(|first| *arrival - *first >= window)
        {
            inside.pop_front();
        }
        inside.push_back(*arrival);
        most = most.max(inside.len());
    }
    let (first, last) = (arrivals[0], arrivals[arrivals.len() - 1]);
    let calls = u32::try_from(arrivals.len() - 1).unwrap();
    (most, f64::from(calls) / (last - first).as_secs_f64())
}

/// Eight callers for a minute; `latency(call)` is how long the answer to a call takes, half of it
/// on the way there.
async fn a_minute(
    limit: RateLimit,
    latency: impl Fn(u64) -> Duration + Send + Sync + 'static,
) -> Vec<Instant> {
    let pacer = Arc::new(Pacer::new(limit));
    let arrivals = Arc::new(Mutex::new(Vec::new()));
    let latency = Arc::new(latency);
    let end = Instant::now() + Duration::from_mins(1);
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (pacer, arrivals) = (Arc::clone(&pacer), Arc::clone(&arrivals));
            let latency = Arc::clone(&latency);
            tokio::spawn(async move {
                while Instant::now() < end {
                    let permit = pacer.acquire().await;
                    let taken = latency(pacer.snapshot().calls);
                    sleep(taken / 2).await;
                    arrivals.lock().unwrap().push(Instant::now());
                    sleep(taken / 2).await;
                    drop(permit);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    Arc::into_inner(arrivals).unwrap().into_inner().unwrap()
}

#[tokio::test(start_paused = true)]
async fn sixty_per_second_is_never_exceeded_and_nearly_used() {
    let limit = RateLimit::PER_SECOND;
    let (most, rate) = judged(
        a_minute(limit, |_| Duration::from_millis(20)).await,
        limit.window(),
    );
    assert!(most <= 60, "{most} calls in one second");
    assert!(rate >= 57.0, "{rate} calls a second");
}

#[tokio::test(start_paused = true)]
async fn six_hundred_per_ten_seconds_is_never_exceeded_and_nearly_used() {
    let limit = RateLimit::PER_TEN_SECONDS;
    let (most, rate) = judged(
        a_minute(limit, |_| Duration::from_millis(20)).await,
        limit.window(),
    );
    assert!(most <= 600, "{most} calls in ten seconds");
    assert!(rate >= 58.0, "{rate} calls a second");
}

#[tokio::test(start_paused = true)]
async fn jitter_on_the_way_earns_no_429() {
    // 0 to 60 ms there and back, in no order: up to 30 ms of difference between arrivals.
    let jitter = |call: u64| Duration::from_millis(call.wrapping_mul(0x9e37_79b9) >> 7 & 63);
    let limit = RateLimit::PER_SECOND;
    let (most, _) = judged(a_minute(limit, jitter).await, limit.window());
    assert!(most <= 60, "{most} calls in one second");
    let limit = RateLimit::PER_TEN_SECONDS;
    let (most, _) = judged(a_minute(limit, jitter).await, limit.window());
    assert!(most <= 600, "{most} calls in ten seconds");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_answering_is_not_flooded_when_it_wakes() {
    // Every answer of the first 20 s comes only then; only 8 callers, so few are in flight.
    let start = Instant::now();
    let latency = move |_: u64| {
        let stuck = Duration::from_secs(20).saturating_sub(start.elapsed());
        stuck.max(Duration::from_millis(5))
    };
    let limit = RateLimit::PER_TEN_SECONDS;
    let (most, _) = judged(a_minute(limit, latency).await, limit.window());
    assert!(most <= 600, "{most} calls in ten seconds");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_does_not_hold_up_the_next() {
    let pacer = Pacer::new(RateLimit::PER_SECOND);
    let begun = Instant::now();
    drop(pacer.acquire().await);
    let impatient = tokio::time::timeout(Duration::from_millis(5), pacer.acquire()).await;
    assert!(impatient.is_err());
    drop(pacer.acquire().await);
    assert!(
        begun.elapsed() <= Duration::from_millis(19),
        "{:?}",
        begun.elapsed()
    );
}

/// The real thing, briefly: real time, real sockets, a strict server. `just bench` measures the
/// full minute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strict_server_sees_no_burst() {
    let arrivals = Arc::new(Mutex::new(Vec::new()));
    let server = Server::with_token({
        let arrivals = Arc::clone(&arrivals);
        move |_, _| {
            arrivals.lock().unwrap().push(Instant::now());
            Answer::rows("[]")
        }
    })
    .await;
    let pacer = Arc::new(Pacer::new(RateLimit::PER_SECOND));
    let http = servicetitan::client::Http::new(reqwest::Client::builder()).unwrap();
    let client = servicetitan::Client::new(http, config(&server.url), pacer);
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..43 {
                    client.payment_terms().await.unwrap();
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let arrivals = arrivals.lock().unwrap().clone();
    assert_eq!(arrivals.len(), 172);
    let (most, _) = judged(arrivals, Duration::from_secs(1));
    assert!(most <= 60, "{most} calls in one second");
}
