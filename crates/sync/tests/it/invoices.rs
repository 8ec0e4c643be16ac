//! Customers' invoices: when they come, lines, accounts, tax and totals.

use serde_json::{Value, json};
use sync::directory::{
    Account, Billing, Charge, InvoicePolicy, InvoicesCome, Purchasing, Receivables,
};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::mapping::MappingKind;
use sync::plan::{APPROVE, Decision, Goal, Verb};
use sync::record::State;

use crate::papers::{reason, with, writes};
use crate::purchase_orders::shown;
use crate::world::{World, directory};

fn item(id: i64, quantity: &str, price: &str, total: &str) -> Value {
    json!({
        "id": id, "order": id, "type": "Service", "skuId": 7, "skuName": "TUNE", "displayName": "Tune-up",
        "description": "<p>Spring <b>tune-up</b></p>", "quantity": quantity, "price": price, "total": total,
        "cost": "0.00", "taxable": true, "inventory": false,
        "generalLedgerAccount": {"id": 1, "name": "Sales", "number": "4000", "type": "Income", "detailType": "Income"},
        "businessUnit": null,
    })
}

fn invoice(changes: &Value) -> Value {
    let row = json!({
        "id": 77, "active": true, "syncStatus": "Posted", "reviewStatus": "Reviewed", "sentStatus": "Sent",
        "invoiceConfiguration": "JobInvoice", "referenceNumber": "J-8", "invoiceDate": "2026-03-05T00:00:00Z",
        "dueDate": "2026-04-04T00:00:00Z", "subTotal": "121.00", "salesTax": "9.98", "total": "130.98",
        "balance": "130.98", "salesTaxCode": {"id": 3, "name": "Fresno", "taxRate": 0.0825}, "taxZoneId": 4,
        "customer": {"id": 6, "name": "Ann"}, "location": {"id": 61, "name": "Shop"},
        "businessUnit": {"id": 5, "name": "HVAC"}, "job": {"id": 8, "number": "J-8", "type": "Repair"},
        "projectId": null, "adjustmentToId": null, "summary": "<p>Done</p>",
        "items": [item(1, "1.00", "100.00", "100.00"), item(2, "2.00", "10.50", "21.00")],
        "createdOn": "2026-03-04T10:00:00Z", "modifiedOn": "2026-03-05T10:00:00Z",
    });
    with(row, changes)
}

fn treated(world: &mut World, policy: InvoicePolicy) {
    let accounts = [(400, "4000", "Sales"), (410, "4100", "Maintenance")];
    let accounts = accounts.map(|(id, code, name)| Account {
        id,
        code: code.to_owned(),
        name: name.to_owned(),
    });
    let charges = |first: i64| Charge::ALL.map(|charge| (charge, first + charge as i64));
    let began = "2026-01-01T00:00:00Z".parse().expect("a moment");
    let receivables = Receivables::default()
        .with_taxes([(30, "Fresno".to_owned()), (31, "Clovis".to_owned())])
        .with_policy(policy)
        .with_began(Flow::Invoices, began);
    world.directory = directory()
        .with_purchasing(Purchasing::default().with_charges(charges(90)))
        .with_accounts(accounts)
        .with_billing(Billing::default().with_charge_accounts(charges(590)))
        .with_receivables(receivables);
}

fn world(changes: &Value) -> World {
    let mut world = World::new(Flow::Invoices);
    treated(&mut world, InvoicePolicy::default());
    world.knows("location_61", 161);
    world.knows("customer_6", 60);
    world.knows_rows("customer_6", "location_", State::Synced, &[]);
    for (name, id) in [
        ("business_unit_5", 50),
        ("business_unit_15", 51),
        ("job_8", 80),
        ("item_7", 70),
    ] {
        world.knows(name, id);
    }
    world.sees(RowKind::Invoice, &invoice(changes));
    world
}

fn done(world: &World) -> String {
    shown(&writes(world.plan("77").decision))
}

/// The state, total and tax that the plan brings the invoice to.
fn reached(world: &World) -> (Goal, String, String) {
    let decision = world.plan("77").decision;
    let Decision::Write(writes) = &decision else {
        panic!("{decision:?}")
    };
    match &writes.last().expect("some").verb {
        Verb::Reach {
            goal, total, tax, ..
        } => (*goal, format!("{total:.2}"), format!("{:.2}", tax.amount)),
        other => panic!("{other:?}"),
    }
}

fn left_out(world: &World) -> String {
    match world.plan("77").decision {
        Decision::Ignore(reason) => reason.cause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_invoice_is_booked_with_its_lines_its_tax_and_who_bears_it() {
    let world = world(&json!({}));
    insta::assert_snapshot!(done(&world), @r#"
    create invoice_77: date=2026-03-05 invoice_date=2026-03-05 invoice_date_due=2026-04-04 invoice_origin=J-8 invoice_payment_term_id/.id= move_type=out_invoice narration=<p>Done</p> partner_id/.id=60 partner_shipping_id/.id=161 payment_reference=J-8 ref=J-8
    create invoice_line_77_1: account_id/.id=400 analytic_distribution={"50,80": 100} name=Spring tune-up price_unit=100 product_id/.id=70 quantity=1 sequence=10 tax_ids/.id=30
    create invoice_line_77_2: account_id/.id=400 analytic_distribution={"50,80": 100} name=Spring tune-up price_unit=10.5 product_id/.id=70 quantity=2 sequence=20 tax_ids/.id=30
    reach posted at 130.98
    "#);
    assert_eq!(
        reached(&world),
        (Goal::Posted, "130.98".to_owned(), "9.98".to_owned())
    );
    assert_eq!(world.plan("77").warnings, Vec::<String>::new());
}

#[test]
fn a_second_plan_finds_nothing_to_do_and_a_change_is_said_whole() {
    let mut world = world(&json!({}));
    assert!(world.carry("77") > 0);
    assert_eq!(world.plan("77").decision, Decision::Unchanged);
    let changed = json!({"subTotal": "120.00", "total": "129.98",
        "items": [item(1, "1.00", "99.00", "99.00"), item(2, "2.00", "10.50", "21.00")]});
    world.sees(RowKind::Invoice, &invoice(&changed));
    let done = done(&world);
    assert!(done.contains("invoice_line_77_2"), "{done}");
    assert!(world.carry("77") > 0);
    assert_eq!(world.plan("77").decision, Decision::Unchanged);
}

#[test]
fn it_comes_when_servicetitan_says_so() {
    let pending = json!({"syncStatus": "Pending", "reviewStatus": "NeedsReview"});
    let when = |come, changes: &Value| {
        let mut world = world(&with(pending.clone(), changes));
        let policy = InvoicePolicy {
            come,
            ..InvoicePolicy::default()
        };
        treated(&mut world, policy);
        world
    };
    for come in [
        InvoicesCome::Posted,
        InvoicesCome::Exported,
        InvoicesCome::Reviewed,
        InvoicesCome::Completed,
    ] {
        assert_eq!(
            left_out(&when(come, &json!({}))),
            "not-ready-yet",
            "{come:?}"
        );
    }
    let comes = |come, changes: &Value| {
        let (goal, ..) = reached(&when(come, changes));
        assert_eq!(goal, Goal::Posted, "{come:?} {changes}");
    };
    comes(InvoicesCome::Posted, &json!({"syncStatus": "Posted"}));
    comes(InvoicesCome::Exported, &json!({"syncStatus": "Exported"}));
    comes(
        InvoicesCome::Reviewed,
        &json!({"reviewStatus": "ReadyForBilling"}),
    );
    comes(InvoicesCome::Completed, &json!({"job": null}));
    let mut done = when(InvoicesCome::Completed, &json!({}));
    let job = json!({"id": 8, "customerId": 6, "jobStatus": "Completed"});
    done.knows_rows("job_8", "job_8_", State::Synced, &[(RowKind::Job, job)]);
    // Rows that are known have their link beside them.
    assert_eq!(reached(&done).0, Goal::Posted);
}

#[test]
fn what_was_exported_before_the_connector_came_stays_away_unless_it_is_asked_for() {
    let old = json!({"syncStatus": "Exported", "createdOn": "2025-12-31T10:00:00Z"});
    let mut world = world(&old);
    assert_eq!(left_out(&world), "exported-before");
    world.stands = Some("exported-before".to_owned());
    assert_eq!(left_out(&world), "exported-before");
    let asked = world.plan_with("77", Some(APPROVE)).decision;
    assert!(matches!(asked, Decision::Write(_)), "{asked:?}");
    // It was seen here before it was exported, or is younger than the connector.
    world.stands = Some("not-ready-yet".to_owned());
    assert_eq!(reached(&world).0, Goal::Posted);
    world.stands = Some(String::new());
    assert_eq!(reached(&world).0, Goal::Posted);
    world.stands = None;
    world.sees(
        RowKind::Invoice,
        &invoice(&json!({"syncStatus": "Exported"})),
    );
    assert_eq!(reached(&world).0, Goal::Posted);
    world.sees(RowKind::Invoice, &invoice(&old));
    let policy = InvoicePolicy {
        legacy: true,
        ..InvoicePolicy::default()
    };
    treated(&mut world, policy);
    assert_eq!(reached(&world).0, Goal::Posted);
}

#[test]
fn one_that_is_taken_back_in_servicetitan_goes_back_to_a_draft() {
    let mut world = world(&json!({}));
    world.carry("77");
    world.sees(
        RowKind::Invoice,
        &invoice(&json!({"syncStatus": "Pending"})),
    );
    assert_eq!(reached(&world).0, Goal::Draft);
    world.carry("77");
    assert_eq!(world.plan("77").decision, Decision::Unchanged);
    world.sees(RowKind::Invoice, &invoice(&json!({"active": false})));
    assert_eq!(done(&world), "reach cancelled at 0");
    world.carry("77");
    assert_eq!(world.plan("77").decision, Decision::Unchanged);
}

#[test]
fn what_comes_to_less_than_nothing_is_a_credit_note_of_its_parent() {
    let refund = json!({
        "adjustmentToId": 70, "subTotal": "-50.00", "salesTax": "-4.13", "total": "-54.13", "job": null,
        "items": [item(1, "-1.00", "60.00", "-60.00"), item(2, "1.00", "10.00", "10.00")],
    });
    let mut world = world(&refund);
    let Decision::Wait { on, .. } = world.plan("77").decision else {
        panic!("it waits for its parent")
    };
    assert_eq!(on[0].to_string(), "invoices 70");
    world.knows("invoice_70", 700);
    let done = done(&world);
    assert!(done.contains("move_type=out_refund"), "{done}");
    assert!(done.contains("reversed_entry_id/.id=700"), "{done}");
    assert!(
        done.contains("price_unit=60 product_id/.id=70 quantity=1"),
        "{done}"
    );
    assert!(
        done.contains("price_unit=10 product_id/.id=70 quantity=-1"),
        "{done}"
    );
    assert_eq!(
        reached(&world),
        (Goal::Posted, "54.13".to_owned(), "4.13".to_owned())
    );
}

#[test]
fn an_adjustment_of_what_stays_away_stands_on_its_own() {
    let refund = json!({
        "adjustmentToId": 70, "subTotal": "-121.00", "salesTax": "-9.98", "total": "-130.98",
        "items": [item(1, "-1.00", "121.00", "-121.00")],
    });
    let mut world = world(&refund);
    world.knows_rows("invoice_70", "invoice_line_70_", State::Ignored, &[]);
    let plan = world.plan("77");
    assert!(matches!(plan.decision, Decision::Write(_)), "{plan:?}");
    assert!(plan.warnings[0].contains("adjusts invoice 70"), "{plan:?}");
}

#[test]
fn an_invoice_does_not_turn_into_a_credit_note() {
    let mut world = world(&json!({}));
    world.carry("77");
    let negative = json!({"subTotal": "-10.00", "salesTax": "0.00", "total": "-10.00",
        "items": [item(1, "-1.00", "10.00", "-10.00")]});
    world.sees(RowKind::Invoice, &invoice(&negative));
    assert_eq!(cause_of(&world), "sign-changed");
}

fn cause_of(world: &World) -> String {
    match world.plan("77").decision {
        Decision::Fail(reason) => reason.cause,
        other => panic!("{other:?}"),
    }
}

#[test]
fn sums_that_do_not_agree_are_not_booked() {
    let differs = [
        json!({"total": "130.99"}),
        json!({"subTotal": "121.02", "total": "131.00"}),
        json!({"items": [item(1, "1.00", "100.00", "100.00")]}),
    ];
    for changes in differs {
        assert_eq!(cause_of(&world(&changes)), "total-differs", "{changes}");
    }
    // Half a cent for each line is rounding, and stands in a line of its own.
    let rounded = json!({"subTotal": "121.01", "total": "130.99"});
    let items = json!([
        item(1, "1.00", "100.004", "100.004"),
        item(2, "2.00", "10.502", "21.004")
    ]);
    let world = world(&with(rounded, &json!({"items": items})));
    let done = done(&world);
    assert!(done.contains("invoice_line_77_rounding"), "{done}");
    assert_eq!(reached(&world).1, "130.99");
}

#[test]
fn a_discount_is_a_line_and_a_line_total_goes_before_its_price() {
    let items = json!([
        item(1, "1.00", "100.00", "90.00"),
        with(
            item(2, "1.00", "-9.00", "-9.00"),
            &json!({"type": "PriceModifier", "skuId": 99})
        ),
    ]);
    let world =
        world(&json!({"items": items, "subTotal": "81.00", "salesTax": "0.00", "total": "81.00"}));
    let done = done(&world);
    assert!(
        done.contains("name=Spring tune-up price_unit=90 product_id/.id=70"),
        "{done}"
    );
    assert!(
        done.contains("price_unit=-9 product_id/.id= quantity=1"),
        "{done}"
    );
    assert!(!done.contains("tax_ids/.id=30"), "{done}");
}

#[test]
fn tax_is_the_mapped_one_or_that_of_its_name() {
    let of = |changes: &Value, mapped: Option<(&str, i64)>| {
        let mut world = world(changes);
        let mappings = mapped.map(|(zone, tax)| (MappingKind::TaxZone, zone, tax));
        world.directory = world
            .directory
            .clone()
            .with_mappings(mappings.into_iter().collect());
        world
    };
    let taxed = |world: &World| {
        let done = done(world);
        let at = done.find("tax_ids/.id=").expect("a line says its tax");
        done[at + 12..].lines().next().unwrap().to_owned()
    };
    assert_eq!(taxed(&of(&json!({}), None)), "30");
    assert_eq!(taxed(&of(&json!({}), Some(("4", 31)))), "31");
    assert_eq!(cause_of(&of(&json!({}), Some(("4", 99)))), "no-tax");
    let elsewhere = json!({"salesTaxCode": {"id": 3, "name": "Reno", "taxRate": 0.08}});
    let found = reason(of(&elsewhere, None).plan("77").decision);
    assert_eq!(found.cause, "no-tax");
    assert!(
        found
            .advice
            .contains("ml-connector mapping set tax-zone 4 NAME"),
        "{found:?}"
    );
    let nowhere = json!({"salesTaxCode": null, "taxZoneId": null});
    assert_eq!(cause_of(&of(&nowhere, None)), "no-tax");
    // Only what is taxable is taxed; where nothing is, all of it.
    let mixed = json!([
        item(1, "1.00", "100.00", "100.00"),
        with(
            item(2, "2.00", "10.50", "21.00"),
            &json!({"taxable": false})
        )
    ]);
    let world = of(&json!({"items": mixed}), None);
    assert_eq!(done(&world).matches("tax_ids/.id=30").count(), 1);
    let untaxed = json!([with(
        item(1, "1.00", "121.00", "121.00"),
        &json!({"taxable": false})
    )]);
    let world = of(&json!({"items": untaxed}), None);
    assert_eq!(done(&world).matches("tax_ids/.id=30").count(), 1);
    assert!(world.plan("77").warnings[0].contains("no line that it is taxable"));
}

#[test]
fn an_invoice_without_lines_and_one_of_nothing() {
    let empty = json!({"items": null, "subTotal": "0.00", "salesTax": "0.00", "total": "0.00"});
    assert_eq!(left_out(&world(&empty)), "nothing-to-book");
    let free = json!({"subTotal": "0.00", "salesTax": "0.00", "total": "0.00",
        "items": [with(item(1, "1.00", "0.00", "0.00"), &json!({"generalLedgerAccount": null})),
            item(2, "0.00", "0.00", "0.00")]});
    assert_eq!(
        reached(&world(&free)),
        (Goal::Posted, "0.00".to_owned(), "0.00".to_owned())
    );
    // An invoice that lost its lines is withdrawn.
    let mut world = world(&json!({}));
    world.carry("77");
    world.sees(RowKind::Invoice, &invoice(&empty));
    assert_eq!(done(&world), "reach cancelled at 0");
}

#[test]
fn it_waits_for_whom_it_names_and_items_come_only_where_they_are_wanted() {
    let mut bare = World::new(Flow::Invoices);
    treated(&mut bare, InvoicePolicy::default());
    bare.sees(RowKind::Invoice, &invoice(&json!({})));
    let waits = |world: &World| {
        let Decision::Wait { on, .. } = world.plan("77").decision else {
            panic!("it waits")
        };
        on.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        waits(&bare),
        ["customers 6", "business-units 5", "jobs 8", "items 7"]
    );
    let policy = InvoicePolicy {
        names_items: false,
        ..InvoicePolicy::default()
    };
    treated(&mut bare, policy);
    assert_eq!(waits(&bare), ["customers 6", "business-units 5", "jobs 8"]);
}

#[test]
fn what_cannot_be_booked_is_said() {
    assert_eq!(cause_of(&world(&json!({"customer": null}))), "no-customer");
    assert_eq!(cause_of(&world(&json!({"invoiceDate": null}))), "no-date");
    assert_eq!(
        cause_of(&world(&json!({"invoiceDate": "0001-01-01T00:00:00Z"}))),
        "no-date"
    );
    let large = json!({"total": "79228162514264337593543950335"});
    assert_eq!(cause_of(&world(&large)), "amount-too-large");
    let nowhere = json!([with(
        item(1, "1.00", "121.00", "121.00"),
        &json!({"generalLedgerAccount": null})
    )]);
    assert_eq!(
        cause_of(&world(&json!({"items": nowhere}))),
        "line-without-account"
    );
    let elsewhere = json!({"id": 2, "name": "Elsewhere", "number": "9999"});
    let elsewhere = json!([with(
        item(1, "1.00", "121.00", "121.00"),
        &json!({"generalLedgerAccount": elsewhere})
    )]);
    assert_eq!(cause_of(&world(&json!({"items": elsewhere}))), "no-account");
}
