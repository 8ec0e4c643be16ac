//! What a client needs to know: addresses, tenant, credentials, limits.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Retry;
use crate::id::TenantId;

/// ServiceTitan's two installations. Credentials belong to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// The real one.
    Production,
    /// ServiceTitan's own test environment.
    Integration,
}

impl Environment {
    /// Where tokens come from.
    #[must_use]
    pub fn auth_url(self) -> Url {
        parsed(match self {
            Self::Production => "https://auth.servicetitan.io",
            Self::Integration => "https://auth-integration.servicetitan.io",
        })
    }

    /// Where the API is.
    #[must_use]
    pub fn api_url(self) -> Url {
        parsed(match self {
            Self::Production => "https://api.servicetitan.io",
            Self::Integration => "https://api-integration.servicetitan.io",
        })
    }
}

fn parsed(url: &'static str) -> Url {
    Url::parse(url).expect("the literals above are URLs, which a test parses")
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Production => "production",
            Self::Integration => "integration",
        })
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(text: &str) -> Result<Self, UnknownEnvironment> {
        match text {
            "production" => Ok(Self::Production),
            "integration" => Ok(Self::Integration),
            _ => Err(UnknownEnvironment),
        }
    }
}

/// Neither of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the environment is production or integration")]
pub struct UnknownEnvironment;

/// How to reach one tenant. `Debug` does not show the secrets.
#[derive(Debug, Clone)]
pub struct Config {
    /// Base address of the token service; `connect/token` is appended.
    pub auth_url: Url,
    /// Base address of the API; `{module}/v2/tenant/{tenant}/...` is appended.
    pub api_url: Url,
    /// The tenant.
    pub tenant: TenantId,
    /// `ak1....`, per app.
    pub app_key: SecretString,
    /// `cid....`, per app, tenant and environment.
    pub client_id: String,
    /// `cs....`, belongs to the client id.
    pub client_secret: SecretString,
    /// The longest that one attempt may take, answer included. ServiceTitan gives up at 100 s.
    pub timeout: Duration,
    /// The budget of repeats of one call.
    pub retry: Retry,
    /// The longest body that is read, in bytes.
    pub body_bytes_max: usize,
    /// Seeds the jitter of back-offs: give every process its own.
    pub jitter_seed: u64,
}

impl Config {
    /// As ServiceTitan advises, against one of its environments: 100 s, bodies up to 64 MiB, the
    /// default [`Retry`], seed 0.
    #[must_use]
    pub fn new(
        environment: Environment,
        tenant: TenantId,
        app_key: SecretString,
        client_id: String,
        client_secret: SecretString,
    ) -> Self {
        Self {
            auth_url: environment.auth_url(),
            api_url: environment.api_url(),
            tenant,
            app_key,
            client_id,
            client_secret,
            timeout: Duration::from_secs(100),
            retry: Retry::default(),
            body_bytes_max: 64 * 1024 * 1024,
            jitter_seed: 0,
        }
    }
}
