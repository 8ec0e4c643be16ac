//! Invoices: from an empty one to an exported one, and how lists, feeds and events show them.

use reqwest::Method;
use sandbox::servicetitan::{
    BusinessUnitId, InvoiceConfiguration, InvoiceEdit, InvoiceLineEdit, InvoiceTax, Kind,
    NewInvoice, NewInvoiceLine, PaymentTermId, Refusal, ReviewStatus, Rot, Subscription,
    SyncStatus, TaxZoneId, sku_id,
};
use serde_json::{Value, json};

use super::{customer, goods, invoiced, listed, work};
use crate::servicetitan::purchasing::dec;
use crate::servicetitan::webhooks::Receiver;
use crate::servicetitan::{Desk, NONE, ids};

/// 8.25 %.
const AUSTIN: TaxZoneId = TaxZoneId(81);

#[tokio::test]
async fn a_booked_job_has_an_empty_invoice() {
    let desk = Desk::new().await;
    let owed = desk.tenant.customer(customer()).unwrap().balance;
    let job = desk.tenant.book_job(customer()).unwrap();
    let row = listed(&desk, job).await;
    assert_eq!(row["id"], desk.tenant.job(job).unwrap().invoice_id.0);
    assert!(row["items"].is_null(), "no list at all, not an empty one");
    assert_eq!(
        (&row["total"], &row["balance"]),
        (&json!("0.00"), &json!("0.00"))
    );
    assert_eq!(row["syncStatus"], "Pending");
    assert_eq!(row["invoiceConfiguration"], "JobInvoice");
    assert_eq!(row["referenceNumber"], job.to_string());
    assert_eq!(row["job"]["id"], job.0);
    assert!(row["invoiceDate"].is_null() && row["batch"].is_null());
    assert_eq!(desk.tenant.customer(customer()).unwrap().balance, owed);
    let one = format!("invoices/{}", row["id"]);
    let answer = desk.answer(Method::GET, "accounting", &one).await;
    assert_eq!(answer.status(), 405, "there is no GET by id");
}

#[tokio::test]
async fn an_invoice_comes_to_its_lines_and_tax_to_the_cent() {
    let desk = Desk::new().await;
    let job = desk.tenant.book_job(customer()).unwrap();
    let tenant = &desk.tenant;
    tenant.add_invoice_line(job, goods("3", "4.1275")).unwrap();
    tenant.add_invoice_line(job, work("99.90")).unwrap();
    let off = NewInvoiceLine::discount(dec("-5")).described("<p>Loyal</p>");
    tenant.add_invoice_line(job, off).unwrap();
    let other = goods("-1", "2.00").unit(BusinessUnitId(3));
    tenant.add_invoice_line(job, other).unwrap();
    tenant
        .set_invoice_tax(job, InvoiceTax::zone(AUSTIN))
        .unwrap();
    let row = listed(&desk, job).await;
    // 12.38 + 99.90 - 5.00 - 2.00; taxed: 12.38 - 5.00 - 2.00 = 5.38.
    assert_eq!(row["subTotal"], "105.28");
    assert_eq!(row["salesTax"], "0.44");
    assert_eq!(row["total"], "105.72");
    assert_eq!(row["discountTotal"], "5.00");
    assert_eq!(row["salesTaxCode"]["taxRate"], 0.0825);
    assert_eq!(row["taxZoneId"], AUSTIN.0);
    let lines = row["items"].as_array().unwrap();
    let of = |field: &str| {
        lines
            .iter()
            .map(|line| line[field].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("total"), ["12.38", "99.90", "-5.00", "-2.00"]);
    assert_eq!(of("price"), ["4.1275", "99.90", "-5.00", "2.00"]);
    assert_eq!(
        of("type"),
        ["Material", "Service", "PriceModifier", "Material"]
    );
    assert_eq!(
        of("taxable"),
        [json!(true), json!(false), json!(true), json!(true)]
    );
    assert_eq!(lines[3]["businessUnit"]["id"], 3);
    assert_eq!(
        lines[0]["generalLedgerAccount"]["name"],
        "Sales - Materials"
    );
    assert!(lines[0]["description"].as_str().unwrap().contains("<p>"));
    let invoice = tenant.invoice(job).unwrap();
    assert_eq!(
        (invoice.total(), invoice.balance()),
        (dec("105.72"), dec("105.72"))
    );
}

#[tokio::test]
async fn tax_is_rounded_on_the_sum_or_per_line_or_typed_in() {
    let desk = Desk::new().await;
    let job = desk.tenant.book_job(customer()).unwrap();
    for _ in 0..2 {
        desk.tenant
            .add_invoice_line(job, goods("1", "2.00"))
            .unwrap();
    }
    let tax = |tax: InvoiceTax| {
        desk.tenant.set_invoice_tax(job, tax).unwrap();
        desk.tenant.invoice(job).unwrap().sales_tax()
    };
    let zone = || InvoiceTax::zone(AUSTIN);
    assert_eq!(tax(zone()), dec("0.33"));
    assert_eq!(tax(zone().per_line()), dec("0.34"));
    assert_eq!(tax(zone().typed(dec("0.35"))), dec("0.35"));
    assert_eq!(tax(InvoiceTax::default()), dec("0"));
    let unknown = desk
        .tenant
        .set_invoice_tax(job, InvoiceTax::zone(TaxZoneId(5)));
    assert!(matches!(unknown, Err(Refusal::Unknown { .. })));
}

#[tokio::test]
async fn completing_a_job_invoices_it_and_its_customer_owes_more() {
    let desk = Desk::new().await;
    let term = Some(PaymentTermId(3));
    desk.tenant.set_payment_term(customer(), term).unwrap();
    desk.hands.advance_s(60);
    let before = desk.tenant.customer(customer()).unwrap();
    let job = invoiced(&desk, 12_345);
    let after = desk.tenant.customer(customer()).unwrap();
    assert_eq!(after.balance.0 - before.balance.0, 12_345);
    assert!(after.modified_on > before.modified_on);
    assert_eq!(after.content_modified_on, before.content_modified_on);
    let row = listed(&desk, job).await;
    assert_eq!(
        (&row["total"], &row["salesTax"]),
        (&json!("123.45"), &json!("0.00"))
    );
    assert_eq!(row["items"].as_array().unwrap().len(), 1);
    assert_eq!(row["invoiceDate"], "2026-11-22T00:00:00Z");
    assert_eq!(row["dueDate"], "2026-12-22T00:00:00Z");
    assert_eq!(row["termName"], "30 Days");
    let line = desk.tenant.invoice(job).unwrap().lines[0].id;
    let edit = InvoiceLineEdit {
        price: Some(dec("100")),
        ..InvoiceLineEdit::default()
    };
    desk.tenant.edit_invoice_line(job, line, edit).unwrap();
    let later = desk.tenant.customer(customer()).unwrap();
    assert_eq!(later.balance.0 - before.balance.0, 10_000);
    let total = desk.tenant.job(job).unwrap().total.unwrap();
    assert_eq!(total.0, 10_000, "the job comes to as much");
    let free = invoiced(&desk, 0);
    assert!(listed(&desk, free).await["items"].is_null());
}

#[tokio::test]
async fn posting_locks_an_invoice_and_exporting_locks_it_for_good() {
    let desk = Desk::new().await;
    let tenant = &desk.tenant;
    let job = invoiced(&desk, 5_000);
    let line = tenant.invoice(job).unwrap().lines[0].id;
    let early = tenant.export_invoice(job).unwrap_err();
    assert!(early.to_string().contains("not posted"), "{early}");
    tenant.batch_invoice(job).unwrap();
    let batch = tenant.invoice(job).unwrap().batch;
    tenant.post_invoice(job).unwrap();
    let row = listed(&desk, job).await;
    assert_eq!(row["syncStatus"], "Posted");
    assert_eq!(row["batch"]["id"], batch.as_ref().unwrap().id);
    assert_eq!(tenant.invoice(job).unwrap().batch, batch);
    for locked in [
        tenant.add_invoice_line(job, work("1")).map(|_| ()),
        tenant.remove_invoice_line(job, line),
        tenant.set_invoice_tax(job, InvoiceTax::zone(AUSTIN)),
        tenant.post_invoice(job),
    ] {
        assert!(matches!(locked, Err(Refusal::State { .. })), "{locked:?}");
    }
    let edit = InvoiceEdit {
        business_unit: Some(BusinessUnitId(2)),
        review_status: Some(ReviewStatus::Reviewed),
        ..InvoiceEdit::default()
    };
    tenant.edit_invoice(job, edit.clone()).unwrap();
    tenant.unpost_invoice(job).unwrap();
    let row = listed(&desk, job).await;
    assert_eq!(row["syncStatus"], "Pending");
    assert_eq!(row["reviewStatus"], "Reviewed");
    tenant.remove_invoice_line(job, line).unwrap();
    tenant.add_invoice_line(job, work("60")).unwrap();
    tenant.post_invoice(job).unwrap();
    tenant.export_invoice(job).unwrap();
    assert!(tenant.edit_invoice(job, edit).is_err());
    assert!(tenant.unpost_invoice(job).is_err());
    assert!(tenant.export_invoice(job).is_err());
    let invoice = tenant.invoice(job).unwrap();
    assert_eq!(
        (invoice.sync_status, invoice.bypassed),
        (SyncStatus::Exported, false)
    );
    let zero = invoiced(&desk, 0);
    tenant.bypass_invoice(zero).unwrap();
    let invoice = tenant.invoice(zero).unwrap();
    assert_eq!(
        (invoice.sync_status, invoice.bypassed),
        (SyncStatus::Exported, true)
    );
}

#[tokio::test]
async fn what_was_posted_is_adjusted_by_another_invoice() {
    let desk = Desk::new().await;
    let job = desk.tenant.book_job(customer()).unwrap();
    desk.tenant.add_invoice_line(job, goods("2", "50")).unwrap();
    desk.tenant
        .set_invoice_tax(job, InvoiceTax::zone(AUSTIN))
        .unwrap();
    desk.tenant.complete_job(job, 0).unwrap();
    let refused = desk.tenant.adjust_invoice(job, [goods("-1", "50")]);
    assert!(matches!(refused, Err(Refusal::State { .. })));
    desk.tenant.post_invoice(job).unwrap();
    desk.tenant.export_invoice(job).unwrap();
    let owed = desk.tenant.customer(customer()).unwrap().balance.0;
    let parent = desk.tenant.invoice(job).unwrap();
    let made = desk
        .tenant
        .adjust_invoice(job, [goods("-1", "50")])
        .unwrap();
    let row = desk
        .get(
            "accounting",
            &format!("invoices?adjustmentToId={}", parent.id),
        )
        .await;
    assert_eq!(ids(&row), [made.0]);
    let row = &row["data"][0];
    assert_eq!(row["total"], "-54.13");
    assert_eq!(row["adjustmentToId"], parent.id.0);
    assert_eq!(row["job"]["id"], job.0);
    assert_eq!(row["referenceNumber"], format!("{job}-1"));
    let owes = desk.tenant.customer(customer()).unwrap().balance.0;
    assert_eq!(owes - owed, -5_413);
    assert_eq!(desk.tenant.invoice(parent.id).unwrap(), parent);
    desk.tenant.post_invoice(made).unwrap();
    let again = desk.tenant.adjust_invoice(job, [work("10")]).unwrap();
    assert_eq!(
        desk.tenant.invoice(again).unwrap().number,
        format!("{job}-2")
    );
}

#[tokio::test]
async fn an_invoice_of_a_project_names_no_job() {
    let desk = Desk::new().await;
    let new = |project| NewInvoice {
        customer: customer(),
        business_unit: BusinessUnitId(2),
        project,
        lines: vec![goods("1", "20"), work("30")],
        tax: InvoiceTax::zone(AUSTIN).per_line(),
    };
    let id = desk.tenant.project_invoice(new(Some(77))).unwrap();
    let page = desk.get("accounting", &format!("invoices?ids={id}")).await;
    let row = &page["data"][0];
    assert!(row["job"].is_null());
    assert_eq!(
        (&row["projectId"], &row["total"]),
        (&json!(77), &json!("51.65"))
    );
    assert_eq!(row["invoiceConfiguration"], "ProjectInvoice");
    assert!(row["invoiceDate"].is_string());
    let counter = desk.tenant.project_invoice(new(None)).unwrap();
    let invoice = desk.tenant.invoice(counter).unwrap();
    assert_eq!(invoice.configuration, InvoiceConfiguration::CounterSales);
    desk.tenant.post_invoice(id).unwrap();
    let filter = "invoices?invoiceConfigurations=ProjectInvoice";
    assert_eq!(ids(&desk.get("accounting", filter).await), [id.0]);
}

#[tokio::test]
async fn feeds_show_invoices_and_lines_that_changed_and_lines_that_are_gone() {
    let desk = Desk::new().await;
    let job = desk.tenant.book_job(customer()).unwrap();
    let kept = desk.tenant.add_invoice_line(job, goods("1", "1")).unwrap();
    let gone = desk.tenant.add_invoice_line(job, goods("2", "2")).unwrap();
    let end = |page: &Value| page["continueFrom"].as_str().unwrap().to_owned();
    let invoices = end(&desk.get("accounting", "export/invoices").await);
    let lines = desk.get("accounting", "export/invoice-items").await;
    assert_eq!(ids(&lines), [kept.0, gone.0]);
    let lines = end(&lines);
    desk.hands.advance_s(60);
    desk.tenant.remove_invoice_line(job, gone).unwrap();
    let page = desk
        .get("accounting", &format!("export/invoice-items?from={lines}"))
        .await;
    assert_eq!(ids(&page), [gone.0]);
    let row = &page["data"][0];
    let id = desk.tenant.job(job).unwrap().invoice_id;
    assert_eq!(
        (&row["active"], &row["invoiceId"]),
        (&json!(false), &json!(id))
    );
    let page = desk
        .get("accounting", &format!("export/invoices?from={invoices}"))
        .await;
    assert_eq!(ids(&page), [id.0]);
    assert_eq!(page["data"][0]["items"].as_array().unwrap().len(), 1);
    let later = format!("invoices?modifiedOnOrAfter={}", desk.hands.now());
    assert_eq!(ids(&desk.get("accounting", &later).await), [id.0]);
}

#[tokio::test]
async fn invoices_are_filtered_and_sorted() {
    let desk = Desk::new().await;
    let (first, second, third) = (
        invoiced(&desk, 100),
        invoiced(&desk, 200),
        invoiced(&desk, -50),
    );
    desk.tenant.post_invoice(second).unwrap();
    desk.tenant.post_invoice(third).unwrap();
    desk.tenant.export_invoice(third).unwrap();
    let id = |job| desk.tenant.invoice(job).unwrap().id.0;
    let [a, b, c] = [first, second, third].map(id);
    let batch = desk.tenant.invoice(second).unwrap().batch.unwrap();
    let number = &batch.number;
    for (filter, expected) in [
        (String::new(), vec![a, b, c]),
        (format!("ids={a},{c}"), vec![a, c]),
        ("statuses=Posted".to_owned(), vec![b]),
        ("statuses=Posted&statuses=Exported".to_owned(), vec![b, c]),
        ("statuses=Posted,Exported".to_owned(), vec![]),
        (format!("batchId={}", batch.id), vec![b]),
        (format!("batchNumber={number}"), vec![b]),
        (format!("jobNumber={first}"), vec![a]),
        (format!("number={second}"), vec![b]),
        (format!("customerId={}", customer()), vec![a, b, c]),
        ("customerId=5".to_owned(), vec![]),
        ("businessUnitId=1".to_owned(), vec![a, b, c]),
        ("businessUnitIds=7".to_owned(), vec![a, b, c]),
        ("totalGreater=1".to_owned(), vec![a, b]),
        ("totalLess=1".to_owned(), vec![a, c]),
        (
            "balanceFilter.Balance=0&balanceFilter.Comparer=Less".to_owned(),
            vec![c],
        ),
        ("invoicedOnOrAfter=2026-11-23".to_owned(), vec![]),
        ("invoicedOnBefore=2026-11-23".to_owned(), vec![a, b, c]),
        ("dueDateBefore=2026-11-01".to_owned(), vec![]),
        ("reviewStatuses=NeedsReview".to_owned(), vec![a, b, c]),
        ("reviewStatuses=OnHold".to_owned(), vec![]),
        ("sort=-Id".to_owned(), vec![c, b, a]),
        ("orderBy=Id&orderByDirection=desc".to_owned(), vec![c, b, a]),
        ("activeState=InactiveOnly".to_owned(), vec![]),
        ("assignedToIds=7".to_owned(), vec![]),
    ] {
        let page = desk.get("accounting", &format!("invoices?{filter}")).await;
        assert_eq!(ids(&page), expected, "{filter}");
    }
    for wrong in ["activeState=Maybe", "ids=x", "balanceFilter.Comparer=Near"] {
        let answer = desk
            .answer(Method::GET, "accounting", &format!("invoices?{wrong}"))
            .await;
        assert_eq!(answer.status(), 400, "{wrong}");
    }
}

#[tokio::test]
async fn subscribers_are_told_of_an_invoice_without_its_lines() {
    let desk = Desk::new().await;
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    let job = desk.tenant.book_job(customer()).unwrap();
    desk.sandbox
        .webhooks()
        .subscribe(Subscription::new(&url, "s"));
    desk.tenant.add_invoice_line(job, work("75")).unwrap();
    desk.tenant.post_invoice(job).unwrap();
    desk.tenant.unpost_invoice(job).unwrap();
    desk.tenant.post_invoice(job).unwrap();
    desk.tenant.export_invoice(job).unwrap();
    assert!(desk.tenant.export_invoice(job).is_err());
    desk.sandbox.webhooks().settled().await;
    let kinds = receiver.kinds();
    let kinds: Vec<&str> = kinds
        .iter()
        .map(|k| k.trim_start_matches("tn.acc.invoice-"))
        .collect();
    assert_eq!(
        kinds,
        [
            "updated", "batched", "posted", "updated", "batched", "posted", "exported"
        ]
    );
    let bodies = receiver.bodies();
    let told = &bodies[2]["data"]["invoice"];
    assert_eq!(
        (&told["total"], &told["syncStatus"]),
        (&json!("75.00"), &json!("Posted"))
    );
    assert!(told.get("items").is_none() && told["batch"]["name"].is_string());
    assert_eq!(bodies[3]["data"]["invoice"]["syncStatus"], "Pending");
}

#[tokio::test]
async fn invoices_are_spoilt_withheld_and_dealt_with_by_curl() {
    let desk = Desk::new().await;
    let job = invoiced(&desk, 100);
    let id = desk.tenant.invoice(job).unwrap().id;
    desk.tenant
        .spoil(Kind::Invoice, id.0, Rot::NameNull)
        .unwrap();
    assert!(listed(&desk, job).await["referenceNumber"].is_null());
    desk.tenant.heal(Kind::Invoice, id.0).unwrap();
    desk.tenant.withhold(Kind::Invoice, id.0).unwrap();
    let path = format!("invoices?ids={id}");
    assert_eq!(ids(&desk.get("accounting", &path).await), NONE);
    desk.tenant.show(Kind::Invoice, id.0).unwrap();
    assert_eq!(ids(&desk.get("accounting", &path).await), [id.0]);
    let act = |body: Value| {
        let url = format!("{}/sandbox/acts", desk.sandbox.url());
        let request = desk.http.post(url).json(&body);
        async move {
            let answer = request.send().await.unwrap();
            (
                answer.status().as_u16(),
                answer.json::<Value>().await.unwrap(),
            )
        }
    };
    let line = json!({ "sku": sku_id(0), "quantity": 2, "price": 4.1275 });
    let (status, made) = act(json!({ "do": "add_invoice_line", "job": job, "line": line })).await;
    assert_eq!(status, 200, "{made}");
    let tax = json!({ "zone": 81, "rounding": "per_line" });
    let (status, _) = act(json!({ "do": "set_invoice_tax", "invoice": id, "tax": tax })).await;
    assert_eq!(status, 200);
    let (status, _) = act(json!({ "do": "post_invoice", "job": job })).await;
    assert_eq!(status, 200);
    let (status, refused) = act(json!({ "do": "post_invoice", "invoice": id })).await;
    assert_eq!(status, 409, "{refused}");
    let (status, _) = act(json!({ "do": "unpost_invoice", "invoice": 7 })).await;
    assert_eq!(status, 404);
    let (status, refused) = act(json!({ "do": "add_invoice_line", "job": job })).await;
    assert_eq!(status, 422);
    assert!(
        refused["error"]
            .as_str()
            .unwrap()
            .contains("missing field `line`")
    );
    assert_eq!(desk.tenant.invoice(id).unwrap().total(), dec("9.94"));
}
