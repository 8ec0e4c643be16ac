//! How the flows of a connection stand: those that are on, and those of which something is left from when they were.

use store::Store;
use store::connections::Connection;
use store::status::FlowStatus;
use sync::flow::Flow;

use super::Profile;

/// How a connection's flows stand, as far as there is something to say of them.
pub async fn standing(store: &Store, connection: &Connection) -> store::Result<Vec<FlowStatus>> {
    let profile = serde_json::from_value::<Profile>(connection.settings.clone());
    // Settings that cannot be read hide nothing.
    let on = profile.map_or(Flow::ALL.to_vec(), |profile| profile.flows_on());
    let mut flows = store.status(connection.id).await?;
    flows.retain(|status| {
        on.contains(&status.flow) || status.counts.values().any(|count| *count > 0)
    });
    Ok(flows)
}
