//! The other records that one refers to: which of them Odoo does not hold yet, and what a person can do if that lasts.

use crate::flow::Flow;
use crate::link::TargetId;
use crate::plan::{Decision, Subject};
use crate::record::{Key, Reason, SourceId, State};
use crate::single;

/// The key of a record with a numeric id.
pub(crate) fn key(flow: Flow, id: i64) -> Key {
    Key {
        flow,
        source: SourceId::from(id),
    }
}

/// Odoo's id of another record.
pub(crate) fn target(subject: &Subject<'_>, key: &Key) -> Option<TargetId> {
    let other = subject.others.get(&key.link_name())?;
    other.link.as_ref().map(|link| link.target)
}

/// Each key once, in the order in which it came first.
pub(crate) fn once(keys: impl IntoIterator<Item = Key>) -> Vec<Key> {
    let mut once: Vec<Key> = Vec::new();
    for key in keys {
        if !once.contains(&key) {
            once.push(key);
        }
    }
    once
}

/// Those that Odoo does not hold.
pub(crate) fn missing(subject: &Subject<'_>, keys: Vec<Key>) -> Vec<Key> {
    let keys = keys.into_iter();
    keys.filter(|key| target(subject, key).is_none()).collect()
}

/// The plan of a record that waits for others.
pub(crate) fn wait(on: Vec<Key>, flow: Flow, subject: &Subject<'_>) -> Decision {
    let named: Vec<String> = on
        .iter()
        .map(|key| format!("{} {}", key.flow.noun(), key.source))
        .collect();
    let state = |key: &Key| subject.others.get(&key.link_name())?.state;
    let inactive = |key: &Key| {
        let other = subject.others.get(&key.link_name());
        other.and_then(|other| other.cause.as_deref()) == Some(single::INACTIVE)
    };
    let advice = on.iter().find_map(|key| match state(key) {
        Some(State::Failed) => Some(format!(
            "`ml-connector failures` says why it is not in Odoo; mend that, and the {} goes on by itself.",
            flow.noun()
        )),
        // It is on its way, or comes all the same.
        Some(State::Pending | State::Waiting) | None => None,
        Some(State::Ignored) if inactive(key) => None,
        Some(State::Ignored | State::Synced) => Some(format!(
            "{} {} was left out or is gone from Odoo: run `ml-connector replay --recreate {}` to have it there, or \
             `ml-connector replay --dismiss` for this {}.",
            key.flow.noun(),
            key.source,
            key.source,
            flow.noun()
        )),
    });
    Decision::Wait {
        reason: Reason {
            cause: "waits-for-others".to_owned(),
            what: format!("The {} waits for {}.", flow.noun(), named.join(", ")),
            advice: advice.unwrap_or_default(),
        },
        on,
    }
}
