//! Group commit: many writers share commits, a bad job harms no other.

use bytes::Bytes;
use store::connections::ConnectionId;
use store::deliveries::{Delivery, Received};
use store::{ErrorKind, Store};
use tokio::task::JoinSet;

use crate::rig::{FLOW, Rig, at, key, new_connection, on_every_database};

on_every_database!(
    concurrent_writers_are_all_served,
    a_bad_job_harms_no_other,
    a_closed_store_says_so
);

async fn receive(store: Store, connection: ConnectionId, number: usize) -> store::Result<Received> {
    let delivery = Delivery {
        connection,
        occurrence: format!("e{number}"),
        event_type: "job.updated".to_owned(),
        raw: Bytes::from_static(b"{}"),
        wakes: vec![key(&format!("{}", number % 10))],
    };
    store.receive(delivery, at(1)).await
}

async fn concurrent_writers_are_all_served(rig: Rig) {
    let id = rig.connection("acme").await;
    let mut tasks = JoinSet::new();
    // Each delivery comes twice, at the same time.
    for number in 0..600 {
        tasks.spawn(receive(rig.store.clone(), id, number % 300));
    }
    let received: Vec<Received> = tasks
        .join_all()
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        received
            .iter()
            .filter(|received| **received == Received::Fresh)
            .count(),
        300
    );
    assert_eq!(rig.store.wakes(id, FLOW, 100).await.unwrap().len(), 10);
}

async fn a_bad_job_harms_no_other(rig: Rig) {
    let id = rig.connection("acme").await;
    let mut good = JoinSet::new();
    let mut bad = JoinSet::new();
    for number in 0..200 {
        good.spawn(receive(rig.store.clone(), id, number));
        if number % 20 == 0 {
            let store = rig.store.clone();
            bad.spawn(async move {
                store
                    .add_connection(new_connection("acme"), "test", at(1))
                    .await
            });
        }
    }
    for refused in bad.join_all().await {
        assert_eq!(
            *refused.unwrap_err().kind(),
            ErrorKind::NameTaken("acme".to_owned())
        );
    }
    for received in good.join_all().await {
        assert_eq!(received.unwrap(), Received::Fresh);
    }
}

async fn a_closed_store_says_so(rig: Rig) {
    let id = rig.connection("acme").await;
    rig.store.clone().close().await.unwrap();
    assert_eq!(
        *receive(rig.store.clone(), id, 1).await.unwrap_err().kind(),
        ErrorKind::Closed
    );
    assert_eq!(
        *rig.store.connections().await.unwrap_err().kind(),
        ErrorKind::Closed
    );
    assert_eq!(
        *rig.store.clone().close().await.unwrap_err().kind(),
        ErrorKind::Closed
    );
}
