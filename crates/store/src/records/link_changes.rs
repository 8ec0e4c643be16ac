//! Changes of links, carried out inside the job that records outcomes.
//!
//! A link is put where its part is *now*: the part may have moved to another record since the plan was made.

use std::collections::{BTreeMap, HashMap, HashSet};

use sync::flow::Flow;
use sync::link::{Link, Name};

use super::RecordId;
use crate::Result;
use crate::connections::ConnectionId;
use crate::links::LinkChange;
use crate::row::{Param, params, texts};
use crate::tx::Tx;

/// A change of a link, as an outcome asks for it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The outcome's record, and its flow.
    pub(super) record: RecordId,
    pub(super) flow: Flow,
    pub(super) change: &'a LinkChange,
    /// The sealed base of a put.
    pub(super) base: &'a [u8],
}

/// A link as it stands.
pub(super) struct LinkStanding {
    pub(super) record: i64,
    pub(super) target: i64,
    pub(super) links_version: i64,
}

/// Carries changes out in their order; gives the names whose target changed.
pub(super) fn carry_out(
    tx: &mut Tx<'_>,
    id: ConnectionId,
    changes: &[Asked<'_>],
) -> Result<HashSet<Name>> {
    if changes.is_empty() {
        return Ok(HashSet::new());
    }
    let names: Vec<&Name> = changes.iter().map(|change| change.change.name()).collect();
    let mut targets: HashMap<Name, i64> = standings(tx, id, &names)?
        .into_iter()
        .map(|(name, link)| (name, link.target))
        .collect();
    let owners = owners_of_parts(tx, id, changes)?;
    let mut row = tx.query_one(
        "SELECT links_version + 1 FROM connections WHERE id = $1",
        params![id.0],
    )?;
    let mut writer = LinkWriter {
        id,
        version: row.take(0)?,
        owners,
        puts: BTreeMap::new(),
    };
    let mut moved = HashSet::new();
    for change in changes {
        let name = change.change.name();
        let target = writer.carry_out(tx, *change)?;
        let before = match target {
            Some(target) => targets.insert(name.clone(), target),
            None => targets.remove(name),
        };
        if before != target {
            moved.insert(name.clone());
        }
    }
    writer.flush(tx)?;
    if !moved.is_empty() {
        tx.execute(
            "UPDATE connections SET links_version = $2 WHERE id = $1",
            params![id.0, writer.version],
        )?;
    }
    Ok(moved)
}

/// The links of these names, as far as they exist.
pub(super) fn standings(
    tx: &mut Tx<'_>,
    id: ConnectionId,
    names: &[&Name],
) -> Result<HashMap<Name, LinkStanding>> {
    let rows = tx.query(
        "SELECT name, record, target, links_version FROM links WHERE connection = $1 AND name IN {texts $2}",
        params![id.0, &texts(names.iter().map(|name| name.0.as_str()))],
    )?;
    rows.into_iter()
        .map(|mut row| {
            let standing = LinkStanding {
                record: row.take(1)?,
                target: row.take(2)?,
                links_version: row.take(3)?,
            };
            Ok((Name(row.take(0)?), standing))
        })
        .collect()
}

/// Who owns the parts that links are put for.
fn owners_of_parts(
    tx: &mut Tx<'_>,
    id: ConnectionId,
    changes: &[Asked<'_>],
) -> Result<HashMap<(Flow, String), i64>> {
    let mut parts: BTreeMap<Flow, Vec<&str>> = BTreeMap::new();
    for change in changes {
        if let LinkChange::Put {
            part: Some(part), ..
        } = change.change
        {
            parts.entry(change.flow).or_default().push(&part.0);
        }
    }
    let mut owners = HashMap::new();
    for (flow, parts) in parts {
        let rows = tx.query(
            "SELECT part, record FROM parts WHERE connection = $1 AND flow = $2 AND part IN {texts $3}",
            params![id.0, flow, &texts(parts)],
        )?;
        for mut row in rows {
            owners.insert((flow, row.take(0)?), row.take(1)?);
        }
    }
    Ok(owners)
}

/// A link to be written.
struct Put<'a> {
    link: &'a Link,
    part: Option<&'a str>,
    record: i64,
    base: &'a [u8],
}

/// Collects puts, which are many, for few statements. Other changes flush it first, to keep the order.
struct LinkWriter<'a> {
    id: ConnectionId,
    /// The connection's links version once this batch is written.
    version: i64,
    owners: HashMap<(Flow, String), i64>,
    puts: BTreeMap<&'a Name, Put<'a>>,
}

impl<'a> LinkWriter<'a> {
    /// Carries one change out; gives the link's target afterwards.
    fn carry_out(
        &mut self,
        tx: &mut Tx<'_>,
        Asked {
            record,
            flow,
            change,
            base,
        }: Asked<'a>,
    ) -> Result<Option<i64>> {
        Ok(match change {
            LinkChange::Put { link, part } => {
                let part = part.as_ref().map(|part| part.0.as_str());
                let owner = part.and_then(|part| self.owners.get(&(flow, part.to_owned())));
                let record = owner.copied().unwrap_or(record.0);
                let put = Put {
                    link,
                    part,
                    record,
                    base,
                };
                // The last put of a name wins.
                self.puts.insert(&link.name, put);
                Some(link.target.0)
            }
            LinkChange::Forget { name } => {
                self.flush(tx)?;
                self.forget(tx, name)?;
                None
            }
        })
    }

    fn flush(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        let rows: Vec<[Param<'_>; 8]> = self
            .puts
            .iter()
            .map(|(name, put)| {
                [
                    self.id.0.into(),
                    (&name.0).into(),
                    put.record.into(),
                    put.part.into(),
                    (&put.link.model).into(),
                    put.link.target.0.into(),
                    put.base.into(),
                    self.version.into(),
                ]
            })
            .collect();
        tx.insert_rows(
            "INSERT INTO links (connection, name, record, part, model, target, base, links_version)",
            &rows,
            "ON CONFLICT (connection, name) DO UPDATE SET
                 record = excluded.record, part = excluded.part, model = excluded.model, base = excluded.base,
                 target = excluded.target,
                 links_version = CASE WHEN links.target = excluded.target THEN links.links_version
                                      ELSE excluded.links_version END",
        )?;
        self.puts.clear();
        Ok(())
    }

    fn forget(&self, tx: &mut Tx<'_>, name: &Name) -> Result<()> {
        tx.execute(
            "DELETE FROM links WHERE connection = $1 AND name = $2",
            params![self.id.0, &name.0],
        )?;
        Ok(())
    }
}
