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

/// The part of a directory that invoices ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receivables {
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
