//! Purchase orders and receipts: their states, their arithmetic, their rewrites.

use std::collections::BTreeMap;

use reqwest::Method;
use sandbox::fault::{Fault, Rule};
use sandbox::servicetitan::{
    BusinessUnitId, Decimal, LandedCostMethod, NewLine, NewOrder, NewReceipt, OrderEdit,
    OrderStatus, OrderTypeId, PurchaseOrderId, ReceivedLine, Refusal, SyncStatus,
    purchase_order_id, sku_id, vendor_id,
};
use serde_json::{Value, json};

use super::super::{Desk, ids};
use super::{dec, new_order, of, write};

/// Two lines, 10.05 and 6.17, tax 1.30, shipping 20.00.
fn small() -> NewOrder {
    NewOrder::new(vendor_id(0), BusinessUnitId(1))
        .line(sku_id(0), dec("3"), dec("3.3499"))
        .line(sku_id(1), dec("2.5"), dec("2.4671"))
        .tax(dec("1.30"))
        .shipping(dec("20"))
}

#[tokio::test]
async fn seeded_orders_stand_in_all_states_and_add_up() {
    let desk = Desk::with(|o| o.customers(100).orders(144)).await;
    let orders = desk.tenant.purchase_orders();
    assert_eq!(orders.len(), 144);
    let mut states = BTreeMap::new();
    for order in &orders {
        *states.entry(order.status).or_insert(0) += 1;
        let lines: Decimal = order
            .active_lines()
            .map(sandbox::servicetitan::OrderLine::total)
            .sum();
        assert_eq!(order.total(), lines + order.tax + order.shipping);
        assert_eq!(order.total(), order.total().round_dp(2));
        let received = desk.tenant.receipts_of(order.id);
        for line in &order.lines {
            let came = received.iter().filter(|receipt| receipt.active);
            let came = came.flat_map(|receipt| &receipt.lines);
            let came = came.filter(|row| row.order_line == line.id);
            assert_eq!(
                came.map(|row| row.goods.quantity).sum::<Decimal>(),
                line.received
            );
        }
        let bills = desk.tenant.bills_of(order.id);
        assert_eq!(bills.len(), received.len());
        for (receipt, bill) in received.iter().zip(&bills) {
            assert_eq!((receipt.bill_id, receipt.total()), (bill.id, bill.total()));
            assert_eq!(receipt.sync_status, bill.sync_status);
        }
        if matches!(order.status, OrderStatus::Received | OrderStatus::Exported) {
            let sum = |of: fn(&sandbox::servicetitan::Bill) -> Decimal| -> Decimal {
                bills.iter().map(of).sum()
            };
            assert_eq!(
                (sum(|b| b.tax), sum(|b| b.shipping)),
                (order.tax, order.shipping)
            );
        }
    }
    let expected = [
        (OrderStatus::Pending, 12),
        (OrderStatus::Sent, 24),
        (OrderStatus::PartiallyReceived, 24),
        (OrderStatus::Received, 60),
        (OrderStatus::Exported, 12),
        (OrderStatus::Canceled, 12),
    ];
    assert_eq!(states, BTreeMap::from(expected));
    assert_eq!(
        desk.tenant
            .purchase_order(purchase_order_id(5))
            .unwrap()
            .status,
        OrderStatus::Canceled
    );
}

#[tokio::test]
async fn seeded_orders_hold_all_that_a_purchaser_must_bear() {
    let desk = Desk::with(|o| o.customers(100).orders(144)).await;
    let orders = desk.tenant.purchase_orders();
    let has = |what: &str, holds: &dyn Fn(&sandbox::servicetitan::PurchaseOrder) -> bool| {
        assert!(orders.iter().any(holds), "no order {what}");
    };
    has("comes in two parts", &|o| {
        desk.tenant.receipts_of(o.id).len() == 2 && o.status == OrderStatus::Received
    });
    has("has a discount", &|o| {
        o.lines
            .iter()
            .any(|l| l.cost.is_sign_negative() && !l.cost.is_zero())
    });
    has("has a cost of four decimals", &|o| {
        o.lines.iter().any(|l| l.cost.scale() == 4)
    });
    has("has fractions of goods", &|o| {
        o.lines.iter().any(|l| !l.quantity.fract().is_zero())
    });
    has("lost a line", &|o| o.lines.iter().any(|l| !l.active));
    has("is for a job of another unit", &|o| {
        let job = o.job_id.and_then(|job| desk.tenant.job(job));
        job.is_some_and(|job| job.business_unit_id != o.business_unit_id)
    });
    has("is billed dearer than ordered", &|o| {
        let bills = desk.tenant.bills_of(o.id);
        o.status == OrderStatus::Received
            && bills
                .iter()
                .map(sandbox::servicetitan::Bill::subtotal)
                .sum::<Decimal>()
                > o.subtotal()
    });
    let bills = desk.tenant.bills();
    assert!(bills.iter().any(|bill| !bill.active));
    assert!(bills.iter().any(|bill| bill.order_id.is_none()));
    assert!(
        bills
            .iter()
            .any(|bill| bill.landed_cost_method == LandedCostMethod::ByValue)
    );
    assert!(desk.tenant.returns().len() > 5 && desk.tenant.ap_credits().len() > 5);
    let again = Desk::with(|o| o.customers(100).orders(30)).await;
    assert_eq!(again.tenant.purchase_orders(), orders[..30]);
}

#[tokio::test]
async fn the_wire_shows_exact_numbers() {
    let desk = Desk::with(|o| o.orders(48)).await;
    for order in desk.tenant.purchase_orders() {
        let row = desk
            .get("inventory", &format!("purchase-orders/{}", order.id))
            .await;
        assert_eq!(of(&row["total"]), order.total());
        let lines = row["items"].as_array().unwrap();
        assert_eq!(lines.len(), order.active_lines().count());
        for (line, shown) in order.active_lines().zip(lines) {
            assert_eq!(of(&shown["cost"]), line.cost);
            assert_eq!(of(&shown["quantity"]), line.quantity);
            assert_eq!(of(&shown["total"]), line.total());
            assert_eq!(of(&shown["quantityReceived"]), line.received);
        }
    }
}

#[tokio::test]
async fn an_order_lives_from_pending_to_received() {
    let desk = Desk::new().await;
    let tenant = &desk.tenant;
    let id = tenant.create_order(small()).unwrap();
    let order = || tenant.purchase_order(id).unwrap();
    assert_eq!(
        (order().status, order().total()),
        (OrderStatus::Pending, dec("37.52"))
    );
    tenant.send_order(id).unwrap();
    assert_eq!(order().status, OrderStatus::Sent);
    let lines: Vec<_> = order().lines.iter().map(|line| line.id).collect();

    let first = tenant
        .receive(id, NewReceipt::some("A-1", [(lines[0], dec("1"))]))
        .unwrap();
    assert_eq!(order().status, OrderStatus::PartiallyReceived);
    assert_eq!(first.subtotal(), dec("3.35"), "3.3499 to the cent");
    // 3.35 of 16.22 brings 0.27 of the tax and 4.13 of the shipping.
    assert_eq!((first.tax, first.shipping), (dec("0.27"), dec("4.13")));
    let second = tenant.receive(id, NewReceipt::rest("A-2")).unwrap();
    assert_eq!(order().status, OrderStatus::Received);
    assert_eq!((second.tax, second.shipping), (dec("1.03"), dec("15.87")));
    assert_eq!(second.lines.len(), 2);
    let bills = tenant.bills_of(id);
    assert_eq!(bills.len(), 2, "each receipt makes a bill");
    assert_eq!(bills[0].vendor_number, "A-1");
    assert_eq!(bills[1].reference_number, format!("PO-{id}-2"));
    assert_eq!(bills[0].sync_status, SyncStatus::Pending);
    assert!(matches!(
        tenant.receive(id, NewReceipt::rest("A-3")),
        Err(Refusal::State { .. })
    ));

    tenant.cancel_receipt(second.id).unwrap();
    assert_eq!(order().status, OrderStatus::PartiallyReceived);
    assert!(!tenant.bill(second.bill_id).unwrap().active);
    let page = desk
        .get("inventory", &format!("receipts?purchaseOrderIds={id}"))
        .await;
    assert_eq!(ids(&page), [first.id.0]);
    let more = ReceivedLine {
        line: lines[0],
        quantity: dec("5"),
        cost: Some(dec("4")),
    };
    let new = NewReceipt {
        lines: Some(vec![more]),
        ..NewReceipt::rest("A-4")
    };
    tenant.receive(id, new).unwrap();
    assert_eq!(
        order().lines[0].received,
        dec("6"),
        "more than ordered, and dearer"
    );
}

#[tokio::test]
async fn a_rewrite_of_lines_is_whole() {
    let desk = Desk::new().await;
    let tenant = &desk.tenant;
    let id = tenant.create_order(small()).unwrap();
    let lines = tenant.purchase_order(id).unwrap().lines;
    let path = format!("purchase-orders/{id}");
    let line = |id: Value, sku: i64, quantity: f64, cost: f64| {
        json!({ "id": id, "skuId": sku, "description": "", "vendorPartNumber": "",
                "quantity": quantity, "cost": cost })
    };
    let items = json!([
        line(json!(lines[0].id), lines[0].sku.0, 4.0, 3.3499),
        line(json!(0), sku_id(3).0, 1.0, 9.99),
    ]);
    let (status, _) = write(&desk, Method::PATCH, &path, &json!({ "items": items })).await;
    assert_eq!(status, 200);
    let row = desk.get("inventory", &path).await;
    let shown = row["items"].as_array().unwrap();
    assert_eq!(shown.len(), 2, "what was not listed is gone");
    assert_eq!(shown[0]["id"], json!(lines[0].id));
    assert_eq!(row["total"], 44.69, "13.40 + 9.99 + 1.30 + 20.00");
    let kept = tenant.purchase_order(id).unwrap().lines;
    assert_eq!(kept.len(), 3);
    assert!(!kept[1].active);
    let (status, _) = write(&desk, Method::PATCH, &path, &json!({ "lineItems": [] })).await;
    assert_eq!(status, 200);
    assert_eq!(desk.get("inventory", &path).await["total"], 44.69);

    tenant
        .receive(id, NewReceipt::some("x", [(kept[0].id, dec("1"))]))
        .unwrap();
    let edit = OrderEdit {
        lines: Some(vec![NewLine::keep(&kept[2])]),
        ..OrderEdit::default()
    };
    assert!(matches!(
        tenant.edit_order(id, edit),
        Err(Refusal::State { .. })
    ));
    let (status, refusal) = write(&desk, Method::PATCH, &path, &json!({ "items": [] })).await;
    assert_eq!(status, 400, "{refusal}");
    let path = format!("{path}/cancellation");
    let (status, _) = write(&desk, Method::PATCH, &path, &json!({})).await;
    assert_eq!(status, 400, "something of it came");
}

#[tokio::test]
async fn orders_are_written_over_the_api() {
    let desk = Desk::new().await;
    let (status, made) = write(&desk, Method::POST, "purchase-orders", &new_order()).await;
    assert_eq!((status, made.as_object().unwrap().len()), (200, 1));
    let id = PurchaseOrderId(made["id"].as_i64().unwrap());
    let order = desk.tenant.purchase_order(id).unwrap();
    assert_eq!(order.total(), dec("22.10"));
    assert!(order.impacts_technician_payroll);
    assert_eq!(order.vendor_document_number, "Q-17");
    let row = desk
        .get("inventory", &format!("purchase-orders/{id}"))
        .await;
    assert!(
        row.get("impactsTechnicianPayroll").is_none(),
        "written, never shown"
    );
    assert_eq!(row["shipTo"]["city"], "Austin");
    for (field, value) in [
        ("vendorId", json!(7)),
        ("businessUnitId", json!(77)),
        ("typeId", json!(9)),
        ("jobId", json!(5)),
        (
            "items",
            json!([{ "skuId": sku_id(7), "quantity": 1, "cost": 1 }]),
        ),
    ] {
        let mut body = new_order();
        body[field] = value;
        let (status, refusal) = write(&desk, Method::POST, "purchase-orders", &body).await;
        assert_eq!(status, 400, "{field}: {refusal}");
    }
    let (status, refusal) = write(&desk, Method::POST, "purchase-orders", &json!({})).await;
    assert_eq!(status, 400);
    assert!(refusal["errors"]["ImpactsTechnicianPayroll"].is_array());
    let path = format!("purchase-orders/{id}/cancellation");
    let (status, _) = write(&desk, Method::PATCH, &path, &json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(
        desk.tenant.purchase_order(id).unwrap().status,
        OrderStatus::Canceled
    );
    let path = format!("purchase-orders/{id}");
    let (status, _) = write(&desk, Method::PATCH, &path, &json!({ "tax": 1 })).await;
    assert_eq!(status, 400, "a cancelled order stays as it is");
}

/// What a client must bear when it writes: applied, and it never learns.
#[tokio::test]
async fn a_lost_reply_leaves_an_order_behind() {
    let desk = Desk::new().await;
    desk.sandbox.faults().add(
        Rule::new(Fault::LoseReply)
            .path_contains("/purchase-orders")
            .times(1),
    );
    let request = desk.request(Method::POST, "inventory", "purchase-orders");
    assert!(request.json(&new_order()).send().await.is_err());
    assert_eq!(desk.tenant.purchase_orders().len(), 1);
    let (status, _) = write(&desk, Method::POST, "purchase-orders", &new_order()).await;
    assert_eq!(status, 200);
    assert_eq!(
        desk.tenant.purchase_orders().len(),
        2,
        "nothing is idempotent"
    );
}

#[tokio::test]
async fn orders_are_listed_and_fed() {
    let desk = Desk::with(|o| o.orders(48)).await;
    let sent = desk.get("inventory", "purchase-orders?status=Sent").await;
    assert_eq!(ids(&sent).len(), 8);
    let none = desk
        .get("inventory", "purchase-orders?technicianId=7")
        .await;
    assert!(ids(&none).is_empty());
    let page = desk.get("inventory", "export/purchase-orders").await;
    assert_eq!(ids(&page).len(), 48);
    let end = page["continueFrom"].as_str().unwrap();
    desk.hands.advance_s(5);
    let id = purchase_order_id(1);
    desk.tenant.cancel_order(id).unwrap();
    let page = desk
        .get("inventory", &format!("export/purchase-orders?from={end}"))
        .await;
    assert_eq!(
        (ids(&page), &page["data"][0]["status"]),
        (vec![id.0], &json!("Canceled"))
    );
    let now = desk.hands.now();
    let page = desk
        .get(
            "inventory",
            &format!("purchase-orders?modifiedOnOrAfter={now}"),
        )
        .await;
    assert_eq!(ids(&page), [id.0]);
}

#[tokio::test]
async fn landed_costs_are_shares_of_the_head_and_not_more() {
    let desk = Desk::new().await;
    let tenant = &desk.tenant;
    let id = tenant
        .create_order(small().order_type(OrderTypeId(2)))
        .unwrap();
    let new = NewReceipt {
        other: Some(dec("1.01")),
        ..NewReceipt::rest("L-1")
    };
    let receipt = tenant.receive(id, new).unwrap();
    let list = desk
        .get(
            "accounting",
            &format!("inventory-bills/paginated?ids={}", receipt.bill_id),
        )
        .await;
    let bill = &list["data"][0];
    assert_eq!(
        bill["billAmount"], "38.53",
        "lines 16.22, tax 1.30, shipping 20, other 1.01"
    );
    for (share, whole) in [
        ("allocatedTax", "1.30"),
        ("allocatedShipping", "20"),
        ("allocatedOtherCosts", "1.01"),
    ] {
        let lines = bill["items"].as_array().unwrap().iter();
        let sum: Decimal = lines.map(|line| of(&line[share])).sum();
        assert_eq!(sum, dec(whole), "{share}");
    }
    let plain = tenant.create_order(small()).unwrap();
    let bill = tenant
        .receive(plain, NewReceipt::rest("L-2"))
        .unwrap()
        .bill_id;
    let list = desk
        .get(
            "accounting",
            &format!("inventory-bills/paginated?ids={bill}"),
        )
        .await;
    assert!(list["data"][0]["items"][0]["allocatedTax"].is_null());
}

#[tokio::test]
async fn receiving_over_the_api_makes_a_bill() {
    let desk = Desk::new().await;
    let id = desk.tenant.create_order(small()).unwrap();
    let line = &desk.tenant.purchase_order(id).unwrap().lines[1];
    let body = json!({
        "purchaseOrderId": id, "dateReceived": "2026-11-20T08:00:00Z",
        "vendorDocumentNumber": "INV-9", "tax": 0.41, "shipping": 2,
        "items": [{ "skuId": line.sku, "quantity": 2, "cost": 2.5 }],
    });
    let (status, made) = write(&desk, Method::POST, "receipts", &body).await;
    assert_eq!(status, 200, "{made}");
    let list = desk
        .get("inventory", &format!("receipts?ids={}", made["id"]))
        .await;
    let row = &list["data"][0];
    assert_eq!(row["receiptAmount"], 7.41);
    assert_eq!(row["vendorInvoiceNumber"], "INV-9");
    let bills = desk.tenant.bills_of(id);
    assert_eq!(row["billId"], json!(bills[0].id));
    assert_eq!(bills[0].bill_date.to_string(), "2026-11-20T00:00:00Z");
    let cancel = format!("receipts/{}/cancellation", made["id"]);
    let (status, _) = write(&desk, Method::PATCH, &cancel, &json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(
        desk.tenant.purchase_order(id).unwrap().lines[1].received,
        dec("0")
    );
}
