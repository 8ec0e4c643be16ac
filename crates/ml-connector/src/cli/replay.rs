//! `replay`: makes records due again; whoever owns the engine carries them.

use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;
use store::records::Selection;
use sync::flow::Flow;
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
    #[arg(long, conflicts_with_all = ["dismiss", "approve"])]
    recreate: bool,
    /// Leave out what cannot be carried, until it changes in ServiceTitan.
    #[arg(long, conflicts_with = "approve")]
    dismiss: bool,
    /// Post bills that do not match their orders and receipts.
    #[arg(long)]
    approve: bool,
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
        let decisions = [
            (self.recreate, RECREATE),
            (self.dismiss, DISMISS),
            (self.approve, APPROVE),
        ];
        let mut decisions = decisions.into_iter().filter(|(is_meant, _)| *is_meant);
        let decision = decisions.next().map(|(_, decision)| decision);
        let (store, clock) = open(settings).await?;
        let selection = Selection {
            flow: self.flow,
            sources: self.ids.into_iter().map(SourceId).collect(),
            cause: self.cause,
            since: self.since,
            until: self.until,
            decision: decision.map(str::to_owned),
        };
        let mut count = 0;
        for connection in selected(&store, self.connection.as_deref()).await? {
            count += store
                .replay(connection.id, selection.clone(), &actor(), clock.now())
                .await?;
        }
        store.close().await?;
        if self.json {
            output::json(&serde_json::json!({"due": count}))?;
        } else {
            output::line(&format!(
                "{count} records are due again; a running service carries them, or `ml-connector sync`"
            ));
        }
        Ok(Exit::Done)
    }
}
