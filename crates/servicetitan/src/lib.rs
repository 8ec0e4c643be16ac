#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
pub mod client;
pub mod error;
mod id;
#[cfg(feature = "client")]
pub mod pacer;
pub mod record;
#[cfg(feature = "webhook")]
pub mod webhook;

#[cfg(feature = "client")]
pub use client::{Client, Config, Environment, Http};
pub use error::{Error, ErrorKind};
pub use id::{
    ApBillId, ApCreditId, ApCreditSplitId, BatchId, BillItemId, BusinessUnitId, CategoryId,
    ContactId, CustomerId, ExpenseItemId, GlAccountId, InventoryBillId, InventoryLocationId,
    InventoryReturnId, InventoryReturnItemId, InvoiceId, InvoiceItemId, JobId, JobTypeId,
    LocationId, PaymentId, PaymentTermId, PaymentTypeId, ProjectId, PurchaseOrderId,
    PurchaseOrderItemId, PurchaseOrderTypeId, ReceiptId, ReceiptItemId, RemittanceVendorId, SkuId,
    TaxZoneId, TechnicianId, TenantId, VendorId,
};
#[cfg(feature = "client")]
pub use pacer::{Pacer, RateLimit};
