//! The order of arrival: a bill before its order, an order before its vendor, a receipt before its order, a credit before
//! its bill, an item last. Whatever ServiceTitan shows first, and in whatever order flows are turned on, Odoo ends up the
//! same, with the same matches.
//!
//! Each row of ServiceTitan is withheld until a pass that is drawn for it; the seed of the draw stands in the log.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use sandbox::servicetitan::{ItemKind, Kind, Mix, Tenant};

use crate::odoo_side::OdooSide;
use crate::purchasing::{self, FLOWS, Papers, matching};
use crate::receipts;
use crate::rig::Rig;
use crate::standing::{self, Standing, assert_same, assert_single};

/// Orders of a story that is told many times over: some of each kind.
const FEW: usize = 36;

/// Every flow is turned on before a pass of its own.
const PASSES: usize = FLOWS.len() + 1;

/// What a story ends with.
struct End {
    standing: Standing,
    matches: matching::Matches,
}

async fn rig(odoo: OdooSide) -> Rig {
    purchasing::company(odoo, |options| {
        let options = options.customers(12).mix(Mix::plain());
        options.vendors_and_items(12, 60).orders(FEW)
    })
    .await
}

/// How it ends; every bill is matched as it should be.
async fn end(rig: &Rig) -> End {
    let tenant = rig.tenant();
    let matches = Papers::of(&tenant).matches(&tenant);
    let drafts = purchasing::differing(&matches);
    let counts = rig.sync_all().await;
    purchasing::assert_settled(rig, &counts, &drafts).await;
    assert_single(rig).await;
    receipts::assert_equal(rig, &[]).await;
    receipts::assert_moved_once(rig, &[]).await;
    assert_eq!(matching::kept(rig, matches.keys()).await, matches);
    End {
        standing: standing::standing(rig).await,
        matches,
    }
}

async fn plain(odoo: OdooSide) -> End {
    let rig = rig(odoo).await;
    purchasing::turn_all_on(&rig).await;
    rig.sync_all().await;
    end(&rig).await
}

/// Everything that a document refers to, and the documents.
fn rows(tenant: &Tenant) -> Vec<(Kind, i64)> {
    let items = [
        (ItemKind::Material, Kind::Material),
        (ItemKind::Equipment, Kind::Equipment),
        (ItemKind::Service, Kind::Service),
    ];
    let items = items.into_iter().flat_map(|(items, kind)| {
        let items = tenant.items(items).into_iter();
        items.map(move |item| (kind, item.id.0))
    });
    let orders = tenant.purchase_orders();
    let jobs = orders.iter().filter_map(|order| order.job_id);
    let jobs = jobs.map(|job| (Kind::Job, job.0));
    let units = tenant.business_units().into_iter();
    let vendors = tenant.vendors().into_iter();
    let customers = tenant.customers().into_iter();
    let receipts = tenant.receipts().into_iter();
    let bills = tenant.bills().into_iter();
    let returns = tenant.returns().into_iter();
    units
        .map(|row| (Kind::BusinessUnit, row.id.0))
        .chain(jobs)
        .chain(items)
        .chain(vendors.map(|row| (Kind::Vendor, row.id.0)))
        .chain(customers.map(|row| (Kind::Customer, row.id.0)))
        .chain(orders.iter().map(|row| (Kind::PurchaseOrder, row.id.0)))
        .chain(receipts.map(|row| (Kind::Receipt, row.id.0)))
        .chain(bills.map(|row| (Kind::InventoryBill, row.id.0)))
        .chain(returns.map(|row| (Kind::Return, row.id.0)))
        .collect()
}

async fn shuffled(odoo: OdooSide, seed: u64) -> End {
    let rig = rig(odoo).await;
    let tenant = rig.tenant();
    let mut rng = StdRng::seed_from_u64(seed);
    let mut flows: Vec<Option<&str>> = FLOWS.into_iter().map(Some).collect();
    // Receipts, which are turned on in a way of their own.
    flows.push(None);
    flows.shuffle(&mut rng);
    let mut waves: BTreeMap<usize, Vec<(Kind, i64)>> = BTreeMap::new();
    for row in rows(&tenant) {
        let wave = rng.random_range(0..PASSES);
        waves.entry(wave).or_default().push(row);
        tenant.withhold(row.0, row.1).expect("it is there");
    }
    let mut waited = 0;
    for (pass, flow) in flows.into_iter().enumerate() {
        let mut rows = waves.remove(&pass).unwrap_or_default();
        rows.shuffle(&mut rng);
        for (kind, id) in rows {
            tenant.show(kind, id).expect("it is there");
        }
        match flow {
            Some(flow) => rig.turn_on(&[flow]).await,
            None => receipts::turn_receipts_on(&rig).await,
        }
        let counts = rig.sync_all().await;
        let counts = counts.as_object().expect("flows").values();
        waited += counts
            .filter_map(|count| count["waiting"].as_u64())
            .sum::<u64>();
    }
    assert!(waves.is_empty(), "all is shown");
    let end = end(&rig).await;
    assert!(waited > 20, "{waited} waited: what was needed was there");
    end
}

#[expect(clippy::print_stderr, reason = "a seed belongs into the log of a run")]
fn tell(seed: u64) {
    eprintln!("seed {seed}");
}

/// Tells the story with each of these seeds, in Odoos of its own.
async fn whatever_comes_first(odoo: impl AsyncFn(&str) -> OdooSide, seeds: &[u64]) {
    let wanted = plain(odoo("arrival").await).await;
    assert!(wanted.matches.values().any(|found| found != matching::OK));
    for seed in seeds {
        tell(*seed);
        let odoo = odoo(&format!("arrival_{seed}")).await;
        let held = shuffled(odoo, *seed).await;
        assert_eq!(held.matches, wanted.matches, "seed {seed}");
        assert_same(&held.standing, &wanted.standing, &format!("seed {seed}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_first_odoo_ends_up_the_same_in_the_simulator() {
    let odoo = async |_: &str| OdooSide::simulated().await;
    whatever_comes_first(odoo, &[1, 2, 3]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_first_odoo_ends_up_the_same_in_a_real_odoo() {
    if OdooSide::real("arrival_probe").is_some() {
        let odoo = async |name: &str| OdooSide::real(name).expect("it is running");
        whatever_comes_first(odoo, &[5]).await;
    }
}
