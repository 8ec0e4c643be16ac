//! `/api/v1`: what the connector holds, for whoever shows a token. It only reads.
//!
//! Guarantees: a token sees what its scopes and its connection allow, and nothing tells it of the rest; what is asked for
//! wrongly is refused and named, never ignored; a page goes by ids, so that what changes meanwhile is neither left out nor
//! shown twice; errors are `application/problem+json`.

mod caller;
mod cursor;
mod fresh;
mod openapi;
mod problem;
mod query;
mod resource;
mod shape;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::connections::Connection;
use store::facets::{Find, Found};
use store::tokens::Token;
use tokio::sync::Semaphore;

use super::Web;
use crate::connection::Profile;
use problem::Problem;
use query::Query;
use resource::{RESOURCES, Resource};
use shape::Shown;

pub(super) use caller::Shares;
pub(super) use fresh::Places as FreshPlaces;
pub use openapi::document;
pub use resource::scopes;

/// Requests that are answered at a time: each may hold a page of decrypted rows.
const AT_ONCE_MAX: usize = 32;

const ALLOW: &str = "GET, HEAD, OPTIONS";

/// What the API keeps between requests.
#[derive(Clone, Debug)]
pub(super) struct Api {
    shares: Shares,
    fresh: FreshPlaces,
    places: Arc<Semaphore>,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            shares: Shares::default(),
            fresh: FreshPlaces::default(),
            places: Arc::new(Semaphore::new(AT_ONCE_MAX)),
        }
    }
}

/// The routes, below `/api`.
pub(super) fn routes() -> Router<Web> {
    let mut routes = Router::new().route("/v1/openapi.json", read(get(openapi::serve)));
    for resource in RESOURCES {
        let list = get(async move |State(web): State<Web>, request: Request| {
            let (parts, _) = request.into_parts();
            answered(list(&web, resource, &parts).await, &parts.headers)
        });
        let one = get(
            async move |State(web): State<Web>,
                        path: Result<RawPathParams, RawPathParamsRejection>,
                        request: Request| {
                let (parts, _) = request.into_parts();
                // What is no text is no id.
                let path = path.ok();
                let id = path
                    .as_ref()
                    .and_then(|path| query::id(path.iter().next()?.1));
                answered(one(&web, resource, id, &parts).await, &parts.headers)
            },
        );
        let path = format!("/v1/{}", resource.name);
        routes = routes
            .route(&path, read(list))
            .route(&format!("{path}/{{id}}"), read(one));
    }
    routes.fallback(async || Problem::nothing_there())
}

/// An address that is read, and no more.
fn read(route: MethodRouter<Web>) -> MethodRouter<Web> {
    route
        .options(async || (StatusCode::NO_CONTENT, [(header::ALLOW, ALLOW)]))
        .fallback(async || Problem::method(ALLOW))
}

/// Who asks, and what of.
struct Asked {
    connection: Connection,
    profile: Profile,
    query: Query,
}

impl Asked {
    /// Finds out who asks, whether he may, and what he asks for; in this order.
    async fn read(
        web: &Web,
        resource: &Resource,
        parts: &Parts,
        known: &[&str],
    ) -> Result<Self, Problem> {
        if !accepts_json(&parts.headers) {
            return Err(Problem::not_acceptable());
        }
        let now = web.shared.clock.now();
        let token = caller::authenticate(web.store(), &parts.headers, now).await?;
        web.api.shares.take(token.id, Instant::now())?;
        if !caller::may(&token, &resource.scope()) {
            return Err(Problem::forbidden());
        }
        let query = Query::read(parts.uri.query().unwrap_or_default(), known)?;
        let connection = connection(web, &token, query.connection.as_deref()).await?;
        let profile = serde_json::from_value(connection.settings.clone());
        let profile = profile
            .map_err(|_unreadable| Problem::unavailable("The connection is not set up.", 60))?;
        Ok(Self {
            connection,
            profile,
            query,
        })
    }

    /// The list that is asked for, told from every other one.
    fn list(&self, resource: &Resource) -> String {
        let connection = i64::from(self.connection.id);
        format!("{} of {connection}\n{}", resource.name, self.query.asked)
    }

    fn shown(&self, resource: &Resource, found: &Found) -> Value {
        let shown = Shown {
            found,
            connection: &self.connection.name,
            odoo: &self.profile.odoo.url,
        };
        (resource.show)(&shown)
    }

    async fn freshen(&self, web: &Web, resource: &Resource, ids: &[i64]) -> Result<(), Problem> {
        if !self.query.fresh {
            return Ok(());
        }
        fresh::bring(
            &web.shared,
            &web.api.fresh,
            &self.connection,
            resource.flow,
            ids,
        )
        .await
    }
}

/// The connection that is asked for. A token of one connection need not name it, and of others learns nothing.
async fn connection(web: &Web, token: &Token, name: Option<&str>) -> Result<Connection, Problem> {
    let connections = web.store().connections().await?;
    let mut readable = connections
        .into_iter()
        .filter(|connection| token.connection.is_none_or(|id| id == connection.id));
    match name {
        Some(name) => readable
            .find(|connection| connection.name == name)
            .ok_or_else(|| Problem::no_such("connection", "connection")),
        None if token.connection.is_some() => readable.next().ok_or_else(Problem::unknown_caller),
        None => Err(Problem::parameter(
            "connection",
            "The token is for all connections: say which one.",
        )),
    }
}

async fn list(web: &Web, resource: &Resource, parts: &Parts) -> Result<Value, Problem> {
    let _place = place(web)?;
    let asked = Asked::read(web, resource, parts, &resource.of_list()).await?;
    let list = asked.list(resource);
    let mut find = asked.query.find.clone();
    if let Some(cursor) = &asked.query.cursor {
        find.after = Some(cursor::read(cursor, &list)?);
    }
    let mut limit = asked.query.limit.unwrap_or(query::LIMIT);
    let connection = asked.connection.id;
    if asked.query.fresh {
        limit = limit.min(query::IDS_MAX);
        // What is named may be new to the connector; else the page is what is asked for.
        let ids = if let Some(ids) = &find.ids {
            ids.clone()
        } else {
            let page = web
                .store()
                .found(connection, resource.kind, find.clone(), limit);
            page.await?.into_iter().map(|found| found.id).collect()
        };
        asked.freshen(web, resource, &ids).await?;
    }
    // One more than wanted tells whether there is another page.
    let found = web
        .store()
        .found(connection, resource.kind, find, limit + 1)
        .await?;
    let shown = &found[..found.len().min(limit)];
    let next = shown.last().filter(|_| found.len() > limit);
    let next = next.map(|last| cursor::after(last.id, &list));
    let data = shown.iter().map(|found| asked.shown(resource, found));
    Ok(shape::page(data.collect(), next))
}

async fn one(
    web: &Web,
    resource: &Resource,
    id: Option<i64>,
    parts: &Parts,
) -> Result<Value, Problem> {
    let _place = place(web)?;
    let asked = Asked::read(web, resource, parts, &query::OF_ALL).await?;
    let missing = || Problem::no_such(resource.noun, "id");
    let id = id.ok_or_else(missing)?;
    asked.freshen(web, resource, &[id]).await?;
    let find = Find {
        ids: Some(vec![id]),
        ..Find::default()
    };
    let found = web
        .store()
        .found(asked.connection.id, resource.kind, find, 1)
        .await?;
    let found = found.first().ok_or_else(missing)?;
    Ok(asked.shown(resource, found))
}

fn place(web: &Web) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
    let busy = |_| Problem::unavailable("Too many requests at once.", 1);
    web.api.places.try_acquire().map_err(busy)
}

/// Whether a JSON answer can be read. A quality of zero is taken for what it says.
fn accepts_json(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().peekable();
    if accepted.peek().is_none() {
        return true;
    }
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let refused = parts.any(|part| {
                let quality = part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok());
                quality == Some(0.0)
            });
            !refused && ["", "*/*", "application/*", "application/json"].contains(&media.as_str())
        })
}

/// The answer, or that the asker has it already.
fn answered(answer: Result<Value, Problem>, headers: &HeaderMap) -> Response {
    let value = match answer {
        Ok(value) => value,
        Err(problem) => return problem.into_response(),
    };
    let body = value.to_string();
    // What it holds is customers' data: it may be kept by who asked, and be shown again only after asking.
    with_tag(body, headers, "private, no-cache")
}

/// A body with its tag; the status 304 where the asker shows that tag.
fn with_tag(body: String, headers: &HeaderMap, cache: &'static str) -> Response {
    let digest = Sha256::digest(&body);
    let digits = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
    let tag = format!("\"{}\"", digits.collect::<String>());
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|value| value.trim().trim_start_matches("W/"))
        .any(|value| value == "*" || value == tag);
    let (status, body) = if is_known {
        (StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        (StatusCode::OK, Body::from(body))
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if !is_known {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    let tag = HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes");
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("Authorization"));
    response
}
