//! Products and analytic accounts, and what the other clauses of purchasing are made of.

use odoo::load::Rows;
use odoo::{Client, Context, Distribution, Domain, Fields, Model, RecordId, Search};
use rust_decimal::Decimal;
use serde_json::json;

use super::loading::load;
use super::orders;
use crate::target::{Target, name};

pub(super) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Rows of one model; one that begins with an empty cell is a further line of the record above.
pub(super) fn grid(model: Model, columns: &[&str], values: &[Vec<String>]) -> Rows {
    let mut rows = Rows::new(model, columns.iter().copied());
    let mut group = 0;
    for (n, row) in values.iter().enumerate() {
        if row[0].is_empty() {
            rows.push_line(group, row.clone()).unwrap();
        } else {
            group = n;
            rows.push(group, row.clone()).unwrap();
        }
    }
    rows
}

/// The ids of records that are all saved.
pub(super) async fn saved(client: &Client, rows: &Rows) -> Vec<RecordId> {
    let loaded = load(client, rows).await;
    let ids = loaded.groups.into_values();
    ids.flat_map(|ids| ids.expect("it is saved")).collect()
}

pub(super) async fn make_of(
    client: &Client,
    model: Model,
    columns: &[&str],
    values: &[&[&str]],
) -> Vec<RecordId> {
    let values: Vec<Vec<String>> = values
        .iter()
        .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
        .collect();
    saved(client, &grid(model, columns, &values)).await
}

async fn record(client: &Client, model: &Model, id: RecordId, fields: &[&str]) -> Fields {
    let context = Context::new().with_archived();
    let mut found = client.read(model, &[id], fields, &context).await.unwrap();
    found.remove(0)
}

/// Whom to buy from, and what.
pub(super) struct Goods {
    pub(super) vendor: RecordId,
    pub(super) pipe: RecordId,
    pub(super) glue: RecordId,
    pub(super) freight: RecordId,
}

/// The same for every clause.
pub(super) async fn goods(client: &Client) -> Goods {
    let vendor = make_of(
        client,
        Model::PARTNER,
        &["id", "name", "is_company", "supplier_rank"],
        &[&["__contract__.vendor", "Vendor", "1", "1"]],
    )
    .await;
    let columns = ["id", "name", "type", "supplier_taxes_id/id"];
    let products = make_of(
        client,
        Model::PRODUCT,
        &columns,
        &[
            &["__contract__.pipe", "Pipe", "consu", ""],
            &["__contract__.glue", "Glue", "consu", ""],
            &["__contract__.freight", "Freight", "service", ""],
        ],
    )
    .await;
    Goods {
        vendor: vendor[0],
        pipe: products[0],
        glue: products[1],
        freight: products[2],
    }
}

/// The tax that the chart of accounts brings for purchases.
pub(super) async fn purchase_tax(client: &Client) -> RecordId {
    let domain = Domain::equal("type_tax_use", "purchase").and(Domain::equal("amount", 15));
    let search = Search {
        limit: Some(1),
        ..Search::new(domain, &["name"])
    };
    let tax = Model::named("account.tax");
    let found = client.search_read(&tax, &search, &Context::new()).await;
    RecordId(found.unwrap()[0]["id"].as_i64().unwrap())
}

pub(crate) async fn are_made_once_and_with_the_taxes_that_were_said(target: &Target) {
    let client = &target.client;
    let tax = purchase_tax(client).await.to_string();
    let columns = ["id", "name", "default_code", "supplier_taxes_id/.id"];
    let first = make_of(
        client,
        Model::PRODUCT,
        &columns,
        &[&["__contract__.valve", "Valve", "V-1", &tax]],
    )
    .await;
    let second = make_of(
        client,
        Model::PRODUCT,
        &columns,
        &[&["__contract__.valve", "Ball valve", "V-1", ""]],
    )
    .await;
    assert_eq!(first, second);
    let fields = ["name", "default_code", "supplier_taxes_id"];
    let valve = record(client, &Model::PRODUCT, first[0], &fields).await;
    assert_eq!(valve["name"], "Ball valve");
    assert_eq!(valve["default_code"], "V-1");
    assert_eq!(valve["supplier_taxes_id"], json!([]));
    let names = client
        .get_external_ids(&Model::PRODUCT, &first)
        .await
        .unwrap();
    assert_eq!(names[&first[0]], [name("valve")]);
}

pub(crate) async fn bear_no_tax_only_if_that_is_said(target: &Target) {
    let client = &target.client;
    let silent = make_of(
        client,
        Model::PRODUCT,
        &["id", "name"],
        &[&["__contract__.taxed", "Taxed by default"]],
    )
    .await[0];
    let product = record(client, &Model::PRODUCT, silent, &["supplier_taxes_id"]).await;
    let tax = purchase_tax(client).await;
    assert_eq!(product["supplier_taxes_id"], json!([tax]));
}

pub(crate) async fn are_archived_and_keep_their_price(target: &Target) {
    let client = &target.client;
    let id = make_of(
        client,
        Model::PRODUCT,
        &["id", "name", "standard_price", "active"],
        &[&["__contract__.old", "Old", "12.3456", "1"]],
    )
    .await[0];
    let archived = make_of(
        client,
        Model::PRODUCT,
        &["id", "active"],
        &[&["__contract__.old", "0"]],
    )
    .await;
    assert_eq!(archived, [id]);
    let fields = ["active", "standard_price"];
    let old = record(client, &Model::PRODUCT, id, &fields).await;
    assert_eq!(old["active"], json!(false));
    let price = odoo::decimal::read(&old["standard_price"]);
    assert_eq!(price, Some(decimal("12.3456")));
    let count = client
        .search_count(
            &Model::PRODUCT,
            &Domain::equal("id", id.get()),
            &Context::new(),
        )
        .await
        .unwrap();
    assert_eq!(count, 0);
}

/// Two plans, with an account each.
pub(super) async fn accounts(client: &Client) -> [RecordId; 2] {
    let plans = make_of(
        client,
        Model::ANALYTIC_PLAN,
        &["id", "name"],
        &[
            &["__contract__.plan_units", "Business Units"],
            &["__contract__.plan_jobs", "Jobs"],
        ],
    )
    .await;
    let plan = |n: usize| plans[n].to_string();
    let accounts = make_of(
        client,
        Model::ANALYTIC_ACCOUNT,
        &["id", "name", "code", "plan_id/.id"],
        &[
            &["__contract__.unit", "Plumbing", "U1", &plan(0)],
            &["__contract__.job", "Job 7", "J7", &plan(1)],
        ],
    )
    .await;
    [accounts[0], accounts[1]]
}

pub(crate) async fn plans_and_accounts_are_made_and_borne_by_lines(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let [unit, job] = accounts(client).await;
    assert_eq!(accounts(client).await, [unit, job]);
    let account = record(client, &Model::ANALYTIC_ACCOUNT, unit, &["code", "plan_id"]).await;
    assert_eq!(account["code"], "U1");
    assert_eq!(account["plan_id"][1], "Business Units");
    let borne = Distribution::new()
        .share([unit, job], decimal("60"))
        .share([unit], decimal("39.5"));
    let lines = [orders::line(goods.pipe, "3", "1.5")];
    let mut order = orders::rows(client, "analytic", goods.vendor, &lines).await;
    order.with_column(
        "order_line/analytic_distribution",
        &borne.to_text().unwrap(),
    );
    let order = order.save(client).await;
    assert_eq!(order.lines[0].analytic, borne);
    // Natively, by `write`, too.
    let changed = Distribution::whole([job]);
    let line = &[order.lines[0].id];
    let values = odoo::Values::new().with("analytic_distribution", changed.to_json().unwrap());
    client
        .write(&Model::PURCHASE_ORDER_LINE, line, values, &Context::new())
        .await
        .unwrap();
    let order = orders::read(client, order.id).await;
    assert_eq!(order.lines[0].analytic, changed);
}

pub(crate) async fn an_account_that_does_not_exist_is_not_refused(target: &Target) {
    let client = &target.client;
    let goods = goods(client).await;
    let nobody = Distribution::whole([RecordId(999_999)]);
    let lines = [orders::line(goods.pipe, "1", "1")];
    let mut order = orders::rows(client, "nobody", goods.vendor, &lines).await;
    order.with_column(
        "order_line/analytic_distribution",
        &nobody.to_text().unwrap(),
    );
    let order = order.save(client).await;
    assert_eq!(order.lines[0].analytic, nobody);
}
