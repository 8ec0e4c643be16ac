//! Payments: defaults, the journal entry that posting makes, what is said once it is reconciled.
//!
//! A payment that has no outstanding account makes no entry when it is posted, and so nothing that could be reconciled. A
//! new one gets such an account of its method, or else (without the accounting app) the chart's; but whatever is written
//! on its journal, direction, method or partner afterwards, with the values that it has too, takes it from the method
//! alone. So the second of two equal `load`s leaves a draft without one.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::bill;
use super::database::{Database, Row, Tx};
use super::period;
use super::posting;
use super::reconcile;
use super::refusal::Refusal;
use super::schema::Model;
use super::value::{Value, float, is_truthy};
use super::write::{self, Values};

const PAYMENT: Model = Model::Payment;
const MOVE: Model = Model::Move;
const LINE: Model = Model::MoveLine;

/// What brings the method's outstanding account back, whatever was there.
const RESETS_OUTSTANDING: [&str; 5] = [
    "journal_id",
    "payment_type",
    "payment_method_line_id",
    "partner_id",
    "currency_id",
];
/// What an entry that is a draft follows.
const FOLLOWED: [&str; 7] = [
    "date",
    "amount",
    "payment_type",
    "partner_type",
    "partner_id",
    "destination_account_id",
    "journal_id",
];

/// A method of payments that changes their state; `None`: there is no such method.
pub(super) fn button(tx: &mut Tx<'_>, name: &str, ids: &[Id]) -> Option<Result<Json, Refusal>> {
    let done = match name {
        "action_post" => post(tx, ids),
        "action_draft" => draft(tx, ids),
        "action_cancel" => cancel(tx, ids),
        "action_validate" => set_state(tx, ids, "paid"),
        _ => return None,
    };
    Some(done.map(|()| Json::Null))
}

/// `create`.
pub(super) fn create(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    access::check(tx, PAYMENT, Operation::Create, &[])?;
    let mut ids = Vec::with_capacity(vals_list.len());
    for mut vals in vals_list {
        write::check_names(PAYMENT, &vals)?;
        fill(tx, &mut vals);
        let id = write::create_plain(tx, PAYMENT, &[vals.clone()])?[0];
        derive(tx, id, &vals)?;
        check_method(tx, id)?;
        let row = tx.existing(PAYMENT, id)?;
        if !tx.db.accounting_app && row.reference(PAYMENT, "outstanding_account_id").is_none() {
            let chart = match row.text(PAYMENT, "payment_type") {
                Some("outbound") => "account.1_account_journal_payment_credit_account_id",
                _ => "account.1_account_journal_payment_debit_account_id",
            };
            let account = known(tx, chart);
            tx.store(PAYMENT, id, [("outstanding_account_id", account)])?;
        }
        settle(tx, id)?;
        ids.push(id);
    }
    Ok(ids)
}

fn known(tx: &Tx<'_>, external_id: &str) -> Value {
    tx.db.external_row(external_id).map_or(Value::Empty, |row| {
        Value::Ref(super::database::external_target(row).1)
    })
}

fn fill(tx: &Tx<'_>, vals: &mut Values) {
    let today = json!(period::today(tx).to_string());
    if !vals.get("date").is_some_and(is_truthy) {
        vals.insert("date".to_owned(), today);
    }
    if !vals.get("journal_id").is_some_and(is_truthy) {
        let journal = tx
            .db
            .rows(Model::Journal)
            .find(|row| {
                matches!(
                    row.text(Model::Journal, "type"),
                    Some("bank" | "cash" | "credit")
                )
            })
            .map(Row::id);
        vals.insert("journal_id".to_owned(), json!(journal));
    }
}

/// The methods of a journal for one direction, by id.
pub(super) fn methods(db: &Database, journal: Id, direction: &str) -> Vec<Id> {
    db.rows(Model::MethodLine)
        .filter(|row| {
            row.reference(Model::MethodLine, "journal_id") == Some(journal)
                && row.text(Model::MethodLine, "payment_type") == Some(direction)
        })
        .map(Row::id)
        .collect()
}

/// Method and accounts that follow from journal, direction and partner, unless they were said.
fn derive(tx: &mut Tx<'_>, id: Id, said: &Values) -> Result<(), Refusal> {
    let row = tx.existing(PAYMENT, id)?;
    let direction = row.text(PAYMENT, "payment_type").unwrap_or("inbound");
    let available = row
        .reference(PAYMENT, "journal_id")
        .map(|journal| methods(tx.db, journal, direction))
        .unwrap_or_default();
    let given = |name: &str| said.get(name).is_some_and(is_truthy);
    let own = row.reference(PAYMENT, "payment_method_line_id");
    let method = if given("payment_method_line_id") {
        own
    } else {
        own.filter(|own| available.contains(own))
            .or(available.first().copied())
    };
    let account = method
        .and_then(|id| tx.row(Model::MethodLine, id))
        .map_or(Value::Empty, |row| {
            row.get(Model::MethodLine, "payment_account_id").clone()
        });
    let mut values = vec![(
        "payment_method_line_id",
        method.map_or(Value::Empty, Value::Ref),
    )];
    if !given("outstanding_account_id") {
        values.push(("outstanding_account_id", account));
    }
    if !given("destination_account_id") {
        let account = match row.text(PAYMENT, "partner_type") {
            Some("supplier") => "account.1_payable",
            _ => "account.1_receivable",
        };
        values.push(("destination_account_id", known(tx, account)));
    }
    tx.store(PAYMENT, id, values)
}

fn check_method(tx: &Tx<'_>, id: Id) -> Result<(), Refusal> {
    let row = tx.existing(PAYMENT, id)?;
    let Some(method) = row
        .reference(PAYMENT, "payment_method_line_id")
        .and_then(|id| tx.row(Model::MethodLine, id))
    else {
        return Err(Refusal::validation(
            "Please define a payment method line on your payment.",
        ));
    };
    if method.reference(Model::MethodLine, "journal_id") != row.reference(PAYMENT, "journal_id") {
        return Err(Refusal::validation(
            "The selected payment method is not available for this payment, please select the payment method again.",
        ));
    }
    Ok(())
}

/// `write`. What is written on a posted payment does not reach its entry, but for the memo.
pub(super) fn write(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    write::write_plain(tx, PAYMENT, ids, vals)?;
    for id in ids {
        if RESETS_OUTSTANDING
            .iter()
            .any(|name| vals.contains_key(*name))
        {
            let mut said = vals.clone();
            said.remove("outstanding_account_id");
            derive(tx, *id, &said)?;
            check_method(tx, *id)?;
        }
        if FOLLOWED.iter().any(|name| vals.contains_key(*name)) {
            follow_draft(tx, *id, vals.contains_key("journal_id"))?;
        }
        if let (Some(entry), true) = (entry(tx, *id), vals.contains_key("memo")) {
            let memo = tx.existing(PAYMENT, *id)?.get(PAYMENT, "memo").clone();
            tx.store(MOVE, entry, [("ref", memo)])?;
        }
        settle(tx, *id)?;
    }
    Ok(())
}

fn entry(tx: &Tx<'_>, id: Id) -> Option<Id> {
    tx.row(PAYMENT, id)?
        .reference(PAYMENT, "move_id")
        .filter(|entry| tx.row(MOVE, *entry).is_some())
}

fn entry_state<'a>(tx: &'a Tx<'_>, id: Id) -> Option<&'a str> {
    tx.row(MOVE, entry(tx, id)?)?.text(MOVE, "state")
}

/// An entry that is a draft follows its payment; a change of an amount takes back what it was reconciled with.
fn follow_draft(tx: &mut Tx<'_>, id: Id, renamed: bool) -> Result<(), Refusal> {
    if entry_state(tx, id).is_none_or(|state| state == "posted") {
        return Ok(());
    }
    let Some(entry) = entry(tx, id) else {
        return Ok(());
    };
    let row = tx.existing(PAYMENT, id)?.clone();
    let wanted = lines(tx, &row)?;
    let there = bill::lines(tx, entry);
    for (line, wanted) in there.into_iter().zip(wanted) {
        let now = tx.existing(LINE, line)?.get(LINE, "balance").as_number();
        if wanted.amount != now {
            reconcile::forget(tx, &[line])?;
        }
        let mut values = vec![
            (
                "account_id",
                wanted.account.map_or(Value::Empty, Value::Ref),
            ),
            ("partner_id", row.get(PAYMENT, "partner_id").clone()),
            ("date_maturity", row.get(PAYMENT, "date").clone()),
        ];
        values.extend(super::balance::amounts(wanted.amount));
        tx.store(LINE, line, values)?;
    }
    let mut values = vec![
        ("date", row.get(PAYMENT, "date").clone()),
        ("partner_id", row.get(PAYMENT, "partner_id").clone()),
    ];
    if renamed {
        values.push(("journal_id", row.get(PAYMENT, "journal_id").clone()));
        values.push(("name", Value::Empty));
    }
    tx.store(MOVE, entry, values)?;
    super::balance::settle(tx, entry, None)
}

struct Side {
    account: Option<Id>,
    amount: Decimal,
}

/// The two sides of a payment's entry: what waits for the bank, and what is owed less.
fn lines(tx: &Tx<'_>, row: &Row) -> Result<[Side; 2], Refusal> {
    let Some(outstanding) = row.reference(PAYMENT, "outstanding_account_id") else {
        let name = |model: Model, field: &str| {
            row.reference(PAYMENT, field)
                .and_then(|id| tx.row(model, id))
                .and_then(|row| row.text(model, "name"))
                .unwrap_or_default()
                .to_owned()
        };
        return Err(Refusal::user(format!(
            "You can't create a new payment without an outstanding payments/receipts account set either on the \
             company or the {} payment method in the {} journal.",
            name(Model::MethodLine, "payment_method_line_id"),
            name(Model::Journal, "journal_id")
        )));
    };
    let amount = row.get(PAYMENT, "amount").as_number();
    let amount = match row.text(PAYMENT, "payment_type") {
        Some("outbound") => -amount,
        _ => amount,
    };
    Ok([
        Side {
            account: Some(outstanding),
            amount,
        },
        Side {
            account: row.reference(PAYMENT, "destination_account_id"),
            amount: -amount,
        },
    ])
}

fn post(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    access::check(tx, PAYMENT, Operation::Write, ids)?;
    for id in ids {
        let row = tx.existing(PAYMENT, *id)?.clone();
        let outstanding = row
            .reference(PAYMENT, "outstanding_account_id")
            .and_then(|id| tx.row(Model::Account, id));
        let cash = outstanding
            .is_some_and(|row| row.text(Model::Account, "account_type") == Some("asset_cash"));
        if !cash && !matches!(row.text(PAYMENT, "state"), Some("draft" | "in_process")) {
            continue;
        }
        if entry(tx, *id).is_none() && outstanding.is_some() {
            make_entry(tx, &row)?;
        }
        if let Some(entry) = entry(tx, *id).filter(|_| entry_state(tx, *id) == Some("draft")) {
            posting::post(tx, &[entry])?;
        }
        let state = if cash { "paid" } else { "in_process" };
        tx.store(PAYMENT, *id, [("state", Value::text(state))])?;
        name(tx, *id)?;
        flags(tx, *id)?;
    }
    Ok(())
}

/// A payment is called like its entry; one without has a number of its own.
fn name(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let name = match entry(tx, id) {
        Some(entry) => tx.existing(MOVE, entry)?.get(MOVE, "name").clone(),
        None if tx.existing(PAYMENT, id)?.get(PAYMENT, "name").is_set() => return Ok(()),
        None => {
            let number = tx.db.next_number("account.payment");
            Value::text(&format!("PAY{number:05}"))
        }
    };
    tx.store(PAYMENT, id, [("name", name)])
}

fn make_entry(tx: &mut Tx<'_>, row: &Row) -> Result<(), Refusal> {
    let method = row
        .reference(PAYMENT, "payment_method_line_id")
        .and_then(|id| tx.row(Model::MethodLine, id))
        .and_then(|row| row.text(Model::MethodLine, "name"))
        .unwrap_or("No Payment Method");
    let label = match row.text(PAYMENT, "memo") {
        Some(memo) => format!("{method}: {memo}"),
        None => method.to_owned(),
    };
    let (date, partner) = (
        row.text(PAYMENT, "date"),
        row.reference(PAYMENT, "partner_id"),
    );
    let items: Vec<Json> = lines(tx, row)?
        .into_iter()
        .map(|side| {
            json!([0, 0, {
                "name": label, "date_maturity": date, "partner_id": partner, "account_id": side.account,
                "currency_id": row.reference(PAYMENT, "currency_id"), "balance": float(side.amount),
            }])
        })
        .collect();
    let vals = json!({
        "move_type": "entry", "ref": row.text(PAYMENT, "memo"), "date": date, "partner_id": partner,
        "journal_id": row.reference(PAYMENT, "journal_id"), "currency_id": row.reference(PAYMENT, "currency_id"),
        "line_ids": items,
    });
    let vals = vals.as_object().cloned().unwrap_or_default();
    let made = bill::create(tx, vec![vals])?[0];
    let payment = row.id();
    tx.store(MOVE, made, [("origin_payment_id", Value::Ref(payment))])?;
    tx.store(PAYMENT, payment, [("move_id", Value::Ref(made))])
}

fn set_state(tx: &mut Tx<'_>, ids: &[Id], state: &str) -> Result<(), Refusal> {
    access::check(tx, PAYMENT, Operation::Write, ids)?;
    for id in ids {
        tx.store(PAYMENT, *id, [("state", Value::text(state))])?;
        flags(tx, *id)?;
        follow_invoices(tx, *id)?;
    }
    Ok(())
}

/// Reconciliations stay.
fn draft(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    set_state(tx, ids, "draft")?;
    let entries: Vec<Id> = ids.iter().filter_map(|id| entry(tx, *id)).collect();
    posting::draft(tx, &entries)
}

fn cancel(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    set_state(tx, ids, "canceled")?;
    for id in ids {
        let Some(entry) = entry(tx, *id) else {
            continue;
        };
        if entry_state(tx, *id) == Some("draft") {
            tx.as_superuser(|tx| write::unlink(tx, MOVE, &[entry]))?;
            tx.store(PAYMENT, *id, [("move_id", Value::Empty)])?;
        } else {
            posting::cancel(tx, &[entry])?;
        }
        tx.store(PAYMENT, *id, [("state", Value::text("canceled"))])?;
        flags(tx, *id)?;
    }
    Ok(())
}

/// What is posted with an entry stays; an entry that is no more goes along.
pub(super) fn check_unlink(tx: &Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    let posted = |id: &&Id| {
        tx.row(PAYMENT, **id).is_some_and(|row| {
            !matches!(row.text(PAYMENT, "state"), Some("draft" | "canceled"))
                && row.get(PAYMENT, "outstanding_account_id").is_set()
        })
    };
    if ids.iter().any(|id| posted(&id)) {
        return Err(Refusal::validation(
            "A payment with an outstanding account cannot be confirmed without having a journal entry.",
        ));
    }
    Ok(())
}

/// The entries and lines that go with payments, first.
pub(super) fn companions(tx: &Tx<'_>, ids: &[Id]) -> Vec<(Model, Id)> {
    ids.iter()
        .filter_map(|id| entry(tx, *id))
        .flat_map(|entry| {
            let lines = bill::lines(tx, entry).into_iter();
            lines
                .map(|line| (LINE, line))
                .chain([(MOVE, entry)])
                .collect::<Vec<_>>()
        })
        .collect()
}

/// What the items of a payment's entry are: on which account money waits, and the others.
fn split(tx: &Tx<'_>, row: &Row) -> (Vec<Id>, Vec<Id>) {
    let journal = row
        .reference(PAYMENT, "journal_id")
        .and_then(|id| tx.row(Model::Journal, id))
        .and_then(|row| row.reference(Model::Journal, "default_account_id"));
    let method = row
        .reference(PAYMENT, "payment_method_line_id")
        .and_then(|id| tx.row(Model::MethodLine, id))
        .and_then(|row| row.reference(Model::MethodLine, "payment_account_id"));
    let outstanding = row.reference(PAYMENT, "outstanding_account_id");
    let liquid = [journal, method, outstanding];
    let lines = entry(tx, row.id()).map_or_else(Vec::new, |entry| bill::lines(tx, entry));
    lines.into_iter().partition(|line| {
        let account = tx
            .row(LINE, *line)
            .and_then(|row| row.reference(LINE, "account_id"));
        account.is_some() && liquid.contains(&account)
    })
}

fn left(tx: &Tx<'_>, lines: &[Id]) -> Decimal {
    lines
        .iter()
        .filter_map(|line| tx.row(LINE, *line))
        .map(|row| row.get(LINE, "amount_residual").as_number())
        .sum()
}

/// Whether it is reconciled, and matched with the bank.
fn flags(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let row = tx.existing(PAYMENT, id)?;
    let (liquid, others) = split(tx, row);
    let (reconciled, matched) = if row.reference(PAYMENT, "outstanding_account_id").is_none() {
        (false, row.text(PAYMENT, "state") == Some("paid"))
    } else if entry(tx, id).is_none() {
        (false, false)
    } else if row.get(PAYMENT, "amount").as_number().is_zero() {
        (true, true)
    } else {
        (left(tx, &others).is_zero(), left(tx, &liquid).is_zero())
    };
    let values = [
        ("is_reconciled", Value::Bool(reconciled)),
        ("is_matched", Value::Bool(matched)),
    ];
    tx.store(PAYMENT, id, values)
}

/// Flags, and the state of what is under way: paid once its invoices are, or the bank says so.
fn settle(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    flags(tx, id)?;
    let row = tx.existing(PAYMENT, id)?;
    if !matches!(row.text(PAYMENT, "state"), Some("in_process" | "paid")) {
        return Ok(());
    }
    let mut paid = row.text(PAYMENT, "state") == Some("paid");
    if entry(tx, id).is_some() {
        let (liquid, _) = split(tx, row);
        let open = |line: &Id| {
            tx.row(LINE, *line)
                .and_then(|row| tx.row(Model::Account, row.reference(LINE, "account_id")?))
                .is_some_and(|row| row.get(Model::Account, "reconcile").as_bool())
        };
        paid = left(tx, &liquid).is_zero() || !liquid.iter().any(open);
    }
    let invoices = documents(tx, row, "out_");
    let all_paid = !invoices.is_empty()
        && invoices
            .iter()
            .filter_map(|id| tx.row(MOVE, *id))
            .all(|row| row.text(MOVE, "payment_state") == Some("paid"));
    let state = if paid || all_paid {
        "paid"
    } else {
        "in_process"
    };
    tx.store(PAYMENT, id, [("state", Value::text(state))])
}

/// The payments that these documents are the entries of, or that are reconciled with them, follow.
pub(super) fn follow(tx: &mut Tx<'_>, documents: &[Id]) -> Result<(), Refusal> {
    let payments: Vec<Id> = documents
        .iter()
        .filter_map(|id| tx.row(MOVE, *id)?.reference(MOVE, "origin_payment_id"))
        .filter(|id| tx.row(PAYMENT, *id).is_some())
        .collect();
    for payment in payments {
        settle(tx, payment)?;
    }
    Ok(())
}

/// The invoices that a payment without an entry was tied to by hand.
fn follow_invoices(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let tied = tx
        .existing(PAYMENT, id)?
        .get(PAYMENT, "invoice_ids")
        .as_many()
        .to_vec();
    for invoice in tied {
        super::balance::total(tx, invoice)?;
    }
    Ok(())
}

/// The invoices (`out_`) or bills (`in_`) that a payment is reconciled with.
pub(super) fn documents(tx: &Tx<'_>, row: &Row, side: &str) -> Vec<Id> {
    let (_, others) = split(tx, row);
    let tied = row.get(PAYMENT, "invoice_ids").as_many().iter().copied();
    let mut found: Vec<Id> = others
        .into_iter()
        .flat_map(|line| reconcile::counterparts(tx.db, line))
        .filter_map(|line| tx.row(LINE, line)?.reference(LINE, "move_id"))
        .chain(tied)
        .filter(|id| {
            tx.row(MOVE, *id)
                .and_then(|row| row.text(MOVE, "move_type"))
                .is_some_and(|kind| kind.starts_with(side))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The payments that a document is reconciled with.
pub(super) fn of_document(tx: &Tx<'_>, document: Id) -> Vec<Id> {
    let mut found: Vec<Id> = bill::lines(tx, document)
        .into_iter()
        .flat_map(|line| reconcile::counterparts(tx.db, line))
        .filter_map(|line| tx.row(LINE, line)?.reference(LINE, "move_id"))
        .filter_map(|id| tx.row(MOVE, id)?.reference(MOVE, "origin_payment_id"))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The payments that somebody tied to a document without reconciling.
pub(super) fn tied_to(tx: &Tx<'_>, document: Id) -> Vec<Id> {
    tx.db
        .rows(PAYMENT)
        .filter(|row| {
            row.get(PAYMENT, "invoice_ids")
                .as_many()
                .contains(&document)
        })
        .map(Row::id)
        .collect()
}

/// A person registers a payment of a document: a real one, posted and reconciled with it.
pub(super) fn pay(tx: &mut Tx<'_>, document: Id, amount: Decimal) -> Result<(), Refusal> {
    let row = tx.existing(MOVE, document)?;
    if row.text(MOVE, "state") != Some("posted") {
        return Err(Refusal::user(
            "You can only register payment for posted journal entries.",
        ));
    }
    if row.get(MOVE, "amount_residual").as_number().is_zero() {
        return Err(Refusal::user("There's nothing left to pay"));
    }
    let kind = row.text(MOVE, "move_type").unwrap_or_default();
    let inbound = matches!(kind, "out_invoice" | "in_refund");
    let vals = json!({
        "payment_type": if inbound { "inbound" } else { "outbound" },
        "partner_type": if kind.starts_with("in_") { "supplier" } else { "customer" },
        "partner_id": row.reference(MOVE, "partner_id"), "amount": float(amount),
        "memo": row.text(MOVE, "ref").or(row.text(MOVE, "name")),
    });
    let vals = vals.as_object().cloned().unwrap_or_default();
    let made = create(tx, vec![vals])?[0];
    post(tx, &[made])?;
    let Some(entry) = entry(tx, made) else {
        let tied = Value::Many(vec![document].into());
        tx.store(PAYMENT, made, [("invoice_ids", tied)])?;
        return follow_invoices(tx, made);
    };
    let owed = tx
        .existing(PAYMENT, made)?
        .reference(PAYMENT, "destination_account_id");
    let lines: Vec<Id> = [document, entry]
        .into_iter()
        .flat_map(|id| bill::lines(tx, id))
        .filter(|line| {
            tx.row(LINE, *line).is_some_and(|row| {
                row.reference(LINE, "account_id") == owed && !row.get(LINE, "reconciled").as_bool()
            })
        })
        .collect();
    reconcile::reconcile(tx, &lines)
}
