//! The crate's tests from outside.

mod contract;
mod plan;
mod real;
mod target;
