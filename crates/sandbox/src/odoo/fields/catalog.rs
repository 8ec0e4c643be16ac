//! Fields of what is bought: products with their templates, categories, units of measure and vendors' prices.

use super::{
    active, company, computed, currency, field, inherited, kept, per_company, preset, required,
};
use crate::odoo::schema::{Field, Kind, Model, Preset};

const PRODUCT_TYPES: &[(&str, &str)] = &[
    ("consu", "Goods"),
    ("service", "Service"),
    ("combo", "Combo"),
];
const CONTROL_POLICIES: &[(&str, &str)] = &[
    ("purchase", "On ordered quantities"),
    ("receive", "On received quantities"),
];

/// "Product Unit": decimals of a quantity.
pub(super) const QUANTITY: Kind = Kind::Float(Some(2));
/// "Discount": decimals of a discount in percent.
pub(super) const DISCOUNT: Kind = Kind::Float(Some(2));

pub(super) fn of(model: Model) -> Vec<Field> {
    match model {
        Model::Template => template(),
        Model::Product => product(),
        Model::Seller => seller(),
        _ => small(model),
    }
}

/// What a template and its product have in common, and the template holds.
fn shared() -> Vec<Field> {
    use Kind::{Bool, Char, Many2many, Many2one, Price, Selection, Text};
    vec![
        required(field("name", "Name", Char)),
        field("description", "Description", Kind::Html),
        field("description_purchase", "Purchase Description", Text),
        field("description_sale", "Sales Description", Text),
        required(preset(
            field("type", "Product Type", Selection(PRODUCT_TYPES)),
            Preset::Text("consu"),
        )),
        field("is_storable", "Track Inventory", Bool),
        field(
            "categ_id",
            "Product Category",
            Many2one(Model::ProductCategory),
        ),
        preset(field("list_price", "Sales Price", Price), Preset::Int(1)),
        preset(field("sale_ok", "Sales", Bool), Preset::True),
        preset(field("purchase_ok", "Purchase", Bool), Preset::True),
        required(preset(
            field("uom_id", "Unit", Many2one(Model::Uom)),
            Preset::Ref(1),
        )),
        field("company_id", "Company", Many2one(Model::Company)),
        field("is_favorite", "Favorite", Bool),
        field("taxes_id", "Sales Taxes", Many2many(Model::Tax)),
        field("supplier_taxes_id", "Purchase Taxes", Many2many(Model::Tax)),
        field(
            "purchase_method",
            "Control Policy",
            Selection(CONTROL_POLICIES),
        ),
        per_company(field(
            "property_account_expense_id",
            "Expense Account",
            Many2one(Model::Account),
        )),
        per_company(field(
            "property_account_income_id",
            "Income Account",
            Many2one(Model::Account),
        )),
    ]
}

fn template() -> Vec<Field> {
    use Kind::{Char, Int, Many2one, One2many, Price};
    let mut fields = shared();
    fields.extend([
        active(),
        // Of the only variant; written through to it.
        computed("default_code", "Internal Reference", Char),
        computed("barcode", "Barcode", Char),
        computed("standard_price", "Cost", Price),
        computed("currency_id", "Currency", Many2one(Model::Currency)),
        field(
            "product_variant_ids",
            "Products",
            One2many(Model::Product, "product_tmpl_id"),
        ),
        computed("product_variant_id", "Product", Many2one(Model::Product)),
        computed("product_variant_count", "# Product Variants", Int),
        field(
            "seller_ids",
            "Vendors",
            One2many(Model::Seller, "product_tmpl_id"),
        ),
    ]);
    fields
}

fn product() -> Vec<Field> {
    use Kind::{Char, Many2one, Price};
    let mut fields = vec![
        required(field(
            "product_tmpl_id",
            "Product Template",
            Many2one(Model::Template),
        )),
        field("default_code", "Internal Reference", Char),
        field("barcode", "Barcode", Char),
        active(),
        per_company(field("standard_price", "Cost", Price)),
        computed("lst_price", "Sales Price", Price),
        computed("currency_id", "Currency", Many2one(Model::Currency)),
    ];
    fields.extend(shared().into_iter().map(inherited));
    fields
}

fn seller() -> Vec<Field> {
    use Kind::{Char, Date, Int, Many2one, Price};
    vec![
        required(field("partner_id", "Vendor", Many2one(Model::Partner))),
        field("product_name", "Vendor Product Name", Char),
        field("product_code", "Vendor Product Code", Char),
        preset(field("sequence", "Sequence", Int), Preset::Int(1)),
        required(field("product_uom_id", "Unit", Many2one(Model::Uom))),
        field("min_qty", "Quantity", QUANTITY),
        field("price", "Unit Price", Price),
        company(),
        required(currency()),
        field("date_start", "Start Date", Date),
        field("date_end", "End Date", Date),
        field("product_id", "Product Variant", Many2one(Model::Product)),
        required(field(
            "product_tmpl_id",
            "Product Template",
            Many2one(Model::Template),
        )),
        preset(field("delay", "Lead Time", Int), Preset::Int(1)),
        field("discount", "Discount (%)", DISCOUNT),
    ]
}

fn small(model: Model) -> Vec<Field> {
    use Kind::{Char, Float, Int, Many2one, One2many};
    match model {
        Model::Precision => vec![
            required(field("name", "Usage", Char)),
            required(preset(field("digits", "Digits", Int), Preset::Int(2))),
        ],
        Model::Uom => vec![
            required(field("name", "Unit Name", Char)),
            kept("sequence", "Sequence", Int),
            required(preset(
                field("relative_factor", "Contains", Float(None)),
                Preset::Int(1),
            )),
            field("relative_uom_id", "Reference Unit", Many2one(Model::Uom)),
            computed("factor", "Absolute Quantity", Float(None)),
            computed("rounding", "Rounding Precision", Float(None)),
            active(),
        ],
        Model::ProductCategory => vec![
            required(field("name", "Name", Char)),
            kept("complete_name", "Complete Name", Char),
            field(
                "parent_id",
                "Parent Category",
                Many2one(Model::ProductCategory),
            ),
            field(
                "child_id",
                "Child Categories",
                One2many(Model::ProductCategory, "parent_id"),
            ),
            per_company(field(
                "property_account_expense_categ_id",
                "Expense Account",
                Many2one(Model::Account),
            )),
            per_company(field(
                "property_account_income_categ_id",
                "Income Account",
                Many2one(Model::Account),
            )),
        ],
        _ => Vec::new(),
    }
}
