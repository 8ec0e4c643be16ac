//! Who bears the cost of a line: analytic accounts, as Odoo's `analytic_distribution` has them.

use crate::link::TargetId;

/// All of it on these accounts together, at most one of each plan; empty without any.
pub(crate) fn over(accounts: impl IntoIterator<Item = TargetId>) -> String {
    let accounts: Vec<String> = accounts.into_iter().map(|id| id.to_string()).collect();
    if accounts.is_empty() {
        return String::new();
    }
    format!("{{\"{}\": 100}}", accounts.join(","))
}
