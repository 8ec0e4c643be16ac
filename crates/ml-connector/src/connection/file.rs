//! The connection file: TOML that an administrator writes. Secrets are never in it; it says where they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use secrecy::SecretString;
use serde::Deserialize;
use servicetitan::RateLimit;
use sync::flow::Flow;
use url::Url;

use super::profile::{call_limit_s, servicetitan_call_limit_s, signature_headers, workers};
use super::{FlowSettings, Odoo, Profile, Protocol, Schedule, ServiceTitan, secret};
use crate::mistake;

const NAME_CHARS_MAX: usize = 64;
const WORKERS_MAX: usize = 16;
const CALL_LIMIT_S_MAX: u32 = 3_600;

/// A connection file, read and checked, its secrets resolved.
pub struct ConnectionFile {
    /// The settings.
    pub profile: Profile,
    /// The secrets by name; see [`secret`].
    pub secrets: BTreeMap<String, SecretString>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    servicetitan: WrittenServiceTitan,
    odoo: WrittenOdoo,
    #[serde(default)]
    schedule: Schedule,
    #[serde(default)]
    flows: BTreeMap<Flow, FlowSettings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenServiceTitan {
    environment: Option<Environment>,
    auth_url: Option<Url>,
    api_url: Option<Url>,
    tenant_id: i64,
    app_key: SecretSource,
    client_id: String,
    client_secret: SecretSource,
    webhook_secret: Option<SecretSource>,
    webhook_secret_previous: Option<SecretSource>,
    #[serde(default)]
    rate_limit: RateLimit,
    #[serde(default = "servicetitan_call_limit_s")]
    call_limit_s: u32,
    #[serde(default = "signature_headers")]
    signature_headers: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Environment {
    Production,
    Integration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOdoo {
    url: Url,
    database: String,
    company: Option<i64>,
    api_key: SecretSource,
    #[serde(default)]
    protocol: Protocol,
    login: Option<String>,
    #[serde(default = "workers")]
    workers: usize,
    #[serde(default = "call_limit_s")]
    call_limit_s: u32,
}

/// Where a secret is: never in the file itself.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    untagged,
    expecting = "write { env = \"NAME\" } or { file = \"PATH\" }, never the secret itself"
)]
enum SecretSource {
    Env { env: String },
    File { file: PathBuf },
}

impl SecretSource {
    fn resolve(
        &self,
        setting: &str,
        env: &impl Fn(&str) -> Option<String>,
    ) -> Result<SecretString> {
        let text = match self {
            Self::Env { env: name } => env(name).with_context(|| {
                let name = if is_variable(name) {
                    name
                } else {
                    "that it names"
                };
                format!("{setting}: the environment variable {name} is not set")
            })?,
            Self::File { file } => fs::read_to_string(file).with_context(|| {
                format!("{setting}: cannot read {}", mistake::file_called(file))
            })?,
        };
        let text = text.trim();
        if text.is_empty() {
            bail!("{setting}: the secret is empty");
        }
        Ok(text.to_owned().into())
    }
}

/// Whether it is spelled like the name of a variable; else it may be the secret itself, and is not repeated.
fn is_variable(name: &str) -> bool {
    let fine = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.chars().all(fine)
}

impl ConnectionFile {
    /// Reads and checks `path`; secrets come from the environment (through `env`) or from files.
    pub fn read(path: &Path, env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the connection file {}", path.display()))?;
        Self::parse(&text, env)
            .with_context(|| format!("{} is not a valid connection file", path.display()))
    }

    /// Reads and checks the text of a connection file.
    pub fn parse(text: &str, env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let written: Written = mistake::read(text)?;
        check_name(&written.name)?;
        let titan = written.servicetitan;
        if titan.tenant_id <= 0 {
            bail!(
                "servicetitan.tenant_id must be the tenant's positive number, not {}",
                titan.tenant_id
            );
        }
        check_limits(&titan, &written.odoo)?;
        let (auth_url, api_url) = match (titan.environment, titan.auth_url, titan.api_url) {
            (Some(environment), None, None) => environment.urls(),
            (None, Some(auth_url), Some(api_url)) => (auth_url, api_url),
            _ => bail!(
                "servicetitan: give environment = \"production\" or \"integration\", or both auth_url and api_url"
            ),
        };
        for (setting, url) in [
            ("servicetitan.auth_url", &auth_url),
            ("servicetitan.api_url", &api_url),
            ("odoo.url", &written.odoo.url),
        ] {
            check_url(setting, url)?;
        }
        let mut secrets = BTreeMap::new();
        let sources = [
            (secret::APP_KEY, Some(titan.app_key)),
            (secret::CLIENT_SECRET, Some(titan.client_secret)),
            (secret::WEBHOOK_SECRET, titan.webhook_secret),
            (
                secret::WEBHOOK_SECRET_PREVIOUS,
                titan.webhook_secret_previous,
            ),
            (secret::ODOO_API_KEY, Some(written.odoo.api_key)),
        ];
        for (name, source) in sources {
            if let Some(source) = source {
                secrets.insert(name.to_owned(), source.resolve(name, &env)?);
            }
        }
        for (flow, settings) in &written.flows {
            if let Some((setting, of)) = settings.stray(*flow) {
                let of: Vec<String> = of.iter().map(|flow| format!("flows.{flow}")).collect();
                bail!(
                    "flows.{flow} has no setting {setting}: it is one of {}",
                    of.join(" and ")
                );
            }
            if let Some(words) = settings.stray_word(*flow) {
                bail!("flows.{flow}.when must be {words}");
            }
        }
        check_write_back(&written.flows)?;
        let profile = Profile {
            name: written.name,
            servicetitan: ServiceTitan {
                auth_url,
                api_url,
                tenant_id: titan.tenant_id,
                client_id: titan.client_id,
                rate_limit: titan.rate_limit,
                call_limit_s: titan.call_limit_s,
                signature_headers: titan.signature_headers,
            },
            odoo: Odoo {
                url: written.odoo.url,
                database: written.odoo.database,
                company: written.odoo.company,
                protocol: written.odoo.protocol,
                login: written.odoo.login,
                workers: written.odoo.workers,
                call_limit_s: written.odoo.call_limit_s,
            },
            schedule: written.schedule,
            flows: written.flows,
        };
        Ok(Self { profile, secrets })
    }
}

impl Environment {
    fn urls(self) -> (Url, Url) {
        let environment = match self {
            Self::Production => servicetitan::Environment::Production,
            Self::Integration => servicetitan::Environment::Integration,
        };
        (environment.auth_url(), environment.api_url())
    }
}

fn check_limits(titan: &WrittenServiceTitan, odoo: &WrittenOdoo) -> Result<()> {
    if !(1..=WORKERS_MAX).contains(&odoo.workers) {
        bail!(
            "odoo.workers must be between 1 and {WORKERS_MAX}, not {}",
            odoo.workers
        );
    }
    for (setting, limit_s) in [
        ("servicetitan.call_limit_s", titan.call_limit_s),
        ("odoo.call_limit_s", odoo.call_limit_s),
    ] {
        if !(1..=CALL_LIMIT_S_MAX).contains(&limit_s) {
            bail!("{setting} must be between 1 and {CALL_LIMIT_S_MAX}, not {limit_s}");
        }
    }
    Ok(())
}

/// What ServiceTitan is told of bills needs bills, and something to be told.
fn check_write_back(flows: &BTreeMap<Flow, FlowSettings>) -> Result<()> {
    let on = |flow| flows.get(&flow).filter(|settings| settings.enabled);
    let Some(settings) = on(Flow::OdooBills) else {
        return Ok(());
    };
    if on(Flow::Bills).is_none() && on(Flow::ApBills).is_none() {
        bail!(
            "flows.odoo-bills tells what became of bills: turn flows.bills or flows.ap-bills on as well"
        );
    }
    let fields = [
        ("number_field", &settings.number_field),
        ("state_field", &settings.state_field),
        ("payment_field", &settings.payment_field),
        ("open_amount_field", &settings.open_amount_field),
    ];
    let mut named: BTreeMap<&str, &str> = BTreeMap::new();
    for (setting, field) in fields {
        let Some(field) = field else { continue };
        if field.trim().is_empty() {
            bail!(
                "flows.odoo-bills.{setting} is empty: name the custom field, or leave the setting out"
            );
        }
        if let Some(other) = named.insert(field, setting) {
            bail!("flows.odoo-bills: {other} and {setting} name the same custom field");
        }
    }
    if named.is_empty() && settings.mark_exported != Some(true) {
        bail!(
            "flows.odoo-bills has nothing to tell: set number_field, state_field, payment_field, open_amount_field or \
             mark_exported"
        );
    }
    Ok(())
}

fn check_url(setting: &str, url: &Url) -> Result<()> {
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        bail!("{setting} must be an http or https address");
    }
    if !url.username().is_empty() || url.password().is_some() {
        bail!("{setting} must not hold a user name or password");
    }
    Ok(())
}

/// Names stand in URLs, file names, metrics and log lines.
fn check_name(name: &str) -> Result<()> {
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(fine) {
        bail!("name: use 1 to {NAME_CHARS_MAX} lower-case letters, digits, - and _");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const FILE: &str = r#"
        name = "acme"
        [servicetitan]
        environment = "production"
        tenant_id = 123456
        app_key = { env = "ST_APP_KEY" }
        client_id = "cid.abc"
        client_secret = { env = "ST_CLIENT_SECRET" }
        [odoo]
        url = "https://acme.odoo.example"
        database = "acme"
        api_key = { env = "ODOO_API_KEY" }
        [flows.customers]
        every = "10m"
    "#;

    fn parse(text: &str) -> Result<ConnectionFile> {
        ConnectionFile::parse(text, |name| Some(format!("value of {name}")))
    }

    #[test]
    fn orders_are_confirmed_unless_people_do_it() {
        let with = |text: &str| parse(&format!("{FILE}\n{text}"));
        let leaves = |text: &str| with(text).unwrap().profile.leaves_orders();
        assert!(!leaves(""));
        assert!(!leaves("[flows.purchase-orders]\nconfirm = \"sent\""));
        assert!(leaves("[flows.purchase-orders]\nconfirm = \"never\""));
        assert!(with("[flows.bills]\nconfirm = \"never\"").is_err());
        assert!(with("[flows.purchase-orders]\nconfirm = \"later\"").is_err());
    }

    #[test]
    fn the_documented_file_is_read() {
        let file = parse(FILE).unwrap();
        assert_eq!(
            file.profile.servicetitan.api_url.as_str(),
            "https://api.servicetitan.io/"
        );
        assert_eq!(
            file.profile
                .flow(Flow::Customers)
                .unwrap()
                .every
                .to_string(),
            "600s"
        );
        assert_eq!(file.profile.external_module(), "__servicetitan_123456__");
        assert_eq!(
            file.secrets[secret::APP_KEY].expose_secret(),
            "value of ST_APP_KEY"
        );
        let back: Profile =
            serde_json::from_value(serde_json::to_value(&file.profile).unwrap()).unwrap();
        assert_eq!(back, file.profile);
    }

    #[test]
    fn what_is_shown_is_a_connection_file_without_its_secrets() {
        let profile = parse(FILE).unwrap().profile;
        let shown = profile.to_toml();
        assert!(!shown.contains("value of"), "{shown}");
        let secrets = "app_key = { env = \"A\" }\nclient_secret = { env = \"B\" }\n";
        let whole = shown
            .replace("[servicetitan]\n", &format!("[servicetitan]\n{secrets}"))
            .replace("[odoo]\n", "[odoo]\napi_key = { env = \"C\" }\n");
        assert_eq!(parse(&whole).unwrap().profile, profile);
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("name = \"acme\"", "name = \"Acme Inc\"", "lower-case"),
            ("tenant_id = 123456", "tenant_id = 0", "tenant_id"),
            ("\"10m\"", "\"1s\"", "out of range"),
            ("\"10m\"", "\"soon\"", "cadence"),
            ("environment = \"production\"", "", "environment"),
            ("https://acme", "ftp://acme", "odoo.url"),
            ("[flows.customers]", "[flows.custommers]", "custommers"),
            (
                "[flows.customers]",
                "[flows.customers]\ntax_id_field = \"VAT\"",
                "flows.customers has no setting tax_id_field",
            ),
            (
                "[flows.customers]",
                "[flows.customers]\npolicy = \"validate\"",
                "it is one of flows.receipts",
            ),
            (
                "[flows.customers]",
                "[flows.receipts]\npolicy = \"sometimes\"\n[flows.customers]",
                "`off` or `validate`",
            ),
        ];
        for (old, new, expected) in cases {
            let error = format!("{:#}", parse(&FILE.replace(old, new)).err().expect(new));
            assert!(error.contains(expected), "{new}: {error}");
        }
    }

    #[test]
    fn a_secret_in_the_file_is_refused_and_not_repeated() {
        let error = parse(&FILE.replace("{ env = \"ST_APP_KEY\" }", "\"ak1.planted\""))
            .err()
            .unwrap();
        assert!(!format!("{error:#}").contains("planted"), "{error:#}");
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = ConnectionFile::parse(FILE, |_| None).err().unwrap();
        assert!(format!("{error:#}").contains("ST_APP_KEY"), "{error:#}");
        let file = FILE.replace("\"ST_APP_KEY\"", "\"ak1.planted\"");
        let error = ConnectionFile::parse(&file, |_| None).err().unwrap();
        assert!(!format!("{error:#}").contains("planted"), "{error:#}");
    }

    #[test]
    fn a_missing_file_is_named_and_a_secret_in_its_place_is_not() {
        let with = |path: &str| {
            let source = format!("{{ file = \"{path}\" }}");
            let file = FILE.replace("{ env = \"ST_APP_KEY\" }", &source);
            format!("{:#}", parse(&file).err().unwrap())
        };
        let error = with("missing/app.key");
        assert!(
            error.contains("app_key: cannot read missing/app.key"),
            "{error}"
        );
        let error = with("ak1.planted/planted");
        assert!(
            error.contains("app_key: cannot read the file that it names"),
            "{error}"
        );
        assert!(!error.contains("planted"), "{error}");
    }
}
