//! A flow: one kind of record moving one way.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::failure::Vendor;
use crate::link::Name;
use crate::record::SourceId;

/// One kind of record moving one way, named as in the connection file, the command line and the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// ServiceTitan business units to Odoo analytic accounts.
    BusinessUnits,
    /// ServiceTitan customers, with their contacts and locations, to Odoo partners.
    Customers,
    /// ServiceTitan jobs to Odoo analytic accounts.
    Jobs,
    /// ServiceTitan vendors to Odoo partners.
    Vendors,
    /// ServiceTitan pricebook materials, equipment and services to Odoo products.
    Items,
    /// ServiceTitan purchase orders to Odoo purchase orders.
    PurchaseOrders,
    /// ServiceTitan receipts, by purchase order, to received quantities of the Odoo order's lines.
    Receipts,
    /// ServiceTitan inventory bills, which receiving makes, to Odoo vendor bills.
    Bills,
    /// ServiceTitan AP bills that are of no purchase order to Odoo vendor bills.
    ApBills,
    /// ServiceTitan returns to Odoo vendor credit notes.
    VendorCredits,
    /// ServiceTitan AP credits that are of no return to Odoo vendor credit notes.
    ApCredits,
    /// ServiceTitan invoices to Odoo customer invoices and credit notes.
    Invoices,
    /// ServiceTitan payments to Odoo customer payments, matched with their invoices.
    Payments,
    /// What became of vendor bills in Odoo, to ServiceTitan.
    OdooBills,
}

impl Flow {
    /// Every flow, in the order in which records depend on each other.
    pub const ALL: [Self; 14] = [
        Self::BusinessUnits,
        Self::Customers,
        Self::Jobs,
        Self::Vendors,
        Self::Items,
        Self::PurchaseOrders,
        Self::Receipts,
        Self::Bills,
        Self::ApBills,
        Self::VendorCredits,
        Self::ApCredits,
        Self::Invoices,
        Self::Payments,
        Self::OdooBills,
    ];

    /// The flow's name, e.g. `customers`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BusinessUnits => "business-units",
            Self::Customers => "customers",
            Self::Jobs => "jobs",
            Self::Vendors => "vendors",
            Self::Items => "items",
            Self::PurchaseOrders => "purchase-orders",
            Self::Receipts => "receipts",
            Self::Bills => "bills",
            Self::ApBills => "ap-bills",
            Self::VendorCredits => "vendor-credits",
            Self::ApCredits => "ap-credits",
            Self::Invoices => "invoices",
            Self::Payments => "payments",
            Self::OdooBills => "odoo-bills",
        }
    }

    /// What one of its records is called, e.g. `customer`.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::BusinessUnits => "business unit",
            Self::Customers => "customer",
            Self::Jobs => "job",
            Self::Vendors => "vendor",
            Self::Items => "item",
            Self::PurchaseOrders => "purchase order",
            Self::Receipts => "receipt",
            Self::Bills => "bill",
            Self::ApBills => "AP bill",
            Self::VendorCredits => "vendor credit",
            Self::ApCredits => "AP credit",
            Self::Invoices => "invoice",
            Self::Payments => "payment",
            Self::OdooBills => "Odoo bill",
        }
    }

    /// Where its records come from.
    #[must_use]
    pub const fn comes_from(self) -> Vendor {
        match self {
            Self::OdooBills => Vendor::Odoo,
            _ => Vendor::ServiceTitan,
        }
    }

    /// The Odoo model that its records become, or are.
    #[must_use]
    pub const fn model(self) -> &'static str {
        match self {
            Self::BusinessUnits | Self::Jobs => "account.analytic.account",
            Self::Customers | Self::Vendors => "res.partner",
            Self::Items => "product.product",
            Self::PurchaseOrders => "purchase.order",
            Self::Receipts => "stock.picking",
            Self::Bills
            | Self::ApBills
            | Self::VendorCredits
            | Self::ApCredits
            | Self::Invoices
            | Self::OdooBills => "account.move",
            Self::Payments => "account.payment",
        }
    }

    /// Whether its records are documents with lines: what was right when it was written is not rewritten because Odoo's
    /// reference data are others now.
    #[must_use]
    pub const fn is_of_documents(self) -> bool {
        matches!(self, Self::PurchaseOrders) || self.is_of_entries()
    }

    /// Whether its records are journal entries of vendors.
    #[must_use]
    pub const fn is_of_bills(self) -> bool {
        matches!(
            self,
            Self::Bills | Self::ApBills | Self::VendorCredits | Self::ApCredits
        )
    }

    /// Whether its records are journal entries with lines, of vendors or of customers.
    #[must_use]
    pub const fn is_of_entries(self) -> bool {
        matches!(self, Self::Invoices) || self.is_of_bills()
    }

    /// The flows whose records its own refer to. When it is on, they are carried too, as far as its records need them.
    #[must_use]
    pub const fn needs(self) -> &'static [Self] {
        match self {
            Self::BusinessUnits
            | Self::Customers
            | Self::Jobs
            | Self::Vendors
            | Self::Items
            | Self::OdooBills => &[],
            Self::PurchaseOrders | Self::ApBills => {
                &[Self::BusinessUnits, Self::Jobs, Self::Vendors, Self::Items]
            }
            Self::Bills | Self::VendorCredits => &[
                Self::BusinessUnits,
                Self::Jobs,
                Self::Vendors,
                Self::Items,
                Self::PurchaseOrders,
                Self::Receipts,
            ],
            Self::ApCredits => &[Self::BusinessUnits, Self::Jobs, Self::Vendors],
            Self::Receipts => &[Self::PurchaseOrders],
            Self::Invoices => &[
                Self::BusinessUnits,
                Self::Customers,
                Self::Jobs,
                Self::Items,
            ],
            Self::Payments => &[Self::Customers, Self::Invoices],
        }
    }

    /// The link name of one of its records.
    #[must_use]
    pub fn link_name(self, source: &SourceId) -> Name {
        let noun = match self {
            Self::BusinessUnits => "business_unit",
            Self::PurchaseOrders => "purchase_order",
            // By the order that they belong to.
            Self::Receipts => "receipts",
            Self::ApBills => "ap_bill",
            Self::VendorCredits => "vendor_credit",
            Self::ApCredits => "ap_credit",
            Self::OdooBills => "odoo_bill",
            Self::Bills
            | Self::Customers
            | Self::Invoices
            | Self::Jobs
            | Self::Payments
            | Self::Vendors
            | Self::Items => self.noun(),
        };
        Name(format!("{noun}_{source}"))
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is no flow's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is not a flow; the flows are: {}", Flow::ALL.map(Flow::as_str).join(", "))]
pub struct UnknownFlow {
    /// What was asked for.
    pub name: String,
}

impl FromStr for Flow {
    type Err = UnknownFlow;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|flow| flow.as_str() == name)
            .ok_or_else(|| UnknownFlow {
                name: name.to_owned(),
            })
    }
}
