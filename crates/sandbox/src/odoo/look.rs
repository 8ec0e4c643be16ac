//! What a test or the demo may see of the simulated Odoo from outside, without calling it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::Id;
use super::database::{Database, Row, external_name, external_target};
use super::schema::{Kind, Model, Source, log};
use super::value::Value;

const PARTNER: Model = Model::Partner;

/// A partner as it stands in the database.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are Odoo's, under Odoo's names")]
pub struct Partner {
    pub id: Id,
    /// All external ids, oldest first, as `module.name`.
    pub external_ids: Vec<String>,
    pub active: bool,
    pub name: Option<String>,
    pub complete_name: String,
    pub is_company: bool,
    /// Odoo's `type`: `contact`, `invoice`, `delivery` or `other`.
    pub kind: Option<String>,
    pub parent_id: Option<Id>,
    pub street: Option<String>,
    pub street2: Option<String>,
    pub city: Option<String>,
    pub zip: Option<String>,
    /// The state's code, e.g. `CO`.
    pub state: Option<String>,
    /// The country's code, e.g. `US`.
    pub country: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub website: Option<String>,
    pub function: Option<String>,
    pub reference: Option<String>,
    pub vat: Option<String>,
    /// Odoo's `comment`, HTML.
    pub comment: Option<String>,
    pub customer_rank: i64,
    pub supplier_rank: i64,
    /// The customer payment term's name.
    pub payment_term: Option<String>,
    pub create_date: Timestamp,
    pub write_date: Timestamp,
    pub write_uid: Id,
}

/// What an external id points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExternalId {
    /// E.g. `res.partner`.
    pub model: String,
    /// The record.
    pub id: Id,
    /// Whether a module's upgrade leaves the record alone.
    pub noupdate: bool,
}

/// How often a method was called, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Called {
    /// Calls that were authenticated and reached the method.
    pub calls: u64,
    /// Those that were refused (with an HTTP error, or `ids: false` of a `load`).
    pub refused: u64,
    /// Records of the called model that committed calls made, changed or deleted, each counted once per call.
    pub rows_written: u64,
}

/// Counters per `model.method`, e.g. `res.partner.load`.
pub type Calls = BTreeMap<String, Called>;

pub(super) fn partner(db: &Database, id: Id) -> Option<Partner> {
    db.row(PARTNER, id).map(|row| picture(db, row))
}

/// All partners that were not there from the beginning.
pub(super) fn partners(db: &Database, seeded: Id) -> Vec<Partner> {
    db.rows(PARTNER)
        .filter(|row| row.id() > seeded)
        .map(|row| picture(db, row))
        .collect()
}

fn picture(db: &Database, row: &Row) -> Partner {
    let text = |name: &str| row.text(PARTNER, name).map(str::to_owned);
    let through = |name: &str, model: Model, field: &str| {
        let id = row.reference(PARTNER, name)?;
        db.row(model, id)?.text(model, field).map(str::to_owned)
    };
    let time = |place: usize| match row.values[place] {
        Value::Time(time) => time,
        _ => Timestamp::UNIX_EPOCH,
    };
    Partner {
        id: row.id(),
        external_ids: db
            .external_rows_of(PARTNER.name(), row.id())
            .map(external_name)
            .collect(),
        active: row.get(PARTNER, "active").is_set(),
        name: text("name"),
        complete_name: text("complete_name").unwrap_or_default(),
        is_company: row.get(PARTNER, "is_company").is_set(),
        kind: text("type"),
        parent_id: row.reference(PARTNER, "parent_id"),
        street: text("street"),
        street2: text("street2"),
        city: text("city"),
        zip: text("zip"),
        state: through("state_id", Model::State, "code"),
        country: through("country_id", Model::Country, "code"),
        phone: text("phone"),
        email: text("email"),
        website: text("website"),
        function: text("function"),
        reference: text("ref"),
        vat: text("vat"),
        comment: text("comment"),
        customer_rank: row.get(PARTNER, "customer_rank").as_int(),
        supplier_rank: row.get(PARTNER, "supplier_rank").as_int(),
        payment_term: through("property_payment_term_id", Model::Term, "name"),
        create_date: time(log::CREATE_DATE),
        write_date: time(log::WRITE_DATE),
        write_uid: row.values[log::WRITE_UID].as_ref_id().unwrap_or(Id(0)),
    }
}

/// External ids that did not come with the installation.
pub(super) fn external_ids(db: &Database, seeded: Id) -> BTreeMap<String, ExternalId> {
    db.rows(Model::ExternalId)
        .filter(|row| row.id() > seeded)
        .map(|row| {
            let (model, id) = external_target(row);
            let noupdate = row.get(Model::ExternalId, "noupdate").is_set();
            (
                external_name(row),
                ExternalId {
                    model,
                    id,
                    noupdate,
                },
            )
        })
        .collect()
}

/// What the partners hold, by external id, with references by external id too: two databases that were filled in a
/// different order are equal if and only if these are. Ids, times and users are left out.
pub(super) fn content(db: &Database, seeded: Id) -> BTreeMap<String, Json> {
    let name_of = |model: Model, id: Id| -> Json {
        db.external_rows_of(model.name(), id)
            .map(external_name)
            .min()
            .map_or_else(|| json!({"id": id}), Json::String)
    };
    let mut out = BTreeMap::new();
    for row in db.rows(PARTNER).filter(|row| row.id() > seeded) {
        let mut about = serde_json::Map::new();
        let fields = PARTNER.definition().fields.iter().enumerate();
        for (place, field) in fields.skip(log::WRITE_DATE + 1) {
            if field.source == Source::Computed || matches!(field.kind, Kind::One2many(..)) {
                continue;
            }
            let shown = |id: &Id| field.kind.comodel().map(|model| name_of(model, *id));
            let value = match &row.values[place] {
                Value::Empty => continue,
                Value::Bool(yes) => json!(yes),
                Value::Int(n) => json!(n),
                Value::Number(n) => super::value::float(*n),
                Value::Json(json) => (**json).clone(),
                Value::Text(text) => json!(&**text),
                Value::Ref(id) if *id == row.id() && field.kind.comodel() == Some(PARTNER) => {
                    json!("itself")
                }
                Value::Ref(id) => json!(shown(id)),
                Value::Many(ids) if ids.is_empty() => continue,
                Value::Many(ids) => ids.iter().map(|id| json!(shown(id))).collect(),
                Value::Time(time) => json!(time.to_string()),
            };
            about.insert(field.name.to_owned(), value);
        }
        let mut names: Vec<String> = db
            .external_rows_of(PARTNER.name(), row.id())
            .map(external_name)
            .collect();
        names.sort();
        let key = names
            .first()
            .cloned()
            .unwrap_or_else(|| format!("without an external id: {}", row.id()));
        about.insert("external_ids".to_owned(), json!(names));
        out.insert(key, Json::Object(about));
    }
    out
}
