//! The rig of a story: a ServiceTitan sandbox, an Odoo, and the connector's binary with its files in a folder.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use ml_connector::clock;
use ml_connector::settings::Settings;
use sandbox::servicetitan::{Options, Sandbox, Switches, Tenant};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::odoo_side::{OdooSide, Partners};

/// The longest that any story waits for a state.
const PATIENCE: Duration = Duration::from_mins(4);

pub(crate) struct Rig {
    pub(crate) titan: Arc<Sandbox>,
    pub(crate) odoo: Arc<OdooSide>,
    folder: TempDir,
    master_key: String,
}

/// A command that has ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The key with which the sandbox signs webhooks.
pub(crate) const WEBHOOK_SECRET: &str = "0123456789abcdef0123456789abcdef";

impl Rig {
    /// A rig whose connection `acme` is added, with `customers` in ServiceTitan.
    pub(crate) async fn new(odoo: OdooSide, customers: usize) -> Self {
        Self::with(
            odoo,
            Options::new(Arc::new(ml_connector::clock::now)).customers(customers),
        )
        .await
    }

    /// A rig with a ServiceTitan of one's own making.
    pub(crate) async fn with(odoo: impl Into<Arc<OdooSide>>, options: Options) -> Self {
        let titan = Sandbox::start(options).await.expect("the sandbox starts");
        titan.switch(|switches: &mut Switches| {
            switches.feed_withheld_s = 0;
            // A story starts a process every second or so, each with a token of its own.
            switches.token_requests_per_minute = 0;
        });
        Self::between(Arc::new(titan), odoo).await
    }

    /// A connector with nothing in its store, between this ServiceTitan and this Odoo.
    pub(crate) async fn between(titan: Arc<Sandbox>, odoo: impl Into<Arc<OdooSide>>) -> Self {
        let rig = Self {
            titan,
            odoo: odoo.into(),
            folder: TempDir::new().expect("a folder"),
            master_key: master_key(),
        };
        rig.write_connection("");
        let settings = "database_url = \"sqlite://connector.db\"\nlisten = \"127.0.0.1:0\"\n";
        fs::write(rig.path("ml-connector.toml"), settings).expect("settings");
        let added = rig.run(&["connection", "add", "acme.toml"]).await;
        assert_eq!(added.code, Some(0), "{}", added.err);
        rig
    }

    /// A second connector between the same two, which knows nothing of the first.
    pub(crate) async fn twin(&self) -> Self {
        Self::between(Arc::clone(&self.titan), Arc::clone(&self.odoo)).await
    }

    /// Writes the connection file; `extra` goes to its end.
    pub(crate) fn write_connection(&self, extra: &str) {
        let credentials = self.titan.tenant().credentials();
        let titan = self.titan.url();
        let text = format!(
            "name = \"acme\"\n\
             [servicetitan]\nauth_url = \"{titan}\"\napi_url = \"{titan}\"\ntenant_id = {}\ncall_limit_s = 3\n\
             app_key = {{ env = \"ST_APP_KEY\" }}\nclient_id = \"{}\"\nclient_secret = {{ env = \"ST_CLIENT_SECRET\" }}\n\
             webhook_secret = {{ env = \"ST_WEBHOOK_SECRET\" }}\n\
             [odoo]\nurl = \"{}\"\ndatabase = \"{}\"\ncall_limit_s = 3\napi_key = {{ env = \"ODOO_API_KEY\" }}\n\
             [flows.customers]\nevery = \"5s\"\n{extra}",
            credentials.tenant.0,
            credentials.client_id,
            self.odoo.url(),
            self.odoo.database(),
        );
        fs::write(self.path("acme.toml"), text).expect("a connection file");
    }

    /// Changes the connection's file and gives it to the connector.
    pub(crate) async fn reconfigure(&self, change: impl FnOnce(String) -> String) {
        let file = self.path("acme.toml");
        let text = change(fs::read_to_string(&file).expect("a connection file"));
        fs::write(file, text).expect("a connection file");
        self.run_to(0, &["connection", "set", "acme.toml"]).await;
    }

    /// From now on only webhooks, replay and `sync` bring customers.
    pub(crate) async fn only_webhooks(&self) {
        self.reconfigure(|text| text.replace("every = \"5s\"", "every = \"off\""))
            .await;
    }

    /// Turns further flows on.
    pub(crate) async fn turn_on(&self, flows: &[&str]) {
        let section = |flow: &&str| format!("[flows.{flow}]\nevery = \"5s\"\n");
        let sections: Vec<String> = flows.iter().map(section).collect();
        self.reconfigure(|text| text + &sections.concat()).await;
    }

    /// Gives Odoo's chart an account for each of ServiceTitan's, of its number or its name.
    pub(crate) async fn keep_servicetitans_accounts(&self) {
        let fields = json!({"domain": [], "fields": ["code"]});
        let chart = self
            .odoo
            .call("account.account", "search_read", fields)
            .await;
        let chart = chart.as_array().expect("accounts");
        let is_there = |code: &str| chart.iter().any(|account| account["code"] == code);
        let accounts = self.tenant().gl_accounts();
        let vals: Vec<Value> = accounts
            .iter()
            .enumerate()
            .filter(|(_, account)| !account.number.as_deref().is_some_and(is_there))
            .map(|(n, account)| {
                let code = account.number.clone().unwrap_or_else(|| format!("ST{n}"));
                json!({"code": code, "name": account.name, "account_type": "expense"})
            })
            .collect();
        self.odoo
            .call("account.account", "create", json!({"vals_list": vals}))
            .await;
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn master_key(&self) -> &str {
        &self.master_key
    }

    /// The settings of the installation, as the binary reads them.
    pub(crate) fn settings(&self) -> Settings {
        let env = |name: &str| (name == "ML_CONNECTOR_MASTER_KEY").then(|| self.master_key.clone());
        Settings::read(Some(&self.path("ml-connector.toml")), env).expect("settings")
    }

    /// The connector's own database, to be closed before the binary is run again.
    pub(crate) async fn store(&self) -> store::Store {
        let master = self.settings().master_key().expect("a key");
        let database = store::DatabaseUrl::file(&self.path("connector.db"));
        store::Store::open(&database, &master, &mut clock::rng(), clock::now())
            .await
            .expect("the connector's database")
    }

    pub(crate) fn tenant(&self) -> Tenant {
        self.titan.tenant()
    }

    /// The binary with its environment, in the rig's folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let credentials = self.titan.tenant().credentials();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ml-connector"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("RUST_LOG")
            .env("ML_CONNECTOR_MASTER_KEY", &self.master_key)
            .env("ST_APP_KEY", credentials.app_key)
            .env("ST_CLIENT_SECRET", credentials.client_secret)
            .env("ST_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .env("ODOO_API_KEY", self.odoo.key())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        let output = tokio::time::timeout(PATIENCE * 3, self.command(arguments).output());
        let output = output
            .await
            .unwrap_or_else(|_| panic!("{arguments:?} does not end"))
            .expect("it starts");
        Ran {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a command that has to end with this code.
    pub(crate) async fn run_to(&self, code: i32, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments).await;
        assert_eq!(
            ran.code,
            Some(code),
            "{arguments:?}\n{}\n{}",
            ran.out,
            ran.err
        );
        ran
    }

    /// Runs a command whose result is JSON.
    pub(crate) async fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(arguments).await;
        serde_json::from_str(&ran.out).unwrap_or_else(|_| {
            panic!(
                "{arguments:?} ended with {:?}\n{}\n{}",
                ran.code, ran.out, ran.err
            )
        })
    }

    /// One pass, and the customers' counts of its summary. Fails when it did not settle.
    pub(crate) async fn sync(&self) -> Value {
        self.sync_all().await["customers"].clone()
    }

    /// One pass, and the counts of each flow. Fails when it did not settle.
    pub(crate) async fn sync_all(&self) -> Value {
        let summary = self.json(&["sync", "--json"]).await;
        assert_eq!(summary["settled"], true, "{summary:#}");
        summary["connections"]["acme"]["flows"].clone()
    }

    /// How the customers stand.
    pub(crate) async fn status(&self) -> Value {
        self.json(&["status", "--json"]).await["connections"]["acme"]["flows"]["customers"].clone()
    }

    /// What stands in Odoo.
    pub(crate) async fn partners(&self) -> Partners {
        self.odoo.partners().await
    }

    /// Starts the service and waits until it listens.
    pub(crate) async fn serve(&self) -> Serving {
        self.serve_as(self.command(&["serve"])).await
    }

    /// Starts the service by this command and waits until it listens.
    pub(crate) async fn serve_as(&self, mut command: Command) -> Serving {
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let said = Arc::new(std::sync::Mutex::new(String::new()));
        let address = loop {
            let line = lines
                .next_line()
                .await
                .expect("readable")
                .unwrap_or_else(|| {
                    panic!(
                        "serve ended before it listened:\n{}",
                        said.lock().expect("unpoisoned")
                    )
                });
            said.lock()
                .expect("unpoisoned")
                .extend([line.as_str(), "\n"]);
            if let Some((_, address)) = line.split_once("listens on ") {
                break address
                    .split_whitespace()
                    .next()
                    .expect("an address")
                    .to_owned();
            }
        };
        let log = Arc::clone(&said);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                log.lock()
                    .expect("unpoisoned")
                    .extend([line.as_str(), "\n"]);
            }
        });
        Serving {
            child,
            address,
            said,
        }
    }
}

/// A running service; killed with the value.
pub(crate) struct Serving {
    child: Child,
    pub(crate) address: String,
    said: Arc<std::sync::Mutex<String>>,
}

impl Serving {
    /// Host and port.
    pub(crate) fn socket(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    /// Everything that it logged up to now.
    pub(crate) fn log(&self) -> String {
        self.said.lock().expect("unpoisoned").clone()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn stop(mut self) -> Option<i32> {
        let pid = i32::try_from(self.child.id().expect("it runs")).expect("a pid");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGTERM)
            .expect("it runs");
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .expect("it ends in time");
        status.expect("it ended").code()
    }

    /// Kills it as a power failure would.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }
}

/// Waits until `holds` gives something, looking again and again; fails with `what` when it never does.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(
    what: &str,
    mut holds: impl FnMut() -> F,
) -> T {
    let waiting = async {
        loop {
            if let Some(found) = holds().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .unwrap_or_else(|_| panic!("never came: {what}"))
}

fn master_key() -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_ml-connector"))
        .args(["keys", "generate"])
        .output()
        .expect("it starts");
    String::from_utf8(output.stdout)
        .expect("text")
        .trim()
        .to_owned()
}
