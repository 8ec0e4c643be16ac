//! Vendors. What is read and what is written are named differently, there is no export feed,
//! and an answer to a write holds the id alone.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::money::as_number;
use super::set;
use crate::servicetitan::api::{Answer, Call, number};
use crate::servicetitan::books::Books;
use crate::servicetitan::list::Filter;
use crate::servicetitan::problem::Problem;
use crate::servicetitan::read::{EXTERNAL, PAGING, RANGES, has_external};
use crate::servicetitan::record::{CustomField, ExternalDatum, PaymentTermId, VendorId};
use crate::servicetitan::request::NewExternalData;
use crate::servicetitan::rot::Kind;
use crate::servicetitan::write::Missing;

/// A postal address without coordinates, as inventory shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    /// House number and street, or a box.
    pub street: Option<String>,
    /// Suite, dock, ...
    #[serde(default)]
    pub unit: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// ZIP or postal code.
    pub zip: Option<String>,
    /// Free text.
    pub country: Option<String>,
}

/// Whom to talk to at a vendor; empty texts where nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VendorContact {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Telephone.
    pub phone: String,
    /// Email address.
    pub email: String,
    /// Fax.
    pub fax: String,
}

/// A vendor.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Vendor {
    /// Its id.
    pub id: VendorId,
    /// Its name.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
    /// Whether trucks are filled up from it.
    pub is_truck_replenishment: bool,
    /// Whether technicians may not order from it (`restrictedMobileCreation` in writes).
    pub is_mobile_creation_restricted: bool,
    /// A remark, several lines.
    pub memo: String,
    /// How orders reach it, e.g. `EmailAsPdf`.
    pub delivery_option: String,
    /// Its usual tax as a fraction (`taxRate` in writes).
    #[serde(serialize_with = "as_number")]
    pub default_tax_rate: Decimal,
    /// Whom to talk to.
    pub contact_info: VendorContact,
    /// Where payments go.
    pub address: PostalAddress,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
    /// What applications stored on it.
    pub external_data: Vec<ExternalDatum>,
    /// Values of custom fields: `Account Number` and `Tax ID`, which the model lacks.
    pub custom_fields: Vec<CustomField>,
    /// When its bills are due. Written, never shown; its bills tell by name.
    #[serde(skip)]
    pub payment_term_id: Option<PaymentTermId>,
}

impl Books {
    /// A vendor with everything but a name empty, in no table yet.
    pub(super) fn new_vendor(&mut self, name: String, now: Timestamp) -> Vendor {
        let now = self.purchasing.vendors.latest().max(now);
        Vendor {
            id: VendorId(self.new_id()),
            name,
            active: true,
            is_truck_replenishment: false,
            is_mobile_creation_restricted: false,
            memo: String::new(),
            delivery_option: "Manual".to_owned(),
            default_tax_rate: Decimal::ZERO,
            contact_info: VendorContact::default(),
            address: PostalAddress::default(),
            created_on: now,
            modified_on: now,
            external_data: Vec::new(),
            custom_fields: Vec::new(),
            payment_term_id: None,
        }
    }
}

impl Call<'_> {
    pub(super) fn vendors(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, EXTERNAL, &["ids", "sort", "active"]])?;
        let (filter, active) = (Filter::read_repeated(&query)?, query.active()?);
        let rows = filter
            .candidates(&self.books.purchasing.vendors, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && has_external(&query, &row.external_data)
            });
        self.page(&query, Kind::Vendor, rows.collect())
    }

    pub(super) fn create_vendor(&mut self) -> Answer {
        let new: VendorEdit = self.read()?;
        let mut missing = Missing::default();
        let named = new.name.as_deref().is_some_and(|n| !n.trim().is_empty());
        missing.unless(named, "Name");
        missing.unless(new.active.is_some(), "Active");
        missing.unless(new.is_truck_replenishment.is_some(), "IsTruckReplenishment");
        missing.unless(new.tax_rate.is_some(), "TaxRate");
        missing.unless(
            new.restricted_mobile_creation.is_some(),
            "RestrictedMobileCreation",
        );
        missing.unless(new.address.is_some(), "Address");
        missing.none()?;
        self.check_term(new.payment_term_id)?;
        let (now, lag) = (self.now, self.lag());
        let mut vendor = self.books.new_vendor(String::new(), now);
        new.apply(&mut vendor);
        let id = vendor.id;
        self.books.purchasing.vendors.put(vendor, now, lag);
        Ok(Some(json!({ "id": id })))
    }

    pub(super) fn update_vendor(&mut self, id: &str) -> Answer {
        let patch: VendorEdit = self.read()?;
        let found = self.books.purchasing.vendors.get(number(id)?).cloned();
        let mut vendor = found.ok_or(Problem::not_found("Vendor"))?;
        if patch.name.as_deref().is_some_and(|n| n.trim().is_empty()) {
            return Err(Problem::invalid("Name", "The Name field is required."));
        }
        self.check_term(patch.payment_term_id)?;
        patch.apply(&mut vendor);
        let (id, now, lag) = (vendor.id, self.now, self.lag());
        self.books.purchasing.vendors.put(vendor, now, lag);
        Ok(Some(json!({ "id": id })))
    }
}

/// A vendor as it is written: flat, and under other names than it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VendorEdit {
    name: Option<String>,
    active: Option<bool>,
    memo: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    fax: Option<String>,
    is_truck_replenishment: Option<bool>,
    delivery_option: Option<DeliveryOption>,
    tax_rate: Option<Decimal>,
    restricted_mobile_creation: Option<bool>,
    payment_term_id: Option<PaymentTermId>,
    address: Option<WholeAddress>,
    external_data: Option<NewExternalData>,
}

#[derive(Deserialize, Serialize, Clone, Copy)]
enum DeliveryOption {
    Manual,
    EmailAsExcel,
    EmailAsPdf,
    EmailAsPdfRollupView,
    Electronic,
    MarkAsSent,
    EmailAsExcelAndPdf,
    VendorPortal,
}

/// An address is written whole.
#[derive(Deserialize)]
pub(super) struct WholeAddress {
    street: String,
    unit: String,
    city: String,
    state: String,
    zip: String,
    country: String,
}

impl From<WholeAddress> for PostalAddress {
    fn from(new: WholeAddress) -> Self {
        Self {
            street: Some(new.street),
            unit: Some(new.unit),
            city: Some(new.city),
            state: Some(new.state),
            zip: Some(new.zip),
            country: Some(new.country),
        }
    }
}

impl VendorEdit {
    fn apply(self, vendor: &mut Vendor) {
        set(&mut vendor.name, self.name);
        set(&mut vendor.active, self.active);
        set(&mut vendor.memo, self.memo);
        set(&mut vendor.contact_info.first_name, self.first_name);
        set(&mut vendor.contact_info.last_name, self.last_name);
        set(&mut vendor.contact_info.phone, self.phone);
        set(&mut vendor.contact_info.email, self.email);
        set(&mut vendor.contact_info.fax, self.fax);
        set(
            &mut vendor.is_truck_replenishment,
            self.is_truck_replenishment,
        );
        set(&mut vendor.default_tax_rate, self.tax_rate);
        set(
            &mut vendor.is_mobile_creation_restricted,
            self.restricted_mobile_creation,
        );
        set(&mut vendor.address, self.address.map(PostalAddress::from));
        vendor.payment_term_id = self.payment_term_id.or(vendor.payment_term_id);
        let option = self.delivery_option.map(|option| json!(option));
        set(
            &mut vendor.delivery_option,
            option.as_ref().and_then(Value::as_str).map(str::to_owned),
        );
        if let Some(external) = self.external_data {
            external.apply(&mut vendor.external_data);
        }
    }
}
