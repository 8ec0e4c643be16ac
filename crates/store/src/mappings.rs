//! Mappings: what an operator said that something of ServiceTitan's is in Odoo, per connection.
//!
//! Guarantees: a key of a kind is mapped to one target; a list of mappings is set whole or not at all; every change is an
//! entry of the audit trail, and counted, so that a running engine notices it. What is set to what it is already is no
//! change.

use jiff::Timestamp;
use sync::mapping::{MappingKind, Mappings, folded_key};

use crate::audit::{self, Salted};
use crate::connections::{self, ConnectionId};
use crate::limit::refuse_beyond;
use crate::row::{Cell, FromCell, Param, Row, params};
use crate::store::no_connection;
use crate::tx::Tx;
use crate::{Result, Store};

/// Mappings that one call of [`Store::set_mappings`] takes at most.
pub const MAPPINGS_MAX: usize = 10_000;

/// What a key means in Odoo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingTarget {
    /// Odoo's id.
    pub id: i64,
    /// Odoo's code of it; empty where it has none.
    pub code: String,
    /// Odoo's name of it.
    pub name: String,
}

/// A mapping to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMapping {
    /// What is mapped.
    pub kind: MappingKind,
    /// ServiceTitan's key of it; kept without case and surplus spaces.
    pub key: String,
    /// What ServiceTitan calls it, for people; empty if nobody knows.
    pub label: String,
    /// What it is in Odoo.
    pub target: MappingTarget,
}

/// A mapping as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// What is mapped to what.
    pub mapping: NewMapping,
    /// When it was set.
    pub set_at: Timestamp,
    /// By whom.
    pub set_by: String,
}

impl FromCell for MappingKind {
    fn from_cell(cell: Cell) -> Option<Self> {
        String::from_cell(cell)?.parse().ok()
    }
}

impl From<MappingKind> for Param<'_> {
    fn from(value: MappingKind) -> Self {
        Self::Text(value.as_str())
    }
}

const COLUMNS: &str = "kind, key, label, target, target_code, target_name, set_at, set_by";

fn mapping(row: &mut Row) -> Result<Mapping> {
    Ok(Mapping {
        mapping: NewMapping {
            kind: row.take(0)?,
            key: row.take(1)?,
            label: row.take(2)?,
            target: MappingTarget {
                id: row.take(3)?,
                code: row.take(4)?,
                name: row.take(5)?,
            },
        },
        set_at: row.take(6)?,
        set_by: row.take(7)?,
    })
}

/// What the trail tells of a mapping: no vendor's text.
fn told(new: &NewMapping) -> String {
    format!("means {} {} in Odoo", new.kind.target_noun(), new.target.id)
}

fn subject(kind: MappingKind, key: &str) -> String {
    format!("mapping {kind} {key}")
}

/// A mapping with the entry that tells of it.
struct Draft {
    new: NewMapping,
    entries: Vec<Salted>,
}

impl Draft {
    /// Whether anything changed.
    fn put(&self, tx: &mut Tx<'_>, id: ConnectionId, actor: &str, now: Timestamp) -> Result<bool> {
        let NewMapping {
            kind,
            key,
            label,
            target,
        } = &self.new;
        let before = tx.query_opt(
            &format!(
                "SELECT {COLUMNS} FROM mappings WHERE connection = $1 AND kind = $2 AND key = $3"
            ),
            params![id.0, *kind, key],
        )?;
        let before = before.map(|mut row| mapping(&mut row)).transpose()?;
        if before.is_some_and(|before| before.mapping == self.new) {
            return Ok(false);
        }
        tx.execute(
            "INSERT INTO mappings (connection, kind, key, label, target, target_code, target_name, set_at, set_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (connection, kind, key) DO UPDATE SET
                 label = excluded.label, target = excluded.target, target_code = excluded.target_code,
                 target_name = excluded.target_name, set_at = excluded.set_at, set_by = excluded.set_by",
            params![
                id.0,
                *kind,
                key,
                label,
                target.id,
                &target.code,
                &target.name,
                now,
                actor
            ],
        )?;
        audit::append(tx, id, &self.entries, now)?;
        Ok(true)
    }
}

fn count_change(tx: &mut Tx<'_>, id: ConnectionId) -> Result<()> {
    tx.execute(
        "UPDATE connections SET mappings_version = mappings_version + 1 WHERE id = $1",
        params![id.0],
    )?;
    Ok(())
}

impl Store {
    /// The mappings of a connection, by kind and key.
    pub async fn mappings(&self, id: ConnectionId) -> Result<Vec<Mapping>> {
        self.read("read the mappings", move |tx| {
            let rows = tx.query(
                &format!("SELECT {COLUMNS} FROM mappings WHERE connection = $1 ORDER BY kind, key"),
                params![id.0],
            )?;
            rows.into_iter().map(|mut row| mapping(&mut row)).collect()
        })
        .await
    }

    /// The mappings of a connection as planning takes them.
    pub async fn mapped(&self, id: ConnectionId) -> Result<Mappings> {
        let mappings = self.mappings(id).await?.into_iter();
        let mapped =
            mappings.map(|Mapping { mapping, .. }| (mapping.kind, mapping.key, mapping.target.id));
        Ok(mapped.collect())
    }

    /// How often the mappings of a connection were changed: a number that differs after each change.
    pub async fn mappings_version(&self, id: ConnectionId) -> Result<i64> {
        self.read("see whether mappings changed", move |tx| {
            let row = tx.query_opt(
                "SELECT mappings_version FROM connections WHERE id = $1",
                params![id.0],
            )?;
            row.ok_or_else(|| no_connection(id))?.take(0)
        })
        .await
    }

    /// Sets mappings (at most [`MAPPINGS_MAX`]) in one commit: all of them, or none. Gives the number of those that were
    /// something else before.
    pub async fn set_mappings(
        &self,
        id: ConnectionId,
        new: Vec<NewMapping>,
        actor: &str,
        now: Timestamp,
    ) -> Result<u64> {
        let operation = "set mappings";
        refuse_beyond(MAPPINGS_MAX, new.len(), "mappings", operation)?;
        let draft = |new: NewMapping| {
            let new = NewMapping {
                key: folded_key(&new.key),
                ..new
            };
            let subject = subject(new.kind, &new.key);
            let entries = self.salted_note(actor, "mapping.set", &subject, told(&new));
            Draft { new, entries }
        };
        let drafts: Vec<Draft> = new.into_iter().map(draft).collect();
        let actor = actor.to_owned();
        self.write(operation, move |tx| {
            connections::require(tx, id)?;
            let mut changed = 0;
            for draft in &drafts {
                changed += u64::from(draft.put(tx, id, &actor, now)?);
            }
            if changed > 0 {
                count_change(tx, id)?;
            }
            Ok(changed)
        })
        .await
    }

    /// Removes a mapping. `false` when there is none.
    pub async fn remove_mapping(
        &self,
        id: ConnectionId,
        kind: MappingKind,
        key: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let key = folded_key(key);
        let subject = subject(kind, &key);
        let entries = self.salted_note(actor, "mapping.removed", &subject, String::new());
        self.write("remove a mapping", move |tx| {
            connections::require(tx, id)?;
            let removed = tx.execute(
                "DELETE FROM mappings WHERE connection = $1 AND kind = $2 AND key = $3",
                params![id.0, kind, &key],
            )?;
            if removed == 0 {
                return Ok(false);
            }
            count_change(tx, id)?;
            audit::append(tx, id, &entries, now)?;
            Ok(true)
        })
        .await
    }
}
