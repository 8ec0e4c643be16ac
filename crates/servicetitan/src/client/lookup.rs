//! Records by id, and records of a record: asked for 50 at a time, and checked to be what was asked
//! for.

use std::collections::HashSet;

use super::call::Call;
use super::list::List;
use super::{Client, IDS_PER_CALL_MAX, PAGES_MAX, Row, page};
use crate::error::{Error, ErrorKind};
use crate::id::{
    ApBillId, ApCreditId, BusinessUnitId, CustomerId, InventoryBillId, InventoryReturnId,
    InvoiceId, JobId, PaymentId, PurchaseOrderId, ReceiptId, SkuId, VendorId,
};
use crate::record::Identity;

impl Client {
    /// Customers by id, active or not, in calls of 50. Ids that do not exist are simply absent.
    pub async fn customers(&self, ids: &[CustomerId]) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::with_capacity(ids.len());
        for ids in ids.chunks(IDS_PER_CALL_MAX) {
            let asked = |row: &Identity| ids.contains(&CustomerId(row.id));
            self.pages(|page| Call::Customers { ids, page }, asked, &mut rows)
                .await?;
        }
        Ok(rows)
    }

    /// The contacts of these customers, in calls of 50 customers. Removed ones are not listed.
    pub async fn customer_contacts(&self, customers: &[CustomerId]) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        for customers in customers.chunks(IDS_PER_CALL_MAX) {
            let asked = |row: &Identity| row.customer_id.is_none_or(|id| customers.contains(&id));
            self.pages(
                |page| Call::CustomerContacts { customers, page },
                asked,
                &mut rows,
            )
            .await?;
        }
        Ok(rows)
    }

    /// The locations of one customer, active or not.
    pub async fn locations_of(&self, customer: CustomerId) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        let asked = |row: &Identity| row.customer_id.is_none_or(|id| id == customer);
        self.pages(
            |page| Call::LocationsOf { customer, page },
            asked,
            &mut rows,
        )
        .await?;
        Ok(rows)
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

    /// Receipts by id, active or not, in calls of 50. Ids that do not exist are absent.
    pub async fn receipts(&self, ids: &[ReceiptId]) -> Result<Vec<Row>, Error> {
        self.listed(List::Receipts, ids.iter().map(|id| id.0)).await
    }

    /// The receipts of these purchase orders, active or not, in calls of 50 orders.
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

    /// Returns by id, active or not, in calls of 50. Ids that do not exist are absent.
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

    /// Invoices with their lines by id, active or not, in calls of 50. Ids that do not exist are absent.
    pub async fn invoices(&self, ids: &[InvoiceId]) -> Result<Vec<Row>, Error> {
        self.listed(List::Invoices, ids.iter().map(|id| id.0)).await
    }

    /// Payments by id, voided ones too, in calls of 50. Ids that do not exist are absent.
    pub async fn payments(&self, ids: &[PaymentId]) -> Result<Vec<Row>, Error> {
        self.listed(List::Payments, ids.iter().map(|id| id.0)).await
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

    /// Reads all pages of a list. `asked` says whether a row may be there: the server answers
    /// with everything when it does not understand a filter.
    async fn pages<'a>(
        &self,
        call: impl Fn(u32) -> Call<'a>,
        asked: impl Fn(&Identity) -> bool,
        rows: &mut Vec<Row>,
    ) -> Result<(), Error> {
        for number in 1..=PAGES_MAX {
            let call = call(number);
            let body = self.send(&call).await?;
            let page = page::parse(&body, number).map_err(|cause| cause.of(call.operation()))?;
            let stranger = page
                .rows
                .iter()
                .filter_map(|row| Identity::of(row.get()))
                .find(|row| !asked(row));
            if let Some(stranger) = stranger {
                let message = format!(
                    "row {} was not asked for: a filter was ignored",
                    stranger.id
                );
                return Err(Error::new(call.operation(), ErrorKind::Unreadable, message));
            }
            rows.extend(page.rows);
            if !page.has_more {
                return Ok(());
            }
        }
        let message = format!("the list does not end within {PAGES_MAX} pages");
        Err(Error::new(
            call(1).operation(),
            ErrorKind::Unreadable,
            message,
        ))
    }
}
