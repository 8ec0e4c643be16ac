//! The documents of a period as both systems have them at this moment, compared.
//!
//! Nothing is written, and nothing is taken from the store but where the two systems are and who may ask them. So the
//! answer is the same with the store's records gone, and a mistake in what the store remembers shows.
//!
//! ServiceTitan is read first. Then Odoo's documents of the period; of what pairs with none of them, the partner is looked
//! for by its name: in Odoo under its external id, in ServiceTitan by the id in that name; of a bill or an invoice that
//! somebody entered by hand, by its number. So a document that the two
//! have in different periods is told as such, and not as missing. What is changed while it is read may show as a
//! difference; the next run settles that.

mod odoo;
mod servicetitan;
mod statement;

use std::collections::{BTreeMap, BTreeSet};

use ::sync::directory::{BillPolicy, InvoicePolicy, PaymentPolicy};
use ::sync::flow::Flow;
use ::sync::link::Name;
use ::sync::plan::ClosedPeriod;
use ::sync::reconcile::{Document, Kind, Period, Report, Sides, Standing, Sum, compare, number};
use jiff::civil::Date;

pub use self::statement::{Format, Part, Statement};
use crate::engine::vendors::Vendors;

/// The most documents of one side: all are in memory while they are compared.
pub const DOCUMENTS_MAX: usize = 100_000;

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// ServiceTitan does not tell.
    #[error(transparent)]
    ServiceTitan(#[from] ::servicetitan::Error),
    /// Odoo does not tell.
    #[error(transparent)]
    Odoo(#[from] ::odoo::Error),
    /// More than can be held in memory.
    #[error(
        "the period has more than {DOCUMENTS_MAX} documents: choose a shorter one, or one --kind at a time"
    )]
    TooMany,
}

/// What is to be compared.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The days.
    pub period: Period,
    /// The kinds of documents.
    pub kinds: BTreeSet<Kind>,
    /// The flows whose bills and credits are among them.
    pub of_flows: BTreeSet<Flow>,
    /// Whether orders that were sent are confirmed in Odoo by people.
    pub leaves_orders: bool,
    /// Which bills and credits come, and whether they are posted.
    pub bills: BillPolicy,
    /// Which customers' invoices come, and whether they are posted.
    pub invoices: InvoicePolicy,
    /// Which of their payments come.
    pub payments: PaymentPolicy,
}

/// What came of comparing, and what could not be compared.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The differences.
    pub report: Report,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// Reads both systems and compares these kinds of documents.
///
/// # Errors
/// [`Failure`]; a scope that the app lacks for AP bills or AP credits is a note instead.
pub async fn run(vendors: &Vendors, asked: &Asked) -> Result<Compared, Failure> {
    let mut titan = servicetitan::Reader::new(&vendors.servicetitan, asked);
    titan.read_period().await?;
    let mut odoo = odoo::Reader::new(&vendors.odoo, &vendors.module, asked).await?;
    odoo.read_period().await?;

    let wanted = names(titan.documents());
    let held = names(odoo.documents());
    odoo.read_named(wanted.difference(&held)).await?;
    let held = names(odoo.documents());
    titan.read_named(held.difference(&wanted)).await?;
    // What somebody entered by hand may stand in another period than ServiceTitan's.
    titan.recall(&numbers(odoo.documents().filter(|one| one.name.is_none())));
    let is_lacking = |one: &&Document| {
        let key = one.name.clone().map(|name| (one.kind, name));
        key.is_some_and(|key| !held.contains(&key))
    };
    odoo.read_numbered(&numbers(titan.documents().filter(is_lacking)))
        .await?;

    settle(&mut titan, &mut odoo).await?;
    let held = names(odoo.documents());
    for flow in titan.exported_elsewhere(&held) {
        let began = odoo.began(flow).await?;
        titan.leave_elsewhere(flow, &held, began);
    }

    let (servicetitan, unreadable, mut notes) = titan.finish().await?;
    let mut odoo = odoo.finish().await?;
    let (closed_until, sales_closed_until) = closed_until(vendors, asked).await?;
    notes.extend(leave_out(&mut odoo, &servicetitan.not_told));
    let sides = Sides {
        servicetitan: servicetitan.documents,
        odoo,
        unreadable,
        closed_until,
        sales_closed_until,
    };
    let report = compare(asked.period, sides);
    if report.by_hand > 0 {
        notes.push(format!(
            "{} documents were entered in Odoo by hand: they are ServiceTitan's by vendor (or customer), number and total",
            report.by_hand
        ));
    }
    notes.extend(report.left_out.iter().map(told_of));
    Ok(Compared { report, notes })
}

/// What a person should know of what a rule leaves out.
fn told_of(((kind, standing), sum): (&(Kind, Standing), &Sum)) -> String {
    let Sum { count, total } = sum;
    let noun = kind.title().to_lowercase();
    let why = if *standing == Standing::Elsewhere {
        "they are not in Odoo, and were exported from ServiceTitan before the connector was there: they are in other books"
    } else {
        "they are not ready in ServiceTitan yet and come by themselves once they are"
    };
    format!("{count} of the {noun}, {total:.2} together, are left out: {why}")
}

/// Finds what payments and invoices are matched with in Odoo, and what ServiceTitan says that payments pay of what is there.
async fn settle(
    titan: &mut servicetitan::Reader<'_>,
    odoo: &mut odoo::Reader<'_>,
) -> Result<(), Failure> {
    let given_back = odoo.settle().await?;
    let held = names(odoo.documents());
    titan.give_back(&given_back, &held).await?;
    let mut known: BTreeSet<Name> = odoo.paid().cloned().collect();
    known.extend(odoo.documents().filter_map(|one| one.name.clone()));
    let unknown: BTreeSet<Name> = titan
        .paid()
        .filter(|name| !known.contains(*name))
        .cloned()
        .collect();
    let absent = odoo.absent(&unknown).await?;
    titan.forget_invoices(&absent);
    Ok(())
}

/// Where bills and where invoices of closed periods are booked later: until when the books are closed.
async fn closed_until(
    vendors: &Vendors,
    asked: &Asked,
) -> Result<(Option<Date>, Option<Date>), Failure> {
    let moves =
        [asked.bills.closed, asked.invoices.closed].map(|one| one == ClosedPeriod::NextOpen);
    if moves == [false; 2] {
        return Ok((None, None));
    }
    let locks = vendors.odoo.lock_dates().await?;
    let purchases = locks.as_ref().and_then(|locks| locks.of_purchases(false));
    let sales = locks.as_ref().and_then(|locks| locks.of_sales(true));
    Ok((
        purchases.filter(|_| moves[0]).map(|(until, _)| until),
        sales.filter(|_| moves[1]).map(|(until, _)| until),
    ))
}

/// The numbers of bills, credits and invoices.
fn numbers<'d>(documents: impl Iterator<Item = &'d Document>) -> Numbers {
    let number = |document: &Document| {
        let is_paper = PAPERS.contains(&document.kind);
        let number = number(document).filter(|_| is_paper)?;
        Some((document.kind, number.to_owned()))
    };
    documents.filter_map(number).collect()
}

/// What pairs by its number where somebody entered it by hand, whatever its date.
const PAPERS: [Kind; 4] = [
    Kind::Bills,
    Kind::Credits,
    Kind::Invoices,
    Kind::CreditNotes,
];

/// Numbers of papers.
type Numbers = BTreeSet<(Kind, String)>;

/// The names under which documents pair. Receipts pair with their orders.
fn names<'d>(documents: impl Iterator<Item = &'d Document>) -> BTreeSet<(Kind, Name)> {
    let name = |document: &Document| Some((document.kind, document.name.clone()?));
    documents.filter_map(name).collect()
}

/// Takes out what ServiceTitan does not tell us of, so that it is not taken for deleted there.
fn leave_out(odoo: &mut Vec<Document>, not_told: &[&'static str]) -> Option<String> {
    let before = odoo.len();
    odoo.retain(|held| {
        let is_untold = |noun: &&str| {
            let of_noun = |name: &Name| id_of(name, noun).is_some();
            held.name.as_ref().is_some_and(of_noun)
        };
        !not_told.iter().any(is_untold)
    });
    let left_out = before - odoo.len();
    (left_out > 0).then(|| {
        format!("{left_out} documents in Odoo that came from these are left out of the comparison")
    })
}

/// The id in a name of this noun: 7 of `purchase_order_7`.
fn id_of(name: &Name, noun: &str) -> Option<i64> {
    let id = name.0.strip_prefix(noun)?.strip_prefix('_')?;
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| id.parse().ok()).flatten()
}

/// The names of documents: `<noun>_<id>`, by kind.
const fn nouns(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::PurchaseOrders | Kind::Receipts => &[ORDER],
        Kind::Bills => &[BILL, AP_BILL],
        Kind::Credits => &[RETURN, AP_CREDIT],
        Kind::Invoices | Kind::CreditNotes => &[INVOICE],
        Kind::Payments | Kind::Refunds => &[PAYMENT],
    }
}

const ORDER: &str = "purchase_order";
/// Of inventory bills.
const BILL: &str = "bill";
const AP_BILL: &str = "ap_bill";
/// Of returns; the credit that a return got is the same document.
const RETURN: &str = "vendor_credit";
/// Of AP credits that belong to no return.
const AP_CREDIT: &str = "ap_credit";
/// Of invoices, credit notes among them.
const INVOICE: &str = "invoice";
/// Of payments, refunds among them.
const PAYMENT: &str = "payment";
const VENDOR: &str = "vendor";
const CUSTOMER: &str = "customer";

fn name(noun: &str, id: i64) -> Name {
    Name(format!("{noun}_{id}"))
}

/// Documents by what they pair by: one that comes twice is there once.
type ByName = BTreeMap<(Kind, Name), Document>;
