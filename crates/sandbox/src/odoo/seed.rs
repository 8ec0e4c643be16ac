//! What a fresh database of a company in the United States holds before anybody syncs anything.

use jiff::Timestamp;
use serde_json::{Map, json};

use super::database::{ADMIN, Database, Env, LIMITED, SUPERUSER, Tx, blank};
use super::geography::{COUNTRIES, STATES, country_external_name};
use super::schema::Model;
use super::value::Value;
use super::write::{self, Values};
use super::{Id, Options, derived, tree};

mod books;

/// Modules whose names an imported external id must not begin with.
pub(super) const INSTALLED_MODULES: &[&str] = &[
    "account",
    "analytic",
    "base",
    "base_import",
    "base_setup",
    "bus",
    "contacts",
    "digest",
    "l10n_us",
    "l10n_us_account",
    "mail",
    "portal",
    "product",
    "project",
    "purchase",
    "purchase_stock",
    "resource",
    "sale",
    "sale_management",
    "sales_team",
    "stock",
    "stock_account",
    "uom",
    "utm",
    "web",
];

/// Payment terms: last part of the external id, name.
const TERMS: &[(&str, &str)] = &[
    ("immediate", "Immediate Payment"),
    ("15days", "15 Days"),
    ("21days", "21 Days"),
    ("30days", "30 Days"),
    ("45days", "45 Days"),
    ("end_following_month", "End of Following Month"),
    (
        "30_days_end_month_the_10",
        "10 Days after End of Next Month",
    ),
    ("advance_60days", "30% Now, Balance 60 Days"),
    ("30days_early_discount", "2/7 Net 30"),
    ("90days_on_the_10th", "90 days, on the 10th"),
];

/// Users: id, login, name.
const USERS: &[(Id, &str, &str)] = &[
    (SUPERUSER, "__system__", "OdooBot"),
    (ADMIN, "admin", "Administrator"),
    (Id(3), "portaltemplate", "Portal User Template"),
    (Id(4), "public", "Public user"),
    (LIMITED, "connector@example.com", "Connector"),
];

/// A database as it is after installation.
pub(super) fn database(options: &Options, now: Timestamp) -> Database {
    let mut db = Database::new(options);
    let env = Env {
        user: SUPERUSER,
        context: Map::new(),
        now,
        snapshot: 0,
    };
    let mut tx = Tx::begin(&mut db, env);
    tx.sudo = true;
    lang_and_currencies(&mut tx);
    let us = places(&mut tx);
    company_and_users(&mut tx, us);
    terms(&mut tx);
    books::all(&mut tx);
    keys(&mut tx, options);
    tx.commit(Model::Partner);
    db
}

fn named(values: serde_json::Value) -> Values {
    match values {
        serde_json::Value::Object(values) => values,
        _ => Values::new(),
    }
}

fn make(tx: &mut Tx<'_>, model: Model, external_id: Option<&str>, values: serde_json::Value) -> Id {
    let ids = write::create_plain(tx, model, &[named(values)]).expect("the seed is valid");
    let id = ids[0];
    tree::name(tx, model, &ids).expect("the seed's trees are valid");
    if let Some(external_id) = external_id {
        write::bind(tx, external_id, model, id, true).expect("the seed's external ids are valid");
    }
    id
}

fn set(tx: &mut Tx<'_>, model: Model, id: Id, name: &str, value: Value) {
    let place = model.definition().place(name);
    tx.update(model, id, vec![(place, value)])
        .expect("the seed's own rows exist");
}

fn lang_and_currencies(tx: &mut Tx<'_>) {
    let lang =
        json!({"name": "English (US)", "code": "en_US", "iso_code": "en", "direction": "ltr"});
    make(tx, Model::Lang, Some("base.lang_en"), lang);
    for (name, symbol, active) in [("USD", "$", true), ("EUR", "€", false), ("CAD", "$", false)] {
        let values = json!({"name": name, "symbol": symbol, "active": active});
        let external_id = format!("base.{name}");
        let id = make(tx, Model::Currency, Some(&external_id), values);
        set(tx, Model::Currency, id, "decimal_places", Value::Int(2));
    }
}

/// Countries and states; returns the United States.
fn places(tx: &mut Tx<'_>) -> Id {
    let mut by_code = std::collections::HashMap::new();
    for line in COUNTRIES.lines() {
        let (code, name) = line.split_once(' ').expect("code, blank, name");
        let external_id = format!("base.{}", country_external_name(code));
        let values = json!({"name": name, "code": code});
        by_code.insert(code, make(tx, Model::Country, Some(&external_id), values));
    }
    for line in STATES.lines() {
        let mut parts = line.splitn(4, ' ');
        let mut part = || parts.next().expect("country, external name, code, name");
        let (country, external_name, code, name) = (part(), part(), part(), part());
        let external_id = format!("base.state_{}_{external_name}", country.to_lowercase());
        let values = json!({"country_id": by_code[country], "code": code, "name": name});
        make(tx, Model::State, Some(&external_id), values);
    }
    by_code["US"]
}

fn company_and_users(tx: &mut Tx<'_>, us: Id) {
    let partner = json!({"name": "My Company", "is_company": true, "country_id": us});
    let company_partner = make(tx, Model::Partner, Some("base.main_partner"), partner);
    let mut partners = vec![company_partner];
    let company = json!({"name": "My Company", "partner_id": company_partner, "currency_id": 1});
    let company = make(tx, Model::Company, Some("base.main_company"), company);
    for (id, login, name) in USERS {
        let archived = matches!(*login, "__system__" | "portaltemplate" | "public");
        let partner = json!({"name": name, "active": !archived});
        let partner = make(tx, Model::Partner, None, partner);
        partners.push(partner);
        let user = json!({
            "name": name, "login": login, "partner_id": partner, "company_id": company, "active": !archived,
            "company_ids": [[6, 0, [company]]], "lang": "en_US",
        });
        let made = make(tx, Model::User, None, user);
        debug_assert_eq!(made, *id, "user ids are what the rest of the code says");
    }
    for (name, place) in [("base.partner_root", 1), ("base.partner_admin", 2)] {
        write::bind(tx, name, Model::Partner, partners[place], true).expect("valid");
    }
    for (name, id) in [("base.user_root", SUPERUSER), ("base.user_admin", ADMIN)] {
        write::bind(tx, name, Model::User, id, true).expect("valid");
    }
    derived::recompute(tx, &partners).expect("the seed's partners are valid");
}

fn terms(tx: &mut Tx<'_>) {
    for (external_name, name) in TERMS {
        let external_id = format!("account.account_payment_term_{external_name}");
        let values = json!({"name": name, "note": format!("Payment terms: {name}")});
        make(tx, Model::Term, Some(&external_id), values);
    }
}

/// The rows of `res.users.apikeys`: what a key's user can read about it. The keys themselves are not stored there.
fn keys(tx: &mut Tx<'_>, options: &Options) {
    let keys = [(LIMITED, options.key_expires), (ADMIN, None)];
    let definition = Model::ApiKey.definition();
    for (user, expires) in keys {
        let mut row = blank(Model::ApiKey);
        row[definition.place("name")] = Value::text("connector");
        row[definition.place("user_id")] = Value::Ref(user);
        row[definition.place("scope")] = Value::text("rpc");
        row[definition.place("expiration_date")] = expires.map_or(Value::Empty, Value::Time);
        tx.insert(Model::ApiKey, row);
    }
}
