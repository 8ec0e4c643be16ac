//! SQLite: one file, one writer, WAL with `synchronous=FULL`.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Statement, ToSql, params_from_iter};

use super::{Role, STATEMENTS_MAX, storable};
use crate::row::{Cell, Param, Row};
use crate::{Error, ErrorKind, Result};

/// How long a transaction waits for a writer of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Pages of 4 KiB that the log may have before it goes into the database.
const LOG_PAGES: i64 = 12_000;

/// How often the checkpointer looks at the log, and how long that is before it bothers.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(100);
const CHECKPOINT_BYTES: u64 = 4 << 20;

/// Memory for pages of the database.
const CACHE_KIB: i64 = 2_048;

pub(super) struct Connection {
    inner: rusqlite::Connection,
    role: Role,
    checkpointer: Option<Checkpointer>,
}

impl Connection {
    pub(super) fn open(path: &Path, role: Role) -> Result<Self> {
        if role == Role::Writer {
            make_private(path).map_err(|cause| {
                Error::caused("make the database's file", ErrorKind::Unavailable, cause)
            })?;
        }
        let inner = rusqlite::Connection::open(path).map_err(failed)?;
        let mut connection = Self {
            inner,
            role,
            checkpointer: None,
        };
        connection.prepare().map_err(failed)?;
        if role == Role::Writer {
            let checkpointer = Checkpointer::start(path.to_owned())
                .map_err(|cause| Error::caused("start a thread", ErrorKind::Unavailable, cause))?;
            connection.checkpointer = Some(checkpointer);
        }
        Ok(connection)
    }

    pub(super) fn open_in_memory() -> Result<Self> {
        let inner = rusqlite::Connection::open_in_memory().map_err(failed)?;
        let connection = Self {
            inner,
            role: Role::Writer,
            checkpointer: None,
        };
        connection.prepare().map_err(failed)?;
        Ok(connection)
    }

    fn prepare(&self) -> rusqlite::Result<()> {
        self.inner.busy_timeout(BUSY_TIMEOUT)?;
        self.inner
            .set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        self.inner.pragma_update(None, "journal_mode", "WAL")?;
        // In WAL mode, NORMAL would lose the last commits with the power; FULL flushes each commit.
        self.inner.pragma_update(None, "synchronous", "FULL")?;
        self.inner.pragma_update(None, "foreign_keys", "ON")?;
        self.inner.pragma_update(None, "trusted_schema", "OFF")?;
        // A checkpoint here (the log goes into the database, both are flushed) holds up whoever waits at that moment.
        // The checkpointer leaves little to do; without it the log would grow as long as there is no pause.
        self.inner
            .pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        self.inner.pragma_update(None, "cache_size", -CACHE_KIB)?;
        // A checkpoint leaves the log file as large as it was; cut it back so that one burst does not stay on the disk.
        self.inner
            .pragma_update(None, "journal_size_limit", 64 << 20)?;
        if self.role == Role::Reader {
            self.inner.pragma_update(None, "query_only", "ON")?;
        }
        Ok(())
    }

    pub(super) fn begin(&mut self) -> Result<()> {
        // A deferred transaction would take the write lock at its first write, and fail there if another process wrote
        // since its first read.
        self.run_cached(match self.role {
            Role::Writer => "BEGIN IMMEDIATE",
            Role::Reader => "BEGIN",
        })
    }

    pub(super) fn commit(&mut self) -> Result<()> {
        let committed = self.run_cached("COMMIT");
        if committed.is_err() {
            self.rollback();
        }
        committed
    }

    pub(super) fn rollback(&mut self) {
        // Some errors (a full disk) roll back by themselves; a second rollback is then refused and means nothing.
        if !self.inner.is_autocommit() {
            let _already_rolled_back = self.inner.execute_batch("ROLLBACK");
        }
    }

    pub(super) fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        let mut statement = self.inner.prepare_cached(sql).map_err(failed)?;
        execute(&mut statement, params)
    }

    pub(super) fn execute_each<'p, const N: usize>(
        &mut self,
        sql: &str,
        rows: impl Iterator<Item = [Param<'p>; N]>,
    ) -> Result<Vec<u64>> {
        let mut statement = self.inner.prepare_cached(sql).map_err(failed)?;
        rows.map(|row| execute(&mut statement, &row)).collect()
    }

    pub(super) fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        let mut statement = self.inner.prepare_cached(sql).map_err(failed)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(params)).map_err(failed)?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let cells = (0..columns).map(|column| cell(row.get_ref(column).map_err(failed)?));
            out.push(Row(cells.collect::<Result<_>>()?));
        }
        Ok(out)
    }

    pub(super) fn run_script(&mut self, sql: &str) -> Result<()> {
        self.inner.execute_batch(sql).map_err(failed)
    }

    fn run_cached(&self, sql: &str) -> Result<()> {
        let mut statement = self.inner.prepare_cached(sql).map_err(failed)?;
        statement.execute([]).map_err(failed)?;
        Ok(())
    }
}

fn execute(statement: &mut Statement<'_>, params: &[Param<'_>]) -> Result<u64> {
    let touched = statement
        .execute(params_from_iter(params))
        .map_err(failed)?;
    Ok(u64::try_from(touched).expect("a count of rows fits"))
}

/// A thread that brings the log into the database while the writer goes on, so that hardly anybody waits for it.
struct Checkpointer {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    fn start(database: PathBuf) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || checkpoint_now_and_then(&database, &stopped))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.stop.take());
        // Whoever waits for the end of the store may move or delete its file next.
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

/// Errors are left to the writer's own checkpoints, which come when the log is ten times as long.
fn checkpoint_now_and_then(database: &Path, stopped: &mpsc::Receiver<()>) {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    let log = PathBuf::from(log);
    let mut connection = None;
    // The log keeps its length after a burst; nothing is done for one that nobody wrote to since.
    let mut brought = None;
    while stopped.recv_timeout(CHECKPOINT_EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
        let Ok(found) = fs::metadata(&log) else {
            continue;
        };
        let written_at = found.modified().ok();
        if found.len() >= CHECKPOINT_BYTES && (written_at.is_none() || written_at != brought) {
            brought = written_at;
            if connection.is_none() {
                connection = rusqlite::Connection::open(database).ok();
            }
            if let Some(connection) = &connection {
                let _left_to_the_writer =
                    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            }
        }
    }
}

/// Makes the file readable by its owner alone. SQLite gives its log and index files the same permissions.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Param::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Param::Int(value) => ToSqlOutput::Borrowed(ValueRef::Integer(*value)),
            Param::Text(value) => match storable(value) {
                std::borrow::Cow::Borrowed(text) => {
                    ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
                }
                std::borrow::Cow::Owned(text) => ToSqlOutput::Owned(Value::Text(text)),
            },
            Param::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
        })
    }
}

fn cell(value: ValueRef<'_>) -> Result<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Text(bytes) => Cell::Text(
            std::str::from_utf8(bytes)
                .map_err(|_invalid| Error::corrupt("a text is not UTF-8"))?
                .to_owned(),
        ),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return Err(Error::corrupt("a number is not whole")),
    })
}

fn failed(cause: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as Code;
    let kind = match cause.sqlite_error_code() {
        Some(Code::DiskFull) => ErrorKind::DiskFull,
        Some(Code::DatabaseBusy | Code::DatabaseLocked) => ErrorKind::Locked,
        Some(
            Code::CannotOpen
            | Code::PermissionDenied
            | Code::ReadOnly
            | Code::SystemIoFailure
            | Code::OutOfMemory,
        ) => ErrorKind::Unavailable,
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => {
            ErrorKind::Corrupt("the database's file".to_owned())
        }
        _ => ErrorKind::Refused,
    };
    Error::caused("use the database", kind, cause)
}

pub(super) fn word(word: &str) -> Option<String> {
    let (name, argument) = word.split_once(' ').unwrap_or((word, ""));
    Some(match name {
        // Without AUTOINCREMENT, which costs a row of another table with each insert: ids grow as long as a table's last
        // row is never deleted. Where that matters (observations), it is not.
        "id" => "INTEGER PRIMARY KEY".to_owned(),
        "integer" => "INTEGER".to_owned(),
        "text" => "TEXT".to_owned(),
        "bytes" => "BLOB".to_owned(),
        "strict" => "STRICT".to_owned(),
        "texts" | "integers" => format!(
            "(SELECT value FROM json_each({}))",
            argument.replace('$', "?")
        ),
        "append_only" => refuse_changes(
            argument,
            "WHEN NOT EXISTS (SELECT 1 FROM meta WHERE name = 'pruning')",
        ),
        "unchangeable" => refuse_changes(argument, ""),
        _ => return None,
    })
}

fn refuse_changes(table: &str, unless: &str) -> String {
    let trigger = |deed: &str| {
        format!(
            "CREATE TRIGGER {table}_no_{deed} BEFORE {deed} ON {table} {unless} \
             BEGIN SELECT RAISE(ABORT, '{table}: rows are never changed'); END;"
        )
    };
    format!("{}\n{}", trigger("update"), trigger("delete"))
}
