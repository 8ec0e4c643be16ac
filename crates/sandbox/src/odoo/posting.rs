//! Posting bills and invoices, and taking them back.
//!
//! Several documents are posted all or none. What posts gets its number, leaves its amounts on analytic accounts, and
//! counts for its vendor, whose record is written. Neither a second bill with the same reference nor an analytic account
//! that does not exist is refused.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

use super::access::{self, Operation};
use super::balance;
use super::bill::{self, is_invoice, is_purchase};
use super::computed::root_plan;
use super::database::{Row, Tx};
use super::fields::PLANS_MAX;
use super::period;
use super::reconcile;
use super::refusal::{Kind, Refusal};
use super::schema::Model;
use super::value::{Value, float, rounded};
use super::write;
use super::{Group, Id};

const MOVE: Model = Model::Move;
const LINE: Model = Model::MoveLine;

/// A method of documents that changes their state; `None`: there is no such method.
pub(super) fn button(tx: &mut Tx<'_>, name: &str, ids: &[Id]) -> Option<Result<Json, Refusal>> {
    Some(match name {
        "action_post" => post(tx, ids).map(|()| json!(false)),
        "button_draft" => draft(tx, ids).map(|()| Json::Null),
        "button_cancel" => cancel(tx, ids).map(|()| Json::Null),
        _ => return None,
    })
}

fn state<'a>(tx: &'a Tx<'_>, id: Id) -> &'a str {
    tx.row(MOVE, id)
        .and_then(|row| row.text(MOVE, "state"))
        .unwrap_or_default()
}

pub(super) fn post(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    access::check(tx, MOVE, Operation::Write, ids)?;
    if !access::is_in(tx, Group::Invoicing) {
        return Err(Refusal::new(
            Kind::Access,
            "You don't have the access rights to post an invoice.",
        ));
    }
    let mut wrong: Vec<String> = Vec::new();
    for id in ids {
        let row = tx.existing(MOVE, *id)?;
        for message in objections(tx, row) {
            if !wrong.contains(&message) {
                wrong.push(message);
            }
        }
    }
    if !wrong.is_empty() {
        return Err(Refusal::user(wrong.join("\n")));
    }
    date_sales(tx, ids)?;
    for id in &in_order(tx, ids) {
        let row = tx.existing(MOVE, *id)?;
        if let Some(date) = period::unlocked_date(tx, row) {
            let date = Value::text(&date.to_string());
            tx.store(MOVE, *id, [("date", date)])?;
        }
        let row = tx.existing(MOVE, *id)?;
        let name = period::number(tx, row)?.map_or(Value::Empty, |name| Value::text(&name));
        let counted = counted(tx, row);
        let reference = row.text(MOVE, "move_type") == Some("out_invoice")
            && !row.get(MOVE, "payment_reference").is_set();
        tx.as_superuser(|tx| leave_analytic_lines(tx, *id))?;
        let mut values = vec![
            ("name", name.clone()),
            ("state", Value::text("posted")),
            ("posted_before", Value::Bool(true)),
        ];
        if reference {
            values.push(("payment_reference", name));
        }
        tx.store(MOVE, *id, values)?;
        balance::label(tx, *id)?;
        balance::total(tx, *id)?;
        reconcile::reverse(tx, *id)?;
        if let Some((partner, purchase)) = counted {
            count(tx, partner, purchase)?;
        }
        let orders = bill::orders_of(tx, *id);
        bill::follow_orders(tx, &orders)?;
    }
    Ok(())
}

/// An invoice without a date is of today.
fn date_sales(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    for id in ids {
        let row = tx.existing(MOVE, *id)?;
        if bill::is_sale(row) && bill::date(row, "invoice_date").is_none() {
            let today = period::today(tx).to_string();
            tx.store(MOVE, *id, [("invoice_date", Value::text(&today))])?;
            let said = Map::from_iter([("invoice_date".to_owned(), json!(today))]);
            bill::set_dates(tx, *id, &said)?;
            balance::settle(tx, *id, None)?;
        }
    }
    Ok(())
}

/// Numbers are given in the order of dates.
fn in_order(tx: &Tx<'_>, ids: &[Id]) -> Vec<Id> {
    let mut ids = ids.to_vec();
    ids.sort_by_key(|id| {
        let text = |name| tx.row(MOVE, *id).and_then(|row| row.text(MOVE, name));
        let (date, reference) = (text("date"), text("ref"));
        (date.map(str::to_owned), reference.map(str::to_owned), *id)
    });
    ids
}

/// For whom a document counts, and whether as a vendor. Of a payment's entry that is whoever owes or is owed.
fn counted(tx: &Tx<'_>, row: &Row) -> Option<(Id, bool)> {
    if is_invoice(row) {
        return Some((row.reference(MOVE, "partner_id")?, is_purchase(row)));
    }
    bill::lines(tx, row.id()).into_iter().find_map(|line| {
        let line = tx.row(LINE, line)?;
        let account = tx.row(Model::Account, line.reference(LINE, "account_id")?)?;
        let purchase = match account.text(Model::Account, "account_type")? {
            "liability_payable" => true,
            "asset_receivable" => false,
            _ => return None,
        };
        Some((line.reference(LINE, "partner_id")?, purchase))
    })
}

fn objections(tx: &Tx<'_>, row: &Row) -> Vec<String> {
    let mut out = Vec::new();
    let lines: Vec<&Row> = bill::lines(tx, row.id())
        .into_iter()
        .filter_map(|id| tx.row(LINE, id))
        .collect();
    if is_invoice(row) {
        if row.get(MOVE, "amount_total").as_number() < Decimal::ZERO {
            out.push(
                "You cannot validate an invoice with a negative total amount. You should create a credit note \
                 instead. Use the action menu to transform it into a credit note or refund."
                    .to_owned(),
            );
        }
        if row.reference(MOVE, "partner_id").is_none() {
            out.push(
                if is_purchase(row) {
                    "The field 'Vendor' is required, please complete it to validate the Vendor Bill."
                } else {
                    "The 'Customer' field is required to validate the invoice.\nYou probably don't want to explain to \
                     your auditor that you invoiced an invisible man :)"
                }
                .to_owned(),
            );
        }
        if is_purchase(row) && bill::date(row, "invoice_date").is_none() {
            out.push("The Bill/Refund date is required to validate this document.".to_owned());
        }
    }
    if row.text(MOVE, "state") != Some("draft") {
        let name = row.text(MOVE, "name").unwrap_or("False");
        out.push(format!(
            "The entry {name} (id {}) must be in draft.",
            row.id()
        ));
    }
    let counts = |line: &&&Row| {
        !matches!(
            line.text(LINE, "display_type"),
            Some("line_section" | "line_subsection" | "line_note")
        )
    };
    if lines.iter().filter(counts).count() == 0 {
        out.push("Even magicians can't post nothing!".to_owned());
    }
    let currency = row
        .reference(MOVE, "currency_id")
        .and_then(|id| tx.row(Model::Currency, id));
    if let Some(currency) = currency.filter(|row| !row.get(Model::Currency, "active").as_bool()) {
        out.push(format!(
            "You cannot validate a document with an inactive currency: {}",
            currency.text(Model::Currency, "name").unwrap_or_default()
        ));
    }
    let archived = |line: &&Row| {
        line.reference(LINE, "account_id")
            .and_then(|id| tx.row(Model::Account, id))
            .is_some_and(|row| !row.get(Model::Account, "active").as_bool())
    };
    if lines.iter().any(archived) {
        out.push("A line of this move is using a archived account, you cannot post it.".to_owned());
    }
    out
}

/// Whoever bills is a vendor: each posted bill writes the partner and its company.
fn count(tx: &mut Tx<'_>, partner: Id, purchase: bool) -> Result<(), Refusal> {
    let row = tx.existing(Model::Partner, partner)?;
    let company = row.reference(Model::Partner, "commercial_partner_id");
    let mut partners = vec![partner];
    partners.extend(company.filter(|id| *id != partner));
    let name = if purchase {
        "supplier_rank"
    } else {
        "customer_rank"
    };
    for id in partners {
        let rank = tx
            .existing(Model::Partner, id)?
            .get(Model::Partner, name)
            .as_int();
        tx.store(Model::Partner, id, [(name, Value::Int(rank + 1))])?;
    }
    Ok(())
}

/// Reconciliations stay as long as no amount changes; the tax is worked out anew, whatever somebody had set.
pub(super) fn draft(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    access::check(tx, MOVE, Operation::Write, ids)?;
    for id in ids {
        tx.existing(MOVE, *id)?;
        if !matches!(state(tx, *id), "posted" | "cancel") {
            return Err(Refusal::user(
                "Only posted/cancelled journal entries can be reset to draft.",
            ));
        }
    }
    for id in ids {
        let row = tx.existing(MOVE, *id)?;
        if state(tx, *id) == "posted" {
            period::check_open(tx, row)?;
        }
        take_analytic_lines(tx, *id)?;
        tx.store(MOVE, *id, [("state", Value::text("draft"))])?;
        balance::settle(tx, *id, None)?;
        let orders = bill::orders_of(tx, *id);
        bill::follow_orders(tx, &orders)?;
    }
    Ok(())
}

pub(super) fn cancel(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    access::check(tx, MOVE, Operation::Write, ids)?;
    let posted: Vec<Id> = ids
        .iter()
        .copied()
        .filter(|id| state(tx, *id) == "posted")
        .collect();
    draft(tx, &posted)?;
    for id in ids {
        tx.existing(MOVE, *id)?;
        if state(tx, *id) != "draft" {
            return Err(Refusal::user(
                "Only draft journal entries can be cancelled.",
            ));
        }
        let lines = bill::lines(tx, *id);
        reconcile::forget(tx, &lines)?;
        tx.store(MOVE, *id, [("state", Value::text("cancel"))])?;
        balance::total(tx, *id)?;
        let orders = bill::orders_of(tx, *id);
        bill::follow_orders(tx, &orders)?;
    }
    Ok(())
}

fn take_analytic_lines(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    for line in bill::lines(tx, id) {
        let left: Vec<Id> = tx
            .db
            .pointing(Model::AnalyticLine, "move_line_id", line)
            .collect();
        for analytic in left {
            write::delete(tx, Model::AnalyticLine, analytic)?;
        }
    }
    Ok(())
}

/// One analytic line per part of a distribution, with a column per plan; accounts that do not exist leave none.
fn leave_analytic_lines(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let document = tx.existing(MOVE, id)?.clone();
    for line in bill::lines(tx, id) {
        let row = tx.existing(LINE, line)?.clone();
        let Value::Json(distribution) = row.get(LINE, "analytic_distribution") else {
            continue;
        };
        let parts = distribution.as_object().cloned().unwrap_or_default();
        let balance = row.get(LINE, "balance").as_number();
        let mut spread: BTreeMap<Id, Decimal> = BTreeMap::new();
        for (accounts, percent) in parts {
            let percent = percent
                .as_number()
                .map_or(Decimal::ZERO, super::value::decimal);
            let mut columns = Map::new();
            let mut share = Decimal::ZERO;
            for account in accounts.split(',').filter_map(|id| id.trim().parse().ok()) {
                let Some(found) = tx.row(Model::Analytic, Id(account)) else {
                    continue;
                };
                let Some(plan) = found
                    .reference(Model::Analytic, "plan_id")
                    .and_then(|plan| root_plan(tx, plan))
                else {
                    continue;
                };
                let before = spread.entry(plan).or_default();
                let so_far = *before + percent;
                // The last part of a plan takes what is left, so that no cent is lost.
                share = if so_far == Decimal::ONE_HUNDRED {
                    Decimal::ONE_HUNDRED - *before
                } else {
                    percent
                };
                *before = so_far;
                if let Some(column) = column_of(plan) {
                    columns.insert(column, json!(account));
                }
            }
            let amount = rounded(-balance * share / Decimal::ONE_HUNDRED, 2);
            if amount.is_zero() {
                continue;
            }
            let mut vals = columns;
            vals.extend(analytic_vals(&document, &row, amount));
            write::create_plain(tx, Model::AnalyticLine, &[vals])?;
        }
    }
    Ok(())
}

/// The column of a plan on analytic lines.
pub(super) fn column_of(plan: Id) -> Option<String> {
    match plan.0 {
        1 => Some("account_id".to_owned()),
        plan if plan <= PLANS_MAX => Some(format!("x_plan{plan}_id")),
        _ => None,
    }
}

fn analytic_vals(document: &Row, row: &Row, amount: Decimal) -> Map<String, Json> {
    let of_line = |name: &str| json!(row.reference(LINE, name));
    let category = if is_purchase(document) {
        "vendor_bill"
    } else if is_invoice(document) {
        "invoice"
    } else {
        "other"
    };
    let vals = json!({
        "name": row.text(LINE, "name").or(document.text(MOVE, "ref")).unwrap_or("/"),
        "date": document.text(MOVE, "date"), "amount": float(amount),
        "unit_amount": float(row.get(LINE, "quantity").as_number()),
        "product_id": of_line("product_id"), "product_uom_id": of_line("product_uom_id"),
        "partner_id": of_line("partner_id"), "general_account_id": of_line("account_id"),
        "move_line_id": row.id(), "ref": document.text(MOVE, "ref"), "category": category,
    });
    vals.as_object().cloned().unwrap_or_default()
}
