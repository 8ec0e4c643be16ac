#![doc = include_str!("../README.md")]

pub mod fault;
pub mod odoo;
pub mod servicetitan;

mod server;

use std::sync::Arc;

/// The present, supplied by whoever starts a simulator, so that tests hold time still or move it.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;
