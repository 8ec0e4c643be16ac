//! Webhooks acknowledged per second, durable before the answer, against the floor in the same run; memory meanwhile; and
//! what is left after `kill -9` under that load.

use std::env;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::odoo_side::OdooSide;
use crate::process;
use crate::receiver;
use crate::rig::{Rig, WEBHOOK_SECRET};

const CONNECTIONS: [usize; 3] = [1, 8, 32];

/// Customers whose jobs the deliveries are about: each delivery wakes one.
const CUSTOMERS: u64 = 10;

/// What a load came to.
struct Load {
    answered: u64,
    elapsed: Duration,
    /// Microseconds, sorted.
    latencies_us: Vec<u64>,
    /// The occurrences that were answered with 200.
    acknowledged: Vec<u64>,
}

impl Load {
    fn per_second(&self) -> f64 {
        self.answered as f64 / self.elapsed.as_secs_f64()
    }

    fn percentile_ms(&self, percent: usize) -> f64 {
        let at = (self.latencies_us.len() * percent / 100)
            .min(self.latencies_us.len().saturating_sub(1));
        self.latencies_us
            .get(at)
            .map_or(0.0, |us| *us as f64 / 1000.0)
    }
}

/// What came of one connector and one floor, one right after the other.
struct Round {
    floor: f64,
    ours: f64,
    p50_ms: f64,
    p99_ms: f64,
    memory_mb: f64,
}

impl Round {
    fn ratio(&self) -> f64 {
        self.ours / self.floor
    }
}

/// Each round begins with two empty databases; the round of the median ratio is the one that is shown.
pub(crate) async fn measure(seconds: usize, rounds: usize, trials: usize) {
    if let Ok(database) = env::var("MEASURE_FLOOR_DATABASE") {
        return receiver::serve(database.as_ref(), WEBHOOK_SECRET).await;
    }
    let duration = Duration::from_secs(seconds as u64);
    let occurrences = Arc::new(AtomicU64::new(0));
    println!("webhooks acknowledged per second, the median of {rounds} rounds of {seconds} s each");
    println!("  connections      floor       ours   ratio   (from   to)   p50 ms   p99 ms");
    for connections in CONNECTIONS {
        let mut done = Vec::new();
        for _ in 0..rounds {
            done.push(round(connections, duration, &occurrences).await);
        }
        done.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
        let middle = &done[done.len() / 2];
        let memory = done.iter().map(|round| round.memory_mb).fold(0.0, f64::max);
        println!(
            "  {connections:>11} {:>10.0} {:>10.0} {:>7.2}   ({:.2} {:.2}) {:>8.2} {:>8.2}   at most {memory:.0} MB",
            middle.floor,
            middle.ours,
            middle.ratio(),
            done[0].ratio(),
            done[done.len() - 1].ratio(),
            middle.p50_ms,
            middle.p99_ms,
        );
    }
    let rig = loaded_rig().await;
    let tenant = rig.tenant().id().0;
    let serving = rig.serve().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!(
        "idle memory          {:.0} MB",
        process::resident_mb(serving.pid())
    );
    serving.kill().await;
    let (mut answered, mut lost) = (0, 0);
    for trial in 0..trials {
        let serving = rig.serve().await;
        let address = serving.address.trim_start_matches("http://").to_owned();
        let after = Duration::from_millis(200 + 37 * trial as u64);
        let loading = load(
            &address,
            "/webhooks/servicetitan/acme",
            tenant,
            8,
            Duration::from_secs(30),
            &occurrences,
        );
        let killing = async {
            tokio::time::sleep(after).await;
            serving.kill().await;
        };
        let (load, ()) = tokio::join!(loading, killing);
        answered += load.acknowledged.len();
        lost += missing(&rig, &load.acknowledged);
    }
    println!("kill -9 under load   {trials} trials, {answered} acknowledged, {lost} lost");
    assert_eq!(lost, 0, "an acknowledged webhook is gone");
}

/// A connector that knows the customers whose jobs the deliveries are about.
async fn loaded_rig() -> Rig {
    let rig = Rig::new(OdooSide::simulated().await, 10).await;
    rig.sync().await;
    rig
}

async fn round(connections: usize, duration: Duration, occurrences: &Arc<AtomicU64>) -> Round {
    let rig = loaded_rig().await;
    let tenant = rig.tenant().id().0;
    let folder = tempfile::tempdir().expect("a folder");
    let floor = Floor::start(folder.path().join("floor.db").to_str().expect("text")).await;
    let bare = load(
        &floor.address,
        "/",
        tenant,
        connections,
        duration,
        occurrences,
    )
    .await;
    floor.stop().await;
    let serving = rig.serve().await;
    let address = serving.address.trim_start_matches("http://");
    let path = "/webhooks/servicetitan/acme";
    let ours = load(address, path, tenant, connections, duration, occurrences).await;
    let memory_mb = process::resident_max_mb(serving.pid());
    serving.kill().await;
    Round {
        floor: bare.per_second(),
        ours: ours.per_second(),
        p50_ms: ours.percentile_ms(50),
        p99_ms: ours.percentile_ms(99),
        memory_mb,
    }
}

/// How many of these occurrences the connector's database does not know.
fn missing(rig: &Rig, acknowledged: &[u64]) -> usize {
    let db =
        rusqlite::Connection::open(rig.path("connector.db")).expect("the connector's database");
    let mut find = db
        .prepare("select 1 from observations where connection = 1 and occurrence = ?1")
        .expect("SQL");
    acknowledged
        .iter()
        .filter(|n| !find.exists([format!("occurrence-{n}")]).expect("read"))
        .count()
}

struct Floor {
    child: tokio::process::Child,
    address: String,
}

impl Floor {
    async fn start(database: &str) -> Self {
        let mut child = Command::new(env::current_exe().expect("this program"))
            .arg("webhooks")
            .env("MEASURE_FLOOR_DATABASE", database)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let address = lines
            .next_line()
            .await
            .expect("readable")
            .expect("an address");
        Self { child, address }
    }

    async fn stop(mut self) {
        self.child.kill().await.expect("it can be killed");
    }
}

/// Sends signed deliveries over keep-alive connections, each after the answer to the one before, until the time is over
/// or the receiver is gone.
async fn load(
    address: &str,
    path: &str,
    tenant: i64,
    connections: usize,
    duration: Duration,
    occurrences: &Arc<AtomicU64>,
) -> Load {
    let started = Instant::now();
    let senders: Vec<_> = (0..connections)
        .map(|_| {
            let (address, path, occurrences) =
                (address.to_owned(), path.to_owned(), Arc::clone(occurrences));
            tokio::spawn(async move {
                send(&address, &path, tenant, started + duration, &occurrences).await
            })
        })
        .collect();
    let (mut latencies_us, mut acknowledged) = (Vec::new(), Vec::new());
    for sender in senders {
        let (latencies, occurrences) = sender.await.expect("no panic");
        latencies_us.extend(latencies);
        acknowledged.extend(occurrences);
    }
    let elapsed = started.elapsed();
    latencies_us.sort_unstable();
    Load {
        answered: acknowledged.len() as u64,
        elapsed,
        latencies_us,
        acknowledged,
    }
}

async fn send(
    address: &str,
    path: &str,
    tenant: i64,
    until: Instant,
    occurrences: &AtomicU64,
) -> (Vec<u64>, Vec<u64>) {
    let (mut latencies, mut acknowledged) = (Vec::new(), Vec::new());
    let Ok(mut stream) = TcpStream::connect(address).await else {
        return (latencies, acknowledged);
    };
    stream.set_nodelay(true).expect("TCP");
    let mut answer = vec![0; 4096];
    while Instant::now() < until {
        let occurrence = occurrences.fetch_add(1, Ordering::Relaxed);
        let request = request(address, path, tenant, occurrence);
        let sent = Instant::now();
        if stream.write_all(&request).await.is_err() {
            break;
        }
        match stream.read(&mut answer).await {
            Ok(n) if n > 12 => {
                assert_eq!(
                    &answer[9..12],
                    b"200",
                    "{}",
                    String::from_utf8_lossy(&answer[..n])
                );
                latencies.push(u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX));
                acknowledged.push(occurrence);
            }
            _ => break,
        }
    }
    (latencies, acknowledged)
}

/// A job event of about 1.5 kB, signed.
fn request(address: &str, path: &str, tenant: i64, occurrence: u64) -> Vec<u8> {
    let customer =
        sandbox::servicetitan::customer_id(usize::try_from(occurrence % CUSTOMERS).expect("small"));
    let body = format!(
        "{{\"specversion\":\"1.0\",\"id\":\"delivery-{occurrence}\",\"type\":\"tn.jpm.job-updated\",\
         \"time\":\"2026-11-01T00:00:00Z\",\"source\":\"https://webhooks.servicetitan.io\",\
         \"userassignedid\":\"occurrence-{occurrence}\",\"datacontenttype\":\"application/json\",\
         \"data\":{{\"job\":{{\"id\":{occurrence},\"customerId\":{customer},\"locationId\":0,\"summary\":\"{}\"}},\
         \"tenantId\":{tenant},\"tenantName\":\"Bench\"}}}}",
        "x".repeat(1_100)
    );
    let signature = sandbox::servicetitan::sign(
        WEBHOOK_SECRET,
        sandbox::servicetitan::Encoding::Hex,
        body.as_bytes(),
    );
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nX-Signature: {signature}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
