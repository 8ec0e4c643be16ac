//! What the lines of a bill come to: their amounts, the tax lines, the line that is owed, the document's totals.
//!
//! Tax lines are worked out anew when something changes that they come from; until then an amount that somebody set on
//! one stays, which is how a bill's tax is brought to the cent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Id;
use super::bill::{self, is_invoice, is_purchase};
use super::database::{Row, Tx, blank};
use super::refusal::Refusal;
use super::schema::Model;
use super::tax::{self, Base, Settled};
use super::value::Value;
use super::write;

const MOVE: Model = Model::Move;
const LINE: Model = Model::MoveLine;

/// What tax lines come from, to see whether it changed.
#[derive(PartialEq)]
pub(super) struct Picture(Vec<Value>);

pub(super) fn picture(tx: &Tx<'_>, id: Id) -> Picture {
    let mut values = Vec::new();
    if let Some(row) = tx.row(MOVE, id) {
        let names = ["currency_id", "partner_id", "move_type", "invoice_date"];
        values.extend(names.map(|name| row.get(MOVE, name).clone()));
    }
    for row in of_type(tx, id, "product") {
        values.push(Value::Ref(row.id()));
        let names = [
            "quantity",
            "price_unit",
            "discount",
            "tax_ids",
            "account_id",
            "analytic_distribution",
        ];
        values.extend(names.map(|name| row.get(LINE, name).clone()));
    }
    Picture(values)
}

fn of_type<'a>(tx: &'a Tx<'_>, id: Id, kind: &str) -> Vec<&'a Row> {
    tx.db
        .pointing(LINE, "move_id", id)
        .filter_map(|line| tx.row(LINE, line))
        .filter(|row| row.text(LINE, "display_type") == Some(kind))
        .collect()
}

fn base(tx: &Tx<'_>, row: &Row) -> Base {
    let number = |name: &str| row.get(LINE, name).as_number();
    Base {
        quantity: number("quantity"),
        price: number("price_unit"),
        discount: number("discount"),
        taxes: tax::taxes(tx, row.get(LINE, "tax_ids").as_many()),
    }
}

/// Whether what is bought or sold stands on the left of the books.
fn sign(row: &Row) -> Decimal {
    match row.text(MOVE, "move_type") {
        Some("in_refund" | "out_invoice" | "out_receipt") => -Decimal::ONE,
        _ => Decimal::ONE,
    }
}

/// Brings a document's lines and totals up to date; `before` is what its taxes came from until now.
pub(super) fn settle(tx: &mut Tx<'_>, id: Id, before: Option<&Picture>) -> Result<(), Refusal> {
    let row = tx.existing(MOVE, id)?;
    if !is_invoice(row) {
        return settle_entry(tx, id);
    }
    if row.text(MOVE, "state") == Some("draft") {
        let taxes_move = before != Some(&picture(tx, id));
        settle_products(tx, id, taxes_move)?;
        settle_owed(tx, id)?;
    }
    total(tx, id)
}

/// A plain entry must only be in balance.
fn settle_entry(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let rows = bill::lines(tx, id)
        .into_iter()
        .filter_map(|line| tx.row(LINE, line));
    let (mut debit, mut credit) = (Decimal::ZERO, Decimal::ZERO);
    for row in rows {
        debit += row.get(LINE, "debit").as_number();
        credit += row.get(LINE, "credit").as_number();
    }
    if debit != credit {
        return Err(Refusal::user(format!(
            "The entry is not balanced.\nThe total of debits equals ${debit:.2} and the total of credits equals \
             ${credit:.2}."
        )));
    }
    let totals = [
        ("amount_total", Value::Number(debit)),
        ("payment_state", Value::text("not_paid")),
    ];
    tx.store(MOVE, id, totals)
}

fn settle_products(tx: &mut Tx<'_>, id: Id, taxes_move: bool) -> Result<(), Refusal> {
    let row = tx.existing(MOVE, id)?;
    let sign = sign(row);
    let (currency, partner) = (row.get(MOVE, "currency_id").clone(), partner(tx, row));
    let rows = of_type(tx, id, "product");
    let lines: Vec<Id> = rows.iter().map(|row| row.id()).collect();
    let bases: Vec<Base> = rows.into_iter().map(|row| base(tx, row)).collect();
    let settled = tax::settle(&bases, tax::per_line(tx));
    let mut taxes: BTreeMap<Id, Decimal> = BTreeMap::new();
    for (
        line,
        Settled {
            subtotal,
            delta,
            taxes: own,
        },
    ) in lines.iter().zip(&settled)
    {
        for (tax, amount) in own {
            *taxes.entry(*tax).or_default() += *amount;
        }
        let own: Decimal = own.iter().map(|(_, amount)| amount).sum();
        let amounts = amounts(sign * (subtotal + delta));
        let mut values = vec![
            ("price_subtotal", Value::Number(*subtotal)),
            ("price_total", Value::Number(subtotal + own)),
            ("currency_id", currency.clone()),
            ("partner_id", partner.clone()),
        ];
        values.extend(amounts);
        tx.store(LINE, *line, values)?;
    }
    if taxes_move {
        settle_taxes(tx, id, sign, &taxes)?;
    }
    Ok(())
}

/// The partner that is owed: the company of a contact.
fn partner(tx: &Tx<'_>, row: &Row) -> Value {
    row.reference(MOVE, "partner_id")
        .and_then(|id| tx.row(Model::Partner, id))
        .map_or(Value::Empty, |row| {
            row.get(Model::Partner, "commercial_partner_id").clone()
        })
}

/// A balance in all the columns that show it.
pub(super) fn amounts(balance: Decimal) -> [(&'static str, Value); 4] {
    [
        ("balance", Value::Number(balance)),
        ("amount_currency", Value::Number(balance)),
        ("debit", Value::Number(balance.max(Decimal::ZERO))),
        ("credit", Value::Number((-balance).max(Decimal::ZERO))),
    ]
}

fn settle_taxes(
    tx: &mut Tx<'_>,
    id: Id,
    sign: Decimal,
    taxes: &BTreeMap<Id, Decimal>,
) -> Result<(), Refusal> {
    let there: BTreeMap<Id, Id> = of_type(tx, id, "tax")
        .into_iter()
        .filter_map(|row| Some((row.reference(LINE, "tax_line_id")?, row.id())))
        .collect();
    for (tax, line) in &there {
        if taxes.get(tax).is_none_or(Decimal::is_zero) {
            write::delete(tx, LINE, *line)?;
        }
    }
    for (tax, amount) in taxes {
        if amount.is_zero() {
            continue;
        }
        let row = tx.existing(Model::Tax, *tax)?;
        let account = match row.text(Model::Tax, "type_tax_use") {
            Some("sale") => "account.1_tax_received",
            _ => "account.1_tax_paid",
        };
        let mut values = vec![
            ("name", row.get(Model::Tax, "name").clone()),
            ("tax_line_id", Value::Ref(*tax)),
        ];
        values.extend(amounts(sign * amount));
        let line = match there.get(tax) {
            Some(line) => *line,
            None => add(tx, id, "tax", account)?,
        };
        tx.store(LINE, line, values)?;
    }
    Ok(())
}

/// The line of what is owed balances the others.
fn settle_owed(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let sum = |rows: Vec<&Row>| -> Decimal {
        rows.iter()
            .map(|row| row.get(LINE, "balance").as_number())
            .sum()
    };
    let total = sum(of_type(tx, id, "product")) + sum(of_type(tx, id, "tax"));
    let is_empty = of_type(tx, id, "product").is_empty();
    let there = of_type(tx, id, "payment_term").first().map(|row| row.id());
    let row = tx.existing(MOVE, id)?;
    let mut values = vec![
        ("name", row.get(MOVE, "ref").clone()),
        ("date_maturity", row.get(MOVE, "invoice_date_due").clone()),
        ("partner_id", partner(tx, row)),
    ];
    let account = if is_purchase(row) {
        "account.1_payable"
    } else {
        "account.1_receivable"
    };
    let line = match there {
        Some(line) if is_empty => return write::delete(tx, LINE, line),
        None if is_empty => return Ok(()),
        Some(line) => line,
        None => add(tx, id, "payment_term", account)?,
    };
    values.extend(amounts(-total));
    tx.store(LINE, line, values)
}

/// A line that nobody sent.
fn add(tx: &mut Tx<'_>, id: Id, kind: &str, account: &str) -> Result<Id, Refusal> {
    let row = tx.existing(MOVE, id)?;
    let (currency, partner) = (row.get(MOVE, "currency_id").clone(), partner(tx, row));
    let account = tx
        .db
        .external_row(account)
        .map(|row| Value::Ref(super::database::external_target(row).1));
    let definition = LINE.definition();
    let mut values = blank(LINE);
    for (name, value) in [
        ("move_id", Value::Ref(id)),
        ("display_type", Value::text(kind)),
        ("account_id", account.unwrap_or(Value::Empty)),
        ("currency_id", currency),
        ("partner_id", partner),
        ("quantity", Value::Number(Decimal::ONE)),
        ("sequence", Value::Int(10_000)),
    ] {
        values[definition.place(name)] = value;
    }
    Ok(tx.insert(LINE, values))
}

/// Totals and payment state.
pub(super) fn total(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let row = tx.existing(MOVE, id)?;
    let sign = sign(row);
    let of = |kind: &str| -> Decimal {
        of_type(tx, id, kind)
            .iter()
            .map(|row| sign * row.get(LINE, "balance").as_number())
            .sum()
    };
    let (untaxed, tax) = (of("product"), of("tax"));
    let total = untaxed + tax;
    let paid = row.get(MOVE, "amount_paid").as_number();
    let posted = row.text(MOVE, "state") == Some("posted");
    let residual = total - paid;
    let state = if posted && residual.is_zero() {
        "paid"
    } else if posted && !paid.is_zero() {
        "partial"
    } else {
        "not_paid"
    };
    let values = [
        ("amount_untaxed", Value::Number(untaxed)),
        ("amount_tax", Value::Number(tax)),
        ("amount_total", Value::Number(total)),
        ("amount_residual", Value::Number(residual)),
        ("payment_state", Value::text(state)),
    ];
    tx.store(MOVE, id, values)
}

/// A payment, as far as the bill tells of it.
pub(super) fn pay(tx: &mut Tx<'_>, id: Id, amount: Decimal) -> Result<(), Refusal> {
    let row = tx.existing(MOVE, id)?;
    if row.text(MOVE, "state") != Some("posted") {
        return Err(Refusal::user(
            "You can only register payment for posted journal entries.",
        ));
    }
    if row.get(MOVE, "amount_residual").as_number().is_zero() {
        return Err(Refusal::user("There's nothing left to pay"));
    }
    let paid = row.get(MOVE, "amount_paid").as_number() + amount;
    tx.store(MOVE, id, [("amount_paid", Value::Number(paid))])?;
    total(tx, id)
}
