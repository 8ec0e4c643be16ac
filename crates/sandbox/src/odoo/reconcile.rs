//! What settles what: parts of journal items that were matched with each other, and what is left of each item.
//!
//! `reconcile` takes as much as it can, oldest first. A part can also be created (or loaded) by itself, of any amount: as
//! in Odoo, nothing about it is checked, neither its size nor its side nor the account. Once all items that hang
//! together are settled by `reconcile`, they share a full reconciliation.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::balance;
use super::database::{Database, Row, Tx, blank};
use super::payment;
use super::refusal::Refusal;
use super::schema::Model;
use super::value::Value;
use super::write::{self, Values};

const MOVE: Model = Model::Move;
const LINE: Model = Model::MoveLine;
const PARTIAL: Model = Model::Partial;

/// A method of journal items; `None`: there is no such method.
pub(super) fn button(tx: &mut Tx<'_>, name: &str, ids: &[Id]) -> Option<Result<Json, Refusal>> {
    Some(match name {
        "reconcile" => reconcile(tx, ids).map(|()| Json::Null),
        "remove_move_reconcile" => access::check(tx, PARTIAL, Operation::Unlink, &[])
            .and_then(|()| forget(tx, ids))
            .map(|()| Json::Null),
        _ => return None,
    })
}

/// The parts of an item, by id.
pub(super) fn parts(db: &Database, line: Id) -> Vec<Id> {
    let mut parts: Vec<Id> = db
        .pointing(PARTIAL, "debit_move_id", line)
        .chain(db.pointing(PARTIAL, "credit_move_id", line))
        .collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// The items on the other side of an item's parts.
pub(super) fn counterparts(db: &Database, line: Id) -> Vec<Id> {
    parts(db, line)
        .into_iter()
        .filter_map(|part| db.row(PARTIAL, part))
        .flat_map(ends)
        .filter(|other| *other != line)
        .collect()
}

/// The two items of a part: debit, credit.
fn ends(part: &Row) -> Vec<Id> {
    ["debit_move_id", "credit_move_id"]
        .into_iter()
        .filter_map(|name| part.reference(PARTIAL, name))
        .collect()
}

/// All items that hang together with these, and the parts that tie them.
fn component(db: &Database, lines: &[Id]) -> (BTreeSet<Id>, BTreeSet<Id>) {
    let (mut seen, mut tied) = (BTreeSet::new(), BTreeSet::new());
    let mut todo = lines.to_vec();
    while let Some(line) = todo.pop() {
        if !seen.insert(line) {
            continue;
        }
        for part in parts(db, line) {
            tied.insert(part);
            todo.extend(db.row(PARTIAL, part).into_iter().flat_map(ends));
        }
    }
    (seen, tied)
}

fn account<'a>(tx: &'a Tx<'_>, line: &Row) -> Option<&'a Row> {
    let id = line.reference(LINE, "account_id")?;
    tx.row(Model::Account, id)
}

fn has_residual(account: &Row) -> bool {
    account.get(Model::Account, "reconcile").as_bool()
        || matches!(
            account.text(Model::Account, "account_type"),
            Some("asset_cash" | "liability_credit_card")
        )
}

/// What is left of an item, as its balance and its parts have it now.
fn residual(tx: &Tx<'_>, line: &Row) -> Option<Decimal> {
    if !account(tx, line).is_some_and(has_residual) {
        return None;
    }
    let sum = |field: &str| -> Decimal {
        tx.db
            .pointing(PARTIAL, field, line.id())
            .filter_map(|part| tx.row(PARTIAL, part))
            .map(|part| part.get(PARTIAL, "amount").as_number())
            .sum()
    };
    let balance = line.get(LINE, "balance").as_number();
    Some(balance - sum("debit_move_id") + sum("credit_move_id"))
}

/// Stores what is left of an item.
pub(super) fn settle(tx: &mut Tx<'_>, line: Id) -> Result<(), Refusal> {
    let row = tx.existing(LINE, line)?;
    let left = residual(tx, row);
    let amount = left.unwrap_or_default();
    let values = [
        ("amount_residual", Value::Number(amount)),
        ("amount_residual_currency", Value::Number(amount)),
        (
            "reconciled",
            Value::Bool(left.is_some_and(|left| left.is_zero())),
        ),
    ];
    tx.store(LINE, line, values)
}

/// Brings up to date what follows from these items' parts: residuals, numbers, documents and payments.
fn refresh(tx: &mut Tx<'_>, lines: &[Id]) -> Result<(), Refusal> {
    let there: Vec<Id> = lines
        .iter()
        .copied()
        .filter(|line| tx.row(LINE, *line).is_some())
        .collect();
    for line in &there {
        number(tx, *line)?;
    }
    let (all, _) = component(tx.db, &there);
    let mut documents: Vec<Id> = all
        .into_iter()
        .filter_map(|line| tx.row(LINE, line)?.reference(LINE, "move_id"))
        .collect();
    documents.sort_unstable();
    documents.dedup();
    for document in &documents {
        balance::total(tx, *document)?;
    }
    payment::follow(tx, &documents)
}

/// The number that items share which hang together: that of their full reconciliation, or `P` and their first part's.
fn number(tx: &mut Tx<'_>, line: Id) -> Result<(), Refusal> {
    let (all, tied) = component(tx.db, &[line]);
    let full = tied.iter().find_map(|part| {
        tx.row(PARTIAL, *part)?
            .reference(PARTIAL, "full_reconcile_id")
    });
    let number = match (full, tied.first()) {
        (Some(full), _) => Value::text(&full.to_string()),
        (None, Some(first)) => Value::text(&format!("P{first}")),
        (None, None) => Value::Empty,
    };
    for line in all {
        let values = [
            ("matching_number", number.clone()),
            ("full_reconcile_id", full.map_or(Value::Empty, Value::Ref)),
        ];
        tx.store(LINE, line, values)?;
    }
    Ok(())
}

/// `create` of parts.
pub(super) fn create(tx: &mut Tx<'_>, vals_list: &[Values]) -> Result<Vec<Id>, Refusal> {
    let ids = write::create_plain(tx, PARTIAL, vals_list)?;
    date(tx, &ids)?;
    let lines = ends_of(tx, &ids);
    refresh(tx, &lines)?;
    Ok(ids)
}

/// `write` of parts.
pub(super) fn write(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    let mut lines = ends_of(tx, ids);
    write::write_plain(tx, PARTIAL, ids, vals)?;
    date(tx, ids)?;
    lines.extend(ends_of(tx, ids));
    refresh(tx, &lines)
}

fn ends_of(tx: &Tx<'_>, ids: &[Id]) -> Vec<Id> {
    ids.iter()
        .filter_map(|id| tx.row(PARTIAL, *id))
        .flat_map(ends)
        .collect()
}

/// A part counts from the later of its items' dates.
fn date(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    for id in ids {
        let last = ends_of(tx, &[*id])
            .into_iter()
            .filter_map(|line| tx.row(LINE, line)?.reference(LINE, "move_id"))
            .filter_map(|document| tx.row(MOVE, document)?.text(MOVE, "date"))
            .max()
            .map(str::to_owned);
        let last = last.map_or(Value::Empty, |date| Value::text(&date));
        tx.store(PARTIAL, *id, [("max_date", last)])?;
    }
    Ok(())
}

/// `unlink` of parts; a full reconciliation goes with the first of its parts.
pub(super) fn unlink(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    let lines = ends_of(tx, ids);
    let full: BTreeSet<Id> = ids
        .iter()
        .filter_map(|id| {
            tx.row(PARTIAL, *id)?
                .reference(PARTIAL, "full_reconcile_id")
        })
        .collect();
    for full in full {
        let tied: Vec<Id> = tx
            .db
            .rows(PARTIAL)
            .filter(|row| row.reference(PARTIAL, "full_reconcile_id") == Some(full))
            .map(Row::id)
            .collect();
        for part in tied {
            tx.store(PARTIAL, part, [("full_reconcile_id", Value::Empty)])?;
        }
        let lines: Vec<Id> = tx
            .db
            .rows(LINE)
            .filter(|row| row.reference(LINE, "full_reconcile_id") == Some(full))
            .map(Row::id)
            .collect();
        for line in lines {
            tx.store(LINE, line, [("full_reconcile_id", Value::Empty)])?;
        }
        write::delete(tx, Model::Full, full)?;
    }
    for id in ids {
        write::delete(tx, PARTIAL, *id)?;
    }
    refresh(tx, &lines)
}

/// Takes back whatever these items were matched with.
pub(super) fn forget(tx: &mut Tx<'_>, lines: &[Id]) -> Result<(), Refusal> {
    let mut ids: Vec<Id> = lines.iter().flat_map(|line| parts(tx.db, *line)).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(());
    }
    unlink(tx, &ids)
}

fn state<'a>(tx: &'a Tx<'_>, line: &Row) -> Option<&'a str> {
    let document = line.reference(LINE, "move_id")?;
    tx.row(MOVE, document)?.text(MOVE, "state")
}

/// What Odoo refuses to reconcile. Settled items are passed over beside one that they hang together with.
fn check(tx: &Tx<'_>, lines: &[Id]) -> Result<(), Refusal> {
    let rows: Vec<&Row> = lines
        .iter()
        .map(|line| tx.existing(LINE, *line))
        .collect::<Result<_, _>>()?;
    let open: BTreeSet<&str> = rows
        .iter()
        .filter(|row| !row.get(LINE, "reconciled").as_bool())
        .filter_map(|row| row.text(LINE, "matching_number"))
        .filter(|number| number.starts_with('P'))
        .collect();
    let rows: Vec<&Row> = rows
        .into_iter()
        .filter(|row| {
            !row.get(LINE, "reconciled").as_bool()
                || !row
                    .text(LINE, "matching_number")
                    .is_some_and(|number| open.contains(number))
        })
        .collect();
    if rows.iter().any(|row| row.get(LINE, "reconciled").as_bool()) {
        return Err(Refusal::user(
            "You are trying to reconcile some entries that are already reconciled.",
        ));
    }
    if rows.iter().any(|row| state(tx, row) == Some("cancel")) {
        return Err(Refusal::user("You can not reconcile cancelled entries."));
    }
    let accounts: BTreeMap<Id, &Row> = rows
        .iter()
        .filter_map(|row| account(tx, row))
        .map(|row| (row.id(), row))
        .collect();
    let name = |row: &Row| {
        row.text(Model::Account, "name")
            .unwrap_or_default()
            .to_owned()
    };
    if accounts.len() > 1 {
        let names: Vec<String> = accounts.values().map(|row| name(row)).collect();
        return Err(Refusal::user(format!(
            "Entries are not from the same account: {}",
            names.join(", ")
        )));
    }
    match accounts.values().next() {
        Some(account) if !has_residual(account) => Err(Refusal::user(format!(
            "Account {} does not allow reconciliation. First change the configuration of this account to allow it.",
            name(account)
        ))),
        _ => Ok(()),
    }
}

/// `reconcile`: debits with credits, each in the order of their due dates, as far as they go.
pub(super) fn reconcile(tx: &mut Tx<'_>, lines: &[Id]) -> Result<(), Refusal> {
    access::check(tx, PARTIAL, Operation::Create, &[])?;
    check(tx, lines)?;
    let mut open: Vec<(String, Decimal, Id, Decimal)> = Vec::new();
    for line in lines {
        let row = tx.existing(LINE, *line)?;
        let due = row.text(LINE, "date_maturity").unwrap_or_default();
        let left = row.get(LINE, "amount_residual").as_number();
        let balance = row.get(LINE, "balance").as_number();
        open.push((due.to_owned(), balance, *line, left));
    }
    open.sort();
    let side = |sign: bool| -> Vec<(Id, Decimal)> {
        open.iter()
            .filter(|(_, balance, _, left)| {
                !left.is_zero() && !balance.is_zero() && balance.is_sign_positive() == sign
            })
            .map(|(_, _, line, left)| (*line, left.abs()))
            .collect()
    };
    let (mut debits, mut credits) = (side(true), side(false));
    let (mut debit, mut credit) = (0, 0);
    let mut made = Vec::new();
    while let (Some(one), Some(other)) = (debits.get_mut(debit), credits.get_mut(credit)) {
        let amount = one.1.min(other.1);
        made.push(json!({
            "debit_move_id": one.0, "credit_move_id": other.0, "amount": super::value::float(amount),
            "debit_amount_currency": super::value::float(amount),
            "credit_amount_currency": super::value::float(amount),
        }));
        one.1 -= amount;
        other.1 -= amount;
        debit += usize::from(one.1.is_zero());
        credit += usize::from(other.1.is_zero());
    }
    let made: Vec<Values> = made
        .into_iter()
        .filter_map(|values| values.as_object().cloned())
        .collect();
    if !made.is_empty() {
        create(tx, &made)?;
    }
    close(tx, lines)
}

/// Ties together what is settled as a whole.
fn close(tx: &mut Tx<'_>, lines: &[Id]) -> Result<(), Refusal> {
    for line in lines {
        let (all, tied) = component(tx.db, &[*line]);
        let settled = |line: &Id| {
            tx.row(LINE, *line)
                .is_some_and(|row| row.get(LINE, "reconciled").as_bool())
        };
        let known = tx
            .row(LINE, *line)
            .is_some_and(|row| row.get(LINE, "full_reconcile_id").is_set());
        if known || tied.is_empty() || !all.iter().all(settled) {
            continue;
        }
        let full = tx.insert(Model::Full, blank(Model::Full));
        for part in tied {
            tx.store(PARTIAL, part, [("full_reconcile_id", Value::Ref(full))])?;
        }
        number(tx, *line)?;
    }
    Ok(())
}

/// A credit note that names what it reverses is reconciled with it when it is posted.
pub(super) fn reverse(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let Some(origin) = tx.existing(MOVE, id)?.reference(MOVE, "reversed_entry_id") else {
        return Ok(());
    };
    let posted = tx
        .row(MOVE, origin)
        .is_some_and(|row| row.text(MOVE, "state") == Some("posted"));
    if !posted {
        return Ok(());
    }
    let mut by_account: BTreeMap<Option<Id>, Vec<Id>> = BTreeMap::new();
    for line in [origin, id]
        .into_iter()
        .flat_map(|document| super::bill::lines(tx, document))
    {
        let row = tx.existing(LINE, line)?;
        if account(tx, row).is_some_and(has_residual) && !row.get(LINE, "reconciled").as_bool() {
            let account = row.reference(LINE, "account_id");
            by_account.entry(account).or_default().push(line);
        }
    }
    for lines in by_account.into_values() {
        reconcile(tx, &lines)?;
    }
    Ok(())
}
