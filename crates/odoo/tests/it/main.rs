//! The crate's tests from outside.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]
#![expect(clippy::print_stdout, reason = "what a test says of itself")]

mod contract;
mod plan;
mod real;
mod simulated;
mod target;
mod wire;
