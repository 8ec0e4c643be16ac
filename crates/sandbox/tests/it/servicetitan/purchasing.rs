//! The purchasing side: vendors, units, the pricebook, places and accounts.

mod bills;
mod orders;

use reqwest::Method;
use sandbox::servicetitan::{
    BusinessUnitId, Decimal, Deed, GlAccountId, ItemKind, Kind, Mix, NewReceipt, PaymentTermId,
    PostalAddress, PurchaseOrderId, Refusal, Rot, VendorId, sku_id, vendor_id,
};
use serde_json::{Value, json};

use super::{Desk, NONE, ids};

/// A body that makes a vendor.
pub(crate) fn new_vendor() -> Value {
    json!({
        "name": "Ada's Pumps", "active": true, "isTruckReplenishment": false, "taxRate": 0.0825,
        "restrictedMobileCreation": true, "phone": "5125550100", "deliveryOption": "EmailAsPdf",
        "address": { "street": "PO Box 7", "unit": "", "city": "Austin", "state": "TX",
                     "zip": "78701", "country": "USA" },
    })
}

/// A decimal from its text.
pub(super) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A decimal from a number on the wire.
pub(super) fn of(value: &Value) -> Decimal {
    value.to_string().trim_matches('"').parse().unwrap()
}

pub(super) async fn write(desk: &Desk, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = desk.request(method, "inventory", path).json(body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn the_seed_holds_what_a_purchaser_meets() {
    let desk = Desk::with(|o| o.vendors_and_items(60, 400)).await;
    let vendors = desk.tenant.vendors();
    assert_eq!(vendors.len(), 60);
    assert!(vendors.iter().any(|v| !v.active));
    assert!(vendors.iter().any(|v| v.custom_fields.len() == 2));
    assert!(vendors.iter().any(|v| v.name.contains("<b>Bold")));
    let units = desk.tenant.business_units();
    assert_eq!(units.len(), 6);
    assert!(units.iter().all(|unit| unit.account_code.is_some()));
    assert_eq!(units.iter().filter(|unit| !unit.active).count(), 1);
    let kinds = [ItemKind::Material, ItemKind::Equipment, ItemKind::Service];
    let items: Vec<_> = kinds.map(|kind| desk.tenant.items(kind)).concat();
    assert_eq!(items.len(), 400);
    let codes: std::collections::BTreeSet<_> = items.iter().map(|item| &item.code).collect();
    assert_eq!(codes.len(), 400, "codes are unique");
    assert!(items.iter().any(|item| item.cost.scale() == 4));
    assert!(items.iter().any(|item| item.cost.is_zero()));
    assert!(items.iter().any(|item| !item.active));
    assert!(items.iter().all(|item| item.description.contains("<p>")));
    let goods = items.iter().filter(|i| i.kind != ItemKind::Service);
    let units: std::collections::BTreeSet<_> =
        goods.map(|item| item.unit_of_measure.clone()).collect();
    assert!(units.len() > 5 && units.contains(&None), "{units:?}");
    let accounts = desk.tenant.gl_accounts();
    for item in &items {
        for name in [
            &item.account,
            &item.cost_of_sale_account,
            &item.asset_account,
        ] {
            let known = |name: &String| accounts.iter().any(|account| &account.name == name);
            assert!(name.as_ref().is_none_or(known), "{name:?} of {}", item.code);
        }
        for seller in item.primary_vendor.iter().chain(&item.other_vendors) {
            assert_eq!(desk.tenant.vendor(seller.vendor).unwrap().name, seller.name);
        }
    }
    let small = Desk::with(|o| o.vendors_and_items(20, 30)).await;
    assert_eq!(small.tenant.vendors(), vendors[..20]);
    let first = small.tenant.item(sku_id(4)).unwrap();
    let same = desk.tenant.item(sku_id(4)).unwrap();
    assert_eq!((first.code, first.cost), (same.code, same.cost));
}

#[tokio::test]
async fn vendors_are_listed_and_filtered() {
    let desk = Desk::new().await;
    let active = desk.get("inventory", "vendors?pageSize=500").await;
    let any = desk
        .get("inventory", "vendors?active=Any&pageSize=500")
        .await;
    assert_eq!(ids(&active).len(), 22);
    assert_eq!(ids(&any).len(), 24);
    let page = desk
        .get("inventory", "vendors?page=2&pageSize=10&includeTotal=true")
        .await;
    assert_eq!(
        (page["totalCount"].clone(), ids(&page).len()),
        (json!(22), 10)
    );
    // The pages of one endpoint take a repeated parameter where the others take commas.
    let (a, b) = (vendor_id(0), vendor_id(1));
    let some = desk
        .get("inventory", &format!("vendors?ids={a}&ids={b}"))
        .await;
    assert_eq!(ids(&some), [a.0, b.0]);
    let commas = format!("vendors?ids={a},{b}");
    let refused = desk.answer(Method::GET, "inventory", &commas).await;
    assert_eq!(refused.status(), 400);
    desk.hands.advance_s(60);
    let now = desk.hands.now();
    desk.tenant.rename_vendor(b, "Renamed").unwrap();
    let later = desk
        .get("inventory", &format!("vendors?modifiedOnOrAfter={now}"))
        .await;
    assert_eq!(later["data"][0]["name"], "Renamed");
    assert_eq!(ids(&later), [b.0]);
    let all = desk
        .get("inventory", "vendors?vendorName=nobody&pageSize=500")
        .await;
    assert_eq!(ids(&all).len(), 22, "an unknown parameter is ignored");
    let feed = desk
        .answer(Method::GET, "inventory", "export/vendors")
        .await;
    assert_eq!(feed.status(), 404, "vendors have no feed");
}

#[tokio::test]
async fn a_vendor_is_read_under_other_names_than_it_is_written() {
    let desk = Desk::new().await;
    let (status, made) = write(&desk, Method::POST, "vendors", &new_vendor()).await;
    assert_eq!((status, made.as_object().unwrap().len()), (200, 1));
    let path = format!("vendors/{}", made["id"]);
    let row = desk.get("inventory", &path).await;
    assert_eq!(row["defaultTaxRate"], 0.0825);
    assert_eq!(row["isMobileCreationRestricted"], true);
    assert_eq!(row["contactInfo"]["phone"], "5125550100");
    assert_eq!(row["deliveryOption"], "EmailAsPdf");
    let (status, _) = write(
        &desk,
        Method::PATCH,
        &path,
        &json!({ "defaultTaxRate": 0.5 }),
    )
    .await;
    assert_eq!(status, 200, "the read name is dropped without a word");
    let (status, _) = write(&desk, Method::PATCH, &path, &json!({ "memo": "x" })).await;
    assert_eq!(status, 200);
    let row = desk.get("inventory", &path).await;
    assert_eq!(
        (&row["defaultTaxRate"], &row["memo"]),
        (&json!(0.0825), &json!("x"))
    );
    let (status, refusal) = write(&desk, Method::POST, "vendors", &json!({ "name": "x" })).await;
    assert_eq!(status, 400);
    assert!(refusal["errors"]["TaxRate"].is_array() && refusal["errors"]["Address"].is_array());
    let (status, _) = write(&desk, Method::PATCH, "vendors/5", &json!({})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn vendors_change_at_the_same_moment_and_lists_lag_behind_writes() {
    let desk = Desk::with(|o| o.switch(|s| s.read_lag_ms = 2_000)).await;
    let vendors = desk.tenant.vendors();
    assert_eq!(vendors[0].modified_on, vendors[3].modified_on);
    assert_ne!(vendors[0].modified_on, vendors[4].modified_on);
    let (_, made) = write(&desk, Method::POST, "vendors", &new_vendor()).await;
    let path = format!("vendors?ids={}", made["id"]);
    assert_eq!(ids(&desk.get("inventory", &path).await), NONE);
    desk.hands.advance_s(3);
    assert_eq!(ids(&desk.get("inventory", &path).await).len(), 1);
    let (_, again) = write(&desk, Method::POST, "vendors", &new_vendor()).await;
    assert_ne!(made["id"], again["id"], "nothing is idempotent");
}

#[tokio::test]
async fn a_vendors_term_is_told_by_its_bills_alone() {
    let desk = Desk::new().await;
    let id = vendor_id(0);
    desk.tenant
        .set_vendor_term(id, Some(PaymentTermId(3)))
        .unwrap();
    desk.tenant
        .set_vendor_field(id, "Tax ID", Some("12-3456789"))
        .unwrap();
    assert!(desk.tenant.set_vendor_field(id, "Shoe size", None).is_err());
    let row = desk.get("inventory", &format!("vendors/{id}")).await;
    assert!(row.get("paymentTermId").is_none());
    let fields = row["customFields"].as_array().unwrap();
    assert!(fields.contains(&json!({ "typeId": 602, "name": "Tax ID", "value": "12-3456789" })));
    for (term, due) in [(3, "2026-12-22T00:00:00Z"), (5, "2026-12-10T00:00:00Z")] {
        desk.tenant
            .set_vendor_term(id, Some(PaymentTermId(term)))
            .unwrap();
        let (_, made) = write(&desk, Method::POST, "purchase-orders", &new_order()).await;
        let order = PurchaseOrderId(made["id"].as_i64().unwrap());
        desk.tenant.receive(order, NewReceipt::rest("T")).unwrap();
        let bill = desk.tenant.bills_of(order).pop().unwrap();
        assert_eq!(bill.due_date.to_string(), due, "{:?}", bill.term_name);
    }
}

#[tokio::test]
async fn an_item_may_name_an_account_that_nobody_has() {
    let desk = Desk::new().await;
    desk.tenant
        .rename_gl_account(GlAccountId(3), "Cost of parts")
        .unwrap();
    desk.tenant
        .set_gl_account_active(GlAccountId(10), false)
        .unwrap();
    let listed = desk.get("accounting", "gl-accounts").await;
    assert!(!ids(&listed).contains(&10));
    let (_, made) = write(&desk, Method::POST, "purchase-orders", &new_order()).await;
    let order = PurchaseOrderId(made["id"].as_i64().unwrap());
    let receipt = desk.tenant.receive(order, NewReceipt::rest("A")).unwrap();
    let path = format!("inventory-bills/paginated?ids={}", receipt.bill_id);
    let line = desk.get("accounting", &path).await["data"][0]["items"][0].clone();
    assert!(
        line["costOfSaleAccount"].is_null(),
        "the item says COGS - Materials still"
    );
    assert_eq!(line["assetAccount"]["name"], "Inventory Asset");
}

#[tokio::test]
async fn the_pricebook_is_listed_fed_and_changed() {
    let desk = Desk::with(|o| o.mix(Mix::plain())).await;
    let all = desk
        .get("pricebook", "materials?active=Any&pageSize=500")
        .await;
    assert_eq!(ids(&all).len(), 72);
    let named = desk
        .get("pricebook", "materials?name=Nothing&pageSize=500")
        .await;
    assert!(!ids(&named).is_empty(), "`name` is not known and ignored");
    let found = desk
        .get("pricebook", "materials?searchText=copper%20pipe")
        .await;
    assert!(ids(&found).len() < 10 && !ids(&found).is_empty());
    let (material, equipment, service) = (sku_id(0), sku_id(2), sku_id(7));
    let row = desk
        .get("pricebook", &format!("materials/{material}"))
        .await;
    assert_eq!(row["code"], "CU-PIPE-L-050");
    assert_eq!(row["unitOfMeasure"], "Foot");
    assert_eq!(row["costOfSaleAccount"], "COGS - Materials");
    assert!(row.get("modifiedOn").is_some() && row["cost"].is_number());
    let elsewhere = format!("equipment/{material}");
    assert_eq!(
        desk.answer(Method::GET, "pricebook", &elsewhere)
            .await
            .status(),
        404
    );
    for (feed, id) in [
        ("materials", material),
        ("equipment", equipment),
        ("services", service),
    ] {
        let end = desk.get("pricebook", &format!("export/{feed}")).await;
        let end = end["continueFrom"].as_str().unwrap();
        desk.tenant.rename_item(id, "New name").unwrap();
        desk.tenant.set_item_active(id, false).unwrap();
        desk.tenant.change_item_cost(id, dec("1.2345")).unwrap();
        let page = desk
            .get("pricebook", &format!("export/{feed}?from={end}"))
            .await;
        assert_eq!(ids(&page), [id.0], "{feed}");
        let row = &page["data"][0];
        assert_eq!(
            (&row["displayName"], &row["active"]),
            (&json!("New name"), &json!(false))
        );
        assert_eq!(row["cost"], 1.2345);
        let listed = desk.get("pricebook", &format!("{feed}?ids={id}")).await;
        assert_eq!(ids(&listed), NONE, "inactive");
    }
}

#[tokio::test]
async fn business_units_have_a_feed() {
    let desk = Desk::new().await;
    let page = desk.get("settings", "export/business-units").await;
    assert_eq!(ids(&page).len(), 6);
    assert_eq!(ids(&desk.get("settings", "business-units").await).len(), 5);
    let end = page["continueFrom"].as_str().unwrap();
    desk.tenant
        .rename_business_unit(BusinessUnitId(2), "HVAC")
        .unwrap();
    desk.tenant
        .set_business_unit_active(BusinessUnitId(2), false)
        .unwrap();
    let page = desk
        .get("settings", &format!("export/business-units?from={end}"))
        .await;
    assert_eq!(page["data"][0]["name"], "HVAC");
    assert_eq!(
        (ids(&page), &page["data"][0]["active"]),
        (vec![2], &json!(false))
    );
}

#[tokio::test]
async fn mistakes_of_the_live_system_are_made() {
    let desk = Desk::new().await;
    let undated = |page: &Value| {
        let rows = page["data"].as_array().unwrap();
        rows.iter()
            .filter(|row| row.get("modifiedOn").is_none())
            .count()
    };
    let page = desk.get("pricebook", "categories").await;
    assert!(undated(&page) > 0, "{page}");
    desk.sandbox.switch(|s| s.undated_categories = false);
    assert_eq!(undated(&desk.get("pricebook", "categories").await), 0);
    let vendors = desk.get("inventory", "vendors?pageSize=500").await;
    let rows = vendors["data"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["externalData"].is_null()));
    let id = vendor_id(1);
    let path = format!("vendors/{id}");
    desk.tenant
        .spoil(Kind::Vendor, id.0, Rot::NameNull)
        .unwrap();
    assert!(desk.get("inventory", &path).await["name"].is_null());
    let rot = Rot::FieldMissing {
        name: "modifiedOn".into(),
    };
    desk.tenant.spoil(Kind::Vendor, id.0, rot).unwrap();
    assert!(
        desk.get("inventory", &path)
            .await
            .get("modifiedOn")
            .is_none()
    );
    desk.tenant.heal(Kind::Vendor, id.0).unwrap();
    assert!(desk.get("inventory", &path).await["name"].is_string());
    desk.tenant
        .spoil(Kind::Material, sku_id(0).0, Rot::NameBlank)
        .unwrap();
    let row = desk
        .get("pricebook", &format!("materials/{}", sku_id(0)))
        .await;
    assert_eq!(row["code"], "   ");
}

#[tokio::test]
async fn deeds_are_acts_with_curl() {
    let desk = Desk::new().await;
    let act = |body: Value| {
        let url = format!("{}/sandbox/acts", desk.sandbox.url());
        let request = desk.http.post(url).json(&body);
        async move { request.send().await.unwrap() }
    };
    let address = PostalAddress {
        city: Some("Austin".to_owned()),
        ..PostalAddress::default()
    };
    let deed = Deed::CreateVendor {
        name: "By curl".to_owned(),
        address,
    };
    let made: Value = act(json!(deed)).await.json().await.unwrap();
    let id = VendorId(made["id"].as_i64().unwrap());
    assert_eq!(desk.tenant.vendor(id).unwrap().name, "By curl");
    let cost = json!({ "do": "change_item_cost", "item": sku_id(0), "cost": 4.1275 });
    assert_eq!(act(cost).await.status(), 200);
    let item = desk.tenant.item(sku_id(0)).unwrap();
    assert_eq!(item.cost.to_string(), "4.1275");
    let unknown = act(json!({ "do": "rename_vendor", "vendor": 1, "name": "x" })).await;
    assert_eq!(unknown.status(), 404);
    for (body, word) in [
        (json!({ "do": "dance" }), "unknown variant `dance`"),
        (json!({ "do": "rename_vendor" }), "missing field `vendor`"),
        (
            json!({ "do": "rename_customer" }),
            "missing field `customer`",
        ),
    ] {
        let refused = act(body).await;
        assert_eq!(refused.status(), 422);
        let error: Value = refused.json().await.unwrap();
        assert!(error["error"].as_str().unwrap().contains(word), "{error}");
    }
    let refused = desk.tenant.rename_item(sku_id(999), "x");
    assert!(matches!(refused, Err(Refusal::Unknown { .. })));
}

/// A body that makes an order of 22.10.
pub(crate) fn new_order() -> Value {
    json!({
        "vendorId": vendor_id(0), "typeId": 1, "businessUnitId": 1,
        "inventoryLocationId": 520_000_001, "impactsTechnicianPayroll": true,
        "vendorInvoiceNumber": "Q-17", "date": "2026-11-22T00:00:00Z",
        "requiredOn": "2026-11-25T00:00:00Z", "tax": 1.1, "shipping": 1,
        "shipTo": { "description": "Main Warehouse", "address": {
            "street": "1200 Industrial Blvd", "unit": "", "city": "Austin", "state": "TX",
            "zip": "78701", "country": "USA" } },
        "items": [{ "skuId": sku_id(0), "description": "", "vendorPartNumber": "P-1",
                    "quantity": 4, "cost": 5 }],
    })
}
