//! The questions that a check asks before anything is read in earnest.

use super::Client;
use super::call::{Call, Probe};
use super::page;
use super::token::TokenFacts;
use crate::error::Error;

/// What the credentials turned out to be good for.
#[derive(Debug, Clone)]
pub struct Preflight {
    /// The token, or why there is none.
    pub token: Result<TokenFacts, Error>,
    /// One result per scope; empty without a token.
    pub scopes: Vec<ScopeCheck>,
}

/// Whether one scope is there.
#[derive(Debug, Clone)]
pub struct ScopeCheck {
    /// E.g. `tn.crm.customers:r`.
    pub scope: &'static str,
    /// The call that was tried.
    pub operation: &'static str,
    /// Whether it was answered, or why not.
    pub result: Result<(), Error>,
}

impl Preflight {
    /// The failures, the token's first.
    pub fn errors(&self) -> impl Iterator<Item = &Error> {
        let token = self.token.as_ref().err();
        let scopes = self.scopes.iter();
        token
            .into_iter()
            .chain(scopes.filter_map(|check| check.result.as_ref().err()))
    }
}

pub(super) async fn run(client: &Client) -> Preflight {
    let token = client.token_facts().await;
    let mut scopes = Vec::new();
    if token.is_ok() {
        for probe in Probe::ALL {
            let call = Call::Probe(probe);
            let answer = client.send(&call).await;
            let page = answer
                .and_then(|body| page::parse(&body, 1).map_err(|cause| cause.of(call.operation())));
            scopes.push(ScopeCheck {
                scope: call.endpoint().scope,
                operation: call.operation(),
                result: page.map(drop),
            });
        }
    }
    Preflight { token, scopes }
}
