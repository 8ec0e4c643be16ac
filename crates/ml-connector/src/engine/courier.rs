//! Who brings the records of a flow where they go.

use jiff::{SignedDuration, Timestamp};
use sync::failure::Vendor;

use super::batch::{Carried, Carrier, Job, TOLD_MAX, Teller};

/// Brings batches to one of the vendors.
#[derive(Clone)]
pub enum Courier {
    /// To Odoo.
    Odoo {
        /// Who brings them.
        carrier: Carrier,
        /// How long Odoo may work on one call that nobody waits for any more.
        call_limit: SignedDuration,
        /// Calls in flight at once.
        workers: usize,
    },
    /// To ServiceTitan.
    ServiceTitan {
        /// Who tells it.
        teller: Teller,
        /// How long ServiceTitan may work on one call that nobody waits for any more.
        call_limit: SignedDuration,
    },
}

impl Courier {
    /// Where they go.
    #[must_use]
    pub const fn vendor(&self) -> Vendor {
        match self {
            Self::Odoo { .. } => Vendor::Odoo,
            Self::ServiceTitan { .. } => Vendor::ServiceTitan,
        }
    }

    /// How long the vendor may work on one call that nobody waits for any more.
    #[must_use]
    pub const fn call_limit(&self) -> SignedDuration {
        match self {
            Self::Odoo { call_limit, .. } | Self::ServiceTitan { call_limit, .. } => *call_limit,
        }
    }

    /// Batches in flight at once. Calls to ServiceTitan are paced, more of them at once would not go faster.
    #[must_use]
    pub const fn workers(&self) -> usize {
        match self {
            Self::Odoo { workers, .. } => *workers,
            Self::ServiceTitan { .. } => 1,
        }
    }

    /// How many rows a batch has at most, where calls to Odoo would take as many as that.
    #[must_use]
    pub fn rows(&self, sized: usize) -> usize {
        match self {
            Self::Odoo { .. } => sized,
            Self::ServiceTitan { .. } => TOLD_MAX,
        }
    }

    /// Carries a batch.
    pub async fn carry(&self, jobs: Vec<Job>, doubt_until: Timestamp) -> Carried {
        match self {
            Self::Odoo { carrier, .. } => carrier.carry(jobs, doubt_until).await,
            Self::ServiceTitan { teller, .. } => teller.carry(jobs, doubt_until).await,
        }
    }
}
