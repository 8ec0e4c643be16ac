//! Deliveries: durable, deduplicated; wakes stay until the last of them was served.

use bytes::Bytes;
use store::ErrorKind;
use store::connections::ConnectionId;
use store::deliveries::{Delivery, Received};

use crate::rig::{FLOW, Rig, at, key, on_every_database};

on_every_database!(
    a_second_delivery_is_a_duplicate,
    wakes_merge_and_keep_their_first_time,
    a_wake_that_came_again_stays,
    a_removed_connection_takes_nothing_in,
    a_removed_connection_takes_no_wakes_of_others_along,
    occurrences_are_per_connection,
);

fn delivery(connection: ConnectionId, occurrence: &str, wakes: &[&str]) -> Delivery {
    Delivery {
        connection,
        occurrence: occurrence.to_owned(),
        event_type: format!("job.updated {occurrence}"),
        raw: Bytes::from_static(b"{\"data\":{}}"),
        wakes: wakes.iter().map(|source| key(source)).collect(),
    }
}

async fn a_second_delivery_is_a_duplicate(rig: Rig) {
    let id = rig.connection("acme").await;
    assert_eq!(
        rig.store
            .receive(delivery(id, "e1", &["1", "1", "2"]), at(1))
            .await
            .unwrap(),
        Received::Fresh
    );
    let wakes = rig.store.wakes(id, FLOW, 10).await.unwrap();
    assert_eq!(wakes.len(), 2);
    rig.store.finish_wakes(id, &wakes).await.unwrap();
    assert_eq!(
        rig.store
            .receive(delivery(id, "e1", &["1"]), at(2))
            .await
            .unwrap(),
        Received::Duplicate
    );
    assert!(
        rig.store.wakes(id, FLOW, 10).await.unwrap().is_empty(),
        "a duplicate wakes nothing"
    );
    assert_eq!(
        rig.store
            .receive(delivery(id, "e2", &[]), at(3))
            .await
            .unwrap(),
        Received::Fresh
    );
}

async fn wakes_merge_and_keep_their_first_time(rig: Rig) {
    let id = rig.connection("acme").await;
    for (seconds, occurrence, source) in [(1, "e1", "1"), (2, "e2", "2"), (3, "e3", "1")] {
        rig.store
            .receive(delivery(id, occurrence, &[source]), at(seconds))
            .await
            .unwrap();
    }
    let wakes = rig.store.wakes(id, FLOW, 10).await.unwrap();
    let shown: Vec<_> = wakes
        .iter()
        .map(|wake| {
            (
                wake.key.source.0.as_str(),
                wake.since,
                wake.event_type.as_str(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("1", at(1), "job.updated e3"),
            ("2", at(2), "job.updated e2")
        ]
    );
    assert_eq!(rig.store.wakes(id, FLOW, 1).await.unwrap().len(), 1);
}

async fn a_wake_that_came_again_stays(rig: Rig) {
    let id = rig.connection("acme").await;
    rig.store
        .receive(delivery(id, "e1", &["1", "2"]), at(1))
        .await
        .unwrap();
    let served = rig.store.wakes(id, FLOW, 10).await.unwrap();
    // While the two are being fetched, one of them changes again.
    rig.store
        .receive(delivery(id, "e2", &["1"]), at(2))
        .await
        .unwrap();
    rig.store.finish_wakes(id, &served).await.unwrap();
    let left = rig.store.wakes(id, FLOW, 10).await.unwrap();
    assert_eq!(
        left.iter()
            .map(|wake| wake.key.source.0.as_str())
            .collect::<Vec<_>>(),
        ["1"]
    );
    rig.store.finish_wakes(id, &left).await.unwrap();
    assert!(rig.store.wakes(id, FLOW, 10).await.unwrap().is_empty());

    // Served and finished, then woken anew: what is finished a second time must not take the new one along.
    rig.store
        .receive(delivery(id, "e3", &["1"]), at(3))
        .await
        .unwrap();
    rig.store.finish_wakes(id, &left).await.unwrap();
    assert_eq!(rig.store.wakes(id, FLOW, 10).await.unwrap().len(), 1);
}

async fn a_removed_connection_takes_no_wakes_of_others_along(rig: Rig) {
    let id = rig.connection("acme").await;
    for n in 0..5 {
        let delivery = delivery(id, &format!("e{n}"), &["1"]);
        rig.store.receive(delivery, at(1)).await.unwrap();
    }
    assert_eq!(rig.store.wakes(id, FLOW, 10).await.unwrap().len(), 1);
    rig.store
        .remove_connection("acme", "cli:ann", at(2))
        .await
        .unwrap();
    let other = rig.connection("beta").await;
    rig.store
        .receive(delivery(other, "e0", &["2"]), at(3))
        .await
        .unwrap();
    assert_eq!(rig.store.wakes(other, FLOW, 10).await.unwrap().len(), 1);
}

async fn a_removed_connection_takes_nothing_in(rig: Rig) {
    let id = rig.connection("acme").await;
    rig.store
        .receive(delivery(id, "e1", &["1"]), at(1))
        .await
        .unwrap();
    rig.store
        .remove_connection("acme", "test", at(2))
        .await
        .unwrap();
    let refused = rig
        .store
        .receive(delivery(id, "e2", &["1"]), at(3))
        .await
        .unwrap_err();
    assert!(
        matches!(refused.kind(), ErrorKind::NotFound(_)),
        "{refused}"
    );
    assert!(rig.store.wakes(id, FLOW, 10).await.unwrap().is_empty());
}

async fn occurrences_are_per_connection(rig: Rig) {
    let (one, two) = (rig.connection("acme").await, rig.connection("beta").await);
    assert_eq!(
        rig.store
            .receive(delivery(one, "e1", &["1"]), at(1))
            .await
            .unwrap(),
        Received::Fresh
    );
    assert_eq!(
        rig.store
            .receive(delivery(two, "e1", &["1"]), at(1))
            .await
            .unwrap(),
        Received::Fresh
    );
    assert_eq!(rig.store.wakes(two, FLOW, 10).await.unwrap().len(), 1);
}
