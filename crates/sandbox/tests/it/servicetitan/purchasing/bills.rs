//! Bills, returns and credits: posting, exporting, deleting, and who sees what.

use reqwest::Method;
use sandbox::servicetitan::{
    BillEdit, BillId, BillLineEdit, BusinessUnitId, GlAccountId, NewBill, NewCredit, NewLine,
    NewOrder, NewReceipt, NewReturn, OrderStatus, PurchaseOrderId, Receipt, Refusal, ReturnStatus,
    SyncStatus, Tenant, purchase_order_id, sku_id, vendor_id,
};
use serde_json::{Value, json};

use super::super::{Desk, NONE, ids};
use super::{dec, of};

/// An order of 10 for 2.50, received whole.
fn billed(tenant: &Tenant) -> (PurchaseOrderId, Receipt) {
    let new = NewOrder::new(vendor_id(0), BusinessUnitId(1))
        .line(sku_id(0), dec("10"), dec("2.5"))
        .tax(dec("2.06"));
    let order = tenant.create_order(new).unwrap();
    let receipt = tenant.receive(order, NewReceipt::rest("INV-1")).unwrap();
    (order, receipt)
}

async fn bill(desk: &Desk, id: BillId) -> Value {
    let page = desk
        .get("accounting", &format!("inventory-bills/paginated?ids={id}"))
        .await;
    page["data"][0].clone()
}

async fn post(desk: &Desk, path: &str, body: &Value) -> (u16, Value) {
    let request = desk.request(Method::POST, "accounting", path).json(body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn receiving_makes_a_pending_bill() {
    let desk = Desk::new().await;
    let (_, receipt) = billed(&desk.tenant);
    let id = receipt.bill_id;
    let row = bill(&desk, id).await;
    assert_eq!(row["syncStatus"], "Pending");
    assert_eq!(
        (&row["billAmount"], &row["taxAmount"]),
        (&json!("27.06"), &json!("2.06"))
    );
    assert_eq!(row["items"][0]["cost"], "2.50");
    assert_eq!(row["items"][0]["receiptItemId"], json!(receipt.lines[0].id));
    assert_eq!(row["items"][0]["costOfSaleAccount"]["number"], "5000");
    assert_eq!(row["items"][0]["assetAccount"]["name"], "Inventory Asset");
    assert_eq!(row["vendor"]["id"], json!(vendor_id(0)));
    assert!(
        row.get("active").is_none(),
        "the list does not know of deletions"
    );
    let mark = json!({ "inventoryBillIds": [id, 5] });
    let (status, marked) = post(&desk, "inventory-bills/markasexported", &mark).await;
    assert_eq!(status, 200, "a refusal is told per bill");
    assert_eq!(
        (&marked[0]["success"], &marked[1]["success"]),
        (&json!(false), &json!(false))
    );
    assert!(
        marked[0]["errorMessage"]
            .as_str()
            .unwrap()
            .contains("not posted")
    );
}

#[tokio::test]
async fn a_posted_bill_can_still_be_edited() {
    let desk = Desk::new().await;
    let tenant = &desk.tenant;
    let id = billed(tenant).1.bill_id;
    tenant.post_bill(id).unwrap();
    let row = bill(&desk, id).await;
    assert_eq!(
        (&row["syncStatus"], &row["postDate"]),
        (&json!("Posted"), &json!("2026-11-22T00:00:00Z"))
    );
    assert!(row["batch"]["number"].is_string());
    let edit = BillEdit {
        lines: vec![BillLineEdit {
            line: tenant.bill(id).unwrap().lines[0].id,
            quantity: None,
            cost: Some(dec("2.5151")),
            cost_of_sale_account: Some(GlAccountId(4)),
        }],
        shipping: Some(dec("3")),
        ..BillEdit::default()
    };
    tenant.edit_bill(id, edit).unwrap();
    let freight = BillEdit {
        add_lines: vec![NewLine::new(sku_id(1), dec("1"), dec("-0.50"))],
        ..BillEdit::default()
    };
    tenant.edit_bill(id, freight).unwrap();
    let row = bill(&desk, id).await;
    assert!(row["items"][1]["receiptItemId"].is_null());
    assert_eq!(row["billAmount"], "29.71", "25.15 - 0.50 + 2.06 + 3.00");
    assert_eq!(row["items"][0]["costOfSaleAccount"]["id"], 4);
    tenant.unpost_bill(id).unwrap();
    let row = bill(&desk, id).await;
    assert_eq!(
        (&row["syncStatus"], &row["postDate"]),
        (&json!("Pending"), &json!(null))
    );
}

#[tokio::test]
async fn exporting_locks_a_bill_for_good() {
    let desk = Desk::new().await;
    let tenant = &desk.tenant;
    let (order, receipt) = billed(tenant);
    let id = receipt.bill_id;
    tenant.post_bill(id).unwrap();
    let mark = json!({ "inventoryBillIds": [id] });
    let (_, marked) = post(&desk, "inventory-bills/markasexported", &mark).await;
    assert_eq!(marked[0]["success"], true);
    assert_eq!(tenant.bill(id).unwrap().sync_status, SyncStatus::Exported);
    assert_eq!(
        tenant.receipt(receipt.id).unwrap().sync_status,
        SyncStatus::Exported
    );
    assert_eq!(
        tenant.purchase_order(order).unwrap().status,
        OrderStatus::Exported
    );
    for refused in [
        tenant.edit_bill(id, BillEdit::default()),
        tenant.delete_bill(id),
        tenant.unpost_bill(id),
        tenant.cancel_receipt(receipt.id),
    ] {
        assert!(matches!(refused, Err(Refusal::State { .. })), "{refused:?}");
    }
    let (_, marked) = post(&desk, "inventory-bills/markasexported", &mark).await;
    assert_eq!(marked[0]["success"], false, "it is no idempotent call");
    let fields = json!({ "operations": [{ "objectId": id,
        "customFields": [{ "name": "Odoo Number", "value": "BILL/2026/7" }] }] });
    let path = "inventory-bills/custom-fields";
    let request = desk
        .request(Method::PATCH, "accounting", path)
        .json(&fields);
    assert_eq!(
        request.send().await.unwrap().status(),
        200,
        "custom fields stay open"
    );
    assert_eq!(
        bill(&desk, id).await["customFields"],
        json!([{ "name": "Odoo Number", "value": "BILL/2026/7" }])
    );
}

#[tokio::test]
async fn pending_bills_can_be_marked_when_so_switched() {
    let desk = Desk::with(|o| o.switch(|s| s.mark_pending_exported = true)).await;
    let (_, receipt) = billed(&desk.tenant);
    let mark = json!({ "inventoryBillIds": [receipt.bill_id] });
    let (_, marked) = post(&desk, "inventory-bills/markasexported", &mark).await;
    assert_eq!(marked[0]["success"], true);
}

#[tokio::test]
async fn a_deleted_bill_is_seen_by_the_feed_alone() {
    let desk = Desk::new().await;
    let (_, receipt) = billed(&desk.tenant);
    let id = receipt.bill_id;
    let feed = desk.get("accounting", "export/inventory-bills").await;
    assert_eq!(
        (ids(&feed), &feed["data"][0]["active"]),
        (vec![id.0], &json!(true))
    );
    let end = feed["continueFrom"].as_str().unwrap();
    desk.hands.advance_s(60);
    let now = desk.hands.now();
    desk.tenant.delete_bill(id).unwrap();
    let list = format!("inventory-bills/paginated?modifiedOnOrAfter={now}");
    assert_eq!(ids(&desk.get("accounting", &list).await), NONE);
    let feed = desk
        .get("accounting", &format!("export/inventory-bills?from={end}"))
        .await;
    assert_eq!(
        (ids(&feed), &feed["data"][0]["active"]),
        (vec![id.0], &json!(false))
    );
}

#[tokio::test]
async fn bills_are_listed_bare_and_in_pages() {
    let desk = Desk::with(|o| o.orders(96)).await;
    let bills = desk.tenant.bills();
    let shown = |keep: &dyn Fn(&sandbox::servicetitan::Bill) -> bool| -> Vec<i64> {
        let bills = bills.iter().filter(|bill| bill.active && keep(bill));
        bills.map(|bill| bill.id.0).collect()
    };
    let bare = desk.get("accounting", "inventory-bills?pageSize=10").await;
    assert_eq!(
        bare.as_array().unwrap().len(),
        10,
        "an array: nobody can tell that there is more"
    );
    let all = desk
        .get("accounting", "inventory-bills/paginated?pageSize=500")
        .await;
    assert_eq!(ids(&all), shown(&|bill| bill.order_id.is_some()));
    let typed = desk
        .get("accounting", "inventory-bills/paginated?billType=ApBill")
        .await;
    assert_eq!(ids(&typed), shown(&|bill| bill.order_id.is_none()));
    for (asked, keep) in [
        ("Posted", vec![SyncStatus::Posted]),
        (
            "PostedAndExported",
            vec![SyncStatus::Posted, SyncStatus::Exported],
        ),
        (
            "Pending&syncStatuses=Exported",
            vec![SyncStatus::Pending, SyncStatus::Exported],
        ),
    ] {
        let path = format!("inventory-bills/paginated?pageSize=500&syncStatuses={asked}");
        let page = desk.get("accounting", &path).await;
        let expected = shown(&|b| b.order_id.is_some() && keep.contains(&b.sync_status));
        assert_eq!(ids(&page), expected, "{asked}");
        assert!(!expected.is_empty());
    }
    let number = desk
        .tenant
        .purchase_order(purchase_order_id(0))
        .unwrap()
        .number;
    let path = format!("inventory-bills/paginated?purchaseOrderNumber={number}");
    assert_eq!(ids(&desk.get("accounting", &path).await).len(), 1);
    let path = "inventory-bills/paginated?vendorId=5&pageSize=500";
    assert_eq!(
        desk.get("accounting", path).await["data"],
        all["data"],
        "unknown, ignored"
    );
    for row in all["data"].as_array().unwrap() {
        let truth = desk
            .tenant
            .bill(BillId(row["id"].as_i64().unwrap()))
            .unwrap();
        assert_eq!(of(&row["billAmount"]), truth.total());
        assert!(row["taxAmount"].is_string() && row["items"][0]["quantity"].is_string());
    }
}

#[tokio::test]
async fn a_deleted_ap_bill_is_canceled() {
    let mut desk = Desk::new().await;
    desk.grant_payables().await;
    let (_, receipt) = billed(&desk.tenant);
    desk.tenant.delete_bill(receipt.bill_id).unwrap();
    let list = desk.get("accounting", "ap-bills").await;
    assert_eq!(
        (ids(&list), &list["data"][0]["status"]),
        (vec![receipt.bill_id.0], &json!("Canceled"))
    );
    let list = desk
        .get("accounting", "ap-bills?statuses=Unreconciled")
        .await;
    assert_eq!(ids(&list), NONE);
}

#[tokio::test]
async fn ap_bills_need_a_scope_and_show_more() {
    let mut desk = Desk::new().await;
    let refused = desk.answer(Method::GET, "accounting", "ap-bills").await;
    assert_eq!(refused.status(), 403);
    desk.grant_payables().await;
    let (_, receipt) = billed(&desk.tenant);
    let new = NewBill {
        vendor: vendor_id(2),
        business_unit: BusinessUnitId(2),
        job: None,
        vendor_number: "RENT-1".to_owned(),
        expenses: vec![(dec("99.90"), "Crane".to_owned(), Some(GlAccountId(10)))],
        tax: dec("8.24"),
    };
    let typed = desk.tenant.create_bill(new).unwrap();
    let list = desk.get("accounting", "ap-bills").await;
    assert_eq!(
        ids(&list),
        [receipt.bill_id.0],
        "procurement unless asked otherwise"
    );
    assert_eq!(list["data"][0]["source"], "Purchasing");
    let list = desk.get("accounting", "ap-bills?billType=ApBill").await;
    assert_eq!(ids(&list), [typed.0]);
    let row = desk.get("accounting", &format!("ap-bills/{typed}")).await;
    assert_eq!(
        (&row["billAmount"], &row["status"]),
        (&json!("108.14"), &json!("Unreconciled"))
    );
    assert_eq!(row["expenseItems"][0]["amount"], "99.90");
    assert_eq!(
        row["expenseItems"][0]["generalLedgerAccount"]["name"],
        "Shop Supplies"
    );
    for (all, expected) in [
        (false, vec![receipt.bill_id.0]),
        (true, vec![receipt.bill_id.0, typed.0]),
    ] {
        desk.sandbox.switch(|s| s.feed_has_typed_bills = all);
        let feed = desk.get("accounting", "export/inventory-bills").await;
        assert_eq!(ids(&feed), expected);
    }
    desk.tenant.reconcile_bill(typed).unwrap();
    let row = desk.get("accounting", &format!("ap-bills/{typed}")).await;
    assert_eq!(row["status"], "Reconciled");
    for (filter, expected) in [
        ("statuses=Reconciled&sources=Standalone", vec![typed.0]),
        (
            "statuses=Unreconciled&statuses=Discrepancy",
            vec![receipt.bill_id.0],
        ),
        ("sources=OCR", vec![]),
    ] {
        let list = desk
            .get("accounting", &format!("ap-bills?billType=NotSet&{filter}"))
            .await;
        assert_eq!(ids(&list), expected, "{filter}");
    }
    desk.tenant.post_bill(typed).unwrap();
    let (_, marked) = post(
        &desk,
        "ap-bills/markasexported",
        &json!({ "billIds": [typed] }),
    )
    .await;
    assert_eq!(
        (&marked[0]["billId"], &marked[0]["success"]),
        (&json!(typed), &json!(true))
    );
}

#[tokio::test]
async fn goods_go_back_and_bring_a_credit() {
    let mut desk = Desk::new().await;
    desk.grant_payables().await;
    let tenant = desk.tenant.clone();
    let (_, receipt) = billed(&tenant);
    let new = |quantity: &str| NewReturn {
        receipt: receipt.id,
        lines: vec![(receipt.lines[0].id, dec(quantity))],
        tax: dec("0.41"),
        shipping: dec("0"),
        restocking_fee: dec("1.50"),
        reference_number: "RMA-1".to_owned(),
    };
    assert!(matches!(
        tenant.raise_return(new("11")),
        Err(Refusal::State { .. })
    ));
    let id = tenant.raise_return(new("2")).unwrap();
    let page = desk.get("inventory", "returns").await;
    assert_eq!(page["data"][0]["returnAmount"], 3.91, "5.00 + 0.41 - 1.50");
    let end = desk.get("inventory", "export/returns").await["continueFrom"].clone();
    tenant.ship_return(id).unwrap();
    let credit = tenant.take_credit(id).unwrap();
    tenant.post_return(id).unwrap();
    let feed = format!("export/returns?from={}", end.as_str().unwrap());
    let feed = desk.get("inventory", &feed).await;
    assert_eq!(
        (ids(&feed), &feed["data"][0]["status"]),
        (vec![id.0], &json!("CreditReceived"))
    );
    let credits = desk.get("accounting", "ap-credits").await;
    assert_eq!(ids(&credits), [credit.0]);
    assert_eq!(credits["data"][0]["amount"], 3.91);
    assert_eq!(credits["data"][0]["inventoryReturnId"], json!(id));
    assert!(matches!(
        tenant.cancel_return(id),
        Err(Refusal::State { .. })
    ));
    let bonus = NewCredit {
        vendor: vendor_id(2),
        business_unit: BusinessUnitId(2),
        job: None,
        reference_number: "BONUS-1".to_owned(),
        memo: String::new(),
        amount: dec("12.50"),
    };
    let typed = tenant.create_credit(bonus).unwrap();
    tenant.change_credit(typed, dec("12.55")).unwrap();
    tenant.cancel_credit(typed).unwrap();
    assert!(tenant.tie_credit(typed, id).is_err(), "it is canceled");
    let row = desk
        .get("accounting", &format!("ap-credits?ids={typed}"))
        .await;
    let row = &row["data"][0];
    assert_eq!(
        (&row["amount"], &row["status"]),
        (&json!(12.55), &json!("Canceled"))
    );
    assert!(row["canceledOn"].is_string() && row["inventoryReturnId"].is_null());
    let mark = json!([{ "apCreditId": credit }]);
    let (_, marked) = post(&desk, "ap-credits/markasexported", &mark).await;
    assert_eq!(marked[0]["success"], true);
    let other = tenant.raise_return(new("1")).unwrap();
    tenant.cancel_return(other).unwrap();
    let returned = tenant
        .returns()
        .into_iter()
        .find(|row| row.id == other)
        .unwrap();
    assert_eq!(
        (returned.status, returned.active),
        (ReturnStatus::Canceled, false)
    );
    assert_eq!(ids(&desk.get("inventory", "returns").await), [id.0]);
}

#[tokio::test]
async fn enums_are_numbers_on_every_third_row_and_lists_null() {
    let desk = Desk::with(|o| o.orders(48)).await;
    for (module, path) in [
        ("accounting", "inventory-bills/paginated?pageSize=500"),
        ("inventory", "receipts?pageSize=500"),
        ("inventory", "purchase-order-types?active=Any"),
    ] {
        let numbers = |page: &Value| {
            let rows = page["data"].as_array().unwrap().clone();
            rows.iter()
                .filter(|row| row["landedCostMethod"].is_number())
                .count()
        };
        desk.sandbox.switch(|s| s.numeric_enums = true);
        let page = desk.get(module, path).await;
        let rows = page["data"].as_array().unwrap().len();
        assert!((1..rows).contains(&numbers(&page)), "{path}");
        desk.sandbox.switch(|s| s.numeric_enums = false);
        assert_eq!(numbers(&desk.get(module, path).await), 0, "{path}");
    }
    let page = desk.get("inventory", "receipts?pageSize=500").await;
    let rows = page["data"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["customFields"].is_null()));
}

#[tokio::test]
async fn documents_are_made_and_looked_at_with_curl() {
    let desk = Desk::new().await;
    let url = desk.sandbox.url();
    let act = |body: Value| {
        let request = desk.http.post(format!("{url}/sandbox/acts")).json(&body);
        async move {
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let body: Value = response.json().await.unwrap();
            (status, body["id"].clone())
        }
    };
    let order = json!({ "do": "create_order", "order": {
        "vendor": vendor_id(0), "business_unit": 1, "tax": 0.5,
        "lines": [{ "sku": sku_id(0), "quantity": 3, "cost": "1.0001" }] } });
    let (_, id) = act(order).await;
    assert_eq!(act(json!({ "do": "send_order", "order": id })).await.0, 200);
    let receive = json!({ "do": "receive", "order": id,
                          "receipt": { "vendor_document_number": "V-1" } });
    let (status, _) = act(receive.clone()).await;
    assert_eq!(status, 200);
    assert_eq!(act(receive).await.0, 409, "nothing is left");
    let path = format!("{url}/sandbox/tenants/{}/orders/{id}", desk.tenant.id());
    let seen: Value = desk
        .http
        .get(path)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(seen["order"]["status"], "Received");
    assert_eq!(seen["bills"][0]["billAmount"], "3.50");
    assert_eq!(seen["receipts"][0]["billId"], seen["bills"][0]["id"]);
}
