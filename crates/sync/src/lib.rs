#![doc = include_str!("../README.md")]

mod address;
mod business_units;
pub mod content;
pub mod customers;
pub mod directory;
pub mod failure;
pub mod filing;
pub mod flow;
pub mod flows;
mod items;
pub mod link;
mod part;
pub mod plain;
pub mod plan;
pub mod record;
pub mod sighting;
mod single;
mod target;
mod vendors;
pub mod wake;
