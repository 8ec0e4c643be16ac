//! A job.

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use servicetitan::record;

use super::{Shown, text, word};

/// The work that is done for a customer at a location.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "they are ServiceTitan's names")]
pub(in crate::web::api) struct Job {
    /// ServiceTitan's number for it.
    number: Option<String>,
    /// Scheduled, Dispatched, `InProgress`, Hold, Completed or Canceled.
    status: Option<String>,
    /// False once it was deleted.
    active: Option<bool>,
    /// Whose it is.
    customer_id: Option<i64>,
    /// Where it is done.
    location_id: Option<i64>,
    /// Of which unit.
    business_unit_id: Option<i64>,
    /// Its type.
    job_type_id: Option<i64>,
    /// The project that it is part of.
    project_id: Option<i64>,
    /// Its invoice.
    invoice_id: Option<i64>,
    /// What is to be done.
    summary: Option<String>,
    /// The customer's order number.
    customer_po: Option<String>,
    /// What its invoice amounts to.
    total: Option<Decimal>,
    /// Whether nothing is charged for it.
    no_charge: Option<bool>,
    /// When it was completed.
    completed_on: Option<Timestamp>,
    /// When it was created: its date.
    created_on: Option<Timestamp>,
    /// When ServiceTitan changed it last.
    modified_on: Option<Timestamp>,
}

pub(in crate::web::api) fn job(shown: &Shown<'_>) -> Value {
    shown.object(shown.row().map(of).unwrap_or_default())
}

fn of(job: record::Job) -> Job {
    Job {
        number: word(&job.job_number),
        status: word(job.job_status.as_str()),
        active: Some(job.active),
        customer_id: Some(job.customer_id.0),
        location_id: job.location_id.map(|id| id.0),
        business_unit_id: job.business_unit_id.map(|id| id.0),
        job_type_id: job.job_type_id.map(|id| id.0),
        project_id: job.project_id.map(|id| id.0),
        invoice_id: job.invoice_id.map(|id| id.0),
        summary: text(job.summary.as_deref()),
        customer_po: job.customer_po,
        total: job.total,
        no_charge: Some(job.no_charge),
        completed_on: job.completed_on,
        created_on: job.created_on,
        modified_on: job.modified_on,
    }
}
