//! A document with lines as it should be, against what it is known to hold.
//!
//! Its lines bear names of their own under the document's, so that they are changed in place, and one that the source no
//! longer has is deleted. The document's base also holds the state and the total that it was last brought to.

use rust_decimal::Decimal;

use crate::content::Content;
use crate::link::{Link, Name, REACHED, TOTAL};
use crate::plan::{ClosedPeriod, Decision, Goal, RECREATE, Subject, Tax, Verb, Write};
use crate::record::Reason;
use crate::sighting::PartKey;
use crate::target::{Target, held};

/// A document as it should be.
#[derive(Clone)]
pub(crate) struct Document {
    pub(crate) header: Target,
    pub(crate) lines: Vec<Target>,
    pub(crate) goal: Goal,
    /// What it comes to, tax included.
    pub(crate) total: Decimal,
    /// What of that is tax of Odoo's.
    pub(crate) tax: Tax,
    /// Whether all of it is said where something changes: of a bill Odoo computes anew whatever depends on what is said.
    pub(crate) is_said_whole: bool,
    /// Why a person has to look at it, if one has to.
    pub(crate) hold: Option<Reason>,
    /// What happens if its date lies in a closed period.
    pub(crate) closed: ClosedPeriod,
    /// What else its base keeps that is no column of the target.
    pub(crate) reached: Content,
}

/// A column that is said when a document is made, and never again.
const FOR_GOOD: &str = "move_type";

/// Lines of items stand before the charges.
pub(crate) const CHARGES_AFTER: usize = 1_000;

impl Document {
    /// What is to be done about it.
    pub(crate) fn decision(self, subject: &Subject<'_>) -> Decision {
        let hold = self.hold.clone();
        let writes = self.differences(subject);
        match hold {
            _ if !writes.is_empty() => Decision::Write(writes),
            None => Decision::Unchanged,
            // It waits for a person, and for nothing else.
            Some(reason) => Decision::Wait {
                on: Vec::new(),
                reason,
            },
        }
    }

    /// The writes that bring it to what it should be: the document, its lines, then its state; none when it is.
    pub(crate) fn differences(self, subject: &Subject<'_>) -> Vec<Write> {
        let Self {
            header,
            lines,
            goal,
            total,
            tax,
            is_said_whole,
            hold,
            closed,
            reached: found,
        } = self;
        let anew =
            held(subject.links, &header.name).is_none() || subject.decision == Some(RECREATE);
        let known = held(subject.links, &header.name).filter(|_| !anew);
        let reached = Content::from_iter([
            (REACHED, goal.as_str().to_owned()),
            (TOTAL, total.normalize().to_string()),
        ])
        .overlaid(&found);
        let reach = Write {
            name: header.name.clone(),
            part: header.part.clone(),
            document: None,
            model: header.model,
            verb: Verb::Reach {
                goal,
                total,
                tax,
                hold,
                closed,
            },
            holds: header.content.overlaid(&reached),
        };
        let gone: Vec<Write> = subject
            .links
            .iter()
            .filter(|link| !anew && link.name != header.name)
            .filter(|link| !lines.iter().any(|line| line.name == link.name))
            .map(|link| deletion(link, &header))
            .collect();
        // A document that is made anew has none of its lines left.
        let fresh = Subject {
            links: if anew { &[] } else { subject.links },
            ..*subject
        };
        let targets: Vec<Target> = std::iter::once(header).chain(lines).collect();
        let differs = |target: &Target| {
            let link = held(fresh.links, &target.name);
            link.is_none_or(|link| !target.content.changes_since(&link.base).is_empty())
        };
        let all = is_said_whole && (!gone.is_empty() || targets.iter().any(differs));
        let mut writes: Vec<Write> = targets
            .into_iter()
            .filter_map(|target| {
                let whole = target.content.clone();
                if all && let Some(link) = held(fresh.links, &target.name) {
                    return Some(target.said_again(link.target));
                }
                target.difference(&fresh, |changed| {
                    if is_priced_anew(&changed) {
                        whole
                    } else {
                        changed
                    }
                })
            })
            .map(without_what_is_for_good)
            .chain(gone)
            .collect();
        let is_reached = known.is_some_and(|link| reached.changes_since(&link.base).is_empty());
        if !writes.is_empty() || !is_reached {
            writes.push(reach);
        }
        writes
    }
}

/// Whether a line gets another product or unit. Odoo works price, text and distribution out anew then, unless they are
/// said: the line is said whole.
fn is_priced_anew(changed: &Content) -> bool {
    let mut columns = changed.iter().map(|(column, _)| column);
    columns.any(|column| column == "product_id/.id" || column.starts_with("product_uom"))
}

/// The write that cancels a document.
pub(crate) fn cancellation(link: &Link, part: PartKey, model: &'static str) -> Write {
    let reached = Content::from_iter([(REACHED, Goal::Cancelled.as_str())]);
    Write {
        name: link.name.clone(),
        part,
        document: None,
        model,
        // What is cancelled is not compared.
        verb: Verb::Reach {
            goal: Goal::Cancelled,
            total: Decimal::ZERO,
            tax: Tax::default(),
            hold: None,
            closed: ClosedPeriod::Wait,
        },
        holds: link.base.overlaid(&reached),
    }
}

fn without_what_is_for_good(mut write: Write) -> Write {
    if let Verb::Update { columns, .. } = &mut write.verb {
        *columns = columns
            .iter()
            .filter(|(column, _)| *column != FOR_GOOD)
            .collect();
    }
    write
}

fn deletion(link: &Link, header: &Target) -> Write {
    Write {
        name: link.name.clone(),
        part: header.part.clone(),
        document: Some(header.name.clone()),
        model: line_model(header.model),
        verb: Verb::Delete {
            target: link.target,
        },
        holds: Content::new(),
    }
}

/// The model of a document's lines.
pub(crate) const fn line_model(document: &'static str) -> &'static str {
    match document.as_bytes() {
        b"purchase.order" => "purchase.order.line",
        b"account.move" => "account.move.line",
        _ => panic!("a document's model"),
    }
}

/// The name of a line: unique under its document's.
///
/// # Panics
/// If the document's name does not end with an id.
#[must_use]
pub fn line_name(document: &Name, line: &str) -> Name {
    let (noun, id) = document
        .0
        .rsplit_once('_')
        .expect("a document's name ends with its id");
    Name(format!("{noun}_line_{id}_{line}"))
}
