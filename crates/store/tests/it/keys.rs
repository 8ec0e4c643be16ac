//! Encryption at rest: the wrong key does not open, and nothing readable lies in the database.

use std::os::unix::fs::PermissionsExt as _;

use bytes::Bytes;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use secrecy::SecretString;
use store::attempts::NewAttempt;
use store::connections::{ConnectionId, ConnectionState};
use store::deliveries::Delivery;
use store::links::LinkChange;
use store::passes::PassId;
use store::{ErrorKind, MasterKey, Store};
use sync::record::{Reason, State};

use crate::rig::{
    Database, Rig, at, attempt, link, master, new_connection, on_lasting_databases, reason, rng,
    sighting, synced,
};

on_lasting_databases!(
    the_wrong_key_is_refused,
    nothing_readable_is_stored,
    a_moved_value_is_noticed
);

/// Occurs in each thing that must be sealed, and nowhere else.
const CANARY: &str = "canary-3f9c";

async fn the_wrong_key_is_refused(rig: Rig) {
    let other = MasterKey::generate(&mut StdRng::seed_from_u64(8));
    let refused = Store::open(&rig.url, &other, &mut rng(), at(0))
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        format!(
            "could not open the store: this database was made with key id {}, the key given is {}",
            master().id(),
            other.id()
        )
    );
    assert!(matches!(refused.kind(), ErrorKind::WrongKey { .. }));
}

async fn nothing_readable_is_stored(rig: Rig) {
    let mut new = new_connection("acme");
    new.secrets.insert(
        "api_key".to_owned(),
        SecretString::from(format!("secret {CANARY}")),
    );
    let id = rig.store.add_connection(new, "test", at(0)).await.unwrap();
    rig.observe(
        id,
        vec![sighting("customer/1", "1", &format!("payload {CANARY}"))],
        at(1),
    )
    .await;
    let mut outcome = synced(&rig.only_due(id, at(1)).await);
    let mut held = link("customer_1", 10);
    held.base.set("name", CANARY);
    outcome.links = vec![LinkChange::Put {
        link: held,
        part: None,
    }];
    outcome.attempt = Some(NewAttempt {
        message: format!("message {CANARY}"),
        ..attempt(CANARY)
    });
    let quoting = quoting();
    outcome.state = State::Failed;
    outcome.reason = Some(quoting.clone());
    outcome.warnings = vec![format!("warning {CANARY}")];
    outcome.audit = vec![store::audit::NewAuditEntry {
        actor: "engine".to_owned(),
        action: "record.created".to_owned(),
        subject: "customers 1".to_owned(),
        detail: String::new(),
        payload: Some(CANARY.as_bytes().to_vec()),
    }];
    rig.record_outcomes(id, vec![outcome], at(2)).await;
    let delivery = Delivery {
        connection: id,
        occurrence: "e1".to_owned(),
        event_type: "job.updated".to_owned(),
        raw: Bytes::from(format!("raw {CANARY}")),
        wakes: Vec::new(),
    };
    rig.store.receive(delivery, at(3)).await.unwrap();
    let paused = ConnectionState::Paused;
    rig.store
        .set_connection_state(id, paused, Some(quoting), "engine", at(4))
        .await
        .unwrap();
    let pass = rig
        .store
        .request_pass(id, vec![crate::rig::FLOW], None, "test", at(5))
        .await
        .unwrap();
    let note = Some(format!("note {CANARY}"));
    rig.store
        .finish_pass(pass, false, at(6), note)
        .await
        .unwrap();

    let stored = everything_stored(&rig).await;
    let holds = |needle: &[u8]| stored.windows(needle.len()).any(|window| window == needle);
    assert!(
        holds(b"customer_1") && holds(b"job.updated"),
        "the search finds what is stored in the clear"
    );
    assert!(!holds(CANARY.as_bytes()));
    assert!(
        !holds(hex::encode(CANARY).as_bytes()),
        "as PostgreSQL prints bytes"
    );
    let key = master().to_text();
    assert!(!holds(
        secrecy::ExposeSecret::expose_secret(&key).as_bytes()
    ));

    // And it all comes back.
    comes_back(&rig, id, pass).await;
}

/// A reason that says what a vendor said.
fn quoting() -> Reason {
    Reason {
        what: format!("Odoo says {CANARY}"),
        ..reason("odoo-refused", "mend it")
    }
}

async fn comes_back(rig: &Rig, id: ConnectionId, pass: PassId) {
    let record = rig.record(id, "1").await;
    assert_eq!(record.links[0].base.get("name"), Some(CANARY));
    assert_eq!(record.reason, Some(quoting()));
    assert_eq!(record.warnings, [format!("warning {CANARY}")]);
    let attempts = rig.store.attempts(record.id, 1).await.unwrap();
    assert_eq!(attempts[0].message, format!("message {CANARY}"));
    let failures = rig.store.failures(None).await.unwrap();
    assert_eq!(failures[0].records[0].what, quoting().what);
    let connection = rig.store.connection("acme").await.unwrap().unwrap();
    assert_eq!(connection.paused, Some(quoting()));
    assert_eq!(rig.store.connections().await.unwrap(), [connection]);
    let pass = rig.store.pass(pass).await.unwrap().unwrap();
    assert_eq!(pass.note, Some(format!("note {CANARY}")));
}

/// The database's files, or all its rows as text.
async fn everything_stored(rig: &Rig) -> Vec<u8> {
    match &rig.database {
        Database::Memory => unreachable!("not one of the lasting databases"),
        Database::File { path, .. } => {
            let mut all = Vec::new();
            for file in std::fs::read_dir(path.parent().unwrap()).unwrap() {
                let file = file.unwrap();
                let mode = file.metadata().unwrap().permissions().mode();
                assert_eq!(
                    mode & 0o077,
                    0,
                    "{} is its owner's alone",
                    file.path().display()
                );
                all.extend(std::fs::read(file.path()).unwrap());
            }
            all
        }
        Database::Postgres { url, .. } => {
            let url = url.clone();
            tokio::task::spawn_blocking(move || {
                let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
                let tables = client
                    .query(
                        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
                        &[],
                    )
                    .unwrap();
                let mut all = String::new();
                for table in tables {
                    let table: String = table.get(0);
                    let rows = client
                        .query(&format!("SELECT t::text FROM {table} AS t"), &[])
                        .unwrap();
                    for row in &rows {
                        all.push_str(row.get(0));
                    }
                }
                all.into_bytes()
            })
            .await
            .unwrap()
        }
    }
}

/// Sealed values are bound to their place: one customer's data cannot be slipped under another's name.
async fn a_moved_value_is_noticed(rig: Rig) {
    let id = rig.connection("acme").await;
    rig.observe(
        id,
        vec![
            sighting("customer/1", "1", "a"),
            sighting("customer/2", "2", "b"),
        ],
        at(1),
    )
    .await;
    rig.run_sql(&rig.without_triggers("observations"))
        .await
        .unwrap();
    rig.run_sql(
        "UPDATE observations SET payload = (SELECT payload FROM observations WHERE part = 'customer/2')
          WHERE part = 'customer/1'",
    )
    .await
    .unwrap();
    let noticed = rig
        .store
        .record(id, &crate::rig::key("1"))
        .await
        .unwrap_err();
    assert_eq!(
        *noticed.kind(),
        ErrorKind::Corrupt("observations.payload of `customer/1` was changed or moved".to_owned())
    );
    assert_eq!(rig.record(id, "2").await.parts[0].payload, "b");
}
