//! The models and fields that are simulated, with the labels and kinds that `fields_get` shows.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Id;
use super::fields;
pub(super) use super::model::Model;
use super::value::Value;

impl Model {
    pub(super) fn definition(self) -> &'static Definition {
        static DEFINITIONS: LazyLock<Vec<Definition>> =
            LazyLock::new(|| Model::ALL.iter().copied().map(define).collect());
        &DEFINITIONS[self as usize]
    }
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Kind {
    Bool,
    Int,
    /// A number, rounded to so many decimals when it is stored; `None`: kept as it is.
    Float(Option<u32>),
    /// A price per unit: kept as it is, unless [`super::Options::price_digits`] says otherwise.
    Price,
    /// An amount of money, rounded to cents.
    Money,
    Char,
    /// Text of several lines.
    Text,
    Html,
    /// Any JSON value.
    Json,
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
            Self::Float(_) | Self::Price => "float",
            Self::Money => "monetary",
            Self::Char => "char",
            Self::Text => "text",
            Self::Json => "json",
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
        matches!(
            self,
            Self::Char | Self::Text | Self::Html | Self::Selection(_)
        )
    }

    pub(super) fn is_decimal(self) -> bool {
        matches!(self, Self::Float(_) | Self::Price | Self::Money)
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
    /// A field of the record that another one is built upon (a product's template), which holds it.
    Inherited,
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
    /// The record with this id, which the seed makes.
    Ref(i64),
}

impl Field {
    /// The value of a new record that the client says nothing of.
    pub(super) fn default_value(&self) -> Option<Value> {
        match self.default {
            Preset::None => None,
            Preset::True => Some(Value::Bool(true)),
            Preset::Int(n) if self.kind.is_decimal() => Some(Value::Number(n.into())),
            Preset::Int(n) => Some(Value::Int(n)),
            Preset::Text(text) => Some(Value::text(text)),
            Preset::Ref(id) => Some(Value::Ref(Id(id))),
        }
    }
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
