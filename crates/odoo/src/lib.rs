#![doc = include_str!("../README.md")]

pub mod action;
pub mod analytic;
pub mod batch;
#[cfg(feature = "client")]
pub mod client;
pub mod context;
pub mod datetime;
pub mod decimal;
pub mod document;
pub mod domain;
pub mod error;
pub mod load;
pub mod preflight;
mod record;
pub mod server;
pub mod settlement;
pub mod values;

pub use action::{Acted, Action};
pub use analytic::Distribution;
#[cfg(feature = "client")]
pub use client::{Client, Config, Found, Loaded, Search, Trace};
pub use context::Context;
pub use domain::Domain;
pub use error::{Error, ErrorKind};
pub use record::{EXTERNAL_ID_BYTES_MAX, ExternalId, ExternalIdError, Model, RecordId};
pub use settlement::{Settled, Settlement, Unsettled};
pub use values::{Command, Values};

/// A call's outcome.
pub type Result<T, E = Error> = std::result::Result<T, E>;
/// A record as Odoo returns it: field name to value.
pub type Fields = serde_json::Map<String, serde_json::Value>;
