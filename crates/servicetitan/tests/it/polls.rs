//! Lists that are polled, and what is asked for by id.

use servicetitan::client::List;
use servicetitan::{
    ApBillId, BusinessUnitId, ErrorKind, InventoryBillId, PurchaseOrderId, SkuId, VendorId,
};

use crate::lists::{ids, param};
use crate::server::{Answer, Seen, Server};

#[tokio::test]
async fn a_poll_is_read_to_its_end_and_asks_again_for_the_page_that_failed() {
    let server = Server::with_token(|seen, number| {
        if number == 1 {
            return Answer::status(403, "");
        }
        let page: u32 = param(seen, "page").unwrap().parse().unwrap();
        Answer::json(format!(
            r#"{{"page":{page},"hasMore":{},"data":[{{"id":{page}}}]}}"#,
            page < 2
        ))
    })
    .await;
    let since = "2026-01-02T03:04:05.678901Z".parse().unwrap();
    let mut reader = server.client().poll(List::Vendors, Some(since));
    let first = reader.next_page().await.unwrap().unwrap();
    assert_eq!((ids(&first.rows), first.has_more), (vec![1], true));
    assert_eq!(
        reader.next_page().await.unwrap_err().kind,
        ErrorKind::Forbidden
    );
    let second = reader.next_page().await.unwrap().unwrap();
    assert_eq!((ids(&second.rows), second.has_more), (vec![2], false));
    assert!(reader.next_page().await.unwrap().is_none());
    let calls = server.calls();
    assert_eq!(calls.len(), 3);
    for call in &calls {
        assert_eq!(call.path, "/inventory/v2/tenant/1234/vendors");
        assert_eq!(
            param(call, "modifiedOnOrAfter").as_deref(),
            Some("2026-01-02T03:04:05.678Z")
        );
        assert_eq!(param(call, "active").as_deref(), Some("Any"));
        assert_eq!(param(call, "sort").as_deref(), Some("+Id"));
    }
}

#[tokio::test]
async fn what_is_asked_for_by_id_comes_fifty_at_a_time_in_the_form_its_list_takes() {
    let server = Server::with_token(|seen, _| {
        let pairs = url::form_urlencoded::parse(seen.query.as_bytes());
        let rows: Vec<_> = pairs
            .filter(|(name, _)| name == "ids")
            .flat_map(|(_, ids)| ids.split(',').map(str::to_owned).collect::<Vec<_>>())
            .map(|id| format!(r#"{{"id":{id}}}"#))
            .collect();
        Answer::rows(&format!("[{}]", rows.join(",")))
    })
    .await;
    let client = server.client();
    let asked: Vec<_> = (1..=60).map(VendorId).collect();
    let expected: Vec<_> = (1..=60).collect();
    assert_eq!(ids(&client.vendors(&asked).await.unwrap()), expected);
    let asked: Vec<_> = (1..=60).map(BusinessUnitId).collect();
    assert_eq!(ids(&client.business_units(&asked).await.unwrap()), expected);
    for rows in [
        client.materials(&[SkuId(5)]).await.unwrap(),
        client.equipment(&[SkuId(5)]).await.unwrap(),
        client.services(&[SkuId(5)]).await.unwrap(),
    ] {
        assert_eq!(ids(&rows), [5]);
    }
    let calls = server.calls();
    let names = |seen: &Seen| seen.query.matches("ids=").count();
    assert_eq!(
        calls.iter().map(names).collect::<Vec<_>>(),
        [50, 10, 1, 1, 1, 1, 1]
    );
}

#[tokio::test]
async fn a_list_by_id_whose_filter_was_ignored_is_refused() {
    let server = Server::with_token(|_, _| Answer::rows(r#"[{"id":7},{"id":8}]"#)).await;
    let client = server.client();
    for error in [
        client.vendors(&[VendorId(7)]).await.unwrap_err(),
        client.materials(&[SkuId(7)]).await.unwrap_err(),
    ] {
        assert_eq!(error.kind, ErrorKind::Unreadable);
        assert!(error.message.contains("row 8"), "{error}");
    }
}

#[tokio::test]
async fn a_poll_that_does_not_advance_is_an_error_not_a_loop() {
    let server =
        Server::with_token(|_, _| Answer::json(r#"{"page":1,"hasMore":true,"data":[{"id":1}]}"#))
            .await;
    let error = server.client().list(List::Vendors).await.unwrap_err();
    assert_eq!(
        (error.kind, server.calls().len()),
        (ErrorKind::Unreadable, 2)
    );
}

#[tokio::test]
async fn the_preflight_touches_the_lists_that_are_named() {
    let server = Server::with_token(|_, _| Answer::rows("[]")).await;
    let preflight = server
        .client()
        .preflight_with(&[List::Vendors, List::BusinessUnits])
        .await;
    let scopes: Vec<_> = preflight.scopes.iter().map(|check| check.scope).collect();
    assert_eq!(scopes[3..], ["tn.inv.vendors:r", "tn.stt.businessunits:r"]);
}

#[tokio::test]
async fn ap_bills_by_id_are_looked_for_among_both_types() {
    let server = Server::with_token(|seen, _| {
        let rows = match param(seen, "billType").as_deref() {
            Some("Procurement") => r#"[{"id":1},{"id":3}]"#,
            Some("ApBill") => r#"[{"id":2}]"#,
            other => panic!("{other:?}"),
        };
        Answer::rows(rows)
    })
    .await;
    let asked = [ApBillId(1), ApBillId(2), ApBillId(3), ApBillId(4)];
    let rows = server.client().ap_bills(&asked).await.unwrap();
    assert_eq!(ids(&rows), [1, 3, 2]);
    let asked: Vec<_> = server
        .calls()
        .iter()
        .map(|seen| param(seen, "ids").unwrap())
        .collect();
    assert_eq!(asked, ["1,2,3,4", "2,4"]);
}

#[tokio::test]
async fn receipts_of_orders_belong_to_them() {
    let server = Server::with_token(|_, _| {
        Answer::rows(r#"[{"id":1,"purchaseOrderId":7},{"id":2,"purchaseOrderId":8}]"#)
    })
    .await;
    let client = server.client();
    let both = [PurchaseOrderId(7), PurchaseOrderId(8)];
    assert_eq!(ids(&client.receipts_of(&both).await.unwrap()), [1, 2]);
    let error = client.receipts_of(&both[..1]).await.unwrap_err();
    assert!(error.message.contains("row 2"), "{error}");
    assert_eq!(
        param(&server.calls()[0], "purchaseOrderIds").as_deref(),
        Some("7,8")
    );
}

#[tokio::test]
async fn bills_are_never_asked_for_at_the_address_that_answers_with_a_bare_array() {
    let server = Server::with_token(|_, _| Answer::rows(r#"[{"id":7}]"#)).await;
    let client = server.client();
    client.inventory_bills(&[InventoryBillId(7)]).await.unwrap();
    client.list(List::InventoryBills).await.unwrap();
    for seen in server.calls() {
        assert_eq!(
            seen.path,
            "/accounting/v2/tenant/1234/inventory-bills/paginated"
        );
    }
}
