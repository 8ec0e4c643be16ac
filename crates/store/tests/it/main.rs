//! The store's suite. Every story runs on SQLite in memory, SQLite in a file, and a real PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "the stories' own steps; clippy's leave for tests ends at functions that are not tests"
)]

mod rig;

mod audit;
mod connections;
mod durability;
mod facets;
mod groups;
mod keys;
mod lost_connections;
mod mappings;
mod observations;
mod outcomes;
mod ownership;
mod passes;
mod replay;
mod schema;
mod shared;
mod status;
mod targets;
mod tokens;
mod webhooks;
