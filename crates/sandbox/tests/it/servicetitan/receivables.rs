//! The receivable side: invoices, payments, journal entries, and who goes where.

mod crew;
mod invoices;
pub(super) mod journal;
mod payments;
mod seed;
mod writes;

use reqwest::Method;
use sandbox::servicetitan::{CustomerId, Decimal, JobId, NewInvoiceLine, customer_id, sku_id};
use serde_json::Value;

use super::Desk;
use super::purchasing::dec;

/// An active customer.
pub(super) fn customer() -> CustomerId {
    customer_id(0)
}

/// A material, which is taxed.
pub(super) fn goods(quantity: &str, price: &str) -> NewInvoiceLine {
    NewInvoiceLine::new(sku_id(0), dec(quantity), dec(price))
}

/// A service, which is not.
pub(super) fn work(price: &str) -> NewInvoiceLine {
    NewInvoiceLine::new(sku_id(7), Decimal::ONE, dec(price))
}

/// A completed job with an invoice over this much, Pending.
pub(super) fn invoiced(desk: &Desk, cents: i64) -> JobId {
    let job = desk.tenant.book_job(customer()).unwrap();
    desk.tenant.complete_job(job, cents).unwrap();
    job
}

/// The one invoice of a job as the list shows it.
pub(super) async fn listed(desk: &Desk, job: JobId) -> Value {
    let path = format!("invoices?jobId={job}&activeState=All");
    let page = desk.get("accounting", &path).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 1, "{page}");
    page["data"][0].clone()
}

/// A call of accounting with a JSON body: status and answer.
pub(super) async fn write(desk: &Desk, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = desk.request(method, "accounting", path).json(body);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}
