//! The schema, in numbered steps. Each is applied once, in a transaction, and recorded with a checksum.
//!
//! Refuses a database that a newer program migrated, and one whose recorded steps are not the ones known here.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::row::params;
use crate::tx::Tx;
use crate::{Error, ErrorKind, Result};

struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

/// In order, numbered from 1 without gaps. Never change one that was released: add the next.
const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "foundation",
        sql: include_str!("schema/0001_foundation.sql"),
    },
    Migration {
        number: 2,
        name: "mappings",
        sql: include_str!("schema/0002_mappings.sql"),
    },
    Migration {
        number: 3,
        name: "pull api",
        sql: include_str!("schema/0003_pull_api.sql"),
    },
];

/// Brings the schema up to date. Two processes may do this at once: the second finds it done.
pub(crate) fn migrate(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    tx.run_script(
        "CREATE TABLE IF NOT EXISTS migrations (
             number {integer} PRIMARY KEY,
             name {text} NOT NULL,
             checksum {text} NOT NULL,
             applied_at {integer} NOT NULL
         ) {strict}",
    )?;
    let applied = tx.query(
        "SELECT number, checksum FROM migrations ORDER BY number",
        &[],
    )?;
    let done = applied.len();
    for (at, mut row) in applied.into_iter().enumerate() {
        let (number, checksum): (i64, String) = (row.take(0)?, row.take(1)?);
        match MIGRATIONS.get(at) {
            None => {
                let known = MIGRATIONS.last().map_or(0, |last| last.number);
                return Err(Error::new(
                    "open the store",
                    ErrorKind::NewerSchema {
                        found: number.max(known + 1),
                        known,
                    },
                ));
            }
            Some(known) if known.number != number || known.checksum() != checksum => {
                return Err(Error::corrupt(format!(
                    "migration {number} is not the one that this program knows as {} ({})",
                    known.number, known.name
                )));
            }
            Some(_same) => {}
        }
    }
    for migration in &MIGRATIONS[done..] {
        tx.run_script(migration.sql)?;
        tx.execute(
            "INSERT INTO migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
            params![migration.number, migration.name, &migration.checksum(), now],
        )?;
    }
    Ok(())
}

impl Migration {
    fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.sql))
    }
}
