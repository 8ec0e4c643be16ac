//! A connection: one ServiceTitan tenant joined to one company of one Odoo database.
//!
//! [`Profile`] is what the store keeps in the clear: addresses, ids, schedule, flows. Secrets travel beside it, by name,
//! and are stored encrypted. [`ConnectionFile`] is the TOML that an administrator writes; see docs/connection.md.

mod every;
mod file;
pub(crate) mod profile;
mod standing;

pub use every::Every;
pub use file::ConnectionFile;
pub use profile::{FlowSettings, Odoo, Profile, Protocol, ReceiptPolicy, Schedule, ServiceTitan};
pub use standing::standing;

/// Names of the secrets of a connection, as the store keeps them.
pub mod secret {
    /// ServiceTitan's app key (`ST-App-Key`).
    pub const APP_KEY: &str = "servicetitan.app_key";
    /// ServiceTitan's client secret.
    pub const CLIENT_SECRET: &str = "servicetitan.client_secret";
    /// The key with which ServiceTitan signs webhooks.
    pub const WEBHOOK_SECRET: &str = "servicetitan.webhook_secret";
    /// The webhook key before the last rotation, still accepted.
    pub const WEBHOOK_SECRET_PREVIOUS: &str = "servicetitan.webhook_secret_previous";
    /// Odoo's API key.
    pub const ODOO_API_KEY: &str = "odoo.api_key";
}
