//! Jobs -> `account.analytic.account`, in a plan of their own.
//!
//! An account is what a job's costs are collected on; a job does not become work to be done here. Its customer is named
//! where Odoo holds the customer, and comes over for no job.

use servicetitan::record::Job;

use crate::content::Content;
use crate::directory::{Dimension, Directory};
use crate::flow::Flow;
use crate::plain::{line, text_of_html};
use crate::plan::{Plan, Subject};
use crate::record::{Key, Reason, SourceId};
use crate::single;

const FLOW: Flow = Flow::Jobs;

/// How many characters of a job's summary stand in the name of its account: a person picks it from a list.
const SUMMARY_CHARS_MAX: usize = 60;

/// The customer.
pub(crate) fn references(subject: &Subject<'_>) -> Vec<Key> {
    let job = single::read::<Job>(FLOW, subject);
    job.iter().map(customer).collect()
}

/// What has to happen so that Odoo holds this job as ServiceTitan has it.
pub(crate) fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    let plan = single::plan(FLOW, subject, wanted(subject, directory), Vec::new());
    // The customer is named as soon as Odoo holds it.
    Plan {
        rests_on: references(subject).iter().map(Key::link_name).collect(),
        ..plan
    }
}

fn wanted(subject: &Subject<'_>, directory: &Directory) -> Result<(Content, bool), Reason> {
    let job: Job = single::read(FLOW, subject)?;
    let plan = directory.analytic_plan(Dimension::Jobs)?;
    let number = line(&job.job_number);
    let mut content = Content::new();
    content.set("name", name(&job, &number));
    content.set("code", number);
    let customer = subject.others.get(&customer(&job).link_name());
    let customer = customer.and_then(|other| other.link.as_ref());
    content.set_id("partner_id", customer.map(|link| link.target.0));
    if plan.is_some() {
        content.set_id("plan_id", plan);
    }
    Ok((content, job.active))
}

/// The number, and what the job is about in a few words.
fn name(job: &Job, number: &str) -> String {
    let number = if number.is_empty() {
        job.id.to_string()
    } else {
        number.to_owned()
    };
    let summary = text_of_html(job.summary.as_deref().unwrap_or_default());
    let summary = line(summary.lines().next().unwrap_or_default());
    let short = match summary.char_indices().nth(SUMMARY_CHARS_MAX) {
        Some((end, _)) => format!("{}…", summary[..end].trim_end()),
        None => summary,
    };
    format!("{number} {short}").trim_end().to_owned()
}

fn customer(job: &Job) -> Key {
    Key {
        flow: Flow::Customers,
        source: SourceId::from(job.customer_id.0),
    }
}
