//! Receipts: what is wanted of an order's lines, and what they wait for.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use sync::content::Content;
use sync::directory::{OrderLines, Purchasing};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::link::{Name, TargetId};
use sync::plan::{Decision, RECREATE, Verb};
use sync::receipts::verdict::{Difference, Kind, differs};
use sync::record::Reason;

use crate::world::{World, directory, overlay};

fn item(line: i64, quantity: f64) -> Value {
    json!({"id": 1_000 + line, "skuId": 7, "code": "CAP", "name": "Capacitor", "description": "", "cost": 1.5,
        "purchaseOrderItemId": line, "quantity": quantity})
}

fn receipt(id: i64, changes: &Value) -> Value {
    let mut row = json!({
        "id": id, "active": true, "number": format!("R-{id}"), "vendorInvoiceNumber": "V-1", "memo": "",
        "purchaseOrderId": 12, "billId": 900 + id, "vendorId": 6, "inventoryLocationId": 3, "items": [item(1, 2.0)],
        "receiptAmount": 3.0, "taxAmount": 0, "shippingAmount": 0, "receivedOn": "2026-03-05T00:00:00Z",
        "syncStatus": "Pending", "customFields": null,
    });
    overlay(&mut row, changes);
    row
}

/// A world in which order 12 is confirmed in Odoo.
fn world() -> World {
    let mut world = World::new(Flow::Receipts);
    order_is(&mut world, "confirmed");
    world
}

fn order_is(world: &mut World, state: &str) {
    let base = Content::from_iter([("reached", state), ("total", "31.74")]);
    world.knows_holding("purchase_order_12", 70, base);
}

fn decision(world: &World) -> Decision {
    world.plan("12").decision
}

/// What is to be received: the order, and line for line how much.
fn received(decision: Decision) -> String {
    let Decision::Write(writes) = decision else {
        panic!("{decision:?}")
    };
    let [write] = &writes[..] else {
        panic!("{writes:?}")
    };
    let Verb::Receive {
        order,
        lines,
        before,
    } = &write.verb
    else {
        panic!("{write:?}")
    };
    assert_eq!((*order, write.model), (TargetId(70), "purchase.order"));
    assert_eq!(write.name, Name("receipts_12".to_owned()));
    let told = |quantities: &std::collections::BTreeMap<Name, Decimal>| {
        let lines = quantities.iter();
        let lines = lines.map(|(line, quantity)| {
            let line = line.0.strip_prefix("purchase_order_line_12_");
            let quantity = quantity.normalize();
            format!("{}: {quantity}", line.expect("a line of the order"))
        });
        lines.collect::<Vec<_>>().join(", ")
    };
    match told(before) {
        before if before.is_empty() => told(lines),
        before => format!("{} (before: {before})", told(lines)),
    }
}

fn reason(decision: Decision) -> Reason {
    match decision {
        Decision::Wait { reason, .. } | Decision::Ignore(reason) | Decision::Fail(reason) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_receipts_of_an_order_count_together_whatever_was_received_before() {
    let mut world = world();
    let items = json!({"items": [item(1, 2.0), item(2, 1.5)]});
    world.sees(RowKind::Receipt, &receipt(5, &items));
    assert_eq!(received(decision(&world)), "1: 2, 2: 1.5");
    assert_eq!(world.carry("12"), 1);
    assert_eq!(decision(&world), Decision::Unchanged);

    world.sees(
        RowKind::Receipt,
        &receipt(6, &json!({"items": [item(2, 0.5), item(3, 4.0)]})),
    );
    assert_eq!(
        received(decision(&world)),
        "1: 2, 2: 2, 3: 4 (before: 1: 2, 2: 1.5)"
    );
    assert_eq!(world.carry("12"), 1);
    // One that says nothing new about quantities plans to nothing.
    world.sees(
        RowKind::Receipt,
        &receipt(
            6,
            &json!({"memo": "read", "items": [item(2, 0.5), item(3, 4.0)]}),
        ),
    );
    assert_eq!(decision(&world), Decision::Unchanged);
}

#[test]
fn a_cancelled_receipt_does_not_count() {
    let mut world = world();
    world.sees(RowKind::Receipt, &receipt(5, &json!({})));
    world.sees(
        RowKind::Receipt,
        &receipt(6, &json!({"active": false, "items": [item(1, 9.0)]})),
    );
    assert_eq!(received(decision(&world)), "1: 2");
    world.carry("12");
    // Nothing is left of it: what Odoo holds of it is to be looked at.
    world.sees(RowKind::Receipt, &receipt(5, &json!({"active": false})));
    assert_eq!(received(decision(&world)), " (before: 1: 2)");
    assert_eq!(world.carry("12"), 1);
    assert_eq!(decision(&world), Decision::Unchanged);
}

#[test]
fn receipts_that_were_cancelled_before_they_came_over_are_left_out() {
    let mut world = world();
    world.sees(RowKind::Receipt, &receipt(5, &json!({"active": false})));
    assert_eq!(
        reason(decision(&world)).cause,
        "receipts-canceled-in-servicetitan"
    );
    // Unless a call may have received them.
    world.in_doubt = Some([].into());
    assert_eq!(received(decision(&world)), "");
}

#[test]
fn they_wait_until_their_order_is_confirmed_in_odoo() {
    let mut world = World::new(Flow::Receipts);
    world.sees(RowKind::Receipt, &receipt(5, &json!({})));
    let plan = world.plan("12");
    let Decision::Wait { on, reason } = plan.decision else {
        panic!("{plan:?}")
    };
    assert_eq!(on[0].to_string(), "purchase-orders 12");
    assert_eq!(reason.what, "The receipt waits for purchase order 12.");
    // The order, and the line, which may come later than the order.
    let rests_on: Vec<&str> = plan.rests_on.iter().map(|name| name.0.as_str()).collect();
    assert_eq!(rests_on, ["purchase_order_12", "purchase_order_line_12_1"]);

    for state in ["draft", "cancelled"] {
        order_is(&mut world, state);
        let reason = reason_of(&world);
        assert_eq!(
            reason.what,
            "The receipt waits until purchase order 12 is confirmed in Odoo."
        );
    }
    // It was written, but not brought to its state.
    world.knows("purchase_order_12", 70);
    assert_eq!(reason_of(&world).cause, "waits-for-others");
    order_is(&mut world, "confirmed");
    assert_eq!(received(decision(&world)), "1: 2");
}

#[test]
fn where_people_confirm_orders_odoo_says_whether_one_is() {
    let mut world = World::new(Flow::Receipts);
    let purchasing = world.directory.purchasing().clone().with_orders_left(true);
    world.directory = world.directory.clone().with_purchasing(purchasing);
    world.sees(RowKind::Receipt, &receipt(5, &json!({})));
    order_is(&mut world, "cancelled");
    assert_eq!(reason_of(&world).cause, "waits-for-others");
    order_is(&mut world, "draft");
    assert_eq!(received(decision(&world)), "1: 2");
}

fn reason_of(world: &World) -> Reason {
    reason(decision(world))
}

#[test]
fn a_line_that_names_none_of_the_order_fails_the_record() {
    for item in [
        json!({"id": 1, "quantity": 2.0, "purchaseOrderItemId": null}),
        json!({"id": 1, "quantity": null, "purchaseOrderItemId": 3}),
    ] {
        let mut world = world();
        world.sees(RowKind::Receipt, &receipt(5, &json!({"items": [item]})));
        let reason = reason_of(&world);
        assert_eq!(reason.cause, "receipt-line-unknown");
        assert!(reason.what.contains("R-5"), "{}", reason.what);
    }
}

#[test]
fn a_receipt_without_an_order_is_shown_and_not_lost() {
    let mut world = world();
    let row = receipt(5, &json!({"purchaseOrderId": null}));
    let filed = sync::filing::file(RowKind::Receipt, &row.to_string());
    world.sees(RowKind::Receipt, &row);
    let reason = reason(world.plan(&filed.owner.0).decision);
    assert_eq!(reason.cause, "unreadable-row");
    assert!(
        reason.what.contains("names no purchase order"),
        "{}",
        reason.what
    );
}

#[test]
fn a_rotten_receipt_fails_its_order_whole() {
    let mut world = world();
    world.sees(RowKind::Receipt, &receipt(5, &json!({})));
    world.sees(
        RowKind::Receipt,
        &receipt(6, &json!({"items": [{"id": "x"}]})),
    );
    assert_eq!(reason_of(&world).cause, "unreadable-row");
    let beyond = json!({"items": [item(1, 2e9)]});
    world.sees(RowKind::Receipt, &receipt(6, &beyond));
    assert_eq!(reason_of(&world).cause, "amount-too-large");
}

#[test]
fn after_an_unanswered_call_odoo_is_looked_at_again() {
    let mut world = world();
    world.sees(RowKind::Receipt, &receipt(5, &json!({})));
    world.carry("12");
    world.in_doubt = Some([].into());
    assert_eq!(received(decision(&world)), "1: 2 (before: 1: 2)");
}

#[test]
fn what_was_returned_in_odoo_is_received_again_only_when_a_person_says_so() {
    let mut world = world();
    world.sees(RowKind::Receipt, &receipt(5, &json!({})));
    world.carry("12");
    let again = world.plan_with("12", Some(RECREATE)).decision;
    assert_eq!(received(again), "1: 2");
}

#[test]
fn quantities_are_summed_before_they_are_rounded_to_what_odoo_keeps() {
    let mut world = world();
    let purchasing = Purchasing::default()
        .with_receiving(true)
        .with_order_lines(OrderLines {
            quantity_digits: Some(2),
            ..OrderLines::default()
        });
    world.directory = directory().with_purchasing(purchasing);
    for id in [5, 6] {
        world.sees(
            RowKind::Receipt,
            &receipt(id, &json!({"items": [item(1, 0.333), item(2, 0.001)]})),
        );
    }
    assert_eq!(received(decision(&world)), "1: 0.67");
}

#[test]
fn a_person_is_told_both_numbers_and_the_worst_first() {
    let difference = |kind, wanted, received| Difference {
        kind,
        line: "Pipe".to_owned(),
        wanted: Decimal::from(wanted),
        received: Decimal::from(received),
    };
    assert_eq!(differs(&[], Some("Send SMS?")), None);
    let both = [difference(Kind::Less, 5, 3), difference(Kind::More, 1, 2)];
    let reason = differs(&both, None).expect("they differ");
    assert_eq!(reason.cause, "received-more-in-odoo");
    assert_eq!(
        reason.what,
        "\"Pipe\": 5 received in ServiceTitan, 3 in Odoo; \"Pipe\": 1 received in ServiceTitan, 2 in Odoo."
    );
    let asked = differs(&both[..1], Some("Send SMS?")).expect("they differ");
    assert!(
        asked
            .what
            .ends_with("Odoo asked \"Send SMS?\" and did nothing."),
        "{}",
        asked.what
    );
    for kind in [
        Kind::NoLine,
        Kind::More,
        Kind::Returned,
        Kind::OtherUnit,
        Kind::Less,
    ] {
        let reason = differs(&[difference(kind, 1, 2)], None).expect("they differ");
        assert!(reason.advice.len() > 40, "{kind:?}");
    }
}
