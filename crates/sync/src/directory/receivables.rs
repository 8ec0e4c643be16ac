//! What customers' invoices and payments are booked with: taxes on sales, journals, and the policy.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Directory;
use super::names::{Meaning, Names};
use crate::failure::receivable as failure;
use crate::flow::Flow;
use crate::mapping::MappingKind;
use crate::plan::ClosedPeriod;
use crate::record::Reason;

/// How customers' invoices are treated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoicePolicy {
    /// When they come.
    pub come: InvoicesCome,
    /// Whether they are posted in Odoo, and not left as drafts.
    pub post: bool,
    /// Whether their lines name the products of what is sold, and not only describe it.
    pub names_items: bool,
    /// Whether those come too that ServiceTitan had handed on to another accounting before the connector was there.
    pub legacy: bool,
    /// What happens to one whose date lies in a closed period.
    pub closed: ClosedPeriod,
}

impl Default for InvoicePolicy {
    fn default() -> Self {
        Self {
            come: InvoicesCome::Posted,
            post: true,
            names_items: true,
            legacy: false,
            closed: ClosedPeriod::Wait,
        }
    }
}

/// What has to have happened in ServiceTitan before an invoice comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InvoicesCome {
    /// It was posted.
    Posted,
    /// It was exported.
    Exported,
    /// Somebody reviewed it: for tenants that never post.
    Reviewed,
    /// Its job was completed: for tenants that never post.
    Completed,
}

/// How customers' payments are treated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentPolicy {
    /// When they come.
    pub come: PaymentsCome,
    /// Whether they are posted in Odoo, and not left as drafts.
    pub post: bool,
    /// Whether those come too that ServiceTitan had handed on to another accounting before the connector was there.
    pub legacy: bool,
}

impl Default for PaymentPolicy {
    fn default() -> Self {
        Self {
            come: PaymentsCome::Posted,
            post: true,
            legacy: false,
        }
    }
}

/// What has to have happened in ServiceTitan before a payment comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PaymentsCome {
    /// Nothing: for tenants that never post.
    Generated,
    /// It was posted.
    Posted,
    /// It was exported.
    Exported,
}

/// The part of a directory that invoices and payments ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receivables {
    /// Odoo's journals of banks and cash.
    journals: Names,
    /// What this Odoo calls the words on a payment; `memo` if it is not said.
    memo: Option<String>,
    /// How payments are treated.
    #[serde(default)]
    payments: PaymentPolicy,
    /// Odoo's taxes on sales.
    taxes: Names,
    /// The last day of the books that are closed for sales.
    locked_until: Option<Date>,
    /// How invoices are treated.
    policy: InvoicePolicy,
    /// When each flow was first planned here. No part of the fingerprint: it never changes.
    #[serde(skip)]
    began: BTreeMap<Flow, Timestamp>,
}

impl Receivables {
    /// Sets Odoo's taxes on sales: id and name.
    #[must_use]
    pub fn with_taxes(mut self, taxes: impl IntoIterator<Item = (i64, String)>) -> Self {
        self.taxes = taxes.into_iter().collect();
        self
    }

    /// Sets Odoo's journals of banks and cash: id and name.
    #[must_use]
    pub fn with_journals(mut self, journals: impl IntoIterator<Item = (i64, String)>) -> Self {
        self.journals = journals.into_iter().collect();
        self
    }

    /// Sets what this Odoo calls the words on a payment.
    #[must_use]
    pub fn with_memo(mut self, field: Option<String>) -> Self {
        self.memo = field;
        self
    }

    /// Sets how payments are treated.
    #[must_use]
    pub fn with_payments(mut self, policy: PaymentPolicy) -> Self {
        self.payments = policy;
        self
    }

    /// Sets the last day of the books that are closed: what waits for a closed period is planned again when it moves.
    #[must_use]
    pub fn with_locked_until(mut self, until: Option<Date>) -> Self {
        self.locked_until = until;
        self
    }

    /// Sets how invoices are treated.
    #[must_use]
    pub fn with_policy(mut self, policy: InvoicePolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets when a flow was first planned here.
    #[must_use]
    pub fn with_began(mut self, flow: Flow, at: Timestamp) -> Self {
        self.began.insert(flow, at);
        self
    }
}

impl Directory {
    /// Adds what invoices ask for.
    #[must_use]
    pub fn with_receivables(mut self, receivables: Receivables) -> Self {
        self.receivables = receivables;
        self
    }

    /// The part that invoices ask for.
    #[must_use]
    pub fn receivables(&self) -> &Receivables {
        &self.receivables
    }

    /// How invoices are treated.
    #[must_use]
    pub fn invoices(&self) -> &InvoicePolicy {
        &self.receivables.policy
    }

    /// How payments are treated.
    #[must_use]
    pub fn payments(&self) -> &PaymentPolicy {
        &self.receivables.payments
    }

    /// What this Odoo calls the words on a payment.
    #[must_use]
    pub fn payment_memo(&self) -> &str {
        self.receivables.memo.as_deref().unwrap_or("memo")
    }

    /// Odoo's journal of a payment type: the mapped one, else the only one of banks and cash that is called like it.
    pub fn journal_of(&self, id: Option<i64>, name: &str) -> Result<i64, Reason> {
        let key = id.map(|id| id.to_string());
        let mapped = key
            .as_deref()
            .and_then(|key| self.mapped(MappingKind::PaymentType, key));
        let journals = &self.receivables.journals;
        let why = match (mapped, journals.of(name)) {
            (Some(journal), _) if journals.holds(journal) => return Ok(journal),
            (Some(_), _) => {
                "is mapped to a journal that is archived or deleted in Odoo, or is none of a bank or of cash"
            }
            (None, Meaning::One(journal)) => return Ok(journal),
            (None, Meaning::Several) => "is not mapped, and several journals are called so in Odoo",
            (None, Meaning::Nothing) => {
                "is not mapped, and no bank or cash journal is called so in Odoo"
            }
        };
        Err(failure::no_journal(id, name, why))
    }

    /// When the flow was first planned here, if that is known.
    #[must_use]
    pub fn began(&self, flow: Flow) -> Option<Timestamp> {
        self.receivables.began.get(&flow).copied()
    }

    /// Odoo's tax of a ServiceTitan tax zone: the mapped one, else the only one on sales that is called like the zone's
    /// code.
    pub fn sales_tax(&self, zone: Option<i64>, code: &str) -> Result<i64, Reason> {
        let key = zone.map(|zone| zone.to_string());
        let mapped = key
            .as_deref()
            .and_then(|key| self.mapped(MappingKind::TaxZone, key));
        let taxes = &self.receivables.taxes;
        match mapped {
            Some(tax) if taxes.holds(tax) => return Ok(tax),
            Some(tax) => return Err(failure::mapped_tax_gone(zone, code, tax)),
            None => {}
        }
        match taxes.of(code) {
            Meaning::One(tax) => Ok(tax),
            Meaning::Several => Err(failure::ambiguous_tax(zone, code)),
            Meaning::Nothing => Err(failure::no_tax(zone, code)),
        }
    }
}
