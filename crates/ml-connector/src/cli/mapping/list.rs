//! `mapping list`: what is mapped, and what has to be.

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use servicetitan::record::GlAccountRef;
use store::mappings::Mapping;
use sync::directory::{Account, Directory};
use sync::mapping::{MappingKind, Mappings, command};

use super::super::{Exit, open, output, selected};
use super::Stop;
use super::desk::{self, Desk};
use crate::engine::reference::{MappingKey, Target};
use crate::engine::vendors::Vendors;
use crate::mapping::resolve;
use crate::settings::Settings;

#[derive(Debug, Args)]
pub(in crate::cli) struct List {
    /// Only this connection.
    #[arg(long)]
    connection: Option<String>,
    /// Only this kind.
    #[arg(long)]
    kind: Option<MappingKind>,
    /// What ServiceTitan has, is not mapped, and means nothing in Odoo by itself; reads both systems, and ends with 1 if
    /// there is anything.
    #[arg(long)]
    missing: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Something that has to be mapped.
#[derive(Debug, Serialize)]
struct Missing {
    kind: MappingKind,
    key: String,
    label: String,
    what: String,
    command: String,
}

impl List {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit, Stop> {
        if self.missing {
            return self.missing(settings).await;
        }
        let (store, _clock) = open(settings).await?;
        let mut shown = Vec::new();
        for connection in selected(&store, self.connection.as_deref()).await? {
            let mappings = store.mappings(connection.id).await?.into_iter();
            let wanted =
                mappings.filter(|one| self.kind.is_none_or(|kind| one.mapping.kind == kind));
            shown.extend(wanted.map(|one| (connection.name.clone(), one)));
        }
        store.close().await?;
        if self.json {
            let all: Vec<Value> = shown.iter().map(|(name, one)| as_json(name, one)).collect();
            output::json(&all)?;
        } else if shown.is_empty() {
            output::line(
                "Nothing is mapped. `ml-connector mapping list --missing` shows what has to be.",
            );
        } else {
            let rows: Vec<Vec<String>> =
                shown.iter().map(|(name, one)| as_row(name, one)).collect();
            output::table(&rows);
        }
        Ok(Exit::Done)
    }

    async fn missing(self, settings: &Settings) -> Result<Exit, Stop> {
        let desk = Desk::open(settings, self.connection.as_deref()).await?;
        let vendors = desk.vendors().await?;
        let mapped = desk.store.mapped(desk.connection.id).await?;
        let mut missing = Vec::new();
        for kind in MappingKind::ALL {
            if self.kind.is_none_or(|wanted| wanted == kind) {
                missing.extend(missing_of(&vendors, kind, &mapped).await?);
            }
        }
        desk.close().await?;
        if self.json {
            output::json(&missing)?;
        } else if missing.is_empty() {
            output::line("Nothing is missing.");
        }
        if !self.json {
            for one in &missing {
                output::line(&one.what);
                output::line(&format!("          -> {}", one.command));
            }
        }
        Ok(if missing.is_empty() {
            Exit::Done
        } else {
            Exit::Incomplete
        })
    }
}

/// What of a kind has to be mapped. Business units have accounts of their own, warehouses and categories Odoo's default, and nothing uses
/// tax zones yet: of these only
/// what is mapped to something that is gone.
async fn missing_of(
    vendors: &Vendors,
    kind: MappingKind,
    mapped: &Mappings,
) -> Result<Vec<Missing>, Stop> {
    let Some(keys) = vendors.mapping_keys(kind).await? else {
        output::note(&format!(
            "the app may not read ServiceTitan's {}s: nothing is said of them",
            kind.noun()
        ));
        return Ok(Vec::new());
    };
    let Some(targets) = vendors.targets(kind).await? else {
        output::note(&desk::unreadable(kind));
        return Ok(Vec::new());
    };
    let directory = directory(kind, &keys, &targets).with_mappings(mapped.clone());
    let word = match kind {
        MappingKind::GlAccount => "CODE",
        MappingKind::BusinessUnit
        | MappingKind::ItemCategory
        | MappingKind::PaymentTerm
        | MappingKind::PaymentType
        | MappingKind::TaxZone
        | MappingKind::Warehouse => "NAME",
    };
    let missing = |key: MappingKey| {
        let what = wanting(kind, &key, &directory, &targets)?;
        Some(Missing {
            kind,
            command: command(kind, &key.key, word),
            key: key.key,
            label: key.name,
            what,
        })
    };
    let active = keys.into_iter().filter(|key| key.active);
    Ok(active.filter_map(missing).collect())
}

/// What the engine would find these things in.
fn directory(kind: MappingKind, keys: &[MappingKey], targets: &[Target]) -> Directory {
    let directory = Directory::default();
    match kind {
        MappingKind::GlAccount => directory.with_accounts(targets.iter().map(|target| Account {
            id: target.id,
            code: target.code.clone(),
            name: target.name.clone(),
        })),
        MappingKind::PaymentTerm => {
            let named = targets
                .iter()
                .map(|target| (target.id, target.name.clone()));
            let terms = keys
                .iter()
                .filter_map(|key| Some((key.key.parse().ok()?, key.name.clone())));
            directory.with_payment_terms(named, Some(terms.collect()))
        }
        MappingKind::BusinessUnit
        | MappingKind::ItemCategory
        | MappingKind::PaymentType
        | MappingKind::TaxZone
        | MappingKind::Warehouse => directory,
    }
}

/// Why a key means nothing in Odoo, if it does not.
fn wanting(
    kind: MappingKind,
    key: &MappingKey,
    directory: &Directory,
    targets: &[Target],
) -> Option<String> {
    match kind {
        MappingKind::GlAccount => {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let quoted = GlAccountRef {
                id: None,
                name: given(&key.name),
                number: given(&key.number),
                kind: None,
                detail_type: None,
            };
            directory
                .ledger_account(&quoted)
                .err()
                .map(|reason| reason.what)
        }
        MappingKind::PaymentTerm => {
            let mut warnings = Vec::new();
            directory.payment_term(key.key.parse().ok()?, &mut warnings);
            let shown = sync::plain::quoted(&key.name);
            (!warnings.is_empty()).then(|| {
                format!(
                    "ServiceTitan's payment term {} {shown} is not in Odoo, or several are called so, or the one that it is \
                     mapped to is gone.",
                    key.key
                )
            })
        }
        MappingKind::BusinessUnit
        | MappingKind::ItemCategory
        | MappingKind::PaymentType
        | MappingKind::TaxZone
        | MappingKind::Warehouse => {
            let target = directory.mapped(kind, &key.key)?;
            let is_gone = targets.iter().all(|known| known.id != target);
            is_gone.then(|| {
                format!(
                    "ServiceTitan's {} {} {} is mapped to Odoo's {} {target}, which is gone.",
                    kind.noun(),
                    key.key,
                    sync::plain::quoted(&key.name),
                    kind.target_noun()
                )
            })
        }
    }
}

fn as_row(connection: &str, one: &Mapping) -> Vec<String> {
    let mapping = &one.mapping;
    let target = Target {
        id: mapping.target.id,
        code: mapping.target.code.clone(),
        name: mapping.target.name.clone(),
        other_name: None,
        rate: None,
    };
    vec![
        connection.to_owned(),
        mapping.kind.to_string(),
        mapping.key.clone(),
        mapping.label.clone(),
        format!("-> {}", resolve::shown(&target)),
        format!("{} {}", one.set_by, one.set_at.strftime("%Y-%m-%d")),
    ]
}

fn as_json(connection: &str, one: &Mapping) -> Value {
    let mapping = &one.mapping;
    json!({
        "connection": connection, "kind": mapping.kind, "key": mapping.key, "label": mapping.label,
        "target": {
            "model": mapping.kind.model(), "id": mapping.target.id, "code": mapping.target.code,
            "name": mapping.target.name,
        },
        "set_at": one.set_at, "set_by": one.set_by,
    })
}
