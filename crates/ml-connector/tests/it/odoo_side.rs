//! The Odoo of a test, and what an administrator sees in it. Read over plain JSON-2, without the client under test.

use std::collections::BTreeMap;
use std::process::Command;

use sandbox::odoo as simulated;
use serde_json::{Map, Value, json};

/// An Odoo with a database of its own.
pub(crate) enum OdooSide {
    Simulated(Box<simulated::Sandbox>),
    Real(Real),
}

/// A fresh copy of the real Odoo's initialised database; dropped with the value.
pub(crate) struct Real {
    url: String,
    database: String,
    postgres: String,
    key: String,
    admin_key: String,
}

/// An amount as Odoo shows it, to the cent.
pub(crate) fn amount(value: &Value) -> String {
    let amount = value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is an amount"));
    format!("{amount:.2}")
}

/// What an administrator sees: the partners that bear our external ids, by the id's name; ids and times left out.
pub(crate) type Partners = BTreeMap<String, BTreeMap<String, Value>>;

/// The fields that are compared.
const FIELDS: [&str; 16] = [
    "name",
    "is_company",
    "type",
    "active",
    "ref",
    "street",
    "street2",
    "city",
    "zip",
    "state_id",
    "country_id",
    "phone",
    "email",
    "parent_id",
    "property_payment_term_id",
    "customer_rank",
];

impl OdooSide {
    pub(crate) async fn simulated() -> Self {
        Self::simulated_with(|_| ()).await
    }

    /// A simulator with other options, e.g. one whose calls take their time.
    pub(crate) async fn simulated_with(change: impl FnOnce(&mut simulated::Options)) -> Self {
        let mut options = simulated::Options::new(std::sync::Arc::new(ml_connector::clock::now));
        // As the user that scripts/rig makes.
        options.rights = simulated::Rights::ProductManager;
        change(&mut options);
        Self::Simulated(Box::new(
            simulated::Sandbox::start(options)
                .await
                .expect("the sandbox starts"),
        ))
    }

    /// A database of the real Odoo; `None` where none is running, which CI does not accept.
    pub(crate) fn real(test: &str) -> Option<Self> {
        Self::real_from(None, test)
    }

    /// A database of the real Odoo that begins as a copy of that one, to which nobody may be connected; `None`: of the
    /// initialised one.
    pub(crate) fn real_from(template: Option<&str>, test: &str) -> Option<Self> {
        let variable = |name: &str| std::env::var(format!("ML_CONNECTOR_TEST_{name}")).ok();
        let Some(url) = variable("ODOO_URL") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI must bring up a real Odoo"
            );
            #[expect(clippy::print_stderr, reason = "a skipped test says so")]
            {
                eprintln!("skipped: run scripts/test");
            }
            return None;
        };
        let get = |name: &str| {
            variable(name)
                .unwrap_or_else(|| panic!("ML_CONNECTOR_TEST_{name} goes with the others"))
        };
        let postgres = get("POSTGRES_URL");
        let template = template.map_or_else(|| get("ODOO_TEMPLATE"), str::to_owned);
        let database = format!("mlc_{}_{test}", std::process::id());
        psql(
            &postgres,
            &format!("create database {database} template {template}"),
        );
        Some(Self::Real(Real {
            url,
            database,
            postgres,
            key: get("ODOO_KEY"),
            admin_key: get("ODOO_ADMIN_KEY"),
        }))
    }

    /// Speaks to another server on the real Odoo's databases.
    pub(crate) fn serve_at(&mut self, url: &str) {
        match self {
            Self::Simulated(_) => panic!("only a real Odoo has several servers"),
            Self::Real(real) => url.clone_into(&mut real.url),
        }
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Simulated(odoo) => odoo.url(),
            Self::Real(real) => real.url.clone(),
        }
    }

    pub(crate) fn database(&self) -> &str {
        match self {
            Self::Simulated(odoo) => odoo.database(),
            Self::Real(real) => &real.database,
        }
    }

    /// The connector's key.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Simulated(odoo) => odoo.api_key(),
            Self::Real(real) => &real.key,
        }
    }

    fn admin_key(&self) -> &str {
        match self {
            Self::Simulated(odoo) => odoo.admin_key(),
            Self::Real(real) => &real.admin_key,
        }
    }

    /// The simulator; a test that asks for it does not run on the real Odoo.
    pub(crate) fn simulator(&self) -> &simulated::Sandbox {
        match self {
            Self::Simulated(odoo) => odoo,
            Self::Real(_) => panic!("this test needs the simulator"),
        }
    }

    /// Calls as the administrator, the way a person or another program would.
    pub(crate) async fn call(&self, model: &str, method: &str, arguments: Value) -> Value {
        let http = reqwest::Client::builder().build().expect("a client");
        let answer = http
            .post(format!("{}/json/2/{model}/{method}", self.url()))
            .bearer_auth(self.admin_key())
            .header("X-Odoo-Database", self.database())
            .json(&arguments)
            .send()
            .await
            .expect("Odoo answers");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(
            status.is_success(),
            "{model}.{method}: {status} {}",
            &text[..text.len().min(600)]
        );
        serde_json::from_str(&text).expect("JSON")
    }

    /// Gives the connector's user a group, or takes it, as an administrator does in the user's form.
    pub(crate) async fn set_group(&self, group: simulated::Group, granted: bool) {
        if let Self::Simulated(odoo) = self {
            if granted {
                odoo.give_group(group);
            } else {
                odoo.take_group(group);
            }
            return;
        }
        let (module, name) = group.external_id().split_once('.').expect("two parts");
        let named = json!([["module", "=", module], ["name", "=", name]]);
        let found = json!({"domain": named, "fields": ["res_id"]});
        let group = self.call("ir.model.data", "search_read", found).await[0]["res_id"].clone();
        let command = if granted { 4 } else { 3 };
        let values = json!({"group_ids": [[command, group]]});
        let arguments = json!({"ids": [self.user().await], "vals": values});
        self.call("res.users", "write", arguments).await;
    }

    /// The connector's user.
    async fn user(&self) -> i64 {
        if let Self::Simulated(odoo) = self {
            return odoo.user().0;
        }
        let login = std::env::var("ML_CONNECTOR_TEST_ODOO_LOGIN");
        let login = login.expect("it goes with the others");
        let found = json!({"domain": [["login", "=", login]], "fields": ["id"]});
        let found = self.call("res.users", "search_read", found).await;
        found[0]["id"].as_i64().expect("the user")
    }

    /// Runs SQL in the real Odoo's database.
    pub(crate) fn sql(&self, sql: &str) {
        let Self::Real(real) = self else {
            panic!("only a real Odoo has SQL")
        };
        let (server, _) = real
            .postgres
            .rsplit_once('/')
            .expect("a URL with a database");
        psql(&format!("{server}/{}", real.database), sql);
    }

    /// The database id of each partner that bears an external id of ours.
    pub(crate) async fn ids(&self) -> BTreeMap<String, i64> {
        self.ids_of("res.partner").await
    }

    /// The database id of each record of a model that bears an external id of ours.
    pub(crate) async fn ids_of(&self, model: &str) -> BTreeMap<String, i64> {
        let domain = json!([
            ["module", "=like", "\\_\\_servicetitan\\_%"],
            ["model", "=", model]
        ]);
        let rows = self
            .call(
                "ir.model.data",
                "search_read",
                json!({"domain": domain, "fields": ["name", "res_id"]}),
            )
            .await;
        let row = |row: &Value| {
            (
                row["name"].as_str().expect("a name").to_owned(),
                row["res_id"].as_i64().expect("an id"),
            )
        };
        rows.as_array().expect("rows").iter().map(row).collect()
    }

    /// The partners that stand in Odoo under our external ids.
    pub(crate) async fn partners(&self) -> Partners {
        let (ids, rows) = self.rows("res.partner", &FIELDS).await;
        let names: BTreeMap<i64, &str> =
            ids.iter().map(|(name, id)| (*id, name.as_str())).collect();
        ids.iter()
            .map(|(name, id)| (name.clone(), comparable(&rows[id], &names)))
            .collect()
    }

    /// The records of a model that stand in Odoo under our external ids; of what they refer to, the name.
    pub(crate) async fn records(&self, model: &str, fields: &[&str]) -> Partners {
        let (ids, rows) = self.rows(model, fields).await;
        let shown = |row: &Map<String, Value>| {
            let field = |field: &&str| match &row[*field] {
                Value::Array(pair) if pair.len() == 2 && pair[1].is_string() => pair[1].clone(),
                Value::String(text) if text.is_empty() => json!(false),
                value => value.clone(),
            };
            fields
                .iter()
                .map(|name| ((*name).to_owned(), field(name)))
                .collect()
        };
        ids.iter()
            .map(|(name, id)| (name.clone(), shown(&rows[id])))
            .collect()
    }

    /// The records of a model that bear our external ids: their ids by name, and their rows by id.
    pub(crate) async fn rows(
        &self,
        model: &str,
        fields: &[&str],
    ) -> (BTreeMap<String, i64>, BTreeMap<i64, Map<String, Value>>) {
        let ids = self.ids_of(model).await;
        let fields: Vec<&str> = fields.iter().copied().chain(["id"]).collect();
        let rows = self
            .call(
                model,
                "search_read",
                json!({
                    "domain": [["id", "in", ids.values().collect::<Vec<_>>()]],
                    "fields": fields,
                    "context": {"active_test": false},
                }),
            )
            .await;
        let row = |row: &Value| {
            let row = row.as_object().expect("a row").clone();
            (row["id"].as_i64().expect("an id"), row)
        };
        let rows: BTreeMap<_, _> = rows.as_array().expect("rows").iter().map(row).collect();
        for (name, id) in &ids {
            assert!(
                rows.contains_key(id),
                "{name} points to {model} {id}, which is not there"
            );
        }
        (ids, rows)
    }

    /// How many partners the connector's user has made, whatever external id they bear.
    pub(crate) async fn made_by_connector(&self) -> usize {
        self.of_model_made_by_connector("res.partner").await
    }

    /// How many records of a model the connector's user has made, whatever external id they bear.
    pub(crate) async fn of_model_made_by_connector(&self, model: &str) -> usize {
        let domain = json!([["create_uid", "=", self.user().await]]);
        let arguments = json!({"domain": domain, "context": {"active_test": false}});
        let count = self.call(model, "search_count", arguments).await;
        usize::try_from(count.as_u64().expect("a count")).expect("few")
    }
}

/// A row without what differs between two runs that did the same.
fn comparable(row: &Map<String, Value>, names: &BTreeMap<i64, &str>) -> BTreeMap<String, Value> {
    FIELDS
        .iter()
        .filter_map(|field| {
            let value = row.get(*field)?;
            let value = match (*field, value) {
                ("parent_id", Value::Array(pair)) => {
                    json!(pair[0].as_i64().and_then(|id| names.get(&id)))
                }
                ("state_id" | "country_id" | "property_payment_term_id", Value::Array(pair)) => {
                    pair[1].clone()
                }
                // What is empty is `false` or "" by how it came to be so.
                (_, Value::String(text)) if text.is_empty() => json!(false),
                (_, value) => value.clone(),
            };
            Some(((*field).to_owned(), value))
        })
        .collect()
}

impl Drop for Real {
    fn drop(&mut self) {
        psql(
            &self.postgres,
            &format!("drop database if exists {} with (force)", self.database),
        );
    }
}

fn psql(url: &str, sql: &str) {
    let output = Command::new("psql")
        .args([
            "--no-psqlrc",
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--command",
            sql,
            url,
        ])
        .output()
        .expect("psql is there");
    assert!(
        output.status.success(),
        "{sql}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
