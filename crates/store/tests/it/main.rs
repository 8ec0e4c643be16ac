//! The store's suite. Every story runs on SQLite in memory, SQLite in a file, and a real PostgreSQL.

mod rig;

mod audit;
mod connections;
mod durability;
mod groups;
mod keys;
mod observations;
mod outcomes;
mod ownership;
mod passes;
mod replay;
mod schema;
mod status;
mod webhooks;
