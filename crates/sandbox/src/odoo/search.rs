//! Searching: which records match and are visible, in which order.

use std::cmp::Ordering;

use serde_json::{Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::computed::display_name;
use super::condition::name_domain;
use super::database::{Row, Tx};
use super::domain::{self, Domain};
use super::read::raw;
use super::refusal::Refusal;
use super::schema::{Model, log};
use super::value::Value;

/// What a search is limited to, and how it is ordered.
#[derive(Default, Debug, Clone)]
pub(super) struct Page {
    pub(super) offset: usize,
    pub(super) limit: Option<usize>,
    pub(super) order: Option<String>,
}

/// `search`: ids of the visible records that match.
pub(super) fn search(
    tx: &mut Tx<'_>,
    model: Model,
    domain: &Json,
    page: &Page,
) -> Result<Vec<Id>, Refusal> {
    access::check(tx, model, Operation::Read, &[])?;
    let domain = Domain::parse(tx, model, domain)?;
    search_domain(tx, model, domain, page)
}

/// The same for a domain that was understood already.
pub(super) fn search_domain(
    tx: &mut Tx<'_>,
    model: Model,
    domain: Domain,
    page: &Page,
) -> Result<Vec<Id>, Refusal> {
    let terms = order_terms(model, page.order.as_deref().unwrap_or(model.order()))?;
    let domain = with_active_test(tx, model, domain);
    let candidates = domain.candidates();
    let found = |row: &&Row| domain.matches(tx, model, row) && access::rule_allows(tx, model, row);
    let rows: Vec<&Row> = match candidates {
        Some(ids) => ids
            .into_iter()
            .filter_map(|id| tx.row(model, id))
            .filter(found)
            .collect(),
        None => tx.db.rows(model).filter(found).collect(),
    };
    // Rows come by id, so that the commonest order costs nothing.
    let found = if matches!(terms.as_slice(), [(log::ID, Direction::Up)]) {
        rows.into_iter().map(Row::id).collect()
    } else {
        sort(tx, model, &terms, rows)
    };
    let limit = page.limit.unwrap_or(usize::MAX);
    Ok(found.into_iter().skip(page.offset).take(limit).collect())
}

fn with_active_test(tx: &Tx<'_>, model: Model, domain: Domain) -> Domain {
    let Some(place) = model.definition().find("active") else {
        return domain;
    };
    let off = tx
        .env
        .context
        .get("active_test")
        .is_some_and(|flag| !super::value::is_truthy(flag));
    if off || domain.mentions(place) {
        return domain;
    }
    let active = domain::Test::OneOf {
        values: [domain::Key::Bool(true)].into(),
        empty: false,
    };
    Domain::All(vec![domain, Domain::Test(place, active)])
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

pub(super) fn order_terms(model: Model, order: &str) -> Result<Vec<(usize, Direction)>, Refusal> {
    let mut terms = Vec::new();
    for part in order.split(',') {
        let mut words = part.split_whitespace();
        let name = words.next().unwrap_or_default();
        let direction = match words.next().map(str::to_lowercase).as_deref() {
            None | Some("asc") => Direction::Up,
            Some("desc") => Direction::Down,
            Some(_) => return Err(bad_order(order)),
        };
        if name.is_empty()
            || !name
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        {
            return Err(bad_order(order));
        }
        let place = model.definition().find(name).ok_or_else(|| {
            Refusal::value_error(format!(
                "Invalid field '{name}' on model '{}'",
                model.name()
            ))
        })?;
        terms.push((place, direction));
    }
    Ok(terms)
}

fn bad_order(order: &str) -> Refusal {
    Refusal::user(format!(
        "Invalid \"order\" specified ({order}). A valid \"order\" specification is a comma-separated list of valid \
         field names (optionally followed by asc/desc for the direction)"
    ))
}

/// Puts rows in order. Each row's values are worked out once, not at every comparison.
pub(super) fn sort(
    tx: &Tx<'_>,
    model: Model,
    terms: &[(usize, Direction)],
    rows: Vec<&Row>,
) -> Vec<Id> {
    let values = |row: &Row| -> Vec<Value> {
        terms
            .iter()
            .map(|(place, _)| sort_value(tx, model, row, *place))
            .collect()
    };
    let mut keyed: Vec<(Vec<Value>, Id)> = rows
        .into_iter()
        .map(|row| (values(row), row.id()))
        .collect();
    keyed.sort_by(|(a, _), (b, _)| compare(terms, a, b));
    keyed.into_iter().map(|(_, id)| id).collect()
}

/// PostgreSQL's order: empty values come last, or first when descending; text by its bytes (collation C); times with
/// their microseconds, although no answer ever shows them.
fn compare(terms: &[(usize, Direction)], a: &[Value], b: &[Value]) -> Ordering {
    for (((_, direction), left), right) in terms.iter().zip(a).zip(b) {
        let found = match (left, right) {
            (Value::Empty, Value::Empty) => Ordering::Equal,
            (Value::Empty, _) => Ordering::Greater,
            (_, Value::Empty) => Ordering::Less,
            (Value::Text(x), Value::Text(y)) => x.cmp(y),
            (Value::Time(x), Value::Time(y)) => x.cmp(y),
            (Value::Bool(x), Value::Bool(y)) => x.cmp(y),
            (Value::Number(x), Value::Number(y)) => x.cmp(y),
            (x, y) => x.as_int().cmp(&y.as_int()),
        };
        let found = match direction {
            Direction::Up => found,
            Direction::Down => found.reverse(),
        };
        if found != Ordering::Equal {
            return found;
        }
    }
    Ordering::Equal
}

/// References are ordered by the name of what they refer to.
fn sort_value(tx: &Tx<'_>, model: Model, row: &Row, place: usize) -> Value {
    match raw(tx, model, row, place) {
        Value::Ref(id) => model
            .definition()
            .at(place)
            .kind
            .comodel()
            .and_then(|comodel| Some((comodel, tx.row(comodel, id)?)))
            .map_or(Value::Empty, |(comodel, row)| {
                Value::text(&display_name(tx, comodel, row))
            }),
        value => value,
    }
}

/// `name_search`: pairs of id and name. Countries and states are searched by code first.
pub(super) fn name_search(
    tx: &mut Tx<'_>,
    model: Model,
    name: &str,
    operator: &str,
    limit: Option<usize>,
) -> Result<Vec<(Id, String)>, Refusal> {
    access::check(tx, model, Operation::Read, &[])?;
    let mut ids = Vec::new();
    let by_code = match model {
        Model::Country => name.chars().count() == 2,
        Model::State => !name.is_empty(),
        _ => false,
    };
    if by_code {
        let operator = if model == Model::State {
            "=like"
        } else {
            operator
        };
        ids = search(
            tx,
            model,
            &json!([["code", operator, name]]),
            &Page::default(),
        )?;
    }
    let domain = if name.is_empty() && operator == "ilike" {
        Domain::Always(true)
    } else {
        name_domain(tx, model, operator, name)?
    };
    for id in search_domain(tx, model, domain, &Page::default())? {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids
        .into_iter()
        .take(limit.unwrap_or(usize::MAX))
        .filter_map(|id| Some((id, display_name(tx, model, tx.row(model, id)?))))
        .collect())
}
