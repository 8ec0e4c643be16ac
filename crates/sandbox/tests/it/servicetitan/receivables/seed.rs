//! What is drawn of receivables.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::servicetitan::{
    CustomerId, Decimal, Invoice, InvoiceConfiguration, InvoiceId, InvoiceLine, LineKind, Payment,
    SyncStatus, TaxRounding, Tenant,
};

use crate::servicetitan::Desk;
use crate::servicetitan::purchasing::dec;

async fn desk(jobs: usize, invoices: usize, payments: usize) -> Desk {
    Desk::with(|o| o.customers(120).receivables(jobs, invoices, payments)).await
}

/// Invoices but for the empty ones of jobs that nobody invoiced.
fn invoiced(tenant: &Tenant) -> Vec<Invoice> {
    let mut rows = tenant.invoices();
    rows.retain(|row| row.invoice_date.is_some());
    rows
}

fn zero() -> Decimal {
    Decimal::ZERO
}

#[tokio::test]
async fn as_many_are_drawn_as_were_asked_for() {
    let desk = desk(500, 400, 400).await;
    let tenant = &desk.tenant;
    assert_eq!(tenant.jobs().len(), 500);
    assert_eq!(invoiced(tenant).len(), 400);
    assert_eq!(tenant.payments().len(), 400);
    let empty: Vec<_> = tenant
        .invoices()
        .into_iter()
        .filter(|row| row.invoice_date.is_none())
        .collect();
    assert!(
        empty
            .iter()
            .all(|row| row.lines.is_empty() && row.job_id.is_some())
    );
    for job in tenant.jobs() {
        let visits = tenant.appointments_of(job.id);
        assert_eq!(
            visits.len(),
            usize::try_from(job.appointment_count).unwrap()
        );
        assert!(tenant.invoice(job.id).is_some());
    }
    let states: BTreeSet<_> = tenant.jobs().iter().map(|job| job.job_status).collect();
    let all = ["Canceled", "Completed", "Dispatched", "Hold", "Scheduled"];
    assert_eq!(states, BTreeSet::from(all));
    let assignments = tenant.assignments();
    assert!(assignments.len() > 500 && assignments.iter().any(|row| !row.active));
    for (jobs, invoices, payments) in [(0, 9, 3), (7, 0, 5), (3, 0, 0), (0, 0, 2), (10, 40, 1)] {
        let small = self::desk(jobs, invoices, payments).await.tenant;
        assert_eq!(small.jobs().len(), jobs);
        assert_eq!(
            (invoiced(&small).len(), small.payments().len()),
            (invoices, payments)
        );
    }
}

#[tokio::test]
async fn all_kinds_of_invoices_are_among_them() {
    let desk = desk(500, 400, 400).await;
    let rows = invoiced(&desk.tenant);
    let has = |what: &str, least: usize, holds: &dyn Fn(&Invoice) -> bool| {
        let count = rows.iter().filter(|row| holds(row)).count();
        assert!(count >= least, "{count} {what}");
    };
    let negative = |row: &Invoice| row.lines.iter().any(|line| line.total() < zero());
    has("with negative lines", 40, &|row| {
        negative(row) && row.total() > zero()
    });
    has("without lines", 5, &|row| row.lines.is_empty());
    has("of nothing", 15, &|row| row.total().is_zero());
    has("of projects", 30, &|row| {
        row.configuration == InvoiceConfiguration::ProjectInvoice && row.job_id.is_none()
    });
    has("credits", 30, &|row| {
        row.adjustment_to.is_some() && row.total() < zero()
    });
    has("that adjust and add", 10, &|row| {
        row.adjustment_to.is_some() && row.total() > zero()
    });
    has("taxed per line", 40, &|row| {
        let code = row.tax_code.as_ref();
        let taxable = row.lines.iter().filter(|line| line.taxable);
        let sum: Decimal = taxable.map(InvoiceLine::total).sum();
        let at_once = code.map(|code| (sum * code.rate).round_dp(2));
        row.tax.rounding == TaxRounding::PerLine && at_once != Some(row.sales_tax())
    });
    has("with a tax that was typed in", 40, &|row| {
        row.tax.amount.is_some()
    });
    has("with discounts", 40, &|row| {
        row.lines
            .iter()
            .any(|line| line.kind == LineKind::PriceModifier)
    });
    has("of several units", 20, &|row| {
        row.lines
            .iter()
            .any(|l| l.business_unit_id != row.business_unit_id)
    });
    has("not posted", 30, &|row| {
        row.sync_status == SyncStatus::Pending
    });
    has("exported", 30, &|row| {
        row.sync_status == SyncStatus::Exported && !row.bypassed
    });
    has("bypassed", 10, &|row| row.bypassed);
    has("settled", 80, &|row| row.paid_on.is_some());
    has("partly paid", 20, &|row| {
        row.paid > zero() && row.balance() > zero()
    });
    has("open", 50, &|row| {
        row.paid.is_zero() && row.balance() > zero()
    });
}

#[tokio::test]
async fn all_kinds_of_payments_are_among_them() {
    let desk = desk(500, 400, 400).await;
    let rows = desk.tenant.payments();
    let has = |what: &str, least: usize, holds: &dyn Fn(&Payment) -> bool| {
        let count = rows.iter().filter(|row| holds(row)).count();
        assert!(count >= least, "{count} {what}");
    };
    has("single", 100, &|row| {
        row.splits.len() == 1 && row.unapplied().is_zero()
    });
    has("split", 40, &|row| row.splits.len() == 2);
    has("deposits", 30, &|row| {
        row.splits.is_empty() && row.total > zero()
    });
    has("with a rest", 40, &|row| {
        !row.splits.is_empty() && row.unapplied() > zero()
    });
    has("refunds of invoices", 20, &|row| {
        row.refunded.is_some() && row.total < zero() && row.splits.len() == 1
    });
    has("refunds of deposits", 20, &|row| {
        row.refunded.is_some() && row.splits.is_empty()
    });
    has("applied elsewhere later", 30, &|row| {
        let later = |on: jiff::Timestamp| on.duration_since(row.created_on).as_hours() > 24;
        row.splits.iter().any(|split| later(split.applied_on))
    });
    for status in [
        SyncStatus::Pending,
        SyncStatus::Posted,
        SyncStatus::Exported,
    ] {
        has("of this status", 80, &|row| row.sync_status == status);
    }
    has("on an account", 400, &|row| row.account.is_some());
    let types: BTreeSet<_> = rows.iter().map(|row| row.type_id).collect();
    assert_eq!(types.len(), 4);
}

#[tokio::test]
async fn what_is_owed_is_what_the_documents_come_to() {
    let desk = desk(500, 400, 400).await;
    let tenant = &desk.tenant;
    let mut paid: BTreeMap<InvoiceId, Decimal> = BTreeMap::new();
    let mut owed: BTreeMap<CustomerId, Decimal> = BTreeMap::new();
    for payment in tenant.payments() {
        *owed.entry(payment.customer_id).or_default() -= payment.total;
        for split in &payment.splits {
            *paid.entry(split.invoice).or_default() += split.amount;
        }
    }
    for invoice in tenant.invoices() {
        assert_eq!(invoice.paid, paid.remove(&invoice.id).unwrap_or_default());
        if invoice.active {
            *owed.entry(invoice.customer_id).or_default() += invoice.total();
        }
        if let Some(job) = invoice.job_id.filter(|_| invoice.adjustment_to.is_none()) {
            let total = tenant.job(job).unwrap().total;
            assert!(total.is_none_or(|total| dec(&total.text()) == invoice.total()));
        }
    }
    assert!(
        paid.is_empty(),
        "all that is applied is applied to an invoice that there is"
    );
    for customer in tenant.customers() {
        let due = owed.remove(&customer.id).unwrap_or_default();
        assert_eq!(dec(&customer.balance.text()), due, "{}", customer.id);
        assert_eq!(tenant.open_balance(customer.id), due);
    }
    let options = desk.hands.options();
    let stamps = tenant.invoices().into_iter().map(|row| row.modified_on);
    assert!(stamps.max() < Some(options.seeded_until));
    let page = desk.get("accounting", "export/invoices").await;
    let rows = page["data"].as_array().unwrap();
    let stamps = rows.iter().map(|row| row["modifiedOn"].as_str().unwrap());
    let stamps: Vec<jiff::Timestamp> = stamps.map(|at| at.parse().unwrap()).collect();
    assert!(stamps.is_sorted() && stamps.len() > 300);
}

#[tokio::test]
async fn the_same_seed_draws_the_same_and_nothing_is_drawn_unasked() {
    let (a, b) = (desk(40, 32, 32).await, desk(40, 32, 32).await);
    assert_eq!(a.tenant.invoices(), b.tenant.invoices());
    assert_eq!(a.tenant.payments(), b.tenant.payments());
    assert_eq!(a.tenant.assignments(), b.tenant.assignments());
    assert_eq!(a.tenant.customers(), b.tenant.customers());
    let bare = desk(0, 0, 0).await.tenant;
    assert!(bare.invoices().is_empty() && bare.jobs().is_empty());
    assert_eq!(
        bare.gl_accounts(),
        a.tenant.gl_accounts()[..bare.gl_accounts().len()]
    );
    assert_ne!(
        bare.customers(),
        a.tenant.customers(),
        "there, balances are drawn"
    );
    let mut drawn = a.tenant.customers();
    for (row, before) in drawn.iter_mut().zip(bare.customers()) {
        assert!(row.modified_on >= before.modified_on);
        (row.balance, row.modified_on) = (before.balance, before.modified_on);
    }
    assert_eq!(drawn, bare.customers());
    // Jobs of orders have their empty invoices, and receivables come on top of them.
    let both = Desk::with(|o| o.orders(10).receivables(10, 8, 8))
        .await
        .tenant;
    let only = Desk::with(|o| o.orders(10)).await.tenant;
    assert_eq!(both.purchase_orders(), only.purchase_orders());
    assert_eq!(both.jobs()[..only.jobs().len()], only.jobs());
    assert_eq!(both.jobs().len(), only.jobs().len() + 10);
    assert_eq!(only.invoices().len(), only.jobs().len());
    let new = both.book_job(both.customers()[0].id).unwrap();
    assert!(new.0 > 900_000_000, "ids of what people do are not used up");
}

#[tokio::test]
async fn a_tenant_without_a_pricebook_sells_all_the_same() {
    let desk = Desk::with(|o| o.vendors_and_items(0, 0).receivables(20, 16, 16)).await;
    assert_eq!(invoiced(&desk.tenant).len(), 16);
}
