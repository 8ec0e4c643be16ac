//! Which records a ServiceTitan event wakes.
//!
//! Customers, vendors, business units, items and purchase orders have no published event: the quick cursor is their real
//! time. Jobs have. An event about a job, an appointment or an invoice names its customer as well, and whoever books a job
//! has often just made or corrected the customer; so it wakes that one too. Events of the other kinds are accepted all the
//! same, should ServiceTitan or an automation of the tenant's send them.

use crate::flow::Flow;
use crate::record::{Key, SourceId};

/// The records that an event wakes, each once: the customers that it names in any role, and what it is about, each by
/// ServiceTitan's word for it (lower case, without separators) and its id.
#[must_use]
pub fn woken<'a>(
    customers: impl IntoIterator<Item = i64>,
    named: impl IntoIterator<Item = (&'a str, i64)>,
) -> Vec<Key> {
    let customers = customers.into_iter().map(|id| (Flow::Customers, id));
    let named = named
        .into_iter()
        .filter_map(|(word, id)| Some((flow_of(word)?, id)));
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
        "job" => Flow::Jobs,
        "vendor" => Flow::Vendors,
        "material" | "equipment" | "service" => Flow::Items,
        "purchaseorder" => Flow::PurchaseOrders,
        "invoice" => Flow::Invoices,
        "payment" => Flow::Payments,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_woken_once_and_ids_that_are_none_are_left_out() {
        let named = [
            ("job", 5),
            ("vendor", 6),
            ("businessunit", 2),
            ("material", -7),
        ];
        let keys: Vec<String> = woken([7, 0, 7, -1, 3], named)
            .iter()
            .map(Key::to_string)
            .collect();
        assert_eq!(
            keys,
            [
                "business-units 2",
                "customers 3",
                "customers 7",
                "jobs 5",
                "vendors 6"
            ]
        );
    }
}
