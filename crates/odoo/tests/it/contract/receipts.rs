//! Receipts: what arrives of an order.

use odoo::document::{Order, Transfer, TransferMove, TransferState};
use odoo::{Acted, Action, Client, Command, Context, ErrorKind, Model, RecordId, Values};

use super::goods::{decimal, goods};
use super::orders::{self, line};
use crate::target::Target;

async fn transfers(client: &Client, order: &Order) -> Vec<Transfer> {
    let mut ids = order.transfers.clone();
    ids.sort();
    client.transfers(&ids, &Context::new()).await.unwrap()
}

/// What was counted, by the order's line, in one transaction; the other moves are left alone.
async fn count(client: &Client, transfer: &Transfer, counted: &[(RecordId, &str)]) {
    let first = async |model: Model, names: [&'static str; 2]| {
        let found = client.first_field(&model, &names).await;
        found.unwrap().unwrap()
    };
    let quantity = first(Model::STOCK_MOVE, ["quantity", "quantity_done"]).await;
    let moves = first(Model::PICKING, ["move_ids", "move_lines"]).await;
    let commands = counted.iter().map(|(line, number)| {
        let of_line = |moved: &&TransferMove| moved.order_line == Some(*line);
        let mut values = Values::new().decimal(quantity, decimal(number)).unwrap();
        if quantity == "quantity" {
            values = values.with("picked", true);
        }
        Command::Update {
            id: transfer.moves.iter().find(of_line).unwrap().id,
            values,
        }
    });
    let values = Values::new().commands(moves, commands);
    client
        .write(&Model::PICKING, &[transfer.id], values, &Context::new())
        .await
        .unwrap();
}

async fn validate(client: &Client, transfer: &Transfer, context: &Context) -> Acted {
    client
        .act(&Model::PICKING, &[transfer.id], Action::Validate, context)
        .await
        .unwrap()
}

async fn confirmed(client: &Client, tag: &str) -> Order {
    let goods = goods(client).await;
    let lines = [
        line(goods.pipe, "3", "1"),
        line(goods.glue, "2", "1"),
        line(goods.freight, "1", "9"),
    ];
    let order = orders::make(client, tag, goods.vendor, &lines).await;
    orders::act(client, &order, Action::Confirm).await
}

pub(crate) async fn of_a_part_ask_first_and_leave_a_backorder(target: &Target) {
    let client = &target.client;
    let order = confirmed(client, "part").await;
    let [pipe, glue] = [order.lines[0].id, order.lines[1].id];
    let receipt = transfers(client, &order).await.remove(0);
    assert_eq!(receipt.kind.as_deref(), Some("incoming"));
    assert_eq!(receipt.origin.as_ref(), Some(&order.name));
    let moved: Vec<_> = receipt.moves.iter().map(|moved| moved.order_line).collect();
    assert_eq!(moved, [Some(pipe), Some(glue)]);
    assert!(receipt.moves.iter().all(|moved| !moved.picked));
    count(client, &receipt, &[(pipe, "1.5")]).await;

    let asked = validate(client, &receipt, &Context::new()).await;
    let Acted::Asks(window) = asked else {
        panic!("{asked:?}")
    };
    let model = window.model.as_ref().map(Model::as_str);
    assert_eq!(model, Some("stock.backorder.confirmation"), "{window:?}");
    assert_eq!(window.title, "Create Backorder?");
    let untouched = transfers(client, &order).await;
    assert_eq!(untouched.len(), 1);
    assert_eq!(untouched[0].state, TransferState::Assigned);

    let answered = Context::new().set("skip_backorder", true);
    assert_eq!(validate(client, &receipt, &answered).await, Acted::Ran);
    let order = orders::read(client, order.id).await;
    assert_eq!(order.receipt_status.as_deref(), Some("partial"));
    let received: Vec<_> = order.lines.iter().map(|line| line.received).collect();
    assert_eq!(received, ["1.5", "0", "0"].map(decimal));
    let [first, rest] = &transfers(client, &order).await[..] else {
        panic!("{order:?}")
    };
    assert_eq!(first.state, TransferState::Done);
    assert!(first.done.is_some());
    assert_eq!(first.moves.len(), 1);
    assert_eq!(rest.backorder_of, Some(first.id));
    let demands = rest.moves.iter();
    let mut demands: Vec<_> = demands
        .map(|moved| (moved.order_line, moved.demand))
        .collect();
    demands.sort();
    assert_eq!(
        demands,
        [(Some(pipe), decimal("1.5")), (Some(glue), decimal("2"))]
    );
    // Once more: nothing new.
    assert_eq!(validate(client, first, &answered).await, Acted::Ran);
    let again = orders::read(client, order.id).await;
    assert_eq!(again.lines, order.lines);
    assert_eq!(again.transfers, order.transfers);
}

pub(crate) async fn of_all_need_no_question(target: &Target) {
    let client = &target.client;
    let order = confirmed(client, "whole").await;
    let [pipe, glue] = [order.lines[0].id, order.lines[1].id];
    let receipt = transfers(client, &order).await.remove(0);
    count(client, &receipt, &[(pipe, "3"), (glue, "2")]).await;
    let acted = validate(client, &receipt, &Context::new()).await;
    assert_eq!(acted, Acted::Ran);
    let received = orders::read(client, order.id).await;
    assert_eq!(received.receipt_status.as_deref(), Some("full"));
    assert_eq!(received.transfers.len(), 1);
    // Looking at the order's date would have missed it.
    let total: rust_decimal::Decimal = received.lines.iter().map(|line| line.received).sum();
    assert_eq!(total, decimal("5"));
}

pub(crate) async fn nobody_counted_are_taken_to_be_whole(target: &Target) {
    let client = &target.client;
    let order = confirmed(client, "uncounted").await;
    let receipt = transfers(client, &order).await.remove(0);
    let acted = validate(client, &receipt, &Context::new()).await;
    assert_eq!(acted, Acted::Ran);
    let order = orders::read(client, order.id).await;
    let received: Vec<_> = order.lines.iter().map(|line| line.received).collect();
    assert_eq!(received, ["3", "2", "0"].map(decimal));
}

pub(crate) async fn of_more_than_was_ordered_are_accepted_and_a_rest_can_be_cancelled(
    target: &Target,
) {
    let client = &target.client;
    let order = confirmed(client, "over").await;
    let [pipe, glue] = [order.lines[0].id, order.lines[1].id];
    let receipt = transfers(client, &order).await.remove(0);
    count(client, &receipt, &[(pipe, "5"), (glue, "0.5")]).await;
    let answered = Context::new().set("skip_backorder", true);
    assert_eq!(validate(client, &receipt, &answered).await, Acted::Ran);
    let rest = transfers(client, &orders::read(client, order.id).await)
        .await
        .remove(1);
    let acted = client
        .act(
            &Model::PICKING,
            &[rest.id],
            Action::CancelTransfer,
            &Context::new(),
        )
        .await;
    assert_eq!(acted, Ok(Acted::Ran));
    let order = orders::read(client, order.id).await;
    let received: Vec<_> = order.lines.iter().map(|line| line.received).collect();
    assert_eq!(received, ["5", "0.5", "0"].map(decimal));
    // Odoo calls it full, since nothing more is expected.
    assert_eq!(order.receipt_status.as_deref(), Some("full"));
    assert_eq!(
        transfers(client, &order).await[1].state,
        TransferState::Cancelled
    );
    // What was received stays received.
    let done = client
        .act(
            &Model::PICKING,
            &[receipt.id],
            Action::CancelTransfer,
            &Context::new(),
        )
        .await
        .unwrap_err();
    assert_eq!(done.kind, ErrorKind::Invalid, "{done}");
}

pub(crate) async fn follow_what_is_ordered_later(target: &Target) {
    let client = &target.client;
    let order = confirmed(client, "later").await;
    let change = |quantity: &'static str| {
        let values = Values::new()
            .decimal("product_qty", decimal(quantity))
            .unwrap();
        let line = [order.lines[0].id];
        async move {
            client
                .write(&Model::PURCHASE_ORDER_LINE, &line, values, &Context::new())
                .await
        }
    };
    change("7").await.unwrap();
    let receipt = transfers(client, &order).await.remove(0);
    assert_eq!(receipt.moves[0].demand, decimal("7"));
    count(client, &receipt, &[(order.lines[0].id, "4")]).await;
    let answered = Context::new().set("skip_backorder", true);
    validate(client, &receipt, &answered).await;
    // Less than what is already there: Odoo plans to send the difference back.
    change("3").await.unwrap();
    let order = orders::read(client, order.id).await;
    assert_eq!(order.lines[0].received, decimal("4"));
    let kinds = transfers(client, &order).await;
    let back = kinds
        .iter()
        .find(|transfer| transfer.kind.as_deref() == Some("outgoing"))
        .unwrap();
    assert_eq!(back.moves[0].demand, decimal("1"));
}
