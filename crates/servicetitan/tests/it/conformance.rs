//! The endpoint table against ServiceTitan's own OpenAPI documents.

use std::path::Path;

use serde_json::Value;
use servicetitan::client::ENDPOINTS;

#[test]
fn endpoints_parameters_and_scopes_stand_in_the_documents() {
    let Ok(folder) = std::env::var("SERVICETITAN_OPENAPI") else {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "SERVICETITAN_OPENAPI must name the folder of the OpenAPI documents in CI"
        );
        eprintln!("skipped: SERVICETITAN_OPENAPI is not set");
        return;
    };
    let mut checked = 0;
    for edition in ["2026-03", "2026-05"] {
        for endpoint in ENDPOINTS {
            let file = format!("{}-v2.json", endpoint.module);
            let file = Path::new(&folder).join(edition).join(file);
            let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file:?}: {e}"));
            let document: Value = serde_json::from_str(&text).unwrap();
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
                    .any(|known| known["name"] == param.as_str() && known["in"] == "query");
                assert!(known, "{edition}: GET {path} knows no {param}");
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
