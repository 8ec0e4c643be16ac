//! One record of the target as it should be, against what it is known to hold.

use crate::content::Content;
use crate::link::{Link, Name, TargetId};
use crate::plan::{RECREATE, Subject, Verb, Write};
use crate::sighting::PartKey;

/// One record of the target as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) name: Name,
    pub(crate) part: PartKey,
    pub(crate) model: &'static str,
    /// Of a document's line: the document.
    pub(crate) document: Option<Name>,
    /// Every column that is ours. An `active` of `0` means that it is archived.
    pub(crate) content: Content,
}

impl Target {
    /// The write that makes it.
    pub(crate) fn creation(self) -> Write {
        Write {
            name: self.name,
            part: self.part,
            document: self.document,
            model: self.model,
            verb: Verb::Create {
                columns: self.content.clone(),
            },
            holds: self.content,
        }
    }

    /// The write that says all of it once more.
    pub(crate) fn said_again(self, target: TargetId) -> Write {
        Write {
            name: self.name,
            part: self.part,
            document: self.document,
            model: self.model,
            verb: Verb::Update {
                target,
                columns: self.content.clone(),
            },
            holds: self.content,
        }
    }

    /// The write that brings it to its content, if one is needed. `completed` adds what has to be sent together with the
    /// columns that are new.
    pub(crate) fn difference(
        self,
        subject: &Subject<'_>,
        completed: impl FnOnce(Content) -> Content,
    ) -> Option<Write> {
        let Self {
            name,
            part,
            model,
            document,
            content: wanted,
        } = self;
        let archived = wanted.get("active") == Some("0");
        let recreate = subject.decision == Some(RECREATE);
        let held = held(subject.links, &name);
        let verb = match held {
            // After an unanswered call it may be there all the same.
            None if archived && !may_be_there(subject, &name) => return None,
            Some(_) if recreate && archived => return None,
            // What an unanswered call made for another record is not known yet, and found by its name.
            None => Verb::Create {
                columns: completed(wanted.clone()),
            },
            Some(_) if recreate => Verb::Create {
                columns: completed(wanted.clone()),
            },
            Some(link) => {
                // After an unanswered call nobody knows what it holds: everything is written.
                let changed = if subject.in_doubt.is_some() {
                    wanted.clone()
                } else {
                    wanted.changes_since(&link.base)
                };
                if changed.is_empty() {
                    return None;
                }
                Verb::Update {
                    target: link.target,
                    columns: completed(changed),
                }
            }
        };
        let holds = match (&verb, held) {
            (Verb::Update { columns, .. }, Some(link)) => link.base.overlaid(columns),
            _ => wanted,
        };
        Some(Write {
            name,
            part,
            document,
            model,
            verb,
            holds,
        })
    }
}

/// The link of that name whose target is the record's own.
pub(crate) fn held<'a>(links: &'a [Link], name: &Name) -> Option<&'a Link> {
    links
        .iter()
        .find(|link| &link.name == name && !link.is_alias())
}

/// Whether an unanswered call may have made this one.
pub(crate) fn may_be_there(subject: &Subject<'_>, name: &Name) -> bool {
    subject.in_doubt.is_some_and(|names| names.contains(name))
}

/// Whether a person merged it with another one of ours, in Odoo.
pub(crate) fn shares(links: &[Link], name: &Name) -> bool {
    links
        .iter()
        .any(|link| link.name == *name && link.is_shared())
}
