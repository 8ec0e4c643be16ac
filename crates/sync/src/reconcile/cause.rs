//! Why a document differs, and what to do.

use std::fmt;

/// Why a document differs, in one word that never changes its meaning. The order is that of their weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// ServiceTitan's row cannot be read.
    Unreadable,
    /// ServiceTitan has it, Odoo has not.
    Missing,
    /// Odoo has it, ServiceTitan has not.
    Extra,
    /// Cancelled in Odoo alone.
    Cancelled,
    /// Canceled in ServiceTitan alone.
    NotCancelled,
    /// Odoo has it under another vendor.
    OtherVendor,
    /// Odoo has it under another customer.
    OtherCustomer,
    /// It does not come to the same total.
    Amount,
    /// Its tax is another one.
    Tax,
    /// One side has it in the period, the other in another one.
    OtherPeriod,
    /// It is booked on the first open day, as its own period was closed. So it should be.
    BookedLater,
    /// It does not bind in Odoo.
    Draft,
    /// It binds in Odoo alone.
    Confirmed,
    /// It is matched with something else in Odoo, or with another amount.
    PaidOtherwise,
    /// Its lines differ, though its total does not.
    Changed,
    /// Odoo has received less of it.
    NotReceived,
    /// Odoo has received more of it.
    ReceivedMore,
    /// Odoo has another one of the vendor's with the same number.
    DuplicateNumber,
}

impl Cause {
    /// Every cause, the weightiest first.
    pub const ALL: [Self; 18] = [
        Self::Unreadable,
        Self::Missing,
        Self::Extra,
        Self::Cancelled,
        Self::NotCancelled,
        Self::OtherVendor,
        Self::OtherCustomer,
        Self::Amount,
        Self::Tax,
        Self::OtherPeriod,
        Self::BookedLater,
        Self::Draft,
        Self::Confirmed,
        Self::PaidOtherwise,
        Self::Changed,
        Self::NotReceived,
        Self::ReceivedMore,
        Self::DuplicateNumber,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Missing => "missing-in-odoo",
            Self::Extra => "extra-in-odoo",
            Self::Cancelled => "cancelled-in-odoo",
            Self::NotCancelled => "canceled-in-servicetitan",
            Self::OtherVendor => "other-vendor",
            Self::OtherCustomer => "other-customer",
            Self::Amount => "amount",
            Self::Tax => "tax",
            Self::OtherPeriod => "date-in-another-period",
            Self::BookedLater => "booked-in-next-open-period",
            Self::Draft => "draft",
            Self::Confirmed => "confirmed-in-odoo",
            Self::PaidOtherwise => "paid-otherwise",
            Self::Changed => "changed-after-sync",
            Self::NotReceived => "not-yet-received",
            Self::ReceivedMore => "received-more",
            Self::DuplicateNumber => "duplicate-number",
        }
    }

    /// What to do.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unreadable => {
                "Open it in ServiceTitan, mend the field that is named, and save it."
            }
            Self::Missing => {
                "`ml-connector failures` says why it is not there; if somebody deleted it in Odoo, `ml-connector replay \
                 --recreate ID` makes it anew. If nothing is said of it, run `ml-connector sync`."
            }
            Self::Extra => {
                "Find out who entered it. If it is the same as one of ServiceTitan's, cancel it in Odoo; if it is a \
                 purchase of its own, it explains the difference."
            }
            Self::Cancelled => {
                "If it should count, reset it to draft in Odoo and run `ml-connector sync`; if not, cancel or delete it \
                 in ServiceTitan."
            }
            Self::NotCancelled => {
                "Run `ml-connector sync`; if it stays, `ml-connector failures` says why Odoo does not let it be \
                 cancelled."
            }
            Self::OtherVendor => {
                "Find out which vendor is right; set it back in Odoo, or change it in ServiceTitan."
            }
            Self::OtherCustomer => {
                "Find out which customer is right; set it back in Odoo, or change it in ServiceTitan."
            }
            Self::Tax => {
                "Compare the taxes of the lines. Reset the invoice to draft in Odoo and run `ml-connector sync`, which sets \
                 ServiceTitan's tax; if Odoo is right, correct it in ServiceTitan."
            }
            Self::PaidOtherwise => {
                "Look at what it is matched with in Odoo. What a person matched there is left to people: undo it, or apply the \
                 payment so in ServiceTitan."
            }
            Self::Amount => {
                "Compare the lines. If ServiceTitan is right, set them back in Odoo; if Odoo is, change the document in \
                 ServiceTitan."
            }
            Self::OtherPeriod => {
                "Set the date back in Odoo, or change it in ServiceTitan. If the period is locked in Odoo, the difference \
                 is settled by the other period's report."
            }
            Self::BookedLater => {
                "Nothing is to be done: its period was closed, and `closed_period` says \"next-open\". The other period's report \
                 shows it too."
            }
            Self::Draft => {
                "Confirm or post it in Odoo, or let `ml-connector failures` say why it was left a draft."
            }
            Self::Confirmed => {
                "Send the order in ServiceTitan if it was sent to the vendor; else reset it to draft in Odoo. An invoice \
                 that was taken back in ServiceTitan goes back to a draft with `ml-connector sync`."
            }
            Self::Changed => {
                "Compare the lines: accounts, units and received quantities may be wrong although the total is right."
            }
            Self::NotReceived => {
                "Receive the goods in Odoo; with the flow `receipts` on, run `ml-connector sync`."
            }
            Self::ReceivedMore => {
                "Enter the receipt in ServiceTitan, or return the surplus in Odoo."
            }
            Self::DuplicateNumber => {
                "Look at both; if they are the same paper, cancel this one in Odoo: it is not the connector's."
            }
        }
    }

    /// The cause with what was seen.
    #[must_use]
    pub fn because(self, what: impl Into<String>) -> Finding {
        Finding {
            cause: self,
            what: what.into(),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A cause, with what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Why it differs.
    pub cause: Cause,
    /// What was seen, in a sentence.
    pub what: String,
}
