//! JSON-2: building a request, and the one place where its answers get their meaning.

use http::{HeaderMap, HeaderValue, Method, header};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Call;
use super::config::Config;
use super::transport::{Reply, Transport};
use crate::Result;
use crate::error::{Error, ErrorKind};
use crate::server::Version;

pub(super) async fn version(transport: &Transport) -> Result<Version> {
    let operation = "version";
    let url = transport.address(&["web", "version"]);
    let reply = transport
        .exchange(operation, Method::GET, url, HeaderMap::new(), Vec::new())
        .await?;
    let answer = read(operation, &reply)?;
    let text = answer
        .get("version")
        .and_then(Value::as_str)
        .unwrap_or_default();
    answer
        .get("version_info")
        .and_then(|info| Version::read(info, text))
        .ok_or_else(|| Error::new(operation, ErrorKind::Unreadable, "no version in the answer"))
}

pub(super) async fn call(transport: &Transport, config: &Config, call: Call<'_>) -> Result<Value> {
    let operation = call.operation();
    let url = transport.address(&["json", "2", call.model.as_str(), call.method]);
    let headers = headers(&operation, config)?;
    let body = serde_json::to_vec(&body(call))
        .map_err(|error| Error::new(&operation, ErrorKind::Mistake, error.to_string()))?;
    let reply = transport
        .exchange(&operation, Method::POST, url, headers, body)
        .await?;
    read(&operation, &reply)
}

/// The body is always an object: Odoo ignores any other, silently, and does nothing.
fn body(call: Call<'_>) -> Map<String, Value> {
    let mut body = call.arguments.clone();
    if let Some(ids) = call.ids.filter(|ids| !ids.is_empty()) {
        body.insert("ids".to_owned(), json!(ids));
    }
    body.insert("context".to_owned(), Value::Object(call.context.to_json()));
    body
}

fn headers(operation: &str, config: &Config) -> Result<HeaderMap> {
    let unfit = |what: &str| Error::new(operation, ErrorKind::Credentials, what);
    let bearer = format!("bearer {}", config.api_key.expose_secret());
    let mut bearer = HeaderValue::try_from(bearer)
        .map_err(|_| unfit("the key holds characters that no key holds"))?;
    bearer.set_sensitive(true);
    let database = HeaderValue::from_str(&config.database).map_err(|_| {
        Error::new(
            operation,
            ErrorKind::NoDatabase,
            "no database can have this name",
        )
    })?;
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, bearer);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert("x-odoo-database", database);
    Ok(headers)
}

/// The fields of an error body that are read. Its `debug` is a traceback and stays out.
#[derive(Deserialize)]
struct Fault {
    name: String,
    #[serde(default)]
    message: Value,
}

/// The meaning of an answer, the only place where it is decided.
fn read(operation: &str, reply: &Reply) -> Result<Value> {
    let status = reply.status.as_u16();
    if reply.status.is_success() {
        return serde_json::from_slice(&reply.body).map_err(|_| {
            Error::new(operation, ErrorKind::Unreadable, "the answer is not JSON")
                .with_status(status)
                .ambiguous()
        });
    }
    let fault: Option<Fault> = if reply.is_json() {
        serde_json::from_slice(&reply.body).ok()
    } else {
        None
    };
    let (kind, message) = match &fault {
        Some(fault) => (
            spoken(status, &fault.name),
            fault.message.as_str().unwrap_or_default(),
        ),
        None => (unspoken(status), ""),
    };
    let mut error = Error::new(operation, kind, message).with_status(status);
    // Odoo answers in JSON only after it rolled back. What comes from elsewhere says nothing of that.
    error.may_have_applied = fault.is_none() && status >= 500;
    error.retry_after = reply.retry_after();
    Err(error)
}

/// Odoo itself answers: the status, and for 404 and 500 the exception's name.
fn spoken(status: u16, name: &str) -> ErrorKind {
    match status {
        401 => ErrorKind::Credentials,
        403 => ErrorKind::AccessDenied,
        404 if name.ends_with("MissingError") => ErrorKind::MissingRecord,
        404 => ErrorKind::NoSuchMethod,
        409 => ErrorKind::Conflict,
        422 if name.starts_with("odoo.") => ErrorKind::Invalid,
        429 => ErrorKind::Overloaded,
        500.. => exception(name),
        _ => ErrorKind::Mistake,
    }
}

/// An exception that Odoo did not expect.
fn exception(name: &str) -> ErrorKind {
    match name {
        "psycopg2.pool.PoolError" | "odoo.sql_db.PoolError" => ErrorKind::Overloaded,
        name if name.starts_with("psycopg2.") => ErrorKind::Conflict,
        _ => ErrorKind::Mistake,
    }
}

/// Something before Odoo answers, or Odoo before it knew the database: a page, not JSON.
fn unspoken(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Credentials,
        403 => ErrorKind::AccessDenied,
        404 => ErrorKind::NoDatabase,
        408 | 429 | 500..=599 => ErrorKind::Overloaded,
        _ => ErrorKind::Mistake,
    }
}
