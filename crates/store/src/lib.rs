#![doc = include_str!("../README.md")]

pub mod attempts;
pub mod audit;
pub mod connections;
pub mod cursors;
mod error;
pub mod links;
pub mod observations;
pub mod ownership;
pub mod passes;
pub mod records;
pub mod status;
mod store;
mod url;
pub mod vault;
pub mod wakes;

pub use error::{Error, ErrorKind, Result};
pub use store::Store;
mod dialect;
pub use url::{DatabaseUrl, InvalidUrl};
pub use vault::MasterKey;
