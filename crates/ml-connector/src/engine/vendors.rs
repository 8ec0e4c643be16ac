//! The two systems of one connection, ready to be called, and what they offer to refer to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use odoo::{Context, Domain, Fields, Model, Search};
use secrecy::SecretString;
use servicetitan::{Pacer, TenantId};
use sync::directory::{Country, Directory, Subdivision};
use sync::failure::{Vendor, of_odoo, of_servicetitan};

use super::Halt;
use crate::connection::{Profile, Protocol, secret};

/// The fields of `res.partner` that planning asks about.
const PARTNER_FIELDS: [&str; 5] = [
    "phone",
    "email",
    "mobile",
    "customer_rank",
    "property_payment_term_id",
];

/// The one of them that is of use only together with the terms themselves.
const TERM_FIELD: &str = "property_payment_term_id";

/// Countries and states are a few thousand at most.
const REFERENCE_ROWS_MAX: usize = 20_000;

/// The clients of one connection.
#[derive(Clone)]
pub struct Vendors {
    /// The ServiceTitan tenant.
    pub servicetitan: servicetitan::Client,
    /// The Odoo database.
    pub odoo: odoo::Client,
}

/// How the ServiceTitan client of a connection is made.
pub fn servicetitan(
    http: &Http,
    profile: &Profile,
    secrets: &BTreeMap<String, SecretString>,
    pacer: Arc<Pacer>,
    jitter_seed: u64,
) -> Result<servicetitan::Client> {
    let titan = &profile.servicetitan;
    let config = servicetitan::Config {
        auth_url: titan.auth_url.clone(),
        api_url: titan.api_url.clone(),
        jitter_seed,
        ..servicetitan::Config::new(
            servicetitan::Environment::Production,
            TenantId(titan.tenant_id),
            wanted(secrets, secret::APP_KEY)?,
            titan.client_id.clone(),
            wanted(secrets, secret::CLIENT_SECRET)?,
        )
    };
    Ok(servicetitan::Client::new(
        http.servicetitan.clone(),
        config,
        pacer,
    ))
}

/// Probes the Odoo server of a connection and makes its client.
pub async fn odoo(
    http: &Http,
    profile: &Profile,
    secrets: &BTreeMap<String, SecretString>,
    jitter_seed: u64,
) -> Result<Result<odoo::Client, odoo::Error>> {
    let mut config = odoo::Config::new(
        profile.odoo.url.clone(),
        profile.odoo.database.clone(),
        wanted(secrets, secret::ODOO_API_KEY)?,
    );
    config.company = profile.odoo.company;
    config.login = profile.odoo.login.clone();
    config.in_flight = profile.odoo.workers;
    config.jitter_seed = jitter_seed;
    config.protocol = match profile.odoo.protocol {
        Protocol::Auto => odoo::server::ProtocolChoice::Auto,
        Protocol::Json2 => odoo::server::ProtocolChoice::Json2,
        Protocol::XmlRpc => odoo::server::ProtocolChoice::XmlRpc,
    };
    Ok(odoo::Client::connect(http.odoo.clone(), config).await)
}

fn wanted(secrets: &BTreeMap<String, SecretString>, name: &str) -> Result<SecretString> {
    secrets
        .get(name)
        .cloned()
        .with_context(|| format!("the connection has no secret {name}: add it again"))
}

impl Vendors {
    /// Reads the reference data of both systems.
    pub async fn directory(&self) -> Result<Directory, Halt> {
        let all = async |model, fields| {
            self.all(model, Domain::all(), fields)
                .await
                .map_err(|error| refused(&error))
        };
        let countries = all("res.country", &["code", "name"]).await?;
        let states = all("res.country.state", &["code", "name", "country_id"]).await?;
        let home = self.home_country().await?;
        let country = |row: &Fields| {
            Some(Country {
                id: id(row)?,
                code: text(row, "code")?.to_uppercase(),
                name: text(row, "name")?,
            })
        };
        let state = |row: &Fields| {
            Some(Subdivision {
                id: id(row)?,
                country: reference(row, "country_id")?,
                code: text(row, "code")?,
                name: text(row, "name")?,
            })
        };
        let fields = self
            .odoo
            .fields_get(&Model::PARTNER, &PARTNER_FIELDS, &["type"])
            .await
            .map_err(|error| refused(&error))?;
        let terms = if fields.contains_key(TERM_FIELD) {
            if_allowed(
                self.all("account.payment.term", Domain::all(), &["name"])
                    .await,
            )?
        } else {
            None
        };
        // Terms that the user may not read are left to Odoo altogether.
        let known = |field: &&String| field.as_str() != TERM_FIELD || terms.is_some();
        let directory = Directory::new(
            countries.iter().filter_map(country).collect(),
            states.iter().filter_map(state).collect(),
            home,
        )
        .with_partner_fields(fields.keys().filter(known).cloned());
        let Some(terms) = terms else {
            return Ok(directory);
        };
        let terms = terms
            .iter()
            .filter_map(|row| Some((id(row)?, text(row, "name")?)));
        Ok(directory.with_payment_terms(terms, self.servicetitan_terms().await?))
    }

    /// ServiceTitan's payment terms by id; `None` when the app may not read them, which is no reason to stop.
    async fn servicetitan_terms(&self) -> Result<Option<BTreeMap<i64, String>>, Halt> {
        match self.servicetitan.payment_terms().await {
            Ok(rows) => {
                let terms = rows.iter().filter_map(|row| {
                    servicetitan::record::parse::<servicetitan::record::PaymentTerm>(row.get()).ok()
                });
                Ok(Some(terms.map(|term| (term.id.0, term.name)).collect()))
            }
            Err(error) if error.kind == servicetitan::ErrorKind::Forbidden => Ok(None),
            Err(error) => Err(Halt::of(Vendor::ServiceTitan, of_servicetitan(&error))),
        }
    }

    async fn home_country(&self) -> Result<Option<i64>, Halt> {
        let company = match self.odoo.config().company {
            Some(company) => odoo::RecordId(company),
            None => {
                self.odoo
                    .whoami()
                    .await
                    .map_err(|error| refused(&error))?
                    .company
            }
        };
        let context = Context::new();
        let rows = self
            .odoo
            .read(&Model::COMPANY, &[company], &["country_id"], &context)
            .await;
        let rows = if_allowed(rows)?.unwrap_or_default();
        Ok(rows.first().and_then(|row| reference(row, "country_id")))
    }

    async fn all(
        &self,
        model: &'static str,
        domain: Domain,
        fields: &[&str],
    ) -> Result<Vec<Fields>, odoo::Error> {
        let search = Search {
            limit: Some(REFERENCE_ROWS_MAX),
            ..Search::new(domain, fields)
        };
        self.odoo
            .search_read(&Model::named(model), &search, &Context::new())
            .await
    }
}

fn refused(error: &odoo::Error) -> Halt {
    Halt::of(Vendor::Odoo, of_odoo(error))
}

/// What the user may read of something that the connector can do without.
fn if_allowed<T>(result: Result<T, odoo::Error>) -> Result<Option<T>, Halt> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == odoo::ErrorKind::AccessDenied => Ok(None),
        Err(error) => Err(refused(&error)),
    }
}

fn id(row: &Fields) -> Option<i64> {
    row.get("id")?.as_i64()
}

fn text(row: &Fields, field: &str) -> Option<String> {
    Some(row.get(field)?.as_str()?.to_owned())
}

/// A many2one comes as `[id, name]`.
fn reference(row: &Fields, field: &str) -> Option<i64> {
    row.get(field)?.as_array()?.first()?.as_i64()
}

/// The HTTP clients: connecting is bounded, redirects are not followed with credentials, nothing is shared but
/// connections.
#[derive(Clone, Debug)]
pub struct Http {
    servicetitan: servicetitan::client::Http,
    odoo: reqwest::Client,
}

impl Http {
    /// Both clients.
    pub fn new() -> Result<Self> {
        const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
        let builder = || {
            reqwest::Client::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("ml-connector/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            servicetitan: servicetitan::client::Http::new(builder())?,
            odoo: builder().build().context("cannot make an HTTP client")?,
        })
    }
}
