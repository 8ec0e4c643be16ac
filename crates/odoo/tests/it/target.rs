//! The Odoos that the contract is held against: real ones, and the sandbox.
//!
//! A real one is found through the variables that `scripts/README.md` describes; each target has a
//! database of its own, dropped at the end. Without the variables a test says that it was skipped, and
//! fails where `CI` is set.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use odoo::server::ProtocolChoice;
use odoo::{Client, Config, Context, ExternalId, Fields, Model, RecordId};
use postgres::NoTls;
use secrecy::SecretString;
use serde_json::{Value, json};

/// One Odoo, seen by the user that the connector would have, with the hand of a person beside it.
pub(crate) struct Target {
    pub(crate) client: Client,
    /// A user who may write contacts and nothing else, where there is one.
    pub(crate) poor: Option<Client>,
    /// The administrator.
    pub(crate) admin: Client,
    pub(crate) hand: Hand,
}

/// What people do in Odoo while the connector is not looking.
pub(crate) enum Hand {
    /// A real Odoo's administrator.
    Real(
        Client,
        #[expect(dead_code, reason = "held until the end, then dropped")] Database,
    ),
    /// The sandbox's own ways in.
    Sandbox(sandbox::odoo::Sandbox),
}

impl Target {
    /// The configuration of the client, to make others from.
    pub(crate) fn config(&self) -> Config {
        self.client.config().clone()
    }
}

impl Hand {
    /// Whether the target is a whole Odoo: then everything that Odoo has can be asked.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Self::Real(..))
    }

    /// Deletes a partner.
    pub(crate) async fn delete(&self, id: RecordId) {
        match self {
            Self::Real(admin, _) => {
                call(admin, "res.partner", "unlink", Some(&[id]), json!({})).await;
            }
            Self::Sandbox(sandbox) => sandbox.delete_partner(sandbox::odoo::Id(id.get())),
        }
    }

    /// Merges a partner into another, as Odoo's "Merge" does.
    pub(crate) async fn merge(&self, loser: RecordId, winner: RecordId) {
        match self {
            Self::Real(admin, _) => {
                let wizard = "base.partner.merge.automatic.wizard";
                let values =
                    json!({"partner_ids": [[6, 0, [winner, loser]]], "dst_partner_id": winner});
                // The wizard finds the partners in the context, as from the list's action menu.
                let context = Context::new()
                    .set("active_model", "res.partner")
                    .set("active_ids", json!([winner, loser]));
                let wizard = Model::named(wizard);
                let create = object(json!({"vals_list": [values]}));
                let made = admin
                    .call(&wizard, "create", None, &create, &context)
                    .await
                    .unwrap();
                let id = RecordId(made.get(0).unwrap_or(&made).as_i64().unwrap());
                admin
                    .call(
                        &wizard,
                        "action_merge",
                        Some(&[id]),
                        &object(json!({})),
                        &context,
                    )
                    .await
                    .unwrap();
            }
            Self::Sandbox(sandbox) => {
                let [loser, winner] = [loser, winner].map(|id| sandbox::odoo::Id(id.get()));
                sandbox.merge_partners(winner, &[loser]);
            }
        }
    }

    /// Hides a partner from everybody but the administrator, by a record rule.
    pub(crate) async fn hide(&self, id: RecordId) -> Hidden {
        match self {
            Self::Real(admin, _) => {
                let model = call(
                    admin,
                    "ir.model",
                    "search_read",
                    None,
                    json!({"domain": [["model", "=", "res.partner"]], "fields": ["model"]}),
                )
                .await;
                let rule = json!({"name": "hidden", "model_id": model[0]["id"],
                    "domain_force": format!("[('id', '!=', {id})]")});
                let made = call(
                    admin,
                    "ir.rule",
                    "create",
                    None,
                    json!({"vals_list": [rule]}),
                )
                .await;
                Hidden(made.get(0).unwrap_or(&made).as_i64().unwrap())
            }
            Self::Sandbox(sandbox) => {
                sandbox.show_only_partners(json!([["id", "!=", id]]));
                Hidden(0)
            }
        }
    }

    /// Puts the connector's user into a group.
    pub(crate) async fn give(&self, right: Right) {
        match self {
            Self::Real(admin, _) => right.set(admin, true).await,
            Self::Sandbox(sandbox) => sandbox.give_group(right.group()),
        }
    }

    /// Takes the connector's user out of a group.
    pub(crate) async fn take(&self, right: Right) {
        match self {
            Self::Real(admin, _) => right.set(admin, false).await,
            Self::Sandbox(sandbox) => sandbox.take_group(right.group()),
        }
    }

    /// Takes the rule away.
    pub(crate) async fn show(&self, hidden: Hidden) {
        match self {
            Self::Real(admin, _) => {
                call(
                    admin,
                    "ir.rule",
                    "unlink",
                    Some(&[RecordId(hidden.0)]),
                    json!({}),
                )
                .await;
            }
            Self::Sandbox(sandbox) => sandbox.show_all_partners(),
        }
    }
}

/// What the connector's user may do beside purchasing and invoicing.
#[derive(Clone, Copy)]
pub(crate) enum Right {
    /// Tasks of projects.
    Project,
    /// Sale orders.
    Sales,
}

impl Right {
    fn group(self) -> sandbox::odoo::Group {
        match self {
            Self::Project => sandbox::odoo::Group::Project,
            Self::Sales => sandbox::odoo::Group::Sales,
        }
    }

    async fn set(self, admin: &Client, given: bool) {
        let name: ExternalId = self.group().external_id().parse().unwrap();
        let found = admin.check_object_reference(&name).await.unwrap();
        let odoo::Found::Found { id: group, .. } = found else {
            panic!("there is a group {name}");
        };
        let users = call(
            admin,
            "res.users",
            "search",
            None,
            json!({"domain": [["login", "=", "connector@example.com"]]}),
        )
        .await;
        let user = RecordId(users[0].as_i64().unwrap());
        let command = if given { 4 } else { 3 };
        let vals = json!({"group_ids": [[command, group, 0]]});
        let arguments = json!({"vals": vals});
        call(admin, "res.users", "write", Some(&[user]), arguments).await;
    }
}

/// A record rule that hides something.
pub(crate) struct Hidden(i64);

async fn call(
    client: &Client,
    model: &'static str,
    method: &str,
    ids: Option<&[RecordId]>,
    arguments: Value,
) -> Value {
    client
        .call(
            &Model::named(model),
            method,
            ids,
            &object(arguments),
            &Context::new(),
        )
        .await
        .unwrap()
}

pub(crate) fn object(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        other => panic!("an object, not {other}"),
    }
}

pub(crate) fn name(text: &str) -> ExternalId {
    ExternalId::new("__contract__", text).unwrap()
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .build()
        .unwrap()
}

/// The variables of one real Odoo, by their common prefix.
pub(crate) struct Real {
    url: String,
    postgres: String,
    template: String,
    login: String,
    key: String,
    poor: Option<(String, String)>,
    admin_login: String,
    admin_key: String,
}

impl Real {
    /// `None` (having said so) where the Odoo is not there; a failure where CI promised it.
    pub(crate) fn find(prefix: &str, promised: bool) -> Option<Self> {
        let get = |name: &str| std::env::var(format!("{prefix}_{name}")).ok();
        let found = (|| {
            Some(Self {
                url: get("URL")?,
                postgres: get("POSTGRES_URL")
                    .or_else(|| std::env::var("ML_CONNECTOR_TEST_POSTGRES_URL").ok())?,
                template: get("TEMPLATE")?,
                login: get("LOGIN")?,
                key: get("KEY")?,
                poor: get("POOR_LOGIN").zip(get("POOR_KEY")),
                admin_login: get("ADMIN_LOGIN")?,
                admin_key: get("ADMIN_KEY")?,
            })
        })();
        if found.is_none() {
            assert!(
                !promised,
                "{prefix}_URL and its siblings are missing: run scripts/test"
            );
            println!("skipped: run scripts/test ({prefix}_URL and its siblings are not set)");
        }
        found
    }

    /// A target with a database of its own.
    pub(crate) async fn target(&self, protocol: ProtocolChoice) -> Target {
        let database = Database::create(&self.postgres, &self.template);
        let config = |login: &str, key: &str| Config {
            login: Some(login.to_owned()),
            protocol,
            ..Config::new(
                self.url.parse().unwrap(),
                &database.name,
                SecretString::from(key),
            )
        };
        let client = Client::connect(http(), config(&self.login, &self.key))
            .await
            .unwrap();
        let admin = Client::connect(http(), config(&self.admin_login, &self.admin_key))
            .await
            .unwrap();
        let poor = match &self.poor {
            Some((login, key)) => Some(Client::connect(http(), config(login, key)).await.unwrap()),
            None => None,
        };
        Target {
            client,
            poor,
            admin: admin.clone(),
            hand: Hand::Real(admin, database),
        }
    }
}

/// The sandbox, which speaks JSON-2.
pub(crate) async fn simulated() -> Target {
    let noon: jiff::Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let options = sandbox::odoo::Options {
        // Long enough for two calls to meet.
        work_per_call: Duration::from_millis(10),
        rights: sandbox::odoo::Rights::ProductManager,
        ..sandbox::odoo::Options::new(std::sync::Arc::new(move || noon))
    };
    let sandbox = sandbox::odoo::Sandbox::start(options).await.unwrap();
    let config = Config {
        login: Some("connector@example.com".to_owned()),
        ..Config::new(
            sandbox.url().parse().unwrap(),
            sandbox.database(),
            SecretString::from(sandbox.api_key()),
        )
    };
    let admin = Config {
        login: Some("admin".to_owned()),
        api_key: SecretString::from(sandbox.admin_key()),
        ..config.clone()
    };
    Target {
        client: Client::connect(http(), config).await.unwrap(),
        poor: None,
        admin: Client::connect(http(), admin).await.unwrap(),
        hand: Hand::Sandbox(sandbox),
    }
}

/// A database of a test's own, dropped when it goes.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    fn create(server: &str, template: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let database = Self {
            server: server.to_owned(),
            name: format!("mlc_odoo_{}_{count}", std::process::id()),
        };
        database.execute(vec![
            format!("drop database if exists {} with (force)", database.name),
            format!("create database {} template {template}", database.name),
        ]);
        database
    }

    fn execute(&self, statements: Vec<String>) {
        let server = self.server.clone();
        // The driver runs its own reactor, which must not start inside of ours.
        std::thread::spawn(move || {
            let mut session = postgres::Client::connect(&server, NoTls).unwrap();
            for statement in statements {
                session.batch_execute(&statement).unwrap();
            }
        })
        .join()
        .expect("the database server does as it is told");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.execute(vec![format!(
            "drop database if exists {} with (force)",
            self.name
        )]);
    }
}
