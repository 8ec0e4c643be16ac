//! `sync`: one pass until everything is settled.
//!
//! The engine's owner does the work: this process if nobody else works on the database, else the running service, and
//! then this process only follows. If the owner dies meanwhile, this process takes over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use store::connections::{Connection, ConnectionState};
use store::passes::{Pass, PassId};
use sync::flow::Flow;
use sync::record::Reason;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::summary::Summary;
use super::{Exit, actor, check, open, output, selected};
use crate::connection::Profile;
use crate::doctor;
use crate::engine::supervisor::{self, Mode, Shared};
use crate::engine::vendors::Http;
use crate::service::asked_to_end;
use crate::settings::Settings;

/// How often progress is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
pub(super) struct Sync {
    /// The connection to run; all of them when absent.
    connection: Option<String>,
    /// Only this flow; may be given several times.
    #[arg(long = "flow", value_name = "FLOW")]
    flows: Vec<Flow>,
    /// Read everything again that changed in ServiceTitan since then, e.g. 2026-10-01T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// How long to wait for back-offs and for work in progress, e.g. 30m.
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = duration)]
    timeout: Duration,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Sync {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        let (store, clock) = open(settings).await?;
        let shared = Shared::new(
            store,
            Http::new()?,
            clock,
            settings.public_url.clone(),
            Mode::PassesOnly,
        );
        let shared = Arc::new(shared);
        let connections = selected(&shared.store, self.connection.as_deref()).await?;
        if connections.is_empty() {
            bail!("there is no connection yet: `ml-connector connection add FILE` adds one");
        }
        let mut engine = Engine::default();
        engine.take_up(&shared).await?;
        let (within_reach, left_out): (Vec<_>, Vec<_>) = if engine.is_ours() {
            by_reach(&shared, connections).await?
        } else {
            (connections, Vec::new())
        };
        if within_reach.is_empty() {
            engine.end().await;
            return Ok(Exit::Vendor);
        }
        let mut passes = BTreeMap::new();
        for connection in &within_reach {
            let flows = flows(connection, &self.flows)?;
            let pass = shared
                .store
                .request_pass(
                    connection.id,
                    flows,
                    self.since,
                    &actor(),
                    shared.clock.now(),
                )
                .await?;
            shared.wakeup(connection.id).notify_one();
            passes.insert(connection.name.clone(), pass);
        }
        let ended = follow(&shared, &mut engine, &within_reach, &passes, self.timeout).await;
        engine.end().await;
        let ended = ended?;
        let connections = selected(&shared.store, self.connection.as_deref()).await?;
        let mut summary =
            Summary::read(&shared.store, &connections, &ended, shared.clock.now()).await?;
        // Nobody knows what there was to do for them.
        summary.settled &= left_out.is_empty();
        if self.json {
            output::json(&summary)?;
        } else {
            summary.show();
        }
        for (name, pass) in &ended {
            if let Some(note) = &pass.note {
                output::note(&format!("{name}: {note}"));
            }
        }
        shared.store.clone().close().await?;
        let paused = |connection: &Connection| {
            // An error of our own is no vendor's.
            let ours = |reason: &Reason| reason.cause == supervisor::INTERNAL_ERROR;
            let is_ours = connection.paused.as_ref().is_some_and(ours);
            connection.state == ConnectionState::Paused && !is_ours
        };
        Ok(if !left_out.is_empty() || connections.iter().any(paused) {
            Exit::Vendor
        } else if !summary.settled || summary.has_failures() {
            Exit::Incomplete
        } else {
            Exit::Done
        })
    }
}

/// How often an engine that another process owns is asked for.
const CLAIM_EVERY: Duration = Duration::from_secs(2);

/// The engine of this process, if it is ours.
#[derive(Default)]
struct Engine {
    running: Option<(CancellationToken, JoinHandle<()>)>,
    asked_at: Option<Instant>,
}

impl Engine {
    /// Takes the engine up if nobody has it, or had it and died.
    async fn take_up(&mut self, shared: &Arc<Shared>) -> Result<()> {
        if self
            .running
            .as_ref()
            .is_some_and(|(_, task)| task.is_finished())
        {
            self.running = None;
        }
        let asked = self.asked_at.is_some_and(|at| at.elapsed() < CLAIM_EVERY);
        if self.running.is_some() || asked {
            return Ok(());
        }
        self.asked_at = Some(Instant::now());
        if let Some(lock) = shared.store.claim_engine().await? {
            let stop = CancellationToken::new();
            let running = tokio::spawn(supervisor::run(Arc::clone(shared), lock, stop.clone()));
            self.running = Some((stop, running));
        }
        Ok(())
    }

    fn is_ours(&self) -> bool {
        self.running.is_some()
    }

    async fn end(self) {
        if let Some((stop, running)) = self.running {
            stop.cancel();
            let _ = running.await;
        }
    }
}

/// Parts the connections whose vendors answer from those of which one cannot be reached or refuses the credentials, and
/// says which and why: there is nothing to wait for, and the others do not suffer for it.
async fn by_reach(
    shared: &Shared,
    connections: Vec<Connection>,
) -> Result<(Vec<Connection>, Vec<Connection>)> {
    let is_only = connections.len() == 1;
    let (mut within_reach, mut left_out) = (Vec::new(), Vec::new());
    for connection in connections {
        let findings = doctor::check(shared, &connection, shared.public_url.as_ref())
            .await
            .map_err(check::broken)?;
        let mut is_out = false;
        for finding in findings
            .iter()
            .filter(|finding| finding.unreachable.is_some() || finding.refused)
        {
            is_out = true;
            output::complain(&format!(
                "{}: {}\n  {}",
                finding.connection, finding.saw, finding.advice
            ));
        }
        if is_out && !is_only {
            output::complain(&format!("{}: left out of this run", connection.name));
        }
        let side = if is_out {
            &mut left_out
        } else {
            &mut within_reach
        };
        side.push(connection);
    }
    Ok((within_reach, left_out))
}

/// The flows to run: those asked for, else all that are on.
fn flows(connection: &Connection, asked: &[Flow]) -> Result<Vec<Flow>> {
    let profile: Profile = serde_json::from_value(connection.settings.clone())?;
    let on = profile.flows_on();
    if let Some(off) = asked.iter().find(|flow| !on.contains(flow)) {
        bail!(
            "the flow {off} is off in connection {}: turn it on in its file",
            connection.name
        );
    }
    Ok(if asked.is_empty() {
        on
    } else {
        Profile::with_needed(asked.iter().copied())
    })
}

/// Waits until every pass is finished, showing how far they are; gives up after `timeout`, or when asked to end.
async fn follow(
    shared: &Arc<Shared>,
    engine: &mut Engine,
    connections: &[Connection],
    passes: &BTreeMap<String, PassId>,
    timeout: Duration,
) -> Result<BTreeMap<String, Pass>> {
    let started = Instant::now();
    let bar = progress_bar();
    let mut interrupted = std::pin::pin!(asked_to_end());
    loop {
        let mut ended = BTreeMap::new();
        for (name, id) in passes {
            if let Some(pass) = shared.store.pass(*id).await? {
                ended.insert(name.clone(), pass);
            }
        }
        let open: Vec<PassId> = ended
            .values()
            .filter(|pass| pass.finished_at.is_none())
            .map(|pass| pass.id)
            .collect();
        if open.is_empty() {
            bar.finish_and_clear();
            return Ok(ended);
        }
        let summary = Summary::read(&shared.store, connections, &ended, shared.clock.now()).await?;
        let (done, all) = summary.progress();
        bar.set_length(all);
        bar.set_position(done);
        let give_up = tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => (started.elapsed() >= timeout).then_some("it took too long"),
            () = &mut interrupted => Some("it was interrupted"),
        };
        if let Some(why) = give_up {
            for pass in open {
                shared
                    .store
                    .finish_pass(
                        pass,
                        false,
                        shared.clock.now(),
                        Some(format!("Not settled: {why}.")),
                    )
                    .await?;
            }
        }
        engine.take_up(shared).await?;
    }
}

fn progress_bar() -> ProgressBar {
    if !output::is_watched() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} records  {per_sec}  {eta}");
    let bar = ProgressBar::new(0);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

pub(super) fn duration(text: &str) -> Result<Duration> {
    let span: jiff::SignedDuration = text.parse()?;
    Ok(span.try_into()?)
}
