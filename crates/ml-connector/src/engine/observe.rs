//! Observe: what ServiceTitan says now, filed under its records and committed together with the cursor.
//!
//! Two cursors for each feed: a *quick* one that includes recent changes, for speed, and a *settled* one without them,
//! for truth. A list without a feed is asked for what changed since a while before it was last asked, and now and then
//! read whole. Repeats cost nothing: a row whose content is known is not stored again. Webhooks only shorten the delay:
//! they wake a fetch of the record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use servicetitan::client::{Continuation, Feed, FeedReader, List, Row};
use store::Store;
use store::connections::ConnectionId;
use store::observations::{Observation, ObservationSource, Observed, SIGHTINGS_MAX};
use sync::failure::{Vendor, of_servicetitan};
use sync::filing::{self, RowKind};
use sync::flow::Flow;
use sync::record::Key;
use sync::sighting::Sighting;
use tokio::sync::RwLock;

use super::sources::{self, Source};
use super::step::{Step, reached};
use super::{Halt, is_recent};
use crate::clock::Clock;

/// Where the settled cursor begins, before the first quick reading: longer than ServiceTitan withholds changes.
const SETTLED_OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// How far before its last beginning a list is asked for changes: more than clocks differ and transactions take.
const LIST_OVERLAP: SignedDuration = SignedDuration::from_hours(1);

/// How often a list is read whole, for changes that did not move the time of change.
const LIST_WHOLE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Records fetched at once: the most ids that ServiceTitan takes in one call.
pub const FETCH_MAX: usize = 50;

/// Which of the two cursors is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// With recent changes: fresh, but rows may come again.
    Quick,
    /// Without: late, but complete.
    Settled,
}

impl Pace {
    /// The pace's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Settled => "settled",
        }
    }
}

/// Reads one connection's ServiceTitan side.
#[derive(Clone)]
pub struct Observer {
    /// Where sightings are kept.
    pub store: Store,
    /// Whose they are.
    pub connection: ConnectionId,
    /// Whom to ask.
    pub servicetitan: servicetitan::Client,
    /// What is kept of what feeds and lists show.
    pub extent: Extent,
    /// Held from asking to filing, so that what was asked for earlier is not filed later: shared by those who read one after
    /// the other anyway, alone by who asks in between.
    pub turns: Arc<RwLock<()>>,
    /// The present.
    pub clock: Clock,
}

/// What is kept of what feeds and lists show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everything.
    All,
    /// Only what was fetched before, because another record needed it.
    Known,
}

/// The cursor that says when a flow was last read to its end at a pace.
#[must_use]
pub fn read_cursor(flow: Flow, pace: Pace) -> String {
    format!("{flow}/{}/read", pace.as_str())
}

impl Observer {
    /// Reads every feed of a flow from its saved position to its end.
    pub async fn read(&self, flow: Flow, pace: Pace) -> Result<Observation, Halt> {
        let marker = read_cursor(flow, pace);
        let complete_at = self
            .store
            .cursor(self.connection, &marker)
            .await?
            .map(|read| read.saved_at);
        let started_at = self.clock.now();
        let sources = sources::of(flow).iter().map(|(source, kind)| async {
            match source {
                Source::Feed(feed) => self.feed(flow, *feed, *kind, pace, complete_at).await,
                Source::List(list) => self.list(flow, *list, *kind, pace).await,
            }
        });
        let seen = sum(futures::future::try_join_all(sources).await?);
        self.store
            .save_cursor(self.connection, &marker, "", started_at)
            .await?;
        Ok(seen)
    }

    /// Reads again whatever changed since then, beside the saved positions, which stay where they are.
    pub async fn read_again(&self, flow: Flow, since: Timestamp) -> Result<Observation, Halt> {
        let sources = sources::of(flow).iter().map(|(source, kind)| async {
            match source {
                Source::Feed(feed) => {
                    let from = Some(Continuation::since(since));
                    let mut reader = self.servicetitan.feed(*feed, from, true);
                    let trigger = format!("feed {} (again)", feed.as_str());
                    self.pages(flow, &mut reader, *kind, trigger, None).await
                }
                Source::List(list) => {
                    let trigger = format!("list {} (again)", list.as_str());
                    self.list_pages(flow, *list, *kind, Some(since), trigger)
                        .await
                }
            }
        });
        Ok(sum(futures::future::try_join_all(sources).await?))
    }

    /// Reads a list: whole when that was not done for long, else what changed since a while before the last reading. A
    /// list has no rows that it withholds, so there is nothing to read at the settled pace.
    async fn list(
        &self,
        flow: Flow,
        list: List,
        kind: RowKind,
        pace: Pace,
    ) -> Result<Observation, Halt> {
        if pace == Pace::Settled {
            return Ok(Observation::default());
        }
        let now = self.clock.now();
        let cursor = |what: &str| self.cursor(flow, list.as_str(), what);
        let (whole, changes) = (cursor("whole"), cursor("changes"));
        let read_whole = self.store.cursor(self.connection, &whole).await?;
        let whole_at = read_whole.map(|read| read.saved_at);
        let since = if whole_at.is_some_and(|at| is_recent(at, now, LIST_WHOLE_EVERY)) {
            let read = self.store.cursor(self.connection, &changes).await?;
            read.map(|read| read.saved_at - LIST_OVERLAP)
        } else {
            None
        };
        let how = if since.is_some() { "changes" } else { "whole" };
        let trigger = format!("list {} ({how})", list.as_str());
        let seen = self.list_pages(flow, list, kind, since, trigger).await?;
        if since.is_none() {
            self.store
                .save_cursor(self.connection, &whole, "", now)
                .await?;
        }
        self.store
            .save_cursor(self.connection, &changes, "", now)
            .await?;
        Ok(seen)
    }

    async fn list_pages(
        &self,
        flow: Flow,
        list: List,
        kind: RowKind,
        since: Option<Timestamp>,
        trigger: String,
    ) -> Result<Observation, Halt> {
        let mut reader = self.servicetitan.poll(list, since);
        let mut seen = Vec::new();
        loop {
            let _turn = self.turns.read().await;
            let Some(page) = Self::titan(flow, reader.next_page().await)? else {
                return Ok(sum(seen));
            };
            let source = ObservationSource::Poll;
            seen.push(
                self.file(flow, source, trigger.clone(), kind, &page.rows, None)
                    .await?,
            );
        }
    }

    /// The name of a saved position. Who kept only what is known has not read the rest.
    fn cursor(&self, flow: Flow, source: &str, what: &str) -> String {
        match self.extent {
            Extent::All => format!("{flow}/{source}/{what}"),
            Extent::Known => format!("{flow}/known/{source}/{what}"),
        }
    }

    /// `complete_at`: when the feed was last read to its end.
    async fn feed(
        &self,
        flow: Flow,
        feed: Feed,
        kind: RowKind,
        pace: Pace,
        complete_at: Option<Timestamp>,
    ) -> Result<Observation, Halt> {
        let cursor = self.cursor(flow, feed.as_str(), pace.as_str());
        let trigger = format!("feed {} ({})", feed.as_str(), pace.as_str());
        let saved = self.store.cursor(self.connection, &cursor).await?;
        let from = match &saved {
            Some(saved) => Continuation::from_saved(saved.value.clone()).ok(),
            // What the first quick reading saw need not be read again; only what was still in motion then.
            None if pace == Pace::Settled || self.extent == Extent::Known => {
                Some(Continuation::since(self.clock.now() - SETTLED_OVERLAP))
            }
            None => None,
        };
        let mut reader = self.servicetitan.feed(feed, from, pace == Pace::Quick);
        match self
            .pages(flow, &mut reader, kind, trigger.clone(), Some(&cursor))
            .await
        {
            // A saved position that ServiceTitan no longer takes: read on from before the feed was last complete, or
            // from the beginning when it never was.
            Err(Halt::Refused(_, reason)) if saved.is_some() => {
                let back_to = complete_at.map(|at| at - SETTLED_OVERLAP);
                tracing::warn!(
                    cursor,
                    ?back_to,
                    cause = reason.cause,
                    "ServiceTitan refuses the saved position: reading again"
                );
                let mut reader = self.servicetitan.feed(
                    feed,
                    back_to.map(Continuation::since),
                    pace == Pace::Quick,
                );
                self.pages(flow, &mut reader, kind, trigger, Some(&cursor))
                    .await
            }
            seen => seen,
        }
    }

    /// Reads a feed to its end; each page is committed together with its position before the next one is asked for.
    async fn pages(
        &self,
        flow: Flow,
        reader: &mut FeedReader,
        kind: RowKind,
        trigger: String,
        cursor: Option<&str>,
    ) -> Result<Observation, Halt> {
        let mut seen = Vec::new();
        loop {
            let _turn = self.turns.read().await;
            let Some(page) = Self::titan(flow, reader.next_page().await)? else {
                return Ok(sum(seen));
            };
            let position = cursor.zip(page.next.as_ref());
            let position =
                position.map(|(cursor, next)| (cursor.to_owned(), next.as_str().to_owned()));
            let source = ObservationSource::Feed;
            seen.push(
                self.file(flow, source, trigger.clone(), kind, &page.rows, position)
                    .await?,
            );
        }
    }

    /// Fetches what webhooks woke. Returns how many records.
    pub async fn fetch_woken(&self, flow: Flow) -> Result<usize, Halt> {
        let mut fetched = 0;
        loop {
            let wakes = self.store.wakes(self.connection, flow, FETCH_MAX).await?;
            if wakes.is_empty() {
                return Ok(fetched);
            }
            reached(Step::WakeRead, wakes.len());
            let types: BTreeSet<&str> = wakes.iter().map(|wake| wake.event_type.as_str()).collect();
            let trigger = format!(
                "webhook {}",
                types.into_iter().collect::<Vec<_>>().join(", ")
            );
            let mut keys: Vec<Key> = wakes.iter().map(|wake| wake.key.clone()).collect();
            if self.extent == Extent::Known {
                let sources: Vec<_> = keys.iter().map(|key| key.source.clone()).collect();
                let known = self.store.known(self.connection, flow, &sources).await?;
                keys.retain(|key| known.contains(&key.source));
            }
            self.fetch_what_is_shown(keys, &trigger).await?;
            self.store.finish_wakes(self.connection, &wakes).await?;
            reached(Step::WakeFinished, wakes.len());
            fetched += wakes.len();
        }
    }

    /// Fetches records by id. When ServiceTitan refuses some of them, the others are fetched all the same, and the refused
    /// ones are left as they were: one record must not hold up the connection.
    pub async fn fetch_what_is_shown(&self, keys: Vec<Key>, trigger: &str) -> Result<(), Halt> {
        let mut todo = vec![keys];
        while let Some(mut keys) = todo.pop() {
            let turn = self.turns.read().await;
            let fetched = self.fetch(&keys, trigger).await;
            drop(turn);
            match fetched {
                Err(Halt::Refused(..)) if keys.len() > 1 => {
                    let rest = keys.split_off(keys.len() / 2);
                    todo.extend([rest, keys]);
                }
                Err(Halt::Refused(_, reason)) => {
                    let key = keys.first().map(ToString::to_string).unwrap_or_default();
                    tracing::warn!(
                        key,
                        cause = reason.cause,
                        "{key} could not be fetched: {}",
                        reason.advice
                    );
                }
                ended => ended?,
            }
        }
        Ok(())
    }

    /// Fetches records by id while nobody else reads for this connection.
    pub async fn fetch_alone(&self, keys: &[Key], trigger: &str) -> Result<(), Halt> {
        let _turn = self.turns.write().await;
        self.fetch(keys, trigger).await
    }

    /// Fetches records by id, whole. What ServiceTitan does not show is left as it was.
    async fn fetch(&self, keys: &[Key], trigger: &str) -> Result<(), Halt> {
        let mut flows: BTreeMap<Flow, Vec<i64>> = BTreeMap::new();
        for key in keys {
            if let Ok(id) = key.source.0.parse() {
                flows.entry(key.flow).or_default().push(id);
            }
        }
        for (flow, ids) in flows {
            for ids in ids.chunks(FETCH_MAX) {
                let found = sources::fetch(&self.servicetitan, flow, ids).await;
                for (kind, rows) in Self::titan(flow, found)? {
                    let source = ObservationSource::Fetch;
                    self.file(flow, source, trigger.to_owned(), kind, &rows, None)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// The sightings to keep. What was asked for by id is wanted in any case.
    async fn wanted(
        &self,
        flow: Flow,
        source: ObservationSource,
        mut sightings: Vec<Sighting>,
    ) -> Result<Vec<Sighting>, Halt> {
        if self.extent == Extent::Known && source != ObservationSource::Fetch {
            let owners: Vec<_> = sightings.iter().map(|row| row.owner.clone()).collect();
            let known = self.store.known(self.connection, flow, &owners).await?;
            sightings.retain(|row| known.contains(&row.owner));
        }
        Ok(sightings)
    }

    fn titan<T>(flow: Flow, result: Result<T, servicetitan::Error>) -> Result<T, Halt> {
        let vendor = Vendor::ServiceTitan;
        result.map_err(|error| Halt::in_flow(flow, vendor, of_servicetitan(&error)))
    }

    async fn file(
        &self,
        flow: Flow,
        source: ObservationSource,
        trigger: String,
        kind: RowKind,
        rows: &[Row],
        cursor: Option<(String, String)>,
    ) -> Result<Observation, Halt> {
        reached(Step::ObserveFetched, rows.len());
        let mut cursor = cursor;
        let mut seen = Vec::new();
        let chunks = rows.len().div_ceil(SIGHTINGS_MAX).max(1);
        for chunk in 0..chunks {
            let rows = rows.iter().skip(chunk * SIGHTINGS_MAX).take(SIGHTINGS_MAX);
            let sightings = rows.map(|row| filing::file(kind, row.get())).collect();
            let observed = Observed {
                flow,
                source,
                trigger: trigger.clone(),
                sightings: self.wanted(flow, source, sightings).await?,
                // The position moves with the last rows, never before them.
                cursor: if chunk + 1 == chunks {
                    cursor.take()
                } else {
                    None
                },
            };
            seen.push(
                self.store
                    .observe(self.connection, observed, self.clock.now())
                    .await?,
            );
        }
        reached(Step::ObserveCommitted, rows.len());
        Ok(sum(seen))
    }
}

/// All of these together.
pub(super) fn sum(seen: Vec<Observation>) -> Observation {
    seen.into_iter()
        .fold(Observation::default(), |sum, one| Observation {
            changed: sum.changed + one.changed,
            unchanged: sum.unchanged + one.unchanged,
        })
}
