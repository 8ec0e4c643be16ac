//! The API's endpoints: which path and method is which, what each reads, what scope it needs.

use axum::http::Uri;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::books::{Books, ContactView};
use super::feed;
use super::list::{self, Filter, mentions};
use super::options::Switches;
use super::problem::Problem;
use super::query::Query;
use super::record::{Appointment, Contact, Customer, CustomerId, Job, Location, LocationId, Owner};
use super::rot::Kind;
use super::table::{Record, Table};

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
        _ => return None,
    };
    Some(found)
}

const PAGING: &[&str] = &["page", "pageSize", "includeTotal"];
const RANGES: &[&str] = &[
    "createdBefore",
    "createdOnOrAfter",
    "modifiedBefore",
    "modifiedOnOrAfter",
];
const PLACE: &[&str] = &["name", "street", "unit", "city", "state", "zip", "country"];
const EXTERNAL: &[&str] = &[
    "externalDataApplicationGuid",
    "externalDataKey",
    "externalDataValues",
];

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
            E::ExportAppointments => self.export("appointments", &books.appointments, |row| {
                books.wire(Kind::Appointment, row, false)
            }),
        }
    }

    fn query(&self, known: &[&[&str]]) -> Result<Query, Problem> {
        Query::read(self.uri, &known.concat())
    }

    fn customers(&self) -> Answer {
        let accounting = "excludeAccountingChangesFromModifiedDateRange";
        let own = ["ids", "sort", "active", "phone", accounting];
        let query = self.query(&[PAGING, RANGES, PLACE, EXTERNAL, &own])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let content_only = query.flag(accounting)?;
        let rows = self
            .books
            .customers
            .visible(self.now)
            .filter(|row: &&Customer| {
                let modified = if content_only {
                    row.content_modified_on
                } else {
                    row.modified_on
                };
                filter.keeps(*row, modified)
                    && active.is_none_or(|active| row.active == active)
                    && mentions(&query, "name", &row.name)
                    && stands_at(&query, &row.address)
                    && has_external(&query, &row.external_data)
                    && self.has_phone(&query, row.id)
            });
        self.page(&query, Kind::Customer, rows.collect())
    }

    fn has_phone(&self, query: &Query, customer: CustomerId) -> bool {
        let digits = |text: &str| {
            text.chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        };
        query.text("phone").is_none_or(|phone| {
            let phone = digits(phone);
            let mut contacts = self.books.contacts_of(customer);
            contacts.any(|contact| digits(&contact.value).contains(&phone))
        })
    }

    fn locations(&self) -> Answer {
        let own = ["ids", "sort", "active", "customerId"];
        let query = self.query(&[PAGING, RANGES, PLACE, EXTERNAL, &own])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let customer = query.number("customerId")?;
        let rows = self
            .books
            .locations
            .visible(self.now)
            .filter(|row: &&Location| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && customer.is_none_or(|customer| row.customer_id.0 == customer)
                    && mentions(&query, "name", &row.name)
                    && stands_at(&query, &row.address)
                    && has_external(&query, &row.external_data)
            });
        self.page(&query, Kind::Location, rows.collect())
    }

    fn payment_terms(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, &["ids", "sort"]])?;
        let filter = Filter::read(&query)?;
        let rows = self.books.payment_terms.visible(self.now);
        let rows = rows.filter(|row| filter.keeps(*row, row.modified_on));
        self.page(&query, Kind::PaymentTerm, rows.collect())
    }

    fn business_units(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, &["ids", "name", "active"]])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let rows = self.books.business_units.visible(self.now).filter(|row| {
            filter.keeps(*row, row.modified_on)
                && active.is_none_or(|active| row.active == active)
                && mentions(&query, "name", &row.name)
        });
        self.page(&query, Kind::BusinessUnit, rows.collect())
    }

    fn jobs(&self) -> Answer {
        let own = [
            "ids",
            "sort",
            "number",
            "jobStatus",
            "customerId",
            "locationId",
        ];
        let more = [
            "businessUnitId",
            "invoiceId",
            "completedOnOrAfter",
            "completedBefore",
        ];
        let query = self.query(&[PAGING, RANGES, &own, &more])?;
        let filter = Filter::read(&query)?;
        let (customer, location) = (query.number("customerId")?, query.number("locationId")?);
        let (unit, invoice) = (query.number("businessUnitId")?, query.number("invoiceId")?);
        let (from, before) = (
            query.time("completedOnOrAfter")?,
            query.time("completedBefore")?,
        );
        let rows = self.books.jobs.visible(self.now).filter(|row: &&Job| {
            filter.keeps(*row, row.modified_on)
                && customer.is_none_or(|id| row.customer_id.0 == id)
                && location.is_none_or(|id| row.location_id.0 == id)
                && unit.is_none_or(|id| row.business_unit_id.0 == id)
                && invoice.is_none_or(|id| row.invoice_id == id)
                && from.is_none_or(|from| row.completed_on.is_some_and(|at| at >= from))
                && before.is_none_or(|before| row.completed_on.is_some_and(|at| at < before))
                && query
                    .text("number")
                    .is_none_or(|number| row.job_number == number)
                && query
                    .text("jobStatus")
                    .is_none_or(|status| row.job_status == status)
        });
        self.page(&query, Kind::Job, rows.collect())
    }

    fn appointments(&self) -> Answer {
        let own = [
            "ids",
            "sort",
            "active",
            "jobId",
            "customerId",
            "number",
            "status",
        ];
        let query = self.query(&[PAGING, RANGES, &own, &["startsOnOrAfter", "startsBefore"]])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let (job, customer) = (query.number("jobId")?, query.number("customerId")?);
        let (from, before) = (query.time("startsOnOrAfter")?, query.time("startsBefore")?);
        let rows = self
            .books
            .appointments
            .visible(self.now)
            .filter(|row: &&Appointment| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && job.is_none_or(|id| row.job_id.0 == id)
                    && customer.is_none_or(|id| row.customer_id.0 == id)
                    && from.is_none_or(|from| row.start >= from)
                    && before.is_none_or(|before| row.start < before)
                    && query
                        .text("number")
                        .is_none_or(|n| row.appointment_number.as_deref() == Some(n))
                    && query
                        .text("status")
                        .is_none_or(|status| row.status == status)
            });
        self.page(&query, Kind::Appointment, rows.collect())
    }

    /// Contacts over all owners: a range or owners must be given.
    fn all_contacts(&self, owners: &str, table: &Table<Contact>) -> Answer {
        let query = self.query(&[PAGING, RANGES, &[owners]])?;
        let filter = Filter::read(&query)?;
        let field = if owners == "customerIds" {
            "CustomerIds"
        } else {
            "LocationIds"
        };
        let owners = query.ids(owners, field)?;
        if owners.is_none() && !filter.has_range() {
            let message = format!(
                "Either {field}, modifiedBefore or modifiedOnOrAfter parameter must be specified."
            );
            return Err(Problem::invalid(field, &message));
        }
        let rows = table.visible(self.now).filter(|row| {
            let owner = match row.owner {
                Owner::Customer(id) => id.0,
                Owner::Location(id) => id.0,
            };
            row.active
                && filter.keeps(*row, row.modified_on)
                && owners.as_ref().is_none_or(|owners| owners.contains(&owner))
        });
        self.contact_page(&query, rows.collect(), ContactView::Listed)
    }

    fn contacts_of_customer(&self, id: &str) -> Answer {
        let id = CustomerId(number(id)?);
        self.books
            .customers
            .get(id.0)
            .ok_or(Problem::not_found("Customer"))?;
        let query = self.query(&[PAGING])?;
        let rows = self.books.contacts.visible(self.now);
        let rows = rows
            .filter(|row| row.active && row.owner == Owner::Customer(id))
            .collect();
        self.contact_page(&query, rows, ContactView::Owned)
    }

    fn contacts_at_location(&self, id: &str) -> Answer {
        let id = LocationId(number(id)?);
        self.books
            .locations
            .get(id.0)
            .ok_or(Problem::not_found("Location"))?;
        let query = self.query(&[PAGING])?;
        let rows = self.books.location_contacts.visible(self.now);
        let rows = rows
            .filter(|row| row.active && row.owner == Owner::Location(id))
            .collect();
        self.contact_page(&query, rows, ContactView::Owned)
    }

    fn contact_page(&self, query: &Query, rows: Vec<&Contact>, view: ContactView) -> Answer {
        let nulls = self.switches.null_lists;
        list::page(query, rows, |row| self.books.wire_contact(row, view, nulls)).map(Some)
    }

    fn page<T: Record + Serialize>(&self, query: &Query, kind: Kind, rows: Vec<&T>) -> Answer {
        let nulls = self.switches.null_lists;
        list::page(query, rows, |row| self.books.wire(kind, row, nulls)).map(Some)
    }

    fn one<T: Record + Serialize>(&self, kind: Kind, table: &Table<T>, id: &str) -> Answer {
        let row = table
            .get(number(id)?)
            .ok_or(Problem::not_found(&format!("{kind:?}")))?;
        Ok(Some(self.books.wire(kind, row, self.switches.null_lists)))
    }

    fn export<T: Record>(
        &self,
        name: &str,
        table: &Table<T>,
        wire: impl Fn(&T) -> Value,
    ) -> Answer {
        // `active` is known to the appointments' feed alone.
        let own: &[&str] = if name == "appointments" {
            &["active"]
        } else {
            &[]
        };
        let query = self.query(&[&["from", "includeRecentChanges"], own])?;
        let active = if query.text("active").is_some() {
            query.active()?
        } else {
            None
        };
        let tokens = feed::Tokens {
            seed: self.seed,
            tenant: self.books.id.0,
            feed: name,
        };
        let page = feed::read(table, &tokens, &query, self.switches, self.now)?;
        let rows = page.rows.into_iter();
        let rows = rows.filter(|row| active.is_none_or(|active| row.is_active() == active));
        Ok(Some(json!({
            "hasMore": page.has_more,
            "continueFrom": page.continue_from,
            "data": rows.map(wire).collect::<Vec<_>>(),
        })))
    }
}

fn stands_at(query: &Query, address: &super::record::Address) -> bool {
    mentions(query, "street", &address.street)
        && mentions(query, "unit", address.unit.as_deref().unwrap_or_default())
        && mentions(query, "city", &address.city)
        && mentions(query, "state", &address.state)
        && mentions(query, "zip", &address.zip)
        && mentions(query, "country", &address.country)
}

fn has_external(query: &Query, data: &[super::record::ExternalDatum]) -> bool {
    query.text("externalDataKey").is_none_or(|key| {
        let values = query.text("externalDataValues");
        let wanted = |value: &str| values.is_none_or(|list| list.split(',').any(|v| v == value));
        data.iter()
            .any(|datum| datum.key == key && wanted(&datum.value))
    })
}

/// A number in a path.
pub(super) fn number(text: &str) -> Result<i64, Problem> {
    let message = || Problem::invalid("Id", &format!("The value '{text}' is not valid."));
    text.parse().map_err(|_| message())
}
