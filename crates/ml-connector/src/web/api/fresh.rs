//! `?fresh=true`: ServiceTitan is asked now, by the connection's own client at its own pace, and what it says is filed like
//! whatever else it shows.
//!
//! Bounded: a few such requests at a time, and a few seconds each. It asks nobody while the connection is paused.

use std::sync::Arc;
use std::time::Duration;

use store::connections::{Connection, ConnectionState};
use sync::flow::Flow;
use sync::record::{Key, SourceId};
use tokio::sync::Semaphore;

use super::problem::Problem;
use crate::connection::Profile;
use crate::engine::Halt;
use crate::engine::observe::{Extent, Observer};
use crate::engine::runner::incomplete;
use crate::engine::supervisor::Shared;

/// Such requests at a time.
pub(super) const AT_ONCE_MAX: usize = 4;

/// How long one may take.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(10);

/// When somebody who was turned away may come again.
const RETRY_AFTER_S: u64 = 10;

/// The places for such requests.
#[derive(Clone, Debug)]
pub(in crate::web) struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE_MAX)))
    }
}

/// Asks ServiceTitan for these records. One that it does not show stays as it was.
pub(super) async fn bring(
    shared: &Shared,
    places: &Places,
    connection: &Connection,
    flow: Flow,
    ids: &[i64],
) -> Result<(), Problem> {
    let turned_away = |why: &str| Problem::unavailable(why, RETRY_AFTER_S);
    let Ok(_place) = places.0.try_acquire() else {
        return Err(turned_away(
            "Too many requests ask ServiceTitan at once; ask again, or without `fresh`.",
        ));
    };
    if !shared.is_at_work() || connection.state == ConnectionState::Paused {
        return Err(turned_away(
            "ServiceTitan is not asked now: the connection rests; `status` says why.",
        ));
    }
    let asked = tokio::time::timeout(WAIT_MAX, ask(shared, connection, flow, ids));
    match asked.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Halt::Store(error))) => Err(error.into()),
        Ok(Err(_)) => Err(turned_away("ServiceTitan cannot be reached, or refuses.")),
        Err(_) => Err(turned_away(
            "ServiceTitan did not answer in time, or its rate is used up.",
        )),
    }
}

async fn ask(
    shared: &Shared,
    connection: &Connection,
    flow: Flow,
    ids: &[i64],
) -> Result<(), Halt> {
    let Ok(profile) = serde_json::from_value::<Profile>(connection.settings.clone()) else {
        return Ok(());
    };
    let sources: Vec<SourceId> = ids.iter().copied().map(SourceId::from).collect();
    let known = shared.store.known(connection.id, flow, &sources).await?;
    // Of a flow that nobody named, only what came for the sake of others is brought.
    let is_named = profile.flow(flow).is_some();
    let wanted = sources
        .into_iter()
        .filter(|source| is_named || known.contains(source));
    let keys: Vec<Key> = wanted.map(|source| Key { flow, source }).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let servicetitan = shared.servicetitan(connection, &profile).await;
    let servicetitan = servicetitan.map_err(|error| Halt::Pause(incomplete(&error)))?;
    let observer = Observer {
        store: shared.store.clone(),
        connection: connection.id,
        servicetitan,
        extent: Extent::All,
        turns: shared.turns(connection.id),
        clock: shared.clock.clone(),
    };
    observer.fetch_alone(&keys, "API (fresh)").await?;
    shared.wakeup(connection.id).notify_one();
    Ok(())
}
