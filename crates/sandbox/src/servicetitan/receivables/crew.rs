//! Technicians, and who is assigned to which visit.

use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;
use serde_json::{Value, json};

use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::books::Books;
use crate::servicetitan::list::{self, Filter, mentions};
use crate::servicetitan::purchasing::object;
use crate::servicetitan::read::{PAGING, RANGES, row};
use crate::servicetitan::record::{
    AppointmentId, AssignmentId, BusinessUnitId, JobId, TechnicianId,
};
use crate::servicetitan::rot::Kind;

/// A technician.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technician {
    /// Its id.
    pub id: TechnicianId,
    /// The name.
    pub name: String,
    /// Whether it works here still.
    pub active: bool,
    /// For which unit.
    pub business_unit_id: BusinessUnitId,
    /// An address for messages.
    pub email: Option<String>,
    /// A number in the accounting system.
    pub payroll_id: Option<String>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// A technician's assignment to a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// Who.
    pub technician_id: TechnicianId,
    /// Who, by the name of then.
    pub technician_name: String,
    /// Who said so.
    pub assigned_by_id: i64,
    /// When.
    pub assigned_on: Timestamp,
    /// `Scheduled`, `Dispatched`, `Working` or `Done`.
    pub status: &'static str,
    /// Whether the work rests.
    pub is_paused: bool,
    /// To which job.
    pub job_id: JobId,
    /// To which of its visits.
    pub appointment_id: AppointmentId,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
    /// False once called back.
    pub active: bool,
}

/// The technicians of every tenant; the trucks know the first of them.
pub(super) fn technicians(until: Timestamp) -> Vec<Technician> {
    let names = [
        ("Ana Ruiz", 1, true),
        ("Bo Larsen", 2, true),
        ("Chidi Obi", 4, true),
        ("Dee O'Neil", 1, false),
        ("Eva Müller", 3, true),
        ("Farid Khan", 5, true),
    ];
    let made = until - (24 * 365 * 2).hours();
    let rows = (201..).zip(names);
    rows.map(|(id, (name, unit, active))| Technician {
        id: TechnicianId(id),
        name: name.to_owned(),
        active,
        business_unit_id: BusinessUnitId(unit),
        email: active.then(|| format!("tech{id}@example.com")),
        payroll_id: (id % 2 == 1).then(|| format!("P-{id}")),
        created_on: made,
        modified_on: made,
    })
    .collect()
}

/// What no technician here has.
const NEVER_SET: [&str; 18] = [
    "mainZoneId",
    "phoneNumber",
    "loginName",
    "home",
    "aadUserId",
    "team",
    "jobFilter",
    "currentValue",
    "jobId",
    "mobilePhone",
    "outboundCallerId",
    "payrollProfileId",
    "appoitmentId",
    "shiftStart",
    "shiftEnd",
    "startDate",
    "location",
    "bio",
];

impl Books {
    pub(crate) fn wire_technician(&self, technician: &Technician, nulls: bool) -> Value {
        let parts: Vec<&str> = technician.name.splitn(2, ' ').collect();
        let row = json!({
            "id": technician.id, "userId": technician.id.0 + 1_000, "name": technician.name,
            "firstName": parts.first(), "lastName": parts.get(1), "roleIds": [5],
            "businessUnitId": technician.business_unit_id, "zoneIds": [],
            "createdOn": technician.created_on, "modifiedOn": technician.modified_on,
            "email": technician.email, "dailyGoal": 1500.0, "isManagedTech": true,
            "licenseType": "ManagedTech", "customFields": [], "active": technician.active,
            "burdenRate": 12.5, "permissions": [], "accountLocked": false,
            "commissionRate": 0.0, "hourlyRate": 32.0, "payrollId": technician.payroll_id,
            "soldByRate": 0.0, "status": "Idle", "skills": [], "positions": ["Service"],
        });
        let mut row = object(row);
        let unset = NEVER_SET.map(|name| (name.to_owned(), Value::Null));
        row.extend(unset);
        self.finish(Kind::Technician, technician.id.0, row, nulls)
    }
}

impl Call<'_> {
    pub(super) fn technicians(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, &["ids", "userIds", "name", "active"]])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let users = query.ids("userIds", "UserIds")?;
        let rows = filter
            .candidates(&self.books.receivables.technicians, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && users
                        .as_ref()
                        .is_none_or(|users| users.contains(&(row.id.0 + 1_000)))
                    && mentions(&query, "name", &row.name)
            });
        let nulls = self.switches.null_lists;
        let wire = |row: &Technician| self.books.wire_technician(row, nulls);
        list::page(&query, rows.collect(), wire).map(Some)
    }

    pub(super) fn technician(&self, id: &str) -> Answer {
        let row = row(&self.books.receivables.technicians, id, "Technician")?;
        let nulls = self.switches.null_lists;
        Ok(Some(self.books.wire_technician(row, nulls)))
    }

    pub(super) fn assignments(&self) -> Answer {
        let own = ["ids", "sort", "active", "appointmentIds", "jobId"];
        let query = self.query(&[PAGING, RANGES, &own])?;
        let active = query.active()?;
        let visits = query.ids("appointmentIds", "AppointmentIds")?;
        let filter = Filter::read(&query)?.owned_by(visits.clone());
        let job = query.number("jobId")?;
        let rows = filter
            .candidates(&self.books.receivables.assignments, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && job.is_none_or(|id| row.job_id.0 == id)
                    && visits
                        .as_ref()
                        .is_none_or(|visits| visits.contains(&row.appointment_id.0))
            });
        self.page(&query, Kind::Assignment, rows.collect())
    }
}
