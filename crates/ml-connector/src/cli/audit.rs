//! `audit show`: the trail of a connection or of one record. `audit verify`: whether anybody changed it.

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::json;
use store::Store;
use store::audit::{AuditEntry, ENTRIES_MAX, Verified};
use store::connections::Connection;

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
    /// Recompute the chain of hashes; exit code 1 when an entry was changed or taken out.
    Verify {
        /// The connection; all of them when absent.
        #[arg(long)]
        connection: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

impl AuditCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        let (store, _) = open(settings).await?;
        let exit = match self {
            Self::Show {
                subject,
                connection,
                after,
                limit,
                json,
            } => {
                let connections = selected(&store, connection.as_deref()).await?;
                let [connection] = connections.as_slice() else {
                    bail!(
                        "say which connection with --connection; `ml-connector connection list` names them"
                    );
                };
                let subject = (!subject.is_empty()).then(|| subject.join(" "));
                let limit = limit.min(ENTRIES_MAX);
                let entries = store
                    .audit(connection.id, subject.as_deref(), after, limit)
                    .await?;
                show(&entries, json)?;
                Exit::Done
            }
            Self::Verify { connection, json } => {
                let connections = selected(&store, connection.as_deref()).await?;
                verify(&store, &connections, json).await?
            }
        };
        store.close().await?;
        Ok(exit)
    }
}

fn show(entries: &[AuditEntry], json: bool) -> Result<()> {
    if json {
        return output::json(&entries.iter().map(shape).collect::<Vec<_>>());
    }
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
    Ok(())
}

async fn verify(store: &Store, connections: &[Connection], json: bool) -> Result<Exit> {
    let mut exit = Exit::Done;
    let mut chains = Vec::new();
    for Connection { id, name, .. } in connections {
        let (entries, head, broken) = match store.verify_audit(*id).await? {
            Verified::Intact { entries, head } => (Some(entries), head, None),
            Verified::Broken { seq, why } => {
                exit = Exit::Incomplete;
                (None, None, Some((seq, why)))
            }
        };
        if !json {
            output::line(&match (&broken, &head) {
                (Some((_, why)), _) => format!("{name}: BROKEN: {why}"),
                (None, Some(head)) => format!(
                    "{name}: intact, {} entries, the last one is {head}",
                    entries.unwrap_or_default()
                ),
                (None, None) => format!("{name}: intact, no entries"),
            });
        }
        let (broken_at, why) = broken.unzip();
        chains.push(json!({
            "connection": name,
            "intact": why.is_none(),
            "entries": entries,
            "head": head,
            "broken_at": broken_at,
            "why": why,
        }));
    }
    if json {
        output::json(&chains)?;
    }
    Ok(exit)
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
