//! Products and the templates that they are built upon.
//!
//! A `product.product` has a few fields of its own and shows its template's other fields as if they were its own:
//! creating one creates a template, writing one writes the template. Taxes that nobody named are the company's default
//! ones, which is how a tax gets onto a purchase that had none.

use serde_json::json;

use super::Id;
use super::access::{self, Operation};
use super::database::{Row, Tx};
use super::refusal::Refusal;
use super::schema::{Model, Source};
use super::value::{Value, is_truthy};
use super::write::{self, Values};

const PRODUCT: Model = Model::Product;
const TEMPLATE: Model = Model::Template;
/// What a template passes on to its only product.
const OF_THE_VARIANT: [&str; 3] = ["default_code", "barcode", "standard_price"];

/// `create` of products.
pub(super) fn create(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    access::check(tx, PRODUCT, Operation::Create, &[])?;
    let mut ids = Vec::with_capacity(vals_list.len());
    for vals in vals_list {
        write::check_names(PRODUCT, &vals)?;
        let (mut own, shared) = split(vals);
        let given = own.get("product_tmpl_id").filter(|id| is_truthy(id));
        let template = match given.and_then(serde_json::Value::as_i64) {
            Some(template) => {
                if !shared.is_empty() {
                    write_templates(tx, &[Id(template)], shared)?;
                }
                Id(template)
            }
            None => create_template(tx, shared)?,
        };
        own.insert("product_tmpl_id".to_owned(), json!(template));
        ids.extend(write::create_plain(tx, PRODUCT, &[own])?);
    }
    Ok(ids)
}

/// `create` of templates: each with the one product that a template without attributes has.
pub(super) fn create_templates(
    tx: &mut Tx<'_>,
    vals_list: Vec<Values>,
) -> Result<Vec<Id>, Refusal> {
    let mut ids = Vec::with_capacity(vals_list.len());
    for mut vals in vals_list {
        let mut own = Values::new();
        for name in OF_THE_VARIANT {
            own.extend(vals.remove_entry(name));
        }
        if let Some(active) = vals.get("active") {
            own.insert("active".to_owned(), active.clone());
        }
        let id = create_template(tx, vals)?;
        own.insert("product_tmpl_id".to_owned(), json!(id));
        write::create_plain(tx, PRODUCT, &[own])?;
        ids.push(id);
    }
    Ok(ids)
}

fn create_template(tx: &mut Tx<'_>, mut vals: Values) -> Result<Id, Refusal> {
    let company = tx.db.rows(Model::Company).next();
    for (taxes, default) in [
        ("taxes_id", "account_sale_tax_id"),
        ("supplier_taxes_id", "account_purchase_tax_id"),
    ] {
        let tax = company.and_then(|row| row.reference(Model::Company, default));
        vals.entry(taxes)
            .or_insert_with(|| tax.map_or(json!([]), |tax| json!([[6, 0, [tax]]])));
    }
    let kind = vals.get("type").cloned();
    vals.entry("purchase_method")
        .or_insert_with(|| method_of(kind.as_ref().and_then(|kind| kind.as_str())));
    let ids = write::create_plain(tx, TEMPLATE, &[vals])?;
    untrack_services(tx, &ids)?;
    Ok(ids[0])
}

/// Services are billed as ordered, goods as received.
fn method_of(kind: Option<&str>) -> serde_json::Value {
    match kind {
        Some("service") => json!("purchase"),
        _ => json!("receive"),
    }
}

/// Only goods are kept in stock.
fn untrack_services(tx: &mut Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    let place = TEMPLATE.definition().place("is_storable");
    for id in ids {
        let row = tx.existing(TEMPLATE, *id)?;
        if row.text(TEMPLATE, "type") != Some("consu") && row.values[place].as_bool() {
            tx.update(TEMPLATE, *id, vec![(place, Value::Bool(false))])?;
        }
    }
    Ok(())
}

/// `write` of products: what belongs to the templates is written there.
pub(super) fn write(tx: &mut Tx<'_>, ids: &[Id], vals: Values) -> Result<(), Refusal> {
    write::check_names(PRODUCT, &vals)?;
    let (own, shared) = split(vals);
    if !shared.is_empty() {
        let templates = templates_of(tx, ids)?;
        write_templates(tx, &templates, shared)?;
    }
    write::write_plain(tx, PRODUCT, ids, &own)
}

/// `write` of templates.
pub(super) fn write_templates(
    tx: &mut Tx<'_>,
    ids: &[Id],
    mut vals: Values,
) -> Result<(), Refusal> {
    write::check_names(TEMPLATE, &vals)?;
    let mut own = Values::new();
    for name in OF_THE_VARIANT {
        own.extend(vals.remove_entry(name));
    }
    if vals.get("active").is_some_and(|active| !is_truthy(active)) {
        own.insert("active".to_owned(), json!(false));
    }
    if let Some(kind) = vals
        .get("type")
        .filter(|_| !vals.contains_key("purchase_method"))
    {
        let method = method_of(kind.as_str());
        vals.insert("purchase_method".to_owned(), method);
    }
    write::write_plain(tx, TEMPLATE, ids, &vals)?;
    untrack_services(tx, ids)?;
    if !own.is_empty() {
        for id in ids {
            let variants: Vec<Id> = tx.db.pointing(PRODUCT, "product_tmpl_id", *id).collect();
            // Of several products, none is meant by a code or a cost; all go into the archive.
            let own = match variants.as_slice() {
                [_] => own.clone(),
                _ => own
                    .iter()
                    .filter(|(name, _)| *name == "active")
                    .map(owned)
                    .collect(),
            };
            if !own.is_empty() {
                write::write_plain(tx, PRODUCT, &variants, &own)?;
            }
        }
    }
    Ok(())
}

fn owned((name, value): (&String, &serde_json::Value)) -> (String, serde_json::Value) {
    (name.clone(), value.clone())
}

/// The product's own values, and those of its template.
fn split(vals: Values) -> (Values, Values) {
    let definition = PRODUCT.definition();
    let (mut own, mut shared) = (Values::new(), Values::new());
    for (name, value) in vals {
        let source = definition
            .find(&name)
            .map(|place| definition.at(place).source);
        match (source, name.as_str()) {
            (_, "lst_price") => shared.insert("list_price".to_owned(), value),
            (Some(Source::Inherited), _) => shared.insert(name, value),
            _ => own.insert(name, value),
        };
    }
    (own, shared)
}

fn templates_of(tx: &Tx<'_>, ids: &[Id]) -> Result<Vec<Id>, Refusal> {
    let mut templates = Vec::with_capacity(ids.len());
    for id in ids {
        let row = tx.existing(PRODUCT, *id)?;
        templates.extend(row.reference(PRODUCT, "product_tmpl_id"));
    }
    Ok(templates)
}

/// A template goes into the archive with its last product, and comes out with the first.
pub(super) fn after_archiving(tx: &mut Tx<'_>, ids: &[Id], active: bool) -> Result<(), Refusal> {
    for template in templates_of(tx, ids)? {
        let others_active = variants(tx, template).any(|row| row.get(PRODUCT, "active").as_bool());
        let row = tx.existing(TEMPLATE, template)?;
        if row.get(TEMPLATE, "active").as_bool() != active && others_active == active {
            let vals = Values::from_iter([("active".to_owned(), json!(active))]);
            write_templates(tx, &[template], vals)?;
        }
    }
    Ok(())
}

fn variants<'a>(tx: &'a Tx<'_>, template: Id) -> impl Iterator<Item = &'a Row> {
    tx.db
        .pointing(PRODUCT, "product_tmpl_id", template)
        .filter_map(|id| tx.row(PRODUCT, id))
}

/// What goes with these records: the products of a template, the templates that lose their last product.
pub(super) fn companions(tx: &Tx<'_>, model: Model, ids: &[Id]) -> Vec<(Model, Id)> {
    match model {
        Model::Template => ids
            .iter()
            .flat_map(|id| tx.db.pointing(PRODUCT, "product_tmpl_id", *id))
            .map(|id| (PRODUCT, id))
            .collect(),
        Model::Product => templates_of(tx, ids)
            .unwrap_or_default()
            .into_iter()
            .filter(|template| variants(tx, *template).all(|row| ids.contains(&row.id())))
            .map(|id| (TEMPLATE, id))
            .collect(),
        _ => Vec::new(),
    }
}
