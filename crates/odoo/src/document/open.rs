//! What is owed and what was paid of it: open items, and how much of one settled another.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::FieldError;
use super::field::{FieldNames, Reader, existing};
use crate::Fields;
use crate::record::RecordId;

/// A receivable or payable item of a journal entry (`account.move.line`): what an invoice asks for, what a payment gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// Its id.
    pub id: RecordId,
    /// The journal entry: an invoice, or a payment's entry.
    pub entry: RecordId,
    /// Whether the entry is in the books.
    pub posted: bool,
    /// The receivable or payable account.
    pub account: RecordId,
    /// Who owes or is owed.
    pub partner: Option<RecordId>,
    /// The currency.
    pub currency: Option<RecordId>,
    /// The company.
    pub company: Option<RecordId>,
    /// When it is due.
    pub due: Option<Date>,
    /// Debit less credit, in the company's currency.
    pub balance: Decimal,
    /// The same in its own currency.
    pub amount: Decimal,
    /// What is left of the balance, with its sign. Of the other sign than the balance where more was settled than there was:
    /// Odoo does not refuse that.
    pub residual: Decimal,
}

/// How much of one item settles another (`account.partial.reconcile`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// Its id.
    pub id: RecordId,
    /// The item that is a debit, such as what an invoice asks for.
    pub debit: RecordId,
    /// The item that is a credit, such as what a customer paid.
    pub credit: RecordId,
    /// How much, in the company's currency.
    pub amount: Decimal,
    /// From when on: the later of both items' dates.
    pub since: Option<Date>,
    /// When it was last written, in whole seconds.
    pub written: Timestamp,
}

const ITEM: [&str; 9] = [
    "move_id",
    "parent_state",
    "account_id",
    "partner_id",
    "company_id",
    "date_maturity",
    "balance",
    "amount_currency",
    "amount_residual",
];
const PART: [&str; 4] = ["debit_move_id", "credit_move_id", "amount", "write_date"];

impl OpenItem {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        existing(has, &ITEM, &["currency_id"])
    }

    /// Reads a record.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        Ok(Self {
            id: record.id()?,
            entry: record.required("move_id")?,
            posted: record.text("parent_state")?.as_deref() == Some("posted"),
            account: record.required("account_id")?,
            partner: record.reference("partner_id")?,
            currency: record.reference("currency_id")?,
            company: record.reference("company_id")?,
            due: record.date("date_maturity")?,
            balance: record.decimal("balance")?,
            amount: record.decimal("amount_currency")?,
            residual: record.decimal("amount_residual")?,
        })
    }

    /// Whether more of it was settled than there was.
    #[must_use]
    pub fn is_overdrawn(&self) -> bool {
        !self.residual.is_zero()
            && self.residual.is_sign_negative() != self.balance.is_sign_negative()
    }
}

impl Reconciliation {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        existing(has, &PART, &["max_date"])
    }

    /// Reads a record.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        Ok(Self {
            id: record.id()?,
            debit: record.required("debit_move_id")?,
            credit: record.required("credit_move_id")?,
            amount: record.decimal("amount")?,
            since: record.date("max_date")?,
            written: record.written()?,
        })
    }

    /// Whether it is between these two items.
    #[must_use]
    pub fn is_between(&self, one: RecordId, other: RecordId) -> bool {
        (self.debit, self.credit) == (one, other) || (self.debit, self.credit) == (other, one)
    }
}
