//! Mappings: one target for a key, set whole or not at all, and every change on the trail.

use store::ErrorKind;
use store::mappings::{Mapping, MappingTarget, NewMapping};
use sync::mapping::MappingKind;

use crate::rig::{Rig, at, on_every_database};

on_every_database!(
    are_set_changed_and_removed,
    every_change_is_on_the_trail_and_counted_and_no_change_is_not,
    belong_to_their_connection_and_go_with_it,
);

fn account(key: &str, id: i64, code: &str) -> NewMapping {
    NewMapping {
        kind: MappingKind::GlAccount,
        key: key.to_owned(),
        label: "Cost of Goods".to_owned(),
        target: MappingTarget {
            id,
            code: code.to_owned(),
            name: format!("Account {id}"),
        },
    }
}

async fn are_set_changed_and_removed(rig: Rig) {
    let id = rig.connection("acme").await;
    let term = NewMapping {
        kind: MappingKind::PaymentTerm,
        ..account("7", 3, "")
    };
    let new = vec![
        account(" Fuel  Cards", 5, "6200"),
        account("5000", 4, "500000"),
        term.clone(),
    ];
    assert_eq!(
        rig.store
            .set_mappings(id, new, "cli:ann", at(1))
            .await
            .unwrap(),
        3
    );
    let changed = vec![account("5000", 6, "600000")];
    assert_eq!(
        rig.store
            .set_mappings(id, changed, "cli:bob", at(2))
            .await
            .unwrap(),
        1
    );

    let kept = |mapping, seconds, actor: &str| Mapping {
        mapping,
        set_at: at(seconds),
        set_by: actor.to_owned(),
    };
    assert_eq!(
        rig.store.mappings(id).await.unwrap(),
        [
            kept(account("5000", 6, "600000"), 2, "cli:bob"),
            kept(account("fuel cards", 5, "6200"), 1, "cli:ann"),
            kept(term, 1, "cli:ann"),
        ]
    );
    let mapped = rig.store.mapped(id).await.unwrap();
    assert_eq!(mapped.get(MappingKind::GlAccount, "FUEL CARDS"), Some(5));
    assert_eq!(mapped.get(MappingKind::PaymentTerm, "7"), Some(3));

    let remove = |key| {
        rig.store
            .remove_mapping(id, MappingKind::GlAccount, key, "cli:ann", at(3))
    };
    assert!(remove(" FUEL CARDS").await.unwrap());
    assert!(!remove("fuel cards").await.unwrap());
    assert_eq!(rig.store.mappings(id).await.unwrap().len(), 2);
}

async fn every_change_is_on_the_trail_and_counted_and_no_change_is_not(rig: Rig) {
    let id = rig.connection("acme").await;
    let version = async || rig.store.mappings_version(id).await.unwrap();
    let set = async |mappings: Vec<NewMapping>| {
        let changed = rig.store.set_mappings(id, mappings, "cli:ann", at(1));
        changed.await.unwrap()
    };
    let first = version().await;
    assert_eq!(
        set(vec![account("5000", 4, "500000"), account("fuel", 5, "")]).await,
        2
    );
    let second = version().await;
    assert_ne!(second, first);
    assert_eq!(set(vec![account("5000", 4, "500000")]).await, 0);
    assert_eq!(version().await, second);
    assert_eq!(set(Vec::new()).await, 0);
    let remove = |key| {
        rig.store
            .remove_mapping(id, MappingKind::GlAccount, key, "cli:bob", at(2))
    };
    remove("fuel").await.unwrap();
    let third = version().await;
    assert_ne!(third, second);
    remove("fuel").await.unwrap();
    assert_eq!(version().await, third);

    let entries = rig.store.audit(id, None, 0, 100).await.unwrap().into_iter();
    let told = entries.map(|entry| {
        format!(
            "{} {} {} {}",
            entry.actor, entry.action, entry.subject, entry.detail
        )
    });
    assert_eq!(
        told.skip(1).collect::<Vec<_>>(),
        [
            "cli:ann mapping.set mapping gl-account 5000 means account 4 in Odoo",
            "cli:ann mapping.set mapping gl-account fuel means account 5 in Odoo",
            "cli:bob mapping.removed mapping gl-account fuel ",
        ]
    );
    assert!(matches!(
        rig.store.verify_audit(id).await.unwrap(),
        store::audit::Verified::Intact { entries: 4, .. }
    ));
}

async fn belong_to_their_connection_and_go_with_it(rig: Rig) {
    let (id, other) = (rig.connection("acme").await, rig.connection("beta").await);
    for id in [id, other] {
        let new = vec![account("5000", 4, "500000")];
        rig.store
            .set_mappings(id, new, "cli:ann", at(1))
            .await
            .unwrap();
    }
    rig.store
        .remove_connection("acme", "test", at(2))
        .await
        .unwrap();
    assert!(rig.store.mappings(id).await.unwrap().is_empty());
    assert_eq!(rig.store.mappings(other).await.unwrap().len(), 1);
    let gone = rig
        .store
        .set_mappings(id, vec![account("1", 1, "")], "cli:ann", at(3));
    let gone = gone.await.unwrap_err();
    assert!(matches!(gone.kind(), ErrorKind::NotFound(_)), "{gone}");
}
