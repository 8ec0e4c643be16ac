//! Looking at records: `read`, `fields_get`, `get_metadata` and their kin.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::bill_line;
use super::computed::{self, display_name};
use super::database::{Row, Tx, external_name};
use super::refusal::Refusal;
use super::schema::{Field, Kind, Model, Source};
use super::search::{Direction, Page, order_terms, search, sort};
use super::value::{Value, float, time_text};

/// The value of a field, stored or worked out.
pub(super) fn raw(tx: &Tx<'_>, model: Model, row: &Row, place: usize) -> Value {
    let field = model.definition().at(place);
    match (field.kind, field.source) {
        (Kind::One2many(..), _) if field.name == "invoice_line_ids" => {
            let shown = |id: &&Id| {
                tx.row(Model::MoveLine, **id)
                    .is_some_and(bill_line::is_shown)
            };
            let all = lines(tx, Model::MoveLine, "move_id", row.id());
            Value::Many(all.iter().filter(shown).copied().collect())
        }
        (Kind::One2many(comodel, inverse), _) => Value::Many(lines(tx, comodel, inverse, row.id())),
        (_, Source::Computed) => computed::of(tx, model, row, field),
        (_, Source::Inherited) => inherited(tx, model, row, field.name),
        _ => row.values[place].clone(),
    }
}

/// A field of the template that a product is built upon.
fn inherited(tx: &Tx<'_>, model: Model, row: &Row, name: &str) -> Value {
    row.reference(model, "product_tmpl_id")
        .and_then(|id| tx.row(Model::Template, id))
        .map_or(Value::Empty, |row| {
            raw(
                tx,
                Model::Template,
                row,
                Model::Template.definition().place(name),
            )
        })
}

/// The records of a one2many, in the comodel's order; archived ones only with `active_test: false`, except that a
/// partner's archived contacts are never among its `child_ids`.
fn lines(tx: &Tx<'_>, comodel: Model, inverse: &str, id: Id) -> std::sync::Arc<[Id]> {
    let definition = comodel.definition();
    let active = definition.find("active");
    let hide_archived =
        comodel == Model::Partner || tx.env.context.get("active_test") != Some(&Json::Bool(false));
    let rows: Vec<&Row> = tx
        .db
        .pointing(comodel, inverse, id)
        .filter_map(|id| tx.row(comodel, id))
        .filter(|row| {
            !hide_archived || active.is_none_or(|place| row.values[place] == Value::Bool(true))
        })
        .filter(|row| access::rule_allows(tx, comodel, row))
        .collect();
    let terms =
        order_terms(comodel, comodel.order()).expect("a model's own order names its fields");
    sort(tx, comodel, &terms, rows).into()
}

/// A field as `read` gives it: empty is `false`, a reference is `[id, name]`.
fn shown(tx: &Tx<'_>, model: Model, row: &Row, place: usize, with_names: bool) -> Json {
    let field = model.definition().at(place);
    match raw(tx, model, row, place) {
        Value::Empty => Json::Bool(false),
        Value::Bool(yes) => Json::Bool(yes),
        Value::Int(n) => json!(n),
        Value::Number(n) => float(n),
        Value::Json(json) => (*json).clone(),
        Value::Text(text) => json!(&*text),
        Value::Many(ids) => json!(&*ids),
        Value::Time(time) => json!(time_text(time)),
        Value::Ref(id) => match field.kind.comodel() {
            Some(comodel) if with_names => match tx.row(comodel, id) {
                Some(target) => json!([id, display_name(tx, comodel, target)]),
                None => Json::Bool(false),
            },
            _ => json!(id),
        },
    }
}

/// `read`: records that do not exist are left out, hidden ones are refused.
pub(super) fn read(
    tx: &mut Tx<'_>,
    model: Model,
    ids: &[Id],
    fields: Option<&[String]>,
    with_names: bool,
) -> Result<Json, Refusal> {
    let mut places = field_places(model, fields)?;
    if fields.is_none_or(<[String]>::is_empty) {
        places.retain(|place| computed::exists(tx, model, model.definition().at(*place)));
    }
    let existing: Vec<Id> = ids
        .iter()
        .copied()
        .filter(|id| tx.row(model, *id).is_some())
        .collect();
    access::check(tx, model, Operation::Read, &existing)?;
    let rows = existing.iter().filter_map(|id| tx.row(model, *id));
    Ok(rows
        .map(|row| object(tx, model, row, &places, with_names))
        .collect())
}

fn field_places(model: Model, fields: Option<&[String]>) -> Result<Vec<usize>, Refusal> {
    let definition = model.definition();
    match fields {
        None | Some([]) => Ok((0..definition.fields.len()).collect()),
        Some(names) => names
            .iter()
            .map(|name| {
                definition.find(name).ok_or_else(|| {
                    Refusal::value_error(format!("Invalid field '{name}' on '{}'", model.name()))
                })
            })
            .collect(),
    }
}

fn object(tx: &Tx<'_>, model: Model, row: &Row, places: &[usize], with_names: bool) -> Json {
    let definition = model.definition();
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(row.id()));
    for place in places {
        let name = definition.at(*place).name;
        if name != "id" {
            out.insert(name.to_owned(), shown(tx, model, row, *place, with_names));
        }
    }
    Json::Object(out)
}

/// `fields_get`, for the attributes asked for (all when none are).
pub(super) fn fields_get(
    tx: &Tx<'_>,
    model: Model,
    only: Option<&[String]>,
    attributes: Option<&[String]>,
) -> Json {
    let mut out = Map::new();
    for field in &model.definition().fields {
        if only.is_some_and(|names| !names.is_empty() && !names.iter().any(|n| n == field.name)) {
            continue;
        }
        if !computed::exists(tx, model, field) {
            continue;
        }
        let mut about = describe(field, tx.db.price_digits);
        if let Some(wanted) = attributes.filter(|wanted| !wanted.is_empty()) {
            about.retain(|name, _| wanted.contains(name));
        }
        out.insert(field.name.to_owned(), Json::Object(about));
    }
    Json::Object(out)
}

fn describe(field: &Field, price_digits: Option<u32>) -> Map<String, Json> {
    let mut about = Map::new();
    let mut put = |name: &str, value: Json| about.insert(name.to_owned(), value);
    let stored = !matches!(field.source, Source::Computed | Source::Inherited)
        && !matches!(field.kind, Kind::One2many(..));
    put("name", json!(field.name));
    put("type", json!(field.kind.name()));
    put("string", json!(field.label));
    put(
        "store",
        json!(stored || matches!(field.kind, Kind::One2many(..))),
    );
    put("required", json!(field.required));
    put("readonly", json!(is_readonly(field)));
    put("manual", json!(false));
    put("company_dependent", json!(field.company_dependent));
    let related =
        matches!(field.name, "parent_name" | "country_code") || field.source == Source::Inherited;
    put("searchable", json!(field.name != "company_type"));
    put(
        "sortable",
        json!(related || stored && !matches!(field.kind, Kind::Many2many(_))),
    );
    put("groupable", json!(related || stored));
    put("change_default", json!(field.name == "zip"));
    put("exportable", json!(true));
    put("default_export_compatible", json!(field.name == "name"));
    put("depends", json!([]));
    if let Some(comodel) = field.kind.comodel() {
        put("relation", json!(comodel.name()));
        put("context", json!({}));
        put("domain", json!([]));
    }
    match field.kind {
        Kind::One2many(_, inverse) => {
            put("relation_field", json!(inverse));
        }
        Kind::Selection(options) => {
            put("selection", json!(options));
        }
        Kind::Float(digits) => {
            put(
                "digits",
                digits.map_or(json!(false), |places| json!([16, places])),
            );
        }
        Kind::Price => {
            put(
                "digits",
                price_digits.map_or(json!(false), |places| json!([16, places])),
            );
            put("min_display_digits", json!(2));
        }
        Kind::Char => {
            put("trim", json!(true));
            put("translate", json!(false));
        }
        _ => {}
    }
    about
}

fn is_readonly(field: &Field) -> bool {
    match field.source {
        // Set by buttons, although a write would be taken.
        Source::Stored => matches!(field.name, "state" | "date_approve"),
        Source::Inherited => false,
        Source::Kept => true,
        // Worked out, but writing them sets what they are worked out from.
        Source::Computed => !matches!(
            field.name,
            "company_type"
                | "user_ids"
                | "default_code"
                | "barcode"
                | "standard_price"
                | "lst_price"
        ),
    }
}

/// The default values of the given fields, as a form would show them.
pub(super) fn default_get(model: Model, fields: &[String]) -> Json {
    let mut out = Map::new();
    for name in fields {
        let Some(place) = model.definition().find(name) else {
            continue;
        };
        let value = match model.definition().at(place).default_value() {
            None | Some(Value::Int(0)) => continue,
            Some(Value::Bool(yes)) => json!(yes),
            Some(Value::Number(n)) => float(n),
            Some(Value::Text(text)) => json!(&*text),
            Some(other) => json!(other.as_int()),
        };
        out.insert(name.clone(), value);
    }
    Json::Object(out)
}

/// `get_external_id`: the first external id of each record, `""` where there is none.
pub(super) fn external_ids(tx: &Tx<'_>, model: Model, ids: &[Id]) -> Json {
    let mut out = Map::new();
    for id in ids {
        let name = tx
            .db
            .external_rows_of(model.name(), *id)
            .next()
            .map(external_name)
            .unwrap_or_default();
        out.insert(id.to_string(), Json::String(name));
    }
    Json::Object(out)
}

/// `get_metadata`: who made and changed the records, and their external ids.
pub(super) fn metadata(tx: &mut Tx<'_>, model: Model, ids: &[Id]) -> Result<Json, Refusal> {
    let fields: Vec<String> = ["create_uid", "create_date", "write_uid", "write_date"]
        .map(str::to_owned)
        .to_vec();
    let mut read = read(tx, model, ids, Some(&fields), true)?;
    for about in read.as_array_mut().into_iter().flatten() {
        let id = Id(about["id"].as_i64().unwrap_or_default());
        let names: Vec<Json> = tx
            .db
            .external_rows_of(model.name(), id)
            .map(|row| {
                let noupdate = row.get(Model::ExternalId, "noupdate").is_set();
                json!({"xmlid": external_name(row), "noupdate": noupdate})
            })
            .collect();
        about["xmlid"] = names.first().map_or(json!(false), |n| n["xmlid"].clone());
        about["noupdate"] = names
            .first()
            .map_or(json!(false), |n| n["noupdate"].clone());
        about["xmlids"] = Json::Array(names);
    }
    Ok(read)
}

/// `formatted_read_group` without groups: the whole, with the asked aggregates.
pub(super) fn aggregate(
    tx: &mut Tx<'_>,
    model: Model,
    domain: &Json,
    aggregates: &[String],
) -> Result<Json, Refusal> {
    let ids = search(tx, model, domain, &Page::default())?;
    let mut out = Map::new();
    for aggregate in aggregates {
        let value = match aggregate.split_once(':') {
            None if aggregate == "__count" => json!(ids.len()),
            Some((name, "sum")) => {
                let place = field_places(model, Some(&[name.to_owned()]))?[0];
                let rows = ids.iter().filter_map(|id| tx.row(model, *id));
                let sum: Decimal = rows.map(|row| raw(tx, model, row, place).as_number()).sum();
                if model.definition().at(place).kind.is_decimal() {
                    float(sum)
                } else {
                    json!(sum.to_i64())
                }
            }
            Some((name, function @ ("max" | "min"))) => {
                let place = field_places(model, Some(&[name.to_owned()]))?[0];
                let set = |row: &&Row| raw(tx, model, row, place) != Value::Empty;
                let rows = ids.iter().filter_map(|id| tx.row(model, *id));
                let sorted = sort(
                    tx,
                    model,
                    &[(place, Direction::Up)],
                    rows.filter(set).collect(),
                );
                let extreme = match function {
                    "max" => sorted.last(),
                    _ => sorted.first(),
                };
                extreme
                    .and_then(|id| tx.row(model, *id))
                    .map_or(json!(false), |row| shown(tx, model, row, place, false))
            }
            _ => {
                return Err(Refusal::value_error(format!(
                    "Invalid aggregate method {aggregate:?}"
                )));
            }
        };
        out.insert(aggregate.clone(), value);
    }
    out.insert("__extra_domain".to_owned(), json!([[1, "=", 1]]));
    Ok(json!([out]))
}
