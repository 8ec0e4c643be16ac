//! What keeps ServiceTitan from being told what became of a bill.

use super::reason;
use crate::plain::quoted;
use crate::record::Reason;

/// ServiceTitan refuses the values of custom fields.
#[must_use]
pub fn fields_refused(fields: &[&str], said: &str) -> Reason {
    reason(
        "custom-field-refused",
        format!("ServiceTitan does not take {}: {said}", named(fields)),
        "Compare the names with Settings > Custom Fields in ServiceTitan, where fields of type Text are made for bills, and \
         with `flows.odoo-bills` in the connection file; `ml-connector check` does. Then run `ml-connector replay --cause \
         custom-field-refused`.",
    )
}

/// ServiceTitan took the values of custom fields and does not show them.
#[must_use]
pub fn fields_not_kept(fields: &[&str]) -> Reason {
    reason(
        "custom-field-not-kept",
        format!(
            "ServiceTitan took {} without a word and does not show it.",
            named(fields)
        ),
        "Look whether the bill has such a field in ServiceTitan, of type Text, and whether `ml-connector check` finds it.",
    )
}

/// ServiceTitan does not mark the bill as exported.
#[must_use]
pub fn mark_refused(said: &str) -> Reason {
    reason(
        "mark-refused",
        format!("ServiceTitan does not mark the bill as exported: {said}"),
        "Post the bill's batch in ServiceTitan, or mark the bill there by hand; then run `ml-connector replay --cause \
         mark-refused`.",
    )
}

/// ServiceTitan took the mark and does not show it.
#[must_use]
pub fn mark_not_kept() -> Reason {
    reason(
        "mark-not-kept",
        "ServiceTitan took the mark that the bill is exported without a word and does not show it.",
        "Look at the bill in ServiceTitan: whether it is posted, and in no batch that somebody works on.",
    )
}

/// ServiceTitan does not show the bill.
#[must_use]
pub fn bill_not_shown(document: &str) -> Reason {
    reason(
        "bill-not-shown",
        format!("ServiceTitan does not show the {document} any more."),
        "If it was deleted there, nothing is to be done: the connector notices. Else look whether its type or its vendor \
         changed.",
    )
}

fn named(fields: &[&str]) -> String {
    let quoted: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
    match quoted.as_slice() {
        [one] => format!("the custom field {one}"),
        several => format!("the custom fields {}", several.join(", ")),
    }
}
