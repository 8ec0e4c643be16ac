//! Items of the pricebook -> `product.product`: materials and equipment are goods, services are services.
//!
//! No tax comes with a product: what a line is taxed with is said on the line. A product that somebody gives taxes or
//! accounts in Odoo keeps them; its category too, unless one of the item's categories is mapped (the first that is).

use servicetitan::record::Item;

use crate::content::Content;
use crate::directory::Directory;
use crate::filing::RowKind;
use crate::flow::Flow;
use crate::link::Link;
use crate::mapping::MappingKind;
use crate::plain::{line, text_of_html};
use crate::plan::{Plan, Subject};
use crate::record::Reason;
use crate::single;

const FLOW: Flow = Flow::Items;

/// The field of a product that holds its unit of measure.
const UNIT: &str = "uom_id";

/// Odoo's unit of measure of an item that was brought there, as far as we said one.
pub(crate) fn unit(link: &Link) -> Option<i64> {
    link.base.get(&format!("{UNIT}/.id"))?.parse().ok()
}

/// What has to happen so that Odoo holds this item as ServiceTitan has it.
pub(crate) fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    let mut warnings = Vec::new();
    let wanted = wanted(subject, directory, &mut warnings);
    single::plan(FLOW, subject, wanted, warnings)
}

fn wanted(
    subject: &Subject<'_>,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<(Content, bool), Reason> {
    let item: Item = single::read(FLOW, subject)?;
    let kind = RowKind::of(&single::row(FLOW, subject)?.key);
    let (code, description) = (line(&item.code), text_of_html(&item.description));
    let first_line = description.lines().next().map(line);
    let names = [
        item.display_name.as_deref().map(line),
        first_line,
        Some(code.clone()),
    ];
    let Some(name) = names.into_iter().flatten().find(|name| !name.is_empty()) else {
        return Err(single::nameless(FLOW, subject));
    };
    let mut content = Content::new();
    content.set("name", name);
    content.set("default_code", code);
    let is_service = kind == Some(RowKind::Service);
    content.set("type", if is_service { "service" } else { "consu" });
    content.set_flag("purchase_ok", true);
    content.set_flag("sale_ok", true);
    content.set("description_purchase", description);
    if let Some(cost) = item.cost {
        content.set("standard_price", cost.normalize().to_string());
    }
    if let Some(price) = item.price {
        content.set("list_price", price.normalize().to_string());
    }
    let unit = item.unit_of_measure.as_deref().unwrap_or_default();
    if let Some(unit) = directory.unit_of_measure(unit, warnings) {
        content.set_id(UNIT, Some(unit));
    }
    let mut categories = item.categories.iter().map(ToString::to_string);
    let mapped = |id: String| directory.mapped(MappingKind::ItemCategory, &id);
    if let Some(category) = categories.find_map(mapped) {
        content.set_id("categ_id", Some(category));
    }
    // Sent although they are empty: without them Odoo gives a new product the company's default taxes.
    content.set("taxes_id/.id", "");
    content.set("supplier_taxes_id/.id", "");
    Ok((content, item.active))
}
