//! Connections: unique, sealed, and gone when removed.

use secrecy::{ExposeSecret as _, SecretString};
use store::ErrorKind;
use store::connections::{ConnectionState, NewConnection, Removed};
use sync::record::Reason;

use crate::rig::{
    FLOW, Rig, at, name, new_connection, on_every_database, put, reason, sighting, synced,
};

on_every_database!(
    comes_back_as_added,
    names_and_pairs_are_unique,
    is_replaced_in_place,
    a_pause_is_audited_once,
    leaves_only_its_audit_chain,
);

async fn comes_back_as_added(mut rig: Rig) {
    let id = rig.connection("acme").await;
    rig.connection("Zeta").await;
    rig.connection("beta").await;
    if !matches!(rig.database, crate::rig::Database::Memory) {
        rig.reopen().await;
    }
    let connection = rig.store.connection("acme").await.unwrap().unwrap();
    assert_eq!(connection.id, id);
    assert_eq!(connection.tenant, 1);
    assert_eq!(connection.odoo, "https://odoo.example/acme");
    assert_eq!(connection.settings, serde_json::json!({"every": "60s"}));
    assert_eq!(connection.state, ConnectionState::Active);
    assert_eq!((connection.created_at, connection.version), (at(0), 1));
    assert_eq!(
        rig.store.secrets(id).await.unwrap()["api_key"].expose_secret(),
        "hunter2"
    );
    assert!(rig.store.connection("other").await.unwrap().is_none());
    let names = rig
        .store
        .connections()
        .await
        .unwrap()
        .into_iter()
        .map(|connection| connection.name);
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["Zeta", "acme", "beta"],
        "sorted by bytes on every database"
    );
}

async fn names_and_pairs_are_unique(rig: Rig) {
    rig.connection("acme").await;
    let add = async |new: NewConnection| {
        rig.store
            .add_connection(new, "test", at(1))
            .await
            .unwrap_err()
            .kind()
            .clone()
    };
    let same_name = NewConnection {
        tenant: 2,
        ..new_connection("acme")
    };
    assert_eq!(
        add(same_name).await,
        ErrorKind::NameTaken("acme".to_owned())
    );
    let same_pair = NewConnection {
        name: "other".to_owned(),
        ..new_connection("acme")
    };
    assert_eq!(
        add(same_pair).await,
        ErrorKind::PairTaken("acme".to_owned())
    );
    let other_tenant = NewConnection {
        name: "other".to_owned(),
        tenant: 2,
        ..new_connection("acme")
    };
    rig.store
        .add_connection(other_tenant, "test", at(1))
        .await
        .unwrap();
}

async fn is_replaced_in_place(rig: Rig) {
    let id = rig.connection("acme").await;
    rig.connection("beta").await;
    let replace = async |new: NewConnection| {
        rig.store
            .replace_connection("acme", new, "test", at(1))
            .await
    };

    let mut new = new_connection("acme");
    new.settings = serde_json::json!({"every": "5s"});
    new.secrets
        .insert("api_key".to_owned(), SecretString::from("changed"));
    assert_eq!(replace(new).await.unwrap(), id);
    let connection = rig.store.connection("acme").await.unwrap().unwrap();
    assert_eq!(connection.settings, serde_json::json!({"every": "5s"}));
    assert_eq!(connection.version, 2);
    assert_eq!(
        rig.store.secrets(id).await.unwrap()["api_key"].expose_secret(),
        "changed"
    );

    let elsewhere = NewConnection {
        tenant: 9,
        ..new_connection("acme")
    };
    assert_eq!(
        *replace(elsewhere).await.unwrap_err().kind(),
        ErrorKind::PairDiffers("acme".to_owned())
    );
    let taken = NewConnection {
        name: "beta".to_owned(),
        ..new_connection("acme")
    };
    assert_eq!(
        *replace(taken).await.unwrap_err().kind(),
        ErrorKind::NameTaken("beta".to_owned())
    );
    let renamed = NewConnection {
        name: "acme-2".to_owned(),
        ..new_connection("acme")
    };
    assert_eq!(replace(renamed).await.unwrap(), id);
    assert!(rig.store.connection("acme").await.unwrap().is_none());
}

async fn a_pause_is_audited_once(rig: Rig) {
    let id = rig.connection("acme").await;
    let why = reason("key-revoked", "make a new key");
    let pause = async |why: Reason| {
        let paused = ConnectionState::Paused;
        let set = rig
            .store
            .set_connection_state(id, paused, Some(why), "engine", at(1));
        set.await.unwrap();
    };
    for request in 0..3 {
        let what = format!("HTTP 401, request {request}");
        pause(Reason {
            what,
            ..why.clone()
        })
        .await;
    }
    pause(why.clone()).await;
    let connection = rig.store.connection("acme").await.unwrap().unwrap();
    assert_eq!(
        (connection.state, connection.paused),
        (ConnectionState::Paused, Some(why))
    );
    assert_eq!(connection.version, 1);
    pause(reason("key-revoked", "ask ann")).await;
    rig.store
        .set_connection_state(id, ConnectionState::Active, None, "engine", at(2))
        .await
        .unwrap();
    let actions = rig
        .store
        .audit(id, Some("connection"), 0, 100)
        .await
        .unwrap()
        .into_iter();
    // The trail is in the clear: what happened may quote a vendor and is not there.
    let told = actions.map(|entry| (entry.action, entry.detail));
    assert_eq!(
        told.skip(1).collect::<Vec<_>>(),
        [
            (
                "connection.paused".to_owned(),
                "key-revoked: make a new key".to_owned()
            ),
            (
                "connection.paused".to_owned(),
                "key-revoked: ask ann".to_owned()
            ),
            ("connection.resumed".to_owned(), String::new())
        ]
    );
}

async fn leaves_only_its_audit_chain(rig: Rig) {
    let id = rig.connection("acme").await;
    let other = rig.connection("beta").await;
    for id in [id, other] {
        rig.observe(id, vec![sighting("customer/1", "1", "{}")], at(1))
            .await;
        let due = rig.only_due(id, at(1)).await;
        let mut outcome = synced(&due);
        outcome.links = vec![put("customer_1", 5)];
        outcome.depends_on = vec![name("term_1")];
        outcome.attempt = Some(crate::rig::attempt("Ann"));
        rig.record_outcomes(id, vec![outcome], at(2)).await;
        rig.store
            .save_cursor(id, "quick", "abc", at(2))
            .await
            .unwrap();
        let pass = rig
            .store
            .request_pass(id, vec![FLOW], None, "test", at(2))
            .await
            .unwrap();
        rig.store.begin_pass(pass, at(2)).await.unwrap();
    }
    rig.store
        .remove_connection("acme", "test", at(3))
        .await
        .unwrap();

    assert!(rig.store.connection("acme").await.unwrap().is_none());
    for gone in [
        rig.store.secrets(id).await.unwrap_err(),
        rig.store
            .observe(
                id,
                crate::rig::observed(vec![sighting("customer/1", "1", "{}")]),
                at(4),
            )
            .await
            .unwrap_err(),
        rig.store
            .save_cursor(id, "quick", "abc", at(4))
            .await
            .unwrap_err(),
        rig.store
            .remove_connection("acme", "test", at(4))
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(gone.kind(), ErrorKind::NotFound(_)), "{gone}");
    }
    let chain = rig.store.audit(id, None, 0, 100).await.unwrap();
    assert_eq!(chain.last().unwrap().action, "connection.removed");
    assert!(matches!(
        rig.store.verify_audit(id).await.unwrap(),
        store::audit::Verified::Intact { entries: 3, .. }
    ));

    // The other one is untouched, and the name is free for a new one with an id of its own.
    assert_eq!(rig.record(other, "1").await.links.len(), 1);
    let again = rig.connection("acme").await;
    assert_ne!(again, id);
    assert!(rig.due(again, at(9)).await.is_empty());
    rig.store
        .remove_connection("acme", "test", at(5))
        .await
        .unwrap();
    let removed = |id, removed_at| Removed {
        id,
        name: "acme".to_owned(),
        removed_at,
    };
    assert_eq!(
        rig.store.removed_connections().await.unwrap(),
        [removed(id, at(3)), removed(again, at(5))]
    );
}
