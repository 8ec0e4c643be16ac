//! Why a document waits for a person: what it needs in Odoo is not there, or Odoo does not bring it to its state.

use rust_decimal::Decimal;

use super::reason;
use crate::plain::quoted;
use crate::record::Reason;

/// Odoo has no analytic plan of that name, and the connector may not make one.
#[must_use]
pub fn no_analytic_plan(name: &str) -> Reason {
    reason(
        "no-analytic-plan",
        format!("Odoo has no analytic plan {}.", quoted(name)),
        "Switch analytic accounting on (Accounting > Configuration > Settings > Analytics) and give the connector's user \
         the right to it (Settings > Users > Analytic Accounting), or make the plan yourself (Accounting > Configuration \
         > Analytic Plans). These records go on by themselves then, within 15 minutes.",
    )
}

/// Odoo has no product for shipping, tax or rounding, and the connector may not make one.
#[must_use]
pub fn no_charge(label: &str) -> Reason {
    reason(
        "no-charge-product",
        format!("The connector's product {} is not in Odoo.", quoted(label)),
        "Give the connector's user the right to make products (Settings > Users > Product Creation). These records go on \
         by themselves then, within 15 minutes.",
    )
}

/// An analytic account that a line names is gone.
#[must_use]
pub fn analytic_account_gone(id: i64) -> Reason {
    reason(
        "analytic-account-gone",
        format!(
            "Analytic account {id} is not in Odoo any more, or hidden from the connector's user."
        ),
        "Somebody deleted the account of the business unit or of the job. Have it made anew with `ml-connector replay \
         --recreate` for that unit or job, or, if the unit is mapped, map it to another one (`ml-connector mapping list` \
         shows it); then run `ml-connector replay --cause analytic-account-gone`.",
    )
}

/// A document is in another currency than the company's.
#[must_use]
pub fn currency_differs() -> Reason {
    reason(
        "currency-differs",
        "In Odoo the document is in another currency than the company's, and ServiceTitan's amounts have none.".to_owned(),
        "Take the currency out of the vendor in Odoo (Sales & Purchase > Supplier Currency) and set it on the document; \
         then run `ml-connector replay --cause currency-differs`.",
    )
}

/// A document does not come to the source's total in Odoo, and was left as a draft.
#[must_use]
pub fn total_differs(wanted: Decimal, found: Decimal) -> Reason {
    reason(
        "total-differs-in-odoo",
        format!(
            "ServiceTitan's total is {wanted:.2}, in Odoo it comes to {found:.2}: {:.2} differ.",
            found - wanted
        ),
        "Look for a line or a tax that was added in Odoo, and take it out there; then run `ml-connector replay --cause \
         total-differs-in-odoo`. It goes no further before the totals are equal.",
    )
}

/// A person cancelled in Odoo what ServiceTitan goes on with.
#[must_use]
pub fn cancelled_in_odoo() -> Reason {
    reason(
        "cancelled-in-odoo",
        "Somebody cancelled it in Odoo, but it is alive in ServiceTitan.".to_owned(),
        "Cancel it in ServiceTitan too, or set it to draft in Odoo; then run `ml-connector replay --cause \
         cancelled-in-odoo`.",
    )
}

/// Odoo's two-step approval holds a purchase order.
#[must_use]
pub fn waits_for_approval() -> Reason {
    reason(
        "waits-for-approval",
        "In Odoo the order waits for a manager's approval.".to_owned(),
        "Approve it in Odoo (Purchase > Orders > To Approve); then run `ml-connector replay --cause waits-for-approval`.",
    )
}

/// Odoo ran the action, and the document is not in the state all the same.
#[must_use]
pub fn state_not_reached(goal: &str, state: &str) -> Reason {
    reason(
        "state-not-reached",
        format!(
            "It should be {goal}, and Odoo keeps it as {}.",
            quoted(state)
        ),
        "Open it in Odoo and do it by hand: Odoo says there what it wants. Then run `ml-connector replay --cause \
         state-not-reached`.",
    )
}

/// A person wants made anew what was not deleted.
#[must_use]
pub fn still_in_odoo(model: &str, id: i64) -> Reason {
    reason(
        "still-in-odoo",
        format!(
            "It is in Odoo all the same ({model} {id}): nothing was made anew, and nothing was written."
        ),
        "Run `ml-connector replay --cause still-in-odoo` to go on with it as it is; or delete it in Odoo first, and have it \
         made anew then.",
    )
}
