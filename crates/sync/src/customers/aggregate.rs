//! A customer with its contacts and locations, read from the last sightings of its parts.

use servicetitan::record::{self, Customer, CustomerContact, Location};

use crate::filing::RowKind;
use crate::link::Name;
use crate::part;
use crate::record::Reason;
use crate::sighting::{Part, PartKey};

/// Why parts make no customer.
pub(super) enum Unfit {
    /// A row cannot be read.
    Unreadable(Reason),
    /// There are contacts or locations, but no customer yet.
    Headless,
}

/// A customer with everything that belongs to it.
pub(super) struct Aggregate {
    pub(super) customer: Customer,
    /// Contact methods by id, the ones taken away included.
    pub(super) contacts: Vec<CustomerContact>,
    /// Locations by id, inactive ones included.
    pub(super) locations: Vec<Location>,
}

impl Aggregate {
    /// Reads the parts. A row that cannot be read fails the whole customer: half a customer is never written.
    pub(super) fn read(parts: &[Part]) -> Result<Self, Unfit> {
        let (mut customer, mut contacts, mut locations) = (None, Vec::new(), Vec::new());
        for part in parts {
            match RowKind::of(&part.key) {
                Some(RowKind::Customer) => customer = Some(read::<Customer>(part)?),
                Some(RowKind::Contact) => contacts.push(read::<CustomerContact>(part)?),
                Some(RowKind::Location) => locations.push(read::<Location>(part)?),
                _ => {
                    let reason = part::unreadable(part, "the row has no readable id");
                    return Err(Unfit::Unreadable(reason));
                }
            }
        }
        contacts.sort_by_key(|contact| contact.id);
        locations.sort_by_key(|location| location.id);
        match customer {
            Some(customer) => Ok(Self {
                customer,
                contacts,
                locations,
            }),
            None => Err(Unfit::Headless),
        }
    }

    pub(super) fn is_active(&self) -> bool {
        self.customer.active
    }

    /// The customer that this one was merged into.
    pub(super) fn survivor(&self) -> Option<i64> {
        self.customer
            .merged_to_id
            .map(|id| id.0)
            .filter(|_| !self.customer.active)
    }

    /// The part that a link name stands for.
    pub(super) fn part_of(&self, name: &Name) -> PartKey {
        let customer = self.customer.id;
        if name.0 == format!("customer_{customer}") {
            return RowKind::Customer.key(customer.0);
        }
        if let Some(location) = self
            .locations
            .iter()
            .find(|location| name.0 == format!("location_{}", location.id))
        {
            return RowKind::Location.key(location.id.0);
        }
        let contact = self
            .contacts
            .iter()
            .find(|contact| name.0 == format!("contact_{customer}_{}", contact.id));
        contact.map_or_else(
            || PartKey(format!("gone/{name}")),
            |contact| RowKind::contact_key(customer.0, contact.id.0),
        )
    }
}

fn read<T: record::Record>(row: &Part) -> Result<T, Unfit> {
    part::read(row).map_err(Unfit::Unreadable)
}
