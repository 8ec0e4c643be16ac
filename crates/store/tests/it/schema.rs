//! The schema: migrated once, never backwards, and its facts guarded by the database itself.

use store::ErrorKind;

use crate::rig::{Rig, at, attempt, on_lasting_databases, open, sighting, synced};

on_lasting_databases!(
    migrating_again_changes_nothing,
    an_older_schema_is_brought_up_to_date,
    a_newer_schema_is_refused,
    a_changed_migration_is_refused,
    facts_cannot_be_changed,
);

async fn migrating_again_changes_nothing(mut rig: Rig) {
    let id = rig.connection("acme").await;
    rig.observe(id, vec![sighting("customer/1", "1", "{}")], at(1))
        .await;
    for _again in 0..3 {
        rig.reopen().await;
    }
    assert_eq!(rig.due(id, at(1)).await.len(), 1);
    // Two at once, beside the one that is open.
    let (one, two) = tokio::join!(open(&rig.url), open(&rig.url));
    assert_eq!(one.unwrap().connections().await.unwrap().len(), 1);
    assert_eq!(two.unwrap().connections().await.unwrap().len(), 1);
}

/// As the program before mappings left it.
async fn an_older_schema_is_brought_up_to_date(mut rig: Rig) {
    let id = rig.connection("acme").await;
    rig.observe(id, vec![sighting("customer/1", "1", "{}")], at(1))
        .await;
    rig.run_sql(
        "DROP TABLE facets; DROP TABLE tokens; DELETE FROM meta WHERE name = 'facets_version';
         DROP TABLE mappings; ALTER TABLE connections DROP COLUMN mappings_version;
         DELETE FROM migrations WHERE number > 1",
    )
    .await
    .unwrap();
    rig.reopen().await;
    assert_eq!(rig.due(id, at(1)).await.len(), 1);
    assert_eq!(rig.store.mappings_version(id).await.unwrap(), 0);
    assert!(rig.store.mappings(id).await.unwrap().is_empty());
}

async fn a_newer_schema_is_refused(rig: Rig) {
    rig.run_sql(
        "INSERT INTO migrations (number, name, checksum, applied_at) VALUES (4, 'next', 'x', 0)",
    )
    .await
    .unwrap();
    let refused = open(&rig.url).await.unwrap_err();
    assert_eq!(
        *refused.kind(),
        ErrorKind::NewerSchema { found: 4, known: 3 }
    );
    assert_eq!(
        refused.to_string(),
        "could not open the store: the database has schema version 4, this program knows up to 3: start the newer program"
    );
}

async fn a_changed_migration_is_refused(rig: Rig) {
    rig.run_sql("UPDATE migrations SET checksum = 'x'")
        .await
        .unwrap();
    assert!(matches!(
        open(&rig.url).await.unwrap_err().kind(),
        ErrorKind::Corrupt(_)
    ));
}

async fn facts_cannot_be_changed(rig: Rig) {
    let id = rig.connection("acme").await;
    rig.observe(id, vec![sighting("customer/1", "1", "{}")], at(1))
        .await;
    let mut outcome = synced(&rig.only_due(id, at(1)).await);
    outcome.attempt = Some(attempt("x"));
    rig.record_outcomes(id, vec![outcome], at(2)).await;
    for table in ["observations", "attempts", "audit"] {
        for deed in [
            format!("UPDATE {table} SET connection = connection"),
            format!("DELETE FROM {table}"),
        ] {
            let refused = rig.run_sql(&deed).await.expect_err(&deed);
            assert!(
                refused.contains(&format!("{table}: rows are never changed")),
                "{deed}: {refused}"
            );
        }
    }
}
