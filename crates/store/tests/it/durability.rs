//! What was acknowledged survives `kill -9`.
//!
//! The test runs its own binary again as a child that takes in deliveries and prints the number of each one that it was
//! told is durable, kills it at some point, opens the database and looks for every number that was printed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use bytes::Bytes;
use store::connections::ConnectionId;
use store::deliveries::{Delivery, Received};
use store::{DatabaseUrl, Store};
use tokio::task::JoinSet;

use crate::rig::{FLOW, at, key, new_connection, open};

const CHILD: &str = "STORE_TEST_CHILD_DATABASE";
const TRIALS: usize = 5;
const WRITERS: usize = 8;

async fn receive(store: &Store, connection: ConnectionId, occurrence: String) -> Received {
    let delivery = Delivery {
        connection,
        occurrence,
        event_type: "job.updated".to_owned(),
        raw: Bytes::from(vec![b'x'; 1_500]),
        wakes: vec![key("1")],
    };
    store.receive(delivery, at(1)).await.unwrap()
}

/// Runs only as the child of the test below.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let store = open(&DatabaseUrl::file(Path::new(&path))).await.unwrap();
    let id = store.connection("acme").await.unwrap().unwrap().id;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            for number in 0..1_000_000 {
                let occurrence = format!("{}-{writer}-{number}", std::process::id());
                receive(&store, id, occurrence.clone()).await;
                let mut out = std::io::stdout().lock();
                writeln!(out, "acknowledged {occurrence}").unwrap();
                out.flush().unwrap();
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_to_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let url = DatabaseUrl::file(&path);
    let store = open(&url).await.unwrap();
    store
        .add_connection(new_connection("acme"), "test", at(0))
        .await
        .unwrap();
    store.close().await.unwrap();
    for trial in 0..TRIALS {
        let acknowledged = kill_after(&path, 40 + 131 * trial);
        let store = open(&url).await.unwrap();
        let id = store.connection("acme").await.unwrap().unwrap().id;
        for occurrence in &acknowledged {
            let again = receive(&store, id, occurrence.clone()).await;
            assert_eq!(
                again,
                Received::Duplicate,
                "{occurrence} was acknowledged and lost"
            );
        }
        assert_eq!(
            store.wakes(id, FLOW, 10).await.unwrap().len(),
            1,
            "and it wakes"
        );
        println!(
            "trial {trial}: {} acknowledged, none lost",
            acknowledged.len()
        );
        assert!(
            store.claim_engine().await.unwrap().is_some(),
            "the dead process holds no lock"
        );
        store.close().await.unwrap();
    }
}

/// Starts the child, kills it after so many acknowledgements, and returns all that it printed.
fn kill_after(path: &Path, count: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["durability::child", "--exact", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    for line in lines {
        let line = line.unwrap();
        // The test runner prints its own words, on the first line even before ours.
        if let Some((_, occurrence)) = line.split_once("acknowledged ") {
            acknowledged.push(occurrence.to_owned());
        }
        if acknowledged.len() == count {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    assert!(acknowledged.len() >= count);
    acknowledged
}
