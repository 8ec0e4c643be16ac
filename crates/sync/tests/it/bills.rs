//! Vendor bills: lines, accounts, totals, and what they wait for.

use serde_json::{Value, json};
use sync::directory::BillPolicy;
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::plan::Decision;
use sync::record::{SourceId, State};

use crate::matching::matched;
use crate::papers::{
    bill, billed_as, cause, done, item, order, reason, receipt, sees, with, world, world_of,
};

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
fn a_bill_without_the_vendors_number_bears_servicetitans() {
    for number in [json!(null), json!(""), json!(" ")] {
        let world = world(&json!({"vendorNumber": number}));
        let done = done(&world);
        assert!(done.contains(" ref=B-31\n"), "{done}");
    }
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

#[test]
fn a_posted_bill_is_left_alone_while_only_odoo_points_elsewhere() {
    let mut world = world(&json!({}));
    world.carry("31");
    // The vendor was merged in Odoo, the unit mapped anew.
    world.knows("vendor_6", 61);
    world.knows("business_unit_5", 51);
    assert_eq!(world.plan("31").decision, Decision::Unchanged);
    // What ServiceTitan changes is written, with what is right today.
    sees(&mut world, &json!({"summary": "Dock 5"}));
    let written = done(&world);
    assert!(
        written.contains("narration=<p>Dock 5</p> partner_id/.id=61"),
        "{written}"
    );
    assert!(written.contains("{\"51,80\": 100}"), "{written}");
    world.carry("31");
    assert_eq!(world.plan("31").decision, Decision::Unchanged);

    // Another vendor in ServiceTitan is not the same as one that was merged in Odoo.
    world.knows("vendor_7", 62);
    sees(
        &mut world,
        &json!({"summary": "Dock 5", "vendor": {"id": 7, "name": "Other"}}),
    );
    assert!(done(&world).contains("partner_id/.id=62"));
    let draft = BillPolicy {
        post: false,
        ..BillPolicy::default()
    };
    let mut open = crate::papers::world(&json!({}));
    billed_as(&mut open, draft);
    open.carry("31");
    open.knows("vendor_6", 61);
    assert!(done(&open).contains("partner_id/.id=61"), "a draft follows");
}

#[test]
fn a_date_of_another_age_is_none() {
    // What .NET makes of a date that nobody set.
    let unset = "0001-01-01T00:00:00Z";
    assert_eq!(cause(&world(&json!({"billDate": unset}))), "no-date");
    let due = done(&world(&json!({"dueDate": unset})));
    assert!(due.contains("invoice_date_due=2026-03-05"), "{due}");
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
