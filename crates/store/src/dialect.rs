//! The only place that knows which database is in use.
//!
//! SQL is written once, with `$1`, `$2`, ... for arguments, in the dialect that both databases speak (`ON CONFLICT`,
//! `RETURNING`, common table expressions). What they do not share is written as a word in braces:
//!
//! | word | SQLite | PostgreSQL |
//! | --- | --- | --- |
//! | `{id}` (grows as long as a table's last row stays) | `INTEGER PRIMARY KEY` | `BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY` |
//! | `{integer}` | `INTEGER` | `BIGINT` |
//! | `{text}` | `TEXT` | `TEXT COLLATE "C"`, so that both sort by bytes |
//! | `{bytes}` | `BLOB` | `BYTEA` |
//! | `{strict}` | `STRICT` | nothing: it always is |
//! | `{texts $n}`, `{integers $n}` | the members of a JSON list, for `IN` | the same |
//! | `{append_only table}` | triggers that refuse changes of rows, except while pruning | the same |
//! | `{unchangeable table}` | triggers that refuse changes of rows, always | the same |
//!
//! Guarantees that differ underneath and are made equal here: at most one write transaction at a time per database
//! (SQLite's own lock; an advisory lock on PostgreSQL), so a job may read and then write without a race; a commit is
//! durable when it returns; texts never hold NUL, which PostgreSQL cannot store (it becomes U+FFFD).

mod claim;
mod postgresql;
mod sqlite;

use std::borrow::Cow;
use std::collections::HashMap;

pub(crate) use claim::{Claim, claim};
pub(crate) use postgresql::shown_url as shown_postgres_url;

use crate::row::{Param, Row};
use crate::url::Address;
use crate::{Error, ErrorKind, Result};

/// Texts of statements, and prepared statements, kept per connection at most.
const STATEMENTS_MAX: usize = 256;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Writer,
    Reader,
}

/// One connection to the database. After `begin`, either `commit` or `rollback`.
pub(crate) struct Database {
    engine: Engine,
    /// Statements as written -> as this database wants them.
    translated: HashMap<Box<str>, Box<str>>,
    /// A statement of the running transaction failed. It must not be committed, even if a job ignored the failure:
    /// SQLite would commit the rest, PostgreSQL would silently roll back.
    failed: bool,
}

enum Engine {
    Sqlite(sqlite::Connection),
    // Boxed: its client is several times the size of the other.
    Postgres(Box<postgresql::Connection>),
}

impl Database {
    /// Opens a connection; with `Role::Writer` a SQLite file is made when it does not exist.
    pub(crate) fn open(address: &Address, role: Role) -> Result<Self> {
        let engine = match address {
            Address::SqliteFile(path) => Engine::Sqlite(sqlite::Connection::open(path, role)?),
            Address::SqliteMemory => Engine::Sqlite(sqlite::Connection::open_in_memory()?),
            Address::Postgres { url, .. } => {
                Engine::Postgres(Box::new(postgresql::Connection::open(url, role)?))
            }
        };
        Ok(Self {
            engine,
            translated: HashMap::new(),
            failed: false,
        })
    }

    /// Begins a transaction; a writer waits here until no other writer is inside one.
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.failed = false;
        match &mut self.engine {
            Engine::Sqlite(connection) => connection.begin(),
            Engine::Postgres(connection) => connection.begin(),
        }
    }

    /// Commits. After an error nothing was committed, except for [`ErrorKind::Uncertain`].
    pub(crate) fn commit(&mut self) -> Result<()> {
        if self.failed {
            self.rollback();
            return Err(Error::new("commit", ErrorKind::Refused));
        }
        match &mut self.engine {
            Engine::Sqlite(connection) => connection.commit(),
            Engine::Postgres(connection) => connection.commit(),
        }
    }

    /// Gives up the running transaction, if any.
    pub(crate) fn rollback(&mut self) {
        match &mut self.engine {
            Engine::Sqlite(connection) => connection.rollback(),
            Engine::Postgres(connection) => connection.rollback(),
        }
    }

    /// Runs a statement; returns how many rows it touched.
    pub(crate) fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        let sql = translation(&mut self.translated, &self.engine, sql);
        let touched = match &mut self.engine {
            Engine::Sqlite(connection) => connection.execute(sql, params),
            Engine::Postgres(connection) => connection.execute(sql, params),
        };
        self.failed |= touched.is_err();
        touched
    }

    /// Runs a statement once for each of these arguments; returns how many rows it touched each time.
    pub(crate) fn execute_each<'p, const N: usize>(
        &mut self,
        sql: &str,
        rows: impl Iterator<Item = [Param<'p>; N]>,
    ) -> Result<Vec<u64>> {
        let sql = translation(&mut self.translated, &self.engine, sql);
        let touched = match &mut self.engine {
            Engine::Sqlite(connection) => connection.execute_each(sql, rows),
            Engine::Postgres(connection) => rows.map(|row| connection.execute(sql, &row)).collect(),
        };
        self.failed |= touched.is_err();
        touched
    }

    /// Runs a statement; returns its rows.
    pub(crate) fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        let sql = translation(&mut self.translated, &self.engine, sql);
        let rows = match &mut self.engine {
            Engine::Sqlite(connection) => connection.query(sql, params),
            Engine::Postgres(connection) => connection.query(sql, params),
        };
        self.failed |= rows.is_err();
        rows
    }

    /// Runs several statements without arguments.
    pub(crate) fn run_script(&mut self, sql: &str) -> Result<()> {
        let sql = translate(&self.engine, sql);
        let done = match &mut self.engine {
            Engine::Sqlite(connection) => connection.run_script(&sql),
            Engine::Postgres(connection) => connection.run_script(&sql),
        };
        self.failed |= done.is_err();
        done
    }
}

fn translation<'a>(
    known: &'a mut HashMap<Box<str>, Box<str>>,
    engine: &Engine,
    sql: &str,
) -> &'a str {
    if !known.contains_key(sql) {
        if known.len() >= STATEMENTS_MAX {
            known.clear();
        }
        known.insert(sql.into(), translate(engine, sql).into());
    }
    &known[sql]
}

fn translate(engine: &Engine, sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some(at) = rest.find(['{', '$']) {
        out.push_str(&rest[..at]);
        if rest[at..].starts_with('$') {
            // SQLite takes `$1` too, but as a name, numbered by first use: `?1` is what is meant.
            out.push(match engine {
                Engine::Sqlite(_) => '?',
                Engine::Postgres(_) => '$',
            });
            rest = &rest[at + 1..];
        } else {
            let end = at + rest[at..].find('}').expect("a word in SQL ends");
            let word = &rest[at + 1..end];
            let meaning = match engine {
                Engine::Sqlite(_) => sqlite::word(word),
                Engine::Postgres(_) => postgresql::word(word),
            };
            out.push_str(
                &meaning.unwrap_or_else(|| panic!("`{{{word}}}` is a word of the dialect")),
            );
            rest = &rest[end + 1..];
        }
    }
    out.push_str(rest);
    out
}

/// The text as it is stored: without NUL.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}
