//! Which records an event names, in ServiceTitan's words.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::id::{CustomerId, JobId, LocationId};
use crate::record::{optional_text, optional_whole};

/// What an event is about, and whom that concerns. Empty is possible: an event that names nothing
/// wakes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touches {
    /// The records themselves, e.g. the job and the appointment of a dispatch.
    pub named: BTreeSet<Named>,
    /// Customers among them, and those that they belong to.
    pub customers: BTreeSet<CustomerId>,
    /// Locations among them, and those that they belong to.
    pub locations: BTreeSet<LocationId>,
    /// Jobs among them, and those that they belong to.
    pub jobs: BTreeSet<JobId>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// What it is.
    pub entity: Entity,
    /// Which.
    pub id: i64,
}

/// ServiceTitan's word for a kind of record in an event, lower case and without separators, so
/// that `purchaseOrder` in `data` and `purchase-order` in a type are one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entity(String);

impl Entity {
    /// From a key of `data` or a part of a type.
    #[must_use]
    pub fn new(word: &str) -> Self {
        let letters = word.chars().filter(|c| c.is_alphanumeric());
        Self(letters.flat_map(char::to_lowercase).collect())
    }

    /// E.g. `job`, `invoice`, `purchaseorder`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a type is about: `tn.jpm.job-updated` is about a `job`, `customer.created` about a
    /// `customer`. `None` if it has no such part.
    #[must_use]
    pub fn of_type(event_type: &str) -> Option<Self> {
        let (before, last) = event_type.rsplit_once('.').unwrap_or(("", event_type));
        let word = match last.rsplit_once('-') {
            Some((word, _verb)) => word,
            None => before.rsplit('.').next().unwrap_or_default(),
        };
        let entity = Self::new(word);
        (!entity.0.is_empty()).then_some(entity)
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is looked at of a record. It may have a hundred fields, and deliveries come by the thousand.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    customer_id: Option<&'a RawValue>,
    #[serde(borrow)]
    customer: Option<&'a RawValue>,
    #[serde(borrow)]
    location_id: Option<&'a RawValue>,
    #[serde(borrow)]
    location: Option<&'a RawValue>,
    #[serde(borrow)]
    job_id: Option<&'a RawValue>,
    #[serde(borrow)]
    job: Option<&'a RawValue>,
}

impl<'a> Record<'a> {
    /// `None` for what is no object.
    fn read(raw: &'a RawValue) -> Option<Self> {
        // Most parts are no objects, and an error costs more than this look.
        let is_object = raw.get().starts_with('{');
        is_object.then(|| serde_json::from_str(raw.get()).ok())?
    }
}

/// The `data` of an event: its members, each as it came. Empty for what is no object.
#[derive(Default)]
pub(super) struct Parts<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Parts<'a> {
    /// The last member of that name.
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        let mut members = self.0.iter().rev();
        members
            .find(|(key, _)| key == name)
            .map(|(_, value)| *value)
    }

    /// A whole number, or a text that is one.
    pub(super) fn whole(&self, name: &str) -> Option<i64> {
        id(self.get(name))
    }

    /// A text, or a number as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let mut json = serde_json::Deserializer::from_str(self.get(name)?.get());
        optional_text(&mut json).ok().flatten()
    }

    /// Itself as a record.
    fn flat(&self) -> Record<'a> {
        let field = |name: &str| self.get(name);
        Record {
            id: field("id"),
            customer_id: field("customerId"),
            customer: field("customer"),
            location_id: field("locationId"),
            location: field("location"),
            job_id: field("jobId"),
            job: field("job"),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the data of an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            members.push((key, value));
        }
        Ok(Parts(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Parts::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Parts::default())
    }
}

/// A member's name, borrowed unless it was written with escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl Touches {
    /// What the event's parts name. What cannot be read is left out.
    pub(super) fn of(event_type: &str, parts: &Parts<'_>) -> Self {
        let mut touches = Self::default();
        // The published events carry the record under its name: {"job": {"id": ...}, ...}.
        for (key, value) in &parts.0 {
            if let Some(record) = Record::read(value) {
                touches.add(|| Some(Entity::new(key)), &record);
            }
        }
        // Others may carry it flat, or only the ids of what it belongs to.
        touches.add(|| Entity::of_type(event_type), &parts.flat());
        touches
    }

    fn add(&mut self, entity: impl FnOnce() -> Option<Entity>, record: &Record<'_>) {
        if let Some(id) = id(record.id)
            && let Some(entity) = entity()
        {
            match entity.as_str() {
                "customer" => drop(self.customers.insert(CustomerId(id))),
                "location" => drop(self.locations.insert(LocationId(id))),
                "job" => drop(self.jobs.insert(JobId(id))),
                _ => {}
            }
            self.named.insert(Named { entity, id });
        }
        let owner = |flat: Option<&RawValue>, nested: Option<&RawValue>| {
            id(flat).or_else(|| id(Record::read(nested?)?.id))
        };
        let customer = owner(record.customer_id, record.customer).map(CustomerId);
        let location = owner(record.location_id, record.location).map(LocationId);
        let job = owner(record.job_id, record.job).map(JobId);
        self.customers.extend(customer);
        self.locations.extend(location);
        self.jobs.extend(job);
    }
}

fn id(raw: Option<&RawValue>) -> Option<i64> {
    let mut json = serde_json::Deserializer::from_str(raw?.get());
    optional_whole(&mut json).ok().flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(event_type: &str, data: &str) -> String {
        let touches = Touches::of(event_type, &serde_json::from_str(data).unwrap());
        let named: Vec<_> = touches
            .named
            .iter()
            .map(|named| format!("{} {}", named.entity, named.id))
            .collect();
        let customers: Vec<_> = touches.customers.iter().map(|id| id.0).collect();
        let locations: Vec<_> = touches.locations.iter().map(|id| id.0).collect();
        let jobs: Vec<_> = touches.jobs.iter().map(|id| id.0).collect();
        let named = named.join(", ");
        format!("{named}; customers {customers:?} locations {locations:?} jobs {jobs:?}")
    }

    #[test]
    fn events_name_their_records_and_whom_they_concern() {
        let cases = [
            (
                "tn.jpm.job-updated",
                r#"{"job":{"id":3,"customerId":7,"locationId":9},"tenantId":1}"#,
            ),
            (
                "tn.jpm.job-appointment-updated",
                r#"{"appointment":{"id":4,"jobId":3,"customerId":7},"tenantId":1}"#,
            ),
            (
                "tn.dis.technician-dispatched",
                r#"{"job":{"id":3,"customerId":7},"appointment":{"id":4},"tenantId":1}"#,
            ),
            (
                "tn.acc.invoice-posted",
                r#"{"invoice":{"id":5,"customer":{"id":7,"name":"x"},"location":{"id":9},"job":{"id":3}},"tenantId":1}"#,
            ),
            (
                "tn.acc.invoice-posted",
                r#"{"invoice":{"id":5,"customer":null,"job":null},"tenantId":1}"#,
            ),
            (
                "tn.crm.customer-updated",
                r#"{"customer":{"id":"7"},"tenantId":1}"#,
            ),
            ("customer.created", r#"{"id":7,"tenantId":1}"#),
            (
                "tn.inv.purchase-order-sent",
                r#"{"purchaseOrder":{"id":6},"tenantId":1}"#,
            ),
            ("tn.crm.contact-updated", r#"{"customerId":7,"tenantId":1}"#),
            ("tn.dis.zone-deleted", r#"{"zone":{"id":8},"tenantId":1}"#),
            ("", r#"{"job":"rubbish","customer":[],"tenantId":1}"#),
        ];
        let shown: Vec<_> = cases
            .map(|(event_type, data)| shown(event_type, data))
            .into();
        insta::assert_snapshot!(shown.join("\n"), @r"
        job 3; customers [7] locations [9] jobs [3]
        appointment 4; customers [7] locations [] jobs [3]
        appointment 4, job 3; customers [7] locations [] jobs [3]
        invoice 5; customers [7] locations [9] jobs [3]
        invoice 5; customers [] locations [] jobs []
        customer 7; customers [7] locations [] jobs []
        customer 7; customers [7] locations [] jobs []
        purchaseorder 6; customers [] locations [] jobs []
        ; customers [7] locations [] jobs []
        zone 8; customers [] locations [] jobs []
        ; customers [] locations [] jobs []
        ");
    }

    #[test]
    fn a_type_says_what_it_is_about() {
        let of = |event_type| Entity::of_type(event_type).map(|entity| entity.0);
        assert_eq!(of("tn.acc.invoice-posted").as_deref(), Some("invoice"));
        assert_eq!(
            of("tn.inv.purchase-order-sent").as_deref(),
            Some("purchaseorder")
        );
        assert_eq!(of("payment.created").as_deref(), Some("payment"));
        assert_eq!(of("ping"), None);
        assert_eq!(of(""), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(event_type in "\\PC{0,40}", data in "\\PC{0,80}") {
            let _ = serde_json::from_str(&data).map(|parts| Touches::of(&event_type, &parts));
        }
    }
}
