//! Transfers and their moves: what is reserved, validated, put back and cancelled.
//!
//! What comes from a vendor is reserved at once, so that validating an untouched transfer receives all of it. A transfer
//! that is validated with less than was demanded asks first, and asking is an answer with status 200 that changes
//! nothing.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::access::{self, Operation};
use super::database::{Database, Row, Tx};
use super::order::{self, Cause};
use super::receipt::order_of;
use super::refusal::{Kind, Refusal};
use super::schema::Model;
use super::value::Value;
use super::write::{self, Values};
use super::{Group, Id};

const PICKING: Model = Model::Picking;
const MOVE: Model = Model::StockMove;

pub(super) fn moves_of(db: &Database, picking: Id) -> Vec<Id> {
    db.pointing(MOVE, "picking_id", picking).collect()
}

pub(super) fn state_of<'a>(tx: &'a Tx<'_>, model: Model, id: Id) -> &'a str {
    tx.row(model, id)
        .and_then(|row| row.text(model, "state"))
        .unwrap_or_default()
}

pub(super) fn is_open(tx: &Tx<'_>, model: Model, id: Id) -> bool {
    !matches!(state_of(tx, model, id), "done" | "cancel")
}

pub(super) fn number(tx: &Tx<'_>, id: Id, name: &str) -> Decimal {
    tx.row(MOVE, id)
        .map_or(Decimal::ZERO, |row| row.get(MOVE, name).as_number())
}

/// Another demand is reserved anew.
pub(super) fn demand(tx: &mut Tx<'_>, id: Id, wanted: Decimal) -> Result<(), Refusal> {
    let definition = MOVE.definition();
    let changes = vec![
        (definition.place("product_uom_qty"), Value::Number(wanted)),
        (definition.place("quantity"), Value::Number(wanted)),
    ];
    tx.update(MOVE, id, changes)
}

/// `WH/IN/00001`.
pub(super) fn next_name(tx: &mut Tx<'_>, kind: Option<Id>) -> String {
    let row = kind.and_then(|id| tx.row(Model::PickingType, id));
    let prefix = row
        .and_then(|row| row.text(Model::PickingType, "sequence_code"))
        .unwrap_or("IN")
        .to_owned();
    let warehouse = row
        .and_then(|row| row.reference(Model::PickingType, "warehouse_id"))
        .and_then(|id| tx.row(Model::Warehouse, id))
        .and_then(|row| row.text(Model::Warehouse, "code"))
        .unwrap_or("WH")
        .to_owned();
    let number = tx.db.next_number("stock.picking");
    format!("{warehouse}/{prefix}/{number:05}")
}

pub(super) fn make(tx: &mut Tx<'_>, model: Model, vals: &Json) -> Result<Id, Refusal> {
    let vals = vals.as_object().cloned().unwrap_or_default();
    Ok(write::create_plain(tx, model, &[vals])?[0])
}

/// A transfer is where its moves are.
pub(super) fn refresh(tx: &mut Tx<'_>, picking: Id) -> Result<(), Refusal> {
    let states: Vec<&str> = moves_of(tx.db, picking)
        .iter()
        .filter_map(|id| tx.row(MOVE, *id)?.text(MOVE, "state"))
        .collect();
    let live = || states.iter().filter(|state| **state != "cancel");
    let state = if states.is_empty() {
        "draft"
    } else if live().count() == 0 {
        "cancel"
    } else if live().all(|state| *state == "done") {
        "done"
    } else if live().all(|state| matches!(*state, "done" | "assigned")) {
        "assigned"
    } else {
        "confirmed"
    };
    let state = Value::text(state);
    let place = PICKING.definition().place("state");
    if tx.existing(PICKING, picking)?.values[place] != state {
        tx.update(PICKING, picking, vec![(place, state)])?;
    }
    Ok(())
}

fn set_state(tx: &mut Tx<'_>, id: Id, state: &str) -> Result<(), Refusal> {
    let place = MOVE.definition().place("state");
    tx.update(MOVE, id, vec![(place, Value::text(state))])
}

pub(super) fn cancel_moves(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    for id in ids {
        let row = tx.existing(MOVE, *id)?;
        let picking = row.reference(MOVE, "picking_id");
        match row.text(MOVE, "state") {
            Some("cancel") => continue,
            Some("done") => {
                return Err(Refusal::user(
                    "You cannot cancel a stock move that has been set to 'Done'. Create a return in order to reverse \
                     the moves which took place.",
                ));
            }
            _ => set_state(tx, *id, "cancel")?,
        }
        if let Some(picking) = picking {
            refresh(tx, picking)?;
        }
    }
    Ok(())
}

/// `write` of moves.
pub(super) fn write_moves(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    if vals.contains_key("quantity") {
        for id in ids {
            match state_of(tx, MOVE, *id) {
                "cancel" => {
                    return Err(Refusal::user(
                        "You cannot change a cancelled stock move, create a new line instead.",
                    ));
                }
                "done" => {
                    return Err(Refusal::user(
                        "The simulator does not change what has been received; a return would.",
                    ));
                }
                _ => {}
            }
        }
    }
    write::write_plain(tx, MOVE, ids, vals)
}

/// A method of transfers that changes their state; `None`: there is no such method.
pub(super) fn button(tx: &mut Tx<'_>, name: &str, ids: &[Id]) -> Option<Result<Json, Refusal>> {
    Some(match name {
        "button_validate" => validate(tx, ids),
        "action_cancel" => cancel(tx, ids).map(|()| json!(true)),
        "action_assign" | "action_confirm" => assign(tx, ids).map(|()| json!(true)),
        _ => return None,
    })
}

fn cancel(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    access::check(tx, PICKING, Operation::Write, ids)?;
    for id in ids {
        let moves = moves_of(tx.db, *id);
        cancel_moves(tx, &moves)?;
        settle_order(tx, *id)?;
    }
    Ok(())
}

fn assign(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    access::check(tx, PICKING, Operation::Write, ids)?;
    for id in ids {
        for line in moves_of(tx.db, *id) {
            if is_open(tx, MOVE, line) {
                let wanted = number(tx, line, "product_uom_qty");
                demand(tx, line, wanted)?;
                set_state(tx, line, "assigned")?;
            }
        }
        refresh(tx, *id)?;
    }
    Ok(())
}

fn settle_order(tx: &mut Tx<'_>, picking: Id) -> Result<(), Refusal> {
    match order_of(tx.db, picking) {
        Some(order) => tx.as_superuser(|tx| order::settle(tx, &[order], Cause::Receipt)),
        None => Ok(()),
    }
}

fn is_picked(tx: &Tx<'_>, id: Id) -> bool {
    tx.row(MOVE, id)
        .is_some_and(|row| row.get(MOVE, "picked").as_bool())
}

fn validate(tx: &mut Tx<'_>, ids: &[Id]) -> Result<Json, Refusal> {
    access::check(tx, PICKING, Operation::Write, ids)?;
    // A real one fails over what it reads meanwhile, which either of these groups may.
    if ![Group::Inventory, Group::Invoicing]
        .into_iter()
        .any(|group| access::is_in(tx, group))
    {
        return Err(Refusal::new(
            Kind::Access,
            "Failed to read field stock.reference.sale_ids\nYou are not allowed to access 'Sales Order' (sale.order) \
             records.",
        ));
    }
    let ids: Vec<Id> = ids
        .iter()
        .copied()
        .filter(|id| state_of(tx, PICKING, *id) != "done")
        .collect();
    for id in &ids {
        check_quantities(tx, *id)?;
    }
    for id in &ids {
        let moves = moves_of(tx.db, *id);
        if moves.iter().all(|id| !is_picked(tx, *id)) {
            let place = MOVE.definition().place("picked");
            for line in moves {
                tx.update(MOVE, line, vec![(place, Value::Bool(true))])?;
            }
        }
    }
    if !tx.context_flag("skip_backorder") {
        let short: Vec<Id> = ids.iter().copied().filter(|id| is_short(tx, *id)).collect();
        if !short.is_empty() {
            return Ok(question(tx, &short, ids.len() > 1));
        }
    }
    let without: Vec<Id> = tx
        .env
        .context
        .get("picking_ids_not_to_backorder")
        .and_then(Json::as_array)
        .map(|ids| ids.iter().filter_map(Json::as_i64).map(Id).collect())
        .unwrap_or_default();
    for id in ids {
        finish(tx, id, !without.contains(&id))?;
    }
    Ok(json!(true))
}

fn check_quantities(tx: &Tx<'_>, picking: Id) -> Result<(), Refusal> {
    tx.existing(PICKING, picking)?;
    let moves = moves_of(tx.db, picking);
    if moves.is_empty() {
        return Err(Refusal::user(
            "You can’t validate an empty transfer. Please add some products to move before proceeding.",
        ));
    }
    let open: Vec<Id> = moves
        .into_iter()
        .filter(|id| is_open(tx, MOVE, *id))
        .collect();
    let any_picked = open.iter().any(|id| is_picked(tx, *id));
    let counts = |id: &&Id| !any_picked || is_picked(tx, **id);
    if open
        .iter()
        .filter(counts)
        .all(|id| number(tx, *id, "quantity").is_zero())
    {
        return Err(Refusal::user(
            "Transfer trouble alert! Validating a zero quantity transfer? You're not moving invisible goods around \
             are you?\nSet some quantities and let's get moving!",
        ));
    }
    Ok(())
}

/// Whether less is there than was demanded.
fn is_short(tx: &Tx<'_>, picking: Id) -> bool {
    moves_of(tx.db, picking)
        .into_iter()
        .filter(|id| state_of(tx, MOVE, *id) != "cancel")
        .any(|id| {
            let wanted = number(tx, id, "product_uom_qty");
            let there = if is_picked(tx, id) {
                number(tx, id, "quantity")
            } else {
                Decimal::ZERO
            };
            there < wanted
        })
}

/// The window that Odoo's own screen would open. Nothing has been done.
fn question(tx: &mut Tx<'_>, short: &[Id], several: bool) -> Json {
    let mut context = tx.env.context.clone();
    let pickings: Vec<Json> = short.iter().map(|id| json!([4, id])).collect();
    context.insert("button_validate_picking_ids".to_owned(), json!(short));
    context.insert("default_show_transfers".to_owned(), json!(several));
    context.insert("default_pick_ids".to_owned(), json!(pickings));
    json!({
        "name": "Create Backorder?",
        "type": "ir.actions.act_window",
        "view_mode": "form",
        "res_model": "stock.backorder.confirmation",
        "views": [[1, "form"]],
        "view_id": 1,
        "target": "new",
        "context": context,
    })
}

/// Receives what was picked; the rest goes into a backorder, or is cancelled.
fn finish(tx: &mut Tx<'_>, picking: Id, backorder: bool) -> Result<(), Refusal> {
    let open: Vec<Id> = moves_of(tx.db, picking)
        .into_iter()
        .filter(|id| is_open(tx, MOVE, *id))
        .collect();
    let definition = MOVE.definition();
    let (quantity, demanded) = (
        definition.place("quantity"),
        definition.place("product_uom_qty"),
    );
    let mut rest: Vec<Id> = Vec::new();
    for id in open {
        let (there, wanted) = (
            number(tx, id, "quantity"),
            number(tx, id, "product_uom_qty"),
        );
        if there <= Decimal::ZERO || !is_picked(tx, id) {
            rest.push(id);
            continue;
        }
        if there < wanted && backorder {
            let mut values = tx.existing(MOVE, id)?.values.clone();
            values[quantity] = Value::Number(wanted - there);
            values[demanded] = Value::Number(wanted - there);
            values[definition.place("picked")] = Value::Bool(false);
            rest.push(tx.insert(MOVE, values));
            tx.update(MOVE, id, vec![(demanded, Value::Number(there))])?;
        }
        let now = Value::Time(tx.env.now);
        let done = vec![
            (definition.place("state"), Value::text("done")),
            (definition.place("date"), now),
        ];
        tx.update(MOVE, id, done)?;
    }
    if backorder && !rest.is_empty() {
        put_back(tx, picking, &rest)?;
    } else {
        cancel_moves(tx, &rest)?;
    }
    let date = PICKING.definition().place("date_done");
    tx.update(PICKING, picking, vec![(date, Value::Time(tx.env.now))])?;
    refresh(tx, picking)?;
    settle_order(tx, picking)
}

/// Moves what has not come into a transfer of its own.
fn put_back(tx: &mut Tx<'_>, picking: Id, rest: &[Id]) -> Result<(), Refusal> {
    let row: &Row = tx.existing(PICKING, picking)?;
    let kind = row.reference(PICKING, "picking_type_id");
    let mut values = row.values.clone();
    let definition = PICKING.definition();
    values[definition.place("name")] = Value::text(&next_name(tx, kind));
    values[definition.place("backorder_id")] = Value::Ref(picking);
    let backorder = tx.insert(PICKING, values);
    let definition = MOVE.definition();
    for id in rest {
        let wanted = number(tx, *id, "product_uom_qty");
        let changes = vec![
            (definition.place("picking_id"), Value::Ref(backorder)),
            (definition.place("quantity"), Value::Number(wanted)),
            (definition.place("picked"), Value::Bool(false)),
        ];
        tx.update(MOVE, *id, changes)?;
    }
    refresh(tx, backorder)
}
