//! Lines of orders that get another product, which is counted in another unit.

use odoo::document::{Order, TransferState};
use odoo::{Action, Client, Command, Context, Domain, Model, RecordId, Search, Values};

use super::goods::{decimal, goods, make_of};
use super::orders::{act, line, make, read, write};
use crate::target::Target;

/// A product that is sold by weight, and its unit.
async fn sand(client: &Client) -> (RecordId, RecordId) {
    let columns = ["id", "name", "type", "uom_id/id", "supplier_taxes_id/id"];
    let sand = [
        "__contract__.sand",
        "Sand",
        "consu",
        "uom.product_uom_kgm",
        "",
    ];
    let id = make_of(client, Model::PRODUCT, &columns, &[&sand]).await[0];
    let search = Search::new(Domain::equal("id", id.get()), &["uom_id"]);
    let found = client
        .search_read(&Model::PRODUCT, &search, &Context::new())
        .await
        .unwrap();
    (id, RecordId(found[0]["uom_id"][0].as_i64().unwrap()))
}

/// What a line's transfers expect: product, quantity, state.
async fn expected(client: &Client, order: &Order) -> Vec<(RecordId, String, TransferState)> {
    let context = Context::new();
    let transfers = client.transfers(&order.transfers, &context).await.unwrap();
    let moves = transfers.into_iter().flat_map(|transfer| transfer.moves);
    let mut moves: Vec<_> = moves.collect();
    moves.sort_by_key(|of| of.id);
    let shown = |quantity: rust_decimal::Decimal| quantity.normalize().to_string();
    moves
        .into_iter()
        .map(|of| (of.product, shown(of.demand), of.state))
        .collect()
}

async fn exchanged(client: &Client, order: &Order, commands: Vec<Values>) -> Order {
    let id = order.lines[0].id;
    let commands = commands.into_iter();
    let commands = commands.map(|values| Command::Update { id, values });
    write(client, order, commands.collect()).await.unwrap();
    read(client, order.id).await
}

pub(crate) async fn keep_the_old_unit_unless_it_is_said(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let (sand, kilogram) = sand(client).await;
    let order = make(
        client,
        "unit",
        goods.vendor,
        &[line(goods.pipe, "4", "7.77")],
    )
    .await;
    let piece = order.lines[0].unit;
    let product = || Values::new().with("product_id", sand);
    let order = exchanged(client, &order, vec![product()]).await;
    assert_eq!(
        (order.lines[0].product, order.lines[0].unit),
        (Some(sand), piece)
    );
    assert_eq!(order.total, decimal("31.08"));
    let said = product().with("product_uom_id", kilogram);
    let order = exchanged(client, &order, vec![said]).await;
    assert_eq!(order.lines[0].unit, Some(kilogram));
    assert_eq!(
        (order.lines[0].quantity, order.total),
        (decimal("4"), decimal("31.08"))
    );
}

pub(crate) async fn keep_the_old_receipt_unless_they_are_brought_to_nothing_first(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let (sand, kilogram) = sand(client).await;
    let said = || {
        let values = Values::new().with("product_id", sand);
        values.with("product_uom_id", kilogram)
    };
    let quantity = |values: Values, text| values.decimal("product_qty", decimal(text)).unwrap();
    let confirmed = async |tag| {
        let order = make(client, tag, goods.vendor, &[line(goods.pipe, "4", "7.77")]).await;
        act(client, &order, Action::Confirm).await
    };
    let of_pipe = |quantity: &str, state| (goods.pipe, quantity.to_owned(), state);
    let of_sand = |quantity: &str| (sand, quantity.to_owned(), TransferState::Assigned);

    let order = confirmed("kept").await;
    let order = exchanged(client, &order, vec![quantity(said(), "4")]).await;
    assert_eq!(order.lines[0].product, Some(sand));
    let old = of_pipe("4", TransferState::Assigned);
    assert_eq!(expected(client, &order).await, std::slice::from_ref(&old));
    // Another quantity is expected besides.
    let order = exchanged(client, &order, vec![quantity(Values::new(), "6")]).await;
    assert_eq!(expected(client, &order).await, [old, of_sand("6")]);

    let order = confirmed("nothing").await;
    let nothing = quantity(Values::new(), "0");
    let order = exchanged(client, &order, vec![nothing, quantity(said(), "4")]).await;
    let gone = of_pipe("0", TransferState::Cancelled);
    assert_eq!(expected(client, &order).await, [gone, of_sand("4")]);
    assert_eq!(
        (order.lines[0].unit, order.total),
        (Some(kilogram), decimal("31.08"))
    );
}
