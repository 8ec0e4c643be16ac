//! An Odoo that keeps two decimal places of a price: `check` says what that means, and documents are equal all the same.

use serde_json::{Value, json};

use crate::bills::{MOVE, rig};
use crate::odoo_side::{OdooSide, amount};
use crate::rig::Rig;

/// What `check` says of prices; nothing where it does not look.
async fn said(rig: &Rig) -> Option<Value> {
    let ran = rig.run_to(0, &["check", "acme", "--json"]).await;
    let found: Vec<Value> = serde_json::from_str(&ran.out).expect("a list");
    let is_of_prices = |finding: &Value| finding["check"] == "odoo price precision";
    found.into_iter().find(is_of_prices)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odoo_that_keeps_two_places_of_a_price_is_told_of_and_comes_to_the_same_totals() {
    let odoo = OdooSide::simulated_with(|options| options.price_digits = Some(2)).await;
    let rig = rig(odoo, 30).await;
    let said = said(&rig).await.expect("a finding");
    assert_eq!(said["status"], "warning", "{said}");
    assert!(
        said["saw"]
            .as_str()
            .is_some_and(|saw| saw.contains("2 decimal places"))
    );
    let advice = said["advice"].as_str().expect("a text");
    for word in ["Rounding", "Decimal Accuracy", "Product Price"] {
        assert!(advice.contains(word), "{advice}");
    }

    rig.sync_all().await;
    let approve = ["replay", "--approve", "--cause", "match-differs"];
    rig.run_to(0, &approve).await;
    rig.sync_all().await;
    let held = rig.odoo.records(MOVE, &["state", "amount_total"]).await;
    let bills = rig.tenant().bills().into_iter();
    let mut count = 0;
    for bill in bills.filter(|bill| bill.active && bill.order_id.is_some()) {
        let Some(shown) = held.get(&format!("bill_{}", bill.id)) else {
            assert!(bill.lines.is_empty(), "{bill:?}");
            continue;
        };
        count += 1;
        assert_eq!(shown["state"], json!("posted"), "{shown:?}");
        assert_eq!(
            amount(&shown["amount_total"]),
            format!("{:.2}", bill.total())
        );
    }
    assert!(count > 10, "{count} bills");
}

async fn an_odoo_that_keeps_prices_as_they_come_is_well(odoo: OdooSide) {
    let rig = Rig::new(odoo, 1).await;
    assert_eq!(said(&rig).await, None, "customers have no prices");
    rig.turn_on(&["purchase-orders"]).await;
    let said = said(&rig).await.expect("a finding");
    assert_eq!(said["status"], "ok", "{said}");
    assert_eq!(said["saw"], "unit prices are kept as they come");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odoo_that_keeps_prices_as_they_come_is_well_in_the_simulator() {
    an_odoo_that_keeps_prices_as_they_come_is_well(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odoo_that_keeps_prices_as_they_come_is_well_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("prices") {
        an_odoo_that_keeps_prices_as_they_come_is_well(odoo).await;
    }
}
