//! The state behind the port, and the door to it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Router, middleware};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::act::{Act, Refusal};
use super::api::{self, Answer};
use super::auth::{self, Tokens};
use super::books::Books;
use super::control;
use super::event::Event;
use super::options::Switches;
use super::problem::Problem;
use super::rate::Windows;
use super::record::TenantId;
use super::webhook::Webhooks;
use crate::Clock;
use crate::fault::Plan;

/// What the port has served since the start, or since it was reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// By method and path, ids replaced, e.g. `GET /crm/v2/tenant/{tenant}/customers/{id}`.
    /// Requests that a fault answered are not among them.
    pub by_path: BTreeMap<String, u64>,
    /// By HTTP status.
    pub by_status: BTreeMap<u16, u64>,
    /// Refused by the rate limit.
    pub rate_limited: u64,
}

pub(super) struct State {
    pub(super) tenants: BTreeMap<TenantId, Books>,
    pub(super) switches: Switches,
    pub(super) tokens: Tokens,
    pub(super) windows: Windows<TenantId>,
    pub(super) token_windows: Windows<String>,
    pub(super) calls: Calls,
    pub(super) traces: u64,
}

pub(super) struct App {
    state: Mutex<State>,
    pub(super) plan: Plan,
    pub(super) webhooks: Webhooks,
    pub(super) key: String,
    pub(super) seed: u64,
    now: Clock,
}

pub(super) type SharedApp = std::sync::Arc<App>;

impl App {
    pub(super) fn new(
        tenants: BTreeMap<TenantId, Books>,
        switches: Switches,
        plan: Plan,
        webhooks: Webhooks,
        key: String,
        seed: u64,
        now: Clock,
    ) -> Self {
        let state = State {
            tenants,
            switches,
            tokens: Tokens::default(),
            windows: Windows::default(),
            token_windows: Windows::default(),
            calls: Calls::default(),
            traces: 0,
        };
        Self {
            state: Mutex::new(state),
            plan,
            webhooks,
            key,
            seed,
            now,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Changes are made on copies and put in whole: the state is sound after a panic too.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present in .NET's ticks of 100 ns.
    pub(super) fn now(&self) -> Timestamp {
        let now = (self.now)();
        now - SignedDuration::from_nanos(i64::from(now.subsec_nanosecond() % 100))
    }

    pub(super) fn act(&self, tenant: TenantId, act: Act) -> Result<Option<i64>, Refusal> {
        let now = self.now();
        let (id, events, switches) = {
            let mut state = self.state();
            let books = state
                .tenants
                .get_mut(&tenant)
                .expect("handles are made of known tenants");
            let outcome = books.act(act, now);
            let mut announced = std::mem::take(&mut books.announced);
            let mut outcome = outcome?;
            outcome.events.append(&mut announced);
            if outcome.expire_tokens {
                state.tokens.expire_of(tenant);
            }
            (outcome.id, outcome.events, state.switches.clone())
        };
        for event in events {
            self.webhooks.publish(event, &switches, now);
        }
        Ok(id)
    }
}

pub(super) fn router(app: SharedApp) -> Router {
    Router::new()
        .route("/connect/token", post(token).fallback(wrong_method))
        .fallback(api)
        .layer(middleware::from_fn_with_state(app.clone(), count))
        .nest("/sandbox", control::router())
        .with_state(app)
}

async fn token(
    Shared(app): Shared<SharedApp>,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Response {
    match form {
        Ok(Form(form)) => app.state().token(&form, app.now()),
        Err(_) => auth::refuse_token(StatusCode::BAD_REQUEST, "invalid_request"),
    }
}

async fn wrong_method() -> Response {
    StatusCode::METHOD_NOT_ALLOWED.into_response()
}

async fn api(
    Shared(app): Shared<SharedApp>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let now = app.now();
    let mut state = app.state();
    let served = serve(&app, &mut state, &method, &uri, &headers, &body, now);
    let books = state.tenants.values_mut();
    let events: Vec<Event> = books
        .flat_map(|books| std::mem::take(&mut books.announced))
        .collect();
    let response = match served {
        Ok(Some(value)) => json(&value),
        Ok(None) => StatusCode::OK.into_response(),
        Err(problem) => {
            state.traces += 1;
            problem.into_response(state.traces, state.switches.bare_problems)
        }
    };
    let switches = (!events.is_empty()).then(|| state.switches.clone());
    drop(state);
    for event in events {
        if let Some(switches) = &switches {
            app.webhooks.publish(event, switches, now);
        }
    }
    response
}

fn serve(
    app: &App,
    state: &mut State,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Answer {
    let nowhere = || Problem::gateway(404, "Resource not found");
    let segments: Vec<&str> = uri.path().split('/').skip(1).collect();
    let [module, "v2", "tenant", tenant, rest @ ..] = segments.as_slice() else {
        return Err(nowhere());
    };
    let tenant = TenantId(tenant.parse().map_err(|_| nowhere())?);
    let Some((endpoint, scope)) = api::find(module, method.as_str(), rest) else {
        // A method that the path does not know is told from a path that does not exist.
        let other = ["GET", "POST", "PATCH", "PUT", "DELETE"];
        let exists = other
            .iter()
            .any(|method| api::find(module, method, rest).is_some());
        return Err(if exists {
            Problem::gateway(405, "Method not allowed")
        } else {
            nowhere()
        });
    };
    if endpoint.is_gone(&state.switches) {
        return Err(nowhere());
    }
    state.gate(&app.key, headers, tenant, scope, now)?;
    let State {
        tenants, switches, ..
    } = state;
    let books = tenants.get_mut(&tenant).ok_or_else(nowhere)?;
    api::Call {
        books,
        switches,
        uri,
        body,
        now,
        seed: app.seed,
    }
    .serve(endpoint)
}

fn json(value: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (kind, value.to_string()).into_response()
}

/// Counts what the port serves.
async fn count(
    Shared(app): Shared<SharedApp>,
    request: axum::extract::Request,
    next: middleware::Next,
) -> Response {
    let path = format!("{} {}", request.method(), template(request.uri().path()));
    let response = next.run(request).await;
    let mut state = app.state();
    *state.calls.by_path.entry(path).or_default() += 1;
    *state
        .calls
        .by_status
        .entry(response.status().as_u16())
        .or_default() += 1;
    response
}

/// A path with its ids replaced, so that the count stays small.
fn template(path: &str) -> String {
    let mut after_tenant = false;
    let segments = path.split('/').map(|segment| {
        let number = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
        let name = match (number, after_tenant) {
            (true, true) => "{tenant}",
            (true, false) => "{id}",
            (false, _) => segment,
        };
        after_tenant = segment == "tenant";
        name
    });
    segments.collect::<Vec<_>>().join("/")
}
