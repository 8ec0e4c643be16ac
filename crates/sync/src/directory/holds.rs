//! The flows that are held: for lack of a scope nothing of them is read, for lack of a right nothing of them is written.

use std::collections::BTreeMap;

use crate::failure::Vendor;
use crate::flow::Flow;
use crate::record::Reason;

/// The flows that are held, each on one side or on both, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds(BTreeMap<(Flow, Vendor), Reason>);

impl Holds {
    /// Why nothing of the flow is read where it comes from.
    #[must_use]
    pub fn reading(&self, flow: Flow) -> Option<&Reason> {
        self.at(flow, flow.comes_from())
    }

    /// Why nothing of the flow is written where it goes.
    #[must_use]
    pub fn writing(&self, flow: Flow) -> Option<&Reason> {
        self.at(
            flow,
            match flow.comes_from() {
                Vendor::ServiceTitan => Vendor::Odoo,
                Vendor::Odoo => Vendor::ServiceTitan,
            },
        )
    }

    /// Why the flow is held at one of the two.
    #[must_use]
    pub fn at(&self, flow: Flow, vendor: Vendor) -> Option<&Reason> {
        self.0.get(&(flow, vendor))
    }

    /// Holds a flow on one side. What is said of a flow that is held already is said as well.
    pub fn hold(&mut self, flow: Flow, vendor: Vendor, reason: Reason) {
        let Some(known) = self.0.get_mut(&(flow, vendor)) else {
            self.0.insert((flow, vendor), reason);
            return;
        };
        for (known, more) in [
            (&mut known.what, reason.what),
            (&mut known.advice, reason.advice),
        ] {
            if !known.contains(&more) {
                known.push(' ');
                known.push_str(&more);
            }
        }
    }

    /// Whether no flow is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every hold, by flow.
    pub fn iter(&self) -> impl Iterator<Item = (Flow, Vendor, &Reason)> {
        let holds = self.0.iter();
        holds.map(|((flow, vendor), reason)| (*flow, *vendor, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(what: &str, advice: &str) -> Reason {
        Reason {
            cause: "odoo-rights".to_owned(),
            what: what.to_owned(),
            advice: advice.to_owned(),
        }
    }

    #[test]
    fn a_flow_that_lacks_several_things_says_each_once() {
        let mut holds = Holds::default();
        for what in ["It may not read.", "It may not write.", "It may not read."] {
            holds.hold(
                Flow::Items,
                Vendor::Odoo,
                reason(what, "Give it the group."),
            );
        }
        assert_eq!(
            holds.writing(Flow::Items),
            Some(&reason(
                "It may not read. It may not write.",
                "Give it the group."
            ))
        );
        assert_eq!(holds.reading(Flow::Items), None);
        assert_eq!(holds.writing(Flow::Bills), None);
    }
}
