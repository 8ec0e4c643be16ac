//! `failures`: what failed, grouped by cause, in plain words, with what to do.

use std::rc::Rc;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use store::Store;
use store::connections::Connection;
use store::status::FailureGroup;

use super::at_stake::AtStake;
use super::{Exit, open, output, selected};
use crate::held::Held;
use crate::settings::Settings;

/// Records of a group that a person is shown; JSON has all that the store gives.
const SHOWN_MAX: usize = 10;

#[derive(Debug, Args)]
pub(super) struct Failures {
    /// The connection to look at; all of them when absent.
    connection: Option<String>,
    /// Instead, what was brought although something of it had to be left out, e.g. a state that Odoo does not know.
    #[arg(long)]
    warnings: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Failures {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        let (store, _) = open(settings).await?;
        let mut groups = Vec::new();
        let connections = selected(&store, self.connection.as_deref()).await?;
        if self.warnings {
            tell_warnings(&store, &connections, self.json).await?;
            store.close().await?;
            return Ok(Exit::Done);
        }
        for connection in &connections {
            let found = store.failures(Some(connection.id)).await?;
            let amounts = AtStake::read(&store, connection.id).await?;
            let amounts = Rc::new(amounts);
            let named = found.into_iter();
            groups.extend(named.map(|group| Told {
                connection: connection.name.clone(),
                amounts: Rc::clone(&amounts),
                group,
            }));
        }
        if self.json {
            output::json(&groups.iter().map(shape).collect::<Vec<_>>())?;
        } else {
            let paused = connections
                .iter()
                .filter_map(|connection| Some((&connection.name, connection.paused.as_ref()?)));
            for (name, reason) in paused.clone() {
                output::line(&format!("{name} is paused: {}", reason.cause));
                output::line(&format!("  {}", reason.what));
                output::line(&format!("  what to do: {}", reason.advice));
            }
            let mut held_flows = 0;
            for connection in &connections {
                for held in Held::of(&store, connection.id).await? {
                    output::line(&format!("{}: {}", connection.name, held.sentence()));
                    held_flows += 1;
                }
            }
            for told in &groups {
                show(told);
            }
            if groups.is_empty() && paused.count() + held_flows == 0 {
                output::line("Nothing failed, and nothing waits for a person.");
            }
        }
        store.close().await?;
        Ok(Exit::Done)
    }
}

async fn tell_warnings(store: &Store, connections: &[Connection], as_json: bool) -> Result<()> {
    let mut shapes = Vec::new();
    for connection in connections {
        for (key, warnings) in store.warnings(connection.id).await? {
            if !as_json {
                for warning in &warnings {
                    output::line(&format!("{}: {key}  {warning}", connection.name));
                }
            }
            shapes.push(json!({
                "connection": connection.name, "flow": key.flow, "id": key.source, "warnings": warnings,
            }));
        }
    }
    if as_json {
        output::json(&shapes)?;
    } else if shapes.is_empty() {
        output::line("Nothing was left out.");
    }
    Ok(())
}

/// A group of failures, with whose they are and what is at stake.
struct Told {
    connection: String,
    amounts: Rc<AtStake>,
    group: FailureGroup,
}

fn shape(told: &Told) -> Value {
    let Told {
        connection,
        amounts,
        group,
    } = told;
    let records: Vec<Value> = group
        .records
        .iter()
        .map(|record| {
            let amount = amounts.amount(group, &record.source);
            json!({"id": record.source, "what": record.what, "since": record.since, "amount": amount})
        })
        .collect();
    json!({
        "connection": connection,
        "flow": group.flow,
        "state": group.state,
        "cause": group.cause,
        "advice": group.advice,
        "count": group.count,
        // Of documents: what ServiceTitan says that all of them come to, in the company's currency.
        "amount": amounts.sum(group),
        "records": records,
    })
}

fn show(told: &Told) {
    let Told {
        connection,
        amounts,
        group,
    } = told;
    let sum = amounts.sum(group);
    output::line(&format!(
        "{connection}: {} {} {}: {}{}",
        group.count,
        group.flow,
        group.state,
        group.cause,
        sum.map(|sum| format!(", {sum} at stake"))
            .unwrap_or_default()
    ));
    output::line(&format!("  what to do: {}", group.advice));
    for record in group.records.iter().take(SHOWN_MAX) {
        let amount = amounts.amount(group, &record.source);
        let amount = amount
            .map(|amount| format!("  {amount}"))
            .unwrap_or_default();
        output::line(&format!("  {}{amount}  {}", record.source, record.what));
    }
    let shown = group.records.len().min(SHOWN_MAX) as u64;
    if group.count > shown {
        output::line(&format!("  and {} more", group.count - shown));
    }
}
