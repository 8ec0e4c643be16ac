//! Content, which is text as `load` takes it, as the native values that `write` takes.

use std::collections::BTreeSet;

use odoo::analytic::Distribution;
use odoo::{Command, RecordId, Values};
use rust_decimal::Decimal;
use serde_json::Value;
use sync::content::Content;
use sync::plan::{Verb, Write};

/// Columns that hold numbers.
const NUMBERS: [&str; 5] = [
    "product_qty",
    "quantity",
    "price_unit",
    "sequence",
    "technical_price_unit",
];

/// Columns that hold JSON.
const JSON: [&str; 1] = [DISTRIBUTION];

const DISTRIBUTION: &str = "analytic_distribution";

/// The values of these columns.
pub(in crate::engine::batch) fn native(columns: &Content) -> Values {
    columns
        .iter()
        .fold(Values::new(), |values, (column, text)| {
            let Some(field) = column.strip_suffix("/.id") else {
                return match text {
                    "" => values.clear(column),
                    _ if NUMBERS.contains(&column) => with_number(values, column, text),
                    _ if JSON.contains(&column) => values.with(
                        column,
                        serde_json::from_str::<Value>(text).unwrap_or(Value::Bool(false)),
                    ),
                    text => values.with(column, text),
                };
            };
            let ids: Vec<RecordId> = text
                .split(',')
                .filter_map(|id| id.parse().ok())
                .map(RecordId)
                .collect();
            match ids[..] {
                // A field of many is named for them: tax_ids, taxes_id.
                _ if field.ends_with("_ids") || field == "taxes_id" => {
                    values.commands(field, [Command::Set(ids)])
                }
                [id] => values.with(field, id),
                _ => values.clear(field),
            }
        })
}

fn with_number(values: Values, column: &str, text: &str) -> Values {
    let number: Decimal = text
        .parse()
        .expect("content holds numbers where it says so");
    match odoo::decimal::number(number) {
        Ok(number) => values.with(column, number),
        Err(_too_long) => values.with(column, text),
    }
}

/// The analytic accounts that lines name.
pub(super) fn accounts(writes: &[Write]) -> BTreeSet<i64> {
    let columns = writes.iter().filter_map(|write| match &write.verb {
        Verb::Create { columns } | Verb::Update { columns, .. } => columns.get(DISTRIBUTION),
        Verb::Alias { .. }
        | Verb::Adopt { .. }
        | Verb::Delete { .. }
        | Verb::Reach { .. }
        | Verb::Receive { .. }
        | Verb::Settle { .. }
        | Verb::Tell { .. } => None,
    });
    columns
        .filter_map(|text| Distribution::read(&serde_json::from_str(text).ok()?))
        .flat_map(|distribution| distribution.accounts())
        .map(RecordId::get)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_become_what_write_takes() {
        let columns = Content::from_iter([
            ("partner_id/.id", "60"),
            ("partner_ref", ""),
            ("origin", "PO-1"),
            ("price_unit", "1.2345"),
            ("tax_ids/.id", ""),
            ("currency_id/.id", ""),
            ("analytic_distribution", "{\"50\": 100}"),
        ]);
        assert_eq!(
            Value::Object(native(&columns).to_json()),
            json!({
                "partner_id": 60, "partner_ref": false, "origin": "PO-1", "price_unit": 1.2345,
                "tax_ids": [[6, 0, []]], "currency_id": false, "analytic_distribution": {"50": 100},
            })
        );
    }
}
