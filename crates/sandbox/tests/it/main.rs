//! The simulators over the wire, as a client meets them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod faults;
mod odoo;
mod servicetitan;
