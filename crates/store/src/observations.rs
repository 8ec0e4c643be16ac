//! Observations: what a source told us. Append-only; only rows whose content changed are kept.
//!
//! A record is an aggregate of *parts*; each part keeps its last observation. An observation whose content differs from
//! its part's makes the record due: its input version bumps, and so does that of a record that the part left. Who
//! dismissed a record had looked at what it held then, so new content takes the dismissal back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use sync::facets::Facets;
use sync::flow::Flow;
use sync::link::Name;
use sync::plan::DISMISS;
use sync::record::SourceId;
use sync::sighting::{Part, PartKey, Sighting};

use crate::connections::{self, ConnectionId};
use crate::dialect::storable;
use crate::facets::{self, Filed};
use crate::limit::refuse_beyond;
use crate::records::{self, RecordId};
use crate::row::{Param, list, params, texts};
use crate::tx::Tx;
use crate::vault::ConnectionKeys;
use crate::{Error, ErrorKind, Result, Store, cursors};

/// Rows that one call of [`Store::observe`] takes at most.
pub const SIGHTINGS_MAX: usize = 10_000;

/// How rows came to us. (Webhook deliveries come through [`Store::receive`](crate::wakes).)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObservationSource {
    /// A page of an export feed.
    Feed,
    /// A page of a list, polled.
    Poll,
    /// A record fetched by its id.
    Fetch,
}

/// Rows of one page, seen together.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The flow that they belong to.
    pub flow: Flow,
    /// How they came.
    pub source: ObservationSource,
    /// What caused the look, for a person: `feed customers (quick)`.
    pub trigger: String,
    /// The rows, in the order in which the source showed them; the last sighting of a part counts.
    pub sightings: Vec<Sighting>,
    /// Name and value of the cursor to save in the same commit.
    pub cursor: Option<(String, String)>,
}

/// What came of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// Rows that differed from what was known; their records are due.
    pub changed: usize,
    /// Rows that did not.
    pub unchanged: usize,
}

impl ObservationSource {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Poll => "poll",
            Self::Fetch => "fetch",
        }
    }
}

/// A row with its content hash.
struct Hashed {
    sighting: Sighting,
    hash: [u8; 32],
}

impl Hashed {
    /// Part and owner are compared with what comes back from the database, so they are spelled as it stores them.
    fn new(keys: &ConnectionKeys, sighting: Sighting) -> Self {
        let Sighting {
            part,
            owner,
            payload,
            shares,
        } = sighting;
        let part = PartKey(storable(&part.0).into_owned());
        let owner = SourceId(storable(&owner.0).into_owned());
        Self {
            hash: keys.content_hash(&part.0, &payload),
            sighting: Sighting {
                part,
                owner,
                payload,
                shares,
            },
        }
    }
}

/// A row that showed something new, ready to be written.
struct Sealed {
    part: String,
    owner: String,
    hash: [u8; 32],
    payload: Vec<u8>,
    shares: Vec<Name>,
    facets: Option<Facets>,
}

/// What is known of a part.
struct Known {
    record: i64,
    owner: String,
    hash: Vec<u8>,
}

impl Known {
    fn shows(&self, owner: &str, hash: &[u8; 32]) -> bool {
        self.hash == hash && self.owner == owner
    }
}

/// Where a page goes.
#[derive(Clone)]
struct Page {
    id: ConnectionId,
    flow: Flow,
    source: ObservationSource,
    trigger: String,
    now: Timestamp,
}

impl Page {
    fn known<'a>(
        &self,
        tx: &mut Tx<'_>,
        parts: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<String, Known>> {
        let rows = tx.query(
            "SELECT parts.part, parts.record, records.source, parts.content_hash
               FROM parts JOIN records ON records.id = parts.record
              WHERE parts.connection = $1 AND parts.flow = $2 AND parts.part IN {texts $3}",
            params![self.id.0, self.flow, &texts(parts)],
        )?;
        rows.into_iter()
            .map(|mut row| {
                let known = Known {
                    record: row.take(1)?,
                    owner: row.take(2)?,
                    hash: row.take(3)?,
                };
                Ok((row.take(0)?, known))
            })
            .collect()
    }

    /// Writes the rows of one round, in which no part comes twice; returns how many showed something new.
    fn write(&self, tx: &mut Tx<'_>, round: &[Sealed]) -> Result<usize> {
        // Looked up again inside the write transaction: another process may have written since they were compared.
        let known = self.known(tx, round.iter().map(|row| row.part.as_str()))?;
        let news: Vec<&Sealed> = round
            .iter()
            .filter(|row| {
                !known
                    .get(&row.part)
                    .is_some_and(|known| known.shows(&row.owner, &row.hash))
            })
            .collect();
        if news.is_empty() {
            return Ok(0);
        }
        let owners = self.make_owners_due(tx, &news)?;
        let observations = self.append(tx, &news)?;
        self.put_parts(tx, &news, &owners, &observations)?;
        self.move_parts(tx, &news, &owners, &known)?;
        self.put_shared(tx, &news, &owners)?;
        self.put_facets(tx, &news, &owners)?;
        Ok(news.len())
    }

    /// Makes the records that the rows belong to, or makes them due; gives their ids.
    fn make_owners_due<'a>(
        &self,
        tx: &mut Tx<'_>,
        news: &[&'a Sealed],
    ) -> Result<HashMap<String, i64>> {
        let owners: HashSet<&'a str> = news.iter().map(|row| row.owner.as_str()).collect();
        let rows: Vec<[Param<'_>; 8]> = owners
            .into_iter()
            .map(|owner| {
                [
                    self.id.0.into(),
                    self.flow.into(),
                    owner.into(),
                    self.now.into(),
                    self.now.into(),
                    self.now.into(),
                    self.now.into(),
                    (&self.trigger).into(),
                ]
            })
            .collect();
        let conflict = format!(
            // A record that is pending already keeps the time of its oldest input that is not planned.
            "ON CONFLICT (connection, flow, source) DO UPDATE SET
                 state = 'pending',
                 state_since = CASE WHEN records.state = 'pending' THEN records.state_since ELSE excluded.state_since END,
                 input_version = records.input_version + 1,
                 input_at = excluded.input_at,
                 observed_at = CASE WHEN records.state = 'pending' THEN records.observed_at ELSE excluded.observed_at END,
                 due_at = excluded.due_at,
                 tries = 0,
                 triggered_by = excluded.triggered_by,
                 decision = NULLIF(records.decision, '{DISMISS}')
             RETURNING source, id"
        );
        let returned = tx.insert_rows_with(
            "INSERT INTO records (connection, flow, source, state_since, input_at, observed_at, due_at, triggered_by,
                                  state, input_version, planned_version, tries, warned)",
            "'pending', 1, 0, 0, 0",
            &rows,
            &conflict,
        )?;
        returned
            .into_iter()
            .map(|mut row| Ok((row.take(0)?, row.take(1)?)))
            .collect()
    }

    /// Appends the observations; gives their ids by part.
    fn append(&self, tx: &mut Tx<'_>, news: &[&Sealed]) -> Result<HashMap<String, i64>> {
        let rows: Vec<[Param<'_>; 6]> = news
            .iter()
            .map(|row| {
                [
                    self.id.0.into(),
                    self.source.as_str().into(),
                    self.flow.into(),
                    (&row.part).into(),
                    self.now.into(),
                    (&row.payload).into(),
                ]
            })
            .collect();
        let returned = tx.insert_rows(
            "INSERT INTO observations (connection, source, flow, part, observed_at, payload)",
            &rows,
            "RETURNING part, id",
        )?;
        returned
            .into_iter()
            .map(|mut row| Ok((row.take(0)?, row.take(1)?)))
            .collect()
    }

    fn put_parts(
        &self,
        tx: &mut Tx<'_>,
        news: &[&Sealed],
        owners: &HashMap<String, i64>,
        observations: &HashMap<String, i64>,
    ) -> Result<()> {
        let rows: Vec<[Param<'_>; 6]> = news
            .iter()
            .map(|row| {
                Ok([
                    self.id.0.into(),
                    self.flow.into(),
                    (&row.part).into(),
                    id_of(owners, &row.owner)?.into(),
                    id_of(observations, &row.part)?.into(),
                    row.hash.as_slice().into(),
                ])
            })
            .collect::<Result<_>>()?;
        tx.insert_rows(
            "INSERT INTO parts (connection, flow, part, record, observation, content_hash)",
            &rows,
            "ON CONFLICT (connection, flow, part) DO UPDATE SET
                 record = excluded.record, observation = excluded.observation, content_hash = excluded.content_hash",
        )?;
        Ok(())
    }

    /// Who is planned next has to find the record, also before it is planned itself.
    fn put_shared(
        &self,
        tx: &mut Tx<'_>,
        news: &[&Sealed],
        owners: &HashMap<String, i64>,
    ) -> Result<()> {
        let mut seen = HashSet::new();
        let mut rows: Vec<[Param<'_>; 3]> = Vec::new();
        for row in news {
            let owner = id_of(owners, &row.owner)?;
            for name in &row.shares {
                if seen.insert((owner, name)) {
                    rows.push([owner.into(), self.id.0.into(), (&name.0).into()]);
                }
            }
        }
        tx.insert_rows(
            "INSERT INTO dependencies (record, connection, name)",
            &rows,
            "ON CONFLICT (record, name) DO NOTHING",
        )?;
        Ok(())
    }

    /// By what the rows are found.
    fn put_facets(
        &self,
        tx: &mut Tx<'_>,
        news: &[&Sealed],
        owners: &HashMap<String, i64>,
    ) -> Result<()> {
        let found = news.iter().filter_map(|row| {
            let facets = row.facets.as_ref()?;
            Some(id_of(owners, &row.owner).map(|record| Filed {
                part: &row.part,
                record,
                facets,
                seen_at: self.now,
            }))
        });
        facets::put(tx, self.id, &found.collect::<Result<Vec<_>>>()?)
    }

    /// A part that another record owned takes its links along, and the record that it left is due as well.
    fn move_parts(
        &self,
        tx: &mut Tx<'_>,
        news: &[&Sealed],
        owners: &HashMap<String, i64>,
        known: &HashMap<String, Known>,
    ) -> Result<()> {
        let mut left = Vec::new();
        for row in news {
            let owner = id_of(owners, &row.owner)?;
            let Some(known) = known.get(&row.part).filter(|known| known.record != owner) else {
                continue;
            };
            tx.execute(
                "UPDATE links SET record = $1 WHERE record = $2 AND part = $3",
                params![owner, known.record, &row.part],
            )?;
            left.push(known.record);
        }
        if left.is_empty() {
            return Ok(());
        }
        records::make_due(
            tx,
            "id IN {integers $4}",
            self.now,
            &format!("{} (a part left)", self.trigger),
            None,
            params![&list(&left)],
        )?;
        tx.execute(
            &format!(
                "UPDATE records SET decision = NULL WHERE id IN {{integers $1}} AND decision = '{DISMISS}'"
            ),
            params![&list(&left)],
        )?;
        Ok(())
    }
}

fn id_of(ids: &HashMap<String, i64>, name: &str) -> Result<i64> {
    ids.get(name)
        .copied()
        .ok_or_else(|| Error::corrupt(format!("`{name}` was written and not given back")))
}

/// Splits rows into rounds in which no part comes twice, keeping their order. A page rarely needs a second one.
fn rounds(rows: Vec<Sealed>) -> Vec<Vec<Sealed>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut rounds: Vec<Vec<Sealed>> = Vec::new();
    for row in rows {
        let round = seen.entry(row.part.clone()).or_default();
        if rounds.len() == *round {
            rounds.push(Vec::new());
        }
        rounds[*round].push(row);
        *round += 1;
    }
    rounds
}

/// The parts of these records, by key.
pub(crate) fn parts_of(
    tx: &mut Tx<'_>,
    keys: &ConnectionKeys,
    records: &[i64],
) -> Result<HashMap<RecordId, Vec<Part>>> {
    let rows = tx.query(
        "SELECT parts.record, parts.part, observations.payload
           FROM parts JOIN observations ON observations.id = parts.observation
          WHERE parts.record IN {integers $1} ORDER BY parts.part",
        params![&list(records)],
    )?;
    let mut parts: HashMap<RecordId, Vec<Part>> = HashMap::new();
    for mut row in rows {
        let key: String = row.take(1)?;
        let payload = keys.open_text("observations", "payload", &key, row.take(2)?)?;
        let part = Part {
            key: PartKey(key),
            payload,
        };
        parts.entry(RecordId(row.take(0)?)).or_default().push(part);
    }
    Ok(parts)
}

impl Store {
    /// Takes in a page of rows (at most [`SIGHTINGS_MAX`]) and its cursor in one commit. Rows that show nothing new
    /// write nothing.
    pub async fn observe(
        &self,
        id: ConnectionId,
        observed: Observed,
        now: Timestamp,
    ) -> Result<Observation> {
        let operation = "take in a page";
        let Observed {
            flow,
            source,
            trigger,
            sightings,
            cursor,
        } = observed;
        refuse_beyond(SIGHTINGS_MAX, sightings.len(), "rows of a page", operation)?;
        let page = Page {
            id,
            flow,
            source,
            trigger,
            now,
        };
        let seen = sightings.len();
        let news = self.news(&page, sightings).await?;
        if news.is_empty() && cursor.is_none() {
            return Ok(Observation {
                changed: 0,
                unchanged: seen,
            });
        }
        let rounds = rounds(news);
        let changed = self
            .write(operation, move |tx| {
                connections::require(tx, id)?;
                let mut changed = 0;
                for round in &rounds {
                    changed += page.write(tx, round)?;
                }
                if let Some((name, value)) = &cursor {
                    cursors::save(tx, id, name, value, now)?;
                }
                Ok(changed)
            })
            .await?;
        Ok(Observation {
            changed,
            unchanged: seen - changed,
        })
    }

    /// Compares rows with what is known, and seals those that differ. A feed mostly repeats itself: what it repeats
    /// never reaches the writer.
    async fn news(&self, page: &Page, sightings: Vec<Sighting>) -> Result<Vec<Sealed>> {
        if sightings.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.keys(page.id).await?;
        // A page is up to some 20 MB to hash and seal: not on a thread that answers requests.
        let hashed = blocking({
            let keys = Arc::clone(&keys);
            move || {
                let hashed = sightings.into_iter().map(|row| Hashed::new(&keys, row));
                hashed.collect::<Vec<_>>()
            }
        })
        .await?;
        let hashed = Arc::new(hashed);
        let known = self
            .read("compare a page with what is known", {
                let hashed = Arc::clone(&hashed);
                let page = page.clone();
                move |tx| page.known(tx, hashed.iter().map(|row| row.sighting.part.0.as_str()))
            })
            .await?;
        let store = self.clone();
        blocking(move || {
            let mut known = known;
            let mut news = Vec::new();
            for Hashed { sighting, hash } in hashed.iter() {
                let Sighting {
                    part,
                    owner,
                    payload,
                    shares,
                } = sighting;
                if known
                    .get(&part.0)
                    .is_some_and(|known| known.shows(&owner.0, hash))
                {
                    continue;
                }
                // A later row of this page may show again what was known before it: it is news then.
                known.remove(&part.0);
                news.push(Sealed {
                    facets: sync::facets::of(part, payload),
                    shares: shares.clone(),
                    payload: keys.seal(
                        "observations",
                        "payload",
                        &part.0,
                        payload.as_bytes(),
                        store.random(),
                    ),
                    part: part.0.clone(),
                    owner: owner.0.clone(),
                    hash: *hash,
                });
            }
            news
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::caused("prepare a page", ErrorKind::Unavailable, cause))
}
