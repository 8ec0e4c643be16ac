//! The crash matrix: for each kind of step, an error before it, a lost reply, a kill, a repeat of what it was told, a
//! second run beside it; in the end Odoo holds what an undisturbed connector leaves there, once.
//!
//! Every cell is the same short story: customers arrive, people change some of them, the changes arrive. The blow falls
//! on the arrival, or for updates on the changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};
use sandbox::fault::{Body, Fault, Rule};
use sandbox::servicetitan::{Address, ContactKind, Tenant};
use serde_json::Value;

use crate::odoo_side::OdooSide;
use crate::rig::Rig;
use crate::watched::Watched;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Observe,
    Plan,
    Create,
    Update,
    Record,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blow {
    ErrorBefore,
    LostReply,
    Kill,
    Repeat,
    DoubleRun,
}

const STEPS: [Step; 5] = [
    Step::Observe,
    Step::Plan,
    Step::Create,
    Step::Update,
    Step::Record,
];
const BLOWS: [Blow; 5] = [
    Blow::ErrorBefore,
    Blow::LostReply,
    Blow::Kill,
    Blow::Repeat,
    Blow::DoubleRun,
];

/// Cells at work at a time: most of them wait.
const CELLS_AT_ONCE: usize = 4;

/// Longer than the store waits for another writer before it gives up.
const STORE_BLOCKED: Duration = Duration::from_secs(33);

const CUSTOMERS: usize = 24;

impl Step {
    /// The boundary just before, or in the middle of it.
    const fn boundary(self) -> &'static str {
        match self {
            Self::Observe => "observe: fetched",
            Self::Plan => "plan: planned",
            Self::Create => "apply: creating",
            Self::Update => "apply: updating",
            Self::Record => "record: committing",
        }
    }

    /// Requests of this step: to which vendor, and which path.
    fn rule(self, fault: Fault) -> Rule {
        Rule::new(fault).path_contains(match self {
            Self::Observe => "/export/",
            Self::Plan => "/res.country/search_read",
            Self::Create | Self::Update | Self::Record => "/res.partner/load",
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_a_step_odoo_ends_up_the_same() {
    let calm = rig().await;
    calm.sync().await;
    people_work(&calm.tenant());
    calm.sync().await;
    let expected = calm.odoo.simulator().content();

    let cells = STEPS
        .into_iter()
        .flat_map(|step| BLOWS.map(|blow| (step, blow)));
    let results: Vec<_> = stream::iter(cells)
        .map(|(step, blow)| {
            let expected = expected.clone();
            // A task of its own, so that a cell that fails does not keep the others from being told.
            let cell = tokio::spawn(async move {
                let started = Instant::now();
                struck(step, blow, &expected).await;
                started.elapsed()
            });
            async move { (step, blow, cell.await) }
        })
        .buffered(CELLS_AT_ONCE)
        .collect()
        .await;

    let mut table = format!("{:<10}", "");
    for blow in BLOWS {
        write!(table, "{:>16}", format!("{blow:?}")).expect("a string");
    }
    for (place, (step, _, result)) in results.iter().enumerate() {
        if place.is_multiple_of(BLOWS.len()) {
            write!(table, "\n{:<10}", format!("{step:?}")).expect("a string");
        }
        let cell = match result {
            Ok(took) => format!("same ({:.1} s)", took.as_secs_f64()),
            Err(_) => "DIFFERENT".to_owned(),
        };
        write!(table, "{cell:>16}").expect("a string");
    }
    say(&table);
    assert!(
        results.iter().all(|(_, _, result)| result.is_ok()),
        "{table}"
    );
}

async fn rig() -> Rig {
    // Slow enough that something can happen while a call is under way.
    let odoo = OdooSide::simulated_with(|options| options.work_per_row = Duration::from_millis(5));
    Rig::new(odoo.await, CUSTOMERS).await
}

/// One cell.
async fn struck(step: Step, blow: Blow, expected: &BTreeMap<String, Value>) {
    let rig = rig().await;
    if step == Step::Update {
        rig.sync().await;
        people_work(&rig.tenant());
        strike(&rig, step, blow).await;
    } else {
        strike(&rig, step, blow).await;
        rig.sync().await;
        people_work(&rig.tenant());
    }
    let counts = rig.sync().await;
    assert_eq!(counts["failed"], 0, "{step:?} {blow:?}: {counts}");
    let content = rig.odoo.simulator().content();
    for (name, partner) in expected {
        assert_eq!(
            content.get(name),
            Some(partner),
            "{step:?} {blow:?}: {name}"
        );
    }
    assert_eq!(content.len(), expected.len(), "{step:?} {blow:?}");
    assert_eq!(
        rig.odoo.made_by_connector().await,
        rig.odoo.ids().await.len(),
        "{step:?} {blow:?}"
    );
}

/// Runs the connector and lets the blow fall on the step.
async fn strike(rig: &Rig, step: Step, blow: Blow) {
    match (blow, step) {
        (Blow::ErrorBefore, Step::Record) => while_the_store_is_blocked(rig).await,
        // Nothing answers a commit but the commit itself: it is done, and whoever did it does not live to know.
        (Blow::LostReply, Step::Record) => kill_at(rig, "record: committed").await,
        (Blow::ErrorBefore, Step::Observe) => {
            // An error that the client does not repeat by itself.
            let html = Fault::Reject {
                status: 200,
                body: Body::Html,
            };
            under(rig, step, html, 3).await;
        }
        // More than a client repeats by itself.
        (Blow::ErrorBefore, _) => under(rig, step, Fault::Reset, 5).await,
        (Blow::LostReply, Step::Observe) => under(rig, step, Fault::LoseReply, 3).await,
        (Blow::LostReply, _) => under(rig, step, Fault::LoseReply, 5).await,
        (Blow::Kill, _) => kill_at(rig, step.boundary()).await,
        (Blow::Repeat, Step::Observe) => {
            rig.titan.switch(|switches| {
                switches.feed_repeats = 1_000;
                switches.feed_out_of_order = true;
            });
            rig.sync().await;
        }
        // The same partners are created once more, by somebody who does not know of the first time.
        (Blow::Repeat, Step::Create) => {
            rig.sync().await;
            rig.twin().await.sync().await;
        }
        // Everything is made due again while it is under way.
        (Blow::Repeat, _) => {
            let replay = async { drop(rig.run_to(0, &["replay", "--all"]).await) };
            beside(rig, step, replay).await;
        }
        (Blow::DoubleRun, Step::Create | Step::Update) => {
            let twin = rig.twin().await;
            beside(rig, step, async { drop(twin.sync().await) }).await;
        }
        (Blow::DoubleRun, _) => beside(rig, step, async { drop(rig.sync().await) }).await,
    }
}

/// A run during which the step's requests meet a fault, `times` times.
async fn under(rig: &Rig, step: Step, fault: Fault, times: u64) {
    let plan = match step {
        Step::Observe => rig.titan.faults(),
        _ => rig.odoo.simulator().faults(),
    };
    let rule = plan.add(step.rule(fault).times(times));
    rig.sync().await;
    assert_eq!(plan.fired(rule), times, "the run ended before all faults");
    plan.remove(rule);
}

async fn kill_at(rig: &Rig, boundary: &str) {
    let mut watched = Watched::start(rig, &["sync"]);
    assert!(watched.reach(boundary, 1).await, "never came to {boundary}");
    watched.kill().await;
}

/// A run beside which something else goes on from the moment that the step is reached.
async fn beside(rig: &Rig, step: Step, other: impl Future<Output = ()>) {
    let mut watched = Watched::start(rig, &["sync"]);
    let boundary = step.boundary();
    assert!(watched.reach(boundary, 1).await, "never came to {boundary}");
    let ((), ran) = tokio::join!(other, watched.end());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

/// A run whose outcomes cannot be committed, since another program writes to the database file for too long.
async fn while_the_store_is_blocked(rig: &Rig) {
    let mut watched = Watched::start(rig, &["sync"]);
    assert!(
        watched.reach("apply: creating", 1).await,
        "nothing was sent"
    );
    let intruder = rusqlite::Connection::open(rig.path("connector.db")).expect("the file");
    intruder.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    assert!(watched.reach("record: committing", 1).await, "no answer");
    tokio::time::sleep(STORE_BLOCKED).await;
    intruder.execute_batch("ROLLBACK").expect("a lock to give");
    let ran = watched.end().await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.err.contains("own database fails"),
        "the commit did not fail:\n{}",
        ran.err
    );
}

/// Names, addresses, contacts, a deactivation and a merge.
fn people_work(tenant: &Tenant) {
    let customers: Vec<_> = tenant
        .customers()
        .into_iter()
        .filter(|customer| customer.active)
        .collect();
    let address = Address {
        street: "1 Matrix Way".to_owned(),
        unit: None,
        city: "Boulder".to_owned(),
        state: "CO".to_owned(),
        zip: "80301".to_owned(),
        country: "USA".to_owned(),
        latitude: None,
        longitude: None,
    };
    let all_done = [
        tenant.rename_customer(customers[0].id, "Renamed"),
        tenant.change_address(customers[1].id, address.clone()),
        tenant
            .add_contact(
                customers[2].id,
                ContactKind::Phone,
                "3035550100",
                Some("Desk"),
            )
            .map(drop),
        tenant
            .add_location(customers[3].id, "Annex", address)
            .map(drop),
        tenant.deactivate(customers[4].id),
        tenant.merge(customers[5].id, customers[6].id),
        tenant.change_balance(customers[7].id, 4_200),
    ];
    assert!(all_done.iter().all(Result::is_ok), "{all_done:?}");
}

#[expect(clippy::print_stderr, reason = "the matrix is for people")]
fn say(text: &str) {
    eprintln!("{text}");
}
