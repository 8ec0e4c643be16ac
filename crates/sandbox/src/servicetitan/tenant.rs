//! The handle of one tenant: what its people do, and what it truly holds.

use serde_json::Value;

use super::act::{Act, Refusal};
use super::app::SharedApp;
use super::books::Books;
use super::record::{
    Address, Contact, ContactId, ContactKind, Customer, CustomerId, CustomerKind, Job, JobId,
    Location, LocationId, PaymentTerm, PaymentTermId, TenantId,
};
use super::rot::{Kind, Rot};

/// What a client needs to connect to a tenant. Invented from the seed: nothing of it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The tenant, for the path.
    pub tenant: TenantId,
    /// The app's key.
    pub app_key: String,
    /// The client's id for this tenant.
    pub client_id: String,
    /// The client's secret for this tenant.
    pub client_secret: String,
}

/// One tenant of a running simulator. Clones are the same tenant.
#[derive(Clone)]
pub struct Tenant {
    app: SharedApp,
    id: TenantId,
}

pub(super) type Done = Result<(), Refusal>;

impl Tenant {
    pub(super) fn new(app: SharedApp, id: TenantId) -> Self {
        Self { app, id }
    }

    pub(super) fn books<T>(&self, read: impl FnOnce(&Books) -> T) -> T {
        let state = self.app.state();
        read(
            state
                .tenants
                .get(&self.id)
                .expect("handles are made of known tenants"),
        )
    }

    /// Does what an [`Act`] says; gives the id of what it made.
    pub fn act(&self, act: Act) -> Result<Option<i64>, Refusal> {
        self.app.act(self.id, act)
    }

    pub(super) fn make(&self, act: Act) -> Result<i64, Refusal> {
        self.act(act)
            .map(|id| id.expect("acts that make something give its id"))
    }

    pub(super) fn run(&self, act: Act) -> Done {
        self.act(act).map(|_| ())
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> TenantId {
        self.id
    }

    /// Its name, as webhooks tell it.
    #[must_use]
    pub fn name(&self) -> String {
        self.books(|books| books.name.clone())
    }

    /// What a client needs now; the secret changes with [`Tenant::rotate_secret`].
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.books(|books| Credentials {
            tenant: books.id,
            app_key: self.app.key.clone(),
            client_id: books.client_id.clone(),
            client_secret: books.client_secret.clone(),
        })
    }

    /// All customers, inactive and merged ones too, by id.
    #[must_use]
    pub fn customers(&self) -> Vec<Customer> {
        self.books(|books| books.customers.iter().cloned().collect())
    }

    /// A customer.
    #[must_use]
    pub fn customer(&self, id: CustomerId) -> Option<Customer> {
        self.books(|books| books.customers.get(id.0).cloned())
    }

    /// All contacts of customers, removed ones too, by id.
    #[must_use]
    pub fn contacts(&self) -> Vec<Contact> {
        self.books(|books| books.contacts.iter().cloned().collect())
    }

    /// The contacts that a customer has.
    #[must_use]
    pub fn contacts_of(&self, customer: CustomerId) -> Vec<Contact> {
        self.books(|books| books.contacts_of(customer).cloned().collect())
    }

    /// All locations, inactive ones too, by id.
    #[must_use]
    pub fn locations(&self) -> Vec<Location> {
        self.books(|books| books.locations.iter().cloned().collect())
    }

    /// The locations of a customer, inactive ones too.
    #[must_use]
    pub fn locations_of(&self, customer: CustomerId) -> Vec<Location> {
        self.books(|books| books.locations_of(customer).cloned().collect())
    }

    /// The contacts that a location has.
    #[must_use]
    pub fn contacts_at(&self, location: LocationId) -> Vec<Contact> {
        self.books(|books| books.contacts_at(location).cloned().collect())
    }

    /// All payment terms, inactive ones too.
    #[must_use]
    pub fn payment_terms(&self) -> Vec<PaymentTerm> {
        self.books(|books| books.payment_terms.iter().cloned().collect())
    }

    /// A job.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<Job> {
        self.books(|books| books.jobs.get(id.0).cloned())
    }

    /// Makes a customer with one location at its address.
    pub fn create_customer(
        &self,
        name: &str,
        kind: CustomerKind,
        address: Address,
    ) -> Result<CustomerId, Refusal> {
        self.make(Act::CreateCustomer {
            name: name.to_owned(),
            kind,
            address,
        })
        .map(CustomerId)
    }

    /// Changes a customer's name.
    pub fn rename_customer(&self, customer: CustomerId, name: &str) -> Done {
        self.run(Act::RenameCustomer {
            customer,
            name: name.to_owned(),
        })
    }

    /// Changes a customer's billing address.
    pub fn change_address(&self, customer: CustomerId, address: Address) -> Done {
        self.run(Act::ChangeAddress { customer, address })
    }

    /// Makes a person a company or the reverse.
    pub fn change_kind(&self, customer: CustomerId, kind: CustomerKind) -> Done {
        self.run(Act::ChangeKind { customer, kind })
    }

    /// Deactivates a customer.
    pub fn deactivate(&self, customer: CustomerId) -> Done {
        self.run(Act::SetActive {
            customer,
            active: false,
        })
    }

    /// Reactivates a customer.
    pub fn reactivate(&self, customer: CustomerId) -> Done {
        self.run(Act::SetActive {
            customer,
            active: true,
        })
    }

    /// Merges `loser` into `survivor`: the loser is inactive with `mergedToId`, its contacts and
    /// locations are the survivor's, whose own `modifiedOn` stays.
    pub fn merge(&self, loser: CustomerId, survivor: CustomerId) -> Done {
        self.run(Act::Merge { loser, survivor })
    }

    /// Changes what a customer owes, in cents: bumps `modifiedOn` and nothing else.
    pub fn change_balance(&self, customer: CustomerId, cents: i64) -> Done {
        self.run(Act::ChangeBalance { customer, cents })
    }

    /// Sets or clears a customer's payment term.
    pub fn set_payment_term(&self, customer: CustomerId, term: Option<PaymentTermId>) -> Done {
        self.run(Act::SetPaymentTerm { customer, term })
    }

    /// Adds a contact to a customer.
    pub fn add_contact(
        &self,
        customer: CustomerId,
        kind: ContactKind,
        value: &str,
        memo: Option<&str>,
    ) -> Result<ContactId, Refusal> {
        let (value, memo) = (value.to_owned(), memo.map(str::to_owned));
        self.make(Act::AddContact {
            customer,
            kind,
            value,
            memo,
        })
        .map(ContactId)
    }

    /// Changes a customer's contact.
    pub fn change_contact(&self, contact: ContactId, value: &str, memo: Option<&str>) -> Done {
        let (value, memo) = (value.to_owned(), memo.map(str::to_owned));
        self.run(Act::ChangeContact {
            contact,
            value,
            memo,
        })
    }

    /// Removes a customer's contact: gone from lists, `active: false` in the export feed.
    pub fn remove_contact(&self, contact: ContactId) -> Done {
        self.run(Act::RemoveContact { contact })
    }

    /// Adds a location to a customer.
    pub fn add_location(
        &self,
        customer: CustomerId,
        name: &str,
        address: Address,
    ) -> Result<LocationId, Refusal> {
        self.make(Act::AddLocation {
            customer,
            name: name.to_owned(),
            address,
        })
        .map(LocationId)
    }

    /// Changes a location's name and address.
    pub fn change_location(&self, location: LocationId, name: &str, address: Address) -> Done {
        self.run(Act::ChangeLocation {
            location,
            name: name.to_owned(),
            address,
        })
    }

    /// Deactivates or reactivates a location.
    pub fn set_location_active(&self, location: LocationId, active: bool) -> Done {
        self.run(Act::SetLocationActive { location, active })
    }

    /// Moves a location to another customer.
    pub fn move_location(&self, location: LocationId, customer: CustomerId) -> Done {
        self.run(Act::MoveLocation { location, customer })
    }

    /// Books a job at a customer's first location; sends `tn.jpm.job-scheduled`.
    pub fn book_job(&self, customer: CustomerId) -> Result<JobId, Refusal> {
        self.make(Act::BookJob {
            customer,
            location: None,
        })
        .map(JobId)
    }

    /// Changes a job's summary; sends `tn.jpm.job-updated`.
    pub fn update_job(&self, job: JobId, summary: &str) -> Done {
        self.run(Act::UpdateJob {
            job,
            summary: summary.to_owned(),
        })
    }

    /// Moves a job's appointment; sends `tn.jpm.job-rescheduled` and `job-appointment-updated`.
    pub fn reschedule_job(&self, job: JobId, hours: i64) -> Done {
        self.run(Act::RescheduleJob { job, hours })
    }

    /// Completes a job: a line of that amount, untaxed, goes onto its invoice, and so onto the
    /// customer's balance; none of nothing. Sends `tn.jpm.job-completed` and
    /// `tn.acc.invoice-updated`.
    pub fn complete_job(&self, job: JobId, total_cents: i64) -> Done {
        self.run(Act::CompleteJob { job, total_cents })
    }

    /// Sends an event of any type; tenant id and name are added to `data`.
    pub fn emit(&self, event: &str, data: Value) {
        // Sending needs no record, so nothing can be unknown.
        let _ = self.act(Act::Emit {
            event: event.to_owned(),
            data,
        });
    }

    /// The body of an event about a job as it stands, for a load generator that signs and sends
    /// by itself: `event` e.g. `tn.jpm.job-updated`, `delivery` its `id`, `occurrence` its
    /// `userassignedid`.
    pub fn job_event_body(
        &self,
        event: &str,
        job: JobId,
        delivery: &str,
        occurrence: &str,
    ) -> Result<String, Refusal> {
        let now = self.app.now();
        self.books(|books| Ok(books.job_event(event, job)?.body(delivery, occurrence, now)))
    }

    /// Spoils a row, and stamps it so that pollers come across it.
    pub fn spoil(&self, kind: Kind, id: i64, rot: Rot) -> Done {
        self.run(Act::Spoil { kind, id, rot })
    }

    /// Heals a spoilt row, and stamps it.
    pub fn heal(&self, kind: Kind, id: i64) -> Done {
        self.run(Act::Heal { kind, id })
    }

    /// Hides a row from lists and feeds, as replication does that lags behind, until it changes or
    /// is shown.
    pub fn withhold(&self, kind: Kind, id: i64) -> Done {
        self.run(Act::Withhold { kind, id })
    }

    /// Shows a row that was withheld, and stamps it.
    pub fn show(&self, kind: Kind, id: i64) -> Done {
        self.run(Act::Show { kind, id })
    }

    /// Disconnects the app: its client is unknown, its tokens are dead.
    pub fn revoke_credentials(&self) {
        self.administer(Act::RevokeCredentials);
    }

    /// Connects it again, with the same credentials.
    pub fn restore_credentials(&self) {
        self.administer(Act::RestoreCredentials);
    }

    /// Replaces the client secret (see [`Tenant::credentials`]); living tokens live on.
    pub fn rotate_secret(&self) {
        self.administer(Act::RotateSecret);
    }

    /// Takes a scope away, at once, e.g. `tn.crm.locations:r`.
    pub fn revoke_scope(&self, scope: &str) {
        self.administer(Act::RevokeScope {
            scope: scope.to_owned(),
        });
    }

    /// Grants a scope; tokens issued before lack it still.
    pub fn grant_scope(&self, scope: &str) {
        self.administer(Act::GrantScope {
            scope: scope.to_owned(),
        });
    }

    /// Kills the tenant's tokens: the next call is answered 401.
    pub fn expire_tokens(&self) {
        self.administer(Act::ExpireTokens);
    }

    fn administer(&self, act: Act) {
        // Acts on the app's rights touch no record, so nothing can be unknown.
        let _ = self.act(act);
    }
}
