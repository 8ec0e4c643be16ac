//! Finding and reading records.

use serde_json::{Map, Value};

use super::{Call, Client};
use crate::context::Context;
use crate::domain::{Domain, Operator};
use crate::error::{Error, ErrorKind};
use crate::record::{Model, RecordId};
use crate::{Fields, Result};

/// The most records that one page holds.
pub const PAGE_ROWS_MAX: usize = 500;

/// What to look for, and what to say of it.
#[derive(Clone, Debug, Default)]
pub struct Search<'a> {
    /// The condition.
    pub domain: Domain,
    /// The fields to return; `id` always comes. None: all of them, which is slow.
    pub fields: &'a [&'a str],
    /// How many to skip. For more than one page use [`Client::pages`].
    pub offset: usize,
    /// How many to return at most.
    pub limit: Option<usize>,
    /// Odoo's order, such as `write_date desc, id`; else the model's own.
    pub order: Option<&'a str>,
}

impl<'a> Search<'a> {
    /// All that match, in the model's own order.
    #[must_use]
    pub fn new(domain: Domain, fields: &'a [&'a str]) -> Self {
        Self {
            domain,
            fields,
            ..Self::default()
        }
    }

    fn arguments(&self) -> Map<String, Value> {
        let mut arguments = Map::new();
        arguments.insert("domain".to_owned(), self.domain.to_json());
        if !self.fields.is_empty() {
            arguments.insert("fields".to_owned(), Value::from(self.fields));
        }
        if self.offset > 0 {
            arguments.insert("offset".to_owned(), Value::from(self.offset));
        }
        if let Some(limit) = self.limit {
            arguments.insert("limit".to_owned(), Value::from(limit));
        }
        if let Some(order) = self.order {
            arguments.insert("order".to_owned(), Value::from(order));
        }
        arguments
    }
}

impl Client {
    /// The records that match. Many2ones come as `[id, "name"]`, x2manys as ids, empty as `false`.
    pub async fn search_read(
        &self,
        model: &Model,
        search: &Search<'_>,
        context: &Context,
    ) -> Result<Vec<Fields>> {
        let arguments = search.arguments();
        let call = Call {
            model,
            method: "search_read",
            ids: None,
            arguments: &arguments,
            context,
        };
        records(&call, self.read_call(call).await?)
    }

    /// How many records match.
    pub async fn search_count(
        &self,
        model: &Model,
        domain: &Domain,
        context: &Context,
    ) -> Result<u64> {
        let arguments = Map::from_iter([("domain".to_owned(), domain.to_json())]);
        let call = Call {
            model,
            method: "search_count",
            ids: None,
            arguments: &arguments,
            context,
        };
        let count = self.read_call(call).await?;
        count
            .as_u64()
            .ok_or_else(|| unreadable(&call, "no count in the answer"))
    }

    /// The records with these ids, in their order, [`PAGE_ROWS_MAX`] per call. Those that are gone are
    /// left out without a word; one that the user may not see fails the call.
    pub async fn read(
        &self,
        model: &Model,
        ids: &[RecordId],
        fields: &[&str],
        context: &Context,
    ) -> Result<Vec<Fields>> {
        let arguments = Map::from_iter([("fields".to_owned(), Value::from(fields))]);
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(PAGE_ROWS_MAX) {
            let call = Call {
                model,
                method: "read",
                ids: Some(ids),
                arguments: &arguments,
                context,
            };
            found.extend(records(&call, self.read_call(call).await?)?);
        }
        Ok(found)
    }

    /// All that match, page by page in the order of their ids: records that come, go or change in the
    /// meantime never make another one be skipped.
    #[must_use]
    pub fn pages<'a>(
        &'a self,
        model: &Model,
        domain: Domain,
        fields: &'a [&'a str],
        context: &'a Context,
    ) -> Pages<'a> {
        Pages {
            client: self,
            model: model.clone(),
            domain,
            fields,
            context,
            after: Some(RecordId(0)),
            rows: PAGE_ROWS_MAX,
        }
    }
}

/// The pages of a search; see [`Client::pages`].
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a Client,
    model: Model,
    domain: Domain,
    fields: &'a [&'a str],
    context: &'a Context,
    /// The last id that was seen; `None` when there are no more.
    after: Option<RecordId>,
    rows: usize,
}

impl Pages<'_> {
    /// Smaller pages.
    #[must_use]
    pub fn of(mut self, rows: usize) -> Self {
        self.rows = rows.clamp(1, PAGE_ROWS_MAX);
        self
    }

    /// Only records with a higher id: to go on where an earlier run stopped.
    #[must_use]
    pub fn after(mut self, id: RecordId) -> Self {
        self.after = Some(id);
        self
    }

    /// The next page, `None` after the last. After an error the
    /// same page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<Fields>>> {
        let Some(after) = self.after else {
            return Ok(None);
        };
        let beyond = Domain::field("id", Operator::Greater, after.get());
        let search = Search {
            limit: Some(self.rows),
            order: Some("id"),
            ..Search::new(self.domain.clone().and(beyond), self.fields)
        };
        let page = self
            .client
            .search_read(&self.model, &search, self.context)
            .await?;
        self.after = match page.last() {
            Some(last) if page.len() == self.rows => Some(id_of(&self.model, last)?),
            _ => None,
        };
        Ok(if page.is_empty() { None } else { Some(page) })
    }
}

fn id_of(model: &Model, record: &Fields) -> Result<RecordId> {
    record
        .get("id")
        .and_then(Value::as_i64)
        .map(RecordId)
        .ok_or_else(|| {
            Error::new(
                format!("{model} search_read"),
                ErrorKind::Unreadable,
                "a record without an id",
            )
        })
}

fn records(call: &Call<'_>, answer: Value) -> Result<Vec<Fields>> {
    serde_json::from_value(answer).map_err(|_| unreadable(call, "no list of records in the answer"))
}

pub(super) fn unreadable(call: &Call<'_>, words: &str) -> Error {
    Error::new(call.operation(), ErrorKind::Unreadable, words)
}
