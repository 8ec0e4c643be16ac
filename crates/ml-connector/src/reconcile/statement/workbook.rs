//! A workbook: sums by vendor or customer on `Summary`, what differs on `Differences`. Numbers and days are such.

use anyhow::Result;
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use sync::reconcile::{Difference, Document, Sum};

use super::{Statement, causes, seen};

const SUMMARY: [&str; 8] = [
    "Connection",
    "Kind",
    "Vendor or customer",
    "ServiceTitan documents",
    "ServiceTitan total",
    "Odoo documents",
    "Odoo total",
    "Difference",
];

const DIFFERENCES: [&str; 16] = [
    "Connection",
    "Kind",
    "Vendor or customer",
    "Causes",
    "ServiceTitan id",
    "ServiceTitan number",
    "ServiceTitan date",
    "ServiceTitan total",
    "Odoo id",
    "Odoo number",
    "Odoo date",
    "Odoo total",
    "Difference",
    "Vendor's number",
    "What differs",
    "What to do",
];

/// The most characters that a cell takes.
const CELL_CHARS_MAX: usize = 32_767;

/// Rows above the table of the first sheet.
const HEADING_ROWS: u32 = 3;

struct Formats {
    bold: Format,
    amount: Format,
    day: Format,
}

pub(super) fn bytes(statement: &Statement) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let formats = Formats {
        bold: Format::new().set_bold(),
        amount: Format::new().set_num_format("#,##0.00##"),
        day: Format::new().set_num_format("yyyy-mm-dd"),
    };
    summary(workbook.add_worksheet(), statement, &formats)?;
    differences(workbook.add_worksheet(), statement, &formats)?;
    Ok(workbook.save_to_buffer()?)
}

fn summary(sheet: &mut Worksheet, statement: &Statement, formats: &Formats) -> Result<()> {
    sheet.set_name("Summary")?;
    sheet.write_string_with_format(
        0,
        0,
        format!("Reconciliation {}", statement.period),
        &formats.bold,
    )?;
    let read_at = statement.read_at.strftime("%Y-%m-%d %H:%M UTC");
    sheet.write_string(0, 2, format!("read {read_at}"))?;
    let certificates = statement.parts.iter().map(|part| {
        let report = &part.compared.report;
        format!("{}: {}", part.connection, report.certificate())
    });
    let left_out = statement.left_out.iter();
    let left_out = left_out.map(|name| format!("{name}: left out, a system is out of reach"));
    let notes = statement.parts.iter().flat_map(|part| {
        let notes = part.compared.notes.iter();
        notes.map(|note| format!("{}: {note}", part.connection))
    });
    let said: Vec<String> = certificates.chain(left_out).chain(notes).collect();
    sheet.write_string(1, 0, cell(&said.join("; ")))?;
    let mut at = HEADING_ROWS;
    heading(sheet, at, &SUMMARY, formats)?;
    for part in &statement.parts {
        for row in &part.compared.report.totals {
            at += 1;
            sheet.write_string(at, 0, cell(&part.connection))?;
            sheet.write_string(at, 1, row.kind.title())?;
            sheet.write_string(at, 2, cell(&row.vendor))?;
            sheet.write_number(at, 3, count(row.servicetitan))?;
            sheet.write_with_format(at, 4, row.servicetitan.total, &formats.amount)?;
            sheet.write_number(at, 5, count(row.odoo))?;
            sheet.write_with_format(at, 6, row.odoo.total, &formats.amount)?;
            sheet.write_with_format(at, 7, row.difference(), &formats.amount)?;
        }
    }
    sheet.set_freeze_panes(HEADING_ROWS + 1, 0)?;
    Ok(())
}

fn differences(sheet: &mut Worksheet, statement: &Statement, formats: &Formats) -> Result<()> {
    sheet.set_name("Differences")?;
    heading(sheet, 0, &DIFFERENCES, formats)?;
    let mut at = 0;
    for part in &statement.parts {
        for one in &part.compared.report.differences {
            at += 1;
            difference(sheet, at, &part.connection, one, formats)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn difference(
    sheet: &mut Worksheet,
    at: u32,
    connection: &str,
    one: &Difference,
    formats: &Formats,
) -> Result<()> {
    for (column, text) in [
        (0, connection),
        (1, one.kind.title()),
        (2, one.party.as_str()),
        (3, causes(one).as_str()),
    ] {
        sheet.write_string(at, column, cell(text))?;
    }
    side(sheet, at, 4, one.servicetitan.as_ref(), formats)?;
    side(sheet, at, 8, one.odoo.as_ref(), formats)?;
    let total = |side: &Option<Document>| -> Decimal {
        side.as_ref().map(|one| one.total).unwrap_or_default()
    };
    let difference = total(&one.odoo) - total(&one.servicetitan);
    sheet.write_with_format(at, 12, difference, &formats.amount)?;
    let either = one.servicetitan.as_ref().or(one.odoo.as_ref());
    let reference = either.and_then(|one| one.reference.as_deref());
    sheet.write_string(at, 13, cell(reference.unwrap_or_default()))?;
    sheet.write_string(at, 14, cell(&seen(one)))?;
    sheet.write_string(at, 15, one.cause().advice())?;
    Ok(())
}

/// Id, number, day and total of one side, from a column on.
fn side(
    sheet: &mut Worksheet,
    at: u32,
    column: u16,
    document: Option<&Document>,
    formats: &Formats,
) -> Result<()> {
    let Some(document) = document else {
        return Ok(());
    };
    // As text: more digits than a number in a workbook keeps.
    sheet.write_string(at, column, document.id.to_string())?;
    let number = document.number.as_deref().unwrap_or_default();
    sheet.write_string(at, column + 1, cell(number))?;
    if let Some(day) = document.date.and_then(excel_s) {
        sheet.write_datetime_with_format(at, column + 2, &day, &formats.day)?;
    }
    sheet.write_with_format(at, column + 3, document.total, &formats.amount)?;
    Ok(())
}

fn heading(sheet: &mut Worksheet, row: u32, columns: &[&str], formats: &Formats) -> Result<()> {
    for (column, title) in (0..).zip(columns) {
        sheet.write_string_with_format(row, column, *title, &formats.bold)?;
        sheet.set_column_width(column, 18)?;
    }
    Ok(())
}

/// A day as a workbook has it: from 1900 on.
fn excel_s(day: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(day.year()).ok()?;
    let month = u8::try_from(day.month()).ok()?;
    ExcelDateTime::from_ymd(year, month, u8::try_from(day.day()).ok()?).ok()
}

fn count(sum: Sum) -> u32 {
    u32::try_from(sum.count).unwrap_or(u32::MAX)
}

fn cell(text: &str) -> String {
    text.chars().take(CELL_CHARS_MAX).collect()
}
