//! One condition of a domain, `[field, operator, value]`: understood once, against the schema.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::Id;
use super::database::{Row, Tx};
use super::domain::{Domain, Key, Order, Test};
use super::refusal::Refusal;
use super::schema::{Field, Kind, Model};
use super::value::{decimal, decimal_of, is_truthy, parse_time, python_repr};

const OPERATORS: [&str; 22] = [
    "=",
    "!=",
    "<>",
    "==",
    "in",
    "not in",
    "<",
    "<=",
    ">",
    ">=",
    "like",
    "not like",
    "ilike",
    "not ilike",
    "=like",
    "=ilike",
    "not =like",
    "not =ilike",
    "child_of",
    "parent_of",
    "any",
    "not any",
];

pub(super) fn leaf(tx: &mut Tx<'_>, model: Model, parts: &[Json]) -> Result<Domain, Refusal> {
    let [path, operator, value] = parts else {
        return Ok(Domain::Always(true));
    };
    if let (Json::Number(left), Json::String(op), Json::Number(right)) = (path, operator, value)
        && left.as_i64() == Some(1)
        && op == "="
    {
        return Ok(Domain::Always(right.as_i64() == Some(1)));
    }
    if let (Json::Number(left), Json::String(_)) = (path, operator)
        && left.as_i64() == Some(0)
    {
        return Ok(Domain::Always(false));
    }
    let condition = Condition {
        path,
        operator,
        value,
    };
    let (Json::String(path), Json::String(operator)) = (path, operator) else {
        return Err(Refusal::type_error(condition.says("Empty field name")));
    };
    let operator = operator.to_lowercase();
    if !OPERATORS.contains(&operator.as_str()) {
        return Err(Refusal::value_error(condition.says("Invalid operator")));
    }
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path.as_str(), None),
    };
    let definition = model.definition();
    let place = definition.find(name).ok_or_else(|| {
        Refusal::value_error(condition.says(&format!("Invalid field {}.{name}", model.name())))
    })?;
    let field = definition.at(place);
    if let (Some(rest), Some(comodel)) = (rest, field.kind.comodel()) {
        let inner = [
            Json::String(rest.to_owned()),
            Json::String(operator),
            value.clone(),
        ];
        let domain = leaf(tx, comodel, &inner)?;
        return Ok(Domain::Test(
            place,
            Test::Related(comodel, Box::new(domain)),
        ));
    }
    let (positive, negated) = match operator.as_str() {
        "!=" | "<>" => ("=", true),
        "==" => ("=", false),
        other => match other.strip_prefix("not ") {
            Some(positive) => (positive, true),
            None => (other, false),
        },
    };
    let domain = positive_leaf(tx, model, place, positive, value, &condition)?;
    Ok(if negated {
        Domain::Not(Box::new(domain))
    } else {
        domain
    })
}

struct Condition<'a> {
    path: &'a Json,
    operator: &'a Json,
    value: &'a Json,
}

impl Condition<'_> {
    fn says(&self, message: &str) -> String {
        format!(
            "{message} in condition ({}, {}, {})",
            python_repr(self.path),
            python_repr(self.operator),
            python_repr(self.value)
        )
    }
}

fn positive_leaf(
    tx: &mut Tx<'_>,
    model: Model,
    place: usize,
    operator: &str,
    value: &Json,
    condition: &Condition<'_>,
) -> Result<Domain, Refusal> {
    let field = model.definition().at(place);
    if field.name == "company_type" {
        return Err(Refusal::value_error(format!(
            "Cannot convert {}.company_type to SQL because it is not stored",
            model.name()
        )));
    }
    if field.name == "display_name" {
        return name_leaf(tx, model, operator, value);
    }
    match operator {
        "child_of" | "parent_of" => lineage(tx, model, place, operator, value),
        "any" => {
            let comodel = field.kind.comodel().ok_or_else(|| {
                Refusal::value_error(condition.says("Cannot use 'any' with non-relational fields"))
            })?;
            let domain = Domain::parse(tx, comodel, value)?;
            Ok(Domain::Test(
                place,
                Test::Related(comodel, Box::new(domain)),
            ))
        }
        "like" | "ilike" | "=like" | "=ilike" => like(tx, place, field, operator, value, condition),
        "=" | "in" => equality(tx, place, field, value, condition),
        _ => comparison(place, field, operator, value, condition),
    }
}

fn equality(
    tx: &mut Tx<'_>,
    place: usize,
    field: &Field,
    value: &Json,
    condition: &Condition<'_>,
) -> Result<Domain, Refusal> {
    let given: Vec<&Json> = match value {
        Json::Array(items)
            if items.is_empty()
                && condition.operator.as_str() != Some("=")
                && condition.operator.as_str() != Some("!=") =>
        {
            return Ok(Domain::Always(false));
        }
        Json::Array(items) if items.is_empty() => vec![&Json::Bool(false)],
        Json::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    if let Some(comodel) = field.kind.comodel() {
        let mut either = Vec::new();
        let names: Vec<&str> = given.iter().filter_map(|v| v.as_str()).collect();
        for name in names {
            let names = name_domain(tx, comodel, "=", name)?;
            either.push(Domain::Test(place, Test::Related(comodel, Box::new(names))));
        }
        let others: Vec<&Json> = given.into_iter().filter(|v| !v.is_string()).collect();
        if !others.is_empty() {
            either.push(Domain::Test(place, one_of(field, &others)?));
        }
        return Ok(Domain::Either(either));
    }
    Ok(Domain::Test(place, one_of(field, &given)?))
}

fn one_of(field: &Field, given: &[&Json]) -> Result<Test, Refusal> {
    let mut values = HashSet::new();
    let mut empty = false;
    for value in given {
        match (field.kind, value) {
            (Kind::Bool, Json::String(text)) => {
                values.insert(Key::Bool(matches!(
                    text.to_lowercase().as_str(),
                    "y" | "yes" | "1" | "true" | "t" | "on"
                )));
            }
            (Kind::Bool, value) => {
                values.insert(Key::Bool(is_truthy(value)));
            }
            (Kind::Int, Json::Bool(false) | Json::Null) if field.name != "id" => {
                values.insert(Key::Number(0));
            }
            (kind, value) if kind.is_decimal() => {
                values.insert(Key::Decimal(decimal_operand(value)?));
            }
            (_, Json::Null | Json::Bool(false)) => empty = true,
            (kind, Json::String(text)) if kind.is_textual() && text.is_empty() => empty = true,
            (Kind::Datetime, Json::String(text)) => {
                values.insert(Key::Second(parse_time(text)?.0.as_second()));
            }
            (Kind::Int | Kind::Many2one(_) | Kind::One2many(..) | Kind::Many2many(_), value) => {
                if let Some(n) = number(value) {
                    values.insert(Key::Number(n));
                } else if field.kind == Kind::Int && field.name != "id" {
                    return Err(Refusal::value_error(format!(
                        "invalid literal for int() with base 10: {}",
                        python_repr(value)
                    )));
                } else {
                    return Err(Refusal::new(
                        super::refusal::Kind::Python("psycopg2.errors.InvalidTextRepresentation"),
                        format!("invalid input syntax for type integer: {value}"),
                    ));
                }
            }
            (_, Json::String(text)) => {
                values.insert(Key::Text(text.clone()));
            }
            (_, other) => {
                values.insert(Key::Text(other.to_string()));
            }
        }
    }
    Ok(Test::OneOf { values, empty })
}

/// What Python's `float` makes of an operand; nothing is zero.
fn decimal_operand(value: &Json) -> Result<Decimal, Refusal> {
    match value {
        Json::Number(n) => Ok(decimal(n)),
        Json::String(text) => decimal_of(text).ok_or_else(|| {
            Refusal::value_error(format!(
                "could not convert string to float: {}",
                python_repr(value)
            ))
        }),
        Json::Bool(true) => Ok(Decimal::ONE),
        _ => Ok(Decimal::ZERO),
    }
}

fn number(value: &Json) -> Option<i64> {
    match value {
        Json::Number(n) => n.as_i64(),
        Json::Bool(yes) => Some(i64::from(*yes)),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn comparison(
    place: usize,
    field: &Field,
    operator: &str,
    value: &Json,
    condition: &Condition<'_>,
) -> Result<Domain, Refusal> {
    if let Kind::Datetime = field.kind {
        if !is_truthy(value) {
            return Ok(Domain::Always(false));
        }
        let Json::String(text) = value else {
            return Err(Refusal::value_error(format!(
                "Failed to cast {} into a datetime",
                python_repr(value)
            )));
        };
        let (time, is_date) = parse_time(text)?;
        let second = Timestamp::from_second(time.as_second()).unwrap_or(time);
        let step = if is_date { 86_400 } else { 1 };
        let after = Timestamp::from_second(time.as_second() + step).unwrap_or(time);
        return Ok(Domain::Test(
            place,
            match operator {
                ">=" => Test::NotBefore(second),
                ">" => Test::NotBefore(after),
                "<" => Test::Before(second),
                _ => Test::Before(after),
            },
        ));
    }
    let order = match operator {
        "<" => Order::Less,
        "<=" => Order::LessOrEqual,
        ">" => Order::Greater,
        _ => Order::GreaterOrEqual,
    };
    if field.kind.comodel().is_some() && value.is_string() {
        return Err(Refusal::type_error(condition.says(
            "Inequality not supported for relational field using a string",
        )));
    }
    let key = match (field.kind, value) {
        (kind, value) if kind.is_decimal() => Key::Decimal(decimal_operand(value)?),
        (Kind::Int | Kind::Many2one(_), value) => match number(value) {
            Some(n) => Key::Number(n),
            None => return Ok(Domain::Always(false)),
        },
        (_, Json::String(text)) => Key::Text(text.clone()),
        (_, other) if !is_truthy(other) => return Ok(Domain::Always(false)),
        (_, other) => Key::Text(other.to_string()),
    };
    Ok(Domain::Test(place, Test::Compare(order, key)))
}

fn like(
    tx: &mut Tx<'_>,
    place: usize,
    field: &Field,
    operator: &str,
    value: &Json,
    condition: &Condition<'_>,
) -> Result<Domain, Refusal> {
    let exact = operator.starts_with('=');
    if !is_truthy(value) {
        return Ok(if exact || field.kind.comodel().is_some() {
            let empty = one_of(field, &[&Json::Bool(false)])?;
            let empty = Domain::Test(place, empty);
            if exact {
                empty
            } else {
                Domain::Not(Box::new(empty))
            }
        } else {
            Domain::Always(true)
        });
    }
    let text = match value {
        Json::String(text) => text.clone(),
        _ if exact => {
            return Err(Refusal::type_error(
                condition.says("The pattern to match must be a string"),
            ));
        }
        other => python_repr(other),
    };
    if let Some(comodel) = field.kind.comodel() {
        let names = name_domain(tx, comodel, operator, &text)?;
        return Ok(Domain::Test(place, Test::Related(comodel, Box::new(names))));
    }
    let pattern = if exact { text } else { format!("%{text}%") };
    Ok(Domain::Test(
        place,
        Test::Like {
            pattern,
            any_case: operator.ends_with("ilike"),
        },
    ))
}

/// `display_name` is not stored: it is searched in the fields that hold names.
fn name_leaf(
    tx: &mut Tx<'_>,
    model: Model,
    operator: &str,
    value: &Json,
) -> Result<Domain, Refusal> {
    let names: Vec<&str> = match value {
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let operator = if operator == "in" { "=" } else { operator };
    let mut either = Vec::new();
    for name in names {
        either.push(name_domain(tx, model, operator, name)?);
    }
    Ok(Domain::Either(either))
}

/// The domain that a search by name stands for.
pub(super) fn name_domain(
    tx: &mut Tx<'_>,
    model: Model,
    operator: &str,
    name: &str,
) -> Result<Domain, Refusal> {
    let mut either = Vec::new();
    for field in model.name_fields() {
        let parts = [
            Json::String((*field).to_owned()),
            Json::String(operator.to_owned()),
            Json::String(name.to_owned()),
        ];
        either.push(leaf(tx, model, &parts)?);
    }
    Ok(Domain::Either(either))
}

/// `child_of` and `parent_of`: the given records with all below (or above) them.
fn lineage(
    tx: &mut Tx<'_>,
    model: Model,
    place: usize,
    operator: &str,
    value: &Json,
) -> Result<Domain, Refusal> {
    let field = model.definition().at(place);
    let family = field.kind.comodel().unwrap_or(model);
    let given: Vec<Json> = match value {
        Json::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    let mut ids: BTreeSet<Id> = BTreeSet::new();
    for one in &given {
        match one {
            Json::String(name) => {
                let domain = name_domain(tx, family, "ilike", name)?;
                ids.extend(
                    tx.db
                        .rows(family)
                        .filter(|row| domain.matches(tx, family, row))
                        .map(Row::id),
                );
            }
            other => ids.extend(number(other).map(Id)),
        }
    }
    let mut todo: Vec<Id> = ids.iter().copied().collect();
    while let Some(id) = todo.pop() {
        let next: Vec<Id> = if family.definition().find("parent_id").is_none() {
            Vec::new()
        } else if operator == "child_of" {
            tx.db.pointing(family, "parent_id", id).collect()
        } else {
            tx.row(family, id)
                .and_then(|row| row.reference(family, "parent_id"))
                .into_iter()
                .collect()
        };
        todo.extend(next.into_iter().filter(|id| ids.insert(*id)));
    }
    // Below a parent are its children and itself: asked of `parent_id`, the question is about the record.
    let place = match field.name {
        "parent_id" if family == model => super::schema::log::ID,
        _ => place,
    };
    Ok(Domain::Test(place, Test::Within(ids)))
}
