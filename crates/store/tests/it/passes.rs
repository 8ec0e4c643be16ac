//! Passes: asked for, begun, counted, finished.

use std::collections::BTreeMap;

use store::ErrorKind;
use store::passes::{Effects, OPEN_PASSES_MAX};
use store::records::{Effect, Outcome};

use crate::rig::{FLOW, Rig, at, on_every_database, sighting, synced};

on_every_database!(
    a_pass_lives,
    open_passes_are_limited,
    a_pass_that_is_not_there
);

async fn a_pass_lives(rig: Rig) {
    let id = rig.connection("acme").await;
    let pass = rig
        .store
        .request_pass(id, vec![FLOW], Some(at(-60)), "cli:ann", at(1))
        .await
        .unwrap();
    let open = rig.store.open_passes(id).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].id, open[0].connection, open[0].flows.clone()),
        (pass, id, vec![FLOW])
    );
    assert_eq!(
        (open[0].since, open[0].requested_at, open[0].started_at),
        (Some(at(-60)), at(1), None)
    );

    rig.store.begin_pass(pass, at(2)).await.unwrap();
    rig.store.begin_pass(pass, at(3)).await.unwrap();
    let rows = (1..=4).map(|n| sighting(&format!("customer/{n}"), &n.to_string(), "{}"));
    rig.observe(id, rows.collect(), at(3)).await;
    let due = rig.due(id, at(3)).await;
    let effects = [
        Effect::Created,
        Effect::Created,
        Effect::Unchanged,
        Effect::None,
    ];
    for (due, effect) in due.iter().zip(effects) {
        let outcome = Outcome {
            effect,
            ..synced(due)
        };
        rig.store
            .record_outcomes(id, vec![outcome], &[pass], at(4))
            .await
            .unwrap();
    }
    rig.store
        .finish_pass(pass, true, at(5), Some("done".to_owned()))
        .await
        .unwrap();
    rig.store
        .finish_pass(pass, false, at(6), None)
        .await
        .unwrap();
    let done = rig.store.pass(pass).await.unwrap().unwrap();
    assert_eq!(
        (done.started_at, done.finished_at),
        (Some(at(2)), Some(at(5)))
    );
    assert_eq!(
        (done.settled, done.note.as_deref()),
        (Some(true), Some("done"))
    );
    let counted = Effects {
        created: 2,
        updated: 0,
        unchanged: 1,
    };
    assert_eq!(done.effects, BTreeMap::from([(FLOW, counted)]));
    assert!(rig.store.open_passes(id).await.unwrap().is_empty());
}

async fn open_passes_are_limited(rig: Rig) {
    let id = rig.connection("acme").await;
    let mut passes = Vec::new();
    for _ in 0..OPEN_PASSES_MAX {
        passes.push(
            rig.store
                .request_pass(id, vec![FLOW], None, "cli:ann", at(1))
                .await
                .unwrap(),
        );
    }
    let refused = rig
        .store
        .request_pass(id, vec![FLOW], None, "cli:ann", at(1))
        .await
        .unwrap_err();
    assert!(
        matches!(refused.kind(), ErrorKind::LimitExceeded { .. }),
        "{refused}"
    );
    rig.store
        .finish_pass(passes[0], true, at(2), None)
        .await
        .unwrap();
    rig.store
        .request_pass(id, vec![FLOW], None, "cli:ann", at(3))
        .await
        .unwrap();
}

async fn a_pass_that_is_not_there(rig: Rig) {
    let id = rig.connection("acme").await;
    let pass = rig
        .store
        .request_pass(id, vec![FLOW], None, "cli:ann", at(1))
        .await
        .unwrap();
    rig.store
        .remove_connection("acme", "test", at(2))
        .await
        .unwrap();
    assert!(rig.store.pass(pass).await.unwrap().is_none());
    assert!(matches!(
        rig.store.begin_pass(pass, at(3)).await.unwrap_err().kind(),
        ErrorKind::NotFound(_)
    ));
}
