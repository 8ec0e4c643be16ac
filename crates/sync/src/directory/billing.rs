//! What vendor bills are booked with: accounts of what is charged besides items, places that Odoo keeps, and the policy.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Charge, CostField, Directory};
use crate::failure::account as failure;
use crate::mapping::MappingKind;
use crate::plan::ClosedPeriod;
use crate::record::Reason;

/// How vendor bills are treated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPolicy {
    /// Whether they come only once they are posted in ServiceTitan, and not as soon as they are there.
    pub once_posted: bool,
    /// Whether they are posted in Odoo, and not left as drafts.
    pub post: bool,
    /// Whether one that does not match its order and receipts, or has the number of another one of the vendor, is held as
    /// a draft, and not posted with a warning.
    pub hold: bool,
    /// What happens to one whose date lies in a closed period.
    #[serde(default)]
    pub closed: ClosedPeriod,
    /// By how much a line may differ, in the currency.
    pub tolerance_amount: Decimal,
    /// By how much a line may differ, in percent of what was ordered.
    pub tolerance_percent: Decimal,
}

impl Default for BillPolicy {
    fn default() -> Self {
        Self {
            once_posted: false,
            post: true,
            hold: true,
            closed: ClosedPeriod::Wait,
            tolerance_amount: Decimal::ZERO,
            tolerance_percent: Decimal::ZERO,
        }
    }
}

impl BillPolicy {
    /// Whether such a difference passes: it is within the amount, or within the percentage of what was expected.
    #[must_use]
    pub fn tolerates(&self, difference: Decimal, expected: Decimal) -> bool {
        let of_expected = expected.abs() * self.tolerance_percent / Decimal::ONE_HUNDRED;
        difference.abs() <= self.tolerance_amount.max(of_expected)
    }
}

/// The part of a directory that bills ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Billing {
    /// Places that Odoo keeps of a bill line's quantity; all of them if `None`.
    quantity_digits: Option<u32>,
    /// Places that Odoo keeps of a bill line's unit price; all of them if `None`.
    price_digits: Option<u32>,
    /// The expense accounts of the products of what is charged besides items.
    charge_accounts: BTreeMap<Charge, i64>,
    /// Where a bill line says who bears its cost.
    costs: CostField,
    /// The last day of the books that are closed.
    locked_until: Option<Date>,
    /// How bills are treated.
    policy: BillPolicy,
}

impl Billing {
    /// Sets the last day of the books that are closed: what waits for a closed period is planned again when it moves.
    #[must_use]
    pub fn with_locked_until(mut self, until: Option<Date>) -> Self {
        self.locked_until = until;
        self
    }

    /// Sets the places that Odoo keeps of a bill line's quantity and unit price (`None`: all).
    #[must_use]
    pub fn with_digits(mut self, quantity: Option<u32>, price: Option<u32>) -> Self {
        self.quantity_digits = quantity;
        self.price_digits = price;
        self
    }

    /// Sets where a bill line says who bears its cost.
    #[must_use]
    pub fn with_costs(mut self, costs: CostField) -> Self {
        self.costs = costs;
        self
    }

    /// Sets the expense accounts of the products of what is charged besides items.
    #[must_use]
    pub fn with_charge_accounts(
        mut self,
        accounts: impl IntoIterator<Item = (Charge, i64)>,
    ) -> Self {
        self.charge_accounts.extend(accounts);
        self
    }

    /// Sets how bills are treated.
    #[must_use]
    pub fn with_policy(mut self, policy: BillPolicy) -> Self {
        self.policy = policy;
        self
    }
}

impl Directory {
    /// Adds what bills ask for.
    #[must_use]
    pub fn with_billing(mut self, billing: Billing) -> Self {
        self.billing = billing;
        self
    }

    /// The part that bills ask for.
    #[must_use]
    pub fn billing(&self) -> &Billing {
        &self.billing
    }

    /// How bills are treated.
    #[must_use]
    pub fn bills(&self) -> &BillPolicy {
        &self.billing.policy
    }

    /// Places that Odoo keeps of a bill line's unit price; all of them if `None`.
    #[must_use]
    pub fn bill_price_digits(&self) -> Option<u32> {
        self.billing.price_digits
    }

    /// Where a bill line says who bears its cost.
    #[must_use]
    pub fn bill_line_costs(&self) -> CostField {
        self.billing.costs
    }

    /// A quantity as a bill line keeps it.
    #[must_use]
    pub fn bill_quantity(&self, quantity: Decimal) -> Decimal {
        let digits = self.billing.quantity_digits;
        digits.map_or(quantity, |digits| odoo::decimal::rounded(quantity, digits))
    }

    /// The account of what is charged besides items: the mapped one, else that of its product in Odoo.
    pub fn charge_account(&self, charge: Charge) -> Result<i64, Reason> {
        let mapped = self.mapped(MappingKind::GlAccount, charge.as_str());
        let of_product = self.billing.charge_accounts.get(&charge).copied();
        let account = mapped.or(of_product);
        account.ok_or_else(|| failure::charge_without_account(charge.label(), charge.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_passes_within_the_amount_or_the_percentage() {
        let policy = |amount: &str, percent: &str| BillPolicy {
            tolerance_amount: amount.parse().unwrap(),
            tolerance_percent: percent.parse().unwrap(),
            ..BillPolicy::default()
        };
        let passes = |policy: &BillPolicy, difference: &str| {
            policy.tolerates(difference.parse().unwrap(), Decimal::ONE_HUNDRED)
        };
        assert!(passes(&policy("0", "0"), "0.00"));
        assert!(!passes(&policy("0", "0"), "0.01"));
        assert!(passes(&policy("0.05", "0"), "-0.05"));
        assert!(!passes(&policy("0.05", "0"), "0.06"));
        assert!(passes(&policy("0", "2"), "2.00"));
        assert!(!passes(&policy("0", "2"), "2.01"));
    }
}
