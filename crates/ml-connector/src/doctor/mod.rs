//! The doctor: looks at both systems of a connection, says what was seen, what is wrong and how to mend it.
//!
//! Nothing is written to either system. The same checks answer `ml-connector check`, stand before a connection's first
//! sync, and run every 15 minutes in the service, where the first error pauses the connection.

mod odoo;
mod servicetitan;

use serde::Serialize;
use store::connections::Connection;
use sync::failure::{Vendor, Verdict};
use sync::record::Reason;
use url::Url;

use crate::connection::Profile;
use crate::engine::Halt;
use crate::engine::supervisor::Shared;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, but someone should look at it.
    Warning,
    /// It does not work.
    Error,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The connection's name.
    pub connection: String,
    /// What was looked at, e.g. `odoo rights`.
    pub check: String,
    /// How it came out.
    pub status: Status,
    /// What was seen.
    pub saw: String,
    /// What to do; empty when all is well.
    pub advice: String,
    /// Set when the vendor is out of reach, so that nothing is known about it.
    #[serde(skip)]
    pub unreachable: Option<Vendor>,
    /// Set when the vendor refuses the credentials.
    #[serde(skip)]
    pub refused: bool,
}

impl Finding {
    /// The finding as the reason to pause a connection.
    #[must_use]
    pub fn reason(&self) -> Reason {
        Reason {
            cause: self.check.replace(' ', "-"),
            what: self.saw.clone(),
            advice: self.advice.clone(),
        }
    }
}

/// Collects the findings about one connection.
struct Findings {
    connection: String,
    list: Vec<Finding>,
}

impl Findings {
    fn add(
        &mut self,
        check: &str,
        status: Status,
        saw: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.list.push(Finding {
            connection: self.connection.clone(),
            check: check.to_owned(),
            status,
            saw: saw.into(),
            advice: advice.into(),
            unreachable: None,
            refused: false,
        });
    }

    fn ok(&mut self, check: &str, saw: impl Into<String>) {
        self.add(check, Status::Ok, saw, "");
    }

    /// A failed call becomes an error with the advice that the failure policy has for it.
    fn failed(&mut self, check: &str, verdict: Verdict) {
        let (unreachable, refused, reason) = match verdict {
            Verdict::Retry(sync::failure::Blame::Vendor(vendor), reason) => {
                (Some(vendor), false, reason)
            }
            Verdict::Pause(reason) => (
                None,
                reason.cause.ends_with("credentials") || reason.cause.ends_with("key"),
                reason,
            ),
            Verdict::Retry(_, reason) | Verdict::Park(reason) | Verdict::Decide(reason) => {
                (None, false, reason)
            }
        };
        self.add(check, Status::Error, reason.what, reason.advice);
        if let Some(last) = self.list.last_mut() {
            last.unreachable = unreachable;
            last.refused = refused;
        }
    }
}

/// Looks at everything that a connection needs.
///
/// # Errors
/// Only when our own store cannot be read: what is wrong with the vendors is a finding.
pub async fn check(
    shared: &Shared,
    connection: &Connection,
    public_url: Option<&Url>,
) -> Result<Vec<Finding>, Halt> {
    let mut findings = Findings {
        connection: connection.name.clone(),
        list: Vec::new(),
    };
    let profile: Profile = match serde_json::from_value(connection.settings.clone()) {
        Ok(profile) => profile,
        Err(error) => {
            findings.add(
                "settings",
                Status::Error,
                format!("the stored settings cannot be read: {error}"),
                "Run `ml-connector connection set FILE`.",
            );
            return Ok(findings.list);
        }
    };
    let secrets = shared.store.secrets(connection.id).await?;
    settings(&profile, public_url, &mut findings);
    servicetitan::check(shared, &profile, &secrets, &mut findings).await;
    odoo::check(shared, &profile, &secrets, &mut findings).await;
    Ok(findings.list)
}

fn settings(profile: &Profile, public_url: Option<&Url>, findings: &mut Findings) {
    for warning in profile.warnings(public_url) {
        findings.add(
            "settings",
            Status::Warning,
            warning,
            "See docs/connection.md.",
        );
    }
    let on: Vec<&str> = sync::flow::Flow::ALL
        .into_iter()
        .filter(|flow| profile.flow(*flow).is_some())
        .map(sync::flow::Flow::as_str)
        .collect();
    if on.is_empty() {
        findings.add(
            "flows",
            Status::Warning,
            "no flow is on: nothing will be carried",
            "Name one in the connection file, e.g. [flows.customers], and run `ml-connector connection set FILE`.",
        );
    } else {
        findings.ok("flows", format!("on: {}", on.join(", ")));
    }
}
