//! What an order says to its vendor in words: where it goes, and its summary.

use servicetitan::record::{Address, PurchaseOrder};

use crate::directory::OrderNote;
use crate::plain::{html, line, text};

/// The note of an order, in the form that Odoo keeps it; empty when there is nothing to say.
pub(super) fn of(order: &PurchaseOrder, note: &OrderNote) -> String {
    let address = address(&order.ship_to);
    let address = (!address.is_empty()).then(|| format!("Ship to: {address}"));
    // A memo is plain text in ServiceTitan, unlike the summary of a job.
    let summary = text(order.summary.as_deref().unwrap_or_default());
    let summary = (!summary.is_empty()).then_some(summary);
    let paragraphs: Vec<String> = address.into_iter().chain(summary).collect();
    let paragraphs = paragraphs.join("\n\n");
    if note.is_html {
        html(&paragraphs)
    } else {
        paragraphs
    }
}

/// An address in one line: `1 Main St, Unit 2, Fresno, CA 93650, USA`.
fn address(address: &Address) -> String {
    let unit = address.unit.as_deref().unwrap_or_default();
    let state = format!("{} {}", line(&address.state), line(&address.zip));
    let parts = [
        line(&address.street),
        line(unit),
        line(&address.city),
        line(&state),
        line(&address.country),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}
