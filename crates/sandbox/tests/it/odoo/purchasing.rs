//! Purchase orders: loading, amounts, lines, buttons.

use serde_json::{Value as Json, json};

use super::Rig;

pub(super) const LINES: [&str; 9] = [
    "id",
    "partner_id/id",
    "partner_ref",
    "order_line/id",
    "order_line/product_id/id",
    "order_line/name",
    "order_line/product_qty",
    "order_line/price_unit",
    "order_line/tax_ids/id",
];

/// A vendor and two products, one of them a service.
pub(super) async fn shop() -> Rig {
    let rig = Rig::with(|options| options.rights = sandbox::odoo::Rights::ProductManager).await;
    rig.loaded(&["id", "name"], json!([["x.vendor", "Supply Co"]]))
        .await;
    let fields = ["id", "name", "default_code", "type", "standard_price"];
    let rows = json!([
        ["x.part", "Capacitor", "CAP", "consu", "9.5"],
        ["x.freight", "Freight", "", "service", "0"],
    ]);
    rig.loaded_into("product.product", &fields, rows).await;
    rig
}

/// An order of four parts and freight, without tax.
pub(super) async fn ordered(rig: &Rig) -> i64 {
    let rows = json!([
        [
            "x.po",
            "x.vendor",
            "PO-7",
            "x.po_1",
            "x.part",
            "Capacitor",
            "4",
            "10.25",
            ""
        ],
        ["", "", "", "x.po_2", "x.freight", "Freight", "1", "15", ""],
    ]);
    rig.loaded_into("purchase.order", &LINES, rows).await[0]
}

pub(super) async fn press(rig: &Rig, model: &str, button: &str, id: i64) -> Json {
    rig.ok(model, button, json!({"ids": [id]})).await
}

/// The lines of an order: each as the named fields, in their order.
pub(super) async fn lines(rig: &Rig, order: i64, fields: &[&str]) -> Vec<Json> {
    let body = json!({"domain": [["order_id", "=", order]], "fields": fields, "load": null});
    let rows = rig.ok("purchase.order.line", "search_read", body).await;
    let rows = rows.as_array().unwrap();
    rows.iter()
        .map(|row| fields.iter().map(|field| row[*field].clone()).collect())
        .collect()
}

pub(super) const AMOUNTS: [&str; 3] = ["amount_untaxed", "amount_tax", "amount_total"];

pub(super) async fn amounts(rig: &Rig, order: i64) -> Json {
    let seen = rig.seen("purchase.order", order, &AMOUNTS).await;
    AMOUNTS.iter().map(|name| seen[*name].clone()).collect()
}

#[tokio::test]
async fn an_order_comes_with_its_lines() {
    let rig = shop().await;
    let order = ordered(&rig).await;
    let fields = [
        "name",
        "display_name",
        "state",
        "partner_ref",
        "currency_id",
        "invoice_status",
    ];
    assert_eq!(
        rig.seen("purchase.order", order, &fields).await,
        json!({
            "name": "P00001", "display_name": "P00001 (PO-7)", "state": "draft", "partner_ref": "PO-7",
            "currency_id": 1, "invoice_status": "no",
        })
    );
    assert_eq!(amounts(&rig, order).await, json!([56.0, 0.0, 56.0]));
    assert_eq!(
        lines(
            &rig,
            order,
            &[
                "name",
                "product_qty",
                "price_unit",
                "price_subtotal",
                "tax_ids"
            ]
        )
        .await,
        [
            json!(["Capacitor", 4.0, 10.25, 41.0, []]),
            json!(["Freight", 1.0, 15.0, 15.0, []])
        ]
    );
    assert_eq!(
        rig.odoo.external_ids()["x.po_2"].model,
        "purchase.order.line"
    );
}

#[tokio::test]
async fn lines_take_what_the_product_says_unless_told() {
    let rig = shop().await;
    let fields = [
        "id",
        "partner_id/id",
        "order_line/id",
        "order_line/product_id/id",
    ];
    let rows = json!([["x.po", "x.vendor", "x.po_1", "x.part"]]);
    let order = rig.loaded_into("purchase.order", &fields, rows).await[0];
    let fields = [
        "name",
        "product_qty",
        "price_unit",
        "price_subtotal",
        "price_tax",
    ];
    assert_eq!(
        lines(&rig, order, &fields).await,
        [json!(["[CAP] Capacitor", 1.0, 9.5, 9.5, 1.43])],
        "and the product's default tax"
    );
    assert_eq!(amounts(&rig, order).await, json!([9.5, 1.43, 10.93]));
}

#[tokio::test]
async fn resending_updates_named_lines_and_duplicates_nameless_ones() {
    let rig = shop().await;
    let order = ordered(&rig).await;
    assert_eq!(ordered(&rig).await, order);
    assert_eq!(lines(&rig, order, &["id"]).await.len(), 2);
    let fields = ["id", "order_line/product_id/id", "order_line/product_qty"];
    for count in 3..5 {
        let rows = json!([["x.po", "x.part", "1"]]);
        rig.loaded_into("purchase.order", &fields, rows).await;
        assert_eq!(lines(&rig, order, &["id"]).await.len(), count);
    }
    let rows = json!([[
        "x.po",
        "x.vendor",
        "",
        "x.po_1",
        "x.part",
        "Capacitor",
        "5",
        "10",
        ""
    ]]);
    rig.loaded_into("purchase.order", &LINES, rows).await;
    let lines = lines(&rig, order, &["product_qty"]).await;
    assert_eq!(
        (lines.len(), &lines[0]),
        (4, &json!([5.0])),
        "what is left out stays"
    );
}

#[tokio::test]
async fn a_line_name_of_another_order_moves_the_line() {
    let rig = shop().await;
    let first = ordered(&rig).await;
    let rows = json!([[
        "x.po2",
        "x.vendor",
        "",
        "x.po_1",
        "x.part",
        "Capacitor",
        "4",
        "10.25",
        ""
    ]]);
    let second = rig.loaded_into("purchase.order", &LINES, rows).await[0];
    assert_eq!(amounts(&rig, first).await, json!([15.0, 0.0, 15.0]));
    assert_eq!(amounts(&rig, second).await, json!([41.0, 0.0, 41.0]));
}

#[tokio::test]
async fn one_write_replaces_lines_and_names_new_ones() {
    let rig = shop().await;
    let order = ordered(&rig).await;
    let ids = lines(&rig, order, &["id"]).await;
    let part = rig.odoo.external_ids()["x.part"].id;
    let new = json!({
        "id": "x.po_3", "product_id": part, "name": "More", "product_qty": 2, "price_unit": 1.5,
        "tax_ids": [[6, 0, []]], "analytic_distribution": {"1,2": 60, "999": 40},
    });
    let commands = json!([
        [1, ids[0][0], {"product_qty": 3, "price_unit": 10.0}],
        [2, ids[1][0], 0],
        [0, 0, new],
    ]);
    let body = json!({
        "ids": [order], "vals": {"order_line": commands},
        "context": {"_import_current_module": "x", "noupdate": true},
    });
    assert_eq!(rig.ok("purchase.order", "write", body).await, true);
    assert_eq!(
        lines(
            &rig,
            order,
            &["product_qty", "price_subtotal", "analytic_distribution"]
        )
        .await,
        [
            json!([3.0, 30.0, false]),
            json!([2.0, 3.0, {"1,2": 60.0, "999": 40.0}]),
        ]
    );
    let names = rig.odoo.external_ids();
    assert!(names.contains_key("x.po_3") && !names.contains_key("x.po_2"));
    assert_eq!(amounts(&rig, order).await, json!([33.0, 0.0, 33.0]));
    for (command, left) in [(json!([3, ids[0][0]]), 1), (json!([5]), 0)] {
        let vals = json!({"order_line": [command]});
        rig.ok(
            "purchase.order",
            "write",
            json!({"ids": [order], "vals": vals}),
        )
        .await;
        assert_eq!(lines(&rig, order, &["id"]).await.len(), left);
    }
}

#[tokio::test]
async fn buttons_answer_in_their_own_way() {
    let rig = shop().await;
    let order = ordered(&rig).await;
    let state = async || rig.seen("purchase.order", order, &["state"]).await["state"].clone();
    let model = "purchase.order";
    assert_eq!(press(&rig, model, "button_confirm", order).await, true);
    assert_eq!(state().await, "purchase");
    assert_eq!(
        press(&rig, model, "button_confirm", order).await,
        true,
        "harmless"
    );
    let (status, error) = rig.call(model, "unlink", json!({"ids": [order]})).await;
    assert_eq!(
        (status, &error["name"]),
        (422, &json!("odoo.exceptions.UserError"))
    );
    assert_eq!(press(&rig, model, "button_cancel", order).await, Json::Null);
    assert_eq!(state().await, "cancel");
    assert_eq!(press(&rig, model, "button_confirm", order).await, true);
    assert_eq!(
        state().await,
        "cancel",
        "nothing happens to a cancelled order"
    );
    assert_eq!(press(&rig, model, "button_draft", order).await, json!({}));
    assert_eq!(state().await, "draft");
    press(&rig, model, "button_cancel", order).await;
    rig.ok(model, "unlink", json!({"ids": [order]})).await;
    assert!(!rig.odoo.external_ids().contains_key("x.po_1"));
}

#[tokio::test]
async fn a_locked_order_is_not_cancelled() {
    let rig = shop().await;
    let order = ordered(&rig).await;
    press(&rig, "purchase.order", "button_confirm", order).await;
    press(&rig, "purchase.order", "button_lock", order).await;
    let body = json!({"ids": [order]});
    let (status, error) = rig.call("purchase.order", "button_cancel", body).await;
    assert_eq!(status, 422);
    assert_eq!(
        error["message"],
        "Unable to cancel purchase order(s): ['P00001 (PO-7)']. You must first unlock them."
    );
}

#[tokio::test]
async fn a_line_without_a_product_is_a_draft_at_most() {
    let rig = shop().await;
    let fields = [
        "id",
        "partner_id/id",
        "order_line/id",
        "order_line/name",
        "order_line/product_qty",
    ];
    let rows = json!([["x.po", "x.vendor", "x.po_1", "Something", "1"]]);
    let order = rig.loaded_into("purchase.order", &fields, rows).await[0];
    let body = json!({"ids": [order]});
    let (status, error) = rig.call("purchase.order", "button_confirm", body).await;
    assert_eq!(status, 422);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("missing a product")
    );
    let vals = json!({"order_line": [[0, 0, {"display_type": "line_section", "name": "S", "product_qty": 0}]]});
    rig.ok(
        "purchase.order",
        "write",
        json!({"ids": [order], "vals": vals}),
    )
    .await;
    assert_eq!(
        lines(&rig, order, &["display_type"]).await[1],
        json!(["line_section"])
    );
}

#[tokio::test]
async fn lines_of_a_confirmed_order_stay_but_change() {
    let rig = shop().await;
    let order = ordered(&rig).await;
    press(&rig, "purchase.order", "button_confirm", order).await;
    let line = lines(&rig, order, &["id"]).await[0][0].clone();
    let vals = json!({"order_line": [[2, line, 0]]});
    let body = json!({"ids": [order], "vals": vals});
    let (status, error) = rig.call("purchase.order", "write", body).await;
    assert_eq!(status, 422);
    assert_eq!(
        error["message"],
        "Cannot delete a purchase order line which is in state “Purchase Order”."
    );
    let rows = json!([[
        "x.po",
        "x.vendor",
        "PO-7",
        "x.po_1",
        "x.part",
        "Capacitor",
        "6",
        "10.25",
        ""
    ]]);
    rig.loaded_into("purchase.order", &LINES, rows).await;
    assert_eq!(amounts(&rig, order).await, json!([76.5, 0.0, 76.5]));
}

#[tokio::test]
async fn two_step_approval_stops_at_to_approve() {
    let rig = shop().await;
    let company = json!({"ids": [1], "vals": {"po_double_validation": "two_step", "po_double_validation_amount": 10}});
    let response = rig
        .client
        .post(format!("{}/json/2/res.company/write", rig.odoo.url()))
        .bearer_auth(rig.odoo.admin_key())
        .json(&company)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let order = ordered(&rig).await;
    assert_eq!(
        press(&rig, "purchase.order", "button_confirm", order).await,
        true
    );
    let seen = rig
        .seen("purchase.order", order, &["state", "picking_ids"])
        .await;
    assert_eq!(seen, json!({"state": "to approve", "picking_ids": []}));
}

#[tokio::test]
async fn a_text_leaves_the_order_alone_and_a_price_does_not() {
    let rig = shop().await;
    let order = ordered(&rig).await;
    let line = lines(&rig, order, &["id"]).await[0][0].clone();
    let date = async || rig.seen("purchase.order", order, &["write_date"]).await;
    let first = date().await;
    rig.advance(jiff::SignedDuration::from_secs(60));
    let body = json!({"ids": [line], "vals": {"name": "Other"}});
    rig.ok("purchase.order.line", "write", body).await;
    assert_eq!(date().await, first);
    let body = json!({"ids": [line], "vals": {"price_unit": 1}});
    rig.ok("purchase.order.line", "write", body).await;
    assert_ne!(date().await, first);
}

#[tokio::test]
async fn of_two_simultaneous_loads_of_one_new_order_one_wins() {
    let rig = Rig::with(|options| {
        options.rights = sandbox::odoo::Rights::ProductManager;
        options.work_per_row = std::time::Duration::from_millis(50);
    })
    .await;
    rig.loaded(&["id", "name"], json!([["x.vendor", "V"]]))
        .await;
    rig.loaded_into("product.product", &["id", "name"], json!([["x.part", "P"]]))
        .await;
    let rows = json!([[
        "x.po", "x.vendor", "", "x.po_1", "x.part", "P", "1", "1", ""
    ]]);
    let (a, b) = tokio::join!(
        rig.load_into("purchase.order", &LINES, rows.clone()),
        rig.load_into("purchase.order", &LINES, rows.clone())
    );
    let lost = if a["ids"] == false { &a } else { &b };
    let message = lost["messages"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("could not serialize access"), "{a} {b}");
    let again = rig.loaded_into("purchase.order", &LINES, rows).await;
    let orders = rig.odoo.orders();
    assert_eq!((orders.len(), orders[0].lines.len()), (1, 1));
    assert_eq!(again, [orders[0].id.0]);
}

#[tokio::test]
async fn a_line_that_refers_to_nothing_takes_back_the_whole_call() {
    let rig = shop().await;
    let rows = json!([
        [
            "x.po", "x.vendor", "", "x.po_1", "x.part", "P", "1", "1", ""
        ],
        [
            "x.po2", "x.vendor", "", "x.po2_1", "x.nope", "P", "1", "1", ""
        ],
    ]);
    let answer = rig.load_into("purchase.order", &LINES, rows).await;
    assert_eq!(answer["ids"], false);
    let told = &answer["messages"][0];
    assert_eq!(
        (&told["record"], &told["field"], &told["message"]),
        (
            &json!(1),
            &json!("order_line"),
            &json!(
                "No matching record found for external id 'x.nope' in field 'Order Lines/Product'"
            )
        )
    );
    assert!(rig.odoo.orders().is_empty());
    let order = ordered(&rig).await;
    rig.odoo.contend(1);
    assert_eq!(
        press(&rig, "purchase.order", "button_confirm", order).await,
        true,
        "tried again"
    );
}
