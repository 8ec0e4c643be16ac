//! Prices, rounding and analytic accounts of order lines: what is kept, and what Odoo sets by itself.

use serde_json::json;

use super::Rig;
use super::purchasing::{LINES, amounts, lines, ordered, press, shop};

#[tokio::test]
async fn amounts_are_rounded_as_a_whole_and_quantities_to_two_decimals() {
    let rig = shop().await;
    let fields = [
        "id",
        "partner_id/id",
        "order_line/id",
        "order_line/product_id/id",
        "order_line/product_qty",
        "order_line/price_unit",
        "order_line/discount",
        "order_line/tax_ids/id",
    ];
    let rows = json!([
        ["x.po", "x.vendor", "x.l1", "x.part", "1", "0.333", "", ""],
        ["", "", "x.l2", "x.part", "1", "0.333", "", ""],
        ["", "", "x.l3", "x.part", "1.005", "0.333", "0.004", ""],
    ]);
    let order = rig.loaded_into("purchase.order", &fields, rows).await[0];
    let fields = ["product_qty", "price_unit", "discount", "price_subtotal"];
    assert_eq!(
        lines(&rig, order, &fields).await,
        [
            json!([1.0, 0.333, 0.0, 0.33]),
            json!([1.0, 0.333, 0.0, 0.33]),
            json!([1.01, 0.333, 0.0, 0.34]),
        ]
    );
    assert_eq!(
        amounts(&rig, order).await[0],
        1.0,
        "0.333 + 0.333 + 0.33633"
    );
}

#[tokio::test]
async fn prices_can_be_rounded_as_in_older_ones() {
    let rig = Rig::with(|options| {
        options.rights = sandbox::odoo::Rights::ProductManager;
        options.price_digits = Some(2);
    })
    .await;
    rig.loaded(&["id", "name"], json!([["x.vendor", "V"]]))
        .await;
    rig.loaded_into("product.product", &["id", "name"], json!([["x.part", "P"]]))
        .await;
    let rows = json!([[
        "x.po", "x.vendor", "", "x.po_1", "x.part", "P", "100", "0.3333", ""
    ]]);
    let order = rig.loaded_into("purchase.order", &LINES, rows).await[0];
    assert_eq!(
        lines(&rig, order, &["price_unit", "price_subtotal"]).await,
        [json!([0.33, 33.0])]
    );
}

#[tokio::test]
async fn a_known_vendor_price_returns_when_only_the_quantity_is_written() {
    let rig = shop().await;
    let order = ordered(&rig).await;
    press(&rig, "purchase.order", "button_confirm", order).await;
    let rows = json!([[
        "x.po2",
        "x.vendor",
        "",
        "x.l",
        "x.part",
        "Capacitor",
        "1",
        "8.1234",
        ""
    ]]);
    let second = rig.loaded_into("purchase.order", &LINES, rows).await[0];
    let line = lines(&rig, second, &["id", "price_unit"]).await[0].clone();
    assert_eq!(line[1], 8.1234);
    let body = json!({"ids": [line[0]], "vals": {"product_qty": 2}});
    rig.ok("purchase.order.line", "write", body).await;
    assert_eq!(lines(&rig, second, &["price_unit"]).await, [json!([10.25])]);
}

#[tokio::test]
async fn a_price_that_was_changed_stays_when_the_quantity_is_written() {
    let rig = shop().await;
    let order = ordered(&rig).await;
    press(&rig, "purchase.order", "button_confirm", order).await;
    let line = lines(&rig, order, &["id"]).await[0][0].clone();
    for vals in [json!({"price_unit": 9.99}), json!({"product_qty": 2})] {
        let body = json!({"ids": [line], "vals": vals});
        rig.ok("purchase.order.line", "write", body).await;
    }
    assert_eq!(lines(&rig, order, &["price_unit"]).await[0], json!([9.99]));
    let body = json!({"domain": [], "aggregates": ["__count", "amount_total:sum"]});
    let all = rig.ok("purchase.order", "formatted_read_group", body).await;
    assert_eq!(
        (&all[0]["__count"], &all[0]["amount_total:sum"]),
        (&json!(1), &json!(34.98))
    );
}

#[tokio::test]
async fn distribution_models_speak_for_lines_that_say_nothing() {
    let rig = shop().await;
    let plans = json!([["x.units", "Units"], ["x.jobs", "Jobs"]]);
    rig.loaded_into("account.analytic.plan", &["id", "name"], plans)
        .await;
    let rows = json!([["x.u", "Denver", "x.units"], ["x.j", "Job 5", "x.jobs"]]);
    let fields = ["id", "name", "plan_id/id"];
    let ids = rig
        .loaded_into("account.analytic.account", &fields, rows)
        .await;
    let model = "account.analytic.distribution.model";
    let spread = |id: i64| format!("{{\"{id}\": 100}}");
    let fields = ["id", "partner_id/id", "analytic_distribution"];
    let rows = json!([["x.d", "x.vendor", spread(ids[0])]]);
    rig.loaded_into(model, &fields, rows).await;
    let order = ordered(&rig).await;
    let of_order = async || lines(&rig, order, &["analytic_distribution"]).await;
    assert_eq!(of_order().await[0], json!([{ids[0].to_string(): 100.0}]));
    let fields = ["id", "order_line/id", "order_line/analytic_distribution"];
    let rows = json!([["x.po", "x.po_1", spread(ids[1])]]);
    rig.loaded_into("purchase.order", &fields, rows).await;
    assert_eq!(of_order().await[0], json!([{ids[1].to_string(): 100.0}]));
    let fields = [
        "id",
        "move_type",
        "partner_id/id",
        "invoice_line_ids/id",
        "invoice_line_ids/name",
        "invoice_line_ids/purchase_line_id/id",
    ];
    let rows = json!([["x.b", "in_invoice", "x.vendor", "x.b_1", "Part", "x.po_1"]]);
    rig.loaded_into("account.move", &fields, rows).await;
    let line = &rig.odoo.bill("x.b").unwrap().lines[0];
    assert_eq!(
        line.analytic_distribution,
        json!({ids[0].to_string(): 100.0, ids[1].to_string(): 100.0}),
        "the order's, and the model's for the other plan"
    );
}
