//! The API's endpoints: which path and method is which, what each reads, what scope it needs.

use axum::http::Uri;
use jiff::Timestamp;
use serde_json::Value;

use super::books::{Books, ContactView};
use super::options::Switches;
use super::problem::Problem;
use super::purchasing;
use super::receivables;
use super::rot::Kind;

/// A body, or None for an empty 200.
pub(super) type Answer = Result<Option<Value>, Problem>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint<'a> {
    Customers,
    Customer(&'a str),
    CreateCustomer,
    UpdateCustomer(&'a str),
    CustomersContacts,
    CustomerContacts(&'a str),
    CreateContact(&'a str),
    UpdateContact(&'a str, &'a str),
    DeleteContact(&'a str, &'a str),
    Locations,
    Location(&'a str),
    CreateLocation,
    UpdateLocation(&'a str),
    LocationsContacts,
    LocationContacts(&'a str),
    PaymentTerms,
    PaymentTerm(&'a str),
    Jobs,
    Job(&'a str),
    Appointments,
    Appointment(&'a str),
    BusinessUnits,
    BusinessUnit(&'a str),
    ExportCustomers,
    ExportContacts,
    ExportLocations,
    ExportLocationsContacts,
    ExportJobs,
    ExportAppointments,
    ExportBusinessUnits,
    Purchasing(purchasing::Endpoint<'a>),
    Receivables(receivables::Endpoint<'a>),
}

impl Endpoint<'_> {
    /// Whether the live system has taken this endpoint away, as far as the switches say so.
    pub(super) fn is_gone(&self, switches: &Switches) -> bool {
        matches!(self, Self::Receivables(endpoint) if endpoint.is_gone(switches))
    }
}

/// The endpoint behind a path below `/{module}/v2/tenant/{tenant}/`, and the scope it needs.
pub(super) fn find<'a>(
    module: &str,
    method: &str,
    rest: &[&'a str],
) -> Option<(Endpoint<'a>, &'static str)> {
    use Endpoint as E;
    let found = match (module, method, rest) {
        ("crm", "GET", ["customers"]) => (E::Customers, "tn.crm.customers:r"),
        ("crm", "POST", ["customers"]) => (E::CreateCustomer, "tn.crm.customers:w"),
        ("crm", "GET", ["customers", "contacts"]) => (E::CustomersContacts, "tn.crm.customers:r"),
        ("crm", "GET", ["customers", id]) => (E::Customer(id), "tn.crm.customers:r"),
        ("crm", "PATCH", ["customers", id]) => (E::UpdateCustomer(id), "tn.crm.customers:w"),
        ("crm", "GET", ["customers", id, "contacts"]) => {
            (E::CustomerContacts(id), "tn.crm.customers:r")
        }
        ("crm", "POST", ["customers", id, "contacts"]) => {
            (E::CreateContact(id), "tn.crm.customers:w")
        }
        ("crm", "PATCH", ["customers", id, "contacts", contact]) => {
            (E::UpdateContact(id, contact), "tn.crm.customers:w")
        }
        ("crm", "DELETE", ["customers", id, "contacts", contact]) => {
            (E::DeleteContact(id, contact), "tn.crm.customers:w")
        }
        ("crm", "GET", ["locations"]) => (E::Locations, "tn.crm.locations:r"),
        ("crm", "POST", ["locations"]) => (E::CreateLocation, "tn.crm.locations:w"),
        ("crm", "GET", ["locations", "contacts"]) => (E::LocationsContacts, "tn.crm.locations:r"),
        ("crm", "GET", ["locations", id]) => (E::Location(id), "tn.crm.locations:r"),
        ("crm", "PATCH", ["locations", id]) => (E::UpdateLocation(id), "tn.crm.locations:w"),
        ("crm", "GET", ["locations", id, "contacts"]) => {
            (E::LocationContacts(id), "tn.crm.locations:r")
        }
        ("crm", "GET", ["export", "customers"]) => (E::ExportCustomers, "tn.crm.customers:r"),
        ("crm", "GET", ["export", "customers", "contacts"]) => {
            (E::ExportContacts, "tn.crm.customers:r")
        }
        ("crm", "GET", ["export", "locations"]) => (E::ExportLocations, "tn.crm.locations:r"),
        ("crm", "GET", ["export", "locations", "contacts"]) => {
            (E::ExportLocationsContacts, "tn.crm.locations:r")
        }
        ("accounting", "GET", ["payment-terms"]) => (E::PaymentTerms, "tn.acc.paymentterms:r"),
        ("accounting", "GET", ["payment-terms", id]) => {
            (E::PaymentTerm(id), "tn.acc.paymentterms:r")
        }
        ("jpm", "GET", ["jobs"]) => (E::Jobs, "tn.jpm.jobs:r"),
        ("jpm", "GET", ["jobs", id]) => (E::Job(id), "tn.jpm.jobs:r"),
        ("jpm", "GET", ["appointments"]) => (E::Appointments, "tn.jpm.appointments:r"),
        ("jpm", "GET", ["appointments", id]) => (E::Appointment(id), "tn.jpm.appointments:r"),
        ("jpm", "GET", ["export", "jobs"]) => (E::ExportJobs, "tn.jpm.jobs:r"),
        ("jpm", "GET", ["export", "appointments"]) => {
            (E::ExportAppointments, "tn.jpm.appointments:r")
        }
        ("settings", "GET", ["business-units"]) => (E::BusinessUnits, "tn.stt.businessunits:r"),
        ("settings", "GET", ["business-units", id]) => {
            (E::BusinessUnit(id), "tn.stt.businessunits:r")
        }
        ("settings", "GET", ["export", "business-units"]) => {
            (E::ExportBusinessUnits, "tn.stt.businessunits:r")
        }
        _ => {
            if let Some((endpoint, scope)) = receivables::find(module, method, rest) {
                return Some((E::Receivables(endpoint), scope));
            }
            let (endpoint, scope) = purchasing::find(module, method, rest)?;
            (E::Purchasing(endpoint), scope)
        }
    };
    Some(found)
}

/// One call that passed the gate.
pub(super) struct Call<'a> {
    pub(super) books: &'a mut Books,
    pub(super) switches: &'a Switches,
    pub(super) uri: &'a Uri,
    pub(super) body: &'a [u8],
    pub(super) now: Timestamp,
    pub(super) seed: u64,
}

impl Call<'_> {
    pub(super) fn serve(mut self, endpoint: Endpoint<'_>) -> Answer {
        use Endpoint as E;
        let books = &*self.books;
        match endpoint {
            E::Customers => self.customers(),
            E::Customer(id) => self.one(Kind::Customer, &books.customers, id),
            E::CreateCustomer => self.create_customer(),
            E::UpdateCustomer(id) => self.update_customer(id),
            E::CustomersContacts => self.all_contacts("customerIds", &books.contacts),
            E::CustomerContacts(id) => self.contacts_of_customer(id),
            E::CreateContact(id) => self.create_contact(id),
            E::UpdateContact(id, contact) => self.update_contact(id, contact),
            E::DeleteContact(id, contact) => self.delete_contact(id, contact),
            E::Locations => self.locations(),
            E::Location(id) => self.one(Kind::Location, &books.locations, id),
            E::CreateLocation => self.create_location(),
            E::UpdateLocation(id) => self.update_location(id),
            E::LocationsContacts => self.all_contacts("locationIds", &books.location_contacts),
            E::LocationContacts(id) => self.contacts_at_location(id),
            E::PaymentTerms => self.payment_terms(),
            E::PaymentTerm(id) => self.one(Kind::PaymentTerm, &books.payment_terms, id),
            E::Jobs => self.jobs(),
            E::Job(id) => self.one(Kind::Job, &books.jobs, id),
            E::Appointments => self.appointments(),
            E::Appointment(id) => self.one(Kind::Appointment, &books.appointments, id),
            E::BusinessUnits => self.business_units(),
            E::BusinessUnit(id) => self.one(Kind::BusinessUnit, &books.business_units, id),
            E::ExportCustomers => self.export("customers", &books.customers, |row| {
                books.wire(Kind::Customer, row, self.switches.null_lists)
            }),
            E::ExportContacts => self.export("customers/contacts", &books.contacts, |row| {
                books.wire_contact(row, ContactView::Exported, self.switches.null_lists)
            }),
            E::ExportLocations => self.export("locations", &books.locations, |row| {
                books.wire(Kind::Location, row, self.switches.null_lists)
            }),
            E::ExportLocationsContacts => {
                self.export("locations/contacts", &books.location_contacts, |row| {
                    books.wire_contact(row, ContactView::Exported, self.switches.null_lists)
                })
            }
            E::ExportJobs => self.export("jobs", &books.jobs, |row| {
                books.wire_exported_job(row, self.switches.null_lists)
            }),
            E::ExportBusinessUnits => self.export("business-units", &books.business_units, |row| {
                books.wire(Kind::BusinessUnit, row, self.switches.null_lists)
            }),
            E::Purchasing(endpoint) => self.serve_purchasing(endpoint),
            E::Receivables(endpoint) => self.serve_receivables(endpoint),
            E::ExportAppointments => self.export("appointments", &books.appointments, |row| {
                books.wire(Kind::Appointment, row, false)
            }),
        }
    }
}

/// A number in a path.
pub(super) fn number(text: &str) -> Result<i64, Problem> {
    let message = || Problem::invalid("Id", &format!("The value '{text}' is not valid."));
    text.parse().map_err(|_| message())
}
