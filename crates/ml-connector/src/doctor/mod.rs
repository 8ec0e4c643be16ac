//! The doctor: looks at both systems of a connection, says what was seen, what is wrong and how to mend it.
//!
//! Nothing is written to either system. The same checks answer `ml-connector check`, stand before a connection's first
//! sync, and run every 15 minutes in the service, where an error holds the flows that it names, or pauses the
//! connection if it names none.

mod odoo;
mod prices;
mod servicetitan;
mod write_back;

use serde::Serialize;
use store::connections::Connection;
use sync::failure::{Blame, Vendor, Verdict, of_odoo, of_servicetitan};
use sync::flow::Flow;
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
    /// Of an error: the flows that stand still for it; none where the whole connection does.
    pub flows: Vec<Flow>,
    /// Of such an error: the side on which they do.
    #[serde(skip)]
    pub held_by: Option<Vendor>,
    /// The reason's cause, should it pause the connection.
    #[serde(skip)]
    pub cause: String,
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
            cause: self.cause.clone(),
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
            cause: check.replace(' ', "-"),
            status,
            saw: saw.into(),
            advice: advice.into(),
            flows: Vec::new(),
            held_by: None,
            unreachable: None,
            refused: false,
        });
    }

    fn ok(&mut self, check: &str, saw: impl Into<String>) {
        self.add(check, Status::Ok, saw, "");
    }

    /// An error that holds these flows on one side; the whole connection, where it names none.
    fn hold(&mut self, flows: Vec<Flow>, vendor: Vendor, check: &str, reason: Reason) {
        self.add(check, Status::Error, reason.what, reason.advice);
        let finding = self.list.last_mut().expect("it was just added");
        finding.cause = reason.cause;
        finding.held_by = (!flows.is_empty()).then_some(vendor);
        finding.flows = flows;
    }

    /// A call to ServiceTitan that failed.
    fn servicetitan_failed(&mut self, check: &str, error: &::servicetitan::Error) {
        use ::servicetitan::ErrorKind as Kind;
        let refused = matches!(error.kind, Kind::Credentials | Kind::AppKey);
        self.failed(check, of_servicetitan(error), refused);
    }

    /// A call to Odoo that failed.
    fn odoo_failed(&mut self, check: &str, error: &::odoo::Error) {
        let refused = error.kind == ::odoo::ErrorKind::Credentials;
        self.failed(check, of_odoo(error), refused);
    }

    /// A failed call becomes an error with the cause and the advice that the failure policy has for it.
    fn failed(&mut self, check: &str, verdict: Verdict, refused: bool) {
        let (unreachable, reason) = match verdict {
            Verdict::Retry(Blame::Vendor(vendor), reason) => (Some(vendor), reason),
            Verdict::Retry(Blame::Record, reason)
            | Verdict::Hold(reason)
            | Verdict::Pause(reason)
            | Verdict::Park(reason)
            | Verdict::Decide(reason) => (None, reason),
        };
        self.list.push(Finding {
            connection: self.connection.clone(),
            check: check.to_owned(),
            cause: reason.cause,
            status: Status::Error,
            saw: reason.what,
            advice: reason.advice,
            flows: Vec::new(),
            held_by: None,
            unreachable,
            refused,
        });
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
    let on: Vec<&str> = profile
        .flows_on()
        .iter()
        .map(|flow| flow.as_str())
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
