//! Rows found by their facets, in pages that what changes meanwhile does not disturb.

use store::ErrorKind;
use store::connections::ConnectionId;
use store::facets::{Find, IDS_MAX};
use store::observations::{ObservationSource, Observed};
use sync::filing::RowKind;
use sync::flow::Flow;
use sync::record::State;
use sync::sighting::Sighting;

use crate::rig::{Rig, at, on_every_database, put, sighting, synced};

on_every_database!(
    rows_are_found_by_what_they_say,
    a_row_that_changes_is_found_by_what_it_says_now,
    a_page_goes_by_ids,
    a_row_comes_with_its_record,
    nothing_of_another_connection_is_found,
    a_removed_connection_leaves_nothing,
);

/// Those that look into the database.
mod lasting {
    use super::a_store_without_facets_gets_them;
    use crate::rig::on_lasting_databases;

    on_lasting_databases!(a_store_without_facets_gets_them);
}

fn job(id: i64, customer: i64, status: &str, created: &str) -> Sighting {
    let row = format!(
        r#"{{"id": {id}, "customerId": {customer}, "businessUnitId": 3, "jobStatus": "{status}", "createdOn": "{created}",
            "modifiedOn": "{created}"}}"#
    );
    sighting(&format!("job/{id}"), &id.to_string(), &row)
}

async fn see(rig: &Rig, id: ConnectionId, jobs: Vec<Sighting>, second: i64) {
    let observed = Observed {
        flow: Flow::Jobs,
        source: ObservationSource::Feed,
        trigger: "feed jobs (quick)".to_owned(),
        sightings: jobs,
        cursor: None,
    };
    rig.store.observe(id, observed, at(second)).await.unwrap();
}

async fn found(rig: &Rig, id: ConnectionId, find: Find) -> Vec<i64> {
    let found = rig.store.found(id, RowKind::Job, find, 100).await;
    found.unwrap().into_iter().map(|row| row.id).collect()
}

async fn three(rig: &Rig) -> ConnectionId {
    let id = rig.connection("acme").await;
    let jobs = vec![
        job(11, 7, "Hold", "2026-10-03T00:00:00Z"),
        job(2, 7, "Scheduled", "2026-10-01T00:00:00Z"),
        job(30, 8, "Hold", "2026-10-02T00:00:00Z"),
    ];
    see(rig, id, jobs, 1).await;
    id
}

#[expect(clippy::too_many_lines, reason = "a table of filters")]
async fn rows_are_found_by_what_they_say(rig: Rig) {
    let id = three(&rig).await;
    let all = Find::default;
    let moment = |text: &str| Some(text.parse().unwrap());
    let day = moment("2026-10-02T00:00:00Z");
    assert_eq!(found(&rig, id, all()).await, [2, 11, 30]);
    for (find, ids) in [
        (
            Find {
                customer: Some(7),
                ..all()
            },
            vec![2, 11],
        ),
        (
            Find {
                job: Some(30),
                ..all()
            },
            vec![30],
        ),
        (
            Find {
                unit: Some(3),
                ..all()
            },
            vec![2, 11, 30],
        ),
        (
            Find {
                unit: Some(4),
                ..all()
            },
            vec![],
        ),
        (
            Find {
                status: Some("Hold".to_owned()),
                ..all()
            },
            vec![11, 30],
        ),
        (
            Find {
                status: Some("' OR 1=1".to_owned()),
                ..all()
            },
            vec![],
        ),
        (Find { from: day, ..all() }, vec![11, 30]),
        (
            Find {
                before: day,
                ..all()
            },
            vec![2],
        ),
        (
            Find {
                modified_since: day,
                customer: Some(8),
                ..all()
            },
            vec![30],
        ),
        (
            Find {
                seen_since: Some(at(2)),
                ..all()
            },
            vec![],
        ),
        (
            Find {
                state: Some(State::Pending),
                ..all()
            },
            vec![2, 11, 30],
        ),
        (
            Find {
                state: Some(State::Synced),
                ..all()
            },
            vec![],
        ),
        (
            Find {
                ids: Some(vec![30, 2, 99]),
                ..all()
            },
            vec![2, 30],
        ),
        (
            Find {
                ids: Some(vec![]),
                ..all()
            },
            vec![],
        ),
        (
            Find {
                after: Some(11),
                ..all()
            },
            vec![30],
        ),
        (
            Find {
                after: Some(i64::MAX),
                ..all()
            },
            vec![],
        ),
    ] {
        assert_eq!(found(&rig, id, find.clone()).await, ids, "{find:?}");
    }
    let many = Find {
        ids: Some(vec![1; IDS_MAX + 1]),
        ..all()
    };
    let refused = rig.store.found(id, RowKind::Job, many, 1).await;
    assert!(matches!(
        refused.unwrap_err().kind(),
        ErrorKind::LimitExceeded { .. }
    ));
}

async fn a_row_that_changes_is_found_by_what_it_says_now(rig: Rig) {
    let id = three(&rig).await;
    let changed = job(2, 8, "Completed", "2026-10-01T00:00:00Z");
    see(&rig, id, vec![changed], 50).await;
    let of = |customer| Find {
        customer: Some(customer),
        ..Find::default()
    };
    assert_eq!(found(&rig, id, of(7)).await, [11]);
    assert_eq!(found(&rig, id, of(8)).await, [2, 30]);
    let since = Find {
        seen_since: Some(at(50)),
        ..Find::default()
    };
    assert_eq!(found(&rig, id, since).await, [2]);
}

async fn a_page_goes_by_ids(rig: Rig) {
    let id = three(&rig).await;
    let first = rig.store.found(id, RowKind::Job, Find::default(), 1).await;
    assert_eq!(first.unwrap()[0].id, 2);
    // Meanwhile one that was shown changes, one comes before it, and one at the end.
    let jobs = vec![
        job(2, 7, "Completed", "2026-10-01T00:00:00Z"),
        job(1, 7, "Hold", "2026-10-01T00:00:00Z"),
        job(40, 7, "Hold", "2026-10-01T00:00:00Z"),
    ];
    see(&rig, id, jobs, 2).await;
    let rest = Find {
        after: Some(2),
        ..Find::default()
    };
    assert_eq!(found(&rig, id, rest).await, [11, 30, 40]);
}

async fn a_row_comes_with_its_record(rig: Rig) {
    let id = rig.connection("acme").await;
    let rows = vec![
        sighting("customer/5", "5", r#"{"id": 5, "name": "Ann"}"#),
        sighting("contact/5/1", "5", r#"{"id": 1, "customerId": 5}"#),
    ];
    rig.observe(id, rows, at(1)).await;
    let mut outcome = synced(&rig.only_due(id, at(1)).await);
    outcome.links = vec![put("customer_5", 77)];
    outcome.warnings = vec!["mind the dog".to_owned()];
    rig.record_outcomes(id, vec![outcome], at(2)).await;
    let find = Find::default();
    let mut found = rig
        .store
        .found(id, RowKind::Customer, find, 10)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    let found = found.remove(0);
    assert_eq!((found.id, found.state), (5, State::Synced));
    assert_eq!((found.seen_at, found.since), (at(1), at(2)));
    assert_eq!(found.warnings, ["mind the dog"]);
    let parts: Vec<&str> = found.parts.iter().map(|part| part.key.0.as_str()).collect();
    assert_eq!(parts, ["contact/5/1", "customer/5"]);
    assert_eq!(found.links[0].target.0, 77);
}

async fn nothing_of_another_connection_is_found(rig: Rig) {
    three(&rig).await;
    let other = rig.connection("globex").await;
    assert!(found(&rig, other, Find::default()).await.is_empty());
}

async fn a_removed_connection_leaves_nothing(rig: Rig) {
    three(&rig).await;
    rig.store
        .remove_connection("acme", "test", at(2))
        .await
        .unwrap();
    let again = rig.connection("acme").await;
    assert!(found(&rig, again, Find::default()).await.is_empty());
}

/// As a program before them left it.
async fn a_store_without_facets_gets_them(mut rig: Rig) {
    let id = three(&rig).await;
    rig.run_sql("DELETE FROM facets; DELETE FROM meta WHERE name = 'facets_version'")
        .await
        .unwrap();
    assert!(found(&rig, id, Find::default()).await.is_empty());
    rig.reopen().await;
    assert_eq!(found(&rig, id, Find::default()).await, [2, 11, 30]);
    let since = Find {
        seen_since: Some(at(1)),
        status: Some("Hold".to_owned()),
        ..Find::default()
    };
    assert_eq!(found(&rig, id, since).await, [11, 30]);
}
