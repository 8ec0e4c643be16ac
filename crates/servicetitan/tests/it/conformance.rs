//! The endpoint table and the fields of the records against ServiceTitan's own OpenAPI documents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;
use servicetitan::client::{ENDPOINTS, Param, Verb};
use servicetitan::record::{
    ApBill, ApCredit, ApCreditSplit, Batch, BillItem, BusinessUnit, Category, ExpenseItem,
    GlAccount, GlAccountRef, InventoryReturn, InventoryReturnItem, Item, ItemVendor, Job,
    PurchaseOrder, PurchaseOrderItem, Receipt, ReceiptItem, RemittanceVendor, TaxRate, TaxZone,
    Truck, Vendor, VendorContactInfo, Warehouse,
};

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
            let method = endpoint.verb.method();
            let operation = &document["paths"][&path][method.as_str().to_lowercase()];
            let base = document["servers"][0]["url"].as_str().unwrap();
            assert!(
                base.ends_with(&format!("/{}/v2", endpoint.module)),
                "{base}"
            );
            assert_eq!(
                endpoint.operation,
                format!("{method} {}/v2/{}", endpoint.module, endpoint.resource)
            );

            let parameters = operation["parameters"].as_array();
            let parameters = parameters.unwrap_or_else(|| panic!("{edition}: no {method} {path}"));
            assert_eq!(
                operation["requestBody"].is_object(),
                endpoint.verb != Verb::Get,
                "{edition}: {path}"
            );
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
                let scopes = operation["security"][0]["oauth"].as_array().unwrap();
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
        // Where the documents name the fields, it is among them.
        Param::Sort => {
            description.contains("Available fields are: Id,")
                || !description.contains("Available fields")
        }
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

/// The properties of what an endpoint takes, of an array its rows'.
fn properties(document: &Value, schema: &Value) -> BTreeSet<String> {
    let schema = resolved(document, schema);
    let schema = match &schema["items"] {
        Value::Null => schema,
        items => resolved(document, items),
    };
    schema_fields(document, schema)
}

#[test]
fn bodies_of_writes_stand_in_the_documents() {
    let Some(folder) = documents() else {
        eprintln!("skipped: SERVICETITAN_OPENAPI is not set");
        return;
    };
    for edition in EDITIONS {
        for endpoint in ENDPOINTS.iter().filter(|it| it.verb != Verb::Get) {
            let document = document(&folder, edition, endpoint.module).unwrap();
            let path = format!("/tenant/{{tenant}}/{}", endpoint.resource);
            let method = endpoint.verb.method().as_str().to_lowercase();
            let operation = &document["paths"][&path][method];
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let sent = match endpoint.resource {
                "inventory-bills/markasexported" => "inventoryBillIds",
                "ap-bills/markasexported" => "billIds",
                "ap-credits/markasexported" => "apCreditId",
                _ => "operations",
            };
            assert!(
                properties(&document, body).contains(sent),
                "{edition}: {path}"
            );
            if sent == "operations" {
                let operations = &resolved(&document, body)["properties"]["operations"];
                let known = properties(&document, operations);
                assert_eq!(
                    known,
                    ["customFields", "objectId"].map(str::to_owned).into()
                );
                continue;
            }
            let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            assert_eq!(answer["type"], "array", "{edition}: {path}");
            let known = properties(&document, answer);
            let id = sent.trim_end_matches('s');
            for field in [id, "success", "errorMessage"] {
                assert!(known.contains(field), "{edition}: {path}: {known:?}");
            }
        }
    }
}

/// A record, and where the documents describe it.
struct Case {
    module: &'static str,
    /// Its fields stand in one of these.
    schemas: Vec<&'static str>,
    fields: &'static [&'static str],
}

fn case<T: DeserializeOwned>(module: &'static str, schema: &'static str) -> Case {
    Case {
        module,
        schemas: vec![schema],
        fields: fields_of::<T>(),
    }
}

fn cases() -> Vec<Case> {
    let item = Case {
        module: "pricebook",
        schemas: vec![
            "Pricebook.V2.MaterialResponse",
            "Pricebook.V2.EquipmentResponse",
            "Pricebook.V2.ServiceGetResponse",
        ],
        fields: fields_of::<Item>(),
    };
    let bill = Case {
        module: "accounting",
        schemas: vec![
            "Accounting.V2.ApBillResponse",
            "Accounting.V2.ExportInventoryBillResponse",
        ],
        fields: fields_of::<ApBill>(),
    };
    vec![
        item,
        bill,
        case::<Vendor>("inventory", "Inventory.V2.VendorResponse"),
        case::<VendorContactInfo>("inventory", "Inventory.V2.VendorContactInfoResponse"),
        case::<PurchaseOrder>("inventory", "Inventory.V2.PurchaseOrderResponse"),
        case::<PurchaseOrderItem>("inventory", "Inventory.V2.PurchaseOrderItemResponse"),
        case::<Receipt>("inventory", "Inventory.V2.InventoryReceiptResponse"),
        case::<ReceiptItem>("inventory", "Inventory.V2.InventoryReceiptItemResponse"),
        case::<InventoryReturn>("inventory", "Inventory.V2.InventoryReturnResponse"),
        case::<InventoryReturnItem>("inventory", "Inventory.V2.InventoryReturnItemResponse"),
        case::<Warehouse>("inventory", "Inventory.V2.WarehouseResponse"),
        case::<Truck>("inventory", "Inventory.V2.TruckResponse"),
        case::<BillItem>("accounting", "Accounting.V2.ApBillItemResponse"),
        case::<ExpenseItem>("accounting", "Accounting.V2.ApBillExpenseItemResponse"),
        case::<ApCredit>("accounting", "Accounting.V2.ApCreditResponse"),
        case::<ApCreditSplit>("accounting", "Accounting.V2.ApCreditSplitModelResponse"),
        case::<GlAccountRef>("accounting", "Accounting.V2.GLAccountResponse"),
        case::<Batch>("accounting", "Accounting.V2.BatchResponse"),
        case::<GlAccount>("accounting", "Accounting.V2.GlAccountExtendedResponse"),
        case::<TaxZone>("accounting", "Accounting.V2.TaxZoneResponse"),
        case::<TaxRate>("accounting", "Accounting.V2.TaxRateResponse"),
        case::<RemittanceVendor>("accounting", "Accounting.V2.RemittanceVendorResponse"),
        case::<BusinessUnit>("settings", "TenantSettings.V2.BusinessUnitResponse"),
        case::<Job>("jpm", "Jpm.V2.ExportJobsResponse"),
        case::<Category>("pricebook", "Pricebook.V2.CategoryResponse"),
        case::<ItemVendor>("pricebook", "Pricebook.V2.SkuVendorResponse"),
    ]
}

/// Against the newest edition: older ones lack what was added since.
#[test]
fn fields_of_records_stand_in_the_documents() {
    let Some(folder) = documents() else {
        eprintln!("skipped: SERVICETITAN_OPENAPI is not set");
        return;
    };
    for Case {
        module,
        schemas,
        fields,
    } in cases()
    {
        let document = document(&folder, "2026-05", module).unwrap();
        let known: BTreeSet<_> = schemas
            .iter()
            .flat_map(|name| {
                let schema = &document["components"]["schemas"][name];
                assert!(schema.is_object(), "no {name}");
                schema_fields(&document, schema)
            })
            .collect();
        assert!(!fields.is_empty());
        for field in fields {
            assert!(known.contains(*field), "{schemas:?}: no {field}");
        }
    }
}
