//! Writes over the API: required fields are named when they are missing, unknown fields are
//! dropped without a word, nothing is idempotent.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::api::{Answer, Call, number};
use super::books::ContactView;
use super::problem::Problem;
use super::record::{Address, Contact, CustomerId, CustomerKind, Location, Owner, PaymentTermId};
use super::request::{
    ContactPatch, CustomerPatch, LocationPatch, NewContact, NewCustomer, NewLocation,
};
use super::rot::Kind;

impl Call<'_> {
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(self.body).map_err(|error| Problem::invalid("$", &error.to_string()))
    }

    /// Until when lists and feeds keep a write to themselves.
    pub(super) fn lag(&self) -> Option<Timestamp> {
        let lag_ms = self.switches.read_lag_ms;
        (lag_ms > 0).then(|| self.now + SignedDuration::from_millis(lag_ms))
    }

    pub(super) fn create_customer(&mut self) -> Answer {
        let new: NewCustomer = self.read()?;
        let locations = new.locations.unwrap_or_default();
        let mut missing = Missing::default();
        missing.unless(
            new.name.as_deref().is_some_and(|n| !n.trim().is_empty()),
            "Name",
        );
        missing.unless(new.address.is_some(), "Address");
        missing.unless(!locations.is_empty(), "Locations");
        for (place, location) in locations.iter().enumerate() {
            missing.unless(location.name.is_some(), &format!("Locations[{place}].Name"));
            missing.unless(
                location.address.is_some(),
                &format!("Locations[{place}].Address"),
            );
        }
        missing.none()?;
        self.check_term(new.rest.payment_term_id)?;
        let (Some(name), Some(address)) = (new.name, new.address) else {
            return Err(Problem::invalid("Name", "The Name field is required."));
        };
        let (now, lag) = (self.now, self.lag());
        let mut customer = self
            .books
            .new_customer(name, CustomerKind::Residential, address, now);
        new.rest.apply(&mut customer);
        let id = customer.id;
        let mut shown = self.books.wire(Kind::Customer, &customer, false);
        self.books.customers.put(customer, now, lag);
        let places = locations
            .into_iter()
            .map(|location| self.add_location(id, location));
        shown["locations"] = places.collect::<Vec<Value>>().into();
        let contacts = self.add_contacts(Owner::Customer(id), new.contacts);
        shown["contacts"] = contacts.into();
        Ok(Some(shown))
    }

    pub(super) fn update_customer(&mut self, id: &str) -> Answer {
        let patch: CustomerPatch = self.read()?;
        let found = self.books.customers.get(number(id)?).cloned();
        let mut customer = found.ok_or(Problem::not_found("Customer"))?;
        self.check_term(patch.rest.payment_term_id)?;
        if let Some(name) = patch.name {
            if name.trim().is_empty() {
                return Err(Problem::invalid("Name", "The Name field is required."));
            }
            customer.name = name;
        }
        if let Some(address) = patch.address {
            customer.address = address.into();
        }
        patch.rest.apply(&mut customer);
        customer.content_modified_on = self.books.customers.latest().max(self.now);
        let (now, lag) = (self.now, self.lag());
        let id = customer.id;
        self.books.customers.put(customer, now, lag);
        let row = self
            .books
            .customers
            .get(id.0)
            .ok_or(Problem::not_found("Customer"))?;
        Ok(Some(self.books.wire(
            Kind::Customer,
            row,
            self.switches.null_lists,
        )))
    }

    pub(super) fn check_term(&self, term: Option<PaymentTermId>) -> Result<(), Problem> {
        let known = term.is_none_or(|term| self.books.payment_terms.get(term.0).is_some());
        if known {
            return Ok(());
        }
        Err(Problem::invalid(
            "PaymentTermId",
            "The payment term does not exist.",
        ))
    }

    pub(super) fn create_contact(&mut self, id: &str) -> Answer {
        let owner = CustomerId(number(id)?);
        self.books
            .customers
            .get(owner.0)
            .ok_or(Problem::not_found("Customer"))?;
        let new: NewContact = self.read()?;
        let (now, lag) = (self.now, self.lag());
        let contact =
            self.books
                .contact(Owner::Customer(owner), new.kind, new.value, new.memo, now);
        let shown = self.books.wire_contact(&contact, ContactView::Owned, false);
        self.books.contacts.put(contact, now, lag);
        Ok(Some(shown))
    }

    pub(super) fn update_contact(&mut self, id: &str, contact: &str) -> Answer {
        let mut row = self.own_contact(id, contact)?;
        let patch: ContactPatch = self.read()?;
        row.kind = patch.kind.unwrap_or(row.kind);
        row.value = patch.value.unwrap_or(row.value);
        row.memo = patch.memo.or(row.memo);
        let (id, now, lag) = (row.id, self.now, self.lag());
        self.books.contacts.put(row, now, lag);
        let row = self
            .books
            .contacts
            .get(id.0)
            .ok_or(Problem::not_found("Contact"))?;
        let nulls = self.switches.null_lists;
        Ok(Some(self.books.wire_contact(
            row,
            ContactView::Owned,
            nulls,
        )))
    }

    pub(super) fn delete_contact(&mut self, id: &str, contact: &str) -> Answer {
        let mut row = self.own_contact(id, contact)?;
        row.active = false;
        let (now, lag) = (self.now, self.lag());
        self.books.contacts.put(row, now, lag);
        Ok(None)
    }

    /// An active contact of the customer in the path.
    fn own_contact(&self, id: &str, contact: &str) -> Result<Contact, Problem> {
        let owner = Owner::Customer(CustomerId(number(id)?));
        let row = self.books.contacts.get(number(contact)?);
        let row = row.filter(|row| row.active && row.owner == owner);
        row.cloned().ok_or(Problem::not_found("Contact"))
    }

    pub(super) fn create_location(&mut self) -> Answer {
        let new: NewLocation = self.read()?;
        let mut missing = Missing::default();
        missing.unless(new.customer_id.is_some(), "CustomerId");
        missing.unless(new.name.is_some(), "Name");
        missing.unless(new.address.is_some(), "Address");
        missing.none()?;
        let customer = new
            .customer_id
            .filter(|id| self.books.customers.get(id.0).is_some());
        let unknown = Problem::invalid("CustomerId", "The customer does not exist.");
        Ok(Some(self.add_location(customer.ok_or(unknown)?, new)))
    }

    /// Adds a location whose required fields were checked, and shows it with its contacts.
    fn add_location(&mut self, customer: CustomerId, new: NewLocation) -> Value {
        let (now, lag) = (self.now, self.lag());
        let (name, address) = new
            .name
            .zip(new.address)
            .expect("required fields were checked");
        let location: Location = self.books.location(customer, name, address, now);
        let id = location.id;
        let mut shown = self.books.wire(Kind::Location, &location, false);
        self.books.locations.put(location, now, lag);
        shown["contacts"] = self.add_contacts(Owner::Location(id), new.contacts).into();
        shown
    }

    fn add_contacts(&mut self, owner: Owner, new: Option<Vec<NewContact>>) -> Vec<Value> {
        let (now, lag) = (self.now, self.lag());
        let new = new.unwrap_or_default().into_iter();
        new.map(|new| {
            let contact = self
                .books
                .contact(owner, new.kind, new.value, new.memo, now);
            let shown = self.books.wire_contact(&contact, ContactView::Bare, false);
            match owner {
                Owner::Customer(_) => self.books.contacts.put(contact, now, lag),
                Owner::Location(_) => self.books.location_contacts.put(contact, now, lag),
            }
            shown
        })
        .collect()
    }

    pub(super) fn update_location(&mut self, id: &str) -> Answer {
        let patch: LocationPatch = self.read()?;
        let found = self.books.locations.get(number(id)?).cloned();
        let mut location = found.ok_or(Problem::not_found("Location"))?;
        if let Some(customer) = patch.customer_id {
            let unknown = Problem::invalid("CustomerId", "The customer does not exist.");
            self.books.customers.get(customer.0).ok_or(unknown)?;
            location.customer_id = customer;
        }
        location.name = patch.name.unwrap_or(location.name);
        location.address = patch.address.map_or(location.address, Address::from);
        location.active = patch.active.unwrap_or(location.active);
        location.tax_zone_id = patch.tax_zone_id.or(location.tax_zone_id);
        let (id, now, lag) = (location.id, self.now, self.lag());
        self.books.locations.put(location, now, lag);
        let row = self
            .books
            .locations
            .get(id.0)
            .ok_or(Problem::not_found("Location"))?;
        Ok(Some(self.books.wire(
            Kind::Location,
            row,
            self.switches.null_lists,
        )))
    }
}

#[derive(Default)]
pub(super) struct Missing {
    errors: BTreeMap<String, Vec<String>>,
}

impl Missing {
    pub(super) fn unless(&mut self, present: bool, field: &str) {
        if !present {
            let message = format!("The {field} field is required.");
            self.errors.insert(field.to_owned(), vec![message]);
        }
    }

    pub(super) fn none(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::validation(self.errors))
        }
    }
}

/// The example of a body that creates a customer, for people with curl.
pub(super) fn example_customer() -> Value {
    let address = json!({
        "street": "1 Main St", "city": "Austin", "state": "TX", "zip": "78701", "country": "USA",
    });
    json!({
        "name": "Ada Lovelace",
        "type": "Residential",
        "address": address,
        "locations": [{ "name": "Home", "address": address }],
        "contacts": [{ "type": "Email", "value": "ada@example.com" }],
    })
}
