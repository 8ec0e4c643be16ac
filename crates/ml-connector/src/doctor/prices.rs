//! Whether Odoo keeps unit prices as ServiceTitan has them.
//!
//! What counts is what Odoo does with the field, not the setting: up to Odoo 18 "Product Price" says to how many places a
//! price is rounded, since 19 only how many are shown, and a careful company's user may not read the setting anyway.

use odoo::preflight::Digits;

use super::{Findings, Status};
use crate::connection::Profile;

/// Places of a unit cost in ServiceTitan.
const PLACES: u32 = 4;

const CHECK: &str = "odoo price precision";

/// Looks, if a flow that carries prices is on.
pub(super) async fn check(client: &odoo::Client, profile: &Profile, findings: &mut Findings) {
    let flows = profile.flows_on();
    if !flows.iter().any(|flow| flow.is_of_documents()) {
        return;
    }
    match client.accounting().await {
        Err(error) => findings.odoo_failed(CHECK, &error),
        Ok(books) => describe(books.price_digits, findings),
    }
}

fn describe(digits: Digits, findings: &mut Findings) {
    match digits {
        Digits::Places(places) if places < PLACES => findings.add(
            CHECK,
            Status::Warning,
            format!("Odoo keeps {places} decimal places of a unit price, ServiceTitan up to {PLACES}"),
            "Orders and bills come to ServiceTitan's total all the same: a line gets the amount nearest to its own, and the \
             cents that are left over stand in a line Rounding. To have the prices themselves and no such line, let an \
             administrator set Product Price to 4 (Settings > Technical > Decimal Accuracy, in developer mode); it takes \
             effect within 15 minutes, for what is written from then on.",
        ),
        Digits::Places(places) => {
            findings.ok(CHECK, format!("{places} decimal places of a unit price are kept"));
        }
        Digits::Unlimited => findings.ok(CHECK, "unit prices are kept as they come"),
        Digits::Unknown => findings.ok(
            CHECK,
            "this Odoo does not say how many decimal places of a unit price it keeps",
        ),
    }
}
