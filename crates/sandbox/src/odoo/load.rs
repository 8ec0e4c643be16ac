//! `load`: create or update by external id, the way in which everything should enter Odoo.
//!
//! One call is all or nothing: a single message of type `error` takes back every record, and the answer (HTTP 200!) is
//! `ids: false`. The records are first written as one batch. When the batch fails, each record is tried alone, to find
//! out which ones are to blame, and after each failure everything loaded so far is rolled back; so an innocent record
//! that refers to an earlier one of the same call can be reported too, as in Odoo. A failure that Odoo counts as a user
//! error is also reported for the first record of the batch, whoever caused it.
//!
//! A conflict with another transaction becomes a message like any other: nothing tries again by itself here.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json, json};

use super::Id;
use super::convert::{Cell, Problem, Record, Wrong, convert_record};
use super::database::{Savepoint, Tx, external_target};
use super::grid::{check_columns, extract, path};
use super::partner;
use super::refusal::Refusal;
use super::schema::{Field, Kind, Model};
use super::search::{self, Page};
use super::seed::INSTALLED_MODULES;
use super::value::{is_truthy, python_repr};
use super::write::{self, Values};

/// A `load` under way.
pub(super) struct Load {
    model: Model,
    module: String,
    noupdate: bool,
    savepoint: Savepoint,
    batch: Vec<Entry>,
    batch_names: HashSet<String>,
    /// Models in which this load may have made records.
    creatable: HashSet<Model>,
    ids: Vec<Id>,
    messages: Vec<Json>,
    /// External ids that were looked up.
    pub(super) cache: HashMap<String, (String, Id)>,
    /// The one2many fields that the converter is inside of.
    pub(super) hierarchy: Vec<&'static str>,
}

#[derive(Clone)]
struct Entry {
    external_id: Option<String>,
    values: Values,
    info: Map<String, Json>,
}

/// Runs a whole `load`; the answer is what the client gets with HTTP 200.
pub(super) fn load(
    tx: &mut Tx<'_>,
    model: Model,
    fields: &[String],
    data: &[Json],
) -> Result<Json, Refusal> {
    let module = tx.env.context.get("module").and_then(Json::as_str);
    let module = module.unwrap_or("__import__").to_owned();
    tx.env
        .context
        .insert("_import_current_module".to_owned(), json!(module));
    let paths: Vec<Vec<String>> = fields.iter().map(|f| path(f)).collect();
    let mut load = Load {
        model,
        module,
        noupdate: tx.context_flag("noupdate"),
        savepoint: tx.savepoint(),
        batch: Vec::new(),
        batch_names: HashSet::new(),
        creatable: creatable(model, &paths),
        ids: Vec::new(),
        messages: Vec::new(),
        cache: HashMap::new(),
        hierarchy: Vec::new(),
    };
    let paths: Vec<Vec<&str>> = paths
        .iter()
        .map(|p| p.iter().map(String::as_str).collect())
        .collect();
    let limit = tx.env.context.get("_import_limit").and_then(Json::as_u64);
    let limit = limit.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
    check_columns(model, &paths)?;
    let extracted = extract(model, &paths, data, limit)?;
    let last_row = extracted.last().map(|(_, _, to)| *to);
    for (index, (record, from, to)) in extracted.into_iter().enumerate() {
        load.take(tx, index, &record, from, to)?;
    }
    load.flush(tx);
    let failed = load.messages.iter().any(|m| m["type"] == "error");
    if failed {
        tx.roll_back(load.savepoint);
    }
    let next_row = last_row.map_or(0, |to| to + 1);
    Ok(json!({
        "ids": if failed { json!(false) } else { json!(load.ids) },
        "messages": load.messages,
        "nextrow": if next_row < limit { 0 } else { next_row },
    }))
}

fn creatable(model: Model, paths: &[Vec<String>]) -> HashSet<Model> {
    let mut models = HashSet::from([model]);
    for path in paths {
        let mut at = model;
        for name in path {
            let definition = at.definition();
            if let Some(place) = definition.find(name)
                && let Kind::One2many(comodel, _) = definition.at(place).kind
            {
                models.insert(comodel);
                at = comodel;
            }
        }
    }
    models
}

impl Load {
    /// Converts one record and puts it into the batch.
    fn take(
        &mut self,
        tx: &mut Tx<'_>,
        index: usize,
        record: &Record,
        from: usize,
        to: usize,
    ) -> Result<(), Refusal> {
        let rows = json!({"from": from, "to": to});
        let info = Map::from_iter([
            ("rows".to_owned(), rows),
            ("record".to_owned(), json!(index)),
        ]);
        let own = |name: &str| {
            record.iter().find_map(|(column, cell)| match cell {
                Cell::Plain(value) if column == name && is_truthy(value) => Some(value.clone()),
                _ => None,
            })
        };
        let database_id = match own(".id") {
            Some(value) => self.known_id(tx, &value, &info)?,
            None => None,
        };
        let mut said: Vec<(&'static Field, Problem)> = Vec::new();
        let converted = {
            let mut say = |field: &'static Field, problem: Problem| {
                said.push((field, problem));
                Ok(())
            };
            convert_record(tx, self, self.model, record, &mut say)
        };
        let mut values = match converted {
            Ok(values) => values,
            Err(Wrong::Crash(refusal)) => return Err(refusal),
            Err(Wrong::Data(problem)) => return Err(Refusal::value_error(problem.message)),
        };
        for (field, problem) in said {
            self.messages.push(message(&info, field, problem));
        }
        let external_id = match own("id") {
            Some(Json::String(name)) => Some(self.full_name_of(&name)),
            Some(other) => {
                return Err(Refusal::type_error(format!(
                    "argument of type '{}' is not iterable",
                    super::value::python_type(&other)
                )));
            }
            None => None,
        };
        match (&external_id, database_id) {
            (Some(name), _) => {
                self.batch_names.insert(name.clone());
            }
            (None, Some(id)) => {
                values.insert("id".to_owned(), json!(id));
            }
            (None, None) => {}
        }
        self.batch.push(Entry {
            external_id,
            values,
            info,
        });
        Ok(())
    }

    /// A `.id` cell is searched like any record: an archived or hidden one is "unknown".
    fn known_id(
        &mut self,
        tx: &mut Tx<'_>,
        value: &Json,
        info: &Map<String, Json>,
    ) -> Result<Option<Id>, Refusal> {
        let number = match value {
            Json::Number(n) => n.as_i64(),
            Json::String(text) => match text.trim().parse() {
                Ok(number) => Some(number),
                Err(_) => {
                    return Err(Refusal::new(
                        super::refusal::Kind::Python("psycopg2.errors.InvalidTextRepresentation"),
                        format!("invalid input syntax for type integer: \"{text}\"\n"),
                    ));
                }
            },
            _ => None,
        };
        if let Some(number) = number {
            let found = search::search(
                tx,
                self.model,
                &json!([["id", "=", number]]),
                &Page::default(),
            )?;
            if let Some(id) = found.first() {
                return Ok(Some(*id));
            }
        }
        let shown = value
            .as_str()
            .map_or_else(|| python_repr(value), str::to_owned);
        let mut message = info.clone();
        message.insert("type".to_owned(), json!("error"));
        message.insert("field".to_owned(), json!(".id"));
        message.insert(
            "message".to_owned(),
            json!(format!("Unknown database identifier '{shown}'")),
        );
        self.messages.push(Json::Object(message));
        Ok(None)
    }

    /// The external id with its module, for a reference.
    pub(super) fn full_name(&self, name: &str) -> String {
        self.full_name_of(name)
    }

    fn full_name_of(&self, name: &str) -> String {
        if name.contains('.') {
            name.to_owned()
        } else {
            format!("{}.{name}", self.module)
        }
    }

    pub(super) fn path_to(&self, field: &str) -> Vec<String> {
        let mut path: Vec<String> = self.hierarchy.iter().map(|s| (*s).to_owned()).collect();
        path.push(field.to_owned());
        path
    }

    /// Writes the batch if it holds the record that a reference names.
    pub(super) fn flush_for(&mut self, tx: &mut Tx<'_>, external_id: &str) {
        if self.batch_names.contains(external_id) {
            self.flush(tx);
        }
    }

    /// Writes the batch before a search by name in a model that it may add to.
    pub(super) fn flush_model(&mut self, tx: &mut Tx<'_>, model: Model) {
        if self.creatable.contains(&model) {
            self.flush(tx);
        }
    }

    fn flush(&mut self, tx: &mut Tx<'_>) {
        if self.batch.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        self.batch_names.clear();
        let before = tx.savepoint();
        let first = match self.load_records(tx, &batch) {
            Ok(ids) => {
                self.ids.extend(ids);
                return;
            }
            Err(refusal) => refusal,
        };
        tx.roll_back(before);
        let global = first
            .is_user_error()
            .then(|| failure(&batch[0].info, &first));
        let mut errors = 0;
        for (index, entry) in batch.iter().enumerate() {
            match self.load_records(tx, std::slice::from_ref(entry)) {
                Ok(ids) => self.ids.extend(ids),
                Err(refusal) => {
                    tx.roll_back(self.savepoint);
                    self.messages.push(failure(&entry.info, &refusal));
                    errors += 1;
                }
            }
            if errors >= 10 && errors * 10 > index {
                self.messages.push(json!({
                    "type": "warning",
                    "message": "Found more than 10 errors and more than one error per 10 records, interrupted to \
                                avoid showing too many errors.",
                }));
                break;
            }
        }
        if let Some(global) = global
            && errors > 0
            && !self.messages.contains(&global)
        {
            self.messages.insert(0, global);
        }
    }

    /// Creates or updates records and binds their external ids.
    fn load_records(&self, tx: &mut Tx<'_>, entries: &[Entry]) -> Result<Vec<Id>, Refusal> {
        let mut ids: Vec<Option<Id>> = vec![None; entries.len()];
        let mut fresh = Vec::new();
        let mut bindings = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let Some(external_id) = &entry.external_id else {
                match entry.values.get("id").and_then(Json::as_i64) {
                    Some(id) => ids[index] = Some(Id(id)),
                    None => fresh.push(index),
                }
                continue;
            };
            match self.bound(tx, external_id)? {
                Some(id) => {
                    ids[index] = Some(id);
                    bindings.push(index);
                }
                None => fresh.push(index),
            }
        }
        for (index, entry) in entries.iter().enumerate() {
            if let Some(id) = ids[index] {
                let mut values = entry.values.clone();
                values.remove("id");
                write::write(tx, self.model, &[id], values)?;
            }
        }
        if tx.context_flag("import_file") && !self.noupdate {
            for index in &fresh {
                refuse_module_prefix(entries[*index].external_id.as_deref())?;
            }
        }
        if !fresh.is_empty() {
            let vals = fresh.iter().map(|i| entries[*i].values.clone()).collect();
            for (index, id) in fresh.iter().zip(self.create(tx, vals)?) {
                ids[*index] = Some(id);
                if entries[*index].external_id.is_some() {
                    bindings.push(*index);
                }
            }
        }
        let mut seen: HashMap<&str, Id> = HashMap::new();
        for index in bindings {
            if let (Some(external_id), Some(id)) = (&entries[index].external_id, ids[index]) {
                // One INSERT for the whole batch: PostgreSQL refuses to meet the same external id twice in it.
                if seen
                    .insert(external_id, id)
                    .is_some_and(|other| other != id)
                {
                    return Err(Refusal::constraint(
                        "ON CONFLICT DO UPDATE command cannot affect row a second time\n",
                        None,
                    ));
                }
                write::bind(tx, external_id, self.model, id, self.noupdate)?;
            }
        }
        for index in fresh {
            self.bind_template(tx, &entries[index], ids[index])?;
        }
        Ok(ids.into_iter().flatten().collect())
    }

    /// The template that a new product made for itself gets a name after the product's.
    fn bind_template(&self, tx: &mut Tx<'_>, entry: &Entry, id: Option<Id>) -> Result<(), Refusal> {
        let (Model::Product, Some(external_id), Some(id)) = (self.model, &entry.external_id, id)
        else {
            return Ok(());
        };
        if entry.values.get("product_tmpl_id").is_some_and(is_truthy) {
            return Ok(());
        }
        let row = tx.existing(Model::Product, id)?;
        let Some(template) = row.reference(Model::Product, "product_tmpl_id") else {
            return Ok(());
        };
        let name = format!("{external_id}_product_template");
        write::bind(tx, &name, Model::Template, template, self.noupdate)
    }

    fn create(&self, tx: &mut Tx<'_>, vals: Vec<Values>) -> Result<Vec<Id>, Refusal> {
        if self.model == Model::Partner {
            partner::load_create(tx, vals)
        } else {
            write::create(tx, self.model, vals)
        }
    }

    /// The record that an external id names now. A dangling one is forgotten.
    fn bound(&self, tx: &mut Tx<'_>, external_id: &str) -> Result<Option<Id>, Refusal> {
        let Some(row) = tx.db.external_row(external_id) else {
            return Ok(None);
        };
        if tx.is_from_the_future(row) {
            return Ok(None);
        }
        let (model, id) = external_target(row);
        let row = row.id();
        if model != self.model.name() {
            return Err(Refusal::validation(format!(
                "For external id {external_id} when trying to create/update a record of model {} found record of \
                 different model {model} ({row})",
                self.model.name()
            )));
        }
        if tx.row(self.model, id).is_none() {
            tx.delete(Model::ExternalId, row)?;
            return Ok(None);
        }
        Ok(Some(id))
    }
}

fn refuse_module_prefix(external_id: Option<&str>) -> Result<(), Refusal> {
    let Some((module, name)) = external_id.and_then(|id| id.split_once('.')) else {
        return Ok(());
    };
    if INSTALLED_MODULES.contains(&module) {
        return Err(Refusal::user(format!(
            "The record {module}.{name} has the module prefix {module}. This is the part before the '.' in the \
             external id. Because the prefix refers to an existing module, the record would be deleted when the \
             module is upgraded. Use either no prefix and no dot or a prefix that isn't an existing module. For \
             example, __import__, resulting in the external id __import__.{name}."
        )));
    }
    Ok(())
}

fn message(info: &Map<String, Json>, field: &Field, problem: Problem) -> Json {
    let mut out = info.clone();
    let kind = if problem.warning { "warning" } else { "error" };
    out.insert("type".to_owned(), json!(kind));
    out.insert("field".to_owned(), json!(field.name));
    let text = problem.message.replace("%(field)s", field.label);
    out.insert("message".to_owned(), json!(text));
    if let Some(extra) = problem.extra {
        out.extend(extra);
        out.insert("field_name".to_owned(), json!(field.label));
    }
    Json::Object(out)
}

fn failure(info: &Map<String, Json>, refusal: &Refusal) -> Json {
    let mut out = info.clone();
    out.insert("type".to_owned(), json!("error"));
    if refusal.is_user_error() || refusal.is_database_error() {
        out.insert("message".to_owned(), json!(refusal.message));
        if let Some(field) = refusal.field {
            out.insert("field".to_owned(), json!(field));
        }
    } else {
        let text = format!(
            "Unknown error during import: <class '{}'>: {}",
            refusal.name().replace("builtins.", ""),
            refusal.message
        );
        out.insert("message".to_owned(), json!(text));
        out.insert("moreinfo".to_owned(), json!("Resolve other errors first"));
    }
    Json::Object(out)
}
