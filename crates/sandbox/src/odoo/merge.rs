//! Odoo's merge wizard for partners.

use super::Id;
use super::database::{Row, Tx};
use super::derived::recompute;
use super::refusal::Refusal;
use super::schema::{Model, log};
use super::value::Value;

const PARTNER: Model = Model::Partner;

/// Odoo's merge wizard: the losers' values fill what the survivor lacks, whatever points to a loser points to the
/// survivor, external ids too, and the losers are deleted.
pub(super) fn merge(tx: &mut Tx<'_>, survivor: Id, losers: &[Id]) -> Result<(), Refusal> {
    let definition = PARTNER.definition();
    for loser in losers {
        let children: Vec<Id> = tx
            .db
            .pointing(PARTNER, "parent_id", *loser)
            .filter(|id| *id != survivor)
            .collect();
        let place = definition.place("parent_id");
        for child in children {
            tx.update(PARTNER, child, vec![(place, Value::Ref(survivor))])?;
        }
        let external: Vec<Id> = tx
            .db
            .external_rows_of(PARTNER.name(), *loser)
            .map(Row::id)
            .collect();
        let place = Model::ExternalId.definition().place("res_id");
        for row in external {
            tx.update(
                Model::ExternalId,
                row,
                vec![(place, Value::Int(survivor.0))],
            )?;
        }
        fill_gaps(tx, survivor, *loser)?;
        tx.delete(PARTNER, *loser)?;
    }
    let mut all = vec![survivor];
    all.extend(tx.db.pointing(PARTNER, "parent_id", survivor));
    recompute(tx, &all)
}

fn fill_gaps(tx: &mut Tx<'_>, survivor: Id, loser: Id) -> Result<(), Refusal> {
    let definition = PARTNER.definition();
    let theirs = tx.existing(PARTNER, loser)?.clone();
    let ours = tx.existing(PARTNER, survivor)?;
    let parent = definition.place("parent_id");
    let changes: Vec<(usize, Value)> = definition
        .fields
        .iter()
        .enumerate()
        .filter(|(place, field)| {
            *place > log::WRITE_DATE
                && *place != parent
                && field.source == super::schema::Source::Stored
        })
        .filter(|(place, _)| !ours.values[*place].is_set() && theirs.values[*place].is_set())
        .map(|(place, _)| (place, theirs.values[place].clone()))
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    tx.update(PARTNER, survivor, changes)
}
