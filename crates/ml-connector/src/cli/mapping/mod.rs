//! `mapping list/set/remove/suggest/import/export`: what things of ServiceTitan's are in Odoo.
//!
//! What is written is looked up in both systems first, and refused where it is not there or ambiguous.

mod desk;
mod list;
mod sheet;
mod suggest;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use store::mappings::{MappingTarget, NewMapping};
use sync::mapping::MappingKind;

use super::{Exit, output};
use crate::engine::Halt;
use crate::engine::reference::{MappingKey, Target};
use crate::mapping::resolve;
use crate::settings::Settings;
use desk::Desk;

#[derive(Debug, Subcommand)]
pub(super) enum MappingCommand {
    /// List what is mapped; with `--missing` what has to be.
    List(list::List),
    /// Map something: `set gl-account 5000 600000`.
    Set {
        /// What is mapped: business-unit, gl-account, item-category, payment-term, payment-type, tax-zone or warehouse.
        kind: MappingKind,
        /// ServiceTitan's number, id or name of it.
        key: String,
        /// Odoo's code, id (`id:7` where a code could be meant, too) or exact name.
        target: String,
        /// The connection; may be left out where there is only one.
        #[arg(long)]
        connection: Option<String>,
    },
    /// Take a mapping away.
    Remove {
        /// What is mapped.
        kind: MappingKind,
        /// The key, as `list` shows it.
        key: String,
        /// The connection; may be left out where there is only one.
        #[arg(long)]
        connection: Option<String>,
    },
    /// Suggest mappings by number, by name and by similar name. Changes nothing without `--apply`.
    Suggest(suggest::Suggest),
    /// Set the mappings of a table (CSV), all of them or none.
    Import {
        /// The file, as `export` writes it; code or name, or the id, may be left empty.
        file: PathBuf,
        /// The connection; may be left out where there is only one.
        #[arg(long)]
        connection: Option<String>,
    },
    /// Write the mappings as a table (CSV).
    Export {
        /// The file, which must not exist; standard output when absent.
        file: Option<PathBuf>,
        /// The connection; may be left out where there is only one.
        #[arg(long)]
        connection: Option<String>,
    },
}

/// Why a command went no further.
enum Stop {
    /// A vendor, or our own store.
    Halt(Halt),
    /// What was asked for cannot be done.
    Refused(anyhow::Error),
}

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

impl MappingCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        match self.act(settings).await {
            Ok(exit) => Ok(exit),
            Err(Stop::Refused(error)) => Err(error),
            Err(Stop::Halt(Halt::Store(error))) => Err(error.into()),
            Err(Stop::Halt(
                Halt::Pause(reason)
                | Halt::Hold(_, _, reason)
                | Halt::Vendor(_, reason)
                | Halt::Refused(_, reason),
            )) => {
                output::complain(&format!("{} {}", reason.what, reason.advice));
                Ok(Exit::Vendor)
            }
        }
    }

    async fn act(self, settings: &Settings) -> Result<Exit, Stop> {
        match self {
            Self::List(command) => command.run(settings).await,
            Self::Set {
                kind,
                key,
                target,
                connection,
            } => set(settings, connection.as_deref(), kind, &key, &target).await,
            Self::Remove {
                kind,
                key,
                connection,
            } => {
                let desk = Desk::open(settings, connection.as_deref()).await?;
                desk.remove(kind, &key).await?;
                desk.close().await
            }
            Self::Suggest(command) => command.run(settings).await,
            Self::Import { file, connection } => {
                let desk = Desk::open(settings, connection.as_deref()).await?;
                sheet::import(&desk, &file).await?;
                desk.close().await
            }
            Self::Export { file, connection } => {
                let desk = Desk::open(settings, connection.as_deref()).await?;
                sheet::export(&desk, file.as_deref()).await?;
                desk.close().await
            }
        }
    }
}

async fn set(
    settings: &Settings,
    connection: Option<&str>,
    kind: MappingKind,
    key: &str,
    target: &str,
) -> Result<Exit, Stop> {
    let desk = Desk::open(settings, connection).await?;
    let vendors = desk.vendors().await?;
    let targets = desk::targets(&vendors, kind).await?;
    let target = resolve::target(kind, target, &targets)?;
    let key = if let Some(keys) = vendors.mapping_keys(kind).await? {
        resolve::key(kind, key, &keys)?
    } else {
        output::note(&format!(
            "the app may not read ServiceTitan's {}s: the key is taken as it is",
            kind.noun()
        ));
        resolve::unseen(key)
    };
    if kind == MappingKind::GlAccount && key.name.is_empty() {
        output::note(
            "ServiceTitan's list of accounts does not hold this one; lines may quote it all the same",
        );
    }
    let new = mapping(kind, &key, target);
    let said = format!(
        "{kind} {} means {} in Odoo",
        key.key,
        resolve::shown(target)
    );
    desk.set(vec![new], &said).await?;
    desk.close().await
}

/// The mapping of a key to a record of Odoo's.
fn mapping(kind: MappingKind, key: &MappingKey, target: &Target) -> NewMapping {
    NewMapping {
        kind,
        key: key.key.clone(),
        label: sync::plain::line(&key.name),
        target: MappingTarget {
            id: target.id,
            code: sync::plain::line(&target.code),
            name: sync::plain::line(&target.name),
        },
    }
}
