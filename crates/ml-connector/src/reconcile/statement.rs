//! What came of a comparison, in the forms in which people and programs want it.
//!
//! Nothing in a cell can become a formula: texts that a spreadsheet would take for one get an apostrophe in CSV, and are
//! texts in a workbook. Amounts are exact: texts in JSON and CSV, numbers in a workbook.

mod json;
mod sheet;
mod table;
mod workbook;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use anyhow::Result;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sync::reconcile::{Difference, Document, Kind, Period};

use super::Compared;

/// A form of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Aligned text for people.
    Table,
    /// Comma-separated values, one row per vendor and one per difference.
    Csv,
    /// A workbook with the sheets `Summary` and `Differences`.
    Xlsx,
    /// One JSON object.
    Json,
}

impl Format {
    const ALL: [Self; 4] = [Self::Table, Self::Csv, Self::Xlsx, Self::Json];

    /// Its word, which files' names end in.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
        }
    }

    /// The form that a file's name asks for.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        path.extension()?
            .to_str()?
            .to_ascii_lowercase()
            .parse()
            .ok()
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.as_str() == word)
            .ok_or_else(|| "the formats are table, csv, xlsx and json".to_owned())
    }
}

/// One connection's comparison.
#[derive(Clone, Debug)]
pub struct Part {
    /// The connection's name.
    pub connection: String,
    /// The kinds that were compared.
    pub kinds: Vec<Kind>,
    /// What came of it.
    pub compared: Compared,
}

/// The comparisons of a run.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The days.
    pub period: Period,
    /// When both systems were read.
    pub read_at: Timestamp,
    /// By connection.
    pub parts: Vec<Part>,
    /// Connections of which a system is out of reach.
    pub left_out: Vec<String>,
}

impl Statement {
    /// Whether nothing differs, as far as everything could be compared.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        let equal = |part: &Part| part.compared.report.is_equal();
        self.left_out.is_empty() && self.parts.iter().all(equal)
    }

    /// The statement in a form.
    ///
    /// # Errors
    /// When the workbook cannot be made.
    pub fn render(&self, format: Format) -> Result<Vec<u8>> {
        Ok(match format {
            Format::Table => table::text(self).into_bytes(),
            Format::Csv => sheet::csv(self)?,
            Format::Xlsx => workbook::bytes(self)?,
            Format::Json => {
                let mut text = serde_json::to_string_pretty(&json::value(self))?;
                text.push('\n');
                text.into_bytes()
            }
        })
    }
}

/// An amount to the cent, a quantity with as many places as it has.
fn number(kind: Kind, value: Decimal) -> String {
    match kind {
        Kind::Receipts => value.normalize().to_string(),
        _ => format!("{value:.2}"),
    }
}

/// Everything that was seen of a difference, in a sentence.
fn seen(difference: &Difference) -> String {
    let told = difference.findings.iter();
    let told = told.map(|finding| format!("{}: {}", finding.cause, finding.what));
    told.collect::<Vec<_>>().join("; ")
}

/// The causes, the weightiest first.
fn causes(difference: &Difference) -> String {
    let words = difference.findings.iter();
    let words = words.map(|finding| finding.cause.as_str());
    words.collect::<Vec<_>>().join(", ")
}

/// What people call a document.
fn called(document: &Document) -> String {
    let number = document.number.as_deref().unwrap_or_default();
    if number.is_empty() {
        format!("id {}", document.id)
    } else {
        format!("{number} (id {})", document.id)
    }
}

#[cfg(test)]
mod tests;
