//! Export feeds.

use std::collections::BTreeSet;

use reqwest::Method;
use sandbox::servicetitan::{ContactKind, CustomerId, Kind, Mix, customer_id};
use serde_json::Value;

use super::{Desk, ids};

fn after(page: &Value) -> &str {
    page["continueFrom"].as_str().unwrap()
}

/// Reads a feed to its end; gives all rows, repeats included, and the last cursor.
async fn drain(desk: &Desk, feed: &str, mut from: String, recent: bool) -> (Vec<Value>, String) {
    let mut rows = Vec::new();
    loop {
        let page = desk
            .crm(&format!(
                "export/{feed}?from={from}&includeRecentChanges={recent}"
            ))
            .await;
        rows.extend(page["data"].as_array().unwrap().clone());
        after(&page).clone_into(&mut from);
        if page["hasMore"] == false {
            return (rows, from);
        }
    }
}

fn set(rows: &[Value]) -> BTreeSet<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_feed_holds_every_row_once_in_the_order_of_change() {
    let desk = Desk::with(|o| o.customers(60).switch(|s| s.feed_page_size = 7)).await;
    let (rows, end) = drain(&desk, "customers", String::new(), false).await;
    assert_eq!(
        rows.len(),
        60,
        "inactive and merged ones too, ties lost or doubled by no page"
    );
    assert_eq!(set(&rows).len(), 60);
    let times: Vec<&str> = rows
        .iter()
        .map(|row| row["modifiedOn"].as_str().unwrap())
        .collect();
    let times: Vec<jiff::Timestamp> = times.iter().map(|at| at.parse().unwrap()).collect();
    assert!(times.is_sorted());
    let digits =
        |row: &Value| row["modifiedOn"].as_str().unwrap().len() - "2026-01-01T00:00:00".len();
    assert!(
        rows.iter().any(|row| digits(row) == ".1234567Z".len()),
        "seven digits"
    );
    let (rows, again) = drain(&desk, "customers", end.clone(), false).await;
    assert!(rows.is_empty());
    assert_eq!(again, end, "a cursor at the end stays where it is");
}

#[tokio::test]
async fn a_row_that_is_withheld_comes_when_it_is_shown() {
    let desk = Desk::with(|o| o.customers(6).mix(Mix::plain())).await;
    let (late, kind) = (customer_id(2).0, Kind::Customer);
    desk.tenant.withhold(kind, late).unwrap();
    let (rows, end) = drain(&desk, "customers", String::new(), true).await;
    assert_eq!(rows.len(), 5);
    assert!(!set(&rows).contains(&late));
    let asked = format!("customers?ids={late}");
    assert!(ids(&desk.crm(&asked).await).is_empty());

    desk.tenant.show(kind, late).unwrap();
    let (rows, _) = drain(&desk, "customers", end, true).await;
    assert!(set(&rows).contains(&late));
    assert_eq!(ids(&desk.crm(&asked).await), [late]);
    assert!(desk.tenant.withhold(kind, 1).is_err());
}

#[tokio::test]
async fn a_row_that_changes_while_someone_reads_is_not_lost() {
    let desk = Desk::with(|o| {
        o.customers(20)
            .mix(Mix::plain())
            .switch(|s| s.feed_page_size = 10)
    })
    .await;
    let first = desk.crm("export/customers").await;
    let unread = ids(&desk
        .crm(&format!("export/customers?from={}", after(&first)))
        .await);
    for id in [ids(&first)[0], unread[0]] {
        desk.tenant
            .rename_customer(CustomerId(id), "Moved")
            .unwrap();
    }
    let (rest, _) = drain(&desk, "customers", after(&first).to_owned(), false).await;
    let seen: Vec<i64> = rest.iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(seen.len(), 11, "ten unread ones and one again");
    assert_eq!(
        &seen[9..],
        [ids(&first)[0], unread[0]],
        "both moved to the end"
    );
}

#[tokio::test]
async fn recent_changes_are_withheld_until_they_are_old_or_asked_for() {
    let desk = Desk::with(|o| o.customers(20).switch(|s| s.feed_withheld_s = 300)).await;
    let (_, end) = drain(&desk, "customers", String::new(), false).await;
    let id = customer_id(1);
    desk.hands.advance_s(1);
    desk.tenant.rename_customer(id, "Fresh").unwrap();
    assert!(
        drain(&desk, "customers", end.clone(), false)
            .await
            .0
            .is_empty()
    );
    let (rows, recent_end) = drain(&desk, "customers", end.clone(), true).await;
    assert_eq!(rows.last().unwrap()["name"], "Fresh");
    assert_eq!(rows.len(), 1 + 3, "and three from before the cursor again");
    let (rows, _) = drain(&desk, "customers", recent_end, true).await;
    assert_eq!(rows.len(), 3, "recent rows repeat");
    desk.hands.advance_s(300);
    let (rows, _) = drain(&desk, "customers", end, false).await;
    assert_eq!(set(&rows), BTreeSet::from([id.0]));
}

#[tokio::test]
async fn removed_contacts_leave_a_tombstone() {
    let desk = Desk::new().await;
    let owner = customer_id(0);
    let contact = desk
        .tenant
        .add_contact(owner, ContactKind::Phone, "5125550100", None)
        .unwrap();
    let (_, end) = drain(&desk, "customers/contacts", String::new(), false).await;
    desk.tenant.remove_contact(contact).unwrap();
    let (rows, _) = drain(&desk, "customers/contacts", end, false).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["id"], contact.0);
    assert_eq!(rows[0]["active"], false);
    assert_eq!(rows[0]["customerId"], owner.0);
}

#[tokio::test]
async fn a_date_starts_a_feed_there() {
    let desk = Desk::new().await;
    let (all, _) = drain(&desk, "customers", String::new(), false).await;
    let middle = all[30]["modifiedOn"].as_str().unwrap();
    let (rows, _) = drain(&desk, "customers", middle.to_owned(), false).await;
    let expected = all.iter().filter(|row| {
        row["modifiedOn"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
            >= middle.parse().unwrap()
    });
    assert_eq!(rows, expected.cloned().collect::<Vec<_>>());
    let (rows, end) = drain(&desk, "customers", "2026-06-01".to_owned(), false).await;
    assert!(rows.is_empty(), "nothing is that young");
    desk.tenant
        .rename_customer(customer_id(0), "Younger")
        .unwrap();
    assert_eq!(drain(&desk, "customers", end, false).await.0.len(), 1);
}

#[tokio::test]
async fn a_cursor_of_another_feed_or_of_nobody_is_refused() {
    let desk = Desk::new().await;
    let page = desk.crm("export/locations").await;
    for from in [after(&page), "rubbish", "AAAAAAAAAAAAAAAAAAAAAA"] {
        let path = format!("export/customers?from={from}");
        let response = desk.answer(Method::GET, "crm", &path).await;
        assert_eq!(response.status(), 400, "{from}");
        assert!(response.json::<Value>().await.unwrap()["errors"]["From"].is_array());
    }
}

#[tokio::test]
async fn pages_can_be_shuffled() {
    let desk = Desk::with(|o| o.customers(40).switch(|s| s.feed_page_size = 20)).await;
    let (ordered, _) = drain(&desk, "customers", String::new(), false).await;
    desk.sandbox.switch(|s| s.feed_out_of_order = true);
    let (shuffled, _) = drain(&desk, "customers", String::new(), false).await;
    assert_ne!(shuffled, ordered);
    assert_eq!(
        set(&shuffled[..20]),
        set(&ordered[..20]),
        "rows stay on their page"
    );
    assert_eq!(set(&shuffled), set(&ordered));
}

#[tokio::test]
async fn every_feed_is_served() {
    let desk = Desk::new().await;
    let job = desk.tenant.book_job(customer_id(0)).unwrap();
    assert_eq!(
        set(&drain(&desk, "locations", String::new(), false).await.0).len(),
        desk.tenant.locations().len()
    );
    assert!(
        !drain(&desk, "locations/contacts", String::new(), false)
            .await
            .0
            .is_empty()
    );
    let jobs = desk.get("jpm", "export/jobs").await;
    assert_eq!(ids(&jobs), [job.0]);
    assert_eq!(jobs["data"][0]["active"], true);
    assert_eq!(
        desk.get("jpm", "export/appointments?active=False").await["data"],
        serde_json::json!([])
    );
    assert_eq!(ids(&desk.get("jpm", "export/appointments").await).len(), 1);
}
