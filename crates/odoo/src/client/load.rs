//! `load`, carried out: see [`crate::load`] for what it guarantees.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Call, Client};
use crate::Result;
use crate::context::Context;
use crate::load::{GroupResult, Plan, Rows, Step, Warning};

/// What became of a [`Rows`].
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Each group's result.
    pub groups: BTreeMap<usize, GroupResult>,
    /// What Odoo remarked on saved rows.
    pub warnings: Vec<Warning>,
    /// How many calls it took.
    pub calls: usize,
    /// How many of them met a conflict.
    pub conflicts: usize,
    /// The largest call that was saved, for [`crate::batch::Sizer::took`].
    pub largest: Option<CallTime>,
}

/// How long a call took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallTime {
    /// Its rows.
    pub rows: usize,
    /// Its time, without waits in between.
    pub elapsed: Duration,
}

impl Client {
    /// Creates and updates records. The context of an import (`import_file`, `noupdate`) is added, and
    /// where rows address records by `.id`, archived ones are included; a caller that creates adds
    /// [`Context::without_tracking`].
    ///
    /// Rows that bear external ids or `.id` can be sent again after any error: what was saved is found
    /// and written once more. An error says nothing of single groups; those that were refused will be
    /// refused again.
    pub async fn load(&self, rows: &Rows, context: &Context) -> Result<Loaded> {
        let mut context = context
            .clone()
            .set("import_file", true)
            .set("noupdate", true);
        if rows.addresses_by_id() {
            context = context.with_archived();
        }
        let mut plan = Plan::new(rows);
        let mut largest: Option<CallTime> = None;
        while let Step::Send {
            arguments,
            rows: count,
            conflicts,
        } = plan.step()
        {
            if conflicts > 0 {
                let tries = u32::try_from(conflicts).unwrap_or(u32::MAX);
                tokio::time::sleep(self.shared.jitter.wait(tries)).await;
            }
            let call = Call {
                model: rows.model(),
                method: "load",
                ids: None,
                arguments: &arguments,
                context: &context,
            };
            let start = Instant::now();
            match self.once(call).await {
                Ok(answer) => {
                    let time = CallTime {
                        rows: count,
                        elapsed: start.elapsed(),
                    };
                    if answer.get("ids").is_some_and(serde_json::Value::is_array)
                        && largest.is_none_or(|largest| largest.rows < count)
                    {
                        largest = Some(time);
                    }
                    plan.answered(&answer)?;
                }
                Err(error) => plan.failed(error)?,
            }
        }
        let (calls, conflicts) = plan.calls();
        let (groups, warnings) = plan.finish();
        Ok(Loaded {
            groups,
            warnings,
            calls,
            conflicts,
            largest,
        })
    }
}
