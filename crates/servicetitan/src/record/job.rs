//! Jobs, as far as a job wakes its customer.

use serde::Deserialize;

use super::{Record, wire};
use crate::id::{CustomerId, JobId, LocationId};

/// A job, in `jpm/jobs` or in a webhook: whose it is and where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// The job's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: JobId,
    /// Whose it is.
    #[serde(deserialize_with = "wire::whole")]
    pub customer_id: CustomerId,
    /// Where it is done.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub location_id: Option<LocationId>,
}

impl Record for Job {
    const KIND: &'static str = "job";
}
