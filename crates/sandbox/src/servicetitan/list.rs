//! List pages: filters, order, and the envelope `{page, pageSize, hasMore, totalCount, data}`.
//!
//! Pages are cut anew from the rows as they stand, so rows that change while someone pages in
//! the order of `ModifiedOn` move between pages, as on the live system.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::problem::Problem;
use super::query::Query;
use super::table::{Record, Table};

const PAGE_SIZE_DEFAULT: i64 = 50;
const PAGE_SIZE_MAX: i64 = 5_000;

/// The filters that every list shares; endpoints without one of them drop its parameter before.
#[derive(Debug)]
pub(super) struct Filter {
    ids: Option<BTreeSet<i64>>,
    owners: Option<BTreeSet<i64>>,
    created: (Option<Timestamp>, Option<Timestamp>),
    modified: (Option<Timestamp>, Option<Timestamp>),
}

impl Filter {
    pub(super) fn read(query: &Query) -> Result<Self, Problem> {
        Ok(Self {
            ids: query.ids("ids", "Ids")?,
            owners: None,
            created: (
                query.time("createdOnOrAfter")?,
                query.time("createdBefore")?,
            ),
            modified: (
                query.time("modifiedOnOrAfter")?,
                query.time("modifiedBefore")?,
            ),
        })
    }

    /// The same where `ids` is a repeated parameter.
    pub(super) fn read_repeated(query: &Query) -> Result<Self, Problem> {
        let ids = query.repeated_ids("ids", "Ids")?;
        let others = query.without("ids");
        Ok(Self {
            ids,
            ..Self::read(&others)?
        })
    }

    /// Narrowed to rows that hang on one of these, when given.
    pub(super) fn owned_by(self, owners: Option<BTreeSet<i64>>) -> Self {
        Self { owners, ..self }
    }

    /// The rows that can pass, by id, looked up where ids or owners are asked for.
    pub(super) fn candidates<'t, T: Record>(
        &self,
        table: &'t Table<T>,
        now: Timestamp,
    ) -> impl Iterator<Item = &'t T> {
        let owned = |owners: &BTreeSet<i64>| -> BTreeSet<i64> {
            owners
                .iter()
                .flat_map(|owner| table.owned_by(*owner))
                .collect()
        };
        let asked = self.ids.clone().or_else(|| self.owners.as_ref().map(owned));
        let all = asked.is_none().then(|| table.visible(now));
        let some = asked.map(|ids| table.visible_among(ids, now));
        some.into_iter().flatten().chain(all.into_iter().flatten())
    }

    /// `modified` is the time that the modified range looks at.
    pub(super) fn keeps(&self, row: &impl Record, modified: Timestamp) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&row.key()))
            && within(self.created, row.created_on())
            && within(self.modified, modified)
    }

    /// Whether any time range is given.
    pub(super) fn has_range(&self) -> bool {
        [
            self.created.0,
            self.created.1,
            self.modified.0,
            self.modified.1,
        ]
        .iter()
        .any(Option::is_some)
    }
}

pub(super) fn within(
    (from, before): (Option<Timestamp>, Option<Timestamp>),
    at: Timestamp,
) -> bool {
    from.is_none_or(|from| at >= from) && before.is_none_or(|before| at < before)
}

/// Whether a text parameter, when given, is part of the row's text, in any letter case.
pub(super) fn mentions(query: &Query, name: &str, text: &str) -> bool {
    query
        .text(name)
        .is_none_or(|part| text.to_lowercase().contains(&part.to_lowercase()))
}

/// The page asked for, of these rows.
pub(super) fn page<T: Record>(
    query: &Query,
    mut rows: Vec<&T>,
    wire: impl Fn(&T) -> Value,
) -> Result<Value, Problem> {
    if let Some(sort) = query.text("sort") {
        let order = order(sort)?;
        rows.sort_by(|a, b| order(*a, *b));
    }
    let page = query.number("page")?.unwrap_or(1).max(1);
    let size = query
        .number("pageSize")?
        .unwrap_or(PAGE_SIZE_DEFAULT)
        .clamp(1, PAGE_SIZE_MAX);
    let whole = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
    let from = whole(page - 1).saturating_mul(whole(size)).min(rows.len());
    let to = from.saturating_add(whole(size)).min(rows.len());
    let data: Vec<Value> = rows[from..to].iter().map(|row| wire(row)).collect();
    Ok(json!({
        "page": page,
        "pageSize": size,
        "hasMore": to < rows.len(),
        "totalCount": query.flag("includeTotal")?.then_some(rows.len()),
        "data": data,
    }))
}

/// `+Field` or `-Field`; the plus may be missing, or a blank when it was not encoded.
fn order<T: Record>(sort: &str) -> Result<impl Fn(&T, &T) -> Ordering, Problem> {
    let descending = sort.starts_with('-');
    let field = sort
        .trim_start_matches(['+', '-', ' '])
        .to_ascii_lowercase();
    let key: fn(&T) -> (Timestamp, i64) = match field.as_str() {
        "id" => |row| (Timestamp::MIN, row.key()),
        "modifiedon" => |row| (row.modified_on(), row.key()),
        "createdon" => |row| (row.created_on(), row.key()),
        _ => {
            return Err(Problem::invalid(
                "Sort",
                &format!("Cannot sort by '{sort}'."),
            ));
        }
    };
    Ok(move |a: &T, b: &T| {
        let ascending = key(a).cmp(&key(b));
        if descending {
            ascending.reverse()
        } else {
            ascending
        }
    })
}
