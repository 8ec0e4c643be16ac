//! The three-way match: what passes, what is held, and what a person decides.

use serde_json::{Value, json};
use sync::directory::BillPolicy;
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::link::Name;
use sync::plan::{APPROVE, Decision, Goal, Verb};

use crate::papers::{
    bill, billed_as, done, item, order_is, receipt, received, sees, with, world, world_of, writes,
};
use crate::purchase_orders::shown;
use crate::world::World;

/// What the match says of a bill that is held, `ok` of one that is posted.
pub(crate) fn matched(world: &World) -> String {
    let writes = writes(world.plan("31").decision);
    let reach = writes.last().expect("it is brought to a state");
    let Verb::Reach { goal, hold, .. } = &reach.verb else {
        panic!("{reach:?}")
    };
    let found = reach.holds.get("match").expect("it has an order");
    let found = found.strip_prefix("match: ").expect("it says so");
    assert_eq!(*goal == Goal::Posted, found == "ok", "{found}");
    assert_eq!(hold.is_some(), found != "ok", "{found}");
    if let Some(hold) = hold {
        assert_eq!(hold.cause, "match-differs");
        assert!(hold.what.contains(found), "{hold:?}");
    }
    found.to_owned()
}

#[test]
fn a_price_may_differ_within_the_tolerance() {
    let dearer = json!({"items": [item(1, 2.0, 12.56), item(2, 3.0, 1.2345)], "billAmount": 35.86});
    let of = |amount: i64, percent: i64| {
        let mut world = world(&dearer);
        let policy = BillPolicy {
            tolerance_amount: rust_decimal::Decimal::new(amount, 2),
            tolerance_percent: rust_decimal::Decimal::from(percent),
            ..BillPolicy::default()
        };
        billed_as(&mut world, policy);
        matched(&world)
    };
    assert_eq!(of(0, 0), "price +4.12 on line 1");
    assert_eq!(of(411, 19), "price +4.12 on line 1");
    assert_eq!(of(412, 0), "ok");
    assert_eq!(of(0, 20), "ok");
    let cheaper = json!({"items": [item(1, 2.0, 10.0), item(2, 3.0, 1.2345)], "billAmount": 30.74});
    assert_eq!(matched(&world(&cheaper)), "price -1.00 on line 1");
}

#[test]
fn what_is_billed_was_ordered_and_received() {
    let of = |items: Value, total: f64| world(&json!({"items": items, "billAmount": total}));
    let more = of(json!([item(1, 4.0, 10.5), item(2, 3.0, 1.2345)]), 52.74);
    assert_eq!(matched(&more), "quantity +2 on line 1");
    let less = of(json!([item(1, 1.0, 10.5), item(2, 3.0, 1.2345)]), 21.24);
    assert_eq!(matched(&less), "quantity -1 on line 1");
    let unreceived = with(item(3, 1.0, 8.0), &json!({"receiptItemId": null}));
    let early = of(json!([item(1, 2.0, 10.5), unreceived]), 36.04);
    assert_eq!(matched(&early), "line 2 billed before received");

    let mut cancelled = world(&json!({}));
    received(&mut cancelled, &[receipt(&json!({"active": false}))]);
    assert_eq!(
        matched(&cancelled),
        "line 1 billed before received; line 2 billed before received"
    );

    let mut surplus = world(&json!({}));
    let row = json!({"id": 3_001, "description": "", "purchaseOrderItemId": 1, "quantity": 0.5});
    let again = json!({"id": 22, "billId": 32, "items": [row]});
    received(&mut surplus, &[receipt(&json!({})), receipt(&again)]);
    assert_eq!(
        matched(&surplus),
        "0.5 more received than ordered on line 1"
    );

    let mut other = world(&json!({}));
    order_is(&mut other, &json!({"items": []}));
    assert_eq!(
        matched(&other),
        "line 1 was never ordered; line 2 was never ordered"
    );
}

/// A bill that is 2.00 dearer than its order.
fn dearer() -> Value {
    json!({"items": [item(1, 2.0, 11.5), item(2, 3.0, 1.2345)], "billAmount": 33.74})
}

#[test]
fn what_does_not_match_is_held_until_a_person_approves() {
    let mut world = world(&dearer());
    assert!(done(&world).ends_with("reach draft at 33.74"));
    world.carry("31");
    let decision = world.plan("31").decision;
    let Decision::Wait { on, reason } = decision else {
        panic!("{decision:?}")
    };
    assert!(on.is_empty(), "it waits for a person: {on:?}");
    assert_eq!(reason.cause, "match-differs");
    let approved = world.plan_with("31", Some(APPROVE)).decision;
    assert_eq!(shown(&writes(approved)), "reach posted at 33.74");
    world.carry_with("31", Some(APPROVE));
    assert_eq!(world.reached[&Name("bill_31".to_owned())], Goal::Posted);
    assert_eq!(
        world.plan("31").decision,
        Decision::Unchanged,
        "it is in the books"
    );
    // What was approved is not what it says now.
    let items = json!([item(1, 2.0, 12.0), item(2, 3.0, 1.2345)]);
    sees(&mut world, &json!({"items": items, "billAmount": 34.74}));
    assert_eq!(matched(&world), "price +3.00 on line 1");
}

#[test]
fn what_does_not_match_may_be_posted_with_a_warning() {
    let mut world = world(&dearer());
    let policy = BillPolicy {
        hold: false,
        ..BillPolicy::default()
    };
    billed_as(&mut world, policy);
    assert!(done(&world).ends_with("reach posted at 33.74"));
    assert_eq!(world.plan("31").warnings, ["match: price +2.00 on line 1"]);
}

#[test]
fn a_draft_that_was_held_is_posted_when_its_order_is_corrected() {
    let mut world = world(&dearer());
    world.carry("31");
    let item = |id: i64, quantity: f64, cost: f64| json!({"id": id, "description": "", "quantity": quantity, "cost": cost});
    order_is(
        &mut world,
        &json!({"items": [item(1, 2.0, 11.5), item(2, 3.0, 1.2345)]}),
    );
    assert_eq!(done(&world), "reach posted at 33.74");
}

#[test]
fn a_bill_in_the_books_stays_there_when_its_order_changes() {
    let mut world = world(&json!({}));
    world.carry("31");
    order_is(&mut world, &json!({"items": []}));
    let plan = world.plan("31");
    assert_eq!(plan.decision, Decision::Unchanged);
    assert!(
        plan.warnings[0].contains("was never ordered"),
        "{:?}",
        plan.warnings
    );
}

/// Another bill of the order's goods: so many of line 1, whole of line 2.
fn again(id: i64, number: &str, of_line_1: f64) -> Value {
    let row = json!({
        "id": id, "referenceNumber": format!("B-{id}"), "vendorNumber": number, "items": [item(1, of_line_1, 10.5)],
        "billAmount": 10.5 * of_line_1, "taxAmount": 0, "shippingAmount": 0,
    });
    bill(&row)
}

fn goal(world: &World, id: &str) -> String {
    let writes = match world.plan(id).decision {
        Decision::Write(writes) => writes,
        other => return other.as_str().to_owned(),
    };
    let Some(Verb::Reach { goal, hold, .. }) = writes.last().map(|write| &write.verb) else {
        panic!("{writes:?}")
    };
    let cause = hold.as_ref().map_or("", |hold| hold.cause.as_str());
    format!("{} {cause}", goal.as_str()).trim().to_owned()
}

#[test]
fn the_same_goods_are_billed_once_whichever_bill_arrives_first() {
    let second = || again(32, "INV-10", 2.0);
    let found = "match: quantity +2 on line 1, together with bill B-31";
    // Both are new: the one that ServiceTitan made first goes on.
    let mut world = world(&json!({}));
    world.sees(RowKind::InventoryBill, &second());
    assert_eq!(goal(&world, "31"), "posted");
    assert_eq!(goal(&world, "32"), "draft match-differs");
    assert_eq!(world.plan("32").warnings, [found]);

    // What is in the books goes before what is not.
    let mut late = world_of(Flow::Bills, RowKind::InventoryBill, &second());
    late.carry("32");
    assert_eq!(goal(&late, "32"), "unchanged");
    sees(&mut late, &json!({}));
    assert_eq!(goal(&late, "31"), "draft match-differs");
    let found = "match: quantity +2 on line 1, together with bill B-32";
    assert_eq!(late.plan("31").warnings, [found]);
    late.carry("31");
    assert_eq!(goal(&late, "31"), "wait");
    assert_eq!(goal(&late, "32"), "unchanged");
    assert!(
        late.plan("31")
            .rests_on
            .contains(&Name("bill_32".to_owned())),
        "it is planned again when the other one changes"
    );

    // The other one is deleted: nothing is billed twice any more.
    late.sees(
        RowKind::InventoryBill,
        &with(second(), &json!({"active": false})),
    );
    assert_eq!(goal(&late, "31"), "posted");
    // Or it bills less.
    late.sees(RowKind::InventoryBill, &again(32, "INV-10", 0.0));
    assert_eq!(goal(&late, "31"), "posted");
    // Or it is of another order.
    late.sees(
        RowKind::InventoryBill,
        &with(second(), &json!({"purchaseOrderId": 13})),
    );
    assert_eq!(goal(&late, "31"), "posted");
}

#[test]
fn parts_of_what_came_may_be_billed_one_after_the_other() {
    let mut world = world_of(
        Flow::Bills,
        RowKind::InventoryBill,
        &again(31, "INV-9", 1.5),
    );
    world.sees(RowKind::InventoryBill, &again(32, "INV-10", 0.5));
    assert_eq!(
        world.plan("31").warnings,
        ["match: quantity -0.5 on line 1"]
    );
    assert_eq!(goal(&world, "32"), "posted");
    world.sees(RowKind::InventoryBill, &again(33, "INV-11", 0.25));
    assert_eq!(
        world.plan("33").warnings,
        ["match: quantity +0.25 on line 1, together with bill B-31, bill B-32"]
    );
    let items = json!([
        item(1, 1.0, 10.5),
        with(item(1, 1.5, 10.5), &json!({"id": 5}))
    ]);
    let twice = again(31, "INV-9", 2.5);
    let twice = with(twice, &json!({"items": items}));
    let twice = world_of(Flow::Bills, RowKind::InventoryBill, &twice);
    let found = "match: quantity -1 on line 1; quantity +0.5 on line 2, together with line 1";
    assert_eq!(twice.plan("31").warnings, [found]);
}

#[test]
fn one_of_hundreds_that_are_alike_waits_for_a_person() {
    let mut world = world(&json!({}));
    assert_eq!(goal(&world, "31"), "posted");
    world.is_cut = true;
    assert_eq!(goal(&world, "31"), "draft duplicate-number");
    let approved = world.plan_with("31", Some(APPROVE));
    assert!(matches!(approved.decision, Decision::Write(_)));
    assert_eq!(approved.warnings.len(), 1, "{:?}", approved.warnings);
}

#[test]
fn of_two_bills_with_one_number_of_the_vendor_the_second_waits_for_a_person() {
    let unrelated = |id: i64| {
        let items = json!([with(item(1, 1.0, 8.0), &json!({"receiptItemId": null}))]);
        let changes = json!({"purchaseOrderId": null, "items": items, "billAmount": 8});
        with(again(id, "INV-9", 1.0), &changes)
    };
    let mut world = world(&json!({}));
    world.sees(RowKind::InventoryBill, &unrelated(32));
    assert_eq!(goal(&world, "31"), "posted");
    assert_eq!(goal(&world, "32"), "draft duplicate-number");
    let said = r#"bill B-31 of this vendor has the number "INV-9" too"#;
    assert_eq!(world.plan("32").warnings, [said]);
    world.carry("32");
    assert_eq!(goal(&world, "32"), "wait");
    let approved = world.plan_with("32", Some(APPROVE)).decision;
    assert_eq!(shown(&writes(approved)), "reach posted at 8");
    world.carry_with("32", Some(APPROVE));
    assert_eq!(goal(&world, "32"), "unchanged", "it is in the books");

    let policy = BillPolicy {
        hold: false,
        ..BillPolicy::default()
    };
    let mut warned = world_of(Flow::Bills, RowKind::InventoryBill, &unrelated(31));
    billed_as(&mut warned, policy);
    warned.sees(RowKind::InventoryBill, &unrelated(32));
    assert_eq!(goal(&warned, "32"), "posted");
    assert_eq!(warned.plan("32").warnings, [said]);
    let other = with(unrelated(32), &json!({"vendorNumber": "INV-90"}));
    warned.sees(RowKind::InventoryBill, &other);
    assert_eq!(warned.plan("32").warnings, [""; 0]);
}
