//! First load into a real Odoo, end to end, against the floor; then an unchanged second pass.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sandbox::servicetitan::{Mix, Options};
use secrecy::SecretString;
use serde_json::Value;
use tokio::process::Command;

use crate::floor;
use crate::odoo_side::OdooSide;
use crate::process;
use crate::rig::Rig;

struct Run {
    wall: Duration,
    cpu: Duration,
    memory_max_mb: f64,
    memory_by_tenth: Vec<f64>,
    summary: Value,
}

pub(crate) async fn measure(customers: usize) {
    let Some(side) = OdooSide::real("bench_ours") else {
        println!("first load: no real Odoo (eval \"$(scripts/odoo env)\")");
        return;
    };
    let floor_side = OdooSide::real("bench_floor").expect("the first one was there");
    let options = Options::new(Arc::new(ml_connector::clock::now))
        .customers(customers)
        .mix(Mix::plain());
    let rig = Rig::with(side, options).await;
    rig.titan.switch(|switches| switches.feed_withheld_s = 0);
    let module = format!("__servicetitan_{}__", rig.tenant().id());
    let (titan, odoo) = clients(&rig).await;
    let rows = floor::rows(&titan, &odoo).await;
    // Both databases are known to both workers before anything is timed.
    for side in [&rig.odoo, &floor_side] {
        for _ in 0..4 {
            side.call(
                "res.partner",
                "search_count",
                serde_json::json!({"domain": []}),
            )
            .await;
        }
    }
    println!(
        "first load of {customers} customers, {} partners",
        rows.len()
    );
    let bare = floor::load(&floor_side, &rows, &module).await;
    let ours = run(rig.command(&["sync", "--json"])).await;
    let counts = &ours.summary["connections"]["acme"]["flows"]["customers"];
    assert_eq!(
        counts["created"].as_u64(),
        Some(customers as u64),
        "{}",
        ours.summary
    );
    println!("  floor (bare client)      {:>8.1} s", bare.as_secs_f64());
    println!(
        "  ml-connector sync        {:>8.1} s   {:.1} s of processor, at most {:.0} MB",
        ours.wall.as_secs_f64(),
        ours.cpu.as_secs_f64(),
        ours.memory_max_mb
    );
    println!("  memory through the run   {:.0?} MB", ours.memory_by_tenth);
    println!(
        "  ratio                    {:>8.2}",
        ours.wall.as_secs_f64() / bare.as_secs_f64()
    );

    let before = last_write(&rig.odoo).await;
    let again = run(rig.command(&["sync", "--json"])).await;
    assert_eq!(
        last_write(&rig.odoo).await,
        before,
        "an unchanged pass wrote to Odoo"
    );
    println!(
        "unchanged second pass      {:>8.2} s wall, {:.2} s of processor, no write to Odoo",
        again.wall.as_secs_f64(),
        again.cpu.as_secs_f64()
    );
}

async fn run(mut command: Command) -> Run {
    let started = Instant::now();
    let mut child = command.stderr(Stdio::null()).spawn().expect("it starts");
    let pid = child.id().expect("it runs");
    let mut output = child.stdout.take().expect("piped");
    let reading = tokio::spawn(async move {
        let mut text = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut output, &mut text)
            .await
            .expect("text");
        text
    });
    let (mut cpu, mut memory_max_mb, mut samples) = (Duration::ZERO, 0.0_f64, Vec::new());
    loop {
        tokio::select! {
            status = child.wait() => {
                assert!(status.expect("it ended").success(), "the run failed");
                break;
            }
            () = tokio::time::sleep(Duration::from_millis(50)) => {
                cpu = cpu.max(process::cpu(pid));
                memory_max_mb = memory_max_mb.max(process::resident_max_mb(pid));
                samples.push(process::resident_mb(pid));
            }
        }
    }
    let wall = started.elapsed();
    let step = samples.len().div_ceil(10).max(1);
    let memory_by_tenth = samples
        .chunks(step)
        .map(|tenth| tenth.iter().copied().fold(0.0, f64::max))
        .collect();
    let summary = serde_json::from_str(&reading.await.expect("read")).expect("a summary");
    Run {
        wall,
        cpu,
        memory_max_mb,
        memory_by_tenth,
        summary,
    }
}

async fn last_write(side: &OdooSide) -> Value {
    let newest = serde_json::json!({
        "domain": [], "fields": ["write_date"], "order": "write_date desc", "limit": 1, "context": {"active_test": false}
    });
    side.call("res.partner", "search_read", newest).await
}

/// Clients of the bench's own, to get the rows ready.
async fn clients(rig: &Rig) -> (servicetitan::Client, odoo::Client) {
    let credentials = rig.tenant().credentials();
    let url: url::Url = rig.titan.url().parse().expect("a URL");
    let config = servicetitan::client::Config {
        auth_url: url.clone(),
        api_url: url,
        ..servicetitan::client::Config::new(
            servicetitan::client::Environment::Production,
            servicetitan::TenantId(credentials.tenant.0),
            SecretString::from(credentials.app_key),
            credentials.client_id,
            SecretString::from(credentials.client_secret),
        )
    };
    let http = servicetitan::client::Http::new(reqwest::Client::builder()).expect("a client");
    let pacer = Arc::new(servicetitan::Pacer::new(servicetitan::RateLimit::default()));
    let titan = servicetitan::Client::new(http, config, pacer);
    let config = odoo::Config::new(
        rig.odoo.url().parse().expect("a URL"),
        rig.odoo.database().to_owned(),
        SecretString::from(rig.odoo.key().to_owned()),
    );
    let http = reqwest::Client::builder().build().expect("a client");
    let odoo = odoo::Client::connect(http, config)
        .await
        .expect("Odoo answers");
    (titan, odoo)
}
