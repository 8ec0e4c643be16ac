//! Distributions that nobody sent: those of Odoo's distribution models, and of the order's line that a bill's line names.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::Id;
use super::computed::root_plan;
use super::database::Tx;
use super::read::raw;
use super::schema::Model;
use super::value::Value;

const DISTRIBUTION: Model = Model::Distribution;

/// What a line of this product and partner bears, beside what is known already: of the models that fit, each whose plans
/// no other has spoken for. `None`: nothing.
pub(super) fn distribution(
    tx: &Tx<'_>,
    product: Option<Id>,
    partner: Option<Id>,
    known: Option<&Arc<Json>>,
) -> Option<Json> {
    let mut out = known
        .and_then(|known| known.as_object().cloned())
        .unwrap_or_default();
    let mut spoken_for = plans(tx, &out);
    let category = product
        .and_then(|id| tx.row(Model::Product, id))
        .map(|row| {
            let place = Model::Product.definition().place("categ_id");
            raw(tx, Model::Product, row, place)
        })
        .and_then(|value| value.as_ref_id());
    let asked = [
        ("product_id", product),
        ("product_categ_id", category),
        ("partner_id", partner),
    ];
    let mut models: Vec<_> = tx
        .db
        .rows(DISTRIBUTION)
        .filter(|row| {
            asked.iter().all(|(name, value)| {
                let wanted = row.reference(DISTRIBUTION, name);
                wanted.is_none() || wanted == *value
            })
        })
        .collect();
    models.sort_by_key(|row| {
        (
            row.get(DISTRIBUTION, "sequence").as_int(),
            std::cmp::Reverse(row.id()),
        )
    });
    for row in models {
        let Value::Json(parts) = row.get(DISTRIBUTION, "analytic_distribution") else {
            continue;
        };
        let parts = parts.as_object().cloned().unwrap_or_default();
        let own = plans(tx, &parts);
        if own.is_disjoint(&spoken_for) {
            out.extend(parts);
            spoken_for.extend(own);
        }
    }
    (!out.is_empty()).then_some(Json::Object(out))
}

/// The root plans of the accounts of a distribution; accounts that do not exist have none.
fn plans(tx: &Tx<'_>, distribution: &Map<String, Json>) -> BTreeSet<Id> {
    distribution
        .keys()
        .flat_map(|accounts| accounts.split(','))
        .filter_map(|id| id.trim().parse().ok())
        .filter_map(|id| tx.row(Model::Analytic, Id(id)))
        .filter_map(|row| root_plan(tx, row.reference(Model::Analytic, "plan_id")?))
        .collect()
}
