//! Invoices and their lines, and how accounting shows them: amounts go over the wire as strings.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::tax::{self, InvoiceTax, TaxCode};
use crate::servicetitan::books::Books;
use crate::servicetitan::event::Event;
use crate::servicetitan::purchasing::{
    Accounts, Batch, ItemKind, SyncStatus, account, number, object, pairs, text, to_cents,
};
use crate::servicetitan::record::{
    Address, BusinessUnitId, CustomField, CustomerId, InvoiceId, InvoiceLineId, JobId, LocationId,
    SkuId,
};
use crate::servicetitan::rot::Kind;

/// What an invoice was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum InvoiceConfiguration {
    /// A job.
    JobInvoice,
    /// A project: it names no job.
    ProjectInvoice,
    /// Goods sold over the counter.
    CounterSales,
    /// A membership.
    MembershipInvoice,
    /// Interest on what is overdue.
    InterestChargeInvoice,
    /// What a customer owed before the tenant came to ServiceTitan.
    ARImportInvoice,
}

/// How far the office is with an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "ServiceTitan's own words")]
pub enum ReviewStatus {
    NeedsReview,
    OnHold,
    Reviewed,
    PendingApproval,
    Rejected,
    ReadyForBilling,
    Invoiced,
}

/// What a line sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LineKind {
    /// Work.
    Service,
    /// Material.
    Material,
    /// Equipment.
    Equipment,
    /// A discount or a fee.
    PriceModifier,
}

impl From<ItemKind> for LineKind {
    fn from(kind: ItemKind) -> Self {
        match kind {
            ItemKind::Material => Self::Material,
            ItemKind::Equipment => Self::Equipment,
            ItemKind::Service => Self::Service,
        }
    }
}

/// An invoice.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoice {
    /// Its id.
    pub id: InvoiceId,
    /// False once hidden, as the invoice of a cancelled job is.
    pub active: bool,
    /// What it was made for.
    pub configuration: InvoiceConfiguration,
    /// Its number: the job's, where there is one.
    pub number: String,
    /// How far it is.
    pub sync_status: SyncStatus,
    /// How far the office is with it.
    pub review_status: ReviewStatus,
    /// Its date, midnight; none until the job is completed.
    pub invoice_date: Option<Timestamp>,
    /// When it is to be paid.
    pub due_date: Option<Timestamp>,
    /// By which term.
    pub term_name: Option<String>,
    /// Whom it is for.
    pub customer_id: CustomerId,
    /// Where the work was done.
    pub location_id: Option<LocationId>,
    /// Whose work it was.
    pub business_unit_id: BusinessUnitId,
    /// For which job.
    pub job_id: Option<JobId>,
    /// For which project.
    pub project_id: Option<i64>,
    /// What was done, as HTML.
    pub summary: Option<String>,
    /// What is sold.
    pub lines: Vec<InvoiceLine>,
    /// How it is taxed.
    pub tax: InvoiceTax,
    /// The zone that it is taxed by, as it was then.
    pub tax_code: Option<TaxCode>,
    /// What payments have brought.
    pub paid: Decimal,
    /// When nothing was open any more.
    pub paid_on: Option<Timestamp>,
    /// The batch that it is in.
    pub batch: Option<Batch>,
    /// The invoice that it corrects.
    pub adjustment_to: Option<InvoiceId>,
    /// The accounting system's id, told when it was marked as exported.
    pub external_id: Option<String>,
    /// What the accounting system said then.
    pub external_message: Option<String>,
    /// Whether the mark was set without sending it anywhere.
    pub bypassed: bool,
    /// Values of custom fields.
    pub custom_fields: Vec<CustomField>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// A line of an invoice. It is written down once; the item may change after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLine {
    /// Its id.
    pub id: InvoiceLineId,
    /// On which invoice.
    pub invoice_id: InvoiceId,
    /// False once taken off: only the feed of lines shows it then.
    pub active: bool,
    /// What kind of thing it sells.
    pub kind: LineKind,
    /// The item.
    pub sku: SkuId,
    /// The item's code.
    pub code: String,
    /// The item's name.
    pub name: String,
    /// HTML.
    pub description: String,
    /// How many; negative takes something off.
    pub quantity: Decimal,
    /// What one costs us.
    pub cost: Decimal,
    /// What one costs the customer; negative for a discount.
    pub price: Decimal,
    /// Whether sales tax is due on it.
    pub taxable: bool,
    /// Where it is booked.
    pub accounts: Accounts,
    /// Whose work it is, which need not be the invoice's unit.
    pub business_unit_id: BusinessUnitId,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

impl InvoiceLine {
    /// Quantity times price, to the cent.
    #[must_use]
    pub fn total(&self) -> Decimal {
        to_cents(self.quantity * self.price)
    }
}

impl Invoice {
    /// What its lines come to, each to the cent.
    #[must_use]
    pub fn subtotal(&self) -> Decimal {
        self.lines.iter().map(InvoiceLine::total).sum()
    }

    /// The sales tax, to the cent.
    #[must_use]
    pub fn sales_tax(&self) -> Decimal {
        let rate = self
            .tax_code
            .as_ref()
            .map_or(Decimal::ZERO, |code| code.rate);
        let typed = self.tax.amount.map(to_cents);
        typed.unwrap_or_else(|| tax::on(&self.lines, rate, self.tax.rounding))
    }

    /// Lines and tax.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.subtotal() + self.sales_tax()
    }

    /// What is open: the total less what payments brought; negative when they brought more.
    #[must_use]
    pub fn balance(&self) -> Decimal {
        self.total() - self.paid
    }

    /// What it adds to what its customer owes.
    pub(super) fn worth(&self) -> Decimal {
        if self.active {
            self.total()
        } else {
            Decimal::ZERO
        }
    }

    /// Discounts, as a positive amount.
    fn discounts(&self) -> Decimal {
        let modifiers = self
            .lines
            .iter()
            .filter(|l| l.kind == LineKind::PriceModifier);
        let taken = modifiers
            .map(InvoiceLine::total)
            .filter(Decimal::is_sign_negative);
        -taken.sum::<Decimal>()
    }
}

/// Which of an invoice's shapes is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvoiceView {
    /// The header alone, as events tell it.
    Header,
    /// All, as lists and the feed show it.
    Whole {
        /// Whether the accounting system's id is shown as `exportId`.
        export_id: bool,
    },
}

impl Books {
    pub(crate) fn wire_invoice(&self, invoice: &Invoice, view: InvoiceView, nulls: bool) -> Value {
        let unit = self.business_units.get(invoice.business_unit_id.0);
        let job = invoice.job_id.and_then(|job| self.jobs.get(job.0));
        let customer = self.customers.get(invoice.customer_id.0);
        let location = invoice.location_id.and_then(|id| self.locations.get(id.0));
        let code = invoice.tax_code.as_ref();
        let mut row = json!({
            "id": invoice.id, "syncStatus": invoice.sync_status, "budgetCodeId": null,
            "referenceNumber": invoice.number, "invoiceDate": invoice.invoice_date,
            "dueDate": invoice.due_date, "subTotal": text(invoice.subtotal()),
            "salesTax": text(invoice.sales_tax()),
            "salesTaxCode": code.map(|code| json!({
                "id": code.id, "name": code.name, "taxRate": number(code.rate),
            })),
            "taxZoneId": code.map(|code| code.id), "total": text(invoice.total()),
            "balance": text(invoice.balance()), "invoiceType": null,
            "customer": customer.map(|row| json!({ "id": row.id, "name": row.name })),
            "customerAddress": customer.map(|row| postal(&row.address)),
            "location": location.map(|row| json!({ "id": row.id, "name": row.name })),
            "locationAddress": location.map(|row| postal(&row.address)),
            "businessUnit": unit.map(|unit| json!({ "id": unit.id, "name": unit.name })),
            "termName": invoice.term_name, "createdBy": "Pat Office", "batch": invoice.batch,
            "depositedOn": null, "createdOn": invoice.created_on,
            "modifiedOn": invoice.modified_on, "adjustmentToId": invoice.adjustment_to,
            "job": job.map(|job| json!({
                "id": job.id, "number": job.job_number, "type": "Service Call",
            })),
            "projectId": invoice.project_id, "royalty": null, "employeeInfo": null,
            "commissionEligibilityDate": null, "sentStatus": "NotSent",
            "reviewStatus": invoice.review_status, "assignedTo": null,
        });
        if let InvoiceView::Whole { export_id } = view {
            let lines = (1..).zip(&invoice.lines);
            let lines: Vec<Value> = lines.map(|(n, line)| self.wire_line(line, n)).collect();
            // Seen live: an empty invoice has no list of lines, not an empty one.
            row["items"] = if lines.is_empty() {
                Value::Null
            } else {
                json!(lines)
            };
            row["summary"] = json!(invoice.summary);
            row["customFields"] = json!(pairs(&invoice.custom_fields));
            row["active"] = json!(invoice.active);
            row["discountTotal"] = json!(text(invoice.discounts()));
            row["importId"] = Value::Null;
            row["exportId"] = json!(invoice.external_id.as_ref().filter(|_| export_id));
            row["materialSkuId"] = Value::Null;
            row["membershipId"] = Value::Null;
            row["paidOn"] = json!(invoice.paid_on);
            row["invoiceConfiguration"] = json!(invoice.configuration);
        }
        self.finish(Kind::Invoice, invoice.id.0, object(row), nulls)
    }

    fn wire_line(&self, line: &InvoiceLine, order: i32) -> Value {
        let unit = self.business_units.get(line.business_unit_id.0);
        let accounts = &line.accounts;
        json!({
            "id": line.id, "description": line.description, "quantity": text(line.quantity),
            "cost": text(line.cost), "totalCost": text(to_cents(line.quantity * line.cost)),
            "budgetCodeId": null, "inventoryLocationId": null, "inventoryLocation": null,
            "price": text(line.price), "type": line.kind, "skuName": line.code,
            "skuId": line.sku, "total": text(line.total()),
            "inventory": line.kind == LineKind::Material, "taxable": line.taxable,
            "isChargeable": true,
            "generalLedgerAccount": account(self, accounts.general, true),
            "costOfSaleAccount": account(self, accounts.cost_of_sale, true),
            "assetAccount": account(self, accounts.asset, true),
            "membershipTypeId": 0, "itemGroup": null, "displayName": line.name,
            "soldHours": null, "createdOn": line.created_on, "modifiedOn": line.modified_on,
            "serviceDate": null, "order": order,
            "businessUnit": unit.map(|unit| json!({ "id": unit.id, "name": unit.name })),
            "createdById": null, "displayInAmount": null, "importId": null, "exportId": null,
            "inventoryStatus": null, "addOn": false, "memberPrice": null,
            "technicianId": null, "installedEquipmentId": null, "estimateItemId": null,
        })
    }

    /// A line as the feed of lines shows it.
    pub(crate) fn wire_exported_line(&self, line: &InvoiceLine) -> Value {
        let place = self.receivables.invoices.get(line.invoice_id.0);
        let place = place.and_then(|row| row.lines.iter().position(|l| l.id == line.id));
        let order = place.map_or(0, |place| place + 1);
        let mut row = self.wire_line(line, i32::try_from(order).unwrap_or(i32::MAX));
        row["active"] = json!(line.active);
        row["invoiceId"] = json!(line.invoice_id);
        self.finish(Kind::InvoiceItem, line.id.0, object(row), false)
    }

    /// Tells subscribers about an invoice as it stands.
    pub(crate) fn announce_invoice(&mut self, kind: &str, id: InvoiceId) {
        let Some(invoice) = self.receivables.invoices.get(id.0) else {
            return;
        };
        let data = json!({ "invoice": self.wire_invoice(invoice, InvoiceView::Header, false) });
        let event = Event::new(self, kind.to_owned(), data);
        self.announced.push(event);
    }
}

/// An address as accounting shows it: without coordinates.
fn postal(address: &Address) -> Value {
    json!({
        "street": address.street, "unit": address.unit, "city": address.city,
        "state": address.state, "zip": address.zip, "country": address.country,
    })
}
