//! What goes wrong in the middle: tokens end, keys are revoked, servers restart, people delete and merge. The connector
//! says so in plain words, holds back, and goes on by itself or when it is told to.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sandbox::fault::{Fault, Rule, RuleId};
use sandbox::odoo::{Group, Id};
use sandbox::servicetitan::{CustomerId, CustomerKind, Mix, Options, customer_id};
use serde_json::{Value, json};

use crate::expected::assert_holds;
use crate::odoo_side::OdooSide;
use crate::rig::{Ran, Rig, until};
use crate::rights::held_for;
use crate::watched::Watched;

/// A rig with plain customers, nothing of them in Odoo yet.
async fn fresh(odoo: OdooSide, customers: usize) -> Rig {
    let options = Options::new(Arc::new(ml_connector::clock::now))
        .customers(customers)
        .mix(Mix::plain());
    Rig::with(odoo, options).await
}

/// The same, and all of them in Odoo.
async fn loaded(odoo: OdooSide, customers: usize) -> Rig {
    let rig = fresh(odoo, customers).await;
    assert_eq!(rig.sync().await["created"], json!(customers));
    rig
}

/// Everything is in Odoo, once.
async fn complete(rig: &Rig) {
    let partners = rig.partners().await;
    assert_holds(&partners, &rig.tenant());
    assert_eq!(rig.odoo.made_by_connector().await, partners.len());
}

fn own(customer: CustomerId) -> String {
    format!("customer_{customer}")
}

async fn name_of(rig: &Rig, customer: CustomerId) -> Value {
    rig.partners().await[&own(customer)]["name"].clone()
}

fn rename(rig: &Rig, index: usize, name: &str) {
    rig.tenant()
        .rename_customer(customer_id(index), name)
        .expect("it is there");
}

/// A simulated Odoo whose calls take as long as those of a real one, so that there is a middle.
async fn slow() -> OdooSide {
    OdooSide::simulated_with(|options| options.work_per_row = Duration::from_millis(4)).await
}

fn simulator(odoo: &OdooSide) -> Option<&sandbox::odoo::Sandbox> {
    match odoo {
        OdooSide::Simulated(odoo) => Some(odoo),
        OdooSide::Real(_) => None,
    }
}

/// The state of the connection and why it is paused.
async fn connection(rig: &Rig) -> (String, String) {
    let shown = rig.json(&["connection", "show", "acme", "--json"]).await;
    let paused = &shown["paused"];
    let why = match paused {
        Value::Null => String::new(),
        reason => format!(
            "{}: {} {}",
            reason["cause"].as_str().expect("a cause"),
            reason["what"].as_str().expect("text"),
            reason["advice"].as_str().expect("text")
        ),
    };
    (shown["state"].as_str().expect("a state").to_owned(), why)
}

/// The connection is paused for this cause, and every place where a person may look says why in the same words.
async fn paused_for(rig: &Rig, cause: &str, words: &[&str]) {
    let (state, why) = connection(rig).await;
    assert_eq!(state, "paused");
    assert!(why.starts_with(&format!("{cause}: ")), "{why}");
    for (place, words) in [
        (&["status"][..], &["paused", cause][..]),
        (&["failures"], words),
        (&["connection", "show", "acme"], words),
    ] {
        let said = rig.run_to(0, place).await.out;
        for word in words {
            assert!(
                said.contains(word),
                "{place:?} does not say {word}:\n{said}"
            );
        }
    }
    assert_eq!(
        rig.json(&["status", "--json"]).await["connections"]["acme"]["state"],
        json!("paused")
    );
}

/// Runs a sync beside something that happens while it is at work.
async fn sync_while(rig: &Rig, happens: impl Future<Output = ()>) -> Ran {
    let (ran, ()) = tokio::join!(rig.run(&["sync", "--json"]), happens);
    ran
}

fn counts(ran: &Ran) -> Value {
    let summary: Value = serde_json::from_str(&ran.out)
        .unwrap_or_else(|_| panic!("{:?}\n{}\n{}", ran.code, ran.out, ran.err));
    summary["connections"]["acme"]["flows"]["customers"].clone()
}

/// Waits until some, and not all, partners have arrived.
async fn half_way(rig: &Rig) {
    until("the first partners", async || {
        (rig.odoo.ids().await.len() > 50).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ends_in_the_middle_is_renewed() {
    let rig = fresh(OdooSide::simulated().await, 60).await;
    rig.titan.switch(|switches| switches.feed_page_size = 20);
    let faults = rig.titan.faults();
    let held = faults.add(Rule::new(Fault::Hold).path_contains("/export/").after(3));
    let ran = sync_while(&rig, async {
        faults.wait_fired(held, 1).await;
        rig.titan.expire_tokens();
        faults.release(held);
    })
    .await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(counts(&ran)["created"], json!(60));
    assert!(rig.titan.tokens_issued() > 1);
    complete(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servicetitan_credentials_revoked_in_the_middle_of_a_pass_pause_it() {
    let rig = fresh(OdooSide::simulated().await, 60).await;
    rig.titan.switch(|switches| switches.feed_page_size = 20);
    let faults = rig.titan.faults();
    let held = faults.add(Rule::new(Fault::Hold).path_contains("/export/").after(3));
    let ran = sync_while(&rig, async {
        faults.wait_fired(held, 1).await;
        rig.tenant().revoke_credentials();
        faults.release(held);
    })
    .await;
    assert_eq!(ran.code, Some(3), "{}\n{}", ran.out, ran.err);
    assert!(ran.err.contains("client secret"), "{}", ran.err);
    let words = ["paused", "client id and client secret", "connection set"];
    paused_for(&rig, "servicetitan-credentials", &words).await;
    assert_eq!(rig.run(&["sync"]).await.code, Some(3));
    rig.tenant().restore_credentials();
    assert_eq!(rig.sync().await["synced"], json!(60));
    assert_eq!(connection(&rig).await.0, "active");
    complete(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_connection_goes_on_by_itself_when_the_credentials_are_back() {
    let rig = loaded(OdooSide::simulated().await, 20).await;
    let serving = rig.serve().await;
    rig.tenant().revoke_credentials();
    until("the pause", async || {
        (connection(&rig).await.0 == "paused").then_some(())
    })
    .await;
    let metrics = async || {
        let got = reqwest::get(format!("{}/metrics", serving.address)).await;
        got.expect("it answers").text().await.expect("text")
    };
    assert!(
        metrics()
            .await
            .contains("ml_connector_connection_active{connection=\"acme\"} 0")
    );
    let page = reqwest::get(format!("{}/", serving.address)).await;
    let page = page.expect("it answers").text().await.expect("text");
    assert!(page.contains("client secret"), "{page}");
    rename(&rig, 0, "After The Pause");
    rig.tenant().restore_credentials();
    until("the rename", async || {
        (name_of(&rig, customer_id(0)).await == json!("After The Pause")).then_some(())
    })
    .await;
    assert_eq!(connection(&rig).await, ("active".to_owned(), String::new()));
    assert!(
        metrics()
            .await
            .contains("ml_connector_connection_active{connection=\"acme\"} 1")
    );
    assert_eq!(serving.stop().await, Some(0));
}

/// Makes the key of the connector's user invalid, and valid again.
fn set_key(odoo: &OdooSide, valid: bool) {
    match (simulator(odoo), valid) {
        (Some(odoo), true) => odoo.restore_key(),
        (Some(odoo), false) => odoo.revoke_key(),
        (None, _) => {
            let end = if valid {
                "null"
            } else {
                "now() - interval '1 day'"
            };
            odoo.sql(&format!(
                "update res_users_apikeys set expiration_date = {end}
                 where user_id = (select id from res_users where login = 'connector@example.com')"
            ));
        }
    }
}

async fn an_odoo_key_revoked_in_the_middle_pauses_and_loses_nothing(odoo: OdooSide) {
    let rig = fresh(odoo, 300).await;
    let ran = sync_while(&rig, async {
        half_way(&rig).await;
        set_key(&rig.odoo, false);
    })
    .await;
    assert_eq!(ran.code, Some(3), "{}\n{}", ran.out, ran.err);
    assert!(ran.err.contains("API key"), "{}", ran.err);
    let created = counts(&ran)["created"].as_u64().expect("a count");
    assert!((1..300).contains(&created), "{created} arrived before");
    assert_eq!(counts(&ran)["failed"], json!(0), "no record is to blame");
    let words = [
        "paused",
        "API key was revoked, expired or mistyped",
        "New API Key",
    ];
    paused_for(&rig, "odoo-credentials", &words).await;
    assert_eq!(rig.run(&["sync"]).await.code, Some(3));
    set_key(&rig.odoo, true);
    assert_eq!(rig.sync().await["synced"], json!(300));
    complete(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odoo_key_is_revoked_in_the_middle() {
    an_odoo_key_revoked_in_the_middle_pauses_and_loses_nothing(slow().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_odoo_key_is_revoked_in_the_middle() {
    let Some(odoo) = OdooSide::real("revoked") else {
        return;
    };
    an_odoo_key_revoked_in_the_middle_pauses_and_loses_nothing(odoo).await;
}

async fn an_odoo_restarted_in_the_middle_is_waited_for(
    odoo: OdooSide,
    restart: impl AsyncFnOnce(&OdooSide),
) {
    let rig = fresh(odoo, 300).await;
    let ran = sync_while(&rig, async {
        half_way(&rig).await;
        restart(&rig.odoo).await;
    })
    .await;
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
    assert_eq!(counts(&ran)["synced"], json!(300));
    assert!(
        ran.err.contains("Odoo fails, nobody calls it"),
        "the restart was not felt: {}",
        ran.err
    );
    complete(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odoo_is_restarted_in_the_middle() {
    an_odoo_restarted_in_the_middle_is_waited_for(slow().await, async |odoo: &OdooSide| {
        let odoo = odoo.simulator();
        odoo.restart(Duration::from_secs(1))
            .await
            .expect("the same port");
    })
    .await;
}

/// A server of the test's own on the databases of the real Odoo; gone with the value.
struct Server(String);

impl Server {
    fn run(&self, verb: &str) -> String {
        let output = Command::new("sh")
            .args(["-c", &format!("{} {verb} restarted", self.0)])
            .output()
            .expect("a shell");
        let (out, err) = (output.stdout, String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{verb}: {err}");
        String::from_utf8(out).expect("text").trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run("forget");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_odoo_is_restarted_in_the_middle() {
    let Some(mut odoo) = OdooSide::real("restarted") else {
        return;
    };
    let command = std::env::var("ML_CONNECTOR_TEST_ODOO_SERVER").expect("it goes with the others");
    let server = Server(command);
    odoo.serve_at(&server.run("start"));
    an_odoo_restarted_in_the_middle_is_waited_for(odoo, async |_: &OdooSide| {
        tokio::task::block_in_place(|| server.run("restart"));
    })
    .await;
}

/// What people do in Odoo, in one database of the real one, since loading a registry takes longer than any of it.
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        mod simulated {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    let rig = super::loaded(super::OdooSide::simulated().await, 30).await;
                    super::$story(&rig).await;
                }
            )+
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn what_people_do_in_a_real_odoo() {
            let Some(odoo) = OdooSide::real("people") else {
                return;
            };
            let rig = loaded(odoo, 30).await;
            $(
                said(stringify!($story));
                $story(&rig).await;
            )+
        }
    };
}

stories![
    a_record_rule_hides_some_partners,
    a_partner_deleted_by_a_person_waits_for_a_person,
    a_location_deleted_by_a_person_waits_for_a_person,
    partners_merged_by_a_person_are_followed,
    a_right_that_is_taken_away_holds_the_flow,
];

#[expect(clippy::print_stderr, reason = "shown when the test fails")]
fn said(what: &str) {
    eprintln!("{what}");
}

/// The one group of failures.
async fn failures(rig: &Rig) -> Value {
    let groups = rig.json(&["failures", "--json"]).await;
    assert_eq!(groups.as_array().map(Vec::len), Some(1), "{groups:#}");
    groups[0].clone()
}

async fn a_record_rule_hides_some_partners(rig: &Rig) {
    let ids = rig.odoo.ids().await;
    let hidden: Vec<i64> = (0..3).map(|index| ids[&own(customer_id(index))]).collect();
    let mut rule = None;
    if let Some(odoo) = simulator(&rig.odoo) {
        odoo.show_only_partners(json!([["id", "not in", hidden]]));
    } else {
        let model = json!({"domain": [["model", "=", "res.partner"]], "fields": ["id"]});
        let model = rig.odoo.call("ir.model", "search_read", model).await[0]["id"].clone();
        let domain = format!(
            "[('id', 'not in', {hidden:?})] if user.login == 'connector@example.com' else [(1, '=', 1)]"
        );
        let values = json!({"name": "hides some", "model_id": model, "domain_force": domain});
        let made = rig
            .odoo
            .call("ir.rule", "create", json!({"vals_list": [values]}))
            .await;
        rule = Some(made);
    }
    for index in 0..6 {
        rename(rig, index, &format!("Behind {index}"));
    }
    let counts = rig.sync().await;
    assert_eq!(
        (&counts["failed"], &counts["updated"]),
        (&json!(3), &json!(3)),
        "{:#}",
        rig.json(&["failures", "--json"]).await
    );
    let group = failures(rig).await;
    assert_eq!(group["cause"], json!("hidden-in-odoo"), "{group:#}");
    assert!(
        group["advice"]
            .as_str()
            .is_some_and(|advice| advice.contains("replay --cause hidden-in-odoo")),
        "{group:#}"
    );
    for index in 3..6 {
        assert_eq!(
            name_of(rig, customer_id(index)).await,
            json!(format!("Behind {index}"))
        );
    }
    match (simulator(&rig.odoo), rule) {
        (Some(odoo), _) => odoo.show_all_partners(),
        (None, rule) => {
            rig.odoo
                .call("ir.rule", "unlink", json!({"ids": rule}))
                .await;
        }
    }
    assert_eq!(
        rig.sync().await["failed"],
        json!(3),
        "only a person says that it is mended"
    );
    rig.run_to(0, &["replay", "--cause", "hidden-in-odoo"])
        .await;
    assert_eq!(rig.sync().await["updated"], json!(3));
    complete(rig).await;
}

async fn delete(rig: &Rig, name: &str) {
    let id = rig.odoo.ids().await[name];
    match simulator(&rig.odoo) {
        Some(odoo) => odoo.delete_partner(Id(id)),
        None => {
            rig.odoo
                .call("res.partner", "unlink", json!({"ids": [id]}))
                .await;
        }
    }
}

/// The record waits with advice, its neighbours do not; it is made anew when a person says so.
async fn waits_until_recreated(rig: &Rig, customer: CustomerId) {
    let ran = rig.run_to(0, &["sync", "--json"]).await;
    assert_eq!(
        (&counts(&ran)["waiting"], &counts(&ran)["updated"]),
        (&json!(1), &json!(1)),
        "{}",
        ran.out
    );
    let group = failures(rig).await;
    assert_eq!(
        (&group["cause"], &group["state"]),
        (&json!("deleted-in-odoo"), &json!("waiting"))
    );
    assert_eq!(group["records"][0]["id"], json!(customer.to_string()));
    let advice = group["advice"].as_str().expect("advice");
    assert!(
        advice.contains("ml-connector replay --recreate"),
        "{advice}"
    );
    // A plain replay is no answer to the question.
    rig.run_to(0, &["replay", &customer.to_string()]).await;
    assert_eq!(rig.sync().await["waiting"], json!(1));
    rig.run_to(0, &["replay", "--recreate", &customer.to_string()])
        .await;
    assert_eq!(rig.sync().await["waiting"], json!(0));
    complete(rig).await;
}

async fn a_partner_deleted_by_a_person_waits_for_a_person(rig: &Rig) {
    let (gone, neighbour) = (7, 8);
    delete(rig, &own(customer_id(gone))).await;
    rename(rig, gone, "Made Anew");
    rename(rig, neighbour, "Neighbour");
    waits_until_recreated(rig, customer_id(gone)).await;
}

async fn a_location_deleted_by_a_person_waits_for_a_person(rig: &Rig) {
    let (gone, neighbour) = (9, 10);
    let location = rig.tenant().locations_of(customer_id(gone))[0].clone();
    delete(rig, &format!("location_{}", location.id)).await;
    rig.tenant()
        .change_location(location.id, "Made Anew", location.address)
        .expect("it is there");
    rename(rig, neighbour, "Neighbour");
    waits_until_recreated(rig, customer_id(gone)).await;
}

/// A person merges partners with Odoo's wizard.
async fn merge(rig: &Rig, survivor: i64, loser: i64) {
    if let Some(odoo) = simulator(&rig.odoo) {
        odoo.merge_partners(Id(survivor), &[Id(loser)]);
        return;
    }
    let wizard = "base.partner.merge.automatic.wizard";
    let values = json!({
        "state": "selection",
        "partner_ids": [[6, 0, [survivor, loser]]],
        "dst_partner_id": survivor,
    });
    let made = rig
        .odoo
        .call(wizard, "create", json!({"vals_list": [values]}))
        .await;
    rig.odoo
        .call(wizard, "action_merge", json!({"ids": made}))
        .await;
}

async fn partners_merged_by_a_person_are_followed(rig: &Rig) {
    // Into a partner that a person had made.
    let by_hand = json!({"vals_list": [{"name": "Made By Hand", "ref": "H-1"}]});
    let by_hand = rig.odoo.call("res.partner", "create", by_hand).await[0]
        .as_i64()
        .expect("an id");
    let customer = customer_id(12);
    merge(rig, by_hand, rig.odoo.ids().await[&own(customer)]).await;
    rename(rig, 12, "Followed By Hand");
    assert_eq!(rig.sync().await["updated"], json!(1));
    assert_eq!(rig.odoo.ids().await[&own(customer)], by_hand);
    assert_eq!(name_of(rig, customer).await, json!("Followed By Hand"));
    // Into one that the connector had made: it stays the survivor's, and the loser writes nothing into it.
    let (loser, survivor) = (customer_id(13), customer_id(14));
    let ids = rig.odoo.ids().await;
    let count = rig.odoo.made_by_connector().await;
    merge(rig, ids[&own(survivor)], ids[&own(loser)]).await;
    rename(rig, 13, "Not Written");
    let before = name_of(rig, survivor).await;
    let counts = rig.sync().await;
    assert_eq!(
        (&counts["updated"], &counts["failed"], &counts["waiting"]),
        (&json!(0), &json!(0), &json!(0))
    );
    assert_eq!(rig.odoo.ids().await[&own(loser)], ids[&own(survivor)]);
    assert_eq!(name_of(rig, survivor).await, before);
    assert_eq!(rig.odoo.made_by_connector().await, count - 1);
    rename(rig, 14, "The Survivor");
    assert_eq!(rig.sync().await["updated"], json!(1));
    assert_eq!(name_of(rig, survivor).await, json!("The Survivor"));
    let trail = rig
        .json(&["audit", "show", "customers", &loser.to_string(), "--json"])
        .await;
    assert!(
        trail.to_string().contains("merged into"),
        "the trail says so: {trail:#}"
    );
    assert_eq!(rig.sync().await["updated"], json!(0));
}

async fn a_right_that_is_taken_away_holds_the_flow(rig: &Rig) {
    rig.odoo.set_group(Group::ContactCreation, false).await;
    rename(rig, 16, "Not Allowed");
    let ran = rig.run(&["sync", "--json"]).await;
    assert_eq!(ran.code, Some(1), "{}\n{}", ran.out, ran.err);
    assert_eq!(counts(&ran)["failed"], json!(0), "no record is to blame");
    assert_eq!(counts(&ran)["waiting"], json!(1), "{}", ran.out);
    held_for(rig, "customers", "odoo-rights", "*Contact: Creation*").await;
    let group = failures(rig).await;
    let what = group["records"][0]["what"].as_str().expect("text");
    assert!(what.contains("may not write res.partner"), "{what}");
    rig.odoo.set_group(Group::ContactCreation, true).await;
    assert_eq!(rig.sync().await["updated"], json!(1));
    assert_eq!(name_of(rig, customer_id(16)).await, json!("Not Allowed"));
    assert_eq!(connection(rig).await.0, "active");
}

/// Holds the next write, has somebody wait for it, and kills whoever waits. Odoo will work on it all the same.
async fn orphaned_call(rig: &Rig) -> RuleId {
    // Long enough for what follows, on a busy machine too.
    rig.reconfigure(|text| text.replace("call_limit_s = 3", "call_limit_s = 12"))
        .await;
    let faults = rig.odoo.simulator().faults();
    let hold = Rule::new(Fault::Hold).path("/json/2/res.partner/load");
    let held = faults.add(hold.times(1));
    let waiting = Watched::start(rig, &["sync"]);
    faults.wait_fired(held, 1).await;
    waiting.kill().await;
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_that_outlives_its_connector_does_not_have_the_last_word() {
    let rig = loaded(OdooSide::simulated().await, 6).await;
    let named = async |name: &str| {
        until(name, async || {
            (name_of(&rig, customer_id(0)).await == json!(name)).then_some(())
        })
        .await;
    };
    rename(&rig, 0, "Of Yesterday");
    let held = orphaned_call(&rig).await;
    rename(&rig, 0, "Of Today");
    let (ran, ()) = tokio::join!(rig.run(&["sync", "--json"]), async {
        named("Of Today").await;
        rig.odoo.simulator().faults().release(held);
        named("Of Yesterday").await;
    });
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let id = customer_id(0).to_string();
    let trail = rig
        .json(&["audit", "show", "customers", &id, "--json"])
        .await;
    assert_eq!(
        name_of(&rig, customer_id(0)).await,
        json!("Of Today"),
        "{trail:#}"
    );
    complete(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_creation_that_outlives_its_connector_is_not_left_behind() {
    let rig = loaded(OdooSide::simulated().await, 6).await;
    let home = rig.tenant().customers()[0].address.clone();
    let gone = rig
        .tenant()
        .create_customer("Soon Gone", CustomerKind::Residential, home)
        .expect("made");
    let active = async |wanted: bool| {
        until("it is as wanted", async || {
            let partners = rig.partners().await;
            (partners.get(&own(gone))?["active"] == json!(wanted)).then_some(())
        })
        .await;
    };
    let held = orphaned_call(&rig).await;
    rig.tenant().deactivate(gone).expect("it is there");
    let (ran, ()) = tokio::join!(rig.run(&["sync", "--json"]), async {
        active(false).await;
        rig.odoo.simulator().faults().release(held);
        active(true).await;
    });
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    active(false).await;
    complete(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_beside_a_running_service_is_done_by_the_service() {
    let rig = fresh(slow().await, 150).await;
    let serving = rig.serve().await;
    half_way(&rig).await;
    // In the middle of the first load, and two at once.
    let (one, other) = tokio::join!(rig.run(&["sync", "--json"]), rig.run(&["sync", "--json"]));
    for ran in [&one, &other] {
        assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
        assert_eq!(counts(ran)["synced"], json!(150));
    }
    complete(&rig).await;
    rig.only_webhooks().await;
    rename(&rig, 0, "Asked For");
    let counts = rig.sync().await;
    assert_eq!(
        (&counts["updated"], &counts["created"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(name_of(&rig, customer_id(0)).await, json!("Asked For"));
    let second = rig.run_to(2, &["serve"]).await;
    assert!(
        second.err.contains("another ml-connector process"),
        "{}",
        second.err
    );
    assert_eq!(serving.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_is_asked_for_during_the_first_load_is_clean() {
    // More than two services carry before they have stopped, each with two batches in flight.
    let customers = 900;
    let rig = fresh(slow().await, customers).await;
    for _ in 0..2 {
        let before = rig.odoo.ids().await.len();
        let serving = rig.serve().await;
        until("some more partners", async || {
            (rig.odoo.ids().await.len() > before + 50).then_some(())
        })
        .await;
        assert_eq!(serving.stop().await, Some(0));
    }
    let synced = rig.status().await["synced"].as_u64().expect("a count");
    let synced = usize::try_from(synced).expect("few");
    assert!((1..customers).contains(&synced), "{synced}");
    // A sync that is asked to end says that it is not done.
    let faults = rig.odoo.simulator().faults();
    let slow = Rule::new(Fault::Slow { delay_ms: 1_500 }).path("/json/2/res.partner/load");
    let slow = faults.add(slow.times(1));
    let mut child = rig.command(&["sync", "--json"]).spawn().expect("it starts");
    faults.wait_fired(slow, 1).await;
    let pid = i32::try_from(child.id().expect("it runs")).expect("a pid");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::SIGTERM)
        .expect("it runs");
    assert_eq!(child.wait().await.expect("it ended").code(), Some(1));
    assert_eq!(rig.sync().await["synced"], json!(customers));
    complete(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_without_one_of_the_vendors_ends_with_3_and_says_which() {
    let rig = loaded(OdooSide::simulated().await, 10).await;
    rename(&rig, 0, "Later");
    let odoo = rig.odoo.simulator();
    odoo.go_down().await;
    let ran = rig.run(&["sync", "--json"]).await;
    assert_eq!(ran.code, Some(3), "{}\n{}", ran.out, ran.err);
    assert!(
        ran.err.contains("error: acme: ") && ran.err.contains("Odoo"),
        "{}",
        ran.err
    );
    odoo.come_up().await.expect("the same port");
    assert_eq!(rig.sync().await["updated"], json!(1));

    let url = rig.titan.url();
    let nowhere = "http://127.0.0.1:9";
    rig.reconfigure(|text| text.replace(&url, nowhere)).await;
    let ran = rig.run(&["sync", "--json"]).await;
    assert_eq!(ran.code, Some(3), "{}\n{}", ran.out, ran.err);
    assert!(ran.err.contains("ServiceTitan"), "{}", ran.err);
    rig.reconfigure(|text| text.replace(nowhere, &url)).await;
    assert_eq!(rig.sync().await["updated"], json!(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_that_is_missing_is_named() {
    let rig = fresh(OdooSide::simulated().await, 10).await;
    rig.tenant().revoke_scope("tn.acc.paymentterms:r");
    let counts = rig.sync().await;
    assert_eq!(counts["synced"], json!(10), "they come without terms");
    rig.tenant().revoke_scope("tn.crm.locations:r");
    rename(&rig, 0, "Later");
    let ran = rig.run(&["sync", "--json"]).await;
    assert_eq!(ran.code, Some(1), "{}\n{}", ran.out, ran.err);
    let said = "Give the app the scope tn.crm.locations:r";
    held_for(&rig, "customers", "servicetitan-scope", said).await;
    rig.tenant().grant_scope("tn.crm.locations:r");
    rename(&rig, 1, "Later Still");
    assert_eq!(rig.sync().await["updated"], json!(1));
    rig.tenant().grant_scope("tn.acc.paymentterms:r");
    rig.sync().await;
    complete(&rig).await;
}
