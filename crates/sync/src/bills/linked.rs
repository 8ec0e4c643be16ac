//! A paper that somebody entered in Odoo already: what it is compared by, and what follows when it changes.

use std::fmt::Write as _;

use crate::content::Content;
use crate::failure::linking as failure;
use crate::flow::Flow;
use crate::link::{ADOPTED, Link};
use crate::linking::Which;
use crate::plan::{Decision, Subject, Verb, Write};
use crate::sighting::PartKey;

use super::paper::Paper;

/// The column of the base that holds what ServiceTitan's lines said.
const LINES: &str = "lines";

/// What a paper that is linked, or is to be, is compared by; its header is `header`.
pub(super) fn decide(
    flow: Flow,
    subject: &Subject<'_>,
    paper: &Paper,
    (header, part): (Content, PartKey),
    link: Option<&Link>,
) -> Decision {
    let terms = paper.terms();
    let mut holds = header;
    holds.set(ADOPTED, "by hand");
    holds.set("total", terms.total.normalize().to_string());
    holds.set("tax", terms.tax.normalize().to_string());
    holds.set(LINES, said(paper));
    let decided = Which::decided(subject.decision);
    let changed = link.map(|link| holds.changes_since(&link.base));
    let is_settled = changed.as_ref().is_some_and(Content::is_empty);
    if is_settled && decided.is_none() && subject.in_doubt.is_none() {
        return Decision::Unchanged;
    }
    let lines_changed = changed.is_some_and(|changed| changed.get(LINES).is_some());
    let which = match (decided, link) {
        (Some(this @ Which::This(_)), _) => this,
        (_, Some(link)) => Which::This(link.target),
        (_, None) => Which::TheOnly,
    };
    Decision::Write(vec![Write {
        name: flow.link_name(subject.source),
        part,
        document: None,
        model: flow.model(),
        verb: Verb::Adopt {
            which,
            terms,
            hold: (lines_changed && decided.is_none()).then(|| failure::lines_changed(flow)),
        },
        holds,
    }])
}

/// What follows when ServiceTitan withdraws a paper that is somebody's bill in Odoo.
pub(super) fn withdrawn(flow: Flow, link: &Link) -> Decision {
    Decision::Wait {
        on: Vec::new(),
        reason: failure::withdrawn(flow, link.target),
    }
}

/// The lines as ServiceTitan has them, in a text that changes when they do.
fn said(paper: &Paper) -> String {
    let mut said = String::new();
    for line in &paper.lines {
        let account = line.account.as_ref();
        let account = account.and_then(|account| account.number.as_ref().or(account.name.as_ref()));
        write!(
            said,
            "{} {} x {} on {};",
            line.id,
            line.quantity.normalize(),
            line.cost.normalize(),
            account.map_or("none", String::as_str)
        )
        .expect("a text grows");
    }
    said
}
