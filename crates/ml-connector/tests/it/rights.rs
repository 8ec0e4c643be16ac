//! A limited user of Odoo, a limited app of ServiceTitan: what is missing is named before the first sync and by the
//! records after; the flow that lacks it stands still, the others go on; and when it is given, everything arrives by
//! itself, once.

use std::collections::BTreeSet;

use sandbox::odoo::Group;
use sandbox::servicetitan::{BillEdit, NewReceipt, OrderStatus, Tenant};
use serde_json::{Value, json};

use crate::bills::rig_of;
use crate::odoo_side::OdooSide;
use crate::receipts::order_of;
use crate::rig::{Rig, until};

const ORDERS: usize = 20;

const FLOWS: [&str; 3] = ["purchase-orders", "bills", "vendor-credits"];

/// Without these groups a flow stands still, and so the user form calls the one that it lacks.
const GROUPS: [(&[Group], &str, &str); 5] = [
    (&[Group::ContactCreation], "vendors", "*Contact: Creation*"),
    (&[Group::ProductCreation], "items", "*Products: Create*"),
    (&[Group::Purchase], "purchase-orders", "*Purchase: User*"),
    // Either of them is enough.
    (
        &[Group::Inventory, Group::Invoicing],
        "receipts",
        "*Inventory: User*",
    ),
    (&[Group::Invoicing], "bills", "*Accounting: Invoicing*"),
];

async fn set_groups(rig: &Rig, groups: &[Group], granted: bool) {
    for group in groups {
        rig.odoo.set_group(*group, granted).await;
    }
}

/// The flow stands still for this cause, with these words, and every place where a person may look says so.
pub(crate) async fn held_for(rig: &Rig, flow: &str, cause: &str, words: &str) {
    let status = rig.json(&["status", "--json"]).await;
    let acme = &status["connections"]["acme"];
    assert_eq!(acme["state"], json!("active"), "{acme:#}");
    let held = acme["held"].as_array().expect("a list");
    let of_flow = |held: &&Value| held["flow"] == flow && held["cause"] == cause;
    assert!(held.iter().any(|one| of_flow(&one)), "{held:#?}");
    for place in [&["status"][..], &["failures"]] {
        let said = rig.run_to(0, place).await.out;
        for word in [&format!("the flow {flow} stands still"), cause, words] {
            assert!(
                said.contains(word),
                "{place:?} does not say {word}:\n{said}"
            );
        }
    }
}

/// The errors of `check`: the flows that they hold, and what is said.
async fn errors(rig: &Rig) -> Vec<(BTreeSet<String>, String)> {
    let findings = rig.json(&["check", "--json"]).await;
    let findings = findings.as_array().expect("findings").iter();
    let errors = findings.filter(|finding| finding["status"] == "error");
    let told = errors.map(|finding| {
        let flows = finding["flows"].as_array().expect("flows").iter();
        let flows = flows.map(|flow| flow.as_str().expect("a flow").to_owned());
        let text = |name: &str| finding[name].as_str().expect("text");
        (
            flows.collect(),
            format!("{} {}", text("saw"), text("advice")),
        )
    });
    told.collect()
}

async fn rig(odoo: OdooSide) -> Rig {
    let rig = rig_of(odoo, ORDERS, &FLOWS).await;
    rig.reconfigure(|text| text + "[flows.receipts]\nevery = \"5s\"\npolicy = \"validate\"\n")
        .await;
    rig
}

/// A pass that cannot settle, since some flow stands still; the counts of each flow.
async fn held_sync(rig: &Rig) -> Value {
    let ran = rig.run(&["sync", "--json"]).await;
    assert_eq!(ran.code, Some(1), "{}\n{}", ran.out, ran.err);
    let summary: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(summary["settled"], json!(false), "{summary:#}");
    assert!(ran.err.contains("stands still"), "{}", ran.err);
    summary["connections"]["acme"]["flows"].clone()
}

/// Nothing waits for a right or a scope any more, and another pass has nothing to do.
async fn assert_all_arrived(rig: &Rig) {
    let again = rig.sync_all().await;
    for (flow, counts) in again.as_object().expect("flows") {
        let done = (&counts["created"], &counts["updated"], &counts["pending"]);
        assert_eq!(
            done,
            (&json!(0), &json!(0), &json!(0)),
            "{flow}: {counts:#}"
        );
    }
    let failures = rig.json(&["failures", "--json"]).await;
    let mut groups = failures.as_array().expect("groups").iter();
    let lacks = |group: &&Value| {
        ["odoo-rights", "servicetitan-scope"]
            .iter()
            .any(|c| group["cause"] == *c)
    };
    assert!(!groups.any(|group| lacks(&group)), "{failures:#}");
    for model in ["purchase.order", "purchase.order.line", "account.move"] {
        let all = json!({"domain": [], "context": {"active_test": false}});
        let count = rig.odoo.call(model, "search_count", all).await;
        let ours = rig.odoo.ids_of(model).await.len();
        assert_eq!(count, json!(ours), "{model} without our name, or twice");
    }
}

/// Somebody changes one record of the flow.
fn somebody_works(tenant: &Tenant, flow: &str) {
    let used = tenant
        .purchase_orders()
        .into_iter()
        .find(|order| order.status == OrderStatus::Sent)
        .expect("a sent order");
    let done = match flow {
        "vendors" => tenant.rename_vendor(used.vendor_id, "Renamed Meanwhile"),
        "items" => tenant.rename_item(used.lines[0].sku, "Renamed Meanwhile"),
        // Who books bills may change orders too.
        "purchase-orders" => {
            order_of(tenant, &[used.lines[0].sku]);
            Ok(())
        }
        "receipts" => {
            let came = NewReceipt::rest("CAME-1");
            tenant.receive(used.id, came).map(drop)
        }
        "bills" => {
            let bills = tenant.bills().into_iter();
            let mut bills = bills.filter(|bill| bill.order_id.is_some() && bill.active);
            let bill = bills.next().expect("a bill");
            let edit = BillEdit {
                vendor_number: Some("MEANWHILE-1".to_owned()),
                ..BillEdit::default()
            };
            tenant.edit_bill(bill.id, edit)
        }
        other => panic!("{other} is not changed here"),
    };
    assert!(done.is_ok(), "{flow}: {done:?}");
}

/// A user who may nothing, then everything.
async fn missing_rights_are_named_before_the_first_sync(rig: &Rig) {
    set_groups(rig, &Group::ALL, false).await;
    let errors = errors(rig).await;
    for (_, flow, words) in GROUPS {
        let names = |error: &&(BTreeSet<String>, String)| {
            error.0.contains(flow) && error.1.contains(flow) && error.1.contains(words)
        };
        assert!(
            errors.iter().any(|error| names(&error)),
            "{flow}: {errors:#?}"
        );
    }
    let flows = held_sync(rig).await;
    assert_eq!(flows["vendors"]["synced"], json!(0), "{flows:#}");
    assert_ne!(flows["vendors"]["waiting"], json!(0), "{flows:#}");
    assert_ne!(
        flows["business-units"]["synced"],
        json!(0),
        "units need no group"
    );
    for (_, flow, words) in GROUPS {
        held_for(rig, flow, "odoo-rights", words).await;
    }
    set_groups(rig, &Group::ALL, true).await;
    rig.sync_all().await;
    assert_all_arrived(rig).await;
}

/// Each group is taken in turn while somebody works on the flow that needs it, and on another one.
async fn a_right_that_is_lost_holds_its_flow_only(rig: &Rig) {
    for (groups, flow, words) in GROUPS {
        set_groups(rig, groups, false).await;
        somebody_works(&rig.tenant(), flow);
        let unit = rig.tenant().business_units()[0].id;
        let renamed = format!("Without {groups:?}");
        rig.tenant()
            .rename_business_unit(unit, &renamed)
            .expect("it is there");
        let flows = held_sync(rig).await;
        assert_eq!(flows["business-units"]["updated"], json!(1), "{flows:#}");
        held_for(rig, flow, "odoo-rights", words).await;
        let failures = rig.json(&["failures", "--json"]).await;
        let mut failed = failures.as_array().expect("groups").iter();
        let of_flow = failed.find(|one| one["flow"] == flow && one["cause"] == "odoo-rights");
        let of_flow = of_flow.unwrap_or_else(|| panic!("no record of {flow}: {failures:#}"));
        let what = of_flow["records"][0]["what"].as_str().expect("text");
        assert!(what.contains("may not") && what.contains(flow), "{what}");
        set_groups(rig, groups, true).await;
        let flows = rig.sync_all().await;
        let done = (&flows[flow]["created"], &flows[flow]["updated"]);
        assert_ne!(done, (&json!(0), &json!(0)), "{flow}: {flows:#}");
        assert_all_arrived(rig).await;
    }
}

const LOST: [Group; 2] = [Group::ProductCreation, Group::Invoicing];

/// Two groups are taken while the first load is under way, and given back while the service runs.
async fn what_was_lost_in_the_first_load_arrives_by_itself(odoo: OdooSide) {
    let rig = rig(odoo).await;
    let mut watched = crate::watched::Watched::start(&rig, &["sync"]);
    assert!(watched.reach("apply: created", 1).await, "nothing arrives");
    set_groups(&rig, &LOST, false).await;
    let ran = watched.end().await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    held_for(&rig, "items", "odoo-rights", "*Products: Create*").await;
    let serving = rig.serve().await;
    let page = reqwest::get(format!("http://{}/", serving.socket())).await;
    let page = page.expect("it answers").text().await.expect("a page");
    assert!(page.contains("the flow items stands still"), "{page}");
    set_groups(&rig, &LOST, true).await;
    until("everything by itself", async || {
        let status = rig.json(&["status", "--json"]).await;
        let acme = &status["connections"]["acme"];
        let flows = acme["flows"].as_object()?.values();
        let pending = |flow: &Value| flow["pending"] != 0;
        let is_done = acme["held"] == json!([]) && !flows.clone().any(pending);
        (is_done && acme["flows"]["bills"]["synced"] != 0).then_some(())
    })
    .await;
    let log = serving.log();
    assert!(log.contains("the flow items goes on"), "{log}");
    assert_eq!(serving.stop().await, Some(0));
    assert_all_arrived(&rig).await;
    let trail = rig.json(&["audit", "show", "--json"]).await.to_string();
    assert!(trail.contains("held: odoo-rights") && trail.contains("goes on"));
}

async fn rights_come_and_go(odoo: OdooSide) {
    let rig = rig(odoo).await;
    missing_rights_are_named_before_the_first_sync(&rig).await;
    a_right_that_is_lost_holds_its_flow_only(&rig).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_come_and_go_in_the_simulator() {
    rights_come_and_go(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_come_and_go_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("rights") else {
        return;
    };
    rights_come_and_go(odoo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_lost_in_the_first_load_arrives_by_itself_in_the_simulator() {
    what_was_lost_in_the_first_load_arrives_by_itself(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_lost_in_the_first_load_arrives_by_itself_in_a_real_odoo() {
    let Some(odoo) = OdooSide::real("rights_lost") else {
        return;
    };
    what_was_lost_in_the_first_load_arrives_by_itself(odoo).await;
}

/// Without the scope of vendors, an order whose vendor nobody has seen says which one is missing; all the rest goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scope_that_one_flow_lacks_holds_that_flow_only() {
    let rig = rig(OdooSide::simulated().await).await;
    rig.turn_on(&["ap-bills"]).await;
    let scopes = ["tn.inv.vendors:r", "tn.acc.apbills:r"];
    for scope in scopes {
        rig.tenant().revoke_scope(scope);
    }
    let errors = errors(&rig).await;
    for (flow, scope) in ["vendors", "ap-bills"].into_iter().zip(scopes) {
        let only = BTreeSet::from([flow.to_owned()]);
        let mut names = errors.iter();
        let names = names.any(|(flows, said)| *flows == only && said.contains(scope));
        assert!(names, "{scope}: {errors:#?}");
    }
    let flows = held_sync(&rig).await;
    assert_ne!(flows["customers"]["synced"], json!(0), "{flows:#}");
    assert_eq!(flows["purchase-orders"]["synced"], json!(0), "{flows:#}");
    for (flow, scope) in ["vendors", "ap-bills"].into_iter().zip(scopes) {
        held_for(&rig, flow, "servicetitan-scope", scope).await;
    }
    let failures = rig.json(&["failures", "--json"]).await.to_string();
    assert!(failures.contains("tn.inv.vendors:r"), "{failures}");
    rig.tenant().grant_scope("tn.inv.vendors:r");
    let flows = held_sync(&rig).await;
    assert_ne!(flows["purchase-orders"]["synced"], json!(0), "{flows:#}");
    assert_ne!(flows["bills"]["synced"], json!(0), "{flows:#}");
    rig.tenant().grant_scope("tn.acc.apbills:r");
    let flows = rig.sync_all().await;
    assert_ne!(flows["ap-bills"]["created"], json!(0), "{flows:#}");
    assert_all_arrived(&rig).await;
}

/// Nobody may see analytic plans while the setting is off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn analytic_accounting_that_is_off_is_named() {
    let rig = rig(OdooSide::simulated().await).await;
    rig.odoo.simulator().set_analytic_accounting(false);
    let errors = errors(&rig).await;
    for flow in ["business-units", "jobs"] {
        let names = |said: &str| {
            said.contains("account.analytic.plan")
                && said.contains("Switch *Analytic Accounting* on")
        };
        let found = errors
            .iter()
            .any(|(flows, said)| flows.contains(flow) && names(said));
        assert!(found, "{errors:#?}");
    }
    let flows = held_sync(&rig).await;
    assert_ne!(flows["vendors"]["synced"], json!(0), "{flows:#}");
    held_for(
        &rig,
        "jobs",
        "odoo-rights",
        "Switch *Analytic Accounting* on",
    )
    .await;
    rig.odoo.simulator().set_analytic_accounting(true);
    rig.sync_all().await;
    assert_all_arrived(&rig).await;
}
