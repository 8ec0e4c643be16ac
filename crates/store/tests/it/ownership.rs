//! One engine at a time.

use crate::rig::{Database, Rig, on_every_database, on_lasting_databases, open};

mod stories {
    use super::*;

    on_every_database!(one_claim_at_a_time);

    async fn one_claim_at_a_time(rig: Rig) {
        let first = rig.store.claim_engine().await.unwrap().expect("free");
        assert!(!first.is_lost());
        assert!(rig.store.claim_engine().await.unwrap().is_none());
        drop(first);
        // PostgreSQL frees the lock when it has seen the session end, a moment later.
        while rig.store.claim_engine().await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    }
}

mod processes {
    use super::*;

    on_lasting_databases!(another_store_waits_its_turn);

    async fn another_store_waits_its_turn(rig: Rig) {
        let other = open(&rig.url).await.unwrap();
        let first = rig.store.claim_engine().await.unwrap().expect("free");
        assert!(other.claim_engine().await.unwrap().is_none());
        drop(first);
        while other.claim_engine().await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_lost_session_is_noticed() {
    let Some(rig) = Rig::postgresql().await else {
        return;
    };
    let claim = rig.store.claim_engine().await.unwrap().expect("free");
    let Database::Postgres { name, .. } = &rig.database else {
        unreachable!()
    };
    rig.run_sql(&format!(
        "SELECT pg_terminate_backend(pid) FROM pg_locks
          WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'
            AND database = (SELECT oid FROM pg_database WHERE datname = '{name}')"
    ))
    .await
    .unwrap();
    claim.lost().await;
    assert!(claim.is_lost());
    drop(claim);
    assert!(
        rig.store.claim_engine().await.unwrap().is_some(),
        "it can be claimed again"
    );
}
