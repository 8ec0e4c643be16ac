//! Columns of a partner that the server derives: commercial entity, complete name, language, salesperson.

use super::Id;
use super::database::{Row, Tx};
use super::refusal::Refusal;
use super::schema::Model;
use super::value::Value;

const PARTNER: Model = Model::Partner;

pub(super) fn take_language(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let row = tx.existing(PARTNER, id)?;
    let Some(parent) = row.reference(PARTNER, "parent_id") else {
        return Ok(());
    };
    let lang = match tx.existing(PARTNER, parent)?.get(PARTNER, "lang") {
        Value::Empty => Value::text("en_US"),
        lang => lang.clone(),
    };
    let place = PARTNER.definition().place("lang");
    if tx.existing(PARTNER, id)?.values[place] != lang {
        tx.update(PARTNER, id, vec![(place, lang)])?;
    }
    Ok(())
}

pub(super) fn take_salesperson(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let row = tx.existing(PARTNER, id)?;
    let is_person = !row.get(PARTNER, "is_company").is_set();
    if !is_person || row.get(PARTNER, "user_id").is_set() {
        return Ok(());
    }
    let Some(parent) = row.reference(PARTNER, "parent_id") else {
        return Ok(());
    };
    let user = tx
        .existing(PARTNER, parent)?
        .get(PARTNER, "user_id")
        .clone();
    if user.is_set() {
        let place = PARTNER.definition().place("user_id");
        tx.update(PARTNER, id, vec![(place, user)])?;
    }
    Ok(())
}

/// Brings the derived columns (commercial entity, its name, the complete name) of these partners and of all below them
/// up to date. A record whose derived columns change is written, which bumps its `write_date`.
pub(super) fn recompute(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    let definition = PARTNER.definition();
    let mut todo: Vec<Id> = ids.to_vec();
    while let Some(id) = todo.pop() {
        let Some(row) = tx.row(PARTNER, id) else {
            continue;
        };
        let parent = row
            .reference(PARTNER, "parent_id")
            .and_then(|id| tx.row(PARTNER, id));
        let is_company = row.get(PARTNER, "is_company").is_set();
        let commercial = match parent {
            Some(parent) if !is_company => parent
                .reference(PARTNER, "commercial_partner_id")
                .unwrap_or_else(|| parent.id()),
            _ => id,
        };
        let commercial_row = tx.row(PARTNER, commercial).unwrap_or(row);
        let company_name = if commercial_row.get(PARTNER, "is_company").is_set()
            && commercial_row.get(PARTNER, "name").is_set()
        {
            commercial_row.get(PARTNER, "name").clone()
        } else {
            row.get(PARTNER, "company_name").clone()
        };
        let complete = complete_name(row, parent, is_company, company_name.as_text());
        let wanted = [
            ("commercial_partner_id", Value::Ref(commercial)),
            ("commercial_company_name", company_name),
            ("complete_name", Value::text(&complete)),
        ];
        let changes: Vec<(usize, Value)> = wanted
            .into_iter()
            .map(|(name, value)| (definition.place(name), value))
            .filter(|(place, value)| row.values[*place] != *value)
            .collect();
        // What a partner hands down is part of its own derived columns: no change here, none below.
        if !changes.is_empty() {
            tx.update(PARTNER, id, changes)?;
            todo.extend(tx.db.pointing(PARTNER, "parent_id", id));
        }
    }
    Ok(())
}

fn complete_name(
    row: &Row,
    parent: Option<&Row>,
    is_company: bool,
    company_name: Option<&str>,
) -> String {
    let kind = row.text(PARTNER, "type");
    let mut name = row.text(PARTNER, "name").unwrap_or_default().to_owned();
    if parent.is_some() || row.get(PARTNER, "company_name").is_set() {
        if name.is_empty() {
            kind_label(kind).unwrap_or_default().clone_into(&mut name);
        }
        if !is_company {
            let above = company_name
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .or_else(|| {
                    parent.map(|row| {
                        row.text(PARTNER, "name")
                            .map_or_else(|| "False".to_owned(), str::to_owned)
                    })
                })
                .unwrap_or_else(|| "False".to_owned());
            name = format!("{above}, {name}");
        }
    }
    name.trim().to_owned()
}

fn kind_label(kind: Option<&str>) -> Option<&'static str> {
    match kind? {
        "invoice" => Some("Invoice"),
        "delivery" => Some("Delivery"),
        "other" => Some("Other"),
        _ => None,
    }
}
