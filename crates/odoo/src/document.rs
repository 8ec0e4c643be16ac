//! Documents as Odoo has them: purchase [`Order`]s, [`Bill`]s (invoices among them), [`Transfer`]s, each with its lines;
//! [`SaleOrder`]s, [`Task`]s; [`Payment`]s, and what is reconciled with what ([`OpenItem`], [`Reconciliation`]).
//!
//! Amounts and quantities are decimals of exactly the digits that Odoo sent; what is empty in Odoo
//! (`false`) is `None`; a state that the crate does not know stays readable (`Other`). A field of
//! another shape than expected is an error, never a zero.
//!
//! Some fields have other names in older versions; the readers here take the first of those that the
//! server has (see [`Client::first_field`](crate::Client::first_field)).

mod bill;
mod field;
mod open;
mod order;
mod payment;
mod sale;
mod task;
mod transfer;

pub use bill::{Bill, BillKind, BillLine, BillLineKind, BillState, TaxError};
pub use field::FieldNames;
pub use open::{OpenItem, Reconciliation};
pub use order::{Order, OrderLine, OrderState, TECHNICAL_PRICE};
pub use payment::{
    Direction, Journal, Payment, PaymentMethod, PaymentPartner, PaymentState, Unpayable,
};
pub use sale::{SaleLine, SaleOrder, SaleState};
pub use task::{Task, TaskState};
pub use transfer::{Transfer, TransferMove, TransferState};

/// A field that does not have the shape that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} of record {record} is not {expected}")]
pub struct FieldError {
    /// The record's id, 0 where even that is missing.
    pub record: i64,
    /// The field.
    pub field: String,
    /// What it should be.
    pub expected: &'static str,
}

/// Odoo's selection values as an enumeration that keeps what it does not know.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// Another one, in Odoo's word.
            Other(String),
        }

        impl $name {
            /// Odoo's word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)*
                    _ => Self::Other(word.to_owned()),
                }
            }
        }
    };
}
use words;
