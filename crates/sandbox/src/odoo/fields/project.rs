//! Fields of projects, their tasks, and the stages that tasks go through.

use super::{active, computed, field, kept, preset, required};
use crate::odoo::schema::{Field, Kind, Model, Preset};

const STATES: &[(&str, &str)] = &[
    ("01_in_progress", "In Progress"),
    ("02_changes_requested", "Changes Requested"),
    ("03_approved", "Approved"),
    ("1_done", "Done"),
    ("1_canceled", "Cancelled"),
    ("04_waiting_normal", "Waiting"),
];
const PRIORITIES: &[(&str, &str)] = &[
    ("0", "Low priority"),
    ("1", "Medium priority"),
    ("2", "High priority"),
    ("3", "Urgent"),
];
const VISIBILITIES: &[(&str, &str)] = &[
    ("followers", "Invited internal users"),
    ("invited_users", "Invited internal and portal users"),
    ("employees", "All internal users"),
    ("portal", " All internal users and invited portal users"),
];

pub(super) fn of(model: Model) -> Vec<Field> {
    match model {
        Model::Project => project(),
        Model::Task => task(),
        _ => stage(),
    }
}

fn project() -> Vec<Field> {
    use Kind::{Bool, Char, Date, Html, Int, Many2many, Many2one, One2many, Selection};
    vec![
        required(field("name", "Name", Char)),
        active(),
        preset(field("sequence", "Sequence", Int), Preset::Int(10)),
        field("partner_id", "Customer", Many2one(Model::Partner)),
        field("company_id", "Company", Many2one(Model::Company)),
        field("user_id", "Project Manager", Many2one(Model::User)),
        field("account_id", "Project", Many2one(Model::Analytic)),
        field("type_ids", "Tasks Stages", Many2many(Model::Stage)),
        field("task_ids", "Tasks", One2many(Model::Task, "project_id")),
        computed("task_count", "Task Count", Int),
        field("description", "Description", Html),
        field("date_start", "Start Date", Date),
        field("date", "Expiration Date", Date),
        required(preset(
            field("privacy_visibility", "Visibility", Selection(VISIBILITIES)),
            Preset::Text("portal"),
        )),
        field("allow_billable", "Billable", Bool),
    ]
}

fn task() -> Vec<Field> {
    use Kind::{Bool, Char, Datetime, Float, Html, Int, Many2many, Many2one, One2many, Selection};
    vec![
        required(field("name", "Title", Char)),
        active(),
        preset(field("sequence", "Sequence", Int), Preset::Int(10)),
        preset(
            field("priority", "Priority", Selection(PRIORITIES)),
            Preset::Text("0"),
        ),
        field("project_id", "Project", Many2one(Model::Project)),
        field("stage_id", "Stage", Many2one(Model::Stage)),
        required(preset(
            field("state", "State", Selection(STATES)),
            Preset::Text("01_in_progress"),
        )),
        computed("is_closed", "Closed state", Bool),
        field("partner_id", "Customer", Many2one(Model::Partner)),
        field("user_ids", "Assignees", Many2many(Model::User)),
        field("date_deadline", "Deadline", Datetime),
        field("date_end", "Ending Date", Datetime),
        kept("date_assign", "Assigning Date", Datetime),
        kept("date_last_stage_update", "Last Stage Update", Datetime),
        field("allocated_hours", "Allocated Time", Float(None)),
        field("description", "Description", Html),
        field("parent_id", "Parent Task", Many2one(Model::Task)),
        field("child_ids", "Sub-tasks", One2many(Model::Task, "parent_id")),
        field("company_id", "Company", Many2one(Model::Company)),
        field(
            "sale_line_id",
            "Sales Order Item",
            Many2one(Model::SaleLine),
        ),
    ]
}

fn stage() -> Vec<Field> {
    use Kind::{Bool, Char, Int, Many2many, Many2one};
    vec![
        required(field("name", "Name", Char)),
        active(),
        preset(field("sequence", "Sequence", Int), Preset::Int(1)),
        field("fold", "Folded", Bool),
        field("project_ids", "Projects", Many2many(Model::Project)),
        field("user_id", "Stage Owner", Many2one(Model::User)),
    ]
}
