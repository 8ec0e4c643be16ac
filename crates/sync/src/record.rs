//! A record: one source record in one flow, with everything that belongs to it (an aggregate).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::flow::Flow;
use crate::link::Name;

/// The source's own id of a record, as text (`"4711"`); rows without a readable id get `unreadable-<hash>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub String);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<i64> for SourceId {
    fn from(id: i64) -> Self {
        Self(id.to_string())
    }
}

/// Names a record within its connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The flow that brings the record.
    pub flow: Flow,
    /// The source's id of it.
    pub source: SourceId,
}

impl Key {
    /// The name of the link to what the record becomes.
    #[must_use]
    pub fn link_name(&self) -> Name {
        self.flow.link_name(&self.source)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.flow, self.source)
    }
}

/// Where a record stands. The words are fixed: schema, code, console, command line and docs use these five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Due, now or at a time.
    Pending,
    /// Waits for another record, or for a person's decision.
    Waiting,
    /// The target holds what the source says, perhaps with warnings.
    Synced,
    /// A person must act; the record carries advice.
    Failed,
    /// Left out by a rule, with the reason.
    Ignored,
}

impl State {
    /// Every state, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Waiting,
        Self::Synced,
        Self::Failed,
        Self::Ignored,
    ];

    /// The state's one name, e.g. `pending`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Synced => "synced",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a record stands where it stands, for a person: what happened and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable name that groups like failures, e.g. `odoo-refused`.
    pub cause: String,
    /// What happened, naming the record and the field.
    pub what: String,
    /// What to do next; empty only where nothing is to be done.
    pub advice: String,
}
