//! The fields of each model, with the labels of a real Odoo.

mod bill;
mod catalog;
mod ledger;
mod payment;
mod people;
mod project;
mod purchase;
mod sale;
mod stock;

pub(super) use self::bill::PLANS_MAX;
use super::schema::{Field, Kind, Model, Preset, Source};

const ADDRESS_TYPES: &[(&str, &str)] = &[
    ("contact", "Contact"),
    ("invoice", "Invoice"),
    ("delivery", "Delivery"),
    ("other", "Other"),
];
const COMPANY_TYPES: &[(&str, &str)] = &[("person", "Person"), ("company", "Company")];
const LANGUAGES: &[(&str, &str)] = &[("en_US", "English (US)")];
/// The real list holds every IANA zone; these are the ones that a North American office meets.
const ZONES: &[(&str, &str)] = &[
    ("America/Anchorage", "America/Anchorage"),
    ("America/Chicago", "America/Chicago"),
    ("America/Denver", "America/Denver"),
    ("America/Los_Angeles", "America/Los_Angeles"),
    ("America/New_York", "America/New_York"),
    ("America/Phoenix", "America/Phoenix"),
    ("America/Toronto", "America/Toronto"),
    ("America/Vancouver", "America/Vancouver"),
    ("Australia/Sydney", "Australia/Sydney"),
    ("Europe/Brussels", "Europe/Brussels"),
    ("Pacific/Honolulu", "Pacific/Honolulu"),
    ("UTC", "UTC"),
];
const DIRECTIONS: &[(&str, &str)] = &[("ltr", "Left-to-Right"), ("rtl", "Right-to-Left")];

fn field(name: &'static str, label: &'static str, kind: Kind) -> Field {
    Field {
        name,
        label,
        kind,
        source: Source::Stored,
        required: false,
        company_dependent: false,
        default: match kind {
            Kind::Int | Kind::Float(_) | Kind::Price | Kind::Money => Preset::Int(0),
            _ => Preset::None,
        },
    }
}

fn kept(name: &'static str, label: &'static str, kind: Kind) -> Field {
    Field {
        source: Source::Kept,
        ..field(name, label, kind)
    }
}

fn computed(name: &'static str, label: &'static str, kind: Kind) -> Field {
    Field {
        source: Source::Computed,
        ..field(name, label, kind)
    }
}

/// Held by the record that the model is built upon.
fn inherited(field: Field) -> Field {
    Field {
        source: Source::Inherited,
        default: Preset::None,
        ..field
    }
}

fn per_company(field: Field) -> Field {
    Field {
        company_dependent: true,
        ..field
    }
}

/// Beside the sandbox's only company.
fn company() -> Field {
    preset(
        field("company_id", "Company", Kind::Many2one(Model::Company)),
        Preset::Ref(1),
    )
}

/// In the company's currency, unless told otherwise.
fn currency() -> Field {
    preset(
        field("currency_id", "Currency", Kind::Many2one(Model::Currency)),
        Preset::Ref(1),
    )
}

fn required(field: Field) -> Field {
    Field {
        required: true,
        ..field
    }
}

fn preset(field: Field, default: Preset) -> Field {
    Field { default, ..field }
}

fn active() -> Field {
    preset(field("active", "Active", Kind::Bool), Preset::True)
}

/// All fields of a model, beginning with the ones that every model has.
pub(super) fn of(model: Model) -> Vec<Field> {
    use Kind::{Char, Datetime, Int, Many2one};
    let mut fields = vec![
        kept("id", "ID", Int),
        kept("create_uid", "Created by", Many2one(Model::User)),
        kept("create_date", "Created on", Datetime),
        kept("write_uid", "Last Updated by", Many2one(Model::User)),
        kept("write_date", "Last Updated on", Datetime),
        computed("display_name", "Display Name", Char),
    ];
    fields.extend(match model {
        Model::Partner => partner(),
        Model::User | Model::Company | Model::ApiKey => people::of(model),
        Model::Precision
        | Model::Uom
        | Model::ProductCategory
        | Model::Template
        | Model::Product
        | Model::Seller => catalog::of(model),
        Model::Plan
        | Model::Analytic
        | Model::Distribution
        | Model::Account
        | Model::Tax
        | Model::Journal => ledger::of(model),
        Model::Order | Model::OrderLine => purchase::of(model),
        Model::Move | Model::MoveLine | Model::AnalyticLine => bill::of(model),
        Model::SaleOrder | Model::SaleLine => sale::of(model),
        Model::Project | Model::Task | Model::Stage => project::of(model),
        Model::Payment | Model::MethodLine | Model::Partial | Model::Full => payment::of(model),
        Model::Warehouse
        | Model::Location
        | Model::PickingType
        | Model::Picking
        | Model::StockMove => stock::of(model),
        _ => small(model),
    });
    fields
}

fn partner() -> Vec<Field> {
    use Kind::{Bool, Char, Html, Int, Many2many, Many2one, One2many, Selection};
    let term = |name, label| per_company(field(name, label, Many2one(Model::Term)));
    vec![
        field("name", "Name", Char),
        kept("complete_name", "Complete Name", Char),
        field("is_company", "Is a Company", Bool),
        computed("company_type", "Company Type", Selection(COMPANY_TYPES)),
        preset(
            field("type", "Address Type", Selection(ADDRESS_TYPES)),
            Preset::Text("contact"),
        ),
        field("parent_id", "Related Company", Many2one(Model::Partner)),
        computed("parent_name", "Parent name", Char),
        field(
            "child_ids",
            "Contact",
            One2many(Model::Partner, "parent_id"),
        ),
        kept(
            "commercial_partner_id",
            "Commercial Entity",
            Many2one(Model::Partner),
        ),
        kept("commercial_company_name", "Company Name Entity", Char),
        field("company_name", "Company Name", Char),
        field("street", "Street", Char),
        field("street2", "Street2", Char),
        field("zip", "Zip", Char),
        field("city", "City", Char),
        field("state_id", "State", Many2one(Model::State)),
        field("country_id", "Country", Many2one(Model::Country)),
        computed("country_code", "Country Code", Char),
        field("phone", "Phone", Char),
        field("email", "Email", Char),
        field("website", "Website Link", Char),
        field("function", "Job Position", Char),
        field("ref", "Reference", Char),
        field("vat", "Tax ID", Char),
        field("company_registry", "Company ID", Char),
        field("comment", "Notes", Html),
        active(),
        field("employee", "Employee", Bool),
        field("color", "Color Index", Int),
        preset(
            field("lang", "Language", Selection(LANGUAGES)),
            Preset::Text("en_US"),
        ),
        field("tz", "Timezone", Selection(ZONES)),
        field("user_id", "Salesperson", Many2one(Model::User)),
        field("company_id", "Company", Many2one(Model::Company)),
        field("category_id", "Tags", Many2many(Model::Category)),
        term("property_payment_term_id", "Customer Payment Terms"),
        term("property_supplier_payment_term_id", "Vendor Payment Terms"),
        per_company(field(
            "property_purchase_currency_id",
            "Supplier Currency",
            Many2one(Model::Currency),
        )),
        field("customer_rank", "Customer Rank", Int),
        field("supplier_rank", "Supplier Rank", Int),
        computed("user_ids", "Users", One2many(Model::User, "partner_id")),
    ]
}

fn small(model: Model) -> Vec<Field> {
    use Kind::{Bool, Char, Html, Int, Many2one, One2many, Selection};
    match model {
        Model::Category => vec![
            required(field("name", "Name", Char)),
            field("color", "Color", Int),
            field("parent_id", "Category", Many2one(Model::Category)),
            field(
                "child_ids",
                "Child Tags",
                One2many(Model::Category, "parent_id"),
            ),
            active(),
        ],
        Model::Country => vec![
            required(field("name", "Country Name", Char)),
            required(field("code", "Country Code", Char)),
            field("state_ids", "States", One2many(Model::State, "country_id")),
        ],
        Model::State => vec![
            required(field("country_id", "Country", Many2one(Model::Country))),
            required(field("name", "State Name", Char)),
            required(field("code", "State Code", Char)),
        ],
        Model::Term => vec![
            required(field("name", "Payment Terms", Char)),
            active(),
            field("note", "Description on the Invoice", Html),
            preset(
                required(field("sequence", "Sequence", Int)),
                Preset::Int(10),
            ),
            field("company_id", "Company", Many2one(Model::Company)),
        ],
        Model::Currency => vec![
            required(field("name", "Currency", Char)),
            required(field("symbol", "Symbol", Char)),
            kept("decimal_places", "Decimal Places", Int),
            active(),
        ],
        Model::Lang => vec![
            required(field("name", "Name", Char)),
            required(field("code", "Locale Code", Char)),
            field("iso_code", "ISO code", Char),
            active(),
            required(field("direction", "Direction", Selection(DIRECTIONS))),
        ],
        Model::ExternalId => vec![
            required(field("name", "External Identifier", Char)),
            computed("complete_name", "Complete ID", Char),
            required(field("module", "Module", Char)),
            required(field("model", "Model Name", Char)),
            field("res_id", "Record ID", Int),
            field("noupdate", "Non Updatable", Bool),
        ],
        _ => Vec::new(),
    }
}
