//! Lines of invoices: what is put on them, changed, taken off.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{set, unknown};
use crate::servicetitan::act::Refusal;
use crate::servicetitan::books::Books;
use crate::servicetitan::purchasing::{Accounts, ItemKind, SyncStatus};
use crate::servicetitan::receivables::dealing::InvoiceRef;
use crate::servicetitan::receivables::invoice::{Invoice, InvoiceLine, LineKind};
use crate::servicetitan::record::{BusinessUnitId, InvoiceLineId, JobId, SkuId};
use crate::servicetitan::rot::Kind;

/// The item of lines that take something off; the pricebook's lists do not have it.
const PRICE_MODIFIER: SkuId = SkuId(590_000_001);

/// The item of work where the pricebook has no services.
const PLAIN_WORK: SkuId = SkuId(590_000_002);

/// A line to be put on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a line")]
pub struct NewInvoiceLine {
    /// None for a discount or a fee.
    #[serde(default)]
    pub sku: Option<SkuId>,
    pub quantity: Decimal,
    /// The item's price when it is None.
    #[serde(default)]
    pub price: Option<Decimal>,
    #[serde(default)]
    pub cost: Option<Decimal>,
    #[serde(default)]
    pub description: Option<String>,
    /// As the item is when it is None; discounts are taxed as goods are.
    #[serde(default)]
    pub taxable: Option<bool>,
    /// The invoice's when it is None.
    #[serde(default)]
    pub business_unit: Option<BusinessUnitId>,
}

impl NewInvoiceLine {
    /// Some of an item, at this price.
    #[must_use]
    pub fn new(sku: SkuId, quantity: Decimal, price: Decimal) -> Self {
        Self {
            sku: Some(sku),
            price: Some(price),
            ..Self::modifier(price, quantity)
        }
    }

    /// A discount, or a fee: `amount` is negative for the former.
    #[must_use]
    pub fn discount(amount: Decimal) -> Self {
        Self::modifier(amount, Decimal::ONE)
    }

    fn modifier(price: Decimal, quantity: Decimal) -> Self {
        Self {
            sku: None,
            quantity,
            price: Some(price),
            cost: None,
            description: None,
            taxable: None,
            business_unit: None,
        }
    }

    /// Taxed or not, whatever the item says.
    #[must_use]
    pub fn taxable(mut self, taxable: bool) -> Self {
        self.taxable = Some(taxable);
        self
    }

    /// Described like this, as HTML.
    #[must_use]
    pub fn described(mut self, description: &str) -> Self {
        self.description = Some(description.to_owned());
        self
    }

    /// The work of this unit.
    #[must_use]
    pub fn unit(mut self, unit: BusinessUnitId) -> Self {
        self.business_unit = Some(unit);
        self
    }
}

/// What is to be changed of a line; what is None stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of a line")]
pub struct InvoiceLineEdit {
    pub quantity: Option<Decimal>,
    pub price: Option<Decimal>,
    pub cost: Option<Decimal>,
    pub description: Option<String>,
    pub taxable: Option<bool>,
    pub business_unit: Option<BusinessUnitId>,
}

impl Books {
    fn line(
        &mut self,
        invoice: &Invoice,
        new: NewInvoiceLine,
        now: Timestamp,
    ) -> Result<InvoiceLine, Refusal> {
        let id = InvoiceLineId(self.receivables.ids.draw());
        let tables = &self.purchasing;
        let item = match new.sku {
            Some(PRICE_MODIFIER | PLAIN_WORK) | None => None,
            Some(sku) => Some(tables.item(sku).ok_or(unknown(Kind::Material, sku.0))?),
        };
        let work = new.sku == Some(PLAIN_WORK);
        let name = if work { "Work" } else { "Price adjustment" };
        let code = if work { "WORK" } else { "ADJUST" };
        let price = new.price.or(item.map(|item| item.price));
        let cost = new.cost.or(item.map(|item| item.cost));
        let unit = new.business_unit.unwrap_or(invoice.business_unit_id);
        if self.business_units.get(unit.0).is_none() {
            return Err(unknown(Kind::BusinessUnit, unit.0));
        }
        let stamp = self.receivables.lines.latest().max(now);
        Ok(InvoiceLine {
            id,
            invoice_id: invoice.id,
            active: true,
            kind: match item {
                Some(item) => item.kind.into(),
                None if work => LineKind::Service,
                None => LineKind::PriceModifier,
            },
            sku: item.map_or(if work { PLAIN_WORK } else { PRICE_MODIFIER }, |item| {
                item.id
            }),
            code: item.map_or(code.to_owned(), |item| item.code.clone()),
            name: item.map_or(name.to_owned(), |item| {
                item.display_name.clone().unwrap_or_default()
            }),
            description: new
                .description
                .or(item.map(|item| item.description.clone()))
                .unwrap_or_else(|| format!("<p>{name}</p>")),
            quantity: new.quantity,
            cost: cost.unwrap_or_default(),
            price: price.unwrap_or_default(),
            taxable: new.taxable.unwrap_or(item.is_none_or(|item| item.taxable)) && !work,
            accounts: item.map_or_else(
                || self.modifier_accounts(),
                |item| Accounts::of(item, tables),
            ),
            business_unit_id: unit,
            created_on: stamp,
            modified_on: stamp,
        })
    }

    /// Where discounts and plain work are booked: on an account made for it, else as service.
    fn modifier_accounts(&self) -> Accounts {
        let named = |name: &str| {
            let mut accounts = self.purchasing.gl_accounts.iter();
            accounts.find(|row| row.name == name).map(|row| row.id)
        };
        Accounts {
            general: named("Sales Discounts").or(named("Sales - Service")),
            ..Accounts::default()
        }
    }

    pub(in crate::servicetitan::receivables) fn add_line(
        &mut self,
        of: InvoiceRef,
        new: NewInvoiceLine,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<InvoiceLineId, Refusal> {
        let mut invoice = self.open_invoice(of)?;
        let line = self.line(&invoice, new, now)?;
        let id = line.id;
        invoice.lines.push(line);
        self.keep_invoice(invoice, now, lag);
        Ok(id)
    }

    pub(in crate::servicetitan::receivables) fn edit_line(
        &mut self,
        of: InvoiceRef,
        line: InvoiceLineId,
        edit: InvoiceLineEdit,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let mut invoice = self.open_invoice(of)?;
        let missing = unknown(Kind::InvoiceItem, line.0);
        let mut lines = invoice.lines.iter_mut();
        let found = lines.find(|row| row.id == line).ok_or(missing)?;
        set(&mut found.quantity, edit.quantity);
        set(&mut found.price, edit.price);
        set(&mut found.cost, edit.cost);
        set(&mut found.description, edit.description);
        set(&mut found.taxable, edit.taxable);
        set(&mut found.business_unit_id, edit.business_unit);
        self.keep_invoice(invoice, now, lag);
        Ok(())
    }

    pub(in crate::servicetitan::receivables) fn remove_line(
        &mut self,
        of: InvoiceRef,
        line: InvoiceLineId,
        now: Timestamp,
        lag: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let mut invoice = self.open_invoice(of)?;
        let before = invoice.lines.len();
        invoice.lines.retain(|row| row.id != line);
        if invoice.lines.len() == before {
            return Err(unknown(Kind::InvoiceItem, line.0));
        }
        self.keep_invoice(invoice, now, lag);
        Ok(())
    }

    /// A completed job's invoice: dated, with a line of this amount, if it is any.
    pub(crate) fn invoice_work(
        &mut self,
        job: JobId,
        amount: Decimal,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut invoice = if amount.is_zero() {
            self.invoice(job.into())?.clone()
        } else {
            self.open_invoice(job.into())?
        };
        if invoice.invoice_date.is_none() && invoice.sync_status == SyncStatus::Pending {
            self.date(&mut invoice, now);
        }
        if !amount.is_zero() {
            let sku = self.work();
            let new = NewInvoiceLine::new(sku, Decimal::ONE, amount).taxable(false);
            let line = self.line(&invoice, new, now)?;
            invoice.lines.push(line);
        }
        self.keep_invoice(invoice, now, None);
        Ok(())
    }

    /// What work is sold as: the first service of the pricebook that is in use.
    fn work(&self) -> SkuId {
        let mut services = self.purchasing.items(ItemKind::Service).iter();
        let service = services.find(|item| item.active);
        service.map_or(PLAIN_WORK, |item| item.id)
    }

    pub(super) fn fill(
        &mut self,
        invoice: &mut Invoice,
        lines: Vec<NewInvoiceLine>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        for new in lines {
            let line = self.line(invoice, new, now)?;
            invoice.lines.push(line);
        }
        Ok(())
    }
}
