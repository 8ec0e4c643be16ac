//! What an operator's word means: a record of Odoo's by code, id or name; a key of ServiceTitan's by itself or by name.

use std::collections::BTreeMap;

use sync::mapping::{MappingKind, folded_key};
use sync::plain::quoted;

use crate::engine::reference::{MappingKey, Target};

/// How many candidates a message quotes.
const QUOTED_MAX: usize = 5;

/// Why a word means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// Odoo has nothing of the kind by that code, id or name.
    #[error("Odoo has no {} with the code, id or name {}", .kind.target_noun(), quoted(.word))]
    NoTarget {
        /// What was looked for.
        kind: MappingKind,
        /// The word.
        word: String,
    },
    /// It may be several records of Odoo's.
    #[error(
        "{} may be several {}s in Odoo: {candidates}; write id: and the number of one, e.g. id:{id}",
        quoted(.word), .kind.target_noun()
    )]
    SeveralTargets {
        /// What was looked for.
        kind: MappingKind,
        /// The word.
        word: String,
        /// Which they are, for a person.
        candidates: String,
        /// The id of the first.
        id: i64,
    },
    /// ServiceTitan has nothing of the kind by that key or name.
    #[error("ServiceTitan has no {} with the id or name {}", .kind.noun(), quoted(.word))]
    NoKey {
        /// What was looked for.
        kind: MappingKind,
        /// The word.
        word: String,
    },
    /// Several things of ServiceTitan's are called so.
    #[error("several {}s are called {} in ServiceTitan: write one of the keys {keys}", .kind.noun(), quoted(.word))]
    SeveralKeys {
        /// What was looked for.
        kind: MappingKind,
        /// The word.
        word: String,
        /// Their keys.
        keys: String,
    },
}

/// The record of Odoo's that a word means: `id:7`, a code, an id, or a name, without case and surplus spaces. A number that is one record's
/// code and another one's id is ambiguous.
pub fn target<'a>(
    kind: MappingKind,
    word: &str,
    targets: &'a [Target],
) -> Result<&'a Target, Unclear> {
    let wanted = folded_key(word);
    let number = wanted.strip_prefix("id:").map(str::trim);
    let id: Option<i64> = number.unwrap_or(&wanted).parse().ok();
    let is_id = |target: &Target| Some(target.id) == id;
    let is_coded = |target: &Target| !target.code.is_empty() && folded_key(&target.code) == wanted;
    let is_named = |target: &Target| folded_key(&target.name) == wanted;
    let is_called = |target: &Target| {
        let other = target.other_name.as_deref();
        other.is_some_and(|name| folded_key(name) == wanted)
    };
    let mut found = if number.is_some() {
        among(targets, is_id)
    } else {
        among(targets, |target| is_id(target) || is_coded(target))
    };
    for is_meant in [&is_named as &dyn Fn(&Target) -> bool, &is_called] {
        if found.is_empty() && !wanted.is_empty() {
            found = among(targets, is_meant);
        }
    }
    match found[..] {
        [] => Err(Unclear::NoTarget {
            kind,
            word: word.to_owned(),
        }),
        [only] => Ok(only),
        [first, ..] => Err(Unclear::SeveralTargets {
            kind,
            word: word.to_owned(),
            candidates: listed(found.iter().map(|target| shown(target))),
            id: first.id,
        }),
    }
}

/// The key that a word means: itself, or that of the only thing of this name. What ServiceTitan does not show is accepted
/// of accounts, which lines quote also when they are gone.
pub fn key(kind: MappingKind, word: &str, keys: &[MappingKey]) -> Result<MappingKey, Unclear> {
    let wanted = folded_key(word);
    if let Some(known) = keys.iter().find(|known| folded_key(&known.key) == wanted) {
        return Ok(known.clone());
    }
    let named = keys
        .iter()
        .filter(|known| folded_key(&known.name) == wanted);
    let named: BTreeMap<&str, &MappingKey> =
        named.map(|known| (known.key.as_str(), known)).collect();
    let mut found = named.values();
    match (found.next(), found.next()) {
        (Some(only), None) => Ok((*only).clone()),
        (Some(_), Some(_)) => Err(Unclear::SeveralKeys {
            kind,
            word: word.to_owned(),
            keys: listed(named.keys().map(|key| (*key).to_owned())),
        }),
        (None, _) if kind == MappingKind::GlAccount && !wanted.is_empty() => Ok(unseen(&wanted)),
        (None, _) => Err(Unclear::NoKey {
            kind,
            word: word.to_owned(),
        }),
    }
}

/// A key of which nothing else is known.
#[must_use]
pub fn unseen(key: &str) -> MappingKey {
    MappingKey {
        key: folded_key(key),
        number: String::new(),
        name: String::new(),
        rate: None,
        active: true,
    }
}

/// Whether a record of Odoo's has this code or name.
#[must_use]
pub fn is_called(target: &Target, word: &str) -> bool {
    let wanted = folded_key(word);
    let names = [&target.code, &target.name].into_iter();
    let mut names = names.chain(&target.other_name);
    names.any(|name| folded_key(name) == wanted)
}

/// A record of Odoo's for a person: code, name, id.
#[must_use]
pub fn shown(target: &Target) -> String {
    let code = match target.code.as_str() {
        "" => String::new(),
        code => format!("{code} "),
    };
    format!("{code}{} (id {})", target.name, target.id)
}

fn among(targets: &[Target], is_meant: impl Fn(&Target) -> bool) -> Vec<&Target> {
    targets.iter().filter(|target| is_meant(target)).collect()
}

fn listed(all: impl ExactSizeIterator<Item = String>) -> String {
    let rest = all.len().saturating_sub(QUOTED_MAX);
    let mut listed: Vec<String> = all.take(QUOTED_MAX).collect();
    if rest > 0 {
        listed.push(format!("and {rest} more"));
    }
    listed.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: MappingKind = MappingKind::GlAccount;

    fn one(id: i64, code: &str, name: &str, other_name: Option<&str>) -> Target {
        Target {
            id,
            code: code.to_owned(),
            name: name.to_owned(),
            other_name: other_name.map(str::to_owned),
            rate: None,
        }
    }

    fn targets() -> Vec<Target> {
        vec![
            one(5, "5000", "Cost of Goods", None),
            one(6, "6", "Fuel", None),
            one(7, "5", "Tools", None),
            one(8, "", "fuel ", None),
            one(9, "", "Yard: Receipts", Some("Yard")),
        ]
    }

    fn found(word: &str) -> Result<i64, String> {
        let targets = targets();
        let found = target(KIND, word, &targets);
        found.map(|target| target.id).map_err(|e| e.to_string())
    }

    #[test]
    fn a_word_is_a_code_an_id_or_a_name() {
        for (word, id) in [
            (" 5000", 5),
            ("6", 6),
            ("8", 8),
            ("id:5", 5),
            ("cost  of goods", 5),
            ("yard: receipts", 9),
            ("YARD", 9),
        ] {
            assert_eq!(found(word), Ok(id), "{word}");
        }
    }

    #[test]
    fn what_is_not_there_or_may_be_several_is_said() {
        assert_eq!(
            found("5").unwrap_err(),
            "\"5\" may be several accounts in Odoo: 5000 Cost of Goods (id 5), 5 Tools (id 7); write id: and the number of \
             one, e.g. id:5"
        );
        assert!(found("Fuel").unwrap_err().contains("id:6"));
        for nothing in ["", "7000", "id:5000", "Receipts"] {
            let said = found(nothing).unwrap_err();
            assert!(
                said.starts_with("Odoo has no account with the code, id or name"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_key_is_itself_or_the_only_thing_of_its_name() {
        let known = |key: &str, name: &str| MappingKey {
            name: name.to_owned(),
            ..unseen(key)
        };
        let keys = [known("1", "HVAC"), known("2", "Twice"), known("3", "twice")];
        let unit = |word| {
            let found = key(MappingKind::BusinessUnit, word, &keys);
            found.map(|known| known.key).map_err(|e| e.to_string())
        };
        assert_eq!(unit(" 2 "), Ok("2".to_owned()));
        assert_eq!(unit("hvac"), Ok("1".to_owned()));
        assert_eq!(
            unit("Twice").unwrap_err(),
            "several business units are called \"Twice\" in ServiceTitan: write one of the keys 2, 3"
        );
        assert_eq!(
            unit("9").unwrap_err(),
            "ServiceTitan has no business unit with the id or name \"9\""
        );
        // A line may quote an account that is gone.
        assert_eq!(key(KIND, "5999", &[]).map(|k| k.key), Ok("5999".to_owned()));
    }
}
