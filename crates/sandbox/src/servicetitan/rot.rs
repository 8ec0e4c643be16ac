//! Rotten rows: what no spec allows and a long-lived tenant holds all the same.
//!
//! Rot lies over a row's wire form; the record underneath stays sound, so healing shows it again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Which table a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Customers.
    Customer,
    /// Contacts of customers.
    CustomerContact,
    /// Locations.
    Location,
    /// Contacts of locations.
    LocationContact,
    /// Payment terms.
    PaymentTerm,
    /// Business units.
    BusinessUnit,
    /// Jobs.
    Job,
    /// Appointments.
    Appointment,
    /// Vendors.
    Vendor,
    /// Materials of the pricebook.
    Material,
    /// Equipment of the pricebook.
    Equipment,
    /// Services of the pricebook.
    Service,
    /// Categories of the pricebook.
    Category,
    /// Warehouses.
    Warehouse,
    /// Trucks.
    Truck,
    /// General ledger accounts.
    GlAccount,
    /// Tax zones.
    TaxZone,
    /// Purchase orders.
    PurchaseOrder,
    /// Purchase order types.
    PurchaseOrderType,
    /// Receipts.
    Receipt,
    /// Inventory bills, in lists and in the feed.
    InventoryBill,
    /// The same bills where they are shown as AP bills.
    ApBill,
    /// Returns.
    Return,
    /// Vendors' credits.
    ApCredit,
    /// Invoices, in lists, in the feed and in events.
    Invoice,
    /// Invoices' lines, in the feed of their own.
    InvoiceItem,
    /// Payments.
    Payment,
    /// Payment types.
    PaymentType,
    /// Journal entries.
    JournalEntry,
    /// Technicians.
    Technician,
    /// Technicians' assignments to appointments.
    Assignment,
}

/// What is wrong with a row. "The name" is a contact's `value`, a job's `jobNumber`, an item's
/// `code` and a document's number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rot", rename_all = "snake_case")]
pub enum Rot {
    /// The name is null.
    NameNull,
    /// The name is three blanks.
    NameBlank,
    /// The name holds a NUL character, which PostgreSQL refuses.
    NameWithNul,
    /// The name has this many bytes.
    NameHuge {
        /// Length in bytes.
        bytes: usize,
    },
    /// Booleans are words, the address is a list, the time of change a number.
    WrongTypes,
    /// There is no id.
    IdMissing,
    /// The id is a string of its digits.
    IdText,
    /// One field is missing.
    FieldMissing {
        /// Its name on the wire.
        name: String,
    },
    /// One field is something else.
    Field {
        /// Its name on the wire.
        name: String,
        /// What it holds.
        value: Value,
    },
}

impl Rot {
    pub(super) fn spoil(&self, kind: Kind, row: &mut Map<String, Value>) {
        let name = match kind {
            Kind::CustomerContact | Kind::LocationContact => "value",
            Kind::Job => "jobNumber",
            Kind::Appointment => "appointmentNumber",
            Kind::Material | Kind::Equipment | Kind::Service => "code",
            Kind::Customer
            | Kind::Location
            | Kind::PaymentTerm
            | Kind::BusinessUnit
            | Kind::Vendor
            | Kind::Category
            | Kind::Warehouse
            | Kind::Truck
            | Kind::GlAccount
            | Kind::PurchaseOrderType
            | Kind::TaxZone
            | Kind::PaymentType
            | Kind::JournalEntry
            | Kind::Technician => "name",
            Kind::PurchaseOrder | Kind::Receipt | Kind::Return | Kind::ApCredit => "number",
            Kind::InventoryBill | Kind::ApBill | Kind::Invoice | Kind::Payment => "referenceNumber",
            Kind::InvoiceItem => "skuName",
            Kind::Assignment => "technicianName",
        };
        let (field, value) = match self {
            Self::NameNull => (name, Value::Null),
            Self::NameBlank => (name, json!("   ")),
            Self::NameWithNul => (name, json!("Nul\u{0}l & Sons")),
            Self::NameHuge { bytes } => (name, json!("x".repeat(*bytes))),
            Self::WrongTypes => return wrong_types(row),
            Self::IdMissing => {
                row.remove("id");
                return;
            }
            Self::FieldMissing { name } => {
                row.remove(name);
                return;
            }
            Self::IdText => ("id", json!(row.get("id").map(Value::to_string))),
            Self::Field { name, value } => (name.as_str(), value.clone()),
        };
        row.insert(field.to_owned(), value);
    }
}

fn wrong_types(row: &mut Map<String, Value>) {
    for (field, value) in row.iter_mut() {
        match value {
            Value::Bool(yes) => *value = json!(if *yes { "yes" } else { "no" }),
            Value::Object(_) if field == "address" => *value = json!([]),
            Value::String(_) if field == "modifiedOn" => *value = json!(20_260_101),
            _ => {}
        }
    }
}
