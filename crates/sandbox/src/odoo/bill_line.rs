//! Lines of bills and entries: what a product, an account or an order's line brings along, and what stays as it is.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::analytic;
use super::balance::{self, amounts};
use super::bill::{self, is_invoice, is_purchase};
use super::computed::display_name;
use super::database::{Row, Tx};
use super::read::raw;
use super::reconcile;
use super::refusal::Refusal;
use super::schema::Model;
use super::value::{Value, float, is_truthy, rounded};
use super::write::{self, Values};

const MOVE: Model = Model::Move;
const LINE: Model = Model::MoveLine;

pub(super) const POSTED_STAYS: &str = "You can't delete a posted journal item. Don’t play games with your accounting \
                                       records; reset the journal entry to draft before deleting it.";
const SECTIONS: [&str; 3] = ["line_section", "line_subsection", "line_note"];
/// What says an amount outright.
const AMOUNTS: [&str; 4] = ["balance", "amount_currency", "debit", "credit"];

/// Whether the line is one of those that a bill shows: products and headings, not taxes and debts.
pub(super) fn is_shown(row: &Row) -> bool {
    let kind = row.text(LINE, "display_type").unwrap_or("product");
    kind == "product" || SECTIONS.contains(&kind)
}

/// `create`.
pub(super) fn create(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    access::check(tx, LINE, Operation::Create, &[])?;
    let mut ids = Vec::with_capacity(vals_list.len());
    for mut vals in vals_list {
        write::check_names(LINE, &vals)?;
        let parent = vals.get("move_id").and_then(Json::as_i64).map(Id);
        let Some(parent) = parent.and_then(|id| tx.row(MOVE, id)).cloned() else {
            // Nothing to belong to: the database says so.
            ids.extend(write::create_plain(tx, LINE, &[vals])?);
            continue;
        };
        if parent.text(MOVE, "state") == Some("posted") {
            return Err(Refusal::user(
                "You cannot modify the following readonly fields on a posted move: line_ids",
            ));
        }
        fill(tx, &parent, &mut vals);
        let before = balance::picture(tx, parent.id());
        let id = write::create_plain(tx, LINE, &[vals.clone()])?[0];
        say_amounts(tx, id, &vals)?;
        ids.push(id);
        follow(tx, &[parent.id()], &before, &[])?;
    }
    Ok(ids)
}

fn fill(tx: &Tx<'_>, parent: &Row, vals: &mut Values) {
    vals.entry("display_type").or_insert(json!("product"));
    if vals["display_type"]
        .as_str()
        .is_some_and(|kind| SECTIONS.contains(&kind))
    {
        return;
    }
    vals.entry("quantity").or_insert(json!(1.0));
    let of = |vals: &Values, name: &str| vals.get(name).and_then(Json::as_i64).map(Id);
    let product = of(vals, "product_id").and_then(|id| tx.row(Model::Product, id));
    if let Some(product) = product {
        let of_product = |name: &str| {
            raw(
                tx,
                Model::Product,
                product,
                Model::Product.definition().place(name),
            )
        };
        let uom = of_product("uom_id").as_ref_id();
        let (cost, price) = (of_product("standard_price"), of_product("list_price"));
        let price = if is_purchase(parent) { cost } else { price };
        vals.entry("name")
            .or_insert_with(|| json!(display_name(tx, Model::Product, product)));
        vals.entry("product_uom_id").or_insert(json!(uom));
        vals.entry("price_unit")
            .or_insert_with(|| float(rounded(price.as_number(), 2)));
        if is_invoice(parent) {
            let taxes = of_product(if is_purchase(parent) {
                "supplier_taxes_id"
            } else {
                "taxes_id"
            });
            vals.entry("tax_ids")
                .or_insert_with(|| json!([[6, 0, taxes.as_many()]]));
        }
    }
    if !vals.get("account_id").is_some_and(is_truthy) {
        let account = default_account(tx, parent, product);
        vals.insert("account_id".to_owned(), json!(account));
    }
    if let Some(account) = of(vals, "account_id").and_then(|id| tx.row(Model::Account, id))
        && is_invoice(parent)
    {
        let taxes = account.get(Model::Account, "tax_ids").as_many().to_vec();
        vals.entry("tax_ids")
            .or_insert_with(|| json!([[6, 0, taxes]]));
    }
    // What the order's line bears on its analytic accounts, unless the bill's line says something itself.
    let ordered = of(vals, "purchase_line_id").and_then(|id| tx.row(Model::OrderLine, id));
    let known = ordered.and_then(
        |row| match row.get(Model::OrderLine, "analytic_distribution") {
            Value::Json(distribution) => Some(distribution),
            _ => None,
        },
    );
    let partner = parent.reference(MOVE, "partner_id");
    let spread = analytic::distribution(tx, product.map(Row::id), partner, known);
    vals.entry("analytic_distribution").or_insert(json!(spread));
}

/// The product's account, its category's, the company's, the journal's.
fn default_account(tx: &Tx<'_>, parent: &Row, product: Option<&Row>) -> Option<Id> {
    let journal = parent
        .reference(MOVE, "journal_id")
        .and_then(|id| tx.row(Model::Journal, id))
        .and_then(|row| row.reference(Model::Journal, "default_account_id"));
    let product = product.filter(|_| is_invoice(parent))?;
    let kind = if is_purchase(parent) {
        "expense"
    } else {
        "income"
    };
    let of_product = |name: &str| {
        raw(
            tx,
            Model::Product,
            product,
            Model::Product.definition().place(name),
        )
    };
    let category = of_product("categ_id")
        .as_ref_id()
        .and_then(|id| tx.row(Model::ProductCategory, id));
    of_product(&format!("property_account_{kind}_id"))
        .as_ref_id()
        .or_else(|| {
            let name = format!("property_account_{kind}_categ_id");
            category?.reference(Model::ProductCategory, &name)
        })
        .or(journal)
}

/// One of the columns of an amount says all of them.
fn say_amounts(tx: &mut Tx<'_>, id: Id, vals: &Values) -> Result<(), Refusal> {
    let Some(name) = AMOUNTS.into_iter().find(|name| vals.contains_key(*name)) else {
        return Ok(());
    };
    let row = tx.existing(LINE, id)?;
    let number = |name: &str| row.get(LINE, name).as_number();
    let balance = match name {
        "debit" | "credit" => number("debit") - number("credit"),
        name => number(name),
    };
    if number("balance") != balance {
        reconcile::forget(tx, &[id])?;
    }
    tx.store(LINE, id, amounts(balance))
}

/// `write`.
pub(super) fn write(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    const MONEY: [&str; 10] = [
        "quantity",
        "price_unit",
        "discount",
        "account_id",
        "product_id",
        "move_id",
        "balance",
        "amount_currency",
        "debit",
        "credit",
    ];
    for id in ids {
        let row = tx.existing(LINE, *id)?;
        let parent = row.reference(LINE, "move_id");
        let posted = parent
            .and_then(|id| tx.row(MOVE, id))
            .is_some_and(|row| row.text(MOVE, "state") == Some("posted"));
        if posted && vals.contains_key("tax_ids") {
            return Err(Refusal::user(
                "You cannot modify the taxes related to a posted journal item, you should reset the journal entry to \
                 draft to do so.",
            ));
        }
        if posted && MONEY.iter().any(|name| vals.contains_key(*name)) {
            return Err(Refusal::user(
                "You cannot modify the following readonly fields on a posted move: line_ids",
            ));
        }
        let parents: Vec<Id> = parent.into_iter().collect();
        let before = balance::picture(tx, parent.unwrap_or(Id(0)));
        let orders: Vec<Id> = parents
            .iter()
            .flat_map(|id| bill::orders_of(tx, *id))
            .collect();
        write::write_plain(tx, LINE, &[*id], vals)?;
        say_amounts(tx, *id, vals)?;
        let now = tx.existing(LINE, *id)?.reference(LINE, "move_id");
        if let Some(left) = parent.filter(|left| now != Some(*left)) {
            // Taken from another document, which is not the one being written.
            balance::settle(tx, left, Some(&before))?;
        }
        let mut parents = parents;
        parents.extend(now);
        parents.dedup();
        follow(tx, &parents, &before, &orders)?;
    }
    Ok(())
}

/// Documents and orders follow their lines, unless the document itself is being written and will see to it.
fn follow(
    tx: &mut Tx<'_>,
    parents: &[Id],
    before: &balance::Picture,
    orders: &[Id],
) -> Result<(), Refusal> {
    if tx.composing {
        return Ok(());
    }
    let mut orders = orders.to_vec();
    for parent in parents {
        balance::settle(tx, *parent, Some(before))?;
        orders.extend(bill::orders_of(tx, *parent));
    }
    orders.sort_unstable();
    orders.dedup();
    bill::follow_orders(tx, &orders)
}

/// Lines of posted documents stay, and so do those that nobody sent.
pub(super) fn check_unlink(tx: &Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    for row in ids.iter().filter_map(|id| tx.row(LINE, *id)) {
        let state = row
            .reference(LINE, "move_id")
            .and_then(|id| tx.row(MOVE, id))
            .and_then(|row| row.text(MOVE, "state"));
        if state == Some("posted") {
            return Err(Refusal::user(POSTED_STAYS));
        }
        match row.text(LINE, "display_type") {
            Some("tax") => {
                return Err(Refusal::validation(
                    "You cannot delete a tax line as it would impact the tax report",
                ));
            }
            Some("payment_term") => {
                return Err(Refusal::validation(
                    "You cannot delete a payable/receivable line as it would not be consistent with the payment terms",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What bills have billed of an order's line, in the line's unit; credit notes take away.
pub(super) fn billed(tx: &Tx<'_>, ordered: Id) -> Decimal {
    let mut sum = Decimal::ZERO;
    for row in tx
        .db
        .pointing(LINE, "purchase_line_id", ordered)
        .filter_map(|id| tx.row(LINE, id))
    {
        let parent = row
            .reference(LINE, "move_id")
            .and_then(|id| tx.row(MOVE, id));
        let Some(parent) = parent.filter(|row| row.text(MOVE, "state") != Some("cancel")) else {
            continue;
        };
        let unit = tx
            .row(Model::OrderLine, ordered)
            .and_then(|row| row.reference(Model::OrderLine, "product_uom_id"));
        let own = row.reference(LINE, "product_uom_id");
        let quantity = row.get(LINE, "quantity").as_number();
        let quantity = super::computed::converted(tx, quantity, own, unit);
        match parent.text(MOVE, "move_type") {
            Some("in_invoice") => sum += quantity,
            Some("in_refund") => sum -= quantity,
            _ => {}
        }
    }
    sum
}
