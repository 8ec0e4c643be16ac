//! Jobs: booked with one appointment and an empty invoice, rescheduled, completed. What else
//! happens to their visits and invoices is dealt with in `receivables`.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::json;

use super::act::{Outcome, Refusal};
use super::books::Books;
use super::event::Event;
use super::receivables::Invoice;
use super::record::{
    Appointment, AppointmentId, BusinessUnitId, Cents, CustomerId, InvoiceId, Job, JobId,
    LocationId,
};
use super::rot::Kind;
use super::seed::MADE_BY;

/// Fields of a job that its webhook model lacks.
const NOT_IN_WEBHOOKS: [&str; 4] = ["equipmentIds", "summary", "customFields", "externalData"];

impl Books {
    pub(super) fn book_job(
        &mut self,
        customer: CustomerId,
        location: Option<LocationId>,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        self.must_have(customer)?;
        let location = match location {
            Some(location) if self.locations.get(location.0).is_some() => location,
            Some(location) => return Err(unknown(Kind::Location, location.0)),
            None => self
                .locations_of(customer)
                .next()
                .map(|location| location.id)
                .ok_or(unknown(Kind::Location, 0))?,
        };
        let job_id = JobId(self.new_id());
        let appointment_id = AppointmentId(self.new_id());
        let invoice_id = InvoiceId(self.new_id());
        let now = self.jobs.latest().max(now);
        let appointment = appointment(appointment_id, job_id, customer, now);
        self.appointments.put(appointment, now, None);
        let job = job(job_id, customer, location, appointment_id, invoice_id, now);
        let invoice = Invoice::of_job(&job);
        self.jobs.put(job, now, None);
        self.receivables.invoices.put(invoice, now, None);
        let events = vec![self.job_event("tn.jpm.job-scheduled", job_id)?];
        Ok(Outcome {
            id: Some(job_id.0),
            events,
            ..Outcome::default()
        })
    }

    pub(super) fn update_job(
        &mut self,
        job: JobId,
        summary: String,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        self.jobs
            .change(job.0, now, |row| row.summary = Some(summary));
        let events = vec![self.job_event("tn.jpm.job-updated", job)?];
        Ok(Outcome {
            events,
            ..Outcome::default()
        })
    }

    pub(super) fn reschedule_job(
        &mut self,
        job: JobId,
        hours: i64,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        let appointment = self.job(job)?.last_appointment_id;
        let by = SignedDuration::from_hours(hours);
        self.appointments.change(appointment.0, now, |row| {
            row.start += by;
            row.end += by;
            row.arrival_window_start = row.arrival_window_start.map(|at| at + by);
            row.arrival_window_end = row.arrival_window_end.map(|at| at + by);
        });
        self.jobs.change(job.0, now, |_| ());
        let row = self
            .appointments
            .get(appointment.0)
            .ok_or(unknown(Kind::Appointment, appointment.0))?;
        let mut rescheduled = self.job_event("tn.jpm.job-rescheduled", job)?;
        rescheduled.data["appointmentId"] = json!(appointment);
        rescheduled.data["appointmentNumber"] = json!(row.appointment_number);
        let data = json!({ "appointment": self.wire(Kind::Appointment, row, false) });
        let updated = Event::new(self, "tn.jpm.job-appointment-updated".to_owned(), data);
        Ok(Outcome {
            events: vec![rescheduled, updated],
            ..Outcome::default()
        })
    }

    pub(super) fn complete_job(
        &mut self,
        job: JobId,
        total: Cents,
        now: Timestamp,
    ) -> Result<Outcome, Refusal> {
        if self.job(job)?.job_status == "Canceled" {
            return Err(Refusal::State {
                kind: Kind::Job,
                id: job.0,
                why: "it is cancelled".to_owned(),
            });
        }
        self.invoice_work(job, Decimal::new(total.0, 2), now)?;
        let mut told = std::mem::take(&mut self.announced);
        for visit in self.visits_of(job) {
            let over = |row: &Appointment| row.status == "Canceled";
            if !self.appointments.get(visit.0).is_some_and(over) {
                self.move_visit(visit, "Done", now);
            }
        }
        // The job's own event tells that its visits are done.
        self.announced.clear();
        let invoice = self.receivables.invoices.get(self.job(job)?.invoice_id.0);
        let comes_to = invoice.map(|invoice| invoice.total() * Decimal::ONE_HUNDRED);
        let comes_to = comes_to.and_then(|cents| cents.to_i64()).map(Cents);
        self.jobs.change(job.0, now, |row| {
            row.job_status = "Completed";
            row.completed_on = Some(now);
            row.total = comes_to.or(Some(total));
        });
        let mut events = vec![self.job_event("tn.jpm.job-completed", job)?];
        events.append(&mut told);
        Ok(Outcome {
            events,
            ..Outcome::default()
        })
    }

    /// An event about a job as it stands.
    pub(super) fn job_event(&self, kind: &str, job: JobId) -> Result<Event, Refusal> {
        let mut data = self.wire(Kind::Job, self.job(job)?, false);
        if let Some(map) = data.as_object_mut() {
            map.retain(|field, _| !NOT_IN_WEBHOOKS.contains(&field.as_str()));
        }
        let data = json!({
            "job": data, "manageEmployeeEmail": false, "manageFollowUpEmail": false,
        });
        Ok(Event::new(self, kind.to_owned(), data))
    }

    pub(super) fn job(&self, job: JobId) -> Result<&Job, Refusal> {
        self.jobs.get(job.0).ok_or(unknown(Kind::Job, job.0))
    }
}

fn unknown(kind: Kind, id: i64) -> Refusal {
    Refusal::Unknown { kind, id }
}

/// The visit for a job, a day from now.
pub(super) fn appointment(
    id: AppointmentId,
    job_id: JobId,
    customer: CustomerId,
    now: Timestamp,
) -> Appointment {
    let start = now + SignedDuration::from_hours(24);
    Appointment {
        id,
        job_id,
        appointment_number: Some(format!("{job_id}-1")),
        start,
        end: start + SignedDuration::from_hours(2),
        arrival_window_start: Some(start),
        arrival_window_end: Some(start + SignedDuration::from_hours(1)),
        status: "Scheduled",
        special_instructions: None,
        created_on: now,
        modified_on: now,
        customer_id: customer,
        unused: false,
        created_by_id: MADE_BY,
        is_confirmed: false,
        active: true,
    }
}

/// A job that was booked now.
pub(super) fn job(
    id: JobId,
    customer: CustomerId,
    location: LocationId,
    appointment: AppointmentId,
    invoice: InvoiceId,
    now: Timestamp,
) -> Job {
    Job {
        id,
        job_number: id.to_string(),
        project_id: None,
        customer_id: customer,
        location_id: location,
        job_status: "Scheduled",
        completed_on: None,
        business_unit_id: BusinessUnitId(1),
        job_type_id: 51,
        priority: "Normal",
        campaign_id: 61,
        appointment_count: 1,
        first_appointment_id: appointment,
        last_appointment_id: appointment,
        no_charge: false,
        notifications_enabled: true,
        created_on: now,
        created_by_id: MADE_BY,
        modified_on: now,
        tag_type_ids: Vec::new(),
        customer_po: String::new(),
        invoice_id: invoice,
        total: None,
        estimate_ids: Vec::new(),
        equipment_ids: Vec::new(),
        summary: Some("<p>Water heater does not heat</p>".to_owned()),
        custom_fields: Vec::new(),
        external_data: Vec::new(),
    }
}
