//! What a person is told.

use std::collections::HashSet;

use store::records::Outcome;
use store::status::{RECORDS_PER_FAILURE_MAX, STUCK_MAX};
use sync::record::State;

use crate::rig::{FLOW, Rig, at, key, on_every_database, outcome, reason, sighting, synced};

on_every_database!(
    counts_and_times,
    failures_come_in_groups,
    what_is_stuck_comes_in_pages_with_what_its_source_said,
    an_unknown_record
);

async fn counts_and_times(rig: Rig) {
    let id = rig.connection("acme").await;
    let empty = &rig.store.status(id).await.unwrap()[0];
    assert_eq!(empty.counts.values().sum::<u64>(), 0);
    assert_eq!(empty.counts.len(), State::ALL.len());
    assert_eq!(
        (empty.oldest_pending_at, empty.last_observed_at),
        (None, None)
    );

    for n in 1..=6 {
        rig.observe(
            id,
            vec![sighting(&format!("customer/{n}"), &n.to_string(), "{}")],
            at(n),
        )
        .await;
    }
    let due = rig.due(id, at(6)).await;
    let ends = [
        State::Synced,
        State::Synced,
        State::Failed,
        State::Ignored,
        State::Waiting,
    ];
    let outcomes = due.iter().zip(ends).map(|(due, state)| outcome(due, state));
    let mut outcomes: Vec<Outcome> = outcomes.collect();
    outcomes[0].warnings = vec!["w".to_owned()];
    rig.record_outcomes(id, outcomes, at(7)).await;
    let all = rig.store.status(id).await.unwrap();
    let status = all.iter().find(|status| status.flow == FLOW).unwrap();
    let counts: Vec<_> = status
        .counts
        .iter()
        .map(|(state, count)| (state.as_str(), *count))
        .collect();
    assert_eq!(
        counts,
        [
            ("pending", 1),
            ("waiting", 1),
            ("synced", 2),
            ("failed", 1),
            ("ignored", 1)
        ]
    );
    assert_eq!(status.warnings, 1);
    assert_eq!(status.oldest_pending_at, Some(at(6)));
    assert_eq!(status.last_observed_at, Some(at(6)));
}

async fn failures_come_in_groups(rig: Rig) {
    let (id, other) = (rig.connection("acme").await, rig.connection("beta").await);
    let total = RECORDS_PER_FAILURE_MAX + 5;
    let rows = (0..total).map(|n| sighting(&format!("customer/{n}"), &format!("{n:03}"), "{}"));
    rig.observe(id, rows.collect(), at(1)).await;
    let due = rig
        .store
        .due(id, crate::rig::FLOW, at(1), 1_000, &HashSet::new())
        .await
        .unwrap();
    let outcomes = due.iter().map(|due| Outcome {
        reason: Some(reason("odoo-refused", "mend it")),
        ..outcome(due, State::Failed)
    });
    rig.record_outcomes(id, outcomes.collect(), at(2)).await;
    let more = vec![
        sighting("customer/a", "a", "{}"),
        sighting("customer/b", "b", "{}"),
        sighting("customer/c", "c", "{}"),
    ];
    rig.observe(other, more, at(3)).await;
    let due = rig.due(other, at(3)).await;
    let outcomes = vec![
        Outcome {
            reason: Some(reason("deleted-there", "decide")),
            ..outcome(&due[0], State::Waiting)
        },
        Outcome {
            reason: Some(reason("waits-for-record", "")),
            ..outcome(&due[1], State::Waiting)
        },
        synced(&due[2]),
    ];
    rig.record_outcomes(other, outcomes, at(4)).await;

    let groups = rig.store.failures(None).await.unwrap();
    assert_eq!(
        groups.len(),
        2,
        "what waits for another record is no failure: {groups:#?}"
    );
    let (big, small) = (&groups[0], &groups[1]);
    assert_eq!(
        (big.connection, big.cause.as_str(), big.advice.as_str()),
        (id, "odoo-refused", "mend it")
    );
    assert_eq!(
        (big.state, big.count),
        (State::Failed, u64::try_from(total).unwrap())
    );
    assert_eq!(big.records.len(), RECORDS_PER_FAILURE_MAX);
    assert_eq!(
        (big.records[0].what.as_str(), big.records[0].since),
        ("odoo-refused happened", at(2))
    );
    assert_eq!(
        (small.connection, small.state, small.count),
        (other, State::Waiting, 1)
    );
    assert_eq!(
        rig.store.failures(Some(other)).await.unwrap(),
        std::slice::from_ref(small)
    );
}

async fn an_unknown_record(rig: Rig) {
    let id = rig.connection("acme").await;
    assert!(rig.store.record(id, &key("1")).await.unwrap().is_none());
}

async fn what_is_stuck_comes_in_pages_with_what_its_source_said(rig: Rig) {
    let id = rig.connection("acme").await;
    let other = rig.connection("other").await;
    let count = STUCK_MAX + 3;
    for (connection, count) in [(id, count), (other, 1)] {
        let rows = (0..count).map(|n| {
            let row = format!("{{\"n\": {n}}}");
            sighting(&format!("customer/{n}"), &n.to_string(), &row)
        });
        rig.observe(connection, rows.collect(), at(1)).await;
        let none = HashSet::new();
        let due = rig.store.due(connection, FLOW, at(1), 1_000, &none).await;
        let due = due.unwrap();
        let outcomes = due.iter().map(|due| {
            // One is well, one waits for another record.
            let (state, advice) = match due.key.source.0.as_str() {
                "0" => (State::Synced, ""),
                "1" => (State::Waiting, ""),
                _ => (State::Failed, "Mend it."),
            };
            let mut outcome = outcome(due, state);
            outcome.reason = Some(reason("broken", advice));
            outcome
        });
        let outcomes = outcomes.collect();
        rig.record_outcomes(connection, outcomes, at(2)).await;
    }
    let first = rig.store.stuck(id, None).await.unwrap();
    assert_eq!(first.len(), STUCK_MAX);
    let after = first.last().map(|one| one.record);
    let rest = rig.store.stuck(id, after).await.unwrap();
    assert_eq!(rest.len(), 1);
    let all = first.iter().chain(&rest);
    let named: HashSet<&str> = all.clone().map(|one| one.key.source.0.as_str()).collect();
    assert_eq!(named.len(), STUCK_MAX + 1);
    for one in all {
        let n: usize = one.key.source.0.parse().unwrap();
        assert!(n > 1, "{one:?}");
        let [part] = &one.parts[..] else {
            panic!("{one:?}")
        };
        assert_eq!(part.payload, format!("{{\"n\": {n}}}"));
        assert_eq!((one.state, one.cause.as_str()), (State::Failed, "broken"));
    }
}
