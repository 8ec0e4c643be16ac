//! Runs one connection: watches what is due, and does it, one turn after the other.
//!
//! A turn observes what is to be observed, fetches what webhooks woke, and applies until nothing is due. Between turns
//! the runner sleeps until the next cadence, retry or breaker, or until something wakes it: a webhook, a request of
//! another process, the end of the service.

mod directory;
mod halts;
mod holds;
mod passes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use odoo::batch::Sizer;
use rand::RngExt as _;
use store::connections::{Connection, ConnectionState};
use store::passes::{Pass, PassId};
use sync::directory::{Directory, Holds};
use sync::failure::{Vendor, of_odoo};
use sync::flow::Flow;
use sync::record::Reason;
use tokio_util::sync::CancellationToken;

use super::apply::Applier;
use super::batch::{Carrier, Claims, Teller};
use super::breaker::Breakers;
use super::courier::Courier;
use super::observe::{Extent, Observer, Pace, read_cursor};
use super::poll::Poller;
use super::supervisor::{INTERNAL_ERROR, Mode, Shared};
use super::vendors;
use super::{Halt, is_recent};
use crate::connection::{Every, Profile};
use crate::doctor;
use passes::of_flow;

/// How often the settled cursors are read.
const SETTLED_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// How often a running connection is checked, and its reference data read again.
const CHECK_EVERY: SignedDuration = SignedDuration::from_mins(15);

/// How often a paused connection is looked at, to see whether it can go on.
const PROBE_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// How often requests of other processes are looked for.
const REQUESTS_EVERY: Duration = Duration::from_millis(500);

/// The cursor that says that a connection passed its checks once.
const CHECKED_CURSOR: &str = "checked";

/// One connection at work.
pub struct Runner {
    shared: Arc<Shared>,
    connection: Connection,
    profile: Profile,
    stop: CancellationToken,
    servicetitan: servicetitan::Client,
    odoo: Option<odoo::Client>,
    directory: Option<(Directory, Timestamp)>,
    /// The mappings that stand in it.
    mappings_version: Option<i64>,
    /// The flows whose records were compared with that directory.
    planned_with: BTreeSet<Flow>,
    breakers: Breakers,
    /// The flows that lack a right or a scope.
    holds: Holds,
    /// A product does not cost Odoo what a partner does.
    sizers: BTreeMap<Flow, Sizer>,
    checked_at: Option<Timestamp>,
    probed_at: Option<Timestamp>,
    /// When a check last found nothing that a flow was held for.
    released: BTreeMap<(Flow, Vendor), Timestamp>,
    /// What flows are held for that no check finds.
    unseen: BTreeMap<(Flow, Vendor), (Reason, Timestamp)>,
    /// The passes for which Odoo was polled.
    polled_for: BTreeSet<PassId>,
    /// Whether bills were written to Odoo since it was polled for them.
    has_written_bills: bool,
    /// Whether our own state could not be read or written the last time.
    store_failed: bool,
}

impl Runner {
    /// A runner for a connection; nothing is called yet.
    pub async fn new(
        shared: Arc<Shared>,
        connection: Connection,
        stop: CancellationToken,
    ) -> Result<Self> {
        let profile: Profile = serde_json::from_value(connection.settings.clone())?;
        let servicetitan = shared.servicetitan(&connection, &profile).await?;
        Ok(Self {
            shared,
            connection,
            profile,
            stop,
            servicetitan,
            odoo: None,
            directory: None,
            mappings_version: None,
            planned_with: BTreeSet::new(),
            breakers: Breakers::default(),
            holds: Holds::default(),
            sizers: BTreeMap::new(),
            checked_at: None,
            probed_at: None,
            released: BTreeMap::new(),
            unseen: BTreeMap::new(),
            polled_for: BTreeSet::new(),
            has_written_bills: false,
            store_failed: false,
        })
    }

    /// Leaves the connection alone for a while, unless somebody asks for a pass: the runner before this one broke down.
    pub fn rest(&mut self) {
        self.probed_at = Some(self.shared.clock.now());
    }

    /// Runs until stopping is asked for.
    pub async fn run(mut self) {
        // What an earlier process said about the vendors holds no more.
        if let Err(halt) = self.show_breakers().await {
            self.halted(halt).await;
        }
        while !self.stop.is_cancelled() {
            let wait = match self.turn().await {
                Ok(wait) => wait,
                Err(halt) => self.halted(halt).await,
            };
            let wait = wait.min(REQUESTS_EVERY);
            let wakeup = self.shared.wakeup(self.connection.id);
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = wakeup.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Does what is to be done now, and says how long nothing else is due.
    async fn turn(&mut self) -> Result<Duration, Halt> {
        let now = self.shared.clock.now();
        if self.store_failed {
            // No vendor is called before our own state can be written again.
            self.show_breakers().await?;
            self.store_failed = false;
            tracing::info!("the connector's own database works again");
        }
        let passes = self.shared.store.open_passes(self.connection.id).await?;
        self.notice_mappings().await?;
        if let Some(until) = self.breakers.open_until(now) {
            self.carry_what_is_known(&passes, now).await?;
            return Ok(between(now, until));
        }
        if !self.may_go_on(&passes, now).await? {
            return Ok(REQUESTS_EVERY);
        }
        for pass in passes.iter().filter(|pass| pass.started_at.is_none()) {
            self.begin(pass).await?;
        }
        let scheduled = self.shared.mode == Mode::Service;
        if scheduled {
            self.check_when_due(now).await?;
        }
        for (flow, every) in self.flows() {
            let passes = of_flow(&passes, flow);
            if scheduled || !passes.is_empty() {
                let carried = self.work_on(flow, scheduled.then_some(every), &passes);
                let carried = carried.await;
                self.unless_held(carried).await?;
            }
        }
        self.finish(&passes).await
    }

    /// One flow's part of a turn: what is new of it is read when it is time, and what is due is carried.
    async fn work_on(
        &mut self,
        flow: Flow,
        every: Option<Every>,
        passes: &[PassId],
    ) -> Result<(), Halt> {
        // What was said before goes on.
        if self.holds.reading(flow).is_none() {
            if let Some(every) = every {
                self.observe_when_due(flow, every).await?;
            }
            if flow.comes_from() == Vendor::Odoo {
                self.poll_for(flow, passes).await?;
            }
            self.fetch_woken(flow).await?;
        }
        self.apply(flow, passes).await
    }

    /// While ServiceTitan rests, what it said before still goes to Odoo; before the first reading is complete, nothing does.
    async fn carry_what_is_known(&mut self, passes: &[Pass], now: Timestamp) -> Result<(), Halt> {
        let passes = passes.iter().filter(|pass| pass.started_at.is_some());
        let passes: Vec<Pass> = passes.cloned().collect();
        let works = self.connection.state == ConnectionState::Active
            && !self.breakers.is_open(Vendor::Odoo, now)
            && (self.shared.mode == Mode::Service || !passes.is_empty());
        // The reference data are ServiceTitan's, too: what was read before has to do.
        let Some((directory, _)) = self.directory.clone().filter(|_| works) else {
            return Ok(());
        };
        for (flow, _) in self.flows() {
            let read = read_cursor(flow, Pace::Quick);
            let read = self.shared.store.cursor(self.connection.id, &read).await?;
            let passes = of_flow(&passes, flow);
            let goes_on =
                flow.comes_from() == Vendor::ServiceTitan && (read.is_some() || !passes.is_empty());
            if goes_on && self.is_due(flow, now).await? {
                let carried = self.carry(flow, &passes, directory.clone(), None).await;
                self.unless_held(carried).await?;
            }
        }
        Ok(())
    }

    /// The flows that are on, in the order in which records depend on each other, with their cadence. One that is on for
    /// the sake of others keeps their pace.
    fn flows(&self) -> Vec<(Flow, Every)> {
        let every = |flow: Flow| self.profile.flow(flow).map(|settings| settings.every);
        let on = self.profile.flows_on();
        let cadence = |flow: Flow| {
            let needing = on.iter().filter(|other| other.needs().contains(&flow));
            let theirs = needing.filter_map(|other| match every(*other)? {
                Every::Period(period) => Some(period),
                Every::Off => None,
            });
            let theirs = theirs.min().map(Every::Period);
            (flow, every(flow).or(theirs).unwrap_or(Every::Off))
        };
        on.iter().copied().map(cadence).collect()
    }

    /// Whether the connection is active, or has become so: a paused one is probed now and then, and at once for a pass.
    async fn may_go_on(&mut self, passes: &[Pass], now: Timestamp) -> Result<bool, Halt> {
        if self.connection.state == ConnectionState::Active {
            return Ok(true);
        }
        let asked = passes.iter().any(|pass| pass.started_at.is_none());
        let paused = self.connection.paused.as_ref();
        let every = match paused {
            Some(reason) if reason.cause == INTERNAL_ERROR => CHECK_EVERY,
            _ => PROBE_EVERY,
        };
        let due = self.probed_at.is_none_or(|at| !is_recent(at, now, every));
        if !asked && !due {
            return Ok(false);
        }
        self.probed_at = Some(now);
        match self.check().await? {
            None => {
                tracing::info!(
                    connection = self.connection.name,
                    "the connection goes on: all checks pass again"
                );
                self.set_state(ConnectionState::Active, None).await?;
                Ok(true)
            }
            Some(reason) => {
                self.set_state(ConnectionState::Paused, Some(reason.clone()))
                    .await?;
                self.end_passes(&format!("{} {}", reason.what, reason.advice))
                    .await?;
                Ok(false)
            }
        }
    }

    /// The checks of `ml-connector check`, as far as they decide whether to go on: before the first sync and then every
    /// 15 minutes; while a flow is held, as often as a paused connection is looked at.
    async fn check_when_due(&mut self, now: Timestamp) -> Result<(), Halt> {
        let every = if self.holds.is_empty() {
            CHECK_EVERY
        } else {
            PROBE_EVERY
        };
        if self.checked_at.is_some_and(|at| is_recent(at, now, every)) {
            return Ok(());
        }
        if let Some(reason) = self.check().await? {
            return Err(Halt::Pause(reason));
        }
        self.shared
            .store
            .save_cursor(self.connection.id, CHECKED_CURSOR, "ok", now)
            .await?;
        Ok(())
    }

    /// The first reason not to go on, if there is one. A vendor out of reach is an outage, not a reason to pause. Which
    /// flows are held is what this check found.
    async fn check(&mut self) -> Result<Option<Reason>, Halt> {
        let now = self.shared.clock.now();
        let findings = doctor::check(
            &self.shared,
            &self.connection,
            self.shared.public_url.as_ref(),
        )
        .await?;
        if let Some(outage) = findings
            .iter()
            .find(|finding| finding.unreachable.is_some())
        {
            let vendor = outage.unreachable.expect("found by it");
            return Err(Halt::Vendor(vendor, outage.reason()));
        }
        self.checked_at = Some(now);
        let mut errors = findings
            .iter()
            .filter(|finding| finding.status == doctor::Status::Error);
        if let Some(of_all) = errors.clone().find(|finding| finding.flows.is_empty()) {
            return Ok(Some(of_all.reason()));
        }
        let mut holds = Holds::default();
        for finding in &mut errors {
            for (flow, vendor) in finding.flows.iter().zip(finding.held_by.iter().cycle()) {
                holds.hold(*flow, *vendor, finding.reason());
            }
        }
        self.keep_holding(&mut holds, now);
        self.hold_these(holds).await?;
        Ok(None)
    }

    async fn observe_when_due(&mut self, flow: Flow, every: Every) -> Result<(), Halt> {
        let Every::Period(period) = every else {
            return Ok(());
        };
        let period = SignedDuration::try_from(period).expect("a day at most");
        for (pace, period) in [
            (Pace::Quick, period),
            (Pace::Settled, SETTLED_EVERY.max(period)),
        ] {
            self.observe_once_per(flow, pace, period).await?;
        }
        Ok(())
    }

    async fn observe_once_per(
        &mut self,
        flow: Flow,
        pace: Pace,
        period: SignedDuration,
    ) -> Result<(), Halt> {
        let cursor = read_cursor(flow, pace);
        let now = self.shared.clock.now();
        let last = self
            .shared
            .store
            .cursor(self.connection.id, &cursor)
            .await?;
        if last.is_some_and(|last| is_recent(last.saved_at, now, period)) {
            return Ok(());
        }
        self.observe(flow, pace).await
    }

    async fn observe(&mut self, flow: Flow, pace: Pace) -> Result<(), Halt> {
        let vendor = flow.comes_from();
        let seen = match vendor {
            Vendor::ServiceTitan => self.observer_of(flow).read(flow, pace).await?,
            Vendor::Odoo => self.poller().await?.read(flow, pace).await?,
        };
        self.answered(vendor).await?;
        if seen.changed > 0 {
            tracing::info!(
                connection = self.connection.name, %flow, changed = seen.changed, unchanged = seen.unchanged,
                "{vendor} showed {} changed rows of {flow}", seen.changed
            );
        }
        Ok(())
    }

    /// Odoo is asked at once for what the connector itself wrote, and once for each pass: not when that begins, since what
    /// it brings to Odoo is to be told too.
    async fn poll_for(&mut self, flow: Flow, passes: &[PassId]) -> Result<(), Halt> {
        let is_new = |pass: &PassId| !self.polled_for.contains(pass);
        let for_pass = passes.iter().any(is_new);
        if !for_pass && !self.has_written_bills {
            return Ok(());
        }
        self.observe(flow, Pace::Quick).await?;
        if for_pass {
            self.observe_once_per(flow, Pace::Settled, SETTLED_EVERY)
                .await?;
        }
        self.has_written_bills = false;
        self.polled_for = passes.iter().copied().collect();
        Ok(())
    }

    async fn poller(&mut self) -> Result<Poller, Halt> {
        Ok(Poller {
            store: self.shared.store.clone(),
            connection: self.connection.id,
            odoo: self.odoo().await?,
            call_limit: self.profile.odoo.call_limit(),
            clock: self.shared.clock.clone(),
        })
    }

    async fn fetch_woken(&mut self, flow: Flow) -> Result<(), Halt> {
        if self.observer_of(flow).fetch_woken(flow).await? > 0 {
            self.answered(Vendor::ServiceTitan).await?;
        }
        Ok(())
    }

    async fn is_due(&self, flow: Flow, now: Timestamp) -> Result<bool, Halt> {
        let next = self.shared.store.next_due(self.connection.id, flow).await?;
        Ok(next.is_some_and(|next| next <= now))
    }

    async fn apply(&mut self, flow: Flow, passes: &[PassId]) -> Result<(), Halt> {
        let now = self.shared.clock.now();
        let is_known = self.known_directory(now).is_some() && self.planned_with.contains(&flow);
        if is_known && !self.is_due(flow, now).await? {
            return Ok(());
        }
        let directory = self.directory(flow).await?;
        let observer = self.observer();
        self.carry(flow, passes, directory, Some(&observer)).await
    }

    async fn carry(
        &mut self,
        flow: Flow,
        passes: &[PassId],
        directory: Directory,
        observer: Option<&Observer>,
    ) -> Result<(), Halt> {
        let odoo = self.odoo().await?;
        let directory = &directory.with_holds(self.holds.clone());
        let name = self.connection.name.clone();
        let shared = Arc::clone(&self.shared);
        let carried = move |count: usize| shared.metrics.carried(&name, flow, count);
        let courier = match flow.comes_from() {
            Vendor::ServiceTitan => Courier::Odoo {
                carrier: Carrier {
                    store: self.shared.store.clone(),
                    connection: self.connection.id,
                    flow,
                    odoo,
                    module: self.profile.external_module(),
                    clock: self.shared.clock.clone(),
                    confirming: Arc::default(),
                    claims: Claims::default(),
                },
                call_limit: self.profile.odoo.call_limit(),
                workers: self.profile.odoo.workers,
            },
            Vendor::Odoo => Courier::ServiceTitan {
                teller: Teller {
                    servicetitan: self.servicetitan.clone(),
                    odoo,
                    clock: self.shared.clock.clone(),
                },
                call_limit: self.profile.servicetitan.call_limit(),
            },
        };
        let vendor = courier.vendor();
        let mut applier = Applier {
            store: &self.shared.store,
            connection: self.connection.id,
            directory,
            courier,
            observer,
            sizer: self.sizers.entry(flow).or_default(),
            passes,
            stop: &self.stop,
            clock: &self.shared.clock,
            carried: &carried,
        };
        let ran = applier.run(flow).await;
        // One that takes batch after batch between its failures is not left alone for longer and longer.
        if ran.answered {
            self.answered(vendor).await?;
            self.has_written_bills |= flow.is_of_bills();
        }
        ran.halt.map_or(Ok(()), Err)
    }

    async fn odoo(&mut self) -> Result<odoo::Client, Halt> {
        if let Some(odoo) = &self.odoo {
            return Ok(odoo.clone());
        }
        let secrets = self.shared.store.secrets(self.connection.id).await?;
        let seed = self.shared.clock.rng().random();
        let odoo = vendors::odoo(&self.shared.http, &self.profile, &secrets, seed)
            .await
            .map_err(|error| Halt::Pause(incomplete(&error)))?
            .map_err(|error| Halt::of(Vendor::Odoo, of_odoo(&error)))?;
        self.odoo = Some(odoo.clone());
        Ok(odoo)
    }

    fn observer(&self) -> Observer {
        Observer {
            store: self.shared.store.clone(),
            connection: self.connection.id,
            servicetitan: self.servicetitan.clone(),
            extent: Extent::All,
            turns: self.shared.turns(self.connection.id),
            clock: self.shared.clock.clone(),
        }
    }

    /// Who reads a flow's feeds and lists: of one that nobody named, only what others needed before.
    fn observer_of(&self, flow: Flow) -> Observer {
        let extent = match self.profile.flow(flow) {
            Some(_) => Extent::All,
            None => Extent::Known,
        };
        Observer {
            extent,
            ..self.observer()
        }
    }
}

/// Why a connection cannot even be started.
pub(crate) fn incomplete(error: &anyhow::Error) -> Reason {
    Reason {
        cause: "connection-incomplete".to_owned(),
        what: format!("{error:#}"),
        advice: "Run `ml-connector connection set FILE` with a complete connection file."
            .to_owned(),
    }
}

fn between(now: Timestamp, until: Timestamp) -> Duration {
    until
        .duration_since(now)
        .max(SignedDuration::ZERO)
        .unsigned_abs()
}
