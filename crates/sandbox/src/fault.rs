//! Faults on request, shared by both simulators: what goes wrong, for which requests, how often.
//!
//! A [`Fault`] is one way in which a vendor fails; a [`Rule`] says which requests it strikes and
//! when; a [`Plan`] holds the rules of one simulator. The first matching rule wins, one fault per
//! request. Guarantees: the draw of a rule with a probability comes from the plan's seed, so a
//! run repeats; [`Fault::Reset`] and the `Reject` family leave the simulator's state untouched,
//! [`Fault::LoseReply`] and [`Fault::HoldReply`] let the request take its full effect first. The
//! simulators' own controls (paths below `/sandbox`) are never struck.
//!
//! ```
//! use sandbox::fault::{Fault, Plan, Rule};
//!
//! let plan = Plan::new(7, |_status| ("text/plain", String::new()));
//! let lost = plan.add(Rule::new(Fault::LoseReply).method("POST").path("/json/2/res.partner").times(3));
//! assert_eq!(plan.fired(lost), 0);
//! ```

pub(crate) mod layer;
mod plan;

pub use plan::{Fired, Plan, RuleId};

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One way in which a vendor fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// Answers with this status; nothing is applied.
    Reject {
        /// An HTTP status, e.g. 403.
        status: u16,
        /// What the answer holds.
        #[serde(default)]
        body: Body,
    },
    /// The request takes effect, then the connection is cut without a byte of an answer.
    LoseReply,
    /// The request is delivered once more after it was answered, as by a proxy that repeats; the first answer counts.
    Twice,
    /// The request waits, unapplied, until [`Plan::release`]; then it is served, whether or not the client is still
    /// there.
    Hold,
    /// The request takes effect, its answer waits until [`Plan::release`].
    HoldReply,
    /// The request waits this long, then is served as usual.
    Slow {
        /// How long, in milliseconds.
        delay_ms: u64,
    },
    /// 429, with or without `Retry-After`; nothing is applied.
    RateLimited {
        /// The header's value in seconds; absent: no header.
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    /// 500 in the vendor's own error format; nothing is applied.
    ServerError,
    /// 502 with a proxy's HTML page; nothing is applied.
    HtmlBadGateway,
    /// The connection is cut before the request is applied.
    Reset,
}

/// What a [`Fault::Reject`] answers with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// The vendor's usual error format for that status.
    #[default]
    Vendor,
    /// This JSON value.
    Json(serde_json::Value),
    /// This text, as `text/plain`.
    Text(String),
    /// A proxy's HTML page.
    Html,
    /// Nothing.
    Empty,
}

/// A request as a rule's matcher sees it.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Upper case, e.g. `POST`.
    pub method: &'a str,
    /// Without query, e.g. `/json/2/res.partner/load`.
    pub path: &'a str,
    /// Raw query without the question mark; empty when there is none.
    pub query: &'a str,
    /// The whole body.
    pub body: &'a [u8],
}

type Matcher = Arc<dyn Fn(&Call<'_>) -> bool + Send + Sync>;

/// Which requests a fault strikes, and how often. Without further words: every request, until
/// the rule is removed.
#[derive(Clone)]
pub struct Rule {
    fault: Fault,
    method: Option<String>,
    path_start: Option<String>,
    path_part: Option<String>,
    matching: Option<Matcher>,
    skip: u64,
    times: Option<u64>,
    every: u64,
    probability: Option<f64>,
}

impl Rule {
    /// Strikes every request until narrowed.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            method: None,
            path_start: None,
            path_part: None,
            matching: None,
            skip: 0,
            times: None,
            every: 1,
            probability: None,
        }
    }

    /// Only requests with this method (any letter case).
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_ascii_uppercase());
        self
    }

    /// Only requests whose path starts with this.
    #[must_use]
    pub fn path(mut self, start: &str) -> Self {
        self.path_start = Some(start.to_owned());
        self
    }

    /// Only requests whose path contains this, e.g. `/export/`.
    #[must_use]
    pub fn path_contains(mut self, part: &str) -> Self {
        self.path_part = Some(part.to_owned());
        self
    }

    /// Only requests for which this holds; it sees the whole body.
    #[must_use]
    pub fn matching(mut self, holds: impl Fn(&Call<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.matching = Some(Arc::new(holds));
        self
    }

    /// Lets the first `n` matching requests pass.
    #[must_use]
    pub fn after(mut self, n: u64) -> Self {
        self.skip = n;
        self
    }

    /// Strikes at most `n` times.
    #[must_use]
    pub fn times(mut self, n: u64) -> Self {
        self.times = Some(n);
        self
    }

    /// Strikes every nth matching request, the first one included.
    #[must_use]
    pub fn every(mut self, n: u64) -> Self {
        self.every = n.max(1);
        self
    }

    /// Strikes a matching request with this probability, 0 to 1.
    #[must_use]
    pub fn with_probability(mut self, p: f64) -> Self {
        self.probability = Some(p.clamp(0.0, 1.0));
        self
    }

    fn concerns(&self, call: &Call<'_>) -> bool {
        self.method.as_deref().is_none_or(|m| m == call.method)
            && self
                .path_start
                .as_deref()
                .is_none_or(|p| call.path.starts_with(p))
            && self
                .path_part
                .as_deref()
                .is_none_or(|p| call.path.contains(p))
            && self.matching.as_ref().is_none_or(|holds| holds(call))
    }
}

impl From<Fault> for Rule {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("fault", &self.fault)
            .field("method", &self.method)
            .field("path", &self.path_start)
            .field("path_contains", &self.path_part)
            .field("closure", &self.matching.is_some())
            .field("after", &self.skip)
            .field("times", &self.times)
            .field("every", &self.every)
            .field("probability", &self.probability)
            .finish()
    }
}

/// A rule as it is written over HTTP: the fault's fields and the narrowing words side by side,
/// e.g. `{"fault": "slow", "delay_ms": 200, "path": "/crm", "times": 3}`.
#[derive(Debug, Clone, Deserialize)]
pub struct RuleText {
    #[serde(flatten)]
    fault: Fault,
    method: Option<String>,
    path: Option<String>,
    path_contains: Option<String>,
    #[serde(default)]
    after: u64,
    times: Option<u64>,
    every: Option<u64>,
    probability: Option<f64>,
}

impl From<RuleText> for Rule {
    fn from(text: RuleText) -> Self {
        Self {
            fault: text.fault,
            method: text.method.map(|m| m.to_ascii_uppercase()),
            path_start: text.path,
            path_part: text.path_contains,
            matching: None,
            skip: text.after,
            times: text.times,
            every: text.every.unwrap_or(1).max(1),
            probability: text.probability.map(|p| p.clamp(0.0, 1.0)),
        }
    }
}
