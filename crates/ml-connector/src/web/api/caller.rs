//! Who asks: a bearer token, looked up anew with each request so that a revoked one is refused at once, and its share of
//! requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use store::Store;
use store::tokens::{Token, TokenId};
use subtle::ConstantTimeEq as _;

use super::problem::Problem;
use crate::token;

/// Requests that a token may make in a second, on average.
pub(super) const REQUESTS_PER_SECOND: u32 = 20;

/// Requests that a token may make at once, after it made none for a while.
pub(super) const REQUESTS_AT_ONCE: u32 = 200;

/// Who may read everything.
const READ_ALL: &str = "read:all";

/// Finds out whose token a request shows.
pub(super) async fn authenticate(
    store: &Store,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Token, Problem> {
    let mut shown = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(shown), None) = (shown.next(), shown.next()) else {
        return Err(Problem::unknown_caller());
    };
    let shown = shown.to_str().ok().and_then(bearer);
    let hash = shown.and_then(token::hash_of_shown);
    let hash = hash.ok_or_else(Problem::unknown_caller)?;
    let known = store.token(&hash).await?;
    // The database finds the hash, not the token, so its time says nothing of use; what it found is compared in any case.
    let token = known.filter(|known| bool::from(known.hash.ct_eq(&hash)));
    let token = token.filter(|token| token.is_valid(now));
    let token = token.ok_or_else(Problem::unknown_caller)?;
    if let Err(error) = store.note_use(&token, now).await {
        tracing::warn!("the use of a token could not be noted: {error}");
    }
    Ok(token)
}

/// The token in `Bearer TOKEN`; the scheme's case does not count.
fn bearer(text: &str) -> Option<&str> {
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the token bears this scope, or the one for everything.
pub(super) fn may(token: &Token, scope: &str) -> bool {
    let scopes = &mut token.scopes.iter();
    scopes.any(|held| held == scope || held == READ_ALL)
}

/// What is left of each token's share. Bounded by the number of tokens; a share that is whole again is forgotten.
#[derive(Clone, Debug, Default)]
pub(in crate::web) struct Shares(Arc<Mutex<HashMap<TokenId, Instant>>>);

impl Shares {
    /// Takes one request off the share.
    pub(super) fn take(&self, id: TokenId, now: Instant) -> Result<(), Problem> {
        let each = Duration::from_secs(1) / REQUESTS_PER_SECOND;
        let ahead_max = each * REQUESTS_AT_ONCE;
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // When all that was asked for would be done, at the average pace.
        let done = shares.get(&id).copied().unwrap_or(now).max(now);
        let ahead = done.duration_since(now);
        if ahead + each > ahead_max {
            let wait = (ahead + each).saturating_sub(ahead_max);
            return Err(Problem::too_many(wait.as_secs() + 1));
        }
        shares.retain(|_, done| *done > now);
        shares.insert(id, done + each);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_bearer_in_any_case() {
        assert_eq!(bearer("bearer x"), Some("x"));
        assert_eq!(bearer("Basic x"), None);
        assert_eq!(bearer("x"), None);
    }
}
