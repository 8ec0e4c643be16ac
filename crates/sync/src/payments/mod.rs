//! Customers' payments -> `account.payment`, matched with the invoices that they pay.
//!
//! A payment is one record, posted, and then a state: of each invoice as much is paid by it as ServiceTitan says, whatever
//! was matched before. What is taken back in ServiceTitan is taken back here, as long as it was the connector that matched it;
//! what a person matched is a person's.
//!
//! Money that was given back is a payment in the other direction. ServiceTitan says of it from which payment it came, and which
//! invoices are open again: so the first payment is matched with the refund, and with its invoices only as far as they
//! stay paid.

mod matches;

use rust_decimal::Decimal;
use servicetitan::record::Payment;

use crate::content::Content;
use crate::directory::{Directory, PaymentsCome};
use crate::failure::{reason, receivable as failure};
use crate::filing::RowKind;
use crate::flow::Flow;
use crate::link::{Link, Name};
use crate::money::{are_countable, cents};
use crate::others::{key, missing, once, target, wait};
use crate::part;
use crate::plain::line;
use crate::plan::{Decision, Goal, Plan, RECREATE, Subject, Verb, Write};
use crate::receivable::{self, Stage};
use crate::reconcile::in_our_age;
use crate::record::{Key, Reason, SourceId, State};
use crate::sighting::{Part, PartKey};
use crate::single;
use crate::target::{Target, held, may_be_there};

const FLOW: Flow = Flow::Payments;

/// Reads the payment of a record. Its numbers can be counted with.
fn read(subject: &Subject<'_>) -> Result<Payment, Reason> {
    of_part(single::row(FLOW, subject)?)
}

fn of_part(part: &Part) -> Result<Payment, Reason> {
    let payment: Payment = part::read(part)?;
    let applied = payment
        .applied_to
        .iter()
        .map(|applied| applied.applied_amount);
    if are_countable(applied.chain([payment.total])) {
        Ok(payment)
    } else {
        Err(reason(
            "amount-too-large",
            "An amount of the payment is beyond a billion.",
            "Correct it in ServiceTitan and save it; it comes over by itself then.",
        ))
    }
}

/// What ServiceTitan says that it comes to.
pub(crate) fn amount(subject: &Subject<'_>) -> Option<Decimal> {
    read(subject).ok()?.total.map(cents)
}

/// The customer, the invoices that it pays, and, where money was given back of it, the refunds.
pub(crate) fn references(subject: &Subject<'_>) -> Vec<Key> {
    let Ok(payment) = read(subject) else {
        return Vec::new();
    };
    let invoices = payment.applied_to.iter();
    let invoices = invoices.map(|applied| key(Flow::Invoices, applied.applied_to.0));
    once(customer(&payment).into_iter().chain(invoices))
}

fn customer(payment: &Payment) -> Option<Key> {
    let id = payment.customer.as_ref()?.id?;
    Some(key(Flow::Customers, id.0))
}

/// The name that a payment shares with what was given back of it.
fn group(payment: &Payment) -> Name {
    let first = payment.refunded_payment_id.unwrap_or(payment.id);
    Name(format!("payments_of_{first}"))
}

/// What it has in common with others: the payment that money was given back of.
pub(crate) fn shared(subject: &Subject<'_>) -> Vec<Name> {
    read(subject).iter().map(group).collect()
}

/// The same, of a row that is filed.
pub(crate) fn shared_by(kind: RowKind, part: &Part) -> Vec<Name> {
    let is_payment = kind == RowKind::Payment;
    let payment = is_payment.then(|| of_part(part).ok()).flatten();
    payment.iter().map(group).collect()
}

/// What was given back of the payment, as far as it is known.
fn refunds(subject: &Subject<'_>) -> impl Iterator<Item = Payment> {
    let payment = read(subject).ok();
    let (id, name) = payment.map(|payment| (payment.id, group(&payment))).unzip();
    let shared = name.and_then(|name| subject.others.get(&name));
    let parts = shared.into_iter().flat_map(|shared| &shared.parts);
    let payments = parts.filter_map(|part| of_part(part).ok());
    payments.filter(move |other| {
        id.is_some() && other.refunded_payment_id == id && Some(other.id) != id
    })
}

/// Who is looked at again when something came of it: the payment that it gives back of.
pub(crate) fn stirs(subject: &Subject<'_>) -> Vec<Name> {
    let payment = read(subject).ok();
    let refund = payment.filter(|payment| payment.refunded_payment_id.is_some());
    refund.iter().map(group).collect()
}

/// What has to happen so that Odoo holds this payment as ServiceTitan has it.
pub(crate) fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    let mut warnings = Vec::new();
    let mut rests_on: Vec<Name> = references(subject).iter().map(Key::link_name).collect();
    rests_on.extend(shared(subject));
    rests_on.extend(refunds(subject).map(|refund| FLOW.link_name(&SourceId::from(refund.id.0))));
    let decision = decide(subject, directory, &mut warnings);
    Plan {
        decision,
        warnings,
        rests_on,
    }
}

fn decide(subject: &Subject<'_>, directory: &Directory, warnings: &mut Vec<String>) -> Decision {
    let payment = match read(subject) {
        Ok(payment) => payment,
        Err(reason) => return Decision::Fail(reason),
    };
    let name = FLOW.link_name(subject.source);
    let known = held(subject.links, &name);
    let is_new = known.is_none() && !may_be_there(subject, &name);
    let is_ready = comes(&payment, directory.payments().come);
    if is_new && let Some(reason) = left_out(subject, &payment, is_ready, directory) {
        return Decision::Ignore(reason);
    }
    if !payment.active {
        return match known {
            Some(link) => withdrawal(subject, link),
            // Nobody knows whether the call that would have made it did.
            None => Decision::Wait {
                on: Vec::new(),
                reason: failure::withdrawn_in_doubt(),
            },
        };
    }
    let waits = missing(subject, needed(subject, &payment));
    if !waits.is_empty() {
        return wait(waits, FLOW, subject);
    }
    let goal = if is_ready && directory.payments().post {
        Goal::Posted
    } else {
        Goal::Draft
    };
    match columns(subject, &payment, directory) {
        Err(reason) => Decision::Fail(reason),
        Ok(content) => {
            // A draft pays nothing.
            let matched = if goal == Goal::Posted {
                matches::wanted(subject, &payment, warnings)
            } else {
                matches::Matches::default()
            };
            writes(subject, &payment, &content, goal, matched)
        }
    }
}

/// What has to be in Odoo before the payment can: its customer, and the invoices that it pays, unless they were left out.
fn needed(subject: &Subject<'_>, payment: &Payment) -> Vec<Key> {
    let is_left_out = |key: &Key| {
        let other = subject.others.get(&key.link_name());
        other.is_some_and(|other| other.link.is_none() && other.state == Some(State::Ignored))
    };
    let invoices = payment.applied_to.iter();
    let invoices = invoices.map(|applied| key(Flow::Invoices, applied.applied_to.0));
    let invoices = invoices.filter(|key| !is_left_out(key));
    once(customer(payment).into_iter().chain(invoices))
}

/// Whether ServiceTitan says that it may be booked.
pub(crate) fn comes(payment: &Payment, come: PaymentsCome) -> bool {
    let status = &payment.sync_status;
    match come {
        PaymentsCome::Generated => true,
        PaymentsCome::Posted => status.is_posted(),
        PaymentsCome::Exported => status.is_exported(),
    }
}

fn left_out(
    subject: &Subject<'_>,
    payment: &Payment,
    is_ready: bool,
    directory: &Directory,
) -> Option<Reason> {
    let policy = directory.payments();
    let stage = Stage {
        status: &payment.sync_status,
        created: payment.created_on,
        active: payment.active,
    };
    let not_ready = (!is_ready).then_some(match policy.come {
        PaymentsCome::Exported => (
            "The payment is not exported in ServiceTitan yet.",
            "Export it in ServiceTitan; it comes over by itself then.",
        ),
        PaymentsCome::Generated | PaymentsCome::Posted => (
            "The payment is not posted in ServiceTitan yet.",
            "Post it in ServiceTitan; it comes over by itself then. For a tenant that never posts, set `when` of the flow \
             `payments` to \"generated\" in the connection file.",
        ),
    });
    let legacy = policy.legacy || policy.come == PaymentsCome::Exported;
    let left_out = receivable::left_out(FLOW, subject, directory, &stage, not_ready, legacy);
    left_out.or_else(|| total(payment).is_zero().then(nothing))
}

/// What it comes to: less than nothing where money was given back.
pub(crate) fn total(payment: &Payment) -> Decimal {
    payment.total.map(cents).unwrap_or_default()
}

fn nothing() -> Reason {
    reason(
        "nothing-to-book",
        "The payment comes to nothing, and Odoo books none of nothing.",
        "Nothing is to be done; it comes over when it comes to something.",
    )
}

/// The columns of the payment.
fn columns(
    subject: &Subject<'_>,
    payment: &Payment,
    directory: &Directory,
) -> Result<Content, Reason> {
    let customer = customer(payment).ok_or_else(no_customer)?;
    let paid = payment.date.and_then(in_our_age).ok_or_else(no_date)?;
    let total = total(payment);
    let kind = payment.kind.as_deref().unwrap_or_default();
    let journal = directory.journal_of(payment.type_id.map(|id| id.0), kind)?;
    let mut content = Content::new();
    let is_given_back = total < Decimal::ZERO;
    content.set(
        "payment_type",
        if is_given_back { "outbound" } else { "inbound" },
    );
    content.set("partner_type", "customer");
    content.set_id("partner_id", target(subject, &customer).map(|id| id.0));
    content.set("amount", total.abs().normalize().to_string());
    content.set("date", paid.to_string());
    content.set_id("journal_id", Some(journal));
    content.set(directory.payment_memo(), memo(payment));
    if let Some(currency) = directory.currency() {
        content.set_id("currency_id", Some(currency));
    }
    Ok(content)
}

/// What people look for on a bank statement: the check's number, the payment's, what was said of it.
fn memo(payment: &Payment) -> String {
    let texts = [
        &payment.reference_number,
        &payment.check_number,
        &payment.memo,
    ];
    let texts = texts.into_iter().flatten().map(|text| line(text));
    let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
    texts.join(" · ")
}

fn no_customer() -> Reason {
    reason(
        "no-customer",
        "The payment names no customer, and it could be matched with no invoice.",
        "Give it a customer in ServiceTitan and save it; it comes over by itself then.",
    )
}

fn no_date() -> Reason {
    reason(
        "no-date",
        "The payment has no date in ServiceTitan, or one of another age.",
        "Give it a date in ServiceTitan and save it; it comes over by itself then.",
    )
}

/// The part of the record's one row.
fn part_of(subject: &Subject<'_>) -> PartKey {
    let row = single::row(FLOW, subject).ok();
    let key = row.map(|part| part.key.clone());
    key.unwrap_or_else(|| PartKey(format!("{}/{}", RowKind::Payment.as_str(), subject.source)))
}

/// The payment, then its state and what it is matched with.
fn writes(
    subject: &Subject<'_>,
    payment: &Payment,
    content: &Content,
    goal: Goal,
    matched: matches::Matches,
) -> Decision {
    let name = FLOW.link_name(subject.source);
    let known = held(subject.links, &name).filter(|_| subject.decision != Some(RECREATE));
    let header = Target {
        name: name.clone(),
        part: part_of(subject),
        model: FLOW.model(),
        document: None,
        content: content.clone(),
    };
    let reached = matched.base(goal);
    let settle = Write {
        name,
        part: header.part.clone(),
        document: None,
        model: FLOW.model(),
        verb: Verb::Settle {
            goal,
            amount: total(payment).abs(),
            before: known.map(matches::before).unwrap_or_default(),
            matches: matched.matches,
        },
        holds: content.overlaid(&reached),
    };
    let header = header.difference(subject, |changed| changed);
    let is_settled = known.is_some_and(|link| reached.changes_since(&link.base).is_empty());
    match header {
        None if is_settled && subject.in_doubt.is_none() => Decision::Unchanged,
        header => Decision::Write(header.into_iter().chain([settle]).collect()),
    }
}

/// It is taken back: what it was matched with is open again.
fn withdrawal(subject: &Subject<'_>, link: &Link) -> Decision {
    let matched = matches::Matches::default();
    let reached = matched.base(Goal::Cancelled);
    if reached.changes_since(&link.base).is_empty() && subject.in_doubt.is_none() {
        return Decision::Unchanged;
    }
    Decision::Write(vec![Write {
        name: link.name.clone(),
        part: part_of(subject),
        document: None,
        model: FLOW.model(),
        verb: Verb::Settle {
            goal: Goal::Cancelled,
            amount: Decimal::ZERO,
            before: matches::before(link),
            matches: Vec::new(),
        },
        holds: link.base.overlaid(&reached),
    }])
}
