//! What people did in ServiceTitan, to be done again in a second one: two connectors that saw the same history must
//! leave the same Odoo behind, however often one of them was disturbed.
//!
//! An act may fall before or after a customer's first arrival in Odoo. Most acts lead to the same partners either way;
//! those that archive do not (what never arrived is left out), so they only strike seeded customers that have arrived
//! and that nobody touched before.

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, RngExt as _};
use sandbox::servicetitan::{
    Act, Address, ContactKind, Customer, CustomerId, CustomerKind, Tenant,
};

/// The acts so far.
#[derive(Default)]
pub(crate) struct History {
    acts: Vec<(Act, Option<i64>)>,
    touched: BTreeSet<CustomerId>,
}

impl History {
    /// People work for a while: about a dozen acts. `arrived` are the external ids that stand in Odoo.
    pub(crate) fn go_on(&mut self, tenant: &Tenant, arrived: &BTreeSet<String>, rng: &mut StdRng) {
        let turn = self.acts.len();
        for (place, work) in [
            rename,
            rename,
            move_house,
            move_house,
            add_contact,
            add_contact,
            change_contact,
            add_location,
            change_balance,
        ]
        .into_iter()
        .enumerate()
        {
            let customer = anyone(tenant, rng);
            self.act(tenant, &customer, work(tenant, &customer, turn + place));
        }
        self.create(tenant, turn, rng);
        self.archive_something(tenant, arrived, rng);
    }

    /// Does the same in another ServiceTitan that was seeded alike.
    pub(crate) fn repeat(&self, tenant: &Tenant) {
        for (act, made) in &self.acts {
            let again = tenant.act(act.clone()).expect("it worked before");
            assert_eq!(again, *made, "the two ServiceTitans are not alike");
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.acts.len()
    }

    /// The acts that name a customer.
    pub(crate) fn of(&self, customer: &str) -> String {
        let acts = self.acts.iter().map(|act| format!("  {act:?}\n"));
        acts.filter(|act| act.contains(customer)).collect()
    }

    fn act(&mut self, tenant: &Tenant, customer: &Customer, act: Option<Act>) {
        let Some(act) = act else { return };
        let made = tenant.act(act.clone()).expect("the customer is there");
        self.touched.insert(customer.id);
        self.acts.push((act, made));
    }

    fn create(&mut self, tenant: &Tenant, turn: usize, rng: &mut StdRng) {
        let kind = if rng.random_bool(0.5) {
            CustomerKind::Residential
        } else {
            CustomerKind::Commercial
        };
        let act = Act::CreateCustomer {
            name: format!("Late Arrival {turn}"),
            kind,
            address: street(turn),
        };
        let made = tenant.act(act.clone()).expect("it is allowed");
        let id = CustomerId(made.expect("a new customer has an id"));
        self.touched.insert(id);
        self.acts.push((act, made));
    }

    fn archive_something(&mut self, tenant: &Tenant, arrived: &BTreeSet<String>, rng: &mut StdRng) {
        let untouched: Vec<Customer> = tenant
            .customers()
            .into_iter()
            .filter(|customer| customer.active && !self.touched.contains(&customer.id))
            .filter(|customer| arrived.contains(&format!("customer_{}", customer.id)))
            .collect();
        let mut chosen = untouched.sample(rng, 2).cloned();
        let (Some(customer), Some(other)) = (chosen.next(), chosen.next()) else {
            return;
        };
        let act = match rng.next_u32() % 4 {
            0 => Some(Act::SetActive {
                customer: customer.id,
                active: false,
            }),
            1 => {
                self.touched.insert(other.id);
                Some(Act::Merge {
                    loser: customer.id,
                    survivor: other.id,
                })
            }
            2 => tenant
                .locations_of(customer.id)
                .into_iter()
                .find(|location| location.active)
                .map(|location| Act::SetLocationActive {
                    location: location.id,
                    active: false,
                }),
            _ => tenant
                .contacts_of(customer.id)
                .into_iter()
                .find(|contact| contact.active)
                .map(|contact| Act::RemoveContact {
                    contact: contact.id,
                }),
        };
        self.act(tenant, &customer, act);
    }
}

fn anyone(tenant: &Tenant, rng: &mut StdRng) -> Customer {
    let active: Vec<Customer> = tenant
        .customers()
        .into_iter()
        .filter(|customer| customer.active && customer.merged_to_id.is_none())
        .collect();
    active.choose(rng).expect("somebody is left").clone()
}

#[expect(clippy::unnecessary_wraps, reason = "the same shape as the others")]
fn rename(_: &Tenant, customer: &Customer, turn: usize) -> Option<Act> {
    Some(Act::RenameCustomer {
        customer: customer.id,
        name: format!("Renamed {turn}"),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the same shape as the others")]
fn move_house(_: &Tenant, customer: &Customer, turn: usize) -> Option<Act> {
    Some(Act::ChangeAddress {
        customer: customer.id,
        address: street(turn),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the same shape as the others")]
fn add_contact(_: &Tenant, customer: &Customer, turn: usize) -> Option<Act> {
    let (kind, value) = if turn.is_multiple_of(2) {
        (ContactKind::Phone, format!("303555{turn:04}"))
    } else {
        (ContactKind::Email, format!("late{turn}@example.com"))
    };
    Some(Act::AddContact {
        customer: customer.id,
        kind,
        value,
        memo: Some(format!("Added {turn}")),
    })
}

fn change_contact(tenant: &Tenant, customer: &Customer, turn: usize) -> Option<Act> {
    let contact = tenant
        .contacts_of(customer.id)
        .into_iter()
        .find(|contact| contact.active && contact.kind == ContactKind::Email)?;
    Some(Act::ChangeContact {
        contact: contact.id,
        value: format!("changed{turn}@example.com"),
        memo: contact.memo,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the same shape as the others")]
fn add_location(_: &Tenant, customer: &Customer, turn: usize) -> Option<Act> {
    Some(Act::AddLocation {
        customer: customer.id,
        name: format!("Annex {turn}"),
        address: street(turn),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the same shape as the others")]
fn change_balance(_: &Tenant, customer: &Customer, turn: usize) -> Option<Act> {
    Some(Act::ChangeBalance {
        customer: customer.id,
        cents: i64::try_from(turn).expect("few acts") * 100,
    })
}

fn street(turn: usize) -> Address {
    Address {
        street: format!("{turn} Moved Avenue"),
        unit: None,
        city: "Boulder".to_owned(),
        state: "CO".to_owned(),
        zip: "80301".to_owned(),
        country: "USA".to_owned(),
        latitude: None,
        longitude: None,
    }
}
