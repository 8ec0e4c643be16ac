#![doc = include_str!("../README.md")]

mod address;
mod business_units;
pub mod content;
pub mod customers;
pub mod directory;
pub mod document;
pub mod failure;
pub mod filing;
pub mod flow;
pub mod flows;
mod items;
pub mod link;
mod money;
mod others;
mod part;
pub mod plain;
pub mod plan;
mod purchase_orders;
pub mod receipts;
pub mod record;
pub mod sighting;
pub mod single;
mod target;
mod vendors;
pub mod wake;
