//! A tenant's records from a seed: the same seed, size and mix always give the same tenant.
//!
//! Each customer is drawn from a generator of its own, seeded by (seed, tenant, index), so that
//! the first customers of a large tenant are those of a small one.

pub(super) mod words;

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::books::Books;
use super::options::{Mix, TenantSeed};
use super::purchasing::{Purchasing, business_units};
use super::receivables::{Invoice, Receivables};
use super::record::{
    Address, Cents, Contact, ContactId, ContactKind, Customer, CustomerId, CustomerKind,
    ExternalDatum, Location, LocationId, Owner, PaymentTerm, PaymentTermId,
};
use super::table::Table;
use words::{
    CANADA, COMPANY_ENDS, COMPANY_MIDDLES, COMPANY_STARTS, FIRST_NAMES, HOSTILE_NAMES, LAST_NAMES,
    MEMOS, STREETS, UNITED_STATES, UNITS,
};

const CUSTOMERS_FROM: i64 = 100_000_001;
const LOCATIONS_FROM: i64 = 200_000_001;
const CONTACTS_FROM: i64 = 300_000_001;
const LOCATION_CONTACTS_FROM: i64 = 400_000_001;
/// The employee that made everything.
pub(super) const MADE_BY: i64 = 71;

const DAY_S: i64 = 24 * 3600;
const LONG_NAME_CHARS: usize = 1_000;

/// The id of the `index`th seeded customer, counting from 0.
#[must_use]
pub fn customer_id(index: usize) -> CustomerId {
    CustomerId(CUSTOMERS_FROM + offset(index))
}

pub(super) fn offset(index: usize) -> i64 {
    i64::try_from(index).expect("a tenant's size fits an i64")
}

pub(super) fn rng(seed: u64, tenant: &TenantSeed, index: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ tenant.id.0.unsigned_abs().rotate_left(32));
    rng.set_stream(index);
    rng
}

pub(super) fn books(seed: u64, tenant: &TenantSeed, until: Timestamp) -> Books {
    let mut drawn = Drawn::default();
    for index in 0..tenant.customers {
        let rng = rng(seed, tenant, index as u64 + 1);
        let mut draw = Draw {
            rng,
            index,
            mix: &tenant.mix,
            until,
            tenant,
            seed,
        };
        draw.customer(&mut drawn);
    }
    let mut rng = rng(seed, tenant, 0);
    let mut secret = |prefix: &str| format!("{prefix}{:032x}", rng.random::<u128>());
    let mut books = Books::new(
        tenant,
        secret("cid."),
        secret("cs1."),
        Table::seeded(drawn.customers),
        Table::seeded(drawn.contacts),
        Table::seeded(drawn.locations),
        Table::seeded(drawn.location_contacts),
        Table::seeded(payment_terms(until)),
        Table::seeded(business_units(until)),
        Purchasing::drawn(seed, tenant, until),
        Receivables::new(until),
    );
    books.draw_orders(seed, tenant, until);
    let invoices = books.jobs.iter().map(Invoice::of_job);
    books.receivables.invoices = Table::seeded(invoices.collect());
    books.draw_receivables(seed, tenant, until);
    books
}

/// The app's key; one per installation of the app, whatever the tenant.
pub(super) fn app_key(seed: u64) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    format!("ak1.{:024x}", rng.random::<u128>() >> 32)
}

#[derive(Default)]
struct Drawn {
    customers: Vec<Customer>,
    contacts: Vec<Contact>,
    locations: Vec<Location>,
    location_contacts: Vec<Contact>,
}

struct Draw<'a> {
    rng: ChaCha8Rng,
    index: usize,
    mix: &'a Mix,
    until: Timestamp,
    tenant: &'a TenantSeed,
    seed: u64,
}

impl Draw<'_> {
    fn customer(&mut self, drawn: &mut Drawn) {
        let id = customer_id(self.index);
        let kind = if self.percent(self.mix.commercial_percent) {
            CustomerKind::Commercial
        } else {
            CustomerKind::Residential
        };
        let name = self.name(kind);
        let address = self.address();
        let (created_on, modified_on) = self.times();
        let survivor = self
            .nth(self.mix.merged_every, 33)
            .then(|| customer_id(self.index - 1));
        let inactive = self.percent(self.mix.inactive_percent);
        let term = self.rng.random_range(0..9_i64);
        let limit = self
            .percent(10)
            .then(|| Cents(self.rng.random_range(1..50) * 100_000));
        let customer = Customer {
            id,
            active: !inactive && survivor.is_none(),
            name,
            kind,
            address: address.clone(),
            custom_fields: Vec::new(),
            balance: if self.percent(30) {
                Cents(self.rng.random_range(-5_000..500_000))
            } else {
                Cents(0)
            },
            tax_exempt: self.percent(5),
            tag_type_ids: if self.percent(20) {
                vec![11, 12]
            } else {
                Vec::new()
            },
            do_not_mail: self.percent(5),
            do_not_service: self.percent(2),
            national_account: self.percent(2),
            created_on,
            created_by_id: MADE_BY,
            modified_on,
            merged_to_id: survivor,
            payment_term_id: (1..=4).contains(&term).then_some(PaymentTermId(term)),
            credit_limit: limit,
            credit_limit_balance: limit,
            external_data: if self.percent(5) {
                vec![ExternalDatum {
                    key: "legacy".into(),
                    value: format!("C-{}", self.index),
                }]
            } else {
                Vec::new()
            },
            content_modified_on: modified_on,
        };
        drawn.customers.push(customer);
        let owner = survivor.unwrap_or(id);
        self.contacts(owner, drawn);
        self.locations(owner, &address, drawn);
    }

    fn contacts(&mut self, owner: CustomerId, drawn: &mut Drawn) {
        for place in 0..self.rng.random_range(0..=3_i64) {
            let kind = match self.rng.random_range(0..8) {
                0..3 => ContactKind::Phone,
                3..5 => ContactKind::Email,
                5..7 => ContactKind::MobilePhone,
                _ => ContactKind::Fax,
            };
            let id = ContactId(CONTACTS_FROM + offset(self.index) * 4 + place);
            let contact = self.contact(id, Owner::Customer(owner), kind);
            drawn.contacts.push(contact);
        }
    }

    fn locations(&mut self, owner: CustomerId, billing: &Address, drawn: &mut Drawn) {
        let count = if self.percent(25) { 2 } else { 1 };
        for place in 0..count {
            let id = LocationId(LOCATIONS_FROM + offset(self.index) * 2 + place);
            // The first one is usually where the bill goes.
            let address = match place {
                0 if !self.percent(20) => billing.clone(),
                _ => self.address(),
            };
            let (created_on, modified_on) = self.times();
            let customer_name = drawn
                .customers
                .last()
                .map(|c| c.name.clone())
                .unwrap_or_default();
            drawn.locations.push(Location {
                id,
                customer_id: owner,
                active: true,
                name: if place == 0 {
                    customer_name
                } else {
                    format!("{} site", address.city)
                },
                address,
                custom_fields: Vec::new(),
                created_on,
                created_by_id: MADE_BY,
                modified_on,
                merged_to_id: None,
                zone_id: None,
                tax_exempt: false,
                tag_type_ids: Vec::new(),
                external_data: Vec::new(),
                tax_zone_id: None,
            });
            if self.percent(15) {
                let id = ContactId(LOCATION_CONTACTS_FROM + offset(self.index) * 2 + place);
                let at = LocationId(LOCATIONS_FROM + offset(self.index) * 2 + place);
                let contact = self.contact(id, Owner::Location(at), ContactKind::Phone);
                drawn.location_contacts.push(contact);
            }
        }
    }

    fn contact(&mut self, id: ContactId, owner: Owner, kind: ContactKind) -> Contact {
        let (created_on, modified_on) = self.times();
        let line = self.rng.random_range(0..10_000);
        let value = match (kind, self.rng.random_range(0..5)) {
            (ContactKind::Email, _) => {
                let first = self.pick(FIRST_NAMES).to_lowercase();
                format!(
                    "{}.{line}@example.com",
                    first.replace(|c: char| !c.is_ascii(), "e")
                )
            }
            (_, 0) => format!("(512) 555-{line:04}"),
            (_, 1) => format!("512.555.{line:04} ext. 7"),
            (_, 2) => format!("+1 416 555 {line:04}"),
            _ => format!("512555{line:04}"),
        };
        let memo = self.percent(40).then(|| self.pick(MEMOS).to_owned());
        Contact {
            id,
            owner,
            kind,
            value,
            memo,
            active: true,
            created_on,
            modified_on,
        }
    }

    fn name(&mut self, kind: CustomerKind) -> String {
        let (every, at) = (self.mix.hostile_every, 7);
        if self.nth(every, at) {
            // One place more than there are names: the very long one.
            let place = (self.index / every) % (HOSTILE_NAMES.len() + 1);
            return match HOSTILE_NAMES.get(place) {
                Some(name) => (*name).to_owned(),
                None => "Very long name "
                    .chars()
                    .cycle()
                    .take(LONG_NAME_CHARS)
                    .collect(),
            };
        }
        match kind {
            CustomerKind::Residential => {
                format!("{} {}", self.pick(FIRST_NAMES), self.pick(LAST_NAMES))
            }
            CustomerKind::Commercial => format!(
                "{} {} {}",
                self.pick(COMPANY_STARTS),
                self.pick(COMPANY_MIDDLES),
                self.pick(COMPANY_ENDS)
            ),
        }
    }

    fn address(&mut self) -> Address {
        let canadian = self.percent(self.mix.canadian_percent);
        let places = if canadian { CANADA } else { UNITED_STATES };
        let (city, code, state, zip) = places[self.rng.random_range(0..places.len())];
        let number = self.rng.random_range(1..9_999);
        let mut address = Address {
            street: format!("{number} {}", self.pick(STREETS)),
            unit: self.percent(20).then(|| self.pick(UNITS).to_owned()),
            city: city.to_owned(),
            state: code.to_owned(),
            zip: zip.to_owned(),
            country: if canadian { "Canada" } else { "USA" }.to_owned(),
            latitude: self.percent(50).then(|| f64::from(number) / 1_000.0 + 25.0),
            longitude: None,
        };
        address.longitude = address.latitude.map(|_| -97.743_061);
        if self.nth(self.mix.messy_every, 11) {
            state.clone_into(&mut address.state);
            address.city = format!(" {} ", address.city.to_uppercase());
            address.country = String::new();
        }
        address
    }

    /// When a record was made and changed last, with the .NET clock's seven digits.
    fn times(&mut self) -> (Timestamp, Timestamp) {
        let group = (self.index / 4) as u64;
        let mut clock = if self.mix.ties && group.is_multiple_of(2) {
            rng(self.seed, self.tenant, u64::MAX - group)
        } else {
            self.rng.clone()
        };
        let modified = clock.random_range(DAY_S..700 * DAY_S);
        let fraction = match clock.random_range(0..4) {
            0 => 0,
            1 => clock.random_range(0..1_000) * 1_000_000,
            _ => clock.random_range(0..10_000_000) * 100,
        };
        let modified_on = self.until - SignedDuration::new(modified, fraction);
        let made_before = self.rng.random_range(0..30 * DAY_S);
        // A record that never changed has the same time twice.
        let created_on = if self.percent(40) {
            modified_on
        } else {
            modified_on - SignedDuration::from_secs(made_before)
        };
        (created_on, modified_on)
    }

    fn pick(&mut self, words: &'static [&'static str]) -> &'static str {
        words[self.rng.random_range(0..words.len())]
    }

    fn percent(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// Whether this is an nth customer, the first of them at index `at` modulo `every`.
    fn nth(&self, every: usize, at: usize) -> bool {
        every > 0 && self.index > 0 && self.index % every == at % every
    }
}

fn payment_terms(until: Timestamp) -> Vec<PaymentTerm> {
    let rows: [(i64, &str, &'static str, i32, bool); 6] = [
        (1, "Immediate Payment", "NumberOfDays", 0, true),
        (2, "15 Days", "NumberOfDays", 15, true),
        (3, "30 Days", "NumberOfDays", 30, true),
        (4, "Net 45 (fleet)", "NumberOfDays", 45, true),
        (
            5,
            "10th of next month",
            "CertainDayOfFollowingMonth",
            10,
            true,
        ),
        (6, "Net 90 (legacy)", "NumberOfDays", 90, false),
    ];
    let made = until - (24 * 365 * 2).hours();
    let terms = rows
        .into_iter()
        .map(|(id, name, due_day_type, due_day, active)| PaymentTerm {
            id: PaymentTermId(id),
            name: name.to_owned(),
            due_day_type,
            due_day,
            is_customer_default: id == 1,
            active,
            created_on: made,
            modified_on: made,
        });
    terms.collect()
}
