//! Customers' invoices: what the field sold, ready for accounting once posted.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::customer::CustomField;
use super::open_enum::open_enum;
use super::{Batch, GlAccountRef, Named, Record, SyncStatus, wire};
use crate::id::{
    BusinessUnitId, CustomerId, InvoiceId, InvoiceItemId, JobId, LocationId, ProjectId, SkuId,
    TaxZoneId, TechnicianId,
};

/// A row of `accounting/invoices` or of its export feed, or an invoice in a webhook, which has no
/// lines. Amounts and quantities come as text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// The invoice's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: InvoiceId,
    /// False once it counts no more, e.g. with its job cancelled; true if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// How far it is on its way to accounting.
    #[serde(default)]
    pub sync_status: SyncStatus,
    /// How far the office is with it.
    #[serde(default)]
    pub review_status: ReviewStatus,
    /// What it is about.
    #[serde(default)]
    pub invoice_configuration: InvoiceConfiguration,
    /// ServiceTitan's number for it: mostly the job's.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub reference_number: Option<String>,
    /// The date of the invoice. An adjustment may have none.
    #[serde(default, deserialize_with = "wire::time")]
    pub invoice_date: Option<Timestamp>,
    /// When it has to be paid.
    #[serde(default, deserialize_with = "wire::time")]
    pub due_date: Option<Timestamp>,
    /// What its lines come to.
    #[serde(default, deserialize_with = "wire::money")]
    pub sub_total: Option<Decimal>,
    /// Tax of the whole invoice.
    #[serde(default, deserialize_with = "wire::money")]
    pub sales_tax: Option<Decimal>,
    /// The rate that made it.
    #[serde(default)]
    pub sales_tax_code: Option<SalesTaxCode>,
    /// The tax zone.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub tax_zone_id: Option<TaxZoneId>,
    /// The whole invoice. Negative where it takes back more than it sells.
    #[serde(default, deserialize_with = "wire::money")]
    pub total: Option<Decimal>,
    /// What is still to be paid.
    #[serde(default, deserialize_with = "wire::money")]
    pub balance: Option<Decimal>,
    /// When it was paid.
    #[serde(default, deserialize_with = "wire::time")]
    pub paid_on: Option<Timestamp>,
    /// Who owes it.
    #[serde(default)]
    pub customer: Option<Named<CustomerId>>,
    /// Where the work was done.
    #[serde(default)]
    pub location: Option<Named<LocationId>>,
    /// Of which unit.
    #[serde(default)]
    pub business_unit: Option<Named<BusinessUnitId>>,
    /// For which job; invoices of projects have none.
    #[serde(default)]
    pub job: Option<JobRef>,
    /// For which project.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub project_id: Option<ProjectId>,
    /// Of an adjustment: the invoice that it corrects.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub adjustment_to_id: Option<InvoiceId>,
    /// The name of the payment term: there is no id of it.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub term_name: Option<String>,
    /// What was done, as HTML.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub summary: Option<String>,
    /// The batch in which it was posted.
    #[serde(default)]
    pub batch: Option<Batch>,
    /// The id that accounting gave it when it was exported.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub export_id: Option<String>,
    /// The lines; none in webhooks, and none or `null` on an empty invoice.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub items: Vec<InvoiceItem>,
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

impl Record for Invoice {
    const KIND: &'static str = "invoice";
}

/// A line of an invoice.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceItem {
    /// The line's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: InvoiceItemId,
    /// Its place on the invoice.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub order: Option<i64>,
    /// What kind of item it sells.
    #[serde(default, rename = "type")]
    pub kind: InvoiceItemType,
    /// What is sold. Zero where it is nothing of the pricebook.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub sku_id: Option<SkuId>,
    /// The item's code, as quoted here.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub sku_name: Option<String>,
    /// The item's name, as quoted here.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub display_name: Option<String>,
    /// HTML.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub description: Option<String>,
    /// How much is sold.
    #[serde(default, deserialize_with = "wire::money")]
    pub quantity: Option<Decimal>,
    /// Price per unit.
    #[serde(default, deserialize_with = "wire::money")]
    pub price: Option<Decimal>,
    /// What the line comes to, without tax.
    #[serde(default, deserialize_with = "wire::money")]
    pub total: Option<Decimal>,
    /// Whether tax is charged on it.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub taxable: bool,
    /// The account of income, as quoted here.
    #[serde(default)]
    pub general_ledger_account: Option<GlAccountRef>,
    /// Of which unit, if of another than the invoice's.
    #[serde(default)]
    pub business_unit: Option<Named<BusinessUnitId>>,
    /// Who did it.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub technician_id: Option<TechnicianId>,
    /// The day of the service.
    #[serde(default, deserialize_with = "wire::time")]
    pub service_date: Option<Timestamp>,
}

/// The rate of tax of an invoice, as it quotes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SalesTaxCode {
    /// Which.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub id: Option<i64>,
    /// Its name.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub name: Option<String>,
    /// A part of one: `0.0825`. The documents do not say whether it may be a percentage.
    #[serde(default, deserialize_with = "wire::money")]
    pub tax_rate: Option<Decimal>,
}

/// A job, as an invoice quotes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobRef {
    /// Which.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub id: Option<JobId>,
    /// Its number.
    #[serde(default, deserialize_with = "wire::optional_text")]
    pub number: Option<String>,
    /// The name of its type.
    #[serde(default, deserialize_with = "wire::optional_text", rename = "type")]
    pub kind: Option<String>,
}

open_enum! {
    /// How far the office is with an invoice.
    ReviewStatus {
        /// Nobody has looked at it.
        NeedsReview,
        /// Somebody has, and stopped it.
        OnHold,
        /// It is right.
        Reviewed,
        /// Somebody else has to agree.
        PendingApproval,
        /// Somebody else did not.
        Rejected,
        /// It may go out.
        ReadyForBilling,
        /// It went out.
        Invoiced,
    }
}

impl ReviewStatus {
    /// Whether the office has found it right.
    #[must_use]
    pub const fn is_reviewed(&self) -> bool {
        matches!(
            self,
            Self::Reviewed | Self::ReadyForBilling | Self::Invoiced
        )
    }
}

open_enum! {
    /// What an invoice is about.
    InvoiceConfiguration {
        /// A job.
        JobInvoice,
        /// A project: it has no job.
        ProjectInvoice,
        /// Goods over the counter.
        CounterSales,
        /// A membership.
        MembershipInvoice,
        /// Interest on what is overdue.
        InterestChargeInvoice,
        /// What was owed before ServiceTitan came.
        ARImportInvoice,
    }
}

open_enum! {
    /// What kind of item a line sells.
    InvoiceItemType {
        /// A service.
        Service,
        /// A material.
        Material,
        /// A piece of equipment.
        Equipment,
        /// A discount or a fee.
        PriceModifier,
        /// Not said.
        Unspecified,
    }
}

impl InvoiceItemType {
    /// Whether the pricebook has it as a material, a piece of equipment or a service.
    #[must_use]
    pub const fn is_item(&self) -> bool {
        matches!(self, Self::Service | Self::Material | Self::Equipment)
    }
}
