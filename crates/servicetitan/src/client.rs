//! The HTTP client: reads, each retried within a stated budget, and a few writes, which are repeated
//! only while it is certain that they had no effect.
//!
//! Guarantees: every call carries the token, the app key and the tenant, and only query parameters
//! that ServiceTitan's documents know (it ignores others silently and answers with everything).
//! Every call waits for its turn at the [`Pacer`]. What comes back is checked against what was
//! asked for. Rows are handed on raw, so that one rotten row never hides the others.
//!
//! Refuses: bodies over [`Config::body_bytes_max`], redirects, feeds and lists that do not advance.

mod answer;
mod call;
mod config;
mod endpoint;
mod feed;
mod http;
mod list;
mod lookup;
mod page;
mod preflight;
mod retry;
mod token;
mod write;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::http::StatusCode;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep};

pub use self::call::Request;
pub use self::config::{Config, Environment, UnknownEnvironment};
pub use self::endpoint::{ENDPOINTS, Endpoint, Param, Verb};
pub use self::feed::{Continuation, Feed, FeedPage, FeedReader, InvalidContinuation};
pub use self::http::Http;
pub use self::list::{List, ListPage, ListReader};
pub use self::preflight::{Preflight, ScopeCheck};
pub use self::retry::Retry;
pub use self::token::TokenFacts;
pub use self::write::{CustomFieldKind, CustomFieldOwner, CustomFieldValue, MarkOutcome, Marked};

use self::call::Call;
use self::token::TokenCache;
use crate::error::{Error, ErrorKind};
use crate::id::TenantId;
use crate::pacer::Pacer;

/// One row as it came.
pub type Row = Box<RawValue>;

/// The most `ids` that ServiceTitan takes in one call.
pub const IDS_PER_CALL_MAX: usize = 50;
/// Pages of one list that are read before it is taken for endless.
const PAGES_MAX: u32 = 10_000;

/// A client of one tenant. Cheap to clone; clones share token and pace.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: Http,
    config: Config,
    pacer: Arc<Pacer>,
    token: TokenCache,
    rng: Mutex<StdRng>,
}

impl Client {
    /// A client that sends with `http`, as `config` says, at the pace of `pacer` (share one among
    /// all clients of the same app and tenant).
    #[must_use]
    pub fn new(http: Http, config: Config, pacer: Arc<Pacer>) -> Self {
        let token = TokenCache::new();
        let rng = Mutex::new(StdRng::seed_from_u64(config.jitter_seed));
        Self {
            inner: Arc::new(Inner {
                http,
                config,
                pacer,
                token,
                rng,
            }),
        }
    }

    /// Whose records these are.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.inner.config.tenant
    }

    /// The pacer it shares.
    #[must_use]
    pub fn pacer(&self) -> &Arc<Pacer> {
        &self.inner.pacer
    }

    /// One page of an export feed: the rows changed since `from` (`None`: since ever), active,
    /// inactive and deleted ones. `recent` includes the last minutes' changes, at the price of
    /// repeats; without it the newest changes are withheld for a while.
    pub async fn export(
        &self,
        feed: Feed,
        from: Option<&Continuation>,
        recent: bool,
    ) -> Result<FeedPage, Error> {
        let call = Call::Export { feed, from, recent };
        let body = self.send(&call).await?;
        feed::page_of(&body, from).map_err(|cause| cause.of(call.operation()))
    }

    /// Reads a feed page by page until it has no more, refusing one that turns in a circle.
    #[must_use]
    pub fn feed(&self, feed: Feed, from: Option<Continuation>, recent: bool) -> FeedReader {
        FeedReader::new(self.clone(), feed, from, recent)
    }

    /// Sends one call, with retries, and returns the body of its 2xx answer. A write that may have
    /// been applied is not repeated: whether to look or to send again is the caller's to decide.
    async fn send(&self, call: &Call<'_>) -> Result<String, Error> {
        let request = call.request(self.inner.config.tenant);
        let retry = &self.inner.config.retry;
        let begun = Instant::now();
        let mut attempt = 1;
        let mut renewed = false;
        loop {
            let left = retry.total_max.saturating_sub(begun.elapsed());
            let error = match self.attempt(&request, left, &mut renewed).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            if error.may_have_applied {
                return Err(error);
            }
            let delay = {
                let rng = &self.inner.rng;
                let mut rng = rng.lock().unwrap_or_else(PoisonError::into_inner);
                retry.delay(&error, attempt, begun.elapsed(), &mut *rng)
            };
            let Some(delay) = delay else {
                return Err(error);
            };
            tracing::debug!(
                operation = %error.operation, kind = %error.kind, status = error.status, attempt,
                delay_ms = delay.as_millis(), "call failed, will be retried: {error}"
            );
            sleep(delay).await;
            attempt += 1;
        }
    }

    /// Sends one request once; twice if its token turns out to be dead, which is renewed once.
    async fn attempt(
        &self,
        request: &Request,
        left: Duration,
        renewed: &mut bool,
    ) -> Result<String, Error> {
        let Inner {
            http,
            config,
            pacer,
            token,
            ..
        } = &*self.inner;
        loop {
            let bearer = token.get(http, config).await?;
            if let Some(pause) = pacer.paused_for().filter(|pause| *pause > left) {
                let message = "ServiceTitan asked for a pause that is not over yet";
                let mut error = Error::new(request.operation(), ErrorKind::RateLimited, message);
                error.retry_after = Some(pause);
                return Err(error);
            }
            let permit = pacer.acquire().await;
            let sent = http.call(config, request, bearer.secret()).await;
            let error = match sent {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            if error.kind == ErrorKind::RateLimited {
                tracing::info!(
                    operation = %error.operation, retry_after_ms = error.retry_after.map(|d| d.as_millis()),
                    "ServiceTitan answered 429: slowing down"
                );
                permit.limited(error.retry_after);
            } else {
                drop(permit);
            }
            let dead_token = error.kind == ErrorKind::Credentials
                && error.status == Some(StatusCode::UNAUTHORIZED.as_u16());
            if !dead_token || *renewed {
                return Err(error);
            }
            *renewed = true;
            token.discard(&bearer).await;
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("config", &self.inner.config)
            .field("pacer", &self.inner.pacer)
            .finish_non_exhaustive()
    }
}
