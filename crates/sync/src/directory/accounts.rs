//! Odoo's chart of accounts, and which of its accounts ServiceTitan's stand for.
//!
//! An account that is not mapped is the one of the same code (of several that of the same name, too), then the one of the
//! same name. There is no other way, and no fallback: an amount on the wrong account costs more than a document that waits.

use serde::{Deserialize, Serialize};
use servicetitan::record::GlAccountRef;

use super::Directory;
use super::names::folded;
use crate::failure::account as failure;
use crate::mapping::{MappingKind, Mappings};
use crate::plain::line;
use crate::record::Reason;

/// An account of Odoo's `account.account`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Odoo's id.
    pub id: i64,
    /// The code, as Odoo shows it in the connector's company; empty where it has none there.
    pub code: String,
    /// The name.
    pub name: String,
}

/// What the account of AP credits is mapped by: ServiceTitan names none.
const OF_CREDITS: &str = "ap-credit";

/// Which account a key means.
enum Found<'a> {
    One(i64),
    Several(Vec<&'a Account>),
    Nothing,
}

impl Directory {
    /// Adds what an operator mapped.
    #[must_use]
    pub fn with_mappings(mut self, mappings: Mappings) -> Self {
        self.mappings = mappings;
        self
    }

    /// Adds Odoo's chart of accounts. Without it only mapped accounts are found.
    #[must_use]
    pub fn with_accounts(mut self, accounts: impl IntoIterator<Item = Account>) -> Self {
        self.accounts = Some(accounts.into_iter().collect());
        self
    }

    /// What ServiceTitan's `key` is mapped to.
    #[must_use]
    pub fn mapped(&self, kind: MappingKind, key: &str) -> Option<i64> {
        self.mappings.get(kind, key)
    }

    /// Odoo's account for one of ServiceTitan's: the mapped one, else the one of the same code, else the one of the same
    /// name. For a line that quotes no account at all see [`crate::failure::account::line_without_account`].
    pub fn ledger_account(&self, account: &GlAccountRef) -> Result<i64, Reason> {
        let number = line(account.number.as_deref().unwrap_or_default());
        let name = line(account.name.as_deref().unwrap_or_default());
        let key = if number.is_empty() { &name } else { &number };
        if key.is_empty() {
            return Err(failure::nameless_account(account.id.map(|id| id.0)));
        }
        let chart = self.accounts.as_deref();
        if let Some(id) = self.mapped(MappingKind::GlAccount, key) {
            let is_there = |chart: &[Account]| chart.iter().any(|account| account.id == id);
            return if chart.is_none_or(is_there) {
                Ok(id)
            } else {
                Err(failure::mapped_account_gone(&number, &name, id))
            };
        }
        let Some(chart) = chart else {
            return Err(failure::no_chart(&number, &name));
        };
        let of_code = |account: &Account| folded(&account.code) == folded(&number);
        let of_name = |account: &Account| folded(&account.name) == folded(&name);
        let mut found = Found::Nothing;
        if !number.is_empty() {
            found = among(chart, of_code);
            if matches!(found, Found::Several(_)) && !name.is_empty() {
                let both = among(chart, |account| of_code(account) && of_name(account));
                if matches!(both, Found::One(_)) {
                    found = both;
                }
            }
        }
        if matches!(found, Found::Nothing) && !name.is_empty() {
            found = among(chart, of_name);
        }
        match found {
            Found::One(id) => Ok(id),
            Found::Several(accounts) => Err(failure::ambiguous_account(&number, &name, &accounts)),
            Found::Nothing => Err(failure::no_account(&number, &name)),
        }
    }

    /// Odoo's account of AP credits, which name none in ServiceTitan: the mapped one, or none.
    pub fn account_of_credits(&self) -> Result<i64, Reason> {
        let mapped = self.mapped(MappingKind::GlAccount, OF_CREDITS);
        let id = mapped.ok_or_else(|| failure::credit_without_account(OF_CREDITS))?;
        match self.accounts.as_deref() {
            Some(chart) if !chart.iter().any(|account| account.id == id) => {
                Err(failure::mapped_account_gone("", OF_CREDITS, id))
            }
            _ => Ok(id),
        }
    }
}

fn among(chart: &[Account], is_meant: impl Fn(&Account) -> bool) -> Found<'_> {
    let found: Vec<&Account> = chart.iter().filter(|account| is_meant(account)).collect();
    match found.as_slice() {
        [] => Found::Nothing,
        [only] => Found::One(only.id),
        _ => Found::Several(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: i64, code: &str, name: &str) -> Account {
        Account {
            id,
            code: code.into(),
            name: name.into(),
        }
    }

    fn directory() -> Directory {
        Directory::default().with_accounts([
            account(1, "5000", "Cost of Goods Sold"),
            account(2, "6100", "Tools"),
            account(3, "6200", "Fuel"),
            account(4, "6201", "fuel"),
            account(5, "", "Uncoded"),
            account(6, "7000", "Rent"),
            account(7, "7000", "Lease"),
        ])
    }

    fn mapped(key: &str, target: i64) -> Directory {
        let mapping = (MappingKind::GlAccount, key, target);
        directory().with_mappings([mapping].into_iter().collect())
    }

    fn quoted(number: &str, name: &str) -> GlAccountRef {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        GlAccountRef {
            id: None,
            name: given(name),
            number: given(number),
            kind: None,
            detail_type: None,
        }
    }

    #[test]
    fn an_account_is_the_mapped_one_then_that_of_its_code_then_that_of_its_name() {
        let of = |directory: Directory, number, name| {
            directory
                .ledger_account(&quoted(number, name))
                .map_err(|reason| reason.what)
        };
        assert_eq!(of(directory(), " 5000 ", "Tools"), Ok(1), "by code");
        assert_eq!(of(directory(), "9999", " tools"), Ok(2), "by name");
        assert_eq!(of(directory(), "", "Uncoded"), Ok(5), "by name alone");
        assert_eq!(of(directory(), "7000", "lease"), Ok(7), "by both");
        assert_eq!(of(mapped("5000", 3), "5000", "Tools"), Ok(3), "mapped");
        assert_eq!(of(mapped(" FUEL", 4), "", "Fuel "), Ok(4), "mapped by name");
        assert_eq!(
            of(mapped("Tools", 3), "5000", "Tools"),
            Ok(1),
            "an account that has a number is mapped by it"
        );
    }

    #[test]
    fn what_is_not_found_is_said_with_the_command_that_mends_it() {
        let reason = directory()
            .ledger_account(&quoted("5999", "Other's Cost"))
            .unwrap_err();
        assert_eq!(reason.cause, "no-account");
        assert_eq!(
            reason.what,
            "ServiceTitan's account 5999 \"Other's Cost\" is not in Odoo: no account has this code, none this name."
        );
        assert_eq!(
            reason.advice,
            "Say which account it is: `ml-connector mapping set gl-account 5999 CODE`, where CODE is the code of an \
             account in Odoo. What waits for it goes on by itself then."
        );
        let reason = directory()
            .ledger_account(&quoted("", "Other's Cost"))
            .unwrap_err();
        assert!(
            reason
                .advice
                .contains(r"`ml-connector mapping set gl-account 'Other'\''s Cost' CODE`"),
            "{}",
            reason.advice
        );
    }

    #[test]
    fn two_candidates_are_none() {
        let reason = directory().ledger_account(&quoted("", "FUEL")).unwrap_err();
        assert_eq!(reason.cause, "ambiguous-account");
        assert_eq!(
            reason.what,
            "ServiceTitan's account \"FUEL\" may be several accounts in Odoo: 6200 \"Fuel\", 6201 \"fuel\"."
        );
        assert!(
            reason
                .advice
                .contains("ml-connector mapping set gl-account FUEL CODE")
        );
        let found = directory().ledger_account(&quoted("7000", "Tools"));
        assert_eq!(found.unwrap_err().cause, "ambiguous-account");
    }

    #[test]
    fn nothing_takes_the_place_of_a_missing_chart_a_deleted_account_or_an_account_without_a_name() {
        let cause = |directory: Directory, number: &str| {
            let found = directory.ledger_account(&quoted(number, ""));
            found.map_err(|reason| reason.cause)
        };
        let unread = || Directory::default();
        assert_eq!(cause(unread(), "5000"), Err("no-account".to_owned()));
        let mapping = (MappingKind::GlAccount, "5000", 8);
        let blind = unread().with_mappings([mapping].into_iter().collect());
        assert_eq!(cause(blind, "5000"), Ok(8), "a mapping needs no chart");
        assert_eq!(
            cause(mapped("5000", 8), "5000"),
            Err("no-account".to_owned())
        );
        assert_eq!(
            cause(directory(), " "),
            Err("line-without-account".to_owned())
        );
    }

    #[test]
    fn mappings_and_accounts_are_part_of_the_fingerprint() {
        let plain = directory().fingerprint();
        assert_ne!(mapped("5000", 3).fingerprint(), plain);
        assert_ne!(Directory::default().fingerprint(), plain);
    }
}
