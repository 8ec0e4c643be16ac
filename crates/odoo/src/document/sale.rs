//! Sale orders.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::field::{ANALYTIC, FieldNames, Reader, existing, first};
use super::{FieldError, words};
use crate::Fields;
use crate::analytic::Distribution;
use crate::record::RecordId;

words! {
    /// Where a sale order stands.
    SaleState {
        /// A quotation.
        Draft = "draft",
        /// A quotation that was sent.
        Sent = "sent",
        /// Binding.
        Sale = "sale",
        /// Binding and locked, before 17.
        Done = "done",
        /// Cancelled, whatever was invoiced of it.
        Cancelled = "cancel",
    }
}

/// A sale order (`sale.order`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleOrder {
    /// Its id.
    pub id: RecordId,
    /// Its number (`S00001`).
    pub name: String,
    /// Where it stands.
    pub state: SaleState,
    /// The customer.
    pub customer: RecordId,
    /// Where goods go.
    pub shipping: Option<RecordId>,
    /// The customer's reference (`client_order_ref`).
    pub reference: Option<String>,
    /// The source document.
    pub origin: Option<String>,
    /// When it was ordered. Confirming sets it to the present.
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
    /// `no`, `to invoice`, `invoiced` or `upselling`.
    pub invoice_status: Option<String>,
    /// Its invoices and credit notes.
    pub invoices: Vec<RecordId>,
    /// When it was last written, in whole seconds.
    pub written: Timestamp,
    /// Its lines, by their ids.
    pub lines: Vec<SaleLine>,
}

/// A line of a sale order (`sale.order.line`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleLine {
    /// Its id.
    pub id: RecordId,
    /// The order.
    pub order: RecordId,
    /// `line_section` or `line_note`: a text among the lines. `None`: goods or a service.
    pub display_type: Option<String>,
    /// The product.
    pub product: Option<RecordId>,
    /// Its text.
    pub name: String,
    /// How much is ordered.
    pub quantity: Decimal,
    /// The price of one unit. Where another quantity is written without a price, it is the product's again.
    pub price: Decimal,
    /// The discount in percent.
    pub discount: Decimal,
    /// Quantity times price less discount, rounded to the currency.
    pub subtotal: Decimal,
    /// The taxes on it.
    pub taxes: Vec<RecordId>,
    /// Who bears it.
    pub analytic: Distribution,
    /// How much was invoiced, drafts included, less what was credited.
    pub invoiced: Decimal,
    /// How much is still to be invoiced.
    pub to_invoice: Decimal,
}

const ORDER: [&str; 12] = [
    "name",
    "state",
    "partner_id",
    "client_order_ref",
    "origin",
    "date_order",
    "currency_id",
    "company_id",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "write_date",
];
const ORDER_PERHAPS: [&str; 3] = ["partner_shipping_id", "invoice_status", "invoice_ids"];
const LINE: [&str; 10] = [
    "order_id",
    "display_type",
    "product_id",
    "name",
    "product_uom_qty",
    "price_unit",
    "discount",
    "price_subtotal",
    "qty_invoiced",
    "qty_to_invoice",
];
const TAXES: [&str; 2] = ["tax_ids", "tax_id"];

impl SaleOrder {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        existing(has, &ORDER, &ORDER_PERHAPS)
    }

    /// Reads a record; its lines are records of their own.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        Ok(Self {
            id: record.id()?,
            name: record.text("name")?.unwrap_or_default(),
            state: record.word("state")?,
            customer: record.required("partner_id")?,
            shipping: record.reference("partner_shipping_id")?,
            reference: record.text("client_order_ref")?,
            origin: record.text("origin")?,
            ordered: record.instant("date_order")?,
            currency: record.required("currency_id")?,
            company: record.required("company_id")?,
            untaxed: record.decimal("amount_untaxed")?,
            tax: record.decimal("amount_tax")?,
            total: record.decimal("amount_total")?,
            invoice_status: record.text("invoice_status")?,
            invoices: record.references("invoice_ids")?,
            written: record.written()?,
            lines: Vec::new(),
        })
    }
}

impl SaleLine {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        let mut fields = existing(has, &LINE, &ANALYTIC);
        fields.extend(first(has, &TAXES));
        fields
    }

    /// Reads a record.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        let taxes = TAXES.into_iter().find(|name| record.has(name));
        Ok(Self {
            id: record.id()?,
            order: record.required("order_id")?,
            display_type: record.text("display_type")?,
            product: record.reference("product_id")?,
            name: record.text("name")?.unwrap_or_default(),
            quantity: record.decimal("product_uom_qty")?,
            price: record.decimal("price_unit")?,
            discount: record.decimal("discount")?,
            subtotal: record.decimal("price_subtotal")?,
            taxes: record.references(taxes.unwrap_or_default())?,
            analytic: record.analytic()?,
            invoiced: record.decimal("qty_invoiced")?,
            to_invoice: record.decimal("qty_to_invoice")?,
        })
    }
}
