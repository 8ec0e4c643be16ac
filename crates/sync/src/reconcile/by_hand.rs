//! Bills that somebody entered in Odoo, and that ServiceTitan has too: the same paper, though nothing in Odoo says so.
//!
//! Only what is left once names have paired is looked at. A bill pairs by hand when vendor, number and total are equal, and
//! when it is the only one on either side: what may be two things is none. So the answer does not depend on what the store
//! remembers of a person's decision to link the two.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::{Document, Kind, Standing};
use crate::link::Name;

/// A document by what it pairs by: what it is, its number in lower case, what it comes to.
type Paper = (Kind, String, Decimal);

/// Pairs by their names, with what pairs with nothing.
pub(super) type Pairs = BTreeMap<(Kind, Name), (Option<Document>, Option<Document>)>;

/// Gives the pairs that lack Odoo's side what somebody entered there; the rest of it, and how many paired.
pub(super) fn pair(pairs: &mut Pairs, strangers: Vec<Document>) -> (Vec<Document>, usize) {
    let mut lacking: BTreeMap<Paper, Vec<(Kind, Name)>> = BTreeMap::new();
    for (key, (wanted, held)) in pairs.iter() {
        if let (Some(wanted), None) = (wanted, held)
            && let Some(paper) = paper(wanted)
        {
            lacking.entry(paper).or_default().push(key.clone());
        }
    }
    let mut found: BTreeMap<(Kind, Name), Vec<usize>> = BTreeMap::new();
    for (at, stranger) in strangers.iter().enumerate() {
        let of_paper = paper(stranger).and_then(|paper| lacking.get(&paper));
        let same_vendor = |key: &&(Kind, Name)| {
            let wanted = pairs[*key].0.as_ref();
            wanted.is_some_and(|wanted| is_of_one_vendor(wanted, stranger))
        };
        let keys: Vec<_> = of_paper.into_iter().flatten().filter(same_vendor).collect();
        for key in &keys {
            // One that could be two is noted twice for either, so that it pairs with none.
            let times = keys.len();
            let entry = found.entry((*key).clone()).or_default();
            entry.extend(std::iter::repeat_n(at, times));
        }
    }
    let mut strangers: Vec<Option<Document>> = strangers.into_iter().map(Some).collect();
    let mut count = 0;
    for (key, candidates) in found {
        if let [only] = candidates[..]
            && let Some((_, held)) = pairs.get_mut(&key)
        {
            *held = strangers[only].take();
            count += 1;
        }
    }
    (strangers.into_iter().flatten().collect(), count)
}

/// What it pairs by; nothing of what has no number, or does not count.
fn paper(document: &Document) -> Option<Paper> {
    let counts = document.standing != Standing::Cancelled && document.kind.is_posted();
    let number = number(document).filter(|_| counts)?;
    Some((document.kind, number.to_lowercase(), document.total))
}

/// The vendor's number for a paper. ServiceTitan's own stands in, as it does where the connector enters one.
pub(super) fn number(document: &Document) -> Option<&str> {
    let own = document
        .number
        .as_deref()
        .filter(|_| document.name.is_some());
    let texts = [document.reference.as_deref(), own];
    let mut texts = texts.into_iter().flatten().map(str::trim);
    texts.find(|text| !text.is_empty())
}

fn is_of_one_vendor(wanted: &Document, held: &Document) -> bool {
    let mut names = wanted.vendor.names.iter();
    names.any(|name| held.vendor.names.contains(name))
}
