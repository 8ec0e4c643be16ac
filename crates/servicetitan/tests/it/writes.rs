//! What is written, and what is known of it afterwards.

use servicetitan::client::{CustomFieldOwner, CustomFieldValue, MarkOutcome, Marked};
use servicetitan::{ApBillId, ApCreditId, Error, ErrorKind, InventoryBillId, VendorId};

use crate::server::{Answer, Server, TOKEN};

fn bills(ids: &[i64]) -> Vec<InventoryBillId> {
    ids.iter().copied().map(InventoryBillId).collect()
}

fn field(name: &str, value: Option<&str>) -> CustomFieldValue {
    CustomFieldValue {
        name: name.to_owned(),
        value: value.map(str::to_owned),
    }
}

/// Marks bill 7 at a server that answers like this, and how often it was asked to.
async fn marking(
    script: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> (Result<Vec<Marked<InventoryBillId>>, Error>, usize) {
    let server = Server::with_token(move |_, number| script(number)).await;
    let result = server
        .client()
        .mark_inventory_bills_exported(&bills(&[7]))
        .await;
    (result, server.calls().len())
}

const MARKED: &str = r#"[{"inventoryBillId":7,"success":true,"errorMessage":null}]"#;

#[tokio::test]
async fn every_bill_that_is_marked_has_an_outcome() {
    let server = Server::with_token(|_, _| {
        Answer::json(
            r#"[{"inventoryBillId":9,"success":false,"errorMessage":"Bill is not\nposted"},{"inventoryBillId":7,"success":true}]"#,
        )
    })
    .await;
    let marked = server
        .client()
        .mark_inventory_bills_exported(&bills(&[7, 8, 9]))
        .await
        .unwrap();
    let outcomes: Vec<_> = marked.into_iter().map(|it| (it.id.0, it.outcome)).collect();
    assert_eq!(
        outcomes,
        [
            (7, MarkOutcome::Exported),
            (8, MarkOutcome::Unanswered),
            (9, MarkOutcome::Refused("Bill is not posted".to_owned())),
        ]
    );
    let seen = &server.calls()[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        (
            "POST",
            "/accounting/v2/tenant/1234/inventory-bills/markasexported"
        )
    );
    assert_eq!(seen.body, r#"{"inventoryBillIds":[7,8,9]}"#);
    assert_eq!(seen.headers["content-type"], "application/json");
    assert_eq!(seen.headers["authorization"], "Bearer token-planted");
    assert_eq!(seen.headers["st-app-key"], "ak1.planted");
}

#[tokio::test]
async fn ap_bills_and_credits_are_marked_in_their_own_words() {
    let server = Server::with_token(|seen, _| {
        Answer::json(if seen.path.contains("ap-bills") {
            r#"[{"billId":7,"success":true,"errorMessage":""}]"#
        } else {
            r#"[{"apCreditId":7,"success":true,"errorMessage":""}]"#
        })
    })
    .await;
    let client = server.client();
    let marked = client.mark_ap_bills_exported(&[ApBillId(7)]).await.unwrap();
    assert_eq!(marked[0].outcome, MarkOutcome::Exported);
    let marked = client
        .mark_ap_credits_exported(&[ApCreditId(7)])
        .await
        .unwrap();
    assert_eq!(marked[0].outcome, MarkOutcome::Exported);
    let bodies: Vec<_> = server.calls().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, [r#"{"billIds":[7]}"#, r#"[{"apCreditId":7}]"#]);
}

#[tokio::test]
async fn a_write_that_may_have_been_applied_is_not_repeated() {
    for status in [500, 502, 503, 408, 302] {
        let (result, calls) = marking(move |_| Answer::status(status, "")).await;
        let error = result.unwrap_err();
        assert_eq!((error.may_have_applied, calls), (true, 1), "{error}");
    }
    for body in [
        "",
        "{}",
        "null",
        "<html>",
        r#"[{"inventoryBillId":8,"success":true}]"#,
    ] {
        let (result, calls) = marking(move |_| Answer::json(body)).await;
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind, error.may_have_applied, calls),
            (ErrorKind::Unreadable, true, 1),
            "{body}"
        );
    }
    let (result, _) = marking(|_| Answer::status(500, "")).await;
    insta::assert_snapshot!(result.unwrap_err(), @"POST accounting/v2/inventory-bills/markasexported: 500, ServiceTitan failed (it may have been applied)");
}

#[tokio::test]
async fn a_write_that_certainly_had_no_effect_is_repeated_or_says_so() {
    let (result, calls) = marking(|number| match number {
        0 => Answer::status(429, ""),
        _ => Answer::json(MARKED),
    })
    .await;
    assert_eq!(result.unwrap()[0].outcome, MarkOutcome::Exported);
    assert_eq!(calls, 2);

    for (status, kind) in [
        (400, ErrorKind::Rejected),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (409, ErrorKind::Rejected),
    ] {
        let (result, calls) = marking(move |_| Answer::status(status, "")).await;
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind, error.may_have_applied, calls),
            (kind, false, 1)
        );
    }
}

#[tokio::test]
async fn a_dead_token_is_renewed_once_for_a_write() {
    let server = Server::start(|seen, number| match number {
        0 | 2 => Answer::json(TOKEN),
        1 => Answer::status(401, ""),
        _ => {
            assert_eq!(seen.body, r#"{"inventoryBillIds":[7]}"#);
            Answer::json(MARKED)
        }
    })
    .await;
    let client = server.client();
    let marked = client.mark_inventory_bills_exported(&bills(&[7])).await;
    assert_eq!(marked.unwrap()[0].outcome, MarkOutcome::Exported);
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn too_many_are_refused_before_anything_is_sent() {
    let server = Server::with_token(|_, _| Answer::json("[]")).await;
    let client = server.client();
    let ids: Vec<_> = (1..=51).map(InventoryBillId).collect();
    let error = client
        .mark_inventory_bills_exported(&ids)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.may_have_applied),
        (ErrorKind::Rejected, false)
    );
    let vendor = CustomFieldOwner::Vendor(VendorId(1));
    let fields = vec![field("a", None); 51];
    let error = client.set_custom_fields(vendor, &fields).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Rejected);
    assert!(
        client
            .mark_inventory_bills_exported(&[])
            .await
            .unwrap()
            .is_empty()
    );
    client.set_custom_fields(vendor, &[]).await.unwrap();
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn custom_fields_are_set_one_record_at_a_time() {
    let server = Server::with_token(|_, _| Answer::status(200, "")).await;
    let owner = CustomFieldOwner::InventoryBill(InventoryBillId(7));
    assert_eq!(owner.scope(), "tn.acc.inventorybills:w");
    server
        .client()
        .set_custom_fields(
            owner,
            &[
                field("Odoo number", Some("BILL/2026/10/0001")),
                field("Paid", None),
            ],
        )
        .await
        .unwrap();
    let seen = &server.calls()[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        (
            "PATCH",
            "/accounting/v2/tenant/1234/inventory-bills/custom-fields"
        )
    );
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&seen.body).unwrap(),
        serde_json::json!({"operations": [{"objectId": 7, "customFields": [
            {"name": "Odoo number", "value": "BILL/2026/10/0001"},
            {"name": "Paid", "value": null},
        ]}]})
    );

    let server = Server::with_token(|_, _| Answer::status(504, "")).await;
    let error = server
        .client()
        .set_custom_fields(owner, &[field("Paid", Some("yes"))])
        .await
        .unwrap_err();
    assert_eq!((error.may_have_applied, server.calls().len()), (true, 1));
}
