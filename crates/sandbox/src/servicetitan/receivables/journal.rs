//! Journal entries that an application books: external ones. The answer to making one is empty,
//! so whoever makes one has to look for it. The entries that ServiceTitan books itself are not
//! simulated.

mod request;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::servicetitan::books::Books;
use crate::servicetitan::purchasing::{number, object};
use crate::servicetitan::record::{
    BusinessUnitId, CustomerId, GlAccountId, JobId, JournalEntryId, PaymentTypeId, VendorId,
};
use crate::servicetitan::rot::Kind;

/// An external journal entry.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalEntry {
    /// Its number; [`JournalEntry::guid`] is its id on the wire.
    pub id: JournalEntryId,
    /// Its name.
    pub name: Option<String>,
    /// `Open` or `Closed`.
    pub status: PostingStatus,
    /// How far the accounting system is with it.
    pub sync_status: EntrySyncStatus,
    /// Counts its changes.
    pub version_id: i32,
    /// The version that the accounting system has.
    pub last_sync_version_id: Option<i32>,
    /// What was said of it.
    pub message: Option<String>,
    /// Its date, midnight.
    pub post_date: Option<Timestamp>,
    /// Name and value of custom fields.
    pub custom_fields: Vec<(String, Option<String>)>,
    /// What it books.
    pub lines: Vec<JournalLine>,
    /// Gone: not even a single read finds it.
    pub deleted: bool,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// Whether an entry may change still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "ServiceTitan's own words")]
pub enum PostingStatus {
    Open,
    Closed,
}

/// How far the accounting system is with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "ServiceTitan's own words")]
pub enum EntrySyncStatus {
    NotSynced,
    InProgress,
    Synced,
    OutOfSync,
    Error,
    Excluded,
}

/// A line of an entry.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalLine {
    /// Where it is booked.
    pub account_id: Option<GlAccountId>,
    /// Debit.
    pub debit: Decimal,
    /// Credit.
    pub credit: Decimal,
    /// A remark.
    pub memo: Option<String>,
    /// For which unit.
    pub business_unit_id: Option<BusinessUnitId>,
    /// Of which customer.
    pub customer_id: Option<CustomerId>,
    /// Of which vendor.
    pub vendor_id: Option<VendorId>,
    /// For which job.
    pub job_id: Option<JobId>,
    /// How it was paid.
    pub payment_type_id: Option<PaymentTypeId>,
    /// What it stands for elsewhere: `id`, `type`, `name`, `url`.
    #[serde(default)]
    pub external_objects: Option<Vec<Value>>,
}

impl JournalEntry {
    /// Its id on the wire.
    #[must_use]
    pub fn guid(&self) -> String {
        format!("5e7b0c1a-0000-4000-8000-{:012x}", self.id.0)
    }

    pub(super) fn balanced(&self) -> bool {
        let sum = |side: fn(&JournalLine) -> Decimal| self.lines.iter().map(side).sum::<Decimal>();
        sum(|line| line.debit) == sum(|line| line.credit)
    }
}

/// A date as entries show it: without a zone, which the spec does not say.
fn local(date: Timestamp) -> String {
    let text = date.to_string();
    text.trim_end_matches('Z').to_owned()
}

impl Books {
    /// `date_only`: dates as the spec has them, not as they come.
    pub(super) fn wire_entry(&self, entry: &JournalEntry, date_only: bool) -> Value {
        let date = |at: Timestamp| {
            let text = local(at);
            if date_only {
                text[..10].to_owned()
            } else {
                text
            }
        };
        let fields = entry.custom_fields.iter();
        let fields = fields.map(|(name, value)| json!({ "name": name, "value": value }));
        let row = json!({
            "id": entry.guid(), "createdOn": entry.created_on, "modifiedOn": entry.modified_on,
            "number": entry.id, "name": entry.name, "source": "External",
            "status": format!("{:?}", entry.status),
            "syncStatus": format!("{:?}", entry.sync_status), "versionId": entry.version_id,
            "lastSyncVersionId": entry.last_sync_version_id, "message": entry.message,
            "postDate": entry.post_date.map(date), "exportedOn": null, "exportedBy": null,
            "customFields": fields.collect::<Vec<_>>(), "url": null,
            "isEmpty": entry.lines.is_empty(),
        });
        self.finish(Kind::JournalEntry, entry.id.0, object(row), false)
    }

    fn ledger(&self, id: Option<GlAccountId>) -> Value {
        let account = id.and_then(|id| self.purchasing.gl_accounts.get(id.0));
        let Some(account) = account else {
            return json!({ "id": 0, "number": null, "name": null, "type": null, "subtype": null });
        };
        json!({
            "id": account.id, "number": account.number, "name": account.name,
            "type": account.kind, "subtype": account.subtype,
        })
    }

    pub(super) fn wire_detail(
        &self,
        entry: &JournalEntry,
        line: &JournalLine,
        date_only: bool,
    ) -> Value {
        let named = |id: i64, name: &str| json!({ "id": id, "name": name });
        let customer = line.customer_id.and_then(|id| self.customers.get(id.0));
        let vendor = line
            .vendor_id
            .and_then(|id| self.purchasing.vendors.get(id.0));
        let unit = line
            .business_unit_id
            .and_then(|id| self.business_units.get(id.0));
        let job = line.job_id.and_then(|id| self.jobs.get(id.0));
        let types = &self.receivables.payment_types;
        let kind = line.payment_type_id.and_then(|id| types.get(id.0));
        let head = self.wire_entry(entry, date_only);
        json!({
            "postDate": head["postDate"], "account": self.ledger(line.account_id),
            "debit": number(line.debit), "credit": number(line.credit), "memo": line.memo,
            "quantity": null, "unitAmount": null, "externalObjects": line.external_objects,
            "transaction": { "id": entry.id, "type": "External", "refNumber": entry.name },
            "businessUnit": unit.map(|row| named(row.id.0, &row.name)),
            "customer": customer.map(|row| named(row.id.0, &row.name)),
            "vendor": vendor.map(|row| named(row.id.0, &row.name)), "inventoryLocation": null,
            "job": job.map(|job| json!({ "id": job.id, "number": job.job_number })),
            "customerLocation": null, "paymentType": kind.map(|row| named(row.id.0, &row.name)),
            "project": null, "serviceAgreement": null, "appliedTo": null, "sku": null,
            "transactionDate": head["postDate"], "budgetCodeId": null,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_without_a_zone() {
        let at: Timestamp = "2025-10-13T00:00:00Z".parse().expect("a time");
        assert_eq!(local(at), "2025-10-13T00:00:00");
    }
}
