//! `replay`: makes records due again; whoever owns the engine carries them.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;
use store::Store;
use store::connections::Connection;
use store::records::Selection;
use sync::flow::Flow;
use sync::link::TargetId;
use sync::linking::Which;
use sync::plan::{APPROVE, DISMISS, RECREATE};
use sync::record::SourceId;

use super::{Exit, actor, open, output, selected};
use crate::settings::Settings;

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// ServiceTitan's ids of the records, e.g. customer numbers.
    ids: Vec<String>,
    /// Only this connection; all of them when absent.
    #[arg(long)]
    connection: Option<String>,
    /// Only this flow.
    #[arg(long)]
    flow: Option<Flow>,
    /// Only records that failed or wait for this cause; `ml-connector failures` names them.
    #[arg(long)]
    cause: Option<String>,
    /// Only records whose last change came at this time or later.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Only records whose last change came before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Make anew in Odoo what somebody deleted there.
    #[arg(long, conflicts_with_all = ["dismiss", "approve", "link"])]
    recreate: bool,
    /// Leave out what cannot be carried, until it changes in ServiceTitan.
    #[arg(long, conflicts_with_all = ["approve", "link"])]
    dismiss: bool,
    /// Post bills that do not match their orders and receipts.
    #[arg(long, conflicts_with = "link")]
    approve: bool,
    /// Take the bill that is in Odoo already, of the same vendor and number, for this one, if it is equal; with an id of
    /// Odoo's, that one of several.
    #[arg(
        long,
        value_name = "ODOO_ID",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        value_parser = which
    )]
    link: Option<Which>,
    /// All records of the flow or connection.
    #[arg(long)]
    all: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        let narrowed = !self.ids.is_empty()
            || self.cause.is_some()
            || self.since.is_some()
            || self.until.is_some();
        if !narrowed && !self.all {
            bail!("say which records: ids, --cause, --since, --until, or --all");
        }
        if self.recreate && self.ids.is_empty() && self.cause.is_none() {
            bail!(
                "--recreate needs ids or --cause deleted-in-odoo: it makes again what a person deleted"
            );
        }
        if self.dismiss && self.ids.is_empty() && self.cause.is_none() {
            bail!(
                "--dismiss needs ids or --cause: it leaves out records that a person has looked at"
            );
        }
        if self.approve && self.ids.is_empty() && self.cause.is_none() {
            bail!("--approve needs ids or --cause: it posts bills that a person has looked at");
        }
        if self.link.is_some() && self.ids.is_empty() && self.cause.is_none() {
            bail!("--link needs ids or --cause: it takes for ours what somebody entered in Odoo");
        }
        if matches!(self.link, Some(Which::This(_))) && (self.ids.len() != 1 || self.flow.is_none())
        {
            bail!("--link=ODOO_ID is for one record: name it by its id and --flow");
        }
        let decision = self.decision();
        let (store, clock) = open(settings).await?;
        let connections = selected(&store, self.connection.as_deref()).await?;
        let sources: Vec<SourceId> = self.ids.iter().cloned().map(SourceId).collect();
        let unknown = unknown(&store, &connections, self.flow, &sources).await?;
        let selection = Selection {
            flow: self.flow,
            sources,
            cause: self.cause,
            since: self.since,
            until: self.until,
            decision,
        };
        let mut count = 0;
        for connection in connections {
            count += store
                .replay(connection.id, selection.clone(), &actor(), clock.now())
                .await?;
        }
        store.close().await?;
        if self.json {
            output::json(&serde_json::json!({"due": count, "unknown": unknown}))?;
        } else {
            output::line(&format!(
                "{count} records are due again; a running service carries them, or `ml-connector sync`"
            ));
        }
        if unknown.is_empty() {
            return Ok(Exit::Done);
        }
        let unknown: Vec<&str> = unknown.iter().map(|id| id.0.as_str()).collect();
        output::complain(&format!(
            "never seen{}: {}; the ids are ServiceTitan's, of the flow that brings the record",
            self.flow
                .map(|flow| format!(" in {flow}"))
                .unwrap_or_default(),
            unknown.join(", ")
        ));
        Ok(Exit::Incomplete)
    }
}

/// Which of these ids no record bears, in whatever connection is meant.
async fn unknown(
    store: &Store,
    connections: &[Connection],
    flow: Option<Flow>,
    sources: &[SourceId],
) -> Result<BTreeSet<SourceId>> {
    let mut unknown: BTreeSet<SourceId> = sources.iter().cloned().collect();
    let flows = flow.map_or(Flow::ALL.to_vec(), |flow| vec![flow]);
    for connection in connections {
        for flow in &flows {
            if unknown.is_empty() {
                return Ok(unknown);
            }
            let known = store.known(connection.id, *flow, sources).await?;
            unknown.retain(|source| !known.contains(source));
        }
    }
    Ok(unknown)
}

impl Replay {
    /// What the person decided, as it is kept.
    fn decision(&self) -> Option<String> {
        let decisions = [
            (self.recreate, RECREATE),
            (self.dismiss, DISMISS),
            (self.approve, APPROVE),
        ];
        let mut decisions = decisions.into_iter().filter(|(is_meant, _)| *is_meant);
        let decision = decisions.next().map(|(_, decision)| decision.to_owned());
        decision.or_else(|| self.link.map(Which::decision))
    }
}

/// Which bill `--link` means.
fn which(id: &str) -> Result<Which, String> {
    if id.is_empty() {
        return Ok(Which::TheOnly);
    }
    let id: Option<i64> = id.parse().ok().filter(|id| *id > 0);
    let id = id.ok_or("an id of Odoo is a number, as its address line shows it")?;
    Ok(Which::This(TargetId(id)))
}
