//! Measures the pace against the sandbox's strict sliding windows: calls per second, sustained for
//! a minute, and the 429s that they earned. `cargo run --release --example pace [seconds]`.

use std::sync::Arc;
use std::time::Duration;

use sandbox::servicetitan::{Options, RateShape, Sandbox};
use servicetitan::{Client, Config, Environment, Http, Pacer, RateLimit, TenantId};
use tokio::time::Instant;
use url::Url;

const CALLERS: usize = 8;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are its output")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args()
        .nth(1)
        .map_or(Ok(60), |text| text.parse())?;
    let shapes = [
        (RateShape::SixtyPerSecond, RateLimit::PER_SECOND),
        (
            RateShape::SixHundredPerTenSeconds,
            RateLimit::PER_TEN_SECONDS,
        ),
    ];
    for (shape, limit) in shapes {
        let (calls, limited) = measure(shape, limit, Duration::from_secs(seconds)).await?;
        let rate = f64::from(u32::try_from(calls)?) / f64::from(u32::try_from(seconds)?);
        println!("{limit}: {rate:.2} calls per second for {seconds} s, {limited} answers 429");
    }
    Ok(())
}

/// Answers within `time`, and how many of all were 429.
async fn measure(
    shape: RateShape,
    limit: RateLimit,
    time: Duration,
) -> Result<(usize, u64), Box<dyn std::error::Error>> {
    // 2026-06-01T00:00:00Z
    let now = jiff::Timestamp::constant(1_780_272_000, 0);
    let sandbox = Sandbox::start(Options::new(Arc::new(move || now)).rate(shape)).await?;
    let credentials = sandbox.tenant().credentials();
    let mut config = Config::new(
        Environment::Integration,
        TenantId(credentials.tenant.0),
        credentials.app_key.into(),
        credentials.client_id,
        credentials.client_secret.into(),
    );
    config.auth_url = Url::parse(&sandbox.url())?;
    config.api_url = config.auth_url.clone();
    let http = Http::new(reqwest::Client::builder())?;
    let client = Client::new(http, config, Arc::new(Pacer::new(limit)));
    client.token_facts().await?;

    let end = Instant::now() + time;
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                let mut answers = 0;
                loop {
                    client.payment_terms().await?;
                    if Instant::now() > end {
                        return Ok::<_, servicetitan::Error>(answers);
                    }
                    answers += 1;
                }
            })
        })
        .collect();
    let mut answers = 0;
    for caller in callers {
        answers += caller.await??;
    }
    Ok((answers, sandbox.calls().rate_limited))
}
