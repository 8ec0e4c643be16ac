//! Names of records that stand in a tree (categories, plans, locations): `Parent / Child`, stored with each record.

use super::Id;
use super::database::Tx;
use super::refusal::Refusal;
use super::schema::Model;
use super::value::Value;

/// Brings the complete names of these records, and of all below them, up to date.
pub(super) fn name(tx: &mut Tx<'_>, model: Model, ids: &[Id]) -> Result<(), Refusal> {
    let (parent, separator) = match model {
        Model::ProductCategory | Model::Plan => ("parent_id", " / "),
        Model::Location => ("location_id", "/"),
        _ => return Ok(()),
    };
    let place = model.definition().place("complete_name");
    let mut todo = ids.to_vec();
    while let Some(id) = todo.pop() {
        let Some(row) = tx.row(model, id) else {
            continue;
        };
        let above = row
            .reference(model, parent)
            .and_then(|id| tx.row(model, id))
            .and_then(|row| row.text(model, "complete_name"));
        let own = row.text(model, "name").unwrap_or_default();
        let full = above.map_or_else(
            || own.to_owned(),
            |above| format!("{above}{separator}{own}"),
        );
        let full = Value::text(&full);
        if row.values[place] != full {
            tx.update(model, id, vec![(place, full)])?;
            todo.extend(tx.db.pointing(model, parent, id));
        }
    }
    Ok(())
}
