//! Every response and every webhook body against ServiceTitan's OpenAPI documents.

mod receivables;

use reqwest::Method;
use sandbox::servicetitan::{
    ContactKind, Kind, PaymentTermId, RateShape, Rot, Subscription, customer_id,
};
use serde_json::{Value, json};

use super::spec::{Spec, folder};
use super::webhooks::Receiver;
use super::writes::new_customer;
use super::{Desk, ids};

const MODULES: [&str; 7] = [
    "accounting",
    "crm",
    "dispatch",
    "inventory",
    "jpm",
    "pricebook",
    "settings",
];

const GUID: &str = "8f2f7f5c-1f8e-4b52-9d3b-2f4f1c1e7a10";

/// A desk whose responses are judged.
struct Court {
    desk: Desk,
    spec: Spec,
}

impl Court {
    async fn new() -> Option<Self> {
        let spec = Spec::read(&folder()?, "2026-05", &MODULES);
        let desk = Desk::with(|options| {
            options
                .customers(120)
                .orders(72)
                .receivables(50, 40, 40)
                .switch(|s| {
                    s.null_lists = false;
                    s.numeric_enums = false;
                    s.undated_categories = false;
                    s.bare_problems = false;
                    s.zoneless_dates = false;
                    s.feed_page_size = 25;
                })
        })
        .await;
        Some(Self { desk, spec })
    }

    /// Makes a call; gives its status and body once the document agrees with both.
    async fn call(
        &mut self,
        method: Method,
        module: &str,
        path: &str,
        body: Value,
    ) -> (u16, Value) {
        let verdict = self.try_call(method, module, path, body).await;
        verdict.unwrap_or_else(|errors| panic!("{errors}"))
    }

    async fn try_call(
        &mut self,
        method: Method,
        module: &str,
        path: &str,
        body: Value,
    ) -> Result<(u16, Value), String> {
        let mut request = self.desk.request(method.clone(), module, path);
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.bytes().await.unwrap();
        let bare = path.split('?').next().unwrap();
        let full = format!("/{module}/v2/tenant/{}/{bare}", self.desk.tenant.id());
        self.spec.response(method.as_str(), &full, status, &bytes)?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }

    async fn get(&mut self, module: &str, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, module, path, Value::Null).await;
        assert_eq!(status, 200, "{path}");
        body
    }

    /// Reads a list and each of its rows by id, where that can be asked for.
    async fn list(&mut self, module: &str, path: &str, one: Option<&str>) {
        for page in 1.. {
            let join = if path.contains('?') { '&' } else { '?' };
            let rows = self
                .get(module, &format!("{path}{join}page={page}&pageSize=25"))
                .await;
            if let Some(one) = one {
                for id in ids(&rows) {
                    self.get(module, &format!("{one}/{id}")).await;
                }
            }
            if rows["hasMore"] == false {
                break;
            }
        }
    }

    async fn feed(&mut self, module: &str, feed: &str) {
        let mut from = String::new();
        for recent in [false, true] {
            loop {
                let path = format!("export/{feed}?from={from}&includeRecentChanges={recent}");
                let page = self.get(module, &path).await;
                page["continueFrom"].as_str().unwrap().clone_into(&mut from);
                if page["hasMore"] == false {
                    break;
                }
            }
        }
    }

    /// Every write of the purchasing side.
    async fn write_purchases(&mut self) {
        self.desk.grant_payables().await;
        let order = super::purchasing::new_order();
        let (_, made) = self
            .call(Method::POST, "inventory", "purchase-orders", order)
            .await;
        let path = format!("purchase-orders/{}", made["id"]);
        let patch = json!({ "shipping": 12.5 });
        self.call(Method::PATCH, "inventory", &path, patch).await;
        let row = self.get("inventory", &path).await;
        let line = &row["items"][0];
        let receipt = json!({
            "purchaseOrderId": made["id"], "dateReceived": "2026-11-22T00:00:00Z", "tax": 1.5,
            "shipping": 0, "items": [{ "purchaseOrderItemId": line["id"],
            "skuId": line["skuId"], "quantity": 1, "cost": line["cost"] }],
        });
        let (_, receipt) = self
            .call(Method::POST, "inventory", "receipts", receipt)
            .await;
        let fields = json!({ "operations": [{ "objectId": receipt["id"],
                             "customFields": [{ "name": "Dock", "value": "7" }] }] });
        self.call(Method::PATCH, "inventory", "receipts/custom-fields", fields)
            .await;
        let tenant = &self.desk.tenant;
        let order = sandbox::servicetitan::PurchaseOrderId(made["id"].as_i64().unwrap());
        let bill = tenant.bills_of(order)[0].id;
        let credit = tenant.ap_credits()[0].id;
        tenant.post_bill(bill).unwrap();
        let field = json!({ "operations": [{ "objectId": bill,
            "customFields": [{ "name": "Odoo Number", "value": "BILL/7" }] }] });
        for list in ["inventory-bills", "ap-bills"] {
            let path = format!("{list}/custom-fields");
            self.call(Method::PATCH, "accounting", &path, field.clone())
                .await;
        }
        for (list, body) in [
            ("inventory-bills", json!({ "inventoryBillIds": [bill, 5] })),
            ("ap-bills", json!({ "billIds": [bill] })),
            ("ap-credits", json!([{ "apCreditId": credit }])),
        ] {
            let path = format!("{list}/markasexported");
            self.call(Method::POST, "accounting", &path, body).await;
        }
        let (_, other) = self
            .call(
                Method::POST,
                "inventory",
                "purchase-orders",
                super::purchasing::new_order(),
            )
            .await;
        let path = format!("purchase-orders/{}/cancellation", other["id"]);
        let why = json!({ "canceledReason": "Duplicate" });
        self.call(Method::PATCH, "inventory", &path, why).await;
    }

    /// All that people can do, so that records of every kind are about.
    fn live(&self) {
        let tenant = &self.desk.tenant;
        let id = customer_id(40);
        let contact = tenant
            .add_contact(id, ContactKind::Email, "x@example.com", None)
            .unwrap();
        tenant
            .change_contact(contact, "y@example.com", Some("memo"))
            .unwrap();
        tenant.remove_contact(contact).unwrap();
        tenant.change_balance(id, -12_345).unwrap();
        tenant.set_payment_term(id, Some(PaymentTermId(2))).unwrap();
        tenant.deactivate(id).unwrap();
        tenant.merge(customer_id(41), customer_id(42)).unwrap();
        for i in 0..3 {
            let job = tenant.book_job(customer_id(i)).unwrap();
            tenant.reschedule_job(job, 5).unwrap();
            if i > 0 {
                tenant.complete_job(job, 9_999).unwrap();
                tenant.post_invoice(job).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn responses_conform() {
    let Some(mut court) = Court::new().await else {
        return;
    };
    court.live();
    court
        .list("crm", "customers?active=Any", Some("customers"))
        .await;
    court
        .list("crm", "locations?active=Any", Some("locations"))
        .await;
    court
        .list(
            "crm",
            "customers/contacts?modifiedOnOrAfter=2000-01-01",
            None,
        )
        .await;
    court
        .list(
            "crm",
            "locations/contacts?createdOnOrAfter=2000-01-01",
            None,
        )
        .await;
    court
        .list("accounting", "payment-terms", Some("payment-terms"))
        .await;
    court
        .list("settings", "business-units", Some("business-units"))
        .await;
    court.list("jpm", "jobs", Some("jobs")).await;
    court
        .list("jpm", "appointments?active=Any", Some("appointments"))
        .await;
    court
        .get("crm", "customers?includeTotal=true&sort=-ModifiedOn")
        .await;
    for i in 0..20 {
        court
            .get("crm", &format!("customers/{}/contacts", customer_id(i)))
            .await;
        let location = court.desk.tenant.locations()[i].id;
        court
            .get("crm", &format!("locations/{location}/contacts"))
            .await;
    }
    for feed in [
        "customers",
        "customers/contacts",
        "locations",
        "locations/contacts",
    ] {
        court.feed("crm", feed).await;
    }
    court.feed("jpm", "jobs").await;
    court.feed("jpm", "appointments").await;
    let checked = court.spec.checked;
    assert!(checked > 350, "{checked}");
    println!("conformance: {checked} responses to reads conform to the documents of 2026-05");
}

#[tokio::test]
async fn responses_of_the_purchasing_side_conform() {
    let Some(mut court) = Court::new().await else {
        return;
    };
    court.desk.grant_payables().await;
    for (module, path, one) in [
        ("inventory", "vendors?active=Any", Some("vendors")),
        ("inventory", "warehouses?active=Any", None),
        ("inventory", "trucks?active=Any", None),
        ("accounting", "gl-accounts?active=Any", Some("gl-accounts")),
        ("accounting", "tax-zones?active=Any", None),
        ("pricebook", "materials?active=Any", Some("materials")),
        ("pricebook", "equipment?active=Any", Some("equipment")),
        ("pricebook", "services?active=Any", Some("services")),
        ("pricebook", "categories?active=Any", Some("categories")),
        (
            "settings",
            "business-units?active=Any",
            Some("business-units"),
        ),
    ] {
        court.list(module, path, one).await;
    }
    for (module, path, one) in [
        ("inventory", "purchase-orders", Some("purchase-orders")),
        ("inventory", "purchase-order-types?active=Any", None),
        ("inventory", "receipts?active=Any", None),
        ("inventory", "returns?active=Any", None),
        ("inventory", "vendors/custom-fields", None),
        ("accounting", "inventory-bills/paginated", None),
        (
            "accounting",
            "inventory-bills/paginated?billType=ApBill",
            None,
        ),
        ("accounting", "inventory-bills/custom-fields", None),
        ("accounting", "ap-bills?billType=NotSet", Some("ap-bills")),
        ("accounting", "ap-bills/custom-fields", None),
        ("accounting", "ap-credits", None),
        ("accounting", "ap-credits/custom-fields", None),
    ] {
        court.list(module, path, one).await;
    }
    let bare = court
        .get("accounting", "inventory-bills?pageSize=500")
        .await;
    assert!(bare.as_array().unwrap().len() > 50);
    court.feed("accounting", "inventory-bills").await;
    for feed in ["purchase-orders", "returns"] {
        court.feed("inventory", feed).await;
    }
    for feed in ["materials", "equipment", "services", "categories"] {
        court.feed("pricebook", feed).await;
    }
    court.feed("settings", "business-units").await;
    let checked = court.spec.checked;
    assert!(checked > 180, "{checked}");
    println!("conformance: {checked} responses of the purchasing side conform");
}

#[tokio::test]
async fn answers_to_writes_conform() {
    let Some(mut court) = Court::new().await else {
        return;
    };
    let (_, made) = court
        .call(Method::POST, "crm", "customers", new_customer())
        .await;
    let customer = format!("customers/{}", made["id"]);
    let patch = json!({ "name": "New", "active": true, "creditLimit": 100.5, "tagTypeIds": [1],
                        "customFields": [{ "typeId": 3, "value": "x" }] });
    court.call(Method::PATCH, "crm", &customer, patch).await;
    let contacts = format!("{customer}/contacts");
    let contact = json!({ "type": "Phone", "value": "512-555-0100" });
    let (_, contact) = court.call(Method::POST, "crm", &contacts, contact).await;
    let contact = format!("{contacts}/{}", contact["id"]);
    court
        .call(Method::PATCH, "crm", &contact, json!({ "memo": "after 5" }))
        .await;
    court
        .call(Method::DELETE, "crm", &contact, Value::Null)
        .await;
    let mut location = new_customer()["locations"][0].clone();
    location["customerId"] = made["id"].clone();
    let (_, location) = court.call(Method::POST, "crm", "locations", location).await;
    let location = format!("locations/{}", location["id"]);
    court
        .call(Method::PATCH, "crm", &location, json!({ "name": "Barn" }))
        .await;
    let vendor = super::purchasing::new_vendor();
    let (_, vendor) = court
        .call(Method::POST, "inventory", "vendors", vendor)
        .await;
    let vendor = format!("vendors/{}", vendor["id"]);
    let patch = json!({ "taxRate": 0.05, "externalData": { "applicationGuid": GUID,
                        "externalData": [{ "key": "odoo", "value": "7" }] } });
    court.call(Method::PATCH, "inventory", &vendor, patch).await;
    court.get("inventory", &vendor).await;
    court.write_purchases().await;
    court.write_receivables().await;
    court.write_entries().await;
    let checked = court.spec.checked;
    assert_eq!(checked, 44);
    println!("conformance: {checked} answers to writes conform to the documents of 2026-05");
}

#[tokio::test]
async fn refusals_conform() {
    let Some(mut court) = Court::new().await else {
        return;
    };
    let many = (0..51).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    for (expected, path) in [
        (400, format!("customers?ids={many}")),
        (400, "customers/contacts".to_owned()),
        (400, "customers?modifiedOnOrAfter=never".to_owned()),
        (400, "customers?sort=Colour".to_owned()),
        (400, "export/customers?from=rubbish".to_owned()),
        (404, "customers/1".to_owned()),
        (404, "locations/1".to_owned()),
    ] {
        let (status, _) = court.call(Method::GET, "crm", &path, Value::Null).await;
        assert_eq!(status, expected, "{path}");
    }
    let (status, _) = court
        .call(Method::POST, "crm", "customers", json!({}))
        .await;
    assert_eq!(status, 400);
    court.desk.tenant.revoke_scope("tn.crm.customers:r");
    let (status, _) = court
        .call(Method::GET, "crm", "customers", Value::Null)
        .await;
    assert_eq!(status, 403);
    court
        .desk
        .sandbox
        .switch(|s| s.rate = RateShape::SixtyPerSecond);
    loop {
        // The window is filled at once; the judged call comes while it is full.
        super::rate::refused(&court.desk).await;
        let (status, _) = court
            .call(Method::GET, "crm", "locations", Value::Null)
            .await;
        if status == 429 {
            break;
        }
    }
    court.desk.sandbox.expire_tokens();
    let (status, _) = court
        .call(Method::GET, "crm", "locations", Value::Null)
        .await;
    assert_eq!(status, 401);
    println!(
        "conformance: {} refusals conform to the documents of 2026-05",
        court.spec.checked
    );
}

#[tokio::test]
async fn webhook_bodies_conform() {
    let Some(court) = Court::new().await else {
        return;
    };
    let mut spec = Spec::read(&folder().unwrap(), "2026-03", &["accounting", "jpm"]);
    let receiver = Receiver::default();
    let url = receiver.listen().await;
    court
        .desk
        .sandbox
        .webhooks()
        .subscribe(Subscription::new(&url, "s"));
    court.live();
    court.sell();
    let job = court.desk.tenant.book_job(customer_id(9)).unwrap();
    court
        .desk
        .tenant
        .update_job(job, "<b>Bring a ladder</b>")
        .unwrap();
    court.desk.sandbox.webhooks().redeliver_all();
    court.desk.sandbox.webhooks().settled().await;
    let bodies = receiver.bodies();
    let mut kinds = std::collections::BTreeSet::new();
    for body in &bodies {
        let kind = body["type"].as_str().unwrap();
        let (module, schema) = match kind {
            "tn.jpm.job-scheduled" => ("jpm", "Jpm.V2.Webhook.JobScheduledWebhookEvent"),
            "tn.jpm.job-updated" => ("jpm", "Jpm.V2.Webhook.JobUpdatedWebhookEvent"),
            "tn.jpm.job-rescheduled" => ("jpm", "Jpm.V2.Webhook.JobRescheduledWebhookEvent"),
            "tn.jpm.job-completed" => ("jpm", "Jpm.V2.Webhook.JobCompletedWebhookEvent"),
            "tn.jpm.job-appointment-updated" => {
                ("jpm", "Jpm.V2.Webhook.JobAppointmentUpdatedWebhookEvent")
            }
            "tn.acc.invoice-updated" => (
                "accounting",
                "Accounting.V2.Webhook.InvoiceUpdatedEventPayload",
            ),
            "tn.acc.invoice-batched" => (
                "accounting",
                "Accounting.V2.Webhook.InvoiceBatchedEventPayload",
            ),
            "tn.acc.invoice-exported" => (
                "accounting",
                "Accounting.V2.Webhook.InvoiceExportedEventPayload",
            ),
            "tn.acc.invoice-posted" => (
                "accounting",
                "Accounting.V2.Webhook.InvoicePostedEventPayload",
            ),
            other => panic!("{other} is not in the documents"),
        };
        kinds.insert(kind);
        let verdict = spec.named(module, &format!("CloudEvent_Of_{schema}"), body);
        verdict.unwrap_or_else(|errors| panic!("{kind}: {errors}\n{body}"));
    }
    assert_eq!(kinds.len(), 9);
    println!(
        "conformance: {} webhook bodies of 9 types conform to the documents of 2026-03",
        spec.checked
    );
}

/// The habits that break the spec on purpose, and rot, are noticed: the judge is awake.
#[tokio::test]
async fn broken_responses_are_noticed() {
    let Some(mut court) = Court::new().await else {
        return;
    };
    let id = customer_id(2);
    let path = format!("customers/{id}");
    assert!(
        court
            .try_call(Method::GET, "crm", &path, Value::Null)
            .await
            .is_ok()
    );

    court.desk.sandbox.switch(|s| s.null_lists = true);
    let verdict = court
        .try_call(Method::GET, "crm", "customers", Value::Null)
        .await;
    let errors = verdict.unwrap_err();
    assert!(errors.contains("null is not of type \"array\""), "{errors}");
    court.desk.sandbox.switch(|s| s.null_lists = false);

    for (rot, word) in [
        (Rot::NameNull, "name"),
        (Rot::IdMissing, "\"id\" is a required property"),
        (Rot::IdText, "/id"),
        (Rot::WrongTypes, "/active"),
        (
            Rot::Field {
                name: "createdOn".into(),
                value: json!("yesterday"),
            },
            "date-time",
        ),
        (
            Rot::Field {
                name: "type".into(),
                value: json!("Robot"),
            },
            "/type",
        ),
        (
            Rot::Field {
                name: "extra".into(),
                value: json!(1),
            },
            "extra",
        ),
    ] {
        court
            .desk
            .tenant
            .spoil(Kind::Customer, id.0, rot.clone())
            .unwrap();
        let verdict = court.try_call(Method::GET, "crm", &path, Value::Null).await;
        let errors = verdict.expect_err(&format!("{rot:?} passed"));
        assert!(errors.contains(word), "{rot:?}: {errors}");
    }

    court.desk.sandbox.switch(|s| s.bare_problems = true);
    court.desk.sandbox.expire_tokens();
    let errors = court
        .try_call(Method::GET, "crm", &path, Value::Null)
        .await
        .unwrap_err();
    assert!(
        errors.contains("\"errors\" is a required property"),
        "{errors}"
    );
}
