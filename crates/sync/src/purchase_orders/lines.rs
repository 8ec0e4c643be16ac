//! The lines of an order: the items', then shipping, tax and what rounding leaves.

use odoo::document::TECHNICAL_PRICE;
use rust_decimal::Decimal;
use servicetitan::record::{PurchaseOrder, PurchaseOrderItem};

use crate::content::Content;
use crate::directory::{Charge, CostField, Directory};
use crate::document;
use crate::flow::Flow;
use crate::items;
use crate::link::Name;
use crate::money::{Priced, are_countable, cents, priced, sum_in_odoo};
use crate::others::{key, target};
use crate::plain::{line, text_of_html};
use crate::plan::Subject;
use crate::record::Reason;
use crate::sighting::PartKey;
use crate::target::Target;

use super::{datetime, job, of_order, unit};

/// The lines of an order, and what they come to.
pub(super) struct Lines {
    pub(super) targets: Vec<Target>,
    pub(super) total: Decimal,
}

/// What all lines of an order have in common.
struct Common<'a> {
    document: &'a Name,
    part: &'a PartKey,
    directory: &'a Directory,
    needed_at: String,
    costs: Option<(String, String)>,
}

/// What the order comes to, by its own word or else by its parts.
pub(super) fn amount(order: &PurchaseOrder) -> Option<Decimal> {
    is_countable(order).then(|| {
        let lines = order.items.iter().map(|item| {
            let of_unit_cost = item.quantity.unwrap_or_default() * item.cost.unwrap_or_default();
            cents(item.total.unwrap_or(of_unit_cost))
        });
        let charges = [order.tax, order.shipping];
        let charges = charges.map(|amount| cents(amount.unwrap_or_default()));
        let counted = lines.chain(charges).sum();
        order.total.map_or(counted, cents)
    })
}

fn is_countable(order: &PurchaseOrder) -> bool {
    let items = order.items.iter();
    let of_items = items.flat_map(|item| [item.quantity, item.cost, item.total]);
    are_countable(of_items.chain([order.tax, order.shipping, order.total]))
}

pub(super) fn wanted(
    subject: &Subject<'_>,
    order: &PurchaseOrder,
    document: &Name,
    part: &PartKey,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<Lines, Reason> {
    if !is_countable(order) {
        return Err(too_large());
    }
    let common = Common {
        document,
        part,
        directory,
        needed_at: datetime(order.required_on.or(order.date).or(order.created_on)),
        costs: costs(subject, order, directory),
    };
    let mut targets = Vec::new();
    let (mut total, mut in_odoo) = (Decimal::ZERO, Vec::new());
    for (at, item) in order.items.iter().enumerate() {
        let sums = common.item(subject, at, item, warnings)?;
        total += sums.wanted;
        in_odoo.push(sums.in_odoo);
        targets.push(sums.line);
    }
    let rest = total - sum_in_odoo(&in_odoo, directory.adds_before_rounding());
    let charges = [
        (Charge::Shipping, cents(order.shipping.unwrap_or_default())),
        (Charge::Tax, cents(order.tax.unwrap_or_default())),
        (Charge::Rounding, rest),
    ];
    for (charge, amount) in charges {
        if charge != Charge::Rounding {
            total += amount;
        }
        if !amount.is_zero() {
            targets.push(common.charge(charge, amount)?);
        }
    }
    if !rest.is_zero() {
        warnings.push(format!(
            "Odoo's rounding leaves {rest:.2} over: it stands in a line of its own, so that the order comes to \
             ServiceTitan's total"
        ));
    }
    match order.total.map(cents) {
        Some(said) if said != total => Err(Reason {
            cause: "total-differs".to_owned(),
            what: format!(
                "ServiceTitan says that the purchase order comes to {said:.2}, but its lines, tax and shipping come to \
                 {total:.2}: {:.2} differ.",
                said - total
            ),
            advice: "Open the order in ServiceTitan, look at its lines, tax and shipping, and save it; the connector \
                     reads it again by itself."
                .to_owned(),
        }),
        _ => Ok(Lines { targets, total }),
    }
}

/// The column that says who bears the cost of the order's lines, and what it says: the unit and the job together.
///
/// An Odoo before 16 takes one account. That is the unit's: what the unit's purchases come to must not lack those for jobs,
/// and what a job costs is known in ServiceTitan as well. The job's stands in for a unit that the order does not name.
fn costs(
    subject: &Subject<'_>,
    order: &PurchaseOrder,
    directory: &Directory,
) -> Option<(String, String)> {
    let accounts = [unit(order), job(order)];
    let accounts = accounts
        .iter()
        .flatten()
        .filter_map(|key| target(subject, key));
    let costs = directory.order_line_costs();
    costs.column(CostField::ACCOUNT, accounts)
}

/// A line, and what it comes to on both sides.
struct Sums {
    line: Target,
    wanted: Decimal,
    in_odoo: Priced,
}

impl Common<'_> {
    fn item(
        &self,
        subject: &Subject<'_>,
        at: usize,
        item: &PurchaseOrderItem,
        warnings: &mut Vec<String>,
    ) -> Result<Sums, Reason> {
        let product = item
            .sku_id
            .and_then(|sku| target(subject, &key(Flow::Items, sku.0)));
        let Some(product) = product else {
            return Err(without_item(at, item));
        };
        let ordered = item.quantity.unwrap_or_default();
        let unit_cost = item.cost.unwrap_or_default();
        let of_unit_cost = cents(ordered * unit_cost);
        let wanted = item.total.map_or(of_unit_cost, cents);
        if wanted != of_unit_cost {
            warnings.push(format!(
                "line {}: ServiceTitan's total is {wanted:.2}, not quantity times cost ({of_unit_cost:.2}); the unit price in \
                 Odoo follows the total",
                at + 1
            ));
        }
        let quantity = self.directory.order_quantity(ordered);
        if quantity != ordered {
            warnings.push(format!(
                "line {}: Odoo keeps the quantity {} as {}; raise the decimal accuracy of \"Product Unit\" there to keep it",
                at + 1,
                ordered.normalize(),
                quantity.normalize()
            ));
        }
        let priced = priced(
            quantity,
            unit_cost,
            wanted,
            self.directory.order_price_digits(),
        );
        let described = [
            text_of_html(&item.description),
            line(item.sku_name.as_deref().unwrap_or_default()),
            line(item.sku_code.as_deref().unwrap_or_default()),
        ];
        let described = described.into_iter().find(|text| !text.is_empty());
        let sku = item.sku_id.map(|sku| key(Flow::Items, sku.0).link_name());
        let link = sku.and_then(|name| subject.others.get(&name)?.link.as_ref());
        let mut content = self.content(at, link.and_then(items::unit));
        content.set_id("product_id", Some(product.0));
        content.set(
            "name",
            described.unwrap_or_else(|| format!("Line {}", at + 1)),
        );
        content.set("product_qty", quantity.normalize().to_string());
        content.set("price_unit", priced.unit_price.normalize().to_string());
        Ok(Sums {
            line: of_order(self.document, self.part, &item.id.to_string(), content),
            wanted,
            in_odoo: priced,
        })
    }

    fn charge(&self, charge: Charge, amount: Decimal) -> Result<Target, Reason> {
        let product = self.directory.charge(charge)?;
        let mut content = self.content(document::CHARGES_AFTER + charge as usize, None);
        content.set_id("product_id", Some(product));
        content.set("name", charge.label());
        content.set("product_qty", "1");
        content.set("price_unit", amount.normalize().to_string());
        Ok(of_order(self.document, self.part, charge.as_str(), content))
    }

    /// What a line of any kind says; `unit`: that of its product, if it has one of its own.
    fn content(&self, at: usize, unit: Option<i64>) -> Content {
        let mut content = Content::new();
        content.set("sequence", (10 * (at + 1)).to_string());
        content.set("date_planned", self.needed_at.clone());
        // Empty: without it Odoo taxes a line as its product or vendor says.
        content.set_id(self.directory.order_line_taxes(), None);
        if let Some(each) = self.directory.each() {
            // Else a line whose product is another keeps the old one's unit.
            content.set_id(self.directory.order_line_unit(), Some(unit.unwrap_or(each)));
        }
        if let Some((column, accounts)) = &self.costs {
            content.set(column, accounts.clone());
        }
        if self.directory.holds_prices() {
            // Else Odoo puts the vendor's price in place of ours as soon as a quantity changes.
            let (field, value) = TECHNICAL_PRICE;
            content.set(field, value);
        }
        content
    }
}

fn too_large() -> Reason {
    Reason {
        cause: "amount-too-large".to_owned(),
        what: "A quantity or an amount of the purchase order is beyond a billion.".to_owned(),
        advice: "Correct it in ServiceTitan and save the order; it comes over by itself then."
            .to_owned(),
    }
}

fn without_item(at: usize, item: &PurchaseOrderItem) -> Reason {
    Reason {
        cause: "line-without-item".to_owned(),
        what: format!(
            "Line {} of the purchase order (id {}) names no item of the pricebook, and Odoo confirms no line without a \
             product.",
            at + 1,
            item.id
        ),
        advice: "Give the line an item in ServiceTitan and save the order; it comes over by itself then.".to_owned(),
    }
}
