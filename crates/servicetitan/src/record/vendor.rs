//! Vendors: from whom things are bought.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::{Address, CustomField, ExternalData};
use super::{Record, wire};
use crate::id::{RemittanceVendorId, VendorId};

/// A row of `inventory/vendors`, of which there is no feed. ServiceTitan takes a payment term, a
/// remittance vendor and a `QuickBooks` item for a vendor, but gives none of them back; an account
/// number and a tax number it does not have, except in the tenant's own fields.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vendor {
    /// The vendor's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: VendorId,
    /// The name; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// Whether trucks are filled up from here.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub is_truck_replenishment: bool,
    /// Whether technicians may not buy here on the road.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub is_mobile_creation_restricted: bool,
    /// Free text.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub memo: Option<String>,
    /// How purchase orders are sent: `Manual`, `EmailAsPdf`, ...
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub delivery_option: Option<String>,
    /// The tax rate that purchase orders begin with, as ServiceTitan keeps it. The documents do not
    /// say whether 0.08 or 8 is eight percent.
    #[serde(default, deserialize_with = "wire::money")]
    pub default_tax_rate: Option<Decimal>,
    /// Whom to talk to; all parts absent if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub contact_info: VendorContactInfo,
    /// The one address; all parts empty if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub address: Address,
    /// The tenant's own fields.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub custom_fields: Vec<CustomField>,
    /// What applications stored on the vendor.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub external_data: Vec<ExternalData>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for Vendor {
    const KIND: &'static str = "vendor";
}

/// A row of `accounting/remittance-vendors`: whom to pay, and where. No field leads from a vendor to
/// its remittance vendor or back; AP bills and credits name both.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemittanceVendor {
    /// The remittance vendor's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: RemittanceVendorId,
    /// The name; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The tenant's number at the vendor, as the name suggests.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub customer_id: Option<String>,
    /// Whether somebody approved a first payment.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub is_approved: bool,
    /// Whether something has been paid to it.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub is_verified: bool,
    /// Whom to talk to; all parts absent if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub contact_info: VendorContactInfo,
    /// Where payments go; all parts empty if the row has none.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub address: Address,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for RemittanceVendor {
    const KIND: &'static str = "remittance vendor";
}

/// The person to talk to at a vendor, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VendorContactInfo {
    /// First name.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub last_name: Option<String>,
    /// Telephone, as typed.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub phone: Option<String>,
    /// Email, as typed.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub email: Option<String>,
    /// Fax, as typed.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub fax: Option<String>,
}
