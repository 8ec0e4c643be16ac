use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn name(text: &str) -> ExternalId {
    ExternalId::new("__acme__", text).unwrap()
}

fn item(id: i64, entry: i64, balance: &str, residual: &str) -> OpenItem {
    OpenItem {
        id: RecordId(id),
        entry: RecordId(entry),
        posted: true,
        account: RecordId(5),
        partner: None,
        currency: None,
        company: Some(RecordId(1)),
        due: None,
        balance: decimal(balance),
        amount: decimal(balance),
        residual: decimal(residual),
    }
}

fn part_of(id: i64, debit: i64, credit: i64, amount: &str) -> Reconciliation {
    Reconciliation {
        id: RecordId(id),
        debit: RecordId(debit),
        credit: RecordId(credit),
        amount: decimal(amount),
        since: None,
        written: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// Payment 1 with item 11, invoices 2 and 3 with items 12 and 13.
fn books(residuals: [&str; 3], parts: Vec<(Reconciliation, &str)>) -> Books {
    let names = parts
        .iter()
        .filter(|(_, own)| !own.is_empty())
        .map(|(part, own)| (part.id, vec![name(own)]))
        .collect();
    let items = vec![
        item(11, 1, "-100", residuals[0]),
        item(12, 2, "80", residuals[1]),
        item(13, 3, "70", residuals[2]),
    ];
    Books::new(
        items,
        parts.into_iter().map(|(part, _)| part).collect(),
        names,
    )
}

fn wanted(own: &str, invoice: i64, amount: &str) -> Settlement {
    Settlement {
        name: name(own),
        payer: RecordId(1),
        invoice: RecordId(invoice),
        amount: decimal(amount),
    }
}

fn loaded(own: &str, debit: i64, amount: &str) -> Deeds {
    let part = Part {
        name: name(own),
        debit: RecordId(debit),
        credit: RecordId(11),
        amount: decimal(amount),
    };
    Deeds {
        load: vec![part],
        ..Deeds::default()
    }
}

#[test]
fn a_payment_is_split_exactly() {
    let mut books = books(["-100", "80", "70"], vec![]);
    assert_eq!(books.plan(&wanted("a", 2, "50")), Ok(loaded("a", 12, "50")));
    assert_eq!(books.plan(&wanted("b", 3, "50")), Ok(loaded("b", 13, "50")));
    assert_eq!(
        books.plan(&wanted("c", 3, "10")),
        Err(Unsettled::TooMuch { open: decimal("0") })
    );
}

#[test]
fn what_is_there_is_not_made_again_and_can_change() {
    let there = || books(["-50", "30", "70"], vec![(part_of(7, 12, 11, "50"), "a")]);
    assert_eq!(there().plan(&wanted("a", 2, "50.00")), Ok(Deeds::default()));
    assert_eq!(
        there().plan(&wanted("a", 2, "80")),
        Ok(loaded("a", 12, "80"))
    );
    assert_eq!(
        there().plan(&wanted("a", 2, "20")),
        Ok(loaded("a", 12, "20"))
    );
    let gone = Deeds {
        delete: vec![RecordId(7)],
        ..Deeds::default()
    };
    assert_eq!(there().plan(&wanted("a", 2, "0")), Ok(gone));
    assert_eq!(
        there().plan(&wanted("a", 2, "80.01")),
        Err(Unsettled::TooMuch {
            open: decimal("80")
        })
    );
    // What is taken back is open for the next one.
    let mut books = there();
    books.plan(&wanted("a", 2, "0")).unwrap();
    assert_eq!(books.plan(&wanted("b", 3, "70")), Ok(loaded("b", 13, "70")));
}

#[test]
fn what_others_reconciled_counts() {
    let there = || books(["-50", "30", "70"], vec![(part_of(7, 12, 11, "50"), "")]);
    assert_eq!(there().plan(&wanted("a", 2, "50")), Ok(Deeds::default()));
    assert_eq!(
        there().plan(&wanted("a", 2, "60")),
        Ok(loaded("a", 12, "10"))
    );
    assert_eq!(
        there().plan(&wanted("a", 2, "40")),
        Err(Unsettled::ByOthers {
            amount: decimal("50")
        })
    );
    // Another's name that begins alike is another's.
    let other = books(["-50", "30", "70"], vec![(part_of(7, 12, 11, "50"), "a_b")]);
    assert!(!other.is_of(RecordId(7), &name("a")));
    assert_eq!(number_of(&name("a_2"), &name("a")), Some(2));
    assert_eq!(number_of(&name("a_1"), &name("a")), None);
}

#[test]
fn instalments_are_paid_in_the_order_of_their_dates() {
    let mut early = item(15, 4, "30", "30");
    let mut late = item(14, 4, "60", "60");
    early.due = "2026-11-01".parse().ok();
    late.due = "2026-12-01".parse().ok();
    let payment = item(11, 1, "-100", "-100");
    let mut books = Books::new(vec![payment, early, late], vec![], BTreeMap::new());
    let deeds = books.plan(&wanted("a", 4, "50")).unwrap();
    let parts: Vec<_> = deeds
        .load
        .iter()
        .map(|part| (part.name.name(), part.debit.get(), part.amount))
        .collect();
    assert_eq!(
        parts,
        [("a", 15, decimal("30")), ("a_2", 14, decimal("20"))]
    );
}

#[test]
fn what_cannot_settle_is_refused() {
    let plan = |items: Vec<OpenItem>| {
        Books::new(items, vec![], BTreeMap::new()).plan(&wanted("a", 2, "10"))
    };
    let payment = || item(11, 1, "-100", "-100");
    let invoice = || item(12, 2, "80", "80");
    assert_eq!(
        plan(vec![payment()]),
        Err(Unsettled::NothingOwed(RecordId(2)))
    );
    let mut draft = invoice();
    draft.posted = false;
    assert_eq!(
        plan(vec![payment(), draft]),
        Err(Unsettled::NotPosted(RecordId(2)))
    );
    let mut elsewhere = invoice();
    elsewhere.account = RecordId(6);
    assert_eq!(plan(vec![payment(), elsewhere]), Err(Unsettled::NoMatch));
    let mut credit = invoice();
    credit.balance = decimal("-80");
    credit.amount = decimal("-80");
    assert_eq!(plan(vec![payment(), credit]), Err(Unsettled::NoMatch));
    let mut foreign = invoice();
    foreign.amount = decimal("70");
    assert_eq!(
        plan(vec![payment(), foreign]),
        Err(Unsettled::ForeignCurrency)
    );
    let negative = wanted("a", 2, "-1");
    assert_eq!(
        books(["-100", "80", "70"], vec![]).plan(&negative),
        Err(Unsettled::Amount(decimal("-1")))
    );
    // Overdrawn: nothing is open.
    let mut overdrawn = invoice();
    overdrawn.residual = decimal("-5");
    assert_eq!(
        plan(vec![payment(), overdrawn]),
        Err(Unsettled::TooMuch { open: decimal("0") })
    );
}
