//! Writes over the API.

use reqwest::Method;
use sandbox::servicetitan::customer_id;
use serde_json::{Value, json};

use super::{Desk, NONE, ids};

pub(super) fn new_customer() -> Value {
    let address = json!({
        "street": "1 Main St", "unit": null, "city": "Austin", "state": "TX", "zip": "78701",
        "country": "USA",
    });
    json!({
        "name": "Ada Lovelace",
        "type": "Commercial",
        "address": address,
        "locations": [{ "name": "Home", "address": address,
                        "contacts": [{ "type": "Phone", "value": "5125550100" }] }],
        "contacts": [{ "type": "Email", "value": "ada@example.com", "memo": "office" }],
        "paymentTermId": 3,
        "externalData": { "applicationGuid": "6f1c2c0e-0000-4000-8000-000000000001",
                          "externalData": [{ "key": "odoo", "value": "17" }] },
    })
}

#[tokio::test]
async fn a_customer_is_created_with_contacts_and_locations() {
    let desk = Desk::new().await;
    let (status, made) = desk.send(Method::POST, "customers", &new_customer()).await;
    assert_eq!(status, 200);
    let id = made["id"].as_i64().unwrap();
    let row = desk.crm(&format!("customers/{id}")).await;
    assert_eq!(
        (&row["name"], &row["type"]),
        (&json!("Ada Lovelace"), &json!("Commercial"))
    );
    assert_eq!(row["paymentTermId"], 3);
    assert_eq!(
        row["externalData"],
        json!([{ "key": "odoo", "value": "17" }])
    );
    assert_eq!(
        ids(&desk.crm(&format!("customers/{id}/contacts")).await).len(),
        1
    );
    let locations = ids(&desk.crm(&format!("locations?customerId={id}")).await);
    assert_eq!(locations, [made["locations"][0]["id"].as_i64().unwrap()]);
    assert_eq!(
        ids(&desk
            .crm(&format!("locations/{}/contacts", locations[0]))
            .await)
        .len(),
        1
    );
    let found = desk
        .crm("customers?externalDataKey=odoo&externalDataValues=17")
        .await;
    assert_eq!(ids(&found), [id]);
    let (_, again) = desk.send(Method::POST, "customers", &new_customer()).await;
    assert_ne!(again["id"], id, "a repeated POST makes another customer");
}

#[tokio::test]
async fn missing_fields_are_named() {
    let desk = Desk::new().await;
    let (status, body) = desk
        .send(Method::POST, "customers", &json!({ "locations": [{}] }))
        .await;
    assert_eq!(status, 400);
    let fields: Vec<&String> = body["errors"].as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "Address",
            "Locations[0].Address",
            "Locations[0].Name",
            "Name"
        ]
    );
    let (status, _) = desk
        .send(Method::POST, "customers", &json!({ "name": 5 }))
        .await;
    assert_eq!(status, 400);
    let raw = desk
        .request(Method::POST, "crm", "customers")
        .body("{not json");
    assert_eq!(raw.send().await.unwrap().status(), 400);
    assert_eq!(desk.tenant.customers().len(), 60, "nothing was made");
}

#[tokio::test]
async fn unknown_fields_are_dropped_without_a_word() {
    let desk = Desk::new().await;
    let id = customer_id(0);
    let path = format!("customers/{id}");
    let before = desk.tenant.customer(id).unwrap();
    let (status, row) = desk
        .send(Method::PATCH, &path, &json!({ "nmae": "x" }))
        .await;
    assert_eq!(status, 200);
    assert_eq!(row["name"], json!(before.name));
    let (status, row) = desk
        .send(Method::PATCH, &path, &json!({ "name": "New" }))
        .await;
    assert_eq!((status, &row["name"]), (200, &json!("New")));
}

#[tokio::test]
async fn an_address_is_patched_whole() {
    let desk = Desk::new().await;
    let path = format!("customers/{}", customer_id(0));
    let part = json!({ "address": { "street": "2 New St" } });
    assert_eq!(desk.send(Method::PATCH, &path, &part).await.0, 400);
    let whole = json!({ "address": {
        "street": "2 New St", "unit": "", "city": "Waco", "state": "TX", "zip": "76701",
        "country": "USA", "latitude": 31.5, "longitude": -97.1,
    }});
    let (status, row) = desk.send(Method::PATCH, &path, &whole).await;
    assert_eq!((status, &row["address"]["city"]), (200, &json!("Waco")));
    let unknown = json!({ "paymentTermId": 99 });
    assert_eq!(desk.send(Method::PATCH, &path, &unknown).await.0, 400);
}

#[tokio::test]
async fn contacts_and_locations_are_written_and_deleted() {
    let desk = Desk::new().await;
    let owner = customer_id(0);
    let contacts = format!("customers/{owner}/contacts");
    let new = json!({ "type": "Email", "value": "a@example.com" });
    let (status, made) = desk.send(Method::POST, &contacts, &new).await;
    assert_eq!(status, 200);
    let one = format!("{contacts}/{}", made["id"]);
    let (_, changed) = desk
        .send(Method::PATCH, &one, &json!({ "value": "b@example.com" }))
        .await;
    assert_eq!(
        (&changed["value"], &changed["type"]),
        (&json!("b@example.com"), &json!("Email"))
    );
    assert_eq!(desk.answer(Method::DELETE, "crm", &one).await.status(), 200);
    assert_eq!(
        desk.answer(Method::DELETE, "crm", &one).await.status(),
        404,
        "it is gone"
    );

    let mut new = new_customer()["locations"][0].clone();
    new["customerId"] = json!(owner);
    let (status, made) = desk.send(Method::POST, "locations", &new).await;
    assert_eq!((status, &made["customerId"]), (200, &json!(owner)));
    let one = format!("locations/{}", made["id"]);
    let (_, moved) = desk
        .send(
            Method::PATCH,
            &one,
            &json!({ "customerId": customer_id(1) }),
        )
        .await;
    assert_eq!(moved["customerId"], json!(customer_id(1)));
    new["customerId"] = json!(1);
    assert_eq!(desk.send(Method::POST, "locations", &new).await.0, 400);
}

#[tokio::test]
async fn external_data_is_replaced_or_merged() {
    let desk = Desk::new().await;
    let path = format!("customers/{}", customer_id(0));
    let change = |mode: &str, data: Value| {
        json!({ "externalData": { "patchMode": mode, "externalData": data,
                "applicationGuid": "6f1c2c0e-0000-4000-8000-000000000001" } })
    };
    let one = json!([{ "key": "a", "value": "1" }]);
    desk.send(Method::PATCH, &path, &change("Replace", one))
        .await;
    let two = json!([{ "key": "b", "value": "2" }]);
    let (_, row) = desk
        .send(Method::PATCH, &path, &change("Merge", two.clone()))
        .await;
    assert_eq!(row["externalData"].as_array().unwrap().len(), 2);
    let (_, row) = desk
        .send(Method::PATCH, &path, &change("Replace", two.clone()))
        .await;
    assert_eq!(row["externalData"], two);
}

#[tokio::test]
async fn lists_and_feeds_lag_behind_writes_when_switched_and_lose_nothing() {
    let desk = Desk::with(|o| o.customers(20).switch(|s| s.read_lag_ms = 2_000)).await;
    let end = desk.crm("export/customers").await["continueFrom"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, made) = desk.send(Method::POST, "customers", &new_customer()).await;
    let id = made["id"].as_i64().unwrap();
    assert_eq!(
        desk.crm(&format!("customers/{id}")).await["id"],
        id,
        "by id it is there"
    );
    let list = format!("customers?ids={id}");
    let feed = format!("export/customers?from={end}");
    assert_eq!(ids(&desk.crm(&list).await), NONE);
    let page = desk.crm(&feed).await;
    assert_eq!(ids(&page), NONE);
    assert_eq!(page["continueFrom"], end, "the cursor waits before the row");
    let (_, renamed) = desk
        .send(
            Method::PATCH,
            &format!("customers/{}", customer_id(0)),
            &json!({ "name": "New" }),
        )
        .await;
    assert_eq!(renamed["name"], "New");
    let old = desk.crm(&format!("customers?ids={}", customer_id(0))).await;
    assert_ne!(
        old["data"][0]["name"], "New",
        "a list shows what was before"
    );
    desk.hands.advance_s(2);
    assert_eq!(ids(&desk.crm(&list).await), [id]);
    assert_eq!(ids(&desk.crm(&feed).await), [id, customer_id(0).0]);
}
