//! Mappings: what an operator says is looked up, taken up, and goes before what would be found by itself.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use sandbox::servicetitan::{
    BusinessUnitId, CustomerId, ItemKind, Mix, Options, PaymentTermId, PlaceId,
};
use serde_json::{Value, json};

use crate::odoo_side::OdooSide;
use crate::rig::{Rig, until};

const UNIT: &str = "account.analytic.account";
const ORDER: &str = "purchase.order";
const LINE: &str = "purchase.order.line";

/// ServiceTitan's "Net 45 (fleet)", which no Odoo has under that name.
const FLEET: PaymentTermId = PaymentTermId(4);

async fn rig(odoo: OdooSide, orders: usize) -> Rig {
    let options = Options::new(Arc::new(ml_connector::clock::now))
        .customers(3)
        .mix(Mix::plain())
        .vendors_and_items(6, 20)
        .orders(orders);
    let rig = Rig::with(odoo, options).await;
    if orders > 0 {
        rig.turn_on(&["purchase-orders"]).await;
    }
    for customer in rig.tenant().customers() {
        let set = rig.tenant().set_payment_term(customer.id, Some(FLEET));
        set.expect("it is there");
    }
    rig
}

fn customer(rig: &Rig) -> CustomerId {
    rig.tenant().customers()[0].id
}

/// Makes a record in Odoo as a person would.
async fn made(rig: &Rig, model: &str, values: Value) -> i64 {
    let made = rig
        .odoo
        .call(model, "create", json!({"vals_list": [values]}));
    let made = made.await;
    let id = made.as_array().map_or(&made, |ids| &ids[0]);
    id.as_i64().expect("an id")
}

/// A field of some records, in the order of their ids.
async fn read(rig: &Rig, model: &str, id: i64, fields: &[&str]) -> Value {
    let arguments = json!({
        "domain": [["id", "=", id]], "fields": fields, "context": {"active_test": false},
    });
    rig.odoo.call(model, "search_read", arguments).await[0].clone()
}

async fn term_of(rig: &Rig) -> Value {
    let name = format!("customer_{}", customer(rig));
    rig.partners().await[&name]["property_payment_term_id"].clone()
}

/// The accounts that the lines of a unit's orders name, each once, without those of jobs.
async fn accounts_of(rig: &Rig, unit: BusinessUnitId) -> BTreeSet<String> {
    let ids = rig.odoo.ids_of(UNIT).await.into_iter();
    let jobs: BTreeSet<String> = ids
        .filter(|(name, _)| name.starts_with("job_"))
        .map(|(_, id)| id.to_string())
        .collect();
    let lines = rig.odoo.records(LINE, &["analytic_distribution"]).await;
    let mut accounts = BTreeSet::new();
    for order in rig.tenant().purchase_orders() {
        let prefix = format!("purchase_order_line_{}_", order.id);
        let of_order = lines.iter().filter(|(name, _)| name.starts_with(&prefix));
        for (_, line) in of_order.filter(|_| order.business_unit_id == unit) {
            let named = line["analytic_distribution"].as_object().expect("one");
            let named = named.keys().flat_map(|accounts| accounts.split(','));
            accounts.extend(named.map(str::to_owned));
        }
    }
    &accounts - &jobs
}

/// The unit of most orders, and a place that goods of some orders go to.
fn unit_and_place(rig: &Rig) -> (BusinessUnitId, PlaceId) {
    let orders = rig.tenant().purchase_orders();
    let sent = orders
        .iter()
        .find(|order| order.status != sandbox::servicetitan::OrderStatus::Canceled);
    let sent = sent.expect("an order");
    (sent.business_unit_id, sent.place_id)
}

async fn what_is_mapped_goes_before_what_is_found(odoo: OdooSide, orders: usize) {
    let rig = rig(odoo, orders).await;
    let (unit, place) = unit_and_place(&rig);
    let plan = made(&rig, "account.analytic.plan", json!({"name": "Trades"})).await;
    let heating = json!({"name": "Heating", "code": "H", "plan_id": plan});
    let heating = made(&rig, UNIT, heating).await;
    let fields = [
        "warehouse_id",
        "default_location_src_id",
        "default_location_dest_id",
    ];
    let first = json!({"domain": [["code", "=", "incoming"]], "fields": fields, "limit": 1});
    let first = rig
        .odoo
        .call("stock.picking.type", "search_read", first)
        .await[0]
        .clone();
    let mut yard = json!({"name": "Yard receipts", "code": "incoming", "sequence_code": "YIN"});
    for field in fields {
        yard[field] = first[field][0].clone();
    }
    let yard = made(&rig, "stock.picking.type", yard).await;
    let before = read(
        &rig,
        UNIT,
        heating,
        &["name", "code", "active", "write_date"],
    )
    .await;

    let (unit_key, place_key) = (unit.to_string(), place.to_string());
    rig.run_to(
        0,
        &["mapping", "set", "business-unit", &unit_key, "heating"],
    )
    .await;
    let yard_word = format!("id:{yard}");
    rig.run_to(0, &["mapping", "set", "warehouse", &place_key, &yard_word])
        .await;
    let counts = rig.sync_all().await;
    let failures = rig.run(&["failures"]).await.out;
    assert_eq!(counts["purchase-orders"]["failed"], json!(0), "{failures}");
    let account = heating.to_string();
    assert_eq!(accounts_of(&rig, unit).await, BTreeSet::from([account]));
    let own = format!("business_unit_{unit}");
    assert!(!rig.odoo.ids_of(UNIT).await.contains_key(&own));
    let ids = rig.odoo.ids_of(ORDER).await;
    for order in rig.tenant().purchase_orders() {
        if let Some(id) = ids.get(&format!("purchase_order_{}", order.id)) {
            let held = read(&rig, ORDER, *id, &["picking_type_id"]).await;
            let is_yard = held["picking_type_id"][0] == json!(yard);
            assert_eq!(is_yard, order.place_id == place, "{held}");
        }
    }

    // What the unit is called and whether it is active is nothing to somebody's account.
    let tenant = rig.tenant();
    tenant.rename_business_unit(unit, "Renamed").expect("there");
    tenant.set_business_unit_active(unit, false).expect("there");
    rig.sync_all().await;
    let fields = ["name", "code", "active", "write_date"];
    assert_eq!(read(&rig, UNIT, heating, &fields).await, before);
    let again = rig.sync_all().await;
    assert_eq!(again["business-units"]["updated"], json!(0), "{again:#}");

    // Without its mapping it gets an account of its own, and its orders follow.
    rig.run_to(0, &["mapping", "remove", "business-unit", &unit_key])
        .await;
    rig.sync_all().await;
    let own = rig.odoo.ids_of(UNIT).await[&own];
    assert_eq!(
        accounts_of(&rig, unit).await,
        BTreeSet::from([own.to_string()])
    );
    assert_eq!(
        read(&rig, UNIT, own, &["active"]).await["active"],
        json!(false)
    );
    assert_eq!(read(&rig, UNIT, heating, &fields).await, before);

    a_payment_term_is_mapped(&rig).await;
}

/// What warned of a missing term is planned again when the term is mapped.
async fn a_payment_term_is_mapped(rig: &Rig) {
    assert_eq!(term_of(rig).await, json!(false));
    assert_eq!(rig.status().await["warnings"], json!(3));
    let missing = [
        "mapping",
        "list",
        "--missing",
        "--kind",
        "payment-term",
        "--json",
    ];
    let told = rig.run_to(1, &missing).await.out;
    let told: Value = serde_json::from_str(&told).expect("JSON");
    let fleet = told
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["key"] == json!("4"));
    assert_eq!(
        fleet.expect("it is missing")["command"],
        json!("ml-connector mapping set payment-term 4 NAME")
    );
    rig.run_to(
        0,
        &[
            "mapping",
            "set",
            "payment-term",
            "Net 45 (fleet)",
            "45 days",
        ],
    )
    .await;
    rig.sync_all().await;
    assert_eq!(term_of(rig).await, json!("45 Days"));
    assert_eq!(rig.status().await["warnings"], json!(0));

    let trail = rig
        .run_to(0, &["audit", "show", "mapping", "payment-term", "4"])
        .await
        .out;
    assert!(
        trail.contains("mapping.set") && trail.contains("cli:"),
        "{trail}"
    );
    rig.run_to(0, &["audit", "verify"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_mapped_goes_before_what_is_found_in_the_simulator() {
    what_is_mapped_goes_before_what_is_found(OdooSide::simulated().await, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_mapped_goes_before_what_is_found_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("mapping") else {
        return;
    };
    what_is_mapped_goes_before_what_is_found(odoo, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_service_takes_a_mapping_up() {
    let rig = rig(OdooSide::simulated().await, 0).await;
    let serving = rig.serve().await;
    until("the customers are there", async || {
        (rig.status().await["synced"] == json!(3)).then_some(())
    })
    .await;
    assert_eq!(term_of(&rig).await, json!(false));
    rig.run_to(0, &["mapping", "set", "payment-term", "4", "45 Days"])
        .await;
    until("the term is mapped", async || {
        (term_of(&rig).await == json!("45 Days")).then_some(())
    })
    .await;
    assert_eq!(serving.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_or_ambiguous_is_refused() {
    let rig = rig(OdooSide::simulated().await, 0).await;
    let account = json!({"name": "Fuel", "code": "6400", "account_type": "expense"});
    let first = made(&rig, "account.account", account).await;
    let account = json!({"name": "fuel", "code": first.to_string(), "account_type": "expense"});
    made(&rig, "account.account", account).await;
    let refused: [(&[&str], &str); 6] = [
        (
            &["gl-account", "5000", "4711"],
            "Odoo has no account with the code, id or name \"4711\"",
        ),
        (
            &["gl-account", "5000", "Fuel"],
            "may be several accounts in Odoo",
        ),
        (
            &["gl-account", "5000", &first.to_string()],
            "write id: and the number of one",
        ),
        (
            &["business-unit", "99", "Fuel"],
            "Odoo has no analytic account with the code, id or name \"Fuel\"",
        ),
        (
            &["payment-term", "99", "45 Days"],
            "ServiceTitan has no payment term with the id or name \"99\"",
        ),
        (&["tax", "1", "2"], "is not a kind of mapping"),
    ];
    for (arguments, why) in refused {
        let arguments = [&["mapping", "set"], arguments].concat();
        let ran = rig.run_to(2, &arguments).await;
        assert!(ran.err.contains(why), "{arguments:?}: {}", ran.err);
        assert!(ran.out.is_empty(), "{}", ran.out);
    }
    let ran = rig
        .run_to(2, &["mapping", "remove", "gl-account", "5000"])
        .await;
    assert!(ran.err.contains("is not mapped"), "{}", ran.err);
    assert_eq!(rig.json(&["mapping", "list", "--json"]).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_goes_out_and_comes_back_whole_or_not_at_all() {
    let rig = rig(OdooSide::simulated().await, 0).await;
    let header = "kind,key,label,target_code_or_name,target_id\n";
    let write =
        |text: &str| fs::write(rig.path("in.csv"), format!("{header}{text}")).expect("a file");
    let import = ["mapping", "import", "in.csv"];

    write(
        "gl-account,5100,,5000,\ngl-account,5200,,7777,\npayment-term,4,,45 Days,999\ngl-account,5100,,6000,\n",
    );
    let ran = rig.run_to(2, &import).await;
    for told in [
        "line 3, target_code_or_name: Odoo has no account",
        "line 4, target_id: Odoo has no payment term 999",
        "line 5, key: stands in line 2 already",
    ] {
        assert!(ran.err.contains(told), "{}", ran.err);
    }
    assert_eq!(rig.json(&["mapping", "list", "--json"]).await, json!([]));

    write(
        "gl-account,5100,,5000,\ngl-account,Shop Supplies,,Expenses,\npayment-term,Net 45 (fleet),,45 days,\n",
    );
    rig.run_to(0, &import).await;
    let listed = rig.json(&["mapping", "list", "--json"]).await;
    let shown: Vec<Vec<&Value>> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            vec![
                &one["kind"],
                &one["key"],
                &one["label"],
                &one["target"]["name"],
            ]
        })
        .collect();
    assert_eq!(
        json!(shown),
        json!([
            [
                "gl-account",
                "5100",
                "COGS - Equipment",
                "Cost of Goods Sold"
            ],
            ["gl-account", "shop supplies", "Shop Supplies", "Expenses"],
            ["payment-term", "4", "Net 45 (fleet)", "45 Days"],
        ])
    );

    rig.run_to(0, &["mapping", "export", "out.csv"]).await;
    let out = fs::read_to_string(rig.path("out.csv")).expect("a file");
    assert!(
        out.contains("\ngl-account,5100,COGS - Equipment,5000,"),
        "{out}"
    );
    let printed = rig.run_to(0, &["mapping", "export"]).await.out;
    assert_eq!(printed, out);
    rig.run_to(2, &["mapping", "export", "out.csv"]).await;

    for (kind, key) in [
        ("gl-account", "5100"),
        ("gl-account", "shop supplies"),
        ("payment-term", "4"),
    ] {
        rig.run_to(0, &["mapping", "remove", kind, key]).await;
    }
    rig.run_to(0, &["mapping", "import", "out.csv"]).await;
    let timeless = |list: &Value| -> Vec<Value> {
        let list = list.as_array().expect("a list").iter();
        list.map(|one| json!([one["kind"], one["key"], one["label"], one["target"]]))
            .collect()
    };
    let again = rig.json(&["mapping", "list", "--json"]).await;
    assert_eq!(timeless(&again), timeless(&listed));
    let ran = rig.run_to(0, &["mapping", "import", "out.csv"]).await;
    assert!(ran.out.contains("nothing has changed"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suggestion_is_applied_only_when_it_is_exact_or_asked_for() {
    let rig = rig(OdooSide::simulated().await, 0).await;
    let account = json!({"name": "shop  supplies", "code": "6500", "account_type": "expense"});
    let supplies = made(&rig, "account.account", account).await;
    let account = json!({"name": "Freight", "code": "520000", "account_type": "expense"});
    let freight = made(&rig, "account.account", account).await;

    let found = rig
        .json(&["mapping", "suggest", "--kind", "gl-account", "--json"])
        .await;
    let of = |key: &str| {
        let mut found = found.as_array().expect("a list").iter();
        let one = found
            .find(|one| one["key"] == json!(key))
            .expect("suggested");
        (
            one["why"].clone(),
            one["exact"].clone(),
            one["target"]["id"].clone(),
        )
    };
    assert_eq!(of("5000").0, json!("same number"));
    assert_eq!(
        of("shop supplies"),
        (json!("same name"), json!(true), json!(supplies))
    );
    assert_eq!(
        of("5200"),
        (
            json!("same number but for zeros"),
            json!(false),
            json!(freight)
        )
    );
    let mapped = async || {
        let listed = rig
            .json(&["mapping", "list", "--kind", "gl-account", "--json"])
            .await;
        let listed = listed.as_array().expect("a list").iter();
        listed
            .map(|one| one["key"].as_str().expect("a key").to_owned())
            .collect::<Vec<_>>()
    };
    rig.run_to(0, &["mapping", "suggest", "--kind", "gl-account"])
        .await;
    assert!(mapped().await.is_empty(), "nothing is applied unasked");
    rig.run_to(
        0,
        &["mapping", "suggest", "--kind", "gl-account", "--apply"],
    )
    .await;
    let exact = mapped().await;
    assert!(
        exact.contains(&"5000".to_owned()) && !exact.contains(&"5200".to_owned()),
        "{exact:?}"
    );
    rig.run_to(
        0,
        &[
            "mapping",
            "suggest",
            "--kind",
            "gl-account",
            "--apply",
            "--all",
        ],
    )
    .await;
    assert!(mapped().await.contains(&"5200".to_owned()));
}

/// A bill on an account that Odoo does not have waits, says how it is mended, and goes through when that was done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_that_waits_for_an_account_goes_through_when_it_is_mapped() {
    let rig = rig(OdooSide::simulated().await, 12).await;
    rig.turn_on(&["bills"]).await;
    let counts = rig.sync_all().await;
    let failures = rig.run(&["failures"]).await.out;
    assert_ne!(counts["bills"]["failed"], json!(0), "{failures}");
    assert!(
        failures.contains("`ml-connector mapping set gl-account 5100 CODE`"),
        "{failures}"
    );
    for arguments in commands(&failures) {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let ran = rig.run_to(0, &arguments[..]).await;
        assert!(ran.out.contains("due again"), "{}", ran.out);
    }
    let counts = rig.sync_all().await;
    let failures = rig.run(&["failures"]).await.out;
    assert!(!failures.contains("no-account"), "{failures}");
    assert_eq!(counts["bills"]["failed"], json!(0), "{failures}");
}

/// The commands that failures advise, with an account in place of the word for it.
fn commands(failures: &str) -> Vec<String> {
    let advised = failures
        .split('`')
        .filter(|text| text.contains("mapping set"));
    let mut commands: Vec<String> = advised
        .map(|text| text.replace("ml-connector ", "").replace("CODE", "5000"))
        .collect();
    commands.sort();
    commands.dedup();
    commands
}

/// Names that are the same, or the same rate, are suggested; a product follows its category's mapping.
async fn categories_and_tax_zones_are_mapped(odoo: OdooSide) {
    let rig = rig(odoo, 4).await;
    let category = rig.tenant().categories()[0].clone();
    let parts = made(&rig, "product.category", json!({"name": category.name})).await;
    let tax = json!({"name": "Eight and a quarter", "amount": 8.25, "amount_type": "percent", "type_tax_use": "sale"});
    let tax = made(&rig, "account.tax", tax).await;
    rig.sync_all().await;
    let before = products(&rig).await;
    let of_category = |rig: &Rig| {
        let kinds = [ItemKind::Material, ItemKind::Equipment, ItemKind::Service];
        let items = kinds.into_iter().flat_map(|kind| rig.tenant().items(kind));
        let of_category = items.filter(|item| item.categories.first() == Some(&category.id));
        let names = of_category.map(|item| format!("item_{}", item.id));
        names
            .filter(|name| before.contains_key(name))
            .collect::<BTreeSet<_>>()
    };
    let of_category = of_category(&rig);
    assert!(!of_category.is_empty(), "{before:?}");
    assert!(before.values().all(|found| *found != Some(parts)));

    let suggested = rig.json(&["mapping", "suggest", "--json"]).await;
    let suggested = suggested.as_array().expect("a list").clone();
    let of_kind = |kind: &str, target: i64| {
        let mut found = suggested
            .iter()
            .filter(|one| one["kind"] == json!(kind) && one["target"]["id"] == json!(target));
        found.next().cloned()
    };
    let found = of_kind("item-category", parts).expect("the same name");
    assert_eq!(found["why"], json!("same name"));
    assert_eq!(found["key"], json!(category.id.to_string()));
    let found = of_kind("tax-zone", tax).expect("the same rate");
    assert_eq!(
        (&found["why"], &found["exact"]),
        (&json!("same rate"), &json!(false))
    );

    let id = category.id.to_string();
    rig.run_to(0, &["mapping", "set", "item-category", &id, &category.name])
        .await;
    let zone = found["key"].as_str().expect("a key");
    rig.run_to(
        0,
        &["mapping", "set", "tax-zone", zone, "Eight and a quarter"],
    )
    .await;
    rig.sync_all().await;
    let after = products(&rig).await;
    for (name, found) in &after {
        let wanted = if of_category.contains(name) {
            Some(parts)
        } else {
            before[name]
        };
        assert_eq!(*found, wanted, "{name}");
    }
    let again = rig.sync_all().await;
    assert_eq!(again["items"]["updated"], json!(0), "{again:#}");
    // Taken away, nothing is touched.
    rig.run_to(0, &["mapping", "remove", "item-category", &id])
        .await;
    rig.sync_all().await;
    assert_eq!(products(&rig).await, after);
}

/// The categories of the products that the connector made, by their names.
async fn products(rig: &Rig) -> std::collections::BTreeMap<String, Option<i64>> {
    let ids = rig.odoo.ids_of("product.product").await;
    let mut found = std::collections::BTreeMap::new();
    for (name, id) in ids
        .into_iter()
        .filter(|(name, _)| name.starts_with("item_"))
    {
        let shown = read(rig, "product.product", id, &["categ_id"]).await;
        found.insert(name, shown["categ_id"][0].as_i64());
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn categories_and_tax_zones_are_mapped_in_the_simulator() {
    categories_and_tax_zones_are_mapped(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn categories_and_tax_zones_are_mapped_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("mapping_items") {
        categories_and_tax_zones_are_mapped(odoo).await;
    }
}
