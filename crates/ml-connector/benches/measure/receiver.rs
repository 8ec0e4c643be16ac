//! The floor of a webhook endpoint, what a durable receiver cannot do without: verifies the signature, reads what the
//! occurrence is called, appends the body to one SQLite table under that name unless it is there, answers after the
//! commit. Greedy group commit; no encryption, no routing, nothing is woken.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use servicetitan::webhook::Verifier;
use tokio::sync::{mpsc, oneshot};

const GROUP_MAX: usize = 256;

type Queue = mpsc::Sender<(String, Bytes, oneshot::Sender<()>)>;

#[derive(serde::Deserialize)]
struct Named {
    userassignedid: String,
}

#[derive(Clone)]
struct Floor {
    queue: Queue,
    verifier: Arc<Verifier>,
}

/// Serves until the process ends; prints the address first.
pub(crate) async fn serve(database: &Path, secret: &str) {
    let (queue, inbox) = mpsc::channel(4096);
    let database = database.to_owned();
    std::thread::spawn(move || write(&database, inbox));
    let verifier = Verifier::new(
        ["X-Signature"],
        [secrecy::SecretString::from(secret.to_owned())],
    )
    .expect("valid");
    let app = Router::new().route("/", post(receive)).with_state(Floor {
        queue,
        verifier: Arc::new(verifier),
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    println!("{}", listener.local_addr().expect("bound"));
    axum::serve(listener, app).await.expect("it serves");
}

async fn receive(State(floor): State<Floor>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let pairs = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()));
    if floor.verifier.verify(pairs, &body).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(Named { userassignedid }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let (done, wait) = oneshot::channel();
    if floor
        .queue
        .send((userassignedid, body, done))
        .await
        .is_err()
        || wait.await.is_err()
    {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::OK
}

fn write(database: &Path, mut inbox: mpsc::Receiver<(String, Bytes, oneshot::Sender<()>)>) {
    let mut db = rusqlite::Connection::open(database).expect("a database");
    db.pragma_update(None, "journal_mode", "wal").expect("WAL");
    db.pragma_update(None, "synchronous", "full").expect("full");
    db.execute_batch(
        "create table if not exists hooks (id integer primary key, occurrence text not null unique, body blob not null)",
    )
    .expect("a table");
    let mut group = Vec::with_capacity(GROUP_MAX);
    while inbox.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
        let tx = db.transaction().expect("a transaction");
        for (occurrence, body, _) in &group {
            let mut insert = tx
                .prepare_cached(
                    "insert into hooks (occurrence, body) values (?1, ?2) on conflict do nothing",
                )
                .expect("SQL");
            insert
                .execute(rusqlite::params![occurrence, body.as_ref()])
                .expect("inserted");
        }
        tx.commit().expect("committed");
        for (_, _, done) in group.drain(..) {
            let _ = done.send(());
        }
    }
}
