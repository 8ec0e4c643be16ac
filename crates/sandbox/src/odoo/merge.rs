//! Odoo's merge wizard for partners.

use super::Id;
use super::database::{Row, Tx};
use super::derived::recompute;
use super::partner;
use super::refusal::Refusal;
use super::schema::{Kind, Model, Source, log};
use super::value::Value;
use super::write::Values;

const PARTNER: Model = Model::Partner;
/// Derived by the server, and so left alone by the wizard.
const DERIVED: [&str; 3] = ["lang", "user_id", "company_registry"];

/// Whatever points to a loser points to the survivor, external ids too; the survivor takes the values that it lacks
/// (from the last loser that has one) and is written whole, which flows through its family; the losers are deleted.
pub(super) fn merge(tx: &mut Tx<'_>, survivor: Id, losers: &[Id]) -> Result<(), Refusal> {
    let mut losers = losers.to_vec();
    losers.sort_unstable();
    let values = merged(tx, survivor, &losers)?;
    for loser in &losers {
        repoint(tx, *loser, survivor)?;
        rebind(tx, *loser, survivor)?;
    }
    let mut family = vec![survivor];
    family.extend(tx.db.pointing(PARTNER, "parent_id", survivor));
    recompute(tx, &family)?;
    partner::write(tx, &[survivor], values)?;
    for loser in losers {
        tx.delete(PARTNER, loser)?;
    }
    Ok(())
}

/// Points whatever refers to a loser to the survivor: children, orders, bills, users.
fn repoint(tx: &mut Tx<'_>, loser: Id, survivor: Id) -> Result<(), Refusal> {
    for model in Model::ALL {
        for (place, field) in model.definition().fields.iter().enumerate() {
            let stored = matches!(field.source, Source::Stored | Source::Kept);
            let derived = *model == PARTNER && field.name != "parent_id";
            if field.kind != Kind::Many2one(PARTNER) || !stored || derived {
                continue;
            }
            let rows = tx.db.rows(*model);
            let pointing: Vec<Id> = rows
                .filter(|row| row.values[place] == Value::Ref(loser))
                .map(Row::id)
                .collect();
            for id in pointing {
                tx.update_silently(*model, id, place, Value::Ref(survivor))?;
            }
        }
    }
    Ok(())
}

/// Points the external ids of a loser to the survivor.
fn rebind(tx: &mut Tx<'_>, loser: Id, survivor: Id) -> Result<(), Refusal> {
    let rows: Vec<Id> = tx
        .db
        .external_rows_of(PARTNER.name(), loser)
        .map(Row::id)
        .collect();
    let place = Model::ExternalId.definition().place("res_id");
    for row in rows {
        tx.update(
            Model::ExternalId,
            row,
            vec![(place, Value::Int(survivor.0))],
        )?;
    }
    Ok(())
}

/// The values that the survivor ends with: its own, else the last loser's; `true` of any of them counts.
fn merged(tx: &Tx<'_>, survivor: Id, losers: &[Id]) -> Result<Values, Refusal> {
    let mut values = Values::new();
    for id in losers.iter().chain([&survivor]) {
        let row = tx.existing(PARTNER, *id)?;
        for (place, field) in PARTNER.definition().fields.iter().enumerate() {
            let counts = place > log::WRITE_DATE
                && field.source == Source::Stored
                && !matches!(field.kind, Kind::One2many(..) | Kind::Many2many(_))
                && !DERIVED.contains(&field.name);
            if counts && row.values[place].is_set() {
                values.insert(field.name.to_owned(), partner::given(&row.values[place]));
            }
        }
    }
    let parent = values.get("parent_id").and_then(serde_json::Value::as_i64);
    if parent == Some(survivor.0) {
        values.remove("parent_id");
    }
    Ok(values)
}
