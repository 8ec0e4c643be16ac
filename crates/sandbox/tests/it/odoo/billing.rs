//! Vendor bills: lines, taxes, dates, posting, and what orders learn from them.

use serde_json::{Value as Json, json};

use super::Rig;
use super::purchasing::{lines as order_lines, ordered, press, shop};

pub(super) const MOVE: &str = "account.move";
pub(super) const LINES: [&str; 12] = [
    "id",
    "move_type",
    "partner_id/id",
    "ref",
    "invoice_date",
    "date",
    "invoice_date_due",
    "invoice_line_ids/id",
    "invoice_line_ids/name",
    "invoice_line_ids/quantity",
    "invoice_line_ids/price_unit",
    "invoice_line_ids/tax_ids/id",
];
pub(super) const TAX: &str = "account.1_purchase_tax_template";

pub(super) fn row(line: &str, quantity: &str, price: &str, tax: &str) -> Json {
    json!([
        "x.bill",
        "in_invoice",
        "x.vendor",
        "INV-9",
        "2026-11-05",
        "2026-11-05",
        "2026-12-05",
        line,
        "Part",
        quantity,
        price,
        tax
    ])
}

pub(super) fn more(line: &str, quantity: &str, price: &str, tax: &str) -> Json {
    json!([
        "", "", "", "", "", "", "", line, "Part", quantity, price, tax
    ])
}

pub(super) async fn billed(rig: &Rig, price: &str, tax: &str) -> i64 {
    rig.loaded_into(MOVE, &LINES, json!([row("x.bill_1", "1", price, tax)]))
        .await[0]
}

pub(super) async fn amounts(rig: &Rig, bill: i64) -> Json {
    let names = [
        "amount_untaxed",
        "amount_tax",
        "amount_total",
        "amount_residual",
    ];
    let seen = rig.seen(MOVE, bill, &names).await;
    names.iter().map(|name| seen[*name].clone()).collect()
}

/// All journal items: type, balance.
pub(super) async fn items(rig: &Rig, bill: i64) -> Vec<(String, Json)> {
    let fields = ["display_type", "balance"];
    let body = json!({"domain": [["move_id", "=", bill]], "fields": fields, "order": "id"});
    let rows = rig.ok("account.move.line", "search_read", body).await;
    let rows = rows.as_array().unwrap();
    let pair = |row: &Json| {
        (
            row["display_type"].as_str().unwrap().to_owned(),
            row["balance"].clone(),
        )
    };
    rows.iter().map(pair).collect()
}

pub(super) async fn posted(rig: &Rig, bill: i64) -> Json {
    assert_eq!(
        press(rig, MOVE, "action_post", bill).await,
        false,
        "success, in Odoo's words"
    );
    rig.seen(MOVE, bill, &["state", "name", "date", "payment_state"])
        .await
}

pub(super) async fn refused(rig: &Rig, method: &str, body: Json) -> String {
    let (status, error) = rig.call(MOVE, method, body).await;
    assert_eq!(status, 422, "{error:#}");
    error["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_bill_has_its_lines_its_tax_and_what_is_owed() {
    let rig = shop().await;
    let rows = json!([
        row("x.bill_1", "2", "100", TAX),
        more("x.bill_2", "1", "33.33", "")
    ]);
    let bill = rig.loaded_into(MOVE, &LINES, rows).await[0];
    assert_eq!(
        amounts(&rig, bill).await,
        json!([233.33, 30.0, 263.33, 263.33])
    );
    let mut found = items(&rig, bill).await;
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let wanted = [
        ("payment_term", -263.33),
        ("product", 200.0),
        ("product", 33.33),
        ("tax", 30.0),
    ];
    assert_eq!(
        found,
        wanted.map(|(kind, balance)| (kind.to_owned(), json!(balance)))
    );
    let seen = rig
        .seen(
            MOVE,
            bill,
            &["invoice_line_ids", "name", "journal_id", "payment_state"],
        )
        .await;
    assert_eq!(seen["invoice_line_ids"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&seen["name"], &seen["payment_state"]),
        (&json!(false), &json!("not_paid"))
    );
    assert_eq!(
        posted(&rig, bill).await,
        json!({"state": "posted", "name": "BILL/2026/11/0001", "date": "2026-11-05", "payment_state": "not_paid"})
    );
    let vendor = rig.odoo.partner_by_external_id("x.vendor").unwrap();
    assert_eq!(vendor.supplier_rank, 1, "posting writes the vendor");
}

#[tokio::test]
async fn a_credit_note_is_the_other_way_round() {
    let rig = shop().await;
    let mut rows = json!([row("x.bill_1", "1", "10", "")]);
    rows[0][1] = json!("in_refund");
    let bill = rig.loaded_into(MOVE, &LINES, rows).await[0];
    assert_eq!(
        items(&rig, bill).await,
        [
            ("product".to_owned(), json!(-10.0)),
            ("payment_term".to_owned(), json!(10.0))
        ]
    );
    assert_eq!(amounts(&rig, bill).await, json!([10.0, 0.0, 10.0, 10.0]));
    assert_eq!(posted(&rig, bill).await["name"], "RBILL/2026/11/0001");
}

#[tokio::test]
async fn without_a_type_it_is_a_plain_entry() {
    let rig = shop().await;
    let rows = json!([["x.e", "Something"]]);
    let id = rig.loaded_into(MOVE, &["id", "ref"], rows).await[0];
    let seen = rig
        .seen(MOVE, id, &["move_type", "amount_total", "date"])
        .await;
    assert_eq!(
        seen,
        json!({"move_type": "entry", "amount_total": 0.0, "date": "2026-11-23"})
    );
}

#[tokio::test]
async fn dates_that_are_not_sent_are_todays() {
    let rig = shop().await;
    for (own, booked) in [("2026-11-05", "2026-11-23"), ("2026-09-05", "2026-09-30")] {
        let fields = [
            "move_type",
            "partner_id/id",
            "invoice_date",
            "invoice_line_ids/name",
            "invoice_line_ids/price_unit",
        ];
        let rows = json!([["in_invoice", "x.vendor", own, "Part", "5"]]);
        let bill = rig.loaded_into(MOVE, &fields, rows).await[0];
        let seen = rig
            .seen(MOVE, bill, &["invoice_date", "date", "invoice_date_due"])
            .await;
        let wanted = json!({"invoice_date": own, "date": booked, "invoice_date_due": "2026-11-23"});
        assert_eq!(seen, wanted);
    }
    let bill = billed(&rig, "5", "").await;
    let seen = rig
        .seen(MOVE, bill, &["invoice_date", "date", "invoice_date_due"])
        .await;
    let wanted = json!({"invoice_date": "2026-11-05", "date": "2026-11-05", "invoice_date_due": "2026-12-05"});
    assert_eq!(seen, wanted);
}

#[tokio::test]
async fn a_draft_is_updated_in_place_and_a_posted_bill_is_not() {
    let rig = shop().await;
    let bill = billed(&rig, "5", "").await;
    assert_eq!(billed(&rig, "7", "").await, bill);
    assert_eq!(amounts(&rig, bill).await[2], 7.0);
    posted(&rig, bill).await;
    let fields = [
        "id",
        "invoice_date",
        "partner_id/id",
        "invoice_line_ids/id",
        "invoice_line_ids/name",
    ];
    let rows = json!([["x.bill", "2026-11-05", "x.vendor", "x.bill_1", "Part"]]);
    let answer = rig.load_into(MOVE, &fields, rows).await;
    assert_eq!(answer["ids"], false);
    assert_eq!(
        answer["messages"][0]["message"],
        "You cannot modify the following readonly fields on a posted move: invoice_date, partner_id, invoice_line_ids"
    );
    rig.loaded_into(MOVE, &["id", "ref"], json!([["x.bill", "INV-10"]]))
        .await;
    let message = refused(&rig, "action_post", json!({"ids": [bill]})).await;
    assert_eq!(
        message,
        format!("The entry BILL/2026/11/0001 (id {bill}) must be in draft.")
    );
    let message = refused(&rig, "unlink", json!({"ids": [bill]})).await;
    assert!(
        message.starts_with("You can't delete a posted journal item."),
        "{message}"
    );
}

#[tokio::test]
async fn the_tax_can_be_set_to_the_cent_until_its_lines_change() {
    let rig = shop().await;
    let bill = billed(&rig, "333.33", TAX).await;
    assert_eq!(
        amounts(&rig, bill).await,
        json!([333.33, 50.0, 383.33, 383.33])
    );
    let body = json!({"domain": [["move_id", "=", bill], ["display_type", "=", "tax"]]});
    let tax = rig.ok("account.move.line", "search", body).await[0].clone();
    let vals = json!({"line_ids": [[1, tax, {"amount_currency": 50.01}]]});
    rig.ok(MOVE, "write", json!({"ids": [bill], "vals": vals}))
        .await;
    assert_eq!(
        amounts(&rig, bill).await,
        json!([333.33, 50.01, 383.34, 383.34])
    );
    billed(&rig, "333.33", TAX).await;
    assert_eq!(
        amounts(&rig, bill).await[1],
        50.01,
        "an equal resend leaves it"
    );
    posted(&rig, bill).await;
    assert_eq!(amounts(&rig, bill).await[2], 383.34);
    press(&rig, MOVE, "button_draft", bill).await;
    billed(&rig, "333.34", TAX).await;
    assert_eq!(amounts(&rig, bill).await[1], 50.0);
}

/// A confirmed order of four parts and freight, and a draft bill of all of it.
async fn order_and_bill(rig: &Rig) -> (i64, i64) {
    let order = ordered(rig).await;
    press(rig, "purchase.order", "button_confirm", order).await;
    let fields = [
        "id",
        "move_type",
        "partner_id/id",
        "invoice_date",
        "invoice_line_ids/id",
        "invoice_line_ids/purchase_line_id/id",
        "invoice_line_ids/product_id/id",
        "invoice_line_ids/quantity",
        "invoice_line_ids/price_unit",
        "invoice_line_ids/tax_ids/id",
    ];
    let rows = json!([
        [
            "x.b",
            "in_invoice",
            "x.vendor",
            "2026-11-05",
            "x.b_1",
            "x.po_1",
            "x.part",
            "4",
            "10.25",
            ""
        ],
        [
            "",
            "",
            "",
            "",
            "x.b_2",
            "x.po_2",
            "x.freight",
            "1",
            "15",
            ""
        ],
    ]);
    (order, rig.loaded_into(MOVE, &fields, rows).await[0])
}

#[tokio::test]
async fn a_line_that_names_an_orders_line_bills_it() {
    let rig = shop().await;
    let (order, bill) = order_and_bill(&rig).await;
    let fields = ["qty_invoiced", "qty_to_invoice"];
    let billed = async || order_lines(&rig, order, &fields).await;
    assert_eq!(
        billed().await,
        [json!([4.0, -4.0]), json!([1.0, 0.0])],
        "a draft counts already, and more was billed than received"
    );
    let names = ["invoice_ids", "invoice_status", "invoice_count"];
    assert_eq!(
        rig.seen("purchase.order", order, &names).await,
        json!({"invoice_ids": [bill], "invoice_status": "to invoice", "invoice_count": 1})
    );
    press(&rig, MOVE, "button_cancel", bill).await;
    assert_eq!(billed().await[0], json!([0.0, 0.0]));
}

#[tokio::test]
async fn an_order_is_fully_billed_when_all_that_arrived_is_and_then_stays() {
    let rig = shop().await;
    let (order, bill) = order_and_bill(&rig).await;
    let status = async || {
        let seen = rig.seen("purchase.order", order, &["invoice_status"]).await;
        seen["invoice_status"].clone()
    };
    let seen = rig.seen("purchase.order", order, &["picking_ids"]).await;
    let picking = seen["picking_ids"][0].as_i64().unwrap();
    press(&rig, "stock.picking", "button_validate", picking).await;
    assert_eq!(status().await, "invoiced");
    posted(&rig, bill).await;
    let body = json!({"ids": [order]});
    let (code, error) = rig.call("purchase.order", "button_cancel", body).await;
    assert_eq!(code, 422);
    let message = error["message"].as_str().unwrap();
    assert!(
        message.ends_with("You must first cancel their related vendor bills."),
        "{message}"
    );
    press(&rig, MOVE, "button_cancel", bill).await;
    assert_eq!(status().await, "to invoice");
}

#[tokio::test]
async fn tests_see_orders_receipts_and_bills_and_change_them_by_hand() {
    let rig = shop().await;
    let (_, bill) = order_and_bill(&rig).await;
    let bill = sandbox::odoo::Id(bill);
    posted(&rig, bill.0).await;
    rig.odoo.pay_bill(bill, "20.00".parse().unwrap());
    let seen = rig.odoo.bill("x.b").unwrap();
    assert_eq!(
        (
            seen.amount_total.to_string(),
            seen.amount_residual.to_string()
        ),
        ("56".to_owned(), "36".to_owned())
    );
    assert_eq!(seen.payment_state.as_deref(), Some("partial"));
    assert_eq!(seen.lines[0].external_ids, ["x.b_1"]);
    assert_eq!(seen.lines[0].account.as_deref(), Some("6000"));
    let order = rig.odoo.order("x.po").unwrap();
    assert_eq!((order.state.as_str(), order.lines.len()), ("purchase", 2));
    assert_eq!(order.invoice_ids, [bill]);
    assert_eq!(rig.odoo.receipts()[0].purchase_id, Some(order.id));

    let posted = rig.odoo.try_call(MOVE, "unlink", &[bill], json!({}));
    assert!(posted.unwrap_err().contains("posted"));
    rig.odoo.call(MOVE, "button_draft", &[bill], json!({}));
    let vals = json!({"invoice_line_ids": [[1, seen.lines[0].id, {"price_unit": 11}]]});
    rig.odoo.call(MOVE, "write", &[bill], json!({"vals": vals}));
    rig.odoo.call(MOVE, "action_post", &[bill], json!({}));
    assert_eq!(rig.odoo.bill("x.b").unwrap().amount_total.to_string(), "59");
    let url = format!("{}/sandbox/bills", rig.odoo.url());
    let shown: Json = rig
        .client
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(shown[0]["amount_total"], "59");
}

#[tokio::test]
async fn a_bills_line_takes_the_orders_distribution_unless_it_has_one() {
    let rig = shop().await;
    ordered(&rig).await;
    let fields = ["id", "order_line/id", "order_line/analytic_distribution"];
    rig.loaded_into(
        "purchase.order",
        &fields,
        json!([["x.po", "x.po_1", "{\"7\": 100}"]]),
    )
    .await;
    let fields = [
        "id",
        "move_type",
        "partner_id/id",
        "invoice_line_ids/id",
        "invoice_line_ids/name",
        "invoice_line_ids/purchase_line_id/id",
    ];
    rig.loaded_into(
        MOVE,
        &fields,
        json!([["x.b", "in_invoice", "x.vendor", "x.b_1", "Part", "x.po_1"]]),
    )
    .await;
    let line = rig.odoo.external_ids()["x.b_1"].id.0;
    let seen = rig
        .seen(
            "account.move.line",
            line,
            &["analytic_distribution", "purchase_order_id"],
        )
        .await;
    assert_eq!(seen["analytic_distribution"], json!({"7": 100.0}));
}

#[tokio::test]
async fn a_line_name_of_another_bill_moves_the_line() {
    let rig = shop().await;
    let rows = json!([
        row("x.bill_1", "1", "5", ""),
        more("x.bill_2", "1", "7", "")
    ]);
    let first = rig.loaded_into(MOVE, &LINES, rows).await[0];
    let mut rows = json!([row("x.bill_2", "1", "7", "")]);
    rows[0][0] = json!("x.other");
    let second = rig.loaded_into(MOVE, &LINES, rows).await[0];
    assert_eq!(amounts(&rig, first).await[2], 5.0);
    assert_eq!(amounts(&rig, second).await[2], 7.0);
}
