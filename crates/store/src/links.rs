//! Links: source id <-> target id, and the content that the target was last given (sealed).
//!
//! Links change only with the outcome of a record ([`Store::record_outcomes`]). A link that belongs to a part moves with
//! the part when that moves to another record.

use std::collections::{BTreeMap, HashMap};

use sync::flow::Flow;
use sync::link::{Link, Name, TargetId};
use sync::sighting::PartKey;

use crate::connections::ConnectionId;
use crate::limit::refuse_beyond;
use crate::records::RecordId;
use crate::row::{Row, list, params, texts};
use crate::tx::Tx;
use crate::vault::{ConnectionKeys, Nonce};
use crate::{Error, Result, Store};

/// Names that one call of [`Store::links`] takes at most.
pub const NAMES_MAX: usize = 10_000;

/// Which of the targets that links lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Those with a higher id.
    After(TargetId),
    /// Those that are no record of this flow yet, by their ids.
    UnseenBy(Flow),
}

/// A change to a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkChange {
    /// Makes or replaces a link.
    Put {
        /// The link.
        link: Link,
        /// The part that it stands for: it then belongs to whichever record owns that part. Without one it belongs to
        /// the outcome's record.
        part: Option<PartKey>,
    },
    /// Removes a link.
    Forget {
        /// The link's name.
        name: Name,
    },
}

impl LinkChange {
    /// The name of the link that it changes.
    #[must_use]
    pub fn name(&self) -> &Name {
        match self {
            Self::Put { link, .. } => &link.name,
            Self::Forget { name } => name,
        }
    }
}

pub(crate) const COLUMNS: &str = "record, name, model, target, base";
fn led_to(mut row: Row) -> Result<(TargetId, Name)> {
    Ok((TargetId(row.take(0)?), Name(row.take(1)?)))
}

pub(crate) fn link(keys: &ConnectionKeys, row: &mut Row) -> Result<(RecordId, Link)> {
    let record = RecordId(row.take(0)?);
    let name: String = row.take(1)?;
    let base = keys.open("links", "base", &name, row.take(4)?)?;
    let base = serde_json::from_slice(&base)
        .map_err(|_unreadable| Error::corrupt(format!("the base of link {name}")))?;
    let link = Link {
        name: Name(name),
        model: row.take(2)?,
        target: TargetId(row.take(3)?),
        base,
    };
    Ok((record, link))
}

/// The base of a link, sealed under its name.
pub(crate) fn seal_base(keys: &ConnectionKeys, link: &Link, nonce: Nonce) -> Vec<u8> {
    let base =
        serde_json::to_vec(&link.base).expect("content is texts by column, which have a JSON form");
    keys.seal("links", "base", &link.name.0, &base, nonce)
}

/// The links that belong to these records, by name.
pub(crate) fn of_records(
    tx: &mut Tx<'_>,
    keys: &ConnectionKeys,
    records: &[i64],
) -> Result<HashMap<RecordId, Vec<Link>>> {
    let sql = format!("SELECT {COLUMNS} FROM links WHERE record IN {{integers $1}} ORDER BY name");
    let mut links: HashMap<RecordId, Vec<Link>> = HashMap::new();
    for mut row in tx.query(&sql, params![&list(records)])? {
        let (record, link) = link(keys, &mut row)?;
        links.entry(record).or_default().push(link);
    }
    Ok(links)
}

impl Store {
    /// The links of these names (at most [`NAMES_MAX`]), as far as they exist.
    pub async fn links(&self, id: ConnectionId, names: &[Name]) -> Result<BTreeMap<Name, Link>> {
        let operation = "read links";
        refuse_beyond(NAMES_MAX, names.len(), "links", operation)?;
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let keys = self.keys(id).await?;
        let names = texts(names.iter().map(|name| name.0.as_str()));
        self.read(operation, move |tx| {
            let sql = format!(
                "SELECT {COLUMNS} FROM links WHERE connection = $1 AND name IN {{texts $2}}"
            );
            let rows = tx.query(&sql, params![id.0, &names])?;
            rows.into_iter()
                .map(|mut row| link(&keys, &mut row).map(|(_, link)| (link.name.clone(), link)))
                .collect()
        })
        .await
    }

    /// The names of the links that lead to these targets (at most [`NAMES_MAX`]). An alias leads there too.
    pub async fn names_of_all(
        &self,
        id: ConnectionId,
        model: &str,
        targets: &[TargetId],
    ) -> Result<Vec<(TargetId, Name)>> {
        let operation = "read the names of targets";
        refuse_beyond(NAMES_MAX, targets.len(), "targets", operation)?;
        let model = model.to_owned();
        let targets: Vec<i64> = targets.iter().map(|target| target.0).collect();
        self.read(operation, move |tx| {
            let rows = tx.query(
                "SELECT target, name FROM links
                  WHERE connection = $1 AND model = $2 AND target IN {integers $3} ORDER BY target, name",
                params![id.0, &model, &list(&targets)],
            )?;
            rows.into_iter().map(led_to).collect()
        })
        .await
    }

    /// The targets (at most `limit`, in their order) that links of these flows lead to, with the links' names.
    pub async fn targets(
        &self,
        id: ConnectionId,
        flows: &[Flow],
        model: &str,
        which: Targets,
        limit: usize,
    ) -> Result<Vec<(TargetId, Name)>> {
        let operation = "read targets";
        refuse_beyond(NAMES_MAX, limit, "targets", operation)?;
        let model = model.to_owned();
        let flows = texts(flows.iter().map(|flow| flow.as_str()));
        let limit = i64::try_from(limit).expect("checked above");
        let condition = match which {
            Targets::After(_) => "links.target > $5",
            Targets::UnseenBy(_) => {
                "NOT EXISTS (SELECT 1 FROM records AS seen
                              WHERE seen.connection = $1 AND seen.flow = $5
                                AND seen.source = CAST(links.target AS TEXT))"
            }
        };
        let sql = format!(
            "SELECT links.target, links.name FROM links JOIN records ON records.id = links.record
              WHERE links.connection = $1 AND links.model = $2 AND records.flow IN {{texts $3}} AND {condition}
              ORDER BY links.target, links.name LIMIT $4"
        );
        self.read(operation, move |tx| {
            let rows = match which {
                Targets::After(target) => {
                    tx.query(&sql, params![id.0, &model, &flows, limit, target.0])?
                }
                Targets::UnseenBy(flow) => {
                    tx.query(&sql, params![id.0, &model, &flows, limit, flow])?
                }
            };
            rows.into_iter().map(led_to).collect()
        })
        .await
    }

    /// The names of the links that lead to this target.
    pub async fn names_of(
        &self,
        id: ConnectionId,
        model: &str,
        target: TargetId,
    ) -> Result<Vec<Name>> {
        let model = model.to_owned();
        self.read("read the names of a target", move |tx| {
            let rows = tx.query(
                "SELECT name FROM links WHERE connection = $1 AND model = $2 AND target = $3 ORDER BY name",
                params![id.0, &model, target.0],
            )?;
            rows.into_iter()
                .map(|mut row| row.take(0).map(Name))
                .collect()
        })
        .await
    }
}
