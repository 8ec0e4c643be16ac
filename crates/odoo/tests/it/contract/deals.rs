//! Jobs as sale orders, and the invoices of them.

use odoo::document::{SaleOrder, SaleState};
use odoo::preflight::Needs;
use odoo::{
    Acted, Action, Client, Command, Context, Distribution, ErrorKind, Model, RecordId, Values,
};
use serde_json::json;

use super::goods::{accounts, decimal, grid, make_of, saved};
use super::invoices::{self, sales};
use crate::target::{Right, Target, name, object};

const COLUMNS: [&str; 12] = [
    "id",
    "partner_id/.id",
    "client_order_ref",
    "origin",
    "date_order",
    "order_line/id",
    "order_line/product_id/.id",
    "order_line/name",
    "order_line/product_uom_qty",
    "order_line/price_unit",
    "order_line/tax_ids/.id",
    "order_line/analytic_distribution",
];

/// An order of lines: quantity, price, taxes.
async fn order(client: &Client, tag: &str, lines: &[(&str, &str, &str)]) -> SaleOrder {
    let sales = sales(client).await;
    let [unit, _] = accounts(client).await;
    let borne = Distribution::whole([unit]).to_text().unwrap();
    let rows = lines
        .iter()
        .enumerate()
        .map(|(n, (quantity, price, taxes))| {
            let mut row = vec![String::new(); 5];
            if n == 0 {
                row = vec![
                    name(&format!("deal_{tag}")).to_string(),
                    sales.customer.to_string(),
                    format!("C-{tag}"),
                    "Job 7".to_owned(),
                    "2026-11-05 10:00:00".to_owned(),
                ];
            }
            row.extend([
                name(&format!("deal_{tag}_line_{n}")).to_string(),
                sales.product.to_string(),
                format!("Line {n}"),
                (*quantity).to_owned(),
                (*price).to_owned(),
                (*taxes).to_owned(),
                borne.clone(),
            ]);
            row
        });
    let rows = grid(Model::SALE_ORDER, &COLUMNS, &rows.collect::<Vec<_>>());
    read(client, saved(client, &rows).await[0]).await
}

async fn read(client: &Client, id: RecordId) -> SaleOrder {
    let found = client.sale_orders(&[id], &Context::new()).await.unwrap();
    found.into_iter().next().unwrap()
}

async fn press(client: &Client, id: RecordId, action: Action) -> odoo::Result<Acted> {
    client
        .act(&Model::SALE_ORDER, &[id], action, &Context::new())
        .await
}

pub(crate) async fn are_confirmed_and_cancelled(target: &Target) {
    let client = &target.client;
    let sales = sales(client).await;
    target.hand.give(Right::Sales).await;
    assert_eq!(
        client
            .preflight(&Needs::sale_orders())
            .await
            .unwrap()
            .problems(),
        []
    );
    let tax = sales.tax.to_string();
    let lines = [
        ("2", "33.335", ""),
        ("3", "0.1", tax.as_str()),
        ("1", "-5", ""),
    ];
    let draft = order(client, "whole", &lines).await;
    assert_eq!(
        (&draft.state, draft.name.as_bytes()[0]),
        (&SaleState::Draft, b'S')
    );
    assert_eq!(
        [draft.untaxed, draft.tax, draft.total],
        ["61.97", "0.05", "62.02"].map(decimal)
    );
    assert_eq!(draft.reference.as_deref(), Some("C-whole"));
    assert_eq!(draft.invoice_status.as_deref(), Some("no"));
    assert!(
        draft
            .lines
            .iter()
            .all(|line| line.analytic != Distribution::new())
    );
    assert_eq!(order(client, "whole", &lines).await.lines, draft.lines);
    let id = draft.id;
    assert_eq!(press(client, id, Action::ConfirmDeal).await, Ok(Acted::Ran));
    let sale = read(client, id).await;
    assert_eq!(sale.state, SaleState::Sale);
    assert_eq!(sale.invoice_status.as_deref(), Some("to invoice"));
    assert_ne!(sale.ordered, draft.ordered);
    let again = press(client, id, Action::ConfirmDeal).await.unwrap_err();
    assert_eq!(again.kind, ErrorKind::Invalid, "{again}");
    // Lines of an order that binds can change, and cannot go.
    let first = sale.lines[0].id;
    let change = Values::new()
        .decimal("product_uom_qty", decimal("4"))
        .unwrap()
        .decimal("price_unit", decimal("33.335"))
        .unwrap();
    let change = Command::Update {
        id: first,
        values: change,
    };
    let context = Context::new();
    let model = &Model::SALE_ORDER;
    let values = Values::new().commands("order_line", [change]);
    client.write(model, &[id], values, &context).await.unwrap();
    let gone = Values::new().commands("order_line", [Command::Delete(first)]);
    let error = client
        .write(model, &[id], gone, &context)
        .await
        .unwrap_err();
    assert!(error.message.contains("can't remove"), "{error}");
    let sale = read(client, id).await;
    assert_eq!(sale.total, decimal("128.69"));

    // Cancelled, until it is a draft again.
    assert_eq!(press(client, id, Action::CancelDeal).await, Ok(Acted::Ran));
    let cancelled = read(client, id).await;
    assert_eq!(cancelled.state, SaleState::Cancelled);
    assert_eq!(cancelled.invoice_status.as_deref(), Some("no"));
    let error = press(client, id, Action::ConfirmDeal).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    assert_eq!(press(client, id, Action::BackToDraft).await, Ok(Acted::Ran));
    assert_eq!(read(client, id).await.state, SaleState::Draft);
    target.hand.take(Right::Sales).await;
}

/// One line of an invoice or credit note that invoices a line of an order.
async fn invoice(client: &Client, tag: &str, kind: &str, quantity: &str, of: RecordId) -> RecordId {
    let columns = [
        "id",
        "move_type",
        "partner_id/.id",
        "invoice_date",
        "invoice_line_ids/id",
        "invoice_line_ids/name",
        "invoice_line_ids/quantity",
        "invoice_line_ids/price_unit",
        "invoice_line_ids/tax_ids/.id",
        "invoice_line_ids/sale_line_ids/.id",
    ];
    let whose = sales(client).await.customer.to_string();
    let (head, line) = (name(tag).to_string(), name(&format!("{tag}_1")).to_string());
    let of = of.to_string();
    let row = [
        head.as_str(),
        kind,
        &whose,
        "2026-11-20",
        &line,
        "Line",
        quantity,
        "33.335",
        "",
        &of,
    ];
    make_of(client, Model::MOVE, &columns, &[&row]).await[0]
}

pub(crate) async fn know_what_was_invoiced_of_them(target: &Target) {
    let client = &target.client;
    target.hand.give(Right::Sales).await;
    let deal = order(client, "invoiced", &[("4", "33.335", ""), ("1", "-5", "")]).await;
    let (id, first) = (deal.id, deal.lines[0].id);
    assert_eq!(press(client, id, Action::ConfirmDeal).await, Ok(Acted::Ran));
    let made = invoice(client, "deal_invoice", "out_invoice", "4", first).await;
    let bill = invoices::read(client, made).await;
    let line = bill.product_lines().next().unwrap();
    assert_eq!(line.sale_lines, [first]);
    // Drafts count.
    let now = read(client, id).await;
    assert_eq!(now.invoices, [made]);
    let counts: Vec<_> = now
        .lines
        .iter()
        .map(|line| (line.invoiced, line.to_invoice))
        .collect();
    let [none, one, three, four] = ["0", "1", "3", "4"].map(decimal);
    assert_eq!(counts, [(four, none), (none, one)]);
    assert_eq!(now.invoice_status.as_deref(), Some("to invoice"));
    invoices::post(client, &bill).await;
    invoice(client, "deal_credit", "out_refund", "1", first).await;
    assert_eq!(read(client, id).await.lines[0].invoiced, three);
    // What is invoiced keeps no order from being cancelled.
    assert_eq!(press(client, id, Action::CancelDeal).await, Ok(Acted::Ran));
    assert_eq!(read(client, id).await.state, SaleState::Cancelled);
    target.hand.take(Right::Sales).await;
}

pub(crate) async fn take_the_products_price_with_a_quantity_alone(target: &Target) {
    let client = &target.client;
    target.hand.give(Right::Sales).await;
    let deal = order(client, "repriced", &[("1", "5", "")]).await;
    let line = deal.lines[0].id;
    let more = object(json!({"order_line": [[1, line, {"product_uom_qty": 2}]]}));
    client
        .write(&Model::SALE_ORDER, &[deal.id], more, &Context::new())
        .await
        .unwrap();
    let repriced = read(client, deal.id).await;
    target.hand.take(Right::Sales).await;
    assert_eq!(repriced.lines[0].price, decimal("80"));
}

pub(crate) async fn of_tags_and_distributions_are_written(target: &Target) {
    let client = &target.client;
    let [unit, _] = accounts(client).await;
    let customer = sales(client).await.customer;
    let tag = make_of(
        client,
        Model::PARTNER_TAG,
        &["id", "name"],
        &[&["__contract__.tag", "Plumbing"]],
    )
    .await[0];
    let whose = customer.to_string();
    make_of(
        client,
        Model::PARTNER,
        &["id", "category_id/.id"],
        &[&["__contract__.customer", &tag.to_string()]],
    )
    .await;
    let borne = Distribution::whole([unit]).to_text().unwrap();
    let columns = ["id", "partner_id/.id", "analytic_distribution"];
    let row = ["__contract__.model", &whose, &borne];
    let model = make_of(client, Model::DISTRIBUTION_MODEL, &columns, &[&row]).await;
    assert_eq!(
        make_of(client, Model::DISTRIBUTION_MODEL, &columns, &[&row]).await,
        model
    );
    let lines: [invoices::Line<'_>; 1] = [("1", "10", &[])];
    let bill = invoices::draft("modelled", "out_invoice", &lines)
        .save(client)
        .await;
    client
        .unlink(&Model::DISTRIBUTION_MODEL, &model, &Context::new())
        .await
        .unwrap();
    let line = bill.product_lines().next().unwrap();
    assert_eq!(line.analytic, Distribution::whole([unit]));
    let fields = ["category_id"];
    let found = client
        .read(&Model::PARTNER, &[customer], &fields, &Context::new())
        .await
        .unwrap();
    assert_eq!(found[0]["category_id"], json!([tag]));
}
