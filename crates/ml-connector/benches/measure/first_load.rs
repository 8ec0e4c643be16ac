//! First load into a real Odoo, end to end, against the floor; then an unchanged second pass.

use std::sync::Arc;

use sandbox::servicetitan::{Mix, Options};
use secrecy::SecretString;
use serde_json::Value;

use crate::floor;
use crate::odoo_side::OdooSide;
use crate::process;
use crate::rig::Rig;

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
    let ours = process::run(rig.command(&["sync", "--json"])).await;
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
    let again = process::run(rig.command(&["sync", "--json"])).await;
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
