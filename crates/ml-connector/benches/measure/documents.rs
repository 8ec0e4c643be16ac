//! Purchase orders and vendor bills into a real Odoo, end to end, against the floor; then an unchanged second pass.
//!
//! Vendors, items, units, jobs and what Odoo needs besides are there before the clock starts: one pass brings them, and
//! each side of each round begins with a copy of that database, the connector with a copy of its store as well. Then
//! ServiceTitan gets its orders, and in the second half receives all of them, which makes their bills.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use sandbox::servicetitan::{
    Decimal, ItemKind, JobId, Mix, NewOrder, NewReceipt, Options, SkuId, Tenant,
};
use serde_json::json;

use crate::odoo_side::OdooSide;
use crate::paper_floor::{Kind, PRESSES, Pace, Papers};
use crate::process::{self, Run};
use crate::rig::Rig;
use crate::tap::{self, Call, Tap};

const VENDORS: usize = 40;
const ITEMS: usize = 150;
const JOBS: usize = 40;
const LINES: usize = 3;

/// A half of the measurement.
struct Half {
    /// What it brings.
    flow: &'static str,
    floor: Kind,
    /// The state of what binds.
    bound: (&'static str, &'static str),
}

const ORDERS: Half = Half {
    flow: "purchase-orders",
    floor: Kind {
        model: "purchase.order",
        button: "button_confirm",
    },
    bound: ("state", "purchase"),
};

const BILLS: Half = Half {
    flow: "bills",
    floor: Kind {
        model: "account.move",
        button: "action_post",
    },
    bound: ("state", "posted"),
};

/// One round: both sides, one right after the other.
struct Round {
    ours: Run,
    calls: Vec<Call>,
    floor: (Duration, Duration),
    floor_calls: Vec<Call>,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.ours.wall.as_secs_f64() / (self.floor.0 + self.floor.1).as_secs_f64()
    }
}

pub(crate) async fn measure(documents: usize, rounds: usize) {
    let Some(mut side) = OdooSide::real("papers") else {
        println!("documents: no real Odoo (eval \"$(scripts/odoo env)\")");
        return;
    };
    let tap = Tap::before(&side.url(), side.database()).await;
    side.serve_at(tap.url());
    let options = Options::new(Arc::new(ml_connector::clock::now))
        .customers(20)
        .vendors_and_items(VENDORS, ITEMS)
        .mix(Mix::plain());
    let rig = Rig::with(side, options).await;
    rig.keep_servicetitans_accounts().await;
    let tenant = rig.tenant();
    let jobs = jobs(&tenant);
    let masters = ["business-units", "vendors", "items", "jobs"];
    rig.turn_on(&masters).await;
    rig.turn_on(&[ORDERS.flow, BILLS.flow]).await;
    rig.sync_all().await;
    println!(
        "{documents} purchase orders with {LINES} lines, then their bills; medians of {rounds} rounds"
    );

    let orders = order(&tenant, documents, &jobs);
    let with_orders = half(&rig, &tap, &ORDERS, rig.odoo.database(), documents, rounds).await;
    for (n, order) in orders.into_iter().enumerate() {
        let receipt = NewReceipt::rest(&format!("INV-{n}"));
        tenant.receive(order, receipt).expect("goods are to come");
    }
    let with_bills = half(
        &rig,
        &tap,
        &BILLS,
        with_orders.database(),
        documents,
        rounds,
    )
    .await;

    tap.take();
    let again = process::run(rig.command(&["sync", "--json"])).await;
    let calls = tap.take();
    let reading = ["search_read", "read", "fields_get", "has_access"];
    let reading = [
        &reading[..],
        &["context_get", "check_object_reference", "has_group"],
    ]
    .concat();
    let writes = calls
        .iter()
        .find(|call| !reading.contains(&call.method.as_str()));
    assert!(
        writes.is_none(),
        "an unchanged pass called {} of {}",
        writes.map_or("", |call| &call.method),
        with_bills.database()
    );
    println!(
        "unchanged pass over both   {:>8.2} s wall, {:.2} s of processor, {} calls of Odoo, no write",
        again.wall.as_secs_f64(),
        again.cpu.as_secs_f64(),
        calls.len()
    );
}

/// Some jobs at seeded customers.
fn jobs(tenant: &Tenant) -> Vec<JobId> {
    let customers = tenant.customers();
    let customers = customers.iter().cycle().take(JOBS);
    let book = |id| tenant.book_job(id).expect("it is booked");
    customers.map(|customer| book(customer.id)).collect()
}

/// As many orders, sent to their vendors: over all of them, over goods and units, every other one for a job.
fn order(
    tenant: &Tenant,
    documents: usize,
    jobs: &[JobId],
) -> Vec<sandbox::servicetitan::PurchaseOrderId> {
    let vendors = tenant.vendors();
    let vendors: Vec<_> = vendors.iter().filter(|vendor| vendor.active).collect();
    let units = tenant.business_units();
    let units: Vec<_> = units.iter().filter(|unit| unit.active).collect();
    let goods = [ItemKind::Material, ItemKind::Equipment].map(|kind| tenant.items(kind));
    let goods = goods.iter().flatten().filter(|item| item.active);
    let skus: Vec<SkuId> = goods.map(|item| item.id).collect();
    let made = |n: usize| {
        let new = NewOrder::new(vendors[n % vendors.len()].id, units[n % units.len()].id);
        let mut new = (0..LINES).fold(new, |new, line| {
            let sku = skus[(n * LINES + line) % skus.len()];
            let cents = 125 + i64::try_from(n * 37 + line * 11).expect("few") % 9_000;
            new.line(sku, Decimal::from(1 + line), Decimal::new(cents, 2))
        });
        if n.is_multiple_of(2) {
            new = new.job(jobs[n / 2 % jobs.len()]);
        }
        let order = tenant.create_order(new).expect("it is made");
        tenant.send_order(order).expect("it is pending");
        order
    };
    (0..documents).map(made).collect()
}

/// Several rounds of one half, each side from a copy of the database `from`. Gives the last one that the connector filled;
/// the tap leads there, and the store is the one that goes with it.
async fn half(
    rig: &Rig,
    tap: &Tap,
    half: &Half,
    from: &str,
    documents: usize,
    rounds: usize,
) -> OdooSide {
    let copy = |side: &str, round: usize| {
        // Odoo keeps a connection or two to what it served last.
        rig.odoo.sql(&format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{from}' and pid <> pg_backend_pid()"
        ));
        let name = format!("{side}_{}_{round}", half.floor.model.replace('.', "_"));
        OdooSide::real_from(Some(from), &name).expect("the first one was there")
    };
    keep_store(rig);
    let (mut papers, mut done, mut last) = (None, Vec::new(), None);
    for round in 0..rounds {
        let (ours, theirs) = (copy("ours", round), copy("floor", round));
        give_store_back(rig);
        // The first round shows the floor what to send; after it, they take turns in going first.
        let mut first = None;
        if let Some(papers) = &papers
            && round % 2 == 1
        {
            first = Some(floor(tap, half, papers, &theirs).await);
        }
        let (run, calls) = connector(rig, tap, half, &ours, documents).await;
        if papers.is_none() {
            let made = Papers::made_by(&calls, half.floor);
            assert_eq!(made.len(), documents);
            let best = best_presses(tap, half, &made, |n| copy("trial", n)).await;
            papers = Some((made, best));
        }
        let papers = papers.as_ref().expect("it was just made");
        let (floor, floor_calls) = match first {
            Some(first) => first,
            None => floor(tap, half, papers, &theirs).await,
        };
        assert_eq!(bound(half, &theirs).await, documents);
        let one = Round {
            ours: run,
            calls,
            floor,
            floor_calls,
        };
        println!(
            "  {} round {round}: {:.1} s / {:.1} s = {:.2}",
            half.flow,
            one.ours.wall.as_secs_f64(),
            (one.floor.0 + one.floor.1).as_secs_f64(),
            one.ratio()
        );
        done.push(one);
        tap.lead_to(ours.database());
        last = Some(ours);
    }
    done.sort_by(|one, other| one.ratio().total_cmp(&other.ratio()));
    show(half, &done[done.len() / 2]);
    last.expect("one round at least")
}

/// How the floor presses the button best, tried on copies.
async fn best_presses(
    tap: &Tap,
    half: &Half,
    papers: &Papers,
    copy: impl Fn(usize) -> OdooSide,
) -> Pace {
    let mut tried = Vec::new();
    for (n, pace) in PRESSES.into_iter().enumerate() {
        let odoo = copy(n);
        tap.lead_to(odoo.database());
        warm(&odoo, half).await;
        let (_, pressed) = papers.send(&odoo, tap, pace).await;
        println!(
            "  {} of {} at a time over {}: {:.1} s",
            half.floor.button,
            pace.documents,
            pace.connections,
            pressed.as_secs_f64()
        );
        tried.push((pressed, pace));
    }
    let best = tried.into_iter().min_by_key(|(pressed, _)| *pressed);
    best.expect("some were tried").1
}

async fn connector(
    rig: &Rig,
    tap: &Tap,
    half: &Half,
    odoo: &OdooSide,
    documents: usize,
) -> (Run, Vec<Call>) {
    tap.lead_to(odoo.database());
    warm(odoo, half).await;
    tap.take();
    let run = process::run(rig.command(&["sync", "--json"])).await;
    let calls = tap.take();
    let counts = &run.summary["connections"]["acme"]["flows"][half.flow];
    assert_eq!(counts["created"], json!(documents), "{:#}", run.summary);
    assert_eq!(bound(half, odoo).await, documents);
    (run, calls)
}

async fn floor(
    tap: &Tap,
    half: &Half,
    (papers, presses): &(Papers, Pace),
    odoo: &OdooSide,
) -> ((Duration, Duration), Vec<Call>) {
    tap.lead_to(odoo.database());
    warm(odoo, half).await;
    tap.take();
    let took = papers.send(odoo, tap, *presses).await;
    (took, tap.take())
}

/// Makes a database known to both workers.
async fn warm(odoo: &OdooSide, half: &Half) {
    for _ in 0..3 {
        futures::future::join(bound(half, odoo), bound(half, odoo)).await;
    }
}

/// How many documents bind.
async fn bound(half: &Half, odoo: &OdooSide) -> usize {
    let (field, value) = half.bound;
    let domain = json!({"domain": [[field, "=", value]]});
    let count = odoo.call(half.floor.model, "search_count", domain).await;
    usize::try_from(count.as_u64().expect("a count")).expect("few")
}

/// The files of the connector's database.
const STORE: [&str; 3] = ["connector.db", "connector.db-wal", "connector.db-shm"];

fn keep_store(rig: &Rig) {
    for file in STORE {
        let _ = fs::remove_file(rig.path(&format!("kept-{file}")));
        if rig.path(file).exists() {
            fs::copy(rig.path(file), rig.path(&format!("kept-{file}"))).expect("it is kept");
        }
    }
}

fn give_store_back(rig: &Rig) {
    for file in STORE {
        let _ = fs::remove_file(rig.path(file));
        let kept = rig.path(&format!("kept-{file}"));
        if kept.exists() {
            fs::copy(kept, rig.path(file)).expect("it is given back");
        }
    }
}

fn show(half: &Half, round: &Round) {
    let (loaded, pressed) = round.floor;
    println!("{}, the round of the median ratio", half.flow);
    println!(
        "  floor (bare client)      {:>8.1} s   load {:.1} s, {} {:.1} s",
        (loaded + pressed).as_secs_f64(),
        loaded.as_secs_f64(),
        half.floor.button,
        pressed.as_secs_f64()
    );
    show_calls(&round.floor_calls);
    println!(
        "  ml-connector sync        {:>8.1} s   {:.1} s of processor, at most {:.0} MB",
        round.ours.wall.as_secs_f64(),
        round.ours.cpu.as_secs_f64(),
        round.ours.memory_max_mb
    );
    show_calls(&round.calls);
    println!("  ratio                    {:>8.2}", round.ratio());
}

fn show_calls(calls: &[Call]) {
    for (name, (count, sizes, time)) in tap::by_method(calls) {
        println!(
            "    {count:>4} x {name:<50} {:>6.2} s  {sizes:?}",
            time.as_secs_f64()
        );
    }
    let (one, two) = tap::busy(calls);
    println!(
        "    {} calls; one under way {:.1} s, two {:.1} s",
        calls.len(),
        one.as_secs_f64(),
        two.as_secs_f64()
    );
}
