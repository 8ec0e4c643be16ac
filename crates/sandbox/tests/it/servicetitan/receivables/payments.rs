//! Payments: taken, split, applied, refunded, and how lists and the feed show them.

use sandbox::servicetitan::{
    CustomerId, Decimal, InvoiceId, Kind, NewInvoiceLine, NewPayment, PaymentId, PaymentTypeId,
    Refusal, Rot, Subscription, SyncStatus, customer_id,
};
use serde_json::{Value, json};

use super::{customer, invoiced};
use crate::servicetitan::purchasing::dec;
use crate::servicetitan::webhooks::Receiver;
use crate::servicetitan::{Desk, NONE, ids};

fn invoice(desk: &Desk, cents: i64) -> InvoiceId {
    desk.tenant.invoice(invoiced(desk, cents)).unwrap().id
}

fn check(total: &str) -> NewPayment {
    NewPayment::new(customer(), dec(total))
}

async fn row(desk: &Desk, payment: PaymentId) -> Value {
    let path = format!("payments?ids={payment}&activeState=All");
    desk.get("accounting", &path).await["data"][0].clone()
}

fn open(desk: &Desk, invoice: InvoiceId) -> Decimal {
    desk.tenant.invoice(invoice).unwrap().balance()
}

fn owed(desk: &Desk, customer: CustomerId) -> i64 {
    desk.tenant.customer(customer).unwrap().balance.0
}

#[tokio::test]
async fn a_payment_settles_the_invoice_that_it_is_applied_to() {
    let desk = Desk::new().await;
    let id = invoice(&desk, 12_050);
    desk.tenant.post_invoice(id).unwrap();
    desk.hands.advance_s(60);
    let (before, modified) = (
        owed(&desk, customer()),
        desk.tenant.invoice(id).unwrap().modified_on,
    );
    let new = check("120.50").apply(id, dec("120.50")).memo("#1001");
    let new = new.on("2026-11-23T15:30:00Z".parse().unwrap());
    let made = desk.tenant.take_payment(new).unwrap();
    assert_eq!(open(&desk, id), dec("0"));
    assert_eq!(owed(&desk, customer()) - before, -12_050);
    let paid = desk.tenant.invoice(id).unwrap();
    assert!(
        paid.modified_on > modified,
        "it shows in the invoices' feed"
    );
    let listed = desk.get("accounting", &format!("invoices?ids={id}")).await;
    assert_eq!(listed["data"][0]["paidOn"], "2026-11-23T00:00:00Z");
    assert_eq!(listed["data"][0]["balance"], "0.00");
    let row = row(&desk, made).await;
    assert_eq!(
        (&row["total"], &row["unappliedAmount"]),
        (&json!("120.50"), &json!("0.00"))
    );
    assert_eq!(
        (&row["typeId"], &row["type"]),
        (&json!("42"), &json!("Check"))
    );
    assert_eq!(
        (&row["date"], &row["memo"]),
        (&json!("2026-11-23T00:00:00Z"), &json!("#1001"))
    );
    let split = &row["appliedTo"][0];
    assert_eq!(
        (&split["appliedTo"], &split["appliedAmount"]),
        (&json!(id), &json!("120.50"))
    );
    assert_eq!(split["appliedToReferenceNumber"], paid.number);
    assert_eq!(row["customer"]["id"], customer().0);
    assert_eq!(row["businessUnit"]["id"], 1);
    assert!(row["batch"].is_null() && row["refundedPaymentId"].is_null());
}

#[tokio::test]
async fn a_payment_is_split_partial_too_much_or_for_nothing_yet() {
    let desk = Desk::new().await;
    let (a, b) = (invoice(&desk, 10_000), invoice(&desk, 5_000));
    let before = owed(&desk, customer());
    let split = check("120").apply(a, dec("100")).apply(b, dec("20"));
    desk.tenant.take_payment(split).unwrap();
    assert_eq!((open(&desk, a), open(&desk, b)), (dec("0"), dec("30")));
    let over = desk
        .tenant
        .take_payment(check("45").apply(b, dec("30")))
        .unwrap();
    assert_eq!(desk.tenant.payment(over).unwrap().unapplied(), dec("15"));
    assert_eq!(row(&desk, over).await["unappliedAmount"], "15.00");
    let deposit = desk.tenant.take_payment(check("500")).unwrap();
    let shown = row(&desk, deposit).await;
    assert_eq!(shown["unappliedAmount"], "500.00");
    assert_eq!(owed(&desk, customer()) - before, -66_500, "applied or not");
    assert_eq!(desk.tenant.open_balance(customer()), dec("-515"));
    for wrong in [
        check("10").apply(a, dec("11")),
        check("10").apply(a, dec("-1")).apply(b, dec("12")),
        check("10").apply(InvoiceId(5), dec("1")),
        check("10").by(PaymentTypeId(5)),
        NewPayment::new(CustomerId(5), dec("1")),
    ] {
        desk.tenant.take_payment(wrong).unwrap_err();
    }
    let much = desk.tenant.take_payment(check("10").apply(a, dec("10")));
    assert!(much.is_ok(), "more than is open is not refused");
    assert_eq!(open(&desk, a), dec("-10"));
}

#[tokio::test]
async fn a_payment_is_applied_again_elsewhere() {
    let desk = Desk::new().await;
    let (a, b) = (invoice(&desk, 10_000), invoice(&desk, 10_000));
    let before = owed(&desk, customer());
    let id = desk
        .tenant
        .take_payment(check("100").apply(a, dec("60")))
        .unwrap();
    desk.tenant.apply_payment(id, b, dec("40")).unwrap();
    let first = desk.tenant.payment(id).unwrap().splits[0].clone();
    assert!(
        desk.tenant.apply_payment(id, b, dec("1")).is_err(),
        "nothing is left"
    );
    assert_eq!((open(&desk, a), open(&desk, b)), (dec("40"), dec("60")));
    desk.tenant.unapply(id, b).unwrap();
    desk.tenant.apply_payment(id, a, dec("20")).unwrap();
    desk.tenant.apply_payment(id, a, dec("20")).unwrap();
    let payment = desk.tenant.payment(id).unwrap();
    assert_eq!(payment.splits[0], first, "what stays keeps its id");
    assert_eq!(payment.splits.len(), 3);
    assert_eq!((open(&desk, a), open(&desk, b)), (dec("0"), dec("100")));
    assert!(desk.tenant.invoice(a).unwrap().paid_on.is_some());
    desk.tenant.unapply(id, a).unwrap();
    assert!(desk.tenant.invoice(a).unwrap().paid_on.is_none());
    assert_eq!(open(&desk, a), dec("100"));
    assert!(desk.tenant.unapply(id, a).is_err());
    assert_eq!(
        owed(&desk, customer()) - before,
        -10_000,
        "applying moves nothing owed"
    );
}

#[tokio::test]
async fn a_refund_is_a_negative_payment_that_opens_its_invoice_again() {
    let desk = Desk::new().await;
    let id = invoice(&desk, 10_000);
    let paid = desk
        .tenant
        .take_payment(check("100").apply(id, dec("100")))
        .unwrap();
    let before = owed(&desk, customer());
    let refund = desk
        .tenant
        .refund_payment(paid, dec("25"), Some(id))
        .unwrap();
    assert_eq!(open(&desk, id), dec("25"));
    assert_eq!(owed(&desk, customer()) - before, 2_500);
    let row = row(&desk, refund).await;
    assert_eq!(
        (&row["total"], &row["refundedPaymentId"]),
        (&json!("-25.00"), &json!(paid))
    );
    assert_eq!(row["appliedTo"][0]["appliedAmount"], "-25.00");
    let deposit = desk.tenant.take_payment(check("80")).unwrap();
    let back = desk
        .tenant
        .refund_payment(deposit, dec("80"), None)
        .unwrap();
    assert_eq!(desk.tenant.payment(back).unwrap().unapplied(), dec("-80"));
    for (amount, from) in [("0", None), ("-1", None), ("80.01", None)] {
        let refused = desk.tenant.refund_payment(deposit, dec(amount), from);
        assert!(matches!(refused, Err(Refusal::State { .. })), "{amount}");
    }
}

#[tokio::test]
async fn a_credit_moves_from_an_adjustment_to_an_invoice_without_money() {
    let desk = Desk::new().await;
    let id = invoice(&desk, 10_000);
    desk.tenant.post_invoice(id).unwrap();
    let off = NewInvoiceLine::discount(dec("-30"));
    let credit = desk.tenant.adjust_invoice(id, [off]).unwrap();
    let new = check("0").by(PaymentTypeId(46));
    let new = new.apply(id, dec("30")).apply(credit, dec("-30"));
    desk.tenant.take_payment(new).unwrap();
    assert_eq!(
        (open(&desk, id), open(&desk, credit)),
        (dec("70"), dec("0"))
    );
}

#[tokio::test]
async fn payments_are_posted_exported_and_voided() {
    let desk = Desk::new().await;
    let id = invoice(&desk, 10_000);
    let paid = desk
        .tenant
        .take_payment(check("100").apply(id, dec("100")))
        .unwrap();
    let tenant = &desk.tenant;
    tenant.set_payment_status(paid, SyncStatus::Posted).unwrap();
    let posted = row(&desk, paid).await;
    assert_eq!(posted["syncStatus"], "Posted");
    assert!(posted["batch"]["id"].is_number());
    tenant
        .set_payment_status(paid, SyncStatus::Pending)
        .unwrap();
    assert!(row(&desk, paid).await["batch"].is_null());
    tenant.void_payment(paid).unwrap();
    assert_eq!(open(&desk, id), dec("100"));
    let gone = row(&desk, paid).await;
    assert_eq!(
        (&gone["active"], &gone["appliedTo"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(ids(&desk.get("accounting", "payments").await), NONE);
    assert!(tenant.apply_payment(paid, id, dec("1")).is_err());
    let other = tenant.take_payment(check("5")).unwrap();
    tenant
        .set_payment_status(other, SyncStatus::Exported)
        .unwrap();
    assert!(tenant.void_payment(other).is_err());
    assert!(
        tenant
            .set_payment_status(other, SyncStatus::Pending)
            .is_err()
    );
    tenant.apply_payment(other, id, dec("5")).unwrap();
    assert_eq!(
        open(&desk, id),
        dec("95"),
        "what was exported is applied still"
    );
}

#[tokio::test]
async fn payments_are_filtered_fed_and_spoilt() {
    let desk = Desk::new().await;
    let first = invoice(&desk, 10_000);
    let number = desk.tenant.invoice(first).unwrap().number;
    let tenant = &desk.tenant;
    let a = tenant
        .take_payment(check("50").apply(first, dec("50")))
        .unwrap();
    let old = "2026-01-05T00:00:00Z".parse().unwrap();
    let b = tenant
        .take_payment(
            NewPayment::new(customer_id(1), dec("70"))
                .on(old)
                .by(PaymentTypeId(43)),
        )
        .unwrap();
    let c = tenant.refund_payment(a, dec("10"), None).unwrap();
    tenant.set_payment_status(b, SyncStatus::Posted).unwrap();
    tenant.set_payment_status(c, SyncStatus::Exported).unwrap();
    let batch = tenant.payment(b).unwrap().batch.unwrap();
    let [a, b, c] = [a, b, c].map(|id| id.0);
    for (filter, expected) in [
        (String::new(), vec![a, b, c]),
        (format!("ids={b},{c}"), vec![b, c]),
        ("statuses=Posted,Exported".to_owned(), vec![b, c]),
        ("statuses=Pending".to_owned(), vec![a]),
        (format!("appliedToInvoiceIds={first},7"), vec![a]),
        (format!("appliedToReferenceNumber={number}"), vec![a]),
        (format!("customerId={}", customer_id(1)), vec![b]),
        (format!("batchId={}", batch.id), vec![b]),
        (format!("batchNumber={}", batch.number), vec![b]),
        ("businessUnitIds=1,2".to_owned(), vec![a, c]),
        ("paidOnAfter=2026-11-01".to_owned(), vec![a, c]),
        ("paidOnBefore=2026-11-01".to_owned(), vec![b]),
        ("totalGreater=50".to_owned(), vec![a, b]),
        ("totalLess=0".to_owned(), vec![c]),
        ("transactionType=JournalEntry".to_owned(), vec![]),
        ("depositIds=4".to_owned(), vec![]),
        ("sort=-Id".to_owned(), vec![c, b, a]),
        ("invoiceId=4".to_owned(), vec![a, b, c]),
    ] {
        let page = desk.get("accounting", &format!("payments?{filter}")).await;
        assert_eq!(ids(&page), expected, "{filter}");
    }
    let end = desk.get("accounting", "export/payments").await["continueFrom"].clone();
    tenant.void_payment(PaymentId(a)).unwrap();
    let feed = format!("export/payments?from={}", end.as_str().unwrap());
    let page = desk.get("accounting", &feed).await;
    assert_eq!(
        (ids(&page), &page["data"][0]["active"]),
        (vec![a], &json!(false))
    );
    let rot = Rot::Field {
        name: "total".to_owned(),
        value: json!("a lot"),
    };
    tenant.spoil(Kind::Payment, b, rot).unwrap();
    assert_eq!(row(&desk, PaymentId(b)).await["total"], "a lot");
}

#[tokio::test]
async fn payment_types_are_listed() {
    let desk = Desk::new().await;
    let page = desk.get("accounting", "payment-types").await;
    assert_eq!(ids(&page), (41..=46).collect::<Vec<_>>());
    assert_eq!(page["data"][1]["name"], "Check");
    let any = desk.get("accounting", "payment-types?active=Any").await;
    assert_eq!(ids(&any).len(), 7);
    let one = desk.get("accounting", "payment-types/43").await;
    assert_eq!(one["name"], "Credit Card");
    assert!(one.get("active").is_none(), "it is not shown");
}

#[tokio::test]
async fn a_payment_tells_subscribers_of_its_invoice_alone() {
    let desk = Desk::new().await;
    let id = invoice(&desk, 10_000);
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    desk.sandbox
        .webhooks()
        .subscribe(Subscription::new(&url, "s"));
    desk.tenant.take_payment(check("40")).unwrap();
    desk.tenant
        .take_payment(check("40").apply(id, dec("40")))
        .unwrap();
    desk.sandbox.webhooks().settled().await;
    assert_eq!(receiver.kinds(), ["tn.acc.invoice-updated"]);
    assert_eq!(receiver.bodies()[0]["data"]["invoice"]["balance"], "60.00");
}

#[tokio::test]
async fn payments_are_taken_by_curl() {
    let desk = Desk::new().await;
    let id = invoice(&desk, 10_000);
    let act = |body: Value| {
        let url = format!("{}/sandbox/acts", desk.sandbox.url());
        let request = desk.http.post(url).json(&body);
        async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let payment = json!({ "customer": customer(), "total": 33.33, "splits": [[id, 33.33]] });
    let made = act(json!({ "do": "take_payment", "payment": payment })).await;
    let made = made["id"].as_i64().expect("it gives the payment's id");
    assert_eq!(open(&desk, id), dec("66.67"));
    act(json!({ "do": "unapply", "payment": made, "invoice": id })).await;
    act(json!({ "do": "apply_payment", "payment": made, "invoice": id, "amount": 0.33 })).await;
    act(json!({ "do": "refund_payment", "payment": made, "amount": 30 })).await;
    act(json!({ "do": "set_payment_status", "payment": made, "status": "Posted" })).await;
    assert_eq!(open(&desk, id), dec("99.67"));
    let url = format!(
        "{}/sandbox/tenants/{}/invoices/{id}",
        desk.sandbox.url(),
        desk.tenant.id()
    );
    let shown: Value = desk
        .http
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(shown["invoice"]["balance"], "99.67");
    assert_eq!(shown["payments"][0]["id"], made);
    assert_eq!(desk.tenant.payments().len(), 2);
    assert_eq!(desk.tenant.payments()[0].sync_status, SyncStatus::Posted);
}
