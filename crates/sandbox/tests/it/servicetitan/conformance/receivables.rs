//! The receivable side against ServiceTitan's OpenAPI documents.

use reqwest::Method;
use sandbox::servicetitan::{
    BusinessUnitId, Decimal, InvoiceTax, NewInvoice, NewInvoiceLine, NewPayment, PaymentCreation,
    SyncStatus, TaxZoneId, TechnicianId, Tenant, customer_id, sku_id,
};
use serde_json::{Value, json};

use super::{Court, Spec, folder};

impl Court {
    /// Every write of the receivable side that the documents of 2026-05 know.
    pub(super) async fn write_receivables(&mut self) {
        self.desk.grant_receivables().await;
        let tenant = &self.desk.tenant;
        let job = tenant.book_job(customer_id(3)).unwrap();
        let id = tenant.invoice(job).unwrap().id;
        let line = json!({ "skuId": sku_id(0), "description": "x", "quantity": 2, "unitPrice": 5 });
        let items = format!("invoices/{id}/items");
        for _ in 0..2 {
            self.call(Method::PATCH, "accounting", &items, line.clone())
                .await;
        }
        let gone = self.desk.tenant.invoice(id).unwrap().lines[0].id;
        let gone = format!("{items}/{gone}");
        self.call(Method::DELETE, "accounting", &gone, Value::Null)
            .await;
        let header = json!({ "summary": "<p>x</p>", "reviewStatus": "Reviewed" });
        let path = format!("invoices/{id}");
        self.call(Method::PATCH, "accounting", &path, header).await;
        self.desk.tenant.post_invoice(id).unwrap();
        let item = self.desk.tenant.item(sku_id(0)).unwrap().code;
        let adjustment = json!({ "adjustmentToId": id, "items": [{ "skuName": item,
                                 "description": "", "quantity": -1, "unitPrice": 5 }] });
        self.call(Method::POST, "accounting", "invoices", adjustment)
            .await;
        let marks = json!([{ "invoiceId": id, "externalId": "7" }, { "invoiceId": 5 }]);
        let path = "invoices/markasexported";
        self.call(Method::POST, "accounting", path, marks).await;
        let customer = customer_id(3);
        let new = NewPayment::new(customer, Decimal::from(20));
        let payment = self.desk.tenant.take_payment(new).unwrap();
        let body = json!({ "typeId": 43, "splits": [{ "invoiceId": id, "amount": 10 }] });
        let path = format!("payments/{payment}");
        self.call(Method::PATCH, "accounting", &path, body).await;
        let status = json!({ "paymentIds": [payment], "status": "Posted" });
        self.call(Method::POST, "accounting", "payments/status", status)
            .await;
        for (list, id) in [("invoices", id.0), ("payments", payment.0)] {
            let fields = json!({ "operations": [{ "objectId": id,
                                 "customFields": [{ "name": "Odoo Number", "value": "7" }] }] });
            let path = format!("{list}/custom-fields");
            self.call(Method::PATCH, "accounting", &path, fields).await;
            self.get("accounting", &format!("{list}?ids={id}")).await;
        }
    }

    /// An external entry: made, read in all its shapes, synced, replaced, closed, deleted.
    pub(super) async fn write_entries(&mut self) {
        self.desk.grant_receivables().await;
        let entry = crate::servicetitan::receivables::journal::entry("Payment 7");
        for _ in 0..2 {
            self.call(Method::POST, "accounting", "journal-entries", entry.clone())
                .await;
        }
        let page = self.get("accounting", "journal-entries").await;
        let guid = |n: usize| page["data"][n]["id"].as_str().unwrap().to_owned();
        let path = format!("journal-entries/{}", guid(0));
        for read in ["", "/details", "/summary"] {
            self.get("accounting", &format!("{path}{read}")).await;
        }
        let sync = json!({ "syncStatus": "Synced", "versionId": 1, "message": "x" });
        let synced = format!("{path}/sync");
        self.call(Method::PATCH, "accounting", &synced, sync).await;
        self.call(Method::PUT, "accounting", &path, entry).await;
        let close = json!({ "status": "Closed" });
        self.call(Method::PATCH, "accounting", &path, close).await;
        let gone = format!("journal-entries/{}", guid(1));
        self.call(Method::DELETE, "accounting", &gone, Value::Null)
            .await;
    }

    /// Invoices of every kind and state.
    pub(super) fn sell(&self) {
        let tenant = &self.desk.tenant;
        let customer = customer_id(12);
        let line = |sku: usize, price: i64| {
            NewInvoiceLine::new(sku_id(sku), Decimal::from(2), Decimal::new(price, 4))
        };
        for n in 0..4 {
            let job = tenant.book_job(customer).unwrap();
            tenant.add_invoice_line(job, line(n, 41_275)).unwrap();
            let discount = NewInvoiceLine::discount(Decimal::new(-150, 2));
            let gone = tenant.add_invoice_line(job, discount).unwrap();
            tenant
                .set_invoice_tax(job, InvoiceTax::zone(TaxZoneId(81)))
                .unwrap();
            if n == 1 {
                tenant.remove_invoice_line(job, gone).unwrap();
            }
            if n > 1 {
                tenant.complete_job(job, 5_000).unwrap();
                tenant.post_invoice(job).unwrap();
                tenant.adjust_invoice(job, [line(7, -20_000)]).unwrap();
            }
            if n > 2 {
                tenant.export_invoice(job).unwrap();
            }
        }
        let new = NewInvoice {
            customer,
            business_unit: BusinessUnitId(2),
            project: Some(7),
            lines: vec![line(3, 99_900)],
            tax: InvoiceTax::default(),
        };
        let project = tenant.project_invoice(new).unwrap();
        tenant.bypass_invoice(project).unwrap();
        let pay = |total: i64| NewPayment::new(customer, Decimal::from(total));
        let amount = Decimal::from(10);
        let paid = tenant
            .take_payment(pay(30).apply(project, amount).memo("memo"))
            .unwrap();
        tenant.refund_payment(paid, amount, Some(project)).unwrap();
        tenant.set_payment_status(paid, SyncStatus::Posted).unwrap();
        let gone = tenant.take_payment(pay(7)).unwrap();
        tenant.void_payment(gone).unwrap();
        for act in [Tenant::hold_job, Tenant::cancel_job] {
            let job = tenant.book_job(customer).unwrap();
            let visit = tenant.add_appointment(job, 4).unwrap();
            let technician = TechnicianId(202);
            tenant.assign_technician(visit, technician).unwrap();
            tenant.dispatch_appointment(visit).unwrap();
            tenant.start_appointment(visit).unwrap();
            tenant.assign_technician(visit, TechnicianId(203)).unwrap();
            tenant.unassign_technician(visit, technician).unwrap();
            act(tenant, job).unwrap();
        }
    }
}

#[tokio::test]
async fn responses_of_the_receivable_side_conform() {
    let Some(mut court) = Court::new().await else {
        return;
    };
    court.sell();
    for (module, path, one) in [
        ("accounting", "invoices?activeState=All", None),
        ("accounting", "invoices/custom-fields", None),
        ("accounting", "payments?activeState=All", None),
        ("accounting", "payments/custom-fields", None),
        (
            "accounting",
            "payment-types?active=Any",
            Some("payment-types"),
        ),
        ("settings", "technicians?active=Any", Some("technicians")),
        ("dispatch", "appointment-assignments?active=Any", None),
        ("jpm", "appointments?active=Any", Some("appointments")),
        ("jpm", "jobs", Some("jobs")),
    ] {
        court.list(module, path, one).await;
    }
    for (module, feed) in [
        ("accounting", "invoices"),
        ("accounting", "invoice-items"),
        ("accounting", "payments"),
        ("settings", "technicians"),
        ("dispatch", "appointment-assignments"),
        ("jpm", "jobs"),
        ("jpm", "appointments"),
    ] {
        court.feed(module, feed).await;
    }
    let checked = court.spec.checked;
    assert!(checked > 180, "{checked}");
    println!("conformance: {checked} responses of the receivable side conform");
}

/// Payments could be made over the API until March 2026.
#[tokio::test]
async fn a_payment_made_the_old_way_conforms_to_the_old_documents() {
    let Some(mut court) = Court::new().await else {
        return;
    };
    court.spec = Spec::read(&folder().unwrap(), "2026-03", &["accounting"]);
    court.desk.grant_receivables().await;
    court
        .desk
        .sandbox
        .switch(|s| s.payment_creation = PaymentCreation::Legacy);
    let body =
        json!({ "typeId": 42, "amount": 5, "customerId": customer_id(3), "status": "Posted" });
    let (status, _) = court
        .call(Method::POST, "accounting", "payments", body)
        .await;
    assert_eq!(status, 200);
    let (status, _) = court
        .call(Method::POST, "accounting", "payments", json!({}))
        .await;
    assert_eq!(status, 400);
}
