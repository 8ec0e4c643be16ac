//! Why a customer's invoice or payment waits for a person.

use rust_decimal::Decimal;

use super::reason;
use crate::mapping::{MappingKind, command};
use crate::plain::{line, quoted};
use crate::record::Reason;

/// The tax as messages call it.
fn tax_of(zone: Option<i64>, code: &str) -> String {
    let code = line(code);
    match (zone, code.is_empty()) {
        (Some(zone), true) => format!("ServiceTitan's tax zone {zone}"),
        (Some(zone), false) => format!("ServiceTitan's tax {} (tax zone {zone})", quoted(&code)),
        (None, false) => format!("ServiceTitan's tax {}", quoted(&code)),
        (None, true) => "A tax for which ServiceTitan names neither zone nor code".to_owned(),
    }
}

/// What mends a tax that is not found.
fn mend_tax(zone: Option<i64>) -> String {
    match zone {
        Some(zone) => format!(
            "Say which of Odoo's taxes on sales it is: `{}`. What waits for it goes on by itself then.",
            command(MappingKind::TaxZone, &zone.to_string(), "NAME")
        ),
        None => "Give the invoice's location a tax zone in ServiceTitan and save the invoice, or make a tax on sales of that \
                 name in Odoo; it comes over by itself then."
            .to_owned(),
    }
}

/// Odoo has no tax on sales of that name, and none is mapped.
#[must_use]
pub(crate) fn no_tax(zone: Option<i64>, code: &str) -> Reason {
    let what = format!(
        "{} is not mapped, and no tax on sales is called so in Odoo.",
        tax_of(zone, code)
    );
    reason("no-tax", what, &mend_tax(zone))
}

/// Several taxes of Odoo have that name.
#[must_use]
pub(crate) fn ambiguous_tax(zone: Option<i64>, code: &str) -> Reason {
    let what = format!(
        "{} is not mapped, and several taxes on sales are called so in Odoo.",
        tax_of(zone, code)
    );
    reason("no-tax", what, &mend_tax(zone))
}

/// The tax zone is mapped to a tax that is gone.
#[must_use]
pub(crate) fn mapped_tax_gone(zone: Option<i64>, code: &str, id: i64) -> Reason {
    let what = format!(
        "{} is mapped to Odoo's tax {id}, which is archived or deleted there, or is no tax on sales.",
        tax_of(zone, code)
    );
    reason("no-tax", what, &mend_tax(zone))
}

/// Odoo's tax differs from the source's by more than rounding explains.
#[must_use]
pub fn tax_differs(wanted: Decimal, found: Decimal) -> Reason {
    reason(
        "tax-differs",
        format!(
            "ServiceTitan charges {wanted:.2} of tax, Odoo {found:.2}: {:.2} differ, which is more than rounding.",
            found - wanted
        ),
        "It stays a draft. Look whether the tax zone is mapped to the right tax (`ml-connector mapping list --kind tax-zone`), \
         whether the tax has the right rate in Odoo, and whether the right lines are taxable in ServiceTitan; then run \
         `ml-connector replay --cause tax-differs`. Where somebody typed the tax in, `ml-connector replay --approve` books it \
         with that amount.",
    )
}

/// Odoo holds another invoice of that customer with that number.
#[must_use]
pub fn duplicate_invoice(reference: &str, name: &str, id: i64) -> Reason {
    reason(
        "duplicate-invoice",
        format!(
            "Odoo already has an invoice of this customer with the number {}: {name} (account.move {id}).",
            quoted(reference)
        ),
        "It is not entered a second time. If it is the same invoice, `ml-connector replay --dismiss` leaves this one out; if \
         not, correct the reference in Odoo, and run `ml-connector replay` for it.",
    )
}

/// Nothing in Odoo is the journal of a payment type.
#[must_use]
pub(crate) fn no_journal(id: Option<i64>, name: &str, why: &str) -> Reason {
    let name = line(name);
    let called = match (id, name.is_empty()) {
        (Some(id), true) => format!("ServiceTitan's payment type {id}"),
        (Some(id), false) => format!("ServiceTitan's payment type {} (id {id})", quoted(&name)),
        (None, false) => format!("ServiceTitan's payment type {}", quoted(&name)),
        (None, true) => "The payment has no type in ServiceTitan, which".to_owned(),
    };
    let advice = match id {
        Some(id) => format!(
            "Say which of Odoo's bank or cash journals it goes to: `{}`. What waits for it goes on by itself then.",
            command(MappingKind::PaymentType, &id.to_string(), "NAME")
        ),
        None => {
            "Give the payment a type in ServiceTitan and save it; it comes over by itself then."
                .to_owned()
        }
    };
    reason("no-journal", format!("{called} {why}."), &advice)
}

/// It was voided in ServiceTitan while nobody knew whether Odoo holds it.
#[must_use]
pub(crate) fn withdrawn_in_doubt() -> Reason {
    reason(
        "withdrawn-in-doubt",
        "It was voided or deleted in ServiceTitan, and a call that would have made it in Odoo was never answered.",
        "Look in Odoo whether it is there: if so, cancel it. Then run `ml-connector replay --dismiss` for it.",
    )
}

/// A payment is matched with less, or with more, than ServiceTitan says.
#[must_use]
pub fn match_not_reached(what: &str) -> Reason {
    reason(
        "match-not-reached",
        format!("The payment is in Odoo, but not matched as in ServiceTitan: {what}."),
        "Somebody matched the payment or the invoice otherwise in Odoo, or changed one of them. Undo that matching in Odoo \
         (Reset reconciliation), or apply the payment the same way in ServiceTitan; then run `ml-connector replay --cause \
         match-not-reached`.",
    )
}

/// What a payment pays, or is paid back with, is not in Odoo's books.
#[must_use]
pub fn counterpart_not_posted(what: &str) -> Reason {
    reason(
        "counterpart-not-posted",
        format!(
            "The payment is in Odoo, and what it is matched with in ServiceTitan is a draft there: {what}."
        ),
        "Post that invoice or refund, in ServiceTitan or, where drafts are left to people, in Odoo; then run `ml-connector \
         replay --cause counterpart-not-posted`.",
    )
}

/// A payment that a bank statement proves is to change.
#[must_use]
pub fn payment_is_proven() -> Reason {
    reason(
        "payment-is-proven",
        "It changed in ServiceTitan, and in Odoo it is matched with a line of a bank statement.",
        "Nothing was written. Undo the matching with the statement in Odoo and run `ml-connector replay` for it, or book the \
         difference in Odoo and leave this change out with `ml-connector replay --dismiss`.",
    )
}

/// A payment without a journal entry can be matched with nothing.
#[must_use]
pub fn payment_without_entry() -> Reason {
    reason(
        "payment-without-entry",
        "Odoo made no journal entry for the payment, so that it pays no invoice: its journal has no outstanding account.",
        "Give the payment method of that journal an outstanding receipts account (Accounting > Configuration > Journals > \
         Incoming Payments; Outgoing Payments for refunds), reset the payment to draft in Odoo, and run `ml-connector replay \
         --cause payment-without-entry`.",
    )
}

/// An invoice turned from one that is owed into one that is given back, or the other way round.
#[must_use]
pub(crate) fn sign_changed() -> Reason {
    reason(
        "sign-changed",
        "In ServiceTitan it came to more than nothing and now comes to less, or the other way round; in Odoo an invoice cannot \
         become a credit note.",
        "Cancel the document in Odoo and delete it there; then run `ml-connector replay --recreate` for it. Or book the \
         difference in Odoo and leave this change out with `ml-connector replay --dismiss`.",
    )
}
