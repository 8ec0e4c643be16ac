//! Receipts -> what was received of an Odoo order's lines.
//!
//! A record is a purchase order that has receipts; its parts are they. Odoo's transfers bear no name of ours, so what is
//! wanted is a state: of each line as much was received as in all of ServiceTitan's receipts together, whatever was sent
//! before. Cancelled receipts do not count. The base holds the quantities that Odoo was last brought to, so that nothing is
//! asked of Odoo while nothing changed.
//!
//! It refuses to take back what was received: a return is a person's decision. It never receives again what somebody
//! returned in Odoo, unless told to.

pub mod verdict;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use servicetitan::record::Receipt;

use crate::content::Content;
use crate::directory::Directory;
use crate::document::line_name;
use crate::filing::RowKind;
use crate::flow::Flow;
use crate::link::{Link, Name};
use crate::money::are_countable;
use crate::others;
use crate::part;
use crate::plan::{Decision, Goal, Plan, RECREATE, Subject, Verb, Write};
use crate::record::{Key, Reason};
use crate::target::held;

const FLOW: Flow = Flow::Receipts;

/// The column of the base that says whose receipts they are, so that a base is never empty.
const ORDER: &str = "order";

/// The order.
pub(crate) fn references(subject: &Subject<'_>) -> Vec<Key> {
    vec![order_key(subject)]
}

/// What has to happen so that Odoo shows as received what ServiceTitan shows as received.
pub(crate) fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    let wanted = wanted(subject, directory);
    let order = order_key(subject).link_name();
    let lines = wanted.iter().flat_map(|wanted| wanted.keys().cloned());
    // A line may come later than its receipt.
    let rests_on = std::iter::once(order).chain(lines).collect();
    let decision = match wanted {
        // Bills look at them all the same.
        _ if !directory.receives() => Decision::Ignore(verdict::by_hand()),
        Err(reason) => Decision::Fail(reason),
        Ok(wanted) => decide(subject, wanted, directory),
    };
    Plan {
        rests_on,
        ..Plan::of(decision)
    }
}

fn decide(
    subject: &Subject<'_>,
    wanted: BTreeMap<Name, Decimal>,
    directory: &Directory,
) -> Decision {
    let name = FLOW.link_name(subject.source);
    let known = held(subject.links, &name);
    let holds = holds(subject, &wanted);
    let again = subject.decision == Some(RECREATE);
    if subject.in_doubt.is_none() && !again {
        if known.is_some_and(|link| link.base == holds) {
            return Decision::Unchanged;
        }
        if known.is_none() && wanted.is_empty() {
            return Decision::Ignore(verdict::all_cancelled());
        }
    }
    let key = order_key(subject);
    let other = subject.others.get(&key.link_name());
    let Some(order) = other.and_then(|other| other.link.as_ref()) else {
        if wanted.is_empty() {
            return Decision::Ignore(verdict::all_cancelled());
        }
        return others::wait(vec![key], FLOW, subject);
    };
    // Where people confirm orders, Odoo says whether this one is.
    let reached = order.reached();
    let is_left = directory.leaves_orders() && reached == Some(Goal::Draft.as_str());
    if !wanted.is_empty() && !is_left && reached != Some(Goal::Confirmed.as_str()) {
        let reason = verdict::order_not_ready(&key, other);
        return Decision::Wait {
            on: vec![key],
            reason,
        };
    }
    let before = if again { None } else { known };
    let part = subject.parts.first().expect("a record has parts");
    Decision::Write(vec![Write {
        name,
        part: part.key.clone(),
        document: None,
        model: Flow::PurchaseOrders.model(),
        verb: Verb::Receive {
            order: order.target,
            lines: wanted,
            before: before.map(quantities).unwrap_or_default(),
        },
        holds,
    }])
}

fn order_key(subject: &Subject<'_>) -> Key {
    Key {
        flow: Flow::PurchaseOrders,
        source: subject.source.clone(),
    }
}

/// What was received of each line, by the line's name, in the places that Odoo keeps.
fn wanted(subject: &Subject<'_>, directory: &Directory) -> Result<BTreeMap<Name, Decimal>, Reason> {
    let order = order_key(subject).link_name();
    let mut lines: BTreeMap<Name, Decimal> = BTreeMap::new();
    for part in subject.parts {
        if RowKind::of(&part.key) != Some(RowKind::Receipt) {
            return Err(part::unreadable(part, "it names no purchase order"));
        }
        let receipt: Receipt = part::read(part)?;
        let quantities = receipt.items.iter().map(|item| item.quantity);
        if !are_countable(quantities) {
            return Err(verdict::too_large(&receipt.number));
        }
        for item in receipt.items.iter().filter(|_| receipt.active) {
            let line = item.purchase_order_item_id;
            let (Some(line), Some(quantity)) = (line, item.quantity) else {
                return Err(verdict::line_not_named(&receipt.number, item.id));
            };
            *lines
                .entry(line_name(&order, &line.to_string()))
                .or_default() += quantity;
        }
    }
    let kept = lines
        .into_iter()
        .map(|(line, quantity)| (line, directory.order_quantity(quantity)))
        .filter(|(_, quantity)| !quantity.is_zero());
    Ok(kept.collect())
}

/// The base of an order whose lines were brought to these quantities.
fn holds(subject: &Subject<'_>, wanted: &BTreeMap<Name, Decimal>) -> Content {
    let mut holds = Content::new();
    holds.set(ORDER, subject.source.0.clone());
    for (line, quantity) in wanted {
        holds.set(&line.0, quantity.normalize().to_string());
    }
    holds
}

/// The quantities of a base.
fn quantities(link: &Link) -> BTreeMap<Name, Decimal> {
    let columns = link.base.iter().filter(|(column, _)| *column != ORDER);
    columns
        .filter_map(|(column, quantity)| Some((Name(column.to_owned()), quantity.parse().ok()?)))
        .collect()
}
