//! The right to run the engine: at most one process at a time has it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::watch;

use super::postgresql::connect_url;
use crate::url::Address;
use crate::{Error, ErrorKind, Result};

/// Names the engine's advisory lock: the letters `mlengine`.
const ENGINE_LOCK: i64 = i64::from_be_bytes(*b"mlengine");

/// How often the lock's connection is looked at, and how long the answer may take.
const LOOK_EVERY: Duration = Duration::from_secs(2);
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Holds the right until it is dropped.
#[derive(Debug)]
pub(crate) enum Claim {
    /// A lock of the operating system, free at once when the process dies. It cannot be lost otherwise.
    File { _locked: File },
    /// A lock of a session of PostgreSQL, kept by a thread that notices when the session is lost.
    Session {
        lost: watch::Receiver<bool>,
        _release: mpsc::Sender<()>,
    },
    /// A database in memory has no other process.
    Alone,
}

impl Claim {
    /// Says when the right was lost, where it can be lost.
    pub(crate) fn watch(&self) -> Option<&watch::Receiver<bool>> {
        match self {
            Self::Session { lost, .. } => Some(lost),
            Self::File { .. } | Self::Alone => None,
        }
    }
}

/// Claims the right to run the engine on this database; `None` while another has it. Blocks.
pub(crate) fn claim(address: &Address) -> Result<Option<Claim>> {
    match address {
        Address::SqliteMemory => Ok(Some(Claim::Alone)),
        Address::SqliteFile(path) => claim_file(&lock_path(path)),
        Address::Postgres { url, .. } => claim_session(url),
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn claim_file(path: &Path) -> Result<Option<Claim>> {
    let unavailable = |cause| Error::caused("claim the engine", ErrorKind::Unavailable, cause);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(unavailable)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Claim::File { _locked: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(unavailable(cause)),
    }
}

fn claim_session(url: &SecretString) -> Result<Option<Claim>> {
    let refused = |cause| Error::caused("claim the engine", ErrorKind::Unavailable, cause);
    let mut client = connect_url(url)?;
    let row = client
        .query_one("SELECT pg_try_advisory_lock($1)", &[&ENGINE_LOCK])
        .map_err(refused)?;
    if !row.get::<_, bool>(0) {
        return Ok(None);
    }
    let (tell, lost) = watch::channel(false);
    let (release, released) = mpsc::channel();
    thread::Builder::new()
        .name("store-claim".to_owned())
        .spawn(move || {
            // Ends when the claim is dropped: the session closes and the lock is free.
            while let Err(RecvTimeoutError::Timeout) = released.recv_timeout(LOOK_EVERY) {
                if client.is_valid(LOOK_TIMEOUT).is_err() {
                    let _nobody_listens = tell.send(true);
                    return;
                }
            }
        })
        .map_err(refused_thread)?;
    Ok(Some(Claim::Session {
        lost,
        _release: release,
    }))
}

fn refused_thread(cause: std::io::Error) -> Error {
    Error::caused("start a thread", ErrorKind::Unavailable, cause)
}
