//! What records have in common: the rows and documents of all that share a name, whether they were planned yet or not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sync::flow::Flow;
use sync::link::{Link, Name};
use sync::record::{Key, SourceId};
use sync::sighting::Part;

use crate::connections::ConnectionId;
use crate::limit::refuse_beyond;
use crate::links::{self, NAMES_MAX};
use crate::observations::parts_of;
use crate::records::RecordId;
use crate::row::{params, texts};
use crate::{Result, Store};

/// Records of one name that are read at most: those that were seen first.
pub const SHARING_MAX: usize = 200;

/// The records that share a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// The last sighting of each of their parts.
    pub parts: Vec<Part>,
    /// The link of each of them, if it has one; of a document the document's, not its lines'.
    pub links: Vec<Link>,
    /// Whether there are more than [`SHARING_MAX`]: those that came later are not among them.
    pub is_cut: bool,
}

impl Store {
    /// The records that share each of these names (at most [`NAMES_MAX`]), at most [`SHARING_MAX`] of each.
    pub async fn sharing(
        &self,
        id: ConnectionId,
        names: &[Name],
    ) -> Result<BTreeMap<Name, Sharing>> {
        let operation = "read what records share";
        refuse_beyond(NAMES_MAX, names.len(), "names", operation)?;
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let keys = self.keys(id).await?;
        let names = texts(names.iter().map(|name| name.0.as_str()));
        self.read(operation, move |tx| {
            let rows = tx.query(
                "SELECT dependencies.name, records.id, records.flow, records.source
                   FROM dependencies JOIN records ON records.id = dependencies.record
                  WHERE dependencies.connection = $1 AND dependencies.name IN {texts $2} ORDER BY records.id",
                params![id.0, &names],
            )?;
            let mut sharing: BTreeMap<Name, Vec<i64>> = BTreeMap::new();
            let mut cut: BTreeSet<Name> = BTreeSet::new();
            let mut own: HashMap<i64, Name> = HashMap::new();
            for mut row in rows {
                let name = Name(row.take(0)?);
                let of = sharing.entry(name.clone()).or_default();
                if of.len() == SHARING_MAX {
                    cut.insert(name);
                    continue;
                }
                let record = row.take(1)?;
                let (flow, source): (Flow, String) = (row.take(2)?, row.take(3)?);
                let source = SourceId(source);
                of.push(record);
                own.insert(record, Key { flow, source }.link_name());
            }
            let records: Vec<i64> = own.keys().copied().collect();
            let parts = parts_of(tx, &keys, &records)?;
            let sql = format!(
                "SELECT {} FROM links WHERE connection = $1 AND name IN {{texts $2}}",
                links::COLUMNS
            );
            let own_names = texts(own.values().map(|name| name.0.as_str()));
            let rows = tx.query(&sql, params![id.0, &own_names])?;
            let found = rows.into_iter().map(|mut row| links::link(&keys, &mut row));
            let found: HashMap<Name, Link> = found
                .map(|found| found.map(|(_, link)| (link.name.clone(), link)))
                .collect::<Result<_>>()?;
            let gathered = sharing.into_iter().map(|(name, records)| {
                let mut sharing = Sharing {
                    is_cut: cut.contains(&name),
                    ..Sharing::default()
                };
                for record in records {
                    let of_record = parts.get(&RecordId(record));
                    sharing.parts.extend(of_record.into_iter().flatten().cloned());
                    sharing.links.extend(found.get(&own[&record]).cloned());
                }
                (name, sharing)
            });
            Ok(gathered.collect())
        })
        .await
    }
}
