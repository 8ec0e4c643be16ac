//! Crash matrices: a story is told many times over, each time something else befalls it, and Odoo ends up as it does where
//! nothing happens. A cell is a call and what befalls it (an error before it, a lost reply, its delivery twice), or a kill after so
//! many steps, or a second run, or a second connector, beside the first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Instant;

use futures::{StreamExt as _, stream};
use sandbox::fault::{Fault, Rule};
use sandbox::servicetitan::Tenant;
use serde_json::Value;

use crate::odoo_side::OdooSide;
use crate::rig::Rig;
use crate::watched::Watched;

/// Stories told at a time: most of them wait.
const AT_ONCE: usize = 4;

/// More than a client repeats by itself.
const TIMES: u64 = 5;

/// What stands in Odoo, by our names, without Odoo's ids, and without what it says of this day.
pub(crate) type Shapes = BTreeMap<String, Value>;

/// A story that is told many times over.
pub(crate) trait Story: Copy + Send + Sync + 'static {
    /// Before anything arrived.
    fn rig(self, odoo: OdooSide) -> impl Future<Output = Rig> + Send;
    /// A second connector between the same two, about to bring the same.
    fn twin(self, rig: &Rig) -> impl Future<Output = Rig> + Send;
    /// What people do once everything arrived.
    fn people_work(self, tenant: &Tenant);
    /// What stands in Odoo when that arrived too, found to be there once.
    fn end(self, rig: &Rig) -> impl Future<Output = Shapes> + Send;
}

/// A flow, what it calls, and how many calls of the kind go before its own.
pub(crate) type FlowCall = (&'static str, &'static str, u64);

/// What befalls a cell.
#[derive(Clone, Debug)]
pub(crate) enum Blow {
    /// A flow's calls of one kind meet a fault.
    Call(&'static str, &'static str, u64, Fault),
    /// The first load is killed after so many steps in Odoo's direction.
    KillLoad(usize),
    /// The pass after people worked is.
    KillChange(usize),
    /// A second run of the same connector beside the first load.
    DoubleRun,
    /// A second connector, which knows nothing of the first, after it.
    Twin,
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(flow, path, _, fault) => write!(f, "{flow}: {fault:?} {path}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// One cell.
pub(crate) async fn struck(story: impl Story, odoo: OdooSide, blow: Blow, expected: Arc<Shapes>) {
    let rig = story.rig(odoo).await;
    let mut set = None;
    match &blow {
        Blow::Call(_, path, after, fault) => {
            let faults = rig.odoo.simulator().faults();
            let rule = Rule::new(fault.clone()).path_contains(path);
            set = Some(faults.add(rule.after(*after).times(TIMES)));
            rig.sync_all().await;
        }
        Blow::KillLoad(after) => {
            kill(&rig, *after).await;
            rig.sync_all().await;
        }
        Blow::KillChange(_) => drop(rig.sync_all().await),
        Blow::DoubleRun => {
            let mut watched = Watched::start(&rig, &["sync"]);
            assert!(watched.reach("apply: creating", 1).await, "nothing arrives");
            let (_, ran) = tokio::join!(rig.sync_all(), watched.end());
            assert_eq!(ran.code, Some(0), "{}", ran.err);
        }
        Blow::Twin => {
            rig.sync_all().await;
            story.twin(&rig).await.sync_all().await;
        }
    }
    story.people_work(&rig.tenant());
    if let Blow::KillChange(after) = blow {
        kill(&rig, after).await;
    }
    let shapes = story.end(&rig).await;
    assert_same(&shapes, &expected, &blow);
    if let Some(rule) = set {
        let fired = rig.odoo.simulator().faults().fired(rule);
        assert!(fired > 0, "{blow:?}: it was not called");
    }
}

fn assert_same(shapes: &Shapes, expected: &Shapes, blow: &Blow) {
    let names: BTreeSet<&String> = shapes.keys().chain(expected.keys()).collect();
    let mut different = String::new();
    for name in names {
        let (found, wanted) = (shapes.get(name), expected.get(name));
        if found != wanted {
            writeln!(
                different,
                "{name}\n  found:  {found:?}\n  wanted: {wanted:?}"
            )
            .expect("a string");
        }
    }
    assert!(different.is_empty(), "{blow:?}\n{different}");
}

/// Kills a pass when it has come so many steps in Odoo's direction, or at its end.
async fn kill(rig: &Rig, after: usize) {
    Watched::start(rig, &["sync"]).kill_after(after).await;
}

/// How the story ends where nothing happens.
pub(crate) async fn undisturbed(story: impl Story, odoo: OdooSide) -> Shapes {
    let rig = story.rig(odoo).await;
    rig.sync_all().await;
    story.people_work(&rig.tenant());
    story.end(&rig).await
}

/// Each call with each fault, kills of both passes at every seventh of so many steps, a second run, a second connector.
pub(crate) fn blows(calls: &[FlowCall], loads: usize, changes: usize) -> Vec<Blow> {
    let faults = || [Fault::Reset, Fault::LoseReply, Fault::Twice];
    let calls = calls.iter().flat_map(|(flow, path, after)| {
        faults().map(|fault| Blow::Call(flow, path, *after, fault))
    });
    let loads = (1..loads).step_by(7).map(Blow::KillLoad);
    let changes = (1..changes).step_by(7).map(Blow::KillChange);
    let others = [Blow::DoubleRun, Blow::Twin];
    calls.chain(loads).chain(changes).chain(others).collect()
}

/// Tells the story with each of these, in the simulator.
pub(crate) async fn tell(story: impl Story, blows: Vec<Blow>, expected: Shapes) {
    let expected = Arc::new(expected);
    let told: Vec<_> = stream::iter(blows)
        .map(|blow| {
            let expected = Arc::clone(&expected);
            let case = blow.to_string();
            // A task of its own, so that a cell that fails does not keep the others from being told.
            let cell = tokio::spawn(async move {
                let started = Instant::now();
                struck(story, OdooSide::simulated().await, blow, expected).await;
                started.elapsed()
            });
            async move { (case, cell.await) }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut table = String::new();
    for (case, result) in &told {
        let cell = match result {
            Ok(took) => format!("same ({:.1} s)", took.as_secs_f64()),
            Err(_) => "DIFFERENT".to_owned(),
        };
        writeln!(table, "{cell:<14} {case}").expect("a string");
    }
    say(&table);
    assert!(told.iter().all(|(_, result)| result.is_ok()), "{table}");
}

#[expect(clippy::print_stderr, reason = "the matrix is for people")]
fn say(text: &str) {
    eprintln!("{text}");
}
