//! JSON values as XML-RPC values, and back.
//!
//! What XML-RPC cannot say is settled here: `null` goes out as `false` (older versions refuse nil, and
//! Odoo's own empty value is `false`), and control characters, which no XML can hold, are left out.

use dxr::Value as Xml;
use serde_json::{Map, Number, Value};

pub(super) fn to_xml(value: &Value) -> Xml {
    match value {
        Value::Null => Xml::Boolean(false),
        Value::Bool(value) => Xml::Boolean(*value),
        Value::Number(number) => number_to_xml(number),
        Value::String(text) => Xml::String(speakable(text)),
        Value::Array(values) => Xml::Array(values.iter().map(to_xml).collect()),
        Value::Object(fields) => map_to_xml(fields),
    }
}

pub(super) fn map_to_xml(fields: &Map<String, Value>) -> Xml {
    Xml::Struct(
        fields
            .iter()
            .map(|(name, value)| (speakable(name), to_xml(value)))
            .collect(),
    )
}

fn number_to_xml(number: &Number) -> Xml {
    match number.as_i64() {
        Some(integer) => i32::try_from(integer).map_or(Xml::Long(integer), Xml::Integer),
        None => Xml::Double(number.as_f64().unwrap_or(f64::NAN)),
    }
}

/// XML 1.0 holds no control characters but tab, line feed and carriage return.
fn speakable(text: &str) -> String {
    let unspeakable = |c: char| {
        (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    text.replace(unspeakable, "")
}

/// `None` where the value has no JSON form (Odoo sends none: it turns dates and bytes into texts).
pub(super) fn to_json(value: Xml) -> Option<Value> {
    Some(match value {
        Xml::Integer(number) => Value::from(number),
        Xml::Long(number) => Value::from(number),
        Xml::Boolean(value) => Value::Bool(value),
        Xml::String(text) => Value::String(text),
        Xml::Double(number) => Value::from(number),
        Xml::Struct(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| Some((name, to_json(value)?)))
                .collect::<Option<_>>()?,
        ),
        Xml::Array(values) => Value::Array(values.into_iter().map(to_json).collect::<Option<_>>()?),
        Xml::Nil => Value::Null,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_survive_the_way_through_xml() {
        let value = json!({
            "empty": "", "edges": "  a\n\tb ", "markup": "<b>&amp;</b> ]]> \"'",
            "large": 5_000_000_000_i64, "small": -3, "half": 0.5, "yes": true, "no": false,
            "list": [], "nested": {"a": [1, "x", {"b": false}]}, "é": "日本語 🚚",
        });
        let xml = to_xml(&value).to_xml().unwrap();
        let back = to_json(Xml::from_xml(&xml).unwrap()).unwrap();
        assert_eq!(back, value);
    }

    #[test]
    fn what_xml_cannot_say_is_settled() {
        assert_eq!(to_xml(&json!(null)), Xml::Boolean(false));
        assert_eq!(
            to_xml(&json!("a\u{0}b\u{1b}\n")),
            Xml::String("ab\n".to_owned())
        );
    }
}
