//! Bills that somebody entered in Odoo, taken for the source's own once a person has said so.
//!
//! Such a bill bears no name of ours in Odoo: the link on our side is all that binds it. It has to be the same paper: of the
//! same vendor, number, company and currency, with the same total and tax to the cent. Its lines are somebody else's and
//! are never rewritten, so that a later change in ServiceTitan is only compared again, and a person decides about what
//! differs.

use odoo::RecordId;
use odoo::document::{Bill, BillState};
use rust_decimal::Decimal;

use crate::content::Content;
use crate::link::TargetId;
use crate::plain::quoted;

/// The decision that a bill which is in Odoo already is this one; with `:` and an id, that one of several.
pub const LINK: &str = "link";

/// Which bill in Odoo is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The only one of the vendor with that number.
    TheOnly,
    /// The one with this id.
    This(TargetId),
}

impl Which {
    /// What a person's decision says; `None` if it says something else.
    #[must_use]
    pub fn decided(decision: Option<&str>) -> Option<Self> {
        let rest = decision?.strip_prefix(LINK)?;
        if rest.is_empty() {
            return Some(Self::TheOnly);
        }
        let id = rest.strip_prefix(':')?.parse().ok()?;
        Some(Self::This(TargetId(id)))
    }

    /// The decision as it is kept.
    #[must_use]
    pub fn decision(self) -> String {
        match self {
            Self::TheOnly => LINK.to_owned(),
            Self::This(id) => format!("{LINK}:{id}"),
        }
    }
}

/// What a paper comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Tax included.
    pub total: Decimal,
    /// The tax of it.
    pub tax: Decimal,
}

/// Why a bill in Odoo is not this paper; nothing if it is. `wanted`: the columns that the paper would have there.
#[must_use]
pub fn differences(wanted: &Content, terms: Terms, company: RecordId, found: &Bill) -> Vec<String> {
    let mut differences = Vec::new();
    if wanted.get("move_type") != Some(found.kind.as_str()) {
        differences.push(format!("in Odoo it is {}", quoted(found.kind.as_str())));
    }
    if found.state == BillState::Cancelled {
        differences.push("it is cancelled in Odoo".to_owned());
    }
    let id = |column: &str| wanted.get(column).and_then(|id| id.parse().ok());
    let vendor = id("partner_id/.id").map(RecordId);
    if vendor != found.partner {
        let shown = |id: Option<RecordId>| id.map_or("none".to_owned(), |id| id.to_string());
        differences.push(format!(
            "the vendor is res.partner {}, in Odoo {}",
            shown(vendor),
            shown(found.partner)
        ));
    }
    let number = wanted.get("ref").unwrap_or_default();
    let in_odoo = found.reference.as_deref().unwrap_or_default();
    if !is_same_number(number, in_odoo) {
        differences.push(format!(
            "the number is {}, in Odoo {}",
            quoted(number),
            quoted(in_odoo)
        ));
    }
    if found.company.is_some_and(|of| of != company) {
        differences.push("it is another company's".to_owned());
    }
    if id("currency_id/.id").is_some_and(|id| RecordId(id) != found.currency) {
        differences.push("it is in another currency".to_owned());
    }
    if found.total != terms.total {
        differences.push(format!(
            "the total is {:.2}, in Odoo {:.2}",
            terms.total, found.total
        ));
    }
    if !bears_tax(terms.tax, found) {
        differences.push(format!(
            "the tax is {:.2}, in Odoo {:.2}",
            terms.tax, found.tax
        ));
    }
    differences
}

/// Whether two numbers of a paper are the same for a person.
#[must_use]
pub fn is_same_number(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Whether the tax stands where Odoo computes it, or in a line of its own, as the connector books it.
fn bears_tax(tax: Decimal, found: &Bill) -> bool {
    let in_a_line = || {
        let mut lines = found.product_lines();
        found.tax.is_zero() && lines.any(|line| line.subtotal == tax)
    };
    found.tax == tax || in_a_line()
}

/// What does not keep a bill from being this paper, but a person should know.
#[must_use]
pub fn remarks(wanted: &Content, found: &Bill) -> Vec<String> {
    let mut remarks = Vec::new();
    for (column, label, shown) in [
        ("invoice_date", "bill date", found.invoice_date),
        ("date", "accounting date", found.date),
    ] {
        let said = wanted.get(column).unwrap_or_default();
        let shown = shown.map(|day| day.to_string()).unwrap_or_default();
        if said != shown {
            let shown = if shown.is_empty() { "none" } else { &shown };
            remarks.push(format!(
                "the {label} of the linked bill is {shown} in Odoo, {said} in ServiceTitan"
            ));
        }
    }
    if found.state == BillState::Draft {
        remarks.push("the linked bill is a draft in Odoo, and is left one".to_owned());
    }
    remarks
}

/// What people call a bill in Odoo.
#[must_use]
pub fn called(bill: &Bill) -> String {
    let name = bill.name.as_deref().unwrap_or("a draft");
    format!("{name} (account.move {})", bill.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_to_link_may_name_a_bill() {
        assert_eq!(Which::decided(Some("link")), Some(Which::TheOnly));
        let this = Which::This(TargetId(7));
        assert_eq!(Which::decided(Some("link:7")), Some(this));
        for which in [Which::TheOnly, this] {
            assert_eq!(Which::decided(Some(&which.decision())), Some(which));
        }
        for other in ["linked", "link:", "link:x", "dismiss", ""] {
            assert_eq!(Which::decided(Some(other)), None, "{other}");
        }
        assert_eq!(Which::decided(None), None);
    }

    #[test]
    fn a_number_is_the_same_whatever_its_case() {
        assert!(is_same_number(" inv-7", "INV-7 "));
        assert!(!is_same_number("INV-7", "INV-07"));
    }
}
