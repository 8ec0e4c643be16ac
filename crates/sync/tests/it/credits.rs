//! Vendors' credits: returns, and AP credits of no return.

use serde_json::{Value, json};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::link::Name;
use sync::mapping::MappingKind;
use sync::plan::{Decision, Goal};

use crate::papers::{item, reason, receipt, received, with, world_of, writes};
use crate::purchase_orders::shown;
use crate::world::{World, overlay};

/// One of the two that came with the order's first line goes back.
fn returned(changes: &Value) -> Value {
    let mut line = item(1, 1.0, 10.5);
    overlay(&mut line, &json!({"active": true, "code": "CAP"}));
    let row = json!({
        "id": 41, "active": true, "number": "RET-41", "referenceNumber": null, "status": "Returned", "vendorId": 6,
        "purchaseOrderId": 12, "jobId": 8, "businessUnitId": 5, "memo": "", "returnAmount": 12.5, "taxAmount": 2,
        "shippingAmount": 0, "returnDate": "2026-03-09T00:00:00Z", "returnedOn": "2026-03-10T00:00:00Z",
        "creditReceivedOn": null, "dateCanceled": null, "syncStatus": "Pending", "items": [line], "customFields": null,
    });
    with(row, changes)
}

fn credit(changes: &Value) -> World {
    world_of(
        Flow::VendorCredits,
        RowKind::InventoryReturn,
        &returned(changes),
    )
}

fn credited(world: &World) -> String {
    shown(&writes(world.plan("41").decision))
}

fn cause(world: &World) -> String {
    reason(world.plan("41").decision).cause
}

#[test]
fn a_return_is_a_credit_and_what_the_vendor_keeps_is_a_line_of_it() {
    insta::assert_snapshot!(credited(&credit(&json!({}))), @r#"
    create vendor_credit_41: date=2026-03-10 invoice_date=2026-03-10 invoice_date_due=2026-03-10 invoice_origin=RET-41 invoice_payment_term_id/.id= move_type=in_refund narration= partner_id/.id=60 ref=RET-41
    create vendor_credit_line_41_1: account_id/.id=500 analytic_distribution={"50,80": 100} name=Dual run price_unit=10.5 product_id/.id=70 purchase_line_id/.id=121 quantity=1 sequence=10 tax_ids/.id=
    create vendor_credit_line_41_tax: account_id/.id=591 analytic_distribution={"50,80": 100} name=Sales Tax price_unit=2 product_id/.id=91 purchase_line_id/.id=124 quantity=1 sequence=10020 tax_ids/.id=
    reach posted at 12.5
    "#);
    let kept = credited(&credit(&json!({"returnAmount": 10})));
    let line = kept
        .lines()
        .find(|line| line.contains("vendor_credit_line_41_other: "));
    let line = line.unwrap_or_else(|| panic!("{kept}"));
    assert!(line.contains("price_unit=-2.5 "), "{kept}");
    assert!(kept.ends_with("reach posted at 10"), "{kept}");
    let more = credit(&json!({"returnAmount": 13})).plan("41").decision;
    assert_eq!(reason(more).cause, "total-differs");
}

#[test]
fn less_may_go_back_than_came_and_so_may_what_nobody_ordered_but_no_more() {
    let part = credit(&json!({}));
    assert!(credited(&part).ends_with("reach posted at 12.5"));
    let mut surplus = credit(&json!({}));
    let row = json!({"id": 3_001, "description": "", "purchaseOrderItemId": 1, "quantity": 1});
    let again = json!({"id": 22, "billId": 32, "items": [row]});
    received(&mut surplus, &[receipt(&json!({})), receipt(&again)]);
    assert!(credited(&surplus).ends_with("reach posted at 12.5"));
    let line = with(item(1, 3.0, 10.5), &json!({"active": true}));
    let more = credit(&json!({"items": [line], "returnAmount": 33.5}));
    assert!(credited(&more).ends_with("reach draft at 33.5"));
    assert_eq!(more.plan("41").warnings, ["match: quantity +1 on line 1"]);
}

#[test]
fn a_return_comes_when_the_goods_are_gone() {
    let cause = |changes: &Value| reason(credit(changes).plan("41").decision).cause;
    assert_eq!(cause(&json!({"status": "Pending"})), "not-returned-yet");
    assert_eq!(
        cause(&json!({"status": "Canceled"})),
        "withdrawn-in-servicetitan"
    );
    assert_eq!(
        cause(&json!({"active": false})),
        "withdrawn-in-servicetitan"
    );
    assert!(
        credited(&credit(&json!({"status": "CreditReceived"}))).ends_with("reach posted at 12.5")
    );
}

/// An AP credit that is for no return.
fn ap_credit(changes: &Value) -> Value {
    let row = json!({
        "id": 41, "inventoryReturnId": null, "jobId": 8, "active": true, "date": "2026-03-12T00:00:00Z",
        "canceledOn": null, "number": "VC-41", "referenceNumber": "CR-7", "memo": "Bonus < 2025", "amount": 20.5,
        "appliedAmount": 5, "status": "Unreconciled", "syncStatus": "Pending",
        "businessUnit": {"id": 5, "name": "HVAC"}, "vendor": {"id": 6, "name": "Acme"}, "paymentStatus": "Unpaid",
        "splits": [{"id": 1, "active": true, "inventoryBillId": 31, "vendorCreditId": 41, "amount": 5}],
    });
    with(row, changes)
}

fn of_no_return(changes: &Value) -> World {
    let mut world = world_of(Flow::ApCredits, RowKind::ApCredit, &ap_credit(changes));
    let mapping = (MappingKind::GlAccount, "ap-credit", 510);
    world.directory = world
        .directory
        .with_mappings([mapping].into_iter().collect());
    world
}

#[test]
fn a_credit_of_no_return_is_one_line_on_the_account_that_is_mapped_for_such() {
    insta::assert_snapshot!(credited(&of_no_return(&json!({}))), @r#"
    create ap_credit_41: date=2026-03-12 invoice_date=2026-03-12 invoice_date_due=2026-03-12 invoice_origin=VC-41 invoice_payment_term_id/.id= move_type=in_refund narration=<p>Bonus &lt; 2025</p> partner_id/.id=60 ref=CR-7
    create ap_credit_line_41_amount: account_id/.id=510 analytic_distribution={"50,80": 100} name=Vendor Credit price_unit=20.5 product_id/.id= purchase_line_id/.id= quantity=1 sequence=10 tax_ids/.id=
    reach posted at 20.5
    "#);
    let kind = RowKind::ApCredit;
    let unmapped = world_of(Flow::ApCredits, kind, &ap_credit(&json!({})));
    let reason = reason(unmapped.plan("41").decision);
    assert_eq!(reason.cause, "credit-without-account");
    assert!(
        reason
            .advice
            .contains("`ml-connector mapping set gl-account ap-credit CODE`"),
        "{reason:?}"
    );
    let mut gone = of_no_return(&json!({}));
    let mapping = (MappingKind::GlAccount, "ap-credit", 999);
    gone.directory = gone
        .directory
        .with_mappings([mapping].into_iter().collect());
    assert_eq!(cause(&gone), "no-account");
}

#[test]
fn the_credit_of_a_return_is_booked_once() {
    let cause_of = |changes: &Value| cause(&of_no_return(changes));
    assert_eq!(
        cause_of(&json!({"inventoryReturnId": 41})),
        "credited-as-return"
    );
    for withdrawn in [
        json!({"active": false}),
        json!({"status": "Canceled"}),
        json!({"canceledOn": "2026-03-13T00:00:00Z"}),
    ] {
        assert_eq!(cause_of(&withdrawn), "withdrawn-in-servicetitan");
    }
    // It was booked, and is then said to be that of a return.
    let mut world = of_no_return(&json!({}));
    world.carry("41");
    let tied = ap_credit(&json!({"inventoryReturnId": 41}));
    world.sees(RowKind::ApCredit, &tied);
    assert_eq!(credited(&world), "reach cancelled at 0");
    world.carry("41");
    assert_eq!(world.plan("41").decision, Decision::Unchanged);
    assert_eq!(
        world.reached[&Name("ap_credit_41".to_owned())],
        Goal::Cancelled
    );
    world.sees(RowKind::ApCredit, &ap_credit(&json!({})));
    assert_eq!(credited(&world), "reach posted at 20.5");
}

#[test]
fn a_credit_of_nothing_or_less_is_not_booked() {
    let cause_of = |amount: f64| cause(&of_no_return(&json!({"amount": amount})));
    assert_eq!(cause_of(0.0), "nothing-to-book");
    assert_eq!(cause_of(-3.0), "negative-total");
}

#[test]
fn a_credit_of_an_unknown_amount_is_not_taken_for_nothing() {
    let kind = RowKind::ApCredit;
    let unknown = world_of(Flow::ApCredits, kind, &ap_credit(&json!({"amount": null})));
    let Decision::Fail(reason) = unknown.plan("41").decision else {
        panic!("{:?}", unknown.plan("41").decision);
    };
    assert_eq!(reason.cause, "no-amount");
}
