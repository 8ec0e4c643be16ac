//! Fields of the ledger's own records: accounts, taxes, journals, analytic plans and accounts.

use super::{active, company, computed, field, kept, per_company, preset, required};
use crate::odoo::schema::{Field, Kind, Model, Preset};

const ACCOUNT_TYPES: &[(&str, &str)] = &[
    ("asset_receivable", "Receivable"),
    ("asset_cash", "Bank and Cash"),
    ("asset_current", "Current Assets"),
    ("asset_non_current", "Non-current Assets"),
    ("asset_prepayments", "Prepayments"),
    ("asset_fixed", "Fixed Assets"),
    ("liability_payable", "Payable"),
    ("liability_credit_card", "Credit Card"),
    ("liability_current", "Current Liabilities"),
    ("liability_non_current", "Non-current Liabilities"),
    ("equity", "Equity"),
    ("equity_unaffected", "Current Year Earnings"),
    ("income", "Income"),
    ("income_other", "Other Income"),
    ("expense", "Expenses"),
    ("expense_other", "Other Expenses"),
    ("expense_depreciation", "Depreciation"),
    ("expense_direct_cost", "Cost of Revenue"),
    ("off_balance", "Off-Balance Sheet"),
];
const TAX_USES: &[(&str, &str)] = &[
    ("sale", "Sales"),
    ("purchase", "Purchases"),
    ("none", "None"),
];
const TAX_COMPUTATIONS: &[(&str, &str)] = &[
    ("group", "Group of Taxes"),
    ("fixed", "Fixed"),
    ("percent", "Percentage"),
    ("division", "Percentage Tax Included"),
];
const JOURNAL_TYPES: &[(&str, &str)] = &[
    ("sale", "Sales"),
    ("purchase", "Purchase"),
    ("cash", "Cash"),
    ("bank", "Bank"),
    ("credit", "Credit Card"),
    ("general", "Miscellaneous"),
];
const APPLICABILITIES: &[(&str, &str)] = &[
    ("optional", "Optional"),
    ("mandatory", "Mandatory"),
    ("unavailable", "Unavailable"),
];

pub(super) fn of(model: Model) -> Vec<Field> {
    match model {
        Model::Plan | Model::Analytic => analytic(model),
        Model::Distribution => distribution(),
        Model::Account => account(),
        Model::Tax => tax(),
        Model::Journal => journal(),
        _ => Vec::new(),
    }
}

fn analytic(model: Model) -> Vec<Field> {
    use Kind::{Char, Int, Many2one, One2many, Selection, Text};
    if model == Model::Plan {
        return vec![
            required(field("name", "Name", Char)),
            field("description", "Description", Text),
            field("parent_id", "Parent", Many2one(Model::Plan)),
            computed("root_id", "Root", Many2one(Model::Plan)),
            field(
                "children_ids",
                "Childrens",
                One2many(Model::Plan, "parent_id"),
            ),
            kept("complete_name", "Complete Name", Char),
            field(
                "account_ids",
                "Accounts",
                One2many(Model::Analytic, "plan_id"),
            ),
            computed("account_count", "Analytic Accounts Count", Int),
            preset(field("color", "Color", Int), Preset::Int(1)),
            preset(field("sequence", "Sequence", Int), Preset::Int(10)),
            preset(
                per_company(field(
                    "default_applicability",
                    "Default Applicability",
                    Selection(APPLICABILITIES),
                )),
                Preset::Text("optional"),
            ),
        ];
    }
    vec![
        required(field("name", "Analytic Account", Char)),
        field("code", "Reference", Char),
        active(),
        required(field("plan_id", "Plan", Many2one(Model::Plan))),
        computed("root_plan_id", "Root Plan", Many2one(Model::Plan)),
        company(),
        field("partner_id", "Customer", Many2one(Model::Partner)),
        computed("currency_id", "Currency", Many2one(Model::Currency)),
    ]
}

fn distribution() -> Vec<Field> {
    use Kind::{Int, Json, Many2one};
    vec![
        preset(field("sequence", "Sequence", Int), Preset::Int(10)),
        field("partner_id", "Partner", Many2one(Model::Partner)),
        field("product_id", "Product", Many2one(Model::Product)),
        field(
            "product_categ_id",
            "Product Category",
            Many2one(Model::ProductCategory),
        ),
        company(),
        field("analytic_distribution", "Analytic Distribution", Json),
    ]
}

fn account() -> Vec<Field> {
    use Kind::{Bool, Char, Many2many, Many2one, Selection, Text};
    vec![
        required(field("name", "Account Name", Char)),
        field("code", "Code", Char),
        active(),
        required(field("account_type", "Type", Selection(ACCOUNT_TYPES))),
        field("reconcile", "Allow Reconciliation", Bool),
        field("currency_id", "Account Currency", Many2one(Model::Currency)),
        field("tax_ids", "Default Taxes", Many2many(Model::Tax)),
        field("note", "Internal Notes", Text),
        field("company_ids", "Companies", Many2many(Model::Company)),
    ]
}

fn tax() -> Vec<Field> {
    use Kind::{Bool, Char, Float, Int, Selection};
    vec![
        required(field("name", "Tax Name", Char)),
        required(preset(
            field("type_tax_use", "Tax Type", Selection(TAX_USES)),
            Preset::Text("sale"),
        )),
        required(preset(
            field(
                "amount_type",
                "Tax Computation",
                Selection(TAX_COMPUTATIONS),
            ),
            Preset::Text("percent"),
        )),
        required(field("amount", "Amount", Float(Some(4)))),
        active(),
        required(company()),
        required(preset(field("sequence", "Sequence", Int), Preset::Int(1))),
        field("description", "Description", Kind::Html),
        field("invoice_label", "Label on Invoices", Char),
        kept("price_include", "Included in Price", Bool),
    ]
}

fn journal() -> Vec<Field> {
    use Kind::{Bool, Char, Int, Many2many, Many2one, Selection};
    vec![
        required(field("name", "Journal Name", Char)),
        required(field("code", "Sequence Prefix", Char)),
        active(),
        required(field("type", "Type", Selection(JOURNAL_TYPES))),
        field(
            "default_account_id",
            "Default Account",
            Many2one(Model::Account),
        ),
        preset(field("sequence", "Sequence", Int), Preset::Int(10)),
        field("currency_id", "Currency", Many2one(Model::Currency)),
        required(company()),
        computed(
            "inbound_payment_method_line_ids",
            "Inbound Payment Methods",
            Many2many(Model::MethodLine),
        ),
        computed(
            "outbound_payment_method_line_ids",
            "Outbound Payment Methods",
            Many2many(Model::MethodLine),
        ),
        kept("refund_sequence", "Dedicated Credit Note Sequence", Bool),
        kept("payment_sequence", "Dedicated Payment Sequence", Bool),
    ]
}
