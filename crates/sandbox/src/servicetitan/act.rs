//! What people do in ServiceTitan's own screens: every change that the API does not offer, and
//! those that it does. The same acts are methods of [`super::Tenant`] and JSON for
//! `POST /sandbox/acts`.
//!
//! What bumps what follows the live system: a customer's own fields and its balance bump its
//! `modifiedOn`; its contacts and locations do not.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::books::Books;
use super::event::Event;
use super::purchasing::Deed;
use super::receivables::Dealing;
use super::record::{
    Address, Cents, Contact, ContactId, ContactKind, Customer, CustomerId, CustomerKind, JobId,
    Location, LocationId, Owner, PaymentTermId,
};
use super::rot::{Kind, Rot};
use super::seed::MADE_BY;

/// One act of a person at the tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
#[expect(missing_docs, reason = "fields are named as ServiceTitan names them")]
pub enum Act {
    /// Makes a customer, with one location at its address. Gives its id.
    CreateCustomer {
        name: String,
        kind: CustomerKind,
        address: Address,
    },
    /// Changes a customer's name.
    RenameCustomer { customer: CustomerId, name: String },
    /// Changes a customer's billing address.
    ChangeAddress {
        customer: CustomerId,
        address: Address,
    },
    /// Makes a person a company or the reverse.
    ChangeKind {
        customer: CustomerId,
        kind: CustomerKind,
    },
    /// Deactivates or reactivates a customer.
    SetActive { customer: CustomerId, active: bool },
    /// Merges: the loser is deactivated, its contacts and locations move to the survivor.
    Merge {
        loser: CustomerId,
        survivor: CustomerId,
    },
    /// Changes what a customer owes: bumps `modifiedOn`, changes nothing else.
    ChangeBalance { customer: CustomerId, cents: i64 },
    /// Sets or clears a customer's payment term.
    SetPaymentTerm {
        customer: CustomerId,
        term: Option<PaymentTermId>,
    },
    /// Adds a contact to a customer. Gives its id.
    AddContact {
        customer: CustomerId,
        kind: ContactKind,
        value: String,
        memo: Option<String>,
    },
    /// Changes a customer's contact.
    ChangeContact {
        contact: ContactId,
        value: String,
        memo: Option<String>,
    },
    /// Removes a customer's contact: gone from lists, a tombstone in the export feed.
    RemoveContact { contact: ContactId },
    /// Adds a location to a customer. Gives its id.
    AddLocation {
        customer: CustomerId,
        name: String,
        address: Address,
    },
    /// Changes a location's name and address.
    ChangeLocation {
        location: LocationId,
        name: String,
        address: Address,
    },
    /// Deactivates or reactivates a location.
    SetLocationActive { location: LocationId, active: bool },
    /// Moves a location to another customer.
    MoveLocation {
        location: LocationId,
        customer: CustomerId,
    },
    /// Books a job with one appointment; `tn.jpm.job-scheduled`. Gives its id.
    BookJob {
        customer: CustomerId,
        location: Option<LocationId>,
    },
    /// Changes a job's summary; `tn.jpm.job-updated`.
    UpdateJob { job: JobId, summary: String },
    /// Moves a job's appointment by hours; `tn.jpm.job-rescheduled`, `job-appointment-updated`.
    RescheduleJob { job: JobId, hours: i64 },
    /// Completes a job: puts a line of that amount, untaxed, on its invoice, if it is any;
    /// `tn.jpm.job-completed`, `tn.acc.invoice-updated`.
    CompleteJob { job: JobId, total_cents: i64 },
    /// Sends an event of any type, as a tenant's own automation might.
    Emit { event: String, data: Value },
    /// Spoils a row, and stamps it so that pollers come across it.
    Spoil { kind: Kind, id: i64, rot: Rot },
    /// Heals a spoilt row, and stamps it.
    Heal { kind: Kind, id: i64 },
    /// Hides a row from lists and feeds, as replication does that lags behind, until it changes or is shown.
    Withhold { kind: Kind, id: i64 },
    /// Shows a row that was withheld, and stamps it.
    Show { kind: Kind, id: i64 },
    /// Disconnects the app: its client is unknown and its tokens are dead.
    RevokeCredentials,
    /// Connects it again, with the same credentials.
    RestoreCredentials,
    /// Replaces the client secret; tokens live on. The new one is in `GET /sandbox`.
    RotateSecret,
    /// Takes a scope away, at once.
    RevokeScope { scope: String },
    /// Grants a scope, at once.
    GrantScope { scope: String },
    /// Kills all tokens of the tenant.
    ExpireTokens,
    /// Anything on the purchasing side. Its JSON is the deed's own: [`Act::read`] reads either.
    #[serde(skip)]
    Purchasing(Box<Deed>),
    /// Anything on the receivable side or in the field, likewise.
    #[serde(skip)]
    Receivables(Box<Dealing>),
}

impl Act {
    /// Reads an act of any side. The error is that of the side which knows the act.
    pub fn read(json: &Value) -> Result<Self, serde_json::Error> {
        let unknown = |error: &serde_json::Error| error.to_string().starts_with("unknown variant");
        match Deed::deserialize(json) {
            Err(error) if unknown(&error) => {}
            known => return known.map(Self::from),
        }
        match Dealing::deserialize(json) {
            Err(error) if unknown(&error) => Self::deserialize(json),
            known => known.map(Self::from),
        }
    }
}

/// Why an act cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such record.
    #[error("there is no {kind:?} {id}")]
    Unknown {
        /// Which table was searched.
        kind: Kind,
        /// For which id.
        id: i64,
    },
    /// A customer cannot be merged into itself or into one that was merged away.
    #[error("customer {loser} cannot be merged into {survivor}")]
    Merge {
        /// The customer to be merged away.
        loser: CustomerId,
        /// The customer to survive.
        survivor: CustomerId,
    },
    /// The state that a document is in forbids it.
    #[error("{kind:?} {id}: {why}")]
    State {
        /// Which table it is in.
        kind: Kind,
        /// Its id.
        id: i64,
        /// In plain words.
        why: String,
    },
}

/// What an act led to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) id: Option<i64>,
    pub(super) events: Vec<Event>,
    /// Tokens of the tenant die with this act.
    pub(super) expire_tokens: bool,
}

impl Outcome {
    pub(super) fn made(id: i64) -> Self {
        Self {
            id: Some(id),
            ..Self::default()
        }
    }
}

fn known(found: bool, kind: Kind, id: i64) -> Result<Outcome, Refusal> {
    if found {
        Ok(Outcome::default())
    } else {
        Err(Refusal::Unknown { kind, id })
    }
}

impl Books {
    #[expect(clippy::too_many_lines, reason = "a table: one arm per act")]
    pub(super) fn act(&mut self, act: Act, now: Timestamp) -> Result<Outcome, Refusal> {
        match act {
            Act::CreateCustomer {
                name,
                kind,
                address,
            } => Ok(Outcome::made(
                self.create_customer(name, kind, address, now).0,
            )),
            Act::RenameCustomer { customer, name } => self.edit(customer, now, |c| c.name = name),
            Act::ChangeAddress { customer, address } => {
                self.edit(customer, now, |c| c.address = address)
            }
            Act::ChangeKind { customer, kind } => self.edit(customer, now, |c| c.kind = kind),
            Act::SetActive { customer, active } => self.edit(customer, now, |c| c.active = active),
            Act::Merge { loser, survivor } => self.merge(loser, survivor, now),
            Act::ChangeBalance { customer, cents } => {
                let found = self
                    .customers
                    .change(customer.0, now, |c| c.balance = Cents(cents));
                known(found, Kind::Customer, customer.0)
            }
            Act::SetPaymentTerm { customer, term } => {
                self.edit(customer, now, |c| c.payment_term_id = term)
            }
            Act::AddContact {
                customer,
                kind,
                value,
                memo,
            } => {
                self.must_have(customer)?;
                let owner = Owner::Customer(customer);
                let contact = self.contact(owner, kind, value, memo, now);
                let id = contact.id;
                self.contacts.put(contact, now, None);
                Ok(Outcome::made(id.0))
            }
            Act::ChangeContact {
                contact,
                value,
                memo,
            } => {
                let edit = |row: &mut Contact| (row.value, row.memo) = (value, memo);
                known(
                    self.contacts.change(contact.0, now, edit),
                    Kind::CustomerContact,
                    contact.0,
                )
            }
            Act::RemoveContact { contact } => {
                let found = self
                    .contacts
                    .change(contact.0, now, |row| row.active = false);
                known(found, Kind::CustomerContact, contact.0)
            }
            Act::AddLocation {
                customer,
                name,
                address,
            } => {
                self.must_have(customer)?;
                let location = self.location(customer, name, address, now);
                let id = location.id;
                self.locations.put(location, now, None);
                Ok(Outcome::made(id.0))
            }
            Act::ChangeLocation {
                location,
                name,
                address,
            } => self.edit_location(location, now, |row| {
                row.name = name;
                row.address = address;
            }),
            Act::SetLocationActive { location, active } => {
                self.edit_location(location, now, |row| row.active = active)
            }
            Act::MoveLocation { location, customer } => {
                self.must_have(customer)?;
                self.edit_location(location, now, |row| row.customer_id = customer)
            }
            Act::BookJob { customer, location } => self.book_job(customer, location, now),
            Act::UpdateJob { job, summary } => self.update_job(job, summary, now),
            Act::RescheduleJob { job, hours } => self.reschedule_job(job, hours, now),
            Act::CompleteJob { job, total_cents } => {
                self.complete_job(job, Cents(total_cents), now)
            }
            Act::Emit { event, data } => Ok(self.emit(event, data)),
            Act::Spoil { kind, id, rot } => {
                self.rot.insert((kind, id), rot);
                known(self.rows(kind).touch(id, now), kind, id)
            }
            Act::Heal { kind, id } => {
                self.rot.remove(&(kind, id));
                known(self.rows(kind).touch(id, now), kind, id)
            }
            Act::Withhold { kind, id } => known(self.rows(kind).withhold(id), kind, id),
            Act::Show { kind, id } => known(self.rows(kind).touch(id, now), kind, id),
            Act::RevokeCredentials
            | Act::RestoreCredentials
            | Act::RotateSecret
            | Act::RevokeScope { .. }
            | Act::GrantScope { .. }
            | Act::ExpireTokens => Ok(self.administer(act)),
            Act::Purchasing(deed) => self.deed(*deed, now),
            Act::Receivables(dealing) => self.deal(*dealing, now),
        }
    }

    fn administer(&mut self, act: Act) -> Outcome {
        let mut outcome = Outcome::default();
        match act {
            Act::RevokeCredentials => {
                self.revoked = true;
                outcome.expire_tokens = true;
            }
            Act::RestoreCredentials => self.revoked = false,
            Act::RotateSecret => {
                let turn = self.new_id();
                self.client_secret = format!("{}.{turn}", self.client_secret);
            }
            Act::RevokeScope { scope } => {
                self.scopes.remove(&scope);
            }
            Act::GrantScope { scope } => {
                self.scopes.insert(scope);
            }
            Act::ExpireTokens => outcome.expire_tokens = true,
            other => unreachable!("{other:?} changes records, not the app's rights"),
        }
        outcome
    }

    fn emit(&self, event: String, data: Value) -> Outcome {
        Outcome {
            events: vec![Event::new(self, event, data)],
            ..Outcome::default()
        }
    }

    /// Changes a customer's own content.
    pub(super) fn edit(
        &mut self,
        customer: CustomerId,
        now: Timestamp,
        edit: impl FnOnce(&mut Customer),
    ) -> Result<Outcome, Refusal> {
        let stamp = self.customers.latest().max(now);
        let found = self.customers.change(customer.0, now, |row| {
            edit(row);
            row.content_modified_on = stamp;
        });
        known(found, Kind::Customer, customer.0)
    }

    fn edit_location(
        &mut self,
        location: LocationId,
        now: Timestamp,
        edit: impl FnOnce(&mut Location),
    ) -> Result<Outcome, Refusal> {
        known(
            self.locations.change(location.0, now, edit),
            Kind::Location,
            location.0,
        )
    }

    pub(super) fn must_have(&self, customer: CustomerId) -> Result<&Customer, Refusal> {
        let unknown = Refusal::Unknown {
            kind: Kind::Customer,
            id: customer.0,
        };
        self.customers.get(customer.0).ok_or(unknown)
    }

    fn merge(
        &mut self,
        loser: CustomerId,
        survivor: CustomerId,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        self.must_have(loser)?;
        let lives = self.must_have(survivor)?.merged_to_id.is_none();
        if loser == survivor || !lives {
            return Err(Refusal::Merge { loser, survivor });
        }
        let contacts: Vec<i64> = self
            .contacts_of(loser)
            .map(|contact| contact.id.0)
            .collect();
        for id in contacts {
            self.contacts
                .change(id, now, |row| row.owner = Owner::Customer(survivor));
        }
        let locations: Vec<i64> = self.locations_of(loser).map(|row| row.id.0).collect();
        for id in locations {
            self.locations
                .change(id, now, |row| row.customer_id = survivor);
        }
        self.edit(loser, now, |row| {
            row.active = false;
            row.merged_to_id = Some(survivor);
        })
    }

    /// A new customer with one location at its address.
    pub(super) fn create_customer(
        &mut self,
        name: String,
        kind: CustomerKind,
        address: Address,
        now: Timestamp,
    ) -> CustomerId {
        let customer = self.new_customer(name.clone(), kind, address.clone(), now);
        let id = customer.id;
        self.customers.put(customer, now, None);
        let location = self.location(id, name, address, now);
        self.locations.put(location, now, None);
        id
    }

    /// A customer that is in no table yet.
    pub(super) fn new_customer(
        &mut self,
        name: String,
        kind: CustomerKind,
        address: Address,
        now: Timestamp,
    ) -> Customer {
        let now = self.customers.latest().max(now);
        Customer {
            id: CustomerId(self.new_id()),
            active: true,
            name,
            kind,
            address,
            custom_fields: Vec::new(),
            balance: Cents(0),
            tax_exempt: false,
            tag_type_ids: Vec::new(),
            do_not_mail: false,
            do_not_service: false,
            national_account: false,
            created_on: now,
            created_by_id: MADE_BY,
            modified_on: now,
            merged_to_id: None,
            payment_term_id: None,
            credit_limit: None,
            credit_limit_balance: None,
            external_data: Vec::new(),
            content_modified_on: now,
        }
    }

    /// A location that is in no table yet.
    pub(super) fn location(
        &mut self,
        customer: CustomerId,
        name: String,
        address: Address,
        now: Timestamp,
    ) -> Location {
        let now = self.locations.latest().max(now);
        Location {
            id: LocationId(self.new_id()),
            customer_id: customer,
            active: true,
            name,
            address,
            custom_fields: Vec::new(),
            created_on: now,
            created_by_id: MADE_BY,
            modified_on: now,
            merged_to_id: None,
            zone_id: None,
            tax_exempt: false,
            tag_type_ids: Vec::new(),
            external_data: Vec::new(),
            tax_zone_id: None,
        }
    }

    /// A contact that is in no table yet.
    pub(super) fn contact(
        &mut self,
        owner: Owner,
        kind: ContactKind,
        value: String,
        memo: Option<String>,
        now: Timestamp,
    ) -> Contact {
        let id = ContactId(self.new_id());
        let now = self.contacts.latest().max(now);
        Contact {
            id,
            owner,
            kind,
            value,
            memo,
            active: true,
            created_on: now,
            modified_on: now,
        }
    }
}
