//! The OpenAPI 3.1 document, made of the same table as the routes, and of the types that are answered.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::response::Response;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use sync::record::State;

use super::problem::{MEDIA_TYPE, Problem};
use super::resource::{RESOURCES, Resource};
use super::{cursor, query};

/// The document.
#[must_use]
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    paths.insert("/api/v1/openapi.json".to_owned(), own_path());
    for resource in RESOURCES {
        let path = format!("/api/v1/{}", resource.name);
        let one = format!("{path}/{{id}}");
        paths.insert(path, json!({ "get": list(resource, &mut generator) }));
        paths.insert(one, json!({ "get": single(resource, &mut generator) }));
    }
    let problem = generator.subschema_for::<Problem>();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ml-connector",
            "version": "1",
            "summary": "What ServiceTitan said last, and what it is in Odoo.",
            "description": "Read only. Ids are ServiceTitan's; amounts and quantities are decimal texts; moments are RFC \
                            3339 in UTC. Fields may be added, and are never taken away or given another meaning.",
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": RESOURCES.iter().map(|resource| json!({"name": resource.name})).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {
                "type": "http", "scheme": "bearer",
                "description": "A token that `ml-connector token create` printed.",
            }},
            "responses": {"Problem": {
                "description": "What is wrong, and with which parameter.",
                "content": {MEDIA_TYPE: {"schema": problem}},
            }},
            "schemas": generator.take_definitions(true),
        },
    })
}

/// The document as it is kept and served.
fn text() -> String {
    let mut text = serde_json::to_string_pretty(&document()).expect("values have a JSON form");
    text.push('\n');
    text
}

/// Nobody needs a token for it, so it is made once.
static TEXT: LazyLock<String> = LazyLock::new(text);

pub(super) async fn serve(headers: HeaderMap) -> Response {
    super::with_tag(TEXT.clone(), &headers, "public, max-age=300")
}

fn own_path() -> Value {
    json!({"get": {
        "operationId": "openapi",
        "summary": "This document.",
        "security": [],
        "responses": {"200": {
            "description": "The document.",
            "headers": {"ETag": etag()},
            "content": {"application/json": {"schema": {"type": "object"}}},
        }},
    }})
}

fn list(resource: &Resource, generator: &mut SchemaGenerator) -> Value {
    let parameters = resource.of_list().into_iter();
    let parameters: Vec<Value> = parameters.map(|name| parameter(resource, name)).collect();
    let responses = responses(&(resource.page_schema)(generator).to_value());
    json!({
        "operationId": format!("list-{}", resource.name),
        "tags": [resource.name],
        "summary": format!("Pages of {}, by ascending id.", resource.name),
        "description": format!("Needs the scope `{}` or `read:all`.", resource.scope()),
        "parameters": parameters,
        "responses": responses,
    })
}

fn single(resource: &Resource, generator: &mut SchemaGenerator) -> Value {
    let id = json!({
        "name": "id", "in": "path", "required": true,
        "description": format!("ServiceTitan's id of the {}.", resource.noun),
        "schema": id_schema(),
    });
    let others = query::OF_ALL
        .into_iter()
        .map(|name| parameter(resource, name));
    let parameters: Vec<Value> = std::iter::once(id).chain(others).collect();
    json!({
        "operationId": format!("get-{}", resource.name),
        "tags": [resource.name],
        "summary": format!("One {}.", resource.noun),
        "description": format!("Needs the scope `{}` or `read:all`.", resource.scope()),
        "parameters": parameters,
        "responses": responses(&(resource.schema)(generator).to_value()),
    })
}

fn responses(answer: &Value) -> Value {
    let mut responses = json!({
        "200": {
            "description": "What was asked for.",
            "headers": {"ETag": etag()},
            "content": {"application/json": {"schema": answer}},
        },
        "304": {"description": "What the asker has already (`If-None-Match`)."},
    });
    for status in [
        "400", "401", "403", "404", "405", "406", "408", "429", "500", "503",
    ] {
        responses[status] = json!({"$ref": "#/components/responses/Problem"});
    }
    responses
}

fn etag() -> Value {
    json!({"description": "For `If-None-Match`.", "required": true, "schema": {"type": "string"}})
}

fn id_schema() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 1, "maximum": i64::MAX})
}

fn parameter(resource: &Resource, name: &str) -> Value {
    let moment = || json!({"type": "string", "format": "date-time"});
    let (about, schema) = match name {
        "connection" => (
            "The connection; a token of one connection need not name it.".to_owned(),
            json!({"type": "string", "pattern": "^[0-9a-z_-]+$", "maxLength": query::CONNECTION_CHARS_MAX}),
        ),
        "fresh" => (
            "Asks ServiceTitan now, within its rate, for these objects: of a list for those of the page, which are then at most \
             50. 503 when it cannot be asked.".to_owned(),
            json!({"type": "boolean", "default": false}),
        ),
        "ids" => (
            "Only these.".to_owned(),
            json!({"type": "array", "items": id_schema(), "minItems": 1, "maxItems": query::IDS_MAX}),
        ),
        "status" => (
            "Only those of this status, in ServiceTitan's word.".to_owned(),
            json!({"type": "string", "pattern": "^[0-9A-Za-z_-]{1,40}$"}),
        ),
        "from" => (format!("Only what was {} then or later.", resource.dated), moment()),
        "before" => (format!("Only what was {} before then.", resource.dated), moment()),
        "modified_since" => (
            "Only what ServiceTitan changed then or later, by its own clock.".to_owned(),
            moment(),
        ),
        "seen_since" => (
            "Only what the connector saw to have changed then or later: with the time of the last pull, nothing is missed."
                .to_owned(),
            moment(),
        ),
        "state" => (
            "Only what stands so with the connector.".to_owned(),
            json!({"type": "string", "enum": State::ALL.map(State::as_str)}),
        ),
        "limit" => (
            "Objects of a page at most.".to_owned(),
            json!({"type": "integer", "minimum": 1, "maximum": query::LIMIT_MAX, "default": query::LIMIT}),
        ),
        "cursor" => (
            "The `next_cursor` of the page before; of the same parameters, `limit` aside.".to_owned(),
            json!({"type": "string", "pattern": cursor::PATTERN}),
        ),
        of => (
            format!("Only those of this {}, by ServiceTitan's id.", of.replace('_', " ")),
            id_schema(),
        ),
    };
    let mut parameter =
        json!({"name": name, "in": "query", "description": about, "schema": schema});
    if name == "ids" {
        parameter["style"] = json!("form");
        parameter["explode"] = json!(false);
    }
    parameter
}
