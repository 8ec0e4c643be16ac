//! The plan of a `load` against a model of how Odoo answers one, traps included.

use std::collections::{BTreeMap, BTreeSet};

use odoo::load::{CALLS_MAX, CONFLICTS_MAX, Plan, Rows, Step};
use odoo::{Error, ErrorKind, Model};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    None,
    /// A reference to nothing: found while the row is read.
    Reference,
    /// No name: found when the batch is saved.
    Nameless,
    /// An exception that Odoo's `load` does not catch: the call fails as a whole.
    Crash,
}

/// A parent, and its child if it has one.
type Family = (Flaw, Option<Flaw>);

fn flaw() -> impl Strategy<Value = Flaw> {
    prop_oneof![
        12 => Just(Flaw::None),
        2 => Just(Flaw::Reference),
        3 => Just(Flaw::Nameless),
    ]
}

fn families() -> impl Strategy<Value = Vec<Family>> {
    proptest::collection::vec((flaw(), proptest::option::of(flaw())), 0..60)
}

const COLUMNS: [&str; 4] = ["id", "name", "parent_id/id", "country_id/id"];

fn row(name: String, flaw: Flaw, parent: String) -> Vec<String> {
    let country = if flaw == Flaw::Reference {
        "base.nosuch"
    } else {
        ""
    };
    let label = match flaw {
        Flaw::Nameless => "",
        Flaw::Crash => "crash",
        Flaw::None | Flaw::Reference => "A",
    };
    vec![name, label.into(), parent, country.into()]
}

fn rows_of(families: &[Family]) -> Rows {
    let mut rows = Rows::new(Model::PARTNER, COLUMNS);
    for (group, (parent, _)) in families.iter().enumerate() {
        rows.push(group, row(format!("t.p{group}"), *parent, String::new()))
            .unwrap();
    }
    for (group, (_, child)) in families.iter().enumerate() {
        if let Some(child) = child {
            rows.push(
                group,
                row(format!("t.c{group}"), *child, format!("t.p{group}")),
            )
            .unwrap();
        }
    }
    rows
}

/// Odoo's `load`, as its source has it: rows are read one by one; a reference to a row that waits to be
/// saved saves all that wait; a batch that fails is tried record by record, and its own error goes in
/// front; each failure rolls everything back to the start; after ten failures a batch is given up.
#[derive(Default)]
struct Odoo {
    saved: BTreeMap<String, i64>,
}

#[derive(Default)]
struct Transaction {
    made: BTreeMap<String, i64>,
    ids: Vec<i64>,
    waiting: Vec<(usize, String, bool)>,
    messages: Vec<Value>,
    last: i64,
}

fn error(record: usize, field: Option<&str>, message: &str) -> Value {
    let mut error = json!({"rows": {"from": record, "to": record}, "record": record,
        "type": "error", "message": message});
    if let Some(field) = field {
        error["field"] = field.into();
    }
    error
}

impl Transaction {
    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.waiting);
        if batch.iter().all(|(_, _, nameless)| !nameless) {
            for (_, name, _) in batch {
                self.make(name);
            }
            return;
        }
        let own = error(batch[0].0, None, "Contacts require a name");
        let mut errors = 0;
        for (record, name, nameless) in batch {
            if nameless {
                self.made.clear();
                self.messages
                    .push(error(record, None, "Contacts require a name"));
                errors += 1;
            } else {
                self.make(name);
            }
            if errors >= 10 {
                self.messages
                    .push(json!({"type": "warning", "message": "Found more than 10 errors"}));
                break;
            }
        }
        if !self.messages.contains(&own) {
            self.messages.insert(0, own);
        }
    }

    fn make(&mut self, name: String) {
        self.last += 1;
        self.ids.push(self.last);
        self.made.insert(name, self.last);
    }
}

impl Odoo {
    fn load(&mut self, arguments: &Value) -> Result<Value, Error> {
        let mut tx = Transaction {
            last: self.saved.values().copied().max().unwrap_or(0),
            ..Default::default()
        };
        let text = |cell: &Value| cell.as_str().unwrap().to_owned();
        for (record, cells) in arguments["data"].as_array().unwrap().iter().enumerate() {
            let (name, label, parent, country) = (
                text(&cells[0]),
                text(&cells[1]),
                text(&cells[2]),
                text(&cells[3]),
            );
            if label == "crash" {
                return Err(Error::new("load", ErrorKind::Mistake, "builtins.TypeError"));
            }
            if !parent.is_empty() {
                if tx.waiting.iter().any(|(_, waiting, _)| *waiting == parent) {
                    tx.flush();
                }
                if !tx.made.contains_key(&parent) && !self.saved.contains_key(&parent) {
                    tx.messages
                        .push(error(record, Some("parent_id"), "No matching record found"));
                }
            }
            if !country.is_empty() {
                tx.messages.push(error(
                    record,
                    Some("country_id"),
                    "No matching record found",
                ));
            }
            tx.waiting.push((record, name, label.is_empty()));
        }
        if !tx.waiting.is_empty() {
            tx.flush();
        }
        if tx.messages.iter().any(|message| message["type"] == "error") {
            return Ok(json!({"ids": false, "messages": tx.messages, "nextrow": 0}));
        }
        self.saved.extend(tx.made);
        Ok(json!({"ids": tx.ids, "messages": [], "nextrow": 0}))
    }
}

/// Runs a plan to its end; `conflicts` says which calls meet one.
fn carry_out<'r>(
    rows: &'r Rows,
    odoo: &mut Odoo,
    conflicts: &BTreeSet<usize>,
) -> Result<Plan<'r>, Error> {
    let mut plan = Plan::new(rows);
    let mut call = 0;
    while let Step::Send { arguments, .. } = plan.step() {
        call += 1;
        if conflicts.contains(&call) {
            let message = error(
                0,
                None,
                "could not serialize access due to concurrent update\n",
            );
            plan.answered(&json!({"ids": false, "messages": [message]}))?;
            continue;
        }
        match odoo.load(&Value::Object(arguments)) {
            Ok(answer) => plan.answered(&answer)?,
            Err(error) => plan.failed(error)?,
        }
    }
    Ok(plan)
}

fn sound((parent, child): Family) -> bool {
    parent == Flaw::None && child.unwrap_or(Flaw::None) == Flaw::None
}

proptest! {
    #[test]
    fn exactly_the_sound_families_are_saved_and_whole(
        families in families(),
        conflicts in proptest::collection::btree_set(1usize..12, 0..CONFLICTS_MAX - 1),
    ) {
        let rows = rows_of(&families);
        let mut odoo = Odoo::default();
        let plan = carry_out(&rows, &mut odoo, &conflicts).unwrap();
        prop_assert!(plan.calls().0 <= CALLS_MAX);
        let (results, _) = plan.finish();
        prop_assert_eq!(results.len(), families.len());
        for (group, family) in families.iter().enumerate() {
            let saved = ["p", "c"].map(|kind| odoo.saved.get(&format!("t.{kind}{group}")).copied());
            match &results[&group] {
                Ok(ids) => {
                    prop_assert!(sound(*family), "{group} was saved");
                    let ids: Vec<_> = ids.iter().map(|id| Some(id.get())).collect();
                    prop_assert_eq!(&ids[..], &saved[..ids.len()]);
                    prop_assert_eq!(ids.len(), 1 + usize::from(family.1.is_some()));
                }
                Err(fault) => {
                    prop_assert!(!sound(*family), "{group} was refused: {fault:?}");
                    prop_assert_eq!(saved, [None, None]);
                }
            }
        }
    }
}

#[test]
fn a_row_that_fails_the_whole_call_is_found_by_halving() {
    let mut families = vec![(Flaw::None, Some(Flaw::None)); 100];
    families[70].1 = Some(Flaw::Crash);
    let rows = rows_of(&families);
    let mut odoo = Odoo::default();
    let plan = carry_out(&rows, &mut odoo, &BTreeSet::new()).unwrap();
    assert!(plan.calls().0 <= 2 * 7 + 1, "{:?}", plan.calls());
    let (results, _) = plan.finish();
    let refused: Vec<_> = results
        .iter()
        .filter(|(_, result)| result.is_err())
        .collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(*refused[0].0, 70);
    assert_eq!(odoo.saved.len(), 198);
}

#[test]
fn a_call_that_can_never_succeed_ends_within_the_limit() {
    let rows = rows_of(&[(Flaw::Crash, None); 125]);
    let error = carry_out(&rows, &mut Odoo::default(), &BTreeSet::new()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Mistake);
}

#[test]
fn conflicts_without_end_are_handed_back() {
    let rows = rows_of(&[(Flaw::None, None); 3]);
    let mut plan = Plan::new(&rows);
    let text = "deadlock detected";
    for n in 1.. {
        let Step::Send {
            conflicts, rows, ..
        } = plan.step()
        else {
            panic!("not done")
        };
        assert_eq!((conflicts, rows), (n - 1, 3));
        match plan.failed(Error::new("res.partner load", ErrorKind::Conflict, text)) {
            Ok(()) => assert!(n < CONFLICTS_MAX),
            Err(error) => {
                assert_eq!((n, error.kind), (CONFLICTS_MAX, ErrorKind::Conflict));
                break;
            }
        }
    }
}

#[test]
fn other_failures_end_the_plan_at_once() {
    let rows = rows_of(&[(Flaw::None, None); 3]);
    for kind in [
        ErrorKind::Timeout,
        ErrorKind::Interrupted,
        ErrorKind::Overloaded,
        ErrorKind::Credentials,
    ] {
        let error = Error::new("res.partner load", kind, "");
        assert_eq!(Plan::new(&rows).failed(error.clone()), Err(error));
    }
}
