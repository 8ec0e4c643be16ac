//! Cursors: how far each feed or poll was read. A cursor that belongs to observations is saved in their commit.

use jiff::Timestamp;

use crate::connections::{self, ConnectionId};
use crate::row::params;
use crate::tx::Tx;
use crate::{Result, Store};

/// A saved position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The position, as its reader wrote it (a continuation token, a time).
    pub value: String,
    /// When it was saved.
    pub saved_at: Timestamp,
}

/// Saves a cursor, inside a job.
pub(crate) fn save(
    tx: &mut Tx<'_>,
    id: ConnectionId,
    name: &str,
    value: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO cursors (connection, name, value, saved_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (connection, name) DO UPDATE SET value = excluded.value, saved_at = excluded.saved_at",
        params![id.0, name, value, now],
    )?;
    Ok(())
}

impl Store {
    /// The cursor of that name.
    pub async fn cursor(&self, id: ConnectionId, name: &str) -> Result<Option<Cursor>> {
        let name = name.to_owned();
        self.read("read a cursor", move |tx| {
            let row = tx.query_opt(
                "SELECT value, saved_at FROM cursors WHERE connection = $1 AND name = $2",
                params![id.0, &name],
            )?;
            row.map(|mut row| {
                Ok(Cursor {
                    value: row.take(0)?,
                    saved_at: row.take(1)?,
                })
            })
            .transpose()
        })
        .await
    }

    /// Saves a cursor.
    pub async fn save_cursor(
        &self,
        id: ConnectionId,
        name: &str,
        value: &str,
        now: Timestamp,
    ) -> Result<()> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write("save a cursor", move |tx| {
            connections::require(tx, id)?;
            save(tx, id, &name, &value, now)
        })
        .await
    }
}
