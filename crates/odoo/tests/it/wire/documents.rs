//! Documents on the wire: actions, lines, and how few calls read them.

use odoo::{
    Acted, Action, Client, Command, Context, ErrorKind, ExternalId, Model, RecordId, Values,
};
use serde_json::{Value, json};

use super::{Deed, Server, answer, json_answer, ok};

async fn confirm(client: &Client) -> odoo::Result<Acted> {
    let (order, context) = (Model::PURCHASE_ORDER, Context::new());
    client
        .act(&order, &[RecordId(7)], Action::Confirm, &context)
        .await
}

#[tokio::test]
async fn an_action_is_repeated_only_while_nothing_can_have_come_of_it() {
    let conflict = json_answer(
        "500 Internal Server Error",
        &json!({"name": "psycopg2.errors.SerializationFailure", "message": "could not serialize access"}),
    );
    let server = Server::start([conflict.clone(), ok(&json!(false))]).await;
    assert_eq!(confirm(&server.client().await).await, Ok(Acted::Ran));
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(
        requests[1]
            .head
            .starts_with("POST /json/2/purchase.order/button_confirm ")
    );
    assert_eq!(
        serde_json::from_slice::<Value>(&requests[1].body).unwrap(),
        json!({"ids": [7], "context": {}})
    );
    for deed in [
        Deed::Hang,
        answer("502 Bad Gateway", "text/html", ""),
        answer("200 OK", "text/html", "<h1>Login</h1>"),
    ] {
        let server = Server::start([conflict.clone(), deed, ok(&json!(true))]).await;
        let error = confirm(&server.client().await).await.unwrap_err();
        assert!(error.may_have_applied, "{error}");
        assert_eq!(server.requests().len(), 2, "{error}");
    }
    // No records, no call.
    let client = server.client().await;
    let ran = client
        .act(&Model::MOVE, &[], Action::Post, &Context::new())
        .await;
    assert_eq!(ran, Ok(Acted::Ran));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn lines_travel_with_their_names_and_their_digits() {
    let server = Server::start([ok(&json!(true)), ok(&json!(true))]).await;
    let client = server.client().await;
    let line = Values::new()
        .decimal("price_unit", "1234567.89".parse().unwrap())
        .unwrap()
        .decimal("product_qty", "0.10".parse().unwrap())
        .unwrap();
    let create = Command::Create {
        name: Some(ExternalId::new("__acme__", "line_1").unwrap()),
        values: line,
    };
    let order = &Model::PURCHASE_ORDER;
    for command in [create, Command::Delete(RecordId(8))] {
        let values = Values::new().commands("order_line", [command]);
        client
            .write(order, &[RecordId(7)], values, &Context::new())
            .await
            .unwrap();
    }
    let bodies = server.requests().into_iter().map(|request| request.body);
    let bodies: Vec<String> = bodies
        .map(|body| String::from_utf8(body).unwrap())
        .collect();
    assert!(
        bodies[0].contains(r#""price_unit":1234567.89"#),
        "{}",
        bodies[0]
    );
    assert!(bodies[0].contains(r#""product_qty":0.1"#), "{}", bodies[0]);
    assert!(
        bodies[0].contains(r#""id":"__acme__.line_1""#),
        "{}",
        bodies[0]
    );
    assert!(
        bodies[0].contains("_import_current_module"),
        "{}",
        bodies[0]
    );
    assert!(
        !bodies[1].contains("_import_current_module"),
        "{}",
        bodies[1]
    );
}

#[tokio::test]
async fn many_ids_are_read_in_pages() {
    let page = |ids: std::ops::RangeInclusive<i64>| {
        ok(&ids.map(|id| json!({"id": id})).collect::<Value>())
    };
    let server = Server::start([page(1..=500), page(501..=502)]).await;
    let client = server.client().await;
    let ids: Vec<RecordId> = (1..=502).map(RecordId).collect();
    let found = client
        .read(&Model::PARTNER, &ids, &["id"], &Context::new())
        .await
        .unwrap();
    assert_eq!(found.len(), 502);
    assert_eq!(found[501]["id"], json!(502));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn documents_come_whole_in_the_order_of_their_ids_and_by_few_calls() {
    let fields = |names: &[&str]| {
        let described = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({"type": "char"})));
        ok(&Value::Object(described.collect()))
    };
    let head = |id: i64| {
        json!({"id": id, "name": format!("WH/IN/{id}"), "state": "assigned", "partner_id": false,
            "origin": false, "backorder_id": false, "date_done": false, "write_date": "2026-11-22 23:49:48"})
    };
    let line = |id: i64, picking: i64| {
        json!({"id": id, "picking_id": [picking, "WH"], "state": "assigned", "product_id": [4, "Pipe"],
            "product_uom_qty": 2.0, "quantity": 0.1, "picked": false})
    };
    let server = Server::start([
        fields(&["name", "picking_type_code"]),
        fields(&["quantity", "picked"]),
        ok(&json!([head(9), head(3)])),
        ok(&json!([line(1, 3), line(2, 9), line(5, 3)])),
        ok(&json!([head(3)])),
        ok(&json!([{"id": 1, "picking_id": false, "quantity": 1.0, "picked": true}])),
    ])
    .await;
    let client = server.client().await;
    let ids = [RecordId(9), RecordId(7), RecordId(3)];
    let found = client.transfers(&ids, &Context::new()).await.unwrap();
    let moves: Vec<(i64, Vec<i64>)> = found
        .iter()
        .map(|transfer| {
            let moves = transfer.moves.iter().map(|moved| moved.id.get());
            (transfer.id.get(), moves.collect())
        })
        .collect();
    assert_eq!(moves, [(9, vec![2]), (3, vec![1, 5])]);
    assert_eq!(found[0].moves[0].quantity, "0.1".parse().unwrap());
    // What the models have is known by now; and a shape that is wrong is an error, not a zero.
    let error = client.transfers(&[RecordId(3)], &Context::new()).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreadable);
    assert_eq!(error.message, "picking_id of record 1 is not a record");
    assert_eq!(server.requests().len(), 6);
}
