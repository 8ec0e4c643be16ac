//! Why a pair differs, or what stands alone.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::cause::{Cause, Finding};
use super::document::{Document, Kind, Line, Standing, Vendor};
use super::lines;
use super::period::Period;
use super::totals::counts;
use crate::link::Name;

/// The most changed lines that are told.
const LINES_TOLD_MAX: usize = 5;

/// All that differs; nothing when all is well, or when neither belongs to the period.
pub(super) fn findings(
    period: Period,
    closed_until: Option<Date>,
    wanted: Option<&Document>,
    held: Option<&Document>,
) -> Vec<Finding> {
    let within = |document: &Document| document.day().is_some_and(|day| period.contains(day));
    match (wanted, held) {
        (Some(wanted), held) if wanted.kind == Kind::Receipts => {
            let concerns = within(wanted) && wanted.standing != Standing::Cancelled;
            let received = concerns.then(|| received(wanted, held)).flatten();
            received.into_iter().collect()
        }
        (Some(wanted), Some(held)) => pair(period, closed_until, wanted, held),
        (Some(wanted), None) => missing(wanted)
            .filter(|_| within(wanted))
            .into_iter()
            .collect(),
        (None, Some(held)) => extra(held).filter(|_| within(held)).into_iter().collect(),
        (None, None) => Vec::new(),
    }
}

fn missing(wanted: &Document) -> Option<Finding> {
    let is_due = matches!(
        wanted.standing,
        Standing::Draft | Standing::Open | Standing::Binding
    );
    // What has no lines and comes to nothing is not booked.
    let is_empty = wanted.kind.is_posted()
        && wanted.total.is_zero()
        && wanted.lines.as_ref().is_none_or(Vec::is_empty);
    (is_due && !is_empty).then(|| {
        Cause::Missing.because(format!(
            "ServiceTitan has it with {:.2}; Odoo has nothing under its external id",
            wanted.total
        ))
    })
}

fn extra(held: &Document) -> Option<Finding> {
    if held.standing == Standing::Cancelled || held.kind == Kind::Receipts {
        return None;
    }
    if held.name.is_some() {
        return Some(Cause::Extra.because(format!(
            "Odoo has it with {:.2}; in ServiceTitan it is deleted or not to be found",
            held.total
        )));
    }
    let is_ours = !held.vendor.names.is_empty();
    is_ours.then(|| {
        Cause::Extra.because(format!(
            "Odoo has it with {:.2}, entered there by somebody",
            held.total
        ))
    })
}

fn pair(
    period: Period,
    closed_until: Option<Date>,
    wanted: &Document,
    held: &Document,
) -> Vec<Finding> {
    let days = [wanted.date, held.date, held.booked];
    let concerns = days.into_iter().flatten().any(|day| period.contains(day));
    if !concerns {
        return Vec::new();
    }
    match (wanted.standing, held.standing) {
        // Whether a planned one comes at all is open.
        (Standing::Cancelled | Standing::Planned | Standing::Elsewhere, Standing::Cancelled) => {
            return Vec::new();
        }
        (Standing::Cancelled, _) => {
            let what = format!("Odoo still has it with {:.2}", held.total);
            return vec![Cause::NotCancelled.because(what)];
        }
        _ => {}
    }
    let found = [
        standing(wanted, held),
        vendor(wanted, held),
        content(wanted, held),
        tax(wanted, held),
        settled(wanted, held),
        other_period(period, wanted, held).map(|finding| {
            if is_booked_later(closed_until, wanted, held) {
                Cause::BookedLater.because(finding.what)
            } else {
                finding
            }
        }),
    ];
    found.into_iter().flatten().collect()
}

fn standing(wanted: &Document, held: &Document) -> Option<Finding> {
    match (wanted.standing, held.standing) {
        (_, Standing::Cancelled) => {
            let what = format!("ServiceTitan still has it with {:.2}", wanted.total);
            Some(Cause::Cancelled.because(what))
        }
        (Standing::Binding, Standing::Draft) => {
            let what = if held.kind.is_posted() {
                "it is a draft in Odoo and does not stand in the books"
            } else {
                "it was sent in ServiceTitan and is not confirmed in Odoo"
            };
            Some(Cause::Draft.because(what))
        }
        // One that was taken back goes back to a draft.
        (Standing::Planned, Standing::Binding) if held.kind.is_sale() && held.name.is_some() => {
            Some(Cause::Confirmed.because("it is not ready in ServiceTitan and posted in Odoo"))
        }
        // A bill that is brought as a draft is there to be posted by somebody.
        (Standing::Draft, Standing::Binding) if !held.kind.is_posted() => {
            Some(Cause::Confirmed.because("it is pending in ServiceTitan and confirmed in Odoo"))
        }
        _ => None,
    }
}

fn vendor(wanted: &Document, held: &Document) -> Option<Finding> {
    let is_same = |name| held.vendor.names.contains(name);
    if wanted.vendor.names.is_empty() || wanted.vendor.names.iter().any(is_same) {
        return None;
    }
    let cause = if wanted.kind.is_sale() {
        Cause::OtherCustomer
    } else {
        Cause::OtherVendor
    };
    let quoted = |vendor: &Vendor| quoted(&vendor.shown, wanted.kind);
    Some(cause.because(format!(
        "{} in ServiceTitan, {} in Odoo",
        quoted(&wanted.vendor),
        quoted(&held.vendor)
    )))
}

fn quoted(name: &str, kind: Kind) -> String {
    if name.is_empty() {
        format!("no {}", kind.party())
    } else {
        format!("\"{name}\"")
    }
}

/// The total (where tax is no line: what it is without tax), else the lines.
fn content(wanted: &Document, held: &Document) -> Option<Finding> {
    let told = first(match (&wanted.lines, &held.lines) {
        (Some(wanted), Some(held)) => lines::changes(wanted, held),
        _ => Vec::new(),
    });
    let taxes = wanted.tax.zip(held.tax);
    let (of_wanted, of_held, what) = match taxes {
        Some((wanted_s, held_s)) => (wanted.total - wanted_s, held.total - held_s, " before tax"),
        None => (wanted.total, held.total, ""),
    };
    if of_wanted != of_held {
        let sums = sums(of_wanted, of_held, what);
        let told = std::iter::once(sums).chain(told).collect::<Vec<_>>();
        return Some(Cause::Amount.because(told.join("; ")));
    }
    (!told.is_empty()).then(|| Cause::Changed.because(told.join("; ")))
}

fn tax(wanted: &Document, held: &Document) -> Option<Finding> {
    let (of_wanted, of_held) = wanted.tax.zip(held.tax)?;
    (of_wanted != of_held).then(|| Cause::Tax.because(sums(of_wanted, of_held, " of tax")))
}

/// What it is matched with, where it stands in both books.
fn settled(wanted: &Document, held: &Document) -> Option<Finding> {
    let both = [wanted, held].map(|one| one.standing == Standing::Binding);
    let (wanted, held) = (wanted.settled.as_ref()?, held.settled.as_ref()?);
    let of = |name: &Option<Name>, lines: &[Line]| -> Decimal {
        let same = lines.iter().filter(|line| line.name == *name);
        same.map(|line| line.amount).sum()
    };
    let strangers = held.iter().filter(|line| line.name.is_none());
    let strangers =
        strangers.map(|line| format!("{}: {:.2} in Odoo alone", line.label, line.amount));
    let mut named: Vec<&Line> = wanted.iter().chain(held).collect();
    named.retain(|line| line.name.is_some());
    named.sort_by(|one, other| one.name.cmp(&other.name));
    named.dedup_by(|one, other| one.name == other.name);
    let differing = named.into_iter().filter_map(|line| {
        let sums = [wanted, held].map(|lines| of(&line.name, lines));
        let [wanted, held] = sums;
        (wanted != held).then(|| {
            format!(
                "{}: {wanted:.2} in ServiceTitan, {held:.2} in Odoo",
                line.label
            )
        })
    });
    let told = first(differing.chain(strangers).collect());
    (both == [true; 2] && !told.is_empty()).then(|| Cause::PaidOtherwise.because(told.join("; ")))
}

fn sums(wanted: Decimal, held: Decimal, what: &str) -> String {
    let difference = held - wanted;
    let word = if difference.is_sign_negative() {
        "too little"
    } else {
        "too much"
    };
    let difference = difference.abs();
    format!("{wanted:.2}{what} in ServiceTitan, {held:.2} in Odoo: {difference:.2} {word}")
}

/// The first few, and how many more.
fn first(changes: Vec<String>) -> Vec<String> {
    let more = changes.len().saturating_sub(LINES_TOLD_MAX);
    let mut told: Vec<String> = changes.into_iter().take(LINES_TOLD_MAX).collect();
    if more > 0 {
        told.push(format!("and {more} more lines"));
    }
    told
}

fn other_period(period: Period, wanted: &Document, held: &Document) -> Option<Finding> {
    let within = |day: Option<Date>| day.is_some_and(|day| period.contains(day));
    let is_within = within(wanted.date);
    let moved = |day: &Date| period.contains(*day) != is_within;
    let moved = [held.date, held.booked].into_iter().flatten().find(moved);
    if let Some(moved) = moved {
        let booked = held.date != Some(moved);
        return Some(Cause::OtherPeriod.because(format!(
            "{} in ServiceTitan, {}{moved} in Odoo",
            shown(wanted.date),
            if booked { "booked at " } else { "" }
        )));
    }
    // An order or a draft without any date belongs nowhere.
    let is_undated = held.date.is_none() && held.booked.is_none();
    (is_within && is_undated).then(|| {
        let what = format!("{} in ServiceTitan, no date in Odoo", shown(wanted.date));
        Cause::OtherPeriod.because(what)
    })
}

/// Whether it bears its own date in Odoo, and is booked no later than on the first day after the closed ones, among which
/// its own is. A bill that is booked later still was moved by somebody.
fn is_booked_later(closed_until: Option<Date>, wanted: &Document, held: &Document) -> bool {
    let (Some(until), Some(own), Some(booked)) = (closed_until, wanted.date, held.booked) else {
        return false;
    };
    let first_open = until.tomorrow().unwrap_or(until);
    held.date == Some(own) && own <= until && own < booked && booked <= first_open
}

fn shown(day: Option<Date>) -> String {
    day.map_or_else(|| "no date".to_owned(), |day| day.to_string())
}

/// What was received, line by line.
fn received(wanted: &Document, held: Option<&Document>) -> Option<Finding> {
    let came = wanted.lines.iter().flatten();
    let in_odoo = held.and_then(|held| held.lines.as_deref());
    let in_odoo = in_odoo.unwrap_or_default();
    let (mut less, mut more) = (Vec::new(), Vec::new());
    for line in came {
        let found = in_odoo.iter().find(|one| one.name == line.name);
        let there = found.map(|one| one.amount).unwrap_or_default();
        let told = || {
            format!(
                "line {}: {} received in ServiceTitan, {} in Odoo",
                line.label,
                line.amount.normalize(),
                there.normalize()
            )
        };
        match there.cmp(&line.amount) {
            std::cmp::Ordering::Less => less.push(told()),
            std::cmp::Ordering::Greater => more.push(told()),
            std::cmp::Ordering::Equal => {}
        }
    }
    let cause = if less.is_empty() {
        Cause::ReceivedMore
    } else {
        Cause::NotReceived
    };
    less.extend(more);
    let rest = less.len().saturating_sub(LINES_TOLD_MAX);
    less.truncate(LINES_TOLD_MAX);
    if rest > 0 {
        less.push(format!("and {rest} more lines"));
    }
    (!less.is_empty()).then(|| cause.because(less.join("; ")))
}

/// Documents in Odoo that are not ours, of which another one of the vendor's bears the same number. By kind and id, with what
/// was seen. Two that both came from ServiceTitan are no difference: the second one is held until a person approves it.
pub(super) fn duplicates<'d>(
    period: Period,
    odoo: impl Iterator<Item = &'d Document>,
) -> BTreeMap<(Kind, i64), String> {
    let mut same: BTreeMap<(Kind, &str, String), Vec<&Document>> = BTreeMap::new();
    // A customer's number for an invoice is what somebody wrote there.
    let is_paper = |held: &&Document| held.kind.is_posted() && !held.kind.is_sale();
    for held in odoo.filter(|held| is_paper(held) && held.standing != Standing::Cancelled) {
        let number = held.reference.as_deref().unwrap_or_default().trim();
        if let (Some(vendor), false) = (held.vendor.names.first(), number.is_empty()) {
            let key = (held.kind, vendor.0.as_str(), number.to_lowercase());
            same.entry(key).or_default().push(held);
        }
    }
    let mut told = BTreeMap::new();
    for held in same.into_values().filter(|held| held.len() > 1) {
        let concerned = |one: &&&Document| {
            let (_, counts) = counts(period, None, Some(one));
            let is_draft = one.standing == Standing::Draft
                && one.day().is_some_and(|day| period.contains(day));
            (counts || is_draft) && one.name.is_none()
        };
        for one in held.iter().filter(concerned) {
            let others: Vec<String> = held
                .iter()
                .filter(|other| other.id != one.id)
                .map(|other| {
                    let number = other.number.clone();
                    number.unwrap_or_else(|| format!("id {}", other.id))
                })
                .collect();
            let number = one.reference.as_deref().unwrap_or_default().trim();
            let what = format!(
                "Odoo has the vendor's number {number} also on {}",
                others.join(", ")
            );
            told.insert((one.kind, one.id), what);
        }
    }
    told
}
