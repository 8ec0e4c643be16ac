//! `demo`: everything in one process, in a temporary folder, with a throwaway master key: a ServiceTitan sandbox whose
//! records arrive in an Odoo sandbox (or in a real Odoo), and a page to watch.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use secrecy::SecretString;
use serde_json::json;
use store::connections::{Connection, NewConnection};
use store::passes::Pass;
use store::{DatabaseUrl, MasterKey, Store};
use sync::flow::Flow;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::summary::Summary;
use super::{Exit, output, variable};
use crate::clock::{self, Clock};
use crate::connection::{
    FlowSettings, Odoo, Profile, Protocol, ReceiptPolicy, Schedule, ServiceTitan, profile, secret,
};
use crate::engine::supervisor::{Mode, Shared};
use crate::engine::vendors::Http;
use crate::service::{Service, asked_to_end};

/// How often the running demo changes something in its ServiceTitan.
const MOVE_EVERY: Duration = Duration::from_secs(3);

/// How often the end of `--once` is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What the demo's purchase orders are about.
const VENDORS: usize = 12;
const ITEMS: usize = 60;
const ORDERS: u32 = 40;

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Run until everything is settled, print the summary, and end.
    #[arg(long)]
    once: bool,
    /// Print the summary as JSON.
    #[arg(long, requires = "once")]
    json: bool,
    /// Customers in the ServiceTitan sandbox.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    customers: u32,
    /// Seed of the sandbox's data: the same seed gives the same customers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the page is; choose another port when this one is taken.
    #[arg(long, default_value = "127.0.0.1:8686", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// A real Odoo instead of the sandbox; its API key comes from the variable `ODOO_API_KEY`.
    #[arg(long, value_name = "URL", requires = "odoo_database")]
    odoo_url: Option<Url>,
    /// The real Odoo's database.
    #[arg(long, value_name = "NAME")]
    odoo_database: Option<String>,
    /// The login of the key's user, needed for Odoo 14 to 18.
    #[arg(long, value_name = "LOGIN")]
    odoo_login: Option<String>,
    /// Purchase orders in the ServiceTitan sandbox: 40, or none with a real Odoo.
    #[arg(long, value_parser = clap::value_parser!(u32).range(..=10_000))]
    orders: Option<u32>,
    /// How long `--once` waits until everything is settled.
    #[arg(long, value_name = "DURATION", default_value = "30m", value_parser = super::sync::duration)]
    timeout: Duration,
}

/// The company's chart in Odoo has the accounts that its office uses in ServiceTitan, as far as they have numbers.
fn complete_chart(odoo: &sandbox::odoo::Sandbox, tenant: &sandbox::servicetitan::Tenant) {
    let chart = odoo.call(
        "account.account",
        "search_read",
        &[],
        json!({"domain": [], "fields": ["code"]}),
    );
    let codes: BTreeSet<&str> = chart
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|account| account["code"].as_str())
        .collect();
    let accounts = tenant.gl_accounts().into_iter();
    let missing: Vec<serde_json::Value> = accounts
        .filter_map(|account| Some((account.number?, account.name)))
        .filter(|(number, _)| !codes.contains(number.as_str()))
        .map(|(code, name)| json!({"code": code, "name": name, "account_type": "expense"}))
        .collect();
    odoo.call(
        "account.account",
        "create",
        &[],
        json!({"vals_list": missing}),
    );
}

impl Demo {
    pub(super) async fn run(self) -> Result<Exit> {
        let clock = Clock::system();
        let present: sandbox::Clock = Arc::new(clock::now);
        let options = sandbox::servicetitan::Options::new(Arc::clone(&present))
            .customers(usize::try_from(self.customers)?)
            .vendors_and_items(VENDORS, ITEMS)
            .orders(usize::try_from(self.orders())?)
            .seed(self.seed);
        let titan = sandbox::servicetitan::Sandbox::start(options)
            .await
            .context("cannot start the ServiceTitan sandbox")?;
        let odoo = if self.odoo_url.is_some() {
            None
        } else {
            let mut options = sandbox::odoo::Options::new(present);
            options.rights = sandbox::odoo::Rights::ProductManager;
            let odoo = sandbox::odoo::Sandbox::start(options)
                .await
                .context("cannot start the Odoo sandbox")?;
            complete_chart(&odoo, &titan.tenant());
            Some(odoo)
        };
        let folder = tempfile::tempdir()?;
        let database: DatabaseUrl =
            format!("sqlite://{}", folder.path().join("demo.db").display()).parse()?;
        let key = MasterKey::generate(&mut clock::rng());
        let store = Store::open(&database, &key, &mut clock::rng(), clock.now()).await?;
        let webhook_key = MasterKey::generate(&mut clock::rng()).to_text();
        let connection = self.connection(&titan, odoo.as_ref(), webhook_key.clone())?;
        let id = store
            .add_connection(connection, "demo", clock.now())
            .await?;
        let shared = Arc::new(Shared::new(
            store.clone(),
            Http::new()?,
            clock.clone(),
            None,
            Mode::Service,
        ));
        // Asked for before the engine starts, so that the pass counts everything.
        let pass = if self.once {
            Some(
                store
                    .request_pass(id, self.flows(), None, "demo", clock.now())
                    .await?,
            )
        } else {
            None
        };
        // A run that nobody watches takes any free port.
        let listen = if self.once {
            SocketAddr::new(self.listen.ip(), 0)
        } else {
            self.listen
        };
        let service = Service::start(Arc::clone(&shared), listen).await?;
        let exit = if let Some(pass) = pass {
            self.settle(&store, pass, &clock).await?
        } else {
            self.watch(&titan, &service, &webhook_key).await?;
            Exit::Done
        };
        service.stop().await;
        store.close().await?;
        titan.stop().await;
        if let Some(odoo) = odoo {
            odoo.stop().await;
        }
        Ok(exit)
    }

    /// Orders in the ServiceTitan sandbox. A real Odoo may lack what they need, so there it takes a word.
    fn orders(&self) -> u32 {
        self.orders
            .unwrap_or(if self.odoo_url.is_some() { 0 } else { ORDERS })
    }

    /// The flows that are on, with those that they need.
    fn flows(&self) -> Vec<Flow> {
        let purchasing = [
            Flow::Receipts,
            Flow::Bills,
            Flow::VendorCredits,
            Flow::OdooBills,
        ];
        let purchasing = purchasing.into_iter().filter(|_| self.orders() > 0);
        Profile::with_needed(std::iter::once(Flow::Customers).chain(purchasing))
    }

    fn connection(
        &self,
        titan: &sandbox::servicetitan::Sandbox,
        odoo: Option<&sandbox::odoo::Sandbox>,
        webhook_key: SecretString,
    ) -> Result<NewConnection> {
        let credentials = titan.tenant().credentials();
        let titan_url: Url = titan.url().parse()?;
        let (url, database, key) = match (&self.odoo_url, odoo) {
            (Some(url), _) => {
                let Some(key) = variable("ODOO_API_KEY") else {
                    bail!(
                        "set ODOO_API_KEY to an API key of the Odoo user that the connector shall be"
                    );
                };
                (
                    url.clone(),
                    self.odoo_database.clone().unwrap_or_default(),
                    key,
                )
            }
            (None, Some(odoo)) => (
                odoo.url().parse()?,
                odoo.database().to_owned(),
                odoo.api_key().to_owned(),
            ),
            (None, None) => bail!("the demo has no Odoo to write to"),
        };
        let profile = Profile {
            name: "demo".to_owned(),
            servicetitan: ServiceTitan {
                auth_url: titan_url.clone(),
                api_url: titan_url,
                tenant_id: credentials.tenant.0,
                client_id: credentials.client_id,
                rate_limit: servicetitan::RateLimit::default(),
                call_limit_s: profile::servicetitan_call_limit_s(),
                signature_headers: vec!["X-Signature".to_owned()],
            },
            odoo: Odoo {
                url,
                database,
                company: None,
                protocol: Protocol::Auto,
                login: self.odoo_login.clone(),
                workers: profile::workers(),
                call_limit_s: profile::call_limit_s(),
            },
            schedule: Schedule::default(),
            flows: self
                .flows()
                .into_iter()
                .map(|flow| Ok((flow, settings(flow)?)))
                .collect::<Result<_>>()?,
        };
        let secrets = BTreeMap::from([
            (
                secret::APP_KEY.to_owned(),
                SecretString::from(credentials.app_key),
            ),
            (
                secret::CLIENT_SECRET.to_owned(),
                SecretString::from(credentials.client_secret),
            ),
            (secret::WEBHOOK_SECRET.to_owned(), webhook_key),
            (secret::ODOO_API_KEY.to_owned(), SecretString::from(key)),
        ]);
        Ok(NewConnection {
            name: profile.name.clone(),
            tenant: profile.servicetitan.tenant_id,
            odoo: profile.odoo_identity(),
            settings: serde_json::to_value(&profile)?,
            secrets,
        })
    }

    /// Waits for the pass and prints what came of it.
    async fn settle(
        &self,
        store: &Store,
        pass: store::passes::PassId,
        clock: &Clock,
    ) -> Result<Exit> {
        let finished = tokio::time::timeout(self.timeout, finished(store, pass)).await;
        let pass = match finished {
            Ok(pass) => Some(pass?),
            Err(_) => store.pass(pass).await?,
        };
        let connections: Vec<Connection> = store.connections().await?;
        let passes = pass
            .into_iter()
            .map(|pass| ("demo".to_owned(), pass))
            .collect::<BTreeMap<String, Pass>>();
        let summary = Summary::read(store, &connections, &passes, clock.now()).await?;
        if self.json {
            output::json(&summary)?;
        } else {
            summary.show();
        }
        for note in passes.values().filter_map(|pass| pass.note.as_ref()) {
            output::note(note);
        }
        Ok(if summary.settled && !summary.has_failures() {
            Exit::Done
        } else {
            Exit::Incomplete
        })
    }

    /// Keeps things moving until somebody ends the demo.
    async fn watch(
        &self,
        titan: &sandbox::servicetitan::Sandbox,
        service: &Service,
        webhook_key: &SecretString,
    ) -> Result<()> {
        use secrecy::ExposeSecret as _;
        let address = format!("http://{}", service.address);
        let hook = format!("{address}/webhooks/servicetitan");
        titan
            .webhooks()
            .subscribe(sandbox::servicetitan::Subscription::new(
                &hook,
                webhook_key.expose_secret(),
            ));
        output::line(&format!(
            "ServiceTitan sandbox  {}  ({} customers, {} purchase orders)",
            titan.url(),
            self.customers,
            self.orders()
        ));
        output::line(&format!("Console               {address}"));
        output::line(
            "Every few seconds somebody in the sandbox renames a customer, adds a contact, books a job, sends an order or receives \
             goods.",
        );
        output::line("Ctrl-C ends the demo.");
        let stop = CancellationToken::new();
        let mut turn = 0_usize;
        let mut end = std::pin::pin!(asked_to_end());
        while !stop.is_cancelled() {
            tokio::select! {
                () = &mut end => stop.cancel(),
                () = service.ended() => stop.cancel(),
                () = tokio::time::sleep(MOVE_EVERY) => {
                    move_something(&titan.tenant(), turn);
                    turn += 1;
                }
            }
        }
        Ok(())
    }
}

async fn finished(store: &Store, pass: store::passes::PassId) -> Result<Pass> {
    loop {
        let now = store.pass(pass).await?.context("the pass is there")?;
        if now.finished_at.is_some() {
            return Ok(now);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What an office does all day, one act at a time.
fn move_something(tenant: &sandbox::servicetitan::Tenant, turn: usize) {
    use sandbox::servicetitan::{ContactKind, NewReceipt, OrderStatus, PurchaseOrder, customer_id};
    let customers = tenant.customers().len().max(1);
    let customer = customer_id(turn.wrapping_mul(7) % customers);
    // A customer may be inactive or merged away by now; then nothing moves this time.
    let _ = match turn % 6 {
        5 => {
            let sent = |order: &PurchaseOrder| order.status == OrderStatus::Sent;
            let order = tenant.purchase_orders().into_iter().find(sent);
            order.map_or(Ok(()), |order| {
                let number = format!("V-{turn}");
                tenant
                    .receive(order.id, NewReceipt::rest(&number))
                    .map(drop)
            })
        }
        4 => {
            let pending = |order: &PurchaseOrder| order.status == OrderStatus::Pending;
            let order = tenant.purchase_orders().into_iter().find(pending);
            order.map_or(Ok(()), |order| tenant.send_order(order.id))
        }
        0 => tenant.rename_customer(
            customer,
            &format!("Customer renamed for the {}. time", turn / 6 + 1),
        ),
        1 => tenant
            .add_contact(
                customer,
                ContactKind::Email,
                &format!("office{turn}@example.com"),
                Some("Office"),
            )
            .map(drop),
        2 => tenant.book_job(customer).map(drop),
        _ => tenant.change_balance(customer, 12_345),
    };
}

/// How a flow of the demo is set: everything that it can do, but for what cannot be undone.
fn settings(flow: Flow) -> Result<FlowSettings> {
    let mut settings = FlowSettings {
        enabled: true,
        every: "5s".parse()?,
        ..FlowSettings::default()
    };
    match flow {
        Flow::Receipts => settings.policy = Some(ReceiptPolicy::Validate),
        Flow::OdooBills => {
            settings.number_field = Some("Odoo Number".to_owned());
            settings.payment_field = Some("Odoo Payment State".to_owned());
        }
        _ => {}
    }
    Ok(settings)
}
