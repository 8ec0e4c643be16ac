//! The questions that a check asks before anything is read in earnest.

use super::Client;
use super::call::Call;
use super::endpoint::{self, Endpoint};
use super::list::List;
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

/// What the preflight touches, one list per scope.
const CUSTOMER_LISTS: [Endpoint; 3] = [
    endpoint::CUSTOMERS,
    endpoint::LOCATIONS,
    endpoint::PAYMENT_TERMS,
];

impl Client {
    /// What the credentials are good for: a token, then one row of each list that customers need.
    /// Failures are results here. Not retried beyond the usual budget.
    pub async fn preflight(&self) -> Preflight {
        self.preflight_with(&[]).await
    }

    /// As [`Self::preflight`], with one row of each of these lists too.
    pub async fn preflight_with(&self, lists: &[List]) -> Preflight {
        let token = self.token_facts().await;
        let mut scopes = Vec::new();
        if token.is_ok() {
            let lists = lists.iter().map(|list| list.endpoint());
            for endpoint in CUSTOMER_LISTS.into_iter().chain(lists) {
                scopes.push(self.probe(endpoint).await);
            }
        }
        Preflight { token, scopes }
    }

    async fn probe(&self, endpoint: Endpoint) -> ScopeCheck {
        let answer = self.send(&Call::Probe(endpoint)).await;
        let page = answer
            .and_then(|body| page::parse(&body, 1).map_err(|cause| cause.of(endpoint.operation)));
        ScopeCheck {
            scope: endpoint.scope,
            operation: endpoint.operation,
            result: page.map(drop),
        }
    }
}
