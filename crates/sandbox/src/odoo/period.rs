//! Accounting periods: lock dates, the date that a document is booked at, the number that it gets.
//!
//! A lock date refuses nothing when something is posted: it silently moves the accounting date behind itself. A number of
//! another month does.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan as _};

use super::Id;
use super::bill;
use super::database::{Row, Tx};
use super::refusal::Refusal;
use super::schema::Model;

const MOVE: Model = Model::Move;

pub(super) fn today(tx: &Tx<'_>) -> Date {
    tx.env.now.to_zoned(TimeZone::UTC).date()
}

fn later(date: Date, span: Span) -> Date {
    date.checked_add(span).unwrap_or(date)
}

/// Whether the journal's numbers, and with them its accounting periods, begin anew each year: those of sales and money.
/// Others do so each month.
fn is_yearly(tx: &Tx<'_>, row: &Row) -> bool {
    matches!(
        journal_type(tx, row),
        Some("sale" | "bank" | "cash" | "credit")
    )
}

fn journal_type<'a>(tx: &'a Tx<'_>, row: &Row) -> Option<&'a str> {
    tx.row(Model::Journal, row.reference(MOVE, "journal_id")?)?
        .text(Model::Journal, "type")
}

/// Whether a document of the same journal has a number already. The first one is dated as if numbers were monthly.
fn has_numbers(tx: &Tx<'_>, row: &Row) -> bool {
    let journal = row.reference(MOVE, "journal_id");
    tx.db.rows(MOVE).any(|other| {
        other.reference(MOVE, "journal_id") == journal
            && other.text(MOVE, "name").is_some_and(|name| name != "/")
    })
}

/// The latest lock date that a date violates.
fn lock(tx: &Tx<'_>, row: &Row, date: Date, taxed: bool) -> Option<Date> {
    let company = tx.db.rows(Model::Company).next()?;
    let journal = journal_type(tx, row);
    let locks = [
        ("fiscalyear_lock_date", true),
        ("hard_lock_date", true),
        ("purchase_lock_date", journal == Some("purchase")),
        ("sale_lock_date", journal == Some("sale")),
        ("tax_lock_date", taxed),
    ];
    locks
        .into_iter()
        .filter(|(_, counts)| *counts)
        .filter_map(|(name, _)| company.text(Model::Company, name)?.parse::<Date>().ok())
        .filter(|lock| date <= *lock)
        .max()
}

fn is_taxed(tx: &Tx<'_>, row: &Row) -> bool {
    bill::lines(tx, row.id())
        .into_iter()
        .filter_map(|id| tx.row(Model::MoveLine, id))
        .any(|line| {
            line.get(Model::MoveLine, "tax_ids").is_set()
                || line.get(Model::MoveLine, "tax_line_id").is_set()
        })
}

/// When a vendor's document of this date is booked: today, or the last day of its month when that is over; behind the
/// lock dates.
pub(super) fn accounting_date(tx: &Tx<'_>, row: &Row, date: Date) -> Date {
    let date = match lock(tx, row, date, is_taxed(tx, row)) {
        Some(lock) => later(lock, 1.day()),
        None => date,
    };
    booked(tx, date)
}

/// Where the document's own accounting date is locked: the date that it is posted at instead.
pub(super) fn unlocked_date(tx: &Tx<'_>, row: &Row) -> Option<Date> {
    let date = bill::date(row, "date")?;
    let lock = lock(tx, row, date, is_taxed(tx, row))?;
    let open = later(lock, 1.day());
    let today = today(tx);
    let yearly = is_yearly(tx, row) && has_numbers(tx, row);
    let end = if yearly {
        open.last_of_year()
    } else {
        open.last_of_month()
    };
    Some(if bill::is_sale(row) {
        end.min(today)
    } else if !yearly {
        booked(tx, open)
    } else if today.year() > open.year() {
        end
    } else {
        open.max(today)
    })
}

/// Today, or the last day of a month that is over.
fn booked(tx: &Tx<'_>, date: Date) -> Date {
    let today = today(tx);
    if (today.year(), today.month()) > (date.year(), date.month()) {
        date.last_of_month()
    } else {
        date.max(today)
    }
}

/// What is posted in a locked period cannot be taken back.
pub(super) fn check_open(tx: &Tx<'_>, row: &Row) -> Result<(), Refusal> {
    let date = bill::date(row, "date");
    match date.and_then(|date| lock(tx, row, date, false)) {
        Some(lock) => Err(Refusal::user(format!(
            "You cannot add/modify entries prior to and inclusive of: {}.",
            lock.strftime("%m/%d/%Y")
        ))),
        None => Ok(()),
    }
}

/// When a document with these payment terms is due; `None`: the simulator does not know.
pub(super) fn due(tx: &Tx<'_>, term: Id, date: Date) -> Option<Date> {
    let name = tx.row(Model::Term, term)?.text(Model::Term, "name")?;
    if name == "Immediate Payment" {
        return Some(date);
    }
    if name == "End of Following Month" {
        return Some(later(date.last_of_month(), 1.day()).last_of_month());
    }
    let (days, rest) = name.split_once(' ')?;
    let days: i64 = days.parse().ok().filter(|_| rest == "Days")?;
    Some(later(date, days.days()))
}

/// `BILL/2026/11/` or `INV/2026/`, for a document of this journal and accounting date.
fn prefix(tx: &Tx<'_>, row: &Row) -> Option<String> {
    let journal = tx.row(Model::Journal, row.reference(MOVE, "journal_id")?)?;
    let code = journal.text(Model::Journal, "code")?;
    let date = bill::date(row, "date")?;
    let refund = row
        .text(MOVE, "move_type")
        .is_some_and(|kind| kind.ends_with("_refund"));
    let refund = if refund { "R" } else { "" };
    let payment = if row.get(MOVE, "origin_payment_id").is_set() {
        "P"
    } else {
        ""
    };
    let year = format!("{payment}{refund}{code}/{:04}/", date.year());
    Some(if is_yearly(tx, row) {
        year
    } else {
        format!("{year}{:02}/", date.month())
    })
}

/// The number that a document gets when it is posted. One that was posted before keeps its own, and is refused in another
/// period until somebody clears it.
pub(super) fn number(tx: &Tx<'_>, row: &Row) -> Result<Option<String>, Refusal> {
    let Some(prefix) = prefix(tx, row) else {
        return Ok(None);
    };
    if let Some(name) = row.text(MOVE, "name").filter(|name| *name != "/") {
        if name.starts_with(&prefix) {
            return Ok(Some(name.to_owned()));
        }
        if let Some(date) = bill::date(row, "date").filter(|_| was_posted(row)) {
            return Err(Refusal::validation(format!(
                "The Date ({}) you've entered isn't aligned with the existing sequence number ({name}). Clear the \
                 sequence number to proceed.",
                date.strftime("%m/%d/%Y")
            )));
        }
    }
    let last = numbers(tx, &prefix).map(|(_, number)| number).max();
    let next = last.unwrap_or(0) + 1;
    let digits = if is_yearly(tx, row) { 5 } else { 4 };
    Ok(Some(format!("{prefix}{next:0digits$}")))
}

fn was_posted(row: &Row) -> bool {
    row.get(MOVE, "posted_before").as_bool()
}

fn numbers<'a>(tx: &'a Tx<'_>, prefix: &'a str) -> impl Iterator<Item = (Id, u64)> + 'a {
    tx.db.rows(MOVE).filter_map(move |row| {
        let number = row.text(MOVE, "name")?.strip_prefix(prefix)?;
        Some((row.id(), number.parse().ok()?))
    })
}

/// Whether no other document but those in `going` has a later number.
pub(super) fn is_last_number(tx: &Tx<'_>, row: &Row, going: &[Id]) -> bool {
    let Some((prefix, own)) = row
        .text(MOVE, "name")
        .and_then(|name| name.rsplit_once('/'))
    else {
        return true;
    };
    let (prefix, own) = (format!("{prefix}/"), own.parse().unwrap_or(0));
    !numbers(tx, &prefix).any(|(id, number)| number > own && !going.contains(&id))
}
