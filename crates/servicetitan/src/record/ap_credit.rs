//! AP credits: what a vendor owes, mostly for a return.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::CustomField;
use super::open_enum::open_enum;
use super::{Batch, Named, Record, SyncStatus, wire};
use crate::id::{
    ApCreditId, ApCreditSplitId, BusinessUnitId, InventoryBillId, InventoryReturnId, JobId,
    RemittanceVendorId, VendorId,
};

/// A row of `accounting/ap-credits`, of which there is no feed. It has no lines and no account: a
/// credit's goods are on its return.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApCredit {
    /// The credit's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: ApCreditId,
    /// False once it no longer counts. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The return that it is for.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub inventory_return_id: Option<InventoryReturnId>,
    /// For which job, if for one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub job_id: Option<JobId>,
    /// ServiceTitan's number for it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub number: Option<String>,
    /// The vendor's number for it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub reference_number: Option<String>,
    /// Free text.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub memo: Option<String>,
    /// The date of the credit.
    #[serde(default, deserialize_with = "wire::time")]
    pub date: Option<Timestamp>,
    /// When it was cancelled.
    #[serde(default, deserialize_with = "wire::time")]
    pub canceled_on: Option<Timestamp>,
    /// The whole credit.
    #[serde(default, deserialize_with = "wire::money")]
    pub amount: Option<Decimal>,
    /// What of it has been set against bills.
    #[serde(default, deserialize_with = "wire::money")]
    pub applied_amount: Option<Decimal>,
    /// Whether it still counts.
    #[serde(default)]
    pub status: ApCreditStatus,
    /// How far its payment is.
    #[serde(default)]
    pub payment_status: ApPaymentStatus,
    /// How far it is on its way to accounting.
    #[serde(default)]
    pub sync_status: SyncStatus,
    /// Whose it is.
    #[serde(default)]
    pub vendor: Option<Named<VendorId>>,
    /// Who pays it, if not the vendor.
    #[serde(default)]
    pub remittance_vendor: Option<Named<RemittanceVendorId>>,
    /// For which unit.
    #[serde(default)]
    pub business_unit: Option<Named<BusinessUnitId>>,
    /// The batch.
    #[serde(default)]
    pub batch: Option<Batch>,
    /// The budget code.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub budget_code_id: Option<i64>,
    /// The bills it was set against.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub splits: Vec<ApCreditSplit>,
    /// The tenant's own fields.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub custom_fields: Vec<CustomField>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for ApCredit {
    const KIND: &'static str = "AP credit";
}

/// A part of a credit, set against a bill.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApCreditSplit {
    /// The part's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: ApCreditSplitId,
    /// False once taken back. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The bill.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub inventory_bill_id: Option<InventoryBillId>,
    /// How much.
    #[serde(default, deserialize_with = "wire::money")]
    pub amount: Option<Decimal>,
    /// When it was created.
    #[serde(default, deserialize_with = "wire::time")]
    pub created_on: Option<Timestamp>,
}

open_enum! {
    /// Whether an AP credit still counts.
    ApCreditStatus {
        /// It does.
        Unreconciled,
        /// Withdrawn.
        Canceled,
    }
}

open_enum! {
    /// How far a payment of a bill or a credit is.
    ApPaymentStatus {
        /// Nothing has happened.
        Unpaid,
        /// Somebody has to approve it.
        ReadyForApproval,
        /// Begun.
        Initiated,
        /// Done.
        Paid,
        /// Withdrawn. With two l, here alone.
        Cancelled,
        /// On its way.
        InTransit,
        /// Being worked on.
        Processing,
        /// Refused.
        Rejected,
    }
}
