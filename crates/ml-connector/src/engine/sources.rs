//! Where the rows of each flow come from: export feeds, lists that are polled, and records by id.

use servicetitan::client::{Feed, List, Row};
use servicetitan::{
    ApBillId, ApCreditId, BusinessUnitId, Client, CustomerId, Error, InventoryBillId,
    InventoryReturnId, InvoiceId, JobId, PaymentId, PurchaseOrderId, SkuId, VendorId,
};
use sync::filing::RowKind;
use sync::flow::Flow;

/// Something that shows what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An export feed, read on from a position.
    Feed(Feed),
    /// A list, asked for what changed since a moment.
    List(List),
}

impl Source {
    /// A stable name, fit for a key.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Feed(feed) => feed.as_str(),
            Self::List(list) => list.as_str(),
        }
    }
}

/// The sources of a flow, and what their rows are.
#[must_use]
pub fn of(flow: Flow) -> &'static [(Source, RowKind)] {
    match flow {
        Flow::BusinessUnits => &[(Source::Feed(Feed::BusinessUnits), RowKind::BusinessUnit)],
        Flow::Customers => &[
            (Source::Feed(Feed::Customers), RowKind::Customer),
            (Source::Feed(Feed::CustomerContacts), RowKind::Contact),
            (Source::Feed(Feed::Locations), RowKind::Location),
        ],
        Flow::Jobs => &[(Source::Feed(Feed::Jobs), RowKind::Job)],
        Flow::Vendors => &[(Source::List(List::Vendors), RowKind::Vendor)],
        Flow::Items => &[
            (Source::Feed(Feed::Materials), RowKind::Material),
            (Source::Feed(Feed::Equipment), RowKind::Equipment),
            (Source::Feed(Feed::Services), RowKind::Service),
        ],
        Flow::PurchaseOrders => &[(Source::Feed(Feed::PurchaseOrders), RowKind::PurchaseOrder)],
        Flow::Receipts => &[(Source::List(List::Receipts), RowKind::Receipt)],
        Flow::Bills => &[(Source::Feed(Feed::InventoryBills), RowKind::InventoryBill)],
        Flow::ApBills => &[(Source::List(List::ApBillsWithoutOrder), RowKind::ApBill)],
        Flow::VendorCredits => &[(Source::Feed(Feed::Returns), RowKind::InventoryReturn)],
        Flow::ApCredits => &[(Source::List(List::ApCredits), RowKind::ApCredit)],
        Flow::Invoices => &[(Source::Feed(Feed::Invoices), RowKind::Invoice)],
        Flow::Payments => &[(Source::Feed(Feed::Payments), RowKind::Payment)],
        // Odoo is polled for these.
        Flow::OdooBills => &[],
    }
}

/// The lists whose scopes the flow needs, besides those of customers, which every connection has.
#[must_use]
pub fn lists(flow: Flow) -> &'static [List] {
    match flow {
        Flow::BusinessUnits => &[List::BusinessUnits],
        Flow::Customers | Flow::OdooBills => &[],
        Flow::Jobs => &[List::Jobs],
        Flow::Vendors => &[List::Vendors],
        Flow::Items => &[List::Materials, List::Equipment, List::Services],
        Flow::PurchaseOrders => &[List::PurchaseOrders],
        Flow::Receipts => &[List::Receipts],
        Flow::Bills => &[List::InventoryBills],
        Flow::ApBills => &[List::ApBills],
        Flow::VendorCredits => &[List::Returns],
        Flow::ApCredits => &[List::ApCredits],
        Flow::Invoices => &[List::Invoices],
        Flow::Payments => &[List::Payments],
    }
}

/// The scopes that the flow needs.
pub fn scopes(flow: Flow) -> impl Iterator<Item = &'static str> {
    let of_customers: &[&str] = match flow {
        Flow::Customers => &["tn.crm.customers:r", "tn.crm.locations:r"],
        _ => &[],
    };
    let of_lists = lists(flow).iter().map(|list| list.scope());
    of_customers.iter().copied().chain(of_lists)
}

/// The rows of these records, whole. Records that ServiceTitan does not have are left out.
pub async fn fetch(
    client: &Client,
    flow: Flow,
    ids: &[i64],
) -> Result<Vec<(RowKind, Vec<Row>)>, Error> {
    Ok(match flow {
        Flow::BusinessUnits => {
            let ids = typed(ids, BusinessUnitId);
            vec![(RowKind::BusinessUnit, client.business_units(&ids).await?)]
        }
        Flow::Customers => {
            let ids = typed(ids, CustomerId);
            let rows = client.customers(&ids).await?;
            let contacts = client.customer_contacts(&ids).await?;
            let mut locations = Vec::new();
            for id in ids {
                locations.extend(client.locations_of(id).await?);
            }
            vec![
                (RowKind::Customer, rows),
                (RowKind::Contact, contacts),
                (RowKind::Location, locations),
            ]
        }
        Flow::Jobs => {
            let ids = typed(ids, JobId);
            vec![(RowKind::Job, client.jobs(&ids).await?)]
        }
        Flow::Vendors => {
            let ids = typed(ids, VendorId);
            vec![(RowKind::Vendor, client.vendors(&ids).await?)]
        }
        Flow::Items => {
            let ids = typed(ids, SkuId);
            vec![
                (RowKind::Material, client.materials(&ids).await?),
                (RowKind::Equipment, client.equipment(&ids).await?),
                (RowKind::Service, client.services(&ids).await?),
            ]
        }
        Flow::PurchaseOrders => {
            let ids = typed(ids, PurchaseOrderId);
            vec![(RowKind::PurchaseOrder, client.purchase_orders(&ids).await?)]
        }
        // Its records are orders.
        Flow::Receipts => {
            let ids = typed(ids, PurchaseOrderId);
            vec![(RowKind::Receipt, client.receipts_of(&ids).await?)]
        }
        Flow::Bills => {
            let ids = typed(ids, InventoryBillId);
            vec![(RowKind::InventoryBill, client.inventory_bills(&ids).await?)]
        }
        Flow::ApBills => {
            let ids = typed(ids, ApBillId);
            vec![(RowKind::ApBill, client.ap_bills(&ids).await?)]
        }
        Flow::VendorCredits => {
            let ids = typed(ids, InventoryReturnId);
            vec![(RowKind::InventoryReturn, client.returns(&ids).await?)]
        }
        Flow::ApCredits => {
            let ids = typed(ids, ApCreditId);
            vec![(RowKind::ApCredit, client.ap_credits(&ids).await?)]
        }
        Flow::Invoices => {
            let ids = typed(ids, InvoiceId);
            vec![(RowKind::Invoice, client.invoices(&ids).await?)]
        }
        Flow::Payments => {
            let ids = typed(ids, PaymentId);
            vec![(RowKind::Payment, client.payments(&ids).await?)]
        }
        Flow::OdooBills => Vec::new(),
    })
}

fn typed<T>(ids: &[i64], id: impl Fn(i64) -> T) -> Vec<T> {
    ids.iter().copied().map(id).collect()
}
