//! A held flow: one that stands still for lack of a right or a scope, as the engine tells it to pages and commands of any
//! process, while the other flows of its connection go on.
//!
//! It is kept in the clear among the connection's cursors, so it holds the cause and the advice only, which are our own
//! words: what exactly is missing stands with the records that wait for it, and in `check`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::connections::ConnectionId;
use store::{Result, Store};
use sync::directory::Holds;
use sync::failure::Vendor;
use sync::flow::Flow;

/// The cursor under which a connection's held flows stand.
const CURSOR: &str = "held";

/// A flow that stands still on one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The flow.
    pub flow: Flow,
    /// Who refuses it: `ServiceTitan`, of which nothing is read then, or `Odoo`, to which nothing is written.
    pub vendor: String,
    /// Why, in one word: `odoo-rights`.
    pub cause: String,
    /// What to do.
    pub advice: String,
    /// Since when.
    pub since: Timestamp,
}

impl Held {
    /// The held flows of a connection. What another version of the connector wrote and this one cannot read is none.
    pub async fn of(store: &Store, connection: ConnectionId) -> Result<Vec<Self>> {
        let cursor = store.cursor(connection, CURSOR).await?;
        let read = |text: String| serde_json::from_str(&text).unwrap_or_default();
        Ok(cursor.map(|cursor| read(cursor.value)).unwrap_or_default())
    }

    /// Replaces the held flows of a connection; one that was held before is held since then.
    pub async fn tell(
        store: &Store,
        connection: ConnectionId,
        before: &[Self],
        holds: &Holds,
        now: Timestamp,
    ) -> Result<()> {
        let since = |flow: Flow, vendor: Vendor| {
            let mut before = before.iter();
            let same = |held: &&Self| held.flow == flow && held.vendor == vendor.as_str();
            before.find(same).map_or(now, |held| held.since)
        };
        let held = holds.iter().map(|(flow, vendor, reason)| Self {
            flow,
            vendor: vendor.to_string(),
            cause: reason.cause.clone(),
            advice: reason.advice.clone(),
            since: since(flow, vendor),
        });
        let held: Vec<Self> = held.collect();
        let text = serde_json::to_string(&held).expect("texts have a JSON form");
        store.save_cursor(connection, CURSOR, &text, now).await
    }

    /// Whether two say the same of a flow.
    #[must_use]
    pub fn says(&self, flow: Flow, vendor: Vendor, cause: &str, advice: &str) -> bool {
        (self.flow, self.vendor.as_str()) == (flow, vendor.as_str())
            && self.cause == cause
            && self.advice == advice
    }

    /// The held flow in a sentence or two.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "the flow {} stands still since {} ({}). {} It goes on by itself then, within half a minute.",
            self.flow,
            self.since.strftime("%Y-%m-%d %H:%M:%S UTC"),
            self.cause,
            self.advice
        )
    }
}
