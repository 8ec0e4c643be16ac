use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use sync::link::Name;
use sync::reconcile::{Sides, Standing, Vendor, compare};

use super::*;

fn document(id: i64, name: Option<&str>, total: &str) -> Document {
    Document {
        kind: Kind::Bills,
        name: name.map(|name| Name(name.to_owned())),
        id,
        number: Some("=1+1".to_owned()),
        reference: Some("-9".to_owned()),
        vendor: Vendor {
            names: vec![Name("vendor_7".to_owned())],
            shown: "@Pipe, \"Best\" & Co".to_owned(),
        },
        date: "2026-10-05".parse().ok(),
        booked: None,
        total: total.parse().expect("a number"),
        tax: None,
        settled: None,
        standing: Standing::Binding,
        lines: None,
    }
}

fn statement() -> Statement {
    let period = "2026-10".parse().expect("a month");
    let sides = Sides {
        servicetitan: vec![
            document(1, Some("bill_1"), "120.00"),
            document(2, Some("bill_2"), "0.10"),
        ],
        odoo: vec![document(11, Some("bill_1"), "119.9")],
        ..Sides::default()
    };
    let compared = Compared {
        report: compare(period, sides),
        notes: vec!["a note".to_owned()],
    };
    Statement {
        period,
        read_at: "2026-11-02T08:30:00Z".parse().expect("a moment"),
        parts: vec![Part {
            connection: "acme".to_owned(),
            kinds: vec![Kind::PurchaseOrders, Kind::Bills],
            compared,
        }],
        left_out: vec!["other".to_owned()],
    }
}

fn text(format: Format) -> String {
    String::from_utf8(statement().render(format).expect("it can be made")).expect("text")
}

#[test]
fn people_get_aligned_columns_and_plain_words() {
    let text = text(Format::Table);
    let advice = |cause: sync::reconcile::Cause| cause.advice();
    let expected = format!(
        "\
acme, 2026-10, both systems read 2026-11-02 08:30 UTC

Purchase orders
  none

Vendor bills
  Vendor              ServiceTitan   total  Odoo   total  difference
  @Pipe, \"Best\" & Co             2  120.10     1  119.90       -0.20
  All                            2  120.10     1  119.90       -0.20

a note
2 documents differ (2 documents, 1 missing, 0 extra, -0.20 difference)

vendor bill of @Pipe, \"Best\" & Co: ServiceTitan =1+1 (id 1), Odoo =1+1 (id 11)
  amount: 120.00 in ServiceTitan, 119.90 in Odoo: 0.10 too little
  what to do: {}

vendor bill of @Pipe, \"Best\" & Co: ServiceTitan =1+1 (id 2)
  missing-in-odoo: ServiceTitan has it with 0.10; Odoo has nothing under its external id
  what to do: {}

other: left out, a system is out of reach

",
        advice(sync::reconcile::Cause::Amount),
        advice(sync::reconcile::Cause::Missing)
    );
    assert_eq!(text, expected);
}

#[test]
fn no_cell_of_the_csv_begins_a_formula() {
    let text = text(Format::Csv);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = reader.headers().expect("a heading").clone();
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 3);
    for row in &rows {
        for (column, cell) in columns.iter().zip(row) {
            let is_number = cell.parse::<Decimal>().is_ok();
            let begins_one = cell.starts_with(['=', '+', '-', '@']);
            assert!(is_number || !begins_one, "{column}: {cell}");
        }
    }
    let cell = |row: usize, column: &str| {
        let at = columns.iter().position(|one| one == column);
        rows[row][at.expect("a column")].to_owned()
    };
    assert_eq!(cell(0, "party"), "'@Pipe, \"Best\" & Co");
    assert_eq!(cell(0, "difference"), "-0.20");
    assert_eq!(cell(1, "causes"), "amount");
    assert_eq!(cell(1, "servicetitan_number"), "'=1+1");
    assert_eq!(cell(1, "reference"), "'-9");
    assert_eq!(cell(2, "odoo_id"), "");
}

#[test]
fn a_workbook_holds_numbers_days_and_texts() {
    let bytes = statement().render(Format::Xlsx).expect("it can be made");
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    assert_eq!(workbook.sheet_names(), ["Summary", "Differences"]);
    let summary = workbook.worksheet_range("Summary").expect("a sheet");
    let at = |row, column| summary.get_value((row, column)).cloned();
    assert_eq!(
        at(0, 0),
        Some(Data::String("Reconciliation 2026-10".to_owned()))
    );
    assert_eq!(
        at(4, 2),
        Some(Data::String("@Pipe, \"Best\" & Co".to_owned()))
    );
    assert_eq!(at(4, 3), Some(Data::Float(2.0)));
    assert_eq!(at(4, 4), Some(Data::Float(120.1)));
    assert_eq!(at(4, 7), Some(Data::Float(-0.2)));
    let differences = workbook.worksheet_range("Differences").expect("a sheet");
    let at = |row, column| differences.get_value((row, column)).cloned();
    assert_eq!(at(1, 3), Some(Data::String("amount".to_owned())));
    assert_eq!(at(1, 5), Some(Data::String("=1+1".to_owned())));
    assert!(
        matches!(at(1, 6), Some(Data::DateTime(_))),
        "{:?}",
        at(1, 6)
    );
    assert_eq!(at(1, 7), Some(Data::Float(120.0)));
    assert!(matches!(at(2, 8), None | Some(Data::Empty)));
    let formulas = workbook.worksheet_formula("Differences").expect("a sheet");
    assert!(formulas.is_empty());
}

#[test]
fn programs_get_exact_amounts() {
    let said: serde_json::Value = serde_json::from_str(&text(Format::Json)).expect("JSON");
    assert_eq!(said["period"], "2026-10");
    assert_eq!(said["equal"], false);
    assert_eq!(said["documents"], 2);
    assert_eq!(said["left_out"][0], "other");
    assert_eq!(
        said["connections"][0]["certificate"],
        serde_json::Value::Null
    );
    assert_eq!(said["totals"][0]["odoo"]["total"], "119.90");
    let first = &said["differences"][0];
    assert_eq!(
        (
            &first["kind"],
            &first["servicetitan"],
            &first["odoo"],
            &first["cause"]
        ),
        (
            &"bills".into(),
            &"120.00".into(),
            &"119.90".into(),
            &"amount".into()
        )
    );
    assert_eq!(first["records"][1]["system"], "odoo");
    assert_eq!(first["records"][1]["id"], 11);
    assert_eq!(said["differences"][1]["odoo"], serde_json::Value::Null);
}

#[test]
fn a_file_s_name_says_the_form() {
    let of = |name: &str| Format::of_file(Path::new(name));
    assert_eq!(of("a/b.XLSX"), Some(Format::Xlsx));
    assert_eq!(of("b.json"), Some(Format::Json));
    assert_eq!(of("b.txt"), None);
    assert_eq!(of("csv"), None);
}
