//! Invoices' taxes and payments, carried out: see [`crate::document`].

use std::collections::BTreeMap;

use super::documents::misshapen;
use super::{Client, Found};
use crate::Result;
use crate::action::Action;
use crate::context::Context;
use crate::document::{Bill, Direction, Journal, Payment, PaymentMethod};
use crate::domain::Domain;
use crate::error::{Error, ErrorKind};
use crate::record::{ExternalId, Model, RecordId};
use crate::values::Values;

impl Client {
    /// Brings the tax of a draft (bill, invoice, credit note) to exactly this amount, positive as on the paper, and reads it
    /// back; `None` where it was so already. What it is worth and what undoes it: [`Bill::tax_values`].
    ///
    /// An error of kind [`ErrorKind::Invalid`] where no tax item is there to bear it, or the document is no draft.
    pub async fn set_tax(
        &self,
        bill: &Bill,
        tax: rust_decimal::Decimal,
        context: &Context,
    ) -> Result<Option<Bill>> {
        let values = bill.tax_values(tax).map_err(|error| {
            let operation = format!("{} write", Model::MOVE);
            Error::new(operation, ErrorKind::Invalid, error.to_string())
        })?;
        let Some(values) = values else {
            return Ok(None);
        };
        self.write(&Model::MOVE, &[bill.id], values, context)
            .await?;
        let found = self.bills(&[bill.id], context).await?;
        Ok(found.into_iter().next())
    }

    /// The payments with these ids, in their order. Those that are gone are left out.
    pub async fn payments(&self, ids: &[RecordId], context: &Context) -> Result<Vec<Payment>> {
        let fields = Payment::fields(&*self.field_names(&Model::PAYMENT).await?);
        let found = self.read(&Model::PAYMENT, ids, &fields, context).await?;
        found.iter().map(payment).collect()
    }

    /// The payments that match, in the order of their ids.
    pub async fn payments_where(&self, domain: Domain, context: &Context) -> Result<Vec<Payment>> {
        let fields = Payment::fields(&*self.field_names(&Model::PAYMENT).await?);
        let mut pages = self.pages(&Model::PAYMENT, domain, &fields, context);
        let mut found = Vec::new();
        while let Some(page) = pages.next().await? {
            for record in &page {
                found.push(payment(record)?);
            }
        }
        Ok(found)
    }

    /// Posts these payments, and reads them back. Those that are posted already stay as they are.
    ///
    /// A payment without an outstanding account would be posted without a journal entry, and nothing could be reconciled
    /// with it. A draft loses its account whenever its journal, direction, method or partner are written again, with the
    /// same values too: by the second of two equal `load`s, that is by every repetition after a lost answer. So it is given
    /// one first (see [`Client::outstanding_account`]); one that was posted without is posted again with it.
    ///
    /// An error of kind [`ErrorKind::Invalid`] where no account is found: nothing was posted then.
    pub async fn post_payments(&self, ids: &[RecordId], context: &Context) -> Result<Vec<Payment>> {
        let payments = self.payments(ids, context).await?;
        let mut lacking: BTreeMap<RecordId, Vec<RecordId>> = BTreeMap::new();
        for payment in payments
            .iter()
            .filter(|payment| payment.lacks_outstanding())
        {
            let account = self.outstanding_account(payment).await?.ok_or_else(|| {
                Error::new(
                    format!("{} action_post", Model::PAYMENT),
                    ErrorKind::Invalid,
                    "neither the payment's method nor the chart of accounts has an outstanding account",
                )
            })?;
            lacking.entry(account).or_default().push(payment.id);
        }
        for (account, payments) in lacking {
            let values = Values::new().with("outstanding_account_id", account);
            self.write(&Model::PAYMENT, &payments, values, context)
                .await?;
        }
        let open: Vec<RecordId> = payments
            .iter()
            .filter(|payment| payment.posted_entry().is_err())
            .map(|payment| payment.id)
            .collect();
        self.act(&Model::PAYMENT, &open, Action::Post, context)
            .await?;
        self.payments(ids, context).await
    }

    /// The account on which a payment's money waits for the bank: its method's, or else the one that the chart of accounts
    /// has for its direction, as Odoo takes it without the accounting app. `None`: there is none, or the user may not see it.
    pub async fn outstanding_account(&self, payment: &Payment) -> Result<Option<RecordId>> {
        let fields = PaymentMethod::FIELDS;
        let method: Vec<RecordId> = payment.method.into_iter().collect();
        let found = self
            .read(
                &Model::PAYMENT_METHOD_LINE,
                &method,
                &fields,
                &Context::new(),
            )
            .await?;
        for record in &found {
            let method = PaymentMethod::read(record)
                .map_err(|error| misshapen(&Model::PAYMENT_METHOD_LINE, &error))?;
            if method.account.is_some() {
                return Ok(method.account);
            }
        }
        match payment.company {
            Some(company) => self.chart_outstanding(company, &payment.direction).await,
            None => Ok(None),
        }
    }

    /// The outstanding account that the company's chart of accounts has for a direction; `None`: none.
    pub async fn chart_outstanding(
        &self,
        company: RecordId,
        direction: &Direction,
    ) -> Result<Option<RecordId>> {
        let side = match direction {
            Direction::Outbound => "credit",
            Direction::Inbound | Direction::Other(_) => "debit",
        };
        let name = format!("{company}_account_journal_payment_{side}_account_id");
        let Ok(name) = ExternalId::new("account", name) else {
            return Ok(None);
        };
        Ok(match self.check_object_reference(&name).await? {
            Found::Found { id, .. } => Some(id),
            Found::Hidden { .. } | Found::Absent => None,
        })
    }

    /// The journals of the company that calls work in, with their methods of payment, by id.
    pub async fn journals(&self, context: &Context) -> Result<Vec<Journal>> {
        let has = self.field_names(&Model::JOURNAL).await?;
        let mut fields = Journal::FIELDS.to_vec();
        fields.retain(|field| has.contains(*field));
        let mut records = Vec::new();
        let mut pages = self.pages(&Model::JOURNAL, Domain::default(), &fields, context);
        while let Some(page) = pages.next().await? {
            records.extend(page);
        }
        let mut methods = Vec::new();
        // Before 15 journals had methods without accounts of their own.
        if fields.contains(&"inbound_payment_method_line_ids") {
            let mut pages = self.pages(
                &Model::PAYMENT_METHOD_LINE,
                Domain::default(),
                &PaymentMethod::FIELDS,
                context,
            );
            while let Some(page) = pages.next().await? {
                for record in &page {
                    let method = PaymentMethod::read(record)
                        .map_err(|error| misshapen(&Model::PAYMENT_METHOD_LINE, &error))?;
                    methods.push(method);
                }
            }
        }
        records
            .iter()
            .map(|record| {
                Journal::read(record, &methods).map_err(|error| misshapen(&Model::JOURNAL, &error))
            })
            .collect()
    }
}

fn payment(record: &crate::Fields) -> Result<Payment> {
    Payment::read(record).map_err(|error| misshapen(&Model::PAYMENT, &error))
}
