//! The models and fields that are simulated, with the labels and kinds that `fields_get` shows.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fields;

/// A simulated model.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Model {
    Partner,
    Category,
    Country,
    State,
    Term,
    Currency,
    User,
    Company,
    ApiKey,
    Lang,
    ExternalId,
}

impl Model {
    pub(super) const ALL: [Self; 11] = [
        Self::Partner,
        Self::Category,
        Self::Country,
        Self::State,
        Self::Term,
        Self::Currency,
        Self::User,
        Self::Company,
        Self::ApiKey,
        Self::Lang,
        Self::ExternalId,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    pub(super) fn definition(self) -> &'static Definition {
        static DEFINITIONS: LazyLock<Vec<Definition>> =
            LazyLock::new(|| Model::ALL.into_iter().map(define).collect());
        &DEFINITIONS[self as usize]
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Partner => "res.partner",
            Self::Category => "res.partner.category",
            Self::Country => "res.country",
            Self::State => "res.country.state",
            Self::Term => "account.payment.term",
            Self::Currency => "res.currency",
            Self::User => "res.users",
            Self::Company => "res.company",
            Self::ApiKey => "res.users.apikeys",
            Self::Lang => "res.lang",
            Self::ExternalId => "ir.model.data",
        }
    }

    /// What Odoo calls a record of it in messages.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Partner => "Contact",
            Self::Category => "Partner Tags",
            Self::Country => "Country",
            Self::State => "Country state",
            Self::Term => "Payment Terms",
            Self::Currency => "Currency",
            Self::User => "User",
            Self::Company => "Companies",
            Self::ApiKey => "Users API Keys",
            Self::Lang => "Languages",
            Self::ExternalId => "Model Data",
        }
    }

    /// The order of a search that names none.
    pub(super) fn order(self) -> &'static str {
        match self {
            Self::Partner => "complete_name ASC, id DESC",
            Self::Category | Self::Country => "name, id",
            Self::State => "code, id",
            Self::Term => "sequence, id",
            Self::Currency => "active desc, name",
            Self::User => "name, login",
            Self::Company => "sequence, name",
            Self::ApiKey => "id",
            Self::Lang => "active desc,name",
            Self::ExternalId => "module, model, name",
        }
    }

    /// The fields in which a name is searched.
    pub(super) fn name_fields(self) -> &'static [&'static str] {
        match self {
            Self::Partner => &["complete_name", "email", "ref", "vat", "company_registry"],
            Self::Country | Self::State => &["name", "code"],
            Self::User => &["name", "login"],
            _ => &["name"],
        }
    }
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Kind {
    Bool,
    Int,
    Char,
    Html,
    Date,
    Datetime,
    Selection(&'static [(&'static str, &'static str)]),
    Many2one(Model),
    One2many(Model, &'static str),
    Many2many(Model),
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Int => "integer",
            Self::Char => "char",
            Self::Html => "html",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Selection(_) => "selection",
            Self::Many2one(_) => "many2one",
            Self::One2many(..) => "one2many",
            Self::Many2many(_) => "many2many",
        }
    }

    pub(super) fn comodel(self) -> Option<Model> {
        match self {
            Self::Many2one(model) | Self::One2many(model, _) | Self::Many2many(model) => {
                Some(model)
            }
            _ => None,
        }
    }

    pub(super) fn is_textual(self) -> bool {
        matches!(self, Self::Char | Self::Html | Self::Selection(_))
    }
}

/// Where a field's value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// Written by clients.
    Stored,
    /// Stored, but only the server writes it.
    Kept,
    /// Not stored: worked out at each reading; writes to it are ignored.
    Computed,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: Kind,
    pub(super) source: Source,
    pub(super) required: bool,
    /// Kept per company; the database has no foreign key on it.
    pub(super) company_dependent: bool,
    pub(super) default: Preset,
}

/// The value that a new record gets when the client gives none.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Preset {
    None,
    True,
    Int(i64),
    Text(&'static str),
}

#[derive(Debug)]
pub(super) struct Definition {
    pub(super) fields: Vec<Field>,
    by_name: HashMap<&'static str, usize>,
}

impl Definition {
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn at(&self, index: usize) -> &Field {
        &self.fields[index]
    }

    /// The place of a field that the code itself names.
    pub(super) fn place(&self, name: &str) -> usize {
        self.find(name)
            .unwrap_or_else(|| panic!("the schema has a field {name}"))
    }
}

/// The fields that every model begins with, in this order.
pub(super) mod log {
    pub(in crate::odoo) const ID: usize = 0;
    pub(in crate::odoo) const CREATE_UID: usize = 1;
    pub(in crate::odoo) const CREATE_DATE: usize = 2;
    pub(in crate::odoo) const WRITE_UID: usize = 3;
    pub(in crate::odoo) const WRITE_DATE: usize = 4;
}

fn define(model: Model) -> Definition {
    let fields = fields::of(model);
    let by_name = fields
        .iter()
        .enumerate()
        .map(|(index, field)| (field.name, index))
        .collect();
    Definition { fields, by_name }
}
