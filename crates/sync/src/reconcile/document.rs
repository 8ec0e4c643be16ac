//! A document as either side has it, reduced to what is compared.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::link::Name;

/// What is compared, in the order in which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Purchase orders.
    PurchaseOrders,
    /// What was received of the orders. The documents are the orders, their sums are quantities.
    Receipts,
    /// Vendors' bills.
    Bills,
    /// Vendors' credits.
    Credits,
    /// What customers owe.
    Invoices,
    /// What customers are given back of it.
    CreditNotes,
    /// What customers paid.
    Payments,
    /// What they were paid back.
    Refunds,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::PurchaseOrders,
        Self::Receipts,
        Self::Bills,
        Self::Credits,
        Self::Invoices,
        Self::CreditNotes,
        Self::Payments,
        Self::Refunds,
    ];

    /// Its name: that of the flow that carries it, where the flow carries nothing else.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PurchaseOrders => "purchase-orders",
            Self::Receipts => "receipts",
            Self::Bills => "bills",
            Self::Credits => "vendor-credits",
            Self::Invoices => "invoices",
            Self::CreditNotes => "credit-notes",
            Self::Payments => "payments",
            Self::Refunds => "refunds",
        }
    }

    /// What several of them are called.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::PurchaseOrders => "Purchase orders",
            Self::Receipts => "Quantities received",
            Self::Bills => "Vendor bills",
            Self::Credits => "Vendor credits",
            Self::Invoices => "Customer invoices",
            Self::CreditNotes => "Customer credit notes",
            Self::Payments => "Customer payments",
            Self::Refunds => "Refunds to customers",
        }
    }

    /// What one of them is called.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::PurchaseOrders | Self::Receipts => "purchase order",
            Self::Bills => "vendor bill",
            Self::Credits => "vendor credit",
            Self::Invoices => "customer invoice",
            Self::CreditNotes => "customer credit note",
            Self::Payments => "customer payment",
            Self::Refunds => "refund",
        }
    }

    /// Whether it only counts in Odoo once it is posted.
    pub(super) const fn is_posted(self) -> bool {
        self.is_sale() || matches!(self, Self::Bills | Self::Credits)
    }

    /// Whether it is between us and a customer, not a vendor.
    #[must_use]
    pub const fn is_sale(self) -> bool {
        match self {
            Self::Invoices | Self::CreditNotes | Self::Payments | Self::Refunds => true,
            Self::PurchaseOrders | Self::Receipts | Self::Bills | Self::Credits => false,
        }
    }

    /// Whether it is money, and no paper.
    #[must_use]
    pub const fn is_money(self) -> bool {
        matches!(self, Self::Payments | Self::Refunds)
    }

    /// What people call the other party.
    #[must_use]
    pub const fn party(self) -> &'static str {
        if self.is_sale() { "customer" } else { "vendor" }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is no kind of document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that can be compared; choose from: {all}", all = Kind::ALL.map(Kind::as_str).join(", "))]
pub struct UnknownKind(pub String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let mut kinds = Self::ALL.into_iter();
        let kind = kinds.find(|kind| kind.as_str() == word);
        kind.ok_or_else(|| UnknownKind(word.to_owned()))
    }
}

/// Where a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// ServiceTitan's alone: not due in Odoo yet, but no mistake if it is there.
    Planned,
    /// ServiceTitan's alone: it was handed on before the connector was there, and may be in other books. Not due in Odoo.
    Elsewhere,
    /// Does not bind yet: a pending order, a draft. Of ServiceTitan's bills: brought as a draft, by policy.
    Draft,
    /// ServiceTitan's alone: whether it binds in Odoo is for people there to say.
    Open,
    /// Binds: a sent order, a posted bill.
    Binding,
    /// Does not count any more.
    Cancelled,
}

impl Standing {
    /// A word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Elsewhere => "elsewhere",
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Binding => "binding",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Whose a document is: a vendor, or a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vendor {
    /// The names that it bears: of ServiceTitan's vendor its own, of a partner in Odoo those among its external ids that are
    /// vendors (or customers) of ours (several after a merge). None: a stranger.
    pub names: Vec<Name>,
    /// What people call it.
    pub shown: String,
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub kind: Kind,
    /// The name that it bears in Odoo; `None` of one in Odoo that is not ours.
    pub name: Option<Name>,
    /// Its id in the system that it was read from.
    pub id: i64,
    /// That system's number for it.
    pub number: Option<String>,
    /// The vendor's number for it; of a payment what a bank statement says of it.
    pub reference: Option<String>,
    /// From whom, or for whom.
    pub vendor: Vendor,
    /// The day that it bears, in UTC.
    pub date: Option<Date>,
    /// Of a bill in Odoo: the day at which it stands in the books.
    pub booked: Option<Date>,
    /// What it comes to, tax included. Of credits too, it is positive.
    pub total: Decimal,
    /// The tax in it; `None` where tax is a line like any other.
    pub tax: Option<Decimal>,
    /// Where it stands.
    pub standing: Standing,
    /// Its lines; `None` when they cannot be compared.
    pub lines: Option<Vec<Line>>,
    /// What it is matched with: of a payment the invoices that it pays, of an invoice what settles it in Odoo and is neither
    /// a payment nor an invoice of ours. `None` when that cannot be compared.
    pub settled: Option<Vec<Line>>,
}

impl Document {
    /// The day by which it belongs to a period: in Odoo that of the books, where there is one.
    #[must_use]
    pub fn day(&self) -> Option<Date> {
        self.booked.or(self.date)
    }
}

/// A line of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The name that it bears in Odoo; `None` of one there that is not ours.
    pub name: Option<Name>,
    /// What people know it by.
    pub label: String,
    /// How much.
    pub quantity: Decimal,
    /// ServiceTitan's cost of one unit; `None` of lines in Odoo.
    pub unit_cost: Option<Decimal>,
    /// What it comes to. Of receipts: how much came.
    pub amount: Decimal,
}

/// A row of ServiceTitan's that cannot be read, so that nothing can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What it would be.
    pub kind: Kind,
    /// The name that it would bear.
    pub name: Name,
    /// What is wrong, and with which row.
    pub what: String,
}
