//! Vendor bills and credits: lines, accounts, totals, the three-way match, and what they wait for.

use serde_json::{Value, json};
use sync::directory::{Account, BillPolicy, Billing, Charge, Purchasing};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::link::Name;
use sync::plan::{APPROVE, Decision, Goal, Verb, Write};
use sync::record::{Reason, SourceId, State};

use crate::purchase_orders::shown;
use crate::world::{World, directory, overlay};

/// A line that bills line `id` of the order.
fn item(id: i64, quantity: f64, cost: f64) -> Value {
    json!({
        "id": id, "order": id, "receiptItemId": 1_000 + id, "skuId": 7, "skuCode": "CAP", "skuType": "Material",
        "name": "Capacitor", "description": "<p>Dual run</p>", "vendorPartNumber": null, "serialNumber": null,
        "inventoryLocation": "Shop", "quantity": quantity, "cost": cost,
        "generalLedgerAccount": {"id": 1, "name": "Sales", "number": "4000", "type": "Income", "detailType": "Income"},
        "costOfSaleAccount": {"id": 2, "name": "Material", "number": "5000", "type": "Cost", "detailType": "Cost"},
        "assetAccount": null, "allocatedTax": 0, "allocatedShipping": 0, "allocatedOtherCosts": 0,
    })
}

fn with(mut row: Value, changes: &Value) -> Value {
    overlay(&mut row, changes);
    row
}

fn bill(changes: &Value) -> Value {
    let row = json!({
        "id": 31, "active": true, "purchaseOrderId": 12, "syncStatus": "Pending", "referenceNumber": "B-31",
        "vendorNumber": "INV-9", "summary": "Dock 4\nring", "billDate": "2026-03-05T00:00:00Z",
        "dueDate": "2026-04-04T00:00:00Z", "postDate": null, "termName": "Net 30", "billAmount": 31.74,
        "taxAmount": 2.04, "shippingAmount": 5, "otherAmount": null, "landedCostMethod": "None",
        "vendor": {"id": 6, "name": "Acme"}, "businessUnit": {"id": 5, "name": "HVAC"}, "jobId": 8,
        "items": [item(1, 2.0, 10.5), item(2, 3.0, 1.2345)], "customFields": null,
    });
    with(row, changes)
}

fn ap_bill(changes: &Value) -> Value {
    let expense = json!({
        "id": 77, "amount": 40.01, "description": "Rent", "budgetCodeId": null, "job": {"id": 8, "name": "8"},
        "businessUnit": {"id": 15, "name": "Plumbing"},
        "generalLedgerAccount": {"id": 3, "name": "Freight", "number": null, "type": "Expense", "detailType": "Expense"},
    });
    let own = json!({
        "purchaseOrderId": null, "status": "Unreconciled", "source": "Standalone", "billType": "ApBill", "jobId": null,
        "items": [], "expenseItems": [expense], "billAmount": 40.01, "taxAmount": 0, "shippingAmount": 0,
    });
    with(with(bill(&json!({})), &own), changes)
}

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

fn order(changes: &Value) -> (RowKind, Value) {
    let item = |id: i64, quantity: f64, cost: f64| json!({"id": id, "skuId": 7, "description": "", "quantity": quantity, "cost": cost});
    let row = json!({
        "id": 12, "number": "PO-12", "status": "Received", "vendorId": 6,
        "items": [item(1, 2.0, 10.5), item(2, 3.0, 1.2345)],
    });
    (RowKind::PurchaseOrder, with(row, changes))
}

fn receipt(changes: &Value) -> (RowKind, Value) {
    let item = |line: i64, quantity: f64| json!({"id": 1_000 + line, "skuId": 7, "description": "", "purchaseOrderItemId": line, "quantity": quantity});
    let row = json!({
        "id": 21, "active": true, "number": "R-21", "purchaseOrderId": 12, "billId": 31, "vendorId": 6,
        "items": [item(1, 2.0), item(2, 3.0)],
    });
    (RowKind::Receipt, with(row, changes))
}

fn order_is(world: &mut World, changes: &Value) {
    let rows = [order(changes)];
    world.knows_rows(
        "purchase_order_12",
        "purchase_order_line_12_",
        State::Synced,
        &rows,
    );
}

fn received(world: &mut World, rows: &[(RowKind, Value)]) {
    world.knows_rows("receipts_12", "receipts_line_12_", State::Synced, rows);
}

fn billed_as(world: &mut World, policy: BillPolicy) {
    let accounts = [(500, "5000", "Material"), (510, "5100", "Freight")];
    let accounts = accounts.map(|(id, code, name)| Account {
        id,
        code: code.to_owned(),
        name: name.to_owned(),
    });
    let charges = |first: i64| Charge::ALL.map(|charge| (charge, first + charge as i64));
    let billing = Billing::default().with_charge_accounts(charges(590));
    world.directory = directory()
        .with_purchasing(Purchasing::default().with_charges(charges(90)))
        .with_accounts(accounts)
        .with_billing(billing.with_policy(policy));
}

/// A world that holds whatever a paper refers to.
fn world_of(flow: Flow, kind: RowKind, row: &Value) -> World {
    let mut world = World::new(flow);
    let of_order = ["", "line_1", "line_2", "line_shipping", "line_tax"];
    for (name, target) in [
        ("vendor_6", 60),
        ("business_unit_5", 50),
        ("business_unit_15", 55),
        ("job_8", 80),
        ("item_7", 70),
    ] {
        world.knows(name, target);
    }
    for (name, target) in of_order.into_iter().zip(120..) {
        let name = name.strip_prefix("line_").map_or_else(
            || "purchase_order_12".to_owned(),
            |line| format!("purchase_order_line_12_{line}"),
        );
        world.knows(&name, target);
    }
    billed_as(&mut world, BillPolicy::default());
    order_is(&mut world, &json!({}));
    received(&mut world, &[receipt(&json!({}))]);
    world.sees(kind, row);
    world
}

pub(crate) fn world(changes: &Value) -> World {
    world_of(Flow::Bills, RowKind::InventoryBill, &bill(changes))
}

pub(crate) fn sees(world: &mut World, changes: &Value) {
    world.sees(RowKind::InventoryBill, &bill(changes));
}

pub(crate) fn writes(decision: Decision) -> Vec<Write> {
    match decision {
        Decision::Write(writes) => writes,
        other => panic!("{other:?}"),
    }
}

fn done(world: &World) -> String {
    shown(&writes(world.plan("31").decision))
}

pub(crate) fn reason(decision: Decision) -> Reason {
    match decision {
        Decision::Fail(reason) | Decision::Ignore(reason) | Decision::Wait { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

fn cause(world: &World) -> String {
    reason(world.plan("31").decision).cause
}

/// What the match says of a bill that is held, `ok` of one that is posted.
fn matched(world: &World) -> String {
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
fn a_bill_is_booked_where_servicetitan_says_and_linked_with_what_it_bills() {
    let world = world(&json!({}));
    insta::assert_snapshot!(done(&world), @r#"
    create bill_31: date=2026-03-05 invoice_date=2026-03-05 invoice_date_due=2026-04-04 invoice_origin=B-31 invoice_payment_term_id/.id= move_type=in_invoice narration=<p>Dock 4<br>ring</p> partner_id/.id=60 ref=INV-9
    create bill_line_31_1: account_id/.id=500 analytic_distribution={"50,80": 100} name=Dual run price_unit=10.5 product_id/.id=70 purchase_line_id/.id=121 quantity=2 sequence=10 tax_ids/.id=
    create bill_line_31_2: account_id/.id=500 analytic_distribution={"50,80": 100} name=Dual run price_unit=1.2345 product_id/.id=70 purchase_line_id/.id=122 quantity=3 sequence=20 tax_ids/.id=
    create bill_line_31_shipping: account_id/.id=590 analytic_distribution={"50,80": 100} name=Shipping price_unit=5 product_id/.id=90 purchase_line_id/.id=123 quantity=1 sequence=10010 tax_ids/.id=
    create bill_line_31_tax: account_id/.id=591 analytic_distribution={"50,80": 100} name=Sales Tax price_unit=2.04 product_id/.id=91 purchase_line_id/.id=124 quantity=1 sequence=10020 tax_ids/.id=
    reach posted at 31.74
    "#);
    assert_eq!(world.plan("31").warnings, Vec::<String>::new());
    assert_eq!(matched(&world), "ok");
}

#[test]
fn a_total_that_its_lines_do_not_explain_is_not_written() {
    let reason = reason(world(&json!({"billAmount": 31.77})).plan("31").decision);
    assert_eq!(reason.cause, "total-differs");
    assert!(
        reason.what.contains("31.77") && reason.what.contains("31.74: 0.03 differ"),
        "{reason:?}"
    );
}

#[test]
fn half_a_cent_for_each_line_is_rounding_and_stands_in_a_line_of_its_own() {
    let items = json!([item(1, 3.0, 1.115), item(2, 3.0, 1.115)]);
    let of = |total: f64| {
        let mut world = world(
            &json!({"items": items, "taxAmount": 0, "shippingAmount": 0, "billAmount": total}),
        );
        // It is about totals here.
        billed_as(
            &mut world,
            BillPolicy {
                hold: false,
                ..BillPolicy::default()
            },
        );
        world
    };
    for (total, rest) in [(6.69, "-0.01"), (6.68, "-0.02")] {
        let world = of(total);
        let done = done(&world);
        let line = done
            .lines()
            .find(|line| line.contains("bill_line_31_rounding: "));
        let line = line.unwrap_or_else(|| panic!("{done}"));
        assert!(line.contains(&format!("price_unit={rest} ")), "{done}");
        assert!(
            done.ends_with(&format!("reach posted at {total}")),
            "{done}"
        );
        assert!(world.plan("31").warnings[0].contains(&format!("leaves {rest} over")));
    }
    let even = done(&of(6.7));
    assert!(
        !even.contains("rounding") && even.contains("reach posted at 6.7"),
        "{even}"
    );
    for total in [6.67, 6.71] {
        assert_eq!(cause(&of(total)), "total-differs", "{total}");
    }
}

#[test]
fn an_amount_is_never_booked_on_an_account_that_nobody_named() {
    let of = |changes: &Value| {
        world(&json!({"items": [with(item(1, 2.0, 10.5), changes)], "billAmount": 28.04}))
    };
    let nameless = of(&json!({"costOfSaleAccount": null, "generalLedgerAccount": null}));
    let reason = reason(nameless.plan("31").decision);
    assert_eq!(reason.cause, "line-without-account");
    assert!(reason.what.contains("line 1 (id 1)"), "{reason:?}");
    let account = json!({"id": 9, "name": "Elsewhere", "number": "9999"});
    assert_eq!(
        cause(&of(&json!({"costOfSaleAccount": account}))),
        "no-account"
    );
    // The account of sales is not the one of costs; it is asked only where there is no other.
    assert_eq!(
        cause(&of(&json!({"costOfSaleAccount": null}))),
        "no-account"
    );
}

#[test]
fn what_the_lines_tell_of_the_charges_is_not_added_twice() {
    let allocated = json!({"allocatedTax": 1.02, "allocatedShipping": 2.5});
    let items = json!([
        with(item(1, 2.0, 10.5), &allocated),
        with(item(2, 3.0, 1.2345), &allocated)
    ]);
    let allocating = world(&json!({"items": items, "landedCostMethod": "Value"}));
    assert_eq!(done(&allocating), done(&world(&json!({}))));
}

#[test]
fn a_withdrawn_bill_stays_away_or_is_cancelled_once() {
    let withdrawn = json!({"active": false});
    let unknown = world(&withdrawn).plan("31").decision;
    let Decision::Ignore(reason) = unknown else {
        panic!("{unknown:?}")
    };
    assert_eq!(reason.cause, "withdrawn-in-servicetitan");

    let mut world = world(&json!({}));
    world.carry("31");
    sees(&mut world, &withdrawn);
    assert_eq!(done(&world), "reach cancelled at 0");
    world.carry("31");
    assert_eq!(world.plan("31").decision, Decision::Unchanged);
    sees(&mut world, &json!({}));
    assert_eq!(done(&world), "reach posted at 31.74");
}

#[test]
fn bills_may_come_only_once_they_are_posted() {
    let policy = || BillPolicy {
        once_posted: true,
        ..BillPolicy::default()
    };
    let mut known = world(&json!({}));
    known.carry("31");
    billed_as(&mut known, policy());
    assert_eq!(
        known.plan("31").decision,
        Decision::Unchanged,
        "it is there"
    );
    for (status, comes) in [("Pending", false), ("Posted", true), ("Exported", true)] {
        let mut world = world(&json!({"syncStatus": status}));
        billed_as(&mut world, policy());
        match world.plan("31").decision {
            Decision::Write(_) => assert!(comes, "{status}"),
            Decision::Ignore(reason) => {
                assert!(!comes, "{status}");
                assert_eq!(reason.cause, "not-posted-yet");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn bills_may_be_left_to_a_person_as_drafts() {
    let mut world = world(&json!({}));
    let policy = BillPolicy {
        post: false,
        ..BillPolicy::default()
    };
    billed_as(&mut world, policy);
    assert!(done(&world).ends_with("reach draft at 31.74"));
    world.carry("31");
    assert_eq!(world.plan("31").decision, Decision::Unchanged);
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

#[test]
fn a_change_says_everything_but_never_what_kind_it_is() {
    let mut world = world(&json!({}));
    world.carry("31");
    let items = json!([item(2, 3.0, 1.2345)]);
    sees(
        &mut world,
        &json!({"items": items, "vendorNumber": "INV-10", "billAmount": 10.74}),
    );
    insta::assert_snapshot!(done(&world), @r#"
    update bill_31: date=2026-03-05 invoice_date=2026-03-05 invoice_date_due=2026-04-04 invoice_origin=B-31 invoice_payment_term_id/.id= narration=<p>Dock 4<br>ring</p> partner_id/.id=60 ref=INV-10
    update bill_line_31_2: account_id/.id=500 analytic_distribution={"50,80": 100} name=Dual run price_unit=1.2345 product_id/.id=70 purchase_line_id/.id=122 quantity=3 sequence=10 tax_ids/.id=
    update bill_line_31_shipping: account_id/.id=590 analytic_distribution={"50,80": 100} name=Shipping price_unit=5 product_id/.id=90 purchase_line_id/.id=123 quantity=1 sequence=10010 tax_ids/.id=
    update bill_line_31_tax: account_id/.id=591 analytic_distribution={"50,80": 100} name=Sales Tax price_unit=2.04 product_id/.id=91 purchase_line_id/.id=124 quantity=1 sequence=10020 tax_ids/.id=
    delete bill_line_31_1
    reach posted at 10.74
    "#);
    world.carry("31");
    assert_eq!(world.plan("31").decision, Decision::Unchanged);
}

#[test]
fn a_bill_waits_for_what_it_names_and_for_the_receipts_of_its_order() {
    let unseen = world(&json!({"vendor": {"id": 99, "name": "New"}}))
        .plan("31")
        .decision;
    let Decision::Wait { on, .. } = &unseen else {
        panic!("{unseen:?}")
    };
    let on: Vec<String> = on.iter().map(|key| key.link_name().0).collect();
    assert_eq!(on, ["vendor_99"]);
    let elsewhere = world(&json!({"purchaseOrderId": 13})).plan("31").decision;
    let Decision::Wait { on, .. } = &elsewhere else {
        panic!("{elsewhere:?}")
    };
    let on: Vec<String> = on.iter().map(|key| key.link_name().0).collect();
    assert_eq!(on, ["purchase_order_13", "receipts_13"]);
}

#[test]
fn a_bill_of_an_order_that_was_left_out_comes_without_it() {
    let mut world = world(&json!({"purchaseOrderId": 13}));
    world.knows_rows(
        "purchase_order_13",
        "purchase_order_line_13_",
        State::Ignored,
        &[],
    );
    world.knows_rows("receipts_13", "receipts_line_13_", State::Ignored, &[]);
    let done = done(&world);
    assert!(
        done.contains("bill_line_31_1: ") && done.ends_with("reach posted at 31.74"),
        "{done}"
    );
    assert_eq!(done.matches(" purchase_line_id/.id= ").count(), 4, "{done}");
    assert!(world.plan("31").warnings[0].starts_with("line 1: no line of the purchase order"));
}

#[test]
fn the_expenses_of_an_ap_bill_are_lines_on_their_own_units_and_jobs() {
    let world = world_of(Flow::ApBills, RowKind::ApBill, &ap_bill(&json!({})));
    insta::assert_snapshot!(done(&world), @r#"
    create ap_bill_31: date=2026-03-05 invoice_date=2026-03-05 invoice_date_due=2026-04-04 invoice_origin=B-31 invoice_payment_term_id/.id= move_type=in_invoice narration=<p>Dock 4<br>ring</p> partner_id/.id=60 ref=INV-9
    create ap_bill_line_31_expense_77: account_id/.id=510 analytic_distribution={"55,80": 100} name=Rent price_unit=40.01 product_id/.id= purchase_line_id/.id= quantity=1 sequence=10 tax_ids/.id=
    reach posted at 40.01
    "#);
}

#[test]
fn an_ap_bill_of_an_order_is_left_to_the_inventory_bill() {
    let of = |changes: &Value| world_of(Flow::ApBills, RowKind::ApBill, &ap_bill(changes));
    assert_eq!(
        cause(&of(&json!({"purchaseOrderId": 12}))),
        "billed-as-inventory-bill"
    );
    for withdrawn in [json!({"status": "Canceled"}), json!({"active": false})] {
        assert_eq!(cause(&of(&withdrawn)), "withdrawn-in-servicetitan");
    }
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

#[test]
fn a_document_comes_to_what_servicetitan_says_whether_it_can_be_carried_or_not() {
    let world = world(&json!({"vendor": null}));
    assert_eq!(cause(&world), "no-vendor");
    let said = |kind: RowKind, flow: Flow, row: &Value| {
        let sighting = sync::filing::file(kind, &row.to_string());
        let part = sync::sighting::Part {
            key: sighting.part,
            payload: sighting.payload,
        };
        let amount = sync::flows::amount(flow, &SourceId::from(31), &[part]);
        amount.map(|amount| format!("{amount:.2}"))
    };
    let of_bill = |changes: Value| said(RowKind::InventoryBill, Flow::Bills, &bill(&changes));
    assert_eq!(of_bill(json!({})).as_deref(), Some("31.74"));
    assert_eq!(
        of_bill(json!({"billAmount": null})).as_deref(),
        Some("31.74")
    );
    assert_eq!(
        of_bill(json!({"billAmount": 31.77})).as_deref(),
        Some("31.77")
    );
    assert_eq!(of_bill(json!({"billAmount": 5e20})), None);
    assert_eq!(of_bill(json!({"items": 7})), None);
    let (kind, row) = order(&json!({"tax": 2, "shipping": 1.5}));
    let of_order = said(kind, Flow::PurchaseOrders, &row);
    assert_eq!(of_order.as_deref(), Some("28.20"));
    let (kind, row) = receipt(&json!({}));
    assert_eq!(said(kind, Flow::Receipts, &row), None);
}
