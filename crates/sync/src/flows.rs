//! What each flow does, chosen by the flow.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::directory::{Directory, Holds};
use crate::flow::Flow;
use crate::link::Name;
use crate::plan::{DISMISS, Decision, Plan, Subject, Verb, Write};
use crate::record::{Key, Reason, SourceId};
use crate::sighting::Part;
use crate::{
    bills, business_units, customers, invoices, items, jobs, odoo_bills, payments, purchase_orders,
    receipts, vendors,
};

/// The records of others that planning this one will ask for.
#[must_use]
pub fn references(flow: Flow, subject: &Subject<'_>) -> Vec<Key> {
    match flow {
        Flow::Customers => customers::references(subject),
        Flow::Jobs => jobs::references(subject),
        Flow::PurchaseOrders => purchase_orders::references(subject),
        Flow::Receipts => receipts::references(subject),
        Flow::Bills | Flow::ApBills | Flow::VendorCredits | Flow::ApCredits => {
            bills::references(flow, subject)
        }
        Flow::Invoices => invoices::references(subject),
        Flow::Payments => payments::references(subject),
        Flow::OdooBills => odoo_bills::references(subject),
        Flow::BusinessUnits | Flow::Vendors | Flow::Items => Vec::new(),
    }
}

/// What the record has in common with others that planning it will ask for: their rows and links are looked for under
/// these names, all together.
#[must_use]
pub fn shared(flow: Flow, subject: &Subject<'_>) -> Vec<Name> {
    match flow {
        Flow::Payments => payments::shared(subject),
        _ if flow.is_of_bills() => bills::shared(flow, subject),
        _ => Vec::new(),
    }
}

/// Whoever rests on one of these names is looked at again when something came of the record: a bill is told as soon as it
/// is settled, an invoice may wait for its job to be done, and a payment is matched with what was given back of it.
#[must_use]
pub fn stirs(flow: Flow, subject: &Subject<'_>) -> Vec<Name> {
    match flow {
        Flow::Payments => payments::stirs(subject),
        // A payment may wait until its invoice is posted.
        Flow::Jobs | Flow::Invoices => vec![flow.link_name(subject.source)],
        _ if flow.is_of_bills() => vec![flow.link_name(subject.source)],
        _ => Vec::new(),
    }
}

/// What has to happen so that Odoo holds this record as ServiceTitan has it.
#[must_use]
pub fn plan(flow: Flow, subject: &Subject<'_>, directory: &Directory) -> Plan {
    if subject.decision == Some(DISMISS) {
        return Plan::of(dismissed());
    }
    let plan = match flow {
        Flow::Customers => customers::plan(subject, directory),
        Flow::BusinessUnits => business_units::plan(subject, directory),
        Flow::Jobs => jobs::plan(subject, directory),
        Flow::Vendors => vendors::plan(subject, directory),
        Flow::Items => items::plan(subject, directory),
        Flow::PurchaseOrders => purchase_orders::plan(subject, directory),
        Flow::Receipts => receipts::plan(subject, directory),
        Flow::Bills | Flow::ApBills | Flow::VendorCredits | Flow::ApCredits => {
            bills::plan(flow, subject, directory)
        }
        Flow::Invoices => invoices::plan(subject, directory),
        Flow::Payments => payments::plan(subject, directory),
        Flow::OdooBills => odoo_bills::plan(subject, directory),
    };
    held(flow, plan, subject, directory.holds())
}

/// What is to be written of a flow that lacks a right waits for it, and what needs a record of a flow that lacks a scope
/// waits for that, unless the record was seen before.
fn held(flow: Flow, plan: Plan, subject: &Subject<'_>, holds: &Holds) -> Plan {
    let unseen = |key: &&Key| {
        let other = subject.others.get(&key.link_name());
        other.is_none_or(|other| other.state.is_none())
    };
    let reason = match &plan.decision {
        Decision::Write(writes) => {
            // Before a bill is marked, it is read once more.
            let reads = |write: &Write| matches!(write.verb, Verb::Tell { mark: Some(_), .. });
            let reads = writes.iter().any(reads);
            let reading = holds.reading(flow).filter(|_| reads);
            holds.writing(flow).or(reading)
        }
        Decision::Wait { on, .. } => {
            let mut unseen = on.iter().filter(unseen);
            unseen.find_map(|key| holds.reading(key.flow))
        }
        Decision::Unchanged | Decision::Ignore(_) | Decision::Fail(_) => None,
    };
    let Some(reason) = reason.cloned() else {
        return plan;
    };
    let on = Vec::new();
    Plan {
        decision: Decision::Wait { on, reason },
        ..plan
    }
}

/// What ServiceTitan says that a document comes to, tax included; `None` of what is no document, bears no money, or cannot be
/// read.
#[must_use]
pub fn amount(flow: Flow, source: &SourceId, parts: &[Part]) -> Option<Decimal> {
    let nothing = BTreeMap::new();
    let subject = Subject {
        source,
        parts,
        links: &[],
        others: &nothing,
        in_doubt: None,
        decision: None,
        stands: None,
    };
    match flow {
        Flow::PurchaseOrders => purchase_orders::amount(&subject),
        Flow::Bills | Flow::ApBills | Flow::VendorCredits | Flow::ApCredits => {
            bills::amount(flow, &subject)
        }
        Flow::Invoices => invoices::amount(&subject),
        Flow::Payments => payments::amount(&subject),
        Flow::Customers
        | Flow::Jobs
        | Flow::OdooBills
        | Flow::Receipts
        | Flow::BusinessUnits
        | Flow::Vendors
        | Flow::Items => None,
    }
}

/// What a person does not want to hear of, until it changes.
fn dismissed() -> Decision {
    Decision::Ignore(Reason {
        cause: "dismissed".to_owned(),
        what: "A person decided to leave this record out.".to_owned(),
        advice: "Nothing is to be done; it is looked at again when it changes in ServiceTitan."
            .to_owned(),
    })
}
