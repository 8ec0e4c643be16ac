#![doc = include_str!("../README.md")]

pub mod content;
pub mod customers;
pub mod directory;
pub mod failure;
pub mod flow;
pub mod link;
pub mod plain;
pub mod plan;
pub mod record;
pub mod sighting;
pub mod wake;
