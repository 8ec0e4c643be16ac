//! Tokens: kept as hashes, told to the trail, refused from their end on.

use store::ErrorKind;
use store::connections::ConnectionId;
use store::tokens::NewToken;

use crate::rig::{Rig, at, on_every_database};

on_every_database!(
    a_token_counts_until_it_is_revoked_or_ends,
    a_name_in_use_is_refused,
    use_is_noted_to_the_hour,
    a_connection_takes_its_tokens_along,
    the_trail_tells_of_them,
);

fn token(name: &str, hash: u8, connection: Option<ConnectionId>) -> NewToken {
    NewToken {
        name: name.to_owned(),
        hash: [hash; 32],
        scopes: vec!["read:jobs".to_owned()],
        connection,
        expires_at: None,
    }
}

async fn a_token_counts_until_it_is_revoked_or_ends(rig: Rig) {
    let store = &rig.store;
    let ends = NewToken {
        expires_at: Some(at(100)),
        ..token("ends", 1, None)
    };
    store.create_token(ends, "test", at(0)).await.unwrap();
    let stays = token("stays", 2, None);
    store.create_token(stays, "test", at(0)).await.unwrap();
    let found = async |hash: u8| store.token(&[hash; 32]).await.unwrap();
    assert_eq!(found(3).await, None);
    let ends = found(1).await.unwrap();
    assert!(ends.is_valid(at(99)) && !ends.is_valid(at(100)));
    assert!(found(2).await.unwrap().is_valid(at(1_000_000)));
    assert!(store.revoke_token("stays", "test", at(5)).await.unwrap());
    assert!(!store.revoke_token("stays", "test", at(6)).await.unwrap());
    let stays = found(2).await.unwrap();
    assert_eq!(stays.revoked_at, Some(at(5)));
    assert!(!stays.is_valid(at(5)));
    let names: Vec<String> = store
        .tokens()
        .await
        .unwrap()
        .into_iter()
        .map(|token| token.name)
        .collect();
    assert_eq!(names, ["stays", "ends"]);
}

async fn a_name_in_use_is_refused(rig: Rig) {
    let store = &rig.store;
    let create = async |hash| {
        let new = token("office", hash, None);
        store.create_token(new, "test", at(0)).await
    };
    create(1).await.unwrap();
    let refused = create(2).await.unwrap_err();
    assert_eq!(
        *refused.kind(),
        ErrorKind::TokenNameTaken("office".to_owned())
    );
    store.revoke_token("office", "test", at(1)).await.unwrap();
    create(2).await.unwrap();
}

async fn use_is_noted_to_the_hour(rig: Rig) {
    let store = &rig.store;
    let new = token("office", 1, None);
    store.create_token(new, "test", at(0)).await.unwrap();
    let used = async |second| {
        let token = store.token(&[1; 32]).await.unwrap().unwrap();
        store.note_use(&token, at(second)).await.unwrap();
        let token = store.token(&[1; 32]).await.unwrap().unwrap();
        token.used_at.unwrap()
    };
    let first = used(10_000).await;
    assert_eq!(first.as_second() % 3_600, 0);
    assert_eq!(used(10_001).await, first);
    assert_eq!(
        used(10_000 + 3_600).await.as_second(),
        first.as_second() + 3_600
    );
    // A clock that went back notes nothing.
    assert!(used(0).await > first);
}

async fn a_connection_takes_its_tokens_along(rig: Rig) {
    let id = rig.connection("acme").await;
    let new = token("office", 1, Some(id));
    rig.store.create_token(new, "test", at(0)).await.unwrap();
    rig.store
        .remove_connection("acme", "test", at(1))
        .await
        .unwrap();
    let office = rig.store.token(&[1; 32]).await.unwrap().unwrap();
    assert!(!office.is_valid(at(1)));
    let again = token("other", 2, Some(id));
    let refused = rig.store.create_token(again, "test", at(2)).await;
    assert!(matches!(
        refused.unwrap_err().kind(),
        ErrorKind::NotFound(_)
    ));
}

async fn the_trail_tells_of_them(rig: Rig) {
    let acme = rig.connection("acme").await;
    let globex = rig.connection("globex").await;
    let of_one = token("one", 1, Some(acme));
    rig.store.create_token(of_one, "test", at(1)).await.unwrap();
    let of_all = token("all", 2, None);
    rig.store.create_token(of_all, "test", at(2)).await.unwrap();
    rig.store.revoke_token("one", "test", at(3)).await.unwrap();
    let told = async |id| {
        let entries = rig.store.audit(id, None, 1, 10).await.unwrap();
        let told = entries
            .iter()
            .map(|entry| format!("{} {}: {}", entry.action, entry.subject, entry.detail));
        told.collect::<Vec<_>>()
    };
    assert_eq!(
        told(acme).await,
        [
            "token.created token one: may read:jobs",
            "token.created token all: may read:jobs",
            "token.revoked token one: ",
        ]
    );
    assert_eq!(
        told(globex).await,
        ["token.created token all: may read:jobs"]
    );
}
