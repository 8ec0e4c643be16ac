//! Purchase orders: defaults, amounts, and the way from a draft to an order and back.
//!
//! Amounts, statuses and quantities are stored and brought up to date by [`settle`] whenever a line, a receipt or a
//! bill changes. Buttons answer in Odoo's way, which is to say that their answers tell nothing: the state does.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::database::{ADMIN, Database, Row, Tx};
use super::order_line;
use super::receipt;
use super::refusal::Refusal;
use super::schema::Model;
use super::tax::{self, Base};
use super::value::{Value, time_text};
use super::write::{self, Values};

pub(super) const ORDER: Model = Model::Order;
const LINE: Model = Model::OrderLine;

/// What made an order's stored values move.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Its lines: the order's `write_date` moves when a value does.
    Lines,
    /// A receipt: the values move, the date does not.
    Receipt,
}

/// `create`.
pub(super) fn create(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    access::check(tx, ORDER, Operation::Create, &[])?;
    let mut ids = Vec::with_capacity(vals_list.len());
    for mut vals in vals_list {
        write::check_names(ORDER, &vals)?;
        fill(tx, &mut vals);
        let id = write::create_plain(tx, ORDER, &[vals.clone()])?[0];
        settle(tx, &[id], Cause::Lines)?;
        match vals.get("date_planned") {
            Some(date) => keep_date(tx, &[id], date)?,
            None => plan(tx, id)?,
        }
        ids.push(id);
    }
    Ok(ids)
}

/// Number, date, buyer, currency and warehouse of an order that does not say.
fn fill(tx: &mut Tx<'_>, vals: &mut Values) {
    let unnamed = |name: &Json| name == "New" || !super::value::is_truthy(name);
    if vals.get("name").is_none_or(unnamed) {
        let number = tx.db.next_number("purchase.order");
        vals.insert("name".to_owned(), json!(format!("P{number:05}")));
    }
    let now = time_text(tx.env.now);
    vals.entry("date_order").or_insert(json!(now));
    vals.entry("user_id").or_insert(json!(tx.env.user));
    let currency = vals
        .get("partner_id")
        .and_then(Json::as_i64)
        .and_then(|id| tx.row(Model::Partner, Id(id)))
        .and_then(|row| row.reference(Model::Partner, "property_purchase_currency_id"))
        .unwrap_or(Id(1));
    vals.entry("currency_id").or_insert(json!(currency));
    let receipts = tx.db.rows(Model::PickingType).find(|row| {
        row.text(Model::PickingType, "code") == Some("incoming")
            && row.get(Model::PickingType, "active").as_bool()
    });
    let receipts = receipts.map(Row::id);
    vals.entry("picking_type_id").or_insert(json!(receipts));
}

/// `write`.
pub(super) fn write(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    write::write_plain(tx, ORDER, ids, vals)?;
    if let Some(date) = vals.get("date_planned") {
        keep_date(tx, ids, date)?;
    }
    settle(tx, ids, Cause::Lines)
}

/// A date that was given stays, whatever the lines given with it say.
fn keep_date(tx: &mut Tx<'_>, ids: &[Id], date: &Json) -> Result<(), Refusal> {
    let vals = Values::from_iter([("date_planned".to_owned(), date.clone())]);
    write::write_plain(tx, ORDER, ids, &vals)
}

/// Only cancelled orders can be deleted; their lines go with them.
pub(super) fn check_unlink(tx: &Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    for id in ids {
        if let Some(row) = tx.row(ORDER, *id)
            && row.text(ORDER, "state") != Some("cancel")
        {
            return Err(Refusal::user(
                "In order to delete a purchase order, you must cancel it first.",
            ));
        }
    }
    Ok(())
}

pub(super) fn lines(db: &Database, order: Id) -> Vec<Id> {
    db.pointing(LINE, "order_id", order).collect()
}

pub(super) fn state<'a>(tx: &'a Tx<'_>, order: Id) -> &'a str {
    tx.row(ORDER, order)
        .and_then(|row| row.text(ORDER, "state"))
        .unwrap_or_default()
}

/// Brings lines and amounts, quantities and statuses of these orders up to date.
pub(super) fn settle(tx: &mut Tx<'_>, ids: &[Id], cause: Cause) -> Result<(), Refusal> {
    for id in ids {
        if tx.row(ORDER, *id).is_none() {
            continue;
        }
        let lines = lines(tx.db, *id);
        for line in &lines {
            order_line::settle(tx, *line)?;
        }
        let mut wanted = amounts(tx, &lines);
        wanted.push(("invoice_status", invoice_status(tx, *id, &lines)));
        wanted.extend(receipt(tx, *id));
        put(tx, *id, wanted, cause)?;
    }
    Ok(())
}

/// Stores what differs.
fn put(
    tx: &mut Tx<'_>,
    id: Id,
    wanted: Vec<(&'static str, Value)>,
    cause: Cause,
) -> Result<(), Refusal> {
    match cause {
        Cause::Lines => tx.store(ORDER, id, wanted),
        Cause::Receipt => {
            for (name, value) in wanted {
                let place = ORDER.definition().place(name);
                if tx.existing(ORDER, id)?.values[place] != value {
                    tx.update_silently(ORDER, id, place, value)?;
                }
            }
            Ok(())
        }
    }
}

fn amounts(tx: &Tx<'_>, lines: &[Id]) -> Vec<(&'static str, Value)> {
    let bases: Vec<Base> = lines
        .iter()
        .filter_map(|id| tx.row(LINE, *id))
        .filter(|row| !row.get(LINE, "display_type").is_set())
        .map(|row| order_line::base(tx, row))
        .collect();
    let settled = tax::settle(&bases, tax::per_line(tx));
    let untaxed: Decimal = settled.iter().map(|line| line.subtotal + line.delta).sum();
    let tax: Decimal = settled.iter().map(tax::Settled::tax).sum();
    vec![
        ("amount_untaxed", Value::Number(untaxed)),
        ("amount_tax", Value::Number(tax)),
        ("amount_total", Value::Number(untaxed + tax)),
    ]
}

fn invoice_status(tx: &Tx<'_>, id: Id, lines: &[Id]) -> Value {
    if state(tx, id) != "purchase" {
        return Value::text("no");
    }
    let open = lines
        .iter()
        .filter_map(|id| tx.row(LINE, *id))
        .filter(|row| !row.get(LINE, "display_type").is_set())
        .any(|row| row.get(LINE, "qty_to_invoice").is_set());
    Value::text(if open {
        "to invoice"
    } else if bills(tx.db, id).is_empty() {
        "no"
    } else {
        "invoiced"
    })
}

/// The bills of an order, by id.
pub(super) fn bills(db: &Database, order: Id) -> Vec<Id> {
    let mut bills: Vec<Id> = lines(db, order)
        .into_iter()
        .flat_map(|line| db.pointing(Model::MoveLine, "purchase_line_id", line))
        .filter_map(|line| {
            db.row(Model::MoveLine, line)?
                .reference(Model::MoveLine, "move_id")
        })
        .collect();
    bills.sort_unstable();
    bills.dedup();
    bills
}

/// Status and date of the order's receipts.
fn receipt(tx: &Tx<'_>, id: Id) -> Vec<(&'static str, Value)> {
    let states: Vec<&str> = receipt::pickings_of(tx.db, id)
        .iter()
        .filter_map(|id| tx.row(Model::Picking, *id))
        .map(|row| row.text(Model::Picking, "state").unwrap_or_default())
        .collect();
    let over = |state: &&&str| matches!(**state, "done" | "cancel");
    let status = if states.iter().all(|state| *state == "cancel") {
        Value::Empty
    } else if states.iter().filter(over).count() == states.len() {
        Value::text("full")
    } else if states.contains(&"done") {
        Value::text("partial")
    } else {
        Value::text("pending")
    };
    let arrival = receipt::pickings_of(tx.db, id)
        .iter()
        .filter_map(|id| tx.row(Model::Picking, *id))
        .filter(|row| row.text(Model::Picking, "state") == Some("done"))
        .filter_map(|row| match row.get(Model::Picking, "date_done") {
            Value::Time(time) => Some(*time),
            _ => None,
        })
        .min();
    vec![
        ("receipt_status", status),
        ("effective_date", arrival.map_or(Value::Empty, Value::Time)),
    ]
}

/// The order is expected when the first of its lines is.
pub(super) fn plan(tx: &mut Tx<'_>, order: Id) -> Result<(), Refusal> {
    let first = lines(tx.db, order)
        .into_iter()
        .filter_map(|id| tx.row(LINE, id))
        .filter_map(|row| match row.get(LINE, "date_planned") {
            Value::Time(time) => Some(*time),
            _ => None,
        })
        .min();
    let value = first.map_or(Value::Empty, Value::Time);
    put(tx, order, vec![("date_planned", value)], Cause::Lines)
}

/// A method of purchase orders that changes their state; `None`: there is no such method.
pub(super) fn button(tx: &mut Tx<'_>, name: &str, ids: &[Id]) -> Option<Result<Json, Refusal>> {
    let done = match name {
        "button_confirm" => confirm(tx, ids).map(|()| json!(true)),
        "button_approve" => approve(tx, ids).map(|()| json!({})),
        "button_cancel" => cancel(tx, ids).map(|()| Json::Null),
        "button_draft" => set(tx, ids, "state", &json!("draft")).map(|()| json!({})),
        "button_lock" => set(tx, ids, "locked", &json!(true)).map(|()| Json::Null),
        "button_unlock" => set(tx, ids, "locked", &json!(false)).map(|()| Json::Null),
        _ => return None,
    };
    Some(done)
}

fn set(tx: &mut Tx<'_>, ids: &[Id], name: &str, value: &Json) -> Result<(), Refusal> {
    let vals = Values::from_iter([(name.to_owned(), value.clone())]);
    write(tx, ids, &vals)
}

fn confirm(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    access::check(tx, ORDER, Operation::Write, ids)?;
    for id in ids {
        let row = tx.existing(ORDER, *id)?;
        if !matches!(row.text(ORDER, "state"), Some("draft" | "sent")) {
            continue;
        }
        let total = row.get(ORDER, "amount_total").as_number();
        if order_line::any_without_product(tx, &lines(tx.db, *id)) {
            return Err(Refusal::user(
                "Some order lines are missing a product, you need to correct them before going further.",
            ));
        }
        order_line::remember_vendor(tx, *id)?;
        if may_approve(tx, total) {
            approve(tx, &[*id])?;
        } else {
            set(tx, &[*id], "state", &json!("to approve"))?;
        }
    }
    Ok(())
}

/// Large orders want a manager's approval, when the company says so.
fn may_approve(tx: &Tx<'_>, total: Decimal) -> bool {
    let Some(company) = tx.db.rows(Model::Company).next() else {
        return true;
    };
    company.text(Model::Company, "po_double_validation") != Some("two_step")
        || total
            < company
                .get(Model::Company, "po_double_validation_amount")
                .as_number()
        || tx.env.user == ADMIN
}

fn approve(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    let now = time_text(tx.env.now);
    let mut vals = Values::new();
    vals.insert("state".to_owned(), json!("purchase"));
    vals.insert("date_approve".to_owned(), json!(now));
    let locks = |row: &Row| row.text(Model::Company, "po_lock") == Some("lock");
    if tx.db.rows(Model::Company).next().is_some_and(locks) {
        vals.insert("locked".to_owned(), json!(true));
    }
    write(tx, ids, &vals)?;
    for id in ids {
        let lines = lines(tx.db, *id);
        tx.as_superuser(|tx| receipt::follow_lines(tx, *id, lines))?;
    }
    settle(tx, ids, Cause::Lines)
}

fn cancel(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    let named = |tx: &Tx<'_>, wanted: &dyn Fn(&Row) -> bool| -> Option<String> {
        let names: Vec<String> = ids
            .iter()
            .filter_map(|id| tx.row(ORDER, *id))
            .filter(|row| wanted(row))
            .map(|row| format!("'{}'", super::computed::display_name(tx, ORDER, row)))
            .collect();
        (!names.is_empty()).then(|| format!("[{}]", names.join(", ")))
    };
    if let Some(names) = named(tx, &|row| row.get(ORDER, "locked").as_bool()) {
        return Err(Refusal::user(format!(
            "Unable to cancel purchase order(s): {names}. You must first unlock them."
        )));
    }
    let billed = |row: &Row| {
        bills(tx.db, row.id())
            .into_iter()
            .filter_map(|id| tx.row(Model::Move, id))
            .any(|row| row.text(Model::Move, "state") == Some("posted"))
    };
    if let Some(names) = named(tx, &billed) {
        return Err(Refusal::user(format!(
            "Unable to cancel purchase order(s): {names}. You must first cancel their related vendor bills."
        )));
    }
    for id in ids {
        tx.existing(ORDER, *id)?;
        tx.as_superuser(|tx| receipt::cancel_order(tx, *id))?;
    }
    set(tx, ids, "state", &json!("cancel"))
}
