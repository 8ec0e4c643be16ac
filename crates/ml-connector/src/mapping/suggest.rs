//! What may belong together: by number, then by name, then by a name that is much alike.
//!
//! Only what is the only candidate is suggested. Whether a suggestion is exact decides what may be applied without a look.

use std::collections::BTreeSet;

use sync::mapping::folded_key;

use crate::engine::reference::{MappingKey, Target};

/// How much alike names must be, of 1.
const ALIKE_MIN: f64 = 0.6;

/// A suggestion for one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suggestion<'a> {
    /// The key.
    pub key: &'a MappingKey,
    /// What it may be.
    pub target: &'a Target,
    /// Why.
    pub likeness: Likeness,
}

/// Why two things may belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The number is the code.
    SameNumber,
    /// The names are the same but for case and surplus spaces.
    SameName,
    /// Number and code are the same but for zeros at the end.
    PaddedNumber,
    /// The same is charged, in percent.
    SameRate,
    /// The names are much alike.
    AlikeName,
}

impl Likeness {
    /// Whether it may be applied without a look.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::SameNumber | Self::SameName)
    }

    /// For a person.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SameNumber => "same number",
            Self::SameName => "same name",
            Self::PaddedNumber => "same number but for zeros",
            Self::SameRate => "same rate",
            Self::AlikeName => "similar name",
        }
    }
}

/// The likeliest target of each key, where there is one that stands out.
#[must_use]
pub fn suggestions<'a>(keys: &'a [MappingKey], targets: &'a [Target]) -> Vec<Suggestion<'a>> {
    let of = |key| {
        let (target, likeness) = likeliest(key, targets)?;
        Some(Suggestion {
            key,
            target,
            likeness,
        })
    };
    keys.iter().filter_map(of).collect()
}

/// Whether a target is meant.
type Test<'t> = &'t dyn Fn(&Target) -> bool;

fn likeliest<'a>(key: &MappingKey, targets: &'a [Target]) -> Option<(&'a Target, Likeness)> {
    let (number, name) = (folded_key(&key.number), folded_key(&key.name));
    let padded = |text: &str| text.trim_end_matches('0').to_owned();
    let tests: [(Likeness, Test<'_>); 4] = [
        (Likeness::SameNumber, &|target| {
            !number.is_empty() && folded_key(&target.code) == number
        }),
        (Likeness::SameName, &|target| {
            !name.is_empty() && names(target).any(|of_target| of_target == name)
        }),
        (Likeness::PaddedNumber, &|target| {
            let bare = padded(&number);
            !bare.is_empty() && padded(&folded_key(&target.code)) == bare
        }),
        (Likeness::SameRate, &|target| {
            key.rate.is_some() && key.rate == target.rate
        }),
    ];
    for (likeness, is_meant) in tests {
        let mut found = targets.iter().filter(|target| is_meant(target));
        match (found.next(), found.next()) {
            (Some(only), None) => return Some((only, likeness)),
            // Several of the same number or name: a person has to choose.
            (Some(_), Some(_)) => return None,
            (None, _) => {}
        }
    }
    let alike = targets.iter().map(|target| {
        let likeness = names(target).map(|of_target| alikeness(&name, &of_target));
        (likeness.fold(0.0, f64::max), target)
    });
    let mut alike: Vec<(f64, &Target)> = alike.filter(|(alike, _)| *alike >= ALIKE_MIN).collect();
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    match alike[..] {
        [(best, target)] => Some((best, target)),
        [(best, target), (next, _), ..] if best > next => Some((best, target)),
        _ => None,
    }
    .map(|(_, target)| (target, Likeness::AlikeName))
}

fn names(target: &Target) -> impl Iterator<Item = String> {
    let all = std::iter::once(target.name.as_str()).chain(target.other_name.as_deref());
    all.map(folded_key)
}

/// How many of the pairs of neighbouring letters and digits two names share, of 1.
fn alikeness(one: &str, other: &str) -> f64 {
    let pairs = |text: &str| -> BTreeSet<(char, char)> {
        let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
        letters.windows(2).map(|pair| (pair[0], pair[1])).collect()
    };
    let (one, other) = (pairs(one), pairs(other));
    let all = one.len() + other.len();
    if all == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "names have few letters")]
    let alike = 2.0 * one.intersection(&other).count() as f64 / all as f64;
    alike
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: &str, name: &str) -> MappingKey {
        MappingKey {
            key: folded_key(name),
            number: number.to_owned(),
            name: name.to_owned(),
            rate: None,
            active: true,
        }
    }

    fn target(id: i64, code: &str, name: &str) -> Target {
        Target {
            id,
            code: code.to_owned(),
            name: name.to_owned(),
            other_name: None,
            rate: None,
        }
    }

    fn suggested(number: &str, name: &str) -> Option<(i64, Likeness)> {
        let targets = [
            target(1, "5000", "Cost of Goods Sold"),
            target(2, "520000", "Freight"),
            target(3, "", "Shop Supplies"),
            target(4, "", "30 Days"),
            target(5, "", "30 days "),
            Target {
                other_name: Some("Main Warehouse".to_owned()),
                ..target(6, "", "Main Warehouse: Receipts")
            },
        ];
        let keys = [key(number, name)];
        let found = suggestions(&keys, &targets);
        found.first().map(|one| (one.target.id, one.likeness))
    }

    #[test]
    fn a_number_goes_before_a_name_and_a_name_before_what_is_alike() {
        use Likeness::{AlikeName, PaddedNumber, SameName, SameNumber};
        for (number, name, expected) in [
            ("5000", "Shop Supplies", Some((1, SameNumber))),
            ("9", "shop  supplies", Some((3, SameName))),
            ("5200", "Carriage", Some((2, PaddedNumber))),
            ("", "Cost of Goods Sold - Materials", Some((1, AlikeName))),
            ("", "main warehouse", Some((6, SameName))),
            ("", "30 Days", None),
            ("", "Payroll", None),
            ("0", "", None),
        ] {
            assert_eq!(suggested(number, name), expected, "{number} {name}");
        }
    }

    #[test]
    fn a_tax_is_found_by_its_name_or_by_what_it_charges() {
        let taxed = |id, name: &str, rate: &str| Target {
            rate: rate.parse().ok(),
            ..target(id, "", name)
        };
        let taxes = [
            taxed(1, "TX 8.25%", "8.25"),
            taxed(2, "Austin", "8.0"),
            taxed(3, "Nothing", "0"),
            taxed(4, "Exempt", "0"),
        ];
        let found = |name: &str, rate: &str| {
            let keys = [MappingKey {
                rate: rate.parse().ok(),
                ..key("", name)
            }];
            let found = suggestions(&keys, &taxes);
            found.first().map(|one| (one.target.id, one.likeness))
        };
        assert_eq!(found("Zone 7", "8.250"), Some((1, Likeness::SameRate)));
        assert_eq!(found("austin", "8.25"), Some((2, Likeness::SameName)));
        assert_eq!(found("Zone 9", "0"), None);
        assert_eq!(found("Zone 9", ""), None);
        assert!(!Likeness::SameRate.is_exact());
    }

    #[test]
    fn only_the_same_is_exact() {
        let all = [
            Likeness::SameNumber,
            Likeness::SameName,
            Likeness::PaddedNumber,
            Likeness::AlikeName,
        ];
        assert_eq!(all.map(Likeness::is_exact), [true, true, false, false]);
    }
}
