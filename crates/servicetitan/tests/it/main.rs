//! The client against small servers that each test scripts, and against the sandbox.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of tests fail like the tests"
)]

mod conformance;
mod fields;
mod lists;
mod pacing;
mod polls;
mod purchasing;
mod records;
mod retries;
mod sandboxed;
mod server;
mod token;
mod writes;
