//! What failed or waits, in money: what ServiceTitan says that these documents come to.
//!
//! Nothing of it is kept: the amounts are read from what ServiceTitan said last, at the time of the command, which holds the
//! key to it.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use rust_decimal::Decimal;
use store::Store;
use store::connections::ConnectionId;
use store::status::{FailureGroup, STUCK_MAX};
use sync::flow::Flow;
use sync::flows;
use sync::money::sum_of_any;
use sync::record::{SourceId, State};

/// What tells a group of failures from another one.
type Group = (Flow, State, String, String);

/// The amounts of what failed or waits in one connection.
#[derive(Debug, Default)]
pub(super) struct AtStake(BTreeMap<Group, HashMap<SourceId, Decimal>>);

impl AtStake {
    pub(super) async fn read(store: &Store, connection: ConnectionId) -> Result<Self> {
        let mut groups: BTreeMap<Group, HashMap<SourceId, Decimal>> = BTreeMap::new();
        let mut after = None;
        loop {
            let page = store.stuck(connection, after).await?;
            let count = page.len();
            after = page.last().map(|one| one.record);
            for one in page {
                let key = one.key;
                if let Some(amount) = flows::amount(key.flow, &key.source, &one.parts) {
                    let group = (key.flow, one.state, one.cause, one.advice);
                    groups.entry(group).or_default().insert(key.source, amount);
                }
            }
            if count < STUCK_MAX {
                return Ok(Self(groups));
            }
        }
    }

    /// The amounts of a group's records, as far as they are documents that can be read.
    fn of(&self, group: &FailureGroup) -> Option<&HashMap<SourceId, Decimal>> {
        let (cause, advice) = (group.cause.clone(), group.advice.clone());
        self.0.get(&(group.flow, group.state, cause, advice))
    }

    /// What all records of a group come to; `None` of what bears no amount.
    pub(super) fn sum(&self, group: &FailureGroup) -> Option<String> {
        let amounts = self.of(group)?.values().copied();
        Some(format!("{:.2}", sum_of_any(amounts)))
    }

    /// What one of them comes to.
    pub(super) fn amount(&self, group: &FailureGroup, source: &SourceId) -> Option<String> {
        let amount = self.of(group)?.get(source)?;
        Some(format!("{amount:.2}"))
    }
}
