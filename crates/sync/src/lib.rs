#![doc = include_str!("../README.md")]

mod address;
mod bills;
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
mod jobs;
pub mod link;
pub mod mapping;
mod money;
mod others;
mod part;
pub mod plain;
pub mod plan;
mod purchase_orders;
pub mod record;
pub mod sighting;
pub mod single;
mod target;
mod vendors;
pub mod wake;
