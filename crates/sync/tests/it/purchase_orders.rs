//! Purchase orders: lines, totals, states, and what they wait for.

use serde_json::{Value, json};
use sync::directory::{Charge, CostField, OrderLines, OrderNote, Purchasing};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::link::Name;
use sync::mapping::MappingKind;
use sync::plan::{Decision, Goal, Verb, Write};

use crate::world::{World, directory, overlay};

fn number(text: &str) -> f64 {
    text.parse().expect("a number")
}

fn item(id: i64, quantity: &str, cost: &str, total: &str) -> Value {
    json!({
        "id": id, "skuId": 7, "skuName": "Capacitor", "skuCode": "CAP", "skuType": "Material",
        "description": "<p>Dual run</p>", "vendorPartNumber": null, "serialNumbers": null, "status": "Pending",
        "quantity": number(quantity), "quantityReceived": 0, "chargeable": false,
        "cost": number(cost), "total": number(total),
    })
}

fn order(changes: &Value) -> Value {
    let mut row = json!({
        "id": 12, "number": "PO-12", "status": "Sent", "vendorId": 6, "typeId": 1, "businessUnitId": 5, "jobId": null,
        "vendorDocumentNumber": "Q-77", "date": "2026-03-01T00:00:00Z", "requiredOn": "2026-03-05T00:00:00Z",
        "shipTo": {"street": "1 Main St", "city": "Fresno", "state": "CA", "zip": "93650", "country": "USA"},
        "items": [item(1, "2", "10.5", "21.00"), item(2, "3", "1.2345", "3.70")],
        "tax": 2.04, "shipping": 5.0, "total": 31.74, "summary": null, "customFields": null,
    });
    overlay(&mut row, changes);
    row
}

/// A world that holds whatever the order refers to.
fn world(changes: &Value) -> World {
    let mut world = World::new(Flow::PurchaseOrders);
    for (name, target) in [("vendor_6", 60), ("business_unit_5", 50), ("item_7", 70)] {
        world.knows(name, target);
    }
    world.sees(RowKind::PurchaseOrder, &order(changes));
    world
}

fn writes(world: &World) -> Vec<Write> {
    match world.plan("12").decision {
        Decision::Write(writes) => writes,
        other => panic!("{other:?}"),
    }
}

/// What is done, one line for each write.
pub(crate) fn shown(writes: &[Write]) -> String {
    let columns = |columns: &sync::content::Content| {
        let columns = columns
            .iter()
            .map(|(column, value)| format!("{column}={value}"));
        columns.collect::<Vec<_>>().join(" ")
    };
    let line = |write: &Write| match &write.verb {
        Verb::Create { columns: c } => format!("create {}: {}", write.name, columns(c)),
        Verb::Update { columns: c, .. } => format!("update {}: {}", write.name, columns(c)),
        Verb::Delete { .. } => format!("delete {}", write.name),
        Verb::Reach { goal, total, .. } => format!("reach {} at {total}", goal.as_str()),
        Verb::Alias { .. }
        | Verb::Adopt { .. }
        | Verb::Receive { .. }
        | Verb::Settle { .. }
        | Verb::Tell { .. } => {
            format!("other {}", write.name)
        }
    };
    writes.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn reason(world: &World) -> sync::record::Reason {
    match world.plan("12").decision {
        Decision::Fail(reason) | Decision::Ignore(reason) | Decision::Wait { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_order_is_a_document_that_comes_to_its_total() {
    insta::assert_snapshot!(shown(&writes(&world(&json!({})))), @r#"
    create purchase_order_12: date_order=2026-03-01 00:00:00 note=<p>Ship to: 1 Main St, Fresno, CA 93650, USA</p> origin=PO-12 partner_id/.id=60 partner_ref=Q-77
    create purchase_order_line_12_1: analytic_distribution={"50": 100} date_planned=2026-03-05 00:00:00 name=Dual run price_unit=10.5 product_id/.id=70 product_qty=2 product_uom_id/.id=1 sequence=10 tax_ids/.id=
    create purchase_order_line_12_2: analytic_distribution={"50": 100} date_planned=2026-03-05 00:00:00 name=Dual run price_unit=1.2345 product_id/.id=70 product_qty=3 product_uom_id/.id=1 sequence=20 tax_ids/.id=
    create purchase_order_line_12_shipping: analytic_distribution={"50": 100} date_planned=2026-03-05 00:00:00 name=Shipping price_unit=5 product_id/.id=91 product_qty=1 product_uom_id/.id=1 sequence=10010 tax_ids/.id=
    create purchase_order_line_12_tax: analytic_distribution={"50": 100} date_planned=2026-03-05 00:00:00 name=Sales Tax price_unit=2.04 product_id/.id=92 product_qty=1 product_uom_id/.id=1 sequence=10020 tax_ids/.id=
    reach confirmed at 31.74
    "#);
}

#[test]
fn an_order_is_received_where_its_warehouse_is_mapped_to() {
    let received = |location: i64| {
        let mut world = world(&json!({"inventoryLocationId": location}));
        let mapping = (MappingKind::Warehouse, "200", 8);
        world.directory = directory().with_mappings([mapping].into_iter().collect());
        shown(&writes(&world)).contains("picking_type_id/.id=8")
    };
    assert!(received(200));
    assert!(!received(201), "Odoo's own default stands");
}

#[test]
fn an_odoo_that_keeps_two_places_of_a_price_gets_the_rest_in_a_line_of_its_own() {
    let mut world = world(&json!({}));
    world.directory = directory().with_purchasing(
        Purchasing::default()
            .with_charges(Charge::ALL.map(|charge| (charge, 90)))
            .with_order_lines(OrderLines {
                quantity_digits: Some(2),
                price_digits: Some(2),
                taxes: "taxes_id".to_owned(),
                holds_prices: true,
                ..OrderLines::default()
            }),
    );
    let done = shown(&writes(&world));
    assert!(
        done.contains("line_12_2: ") && done.contains("price_unit=1.23 "),
        "{done}"
    );
    assert!(
        done.contains("line_12_rounding: ") && done.contains("price_unit=0.01 "),
        "{done}"
    );
    assert!(
        done.contains("taxes_id/.id=") && done.ends_with("reach confirmed at 31.74"),
        "{done}"
    );
    assert!(world.plan("12").warnings[0].contains("leaves 0.01 over"));
}

#[test]
fn a_quantity_that_odoo_does_not_keep_is_said_and_the_total_stays() {
    let items = json!([item(1, "1.125", "8", "9.00")]);
    let mut world = world(&json!({"items": items, "tax": 0, "shipping": 0, "total": 9.0}));
    world.directory = directory().with_purchasing(
        Purchasing::default()
            .with_charges(Charge::ALL.map(|charge| (charge, 90)))
            .with_order_lines(OrderLines {
                quantity_digits: Some(2),
                ..OrderLines::default()
            }),
    );
    let done = shown(&writes(&world));
    assert!(
        done.contains("price_unit=7.9646 ") && done.contains("product_qty=1.13 "),
        "{done}"
    );
    assert!(done.ends_with("reach confirmed at 9.0"), "{done}");
    let warnings = world.plan("12").warnings;
    assert!(
        warnings[0].starts_with("line 1: Odoo keeps the quantity 1.125 as 1.13"),
        "{warnings:?}"
    );
}

#[test]
fn what_was_brought_is_left_alone_and_a_change_touches_what_changed() {
    let mut world = world(&json!({}));
    assert_eq!(world.carry("12"), 6);
    assert_eq!(
        world.reached[&Name("purchase_order_12".to_owned())],
        Goal::Confirmed
    );
    assert_eq!(world.plan("12").decision, Decision::Unchanged);
    let items = json!([item(2, "4", "1.2345", "4.94"), item(3, "1", "8", "8.00")]);
    let edited = json!({"items": items, "total": 19.98, "vendorDocumentNumber": null});
    world.sees(RowKind::PurchaseOrder, &order(&edited));
    insta::assert_snapshot!(shown(&writes(&world)), @r#"
    update purchase_order_12: partner_ref=
    update purchase_order_line_12_2: product_qty=4 sequence=10
    create purchase_order_line_12_3: analytic_distribution={"50": 100} date_planned=2026-03-05 00:00:00 name=Dual run price_unit=8 product_id/.id=70 product_qty=1 product_uom_id/.id=1 sequence=20 tax_ids/.id=
    delete purchase_order_line_12_1
    reach confirmed at 19.98
    "#);
    world.carry("12");
    assert_eq!(world.plan("12").decision, Decision::Unchanged);
}

#[test]
fn a_line_says_the_unit_of_its_item_and_is_said_whole_when_the_item_is_another() {
    let mut world = world(&json!({}));
    world.knows("item_8", 80);
    world.holds("item_8", &[("name", "Wire"), ("uom_id/.id", "2")]);
    world.carry("12");
    let mut exchanged = item(1, "2", "10.5", "21.00");
    exchanged["skuId"] = json!(8);
    let items = json!([exchanged, item(2, "3", "1.2345", "3.70")]);
    world.sees(RowKind::PurchaseOrder, &order(&json!({"items": items})));
    insta::assert_snapshot!(shown(&writes(&world)), @r#"
    update purchase_order_line_12_1: analytic_distribution={"50": 100} date_planned=2026-03-05 00:00:00 name=Dual run price_unit=10.5 product_id/.id=80 product_qty=2 product_uom_id/.id=2 sequence=10 tax_ids/.id=
    reach confirmed at 31.74
    "#);
    world.carry("12");
    // The item is counted otherwise now.
    world.holds("item_8", &[("name", "Wire"), ("uom_id/.id", "3")]);
    insta::assert_snapshot!(shown(&writes(&world)), @r#"
    update purchase_order_line_12_1: analytic_distribution={"50": 100} date_planned=2026-03-05 00:00:00 name=Dual run price_unit=10.5 product_id/.id=80 product_qty=2 product_uom_id/.id=3 sequence=10 tax_ids/.id=
    reach confirmed at 31.74
    "#);
}

#[test]
fn what_was_brought_without_its_unit_is_told_it_once() {
    let mut world = world(&json!({}));
    world.carry("12");
    for line in ["1", "2", "shipping", "tax"] {
        world.forgets(
            &format!("purchase_order_line_12_{line}"),
            "product_uom_id/.id",
        );
    }
    let done = shown(&writes(&world));
    assert_eq!(done.matches("product_uom_id/.id=1").count(), 4, "{done}");
    assert_eq!(world.carry("12"), 5);
    assert_eq!(world.plan("12").decision, Decision::Unchanged);
}

#[test]
fn where_nobody_knows_the_plain_unit_no_line_says_one() {
    let mut world = world(&json!({}));
    world.directory = directory().with_purchasing(
        Purchasing::default()
            .with_charges(Charge::ALL.map(|charge| (charge, 90)))
            .with_order_lines(OrderLines {
                unit: "product_uom".to_owned(),
                ..OrderLines::default()
            }),
    );
    assert!(!shown(&writes(&world)).contains("product_uom"));
    let units = world.directory.purchasing().clone();
    let units = units.with_units_of_measure([], Some(4));
    world.directory = world.directory.clone().with_purchasing(units);
    assert_eq!(
        shown(&writes(&world)).matches("product_uom/.id=4").count(),
        4
    );
}

#[test]
fn where_it_goes_and_its_summary_stand_in_the_note() {
    let note = |changes: Value, note: Option<(&str, bool)>| {
        let mut world = world(&changes);
        world.directory = directory().with_purchasing(
            Purchasing::default()
                .with_charges(Charge::ALL.map(|charge| (charge, 90)))
                .with_order_note(note.map(|(field, is_html)| OrderNote {
                    field: field.to_owned(),
                    is_html,
                })),
        );
        let Verb::Create { columns } = &writes(&world)[0].verb else {
            panic!("it is new")
        };
        let names = ["note", "notes"];
        names.map(|name| columns.get(name).map(str::to_owned))
    };
    let summary = json!({"summary": "Call <b>Ann</b> & Bob\r\nbefore 8 < 9", "shipTo": null});
    let (html, plain) = (Some(("note", true)), Some(("notes", false)));
    assert_eq!(
        note(summary.clone(), html)[0].as_deref(),
        Some("<p>Call &lt;b&gt;Ann&lt;/b&gt; &amp; Bob<br>before 8 &lt; 9</p>")
    );
    assert_eq!(
        note(summary, plain)[1].as_deref(),
        Some("Call <b>Ann</b> & Bob\nbefore 8 < 9")
    );
    assert_eq!(
        note(json!({"summary": "Dock 4"}), plain)[1].as_deref(),
        Some("Ship to: 1 Main St, Fresno, CA 93650, USA\n\nDock 4")
    );
    assert_eq!(note(json!({"shipTo": null}), html)[0].as_deref(), Some(""));
    assert_eq!(note(json!({}), None), [None, None]);
    // It follows, and alone.
    let mut world = world(&json!({}));
    world.carry("12");
    world.sees(
        RowKind::PurchaseOrder,
        &order(&json!({"summary": "Dock 4"})),
    );
    insta::assert_snapshot!(shown(&writes(&world)), @r"
    update purchase_order_12: note=<p>Ship to: 1 Main St, Fresno, CA 93650, USA</p><p>Dock 4</p>
    reach confirmed at 31.74
    ");
}

#[test]
fn the_state_follows() {
    let goal = |status: &str| match writes(&world(&json!({"status": status})))
        .last()
        .map(|w| w.verb.clone())
    {
        Some(Verb::Reach { goal, .. }) => goal,
        other => panic!("{other:?}"),
    };
    assert_eq!(goal("Pending"), Goal::Draft);
    for status in ["Sent", "PartiallyReceived", "Received", "Exported"] {
        assert_eq!(goal(status), Goal::Confirmed, "{status}");
    }
    let mut world = world(&json!({"status": "Pending"}));
    world.carry("12");
    world.sees(RowKind::PurchaseOrder, &order(&json!({"status": "Sent"})));
    assert_eq!(shown(&writes(&world)), "reach confirmed at 31.74");
    world.carry("12");
    world.sees(
        RowKind::PurchaseOrder,
        &order(&json!({"status": "Canceled"})),
    );
    assert_eq!(shown(&writes(&world)), "reach cancelled at 0");
    world.carry("12");
    let edited = json!({"status": "Canceled", "vendorDocumentNumber": "late"});
    world.sees(RowKind::PurchaseOrder, &order(&edited));
    assert_eq!(world.plan("12").decision, Decision::Unchanged);
}

#[test]
fn people_in_odoo_may_confirm_orders_themselves() {
    let left = |world: &mut World| {
        let purchasing = world.directory.purchasing().clone().with_orders_left(true);
        world.directory = world.directory.clone().with_purchasing(purchasing);
    };
    let mut new = world(&json!({}));
    left(&mut new);
    assert!(shown(&writes(&new)).ends_with("reach draft at 31.74"));
    new.carry("12");
    assert_eq!(new.plan("12").decision, Decision::Unchanged);
    new.sees(
        RowKind::PurchaseOrder,
        &order(&json!({"status": "Canceled"})),
    );
    assert_eq!(shown(&writes(&new)), "reach cancelled at 0");

    // What was confirmed before stays so.
    let mut known = world(&json!({}));
    known.carry("12");
    left(&mut known);
    assert_eq!(known.plan("12").decision, Decision::Unchanged);
}

#[test]
fn an_order_that_was_canceled_before_it_came_stays_away() {
    let world = world(&json!({"status": "Canceled"}));
    assert_eq!(reason(&world).cause, "canceled-in-servicetitan");
    let unknown = super::purchase_orders::world(&json!({"status": "Lost"}));
    assert_eq!(reason(&unknown).cause, "unknown-status");
}

/// What the first line says of who bears its cost.
fn costs(world: &World, column: &str) -> Option<String> {
    let writes = writes(world);
    let Verb::Create { columns } = &writes[1].verb else {
        panic!("{writes:?}")
    };
    columns.get(column).map(str::to_owned)
}

#[test]
fn unit_and_job_bear_the_cost_together() {
    let with = |changes: Value| {
        let mut world = world(&changes);
        world.knows("job_9", 45);
        world
    };
    let borne = |changes: Value| costs(&with(changes), CostField::DISTRIBUTION);
    assert_eq!(
        borne(json!({"jobId": 9})).as_deref(),
        Some("{\"50,45\": 100}")
    );
    assert_eq!(
        borne(json!({"jobId": 9, "businessUnitId": null})).as_deref(),
        Some("{\"45\": 100}")
    );
    assert_eq!(borne(json!({"businessUnitId": null})).as_deref(), Some(""));
    let Decision::Wait { on, .. } = world(&json!({"jobId": 9})).plan("12").decision else {
        panic!("it waits for its job")
    };
    assert_eq!(on[0].to_string(), "jobs 9");
    // The order goes to another job, and to none.
    let mut moved = with(json!({"jobId": 9}));
    moved.carry("12");
    moved.sees(RowKind::PurchaseOrder, &order(&json!({})));
    let done = shown(&writes(&moved));
    assert_eq!(
        done.matches("analytic_distribution={\"50\": 100}").count(),
        4,
        "{done}"
    );
}

#[test]
fn an_odoo_without_distributions_takes_the_units_account_and_the_jobs_where_there_is_none() {
    let with = |changes: Value, costs: CostField| {
        let mut world = world(&changes);
        world.knows("job_9", 45);
        world.directory = directory().with_purchasing(
            Purchasing::default()
                .with_charges(Charge::ALL.map(|charge| (charge, 90)))
                .with_order_lines(OrderLines {
                    costs,
                    ..OrderLines::default()
                }),
        );
        world
    };
    let account = |changes: Value| {
        let world = with(changes, CostField::Account);
        assert_eq!(costs(&world, CostField::DISTRIBUTION), None);
        costs(&world, "account_analytic_id/.id")
    };
    assert_eq!(account(json!({"jobId": 9})).as_deref(), Some("50"));
    assert_eq!(
        account(json!({"jobId": 9, "businessUnitId": null})).as_deref(),
        Some("45")
    );
    let nowhere = with(json!({"jobId": 9}), CostField::Nowhere);
    assert_eq!(costs(&nowhere, CostField::DISTRIBUTION), None);
    assert_eq!(costs(&nowhere, "account_analytic_id/.id"), None);
}

#[test]
fn an_order_waits_for_what_it_refers_to() {
    let mut world = World::new(Flow::PurchaseOrders);
    world.knows("business_unit_5", 50);
    world.sees(RowKind::PurchaseOrder, &order(&json!({})));
    let Decision::Wait { on, reason } = world.plan("12").decision else {
        panic!("it waits")
    };
    let on: Vec<String> = on.iter().map(ToString::to_string).collect();
    assert_eq!(on, ["vendors 6", "items 7"]);
    assert_eq!(
        reason.what,
        "The purchase order waits for vendor 6, item 7."
    );
}

#[test]
fn a_total_that_is_not_the_sum_of_its_parts_is_said_with_the_difference() {
    let world = world(&json!({"total": 31.75}));
    let reason = reason(&world);
    assert_eq!(reason.cause, "total-differs");
    assert!(
        reason.what.contains("31.75")
            && reason.what.contains("31.74")
            && reason.what.contains("0.01")
    );
}

#[test]
fn what_is_withdrawn_is_cancelled_whatever_else_is_the_matter_with_it() {
    let mut world = world(&json!({}));
    world.carry("12");
    let mut nameless = item(1, "1", "1", "1");
    nameless["skuId"] = json!(404);
    let withdrawn = json!({"status": "Canceled", "items": [nameless], "total": 1_000_000});
    world.sees(RowKind::PurchaseOrder, &order(&withdrawn));
    assert_eq!(shown(&writes(&world)), "reach cancelled at 0");
}

#[test]
fn numbers_that_nobody_means_are_said() {
    for (quantity, cost) in [("1e12", "1e12"), ("1e-20", "1e9")] {
        let items = json!([item(1, quantity, cost, "5")]);
        let world = world(&json!({"items": items, "tax": 0, "shipping": 0, "total": 5}));
        match world.plan("12").decision {
            Decision::Fail(reason) => assert_eq!(reason.cause, "amount-too-large"),
            Decision::Write(_) => assert_eq!(cost, "1e9"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_line_whose_total_is_not_quantity_times_cost_follows_the_total() {
    let items = json!([item(1, "4", "25", "90.00")]);
    let world = world(&json!({"items": items, "tax": 0, "shipping": 0, "total": 90.0}));
    let done = shown(&writes(&world));
    assert!(
        done.contains("price_unit=22.5 ") && done.ends_with("at 90.0"),
        "{done}"
    );
    assert!(world.plan("12").warnings[0].starts_with("line 1: ServiceTitan's total is 90.00"));
}

#[test]
fn a_line_without_an_item_and_a_missing_charge_are_said() {
    let mut nameless = item(1, "1", "1", "1");
    nameless["skuId"] = Value::Null;
    let world = world(&json!({"items": [nameless], "total": 8.04}));
    assert_eq!(reason(&world).cause, "line-without-item");
    let mut world = super::purchase_orders::world(&json!({}));
    world.directory = directory().with_purchasing(Purchasing::default());
    assert_eq!(reason(&world).cause, "no-charge-product");
}

#[test]
fn after_an_unanswered_call_everything_is_said_once_more() {
    let mut world = world(&json!({}));
    world.carry("12");
    world.in_doubt = Some([].into());
    assert_eq!(writes(&world).len(), 6);
}
