//! Lines of purchase orders: what a product brings along, what they come to, what was received and billed of them.
//!
//! A line that is created without a tax takes the product's: send `tax_ids`, empty if there is none. A confirmed order
//! makes the vendor known to its products, and from then on a change of the quantity alone takes that vendor's price,
//! unless the line's price was changed before.

use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::analytic;
use super::bill_line;
use super::computed::{self, display_name};
use super::database::{Row, Tx};
use super::order::{self, Cause};
use super::read::raw;
use super::receipt;
use super::refusal::Refusal;
use super::schema::Model;
use super::tax::{self, Base};
use super::value::{Value, float, is_truthy, rounded, time_text};
use super::write::{self, Values};

const LINE: Model = Model::OrderLine;

/// `create`.
pub(super) fn create(tx: &mut Tx<'_>, vals_list: Vec<Values>) -> Result<Vec<Id>, Refusal> {
    access::check(tx, LINE, Operation::Create, &[])?;
    let mut ids = Vec::with_capacity(vals_list.len());
    for mut vals in vals_list {
        write::check_names(LINE, &vals)?;
        fill(tx, &mut vals);
        ids.extend(write::create_plain(tx, LINE, &[vals])?);
    }
    follow(tx, &ids, &[], &ids, true)?;
    Ok(ids)
}

/// What a product line says without saying it; a section has nothing of a product.
fn fill(tx: &Tx<'_>, vals: &mut Values) {
    if vals.get("display_type").is_some_and(is_truthy) {
        for name in ["product_id", "product_uom_id", "date_planned"] {
            vals.insert(name.to_owned(), json!(false));
        }
        vals.insert("price_unit".to_owned(), json!(0));
        return;
    }
    let of = |vals: &Values, name: &str| vals.get(name).and_then(Json::as_i64).map(Id);
    let order = of(vals, "order_id").and_then(|id| tx.row(Model::Order, id));
    let product = of(vals, "product_id").and_then(|id| tx.row(Model::Product, id));
    let (Some(order), Some(product)) = (order, product) else {
        return;
    };
    let of_product = |name: &str| {
        raw(
            tx,
            Model::Product,
            product,
            Model::Product.definition().place(name),
        )
    };
    let vendor = order.reference(Model::Order, "partner_id");
    let (price, discount) = price_of(tx, product, vendor);
    let uom = of_product("uom_id").as_ref_id();
    let taxes = of_product("supplier_taxes_id").as_many().to_vec();
    let date = match order.get(Model::Order, "date_order") {
        Value::Time(time) => json!(time_text(*time)),
        _ => json!(false),
    };
    if !["name", "price_unit", "discount", "date_planned"]
        .iter()
        .any(|name| vals.contains_key(*name))
    {
        vals.insert("discount".to_owned(), float(discount));
    }
    vals.entry("price_unit").or_insert_with(|| float(price));
    vals.entry("name")
        .or_insert_with(|| json!(description(tx, product)));
    vals.entry("product_qty").or_insert(json!(1.0));
    vals.entry("product_uom_id").or_insert(json!(uom));
    vals.entry("tax_ids").or_insert(json!([[6, 0, taxes]]));
    vals.entry("date_planned").or_insert(date);
    let spread = analytic::distribution(tx, Some(product.id()), vendor, None);
    vals.entry("analytic_distribution").or_insert(json!(spread));
    let price = vals["price_unit"].clone();
    if is_truthy(&price) {
        vals.entry("technical_price_unit").or_insert(price);
    }
}

fn description(tx: &Tx<'_>, product: &Row) -> String {
    let name = display_name(tx, Model::Product, product);
    let place = Model::Product.definition().place("description_purchase");
    match raw(tx, Model::Product, product, place).as_text() {
        Some(text) => format!("{name}\n{text}"),
        None => name,
    }
}

/// Price and discount of the vendor that is known for the product, else the product's cost; in cents.
fn price_of(tx: &Tx<'_>, product: &Row, vendor: Option<Id>) -> (Decimal, Decimal) {
    if let Some(row) = vendor.and_then(|vendor| seller(tx, product, vendor)) {
        let number = |name: &str| row.get(Model::Seller, name).as_number();
        return (rounded(number("price"), 2), number("discount"));
    }
    let cost = product.get(Model::Product, "standard_price").as_number();
    (rounded(cost, 2), Decimal::ZERO)
}

fn seller<'a>(tx: &'a Tx<'_>, product: &Row, vendor: Id) -> Option<&'a Row> {
    let company = |id: Id| {
        let row = tx.row(Model::Partner, id)?;
        row.reference(Model::Partner, "parent_id")
    };
    let vendors = [Some(vendor), company(vendor)];
    let template = product.reference(Model::Product, "product_tmpl_id")?;
    tx.db
        .pointing(Model::Seller, "product_tmpl_id", template)
        .filter_map(|id| tx.row(Model::Seller, id))
        .find(|row| vendors.contains(&row.reference(Model::Seller, "partner_id")))
}

/// `write`.
pub(super) fn write(tx: &mut Tx<'_>, ids: &[Id], vals: &Values) -> Result<(), Refusal> {
    let (mut before, mut quantities) = (Vec::new(), Vec::new());
    for id in ids {
        let row = tx.existing(LINE, *id)?;
        quantities.push(row.get(LINE, "product_qty").as_number());
        let wanted = vals.get("display_type");
        if wanted.is_some_and(|kind| kind.as_str() != row.text(LINE, "display_type")) {
            return Err(Refusal::user(
                "You cannot change the type of a purchase order line. Instead you should delete the current line and \
                 create a new line of the proper type.",
            ));
        }
        before.extend(row.reference(LINE, "order_id"));
    }
    write::write_plain(tx, LINE, ids, vals)?;
    for id in ids {
        if vals.contains_key("qty_received") {
            keep_manual_receipt(tx, *id)?;
        }
        let touched = ["product_qty", "product_uom_id"]
            .iter()
            .any(|n| vals.contains_key(*n));
        let priced = ["price_unit", "name", "discount", "date_planned"]
            .iter()
            .any(|name| vals.contains_key(*name));
        if touched && !priced {
            take_vendor_price(tx, *id)?;
        }
    }
    // Another product or unit alone moves no receipt.
    let mut recounted = Vec::new();
    for (id, quantity) in ids.iter().zip(quantities) {
        if tx.existing(LINE, *id)?.get(LINE, "product_qty").as_number() != quantity {
            recounted.push(*id);
        }
    }
    let dated = vals.contains_key("date_planned");
    follow(tx, ids, &before, &recounted, dated)
}

/// Orders follow a change of lines, and receipts one of their quantities; `before` are the orders that the lines came from.
fn follow(
    tx: &mut Tx<'_>,
    ids: &[Id],
    before: &[Id],
    recounted: &[Id],
    dated: bool,
) -> Result<(), Refusal> {
    let mut orders = before.to_vec();
    for id in ids {
        orders.extend(tx.existing(LINE, *id)?.reference(LINE, "order_id"));
    }
    orders.sort_unstable();
    orders.dedup();
    for order in orders {
        if order::state(tx, order) == "purchase" {
            let mut lines = order::lines(tx.db, order);
            lines.retain(|line| recounted.contains(line));
            tx.as_superuser(|tx| receipt::follow_lines(tx, order, lines))?;
        }
        order::settle(tx, &[order], Cause::Lines)?;
        if dated {
            order::plan(tx, order)?;
        }
    }
    Ok(())
}

/// Received by hand: only what no receipt counts.
fn keep_manual_receipt(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let row = tx.existing(LINE, id)?;
    let received = row.get(LINE, "qty_received").clone();
    if row.text(LINE, "qty_received_method") == Some("manual") {
        let place = LINE.definition().place("qty_received_manual");
        tx.update(LINE, id, vec![(place, received)])?;
    }
    Ok(())
}

/// Without a word on the price, another quantity of a product takes the price that the vendor is known to ask; but a
/// price that was changed since the line was made stays.
fn take_vendor_price(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let row = tx.existing(LINE, id)?;
    if row.get(LINE, "technical_price_unit") != row.get(LINE, "price_unit") {
        return Ok(());
    }
    let vendor = row
        .reference(LINE, "order_id")
        .and_then(|id| tx.row(Model::Order, id))
        .and_then(|row| row.reference(Model::Order, "partner_id"));
    let product = row
        .reference(LINE, "product_id")
        .and_then(|id| tx.row(Model::Product, id));
    let (Some(vendor), Some(product)) = (vendor, product) else {
        return Ok(());
    };
    if seller(tx, product, vendor).is_none() || is_billed(tx, id) {
        return Ok(());
    }
    let (price, discount) = price_of(tx, product, Some(vendor));
    let definition = LINE.definition();
    let changes = vec![
        (definition.place("price_unit"), Value::Number(price)),
        (
            definition.place("technical_price_unit"),
            Value::Number(price),
        ),
        (definition.place("discount"), Value::Number(discount)),
    ];
    tx.update(LINE, id, changes)
}

fn is_billed(tx: &Tx<'_>, line: Id) -> bool {
    let lines = tx.db.pointing(Model::MoveLine, "purchase_line_id", line);
    lines.count() > 0
}

/// Lines of confirmed orders stay.
pub(super) fn check_unlink(tx: &Tx<'_>, ids: &[Id]) -> Result<(), Refusal> {
    for id in ids {
        let Some(row) = tx.row(LINE, *id) else {
            continue;
        };
        let order = row.reference(LINE, "order_id").unwrap_or(Id(0));
        if order::state(tx, order) == "purchase" && !row.get(LINE, "display_type").is_set() {
            return Err(Refusal::user(
                "Cannot delete a purchase order line which is in state “Purchase Order”.",
            ));
        }
    }
    Ok(())
}

pub(super) fn any_without_product(tx: &Tx<'_>, lines: &[Id]) -> bool {
    lines.iter().filter_map(|id| tx.row(LINE, *id)).any(|row| {
        !row.get(LINE, "display_type").is_set()
            && !row.get(LINE, "is_downpayment").as_bool()
            && row.reference(LINE, "product_id").is_none()
    })
}

/// Confirming an order makes its vendor, with its prices, known to the products that did not know it.
pub(super) fn remember_vendor(tx: &mut Tx<'_>, order: Id) -> Result<(), Refusal> {
    let row = tx.existing(Model::Order, order)?;
    let Some(vendor) = row.reference(Model::Order, "partner_id") else {
        return Ok(());
    };
    let parent = tx.existing(Model::Partner, vendor)?;
    let company = parent
        .reference(Model::Partner, "parent_id")
        .unwrap_or(vendor);
    for line in order::lines(tx.db, order) {
        let row = tx.existing(LINE, line)?;
        let Some(product) = row
            .reference(LINE, "product_id")
            .and_then(|id| tx.row(Model::Product, id))
        else {
            continue;
        };
        if seller(tx, product, vendor).is_some() {
            continue;
        }
        let Some(template) = product.reference(Model::Product, "product_tmpl_id") else {
            continue;
        };
        let number = |name: &str| float(row.get(LINE, name).as_number());
        let vals = json!({
            "partner_id": company, "product_tmpl_id": template, "min_qty": 1, "delay": 0,
            "price": number("price_unit"), "discount": number("discount"),
            "product_uom_id": row.reference(LINE, "product_uom_id"),
        });
        let vals = vals.as_object().cloned().unwrap_or_default();
        tx.as_superuser(|tx| write::create_plain(tx, Model::Seller, &[vals]))?;
    }
    Ok(())
}

/// The line as far as money goes.
pub(super) fn base(tx: &Tx<'_>, row: &Row) -> Base {
    let number = |name: &str| row.get(LINE, name).as_number();
    Base {
        quantity: number("product_qty"),
        price: number("price_unit"),
        discount: number("discount"),
        taxes: tax::taxes(tx, row.get(LINE, "tax_ids").as_many()),
    }
}

/// Brings the stored amounts and quantities of a line up to date.
pub(super) fn settle(tx: &mut Tx<'_>, id: Id) -> Result<(), Refusal> {
    let row = tx.existing(LINE, id)?;
    let settled = &tax::settle(&[base(tx, row)], tax::per_line(tx))[0];
    let subtotal = settled.subtotal + settled.delta;
    let ordered = row.get(LINE, "product_qty").as_number();
    let method = received_method(tx, row);
    let received = match method {
        Some("stock_moves") => receipt::received(tx, id),
        _ => row.get(LINE, "qty_received_manual").as_number(),
    };
    let billed = bill_line::billed(tx, id);
    let confirmed = row
        .reference(LINE, "order_id")
        .is_some_and(|order| order::state(tx, order) == "purchase");
    let to_bill = match bills_as_ordered(tx, row) {
        _ if !confirmed => Decimal::ZERO,
        true => ordered - billed,
        false => received - billed,
    };
    let wanted = [
        ("price_subtotal", Value::Number(subtotal)),
        ("price_tax", Value::Number(settled.tax())),
        ("price_total", Value::Number(subtotal + settled.tax())),
        (
            "product_uom_qty",
            Value::Number(in_product_units(tx, row, ordered)),
        ),
        (
            "qty_received_method",
            method.map_or(Value::Empty, Value::text),
        ),
        ("qty_received", Value::Number(received)),
        ("qty_invoiced", Value::Number(billed)),
        ("qty_to_invoice", Value::Number(to_bill)),
    ];
    tx.store(LINE, id, wanted)
}

fn of_product(tx: &Tx<'_>, line: &Row, name: &str) -> Value {
    line.reference(LINE, "product_id")
        .and_then(|id| tx.row(Model::Product, id))
        .map_or(Value::Empty, |row| {
            raw(
                tx,
                Model::Product,
                row,
                Model::Product.definition().place(name),
            )
        })
}

/// Goods are counted by their receipts, services by hand.
fn received_method(tx: &Tx<'_>, line: &Row) -> Option<&'static str> {
    match of_product(tx, line, "type").as_text() {
        Some("consu") => Some("stock_moves"),
        Some("service") => Some("manual"),
        _ => None,
    }
}

fn bills_as_ordered(tx: &Tx<'_>, line: &Row) -> bool {
    of_product(tx, line, "purchase_method").as_text() == Some("purchase")
}

/// A quantity of the line, in the product's unit.
pub(super) fn in_product_units(tx: &Tx<'_>, line: &Row, quantity: Decimal) -> Decimal {
    let own = line.reference(LINE, "product_uom_id");
    let product = of_product(tx, line, "uom_id").as_ref_id();
    computed::converted(tx, quantity, own, product)
}

/// A quantity in the product's unit, in the line's.
pub(super) fn in_own_units(tx: &Tx<'_>, line: &Row, quantity: Decimal) -> Decimal {
    let own = line.reference(LINE, "product_uom_id");
    let product = of_product(tx, line, "uom_id").as_ref_id();
    computed::converted(tx, quantity, product, own)
}
