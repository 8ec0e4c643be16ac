//! All that one tenant holds, and how its rows look on the wire.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::event::Event;
use super::options::TenantSeed;
use super::purchasing::{self, Purchasing};
use super::receivables::{self, Receivables};
use super::record::{
    Appointment, BusinessUnit, Contact, ContactKind, Customer, CustomerId, Job, Location,
    LocationId, Owner, PaymentTerm, TenantId,
};
use super::rot::{Kind, Rot};
use super::table::{Record, Rows, Table};

/// Where ids of records made at run time begin.
const NEW_IDS_FROM: i64 = 900_000_001;

/// The scopes that a tenant has granted to the app when the simulator starts, those of the
/// purchasing and the receivable side apart.
const SCOPES: &[&str] = &[
    "tn.acc.paymentterms:r",
    "tn.crm.customers:r",
    "tn.crm.customers:w",
    "tn.crm.locations:r",
    "tn.crm.locations:w",
    "tn.jpm.appointments:r",
    "tn.jpm.jobs:r",
    "tn.stt.businessunits:r",
];

/// Ids not given yet.
#[derive(Debug)]
pub(super) struct Ids(i64);

impl Ids {
    pub(super) fn from(first: i64) -> Self {
        Self(first)
    }

    pub(super) fn draw(&mut self) -> i64 {
        let id = self.0;
        self.0 += 1;
        id
    }
}

pub(super) struct Books {
    pub(super) id: TenantId,
    pub(super) name: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    /// The tenant's admin disconnected the app: its client is unknown.
    pub(super) revoked: bool,
    pub(super) scopes: BTreeSet<String>,
    pub(super) customers: Table<Customer>,
    pub(super) contacts: Table<Contact>,
    pub(super) locations: Table<Location>,
    pub(super) location_contacts: Table<Contact>,
    pub(super) payment_terms: Table<PaymentTerm>,
    pub(super) business_units: Table<BusinessUnit>,
    pub(super) jobs: Table<Job>,
    pub(super) appointments: Table<Appointment>,
    pub(super) purchasing: Purchasing,
    pub(super) receivables: Receivables,
    /// What subscribers are to be told once the call or act is over.
    pub(super) announced: Vec<Event>,
    pub(super) rot: BTreeMap<(Kind, i64), Rot>,
    pub(super) ids: Ids,
}

impl Books {
    #[expect(
        clippy::too_many_arguments,
        reason = "called once, by the seed, with every table"
    )]
    pub(super) fn new(
        seed: &TenantSeed,
        client_id: String,
        client_secret: String,
        customers: Table<Customer>,
        contacts: Table<Contact>,
        locations: Table<Location>,
        location_contacts: Table<Contact>,
        payment_terms: Table<PaymentTerm>,
        business_units: Table<BusinessUnit>,
        purchasing: Purchasing,
        receivables: Receivables,
    ) -> Self {
        Self {
            id: seed.id,
            name: seed.name.clone(),
            client_id,
            client_secret,
            revoked: false,
            scopes: SCOPES
                .iter()
                .chain(purchasing::SCOPES)
                .chain(receivables::SCOPES)
                .map(|scope| (*scope).to_owned())
                .collect(),
            customers,
            contacts,
            locations,
            location_contacts,
            payment_terms,
            business_units,
            jobs: Table::seeded(Vec::new()),
            appointments: Table::seeded(Vec::new()),
            purchasing,
            receivables,
            announced: Vec::new(),
            rot: BTreeMap::new(),
            ids: Ids::from(NEW_IDS_FROM),
        }
    }

    pub(super) fn new_id(&mut self) -> i64 {
        self.ids.draw()
    }

    pub(super) fn contacts_of(&self, customer: CustomerId) -> impl Iterator<Item = &Contact> {
        let ids = self.contacts.owned_by(customer.0);
        ids.filter_map(|id| self.contacts.get(id))
            .filter(|contact| contact.active)
    }

    pub(super) fn locations_of(&self, customer: CustomerId) -> impl Iterator<Item = &Location> {
        self.locations
            .owned_by(customer.0)
            .filter_map(|id| self.locations.get(id))
    }

    pub(super) fn contacts_at(&self, location: LocationId) -> impl Iterator<Item = &Contact> {
        let ids = self.location_contacts.owned_by(location.0);
        ids.filter_map(|id| self.location_contacts.get(id))
            .filter(|contact| contact.active)
    }

    /// A row as the wire shows it: with its rot, and with null for empty collections on every
    /// third row when `nulls`.
    pub(super) fn wire<T: Record + Serialize>(&self, kind: Kind, row: &T, nulls: bool) -> Value {
        let Ok(Value::Object(map)) = serde_json::to_value(row) else {
            unreachable!("records are structs with string keys");
        };
        self.finish(kind, row.key(), map, nulls)
    }

    /// The same for contacts, whose shape depends on who asks.
    pub(super) fn wire_contact(&self, row: &Contact, view: ContactView, nulls: bool) -> Value {
        let mut map = Map::new();
        map.insert("id".into(), json!(row.id));
        map.insert("type".into(), json!(row.kind));
        map.insert("value".into(), json!(row.value));
        map.insert("memo".into(), json!(row.memo));
        if view != ContactView::Bare {
            map.insert("createdOn".into(), json!(row.created_on));
            map.insert("modifiedOn".into(), json!(row.modified_on));
            map.insert("phoneSettings".into(), phone_settings(row, nulls));
        }
        let (kind, owner, id) = match row.owner {
            Owner::Customer(id) => (Kind::CustomerContact, "customerId", id.0),
            Owner::Location(id) => (Kind::LocationContact, "locationId", id.0),
        };
        if matches!(view, ContactView::Listed | ContactView::Exported) {
            map.insert(owner.into(), json!(id));
        }
        if view == ContactView::Exported {
            map.insert("active".into(), json!(row.active));
        }
        self.finish(kind, row.key(), map, false)
    }

    /// A job as the export feed shows it.
    pub(super) fn wire_exported_job(&self, job: &Job, nulls: bool) -> Value {
        let mut value = self.wire(Kind::Job, job, nulls);
        if let Some(map) = value.as_object_mut() {
            map.insert("active".into(), json!(true));
        }
        value
    }

    /// Nulls and rot over a row that was put together by hand.
    pub(super) fn finish(
        &self,
        kind: Kind,
        id: i64,
        mut map: Map<String, Value>,
        nulls: bool,
    ) -> Value {
        if nulls && id % 3 == 0 {
            for value in map.values_mut() {
                if value.as_array().is_some_and(Vec::is_empty) {
                    *value = Value::Null;
                }
            }
        }
        if let Some(rot) = self.rot.get(&(kind, id)) {
            rot.spoil(kind, &mut map);
        }
        Value::Object(map)
    }

    /// The table of a kind.
    pub(super) fn rows(&mut self, kind: Kind) -> &mut dyn Rows {
        match kind {
            Kind::Customer => &mut self.customers,
            Kind::CustomerContact => &mut self.contacts,
            Kind::Location => &mut self.locations,
            Kind::LocationContact => &mut self.location_contacts,
            Kind::PaymentTerm => &mut self.payment_terms,
            Kind::BusinessUnit => &mut self.business_units,
            Kind::Job => &mut self.jobs,
            Kind::Appointment => &mut self.appointments,
            kind => {
                let rows = self.purchasing.rows(kind);
                let rows = rows.or_else(|| self.receivables.rows(kind));
                rows.expect("every kind is of one of the sides")
            }
        }
    }
}

/// Which of a contact's shapes is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContactView {
    /// In the answer to a creation: no times.
    Bare,
    /// Below its owner's path.
    Owned,
    /// In a list over all owners.
    Listed,
    /// In the export feed.
    Exported,
}

fn phone_settings(contact: &Contact, nulls: bool) -> Value {
    match contact.kind {
        ContactKind::Email if nulls => Value::Null,
        ContactKind::Email => json!({ "phoneNumber": "", "doNotText": false }),
        ContactKind::Phone | ContactKind::Fax | ContactKind::MobilePhone => {
            let digits: String = contact.value.chars().filter(char::is_ascii_digit).collect();
            json!({ "phoneNumber": digits, "doNotText": contact.kind == ContactKind::Fax })
        }
    }
}
