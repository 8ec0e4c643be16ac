//! What customers' invoices and payments have in common: what was handed on to another accounting before the connector was
//! there, and documents that are not ready yet.

use jiff::Timestamp;
use servicetitan::record::SyncStatus;

use crate::directory::Directory;
use crate::failure::reason;
use crate::flow::Flow;
use crate::plan::{APPROVE, Subject};
use crate::record::Reason;

/// Where a document stands in ServiceTitan.
pub(crate) struct Stage<'a> {
    pub(crate) status: &'a SyncStatus,
    pub(crate) created: Option<Timestamp>,
    pub(crate) active: bool,
}

/// Why one that never came over stays away, if it does. `not_ready`: what and advice, where it may not be booked yet;
/// `legacy`: whether those come too that were exported before.
pub(crate) fn left_out(
    flow: Flow,
    subject: &Subject<'_>,
    directory: &Directory,
    stage: &Stage<'_>,
    not_ready: Option<(&str, &str)>,
    legacy: bool,
) -> Option<Reason> {
    let noun = flow.noun();
    if !stage.active {
        return Some(reason(
            "withdrawn-in-servicetitan",
            format!(
                "The {noun} was withdrawn in ServiceTitan (deleted or voided, or its job canceled) and was never brought to \
                 Odoo."
            ),
            "Nothing is to be done.",
        ));
    }
    if let Some((what, advice)) = not_ready {
        return Some(reason("not-ready-yet", what, advice));
    }
    if legacy || !is_legacy(flow, subject, directory, stage) {
        return None;
    }
    Some(reason(
        "exported-before",
        format!(
            "The {noun} was exported from ServiceTitan before the connector saw it: it is in other books already."
        ),
        &format!(
            "Nothing is to be done. `ml-connector replay --approve` brings it to Odoo all the same; `legacy = true` for the \
             flow `{flow}` in the connection file brings all of them."
        ),
    ))
}

/// Whether it was handed on to another accounting before the connector was there. What was seen here before it was exported
/// is none of that, and neither is what was made since then: the connector may have been out of order when it was exported.
fn is_legacy(flow: Flow, subject: &Subject<'_>, directory: &Directory, stage: &Stage<'_>) -> bool {
    // What could not be read, or was withdrawn, says nothing of where it stood.
    let tell_nothing = [
        "exported-before",
        "unreadable-row",
        "withdrawn-in-servicetitan",
    ];
    let is_unseen = subject
        .stands
        .is_none_or(|cause| tell_nothing.contains(&cause));
    let is_older = is_older(directory.began(flow), stage.created);
    stage.status.is_exported() && is_unseen && is_older && subject.decision != Some(APPROVE)
}

/// Whether it may have been there before the connector was.
pub(crate) fn is_older(began: Option<Timestamp>, created: Option<Timestamp>) -> bool {
    match (began, created) {
        (Some(began), Some(created)) => created < began,
        _ => true,
    }
}
