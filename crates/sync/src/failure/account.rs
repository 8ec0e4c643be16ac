//! Why a line has no account in Odoo, with the command that mends it.

use super::reason;
use crate::directory::Account;
use crate::mapping::{MappingKind, command};
use crate::plain::quoted;
use crate::record::Reason;

/// Odoo has no account of that number or name, and none is mapped.
#[must_use]
pub(crate) fn no_account(number: &str, name: &str) -> Reason {
    let looked_for = match (number.is_empty(), name.is_empty()) {
        (false, false) => "no account has this code, none this name",
        (false, true) => "no account has this code",
        (true, _) => "no account has this name",
    };
    reason(
        "no-account",
        format!(
            "{} is not in Odoo: {looked_for}.",
            of_servicetitan(number, name)
        ),
        &mend(number, name),
    )
}

/// Several accounts of Odoo have that code or name.
#[must_use]
pub(crate) fn ambiguous_account(number: &str, name: &str, found: &[&Account]) -> Reason {
    let found: Vec<String> = found
        .iter()
        .take(QUOTED_MAX)
        .map(|account| numbered(&account.code, &account.name))
        .collect();
    reason(
        "ambiguous-account",
        format!(
            "{} may be several accounts in Odoo: {}.",
            of_servicetitan(number, name),
            found.join(", ")
        ),
        &mend(number, name),
    )
}

/// The account is mapped to one that is gone.
#[must_use]
pub(crate) fn mapped_account_gone(number: &str, name: &str, id: i64) -> Reason {
    reason(
        "no-account",
        format!(
            "{} is mapped to Odoo's account {id}, which is deleted or archived there, or hidden from the connector's user.",
            of_servicetitan(number, name)
        ),
        &mend(number, name),
    )
}

/// Odoo's chart of accounts could not be read.
#[must_use]
pub(crate) fn no_chart(number: &str, name: &str) -> Reason {
    reason(
        "no-account",
        format!(
            "{} is not mapped, and Odoo's accounts cannot be read.",
            of_servicetitan(number, name)
        ),
        "Give the connector's user the right to Odoo's accounts (Settings > Users > Invoicing). These records go on by \
         themselves then, within 15 minutes.",
    )
}

/// A line quotes an account that has neither number nor name.
#[must_use]
pub(crate) fn nameless_account(id: Option<i64>) -> Reason {
    let what = match id {
        Some(id) => {
            format!("A line's account (id {id}) has neither number nor name in ServiceTitan.")
        }
        None => "A line's account has neither number nor name in ServiceTitan.".to_owned(),
    };
    reason("line-without-account", what, GIVE_ACCOUNT)
}

/// A line quotes no account. `line` says which one: `line 2`.
#[must_use]
pub fn line_without_account(line: &str) -> Reason {
    reason(
        "line-without-account",
        format!("In ServiceTitan {line} has no account of the general ledger."),
        GIVE_ACCOUNT,
    )
}

/// Odoo has no account for what is charged besides items. `key` is what it is mapped by: `tax`.
#[must_use]
pub fn charge_without_account(label: &str, key: &str) -> Reason {
    reason(
        "charge-without-account",
        format!(
            "Odoo's product \"{label}\", its category and the journal of purchases have no expense account."
        ),
        &format!(
            "Give the product \"{label}\" an expense account in Odoo, or run `ml-connector mapping set gl-account {key} \
             CODE` with the code of an account in Odoo; what waits for it goes on by itself then."
        ),
    )
}

/// Nobody said on what account AP credits are booked. `key` is what it is mapped by.
#[must_use]
pub(crate) fn credit_without_account(key: &str) -> Reason {
    reason(
        "credit-without-account",
        "ServiceTitan does not say to what account an AP credit without a return belongs.",
        &format!(
            "Say once where such credits are booked: `{}`, where CODE is the code of an account in Odoo. What waits for it \
             goes on by itself then.",
            command(MappingKind::GlAccount, key, "CODE")
        ),
    )
}

const GIVE_ACCOUNT: &str = "Give the line's item an account in ServiceTitan (Settings > Invoicing > General Ledger \
                            Accounts, or the item in the pricebook) and save the document; it comes over by itself then.";

/// How many candidates a message quotes.
const QUOTED_MAX: usize = 5;

fn of_servicetitan(number: &str, name: &str) -> String {
    format!("ServiceTitan's account {}", numbered(number, name))
}

fn numbered(number: &str, name: &str) -> String {
    match (number.is_empty(), name.is_empty()) {
        (false, false) => format!("{number} {}", quoted(name)),
        (false, true) => number.to_owned(),
        (true, _) => quoted(name),
    }
}

fn mend(number: &str, name: &str) -> String {
    let key = if number.is_empty() { name } else { number };
    format!(
        "Say which account it is: `{}`, where CODE is the code of an account in Odoo. What waits for it goes on by itself \
         then.",
        command(MappingKind::GlAccount, key, "CODE")
    )
}
