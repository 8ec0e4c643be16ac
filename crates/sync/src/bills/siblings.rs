//! Papers that have to know of each other: those of one order, since together they may bill no more than came, and those of
//! one vendor and number, which may be one paper entered twice.
//!
//! Which of two gives way does not depend on which arrived first: what is in the books goes before what is not, and then
//! ServiceTitan's ids decide, so that of two that are planned together one goes on. A paper that was withdrawn, does not
//! come (yet), or that a person left out counts no more.

use sha2::{Digest, Sha256};

use crate::directory::BillPolicy;
use crate::filing::RowKind;
use crate::flow::Flow;
use crate::link::{Link, Name};
use crate::others::key;
use crate::plain::line;
use crate::plan::{Goal, Subject};
use crate::record::SourceId;
use crate::sighting::{Part, PartKey};

use super::paper::{self, Paper, Standing};

/// Another paper that goes before this one.
pub(super) struct Sibling {
    /// The name of its link.
    pub(super) name: Name,
    pub(super) flow: Flow,
    pub(super) paper: Paper,
}

impl Sibling {
    /// What people call it: `bill B-31`.
    pub(super) fn called(&self) -> String {
        format!("{} {}", self.flow.noun(), line(&self.paper.origin))
    }
}

/// The name that papers of its order share, if it has one.
pub(super) fn of_order(paper: &Paper) -> Option<Name> {
    let order = key(Flow::PurchaseOrders, paper.order?).link_name();
    Some(Name(format!("{}_of_{order}", paper.move_type)))
}

/// The name that papers of its vendor and number share, if it has both. Numbers are the vendor's own: they are hashed.
pub(super) fn of_number(paper: &Paper) -> Option<Name> {
    let number = line(&paper.number);
    let vendor = paper.vendor.filter(|_| !number.is_empty())?;
    let digest = Sha256::digest(format!("{vendor} {number}"));
    let (short, _) = digest.split_first_chunk().expect("a digest is longer");
    let short = u64::from_be_bytes(*short);
    Some(Name(format!("{}_numbered_{short:016x}", paper.move_type)))
}

/// All names that it shares.
pub(super) fn names(paper: &Paper) -> impl Iterator<Item = Name> + use<> {
    of_order(paper).into_iter().chain(of_number(paper))
}

/// The flow of a row, if it is one of bills.
pub(super) const fn flow_of(kind: RowKind) -> Option<Flow> {
    match kind {
        RowKind::InventoryBill => Some(Flow::Bills),
        RowKind::ApBill => Some(Flow::ApBills),
        RowKind::InventoryReturn => Some(Flow::VendorCredits),
        RowKind::ApCredit => Some(Flow::ApCredits),
        _ => None,
    }
}

/// The papers of that name which go before the one of this key.
pub(super) fn before(
    subject: &Subject<'_>,
    own: &PartKey,
    shared: Option<&Name>,
    policy: &BillPolicy,
) -> Vec<Sibling> {
    let Some(shared) = shared else {
        return Vec::new();
    };
    let Some(others) = subject.others.get(shared) else {
        return Vec::new();
    };
    let own_rank = rank(own, subject.links);
    let earlier = |part: &&Part| part.key != *own && rank(&part.key, &others.links) < own_rank;
    let parts = others.parts.iter().filter(earlier);
    let siblings = parts.filter_map(|part| {
        let flow = flow_of(RowKind::of(&part.key)?)?;
        let paper = paper::of_part(flow, part).ok()?;
        let counts = match paper.standing {
            Standing::Counts => !policy.once_posted || paper.is_posted,
            Standing::NotYet | Standing::Withdrawn | Standing::Elsewhere => false,
        };
        // What it shared before it changed does not count.
        let shares = names(&paper).any(|name| name == *shared);
        (counts && shares).then(|| Sibling {
            name: link_name(flow, &part.key),
            flow,
            paper,
        })
    });
    siblings.collect()
}

/// Whether so many papers bear one of these names that not all of them are known.
pub(super) fn are_too_many(subject: &Subject<'_>, paper: &Paper) -> bool {
    let is_cut = |name: Name| subject.others.get(&name).is_some_and(|other| other.is_cut);
    names(paper).any(is_cut)
}

/// Who goes first: what is in the books, then by kind and id.
fn rank(key: &PartKey, links: &[Link]) -> (bool, Option<Flow>, i64) {
    let flow = RowKind::of(key).and_then(flow_of);
    let name = flow.map(|flow| link_name(flow, key));
    let link = links.iter().find(|link| Some(&link.name) == name.as_ref());
    // One that a person entered may be posted by a person too.
    let is_posted =
        link.is_some_and(|link| link.is_adopted() || link.reached() == Some(Goal::Posted.as_str()));
    (!is_posted, flow, id(key).parse().unwrap_or_default())
}

fn link_name(flow: Flow, key: &PartKey) -> Name {
    flow.link_name(&SourceId(id(key).to_owned()))
}

fn id(key: &PartKey) -> &str {
    key.0.rsplit_once('/').map_or("", |(_, id)| id)
}
