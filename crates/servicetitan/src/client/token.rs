//! The bearer token: asked for once, shared by all, renewed before it dies.
//!
//! ServiceTitan throttles token requests, so there is at most one in flight, those who wait for
//! it share its failure, and after a failure the next one waits. A token is renewed after 5/6 of
//! its life (750 s of 900 s); should that fail, the old one serves until it dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::config::Config;
use super::http::{Http, TOKEN_OPERATION};
use super::{Client, page};
use crate::error::{Error, ErrorKind};

/// The life that is assumed when the answer does not say.
const LIFE_ASSUMED: Duration = Duration::from_mins(15);
const LIFE_MAX: Duration = Duration::from_hours(24);
/// After a failure the next request waits this long, doubling with every further failure.
const WAIT_FIRST: Duration = Duration::from_millis(250);
const WAIT_MAX: Duration = Duration::from_secs(8);
/// A `Retry-After` of the token service is believed up to this.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(5);

/// What is known about a token, the token itself aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// Its life when it was given.
    pub expires_in: Duration,
    /// The scopes that came with it, e.g. `tn.crm.customers:r`; empty if the answer named none.
    pub scopes: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Token {
    secret: SecretString,
    facts: TokenFacts,
    renew_at: Instant,
    dies_at: Instant,
}

impl Token {
    pub(super) fn secret(&self) -> &SecretString {
        &self.secret
    }
}

#[derive(Debug)]
pub(super) struct TokenCache {
    /// How many requests have ended. Read before queueing for `state`: if it has moved by the
    /// time it is our turn, the answer to our question is already there.
    ended: AtomicU64,
    /// Locked for the length of a request: that is the single flight.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Arc<Token>>,
    /// Set from a failure until the next success.
    failed: Option<Failed>,
}

#[derive(Debug)]
struct Failed {
    error: Error,
    times: u32,
    not_before: Instant,
}

impl TokenCache {
    pub(super) fn new() -> Self {
        Self {
            ended: AtomicU64::new(0),
            state: Mutex::default(),
        }
    }

    /// A token to use now.
    pub(super) async fn get(&self, http: &Http, config: &Config) -> Result<Arc<Token>, Error> {
        self.obtain(http, config, false).await
    }

    /// A token from a request that was sent after this was called, or at least was still under
    /// way: proof that the credentials hold.
    pub(super) async fn fresh(&self, http: &Http, config: &Config) -> Result<Arc<Token>, Error> {
        self.obtain(http, config, true).await
    }

    /// Forgets `dead`, unless someone else already renewed it.
    pub(super) async fn discard(&self, dead: &Arc<Token>) {
        let mut state = self.state.lock().await;
        state.token.take_if(|token| Arc::ptr_eq(token, dead));
    }

    async fn obtain(&self, http: &Http, config: &Config, fresh: bool) -> Result<Arc<Token>, Error> {
        let ended = self.ended.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        let answered_meanwhile = self.ended.load(Ordering::Acquire) != ended;
        let now = Instant::now();
        let alive = state.token.clone().filter(|token| now < token.dies_at);

        match &state.failed {
            None => {
                if let Some(token) = alive.as_ref().filter(|token| now < token.renew_at)
                    && (!fresh || answered_meanwhile)
                {
                    return Ok(Arc::clone(token));
                }
            }
            Some(failed) => {
                let wait = failed.not_before.saturating_duration_since(now);
                if let Some(token) = alive.as_ref().filter(|_| !fresh && !wait.is_zero()) {
                    return Ok(Arc::clone(token));
                }
                if answered_meanwhile || wait > WAIT_MAX {
                    return Err(failed.error.clone());
                }
                // Whoever queues up meanwhile gets our answer.
                sleep(wait).await;
            }
        }

        let asked = Instant::now();
        let result = http
            .token(config)
            .await
            .and_then(|body| token_of(&body, asked));
        self.ended.fetch_add(1, Ordering::AcqRel);
        match result {
            Ok(token) => {
                let token = Arc::new(token);
                tracing::debug!(
                    expires_in_s = token.facts.expires_in.as_secs(),
                    "ServiceTitan gave a token"
                );
                state.token = Some(Arc::clone(&token));
                state.failed = None;
                Ok(token)
            }
            Err(error) => {
                let old = alive.filter(|_| !fresh);
                state.note(error.clone());
                match old {
                    Some(token) => {
                        tracing::warn!(kind = %error.kind, "the old token serves on: {error}");
                        Ok(token)
                    }
                    None => Err(error),
                }
            }
        }
    }
}

impl State {
    fn note(&mut self, error: Error) {
        let times = self.failed.as_ref().map_or(1, |failed| failed.times + 1);
        let backoff = WAIT_FIRST * (1 << (times - 1).min(5));
        let asked_for = error.retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
        self.failed = Some(Failed {
            error,
            times,
            not_before: Instant::now() + backoff.min(WAIT_MAX).max(asked_for),
        });
    }
}

impl Client {
    /// A fresh token's facts: proof that the credentials hold now.
    pub async fn token_facts(&self) -> Result<TokenFacts, Error> {
        let inner = &*self.inner;
        let token = inner.token.fresh(&inner.http, &inner.config).await?;
        Ok(token.facts.clone())
    }
}

/// Reads the token service's success. Its failures never quote the body.
fn token_of(body: &SecretString, asked: Instant) -> Result<Token, Error> {
    #[derive(Deserialize)]
    struct Wire {
        access_token: String,
        expires_in: Option<u64>,
        scope: Option<String>,
    }
    let wire: Wire = page::json(body.expose_secret()).map_err(|cause| cause.of(TOKEN_OPERATION))?;
    if wire.access_token.is_empty() {
        let message = "an empty token";
        return Err(Error::new(TOKEN_OPERATION, ErrorKind::Unreadable, message));
    }
    let life = wire.expires_in.map_or(LIFE_ASSUMED, Duration::from_secs);
    let life = life.min(LIFE_MAX);
    let scopes = wire.scope.unwrap_or_default();
    Ok(Token {
        secret: wire.access_token.into(),
        facts: TokenFacts {
            expires_in: life,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        },
        renew_at: asked + life * 5 / 6,
        dies_at: asked + life,
    })
}
