//! Documents line by line.

use super::*;

#[test]
fn a_line_that_changed_is_found_although_the_total_is_equal() {
    let mut wanted = order(1);
    let name = wanted.name.clone().unwrap();
    wanted.lines = Some(vec![
        line(&name, "1", "1", "60.00"),
        line(&name, "2", "1", "60.00"),
    ]);
    let lines = |lines: Vec<Line>| move |held: &mut Document| held.lines = Some(lines);
    let both = [("1", "1", "59.00"), ("2", "1", "61.00")];
    let moved = both.map(|(id, quantity, amount)| line(&name, id, quantity, amount));
    assert_eq!(
        of_pair(wanted.clone(), lines(moved.into())),
        [Cause::Changed]
    );
    // One went, another one came.
    let mut added = line(&name, "1", "1", "60.00");
    added.name = None;
    let other = vec![line(&name, "1", "1", "60.00"), added];
    assert_eq!(of_pair(wanted.clone(), lines(other)), [Cause::Changed]);
    // The same amount for another quantity.
    let doubled = vec![
        line(&name, "1", "2", "60.00"),
        line(&name, "2", "1", "60.00"),
    ];
    assert_eq!(of_pair(wanted.clone(), lines(doubled)), [Cause::Changed]);
    // Lines that nobody can compare are not compared.
    assert!(of_pair(wanted, |held| held.lines = None).is_empty());
}

#[test]
fn what_rounding_does_to_lines_is_no_change() {
    let mut wanted = order(1);
    wanted.total = dec("8.64");
    let name = wanted.name.clone().unwrap();
    let priced = |quantity: &str, amount: &str| Line {
        unit_cost: Some(dec("1.2345")),
        ..line(&name, "1", quantity, amount)
    };
    wanted.lines = Some(vec![priced("7", "8.64")]);
    let rounding = line(&name, "rounding", "1", "0.03");
    let lines = |lines: Vec<Line>| move |held: &mut Document| held.lines = Some(lines);
    // At a price of 1.23.
    let held = vec![priced("7", "8.61"), rounding.clone()];
    assert!(of_pair(wanted.clone(), lines(held)).is_empty());
    let held = vec![priced("7", "8.60"), rounding];
    assert_eq!(of_pair(wanted.clone(), lines(held)), [Cause::Changed]);
    // A quantity that Odoo keeps with two places.
    wanted.lines = Some(vec![priced("2.3333", "2.88")]);
    let held = vec![priced("2.33", "2.88")];
    assert!(of_pair(wanted.clone(), lines(held)).is_empty());
    let held = vec![priced("2.34", "2.88")];
    assert_eq!(of_pair(wanted.clone(), lines(held)), [Cause::Changed]);
    // Numbers that cannot be counted with are compared as they are.
    wanted.lines = Some(vec![priced("99999999999999999999", "1.00")]);
    let held = vec![priced("99999999999999999998", "1.00")];
    assert_eq!(of_pair(wanted, lines(held)), [Cause::Changed]);
}

#[test]
fn what_is_received_is_compared_line_by_line() {
    let receipts = || {
        let mut wanted = document(Kind::Receipts, 1);
        let name = wanted.name.clone().unwrap();
        wanted.total = dec("5");
        wanted.lines = Some(vec![line(&name, "1", "2", "2"), line(&name, "2", "3", "3")]);
        wanted
    };
    let came = |at: usize, amount: &'static str| {
        move |held: &mut Document| {
            held.lines.as_mut().unwrap()[at].amount = dec(amount);
        }
    };
    assert!(of_pair(receipts(), |_| ()).is_empty());
    assert_eq!(of_pair(receipts(), came(1, "2.5")), [Cause::NotReceived]);
    assert_eq!(of_pair(receipts(), came(0, "4")), [Cause::ReceivedMore]);
    let report = compared([receipts()], []);
    assert_eq!(causes(&report), [[Cause::NotReceived]]);
    // Quantities are no money, and their orders are counted already.
    assert_eq!(
        report.certificate(),
        "0 documents, 0 missing, 0 extra, 0.00 difference"
    );
    let mut canceled = receipts();
    canceled.standing = Standing::Cancelled;
    assert!(compared([canceled], []).is_equal());
    let mut nothing = receipts();
    nothing.lines = Some(Vec::new());
    assert!(compared([nothing], []).is_equal());
}
