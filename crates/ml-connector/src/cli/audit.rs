//! `audit show`: the trail of a connection or of one record.

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::json;
use store::audit::{AuditEntry, ENTRIES_MAX};

use super::{Exit, open, output, selected};
use crate::settings::Settings;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Show what was done, by whom, when and why; oldest first.
    Show {
        /// The record, e.g. `customers 4711`; everything when absent.
        subject: Vec<String>,
        /// The connection; needed when there are several.
        #[arg(long)]
        connection: Option<String>,
        /// Entries after this number.
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// At most this many entries.
        #[arg(long, default_value_t = 200)]
        limit: usize,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

impl AuditCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        let Self::Show {
            subject,
            connection,
            after,
            limit,
            json,
        } = self;
        let (store, _) = open(settings).await?;
        let connections = selected(&store, connection.as_deref()).await?;
        let [connection] = connections.as_slice() else {
            bail!(
                "say which connection with --connection; `ml-connector connection list` names them"
            );
        };
        let subject = (!subject.is_empty()).then(|| subject.join(" "));
        let entries = store
            .audit(
                connection.id,
                subject.as_deref(),
                after,
                limit.min(ENTRIES_MAX),
            )
            .await?;
        store.close().await?;
        if json {
            output::json(&entries.iter().map(shape).collect::<Vec<_>>())?;
        } else {
            let row = |e: &AuditEntry| {
                let at = e.at.strftime("%Y-%m-%d %H:%M:%S").to_string();
                vec![
                    e.seq.to_string(),
                    at,
                    e.actor.clone(),
                    e.subject.clone(),
                    e.action.clone(),
                    e.detail.clone(),
                ]
            };
            output::table(&entries.iter().map(row).collect::<Vec<_>>());
        }
        Ok(Exit::Done)
    }
}

fn shape(entry: &AuditEntry) -> serde_json::Value {
    json!({
        "seq": entry.seq,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
        "payload_hash": entry.payload_hash,
        "hash": entry.hash,
    })
}
