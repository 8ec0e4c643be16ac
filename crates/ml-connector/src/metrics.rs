//! What the process counts, and how Prometheus reads it.
//!
//! Labels are names of connections, flows, states and outcomes; nothing of a record is ever in one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use sync::flow::Flow;
use sync::record::State;

/// Counters of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    planned: Family<FlowLabels, Counter>,
    records: Family<StateLabels, Gauge>,
    lag_seconds: Family<FlowLabels, Gauge<f64, AtomicU64>>,
    active: Family<ConnectionLabels, Gauge>,
    webhooks: Family<WebhookLabels, Counter>,
    /// The connections that something is counted for.
    known: Mutex<BTreeSet<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FlowLabels {
    connection: String,
    flow: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    connection: String,
    flow: String,
    state: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ConnectionLabels {
    connection: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WebhookLabels {
    outcome: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("ml_connector");
        let metrics = Self {
            planned: Family::default(),
            records: Family::default(),
            lag_seconds: Family::default(),
            active: Family::default(),
            webhooks: Family::default(),
            known: Mutex::default(),
            registry: Registry::default(),
        };
        registry.register(
            "records_handled",
            "Records planned and, where needed, carried",
            metrics.planned.clone(),
        );
        registry.register("records", "Records by state", metrics.records.clone());
        registry.register(
            "lag_seconds",
            "Age of the oldest pending input",
            metrics.lag_seconds.clone(),
        );
        registry.register(
            "connection_active",
            "1 when active, 0 when paused",
            metrics.active.clone(),
        );
        registry.register(
            "webhooks",
            "Webhook deliveries by what became of them",
            metrics.webhooks.clone(),
        );
        Self {
            registry,
            ..metrics
        }
    }
}

impl Metrics {
    /// Counts outcomes that were written down.
    pub fn carried(&self, connection: &str, flow: Flow, count: usize) {
        self.know(connection);
        self.planned
            .get_or_create(&labels(connection, flow))
            .inc_by(count as u64);
    }

    /// Counts a webhook delivery.
    pub fn webhook(&self, outcome: &'static str) {
        self.webhooks
            .get_or_create(&WebhookLabels { outcome })
            .inc();
    }

    /// Sets the gauges of a connection.
    pub fn connection(&self, connection: &str, active: bool) {
        self.know(connection);
        self.active
            .get_or_create(&ConnectionLabels {
                connection: connection.to_owned(),
            })
            .set(i64::from(active));
    }

    /// Sets the gauges of a flow.
    pub fn flow(
        &self,
        connection: &str,
        flow: Flow,
        counts: impl IntoIterator<Item = (State, u64)>,
        lag: Option<f64>,
    ) {
        for (state, count) in counts {
            self.records
                .get_or_create(&state_labels(connection, flow, state))
                .set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        self.lag_seconds
            .get_or_create(&labels(connection, flow))
            .set(lag.unwrap_or_default());
    }

    /// Forgets every connection but these: what was removed must not look as if it stood still.
    pub fn keep<'a>(&self, connections: impl IntoIterator<Item = &'a str>) {
        let kept: BTreeSet<&str> = connections.into_iter().collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in known.extract_if(.., |name| !kept.contains(name.as_str())) {
            for flow in Flow::ALL {
                self.planned.remove(&labels(&gone, flow));
                self.lag_seconds.remove(&labels(&gone, flow));
                for state in State::ALL {
                    self.records.remove(&state_labels(&gone, flow, state));
                }
            }
            self.active.remove(&ConnectionLabels { connection: gone });
        }
    }

    fn know(&self, connection: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(connection) {
            known.insert(connection.to_owned());
        }
    }

    /// The text that Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            text.clear();
            let _ = writeln!(text, "# EOF");
        }
        text
    }
}

fn labels(connection: &str, flow: Flow) -> FlowLabels {
    FlowLabels {
        connection: connection.to_owned(),
        flow: flow.to_string(),
    }
}

fn state_labels(connection: &str, flow: Flow, state: State) -> StateLabels {
    StateLabels {
        connection: connection.to_owned(),
        flow: flow.to_string(),
        state: state.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_connection_disappears() {
        let metrics = Metrics::default();
        for name in ["acme", "beta"] {
            metrics.carried(name, Flow::Customers, 3);
            metrics.connection(name, true);
            metrics.flow(name, Flow::Customers, [(State::Synced, 3)], Some(1.5));
        }
        metrics.webhook("fresh");
        let lines = |text: &str, name: &str| text.lines().filter(|l| l.contains(name)).count();
        assert_eq!(lines(&metrics.text(), "\"beta\""), 4);
        metrics.keep(["acme"]);
        let text = metrics.text();
        assert_eq!((lines(&text, "\"beta\""), lines(&text, "\"acme\"")), (0, 4));
        assert!(text.contains("outcome=\"fresh\""), "{text}");
    }
}
