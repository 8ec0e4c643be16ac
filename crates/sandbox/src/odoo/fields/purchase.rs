//! Fields of purchase orders and their lines.

use super::catalog::{DISCOUNT, QUANTITY};
use super::{company, computed, field, kept, preset, required};
use crate::odoo::schema::{Field, Kind, Model, Preset};

pub(super) const PRIORITIES: &[(&str, &str)] = &[("0", "Normal"), ("1", "Urgent")];
const ORDER_STATES: &[(&str, &str)] = &[
    ("draft", "RFQ"),
    ("sent", "RFQ Sent"),
    ("to approve", "To Approve"),
    ("purchase", "Purchase Order"),
    ("cancel", "Cancelled"),
];
const BILLING: &[(&str, &str)] = &[
    ("no", "Nothing to Bill"),
    ("to invoice", "Waiting Bills"),
    ("invoiced", "Fully Billed"),
];
const RECEIPTS: &[(&str, &str)] = &[
    ("pending", "Not Received"),
    ("partial", "Partially Received"),
    ("full", "Fully Received"),
];
const SECTIONS: &[(&str, &str)] = &[
    ("line_section", "Section"),
    ("line_subsection", "Subsection"),
    ("line_note", "Note"),
];
const METHODS: &[(&str, &str)] = &[("manual", "Manual"), ("stock_moves", "Stock Moves")];

pub(super) fn of(model: Model) -> Vec<Field> {
    match model {
        Model::Order => order(),
        _ => line(),
    }
}

fn order() -> Vec<Field> {
    use Kind::{Bool, Char, Datetime, Int, Many2many, Many2one, Money, One2many, Selection};
    vec![
        required(field("name", "Order Reference", Char)),
        preset(
            field("priority", "Priority", Selection(PRIORITIES)),
            Preset::Text("0"),
        ),
        field("origin", "Source", Char),
        field("partner_ref", "Vendor Reference", Char),
        required(field("date_order", "Order Deadline", Datetime)),
        field("date_approve", "Confirmation Date", Datetime),
        required(field("partner_id", "Vendor", Many2one(Model::Partner))),
        field(
            "dest_address_id",
            "Dropship Address",
            Many2one(Model::Partner),
        ),
        required(field("currency_id", "Currency", Many2one(Model::Currency))),
        preset(
            field("state", "Status", Selection(ORDER_STATES)),
            Preset::Text("draft"),
        ),
        field("locked", "Locked", Bool),
        field("acknowledged", "Acknowledged", Bool),
        field("note", "Terms and Conditions", Kind::Html),
        field(
            "order_line",
            "Order Lines",
            One2many(Model::OrderLine, "order_id"),
        ),
        computed("invoice_count", "Bill Count", Int),
        computed("invoice_ids", "Bills", Many2many(Model::Move)),
        kept("invoice_status", "Billing Status", Selection(BILLING)),
        field("date_planned", "Expected Arrival", Datetime),
        kept("amount_untaxed", "Untaxed Amount", Money),
        kept("amount_tax", "Taxes", Money),
        kept("amount_total", "Total", Money),
        field("payment_term_id", "Payment Terms", Many2one(Model::Term)),
        field("user_id", "Buyer", Many2one(Model::User)),
        required(company()),
        required(field(
            "picking_type_id",
            "Deliver To",
            Many2one(Model::PickingType),
        )),
        computed("picking_ids", "Receptions", Many2many(Model::Picking)),
        computed("incoming_picking_count", "Incoming Shipment count", Int),
        computed("is_shipped", "Is Shipped", Bool),
        kept("receipt_status", "Receipt Status", Selection(RECEIPTS)),
        kept("effective_date", "Arrival", Datetime),
    ]
}

fn line() -> Vec<Field> {
    use Kind::{
        Bool, Datetime, Int, Json, Many2many, Many2one, Money, One2many, Price, Selection, Text,
    };
    vec![
        required(field("name", "Description", Text)),
        preset(field("sequence", "Sequence", Int), Preset::Int(10)),
        required(field("product_qty", "Quantity", QUANTITY)),
        kept("product_uom_qty", "Total Quantity", QUANTITY),
        field("date_planned", "Expected Arrival", Datetime),
        field("discount", "Discount (%)", DISCOUNT),
        field("tax_ids", "Taxes", Many2many(Model::Tax)),
        field("product_uom_id", "Unit", Many2one(Model::Uom)),
        field("product_id", "Product", Many2one(Model::Product)),
        required(field("price_unit", "Unit Price", Price)),
        field("technical_price_unit", "Technical Price Unit", Price),
        kept("price_subtotal", "Subtotal", Money),
        kept("price_total", "Total", Money),
        kept("price_tax", "Tax", Money),
        required(field("order_id", "Order Reference", Many2one(Model::Order))),
        computed("company_id", "Company", Many2one(Model::Company)),
        computed("state", "Status", Selection(ORDER_STATES)),
        computed("partner_id", "Partner", Many2one(Model::Partner)),
        computed("currency_id", "Currency", Many2one(Model::Currency)),
        computed("date_order", "Order Date", Datetime),
        computed("date_approve", "Confirmation Date", Datetime),
        field(
            "invoice_lines",
            "Bill Lines",
            One2many(Model::MoveLine, "purchase_line_id"),
        ),
        field(
            "move_ids",
            "Reservation",
            One2many(Model::StockMove, "purchase_line_id"),
        ),
        kept("qty_invoiced", "Billed Qty", QUANTITY),
        kept(
            "qty_received_method",
            "Received Qty Method",
            Selection(METHODS),
        ),
        field("qty_received", "Received Qty", QUANTITY),
        field("qty_received_manual", "Manual Received Qty", QUANTITY),
        kept("qty_to_invoice", "To Invoice Quantity", QUANTITY),
        field("display_type", "Display Type", Selection(SECTIONS)),
        field("is_downpayment", "Is Downpayment", Bool),
        field("analytic_distribution", "Analytic Distribution", Json),
    ]
}
