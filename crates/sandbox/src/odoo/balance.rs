//! What the lines of a bill or an invoice come to: their amounts, the tax lines, the line that is owed, the document's totals.
//!
//! Tax lines are worked out anew when something changes that they come from, and when a document becomes a draft again;
//! until then an amount that somebody set on one stays, which is how a document's tax is brought to the cent.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::Id;
use super::bill::{self, is_invoice, is_purchase};
use super::database::{Row, Tx, blank, external_name};
use super::payment;
use super::reconcile;
use super::refusal::Refusal;
use super::schema::Model;
use super::tax::{self, Base, Settled};
use super::value::Value;
use super::write;

const MOVE: Model = Model::Move;
const LINE: Model = Model::MoveLine;

/// What tax lines come from, to see whether it changed.
pub(super) struct Picture {
    document: Vec<Value>,
    /// What stands on each line that may bear taxes, and whether it does.
    lines: BTreeMap<Id, (Vec<Value>, bool)>,
}

impl Picture {
    /// Whether taxes are worked out anew now that it looks like `now`: whenever a line that was there is another, or gone,
    /// and when a new one bears taxes. A line without taxes counts as well, once it is there.
    fn moves_taxes(&self, now: &Self) -> bool {
        let changed = |(line, (values, taxed)): (&Id, &(Vec<Value>, bool))| {
            self.lines
                .get(line)
                .map_or(*taxed, |(before, _)| before != values)
        };
        self.document != now.document
            || self.lines.keys().any(|line| !now.lines.contains_key(line))
            || now.lines.iter().any(changed)
    }
}

pub(super) fn picture(tx: &Tx<'_>, id: Id) -> Picture {
    let mut document = Vec::new();
    let mut owed = Value::Empty;
    if let Some(row) = tx.row(MOVE, id) {
        let names = ["currency_id", "move_type"];
        document.extend(names.map(|name| row.get(MOVE, name).clone()));
        owed = partner(tx, row);
    }
    let names = [
        "quantity",
        "price_unit",
        "discount",
        "tax_ids",
        "account_id",
        "analytic_distribution",
    ];
    let lines = of_type(tx, id, "product")
        .into_iter()
        .map(|row| {
            let mut values: Vec<Value> = names
                .iter()
                .map(|name| row.get(LINE, name).clone())
                .collect();
            values.push(owed.clone());
            (row.id(), (values, row.get(LINE, "tax_ids").is_set()))
        })
        .collect();
    Picture { document, lines }
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
        let taxes_move = before.is_none_or(|before| before.moves_taxes(&picture(tx, id)));
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
    tx.store(MOVE, id, [("amount_total", Value::Number(debit))])?;
    total(tx, id)
}

fn settle_products(tx: &mut Tx<'_>, id: Id, taxes_move: bool) -> Result<(), Refusal> {
    let row = tx.existing(MOVE, id)?;
    let sign = sign(row);
    let (currency, partner) = (row.get(MOVE, "currency_id").clone(), partner(tx, row));
    let rows = of_type(tx, id, "product");
    let lines: Vec<Id> = rows.iter().map(|row| row.id()).collect();
    let bases: Vec<Base> = rows.into_iter().map(|row| base(tx, row)).collect();
    let settled = tax::settle(&bases, tax::per_line(tx));
    let mut taxes: BTreeMap<(Id, Option<Id>), Decimal> = BTreeMap::new();
    for (
        line,
        Settled {
            subtotal,
            delta,
            taxes: own,
        },
    ) in lines.iter().zip(&settled)
    {
        let booked = tx.existing(LINE, *line)?.reference(LINE, "account_id");
        for (tax, amount) in own {
            let account = tax_account(tx, *tax).or(booked);
            *taxes.entry((*tax, account)).or_default() += *amount;
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

/// Where the chart's own taxes are booked. Those that somebody made have no account: each stands where the lines do that
/// bear it.
fn tax_account(tx: &Tx<'_>, tax: Id) -> Option<Id> {
    let charted = tx
        .db
        .external_rows_of(Model::Tax.name(), tax)
        .any(|row| external_name(row).starts_with("account.1_"));
    let account = match tx.row(Model::Tax, tax)?.text(Model::Tax, "type_tax_use") {
        Some("sale") => "account.1_tax_received",
        _ => "account.1_tax_paid",
    };
    charted.then(|| known(tx, account)).flatten()
}

fn known(tx: &Tx<'_>, external_id: &str) -> Option<Id> {
    let row = tx.db.external_row(external_id)?;
    Some(super::database::external_target(row).1)
}

fn settle_taxes(
    tx: &mut Tx<'_>,
    id: Id,
    sign: Decimal,
    taxes: &BTreeMap<(Id, Option<Id>), Decimal>,
) -> Result<(), Refusal> {
    let there: BTreeMap<(Id, Option<Id>), Id> = of_type(tx, id, "tax")
        .into_iter()
        .filter_map(|row| {
            let tax = row.reference(LINE, "tax_line_id")?;
            Some(((tax, row.reference(LINE, "account_id")), row.id()))
        })
        .collect();
    for (key, line) in &there {
        if taxes.get(key).is_none_or(Decimal::is_zero) {
            write::delete(tx, LINE, *line)?;
        }
    }
    for (key, amount) in taxes {
        if amount.is_zero() {
            continue;
        }
        let (tax, account) = *key;
        let row = tx.existing(Model::Tax, tax)?;
        let mut values = vec![
            ("name", row.get(Model::Tax, "name").clone()),
            ("tax_line_id", Value::Ref(tax)),
        ];
        values.extend(amounts(sign * amount));
        let line = match there.get(key) {
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
        ("date_maturity", row.get(MOVE, "invoice_date_due").clone()),
        ("partner_id", partner(tx, row)),
    ];
    let account = if is_purchase(row) {
        "account.1_payable"
    } else {
        "account.1_receivable"
    };
    let account = known(tx, account);
    let line = match there {
        Some(line) if is_empty => {
            reconcile::forget(tx, &[line])?;
            return write::delete(tx, LINE, line);
        }
        None if is_empty => return Ok(()),
        Some(line) => line,
        None => add(tx, id, "payment_term", account)?,
    };
    // What is owed is another amount: it is no longer settled by what settled it.
    if tx.existing(LINE, line)?.get(LINE, "balance").as_number() != -total {
        reconcile::forget(tx, &[line])?;
    }
    values.extend(amounts(-total));
    tx.store(LINE, line, values)?;
    label(tx, id)
}

/// The line of what is owed says what to pay by, once there is something to say.
pub(super) fn label(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let row = tx.existing(MOVE, id)?;
    let (own, to_say) = (row.text(MOVE, "ref"), row.text(MOVE, "payment_reference"));
    let label = match (own, to_say) {
        (Some(own), Some(to_say)) if own != to_say => Some(format!("{own} - {to_say}")),
        (_, Some(to_say)) => Some(to_say.to_owned()),
        (Some(own), None) if is_purchase(row) => Some(own.to_owned()),
        _ => None,
    };
    let line = of_type(tx, id, "payment_term").first().map(|row| row.id());
    match (label, line) {
        (Some(label), Some(line)) => tx.store(LINE, line, [("name", Value::text(&label))]),
        _ => Ok(()),
    }
}

/// A line that nobody sent.
fn add(tx: &mut Tx<'_>, id: Id, kind: &str, account: Option<Id>) -> Result<Id, Refusal> {
    let row = tx.existing(MOVE, id)?;
    let (currency, partner) = (row.get(MOVE, "currency_id").clone(), partner(tx, row));
    let account = account.map_or(Value::Empty, Value::Ref);
    let definition = LINE.definition();
    let mut values = blank(LINE);
    for (name, value) in [
        ("move_id", Value::Ref(id)),
        ("display_type", Value::text(kind)),
        ("account_id", account),
        ("currency_id", currency),
        ("partner_id", partner),
        ("quantity", Value::Number(Decimal::ONE)),
        ("sequence", Value::Int(10_000)),
    ] {
        values[definition.place(name)] = value;
    }
    Ok(tx.insert(LINE, values))
}

/// Totals, what is left of each item, and the payment state.
pub(super) fn total(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    for line in bill::lines(tx, id) {
        reconcile::settle(tx, line)?;
    }
    let row = tx.existing(MOVE, id)?;
    if !is_invoice(row) {
        return tx.store(MOVE, id, [("payment_state", Value::text("not_paid"))]);
    }
    let sign = sign(row);
    let of = |kind: &str, field: &str| -> Decimal {
        of_type(tx, id, kind)
            .iter()
            .map(|row| sign * row.get(LINE, field).as_number())
            .sum()
    };
    let (untaxed, tax) = (of("product", "balance"), of("tax", "balance"));
    let values = [
        ("amount_untaxed", Value::Number(untaxed)),
        ("amount_tax", Value::Number(tax)),
        ("amount_total", Value::Number(untaxed + tax)),
        (
            "amount_residual",
            Value::Number(-of("payment_term", "amount_residual")),
        ),
    ];
    tx.store(MOVE, id, values)?;
    let state = Value::text(payment_state(tx, id)?);
    tx.store(MOVE, id, [("payment_state", state)])
}

/// How far an invoice or a bill is paid. A draft that was reconciled before keeps what it is.
fn payment_state(tx: &Tx<'_>, id: Id) -> Result<&'static str, Refusal> {
    let row = tx.existing(MOVE, id)?;
    let posted = row.text(MOVE, "state") == Some("posted");
    let draft = row.text(MOVE, "state") == Some("draft");
    if !(posted || draft && row.get(MOVE, "amount_total").is_set()) {
        return Ok("not_paid");
    }
    let paid = if tx.db.accounting_app {
        "in_payment"
    } else {
        "paid"
    };
    let settlers: Vec<&Row> = of_type(tx, id, "payment_term")
        .into_iter()
        .flat_map(|line| reconcile::counterparts(tx.db, line.id()))
        .filter_map(|line| tx.row(LINE, line)?.reference(LINE, "move_id"))
        .filter_map(|document| tx.row(MOVE, document))
        .filter(|other| other.id() != id)
        .collect();
    let payments: Vec<&Row> = settlers
        .iter()
        .filter_map(|row| tx.row(Model::Payment, row.reference(MOVE, "origin_payment_id")?))
        .collect();
    let tied = |state: &str| {
        payment::tied_to(tx, id)
            .into_iter()
            .filter_map(|id| tx.row(Model::Payment, id))
            .any(|row| {
                row.reference(Model::Payment, "move_id").is_none()
                    && row.text(Model::Payment, "state") == Some(state)
            })
    };
    Ok(if row.get(MOVE, "amount_residual").as_number().is_zero() {
        let matched = |row: &&Row| row.get(Model::Payment, "is_matched").as_bool();
        if !payments.is_empty() {
            if payments.iter().all(matched) {
                "paid"
            } else {
                paid
            }
        } else if is_reversed(row, &settlers) {
            "reversed"
        } else {
            "paid"
        }
    } else if posted && tied("in_process") {
        paid
    } else if !settlers.is_empty() {
        "partial"
    } else if posted && tied("paid") {
        paid
    } else {
        "not_paid"
    })
}

/// Whether a credit note settled an invoice, or plain entries a credit note.
fn is_reversed(row: &Row, settlers: &[&Row]) -> bool {
    let kinds: BTreeSet<&str> = settlers
        .iter()
        .filter_map(|row| row.text(MOVE, "move_type"))
        .collect();
    let only = |one: &str| {
        kinds.contains(one) && kinds.iter().all(|kind| *kind == one || *kind == "entry")
    };
    match row.text(MOVE, "move_type") {
        Some("in_invoice" | "in_receipt") => only("in_refund"),
        Some("out_invoice" | "out_receipt") => only("out_refund"),
        _ => kinds.len() == 1 && kinds.contains("entry"),
    }
}
