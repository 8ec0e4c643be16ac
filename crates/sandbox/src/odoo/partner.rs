//! What `res.partner` does beyond storing values: names, addresses and commercial fields flow through the hierarchy.
//!
//! A contact (`type` = `contact`) shares its parent's address: it takes the parent's when it is attached, and gives its
//! own to a parent that has none or when it changes. Tax id, registry number and payment terms belong to the
//! commercial entity (the nearest company above, or the root) and are copied to all below. Every such copy is a write:
//! it bumps `write_date` of a record that nobody named in the call.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Id;
use super::access;
use super::database::{ADMIN, Row, Tx};
use super::derived::{recompute, take_language, take_salesperson};
use super::read;
use super::refusal::{Kind, Refusal};
use super::schema::Model;
use super::value::{Value, is_truthy};
use super::write::{self, Values};

const PARTNER: Model = Model::Partner;
const ADDRESS: [&str; 6] = ["street", "street2", "zip", "city", "state_id", "country_id"];
const COMMERCIAL: [&str; 4] = [
    "vat",
    "company_registry",
    "property_payment_term_id",
    "property_supplier_payment_term_id",
];
const SYNCED_COMMERCIAL: [&str; 1] = ["vat"];

/// `create`, as a client calls it.
pub(super) fn create(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    let (ids, vals_list) = create_unsynced(tx, vals_list)?;
    for (id, vals) in ids.iter().zip(&vals_list) {
        let mut vals = vals.clone();
        for (name, value) in [("type", json!("contact")), ("active", json!(true))] {
            vals.entry(name).or_insert(value);
        }
        sync_fields(tx, *id, &vals)?;
    }
    Ok(ids)
}

/// `create`, as `load` calls it: what parents give to their new contacts is written once per family.
pub(super) fn load_create(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    let (ids, vals_list) = create_unsynced(tx, vals_list)?;
    let mut families: BTreeMap<(Option<Id>, Option<Id>), Vec<Id>> = BTreeMap::new();
    for (id, vals) in ids.iter().zip(&vals_list) {
        let row = tx.existing(PARTNER, *id)?;
        let commercial = row
            .reference(PARTNER, "commercial_partner_id")
            .filter(|c| c != id && vals.get("parent_id").is_some_and(is_truthy));
        let address = row
            .reference(PARTNER, "parent_id")
            .filter(|_| row.text(PARTNER, "type") == Some("contact"));
        families.entry((commercial, address)).or_default().push(*id);
    }
    for ((commercial, address), children) in families {
        let mut given = Values::new();
        if let Some(row) = commercial.and_then(|id| tx.row(PARTNER, id)) {
            given.extend(values_of(row, &COMMERCIAL));
        }
        if let Some(row) = address.and_then(|id| tx.row(PARTNER, id)) {
            given.extend(set_values_of(row, &ADDRESS));
        }
        if !given.is_empty() {
            tx.as_superuser(|tx| write(tx, &children, given))?;
        }
    }
    for (id, vals) in ids.iter().zip(&vals_list) {
        sync_children(tx, *id, vals)?;
        hand_up_first_address(tx, *id)?;
    }
    Ok(ids)
}

fn create_unsynced(
    tx: &mut Tx<'_>,
    mut vals_list: Vec<Values>,
) -> Result<(Vec<Id>, Vec<Values>), Refusal> {
    for vals in &mut vals_list {
        // Of a person, the salesperson is taken from the parent, which is noticed when there is none; of a company, the
        // database's foreign key speaks.
        let is_company = vals.get("is_company").is_some_and(is_truthy)
            || vals
                .get("company_type")
                .is_some_and(|kind| kind == "company");
        if !is_company || parent_exists(tx, vals) {
            check_parent(tx, vals)?;
        }
        clean(vals);
    }
    let ids = write::create_plain(tx, PARTNER, &vals_list)?;
    recompute(tx, &ids)?;
    for (id, vals) in ids.iter().zip(&vals_list) {
        if !vals.contains_key("lang") {
            take_language(tx, *id)?;
        }
        take_salesperson(tx, *id)?;
    }
    Ok((ids, vals_list))
}

/// A parent that does not exist is noticed before the database can speak of a foreign key.
fn check_parent(tx: &mut Tx<'_>, vals: &Values) -> Result<(), Refusal> {
    match vals.get("parent_id").and_then(Json::as_i64) {
        Some(parent) if parent != 0 => readable(tx, Id(parent)),
        _ => Ok(()),
    }
}

fn parent_exists(tx: &Tx<'_>, vals: &Values) -> bool {
    let parent = vals.get("parent_id").and_then(Json::as_i64);
    parent.is_some_and(|id| tx.row(PARTNER, Id(id)).is_some())
}

/// Whether the partner exists and the user may read it.
fn readable(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    tx.existing(PARTNER, id)?;
    access::check(tx, PARTNER, access::Operation::Read, &[id])
}

/// `write`.
pub(super) fn write(tx: &mut Tx<'_>, ids: &[Id], mut vals: Values) -> Result<(), Refusal> {
    let definition = PARTNER.definition();
    if let Some(unknown) = vals.keys().find(|name| definition.find(name).is_none()) {
        return Err(Refusal::new(
            Kind::Python("builtins.KeyError"),
            unknown.clone(),
        ));
    }
    check_parent(tx, &vals)?;
    if vals.get("active") == Some(&Json::Bool(false)) {
        refuse_for_users(tx, ids, "archive", "archive contacts")?;
    }
    clean(&mut vals);
    let before: Vec<Row> = ids
        .iter()
        .map(|id| {
            // Odoo compares the values before and after, so a write reads first.
            readable(tx, *id)?;
            tx.existing(PARTNER, *id).cloned()
        })
        .collect::<Result<_, _>>()?;
    if let Some(company) = vals.get("company_id") {
        for id in ids {
            let children: Vec<Id> = tx.db.pointing(PARTNER, "parent_id", *id).collect();
            let company = Values::from_iter([("company_id".to_owned(), company.clone())]);
            write(tx, &children, company)?;
        }
    }
    write::write_plain(tx, PARTNER, ids, &vals)?;
    recompute(tx, ids)?;
    if vals.contains_key("parent_id") {
        for id in ids {
            if !vals.contains_key("lang") {
                take_language(tx, *id)?;
            }
            take_salesperson(tx, *id)?;
        }
    }
    for (id, before) in ids.iter().zip(before) {
        readable(tx, *id)?;
        let Some(row) = tx.row(PARTNER, *id) else {
            continue;
        };
        let mut changed = Values::new();
        for (name, value) in &vals {
            let place = definition.place(name);
            // `is_company` is written apart, before the rest, and takes no part in what flows through the hierarchy.
            if name != "is_company" && row.values[place] != before.values[place] {
                changed.insert(name.clone(), value.clone());
            }
        }
        if !changed.is_empty() {
            sync_fields(tx, *id, &changed)?;
        }
    }
    Ok(())
}

fn clean(vals: &mut Values) {
    if let Some(Json::String(website)) = vals.get_mut("website")
        && !website.is_empty()
        && !website.contains("://")
    {
        *website = format!("http://{}", website.trim_start_matches("//"));
    }
    if vals.get("parent_id").is_some_and(is_truthy) {
        vals.insert("company_name".to_owned(), json!(false));
    }
}

/// Values of fields as `write` takes them, empty ones as `false`.
fn values_of(row: &Row, names: &[&str]) -> Values {
    names
        .iter()
        .map(|name| ((*name).to_owned(), given(row.get(PARTNER, name))))
        .collect()
}

/// A stored value as `write` takes it.
pub(super) fn given(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(&**text),
        Value::Ref(id) => json!(id),
        Value::Int(n) => json!(n),
        Value::Number(n) => super::value::float(*n),
        Value::Json(json) => (**json).clone(),
        Value::Bool(yes) => json!(yes),
        Value::Empty | Value::Many(_) | Value::Time(_) => json!(false),
    }
}

fn set_values_of(row: &Row, names: &[&str]) -> Values {
    let mut values = values_of(row, names);
    values.retain(|_, value| is_truthy(value));
    values
}

/// The whole address, or nothing if no part of it is set.
fn address_of(row: &Row) -> Values {
    if ADDRESS.iter().any(|name| row.get(PARTNER, name).is_set()) {
        values_of(row, &ADDRESS)
    } else {
        Values::new()
    }
}

/// Writes the address part of `vals` without any further flow.
fn update_address(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    let address: Values = vals
        .iter()
        .filter(|(name, _)| ADDRESS.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if address.is_empty() {
        return Ok(());
    }
    write::write_plain(tx, PARTNER, ids, &address)
}

/// Values that were written flow from the parent, to the parent, to the children, in this order.
fn sync_fields(tx: &mut Tx<'_>, id: Id, vals: &Values) -> Result<(), Refusal> {
    let parent_given = vals.get("parent_id").is_some_and(is_truthy);
    if parent_given || vals.get("type").is_some_and(|t| t == "contact") {
        if parent_given {
            tx.as_superuser(|tx| sync_from_commercial(tx, id))?;
        }
        if let Some(parent) = contact_parent(tx, id)
            && let Some(row) = tx.row(PARTNER, parent)
        {
            let address = address_of(row);
            update_address(tx, &[id], &address)?;
        }
    }
    sync_to_parent(tx, id, vals)?;
    sync_children(tx, id, vals)
}

/// The parent of a partner of type `contact`.
fn contact_parent(tx: &Tx<'_>, id: Id) -> Option<Id> {
    let row = tx.row(PARTNER, id)?;
    let parent = row.reference(PARTNER, "parent_id")?;
    (row.text(PARTNER, "type") == Some("contact")).then_some(parent)
}

fn differs(tx: &Tx<'_>, a: Id, b: Id, names: &[&str]) -> bool {
    match (tx.row(PARTNER, a), tx.row(PARTNER, b)) {
        (Some(a), Some(b)) => names
            .iter()
            .any(|name| a.get(PARTNER, name) != b.get(PARTNER, name)),
        _ => false,
    }
}

fn sync_to_parent(tx: &mut Tx<'_>, id: Id, vals: &Values) -> Result<(), Refusal> {
    let touches = |names: &[&str]| {
        vals.contains_key("parent_id") || names.iter().any(|n| vals.contains_key(*n))
    };
    if let Some(parent) = contact_parent(tx, id)
        && touches(&ADDRESS)
        && differs(tx, id, parent, &ADDRESS)
    {
        let address = address_of(tx.existing(PARTNER, id)?);
        write(tx, &[parent], address)?;
    }
    let row = tx.existing(PARTNER, id)?;
    let parent = row
        .reference(PARTNER, "parent_id")
        .filter(|_| row.reference(PARTNER, "commercial_partner_id") != Some(id));
    if let Some(parent) = parent
        && touches(&SYNCED_COMMERCIAL)
        && differs(tx, id, parent, &SYNCED_COMMERCIAL)
    {
        let values = set_values_of(tx.existing(PARTNER, id)?, &SYNCED_COMMERCIAL);
        write(tx, &[parent], values)?;
    }
    Ok(())
}

fn sync_from_commercial(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let commercial = tx
        .existing(PARTNER, id)?
        .reference(PARTNER, "commercial_partner_id");
    let Some(commercial) = commercial.filter(|c| *c != id) else {
        return Ok(());
    };
    let values = set_values_of(tx.existing(PARTNER, commercial)?, &COMMERCIAL);
    // Never without a write: a real partner also has accounts, which are always set.
    write(tx, &[id], values)?;
    sync_to_descendants(tx, id, &COMMERCIAL)
}

fn sync_to_descendants(tx: &mut Tx<'_>, id: Id, names: &[&str]) -> Result<(), Refusal> {
    let commercial = tx
        .existing(PARTNER, id)?
        .reference(PARTNER, "commercial_partner_id")
        .unwrap_or(id);
    let values = values_of(tx.existing(PARTNER, commercial)?, names);
    let children: Vec<Id> = child_ids(tx, id)
        .into_iter()
        .filter(|child| {
            tx.row(PARTNER, *child)
                .is_some_and(|row| !row.get(PARTNER, "is_company").is_set())
        })
        .collect();
    for child in &children {
        sync_to_descendants(tx, *child, names)?;
    }
    write(tx, &children, values)
}

/// The visible, active children.
fn child_ids(tx: &Tx<'_>, id: Id) -> Vec<Id> {
    let Some(row) = tx.row(PARTNER, id) else {
        return Vec::new();
    };
    let place = PARTNER.definition().place("child_ids");
    read::raw(tx, PARTNER, row, place).as_many().to_vec()
}

fn sync_children(tx: &mut Tx<'_>, id: Id, vals: &Values) -> Result<(), Refusal> {
    let children = child_ids(tx, id);
    if children.is_empty() {
        return Ok(());
    }
    let row = tx.existing(PARTNER, id)?;
    if row.reference(PARTNER, "commercial_partner_id") == Some(id) {
        let names: Vec<&str> = COMMERCIAL
            .into_iter()
            .filter(|name| vals.contains_key(*name))
            .collect();
        tx.as_superuser(|tx| sync_to_descendants(tx, id, &names))?;
    }
    if ADDRESS.iter().any(|name| vals.contains_key(*name)) {
        let contacts: Vec<Id> = children
            .into_iter()
            .filter(|child| contact_parent(tx, *child) == Some(id))
            .collect();
        update_address(tx, &contacts, vals)?;
    }
    Ok(())
}

/// The first contact of a company without an address: its address is taken to be the company's.
fn hand_up_first_address(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let row = tx.existing(PARTNER, id)?;
    let Some(parent) = row.reference(PARTNER, "parent_id") else {
        return Ok(());
    };
    let own = address_of(row);
    let above = tx.existing(PARTNER, parent)?;
    let is_root = above.get(PARTNER, "is_company").is_set()
        || above.reference(PARTNER, "parent_id").is_none();
    let above_has_none = address_of(above).is_empty();
    if is_root && above_has_none && !own.is_empty() && child_ids(tx, parent).len() == 1 {
        update_address(tx, &[parent], &own)?;
    }
    Ok(())
}

/// Partners that stand behind a user cannot be deleted.
pub(super) fn check_unlink(tx: &Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    refuse_for_users(tx, ids, "delete", "delete contacts")
}

fn refuse_for_users(tx: &Tx<'_>, ids: &[Id], verb: &str, what: &str) -> Result<(), Refusal> {
    let names: Vec<&str> = ids
        .iter()
        .flat_map(|id| tx.db.pointing(Model::User, "partner_id", *id))
        .filter_map(|id| tx.row(Model::User, id))
        .filter(|user| user.get(Model::User, "active").is_set())
        .filter_map(|user| user.text(Model::User, "name"))
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let linked = names.join(", ");
    if tx.env.user == ADMIN || access::may(tx, Model::User, access::Operation::Write) {
        let advice = match verb {
            "delete" => "You should rather archive them after archiving their associated user.",
            _ => "You first need to archive their associated user.",
        };
        return Err(Refusal::new(
            Kind::Redirect,
            format!(
                "You cannot {what} linked to an active user.\n{advice}\n\nLinked active users : {linked}"
            ),
        ));
    }
    Err(Refusal::validation(format!(
        "You cannot {what} linked to an active user.\nAsk an administrator to archive their associated user \
         first.\n\nLinked active users :\n{linked}"
    )))
}
