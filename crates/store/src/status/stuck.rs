//! What failed or waits for a person, record by record, with what its source said last: all of them, in pages.

use sync::record::{Key, SourceId, State};
use sync::sighting::Part;

use super::FAILED;
use crate::connections::ConnectionId;
use crate::limit::at_most;
use crate::observations;
use crate::records::RecordId;
use crate::row::params;
use crate::{Result, Store};

/// Records that one call of [`Store::stuck`] returns at most.
pub const STUCK_MAX: usize = 500;

/// A record that failed or waits for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Stuck {
    /// The store's id of it: the next page begins after the last one's.
    pub record: RecordId,
    /// Its name.
    pub key: Key,
    /// `Failed`, or `Waiting` for a person.
    pub state: State,
    /// The cause.
    pub cause: String,
    /// What to do.
    pub advice: String,
    /// What the source said last.
    pub parts: Vec<Part>,
}

impl Store {
    /// The records that failed or wait for a person, in the order of their ids: at most [`STUCK_MAX`], those that come
    /// after `after`.
    pub async fn stuck(&self, id: ConnectionId, after: Option<RecordId>) -> Result<Vec<Stuck>> {
        let keys = self.keys(id).await?;
        let after = after.map_or(0, |record| record.0);
        self.read("read what failed", move |tx| {
            let sql = format!(
                "SELECT id, flow, source, state, cause, advice FROM records
                  WHERE {FAILED} AND connection = $1 AND id > $2 ORDER BY id LIMIT $3"
            );
            let rows = tx.query(&sql, params![id.0, after, at_most(STUCK_MAX, STUCK_MAX)])?;
            let stuck = rows.into_iter().map(|mut row| {
                Ok(Stuck {
                    record: RecordId(row.take(0)?),
                    key: Key {
                        flow: row.take(1)?,
                        source: SourceId(row.take(2)?),
                    },
                    state: row.take(3)?,
                    cause: row.take::<Option<String>>(4)?.unwrap_or_default(),
                    advice: row.take::<Option<String>>(5)?.unwrap_or_default(),
                    parts: Vec::new(),
                })
            });
            let mut stuck: Vec<Stuck> = stuck.collect::<Result<_>>()?;
            let ids: Vec<i64> = stuck.iter().map(|one| one.record.0).collect();
            let mut parts = observations::parts_of(tx, &keys, &ids)?;
            for one in &mut stuck {
                one.parts = parts.remove(&one.record).unwrap_or_default();
            }
            Ok(stuck)
        })
        .await
    }
}
