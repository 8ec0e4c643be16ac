//! Observing: what differs makes records due, what repeats writes nothing, parts move with their links.

use std::collections::BTreeMap;

use proptest::prelude::*;
use store::ErrorKind;
use store::observations::{Observation, SIGHTINGS_MAX};
use store::records::Selection;
use sync::plan::{DISMISS, RECREATE};
use sync::record::State;
use sync::sighting::Sighting;

use crate::rig::{
    FLOW, Rig, at, name, observed, on_every_database, put, put_for, sighting, synced,
};

on_every_database!(
    new_rows_make_their_record_due,
    repeats_write_nothing,
    a_changed_row_makes_a_settled_record_due_again,
    the_oldest_unplanned_input_counts,
    new_content_takes_a_dismissal_back_and_no_other_decision,
    cursors_are_saved_with_their_rows,
    a_part_moves_with_its_links,
    a_late_outcome_files_the_link_where_the_part_is_now,
    the_last_row_of_a_page_counts,
    large_pages_go_in,
    too_large_pages_do_not,
    hostile_texts_are_kept,
);

async fn new_rows_make_their_record_due(rig: Rig) {
    let id = rig.connection("acme").await;
    let page = vec![
        sighting("customer/1", "1", r#"{"id":1}"#),
        sighting("location/9", "1", r#"{"id":9}"#),
        sighting("customer/2", "2", r#"{"id":2}"#),
    ];
    let seen = rig.observe(id, page, at(1)).await;
    assert_eq!(
        seen,
        Observation {
            changed: 3,
            unchanged: 0
        }
    );
    let due = rig.due(id, at(1)).await;
    assert_eq!(due.len(), 2);
    let first = due.iter().find(|due| due.key.source.0 == "1").unwrap();
    assert_eq!(first.trigger, "feed customers (quick)");
    assert_eq!(
        (first.input_version, first.tries, first.observed_at),
        (1, 0, at(1))
    );
    let parts: Vec<_> = first
        .parts
        .iter()
        .map(|part| (part.key.0.as_str(), part.payload.as_str()))
        .collect();
    assert_eq!(
        parts,
        [("customer/1", r#"{"id":1}"#), ("location/9", r#"{"id":9}"#)]
    );
    assert!(
        rig.due(id, at(0)).await.is_empty(),
        "nothing is due before its time"
    );
    assert_eq!(rig.store.next_due(id, FLOW).await.unwrap(), Some(at(1)));
}

async fn repeats_write_nothing(rig: Rig) {
    let id = rig.connection("acme").await;
    let page = vec![
        sighting("customer/1", "1", "a"),
        sighting("customer/2", "2", "b"),
    ];
    rig.observe(id, page.clone(), at(1)).await;
    let due = rig.due(id, at(1)).await;
    rig.record_outcomes(id, due.iter().map(synced).collect(), at(2))
        .await;
    for again in 3..6 {
        let seen = rig.observe(id, page.clone(), at(again)).await;
        assert_eq!(
            seen,
            Observation {
                changed: 0,
                unchanged: 2
            }
        );
    }
    assert!(rig.due(id, at(9)).await.is_empty());
    assert_eq!(rig.record(id, "1").await.input_version, 1);
}

async fn a_changed_row_makes_a_settled_record_due_again(rig: Rig) {
    let id = rig.connection("acme").await;
    for (state, text) in [State::Synced, State::Failed, State::Ignored, State::Waiting]
        .into_iter()
        .zip(["b", "c", "d", "e"])
    {
        rig.observe(id, vec![sighting("customer/1", "1", text)], at(1))
            .await;
        let due = rig.only_due(id, at(1)).await;
        rig.record_outcomes(id, vec![crate::rig::outcome(&due, state)], at(2))
            .await;
        assert_eq!(rig.state(id, "1").await, state);
    }
    rig.observe(id, vec![sighting("customer/1", "1", "z")], at(3))
        .await;
    assert_eq!(rig.state(id, "1").await, State::Pending);
}

async fn the_oldest_unplanned_input_counts(rig: Rig) {
    let id = rig.connection("acme").await;
    rig.observe(id, vec![sighting("customer/1", "1", "a")], at(1))
        .await;
    rig.observe(id, vec![sighting("customer/1", "1", "b")], at(5))
        .await;
    let due = rig.only_due(id, at(5)).await;
    assert_eq!((due.observed_at, due.input_version), (at(1), 2));
    rig.record_outcomes(id, vec![synced(&due)], at(6)).await;
    rig.observe(id, vec![sighting("customer/1", "1", "c")], at(7))
        .await;
    assert_eq!(rig.only_due(id, at(7)).await.observed_at, at(7));
}

async fn new_content_takes_a_dismissal_back_and_no_other_decision(rig: Rig) {
    let id = rig.connection("acme").await;
    let page = |location: &str| {
        vec![
            sighting("customer/1", "1", "a"),
            sighting("location/9", location, "l"),
            sighting("customer/2", "2", "b"),
            sighting("customer/3", "3", "c"),
        ]
    };
    rig.observe(id, page("1"), at(1)).await;
    let due = rig.due(id, at(1)).await;
    rig.record_outcomes(id, due.iter().map(synced).collect(), at(2))
        .await;
    let decide = async |decision: &str| {
        let selection = Selection {
            decision: Some(decision.to_owned()),
            ..Selection::default()
        };
        let due = rig.store.replay(id, selection, "ann", at(3)).await.unwrap();
        assert_eq!(due, 3);
    };
    let decisions = async || {
        let due = rig.due(id, at(9)).await;
        let decision = |source: &str| {
            let due = due.iter().find(|due| due.key.source.0 == source);
            due.unwrap().decision.clone()
        };
        ["1", "2", "3"].map(decision)
    };
    decide(DISMISS).await;
    rig.observe(id, page("1"), at(4)).await;
    let dismissed = Some(DISMISS.to_owned());
    assert_eq!(
        decisions().await,
        [dismissed.clone(), dismissed.clone(), dismissed.clone()]
    );
    // The location moves from 1 to 2: both hold something new.
    rig.observe(id, page("2"), at(5)).await;
    assert_eq!(decisions().await, [None, None, dismissed]);

    // Who was to be made anew still is, with what came since.
    decide(RECREATE).await;
    rig.observe(id, page("1"), at(6)).await;
    let recreate = Some(RECREATE.to_owned());
    assert_eq!(
        decisions().await,
        [recreate.clone(), recreate.clone(), recreate]
    );
}

async fn cursors_are_saved_with_their_rows(rig: Rig) {
    let id = rig.connection("acme").await;
    assert_eq!(rig.store.cursor(id, "quick").await.unwrap(), None);
    for (seconds, value) in [(1, "token-1"), (2, "token-2")] {
        let mut page = observed(vec![sighting("customer/1", "1", "same")]);
        page.cursor = Some(("quick".to_owned(), value.to_owned()));
        rig.store.observe(id, page, at(seconds)).await.unwrap();
        let cursor = rig.store.cursor(id, "quick").await.unwrap().unwrap();
        assert_eq!(
            (cursor.value.as_str(), cursor.saved_at),
            (value, at(seconds))
        );
    }
    let mut empty = observed(Vec::new());
    empty.cursor = Some(("quick".to_owned(), "token-3".to_owned()));
    assert_eq!(
        rig.store.observe(id, empty, at(3)).await.unwrap(),
        Observation::default()
    );
    assert_eq!(
        rig.store.cursor(id, "quick").await.unwrap().unwrap().value,
        "token-3"
    );
    rig.store
        .save_cursor(id, "settled", "x", at(4))
        .await
        .unwrap();
    rig.store
        .save_cursor(id, "settled", "y", at(5))
        .await
        .unwrap();
    assert_eq!(
        rig.store
            .cursor(id, "settled")
            .await
            .unwrap()
            .unwrap()
            .value,
        "y"
    );
}

/// A location that belonged to customer 1 belongs to customer 2 after a merge.
async fn a_part_moves_with_its_links(rig: Rig) {
    let id = rig.connection("acme").await;
    let page = vec![
        sighting("customer/1", "1", "a"),
        sighting("location/9", "1", "l of 1"),
        sighting("customer/2", "2", "b"),
    ];
    rig.observe(id, page, at(1)).await;
    let due = rig.due(id, at(1)).await;
    let outcomes = due.iter().map(|due| {
        let mut outcome = synced(due);
        if due.key.source.0 == "1" {
            outcome.links = vec![
                put_for("customer/1", "customer_1", 10),
                put_for("location/9", "location_9", 11),
            ];
        }
        outcome
    });
    rig.record_outcomes(id, outcomes.collect(), at(2)).await;

    rig.observe(id, vec![sighting("location/9", "2", "l of 2")], at(3))
        .await;
    let due = rig.due(id, at(3)).await;
    let due: BTreeMap<&str, _> = due
        .iter()
        .map(|due| (due.key.source.0.as_str(), due))
        .collect();
    assert_eq!(
        due.keys().copied().collect::<Vec<_>>(),
        ["1", "2"],
        "both are due"
    );
    assert_eq!((due["1"].input_version, due["2"].input_version), (2, 2));
    let names = |source: &str| {
        due[source]
            .links
            .iter()
            .map(|link| link.name.0.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("1"), ["customer_1"]);
    assert_eq!(names("2"), ["location_9"]);
    assert_eq!(due["1"].parts.len(), 1);
    assert_eq!(due["2"].parts.len(), 2);
    assert_eq!(due["1"].trigger, "feed customers (quick) (a part left)");
}

async fn a_late_outcome_files_the_link_where_the_part_is_now(rig: Rig) {
    let id = rig.connection("acme").await;
    rig.observe(
        id,
        vec![
            sighting("customer/1", "1", "a"),
            sighting("location/9", "1", "l"),
        ],
        at(1),
    )
    .await;
    let planned = rig.only_due(id, at(1)).await;
    rig.observe(id, vec![sighting("location/9", "2", "m")], at(2))
        .await;
    let mut outcome = synced(&planned);
    outcome.links = vec![put_for("location/9", "location_9", 11)];
    rig.record_outcomes(id, vec![outcome], at(3)).await;
    assert_eq!(rig.record(id, "2").await.links.len(), 1);
    assert_eq!(rig.record(id, "1").await.links.len(), 0);
    assert_eq!(rig.state(id, "1").await, State::Pending);
}

async fn the_last_row_of_a_page_counts(rig: Rig) {
    let id = rig.connection("acme").await;
    rig.observe(id, vec![sighting("customer/1", "1", "a")], at(1))
        .await;
    // There and back again: the second row shows what was known before the page.
    let page = ["b", "a"].map(|payload| sighting("customer/1", "1", payload));
    let seen = rig.observe(id, page.to_vec(), at(2)).await;
    assert_eq!(
        seen,
        Observation {
            changed: 2,
            unchanged: 0
        }
    );
    assert_eq!(rig.record(id, "1").await.parts[0].payload, "a");
    let page = ["a", "c", "c", "d"].map(|payload| sighting("customer/1", "1", payload));
    let seen = rig.observe(id, page.to_vec(), at(3)).await;
    assert_eq!(
        seen,
        Observation {
            changed: 2,
            unchanged: 2
        }
    );
    assert_eq!(rig.record(id, "1").await.parts[0].payload, "d");
}

async fn large_pages_go_in(rig: Rig) {
    let id = rig.connection("acme").await;
    let page: Vec<Sighting> = (0..5_000)
        .map(|row| {
            sighting(
                &format!("customer/{row}"),
                &row.to_string(),
                &format!(r#"{{"id":{row}}}"#),
            )
        })
        .collect();
    assert_eq!(rig.observe(id, page.clone(), at(1)).await.changed, 5_000);
    assert_eq!(rig.observe(id, page, at(2)).await.unchanged, 5_000);
    let due = rig
        .store
        .due(id, FLOW, at(3), 5_000, &std::collections::HashSet::new())
        .await
        .unwrap();
    assert_eq!(due.len(), 5_000);
    assert!(due.iter().all(|due| due.parts.len() == 1));
    let rest = rig
        .store
        .due(id, FLOW, at(3), 10, &crate::rig::ids(&due[..4_995]))
        .await
        .unwrap();
    assert_eq!(rest.len(), 5, "records in hand are left out");
}

async fn too_large_pages_do_not(rig: Rig) {
    let id = rig.connection("acme").await;
    let page = vec![sighting("customer/1", "1", "a"); SIGHTINGS_MAX + 1];
    let refused = rig
        .store
        .observe(id, observed(page), at(1))
        .await
        .unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::LimitExceeded { .. }));
    assert!(rig.due(id, at(9)).await.is_empty());
}

/// PostgreSQL cannot store NUL in a text; quotes and other scripts must come back as they were.
async fn hostile_texts_are_kept(rig: Rig) {
    let id = rig.connection("acme").await;
    let payload = "{\"name\":\"O'Neil \\u0000 \0 ; DROP TABLE records; -- 李 𝄞\"}";
    let page = vec![
        sighting("customer/1'\"{}$1", "1'\"{}$1", payload),
        sighting("customer/\0", "nul\0", "x"),
    ];
    rig.observe(id, page.clone(), at(1)).await;
    assert_eq!(rig.observe(id, page, at(2)).await.unchanged, 2);
    let view = rig.record(id, "1'\"{}$1").await;
    assert_eq!(view.parts[0].payload, payload);
    let due = rig.due(id, at(2)).await;
    assert_eq!(due.len(), 2);
    let mut outcome = synced(&due[0]);
    outcome.links = vec![put("customer_'\"", 1)];
    outcome.warnings = vec!["'\"\0".to_owned()];
    rig.record_outcomes(id, vec![outcome], at(3)).await;
    assert_eq!(
        rig.store
            .links(id, &[name("customer_'\"")])
            .await
            .unwrap()
            .len(),
        1
    );
}

fn any_sighting() -> impl Strategy<Value = Sighting> {
    (0..4_u8, 0..3_u8, 0..3_u8).prop_map(|(part, owner, text)| {
        sighting(
            &format!("location/{part}"),
            &owner.to_string(),
            &format!("text {text}"),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever was seen before, in whatever order, however often and in whatever pages: after one full look at the
    /// source, parts are where and what the source shows, and looking again shows nothing new.
    #[test]
    fn any_history_converges(
        history in prop::collection::vec(prop::collection::vec(any_sighting(), 0..6), 0..6),
        last in prop::collection::vec(any_sighting(), 1..5),
    ) {
        let truth: BTreeMap<String, Sighting> =
            last.iter().map(|row| (row.part.0.clone(), row.clone())).collect();
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let rig = Rig::memory().await;
            let id = rig.connection("acme").await;
            let mut now = 0;
            for page in history.into_iter().chain([last.clone()]) {
                now += 1;
                rig.observe(id, page, at(now)).await;
                let due = rig.due(id, at(now)).await;
                let outcomes = due.iter().map(|due| {
                    let mut outcome = synced(due);
                    outcome.links = due
                        .parts
                        .iter()
                        .map(|part| put_for(&part.key.0, &part.key.0.replace('/', "_"), 1))
                        .collect();
                    outcome
                });
                rig.record_outcomes(id, outcomes.collect(), at(now)).await;
            }
            let full: Vec<Sighting> = truth.values().cloned().collect();
            let seen = rig.observe(id, full, at(now + 1)).await;
            assert_eq!(seen.changed, 0);
            for row in truth.values() {
                let view = rig.record(id, &row.owner.0).await;
                let part = view.parts.iter().find(|part| part.key == row.part).expect("the part is with its owner");
                assert_eq!(part.payload, row.payload);
                let link = name(&row.part.0.replace('/', "_"));
                assert!(view.links.iter().any(|found| found.name == link), "the link moved along");
            }
        });
    }
}
