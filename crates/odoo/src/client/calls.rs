//! The calls that everything else is made of, right for every version and protocol.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::check::own_company;
use super::search::unreadable;
use super::{Call, Client, Wire};
use crate::context::Context;
use crate::error::ErrorKind;
use crate::record::{ExternalId, Model, RecordId};
use crate::server::{HAS_ACCESS_SINCE, Identity, Operation};
use crate::values::Values;
use crate::{Fields, Result};

/// What an external id leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A record that the user can see, archived or not.
    Found {
        /// Its model.
        model: Model,
        /// Its id.
        id: RecordId,
    },
    /// A record that the user cannot see: a record rule or another company hides it.
    ///
    /// No proof: for as long as its cache lives, a worker of Odoo 19 says the same of a name that a
    /// refused `load` mentioned, although nothing was saved. [`Client::trace`] is not misled.
    Hidden {
        /// Its model.
        model: Model,
    },
    /// Nothing: never created, or deleted in Odoo, which takes the external id with it.
    Absent,
}

/// What became of a record that was known by id and by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It is there and can be seen, archived or not.
    There,
    /// It is there, and a record rule or another company hides it from the user.
    Hidden,
    /// It was merged into another record, which took the name over.
    Merged {
        /// The record that is left.
        into: RecordId,
    },
    /// It was deleted, and the name with it.
    Deleted,
    /// The id is gone; the name leads to something that cannot be seen.
    Unclear,
}

impl Client {
    /// Finds out what became of a record, without changing anything: for when an update says that it is
    /// missing. Reads the id first, so that a stale answer about the name misleads nobody.
    pub async fn trace(&self, model: &Model, id: RecordId, name: &ExternalId) -> Result<Trace> {
        let context = Context::new().with_archived();
        match self.read(model, &[id], &["write_date"], &context).await {
            Ok(found) if !found.is_empty() => return Ok(Trace::There),
            Ok(_) => {}
            Err(error) if error.kind == ErrorKind::AccessDenied => return Ok(Trace::Hidden),
            Err(error) => return Err(error),
        }
        Ok(match self.check_object_reference(name).await? {
            Found::Absent => Trace::Deleted,
            Found::Found {
                model: found,
                id: into,
            } if found == *model && into != id => Trace::Merged { into },
            Found::Found { .. } | Found::Hidden { .. } => Trace::Unclear,
        })
    }

    /// Whose key it is.
    pub async fn whoami(&self) -> Result<Identity> {
        let none = Map::new();
        // The user's own company, whatever is configured: one that is not allowed fails most calls.
        let context = Context::new().set("allowed_company_ids", Vec::<i64>::new());
        let user = match self.shared.wire {
            // Odoo 14 cannot write the answer of `context_get` down in XML-RPC; the login told already.
            Wire::XmlRpc { user } => user,
            Wire::Json2 => {
                let call = Call {
                    model: &Model::USER,
                    method: "context_get",
                    ids: None,
                    arguments: &none,
                    context: &context,
                };
                let answer = self.read_call(call).await?;
                let uid = answer.get("uid").and_then(Value::as_i64);
                RecordId(uid.ok_or_else(|| unreadable(&call, "no user in the answer"))?)
            }
        };
        let fields = ["login", "name", "company_id", "company_ids", "lang", "tz"];
        let found = self.read(&Model::USER, &[user], &fields, &context).await?;
        let call = Call {
            model: &Model::USER,
            method: "read",
            ids: None,
            arguments: &none,
            context: &context,
        };
        let record = found
            .first()
            .ok_or_else(|| unreadable(&call, "the user is not there"))?;
        identity(user, record).ok_or_else(|| unreadable(&call, "the user has no company or login"))
    }

    /// Writes values to records, in one transaction. Not repeated: after an ambiguous failure read the
    /// records back. Where lines are to bear external ids ([`Command::Create`](crate::Command)), the
    /// context that Odoo wants for it is added.
    pub async fn write(
        &self,
        model: &Model,
        ids: &[RecordId],
        values: impl Into<Values>,
        context: &Context,
    ) -> Result<()> {
        let values = values.into();
        if ids.is_empty() {
            return Ok(());
        }
        let named;
        let context = if values.names_lines() {
            named = context.clone().naming_lines();
            &named
        } else {
            context
        };
        let arguments = Map::from_iter([("vals".to_owned(), Value::Object(values.to_json()))]);
        let call = Call {
            model,
            method: "write",
            ids: Some(ids),
            arguments: &arguments,
            context,
        };
        self.once(call).await.map(drop)
    }

    /// Deletes records, in one transaction. One that is gone already fails the call ([`ErrorKind::MissingRecord`]). Not
    /// repeated.
    pub async fn unlink(&self, model: &Model, ids: &[RecordId], context: &Context) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let none = Map::new();
        let call = Call {
            model,
            method: "unlink",
            ids: Some(ids),
            arguments: &none,
            context,
        };
        self.once(call).await.map(drop)
    }

    /// Whether the user may do this to the model's records in general. Record rules are not asked.
    pub async fn has_access(&self, model: &Model, operation: Operation) -> Result<bool> {
        let mut arguments = Map::from_iter([("operation".to_owned(), operation.as_str().into())]);
        let (method, ids): (_, Option<&[RecordId]>) =
            if self.shared.version.major >= HAS_ACCESS_SINCE {
                ("has_access", Some(&[]))
            } else {
                arguments.insert("raise_exception".to_owned(), false.into());
                ("check_access_rights", None)
            };
        let context = Context::new();
        let call = Call {
            model,
            method,
            ids,
            arguments: &arguments,
            context: &context,
        };
        let answer = self.read_call(call).await?;
        answer
            .as_bool()
            .ok_or_else(|| unreadable(&call, "neither yes nor no"))
    }

    /// Whether the key's own user is in this group (`account.group_account_invoice`). A group that this Odoo does not have
    /// has nobody in it.
    pub async fn has_group(&self, user: RecordId, group: &str) -> Result<bool> {
        let arguments = Map::from_iter([("group_ext_id".to_owned(), group.into())]);
        let user = [user];
        // A method of the user since it can be asked of others than oneself.
        let ids = (self.shared.version.major >= HAS_ACCESS_SINCE).then_some(user.as_slice());
        let context = own_company();
        let call = Call {
            model: &Model::USER,
            method: "has_group",
            ids,
            arguments: &arguments,
            context: &context,
        };
        let answer = self.read_call(call).await?;
        answer
            .as_bool()
            .ok_or_else(|| unreadable(&call, "neither yes nor no"))
    }

    /// What the server says of these fields (all of them if none is named), by field name. Fields that do
    /// not exist, or that the user may not see, are left out.
    pub async fn fields_get(
        &self,
        model: &Model,
        fields: &[&str],
        attributes: &[&str],
    ) -> Result<BTreeMap<String, Fields>> {
        let mut arguments = Map::new();
        if !fields.is_empty() {
            arguments.insert("allfields".to_owned(), Value::from(fields));
        }
        if !attributes.is_empty() {
            arguments.insert("attributes".to_owned(), Value::from(attributes));
        }
        let context = Context::new();
        let call = Call {
            model,
            method: "fields_get",
            ids: None,
            arguments: &arguments,
            context: &context,
        };
        let answer = self.read_call(call).await?;
        serde_json::from_value(answer).map_err(|_| unreadable(&call, "no fields in the answer"))
    }

    /// The record that bears this external id, archived ones included.
    pub async fn check_object_reference(&self, id: &ExternalId) -> Result<Found> {
        let model = Model::named("ir.model.data");
        let arguments = Map::from_iter([
            ("module".to_owned(), Value::from(id.module())),
            ("xml_id".to_owned(), Value::from(id.name())),
        ]);
        let context = Context::new().with_archived();
        let call = Call {
            model: &model,
            method: "check_object_reference",
            ids: None,
            arguments: &arguments,
            context: &context,
        };
        let answer = match self.read_call(call).await {
            Ok(answer) => answer,
            // A bare ValueError, told from others by its words.
            Err(error)
                if error.kind == ErrorKind::Mistake
                    && error.message.contains("External ID not found") =>
            {
                return Ok(Found::Absent);
            }
            Err(error) => return Err(error),
        };
        let model = answer.get(0).and_then(Value::as_str).map(Model::new);
        match (model, answer.get(1)) {
            (Some(model), Some(Value::Bool(false))) => Ok(Found::Hidden { model }),
            (Some(model), Some(id)) if id.is_i64() => Ok(Found::Found {
                model,
                id: RecordId(id.as_i64().unwrap_or_default()),
            }),
            _ => Err(unreadable(&call, "neither a record nor its absence")),
        }
    }

    /// The external ids that these records bear, the oldest first; records without one are left out.
    /// Odoo before 17 gives one per record, at a call each. A record that is gone fails the call or is
    /// left out, as the version pleases.
    pub async fn get_external_ids(
        &self,
        model: &Model,
        ids: &[RecordId],
    ) -> Result<BTreeMap<RecordId, Vec<ExternalId>>> {
        let mut found = BTreeMap::new();
        let Some((first, rest)) = ids.split_first() else {
            return Ok(found);
        };
        let mut answer = self.metadata(model, ids).await?;
        if !rest.is_empty() && answer.iter().any(|record| !record.contains_key("xmlids")) {
            // These versions look up one external id per call, not per record.
            answer = self.metadata(model, &[*first]).await?;
            for id in rest {
                answer.extend(self.metadata(model, &[*id]).await?);
            }
        }
        for record in &answer {
            let names = names_of(record);
            if let (Some(id), false) = (record.get("id").and_then(Value::as_i64), names.is_empty())
            {
                found.insert(RecordId(id), names);
            }
        }
        Ok(found)
    }

    /// `get_external_id` gives one of several at random, and over XML-RPC cannot be answered at all (its
    /// keys are numbers).
    async fn metadata(&self, model: &Model, ids: &[RecordId]) -> Result<Vec<Fields>> {
        let (none, context) = (Map::new(), Context::new().with_archived());
        let call = Call {
            model,
            method: "get_metadata",
            ids: Some(ids),
            arguments: &none,
            context: &context,
        };
        let answer = self.read_call(call).await?;
        serde_json::from_value(answer).map_err(|_| unreadable(&call, "no list in the answer"))
    }
}

/// All external ids where the version gives them (`xmlids`), else the one (`xmlid`).
fn names_of(record: &Fields) -> Vec<ExternalId> {
    let several = record.get("xmlids").and_then(Value::as_array);
    let texts: Vec<&Value> = match several {
        Some(several) => several
            .iter()
            .filter_map(|entry| entry.get("xmlid"))
            .collect(),
        None => record.get("xmlid").into_iter().collect(),
    };
    texts
        .into_iter()
        .filter_map(|text| text.as_str()?.parse().ok())
        .collect()
}

fn identity(user: RecordId, record: &Fields) -> Option<Identity> {
    let text = |field: &str| record.get(field).and_then(Value::as_str).map(str::to_owned);
    Some(Identity {
        user,
        login: text("login")?,
        name: text("name").unwrap_or_default(),
        company: RecordId(record.get("company_id")?.get(0)?.as_i64()?),
        companies: record
            .get("company_ids")?
            .as_array()?
            .iter()
            .filter_map(|id| id.as_i64().map(RecordId))
            .collect(),
        language: text("lang"),
        time_zone: text("tz"),
    })
}
