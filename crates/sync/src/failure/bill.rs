//! Why a vendor bill waits for a person.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::reason;
use crate::plain::quoted;
use crate::record::Reason;

/// Its date lies in a period that is closed in Odoo. `field` is Odoo's name of the lock.
#[must_use]
pub fn period_locked(date: Date, until: Date, field: &str) -> Reason {
    reason(
        "period-locked",
        format!("It belongs to {date}, and Odoo's books are closed until {until} ({field})."),
        "Nothing was written. Give the document another date in ServiceTitan, or move the lock date in Odoo (Accounting > \
         Lock Dates) and run `ml-connector replay` for it. `closed_period = \"next-open\"` in the connection file books what is \
         not in the books yet on the first open day.",
    )
}

/// The warning that it is booked on the first day that is open, as its own lies in a closed period.
#[must_use]
pub fn booked_later(date: &str, booked: &str) -> String {
    format!("{date} lies in a period that was closed in Odoo: it is booked on {booked}")
}

/// Odoo booked it on another day than it was told.
#[must_use]
pub fn date_shifted(wanted: &str, found: &str) -> Reason {
    reason(
        "date-shifted",
        format!("It belongs to {wanted}, and Odoo booked it on {found}."),
        "Odoo does so when a period is closed. Look at the lock dates in Odoo; give the document another date in ServiceTitan, \
         or move the lock date and run `ml-connector replay` for it.",
    )
}

/// Odoo holds another bill of that vendor with that number.
#[must_use]
pub fn duplicate_bill(reference: &str, name: &str, id: i64, is_new: bool) -> Reason {
    let advice = if is_new {
        "It is not entered a second time. If it is the same paper, `ml-connector replay --link` takes it for this one, \
         provided that vendor, total and tax are equal, and `ml-connector replay --dismiss` leaves this one out; if not, \
         correct the vendor's number in ServiceTitan or in Odoo, and run `ml-connector replay` for it."
    } else {
        "This bill is in Odoo already, under another number. If both are the same paper, cancel one of the two in Odoo; if \
         not, correct the vendor's number in ServiceTitan or in Odoo. Then run `ml-connector replay` for it."
    };
    reason(
        "duplicate-bill",
        format!(
            "Odoo already has a bill of this vendor with the number {}: {name} (account.move {id}).",
            quoted(reference)
        ),
        advice,
    )
}

/// It is to change, and something was paid of it.
#[must_use]
pub fn bill_is_paid() -> Reason {
    reason(
        "bill-is-paid",
        "It changed in ServiceTitan, and in Odoo it is paid, at least in part.",
        "Nothing was written. Undo the payment's reconciliation in Odoo and run `ml-connector replay` for it, or book the \
         difference in Odoo and leave this change out with `ml-connector replay --dismiss`.",
    )
}

/// It is withdrawn, and something was paid of it.
#[must_use]
pub fn withdrawn_but_paid() -> Reason {
    reason(
        "withdrawn-but-paid",
        "It was deleted or canceled in ServiceTitan, and in Odoo it is paid, at least in part.",
        "It stays in Odoo. Undo the payment there and run `ml-connector replay` for it, or book a credit in Odoo and run \
         `ml-connector replay --dismiss`.",
    )
}

/// Odoo does not let it go back to a draft.
#[must_use]
pub fn stays_posted(refused: &Reason) -> Reason {
    reason(
        "stays-posted",
        format!(
            "It changed in ServiceTitan, and Odoo does not let the posted one be changed: {}",
            refused.what
        ),
        "Nothing was written. Do what Odoo asks for and run `ml-connector replay` for it, or book the difference in Odoo \
         and leave this change out with `ml-connector replay --dismiss`.",
    )
}

/// Odoo put taxes of its own on it.
#[must_use]
pub fn taxed_by_odoo(tax: Decimal) -> Reason {
    reason(
        "taxed-by-odoo",
        format!(
            "Odoo adds {tax:.2} of taxes of its own to it; the vendor's tax stands in a line already."
        ),
        "It stays a draft. Look at the taxes of its lines in Odoo, and at automations that set them; then run `ml-connector \
         replay` for it.",
    )
}
