//! The contract of the command line: exit codes, and the documents that scripts read.

use std::sync::Arc;

use jiff::Timestamp;
use sandbox::fault::{Fault, Rule};
use sandbox::servicetitan::{Act, CustomerId, Kind, Mix, Options, Rot};
use serde_json::{Value, json};

use crate::odoo_side::OdooSide;
use crate::rig::{Rig, until};

/// A rig with this many everyday customers, about whom there is nothing to warn of.
async fn rig(customers: usize) -> Rig {
    let options = Options::new(Arc::new(ml_connector::clock::now))
        .customers(customers)
        .mix(Mix::plain());
    let rig = Rig::with(OdooSide::simulated().await, options).await;
    for customer in rig.tenant().customers() {
        let cleared = rig.tenant().set_payment_term(customer.id, None);
        cleared.expect("it is there");
    }
    rig
}

fn customer(rig: &Rig, place: usize) -> CustomerId {
    rig.tenant().customers()[place].id
}

/// Makes a customer one that cannot be carried.
fn spoil(rig: &Rig, customer: CustomerId, rot: Rot) {
    let act = Act::Spoil {
        kind: Kind::Customer,
        id: customer.0,
        rot,
    };
    rig.tenant().act(act).expect("it is there");
}

fn heal(rig: &Rig, customer: CustomerId) {
    let act = Act::Heal {
        kind: Kind::Customer,
        id: customer.0,
    };
    rig.tenant().act(act).expect("it is there");
}

/// Replaces every moment by the word `time`, so that documents can be compared whole.
fn timeless(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) if text.parse::<Timestamp>().is_ok() => return json!("time"),
        Value::Array(values) => values.iter_mut().for_each(|v| *v = timeless(v.take())),
        Value::Object(fields) => fields.values_mut().for_each(|v| *v = timeless(v.take())),
        _ => {}
    }
    value
}

/// The names of an object's fields, by alphabet.
fn fields(value: &Value) -> Vec<&str> {
    let fields = value.as_object().expect("an object").keys();
    fields.map(String::as_str).collect()
}

/// What `status --json` and `sync --json` print of the customers.
fn counts(of: &[(&str, u64)]) -> Value {
    let mut flow = json!({
        "pending": 0, "waiting": 0, "synced": 0, "failed": 0, "ignored": 0, "warnings": 0,
        "created": 0, "updated": 0, "unchanged": 0,
        "lag_seconds": null, "last_read_at": "time", "last_observed_at": "time",
    });
    for (name, count) in of {
        flow[name] = json!(count);
    }
    flow
}

fn summary(customers: &Value) -> Value {
    json!({
        "settled": true,
        "connections": {"acme": {
            "state": "active", "cause": null, "advice": null, "breakers": [],
        "held": [],
            "flows": {"customers": customers},
        }},
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_usage_ends_with_2_and_says_why() {
    let rig = rig(1).await;
    let mistakes: &[&[&str]] = &[
        &[],
        &["nonsense"],
        &["sync", "nobody"],
        &["sync", "--flow", "nonsense"],
        &["sync", "--since", "yesterday"],
        &["sync", "--timeout", "soon"],
        &["check", "nobody"],
        &["status", "nobody"],
        &["failures", "nobody"],
        &["connection", "show", "nobody"],
        &["connection", "remove", "nobody"],
        &["connection", "add", "missing.toml"],
        &["connection", "add", "acme.toml"],
        &["audit", "show", "--connection", "nobody"],
        &["audit", "verify", "--connection", "nobody"],
        &["audit", "show", "--id", "9"],
        &["audit", "verify", "--connection", "acme", "--id", "1"],
        &["replay"],
        &["replay", "--connection", "nobody", "--all"],
        &["replay", "--recreate"],
        &["replay", "--dismiss", "--all"],
        &["replay", "1", "--dismiss", "--recreate"],
        &["--config", "missing.toml", "status"],
    ];
    for arguments in mistakes {
        let ran = rig.run_to(2, arguments).await;
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
        assert!(!ran.err.is_empty(), "{arguments:?} says nothing");
    }

    let with_key = async |key: Option<&str>| {
        let mut command = rig.command(&["status"]);
        command.env_remove("ML_CONNECTOR_MASTER_KEY");
        if let Some(key) = key {
            command.env("ML_CONNECTOR_MASTER_KEY", key);
        }
        let output = command.output().await.expect("it starts");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).expect("text")
    };
    assert!(with_key(None).await.contains("ml-connector keys generate"));
    assert!(with_key(Some("short")).await.contains("keys generate"));
    let other = rig.run_to(0, &["keys", "generate"]).await.out;
    assert!(with_key(Some(&other)).await.contains("database"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_listed_shown_changed_and_removed() {
    let rig = rig(1).await;
    let credentials = rig.tenant().credentials();
    let (titan, odoo) = (rig.titan.url(), rig.odoo.url());
    let shown = json!({
        "name": "acme",
        "state": "active",
        "paused": null,
        "tenant": credentials.tenant.0,
        "odoo": format!("{odoo} {}", rig.odoo.database()),
        "settings": {
            "name": "acme",
            "servicetitan": {
                "auth_url": format!("{titan}/"),
                "api_url": format!("{titan}/"),
                "tenant_id": credentials.tenant.0,
                "client_id": credentials.client_id,
                "rate_limit": "60/1s",
                "signature_headers": ["X-Signature"],
                "call_limit_s": 3,
            },
            "odoo": {
                "url": format!("{odoo}/"),
                "database": rig.odoo.database(),
                "company": null,
                "protocol": "auto",
                "login": null,
                "workers": 2,
                "call_limit_s": 3,
            },
            "schedule": {"webhooks": true},
            "flows": {"customers": {"enabled": true, "every": "5s"}},
        },
    });
    assert_eq!(
        rig.json(&["connection", "list", "--json"]).await,
        json!([shown])
    );
    assert_eq!(
        rig.json(&["connection", "show", "acme", "--json"]).await,
        shown
    );
    let list = rig.run_to(0, &["connection", "list"]).await.out;
    assert!(list.starts_with("acme  active  tenant "), "{list}");

    // For a person it is a connection file, in which only the secrets are missing.
    let text = rig.run_to(0, &["connection", "show", "acme"]).await.out;
    assert!(text.starts_with("# acme is active\n# secrets (stored encrypted): odoo.api_key, "));
    let parsed: Value = toml::from_str(&text).expect("TOML");
    assert_eq!(
        parsed["odoo"],
        json!({
            "url": format!("{odoo}/"), "database": rig.odoo.database(), "protocol": "auto", "workers": 2,
            "call_limit_s": 3,
        })
    );

    rig.reconfigure(|text| text.replace("every = \"5s\"", "every = \"1h\""))
        .await;
    let changed = rig.json(&["connection", "show", "acme", "--json"]).await;
    assert_eq!(changed["settings"]["flows"]["customers"]["every"], "3600s");

    rig.run_to(0, &["connection", "remove", "acme"]).await;
    assert_eq!(rig.json(&["connection", "list", "--json"]).await, json!([]));
    assert_eq!(rig.json(&["check", "--json"]).await, json!([]));
    rig.run_to(2, &["sync"]).await;
    rig.run_to(0, &["connection", "add", "acme.toml"]).await;
}

/// What `check --json` finds when it ends with this code.
async fn findings(rig: &Rig, code: i32) -> Vec<Value> {
    let ran = rig.run_to(code, &["check", "acme", "--json"]).await;
    let found: Vec<Value> = serde_json::from_str(&ran.out).expect("a list");
    for finding in &found {
        assert_eq!(
            fields(finding),
            ["advice", "check", "connection", "flows", "saw", "status"]
        );
        assert_eq!(finding["connection"], "acme");
        let well = finding["status"] == "ok";
        assert_eq!(well, finding["advice"] == "", "{finding}");
    }
    found
}

/// The findings that are not well: what was looked at, and how it came out.
fn wrong(findings: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    findings
        .iter()
        .filter(|finding| finding["status"] != "ok")
        .map(|finding| (text(&finding["check"]), text(&finding["status"])))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_names_what_is_wrong_and_its_exit_code_says_how_bad_it_is() {
    let rig = rig(1).await;
    let simulator = rig.odoo.simulator();
    let findings = async |code| findings(&rig, code).await;
    let finding = |check: &str, status: &str| (check.to_owned(), status.to_owned());
    // No public_url is set: nothing else is amiss.
    let amiss = finding("settings", "warning");
    let well = findings(0).await;
    let checks: Vec<&str> = well
        .iter()
        .filter_map(|finding| finding["check"].as_str())
        .collect();
    assert_eq!(
        checks,
        [
            "settings",
            "flows",
            "servicetitan credentials",
            "servicetitan scope tn.crm.customers:r",
            "servicetitan scope tn.crm.locations:r",
            "servicetitan scope tn.acc.paymentterms:r",
            "servicetitan pace",
            "odoo server",
            "odoo credentials",
            "odoo company",
            "odoo rights",
            "odoo key expiry",
        ]
    );
    assert_eq!(wrong(&well), std::slice::from_ref(&amiss));

    let scope = |scope: &str, grant: bool| {
        let scope = scope.to_owned();
        let act = if grant {
            Act::GrantScope { scope }
        } else {
            Act::RevokeScope { scope }
        };
        rig.tenant().act(act).expect("it is there");
    };
    scope("tn.acc.paymentterms:r", false);
    let optional = finding("servicetitan scope tn.acc.paymentterms:r", "warning");
    assert_eq!(wrong(&findings(0).await), [amiss.clone(), optional]);
    scope("tn.acc.paymentterms:r", true);

    scope("tn.crm.locations:r", false);
    let needed = finding("servicetitan scope tn.crm.locations:r", "error");
    assert_eq!(wrong(&findings(1).await), [amiss.clone(), needed]);
    scope("tn.crm.locations:r", true);

    simulator.revoke_key();
    let refused = finding("odoo credentials", "error");
    assert_eq!(wrong(&findings(3).await), [amiss.clone(), refused]);
    simulator.restore_key();

    simulator.go_down().await;
    let away = finding("odoo server", "error");
    assert_eq!(wrong(&findings(3).await), [amiss.clone(), away]);
    let sync = rig.run_to(3, &["sync", "--json"]).await;
    assert!(
        sync.out.is_empty() && sync.err.contains("acme: "),
        "{}",
        sync.err
    );
    simulator.come_up().await.expect("its port is free");

    rig.tenant()
        .act(Act::RevokeCredentials)
        .expect("it is there");
    let found = wrong(&findings(3).await);
    assert!(
        found.contains(&finding("servicetitan credentials", "error")),
        "{found:?}"
    );
    rig.tenant()
        .act(Act::RestoreCredentials)
        .expect("it is there");
    findings(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sync_and_status_print_one_document() {
    let rig = rig(4).await;
    let bad = customer(&rig, 0);
    let mut before = counts(&[]);
    before["last_read_at"] = Value::Null;
    before["last_observed_at"] = Value::Null;
    assert_eq!(rig.json(&["status", "--json"]).await, summary(&before));

    let sync = async |code: i32, more: &[&str]| {
        let ran = rig
            .run_to(code, &[&["sync", "--json"], more].concat())
            .await;
        timeless(serde_json::from_str(&ran.out).expect("JSON"))
    };
    let first = counts(&[("synced", 4), ("created", 4)]);
    assert_eq!(sync(0, &[]).await, summary(&first));
    assert_eq!(
        timeless(rig.json(&["status", "--json"]).await),
        summary(&counts(&[("synced", 4)]))
    );

    spoil(&rig, bad, Rot::NameBlank);
    let failed = counts(&[("synced", 3), ("failed", 1)]);
    assert_eq!(sync(1, &["--flow", "customers"]).await, summary(&failed));
    let ran = rig.run_to(0, &["status"]).await;
    assert!(ran.out.contains("`ml-connector failures`"), "{}", ran.out);

    // `--since` reads again what was read before; without it a feed goes on from where it was.
    let read_rows = async |more: &[&str]| {
        rig.titan.reset_calls();
        sync(1, more).await;
        let calls = rig.titan.calls().by_path;
        let exports = calls.iter().filter(|(path, _)| path.contains("/export/"));
        exports.map(|(_, calls)| *calls).sum::<u64>()
    };
    let onward = read_rows(&[]).await;
    let again = read_rows(&["--since", "2020-01-01T00:00:00Z"]).await;
    assert!(again > onward, "{again} calls, {onward} without --since");

    heal(&rig, bad);
    assert_eq!(
        sync(0, &["acme"]).await["connections"]["acme"]["flows"]["customers"]["failed"],
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_grouped_and_replayed() {
    let rig = rig(5).await;
    let (blank, other) = (customer(&rig, 0), customer(&rig, 1));
    assert_eq!(rig.json(&["failures", "--json"]).await, json!([]));
    spoil(&rig, blank, Rot::NameBlank);
    spoil(&rig, other, Rot::NameBlank);
    rig.run_to(1, &["sync"]).await;

    let record = |id: CustomerId| {
        json!({
            "id": id.to_string(),
            "what": format!("Customer {id} has no name in ServiceTitan (field `name`)."),
            "since": "time",
            "amount": null,
        })
    };
    let group = json!({
        "connection": "acme",
        "flow": "customers",
        "state": "failed",
        "cause": "no-name",
        "advice": "Give the customer a name in ServiceTitan; it comes over by itself then.",
        "count": 2,
        "amount": null,
        "records": [record(blank), record(other)],
    });
    let mut groups = timeless(rig.json(&["failures", "acme", "--json"]).await);
    // They failed at the same time.
    let records = groups[0]["records"].as_array_mut().expect("a list");
    records.sort_by_key(|record| record["id"].to_string());
    assert_eq!(groups, json!([group]));
    let text = rig.run_to(0, &["failures"]).await.out;
    assert!(
        text.starts_with("acme: 2 customers failed: no-name\n  what to do: "),
        "{text}"
    );

    let replay = async |more: &[&str]| {
        let due = rig.json(&[&["replay", "--json"], more].concat()).await;
        assert_eq!(due["unknown"], json!([]), "{due}");
        due["due"].as_u64().expect("a number")
    };
    assert_eq!(replay(&["--cause", "odoo-refused"]).await, 0);
    assert_eq!(replay(&["--since", "2100-01-01T00:00:00Z"]).await, 0);
    assert_eq!(replay(&["--until", "2020-01-01T00:00:00Z"]).await, 0);
    assert_eq!(
        replay(&["--cause", "no-name", "--connection", "acme"]).await,
        2
    );
    assert_eq!(replay(&["--since", "2020-01-01T00:00:00Z"]).await, 5);
    assert_eq!(replay(&["--all", "--flow", "customers"]).await, 5);
    let waiting = rig.json(&["status", "--json"]).await;
    assert_eq!(waiting["settled"], false);
    assert!(waiting["connections"]["acme"]["flows"]["customers"]["lag_seconds"].is_number());
    rig.run_to(1, &["sync"]).await;

    heal(&rig, other);
    heal(&rig, blank);
    rig.run_to(0, &["sync"]).await;
    assert_eq!(rig.json(&["failures", "--json"]).await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_left_out_on_demand() {
    let rig = rig(3).await;
    let (one, other) = (customer(&rig, 0), customer(&rig, 1));
    spoil(&rig, one, Rot::WrongTypes);
    spoil(&rig, other, Rot::WrongTypes);
    rig.run_to(1, &["sync"]).await;
    let failures = rig.json(&["failures", "--json"]).await;
    assert_eq!(
        (&failures[0]["cause"], &failures[0]["count"]),
        (&json!("unreadable-row"), &json!(2))
    );

    let due = rig
        .json(&["replay", &one.to_string(), "--dismiss", "--json"])
        .await;
    assert_eq!(due, json!({"due": 1, "unknown": []}));
    rig.run_to(1, &["sync"]).await;
    let status = timeless(rig.json(&["status", "--json"]).await);
    assert_eq!(
        status,
        summary(&counts(&[("synced", 1), ("failed", 1), ("ignored", 1)]))
    );
    rig.run_to(0, &["replay", "--cause", "unreadable-row", "--dismiss"])
        .await;
    rig.run_to(0, &["sync"]).await;
    assert_eq!(rig.json(&["failures", "--json"]).await, json!([]));

    // It comes back when it is mended.
    heal(&rig, one);
    assert_eq!(rig.sync().await["created"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_in_odoo_is_made_anew_on_demand() {
    let rig = rig(2).await;
    let gone = customer(&rig, 0);
    rig.sync().await;
    let simulator = rig.odoo.simulator();
    let name = format!("customer_{gone}");
    simulator.delete_partner(sandbox::odoo::Id(rig.odoo.ids().await[&name]));
    rig.tenant()
        .rename_customer(gone, "Missed By All")
        .expect("it is there");
    // It waits for a person, which is no failure.
    rig.run_to(0, &["sync"]).await;
    assert_eq!(rig.status().await["waiting"], 1);
    let failures = rig.json(&["failures", "--json"]).await;
    assert_eq!(
        (
            &failures[0]["cause"],
            &failures[0]["state"],
            &failures[0]["count"]
        ),
        (&json!("deleted-in-odoo"), &json!("waiting"), &json!(1))
    );
    let due = rig
        .json(&["replay", &gone.to_string(), "--recreate", "--json"])
        .await;
    assert_eq!(due, json!({"due": 1, "unknown": []}));
    assert_eq!(rig.sync().await["created"], 1);
    assert_eq!(rig.partners().await[&name]["name"], "Missed By All");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trail_is_shown_and_verified() {
    let rig = rig(1).await;
    let id = customer(&rig, 0);
    rig.sync().await;
    rig.run_to(0, &["replay", &id.to_string(), "--flow", "customers"])
        .await;

    let subject = format!("customers {id}");
    let entries = rig
        .json(&["audit", "show", "customers", &id.to_string(), "--json"])
        .await;
    let entries = entries.as_array().expect("a list");
    let told: Vec<_> = entries
        .iter()
        .map(|e| (&e["action"], &e["subject"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("created"), &json!(subject)),
            (&json!("record.replayed"), &json!(subject))
        ]
    );
    assert_eq!(
        fields(&entries[0]),
        [
            "action",
            "actor",
            "at",
            "detail",
            "hash",
            "payload_hash",
            "seq",
            "subject"
        ]
    );
    assert_eq!(entries[0]["actor"], "engine");
    assert_eq!(entries[0]["payload_hash"].as_str().map(str::len), Some(64));
    let all = rig.json(&["audit", "show", "--json"]).await;
    let all = all.as_array().expect("a list");
    let after = rig
        .json(&["audit", "show", "--after", "1", "--limit", "1", "--json"])
        .await;
    assert_eq!(after, json!([all[1]]));

    let intact = json!([{
        "connection": "acme", "id": 1, "removed_at": null, "intact": true, "entries": all.len(),
        "head": all[all.len() - 1]["hash"], "broken_at": null, "why": null,
    }]);
    assert_eq!(rig.json(&["audit", "verify", "--json"]).await, intact);

    // Somebody with the database's file in his hands hides what was done.
    let database = rusqlite::Connection::open(rig.path("connector.db")).expect("a database");
    let triggers: Vec<String> = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'")
        .expect("SQL")
        .query_map([], |row| row.get(0))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("names");
    for trigger in triggers {
        database
            .execute_batch(&format!("DROP TRIGGER {trigger}"))
            .expect("SQL");
    }
    database
        .execute("UPDATE audit SET actor = 'nobody' WHERE seq = 2", [])
        .expect("SQL");
    drop(database);
    let ran = rig.run_to(1, &["audit", "verify", "--json"]).await;
    let broken: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(
        (&broken[0]["intact"], &broken[0]["broken_at"]),
        (&json!(false), &json!(2))
    );
    let text = rig.run_to(1, &["audit", "verify"]).await.out;
    assert!(text.starts_with("acme: BROKEN: "), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trail_of_a_removed_connection_is_shown_and_verified() {
    let rig = rig(1).await;
    let run = async |arguments: &[&str]| rig.run_to(0, arguments).await;
    let actions = async |arguments: &[&str]| {
        let entries = rig
            .json(&[&["audit", "show", "--json"], arguments].concat())
            .await;
        let actions = entries.as_array().expect("a list").iter();
        let action = |entry: &Value| entry["action"].as_str().expect("text").to_owned();
        actions.map(action).collect::<Vec<_>>()
    };
    let removed = ["connection.added", "connection.removed"];
    run(&["connection", "remove", "acme"]).await;
    assert_eq!(actions(&["--connection", "acme"]).await, removed);
    let text = run(&["audit", "verify", "--connection", "acme"]).await;
    assert!(text.out.contains(", --id 1): intact, 2 "), "{}", text.out);
    // Of several that had the name, the last one is meant.
    run(&["connection", "add", "acme.toml"]).await;
    run(&["connection", "remove", "acme"]).await;
    let verified = rig
        .json(&["audit", "verify", "--connection", "acme", "--json"])
        .await;
    assert_eq!(
        (&verified[0]["id"], &verified[1]),
        (&json!(2), &Value::Null)
    );
    assert!(verified[0]["removed_at"].is_string());
    assert_eq!(actions(&["--id", "1"]).await, removed);
    rig.run_to(2, &["audit", "show"]).await;
    // The one that bears the name now comes before those.
    run(&["connection", "add", "acme.toml"]).await;
    let shown = run(&["audit", "show", "--connection", "acme"]).await;
    assert_eq!(shown.out.lines().count(), 1, "{}", shown.out);
    assert!(
        shown.err.contains("others had the name: acme (removed "),
        "{}",
        shown.err
    );
    assert_eq!(actions(&[]).await, ["connection.added"]);
    let all = rig.json(&["audit", "verify", "--json"]).await;
    let ids: Vec<_> = all
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, [&json!(3), &json!(1), &json!(2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_out_of_reach_does_not_stop_the_others() {
    let rig = rig(2).await;
    let acme = std::fs::read_to_string(rig.path("acme.toml")).expect("a connection file");
    let beta = acme
        .replace("\"acme\"\n[servicetitan]", "\"beta\"\n[servicetitan]")
        .replace(&rig.odoo.url(), "http://127.0.0.1:9");
    std::fs::write(rig.path("beta.toml"), beta).expect("a connection file");
    rig.run_to(0, &["connection", "add", "beta.toml"]).await;

    let ran = rig.run_to(3, &["sync", "--json"]).await;
    let summary: Value = serde_json::from_str(&ran.out).expect("JSON");
    let synced = |name: &str| &summary["connections"][name]["flows"]["customers"]["synced"];
    assert_eq!((synced("acme"), synced("beta")), (&json!(2), &json!(0)));
    assert_eq!(summary["settled"], false);
    assert!(
        ran.err.contains("beta: left out of this run") && !ran.err.contains("acme: "),
        "{}",
        ran.err
    );
    rig.run_to(0, &["sync", "acme"]).await;
    let ran = rig.run_to(3, &["sync", "beta", "--json"]).await;
    assert!(ran.out.is_empty() && !ran.err.contains("left out"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_beside_the_service_asks_the_service() {
    let rig = rig(3).await;
    let serving = rig.serve().await;
    let counts = rig.sync().await;
    assert_eq!(counts["synced"], 3);
    rig.tenant()
        .rename_customer(customer(&rig, 0), "Renamed Meanwhile")
        .expect("it is there");
    rig.run_to(0, &["sync", "--json"]).await;
    let name = format!("customer_{}", customer(&rig, 0));
    assert_eq!(rig.partners().await[&name]["name"], "Renamed Meanwhile");
    assert!(
        serving.log().contains("listens on"),
        "the service is what ran"
    );

    // A second service has nothing to work on.
    let second = rig.run_to(2, &["serve"]).await;
    assert!(
        second.err.contains("another ml-connector process"),
        "{}",
        second.err
    );
    assert_eq!(serving.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_tells_of_outages_and_pauses() {
    let rig = rig(2).await;
    rig.sync().await;
    let serving = rig.serve().await;
    let acme = async || rig.json(&["status", "--json"]).await["connections"]["acme"].clone();

    let outage = rig
        .titan
        .faults()
        .add(Rule::new(Fault::ServerError).path_contains("/export/"));
    let breakers = until("a breaker", async || {
        let breakers = acme().await["breakers"].clone();
        (breakers != json!([])).then_some(breakers)
    })
    .await;
    let advice = "Nothing is to be done if it passes; see ServiceTitan's status page if it lasts, and the network between.";
    assert_eq!(
        timeless(breakers),
        json!([{
            "vendor": "ServiceTitan", "cause": "servicetitan-unavailable", "advice": advice, "since": "time",
        }])
    );
    let text = rig.run_to(0, &["status"]).await.out;
    assert!(text.contains("acme: ServiceTitan fails since "), "{text}");
    rig.titan.faults().remove(outage);
    until("its end", async || {
        (acme().await["breakers"] == json!([])).then_some(())
    })
    .await;

    rig.odoo.simulator().revoke_key();
    rig.tenant()
        .rename_customer(customer(&rig, 0), "Wakes Odoo")
        .expect("it is there");
    let paused = until("a pause", async || {
        Some(acme().await).filter(|acme| acme["state"] == "paused")
    })
    .await;
    assert_eq!(paused["cause"], "odoo-credentials");
    let advice = paused["advice"].as_str().expect("text");
    let text = rig.run_to(0, &["status"]).await.out;
    assert!(
        text.contains(&format!("acme is paused (odoo-credentials). {advice}")),
        "{text}"
    );
    let shown = rig.run_to(0, &["connection", "show", "acme"]).await.out;
    assert!(
        shown.starts_with("# acme is paused\n# odoo-credentials\n# "),
        "{shown}"
    );
    assert!(
        shown.contains("HTTP 401"),
        "what happened is told here: {shown}"
    );
    rig.run_to(3, &["sync"]).await;

    rig.odoo.simulator().restore_key();
    let summary = rig.json(&["sync", "--json"]).await;
    assert_eq!(
        (
            &summary["settled"],
            &summary["connections"]["acme"]["state"]
        ),
        (&json!(true), &json!("active"))
    );
    assert_eq!(serving.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_left_out_is_listed() {
    let rig = Rig::new(OdooSide::simulated().await, 60).await;
    rig.sync().await;
    let count = rig.status().await["warnings"].as_u64();
    let listed = rig.json(&["failures", "--warnings", "--json"]).await;
    let listed = listed.as_array().expect("a list");
    assert!(count > Some(0) && count == u64::try_from(listed.len()).ok());
    for record in listed {
        let first = record["warnings"][0].as_str().expect("a text");
        let text = rig.run_to(0, &["failures", "--warnings"]).await.out;
        let id = record["id"].as_str().expect("an id");
        assert!(
            text.contains(id) && text.contains(first),
            "{id} {first}\n{text}"
        );
    }
}
