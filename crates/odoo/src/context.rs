//! The context of a call: settings that Odoo passes along to everything that the call does.

use serde::Serialize;
use serde_json::{Map, Value};

/// A call's context. The client adds the connection's company to it.
///
/// A call without a language is answered in English, which the crate's reading of `load` messages
/// relies on.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Context(Map<String, Value>);

impl Context {
    /// An empty context.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Archived records are found too.
    #[must_use]
    pub fn with_archived(self) -> Self {
        self.set("active_test", false)
    }

    /// Creations write no "created" note and subscribe nobody: a third faster.
    #[must_use]
    pub fn without_tracking(self) -> Self {
        self.set("tracking_disable", true)
    }

    /// New lines take the external ids that their values name. Each of them names its module itself; the
    /// one that is given here would serve those that do not.
    #[cfg(feature = "client")]
    pub(crate) fn naming_lines(self) -> Self {
        self.set("_import_current_module", "__import__")
            .set("noupdate", true)
    }

    /// The language of translated fields and of messages. It must be installed, else the call is refused.
    #[must_use]
    pub fn with_language(self, code: &str) -> Self {
        self.set("lang", code)
    }

    /// Any other setting.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// The setting, if it was given.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The JSON object that Odoo takes.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Value> {
        self.0.clone()
    }
}
