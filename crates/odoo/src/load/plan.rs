//! What to send next, until every group is saved or refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::answer::{Answer, Warning};
use super::rows::Rows;
use super::{RowFault, RowFaultKind};
use crate::error::{Error, ErrorKind, bounded};
use crate::record::RecordId;

/// The most calls that one plan makes. Each refusal takes at least one group out, so only many bad
/// groups, or one that must be found by halving, come near it.
pub const CALLS_MAX: usize = 64;
/// The most calls of one plan that may fail by a conflict.
pub const CONFLICTS_MAX: usize = 8;

/// What became of one group: its records' ids in row order, or why it was refused.
pub type GroupResult = Result<Vec<RecordId>, RowFault>;

/// The way of one [`Rows`] into Odoo.
///
/// Ask [`Plan::step`], do it, tell [`Plan::answered`] or [`Plan::failed`] what came of it, until it is
/// [`Step::Done`].
#[derive(Clone, Debug)]
pub struct Plan<'r> {
    rows: &'r Rows,
    /// Sets of groups that go together, next one last.
    waiting: Vec<BTreeSet<usize>>,
    results: BTreeMap<usize, GroupResult>,
    warnings: Vec<Warning>,
    calls: usize,
    conflicts: usize,
    pause: bool,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Call `load` with these arguments.
    Send {
        /// The named arguments.
        arguments: Map<String, Value>,
        /// How many rows they hold.
        rows: usize,
        /// How many conflicts in a row came before: wait longer with each. 0 = send at once.
        conflicts: usize,
    },
    /// Every group has its result.
    Done,
}

impl<'r> Plan<'r> {
    /// Everything in one call, to begin with.
    #[must_use]
    pub fn new(rows: &'r Rows) -> Self {
        let groups = rows.groups();
        let waiting = if groups.is_empty() {
            vec![]
        } else {
            vec![groups]
        };
        Self {
            rows,
            waiting,
            results: BTreeMap::new(),
            warnings: Vec::new(),
            calls: 0,
            conflicts: 0,
            pause: false,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn step(&self) -> Step {
        match self.waiting.last() {
            None => Step::Done,
            Some(groups) => Step::Send {
                arguments: self.rows.arguments(groups),
                rows: self.rows.of(groups).count(),
                conflicts: if self.pause { self.conflicts } else { 0 },
            },
        }
    }

    /// The call was answered. An error ends the plan: the answer is no answer, or a limit is reached.
    pub fn answered(&mut self, answer: &Value) -> Result<(), Error> {
        let Some(groups) = self.waiting.pop() else {
            return Ok(());
        };
        self.calls += 1;
        self.pause = false;
        match Answer::read(self.rows, &groups, answer)? {
            Answer::Saved { ids, warnings } => {
                self.results
                    .extend(ids.into_iter().map(|(group, ids)| (group, Ok(ids))));
                self.warnings.extend(warnings);
                Ok(())
            }
            Answer::Refused { faults, doubted: _ } => {
                let words = faults.values().next().map_or("", |fault| &fault.message);
                let error = Error::new(self.operation(), ErrorKind::Invalid, words);
                self.without(groups, faults, error)
            }
            Answer::Conflict { message, faults } => {
                self.conflicts += 1;
                self.pause = true;
                let error = Error::new(self.operation(), ErrorKind::Conflict, &message);
                if self.conflicts >= CONFLICTS_MAX {
                    return Err(error);
                }
                self.without(groups, faults, error)
            }
            Answer::Unnamed { message } => {
                let error = Error::new(self.operation(), ErrorKind::Invalid, &message);
                self.halve(groups, error)
            }
        }
    }

    /// The call failed. A conflict is waited out, a permanent refusal of the whole call is narrowed
    /// down; any other error ends the plan and is handed back.
    pub fn failed(&mut self, error: Error) -> Result<(), Error> {
        let Some(groups) = self.waiting.pop() else {
            return Err(error);
        };
        self.calls += 1;
        self.pause = false;
        match error.kind {
            ErrorKind::Conflict => {
                self.conflicts += 1;
                self.pause = true;
                if self.conflicts >= CONFLICTS_MAX {
                    return Err(error);
                }
                self.waiting.push(groups);
                Ok(())
            }
            ErrorKind::Invalid | ErrorKind::Mistake | ErrorKind::MissingRecord => {
                self.halve(groups, error)
            }
            ErrorKind::Credentials
            | ErrorKind::NoDatabase
            | ErrorKind::NoSuchMethod
            | ErrorKind::AccessDenied
            | ErrorKind::Overloaded
            | ErrorKind::Timeout
            | ErrorKind::Unreachable
            | ErrorKind::Interrupted
            | ErrorKind::Unreadable => Err(error),
        }
    }

    /// How many calls were made, and how many of them met a conflict.
    #[must_use]
    pub fn calls(&self) -> (usize, usize) {
        (self.calls, self.conflicts)
    }

    /// The results, and what Odoo remarked on saved rows.
    #[must_use]
    pub fn finish(self) -> (BTreeMap<usize, GroupResult>, Vec<Warning>) {
        (self.results, self.warnings)
    }

    fn operation(&self) -> String {
        format!("{} load", self.rows.model())
    }

    fn without(
        &mut self,
        mut groups: BTreeSet<usize>,
        faults: BTreeMap<usize, RowFault>,
        exhausted: Error,
    ) -> Result<(), Error> {
        groups.retain(|group| !faults.contains_key(group));
        self.results
            .extend(faults.into_iter().map(|(group, fault)| (group, Err(fault))));
        if groups.is_empty() {
            return Ok(());
        }
        if self.calls >= CALLS_MAX {
            return Err(exhausted);
        }
        self.waiting.push(groups);
        Ok(())
    }

    /// Nobody is named: each half for itself.
    fn halve(&mut self, groups: BTreeSet<usize>, error: Error) -> Result<(), Error> {
        if groups.len() == 1 {
            let fault = RowFault {
                kind: RowFaultKind::Record,
                ..RowFault::new(None, None, &bounded(&error.message))
            };
            self.results
                .extend(groups.into_iter().map(|group| (group, Err(fault.clone()))));
            return Ok(());
        }
        if self.calls >= CALLS_MAX {
            return Err(error);
        }
        let mut first = groups;
        let middle = *first
            .iter()
            .nth(first.len() / 2)
            .expect("two groups or more");
        let second = first.split_off(&middle);
        self.waiting.push(second);
        self.waiting.push(first);
        Ok(())
    }
}
