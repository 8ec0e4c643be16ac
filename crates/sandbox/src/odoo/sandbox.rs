//! The running simulator: its port, its life, and the way from an authenticated call to a committed transaction.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;

use super::books::{self, Bill, Order, Payment, Receipt};
use super::call::{self, Call};
use super::database::{ADMIN, Database, Env, LIMITED, Tx};
use super::look::{self, Calls, ExternalId, Partner};
use super::refusal::{Kind, Refusal};
use super::schema::Model;
use super::value::Value;
use super::{Id, Options, http, seed};
use crate::fault::Plan;
use crate::server::Server;

/// How often Odoo begins a transaction anew after a conflict before it gives up.
const TRIES_MAX: u32 = 5;

/// A simulated Odoo on a port of its own. Dropping it closes the port and cuts every connection.
pub struct Sandbox {
    pub(super) state: Arc<State>,
    server: tokio::sync::Mutex<Option<Server>>,
    port: u16,
}

/// What the handlers share.
pub(super) struct State {
    pub(super) options: Options,
    pub(super) database: Mutex<Database>,
    pub(super) counted: Mutex<Calls>,
    pub(super) keys: Mutex<Keys>,
    pub(super) plan: Plan,
    /// Raised by every restart; a transaction that began before is lost with it.
    pub(super) life: AtomicU64,
    /// Calls to come that will find every row that they write just changed by somebody else.
    contended: AtomicU64,
    /// Transactions that have begun and not ended.
    under_way: AtomicU64,
    pub(super) seeded_partner: Id,
    seeded_external: Id,
}

/// Which keys are revoked.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) revoked: bool,
}

/// How a call ended.
pub(super) enum Outcome {
    Answer(Json),
    Refused(Refusal),
    /// The worker died: nothing was committed, and the client gets no response.
    Killed,
}

impl Sandbox {
    /// Binds `127.0.0.1` and serves until dropped.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn start(options: Options) -> io::Result<Self> {
        let now = (options.clock)();
        let database = seed::database(&options, now);
        let last = |model| {
            database
                .rows(model)
                .next_back()
                .map_or(Id(0), super::database::Row::id)
        };
        let state = Arc::new(State {
            seeded_partner: last(Model::Partner),
            seeded_external: last(Model::ExternalId),
            database: Mutex::new(database),
            counted: Mutex::new(BTreeMap::new()),
            keys: Mutex::new(Keys::default()),
            plan: Plan::new(0, http::voice),
            life: AtomicU64::new(0),
            contended: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
            options,
        });
        let server = serve(&state, state.options.port).await?;
        let port = server
            .url()
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .unwrap_or(state.options.port);
        Ok(Self {
            state,
            server: tokio::sync::Mutex::new(Some(server)),
            port,
        })
    }

    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Name of the database, for `X-Odoo-Database`.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.state.options.database
    }

    /// Key of the limited user.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.state.options.api_key
    }

    /// Key of the administrator.
    #[must_use]
    pub fn admin_key(&self) -> &str {
        &self.state.options.admin_key
    }

    /// Id of the user behind [`Sandbox::api_key`]: what `context_get` says, and the `write_uid` of what it writes.
    #[must_use]
    pub fn user(&self) -> Id {
        LIMITED
    }

    /// Faults to strike the requests with.
    #[must_use]
    pub fn faults(&self) -> &Plan {
        &self.state.plan
    }

    /// Lets requests in progress finish and closes the port.
    pub async fn stop(self) {
        if let Some(server) = self.server.lock().await.take() {
            server.stop().await;
        }
    }

    /// Stops like a machine that loses power: every connection is cut, calls in progress are rolled back, and new
    /// connections are refused until [`Sandbox::come_up`]. The data stays.
    pub async fn go_down(&self) {
        self.state.life.fetch_add(1, Ordering::SeqCst);
        drop(self.server.lock().await.take());
    }

    /// Serves again on the same port.
    ///
    /// # Errors
    /// When the port cannot be bound again.
    pub async fn come_up(&self) -> io::Result<()> {
        let mut server = self.server.lock().await;
        if server.is_none() {
            *server = Some(serve(&self.state, self.port).await?);
        }
        Ok(())
    }

    /// [`Sandbox::go_down`], `down` of refused connections, [`Sandbox::come_up`].
    ///
    /// # Errors
    /// When the port cannot be bound again.
    pub async fn restart(&self, down: Duration) -> io::Result<()> {
        self.go_down().await;
        tokio::time::sleep(down).await;
        self.come_up().await
    }

    /// All partners that were not there from the beginning, by id; archived ones too.
    #[must_use]
    pub fn partners(&self) -> Vec<Partner> {
        self.state.partners()
    }

    /// The partner with this id.
    #[must_use]
    pub fn partner(&self, id: Id) -> Option<Partner> {
        look::partner(&self.state.database(), id)
    }

    /// The partner that an external id (`module.name`) points to.
    #[must_use]
    pub fn partner_by_external_id(&self, external_id: &str) -> Option<Partner> {
        let database = self.state.database();
        let row = database.external_row(external_id)?;
        let (model, id) = super::database::external_target(row);
        if model != Model::Partner.name() {
            return None;
        }
        look::partner(&database, id)
    }

    /// External ids that did not come with the installation, by `module.name`.
    #[must_use]
    pub fn external_ids(&self) -> BTreeMap<String, ExternalId> {
        look::external_ids(&self.state.database(), self.state.seeded_external)
    }

    /// All purchase orders with their lines, by id.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        books::orders(&self.state.database())
    }

    /// The purchase order that an external id points to.
    #[must_use]
    pub fn order(&self, external_id: &str) -> Option<Order> {
        let holds = |order: &Order| order.external_ids.iter().any(|id| id == external_id);
        self.orders().into_iter().find(holds)
    }

    /// All bills, credit notes and entries with the lines that they show, by id.
    #[must_use]
    pub fn bills(&self) -> Vec<Bill> {
        books::bills(&self.state.database())
    }

    /// The bill that an external id points to.
    #[must_use]
    pub fn bill(&self, external_id: &str) -> Option<Bill> {
        let holds = |bill: &Bill| bill.external_ids.iter().any(|id| id == external_id);
        self.bills().into_iter().find(holds)
    }

    /// All payments with what they settle, by id.
    #[must_use]
    pub fn payments(&self) -> Vec<Payment> {
        books::payments(&self.state.database())
    }

    /// The payment that an external id points to.
    #[must_use]
    pub fn payment(&self, external_id: &str) -> Option<Payment> {
        let holds = |payment: &Payment| payment.external_ids.iter().any(|id| id == external_id);
        self.payments().into_iter().find(holds)
    }

    /// All transfers with their moves, by id.
    #[must_use]
    pub fn receipts(&self) -> Vec<Receipt> {
        books::receipts(&self.state.database())
    }

    /// What the partners hold, keyed by external id, references by external id, without ids, times and users: equal
    /// for two databases that hold the same, however they came to it.
    #[must_use]
    pub fn content(&self) -> BTreeMap<String, Json> {
        look::content(&self.state.database(), self.state.seeded_partner)
    }

    /// Calls since the start (or [`Sandbox::reset_calls`]), by `model.method`.
    #[must_use]
    pub fn calls(&self) -> Calls {
        lock(&self.state.counted).clone()
    }

    /// The counter of one method.
    #[must_use]
    pub fn called(&self, model: &str, method: &str) -> look::Called {
        let key = format!("{model}.{method}");
        lock(&self.state.counted)
            .get(&key)
            .copied()
            .unwrap_or_default()
    }

    /// Transactions that have begun and not ended: what a test waits for before it cuts, kills or overlaps something.
    #[must_use]
    pub fn calls_in_progress(&self) -> u64 {
        self.state.under_way.load(Ordering::SeqCst)
    }

    /// Forgets the counters.
    pub fn reset_calls(&self) {
        lock(&self.state.counted).clear();
    }

    /// Makes the next `n` transactions that write find their rows changed by somebody else. `load` says so in its
    /// messages; other methods try again by themselves (a try is one of the `n`), five times at most.
    pub fn contend(&self, n: u64) {
        self.state.contended.store(n, Ordering::SeqCst);
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("url", &self.url())
            .field("options", &self.state.options)
            .finish_non_exhaustive()
    }
}

async fn serve(state: &Arc<State>, port: u16) -> io::Result<Server> {
    Server::start(port, http::router(state.clone()), state.plan.clone()).await
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic under the lock rolls its transaction back, so the state behind it is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    pub(super) fn database(&self) -> MutexGuard<'_, Database> {
        lock(&self.database)
    }

    /// The user that a key stands for, now.
    pub(super) fn user_of(&self, key: &str) -> Option<Id> {
        if key == self.options.admin_key {
            return Some(ADMIN);
        }
        let revoked = lock(&self.keys).revoked;
        if key != self.options.api_key || revoked {
            return None;
        }
        let now = (self.options.clock)();
        let database = self.database();
        let expired = database
            .rows(Model::ApiKey)
            .filter(|row| row.reference(Model::ApiKey, "user_id") == Some(LIMITED))
            .any(|row| {
                matches!(row.get(Model::ApiKey, "expiration_date"), Value::Time(end) if *end <= now)
            });
        (!expired).then_some(LIMITED)
    }

    /// Runs a call to its end: waits the simulated work out, then executes and commits at once. Goes on when the client
    /// hangs up, like Odoo.
    pub(super) async fn perform(self: Arc<Self>, user: Id, call: Call) -> Outcome {
        let key = format!("{}.{}", call.model, call.method);
        let mut tries = 0;
        let (outcome, rows) = loop {
            tries += 1;
            match self.attempt(user, &call).await {
                (Outcome::Refused(refusal), _)
                    if refusal.kind == Kind::Serialization && tries < TRIES_MAX => {}
                ended => break ended,
            }
        };
        let mut counted = lock(&self.counted);
        let called = counted.entry(key).or_default();
        called.calls += 1;
        called.rows_written += rows;
        called.refused += u64::from(match &outcome {
            Outcome::Answer(answer) => call.method == "load" && answer["ids"] == false,
            Outcome::Refused(_) | Outcome::Killed => true,
        });
        drop(counted);
        outcome
    }

    async fn attempt(&self, user: Id, call: &Call) -> (Outcome, u64) {
        let life = self.life.load(Ordering::SeqCst);
        let env = Env {
            user,
            context: call.context.clone(),
            now: (self.options.clock)(),
            snapshot: self.database().commits(),
        };
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let ended = self.run_out(life, env, call).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        ended
    }

    /// Spends the simulated time, then executes at once. Every worker that is gone by then has done nothing.
    async fn run_out(&self, life: u64, env: Env, call: &Call) -> (Outcome, u64) {
        let rows = u32::try_from(call.rows_to_write()).unwrap_or(u32::MAX);
        let work = self.options.work_per_call + self.options.work_per_row * rows;
        if let Some(limit) = self.options.time_limit
            && work > limit
        {
            tokio::time::sleep(limit).await;
            return (Outcome::Killed, 0);
        }
        if !work.is_zero() {
            tokio::time::sleep(work).await;
        }
        if self.life.load(Ordering::SeqCst) != life {
            return (Outcome::Killed, 0);
        }
        self.execute(env, call)
    }

    fn execute(&self, env: Env, call: &Call) -> (Outcome, u64) {
        let mut database = self.database();
        let mut tx = Tx::begin(&mut database, env);
        if call.rows_to_write() > 0 {
            let take_one = |n: u64| n.checked_sub(1);
            tx.contended = self
                .contended
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_one)
                .is_ok();
        }
        match call::run(&mut tx, call) {
            Ok(answer) => {
                let model = Model::named(&call.model).unwrap_or(Model::Partner);
                let rows = tx.commit(model);
                (Outcome::Answer(answer), rows)
            }
            Err(refusal) => (Outcome::Refused(refusal), 0),
        }
    }
}
