//! XML-RPC: building a request, and the one place where its faults get their meaning.

use std::borrow::Cow;

use dxr::{FaultResponse, MethodCall, MethodResponse, Value as Xml};
use http::{HeaderMap, HeaderValue, Method, header};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::Call;
use super::config::Config;
use super::exception::{self, Meaning};
use super::transport::{Reply, Transport};
use super::value::{map_to_xml, to_json, to_xml};
use crate::Result;
use crate::error::{Error, ErrorKind};
use crate::record::RecordId;
use crate::server::Version;

/// First arguments whose names older versions and their addons do not agree on (JSON-2 knows names only,
/// and since it exists they agree): given by position.
const BY_POSITION: [(&str, &str); 4] = [
    ("create", "vals_list"),
    ("write", "vals"),
    ("search", "domain"),
    ("search_count", "domain"),
];

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
    for (method, argument) in BY_POSITION {
        if call.method == method
            && let Some(value) = named.remove(argument)
        {
            positional.push(to_xml(&value));
        }
    }
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
        let (kind, message) = unspoken(status);
        let mut error = Error::new(operation, kind, message).with_status(status);
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
    match read_fault(fault.code(), fault.string()) {
        Fault::Done => Ok(Value::Null),
        Fault::Failed(meaning, message) => {
            let mut error = Error::new(operation, meaning.kind, message).with_status(status);
            error.may_have_applied = meaning.may_have_applied;
            Err(error)
        }
    }
}

/// No XML-RPC answer at all: faults come with 200.
fn unspoken(status: u16) -> (ErrorKind, &'static str) {
    match status {
        401 => (ErrorKind::Credentials, ""),
        403 => (ErrorKind::AccessDenied, ""),
        404 => (
            ErrorKind::Unreachable,
            "no XML-RPC is served at this address",
        ),
        408 | 429 | 500..=599 => (ErrorKind::Overloaded, ""),
        _ => (ErrorKind::Mistake, ""),
    }
}

#[derive(Debug, PartialEq)]
enum Fault<'a> {
    /// The call was carried out and committed; only its result could not be written down.
    Done,
    Failed(Meaning, &'a str),
}

/// What a fault says. Results are written after the commit, so a result that XML-RPC cannot express is
/// a fault although everything is done.
fn read_fault(code: i32, text: &str) -> Fault<'_> {
    let kind = match code {
        2 if text.contains("does not exist or has been deleted") => ErrorKind::MissingRecord,
        2 if text.starts_with("Object ") && text.trim_end().ends_with("doesn't exist") => {
            ErrorKind::NoSuchMethod
        }
        2 => ErrorKind::Invalid,
        3 => ErrorKind::Credentials,
        4 => ErrorKind::AccessDenied,
        _ => return read_exception(exception_line(text)),
    };
    Fault::Failed(Meaning::rolled_back(kind), text)
}

/// The exception at the end of a Python traceback: what follows the last traceback's frames. The frames,
/// which may quote data, are dropped.
fn exception_line(text: &str) -> &str {
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

fn read_exception(exception: &str) -> Fault<'_> {
    let (name, message) = exception.split_once(": ").unwrap_or((exception, ""));
    let unwritten = [
        "cannot marshal ",
        "dictionary key must be string",
        "int exceeds XML-RPC limits",
    ];
    match name {
        "TypeError" | "OverflowError" if unwritten.iter().any(|text| message.starts_with(text)) => {
            Fault::Done
        }
        "AttributeError"
            if message.starts_with("The method '")
                || (message.starts_with("type object '")
                    && message.contains("has no attribute")) =>
        {
            Fault::Failed(Meaning::rolled_back(ErrorKind::NoSuchMethod), message)
        }
        _ => Fault::Failed(exception::meaning(name, message), message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    fn traceback(exception: &str) -> String {
        format!(
            "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    first(secret)\n\n\
             During handling of the above exception, another exception occurred:\n\n\
             Traceback (most recent call last):\n  File \"b.py\", line 2, in g\n    second(secret)\n\
             \x20   ^^^^^^\n{exception}\n"
        )
    }

    fn answered(status: u16, body: &str) -> Result<Value> {
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        };
        read("res.partner load", &reply)
    }

    /// As Python's `xmlrpc.client` writes it.
    fn fault(code: i32, text: &str) -> Result<Value> {
        let text = text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        answered(
            200,
            &format!(
                "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n\
                 <name>faultCode</name>\n<value><int>{code}</int></value>\n</member>\n<member>\n\
                 <name>faultString</name>\n<value><string>{text}</string></value>\n</member>\n\
                 </struct></value>\n</fault>\n</methodResponse>\n"
            ),
        )
    }

    #[test]
    fn every_fault_has_its_meaning() {
        use ErrorKind as K;
        for (code, text, kind) in [
            (3, "Access Denied", K::Credentials),
            (
                4,
                "You are not allowed to access 'Model Data' (ir.model.data) records.",
                K::AccessDenied,
            ),
            (
                4,
                "Private methods (such as 'res.partner._x') cannot be called remotely.",
                K::AccessDenied,
            ),
            (
                2,
                "The operation cannot be completed: Contacts require a name",
                K::Invalid,
            ),
            (
                2,
                "Record does not exist or has been deleted.\n(Record: res.partner(9,), User: 5)",
                K::MissingRecord,
            ),
            (2, "Object x.nope doesn't exist", K::NoSuchMethod),
        ] {
            let error = fault(code, text).unwrap_err();
            assert_eq!(error.kind, kind, "{text}");
            assert_eq!((error.status, error.may_have_applied), (Some(200), false));
        }
    }

    #[test]
    fn a_traceback_is_read_for_its_exception_alone() {
        use ErrorKind as K;
        for (exception, kind, message) in [
            (
                "ValueError: Invalid field res.partner.nofield in condition",
                K::Mistake,
                "Invalid field res.partner.nofield in condition",
            ),
            (
                "AttributeError: The method 'res.partner.nope' does not exist",
                K::NoSuchMethod,
                "The method 'res.partner.nope' does not exist",
            ),
            (
                "AttributeError: type object 'res.partner' has no attribute 'nope'",
                K::NoSuchMethod,
                "type object 'res.partner' has no attribute 'nope'",
            ),
            (
                "AttributeError: 'bool' object has no attribute 'lower'",
                K::Mistake,
                "'bool' object has no attribute 'lower'",
            ),
            (
                "psycopg2.errors.SerializationFailure: could not serialize access due to concurrent update\n",
                K::Conflict,
                "could not serialize access due to concurrent update",
            ),
            (
                "psycopg2.extensions.TransactionRollbackError: could not serialize access",
                K::Conflict,
                "could not serialize access",
            ),
            (
                "psycopg2.pool.PoolError: The Connection Pool Is Full",
                K::Overloaded,
                "The Connection Pool Is Full",
            ),
            (
                "psycopg2.OperationalError: connection to server at \"h\" failed: FATAL:  database \"nope\" does not exist\n",
                K::NoDatabase,
                "connection to server at \"h\" failed: FATAL: database \"nope\" does not exist",
            ),
            ("KeyError", K::Mistake, ""),
        ] {
            let error = fault(1, &traceback(exception)).unwrap_err();
            assert_eq!(
                (error.kind, error.message.as_str()),
                (kind, message),
                "{exception}"
            );
            assert!(!format!("{error:?}").contains("secret"));
        }
    }

    #[test]
    fn a_result_that_could_not_be_written_down_means_done() {
        for exception in [
            "TypeError: cannot marshal None unless allow_none is enabled",
            "TypeError: cannot marshal <class 'odoo.api.account.move'> objects",
            "TypeError: dictionary key must be string",
            "OverflowError: int exceeds XML-RPC limits",
        ] {
            assert_eq!(
                fault(1, &traceback(exception)),
                Ok(Value::Null),
                "{exception}"
            );
        }
        // The same words from elsewhere are no such thing.
        let error = fault(1, &traceback("ValueError: cannot marshal None")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Mistake);
    }

    #[test]
    fn an_answer_that_is_none_may_follow_a_deed() {
        for (status, body, kind, ambiguous) in [
            (200, "<html>Welcome</html>", ErrorKind::Unreadable, true),
            (200, "", ErrorKind::Unreadable, true),
            (404, "", ErrorKind::Unreachable, false),
            (502, "", ErrorKind::Overloaded, true),
            (429, "", ErrorKind::Overloaded, false),
        ] {
            let error = answered(status, body).unwrap_err();
            assert_eq!(
                (error.kind, error.may_have_applied),
                (kind, ambiguous),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn an_answer_as_python_writes_it_is_read() {
        let body = "<?xml version=\"1.0\"?>\n<methodResponse>\n<params>\n<param>\n<value><array><data>\n\
            <value><struct>\n<member>\n<name>id</name>\n<value><int>7</int></value>\n</member>\n<member>\n\
            <name>name</name>\n<value><string> A &amp; B\n</string></value>\n</member>\n<member>\n\
            <name>vat</name>\n<value><boolean>0</boolean></value>\n</member>\n<member>\n<name>ids</name>\n\
            <value><array><data>\n</data></array></value>\n</member>\n<member>\n<name>note</name>\n\
            <value><string></string></value>\n</member>\n<member>\n<name>gone</name>\n\
            <value><nil/></value></member>\n</struct></value>\n</data></array></value>\n</param>\n</params>\n\
            </methodResponse>\n";
        assert_eq!(
            answered(200, body),
            Ok(
                json!([{"id": 7, "name": " A & B\n", "vat": false, "ids": [], "note": "", "gone": null}])
            )
        );
    }
}
