//! Customers' invoices and credit notes.

use jiff::civil::Date;
use odoo::document::{Bill, BillKind, BillState, TaxError};
use odoo::{
    Acted, Action, Client, Command, Context, Distribution, Domain, ErrorKind, Model, RecordId,
    Search, Values,
};
use serde_json::json;

use super::books::{lock, set};
use super::goods::{accounts, decimal, grid, make_of, saved};
use crate::target::{Target, name, object};

/// Whom to invoice, and what.
pub(super) struct Sales {
    pub(super) customer: RecordId,
    pub(super) product: RecordId,
    /// 15 %.
    pub(super) tax: RecordId,
}

/// The same for every clause.
pub(super) async fn sales(client: &Client) -> Sales {
    let customer = make_of(
        client,
        Model::PARTNER,
        &["id", "name", "is_company"],
        &[&["__contract__.customer", "Customer", "1"]],
    )
    .await;
    let product = make_of(
        client,
        Model::PRODUCT,
        &["id", "name", "type", "list_price", "taxes_id/id"],
        &[&["__contract__.visit", "Visit", "service", "80", ""]],
    )
    .await;
    let domain = Domain::equal("type_tax_use", "sale").and(Domain::equal("amount", 15));
    let search = Search {
        limit: Some(1),
        ..Search::new(domain, &["name"])
    };
    let found = client
        .search_read(&Model::TAX, &search, &Context::new())
        .await;
    Sales {
        customer: customer[0],
        product: product[0],
        tax: RecordId(found.unwrap()[0]["id"].as_i64().unwrap()),
    }
}

/// A line that is to be: quantity, price, its taxes by their ids.
pub(super) type Line<'l> = (&'l str, &'l str, &'l [RecordId]);

/// An invoice that is to be.
#[derive(Clone, Copy)]
pub(super) struct Draft<'d> {
    pub(super) tag: &'d str,
    pub(super) kind: &'d str,
    /// The date on the paper and in the books.
    pub(super) date: &'d str,
    pub(super) lines: &'d [Line<'d>],
    pub(super) reverses: Option<RecordId>,
}

const COLUMNS: [&str; 14] = [
    "id",
    "move_type",
    "partner_id/.id",
    "ref",
    "invoice_date",
    "date",
    "invoice_date_due",
    "reversed_entry_id/.id",
    "invoice_line_ids/id",
    "invoice_line_ids/product_id/.id",
    "invoice_line_ids/name",
    "invoice_line_ids/quantity",
    "invoice_line_ids/price_unit",
    "invoice_line_ids/tax_ids/.id",
];

impl Draft<'_> {
    pub(super) async fn save(&self, client: &Client) -> Bill {
        let sales = sales(client).await;
        let rows = self.lines.iter().enumerate().map(|(n, line)| {
            let (quantity, price, taxes) = line;
            let mut row = vec![String::new(); 8];
            if n == 0 {
                row = vec![
                    name(&format!("invoice_{}", self.tag)).to_string(),
                    self.kind.to_owned(),
                    sales.customer.to_string(),
                    format!("R-{}", self.tag),
                    self.date.to_owned(),
                    self.date.to_owned(),
                    "2026-12-20".to_owned(),
                    self.reverses.map(|id| id.to_string()).unwrap_or_default(),
                ];
            }
            let taxes: Vec<String> = taxes.iter().map(RecordId::to_string).collect();
            row.extend([
                name(&format!("invoice_{}_line_{n}", self.tag)).to_string(),
                sales.product.to_string(),
                format!("Line {n}"),
                (*quantity).to_owned(),
                (*price).to_owned(),
                taxes.join(","),
            ]);
            row
        });
        let rows = grid(Model::MOVE, &COLUMNS, &rows.collect::<Vec<_>>());
        read(client, saved(client, &rows).await[0]).await
    }
}

pub(super) fn draft<'d>(tag: &'d str, kind: &'d str, lines: &'d [Line<'d>]) -> Draft<'d> {
    Draft {
        tag,
        kind,
        date: "2026-11-20",
        lines,
        reverses: None,
    }
}

pub(super) async fn read(client: &Client, id: RecordId) -> Bill {
    let found = client.bills(&[id], &Context::new()).await.unwrap();
    found.into_iter().next().unwrap()
}

pub(super) async fn act(client: &Client, id: RecordId, action: Action) -> odoo::Result<Acted> {
    client
        .act(&Model::MOVE, &[id], action, &Context::new())
        .await
}

pub(super) async fn post(client: &Client, bill: &Bill) -> Bill {
    assert_eq!(act(client, bill.id, Action::Post).await, Ok(Acted::Ran));
    read(client, bill.id).await
}

/// A posted invoice without tax, of one amount.
pub(super) async fn invoiced(client: &Client, tag: &str, kind: &str, amount: &str) -> Bill {
    let lines: [Line<'_>; 1] = [("1", amount, &[])];
    let draft = draft(tag, kind, &lines).save(client).await;
    post(client, &draft).await
}

async fn write(client: &Client, id: RecordId, values: serde_json::Value) {
    client
        .write(&Model::MOVE, &[id], object(values), &Context::new())
        .await
        .unwrap();
}

fn day(text: &str) -> Option<Date> {
    text.parse().ok()
}

pub(crate) async fn are_booked_and_read_back(target: &Target) {
    let client = &target.client;
    let sales = sales(client).await;
    let tax = [sales.tax];
    let lines: [Line<'_>; 3] = [("1", "333.33", &tax), ("2", "-10", &[]), ("1", "5", &[])];
    let draft = draft("booked", "out_invoice", &lines);
    let bill = draft.save(client).await;
    assert_eq!((&bill.state, &bill.name), (&BillState::Draft, &None));
    assert_eq!(
        [bill.untaxed, bill.tax, bill.total, bill.residual],
        ["318.33", "50", "368.33", "368.33"].map(decimal)
    );
    assert_eq!(bill.shipping, Some(sales.customer));
    assert_eq!(draft.save(client).await.lines, bill.lines);

    let posted = post(client, &bill).await;
    assert_eq!(posted.kind, BillKind::Invoice);
    let number = posted.name.clone().unwrap();
    assert!(number.starts_with("INV/2026/0"), "{number}");
    assert_eq!(posted.payment_reference, Some(number.clone()));
    assert_eq!(posted.reference.as_deref(), Some("R-booked"));
    assert_eq!(posted.payment_state.as_deref(), Some("not_paid"));
    assert_eq!(
        [posted.invoice_date, posted.date, posted.due],
        ["2026-11-20", "2026-11-20", "2026-12-20"].map(day)
    );
    let amounts: Vec<_> = posted.product_lines().map(|line| line.amount).collect();
    assert_eq!(amounts, ["-333.33", "20", "-5"].map(decimal));
    let taxes: Vec<_> = posted
        .tax_lines()
        .map(|line| (line.tax, line.amount))
        .collect();
    assert_eq!(taxes, [(Some(sales.tax), decimal("-50"))]);
    let owed: Vec<_> = posted
        .owed_lines()
        .map(|line| (line.name.clone(), line.balance, line.residual, line.due))
        .collect();
    let label = Some(format!("R-booked - {number}"));
    let full = decimal("368.33");
    assert_eq!(owed, [(label, full, full, day("2026-12-20"))]);
    let again = act(client, posted.id, Action::Post).await.unwrap_err();
    assert!(again.message.contains("must be in draft"), "{again}");
}

pub(crate) async fn that_come_to_nothing_are_paid(target: &Target) {
    let client = &target.client;
    let zero: [Line<'_>; 2] = [("1", "10", &[]), ("1", "-10", &[])];
    let bill = draft("zero", "out_invoice", &zero).save(client).await;
    assert_eq!(bill.payment_state.as_deref(), Some("not_paid"));
    let posted = post(client, &bill).await;
    assert_eq!(posted.state, BillState::Posted);
    assert_eq!(posted.payment_state.as_deref(), Some("paid"));
    let free: [Line<'_>; 1] = [("1", "0", &[])];
    let bill = draft("free", "out_invoice", &free).save(client).await;
    let posted = post(client, &bill).await;
    assert_eq!(posted.payment_state.as_deref(), Some("paid"));
}

pub(crate) async fn below_nothing_are_refused(target: &Target) {
    let client = &target.client;
    let lines: [Line<'_>; 1] = [("1", "-10", &[])];
    let bill = draft("below", "out_invoice", &lines).save(client).await;
    let error = act(client, bill.id, Action::Post).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert!(error.message.contains("negative total"), "{error}");
}

pub(crate) async fn bear_several_taxes(target: &Target) {
    let client = &target.client;
    let made = target
        .admin
        .call(
            &Model::TAX,
            "create",
            None,
            &object(json!({"vals_list": [
                {"name": "City 2.5", "amount": 2.5, "type_tax_use": "sale"},
                {"name": "State 6.125", "amount": 6.125, "type_tax_use": "sale"},
            ]})),
            &Context::new(),
        )
        .await
        .unwrap();
    let [city, state] = [0, 1].map(|n| RecordId(made[n].as_i64().unwrap()));
    let both = [city, state];
    let one = [state];
    let lines: [Line<'_>; 3] = [
        ("3", "9.99", &both),
        ("1", "0.37", &both),
        ("1", "50", &one),
    ];
    let bill = draft("taxes", "out_invoice", &lines).save(client).await;
    assert_eq!(
        [bill.untaxed, bill.tax, bill.total],
        ["80.34", "5.68", "86.02"].map(decimal)
    );
    let mut taxes: Vec<_> = bill
        .tax_lines()
        .map(|line| (line.tax, line.amount))
        .collect();
    taxes.sort();
    assert_eq!(
        taxes,
        [
            (Some(city), decimal("-0.76")),
            (Some(state), decimal("-4.92"))
        ]
    );
    // A tax without an account of its own stands where the goods do.
    let goods = bill.product_lines().next().unwrap().account;
    assert!(bill.tax_lines().all(|line| line.account == goods));
    let set = client
        .set_tax(&bill, decimal("5.70"), &Context::new())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((set.tax, set.total), (decimal("5.70"), decimal("86.04")));
}

pub(crate) async fn are_rounded_as_the_company_says(target: &Target) {
    let client = &target.client;
    let tax = [sales(client).await.tax];
    let lines: [Line<'_>; 3] = [
        ("1", "0.23", &tax),
        ("1", "0.23", &tax),
        ("1", "0.23", &tax),
    ];
    let whole = draft("globally", "out_invoice", &lines).save(client).await;
    let method = "tax_calculation_rounding_method";
    set(target, Values::new().with(method, "round_per_line")).await;
    let lined = draft("per_line", "out_invoice", &lines).save(client).await;
    set(target, Values::new().with(method, "round_globally")).await;
    assert_eq!(
        (whole.untaxed, whole.tax),
        (decimal("0.69"), decimal("0.10"))
    );
    assert_eq!(
        (lined.untaxed, lined.tax),
        (decimal("0.69"), decimal("0.09"))
    );
}

/// What undoes a tax that was set, and what does not.
pub(crate) async fn keep_a_tax_that_was_set_until_a_line_changes(target: &Target) {
    let client = &target.client;
    let sales = sales(client).await;
    let context = Context::new();
    let tax = [sales.tax];
    let set = decimal("50.01");
    let lines: [Line<'_>; 2] = [("1", "333.33", &tax), ("1", "10", &[])];
    for (tag, kind) in [("set_i", "out_invoice"), ("set_r", "out_refund")] {
        let draft = draft(tag, kind, &lines);
        let id = draft.save(client).await.id;
        let tax_of = async || read(client, id).await.tax;
        let bring = async || {
            let bill = read(client, id).await;
            client.set_tax(&bill, set, &context).await.unwrap();
            assert_eq!(tax_of().await, set);
        };
        bring().await;
        let bill = read(client, id).await;
        assert_eq!(client.set_tax(&bill, set, &context).await, Ok(None));
        let lines: Vec<RecordId> = bill.product_lines().map(|line| line.id).collect();
        let [taxed, plain] = [lines[0], lines[1]];
        for kept in [
            json!({"ref": "other"}),
            json!({"invoice_date": "2026-11-19"}),
            json!({"invoice_line_ids": [[1, taxed, {"name": "Other"}]]}),
            json!({"invoice_line_ids": [[1, taxed, {"price_unit": 333.33}]]}),
            json!({"invoice_line_ids": [[0, 0, {"name": "New", "price_unit": 3, "tax_ids": [[6, 0, []]]}]]}),
        ] {
            write(client, id, kept.clone()).await;
            assert_eq!(tax_of().await, set, "{kept}");
        }
        let new = *read(client, id)
            .await
            .product_lines()
            .map(|line| line.id)
            .collect::<Vec<_>>()
            .last()
            .unwrap();
        for undone in [
            json!({"invoice_line_ids": [[2, new, 0]]}),
            json!({"invoice_line_ids": [[1, plain, {"price_unit": 11}]]}),
            json!({"invoice_line_ids": [[1, taxed, {"price_unit": 333.34}]]}),
            json!({"invoice_line_ids": [[1, taxed, {"price_unit": 333.33}]]}),
        ] {
            write(client, id, undone.clone()).await;
            assert_eq!(tax_of().await, decimal("50"), "{undone}");
            bring().await;
        }
        let posted = post(client, &read(client, id).await).await;
        assert_eq!(posted.tax, set);
        let error = posted.tax_values(decimal("50")).unwrap_err();
        assert_eq!(error, TaxError::NotDraft);
        // A draft again, it has the tax that Odoo works out.
        assert_eq!(act(client, id, Action::ResetToDraft).await, Ok(Acted::Ran));
        assert_eq!(tax_of().await, decimal("50"));
    }
}

pub(crate) async fn sent_again_keep_a_tax_that_was_set(target: &Target) {
    let client = &target.client;
    let sales = sales(client).await;
    let tax = [sales.tax];
    let lines: [Line<'_>; 2] = [("1", "333.33", &tax), ("1", "10", &[])];
    let same = draft("again", "out_invoice", &lines);
    let bill = same.save(client).await;
    let set = client
        .set_tax(&bill, decimal("50.01"), &Context::new())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(set.total, decimal("393.34"));
    assert_eq!(same.save(client).await.tax, decimal("50.01"));
    let other: [Line<'_>; 2] = [("1", "333.33", &tax), ("1", "11", &[])];
    let changed = draft("again", "out_invoice", &other).save(client).await;
    assert_eq!(changed.tax, decimal("50"));
    // Tax and lines in one call: the lines win.
    let line = changed.product_lines().next().unwrap().id;
    let both = changed.tax_values(decimal("50.01")).unwrap().unwrap();
    let priced = Command::Update {
        id: line,
        values: Values::new()
            .decimal("price_unit", decimal("333.32"))
            .unwrap(),
    };
    let both = both.commands("invoice_line_ids", [priced]);
    client
        .write(&Model::MOVE, &[changed.id], both, &Context::new())
        .await
        .unwrap();
    assert_eq!(read(client, changed.id).await.tax, decimal("50"));
}

pub(crate) async fn without_a_tax_item_bear_no_tax(target: &Target) {
    let client = &target.client;
    let lines: [Line<'_>; 1] = [("1", "10", &[])];
    let bill = draft("untaxed", "out_invoice", &lines).save(client).await;
    let context = Context::new();
    let error = client
        .set_tax(&bill, decimal("0.01"), &context)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert!(!error.may_have_applied);
    assert_eq!(
        client.set_tax(&bill, decimal("0"), &context).await,
        Ok(None)
    );
}

pub(crate) async fn credits_settle_what_they_name(target: &Target) {
    let client = &target.client;
    let sales = sales(client).await;
    let origin = invoiced(client, "named", "out_invoice", "200").await;
    let tax = [sales.tax];
    let lines: [Line<'_>; 1] = [("1", "100", &tax)];
    let credit = Draft {
        reverses: Some(origin.id),
        ..draft("naming", "out_refund", &lines)
    };
    let credit = credit.save(client).await;
    assert_eq!(credit.reverses, Some(origin.id));
    assert_eq!(
        [credit.untaxed, credit.tax, credit.total],
        ["100", "15", "115"].map(decimal)
    );
    let goods = credit.product_lines().next().unwrap();
    assert_eq!(goods.amount, decimal("100"));
    let posted = post(client, &credit).await;
    let number = posted.name.clone().unwrap();
    assert!(number.starts_with("RINV/2026/0"), "{number}");
    assert_eq!(posted.payment_reference, None);
    assert_eq!(
        (posted.residual, posted.payment_state.as_deref()),
        (decimal("0"), Some("paid"))
    );
    let origin = read(client, origin.id).await;
    assert_eq!(
        (origin.residual, origin.payment_state.as_deref()),
        (decimal("85"), Some("partial"))
    );
}

pub(crate) async fn in_a_locked_period_are_moved_out_of_it(target: &Target) {
    let client = &target.client;
    let lines: [Line<'_>; 1] = [("1", "10", &[])];
    let of = |tag, date| Draft {
        date,
        ..draft(tag, "out_invoice", &lines)
    };
    invoiced(client, "before_lock", "out_invoice", "1").await;
    lock(target, &["sale_lock_date"], Some("2026-10-31")).await;
    let bill = of("sale_locked", "2026-10-05").save(client).await;
    let posted = post(client, &bill).await;
    let later = of("sale_unlocked", "2026-11-05").save(client).await;
    let later = post(client, &later).await;
    lock(target, &["sale_lock_date"], Some("2026-11-10")).await;
    let error = act(client, later.id, Action::ResetToDraft)
        .await
        .unwrap_err();
    lock(target, &["sale_lock_date"], None).await;
    assert_eq!(posted.invoice_date, day("2026-10-05"));
    // Its number is of the year: it is booked today, or at the end of the year.
    assert!(posted.date > day("2026-11-10"), "{posted:?}");
    assert_eq!(later.date, day("2026-11-05"));
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert!(
        error.message.contains("prior to and inclusive of"),
        "{error}"
    );
}

pub(crate) async fn bear_what_is_said(target: &Target) {
    let client = &target.client;
    let [unit, job] = accounts(client).await;
    let lines: [Line<'_>; 1] = [("2", "40", &[])];
    let bill = draft("borne", "out_invoice", &lines).save(client).await;
    let line = bill.product_lines().next().unwrap().clone();
    let income = Search {
        limit: Some(1),
        ..Search::new(Domain::equal("account_type", "income_other"), &["name"])
    };
    let found = client
        .search_read(&Model::ACCOUNT, &income, &Context::new())
        .await;
    let other = RecordId(found.unwrap()[0]["id"].as_i64().unwrap());
    assert_ne!(line.account, Some(other));
    let borne = Distribution::whole([unit, job]);
    let values = Values::new()
        .with("account_id", other)
        .with("analytic_distribution", borne.to_json().unwrap());
    let values = Values::new().commands(
        "invoice_line_ids",
        [Command::Update {
            id: line.id,
            values,
        }],
    );
    client
        .write(&Model::MOVE, &[bill.id], values, &Context::new())
        .await
        .unwrap();
    let posted = post(client, &read(client, bill.id).await).await;
    let line = posted.product_lines().next().unwrap();
    assert_eq!((line.account, &line.analytic), (Some(other), &borne));
}
