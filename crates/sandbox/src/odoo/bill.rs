//! Bills, invoices, credit notes and other journal entries: defaults, dates, what may be changed when.
//!
//! A document that does not say that it is a bill or an invoice is a plain entry. A bill that has only its own date is
//! booked today, or at the end of its month when that is over, and is due today: send all three dates. An invoice is
//! booked at its own date.

use jiff::civil::Date;
use serde_json::{Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::balance;
use super::bill_line;
use super::database::{Row, Tx};
use super::order::{self, Cause};
use super::period;
use super::refusal::Refusal;
use super::schema::Model;
use super::value::{Value, is_truthy};
use super::write::{self, Values};

const MOVE: Model = Model::Move;
const LINE: Model = Model::MoveLine;

/// What cannot be written on a posted document, even with the value that it has.
const FIXED_WHEN_POSTED: [&str; 7] = [
    "invoice_date",
    "date",
    "partner_id",
    "invoice_payment_term_id",
    "currency_id",
    "invoice_line_ids",
    "line_ids",
];

/// `create`.
pub(super) fn create(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    access::check(tx, MOVE, Operation::Create, &[])?;
    let mut ids = Vec::with_capacity(vals_list.len());
    for mut vals in vals_list {
        write::check_names(MOVE, &vals)?;
        fill(tx, &mut vals)?;
        let today = json!(period::today(tx).to_string());
        let mut stored = vals.clone();
        stored.entry("date").or_insert(today);
        let id = tx.compose(|tx| write::create_plain(tx, MOVE, &[stored]))?[0];
        set_dates(tx, id, &vals)?;
        set_shipping(tx, id, &vals)?;
        balance::settle(tx, id, None)?;
        follow_orders(tx, &orders_of(tx, id))?;
        ids.push(id);
    }
    Ok(ids)
}

fn fill(tx: &Tx<'_>, vals: &mut Values) -> Result<(), Refusal> {
    let kind = vals
        .get("move_type")
        .and_then(Json::as_str)
        .unwrap_or("entry");
    let journals = match kind {
        "in_invoice" | "in_refund" | "in_receipt" => "purchase",
        "out_invoice" | "out_refund" | "out_receipt" => "sale",
        _ => "general",
    };
    if let Some(field) = terms_of(journals) {
        take_terms(tx, vals, field);
    }
    if !vals.get("journal_id").is_some_and(is_truthy) {
        let journal = tx
            .db
            .rows(Model::Journal)
            .find(|row| {
                row.text(Model::Journal, "type") == Some(journals)
                    && row.get(Model::Journal, "active").as_bool()
            })
            .map(Row::id)
            .ok_or_else(|| {
                Refusal::user(format!(
                    "No journal could be found in company My Company for any of those types: {journals}"
                ))
            })?;
        vals.insert("journal_id".to_owned(), json!(journal));
    }
    // A document cannot be without an accounting date; the rules for bills set it below.
    if !vals.get("date").is_some_and(is_truthy) {
        vals.remove("date");
    }
    Ok(())
}

/// Where a partner has the terms for documents of this kind of journal.
fn terms_of(journals: &str) -> Option<&'static str> {
    match journals {
        "purchase" => Some("property_supplier_payment_term_id"),
        "sale" => Some("property_payment_term_id"),
        _ => None,
    }
}

/// The partner's terms, unless the document has some of its own.
fn take_terms(tx: &Tx<'_>, vals: &mut Values, field: &str) {
    let term = vals
        .get("partner_id")
        .and_then(Json::as_i64)
        .and_then(|id| tx.row(Model::Partner, Id(id)))
        .and_then(|row| row.reference(Model::Partner, field));
    vals.entry("invoice_payment_term_id")
        .or_insert_with(|| json!(term));
}

/// `write`.
pub(super) fn write(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    for id in ids {
        let row = tx.existing(MOVE, *id)?;
        let state = vals.get("state").and_then(Json::as_str);
        if state.or(row.text(MOVE, "state")) == Some("posted") {
            refuse_fixed(vals)?;
        }
    }
    for id in ids {
        let before = balance::picture(tx, *id);
        let orders = orders_of(tx, *id);
        let mut vals = vals.clone();
        let row = tx.existing(MOVE, *id)?;
        let partner = row.reference(MOVE, "partner_id").map(|id| id.0);
        let terms = if is_purchase(row) {
            terms_of("purchase")
        } else {
            terms_of("sale").filter(|_| is_sale(row))
        };
        let other = |new: &Json| new.as_i64() != partner;
        if let Some(field) = terms
            && vals.get("partner_id").is_some_and(other)
        {
            take_terms(tx, &mut vals, field);
        }
        tx.compose(|tx| write::write_plain(tx, MOVE, &[*id], &vals))?;
        set_dates(tx, *id, &vals)?;
        set_shipping(tx, *id, &vals)?;
        balance::settle(tx, *id, Some(&before))?;
        let mut orders = [orders, orders_of(tx, *id)].concat();
        orders.sort_unstable();
        orders.dedup();
        follow_orders(tx, &orders)?;
    }
    Ok(())
}

fn refuse_fixed(vals: &Values) -> Result<(), Refusal> {
    let fixed: Vec<&str> = FIXED_WHEN_POSTED
        .into_iter()
        .filter(|name| vals.contains_key(*name))
        .collect();
    if fixed.is_empty() {
        return Ok(());
    }
    Err(Refusal::user(format!(
        "You cannot modify the following readonly fields on a posted move: {}",
        fixed.join(", ")
    )))
}

/// Whether the document has a bill's or an invoice's lines.
pub(super) fn is_invoice(row: &Row) -> bool {
    row.text(MOVE, "move_type") != Some("entry")
}

pub(super) fn is_purchase(row: &Row) -> bool {
    row.text(MOVE, "move_type")
        .is_some_and(|kind| kind.starts_with("in_"))
}

pub(super) fn is_sale(row: &Row) -> bool {
    row.text(MOVE, "move_type")
        .is_some_and(|kind| kind.starts_with("out_"))
}

/// Where goods go that somebody is invoiced for: the partner's delivery address, or else the partner.
fn set_shipping(tx: &mut Tx<'_>, id: Id, vals: &Values) -> Result<(), Refusal> {
    let row = tx.existing(MOVE, id)?;
    if !is_invoice(row)
        || vals.contains_key("partner_shipping_id")
        || !vals.contains_key("partner_id")
    {
        return Ok(());
    }
    let to = row.reference(MOVE, "partner_id").map(|partner| {
        tx.db
            .pointing(Model::Partner, "parent_id", partner)
            .filter_map(|id| tx.row(Model::Partner, id))
            .find(|row| {
                row.text(Model::Partner, "type") == Some("delivery")
                    && row.get(Model::Partner, "active").as_bool()
            })
            .map_or(partner, Row::id)
    });
    let to = to.map_or(Value::Empty, Value::Ref);
    tx.store(MOVE, id, [("partner_shipping_id", to)])
}

/// Accounting date and due date, where nobody set them.
pub(super) fn set_dates(tx: &mut Tx<'_>, id: Id, vals: &Values) -> Result<(), Refusal> {
    let row = tx.existing(MOVE, id)?;
    if !is_invoice(row) {
        return Ok(());
    }
    let definition = MOVE.definition();
    let mut changes = Vec::new();
    let given = |name: &str| vals.get(name).is_some_and(is_truthy);
    let own = date(row, "invoice_date");
    if vals.contains_key("invoice_date")
        && !given("date")
        && let Some(own) = own
    {
        let booked = if is_purchase(row) {
            period::accounting_date(tx, row, own)
        } else {
            own
        };
        changes.push((definition.place("date"), Value::text(&booked.to_string())));
    }
    // With payment terms, whatever moves the amounts or the date brings their due date back.
    let moved = [
        "invoice_date",
        "invoice_payment_term_id",
        "invoice_line_ids",
        "line_ids",
    ]
    .iter()
    .any(|name| vals.contains_key(*name));
    let unset = !row.get(MOVE, "invoice_date_due").is_set();
    if !given("invoice_date_due") && (moved || unset) {
        let term = row.reference(MOVE, "invoice_payment_term_id");
        let known = date(row, "invoice_date_due");
        let due = term
            .and_then(|term| period::due(tx, term, own.unwrap_or_else(|| period::today(tx))))
            .or(known)
            .unwrap_or_else(|| period::today(tx));
        changes.push((
            definition.place("invoice_date_due"),
            Value::text(&due.to_string()),
        ));
    }
    let row = tx.existing(MOVE, id)?;
    changes.retain(|(place, value)| row.values[*place] != *value);
    if changes.is_empty() {
        return Ok(());
    }
    tx.update(MOVE, id, changes)
}

/// A date of the document.
pub(super) fn date(row: &Row, name: &str) -> Option<Date> {
    row.text(MOVE, name)?.parse().ok()
}

pub(super) fn lines(tx: &Tx<'_>, id: Id) -> Vec<Id> {
    tx.db.pointing(LINE, "move_id", id).collect()
}

/// The purchase orders whose lines the document bills.
pub(super) fn orders_of(tx: &Tx<'_>, id: Id) -> Vec<Id> {
    let mut orders: Vec<Id> = lines(tx, id)
        .into_iter()
        .filter_map(|line| tx.row(LINE, line)?.reference(LINE, "purchase_line_id"))
        .filter_map(|line| {
            tx.row(Model::OrderLine, line)?
                .reference(Model::OrderLine, "order_id")
        })
        .collect();
    orders.sort_unstable();
    orders.dedup();
    orders
}

/// What was billed of orders changes with their bills, whoever may write the orders.
pub(super) fn follow_orders(tx: &mut Tx<'_>, orders: &[Id]) -> Result<(), Refusal> {
    tx.as_superuser(|tx| order::settle(tx, orders, Cause::Lines))
}

/// Posted documents stay, and so does whoever is not the last of the numbers.
pub(super) fn check_unlink(tx: &Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    for id in ids {
        let Some(row) = tx.row(MOVE, *id) else {
            continue;
        };
        if row.text(MOVE, "state") == Some("posted") {
            return Err(Refusal::user(bill_line::POSTED_STAYS));
        }
        if row.text(MOVE, "name").is_some_and(|name| name != "/")
            && tx.env.user != super::database::ADMIN
            && !period::is_last_number(tx, row, ids)
        {
            return Err(Refusal::user(
                "You cannot delete this entry, as it has already consumed a sequence number and is not the last one \
                 in the chain. You should probably revert it instead.",
            ));
        }
    }
    Ok(())
}

/// Documents of the same vendor with the same reference: Odoo only shows them.
pub(super) fn duplicates(tx: &Tx<'_>, row: &Row) -> Vec<Id> {
    let (Some(reference), Some(partner)) =
        (row.text(MOVE, "ref"), row.reference(MOVE, "partner_id"))
    else {
        return Vec::new();
    };
    tx.db
        .rows(MOVE)
        .filter(|other| {
            let same_date = match (date(row, "invoice_date"), date(other, "invoice_date")) {
                (Some(own), Some(theirs)) => own == theirs,
                _ => true,
            };
            other.id() != row.id()
                && other.text(MOVE, "ref") == Some(reference)
                && other.reference(MOVE, "partner_id") == Some(partner)
                && other.text(MOVE, "move_type") == row.text(MOVE, "move_type")
                && other.text(MOVE, "state") != Some("cancel")
                && same_date
        })
        .map(Row::id)
        .collect()
}
