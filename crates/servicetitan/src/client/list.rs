//! Lists: polled by time of change, or read whole.
//!
//! What has no export feed is polled, with an overlap and by id against what is known: a list does
//! not tell what was deleted. While a list is read page by page, its rows may move. Sorted by id,
//! which never changes, a row that enters the selection meanwhile can only push others onto a later
//! page: rows may come twice, and what entered before the present page is missed. So the next poll
//! goes back to the moment at which this one *began*, and repeats are the caller's to absorb. A list
//! that cannot be sorted ([`List::is_sorted`]) may also lose a row between two pages: read it
//! whole from time to time.

use jiff::Timestamp;

use super::call::{Call, PAGE_SIZE};
use super::endpoint::{self, Endpoint, Param};
use super::{Client, PAGES_MAX, Row, page};
use crate::error::{Error, ErrorKind};

/// The lists that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// Payment terms.
    PaymentTerms,
    /// Business units. Not sorted.
    BusinessUnits,
    /// Materials of the pricebook.
    Materials,
    /// Equipment of the pricebook.
    Equipment,
    /// Services of the pricebook.
    Services,
    /// Vendors: there is no feed of them.
    Vendors,
    /// Whom to pay instead of vendors: there is no feed of them.
    RemittanceVendors,
    /// Purchase orders.
    PurchaseOrders,
    /// Receipts, inactive ones too: there is no feed of them.
    Receipts,
    /// Returns to vendors, inactive ones too.
    Returns,
    /// Warehouses: there is no feed of them.
    Warehouses,
    /// Trucks: there is no feed of them.
    Trucks,
    /// Inventory bills without the deleted ones. Not sorted.
    InventoryBills,
    /// AP bills of purchase orders: there is no feed of them. Not sorted.
    ApBills,
    /// AP bills that were entered on their own: there is no feed of them. Not sorted.
    ApBillsWithoutOrder,
    /// AP credits: there is no feed of them. Not sorted.
    ApCredits,
    /// General ledger accounts: there is no feed of them. Not sorted.
    GlAccounts,
    /// Tax zones: there is no feed of them.
    TaxZones,
    /// Categories of the pricebook.
    Categories,
    /// Invoices, those that count no more too.
    Invoices,
    /// Payments of customers, voided ones too.
    Payments,
    /// How customers pay: there is no feed of them. Not sorted.
    PaymentTypes,
    /// Jobs without the deleted ones.
    Jobs,
}

impl List {
    /// Every list.
    pub const ALL: [Self; 23] = [
        Self::PaymentTerms,
        Self::BusinessUnits,
        Self::Materials,
        Self::Equipment,
        Self::Services,
        Self::Vendors,
        Self::RemittanceVendors,
        Self::PurchaseOrders,
        Self::Receipts,
        Self::Returns,
        Self::Warehouses,
        Self::Trucks,
        Self::InventoryBills,
        Self::ApBills,
        Self::ApBillsWithoutOrder,
        Self::ApCredits,
        Self::GlAccounts,
        Self::TaxZones,
        Self::Categories,
        Self::Invoices,
        Self::Payments,
        Self::PaymentTypes,
        Self::Jobs,
    ];

    /// A stable name, fit for a key: `vendors`, `business-units`, ...
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaymentTerms => "payment-terms",
            Self::BusinessUnits => "business-units",
            Self::Materials => "materials",
            Self::Equipment => "equipment",
            Self::Services => "services",
            Self::Vendors => "vendors",
            Self::RemittanceVendors => "remittance-vendors",
            Self::PurchaseOrders => "purchase-orders",
            Self::Receipts => "receipts",
            Self::Returns => "returns",
            Self::Warehouses => "warehouses",
            Self::Trucks => "trucks",
            Self::InventoryBills => "inventory-bills",
            Self::ApBills => "ap-bills",
            Self::ApBillsWithoutOrder => "ap-bills-without-order",
            Self::ApCredits => "ap-credits",
            Self::GlAccounts => "gl-accounts",
            Self::TaxZones => "tax-zones",
            Self::Categories => "categories",
            Self::Invoices => "invoices",
            Self::Payments => "payments",
            Self::PaymentTypes => "payment-types",
            Self::Jobs => "jobs",
        }
    }

    /// Whether it comes sorted by id. If not, a row may be missed while others move.
    #[must_use]
    pub fn is_sorted(self) -> bool {
        self.takes(Param::Sort)
    }

    /// The scope that the app needs.
    #[must_use]
    pub fn scope(self) -> &'static str {
        self.endpoint().scope
    }

    pub(super) fn endpoint(self) -> Endpoint {
        match self {
            Self::PaymentTerms => endpoint::PAYMENT_TERMS,
            Self::BusinessUnits => endpoint::BUSINESS_UNITS,
            Self::Materials => endpoint::MATERIALS,
            Self::Equipment => endpoint::EQUIPMENT,
            Self::Services => endpoint::SERVICES,
            Self::Vendors => endpoint::VENDORS,
            Self::RemittanceVendors => endpoint::REMITTANCE_VENDORS,
            Self::PurchaseOrders => endpoint::PURCHASE_ORDERS,
            Self::Receipts => endpoint::RECEIPTS,
            Self::Returns => endpoint::RETURNS,
            Self::Warehouses => endpoint::WAREHOUSES,
            Self::Trucks => endpoint::TRUCKS,
            Self::InventoryBills => endpoint::INVENTORY_BILLS,
            Self::ApBills | Self::ApBillsWithoutOrder => endpoint::AP_BILLS,
            Self::ApCredits => endpoint::AP_CREDITS,
            Self::GlAccounts => endpoint::GL_ACCOUNTS,
            Self::TaxZones => endpoint::TAX_ZONES,
            Self::Categories => endpoint::CATEGORIES,
            Self::Invoices => endpoint::INVOICES,
            Self::Payments => endpoint::PAYMENTS,
            Self::PaymentTypes => endpoint::PAYMENT_TYPES,
            Self::Jobs => endpoint::JOBS,
        }
    }

    /// What inactive rows are asked for with, where a list leaves them out by itself.
    pub(super) fn any(self) -> Option<(Param, &'static str)> {
        let words = [(Param::Active, "Any"), (Param::ActiveState, "All")];
        words.into_iter().find(|(param, _)| self.takes(*param))
    }

    /// What the list is called with always: without it the server chooses a part on its own.
    pub(super) fn filter(self) -> Option<(Param, &'static str)> {
        match self {
            Self::ApBills => Some((Param::BillType, "Procurement")),
            Self::ApBillsWithoutOrder => Some((Param::BillType, "ApBill")),
            _ => None,
        }
    }

    /// The filters by the documents' own date: from, and before.
    fn dates(self) -> Option<[Param; 2]> {
        match self {
            Self::PurchaseOrders => Some([Param::DateOnOrAfter, Param::DateBefore]),
            Self::Invoices => Some([Param::InvoicedOnOrAfter, Param::InvoicedOnBefore]),
            Self::Payments => Some([Param::PaidOnAfter, Param::PaidOnBefore]),
            _ => None,
        }
    }

    /// Rows per page. Documents with lines come in smaller pages: the server takes its time.
    pub(super) fn page_size(self) -> u32 {
        match self {
            Self::PurchaseOrders
            | Self::Receipts
            | Self::Returns
            | Self::InventoryBills
            | Self::ApBills
            | Self::ApBillsWithoutOrder
            | Self::Invoices
            | Self::Payments => 500,
            _ => PAGE_SIZE,
        }
    }

    pub(super) fn takes(self, param: Param) -> bool {
        self.endpoint().params.contains(&param)
    }
}

impl std::fmt::Display for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What of a list is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Selection {
    All,
    ChangedSince(Timestamp),
    Dated { from: Timestamp, before: Timestamp },
}

impl Selection {
    pub(super) fn params(self, list: List) -> Vec<(Param, String)> {
        match self {
            // Whole milliseconds, rounded down: never later than the moment that was meant.
            Self::ChangedSince(since) if list.takes(Param::ModifiedOnOrAfter) => {
                vec![(Param::ModifiedOnOrAfter, format!("{since:.3}"))]
            }
            Self::All | Self::ChangedSince(_) => Vec::new(),
            Self::Dated { from, before } => {
                let bounds = list.dates().into_iter().flatten();
                bounds
                    .zip([from, before])
                    .map(|(param, moment)| (param, format!("{moment:.3}")))
                    .collect()
            }
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct ListPage {
    /// The rows, as they came. Repeats are possible.
    pub rows: Vec<Row>,
    /// Whether there is more.
    pub has_more: bool,
}

/// Reads a list to its end, page by page.
#[derive(Debug)]
pub struct ListReader {
    client: Client,
    list: List,
    of: Selection,
    page: u32,
    done: bool,
}

impl ListReader {
    /// The next page; `None` after the last one. After an error the same page is asked for again.
    pub async fn next_page(&mut self) -> Result<Option<ListPage>, Error> {
        if self.done {
            return Ok(None);
        }
        let call = Call::List {
            list: self.list,
            of: self.of,
            page: self.page,
        };
        if self.page > PAGES_MAX {
            let message = format!("the list does not end within {PAGES_MAX} pages");
            return Err(Error::new(call.operation(), ErrorKind::Unreadable, message));
        }
        let body = self.client.send(&call).await?;
        let page = page::parse(&body, self.page).map_err(|cause| cause.of(call.operation()))?;
        self.page += 1;
        self.done = !page.has_more;
        Ok(Some(ListPage {
            rows: page.rows,
            has_more: page.has_more,
        }))
    }
}

impl Client {
    /// Reads what changed at `since` or later (`None`: everything), active or not. `since` is taken
    /// in whole milliseconds. The next poll must not begin later than this one did. A list that cannot
    /// be asked for changes is read whole.
    #[must_use]
    pub fn poll(&self, list: List, since: Option<Timestamp>) -> ListReader {
        ListReader {
            client: self.clone(),
            list,
            of: since.map_or(Selection::All, Selection::ChangedSince),
            page: 1,
            done: false,
        }
    }

    /// Reads the documents whose own date is in a range, active or not. `None` for a list that has no such filter.
    ///
    /// A server that does not know the filter leaves it out and answers with everything: look at each row's date.
    #[must_use]
    pub fn dated(&self, list: List, from: Timestamp, before: Timestamp) -> Option<ListReader> {
        list.dates()?;
        Some(ListReader {
            client: self.clone(),
            list,
            of: Selection::Dated { from, before },
            page: 1,
            done: false,
        })
    }

    /// A whole list, active or not: for those that are short. All of it is held in memory.
    pub async fn list(&self, list: List) -> Result<Vec<Row>, Error> {
        let mut reader = self.poll(list, None);
        let mut rows = Vec::new();
        while let Some(page) = reader.next_page().await? {
            rows.extend(page.rows);
        }
        Ok(rows)
    }

    /// All payment terms of the tenant.
    pub async fn payment_terms(&self) -> Result<Vec<Row>, Error> {
        self.list(List::PaymentTerms).await
    }
}
