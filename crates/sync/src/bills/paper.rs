//! A vendor's paper, as inventory bills, AP bills, returns and AP credits show it: what is planned is made of any of them.

use jiff::civil::Date;
use rust_decimal::Decimal;
use servicetitan::record::{
    ApBill, ApBillStatus, ApCredit, ApCreditStatus, Bill, BillItem, ExpenseItem, GlAccountRef,
    InventoryBill, InventoryReturn, InventoryReturnItem, InventoryReturnStatus,
};
use servicetitan::{ReceiptItemId, SkuId};
use sha2::{Digest, Sha256};

use crate::directory::Charge;
use crate::failure::reason;
use crate::flow::Flow;
use crate::linking::Terms;
use crate::money::{are_countable, cents};
use crate::part;
use crate::plain::line;
use crate::plan::Subject;
use crate::reconcile::in_our_age;
use crate::record::Reason;
use crate::sighting::Part;
use crate::single;

/// Odoo's word for a vendor's bill.
const BILL: &str = "in_invoice";

/// Odoo's word for a vendor's credit note.
pub(super) const CREDIT: &str = "in_refund";

/// What a paper says.
pub(super) struct Paper {
    /// Odoo's word for what it is.
    pub(super) move_type: &'static str,
    pub(super) vendor: Option<i64>,
    /// The vendor's number for it, else ServiceTitan's.
    pub(super) number: String,
    /// ServiceTitan's number for it.
    pub(super) origin: String,
    pub(super) memo: String,
    /// The date on the paper.
    pub(super) dated: Option<Date>,
    /// The date in the books.
    pub(super) booked: Option<Date>,
    pub(super) due: Option<Date>,
    pub(super) unit: Option<i64>,
    pub(super) job: Option<i64>,
    pub(super) order: Option<i64>,
    pub(super) lines: Vec<PaperLine>,
    pub(super) charges: [(Charge, Decimal); 3],
    pub(super) total: Option<Decimal>,
    pub(super) standing: Standing,
    /// Whether it is posted in ServiceTitan.
    pub(super) is_posted: bool,
}

/// Whether a paper counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Counts,
    /// Deleted or cancelled.
    Withdrawn,
    /// It will count: goods that are yet to go back.
    NotYet,
    /// Another record of ServiceTitan is the same paper.
    Elsewhere,
}

/// One line of it.
pub(super) struct PaperLine {
    /// Unique among the paper's lines.
    pub(super) id: String,
    pub(super) sku: Option<i64>,
    /// The texts that may describe it, the best first.
    pub(super) texts: Vec<String>,
    pub(super) quantity: Decimal,
    pub(super) cost: Decimal,
    pub(super) account: Option<GlAccountRef>,
    pub(super) receipt_item: Option<i64>,
    pub(super) unit: Option<i64>,
    pub(super) job: Option<i64>,
}

impl Paper {
    /// What it says of the records and accounts that it refers to, digested: equal as long as ServiceTitan points to the
    /// same ones, whatever they become in Odoo.
    pub(super) fn referred(&self) -> String {
        let account = |account: &GlAccountRef| (account.number.clone(), account.name.clone());
        let line = |line: &PaperLine| {
            let account = line.account.as_ref().map(account);
            let records = (line.sku, line.receipt_item, line.unit, line.job);
            format!("{} {records:?} {account:?}", line.id)
        };
        let lines: Vec<String> = self.lines.iter().map(line).collect();
        let own = (self.vendor, self.unit, self.job, self.order);
        let digest = Sha256::digest(format!("{own:?} {lines:?}"));
        let (short, _) = digest.split_first_chunk().expect("a digest is longer");
        format!("{:016x}", u64::from_be_bytes(*short))
    }

    /// What it comes to, by its own word or else by its parts, and its tax.
    pub(super) fn terms(&self) -> Terms {
        let charges = self.charges.iter();
        let charges = charges.map(|(charge, amount)| (*charge, cents(*amount)));
        let lines = self.lines.iter();
        let lines = lines.map(|line| cents(line.quantity * line.cost));
        let counted = charges.clone().map(|(_, amount)| amount).chain(lines).sum();
        let tax = charges.filter(|(charge, _)| *charge == Charge::Tax);
        Terms {
            total: self.total.map_or(counted, cents),
            tax: tax.map(|(_, amount)| amount).sum(),
        }
    }

    /// What the vendor keeps of a return: ServiceTitan says so only by an amount that is less than what went back.
    fn with_what_the_vendor_keeps(mut self) -> Self {
        let lines = self.lines.iter();
        let lines: Decimal = lines.map(|line| cents(line.quantity * line.cost)).sum();
        let charged: Decimal = self.charges.iter().map(|(_, amount)| cents(*amount)).sum();
        if let Some(said) = self.total.filter(|said| cents(*said) < lines + charged) {
            self.charges[2].1 = cents(said) - lines - charged;
        }
        self
    }
}

/// Reads the paper of a record. Its numbers can be counted with.
pub(super) fn read(flow: Flow, subject: &Subject<'_>) -> Result<Paper, Reason> {
    of_part(flow, single::row(flow, subject)?)
}

/// Reads a paper off its row.
pub(super) fn of_part(flow: Flow, part: &Part) -> Result<Paper, Reason> {
    let paper = match flow {
        Flow::ApBills => of_ap_bill(&part::read(part)?),
        Flow::VendorCredits => of_return(&part::read(part)?),
        Flow::ApCredits => of_ap_credit(&part::read(part)?),
        _ => of_inventory_bill(&part::read(part)?),
    };
    let of_lines = paper.lines.iter();
    let of_lines = of_lines.flat_map(|line| [Some(line.quantity), Some(line.cost)]);
    let of_header = paper.charges.iter().map(|(_, amount)| Some(*amount));
    if !are_countable(of_lines.chain(of_header).chain([paper.total])) {
        return Err(reason(
            "amount-too-large",
            format!(
                "A quantity or an amount of the {} is beyond a billion.",
                flow.noun()
            ),
            "Correct it in ServiceTitan and save it; it comes over by itself then.",
        ));
    }
    Ok(match flow {
        Flow::VendorCredits => paper.with_what_the_vendor_keeps(),
        _ => paper,
    })
}

fn of_inventory_bill(bill: &InventoryBill) -> Paper {
    Paper {
        standing: if bill.active {
            Standing::Counts
        } else {
            Standing::Withdrawn
        },
        ..of_bill(bill, bill.id.0)
    }
}

/// Bills of purchase orders come as inventory bills.
fn of_ap_bill(bill: &ApBill) -> Paper {
    let withdrawn = bill.status == ApBillStatus::Canceled || bill.date_canceled.is_some();
    Paper {
        standing: if bill.purchase_order_id.is_some() {
            Standing::Elsewhere
        } else if bill.active && !withdrawn {
            Standing::Counts
        } else {
            Standing::Withdrawn
        },
        ..of_bill(bill, bill.id.0)
    }
}

/// The first of these that says something: who types no number in leaves an empty one.
fn number(texts: [&Option<String>; 2]) -> Option<&String> {
    let mut texts = texts.into_iter().flatten();
    texts.find(|text| !line(text).is_empty())
}

fn of_bill<Id>(bill: &Bill<Id>, id: i64) -> Paper {
    let number = number([&bill.vendor_number, &bill.reference_number]);
    let items = bill.items.iter().map(of_item);
    let dated = bill.bill_date.and_then(in_our_age);
    Paper {
        move_type: BILL,
        vendor: bill.vendor.as_ref().and_then(|vendor| Some(vendor.id?.0)),
        number: number.cloned().unwrap_or_default(),
        origin: bill
            .reference_number
            .clone()
            .unwrap_or_else(|| id.to_string()),
        memo: bill.summary.clone().unwrap_or_default(),
        dated,
        booked: dated,
        due: bill.due_date.and_then(in_our_age).or(dated),
        unit: bill
            .business_unit
            .as_ref()
            .and_then(|unit| Some(unit.id?.0)),
        job: bill.job_id.map(|job| job.0),
        order: bill.purchase_order_id.map(|order| order.0),
        lines: items
            .chain(bill.expense_items.iter().map(of_expense))
            .collect(),
        charges: [
            (Charge::Shipping, bill.shipping_amount.unwrap_or_default()),
            (Charge::Tax, bill.tax_amount.unwrap_or_default()),
            (Charge::Other, bill.other_amount.unwrap_or_default()),
        ],
        total: bill.bill_amount,
        standing: Standing::Counts,
        is_posted: bill.sync_status.is_posted(),
    }
}

/// A line of goods, however the paper calls its parts.
fn of_goods(
    id: String,
    sku: Option<SkuId>,
    texts: [Option<String>; 3],
    (quantity, cost): (Option<Decimal>, Option<Decimal>),
    accounts: [&Option<GlAccountRef>; 2],
    receipt_item: Option<ReceiptItemId>,
) -> PaperLine {
    PaperLine {
        id,
        sku: sku.map(|sku| sku.0),
        texts: texts.into_iter().flatten().collect(),
        quantity: quantity.unwrap_or_default(),
        cost: cost.unwrap_or_default(),
        account: accounts.into_iter().flatten().next().cloned(),
        receipt_item: receipt_item.map(|item| item.0),
        unit: None,
        job: None,
    }
}

fn of_item(item: &BillItem) -> PaperLine {
    of_goods(
        item.id.to_string(),
        item.sku_id,
        [
            Some(item.description.clone()),
            item.name.clone(),
            item.sku_code.clone(),
        ],
        (item.quantity, item.cost),
        // What an item is sold on, its general ledger account, is not what it costs.
        [&item.cost_of_sale_account, &item.general_ledger_account],
        item.receipt_item_id,
    )
}

fn of_expense(item: &ExpenseItem) -> PaperLine {
    PaperLine {
        id: format!("expense_{}", item.id),
        sku: None,
        texts: item.description.iter().cloned().collect(),
        quantity: Decimal::ONE,
        cost: item.amount.unwrap_or_default(),
        account: item.general_ledger_account.clone(),
        receipt_item: None,
        unit: item
            .business_unit
            .as_ref()
            .and_then(|unit| Some(unit.id?.0)),
        job: item.job.as_ref().and_then(|job| Some(job.id?.0)),
    }
}

/// A vendor owes a credit for what went back.
fn of_return(back: &InventoryReturn) -> Paper {
    let dated = back.returned_on.or(back.return_date).and_then(in_our_age);
    let lines = back.items.iter().filter(|item| item.active);
    let number = back.reference_number.as_ref();
    let number = number.filter(|text| !line(text).is_empty());
    Paper {
        move_type: CREDIT,
        vendor: Some(back.vendor_id.0),
        number: number.unwrap_or(&back.number).clone(),
        origin: back.number.clone(),
        memo: back.memo.clone().unwrap_or_default(),
        dated,
        booked: dated,
        due: dated,
        unit: back.business_unit_id.map(|unit| unit.0),
        job: back.job_id.map(|job| job.0),
        order: back.purchase_order_id.map(|order| order.0),
        lines: lines.map(of_returned).collect(),
        charges: [
            (Charge::Shipping, back.shipping_amount.unwrap_or_default()),
            (Charge::Tax, back.tax_amount.unwrap_or_default()),
            (Charge::Other, Decimal::ZERO),
        ],
        total: back.return_amount,
        standing: match back.status {
            _ if !back.active => Standing::Withdrawn,
            InventoryReturnStatus::Canceled => Standing::Withdrawn,
            InventoryReturnStatus::Pending => Standing::NotYet,
            _ => Standing::Counts,
        },
        is_posted: back.sync_status.is_posted(),
    }
}

fn of_returned(item: &InventoryReturnItem) -> PaperLine {
    of_goods(
        item.id.to_string(),
        item.sku_id,
        [
            Some(item.description.clone()),
            item.name.clone(),
            item.code.clone(),
        ],
        (item.quantity, item.cost),
        [&item.cost_of_sale_account, &item.general_ledger_account],
        item.receipt_item_id,
    )
}

/// The credit of a return is booked with the return, which says of what goods it is. Others have one amount, and no
/// account.
fn of_ap_credit(credit: &ApCredit) -> Paper {
    let is_withdrawn =
        !credit.active || credit.canceled_on.is_some() || credit.status == ApCreditStatus::Canceled;
    let number = number([&credit.reference_number, &credit.number]);
    let dated = credit.date.and_then(in_our_age);
    let amount = cents(credit.amount.unwrap_or_default());
    let line = PaperLine {
        id: "amount".to_owned(),
        sku: None,
        texts: vec!["Vendor Credit".to_owned()],
        quantity: Decimal::ONE,
        cost: amount,
        account: None,
        receipt_item: None,
        unit: None,
        job: None,
    };
    Paper {
        move_type: CREDIT,
        vendor: credit.vendor.as_ref().and_then(|vendor| Some(vendor.id?.0)),
        number: number.cloned().unwrap_or_default(),
        origin: credit
            .number
            .clone()
            .unwrap_or_else(|| credit.id.to_string()),
        memo: credit.memo.clone().unwrap_or_default(),
        dated,
        booked: dated,
        due: dated,
        unit: credit
            .business_unit
            .as_ref()
            .and_then(|unit| Some(unit.id?.0)),
        job: credit.job_id.map(|job| job.0),
        order: None,
        lines: Some(line)
            .filter(|_| !amount.is_zero())
            .into_iter()
            .collect(),
        charges: [Charge::Shipping, Charge::Tax, Charge::Other].map(|of| (of, Decimal::ZERO)),
        total: credit.amount.map(cents),
        standing: if credit.inventory_return_id.is_some() {
            Standing::Elsewhere
        } else if is_withdrawn {
            Standing::Withdrawn
        } else {
            Standing::Counts
        },
        is_posted: credit.sync_status.is_posted(),
    }
}
