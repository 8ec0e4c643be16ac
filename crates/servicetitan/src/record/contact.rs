//! Customer contacts: one phone number or address each.

use jiff::Timestamp;
use serde::Deserialize;

use super::Record;
use super::open_enum::open_enum;
use super::wire;
use crate::id::{ContactId, CustomerId};

/// A row of `crm/customers/contacts` or of its export feed. Changing one bumps its own
/// `modified_on`, not its customer's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerContact {
    /// The contact's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: ContactId,
    /// Whose it is.
    #[serde(deserialize_with = "wire::whole")]
    pub customer_id: CustomerId,
    /// What `value` is.
    #[serde(default, rename = "type")]
    pub kind: ContactType,
    /// The number or address, as it was typed; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub value: String,
    /// "Work", "Owner's daughter", ...
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub memo: Option<String>,
    /// False once removed. Only the feed says so; the list leaves removed ones out, so true if
    /// the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// For numbers.
    #[serde(default)]
    pub phone_settings: Option<PhoneSettings>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for CustomerContact {
    const KIND: &'static str = "customer contact";
}

open_enum! {
    /// What a contact's value is.
    ContactType {
        /// A landline.
        Phone,
        /// An email address.
        Email,
        /// A fax number.
        Fax,
        /// A mobile number.
        MobilePhone,
    }
}

/// How a number may be used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneSettings {
    /// The number, normalised by ServiceTitan.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub phone_number: Option<String>,
    /// No text messages.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub do_not_text: bool,
}
