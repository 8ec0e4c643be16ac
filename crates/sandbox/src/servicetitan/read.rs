//! Reads: lists with the filters that each endpoint knows, single rows, export feeds.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::api::{Answer, Call, number};
use super::books::{Books, ContactView};
use super::feed;
use super::list::{self, Filter, mentions, within};
use super::problem::Problem;
use super::query::Query;
use super::record::{
    Address, Appointment, AppointmentId, Contact, Customer, CustomerId, ExternalDatum, Job,
    Location,
};
use super::rot::Kind;
use super::table::{Record, Table};

pub(super) const PAGING: &[&str] = &["page", "pageSize", "includeTotal"];
pub(super) const RANGES: &[&str] = &[
    "createdBefore",
    "createdOnOrAfter",
    "modifiedBefore",
    "modifiedOnOrAfter",
];
const PLACE: &[&str] = &["name", "street", "unit", "city", "state", "zip", "country"];
pub(super) const EXTERNAL: &[&str] = &[
    "externalDataApplicationGuid",
    "externalDataKey",
    "externalDataValues",
];

impl Call<'_> {
    pub(super) fn query(&self, known: &[&[&str]]) -> Result<Query, Problem> {
        Query::read(self.uri, &known.concat())
    }

    pub(super) fn customers(&self) -> Answer {
        let accounting = "excludeAccountingChangesFromModifiedDateRange";
        let own = ["ids", "sort", "active", "phone", accounting];
        let query = self.query(&[PAGING, RANGES, PLACE, EXTERNAL, &own])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let content_only = query.flag(accounting)?;
        let rows = filter
            .candidates(&self.books.customers, self.now)
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

    pub(super) fn locations(&self) -> Answer {
        let own = ["ids", "sort", "active", "customerId"];
        let query = self.query(&[PAGING, RANGES, PLACE, EXTERNAL, &own])?;
        let customer = query.number("customerId")?.map(|id| BTreeSet::from([id]));
        let (filter, active) = (Filter::read(&query)?.owned_by(customer), query.active()?);
        let rows = filter
            .candidates(&self.books.locations, self.now)
            .filter(|row: &&Location| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && mentions(&query, "name", &row.name)
                    && stands_at(&query, &row.address)
                    && has_external(&query, &row.external_data)
            });
        self.page(&query, Kind::Location, rows.collect())
    }

    pub(super) fn payment_terms(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, &["ids", "sort"]])?;
        let filter = Filter::read(&query)?;
        let rows = filter.candidates(&self.books.payment_terms, self.now);
        let rows = rows.filter(|row| filter.keeps(*row, row.modified_on));
        self.page(&query, Kind::PaymentTerm, rows.collect())
    }

    pub(super) fn business_units(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, &["ids", "name", "active"]])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let rows = filter
            .candidates(&self.books.business_units, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && mentions(&query, "name", &row.name)
            });
        self.page(&query, Kind::BusinessUnit, rows.collect())
    }

    pub(super) fn jobs(&self) -> Answer {
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
        let query = self.query(&[PAGING, RANGES, &own, &more, VISITS])?;
        let (filter, visits) = (Filter::read(&query)?, Visits::read(&query)?);
        let (customer, location) = (query.number("customerId")?, query.number("locationId")?);
        let (unit, invoice) = (query.number("businessUnitId")?, query.number("invoiceId")?);
        let (from, before) = (
            query.time("completedOnOrAfter")?,
            query.time("completedBefore")?,
        );
        let rows = filter
            .candidates(&self.books.jobs, self.now)
            .filter(|row: &&Job| {
                filter.keeps(*row, row.modified_on)
                    && customer.is_none_or(|id| row.customer_id.0 == id)
                    && location.is_none_or(|id| row.location_id.0 == id)
                    && unit.is_none_or(|id| row.business_unit_id.0 == id)
                    && invoice.is_none_or(|id| row.invoice_id.0 == id)
                    && from.is_none_or(|from| row.completed_on.is_some_and(|at| at >= from))
                    && before.is_none_or(|before| row.completed_on.is_some_and(|at| at < before))
                    && query
                        .text("number")
                        .is_none_or(|number| row.job_number == number)
                    && query
                        .text("jobStatus")
                        .is_none_or(|status| row.job_status == status)
                    && query
                        .text("priority")
                        .is_none_or(|priority| row.priority == priority)
                    && visits.keep(self.books, row)
            });
        self.page(&query, Kind::Job, rows.collect())
    }

    pub(super) fn appointments(&self) -> Answer {
        let own = [
            "ids",
            "sort",
            "active",
            "jobId",
            "customerId",
            "number",
            "status",
            "technicianId",
            "unused",
        ];
        let query = self.query(&[PAGING, RANGES, &own, &["startsOnOrAfter", "startsBefore"]])?;
        let unused = query
            .text("unused")
            .map(|_| query.flag("unused"))
            .transpose()?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let technician = query.number("technicianId")?;
        let (job, customer) = (query.number("jobId")?, query.number("customerId")?);
        let (from, before) = (query.time("startsOnOrAfter")?, query.time("startsBefore")?);
        let rows = filter
            .candidates(&self.books.appointments, self.now)
            .filter(|row: &&Appointment| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && job.is_none_or(|id| row.job_id.0 == id)
                    && customer.is_none_or(|id| row.customer_id.0 == id)
                    && from.is_none_or(|from| row.start >= from)
                    && before.is_none_or(|before| row.start < before)
                    && unused.is_none_or(|unused| row.unused == unused)
                    && technician.is_none_or(|id| goes_to(self.books, id, row.id))
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
    pub(super) fn all_contacts(&self, owners: &str, table: &Table<Contact>) -> Answer {
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
        let filter = filter.owned_by(owners);
        let rows = filter.candidates(table, self.now);
        let rows = rows.filter(|row| row.active && filter.keeps(*row, row.modified_on));
        self.contact_page(&query, rows.collect(), ContactView::Listed)
    }

    pub(super) fn contacts_of_customer(&self, id: &str) -> Answer {
        let known = self.books.customers.get(number(id)?);
        let owner = known.ok_or(Problem::not_found("Customer"))?.id.0;
        self.contacts_below(owner, &self.books.contacts)
    }

    pub(super) fn contacts_at_location(&self, id: &str) -> Answer {
        let known = self.books.locations.get(number(id)?);
        let owner = known.ok_or(Problem::not_found("Location"))?.id.0;
        self.contacts_below(owner, &self.books.location_contacts)
    }

    fn contacts_below(&self, owner: i64, table: &Table<Contact>) -> Answer {
        let query = self.query(&[PAGING])?;
        let filter = Filter::read(&query)?.owned_by(Some(BTreeSet::from([owner])));
        let rows = filter.candidates(table, self.now);
        let rows = rows.filter(|row| row.active && filter.keeps(*row, row.modified_on));
        self.contact_page(&query, rows.collect(), ContactView::Owned)
    }

    fn contact_page(&self, query: &Query, rows: Vec<&Contact>, view: ContactView) -> Answer {
        let nulls = self.switches.null_lists;
        list::page(query, rows, |row| self.books.wire_contact(row, view, nulls)).map(Some)
    }

    pub(super) fn page<T: Record + Serialize>(
        &self,
        query: &Query,
        kind: Kind,
        rows: Vec<&T>,
    ) -> Answer {
        let nulls = self.switches.null_lists;
        list::page(query, rows, |row| self.books.wire(kind, row, nulls)).map(Some)
    }

    pub(super) fn one<T: Record + Serialize>(
        &self,
        kind: Kind,
        table: &Table<T>,
        id: &str,
    ) -> Answer {
        let row = row(table, id, &format!("{kind:?}"))?;
        Ok(Some(self.books.wire(kind, row, self.switches.null_lists)))
    }

    pub(super) fn export<T: Record>(
        &self,
        name: &str,
        table: &Table<T>,
        wire: impl Fn(&T) -> Value,
    ) -> Answer {
        self.export_some(name, table, |_| true, wire)
    }

    /// A feed of those rows of a table that it knows.
    pub(super) fn export_some<T: Record>(
        &self,
        name: &str,
        table: &Table<T>,
        shown: impl Fn(&T) -> bool,
        wire: impl Fn(&T) -> Value,
    ) -> Answer {
        // `active` is known to the feeds of appointments and their technicians alone.
        let own: &[&str] = if name.starts_with("appointment") {
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
        let rows =
            rows.filter(|row| shown(row) && active.is_none_or(|active| row.is_active() == active));
        Ok(Some(json!({
            "hasMore": page.has_more,
            "continueFrom": page.continue_from,
            "data": rows.map(wire).collect::<Vec<_>>(),
        })))
    }
}

const VISITS: &[&str] = &[
    "projectId",
    "technicianId",
    "appointmentStatus",
    "appointmentStartsOnOrAfter",
    "appointmentStartsBefore",
    "firstAppointmentStartsOnOrAfter",
    "firstAppointmentStartsBefore",
];

/// What is asked for of a job's visits, and of its project.
#[derive(Default, PartialEq)]
struct Visits {
    project: Option<i64>,
    technician: Option<i64>,
    status: Option<String>,
    any: (Option<Timestamp>, Option<Timestamp>),
    first: (Option<Timestamp>, Option<Timestamp>),
}

impl Visits {
    fn read(query: &Query) -> Result<Self, Problem> {
        Ok(Self {
            project: query.number("projectId")?,
            technician: query.number("technicianId")?,
            status: query.text("appointmentStatus").map(str::to_owned),
            any: (
                query.time("appointmentStartsOnOrAfter")?,
                query.time("appointmentStartsBefore")?,
            ),
            first: (
                query.time("firstAppointmentStartsOnOrAfter")?,
                query.time("firstAppointmentStartsBefore")?,
            ),
        })
    }

    fn keep(&self, books: &Books, job: &Job) -> bool {
        if *self == Self::default() {
            return true;
        }
        let visits: Vec<&Appointment> = books
            .visits_of(job.id)
            .into_iter()
            .filter_map(|id| books.appointments.get(id.0))
            .collect();
        let some = |holds: &dyn Fn(&Appointment) -> bool| visits.iter().any(|row| holds(row));
        let asked = self.any != (None, None);
        let status = self.status.as_deref();
        let first = books.appointments.get(job.first_appointment_id.0);
        self.project.is_none_or(|id| job.project_id == Some(id))
            && (!asked || some(&|row| within(self.any, row.start)))
            && status.is_none_or(|status| some(&|row| row.status == status))
            && (self.first == (None, None)
                || first.is_some_and(|row| within(self.first, row.start)))
            && self
                .technician
                .is_none_or(|id| some(&|row| goes_to(books, id, row.id)))
    }
}

/// Whether a technician is assigned to a visit.
fn goes_to(books: &Books, technician: i64, visit: AppointmentId) -> bool {
    let assignments = &books.receivables.assignments;
    let mut there = assignments.owned_by(visit.0);
    there.any(|id| {
        let row = assignments.get(id);
        row.is_some_and(|row| row.active && row.technician_id.0 == technician)
    })
}

/// The row with the id in the path; `what` names it in the refusal.
pub(super) fn row<'t, T: Record>(
    table: &'t Table<T>,
    id: &str,
    what: &str,
) -> Result<&'t T, Problem> {
    table.get(number(id)?).ok_or(Problem::not_found(what))
}

fn stands_at(query: &Query, address: &Address) -> bool {
    mentions(query, "street", &address.street)
        && mentions(query, "unit", address.unit.as_deref().unwrap_or_default())
        && mentions(query, "city", &address.city)
        && mentions(query, "state", &address.state)
        && mentions(query, "zip", &address.zip)
        && mentions(query, "country", &address.country)
}

pub(super) fn has_external(query: &Query, data: &[ExternalDatum]) -> bool {
    query.text("externalDataKey").is_none_or(|key| {
        let values = query.text("externalDataValues");
        let wanted = |value: &str| values.is_none_or(|list| list.split(',').any(|v| v == value));
        data.iter()
            .any(|datum| datum.key == key && wanted(&datum.value))
    })
}
