//! From the state that Odoo shows to the one that is wanted: which button is next.

use odoo::Action;
use sync::failure;
use sync::plan::Goal;
use sync::record::Reason;

/// What is to be done about a document's state.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is what it should be, perhaps with something that a person should know.
    Reached(Option<String>),
    /// This button brings it nearer.
    Press(Action),
    /// Only a person can say.
    Decide(Reason),
}

/// The next step of a purchase order. `cancelled_by_us`: its cancellation in Odoo was ours.
pub(super) fn next(goal: Goal, state: &str, cancelled_by_us: bool) -> Next {
    match (goal, state) {
        (Goal::Draft, "draft" | "sent")
        | (Goal::Confirmed, "purchase" | "done")
        | (Goal::Cancelled, "cancel") => Next::Reached(None),
        (Goal::Draft, "purchase" | "done" | "to approve") => Next::Reached(Some(
            "the order is confirmed in Odoo, though it was to stay a draft".to_owned(),
        )),
        (Goal::Draft | Goal::Confirmed | Goal::Posted, "cancel") if cancelled_by_us => {
            Next::Press(Action::ResetToDraft)
        }
        (Goal::Draft | Goal::Confirmed | Goal::Posted, "cancel") => {
            Next::Decide(failure::cancelled_in_odoo())
        }
        (Goal::Confirmed, "to approve") => Next::Decide(failure::waits_for_approval()),
        (Goal::Confirmed | Goal::Posted, _) => Next::Press(Action::Confirm),
        (Goal::Cancelled, _) => Next::Press(Action::Cancel),
        (Goal::Draft, _) => Next::Press(Action::ResetToDraft),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_is_pressed_only_where_it_leads_somewhere() {
        let step = |goal, state, ours| match next(goal, state, ours) {
            Next::Reached(_) => "reached".to_owned(),
            Next::Press(action) => action.as_str().to_owned(),
            Next::Decide(reason) => reason.cause,
        };
        for (goal, state, ours, expected) in [
            (Goal::Draft, "draft", false, "reached"),
            (Goal::Draft, "purchase", false, "reached"),
            (Goal::Draft, "cancel", true, "button_draft"),
            (Goal::Draft, "cancel", false, "cancelled-in-odoo"),
            (Goal::Confirmed, "sent", false, "button_confirm"),
            (Goal::Confirmed, "to approve", false, "waits-for-approval"),
            (Goal::Confirmed, "done", false, "reached"),
            (Goal::Confirmed, "cancel", true, "button_draft"),
            (Goal::Confirmed, "cancel", false, "cancelled-in-odoo"),
            (Goal::Cancelled, "purchase", false, "button_cancel"),
            (Goal::Cancelled, "cancel", false, "reached"),
        ] {
            assert_eq!(step(goal, state, ours), expected, "{goal:?} {state} {ours}");
        }
    }
}
