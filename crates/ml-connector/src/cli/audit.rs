//! `audit show`: the trail of a connection or of one record. `audit verify`: whether anybody changed it.
//!
//! A trail outlives its connection. Names may have been given again: a name means the connection that bears it, else the
//! one that bore it last; the numbers, which `audit verify` shows, are never given again.

use std::slice;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;
use store::Store;
use store::audit::{AuditEntry, ENTRIES_MAX, Verified};
use store::connections::ConnectionId;

use super::{Exit, open, output};
use crate::settings::Settings;

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Show what was done, by whom, when and why; oldest first.
    Show {
        /// The record, e.g. `customers 4711`; everything when absent.
        subject: Vec<String>,
        /// The connection, present or removed; needed when there are several.
        #[arg(long)]
        connection: Option<String>,
        /// Its number instead, where several had the name.
        #[arg(long, value_name = "NUMBER", conflicts_with = "connection")]
        id: Option<i64>,
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
        /// The connection, present or removed; all of them when absent.
        #[arg(long)]
        connection: Option<String>,
        /// Its number instead, where several had the name.
        #[arg(long, value_name = "NUMBER", conflicts_with = "connection")]
        id: Option<i64>,
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
                id,
                after,
                limit,
                json,
            } => {
                let trails = Trail::all(&store).await?;
                let trail = match (connection, id) {
                    (Some(name), _) => named(&trails, &name)?,
                    (None, Some(id)) => numbered(&trails, id)?,
                    (None, None) => only(&trails)?,
                };
                let subject = (!subject.is_empty()).then(|| subject.join(" "));
                let limit = limit.min(ENTRIES_MAX);
                let entries = store
                    .audit(trail.id, subject.as_deref(), after, limit)
                    .await?;
                show(&entries, json)?;
                Exit::Done
            }
            Self::Verify {
                connection,
                id,
                json,
            } => {
                let trails = Trail::all(&store).await?;
                let chosen = match (connection, id) {
                    (Some(name), _) => slice::from_ref(named(&trails, &name)?),
                    (None, Some(id)) => slice::from_ref(numbered(&trails, id)?),
                    (None, None) => trails.as_slice(),
                };
                verify(&store, chosen, json).await?
            }
        };
        store.close().await?;
        Ok(exit)
    }
}

/// The trail of a connection, present or removed.
struct Trail {
    id: ConnectionId,
    name: String,
    removed_at: Option<Timestamp>,
}

impl Trail {
    /// First those of the connections that are there, by name; then those of removed ones, by number.
    async fn all(store: &Store) -> Result<Vec<Self>> {
        let present = store.connections().await?.into_iter().map(|it| Self {
            id: it.id,
            name: it.name,
            removed_at: None,
        });
        let removed = store.removed_connections().await?;
        let removed = removed.into_iter().map(|it| Self {
            id: it.id,
            name: it.name,
            removed_at: Some(it.removed_at),
        });
        Ok(present.chain(removed).collect())
    }

    /// For a person: the name, and of a removed one when it went and its number.
    fn called(&self) -> String {
        let Self { id, name, .. } = self;
        self.removed_at.map_or_else(
            || name.clone(),
            |at| format!("{name} (removed {}, --id {id})", at.strftime("%Y-%m-%d")),
        )
    }
}

/// The connection that bears this name, else the one that bore it last; says so when it is not the only one.
fn named<'a>(trails: &'a [Trail], name: &str) -> Result<&'a Trail> {
    let bearers: Vec<&Trail> = trails.iter().filter(|trail| trail.name == name).collect();
    let chosen = match bearers.first() {
        Some(first) if first.removed_at.is_none() => first,
        _ => bearers.last().with_context(|| {
            format!(
                "there is and was no connection {name}; `ml-connector audit verify` names them all"
            )
        })?,
    };
    let others: Vec<String> = bearers
        .iter()
        .filter(|other| other.id != chosen.id)
        .map(|other| other.called())
        .collect();
    if chosen.removed_at.is_some() || !others.is_empty() {
        output::note(&format!("this is the trail of {}", chosen.called()));
    }
    if !others.is_empty() {
        output::note(&format!("others had the name: {}", others.join(", ")));
    }
    Ok(chosen)
}

fn numbered(trails: &[Trail], id: i64) -> Result<&Trail> {
    let found = trails.iter().find(|trail| i64::from(trail.id) == id);
    found.with_context(|| {
        format!("no connection has the number {id}; `ml-connector audit verify` names them all")
    })
}

/// The only connection that is there.
fn only(trails: &[Trail]) -> Result<&Trail> {
    let mut present = trails.iter().filter(|trail| trail.removed_at.is_none());
    match (present.next(), present.next()) {
        (Some(only), None) => Ok(only),
        _ => bail!(
            "say which connection with --connection; `ml-connector audit verify` names them all"
        ),
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

async fn verify(store: &Store, trails: &[Trail], json: bool) -> Result<Exit> {
    let mut exit = Exit::Done;
    let mut chains = Vec::new();
    for trail in trails {
        let (entries, head, broken) = match store.verify_audit(trail.id).await? {
            Verified::Intact { entries, head } => (Some(entries), head, None),
            Verified::Broken { seq, why } => {
                exit = Exit::Incomplete;
                (None, None, Some((seq, why)))
            }
        };
        if !json {
            let name = trail.called();
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
            "connection": trail.name,
            "id": i64::from(trail.id),
            "removed_at": trail.removed_at,
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
