//! Customers' payments: when they come, where they go, and what they are matched with.

use serde_json::{Value, json};
use sync::content::Content;
use sync::directory::{PaymentPolicy, PaymentsCome, Receivables};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::mapping::MappingKind;
use sync::plan::{APPROVE, Decision, Goal, Verb};
use sync::record::State;

use crate::papers::{reason, with, writes};
use crate::world::{World, directory};

fn payment(id: i64, total: &str, applied: &[(i64, &str)], changes: &Value) -> Value {
    let applied = applied.iter().zip(1..);
    let applied: Vec<Value> = applied
        .map(|((invoice, amount), n)| {
            json!({"appliedId": 10 * id + n, "appliedTo": invoice, "appliedAmount": amount,
                "appliedOn": "2026-03-06T00:00:00Z", "appliedBy": "ann", "appliedToReferenceNumber": "J-8"})
        })
        .collect();
    let row = json!({
        "id": id, "active": true, "syncStatus": "Posted", "referenceNumber": format!("P-{id}"), "date": "2026-03-06T00:00:00Z",
        "type": "Check", "typeId": "3", "total": total, "unappliedAmount": "0.00", "memo": "Thanks", "checkNumber": "1017",
        "authCode": null, "customer": {"id": 6, "name": "Ann"}, "refundedPaymentId": null, "appliedTo": applied,
        "createdOn": "2026-03-06T10:00:00Z", "modifiedOn": "2026-03-06T10:00:00Z",
    });
    with(row, changes)
}

fn treated(world: &mut World, policy: PaymentPolicy) {
    let began = "2026-01-01T00:00:00Z".parse().expect("a moment");
    let receivables = Receivables::default()
        .with_journals([(20, "Bank".to_owned()), (21, "Check".to_owned())])
        .with_payments(policy)
        .with_began(Flow::Payments, began);
    world.directory = directory().with_receivables(receivables);
}

/// Invoices 77 and 78 are owed, 79 is a credit note.
fn world(rows: &[Value]) -> World {
    let mut world = World::new(Flow::Payments);
    treated(&mut world, PaymentPolicy::default());
    world.knows("customer_6", 60);
    for (name, id, kind) in [
        ("invoice_77", 770, "out_invoice"),
        ("invoice_78", 780, "out_invoice"),
        ("invoice_79", 790, "out_refund"),
    ] {
        world.knows_holding(name, id, Content::from_iter([("move_type", kind)]));
    }
    for row in rows {
        world.sees(RowKind::Payment, row);
    }
    world
}

fn paid(total: &str, applied: &[(i64, &str)]) -> World {
    world(&[payment(55, total, applied, &json!({}))])
}

/// What the plan says, a line each.
fn done(world: &World, source: &str) -> String {
    let writes = writes(world.plan(source).decision);
    let lines = writes.iter().map(|write| match &write.verb {
        Verb::Create { columns } => {
            let columns = columns
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            format!("create {}", columns.collect::<Vec<_>>().join(" "))
        }
        Verb::Update { columns, .. } => {
            let columns = columns
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            format!("update {}", columns.collect::<Vec<_>>().join(" "))
        }
        Verb::Settle {
            goal,
            amount,
            matches,
            before,
        } => {
            let matches: Vec<String> = matches.iter().map(ToString::to_string).collect();
            let before = before
                .iter()
                .map(|(a, b, amount)| format!("{a}>{b}={amount}"));
            format!(
                "{} {amount:.2}: {} (before: {})",
                goal.as_str(),
                matches.join(" "),
                before.collect::<Vec<_>>().join(" ")
            )
        }
        other => panic!("{other:?}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn settled(world: &World, source: &str) -> String {
    done(world, source)
        .lines()
        .last()
        .expect("a line")
        .to_owned()
}

fn cause(world: &World) -> String {
    reason(world.plan("55").decision).cause
}

#[test]
fn a_payment_is_booked_in_its_journal_and_matched_with_what_it_pays() {
    let mut world = paid("130.98", &[(77, "100.00"), (78, "30.98")]);
    assert_eq!(
        done(&world, "55"),
        "create amount=130.98 date=2026-03-06 journal_id/.id=21 memo=P-55 · 1017 · Thanks partner_id/.id=60 \
         partner_type=customer payment_type=inbound\n\
         posted 130.98: payment_55>invoice_77=100.00 payment_55>invoice_78=30.98 (before: )"
    );
    world.carry("55");
    assert_eq!(world.plan("55").decision, Decision::Unchanged);
}

#[test]
fn what_is_on_no_invoice_stays_open_and_what_is_applied_later_is_matched_then() {
    let mut world = paid("100.00", &[]);
    assert_eq!(settled(&world, "55"), "posted 100.00:  (before: )");
    world.carry("55");
    let applied = payment(55, "100.00", &[(77, "40.00")], &json!({}));
    world.sees(RowKind::Payment, &applied);
    assert_eq!(
        done(&world, "55"),
        "posted 100.00: payment_55>invoice_77=40.00 (before: )"
    );
    world.carry("55");
    let moved = payment(55, "100.00", &[(78, "60.00")], &json!({}));
    world.sees(RowKind::Payment, &moved);
    assert_eq!(
        done(&world, "55"),
        "posted 100.00: payment_55>invoice_78=60.00 (before: payment_55>invoice_77=40.00)"
    );
}

#[test]
fn parts_for_one_invoice_are_one() {
    let world = paid("100.00", &[(77, "40.00"), (77, "20.00")]);
    assert_eq!(
        settled(&world, "55"),
        "posted 100.00: payment_55>invoice_77=60.00 (before: )"
    );
}

#[test]
fn a_credit_note_pays_before_the_payment_does() {
    let world = paid("70.00", &[(77, "100.00"), (79, "-30.00")]);
    assert_eq!(
        settled(&world, "55"),
        "posted 70.00: invoice_79>invoice_77=30.00 payment_55>invoice_77=70.00 (before: )"
    );
}

#[test]
fn money_that_was_given_back_is_matched_with_the_payment_that_it_came_from() {
    let first = payment(55, "100.00", &[(77, "100.00")], &json!({}));
    let refund = payment(
        56,
        "-40.00",
        &[(77, "-40.00")],
        &json!({"refundedPaymentId": 55}),
    );
    let mut world = world(std::slice::from_ref(&first));
    world.carry("55");
    world.sees(RowKind::Payment, &refund);
    // The refund is not in Odoo yet: nothing changes.
    assert_eq!(world.plan("55").decision, Decision::Unchanged);
    assert_eq!(
        done(&world, "56"),
        "create amount=40 date=2026-03-06 journal_id/.id=21 memo=P-56 · 1017 · Thanks partner_id/.id=60 \
         partner_type=customer payment_type=outbound\n\
         posted 40.00:  (before: )"
    );
    assert_eq!(world.plan("56").warnings, Vec::<String>::new());
    world.carry("56");
    assert_eq!(
        done(&world, "55"),
        "posted 100.00: payment_55>invoice_77=60.00 payment_55>payment_56=40.00 \
         (before: payment_55>invoice_77=100.00)"
    );
    world.carry("55");
    assert_eq!(world.plan("55").decision, Decision::Unchanged);
    // The refund is voided: the invoice is paid again.
    world.sees(RowKind::Payment, &with(refund, &json!({"active": false})));
    assert_eq!(
        settled(&world, "55"),
        "posted 100.00: payment_55>invoice_77=100.00 \
         (before: payment_55>invoice_77=60.00 payment_55>payment_56=40.00)"
    );
}

#[test]
fn a_credit_that_was_paid_out_is_matched_with_its_credit_note() {
    let world = paid("-30.00", &[(79, "-30.00")]);
    assert_eq!(
        settled(&world, "55"),
        "posted 30.00: invoice_79>payment_55=30.00 (before: )"
    );
}

#[test]
fn it_waits_for_its_invoice_unless_that_stays_away() {
    let mut world = paid("100.00", &[(80, "100.00")]);
    let Decision::Wait { on, .. } = world.plan("55").decision else {
        panic!("it waits")
    };
    assert_eq!(on[0].to_string(), "invoices 80");
    world.knows_rows("invoice_80", "invoice_line_80_", State::Ignored, &[]);
    assert_eq!(settled(&world, "55"), "posted 100.00:  (before: )");
    assert!(world.plan("55").warnings[0].contains("100.00 of it are on invoice 80"));
}

#[test]
fn it_comes_when_servicetitan_says_so() {
    let pending = json!({"syncStatus": "Pending"});
    let row = |changes: &Value| payment(55, "10.00", &[], changes);
    assert_eq!(cause(&world(&[row(&pending)])), "not-ready-yet");
    let mut any = world(&[row(&pending)]);
    let policy = PaymentPolicy {
        come: PaymentsCome::Generated,
        ..PaymentPolicy::default()
    };
    treated(&mut any, policy);
    assert_eq!(settled(&any, "55"), "posted 10.00:  (before: )");
    let old = json!({"syncStatus": "Exported", "createdOn": "2025-12-31T00:00:00Z"});
    let old = world(&[row(&old)]);
    assert_eq!(cause(&old), "exported-before");
    let asked = old.plan_with("55", Some(APPROVE)).decision;
    assert!(matches!(asked, Decision::Write(_)), "{asked:?}");
    assert_eq!(
        cause(&world(&[row(&json!({"active": false}))])),
        "withdrawn-in-servicetitan"
    );
    assert_eq!(
        cause(&world(&[row(&json!({"total": "0.00"}))])),
        "nothing-to-book"
    );
    // What was taken back in ServiceTitan goes back to a draft.
    let mut back = world(&[row(&json!({}))]);
    back.carry("55");
    back.sees(RowKind::Payment, &row(&pending));
    assert_eq!(settled(&back, "55"), "draft 10.00:  (before: )");
}

#[test]
fn a_voided_payment_is_cancelled_once() {
    let mut world = paid("100.00", &[(77, "100.00")]);
    world.carry("55");
    let voided = payment(55, "100.00", &[], &json!({"active": false}));
    world.sees(RowKind::Payment, &voided);
    assert_eq!(
        done(&world, "55"),
        "cancelled 0.00:  (before: payment_55>invoice_77=100.00)"
    );
    world.carry("55");
    assert_eq!(world.plan("55").decision, Decision::Unchanged);
    let writes = world.reached.values().copied().collect::<Vec<Goal>>();
    assert_eq!(writes, [Goal::Cancelled]);
}

#[test]
fn its_journal_is_the_mapped_one_or_that_of_its_name() {
    let of = |changes: &Value, mapped: Option<i64>| {
        let mut world = world(&[payment(55, "10.00", &[], changes)]);
        let mapped = mapped.map(|journal| (MappingKind::PaymentType, "3", journal));
        world.directory = world
            .directory
            .clone()
            .with_mappings(mapped.into_iter().collect());
        world
    };
    assert!(done(&of(&json!({}), Some(20)), "55").contains("journal_id/.id=20"));
    assert_eq!(cause(&of(&json!({}), Some(99))), "no-journal");
    let card = json!({"type": "Amex"});
    let found = reason(of(&card, None).plan("55").decision);
    assert_eq!(found.cause, "no-journal");
    assert!(
        found
            .advice
            .contains("ml-connector mapping set payment-type 3 NAME"),
        "{found:?}"
    );
}

#[test]
fn what_cannot_be_booked_is_said() {
    let of = |changes: &Value| cause(&world(&[payment(55, "10.00", &[], changes)]));
    assert_eq!(of(&json!({"customer": null})), "no-customer");
    assert_eq!(of(&json!({"date": null})), "no-date");
    assert_eq!(
        of(&json!({"total": "79228162514264337593543950335"})),
        "amount-too-large"
    );
}
