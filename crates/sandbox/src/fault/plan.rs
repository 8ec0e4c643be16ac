//! The rules in force at one simulator, and what they did.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Call, Fault, Rule};

/// How a vendor words an error of a status: content type and body.
pub(crate) type Voice = fn(status: u16) -> (&'static str, String);

/// A rule's number within its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(u64);

/// One strike.
#[derive(Debug, Clone, Serialize)]
pub struct Fired {
    /// The rule that struck.
    pub rule: RuleId,
    /// What it did.
    pub fault: Fault,
    /// Method and path of the request, e.g. `POST /connect/token`.
    pub request: String,
}

/// The strikes that a plan remembers; older ones are forgotten, the counts are not.
const FIRED_KEPT_MAX: usize = 10_000;

/// The rules in force at one simulator. Clones share them.
#[derive(Clone)]
pub struct Plan {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
    voice: Voice,
}

struct State {
    rng: ChaCha8Rng,
    next: u64,
    armed: Vec<Armed>,
    fired: Vec<Fired>,
    counts: std::collections::BTreeMap<RuleId, u64>,
}

struct Armed {
    id: RuleId,
    rule: Rule,
    seen: u64,
    fired: u64,
    /// True once held requests may go on; also when the sender is gone with its rule.
    gate: watch::Sender<bool>,
}

/// What to do to one request.
pub(super) struct Strike {
    pub(super) fault: Fault,
    gate: watch::Receiver<bool>,
}

impl Strike {
    /// Waits until the rule is released or removed.
    pub(super) async fn released(&mut self) {
        // An error means that the rule was removed, which lets the request go as well.
        let _ = self.gate.wait_for(|open| *open).await;
    }
}

impl Plan {
    /// An empty plan. `seed` drives the draws of rules with a probability; `voice` gives content
    /// type and body of the vendor's usual error answer for a status.
    #[must_use]
    pub fn new(seed: u64, voice: fn(u16) -> (&'static str, String)) -> Self {
        let state = State {
            rng: ChaCha8Rng::seed_from_u64(seed),
            next: 1,
            armed: Vec::new(),
            fired: Vec::new(),
            counts: std::collections::BTreeMap::new(),
        };
        let (changes, _) = watch::channel(0);
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                changes,
                voice,
            }),
        }
    }

    /// Arms a rule; earlier rules come first.
    pub fn add(&self, rule: impl Into<Rule>) -> RuleId {
        let mut state = self.state();
        let id = RuleId(state.next);
        state.next += 1;
        let (gate, _) = watch::channel(false);
        state.armed.push(Armed {
            id,
            rule: rule.into(),
            seen: 0,
            fired: 0,
            gate,
        });
        state.counts.insert(id, 0);
        id
    }

    /// Disarms a rule; requests that it holds go on.
    pub fn remove(&self, id: RuleId) {
        self.state().armed.retain(|armed| armed.id != id);
    }

    /// Disarms all rules; held requests go on.
    pub fn clear(&self) {
        self.state().armed.clear();
    }

    /// Lets the requests go on that a [`Fault::Hold`] or [`Fault::HoldReply`] holds, and
    /// disarms it. The same as [`Plan::remove`], by the name that reads well in a test.
    pub fn release(&self, id: RuleId) {
        self.remove(id);
    }

    /// How often a rule has struck, also after its removal.
    #[must_use]
    pub fn fired(&self, id: RuleId) -> u64 {
        self.state().counts.get(&id).copied().unwrap_or(0)
    }

    /// Waits until a rule has struck at least `n` times.
    pub async fn wait_fired(&self, id: RuleId, n: u64) {
        let mut changes = self.shared.changes.subscribe();
        while self.fired(id) < n {
            // The sender lives as long as this plan.
            let _ = changes.changed().await;
        }
    }

    /// The latest strikes (at most 10,000), oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<Fired> {
        self.state().fired.clone()
    }

    /// The rules in force with their strikes so far, in the order in which they are tried.
    #[must_use]
    pub fn rules(&self) -> Vec<(RuleId, String, u64)> {
        let state = self.state();
        state
            .armed
            .iter()
            .map(|a| (a.id, format!("{:?}", a.rule), a.fired))
            .collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state().armed.is_empty()
    }

    pub(super) fn voice(&self, status: u16) -> (&'static str, String) {
        (self.shared.voice)(status)
    }

    /// The fault that strikes this request, if any; it is counted as struck.
    pub(super) fn decide(&self, call: &Call<'_>) -> Option<Strike> {
        let strike = self.state().decide(call);
        if strike.is_some() {
            self.shared.changes.send_modify(|version| *version += 1);
        }
        strike
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panicking matcher leaves counters at worst one short: the state stays usable.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn decide(&mut self, call: &Call<'_>) -> Option<Strike> {
        for armed in &mut self.armed {
            if armed.rule.times.is_some_and(|times| armed.fired >= times) {
                continue;
            }
            if !armed.rule.concerns(call) {
                continue;
            }
            armed.seen += 1;
            let Some(place) = armed.seen.checked_sub(armed.rule.skip + 1) else {
                continue;
            };
            if !place.is_multiple_of(armed.rule.every) {
                continue;
            }
            if armed
                .rule
                .probability
                .is_some_and(|p| !self.rng.random_bool(p))
            {
                continue;
            }
            armed.fired += 1;
            self.counts.insert(armed.id, armed.fired);
            let fault = armed.rule.fault.clone();
            if self.fired.len() >= FIRED_KEPT_MAX {
                self.fired.drain(..FIRED_KEPT_MAX / 2);
            }
            self.fired.push(Fired {
                rule: armed.id,
                fault: fault.clone(),
                request: format!("{} {}", call.method, call.path),
            });
            return Some(Strike {
                fault,
                gate: armed.gate.subscribe(),
            });
        }
        None
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("rules", &self.rules())
            .finish()
    }
}
