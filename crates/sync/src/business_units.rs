//! Business units -> `account.analytic.account`, in a plan of their own; or onto the accounts that they are mapped to.
//!
//! A mapped account is somebody's own: the unit only points to it, and it is never written, renamed or archived. An
//! account that the connector made before the unit was mapped stays as it is.

use servicetitan::record::BusinessUnit;

use crate::content::Content;
use crate::directory::{Dimension, Directory};
use crate::flow::Flow;
use crate::link::{Link, TargetId};
use crate::mapping::MappingKind;
use crate::plain::line;
use crate::plan::{Decision, NEEDED, Plan, Subject, Verb, Write};
use crate::record::Reason;
use crate::single;

const FLOW: Flow = Flow::BusinessUnits;

/// What has to happen so that Odoo holds this business unit as ServiceTitan has it.
pub(crate) fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    if let Some(account) = directory.mapped(MappingKind::BusinessUnit, &subject.source.0) {
        return Plan::of(mapped(subject, TargetId(account)));
    }
    let mut subject = *subject;
    if pointer(&subject).is_some() {
        // It was mapped: whatever names it would still mean that account. It gets its own, archived if it is inactive.
        subject.decision = Some(NEEDED);
    }
    single::plan(FLOW, &subject, wanted(&subject, directory), Vec::new())
}

/// The link to the account that a unit was mapped to.
fn pointer<'a>(subject: &Subject<'a>) -> Option<&'a Link> {
    let name = FLOW.link_name(subject.source);
    let is_pointer = |link: &&Link| link.name == name && link.base.is_empty();
    subject.links.iter().find(is_pointer)
}

/// Has the unit point to somebody's account.
fn mapped(subject: &Subject<'_>, target: TargetId) -> Decision {
    if pointer(subject).is_some_and(|link| link.target == target) {
        return Decision::Unchanged;
    }
    let name = FLOW.link_name(subject.source);
    Decision::Write(vec![Write {
        part: single::part(subject, &name),
        name,
        document: None,
        model: FLOW.model(),
        verb: Verb::Alias { target },
        holds: Content::new(),
    }])
}

fn wanted(subject: &Subject<'_>, directory: &Directory) -> Result<(Content, bool), Reason> {
    let unit: BusinessUnit = single::read(FLOW, subject)?;
    let official = unit.official_name.as_deref().unwrap_or_default();
    let names = [line(&unit.name), line(official)];
    let Some(name) = names.into_iter().find(|name| !name.is_empty()) else {
        return Err(single::nameless(FLOW, subject));
    };
    let plan = directory.analytic_plan(Dimension::BusinessUnits)?;
    let mut content = Content::new();
    content.set("name", name);
    content.set(
        "code",
        line(unit.account_code.as_deref().unwrap_or_default()),
    );
    if plan.is_some() {
        content.set_id("plan_id", plan);
    }
    Ok((content, unit.active))
}
