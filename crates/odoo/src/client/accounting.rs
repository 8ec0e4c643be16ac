//! How the company keeps its books, asked: see [`Accounting`].

use serde_json::Value;

use super::Client;
use super::check::allowed;
use crate::context::Context;
use crate::document::Direction;
use crate::preflight::{Accounting, Approval, Digits, LockDates, Receivables, TaxRounding};
use crate::record::{Model, RecordId};
use crate::server::Identity;
use crate::{Fields, Result};

impl Client {
    /// How the company keeps its books, as far as purchasing depends on it. What the user may not look
    /// at, or the server does not have, is unknown and no error.
    pub async fn accounting(&self) -> Result<Accounting> {
        let identity = self.whoami().await?;
        let company = self.config().company.map_or(identity.company, RecordId);
        let [price_digits, quantity_digits] = self.digits(["price_unit", "product_qty"]).await?;
        let company = self.books_of(company).await?.unwrap_or_default();
        let tells_locks = LockDates::FIELDS
            .iter()
            .any(|field| company.contains_key(*field));
        Ok(Accounting {
            analytic: self.analytic(&identity).await?,
            price_digits,
            quantity_digits,
            approval: Approval::read(&company),
            tax_rounding: TaxRounding::read(&company),
            locks: LockDates::read(&company).filter(|_| tells_locks),
        })
    }

    /// How the company keeps what customers owe and pay. What the user may not look at, or the server does not have, is
    /// unknown and no error.
    pub async fn receivables(&self) -> Result<Receivables> {
        let id = match self.config().company {
            Some(company) => RecordId(company),
            None => self.whoami().await?.company,
        };
        let journals = allowed(self.journals(&Context::new()).await)?.unwrap_or_default();
        let mut outstanding = [None, None];
        for (n, direction) in [Direction::Inbound, Direction::Outbound].iter().enumerate() {
            outstanding[n] = allowed(self.chart_outstanding(id, direction).await)?.flatten();
        }
        let [outstanding_receipts, outstanding_payments] = outstanding;
        let company = self.books_of(id).await?.unwrap_or_default();
        let tells_locks = LockDates::FIELDS
            .iter()
            .any(|field| company.contains_key(*field));
        Ok(Receivables {
            journals,
            outstanding_receipts,
            outstanding_payments,
            cash_basis: Receivables::read_cash_basis(&company),
            tax_rounding: TaxRounding::read(&company),
            locks: LockDates::read(&company).filter(|_| tells_locks),
        })
    }

    /// Until when the company's books are closed; `None` where the user may not see it.
    pub async fn lock_dates(&self) -> Result<Option<LockDates>> {
        let company = match self.config().company {
            Some(company) => RecordId(company),
            None => self.whoami().await?.company,
        };
        let company = self.books_of(company).await?;
        Ok(company.as_ref().and_then(LockDates::read))
    }

    async fn analytic(&self, identity: &Identity) -> Result<Option<bool>> {
        let group = "analytic.group_analytic_accounting";
        allowed(self.has_group(identity.user, group).await)
    }

    async fn digits<const N: usize>(&self, fields: [&str; N]) -> Result<[Digits; N]> {
        let described = self
            .fields_get(&Model::PURCHASE_ORDER_LINE, &fields, &["digits"])
            .await;
        let described = allowed(described)?.unwrap_or_default();
        Ok(fields.map(|field| match described.get(field) {
            None => Digits::Unknown,
            Some(field) => digits(field.get("digits")),
        }))
    }

    /// What the company says of itself, of the fields that this version has.
    async fn books_of(&self, company: RecordId) -> Result<Option<Fields>> {
        let mut fields = LockDates::FIELDS.to_vec();
        fields.extend(Approval::FIELDS);
        fields.push(TaxRounding::FIELD);
        fields.push(Receivables::CASH_BASIS);
        let Some(has) = allowed(self.field_names(&Model::COMPANY).await)? else {
            return Ok(None);
        };
        fields.retain(|field| has.contains(*field));
        if fields.is_empty() {
            return Ok(None);
        }
        let found = self
            .read(&Model::COMPANY, &[company], &fields, &Context::new())
            .await;
        Ok(allowed(found)?.and_then(|found| found.into_iter().next()))
    }
}

/// `[16, 2]`, or `false` for a number that is kept as it comes.
fn digits(described: Option<&Value>) -> Digits {
    match described {
        Some(Value::Bool(false)) | None => Digits::Unlimited,
        Some(digits) => digits
            .get(1)
            .and_then(Value::as_u64)
            .and_then(|places| u32::try_from(places).ok())
            .map_or(Digits::Unknown, Digits::Places),
    }
}
