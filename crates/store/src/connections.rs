//! Connections: one ServiceTitan tenant joined to one company of one Odoo database, with settings and credentials.
//!
//! Guarantees: names are unique; one tenant is connected at most once to one database (the external ids in Odoo carry
//! the tenant, so two connections of one pair would write over each other). Credentials are sealed and come out only
//! through [`Store::secrets`]. A removed connection leaves its audit chain behind, and nothing that could be decrypted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use sync::record::Reason;

use crate::{Result, Store};

/// The store's id of a connection; never given to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(crate) i64);

impl std::fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a connection is made of.
#[derive(Clone, Debug)]
pub struct NewConnection {
    /// Its name, unique in the installation.
    pub name: String,
    /// The ServiceTitan tenant.
    pub tenant: i64,
    /// Identity of the Odoo database: normalised address and database name.
    pub odoo: String,
    /// Settings as JSON. Stored in the clear: no secrets.
    pub settings: serde_json::Value,
    /// Credentials by name; sealed at rest.
    pub secrets: BTreeMap<String, SecretString>,
}

/// A connection as the store keeps it, without its credentials.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// The store's id of it.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// The ServiceTitan tenant.
    pub tenant: i64,
    /// Identity of the Odoo database.
    pub odoo: String,
    /// Settings as JSON.
    pub settings: serde_json::Value,
    /// Whether it works.
    pub state: ConnectionState,
    /// Why it is paused.
    pub paused: Option<Reason>,
    /// When it was added.
    pub created_at: Timestamp,
    /// Bumps with each change of the connection.
    pub version: i64,
}

/// Whether a connection works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// It works.
    Active,
    /// Nothing is sent until somebody mends what the reason says; webhooks are still accepted.
    Paused,
}

impl Store {
    /// Adds a connection, active. Refuses a name in use ([`NameTaken`](crate::ErrorKind::NameTaken)) and a second
    /// connection of the tenant to the same database ([`PairTaken`](crate::ErrorKind::PairTaken)).
    pub async fn add_connection(
        &self,
        new: NewConnection,
        actor: &str,
        now: Timestamp,
    ) -> Result<ConnectionId> {
        todo!("{new:?} {actor} {now}")
    }

    /// Gives the connection `name` new settings and credentials; its id, records and links stay. `new.name` may be
    /// another free name. Refuses another tenant or database ([`PairDiffers`](crate::ErrorKind::PairDiffers)).
    pub async fn replace_connection(
        &self,
        name: &str,
        new: NewConnection,
        actor: &str,
        now: Timestamp,
    ) -> Result<ConnectionId> {
        todo!("{name} {new:?} {actor} {now}")
    }

    /// Deletes a connection with everything that was stored for it except its audit chain.
    pub async fn remove_connection(&self, name: &str, actor: &str, now: Timestamp) -> Result<()> {
        todo!("{name} {actor} {now}")
    }

    /// All connections by name.
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        todo!()
    }

    /// The connection of that name.
    pub async fn connection(&self, name: &str) -> Result<Option<Connection>> {
        todo!("{name}")
    }

    /// The credentials of a connection, by name.
    pub async fn secrets(&self, id: ConnectionId) -> Result<BTreeMap<String, SecretString>> {
        todo!("{id}")
    }

    /// Pauses or resumes a connection; writes and audits nothing when state and reason are as they were.
    pub async fn set_connection_state(
        &self,
        id: ConnectionId,
        state: ConnectionState,
        paused: Option<Reason>,
        actor: &str,
        now: Timestamp,
    ) -> Result<()> {
        todo!("{id} {state:?} {paused:?} {actor} {now}")
    }
}
