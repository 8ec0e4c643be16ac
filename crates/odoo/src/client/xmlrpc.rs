//! XML-RPC: building a request, and the one place where its faults get their meaning.

use std::borrow::Cow;

use dxr::{FaultResponse, MethodCall, MethodResponse, Value as Xml};
use http::{HeaderMap, HeaderValue, Method, header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::Call;
use super::config::Config;
use super::transport::{Reply, Transport};
use super::value::{map_to_xml, to_json, to_xml};
use crate::Result;
use crate::error::{Error, ErrorKind};
use crate::record::RecordId;
use crate::server::Version;

pub(super) async fn version(transport: &Transport) -> Result<Version> {
    let operation = "version";
    let answer = send(transport, operation, "common", "version", vec![]).await?;
    let text = answer
        .get("server_version")
        .and_then(Value::as_str)
        .unwrap_or_default();
    answer
        .get("server_version_info")
        .and_then(|info| Version::read(info, text))
        .ok_or_else(|| Error::new(operation, ErrorKind::Unreadable, "no version in the answer"))
}

/// The user's id, which every call must name.
pub(super) async fn authenticate(transport: &Transport, config: &Config) -> Result<RecordId> {
    let operation = "authenticate";
    let Some(login) = &config.login else {
        let words = "XML-RPC needs the login that the key belongs to";
        return Err(Error::new(operation, ErrorKind::Credentials, words));
    };
    let parameters = vec![
        Xml::String(config.database.clone()),
        Xml::String(login.clone()),
        Xml::String(config.api_key.expose_secret().to_owned()),
        Xml::Struct(std::collections::BTreeMap::new()),
    ];
    // Logging in changes nothing that matters.
    let answer = send(transport, operation, "common", "authenticate", parameters)
        .await
        .map_err(|error| Error {
            may_have_applied: false,
            ..error
        })?;
    match answer.as_i64() {
        Some(user) => Ok(RecordId(user)),
        None => Err(Error::new(
            operation,
            ErrorKind::Credentials,
            "wrong login or key",
        )),
    }
}

pub(super) async fn call(
    transport: &Transport,
    config: &Config,
    user: RecordId,
    call: Call<'_>,
) -> Result<Value> {
    let mut positional = Vec::new();
    if let Some(ids) = call.ids {
        positional.push(to_xml(&json!(ids)));
    }
    let mut named = call.arguments.clone();
    named.insert("context".to_owned(), Value::Object(call.context.to_json()));
    let parameters = vec![
        Xml::String(config.database.clone()),
        to_xml(&json!(user)),
        Xml::String(config.api_key.expose_secret().to_owned()),
        Xml::String(call.model.as_str().to_owned()),
        Xml::String(call.method.to_owned()),
        Xml::Array(positional),
        map_to_xml(&named),
    ];
    send(
        transport,
        &call.operation(),
        "object",
        "execute_kw",
        parameters,
    )
    .await
}

async fn send(
    transport: &Transport,
    operation: &str,
    service: &str,
    method: &'static str,
    parameters: Vec<Xml>,
) -> Result<Value> {
    let body = MethodCall {
        name: Cow::Borrowed(method),
        params: parameters,
    }
    .to_xml()
    .map_err(|_| {
        Error::new(
            operation,
            ErrorKind::Mistake,
            "the call cannot be said in XML",
        )
    })?;
    let body = format!("<?xml version=\"1.0\"?>\n{body}").into_bytes();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    let url = transport.address(&["xmlrpc", "2", service]);
    let reply = transport
        .exchange(operation, Method::POST, url, headers, body)
        .await?;
    read(operation, &reply)
}

/// The meaning of an answer, the only place where it is decided.
fn read(operation: &str, reply: &Reply) -> Result<Value> {
    let status = reply.status.as_u16();
    if !reply.status.is_success() {
        let mut error = Error::new(operation, unspoken(status), "").with_status(status);
        error.may_have_applied = status >= 500;
        error.retry_after = reply.retry_after();
        return Err(error);
    }
    let unreadable = || {
        Error::new(
            operation,
            ErrorKind::Unreadable,
            "the answer is not XML-RPC",
        )
        .with_status(status)
        .ambiguous()
    };
    let text = std::str::from_utf8(&reply.body).map_err(|_| unreadable())?;
    if let Ok(response) = MethodResponse::from_xml(text) {
        return to_json(response.value).ok_or_else(unreadable);
    }
    let fault = FaultResponse::from_xml(text)
        .map_err(|_| unreadable())?
        .fault;
    let (kind, message) = match meaning(fault.code(), fault.string()) {
        Meaning::Done => return Ok(Value::Null),
        Meaning::Failed(kind, message) => (kind, message),
    };
    Err(Error::new(operation, kind, message).with_status(status))
}

/// No XML-RPC answer at all.
fn unspoken(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Credentials,
        403 => ErrorKind::AccessDenied,
        404 => ErrorKind::NoSuchMethod,
        408 | 429 | 500..=599 => ErrorKind::Overloaded,
        _ => ErrorKind::Mistake,
    }
}

#[derive(Debug, PartialEq)]
enum Meaning<'a> {
    /// The call was carried out and committed; only its result could not be written down.
    Done,
    Failed(ErrorKind, &'a str),
}

/// What a fault says. Results are written after the commit, so a result that XML-RPC cannot express is
/// a fault although everything is done.
fn meaning(code: i32, text: &str) -> Meaning<'_> {
    match code {
        2 if text.contains("does not exist or has been deleted") => {
            Meaning::Failed(ErrorKind::MissingRecord, text)
        }
        2 if text.starts_with("Object ") && text.trim_end().ends_with("doesn't exist") => {
            Meaning::Failed(ErrorKind::NoSuchMethod, text)
        }
        2 => Meaning::Failed(ErrorKind::Invalid, text),
        3 => Meaning::Failed(ErrorKind::Credentials, text),
        4 => Meaning::Failed(ErrorKind::AccessDenied, text),
        _ => unexpected(exception(text)),
    }
}

/// The exception at the end of a Python traceback: the first line after the last traceback's frames.
/// The frames, which may quote data, are dropped.
fn exception(text: &str) -> &str {
    const HEADING: &str = "Traceback (most recent call last):\n";
    let Some(at) = text.rfind(HEADING) else {
        return text;
    };
    let mut rest = &text[at + HEADING.len()..];
    while rest.starts_with(' ') {
        match rest.split_once('\n') {
            Some((_, after)) => rest = after,
            None => return "",
        }
    }
    rest.trim_end()
}

/// An exception that Odoo did not expect, by the name in front of its message.
fn unexpected(exception: &str) -> Meaning<'_> {
    let (name, message) = exception.split_once(": ").unwrap_or((exception, ""));
    let class = name.rsplit('.').next().unwrap_or(name);
    let unwritten = message.starts_with("cannot marshal ")
        || message.starts_with("dictionary key must be string")
        || message.starts_with("int exceeds XML-RPC limits");
    let kind = match class {
        "TypeError" | "OverflowError" if unwritten => return Meaning::Done,
        "PoolError" => ErrorKind::Overloaded,
        "OperationalError"
            if message.contains("database ") && message.contains("does not exist") =>
        {
            ErrorKind::NoDatabase
        }
        "AttributeError"
            if message.contains("method '") || message.contains("has no attribute") =>
        {
            ErrorKind::NoSuchMethod
        }
        _ if name.starts_with("psycopg2.") => ErrorKind::Conflict,
        _ => ErrorKind::Mistake,
    };
    Meaning::Failed(kind, message)
}
