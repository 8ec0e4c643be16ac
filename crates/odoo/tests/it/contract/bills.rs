//! Vendor bills and credits.

use futures::future::join_all;
use jiff::civil::Date;
use odoo::document::{Bill, BillLineKind, BillState, Order};
use odoo::{
    Acted, Action, Client, Command, Context, Distribution, Domain, ErrorKind, Model, RecordId,
    Search, Values,
};

use super::books::lock;
use super::goods::{accounts, decimal, goods, grid, make_of, purchase_tax, saved};
use super::loading::load;
use super::orders::{self, line};
use crate::target::{Target, name, object};

/// A bill that is to be.
struct Draft<'d> {
    tag: &'d str,
    kind: &'d str,
    number: &'d str,
    /// The date on the paper, in the books, and when it is due.
    dates: [&'d str; 3],
    vendor: RecordId,
    product: RecordId,
    /// Quantity, price, and the order's line.
    lines: &'d [(&'d str, &'d str, Option<RecordId>)],
}

const COLUMNS: [&str; 14] = [
    "id",
    "move_type",
    "partner_id/.id",
    "ref",
    "invoice_date",
    "date",
    "invoice_date_due",
    "invoice_line_ids/id",
    "invoice_line_ids/product_id/.id",
    "invoice_line_ids/name",
    "invoice_line_ids/quantity",
    "invoice_line_ids/price_unit",
    "invoice_line_ids/tax_ids/id",
    "invoice_line_ids/purchase_line_id/.id",
];
const DATES: [&str; 3] = ["2026-11-20", "2026-11-20", "2026-12-20"];

impl Draft<'_> {
    fn rows(&self) -> odoo::load::Rows {
        let rows = self.lines.iter().enumerate().map(|(n, line)| {
            let (quantity, price, order_line) = line;
            let mut row = vec![String::new(); 7];
            if n == 0 {
                row = vec![
                    name(&format!("bill_{}", self.tag)).to_string(),
                    self.kind.to_owned(),
                    self.vendor.to_string(),
                    self.number.to_owned(),
                ];
                row.extend(self.dates.map(str::to_owned));
            }
            row.extend([
                name(&format!("bill_{}_line_{n}", self.tag)).to_string(),
                self.product.to_string(),
                format!("Line {n}"),
                (*quantity).to_owned(),
                (*price).to_owned(),
                String::new(),
                order_line.map(|id| id.to_string()).unwrap_or_default(),
            ]);
            row
        });
        grid(Model::MOVE, &COLUMNS, &rows.collect::<Vec<_>>())
    }

    async fn save(&self, client: &Client) -> Bill {
        read(client, saved(client, &self.rows()).await[0]).await
    }
}

async fn read(client: &Client, id: RecordId) -> Bill {
    let found = client.bills(&[id], &Context::new()).await.unwrap();
    found.into_iter().next().unwrap()
}

async fn act(client: &Client, bills: &[&Bill], action: Action) -> odoo::Result<Acted> {
    let ids: Vec<RecordId> = bills.iter().map(|bill| bill.id).collect();
    client
        .act(&Model::MOVE, &ids, action, &Context::new())
        .await
}

/// Posts a draft and reads it back.
async fn post(client: &Client, bill: &Bill) -> Bill {
    assert_eq!(act(client, &[bill], Action::Post).await, Ok(Acted::Ran));
    read(client, bill.id).await
}

/// A simple draft, with one line of a number.
async fn simple(client: &Client, tag: &str, number: &str, dates: [&str; 3]) -> Bill {
    let goods = goods(client).await;
    let draft = Draft {
        tag,
        kind: "in_invoice",
        number,
        dates,
        vendor: goods.vendor,
        product: goods.glue,
        lines: &[("1", "10", None)],
    };
    draft.save(client).await
}

fn day(text: &str) -> Option<Date> {
    text.parse().ok()
}

async fn binding_order(client: &Client, tag: &str) -> Order {
    let goods = goods(client).await;
    let lines = [line(goods.pipe, "3", "0.1"), line(goods.pipe, "1", "33.33")];
    let order = orders::make(client, tag, goods.vendor, &lines).await;
    orders::act(client, &order, Action::Confirm).await
}

pub(crate) async fn are_linked_to_the_order_and_posted(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let order = binding_order(client, "billed").await;
    let [one, two] = [order.lines[0].id, order.lines[1].id];
    let draft = Draft {
        tag: "billed",
        kind: "in_invoice",
        number: "INV-1",
        dates: DATES,
        vendor: goods.vendor,
        product: goods.pipe,
        lines: &[("3", "0.1", Some(one)), ("1", "33.335", Some(two))],
    };
    let bill = draft.save(client).await;
    assert_eq!((&bill.state, &bill.name), (&BillState::Draft, &None));
    assert_eq!(bill.total, decimal("33.64"));
    let again = draft.save(client).await;
    assert_eq!(again.lines, bill.lines);
    assert_eq!(again.id, bill.id);

    let posted = post(client, &bill).await;
    assert_eq!(posted.state, BillState::Posted);
    assert!(
        posted
            .name
            .as_ref()
            .is_some_and(|name| name.contains("2026"))
    );
    assert_eq!(posted.reference.as_deref(), Some("INV-1"));
    assert_eq!(
        [posted.invoice_date, posted.date, posted.due],
        DATES.map(day)
    );
    assert_eq!((posted.total, posted.residual), (bill.total, bill.total));
    assert_eq!(posted.payment_state.as_deref(), Some("not_paid"));
    let lines: Vec<_> = posted.product_lines().collect();
    let linked: Vec<_> = lines.iter().map(|line| line.order_line).collect();
    assert_eq!(linked, [Some(one), Some(two)]);
    assert_eq!(lines[1].price, decimal("33.335"));
    let amounts: Vec<_> = lines.iter().map(|line| line.amount).collect();
    assert_eq!(amounts, ["0.30", "33.34"].map(decimal));
    let owed = posted.lines.iter();
    let owed = owed.filter(|line| line.kind == BillLineKind::Term);
    assert_eq!(
        owed.map(|line| line.balance).collect::<Vec<_>>(),
        [decimal("-33.64")]
    );
    let order = orders::read(client, order.id).await;
    assert_eq!(order.bills, [bill.id]);
    let billed: Vec<_> = order.lines.iter().map(|line| line.billed).collect();
    assert_eq!(billed, ["3", "1"].map(decimal));
    // An order that is billed for good cannot be cancelled.
    let cancel = orders::attempt(client, order.id, Action::Cancel)
        .await
        .unwrap_err();
    assert_eq!(cancel.kind, ErrorKind::Invalid, "{cancel}");
    // It is not a draft any more.
    let error = act(client, &[&posted], Action::Post).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert!(error.message.contains("must be in draft"), "{error}");
    assert!(!error.may_have_applied);
}

pub(crate) async fn of_several_one_bad_one_holds_up_all(target: &Target) {
    let client = &target.client;
    let good = simple(client, "good", "GOOD-1", DATES).await;
    let bad = simple(client, "bad", "BAD-1", ["", "2026-11-20", ""]).await;
    let error = act(client, &[&good, &bad], Action::Post).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert!(error.message.contains("date is required"), "{error}");
    for bill in [&good, &bad] {
        assert_eq!(read(client, bill.id).await.state, BillState::Draft);
    }
}

pub(crate) async fn that_are_posted_twice_at_once_are_posted_once(target: &Target) {
    let client = &target.client;
    let bill = simple(client, "race", "RACE-1", DATES).await;
    let bills = [&bill];
    let post = || act(client, &bills, Action::Post);
    for acted in join_all([post(), post()]).await {
        // Whoever comes second is told that there is nothing left to do.
        if let Err(error) = acted {
            assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
            assert!(!error.may_have_applied);
        }
    }
    let posted = read(client, bill.id).await;
    assert_eq!(posted.state, BillState::Posted);
    assert_eq!(posted.lines.len(), bill.lines.len());
}

pub(crate) async fn in_a_locked_period_are_moved_out_of_it(target: &Target) {
    let client = &target.client;
    lock(target, &["purchase_lock_date"], Some("2026-10-31")).await;
    let dates = ["2026-10-05", "2026-10-05", "2026-11-05"];
    let bill = simple(client, "locked", "LOCK-1", dates).await;
    let posted = post(client, &bill).await;
    lock(target, &["purchase_lock_date"], None).await;
    assert_eq!(posted.state, BillState::Posted);
    assert_eq!(posted.invoice_date, day("2026-10-05"));
    assert_eq!(posted.due, day("2026-11-05"));
    assert!(posted.date > day("2026-10-31"), "{posted:?}");
    // Once it is open again, dates stay as they are said.
    let bill = simple(client, "unlocked", "LOCK-2", dates).await;
    assert_eq!(post(client, &bill).await.date, day("2026-10-05"));
}

pub(crate) async fn of_the_same_number_are_not_refused(target: &Target) {
    let client = &target.client;
    let one = simple(client, "same1", "SAME", DATES).await;
    let two = simple(client, "same2", "SAME", DATES).await;
    let (one, two) = (post(client, &one).await, post(client, &two).await);
    assert_eq!(one.reference, two.reference);
    assert_ne!(one.name, two.name);
}

pub(crate) async fn go_back_to_draft_and_change(target: &Target) {
    let client = &target.client;
    let bill = simple(client, "redraft", "RE-1", DATES).await;
    let posted = post(client, &bill).await;
    let acted = act(client, &[&posted], Action::ResetToDraft).await;
    assert_eq!(acted, Ok(Acted::Ran));
    let draft = read(client, bill.id).await;
    assert_eq!(
        (&draft.state, &draft.name),
        (&BillState::Draft, &posted.name)
    );
    let line = draft.product_lines().next().unwrap().id;
    let change = Command::Update {
        id: line,
        values: Values::new()
            .decimal("price_unit", decimal("12.34"))
            .unwrap(),
    };
    let create = Command::Create {
        name: Some(name("bill_redraft_line_9")),
        values: Values::new()
            .with("name", "Freight")
            .decimal("quantity", decimal("1"))
            .unwrap()
            .decimal("price_unit", decimal("0.06"))
            .unwrap()
            .commands("tax_ids", [Command::Set(vec![])]),
    };
    let values = Values::new().commands("invoice_line_ids", [change, create]);
    client
        .write(&Model::MOVE, &[bill.id], values, &Context::new())
        .await
        .unwrap();
    let again = post(client, &draft).await;
    assert_eq!(again.name, posted.name);
    assert_eq!(again.total, decimal("12.40"));
    // A mistake altogether.
    for action in [Action::ResetToDraft, Action::Cancel] {
        assert_eq!(act(client, &[&again], action).await, Ok(Acted::Ran));
    }
    assert_eq!(read(client, bill.id).await.state, BillState::Cancelled);
}

pub(crate) async fn keep_no_account_that_is_not_said_again(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let account = Model::named("account.account");
    let expense = Domain::is_in("account_type", ["expense", "expense_direct_cost"]);
    let search = Search {
        limit: Some(1),
        order: Some("id desc"),
        ..Search::new(expense, &["code"])
    };
    let found = client.search_read(&account, &search, &Context::new()).await;
    let said = RecordId(found.unwrap()[0]["id"].as_i64().unwrap());
    let (said_text, vendor, glue) = (
        said.to_string(),
        goods.vendor.to_string(),
        goods.glue.to_string(),
    );
    let columns = [
        "id",
        "move_type",
        "partner_id/.id",
        "invoice_line_ids/id",
        "invoice_line_ids/product_id/.id",
        "invoice_line_ids/name",
        "invoice_line_ids/price_unit",
        "invoice_line_ids/tax_ids/id",
        "invoice_line_ids/account_id/.id",
    ];
    let row = [
        "__contract__.bill_account",
        "in_invoice",
        &vendor,
        "__contract__.bill_account_line",
        &glue,
        "Line",
        "7",
        "",
        &said_text,
    ];
    let first = make_of(client, Model::MOVE, &columns, &[&row]).await[0];
    let bill = read(client, first).await;
    let account_of = |bill: &Bill| bill.product_lines().next().unwrap().account;
    assert_eq!(account_of(&bill), Some(said));
    // The price changes, of the account nothing is said: it is the product's again.
    let mut changed = row;
    changed[6] = "8";
    make_of(client, Model::MOVE, &columns[..8], &[&changed[..8]]).await;
    let bill = read(client, first).await;
    assert_ne!(account_of(&bill), Some(said));
}

pub(crate) async fn that_are_posted_refuse_their_lines(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let draft = |price: &'static str| Draft {
        tag: "fixed",
        kind: "in_invoice",
        number: "FIX-1",
        dates: DATES,
        vendor: goods.vendor,
        product: goods.glue,
        lines: match price {
            "10" => &[("1", "10", None)],
            _ => &[("1", "11", None)],
        },
    };
    let posted = post(client, &draft("10").save(client).await).await;
    for price in ["10", "11"] {
        let loaded = load(client, &draft(price).rows()).await;
        let fault = loaded.groups[&0].as_ref().unwrap_err();
        assert!(fault.message.contains("posted"), "{fault:?}");
    }
    assert_eq!(read(client, posted.id).await.lines, posted.lines);
}

pub(crate) async fn get_dates_of_their_own_where_none_are_said(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let columns = [
        "id",
        "move_type",
        "partner_id/.id",
        "invoice_date",
        "invoice_line_ids/name",
        "invoice_line_ids/price_unit",
    ];
    let vendor = goods.vendor.to_string();
    let id = make_of(
        client,
        Model::MOVE,
        &columns,
        &[&[
            "__contract__.bill_dateless",
            "in_invoice",
            &vendor,
            "2026-09-05",
            "Line",
            "1",
        ]],
    )
    .await;
    let posted = post(client, &read(client, id[0]).await).await;
    assert_eq!(posted.invoice_date, day("2026-09-05"));
    assert_eq!(posted.date, day("2026-09-30"));
    assert!(posted.due > day("2026-09-05"), "{posted:?}");
}

pub(crate) async fn can_have_their_tax_set_to_the_cent(target: &Target) {
    let client = &target.client;
    let tax = purchase_tax(client).await;
    let bill = simple(client, "tax", "TAX-1", DATES).await;
    let line = bill.product_lines().next().unwrap().id;
    let priced = Command::Update {
        id: line,
        values: Values::new()
            .decimal("price_unit", decimal("333.33"))
            .unwrap()
            .commands("tax_ids", [Command::Set(vec![tax])]),
    };
    let write = |field: &'static str, command: Command| {
        let values = Values::new().commands(field, [command]);
        let id = [bill.id];
        async move {
            client
                .write(&Model::MOVE, &id, values, &Context::new())
                .await
                .unwrap();
        }
    };
    write("invoice_line_ids", priced).await;
    let taxed = read(client, bill.id).await;
    assert_eq!((taxed.tax, taxed.total), (decimal("50"), decimal("383.33")));
    let of_tax = |bill: &Bill| {
        let line = bill.lines.iter().find(|line| line.tax == Some(tax));
        line.unwrap().clone()
    };
    let line = of_tax(&taxed);
    assert_eq!(line.kind, BillLineKind::Tax);
    let set = Command::Update {
        id: line.id,
        values: Values::new()
            .decimal("amount_currency", decimal("50.01"))
            .unwrap(),
    };
    write("line_ids", set).await;
    let posted = post(client, &taxed).await;
    assert_eq!(
        (posted.untaxed, posted.tax, posted.total),
        (decimal("333.33"), decimal("50.01"), decimal("383.34"))
    );
    assert_eq!(of_tax(&posted).amount, decimal("50.01"));
}

pub(crate) async fn bear_what_the_order_bears_until_something_else_is_said(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let [unit, job] = accounts(client).await;
    let order = binding_order(client, "analytic_bill").await;
    let of_order = Distribution::whole([unit, job]);
    let bear = async |model: Model, line: RecordId, borne: &Distribution| {
        let borne = borne.to_json().unwrap();
        let values = Values::new().with("analytic_distribution", borne);
        client
            .write(&model, &[line], values, &Context::new())
            .await
            .unwrap();
    };
    let line = order.lines[0].id;
    bear(Model::PURCHASE_ORDER_LINE, line, &of_order).await;
    let draft = Draft {
        tag: "analytic",
        kind: "in_invoice",
        number: "AN-1",
        dates: DATES,
        vendor: goods.vendor,
        product: goods.pipe,
        lines: &[("3", "0.1", Some(line))],
    };
    let bill = draft.save(client).await;
    let line_of = |bill: &Bill| bill.product_lines().next().unwrap().clone();
    assert_eq!(line_of(&bill).analytic, of_order);
    // Percentages are rounded to two places.
    let thirds = Distribution::new()
        .share([unit], decimal("33.333333"))
        .share([job], decimal("66.666667"));
    bear(Model::MOVE_LINE, line_of(&bill).id, &thirds).await;
    let bill = post(client, &bill).await;
    let rounded = Distribution::new()
        .share([unit], decimal("33.33"))
        .share([job], decimal("66.67"));
    assert_eq!(line_of(&bill).analytic, rounded);
}

pub(crate) async fn credits_are_bills_of_another_kind(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let order = binding_order(client, "credited").await;
    let one = order.lines[0].id;
    for (tag, kind, lines) in [
        ("charge", "in_invoice", [("3", "0.1", Some(one))]),
        ("credit", "in_refund", [("1", "0.1", Some(one))]),
    ] {
        let draft = Draft {
            tag,
            kind,
            number: tag,
            dates: DATES,
            vendor: goods.vendor,
            product: goods.pipe,
            lines: &lines,
        };
        let posted = post(client, &draft.save(client).await).await;
        assert_eq!(posted.kind.as_str(), kind);
        assert!(posted.total > decimal("0"));
    }
    let order = orders::read(client, order.id).await;
    assert_eq!(order.lines[0].billed, decimal("2"));
    // A negative bill is not a credit.
    let negative = simple(client, "negative", "NEG-1", DATES).await;
    let line = negative.product_lines().next().unwrap().id;
    let values = object(serde_json::json!({"invoice_line_ids": [[1, line, {"price_unit": -10}]]}));
    client
        .write(&Model::MOVE, &[negative.id], values, &Context::new())
        .await
        .unwrap();
    let error = act(client, &[&negative], Action::Post).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
}
