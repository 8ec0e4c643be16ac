//! The contract, held against the sandbox: what keeps it true to the real one.

use odoo::server::Protocol;

use crate::{contract, target};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sandbox_is_true_to_odoo() {
    let target = target::simulated().await;
    assert_eq!(target.client.protocol(), Protocol::Json2);
    contract::holds_for(&target).await;
}
