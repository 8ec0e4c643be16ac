//! A first load while a vendor misbehaves: each fault by itself, then all of them at random. Odoo ends up as it would
//! have without, nothing fails, no record is charged with a try for an outage, and a vendor that is down is left alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};
use sandbox::fault::{Fault, Plan, Rule};
use sandbox::servicetitan::{Options, Sandbox};
use serde_json::Value;

use crate::expected::assert_holds;
use crate::odoo_side::OdooSide;
use crate::rig::Rig;

const CUSTOMERS: usize = 300;

/// How often everything strikes at most, of each kind.
const STRIKES_OF_A_KIND: u64 = 6;

/// Loads at work at a time: most of them wait.
const LOADS_AT_ONCE: usize = 3;

/// How long an outage lasts.
const STORM: Duration = Duration::from_secs(6);

/// Requests that a vendor may get during a [`STORM`]: a few attempts of each call under way, then ever longer pauses.
const STRIKES_MAX: usize = 45;

/// One way in which a vendor misbehaves.
struct Trouble {
    name: &'static str,
    vendor: Vendor,
    arm: Arm,
    /// Whether it is an outage, during which nothing but an occasional knock is acceptable.
    is_outage: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vendor {
    ServiceTitan,
    Odoo,
    Both,
}

enum Arm {
    /// Rules of the vendor's faults.
    Rules(fn() -> Vec<Rule>),
    /// Odoo finds that many writes in conflict with somebody else's.
    Contend(u64),
    /// Odoo does its work, keeps the answers, and goes down with them.
    HeldThenCut,
    /// ServiceTitan says nothing for a while, then answers.
    HeldThenAnswered,
}

/// All requests fail for a while, from the first one whose path contains `trigger` until another one does: so it never
/// ends between a call that failed and the question whether the vendor is well.
fn storm(fault: Fault, trigger: &'static str) -> Rule {
    let begun = OnceLock::<Instant>::new();
    let over = OnceLock::<()>::new();
    Rule::new(fault).matching(move |call| {
        let triggers = call.path.contains(trigger);
        if begun.get().is_none() && !triggers {
            return false;
        }
        if begun.get_or_init(Instant::now).elapsed() >= STORM && triggers {
            over.get_or_init(|| ());
        }
        over.get().is_none()
    })
}

fn load(fault: Fault) -> Rule {
    Rule::new(fault).path("/json/2/res.partner/load")
}

fn export(fault: Fault) -> Rule {
    Rule::new(fault).path_contains("/export/")
}

const fn slow() -> Fault {
    Fault::Slow { delay_ms: 300 }
}

const fn rate_limited(retry_after_s: Option<u64>) -> Fault {
    Fault::RateLimited { retry_after_s }
}

fn troubles() -> Vec<Trouble> {
    use Vendor::{Both, Odoo, ServiceTitan};
    const LOAD: &str = "/res.partner/load";
    const EXPORT: &str = "/export/";
    let single = |name, vendor, rules| Trouble {
        name,
        vendor,
        arm: Arm::Rules(rules),
        is_outage: false,
    };
    let outage = |name, vendor, rules| Trouble {
        name,
        vendor,
        arm: Arm::Rules(rules),
        is_outage: true,
    };
    let other = |name, vendor, arm| Trouble {
        name,
        vendor,
        arm,
        is_outage: false,
    };
    vec![
        single("lost replies", Odoo, || {
            vec![load(Fault::LoseReply).every(2).times(4)]
        }),
        single("resets", Odoo, || {
            vec![load(Fault::Reset).every(2).times(4)]
        }),
        single("slow answers", Odoo, || vec![load(slow())]),
        other("swallowed conflicts", Odoo, Arm::Contend(6)),
        other("held, then cut", Odoo, Arm::HeldThenCut),
        outage("429", Odoo, || vec![storm(rate_limited(None), LOAD)]),
        outage("429, Retry-After", Odoo, || {
            vec![storm(rate_limited(Some(1)), LOAD)]
        }),
        outage("500", Odoo, || vec![storm(Fault::ServerError, LOAD)]),
        outage("502, HTML", Odoo, || {
            vec![storm(Fault::HtmlBadGateway, LOAD)]
        }),
        outage("resets of all", Odoo, || vec![storm(Fault::Reset, LOAD)]),
        single("lost replies", ServiceTitan, || {
            vec![export(Fault::LoseReply).every(2).times(4)]
        }),
        single("resets", ServiceTitan, || {
            vec![export(Fault::Reset).every(2).times(4)]
        }),
        single("slow answers", ServiceTitan, || vec![export(slow())]),
        other("held, then answered", ServiceTitan, Arm::HeldThenAnswered),
        outage("429", ServiceTitan, || {
            vec![storm(rate_limited(None), EXPORT)]
        }),
        outage("429, Retry-After", ServiceTitan, || {
            vec![storm(rate_limited(Some(1)), EXPORT)]
        }),
        outage("500", ServiceTitan, || {
            vec![storm(Fault::ServerError, EXPORT)]
        }),
        outage("502, HTML", ServiceTitan, || {
            vec![storm(Fault::HtmlBadGateway, EXPORT)]
        }),
        outage("resets of all", ServiceTitan, || {
            vec![storm(Fault::Reset, EXPORT)]
        }),
        single("everything", Both, everything),
    ]
}

/// Every fault with some probability, a few times; a request meets at most one. Not before the first page or batch: a vendor that
/// cannot be reached at the very start ends `sync` at once.
fn everything() -> Vec<Rule> {
    let faults = [
        Fault::LoseReply,
        Fault::Reset,
        slow(),
        rate_limited(None),
        rate_limited(Some(1)),
        Fault::ServerError,
        Fault::HtmlBadGateway,
    ];
    let begun = Arc::new(OnceLock::<()>::new());
    let rule = |fault| {
        let begun = Arc::clone(&begun);
        let concerns = move |call: &sandbox::fault::Call<'_>| {
            if ["/export/", "/load"]
                .iter()
                .any(|start| call.path.contains(start))
            {
                begun.get_or_init(|| ());
            }
            begun.get().is_some()
        };
        let rule = Rule::new(fault).matching(concerns);
        rule.with_probability(0.07).times(STRIKES_OF_A_KIND)
    };
    faults.into_iter().map(rule).collect()
}

/// What a load cost the vendors.
struct Cost {
    struck: usize,
    calls: (u64, u64),
    charged: usize,
    took: Duration,
}

/// One load under one trouble.
async fn troubled(trouble: &Trouble, expected: &BTreeMap<String, Value>) -> Cost {
    let rig = slow_rig().await;
    if trouble.vendor == Vendor::Both {
        in_small_pages(&rig.titan);
    }
    let (titan, odoo) = (rig.titan.faults(), rig.odoo.simulator().faults());
    rig.titan.reset_calls();
    rig.odoo.simulator().reset_calls();
    let started = Instant::now();
    let counts = match &trouble.arm {
        Arm::Rules(rules) => {
            let plans: &[&Plan] = match trouble.vendor {
                Vendor::ServiceTitan => &[titan],
                Vendor::Odoo => &[odoo],
                Vendor::Both => &[titan, odoo],
            };
            for plan in plans {
                for rule in rules() {
                    plan.add(rule);
                }
            }
            rig.sync().await
        }
        Arm::Contend(times) => {
            rig.odoo.simulator().contend(*times);
            rig.sync().await
        }
        Arm::HeldThenCut => {
            let held = odoo.add(load(Fault::HoldReply).after(1).times(2));
            let cut = async {
                odoo.wait_fired(held, 2).await;
                rig.odoo.simulator().go_down().await;
                odoo.release(held);
                tokio::time::sleep(Duration::from_secs(2)).await;
                rig.odoo
                    .simulator()
                    .come_up()
                    .await
                    .expect("its port is free");
            };
            tokio::join!(rig.sync(), cut).0
        }
        Arm::HeldThenAnswered => {
            let held = titan.add(export(Fault::Hold).times(3));
            let answer = async {
                titan.wait_fired(held, 3).await;
                tokio::time::sleep(Duration::from_secs(2)).await;
                titan.release(held);
            };
            tokio::join!(rig.sync(), answer).0
        }
    };
    let took = started.elapsed();
    let name = trouble.name;
    assert_eq!(counts["failed"], 0, "{name}: {counts}");
    let content = rig.odoo.simulator().content();
    for (id, partner) in expected {
        assert_eq!(content.get(id), Some(partner), "{name}: {id}");
    }
    assert_eq!(content.len(), expected.len(), "{name}");
    let struck = match trouble.arm {
        Arm::Contend(_) => {
            let load = rig.odoo.simulator().called("res.partner", "load");
            usize::try_from(load.refused).expect("few")
        }
        _ => titan.log().len() + odoo.log().len(),
    };
    assert!(struck > 0, "{name}: nothing was struck");
    if trouble.is_outage {
        assert!(struck <= STRIKES_MAX, "{name}: hammered {struck} times");
    }
    Cost {
        struck,
        calls: calls(&rig),
        charged: charged(&rig).await,
        took,
    }
}

/// Calls that reached ServiceTitan's records and Odoo's methods.
fn calls(rig: &Rig) -> (u64, u64) {
    let odoo = rig.odoo.simulator().calls();
    (
        rig.titan.calls().by_path.values().sum(),
        odoo.values().map(|called| called.calls).sum(),
    )
}

/// How many tries were charged to records.
async fn charged(rig: &Rig) -> usize {
    let entries = rig
        .json(&["audit", "show", "--json", "--limit", "10000"])
        .await;
    let entries = entries.as_array().expect("entries");
    let retried = |entry: &&Value| {
        entry["action"]
            .as_str()
            .is_some_and(|action| action.starts_with("pending") && action != "pending: in-doubt")
    };
    entries.iter().filter(retried).count()
}

/// Odoo takes its time for a row, so that a load is more than a few calls.
async fn slow_rig() -> Rig {
    let odoo = OdooSide::simulated_with(|options| options.work_per_row = Duration::from_millis(8));
    Rig::new(odoo.await, CUSTOMERS).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_fault_of_a_vendor_changes_what_arrives() {
    let calm = slow_rig().await;
    calm.titan.reset_calls();
    calm.odoo.simulator().reset_calls();
    calm.sync().await;
    assert_holds(&calm.partners().await, &calm.tenant());
    let expected = Arc::new(calm.odoo.simulator().content());
    let (titan_calm, odoo_calm) = calls(&calm);

    let results: Vec<_> = stream::iter(troubles())
        .map(|trouble| {
            let expected = Arc::clone(&expected);
            let label = format!("{:?}: {}", trouble.vendor, trouble.name);
            // A task of its own, so that a load that fails does not keep the others from being told.
            let cost = tokio::spawn(async move { troubled(&trouble, &expected).await });
            async move { (label, cost.await) }
        })
        .buffered(LOADS_AT_ONCE)
        .collect()
        .await;

    let mut table = format!("calm: {titan_calm} calls to ServiceTitan, {odoo_calm} to Odoo\n");
    for (label, result) in &results {
        match result {
            Ok(cost) => writeln!(
                table,
                "{label:<36} struck {:>3}  answered {:>3} + {:>3}  charged {}  {:>5.1} s",
                cost.struck,
                cost.calls.0,
                cost.calls.1,
                cost.charged,
                cost.took.as_secs_f64()
            ),
            Err(_) => writeln!(table, "{label:<36} FAILED"),
        }
        .expect("a string");
    }
    say(&table);
    for (label, result) in &results {
        let cost = result
            .as_ref()
            .unwrap_or_else(|_| panic!("{label}\n{table}"));
        // Who goes alone and is struck while Odoo answers others is charged, and tried again.
        let charged_max = if label.starts_with("Both") {
            cost.struck
        } else {
            0
        };
        assert!(
            cost.charged <= charged_max,
            "{label} charged records\n{table}"
        );
        let (titan, odoo) = cost.calls;
        // In small pages the same feeds take more calls.
        let pages = if label.starts_with("Both") { 6 } else { 2 };
        let struck = u64::try_from(cost.struck).expect("few");
        assert!(
            titan <= pages * titan_calm + struck && odoo <= 2 * odoo_calm + 4 * struck,
            "{label} asked too often\n{table}"
        );
    }
}

/// One changed customer goes alone: an outage must not be held against it, a call that is cut while Odoo is well must.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_alone_is_charged_only_when_odoo_is_well() {
    let rig = Rig::new(OdooSide::simulated().await, 20).await;
    rig.sync().await;
    let customer = rig.tenant().customers()[0].id;
    let odoo = rig.odoo.simulator().faults();

    let rename = |name| {
        rig.tenant()
            .rename_customer(customer, name)
            .expect("it is there");
    };
    rename("Renamed in an outage");
    odoo.add(storm(Fault::Reset, "/res.partner/load"));
    let counts = rig.sync().await;
    assert_eq!(
        (&counts["failed"], &counts["updated"]),
        (&0.into(), &1.into())
    );
    assert!(!odoo.log().is_empty(), "there was no outage");
    assert_eq!(charged(&rig).await, 0, "charged for an outage");

    odoo.clear();
    rename("Renamed and cut off");
    odoo.add(load(Fault::LoseReply).times(2));
    let counts = rig.sync().await;
    assert_eq!(
        (&counts["failed"], &counts["updated"]),
        (&0.into(), &1.into())
    );
    assert_eq!(charged(&rig).await, 2);
    assert_holds(&rig.partners().await, &rig.tenant());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_servicetitan_in_trouble_changes_nothing_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("chaos") else {
        return;
    };
    let options = Options::new(Arc::new(ml_connector::clock::now)).customers(200);
    let rig = Rig::with(odoo, options).await;
    in_small_pages(&rig.titan);
    for rule in everything() {
        rig.titan.faults().add(rule);
    }
    let counts = rig.sync().await;
    assert_eq!(counts["failed"], 0, "{counts}");
    assert!(!rig.titan.faults().log().is_empty(), "nothing was struck");
    let partners = rig.partners().await;
    assert_holds(&partners, &rig.tenant());
    assert_eq!(rig.odoo.made_by_connector().await, partners.len());
}

/// A feed in small, repeated, shuffled pages, so that many pages meet a fault.
fn in_small_pages(titan: &Sandbox) {
    titan.switch(|switches| {
        switches.feed_page_size = 40;
        switches.feed_repeats = 15;
        switches.feed_out_of_order = true;
    });
}

#[expect(clippy::print_stderr, reason = "what each fault cost is for people")]
fn say(text: &str) {
    eprintln!("{text}");
}
