//! An outage: a vendor that fails just now, as the engine tells it to pages and commands of any process.
//!
//! It is kept in the clear among the connection's cursors, so it holds the cause and the advice only: what exactly a
//! vendor said may quote a record, and stands in the log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::connections::ConnectionId;
use store::{Result, Store};
use sync::failure::Vendor;
use sync::record::Reason;

/// The cursor under which a connection's outages stand.
const CURSOR: &str = "breakers";

/// A vendor that failed last time it was called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// Its name for people: `ServiceTitan`, `Odoo`.
    pub vendor: String,
    /// Why, in one word: `odoo-unavailable`.
    pub cause: String,
    /// What to do.
    pub advice: String,
    /// Since when it fails.
    pub since: Timestamp,
}

impl Outage {
    /// The outages of a connection. What another version of the connector wrote and this one cannot read is none.
    pub async fn of(store: &Store, connection: ConnectionId) -> Result<Vec<Self>> {
        let cursor = store.cursor(connection, CURSOR).await?;
        let read = |text: String| serde_json::from_str(&text).unwrap_or_default();
        Ok(cursor.map(|cursor| read(cursor.value)).unwrap_or_default())
    }

    /// Replaces the outages of a connection; a vendor that failed before has failed since then.
    pub async fn tell<'a>(
        store: &Store,
        connection: ConnectionId,
        failing: impl IntoIterator<Item = (Vendor, &'a Reason)>,
        now: Timestamp,
    ) -> Result<()> {
        let before = Self::of(store, connection).await?;
        let outage = |(vendor, reason): (Vendor, &Reason)| Self {
            vendor: vendor.to_string(),
            cause: reason.cause.clone(),
            advice: reason.advice.clone(),
            since: before
                .iter()
                .find(|outage| outage.vendor == vendor.as_str())
                .map_or(now, |outage| outage.since),
        };
        let outages: Vec<Self> = failing.into_iter().map(outage).collect();
        let text = serde_json::to_string(&outages).expect("texts have a JSON form");
        store.save_cursor(connection, CURSOR, &text, now).await
    }

    /// The outage in a sentence or two.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "{} fails since {} ({}). {}",
            self.vendor,
            self.since.strftime("%Y-%m-%d %H:%M:%S UTC"),
            self.cause,
            self.advice
        )
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use store::connections::NewConnection;
    use store::{DatabaseUrl, MasterKey};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn reason(cause: &str) -> Reason {
        Reason {
            cause: cause.to_owned(),
            what: "HTTP 502: Ann Smith".to_owned(),
            advice: "Wait.".to_owned(),
        }
    }

    #[tokio::test]
    async fn it_lasts_since_its_first_failure_and_does_not_repeat_the_vendor() {
        let rng = &mut StdRng::seed_from_u64(1);
        let master = MasterKey::generate(rng);
        let store = Store::open(&DatabaseUrl::memory(), &master, rng, at(0))
            .await
            .unwrap();
        let new = NewConnection {
            name: "acme".to_owned(),
            tenant: 1,
            odoo: "odoo".to_owned(),
            settings: serde_json::json!({}),
            secrets: std::collections::BTreeMap::new(),
        };
        let id = store.add_connection(new, "test", at(0)).await.unwrap();
        assert_eq!(Outage::of(&store, id).await.unwrap(), []);

        let (first, then) = (reason("odoo-unavailable"), reason("odoo-rights"));
        let tell = async |failing: &[(Vendor, &Reason)], now| {
            Outage::tell(&store, id, failing.iter().copied(), now)
                .await
                .unwrap();
        };
        tell(&[(Vendor::Odoo, &first)], at(10)).await;
        let both = [(Vendor::ServiceTitan, &first), (Vendor::Odoo, &then)];
        tell(&both, at(20)).await;
        let told = Outage::of(&store, id).await.unwrap();
        let told: Vec<String> = told.iter().map(Outage::sentence).collect();
        assert_eq!(
            told,
            [
                "ServiceTitan fails since 1970-01-01 00:00:20 UTC (odoo-unavailable). Wait.",
                "Odoo fails since 1970-01-01 00:00:10 UTC (odoo-rights). Wait.",
            ]
        );
        let kept = store.cursor(id, CURSOR).await.unwrap().unwrap();
        assert!(!kept.value.contains("Ann"), "{}", kept.value);
        tell(&[], at(30)).await;
        assert_eq!(Outage::of(&store, id).await.unwrap(), []);
    }
}
