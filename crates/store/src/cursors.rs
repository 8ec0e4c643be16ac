//! Cursors: how far each feed or poll was read. A cursor that belongs to observations is saved in their commit.

use jiff::Timestamp;

use crate::connections::ConnectionId;
use crate::{Result, Store};

/// A saved position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The position, as its reader wrote it (a continuation token, a time).
    pub value: String,
    /// When it was saved.
    pub saved_at: Timestamp,
}

impl Store {
    /// The cursor of that name.
    pub async fn cursor(&self, id: ConnectionId, name: &str) -> Result<Option<Cursor>> {
        todo!("{id} {name}")
    }

    /// Saves a cursor.
    pub async fn save_cursor(
        &self,
        id: ConnectionId,
        name: &str,
        value: &str,
        now: Timestamp,
    ) -> Result<()> {
        todo!("{id} {name} {value} {now}")
    }
}
