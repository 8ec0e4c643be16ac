//! The few writes: marking documents as exported, and setting custom fields.
//!
//! ServiceTitan knows no idempotency keys, so a write is sent again only after an answer that proves
//! that it had no effect (429, a dead token). Every other failure says in
//! [`Error::may_have_applied`] whether it may have had one; then read the record before writing again.
//! Both kinds of writes end in the same state when repeated.

use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::endpoint::{self, Endpoint};
use super::{Client, IDS_PER_CALL_MAX, page};
use crate::error::{Error, ErrorKind, printable};
use crate::id::{ApBillId, ApCreditId, InventoryBillId, InventoryReturnId, ReceiptId, VendorId};

/// Pages of custom fields that are read: a tenant has dozens.
const FIELD_PAGES_MAX: u32 = 40;

/// Where a refusal is cut, in characters.
const REFUSAL_CHARS_MAX: usize = 300;

/// What became of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked<Id> {
    /// Which.
    pub id: Id,
    /// What became of it.
    pub outcome: MarkOutcome,
}

/// What became of a document that was to be marked as exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkOutcome {
    /// It is marked, and locked in ServiceTitan for good.
    Exported,
    /// It is not; what ServiceTitan said about it.
    Refused(String),
    /// The answer passes it over: read it to know.
    Unanswered,
}

/// Whose custom fields are set. Purchase orders have custom fields, but no way to set them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CustomFieldOwner {
    /// An inventory bill.
    InventoryBill(InventoryBillId),
    /// An AP bill.
    ApBill(ApBillId),
    /// An AP credit.
    ApCredit(ApCreditId),
    /// A receipt.
    Receipt(ReceiptId),
    /// A return.
    Return(InventoryReturnId),
    /// A vendor.
    Vendor(VendorId),
}

/// The kinds of documents whose custom fields can be listed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CustomFieldKind {
    /// Inventory bills.
    InventoryBill,
    /// AP bills.
    ApBill,
}

impl CustomFieldKind {
    /// The scope that the app needs to set them.
    #[must_use]
    pub fn scope(self) -> &'static str {
        match self {
            Self::InventoryBill => endpoint::INVENTORY_BILL_FIELDS.scope,
            Self::ApBill => endpoint::AP_BILL_FIELDS.scope,
        }
    }

    pub(super) fn types(self) -> Endpoint {
        match self {
            Self::InventoryBill => endpoint::INVENTORY_BILL_FIELD_TYPES,
            Self::ApBill => endpoint::AP_BILL_FIELD_TYPES,
        }
    }
}

impl CustomFieldOwner {
    /// The scope that the app needs.
    #[must_use]
    pub fn scope(self) -> &'static str {
        self.endpoint().scope
    }

    pub(super) fn endpoint(self) -> Endpoint {
        match self {
            Self::InventoryBill(_) => endpoint::INVENTORY_BILL_FIELDS,
            Self::ApBill(_) => endpoint::AP_BILL_FIELDS,
            Self::ApCredit(_) => endpoint::AP_CREDIT_FIELDS,
            Self::Receipt(_) => endpoint::RECEIPT_FIELDS,
            Self::Return(_) => endpoint::RETURN_FIELDS,
            Self::Vendor(_) => endpoint::VENDOR_FIELDS,
        }
    }

    fn id(self) -> i64 {
        match self {
            Self::InventoryBill(id) => id.0,
            Self::ApBill(id) => id.0,
            Self::ApCredit(id) => id.0,
            Self::Receipt(id) => id.0,
            Self::Return(id) => id.0,
            Self::Vendor(id) => id.0,
        }
    }
}

/// A custom field, by the name that the tenant gave it, and what it shall hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomFieldValue {
    /// The name. The field has to exist: it is made in ServiceTitan's settings.
    pub name: String,
    /// The value; `None` empties it.
    pub value: Option<String>,
}

pub(super) fn custom_fields(owner: CustomFieldOwner, fields: &[CustomFieldValue]) -> Value {
    let fields: Vec<_> = fields
        .iter()
        .map(|field| json!({"name": field.name, "value": field.value}))
        .collect();
    json!({"operations": [{"objectId": owner.id(), "customFields": fields}]})
}

/// The documents that are to be marked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark<'a> {
    InventoryBills(&'a [i64]),
    ApBills(&'a [i64]),
    ApCredits(&'a [i64]),
}

impl Mark<'_> {
    pub(super) fn endpoint(self) -> Endpoint {
        match self {
            Self::InventoryBills(_) => endpoint::MARK_INVENTORY_BILLS,
            Self::ApBills(_) => endpoint::MARK_AP_BILLS,
            Self::ApCredits(_) => endpoint::MARK_AP_CREDITS,
        }
    }

    pub(super) fn body(self) -> Value {
        match self {
            Self::InventoryBills(ids) => json!({"inventoryBillIds": ids}),
            Self::ApBills(ids) => json!({"billIds": ids}),
            Self::ApCredits(ids) => ids.iter().map(|id| json!({"apCreditId": id})).collect(),
        }
    }

    fn ids(&self) -> &[i64] {
        match self {
            Self::InventoryBills(ids) | Self::ApBills(ids) | Self::ApCredits(ids) => ids,
        }
    }
}

impl Client {
    /// Marks up to 50 inventory bills as exported, which locks them for good: there is no way back.
    /// One outcome for each, in the order given.
    pub async fn mark_inventory_bills_exported(
        &self,
        ids: &[InventoryBillId],
    ) -> Result<Vec<Marked<InventoryBillId>>, Error> {
        let whole: Vec<_> = ids.iter().map(|id| id.0).collect();
        self.mark(Mark::InventoryBills(&whole)).await
    }

    /// Marks up to 50 AP bills, as [`Self::mark_inventory_bills_exported`].
    pub async fn mark_ap_bills_exported(
        &self,
        ids: &[ApBillId],
    ) -> Result<Vec<Marked<ApBillId>>, Error> {
        let whole: Vec<_> = ids.iter().map(|id| id.0).collect();
        self.mark(Mark::ApBills(&whole)).await
    }

    /// Marks up to 50 AP credits, as [`Self::mark_inventory_bills_exported`].
    pub async fn mark_ap_credits_exported(
        &self,
        ids: &[ApCreditId],
    ) -> Result<Vec<Marked<ApCreditId>>, Error> {
        let whole: Vec<_> = ids.iter().map(|id| id.0).collect();
        self.mark(Mark::ApCredits(&whole)).await
    }

    /// The names of the custom fields that documents of a kind can have.
    pub async fn custom_fields_of(&self, of: CustomFieldKind) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Wire {
            name: Option<String>,
        }
        let mut names = Vec::new();
        for number in 1..=FIELD_PAGES_MAX {
            let call = Call::CustomFieldTypes { of, page: number };
            let body = self.send(&call).await?;
            let page = page::parse(&body, number).map_err(|cause| cause.of(call.operation()))?;
            let named = page.rows.iter().filter_map(|row| {
                let wire: Wire = serde_json::from_str(row.get()).ok()?;
                wire.name
            });
            names.extend(named);
            if !page.has_more {
                break;
            }
        }
        Ok(names)
    }

    /// Sets custom fields of one record. One record a call, because the answer says nothing about
    /// single records. A success is no proof either: ServiceTitan drops what it does not know in
    /// silence, and the documents do not say what becomes of fields that are not named.
    pub async fn set_custom_fields(
        &self,
        owner: CustomFieldOwner,
        fields: &[CustomFieldValue],
    ) -> Result<(), Error> {
        let call = Call::SetCustomFields { owner, fields };
        if fields.is_empty() {
            return Ok(());
        }
        within_limit(&call, fields.len(), "fields")?;
        self.send(&call).await.map(drop)
    }

    async fn mark<Id: From<i64>>(&self, mark: Mark<'_>) -> Result<Vec<Marked<Id>>, Error> {
        let call = Call::MarkExported(mark);
        if mark.ids().is_empty() {
            return Ok(Vec::new());
        }
        within_limit(&call, mark.ids().len(), "documents")?;
        let body = self.send(&call).await?;
        marked(&body, mark.ids()).map_err(|message| {
            let mut error = Error::new(call.operation(), ErrorKind::Unreadable, message);
            error.may_have_applied = true;
            error
        })
    }
}

fn within_limit(call: &Call<'_>, count: usize, what: impl fmt::Display) -> Result<(), Error> {
    if count <= IDS_PER_CALL_MAX {
        return Ok(());
    }
    let message =
        format!("{count} {what} in one call, {IDS_PER_CALL_MAX} at most; nothing was sent");
    Err(Error::new(call.operation(), ErrorKind::Rejected, message))
}

/// Reads the answer, a bare array, and sorts it by what was asked for.
fn marked<Id: From<i64>>(body: &str, asked: &[i64]) -> Result<Vec<Marked<Id>>, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wire {
        #[serde(rename = "inventoryBillId", alias = "billId", alias = "apCreditId")]
        id: i64,
        success: bool,
        error_message: Option<String>,
    }
    let body = body.trim_start_matches('\u{feff}');
    let said: Vec<Wire> = serde_json::from_str(body)
        .map_err(|_| "not the list of what became of each document".to_owned())?;
    if let Some(stranger) = said.iter().find(|row| !asked.contains(&row.id)) {
        return Err(format!("document {} was not asked for", stranger.id));
    }
    let outcome = |id: i64| {
        let mut of_id = said.iter().filter(|row| row.id == id).peekable();
        if of_id.peek().is_none() {
            return MarkOutcome::Unanswered;
        }
        match of_id.find(|row| !row.success) {
            None => MarkOutcome::Exported,
            Some(refused) => MarkOutcome::Refused(printable(
                refused.error_message.as_deref().unwrap_or_default(),
                REFUSAL_CHARS_MAX,
            )),
        }
    };
    Ok(asked
        .iter()
        .map(|id| Marked {
            id: Id::from(*id),
            outcome: outcome(*id),
        })
        .collect())
}
