//! Lists: polled by time of change, read whole, or asked for by id.
//!
//! What has no export feed is polled, with an overlap and by id against what is known: a list does
//! not tell what was deleted. While a list is read page by page, its rows may move. Sorted by id,
//! which never changes, a row that enters the selection meanwhile can only push others onto a later
//! page: rows may come twice, and what entered before the present page is missed. So the next poll
//! goes back to the moment at which this one *began*, and repeats are the caller's to absorb. A list
//! that cannot be sorted ([`List::is_sorted`]) may also lose a row between two pages: read it
//! whole from time to time.

use std::collections::HashSet;

use jiff::Timestamp;

use super::call::{Call, PAGE_SIZE};
use super::endpoint::{self, Endpoint, Param};
use super::{Client, IDS_PER_CALL_MAX, PAGES_MAX, Row, page};
use crate::error::{Error, ErrorKind};
use crate::id::{
    ApBillId, ApCreditId, BusinessUnitId, InventoryBillId, InventoryReturnId, JobId,
    PurchaseOrderId, ReceiptId, SkuId, VendorId,
};
use crate::record::Identity;

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
    /// Receipts, cancelled ones too: there is no feed of them.
    Receipts,
    /// Returns to vendors, deleted ones too.
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
    /// Jobs without the deleted ones.
    Jobs,
}

impl List {
    /// Every list.
    pub const ALL: [Self; 19] = [
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
            Self::Jobs => endpoint::JOBS,
        }
    }

    /// What the list is called with always: without it the server chooses a part on its own.
    pub(super) fn filter(self) -> Option<(Param, &'static str)> {
        match self {
            Self::ApBills => Some((Param::BillType, "Procurement")),
            Self::ApBillsWithoutOrder => Some((Param::BillType, "ApBill")),
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
            | Self::ApBillsWithoutOrder => 500,
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
    since: Option<Timestamp>,
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
            since: self.since,
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
    /// in whole milliseconds. The next poll must not begin later than this one did.
    #[must_use]
    pub fn poll(&self, list: List, since: Option<Timestamp>) -> ListReader {
        ListReader {
            client: self.clone(),
            list,
            since,
            page: 1,
            done: false,
        }
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

    /// Business units by id, active or not, in calls of 50. Ids that do not exist are absent.
    pub async fn business_units(&self, ids: &[BusinessUnitId]) -> Result<Vec<Row>, Error> {
        self.listed(List::BusinessUnits, ids.iter().map(|id| id.0))
            .await
    }

    /// Vendors by id, active or not, in calls of 50. Ids that do not exist are absent.
    pub async fn vendors(&self, ids: &[VendorId]) -> Result<Vec<Row>, Error> {
        self.listed(List::Vendors, ids.iter().map(|id| id.0)).await
    }

    /// Materials by id, active or not, in calls of 50. Ids that do not exist, or that are not
    /// materials, are absent.
    pub async fn materials(&self, ids: &[SkuId]) -> Result<Vec<Row>, Error> {
        self.listed(List::Materials, ids.iter().map(|id| id.0))
            .await
    }

    /// Equipment by id, as [`Self::materials`].
    pub async fn equipment(&self, ids: &[SkuId]) -> Result<Vec<Row>, Error> {
        self.listed(List::Equipment, ids.iter().map(|id| id.0))
            .await
    }

    /// Services by id, as [`Self::materials`].
    pub async fn services(&self, ids: &[SkuId]) -> Result<Vec<Row>, Error> {
        self.listed(List::Services, ids.iter().map(|id| id.0)).await
    }

    /// Purchase orders by id, in calls of 50. Ids that do not exist are absent.
    pub async fn purchase_orders(&self, ids: &[PurchaseOrderId]) -> Result<Vec<Row>, Error> {
        self.listed(List::PurchaseOrders, ids.iter().map(|id| id.0))
            .await
    }

    /// Receipts by id, cancelled or not, in calls of 50. Ids that do not exist are absent.
    pub async fn receipts(&self, ids: &[ReceiptId]) -> Result<Vec<Row>, Error> {
        self.listed(List::Receipts, ids.iter().map(|id| id.0)).await
    }

    /// The receipts of these purchase orders, cancelled or not, in calls of 50 orders.
    pub async fn receipts_of(&self, orders: &[PurchaseOrderId]) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        for orders in orders.chunks(IDS_PER_CALL_MAX) {
            let asked =
                |row: &Identity| row.purchase_order_id.is_none_or(|id| orders.contains(&id));
            self.pages(|page| Call::ReceiptsOf { orders, page }, asked, &mut rows)
                .await?;
        }
        Ok(rows)
    }

    /// Returns by id, deleted or not, in calls of 50. Ids that do not exist are absent.
    pub async fn returns(&self, ids: &[InventoryReturnId]) -> Result<Vec<Row>, Error> {
        self.listed(List::Returns, ids.iter().map(|id| id.0)).await
    }

    /// Inventory bills by id, in calls of 50. Ids that do not exist are absent, and so are deleted
    /// bills: only the feed tells of those.
    pub async fn inventory_bills(&self, ids: &[InventoryBillId]) -> Result<Vec<Row>, Error> {
        self.listed(List::InventoryBills, ids.iter().map(|id| id.0))
            .await
    }

    /// AP bills by id, with and without a purchase order, in calls of 50. Ids that do not exist are
    /// absent. Two calls, because the list shows one type of bills at a time.
    pub async fn ap_bills(&self, ids: &[ApBillId]) -> Result<Vec<Row>, Error> {
        let mut rows = self
            .listed(List::ApBills, ids.iter().map(|id| id.0))
            .await?;
        let found: HashSet<_> = rows
            .iter()
            .filter_map(|row| Identity::of(row.get()))
            .map(|row| row.id)
            .collect();
        let missing: Vec<_> = ids
            .iter()
            .map(|id| id.0)
            .filter(|id| !found.contains(id))
            .collect();
        rows.extend(
            self.listed(List::ApBillsWithoutOrder, missing.into_iter())
                .await?,
        );
        Ok(rows)
    }

    /// AP credits by id, in calls of 50. Ids that do not exist are absent.
    pub async fn ap_credits(&self, ids: &[ApCreditId]) -> Result<Vec<Row>, Error> {
        self.listed(List::ApCredits, ids.iter().map(|id| id.0))
            .await
    }

    /// Jobs by id, in calls of 50. Ids that do not exist are absent, and so are deleted jobs: only
    /// the feed tells of those.
    pub async fn jobs(&self, ids: &[JobId]) -> Result<Vec<Row>, Error> {
        self.listed(List::Jobs, ids.iter().map(|id| id.0)).await
    }

    /// Rows of a list by id, in calls of 50.
    async fn listed(
        &self,
        list: List,
        ids: impl ExactSizeIterator<Item = i64>,
    ) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::with_capacity(ids.len());
        let ids: Vec<_> = ids.collect();
        for ids in ids.chunks(IDS_PER_CALL_MAX) {
            let asked = |row: &Identity| ids.contains(&row.id);
            self.pages(|page| Call::Listed { list, ids, page }, asked, &mut rows)
                .await?;
        }
        Ok(rows)
    }
}
