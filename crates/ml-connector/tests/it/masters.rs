//! What documents refer to: business units, vendors and items arrive once, follow changes, and are left alone otherwise.

use std::sync::Arc;

use sandbox::servicetitan::{Item, ItemKind, Options, Tenant};
use serde_json::json;

use crate::odoo_side::{OdooSide, amount};
use crate::rig::Rig;

const FLOWS: [&str; 3] = ["business-units", "vendors", "items"];
const UNIT: &str = "account.analytic.account";
const PRODUCT: &str = "product.product";

const PRODUCT_FIELDS: [&str; 9] = [
    "name",
    "default_code",
    "type",
    "active",
    "standard_price",
    "list_price",
    "taxes_id",
    "supplier_taxes_id",
    "uom_id",
];

const VENDOR_FIELDS: [&str; 9] = [
    "name",
    "is_company",
    "active",
    "street",
    "city",
    "zip",
    "phone",
    "email",
    "supplier_rank",
];

async fn rig(odoo: OdooSide, vendors: usize, items: usize) -> Rig {
    let now = Arc::new(ml_connector::clock::now);
    let options = Options::new(now)
        .customers(3)
        .vendors_and_items(vendors, items);
    let rig = Rig::with(odoo, options).await;
    rig.turn_on(&FLOWS).await;
    rig
}

fn items(tenant: &Tenant) -> Vec<Item> {
    [ItemKind::Material, ItemKind::Equipment, ItemKind::Service]
        .map(|kind| tenant.items(kind))
        .concat()
}

/// What a person sees of a field of many or of one name, or of an amount.
async fn everything_is_there(rig: &Rig) {
    let tenant = rig.tenant();
    let units = rig
        .odoo
        .records(UNIT, &["name", "code", "active", "plan_id"])
        .await;
    let wanted: Vec<_> = tenant.business_units();
    assert_eq!(
        units.len(),
        wanted.iter().filter(|unit| unit.active).count()
    );
    for unit in wanted.iter().filter(|unit| unit.active) {
        let held = &units[&format!("business_unit_{}", unit.id)];
        assert_eq!(held["name"], json!(unit.name.trim()));
        assert_eq!(held["code"], json!(unit.account_code));
        assert_eq!(held["plan_id"], json!("Business Units"));
    }

    let vendors = rig.odoo.records("res.partner", &VENDOR_FIELDS).await;
    for vendor in tenant.vendors().iter().filter(|vendor| vendor.active) {
        let held = &vendors[&format!("vendor_{}", vendor.id)];
        assert_eq!(held["is_company"], json!(true));
        assert!(held["supplier_rank"].as_i64() >= Some(1), "{held:?}");
        assert_eq!(held["city"], json!(vendor.address.city), "{held:?}");
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            words(held["name"].as_str().expect("a name")),
            words(&vendor.name)
        );
    }

    let products = rig.odoo.records(PRODUCT, &PRODUCT_FIELDS).await;
    let active: Vec<Item> = items(&tenant)
        .into_iter()
        .filter(|item| item.active)
        .collect();
    assert_eq!(products.len(), active.len());
    for item in active {
        let held = &products[&format!("item_{}", item.id)];
        let kind = if item.kind == ItemKind::Service {
            "service"
        } else {
            "consu"
        };
        assert_eq!(held["default_code"], json!(item.code));
        assert_eq!(held["type"], json!(kind));
        assert_eq!(held["taxes_id"], json!([]), "a default tax sneaked in");
        assert_eq!(
            held["supplier_taxes_id"],
            json!([]),
            "a default tax sneaked in"
        );
        assert_eq!(amount(&held["list_price"]), format!("{:.2}", item.price));
    }
}

async fn they_arrive_once_and_follow(odoo: OdooSide, vendors: usize, count: usize) {
    let rig = rig(odoo, vendors, count).await;
    let counts = rig.sync_all().await;
    for flow in FLOWS {
        let failures = rig.run(&["failures"]).await.out;
        assert_eq!(counts[flow]["failed"], json!(0), "{flow}: {failures}");
        assert_ne!(counts[flow]["created"], json!(0), "{flow}: {counts:#}");
    }
    everything_is_there(&rig).await;

    let again = rig.sync_all().await;
    for flow in FLOWS {
        let done = (&again[flow]["created"], &again[flow]["updated"]);
        assert_eq!(done, (&json!(0), &json!(0)), "{flow}: {again:#}");
    }

    let tenant = rig.tenant();
    let unit = tenant
        .business_units()
        .into_iter()
        .find(|unit| unit.active)
        .expect("one");
    let vendor = tenant
        .vendors()
        .into_iter()
        .find(|vendor| vendor.active)
        .expect("one");
    let item = items(&tenant)
        .into_iter()
        .find(|item| item.active)
        .expect("one");
    tenant
        .rename_business_unit(unit.id, "HVAC North")
        .expect("it is there");
    tenant
        .rename_vendor(vendor.id, "Pipe & Co")
        .expect("it is there");
    tenant
        .rename_item(item.id, "Elbow 90")
        .expect("it is there");
    let changed = rig.sync_all().await;
    for flow in FLOWS {
        assert_eq!(changed[flow]["updated"], json!(1), "{flow}: {changed:#}");
    }
    everything_is_there(&rig).await;

    tenant
        .set_business_unit_active(unit.id, false)
        .expect("it is there");
    tenant
        .set_vendor_active(vendor.id, false)
        .expect("it is there");
    tenant.set_item_active(item.id, false).expect("it is there");
    rig.sync_all().await;
    for (model, name) in [
        (UNIT, format!("business_unit_{}", unit.id)),
        ("res.partner", format!("vendor_{}", vendor.id)),
        (PRODUCT, format!("item_{}", item.id)),
    ] {
        let held = rig.odoo.records(model, &["name", "active"]).await;
        assert_eq!(
            held[&name]["active"],
            json!(false),
            "{name}: {:?}",
            held[&name]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_arrive_once_and_follow_in_the_simulator() {
    they_arrive_once_and_follow(OdooSide::simulated().await, 30, 90).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_arrive_once_and_follow_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("masters") else {
        return;
    };
    they_arrive_once_and_follow(odoo, 60, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_sets_on_a_product_stays() {
    let rig = rig(OdooSide::simulated().await, 2, 6).await;
    rig.sync_all().await;
    let (name, id) = rig
        .odoo
        .ids_of(PRODUCT)
        .await
        .into_iter()
        .next()
        .expect("products");
    let item: i64 = name.trim_start_matches("item_").parse().expect("an id");
    let by_hand = json!({"ids": [id], "vals": {"description_sale": "ours", "list_price": 77.0}});
    rig.odoo.call(PRODUCT, "write", by_hand).await;
    let item = items(&rig.tenant())
        .into_iter()
        .find(|i| i.id.0 == item)
        .expect("it is there");
    rig.tenant()
        .rename_item(item.id, "Renamed")
        .expect("it is there");
    rig.sync_all().await;
    let held = rig
        .odoo
        .records(PRODUCT, &["name", "description_sale", "list_price"])
        .await;
    assert_eq!(held[&name]["name"], json!("Renamed"));
    assert_eq!(held[&name]["description_sale"], json!("ours"));
    assert_eq!(amount(&held[&name]["list_price"]), "77.00");
}
