//! The identifiers that ServiceTitan gives its records, one type each, so that no bare `i64`
//! crosses a function and no customer's id is taken for a location's.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                text.trim().parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// A ServiceTitan account. Stands in every path and in every webhook.
    TenantId,
    /// `crm/customers`.
    CustomerId,
    /// `crm/customers/contacts`: one phone number or address of one customer.
    ContactId,
    /// `crm/locations`: a job site of a customer.
    LocationId,
    /// `accounting/payment-terms`.
    PaymentTermId,
    /// `jpm/jobs`.
    JobId,
    /// `settings/business-units`.
    BusinessUnitId,
    /// `inventory/vendors`.
    VendorId,
    /// `pricebook/materials`, `pricebook/equipment` or `pricebook/services`: what a line is about.
    SkuId,
    /// `pricebook/categories`.
    CategoryId,
    /// `accounting/gl-accounts`.
    GlAccountId,
    /// `accounting/tax-zones`.
    TaxZoneId,
    /// `accounting/remittance-vendors`.
    RemittanceVendorId,
    /// `inventory/warehouses` and `inventory/trucks`.
    InventoryLocationId,
    /// `inventory/purchase-orders`.
    PurchaseOrderId,
    /// A line of a purchase order.
    PurchaseOrderItemId,
    /// `inventory/purchase-order-types`.
    PurchaseOrderTypeId,
    /// `inventory/receipts`.
    ReceiptId,
    /// A line of a receipt.
    ReceiptItemId,
    /// `inventory/returns`.
    InventoryReturnId,
    /// A line of a return.
    InventoryReturnItemId,
    /// `accounting/inventory-bills`.
    InventoryBillId,
    /// `accounting/ap-bills`.
    ApBillId,
    /// A line of an inventory bill or of an AP bill.
    BillItemId,
    /// A line of an AP bill that is no item.
    ExpenseItemId,
    /// `accounting/ap-credits`.
    ApCreditId,
    /// A part of an AP credit.
    ApCreditSplitId,
    /// A batch of documents.
    BatchId,
    /// `accounting/invoices`.
    InvoiceId,
    /// A line of an invoice.
    InvoiceItemId,
    /// `accounting/payments`.
    PaymentId,
    /// `accounting/payment-types`.
    PaymentTypeId,
    /// `jpm/projects`.
    ProjectId,
    /// `jpm/job-types`.
    JobTypeId,
    /// `settings/technicians`.
    TechnicianId,
}
