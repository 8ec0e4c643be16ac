//! Jobs: the work that is done for a customer at a location, and that costs belong to.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::{CustomField, ExternalData};
use super::open_enum::open_enum;
use super::{Record, wire};
use crate::id::{BusinessUnitId, CustomerId, InvoiceId, JobId, JobTypeId, LocationId, ProjectId};

/// A row of `jpm/jobs` or of its export feed, or a job in a webhook, which may say little more than
/// whose it is and where.
#[derive(Debug, Clone, PartialEq, Deserialize)]
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
    /// False once deleted. Only the feed says so; the list leaves deleted ones out, so true if the
    /// row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// ServiceTitan's number for it; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub job_number: String,
    /// How far it is.
    #[serde(default)]
    pub job_status: JobStatus,
    /// Of which unit.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub business_unit_id: Option<BusinessUnitId>,
    /// Its type.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub job_type_id: Option<JobTypeId>,
    /// The project that it is part of, if of one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub project_id: Option<ProjectId>,
    /// Its invoice.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub invoice_id: Option<InvoiceId>,
    /// What is to be done, as HTML.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub summary: Option<String>,
    /// The customer's order number.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub customer_po: Option<String>,
    /// Whether nothing is charged for it.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub no_charge: bool,
    /// What its invoice amounts to.
    #[serde(default, deserialize_with = "wire::money")]
    pub total: Option<Decimal>,
    /// When it was completed.
    #[serde(default, deserialize_with = "wire::time")]
    pub completed_on: Option<Timestamp>,
    /// The tenant's own fields.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub custom_fields: Vec<CustomField>,
    /// What applications stored on the job.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub external_data: Vec<ExternalData>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for Job {
    const KIND: &'static str = "job";
}

open_enum! {
    /// How far a job is.
    JobStatus {
        /// An appointment stands.
        Scheduled,
        /// A technician is on the way.
        Dispatched,
        /// It is being done.
        InProgress,
        /// It waits for something.
        Hold,
        /// It is done.
        Completed,
        /// It was called off.
        Canceled,
    }
}
