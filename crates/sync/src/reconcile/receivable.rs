//! ServiceTitan's invoices and payments as documents that can be compared: by the rules by which they are brought.

use jiff::Timestamp;
use rust_decimal::Decimal;
use servicetitan::CustomerId;
use servicetitan::record::{Invoice, Named, Payment};

use super::document::{Document, Kind, Line, Standing, Vendor};
use super::period::in_our_age;
use crate::directory::{InvoicePolicy, PaymentPolicy};
use crate::document::line_name;
use crate::flow::Flow;
use crate::invoices::{self, gives_back, quantity, total_of};
use crate::link::Name;
use crate::money::{are_countable, cents};
use crate::others::key;
use crate::payments;
use crate::plain;
use crate::receivable::is_older;

/// Whether what was exported may be in other books, as it may have been exported before the connector was there.
///
/// `began`: a moment at which the connector was certainly there.
#[must_use]
pub fn is_exported_before(created: Option<Timestamp>, began: Option<Timestamp>) -> bool {
    is_older(began, created)
}

/// An invoice, or a credit note where it comes to less than nothing. `is_completed`: whether its job is done.
#[must_use]
pub fn of_invoice(invoice: &Invoice, policy: &InvoicePolicy, is_completed: bool) -> Document {
    let gives_back = gives_back(invoice);
    let sign = if gives_back {
        Decimal::NEGATIVE_ONE
    } else {
        Decimal::ONE
    };
    let name = key(Flow::Invoices, invoice.id.0).link_name();
    let lines = lines(invoice, &name, sign);
    let tax = cents(invoice.sales_tax.unwrap_or_default());
    let of_lines = || {
        let lines = lines.iter().flatten().map(|line| line.amount);
        sign * crate::money::sum_of_any(lines)
    };
    let untaxed = invoice.sub_total.map_or_else(of_lines, cents);
    let total = invoice
        .total
        .map_or_else(|| untaxed.saturating_add(tax), cents);
    let is_empty = invoice.items.is_empty() && total.is_zero();
    let is_ready = invoices::comes(invoice, policy.come, || is_completed);
    let date = invoice.invoice_date.or(invoice.created_on);
    Document {
        kind: if gives_back {
            Kind::CreditNotes
        } else {
            Kind::Invoices
        },
        id: invoice.id.0,
        number: invoice.reference_number.as_deref().map(plain::line),
        reference: None,
        vendor: customer(invoice.customer.as_ref()),
        date: date.and_then(in_our_age),
        booked: None,
        total: sign * total,
        tax: Some(sign * tax),
        standing: standing(invoice.active && !is_empty, is_ready, policy.post),
        lines,
        settled: Some(Vec::new()),
        name: Some(name),
    }
}

/// The lines; `None` where their numbers cannot be counted with.
fn lines(invoice: &Invoice, document: &Name, sign: Decimal) -> Option<Vec<Line>> {
    let items = invoice.items.iter();
    let lines = items.map(|item| {
        if !are_countable([item.quantity, item.price, item.total]) {
            return None;
        }
        let total = cents(total_of(item));
        let names = [&item.sku_name, &item.display_name, &item.description];
        let label = names.into_iter().find_map(|name| name.as_deref());
        Some(Line {
            name: Some(line_name(document, &item.id.to_string())),
            label: label.map_or_else(|| item.id.to_string(), plain::line),
            quantity: sign * quantity(item, total),
            unit_cost: Some(item.price.unwrap_or(total)),
            amount: sign * total,
        })
    });
    lines.collect()
}

/// A payment, or a refund where it comes to less than nothing. It pays the invoices that it names; what was given back of it
/// is not taken off.
#[must_use]
pub fn of_payment(payment: &Payment, policy: &PaymentPolicy) -> Document {
    let total = payments::total(payment);
    let is_given_back = total < Decimal::ZERO;
    let is_ready = payments::comes(payment, policy.come);
    let applied = payment.applied_to.iter().map(|applied| {
        let amount = cents(applied.applied_amount.unwrap_or_default());
        (applied.applied_to.0, amount)
    });
    Document {
        kind: if is_given_back {
            Kind::Refunds
        } else {
            Kind::Payments
        },
        name: Some(key(Flow::Payments, payment.id.0).link_name()),
        id: payment.id.0,
        number: payment.reference_number.as_deref().map(plain::line),
        reference: payment.check_number.as_deref().map(plain::line),
        vendor: customer(payment.customer.as_ref()),
        date: payment.date.or(payment.created_on).and_then(in_our_age),
        booked: None,
        total: total.abs(),
        tax: None,
        standing: standing(payment.active && !total.is_zero(), is_ready, policy.post),
        lines: None,
        settled: (!is_given_back).then(|| paid(applied)),
    }
}

/// What is paid of each invoice, by its name.
fn paid(applied: impl Iterator<Item = (i64, Decimal)>) -> Vec<Line> {
    let mut sums = std::collections::BTreeMap::<i64, Decimal>::new();
    for (invoice, amount) in applied {
        let sum = sums.entry(invoice).or_default();
        *sum = sum.saturating_add(amount);
    }
    let line = |(invoice, amount): (i64, Decimal)| Line {
        name: Some(key(Flow::Invoices, invoice).link_name()),
        label: format!("invoice {invoice}"),
        quantity: Decimal::ONE,
        unit_cost: None,
        amount,
    };
    sums.into_iter().map(line).collect()
}

fn customer(customer: Option<&Named<CustomerId>>) -> Vendor {
    let id = customer.and_then(|customer| customer.id);
    let name = id.map(|id| key(Flow::Customers, id.0).link_name());
    Vendor {
        names: name.into_iter().collect(),
        shown: customer
            .map(|customer| plain::line(&customer.name))
            .unwrap_or_default(),
    }
}

/// Where it should stand in Odoo.
fn standing(counts: bool, is_ready: bool, post: bool) -> Standing {
    match (counts, is_ready, post) {
        (false, ..) => Standing::Cancelled,
        (true, false, _) => Standing::Planned,
        (true, true, true) => Standing::Binding,
        (true, true, false) => Standing::Draft,
    }
}
