#![doc = include_str!("../README.md")]

pub mod error;
mod id;
pub mod record;

pub use error::{Error, ErrorKind};
pub use id::{ContactId, CustomerId, JobId, LocationId, PaymentTermId, TenantId};
