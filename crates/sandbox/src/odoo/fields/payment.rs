//! Fields of payments, of the methods of payment that journals have, and of what was reconciled with what.

use super::{company, computed, currency, field, kept, preset, required};
use crate::odoo::schema::{Field, Kind, Model, Preset};

const STATES: &[(&str, &str)] = &[
    ("draft", "Draft"),
    ("in_process", "In Process"),
    ("paid", "Paid"),
    ("canceled", "Canceled"),
    ("rejected", "Rejected"),
];
const DIRECTIONS: &[(&str, &str)] = &[("outbound", "Send"), ("inbound", "Receive")];
const PARTNERS: &[(&str, &str)] = &[("customer", "Customer"), ("supplier", "Vendor")];

pub(super) fn of(model: Model) -> Vec<Field> {
    match model {
        Model::Payment => payment(),
        Model::MethodLine => method(),
        Model::Partial => partial(),
        _ => vec![kept("name", "Number", Kind::Char)],
    }
}

fn payment() -> Vec<Field> {
    use Kind::{Bool, Char, Date, Int, Many2many, Many2one, Money, Selection};
    let account = Many2one(Model::Account);
    let entries = Many2many(Model::Move);
    vec![
        kept("name", "Number", Char),
        required(field("date", "Date", Date)),
        field("move_id", "Journal Entry", Many2one(Model::Move)),
        required(field("journal_id", "Journal", Many2one(Model::Journal))),
        required(company()),
        required(preset(
            field("state", "State", Selection(STATES)),
            Preset::Text("draft"),
        )),
        kept("is_reconciled", "Is Reconciled", Bool),
        kept("is_matched", "Is Matched With a Bank Statement", Bool),
        kept("is_sent", "Is Sent", Bool),
        field(
            "payment_method_line_id",
            "Payment Method",
            Many2one(Model::MethodLine),
        ),
        field("amount", "Amount", Money),
        computed("amount_signed", "Amount Signed", Money),
        required(preset(
            field("payment_type", "Payment Type", Selection(DIRECTIONS)),
            Preset::Text("inbound"),
        )),
        required(preset(
            field("partner_type", "Partner Type", Selection(PARTNERS)),
            Preset::Text("customer"),
        )),
        field("memo", "Memo", Char),
        field("payment_reference", "Payment Reference", Char),
        currency(),
        field("partner_id", "Customer/Vendor", Many2one(Model::Partner)),
        field("outstanding_account_id", "Outstanding Account", account),
        field("destination_account_id", "Destination Account", account),
        field("invoice_ids", "Invoices", entries),
        computed("reconciled_invoice_ids", "Reconciled Invoices", entries),
        computed("reconciled_invoices_count", "# Reconciled Invoices", Int),
        computed("reconciled_bill_ids", "Reconciled Bills", entries),
        computed("reconciled_bills_count", "# Reconciled Bills", Int),
    ]
}

fn method() -> Vec<Field> {
    use Kind::{Char, Int, Many2one, Selection};
    vec![
        field("name", "Name", Char),
        preset(field("sequence", "Sequence", Int), Preset::Int(10)),
        field(
            "payment_account_id",
            "Payment Account",
            Many2one(Model::Account),
        ),
        field("journal_id", "Journal", Many2one(Model::Journal)),
        kept("code", "Code", Char),
        kept("payment_type", "Payment Type", Selection(DIRECTIONS)),
        computed("company_id", "Company", Many2one(Model::Company)),
    ]
}

fn partial() -> Vec<Field> {
    use Kind::{Date, Many2one, Money};
    let line = Many2one(Model::MoveLine);
    vec![
        required(field("debit_move_id", "Debit Move", line)),
        required(field("credit_move_id", "Credit Move", line)),
        field("full_reconcile_id", "Full Reconcile", Many2one(Model::Full)),
        field("amount", "Amount", Money),
        field("debit_amount_currency", "Debit Amount Currency", Money),
        field("credit_amount_currency", "Credit Amount Currency", Money),
        company(),
        kept("max_date", "Max Date of Matched Lines", Date),
    ]
}
