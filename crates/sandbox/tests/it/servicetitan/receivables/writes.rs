//! What the API binds of what it is sent about invoices, payments and journal entries.

use reqwest::Method;
use sandbox::servicetitan::{
    InvoiceId, NewPayment, PaymentCreation, PaymentId, Subscription, SyncStatus, customer_id,
    sku_id,
};
use serde_json::{Value, json};

use super::journal::entry;
use super::{customer, goods, invoiced, listed, work, write};
use crate::servicetitan::purchasing::dec;
use crate::servicetitan::webhooks::Receiver;
use crate::servicetitan::{Desk, NONE, ids};

/// With the scopes that write payments and journal entries.
async fn granted(mut desk: Desk) -> Desk {
    desk.grant_receivables().await;
    desk
}

fn posted(desk: &Desk, cents: i64) -> InvoiceId {
    let job = invoiced(desk, cents);
    desk.tenant.post_invoice(job).unwrap();
    desk.tenant.invoice(job).unwrap().id
}

fn code(desk: &Desk, index: usize) -> String {
    desk.tenant.item(sku_id(index)).unwrap().code
}

#[tokio::test]
async fn an_adjustment_binds_little_of_what_it_is_sent() {
    let desk = Desk::new().await;
    let parent = posted(&desk, 10_000);
    let body = json!({
        "adjustmentToId": parent, "summary": "<p>Credit</p>", "number": "CN-1",
        "invoicedOn": "2026-11-01T00:00:00Z", "exportId": "7", "tax": 5, "reviewStatus": "Reviewed",
        "items": [{ "skuName": code(&desk, 7), "description": "Back", "quantity": -1,
                    "unitPrice": 25.5, "cost": 3, "price": 99, "skuId": 1, "taxable": true }],
    });
    let (status, made) = write(&desk, Method::POST, "invoices", &body).await;
    assert_eq!(status, 200);
    let id = InvoiceId(made.as_i64().expect("a bare number"));
    let invoice = desk.tenant.invoice(id).unwrap();
    assert_eq!(
        (invoice.total(), invoice.adjustment_to),
        (dec("-25.50"), Some(parent))
    );
    assert_eq!(invoice.summary.as_deref(), Some("<p>Credit</p>"));
    assert_ne!(invoice.number, "CN-1");
    assert_eq!((invoice.invoice_date, invoice.external_id), (None, None));
    let line = &invoice.lines[0];
    assert_eq!(
        (line.sku, line.cost, line.taxable),
        (sku_id(7), dec("3"), false)
    );
    desk.tenant.post_invoice(id).unwrap();
    assert!(desk.tenant.invoice(id).unwrap().invoice_date.is_none());
    let (_, again) = write(&desk, Method::POST, "invoices", &body).await;
    assert_ne!(again, made, "nothing is idempotent");
    // `lineItems` and `price` are not their names: a line of nothing, and none at all.
    let wrong = json!({ "adjustmentToId": parent, "lineItems": body["items"] });
    let (status, made) = write(&desk, Method::POST, "invoices", &wrong).await;
    assert_eq!(status, 200);
    let empty = desk
        .tenant
        .invoice(InvoiceId(made.as_i64().unwrap()))
        .unwrap();
    assert!(empty.lines.is_empty());
}

#[tokio::test]
async fn an_adjustment_needs_a_posted_parent_and_items_that_exist() {
    let desk = Desk::new().await;
    let parent = posted(&desk, 10_000);
    let pending = desk.tenant.invoice(invoiced(&desk, 1)).unwrap().id;
    let (status, refusal) = write(&desk, Method::POST, "invoices", &json!({})).await;
    assert_eq!(status, 400);
    assert!(refusal["errors"]["adjustmentToId"].is_array(), "{refusal}");
    for parent in [pending, InvoiceId(5)] {
        let body = json!({ "adjustmentToId": parent });
        let (status, _) = write(&desk, Method::POST, "invoices", &body).await;
        assert_eq!(status, 400);
    }
    let line = |name: Value| {
        json!({ "adjustmentToId": parent, "items": [{ "skuName": name, "skuId": sku_id(0),
                "description": "x", "quantity": 1, "unitPrice": 1 }] })
    };
    let (status, failure) = write(&desk, Method::POST, "invoices", &line(Value::Null)).await;
    assert_eq!(
        (status, &failure["title"]),
        (500, &json!("Sku (Name:) is not found."))
    );
    let before = desk.tenant.invoices().len();
    let (status, _) = write(&desk, Method::POST, "invoices", &line(json!("NO-SUCH"))).await;
    assert_eq!((status, desk.tenant.invoices().len()), (500, before));
}

#[tokio::test]
async fn of_an_invoices_header_three_fields_are_bound() {
    let desk = Desk::new().await;
    let job = invoiced(&desk, 10_000);
    let before = listed(&desk, job).await;
    let path = format!("invoices/{}", before["id"]);
    let body = json!({
        "summary": "<b>Done</b>", "dueDate": "2026-12-31", "reviewStatus": "Reviewed",
        "number": "X", "exportId": "7", "tax": 9, "subtotal": 1, "taxZoneId": 81,
        "invoicedOn": "2020-01-01T00:00:00Z", "items": [],
    });
    let (status, answer) = write(&desk, Method::PATCH, &path, &body).await;
    assert_eq!((status, answer), (200, Value::Null), "an empty answer");
    let mut after = listed(&desk, job).await;
    assert_eq!(after["summary"], "<b>Done</b>");
    assert_eq!(after["dueDate"], "2026-12-31T00:00:00Z");
    assert_eq!(after["reviewStatus"], "Reviewed");
    for bound in ["summary", "dueDate", "reviewStatus", "modifiedOn"] {
        after[bound] = before[bound].clone();
    }
    assert_eq!(after, before);
    desk.tenant.post_invoice(job).unwrap();
    desk.tenant.export_invoice(job).unwrap();
    let (status, _) = write(&desk, Method::PATCH, &path, &body).await;
    assert_eq!(status, 400, "it was exported");
    let (status, _) = write(&desk, Method::PATCH, "invoices/5", &body).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn lines_are_added_changed_and_deleted_one_by_one() {
    let desk = Desk::new().await;
    let job = desk.tenant.book_job(customer()).unwrap();
    let id = desk.tenant.invoice(job).unwrap().id;
    let path = format!("invoices/{id}/items");
    let line = json!({ "skuId": sku_id(0), "description": "<p>Pipe</p>", "quantity": 2.5,
                       "unitPrice": 4.1275 });
    assert_eq!(
        write(&desk, Method::PATCH, &path, &line).await,
        (200, Value::Null)
    );
    let named = json!({ "skuName": code(&desk, 7), "description": "", "quantity": 1,
                        "price": 80 });
    assert_eq!(write(&desk, Method::PATCH, &path, &named).await.0, 200);
    let lines = desk.tenant.invoice(id).unwrap().lines;
    assert_eq!(
        (lines[0].total(), lines[1].total()),
        (dec("10.32"), dec("0"))
    );
    let change = json!({ "id": lines[1].id, "description": "Work", "quantity": 1,
                         "unitPrice": 80 });
    assert_eq!(write(&desk, Method::PATCH, &path, &change).await.0, 200);
    assert_eq!(desk.tenant.invoice(id).unwrap().total(), dec("90.32"));
    let unknown = json!({ "skuName": "", "description": "x", "quantity": 1 });
    let (status, failure) = write(&desk, Method::PATCH, &path, &unknown).await;
    assert_eq!(
        (status, &failure["title"]),
        (500, &json!("Sku (Name:) is not found."))
    );
    let gone = format!("{path}/{}", lines[0].id);
    assert_eq!(
        desk.answer(Method::DELETE, "accounting", &gone)
            .await
            .status(),
        200
    );
    assert_eq!(
        desk.answer(Method::DELETE, "accounting", &gone)
            .await
            .status(),
        404
    );
    desk.tenant.post_invoice(id).unwrap();
    assert_eq!(
        write(&desk, Method::PATCH, &path, &line).await.0,
        400,
        "it is posted"
    );
}

#[tokio::test]
async fn invoices_are_marked_as_exported_one_by_one() {
    let desk = Desk::new().await;
    let ready = posted(&desk, 100);
    let pending = desk.tenant.invoice(invoiced(&desk, 1)).unwrap().id;
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    desk.sandbox
        .webhooks()
        .subscribe(Subscription::new(&url, "s"));
    let body = json!([
        { "invoiceId": ready, "externalId": "4711", "externalMessage": "INV/1" },
        { "invoiceId": pending, "externalId": "4712" },
        { "invoiceId": 5 },
    ]);
    let (status, answers) = write(&desk, Method::POST, "invoices/markasexported", &body).await;
    assert_eq!(status, 200);
    let marked: Vec<bool> = (0..3)
        .map(|n| answers[n]["success"].as_bool().unwrap())
        .collect();
    assert_eq!(marked, [true, false, false]);
    assert!(answers[0]["errorMessage"].is_null() && answers[1]["errorMessage"].is_string());
    let invoice = desk.tenant.invoice(ready).unwrap();
    assert_eq!(invoice.sync_status, SyncStatus::Exported);
    assert_eq!(invoice.external_id.as_deref(), Some("4711"));
    desk.sandbox.webhooks().settled().await;
    assert_eq!(receiver.kinds(), ["tn.acc.invoice-exported"]);
    let shown = |page: Value| page["data"][0]["exportId"].clone();
    let path = format!("invoices?ids={ready}");
    assert!(shown(desk.get("accounting", &path).await).is_null());
    desk.sandbox.switch(|s| {
        s.export_id_shown = true;
        s.mark_pending_exported = true;
    });
    assert_eq!(shown(desk.get("accounting", &path).await), "4711");
    let (_, answers) = write(&desk, Method::POST, "invoices/markasexported", &body).await;
    let marked: Vec<bool> = (0..3)
        .map(|n| answers[n]["success"].as_bool().unwrap())
        .collect();
    assert_eq!(
        marked,
        [false, true, false],
        "the first is exported already"
    );
}

#[tokio::test]
async fn documents_of_receivables_have_custom_fields() {
    let desk = granted(Desk::new().await).await;
    let invoice = posted(&desk, 100);
    desk.tenant.export_invoice(invoice).unwrap();
    let payment = desk
        .tenant
        .take_payment(NewPayment::new(customer(), dec("1")))
        .unwrap();
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    desk.sandbox
        .webhooks()
        .subscribe(Subscription::new(&url, "s"));
    for (list, id, name) in [
        ("invoices", invoice.0, "Odoo Payment State"),
        ("payments", payment.0, "Odoo Number"),
    ] {
        let types = desk
            .get("accounting", &format!("{list}/custom-fields"))
            .await;
        let known = types["data"].as_array().unwrap();
        assert!(known.iter().any(|row| row["name"] == name), "{types}");
        let body = json!({ "operations": [{ "objectId": id,
            "customFields": [{ "name": name, "value": "paid" }] }] });
        let path = format!("{list}/custom-fields");
        assert_eq!(write(&desk, Method::PATCH, &path, &body).await.0, 200);
        let page = desk.get("accounting", &format!("{list}?ids={id}")).await;
        let expected = json!([{ "name": name, "value": "paid" }]);
        assert_eq!(page["data"][0]["customFields"], expected);
    }
    desk.sandbox.webhooks().settled().await;
    assert_eq!(receiver.kinds(), ["tn.acc.invoice-updated"]);
}

#[tokio::test]
async fn payments_cannot_be_made_unless_so_switched() {
    let desk = Desk::new().await;
    let (status, _) = write(&desk, Method::POST, "payments", &json!({})).await;
    assert_eq!(status, 404, "without the scope too");
    desk.sandbox
        .switch(|s| s.payment_creation = PaymentCreation::Legacy);
    let (status, _) = write(&desk, Method::POST, "payments", &json!({})).await;
    assert_eq!(status, 403);
    let desk = granted(desk).await;
    let (status, refusal) = write(&desk, Method::POST, "payments", &json!({})).await;
    assert_eq!(status, 400);
    assert!(refusal["errors"]["TypeId"].is_array(), "{refusal}");
    let (a, b) = (posted(&desk, 10_000), posted(&desk, 5_000));
    let number = desk.tenant.invoice(b).unwrap().number;
    let body = json!({
        "typeId": 44, "amount": 130.5, "memo": "BNK1/2026/7", "paidOn": "2026-11-20T00:00:00Z",
        "checkNumber": "17", "status": "Posted", "exportId": "7", "unknown": true,
        "splits": [{ "invoiceId": a, "amount": 100 }, { "invoiceNumber": number, "amount": 20 }],
    });
    let (status, made) = write(&desk, Method::POST, "payments", &body).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&made["typeId"], &made["customerId"]),
        (&json!(44), &json!(customer()))
    );
    assert_eq!(
        (&made["status"], &made["exportId"]),
        (&json!("Posted"), &json!("7"))
    );
    assert_eq!(
        (
            &made["splits"][1]["invoiceId"],
            &made["splits"][1]["amount"]
        ),
        (&json!(b), &json!(20.0))
    );
    let payment = desk
        .tenant
        .payment(PaymentId(made["id"].as_i64().unwrap()))
        .unwrap();
    assert_eq!(
        (payment.total, payment.unapplied()),
        (dec("130.5"), dec("10.5"))
    );
    assert_eq!(desk.tenant.invoice(b).unwrap().balance(), dec("30"));
    assert_eq!(payment.date.to_string(), "2026-11-20T00:00:00Z");
    let (_, again) = write(&desk, Method::POST, "payments", &body).await;
    assert_ne!(again["id"], made["id"], "nothing is idempotent");
    for wrong in [
        json!({ "typeId": 44, "amount": 1 }),
        json!({ "typeId": 5, "amount": 1, "customerId": customer_id(1) }),
        json!({ "typeId": 44, "splits": [{ "invoiceId": 5, "amount": 1 }] }),
        json!({ "typeId": 44, "amount": 1, "splits": [{ "invoiceId": a, "amount": 2 }] }),
    ] {
        let (status, refusal) = write(&desk, Method::POST, "payments", &wrong).await;
        assert_eq!(status, 400, "{wrong} {refusal}");
    }
}

#[tokio::test]
async fn a_payment_is_rewritten_and_its_status_set() {
    let desk = granted(Desk::new().await).await;
    let (a, b) = (posted(&desk, 10_000), posted(&desk, 5_000));
    let new = NewPayment::new(customer(), dec("100")).apply(a, dec("100"));
    let id = desk.tenant.take_payment(new).unwrap();
    let path = format!("payments/{id}");
    let body = json!({ "typeId": 43, "memo": "moved",
                       "splits": [{ "invoiceId": b, "amount": 50 }] });
    let (status, answer) = write(&desk, Method::PATCH, &path, &body).await;
    assert_eq!(
        (status, &answer["typeId"], &answer["memo"]),
        (200, &json!(43), &json!("moved"))
    );
    let open = |id| desk.tenant.invoice(id).unwrap().balance();
    assert_eq!((open(a), open(b)), (dec("100"), dec("0")));
    assert_eq!(desk.tenant.payment(id).unwrap().unapplied(), dec("50"));
    for wrong in [json!({ "typeId": 43 }), json!({ "splits": [] })] {
        assert_eq!(write(&desk, Method::PATCH, &path, &wrong).await.0, 400);
    }
    assert_eq!(
        write(&desk, Method::PATCH, "payments/5", &body).await.0,
        404
    );
    let status = |ids: Vec<i64>, status: &str| {
        let body = json!({ "paymentIds": ids, "status": status });
        let desk = &desk;
        async move { write(desk, Method::POST, "payments/status", &body).await }
    };
    assert_eq!(status(vec![id.0], "Posted").await, (200, Value::Null));
    assert!(desk.tenant.payment(id).unwrap().batch.is_some());
    assert_eq!(status(vec![id.0, 5], "Exported").await.0, 400);
    assert_eq!(
        desk.tenant.payment(id).unwrap().sync_status,
        SyncStatus::Posted,
        "all or none"
    );
    assert_eq!(status(vec![id.0], "Exported").await.0, 200);
    assert_eq!(status(vec![id.0], "Pending").await.0, 400);
    let mut other = body.clone();
    other["typeId"] = json!(42);
    assert_eq!(
        write(&desk, Method::PATCH, &path, &other).await.0,
        400,
        "it is locked"
    );
}

#[tokio::test]
async fn lists_and_feeds_lag_behind_every_write() {
    let desk = granted(Desk::with(|o| o.switch(|s| s.read_lag_ms = 2_000)).await).await;
    desk.sandbox
        .switch(|s| s.payment_creation = PaymentCreation::Legacy);
    let parent = posted(&desk, 10_000);
    let job = desk.tenant.book_job(customer()).unwrap();
    desk.tenant.add_invoice_line(job, goods("1", "1")).unwrap();
    let pending = desk.tenant.invoice(job).unwrap().id;
    let line = json!({ "skuName": code(&desk, 7), "description": "x", "quantity": 1,
                       "unitPrice": 9 });
    let adjustment = json!({ "adjustmentToId": parent, "items": [line] });
    let (_, made) = write(&desk, Method::POST, "invoices", &adjustment).await;
    let payment = json!({ "typeId": 42, "status": "Posted", "exportId": "7", "splits": [{ "invoiceId": parent, "amount": 1 }] });
    let (_, paid) = write(&desk, Method::POST, "payments", &payment).await;
    write(
        &desk,
        Method::PATCH,
        &format!("invoices/{pending}/items"),
        &line,
    )
    .await;
    write(&desk, Method::POST, "journal-entries", &entry("A")).await;
    let marks = json!([{ "invoiceId": parent }]);
    write(&desk, Method::POST, "invoices/markasexported", &marks).await;
    let seen = || async {
        let invoices = desk
            .get(
                "accounting",
                &format!("invoices?ids={made},{parent},{pending}"),
            )
            .await;
        let rows = invoices["data"].as_array().unwrap();
        let find = |id: &Value| rows.iter().find(|row| row["id"] == *id).cloned();
        (
            find(&made).is_some(),
            find(&json!(parent)).unwrap()["syncStatus"].clone(),
            find(&json!(pending)).unwrap()["total"].clone(),
            ids(&desk
                .get("accounting", &format!("payments?ids={}", paid["id"]))
                .await),
            desk.get("accounting", "journal-entries").await["data"]
                .as_array()
                .unwrap()
                .len(),
        )
    };
    assert_eq!(
        seen().await,
        (false, json!("Posted"), json!("1.00"), NONE.to_vec(), 0)
    );
    desk.hands.advance_s(3);
    let id = paid["id"].as_i64().unwrap();
    assert_eq!(
        seen().await,
        (true, json!("Exported"), json!("10.00"), vec![id], 1)
    );
    let job = invoiced(&desk, 1);
    assert!(desk.tenant.add_invoice_line(job, work("1")).is_ok());
    assert_eq!(
        listed(&desk, job).await["total"],
        "1.01",
        "what people do shows at once"
    );
}
