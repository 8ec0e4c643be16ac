//! Vendor bills in Odoo -> what ServiceTitan shows of them: their number, state and payment in custom fields of its own
//! bills, and, by choice, the mark that they are exported, which locks them there for good.
//!
//! Only bills that came from ServiceTitan are told of, and only what changed. The mark follows a bill that both sides hold
//! alike: posted in ServiceTitan, carried in its last form, posted in Odoo, of the total that was carried. It is never taken
//! back, since ServiceTitan does not know how.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use servicetitan::record::{ApBill, Bill, InventoryBill};
use sha2::{Digest as _, Sha256};

use crate::content::Content;
use crate::directory::{Directory, WriteBack};
use crate::failure::reason;
use crate::flow::Flow;
use crate::link::{Link, Name, TargetId};
use crate::money::cents;
use crate::others;
use crate::part;
use crate::plan::{Decision, Goal, Mark, Other, Plan, Subject, Verb, Write};
use crate::reconcile::day;
use crate::record::{Key, Reason, SourceId, State};
use crate::sighting::{PartKey, Sighting};
use crate::single;

const FLOW: Flow = Flow::OdooBills;

/// The column of a base that says that the bill was marked as exported.
pub const EXPORTED: &str = "exported";

/// What the columns of a base that are custom fields begin with; the field's name follows.
const FIELD: &str = "field:";

/// A bill as Odoo showed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OdooBill {
    /// Odoo's id of it.
    pub id: i64,
    /// The link that leads to it: whose bill it is.
    pub of: Name,
    /// What it shows; none when it was deleted.
    pub shows: Option<Shown>,
}

/// What a bill in Odoo shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its number; none before it was ever posted.
    pub number: Option<String>,
    /// `draft`, `posted`, `cancel`.
    pub state: String,
    /// `not_paid`, `in_payment`, `partial`, `paid`, `reversed`...
    pub payment_state: Option<String>,
    /// What it comes to.
    pub total: Decimal,
    /// What is still to be paid.
    pub open: Decimal,
}

impl OdooBill {
    /// Filed under its record.
    #[must_use]
    pub fn sighting(&self) -> Sighting {
        Sighting {
            part: PartKey(format!("odoo-bill/{}", self.id)),
            owner: SourceId::from(self.id),
            payload: serde_json::to_string(self).expect("texts and numbers have a JSON form"),
            shares: Vec::new(),
        }
    }

    fn of(subject: &Subject<'_>) -> Result<Self, Reason> {
        let part = single::row(FLOW, subject)?;
        serde_json::from_str(&part.payload)
            .map_err(|error| part::unreadable(part, &error.to_string()))
    }

    /// The record of ServiceTitan's that it is made of.
    fn key(&self) -> Option<Key> {
        key_of(&self.of)
    }
}

/// The bill of ServiceTitan's that a link is of; none if it is of something else.
#[must_use]
pub fn key_of(name: &Name) -> Option<Key> {
    let flows = [Flow::Bills, Flow::ApBills].into_iter();
    let keys = flows.filter_map(|flow| {
        let (_, id) = name.0.rsplit_once('_')?;
        Some(others::key(flow, id.parse().ok()?))
    });
    keys.into_iter().find(|key| key.link_name() == *name)
}

/// A base without the mark: it was not set.
#[must_use]
pub fn unmarked(base: &Content) -> Content {
    base.iter()
        .filter(|(column, _)| *column != EXPORTED)
        .collect()
}

/// The custom fields among the columns of a base, by their names.
pub fn fields(columns: &Content) -> impl Iterator<Item = (&str, &str)> {
    columns
        .iter()
        .filter_map(|(column, value)| Some((column.strip_prefix(FIELD)?, value)))
}

/// The bill that it is made of.
pub(crate) fn references(subject: &Subject<'_>) -> Vec<Key> {
    let seen = OdooBill::of(subject);
    seen.ok().and_then(|seen| seen.key()).into_iter().collect()
}

/// What has to be told so that ServiceTitan shows what became of the bill.
pub(crate) fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    let mut warnings = Vec::new();
    let rests_on = references(subject);
    let rests_on = rests_on.iter().map(Key::link_name).collect();
    let decision =
        decide(subject, directory.write_back(), &mut warnings).unwrap_or_else(Decision::Fail);
    Plan {
        decision,
        warnings,
        rests_on,
    }
}

fn decide(
    subject: &Subject<'_>,
    wanted: &WriteBack,
    warnings: &mut Vec<String>,
) -> Result<Decision, Reason> {
    let seen = OdooBill::of(subject)?;
    let Some(key) = seen.key() else {
        return Ok(Decision::Ignore(not_ours()));
    };
    let Some(id) = key.source.0.parse().ok().map(TargetId) else {
        return Ok(Decision::Ignore(not_ours()));
    };
    let other = subject.others.get(&key.link_name());
    let Some((other, link)) = other.and_then(|other| Some((other, other.link.as_ref()?))) else {
        return Ok(Decision::Ignore(not_ours()));
    };
    if link.target.0 != seen.id || link.is_alias() {
        return Ok(Decision::Ignore(superseded()));
    }
    if of_row(key.flow, other, |bill| bill.is_active) == Some(false) {
        return Ok(Decision::Ignore(withdrawn()));
    }
    let name = FLOW.link_name(subject.source);
    let known = subject.links.iter().find(|link| link.name == name);
    let base = known.map(|link| link.base.clone()).unwrap_or_default();
    let mut content = told(&seen, wanted);
    let mark = mark(&seen, wanted, &key, other, link, warnings);
    // Nothing unlocks what was marked once.
    if mark.is_some() || base.get(EXPORTED).is_some() {
        content.set_flag(EXPORTED, true);
    }
    let changes = if subject.in_doubt.is_some() {
        content.clone()
    } else {
        content.changes_since(&base)
    };
    if changes.is_empty() {
        return Ok(Decision::Unchanged);
    }
    let mark = mark.filter(|_| changes.get(EXPORTED).is_some());
    Ok(Decision::Write(vec![Write {
        name,
        part: single::row(FLOW, subject)?.key.clone(),
        document: None,
        model: model(key.flow),
        verb: Verb::Tell {
            document: key,
            target: id,
            columns: changes,
            mark,
        },
        holds: base.overlaid(&content),
    }]))
}

/// What is told, by custom field.
fn told(seen: &OdooBill, wanted: &WriteBack) -> Content {
    let mut content = Content::new();
    let shows = seen.shows.as_ref();
    let mut set = |field: &Option<String>, value: String| {
        if let Some(field) = field {
            content.set(&format!("{FIELD}{field}"), value);
        }
    };
    let number = shows.and_then(|shows| shows.number.clone());
    set(&wanted.number_field, number.unwrap_or_default());
    let state = shows.map_or("Deleted", |shows| match shows.state.as_str() {
        "draft" => "Draft",
        "posted" => "Posted",
        "cancel" => "Cancelled",
        other => other,
    });
    set(&wanted.state_field, state.to_owned());
    // What is not in the books is not to be paid.
    let posted = shows.filter(|shows| shows.state == "posted");
    let payment = posted.and_then(|shows| shows.payment_state.as_deref());
    set(
        &wanted.payment_field,
        payment.map(payment_words).unwrap_or_default().to_owned(),
    );
    let open = posted.map(|shows| format!("{:.2}", shows.open));
    set(&wanted.open_amount_field, open.unwrap_or_default());
    content
}

/// Odoo's own words for its payment states.
fn payment_words(state: &str) -> &str {
    match state {
        "not_paid" => "Not Paid",
        "in_payment" => "In Payment",
        "paid" => "Paid",
        "partial" => "Partially Paid",
        "reversed" => "Reversed",
        "blocked" => "Blocked",
        other => other,
    }
}

/// What both sides must still say when the bill is marked as exported; none if it is not to be marked now.
fn mark(
    seen: &OdooBill,
    wanted: &WriteBack,
    key: &Key,
    other: &Other,
    link: &Link,
    warnings: &mut Vec<String>,
) -> Option<Mark> {
    if !wanted.mark_exported {
        return None;
    }
    let shows = seen
        .shows
        .as_ref()
        .filter(|shows| shows.state == "posted")?;
    // A draft may have been posted by a person.
    let goals = [Goal::Draft, Goal::Posted].map(Goal::as_str);
    let is_carried = other.state == Some(State::Synced)
        && link
            .reached()
            .is_some_and(|reached| goals.contains(&reached));
    if !is_carried {
        return None;
    }
    let (is_posted, said) = of_row(key.flow, other, |bill| (bill.is_posted, bill.said))?;
    if !is_posted {
        return None;
    }
    let carried = link.total()?;
    if cents(shows.total) != cents(carried) {
        warnings.push(format!(
            "Odoo's bill comes to {:.2}, and {carried:.2} was carried: it is not marked as exported in ServiceTitan",
            shows.total
        ));
        return None;
    }
    Some(Mark {
        total: carried,
        said,
    })
}

/// What ServiceTitan says of one of its bills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whether it is there.
    pub is_active: bool,
    /// Whether it is posted there, so that it can be exported; or is exported already, by whomever.
    pub is_posted: bool,
    /// Whether it is exported.
    pub is_exported: bool,
    /// What it says otherwise, digested: amounts, lines, vendor, day, and whether it is posted.
    pub said: String,
}

/// What ServiceTitan says of a bill.
#[must_use]
pub fn said<Id>(bill: &Bill<Id>) -> Said {
    let vendor = bill.vendor.as_ref().and_then(|vendor| vendor.id);
    let amounts = [
        bill.bill_amount,
        bill.tax_amount,
        bill.shipping_amount,
        bill.other_amount,
    ];
    let plain = |amount: Option<Decimal>| amount.map(|amount| amount.normalize());
    let items = bill.items.iter();
    let items = items.map(|item| (item.id, plain(item.quantity), plain(item.cost)));
    let expenses = bill.expense_items.iter();
    let expenses = expenses.map(|item| (item.id, plain(item.amount)));
    let is_posted = bill.sync_status.is_posted();
    let whole = (
        amounts.map(plain),
        items.collect::<Vec<_>>(),
        expenses.collect::<Vec<_>>(),
        vendor,
        bill.bill_date.map(day),
        is_posted,
    );
    let digest = Sha256::digest(format!("{whole:?}"));
    let (short, _) = digest.split_first_chunk().expect("a digest is longer");
    Said {
        is_active: bill.active,
        is_posted,
        is_exported: bill.sync_status.is_exported(),
        said: format!("{:016x}", u64::from_be_bytes(*short)),
    }
}

/// What the row of the bill says that stands in Odoo.
fn of_row<S>(flow: Flow, other: &Other, take: impl Fn(Said) -> S) -> Option<S> {
    let [only] = other.parts.as_slice() else {
        return None;
    };
    let said = match flow {
        Flow::ApBills => said(&part::read::<ApBill>(only).ok()?),
        _ => said(&part::read::<InventoryBill>(only).ok()?),
    };
    Some(take(said))
}

/// What ServiceTitan calls the document.
const fn model(flow: Flow) -> &'static str {
    match flow {
        Flow::ApBills => "ap-bill",
        _ => "inventory-bill",
    }
}

fn not_ours() -> Reason {
    reason(
        "not-from-servicetitan",
        "No bill of ServiceTitan leads to this bill any more.",
        "Nothing is to be done.",
    )
}

fn withdrawn() -> Reason {
    reason(
        "withdrawn-in-servicetitan",
        "The bill was deleted in ServiceTitan: there is nothing to tell it.",
        "Nothing is to be done.",
    )
}

fn superseded() -> Reason {
    reason(
        "superseded-in-odoo",
        "The bill of ServiceTitan is another one in Odoo now.",
        "Nothing is to be done: what became of that one is told instead.",
    )
}
