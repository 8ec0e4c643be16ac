//! From the rows of a `load` to records: columns with paths, and rows that continue the record above them.

use serde_json::Value as Json;

use super::convert::{Cell, Record};
use super::refusal::Refusal;
use super::schema::{Kind, Model};
use super::value::{is_truthy, python_repr};

/// `a/b`, `a:id` and `a.id` to their parts.
pub(super) fn path(field: &str) -> Vec<String> {
    let mut fixed = field.to_owned();
    if fixed.len() > 3
        && let Some(head) = fixed.strip_suffix(".id")
        && !head.ends_with('/')
    {
        fixed = format!("{head}/.id");
    }
    if fixed.len() > 3
        && let Some(head) = fixed.strip_suffix(":id")
        && !head.ends_with('/')
    {
        fixed = format!("{head}/id");
    }
    fixed.split('/').map(str::to_owned).collect()
}

pub(super) fn check_columns(model: Model, paths: &[Vec<&str>]) -> Result<(), Refusal> {
    for path in paths {
        let name = path[0];
        if !name.is_empty() && !name.contains('.') && model.definition().find(name).is_none() {
            return Err(Refusal::value_error(format!("Invalid field name '{name}'")));
        }
    }
    Ok(())
}

fn kind_of(model: Model, name: &str) -> Option<Kind> {
    let definition = model.definition();
    definition.find(name).map(|place| definition.at(place).kind)
}

/// Cuts the rows into records: a row with nothing but one2many cells continues the record above it.
pub(super) fn extract(
    model: Model,
    paths: &[Vec<&str>],
    data: &[Json],
    limit: usize,
) -> Result<Vec<(Record, usize, usize)>, Refusal> {
    let is_lines = |path: &Vec<&str>| matches!(kind_of(model, path[0]), Some(Kind::One2many(..)));
    let (lines, others): (Vec<usize>, Vec<usize>) =
        (0..paths.len()).partition(|index| is_lines(&paths[*index]));
    let rows: Vec<&[Json]> = data
        .iter()
        .map(|row| {
            row.as_array()
                .map(Vec::as_slice)
                .ok_or_else(|| Refusal::type_error(format!("{} is no row", python_repr(row))))
        })
        .collect::<Result<_, _>>()?;
    let set = |row: &[Json], columns: &[usize]| -> Result<bool, Refusal> {
        for column in columns {
            if is_truthy(row.get(*column).ok_or_else(out_of_range)?) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let mut out = Vec::new();
    let mut index = 0;
    while index < rows.len() && index < limit {
        let mut end = index + 1;
        while end < rows.len() && set(rows[end], &lines)? && !set(rows[end], &others)? {
            end += 1;
        }
        let record = extract_one(model, paths, &rows[index..end])?;
        out.push((record, index, end - 1));
        index = end;
    }
    Ok(out)
}

fn out_of_range() -> Refusal {
    Refusal::new(
        super::refusal::Kind::Python("builtins.IndexError"),
        "list index out of range",
    )
}

fn extract_one(model: Model, paths: &[Vec<&str>], span: &[&[Json]]) -> Result<Record, Refusal> {
    let mut record: Record = Vec::new();
    let mut put = |name: &str, cell: Cell| match record.iter_mut().find(|(n, _)| n == name) {
        Some((_, old)) => *old = cell,
        None => record.push((name.to_owned(), cell)),
    };
    for (path, value) in paths.iter().zip(span[0]) {
        if kind_of(model, path[0]).and_then(Kind::comodel).is_none() {
            put(path[0], Cell::Plain(value.clone()));
        }
    }
    for path in paths {
        let Some(comodel) = kind_of(model, path[0]).and_then(Kind::comodel) else {
            continue;
        };
        let (columns, below): (Vec<usize>, Vec<Vec<&str>>) = paths
            .iter()
            .enumerate()
            .filter(|(_, other)| other[0] == path[0])
            .map(|(index, other)| {
                let rest = if other.len() > 1 {
                    other[1..].to_vec()
                } else {
                    vec![""]
                };
                (index, rest)
            })
            .unzip();
        let mut cells = Vec::new();
        for row in span {
            let row: Vec<Json> = columns
                .iter()
                .map(|column| row.get(*column).cloned().ok_or_else(out_of_range))
                .collect::<Result<_, _>>()?;
            if row.iter().any(is_truthy) {
                cells.push(Json::Array(row));
            }
        }
        check_columns(comodel, &below)?;
        let nested = extract(comodel, &below, &cells, usize::MAX)?;
        put(
            path[0],
            Cell::Nested(nested.into_iter().map(|(record, _, _)| record).collect()),
        );
    }
    Ok(record)
}
