//! Outcomes: states, retries, links, and the races between planning and the world.

use store::ErrorKind;
use store::links::LinkChange;
use store::records::{Doubt, Due, Outcome};
use sync::link::TargetId;
use sync::record::State;

use crate::rig::{
    FLOW, Rig, at, attempt, link, name, on_every_database, outcome, put, reason, sighting, synced,
};

on_every_database!(
    an_outcome_is_written_down,
    a_retry_counts_and_waits,
    an_outcome_of_old_input_leaves_the_record_due,
    a_link_wakes_those_that_wait_for_it,
    a_moved_link_wakes_those_that_depend_on_it,
    a_link_that_changed_during_planning_is_not_missed,
    a_batch_that_makes_and_needs_a_link_settles,
    a_link_is_forgotten_and_made_again,
    who_waits_for_a_record_that_is_left_out_is_due_again,
    a_decision_lasts_until_it_is_planned,
    a_call_is_in_doubt_until_an_outcome_says_otherwise,
    outcomes_are_all_or_nothing,
    attempts_come_back_newest_first,
);

/// Customers 1 to `count`, observed and read as due.
async fn customers(rig: &Rig, count: i64) -> (store::connections::ConnectionId, Vec<Due>) {
    let id = rig.connection("acme").await;
    let rows = (1..=count).map(|n| sighting(&format!("customer/{n}"), &n.to_string(), "{}"));
    rig.observe(id, rows.collect(), at(1)).await;
    let mut due = rig.due(id, at(1)).await;
    due.sort_by(|a, b| a.key.cmp(&b.key));
    (id, due)
}

async fn an_outcome_is_written_down(rig: Rig) {
    let (id, due) = customers(&rig, 1).await;
    let mut made = synced(&due[0]);
    made.warnings = vec!["no such state".to_owned()];
    made.reason = Some(reason("kept-short", ""));
    made.links = vec![put("customer_1", 10)];
    made.depends_on = vec![name("term_2"), name("term_1"), name("term_2")];
    rig.record_outcomes(id, vec![made], at(2)).await;
    let view = rig.record(id, "1").await;
    assert_eq!(
        (view.state, view.since, view.due_at),
        (State::Synced, at(2), None)
    );
    assert_eq!((view.input_version, view.planned_version), (1, 1));
    assert_eq!(view.reason, Some(reason("kept-short", "")));
    assert_eq!(view.warnings, ["no such state"]);
    assert_eq!(view.links, [link("customer_1", 10)]);
    assert_eq!(view.depends_on, [name("term_1"), name("term_2")]);
    assert_eq!(rig.store.next_due(id, FLOW).await.unwrap(), None);
    let found = rig
        .store
        .links(id, &[name("customer_1"), name("customer_2")])
        .await
        .unwrap();
    assert_eq!(
        found.into_values().collect::<Vec<_>>(),
        [link("customer_1", 10)]
    );
}

async fn a_retry_counts_and_waits(rig: Rig) {
    let (id, due) = customers(&rig, 1).await;
    let retry = |due: &Due, seconds| Outcome {
        due_at: Some(at(seconds)),
        reason: Some(reason("odoo-down", "wait")),
        ..outcome(due, State::Pending)
    };
    rig.record_outcomes(id, vec![retry(&due[0], 60)], at(2))
        .await;
    assert!(rig.due(id, at(59)).await.is_empty());
    assert_eq!(rig.store.next_due(id, FLOW).await.unwrap(), Some(at(60)));
    let due = rig.only_due(id, at(60)).await;
    assert_eq!(
        (due.tries, due.observed_at),
        (1, at(1)),
        "it still lags since its input came"
    );
    rig.record_outcomes(id, vec![retry(&due, 120)], at(61))
        .await;
    assert_eq!(rig.only_due(id, at(120)).await.tries, 2);
    rig.observe(id, vec![sighting("customer/1", "1", "new")], at(62))
        .await;
    let due = rig.only_due(id, at(62)).await;
    assert_eq!(due.tries, 0, "new input is tried anew, at once");
    rig.record_outcomes(id, vec![retry(&due, 90)], at(63)).await;
    rig.record_outcomes(id, vec![synced(&due)], at(64)).await;
    assert_eq!(rig.record(id, "1").await.tries, 0);
}

async fn an_outcome_of_old_input_leaves_the_record_due(rig: Rig) {
    let (id, due) = customers(&rig, 1).await;
    rig.observe(id, vec![sighting("customer/1", "1", "newer")], at(5))
        .await;
    let mut old = outcome(&due[0], State::Failed);
    old.reason = Some(reason("odoo-refused", "mend it"));
    old.links = vec![put("customer_1", 10)];
    old.attempt = Some(attempt("old"));
    rig.record_outcomes(id, vec![old], at(6)).await;
    let again = rig.only_due(id, at(6)).await;
    assert_eq!(again.input_version, 2);
    assert_eq!(again.observed_at, at(5), "the older input is planned");
    assert_eq!(
        again.links,
        [link("customer_1", 10)],
        "what was done counts"
    );
    assert_eq!(rig.store.attempts(again.record, 10).await.unwrap().len(), 1);
    assert_eq!(rig.record(id, "1").await.reason, None);
    rig.record_outcomes(id, vec![synced(&again)], at(7)).await;
    assert_eq!(rig.state(id, "1").await, State::Synced);
}

/// Record 2 waits for a link that record 1 makes later.
async fn a_link_wakes_those_that_wait_for_it(rig: Rig) {
    let (id, due) = customers(&rig, 3).await;
    let mut waits = outcome(&due[1], State::Waiting);
    waits.depends_on = vec![name("customer_1")];
    rig.record_outcomes(id, vec![waits, synced(&due[2])], at(2))
        .await;
    assert_eq!(rig.state(id, "2").await, State::Waiting);
    let mut makes = synced(&due[0]);
    makes.links = vec![put("customer_1", 10)];
    rig.record_outcomes(id, vec![makes], at(3)).await;
    let woken = rig.only_due(id, at(3)).await;
    assert_eq!(
        (woken.key.source.0.as_str(), woken.trigger.as_str()),
        ("2", "link customer_1")
    );
}

async fn a_moved_link_wakes_those_that_depend_on_it(rig: Rig) {
    let (id, due) = customers(&rig, 2).await;
    let mut first = synced(&due[0]);
    first.links = vec![put("customer_1", 10)];
    let mut second = synced(&due[1]);
    second.depends_on = vec![name("customer_1")];
    rig.record_outcomes(id, vec![first], at(2)).await;
    let second = Outcome {
        links_version: rig.only_due(id, at(2)).await.links_version,
        ..second
    };
    rig.record_outcomes(id, vec![second], at(2)).await;
    assert!(rig.due(id, at(9)).await.is_empty());

    let again = |changes| Outcome {
        links: changes,
        ..synced(&due[0])
    };
    // The same target, with other content there: nobody else cares.
    let mut same = link("customer_1", 10);
    same.base.set("name", "other");
    let same = LinkChange::Put {
        link: same,
        part: None,
    };
    rig.record_outcomes(id, vec![again(vec![same])], at(3))
        .await;
    assert!(rig.due(id, at(9)).await.is_empty());

    let moved = vec![put("customer_1", 20)];
    rig.record_outcomes(id, vec![again(moved.clone())], at(4))
        .await;
    let woken = rig.only_due(id, at(4)).await;
    assert_eq!(woken.key.source.0, "2");
    let held = rig.store.links(id, &[name("customer_1")]).await.unwrap();
    assert_eq!(held[&name("customer_1")].target, TargetId(20));
    rig.record_outcomes(
        id,
        vec![Outcome {
            depends_on: vec![name("customer_1")],
            ..synced(&woken)
        }],
        at(5),
    )
    .await;

    rig.record_outcomes(id, vec![again(moved)], at(6)).await;
    assert!(rig.due(id, at(9)).await.is_empty(), "it was there already");
}

/// Record 2 is planned, finds no link, and before its outcome lands, record 1 makes the link. Its name is not in the
/// table of dependencies yet, so nothing wakes it: the links' version must.
async fn a_link_that_changed_during_planning_is_not_missed(rig: Rig) {
    let (id, due) = customers(&rig, 2).await;
    let mut makes = synced(&due[0]);
    makes.links = vec![put("customer_1", 10)];
    rig.record_outcomes(id, vec![makes], at(2)).await;
    let mut waits = outcome(&due[1], State::Waiting);
    waits.depends_on = vec![name("customer_1")];
    rig.record_outcomes(id, vec![waits], at(3)).await;
    let woken = rig.only_due(id, at(3)).await;
    assert_eq!(woken.key.source.0, "2");
    assert!(woken.input_version > due[1].input_version);
    rig.record_outcomes(
        id,
        vec![Outcome {
            depends_on: vec![name("customer_1")],
            ..synced(&woken)
        }],
        at(4),
    )
    .await;
    assert_eq!(rig.state(id, "2").await, State::Synced);
}

async fn a_batch_that_makes_and_needs_a_link_settles(rig: Rig) {
    let (id, due) = customers(&rig, 2).await;
    let mut waits = outcome(&due[1], State::Waiting);
    waits.depends_on = vec![name("customer_1")];
    let mut makes = synced(&due[0]);
    makes.links = vec![put("customer_1", 10)];
    // A record that looks at its own link is not outdated by making it.
    makes.depends_on = vec![name("customer_1")];
    rig.record_outcomes(id, vec![makes, waits], at(2)).await;
    assert_eq!(rig.only_due(id, at(2)).await.key.source.0, "2");
}

async fn who_waits_for_a_record_that_is_left_out_is_due_again(rig: Rig) {
    let (id, due) = customers(&rig, 3).await;
    let waits = |due| Outcome {
        depends_on: vec![name("customer_1")],
        ..outcome(due, State::Waiting)
    };
    let left_out = |due| Outcome {
        settles: vec![name("customer_1")],
        ..outcome(due, State::Ignored)
    };
    // One waits already, the other is planned with the one that is left out.
    rig.record_outcomes(id, vec![waits(&due[1])], at(2)).await;
    rig.record_outcomes(id, vec![waits(&due[2]), left_out(&due[0])], at(3))
        .await;
    for source in ["2", "3"] {
        assert_eq!(rig.state(id, source).await, State::Pending, "{source}");
    }
    // Who went on without it is left alone.
    let due = rig.due(id, at(4)).await;
    let on = due.iter().map(|due| Outcome {
        depends_on: vec![name("customer_1")],
        ..synced(due)
    });
    rig.record_outcomes(id, on.collect(), at(4)).await;
    assert_eq!(rig.state(id, "2").await, State::Synced);
}

async fn a_link_is_forgotten_and_made_again(rig: Rig) {
    let (id, due) = customers(&rig, 1).await;
    let changes = |changes| Outcome {
        links: changes,
        ..synced(&due[0])
    };
    let forget = || LinkChange::Forget {
        name: name("customer_1"),
    };
    rig.record_outcomes(id, vec![changes(vec![put("customer_1", 10)])], at(2))
        .await;
    rig.record_outcomes(
        id,
        vec![changes(vec![forget(), put("customer_1", 20)])],
        at(3),
    )
    .await;
    let held = rig.store.links(id, &[name("customer_1")]).await.unwrap();
    assert_eq!(held[&name("customer_1")].target, TargetId(20));
    rig.record_outcomes(
        id,
        vec![changes(vec![put("customer_1", 30), forget()])],
        at(4),
    )
    .await;
    assert!(
        rig.store
            .links(id, &[name("customer_1")])
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_decision_lasts_until_it_is_planned(rig: Rig) {
    let (id, due) = customers(&rig, 1).await;
    rig.record_outcomes(id, vec![outcome(&due[0], State::Waiting)], at(2))
        .await;
    let selection = store::records::Selection {
        sources: vec![due[0].key.source.clone()],
        decision: Some("recreate".to_owned()),
        ..Default::default()
    };
    assert_eq!(
        rig.store
            .replay(id, selection, "cli:ann", at(3))
            .await
            .unwrap(),
        1
    );
    let decided = rig.only_due(id, at(3)).await;
    assert_eq!(decided.decision.as_deref(), Some("recreate"));
    rig.record_outcomes(id, vec![outcome(&due[0], State::Waiting)], at(4))
        .await;
    let decided = rig.only_due(id, at(4)).await;
    assert_eq!(
        decided.decision.as_deref(),
        Some("recreate"),
        "an outcome from before the decision keeps it"
    );
    rig.record_outcomes(id, vec![outcome(&decided, State::Pending)], at(5))
        .await;
    let decided = rig.only_due(id, at(5)).await;
    assert_eq!(
        decided.decision.as_deref(),
        Some("recreate"),
        "a retry keeps it"
    );
    rig.record_outcomes(id, vec![synced(&decided)], at(6)).await;
    assert_eq!(rig.record(id, "1").await.decision, None);
}

async fn a_call_is_in_doubt_until_an_outcome_says_otherwise(rig: Rig) {
    let (id, due) = customers(&rig, 2).await;
    assert_eq!(due[0].doubt, None);
    let doubt = Doubt {
        until: at(90),
        names: [name("customer_1"), name("location_7")].into(),
    };
    let noted = vec![
        (due[0].record, Some(doubt.clone())),
        (due[1].record, Some(doubt.clone())),
    ];
    rig.store.note_call(id, noted).await.unwrap();
    let withdrawn = vec![(due[1].record, None)];
    rig.store.note_call(id, withdrawn).await.unwrap();
    let doubts = |due: &[Due]| -> Vec<_> { due.iter().map(|due| due.doubt.clone()).collect() };
    let mut due = rig.due(id, at(2)).await;
    due.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(doubts(&due), [Some(doubt.clone()), None]);
    // Answered, and yet an earlier one may be under way.
    let again = Outcome {
        due_at: Some(at(90)),
        doubt: Some(doubt.clone()),
        ..outcome(&due[0], State::Pending)
    };
    rig.record_outcomes(id, vec![again, synced(&due[1])], at(3))
        .await;
    let due = rig.due(id, at(90)).await;
    assert_eq!(doubts(&due), [Some(doubt)]);
    rig.record_outcomes(id, vec![synced(&due[0])], at(91)).await;
    rig.observe(id, vec![sighting("customer/1", "1", "{\"a\":1}")], at(92))
        .await;
    assert_eq!(rig.only_due(id, at(92)).await.doubt, None);
}

async fn outcomes_are_all_or_nothing(rig: Rig) {
    let (id, due) = customers(&rig, 2).await;
    let other = rig.connection("beta").await;
    let mut first = synced(&due[0]);
    first.links = vec![put("customer_1", 10)];
    // The second one names a record that this connection does not have.
    rig.observe(other, vec![sighting("customer/1", "1", "{}")], at(1))
        .await;
    let foreign = synced(&rig.only_due(other, at(1)).await);
    let refused = rig
        .store
        .record_outcomes(id, vec![first, foreign], &[], at(2))
        .await
        .unwrap_err();
    assert!(
        matches!(refused.kind(), ErrorKind::NotFound(_)),
        "{refused}"
    );
    assert_eq!(rig.due(id, at(2)).await.len(), 2);
    assert!(
        rig.store
            .links(id, &[name("customer_1")])
            .await
            .unwrap()
            .is_empty()
    );
}

async fn attempts_come_back_newest_first(rig: Rig) {
    let (id, due) = customers(&rig, 1).await;
    for sent in ["one", "two", "three"] {
        let outcome = Outcome {
            attempt: Some(attempt(sent)),
            ..synced(&due[0])
        };
        rig.record_outcomes(id, vec![outcome], at(2)).await;
    }
    let attempts = rig.store.attempts(due[0].record, 2).await.unwrap();
    let sent: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.sent["rows"][0].as_str().unwrap())
        .collect();
    assert_eq!(sent, ["three", "two"]);
    assert_eq!(attempts[0].received, serde_json::json!({"ids": [1]}));
    assert_eq!(
        (attempts[0].started_at, attempts[0].finished_at),
        (at(1), at(2))
    );
}
