//! What goes into a statement and what comes out, the same for both databases: integers, texts, bytes, null.

use jiff::Timestamp;
use sync::flow::Flow;
use sync::record::State;

use crate::dialect::storable;
use crate::{Error, Result};

/// One argument of a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Param<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// One row of a result.
#[derive(Debug)]
pub(crate) struct Row(pub(crate) Vec<Cell>);

/// The arguments of a statement, each by `Param::from`.
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::row::Param::from($value)),*] };
}
pub(crate) use params;

/// A list as JSON: to be stored, or as the one argument of the word `{integers $n}`, since one statement must serve
/// lists of any length.
pub(crate) fn list<T: serde::Serialize>(values: &[T]) -> String {
    serde_json::to_string(values).expect("texts and integers have a JSON form")
}

/// A list of texts as the argument of the word `{texts $n}`, spelled as they are stored.
pub(crate) fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    list(&values.into_iter().map(storable).collect::<Vec<_>>())
}

/// How a moment is stored: milliseconds since 1970 in UTC.
pub(crate) fn ms(at: Timestamp) -> i64 {
    at.as_millisecond()
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<Timestamp> for Param<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(ms(value))
    }
}

impl From<Flow> for Param<'_> {
    fn from(value: Flow) -> Self {
        Self::Text(value.as_str())
    }
}

impl From<State> for Param<'_> {
    fn from(value: State) -> Self {
        Self::Text(value.as_str())
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Param<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A Rust value read from a cell.
pub(crate) trait FromCell: Sized {
    fn from_cell(cell: Cell) -> Option<Self>;
}

impl FromCell for i64 {
    fn from_cell(cell: Cell) -> Option<Self> {
        match cell {
            Cell::Int(value) => Some(value),
            _ => None,
        }
    }
}

impl FromCell for u64 {
    fn from_cell(cell: Cell) -> Option<Self> {
        i64::from_cell(cell)?.try_into().ok()
    }
}

impl FromCell for u32 {
    fn from_cell(cell: Cell) -> Option<Self> {
        i64::from_cell(cell)?.try_into().ok()
    }
}

impl FromCell for String {
    fn from_cell(cell: Cell) -> Option<Self> {
        match cell {
            Cell::Text(value) => Some(value),
            _ => None,
        }
    }
}

impl FromCell for Vec<u8> {
    fn from_cell(cell: Cell) -> Option<Self> {
        match cell {
            Cell::Bytes(value) => Some(value),
            _ => None,
        }
    }
}

impl FromCell for Timestamp {
    fn from_cell(cell: Cell) -> Option<Self> {
        Self::from_millisecond(i64::from_cell(cell)?).ok()
    }
}

impl FromCell for Flow {
    fn from_cell(cell: Cell) -> Option<Self> {
        String::from_cell(cell)?.parse().ok()
    }
}

impl FromCell for State {
    fn from_cell(cell: Cell) -> Option<Self> {
        Self::named(&String::from_cell(cell)?)
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: Cell) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

impl Row {
    /// Takes the value of a column, counted from 0, out of the row.
    pub(crate) fn take<T: FromCell>(&mut self, column: usize) -> Result<T> {
        let cell = self
            .0
            .get_mut(column)
            .map(|cell| std::mem::replace(cell, Cell::Null));
        cell.and_then(T::from_cell).ok_or_else(|| {
            Error::corrupt(format!("column {column} of a row is not what it should be"))
        })
    }

    /// Takes a column that holds JSON.
    pub(crate) fn take_json<T: serde::de::DeserializeOwned>(&mut self, column: usize) -> Result<T> {
        serde_json::from_str(&self.take::<String>(column)?).map_err(|_unreadable| {
            Error::corrupt(format!(
                "column {column} of a row is not the JSON it should be"
            ))
        })
    }
}
