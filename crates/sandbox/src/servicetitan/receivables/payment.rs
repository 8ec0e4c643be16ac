//! Customers' payments, what they are applied to, their types, and how accounting shows them.

use jiff::{Timestamp, ToSpan as _};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};

use crate::servicetitan::books::Books;
use crate::servicetitan::purchasing::{Batch, SyncStatus, account, number, object, pairs, text};
use crate::servicetitan::record::{
    BusinessUnitId, CustomField, CustomerId, GlAccountId, InvoiceId, PaymentId, PaymentTypeId,
    SplitId,
};
use crate::servicetitan::rot::Kind;

/// How customers pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentType {
    /// Its id.
    pub id: PaymentTypeId,
    /// Its name.
    pub name: String,
    /// Whether it is in use (not shown; `active` filters by it).
    #[serde(skip)]
    pub active: bool,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// The types of every tenant, from id 41 on.
pub(super) fn types(until: Timestamp) -> Vec<PaymentType> {
    let names = [
        ("Cash", true),
        ("Check", true),
        ("Credit Card", true),
        ("ACH / EFT", true),
        ("Financing", true),
        ("Applied Credit", true),
        ("Travelers Check (old)", false),
    ];
    let made = until - (24 * 365 * 2).hours();
    let rows = (41..).zip(names);
    rows.map(|(id, (name, active))| PaymentType {
        id: PaymentTypeId(id),
        name: name.to_owned(),
        active,
        created_on: made,
        modified_on: made,
    })
    .collect()
}

/// A customer's payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// False once voided.
    pub active: bool,
    /// How far it is.
    pub sync_status: SyncStatus,
    /// ServiceTitan's number.
    pub number: String,
    /// When it was made, midnight.
    pub date: Timestamp,
    /// How: a string when it is read, a number when it is written.
    pub type_id: PaymentTypeId,
    /// What was paid; negative for a refund.
    pub total: Decimal,
    /// What it is applied to.
    pub splits: Vec<Split>,
    /// By whom.
    pub customer_id: CustomerId,
    /// To which unit.
    pub business_unit_id: Option<BusinessUnitId>,
    /// A remark.
    pub memo: String,
    /// The check's number.
    pub check_number: Option<String>,
    /// The card's authorisation.
    pub auth_code: Option<String>,
    /// The payment that it gives back.
    pub refunded: Option<PaymentId>,
    /// The accounting system's id.
    pub export_id: Option<String>,
    /// Where it is booked until it is deposited.
    pub account: Option<GlAccountId>,
    /// The batch that it was posted in.
    pub batch: Option<Batch>,
    /// Values of custom fields.
    pub custom_fields: Vec<CustomField>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// A part of a payment that is applied to one invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Its id.
    pub id: SplitId,
    /// To which.
    pub invoice: InvoiceId,
    /// How much; negative takes back what another payment brought.
    pub amount: Decimal,
    /// When it was applied.
    pub applied_on: Timestamp,
}

impl Payment {
    /// What is applied to invoices.
    #[must_use]
    pub fn applied(&self) -> Decimal {
        self.splits.iter().map(|split| split.amount).sum()
    }

    /// What is applied to nothing yet: a deposit's or an over-payment's rest.
    #[must_use]
    pub fn unapplied(&self) -> Decimal {
        self.total - self.applied()
    }

    /// What it takes off what its customer owes.
    pub(super) fn worth(&self) -> Decimal {
        if self.active {
            self.total
        } else {
            Decimal::ZERO
        }
    }
}

impl Books {
    /// A payment as lists and the feed show it: amounts and the type's id are strings.
    pub(crate) fn wire_payment(&self, payment: &Payment, nulls: bool) -> Value {
        let customer = self.customers.get(payment.customer_id.0);
        let unit = payment.business_unit_id;
        let unit = unit.and_then(|id| self.business_units.get(id.0));
        let kind = self.receivables.payment_types.get(payment.type_id.0);
        let splits = payment.splits.iter().map(|split| {
            let invoice = self.receivables.invoices.get(split.invoice.0);
            json!({
                "appliedId": split.id, "appliedTo": split.invoice,
                "appliedAmount": text(split.amount), "appliedOn": split.applied_on,
                "appliedBy": "Pat Office",
                "appliedToReferenceNumber": invoice.map(|invoice| &invoice.number),
            })
        });
        let row = json!({
            "id": payment.id, "syncStatus": payment.sync_status,
            "referenceNumber": payment.number, "date": payment.date,
            "type": kind.map(|kind| &kind.name), "typeId": payment.type_id.to_string(),
            "total": text(payment.total), "unappliedAmount": text(payment.unapplied()),
            "memo": payment.memo, "authCode": payment.auth_code,
            "checkNumber": payment.check_number,
            "customer": customer.map(|row| json!({ "id": row.id, "name": row.name })),
            "businessUnit": unit.map(|unit| json!({ "id": unit.id, "name": unit.name })),
            "batch": payment.batch, "createdBy": "Pat Office",
            "createdOn": payment.created_on, "modifiedOn": payment.modified_on,
            "generalLedgerAccount": account(self, payment.account, true),
            "appliedTo": splits.collect::<Vec<_>>(), "deposit": null,
            "customFields": pairs(&payment.custom_fields),
            "refundedPaymentId": payment.refunded, "active": payment.active,
        });
        self.finish(Kind::Payment, payment.id.0, object(row), nulls)
    }

    /// A payment as writes answer with it: amounts and the type's id are numbers.
    pub(super) fn wire_written(&self, payment: &Payment) -> Value {
        let splits = payment.splits.iter().map(|split| {
            let invoice = self.receivables.invoices.get(split.invoice.0);
            json!({
                "invoiceId": split.invoice, "amount": number(split.amount),
                "invoiceNumber": invoice.map(|invoice| &invoice.number),
            })
        });
        json!({
            "id": payment.id, "typeId": payment.type_id, "active": payment.active,
            "memo": payment.memo, "paidOn": payment.date, "authCode": payment.auth_code,
            "checkNumber": payment.check_number, "exportId": payment.export_id,
            "transactionStatus": null, "status": payment.sync_status,
            "splits": splits.collect::<Vec<_>>(), "customerId": payment.customer_id,
        })
    }
}
