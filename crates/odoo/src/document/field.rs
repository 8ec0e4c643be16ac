//! One record's fields, read with their shapes.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::FieldError;
use crate::analytic::Distribution;
use crate::record::RecordId;
use crate::{Fields, datetime, decimal};

/// The names of a model's fields on this server.
pub type FieldNames = BTreeSet<String>;

/// The first of these names that the model has.
pub(super) fn first<'n>(has: &FieldNames, names: &[&'n str]) -> Option<&'n str> {
    names.iter().copied().find(|name| has.contains(*name))
}

/// The fields to ask for: those that always exist, and of the others those that do here.
pub(super) fn existing(
    has: &FieldNames,
    always: &[&'static str],
    perhaps: &[&'static str],
) -> Vec<&'static str> {
    let perhaps = perhaps.iter().filter(|name| has.contains(**name));
    always.iter().chain(perhaps).copied().collect()
}

pub(super) struct Reader<'r>(pub(super) &'r Fields);

type Read<T> = Result<T, FieldError>;

impl Reader<'_> {
    fn error(&self, field: &str, expected: &'static str) -> FieldError {
        FieldError {
            record: self.0.get("id").and_then(Value::as_i64).unwrap_or_default(),
            field: field.to_owned(),
            expected,
        }
    }

    /// `None` where the field is empty or was not asked for.
    fn filled(&self, field: &str) -> Option<&Value> {
        self.0
            .get(field)
            .filter(|value| !matches!(value, Value::Bool(false) | Value::Null))
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    pub(super) fn id(&self) -> Read<RecordId> {
        let id = self.0.get("id").and_then(Value::as_i64);
        id.map(RecordId).ok_or_else(|| self.error("id", "an id"))
    }

    pub(super) fn text(&self, field: &str) -> Read<Option<String>> {
        let Some(value) = self.filled(field) else {
            return Ok(None);
        };
        let text = value.as_str().ok_or_else(|| self.error(field, "a text"))?;
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    pub(super) fn word<W: for<'w> From<&'w str>>(&self, field: &str) -> Read<W> {
        let word = self.text(field)?;
        Ok(W::from(word.as_deref().unwrap_or_default()))
    }

    pub(super) fn flag(&self, field: &str) -> Read<bool> {
        match self.0.get(field) {
            Some(Value::Bool(flag)) => Ok(*flag),
            _ => Err(self.error(field, "yes or no")),
        }
    }

    pub(super) fn whole(&self, field: &str) -> Read<i64> {
        let value = self.0.get(field).and_then(Value::as_i64);
        value.ok_or_else(|| self.error(field, "a whole number"))
    }

    pub(super) fn decimal(&self, field: &str) -> Read<Decimal> {
        let value = self.0.get(field).and_then(decimal::read);
        value.ok_or_else(|| self.error(field, "a number"))
    }

    /// Zero where the server has no such field, so that it was not asked for.
    pub(super) fn decimal_or_zero(&self, field: &str) -> Read<Decimal> {
        if self.has(field) {
            self.decimal(field)
        } else {
            Ok(Decimal::ZERO)
        }
    }

    /// A many2one, which comes as `[id, "name"]`.
    pub(super) fn reference(&self, field: &str) -> Read<Option<RecordId>> {
        let Some(value) = self.filled(field) else {
            return Ok(None);
        };
        let id = value.as_i64().or_else(|| value.get(0)?.as_i64());
        id.map(|id| Some(RecordId(id)))
            .ok_or_else(|| self.error(field, "a record"))
    }

    pub(super) fn required(&self, field: &str) -> Read<RecordId> {
        self.reference(field)?
            .ok_or_else(|| self.error(field, "a record"))
    }

    /// An x2many, which comes as ids.
    pub(super) fn references(&self, field: &str) -> Read<Vec<RecordId>> {
        let Some(value) = self.filled(field) else {
            return Ok(Vec::new());
        };
        let ids = value.as_array().and_then(|ids| {
            ids.iter()
                .map(|id| id.as_i64().map(RecordId))
                .collect::<Option<Vec<_>>>()
        });
        ids.ok_or_else(|| self.error(field, "a list of ids"))
    }

    pub(super) fn date(&self, field: &str) -> Read<Option<Date>> {
        let Some(text) = self.text(field)? else {
            return Ok(None);
        };
        let date = text.parse().map_err(|_| self.error(field, "a date"))?;
        Ok(Some(date))
    }

    pub(super) fn instant(&self, field: &str) -> Read<Option<Timestamp>> {
        let Some(text) = self.text(field)? else {
            return Ok(None);
        };
        let at = datetime::parse(&text).map_err(|_| self.error(field, "a date and time"))?;
        Ok(Some(at))
    }

    pub(super) fn written(&self) -> Read<Timestamp> {
        self.instant("write_date")?
            .ok_or_else(|| self.error("write_date", "a date and time"))
    }

    /// The distribution, or before 16 the one account that there was.
    pub(super) fn analytic(&self) -> Read<Distribution> {
        for field in ["account_analytic_id", "analytic_account_id"] {
            if let Some(account) = self.reference(field)? {
                return Ok(Distribution::whole([account]));
            }
        }
        match self.0.get("analytic_distribution") {
            None => Ok(Distribution::new()),
            Some(value) => Distribution::read(value)
                .ok_or_else(|| self.error("analytic_distribution", "a distribution")),
        }
    }
}

/// Every name that [`Reader::analytic`] knows.
pub(super) const ANALYTIC: [&str; 3] = [
    "analytic_distribution",
    "account_analytic_id",
    "analytic_account_id",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_wrong_shape_is_an_error_that_names_record_and_field() {
        let Value::Object(fields) = json!({"id": 7, "amount_total": "12", "partner_id": [3, "Ada"],
            "ref": false, "tax_ids": [1, 2], "date": "2026-02-30", "write_date": "2026-11-22 23:49:48"})
        else {
            unreachable!()
        };
        let reader = Reader(&fields);
        assert_eq!(
            reader.decimal("amount_total").unwrap_err().to_string(),
            "amount_total of record 7 is not a number"
        );
        assert!(reader.date("date").is_err());
        assert!(reader.decimal("nowhere").is_err());
        assert!(reader.required("ref").is_err());
        assert_eq!(reader.decimal_or_zero("nowhere"), Ok(Decimal::ZERO));
        assert_eq!(reader.required("partner_id"), Ok(RecordId(3)));
        assert_eq!(reader.text("ref"), Ok(None));
        assert_eq!(
            reader.references("tax_ids"),
            Ok(vec![RecordId(1), RecordId(2)])
        );
        assert!(reader.written().is_ok());
    }
}
