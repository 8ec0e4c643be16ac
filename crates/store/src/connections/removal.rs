//! Removal: a removed connection leaves its name and its audit chain behind, and nothing that could be decrypted.

use jiff::Timestamp;

use super::{ConnectionId, existing};
use crate::row::{Row, params};
use crate::tx::Tx;
use crate::{Result, Store, audit};

/// What is left of a connection that was removed: the owner of its audit chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The store's id of it.
    pub id: ConnectionId,
    /// Its name; others may have had it before and after.
    pub name: String,
    /// When it was removed.
    pub removed_at: Timestamp,
}

/// Deletes what was stored for a connection. Its row and its audit chain stay; its keys and credentials do not, so that
/// nothing of it can be decrypted, not even from a backup's copy of the rows with this row's present state.
fn remove(tx: &mut Tx<'_>, id: ConnectionId, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO meta (name, value) VALUES ('pruning', 'a connection')",
        &[],
    )?;
    tx.execute(
        "DELETE FROM pass_effects WHERE pass IN (SELECT id FROM passes WHERE connection = $1)",
        params![id.0],
    )?;
    // What refers to others goes before them.
    for table in [
        "passes",
        "wakes",
        "cursors",
        "mappings",
        "facets",
        "dependencies",
        "links",
        "parts",
        "attempts",
        "records",
    ] {
        tx.execute(
            &format!("DELETE FROM {table} WHERE connection = $1"),
            params![id.0],
        )?;
    }
    // The last of all observations only loses what it says: were it gone, SQLite would give its id out again, below the
    // mark up to which deliveries were looked through.
    tx.execute(
        "DELETE FROM observations WHERE connection = $1 AND id < (SELECT max(id) FROM observations)",
        params![id.0],
    )?;
    tx.execute(
        "UPDATE observations
            SET flow = NULL, part = NULL, occurrence = NULL, event_type = NULL, wakes = NULL, payload = $2
          WHERE connection = $1",
        params![id.0, [].as_slice()],
    )?;
    tx.execute("DELETE FROM meta WHERE name = 'pruning'", &[])?;
    tx.execute(
        "UPDATE tokens SET revoked_at = $2 WHERE connection = $1 AND revoked_at IS NULL",
        params![id.0, now],
    )?;
    tx.execute(
        "UPDATE connections
            SET removed_at = $2, settings = $4, secrets = $3, data_key = $3, paused = NULL, version = version + 1
          WHERE id = $1",
        params![id.0, now, [].as_slice(), "{}"],
    )?;
    Ok(())
}

impl Store {
    /// Deletes a connection with everything that was stored for it except its audit chain.
    pub async fn remove_connection(&self, name: &str, actor: &str, now: Timestamp) -> Result<()> {
        let entries = self.salted_note(actor, "connection.removed", "connection", String::new());
        let name = name.to_owned();
        let wrapper = self.wrapper();
        let id = self
            .write("remove a connection", move |tx| {
                let id = existing(tx, &wrapper, &name)?.id;
                remove(tx, id, now)?;
                audit::append(tx, id, &entries, now)?;
                Ok(id)
            })
            .await?;
        self.forget_keys(id);
        Ok(())
    }

    /// The connections that were removed, in the order in which they were added.
    pub async fn removed_connections(&self) -> Result<Vec<Removed>> {
        self.read("list the removed connections", |tx| {
            let rows = tx.query(
                "SELECT id, name, removed_at FROM connections WHERE removed_at IS NOT NULL ORDER BY id",
                &[],
            )?;
            let removed = |mut row: Row| {
                Ok(Removed {
                    id: ConnectionId(row.take(0)?),
                    name: row.take(1)?,
                    removed_at: row.take(2)?,
                })
            };
            rows.into_iter().map(removed).collect()
        })
        .await
    }
}
