//! What people change in ServiceTitan arrives in Odoo: that and nothing else, once, whatever the order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sandbox::fault::{Body, Fault, Plan, Rule};
use sandbox::servicetitan::{
    Address, ContactKind, CustomerId, CustomerKind, Kind, LocationId, Mix, Options, Rot, Switches,
    Tenant, customer_id,
};
use serde_json::{Value, json};

use crate::expected::assert_holds;
use crate::odoo_side::{OdooSide, Partners};
use crate::rig::Rig;

/// Customers of a story; each story takes its own.
const CUSTOMERS: usize = 40;

/// Each story is a test of its own in the simulator. In a real Odoo they follow one another in one database, since
/// loading a registry takes longer than any of them.
macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        mod simulated {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    let rig = super::loaded(super::OdooSide::simulated().await).await;
                    super::$story(&rig).await;
                }
            )+
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn every_change_arrives_in_a_real_odoo() {
            let Some(odoo) = OdooSide::real("changes") else {
                return;
            };
            let rig = loaded(odoo).await;
            $(
                said(stringify!($story));
                $story(&rig).await;
            )+
        }
    };
}

stories![
    a_rename_changes_the_name_alone,
    an_address_changes,
    contacts_come_change_and_go,
    a_payment_term_is_set_and_cleared,
    a_person_becomes_a_company,
    deactivation_archives_and_reactivation_brings_back,
    a_merge_archives_the_loser_and_hands_its_locations_over,
    merges_in_chains_end_at_the_last_survivor,
    a_merge_into_a_customer_that_was_never_brought_leaves_nothing_behind,
    locations_move_and_end,
    a_balance_writes_nothing,
    a_refused_row_holds_nobody_up,
];

async fn loaded(odoo: OdooSide) -> Rig {
    let rig = Rig::with(odoo, options().mix(Mix::plain())).await;
    let counts = rig.sync().await;
    assert_eq!(counts["created"], json!(CUSTOMERS));
    rig
}

fn options() -> Options {
    Options::new(Arc::new(ml_connector::clock::now)).customers(CUSTOMERS)
}

/// A sync that has to end with nothing failed; what it created and updated.
async fn carried(rig: &Rig) -> (u64, u64) {
    let counts = rig.sync().await;
    assert_eq!(
        (&counts["failed"], &counts["waiting"]),
        (&json!(0), &json!(0)),
        "{:#}",
        rig.json(&["failures", "--json"]).await
    );
    let count = |what: &str| counts[what].as_u64().expect("a count");
    (count("created"), count("updated"))
}

/// What stands in Odoo is what ServiceTitan has, and no partner was made beside it.
async fn holds(rig: &Rig) -> Partners {
    let partners = rig.partners().await;
    assert_holds(&partners, &rig.tenant());
    assert_eq!(rig.odoo.made_by_connector().await, partners.len());
    partners
}

fn own(customer: CustomerId) -> String {
    format!("customer_{customer}")
}

fn address(street: &str, city: &str, state: &str, zip: &str) -> Address {
    Address {
        street: street.to_owned(),
        unit: None,
        city: city.to_owned(),
        state: state.to_owned(),
        zip: zip.to_owned(),
        country: "USA".to_owned(),
        latitude: None,
        longitude: None,
    }
}

#[expect(clippy::print_stderr, reason = "shown when the test fails")]
fn said(what: &str) {
    eprintln!("{what}");
}

async fn a_rename_changes_the_name_alone(rig: &Rig) {
    let (customer, before) = (customer_id(0), rig.partners().await);
    rig.tenant()
        .rename_customer(customer, "Renamed & Sons")
        .expect("it is there");
    assert_eq!(carried(rig).await, (0, 1));
    let after = holds(rig).await;
    let mut wanted = before.clone();
    wanted
        .get_mut(&own(customer))
        .expect("it is there")
        .insert("name".to_owned(), json!("Renamed & Sons"));
    assert_ne!(after, before);
    assert_eq!(after, wanted);
}

async fn an_address_changes(rig: &Rig) {
    let customer = customer_id(1);
    let moved = address("7 New Street", "Boulder", "CO", "80301");
    rig.tenant()
        .change_address(customer, moved)
        .expect("it is there");
    assert_eq!(carried(rig).await, (0, 1));
    let after = holds(rig).await;
    let row = &after[&own(customer)];
    assert_eq!(row["street"], json!("7 New Street"));
    assert_eq!(row["street2"], json!(false));
    assert!(
        row["state_id"]
            .as_str()
            .is_some_and(|state| state.contains("Colorado")),
        "{row:?}"
    );
}

async fn contacts_come_change_and_go(rig: &Rig) {
    let (tenant, customer) = (rig.tenant(), customer_id(2));
    let bumped = || tenant.customer(customer).expect("it is there").modified_on;
    let before = bumped();
    // The first may stand on the customer's own partner; the second is a partner of its own in any case.
    let add = |kind, value: &str, memo| {
        tenant
            .add_contact(customer, kind, value, memo)
            .expect("added")
    };
    add(ContactKind::Email, "first@example.com", None);
    let second = add(ContactKind::Email, "second@example.com", Some("Accounts"));
    assert_eq!(carried(rig).await, (0, 1));
    let after = holds(rig).await;
    let name = format!("contact_{customer}_{second}");
    assert_eq!(after[&name]["email"], json!("second@example.com"));

    tenant
        .change_contact(second, "accounts@example.com", None)
        .expect("changed");
    assert_eq!(carried(rig).await, (0, 1));
    assert_eq!(
        holds(rig).await[&name]["email"],
        json!("accounts@example.com")
    );

    tenant.remove_contact(second).expect("removed");
    assert_eq!(carried(rig).await, (0, 1));
    assert_eq!(holds(rig).await[&name]["active"], json!(false));
    assert_eq!(bumped(), before, "a contact does not bump its customer");
}

async fn a_payment_term_is_set_and_cleared(rig: &Rig) {
    let (tenant, customer) = (rig.tenant(), customer_id(3));
    let named = |name: &str| {
        tenant
            .payment_terms()
            .into_iter()
            .find(|term| term.name == name)
            .map(|term| term.id)
    };
    let set = |name: &str| {
        let term = named(name);
        assert_eq!(term.is_some(), !name.is_empty());
        tenant
            .set_payment_term(customer, term)
            .expect("it is there");
    };
    set("30 Days");
    carried(rig).await;
    let term = |partners: &Partners| partners[&own(customer)]["property_payment_term_id"].clone();
    assert_eq!(term(&holds(rig).await), json!("30 Days"));
    set("15 Days");
    assert_eq!(carried(rig).await, (0, 1));
    assert_eq!(term(&holds(rig).await), json!("15 Days"));
    let warnings = rig.status().await["warnings"].as_u64();
    set("Net 45 (fleet)");
    assert_eq!(carried(rig).await, (0, 1));
    assert_eq!(
        term(&holds(rig).await),
        json!(false),
        "Odoo has no such term"
    );
    assert_eq!(
        rig.status().await["warnings"].as_u64(),
        warnings.map(|n| n + 1)
    );
    set("");
    carried(rig).await;
    assert_eq!(rig.status().await["warnings"].as_u64(), warnings);
    holds(rig).await;
}

async fn a_person_becomes_a_company(rig: &Rig) {
    let (tenant, customer) = (rig.tenant(), customer_id(4));
    for kind in [
        CustomerKind::Commercial,
        CustomerKind::Residential,
        CustomerKind::Commercial,
    ] {
        tenant.change_kind(customer, kind).expect("it is there");
        carried(rig).await;
        let company = kind == CustomerKind::Commercial;
        assert_eq!(
            holds(rig).await[&own(customer)]["is_company"],
            json!(company)
        );
    }
}

async fn deactivation_archives_and_reactivation_brings_back(rig: &Rig) {
    let (tenant, customer) = (rig.tenant(), customer_id(5));
    let (ids, before) = (rig.odoo.ids().await, rig.partners().await);
    tenant.deactivate(customer).expect("it is there");
    assert_eq!(carried(rig).await, (0, 1));
    let archived = holds(rig).await;
    assert_eq!(archived[&own(customer)]["active"], json!(false));
    tenant.reactivate(customer).expect("it is there");
    assert_eq!(carried(rig).await, (0, 1));
    assert_eq!(holds(rig).await, before);
    assert_eq!(rig.odoo.ids().await, ids, "the same partners, not new ones");
}

async fn a_merge_archives_the_loser_and_hands_its_locations_over(rig: &Rig) {
    let (tenant, loser, survivor) = (rig.tenant(), customer_id(6), customer_id(7));
    let locations = tenant.locations_of(loser);
    assert!(!locations.is_empty(), "the seed gives everybody a location");
    let before = rig.odoo.ids().await;
    tenant.merge(loser, survivor).expect("both are there");
    carried(rig).await;
    let after = holds(rig).await;
    assert_eq!(after[&own(loser)]["active"], json!(false));
    let ids = rig.odoo.ids().await;
    for location in locations {
        let name = format!("location_{}", location.id);
        assert_eq!(after[&name]["parent_id"], json!(own(survivor)));
        assert_eq!(ids[&name], before[&name], "the same partner, not a new one");
    }
    // Once more, everything: nothing moves back.
    rig.run_to(0, &["replay", "--all"]).await;
    assert_eq!(carried(rig).await, (0, 0));
    assert_eq!(rig.partners().await, after);
}

async fn merges_in_chains_end_at_the_last_survivor(rig: &Rig) {
    let (tenant, ids) = (rig.tenant(), rig.odoo.ids().await);
    // Link by link, with a look in between.
    let [first, second, last] = [8, 9, 10].map(customer_id);
    tenant.merge(first, second).expect("both are there");
    carried(rig).await;
    tenant.merge(second, last).expect("both are there");
    carried(rig).await;
    holds(rig).await;
    // All at once.
    let [third, fourth, at_last] = [11, 12, 13].map(customer_id);
    tenant.merge(third, fourth).expect("both are there");
    tenant.merge(fourth, at_last).expect("both are there");
    carried(rig).await;
    let after = holds(rig).await;
    for loser in [first, second, third, fourth] {
        assert_eq!(after[&own(loser)]["active"], json!(false));
    }
    // A customer that nobody has seen before, merged away before it was ever brought.
    let home = address("1 Short Life", "Denver", "CO", "80202");
    let fresh = tenant
        .create_customer("Short Lived", CustomerKind::Residential, home)
        .expect("made");
    tenant.merge(fresh, at_last).expect("both are there");
    carried(rig).await;
    let after = holds(rig).await;
    assert!(
        !after.contains_key(&own(fresh)),
        "it never was a partner of its own"
    );
    let now = rig.odoo.ids().await;
    assert!(
        ids.iter().all(|(name, id)| now.get(name) == Some(id)),
        "partners stay who they are"
    );
}

async fn a_merge_into_a_customer_that_was_never_brought_leaves_nothing_behind(rig: &Rig) {
    let (tenant, loser) = (rig.tenant(), customer_id(14));
    let home = address("2 Silent Street", "Denver", "CO", "80202");
    let silent = tenant
        .create_customer("Silent", CustomerKind::Commercial, home)
        .expect("made");
    tenant.deactivate(silent).expect("it is there");
    let ignored = |counts: &Value| counts["ignored"].as_u64().expect("a count");
    let before = ignored(&rig.status().await);
    assert_eq!(carried(rig).await, (0, 0));
    assert_eq!(ignored(&rig.status().await), before + 1);
    tenant.merge(loser, silent).expect("both are there");
    carried(rig).await;
    holds(rig).await;
    tenant.reactivate(silent).expect("it is there");
    carried(rig).await;
    holds(rig).await;
}

async fn locations_move_and_end(rig: &Rig) {
    let (tenant, from, to) = (rig.tenant(), customer_id(15), customer_id(16));
    let site = address("3 Site Road", "Aurora", "CO", "80010");
    let location = tenant
        .add_location(from, "The Site", site)
        .expect("it is there");
    let name = format!("location_{location}");
    assert_eq!(carried(rig).await, (0, 1));
    assert_eq!(holds(rig).await[&name]["parent_id"], json!(own(from)));
    let id = rig.odoo.ids().await[&name];

    tenant.move_location(location, to).expect("both are there");
    carried(rig).await;
    assert_eq!(holds(rig).await[&name]["parent_id"], json!(own(to)));
    let moved = address("4 Site Road", "Aurora", "CO", "80011");
    tenant
        .change_location(location, "The Other Site", moved)
        .expect("it is there");
    carried(rig).await;
    assert_eq!(holds(rig).await[&name]["name"], json!("The Other Site"));
    for active in [false, true] {
        tenant
            .set_location_active(location, active)
            .expect("it is there");
        carried(rig).await;
        assert_eq!(holds(rig).await[&name]["active"], json!(active));
    }
    assert_eq!(rig.odoo.ids().await[&name], id);
}

/// When each partner was last written, by its id.
async fn written(rig: &Rig) -> BTreeMap<i64, String> {
    let rows = rig
        .odoo
        .call(
            "res.partner",
            "search_read",
            json!({"domain": [], "fields": ["write_date"], "context": {"active_test": false}}),
        )
        .await;
    let row = |row: &Value| {
        let at = row["write_date"].as_str().unwrap_or_default();
        (row["id"].as_i64().expect("an id"), at.to_owned())
    };
    rows.as_array().expect("rows").iter().map(row).collect()
}

async fn a_balance_writes_nothing(rig: &Rig) {
    let before = written(rig).await;
    for index in 17..20 {
        rig.tenant()
            .change_balance(customer_id(index), 4_242)
            .expect("it is there");
    }
    let counts = rig.sync().await;
    assert_eq!(
        (&counts["updated"], &counts["unchanged"]),
        (&json!(0), &json!(3))
    );
    assert_eq!(written(rig).await, before);
}

async fn a_refused_row_holds_nobody_up(rig: &Rig) {
    let tenant = rig.tenant();
    let rule = match &*rig.odoo {
        OdooSide::Simulated(odoo) => {
            let refused = Fault::Reject {
                status: 422,
                body: Body::Vendor,
            };
            let poisoned = |body: &[u8]| body.windows(6).any(|six| six == b"Poison");
            let rule = Rule::new(refused).path("/json/2/res.partner/load");
            Some(
                odoo.faults()
                    .add(rule.matching(move |call| poisoned(call.body))),
            )
        }
        OdooSide::Real(_) => {
            rig.odoo.sql(
                "alter table res_partner add constraint mlc_poison check (name not like 'Poison%')",
            );
            None
        }
    };
    // One that is to be created among others, one that is to be updated among others.
    let made: Vec<CustomerId> = ["Before", "Poison to create", "After"]
        .map(|name| {
            let home = address("5 Mixed Company", "Denver", "CO", "80202");
            tenant
                .create_customer(name, CustomerKind::Commercial, home)
                .expect("made")
        })
        .into();
    for (index, name) in [(20, "Sound"), (21, "Poison to update"), (22, "Sound too")] {
        tenant
            .rename_customer(customer_id(index), name)
            .expect("it is there");
    }
    let counts = rig.sync().await;
    let failures = rig.json(&["failures", "--json"]).await;
    assert_eq!(counts["failed"], json!(2), "{counts:#}\n{failures:#}");
    let partners = rig.partners().await;
    for (customer, name) in [
        (made[0], "Before"),
        (made[2], "After"),
        (customer_id(20), "Sound"),
        (customer_id(22), "Sound too"),
    ] {
        assert_eq!(partners[&own(customer)]["name"], json!(name));
    }
    assert!(!partners.contains_key(&own(made[1])));
    let refused = &failures[0];
    assert_eq!(
        (&refused["cause"], &refused["count"]),
        (&json!("odoo-refused"), &json!(2)),
        "{failures:#}"
    );
    assert!(
        refused["advice"]
            .as_str()
            .is_some_and(|advice| advice.contains("replay --cause odoo-refused")),
        "{failures:#}"
    );
    match (&*rig.odoo, rule) {
        (OdooSide::Simulated(odoo), Some(rule)) => odoo.faults().remove(rule),
        _ => rig
            .odoo
            .sql("alter table res_partner drop constraint mlc_poison"),
    }
    rig.run_to(0, &["replay", "--cause", "odoo-refused"]).await;
    assert_eq!(carried(rig).await, (1, 1));
    holds(rig).await;
}

/// Watches what a vendor is asked; strikes nothing.
#[derive(Clone, Default)]
struct Spy(Arc<Mutex<Vec<String>>>);

impl Spy {
    fn on(plan: &Plan) -> Self {
        let spy = Self::default();
        let log = spy.clone();
        let seen = move |call: &sandbox::fault::Call<'_>| {
            let line = format!("{} {}?{}", call.method, call.path, call.query);
            log.0.lock().expect("unpoisoned").push(line);
            false
        };
        plan.add(Rule::new(Fault::ServerError).matching(seen));
        spy
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().expect("unpoisoned").clone()
    }
}

/// Methods of Odoo that change nothing.
const READING: [&str; 7] = [
    "search_read",
    "read",
    "fields_get",
    "context_get",
    "has_access",
    "search_count",
    "check_object_reference",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_pass_calls_nothing_that_writes() {
    let rig = Rig::with(OdooSide::simulated().await, options()).await;
    rig.sync().await;
    let odoo = rig.odoo.simulator();
    odoo.reset_calls();
    let counts = rig.sync().await;
    assert_eq!(
        (&counts["created"], &counts["updated"]),
        (&json!(0), &json!(0))
    );
    for (method, called) in odoo.calls() {
        let (_, verb) = method.rsplit_once('.').expect("a model and a method");
        assert!(
            READING.contains(&verb) && called.rows_written == 0,
            "{method}: {called:?}"
        );
    }
    // And everything asked for again: planned, found equal, not sent.
    rig.run_to(0, &["replay", "--all"]).await;
    let counts = rig.sync().await;
    assert_eq!(counts["updated"], json!(0));
    assert!(
        counts["unchanged"].as_u64() > Some(CUSTOMERS as u64 / 2),
        "{counts:#}"
    );
    assert_eq!(odoo.called("res.partner", "load").calls, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_record_is_replayed_by_id_by_cause_or_not_at_all() {
    let rig = loaded(OdooSide::simulated().await).await;
    let (tenant, customer) = (rig.tenant(), customer_id(3));
    let due = async |arguments: &[&str]| rig.json(arguments).await["due"].clone();
    assert_eq!(
        due(&["replay", "--json", &customer.to_string()]).await,
        json!(1)
    );
    assert_eq!(rig.sync().await["unchanged"], json!(1));
    // Who mistypes an id is told, and the others go on.
    let known = customer.to_string();
    let ran = rig.run_to(1, &["replay", "--json", "999", &known]).await;
    let said: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(said, json!({"due": 1, "unknown": ["999"]}));
    assert!(
        ran.err.contains("999") && !ran.err.contains(&known),
        "{}",
        ran.err
    );
    rig.run_to(1, &["replay", "--flow", "vendors", &known])
        .await;
    assert_eq!(rig.sync().await["unchanged"], json!(1));
    // Without a variable that says who it is, the trail has the system's name of the user.
    let mut nobody = rig.command(&["replay", &known]);
    nobody.env_remove("USER").env_remove("LOGNAME");
    let ran = nobody.output().await.expect("it starts");
    assert!(ran.status.success(), "{ran:?}");
    let trail = rig.run(&["audit", "show", "customers", &known]).await.out;
    let uid = nix::unistd::Uid::effective();
    let user = nix::unistd::User::from_uid(uid).expect("readable");
    let user = user.map_or_else(|| format!("uid {uid}"), |user| user.name);
    assert!(trail.contains(&format!("cli:{user}")), "{trail}");
    assert!(!trail.contains("cli:unknown"), "{trail}");
    assert_eq!(rig.sync().await["unchanged"], json!(1));
    assert_eq!(
        due(&["replay", "--json", "--cause", "no-name"]).await,
        json!(0)
    );

    tenant
        .spoil(Kind::Customer, customer.0, Rot::NameBlank)
        .expect("it is there");
    assert_eq!(rig.sync().await["failed"], json!(1));
    assert_eq!(
        due(&["replay", "--json", "--cause", "no-name"]).await,
        json!(1)
    );
    assert_eq!(rig.status().await["pending"], json!(1));
    assert_eq!(rig.sync().await["failed"], json!(1));
    tenant
        .heal(Kind::Customer, customer.0)
        .expect("it is there");
    carried(&rig).await;
    holds(&rig).await;
    rig.run_to(2, &["replay"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn since_reads_again_from_then_on() {
    let rig = loaded(OdooSide::simulated().await).await;
    let spy = Spy::on(rig.titan.faults());
    let summary = rig
        .json(&["sync", "--json", "--since", "2020-01-01T00:00:00Z"])
        .await;
    let counts = &summary["connections"]["acme"]["flows"]["customers"];
    assert_eq!(
        (&counts["created"], &counts["updated"]),
        (&json!(0), &json!(0))
    );
    for feed in ["customers", "customers/contacts", "locations"] {
        let asked = |line: &String| {
            line.contains(&format!("/export/{feed}?")) && line.contains("from=2020-01-01")
        };
        assert!(spy.lines().iter().any(asked), "{feed}: {:#?}", spy.lines());
    }
    rig.run_to(2, &["sync", "--since", "yesterday"]).await;
    // The next one goes on where it was.
    let spy = Spy::on(rig.titan.faults());
    rig.sync().await;
    assert!(
        !spy.lines()
            .iter()
            .any(|line| line.contains("from=2020-01-01"))
    );
}

#[expect(clippy::too_many_lines, reason = "one table of rot and its healing")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotten_rows_fail_with_advice_alone_and_arrive_when_they_are_healed() {
    let rig = Rig::with(OdooSide::simulated().await, options().mix(Mix::plain())).await;
    let tenant = rig.tenant();
    let contact = tenant.contacts_of(customer_id(6))[0].id.0;
    let location = tenant.locations_of(customer_id(7))[0].id.0;
    let field = |name: &str, value: Value| Rot::Field {
        name: name.to_owned(),
        value,
    };
    // What is spoilt, the customer that it belongs to, and what a person is told: cause and field.
    let bad: Vec<(Kind, i64, Rot, CustomerId, &str, &str)> = vec![
        (
            Kind::Customer,
            customer_id(0).0,
            Rot::NameNull,
            customer_id(0),
            "no-name",
            "name",
        ),
        (
            Kind::Customer,
            customer_id(1).0,
            Rot::NameBlank,
            customer_id(1),
            "no-name",
            "name",
        ),
        (
            Kind::Customer,
            customer_id(2).0,
            Rot::WrongTypes,
            customer_id(2),
            "unreadable-row",
            "",
        ),
        (
            Kind::Customer,
            customer_id(3).0,
            field("address", json!("12 Text Street")),
            customer_id(3),
            "unreadable-row",
            "address",
        ),
        (
            Kind::Customer,
            customer_id(4).0,
            field("active", json!({"yes": true})),
            customer_id(4),
            "unreadable-row",
            "active",
        ),
        (
            Kind::CustomerContact,
            contact,
            field("type", json!([1, 2])),
            customer_id(6),
            "unreadable-row",
            "type",
        ),
        (
            Kind::Location,
            location,
            field("address", json!(17)),
            customer_id(7),
            "unreadable-row",
            "address",
        ),
    ];
    // Odd, but readable: they arrive.
    let odd = [
        Rot::NameWithNul,
        Rot::NameHuge { bytes: 200_000 },
        Rot::IdText,
    ];
    for (kind, id, rot, ..) in &bad {
        tenant.spoil(*kind, *id, rot.clone()).expect("it is there");
    }
    for (index, rot) in odd.iter().enumerate() {
        tenant
            .spoil(Kind::Customer, customer_id(10 + index).0, rot.clone())
            .expect("it is there");
    }
    let ran = rig.run_to(1, &["sync", "--json"]).await;
    let summary: Value = serde_json::from_str(&ran.out).expect("JSON");
    let counts = &summary["connections"]["acme"]["flows"]["customers"];
    assert_eq!(counts["failed"], json!(bad.len()), "{counts:#}");
    assert_eq!(counts["synced"], json!(CUSTOMERS - bad.len()), "{counts:#}");
    assert_eq!(summary["settled"], json!(true));

    let failures = rig.json(&["failures", "--json"]).await;
    let told: BTreeMap<String, (String, String, String)> = failures
        .as_array()
        .expect("groups")
        .iter()
        .flat_map(|group| {
            let text = |value: &Value| value.as_str().expect("text").to_owned();
            let records = group["records"].as_array().expect("records").clone();
            let (cause, advice) = (text(&group["cause"]), text(&group["advice"]));
            records.into_iter().map(move |record| {
                let what = text(&record["what"]);
                (text(&record["id"]), (cause.clone(), what, advice.clone()))
            })
        })
        .collect();
    for (kind, id, _, customer, cause, word) in &bad {
        let (said_cause, what, advice) = &told[&customer.to_string()];
        assert_eq!(said_cause, cause, "{what}");
        assert!(
            what.contains(&id.to_string()) && what.contains(word),
            "{kind:?} {id}: {what}"
        );
        assert!(advice.len() > 40, "{advice}");
    }
    let partners = rig.partners().await;
    assert_eq!(
        partners[&own(customer_id(10))]["name"],
        json!("Nul l & Sons")
    );
    assert_eq!(
        partners[&own(customer_id(11))]["name"],
        json!("x".repeat(512))
    );

    for (kind, id, ..) in &bad {
        tenant.heal(*kind, *id).expect("it is there");
    }
    for index in 10..13 {
        tenant
            .heal(Kind::Customer, customer_id(index).0)
            .expect("it is there");
    }
    assert_eq!(carried(&rig).await, (bad.len() as u64, 2));
    holds(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_without_an_id_is_shown_and_its_customer_arrives_when_it_has_one() {
    let rig = Rig::with(OdooSide::simulated().await, options().mix(Mix::plain())).await;
    let (tenant, customer) = (rig.tenant(), customer_id(5));
    tenant
        .spoil(Kind::Customer, customer.0, Rot::IdMissing)
        .expect("it is there");
    let counts = rig.sync().await;
    assert_eq!(counts["synced"], json!(CUSTOMERS - 1), "{counts:#}");
    let failures = rig.json(&["failures", "--json"]).await;
    let causes: BTreeSet<&str> = failures
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| group["cause"].as_str().expect("a cause"))
        .collect();
    assert!(causes.contains("unreadable-row"), "{failures:#}");
    tenant
        .heal(Kind::Customer, customer.0)
        .expect("it is there");
    rig.sync().await;
    holds(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_text_arrives_as_text() {
    let mix = Mix {
        hostile_every: 1,
        ..Mix::plain()
    };
    let rig = Rig::with(OdooSide::simulated().await, options().mix(mix)).await;
    let tenant = rig.tenant();
    let hostile = [
        "False",
        "0",
        "id",
        ".id",
        "__import__",
        "=1+1",
        "a,b;c\"d'e",
        "[[1, 'x']]",
        "{\"a\": 1}",
        "%(name)s",
        "\\N",
    ];
    for (index, text) in hostile.iter().enumerate() {
        let customer = customer_id(index);
        tenant.rename_customer(customer, text).expect("it is there");
        tenant
            .change_address(customer, address(text, text, "CO", text))
            .expect("it is there");
        tenant
            .add_contact(customer, ContactKind::Fax, text, Some(text))
            .expect("it is there");
        tenant
            .add_location(customer, text, address(text, text, "CO", text))
            .expect("it is there");
    }
    carried(&rig).await;
    holds(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ties_and_feeds_out_of_order_lose_nothing() {
    let habits = |switches: &mut Switches| {
        switches.feed_out_of_order = true;
        switches.feed_page_size = 7;
        switches.feed_repeats = 5;
    };
    let rig = Rig::with(OdooSide::simulated().await, options().switch(habits)).await;
    rig.sync().await;
    holds(&rig).await;
    let mut history = History::new(&rig.tenant(), 7);
    for _ in 0..4 {
        history.act(10);
        rig.sync().await;
    }
    history.end();
    carried(&rig).await;
    holds(&rig).await;
}

/// A long history of acts, drawn from a seed.
struct History {
    tenant: Tenant,
    rng: StdRng,
    spoilt: Vec<CustomerId>,
}

impl History {
    fn new(tenant: &Tenant, seed: u64) -> Self {
        said(&format!("history with seed {seed}"));
        Self {
            tenant: tenant.clone(),
            rng: StdRng::seed_from_u64(seed),
            spoilt: Vec::new(),
        }
    }

    fn below(&mut self, n: usize) -> usize {
        self.rng.random_range(0..n)
    }

    fn customer(&mut self) -> CustomerId {
        let customers = self.tenant.customers();
        customers[self.below(customers.len())].id
    }

    fn location(&mut self) -> LocationId {
        let locations = self.tenant.locations();
        locations[self.below(locations.len())].id
    }

    fn is_merged(&self, customer: CustomerId) -> bool {
        let found = self.tenant.customer(customer);
        found.is_some_and(|customer| customer.merged_to_id.is_some())
    }

    fn act(&mut self, acts: usize) {
        for _ in 0..acts {
            self.act_once();
        }
    }

    fn act_once(&mut self) {
        let tenant = self.tenant.clone();
        let (customer, number) = (self.customer(), self.below(1_000_000));
        let home = address(&format!("{number} Drawn Street"), "Denver", "CO", "80202");
        // What cannot be done at this moment is not done.
        let done = match self.below(18) {
            0 | 1 => tenant.rename_customer(customer, &format!("Drawn {number}")),
            2 => tenant.change_address(customer, home),
            3 => tenant.change_kind(customer, CustomerKind::Commercial),
            4 => tenant.deactivate(customer),
            5 | 6 if !self.is_merged(customer) => tenant.reactivate(customer),
            7 if !self.is_merged(customer) => {
                let survivor = self.customer();
                tenant.merge(customer, survivor)
            }
            8 => tenant.change_balance(customer, 100),
            9 => tenant.set_payment_term(customer, tenant.payment_terms().pop().map(|t| t.id)),
            10 | 11 => {
                let kinds = [
                    ContactKind::Email,
                    ContactKind::Phone,
                    ContactKind::MobilePhone,
                    ContactKind::Fax,
                ];
                let (kind, value) = (kinds[number % 4], format!("{number}@example.com"));
                tenant.add_contact(customer, kind, &value, None).map(drop)
            }
            12 => match tenant.contacts_of(customer).pop() {
                Some(contact) => tenant.change_contact(contact.id, &format!("+1 {number}"), None),
                None => Ok(()),
            },
            13 => match tenant.contacts_of(customer).first() {
                Some(contact) => tenant.remove_contact(contact.id),
                None => Ok(()),
            },
            14 => tenant
                .add_location(customer, &format!("Site {number}"), home)
                .map(drop),
            15 => tenant.set_location_active(self.location(), number % 3 > 0),
            16 => tenant.move_location(self.location(), customer),
            17 if number % 2 == 0 => {
                self.spoilt.push(customer);
                tenant.spoil(Kind::Customer, customer.0, Rot::NameBlank)
            }
            _ => tenant
                .create_customer(&format!("New {number}"), CustomerKind::Residential, home)
                .map(drop),
        };
        let _ = done;
    }

    /// Heals what it has spoilt.
    fn end(&mut self) {
        for customer in self.spoilt.drain(..) {
            self.tenant
                .heal(Kind::Customer, customer.0)
                .expect("it is there");
        }
    }
}

fn active(partners: Partners) -> Partners {
    partners
        .into_iter()
        .filter(|(_, row)| row["active"] == json!(true))
        .collect()
}

async fn a_long_history_ends_like_a_fresh_load(seed: u64) {
    let rig = Rig::with(OdooSide::simulated().await, options()).await;
    rig.sync().await;
    let mut history = History::new(&rig.tenant(), seed);
    for turn in 0..12 {
        let acts = 1 + history.below(12);
        history.act(acts);
        rig.sync().await;
        said(&format!("turn {turn}: {acts} acts"));
    }
    history.end();
    carried(&rig).await;
    let grown = holds(&rig).await;
    let fresh = Rig::between(Arc::clone(&rig.titan), OdooSide::simulated().await).await;
    fresh.sync().await;
    let (grown, fresh) = (active(grown), active(fresh.partners().await));
    let differing: Vec<_> = grown
        .iter()
        .filter(|(name, row)| fresh.get(*name) != Some(*row))
        .map(|(name, row)| (name, row, fresh.get(name)))
        .collect();
    assert!(
        differing.is_empty() && fresh.len() == grown.len(),
        "grown beside fresh: {differing:#?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_histories_end_like_a_fresh_load() {
    for seed in [1, 2, 3] {
        a_long_history_ends_like_a_fresh_load(seed).await;
    }
}
