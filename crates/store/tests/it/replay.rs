//! Replay: "make it due again", for a selection, audited.

use store::records::{Outcome, Selection};
use sync::record::{SourceId, State};

use crate::rig::{FLOW, Rig, at, on_every_database, outcome, reason, sighting, synced};

on_every_database!(
    selects_what_was_asked_for,
    is_audited_per_record,
    touches_what_is_synced,
    touches_what_waits_for_what_is_referred_to,
);

/// Customer n, observed at second n; 1 and 2 failed for different causes, 3 is synced with a warning, 4 without.
async fn four(rig: &Rig) -> store::connections::ConnectionId {
    let id = rig.connection("acme").await;
    for n in 1..=4 {
        rig.observe(
            id,
            vec![sighting(&format!("customer/{n}"), &n.to_string(), "{}")],
            at(n),
        )
        .await;
    }
    let due = rig.due(id, at(4)).await;
    let outcomes = due.iter().map(|due| match due.key.source.0.as_str() {
        "1" => Outcome {
            reason: Some(reason("odoo-refused", "mend")),
            ..outcome(due, State::Failed)
        },
        "2" => Outcome {
            reason: Some(reason("no-country", "mend")),
            ..outcome(due, State::Failed)
        },
        "3" => Outcome {
            warnings: vec!["no such state".to_owned()],
            ..synced(due)
        },
        _ => synced(due),
    });
    rig.record_outcomes(id, outcomes.collect(), at(5)).await;
    id
}

async fn selects_what_was_asked_for(rig: Rig) {
    let sources = |sources: &[&str]| {
        sources
            .iter()
            .map(|id| SourceId((*id).to_owned()))
            .collect()
    };
    for (selection, expected) in [
        (Selection::default(), vec!["1", "2", "3", "4"]),
        (
            Selection {
                flow: Some(FLOW),
                ..Selection::default()
            },
            vec!["1", "2", "3", "4"],
        ),
        (
            Selection {
                cause: Some("odoo-refused".to_owned()),
                ..Selection::default()
            },
            vec!["1"],
        ),
        (
            Selection {
                sources: sources(&["2", "4", "99"]),
                ..Selection::default()
            },
            vec!["2", "4"],
        ),
        (
            Selection {
                since: Some(at(2)),
                until: Some(at(4)),
                ..Selection::default()
            },
            vec!["2", "3"],
        ),
        (
            Selection {
                since: Some(at(2)),
                sources: sources(&["1", "2"]),
                ..Selection::default()
            },
            vec!["2"],
        ),
    ] {
        if let Some(old) = rig.store.connection("acme").await.unwrap() {
            rig.store
                .remove_connection(&old.name, "test", at(6))
                .await
                .unwrap();
        }
        let id = four(&rig).await;
        let count = rig
            .store
            .replay(id, selection.clone(), "cli:ann", at(7))
            .await
            .unwrap();
        let mut due: Vec<_> = rig
            .due(id, at(7))
            .await
            .into_iter()
            .map(|due| due.key.source.0)
            .collect();
        due.sort();
        assert_eq!(due, expected, "{selection:?}");
        assert_eq!(count, u64::try_from(expected.len()).unwrap());
    }
}

async fn is_audited_per_record(rig: Rig) {
    let id = four(&rig).await;
    let selection = Selection {
        flow: Some(FLOW),
        sources: vec![SourceId("1".to_owned()), SourceId("2".to_owned())],
        ..Selection::default()
    };
    rig.store
        .replay(id, selection, "cli:ann", at(7))
        .await
        .unwrap();
    rig.store
        .replay(id, Selection::default(), "cli:ann", at(8))
        .await
        .unwrap();
    let trail = rig
        .store
        .audit(id, Some("customers 1"), 0, 10)
        .await
        .unwrap();
    assert_eq!(trail.len(), 1);
    assert_eq!(
        (trail[0].actor.as_str(), trail[0].action.as_str()),
        ("cli:ann", "record.replayed")
    );
    assert_eq!(
        rig.store.audit(id, Some("records"), 0, 10).await.unwrap()[0].detail,
        "all"
    );
    assert_eq!(rig.record(id, "4").await.trigger, "replay by cli:ann");
}

async fn touches_what_is_synced(rig: Rig) {
    let id = four(&rig).await;
    assert_eq!(
        rig.store
            .touch_referring(id, FLOW, true, &[], at(7))
            .await
            .unwrap(),
        2
    );
    let due = rig.due(id, at(7)).await;
    let due: Vec<&str> = due.iter().map(|due| due.key.source.0.as_str()).collect();
    assert_eq!(due, ["3", "4"]);
}

async fn touches_what_waits_for_what_is_referred_to(rig: Rig) {
    let id = four(&rig).await;
    let causes = ["no-country", "no-plan"];
    let touched = rig
        .store
        .touch_referring(id, FLOW, true, &causes, at(7))
        .await;
    assert_eq!(touched.unwrap(), 3);
    let touched = rig
        .store
        .touch_referring(id, FLOW, false, &causes, at(7))
        .await;
    assert_eq!(touched.unwrap(), 0);
    assert_eq!(rig.record(id, "1").await.state, State::Failed);
}
