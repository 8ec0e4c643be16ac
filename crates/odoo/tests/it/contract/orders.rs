//! Purchase orders.

use futures::future::join_all;
use odoo::document::{Order, OrderState, TECHNICAL_PRICE};
use odoo::{
    Acted, Action, Client, Command, Context, Domain, ErrorKind, ExternalId, Found, Model, RecordId,
    Values,
};

use super::goods::{Goods, decimal, goods, grid, make_of, purchase_tax, saved};
use super::loading::load;
use crate::target::{Target, name};

const TAXES: [&str; 2] = ["tax_ids", "taxes_id"];

/// A line of an order that is to be.
#[derive(Clone)]
pub(super) struct Line {
    product: RecordId,
    quantity: &'static str,
    price: &'static str,
}

pub(super) fn line(product: RecordId, quantity: &'static str, price: &'static str) -> Line {
    Line {
        product,
        quantity,
        price,
    }
}

/// An order that is to be, as rows.
#[derive(Clone)]
pub(super) struct Rows {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    /// The same value on every row.
    pub(super) fn with_column(&mut self, column: &str, value: &str) {
        self.columns.push(column.to_owned());
        for row in &mut self.rows {
            row.push(value.to_owned());
        }
    }

    fn without_column(&mut self, column: &str) {
        let at = self.columns.iter().position(|name| name == column).unwrap();
        self.columns.remove(at);
        for row in &mut self.rows {
            row.remove(at);
        }
    }

    pub(super) async fn save(&self, client: &Client) -> Order {
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let rows = grid(Model::PURCHASE_ORDER, &columns, &self.rows);
        read(client, saved(client, &rows).await[0]).await
    }
}

async fn knows(client: &Client, field: &str) -> bool {
    let found = client
        .first_field(&Model::PURCHASE_ORDER_LINE, &[field])
        .await;
    found.unwrap().is_some()
}

pub(super) fn line_name(tag: &str, n: usize) -> ExternalId {
    name(&format!("order_{tag}_line_{n}"))
}

/// An order without taxes; its lines are named after it and their place.
pub(super) async fn rows(client: &Client, tag: &str, vendor: RecordId, lines: &[Line]) -> Rows {
    let lines_model = &Model::PURCHASE_ORDER_LINE;
    let taxes = client.first_field(lines_model, &TAXES).await.unwrap();
    let taxes = format!("order_line/{}/id", taxes.unwrap());
    let columns = [
        "id",
        "partner_id/.id",
        "partner_ref",
        "date_order",
        "order_line/id",
        "order_line/product_id/.id",
        "order_line/name",
        "order_line/product_qty",
        "order_line/price_unit",
        &taxes,
    ];
    let columns = columns.map(str::to_owned).to_vec();
    let rows = lines.iter().enumerate().map(|(n, line)| {
        let mut row = vec![String::new(); 4];
        if n == 0 {
            row = vec![
                name(&format!("order_{tag}")).to_string(),
                vendor.to_string(),
                format!("REF-{tag}"),
                "2026-11-20 10:00:00".to_owned(),
            ];
        }
        row.extend([
            line_name(tag, n).to_string(),
            line.product.to_string(),
            format!("Line {n}"),
            line.quantity.to_owned(),
            line.price.to_owned(),
            String::new(),
        ]);
        row
    });
    let rows = rows.collect();
    let mut rows = Rows { columns, rows };
    let (field, value) = TECHNICAL_PRICE;
    if knows(client, field).await {
        rows.with_column(&format!("order_line/{field}"), value);
    }
    rows
}

pub(super) async fn make(client: &Client, tag: &str, vendor: RecordId, lines: &[Line]) -> Order {
    rows(client, tag, vendor, lines).await.save(client).await
}

pub(super) async fn read(client: &Client, id: RecordId) -> Order {
    let found = client.orders(&[id], &Context::new()).await.unwrap();
    found.into_iter().next().unwrap()
}

pub(super) async fn attempt(
    client: &Client,
    order: RecordId,
    action: Action,
) -> odoo::Result<Acted> {
    client
        .act(&Model::PURCHASE_ORDER, &[order], action, &Context::new())
        .await
}

/// Acts, and reads the order back.
pub(super) async fn act(client: &Client, order: &Order, action: Action) -> Order {
    let acted = attempt(client, order.id, action).await;
    assert_eq!(acted, Ok(Acted::Ran), "{action:?}");
    read(client, order.id).await
}

pub(super) async fn write(
    client: &Client,
    order: &Order,
    commands: Vec<Command>,
) -> odoo::Result<()> {
    let values = Values::new().commands("order_line", commands);
    client
        .write(&Model::PURCHASE_ORDER, &[order.id], values, &Context::new())
        .await
}

pub(super) async fn new_line(client: &Client, product: RecordId, price: &str) -> Values {
    let lines_model = &Model::PURCHASE_ORDER_LINE;
    let taxes = client.first_field(lines_model, &TAXES).await.unwrap();
    let (field, value) = TECHNICAL_PRICE;
    let mut values = Values::new();
    if knows(client, field).await {
        values = values.decimal(field, decimal(value)).unwrap();
    }
    values
        .with("product_id", product)
        .with("name", "New")
        .decimal("product_qty", decimal("2"))
        .unwrap()
        .decimal("price_unit", decimal(price))
        .unwrap()
        .commands(taxes.unwrap(), [Command::Set(vec![])])
}

pub(crate) async fn are_made_with_their_lines_and_equal_to_the_cent(target: &Target) {
    let client = &target.client;
    let Goods {
        vendor,
        pipe,
        glue,
        freight,
    } = goods(client).await;
    let lines = [
        line(pipe, "3", "0.1"),
        line(glue, "1.5", "100.10"),
        line(freight, "1", "33.33"),
        line(glue, "1", "-20"),
    ];
    let mut rows = rows(client, "made", vendor, &lines).await;
    let order = rows.save(client).await;
    assert_eq!((&order.state, order.vendor), (&OrderState::Draft, vendor));
    assert_eq!(order.vendor_ref.as_deref(), Some("REF-made"));
    let ordered = order.ordered.map(odoo::datetime::text);
    assert_eq!(ordered.as_deref(), Some("2026-11-20 10:00:00"));
    let subtotals: Vec<_> = order.lines.iter().map(|line| line.subtotal).collect();
    assert_eq!(subtotals, ["0.30", "150.15", "33.33", "-20"].map(decimal));
    assert_eq!(order.total, decimal("163.78"));
    assert_eq!((order.untaxed, order.tax), (order.total, decimal("0")));
    // With tax, said and not said: both are the product's, and the order's total is Odoo's.
    let tax = purchase_tax(client).await;
    rows.columns[9] = rows.columns[9].replace("/id", "/.id");
    for row in &mut rows.rows {
        row[9] = tax.to_string();
    }
    let taxed = rows.save(client).await;
    assert_eq!(taxed.id, order.id);
    assert!(taxed.lines.iter().all(|line| line.taxes == [tax]));
    assert_eq!(
        (taxed.untaxed, taxed.tax, taxed.total),
        (decimal("163.78"), decimal("24.57"), decimal("188.35"))
    );
}

pub(crate) async fn sent_again_stay_the_same(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let lines = [line(goods.pipe, "3", "1.25"), line(goods.glue, "1", "2")];
    let first = make(client, "again", goods.vendor, &lines).await;
    let second = make(client, "again", goods.vendor, &lines).await;
    assert_eq!(second.lines, first.lines);
    assert_eq!((second.id, &second.name), (first.id, &first.name));
    let lines = [line(goods.pipe, "4", "1.25"), line(goods.glue, "1", "2")];
    let third = make(client, "again", goods.vendor, &lines).await;
    assert_eq!(third.lines[0].id, first.lines[0].id);
    assert_eq!(third.total, decimal("7"));
    // Once it is binding, too.
    act(client, &third, Action::Confirm).await;
    let fourth = make(client, "again", goods.vendor, &lines).await;
    assert_eq!(
        (&fourth.state, fourth.lines.len()),
        (&OrderState::Purchase, 2)
    );
    assert_eq!(fourth.transfers.len(), 1);
}

pub(crate) async fn with_a_bad_line_are_refused_whole_and_hold_up_no_other(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let lines = [line(goods.pipe, "1", "2"), line(goods.glue, "1", "3")];
    let mut all = rows(client, "batch0", goods.vendor, &lines).await;
    for tag in ["batch1", "batch2", "batch3"] {
        all.rows
            .extend(rows(client, tag, goods.vendor, &lines).await.rows);
    }
    // The second line of the second order names no product that exists; the third order's vendor is none.
    "999999".clone_into(&mut all.rows[3][5]);
    "999999".clone_into(&mut all.rows[4][1]);
    let columns: Vec<&str> = all.columns.iter().map(String::as_str).collect();
    let loaded = load(client, &grid(Model::PURCHASE_ORDER, &columns, &all.rows)).await;
    let refused: Vec<_> = loaded
        .groups
        .iter()
        .filter(|(_, saved)| saved.is_err())
        .collect();
    let refused: Vec<usize> = refused.into_iter().map(|(group, _)| *group).collect();
    assert_eq!(refused, [2, 4], "{loaded:?}");
    for (group, tag) in [(0, "batch0"), (6, "batch3")] {
        let id = loaded.groups[&group].as_ref().unwrap()[0];
        let order = read(client, id).await;
        assert_eq!((order.lines.len(), order.total), (2, decimal("5")), "{tag}");
    }
    for tag in ["batch1", "batch2"] {
        let found = client
            .search_count(
                &Model::PURCHASE_ORDER,
                &Domain::equal("partner_ref", format!("REF-{tag}")),
                &Context::new(),
            )
            .await;
        assert_eq!(found, Ok(0), "{tag}");
    }
}

pub(crate) async fn that_are_made_twice_at_once_are_one(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let lines = [line(goods.pipe, "1", "2"), line(goods.glue, "1", "3")];
    let rows = rows(client, "race", goods.vendor, &lines).await;
    let orders = join_all([rows.save(client), rows.save(client)]).await;
    assert_eq!(orders[0].id, orders[1].id);
    let order = read(client, orders[0].id).await;
    assert_eq!((order.lines.len(), order.total), (2, decimal("5")));
    // Nor does an order that is confirmed twice at once get two receipts.
    let confirm = || attempt(client, order.id, Action::Confirm);
    for acted in join_all([confirm(), confirm()]).await {
        assert_eq!(acted, Ok(Acted::Ran));
    }
    let order = read(client, order.id).await;
    assert_eq!(
        (&order.state, order.transfers.len()),
        (&OrderState::Purchase, 1)
    );
}

pub(crate) async fn lines_without_a_name_are_doubled(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let mut rows = rows(
        client,
        "nameless",
        goods.vendor,
        &[line(goods.pipe, "1", "5"), line(goods.glue, "1", "7")],
    )
    .await;
    rows.without_column("order_line/id");
    assert_eq!(rows.save(client).await.lines.len(), 2);
    let doubled = rows.save(client).await;
    assert_eq!((doubled.lines.len(), doubled.total), (4, decimal("24")));
}

/// The first order that is confirmed makes its prices the vendor's. From then on Odoo puts them on the lines of
/// other orders whenever vendor or quantity are written, and even at an identical resend, unless a line's technical
/// price differs from its price: then a person is taken to have set it.
pub(crate) async fn keep_their_price_against_the_vendors(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let columns = ["id", "name", "supplier_taxes_id/.id"];
    let tax = purchase_tax(client).await.to_string();
    let valve = ["__contract__.pricy", "Pricy valve", &tax];
    let valve = make_of(client, Model::PRODUCT, &columns, &[&valve]).await[0];
    let first = make(client, "price1", goods.vendor, &[line(valve, "1", "4")]).await;
    act(client, &first, Action::Confirm).await;

    let lines = |quantity| [line(valve, quantity, "10"), line(valve, quantity, "11")];
    let prices = |order: &Order| -> Vec<_> { order.lines.iter().map(|line| line.price).collect() };
    let order = make(client, "price2", goods.vendor, &lines("1")).await;
    assert_eq!(prices(&order), ["10", "11"].map(decimal));
    let same = make(client, "price2", goods.vendor, &lines("1")).await;
    assert_eq!(same.lines, order.lines);
    let more = make(client, "price2", goods.vendor, &lines("2")).await;
    assert_eq!(prices(&more), ["10", "11"].map(decimal));
    let values = Values::new().decimal("product_qty", decimal("5")).unwrap();
    let update = Command::Update {
        id: order.lines[0].id,
        values,
    };
    write(client, &order, vec![update]).await.unwrap();
    let written = read(client, order.id).await;
    assert_eq!(prices(&written), ["10", "11"].map(decimal));
    // Nor does the product's tax come in.
    assert!(written.lines.iter().all(|line| line.taxes.is_empty()));
    assert_eq!(written.total, decimal("72"));

    let mut bare = rows(client, "price3", goods.vendor, &lines("1")).await;
    bare.without_column("order_line/technical_price_unit");
    bare.without_column("order_line/id");
    bare.save(client).await;
    let overwritten = bare.save(client).await;
    let vendors = prices(&overwritten).into_iter();
    assert_eq!(vendors.filter(|price| *price == decimal("4")).count(), 4);
}

pub(crate) async fn lines_are_replaced_all_or_none(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let lines = [line(goods.pipe, "1", "5"), line(goods.glue, "1", "7")];
    let order = make(client, "replace", goods.vendor, &lines).await;
    let [changed, gone] = [order.lines[0].id, order.lines[1].id];
    let update = Command::Update {
        id: changed,
        values: Values::new()
            .decimal("price_unit", decimal("6.01"))
            .unwrap(),
    };
    let create = Command::Create {
        name: Some(line_name("replace", 2)),
        values: new_line(client, goods.freight, "0.35").await,
    };
    // One that cannot be done undoes the others.
    let missing = Command::Update {
        id: RecordId(999_999),
        values: Values::new().with("sequence", 1),
    };
    let commands = vec![update.clone(), Command::Delete(gone), missing];
    let error = write(client, &order, commands).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::MissingRecord, "{error}");
    assert_eq!(read(client, order.id).await.lines, order.lines);

    let commands = vec![update, Command::Delete(gone), create];
    write(client, &order, commands).await.unwrap();
    let replaced = read(client, order.id).await;
    let prices: Vec<_> = replaced.lines.iter().map(|line| line.price).collect();
    assert_eq!(prices, ["6.01", "0.35"].map(decimal));
    assert_eq!(replaced.lines[0].id, changed);
    assert_eq!(replaced.total, decimal("6.71"));
    let found = client
        .check_object_reference(&line_name("replace", 2))
        .await;
    let made = Found::Found {
        model: Model::PURCHASE_ORDER_LINE,
        id: replaced.lines[1].id,
    };
    assert_eq!(found.unwrap(), made);
    let found = client
        .check_object_reference(&line_name("replace", 1))
        .await;
    assert_eq!(found.unwrap(), Found::Absent);
    // `load` knows the new line by its name.
    let lines = [lines[0].clone(), line(goods.freight, "2", "0.40")];
    let mut again = rows(client, "replace", goods.vendor, &lines).await;
    again.rows[1][4] = line_name("replace", 2).to_string();
    let again = again.save(client).await;
    assert_eq!((again.lines.len(), again.total), (2, decimal("5.8")));
}

pub(crate) async fn a_name_that_is_created_twice_moves_to_the_second(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let order = make(client, "twice", goods.vendor, &[line(goods.pipe, "1", "5")]).await;
    let create = || async {
        vec![Command::Create {
            name: Some(line_name("twice", 9)),
            values: new_line(client, goods.glue, "1").await,
        }]
    };
    write(client, &order, create().await).await.unwrap();
    write(client, &order, create().await).await.unwrap();
    let order = read(client, order.id).await;
    let ids: Vec<RecordId> = order.lines.iter().map(|line| line.id).collect();
    assert_eq!(ids.len(), 3);
    let names = client
        .get_external_ids(&Model::PURCHASE_ORDER_LINE, &ids)
        .await
        .unwrap();
    assert!(!names.contains_key(&ids[1]), "{names:?}");
    assert_eq!(names[&ids[2]], [line_name("twice", 9)]);
}

pub(crate) async fn numbers_arrive_digit_for_digit(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let prices = [
        "0.1",
        "0.2",
        "0.3",
        "0.07",
        "2.675",
        "33.3333",
        "1234567.89",
        "99999999.99",
        "0.000001",
        "-4.35",
    ];
    let lines: Vec<Line> = prices.map(|price| line(goods.pipe, "1", price)).to_vec();
    let loaded = make(client, "digits", goods.vendor, &lines).await;
    let read_back: Vec<_> = loaded.lines.iter().map(|line| line.price).collect();
    assert_eq!(read_back, prices.map(decimal), "by load");
    let zero = make(
        client,
        "digits_written",
        goods.vendor,
        &prices.map(|_| line(goods.pipe, "1", "0")),
    )
    .await;
    let commands = zero.lines.iter().zip(prices).map(|(line, price)| {
        let values = Values::new().decimal("price_unit", decimal(price)).unwrap();
        Command::Update {
            id: line.id,
            values,
        }
    });
    write(client, &zero, commands.collect()).await.unwrap();
    let written = read(client, zero.id).await;
    let read_back: Vec<_> = written.lines.iter().map(|line| line.price).collect();
    assert_eq!(read_back, prices.map(decimal), "by write");
    assert_eq!(written.total, loaded.total);
}
