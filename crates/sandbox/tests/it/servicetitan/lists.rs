//! List pages.

use reqwest::Method;
use sandbox::servicetitan::{ContactKind, Mix, customer_id};
use serde_json::{Value, json};

use super::{Desk, NONE, ids};

#[tokio::test]
async fn pages_add_up_to_all_active_customers() {
    let desk = Desk::new().await;
    let mut seen = Vec::new();
    for page in 1.. {
        let answer = desk.crm(&format!("customers?pageSize=7&page={page}")).await;
        assert_eq!(answer["page"], page);
        assert_eq!(answer["pageSize"], 7);
        assert_eq!(answer["totalCount"], Value::Null);
        seen.extend(ids(&answer));
        if answer["hasMore"] == false {
            break;
        }
    }
    let active = desk.tenant.customers().into_iter().filter(|c| c.active);
    assert_eq!(seen, active.map(|c| c.id.0).collect::<Vec<_>>());
    let total = desk.crm("customers?includeTotal=true&pageSize=1").await;
    assert_eq!(total["totalCount"], seen.len());
    assert_eq!(desk.crm("customers").await["pageSize"], 50);
    assert_eq!(ids(&desk.crm("customers?page=99").await), Vec::<i64>::new());
}

#[tokio::test]
async fn the_default_shows_active_rows_only() {
    let desk = Desk::new().await;
    let id = customer_id(3);
    desk.tenant.deactivate(id).unwrap();
    let with = |active: &str| format!("customers?ids={id}{active}");
    assert_eq!(ids(&desk.crm(&with("")).await), NONE);
    assert_eq!(ids(&desk.crm(&with("&active=True")).await), NONE);
    assert_eq!(ids(&desk.crm(&with("&active=Any")).await), [id.0]);
    assert_eq!(ids(&desk.crm(&with("&active=False")).await), [id.0]);
    let response = desk
        .answer(Method::GET, "crm", "customers?active=maybe")
        .await;
    assert_eq!(response.status(), 400);
    assert_eq!(
        desk.crm(&format!("customers/{id}")).await["active"],
        false,
        "by id it is there"
    );
}

#[tokio::test]
async fn unknown_parameters_are_ignored_without_a_word() {
    let desk = Desk::new().await;
    let all = desk.crm("customers?pageSize=500").await;
    let asked = desk
        .crm("customers?pageSize=500&phoneNumber=5125550000&customerId=1")
        .await;
    assert_eq!(
        asked, all,
        "a filter that does not exist gives an unfiltered page"
    );
}

#[tokio::test]
async fn more_than_fifty_ids_are_refused() {
    let desk = Desk::new().await;
    let list = |n: usize| {
        (0..n)
            .map(|i| customer_id(i).to_string())
            .collect::<Vec<_>>()
            .join(",")
    };
    desk.crm(&format!("customers?active=Any&ids={}", list(50)))
        .await;
    let path = format!("customers?ids={}", list(51));
    let response = desk.answer(Method::GET, "crm", &path).await;
    assert_eq!(response.status(), 400);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["title"], "One or more validation errors occurred.");
    let message = body["errors"]["Ids"][0].as_str().unwrap();
    assert!(
        message.starts_with("Simple IDs lookup should n"),
        "{message}"
    );
    assert_eq!(
        ids(&desk.crm("customers?ids=1,2,3").await),
        NONE,
        "unknown ids are not found"
    );
}

#[tokio::test]
async fn rows_sort_by_what_the_spec_names() {
    let desk = Desk::new().await;
    let by = |sort: &str| format!("customers?active=Any&pageSize=500&sort={sort}");
    let ascending = desk.crm(&by("%2BModifiedOn")).await;
    let mut times: Vec<jiff::Timestamp> = ascending["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["modifiedOn"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(times.is_sorted());
    times.dedup();
    assert!(times.len() < 60, "some share a time to the last digit");
    let mut descending = ids(&desk.crm(&by("-ModifiedOn")).await);
    descending.reverse();
    assert_eq!(descending, ids(&ascending));
    assert_eq!(
        ids(&desk.crm(&by("+ModifiedOn")).await),
        ids(&ascending),
        "a bare plus is a blank"
    );
    assert_eq!(
        desk.answer(Method::GET, "crm", &by("Name")).await.status(),
        400
    );
}

#[tokio::test]
async fn ranges_are_on_or_after_and_before() {
    let desk = Desk::new().await;
    let id = customer_id(5);
    desk.hands.advance_s(60);
    desk.tenant.rename_customer(id, "Renamed").unwrap();
    let at = desk.hands.now();
    assert_eq!(
        ids(&desk.crm(&format!("customers?modifiedOnOrAfter={at}")).await),
        [id.0]
    );
    assert!(
        !ids(&desk
            .crm(&format!("customers?pageSize=99&modifiedBefore={at}"))
            .await)
        .contains(&id.0)
    );
    assert_eq!(
        ids(&desk.crm(&format!("customers?createdOnOrAfter={at}")).await),
        NONE
    );
    let all = desk
        .crm("customers?pageSize=500&modifiedOnOrAfter=2020-01-01")
        .await;
    assert_eq!(all, desk.crm("customers?pageSize=500").await);
    let path = "customers?modifiedOnOrAfter=yesterday";
    assert_eq!(desk.answer(Method::GET, "crm", path).await.status(), 400);
}

#[tokio::test]
async fn rows_move_between_pages_while_someone_pages() {
    let desk = Desk::with(|options| options.customers(20).mix(Mix::plain())).await;
    let path = |page: u32| format!("customers?sort=%2BModifiedOn&pageSize=10&page={page}");
    let first = ids(&desk.crm(&path(1)).await);
    desk.tenant
        .rename_customer(sandbox::servicetitan::CustomerId(first[0]), "Moved")
        .unwrap();
    let second = ids(&desk.crm(&path(2)).await);
    let mut seen = [first.clone(), second].concat();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 19, "one row slipped between the pages");
}

#[tokio::test]
async fn contacts_are_listed_by_owner_or_range_only() {
    let desk = Desk::new().await;
    let response = desk.answer(Method::GET, "crm", "customers/contacts").await;
    assert_eq!(response.status(), 400);
    let owner = customer_id(2);
    let contact = desk
        .tenant
        .add_contact(owner, ContactKind::Email, "a@example.com", Some("Ada"))
        .unwrap();
    let by_owner = desk
        .crm(&format!("customers/contacts?customerIds={owner}"))
        .await;
    assert!(ids(&by_owner).contains(&contact.0));
    assert!(
        by_owner["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["customerId"] == owner.0)
    );
    let below = desk.crm(&format!("customers/{owner}/contacts")).await;
    assert_eq!(ids(&below), ids(&by_owner));
    assert!(below["data"][0].get("customerId").is_none());
    let since = desk
        .crm(&format!(
            "customers/contacts?modifiedOnOrAfter={}",
            desk.hands.now()
        ))
        .await;
    assert_eq!(ids(&since), [contact.0]);
    desk.tenant.remove_contact(contact).unwrap();
    let since = desk
        .crm(&format!(
            "customers/contacts?modifiedOnOrAfter={}",
            desk.hands.now()
        ))
        .await;
    assert_eq!(ids(&since), NONE, "a removed contact is in no list");
}

#[tokio::test]
async fn accounting_changes_can_be_left_out_of_the_range() {
    let desk = Desk::new().await;
    desk.hands.advance_s(60);
    let id = customer_id(4);
    desk.tenant.change_balance(id, 12_345).unwrap();
    let at = desk.hands.now();
    let path = format!("customers?modifiedOnOrAfter={at}");
    let page = desk.crm(&path).await;
    assert_eq!(ids(&page), [id.0], "a balance makes a customer modified");
    assert_eq!(page["data"][0]["balance"], json!(123.45));
    let without = format!("{path}&excludeAccountingChangesFromModifiedDateRange=true");
    assert_eq!(ids(&desk.crm(&without).await), NONE);
}

#[tokio::test]
async fn empty_collections_are_null_on_some_rows_until_switched_off() {
    let desk = Desk::new().await;
    let nulls = |page: &Value| {
        let rows = page["data"].as_array().unwrap();
        rows.iter()
            .filter(|row| row["customFields"].is_null())
            .count()
    };
    let path = "customers?pageSize=500&active=Any";
    let page = desk.crm(path).await;
    assert_eq!(nulls(&page), 20);
    assert!(
        page["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["customFields"] == json!([]))
    );
    desk.sandbox.switch(|s| s.null_lists = false);
    assert_eq!(nulls(&desk.crm(path).await), 0);
}

#[tokio::test]
async fn terms_units_and_locations_are_there() {
    let desk = Desk::new().await;
    let terms = desk.get("accounting", "payment-terms").await;
    assert_eq!(
        ids(&terms),
        [1, 2, 3, 4, 5, 6],
        "inactive ones too: the list has no filter"
    );
    assert_eq!(
        desk.get("accounting", "payment-terms/3").await["name"],
        "30 Days"
    );
    assert_eq!(
        ids(&desk.get("settings", "business-units").await),
        [1, 2, 3, 4, 5]
    );
    let owner = customer_id(9);
    let locations = desk.crm(&format!("locations?customerId={owner}")).await;
    let known: Vec<i64> = desk
        .tenant
        .locations_of(owner)
        .iter()
        .map(|row| row.id.0)
        .collect();
    assert_eq!(ids(&locations), known);
    assert_eq!(
        desk.crm(&format!("locations/{}", known[0])).await["customerId"],
        owner.0
    );
}
