//! Business units -> `account.analytic.account`, in a plan of their own.

use servicetitan::record::BusinessUnit;

use crate::content::Content;
use crate::directory::{Dimension, Directory};
use crate::flow::Flow;
use crate::plain::line;
use crate::plan::{Plan, Subject};
use crate::record::Reason;
use crate::single;

const FLOW: Flow = Flow::BusinessUnits;

/// What has to happen so that Odoo holds this business unit as ServiceTitan has it.
pub(crate) fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    single::plan(FLOW, subject, wanted(subject, directory), Vec::new())
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
