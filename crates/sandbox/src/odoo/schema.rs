//! The models and fields that are simulated, with the labels and kinds that `fields_get` shows.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A simulated model.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Model {
    Partner,
    Category,
    Country,
    State,
    Term,
    Currency,
    User,
    Company,
    ApiKey,
    Lang,
    ExternalId,
}

impl Model {
    pub(super) const ALL: [Self; 11] = [
        Self::Partner,
        Self::Category,
        Self::Country,
        Self::State,
        Self::Term,
        Self::Currency,
        Self::User,
        Self::Company,
        Self::ApiKey,
        Self::Lang,
        Self::ExternalId,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    pub(super) fn definition(self) -> &'static Definition {
        static DEFINITIONS: LazyLock<Vec<Definition>> =
            LazyLock::new(|| Model::ALL.into_iter().map(define).collect());
        &DEFINITIONS[self as usize]
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Partner => "res.partner",
            Self::Category => "res.partner.category",
            Self::Country => "res.country",
            Self::State => "res.country.state",
            Self::Term => "account.payment.term",
            Self::Currency => "res.currency",
            Self::User => "res.users",
            Self::Company => "res.company",
            Self::ApiKey => "res.users.apikeys",
            Self::Lang => "res.lang",
            Self::ExternalId => "ir.model.data",
        }
    }

    /// What Odoo calls a record of it in messages.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Partner => "Contact",
            Self::Category => "Partner Tags",
            Self::Country => "Country",
            Self::State => "Country state",
            Self::Term => "Payment Terms",
            Self::Currency => "Currency",
            Self::User => "User",
            Self::Company => "Companies",
            Self::ApiKey => "Users API Keys",
            Self::Lang => "Languages",
            Self::ExternalId => "Model Data",
        }
    }

    /// The order of a search that names none.
    pub(super) fn order(self) -> &'static str {
        match self {
            Self::Partner => "complete_name ASC, id DESC",
            Self::Category | Self::Country => "name, id",
            Self::State => "code, id",
            Self::Term => "sequence, id",
            Self::Currency => "active desc, name",
            Self::User => "name, login",
            Self::Company => "sequence, name",
            Self::ApiKey => "id",
            Self::Lang => "active desc,name",
            Self::ExternalId => "module, model, name",
        }
    }

    /// The fields in which a name is searched.
    pub(super) fn name_fields(self) -> &'static [&'static str] {
        match self {
            Self::Partner => &["complete_name", "email", "ref", "vat", "company_registry"],
            Self::Country | Self::State => &["name", "code"],
            Self::User => &["name", "login"],
            _ => &["name"],
        }
    }
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Kind {
    Bool,
    Int,
    Char,
    Html,
    Date,
    Datetime,
    Selection(&'static [(&'static str, &'static str)]),
    Many2one(Model),
    One2many(Model, &'static str),
    Many2many(Model),
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Int => "integer",
            Self::Char => "char",
            Self::Html => "html",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Selection(_) => "selection",
            Self::Many2one(_) => "many2one",
            Self::One2many(..) => "one2many",
            Self::Many2many(_) => "many2many",
        }
    }

    pub(super) fn comodel(self) -> Option<Model> {
        match self {
            Self::Many2one(model) | Self::One2many(model, _) | Self::Many2many(model) => {
                Some(model)
            }
            _ => None,
        }
    }

    pub(super) fn is_textual(self) -> bool {
        matches!(self, Self::Char | Self::Html | Self::Selection(_))
    }
}

/// Where a field's value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// Written by clients.
    Stored,
    /// Stored, but only the server writes it.
    Kept,
    /// Not stored: worked out at each reading; writes to it are ignored.
    Computed,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: Kind,
    pub(super) source: Source,
    pub(super) required: bool,
    /// Kept per company; the database has no foreign key on it.
    pub(super) company_dependent: bool,
    pub(super) default: Preset,
}

/// The value that a new record gets when the client gives none.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Preset {
    None,
    True,
    Int(i64),
    Text(&'static str),
}

#[derive(Debug)]
pub(super) struct Definition {
    pub(super) fields: Vec<Field>,
    by_name: HashMap<&'static str, usize>,
}

impl Definition {
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn at(&self, index: usize) -> &Field {
        &self.fields[index]
    }

    /// The place of a field that the code itself names.
    pub(super) fn place(&self, name: &str) -> usize {
        self.find(name)
            .unwrap_or_else(|| panic!("the schema has a field {name}"))
    }
}

/// The fields that every model begins with, in this order.
pub(super) mod log {
    pub(in crate::odoo) const ID: usize = 0;
    pub(in crate::odoo) const CREATE_UID: usize = 1;
    pub(in crate::odoo) const CREATE_DATE: usize = 2;
    pub(in crate::odoo) const WRITE_UID: usize = 3;
    pub(in crate::odoo) const WRITE_DATE: usize = 4;
}

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
            Kind::Int => Preset::Int(0),
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

fn define(model: Model) -> Definition {
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
        _ => small(model),
    });
    let by_name = fields
        .iter()
        .enumerate()
        .map(|(index, field)| (field.name, index))
        .collect();
    Definition { fields, by_name }
}

fn partner() -> Vec<Field> {
    use Kind::{Bool, Char, Html, Int, Many2many, Many2one, One2many, Selection};
    let term = |name, label| Field {
        company_dependent: true,
        ..field(name, label, Many2one(Model::Term))
    };
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
        field("customer_rank", "Customer Rank", Int),
        field("supplier_rank", "Supplier Rank", Int),
        computed("user_ids", "Users", One2many(Model::User, "partner_id")),
    ]
}

fn small(model: Model) -> Vec<Field> {
    use Kind::{Bool, Char, Date, Datetime, Html, Int, Many2many, Many2one, One2many, Selection};
    match model {
        Model::Partner => Vec::new(),
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
        Model::Company => vec![
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
        ],
        Model::ApiKey => vec![
            required(kept("name", "Description", Char)),
            required(kept("user_id", "User", Many2one(Model::User))),
            kept("scope", "Scope", Char),
            kept("expiration_date", "Expiration Date", Datetime),
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
    }
}
