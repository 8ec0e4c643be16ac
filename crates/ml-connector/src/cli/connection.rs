//! `connection add/set/list/show/remove`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use serde_json::json;
use store::connections::{Connection, NewConnection};
use sync::record::Reason;

use super::{Exit, actor, open, output, selected, variable};
use crate::connection::{ConnectionFile, Profile};
use crate::settings::Settings;

#[derive(Debug, Subcommand)]
pub(super) enum ConnectionCommand {
    /// Add the connection that a file describes. Secrets are read now and stored encrypted.
    Add {
        /// The connection file (TOML).
        file: PathBuf,
    },
    /// Replace the settings and secrets of a connection by those of a file of the same name.
    Set {
        /// The connection file (TOML).
        file: PathBuf,
    },
    /// List the connections.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show a connection's settings, without its secrets.
    Show {
        /// The connection's name.
        name: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Remove a connection and everything that is known about its records. Odoo keeps what it has.
    Remove {
        /// The connection's name.
        name: String,
    },
}

impl ConnectionCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        let (store, clock) = open(settings).await?;
        match self {
            Self::Add { file } => {
                let connection = described(&file, settings)?;
                let name = connection.name.clone();
                store
                    .add_connection(connection, &actor(), clock.now())
                    .await?;
                output::line(&format!(
                    "added {name}; `ml-connector check {name}` looks at both systems"
                ));
            }
            Self::Set { file } => {
                let connection = described(&file, settings)?;
                let name = connection.name.clone();
                store
                    .replace_connection(&name.clone(), connection, &actor(), clock.now())
                    .await?;
                output::line(&format!("changed {name}"));
            }
            Self::List { json } => {
                let connections = store.connections().await?;
                if json {
                    output::json(&connections.iter().map(shown).collect::<Vec<_>>())?;
                } else {
                    let row = |c: &Connection| {
                        vec![
                            c.name.clone(),
                            c.state.as_str().to_owned(),
                            format!("tenant {}", c.tenant),
                            c.odoo.clone(),
                        ]
                    };
                    output::table(&connections.iter().map(row).collect::<Vec<_>>());
                }
            }
            Self::Show { name, json } => {
                let connection = selected(&store, Some(&name)).await?.remove(0);
                if json {
                    output::json(&shown(&connection))?;
                } else {
                    let secrets = store.secrets(connection.id).await?.into_keys();
                    show(&connection, &secrets.collect::<Vec<_>>())?;
                }
            }
            Self::Remove { name } => {
                store
                    .remove_connection(&name, &actor(), clock.now())
                    .await?;
                output::line(&format!("removed {name}; Odoo keeps what it has"));
            }
        }
        store.close().await?;
        Ok(Exit::Done)
    }
}

/// A connection file without secrets; what else there is to say stands in its comments.
fn show(connection: &Connection, secrets: &[String]) -> Result<()> {
    let profile: Profile = serde_json::from_value(connection.settings.clone()).context(
        "the stored settings cannot be read: run `ml-connector connection set FILE` again",
    )?;
    let mut said = vec![format!(
        "{} is {}",
        connection.name,
        connection.state.as_str()
    )];
    if let Some(Reason {
        cause,
        what,
        advice,
    }) = &connection.paused
    {
        said.extend([cause.clone(), what.clone(), advice.clone()]);
    }
    said.push(format!(
        "secrets (stored encrypted): {}",
        secrets.join(", ")
    ));
    // What a vendor said may have several lines.
    for line in said.iter().flat_map(|said| said.lines()) {
        output::line(&format!("# {line}"));
    }
    output::line(&profile.to_toml());
    Ok(())
}

fn described(file: &std::path::Path, settings: &Settings) -> Result<NewConnection> {
    let ConnectionFile { profile, secrets } = ConnectionFile::read(file, variable)?;
    for warning in profile.warnings(settings.public_url.as_ref()) {
        output::note(&format!("warning: {warning}"));
    }
    Ok(NewConnection {
        name: profile.name.clone(),
        tenant: profile.servicetitan.tenant_id,
        odoo: profile.odoo_identity(),
        settings: serde_json::to_value(&profile)?,
        secrets,
    })
}

fn shown(connection: &Connection) -> serde_json::Value {
    json!({
        "name": connection.name,
        "state": connection.state.as_str(),
        "paused": connection.paused,
        "tenant": connection.tenant,
        "odoo": connection.odoo,
        "settings": connection.settings,
    })
}
