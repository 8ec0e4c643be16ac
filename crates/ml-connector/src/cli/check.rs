//! `check`: the doctor.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use clap::Args;

use super::{Exit, open, output, selected};
use crate::doctor::{self, Finding, Status};
use crate::engine::Halt;
use crate::engine::supervisor::{Mode, Shared};
use crate::engine::vendors::Http;
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// The connection to look at; all of them when absent.
    connection: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        let (store, clock) = open(settings).await?;
        let shared = Arc::new(Shared::new(
            store.clone(),
            Http::new()?,
            clock,
            settings.public_url.clone(),
            Mode::PassesOnly,
        ));
        let mut findings = Vec::new();
        for connection in selected(&store, self.connection.as_deref()).await? {
            let found = doctor::check(&shared, &connection, settings.public_url.as_ref())
                .await
                .map_err(broken)?;
            findings.extend(found);
        }
        store.close().await?;
        if self.json {
            output::json(&findings)?;
        } else if findings.is_empty() {
            output::line(
                "There is no connection yet: `ml-connector connection add FILE` adds one.",
            );
        } else {
            findings.iter().for_each(show);
        }
        Ok(exit(&findings))
    }
}

/// The exit code that findings lead to.
pub(super) fn exit(findings: &[Finding]) -> Exit {
    let of = |finding: &Finding| match finding.status {
        _ if finding.unreachable.is_some() || finding.refused => Exit::Vendor,
        Status::Error => Exit::Incomplete,
        Status::Ok | Status::Warning => Exit::Done,
    };
    findings.iter().map(of).max().unwrap_or(Exit::Done)
}

/// One finding for a person.
pub(super) fn show(finding: &Finding) {
    let mark = match finding.status {
        Status::Ok => "ok      ",
        Status::Warning => "warning ",
        Status::Error => "ERROR   ",
    };
    output::line(&format!(
        "{mark} {}  {}: {}",
        finding.connection, finding.check, finding.saw
    ));
    if !finding.advice.is_empty() {
        output::line(&format!("          -> {}", finding.advice));
    }
}

/// A halt that is our own store's failure; the doctor has no other.
pub(super) fn broken(halt: Halt) -> anyhow::Error {
    match halt {
        Halt::Store(error) => error.into(),
        Halt::Pause(reason)
        | Halt::Hold(_, _, reason)
        | Halt::Vendor(_, reason)
        | Halt::Refused(_, reason) => {
            anyhow!("{} {}", reason.what, reason.advice)
        }
    }
}
