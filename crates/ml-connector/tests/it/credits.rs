//! Vendors' credits: the credit of a return is booked with the return, one of no return by itself, and none twice.

use std::collections::BTreeMap;

use sandbox::servicetitan::{ApCredit, ApCreditId, Decimal, NewCredit, NewReturn, Return, Tenant};
use serde_json::{Value, json};

use crate::bills::{LINE, MOVE, rig_of};
use crate::odoo_side::{OdooSide, Partners, amount};
use crate::rig::Rig;

const FIELDS: [&str; 6] = [
    "state",
    "move_type",
    "amount_total",
    "ref",
    "date",
    "partner_id",
];

/// The credit notes of the connector in Odoo, by name.
async fn notes(rig: &Rig) -> Partners {
    let mut moves = rig.odoo.records(MOVE, &FIELDS).await;
    moves.retain(|_, shown| shown["move_type"] == "in_refund");
    moves
}

fn name(credit: ApCreditId) -> String {
    format!("ap_credit_{credit}")
}

fn found(rig: &Rig, id: ApCreditId) -> ApCredit {
    let mut credits = rig.tenant().ap_credits().into_iter();
    credits.find(|credit| credit.id == id).expect("it is there")
}

/// The causes of the AP credits that wait or failed, by id.
async fn causes(rig: &Rig) -> BTreeMap<String, String> {
    let failures = rig.json(&["failures", "--json"]).await;
    let groups = failures.as_array().expect("groups").iter();
    let mut causes = BTreeMap::new();
    for group in groups.filter(|group| group["flow"] == "ap-credits") {
        for record in group["records"].as_array().expect("records") {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            causes.insert(text(&record["id"]), text(&group["cause"]));
        }
    }
    causes
}

/// An account of expenses in Odoo: its code and its name.
async fn account(rig: &Rig) -> [String; 2] {
    let asked = json!({"domain": [["account_type", "=", "expense"]], "fields": ["code", "name"], "limit": 1});
    let chart = rig.odoo.call("account.account", "search_read", asked).await;
    ["code", "name"].map(|field| chart[0][field].as_str().expect("a text").to_owned())
}

/// What `reconcile` says of a credit on its day: the causes of its difference.
async fn reconciled(rig: &Rig, credit: &ApCredit) -> Vec<String> {
    let day = &credit.date.to_string()[..10];
    let period = format!("{day}..{day}");
    let kind = ["--kind", "vendor-credits"];
    let said = rig
        .json(&[&["reconcile", "--period", &period, "--json"][..], &kind].concat())
        .await;
    let is_told = said["connections"][0]["notes"] == json!([]);
    assert!(is_told, "{said:#}");
    let sums = said["totals"].as_array().expect("totals").iter();
    let count = |row: &Value| row["servicetitan"]["count"].as_u64().expect("a count");
    let counted: u64 = sums.map(count).sum();
    assert!(counted > 0 || credit.canceled_on.is_some() || credit.return_id.is_some());
    let of = |one: &&Value| one["records"][0]["name"] == json!(name(credit.id));
    let differences = said["differences"].as_array().expect("differences").iter();
    let text = |one: &Value| one["cause"].as_str().expect("a cause").to_owned();
    differences.filter(of).map(text).collect()
}

/// Something that came goes back.
fn went_back(tenant: &Tenant) -> Return {
    let receipts = tenant.receipts();
    let mut receipts = receipts.iter().filter(|receipt| receipt.active);
    let receipt = receipts.find(|receipt| !receipt.lines.is_empty());
    let receipt = receipt.expect("goods that came");
    let line = &receipt.lines[0];
    let returned = tenant.raise_return(NewReturn {
        receipt: receipt.id,
        lines: vec![(line.id, line.goods.quantity)],
        tax: Decimal::ZERO,
        shipping: Decimal::ZERO,
        restocking_fee: Decimal::ZERO,
        reference_number: String::new(),
    });
    let returned = returned.expect("it may go back");
    tenant.ship_return(returned).expect("it goes");
    let mut returns = tenant.returns().into_iter();
    returns.find(|one| one.id == returned).expect("it is there")
}

async fn credits_are_booked_once(odoo: OdooSide) {
    let rig = rig_of(odoo, 30, &["vendor-credits", "ap-credits"]).await;
    let tenant = rig.tenant();
    tenant.grant_scope("tn.acc.apcredits:r");
    let returned = went_back(&tenant);
    let made = NewCredit {
        vendor: returned.vendor_id,
        business_unit: returned.business_unit_id,
        job: None,
        reference_number: "BONUS-1".to_owned(),
        memo: "Bonus of the year".to_owned(),
        amount: Decimal::new(12_055, 2),
    };
    let bonus = tenant.create_credit(made.clone()).expect("it is made");
    rig.sync_all().await;
    let of_bonus = bonus.to_string();
    assert_eq!(
        causes(&rig).await,
        [(of_bonus.clone(), "credit-without-account".to_owned())].into()
    );

    let [code, called] = account(&rig).await;
    rig.run_to(0, &["mapping", "set", "gl-account", "ap-credit", &code])
        .await;
    rig.sync_all().await;
    assert_eq!(causes(&rig).await, BTreeMap::new());
    let held = notes(&rig).await;
    let shown = &held[&name(bonus)];
    assert_eq!(shown["state"], json!("posted"), "{shown:?}");
    assert_eq!(amount(&shown["amount_total"]), "120.55");
    assert_eq!(shown["ref"], json!("BONUS-1"));
    let lines = rig.odoo.records(LINE, &["account_id"]).await;
    let line = &lines[&format!("ap_credit_line_{bonus}_amount")];
    let account = line["account_id"].as_str().expect("an account");
    assert!(account.contains(&called), "{account}");
    // The credits of returns are the returns' own.
    let alone = held.keys().filter(|name| name.starts_with("ap_credit_"));
    assert_eq!(alone.collect::<Vec<_>>(), [&name(bonus)]);
    assert!(tenant.ap_credits().len() > 1);
    assert_eq!(reconciled(&rig, &found(&rig, bonus)).await, [""; 0]);

    // The vendor's credit for the return makes nothing new of it.
    let credit = tenant.take_credit(returned.id).expect("it is given");
    let changed = Decimal::new(9_999, 2);
    tenant.change_credit(bonus, changed).expect("it may change");
    rig.sync_all().await;
    let after = notes(&rig).await;
    assert_eq!(after.len(), held.len(), "{after:#?}");
    assert!(!after.contains_key(&name(credit)));
    assert_eq!(amount(&after[&name(bonus)]["amount_total"]), "99.99");
    assert_eq!(after[&name(bonus)]["state"], json!("posted"));
    assert_eq!(reconciled(&rig, &found(&rig, bonus)).await, [""; 0]);

    // One that is said later to be that of a return is not booked beside it, and one that is called off is cancelled.
    let (tied, off) = (
        tenant.create_credit(made.clone()).expect("it is made"),
        tenant.create_credit(made).expect("it is made"),
    );
    rig.sync_all().await;
    let held = notes(&rig).await;
    for credit in [tied, off] {
        assert!(held.contains_key(&name(credit)));
    }
    tenant.tie_credit(tied, returned.id).expect("it may change");
    tenant.cancel_credit(off).expect("it may be called off");
    rig.sync_all().await;
    let after = notes(&rig).await;
    for credit in [tied, off] {
        assert_eq!(after[&name(credit)]["state"], json!("cancel"), "{credit}");
        assert_eq!(reconciled(&rig, &found(&rig, credit)).await, [""; 0]);
    }
    let again = rig.sync_all().await;
    for flow in ["ap-credits", "vendor-credits"] {
        let done = (&again[flow]["created"], &again[flow]["updated"]);
        assert_eq!(done, (&json!(0), &json!(0)), "{flow}: {again:#}");
    }

    // What people do to it in Odoo is named.
    let id = rig.odoo.ids_of(MOVE).await[&name(bonus)];
    for action in ["button_draft", "button_cancel"] {
        rig.odoo.call(MOVE, action, json!({"ids": [id]})).await;
    }
    let named = reconciled(&rig, &found(&rig, bonus)).await;
    assert_eq!(named, ["cancelled-in-odoo"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credits_are_booked_once_in_the_simulator() {
    credits_are_booked_once(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credits_are_booked_once_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("credits") {
        credits_are_booked_once(odoo).await;
    }
}
