//! The audit chain: complete, ordered, and broken by any change.

use store::audit::{NewAuditEntry, Verified};
use store::connections::ConnectionId;

use crate::rig::{Rig, at, on_every_database, on_lasting_databases};

fn entries(actions: &[&str]) -> Vec<NewAuditEntry> {
    let entry = |action: &&str| NewAuditEntry {
        actor: "engine".to_owned(),
        action: (*action).to_owned(),
        subject: "customers 1".to_owned(),
        detail: "NUL \0 and 李".to_owned(),
        payload: Some(b"Ann".to_vec()),
    };
    actions.iter().map(entry).collect()
}

async fn chain(rig: &Rig) -> ConnectionId {
    let id = rig.connection("acme").await;
    rig.store
        .append_audit(id, entries(&["a", "b"]), at(1))
        .await
        .unwrap();
    rig.store
        .append_audit(id, entries(&["c"]), at(2))
        .await
        .unwrap();
    id
}

mod stories {
    use super::*;

    on_every_database!(an_intact_chain_verifies, pages_through, long_chains_verify);

    async fn an_intact_chain_verifies(rig: Rig) {
        let id = chain(&rig).await;
        let other = rig.connection("beta").await;
        let trail = rig.store.audit(id, None, 0, 10).await.unwrap();
        assert_eq!(
            trail.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
            [1, 2, 3, 4]
        );
        let head = trail[3].hash.clone();
        assert_eq!(
            rig.store.verify_audit(id).await.unwrap(),
            Verified::Intact {
                entries: 4,
                head: Some(head)
            }
        );
        assert!(matches!(
            rig.store.verify_audit(other).await.unwrap(),
            Verified::Intact { entries: 1, .. }
        ));
        assert_ne!(
            trail[1].payload_hash, trail[2].payload_hash,
            "salted: equal payloads do not show"
        );
        assert_eq!(trail[0].payload_hash, None);
    }

    async fn pages_through(rig: Rig) {
        let id = chain(&rig).await;
        let first = rig
            .store
            .audit(id, Some("customers 1"), 0, 2)
            .await
            .unwrap();
        let next = rig
            .store
            .audit(id, Some("customers 1"), first[1].seq, 2)
            .await
            .unwrap();
        let actions = first.iter().chain(&next).map(|entry| entry.action.as_str());
        assert_eq!(actions.collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    async fn long_chains_verify(rig: Rig) {
        let id = rig.connection("acme").await;
        rig.store
            .append_audit(id, entries(&vec!["x"; 4_500]), at(1))
            .await
            .unwrap();
        assert!(matches!(
            rig.store.verify_audit(id).await.unwrap(),
            Verified::Intact { entries: 4_501, .. }
        ));
    }
}

mod intruders {
    use super::*;

    on_lasting_databases!(any_change_breaks_the_chain);

    async fn any_change_breaks_the_chain(rig: Rig) {
        let id = chain(&rig).await;
        rig.run_sql(&rig.without_triggers("audit")).await.unwrap();
        for (deed, undo, at_entry) in [
            (
                "UPDATE audit SET detail = 'innocent' WHERE seq = 2",
                "UPDATE audit SET detail = (SELECT detail FROM audit WHERE seq = 3) WHERE seq = 2",
                2,
            ),
            (
                "UPDATE audit SET actor = 'enginee', action = '' WHERE seq = 3",
                "",
                3,
            ),
        ] {
            rig.run_sql(deed).await.unwrap();
            match rig.store.verify_audit(id).await.unwrap() {
                Verified::Broken { seq, .. } => assert_eq!(seq, at_entry),
                Verified::Intact { .. } => panic!("not noticed: {deed}"),
            }
            if !undo.is_empty() {
                rig.run_sql(undo).await.unwrap();
                assert!(matches!(
                    rig.store.verify_audit(id).await.unwrap(),
                    Verified::Intact { .. }
                ));
            }
        }
        rig.run_sql("DELETE FROM audit WHERE seq = 3")
            .await
            .unwrap();
        assert_eq!(
            rig.store.verify_audit(id).await.unwrap(),
            Verified::Broken {
                seq: 3,
                why: "entry 3 is missing: the next one there is 4".to_owned()
            }
        );
        // Renumbering does not mend it.
        rig.run_sql("UPDATE audit SET seq = 3 WHERE seq = 4")
            .await
            .unwrap();
        assert!(matches!(
            rig.store.verify_audit(id).await.unwrap(),
            Verified::Broken { seq: 3, .. }
        ));
    }
}
