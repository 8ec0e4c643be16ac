//! Payments, and the journals that they go through.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::field::{FieldNames, Reader, existing, first};
use super::{FieldError, words};
use crate::Fields;
use crate::record::RecordId;

words! {
    /// Which way the money goes.
    Direction {
        /// In.
        Inbound = "inbound",
        /// Out: to a vendor, or back to a customer.
        Outbound = "outbound",
    }
}

words! {
    /// With whom the account is kept that it goes to.
    PaymentPartner {
        /// A customer: a receivable account.
        Customer = "customer",
        /// A vendor: a payable account.
        Vendor = "supplier",
    }
}

words! {
    /// Where a payment stands.
    PaymentState {
        /// Not in the books.
        Draft = "draft",
        /// In the books, if it has an entry.
        InProcess = "in_process",
        /// The same, and its invoices are paid, or the bank confirmed it.
        Paid = "paid",
        /// Cancelled.
        Cancelled = "canceled",
        /// Refused by the bank.
        Rejected = "rejected",
        /// In the books, before 18.
        Posted = "posted",
        /// Cancelled, before 18.
        CancelledBefore18 = "cancel",
    }
}

/// A payment (`account.payment`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: RecordId,
    /// Which way the money goes.
    pub direction: Direction,
    /// With whom.
    pub kind: PaymentPartner,
    /// Where it stands.
    pub state: PaymentState,
    /// Its number (`PBNK1/2026/00001`); none before it was ever posted.
    pub name: Option<String>,
    /// The customer or vendor.
    pub partner: Option<RecordId>,
    /// How much; never negative.
    pub amount: Decimal,
    /// When. The entry's date may be another: see [`Bill::date`](super::Bill::date) of the entry.
    pub date: Option<Date>,
    /// What it is for.
    pub memo: Option<String>,
    /// The journal.
    pub journal: RecordId,
    /// The method of the journal.
    pub method: Option<RecordId>,
    /// The account on which the money waits for the bank. Without one, posting makes no entry.
    pub outstanding: Option<RecordId>,
    /// The receivable or payable account.
    pub destination: Option<RecordId>,
    /// Its journal entry, once posted. What is written on a payment that is posted does not reach it, but for the memo.
    pub entry: Option<RecordId>,
    /// The currency.
    pub currency: Option<RecordId>,
    /// The company.
    pub company: Option<RecordId>,
    /// Whether nothing is left to reconcile.
    pub reconciled: bool,
    /// The customer's invoices and credit notes that it is reconciled with.
    pub invoices: Vec<RecordId>,
    /// The vendor's.
    pub bills: Vec<RecordId>,
    /// When it was last written, in whole seconds.
    pub written: Timestamp,
}

/// Why a posted payment settles nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpayable {
    /// It is a draft, cancelled or rejected.
    #[error("the payment is not posted")]
    NotPosted,
    /// It is posted and has no journal entry: it had no outstanding account. Nothing can be reconciled with it.
    #[error("the payment has no journal entry, since it has no outstanding account")]
    NoEntry,
}

impl Payment {
    /// The entry whose items settle invoices.
    pub fn posted_entry(&self) -> Result<RecordId, Unpayable> {
        match self.state {
            PaymentState::InProcess | PaymentState::Paid | PaymentState::Posted => {
                self.entry.ok_or(Unpayable::NoEntry)
            }
            _ => Err(Unpayable::NotPosted),
        }
    }

    /// Whether posting it (again) makes no entry for want of an account.
    #[must_use]
    pub fn lacks_outstanding(&self) -> bool {
        let open = matches!(self.state, PaymentState::Draft | PaymentState::InProcess);
        open && self.outstanding.is_none() && self.entry.is_none()
    }
}

const PAYMENT: [&str; 8] = [
    "payment_type",
    "partner_type",
    "state",
    "partner_id",
    "amount",
    "date",
    "journal_id",
    "write_date",
];
const PERHAPS: [&str; 10] = [
    "name",
    "payment_method_line_id",
    "outstanding_account_id",
    "destination_account_id",
    "move_id",
    "currency_id",
    "company_id",
    "is_reconciled",
    "reconciled_invoice_ids",
    "reconciled_bill_ids",
];
const MEMO: [&str; 2] = ["memo", "ref"];

impl Payment {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        let mut fields = existing(has, &PAYMENT, &PERHAPS);
        fields.extend(first(has, &MEMO));
        fields
    }

    /// Reads a record.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        let memo = MEMO.into_iter().find(|name| record.has(name));
        Ok(Self {
            id: record.id()?,
            direction: record.word("payment_type")?,
            kind: record.word("partner_type")?,
            state: record.word("state")?,
            name: record.text("name")?.filter(|name| name != "/"),
            partner: record.reference("partner_id")?,
            amount: record.decimal("amount")?,
            date: record.date("date")?,
            memo: record.text(memo.unwrap_or_default())?,
            journal: record.required("journal_id")?,
            method: record.reference("payment_method_line_id")?,
            outstanding: record.reference("outstanding_account_id")?,
            destination: record.reference("destination_account_id")?,
            entry: record.reference("move_id")?,
            currency: record.reference("currency_id")?,
            company: record.reference("company_id")?,
            reconciled: record.has("is_reconciled") && record.flag("is_reconciled")?,
            invoices: record.references("reconciled_invoice_ids")?,
            bills: record.references("reconciled_bill_ids")?,
            written: record.written()?,
        })
    }
}

/// A journal (`account.journal`), as far as money and numbers go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Its id.
    pub id: RecordId,
    /// What it is called.
    pub name: String,
    /// What its numbers begin with (`INV`).
    pub code: Option<String>,
    /// `sale`, `purchase`, `bank`, `cash`, `credit` or `general`.
    pub kind: String,
    /// Where its lines are booked that say nothing else.
    pub account: Option<RecordId>,
    /// The company.
    pub company: Option<RecordId>,
    /// How money comes in.
    pub inbound: Vec<PaymentMethod>,
    /// How money goes out.
    pub outbound: Vec<PaymentMethod>,
}

/// A method of payment of a journal (`account.payment.method.line`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentMethod {
    /// Its id.
    pub id: RecordId,
    /// What it is called.
    pub name: String,
    /// The outstanding account of its payments. Where there is none, payments take the chart's; with the accounting app of
    /// the Enterprise edition they have none.
    pub account: Option<RecordId>,
}

impl Journal {
    /// The fields of `account.journal`, of which old versions lack some.
    pub const FIELDS: [&'static str; 7] = [
        "name",
        "code",
        "type",
        "default_account_id",
        "company_id",
        "inbound_payment_method_line_ids",
        "outbound_payment_method_line_ids",
    ];

    /// Whether payments can go through it.
    #[must_use]
    pub fn takes_payments(&self) -> bool {
        matches!(self.kind.as_str(), "bank" | "cash" | "credit")
    }

    /// The methods of one direction.
    #[must_use]
    pub fn methods(&self, direction: &Direction) -> &[PaymentMethod] {
        match direction {
            Direction::Outbound => &self.outbound,
            Direction::Inbound | Direction::Other(_) => &self.inbound,
        }
    }

    /// Reads a record; its methods are records of their own, of which those are taken that are given.
    pub fn read(fields: &Fields, methods: &[PaymentMethod]) -> Result<Self, FieldError> {
        let record = Reader(fields);
        let of = |field: &str| -> Result<Vec<PaymentMethod>, FieldError> {
            let ids = record.references(field)?;
            let found = ids
                .iter()
                .filter_map(|id| methods.iter().find(|method| method.id == *id));
            Ok(found.cloned().collect())
        };
        Ok(Self {
            id: record.id()?,
            name: record.text("name")?.unwrap_or_default(),
            code: record.text("code")?,
            kind: record.text("type")?.unwrap_or_default(),
            account: record.reference("default_account_id")?,
            company: record.reference("company_id")?,
            inbound: of("inbound_payment_method_line_ids")?,
            outbound: of("outbound_payment_method_line_ids")?,
        })
    }
}

impl PaymentMethod {
    /// The fields to ask for.
    pub const FIELDS: [&'static str; 2] = ["name", "payment_account_id"];

    /// Reads a record.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        Ok(Self {
            id: record.id()?,
            name: record.text("name")?.unwrap_or_default(),
            account: record.reference("payment_account_id")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_posted_payment_without_an_entry_settles_nothing() {
        let read = |state: &str, entry: Value| {
            let record = json!({"id": 1, "payment_type": "inbound", "partner_type": "customer", "state": state,
                "partner_id": [3, "Ada"], "amount": 10.5, "date": "2026-11-21", "journal_id": [6, "Bank"], "memo": "M",
                "move_id": entry, "outstanding_account_id": false, "write_date": "2026-11-22 23:49:48"});
            let Value::Object(record) = record else {
                unreachable!("an object was written")
            };
            Payment::read(&record).unwrap()
        };
        let posted = read("in_process", json!([7, "PBNK1"]));
        assert_eq!(posted.posted_entry(), Ok(RecordId(7)));
        assert!(!posted.lacks_outstanding());
        let bare = read("in_process", json!(false));
        assert_eq!(bare.posted_entry(), Err(Unpayable::NoEntry));
        assert!(bare.lacks_outstanding());
        let draft = read("draft", json!(false));
        assert_eq!(draft.posted_entry(), Err(Unpayable::NotPosted));
        assert!(draft.lacks_outstanding());
        assert!(!read("paid", json!(false)).lacks_outstanding());
    }
}
