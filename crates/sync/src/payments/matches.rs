//! What a payment is matched with: which of two entries pays how much of the other.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use servicetitan::record::{Invoice, Payment};

use crate::content::Content;
use crate::flow::Flow;
use crate::link::{CHANGED, Link, MATCHED, Name, REACHED, TOTAL};
use crate::money::cents;
use crate::others::key;
use crate::part;
use crate::plan::{Entry, Goal, Match, Subject};
use crate::record::SourceId;

use super::{FLOW, group, refunds, total};

/// What a payment should be matched with, in the order in which it is done.
#[derive(Default)]
pub(super) struct Matches {
    pub(super) matches: Vec<Match>,
    /// Which records they are in Odoo, what the invoices come to, and how often they were changed there: it forgets what they
    /// were matched with then.
    totals: Vec<String>,
}

impl Matches {
    /// What the payment's base keeps of it.
    pub(super) fn base(&self, goal: Goal) -> Content {
        let matched: Vec<String> = self.matches.iter().map(Match::to_string).collect();
        Content::from_iter([
            (REACHED, goal.as_str().to_owned()),
            (MATCHED, matched.join(" ")),
            (TOTAL, self.totals.join(" ")),
        ])
    }
}

/// What it was matched with when it was settled last: the names of both, and how much.
pub(super) fn before(link: &Link) -> Vec<(Name, Name, Decimal)> {
    let text = link.base.get(MATCHED).unwrap_or_default();
    let read = |one: &str| {
        let (pair, amount) = one.split_once('=')?;
        let (credit, debit) = pair.split_once('>')?;
        Some((
            Name(credit.to_owned()),
            Name(debit.to_owned()),
            amount.parse().ok()?,
        ))
    };
    text.split_whitespace().filter_map(read).collect()
}

/// How much of each invoice ServiceTitan says that it pays, what was given back of it taken off; with refunds of this
/// payment that are in Odoo, and how much each of them gives back.
struct Applied {
    invoices: BTreeMap<i64, Decimal>,
    refunds: Vec<(i64, Decimal)>,
}

impl Applied {
    fn of(subject: &Subject<'_>, payment: &Payment) -> Self {
        let mut applied = Self {
            invoices: BTreeMap::new(),
            refunds: Vec::new(),
        };
        applied.add(payment);
        let shared = subject.others.get(&group(payment));
        let links = shared
            .map(|shared| shared.links.as_slice())
            .unwrap_or_default();
        for refund in refunds(subject).filter(|refund| refund.active) {
            let name = FLOW.link_name(&SourceId::from(refund.id.0));
            // What did not come (yet) is not there to be matched with.
            if !links.iter().any(|link| link.name == name) || total(&refund) >= Decimal::ZERO {
                continue;
            }
            applied.add(&refund);
            applied.refunds.push((refund.id.0, total(&refund).abs()));
        }
        applied
    }

    fn add(&mut self, payment: &Payment) {
        for one in &payment.applied_to {
            let amount = cents(one.applied_amount.unwrap_or_default());
            *self.invoices.entry(one.applied_to.0).or_default() += amount;
        }
    }
}

/// What the payment should be matched with.
pub(super) fn wanted(
    subject: &Subject<'_>,
    payment: &Payment,
    warnings: &mut Vec<String>,
) -> Matches {
    let own = Entry {
        name: FLOW.link_name(subject.source),
        target: None,
        model: FLOW.model(),
    };
    let applied = Applied::of(subject, payment);
    let (mut debits, mut credits) = (Vec::new(), Vec::new());
    for (id, amount) in applied
        .invoices
        .iter()
        .filter(|(_, amount)| !amount.is_zero())
    {
        let Some(entry) = invoice(subject, *id) else {
            warnings.push(format!(
                "{amount:.2} of it are on invoice {id}, which is not in Odoo: they stay open on the customer's account"
            ));
            continue;
        };
        match (amount.is_sign_negative(), gives_back(subject, *id)) {
            (false, false) => debits.push((entry, *amount)),
            (true, true) => credits.push((entry, amount.abs())),
            // Of the payment that was given back of.
            (true, false) if payment.refunded_payment_id.is_some() => {}
            _ => warnings.push(format!(
                "{amount:.2} of it are on invoice {id}, which Odoo cannot match with it: they stay open on the customer's account"
            )),
        }
    }
    let open = total(payment).abs();
    if total(payment) < Decimal::ZERO {
        debits.push((own, open));
    } else {
        credits.push((own, open));
        for (id, amount) in applied.refunds {
            let name = FLOW.link_name(&SourceId::from(id));
            debits.push((payment_entry(subject, payment, name), amount));
        }
    }
    let entries = debits.iter().chain(&credits).map(|(entry, _)| entry);
    let totals = entries.filter_map(|entry| {
        let target = entry.target?;
        let link = subject.others.get(&entry.name);
        let link = link.and_then(|other| other.link.as_ref());
        let total = link.and_then(Link::total).unwrap_or_default();
        let changed = link.and_then(|link| link.base.get(CHANGED));
        let changed = changed.unwrap_or("0");
        Some(format!("{}@{target}={total}/{changed}", entry.name))
    });
    Matches {
        totals: totals.collect(),
        matches: paired(credits, debits),
    }
}

/// Each debit is paid by the credits in their order, as far as they last.
fn paired(mut credits: Vec<(Entry, Decimal)>, debits: Vec<(Entry, Decimal)>) -> Vec<Match> {
    let mut matches = Vec::new();
    for (debit, mut open) in debits {
        for (credit, left) in &mut credits {
            let amount = open.min(*left);
            if amount <= Decimal::ZERO {
                continue;
            }
            open -= amount;
            *left -= amount;
            matches.push(Match {
                credit: credit.clone(),
                debit: debit.clone(),
                amount,
            });
        }
    }
    matches
}

/// An invoice, where Odoo holds it.
fn invoice(subject: &Subject<'_>, id: i64) -> Option<Entry> {
    let name = key(Flow::Invoices, id).link_name();
    let link = subject.others.get(&name)?.link.as_ref()?;
    Some(Entry {
        name,
        target: Some(link.target),
        model: Flow::Invoices.model(),
    })
}

/// Another payment of the same group.
fn payment_entry(subject: &Subject<'_>, payment: &Payment, name: Name) -> Entry {
    let shared = subject.others.get(&group(payment));
    let mut links = shared.into_iter().flat_map(|shared| &shared.links);
    let link = links.find(|link| link.name == name);
    Entry {
        target: link.map(|link| link.target),
        name,
        model: FLOW.model(),
    }
}

/// Whether an invoice is a credit note in Odoo.
fn gives_back(subject: &Subject<'_>, id: i64) -> bool {
    let name = key(Flow::Invoices, id).link_name();
    let Some(other) = subject.others.get(&name) else {
        return false;
    };
    let kind = other
        .link
        .as_ref()
        .and_then(|link| link.base.get("move_type"));
    if let Some(kind) = kind {
        return kind == crate::invoices::CREDIT;
    }
    let mut rows = other
        .parts
        .iter()
        .filter_map(|part| part::read::<Invoice>(part).ok());
    rows.any(|invoice| {
        invoice
            .total
            .is_some_and(|total| cents(total) < Decimal::ZERO)
    })
}
