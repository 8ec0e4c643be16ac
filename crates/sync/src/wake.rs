//! Which records a ServiceTitan event wakes.
//!
//! Customers, vendors, business units and items have no published event: the quick cursor is their real time. An event
//! about a job, an appointment or an invoice names its customer, though, and whoever books a job has often just made or
//! corrected the customer; so it wakes that one. Events of a kind of their own are accepted all the same, should
//! ServiceTitan or an automation of the tenant's send them.

use servicetitan::webhook::Touches;

use crate::flow::Flow;
use crate::record::{Key, SourceId};

/// The records that an event wakes, each once: what it names, and the customers that it names in any role.
#[must_use]
pub fn woken(touches: &Touches) -> Vec<Key> {
    let customers = touches.customers.iter().map(|id| (Flow::Customers, id.0));
    let named = touches
        .named
        .iter()
        .filter_map(|named| Some((flow_of(named.entity.as_str())?, named.id)));
    let mut keys: Vec<Key> = customers
        .chain(named)
        .filter(|(_, id)| *id > 0)
        .map(|(flow, id)| Key {
            flow,
            source: SourceId::from(id),
        })
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

/// The flow of an entity of an event; that of customers is found by their role.
fn flow_of(entity: &str) -> Option<Flow> {
    Some(match entity {
        "businessunit" => Flow::BusinessUnits,
        "vendor" => Flow::Vendors,
        "material" | "equipment" | "service" => Flow::Items,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use servicetitan::CustomerId;
    use servicetitan::webhook::{Entity, Named};

    use super::*;

    #[test]
    fn each_record_is_woken_once_and_ids_that_are_none_are_left_out() {
        let named = |word: &str, id| Named {
            entity: Entity::new(word),
            id,
        };
        let touches = Touches {
            named: [
                named("job", 5),
                named("vendor", 6),
                named("businessUnit", 2),
                named("material", -7),
            ]
            .into(),
            customers: [7, 0, -1, 3].map(CustomerId).into(),
            ..Touches::default()
        };
        let keys: Vec<String> = woken(&touches).iter().map(Key::to_string).collect();
        assert_eq!(
            keys,
            [
                "business-units 2",
                "customers 3",
                "customers 7",
                "vendors 6"
            ]
        );
    }
}
