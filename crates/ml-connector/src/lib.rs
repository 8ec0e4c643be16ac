//! ml-connector keeps ServiceTitan and Odoo in step: the engine, the service and the command line.

pub mod cli;
pub mod clock;
pub mod connection;
pub mod doctor;
pub mod engine;
pub mod held;
pub mod mapping;
pub mod metrics;
pub mod mistake;
pub mod outage;
pub mod reconcile;
pub mod rights;
pub mod service;
pub mod settings;
pub mod token;
pub mod web;
