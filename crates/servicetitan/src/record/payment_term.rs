//! Payment terms: when a customer or vendor has to pay.

use jiff::Timestamp;
use serde::Deserialize;

use super::Record;
use super::open_enum::open_enum;
use super::wire;
use crate::id::PaymentTermId;

/// A row of `accounting/payment-terms`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentTerm {
    /// The term's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: PaymentTermId,
    /// "Net 30", "Due upon receipt"; empty if the row has none.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// How `due_day` is meant.
    #[serde(default)]
    pub due_day_type: DueDayType,
    /// Days, or a day of the month.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub due_day: Option<i64>,
    /// Given to new customers.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub is_customer_default: bool,
    /// Given to new vendors.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub is_vendor_default: bool,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for PaymentTerm {
    const KIND: &'static str = "payment term";
}

open_enum! {
    /// How a term's due day is meant.
    DueDayType {
        /// So many days after the invoice.
        NumberOfDays,
        /// A day of the invoice's month.
        CertainDayOfCurrentMonth,
        /// A day of the month after the invoice's.
        CertainDayOfFollowingMonth,
    }
}
