//! Tasks of projects.

use jiff::Timestamp;

use super::field::{FieldNames, Reader, existing, first};
use super::{FieldError, words};
use crate::Fields;
use crate::record::RecordId;

words! {
    /// How far a task has come. Its stage is another thing: neither follows the other.
    TaskState {
        /// Under way.
        InProgress = "01_in_progress",
        /// Something is to be changed.
        ChangesRequested = "02_changes_requested",
        /// Approved.
        Approved = "03_approved",
        /// Done.
        Done = "1_done",
        /// Cancelled.
        Cancelled = "1_canceled",
        /// Waits for another task.
        Waiting = "04_waiting_normal",
    }
}

/// A task (`project.task`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: RecordId,
    /// Its title.
    pub name: String,
    /// The project; none: somebody's own task.
    pub project: Option<RecordId>,
    /// The stage; by itself the project's first.
    pub stage: Option<RecordId>,
    /// How far it has come; `None` before 17.
    pub state: Option<TaskState>,
    /// The customer.
    pub customer: Option<RecordId>,
    /// Who does it.
    pub assignees: Vec<RecordId>,
    /// When it begins, where the planning app of the Enterprise edition is installed.
    pub begins: Option<Timestamp>,
    /// When it should be done.
    pub deadline: Option<Timestamp>,
    /// When it came into a folded stage.
    pub ended: Option<Timestamp>,
    /// What is to be done, as sanitised HTML.
    pub description: Option<String>,
    /// The line of the sale order that it serves.
    pub sale_line: Option<RecordId>,
    /// When it was last written, in whole seconds.
    pub written: Timestamp,
}

const TASK: [&str; 8] = [
    "name",
    "project_id",
    "stage_id",
    "partner_id",
    "date_deadline",
    "date_end",
    "description",
    "write_date",
];
const PERHAPS: [&str; 3] = ["state", "planned_date_begin", "sale_line_id"];
const ASSIGNEES: [&str; 2] = ["user_ids", "user_id"];

impl Task {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        let mut fields = existing(has, &TASK, &PERHAPS);
        fields.extend(first(has, &ASSIGNEES));
        fields
    }

    /// Reads a record.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        let assignees = if record.has("user_ids") {
            record.references("user_ids")?
        } else {
            record.reference("user_id")?.into_iter().collect()
        };
        Ok(Self {
            id: record.id()?,
            name: record.text("name")?.unwrap_or_default(),
            project: record.reference("project_id")?,
            stage: record.reference("stage_id")?,
            state: record
                .text("state")?
                .map(|state| TaskState::from(state.as_str())),
            customer: record.reference("partner_id")?,
            assignees,
            begins: record.instant("planned_date_begin")?,
            deadline: record.instant("date_deadline")?,
            ended: record.instant("date_end")?,
            description: record.text("description")?,
            sale_line: record.reference("sale_line_id")?,
            written: record.written()?,
        })
    }
}
