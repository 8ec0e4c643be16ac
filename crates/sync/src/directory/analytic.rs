//! The analytic plans that the connector keeps accounts in, and where Odoo has them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Directory;
use crate::failure;
use crate::flow::Flow;
use crate::record::Reason;

/// What costs are collected by: each has an analytic plan of its own in Odoo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// The business units.
    BusinessUnits,
    /// The jobs.
    Jobs,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::BusinessUnits, Self::Jobs];

    /// The name of its plan.
    #[must_use]
    pub const fn plan_name(self) -> &'static str {
        match self {
            Self::BusinessUnits => "Business Units",
            Self::Jobs => "Jobs",
        }
    }

    /// One word, which the external id of its plan ends with.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BusinessUnits => "business_units",
            Self::Jobs => "jobs",
        }
    }

    /// The flow whose records become its accounts.
    #[must_use]
    pub const fn flow(self) -> Flow {
        match self {
            Self::BusinessUnits => Flow::BusinessUnits,
            Self::Jobs => Flow::Jobs,
        }
    }
}

/// Where Odoo has an analytic plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AnalyticPlan {
    /// Nowhere, or where the user may not look.
    #[default]
    Missing,
    /// There.
    At(i64),
    /// This Odoo has analytic accounts without plans (before 16).
    Unknown,
}

/// Where Odoo has the analytic plans; one that is not named here is missing.
pub(super) type Plans = BTreeMap<Dimension, AnalyticPlan>;

impl Directory {
    /// The analytic plan of these accounts; `None` where Odoo knows no plans.
    pub fn analytic_plan(&self, dimension: Dimension) -> Result<Option<i64>, Reason> {
        match self.where_plan_is(dimension) {
            AnalyticPlan::At(id) => Ok(Some(id)),
            AnalyticPlan::Unknown => Ok(None),
            AnalyticPlan::Missing => Err(failure::no_analytic_plan(dimension.plan_name())),
        }
    }

    /// Whether the analytic plan of these accounts is still to be made.
    #[must_use]
    pub fn lacks_analytic_plan(&self, dimension: Dimension) -> bool {
        self.where_plan_is(dimension) == AnalyticPlan::Missing
    }

    fn where_plan_is(&self, dimension: Dimension) -> AnalyticPlan {
        let plans = &self.purchasing.analytic_plans;
        plans.get(&dimension).copied().unwrap_or_default()
    }
}
