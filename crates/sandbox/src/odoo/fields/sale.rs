//! Fields of sale orders and of their lines.

use super::catalog::{DISCOUNT, QUANTITY};
use super::{company, computed, currency, field, kept, preset, required};
use crate::odoo::schema::{Field, Kind, Model, Preset};

const STATES: &[(&str, &str)] = &[
    ("draft", "Quotation"),
    ("sent", "Quotation Sent"),
    ("sale", "Sales Order"),
    ("cancel", "Cancelled"),
];
const INVOICING: &[(&str, &str)] = &[
    ("upselling", "Upselling Opportunity"),
    ("invoiced", "Fully Invoiced"),
    ("to invoice", "To Invoice"),
    ("no", "Nothing to Invoice"),
];
const LINE_TYPES: &[(&str, &str)] = &[
    ("line_section", "Section"),
    ("line_subsection", "Subsection"),
    ("line_note", "Note"),
];

pub(super) fn of(model: Model) -> Vec<Field> {
    match model {
        Model::SaleOrder => order(),
        _ => line(),
    }
}

fn order() -> Vec<Field> {
    use Kind::{Bool, Char, Datetime, Html, Int, Many2many, Many2one, Money, One2many, Selection};
    let partner = Many2one(Model::Partner);
    vec![
        required(field("name", "Order Reference", Char)),
        required(field("partner_id", "Customer", partner)),
        required(field("partner_invoice_id", "Invoice Address", partner)),
        required(field("partner_shipping_id", "Delivery Address", partner)),
        preset(
            field("state", "Status", Selection(STATES)),
            Preset::Text("draft"),
        ),
        required(field("date_order", "Order Date", Datetime)),
        field("client_order_ref", "Customer Reference", Char),
        field("origin", "Source Document", Char),
        field(
            "order_line",
            "Order Lines",
            One2many(Model::SaleLine, "order_id"),
        ),
        kept("amount_untaxed", "Untaxed Amount", Money),
        kept("amount_tax", "Taxes", Money),
        kept("amount_total", "Total", Money),
        computed("invoice_status", "Invoice Status", Selection(INVOICING)),
        computed("invoice_ids", "Invoices", Many2many(Model::Move)),
        computed("invoice_count", "Invoice Count", Int),
        currency(),
        required(company()),
        field("user_id", "Salesperson", Many2one(Model::User)),
        field("payment_term_id", "Payment Terms", Many2one(Model::Term)),
        field("note", "Terms and conditions", Html),
        field("locked", "Locked", Bool),
        field("commitment_date", "Delivery Date", Datetime),
        field("project_id", "Project", Many2one(Model::Project)),
    ]
}

fn line() -> Vec<Field> {
    use Kind::{Bool, Int, Json, Many2many, Many2one, Money, Price, Selection, Text};
    vec![
        required(field(
            "order_id",
            "Order Reference",
            Many2one(Model::SaleOrder),
        )),
        required(field("name", "Description", Text)),
        preset(field("sequence", "Sequence", Int), Preset::Int(10)),
        field("display_type", "Display Type", Selection(LINE_TYPES)),
        field("product_id", "Product", Many2one(Model::Product)),
        required(preset(
            field("product_uom_qty", "Quantity", QUANTITY),
            Preset::Int(1),
        )),
        field("product_uom_id", "Unit", Many2one(Model::Uom)),
        required(field("price_unit", "Unit Price", Price)),
        field("discount", "Discount (%)", DISCOUNT),
        field("tax_ids", "Taxes", Many2many(Model::Tax)),
        kept("price_subtotal", "Subtotal", Money),
        kept("price_total", "Total", Money),
        computed("qty_invoiced", "Invoiced Quantity", QUANTITY),
        computed("qty_to_invoice", "Quantity To Invoice", QUANTITY),
        field("qty_delivered", "Delivery Quantity", QUANTITY),
        computed("invoice_lines", "Invoice Lines", Many2many(Model::MoveLine)),
        computed("invoice_status", "Invoice Status", Selection(INVOICING)),
        computed("state", "Order Status", Selection(STATES)),
        field("analytic_distribution", "Analytic Distribution", Json),
        field("is_downpayment", "Is a down payment", Bool),
        field("task_id", "Generated Task", Many2one(Model::Task)),
    ]
}
