//! How one record stands inside another: as an id with a name.

use serde::Deserialize;

use super::wire;

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
