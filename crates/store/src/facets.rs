//! What is found by facets: single rows and pages of rows of one kind, each with the record that it belongs to.
//!
//! Rows are encrypted; what selects them stands beside them in the clear ([`sync::facets`]), written in the commit that files
//! the row. Pages go by ServiceTitan's id, which never changes: whatever happens between two pages, no row that was there all
//! the time is left out or comes twice.

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use sync::facets::{Facets, VERSION};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::link::Link;
use sync::record::{Key, Reason, SourceId, State};
use sync::sighting::{Part, PartKey};

use crate::connections::{self, ConnectionId};
use crate::limit::{at_most, refuse_beyond};
use crate::observations::parts_of;
use crate::records::RecordId;
use crate::row::{Param, Row, list, params};
use crate::status::{open_warnings, open_what};
use crate::tx::Tx;
use crate::vault::ConnectionKeys;
use crate::{Result, Store, links};

/// Rows that one call of [`Store::found`] returns at most.
pub const FOUND_MAX: usize = 500;

/// Ids that [`Find::ids`] names at most.
pub const IDS_MAX: usize = FOUND_MAX;

/// Rows whose facets are made anew in one commit.
const RENEWED_AT_ONCE: i64 = 2_000;

/// Which rows of a kind; everything left empty selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Find {
    /// Only these, by ServiceTitan's id.
    pub ids: Option<Vec<i64>>,
    /// Only of higher ids.
    pub after: Option<i64>,
    /// Only of this status.
    pub status: Option<String>,
    /// Only of this business unit.
    pub unit: Option<i64>,
    /// Only of this customer.
    pub customer: Option<i64>,
    /// Only of this job.
    pub job: Option<i64>,
    /// Only dated at this time or later.
    pub from: Option<Timestamp>,
    /// Only dated before this time.
    pub before: Option<Timestamp>,
    /// Only those that ServiceTitan changed at this time or later.
    pub modified_since: Option<Timestamp>,
    /// Only those whose change was seen at this time or later.
    pub seen_since: Option<Timestamp>,
    /// Only of records in this state.
    pub state: Option<State>,
}

/// A row that was found, and its record.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// ServiceTitan's id of it.
    pub id: i64,
    /// Which of the record's parts it is.
    pub part: PartKey,
    /// When it was seen to have changed.
    pub seen_at: Timestamp,
    /// Its record's name.
    pub key: Key,
    /// Where the record stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: Option<Reason>,
    /// What a person should know although it is in step.
    pub warnings: Vec<String>,
    /// All parts of the record, by key.
    pub parts: Vec<Part>,
    /// The record's links, by name.
    pub links: Vec<Link>,
}

/// A row to be found from now on.
pub(crate) struct Filed<'a> {
    pub(crate) part: &'a str,
    pub(crate) record: i64,
    pub(crate) facets: &'a Facets,
    pub(crate) seen_at: Timestamp,
}

/// Writes facets, in the commit that files the rows.
pub(crate) fn put(tx: &mut Tx<'_>, id: ConnectionId, filed: &[Filed<'_>]) -> Result<()> {
    let rows: Vec<[Param<'_>; 12]> = filed
        .iter()
        .map(|row| {
            let Facets {
                id: source,
                status,
                unit,
                customer,
                job,
                dated,
                modified,
            } = row.facets;
            [
                id.0.into(),
                kind_of(row.part).into(),
                (*source).into(),
                row.record.into(),
                row.part.into(),
                status.as_ref().into(),
                (*unit).into(),
                (*customer).into(),
                (*job).into(),
                (*dated).into(),
                (*modified).into(),
                row.seen_at.into(),
            ]
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO facets (connection, kind, id, record, part, status, unit, customer, job, dated, modified, seen_at)",
        &rows,
        "ON CONFLICT (connection, kind, id) DO UPDATE SET
             record = excluded.record, part = excluded.part, status = excluded.status, unit = excluded.unit,
             customer = excluded.customer, job = excluded.job, dated = excluded.dated, modified = excluded.modified,
             seen_at = excluded.seen_at",
    )?;
    Ok(())
}

/// The text of a part's key before the slash.
fn kind_of(part: &str) -> &str {
    part.split_once('/').map_or(part, |(kind, _)| kind)
}

/// Where renewing stands: the last part that was looked at.
type Place = (i64, String, String);

/// Makes the facets of all rows anew where a program before this one made them otherwise, or made none.
pub(crate) async fn bring_up_to_date(store: &Store) -> Result<()> {
    let version = VERSION.to_string();
    let made = store
        .read("see how facets were made", |tx| {
            let row = tx.query_opt("SELECT value FROM meta WHERE name = 'facets_version'", &[])?;
            row.map(|mut row| row.take::<String>(0)).transpose()
        })
        .await?;
    if made.as_ref() == Some(&version) {
        return Ok(());
    }
    let mut place: Option<Place> = Some((0, String::new(), String::new()));
    while let Some(after) = place {
        let wrapper = store.wrapper();
        place = store
            .write("make facets anew", move |tx| renew(tx, &wrapper, &after))
            .await?;
    }
    store
        .write("note how facets were made", move |tx| {
            tx.execute(
                "INSERT INTO meta (name, value) VALUES ('facets_version', $1)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![&version],
            )?;
            Ok(())
        })
        .await
}

/// Makes the facets of some rows anew; gives the last of them, if there may be more.
fn renew(tx: &mut Tx<'_>, wrapper: &crate::vault::Cipher, after: &Place) -> Result<Option<Place>> {
    let (connection, flow, part) = after;
    let rows = tx.query(
        "SELECT parts.connection, parts.flow, parts.part, parts.record, observations.payload, observations.observed_at
           FROM parts JOIN observations ON observations.id = parts.observation
          WHERE (parts.connection, parts.flow, parts.part) > ($1, $2, $3)
          ORDER BY parts.connection, parts.flow, parts.part LIMIT $4",
        params![*connection, flow, part, RENEWED_AT_ONCE],
    )?;
    let is_last = i64::try_from(rows.len()).is_ok_and(|count| count < RENEWED_AT_ONCE);
    let mut place = None;
    let mut keys: HashMap<i64, ConnectionKeys> = HashMap::new();
    for mut row in rows {
        let connection: i64 = row.take(0)?;
        let part: String = row.take(2)?;
        let id = ConnectionId(connection);
        if let std::collections::hash_map::Entry::Vacant(unknown) = keys.entry(connection) {
            unknown.insert(connections::load_keys(tx, wrapper, id)?);
        }
        let payload =
            keys[&connection].open_text("observations", "payload", &part, row.take(4)?)?;
        let record = row.take(3)?;
        if let Some(facets) = sync::facets::of(&PartKey(part.clone()), &payload) {
            let filed = Filed {
                part: &part,
                record,
                facets: &facets,
                seen_at: row.take(5)?,
            };
            put(tx, id, &[filed])?;
        }
        place = Some((connection, row.take(1)?, part));
    }
    Ok(place.filter(|_| !is_last))
}

fn found(keys: &ConnectionKeys, row: &mut Row) -> Result<(RecordId, Found)> {
    let record = RecordId(row.take(3)?);
    let what = open_what(keys, record, row.take(9)?)?;
    let reason = match (row.take::<Option<String>>(8)?, what) {
        (Some(cause), Some(what)) => Some(Reason {
            cause,
            what,
            advice: row.take::<Option<String>>(10)?.unwrap_or_default(),
        }),
        _ => None,
    };
    let flow: Flow = row.take(4)?;
    let found = Found {
        id: row.take(0)?,
        part: PartKey(row.take(1)?),
        seen_at: row.take(2)?,
        key: Key {
            flow,
            source: SourceId(row.take(5)?),
        },
        state: row.take(6)?,
        since: row.take(7)?,
        reason,
        warnings: open_warnings(keys, record, row.take(11)?)?,
        parts: Vec::new(),
        links: Vec::new(),
    };
    Ok((record, found))
}

impl Store {
    /// Rows of a kind, by ServiceTitan's id, at most `limit` and [`FOUND_MAX`].
    pub async fn found(
        &self,
        id: ConnectionId,
        kind: RowKind,
        find: Find,
        limit: usize,
    ) -> Result<Vec<Found>> {
        let operation = "find rows";
        let named = find.ids.as_ref().map_or(0, Vec::len);
        refuse_beyond(IDS_MAX, named, "ids", operation)?;
        let keys = self.keys(id).await?;
        let limit = at_most(limit, FOUND_MAX);
        self.read(operation, move |tx| {
            // A condition that was left out has a null for its argument.
            let mut which = "facets.connection = $1 AND facets.kind = $2
                AND (facets.id > $4 OR $4 IS NULL)
                AND (facets.status = $5 OR $5 IS NULL)
                AND (facets.unit = $6 OR $6 IS NULL)
                AND (facets.dated >= $7 OR $7 IS NULL)
                AND (facets.dated < $8 OR $8 IS NULL)
                AND (facets.modified >= $9 OR $9 IS NULL)
                AND (facets.seen_at >= $10 OR $10 IS NULL)
                AND (records.state = $11 OR $11 IS NULL)"
                .to_owned();
            let mut params = params![
                id.0,
                kind.as_str(),
                limit,
                find.after,
                find.status.as_ref(),
                find.unit,
                find.from,
                find.before,
                find.modified_since,
                find.seen_since,
                find.state
            ]
            .to_vec();
            // These have an index each, which a condition that may be absent would not use.
            for (column, value) in [("customer", find.customer), ("job", find.job)] {
                if let Some(value) = value {
                    params.push(value.into());
                    let _ = write!(which, " AND facets.{column} = ${}", params.len());
                }
            }
            let ids = find.ids.as_deref().map(list);
            if let Some(ids) = &ids {
                params.push(ids.into());
                let _ = write!(which, " AND facets.id IN {{integers ${}}}", params.len());
            }
            let sql = format!(
                "SELECT facets.id, facets.part, facets.seen_at, facets.record, records.flow, records.source,
                        records.state, records.state_since, records.cause, records.what, records.advice, records.warnings
                   FROM facets JOIN records ON records.id = facets.record
                  WHERE {which} ORDER BY facets.id LIMIT $3"
            );
            let rows = tx.query(&sql, &params)?;
            let mut all: Vec<(RecordId, Found)> = Vec::with_capacity(rows.len());
            for mut row in rows {
                all.push(found(&keys, &mut row)?);
            }
            let records: Vec<i64> = all.iter().map(|(record, _)| record.0).collect();
            let parts = parts_of(tx, &keys, &records)?;
            let links = links::of_records(tx, &keys, &records)?;
            let filled = all.into_iter().map(|(record, found)| Found {
                parts: parts.get(&record).cloned().unwrap_or_default(),
                links: links.get(&record).cloned().unwrap_or_default(),
                ..found
            });
            Ok(filled.collect())
        })
        .await
    }
}
