//! Secrets and customers' data stay where they belong. Distinctive ones are planted, the connector is put through what
//! makes programs talkative (every level of the log, wrong credentials, vendors out of reach, a record that Odoo refuses
//! and quotes), and then everything that it said or stored is searched.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use sandbox::fault::{Body, Fault, Rule};
use sandbox::servicetitan::{
    Address, ContactKind, CustomerId, CustomerKind, Mix, Options, Subscription,
};
use serde_json::json;
use tokio::process::Command;

use crate::odoo_side::OdooSide;
use crate::rig::{Rig, Serving, WEBHOOK_SECRET, until};

const ODOO_KEY: &str = "planted-odoo-key-7Qm2";
const WRONG_SECRET: &str = "planted-wrong-secret-9Zt4";
const PREVIOUS_WEBHOOK_SECRET: &str = "planted-previous-webhook-secret-3Kd8";

const NAME: &str = "Zebulon Quillfeather";
const REFUSED_NAME: &str = "Ottoline Brackenbury";
const STREET: &str = "77 Wimbleton Crossing";
const EMAIL: &str = "zebulon@quillfeather.example";
const PHONE: &str = "3035559917";
const JOB_SUMMARY: &str = "Leaking thermosiphon behind the piano";

/// What was said, by who said it.
#[derive(Default)]
struct Heard(Vec<(String, Vec<u8>)>);

impl Heard {
    fn note(&mut self, from: impl Into<String>, said: impl Into<Vec<u8>>) {
        self.0.push((from.into(), said.into()));
    }

    /// Runs a command that logs whatever it can.
    async fn run(&mut self, code: i32, arguments: &[&str], mut command: Command) -> String {
        command.env("RUST_LOG", "trace");
        let output = command.output().await.expect("it starts");
        let name = arguments.join(" ");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{name}\n{err}");
        self.note(format!("{name}: result"), output.stdout.clone());
        self.note(format!("{name}: log"), output.stderr);
        String::from_utf8(output.stdout).expect("text")
    }

    /// Who said this, in any usual spelling.
    fn who_said(&self, needle: &str) -> Vec<&str> {
        use base64::Engine as _;
        let standard = base64::engine::general_purpose::STANDARD_NO_PAD;
        let spellings = [
            needle.to_owned(),
            needle.replace(' ', "+"),
            needle.replace(' ', "%20"),
            standard.encode(needle),
            hex::encode(needle),
        ];
        let says = |said: &[u8]| {
            spellings.iter().any(|needle| {
                said.windows(needle.len())
                    .any(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
            })
        };
        let who = self.0.iter().filter(|(_, said)| says(said));
        who.map(|(who, _)| who.as_str()).collect()
    }
}

fn address() -> Address {
    Address {
        street: STREET.to_owned(),
        unit: None,
        city: "Boulder".to_owned(),
        state: "CO".to_owned(),
        zip: "80301".to_owned(),
        country: "USA".to_owned(),
        latitude: None,
        longitude: None,
    }
}

/// The planted customers: one that arrives, one that Odoo refuses while it quotes the name.
fn plant(rig: &Rig) -> (CustomerId, CustomerId) {
    let tenant = rig.tenant();
    let create = |name: &str| {
        let made = tenant.create_customer(name, CustomerKind::Residential, address());
        made.expect("it is allowed")
    };
    let (zebulon, ottoline) = (create(NAME), create(REFUSED_NAME));
    for (kind, value) in [(ContactKind::Email, EMAIL), (ContactKind::Phone, PHONE)] {
        let added = tenant.add_contact(zebulon, kind, value, Some(STREET));
        added.expect("it is there");
    }
    let refusal = json!({
        "name": "odoo.exceptions.ValidationError",
        "message": format!("The partner {REFUSED_NAME} of {STREET} is on the list of people we do not serve."),
        "arguments": [], "context": {}, "debug": "",
    });
    let refuses = Rule::new(Fault::Reject {
        status: 422,
        body: Body::Json(refusal),
    })
    .path("/json/2/res.partner/load")
    .matching(|call| String::from_utf8_lossy(call.body).contains(REFUSED_NAME));
    rig.odoo.simulator().faults().add(refuses);
    (zebulon, ottoline)
}

/// Commands, well and unwell.
async fn commands(rig: &Rig, heard: &mut Heard) {
    let plain = |arguments: &[&str]| rig.command(arguments);
    let wrong = |arguments: &[&str], variable: &str| {
        let mut command = rig.command(arguments);
        command.env(variable, WRONG_SECRET);
        command
    };
    let set: &[&str] = &["connection", "set", "acme.toml"];
    let check: &[&str] = &["check", "--json"];
    heard.run(0, set, plain(set)).await;
    heard.run(0, check, plain(check)).await;
    for variable in ["ST_CLIENT_SECRET", "ST_APP_KEY", "ODOO_API_KEY"] {
        heard.run(0, set, wrong(set, variable)).await;
        heard.run(3, check, plain(check)).await;
        heard.run(3, &["sync"], plain(&["sync"])).await;
    }
    let status: &[&str] = &["status"];
    heard
        .run(2, status, wrong(status, "ML_CONNECTOR_MASTER_KEY"))
        .await;
    heard.run(0, set, plain(set)).await;

    rig.odoo.simulator().go_down().await;
    heard.run(3, check, plain(check)).await;
    heard.run(3, &["sync"], plain(&["sync"])).await;
    rig.odoo.simulator().come_up().await.expect("its port");
    let faults = rig.titan.faults();
    let outage = faults.add(Fault::Reset);
    heard.run(3, check, plain(check)).await;
    faults.remove(outage);
    heard.run(1, &["sync"], plain(&["sync"])).await;
}

/// The service: deliveries signed and unsigned, a changed customer, a vendor that fails, a revoked key.
async fn serves(rig: &Rig, zebulon: CustomerId, heard: &mut Heard) -> Serving {
    let mut command = rig.command(&["serve"]);
    command.env("RUST_LOG", "trace");
    let serving = rig.serve_as(command).await;
    let url = format!("{}/webhooks/servicetitan/acme", serving.address);
    for secret in [WEBHOOK_SECRET, PREVIOUS_WEBHOOK_SECRET, WRONG_SECRET] {
        rig.titan
            .webhooks()
            .subscribe(Subscription::new(&url, secret));
    }
    let job = rig.tenant().book_job(zebulon).expect("it is there");
    let updated = rig.tenant().update_job(job, JOB_SUMMARY);
    updated.expect("it is there");
    until("deliveries, taken in and refused", async || {
        let metrics = page(&serving, "/metrics").await;
        let counted = |outcome: &str| metrics.contains(&format!("outcome=\"{outcome}\""));
        (counted("fresh") && counted("unsigned")).then_some(())
    })
    .await;
    let renamed = rig
        .tenant()
        .rename_customer(zebulon, &format!("{NAME} Junior"));
    renamed.expect("it is there");
    until("the new name in Odoo", async || {
        let partners = rig.partners().await;
        let name = &partners.get(&format!("customer_{zebulon}"))?["name"];
        (*name == format!("{NAME} Junior")).then_some(())
    })
    .await;

    let faults = rig.titan.faults();
    let outage = faults.add(Rule::new(Fault::HtmlBadGateway).path_contains("/export/"));
    until("an outage", async || {
        let status = rig.json(&["status", "--json"]).await;
        (status["connections"]["acme"]["breakers"] != json!([])).then_some(())
    })
    .await;
    everything_that_is_shown(rig, &serving, heard).await;
    faults.remove(outage);

    rig.odoo.simulator().revoke_key();
    let renamed = rig.tenant().rename_customer(zebulon, NAME);
    renamed.expect("it is there");
    until("a pause", async || {
        let status = rig.json(&["status", "--json"]).await;
        (status["connections"]["acme"]["state"] == "paused").then_some(())
    })
    .await;
    everything_that_is_shown(rig, &serving, heard).await;
    serving
}

async fn page(serving: &Serving, path: &str) -> String {
    let http = reqwest::Client::builder().build().expect("a client");
    let answer = http.get(format!("{}{path}", serving.address)).send().await;
    answer.expect("an answer").text().await.expect("text")
}

async fn everything_that_is_shown(rig: &Rig, serving: &Serving, heard: &mut Heard) {
    for path in [
        "/",
        "/style.css",
        "/healthz",
        "/readyz",
        "/metrics",
        "/nowhere",
    ] {
        heard.note(format!("page {path}"), page(serving, path).await);
    }
    let http = reqwest::Client::builder().build().expect("a client");
    let url = format!("{}/webhooks/servicetitan/acme", serving.address);
    let unsigned = http.post(url).body(format!("{{\"name\": \"{NAME}\"}}"));
    let answer = unsigned.send().await.expect("an answer");
    // It is no event either, which nobody without the key gets told.
    assert_eq!(answer.status().as_u16(), 401);
    let answer = answer.text().await;
    heard.note("page of an unsigned webhook", answer.expect("text"));
    for arguments in [
        &["status"] as &[&str],
        &["status", "--json"],
        &["connection", "list", "--json"],
        &["connection", "show", "acme"],
        &["connection", "show", "acme", "--json"],
        &["audit", "show"],
        &["audit", "show", "--json"],
        &["audit", "verify", "--json"],
    ] {
        heard.run(0, arguments, rig.command(arguments)).await;
    }
    // The one place where a record's own data may be quoted is for the person who has to mend it: noted apart.
    let failures = rig.run_to(0, &["failures", "--json"]).await;
    assert!(failures.out.contains(REFUSED_NAME), "{}", failures.out);
    heard.note(
        "failures",
        failures.out.replace(REFUSED_NAME, "").replace(STREET, ""),
    );
    let cmdline = fs::read(format!("/proc/{}/cmdline", serving.pid())).expect("it runs");
    heard.note("its command line", cmdline);
    at_rest(rig, "while it runs", heard);
}

/// Every file in the connector's folder.
fn at_rest(rig: &Rig, when: &str, heard: &mut Heard) {
    let mut names = Vec::new();
    for entry in fs::read_dir(rig.path("")).expect("a folder") {
        let path = entry.expect("an entry").path();
        names.push(
            path.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned(),
        );
        heard.note(
            format!("{} {when}", path.display()),
            fs::read(&path).expect("a file"),
        );
    }
    assert!(names.iter().any(|name| name == "connector.db"), "{names:?}");
}

/// What a panic or a careless log line would print.
async fn debugged(rig: &Rig, heard: &mut Heard) {
    use ml_connector::connection::secret;
    let settings = rig.settings();
    let master = settings.master_key().expect("a key");
    let store = rig.store().await;
    let acme = store.connection("acme").await.expect("read").expect("acme");
    let secrets = store.secrets(acme.id).await.expect("read");
    assert!(secrets.contains_key(secret::WEBHOOK_SECRET_PREVIOUS));
    let said = format!("{settings:?} {master:?} {store:?} {acme:?} {secrets:?}");
    assert!(said.contains("acme"), "{said}");
    heard.note("Debug", said);
    store.close().await.expect("it closes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_said_or_stored_in_the_clear() {
    let odoo = OdooSide::simulated_with(|options| options.api_key = ODOO_KEY.to_owned()).await;
    let options = Options::new(Arc::new(ml_connector::clock::now))
        .customers(3)
        .mix(Mix::plain());
    let rig = Rig::with(odoo, options).await;
    fs::write(rig.path("previous"), PREVIOUS_WEBHOOK_SECRET).expect("a file");
    rig.reconfigure(|text| {
        let previous = "webhook_secret_previous = { file = \"previous\" }\n[odoo]\n";
        text.replace("[odoo]\n", previous)
    })
    .await;
    let mut heard = Heard::default();
    let (zebulon, ottoline) = plant(&rig);
    commands(&rig, &mut heard).await;
    // The file has done its duty; what is left in the folder is the connector's own.
    fs::remove_file(rig.path("previous")).expect("it is there");
    let serving = serves(&rig, zebulon, &mut heard).await;
    heard.note("the service's log", serving.log());
    assert_eq!(serving.stop().await, Some(0));
    at_rest(&rig, "afterwards", &mut heard);
    debugged(&rig, &mut heard).await;

    // The search finds what is there to be found: neither a record's id nor a cause is secret.
    let id = heard.who_said(&ottoline.to_string());
    assert!(id.contains(&"audit show --json: result"), "{id:?}");
    assert!(id.iter().any(|who| who.contains("connector.db ")), "{id:?}");
    let cause = heard.who_said("servicetitan-unavailable");
    for who in ["the service's log", "page /", "status: result"] {
        assert!(cause.contains(&who), "{cause:?}");
    }

    let credentials = rig.tenant().credentials();
    let planted = BTreeMap::from([
        ("the master key", rig.master_key()),
        ("the app key", &credentials.app_key),
        ("the client secret", &credentials.client_secret),
        ("the webhook secret", WEBHOOK_SECRET),
        ("the previous webhook secret", PREVIOUS_WEBHOOK_SECRET),
        ("Odoo's key", ODOO_KEY),
        ("a mistyped secret", WRONG_SECRET),
        ("a customer's name", NAME),
        ("a refused customer's name", REFUSED_NAME),
        ("a street", STREET),
        ("an e-mail address", EMAIL),
        ("a phone number", PHONE),
        ("a job's summary", JOB_SUMMARY),
    ]);
    let told: BTreeMap<_, _> = planted
        .into_iter()
        .map(|(what, needle)| (what, heard.who_said(needle)))
        .filter(|(_, who)| !who.is_empty())
        .collect();
    assert!(told.is_empty(), "in the clear: {told:#?}");
}
