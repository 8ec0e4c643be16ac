//! The contract, held against real Odoos.

use odoo::server::{Protocol, ProtocolChoice};

use crate::contract;
use crate::target::Real;

/// CI brings up a real Odoo 19 and must not pass without it.
fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odoo_19_over_json2() {
    let Some(real) = Real::find("ML_CONNECTOR_TEST_ODOO", in_ci()) else {
        return;
    };
    let target = real.target(ProtocolChoice::Auto).await;
    assert_eq!(target.client.protocol(), Protocol::Json2);
    contract::holds_for(&target).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odoo_19_over_xmlrpc() {
    let Some(real) = Real::find("ML_CONNECTOR_TEST_ODOO", in_ci()) else {
        return;
    };
    let target = real.target(ProtocolChoice::XmlRpc).await;
    contract::holds_for(&target).await;
}

/// A recipe of its own brings up the old one: it needs a distribution of its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odoo_14_over_xmlrpc() {
    let Some(real) = Real::find("ML_CONNECTOR_TEST_ODOO14", false) else {
        return;
    };
    let target = real.target(ProtocolChoice::Auto).await;
    assert_eq!(target.client.protocol(), Protocol::XmlRpc);
    assert_eq!(target.client.version().major, 14);
    contract::holds_for(&target).await;
}
