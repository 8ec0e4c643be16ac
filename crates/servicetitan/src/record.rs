//! ServiceTitan's records as far as this project reads them, parsed from one raw row each.
//!
//! Tolerant where the live API is known to break its own documents: lists that are `null`, times
//! with 0 to 7 fractional digits with or without a zone, money as string or number (never through
//! a float), numbers where text is expected, enum values nobody has heard of, and fields that are
//! new. Not tolerant of a row without its identifier, or of a value whose meaning would have to be
//! guessed: such a row is [`Unreadable`], which names the field and leaves its neighbours alone.

mod ap_credit;
mod bill;
mod bill_item;
mod business_unit;
mod category;
mod contact;
mod customer;
mod gl_account;
mod identity;
mod inventory_location;
mod inventory_return;
mod invoice;
mod item;
mod job;
mod location;
mod open_enum;
mod payment;
mod payment_term;
mod purchase_order;
mod receipt;
mod reference;
mod tax_zone;
mod vendor;
mod wire;

use std::fmt;

use serde::de::DeserializeOwned;

pub use self::ap_credit::{ApCredit, ApCreditSplit, ApCreditStatus, ApPaymentStatus};
pub use self::bill::{ApBill, ApBillSource, ApBillStatus, Bill, BillType, InventoryBill};
pub use self::bill_item::{BillItem, ExpenseItem};
pub use self::business_unit::BusinessUnit;
pub use self::category::Category;
pub use self::contact::{ContactType, CustomerContact, PhoneSettings};
pub use self::customer::{Address, CustomField, Customer, CustomerType, ExternalData};
pub use self::gl_account::GlAccount;
pub use self::identity::Identity;
pub use self::inventory_location::{Truck, Warehouse};
pub use self::inventory_return::{InventoryReturn, InventoryReturnItem, InventoryReturnStatus};
pub use self::invoice::{
    Invoice, InvoiceConfiguration, InvoiceItem, InvoiceItemType, JobRef, ReviewStatus, SalesTaxCode,
};
pub use self::item::{Item, ItemVendor, SkuType};
pub use self::job::{Job, JobStatus};
pub use self::location::Location;
pub use self::payment::{AppliedAmount, Payment, PaymentType};
pub use self::payment_term::{DueDayType, PaymentTerm};
pub use self::purchase_order::{PurchaseOrder, PurchaseOrderItem, PurchaseOrderStatus};
pub use self::receipt::{Receipt, ReceiptItem};
pub use self::reference::{Batch, GlAccountRef, LandedCostMethod, Named, SyncStatus};
pub use self::tax_zone::{TaxBase, TaxRate, TaxZone};
pub use self::vendor::{RemittanceVendor, Vendor, VendorContactInfo};
#[cfg(feature = "webhook")]
pub(crate) use self::wire::{optional_text, optional_whole, timestamp_of};

use crate::error::printable;

/// A record that [`parse`] can read.
pub trait Record: DeserializeOwned {
    /// ServiceTitan's word for it, for messages.
    const KIND: &'static str;
}

/// Reads one row.
///
/// # Errors
/// [`Unreadable`] if the row is no JSON object, has no identifier, or holds a value of a form
/// that nothing here knows.
pub fn parse<T: Record>(raw: &str) -> Result<T, Unreadable> {
    let unreadable = |field: Option<String>, cause: &str| Unreadable {
        kind: T::KIND,
        id: Identity::of(raw).map(|identity| identity.id),
        field,
        cause: printable(cause, CAUSE_CHARS_MAX),
    };
    // An array of the right length would pass for the object's fields in order.
    if !raw.trim_start().starts_with('{') {
        return Err(unreadable(None, "not a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_str(raw);
    let record = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let field = (path != ".").then(|| printable(&path, CAUSE_CHARS_MAX));
        unreadable(field, &cause_of(error.inner()))
    })?;
    json.end()
        .map_err(|error| unreadable(None, &cause_of(&error)))?;
    Ok(record)
}

/// Without the position: a row is one long line, and the field is named.
fn cause_of(error: &serde_json::Error) -> String {
    let position = format!(" at line {} column {}", error.line(), error.column());
    let cause = error.to_string();
    match cause.strip_suffix(&position) {
        Some(cause) => cause.to_owned(),
        None => cause,
    }
}

/// Where [`Unreadable::cause`] is cut, in characters. A cause may quote the one value it is about.
pub const CAUSE_CHARS_MAX: usize = 160;

/// A row that cannot be read: which, and where it stops making sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Unreadable {
    /// [`Record::KIND`].
    pub kind: &'static str,
    /// The row's identifier, if at least that can be found.
    pub id: Option<i64>,
    /// The path of the field, e.g. `address.zip`; `None` if the row as a whole is meant.
    pub field: Option<String>,
    /// What is wrong there. Bounded; never the whole payload.
    pub cause: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        match self.id {
            Some(id) => write!(f, " {id}")?,
            None => f.write_str(" without a readable id")?,
        }
        if let Some(field) = &self.field {
            write!(f, ", field {field}")?;
        }
        write!(f, ": {}", self.cause)
    }
}
