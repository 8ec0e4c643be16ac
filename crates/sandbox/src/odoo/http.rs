//! JSON-2 over HTTP: which requests are calls, who makes them, and how answers and errors look.
//!
//! As in Odoo, a body counts only when its length was announced: a chunked body is dropped without a word, and so is a
//! JSON value that is no object.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use serde_json::{Map, Value as Json, json};

use super::call::Call;
use super::control;
use super::refusal::{Kind, Refusal};
use super::sandbox::{Outcome, State};
use super::value::is_truthy;
use crate::server::Connection;

/// Odoo itself has no limit; this one only protects the machine.
const BODY_BYTES_MAX: usize = 128 * 1024 * 1024;

const VERSION: &str = "19.0";

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/json/2", any(call))
        .route("/json/2/{*rest}", any(call))
        .route("/web/version", get(version))
        .route("/json/version", get(version))
        .route("/web/health", get(health))
        .route("/web/webclient/version_info", post(version_info))
        .merge(control::routes())
        .fallback(nothing_here)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(axum::middleware::map_response(close))
        .with_state(state)
}

/// Odoo closes every connection after its answer.
async fn close(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn version() -> Response {
    json_answer(
        StatusCode::OK,
        &json!({"version_info": version_parts(), "version": VERSION}),
    )
}

fn version_parts() -> Json {
    json!([19, 0, 0, "final", 0, ""])
}

async fn health() -> Response {
    json_answer(StatusCode::OK, &json!({"status": "pass"}))
}

async fn version_info(body: Bytes) -> Response {
    let request: Json = serde_json::from_slice(&body).unwrap_or_default();
    let result = json!({
        "server_version": VERSION,
        "server_version_info": version_parts(),
        "server_serie": VERSION,
        "protocol_version": 1,
    });
    json_answer(
        StatusCode::OK,
        &json!({"jsonrpc": "2.0", "id": request["id"], "result": result}),
    )
}

async fn nothing_here() -> Response {
    page(
        StatusCode::NOT_FOUND,
        "404 Not Found",
        "The requested URL was not found on the server. If you entered the URL manually please check your spelling \
         and try again.",
    )
}

async fn call(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    verb: Method,
    path: Option<Path<String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Some(page) = wrong_database(&state, &headers) {
        return page;
    }
    let target = path.as_ref().and_then(|Path(path)| path.split_once('/'));
    let Some((model, method)) =
        target.filter(|(_, method)| verb == Method::POST && !method.contains('/'))
    else {
        return refused(&Refusal::not_found(
            "Did you mean POST /json/2/<model>/<method>?",
        ));
    };
    let has_body = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
        .is_some_and(|length| length > 0);
    if has_body && !is_json(&headers) {
        return page(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "415 Unsupported Media Type",
            "Request inferred type is not compatible with this route.",
        );
    }
    let user = match bearer(&headers) {
        Some(key) => match state.user_of(key) {
            Some(user) => user,
            None => return unauthorized("Invalid apikey"),
        },
        None => {
            return unauthorized(
                "User not authenticated, use an API Key with a Bearer Authorization header.",
            );
        }
    };
    let mut arguments = if has_body {
        match parse(&body) {
            Ok(arguments) => arguments,
            Err(refusal) => return refused(&refusal),
        }
    } else {
        Map::new()
    };
    let ids = arguments.remove("ids").unwrap_or_default();
    let context = match arguments.remove("context") {
        Some(Json::Object(context)) => context,
        Some(other) if is_truthy(&other) => {
            return refused(&Refusal::type_error(
                "cannot convert dictionary update sequence element #0 to a sequence",
            ));
        }
        _ => Map::new(),
    };
    let call = Call {
        model: model.to_owned(),
        method: method.to_owned(),
        ids,
        context,
        arguments,
    };
    // A task of its own: Odoo finishes what it began, whether or not the client still listens.
    let outcome = tokio::spawn(state.perform(user, call)).await;
    match outcome {
        Ok(Outcome::Answer(answer)) => json_answer(StatusCode::OK, &answer),
        Ok(Outcome::Refused(refusal)) => refused(&refusal),
        Ok(Outcome::Killed) | Err(_) => {
            connection.cut();
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The page that answers a request for a database that is not served. Without the header the only database is meant.
fn wrong_database(state: &State, headers: &HeaderMap) -> Option<Response> {
    let asked = headers.get("x-odoo-database")?.to_str().unwrap_or_default();
    if asked == state.options.database {
        return None;
    }
    Some(page(
        StatusCode::NOT_FOUND,
        "404 Not Found",
        "No database is selected and the requested URL was not found in the server-wide controllers.<br>\nPlease \
         verify the hostname, <a href=/web/login>login</a> and try again.",
    ))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(char::is_whitespace)?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| key.trim_start())
        .filter(|key| !key.is_empty())
}

/// The arguments in a body. A value that is no object counts for nothing.
fn parse(body: &[u8]) -> Result<Map<String, Json>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(Json::Object(arguments)) => Ok(arguments),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(Refusal::new(
            Kind::Http(400, "BadRequest"),
            format!("could not parse the body as json: {error}"),
        )),
    }
}

fn unauthorized(message: &str) -> Response {
    let refusal = Refusal::new(Kind::Http(401, "Unauthorized"), message);
    let mut response = refused(&refusal);
    response.headers_mut().insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static("Bearer "),
    );
    response
}

fn refused(refusal: &Refusal) -> Response {
    let status =
        StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_answer(status, &refusal.body())
}

fn json_answer(status: StatusCode, body: &Json) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (status, kind, body.to_string()).into_response()
}

fn page(status: StatusCode, title: &str, text: &str) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let name = title.split_once(' ').map_or(title, |(_, name)| name);
    let html = format!(
        "<!doctype html>\n<html lang=en>\n<title>{title}</title>\n<h1>{name}</h1>\n<p>{text}</p>\n"
    );
    (status, kind, html).into_response()
}

/// How Odoo words an error that a fault asks for.
pub(super) fn voice(status: u16) -> (&'static str, String) {
    let refusal = match status {
        400 => Refusal::new(
            Kind::Http(400, "BadRequest"),
            "could not parse the body as json",
        ),
        401 => Refusal::new(Kind::Http(401, "Unauthorized"), "Invalid apikey"),
        403 => Refusal::new(Kind::Access, "You are not allowed to do this."),
        404 => Refusal::not_found("The requested URL was not found on the server."),
        409 => Refusal::new(Kind::Http(409, "Conflict"), "The record is locked."),
        422 => Refusal::user("The operation cannot be completed."),
        429 => Refusal::new(
            Kind::Http(429, "TooManyRequests"),
            "This user has exceeded an allotted request count.",
        ),
        500 => Refusal::new(
            Kind::Python("psycopg2.OperationalError"),
            "server closed the connection unexpectedly",
        ),
        _ => {
            let html = format!(
                "<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
            );
            return ("text/html", html);
        }
    };
    ("application/json", refusal.body().to_string())
}
