//! Invoices and payments as lists and feeds. There is no GET by id for either: `ids` is the way.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::invoice::{Invoice, InvoiceView};
use super::payment::Payment;
use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::list::{self, Filter};
use crate::servicetitan::problem::Problem;
use crate::servicetitan::query::Query;
use crate::servicetitan::read::{PAGING, RANGES};
use crate::servicetitan::rot::Kind;

const INVOICES: &[&str] = &[
    "ids",
    "sort",
    "activeState",
    "statuses",
    "batchId",
    "batchNumber",
    "jobId",
    "jobNumber",
    "businessUnitId",
    "customerId",
    "invoicedOnOrAfter",
    "invoicedOnBefore",
    "adjustmentToId",
    "number",
    "totalGreater",
    "totalLess",
    "balanceFilter.Balance",
    "balanceFilter.Comparer",
    "dueDateBefore",
    "dueDateOnOrAfter",
    "orderBy",
    "orderByDirection",
    "reviewStatuses",
    "assignedToIds",
    "invoiceConfigurations",
];

const PAYMENTS: &[&str] = &[
    "ids",
    "sort",
    "activeState",
    "appliedToInvoiceIds",
    "appliedToReferenceNumber",
    "batchId",
    "batchNumber",
    "businessUnitIds",
    "customerId",
    "depositIds",
    "paidOnAfter",
    "paidOnBefore",
    "statuses",
    "totalGreater",
    "totalLess",
    "transactionType",
];

/// Which of active and inactive rows are wanted: `ActiveOnly` (the default), `InactiveOnly`, `All`.
fn active_state(query: &Query) -> Result<Option<bool>, Problem> {
    let asked = query.text("activeState").map(str::to_ascii_lowercase);
    match asked.as_deref() {
        None | Some("activeonly") => Ok(Some(true)),
        Some("inactiveonly") => Ok(Some(false)),
        Some("all") => Ok(None),
        Some(other) => Err(Problem::invalid(
            "ActiveState",
            &format!("The value '{other}' is not valid."),
        )),
    }
}

/// Bounds of an amount; both are part of what passes.
struct Amounts {
    least: Option<Decimal>,
    most: Option<Decimal>,
}

impl Amounts {
    fn read(query: &Query) -> Result<Self, Problem> {
        Ok(Self {
            least: query.decimal("totalGreater")?,
            most: query.decimal("totalLess")?,
        })
    }

    fn keep(&self, total: Decimal) -> bool {
        self.least.is_none_or(|least| total >= least) && self.most.is_none_or(|most| total <= most)
    }
}

/// A range of days: from one on, before another. A row without a day is in no range.
struct Days(Option<Timestamp>, Option<Timestamp>);

impl Days {
    fn keep(&self, day: Option<Timestamp>) -> bool {
        self.0.is_none_or(|from| day.is_some_and(|day| day >= from))
            && self.1.is_none_or(|to| day.is_some_and(|day| day < to))
    }
}

/// Whether one of a repeated parameter's values is this one, when it is given.
fn one_of<T: std::fmt::Debug>(query: &Query, name: &str, value: &T) -> bool {
    let asked = query.all(name);
    asked.is_empty() || asked.contains(&format!("{value:?}").as_str())
}

/// `balanceFilter`: an amount, and how to compare with it.
fn balances(query: &Query) -> Result<impl Fn(Decimal) -> bool + use<>, Problem> {
    let amount = query.decimal("balanceFilter.Balance")?;
    let comparer = query.text("balanceFilter.Comparer").unwrap_or("Equals");
    let compare: fn(&Decimal, &Decimal) -> bool = match comparer {
        "Equals" => |a, b| a == b,
        "NotEquals" => |a, b| a != b,
        "Greater" => |a, b| a > b,
        "Less" => |a, b| a < b,
        other => {
            let message = format!("The value '{other}' is not valid.");
            return Err(Problem::invalid("BalanceFilter.Comparer", &message));
        }
    };
    Ok(move |balance| amount.is_none_or(|amount| compare(&balance, &amount)))
}

impl Call<'_> {
    fn view(&self) -> InvoiceView {
        InvoiceView::Whole {
            export_id: self.switches.export_id_shown,
        }
    }

    pub(super) fn invoices(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, INVOICES])?;
        let (filter, active) = (Filter::read(&query)?, active_state(&query)?);
        let (amounts, balanced) = (Amounts::read(&query)?, balances(&query)?);
        let invoiced = Days(
            query.time("invoicedOnOrAfter")?,
            query.time("invoicedOnBefore")?,
        );
        let due = Days(
            query.time("dueDateOnOrAfter")?,
            query.time("dueDateBefore")?,
        );
        let (batch, batch_number) = (query.number("batchId")?, query.number("batchNumber")?);
        let (job, unit) = (query.number("jobId")?, query.number("businessUnitId")?);
        let (customer, parent) = (query.number("customerId")?, query.number("adjustmentToId")?);
        let assigned = query.all("assignedToIds").is_empty();
        let job_number = |row: &Invoice| {
            let job = row.job_id.and_then(|id| self.books.jobs.get(id.0));
            job.map(|job| job.job_number.as_str())
        };
        let is = |asked: Option<i64>, id: Option<i64>| asked.is_none_or(|asked| id == Some(asked));
        let mut rows: Vec<&Invoice> = filter
            .candidates(&self.books.receivables.invoices, self.now)
            .filter(|row| {
                let in_batch = row.batch.as_ref();
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && one_of(&query, "statuses", &row.sync_status)
                    && one_of(&query, "reviewStatuses", &row.review_status)
                    && one_of(&query, "invoiceConfigurations", &row.configuration)
                    && is(batch, in_batch.map(|batch| batch.id))
                    && is(batch_number, in_batch.and_then(|b| b.number.parse().ok()))
                    && is(job, row.job_id.map(|id| id.0))
                    && is(unit, Some(row.business_unit_id.0))
                    && is(customer, Some(row.customer_id.0))
                    && is(parent, row.adjustment_to.map(|id| id.0))
                    && query.text("number").is_none_or(|n| row.number == n)
                    && query
                        .text("jobNumber")
                        .is_none_or(|n| job_number(row) == Some(n))
                    && invoiced.keep(row.invoice_date)
                    && due.keep(row.due_date)
                    && amounts.keep(row.total())
                    && balanced(row.balance())
                    && assigned
            })
            .collect();
        order(&query, &mut rows);
        let nulls = self.switches.null_lists;
        let view = self.view();
        let wire = |row: &Invoice| self.books.wire_invoice(row, view, nulls);
        list::page(&query, rows, wire).map(Some)
    }

    pub(super) fn export_invoices(&self) -> Answer {
        let (nulls, view) = (self.switches.null_lists, self.view());
        self.export("invoices", &self.books.receivables.invoices, |row| {
            self.books.wire_invoice(row, view, nulls)
        })
    }

    pub(super) fn export_lines(&self) -> Answer {
        self.export("invoice-items", &self.books.receivables.lines, |row| {
            self.books.wire_exported_line(row)
        })
    }

    pub(super) fn payments(&self) -> Answer {
        let query = self.query(&[PAGING, RANGES, PAYMENTS])?;
        let (filter, active) = (Filter::read(&query)?, active_state(&query)?);
        let amounts = Amounts::read(&query)?;
        let invoices = query.ids("appliedToInvoiceIds", "AppliedToInvoiceIds")?;
        let units = query.ids("businessUnitIds", "BusinessUnitIds")?;
        let (batch, batch_number) = (query.number("batchId")?, query.number("batchNumber")?);
        let customer = query.number("customerId")?;
        let paid = Days(query.time("paidOnAfter")?, query.time("paidOnBefore")?);
        let deposited = query.ids("depositIds", "DepositIds")?.is_some();
        let entries = query.text("transactionType") == Some("JournalEntry");
        let numbers = |row: &Payment, wanted: &str| {
            let invoices = &self.books.receivables.invoices;
            let mut applied = row.splits.iter();
            applied.any(|split| {
                invoices
                    .get(split.invoice.0)
                    .is_some_and(|invoice| invoice.number == wanted)
            })
        };
        let rows = filter
            .candidates(&self.books.receivables.payments, self.now)
            .filter(|row| {
                let in_batch = row.batch.as_ref();
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
                    && query.among("statuses", &format!("{:?}", row.sync_status))
                    && customer.is_none_or(|id| row.customer_id.0 == id)
                    && batch.is_none_or(|id| in_batch.is_some_and(|batch| batch.id == id))
                    && batch_number.is_none_or(|number| {
                        in_batch.is_some_and(|batch| batch.number == number.to_string())
                    })
                    && units.as_ref().is_none_or(|units| {
                        row.business_unit_id.is_some_and(|id| units.contains(&id.0))
                    })
                    && invoices.as_ref().is_none_or(|ids| {
                        row.splits
                            .iter()
                            .any(|split| ids.contains(&split.invoice.0))
                    })
                    && query
                        .text("appliedToReferenceNumber")
                        .is_none_or(|number| numbers(row, number))
                    && paid.keep(Some(row.date))
                    && amounts.keep(row.total)
                    && !deposited
                    && !entries
            });
        let nulls = self.switches.null_lists;
        let wire = |row: &Payment| self.books.wire_payment(row, nulls);
        list::page(&query, rows.collect(), wire).map(Some)
    }

    pub(super) fn export_payments(&self) -> Answer {
        let nulls = self.switches.null_lists;
        self.export("payments", &self.books.receivables.payments, |row| {
            self.books.wire_payment(row, nulls)
        })
    }

    pub(super) fn payment_types(&self) -> Answer {
        let own = ["ids", "active", "createdBefore", "createdOnOrAfter"];
        let query = self.query(&[PAGING, &own])?;
        let (filter, active) = (Filter::read(&query)?, query.active()?);
        let rows = filter
            .candidates(&self.books.receivables.payment_types, self.now)
            .filter(|row| {
                filter.keeps(*row, row.modified_on)
                    && active.is_none_or(|active| row.active == active)
            });
        self.page(&query, Kind::PaymentType, rows.collect())
    }
}

/// `orderBy` and `orderByDirection`, which invoices know beside `sort`; an unknown field is
/// ignored.
fn order(query: &Query, rows: &mut [&Invoice]) {
    let field = query.text("orderBy").map(str::to_ascii_lowercase);
    match field.as_deref() {
        Some("id") => rows.sort_by_key(|row| row.id),
        Some("modifiedon") => rows.sort_by_key(|row| (row.modified_on, row.id)),
        Some("createdon") => rows.sort_by_key(|row| (row.created_on, row.id)),
        Some("invoicedate") => rows.sort_by_key(|row| (row.invoice_date, row.id)),
        _ => return,
    }
    if matches!(query.text("orderByDirection"), Some("desc" | "descending")) {
        rows.reverse();
    }
}
