//! The buttons of Odoo's documents: [`Action`] in, [`Acted`] out.
//!
//! What such a method returns proves nothing. `button_confirm` gives `true` on a cancelled order and
//! does nothing; `action_post` gives `false` when it has posted. So: read the state, act if it is
//! needed, read the state again, compare. The one answer that says something is a window, in which Odoo
//! asks a person: mostly before it does anything ("Create Backorder?"), sometimes after.

use serde_json::Value;

use crate::record::{Model, RecordId};

/// A method that moves documents from one state to another. A closed list: its name is part of an
/// address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Action {
    /// `button_confirm`: a purchase order becomes binding, and its receipt is made. With two-step
    /// approval it may only become `to approve`.
    Confirm,
    /// `button_approve`: a purchase order that waits for approval becomes binding. By a user who may not
    /// approve, nothing happens.
    Approve,
    /// `button_unlock`: a locked purchase order may be cancelled again. (Its lines may be written all along.)
    Unlock,
    /// `button_cancel`: of an order that has no posted bill, or of a draft bill.
    Cancel,
    /// `button_draft`: a posted or cancelled bill, or a cancelled order, becomes a draft again.
    ResetToDraft,
    /// `action_post`: a bill or a payment enters the books. All of them or none.
    Post,
    /// `button_validate`: the moves of a transfer that were picked become stock, and the rest a backorder.
    /// Where none was picked, all of it is taken to have moved.
    Validate,
    /// `action_assign`: a transfer reserves what it needs.
    Reserve,
    /// `action_cancel`: of a transfer.
    CancelTransfer,
    /// `action_confirm`: a sale order becomes binding. Refused of one that is already, or cancelled.
    ConfirmDeal,
    /// `action_draft`: a payment, or a cancelled sale order, becomes a draft again. A payment keeps what it is reconciled
    /// with until its amount changes. Refused of a payment whose entry is a draft.
    BackToDraft,
    /// `action_cancel`: of a payment, with its entry and all that it was reconciled with; of a sale order.
    CancelDeal,
    /// `reconcile`: payable or receivable lines (`account.move.line`) that settle each other, as far as they go, by their
    /// due dates. For exact amounts see [`Client::settle`](crate::Client::settle).
    Reconcile,
    /// `remove_move_reconcile`: of these lines (`account.move.line`), all that they were reconciled with.
    Unreconcile,
}

impl Action {
    /// Odoo's name of the method.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "button_confirm",
            Self::Approve => "button_approve",
            Self::Unlock => "button_unlock",
            Self::Cancel => "button_cancel",
            Self::ResetToDraft => "button_draft",
            Self::Post => "action_post",
            Self::Validate => "button_validate",
            Self::Reserve => "action_assign",
            Self::CancelTransfer | Self::CancelDeal => "action_cancel",
            Self::ConfirmDeal => "action_confirm",
            Self::BackToDraft => "action_draft",
            Self::Reconcile => "reconcile",
            Self::Unreconcile => "remove_move_reconcile",
        }
    }
}

/// What an action answered. Neither means that the state is what was wanted: read it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acted {
    /// The method ran to its end, whatever it returned.
    Ran,
    /// Odoo opens a window: perhaps it has done nothing yet.
    Asks(Window),
}

/// A window that Odoo would open for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its title (`Create Backorder?`), perhaps empty.
    pub title: String,
    /// The model behind it (`stock.backorder.confirmation`), where there is one.
    pub model: Option<Model>,
    /// The record that it shows, where it shows one.
    pub record: Option<RecordId>,
}

impl Acted {
    /// Reads what the method returned: Odoo's action dictionaries bear a `type` of `ir.actions...`.
    #[must_use]
    pub fn read(answer: &Value) -> Self {
        let text = |key: &str| answer.get(key).and_then(Value::as_str);
        match text("type") {
            Some(kind) if kind.starts_with("ir.actions.") => Self::Asks(Window {
                title: text("name").unwrap_or_default().to_owned(),
                model: text("res_model").map(Model::new),
                record: answer.get("res_id").and_then(Value::as_i64).map(RecordId),
            }),
            _ => Self::Ran,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_window_is_told_apart() {
        for answer in [
            json!(true),
            json!(false),
            json!(null),
            json!([7]),
            json!({}),
        ] {
            assert_eq!(Acted::read(&answer), Acted::Ran, "{answer}");
        }
        let answer = json!({"type": "ir.actions.act_window", "name": "Create Backorder?",
            "res_model": "stock.backorder.confirmation", "res_id": false, "target": "new"});
        assert_eq!(
            Acted::read(&answer),
            Acted::Asks(Window {
                title: "Create Backorder?".to_owned(),
                model: Some(Model::named("stock.backorder.confirmation")),
                record: None,
            })
        );
    }
}
