//! `mapping suggest`: what may belong together, and, on request, mapping it.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Value, json};
use sync::flow::Flow;
use sync::mapping::MappingKind;
use sync::record::SourceId;

use super::super::{Exit, output};
use super::Stop;
use super::desk::{self, Desk};
use crate::engine::reference::{MappingKey, Target};
use crate::engine::vendors::Vendors;
use crate::mapping::resolve;
use crate::mapping::suggest::{Suggestion, suggestions};
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(in crate::cli) struct Suggest {
    /// The connection; may be left out where there is only one.
    #[arg(long)]
    connection: Option<String>,
    /// Only this kind.
    #[arg(long)]
    kind: Option<MappingKind>,
    /// Map what has the same number or the same name.
    #[arg(long)]
    apply: bool,
    /// With `--apply`: also what is only similar.
    #[arg(long, requires = "apply")]
    all: bool,
    /// As JSON.
    #[arg(long, conflicts_with = "apply")]
    json: bool,
}

/// What both systems have of a kind that is not mapped yet.
struct Unmapped {
    kind: MappingKind,
    keys: Vec<MappingKey>,
    targets: Vec<Target>,
}

impl Suggest {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit, Stop> {
        let desk = Desk::open(settings, self.connection.as_deref()).await?;
        let vendors = desk.vendors().await?;
        let mut all = Vec::new();
        for kind in MappingKind::ALL {
            if self.kind.is_none_or(|wanted| wanted == kind) {
                all.extend(unmapped(&desk, &vendors, kind).await?);
            }
        }
        let found: Vec<(MappingKind, Suggestion<'_>)> = all
            .iter()
            .flat_map(|one| {
                let found = suggestions(&one.keys, &one.targets).into_iter();
                found.map(|suggestion| (one.kind, suggestion))
            })
            .collect();
        if self.json {
            output::json(&found.iter().map(as_json).collect::<Vec<_>>())?;
        } else if found.is_empty() {
            output::line("There is nothing to suggest.");
        } else {
            output::table(&found.iter().map(as_row).collect::<Vec<_>>());
        }
        if self.apply {
            self.apply(&desk, &found).await?;
        }
        desk.close().await
    }

    async fn apply(
        &self,
        desk: &Desk,
        found: &[(MappingKind, Suggestion<'_>)],
    ) -> Result<(), Stop> {
        let chosen = found
            .iter()
            .filter(|(_, suggestion)| self.all || suggestion.likeness.is_exact());
        let new: Vec<_> = chosen
            .map(|(kind, suggestion)| super::mapping(*kind, suggestion.key, suggestion.target))
            .collect();
        if new.is_empty() {
            output::line("Nothing of it is exact; --all maps what is similar, too.");
            return Ok(());
        }
        let said = format!("mapped {} of {}", new.len(), found.len());
        desk.set(new, &said).await
    }
}

/// Active things of ServiceTitan's without a mapping, and what they may be in Odoo: not what the connector made itself.
async fn unmapped(
    desk: &Desk,
    vendors: &Vendors,
    kind: MappingKind,
) -> Result<Option<Unmapped>, Stop> {
    let Some(mut keys) = vendors.mapping_keys(kind).await? else {
        output::note(&format!(
            "the app may not read ServiceTitan's {}s: nothing is suggested for them",
            kind.noun()
        ));
        return Ok(None);
    };
    let Some(mut targets) = vendors.targets(kind).await? else {
        output::note(&desk::unreadable(kind));
        return Ok(None);
    };
    let own = if kind == MappingKind::BusinessUnit {
        own_accounts(desk, &keys).await?
    } else {
        BTreeSet::new()
    };
    targets.retain(|target| !own.contains(&target.id));
    let mapped = desk.store.mapped(desk.connection.id).await?;
    keys.retain(|key| key.active && mapped.get(kind, &key.key).is_none());
    Ok(Some(Unmapped {
        kind,
        keys,
        targets,
    }))
}

/// The analytic accounts that the connector made for these units.
async fn own_accounts(desk: &Desk, units: &[MappingKey]) -> Result<BTreeSet<i64>, Stop> {
    let name = |unit: &MappingKey| Flow::BusinessUnits.link_name(&SourceId(unit.key.clone()));
    let names: Vec<_> = units.iter().map(name).collect();
    let links = desk.store.links(desk.connection.id, &names).await?;
    let own = links.into_values().filter(|link| !link.is_alias());
    Ok(own.map(|link| link.target.0).collect())
}

fn as_row((kind, suggestion): &(MappingKind, Suggestion<'_>)) -> Vec<String> {
    vec![
        kind.to_string(),
        suggestion.key.key.clone(),
        suggestion.key.name.clone(),
        format!("-> {}", resolve::shown(suggestion.target)),
        suggestion.likeness.as_str().to_owned(),
    ]
}

fn as_json((kind, suggestion): &(MappingKind, Suggestion<'_>)) -> Value {
    let target = suggestion.target;
    json!({
        "kind": kind, "key": suggestion.key.key, "label": suggestion.key.name,
        "target": {"model": kind.model(), "id": target.id, "code": target.code, "name": target.name},
        "why": suggestion.likeness.as_str(), "exact": suggestion.likeness.is_exact(),
    })
}
