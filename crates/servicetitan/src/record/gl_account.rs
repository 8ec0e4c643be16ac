//! General ledger accounts.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Record, wire};
use crate::id::GlAccountId;

/// A row of `accounting/gl-accounts`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GlAccount {
    /// The account's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: GlAccountId,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The name; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// The number, as typed.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub number: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub description: Option<String>,
    /// "Expense", "Income", ...: the tenant's own word.
    #[serde(default, deserialize_with = "wire::optional_text", rename = "type")]
    pub kind: Option<String>,
    /// A closer word.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub subtype: Option<String>,
    /// Where it came from: `AccountingSystem`, `ManuallyCreated`, `PublicApi`, `Undefined`.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub source: Option<String>,
    /// The role that it plays if nothing else says: `AccountsPayable`, `Inventory`, ...
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub default_account_type: Option<String>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for GlAccount {
    const KIND: &'static str = "general ledger account";
}
