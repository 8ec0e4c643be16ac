//! Connections: one ServiceTitan tenant joined to one company of one Odoo database, with settings and credentials.
//!
//! Guarantees: names are unique; one tenant is connected at most once to one database (the external ids in Odoo carry
//! the tenant, so two connections of one pair would write over each other). Credentials are sealed and come out only
//! through [`Store::secrets`].

mod removal;

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sync::record::Reason;
use zeroize::Zeroizing;

pub use removal::Removed;

use crate::audit::{self, Salted};
use crate::row::{Cell, FromCell, Row, params};
use crate::store::no_connection;
use crate::tx::Tx;
use crate::vault::{Cipher, ConnectionKeys, Nonce, data_key_place};
use crate::{Error, ErrorKind, Result, Store};

/// The store's id of a connection; never given to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(crate) i64);

impl From<ConnectionId> for i64 {
    fn from(id: ConnectionId) -> Self {
        id.0
    }
}

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
    /// Bumps with each change of the settings or secrets, not of the state.
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

impl ConnectionState {
    /// The state's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
        }
    }
}

impl FromCell for ConnectionState {
    fn from_cell(cell: Cell) -> Option<Self> {
        let name = String::from_cell(cell)?;
        [Self::Active, Self::Paused]
            .into_iter()
            .find(|state| state.as_str() == name)
    }
}

const COLUMNS: &str = "id, name, tenant, odoo, settings, state, paused, created_at, version";

fn connection(tx: &mut Tx<'_>, wrapper: &Cipher, row: &mut Row) -> Result<Connection> {
    let id = ConnectionId(row.take(0)?);
    let paused = match row.take::<Option<Vec<u8>>>(6)? {
        Some(sealed) => Some(open_paused(&load_keys(tx, wrapper, id)?, sealed)?),
        None => None,
    };
    Ok(Connection {
        id,
        name: row.take(1)?,
        tenant: row.take(2)?,
        odoo: row.take(3)?,
        settings: row.take_json(4)?,
        state: row.take(5)?,
        paused,
        created_at: row.take(7)?,
        version: row.take(8)?,
    })
}

fn open_paused(keys: &ConnectionKeys, sealed: Vec<u8>) -> Result<Reason> {
    let json = keys.open("connections", "paused", "", sealed)?;
    serde_json::from_slice(&json).map_err(|_unreadable| Error::corrupt("the reason of a pause"))
}

/// What the trail tells of a reason.
fn told(reason: Option<&Reason>) -> Option<(&str, &str)> {
    reason.map(|reason| (reason.cause.as_str(), reason.advice.as_str()))
}

fn connection_named(tx: &mut Tx<'_>, wrapper: &Cipher, name: &str) -> Result<Option<Connection>> {
    let sql = format!("SELECT {COLUMNS} FROM connections WHERE name = $1 AND removed_at IS NULL");
    let row = tx.query_opt(&sql, params![name])?;
    row.map(|mut row| connection(tx, wrapper, &mut row))
        .transpose()
}

fn existing(tx: &mut Tx<'_>, wrapper: &Cipher, name: &str) -> Result<Connection> {
    connection_named(tx, wrapper, name)?.ok_or_else(|| {
        let kind = ErrorKind::NotFound(format!("connection named `{name}`"));
        Error::new("find a connection", kind)
    })
}

/// Refuses to write for a connection that was removed; its row is still there.
pub(crate) fn require(tx: &mut Tx<'_>, id: ConnectionId) -> Result<()> {
    let row = tx.query_opt(
        "SELECT id FROM connections WHERE id = $1 AND removed_at IS NULL",
        params![id.0],
    )?;
    row.map(drop).ok_or_else(|| no_connection(id))
}

fn refuse_name_taken(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    let row = tx.query_opt(
        "SELECT name FROM connections WHERE name = $1 AND removed_at IS NULL",
        params![name],
    )?;
    match row {
        Some(mut other) => Err(Error::new(
            "keep a connection",
            ErrorKind::NameTaken(other.take(0)?),
        )),
        None => Ok(()),
    }
}

/// A connection to be written, with its keys and everything random about it.
struct Draft {
    new: NewConnection,
    settings: String,
    /// The credentials as JSON.
    secrets: Zeroizing<Vec<u8>>,
    secrets_nonce: Nonce,
    entries: Vec<Salted>,
}

impl Draft {
    fn seal_secrets(&self, keys: &ConnectionKeys) -> Vec<u8> {
        keys.seal(
            "connections",
            "secrets",
            "",
            &self.secrets,
            self.secrets_nonce,
        )
    }

    fn insert(
        &self,
        tx: &mut Tx<'_>,
        wrapper: &Cipher,
        data_key: &[u8; 32],
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<ConnectionId> {
        refuse_name_taken(tx, &self.new.name)?;
        let other = tx.query_opt(
            "SELECT name FROM connections WHERE tenant = $1 AND odoo = $2 AND removed_at IS NULL",
            params![self.new.tenant, &self.new.odoo],
        )?;
        if let Some(mut other) = other {
            let kind = ErrorKind::PairTaken(other.take(0)?);
            return Err(Error::new("add a connection", kind));
        }
        // The keys are bound to the id, which the database gives: first the row, then what is sealed.
        let mut row = tx.query_one(
            "INSERT INTO connections (name, tenant, odoo, settings, secrets, data_key, state, paused,
                                      created_at, version, links_version, removed_at)
             VALUES ($1, $2, $3, $4, $5, $5, 'active', NULL, $6, 1, 0, NULL) RETURNING id",
            params![
                &self.new.name,
                self.new.tenant,
                &self.new.odoo,
                &self.settings,
                [].as_slice(),
                now
            ],
        )?;
        let id = ConnectionId(row.take(0)?);
        let keys = ConnectionKeys::new(id, data_key);
        tx.execute(
            "UPDATE connections SET data_key = $2, secrets = $3 WHERE id = $1",
            params![
                id.0,
                &wrapper.seal(data_key_place(id), data_key, nonce),
                &self.seal_secrets(&keys)
            ],
        )?;
        audit::append(tx, id, &self.entries, now)?;
        Ok(id)
    }

    fn replace(
        &self,
        tx: &mut Tx<'_>,
        name: &str,
        wrapper: &Cipher,
        now: Timestamp,
    ) -> Result<ConnectionId> {
        let old = existing(tx, wrapper, name)?;
        if old.tenant != self.new.tenant || old.odoo != self.new.odoo {
            let kind = ErrorKind::PairDiffers(old.name);
            return Err(Error::new("replace a connection", kind));
        }
        if old.name != self.new.name {
            refuse_name_taken(tx, &self.new.name)?;
        }
        let keys = load_keys(tx, wrapper, old.id)?;
        tx.execute(
            "UPDATE connections SET name = $2, settings = $3, secrets = $4, version = version + 1 WHERE id = $1",
            params![
                old.id.0,
                &self.new.name,
                &self.settings,
                &self.seal_secrets(&keys)
            ],
        )?;
        audit::append(tx, old.id, &self.entries, now)?;
        Ok(old.id)
    }
}

/// The keys of a connection, unwrapped.
pub(crate) fn load_keys(
    tx: &mut Tx<'_>,
    wrapper: &Cipher,
    id: ConnectionId,
) -> Result<ConnectionKeys> {
    let row = tx.query_opt(
        "SELECT data_key FROM connections WHERE id = $1 AND removed_at IS NULL",
        params![id.0],
    )?;
    let mut row = row.ok_or_else(|| no_connection(id))?;
    ConnectionKeys::unwrap(wrapper, id, row.take(0)?)
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
        let detail = format!("tenant {} to {}", new.tenant, new.odoo);
        let draft = self.draft(
            new,
            self.salted_note(actor, "connection.added", "connection", detail),
        );
        let data_key: Zeroizing<[u8; 32]> = Zeroizing::new(self.random());
        let nonce = self.random();
        let wrapper = self.wrapper();
        self.write("add a connection", move |tx| {
            draft.insert(tx, &wrapper, &data_key, nonce, now)
        })
        .await
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
        let detail = "new settings and credentials".to_owned();
        let draft = self.draft(
            new,
            self.salted_note(actor, "connection.replaced", "connection", detail),
        );
        let name = name.to_owned();
        let wrapper = self.wrapper();
        self.write("replace a connection", move |tx| {
            draft.replace(tx, &name, &wrapper, now)
        })
        .await
    }

    /// All connections by name.
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        let wrapper = self.wrapper();
        self.read("list the connections", move |tx| {
            let sql =
                format!("SELECT {COLUMNS} FROM connections WHERE removed_at IS NULL ORDER BY name");
            let rows = tx.query(&sql, &[])?;
            rows.into_iter()
                .map(|mut row| connection(tx, &wrapper, &mut row))
                .collect()
        })
        .await
    }

    /// The connection of that name.
    pub async fn connection(&self, name: &str) -> Result<Option<Connection>> {
        let name = name.to_owned();
        let wrapper = self.wrapper();
        self.read("read a connection", move |tx| {
            connection_named(tx, &wrapper, &name)
        })
        .await
    }

    /// The credentials of a connection, by name.
    pub async fn secrets(&self, id: ConnectionId) -> Result<BTreeMap<String, SecretString>> {
        let keys = self.keys(id).await?;
        let json = self
            .read("read a connection's credentials", move |tx| {
                let row = tx.query_opt(
                    "SELECT secrets FROM connections WHERE id = $1 AND removed_at IS NULL",
                    params![id.0],
                )?;
                let mut row = row.ok_or_else(|| no_connection(id))?;
                let json = keys.open("connections", "secrets", "", row.take(0)?)?;
                Ok(Zeroizing::new(json))
            })
            .await?;
        let texts: BTreeMap<String, String> = serde_json::from_slice(&json)
            .map_err(|_unreadable| Error::corrupt("a connection's credentials"))?;
        Ok(texts
            .into_iter()
            .map(|(name, text)| (name, SecretString::from(text)))
            .collect())
    }

    /// Pauses or resumes a connection. Audited when state, cause or advice change, and not for other words about what
    /// happened, which hold a request's number and the like: a paused connection is looked at again and again.
    pub async fn set_connection_state(
        &self,
        id: ConnectionId,
        state: ConnectionState,
        paused: Option<Reason>,
        actor: &str,
        now: Timestamp,
    ) -> Result<()> {
        // The trail is kept in the clear: what happened may quote a vendor, the cause and the advice are ours.
        let detail = paused.as_ref().map_or_else(String::new, |reason| {
            format!("{}: {}", reason.cause, reason.advice)
        });
        let action = match state {
            ConnectionState::Active => "connection.resumed",
            ConnectionState::Paused => "connection.paused",
        };
        let entries = self.salted_note(actor, action, "connection", detail);
        let keys = self.keys(id).await?;
        let sealed = paused.as_ref().map(|reason| {
            let json = serde_json::to_vec(reason)
                .expect("a reason is three texts, which have a JSON form");
            keys.seal("connections", "paused", "", &json, self.random())
        });
        self.write("set a connection's state", move |tx| {
            let row = tx.query_opt(
                "SELECT state, paused FROM connections WHERE id = $1 AND removed_at IS NULL",
                params![id.0],
            )?;
            let mut row = row.ok_or_else(|| no_connection(id))?;
            let old_state: ConnectionState = row.take(0)?;
            let old_paused = row
                .take::<Option<Vec<u8>>>(1)?
                .map(|sealed| open_paused(&keys, sealed))
                .transpose()?;
            if old_state == state && old_paused == paused {
                return Ok(());
            }
            let is_news = old_state != state || told(old_paused.as_ref()) != told(paused.as_ref());
            tx.execute(
                "UPDATE connections SET state = $2, paused = $3 WHERE id = $1",
                params![id.0, state.as_str(), sealed.as_ref()],
            )?;
            if is_news {
                audit::append(tx, id, &entries, now)?;
            }
            Ok(())
        })
        .await
    }

    fn draft(&self, new: NewConnection, entries: Vec<Salted>) -> Draft {
        let exposed: BTreeMap<&str, &str> = new
            .secrets
            .iter()
            .map(|(name, secret)| (name.as_str(), secret.expose_secret()))
            .collect();
        let secrets = serde_json::to_vec(&exposed).expect("texts by name have a JSON form");
        Draft {
            settings: new.settings.to_string(),
            secrets: Zeroizing::new(secrets),
            secrets_nonce: self.random(),
            entries,
            new,
        }
    }
}
