//! Observe: what ServiceTitan says now, filed under its records and committed together with the cursor.
//!
//! Two cursors for each feed: a *quick* one that includes recent changes, for speed, and a *settled* one without them,
//! for truth. Repeats cost nothing: a row whose content is known is not stored again. Webhooks only shorten the delay:
//! they wake a fetch of the record.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use servicetitan::client::{Continuation, Feed, Row};
use servicetitan::{CustomerId, ErrorKind};
use store::Store;
use store::connections::ConnectionId;
use store::observations::{Observation, ObservationSource, Observed};
use sync::customers::{self, PartKind};
use sync::failure::of_servicetitan;
use sync::flow::Flow;
use sync::record::Key;
use sync::sighting::Sighting;

use super::Halt;
use super::step::{Step, reached};
use crate::clock::Clock;

/// The feeds that make up customers.
const CUSTOMER_FEEDS: [(Feed, PartKind); 3] = [
    (Feed::Customers, PartKind::Customer),
    (Feed::CustomerContacts, PartKind::Contact),
    (Feed::Locations, PartKind::Location),
];

/// Where the settled cursor begins, before the first quick reading: longer than ServiceTitan withholds changes.
const SETTLED_OVERLAP: SignedDuration = SignedDuration::from_hours(24);

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
    /// The present.
    pub clock: Clock,
}

impl Observer {
    /// Reads every feed of a flow to its end. `since` starts over at that time.
    pub async fn read(
        &self,
        flow: Flow,
        pace: Pace,
        since: Option<Timestamp>,
    ) -> Result<Observation, Halt> {
        match flow {
            Flow::Customers => {
                let feeds =
                    CUSTOMER_FEEDS.map(|(feed, kind)| self.feed(flow, feed, kind, pace, since));
                let seen = futures::future::try_join_all(feeds).await?;
                Ok(seen
                    .into_iter()
                    .fold(Observation::default(), |sum, one| Observation {
                        changed: sum.changed + one.changed,
                        unchanged: sum.unchanged + one.unchanged,
                    }))
            }
        }
    }

    async fn feed(
        &self,
        flow: Flow,
        feed: Feed,
        kind: PartKind,
        pace: Pace,
        since: Option<Timestamp>,
    ) -> Result<Observation, Halt> {
        let cursor = format!("{flow}/{}/{}", feed.as_str(), pace.as_str());
        let saved = self.store.cursor(self.connection, &cursor).await?;
        let mut from = match (since, &saved) {
            (Some(since), _) => Some(Continuation::since(since)),
            (None, Some(saved)) => Continuation::from_saved(saved.value.clone()).ok(),
            // What the first quick reading saw need not be read again; only what was still in motion then.
            (None, None) if pace == Pace::Settled => {
                Some(Continuation::since(self.clock.now() - SETTLED_OVERLAP))
            }
            (None, None) => None,
        };
        let mut total = Observation::default();
        let mut started_over = false;
        loop {
            let page = match self
                .servicetitan
                .export(feed, from.as_ref(), pace == Pace::Quick)
                .await
            {
                Ok(page) => page,
                // A saved position that ServiceTitan no longer takes: read on from a day before it was saved.
                Err(error)
                    if error.kind == ErrorKind::Rejected && !started_over && from.is_some() =>
                {
                    started_over = true;
                    let back_to = saved.as_ref().map(|saved| saved.saved_at - SETTLED_OVERLAP);
                    tracing::warn!(%error, cursor, ?back_to, "ServiceTitan refuses the saved position; reading again");
                    from = back_to.map(Continuation::since);
                    continue;
                }
                Err(error) => return Err(of_servicetitan(&error).into()),
            };
            let position = page
                .next
                .as_ref()
                .map(|next| (cursor.clone(), next.as_str().to_owned()));
            let trigger = format!("feed {} ({})", feed.as_str(), pace.as_str());
            let seen = self
                .file(
                    flow,
                    ObservationSource::Feed,
                    trigger,
                    kind,
                    &page.rows,
                    position,
                )
                .await?;
            total.changed += seen.changed;
            total.unchanged += seen.unchanged;
            match page.next {
                Some(next) if page.has_more => from = Some(next),
                _ => return Ok(total),
            }
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
            let keys: Vec<Key> = wakes.iter().map(|wake| wake.key.clone()).collect();
            self.fetch(&keys, &trigger).await?;
            self.store.finish_wakes(self.connection, &wakes).await?;
            reached(Step::WakeFinished, wakes.len());
            fetched += wakes.len();
        }
    }

    /// Fetches records by id, whole. What ServiceTitan does not show is left as it was.
    pub async fn fetch(&self, keys: &[Key], trigger: &str) -> Result<(), Halt> {
        let ids: Vec<CustomerId> = keys
            .iter()
            .filter_map(|key| key.source.0.parse().ok())
            .map(CustomerId)
            .collect();
        for ids in ids.chunks(FETCH_MAX) {
            let rows = Self::titan(self.servicetitan.customers(ids).await)?;
            let contacts = Self::titan(self.servicetitan.customer_contacts(ids).await)?;
            let mut locations = Vec::new();
            for id in ids {
                locations.extend(Self::titan(self.servicetitan.locations_of(*id).await)?);
            }
            let kinds = [
                (PartKind::Customer, rows),
                (PartKind::Contact, contacts),
                (PartKind::Location, locations),
            ];
            for (kind, rows) in kinds {
                let source = ObservationSource::Fetch;
                self.file(
                    Flow::Customers,
                    source,
                    trigger.to_owned(),
                    kind,
                    &rows,
                    None,
                )
                .await?;
            }
        }
        Ok(())
    }

    fn titan<T>(result: Result<T, servicetitan::Error>) -> Result<T, Halt> {
        result.map_err(|error| of_servicetitan(&error).into())
    }

    async fn file(
        &self,
        flow: Flow,
        source: ObservationSource,
        trigger: String,
        kind: PartKind,
        rows: &[Row],
        cursor: Option<(String, String)>,
    ) -> Result<Observation, Halt> {
        reached(Step::ObserveFetched, rows.len());
        let sightings: Vec<Sighting> = rows
            .iter()
            .map(|row| customers::file(kind, row.get()))
            .collect();
        let observed = Observed {
            flow,
            source,
            trigger,
            sightings,
            cursor,
        };
        let seen = self
            .store
            .observe(self.connection, observed, self.clock.now())
            .await?;
        reached(Step::ObserveCommitted, rows.len());
        Ok(seen)
    }
}
