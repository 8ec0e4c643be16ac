//! ServiceTitan's OpenAPI documents as a judge of responses and webhook bodies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Where the documents are: `SERVICETITAN_OPENAPI` with `2026-05/` and `2026-03/`. Without it the
/// conformance tests are skipped, except in CI, where they fail.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(super) fn folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("SERVICETITAN_OPENAPI") {
        return Some(folder.into());
    }
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(
        !ci,
        "SERVICETITAN_OPENAPI is not set: conformance cannot be checked"
    );
    eprintln!("skipped: set SERVICETITAN_OPENAPI to the folder of the OpenAPI documents");
    None
}

/// The documents of one date.
pub(super) struct Spec {
    /// By module, e.g. `crm`.
    documents: BTreeMap<String, Value>,
    validators: BTreeMap<(String, String), jsonschema::Validator>,
    pub(super) checked: usize,
}

impl Spec {
    pub(super) fn read(folder: &Path, date: &str, modules: &[&str]) -> Self {
        let read = |module: &str| {
            let path = folder.join(date).join(format!("{module}-v2.json"));
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let mut document: Value = serde_json::from_str(&text).unwrap();
            if document["openapi"].as_str().unwrap().starts_with("3.0") {
                spell_out_nullable(&mut document["components"]["schemas"]);
            }
            (module.to_owned(), document)
        };
        let documents = modules.iter().map(|module| read(module)).collect();
        Self {
            documents,
            validators: BTreeMap::new(),
            checked: 0,
        }
    }

    /// Checks a response to `method` at a path like `/crm/v2/tenant/1/customers/5`. Statuses that
    /// the document does not declare are held to the error format that it declares for others.
    pub(super) fn response(
        &mut self,
        method: &str,
        path: &str,
        status: u16,
        body: &[u8],
    ) -> Result<(), String> {
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (module, rest) = (segments[0], &segments[2..]);
        let document = &self.documents[module];
        let paths = document["paths"].as_object().unwrap();
        let mut fitting: Vec<_> = paths
            .iter()
            .filter(|(known, _)| fits(known, rest))
            .collect();
        // `customers/contacts` fits `customers/{id}` too; fewer braces are meant.
        fitting.sort_by_key(|(known, _)| known.matches('{').count());
        let operation = fitting
            .first()
            .map(|(_, operations)| &operations[method.to_lowercase()]);
        let operation = operation.filter(|found| found.is_object());
        let operation = operation.ok_or(format!("{method} {path} is not in the document"))?;
        let declared = &operation["responses"][status.to_string()];
        if declared.is_null() && status < 400 {
            return Err(format!("{method} {path}: {status} is not declared"));
        }
        let error = json!({ "$ref": "#/components/schemas/ApiErrorResponse" });
        let schema = match &declared["content"]["application/json"]["schema"] {
            Value::Null if status >= 400 => error,
            Value::Null => {
                self.checked += 1;
                return if body.is_empty() {
                    Ok(())
                } else {
                    Err("a body, but none declared".into())
                };
            }
            schema => schema.clone(),
        };
        let body = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let module = module.to_owned();
        self.judge(&module, &schema, &body)
            .map_err(|errors| format!("{method} {path}: {errors}"))
    }

    /// Checks a value against a named schema of a module.
    pub(super) fn named(&mut self, module: &str, schema: &str, body: &Value) -> Result<(), String> {
        let reference = json!({ "$ref": format!("#/components/schemas/{schema}") });
        self.judge(module, &reference, body)
    }

    fn judge(&mut self, module: &str, schema: &Value, body: &Value) -> Result<(), String> {
        let key = (module.to_owned(), schema.to_string());
        if !self.validators.contains_key(&key) {
            let mut needed = Map::new();
            let all = &self.documents[module]["components"]["schemas"];
            gather(schema, all, &mut needed);
            let whole = json!({ "allOf": [schema], "components": { "schemas": needed } });
            let validator = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true)
                .build(&whole)
                .unwrap_or_else(|error| panic!("{schema} of {module}: {error}"));
            self.validators.insert(key.clone(), validator);
        }
        self.checked += 1;
        let errors: Vec<String> = self.validators[&key]
            .iter_errors(body)
            .take(5)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors.join("; "))
        }
    }
}

/// Whether `/tenant/{tenant}/customers/{id}` is the pattern of these segments.
fn fits(pattern: &str, segments: &[&str]) -> bool {
    let pattern: Vec<&str> = pattern.trim_start_matches('/').split('/').collect();
    pattern.len() == segments.len()
        && pattern
            .iter()
            .zip(segments)
            .all(|(p, s)| p.starts_with('{') || p == s)
}

/// The schemas that one refers to, and those that they refer to.
fn gather(schema: &Value, all: &Value, into: &mut Map<String, Value>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                let name = reference.trim_start_matches("#/components/schemas/");
                if !into.contains_key(name) {
                    let found = &all[name];
                    assert!(found.is_object(), "{reference} leads nowhere");
                    into.insert(name.to_owned(), found.clone());
                    gather(found, all, into);
                }
            }
            map.values().for_each(|value| gather(value, all, into));
        }
        Value::Array(values) => values.iter().for_each(|value| gather(value, all, into)),
        _ => {}
    }
}

/// OpenAPI 3.0 says `nullable: true` where JSON Schema needs null among the types.
fn spell_out_nullable(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(spell_out_nullable);
            if map.remove("nullable") == Some(json!(true)) {
                let rest = Value::Object(std::mem::take(map));
                map.insert("anyOf".into(), json!([rest, { "type": "null" }]));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(spell_out_nullable),
        _ => {}
    }
}
