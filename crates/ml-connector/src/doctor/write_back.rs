//! What ServiceTitan is told of bills: whether the app may, and whether the fields are there.

use servicetitan::client::CustomFieldKind;
use servicetitan::{Client, ErrorKind};
use sync::failure::Vendor;
use sync::flow::Flow;

use super::{Findings, Status};
use crate::connection::Profile;
use crate::rights;

/// Looks at nothing when nothing is to be told.
pub(super) async fn check(
    client: &Client,
    scopes: &[String],
    profile: &Profile,
    findings: &mut Findings,
) {
    if profile.flow(Flow::OdooBills).is_none() {
        return;
    }
    let wanted = profile.write_back();
    let kinds = [
        (Flow::Bills, CustomFieldKind::InventoryBill),
        (Flow::ApBills, CustomFieldKind::ApBill),
    ];
    for (flow, kind) in kinds {
        if profile.flow(flow).is_none() {
            continue;
        }
        may_write(kind.scope(), scopes, findings);
        if wanted.fields().next().is_some() {
            has_fields(client, kind, flow, &wanted, findings).await;
        }
    }
    if wanted.mark_exported {
        findings.add(
            "servicetitan exported mark",
            Status::Warning,
            "flows.odoo-bills marks bills as exported: that locks them in ServiceTitan for good",
            "Leave mark_exported out if bills are still to be changed there, or if another accounting integration exports \
             them.",
        );
    }
}

/// A token that names its scopes names all of them.
fn may_write(scope: &str, scopes: &[String], findings: &mut Findings) {
    let check = format!("servicetitan scope {scope}");
    if scopes.is_empty() {
        findings.add(
            &check,
            Status::Warning,
            "the token does not say what it is good for, and nothing is written to find out",
            "Compare the app's scopes in the developer portal.",
        );
    } else if scopes.iter().any(|has| has == scope) {
        findings.ok(&check, "the token has it");
    } else {
        let concerned = vec![Flow::OdooBills];
        let reason = rights::no_scope(scope, &concerned);
        findings.hold(concerned, Vendor::ServiceTitan, &check, reason);
    }
}

async fn has_fields(
    client: &Client,
    kind: CustomFieldKind,
    flow: Flow,
    wanted: &sync::directory::WriteBack,
    findings: &mut Findings,
) {
    let check = format!("servicetitan custom fields of {flow}");
    let there = match client.custom_fields_of(kind).await {
        Ok(there) => there,
        Err(error) if error.kind == ErrorKind::Forbidden => return,
        Err(error) => return findings.servicetitan_failed(&check, &error),
    };
    let missing: Vec<String> = wanted
        .fields()
        .filter(|field| !there.iter().any(|name| name == field))
        .map(sync::plain::quoted)
        .collect();
    if missing.is_empty() {
        let named: Vec<String> = wanted.fields().map(sync::plain::quoted).collect();
        return findings.ok(&check, named.join(", "));
    }
    let there: Vec<String> = there.iter().map(|name| sync::plain::quoted(name)).collect();
    findings.add(
        &check,
        Status::Warning,
        format!(
            "ServiceTitan has no {}; it has {}",
            missing.join(", "),
            if there.is_empty() { "none".to_owned() } else { there.join(", ") }
        ),
        "Make a custom field of type Text for bills in ServiceTitan (Settings > Custom Fields), or correct the name in the \
         connection file and run `ml-connector connection set FILE`.",
    );
}
