//! Group commit: many writers share commits, a bad job harms no other, a lost connection is made again.

use bytes::Bytes;
use store::connections::ConnectionId;
use store::wakes::{Delivery, Received};
use store::{ErrorKind, Store};
use tokio::task::JoinSet;

use crate::rig::{Database, FLOW, Rig, at, key, new_connection, on_every_database};

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

/// Audit entries that are written while sessions end.
const ENTRIES: usize = 200;

/// The server ends the store's sessions again and again, in the middle of its work. Nothing is lost, and nothing is
/// written twice: a commit that was cut off is asked after before it is repeated.
#[tokio::test]
async fn lost_connections_lose_and_repeat_nothing() {
    let Some(rig) = Rig::postgresql().await else {
        return;
    };
    let id = rig.connection("acme").await;
    let Database::Postgres { server, name, .. } = &rig.database else {
        unreachable!()
    };
    let (server, name) = (server.clone(), name.clone());
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let killer = std::thread::spawn(move || {
        let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
        let mut killed = 0;
        while stopped
            .recv_timeout(std::time::Duration::from_millis(20))
            .is_err()
        {
            // Not before a session had the time to do something.
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = $1 AND application_name = 'ml-connector'
                          AND clock_timestamp() - backend_start > interval '200 ms'";
            killed += client.query(sql, &[&name]).unwrap().len();
        }
        killed
    });
    // Audit entries have no key of their own: one written twice would show.
    let mut acknowledged = 0;
    for number in 0..ENTRIES {
        let entry = store::audit::NewAuditEntry {
            actor: "test".to_owned(),
            action: "counted".to_owned(),
            subject: format!("number {number}"),
            detail: String::new(),
            payload: None,
        };
        match rig.store.append_audit(id, vec![entry], at(1)).await {
            Ok(()) => acknowledged += 1,
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
    }
    stop.send(()).unwrap();
    println!(
        "{} sessions ended, {acknowledged} of {ENTRIES} acknowledged",
        killer.join().unwrap()
    );
    assert!(acknowledged > 0);
    let mut twice = 0;
    let mut found = 0;
    for number in 0..ENTRIES {
        let entries = rig
            .store
            .audit(id, Some(&format!("number {number}")), 0, 10)
            .await
            .unwrap()
            .len();
        found += entries.min(1);
        twice += usize::from(entries > 1);
    }
    assert_eq!(twice, 0);
    assert!(found >= acknowledged);
    assert!(matches!(
        rig.store.verify_audit(id).await.unwrap(),
        store::audit::Verified::Intact { .. }
    ));
}
