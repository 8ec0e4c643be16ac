//! What happens in the field: further visits, who goes there, jobs on hold and cancelled.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::crew::Assignment;
use crate::servicetitan::act::Refusal;
use crate::servicetitan::books::Books;
use crate::servicetitan::event::Event;
use crate::servicetitan::jobs;
use crate::servicetitan::record::{
    Appointment, AppointmentId, AssignmentId, Job, JobId, TechnicianId,
};
use crate::servicetitan::rot::Kind;
use crate::servicetitan::seed::MADE_BY;

fn unknown(kind: Kind, id: i64) -> Refusal {
    Refusal::Unknown { kind, id }
}

fn refused(job: JobId, why: &str) -> Refusal {
    Refusal::State {
        kind: Kind::Job,
        id: job.0,
        why: why.to_owned(),
    }
}

impl Books {
    fn visit(&self, id: AppointmentId) -> Result<&Appointment, Refusal> {
        let found = self.appointments.get(id.0);
        found.ok_or(unknown(Kind::Appointment, id.0))
    }

    /// The ids of a job's visits, first to last.
    pub(crate) fn visits_of(&self, job: JobId) -> Vec<AppointmentId> {
        self.appointments
            .owned_by(job.0)
            .map(AppointmentId)
            .collect()
    }

    fn assignments_at(&self, visit: AppointmentId) -> Vec<Assignment> {
        let ids = self.receivables.assignments.owned_by(visit.0);
        let rows = ids.filter_map(|id| self.receivables.assignments.get(id));
        rows.filter(|row| row.active).cloned().collect()
    }

    fn change_job(
        &mut self,
        job: JobId,
        now: Timestamp,
        edit: impl FnOnce(&mut Job),
    ) -> Result<(), Refusal> {
        self.jobs.change(job.0, now, edit);
        let event = self.job_event("tn.jpm.job-updated", job)?;
        self.announced.push(event);
        Ok(())
    }

    fn change_visit(
        &mut self,
        id: AppointmentId,
        now: Timestamp,
        edit: impl FnOnce(&mut Appointment),
    ) {
        self.appointments.change(id.0, now, edit);
        let Some(row) = self.appointments.get(id.0) else {
            return;
        };
        let data = json!({ "appointment": self.wire(Kind::Appointment, row, false) });
        let event = Event::new(self, "tn.jpm.job-appointment-updated".to_owned(), data);
        self.announced.push(event);
    }

    /// A further visit, this many hours after the last one ends.
    pub(super) fn add_appointment(
        &mut self,
        job: JobId,
        hours: i64,
        now: Timestamp,
    ) -> Result<AppointmentId, Refusal> {
        let row = self.job(job)?;
        if matches!(row.job_status, "Completed" | "Canceled") {
            return Err(refused(job, "it is over"));
        }
        let (customer, count) = (row.customer_id, row.appointment_count + 1);
        let after = self.visit(row.last_appointment_id)?.end;
        let id = AppointmentId(self.receivables.ids.draw());
        let made = self.appointments.latest().max(now);
        let start = after + SignedDuration::from_hours(hours);
        let visit = Appointment {
            appointment_number: Some(format!("{job}-{count}")),
            start,
            end: start + SignedDuration::from_hours(2),
            arrival_window_start: Some(start),
            arrival_window_end: Some(start + SignedDuration::from_hours(1)),
            ..jobs::appointment(id, job, customer, made)
        };
        self.appointments.put(visit, now, None);
        self.change_job(job, now, |row| {
            row.appointment_count = count;
            row.last_appointment_id = id;
        })?;
        Ok(id)
    }

    pub(super) fn assign(
        &mut self,
        visit: AppointmentId,
        technician: TechnicianId,
        now: Timestamp,
    ) -> Result<AssignmentId, Refusal> {
        let row = self.visit(visit)?;
        let (job, status) = (row.job_id, row.status);
        let known = self.receivables.technicians.get(technician.0);
        let known = known.ok_or(unknown(Kind::Technician, technician.0))?;
        let name = known.name.clone();
        let mut there = self.assignments_at(visit).into_iter();
        if let Some(row) = there.find(|row| row.technician_id == technician) {
            return Ok(row.id);
        }
        let id = AssignmentId(self.receivables.ids.draw());
        let made = self.receivables.assignments.latest().max(now);
        let assignment = Assignment {
            id,
            technician_id: technician,
            technician_name: name,
            assigned_by_id: MADE_BY,
            assigned_on: made,
            status: assigned(status),
            is_paused: false,
            job_id: job,
            appointment_id: visit,
            created_on: made,
            modified_on: made,
            active: true,
        };
        self.receivables.assignments.put(assignment, now, None);
        Ok(id)
    }

    pub(super) fn unassign(
        &mut self,
        visit: AppointmentId,
        technician: TechnicianId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.visit(visit)?;
        let mut there = self.assignments_at(visit).into_iter();
        let row = there.find(|row| row.technician_id == technician);
        let mut row = row.ok_or(unknown(Kind::Assignment, technician.0))?;
        row.active = false;
        self.receivables.assignments.put(row, now, None);
        Ok(())
    }

    /// A visit goes on: its job and who is assigned to it go with it.
    pub(super) fn progress(
        &mut self,
        visit: AppointmentId,
        status: &'static str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let row = self.visit(visit)?;
        let job = row.job_id;
        if matches!(row.status, "Done" | "Canceled") {
            return Err(refused(job, "this visit is over"));
        }
        self.move_visit(visit, status, now);
        let working = status == "Working";
        self.change_job(job, now, |row| {
            row.job_status = if working { "InProgress" } else { "Dispatched" };
        })
    }

    /// Puts a visit, and who is assigned to it, in another state.
    pub(crate) fn move_visit(&mut self, id: AppointmentId, status: &'static str, now: Timestamp) {
        self.change_visit(id, now, |row| row.status = status);
        for mut row in self.assignments_at(id) {
            row.status = assigned(status);
            row.is_paused = status == "Hold";
            row.active = status != "Canceled";
            self.receivables.assignments.put(row, now, None);
        }
    }

    /// The visits that are not over.
    fn open_visits(&self, job: JobId) -> Vec<AppointmentId> {
        let mut visits = self.visits_of(job);
        visits.retain(|id| {
            let visit = self.appointments.get(id.0);
            visit.is_some_and(|row| !matches!(row.status, "Done" | "Canceled"))
        });
        visits
    }

    pub(super) fn hold_job(&mut self, job: JobId, now: Timestamp) -> Result<(), Refusal> {
        if matches!(self.job(job)?.job_status, "Completed" | "Canceled") {
            return Err(refused(job, "it is over"));
        }
        for visit in self.open_visits(job) {
            self.move_visit(visit, "Hold", now);
        }
        self.change_job(job, now, |row| row.job_status = "Hold")
    }

    pub(super) fn resume_job(&mut self, job: JobId, now: Timestamp) -> Result<(), Refusal> {
        if self.job(job)?.job_status != "Hold" {
            return Err(refused(job, "it is not on hold"));
        }
        for visit in self.open_visits(job) {
            self.move_visit(visit, "Scheduled", now);
        }
        self.change_job(job, now, |row| row.job_status = "Scheduled")
    }

    pub(super) fn cancel_job(&mut self, job: JobId, now: Timestamp) -> Result<(), Refusal> {
        let row = self.job(job)?;
        if row.job_status == "Canceled" {
            return Err(refused(job, "it is cancelled already"));
        }
        self.may_hide_invoice(row)?;
        for visit in self.open_visits(job) {
            self.move_visit(visit, "Canceled", now);
        }
        self.hide_invoice(job, now)?;
        self.change_job(job, now, |row| row.job_status = "Canceled")
    }

    pub(super) fn remove_cancellation(
        &mut self,
        job: JobId,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.job(job)?.job_status != "Canceled" {
            return Err(refused(job, "it is not cancelled"));
        }
        for visit in self.visits_of(job) {
            let canceled = self.visit(visit)?.status == "Canceled";
            if canceled {
                self.move_visit(visit, "Scheduled", now);
            }
        }
        self.show_invoice(job, now)?;
        self.change_job(job, now, |row| row.job_status = "Scheduled")
    }
}

/// The state of an assignment to a visit in this state.
fn assigned(visit: &str) -> &'static str {
    match visit {
        "Dispatched" => "Dispatched",
        "Working" => "Working",
        "Done" => "Done",
        _ => "Scheduled",
    }
}
