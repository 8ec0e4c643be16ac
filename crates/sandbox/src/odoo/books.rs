//! Orders, receipts, bills, invoices and payments as a test or the demo may see them from outside, without calling Odoo.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value as Json;

use super::Id;
use super::database::{Database, Row, external_name};
use super::order;
use super::receipt;
use super::reconcile;
use super::schema::Model;
use super::value::Value;

/// A purchase order as it stands in the database.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are Odoo's, under Odoo's names")]
pub struct Order {
    pub id: Id,
    /// All external ids, oldest first, as `module.name`.
    pub external_ids: Vec<String>,
    pub name: String,
    pub state: String,
    pub partner_id: Option<Id>,
    pub partner_ref: Option<String>,
    pub origin: Option<String>,
    /// Whether it may be cancelled no more.
    pub locked: bool,
    pub amount_untaxed: Decimal,
    pub amount_tax: Decimal,
    pub amount_total: Decimal,
    pub invoice_status: Option<String>,
    pub receipt_status: Option<String>,
    /// Its transfers.
    pub picking_ids: Vec<Id>,
    /// Its bills.
    pub invoice_ids: Vec<Id>,
    pub lines: Vec<OrderLine>,
}

/// A line of a purchase order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are Odoo's, under Odoo's names")]
pub struct OrderLine {
    pub id: Id,
    /// All external ids, oldest first, as `module.name`.
    pub external_ids: Vec<String>,
    pub name: String,
    pub display_type: Option<String>,
    pub product_id: Option<Id>,
    pub product_qty: Decimal,
    pub price_unit: Decimal,
    pub discount: Decimal,
    pub tax_ids: Vec<Id>,
    pub price_subtotal: Decimal,
    pub price_total: Decimal,
    pub qty_received: Decimal,
    pub qty_invoiced: Decimal,
    /// Percents by analytic accounts, e.g. `{"1,3": 60.0}`; null when there is none.
    pub analytic_distribution: Json,
}

/// A bill, invoice, credit note or plain entry as it stands in the database.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are Odoo's, under Odoo's names")]
pub struct Bill {
    pub id: Id,
    /// All external ids, oldest first, as `module.name`.
    pub external_ids: Vec<String>,
    /// The number, once posted.
    pub name: Option<String>,
    pub state: String,
    pub move_type: String,
    pub partner_id: Option<Id>,
    /// Odoo's `ref`: the vendor's number.
    pub reference: Option<String>,
    /// As `2026-11-05`.
    pub invoice_date: Option<String>,
    /// The accounting date.
    pub date: Option<String>,
    pub invoice_date_due: Option<String>,
    pub amount_untaxed: Decimal,
    pub amount_tax: Decimal,
    pub amount_total: Decimal,
    pub amount_residual: Decimal,
    pub payment_state: Option<String>,
    pub payment_reference: Option<String>,
    pub reversed_entry_id: Option<Id>,
    /// The payment whose entry it is.
    pub origin_payment_id: Option<Id>,
    /// The lines that the bill shows; taxes and debts are not among them.
    pub lines: Vec<BillLine>,
}

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are Odoo's, under Odoo's names")]
pub struct BillLine {
    pub id: Id,
    /// All external ids, oldest first, as `module.name`.
    pub external_ids: Vec<String>,
    pub name: Option<String>,
    pub product_id: Option<Id>,
    /// The account's code.
    pub account: Option<String>,
    pub quantity: Decimal,
    pub price_unit: Decimal,
    pub discount: Decimal,
    pub tax_ids: Vec<Id>,
    pub price_subtotal: Decimal,
    pub price_total: Decimal,
    pub purchase_line_id: Option<Id>,
    /// Percents by analytic accounts; null when there is none.
    pub analytic_distribution: Json,
}

/// A payment as it stands in the database.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are Odoo's, under Odoo's names")]
pub struct Payment {
    pub id: Id,
    /// All external ids, oldest first, as `module.name`.
    pub external_ids: Vec<String>,
    pub name: Option<String>,
    pub state: String,
    /// `inbound` or `outbound`.
    pub payment_type: String,
    /// `customer` or `supplier`.
    pub partner_type: String,
    pub partner_id: Option<Id>,
    pub amount: Decimal,
    /// As `2026-11-05`.
    pub date: Option<String>,
    pub memo: Option<String>,
    /// The journal's code.
    pub journal: Option<String>,
    pub outstanding_account_id: Option<Id>,
    /// Its journal entry.
    pub move_id: Option<Id>,
    pub is_reconciled: bool,
    /// What it settles: invoices, credit notes and bills, and how much of each, by their ids.
    pub settles: Vec<(Id, Decimal)>,
}

/// A transfer as it stands in the database.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are Odoo's, under Odoo's names")]
pub struct Receipt {
    pub id: Id,
    pub name: Option<String>,
    pub state: Option<String>,
    pub origin: Option<String>,
    pub partner_id: Option<Id>,
    pub backorder_id: Option<Id>,
    /// The order that it belongs to.
    pub purchase_id: Option<Id>,
    pub moves: Vec<ReceiptLine>,
}

/// A move of a transfer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are Odoo's, under Odoo's names")]
pub struct ReceiptLine {
    pub id: Id,
    pub product_id: Option<Id>,
    pub purchase_line_id: Option<Id>,
    /// The demand.
    pub product_uom_qty: Decimal,
    pub quantity: Decimal,
    pub picked: bool,
    pub state: Option<String>,
}

/// A row of a model, read by name.
struct Sight<'a> {
    db: &'a Database,
    model: Model,
    row: &'a Row,
}

impl<'a> Sight<'a> {
    fn all(db: &'a Database, model: Model) -> impl Iterator<Item = Self> {
        db.rows(model).map(move |row| Self { db, model, row })
    }

    /// The rows of another model whose field points to this one, by id.
    fn below(&self, model: Model, field: &str) -> Vec<Sight<'a>> {
        let db = self.db;
        db.pointing(model, field, self.row.id())
            .filter_map(|id| db.row(model, id))
            .map(|row| Sight { db, model, row })
            .collect()
    }

    fn external_ids(&self) -> Vec<String> {
        let rows = self.db.external_rows_of(self.model.name(), self.row.id());
        rows.map(external_name).collect()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.row.text(self.model, name).map(str::to_owned)
    }

    fn id(&self, name: &str) -> Option<Id> {
        self.row.reference(self.model, name)
    }

    fn number(&self, name: &str) -> Decimal {
        self.row.get(self.model, name).as_number().normalize()
    }

    fn many(&self, name: &str) -> Vec<Id> {
        self.row.get(self.model, name).as_many().to_vec()
    }

    fn yes(&self, name: &str) -> bool {
        self.row.get(self.model, name).as_bool()
    }

    fn distribution(&self) -> Json {
        match self.row.get(self.model, "analytic_distribution") {
            Value::Json(json) => (**json).clone(),
            _ => Json::Null,
        }
    }
}

pub(super) fn orders(db: &Database) -> Vec<Order> {
    Sight::all(db, Model::Order)
        .map(|seen| Order {
            id: seen.row.id(),
            external_ids: seen.external_ids(),
            name: seen.text("name").unwrap_or_default(),
            state: seen.text("state").unwrap_or_default(),
            partner_id: seen.id("partner_id"),
            partner_ref: seen.text("partner_ref"),
            origin: seen.text("origin"),
            locked: seen.yes("locked"),
            amount_untaxed: seen.number("amount_untaxed"),
            amount_tax: seen.number("amount_tax"),
            amount_total: seen.number("amount_total"),
            invoice_status: seen.text("invoice_status"),
            receipt_status: seen.text("receipt_status"),
            picking_ids: receipt::pickings_of(db, seen.row.id()),
            invoice_ids: order::bills(db, seen.row.id()),
            lines: seen
                .below(Model::OrderLine, "order_id")
                .iter()
                .map(order_line)
                .collect(),
        })
        .collect()
}

fn order_line(seen: &Sight<'_>) -> OrderLine {
    OrderLine {
        id: seen.row.id(),
        external_ids: seen.external_ids(),
        name: seen.text("name").unwrap_or_default(),
        display_type: seen.text("display_type"),
        product_id: seen.id("product_id"),
        product_qty: seen.number("product_qty"),
        price_unit: seen.number("price_unit"),
        discount: seen.number("discount"),
        tax_ids: seen.many("tax_ids"),
        price_subtotal: seen.number("price_subtotal"),
        price_total: seen.number("price_total"),
        qty_received: seen.number("qty_received"),
        qty_invoiced: seen.number("qty_invoiced"),
        analytic_distribution: seen.distribution(),
    }
}

pub(super) fn bills(db: &Database) -> Vec<Bill> {
    Sight::all(db, Model::Move)
        .map(|seen| Bill {
            id: seen.row.id(),
            external_ids: seen.external_ids(),
            name: seen.text("name"),
            state: seen.text("state").unwrap_or_default(),
            move_type: seen.text("move_type").unwrap_or_default(),
            partner_id: seen.id("partner_id"),
            reference: seen.text("ref"),
            invoice_date: seen.text("invoice_date"),
            date: seen.text("date"),
            invoice_date_due: seen.text("invoice_date_due"),
            amount_untaxed: seen.number("amount_untaxed"),
            amount_tax: seen.number("amount_tax"),
            amount_total: seen.number("amount_total"),
            amount_residual: seen.number("amount_residual"),
            payment_state: seen.text("payment_state"),
            payment_reference: seen.text("payment_reference"),
            reversed_entry_id: seen.id("reversed_entry_id"),
            origin_payment_id: seen.id("origin_payment_id"),
            lines: seen
                .below(Model::MoveLine, "move_id")
                .iter()
                .filter(|line| super::bill_line::is_shown(line.row))
                .map(bill_line)
                .collect(),
        })
        .collect()
}

fn bill_line(seen: &Sight<'_>) -> BillLine {
    let account = seen
        .id("account_id")
        .and_then(|id| seen.db.row(Model::Account, id))
        .and_then(|row| row.text(Model::Account, "code"));
    BillLine {
        id: seen.row.id(),
        external_ids: seen.external_ids(),
        name: seen.text("name"),
        product_id: seen.id("product_id"),
        account: account.map(str::to_owned),
        quantity: seen.number("quantity"),
        price_unit: seen.number("price_unit"),
        discount: seen.number("discount"),
        tax_ids: seen.many("tax_ids"),
        price_subtotal: seen.number("price_subtotal"),
        price_total: seen.number("price_total"),
        purchase_line_id: seen.id("purchase_line_id"),
        analytic_distribution: seen.distribution(),
    }
}

pub(super) fn payments(db: &Database) -> Vec<Payment> {
    Sight::all(db, Model::Payment)
        .map(|seen| {
            let journal = seen
                .id("journal_id")
                .and_then(|id| db.row(Model::Journal, id))
                .and_then(|row| row.text(Model::Journal, "code"));
            Payment {
                id: seen.row.id(),
                external_ids: seen.external_ids(),
                name: seen.text("name"),
                state: seen.text("state").unwrap_or_default(),
                payment_type: seen.text("payment_type").unwrap_or_default(),
                partner_type: seen.text("partner_type").unwrap_or_default(),
                partner_id: seen.id("partner_id"),
                amount: seen.number("amount"),
                date: seen.text("date"),
                memo: seen.text("memo"),
                journal: journal.map(str::to_owned),
                outstanding_account_id: seen.id("outstanding_account_id"),
                move_id: seen.id("move_id"),
                is_reconciled: seen.yes("is_reconciled"),
                settles: settled(db, seen.id("move_id")),
            }
        })
        .collect()
}

/// How much of an entry settles which documents.
fn settled(db: &Database, entry: Option<Id>) -> Vec<(Id, Decimal)> {
    let mut settled: BTreeMap<Id, Decimal> = BTreeMap::new();
    let lines = entry
        .into_iter()
        .flat_map(|entry| db.pointing(Model::MoveLine, "move_id", entry));
    for line in lines {
        for part in reconcile::parts(db, line) {
            let Some(row) = db.row(Model::Partial, part) else {
                continue;
            };
            let others = ["debit_move_id", "credit_move_id"]
                .into_iter()
                .filter_map(|name| row.reference(Model::Partial, name))
                .filter(|end| *end != line);
            for other in others {
                let document = db
                    .row(Model::MoveLine, other)
                    .and_then(|row| row.reference(Model::MoveLine, "move_id"));
                if let Some(document) = document {
                    *settled.entry(document).or_default() +=
                        row.get(Model::Partial, "amount").as_number();
                }
            }
        }
    }
    let normal = settled
        .into_iter()
        .map(|(id, amount)| (id, amount.normalize()));
    normal.collect()
}

pub(super) fn receipts(db: &Database) -> Vec<Receipt> {
    Sight::all(db, Model::Picking)
        .map(|seen| Receipt {
            id: seen.row.id(),
            name: seen.text("name"),
            state: seen.text("state"),
            origin: seen.text("origin"),
            partner_id: seen.id("partner_id"),
            backorder_id: seen.id("backorder_id"),
            purchase_id: receipt::order_of(db, seen.row.id()),
            moves: seen
                .below(Model::StockMove, "picking_id")
                .iter()
                .map(|line| ReceiptLine {
                    id: line.row.id(),
                    product_id: line.id("product_id"),
                    purchase_line_id: line.id("purchase_line_id"),
                    product_uom_qty: line.number("product_uom_qty"),
                    quantity: line.number("quantity"),
                    picked: line.yes("picked"),
                    state: line.text("state"),
                })
                .collect(),
        })
        .collect()
}
