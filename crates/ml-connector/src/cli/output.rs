//! What commands say: results to standard output, the rest to standard error.
//!
//! A reader that closes the pipe early (`| head`) is no error.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use anyhow::Result;
use serde::Serialize;

/// One line of the result.
pub(super) fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{}", clean(text));
}

/// A result as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    let _ = writeln!(io::stdout().lock(), "{text}");
    Ok(())
}

/// Something that a person should see, and that is not the result.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", clean(text));
}

/// Why the command could not do what it should.
pub(super) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "error: {}", clean(text));
}

/// Whether progress would be seen by a person.
pub(super) fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Vendors' text must not steer a terminal.
fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// Lines with columns, each as wide as its widest cell; the last one runs free.
pub(super) fn table(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or_default())
        .collect();
    for row in rows {
        let mut text = String::new();
        for (column, cell) in row.iter().enumerate() {
            if column + 1 == row.len() {
                text.push_str(cell);
            } else {
                let _ = write!(text, "{cell:<width$}  ", width = widths[column]);
            }
        }
        line(text.trim_end());
    }
}
