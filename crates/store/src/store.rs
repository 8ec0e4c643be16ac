//! The store itself: opened once, cloned freely.

use jiff::Timestamp;
use rand::CryptoRng;

use crate::{DatabaseUrl, MasterKey, Result};

/// Durable state. A clone is another handle on the same store.
#[derive(Clone, Debug)]
pub struct Store {}

impl Store {
    /// Opens the database, made when it is a file that does not exist, migrates it, and checks that it was made with
    /// this master key. `rng` seeds the store's own generator of nonces, salts and keys: give it the operating
    /// system's randomness outside of tests.
    pub async fn open(
        url: &DatabaseUrl,
        master: &MasterKey,
        rng: &mut impl CryptoRng,
        now: Timestamp,
    ) -> Result<Self> {
        todo!("{url} {master:?} {} {now}", rng.next_u32())
    }

    /// Finishes what is queued and closes the database. Later calls through any handle fail with
    /// [`Closed`](crate::ErrorKind::Closed).
    pub async fn close(self) -> Result<()> {
        todo!()
    }
}
