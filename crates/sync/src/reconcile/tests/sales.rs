//! Customers' invoices and payments.

use servicetitan::record::{Invoice, Payment};

use super::*;
use crate::directory::{InvoicePolicy, InvoicesCome, PaymentPolicy};

fn invoice(change: impl FnOnce(&mut serde_json::Value)) -> Invoice {
    let mut row = serde_json::json!({
        "id": 7, "syncStatus": "Posted", "referenceNumber": "S-7", "invoiceDate": "2026-10-05T00:00:00Z",
        "subTotal": "100.00", "salesTax": "8.00", "total": "108.00", "customer": {"id": 3, "name": "Ada"},
        "items": [{"id": 1, "type": "Service", "quantity": "2", "price": "50", "total": "100", "taxable": true}]});
    change(&mut row);
    serde_json::from_value(row).unwrap()
}

fn of(invoice: &Invoice) -> Document {
    of_invoice(invoice, &InvoicePolicy::default(), false)
}

fn payment(total: &str, applied: &str) -> Payment {
    serde_json::from_value(serde_json::json!({
        "id": 9, "syncStatus": "Posted", "referenceNumber": "P-9", "date": "2026-10-06T00:00:00Z", "total": total,
        "customer": {"id": 3, "name": "Ada"},
        "appliedTo": [{"appliedId": 1, "appliedTo": 7, "appliedAmount": applied}]}))
    .unwrap()
}

fn paid(id: i64, amount: &str) -> Line {
    Line {
        name: Some(Name(format!("invoice_{id}"))),
        label: format!("invoice {id}"),
        quantity: Decimal::ONE,
        unit_cost: None,
        amount: dec(amount),
    }
}

#[test]
fn tax_and_amount_are_told_apart() {
    let wanted = of(&invoice(|_| ()));
    assert_eq!(wanted.name, Some(Name("invoice_7".to_owned())));
    assert_eq!(of_pair(wanted.clone(), |_| ()), []);
    let taxed = of_pair(wanted.clone(), |held| {
        held.tax = Some(dec("8.50"));
        held.total = dec("108.50");
    });
    assert_eq!(taxed, [Cause::Tax]);
    // Two mistakes that cancel each other out are two.
    let both = of_pair(wanted.clone(), |held| held.tax = Some(dec("7.00")));
    assert_eq!(both, [Cause::Amount, Cause::Tax]);
    let dearer = of_pair(wanted, |held| held.total = dec("109.00"));
    assert_eq!(dearer, [Cause::Amount]);
}

#[test]
fn less_than_nothing_is_a_credit_note_of_positive_amounts() {
    let document = of(&invoice(|row| {
        row["subTotal"] = "-100".into();
        row["salesTax"] = "-8".into();
        row["total"] = "-108".into();
        row["items"][0]["total"] = "-100".into();
        row["items"][0]["price"] = "-50".into();
    }));
    let line = &document.lines.as_ref().unwrap()[0];
    assert_eq!(
        (document.kind, document.total, document.tax, line.amount),
        (Kind::CreditNotes, dec("108"), Some(dec("8")), dec("100"))
    );
}

#[test]
fn the_rule_of_the_connection_decides_what_is_due() {
    let pending = invoice(|row| row["syncStatus"] = "Pending".into());
    let standing = |come, is_completed| {
        let policy = InvoicePolicy {
            come,
            ..InvoicePolicy::default()
        };
        of_invoice(&pending, &policy, is_completed).standing
    };
    assert_eq!(standing(InvoicesCome::Posted, true), Standing::Planned);
    assert_eq!(standing(InvoicesCome::Completed, false), Standing::Planned);
    assert_eq!(standing(InvoicesCome::Completed, true), Standing::Binding);
    let report = compared([of(&pending)], []);
    assert!(report.is_equal());
    let left_out = &report.left_out[&(Kind::Invoices, Standing::Planned)];
    assert_eq!((left_out.count, left_out.total), (1, dec("108")));
    // It was taken back, and Odoo has it in the books.
    let taken_back = of_pair(of(&pending), |held| held.standing = Standing::Binding);
    assert_eq!(taken_back, [Cause::Confirmed]);
    let draft = of_pair(of(&pending), |held| held.standing = Standing::Draft);
    assert_eq!(draft, []);
    for change in [("active", false.into()), ("items", serde_json::json!([]))] {
        let gone = of(&invoice(|row| {
            row[change.0] = change.1;
            row["total"] = "0".into();
        }));
        assert_eq!(gone.standing, Standing::Cancelled);
    }
}

#[test]
fn what_was_exported_before_the_connector_came_is_told_and_no_difference() {
    let mut wanted = of(&invoice(|row| row["syncStatus"] = "Exported".into()));
    assert_eq!(causes(&compared([wanted.clone()], [])), [[Cause::Missing]]);
    wanted.standing = Standing::Elsewhere;
    let report = compared([wanted], []);
    assert!(report.is_equal());
    assert_eq!(report.documents(), 0);
    assert_eq!(
        report.left_out.keys().collect::<Vec<_>>(),
        [&(Kind::Invoices, Standing::Elsewhere)]
    );
    let at = |text: &str| Some(text.parse().unwrap());
    let (early, late) = (at("2026-10-01T00:00:00Z"), at("2026-10-02T00:00:00Z"));
    assert!(is_exported_before(early, late));
    assert!(!is_exported_before(late, early));
    assert!(is_exported_before(late, None));
}

#[test]
fn a_payment_pays_the_same_invoices_on_both_sides() {
    let policy = PaymentPolicy::default();
    let wanted = of_payment(&payment("50", "30"), &policy);
    assert_eq!((wanted.kind, wanted.total), (Kind::Payments, dec("50")));
    assert_eq!(wanted.settled, Some(vec![paid(7, "30")]));
    let matched = |lines: Vec<Line>| of_pair(wanted.clone(), |held| held.settled = Some(lines));
    assert_eq!(matched(vec![paid(7, "30")]), []);
    assert_eq!(matched(vec![paid(7, "10"), paid(7, "20")]), []);
    for otherwise in [
        vec![],
        vec![paid(7, "29.99")],
        vec![paid(8, "30")],
        vec![paid(7, "30"), paid(8, "20")],
    ] {
        assert_eq!(matched(otherwise), [Cause::PaidOtherwise]);
    }
    let stranger = Line {
        name: None,
        label: "MISC/1".to_owned(),
        ..paid(7, "20")
    };
    let held = in_odoo(&wanted, |held| {
        held.settled = Some(vec![paid(7, "30"), stranger]);
    });
    let report = compared([wanted.clone()], [held]);
    assert_eq!(
        report.differences[0].findings[0].what,
        "MISC/1: 20.00 in Odoo alone"
    );
    let refund = of_payment(&payment("-50", "-30"), &policy);
    assert_eq!(
        (refund.kind, refund.total, refund.settled),
        (Kind::Refunds, dec("50"), None)
    );
}

#[test]
fn customers_are_named_as_such() {
    let wanted = of(&invoice(|_| ()));
    let other = of_pair(wanted, |held| held.vendor = vendor(8));
    assert_eq!(other, [Cause::OtherCustomer]);
}
