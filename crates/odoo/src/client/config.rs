//! What a connection needs to know.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::server::ProtocolChoice;

/// How long a call may take unless configured otherwise: more than Odoo's own limit (120 s), so that the
/// server usually gives up first. A call that waited for a worker may still run then.
pub const TIMEOUT: Duration = Duration::from_secs(150);

/// What a connection needs to know. `Debug` leaves the key out.
#[derive(Clone)]
pub struct Config {
    /// Where Odoo answers, without `/web` or `/odoo`. A path in front (behind a proxy) is kept.
    pub url: Url,
    /// The database's name.
    pub database: String,
    /// The company that calls work in; `None`: the user's own.
    pub company: Option<i64>,
    /// An API key of scope `rpc` (or a password, over XML-RPC before 14).
    pub api_key: SecretString,
    /// The login that the key belongs to. XML-RPC needs it; JSON-2 does not.
    pub login: Option<String>,
    /// Which protocol to use.
    pub protocol: ProtocolChoice,
    /// How many calls may be under way at once. More than Odoo has workers only makes them queue.
    pub in_flight: usize,
    /// How long a call may take.
    pub timeout: Duration,
    /// Where the jitter of waits starts. Give each process another number, so that two that collided do
    /// not collide again in step.
    pub jitter_seed: u64,
}

impl Config {
    /// The defaults: the user's own company, protocol by version, two calls in flight, [`TIMEOUT`].
    #[must_use]
    pub fn new(url: Url, database: impl Into<String>, api_key: SecretString) -> Self {
        Self {
            url,
            database: database.into(),
            company: None,
            api_key,
            login: None,
            protocol: ProtocolChoice::Auto,
            in_flight: 2,
            timeout: TIMEOUT,
            jitter_seed: 0,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("url", &self.url.host_str())
            .field("database", &self.database)
            .field("company", &self.company)
            .field("api_key", &"[redacted]")
            .field("login", &self.login)
            .field("protocol", &self.protocol)
            .field("in_flight", &self.in_flight)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
