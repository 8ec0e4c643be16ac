//! Mappings: what an operator said that something of ServiceTitan's is in Odoo.
//!
//! A mapping goes before every look-up by code or name, and nothing is written to what it points to: the target is
//! Odoo's own. Keys are compared without case and surplus spaces. What is not mapped means what it meant without
//! mappings, or fails; there is no fallback.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What is mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MappingKind {
    /// A business unit, by its id, to an analytic account.
    BusinessUnit,
    /// An account of the general ledger, by its number or, without one, its name, to an account.
    GlAccount,
    /// A category of the pricebook, by its id, to a category of products.
    ItemCategory,
    /// A payment term, by its id, to a payment term.
    PaymentTerm,
    /// A payment type, by its id, to a bank or cash journal.
    PaymentType,
    /// A tax zone, by its id, to a tax.
    TaxZone,
    /// A warehouse or truck (inventory location), by its id, to the operation type of its receipts.
    Warehouse,
}

impl MappingKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::BusinessUnit,
        Self::GlAccount,
        Self::ItemCategory,
        Self::PaymentTerm,
        Self::PaymentType,
        Self::TaxZone,
        Self::Warehouse,
    ];

    /// The kind's word on the command line, in files and in the store: `gl-account`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BusinessUnit => "business-unit",
            Self::GlAccount => "gl-account",
            Self::ItemCategory => "item-category",
            Self::PaymentTerm => "payment-term",
            Self::PaymentType => "payment-type",
            Self::TaxZone => "tax-zone",
            Self::Warehouse => "warehouse",
        }
    }

    /// What it is called among other words: `account`.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::BusinessUnit => "business unit",
            Self::GlAccount => "account",
            Self::ItemCategory => "item category",
            Self::PaymentTerm => "payment term",
            Self::PaymentType => "payment type",
            Self::TaxZone => "tax zone",
            Self::Warehouse => "warehouse",
        }
    }

    /// The Odoo model that it is mapped to.
    #[must_use]
    pub const fn model(self) -> &'static str {
        match self {
            Self::BusinessUnit => "account.analytic.account",
            Self::GlAccount => "account.account",
            Self::ItemCategory => "product.category",
            Self::PaymentTerm => "account.payment.term",
            Self::PaymentType => "account.journal",
            Self::TaxZone => "account.tax",
            Self::Warehouse => "stock.picking.type",
        }
    }

    /// What Odoo's people call the records of that model.
    #[must_use]
    pub const fn target_noun(self) -> &'static str {
        match self {
            Self::BusinessUnit => "analytic account",
            Self::GlAccount => "account",
            Self::ItemCategory => "product category",
            Self::PaymentType => "journal",
            Self::PaymentTerm => "payment term",
            Self::TaxZone => "tax",
            Self::Warehouse => "operation type",
        }
    }
}

impl fmt::Display for MappingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no kind of mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a kind of mapping; the kinds are: {}", MappingKind::ALL.map(MappingKind::as_str).join(", "))]
pub struct UnknownKind {
    /// What was asked for.
    pub word: String,
}

impl FromStr for MappingKind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownKind {
                word: word.to_owned(),
            })
    }
}

/// The mappings of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mappings(BTreeMap<MappingKind, BTreeMap<String, i64>>);

impl Mappings {
    /// No mappings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Maps ServiceTitan's `key` to Odoo's id; the last one wins.
    pub fn set(&mut self, kind: MappingKind, key: &str, target: i64) {
        self.0
            .entry(kind)
            .or_default()
            .insert(folded_key(key), target);
    }

    /// Odoo's id of what ServiceTitan's `key` is mapped to.
    #[must_use]
    pub fn get(&self, kind: MappingKind, key: &str) -> Option<i64> {
        self.0.get(&kind)?.get(&folded_key(key)).copied()
    }
}

impl<K: AsRef<str>> FromIterator<(MappingKind, K, i64)> for Mappings {
    fn from_iter<I: IntoIterator<Item = (MappingKind, K, i64)>>(mapped: I) -> Self {
        let mut mappings = Self::new();
        for (kind, key, target) in mapped {
            mappings.set(kind, key.as_ref(), target);
        }
        mappings
    }
}

/// A key as it is compared and kept: without case and surplus spaces.
#[must_use]
pub fn folded_key(key: &str) -> String {
    crate::plain::line(key).to_lowercase()
}

/// The command that maps `key`; `target` is the word that stands for what the operator fills in.
#[must_use]
pub fn command(kind: MappingKind, key: &str, target: &str) -> String {
    let key = crate::plain::line(key);
    format!("ml-connector mapping set {kind} {} {target}", shell(&key))
}

/// A word as a shell takes it.
fn shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':');
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let quoted = format!("'{}'", word.replace('\'', r"'\''"));
    if word.starts_with('-') {
        return format!("-- {quoted}");
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_word() {
        for kind in MappingKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!(
            "tax".parse::<MappingKind>().unwrap_err().to_string(),
            "`tax` is not a kind of mapping; the kinds are: business-unit, gl-account, item-category, payment-term, payment-type, tax-zone, warehouse"
        );
    }

    #[test]
    fn a_key_is_found_without_case_and_surplus_spaces_in_its_own_kind() {
        let mut mappings = Mappings::new();
        mappings.set(MappingKind::GlAccount, " Cost  of Goods ", 7);
        let account = |key| mappings.get(MappingKind::GlAccount, key);
        assert_eq!(account("cost of goods"), Some(7));
        assert_eq!(account("cost"), None);
        assert_eq!(mappings.get(MappingKind::Warehouse, "cost of goods"), None);
    }

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        let set = |key| command(MappingKind::GlAccount, key, "CODE");
        assert_eq!(set("5000"), "ml-connector mapping set gl-account 5000 CODE");
        assert_eq!(
            set("Driver's \u{202e}$(rm)"),
            r"ml-connector mapping set gl-account 'Driver'\''s $(rm)' CODE"
        );
        assert_eq!(
            set("-1"),
            "ml-connector mapping set gl-account -- '-1' CODE"
        );
    }
}
