//! Supervises the connections: one runner for each, started, restarted and stopped as connections come and go.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::RngExt as _;
use secrecy::{ExposeSecret, SecretString};
use servicetitan::Pacer;
use sha2::{Digest as _, Sha256};
use store::Store;
use store::connections::{Connection, ConnectionId, ConnectionState};
use store::ownership::EngineLock;
use sync::record::Reason;
use tokio::sync::{Notify, RwLock};
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::runner::{Runner, incomplete};
use super::vendors::{self, Http};
use crate::clock::Clock;
use crate::connection::{Profile, secret};
use crate::metrics::Metrics;

/// How often connections are looked at for changes by other processes.
const CONNECTIONS_EVERY: Duration = Duration::from_secs(1);

/// How often an engine that was lost is claimed.
const CLAIM_EVERY: Duration = Duration::from_secs(2);

/// How long a stopping runner may take to write down what is in flight.
const SOFT_STOP: Duration = Duration::from_secs(30);

/// The cause of a connection that is paused because its runner broke down.
pub const INTERNAL_ERROR: &str = "internal-error";

/// What a process's engine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everything: schedules, webhooks, passes.
    Service,
    /// Only passes that were asked for.
    PassesOnly,
}

/// What all runners of a process share.
#[derive(Debug)]
pub struct Shared {
    /// The state.
    pub store: Store,
    /// The HTTP client for both vendors.
    pub http: Http,
    /// The present and randomness.
    pub clock: Clock,
    /// One pacer per (app, tenant).
    pub pacers: Pacers,
    /// What is counted.
    pub metrics: Metrics,
    /// Where the service is reached from outside.
    pub public_url: Option<Url>,
    /// What this process's engine does.
    pub mode: Mode,
    at_work: AtomicBool,
    wakeups: Mutex<HashMap<ConnectionId, Arc<Notify>>>,
    turns: Mutex<HashMap<ConnectionId, Arc<RwLock<()>>>>,
    clients: Mutex<HashMap<ConnectionId, (i64, servicetitan::Client)>>,
}

impl Shared {
    /// What the runners of a new process share.
    #[must_use]
    pub fn new(
        store: Store,
        http: Http,
        clock: Clock,
        public_url: Option<Url>,
        mode: Mode,
    ) -> Self {
        Self {
            store,
            http,
            clock,
            pacers: Pacers::default(),
            metrics: Metrics::default(),
            public_url,
            mode,
            at_work: AtomicBool::new(false),
            wakeups: Mutex::default(),
            turns: Mutex::default(),
            clients: Mutex::default(),
        }
    }

    /// Whether this process owns the engine and runs it.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        self.at_work.load(Ordering::Acquire)
    }

    /// What wakes a connection's runner.
    pub fn wakeup(&self, connection: ConnectionId) -> Arc<Notify> {
        let mut wakeups = self.wakeups.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(wakeups.entry(connection).or_default())
    }

    /// Who may ask ServiceTitan and file what it says: [`Observer::turns`](super::observe::Observer::turns).
    pub fn turns(&self, connection: ConnectionId) -> Arc<RwLock<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(connection).or_default())
    }

    /// The one ServiceTitan client of a connection, whose token all share.
    pub async fn servicetitan(
        &self,
        connection: &Connection,
        profile: &Profile,
    ) -> anyhow::Result<servicetitan::Client> {
        let clients = || self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let known = clients().get(&connection.id).cloned();
        if let Some((_, client)) = known.filter(|(version, _)| *version == connection.version) {
            return Ok(client);
        }
        let secrets = self.store.secrets(connection.id).await?;
        let pacer = self.pacers.of(profile, &secrets);
        let seed = self.clock.rng().random();
        let client = vendors::servicetitan(&self.http, profile, &secrets, pacer, seed)?;
        clients().insert(connection.id, (connection.version, client.clone()));
        Ok(client)
    }
}

/// One pacer per (app, tenant), shared by everything that calls ServiceTitan for that tenant.
#[derive(Debug, Default)]
pub struct Pacers(Mutex<BTreeMap<(AppDigest, i64), Arc<Pacer>>>);

/// Tells one app key from another without keeping it.
type AppDigest = [u8; 32];

impl Pacers {
    /// The pacer of a connection's app and tenant.
    pub fn of(&self, profile: &Profile, secrets: &BTreeMap<String, SecretString>) -> Arc<Pacer> {
        let app_key = secrets
            .get(secret::APP_KEY)
            .map(ExposeSecret::expose_secret)
            .unwrap_or_default();
        let app = Sha256::digest(app_key).into();
        let titan = &profile.servicetitan;
        let mut pacers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pacer = pacers
            .entry((app, titan.tenant_id))
            .or_insert_with(|| Arc::new(Pacer::new(titan.rate_limit)));
        if pacer.limit() != titan.rate_limit {
            *pacer = Arc::new(Pacer::new(titan.rate_limit));
        }
        Arc::clone(pacer)
    }
}

struct Running {
    version: i64,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Runs every connection until stopping is asked for. When the ownership of the engine is lost with the database's
/// connection, everything stops until it is claimed again.
pub async fn run_for_good(shared: Arc<Shared>, lock: EngineLock, stop: CancellationToken) {
    let mut lock = Some(lock);
    while !stop.is_cancelled() {
        if let Some(lock) = lock.take() {
            run(Arc::clone(&shared), lock, stop.clone()).await;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(CLAIM_EVERY) => {}
        }
        match shared.store.claim_engine().await {
            Ok(Some(claimed)) => {
                tracing::info!("the engine goes on");
                lock = Some(claimed);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!("the engine cannot be claimed yet: {error}"),
        }
    }
}

/// Runs every connection until stopping is asked for or the ownership of the engine is lost.
pub async fn run(shared: Arc<Shared>, lock: EngineLock, stop: CancellationToken) {
    let mut running: HashMap<ConnectionId, Running> = HashMap::new();
    let mut broken: BTreeSet<ConnectionId> = BTreeSet::new();
    shared.at_work.store(true, Ordering::Release);
    while !stop.is_cancelled() && !lock.is_lost() {
        match shared.store.connections().await {
            Ok(connections) => {
                reconcile(&shared, &lock, &mut running, &mut broken, connections).await;
            }
            Err(error) => tracing::error!("connections cannot be read: {error}"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = lock.lost() => tracing::error!(
                "the ownership of the engine was lost with the connection to its database: nothing goes on before it \
                 is claimed again"
            ),
            () = tokio::time::sleep(CONNECTIONS_EVERY) => {}
        }
    }
    shared.at_work.store(false, Ordering::Release);
    for one in running.values() {
        one.stop.cancel();
    }
    for (id, one) in running {
        if let Some(said) = end(one, &lock).await {
            pause_broken(&shared, id, &said).await;
        }
    }
}

/// Starts, restarts and stops runners, so that there is one for each connection as it is now.
async fn reconcile(
    shared: &Arc<Shared>,
    lock: &EngineLock,
    running: &mut HashMap<ConnectionId, Running>,
    broken: &mut BTreeSet<ConnectionId>,
    mut connections: Vec<Connection>,
) {
    let gone: Vec<ConnectionId> = running
        .iter()
        .filter(|(id, one)| {
            one.task.is_finished()
                || !connections
                    .iter()
                    .any(|c| c.id == **id && c.version == one.version)
        })
        .map(|(id, _)| *id)
        .collect();
    for id in gone {
        if let Some(one) = running.remove(&id) {
            one.stop.cancel();
            if let Some(said) = end(one, lock).await {
                pause_broken(shared, id, &said).await;
                broken.insert(id);
                // It is taken up again as it stands now: paused.
                connections.retain(|connection| connection.id != id);
            }
        }
    }
    for connection in connections {
        if running.contains_key(&connection.id) {
            continue;
        }
        let (id, version, name) = (connection.id, connection.version, connection.name.clone());
        let stop = CancellationToken::new();
        match Runner::new(Arc::clone(shared), connection, stop.clone()).await {
            Ok(mut runner) => {
                if broken.remove(&id) {
                    runner.rest();
                }
                running.insert(
                    id,
                    Running {
                        version,
                        stop,
                        task: tokio::spawn(runner.run()),
                    },
                );
            }
            Err(error) => {
                tracing::error!(
                    connection = name,
                    "the connection cannot be started: {error:#}"
                );
                pause_incomplete(shared, id, &error).await;
            }
        }
    }
}

/// Says where people look that a connection lacks something. Whether it still does is looked at again and again, since
/// the store itself may have been at fault.
async fn pause_incomplete(shared: &Shared, id: ConnectionId, error: &anyhow::Error) {
    let state = ConnectionState::Paused;
    let (reason, now) = (Some(incomplete(error)), shared.clock.now());
    let paused = shared
        .store
        .set_connection_state(id, state, reason, "engine", now)
        .await;
    if let Err(error) = paused {
        tracing::error!("the connection cannot be paused: {error}");
    }
}

/// A runner came upon something that the connector takes for impossible. Whoever waits for its passes is told, and nothing
/// is tried again for a while: it would most likely end the same way.
async fn pause_broken(shared: &Shared, id: ConnectionId, said: &str) {
    let reason = Reason {
        cause: INTERNAL_ERROR.to_owned(),
        what: format!("The connector ran into an error of its own: {said}"),
        advice: "Report what the log says to the makers of ml-connector. Nothing is lost; it is tried again every 15 \
                 minutes, with each `ml-connector sync`, and when the connector starts."
            .to_owned(),
    };
    // What it said may quote a record.
    let cause = INTERNAL_ERROR;
    tracing::error!(connection = %id, cause, "the connection is paused: {}", reason.advice);
    let (store, now) = (&shared.store, shared.clock.now());
    let note = format!("{} {}", reason.what, reason.advice);
    let told = async {
        store
            .set_connection_state(id, ConnectionState::Paused, Some(reason), "engine", now)
            .await?;
        for pass in store.open_passes(id).await? {
            store
                .finish_pass(pass.id, false, now, Some(note.clone()))
                .await?;
        }
        Ok::<(), store::Error>(())
    };
    if let Err(error) = told.await {
        tracing::error!("the connection cannot be paused: {error}");
    }
}

/// Waits until a runner that was asked to stop has written down what is in flight. Not without the lock: then another
/// process may be at work already. Gives what it said if it broke down.
async fn end(mut one: Running, lock: &EngineLock) -> Option<String> {
    tokio::select! {
        ended = &mut one.task => return last_words(ended.err()?),
        () = tokio::time::sleep(SOFT_STOP) => {}
        () = lock.lost() => {}
    }
    // Cutting it off is safe: what was in flight is found again by its external ids, and is in doubt until then.
    one.task.abort();
    let _cut_off = one.task.await;
    None
}

/// What a task said when it broke down; nothing where it was cut off.
fn last_words(error: JoinError) -> Option<String> {
    let said = error.try_into_panic().ok()?;
    let text = said.downcast_ref::<String>().cloned();
    let text = text.or_else(|| Some((*said.downcast_ref::<&str>()?).to_owned()));
    Some(text.unwrap_or_else(|| "it does not say which".to_owned()))
}
