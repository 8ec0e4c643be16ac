//! Who runs the engine: one process at a time.
//!
//! SQLite: a lock of the operating system on `<database>.lock`, free at once when the process dies. PostgreSQL: a
//! session's advisory lock on a connection of its own, which can be lost with that connection. Memory: nobody else can
//! open it.

use crate::{Result, Store};

/// The right to run the engine; given back when dropped.
#[derive(Debug)]
pub struct EngineLock {}

impl EngineLock {
    /// Whether the lock was lost (PostgreSQL: its connection died). Never becomes false again.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        todo!()
    }

    /// Returns when the lock is lost; stop the engine then. On SQLite it never returns.
    pub async fn lost(&self) {
        todo!()
    }
}

impl Store {
    /// Claims the engine; `None` while another process has it.
    pub async fn claim_engine(&self) -> Result<Option<EngineLock>> {
        todo!()
    }
}
