//! CSV: rows of vendors' and customers' sums, then rows of differences, with the same columns.

use anyhow::{Context as _, Result};
use sync::reconcile::{Difference, Document, Totals};

use super::{Statement, causes, number, seen};

const COLUMNS: [&str; 20] = [
    "row",
    "period",
    "connection",
    "kind",
    "party",
    "causes",
    "servicetitan_documents",
    "servicetitan_total",
    "odoo_documents",
    "odoo_total",
    "difference",
    "servicetitan_id",
    "servicetitan_number",
    "servicetitan_date",
    "odoo_id",
    "odoo_number",
    "odoo_date",
    "reference",
    "what",
    "what_to_do",
];

pub(super) fn csv(statement: &Statement) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    let period = statement.period.to_string();
    for part in &statement.parts {
        let report = &part.compared.report;
        for row in &report.totals {
            writer.write_record(of_vendor(&period, &part.connection, row))?;
        }
    }
    for part in &statement.parts {
        for one in &part.compared.report.differences {
            writer.write_record(of_difference(&period, &part.connection, one))?;
        }
    }
    writer.into_inner().context("cannot finish the CSV")
}

fn of_vendor(period: &str, connection: &str, row: &Totals) -> [String; COLUMNS.len()] {
    let total = |value| number(row.kind, value);
    let empty = String::new;
    [
        row.kind.party().to_owned(),
        period.to_owned(),
        text(connection),
        row.kind.to_string(),
        text(&row.vendor),
        empty(),
        row.servicetitan.count.to_string(),
        total(row.servicetitan.total),
        row.odoo.count.to_string(),
        total(row.odoo.total),
        total(row.difference()),
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
        empty(),
    ]
}

fn of_difference(period: &str, connection: &str, one: &Difference) -> [String; COLUMNS.len()] {
    let of = |document: &Option<Document>, read: fn(&Document) -> String| {
        document.as_ref().map(read).unwrap_or_default()
    };
    let total = |document: &Document| number(document.kind, document.total);
    let date = |document: &Document| document.date.map(|day| day.to_string()).unwrap_or_default();
    let id = |document: &Document| document.id.to_string();
    let named = |document: &Document| text(document.number.as_deref().unwrap_or_default());
    let sums = [&one.servicetitan, &one.odoo];
    let [wanted, held] = sums.map(|side| side.as_ref().map(|one| one.total).unwrap_or_default());
    let either = one.servicetitan.as_ref().or(one.odoo.as_ref());
    let reference = either.and_then(|one| one.reference.as_deref());
    [
        "difference".to_owned(),
        period.to_owned(),
        text(connection),
        one.kind.to_string(),
        text(&one.party),
        causes(one),
        String::new(),
        of(&one.servicetitan, total),
        String::new(),
        of(&one.odoo, total),
        number(one.kind, held - wanted),
        of(&one.servicetitan, id),
        of(&one.servicetitan, named),
        of(&one.servicetitan, date),
        of(&one.odoo, id),
        of(&one.odoo, named),
        of(&one.odoo, date),
        text(reference.unwrap_or_default()),
        text(&seen(one)),
        one.cause().advice().to_owned(),
    ]
}

/// A text that no spreadsheet takes for a formula.
pub(super) fn text(text: &str) -> String {
    let begins_one = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n');
    if text.starts_with(begins_one) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
