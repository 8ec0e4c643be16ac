mod laws;
mod lines;
mod sales;

use super::*;
use crate::link::Name;

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn october() -> Period {
    "2026-10".parse().unwrap()
}

fn vendor(id: i64) -> Vendor {
    Vendor {
        names: vec![Name(format!("vendor_{id}"))],
        shown: format!("Vendor {id}"),
    }
}

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::PurchaseOrders | Kind::Receipts => "purchase_order",
        Kind::Bills => "bill",
        Kind::Credits => "vendor_credit",
        Kind::Invoices | Kind::CreditNotes => "invoice",
        Kind::Payments | Kind::Refunds => "payment",
    }
}

/// A document with one line of 2 at 60.00, as both sides have it.
fn document(kind: Kind, id: i64) -> Document {
    let name = Name(format!("{}_{id}", noun(kind)));
    Document {
        kind,
        id,
        number: Some(format!("N-{id}")),
        reference: Some(format!("R-{id}")),
        vendor: vendor(7),
        date: "2026-10-05".parse().ok(),
        booked: None,
        total: dec("120.00"),
        tax: None,
        standing: Standing::Binding,
        settled: None,
        lines: Some(vec![line(&name, "1", "2", "120.00")]),
        name: Some(name),
    }
}

fn line(document: &Name, line: &str, quantity: &str, amount: &str) -> Line {
    let quantity = dec(quantity);
    Line {
        name: Some(crate::document::line_name(document, line)),
        label: line.to_owned(),
        quantity,
        unit_cost: Some(dec("60.00")),
        amount: dec(amount),
    }
}

fn bill(id: i64) -> Document {
    document(Kind::Bills, id)
}

fn order(id: i64) -> Document {
    document(Kind::PurchaseOrders, id)
}

/// The same document in Odoo, changed.
fn in_odoo(document: &Document, change: impl FnOnce(&mut Document)) -> Document {
    let mut held = document.clone();
    held.id += 1_000;
    for line in held.lines.iter_mut().flatten() {
        line.unit_cost = None;
    }
    change(&mut held);
    held
}

fn by_hand(id: i64, change: impl FnOnce(&mut Document)) -> Document {
    in_odoo(&bill(id), |held| {
        held.name = None;
        change(held);
    })
}

fn compared(servicetitan: impl Into<Vec<Document>>, odoo: impl Into<Vec<Document>>) -> Report {
    let sides = Sides {
        servicetitan: servicetitan.into(),
        odoo: odoo.into(),
        ..Sides::default()
    };
    compare(october(), sides)
}

/// The causes of each difference.
fn causes(report: &Report) -> Vec<Vec<Cause>> {
    let of = |one: &Difference| one.findings.iter().map(|finding| finding.cause).collect();
    report.differences.iter().map(of).collect()
}

/// What differs of one pair.
fn of_pair(wanted: Document, change: impl FnOnce(&mut Document)) -> Vec<Cause> {
    let held = in_odoo(&wanted, change);
    let report = compared([wanted], [held]);
    assert!(report.differences.len() <= 1, "{report:?}");
    causes(&report).pop().unwrap_or_default()
}

fn set_day(document: &mut Document, day: &str) {
    document.date = day.parse().ok();
}

#[test]
fn what_is_equal_gets_a_certificate() {
    let documents = [order(1), bill(1), bill(2), document(Kind::Credits, 3)];
    let report = compared(
        documents.clone(),
        documents.each_ref().map(|one| in_odoo(one, |_| ())),
    );
    assert_eq!(causes(&report), Vec::<Vec<Cause>>::new());
    assert!(report.is_equal());
    assert_eq!(
        report.certificate(),
        "4 documents, 0 missing, 0 extra, 0.00 difference"
    );
    let bills = &report.totals[1];
    assert_eq!(
        (
            bills.kind,
            bills.vendor.as_str(),
            bills.servicetitan,
            bills.odoo
        ),
        (
            Kind::Bills,
            "Vendor 7",
            Sum {
                count: 2,
                total: dec("240.00")
            },
            Sum {
                count: 2,
                total: dec("240.00")
            }
        )
    );
}

#[test]
fn nothing_at_all_is_equal() {
    let report = compared([], []);
    assert!(report.is_equal() && report.totals.is_empty());
    assert_eq!(
        report.certificate(),
        "0 documents, 0 missing, 0 extra, 0.00 difference"
    );
}

#[test]
fn each_thing_that_people_do_is_named() {
    let total = |total: &'static str| move |held: &mut Document| held.total = dec(total);
    assert_eq!(of_pair(bill(1), total("119.99")), [Cause::Amount]);
    assert_eq!(of_pair(order(1), total("120.01")), [Cause::Amount]);
    assert_eq!(
        of_pair(bill(1), |held| set_day(held, "2026-11-01")),
        [Cause::OtherPeriod]
    );
    assert_eq!(
        of_pair(bill(1), |held| held.booked = "2026-11-01".parse().ok()),
        [Cause::OtherPeriod]
    );
    assert_eq!(
        of_pair(bill(1), |held| held.date = None),
        [Cause::OtherPeriod]
    );
    assert_eq!(
        of_pair(bill(1), |held| held.standing = Standing::Draft),
        [Cause::Draft]
    );
    assert_eq!(
        of_pair(order(1), |held| held.standing = Standing::Draft),
        [Cause::Draft]
    );
    assert_eq!(
        of_pair(bill(1), |held| held.standing = Standing::Cancelled),
        [Cause::Cancelled]
    );
    assert_eq!(
        of_pair(bill(1), |held| held.vendor = vendor(8)),
        [Cause::OtherVendor]
    );
    assert_eq!(
        of_pair(bill(1), |held| held.vendor = Vendor::default()),
        [Cause::OtherVendor]
    );
    let report = compared([bill(1)], []);
    assert_eq!(causes(&report), [[Cause::Missing]]);
    assert_eq!(
        report.certificate(),
        "1 documents, 1 missing, 0 extra, -120.00 difference"
    );
    let report = compared([], [by_hand(1, |_| ())]);
    assert_eq!(causes(&report), [[Cause::Extra]]);
    // What was deleted in ServiceTitan, and Odoo still has.
    let report = compared([], [in_odoo(&bill(1), |_| ())]);
    assert_eq!(causes(&report), [[Cause::Extra]]);
    assert_eq!(
        report.differences[0].findings[0].what,
        "Odoo has it with 120.00; in ServiceTitan it is deleted or not to be found"
    );
}

#[test]
fn what_differs_is_told_in_words() {
    let wanted = bill(1);
    let held = in_odoo(&wanted, |held| {
        held.total = dec("90.00");
        let name = held.name.clone().unwrap();
        held.lines = Some(vec![line(&name, "1", "1.5", "90.00")]);
        held.booked = "2026-11-02".parse().ok();
    });
    let report = compared([wanted], [held]);
    let told: Vec<_> = report.differences[0]
        .findings
        .iter()
        .map(|finding| (finding.cause, finding.what.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                Cause::Amount,
                "120.00 in ServiceTitan, 90.00 in Odoo: 30.00 too little; line 1: 2 for 120.00 in ServiceTitan, \
                 1.5 for 90.00 in Odoo"
            ),
            (
                Cause::OtherPeriod,
                "2026-10-05 in ServiceTitan, booked at 2026-11-02 in Odoo"
            ),
        ]
    );
}

#[test]
fn several_causes_are_all_named_the_weightiest_first() {
    let all = of_pair(bill(1), |held| {
        held.standing = Standing::Draft;
        held.vendor = vendor(8);
        held.total = dec("1.00");
        set_day(held, "2026-09-30");
    });
    assert_eq!(
        all,
        [
            Cause::OtherVendor,
            Cause::Amount,
            Cause::OtherPeriod,
            Cause::Draft
        ]
    );
    let cancelled = of_pair(bill(1), |held| {
        held.standing = Standing::Cancelled;
        held.total = dec("1.00");
    });
    assert_eq!(cancelled, [Cause::Cancelled, Cause::Amount]);
}

#[test]
fn what_is_settled_on_both_sides_is_no_difference() {
    let canceled = |mut wanted: Document| {
        wanted.standing = Standing::Cancelled;
        wanted
    };
    // It never came, or was cancelled there too.
    assert!(compared([canceled(order(1))], []).is_equal());
    assert!(of_pair(canceled(order(1)), |_| ()).is_empty());
    assert_eq!(
        of_pair(canceled(order(1)), |held| held.standing = Standing::Binding),
        [Cause::NotCancelled]
    );
    // A pending order is a draft.
    let mut pending = order(1);
    pending.standing = Standing::Draft;
    assert!(of_pair(pending.clone(), |_| ()).is_empty());
    assert_eq!(
        of_pair(pending.clone(), |held| held.standing = Standing::Binding),
        [Cause::Confirmed]
    );
    assert_eq!(causes(&compared([pending], [])), [[Cause::Missing]]);
    // A bill may be brought as a draft, to be posted by a person.
    let mut draft = bill(1);
    draft.standing = Standing::Draft;
    for standing in [Standing::Draft, Standing::Binding] {
        let held = in_odoo(&draft, |held| held.standing = standing);
        let report = compared([draft.clone()], [held]);
        assert!(
            report.is_equal() && report.difference().is_zero(),
            "{report:?}"
        );
    }
    assert_eq!(causes(&compared([draft], [])), [[Cause::Missing]]);
    // A planned credit may have come or not.
    let mut planned = document(Kind::Credits, 1);
    planned.standing = Standing::Planned;
    assert!(compared([planned.clone()], []).is_equal());
    for standing in [Standing::Draft, Standing::Binding, Standing::Cancelled] {
        let held = in_odoo(&planned, |held| held.standing = standing);
        let report = compared([planned.clone()], [held]);
        assert!(
            report.is_equal() && report.difference().is_zero(),
            "{report:?}"
        );
    }
    // What was cancelled in Odoo and entered by nobody of ours does not matter.
    assert!(compared([], [by_hand(1, |held| held.standing = Standing::Cancelled)]).is_equal());
    // Nor does a stranger's bill, or another month's.
    assert!(compared([], [by_hand(1, |held| held.vendor = Vendor::default())]).is_equal());
    assert!(compared([], [by_hand(1, |held| set_day(held, "2026-11-01"))]).is_equal());
    let mut november = bill(1);
    set_day(&mut november, "2026-11-01");
    assert!(compared([november.clone()], []).is_equal());
    assert!(of_pair(november, |held| held.total = dec("1.00")).is_empty());
}

#[test]
fn a_document_of_two_periods_differs_in_both() {
    let mut september = bill(1);
    set_day(&mut september, "2026-09-30");
    let held = in_odoo(&september, |held| set_day(held, "2026-10-01"));
    let report = compared([september], [held]);
    assert_eq!(causes(&report), [[Cause::OtherPeriod]]);
    assert_eq!(
        report.certificate(),
        "0 documents, 0 missing, 0 extra, 120.00 difference"
    );
    // A bill bears the right date and stands in another month's books.
    let booked = in_odoo(&bill(1), |held| held.booked = "2026-11-01".parse().ok());
    assert_eq!(
        compared([bill(1)], [booked]).certificate(),
        "1 documents, 0 missing, 0 extra, -120.00 difference"
    );
}

#[test]
fn a_number_that_a_vendor_used_twice_is_found() {
    let same = |reference: &'static str| {
        move |held: &mut Document| {
            held.reference = Some(reference.to_owned());
        }
    };
    let ours = in_odoo(&bill(1), same("INV-9"));
    // Entered by hand besides ours: theirs is the one to look at.
    let report = compared([bill(1)], [ours.clone(), by_hand(2, same(" inv-9 "))]);
    assert_eq!(causes(&report), [[Cause::Extra, Cause::DuplicateNumber]]);
    assert_eq!(
        report.differences[0].findings[1].what,
        "Odoo has the vendor's number inv-9 also on N-1"
    );
    // Both came from ServiceTitan.
    let twin = in_odoo(&bill(2), same("INV-9"));
    let report = compared([bill(1), bill(2)], [ours.clone(), twin.clone()]);
    assert!(report.differences.is_empty(), "the second one was approved");
    // Neither a cancelled one counts, nor another vendor's, nor a credit, nor no number.
    let alike: [fn(&mut Document); 3] = [
        |held| held.standing = Standing::Cancelled,
        |held| held.vendor = Vendor::default(),
        |held| held.reference = None,
    ];
    for change in alike {
        let other = by_hand(3, |held| {
            same("INV-9")(held);
            change(held);
        });
        let report = compared([bill(1)], [ours.clone(), other]);
        assert!(!causes(&report).concat().contains(&Cause::DuplicateNumber));
    }
    let credit = in_odoo(&document(Kind::Credits, 4), same("INV-9"));
    let report = compared([bill(1), document(Kind::Credits, 4)], [ours, credit]);
    assert!(report.is_equal());
    // An order with the id of such a bill is not concerned.
    let mut order = in_odoo(&order(5), |_| ());
    order.id = twin.id;
    let report = compared([], [twin.clone(), by_hand(6, same("INV-9")), order.clone()]);
    let of_order = report.differences.iter().find(|one| one.kind == order.kind);
    assert_eq!(of_order.unwrap().findings.len(), 1);
}

#[test]
fn a_row_that_cannot_be_read_is_told_and_its_twin_is_not_extra() {
    let held = in_odoo(&bill(1), |_| ());
    let sides = Sides {
        servicetitan: Vec::new(),
        unreadable: vec![Unreadable {
            kind: Kind::Bills,
            name: held.name.clone().unwrap(),
            what: "inventory bill 1: billAmount is no amount".to_owned(),
        }],
        odoo: vec![held],
        ..Sides::default()
    };
    let report = compare(october(), sides);
    assert_eq!(causes(&report), [[Cause::Unreadable]]);
    assert_eq!(report.differences[0].odoo.as_ref().unwrap().id, 1001);
}

#[test]
fn a_merged_partner_stands_for_each_of_its_vendors() {
    let mut other = bill(2);
    other.vendor = vendor(8);
    let merged = |held: &mut Document| {
        held.vendor = Vendor {
            names: vec![Name("vendor_7".to_owned()), Name("vendor_8".to_owned())],
            shown: "Both".to_owned(),
        };
    };
    let held = [in_odoo(&bill(1), merged), in_odoo(&other, merged)];
    let report = compared([bill(1), other], held);
    assert!(report.is_equal());
    let rows: Vec<_> = report
        .totals
        .iter()
        .map(|row| (row.vendor.as_str(), row.servicetitan == row.odoo))
        .collect();
    assert_eq!(rows, [("Vendor 7", true), ("Vendor 8", true)]);
}

#[test]
fn the_order_is_stable() {
    let mut early = bill(9);
    set_day(&mut early, "2026-10-01");
    let mut first = bill(3);
    first.vendor = Vendor {
        names: vec![Name("vendor_1".to_owned())],
        shown: "aardvark".to_owned(),
    };
    let documents = [bill(2), early, order(4), first, bill(1)];
    let ids = |report: &Report| {
        let id = |one: &Difference| one.servicetitan.as_ref().unwrap().id;
        report.differences.iter().map(id).collect::<Vec<_>>()
    };
    let report = compared(documents.clone(), []);
    assert_eq!(ids(&report), [4, 3, 9, 1, 2]);
    let mut turned = documents;
    turned.reverse();
    let again = compared(turned, []);
    assert_eq!(again.differences, report.differences);
    assert_eq!(again.totals, report.totals);
}

#[test]
fn causes_have_words_and_advice_of_their_own() {
    let words: std::collections::BTreeSet<_> = Cause::ALL.map(Cause::as_str).into();
    let advice: std::collections::BTreeSet<_> = Cause::ALL.map(Cause::advice).into();
    assert_eq!(
        (words.len(), advice.len()),
        (Cause::ALL.len(), Cause::ALL.len())
    );
    assert!(Cause::ALL.is_sorted());
    for kind in Kind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    let unknown = "letters".parse::<Kind>().unwrap_err().to_string();
    assert_eq!(
        unknown,
        "`letters` is nothing that can be compared; choose from: purchase-orders, receipts, bills, vendor-credits, invoices, \
         credit-notes, payments, refunds"
    );
}

#[test]
fn an_order_that_people_confirm_in_odoo_may_be_confirmed_or_not() {
    let mut open = order(3);
    open.standing = Standing::Open;
    for standing in [Standing::Draft, Standing::Binding] {
        let found = of_pair(open.clone(), |held| held.standing = standing);
        assert_eq!(found, [], "{standing:?}");
    }
    let found = of_pair(open.clone(), |held| held.standing = Standing::Cancelled);
    assert_eq!(found, [Cause::Cancelled]);
    let missing = causes(&compared([open], []));
    assert_eq!(missing, [[Cause::Missing]]);
}

#[test]
fn what_somebody_entered_by_hand_pairs_by_vendor_number_and_total() {
    let entered = by_hand(1, |held| held.reference = Some(" r-1".to_owned()));
    let report = compared([bill(1)], [entered]);
    assert!(report.is_equal(), "{report:?}");
    assert_eq!(report.by_hand, 1);
    assert_eq!(
        report.certificate(),
        "1 documents, 0 missing, 0 extra, 0.00 difference"
    );
    // Anything else about it is another bill.
    let others: [fn(&mut Document); 4] = [
        |held| held.reference = Some("R-2".to_owned()),
        |held| held.total = dec("119.99"),
        |held| held.vendor = vendor(8),
        |held| held.kind = Kind::Credits,
    ];
    for change in others {
        let report = compared([bill(1)], [by_hand(1, change)]);
        assert_eq!(report.by_hand, 0);
        let counts = [Cause::Missing, Cause::Extra].map(|cause| report.count(cause));
        assert_eq!(counts, [1, 1], "{report:?}");
    }
    // Where it stands, and when, is told as of any other.
    let draft = by_hand(1, |held| held.standing = Standing::Draft);
    assert_eq!(causes(&compared([bill(1)], [draft])), [[Cause::Draft]]);
    let moved = by_hand(1, |held| set_day(held, "2026-11-05"));
    assert_eq!(
        causes(&compared([bill(1)], [moved])),
        [[Cause::OtherPeriod]]
    );
}

#[test]
fn what_may_be_two_papers_pairs_with_neither() {
    let twice = bill(2);
    let twice = Document {
        reference: bill(1).reference,
        ..twice
    };
    let report = compared([bill(1), twice], [by_hand(1, |_| ())]);
    assert_eq!(report.by_hand, 0);
    assert_eq!(report.count(Cause::Missing), 2);
    let report = compared(
        [bill(1)],
        [
            by_hand(1, |_| ()),
            by_hand(2, |held| {
                held.reference = bill(1).reference;
            }),
        ],
    );
    assert_eq!(report.by_hand, 0);
    assert_eq!(report.count(Cause::Missing), 1);
    assert_eq!(report.count(Cause::Extra), 2);
    // What bears its name in Odoo is the one; another one with its number is extra.
    let held = in_odoo(&bill(1), |_| ());
    let report = compared([bill(1)], [held, by_hand(1, |held| held.id += 1)]);
    assert_eq!(report.by_hand, 0);
    assert_eq!(report.count(Cause::Missing), 0);
    assert_eq!(report.count(Cause::Extra), 1);
}

#[test]
fn what_is_booked_on_the_first_day_after_a_closed_period_is_expected() {
    let closed_until = |until: Option<&str>, change: fn(&mut Document)| {
        let wanted = bill(1);
        let held = in_odoo(&wanted, |held| {
            held.booked = "2026-11-01".parse().ok();
            change(held);
        });
        let sides = Sides {
            servicetitan: vec![wanted],
            odoo: vec![held],
            closed_until: until.map(|day| day.parse().unwrap()),
            ..Sides::default()
        };
        compare(october(), sides)
    };
    for until in ["2026-10-31", "2026-11-30"] {
        let report = closed_until(Some(until), |_| ());
        assert_eq!(causes(&report), [[Cause::BookedLater]]);
        assert!(report.is_equal());
        assert_eq!(
            report.certificate(),
            "1 documents, 0 missing, 0 extra, -120.00 difference; 1 document is booked later, as its period was closed"
        );
    }
    // Somebody moved it: its period is open, it went further than it had to, its own date or its amount changed.
    let later: fn(&mut Document) = |held| held.booked = "2026-12-01".parse().ok();
    let other_date: fn(&mut Document) = |held| set_day(held, "2026-11-01");
    for (until, change) in [
        (None, (|_| ()) as fn(&mut Document)),
        (Some("2026-10-04"), |_| ()),
        (Some("2026-10-31"), later),
        (Some("2026-10-31"), other_date),
    ] {
        let report = closed_until(until, change);
        assert_eq!(causes(&report), [[Cause::OtherPeriod]], "{until:?}");
        assert!(!report.is_equal());
    }
    let dearer = closed_until(Some("2026-10-31"), |held| held.total = dec("121.00"));
    assert_eq!(causes(&dearer), [[Cause::Amount, Cause::BookedLater]]);
    assert!(!dearer.is_equal());
}
