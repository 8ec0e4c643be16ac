//! Vendor bills and customers' invoices, and the credit notes of both: one kind of document, with the signs of its items
//! turned round.
//!
//! Amounts of the document are positive, of credit notes too. Amounts of its items are debits less credits: a customer's
//! tax is a credit, what he owes a debit.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::field::{ANALYTIC, FieldNames, Reader, existing};
use super::{FieldError, words};
use crate::Fields;
use crate::analytic::Distribution;
use crate::record::RecordId;
use crate::values::{Command, Values};

words! {
    /// What a journal entry is.
    BillKind {
        /// A vendor's bill.
        Bill = "in_invoice",
        /// A vendor's credit note.
        Credit = "in_refund",
        /// A customer's invoice.
        Invoice = "out_invoice",
        /// A customer's credit note.
        Refund = "out_refund",
        /// Neither.
        Entry = "entry",
    }
}

words! {
    /// Where a bill stands.
    BillState {
        /// Not in the books.
        Draft = "draft",
        /// In the books.
        Posted = "posted",
        /// Cancelled.
        Cancelled = "cancel",
    }
}

impl BillKind {
    /// What a positive amount of the paper is on the items that it consists of (goods, tax): 1, a debit, of a vendor's bill
    /// and a customer's credit note; -1, a credit, of the others. `None`: a plain entry.
    #[must_use]
    pub fn direction(&self) -> Option<Decimal> {
        match self {
            Self::Bill | Self::Refund => Some(Decimal::ONE),
            Self::Invoice | Self::Credit => Some(Decimal::NEGATIVE_ONE),
            Self::Entry | Self::Other(_) => None,
        }
    }

    /// Whether it is a customer's.
    #[must_use]
    pub fn is_sale(&self) -> bool {
        matches!(self, Self::Invoice | Self::Refund)
    }
}

/// A bill, an invoice or another journal entry (`account.move`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Its id.
    pub id: RecordId,
    /// What it is.
    pub kind: BillKind,
    /// Where it stands.
    pub state: BillState,
    /// Its number (`BILL/2026/11/0001`); none before it was ever posted.
    pub name: Option<String>,
    /// The vendor, or the customer.
    pub partner: Option<RecordId>,
    /// Where a customer's goods go.
    pub shipping: Option<RecordId>,
    /// The vendor's number; of an invoice whatever somebody wrote there (`ref`).
    pub reference: Option<String>,
    /// What the customer shall name when paying. An invoice that is posted without one gets its own number.
    pub payment_reference: Option<String>,
    /// The source document.
    pub origin: Option<String>,
    /// The date on the paper.
    pub invoice_date: Option<Date>,
    /// The date in the books. Odoo moves it out of a locked period without a word.
    pub date: Option<Date>,
    /// When it is to be paid.
    pub due: Option<Date>,
    /// The currency of all amounts.
    pub currency: RecordId,
    /// The company.
    pub company: Option<RecordId>,
    /// The journal.
    pub journal: RecordId,
    /// The sum of its lines, before tax. Positive, of credit notes too.
    pub untaxed: Decimal,
    /// Its tax.
    pub tax: Decimal,
    /// Both together.
    pub total: Decimal,
    /// What is still to be paid. Of an invoice that is a draft again, what its reconciliations leave: they stay until an
    /// amount changes.
    pub residual: Decimal,
    /// `not_paid`, `partial`, `in_payment`, `paid`, `reversed`...
    pub payment_state: Option<String>,
    /// The entry that it reverses. A credit note that names a posted one is reconciled with it when it is posted.
    pub reverses: Option<RecordId>,
    /// When it was last written, in whole seconds.
    pub written: Timestamp,
    /// All its journal items, by their ids: what the paper says, tax, what is owed.
    pub lines: Vec<BillLine>,
}

impl Bill {
    /// The lines that the paper shows: goods and services.
    pub fn product_lines(&self) -> impl Iterator<Item = &BillLine> {
        let product = |line: &&BillLine| line.kind == BillLineKind::Product;
        self.lines.iter().filter(product)
    }

    /// The items that taxes amount to: one for each tax, and for each account where a tax has none of its own.
    pub fn tax_lines(&self) -> impl Iterator<Item = &BillLine> {
        self.lines
            .iter()
            .filter(|line| line.kind == BillLineKind::Tax)
    }

    /// The items that are owed, and that payments are reconciled with: one for each instalment.
    pub fn owed_lines(&self) -> impl Iterator<Item = &BillLine> {
        self.lines
            .iter()
            .filter(|line| line.kind == BillLineKind::Term)
    }

    /// What to `write` so that the tax of this draft comes to exactly this amount, in the paper's sign; `None` where it
    /// does. The largest tax item bears the difference.
    ///
    /// Odoo works the tax out anew, and what was set is gone: whenever a product line that was there is changed or deleted
    /// (one without tax as well; a `load` of equal values is no change), when one with taxes comes to it, when another
    /// partner is set, and by [`Action::ResetToDraft`](crate::Action). Also when lines and tax are written in one call. So:
    /// write everything else, set the tax last, post.
    pub fn tax_values(&self, tax: Decimal) -> Result<Option<Values>, TaxError> {
        let missing = tax - self.tax;
        if missing.is_zero() {
            return Ok(None);
        }
        if self.state != BillState::Draft {
            return Err(TaxError::NotDraft);
        }
        let direction = self.kind.direction().ok_or(TaxError::NoTaxLine)?;
        let line = self
            .tax_lines()
            .max_by_key(|line| line.amount.abs())
            .ok_or(TaxError::NoTaxLine)?;
        let amount = line.amount + direction * missing;
        let values = Values::new()
            .decimal("amount_currency", amount)
            .map_err(|_| TaxError::TooManyDigits)?;
        let command = Command::Update {
            id: line.id,
            values,
        };
        Ok(Some(Values::new().commands("line_ids", [command])))
    }
}

/// Why a tax cannot be brought to an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaxError {
    /// It is posted or cancelled.
    #[error("the document is no draft")]
    NotDraft,
    /// None of its lines bears a tax that comes to anything.
    #[error("the document has no tax item that could bear the difference")]
    NoTaxLine,
    /// Odoo could not tell the amount from another one.
    #[error("the amount has too many digits")]
    TooManyDigits,
}

words! {
    /// What a journal item is.
    BillLineKind {
        /// Goods or a service.
        Product = "product",
        /// What a tax amounts to.
        Tax = "tax",
        /// What is owed.
        Term = "payment_term",
        /// A heading.
        Section = "line_section",
        /// A remark.
        Note = "line_note",
    }
}

/// A journal item (`account.move.line`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLine {
    /// Its id.
    pub id: RecordId,
    /// The bill.
    pub bill: RecordId,
    /// What it is.
    pub kind: BillLineKind,
    /// Its text.
    pub name: Option<String>,
    /// The product.
    pub product: Option<RecordId>,
    /// The account; headings have none.
    pub account: Option<RecordId>,
    /// How much.
    pub quantity: Decimal,
    /// The price of one unit.
    pub price: Decimal,
    /// The discount in percent.
    pub discount: Decimal,
    /// Quantity times price less discount, rounded to the currency.
    pub subtotal: Decimal,
    /// The taxes on it.
    pub taxes: Vec<RecordId>,
    /// The tax that it is the amount of.
    pub tax: Option<RecordId>,
    /// The line of the purchase order that it bills.
    pub order_line: Option<RecordId>,
    /// The lines of sale orders that it invoices.
    pub sale_lines: Vec<RecordId>,
    /// When it is to be paid, of what is owed.
    pub due: Option<Date>,
    /// Debit less credit that nothing has settled yet, in the company's currency; zero on accounts that are not
    /// reconciled.
    pub residual: Decimal,
    /// Who bears the cost.
    pub analytic: Distribution,
    /// Debit less credit, in the bill's currency.
    pub amount: Decimal,
    /// Debit less credit, in the company's currency.
    pub balance: Decimal,
}

const BILL: [&str; 17] = [
    "move_type",
    "state",
    "name",
    "partner_id",
    "ref",
    "invoice_origin",
    "invoice_date",
    "date",
    "invoice_date_due",
    "currency_id",
    "company_id",
    "journal_id",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "amount_residual",
    "write_date",
];
const BILL_PERHAPS: [&str; 4] = [
    "payment_state",
    "reversed_entry_id",
    "payment_reference",
    "partner_shipping_id",
];
const LINE: [&str; 15] = [
    "move_id",
    "display_type",
    "name",
    "product_id",
    "account_id",
    "quantity",
    "price_unit",
    "discount",
    "price_subtotal",
    "tax_ids",
    "tax_line_id",
    "amount_currency",
    "balance",
    "date_maturity",
    "amount_residual",
];
const LINE_PERHAPS: [&str; 3] = [
    "purchase_line_id",
    "sale_line_ids",
    "exclude_from_invoice_tab",
];

impl Bill {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        existing(has, &BILL, &BILL_PERHAPS)
    }

    /// Reads a record; its lines are records of their own.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        Ok(Self {
            id: record.id()?,
            kind: record.word("move_type")?,
            state: record.word("state")?,
            // Before 17 a draft is called `/`.
            name: record.text("name")?.filter(|name| name != "/"),
            partner: record.reference("partner_id")?,
            shipping: record.reference("partner_shipping_id")?,
            reference: record.text("ref")?,
            payment_reference: record.text("payment_reference")?,
            origin: record.text("invoice_origin")?,
            invoice_date: record.date("invoice_date")?,
            date: record.date("date")?,
            due: record.date("invoice_date_due")?,
            currency: record.required("currency_id")?,
            company: record.reference("company_id")?,
            journal: record.required("journal_id")?,
            untaxed: record.decimal("amount_untaxed")?,
            tax: record.decimal("amount_tax")?,
            total: record.decimal("amount_total")?,
            residual: record.decimal("amount_residual")?,
            payment_state: record.text("payment_state")?,
            reverses: record.reference("reversed_entry_id")?,
            written: record.written()?,
            lines: Vec::new(),
        })
    }
}

impl BillLine {
    /// The fields to ask for, where the model has these.
    #[must_use]
    pub fn fields(has: &FieldNames) -> Vec<&'static str> {
        let mut fields = existing(has, &LINE, &LINE_PERHAPS);
        fields.extend(existing(has, &[], &ANALYTIC));
        fields
    }

    /// Reads a record.
    pub fn read(fields: &Fields) -> Result<Self, FieldError> {
        let record = Reader(fields);
        Ok(Self {
            id: record.id()?,
            bill: record.required("move_id")?,
            kind: kind(&record)?,
            name: record.text("name")?,
            product: record.reference("product_id")?,
            account: record.reference("account_id")?,
            quantity: record.decimal("quantity")?,
            price: record.decimal("price_unit")?,
            discount: record.decimal("discount")?,
            subtotal: record.decimal("price_subtotal")?,
            taxes: record.references("tax_ids")?,
            tax: record.reference("tax_line_id")?,
            order_line: record.reference("purchase_line_id")?,
            sale_lines: record.references("sale_line_ids")?,
            due: record.date("date_maturity")?,
            residual: record.decimal("amount_residual")?,
            analytic: record.analytic()?,
            amount: record.decimal("amount_currency")?,
            balance: record.decimal("balance")?,
        })
    }
}

/// Before 16 only texts have a type, and a flag tells what the paper shows from what it comes to.
fn kind(record: &Reader<'_>) -> Result<BillLineKind, FieldError> {
    if let Some(word) = record.text("display_type")? {
        return Ok(BillLineKind::from(word.as_str()));
    }
    if record.reference("tax_line_id")?.is_some() {
        return Ok(BillLineKind::Tax);
    }
    let hidden =
        record.has("exclude_from_invoice_tab") && record.flag("exclude_from_invoice_tab")?;
    Ok(if hidden {
        BillLineKind::Term
    } else {
        BillLineKind::Product
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn kind_of(value: Value) -> BillLineKind {
        let Value::Object(fields) = value else {
            unreachable!("an object was written")
        };
        kind(&Reader(&fields)).unwrap()
    }

    #[test]
    fn items_of_old_versions_are_told_apart() {
        use BillLineKind as Is;
        for (item, expected) in [
            (json!({"display_type": "product"}), Is::Product),
            (json!({"display_type": "payment_term"}), Is::Term),
            (
                json!({"display_type": "cogs"}),
                Is::Other("cogs".to_owned()),
            ),
            (
                json!({"display_type": false, "tax_line_id": false, "exclude_from_invoice_tab": false}),
                Is::Product,
            ),
            (
                json!({"display_type": false, "tax_line_id": [2, "15%"], "exclude_from_invoice_tab": true}),
                Is::Tax,
            ),
            (
                json!({"display_type": false, "tax_line_id": false, "exclude_from_invoice_tab": true}),
                Is::Term,
            ),
        ] {
            assert_eq!(kind_of(item.clone()), expected, "{item}");
        }
    }

    fn taxed(kind: &str, taxes: &[&str]) -> Bill {
        let record = json!({"id": 1, "move_type": kind, "state": "draft", "name": false, "journal_id": [1, "J"],
            "currency_id": [1, "USD"], "amount_untaxed": 100.0, "amount_tax": 10.0, "amount_total": 110.0,
            "amount_residual": 110.0, "write_date": "2026-11-22 23:49:48"});
        let Value::Object(record) = record else {
            unreachable!("an object was written")
        };
        let mut bill = Bill::read(&record).unwrap();
        let line = |(n, amount): (usize, &&str)| {
            let record = json!({"id": n + 7, "move_id": [1, "B"], "display_type": "tax", "quantity": 1.0,
                "price_unit": 0.0, "discount": 0.0, "price_subtotal": 0.0, "balance": 0.0, "amount_residual": 0.0,
                "amount_currency": amount.parse::<f64>().unwrap()});
            let Value::Object(record) = record else {
                unreachable!("an object was written")
            };
            BillLine::read(&record).unwrap()
        };
        bill.lines = taxes.iter().enumerate().map(line).collect();
        bill
    }

    #[test]
    fn the_largest_tax_item_bears_the_difference_in_its_own_sign() {
        let tax: Decimal = "10.01".parse().unwrap();
        let set = |kind, taxes: &[&str]| {
            let values = taxed(kind, taxes).tax_values(tax).unwrap().unwrap();
            Value::Object(values.to_json())
        };
        assert_eq!(
            set("out_invoice", &["-3", "-7"]),
            json!({"line_ids": [[1, 8, {"amount_currency": -7.01}]]})
        );
        assert_eq!(
            set("out_refund", &["7", "3"]),
            json!({"line_ids": [[1, 7, {"amount_currency": 7.01}]]})
        );
        assert_eq!(
            set("in_invoice", &["10"]),
            json!({"line_ids": [[1, 7, {"amount_currency": 10.01}]]})
        );
    }

    #[test]
    fn a_tax_that_is_right_or_cannot_be_set_is_not_written() {
        let right = taxed("out_invoice", &[]);
        assert_eq!(right.tax_values(Decimal::TEN), Ok(None));
        assert_eq!(right.tax_values(Decimal::ONE), Err(TaxError::NoTaxLine));
        let mut posted = taxed("out_invoice", &["-10"]);
        posted.state = BillState::Posted;
        assert_eq!(posted.tax_values(Decimal::ONE), Err(TaxError::NotDraft));
    }
}
