//! What a program needs of an Odoo, and what it finds: [`Needs`] in, [`Report`] out.
//!
//! All of it is data: whoever shows it finds the words. Nothing is written to Odoo. The answers have
//! limits: record rules and field groups are not tested (`has_access` does not), so a right that is
//! reported as given can still fail on a single record.

mod purchasing;
mod receivables;

pub use purchasing::{Accounting, Approval, Digits, LockDates, TaxRounding};
pub use receivables::Receivables;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::record::{Model, RecordId};
use crate::server::{Identity, Operation, Protocol, Version};

/// What will be done, per model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The models, with the operations and fields that matter.
    pub models: BTreeMap<Model, ModelNeeds>,
    /// Groups that the user must be in (`account.group_account_invoice`): what Odoo asks besides rights on models, when a
    /// button is pressed. One of each list is enough.
    pub groups: BTreeSet<Vec<String>>,
}

/// What will be done with one model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelNeeds {
    /// The rights that are needed.
    pub operations: BTreeSet<Operation>,
    /// The fields that will be read or written.
    pub fields: BTreeSet<String>,
    /// Fields that versions call differently: one name of each list is enough.
    pub either: BTreeSet<Vec<String>>,
}

impl Needs {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a model's needs to what is there.
    #[must_use]
    pub fn with<'f>(
        mut self,
        model: Model,
        operations: impl IntoIterator<Item = Operation>,
        fields: impl IntoIterator<Item = &'f str>,
    ) -> Self {
        let needs = self.models.entry(model).or_default();
        needs.operations.extend(operations);
        needs.fields.extend(fields.into_iter().map(str::to_owned));
        self
    }

    /// Adds groups, by their external ids, in one of which the user must be.
    #[must_use]
    pub fn with_group_of(mut self, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|group| (*group).to_owned());
        self.groups.insert(groups.collect());
        self
    }

    /// Adds a field that versions call differently: one of these names is enough.
    #[must_use]
    pub fn with_either<'f>(
        mut self,
        model: Model,
        names: impl IntoIterator<Item = &'f str>,
    ) -> Self {
        let needs = self.models.entry(model).or_default();
        let names = names.into_iter().map(str::to_owned).collect();
        needs.either.insert(names);
        self
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The server's version.
    pub version: Version,
    /// How calls travel.
    pub protocol: Protocol,
    /// The database that calls go to, as configured.
    pub database: String,
    /// Whose key it is.
    pub identity: Identity,
    /// The company that calls work in.
    pub company: Company,
    /// Every right that was asked for.
    pub rights: Vec<Right>,
    /// Every field that was asked for.
    pub fields: Vec<Field>,
    /// The lists of groups that were asked for and of which the user is in none.
    pub groups_missing: Vec<Vec<String>>,
    /// The user's API keys.
    pub keys: Keys,
    /// The languages that are installed, by code; empty where the user may not see them.
    pub languages: Vec<String>,
}

/// The company that calls work in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Company {
    /// None was configured: the user's own.
    Default {
        /// Its id.
        id: RecordId,
        /// Its name, where the user may read it.
        name: Option<String>,
    },
    /// The configured one, and the user may work in it.
    Allowed {
        /// Its id.
        id: RecordId,
        /// Its name, where the user may read it.
        name: Option<String>,
    },
    /// The configured one is not among those that the user may work in, or does not exist (Odoo does
    /// not tell the two apart).
    NotAllowed {
        /// The configured one.
        id: RecordId,
        /// Those that the user may work in.
        allowed: Vec<RecordId>,
    },
}

/// One right on one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// The model.
    pub model: Model,
    /// What one wants to do.
    pub operation: Operation,
    /// Whether one may.
    pub state: RightState,
}

/// Whether one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RightState {
    /// Yes.
    Granted,
    /// No.
    Denied,
    /// The server has no such model: the app is not installed.
    NoSuchModel,
}

/// One field of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The model.
    pub model: Model,
    /// The field; where any of several names would do, the one that is there, or all of them
    /// (`tax_ids or taxes_id`).
    pub name: String,
    /// What the server says of it.
    pub state: FieldState,
}

/// What the server says of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldState {
    /// It is there.
    Present {
        /// Odoo's type (`char`, `many2one`).
        kind: String,
        /// Whether it must be filled.
        required: bool,
        /// Whether it can be written.
        readonly: bool,
    },
    /// There is none, or the user is in none of the groups that may see it.
    Missing,
}

/// The user's API keys. Odoo does not say which of them is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    /// The server does not tell (before 15, or no right).
    Unknown,
    /// Those that work over RPC.
    Known(Vec<ApiKey>),
}

impl Keys {
    /// The end of the key that ends first. With several keys it need not be the one in use.
    #[must_use]
    pub fn first_expiry(&self) -> Option<Timestamp> {
        match self {
            Self::Unknown => None,
            Self::Known(keys) => keys.iter().filter_map(|key| key.expires).min(),
        }
    }
}

/// One API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// What the user called it.
    pub name: String,
    /// When it stops working; `None`: never.
    pub expires: Option<Timestamp>,
}

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The user may not work in the configured company.
    CompanyNotAllowed {
        /// The configured one.
        id: RecordId,
        /// Those that the user may work in.
        allowed: Vec<RecordId>,
    },
    /// A model is not there: an app is not installed.
    NoSuchModel(Model),
    /// A right is missing.
    Denied {
        /// The model.
        model: Model,
        /// What one wants to do.
        operation: Operation,
    },
    /// The user is in none of these groups.
    NotInGroup {
        /// Their external ids.
        groups: Vec<String>,
    },
    /// A field is not there, or hidden from the user.
    NoSuchField {
        /// The model.
        model: Model,
        /// The field.
        field: String,
    },
}

impl Report {
    /// What stands in the way, worst first. Key expiry is not among it: when it matters depends on the
    /// present, see [`Keys::first_expiry`].
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Company::NotAllowed { id, allowed } = &self.company {
            problems.push(Problem::CompanyNotAllowed {
                id: *id,
                allowed: allowed.clone(),
            });
        }
        let missing: BTreeSet<&Model> = self
            .rights
            .iter()
            .filter(|right| right.state == RightState::NoSuchModel)
            .map(|right| &right.model)
            .collect();
        problems.extend(
            missing
                .iter()
                .map(|model| Problem::NoSuchModel((*model).clone())),
        );
        problems.extend(
            self.rights
                .iter()
                .filter(|right| right.state == RightState::Denied)
                .map(|right| Problem::Denied {
                    model: right.model.clone(),
                    operation: right.operation,
                }),
        );
        let groups = self.groups_missing.iter().cloned();
        problems.extend(groups.map(|groups| Problem::NotInGroup { groups }));
        problems.extend(
            self.fields
                .iter()
                .filter(|field| {
                    field.state == FieldState::Missing && !missing.contains(&field.model)
                })
                .map(|field| Problem::NoSuchField {
                    model: field.model.clone(),
                    field: field.name.clone(),
                }),
        );
        problems
    }
}
