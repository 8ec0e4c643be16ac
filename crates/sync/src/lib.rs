#![doc = include_str!("../README.md")]

pub mod content;
pub mod flow;
pub mod link;
pub mod record;
pub mod sighting;
