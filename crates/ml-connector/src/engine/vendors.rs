//! The two systems of one connection, ready to be called.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use secrecy::SecretString;
use servicetitan::{Pacer, TenantId};

use crate::connection::{Profile, Protocol, secret};

/// The clients of one connection.
#[derive(Clone)]
pub struct Vendors {
    /// The ServiceTitan tenant.
    pub servicetitan: servicetitan::Client,
    /// The Odoo database.
    pub odoo: odoo::Client,
    /// The module part of our external ids in it.
    pub module: String,
}

/// How the ServiceTitan client of a connection is made.
pub fn servicetitan(
    http: &Http,
    profile: &Profile,
    secrets: &BTreeMap<String, SecretString>,
    pacer: Arc<Pacer>,
    jitter_seed: u64,
) -> Result<servicetitan::Client> {
    let titan = &profile.servicetitan;
    let config = servicetitan::Config {
        auth_url: titan.auth_url.clone(),
        api_url: titan.api_url.clone(),
        jitter_seed,
        ..servicetitan::Config::new(
            servicetitan::Environment::Production,
            TenantId(titan.tenant_id),
            wanted(secrets, secret::APP_KEY)?,
            titan.client_id.clone(),
            wanted(secrets, secret::CLIENT_SECRET)?,
        )
    };
    Ok(servicetitan::Client::new(
        http.servicetitan.clone(),
        config,
        pacer,
    ))
}

/// Probes the Odoo server of a connection and makes its client.
pub async fn odoo(
    http: &Http,
    profile: &Profile,
    secrets: &BTreeMap<String, SecretString>,
    jitter_seed: u64,
) -> Result<Result<odoo::Client, odoo::Error>> {
    let mut config = odoo::Config::new(
        profile.odoo.url.clone(),
        profile.odoo.database.clone(),
        wanted(secrets, secret::ODOO_API_KEY)?,
    );
    config.company = profile.odoo.company;
    config.login = profile.odoo.login.clone();
    config.in_flight = profile.odoo.workers;
    config.jitter_seed = jitter_seed;
    config.protocol = match profile.odoo.protocol {
        Protocol::Auto => odoo::server::ProtocolChoice::Auto,
        Protocol::Json2 => odoo::server::ProtocolChoice::Json2,
        Protocol::XmlRpc => odoo::server::ProtocolChoice::XmlRpc,
    };
    Ok(odoo::Client::connect(http.odoo.clone(), config).await)
}

fn wanted(secrets: &BTreeMap<String, SecretString>, name: &str) -> Result<SecretString> {
    secrets
        .get(name)
        .cloned()
        .with_context(|| format!("the connection has no secret {name}: add it again"))
}

/// The HTTP clients: connecting is bounded, redirects are not followed with credentials, nothing is shared but
/// connections.
#[derive(Clone, Debug)]
pub struct Http {
    servicetitan: servicetitan::client::Http,
    odoo: reqwest::Client,
}

impl Http {
    /// Both clients.
    pub fn new() -> Result<Self> {
        const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
        let builder = || {
            reqwest::Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("ml-connector/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            servicetitan: servicetitan::client::Http::new(builder())?,
            odoo: builder().build().context("cannot make an HTTP client")?,
        })
    }
}
