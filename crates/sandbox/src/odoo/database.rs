//! Tables in memory, and the transaction that changes them.
//!
//! Only one transaction runs at a time (the caller holds the lock), so "snapshot" here is a number: the commit that
//! the transaction had seen when its request arrived. A row that a later commit has touched cannot be written by it
//! ([`Refusal::serialization`]), and an external id that a later commit has made is invisible to it until it tries to
//! insert the same one: together that is what two overlapping calls experience on PostgreSQL's REPEATABLE READ.
//!
//! Every change is journalled with what was there before; [`Tx::roll_back`] takes changes back in reverse order.
//! Ids that were drawn from a sequence are never given back, as in PostgreSQL.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::domain::Domain;
use super::refusal::Refusal;
use super::schema::{Kind, Model, Source, log};
use super::value::Value;
use super::{Group, Id, Options, Rights};

/// The user that Odoo itself acts as; record rules do not bind it.
pub(super) const SUPERUSER: Id = Id(1);
pub(super) const ADMIN: Id = Id(2);
/// The limited user behind the connector's key.
pub(super) const LIMITED: Id = Id(5);

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) values: Vec<Value>,
    /// Commit that made it.
    pub(super) born: u64,
    /// Commit that last touched it.
    pub(super) version: u64,
}

impl Row {
    pub(super) fn id(&self) -> Id {
        Id(self.values[log::ID].as_int())
    }

    pub(super) fn get(&self, model: Model, name: &str) -> &Value {
        &self.values[model.definition().place(name)]
    }

    pub(super) fn text(&self, model: Model, name: &str) -> Option<&str> {
        self.get(model, name).as_text()
    }

    pub(super) fn reference(&self, model: Model, name: &str) -> Option<Id> {
        self.get(model, name).as_ref_id()
    }
}

#[derive(Default, Debug)]
struct Table {
    rows: BTreeMap<Id, Row>,
    next_id: i64,
    /// For a many2one that some one2many looks through: which records point to a record.
    pointing: HashMap<usize, HashMap<Id, BTreeSet<Id>>>,
    /// When rows were deleted, for transactions that began before.
    buried: HashMap<Id, u64>,
}

#[derive(Debug)]
pub(super) struct Database {
    tables: Vec<Table>,
    /// `module.name` -> row of `ir.model.data`.
    external: HashMap<String, Id>,
    /// (model, record) -> rows of `ir.model.data`, oldest first.
    external_of: HashMap<(String, Id), BTreeSet<Id>>,
    commits: u64,
    /// Numbers drawn so far, by sequence; like ids, they are never given back.
    numbers: BTreeMap<&'static str, u64>,
    pub(super) rights: Rights,
    /// What was taken from the limited user since.
    pub(super) taken: BTreeSet<Group>,
    /// What was given to the limited user that it does not have by itself.
    pub(super) given: BTreeSet<Group>,
    /// "Analytic Accounting" of the settings: without it not even the administrator sees plans and accounts.
    pub(super) analytic_accounting: bool,
    /// Decimals that unit prices are rounded to when they are stored.
    pub(super) price_digits: Option<u32>,
    /// The accounting app: payments have no outstanding account by themselves, and paid is what the bank says.
    pub(super) accounting_app: bool,
    /// A record rule on partners for the limited user: only partners that match are visible.
    pub(super) partner_rule: Option<Json>,
}

impl Database {
    pub(super) fn new(options: &Options) -> Self {
        let tables = Model::ALL
            .iter()
            .map(|_| Table {
                next_id: 1,
                ..Table::default()
            })
            .collect();
        Self {
            tables,
            external: HashMap::new(),
            external_of: HashMap::new(),
            commits: 0,
            numbers: BTreeMap::new(),
            rights: options.rights,
            taken: BTreeSet::new(),
            given: BTreeSet::new(),
            analytic_accounting: options.analytic_accounting,
            price_digits: options.price_digits,
            accounting_app: options.accounting_app,
            partner_rule: None,
        }
    }

    /// The number of the last commit: what a request that arrives now can see.
    pub(super) fn commits(&self) -> u64 {
        self.commits
    }

    /// The next number of a sequence, from 1.
    pub(super) fn next_number(&mut self, sequence: &'static str) -> u64 {
        let number = self.numbers.entry(sequence).or_default();
        *number += 1;
        *number
    }

    pub(super) fn row(&self, model: Model, id: Id) -> Option<&Row> {
        self.tables[model as usize].rows.get(&id)
    }

    pub(super) fn rows(&self, model: Model) -> impl DoubleEndedIterator<Item = &Row> {
        self.tables[model as usize].rows.values()
    }

    /// Records whose many2one `field` points to `id`, by id.
    pub(super) fn pointing(
        &self,
        model: Model,
        field: &str,
        id: Id,
    ) -> impl Iterator<Item = Id> + '_ {
        let place = model.definition().place(field);
        self.tables[model as usize]
            .pointing
            .get(&place)
            .and_then(|targets| targets.get(&id))
            .into_iter()
            .flatten()
            .copied()
    }

    pub(super) fn external_row(&self, external_id: &str) -> Option<&Row> {
        let id = self.external.get(external_id)?;
        self.row(Model::ExternalId, *id)
    }

    /// Rows of `ir.model.data` for a record, oldest first.
    pub(super) fn external_rows_of(&self, model: &str, id: Id) -> impl Iterator<Item = &Row> {
        self.external_of
            .get(&(model.to_owned(), id))
            .into_iter()
            .flatten()
            .filter_map(|id| self.row(Model::ExternalId, *id))
    }

    /// Puts, replaces or (with `None`) removes a row, keeps the indexes right, and returns what was there.
    fn set(&mut self, model: Model, id: Id, row: Option<&Row>) -> Option<Row> {
        let table = &mut self.tables[model as usize];
        let before = match row {
            Some(row) => table.rows.insert(id, row.clone()),
            None => table.rows.remove(&id),
        };
        for place in indexed(model) {
            let old = before.as_ref().and_then(|r| r.values[place].as_ref_id());
            let new = row.and_then(|r| r.values[place].as_ref_id());
            if old == new {
                continue;
            }
            let targets = table.pointing.entry(place).or_default();
            if let Some(old) = old
                && let Some(pointing) = targets.get_mut(&old)
            {
                pointing.remove(&id);
                if pointing.is_empty() {
                    targets.remove(&old);
                }
            }
            if let Some(new) = new {
                targets.entry(new).or_default().insert(id);
            }
        }
        if model == Model::ExternalId {
            self.index_external(id, before.as_ref(), row);
        }
        before
    }

    fn index_external(&mut self, id: Id, before: Option<&Row>, after: Option<&Row>) {
        if let Some(row) = before {
            self.external.remove(&external_name(row));
            let key = external_target(row);
            if let Some(rows) = self.external_of.get_mut(&key) {
                rows.remove(&id);
                if rows.is_empty() {
                    self.external_of.remove(&key);
                }
            }
        }
        if let Some(row) = after {
            self.external.insert(external_name(row), id);
            self.external_of
                .entry(external_target(row))
                .or_default()
                .insert(id);
        }
    }
}

/// `module.name` of a row of `ir.model.data`.
pub(super) fn external_name(row: &Row) -> String {
    let part = |name| row.text(Model::ExternalId, name).unwrap_or_default();
    format!("{}.{}", part("module"), part("name"))
}

/// The model and id that a row of `ir.model.data` names.
pub(super) fn external_target(row: &Row) -> (String, Id) {
    let model = row.text(Model::ExternalId, "model").unwrap_or_default();
    let id = Id(row.get(Model::ExternalId, "res_id").as_int());
    (model.to_owned(), id)
}

/// The many2one fields that are looked up backwards: those that some one2many looks through, and those that rules of
/// the models follow.
fn indexed(model: Model) -> impl Iterator<Item = usize> {
    let names: &[&str] = match model {
        Model::Partner | Model::Category | Model::ProductCategory | Model::Plan => &["parent_id"],
        Model::State => &["country_id"],
        Model::User => &["partner_id"],
        Model::Product | Model::Seller => &["product_tmpl_id"],
        Model::Analytic => &["plan_id"],
        Model::Location => &["location_id"],
        Model::OrderLine | Model::SaleLine => &["order_id"],
        Model::Picking => &["backorder_id"],
        Model::StockMove => &["picking_id", "purchase_line_id"],
        Model::MoveLine => &["move_id", "purchase_line_id"],
        Model::Partial => &["debit_move_id", "credit_move_id"],
        Model::Payment => &["move_id"],
        Model::Task => &["project_id", "parent_id"],
        Model::AnalyticLine => &["move_line_id"],
        _ => &[],
    };
    names.iter().map(move |name| model.definition().place(name))
}

/// Who calls, when, and what the call had seen.
#[derive(Clone, Debug)]
pub(super) struct Env {
    pub(super) user: Id,
    pub(super) context: Map<String, Json>,
    /// Start of the transaction; every row that it writes gets it as `write_date`.
    pub(super) now: Timestamp,
    /// The last commit when the request arrived.
    pub(super) snapshot: u64,
}

/// A transaction under way. Dropped without [`Tx::commit`], it takes back everything.
pub(super) struct Tx<'a> {
    pub(super) db: &'a mut Database,
    pub(super) env: Env,
    /// Acts without access checks, as Odoo's own code does under `sudo()`.
    pub(super) sudo: bool,
    /// The record rule on partners, understood ([`super::access::understand_rule`]).
    pub(super) rule: Option<Rc<Domain>>,
    /// A document is being written with its lines: what follows from the lines is seen to when all are there.
    pub(super) composing: bool,
    /// Every write finds its row just changed by another transaction.
    pub(super) contended: bool,
    journal: Vec<(Model, Id, Option<Row>)>,
}

/// A point that a transaction can be rolled back to.
#[derive(Clone, Copy)]
pub(super) struct Savepoint(usize);

impl<'a> Tx<'a> {
    pub(super) fn begin(db: &'a mut Database, env: Env) -> Self {
        Self {
            db,
            env,
            sudo: false,
            rule: None,
            composing: false,
            contended: false,
            journal: Vec::new(),
        }
    }

    pub(super) fn savepoint(&self) -> Savepoint {
        Savepoint(self.journal.len())
    }

    pub(super) fn roll_back(&mut self, to: Savepoint) {
        while self.journal.len() > to.0 {
            if let Some((model, id, before)) = self.journal.pop() {
                self.db.set(model, id, before.as_ref());
            }
        }
    }

    /// Makes the changes lasting; returns how many records of one model were written (made, changed or deleted).
    pub(super) fn commit(mut self, counted: Model) -> u64 {
        let journal = std::mem::take(&mut self.journal);
        if journal.is_empty() {
            return 0;
        }
        self.db.commits += 1;
        let mut written = HashSet::new();
        for (model, id, _) in journal {
            if self.db.row(model, id).is_none() {
                let commits = self.db.commits;
                self.db.tables[model as usize].buried.insert(id, commits);
            }
            if model == counted {
                written.insert(id);
            }
        }
        written.len() as u64
    }

    fn own_version(&self) -> u64 {
        self.db.commits + 1
    }

    /// Whether a commit that this transaction has not seen made the row.
    pub(super) fn is_from_the_future(&self, row: &Row) -> bool {
        row.born > self.env.snapshot && row.born != self.own_version()
    }

    fn write_row(&mut self, model: Model, id: Id, row: Option<&Row>) {
        let before = self.db.set(model, id, row);
        self.journal.push((model, id, before));
    }

    /// Makes a row; `values` has one value per field of the model. Fills in id, dates and users.
    pub(super) fn insert(&mut self, model: Model, mut values: Vec<Value>) -> Id {
        let table = &mut self.db.tables[model as usize];
        let id = Id(table.next_id);
        table.next_id += 1;
        values[log::ID] = Value::Int(id.0);
        values[log::CREATE_UID] = Value::Ref(self.env.user);
        values[log::CREATE_DATE] = Value::Time(self.env.now);
        values[log::WRITE_UID] = Value::Ref(self.env.user);
        values[log::WRITE_DATE] = Value::Time(self.env.now);
        let version = self.own_version();
        let row = Row {
            values,
            born: version,
            version,
        };
        self.write_row(model, id, Some(&row));
        id
    }

    /// The row, if this transaction may write it.
    fn writable(&self, model: Model, id: Id) -> Result<&Row, Refusal> {
        if self.contended {
            return Err(Refusal::serialization());
        }
        let table = &self.db.tables[model as usize];
        match table.rows.get(&id) {
            Some(row) if row.version > self.env.snapshot && row.version != self.own_version() => {
                Err(Refusal::serialization())
            }
            Some(row) => Ok(row),
            None if table
                .buried
                .get(&id)
                .is_some_and(|v| *v > self.env.snapshot) =>
            {
                Err(Refusal::serialization())
            }
            None => Err(Refusal::missing(model.name(), id, self.env.user)),
        }
    }

    /// Sets fields of a row, and with them `write_date` and `write_uid`.
    pub(super) fn update(
        &mut self,
        model: Model,
        id: Id,
        changes: Vec<(usize, Value)>,
    ) -> Result<(), Refusal> {
        let mut row = self.writable(model, id)?.clone();
        for (place, value) in changes {
            row.values[place] = value;
        }
        row.values[log::WRITE_UID] = Value::Ref(self.env.user);
        row.values[log::WRITE_DATE] = Value::Time(self.env.now);
        row.version = self.own_version();
        self.write_row(model, id, Some(&row));
        Ok(())
    }

    /// Sets fields of a row as a foreign key's `ON DELETE SET NULL` does: nothing else changes.
    pub(super) fn update_silently(
        &mut self,
        model: Model,
        id: Id,
        place: usize,
        value: Value,
    ) -> Result<(), Refusal> {
        let mut row = self.writable(model, id)?.clone();
        row.values[place] = value;
        row.version = self.own_version();
        self.write_row(model, id, Some(&row));
        Ok(())
    }

    pub(super) fn delete(&mut self, model: Model, id: Id) -> Result<(), Refusal> {
        self.writable(model, id)?;
        self.write_row(model, id, None);
        Ok(())
    }

    pub(super) fn row(&self, model: Model, id: Id) -> Option<&Row> {
        self.db.row(model, id)
    }

    /// The row, or Odoo's "Record does not exist or has been deleted".
    pub(super) fn existing(&self, model: Model, id: Id) -> Result<&Row, Refusal> {
        self.row(model, id)
            .ok_or_else(|| Refusal::missing(model.name(), id, self.env.user))
    }

    /// Stores what differs, if anything does.
    pub(super) fn store(
        &mut self,
        model: Model,
        id: Id,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<(), Refusal> {
        let row = self.existing(model, id)?;
        let changes: Vec<(usize, Value)> = values
            .into_iter()
            .map(|(name, value)| (model.definition().place(name), value))
            .filter(|(place, value)| row.values[*place] != *value)
            .collect();
        if changes.is_empty() {
            return Ok(());
        }
        self.update(model, id, changes)
    }

    /// Runs `work`, which writes a document with its lines.
    pub(super) fn compose<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.composing, true);
        let out = work(self);
        self.composing = before;
        out
    }

    /// Runs `work` without access checks.
    pub(super) fn as_superuser<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.sudo, true);
        let out = work(self);
        self.sudo = before;
        out
    }

    pub(super) fn context_flag(&self, name: &str) -> bool {
        self.env
            .context
            .get(name)
            .is_some_and(super::value::is_truthy)
    }
}

impl Drop for Tx<'_> {
    fn drop(&mut self) {
        self.roll_back(Savepoint(0));
    }
}

/// An empty row of a model: what every field holds when nobody said anything.
pub(super) fn blank(model: Model) -> Vec<Value> {
    model
        .definition()
        .fields
        .iter()
        .map(|field| match field.kind {
            Kind::Bool => Value::Bool(false),
            Kind::Int => Value::Int(0),
            kind if kind.is_decimal() => Value::Number(Decimal::ZERO),
            Kind::Many2many(_) if field.source != Source::Computed => {
                Value::Many(Vec::new().into())
            }
            _ => Value::Empty,
        })
        .collect()
}
