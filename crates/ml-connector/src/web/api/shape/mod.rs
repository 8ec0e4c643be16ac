//! The shape of what the API shows: ours, stable, and not ServiceTitan's row. Names in ServiceTitan's terms and in `snake_case`,
//! ids as numbers, amounts and quantities as decimal texts, moments as RFC 3339 in UTC, texts without HTML, and `null` for what
//! is not known. Shapes only grow.

mod bill;
mod customer;
mod invoice;
mod job;
mod payment;
mod purchase_order;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use servicetitan::record::{self, Record};
use store::facets::Found;
use sync::filing::RowKind;
use sync::plain;
use url::Url;

pub(super) use bill::{ap_bill, inventory_bill};
pub(super) use customer::customer;
pub(super) use invoice::invoice;
pub(super) use job::job;
pub(super) use payment::payment;
pub(super) use purchase_order::purchase_order;

pub(super) use bill::Bill;
pub(super) use customer::Customer;
pub(super) use invoice::Invoice;
pub(super) use job::Job;
pub(super) use payment::Payment;
pub(super) use purchase_order::PurchaseOrder;

/// A row that was found, and where its links lead.
pub(super) struct Shown<'a> {
    pub(super) found: &'a Found,
    pub(super) connection: &'a str,
    pub(super) odoo: &'a Url,
}

/// An object of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}")]
pub(super) struct Object<T> {
    /// ServiceTitan's id of it.
    #[schemars(range(min = 1))]
    id: i64,
    /// The connection that brings it.
    connection: String,
    /// What ServiceTitan said last.
    #[serde(flatten)]
    body: T,
    /// What it is in Odoo; null as long as it is nothing there.
    odoo: Option<InOdoo>,
    /// How far the connector is with it.
    connector: Standing,
}

/// A record of Odoo's.
#[derive(Debug, Serialize, JsonSchema)]
struct InOdoo {
    /// Its model.
    model: String,
    /// Its id.
    id: i64,
    /// Where a person sees it.
    url: String,
}

/// How far the connector is with an object.
#[derive(Debug, Serialize, JsonSchema)]
struct Standing {
    /// `pending`, `waiting`, `synced`, `failed` or `ignored`.
    state: String,
    /// Since when.
    since: Timestamp,
    /// When ServiceTitan was last seen to say something new of it.
    seen_at: Timestamp,
    /// Why it waits, failed or was left out: a stable word.
    cause: Option<String>,
    /// The same in a sentence, which may quote Odoo or ServiceTitan.
    what: Option<String>,
    /// What a person should do about it.
    advice: Option<String>,
    /// What a person should know although it is in step.
    warnings: Vec<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(super) struct Page<T> {
    /// The objects, by ascending id.
    data: Vec<T>,
    /// The cursor of the next page; null at the end.
    next_cursor: Option<String>,
}

/// A page of objects that were made already.
pub(super) fn page(data: Vec<Value>, next_cursor: Option<String>) -> Value {
    let page = Page { data, next_cursor };
    serde_json::to_value(page).expect("values have a JSON form")
}

/// An address.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Address {
    street: String,
    unit: Option<String>,
    city: String,
    state: String,
    zip: String,
    country: String,
}

impl From<record::Address> for Address {
    fn from(address: record::Address) -> Self {
        Self {
            street: address.street,
            unit: address.unit,
            city: address.city,
            state: address.state,
            zip: address.zip,
            country: address.country,
        }
    }
}

impl Shown<'_> {
    /// The row itself; `None` for one that cannot be read, of which the record says so.
    fn row<T: Record>(&self) -> Option<T> {
        let row = self
            .found
            .parts
            .iter()
            .find(|part| part.key == self.found.part)?;
        record::parse(&row.payload).ok()
    }

    /// The rows of a kind that belong to the same record; those that cannot be read are left out.
    fn rows<T: Record>(&self, kind: RowKind) -> Vec<T> {
        let parts = self.found.parts.iter();
        let parts = parts.filter(|part| RowKind::of(&part.key) == Some(kind));
        parts
            .filter_map(|part| record::parse(&part.payload).ok())
            .collect()
    }

    fn object<T: Serialize>(&self, body: T) -> Value {
        let found = self.found;
        let reason = found.reason.as_ref();
        let object = Object {
            id: found.id,
            connection: self.connection.to_owned(),
            body,
            odoo: self.in_odoo(),
            connector: Standing {
                state: found.state.as_str().to_owned(),
                since: found.since,
                seen_at: found.seen_at,
                cause: reason.map(|reason| reason.cause.clone()),
                what: reason.map(|reason| reason.what.clone()),
                advice: reason.map(|reason| reason.advice.clone()),
                warnings: found.warnings.clone(),
            },
        };
        serde_json::to_value(object).expect("texts, numbers and lists have a JSON form")
    }

    fn in_odoo(&self) -> Option<InOdoo> {
        let name = self.found.key.link_name();
        let link = self.found.links.iter().find(|link| link.name == name)?;
        let (model, id) = (link.model.clone(), link.target.0);
        // Odoo 18 and later know `/odoo/MODEL/ID` as well, and lead from this address to it; those before know only this one.
        let root = self.odoo.as_str().trim_end_matches('/');
        let url = format!("{root}/web#id={id}&model={model}&view_type=form");
        Some(InOdoo { model, id, url })
    }
}

/// A word of ServiceTitan's; nothing where the row has none.
fn word(word: &str) -> Option<String> {
    (!word.is_empty()).then(|| word.to_owned())
}

/// A text without HTML.
fn text(html: Option<&str>) -> Option<String> {
    html.map(plain::text_of_html)
}
