//! Customers -> `res.partner`.
//!
//! A customer is a partner: a person when Residential, a company when Commercial, with the customer's own address and
//! its first phone and e-mail. Every further contact method is a child partner of type `contact`, every location one of
//! type `delivery`. What is deactivated in ServiceTitan is archived in Odoo, never deleted. A customer that was merged
//! away is archived, and its name means the survivor from then on.
//!
//! Not carried: the balance (Odoo has its own), tags, custom fields, and `taxExempt` (it belongs to the invoices' taxes).

mod aggregate;
mod partner;

pub(crate) use partner::location_name;

use crate::content::Content;
use crate::directory::Directory;
use crate::flow::Flow;
use crate::link::{Link, Name};
use crate::plan::{Decision, Plan, Subject, Verb, Write};
use crate::record::{Key, Reason, SourceId, State};
use crate::sighting::PartKey;
use crate::target::{held, may_be_there, shares};

use aggregate::{Aggregate, Unfit};

const MODEL: &str = Flow::Customers.model();

fn name(customer: &SourceId) -> Name {
    Flow::Customers.link_name(customer)
}

/// The links of other records that planning this one will ask for: the survivor of a merge.
#[must_use]
pub fn references(subject: &Subject<'_>) -> Vec<Key> {
    let survivor = Aggregate::read(subject.parts)
        .ok()
        .and_then(|aggregate| aggregate.survivor());
    let key = |survivor| Key {
        flow: Flow::Customers,
        source: SourceId::from(survivor),
    };
    survivor.map(key).into_iter().collect()
}

/// What has to happen so that Odoo holds this customer as ServiceTitan has it.
#[must_use]
pub fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    let mut warnings = Vec::new();
    let mut rests_on = Vec::new();
    let decision = match Aggregate::read(subject.parts) {
        Err(Unfit::Unreadable(reason)) => Decision::Fail(reason),
        Err(Unfit::Headless) => headless(subject.source),
        Ok(aggregate) => match merged(subject, &aggregate, directory, &mut rests_on) {
            Some(decision) => decision,
            None => own(subject, &aggregate, directory, &mut warnings),
        },
    };
    Plan {
        decision,
        warnings,
        rests_on,
    }
}

/// The plan of contacts and locations whose customer was not shown yet: it is asked for.
fn headless(source: &SourceId) -> Decision {
    Decision::Wait {
        on: vec![Key {
            flow: Flow::Customers,
            source: source.clone(),
        }],
        reason: Reason {
            cause: "customer-not-seen".to_owned(),
            what: format!(
                "ServiceTitan showed contacts or locations of customer {source}, but not the \
                 customer itself."
            ),
            advice: "It goes on by itself once ServiceTitan shows the customer. If it lasts, the \
                     app may not see this customer: look at its rights in ServiceTitan."
                .to_owned(),
        },
    }
}

/// The plan of a customer that stands for itself.
fn own(
    subject: &Subject<'_>,
    aggregate: &Aggregate,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Decision {
    let name = name(subject.source);
    if !aggregate.is_active()
        && held(subject.links, &name).is_none()
        && !may_be_there(subject, &name)
    {
        // Locations may have come from a customer that was brought.
        let writes = archive_all(subject, aggregate, |_| true);
        if !writes.is_empty() {
            return Decision::Write(writes);
        }
        return Decision::Ignore(Reason {
            cause: "inactive-in-servicetitan".to_owned(),
            what: "The customer is inactive in ServiceTitan and has no partner in Odoo.".to_owned(),
            advice: "Nothing is to be done; it will come over if it is activated.".to_owned(),
        });
    }
    let writes = match changes(subject, aggregate, directory, warnings) {
        Ok(writes) => writes,
        Err(reason) => return Decision::Fail(reason),
    };
    if shares(subject.links, &name) {
        warnings.push(
            "somebody merged this customer's partner with another customer's in Odoo: its own \
             fields are not written any more; merge the two in ServiceTitan as well"
                .to_owned(),
        );
    }
    if writes.is_empty() {
        Decision::Unchanged
    } else {
        Decision::Write(writes)
    }
}

/// The writes that bring all partners of the customer to what they should be.
fn changes(
    subject: &Subject<'_>,
    aggregate: &Aggregate,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<Vec<Write>, Reason> {
    let name = name(subject.source);
    let wanted = partner::wanted(aggregate, &name, directory, warnings)?;
    let customer = wanted
        .iter()
        .find(|partner| partner.name == name)
        .map(|partner| partner.content.clone())
        .unwrap_or_default();
    let mut writes: Vec<Write> = wanted
        .into_iter()
        .filter(|partner| !shares(subject.links, &partner.name))
        .filter_map(|partner| {
            let own = partner.content.clone();
            partner.difference(subject, |changed| with_inherited(changed, &own, &customer))
        })
        .collect();
    writes.extend(orphans(subject, &writes, aggregate, &name));
    Ok(writes)
}

/// What Odoo copies from a customer to one of its partners by itself: the address to contacts, the payment term to all.
///
/// It does so for partners that are there and active, when the customer changes. Who comes later has to be given it.
#[must_use]
pub fn inherited(customer: &Content, partner: &Content) -> Content {
    const ADDRESS: [&str; 6] = [
        "street",
        "street2",
        "city",
        "zip",
        "state_id/.id",
        "country_id/.id",
    ];
    let is_contact = partner.get("type") == Some("contact");
    customer
        .iter()
        .filter(|(column, _)| {
            *column == "property_payment_term_id/.id" || (is_contact && ADDRESS.contains(column))
        })
        .collect()
}

/// The columns to send of a partner that changes: whoever comes back, or moves, has to be given what it missed.
fn with_inherited(changed: Content, wanted: &Content, customer: &Content) -> Content {
    let archived = wanted.get("active") == Some("0");
    let comes_back =
        !archived && (changed.get("active").is_some() || changed.get("parent").is_some());
    if comes_back && wanted.get("parent").is_some() {
        inherited(customer, wanted).overlaid(&changed)
    } else {
        changed
    }
}

/// Partners of ours whose part is no longer one of this customer's rows at all: archived.
fn orphans(
    subject: &Subject<'_>,
    writes: &[Write],
    aggregate: &Aggregate,
    own: &Name,
) -> Vec<Write> {
    let known: Vec<Name> = partner::names(aggregate, own);
    subject
        .links
        .iter()
        .filter(|link| {
            !link.is_alias() && !known.contains(&link.name) && link.base.get("active") != Some("0")
        })
        .filter(|link| !writes.iter().any(|write| write.name == link.name))
        .map(|link| archive(link, PartKey(format!("gone/{}", link.name))))
        .collect()
}

/// Partners of a customer that was merged away which an unanswered call may have made: they are archived as well.
fn doubted(
    subject: &Subject<'_>,
    aggregate: &Aggregate,
    directory: &Directory,
) -> Result<Vec<Write>, Reason> {
    if subject.in_doubt.is_none() {
        return Ok(Vec::new());
    }
    let wanted = partner::wanted(aggregate, &name(subject.source), directory, &mut Vec::new())?;
    let doubted = wanted.into_iter().filter(|partner| {
        may_be_there(subject, &partner.name) && held(subject.links, &partner.name).is_none()
    });
    let archived = doubted.map(|partner| {
        let columns = partner
            .content
            .overlaid(&Content::from_iter([("active", "0")]));
        Write {
            name: partner.name,
            part: partner.part,
            document: None,
            model: partner.model,
            holds: columns.clone(),
            verb: Verb::Create { columns },
        }
    });
    Ok(archived.collect())
}

/// Archives the record's own partners, as far as they are not archived, or may not be, and are `meant`.
fn archive_all(
    subject: &Subject<'_>,
    aggregate: &Aggregate,
    meant: impl Fn(&Link) -> bool,
) -> Vec<Write> {
    subject
        .links
        .iter()
        .filter(|link| !link.is_alias() && meant(link))
        .filter(|link| link.base.get("active") != Some("0") || subject.in_doubt.is_some())
        .map(|link| archive(link, aggregate.part_of(&link.name)))
        .collect()
}

fn archive(link: &Link, part: PartKey) -> Write {
    let columns = Content::from_iter([("active", "0")]);
    let holds = link.base.overlaid(&columns);
    Write {
        name: link.name.clone(),
        part,
        document: None,
        model: MODEL,
        verb: Verb::Update {
            target: link.target,
            columns,
        },
        holds,
    }
}

/// The plan of a customer that ServiceTitan merged into another one; `None` when it was not.
///
/// The loser's partners are archived under their own ids, and only then its name becomes an alias of the survivor.
fn merged(
    subject: &Subject<'_>,
    aggregate: &Aggregate,
    directory: &Directory,
    rests_on: &mut Vec<Name>,
) -> Option<Decision> {
    let survivor = SourceId::from(aggregate.survivor()?);
    let survivor_name = name(&survivor);
    rests_on.push(survivor_name.clone());
    let other = subject.others.get(&survivor_name);
    let Some(target) = other
        .and_then(|other| other.link.as_ref())
        .map(|link| link.target)
    else {
        let standing = other.and_then(|other| other.state);
        // A survivor that is itself left out has no partner to point to: the loser is archived like any inactive one.
        if matches!(standing, Some(State::Ignored | State::Synced)) {
            return None;
        }
        return Some(Decision::Wait {
            reason: Reason {
                cause: "waits-for-survivor".to_owned(),
                what: format!(
                    "ServiceTitan merged this customer into customer {survivor}, which is not in Odoo \
                     yet. It goes on by itself once that one is there; look at customer {survivor} if \
                     it lasts."
                ),
                // While the survivor is on its way, nobody needs to look.
                advice: match standing {
                    Some(State::Pending | State::Waiting) => String::new(),
                    Some(State::Failed | State::Ignored | State::Synced) | None => format!(
                        "Look at customer {survivor}: `ml-connector failures` says why it is not \
                         in Odoo; if it is not listed, ServiceTitan does not show it to the app."
                    ),
                },
            },
            on: vec![Key {
                flow: Flow::Customers,
                source: survivor,
            }],
        });
    };
    let own = name(subject.source);
    let leads_back = other
        .and_then(|other| other.link.as_ref())
        .is_some_and(|link| {
            link.base.is_empty()
                && held(subject.links, &own).is_some_and(|held| held.target == link.target)
        });
    if survivor == *subject.source || leads_back {
        return Some(Decision::Fail(Reason {
            cause: "merged-in-a-circle".to_owned(),
            what: format!(
                "ServiceTitan says that this customer was merged into customer {survivor}, and \
                 that one, in the end, into this one."
            ),
            advice: "Ask ServiceTitan's support to mend the merge; activating one of the \
                     customers in ServiceTitan resolves it too."
                .to_owned(),
        }));
    }
    let mut writes = archive_all(subject, aggregate, |link| link.target != target);
    match doubted(subject, aggregate, directory) {
        Ok(doubted) => writes.extend(doubted),
        Err(reason) => return Some(Decision::Fail(reason)),
    }
    let points_there = subject
        .links
        .iter()
        .any(|link| link.name == own && link.base.is_empty() && link.target == target);
    if !points_there || writes.iter().any(|write| write.name == own) {
        let part = aggregate.part_of(&own);
        writes.push(Write {
            name: own,
            part,
            document: None,
            model: MODEL,
            verb: Verb::Alias { target },
            holds: Content::new(),
        });
    }
    Some(if writes.is_empty() {
        Decision::Unchanged
    } else {
        Decision::Write(writes)
    })
}
