//! Vendor bills and credit notes; customers' invoices have the same shape.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::field::{ANALYTIC, FieldNames, Reader, existing};
use super::{FieldError, words};
use crate::Fields;
use crate::analytic::Distribution;
use crate::record::RecordId;

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

/// A bill or another journal entry (`account.move`).
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
    /// The vendor.
    pub partner: Option<RecordId>,
    /// The vendor's number (`ref`).
    pub reference: Option<String>,
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
    /// What is still to be paid.
    pub residual: Decimal,
    /// `not_paid`, `partial`, `in_payment`, `paid`, `reversed`...
    pub payment_state: Option<String>,
    /// The entry that it reverses.
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
const BILL_PERHAPS: [&str; 2] = ["payment_state", "reversed_entry_id"];
const LINE: [&str; 13] = [
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
];
const LINE_PERHAPS: [&str; 2] = ["purchase_line_id", "exclude_from_invoice_tab"];

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
            reference: record.text("ref")?,
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
}
