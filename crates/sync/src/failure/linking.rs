//! Why a bill in Odoo is not, or no longer, taken for ServiceTitan's.

use super::reason;
use crate::flow::Flow;
use crate::link::{Name, TargetId};
use crate::plain::quoted;
use crate::record::Reason;

/// It is not the same paper.
#[must_use]
pub fn differs(called: &str, differences: &[String]) -> Reason {
    reason(
        "linked-bill-differs",
        format!(
            "{called} is not the same as in ServiceTitan: {}.",
            differences.join("; ")
        ),
        "Nothing was written. Correct the side that is wrong, then run `ml-connector replay --link` for it; if they are two \
         papers, correct the vendor's number and run `ml-connector replay` for it.",
    )
}

/// Odoo has none that it could be.
#[must_use]
pub fn none_there(reference: &str) -> Reason {
    no_bill(format!(
        "Odoo has no bill of this vendor with the number {}.",
        quoted(reference)
    ))
}

/// The one that is meant is not there.
#[must_use]
pub fn not_there(id: TargetId) -> Reason {
    no_bill(format!(
        "Odoo has no bill with the id {id} (account.move), or hides it from the connector's user."
    ))
}

/// Odoo has several that it could be.
#[must_use]
pub fn several(reference: &str, called: &[String]) -> Reason {
    no_bill(format!(
        "Odoo has several bills of this vendor with the number {}: {}. Say which, with `--link=` and its id.",
        quoted(reference),
        called.join(", ")
    ))
}

/// It is another record's.
#[must_use]
pub fn of_another(called: &str, name: &Name) -> Reason {
    no_bill(format!("{called} is the one of {name} already."))
}

fn no_bill(what: String) -> Reason {
    reason(
        "no-bill-to-link",
        what,
        "Nothing was linked. Run `ml-connector replay --link=ID` with the id of the bill in Odoo, or `ml-connector replay` to \
         have it looked at as if nobody had decided.",
    )
}

/// ServiceTitan changed the lines of a linked one.
#[must_use]
pub fn lines_changed(flow: Flow) -> Reason {
    reason(
        "linked-bill-changed",
        format!(
            "The lines of the {} changed in ServiceTitan; its total and tax are still those of the bill that it is linked \
             with in Odoo, whose lines are somebody's own and are not rewritten.",
            flow.noun()
        ),
        "Compare the lines, correct them in Odoo where they should follow, then run `ml-connector replay --link` for it.",
    )
}

/// ServiceTitan withdrew a linked one.
#[must_use]
pub fn withdrawn(flow: Flow, target: TargetId) -> Reason {
    reason(
        "linked-bill-withdrawn",
        format!(
            "The {} was deleted or canceled in ServiceTitan. It is linked with a bill that somebody entered in Odoo \
             (account.move {target}), which stays as it is.",
            flow.noun()
        ),
        "Cancel the bill in Odoo if it should not count, then run `ml-connector replay --dismiss` for it.",
    )
}
