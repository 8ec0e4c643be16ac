//! How a call fails, in Odoo's words: the exception's name, its message, its HTTP status.

use serde_json::{Value as Json, json};

/// Why a call did not succeed. Nothing of it is committed.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) kind: Kind,
    pub(super) message: String,
    /// The field that a database constraint names; `load` passes it on.
    pub(super) field: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `odoo.exceptions.AccessError`, 403.
    Access,
    /// `odoo.exceptions.MissingError`, 404.
    Missing,
    /// `odoo.exceptions.UserError`, 422.
    User,
    /// `odoo.exceptions.ValidationError`, 422.
    Validation,
    /// `odoo.exceptions.RedirectWarning`, 422.
    Redirect,
    /// A database constraint was violated. Outside of `load` it becomes a `ValidationError`.
    Constraint,
    /// Another transaction touched the same row. Odoo tries again by itself, except in `load`.
    Serialization,
    /// A Python exception that Odoo does not expect, e.g. `builtins.ValueError`, 500.
    Python(&'static str),
    /// An exception of the HTTP layer, with its status.
    Http(u16, &'static str),
}

impl Refusal {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            field: None,
        }
    }

    pub(super) fn user(message: impl Into<String>) -> Self {
        Self::new(Kind::User, message)
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(Kind::Validation, message)
    }

    pub(super) fn value_error(message: impl Into<String>) -> Self {
        Self::new(Kind::Python("builtins.ValueError"), message)
    }

    pub(super) fn type_error(message: impl Into<String>) -> Self {
        Self::new(Kind::Python("builtins.TypeError"), message)
    }

    pub(super) fn attribute_error(message: impl Into<String>) -> Self {
        Self::new(Kind::Python("builtins.AttributeError"), message)
    }

    pub(super) fn constraint(message: impl Into<String>, field: Option<&'static str>) -> Self {
        Self {
            kind: Kind::Constraint,
            message: message.into(),
            field,
        }
    }

    pub(super) fn serialization() -> Self {
        Self::new(
            Kind::Serialization,
            "could not serialize access due to concurrent update\n",
        )
    }

    pub(super) fn missing(model: &str, id: super::Id, user: super::Id) -> Self {
        Self::new(
            Kind::Missing,
            format!(
                "Record does not exist or has been deleted.\n(Record: {model}({id},), User: {user})"
            ),
        )
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::Http(404, "NotFound"), message)
    }

    pub(super) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(Kind::Http(422, "UnprocessableEntity"), message)
    }

    /// Whether Python code that catches `UserError` catches this.
    pub(super) fn is_user_error(&self) -> bool {
        matches!(
            self.kind,
            Kind::Access | Kind::Missing | Kind::User | Kind::Validation
        )
    }

    /// Whether Python code that catches `psycopg2.Error` catches this.
    pub(super) fn is_database_error(&self) -> bool {
        matches!(self.kind, Kind::Constraint | Kind::Serialization)
    }

    pub(super) fn status(&self) -> u16 {
        match self.kind {
            Kind::Access => 403,
            Kind::Missing => 404,
            Kind::User | Kind::Validation | Kind::Redirect | Kind::Constraint => 422,
            Kind::Serialization | Kind::Python(_) => 500,
            Kind::Http(status, _) => status,
        }
    }

    /// The exception's full Python name.
    pub(super) fn name(&self) -> String {
        match self.kind {
            Kind::Access => "odoo.exceptions.AccessError".to_owned(),
            Kind::Missing => "odoo.exceptions.MissingError".to_owned(),
            Kind::User => "odoo.exceptions.UserError".to_owned(),
            Kind::Validation | Kind::Constraint => "odoo.exceptions.ValidationError".to_owned(),
            Kind::Redirect => "odoo.exceptions.RedirectWarning".to_owned(),
            Kind::Serialization => "psycopg2.errors.SerializationFailure".to_owned(),
            Kind::Python(name) => name.to_owned(),
            Kind::Http(_, name) => format!("werkzeug.exceptions.{name}"),
        }
    }

    /// The JSON body of the answer: `name`, `message`, `arguments`, `context`, `debug`.
    pub(super) fn body(&self) -> Json {
        let name = self.name();
        let arguments = match self.kind {
            Kind::Http(status, _) => json!([self.message, status]),
            _ => json!([self.message]),
        };
        json!({
            "name": name,
            "message": self.message,
            "arguments": arguments,
            "context": {},
            "debug": format!("Traceback (most recent call last):\n  (the simulator keeps no stack)\n{name}: {}\n", self.message),
        })
    }
}
