//! Who runs the engine: one process at a time.
//!
//! SQLite: a lock of the operating system on `<database>.lock`, free at once when the process dies. PostgreSQL: a
//! session's advisory lock on a connection of its own, which can be lost with that connection. Memory: no other process
//! can open it, but another handle may ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::dialect::{self, Claim};
use crate::{Error, ErrorKind, Result, Store};

/// The right to run the engine; given back when dropped.
#[derive(Debug)]
pub struct EngineLock {
    claim: Claim,
    _handle: HandleClaim,
}

/// One claim per store, too: a second engine in this process would be as wrong as one in another.
#[derive(Debug)]
struct HandleClaim(Arc<AtomicBool>);

impl Drop for HandleClaim {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl EngineLock {
    /// Whether the lock was lost (PostgreSQL: its connection died). Never becomes false again.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.claim.watch().is_some_and(|lost| *lost.borrow())
    }

    /// Returns when the lock is lost; stop the engine then, and claim it again. On SQLite it never returns.
    pub async fn lost(&self) {
        match self.claim.watch() {
            Some(lost) => {
                // An error means that the watching thread ended, which it does only after it told or was released.
                let mut lost = lost.clone();
                let _told = lost.wait_for(|lost| *lost).await;
            }
            None => std::future::pending().await,
        }
    }
}

impl Store {
    /// Claims the engine; `None` while another process, or another handle of this store, has it.
    pub async fn claim_engine(&self) -> Result<Option<EngineLock>> {
        let operation = "claim the engine";
        if self.shared.engine_claimed.swap(true, Ordering::AcqRel) {
            return Ok(None);
        }
        let handle = HandleClaim(Arc::clone(&self.shared.engine_claimed));
        let address = self.shared.address.clone();
        let claim = tokio::task::spawn_blocking(move || dialect::claim(&address))
            .await
            .map_err(|cause| Error::caused(operation, ErrorKind::Unavailable, cause))?
            .map_err(|error| error.during(operation))?;
        Ok(claim.map(|claim| EngineLock {
            claim,
            _handle: handle,
        }))
    }
}
