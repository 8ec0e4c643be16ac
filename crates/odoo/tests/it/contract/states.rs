//! The states of purchase orders, and what each allows.

use odoo::document::OrderState;
use odoo::preflight::Approval;
use odoo::{Action, Command, Context, ErrorKind, Model, Values};

use super::books::set;
use super::goods::{decimal, goods, make_of};
use super::orders::{act, attempt, line, line_name, make, new_line, read, write};
use crate::target::Target;

pub(crate) async fn are_confirmed_and_cancelled(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let lines = [line(goods.pipe, "3", "1"), line(goods.freight, "1", "2")];
    let order = make(client, "confirm", goods.vendor, &lines).await;
    assert_eq!(order.receipt_status, None);
    let order = act(client, &order, Action::Confirm).await;
    assert_eq!(order.state, OrderState::Purchase);
    assert_eq!(order.receipt_status.as_deref(), Some("pending"));
    // The freight is no thing that arrives.
    let receipts = client.transfers(&order.transfers, &Context::new()).await;
    let receipts = receipts.unwrap();
    assert_eq!((receipts.len(), receipts[0].moves.len()), (1, 1));
    let again = act(client, &order, Action::Confirm).await;
    assert_eq!(again.transfers, order.transfers);

    let cancelled = act(client, &order, Action::Cancel).await;
    assert_eq!(cancelled.state, OrderState::Cancelled);
    // This one does nothing, and does not say so.
    let cancelled = act(client, &cancelled, Action::Confirm).await;
    assert_eq!(cancelled.state, OrderState::Cancelled);
    let draft = act(client, &cancelled, Action::ResetToDraft).await;
    assert_eq!(draft.state, OrderState::Draft);
    let order = act(client, &draft, Action::Confirm).await;
    assert_eq!(order.state, OrderState::Purchase);
}

pub(crate) async fn keep_their_lines_once_they_are_binding(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let lines = [line(goods.pipe, "3", "1"), line(goods.glue, "1", "2")];
    let order = make(client, "binding", goods.vendor, &lines).await;
    let order = act(client, &order, Action::Confirm).await;
    let gone = vec![Command::Delete(order.lines[1].id)];
    let error = write(client, &order, gone).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert!(error.message.contains("Cannot delete"), "{error}");
    // What can be done instead; lines may be added, too.
    let zero = Command::Update {
        id: order.lines[1].id,
        values: Values::new().decimal("product_qty", decimal("0")).unwrap(),
    };
    let create = Command::Create {
        name: Some(line_name("binding", 2)),
        values: new_line(client, goods.pipe, "4").await,
    };
    write(client, &order, vec![zero, create]).await.unwrap();
    let order = read(client, order.id).await;
    assert_eq!((order.lines.len(), order.total), (3, decimal("11")));
    assert_eq!(order.state, OrderState::Purchase);
}

pub(crate) async fn wait_for_approval_where_two_steps_are_set(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let steps = |steps: &str| {
        Values::new()
            .with("po_double_validation", steps)
            .with("po_double_validation_amount", 1000)
    };
    let small = make(
        client,
        "small",
        goods.vendor,
        &[line(goods.pipe, "1", "999.99")],
    )
    .await;
    let large = make(
        client,
        "large",
        goods.vendor,
        &[line(goods.pipe, "1", "1000")],
    )
    .await;
    set(target, steps("two_step")).await;
    let approval = client.accounting().await.unwrap().approval;
    let small = act(client, &small, Action::Confirm).await;
    let large = act(client, &large, Action::Confirm).await;
    set(target, steps("one_step")).await;
    assert_eq!(approval, Approval::From(decimal("1000")));
    assert_eq!(small.state, OrderState::Purchase);
    assert_eq!(large.state, OrderState::ToApprove);
    assert_eq!(large.transfers, []);
}

pub(crate) async fn that_are_locked_are_unlocked_before_they_are_cancelled(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let lines = [line(goods.pipe, "1", "5")];
    let order = make(client, "locked", goods.vendor, &lines).await;
    set(target, Values::new().with("po_lock", "lock")).await;
    let order = act(client, &order, Action::Confirm).await;
    set(target, Values::new().with("po_lock", "edit")).await;
    assert_eq!((&order.state, order.locked), (&OrderState::Purchase, true));
    // Its lines may be written all the same.
    let order = make(
        client,
        "locked",
        goods.vendor,
        &[line(goods.pipe, "2", "5")],
    )
    .await;
    assert_eq!((order.total, order.locked), (decimal("10"), true));
    let error = attempt(client, order.id, Action::Cancel).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    let order = act(client, &order, Action::Unlock).await;
    assert!(!order.locked);
    let order = act(client, &order, Action::Cancel).await;
    assert_eq!(order.state, OrderState::Cancelled);
}

pub(crate) async fn that_are_gone_are_left_out(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let lines = [line(goods.pipe, "1", "1")];
    let one = make(client, "stays", goods.vendor, &lines).await;
    let two = make(client, "goes", goods.vendor, &lines).await;
    let cancelled = act(client, &two, Action::Cancel).await;
    let unlink = target
        .admin
        .call(
            &Model::PURCHASE_ORDER,
            "unlink",
            Some(&[cancelled.id]),
            &serde_json::Map::new(),
            &Context::new(),
        )
        .await;
    unlink.unwrap();
    let ids = [two.id, one.id];
    let found = client.orders(&ids, &Context::new()).await.unwrap();
    assert_eq!(found, [one]);
    // Its name went with it, and makes a new one.
    let new = make(client, "goes", goods.vendor, &lines).await;
    assert!(new.id > two.id);
    let vendor = make_of(
        client,
        Model::PARTNER,
        &["id", "name"],
        &[&["__contract__.vendor", "Vendor"]],
    )
    .await;
    assert_eq!(vendor, [goods.vendor]);
}
