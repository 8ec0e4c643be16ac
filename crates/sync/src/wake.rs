//! Which records a ServiceTitan event wakes.
//!
//! Customers have no published event: the quick cursor is their real time. An event about a job, an appointment or an
//! invoice names its customer, though, and whoever books a job has often just made or corrected the customer; so it
//! wakes that one. Events of a customer's own kind are accepted all the same, should ServiceTitan or an automation of
//! the tenant's send them.

use crate::flow::Flow;
use crate::record::{Key, SourceId};

/// The records that an event wakes. `customers` are the customers that it names in any role.
#[must_use]
pub fn woken(customers: impl IntoIterator<Item = i64>) -> Vec<Key> {
    let mut keys: Vec<Key> = customers
        .into_iter()
        .filter(|id| *id > 0)
        .map(|id| Key {
            flow: Flow::Customers,
            source: SourceId::from(id),
        })
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_customer_is_woken_once_and_ids_that_are_none_are_left_out() {
        let sources: Vec<String> = woken([7, 0, 7, -1, 3])
            .into_iter()
            .map(|key| key.source.0)
            .collect();
        assert_eq!(sources, ["3", "7"]);
    }
}
