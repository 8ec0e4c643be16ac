//! PostgreSQL's connection is lost: sessions end, commits are cut off. Nothing is lost, nothing is written twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use store::Store;
use store::audit::{NewAuditEntry, Verified};
use store::connections::ConnectionId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::rig::{Database, Rig, at, open};

fn counted(subject: &str) -> Vec<NewAuditEntry> {
    vec![NewAuditEntry {
        actor: "test".to_owned(),
        action: "counted".to_owned(),
        subject: subject.to_owned(),
        detail: String::new(),
        payload: None,
    }]
}

/// How often each subject is in the chain, which must verify.
async fn counts(store: &Store, id: ConnectionId) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    let mut after = 0;
    loop {
        let page = store.audit(id, None, after, 10_000).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        for entry in page {
            *found.entry(entry.subject).or_insert(0) += 1;
        }
    }
    assert!(matches!(
        store.verify_audit(id).await.unwrap(),
        Verified::Intact { .. }
    ));
    found
}

/// The reply to a commit is lost: the store asks what became of it, instead of writing again or giving up.
#[tokio::test]
async fn a_commit_whose_reply_is_lost_is_not_repeated() {
    cut_commits(Cut::AfterTheServer).await;
}

/// The commit never arrives: the store asks, learns that nothing was written, and writes again.
#[tokio::test]
async fn a_commit_that_never_arrives_is_repeated() {
    cut_commits(Cut::BeforeTheServer).await;
}

async fn cut_commits(cut: Cut) {
    let Some(rig) = Rig::postgresql().await else {
        return;
    };
    let id = rig.connection("acme").await;
    let Database::Postgres { url, .. } = &rig.database else {
        unreachable!("it is one")
    };
    let proxy = Proxy::start(url, cut).await;
    let store = open(&proxy.url.parse().unwrap()).await.unwrap();
    for number in 0..5 {
        proxy.cuts.store(1, Ordering::SeqCst);
        store
            .append_audit(id, counted(&format!("number {number}")), at(1))
            .await
            .unwrap();
        assert_eq!(proxy.cuts.load(Ordering::SeqCst), 0, "the cut was made");
    }
    let counts = counts(&rig.store, id).await;
    for number in 0..5 {
        assert_eq!(counts[&format!("number {number}")], 1);
    }
}

/// Where a commit is cut off.
#[derive(Clone, Copy)]
enum Cut {
    BeforeTheServer,
    AfterTheServer,
}

/// Stands between the store and the server, and cuts the connection at as many commits as it is told.
struct Proxy {
    url: String,
    cuts: Arc<AtomicUsize>,
}

impl Proxy {
    async fn start(server_url: &str, cut: Cut) -> Self {
        let (who, rest) = server_url.split_once('@').expect("an address with a user");
        let (server, database) = rest.split_once('/').expect("an address with a database");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{who}@{}/{database}", listener.local_addr().unwrap());
        let cuts = Arc::new(AtomicUsize::new(0));
        tokio::spawn({
            let (server, cuts) = (server.to_owned(), Arc::clone(&cuts));
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = TcpStream::connect(&server).await.unwrap();
                    // When it returns, both sides are closed.
                    tokio::spawn(pass_on(client, server, Arc::clone(&cuts), cut));
                }
            }
        });
        Self { url, cuts }
    }
}

async fn pass_on(mut client: TcpStream, mut server: TcpStream, cuts: Arc<AtomicUsize>, cut: Cut) {
    let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        tokio::select! {
            count = client.read(&mut asked) => {
                let Ok(count @ 1..) = count else { return };
                let commit = asked[..count].windows(7).any(|bytes| bytes == b"COMMIT\0");
                let take = |left: usize| left.checked_sub(1);
                if commit && cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
                    if matches!(cut, Cut::AfterTheServer) {
                        server.write_all(&asked[..count]).await.unwrap();
                        let _answer_that_gets_lost = server.read(&mut answered).await;
                    }
                    return;
                }
                if server.write_all(&asked[..count]).await.is_err() { return }
            }
            count = server.read(&mut answered) => {
                let Ok(count @ 1..) = count else { return };
                if client.write_all(&answered[..count]).await.is_err() { return }
            }
        }
    }
}

/// The server ends the store's sessions again and again, in the middle of its work.
#[tokio::test]
async fn ended_sessions_lose_and_repeat_nothing() {
    const SESSIONS_ENDED_MIN: usize = 12;
    const ENTRIES_MAX: usize = 50_000;

    let Some(rig) = Rig::postgresql().await else {
        return;
    };
    let id = rig.connection("acme").await;
    let Database::Postgres { server, name, .. } = &rig.database else {
        unreachable!("it is one")
    };
    let killer = Killer::start(server.clone(), name.clone());
    let mut acknowledged = Vec::new();
    let mut written = 0;
    while killer.ended() < SESSIONS_ENDED_MIN && written < ENTRIES_MAX {
        let subject = format!("number {written}");
        written += 1;
        match rig.store.append_audit(id, counted(&subject), at(1)).await {
            Ok(()) => acknowledged.push(subject),
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
    }
    println!(
        "{} sessions ended, {} of {written} acknowledged",
        killer.ended(),
        acknowledged.len()
    );
    drop(killer);
    assert!(acknowledged.len() > SESSIONS_ENDED_MIN);
    let counts = counts(&rig.store, id).await;
    assert!(
        counts.values().all(|count| *count == 1),
        "one was written twice"
    );
    assert!(
        acknowledged
            .iter()
            .all(|subject| counts.contains_key(subject)),
        "one was lost"
    );
}

/// Ends the store's sessions until it is dropped.
struct Killer {
    ended: Arc<AtomicUsize>,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Killer {
    fn start(server: String, name: String) -> Self {
        let ended = Arc::new(AtomicUsize::new(0));
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = std::thread::spawn({
            let ended = Arc::clone(&ended);
            move || {
                let mut client = postgres::Client::connect(&server, postgres::NoTls).unwrap();
                // Not before a session had the time to do something.
                let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                            WHERE datname = $1 AND application_name = 'ml-connector'
                              AND clock_timestamp() - backend_start > interval '150 ms'";
                let pause = Duration::from_millis(7);
                while stopped.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Timeout) {
                    let sessions = client.query(sql, &[&name]).unwrap().len();
                    ended.fetch_add(sessions, Ordering::Relaxed);
                }
            }
        });
        Self {
            ended,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    fn ended(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
    }
}

impl Drop for Killer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the killer got through");
        }
    }
}
