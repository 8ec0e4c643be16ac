//! `mapping import` and `mapping export`: the mappings as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use store::mappings::NewMapping;
use sync::mapping::MappingKind;

use super::super::output;
use super::Stop;
use super::desk::{Desk, unreadable};
use crate::engine::reference::{MappingKey, Target};
use crate::engine::vendors::Vendors;
use crate::mapping::resolve;
use crate::mapping::sheet::{BYTES_MAX, COLUMNS, SheetMistake, SheetRow, read, told, written};

/// Writes what is mapped.
pub(super) async fn export(desk: &Desk, file: Option<&Path>) -> Result<(), Stop> {
    let mappings = desk.mappings().await?;
    let text = written(&mappings);
    let Some(path) = file else {
        output::line(text.trim_end());
        return Ok(());
    };
    let opened = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = opened.with_context(|| format!("cannot make {}", path.display()))?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    output::line(&format!("wrote {} mappings", mappings.len()));
    Ok(())
}

/// Maps what a table says, once all of it is found to be right.
pub(super) async fn import(desk: &Desk, path: &Path) -> Result<(), Stop> {
    let shown = path.display();
    let size = fs::metadata(path)
        .with_context(|| format!("cannot read {shown}"))?
        .len();
    if size > BYTES_MAX as u64 {
        return Err(anyhow!("{shown} is larger than {BYTES_MAX} bytes").into());
    }
    let text = fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let refused = |mistakes: &[SheetMistake]| {
        anyhow!("nothing of {shown} was taken over:\n{}", told(mistakes))
    };
    let rows = read(&text).map_err(|mistakes| refused(&mistakes))?;
    let vendors = desk.vendors().await?;
    let mut known: BTreeMap<MappingKind, Known> = BTreeMap::new();
    let kinds: BTreeSet<MappingKind> = rows.iter().map(|row| row.kind).collect();
    for kind in kinds {
        known.insert(kind, Known::read(&vendors, kind).await?);
    }
    let (mut new, mut mistakes) = (Vec::new(), Vec::new());
    let mut lines: BTreeMap<(MappingKind, String), u64> = BTreeMap::new();
    for row in &rows {
        match known[&row.kind].mapping(row) {
            Ok(mapping) => {
                if let Some(line) = lines.insert((row.kind, mapping.key.clone()), row.line) {
                    let what = format!("stands in line {line} already");
                    mistakes.push(mistake(row, 1, what));
                }
                new.push(mapping);
            }
            Err(found) => mistakes.extend(found),
        }
    }
    if !mistakes.is_empty() {
        return Err(refused(&mistakes).into());
    }
    let said = format!("took over {} mappings", new.len());
    desk.set(new, &said).await
}

/// What both systems have of a kind.
struct Known {
    keys: Option<Vec<MappingKey>>,
    targets: Option<Vec<Target>>,
}

impl Known {
    async fn read(vendors: &Vendors, kind: MappingKind) -> Result<Self, Stop> {
        Ok(Self {
            keys: vendors.mapping_keys(kind).await?,
            targets: vendors.targets(kind).await?,
        })
    }

    /// What a row says, if it is there on both sides.
    fn mapping(&self, row: &SheetRow) -> Result<NewMapping, Vec<SheetMistake>> {
        let key = match &self.keys {
            Some(keys) => resolve::key(row.kind, &row.key, keys)
                .map_err(|unclear| mistake(row, 1, unclear.to_string())),
            None => Ok(resolve::unseen(&row.key)),
        };
        match (key, self.target(row)) {
            (Ok(mut key), Ok(target)) => {
                if key.name.is_empty() {
                    key.name.clone_from(&row.label);
                }
                Ok(super::mapping(row.kind, &key, target))
            }
            (key, target) => Err([key.err(), target.err()].into_iter().flatten().collect()),
        }
    }

    fn target(&self, row: &SheetRow) -> Result<&Target, SheetMistake> {
        let Some(targets) = &self.targets else {
            return Err(mistake(row, 3, unreadable(row.kind)));
        };
        let by_id = row.target_id.map(|id| {
            let mut found = targets.iter().filter(|target| target.id == id);
            found.next().ok_or_else(|| {
                let what = format!("Odoo has no {} {id}", row.kind.target_noun());
                mistake(row, 4, what)
            })
        });
        if row.target.is_empty() {
            return by_id.expect("a row names a target or its id");
        }
        match (resolve::target(row.kind, &row.target, targets), by_id) {
            (_, Some(Err(mistake))) => Err(mistake),
            (Ok(named), None) => Ok(named),
            (Ok(named), Some(Ok(target))) if named.id == target.id => Ok(target),
            // The id says which of several.
            (Err(resolve::Unclear::SeveralTargets { .. }), Some(Ok(target)))
                if resolve::is_called(target, &row.target) =>
            {
                Ok(target)
            }
            (Ok(named), Some(Ok(target))) => {
                let what = format!(
                    "is {} in Odoo, and not what target_id names: {}",
                    resolve::shown(named),
                    resolve::shown(target)
                );
                Err(mistake(row, 3, what))
            }
            (Err(unclear), _) => Err(mistake(row, 3, unclear.to_string())),
        }
    }
}

fn mistake(row: &SheetRow, column: usize, what: String) -> SheetMistake {
    SheetMistake {
        line: row.line,
        column: Some(COLUMNS[column]),
        what,
    }
}
