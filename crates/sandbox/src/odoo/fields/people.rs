//! Fields of users, their companies and their keys.

use super::{LANGUAGES, ZONES, active, computed, field, kept, preset, required};
use crate::odoo::schema::{Field, Kind, Model, Preset};

const ROUNDINGS: &[(&str, &str)] = &[
    ("round_globally", "Round per Tax"),
    ("round_per_line", "Round per Line"),
];
const LOCKS: &[(&str, &str)] = &[
    ("edit", "Allow to edit purchase orders"),
    ("lock", "Confirmed purchase orders are not editable"),
];
const APPROVALS: &[(&str, &str)] = &[
    ("one_step", "Confirm purchase orders in one step"),
    (
        "two_step",
        "Get 2 levels of approvals to confirm a purchase order",
    ),
];

pub(super) fn of(model: Model) -> Vec<Field> {
    use Kind::{Bool, Char, Datetime, Many2many, Many2one, Selection};
    match model {
        Model::User => vec![
            required(field("name", "Name", Char)),
            required(field("login", "Login", Char)),
            field("email", "Email", Char),
            required(field(
                "partner_id",
                "Related Partner",
                Many2one(Model::Partner),
            )),
            required(field("company_id", "Company", Many2one(Model::Company))),
            field("company_ids", "Companies", Many2many(Model::Company)),
            field("lang", "Language", Selection(LANGUAGES)),
            field("tz", "Timezone", Selection(ZONES)),
            active(),
            kept("share", "Share User", Bool),
        ],
        Model::Company => company(),
        Model::ApiKey => vec![
            required(kept("name", "Description", Char)),
            required(kept("user_id", "User", Many2one(Model::User))),
            kept("scope", "Scope", Char),
            kept("expiration_date", "Expiration Date", Datetime),
        ],
        _ => Vec::new(),
    }
}

fn company() -> Vec<Field> {
    use Kind::{Char, Date, Int, Many2one, Selection};
    vec![
        required(field("name", "Company Name", Char)),
        preset(field("sequence", "Sequence", Int), Preset::Int(10)),
        active(),
        required(field("partner_id", "Partner", Many2one(Model::Partner))),
        required(field("currency_id", "Currency", Many2one(Model::Currency))),
        computed("country_id", "Country", Many2one(Model::Country)),
        field("fiscalyear_lock_date", "Global Lock Date", Date),
        field("tax_lock_date", "Tax Return Lock Date", Date),
        field("sale_lock_date", "Sales Lock Date", Date),
        field("purchase_lock_date", "Purchase Lock date", Date),
        field("hard_lock_date", "Hard Lock Date", Date),
        field(
            "account_sale_tax_id",
            "Default Sale Tax",
            Many2one(Model::Tax),
        ),
        field(
            "account_purchase_tax_id",
            "Default Purchase Tax",
            Many2one(Model::Tax),
        ),
        field(
            "income_account_id",
            "Income Account",
            Many2one(Model::Account),
        ),
        field(
            "expense_account_id",
            "Expense Account",
            Many2one(Model::Account),
        ),
        field("tax_exigibility", "Use Cash Basis", Kind::Bool),
        preset(
            field(
                "tax_calculation_rounding_method",
                "Tax Calculation Rounding Method",
                Selection(ROUNDINGS),
            ),
            Preset::Text("round_globally"),
        ),
        preset(
            field("po_lock", "Purchase Order Modification", Selection(LOCKS)),
            Preset::Text("edit"),
        ),
        preset(
            field(
                "po_double_validation",
                "Levels of Approvals",
                Selection(APPROVALS),
            ),
            Preset::Text("one_step"),
        ),
        preset(
            field(
                "po_double_validation_amount",
                "Double validation amount",
                Kind::Money,
            ),
            Preset::Int(5000),
        ),
    ]
}
