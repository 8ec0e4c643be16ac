//! Purchase orders.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::field::{ANALYTIC, FieldNames, Reader, existing, first};
use super::{FieldError, words};
use crate::Fields;
use crate::analytic::Distribution;
use crate::record::RecordId;

words! {
    /// Where an order stands.
    OrderState {
        /// A request for quotation.
        Draft = "draft",
        /// A request that was sent to the vendor.
        Sent = "sent",
        /// Confirmed by one, waiting for the approval of another.
        ToApprove = "to approve",
        /// Binding.
        Purchase = "purchase",
        /// Locked (until 18; later a binding order has a flag of its own).
        Done = "done",
        /// Cancelled.
        Cancelled = "cancel",
    }
}

/// A line's field, and a value for it, that keep the line's price what it was said to be.
///
/// Odoo 19 puts the vendor's own price on a line (that of the first order that was confirmed, as a rule)
/// whenever the order's vendor or the line's quantity or unit are written, an identical resend by `load`
/// included, as long as this field equals the price. Where it differs, a person is taken to have set the
/// price. Nothing else reads it. Older versions do not have it: see
/// [`Client::first_field`](crate::Client::first_field).
pub const TECHNICAL_PRICE: (&str, &str) = ("technical_price_unit", "-0.000001");

/// A purchase order (`purchase.order`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: RecordId,
    /// Its number (`P00001`).
    pub name: String,
    /// Where it stands.
    pub state: OrderState,
    /// Whether it is locked: it cannot be cancelled before it is unlocked.
    pub locked: bool,
    /// The vendor.
    pub vendor: RecordId,
    /// The vendor's reference (`partner_ref`).
    pub vendor_ref: Option<String>,
    /// The source document.
    pub origin: Option<String>,
    /// When it was ordered.
    pub ordered: Option<Timestamp>,
    /// The currency of all amounts.
    pub currency: RecordId,
    /// The company.
    pub company: RecordId,
    /// The sum of its lines, before tax.
    pub untaxed: Decimal,
    /// Its tax.
    pub tax: Decimal,
    /// Both together.
    pub total: Decimal,
    /// `no`, `to invoice` or `invoiced`.
    pub invoice_status: Option<String>,
    /// `pending`, `partial` or `full`; `None` before it is binding, and before 16.
    pub receipt_status: Option<String>,
    /// Its transfers, returns included; empty where stock is not installed.
    pub transfers: Vec<RecordId>,
    /// Its bills and credit notes.
    pub bills: Vec<RecordId>,
    /// When it was last written, in whole seconds. A receipt does not count.
    pub written: Timestamp,
    /// Its lines, by their ids.
    pub lines: Vec<OrderLine>,
}

/// A line of an order (`purchase.order.line`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    /// Its id.
    pub id: RecordId,
    /// The order.
    pub order: RecordId,
    /// `line_section` or `line_note`: a text among the lines. `None`: goods or a service.
    pub display_type: Option<String>,
    /// Its place among the lines.
    pub sequence: i64,
    /// The product.
    pub product: Option<RecordId>,
    /// Its text.
    pub name: String,
    /// How much is ordered.
    pub quantity: Decimal,
    /// The unit of measure.
    pub unit: Option<RecordId>,
    /// The price of one unit.
    pub price: Decimal,
    /// The discount in percent; zero where the version has none.
    pub discount: Decimal,
    /// Quantity times price less discount, rounded to the currency.
    pub subtotal: Decimal,
    /// The taxes on it.
    pub taxes: Vec<RecordId>,
    /// Who bears the cost.
    pub analytic: Distribution,
    /// How much was received.
    pub received: Decimal,
    /// How much was billed, less what was credited.
    pub billed: Decimal,
    /// When it should arrive.
    pub planned: Option<Timestamp>,
}

const ORDER: [&str; 12] = [
    "name",
    "state",
    "partner_id",
    "partner_ref",
    "origin",
    "date_order",
    "currency_id",
    "company_id",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "write_date",
];
const ORDER_PERHAPS: [&str; 5] = [
    "locked",
    "invoice_status",
    "receipt_status",
    "picking_ids",
    "invoice_ids",
];
const LINE: [&str; 11] = [
    "order_id",
    "display_type",
    "sequence",
    "product_id",
    "name",
    "product_qty",
    "price_unit",
    "price_subtotal",
    "qty_received",
    "qty_invoiced",
    "date_planned",
];
const UNIT: [&str; 2] = ["product_uom_id", "product_uom"];
const TAXES: [&str; 2] = ["tax_ids", "taxes_id"];

impl Order {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        existing(has, &ORDER, &ORDER_PERHAPS)
    }

    /// Reads a record; its lines are records of their own.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        let state = record.word("state")?;
        let locked = if record.has("locked") {
            record.flag("locked")?
        } else {
            state == OrderState::Done
        };
        Ok(Self {
            id: record.id()?,
            name: record.text("name")?.unwrap_or_default(),
            state,
            locked,
            vendor: record.required("partner_id")?,
            vendor_ref: record.text("partner_ref")?,
            origin: record.text("origin")?,
            ordered: record.instant("date_order")?,
            currency: record.required("currency_id")?,
            company: record.required("company_id")?,
            untaxed: record.decimal("amount_untaxed")?,
            tax: record.decimal("amount_tax")?,
            total: record.decimal("amount_total")?,
            invoice_status: record.text("invoice_status")?,
            receipt_status: record.text("receipt_status")?,
            transfers: record.references("picking_ids")?,
            bills: record.references("invoice_ids")?,
            written: record.written()?,
            lines: Vec::new(),
        })
    }
}

impl OrderLine {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        let mut fields = existing(has, &LINE, &ANALYTIC);
        fields.extend(existing(has, &[], &["discount"]));
        fields.extend(first(has, &UNIT));
        fields.extend(first(has, &TAXES));
        fields
    }

    /// Reads a record.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        let either = |names: [&'static str; 2]| names.into_iter().find(|name| record.has(name));
        Ok(Self {
            id: record.id()?,
            order: record.required("order_id")?,
            display_type: record.text("display_type")?,
            sequence: record.whole("sequence")?,
            product: record.reference("product_id")?,
            name: record.text("name")?.unwrap_or_default(),
            quantity: record.decimal("product_qty")?,
            unit: record.reference(either(UNIT).unwrap_or_default())?,
            price: record.decimal("price_unit")?,
            discount: record.decimal_or_zero("discount")?,
            subtotal: record.decimal("price_subtotal")?,
            taxes: record.references(either(TAXES).unwrap_or_default())?,
            analytic: record.analytic()?,
            received: record.decimal("qty_received")?,
            billed: record.decimal("qty_invoiced")?,
            planned: record.instant("date_planned")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn names(names: &[&str]) -> FieldNames {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn record(value: Value) -> Fields {
        match value {
            Value::Object(fields) => fields,
            _ => unreachable!("an object was written"),
        }
    }

    #[test]
    fn only_what_the_server_has_is_asked_for() {
        let old = OrderLine::fields(&names(&["taxes_id", "product_uom", "account_analytic_id"]));
        assert_eq!(
            old[LINE.len()..],
            ["account_analytic_id", "product_uom", "taxes_id"]
        );
        let new = OrderLine::fields(&names(&[
            "tax_ids",
            "taxes_id",
            "product_uom_id",
            "discount",
            "analytic_distribution",
        ]));
        assert_eq!(
            new[LINE.len()..],
            [
                "analytic_distribution",
                "discount",
                "product_uom_id",
                "tax_ids"
            ]
        );
        assert_eq!(Order::fields(&names(&[])), ORDER);
    }

    #[test]
    fn a_line_of_odoo_14_is_read_as_well() {
        let line = OrderLine::read(&record(json!({
            "id": 7, "order_id": [3, "P00003"], "display_type": false, "sequence": 10,
            "product_id": [4, "Pipe"], "name": "Pipe", "product_qty": 3.0, "product_uom": [1, "Units"],
            "price_unit": 0.1, "price_subtotal": 0.3, "taxes_id": [2], "account_analytic_id": [5, "Unit"],
            "qty_received": 0.0, "qty_invoiced": 0.0, "date_planned": "2026-11-20 10:00:00"
        })))
        .unwrap();
        assert_eq!(line.order, RecordId(3));
        assert_eq!(line.unit, Some(RecordId(1)));
        assert_eq!(line.taxes, [RecordId(2)]);
        assert_eq!(line.analytic, Distribution::whole([RecordId(5)]));
        assert_eq!(line.price, Decimal::new(1, 1));
        assert_eq!((line.display_type, line.discount), (None, Decimal::ZERO));
    }

    #[test]
    fn a_state_that_is_not_known_stays_readable() {
        let state = OrderState::from("to approve");
        assert_eq!(
            (&state, state.as_str()),
            (&OrderState::ToApprove, "to approve")
        );
        let custom = OrderState::from("x_checked");
        assert_eq!(custom, OrderState::Other("x_checked".to_owned()));
        assert_eq!(custom.as_str(), "x_checked");
    }
}
