//! A plan: what has to happen so that the target holds what the source says.
//!
//! Planning is a pure function of the record's parts, its links and their bases, the links of other records that it
//! refers to, and the directory. The same function serves the preview and the deed. `plan(apply(plan(x)))` is
//! [`Decision::Unchanged`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::link::{Link, Name, TargetId};
use crate::linking::{Terms, Which};
use crate::record::{Key, Reason, SourceId, State};
use crate::sighting::{Part, PartKey};

/// Everything that planning of one record may look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The record's id in its source.
    pub source: &'a SourceId,
    /// The last sighting of each part that belongs to the record.
    pub parts: &'a [Part],
    /// The links that the record owns.
    pub links: &'a [Link],
    /// Other records that it refers to, as far as they are known; see each flow's `references`. Under a name that it
    /// shares with others ([`crate::flows::shared`]), the rows and the documents of all of them.
    pub others: &'a BTreeMap<Name, Other>,
    /// When a call about this record went unanswered: the links that it may have made. What the target holds may be
    /// more, or other, than the links say.
    pub in_doubt: Option<&'a BTreeSet<Name>>,
    /// A person's decision about this record, e.g. [`RECREATE`].
    pub decision: Option<&'a str>,
    /// Why it stands where it stands since it was planned last: empty if there is no reason, `None` before it was planned.
    pub stands: Option<&'a str>,
}

/// The decision that what a person deleted in Odoo shall be made anew.
pub const RECREATE: &str = "recreate";

/// The decision that a record shall come over although it is inactive, because another one needs it.
pub const NEEDED: &str = "needed";

/// The decision that a bill shall be posted although it does not match its order and receipts, or has another one's
/// number, or that an invoice shall
/// come although it was exported before the connector was there, or with a tax that differs.
pub const APPROVE: &str = "approve";

/// The decision that a record which cannot be carried shall be left out, until it changes.
pub const DISMISS: &str = "dismiss";

/// Another record, as far as this side knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Other {
    /// Its link, if the target holds it.
    pub link: Option<Link>,
    /// All its links: those of a document's lines too.
    pub links: Vec<Link>,
    /// The last sighting of each of its parts.
    pub parts: Vec<Part>,
    /// Where it stands, if it has been seen.
    pub state: Option<State>,
    /// Why it stands there, if there is a reason.
    pub cause: Option<String>,
    /// Of what records have in common: whether it is only a part of them, as they are too many.
    pub is_cut: bool,
}

/// What to do about one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The deed.
    pub decision: Decision,
    /// What a person should know although the record is carried, e.g. a payment term that Odoo does not have.
    pub warnings: Vec<String>,
    /// Links of other records that this plan rests on: when one changes, the record is planned again.
    pub rests_on: Vec<Name>,
}

impl Plan {
    /// A plan without warnings, which rests on nothing.
    #[must_use]
    pub fn of(decision: Decision) -> Self {
        Self {
            decision,
            warnings: Vec::new(),
            rests_on: Vec::new(),
        }
    }
}

/// The deed of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The target holds it already.
    Unchanged,
    /// These writes, in this order; they belong together.
    Write(Vec<Write>),
    /// Other records go first.
    Wait {
        /// The records waited for.
        on: Vec<Key>,
        /// Why, and what a person can do if it lasts.
        reason: Reason,
    },
    /// Left out by a rule.
    Ignore(Reason),
    /// Cannot be carried until a person acts.
    Fail(Reason),
}

/// One write to one record of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The link that it concerns.
    pub name: Name,
    /// The part that it carries.
    pub part: PartKey,
    /// Of a document's line: the document.
    pub document: Option<Name>,
    /// The target's model.
    pub model: &'static str,
    /// What is done.
    pub verb: Verb,
    /// What the target is known to hold afterwards: the next base. For [`Verb::Alias`] it says whose alias it is.
    pub holds: Content,
}

/// What is done to a record of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Create it under its external id, or bring what bears that id to this content.
    Create {
        /// The columns to send, references by link name.
        columns: Content,
    },
    /// Write the columns that changed.
    Update {
        /// The target's id.
        target: TargetId,
        /// The columns to send, references by link name.
        columns: Content,
    },
    /// Delete it: a line that its document does not have any more.
    Delete {
        /// The target's id.
        target: TargetId,
    },
    /// Bring a document to a state, once it comes to this total. Whatever is to be written of it and its lines is written
    /// before.
    Reach {
        /// The state.
        goal: Goal,
        /// What it must come to, tax included, in the company's currency.
        total: Decimal,
        /// What of that must be tax of Odoo's.
        tax: Tax,
        /// Why a person has to look at it there, if one has to.
        hold: Option<Reason>,
        /// What happens if its date lies in a closed period.
        closed: ClosedPeriod,
    },
    /// Bring what was received of an order's lines to these quantities, whatever was received before.
    Receive {
        /// The order's id in the target.
        order: TargetId,
        /// What was received of each line in the source, all receipts together. Of a line that is not among them, nothing.
        lines: BTreeMap<Name, Decimal>,
        /// What the target was last brought to: where it holds less now, somebody took goods back there.
        before: BTreeMap<Name, Decimal>,
    },
    /// Bring a payment to a state, and what it is matched with to these amounts. What was matched before by us and is not
    /// among them is taken back.
    Settle {
        /// The state.
        goal: Goal,
        /// What it must come to, in the company's currency.
        amount: Decimal,
        /// What it should be matched with.
        matches: Vec<Match>,
        /// What we matched it with before: the names of credit and debit, and how much.
        before: Vec<(Name, Name, Decimal)>,
    },
    /// Write nothing: a bill that somebody entered in the target is this one, if it is the same paper.
    Adopt {
        /// The bill.
        which: Which,
        /// What it must come to.
        terms: Terms,
        /// Why a person has to look at it although it is the same, if one has to.
        hold: Option<Reason>,
    },
    /// Tell ServiceTitan what became of a document in Odoo.
    Tell {
        /// The document in ServiceTitan.
        document: Key,
        /// ServiceTitan's id of it.
        target: TargetId,
        /// What it does not show yet; see [`crate::odoo_bills::fields`].
        columns: Content,
        /// Whether it is marked as exported, which cannot be taken back: only while both sides still say this.
        mark: Option<Mark>,
    },
    /// Write nothing: from now on the name means a record that bears another name too (after a merge).
    Alias {
        /// The survivor's id in the target.
        target: TargetId,
    },
}

/// So much of one entry pays so much of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// What pays: a payment, or a credit note.
    pub credit: Entry,
    /// What is paid: an invoice, or money that was given back.
    pub debit: Entry,
    /// How much, in the company's currency.
    pub amount: Decimal,
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            credit,
            debit,
            amount,
        } = self;
        write!(f, "{}>{}={amount:.2}", credit.name, debit.name)
    }
}

/// A record with an entry on a customer's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name of its link.
    pub name: Name,
    /// The target's id of it; `None` of the record's own, which may be about to be made.
    pub target: Option<TargetId>,
    /// The target's model.
    pub model: &'static str,
}

/// What Odoo's own taxes must come to on a document. A vendor's tax is a line like any other: there it is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tax {
    /// All of it, in the company's currency.
    pub amount: Decimal,
    /// How far Odoo may be from that by rounding: then it is told the amount.
    pub slack: Decimal,
}

/// What happens to a bill whose date lies in a period that is closed in the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClosedPeriod {
    /// It waits for a person.
    #[default]
    Wait,
    /// It is booked on the first day that is open, and keeps the date on the paper.
    NextOpen,
}

/// What both sides must still say of a bill right before it is marked as exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What it comes to in Odoo, where it is posted.
    pub total: Decimal,
    /// What ServiceTitan says of it, digested; see [`crate::odoo_bills::said`].
    pub said: String,
}

/// The state that a document should be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goal {
    /// It may still be changed, and binds nobody.
    Draft,
    /// It binds: a confirmed order.
    Confirmed,
    /// It is in the books: a posted bill.
    Posted,
    /// It is withdrawn.
    Cancelled,
}

impl Goal {
    /// One word: `draft`, `confirmed`, `posted`, `cancelled`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Confirmed => "confirmed",
            Self::Posted => "posted",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a plan's deed is named where people read it.
impl Decision {
    /// One word: `unchanged`, `write`, `wait`, `ignore`, `fail`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Write(_) => "write",
            Self::Wait { .. } => "wait",
            Self::Ignore(_) => "ignore",
            Self::Fail(_) => "fail",
        }
    }
}
