//! What stands in Odoo under our names, told so that two runs that ended alike say the same: by our names, never by
//! Odoo's ids, and without the numbers that Odoo gives documents as they come.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::rig::Rig;

/// Every record of ours, by model and name.
pub(crate) type Standing = BTreeMap<String, Map<String, Value>>;

/// A model, its fields, and of those that refer to records of ours the model that they refer to.
struct Shape {
    model: &'static str,
    fields: &'static [&'static str],
    references: &'static [(&'static str, &'static str)],
}

const ACCOUNT: &str = "account.analytic.account";
const PARTNER: &str = "res.partner";
const PRODUCT: &str = "product.product";
const ORDER: &str = "purchase.order";
const ORDER_LINE: &str = "purchase.order.line";
const MOVE: &str = "account.move";
const MOVE_LINE: &str = "account.move.line";

const SHAPES: [Shape; 7] = [
    Shape {
        model: PARTNER,
        fields: &["name", "active", "ref", "street", "city", "supplier_rank"],
        references: &[("parent_id", PARTNER)],
    },
    Shape {
        model: ACCOUNT,
        fields: &["name", "code", "active", "plan_id"],
        references: &[("partner_id", PARTNER)],
    },
    Shape {
        model: PRODUCT,
        fields: &[
            "name",
            "default_code",
            "type",
            "active",
            "standard_price",
            "uom_id",
        ],
        references: &[],
    },
    Shape {
        model: ORDER,
        fields: &[
            "state",
            "amount_total",
            "amount_tax",
            "partner_ref",
            "origin",
            "note",
            "date_order",
        ],
        references: &[("partner_id", PARTNER)],
    },
    Shape {
        model: ORDER_LINE,
        fields: &[
            "name",
            "product_qty",
            "price_unit",
            "price_subtotal",
            "tax_ids",
            "qty_received",
            "qty_invoiced",
            "analytic_distribution",
        ],
        references: &[("order_id", ORDER), ("product_id", PRODUCT)],
    },
    Shape {
        model: MOVE,
        fields: &[
            "state",
            "move_type",
            "amount_total",
            "amount_tax",
            "ref",
            "invoice_origin",
            "invoice_date",
            "date",
            "invoice_date_due",
            "narration",
        ],
        references: &[("partner_id", PARTNER)],
    },
    Shape {
        model: MOVE_LINE,
        fields: &[
            "name",
            "quantity",
            "price_unit",
            "price_subtotal",
            "tax_ids",
            "account_id",
            "analytic_distribution",
        ],
        references: &[
            ("move_id", MOVE),
            ("product_id", PRODUCT),
            ("purchase_line_id", ORDER_LINE),
        ],
    },
];

/// The names of records of ours, by model and Odoo's id.
type Names = BTreeMap<&'static str, BTreeMap<i64, String>>;

pub(crate) async fn standing(rig: &Rig) -> Standing {
    let mut names = Names::new();
    for shape in &SHAPES {
        let ids = rig.odoo.ids_of(shape.model).await.into_iter();
        names.insert(shape.model, ids.map(|(name, id)| (id, name)).collect());
    }
    let mut standing = Standing::new();
    for shape in &SHAPES {
        let references = shape.references.iter().map(|(field, _)| *field);
        let fields: Vec<&str> = shape.fields.iter().copied().chain(references).collect();
        let (ids, rows) = rig.odoo.rows(shape.model, &fields).await;
        for (name, id) in ids {
            let told = shape.tell(&rows[&id], &names);
            standing.insert(format!("{} {name}", shape.model), told);
        }
    }
    standing
}

/// Nothing of these models stands in Odoo twice, or without our name.
pub(crate) async fn assert_single(rig: &Rig) {
    for model in [ORDER, ORDER_LINE, PRODUCT, ACCOUNT, MOVE] {
        let all = json!({"domain": [], "context": {"active_test": false}});
        let count = rig.odoo.call(model, "search_count", all).await;
        let ours = rig.odoo.ids_of(model).await.len();
        assert_eq!(count, json!(ours), "{model} without our name, or twice");
    }
}

/// Fails with the first records that differ.
pub(crate) fn assert_same(held: &Standing, wanted: &Standing, told: &str) {
    let names: BTreeSet<&String> = held.keys().chain(wanted.keys()).collect();
    let differ = names
        .into_iter()
        .filter(|name| held.get(*name) != wanted.get(*name));
    let differ: Vec<String> = differ
        .take(5)
        .map(|name| format!("{name}\n  {:?}\n  {:?}", held.get(name), wanted.get(name)))
        .collect();
    assert!(differ.is_empty(), "{told}:\n{}", differ.join("\n"));
}

impl Shape {
    fn tell(&self, row: &Map<String, Value>, names: &Names) -> Map<String, Value> {
        let field = |field: &&str| {
            let told = match (*field, &row[*field]) {
                ("analytic_distribution", said) => borne(said, &names[ACCOUNT]),
                (_, Value::Array(pair)) if pair.len() == 2 && pair[1].is_string() => {
                    pair[1].clone()
                }
                (_, Value::String(text)) if text.is_empty() => json!(false),
                (_, said) => said.clone(),
            };
            ((*field).to_owned(), told)
        };
        let reference = |(field, model): &(&str, &'static str)| {
            let id = row[*field].get(0).and_then(Value::as_i64);
            // Odoo's own records by what they are called.
            let told = id.map(|id| {
                names[model]
                    .get(&id)
                    .map_or(row[*field][1].clone(), |name| json!(name))
            });
            ((*field).to_owned(), json!(told))
        };
        let references = self.references.iter().map(reference);
        self.fields.iter().map(field).chain(references).collect()
    }
}

/// Who bears a cost, by name.
fn borne(said: &Value, names: &BTreeMap<i64, String>) -> Value {
    let said = said.as_object().cloned().unwrap_or_default();
    let said = said.into_iter().map(|(ids, share)| {
        let ids = ids.split(',').map(|id| id.parse().expect("an id"));
        let bearing: BTreeSet<Option<&String>> = ids.map(|id: i64| names.get(&id)).collect();
        json!([bearing, share])
    });
    said.collect()
}
