//! Fields of bills and other journal entries, of their lines, and of what they leave on analytic accounts.

use super::catalog::{DISCOUNT, QUANTITY};
use super::{company, computed, currency, field, kept, preset, required};
use crate::odoo::schema::{Field, Kind, Model, Preset};

const STATES: &[(&str, &str)] = &[
    ("draft", "Draft"),
    ("posted", "Posted"),
    ("cancel", "Cancelled"),
];
const MOVE_TYPES: &[(&str, &str)] = &[
    ("entry", "Journal Entry"),
    ("out_invoice", "Customer Invoice"),
    ("out_refund", "Customer Credit Note"),
    ("in_invoice", "Vendor Bill"),
    ("in_refund", "Vendor Credit Note"),
    ("out_receipt", "Sales Receipt"),
    ("in_receipt", "Purchase Receipt"),
];
const PAYMENT_STATES: &[(&str, &str)] = &[
    ("not_paid", "Not Paid"),
    ("in_payment", "In Payment"),
    ("paid", "Paid"),
    ("partial", "Partially Paid"),
    ("reversed", "Reversed"),
    ("blocked", "Blocked"),
    ("invoicing_legacy", "Invoicing App Legacy"),
];
const LINE_TYPES: &[(&str, &str)] = &[
    ("product", "Product"),
    ("tax", "Tax"),
    ("payment_term", "Payment Term"),
    ("line_section", "Section"),
    ("line_subsection", "Subsection"),
    ("line_note", "Note"),
];
const CATEGORIES: &[(&str, &str)] = &[
    ("other", "Other"),
    ("invoice", "Customer Invoice"),
    ("vendor_bill", "Vendor Bill"),
];

/// Plans that can have a column on analytic lines; the first plan's column is `account_id`.
pub(in crate::odoo) const PLANS_MAX: i64 = 40;

pub(super) fn of(model: Model) -> Vec<Field> {
    match model {
        Model::Move => entry(),
        Model::MoveLine => line(),
        _ => analytic_line(),
    }
}

fn entry() -> Vec<Field> {
    use Kind::{Bool, Char, Date, Int, Many2many, Many2one, Money, One2many, Selection};
    let lines = One2many(Model::MoveLine, "move_id");
    vec![
        field("name", "Number", Char),
        field("ref", "Reference", Char),
        required(field("date", "Date", Date)),
        required(preset(
            field("state", "Status", Selection(STATES)),
            Preset::Text("draft"),
        )),
        required(preset(
            field("move_type", "Type", Selection(MOVE_TYPES)),
            Preset::Text("entry"),
        )),
        required(field("journal_id", "Journal", Many2one(Model::Journal))),
        company(),
        field("line_ids", "Journal Items", lines),
        field("invoice_line_ids", "Invoice lines", lines),
        field("partner_id", "Partner", Many2one(Model::Partner)),
        computed(
            "commercial_partner_id",
            "Commercial Entity",
            Many2one(Model::Partner),
        ),
        field("invoice_date", "Invoice/Bill Date", Date),
        field("invoice_date_due", "Due Date", Date),
        field("invoice_origin", "Origin", Char),
        field(
            "invoice_payment_term_id",
            "Payment Terms",
            Many2one(Model::Term),
        ),
        field("invoice_user_id", "Salesperson", Many2one(Model::User)),
        field("payment_reference", "Payment Reference", Char),
        field(
            "partner_shipping_id",
            "Delivery Address",
            Many2one(Model::Partner),
        ),
        field("reversed_entry_id", "Reversal of", Many2one(Model::Move)),
        kept("origin_payment_id", "Payment", Many2one(Model::Payment)),
        computed("payment_ids", "Payments", Many2many(Model::Payment)),
        computed(
            "matched_payment_ids",
            "Matched Payments",
            Many2many(Model::Payment),
        ),
        computed(
            "reconciled_payment_ids",
            "Reconciled Payments",
            Many2many(Model::Payment),
        ),
        field("narration", "Terms and Conditions", Kind::Html),
        required(currency()),
        kept("amount_untaxed", "Untaxed Amount", Money),
        kept("amount_tax", "Tax", Money),
        kept("amount_total", "Total", Money),
        kept("amount_residual", "Amount Due", Money),
        computed("amount_untaxed_signed", "Untaxed Amount Signed", Money),
        computed("amount_tax_signed", "Tax Signed", Money),
        computed("amount_total_signed", "Total Signed", Money),
        computed("amount_residual_signed", "Amount Due Signed", Money),
        kept("payment_state", "Payment Status", Selection(PAYMENT_STATES)),
        kept("posted_before", "Posted Before", Bool),
        computed(
            "duplicated_ref_ids",
            "Duplicated Reference",
            Many2many(Model::Move),
        ),
        computed("purchase_order_count", "Purchase Order Count", Int),
    ]
}

fn line() -> Vec<Field> {
    use Kind::{
        Bool, Char, Date, Int, Json, Many2many, Many2one, Money, One2many, Price, Selection,
    };
    vec![
        required(field("move_id", "Journal Entry", Many2one(Model::Move))),
        computed("move_name", "Number", Char),
        computed("parent_state", "Status", Selection(STATES)),
        computed("move_type", "Type", Selection(MOVE_TYPES)),
        computed("date", "Date", Date),
        computed("invoice_date", "Invoice/Bill Date", Date),
        computed("ref", "Reference", Char),
        computed("journal_id", "Journal", Many2one(Model::Journal)),
        computed("company_id", "Company", Many2one(Model::Company)),
        preset(field("sequence", "Sequence", Int), Preset::Int(100)),
        field("account_id", "Account", Many2one(Model::Account)),
        computed("account_type", "Internal Type", Char),
        field("name", "Label", Char),
        field("display_type", "Display Type", Selection(LINE_TYPES)),
        field("product_id", "Product", Many2one(Model::Product)),
        field("product_uom_id", "Unit", Many2one(Model::Uom)),
        field("quantity", "Quantity", QUANTITY),
        field("price_unit", "Unit Price", Price),
        field("discount", "Discount (%)", DISCOUNT),
        field("tax_ids", "Taxes", Many2many(Model::Tax)),
        kept("tax_line_id", "Originator Tax", Many2one(Model::Tax)),
        kept("price_subtotal", "Subtotal", Money),
        kept("price_total", "Total", Money),
        field("debit", "Debit", Money),
        field("credit", "Credit", Money),
        field("balance", "Balance", Money),
        field("amount_currency", "Amount in Currency", Money),
        field("currency_id", "Currency", Many2one(Model::Currency)),
        field("partner_id", "Partner", Many2one(Model::Partner)),
        field("date_maturity", "Due Date", Date),
        kept("amount_residual", "Residual Amount", Money),
        kept(
            "amount_residual_currency",
            "Residual Amount in Currency",
            Money,
        ),
        kept("reconciled", "Reconciled", Bool),
        kept("matching_number", "Matching #", Char),
        kept("full_reconcile_id", "Matching", Many2one(Model::Full)),
        field(
            "matched_debit_ids",
            "Matched Debits",
            One2many(Model::Partial, "credit_move_id"),
        ),
        field(
            "matched_credit_ids",
            "Matched Credits",
            One2many(Model::Partial, "debit_move_id"),
        ),
        field("analytic_distribution", "Analytic Distribution", Json),
        field(
            "analytic_line_ids",
            "Analytic lines",
            One2many(Model::AnalyticLine, "move_line_id"),
        ),
        field(
            "purchase_line_id",
            "Purchase Order Line",
            Many2one(Model::OrderLine),
        ),
        field(
            "sale_line_ids",
            "Sales Order Lines",
            Many2many(Model::SaleLine),
        ),
        computed(
            "purchase_order_id",
            "Purchase Order",
            Many2one(Model::Order),
        ),
        field("is_downpayment", "Is Downpayment", Bool),
    ]
}

fn analytic_line() -> Vec<Field> {
    use Kind::{Char, Date, Many2one, Money, Selection};
    let mut fields = vec![
        required(field("name", "Description", Char)),
        required(field("date", "Date", Date)),
        required(field("amount", "Amount", Money)),
        field("unit_amount", "Quantity", QUANTITY),
        field("product_id", "Product", Many2one(Model::Product)),
        field("product_uom_id", "Unit", Many2one(Model::Uom)),
        field("partner_id", "Partner", Many2one(Model::Partner)),
        field("user_id", "User", Many2one(Model::User)),
        company(),
        field(
            "general_account_id",
            "Financial Account",
            Many2one(Model::Account),
        ),
        field("move_line_id", "Journal Item", Many2one(Model::MoveLine)),
        field("ref", "Ref.", Char),
        preset(
            field("category", "Category", Selection(CATEGORIES)),
            Preset::Text("other"),
        ),
        field("account_id", "Project Account", Many2one(Model::Analytic)),
    ];
    // A plan's column comes into being with the plan; until then it is hidden (`computed::exists`).
    fields.extend((2..=PLANS_MAX).map(|plan| {
        let name: &'static str = Box::leak(format!("x_plan{plan}_id").into_boxed_str());
        field(name, "Analytic Plan", Many2one(Model::Analytic))
    }));
    fields
}
