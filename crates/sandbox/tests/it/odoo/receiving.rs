//! Receipts: what confirmed orders expect, and what arrives of it.

use serde_json::{Value as Json, json};

use super::Rig;
use super::purchasing::{LINES, lines, ordered, press, shop};

const PICKING: &str = "stock.picking";

async fn confirmed(rig: &Rig) -> (i64, i64) {
    let order = ordered(rig).await;
    press(rig, "purchase.order", "button_confirm", order).await;
    (order, pickings(rig, order).await[0])
}

async fn pickings(rig: &Rig, order: i64) -> Vec<i64> {
    let seen = rig.seen("purchase.order", order, &["picking_ids"]).await;
    let ids = seen["picking_ids"].as_array().unwrap();
    ids.iter().map(|id| id.as_i64().unwrap()).collect()
}

/// The moves of a transfer: id, demand, quantity, picked, state.
async fn moves(rig: &Rig, picking: i64) -> Vec<Json> {
    let fields = ["id", "product_uom_qty", "quantity", "picked", "state"];
    let body = json!({"domain": [["picking_id", "=", picking]], "fields": fields});
    let rows = rig.ok("stock.move", "search_read", body).await;
    let rows = rows.as_array().unwrap();
    rows.iter()
        .map(|row| fields.iter().map(|field| row[*field].clone()).collect())
        .collect()
}

async fn pick(rig: &Rig, id: &Json, quantity: i64) {
    let vals = json!({"quantity": quantity, "picked": true});
    rig.ok("stock.move", "write", json!({"ids": [id], "vals": vals}))
        .await;
}

#[tokio::test]
async fn a_confirmed_order_expects_its_goods_and_no_services() {
    let rig = shop().await;
    let (order, picking) = confirmed(&rig).await;
    let found = moves(&rig, picking).await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].as_array().unwrap()[1..],
        [json!(4.0), json!(4.0), json!(false), json!("assigned")]
    );
    let fields = [
        "name",
        "state",
        "origin",
        "purchase_id",
        "picking_type_code",
    ];
    assert_eq!(
        rig.seen(PICKING, picking, &fields).await,
        json!({
            "name": "WH/IN/00001", "state": "assigned", "origin": "P00001", "purchase_id": order,
            "picking_type_code": "incoming",
        })
    );
    let seen = rig
        .seen(
            "purchase.order",
            order,
            &["receipt_status", "invoice_status"],
        )
        .await;
    assert_eq!(
        seen,
        json!({"receipt_status": "pending", "invoice_status": "to invoice"})
    );
}

#[tokio::test]
async fn validating_an_untouched_transfer_receives_all_and_leaves_the_orders_date() {
    let rig = shop().await;
    let (order, picking) = confirmed(&rig).await;
    let before = rig.seen("purchase.order", order, &["write_date"]).await;
    rig.advance(jiff::SignedDuration::from_secs(60));
    assert_eq!(press(&rig, PICKING, "button_validate", picking).await, true);
    assert_eq!(
        press(&rig, PICKING, "button_validate", picking).await,
        true,
        "again is harmless"
    );
    assert_eq!(
        rig.seen("purchase.order", order, &["write_date"]).await,
        before
    );
    let fields = ["product_qty", "qty_received", "qty_to_invoice"];
    assert_eq!(
        lines(&rig, order, &fields).await,
        [json!([4.0, 4.0, 4.0]), json!([1.0, 0.0, 1.0])],
        "a service is billed as ordered"
    );
    let seen = rig
        .seen("purchase.order", order, &["receipt_status", "is_shipped"])
        .await;
    assert_eq!(seen, json!({"receipt_status": "full", "is_shipped": true}));
    let date = rig.seen(PICKING, picking, &["state", "date_done"]).await;
    assert_eq!(
        date,
        json!({"state": "done", "date_done": "2026-11-23 08:01:00"})
    );
}

#[tokio::test]
async fn a_partial_receipt_asks_and_does_nothing_until_told_to_go_on() {
    let rig = shop().await;
    let (order, picking) = confirmed(&rig).await;
    let line = moves(&rig, picking).await[0][0].clone();
    pick(&rig, &line, 1).await;
    let answer = press(&rig, PICKING, "button_validate", picking).await;
    assert_eq!(answer["name"], "Create Backorder?");
    assert_eq!(answer["res_model"], "stock.backorder.confirmation");
    assert_eq!(moves(&rig, picking).await[0][4], "assigned");

    let body = json!({"ids": [picking], "context": {"skip_backorder": true}});
    assert_eq!(rig.ok(PICKING, "button_validate", body).await, true);
    assert_eq!(lines(&rig, order, &["qty_received"]).await[0], json!([1.0]));
    let all = pickings(&rig, order).await;
    assert_eq!(all.len(), 2);
    let rest = rig
        .seen(PICKING, all[1], &["name", "state", "backorder_id"])
        .await;
    assert_eq!(
        rest,
        json!({"name": "WH/IN/00002", "state": "assigned", "backorder_id": picking})
    );
    assert_eq!(moves(&rig, all[1]).await[0][1], 3.0);
    let seen = rig.seen("purchase.order", order, &["receipt_status"]).await;
    assert_eq!(seen["receipt_status"], "partial");

    assert_eq!(press(&rig, PICKING, "button_validate", all[1]).await, true);
    assert_eq!(lines(&rig, order, &["qty_received"]).await[0], json!([4.0]));
}

#[tokio::test]
async fn without_a_backorder_the_rest_is_cancelled() {
    let rig = shop().await;
    let (order, picking) = confirmed(&rig).await;
    let line = moves(&rig, picking).await[0][0].clone();
    pick(&rig, &line, 3).await;
    let context = json!({"skip_backorder": true, "picking_ids_not_to_backorder": [picking]});
    let body = json!({"ids": [picking], "context": context});
    rig.ok(PICKING, "button_validate", body).await;
    assert_eq!(pickings(&rig, order).await, [picking]);
    assert_eq!(lines(&rig, order, &["qty_received"]).await[0], json!([3.0]));
}

#[tokio::test]
async fn what_arrived_stays() {
    let rig = shop().await;
    let (order, picking) = confirmed(&rig).await;
    press(&rig, PICKING, "button_validate", picking).await;
    let (status, error) = rig
        .call(PICKING, "action_cancel", json!({"ids": [picking]}))
        .await;
    assert_eq!(status, 422);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("You cannot cancel a stock move")
    );
    let line = moves(&rig, picking).await[0][0].clone();
    let body = json!({"ids": [line], "vals": {"quantity": 1}});
    assert_eq!(rig.call("stock.move", "write", body).await.0, 422);
    press(&rig, "purchase.order", "button_cancel", order).await;
    let seen = rig.seen("purchase.order", order, &["state"]).await;
    assert_eq!(
        seen["state"], "cancel",
        "a received order can be cancelled all the same"
    );
    assert_eq!(moves(&rig, picking).await[0][4], "done");
}

#[tokio::test]
async fn the_receipt_follows_the_order() {
    let rig = shop().await;
    let (order, picking) = confirmed(&rig).await;
    let change = async |quantity: &str| {
        let rows = json!([[
            "x.po",
            "x.vendor",
            "",
            "x.po_1",
            "x.part",
            "Capacitor",
            quantity,
            "10.25",
            ""
        ]]);
        rig.loaded_into("purchase.order", &LINES, rows).await;
    };
    change("6").await;
    assert_eq!(moves(&rig, picking).await[0][1], 6.0);
    change("2").await;
    assert_eq!(moves(&rig, picking).await[0][1], 2.0);
    press(&rig, PICKING, "button_validate", picking).await;
    change("5").await;
    let all = pickings(&rig, order).await;
    assert_eq!(all.len(), 2, "more than what arrived is another transfer");
    assert_eq!(moves(&rig, all[1]).await[0][1], 3.0);
    change("2").await;
    assert_eq!(
        rig.seen(PICKING, all[1], &["state"]).await["state"],
        "cancel"
    );
}

#[tokio::test]
async fn a_cancelled_order_expects_nothing() {
    let rig = shop().await;
    let (order, picking) = confirmed(&rig).await;
    press(&rig, "purchase.order", "button_cancel", order).await;
    assert_eq!(
        rig.seen(PICKING, picking, &["state"]).await["state"],
        "cancel"
    );
    let seen = rig.seen("purchase.order", order, &["receipt_status"]).await;
    assert_eq!(seen["receipt_status"], false);
}

#[tokio::test]
async fn nothing_cannot_be_received() {
    let rig = shop().await;
    let (_, picking) = confirmed(&rig).await;
    let line = moves(&rig, picking).await[0][0].clone();
    pick(&rig, &line, 0).await;
    let (status, error) = rig
        .call(PICKING, "button_validate", json!({"ids": [picking]}))
        .await;
    assert_eq!(status, 422);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("Transfer trouble alert!")
    );
}

#[tokio::test]
async fn services_are_received_by_hand_on_the_line() {
    let rig = shop().await;
    let (order, _) = confirmed(&rig).await;
    let line = lines(&rig, order, &["id"]).await[1][0].clone();
    let body = json!({"ids": [line], "vals": {"qty_received": 1}});
    rig.ok("purchase.order.line", "write", body).await;
    assert_eq!(lines(&rig, order, &["qty_received"]).await[1], json!([1.0]));
}
