//! The ServiceTitan side: token, scopes, pace.

use std::collections::BTreeMap;

use rand::RngExt as _;
use secrecy::SecretString;
use servicetitan::ErrorKind;
use servicetitan::client::List;
use sync::failure::Vendor;
use sync::flow::Flow;

use super::{Findings, Status, write_back};
use crate::connection::{Profile, secret};
use crate::engine::supervisor::Shared;
use crate::engine::{sources, vendors};
use crate::rights;

/// Scopes without which the customers flow still runs, and what is missing then.
const OPTIONAL_SCOPES: [(&str, &str); 1] = [(
    "tn.acc.paymentterms:r",
    "customers come over without their payment terms",
)];

pub(super) async fn check(
    shared: &Shared,
    profile: &Profile,
    secrets: &BTreeMap<String, SecretString>,
    findings: &mut Findings,
) {
    let pacer = shared.pacers.of(profile, secrets);
    let seed = shared.clock.rng().random();
    let client = match vendors::servicetitan(&shared.http, profile, secrets, pacer, seed) {
        Ok(client) => client,
        Err(error) => {
            let advice = "Run `ml-connector connection set FILE` with a complete connection file.";
            findings.add(
                "servicetitan credentials",
                Status::Error,
                format!("{error:#}"),
                advice,
            );
            return;
        }
    };
    let flows = profile.flows_on();
    let lists: Vec<List> = flows
        .iter()
        .flat_map(|flow| sources::lists(*flow))
        .copied()
        .collect();
    let preflight = client.preflight_with(&lists).await;
    match &preflight.token {
        Ok(facts) => findings.ok(
            "servicetitan credentials",
            format!(
                "{} gives tokens for tenant {} that live {} s",
                profile.servicetitan.auth_url.host_str().unwrap_or_default(),
                profile.servicetitan.tenant_id,
                facts.expires_in.as_secs()
            ),
        ),
        Err(error) => findings.servicetitan_failed("servicetitan credentials", error),
    }
    for scope in &preflight.scopes {
        let check = format!("servicetitan scope {}", scope.scope);
        let optional = OPTIONAL_SCOPES
            .iter()
            .find(|(name, _)| *name == scope.scope);
        match (&scope.result, optional) {
            (Ok(()), _) => findings.ok(&check, format!("{} answers", scope.operation)),
            (Err(error), Some((_, without))) if error.kind == ErrorKind::Forbidden => findings.add(
                &check,
                Status::Warning,
                format!("the app may not read this: {without}"),
                "Grant the scope in the developer portal and let the tenant approve the app's new version, or leave it.",
            ),
            (Err(error), None) if error.kind == ErrorKind::Forbidden => {
                no_scope(scope.scope, &flows, &check, findings);
            }
            (Err(error), _) => findings.servicetitan_failed(&check, error),
        }
    }
    if let Ok(facts) = &preflight.token {
        write_back::check(&client, &facts.scopes, profile, findings).await;
    }
    let pace = client.pacer().snapshot();
    findings.ok(
        "servicetitan pace",
        format!(
            "limit {}, calling at most {:.1} times a second",
            profile.servicetitan.rate_limit, pace.calls_per_second
        ),
    );
    if profile.schedule.webhooks && !secrets.contains_key(secret::WEBHOOK_SECRET) {
        findings.add(
            "servicetitan webhooks",
            Status::Warning,
            "no webhook_secret is set: webhooks are refused, changes arrive on schedule",
            "Set an HMAC key on the app's webhook page, name it as webhook_secret in the connection file and run \
             `ml-connector connection set FILE`; or set schedule.webhooks = false.",
        );
    }
}

/// A scope is missing: of no consequence but to the flows that need it.
fn no_scope(scope: &str, flows: &[Flow], check: &str, findings: &mut Findings) {
    let needs = |flow: &Flow| sources::scopes(*flow).any(|needed| needed == scope);
    let concerned: Vec<Flow> = flows.iter().copied().filter(needs).collect();
    if !concerned.is_empty() {
        let reason = rights::no_scope(scope, &concerned);
        findings.hold(concerned, Vendor::ServiceTitan, check, reason);
    }
}
