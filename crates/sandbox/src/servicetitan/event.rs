//! Events as ServiceTitan publishes them: `CloudEvents` 1.0 in structured JSON.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::books::Books;

/// What happened, before it is delivered anywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// E.g. `tn.jpm.job-scheduled`.
    pub kind: String,
    /// The payload: the entity, `tenantId`, `tenantName`.
    pub data: Value,
}

impl Event {
    /// Adds the tenant to the payload, as every event model has it.
    pub(super) fn new(books: &Books, kind: String, mut data: Value) -> Self {
        if let Some(map) = data.as_object_mut() {
            map.insert("tenantId".into(), json!(books.id));
            map.insert("tenantName".into(), json!(books.name));
        }
        Self { kind, data }
    }

    /// The body of one delivery. `delivery` differs between attempts, `occurrence` does not.
    #[must_use]
    pub fn body(&self, delivery: &str, occurrence: &str, time: Timestamp) -> String {
        json!({
            "specversion": "1.0",
            "id": delivery,
            "type": self.kind,
            "time": time,
            "source": "https://webhooks.servicetitan.io",
            "userassignedid": occurrence,
            "datacontenttype": "application/json",
            "data": self.data,
        })
        .to_string()
    }
}
