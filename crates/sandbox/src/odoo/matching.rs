//! Whether a row is what a [`Test`] asks for.

use std::cmp::Ordering;

use super::Id;
use super::database::{Row, Tx};
use super::domain::{Key, Order, Test};
use super::read;
use super::schema::{Field, Model};
use super::value::Value;

pub(super) fn holds(tx: &Tx<'_>, model: Model, row: &Row, place: usize, asked: &Test) -> bool {
    let field = model.definition().at(place);
    let value = read::raw(tx, model, row, place);
    match asked {
        Test::OneOf { values, empty } => match &value {
            Value::Many(ids) => {
                (ids.is_empty() && *empty)
                    || ids.iter().any(|id| values.contains(&Key::Number(id.0)))
            }
            value => match key(value) {
                Some(Key::Text(text)) if text.is_empty() => *empty,
                Some(key) => values.contains(&key),
                None => *empty,
            },
        },
        Test::Compare(order, wanted) => compared(&value, field).is_some_and(|key| {
            let found = key.cmp(wanted);
            match order {
                Order::Less => found == Ordering::Less,
                Order::LessOrEqual => found != Ordering::Greater,
                Order::Greater => found == Ordering::Greater,
                Order::GreaterOrEqual => found != Ordering::Less,
            }
        }),
        Test::NotBefore(time) => matches!(value, Value::Time(t) if t >= *time),
        Test::Before(time) => matches!(value, Value::Time(t) if t < *time),
        Test::Like { pattern, any_case } => match (&value, field.kind) {
            (Value::Text(text), _) => is_like(text, pattern, *any_case),
            (Value::Int(n), _) => is_like(&n.to_string(), pattern, *any_case),
            _ => false,
        },
        Test::Related(comodel, domain) => related(&value)
            .iter()
            .filter_map(|id| tx.row(*comodel, *id))
            .any(|row| domain.matches(tx, *comodel, row)),
        Test::Within(ids) => related(&value).iter().any(|id| ids.contains(id)),
    }
}

/// Empty text counts as `""` in an ordered comparison.
fn compared(value: &Value, field: &Field) -> Option<Key> {
    match value {
        Value::Empty if field.kind.is_textual() => Some(Key::Text(String::new())),
        value => key(value),
    }
}

fn related(value: &Value) -> Vec<Id> {
    match value {
        Value::Ref(id) => vec![*id],
        Value::Int(n) => vec![Id(*n)],
        Value::Many(ids) => ids.to_vec(),
        _ => Vec::new(),
    }
}

fn key(value: &Value) -> Option<Key> {
    match value {
        Value::Empty | Value::Many(_) | Value::Json(_) => None,
        Value::Bool(yes) => Some(Key::Bool(*yes)),
        Value::Int(n) => Some(Key::Number(*n)),
        Value::Number(n) => Some(Key::Decimal(*n)),
        Value::Ref(id) => Some(Key::Number(id.0)),
        Value::Text(text) => Some(Key::Text(text.to_string())),
        Value::Time(time) => Some(Key::Second(time.as_second())),
    }
}

/// SQL's LIKE: `%` any run, `_` any one character, a backslash takes the next one literally.
fn is_like(text: &str, pattern: &str, any_case: bool) -> bool {
    fn run(text: &[char], pattern: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|skip| run(&text[skip..], rest)),
            ['_', rest @ ..] => !text.is_empty() && run(&text[1..], rest),
            ['\\', c, rest @ ..] | [c, rest @ ..] => {
                text.first() == Some(c) && run(&text[1..], rest)
            }
        }
    }
    let chars = |s: &str| -> Vec<char> {
        if any_case {
            s.to_lowercase().chars().collect()
        } else {
            s.chars().collect()
        }
    };
    run(&chars(text), &chars(pattern))
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn like_knows_its_wildcards() {
        assert!(is_like("Bob's Plumbing", "%bob%", true));
        assert!(!is_like("Bob's Plumbing", "%bob%", false));
        assert!(is_like("a_b", "a\\_b", false));
        assert!(!is_like("axb", "a\\_b", false));
        assert!(is_like("axb", "a_b", false));
        assert!(is_like("", "%", false));
    }
}
