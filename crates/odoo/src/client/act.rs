//! Actions, carried out: see [`crate::action`].

use serde_json::Map;

use super::{Call, Client};
use crate::Result;
use crate::action::{Acted, Action};
use crate::context::Context;
use crate::record::{Model, RecordId};

impl Client {
    /// Presses a button of these records, all in one transaction. No records: nothing is sent.
    ///
    /// Tried again only after a passing failure that certainly left nothing behind (four tries in all);
    /// an error that [may have applied](crate::Error::may_have_applied) comes at once. Success is not in
    /// the answer: read the state back.
    ///
    /// Over XML-RPC a window may come as [`Acted::Ran`]: where it holds a `None`, Odoo cannot write it
    /// down.
    pub async fn act(
        &self,
        model: &Model,
        ids: &[RecordId],
        action: Action,
        context: &Context,
    ) -> Result<Acted> {
        if ids.is_empty() {
            return Ok(Acted::Ran);
        }
        let none = Map::new();
        let call = Call {
            model,
            method: action.as_str(),
            ids: Some(ids),
            arguments: &none,
            context,
        };
        self.deed_call(call)
            .await
            .map(|answer| Acted::read(&answer))
    }
}
