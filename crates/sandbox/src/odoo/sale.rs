//! Sale orders: defaults, amounts, what was invoiced of them, and the way from a quotation to an order and back.
//!
//! What was invoiced counts as soon as an invoice is a draft, and is looked up whenever it is asked for. Confirming sets the
//! order's date to the present. A line's price that nobody says along with another quantity is the product's again.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::analytic;
use super::computed::display_name;
use super::database::{Database, Row, Tx};
use super::read::raw;
use super::refusal::Refusal;
use super::schema::Model;
use super::tax::{self, Base};
use super::value::{Value, float, is_truthy, rounded, time_text};
use super::write::{self, Values};

const ORDER: Model = Model::SaleOrder;
const LINE: Model = Model::SaleLine;
const ITEM: Model = Model::MoveLine;

/// `create` of orders.
pub(super) fn create(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    access::check(tx, ORDER, Operation::Create, &[])?;
    let mut ids = Vec::with_capacity(vals_list.len());
    for mut vals in vals_list {
        write::check_names(ORDER, &vals)?;
        let unnamed = |name: &Json| name == "New" || !is_truthy(name);
        if vals.get("name").is_none_or(unnamed) {
            let number = tx.db.next_number("sale.order");
            vals.insert("name".to_owned(), json!(format!("S{number:05}")));
        }
        let now = json!(time_text(tx.env.now));
        let partner = vals.get("partner_id").cloned().unwrap_or(json!(false));
        for (name, value) in [
            ("date_order", now),
            ("partner_invoice_id", partner.clone()),
            ("partner_shipping_id", partner),
            ("user_id", json!(tx.env.user)),
        ] {
            if !vals.get(name).is_some_and(is_truthy) {
                vals.insert(name.to_owned(), value);
            }
        }
        let id = tx.compose(|tx| write::create_plain(tx, ORDER, &[vals]))?[0];
        settle(tx, id)?;
        ids.push(id);
    }
    Ok(ids)
}

/// `write` of orders.
pub(super) fn write(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    for id in ids {
        tx.compose(|tx| write::write_plain(tx, ORDER, &[*id], vals))?;
        settle(tx, *id)?;
    }
    Ok(())
}

/// `create` of lines.
pub(super) fn create_lines(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    access::check(tx, LINE, Operation::Create, &[])?;
    let mut ids = Vec::with_capacity(vals_list.len());
    for mut vals in vals_list {
        write::check_names(LINE, &vals)?;
        fill(tx, &mut vals);
        let id = write::create_plain(tx, LINE, &[vals])?[0];
        ids.push(id);
        settle_of(tx, id)?;
    }
    Ok(ids)
}

/// What a product brings along.
fn fill(tx: &Tx<'_>, vals: &mut Values) {
    if vals.get("display_type").is_some_and(is_truthy) {
        vals.insert("product_uom_qty".to_owned(), json!(0));
        return;
    }
    let of = |name: &str| vals.get(name).and_then(Json::as_i64).map(Id);
    let Some(product) = of("product_id").and_then(|id| tx.row(Model::Product, id)) else {
        return;
    };
    let of_product = |name: &str| {
        let place = Model::Product.definition().place(name);
        raw(tx, Model::Product, product, place)
    };
    let partner = of("order_id")
        .and_then(|id| tx.row(ORDER, id))
        .and_then(|row| row.reference(ORDER, "partner_id"));
    let spread = analytic::distribution(tx, Some(product.id()), partner, None);
    let price = float(rounded(of_product("list_price").as_number(), 2));
    let taxes = json!([[6, 0, of_product("taxes_id").as_many()]]);
    for (name, value) in [
        ("name", json!(display_name(tx, Model::Product, product))),
        ("product_uom_id", json!(of_product("uom_id").as_ref_id())),
        ("price_unit", price),
        ("tax_ids", taxes),
        ("analytic_distribution", json!(spread)),
    ] {
        vals.entry(name).or_insert(value);
    }
}

/// `write` of lines.
pub(super) fn write_lines(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    for id in ids {
        let mut vals = vals.clone();
        let row = tx.existing(LINE, *id)?;
        let before = row.get(LINE, "product_uom_qty").as_number();
        let product = row
            .reference(LINE, "product_id")
            .and_then(|id| tx.row(Model::Product, id));
        let said = vals
            .get("product_uom_qty")
            .and_then(Json::as_number)
            .map(super::value::decimal);
        if let (Some(product), Some(said)) = (product, said)
            && said != before
            && !vals.contains_key("price_unit")
        {
            let place = Model::Product.definition().place("list_price");
            let price = raw(tx, Model::Product, product, place).as_number();
            vals.insert("price_unit".to_owned(), float(rounded(price, 2)));
        }
        write::write_plain(tx, LINE, &[*id], &vals)?;
        settle_of(tx, *id)?;
    }
    Ok(())
}

fn settle_of(tx: &mut Tx<'_>, line: Id) -> Result<(), Refusal> {
    let order = tx.existing(LINE, line)?.reference(LINE, "order_id");
    match order.filter(|_| !tx.composing) {
        Some(order) => settle(tx, order),
        None => Ok(()),
    }
}

pub(super) fn lines(db: &Database, order: Id) -> Vec<Id> {
    db.pointing(LINE, "order_id", order).collect()
}

/// Brings the amounts of lines and order up to date.
pub(super) fn settle(tx: &mut Tx<'_>, order: Id) -> Result<(), Refusal> {
    if tx.row(ORDER, order).is_none() {
        return Ok(());
    }
    let lines: Vec<Id> = lines(tx.db, order)
        .into_iter()
        .filter(|id| {
            tx.row(LINE, *id)
                .is_some_and(|row| !row.get(LINE, "display_type").is_set())
        })
        .collect();
    let mut bases = Vec::with_capacity(lines.len());
    for line in &lines {
        let row = tx.existing(LINE, *line)?;
        let number = |name: &str| row.get(LINE, name).as_number();
        bases.push(Base {
            quantity: number("product_uom_qty"),
            price: number("price_unit"),
            discount: number("discount"),
            taxes: tax::taxes(tx, row.get(LINE, "tax_ids").as_many()),
        });
    }
    let settled = tax::settle(&bases, tax::per_line(tx));
    for (line, base) in lines.iter().zip(&bases) {
        let alone = tax::settle(std::slice::from_ref(base), true);
        let (subtotal, tax) = (alone[0].subtotal, alone[0].tax());
        let values = [
            ("price_subtotal", Value::Number(subtotal)),
            ("price_total", Value::Number(subtotal + tax)),
        ];
        tx.store(LINE, *line, values)?;
    }
    let untaxed: Decimal = settled.iter().map(|line| line.subtotal + line.delta).sum();
    let tax: Decimal = settled.iter().map(tax::Settled::tax).sum();
    let values = [
        ("amount_untaxed", Value::Number(untaxed)),
        ("amount_tax", Value::Number(tax)),
        ("amount_total", Value::Number(untaxed + tax)),
    ];
    tx.store(ORDER, order, values)
}

/// The items of invoices that invoice a line, of documents that are not cancelled or of all.
fn items<'a>(tx: &'a Tx<'_>, line: Id, with_cancelled: bool) -> Vec<&'a Row> {
    tx.db
        .rows(ITEM)
        .filter(|row| row.get(ITEM, "sale_line_ids").as_many().contains(&line))
        .filter(|row| {
            let document = row
                .reference(ITEM, "move_id")
                .and_then(|id| tx.row(Model::Move, id));
            with_cancelled
                || document.is_some_and(|row| row.text(Model::Move, "state") != Some("cancel"))
        })
        .collect()
}

fn invoiced(tx: &Tx<'_>, line: Id) -> Decimal {
    items(tx, line, false)
        .into_iter()
        .map(|row| {
            let quantity = row.get(ITEM, "quantity").as_number();
            let kind = row
                .reference(ITEM, "move_id")
                .and_then(|id| tx.row(Model::Move, id))
                .and_then(|row| row.text(Model::Move, "move_type"));
            match kind {
                Some("out_refund") => -quantity,
                _ => quantity,
            }
        })
        .sum()
}

fn state<'a>(tx: &'a Tx<'_>, order: Option<Id>) -> &'a str {
    order
        .and_then(|id| tx.row(ORDER, id))
        .and_then(|row| row.text(ORDER, "state"))
        .unwrap_or_default()
}

/// A line's fields that are looked up.
pub(super) fn of_line(tx: &Tx<'_>, row: &Row, name: &str) -> Value {
    let state = state(tx, row.reference(LINE, "order_id"));
    let ordered = row.get(LINE, "product_uom_qty").as_number();
    match name {
        "state" => Value::text(state),
        "qty_invoiced" => Value::Number(invoiced(tx, row.id())),
        "qty_to_invoice" if state == "sale" => Value::Number(ordered - invoiced(tx, row.id())),
        "qty_to_invoice" => Value::Number(Decimal::ZERO),
        "invoice_lines" => Value::Many(
            items(tx, row.id(), true)
                .iter()
                .map(|row| row.id())
                .collect(),
        ),
        _ => Value::text(line_status(tx, row)),
    }
}

fn line_status(tx: &Tx<'_>, row: &Row) -> &'static str {
    let ordered = row.get(LINE, "product_uom_qty").as_number();
    if state(tx, row.reference(LINE, "order_id")) != "sale"
        || row.get(LINE, "display_type").is_set()
    {
        "no"
    } else if ordered == invoiced(tx, row.id()) {
        "invoiced"
    } else {
        "to invoice"
    }
}

/// An order's fields that are looked up.
pub(super) fn of_order(tx: &Tx<'_>, row: &Row, name: &str) -> Value {
    let lines: Vec<&Row> = lines(tx.db, row.id())
        .into_iter()
        .filter_map(|id| tx.row(LINE, id))
        .collect();
    if name == "invoice_status" {
        let statuses: Vec<&str> = lines.iter().map(|row| line_status(tx, row)).collect();
        return Value::text(if statuses.contains(&"to invoice") {
            "to invoice"
        } else if statuses.contains(&"invoiced") {
            "invoiced"
        } else {
            "no"
        });
    }
    let mut documents: Vec<Id> = lines
        .iter()
        .flat_map(|line| items(tx, line.id(), true))
        .filter_map(|item| item.reference(ITEM, "move_id"))
        .collect();
    documents.sort_unstable();
    documents.dedup();
    match name {
        "invoice_ids" => Value::Many(documents.into()),
        _ => Value::Int(i64::try_from(documents.len()).unwrap_or(i64::MAX)),
    }
}

/// A method of orders that changes their state; `None`: there is no such method.
pub(super) fn button(tx: &mut Tx<'_>, name: &str, ids: &[Id]) -> Option<Result<Json, Refusal>> {
    Some(match name {
        "action_confirm" => confirm(tx, ids).map(|()| json!(true)),
        "action_cancel" => cancel(tx, ids).map(|()| json!(true)),
        "action_draft" => draft(tx, ids).map(|()| json!(true)),
        "action_lock" => set(tx, ids, "locked", &json!(true)).map(|()| Json::Null),
        "action_unlock" => set(tx, ids, "locked", &json!(false)).map(|()| Json::Null),
        _ => return None,
    })
}

fn set(tx: &mut Tx<'_>, ids: &[Id], name: &str, value: &Json) -> Result<(), Refusal> {
    let vals = Values::from_iter([(name.to_owned(), value.clone())]);
    write::write_plain(tx, ORDER, ids, &vals)
}

fn confirm(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    access::check(tx, ORDER, Operation::Write, ids)?;
    for id in ids {
        tx.existing(ORDER, *id)?;
        if !matches!(state(tx, Some(*id)), "draft" | "sent") {
            return Err(Refusal::user(
                "Some orders are not in a state requiring confirmation.",
            ));
        }
        let bare = lines(tx.db, *id)
            .into_iter()
            .filter_map(|id| tx.row(LINE, id))
            .any(|row| {
                !row.get(LINE, "display_type").is_set()
                    && row.reference(LINE, "product_id").is_none()
                    && !row.get(LINE, "is_downpayment").as_bool()
            });
        if bare {
            return Err(Refusal::user(
                "Some order lines are missing a product, you need to correct them before going further.",
            ));
        }
    }
    for id in ids {
        let values = [
            ("state", Value::text("sale")),
            ("date_order", Value::Time(tx.env.now)),
        ];
        tx.store(ORDER, *id, values)?;
    }
    Ok(())
}

fn cancel(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    for id in ids {
        if tx.existing(ORDER, *id)?.get(ORDER, "locked").as_bool() {
            return Err(Refusal::user(
                "You cannot cancel a locked order. Please unlock it first.",
            ));
        }
    }
    set(tx, ids, "state", &json!("cancel"))
}

/// Of those that are cancelled or sent; others stay as they are.
fn draft(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    access::check(tx, ORDER, Operation::Write, ids)?;
    for id in ids {
        if matches!(state(tx, Some(*id)), "cancel" | "sent") {
            tx.store(ORDER, *id, [("state", Value::text("draft"))])?;
        }
    }
    Ok(())
}

pub(super) fn check_unlink(tx: &Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    if ids
        .iter()
        .any(|id| matches!(state(tx, Some(*id)), "sent" | "sale"))
    {
        return Err(Refusal::user(
            "You can not delete a sent quotation or a confirmed sales order. You must first cancel it.",
        ));
    }
    Ok(())
}

pub(super) fn check_unlink_lines(tx: &Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    let binding = |id: &&Id| {
        let order = tx
            .row(LINE, **id)
            .and_then(|row| row.reference(LINE, "order_id"));
        state(tx, order) == "sale"
    };
    if ids.iter().any(|id| binding(&id)) {
        return Err(Refusal::user(
            "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets \
             invoiced or delivered).\n                Set the quantity to 0 instead.",
        ));
    }
    Ok(())
}
