//! The Odoo side: server, user, company, rights, fields, the key's end.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use odoo::preflight::{Company, Keys, Report};
use rand::RngExt as _;
use secrecy::SecretString;
use sync::failure::Vendor;
use sync::flow::Flow;
use sync::record::Reason;

use super::{Findings, Status, prices};
use crate::connection::Profile;
use crate::engine::supervisor::Shared;
use crate::engine::vendors;
use crate::rights;

/// How long before a key's end the doctor warns.
const KEY_WARNING: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The oldest version that keeps what bills need: names of lines, and costs on a unit and a job together.
const BILLS_MAJOR_MIN: u16 = 17;

/// The oldest version that is tested.
const MAJOR_MIN: u16 = 14;

pub(super) async fn check(
    shared: &Shared,
    profile: &Profile,
    secrets: &BTreeMap<String, SecretString>,
    findings: &mut Findings,
) {
    let seed = shared.clock.rng().random();
    let client = match vendors::odoo(&shared.http, profile, secrets, seed).await {
        Err(error) => {
            let advice = "Run `ml-connector connection set FILE` with a complete connection file.";
            return findings.add(
                "odoo credentials",
                Status::Error,
                format!("{error:#}"),
                advice,
            );
        }
        Ok(Err(error)) => return findings.odoo_failed("odoo server", &error),
        Ok(Ok(client)) => client,
    };
    let version = client.version();
    let saw = format!(
        "Odoo {} at {}, spoken to by {}",
        version.text,
        profile.odoo.url,
        client.protocol()
    );
    if version.major < MAJOR_MIN {
        findings.add(
            "odoo server",
            Status::Error,
            saw,
            "Odoo 14 is the oldest version that is supported.",
        );
    } else {
        findings.ok("odoo server", saw);
    }
    let flows = profile.flows_on();
    let bills: Vec<Flow> = flows
        .iter()
        .copied()
        .filter(|flow| flow.is_of_entries())
        .collect();
    if version.major < BILLS_MAJOR_MIN && !bills.is_empty() {
        let reason = Reason {
            cause: "odoo-version-for-bills".to_owned(),
            what: format!(
                "Odoo {} does not keep the names of bill lines, or distributes a line over one plan only.",
                version.text
            ),
            advice: "Turn the flows of bills, credits and invoices off in the connection file, or use Odoo 17 or later \
                     (19 is tested)."
                .to_owned(),
        };
        findings.hold(bills, Vendor::Odoo, "odoo version for bills", reason);
    }
    // Receipts are also looked at for the bills' sake, which needs nothing there.
    let receives = profile.flow(Flow::Receipts).is_some();
    let flows: Vec<Flow> = flows
        .into_iter()
        .filter(|flow| *flow != Flow::Receipts || receives)
        .collect();
    let needs = rights::needs_of(&flows, version);
    match client.preflight(&needs).await {
        Err(error) => findings.odoo_failed("odoo credentials", &error),
        Ok(report) => {
            describe(&report, &flows, shared.clock.now(), findings);
            prices::check(&client, profile, findings).await;
        }
    }
}

fn describe(report: &Report, flows: &[Flow], now: Timestamp, findings: &mut Findings) {
    findings.ok(
        "odoo credentials",
        format!(
            "the key is that of {} (user {})",
            report.identity.login, report.identity.user
        ),
    );
    if let Company::Default { id, name } | Company::Allowed { id, name } = &report.company {
        findings.ok(
            "odoo company",
            format!("{} (company {id})", name.as_deref().unwrap_or("unnamed")),
        );
    }
    let problems = report.problems();
    for problem in &problems {
        let concerned = rights::concerned(flows, &report.version, problem);
        let reason = rights::reason(problem, &concerned, &report.version);
        let check = reason.cause.replace('-', " ");
        findings.hold(concerned, Vendor::Odoo, &check, reason);
    }
    if problems.is_empty() {
        findings.ok(
            "odoo rights",
            format!(
                "{} rights and {} fields are as needed",
                report.rights.len(),
                report.fields.len()
            ),
        );
    }
    key_expiry(&report.keys, now, findings);
}

fn key_expiry(keys: &Keys, now: Timestamp, findings: &mut Findings) {
    let advice = "Make a new key in Odoo (the user's Preferences > Account Security) and run `ml-connector connection \
                  set FILE`.";
    match (keys, keys.first_expiry()) {
        (Keys::Unknown, _) => findings.ok(
            "odoo key expiry",
            "this Odoo does not say when the key ends",
        ),
        (Keys::Known(_), None) => findings.ok("odoo key expiry", "the key does not expire"),
        (Keys::Known(_), Some(end)) => {
            let days = end.duration_since(now).as_hours() / 24;
            if end.duration_since(now) < KEY_WARNING {
                findings.add(
                    "odoo key expiry",
                    Status::Warning,
                    format!("a key of the user ends on {end} ({days} days)"),
                    advice,
                );
            } else {
                findings.ok(
                    "odoo key expiry",
                    format!("the user's first key to end does so in {days} days"),
                );
            }
        }
    }
}
