//! The webhook sender: signed deliveries, sent again when they fail, at least once, in any order
//! that the switches ask for.
//!
//! First attempts to one subscription go out one after the other; attempts after a failure do not
//! hold up what follows. Each attempt has an `id` of its own; an occurrence keeps its
//! `userassignedid` through attempts and redeliveries.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::event::Event;
use super::options::Switches;

/// An attempt fails when the receiver has not answered within this time (the live system's
/// patience is unknown).
const ATTEMPT: Duration = Duration::from_secs(10);

/// Occurrences remembered; older ones cannot be redelivered.
const OCCURRENCES_MAX: usize = 10_000;

/// Attempts remembered.
const ATTEMPTS_MAX: usize = 100_000;

/// How a signature is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Lower-case hexadecimal.
    #[default]
    Hex,
    /// Upper-case hexadecimal.
    UpperHex,
    /// Base64 with padding.
    Base64,
}

/// Where events go. Registered in a portal on the live system, here by a call.
#[derive(Clone, Deserialize)]
pub struct Subscription {
    /// The callback URL.
    pub url: String,
    /// The HMAC key; none sends unsigned.
    #[serde(default)]
    pub secret: Option<String>,
    /// How the signature is written.
    #[serde(default)]
    pub encoding: Encoding,
    /// Written before the signature, e.g. `sha256=`.
    #[serde(default)]
    pub prefix: String,
    /// The header that carries the signature.
    #[serde(default = "x_signature")]
    pub header: String,
    /// The event types wanted; empty: all.
    #[serde(default)]
    pub events: Vec<String>,
}

fn x_signature() -> String {
    "X-Signature".to_owned()
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("url", &self.url)
            .field("signed", &self.secret.is_some())
            .field("header", &self.header)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

impl Subscription {
    /// All events to this URL, signed with lower-case hexadecimal in `X-Signature`.
    #[must_use]
    pub fn new(url: &str, secret: &str) -> Self {
        Self {
            url: url.to_owned(),
            secret: Some(secret.to_owned()),
            encoding: Encoding::Hex,
            prefix: String::new(),
            header: x_signature(),
            events: Vec::new(),
        }
    }
}

/// A subscription's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubscriptionId(u64);

/// One attempt at delivering one event to one subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// To whom.
    pub subscription: SubscriptionId,
    /// The event's type.
    pub event: String,
    /// The occurrence: the body's `userassignedid`.
    pub occurrence: String,
    /// The delivery: the body's `id`.
    pub delivery: String,
    /// 1 for the first.
    pub attempt: usize,
    /// The receiver's answer; None when there was none.
    pub status: Option<u16>,
    /// Lost on the way, by the switch.
    pub dropped: bool,
    /// Whether it will be tried again.
    pub will_retry: bool,
}

/// The signature of a body, without prefix.
#[must_use]
pub fn sign(secret: &str, encoding: Encoding, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    match encoding {
        Encoding::Hex => hex::encode(bytes),
        Encoding::UpperHex => hex::encode_upper(bytes),
        Encoding::Base64 => BASE64_STANDARD.encode(bytes),
    }
}

/// The sender. Clones share it.
#[derive(Clone)]
pub struct Webhooks {
    shared: Arc<Shared>,
}

struct Shared {
    inner: Mutex<Inner>,
    /// Deliveries neither made nor given up.
    pending: watch::Sender<usize>,
    client: reqwest::Client,
    runtime: tokio::runtime::Handle,
    stopped: CancellationToken,
}

struct Inner {
    subscriptions: BTreeMap<SubscriptionId, (Subscription, mpsc::UnboundedSender<Job>)>,
    next: u64,
    rng: ChaCha8Rng,
    /// Events waiting for their group to be complete, when they are to be reordered.
    gathered: Vec<Occurrence>,
    occurrences: VecDeque<Occurrence>,
    attempts: VecDeque<Attempt>,
}

#[derive(Clone)]
struct Occurrence {
    id: String,
    event: Event,
    time: Timestamp,
    retry_ms: Vec<u64>,
    drop_probability: f64,
}

/// One occurrence on its way to one subscription.
struct Job {
    subscription: SubscriptionId,
    to: Subscription,
    occurrence: Occurrence,
    attempt: usize,
}

impl Webhooks {
    /// A sender without subscriptions; must be called inside a Tokio runtime.
    pub(super) fn new(seed: u64) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(ATTEMPT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let inner = Inner {
            subscriptions: BTreeMap::new(),
            next: 1,
            rng: ChaCha8Rng::seed_from_u64(seed),
            gathered: Vec::new(),
            occurrences: VecDeque::new(),
            attempts: VecDeque::new(),
        };
        Ok(Self {
            shared: Arc::new(Shared {
                inner: Mutex::new(inner),
                pending: watch::channel(0).0,
                client,
                runtime: tokio::runtime::Handle::current(),
                stopped: CancellationToken::new(),
            }),
        })
    }

    /// Sends events to a URL from now on.
    #[expect(
        clippy::must_use_candidate,
        reason = "most subscriptions last as long as the run"
    )]
    pub fn subscribe(&self, subscription: Subscription) -> SubscriptionId {
        let (queue, mut jobs) = mpsc::unbounded_channel::<Job>();
        let sender = self.clone();
        let stopped = self.shared.stopped.clone();
        self.shared
            .runtime
            .spawn(stopped.run_until_cancelled_owned(async move {
                while let Some(job) = jobs.recv().await {
                    if let Some(failed) = sender.attempt(job).await {
                        sender.retry(failed);
                    }
                }
            }));
        let mut inner = self.inner();
        let id = SubscriptionId(inner.fresh());
        inner.subscriptions.insert(id, (subscription, queue));
        id
    }

    /// Ends a subscription; what is queued for it is still sent.
    pub fn unsubscribe(&self, id: SubscriptionId) {
        self.inner().subscriptions.remove(&id);
    }

    /// Publishes an event, as the switches will have it.
    pub(super) fn publish(&self, event: Event, switches: &Switches, now: Timestamp) {
        let mut inner = self.inner();
        let occurrence = Occurrence {
            id: inner.uuid(),
            event,
            time: now,
            retry_ms: switches.webhook_retry_ms.clone(),
            drop_probability: switches.webhook_drop_probability,
        };
        remember(&mut inner.occurrences, occurrence.clone(), OCCURRENCES_MAX);
        if switches.webhook_reorder > 1 {
            inner.gathered.push(occurrence);
            if inner.gathered.len() >= switches.webhook_reorder {
                self.send_gathered(&mut inner);
            }
        } else {
            self.send(&mut inner, &occurrence);
        }
    }

    /// Sends what waits for its group to be complete, shuffled.
    pub fn flush(&self) {
        let mut inner = self.inner();
        self.send_gathered(&mut inner);
    }

    /// Sends an occurrence once more to every subscription: the same `userassignedid`, a new
    /// `id`. False when it is not remembered.
    #[must_use]
    pub fn redeliver(&self, occurrence: &str) -> bool {
        let mut inner = self.inner();
        let found = inner
            .occurrences
            .iter()
            .find(|known| known.id == occurrence)
            .cloned();
        found.is_some_and(|occurrence| {
            self.send(&mut inner, &occurrence);
            true
        })
    }

    /// Sends everything remembered once more, the newest first. Gives how many.
    #[expect(clippy::must_use_candidate, reason = "it is called for its effect")]
    pub fn redeliver_all(&self) -> usize {
        let mut inner = self.inner();
        let all: Vec<Occurrence> = inner.occurrences.iter().rev().cloned().collect();
        for occurrence in &all {
            self.send(&mut inner, occurrence);
        }
        all.len()
    }

    /// The attempts so far (the latest 100,000), oldest first.
    #[must_use]
    pub fn attempts(&self) -> Vec<Attempt> {
        self.inner().attempts.iter().cloned().collect()
    }

    /// The `userassignedid`s published so far (the latest 10,000), oldest first.
    #[must_use]
    pub fn occurrences(&self) -> Vec<String> {
        self.inner()
            .occurrences
            .iter()
            .map(|occurrence| occurrence.id.clone())
            .collect()
    }

    /// Waits until every delivery was made or given up, waits between attempts included.
    pub async fn settled(&self) {
        let mut pending = self.shared.pending.subscribe();
        // The sender lives as long as this handle.
        let _ = pending.wait_for(|pending| *pending == 0).await;
    }

    pub(super) fn stop(&self) {
        self.shared.stopped.cancel();
    }

    fn send_gathered(&self, inner: &mut Inner) {
        let mut group = std::mem::take(&mut inner.gathered);
        group.shuffle(&mut inner.rng);
        for occurrence in &group {
            self.send(inner, occurrence);
        }
    }

    fn send(&self, inner: &mut Inner, occurrence: &Occurrence) {
        for (id, (to, queue)) in &inner.subscriptions {
            if !to.events.is_empty() && !to.events.contains(&occurrence.event.kind) {
                continue;
            }
            let occurrence = occurrence.clone();
            let job = Job {
                subscription: *id,
                to: to.clone(),
                occurrence,
                attempt: 1,
            };
            self.shared.pending.send_modify(|pending| *pending += 1);
            if queue.send(job).is_err() {
                self.shared.pending.send_modify(|pending| *pending -= 1);
            }
        }
    }

    /// Tries once; gives the job back, with the wait before the next attempt, when it failed.
    async fn attempt(&self, mut job: Job) -> Option<(Job, Duration)> {
        let (delivery, dropped) = {
            let mut inner = self.inner();
            let p = job.occurrence.drop_probability.clamp(0.0, 1.0);
            (inner.uuid(), inner.rng.random_bool(p))
        };
        let occurrence = &job.occurrence;
        let status = if dropped {
            None
        } else {
            self.post(&job, &delivery).await
        };
        let accepted = status.is_some_and(|status| (200..300).contains(&status));
        let wait_ms = occurrence.retry_ms.get(job.attempt - 1).copied();
        // What is lost on the way was sent, as far as the sender knows.
        let retry = if accepted || dropped { None } else { wait_ms };
        let log = Attempt {
            subscription: job.subscription,
            event: occurrence.event.kind.clone(),
            occurrence: occurrence.id.clone(),
            delivery,
            attempt: job.attempt,
            status,
            dropped,
            will_retry: retry.is_some(),
        };
        remember(&mut self.inner().attempts, log, ATTEMPTS_MAX);
        let Some(wait_ms) = retry else {
            self.shared.pending.send_modify(|pending| *pending -= 1);
            return None;
        };
        job.attempt += 1;
        Some((job, Duration::from_millis(wait_ms)))
    }

    /// Tries again in the background until it succeeds or the attempts are used up.
    fn retry(&self, failed: (Job, Duration)) {
        let sender = self.clone();
        let stopped = self.shared.stopped.clone();
        self.shared
            .runtime
            .spawn(stopped.run_until_cancelled_owned(async move {
                let mut next = Some(failed);
                while let Some((job, wait)) = next {
                    tokio::time::sleep(wait).await;
                    next = sender.attempt(job).await;
                }
            }));
    }

    async fn post(&self, job: &Job, delivery: &str) -> Option<u16> {
        let occurrence = &job.occurrence;
        let body = occurrence
            .event
            .body(delivery, &occurrence.id, occurrence.time);
        let mut request = self
            .shared
            .client
            .post(&job.to.url)
            .header("Content-Type", "application/json; charset=utf-8");
        if let Some(secret) = &job.to.secret {
            let signature = sign(secret, job.to.encoding, body.as_bytes());
            request = request.header(&job.to.header, format!("{}{signature}", job.to.prefix));
        }
        let response = request.body(body).send().await.ok()?;
        let status = response.status().as_u16();
        // Read to the end, so that the connection can be used again.
        let _ = response.bytes().await;
        Some(status)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing between lock and release can fail half way.
        self.shared
            .inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Webhooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhooks")
            .field("pending", &*self.shared.pending.borrow())
            .finish()
    }
}

impl Inner {
    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    fn uuid(&mut self) -> String {
        let bits: u128 = self.rng.random();
        let text = format!("{bits:032x}");
        let (head, tail) = (&text[..8], &text[20..]);
        format!(
            "{head}-{}-4{}-8{}-{tail}",
            &text[8..12],
            &text[13..16],
            &text[17..20]
        )
    }
}

fn remember<T>(log: &mut VecDeque<T>, entry: T, max: usize) {
    if log.len() >= max {
        log.pop_front();
    }
    log.push_back(entry);
}
