//! Making, changing and deleting records: what every model has in common.
//!
//! Values come as JSON, in the shapes that Odoo's `create` and `write` take. What the partner does beyond this stands
//! in `partner`, and so on for every model with rules of its own.

use serde_json::{Map, Value as Json};

use super::Id;
use super::access::{self, Operation};
use super::balance;
use super::bill;
use super::bill_line;
use super::constraint::{check_cycle, check_row, release};
use super::database::{Tx, blank, external_target};
use super::derived;
use super::given::converted;
use super::lines::apply_lines;
use super::order;
use super::order_line;
use super::partner;
use super::payment;
use super::product;
use super::project;
use super::receipt;
use super::reconcile;
use super::refusal::{Kind as Failure, Refusal};
use super::sale;
use super::schema::Model;
use super::stock;
use super::tree;
use super::value::Value;

pub(super) type Values = Map<String, Json>;

/// `create`: new records, in the order of the given values.
pub(super) fn create(
    tx: &mut Tx<'_>,
    model: Model,
    vals_list: Vec<Values>,
) -> Result<Vec<Id>, Refusal> {
    if vals_list.is_empty() {
        return Ok(Vec::new());
    }
    let external: Vec<Option<String>> =
        vals_list.iter().map(|v| given_external_id(tx, v)).collect();
    let ids = match model {
        Model::Partner => partner::create(tx, vals_list)?,
        Model::Product => product::create(tx, vals_list)?,
        Model::Template => product::create_templates(tx, vals_list)?,
        Model::Order => order::create(tx, vals_list)?,
        Model::OrderLine => order_line::create(tx, vals_list)?,
        Model::Move => bill::create(tx, vals_list)?,
        Model::MoveLine => bill_line::create(tx, vals_list)?,
        Model::Payment => payment::create(tx, vals_list)?,
        Model::SaleOrder => sale::create(tx, vals_list)?,
        Model::SaleLine => sale::create_lines(tx, vals_list)?,
        Model::Task => project::create(tx, vals_list)?,
        Model::Project => project::create_projects(tx, vals_list)?,
        Model::Partial => reconcile::create(tx, &vals_list)?,
        _ => {
            let ids = create_plain(tx, model, &vals_list)?;
            tree::name(tx, model, &ids)?;
            ids
        }
    };
    let noupdate = tx.context_flag("noupdate");
    for (id, external_id) in ids.iter().zip(external) {
        if let Some(external_id) = external_id {
            bind(tx, &external_id, model, *id, noupdate)?;
        }
    }
    Ok(ids)
}

/// During an import, a record's values may carry its external id as `id`.
fn given_external_id(tx: &Tx<'_>, vals: &Values) -> Option<String> {
    let module = tx.env.context.get("_import_current_module")?.as_str()?;
    let name = vals.get("id")?.as_str().filter(|name| !name.is_empty())?;
    Some(if name.contains('.') {
        name.to_owned()
    } else {
        format!("{module}.{name}")
    })
}

/// The part of `create` that knows no model's own rules.
pub(super) fn create_plain(
    tx: &mut Tx<'_>,
    model: Model,
    vals_list: &[Values],
) -> Result<Vec<Id>, Refusal> {
    access::check(tx, model, Operation::Create, &[])?;
    for vals in vals_list {
        check_names(model, vals)?;
    }
    let mut ids = Vec::with_capacity(vals_list.len());
    for vals in vals_list {
        let mut row = blank(model);
        let definition = model.definition();
        for (place, field) in definition.fields.iter().enumerate() {
            if !vals.contains_key(field.name)
                && let Some(value) = field.default_value()
            {
                row[place] = value;
            }
        }
        for (place, value) in converted(tx, model, vals)? {
            row[place] = value;
        }
        if let Some(kind) = vals.get("company_type").filter(|_| model == Model::Partner) {
            row[definition.place("is_company")] = Value::Bool(kind == "company");
        }
        check_row(tx, model, &row, None)?;
        ids.push(tx.insert(model, row));
    }
    for (id, vals) in ids.iter().zip(vals_list) {
        apply_lines(tx, model, *id, vals)?;
        check_cycle(tx, model, *id, vals)?;
    }
    access::check(tx, model, Operation::Create, &ids)?;
    Ok(ids)
}

/// `write`: the same values into all the records.
pub(super) fn write(
    tx: &mut Tx<'_>,
    model: Model,
    ids: &[Id],
    vals: Values,
) -> Result<(), Refusal> {
    match model {
        Model::Partner => partner::write(tx, ids, vals),
        Model::Product => product::write(tx, ids, vals),
        Model::Template => product::write_templates(tx, ids, vals),
        Model::Order => order::write(tx, ids, &vals),
        Model::OrderLine => order_line::write(tx, ids, &vals),
        Model::Move => bill::write(tx, ids, &vals),
        Model::MoveLine => bill_line::write(tx, ids, &vals),
        Model::Payment => payment::write(tx, ids, &vals),
        Model::SaleOrder => sale::write(tx, ids, &vals),
        Model::SaleLine => sale::write_lines(tx, ids, &vals),
        Model::Task => project::write(tx, ids, &vals),
        Model::Partial => reconcile::write(tx, ids, &vals),
        Model::StockMove => stock::write_moves(tx, ids, &vals),
        _ => {
            write_plain(tx, model, ids, &vals)?;
            tree::name(tx, model, ids)
        }
    }
}

/// `action_archive` and `action_unarchive`.
pub(super) fn archive(
    tx: &mut Tx<'_>,
    model: Model,
    ids: &[Id],
    active: bool,
) -> Result<(), Refusal> {
    let vals = Map::from_iter([("active".to_owned(), Json::Bool(active))]);
    write(tx, model, ids, vals)?;
    if model == Model::Product {
        product::after_archiving(tx, ids, active)?;
    }
    Ok(())
}

/// The part of `write` that knows no model's own rules. Even without a value it bumps `write_date`.
pub(super) fn write_plain(
    tx: &mut Tx<'_>,
    model: Model,
    ids: &[Id],
    vals: &Values,
) -> Result<(), Refusal> {
    if ids.is_empty() {
        return Ok(());
    }
    access::check(tx, model, Operation::Write, ids)?;
    check_names(model, vals)?;
    let mut changes = converted(tx, model, vals)?;
    if let Some(kind) = vals.get("company_type").filter(|_| model == Model::Partner) {
        let place = model.definition().place("is_company");
        changes.push((place, Value::Bool(kind == "company")));
    }
    for id in ids {
        let mut row = tx.existing(model, *id)?.values.clone();
        for (place, value) in &changes {
            row[*place] = value.clone();
        }
        check_row(tx, model, &row, Some(*id))?;
        tx.update(model, *id, changes.clone())?;
        apply_lines(tx, model, *id, vals)?;
        check_cycle(tx, model, *id, vals)?;
    }
    Ok(())
}

/// `unlink`: the records, their external ids, and what pointed to them no longer points anywhere.
pub(super) fn unlink(tx: &mut Tx<'_>, model: Model, ids: &[Id]) -> Result<(), Refusal> {
    if ids.is_empty() {
        return Ok(());
    }
    access::check(tx, model, Operation::Unlink, ids)?;
    match model {
        Model::Partner => partner::check_unlink(tx, ids)?,
        Model::Order => order::check_unlink(tx, ids)?,
        Model::OrderLine => order_line::check_unlink(tx, ids)?,
        Model::Move => bill::check_unlink(tx, ids)?,
        Model::MoveLine => {
            bill_line::check_unlink(tx, ids)?;
            reconcile::forget(tx, ids)?;
        }
        Model::Payment => payment::check_unlink(tx, ids)?,
        Model::SaleOrder => sale::check_unlink(tx, ids)?,
        Model::SaleLine => sale::check_unlink_lines(tx, ids)?,
        Model::Partial => return reconcile::unlink(tx, ids),
        _ => {}
    }
    let mut orphans = Vec::new();
    let companions = companions(tx, model, ids)?;
    for (model, id) in ids.iter().map(|id| (model, *id)).chain(companions) {
        if tx.row(model, id).is_none() {
            continue;
        }
        orphans.extend(release(tx, model, id, ids)?);
        delete(tx, model, id)?;
    }
    follow_up(tx, &orphans)
}

/// Brings up to date what records that are gone belonged to.
fn follow_up(tx: &mut Tx<'_>, left: &[(Model, Id)]) -> Result<(), Refusal> {
    let of = |model: Model| -> Vec<Id> {
        let mut ids: Vec<Id> = left
            .iter()
            .filter(|(m, _)| *m == model)
            .map(|(_, id)| *id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    derived::recompute(tx, &of(Model::Partner))?;
    for document in of(Model::Move) {
        if !tx.composing && tx.row(Model::Move, document).is_some() {
            balance::settle(tx, document, None)?;
        }
    }
    for order in of(Model::SaleOrder) {
        sale::settle(tx, order)?;
    }
    bill::follow_orders(tx, &of(Model::Order))
}

/// What goes with these records, first.
fn companions(tx: &mut Tx<'_>, model: Model, ids: &[Id]) -> Result<Vec<(Model, Id)>, Refusal> {
    let lines: Vec<Id> = match model {
        Model::Order => ids.iter().flat_map(|id| order::lines(tx.db, *id)).collect(),
        Model::OrderLine => ids.to_vec(),
        Model::SaleOrder => {
            let lines = ids.iter().flat_map(|id| sale::lines(tx.db, *id));
            return Ok(lines.map(|line| (Model::SaleLine, line)).collect());
        }
        Model::Move => {
            let lines: Vec<Id> = ids.iter().flat_map(|id| bill::lines(tx, *id)).collect();
            reconcile::forget(tx, &lines)?;
            let lines = lines.into_iter();
            return Ok(lines.map(|line| (Model::MoveLine, line)).collect());
        }
        Model::Payment => {
            let going = payment::companions(tx, ids);
            let lines: Vec<Id> = going
                .iter()
                .filter(|(model, _)| *model == Model::MoveLine)
                .map(|(_, id)| *id)
                .collect();
            reconcile::forget(tx, &lines)?;
            return Ok(going);
        }
        _ => return Ok(product::companions(tx, model, ids)),
    };
    for line in &lines {
        receipt::forget_line(tx, *line)?;
    }
    let going = |line: &Id| model == Model::Order || !ids.contains(line);
    Ok(lines
        .into_iter()
        .filter(going)
        .map(|line| (Model::OrderLine, line))
        .collect())
}

/// Deletes a record and its external ids.
pub(super) fn delete(tx: &mut Tx<'_>, model: Model, id: Id) -> Result<(), Refusal> {
    tx.delete(model, id)?;
    let external: Vec<Id> = tx
        .db
        .external_rows_of(model.name(), id)
        .map(super::database::Row::id)
        .collect();
    for row in external {
        tx.delete(Model::ExternalId, row)?;
    }
    Ok(())
}

pub(super) fn check_names(model: Model, vals: &Values) -> Result<(), Refusal> {
    for name in vals.keys() {
        if model.definition().find(name).is_none() {
            return Err(Refusal::value_error(format!(
                "Invalid field '{name}' in '{}'",
                model.name()
            )));
        }
    }
    Ok(())
}

/// Gives a record an external id, as `INSERT .. ON CONFLICT (module, name) DO UPDATE`: an id that exists is pointed to
/// the record; one that another transaction has just made ends this transaction.
pub(super) fn bind(
    tx: &mut Tx<'_>,
    external_id: &str,
    model: Model,
    id: Id,
    noupdate: bool,
) -> Result<(), Refusal> {
    if external_id.contains(' ') {
        return Err(Refusal::constraint(
            format!(
                "new row for relation \"ir_model_data\" violates check constraint \
                 \"ir_model_data_name_nospaces\"\nDETAIL:  Failing row contains ({external_id}, {}, {id}).\n",
                model.name()
            ),
            None,
        ));
    }
    if tx.contended {
        return Err(Refusal::serialization());
    }
    let definition = Model::ExternalId.definition();
    if let Some(row) = tx.db.external_row(external_id) {
        if tx.is_from_the_future(row) {
            return Err(Refusal::serialization());
        }
        if external_target(row) == (model.name().to_owned(), id) {
            return Ok(());
        }
        let row = row.id();
        let changes = vec![
            (definition.place("model"), Value::text(model.name())),
            (definition.place("res_id"), Value::Int(id.0)),
        ];
        return tx.update(Model::ExternalId, row, changes);
    }
    let (module, name) = external_id.split_once('.').unwrap_or(("", external_id));
    let mut row = blank(Model::ExternalId);
    row[definition.place("module")] = Value::text(module);
    row[definition.place("name")] = Value::text(name);
    row[definition.place("model")] = Value::text(model.name());
    row[definition.place("res_id")] = Value::Int(id.0);
    row[definition.place("noupdate")] = Value::Bool(noupdate);
    tx.insert(Model::ExternalId, row);
    Ok(())
}

/// Outside of `load`, a broken constraint is told as a validation error.
pub(super) fn as_call_failure(refusal: Refusal) -> Refusal {
    if refusal.kind == Failure::Constraint {
        Refusal::validation(format!(
            "The operation cannot be completed: {}",
            refusal.message
        ))
    } else {
        refusal
    }
}
