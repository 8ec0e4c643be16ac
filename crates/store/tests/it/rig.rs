//! A store for one test, on one of the databases, taken down with the test.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use secrecy::SecretString;
use store::attempts::NewAttempt;
use store::connections::{ConnectionId, NewConnection};
use store::links::LinkChange;
use store::observations::{Observation, ObservationSource, Observed};
use store::records::{Due, Effect, Outcome, RecordId};
use store::status::RecordView;
use store::{DatabaseUrl, MasterKey, Store};
use sync::content::Content;
use sync::flow::Flow;
use sync::link::{Link, Name, TargetId};
use sync::record::{Key, Reason, SourceId, State};
use sync::sighting::{PartKey, Sighting};

/// Makes of each story a test per database.
macro_rules! on_every_database {
    ($($story:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test] async fn $story() {
                super::$story($crate::rig::Rig::memory().await).await;
            })*
        }
        $crate::rig::on_lasting_databases!($($story),*);
    };
}
pub(crate) use on_every_database;

/// The same without the one that nobody else can look into.
macro_rules! on_lasting_databases {
    ($($story:ident),* $(,)?) => {
        mod file {
            $(#[tokio::test] async fn $story() {
                super::$story($crate::rig::Rig::file().await).await;
            })*
        }
        mod postgresql {
            $(#[tokio::test] async fn $story() {
                if let Some(rig) = $crate::rig::Rig::postgresql().await {
                    super::$story(rig).await;
                }
            })*
        }
    };
}
pub(crate) use on_lasting_databases;

pub(crate) const FLOW: Flow = Flow::Customers;

pub(crate) struct Rig {
    pub(crate) store: Store,
    pub(crate) url: DatabaseUrl,
    pub(crate) database: Database,
}

pub(crate) enum Database {
    Memory,
    File {
        path: PathBuf,
        _folder: tempfile::TempDir,
    },
    Postgres {
        server: String,
        url: String,
        name: String,
    },
}

/// A moment, `seconds` into the tests' day.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_760_000_000 + seconds).unwrap()
}

pub(crate) fn master() -> MasterKey {
    MasterKey::generate(&mut StdRng::seed_from_u64(7))
}

/// A generator that no other store of this run shares: nonces must not repeat under one key.
pub(crate) fn rng() -> StdRng {
    static SEEDS: AtomicU32 = AtomicU32::new(0);
    let seed =
        u64::from(SEEDS.fetch_add(1, Ordering::Relaxed)) << 32 | u64::from(std::process::id());
    StdRng::seed_from_u64(seed)
}

pub(crate) async fn open(url: &DatabaseUrl) -> store::Result<Store> {
    Store::open(url, &master(), &mut rng(), at(0)).await
}

/// Numbers the databases of this process.
static NUMBERS: AtomicU32 = AtomicU32::new(0);

impl Rig {
    pub(crate) async fn memory() -> Self {
        Self::on(Database::Memory, DatabaseUrl::memory()).await
    }

    pub(crate) async fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let url = DatabaseUrl::file(&path);
        Self::on(
            Database::File {
                path,
                _folder: folder,
            },
            url,
        )
        .await
    }

    /// A database of its own on the server that the test rig provides; `None` where there is none.
    pub(crate) async fn postgresql() -> Option<Self> {
        let Ok(server) = std::env::var("ML_CONNECTOR_TEST_POSTGRES_URL") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI must provide ML_CONNECTOR_TEST_POSTGRES_URL: run scripts/test"
            );
            println!("skipped: run scripts/test");
            return None;
        };
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("mlc_test_store_{}_{number}", std::process::id());
        run_sql(&server, &format!("CREATE DATABASE {name}")).await;
        let (before, _maintenance) = server.rsplit_once('/').expect("an address has a path");
        let url = format!("{before}/{name}");
        let database = Database::Postgres {
            server,
            url: url.clone(),
            name,
        };
        Some(Self::on(database, url.parse().unwrap()).await)
    }

    async fn on(database: Database, url: DatabaseUrl) -> Self {
        let store = open(&url).await.unwrap();
        Self {
            store,
            url,
            database,
        }
    }

    /// Runs SQL beside the store, as an intruder or an administrator would. Not for memory.
    pub(crate) async fn run_sql(&self, sql: &str) -> Result<(), String> {
        let sql = sql.to_owned();
        match &self.database {
            Database::Memory => panic!("nobody can look into a database in memory"),
            Database::File { path, .. } => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection
                    .execute_batch(&sql)
                    .map_err(|error| error.to_string())
            }
            Database::Postgres { url, .. } => {
                let url = url.clone();
                tokio::task::spawn_blocking(move || {
                    let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
                    client.batch_execute(&sql).map_err(|error| {
                        error
                            .as_db_error()
                            .map_or(error.to_string(), |error| error.message().to_owned())
                    })
                })
                .await
                .unwrap()
            }
        }
    }

    /// SQL that switches the triggers off which refuse changes of `table`.
    pub(crate) fn without_triggers(&self, table: &str) -> String {
        match &self.database {
            Database::Postgres { .. } => format!("ALTER TABLE {table} DISABLE TRIGGER USER;"),
            _ => format!("DROP TRIGGER {table}_no_update; DROP TRIGGER {table}_no_delete;"),
        }
    }

    /// Closes the store and opens the database again.
    pub(crate) async fn reopen(&mut self) {
        self.store.clone().close().await.unwrap();
        self.store = open(&self.url).await.unwrap();
    }

    pub(crate) async fn connection(&self, name: &str) -> ConnectionId {
        self.store
            .add_connection(new_connection(name), "test", at(0))
            .await
            .unwrap()
    }

    pub(crate) async fn observe(
        &self,
        id: ConnectionId,
        sightings: Vec<Sighting>,
        now: Timestamp,
    ) -> Observation {
        self.store
            .observe(id, observed(sightings), now)
            .await
            .unwrap()
    }

    pub(crate) async fn due(&self, id: ConnectionId, now: Timestamp) -> Vec<Due> {
        self.store
            .due(id, FLOW, now, 100, &HashSet::new())
            .await
            .unwrap()
    }

    /// The one record that is due.
    pub(crate) async fn only_due(&self, id: ConnectionId, now: Timestamp) -> Due {
        let mut due = self.due(id, now).await;
        assert_eq!(due.len(), 1, "{due:#?}");
        due.remove(0)
    }

    pub(crate) async fn record(&self, id: ConnectionId, source: &str) -> RecordView {
        self.store
            .record(id, &key(source))
            .await
            .unwrap()
            .expect("the record is there")
    }

    pub(crate) async fn state(&self, id: ConnectionId, source: &str) -> State {
        self.record(id, source).await.state
    }

    pub(crate) async fn record_outcomes(
        &self,
        id: ConnectionId,
        outcomes: Vec<Outcome>,
        now: Timestamp,
    ) {
        self.store
            .record_outcomes(id, outcomes, &[], now)
            .await
            .unwrap();
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if let Database::Postgres { server, name, .. } = &self.database {
            let (server, name) = (server.clone(), name.clone());
            let dropped = std::thread::spawn(move || {
                let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
                client
                    .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
                    .unwrap();
            })
            .join();
            if !std::thread::panicking() {
                dropped.expect("the test's database is dropped");
            }
        }
    }
}

async fn run_sql(server: &str, sql: &str) {
    let (server, sql) = (server.to_owned(), sql.to_owned());
    tokio::task::spawn_blocking(move || {
        let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
        client.batch_execute(&sql).unwrap();
    })
    .await
    .unwrap();
}

/// A connection that shares nothing with those of other names.
pub(crate) fn new_connection(name: &str) -> NewConnection {
    NewConnection {
        name: name.to_owned(),
        tenant: 1,
        odoo: format!("https://odoo.example/{name}"),
        settings: serde_json::json!({"every": "60s"}),
        secrets: BTreeMap::from([("api_key".to_owned(), SecretString::from("hunter2"))]),
    }
}

pub(crate) fn observed(sightings: Vec<Sighting>) -> Observed {
    Observed {
        flow: FLOW,
        source: ObservationSource::Feed,
        trigger: "feed customers (quick)".to_owned(),
        sightings,
        cursor: None,
    }
}

pub(crate) fn sighting(part: &str, owner: &str, payload: &str) -> Sighting {
    Sighting {
        part: PartKey(part.to_owned()),
        owner: SourceId(owner.to_owned()),
        payload: payload.to_owned(),
        shares: Vec::new(),
    }
}

pub(crate) fn key(source: &str) -> Key {
    Key {
        flow: FLOW,
        source: SourceId(source.to_owned()),
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name(text.to_owned())
}

pub(crate) fn link(text: &str, target: i64) -> Link {
    Link {
        name: name(text),
        model: "res.partner".to_owned(),
        target: TargetId(target),
        base: Content::from_iter([("name", text)]),
    }
}

pub(crate) fn put(text: &str, target: i64) -> LinkChange {
    LinkChange::Put {
        link: link(text, target),
        part: None,
    }
}

pub(crate) fn put_for(part: &str, text: &str, target: i64) -> LinkChange {
    LinkChange::Put {
        link: link(text, target),
        part: Some(PartKey(part.to_owned())),
    }
}

pub(crate) fn reason(cause: &str, advice: &str) -> Reason {
    Reason {
        cause: cause.to_owned(),
        what: format!("{cause} happened"),
        advice: advice.to_owned(),
    }
}

/// What came of `due`: nothing but a state.
pub(crate) fn outcome(due: &Due, state: State) -> Outcome {
    Outcome {
        record: due.record,
        input_version: due.input_version,
        links_version: due.links_version,
        state,
        due_at: None,
        reason: None,
        warnings: Vec::new(),
        doubt: None,
        effect: Effect::None,
        links: Vec::new(),
        depends_on: Vec::new(),
        settles: Vec::new(),
        stirs: Vec::new(),
        attempt: None,
        audit: Vec::new(),
    }
}

pub(crate) fn synced(due: &Due) -> Outcome {
    outcome(due, State::Synced)
}

pub(crate) fn attempt(sent: &str) -> NewAttempt {
    NewAttempt {
        trigger: "feed customers (quick)".to_owned(),
        sent: serde_json::json!({ "rows": [sent] }),
        received: serde_json::json!({"ids": [1]}),
        started_at: at(1),
        finished_at: at(2),
        outcome: "written".to_owned(),
        message: "1 row".to_owned(),
    }
}

pub(crate) fn ids(due: &[Due]) -> HashSet<RecordId> {
    due.iter().map(|due| due.record).collect()
}
