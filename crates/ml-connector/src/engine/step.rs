//! The boundaries between the engine's steps, each told as a `tracing` event.
//!
//! Between two of them a crash may fall; the tests wait for one and kill the process there. The events have a target of
//! their own and the level trace, so they cost one comparison unless somebody asks for them:
//! `RUST_LOG=info,ml_connector::step=trace` also shows a person where the time goes.

use std::fmt;

/// A boundary that the engine has reached. The first word is the step, the rest says where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// ServiceTitan answered with a page, or with records that were asked for; nothing of it is kept yet.
    ObserveFetched,
    /// The rows are kept, and the cursor with them.
    ObserveCommitted,
    /// The records that webhooks woke are known.
    WakeRead,
    /// They were fetched, and the wakes are done with.
    WakeFinished,
    /// The records that are due are known.
    PlanRead,
    /// It is known what is to be done about them.
    Planned,
    /// New rows are about to be sent to Odoo.
    ApplyCreating,
    /// Odoo answered about new rows.
    ApplyCreated,
    /// Changed rows are about to be sent to Odoo.
    ApplyUpdating,
    /// Odoo answered about changed rows.
    ApplyUpdated,
    /// What arrived is about to be counted on a receipt in Odoo.
    ApplyCounting,
    /// Odoo answered about the count.
    ApplyCounted,
    /// Receipts are about to be validated in Odoo.
    ApplyValidating,
    /// Odoo answered about the receipts.
    ApplyValidated,
    /// ServiceTitan is about to be told of a bill.
    ApplyTelling,
    /// It answered.
    ApplyTold,
    /// Bills are about to be marked as exported.
    ApplyMarking,
    /// ServiceTitan answered about the marks.
    ApplyMarked,
    /// What came of a batch is about to be committed.
    RecordCommitting,
    /// It is committed.
    RecordCommitted,
}

impl Step {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ObserveFetched => "observe: fetched",
            Self::ObserveCommitted => "observe: committed",
            Self::WakeRead => "wake: read",
            Self::WakeFinished => "wake: finished",
            Self::PlanRead => "plan: read",
            Self::Planned => "plan: planned",
            Self::ApplyCreating => "apply: creating",
            Self::ApplyCreated => "apply: created",
            Self::ApplyUpdating => "apply: updating",
            Self::ApplyUpdated => "apply: updated",
            Self::ApplyCounting => "apply: counting",
            Self::ApplyCounted => "apply: counted",
            Self::ApplyValidating => "apply: validating",
            Self::ApplyValidated => "apply: validated",
            Self::ApplyTelling => "apply: telling",
            Self::ApplyTold => "apply: told",
            Self::ApplyMarking => "apply: marking",
            Self::ApplyMarked => "apply: marked",
            Self::RecordCommitting => "record: committing",
            Self::RecordCommitted => "record: committed",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Tells that a boundary is reached, with how many rows or records.
pub(super) fn reached(step: Step, count: usize) {
    tracing::trace!(target: "ml_connector::step", count, "step {step}");
    #[cfg(debug_assertions)]
    break_down_at(step);
}

/// Breaks down at the boundary that a test names. Only in builds for development.
#[cfg(debug_assertions)]
fn break_down_at(step: Step) {
    let wanted = std::env::var("ML_CONNECTOR_TEST_BREAK_DOWN_AT");
    assert!(
        wanted.as_deref() != Ok(step.as_str()),
        "a test breaks it down at {step}"
    );
}
