//! `kill -9` at random moments of a load, restarted each time, while people go on working in ServiceTitan: what stands
//! in Odoo at the end is exactly what an undisturbed connector leaves behind.
//!
//! A kill falls a random few milliseconds after the connector reached a step that was drawn, always after the first
//! write to Odoo; where it fell is what the process had told last. The step to wait for is drawn among the kinds that
//! were struck least, so every kind is struck. The seed is printed; `ML_CONNECTOR_TEST_SEED` sets it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use sandbox::servicetitan::{Options, RateShape};
use serde_json::Value;

use crate::expected::assert_holds;
use crate::history::History;
use crate::odoo_side::{OdooSide, Partners};
use crate::rig::Rig;
use crate::watched::Watched;

/// Where a kill may be aimed at: a step, and the most times that it may go by before.
const AIMS: [(&str, &str, usize); 10] = [
    ("observe", "observe: fetched", 4),
    ("observe", "observe: committed", 4),
    ("plan", "plan: read", 1),
    ("plan", "plan: planned", 1),
    ("apply", "apply: creating", 2),
    ("apply", "apply: created", 2),
    ("apply", "apply: updating", 2),
    ("apply", "apply: updated", 2),
    ("record", "record: committing", 2),
    ("record", "record: committed", 2),
];

const KINDS: [&str; 4] = ["observe", "plan", "apply", "record"];

/// Where kills fell.
#[derive(Default)]
struct Falls {
    table: String,
    of_kind: BTreeMap<String, usize>,
    all: usize,
}

impl Falls {
    fn of(&self, kind: &str) -> usize {
        self.of_kind.get(kind).copied().unwrap_or_default()
    }

    /// Every kind was struck, and the kills were as many as wanted.
    fn suffice(&self, kills: usize) -> bool {
        self.all >= kills && KINDS.iter().all(|kind| self.of(kind) > 0)
    }

    fn note(&mut self, aim: &str, n: usize, delay_ms: u64, last: &str, partners: usize) {
        self.all += 1;
        let kind = last.split(':').next().unwrap_or_default().to_owned();
        *self.of_kind.entry(kind).or_default() += 1;
        let aim = format!("{n} x {aim}");
        writeln!(
            self.table,
            "{:>4}  {aim:<24} +{delay_ms:>2} ms  fell after {last:<20} {partners:>6} partners in Odoo",
            self.all
        )
        .expect("a string takes everything");
    }
}

async fn killed_and_restarted(rig: &Rig, calm: &Rig, kills: usize, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut history = History::default();
    let mut falls = Falls::default();
    let mut idle = 0;
    while !falls.suffice(kills) {
        assert!(
            falls.all < 2 * kills && idle < kills,
            "some kind is never struck:\n{}",
            falls.table
        );
        // A restart goes on with what is due before it observes again, so kills of observing come when that is done.
        let first = falls.all == 0;
        let loading = 2 * falls.all < kills;
        let kinds = KINDS.iter().filter(|kind| !loading || **kind != "observe");
        let least = kinds
            .clone()
            .map(|kind| falls.of(kind))
            .min()
            .unwrap_or_default();
        let kinds: Vec<&str> = kinds
            .copied()
            .filter(|kind| falls.of(kind) == least)
            .collect();
        let kind = *kinds.choose(&mut rng).expect("one has the least");
        // Nothing is updated before everything is there.
        let aims: Vec<_> = AIMS
            .iter()
            .filter(|aim| aim.0 == kind && !(loading && aim.1.contains("updat")))
            .collect();
        let (_, aim, most) = **aims.choose(&mut rng).expect("each kind has its steps");
        let n = rng.random_range(1..=most);
        let delay_ms = if rng.random_bool(0.4) {
            0
        } else {
            rng.random_range(1..=25)
        };

        let mut watched = Watched::start(rig, &["sync", "--json"]);
        if first {
            assert!(
                watched.reach("apply: created", 1).await,
                "nothing was written"
            );
        }
        if watched.reach(aim, n).await {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            let last = watched.kill().await.expect("it told a step");
            let partners = rig.odoo.made_by_connector().await;
            assert!(partners > 0 || first, "killed before the first write");
            falls.note(aim, n, delay_ms, &last, partners);
        } else {
            // It had nothing more to do: more work is coming.
            idle += 1;
        }
        let arrived: BTreeSet<String> = rig.odoo.ids().await.into_keys().collect();
        history.go_on(&rig.tenant(), &arrived, &mut rng);
    }

    let table = format!(
        "{} kills with seed {seed}\n{}{:?}",
        falls.all, falls.table, falls.of_kind
    );
    same_as_undisturbed(rig, calm, &history, &table).await;
}

/// What stands in Odoo in the end is what a connector leaves that saw the same history undisturbed.
async fn same_as_undisturbed(rig: &Rig, calm: &Rig, history: &History, table: &str) {
    let counts = rig.sync().await;
    say(&format!(
        "{table}\n{} acts of people in between\n{counts}",
        history.len()
    ));
    assert_eq!(counts["failed"], 0, "{counts}");

    calm.sync().await;
    history.repeat(&calm.tenant());
    calm.sync().await;
    let (disturbed, undisturbed) = (rig.partners().await, calm.partners().await);
    let mut differences = String::new();
    for (name, difference) in different(&disturbed, &undisturbed) {
        let customer = customer_of(&name, &undisturbed);
        writeln!(
            differences,
            "{difference}\n{}disturbed:\n{}\ncalm:\n{}",
            history.of(&customer),
            trail(rig, &customer).await,
            trail(calm, &customer).await
        )
        .expect("a string takes everything");
    }
    assert!(differences.is_empty(), "{differences}");
    assert_eq!(disturbed.len(), undisturbed.len());
    assert_holds(&disturbed, &rig.tenant());
    assert_eq!(
        rig.odoo.made_by_connector().await,
        disturbed.len(),
        "partners without an external id, or twice"
    );
}

/// Every partner that is not as it should be: its name, and what it is beside what it should be.
fn different(disturbed: &Partners, undisturbed: &Partners) -> Vec<(String, String)> {
    undisturbed
        .iter()
        .filter(|(name, calm)| disturbed.get(*name).map(settled) != Some(settled(calm)))
        .map(|(name, calm)| {
            let found = disturbed.get(name);
            let told = format!("{name}\n  calm:      {calm:?}\n  disturbed: {found:?}");
            (name.clone(), told)
        })
        .collect()
}

/// What does not depend on what was seen in between: Odoo hands a customer's address and term down to who is active
/// then, and one that is archived keeps what it had last.
fn settled(partner: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    const ADDRESS: [&str; 6] = ["street", "street2", "city", "zip", "state_id", "country_id"];
    let mut settled = partner.clone();
    if partner["active"] == false && partner["parent_id"] != false {
        let is_contact = partner["type"] == "contact";
        settled.retain(|field, _| {
            let handed_down = field == "property_payment_term_id"
                || (is_contact && ADDRESS.contains(&field.as_str()));
            !handed_down
        });
    }
    settled
}

/// The id of the customer that a partner is, or belongs to.
fn customer_of(name: &str, partners: &Partners) -> String {
    let parent = partners[name]["parent_id"].as_str().unwrap_or(name);
    parent.rsplit('_').next().unwrap_or_default().to_owned()
}

/// What a connector did to a customer.
async fn trail(rig: &Rig, customer: &str) -> String {
    let command = ["audit", "show", "customers", customer, "--json"];
    let entries = rig.json(&command).await;
    let entries = entries.as_array().expect("entries").iter();
    let lines = entries.map(|entry| {
        let (at, action, detail) = (&entry["at"], &entry["action"], &entry["detail"]);
        format!("  {at} {action} {detail}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn story(odoo: [OdooSide; 2], customers: usize, kills: usize) {
    let seed = std::env::var("ML_CONNECTOR_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(|| ml_connector::clock::now().as_millisecond().unsigned_abs());
    say(&format!("ML_CONNECTOR_TEST_SEED={seed}"));
    // Its pace is tested elsewhere.
    let options = Options::new(Arc::new(ml_connector::clock::now))
        .customers(customers)
        .rate(RateShape::SixHundredPerTenSeconds);
    let [odoo, calm] = odoo;
    let rig = Rig::with(odoo, options.clone()).await;
    let calm = Rig::with(calm, options).await;
    killed_and_restarted(&rig, &calm, kills, seed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_kills_leave_what_none_leaves_in_the_simulator() {
    // As slow as a real one, so that there is something to interrupt.
    let slow =
        || OdooSide::simulated_with(|options| options.work_per_row = Duration::from_millis(4));
    story([slow().await, slow().await], 200, 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_leave_what_none_leaves_in_a_real_odoo() {
    let (Some(odoo), Some(calm)) = (OdooSide::real("kills"), OdooSide::real("kills_calm")) else {
        return;
    };
    story([odoo, calm], 2_000, 20).await;
}

#[expect(clippy::print_stderr, reason = "where the kills fell is for people")]
fn say(text: &str) {
    eprintln!("{text}");
}
