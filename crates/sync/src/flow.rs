//! A flow: one kind of record moving one way.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One kind of record moving one way, named as in the connection file, the command line and the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// ServiceTitan customers, with their contacts and locations, to Odoo partners.
    Customers,
}

impl Flow {
    /// Every flow, in the order in which records depend on each other.
    pub const ALL: [Self; 1] = [Self::Customers];

    /// The flow's name, e.g. `customers`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is no flow's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a flow; the flows are: customers")]
pub struct UnknownFlow(pub String);

impl FromStr for Flow {
    type Err = UnknownFlow;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|flow| flow.as_str() == name)
            .ok_or_else(|| UnknownFlow(name.to_owned()))
    }
}
