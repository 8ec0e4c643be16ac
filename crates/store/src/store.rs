//! The store itself: opened once, cloned freely.
//!
//! Two threads stand behind it: a writer with greedy group commit, and a reader with a connection of its own, so that
//! a long report does not hold up deliveries. (A database in memory has one connection; there the writer also reads.)

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{CryptoRng, Rng as _, SeedableRng as _};

use crate::connections::{self, ConnectionId};
use crate::deliveries::{Received, Sealed};
use crate::dialect::Role;
use crate::row::params;
use crate::tx::Tx;
use crate::url::Address;
use crate::vault::{Cipher, ConnectionKeys, Nonce, Place};
use crate::worker::Worker;
use crate::{DatabaseUrl, Error, ErrorKind, MasterKey, Result, facets, schema};

/// Durable state. A clone is another handle on the same store.
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) address: Address,
    writer: Worker,
    reader: Worker,
    wrapper: Arc<Cipher>,
    /// The keys of connections used so far. A connection that another process removes stays here; its rows are gone,
    /// and the database refuses new ones.
    keys: RwLock<HashMap<ConnectionId, Arc<ConnectionKeys>>>,
    rng: Mutex<StdRng>,
    /// The last observation that this process looked through for wakes.
    pub(crate) looked_through: AtomicI64,
    /// In memory there is nobody else who could have the engine, except another handle.
    pub(crate) engine_claimed: Arc<AtomicBool>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", DatabaseUrl(self.shared.address.clone()))
    }
}

impl Store {
    /// Opens the database, made when it is a file that does not exist, migrates it, and checks that it was made with
    /// this master key. `rng` seeds the store's own generator of nonces, salts and keys: give it the operating
    /// system's randomness, and a fixed seed only in tests that open a database once.
    pub async fn open(
        url: &DatabaseUrl,
        master: &MasterKey,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> Result<Self> {
        let mut rng = StdRng::from_rng(rng);
        let mut nonce = Nonce::default();
        rng.fill_bytes(&mut nonce);
        let address = url.0.clone();
        let (writer, reader) = tokio::task::spawn_blocking({
            let address = address.clone();
            move || -> Result<_> {
                let writer = Worker::start(&address, Role::Writer)?;
                let reader = match address {
                    Address::SqliteMemory => writer.clone(),
                    Address::SqliteFile(_) | Address::Postgres { .. } => {
                        Worker::start(&address, Role::Reader)?
                    }
                };
                Ok((writer, reader))
            }
        })
        .await
        .map_err(|cause| Error::caused("open the store", ErrorKind::Unavailable, cause))?
        .map_err(|error| error.during("open the store"))?;

        let wrapper = Arc::new(master.wrapper());
        let check = KeyCheck {
            key_id: master.id(),
            wrapper: Arc::clone(&wrapper),
            nonce,
        };
        writer
            .call("open the store", move |tx| {
                schema::migrate(tx, now)?;
                check.run(tx)
            })
            .await?;
        let store = Self {
            shared: Arc::new(Shared {
                address,
                writer,
                reader,
                wrapper,
                keys: RwLock::default(),
                rng: Mutex::new(rng),
                looked_through: AtomicI64::new(0),
                engine_claimed: Arc::default(),
            }),
        };
        facets::bring_up_to_date(&store).await?;
        Ok(store)
    }

    /// Finishes what is queued and closes the database. Later calls through any handle, and a second close, fail with
    /// [`Closed`](crate::ErrorKind::Closed).
    pub async fn close(self) -> Result<()> {
        // The reader first: the last connection to a SQLite file to close tidies its log up, and only a writer can.
        if !matches!(self.shared.address, Address::SqliteMemory) {
            self.shared.reader.close().await;
        }
        if self.shared.writer.close().await {
            Ok(())
        } else {
            Err(Error::new("close the store", ErrorKind::Closed))
        }
    }

    /// Does a job in a write transaction; returns after the commit.
    pub(crate) async fn write<T, F>(&self, operation: &'static str, work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.shared.writer.call(operation, work).await
    }

    /// Has the writer take in a delivery; returns after the commit.
    pub(crate) async fn deliver(
        &self,
        operation: &'static str,
        sealed: Sealed,
    ) -> Result<Received> {
        self.shared.writer.deliver(operation, sealed).await
    }

    /// Does a job in a read transaction: it sees one state of the database.
    pub(crate) async fn read<T, F>(&self, operation: &'static str, work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.shared.reader.call(operation, work).await
    }

    /// The keys of a connection.
    pub(crate) async fn keys(&self, id: ConnectionId) -> Result<Arc<ConnectionKeys>> {
        if let Some(keys) = self.known_keys(id) {
            return Ok(keys);
        }
        let wrapper = self.wrapper();
        let keys = self
            .read("read the keys of a connection", move |tx| {
                connections::load_keys(tx, &wrapper, id).map(Arc::new)
            })
            .await?;
        let mut known = self
            .shared
            .keys
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        known.insert(id, Arc::clone(&keys));
        Ok(keys)
    }

    fn known_keys(&self, id: ConnectionId) -> Option<Arc<ConnectionKeys>> {
        let known = self
            .shared
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        known.get(&id).cloned()
    }

    /// Wraps and unwraps data keys.
    pub(crate) fn wrapper(&self) -> Arc<Cipher> {
        Arc::clone(&self.shared.wrapper)
    }

    pub(crate) fn forget_keys(&self, id: ConnectionId) {
        let mut known = self
            .shared
            .keys
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        known.remove(&id);
    }

    /// Random bytes: a nonce, a salt, a key.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        let mut rng = self
            .shared
            .rng
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        rng.fill_bytes(&mut bytes);
        bytes
    }
}

pub(crate) fn no_connection(id: ConnectionId) -> Error {
    Error::new(
        "find a connection",
        ErrorKind::NotFound(format!("connection with id {id}")),
    )
}

/// Notices the wrong master key before anything is read or written with it.
struct KeyCheck {
    key_id: String,
    wrapper: Arc<Cipher>,
    nonce: Nonce,
}

impl KeyCheck {
    const PLACE: Place<'static> = Place {
        table: "meta",
        column: "value",
        connection: 0,
        row: "master_key_check",
    };

    fn run(&self, tx: &mut Tx<'_>) -> Result<()> {
        let known = tx.query_opt("SELECT value FROM meta WHERE name = 'master_key_id'", &[])?;
        let Some(mut row) = known else {
            return self.remember(tx);
        };
        let made_with: String = row.take(0)?;
        if made_with != self.key_id {
            return Err(Error::new(
                "open the store",
                ErrorKind::WrongKey {
                    made_with,
                    given: self.key_id.clone(),
                },
            ));
        }
        // Ids are short: two keys may share one, but only one opens this.
        let mut row = tx.query_one(
            "SELECT value FROM meta WHERE name = 'master_key_check'",
            &[],
        )?;
        let sealed = hex::decode(row.take::<String>(0)?)
            .map_err(|_undecodable| Error::corrupt("meta.value of `master_key_check`"))?;
        self.wrapper.open(Self::PLACE, sealed).map(drop)
    }

    fn remember(&self, tx: &mut Tx<'_>) -> Result<()> {
        let check = hex::encode(self.wrapper.seal(Self::PLACE, b"", self.nonce));
        tx.execute(
            "INSERT INTO meta (name, value) VALUES ('master_key_id', $1), ('master_key_check', $2)",
            params![&self.key_id, &check],
        )?;
        Ok(())
    }
}
