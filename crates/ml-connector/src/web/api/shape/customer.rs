//! A customer with its contacts and locations.

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use servicetitan::record::{self, CustomerContact};
use sync::filing::RowKind;

use super::{Address, Shown, word};

/// Who is billed.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(in crate::web::api) struct Customer {
    /// The name.
    name: Option<String>,
    /// Residential or Commercial.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// False once deactivated; the status is Active or Inactive.
    active: Option<bool>,
    /// The address that is billed.
    address: Option<Address>,
    /// What is owed.
    balance: Option<Decimal>,
    /// Whether no sales tax is charged.
    tax_exempt: Option<bool>,
    /// The customer that this one was merged into.
    merged_to_id: Option<i64>,
    /// Phone numbers and addresses.
    contacts: Vec<Contact>,
    /// Where work is done.
    locations: Vec<Location>,
    /// When it was created: its date.
    created_on: Option<Timestamp>,
    /// When ServiceTitan changed it last; contacts and locations do not count.
    modified_on: Option<Timestamp>,
}

/// One phone number or address.
#[derive(Debug, Serialize, JsonSchema)]
struct Contact {
    id: i64,
    /// Phone, Email, Fax or `MobilePhone`.
    #[serde(rename = "type")]
    kind: Option<String>,
    value: String,
    memo: Option<String>,
    /// False once removed.
    active: bool,
}

/// Where work is done.
#[derive(Debug, Serialize, JsonSchema)]
struct Location {
    id: i64,
    name: String,
    address: Address,
    /// False once deactivated.
    active: bool,
}

pub(in crate::web::api) fn customer(shown: &Shown<'_>) -> Value {
    let body = Customer {
        contacts: shown
            .rows(RowKind::Contact)
            .into_iter()
            .map(contact)
            .collect(),
        locations: shown
            .rows(RowKind::Location)
            .into_iter()
            .map(location)
            .collect(),
        ..shown.row().map(of).unwrap_or_default()
    };
    shown.object(body)
}

fn of(customer: record::Customer) -> Customer {
    Customer {
        name: word(&customer.name),
        kind: word(customer.kind.as_str()),
        active: Some(customer.active),
        address: Some(customer.address.into()),
        balance: customer.balance,
        tax_exempt: Some(customer.tax_exempt),
        merged_to_id: customer.merged_to_id.map(|id| id.0),
        created_on: customer.created_on,
        modified_on: customer.modified_on,
        ..Customer::default()
    }
}

fn contact(contact: CustomerContact) -> Contact {
    Contact {
        id: contact.id.0,
        kind: word(contact.kind.as_str()),
        value: contact.value,
        memo: contact.memo,
        active: contact.active,
    }
}

fn location(location: record::Location) -> Location {
    Location {
        id: location.id.0,
        name: location.name,
        address: location.address.into(),
        active: location.active,
    }
}
