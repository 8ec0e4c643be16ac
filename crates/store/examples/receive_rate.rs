//! Deliveries per second that the store makes durable, beside a minimal greedy group-commit writer on the same disk in
//! the same run, with 1, 8 and 32 callers.
//!
//! ```sh
//! cargo run --release -p store --example receive_rate [FOLDER]     # a folder on the disk to be measured
//! ```
//!
//! The minimal writer is what a durable receiver cannot do without: one thread, one table with the occurrence as its
//! key, up to 256 inserts to a commit, an answer to each. The store also seals, and wakes a record.

#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use store::connections::{ConnectionId, NewConnection};
use store::deliveries::Delivery;
use store::{DatabaseUrl, MasterKey, Store};
use sync::flow::Flow;
use sync::record::{Key, SourceId};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

const CALLERS: [usize; 3] = [1, 8, 32];
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(2);
const BODY_BYTES: usize = 1_500;
const RECORDS: u64 = 5_000;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Where deliveries go.
#[derive(Clone)]
enum Sink {
    Store(Store, ConnectionId),
    Minimal(mpsc::Sender<(String, Bytes, oneshot::Sender<()>)>),
}

impl Sink {
    async fn take(
        &self,
        number: u64,
        occurrence: String,
        raw: Bytes,
        now: Timestamp,
    ) -> Outcome<()> {
        match self {
            Self::Store(store, connection) => {
                let source = SourceId((number % RECORDS).to_string());
                let delivery = Delivery {
                    connection: *connection,
                    occurrence,
                    event_type: "job.updated".to_owned(),
                    raw,
                    wakes: vec![Key {
                        flow: Flow::Customers,
                        source,
                    }],
                };
                store.receive(delivery, now).await?;
            }
            Self::Minimal(queue) => {
                let (reply, answer) = oneshot::channel();
                queue.send((occurrence, raw, reply)).await?;
                answer.await?;
            }
        }
        Ok(())
    }
}

fn main() -> Outcome<()> {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(compare(folder.path()))
}

async fn compare(folder: &Path) -> Outcome<()> {
    let now = Timestamp::from_second(1_760_000_000)?;
    let mut rng = StdRng::seed_from_u64(1);
    let master = MasterKey::generate(&mut rng);
    let url = DatabaseUrl::file(&folder.join("store.db"));
    let store = Store::open(&url, &master, &mut rng, now).await?;
    let connection = NewConnection {
        name: "acme".to_owned(),
        tenant: 1,
        odoo: "odoo".to_owned(),
        settings: serde_json::Value::Null,
        secrets: std::collections::BTreeMap::new(),
    };
    let id = store.add_connection(connection, "bench", now).await?;
    let ours = Sink::Store(store, id);
    let minimal = Sink::Minimal(minimal_writer(&folder.join("minimal.db"))?);

    println!("callers   store/s  p50 ms  p99 ms   minimal/s  p50 ms  p99 ms   ratio");
    for callers in CALLERS {
        let (mut of_store, mut of_minimal) = (Rate::default(), Rate::default());
        // Turn by turn, so that a slow minute of the disk meets both.
        for round in 0..ROUNDS {
            of_minimal.add(run(&minimal, callers, round, now).await?);
            of_store.add(run(&ours, callers, round, now).await?);
        }
        let ratio = of_store.per_second() / of_minimal.per_second();
        println!("{callers:>7} {of_store} {of_minimal}   {ratio:.2}");
    }
    Ok(())
}

/// How long each delivery of a round took.
#[derive(Default)]
struct Rate {
    seconds: f64,
    took_ms: Vec<f64>,
}

impl Rate {
    fn add(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.took_ms.extend(other.took_ms);
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a count of deliveries is far below 2^52"
    )]
    fn per_second(&self) -> f64 {
        self.took_ms.len() as f64 / self.seconds
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut sorted = self.took_ms.clone();
        sorted.sort_by(f64::total_cmp);
        let quantile = |hundredths: usize| {
            sorted
                .get(sorted.len() * hundredths / 100)
                .copied()
                .unwrap_or_default()
        };
        write!(
            f,
            "{:>9.0} {:>7.2} {:>7.2}",
            self.per_second(),
            quantile(50),
            quantile(99)
        )
    }
}

async fn run(sink: &Sink, callers: usize, round: usize, now: Timestamp) -> Outcome<Rate> {
    let body = Bytes::from(vec![b'x'; BODY_BYTES]);
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let (sink, body) = (sink.clone(), body.clone());
        tasks.spawn(async move {
            let mut took_ms = Vec::new();
            let mut number = 0;
            while start.elapsed() < ROUND {
                let sent = Instant::now();
                let occurrence = format!("{number:08x}-{callers:04x}-{round:04x}-{caller:016x}");
                sink.take(number, occurrence, body.clone(), now).await?;
                took_ms.push(sent.elapsed().as_secs_f64() * 1_000.0);
                number += 1;
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(took_ms)
        });
    }
    let mut rate = Rate::default();
    while let Some(took_ms) = tasks.join_next().await {
        rate.took_ms.extend(took_ms??);
    }
    rate.seconds = start.elapsed().as_secs_f64();
    Ok(rate)
}

fn minimal_writer(path: &Path) -> Outcome<mpsc::Sender<(String, Bytes, oneshot::Sender<()>)>> {
    let connection = rusqlite::Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE deliveries (occurrence TEXT NOT NULL UNIQUE, raw BLOB NOT NULL)",
    )?;
    let (queue, mut jobs) = mpsc::channel::<(String, Bytes, oneshot::Sender<()>)>(1_024);
    let thread = std::thread::Builder::new().name("minimal-writer".to_owned());
    thread.spawn(move || -> rusqlite::Result<()> {
        let mut group = Vec::new();
        while let Some(first) = jobs.blocking_recv() {
            group.push(first);
            while group.len() < 256
                && let Ok(next) = jobs.try_recv()
            {
                group.push(next);
            }
            connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            for (occurrence, raw, _) in &group {
                connection
                    .prepare_cached(
                        "INSERT OR IGNORE INTO deliveries (occurrence, raw) VALUES (?1, ?2)",
                    )?
                    .execute((occurrence, raw.as_ref()))?;
            }
            connection.prepare_cached("COMMIT")?.execute([])?;
            for (_, _, reply) in group.drain(..) {
                let _caller_gone = reply.send(());
            }
        }
        Ok(())
    })?;
    Ok(queue)
}
