//! Writes of invoices and payments over the API, as far as the live system binds what it is sent:
//! far less than the spec says, and without a word about the rest.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

use super::invoice::ReviewStatus;
use super::invoicing::{Adjustment, InvoiceEdit, InvoiceLineEdit, Mark, NewInvoiceLine};
use super::paying::NewPayment;
use super::set;
use crate::servicetitan::act::Refusal;
use crate::servicetitan::api::{Answer, Call, number};
use crate::servicetitan::problem::Problem;
use crate::servicetitan::purchasing::{SyncStatus, midnight};
use crate::servicetitan::query::instant;
use crate::servicetitan::record::{
    CustomerId, InvoiceId, InvoiceLineId, PaymentId, PaymentTypeId, SkuId,
};

fn required(field: &str) -> Problem {
    Problem::invalid(field, &format!("The {field} field is required."))
}

/// A day or an instant as it was sent.
fn day(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let invalid = |text| Problem::invalid(field, &format!("The value '{text}' is not valid."));
    text.map(|text| instant(text).ok_or_else(|| invalid(text)))
        .transpose()
}

/// A line, where it is sent; an adjustment does not bind `sku_id`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentLine {
    id: Option<InvoiceLineId>,
    sku_id: Option<SkuId>,
    sku_name: Option<String>,
    description: Option<String>,
    quantity: Option<Decimal>,
    cost: Option<Decimal>,
    unit_price: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentSplit {
    amount: Option<Decimal>,
    invoice_id: Option<InvoiceId>,
    invoice_number: Option<String>,
}

impl Call<'_> {
    /// The item of a code; the live system fails where there is none.
    fn sku(&self, name: &str) -> Result<SkuId, Problem> {
        let tables = &self.books.purchasing;
        let mut items = tables
            .services
            .iter()
            .chain(tables.materials.iter())
            .chain(tables.equipment.iter());
        let found = items.find(|item| item.code == name).map(|item| item.id);
        found.ok_or(Problem::failed(&format!("Sku (Name:{name}) is not found.")))
    }

    fn sent_line(&self, line: SentLine, by_id: bool) -> Result<NewInvoiceLine, Problem> {
        let id = line.sku_id.filter(|_| by_id);
        let sku = match id {
            Some(id) => {
                let title = format!("Sku (Id:{id}) is not found.");
                let known = self.books.purchasing.item(id);
                known.ok_or(Problem::failed(&title))?.id
            }
            None => self.sku(line.sku_name.as_deref().unwrap_or_default())?,
        };
        Ok(NewInvoiceLine {
            sku: Some(sku),
            quantity: line.quantity.ok_or_else(|| required("Quantity"))?,
            // `price` is not the field's name: whoever sends it makes a line of nothing.
            price: Some(line.unit_price.unwrap_or_default()),
            cost: Some(line.cost.unwrap_or_default()),
            description: Some(line.description.ok_or_else(|| required("Description"))?),
            taxable: None,
            business_unit: None,
        })
    }

    fn invoice_id(&self, id: &str) -> Result<InvoiceId, Problem> {
        let found = self.books.receivables.invoices.get(number(id)?);
        found.map(|row| row.id).ok_or(Problem::not_found("Invoice"))
    }

    /// `POST /invoices`: an adjustment, answered with a bare number.
    pub(super) fn post_adjustment(&mut self) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            adjustment_to_id: Option<InvoiceId>,
            summary: Option<String>,
            items: Option<Vec<SentLine>>,
        }
        let body: Body = self.read()?;
        let field = "adjustmentToId";
        let parent = body.adjustment_to_id.ok_or_else(|| required(field))?;
        if self.books.receivables.invoices.get(parent.0).is_none() {
            let message = format!("Invoice {parent} does not exist.");
            return Err(Problem::invalid(field, &message));
        }
        let items = body.items.unwrap_or_default().into_iter();
        let lines: Vec<NewInvoiceLine> = items
            .map(|line| self.sent_line(line, false))
            .collect::<Result<_, _>>()?;
        let new = Adjustment {
            summary: body.summary,
            dated: false,
            lag: self.lag(),
        };
        let id = self.books.adjust(parent.into(), lines, new, self.now)?;
        Ok(Some(json!(id)))
    }

    /// `PATCH /invoices/{id}`: three of the eighteen fields that the spec names.
    pub(super) fn patch_invoice(&mut self, id: &str) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            summary: Option<String>,
            due_date: Option<String>,
            review_status: Option<ReviewStatus>,
        }
        let id = self.invoice_id(id)?;
        let body: Body = self.read()?;
        let edit = InvoiceEdit {
            summary: body.summary,
            due_date: day("DueDate", body.due_date.as_deref())?,
            review_status: body.review_status,
            ..InvoiceEdit::default()
        };
        let lag = self.lag();
        self.books.edit_invoice(id.into(), edit, self.now, lag)?;
        Ok(None)
    }

    /// `PATCH /invoices/{id}/items`: one line, changed where it has an id, added where not.
    pub(super) fn patch_line(&mut self, id: &str) -> Answer {
        let id = self.invoice_id(id)?;
        let line: SentLine = self.read()?;
        let lag = self.lag();
        if let Some(line_id) = line.id {
            let edit = InvoiceLineEdit {
                quantity: line.quantity,
                price: line.unit_price,
                cost: line.cost,
                description: line.description,
                ..InvoiceLineEdit::default()
            };
            self.books
                .edit_line(id.into(), line_id, edit, self.now, lag)?;
            return Ok(None);
        }
        let new = self.sent_line(line, true)?;
        self.books.add_line(id.into(), new, self.now, lag)?;
        Ok(None)
    }

    pub(super) fn delete_line(&mut self, id: &str, line: &str) -> Answer {
        let id = self.invoice_id(id)?;
        let line = InvoiceLineId(number(line)?);
        let lag = self.lag();
        match self.books.remove_line(id.into(), line, self.now, lag) {
            Err(Refusal::Unknown { .. }) => Err(Problem::not_found("Invoice item")),
            done => done.map(|()| None).map_err(Problem::from),
        }
    }

    /// Per invoice whether it was marked; the call succeeds whatever comes of each.
    pub(super) fn mark_invoices(&mut self) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct One {
            invoice_id: InvoiceId,
            external_id: Option<String>,
            external_message: Option<String>,
        }
        let body: Vec<One> = self.read()?;
        let pending_too = self.switches.mark_pending_exported;
        let (now, lag) = (self.now, self.lag());
        let marked = body.into_iter().map(|one| {
            let mark = Mark {
                pending_too,
                bypassed: false,
                external_id: one.external_id,
                external_message: one.external_message,
            };
            let done = self.books.export(one.invoice_id.into(), mark, now, lag);
            let refusal = done.err().map(|refusal| refusal.to_string());
            json!({
                "invoiceId": one.invoice_id, "success": refusal.is_none(),
                "errorMessage": refusal,
            })
        });
        Ok(Some(marked.collect()))
    }

    fn sent_splits(&self, splits: Vec<SentSplit>) -> Result<Vec<(InvoiceId, Decimal)>, Problem> {
        let invoices = &self.books.receivables.invoices;
        let found = splits.into_iter().map(|split| {
            let by_number = || {
                let number = split.invoice_number.as_deref()?;
                let mut rows = invoices.iter();
                rows.find(|row| row.active && row.number == number)
                    .map(|row| row.id)
            };
            let known = |id: &InvoiceId| invoices.get(id.0).is_some();
            let invoice = split.invoice_id.or_else(by_number).filter(known);
            let unknown = Problem::invalid("Splits", "The invoice of a split does not exist.");
            let amount = split.amount.ok_or_else(|| required("Amount"))?;
            Ok((invoice.ok_or(unknown)?, amount))
        });
        found.collect()
    }

    fn written(&self, id: PaymentId) -> Answer {
        let payment = self.books.payment(id)?;
        Ok(Some(self.books.wire_written(payment)))
    }

    /// `POST /payments` as it was until March 2026. Nothing is idempotent.
    pub(super) fn post_payment(&mut self) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            type_id: Option<PaymentTypeId>,
            amount: Option<Decimal>,
            customer_id: Option<CustomerId>,
            paid_on: Option<String>,
            memo: Option<String>,
            check_number: Option<String>,
            auth_code: Option<String>,
            export_id: Option<String>,
            status: Option<SyncStatus>,
            splits: Option<Vec<SentSplit>>,
        }
        let body: Body = self.read()?;
        let payment_type = body.type_id.ok_or_else(|| required("TypeId"))?;
        let splits = self.sent_splits(body.splits.unwrap_or_default())?;
        let applied: Decimal = splits.iter().map(|(_, amount)| *amount).sum();
        let first = splits.first();
        let first = first.and_then(|(id, _)| self.books.receivables.invoices.get(id.0));
        let customer = body.customer_id.or(first.map(|row| row.customer_id));
        let new = NewPayment {
            customer: customer.ok_or_else(|| required("CustomerId"))?,
            payment_type,
            total: body.amount.unwrap_or(applied),
            splits,
            date: day("PaidOn", body.paid_on.as_deref())?,
            memo: body.memo.unwrap_or_default(),
            check_number: body.check_number,
            auth_code: body.auth_code,
            business_unit: None,
        };
        let (now, lag) = (self.now, self.lag());
        let id = self.books.take_payment(new, now, lag)?;
        if let Some(status) = body.status {
            self.books.set_status(id, status, now, lag)?;
        }
        if body.export_id.is_some() {
            let mut payment = self.books.payment(id)?.clone();
            payment.export_id = body.export_id;
            self.books.receivables.payments.put(payment, now, lag);
        }
        self.written(id)
    }

    /// `PATCH /payments/{id}`: type and splits must be there; the splits are all that it has.
    pub(super) fn patch_payment(&mut self, id: &str) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            type_id: Option<PaymentTypeId>,
            splits: Option<Vec<SentSplit>>,
            active: Option<bool>,
            paid_on: Option<String>,
            memo: Option<String>,
            check_number: Option<String>,
            auth_code: Option<String>,
            export_id: Option<String>,
            status: Option<SyncStatus>,
        }
        let found = self.books.receivables.payments.get(number(id)?).cloned();
        let mut payment = found.ok_or(Problem::not_found("Payment"))?;
        let body: Body = self.read()?;
        let kind = body.type_id.ok_or_else(|| required("TypeId"))?;
        let splits = body.splits.ok_or_else(|| required("Splits"))?;
        let types = &self.books.receivables.payment_types;
        if types.get(kind.0).is_none() {
            let message = "The payment type does not exist.";
            return Err(Problem::invalid("TypeId", message));
        }
        if payment.sync_status == SyncStatus::Exported && kind != payment.type_id {
            let message = "The payment was exported and is locked.";
            return Err(Problem::invalid("TypeId", message));
        }
        let splits = self.sent_splits(splits)?;
        let (now, lag, id) = (self.now, self.lag(), payment.id);
        payment.type_id = kind;
        set(&mut payment.active, body.active);
        set(&mut payment.memo, body.memo);
        if let Some(paid) = day("PaidOn", body.paid_on.as_deref())? {
            payment.date = midnight(paid);
        }
        payment.check_number = body.check_number.or(payment.check_number);
        payment.auth_code = body.auth_code.or(payment.auth_code);
        payment.export_id = body.export_id.or(payment.export_id);
        let splits = if payment.active { splits } else { Vec::new() };
        self.books.split(&mut payment, &splits, now)?;
        self.books.keep_payment(payment, now, lag);
        if let Some(status) = body.status {
            self.books.set_status(id, status, now, lag)?;
        }
        self.written(id)
    }

    /// `POST /payments/status`: all of them or none.
    pub(super) fn post_payment_status(&mut self) -> Answer {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            payment_ids: Option<Vec<PaymentId>>,
            status: Option<SyncStatus>,
        }
        let body: Body = self.read()?;
        let ids = body.payment_ids.ok_or_else(|| required("PaymentIds"))?;
        let status = body.status.ok_or_else(|| required("Status"))?;
        for id in &ids {
            let payment = self.books.payment(*id)?;
            let locked =
                payment.sync_status == SyncStatus::Exported && status != SyncStatus::Exported;
            if locked || !payment.active {
                let message = format!("Payment {id} cannot become {status:?}.");
                return Err(Problem::invalid("PaymentIds", &message));
            }
        }
        let (now, lag) = (self.now, self.lag());
        for id in ids {
            self.books.set_status(id, status, now, lag)?;
        }
        Ok(None)
    }
}
