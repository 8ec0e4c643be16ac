//! A record that is one row in ServiceTitan and becomes one record in Odoo.
//!
//! What is deactivated in ServiceTitan is archived in Odoo; what was inactive before it ever came over comes only when
//! another record needs it, and archived.

use servicetitan::record;

use crate::content::Content;
use crate::flow::Flow;
use crate::link::Name;
use crate::part;
use crate::plan::{Decision, NEEDED, Plan, Subject};
use crate::record::Reason;
use crate::sighting::{Part, PartKey};
use crate::target::{Target, held, may_be_there, shares};

/// The one part of a record.
pub(crate) fn row<'a>(flow: Flow, subject: &Subject<'a>) -> Result<&'a Part, Reason> {
    match subject.parts {
        [only] => Ok(only),
        parts => {
            let kinds: Vec<&str> = parts.iter().map(|part| part.key.kind()).collect();
            Err(Reason {
                cause: "unreadable-row".to_owned(),
                what: format!(
                    "ServiceTitan shows {} {} as {} rows ({}).",
                    flow.noun(),
                    subject.source,
                    parts.len(),
                    kinds.join(", ")
                ),
                advice: "Report it to ServiceTitan's support: one id stands for several records. `ml-connector replay \
                         --dismiss` leaves it out."
                    .to_owned(),
            })
        }
    }
}

/// Reads the one row of a record.
pub(crate) fn read<T: record::Record>(flow: Flow, subject: &Subject<'_>) -> Result<T, Reason> {
    part::read(row(flow, subject)?)
}

/// The plan of a record that should hold this. The column `active` is set here.
pub(crate) fn plan(
    flow: Flow,
    subject: &Subject<'_>,
    wanted: Result<(Content, bool), Reason>,
    mut warnings: Vec<String>,
) -> Plan {
    let decision = match wanted {
        Err(reason) => Decision::Fail(reason),
        Ok((content, active)) => decide(flow, subject, content, active, &mut warnings),
    };
    Plan {
        warnings,
        ..Plan::of(decision)
    }
}

fn decide(
    flow: Flow,
    subject: &Subject<'_>,
    mut content: Content,
    active: bool,
    warnings: &mut Vec<String>,
) -> Decision {
    let name = flow.link_name(subject.source);
    let is_needed = subject.decision == Some(NEEDED);
    let is_new = held(subject.links, &name).is_none() && !may_be_there(subject, &name);
    if is_new && !active && !is_needed {
        warnings.clear();
        return Decision::Ignore(inactive(flow));
    }
    if shares(subject.links, &name) {
        warnings.push(format!(
            "somebody merged what this {} became with that of another record in Odoo: it is not written from here any \
             more",
            flow.noun()
        ));
        return Decision::Unchanged;
    }
    content.set_flag("active", active);
    let target = Target {
        part: part(subject, &name),
        name,
        document: None,
        model: flow.model(),
        content,
    };
    if is_new && !active {
        // Archived from the start; the difference to nothing would be nothing.
        return Decision::Write(vec![target.creation()]);
    }
    match target.difference(subject, |changed| changed) {
        Some(write) => Decision::Write(vec![write]),
        None => Decision::Unchanged,
    }
}

/// The part that a record's one target carries.
pub(crate) fn part(subject: &Subject<'_>, name: &Name) -> PartKey {
    let first = subject.parts.first();
    first.map_or_else(|| PartKey(format!("gone/{name}")), |part| part.key.clone())
}

/// The cause of what was left out because it is inactive.
pub const INACTIVE: &str = "inactive-in-servicetitan";

fn inactive(flow: Flow) -> Reason {
    Reason {
        cause: INACTIVE.to_owned(),
        what: format!(
            "The {} is inactive in ServiceTitan and was never brought to Odoo.",
            flow.noun()
        ),
        advice: "Nothing is to be done; it will come over if it is activated.".to_owned(),
    }
}

/// Why a record without a name cannot come over.
pub(crate) fn nameless(flow: Flow, subject: &Subject<'_>) -> Reason {
    Reason {
        cause: "no-name".to_owned(),
        what: format!(
            "The {} {} has no name in ServiceTitan, and Odoo wants one.",
            flow.noun(),
            subject.source
        ),
        advice: format!(
            "Give the {} a name in ServiceTitan; it comes over by itself then.",
            flow.noun()
        ),
    }
}
