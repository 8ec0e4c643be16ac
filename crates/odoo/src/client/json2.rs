//! JSON-2: building a request, and the one place where its answers get their meaning.

use http::{HeaderMap, HeaderValue, Method, header};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Call;
use super::config::Config;
use super::exception::{self, Meaning};
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
    let (meaning, message) = match &fault {
        Some(fault) => {
            let message = fault.message.as_str().unwrap_or_default();
            (spoken(status, &fault.name, message), message)
        }
        None => (unspoken(status), ""),
    };
    let mut error = Error::new(operation, meaning.kind, message).with_status(status);
    error.may_have_applied = meaning.may_have_applied;
    error.retry_after = reply.retry_after();
    Err(error)
}

/// Odoo itself answers: the status, and for 404 and 500 the exception's name. It does so after it rolled
/// back.
fn spoken(status: u16, name: &str, message: &str) -> Meaning {
    Meaning::rolled_back(match status {
        401 => ErrorKind::Credentials,
        403 => ErrorKind::AccessDenied,
        404 if name.ends_with("MissingError") => ErrorKind::MissingRecord,
        404 => ErrorKind::NoSuchMethod,
        409 => ErrorKind::Conflict,
        422 if name.starts_with("odoo.") => ErrorKind::Invalid,
        429 => ErrorKind::Overloaded,
        500.. => return exception::meaning(name, message),
        _ => ErrorKind::Mistake,
    })
}

/// Something before Odoo answers, or Odoo before it knew the database: a page, not JSON. A page says
/// nothing of what became of the call behind it.
fn unspoken(status: u16) -> Meaning {
    match status {
        401 => Meaning::rolled_back(ErrorKind::Credentials),
        403 => Meaning::rolled_back(ErrorKind::AccessDenied),
        404 => Meaning::rolled_back(ErrorKind::NoDatabase),
        408 | 429 => Meaning::rolled_back(ErrorKind::Overloaded),
        500..=599 => Meaning {
            kind: ErrorKind::Overloaded,
            may_have_applied: true,
        },
        _ => Meaning::rolled_back(ErrorKind::Mistake),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::record::{Model, RecordId};
    use http::StatusCode;

    const JSON: &str = "application/json; charset=utf-8";
    const HTML: &str = "text/html; charset=utf-8";

    fn answered(status: u16, kind: &str, body: &str) -> Result<Value> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).unwrap());
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: body.as_bytes().to_vec(),
        };
        read("res.partner load", &reply)
    }

    fn refused(status: u16, name: &str, message: &str) -> Error {
        let body = json!({
            "name": name, "message": message, "arguments": [message], "context": {},
            "debug": "Traceback (most recent call last): secret of the frame",
        });
        let error = answered(status, JSON, &body.to_string()).unwrap_err();
        assert_eq!(error.message, message, "{name}");
        assert!(!format!("{error:?}").contains("secret of the frame"));
        error
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table")]
    fn every_answer_of_odoo_has_its_meaning() {
        use ErrorKind as K;
        for (status, name, message, kind) in [
            (
                401,
                "werkzeug.exceptions.Unauthorized",
                "Invalid apikey",
                K::Credentials,
            ),
            (
                403,
                "odoo.exceptions.AccessError",
                "You are not allowed to access",
                K::AccessDenied,
            ),
            (
                403,
                "odoo.exceptions.AccessError",
                "Access to unauthorized or invalid companies.",
                K::AccessDenied,
            ),
            (
                403,
                "odoo.exceptions.AccessError",
                "Private methods cannot be called remotely.",
                K::AccessDenied,
            ),
            (
                404,
                "werkzeug.exceptions.NotFound",
                "the model 'x.nope' does not exist",
                K::NoSuchMethod,
            ),
            (
                404,
                "werkzeug.exceptions.NotFound",
                "Did you mean POST /json/2/<model>/<method>?",
                K::NoSuchMethod,
            ),
            (
                404,
                "odoo.exceptions.MissingError",
                "Record does not exist or has been deleted.",
                K::MissingRecord,
            ),
            (409, "odoo.exceptions.LockError", "locked", K::Conflict),
            (422, "odoo.exceptions.UserError", "no", K::Invalid),
            (422, "odoo.exceptions.ValidationError", "no", K::Invalid),
            (
                422,
                "werkzeug.exceptions.UnprocessableEntity",
                "missing a required argument: 'vals'",
                K::Mistake,
            ),
            (
                400,
                "werkzeug.exceptions.BadRequest",
                "could not parse the body",
                K::Mistake,
            ),
            (
                500,
                "builtins.ValueError",
                "Invalid field 'nofield' in 'res.partner'",
                K::Mistake,
            ),
            (
                500,
                "psycopg2.errors.SerializationFailure",
                "could not serialize access",
                K::Conflict,
            ),
            (
                500,
                "psycopg2.errors.DeadlockDetected",
                "deadlock detected",
                K::Conflict,
            ),
            (
                500,
                "psycopg2.errors.LockNotAvailable",
                "could not obtain lock on row",
                K::Conflict,
            ),
            (
                500,
                "psycopg2.errors.NumericValueOutOfRange",
                "integer out of range",
                K::Mistake,
            ),
            (
                500,
                "psycopg2.pool.PoolError",
                "The Connection Pool Is Full",
                K::Overloaded,
            ),
        ] {
            let error = refused(status, name, message);
            assert_eq!(error.kind, kind, "{status} {name}");
            assert!(!error.may_have_applied, "{status} {name}");
            assert_eq!(error.status, Some(status));
        }
        let lost = refused(
            500,
            "psycopg2.OperationalError",
            "server closed the connection",
        );
        assert_eq!((lost.kind, lost.may_have_applied), (K::Overloaded, true));
    }

    #[test]
    fn what_stands_in_front_of_odoo_says_nothing_of_the_call_behind() {
        use ErrorKind as K;
        for (status, kind, ambiguous) in [
            (404, K::NoDatabase, false),
            (415, K::Mistake, false),
            (429, K::Overloaded, false),
            (500, K::Overloaded, true),
            (502, K::Overloaded, true),
            (503, K::Overloaded, true),
            (504, K::Overloaded, true),
        ] {
            let error = answered(status, HTML, "<h1>No</h1>").unwrap_err();
            assert_eq!(
                (error.kind, error.may_have_applied),
                (kind, ambiguous),
                "{status}"
            );
            assert_eq!(error.message, "");
        }
        let page = answered(200, HTML, "<h1>Welcome</h1>").unwrap_err();
        assert_eq!((page.kind, page.may_have_applied), (K::Unreadable, true));
        assert_eq!(answered(200, JSON, "null").unwrap(), Value::Null);
    }

    #[test]
    fn the_body_is_an_object_and_names_ids_only_where_there_are_any() {
        let arguments = Map::from_iter([("vals".to_owned(), json!({"name": "A"}))]);
        let context = Context::new().with_archived();
        let call = Call {
            model: &Model::PARTNER,
            method: "write",
            ids: Some(&[RecordId(7)]),
            arguments: &arguments,
            context: &context,
        };
        assert_eq!(
            Value::Object(body(call)),
            json!({"ids": [7], "vals": {"name": "A"}, "context": {"active_test": false}})
        );
        let bare = Map::new();
        for ids in [None, Some(&[][..])] {
            let call = Call {
                ids,
                arguments: &bare,
                context: &Context::new(),
                ..call
            };
            assert_eq!(Value::Object(body(call)), json!({"context": {}}));
        }
    }
}
