//! The endpoint table and the fields of the records against ServiceTitan's own OpenAPI documents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use servicetitan::client::{ENDPOINTS, Param};
use servicetitan::record::{BusinessUnit, Item, ItemVendor, Vendor, VendorContactInfo};

use crate::fields::fields_of;

const EDITIONS: [&str; 2] = ["2026-03", "2026-05"];

/// Where the documents are; `None` says that the test is skipped.
fn documents() -> Option<PathBuf> {
    let folder = std::env::var("SERVICETITAN_OPENAPI").ok().map(Into::into);
    assert!(
        folder.is_some() || std::env::var("CI").as_deref() != Ok("true"),
        "SERVICETITAN_OPENAPI must name the folder of the OpenAPI documents in CI"
    );
    folder
}

/// The document of a module; `None` where an edition is known to lack it.
fn document(folder: &Path, edition: &str, module: &str) -> Option<Value> {
    if (edition, module) == ("2026-03", "pricebook") {
        return None;
    }
    let file = folder.join(edition).join(format!("{module}-v2.json"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn endpoints_parameters_and_scopes_stand_in_the_documents() {
    let Some(folder) = documents() else {
        eprintln!("skipped: SERVICETITAN_OPENAPI is not set");
        return;
    };
    let mut checked = 0;
    for edition in EDITIONS {
        for endpoint in ENDPOINTS {
            let Some(document) = document(&folder, edition, endpoint.module) else {
                continue;
            };
            let path = format!("/tenant/{{tenant}}/{}", endpoint.resource);
            let get = &document["paths"][&path]["get"];
            let base = document["servers"][0]["url"].as_str().unwrap();
            assert!(
                base.ends_with(&format!("/{}/v2", endpoint.module)),
                "{base}"
            );
            assert_eq!(
                endpoint.operation,
                format!("GET {}/v2/{}", endpoint.module, endpoint.resource)
            );

            let parameters = get["parameters"].as_array();
            let parameters = parameters.unwrap_or_else(|| panic!("{edition}: no GET {path}"));
            for param in endpoint.params {
                let known = parameters
                    .iter()
                    .find(|known| known["name"] == param.as_str() && known["in"] == "query");
                let known = known.unwrap_or_else(|| panic!("{edition}: {path} knows no {param}"));
                assert!(fits(*param, known), "{edition}: {path}: {known}");
                checked += 1;
            }
            // The older edition names no scopes.
            if edition == "2026-05" {
                let scopes = get["security"][0]["oauth"].as_array().unwrap();
                assert!(
                    scopes.iter().any(|scope| scope == endpoint.scope),
                    "{path}: {scopes:?}"
                );
            }
        }
    }
    eprintln!("{checked} parameters found in the documents");
}

/// Whether the parameter takes what is sent in it, as far as the documents say.
fn fits(param: Param, known: &Value) -> bool {
    let is_array = known["schema"]["type"] == "array";
    let description = known["description"].as_str().unwrap_or_default();
    match param {
        Param::IdsRepeated => is_array,
        Param::Sort => description.contains("Available fields are: Id,"),
        _ => !is_array,
    }
}

/// The fields of a schema, those of what it is composed of included.
fn schema_fields(document: &Value, schema: &Value) -> BTreeSet<String> {
    let mut fields: BTreeSet<_> = schema["properties"]
        .as_object()
        .into_iter()
        .flat_map(|properties| properties.keys().cloned())
        .collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fields.extend(schema_fields(document, resolved(document, part)));
    }
    fields
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap(),
        None => schema,
    }
}

/// The module, the schemas that a record is read from, and the fields that it looks for.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const ITEM: &[&str] = &[
    "Pricebook.V2.MaterialResponse",
    "Pricebook.V2.EquipmentResponse",
    "Pricebook.V2.ServiceGetResponse",
];

#[test]
fn fields_of_records_stand_in_the_documents() {
    let Some(folder) = documents() else {
        eprintln!("skipped: SERVICETITAN_OPENAPI is not set");
        return;
    };
    let cases: &[Case] = &[
        (
            "inventory",
            &["Inventory.V2.VendorResponse"],
            fields_of::<Vendor>(),
        ),
        (
            "inventory",
            &["Inventory.V2.VendorContactInfoResponse"],
            fields_of::<VendorContactInfo>(),
        ),
        (
            "settings",
            &["TenantSettings.V2.BusinessUnitResponse"],
            fields_of::<BusinessUnit>(),
        ),
        ("pricebook", ITEM, fields_of::<Item>()),
        (
            "pricebook",
            &["Pricebook.V2.SkuVendorResponse"],
            fields_of::<ItemVendor>(),
        ),
    ];
    for edition in EDITIONS {
        for (module, schemas, fields) in cases {
            let Some(document) = document(&folder, edition, module) else {
                continue;
            };
            let known: BTreeSet<_> = schemas
                .iter()
                .flat_map(|name| {
                    let schema = &document["components"]["schemas"][name];
                    assert!(schema.is_object(), "{edition}: no {name}");
                    schema_fields(&document, schema)
                })
                .collect();
            assert!(!fields.is_empty());
            for field in *fields {
                assert!(known.contains(*field), "{edition}: {schemas:?}: no {field}");
            }
        }
    }
}
