//! External journal entries: made without an answer, looked for, synced, replaced, closed.

use reqwest::Method;
use serde_json::{Value, json};

use super::{customer, write};
use crate::servicetitan::Desk;

async fn granted() -> Desk {
    let mut desk = Desk::new().await;
    desk.grant_receivables().await;
    desk
}

/// A body that makes a journal entry.
pub(crate) fn entry(name: &str) -> Value {
    json!({
        "name": name, "status": "Open", "versionId": 1, "postDate": "2026-11-20",
        "message": "from Odoo", "customFields": { "odoo": "account.payment,7" },
        "lines": [
            { "accountId": 8, "debit": 120.5, "credit": 0, "memo": "in", "customerId": customer(),
              "businessUnitId": 2, "paymentTypeId": 42,
              "externalObjects": [{ "id": "7", "type": "payment", "name": "BNK1/7" }] },
            { "accountId": 7, "debit": 0, "credit": 100, "memo": "out" },
            { "accountId": 7, "debit": 0, "credit": 20.5 },
        ],
    })
}

#[tokio::test]
async fn an_external_journal_entry_is_made_without_an_answer_and_found_again() {
    let desk = Desk::new().await;
    let (status, _) = write(&desk, Method::POST, "journal-entries", &entry("A")).await;
    assert_eq!(status, 403);
    let desk = granted().await;
    for name in ["Payment 7", "Payment 8"] {
        let made = write(&desk, Method::POST, "journal-entries", &entry(name)).await;
        assert_eq!(made, (200, Value::Null));
    }
    let page = desk
        .get(
            "accounting",
            "journal-entries?name=payment%207&pageSize=5000",
        )
        .await;
    assert_eq!(
        (&page["pageSize"], page["data"].as_array().unwrap().len()),
        (&json!(500), 1)
    );
    let row = &page["data"][0];
    assert_eq!(
        (&row["source"], &row["syncStatus"]),
        (&json!("External"), &json!("NotSynced"))
    );
    assert_eq!(row["postDate"], "2026-11-20T00:00:00", "no zone");
    assert_eq!(row["customFields"][0]["value"], "account.payment,7");
    let guid = row["id"].as_str().unwrap();
    let path = format!("journal-entries/{guid}");
    assert_eq!(desk.get("accounting", &path).await, *row);
    let details = desk.get("accounting", &format!("{path}/details")).await;
    let line = &details["data"][0];
    assert_eq!(
        (&line["debit"], &line["account"]["id"]),
        (&json!(120.5), &json!(8))
    );
    assert_eq!(line["customer"]["id"], customer().0);
    assert_eq!(line["externalObjects"][0]["name"], "BNK1/7");
    let sums = desk.get("accounting", &format!("{path}/summary")).await;
    assert_eq!(sums["data"].as_array().unwrap().len(), 2);
    assert_eq!(sums["data"][1]["credit"], 120.5);
    let mut skew = entry("Skew");
    skew["lines"][1]["credit"] = json!(99.99);
    let mut nowhere = entry("Nowhere");
    nowhere["lines"][0]["accountId"] = json!(999);
    for wrong in [skew, nowhere, json!({ "status": "Open" })] {
        assert_eq!(
            write(&desk, Method::POST, "journal-entries", &wrong)
                .await
                .0,
            400
        );
    }
}

#[tokio::test]
async fn an_entry_is_synced_replaced_closed_and_deleted() {
    let desk = granted().await;
    for name in ["Payment 7", "Payment 8"] {
        write(&desk, Method::POST, "journal-entries", &entry(name)).await;
    }
    let guid = |n: usize| desk.tenant.journal_entries()[n].guid();
    let path = format!("journal-entries/{}", guid(0));
    let sync = format!("{path}/sync");
    let wrong = json!({ "syncStatus": "Synced", "versionId": 9 });
    assert_eq!(write(&desk, Method::PATCH, &sync, &wrong).await.0, 400);
    let right = json!({ "syncStatus": "Synced", "versionId": 1, "customFields": { "seen": "x" } });
    let (status, synced) = write(&desk, Method::PATCH, &sync, &right).await;
    assert_eq!((status, &synced["lastSyncVersionId"]), (200, &json!(1)));
    assert_eq!(synced["customFields"].as_array().unwrap().len(), 2);
    let mut next = entry("Payment 7b");
    next["versionId"] = json!(2);
    assert_eq!(
        write(&desk, Method::PUT, &path, &next).await,
        (200, Value::Null)
    );
    let closed = json!({ "status": "Closed" });
    assert_eq!(
        write(&desk, Method::PATCH, &path, &closed).await.1["versionId"],
        2
    );
    assert_eq!(
        write(&desk, Method::PUT, &path, &next).await.0,
        400,
        "it is closed"
    );
    let gone = format!("journal-entries/{}", guid(1));
    assert_eq!(
        desk.answer(Method::DELETE, "accounting", &gone)
            .await
            .status(),
        200
    );
    assert_eq!(
        desk.answer(Method::GET, "accounting", &gone).await.status(),
        404
    );
    for (filter, expected) in [
        ("statuses=Closed", 1),
        ("statuses=Open", 0),
        ("syncStatuses=Synced", 1),
        ("postedFrom=2026-11-21", 0),
        ("postedTo=2026-11-20", 1),
        ("numberFrom=1002", 0),
        ("sort=-Number", 1),
    ] {
        let page = desk
            .get("accounting", &format!("journal-entries?{filter}"))
            .await;
        assert_eq!(page["data"].as_array().unwrap().len(), expected, "{filter}");
    }
}
