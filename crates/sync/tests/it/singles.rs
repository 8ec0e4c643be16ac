//! Business units, vendors and items: one row each, one record in Odoo each.

use serde_json::{Value, json};
use sync::content::Content;
use sync::directory::{Directory, Purchasing};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::mapping::MappingKind;
use sync::plan::{DISMISS, Decision, RECREATE, Verb};

use crate::world::{World, directory, overlay};

fn unit(changes: &Value) -> Value {
    let mut row = json!({
        "id": 5, "active": true, "name": "HVAC Service", "officialName": null, "accountCode": "100",
        "createdOn": "2026-01-01T00:00:00Z", "modifiedOn": "2026-01-01T00:00:00Z", "tagTypeIds": null,
    });
    overlay(&mut row, changes);
    row
}

fn vendor(changes: &Value) -> Value {
    let mut row = json!({
        "id": 6, "active": true, "name": "Ferguson  Supply", "memo": "Will call:\r\n dock 4",
        "contactInfo": {"firstName": "Ann", "lastName": null, "phone": "555-0100", "email": "ap@supply.example", "fax": ""},
        "address": {"street": "1 Main St", "unit": null, "city": "Fresno", "state": "CA", "zip": "93650", "country": "USA"},
        "defaultTaxRate": 0.08, "externalData": null, "customFields": null,
        "createdOn": "2026-01-01T00:00:00Z", "modifiedOn": "2026-01-01T00:00:00Z",
    });
    overlay(&mut row, changes);
    row
}

fn item(changes: &Value) -> Value {
    let mut row = json!({
        "id": 7, "active": true, "code": "CAP-45-5", "displayName": "Capacitor 45+5",
        "description": "<p>Dual run<br>440&nbsp;V</p>", "cost": 12.3456, "price": "39.00", "unitOfMeasure": "EA",
        "isInventory": true, "categories": null, "otherVendors": null,
    });
    overlay(&mut row, changes);
    row
}

/// A world of one such row.
fn seen(flow: Flow, kind: RowKind, row: &Value) -> World {
    let mut world = World::new(flow);
    world.sees(kind, row);
    world
}

/// What the first plan creates.
fn created(world: &World, source: &str) -> Content {
    let plan = world.plan(source);
    match plan.decision {
        Decision::Write(writes) => match &writes[..] {
            [write] => match &write.verb {
                Verb::Create { columns } => columns.clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn cause(world: &World, source: &str) -> String {
    match world.plan(source).decision {
        Decision::Fail(reason) | Decision::Ignore(reason) => reason.cause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_business_unit_is_an_account_of_its_plan() {
    let world = seen(
        Flow::BusinessUnits,
        RowKind::BusinessUnit,
        &unit(&json!({})),
    );
    assert_eq!(
        created(&world, "5"),
        Content::from_iter([
            ("active", "1"),
            ("code", "100"),
            ("name", "HVAC Service"),
            ("plan_id/.id", "3"),
        ])
    );
}

/// What the plan does, and to which target.
fn pointed(world: &World) -> Option<i64> {
    match world.plan("5").decision {
        Decision::Unchanged => None,
        Decision::Write(writes) => match &writes[..] {
            [write] => match write.verb {
                Verb::Alias { target } => Some(target.0),
                ref other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mapped_business_unit_points_to_somebodys_account_which_is_left_alone() {
    let unit_of = |world: &mut World, changes: Value| {
        world.sees(RowKind::BusinessUnit, &unit(&changes));
    };
    let map = |world: &mut World, accounts: &[i64]| {
        let mapped = accounts
            .iter()
            .map(|id| (MappingKind::BusinessUnit, "5", *id));
        world.directory = directory().with_mappings(mapped.collect());
    };
    let mut world = World::new(Flow::BusinessUnits);
    // One that has no plan, no name and is inactive: none of that matters to somebody's account.
    unit_of(&mut world, json!({"active": false, "name": ""}));
    map(&mut world, &[77]);
    assert_eq!(pointed(&world), Some(77));
    assert_eq!(world.carry("5"), 1);
    assert_eq!(pointed(&world), None);
    for changes in [
        json!({}),
        json!({"name": "Renamed"}),
        json!({"active": false}),
    ] {
        unit_of(&mut world, changes);
        assert_eq!(pointed(&world), None, "nothing is written");
    }
    // Mapped to another one, and then to none: it gets an account of its own, archived because it is inactive.
    map(&mut world, &[78]);
    assert_eq!(world.carry("5"), 1);
    map(&mut world, &[]);
    let own = created(&world, "5");
    assert_eq!(own.get("active"), Some("0"));
    world.carry("5");
    assert!(matches!(world.plan("5").decision, Decision::Unchanged));
    // One that has an account of its own already leaves it as it is.
    map(&mut world, &[77]);
    assert_eq!(pointed(&world), Some(77));
    world.carry("5");
    assert_eq!(world.sent.len(), 1);
    assert_eq!(world.sent.values().next(), Some(&own));
}

#[test]
fn without_the_plan_a_business_unit_says_what_to_do() {
    let mut world = seen(
        Flow::BusinessUnits,
        RowKind::BusinessUnit,
        &unit(&json!({})),
    );
    world.directory = Directory::default().with_purchasing(Purchasing::default());
    assert_eq!(cause(&world, "5"), "no-analytic-plan");
}

#[test]
fn a_vendor_is_a_company_with_its_address_and_notes() {
    let world = seen(Flow::Vendors, RowKind::Vendor, &vendor(&json!({})));
    assert_eq!(
        created(&world, "6"),
        Content::from_iter([
            ("active", "1"),
            ("city", "Fresno"),
            ("comment", "Contact: Ann\nWill call:\ndock 4"),
            ("country_id/.id", "1"),
            ("email", "ap@supply.example"),
            ("is_company", "1"),
            ("name", "Ferguson Supply"),
            ("phone", "555-0100"),
            ("state_id/.id", "11"),
            ("street", "1 Main St"),
            ("street2", ""),
            ("supplier_rank", "1"),
            ("zip", "93650"),
        ])
    );
}

#[test]
fn the_custom_fields_that_are_named_are_carried() {
    let fields = json!([
        {"typeId": 1, "name": "Account  number", "value": " 77-1 "},
        {"typeId": 2, "name": "Other", "value": "x"},
    ]);
    let mut world = seen(
        Flow::Vendors,
        RowKind::Vendor,
        &vendor(&json!({"customFields": fields})),
    );
    let named = |field: &str| Some(field.to_owned());
    world.directory = Directory::default().with_purchasing(
        Purchasing::default().with_vendor_fields(named("account number"), named("Tax ID")),
    );
    let held = created(&world, "6");
    assert_eq!((held.get("ref"), held.get("vat")), (Some("77-1"), Some("")));
}

#[test]
fn goods_and_services_are_products_without_taxes() {
    let goods = seen(Flow::Items, RowKind::Material, &item(&json!({})));
    assert_eq!(
        created(&goods, "7"),
        Content::from_iter([
            ("active", "1"),
            ("default_code", "CAP-45-5"),
            ("description_purchase", "Dual run\n440 V"),
            ("list_price", "39"),
            ("name", "Capacitor 45+5"),
            ("purchase_ok", "1"),
            ("sale_ok", "1"),
            ("standard_price", "12.3456"),
            ("supplier_taxes_id/.id", ""),
            ("taxes_id/.id", ""),
            ("type", "consu"),
            ("uom_id/.id", "1"),
        ])
    );
    let service = seen(Flow::Items, RowKind::Service, &item(&json!({})));
    assert_eq!(created(&service, "7").get("type"), Some("service"));
}

#[test]
fn the_first_mapped_category_is_the_products() {
    let categories = |mapped: &[(&str, i64)], said: Value| {
        let mut world = seen(
            Flow::Items,
            RowKind::Material,
            &item(&json!({"categories": said})),
        );
        let mapped = mapped
            .iter()
            .map(|(key, id)| (MappingKind::ItemCategory, *key, *id));
        world.directory = world.directory.clone().with_mappings(mapped.collect());
        created(&world, "7").get("categ_id/.id").map(str::to_owned)
    };
    let mapped = [("12", 5), ("13", 6)];
    assert_eq!(
        categories(&mapped, json!([11, 13, 12])).as_deref(),
        Some("6")
    );
    let records = json!([{"id": 12, "name": "Labor", "active": true}]);
    assert_eq!(categories(&mapped, records).as_deref(), Some("5"));
    // What is not mapped is left alone.
    assert_eq!(categories(&mapped, json!([11])), None);
    assert_eq!(categories(&mapped, json!(null)), None);
    assert_eq!(categories(&[], json!([12])), None);
}

#[test]
fn an_item_without_a_display_name_is_called_by_its_description_then_by_its_code() {
    let named = |changes: Value| {
        let world = seen(Flow::Items, RowKind::Equipment, &item(&changes));
        created(&world, "7").get("name").map(str::to_owned)
    };
    assert_eq!(
        named(json!({"displayName": null})).as_deref(),
        Some("Dual run")
    );
    assert_eq!(
        named(json!({"displayName": " ", "description": ""})).as_deref(),
        Some("CAP-45-5")
    );
    let nothing = json!({"displayName": null, "description": "<p></p>", "code": ""});
    let world = seen(Flow::Items, RowKind::Equipment, &item(&nothing));
    assert_eq!(cause(&world, "7"), "no-name");
}

#[test]
fn a_unit_of_measure_that_odoo_does_not_have_is_a_warning() {
    let world = seen(
        Flow::Items,
        RowKind::Material,
        &item(&json!({"unitOfMeasure": "roll"})),
    );
    assert_eq!(created(&world, "7").get("uom_id/.id"), None);
    let warnings = world.plan("7").warnings;
    assert!(
        warnings[0].starts_with("unit of measure \"roll\" is not one of Odoo's"),
        "{warnings:?}"
    );
}

#[test]
fn what_was_brought_is_written_once_changed_where_it_changed_archived_and_brought_back() {
    let cases = [
        (
            Flow::BusinessUnits,
            RowKind::BusinessUnit,
            unit as fn(&Value) -> Value,
            "5",
        ),
        (Flow::Vendors, RowKind::Vendor, vendor, "6"),
        (Flow::Items, RowKind::Material, item, "7"),
    ];
    for (flow, kind, row, source) in cases {
        let name = if flow == Flow::Items {
            "displayName"
        } else {
            "name"
        };
        let mut world = seen(flow, kind, &row(&json!({})));
        assert_eq!(world.carry(source), 1, "{flow}");
        assert_eq!(world.plan(source).decision, Decision::Unchanged, "{flow}");
        world.sees(kind, &row(&json!({name: "Other"})));
        let Decision::Write(writes) = world.plan(source).decision else {
            panic!("{flow} changed")
        };
        let Verb::Update { columns, .. } = &writes[0].verb else {
            panic!("{flow} is there")
        };
        assert_eq!(*columns, Content::from_iter([("name", "Other")]), "{flow}");
        assert_eq!(world.carry(source), 1, "{flow}");
        world.sees(kind, &row(&json!({name: "Other", "active": false})));
        assert_eq!(world.carry(source), 1, "{flow}");
        assert!(
            world
                .sent
                .values()
                .all(|held| held.get("active") == Some("0")),
            "{flow}"
        );
        world.sees(kind, &row(&json!({name: "Other", "active": true})));
        assert_eq!(world.carry(source), 1, "{flow}");
        assert!(
            world
                .sent
                .values()
                .all(|held| held.get("active") == Some("1")),
            "{flow}"
        );
        assert_eq!(world.sent.len(), 1, "{flow}");
    }
}

#[test]
fn what_was_never_active_or_is_not_wanted_stays_away() {
    let world = seen(
        Flow::Vendors,
        RowKind::Vendor,
        &vendor(&json!({"active": false})),
    );
    assert_eq!(cause(&world, "6"), "inactive-in-servicetitan");
    let world = seen(Flow::Vendors, RowKind::Vendor, &vendor(&json!({})));
    let Decision::Ignore(reason) = world.plan_with("6", Some(DISMISS)).decision else {
        panic!("dismissed")
    };
    assert_eq!(reason.cause, "dismissed");
}

#[test]
fn what_a_person_wants_back_is_made_anew() {
    let mut world = seen(Flow::Vendors, RowKind::Vendor, &vendor(&json!({})));
    world.carry("6");
    let Decision::Write(writes) = world.plan_with("6", Some(RECREATE)).decision else {
        panic!("it is made anew")
    };
    assert!(matches!(writes[0].verb, Verb::Create { .. }));
}

#[test]
fn one_id_for_several_rows_is_said() {
    let mut world = seen(Flow::Items, RowKind::Material, &item(&json!({})));
    world.sees(RowKind::Service, &item(&json!({})));
    assert_eq!(cause(&world, "7"), "unreadable-row");
}
