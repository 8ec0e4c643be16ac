//! What a confirmed order expects: the transfers that belong to it, and how they follow its lines.
//!
//! An order has one open transfer at most, with a move per line of goods; more ordered is more demanded, and what has
//! arrived stays. A line that gets another product leaves the old one's moves as they are: bring it to nothing first.

use rust_decimal::Decimal;
use serde_json::json;

use super::Id;
use super::database::{Database, Tx};
use super::order;
use super::order_line;
use super::refusal::Refusal;
use super::schema::Model;
use super::stock::{
    cancel_moves, demand, is_open, make, moves_of, next_name, number, refresh, state_of,
};
use super::value::{Value, float, time_text};

const PICKING: Model = Model::Picking;
const MOVE: Model = Model::StockMove;

fn moves_of_line(db: &Database, line: Id) -> Vec<Id> {
    db.pointing(MOVE, "purchase_line_id", line).collect()
}

/// Those of the product that the line names now: what was expected of another one counts for nothing.
fn moves_of_its_product(tx: &Tx<'_>, line: Id) -> Vec<Id> {
    let product = tx
        .row(Model::OrderLine, line)
        .and_then(|row| row.reference(Model::OrderLine, "product_id"));
    let moves = moves_of_line(tx.db, line).into_iter();
    moves
        .filter(|id| {
            let of_move = tx
                .row(MOVE, *id)
                .and_then(|row| row.reference(MOVE, "product_id"));
            of_move == product
        })
        .collect()
}

/// The transfers of an order, by id.
pub(super) fn pickings_of(db: &Database, order: Id) -> Vec<Id> {
    let mut pickings: Vec<Id> = order::lines(db, order)
        .into_iter()
        .flat_map(|line| moves_of_line(db, line))
        .filter_map(|id| db.row(MOVE, id)?.reference(MOVE, "picking_id"))
        .collect();
    pickings.sort_unstable();
    pickings.dedup();
    pickings
}

/// Whether nothing of the order is still to come.
pub(super) fn is_shipped(tx: &Tx<'_>, order: Id) -> bool {
    let pickings = pickings_of(tx.db, order);
    !pickings.is_empty() && pickings.iter().all(|id| !is_open(tx, PICKING, *id))
}

/// The order that a transfer belongs to.
pub(super) fn order_of(db: &Database, picking: Id) -> Option<Id> {
    moves_of(db, picking).into_iter().find_map(|id| {
        let line = db.row(MOVE, id)?.reference(MOVE, "purchase_line_id")?;
        db.row(Model::OrderLine, line)?
            .reference(Model::OrderLine, "order_id")
    })
}

/// What has arrived of a line, in the line's unit.
pub(super) fn received(tx: &Tx<'_>, line: Id) -> Decimal {
    let done: Decimal = moves_of_its_product(tx, line)
        .into_iter()
        .filter(|id| state_of(tx, MOVE, *id) == "done")
        .map(|id| number(tx, id, "quantity"))
        .sum();
    match tx.row(Model::OrderLine, line) {
        Some(row) => order_line::in_own_units(tx, row, done),
        None => done,
    }
}

/// Makes the open transfer of a confirmed order demand what these lines order and has not arrived.
pub(super) fn follow_lines(tx: &mut Tx<'_>, order: Id, lines: Vec<Id>) -> Result<(), Refusal> {
    for line in lines {
        let Some(row) = tx.row(Model::OrderLine, line) else {
            continue;
        };
        let product = row
            .reference(Model::OrderLine, "product_id")
            .and_then(|id| tx.row(Model::Product, id));
        let Some(product) = product else { continue };
        let kind = Model::Product.definition().place("type");
        if super::read::raw(tx, Model::Product, product, kind).as_text() != Some("consu") {
            continue;
        }
        let ordered = row.get(Model::OrderLine, "product_qty").as_number();
        let ordered = order_line::in_product_units(tx, row, ordered);
        let moves = moves_of_its_product(tx, line);
        let done = moves.iter().filter(|id| state_of(tx, MOVE, **id) == "done");
        let arrived: Decimal = done.map(|id| number(tx, *id, "quantity")).sum();
        let wanted = (ordered - arrived).max(Decimal::ZERO);
        let open = moves.iter().copied().find(|id| is_open(tx, MOVE, *id));
        match open {
            Some(id) if wanted.is_zero() => {
                demand(tx, id, wanted)?;
                cancel_moves(tx, &[id])?;
            }
            Some(id) if number(tx, id, "product_uom_qty") != wanted => demand(tx, id, wanted)?,
            None if !wanted.is_zero() => add_move(tx, order, line, wanted)?,
            _ => {}
        }
    }
    Ok(())
}

fn add_move(tx: &mut Tx<'_>, order: Id, line: Id, wanted: Decimal) -> Result<(), Refusal> {
    let open = pickings_of(tx.db, order)
        .into_iter()
        .find(|id| is_open(tx, PICKING, *id));
    let picking = match open {
        Some(picking) => picking,
        None => add_picking(tx, order)?,
    };
    let row = tx.existing(Model::OrderLine, line)?;
    let product = row.reference(Model::OrderLine, "product_id");
    let uom = product
        .and_then(|id| tx.row(Model::Product, id))
        .map(|row| {
            let place = Model::Product.definition().place("uom_id");
            super::read::raw(tx, Model::Product, row, place).as_ref_id()
        });
    let date = match row.get(Model::OrderLine, "date_planned") {
        Value::Time(time) => json!(time_text(*time)),
        _ => json!(false),
    };
    let picking_row = tx.existing(PICKING, picking)?;
    let of_picking = |name: &str| json!(picking_row.reference(PICKING, name));
    let vals = json!({
        "product_id": product, "product_uom_qty": float(wanted), "quantity": float(wanted),
        "product_uom": uom, "picking_id": picking, "purchase_line_id": line, "state": "assigned",
        "location_id": of_picking("location_id"), "location_dest_id": of_picking("location_dest_id"),
        "picking_type_id": of_picking("picking_type_id"), "date": date, "date_deadline": date,
        "price_unit": float(row.get(Model::OrderLine, "price_unit").as_number()),
        "origin": picking_row.text(PICKING, "origin"),
    });
    make(tx, MOVE, &vals)?;
    refresh(tx, picking)
}

fn add_picking(tx: &mut Tx<'_>, order: Id) -> Result<Id, Refusal> {
    let row = tx.existing(Model::Order, order)?;
    let kind = row.reference(Model::Order, "picking_type_id");
    let of_kind = |name: &str| {
        kind.and_then(|id| tx.row(Model::PickingType, id))
            .and_then(|row| row.reference(Model::PickingType, name))
    };
    let date = match row.get(Model::Order, "date_planned") {
        Value::Time(time) => *time,
        _ => tx.env.now,
    };
    let mut vals = json!({
        "picking_type_id": kind, "partner_id": row.reference(Model::Order, "partner_id"),
        "origin": row.text(Model::Order, "name"), "scheduled_date": time_text(date),
        "location_id": of_kind("default_location_src_id"),
        "location_dest_id": of_kind("default_location_dest_id"),
    });
    vals["name"] = json!(next_name(tx, kind));
    make(tx, PICKING, &vals)
}

/// Whatever has not arrived of a cancelled order is cancelled too.
pub(super) fn cancel_order(tx: &mut Tx<'_>, order: Id) -> Result<(), Refusal> {
    for picking in pickings_of(tx.db, order) {
        let open: Vec<Id> = moves_of(tx.db, picking)
            .into_iter()
            .filter(|id| is_open(tx, MOVE, *id))
            .collect();
        cancel_moves(tx, &open)?;
    }
    Ok(())
}

/// A deleted line leaves its moves behind, cancelled.
pub(super) fn forget_line(tx: &mut Tx<'_>, line: Id) -> Result<(), Refusal> {
    let place = MOVE.definition().place("purchase_line_id");
    for id in moves_of_line(tx.db, line) {
        if is_open(tx, MOVE, id) {
            cancel_moves(tx, &[id])?;
        }
        tx.update_silently(MOVE, id, place, Value::Empty)?;
    }
    Ok(())
}
