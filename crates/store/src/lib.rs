#![doc = include_str!("../README.md")]

pub mod attempts;
pub mod audit;
pub mod connections;
pub mod cursors;
pub mod deliveries;
mod dialect;
mod error;
pub mod facets;
mod limit;
pub mod links;
pub mod mappings;
pub mod observations;
pub mod ownership;
pub mod passes;
pub mod records;
mod row;
mod schema;
pub mod shared;
pub mod status;
mod store;
pub mod tokens;
mod tx;
mod url;
pub mod vault;
pub mod wakes;
mod worker;

pub use error::{Error, ErrorKind, Result};
pub use store::Store;
pub use url::{DatabaseUrl, InvalidUrl};
pub use vault::MasterKey;
