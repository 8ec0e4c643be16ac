//! Ids by name, for what people look up by the name that they gave it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Ids by name; a name may stand there twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Names(BTreeMap<String, BTreeSet<i64>>);

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    One(i64),
    Several,
    Nothing,
}

impl Names {
    pub(super) fn of(&self, name: &str) -> Meaning {
        let ids = self.0.get(&folded(name)).into_iter().flatten();
        let mut ids = ids.copied();
        match (ids.next(), ids.next()) {
            (Some(id), None) => Meaning::One(id),
            (Some(_), Some(_)) => Meaning::Several,
            (None, _) => Meaning::Nothing,
        }
    }

    /// Whether there is anything of that id.
    pub(super) fn holds(&self, id: i64) -> bool {
        self.0.values().any(|ids| ids.contains(&id))
    }
}

impl FromIterator<(i64, String)> for Names {
    fn from_iter<I: IntoIterator<Item = (i64, String)>>(named: I) -> Self {
        let mut names: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for (id, name) in named {
            names.entry(folded(&name)).or_default().insert(id);
        }
        Self(names)
    }
}

/// A name without the differences that people do not mean: case and surplus spaces.
pub(super) fn folded(text: &str) -> String {
    crate::plain::line(text).to_lowercase()
}
