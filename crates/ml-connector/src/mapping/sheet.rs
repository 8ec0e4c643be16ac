//! The mappings as a table for a spreadsheet (CSV, UTF-8): `kind,key,label,target_code_or_name,target_id`.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and what stands in the cells was typed
//! by people in other systems: such a cell gets a `'` in front, and loses it again when it is read. What was written reads
//! back the same. A table with a mistake is refused whole, with the line and column of each.

use std::fmt;

use store::mappings::Mapping;
use sync::mapping::{MappingKind, UnknownKind};

/// The columns, in this order.
pub const COLUMNS: [&str; 5] = ["kind", "key", "label", "target_code_or_name", "target_id"];

/// How large a file may be, in bytes.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;

/// How many mistakes are told.
const MISTAKES_MAX: usize = 20;

/// A row as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// What is mapped.
    pub kind: MappingKind,
    /// ServiceTitan's key.
    pub key: String,
    /// What ServiceTitan calls it.
    pub label: String,
    /// Odoo's code or name; empty if only the id is given.
    pub target: String,
    /// Odoo's id; absent if only code or name is given.
    pub target_id: Option<i64>,
}

/// A mistake in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetMistake {
    /// The line, from 1.
    pub line: u64,
    /// The column's name; absent when it is about the whole line.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for SheetMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// All that is wrong with a table, one mistake a line.
#[must_use]
pub fn told(mistakes: &[SheetMistake]) -> String {
    let mut lines: Vec<String> = mistakes
        .iter()
        .take(MISTAKES_MAX)
        .map(ToString::to_string)
        .collect();
    if mistakes.len() > MISTAKES_MAX {
        lines.push(format!("and {} more", mistakes.len() - MISTAKES_MAX));
    }
    lines.join("\n")
}

/// The mappings as a table.
#[must_use]
pub fn written(mappings: &[Mapping]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |cells: [&str; 5]| {
        let cells = cells.map(guarded);
        writer.write_record(&cells).expect("memory takes it");
    };
    write(COLUMNS);
    for Mapping { mapping, .. } in mappings {
        let target = &mapping.target;
        let shown = match target.code.as_str() {
            "" => &target.name,
            code => code,
        };
        let id = target.id.to_string();
        write([
            mapping.kind.as_str(),
            &mapping.key,
            &mapping.label,
            shown,
            &id,
        ]);
    }
    let bytes = writer.into_inner().expect("memory takes it");
    String::from_utf8(bytes).expect("texts make a text")
}

/// Reads a table. All mistakes, or all rows.
pub fn read(text: &[u8]) -> Result<Vec<SheetRow>, Vec<SheetMistake>> {
    // A spreadsheet puts this mark in front of UTF-8.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    match reader.headers() {
        Ok(found) if found.iter().map(str::trim).eq(COLUMNS) => {}
        Ok(_) => {
            let what = format!("the first line must be {}", COLUMNS.join(","));
            return Err(vec![whole(1, what)]);
        }
        Err(error) => return Err(vec![unreadable(1, &error)]),
    }
    let (mut rows, mut mistakes) = (Vec::new(), Vec::new());
    let mut lines = Lines {
        text,
        offset: 0,
        line: 1,
    };
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = lines.at(record.position());
                match row(line, &record) {
                    Ok(row) => rows.push(row),
                    Err(found) => mistakes.extend(found),
                }
            }
            Err(error) => {
                let line = lines.at(error.position());
                mistakes.push(unreadable(line, &error));
            }
        }
    }
    if mistakes.is_empty() {
        Ok(rows)
    } else {
        Err(mistakes)
    }
}

/// Counts lines from the start on. The reader's own numbers are one too few where lines end in CR LF.
struct Lines<'a> {
    text: &'a [u8],
    offset: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which what begins there stands; places come in order.
    fn at(&mut self, position: Option<&csv::Position>) -> u64 {
        let begin = position.map_or(0, csv::Position::byte);
        let begin = usize::try_from(begin).unwrap_or(usize::MAX);
        while let Some(byte) = self.text.get(self.offset) {
            if self.offset >= begin && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.offset += 1;
        }
        self.line
    }
}

fn row(line: u64, record: &csv::StringRecord) -> Result<SheetRow, Vec<SheetMistake>> {
    let cells: Vec<String> = record.iter().map(|cell| unguarded(cell.trim())).collect();
    let [kind, key, label, target, id] = &cells[..] else {
        let what = format!("{} cells instead of {}", cells.len(), COLUMNS.len());
        return Err(vec![whole(line, what)]);
    };
    let mut mistakes = Vec::new();
    let mut wrong = |column, what: String| {
        mistakes.push(SheetMistake {
            line,
            column: Some(COLUMNS[column]),
            what,
        });
    };
    let parsed_kind = kind
        .parse()
        .map_err(|error: UnknownKind| wrong(0, error.to_string()));
    if key.is_empty() {
        wrong(1, "is empty".to_owned());
    }
    let target_id = match id.as_str() {
        "" => None,
        id => match id.parse::<i64>() {
            Ok(id) => Some(id),
            Err(_no_number) => {
                wrong(4, format!("{} is no number", sync::plain::quoted(id)));
                None
            }
        },
    };
    if target.is_empty() && id.is_empty() {
        wrong(3, "is empty, and so is target_id".to_owned());
    }
    match parsed_kind {
        Ok(kind) if mistakes.is_empty() => Ok(SheetRow {
            line,
            kind,
            key: key.clone(),
            label: label.clone(),
            target: target.clone(),
            target_id,
        }),
        _ => Err(mistakes),
    }
}

fn whole(line: u64, what: String) -> SheetMistake {
    SheetMistake {
        line,
        column: None,
        what,
    }
}

fn unreadable(line: u64, error: &csv::Error) -> SheetMistake {
    let what = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8: save the table as \"CSV UTF-8\"".to_owned(),
        _ => "cannot be read as CSV".to_owned(),
    };
    whole(line, what)
}

/// Whether a spreadsheet takes the cell for a formula, or would if the marks in front were gone.
fn looks_like_formula(cell: &str) -> bool {
    let bare = cell.trim_start_matches('\'');
    bare.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%'])
}

fn guarded(cell: &str) -> String {
    if looks_like_formula(cell) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn unguarded(cell: &str) -> String {
    match cell.strip_prefix('\'') {
        Some(bare) if looks_like_formula(cell) => bare.to_owned(),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use store::mappings::{MappingTarget, NewMapping};

    use super::*;

    fn mapping(key: &str, label: &str, code: &str, name: &str) -> Mapping {
        Mapping {
            mapping: NewMapping {
                kind: MappingKind::GlAccount,
                key: key.to_owned(),
                label: label.to_owned(),
                target: MappingTarget {
                    id: 7,
                    code: code.to_owned(),
                    name: name.to_owned(),
                },
            },
            set_at: Timestamp::UNIX_EPOCH,
            set_by: "cli:ann".to_owned(),
        }
    }

    #[test]
    fn a_table_is_plain_and_holds_no_formula() {
        let mappings = [
            mapping("5000", "Cost, of \"Goods\"", "500000", "Cost"),
            mapping("-1", "=HYPERLINK(\"x\")", "", "@sum"),
        ];
        assert_eq!(
            written(&mappings),
            "kind,key,label,target_code_or_name,target_id\n\
             gl-account,5000,\"Cost, of \"\"Goods\"\"\",500000,7\n\
             gl-account,'-1,\"'=HYPERLINK(\"\"x\"\")\",'@sum,7\n"
        );
        let read = read(written(&mappings).as_bytes()).unwrap();
        let keys: Vec<_> = read
            .iter()
            .map(|row| (row.line, row.key.as_str()))
            .collect();
        assert_eq!(keys, [(2, "5000"), (3, "-1")]);
        assert_eq!(read[1].label, "=HYPERLINK(\"x\")");
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_column() {
        let header = "\u{feff}kind,key,label,target_code_or_name,target_id\r\n";
        let text = format!(
            "{header}gl-account,5000,,500000,\r\ntax,,,,x\r\ngl-account,1\r\npayment-term,3,,,\r\n"
        );
        assert_eq!(
            told(&read(text.as_bytes()).unwrap_err()),
            "line 3, kind: `tax` is not a kind of mapping; the kinds are: business-unit, gl-account, item-category, payment-term, payment-type, tax-zone, warehouse\n\
             line 3, key: is empty\n\
             line 3, target_id: \"x\" is no number\n\
             line 4: 2 cells instead of 5\n\
             line 5, target_code_or_name: is empty, and so is target_id"
        );
        assert_eq!(
            told(&read(b"kind;key").unwrap_err()),
            "line 1: the first line must be kind,key,label,target_code_or_name,target_id"
        );
        let latin = [header.as_bytes(), b"gl-account,5000,B\xfcro,1,\n"].concat();
        assert_eq!(
            told(&read(&latin).unwrap_err()),
            "line 2: is not UTF-8: save the table as \"CSV UTF-8\""
        );
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back_the_same(
            key in "['=+@a-c \"\n,-]{0,6}[a-z]", label in "['=+@|%a-c\",-]{0,6}", name in "['=+@-]{0,3}[a-z\",]{1,4}",
        ) {
            let key = key.trim().to_owned();
            let read = read(written(&[mapping(&key, &label, "", &name)]).as_bytes()).unwrap();
            prop_assert_eq!(&read[0].key, &key);
            prop_assert_eq!(&read[0].label, &label);
            prop_assert_eq!(&read[0].target, &name);
            prop_assert_eq!(read[0].target_id, Some(7));
        }

        #[test]
        fn no_cell_begins_like_a_formula(cell in any::<String>()) {
            prop_assert!(!guarded(&cell).starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
