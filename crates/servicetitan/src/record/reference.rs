//! How one record stands inside another, and what all documents have in common.

use serde::Deserialize;

use super::open_enum::open_enum;
use super::wire;
use crate::id::{BatchId, GlAccountId};

/// A record's id and name, as another record quotes them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", bound = "Id: From<i64>")]
pub struct Named<Id> {
    /// Which; rarely absent.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub id: Option<Id>,
    /// What it was called then; empty if the row does not say.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
}

/// A general ledger account, as a line quotes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GlAccountRef {
    /// Which. Lines of receipts and returns do not say.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub id: Option<GlAccountId>,
    /// The name.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub name: Option<String>,
    /// The number.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub number: Option<String>,
    /// "Expense", "Income", ...: the tenant's own word.
    #[serde(default, deserialize_with = "wire::optional_text", rename = "type")]
    pub kind: Option<String>,
    /// A closer word.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub detail_type: Option<String>,
}

/// The batch in which a document goes to accounting.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// Which.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub id: Option<BatchId>,
    /// Its number.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub number: Option<String>,
    /// Its name.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub name: Option<String>,
}

open_enum! {
    /// How far a document is on its way to accounting.
    SyncStatus {
        /// Still open to changes.
        Pending,
        /// Ready for accounting.
        Posted,
        /// Handed on to accounting, and locked.
        Exported,
        /// A filter more than a state: either of the two.
        PostedAndExported,
    }
}

impl SyncStatus {
    /// Whether it is ready for accounting, handed on or not.
    #[must_use]
    pub const fn is_posted(&self) -> bool {
        matches!(
            self,
            Self::Posted | Self::Exported | Self::PostedAndExported
        )
    }

    /// Whether it was handed on, and is locked.
    #[must_use]
    pub const fn is_exported(&self) -> bool {
        matches!(self, Self::Exported)
    }
}

open_enum! {
    /// Whether tax, shipping and other costs of a header are spread over its lines. Known to come
    /// as a number, too: `Other("0")`.
    LandedCostMethod {
        /// They are not.
        None,
        /// They are, by value.
        ByValue,
    }
}
