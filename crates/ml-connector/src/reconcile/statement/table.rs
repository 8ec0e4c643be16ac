//! Text for people: a table for each kind, then what differs and what to do.

use std::fmt::Write as _;

use rust_decimal::Decimal;
use sync::reconcile::{Difference, Kind, Sum, Totals};

use super::{Part, Statement, called, number};

/// Columns to the right of the vendor's or customer's name.
const HEADINGS: [&str; 5] = ["ServiceTitan", "total", "Odoo", "total", "difference"];

/// Where vendors' names are cut.
const NAME_CHARS_MAX: usize = 40;

pub(super) fn text(statement: &Statement) -> String {
    let mut text = String::new();
    for part in &statement.parts {
        let read_at = statement.read_at.strftime("%Y-%m-%d %H:%M UTC");
        let _ = writeln!(
            text,
            "{}, {}, both systems read {read_at}",
            part.connection, statement.period
        );
        of_part(&mut text, part);
    }
    for name in &statement.left_out {
        let _ = writeln!(text, "{name}: left out, a system is out of reach\n");
    }
    text
}

fn of_part(text: &mut String, part: &Part) {
    let report = &part.compared.report;
    for kind in &part.kinds {
        let rows = report.totals.iter().filter(|row| row.kind == *kind);
        of_kind(text, *kind, &rows.collect::<Vec<_>>());
    }
    text.push('\n');
    for note in &part.compared.notes {
        let _ = writeln!(text, "{note}");
    }
    if report.is_equal() {
        let _ = writeln!(text, "{}\n", report.certificate());
    } else {
        let count = report.differences.len() - report.expected();
        let noun = if count == 1 { "document" } else { "documents" };
        let _ = writeln!(text, "{count} {noun} differ ({})\n", report.certificate());
    }
    for one in &report.differences {
        of_difference(text, one);
    }
}

fn of_kind(text: &mut String, kind: Kind, rows: &[&Totals]) {
    let _ = writeln!(text, "\n{}", kind.title());
    if rows.is_empty() {
        let _ = writeln!(text, "  none");
        return;
    }
    let add = |all: Sum, one: Sum| Sum {
        count: all.count + one.count,
        total: all.total + one.total,
    };
    let all = |side: fn(&Totals) -> Sum| rows.iter().map(|row| side(row)).fold(Sum::default(), add);
    let all = Totals {
        kind,
        vendor: "All".to_owned(),
        servicetitan: all(|row| row.servicetitan),
        odoo: all(|row| row.odoo),
    };
    let party = if kind.is_sale() { "Customer" } else { "Vendor" };
    let heading = std::iter::once(party).chain(HEADINGS);
    let mut lines: Vec<Vec<String>> = vec![heading.map(str::to_owned).collect()];
    lines.extend(rows.iter().copied().chain([&all]).map(cells));
    let width = |column: usize| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..=HEADINGS.len()).map(width).collect();
    for line in &lines {
        let mut shown = format!("  {:<width$}", line[0], width = widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            let _ = write!(shown, "  {cell:>width$}");
        }
        let _ = writeln!(text, "{}", shown.trim_end());
    }
}

fn cells(row: &Totals) -> Vec<String> {
    let amount = |value: Decimal| number(row.kind, value);
    let mut name: String = row.vendor.chars().take(NAME_CHARS_MAX).collect();
    if name.is_empty() {
        name = format!("(no {})", row.kind.party());
    }
    vec![
        name,
        row.servicetitan.count.to_string(),
        amount(row.servicetitan.total),
        row.odoo.count.to_string(),
        amount(row.odoo.total),
        amount(row.difference()),
    ]
}

fn of_difference(text: &mut String, one: &Difference) {
    let sides = [
        ("ServiceTitan", one.servicetitan.as_ref()),
        ("Odoo", one.odoo.as_ref()),
    ];
    let named = sides.into_iter().filter_map(|(system, document)| {
        document.map(|document| format!("{system} {}", called(document)))
    });
    let named: Vec<String> = named.collect();
    let nobody = format!("(no {})", one.kind.party());
    let party = if one.party.is_empty() {
        &nobody
    } else {
        &one.party
    };
    let _ = writeln!(text, "{} of {party}: {}", one.kind.noun(), named.join(", "));
    for finding in &one.findings {
        let _ = writeln!(text, "  {}: {}", finding.cause, finding.what);
    }
    let _ = writeln!(text, "  what to do: {}\n", one.cause().advice());
}
