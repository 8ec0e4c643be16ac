//! Tokens, and the gate before every API call.
//!
//! The order of the gate's checks is that of the live gateway as far as it is known: app key,
//! token, tenant of the token against the path, rate limit, scope.

use std::collections::{BTreeSet, HashMap};

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::app::State;
use super::problem::Problem;
use super::rate::whole_seconds;
use super::record::TenantId;

const TOKEN_WINDOW: std::time::Duration = std::time::Duration::from_mins(1);

/// The tokens alive.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    granted: HashMap<String, Grant>,
    issued: u64,
}

#[derive(Debug, Clone)]
struct Grant {
    tenant: TenantId,
    scopes: BTreeSet<String>,
    expires: Timestamp,
}

impl Tokens {
    pub(super) fn expire_all(&mut self) {
        self.granted.clear();
    }

    pub(super) fn expire_of(&mut self, tenant: TenantId) {
        self.granted.retain(|_, grant| grant.tenant != tenant);
    }

    pub(super) fn issued(&self) -> u64 {
        self.issued
    }
}

/// A refusal of the identity server, in its own shape.
pub(super) fn refuse_token(status: StatusCode, error: &str) -> Response {
    answer(status, &json!({ "error": error }))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json; charset=UTF-8"),
        (header::CACHE_CONTROL, "no-store, no-cache, max-age=0"),
    ];
    (status, headers, body.to_string()).into_response()
}

impl State {
    /// `POST /connect/token` with a form already read.
    pub(super) fn token(&mut self, form: &HashMap<String, String>, now: Timestamp) -> Response {
        let bad = |error| refuse_token(StatusCode::BAD_REQUEST, error);
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let client = field("client_id");
        let per_minute = self.switches.token_requests_per_minute;
        if per_minute > 0 {
            let moment = tokio::time::Instant::now();
            let admitted =
                self.token_windows
                    .admit(client.to_owned(), per_minute, TOKEN_WINDOW, moment);
            if let Err(wait) = admitted {
                let retry = [(header::RETRY_AFTER, whole_seconds(wait).to_string())];
                let refusal = refuse_token(StatusCode::TOO_MANY_REQUESTS, "too_many_requests");
                return (retry, refusal).into_response();
            }
        }
        let secret = field("client_secret");
        let found = self.tenants.values().find(|books| {
            books.client_id == client && books.client_secret == secret && !books.revoked
        });
        let Some(books) = found else {
            return bad("invalid_client");
        };
        if field("grant_type") != "client_credentials" {
            return bad("unsupported_grant_type");
        }
        let asked: BTreeSet<String> = field("scope")
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        if !asked.is_subset(&books.scopes) {
            return bad("invalid_scope");
        }
        let scopes = if asked.is_empty() {
            books.scopes.clone()
        } else {
            asked
        };
        let (tenant, life_s) = (books.id, self.switches.token_life_s);
        let expires = now + SignedDuration::from_secs(life_s);
        self.tokens.issued += 1;
        let jti = self.tokens.issued;
        let token = jwt(client, tenant, &scopes, now, expires, jti);
        let scope = scopes.iter().cloned().collect::<Vec<_>>().join(" ");
        self.tokens.granted.retain(|_, grant| grant.expires > now);
        self.tokens.granted.insert(
            token.clone(),
            Grant {
                tenant,
                scopes,
                expires,
            },
        );
        let body = json!({
            "access_token": token, "expires_in": life_s, "token_type": "Bearer", "scope": scope,
        });
        answer(StatusCode::OK, &body)
    }

    /// Lets a call through to the tenant in its path, or says why not.
    pub(super) fn gate(
        &mut self,
        app_key: &str,
        headers: &HeaderMap,
        tenant: TenantId,
        scope: &str,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let key = headers
            .get("ST-App-Key")
            .and_then(|key| key.to_str().ok())
            .unwrap_or("");
        if key.is_empty() {
            let title = "Application key not present, check ST-App-Key header value.";
            return Err(Problem::gateway(401, title));
        }
        if key != app_key {
            let title = "Application key is not valid, check ST-App-Key header value.";
            return Err(Problem::gateway(401, title));
        }
        let bearer = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = bearer
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or("");
        let alive = self
            .tokens
            .granted
            .get(token)
            .filter(|grant| grant.expires > now);
        let Some(grant) = alive.cloned() else {
            return Err(Problem::gateway(
                401,
                "Access token is missing, expired or not valid.",
            ));
        };
        if grant.tenant != tenant {
            let status = self.switches.wrong_tenant_status;
            return Err(Problem::gateway(
                status,
                "The token does not give access to this tenant.",
            ));
        }
        if let Some((limit, window)) = self.switches.rate.limit() {
            let moment = tokio::time::Instant::now();
            if let Err(wait) = self.windows.admit(tenant, limit, window, moment) {
                self.calls.rate_limited += 1;
                let told = self.switches.retry_after.then(|| whole_seconds(wait));
                return Err(Problem::too_many(told));
            }
        }
        let granted = self
            .tenants
            .get(&tenant)
            .is_some_and(|books| books.scopes.contains(scope));
        if !granted || !grant.scopes.contains(scope) {
            return Err(Problem::gateway(
                403,
                &format!("Scope {scope} is not granted."),
            ));
        }
        Ok(())
    }
}

/// A token of the same shape as the live one's. The signature is not one: nobody verifies it.
fn jwt(
    client: &str,
    tenant: TenantId,
    scopes: &BTreeSet<String>,
    now: Timestamp,
    expires: Timestamp,
    jti: u64,
) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(&json!({ "alg": "RS256", "kid": "SANDBOX", "typ": "at+jwt" }));
    let claims = part(&json!({
        "nbf": now.as_second(),
        "exp": expires.as_second(),
        "iss": "https://auth.servicetitan.io",
        "client_id": client,
        "tenant": tenant.to_string(),
        "jti": format!("{jti:032X}"),
        "iat": now.as_second(),
        "scope": scopes,
    }));
    let digest = Sha256::digest(format!("{header}.{claims}"));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(digest.repeat(8));
    format!("{header}.{claims}.{signature}")
}
