//! The simulator's own controls, below `/sandbox`, for a person with curl and for the demo:
//! what the handle offers in process, as JSON. No key, no limit, no fault; loopback only.

use axum::Router;
use axum::extract::{Json, Path, State as Shared};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::act::{Act, Refusal};
use super::app::{App, Calls, SharedApp};
use super::options::Switches;
use super::purchasing::BillView;
use super::receivables::InvoiceView;
use super::record::{CustomerId, InvoiceId, PurchaseOrderId, TenantId};
use super::webhook::{Subscription, SubscriptionId};
use super::write::example_customer;
use crate::fault::{Rule, RuleId, RuleText};

type Refused = (StatusCode, Json<Value>);
type Reply = Result<Json<Value>, Refused>;

fn refused(status: StatusCode, why: &str) -> Refused {
    (status, Json(json!({ "error": why })))
}

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/", get(overview))
        .route("/acts", post(act))
        .route("/tenants/{tenant}/acts", post(act_at))
        .route("/tenants/{tenant}/customers/{customer}", get(customer))
        .route("/tenants/{tenant}/orders/{order}", get(order))
        .route("/tenants/{tenant}/invoices/{invoice}", get(invoice))
        .route("/calls", get(calls).delete(reset_calls))
        .route("/switches", get(switches).patch(set_switches))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/faults/{id}/release", post(remove_fault))
        .route("/tokens/expire", post(expire_tokens))
        .route("/webhooks", get(webhooks))
        .route("/webhooks/subscriptions", post(subscribe))
        .route("/webhooks/subscriptions/{id}", delete(unsubscribe))
        .route("/webhooks/redeliver", post(redeliver))
        .route("/webhooks/flush", post(flush))
}

/// Credentials and sizes: all that is needed to connect to it.
async fn overview(Shared(app): Shared<SharedApp>) -> Json<Value> {
    let state = app.state();
    let tenants: Vec<Value> = state
        .tenants
        .values()
        .map(|books| {
            json!({
                "tenant_id": books.id,
                "name": books.name,
                "client_id": books.client_id,
                "client_secret": books.client_secret,
                "scopes": books.scopes,
                "customers": books.customers.iter().count(),
                "active_customers": books.customers.iter().filter(|c| c.active).count(),
                "contacts": books.contacts.iter().filter(|c| c.active).count(),
                "locations": books.locations.iter().count(),
                "jobs": books.jobs.iter().count(),
                "vendors": books.purchasing.vendors.iter().count(),
                "items": books.purchasing.item_count(),
                "purchase_orders": books.purchasing.orders.iter().count(),
                "bills": books.purchasing.bills.iter().filter(|row| row.active).count(),
                "invoices": books.receivables.invoices.iter().filter(|row| row.active).count(),
                "payments": books.receivables.payments.iter().filter(|row| row.active).count(),
            })
        })
        .collect();
    Json(json!({
        "app_key": app.key,
        "tenants": tenants,
        "tokens_issued": state.tokens.issued(),
        "example": {
            "POST /sandbox/acts": Act::RenameCustomer {
                customer: CustomerId(100_000_001),
                name: "New Name".to_owned(),
            },
            "POST /crm/v2/tenant/{tenant}/customers": example_customer(),
            "POST /sandbox/faults": { "fault": "lose_reply", "path": "/crm", "times": 3 },
        },
    }))
}

fn perform(app: &App, tenant: TenantId, act: &Value) -> Reply {
    let act = Act::read(act)
        .map_err(|error| refused(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()))?;
    match app.act(tenant, act) {
        Ok(id) => Ok(Json(json!({ "id": id }))),
        Err(refusal @ Refusal::Unknown { .. }) => {
            Err(refused(StatusCode::NOT_FOUND, &refusal.to_string()))
        }
        Err(refusal) => Err(refused(StatusCode::CONFLICT, &refusal.to_string())),
    }
}

/// An act at the first tenant.
async fn act(Shared(app): Shared<SharedApp>, Json(act): Json<Value>) -> Reply {
    let first = app.state().tenants.keys().next().copied();
    let tenant = first.ok_or(refused(StatusCode::NOT_FOUND, "there is no tenant"))?;
    perform(&app, tenant, &act)
}

async fn act_at(
    Shared(app): Shared<SharedApp>,
    Path(tenant): Path<TenantId>,
    Json(act): Json<Value>,
) -> Reply {
    if !app.state().tenants.contains_key(&tenant) {
        return Err(refused(StatusCode::NOT_FOUND, "there is no such tenant"));
    }
    perform(&app, tenant, &act)
}

/// A customer with all that hangs on it, whatever the API would show of it now.
async fn customer(
    Shared(app): Shared<SharedApp>,
    Path((tenant, customer)): Path<(TenantId, CustomerId)>,
) -> Reply {
    let state = app.state();
    let books = state.tenants.get(&tenant);
    let found = books.and_then(|books| Some((books, books.customers.get(customer.0)?)));
    let Some((books, row)) = found else {
        return Err(refused(StatusCode::NOT_FOUND, "there is no such customer"));
    };
    let contacts = books.contacts_of(customer).map(|contact| {
        json!({ "id": contact.id, "type": contact.kind, "value": contact.value,
                "memo": contact.memo })
    });
    let locations: Vec<_> = books.locations_of(customer).collect();
    Ok(Json(json!({
        "customer": row,
        "contacts": contacts.collect::<Vec<_>>(),
        "locations": locations,
    })))
}

/// A purchase order with its receipts and bills, cancelled and deleted ones too.
async fn order(
    Shared(app): Shared<SharedApp>,
    Path((tenant, order)): Path<(TenantId, PurchaseOrderId)>,
) -> Reply {
    let state = app.state();
    let books = state.tenants.get(&tenant);
    let found = books.and_then(|books| Some((books, books.purchasing.orders.get(order.0)?)));
    let Some((books, row)) = found else {
        return Err(refused(StatusCode::NOT_FOUND, "there is no such order"));
    };
    let receipts = books.purchasing.receipts_of(order);
    let receipts: Vec<Value> = receipts.map(|row| books.wire_receipt(row, false)).collect();
    let bills = books.purchasing.bills_of(order);
    let bills: Vec<Value> = bills
        .map(|row| books.wire_bill(row, BillView::Exported, false))
        .collect();
    Ok(Json(json!({
        "order": books.wire_order(row, false), "receipts": receipts, "bills": bills,
    })))
}

/// An invoice, hidden or not, with the payments that are applied to it.
async fn invoice(
    Shared(app): Shared<SharedApp>,
    Path((tenant, invoice)): Path<(TenantId, InvoiceId)>,
) -> Reply {
    let state = app.state();
    let books = state.tenants.get(&tenant);
    let found = books.and_then(|books| Some((books, books.receivables.invoices.get(invoice.0)?)));
    let Some((books, row)) = found else {
        return Err(refused(StatusCode::NOT_FOUND, "there is no such invoice"));
    };
    let payments = books.receivables.payments.iter();
    let payments: Vec<Value> = payments
        .filter(|row| row.splits.iter().any(|split| split.invoice == invoice))
        .map(|row| books.wire_payment(row, false))
        .collect();
    let view = InvoiceView::Whole { export_id: true };
    Ok(Json(json!({
        "invoice": books.wire_invoice(row, view, false), "payments": payments,
    })))
}

async fn calls(Shared(app): Shared<SharedApp>) -> Json<Calls> {
    Json(app.state().calls.clone())
}

async fn reset_calls(Shared(app): Shared<SharedApp>) {
    app.state().calls = Calls::default();
}

async fn switches(Shared(app): Shared<SharedApp>) -> Json<Switches> {
    Json(app.state().switches.clone())
}

/// Changes the switches that are named, leaves the others.
async fn set_switches(Shared(app): Shared<SharedApp>, Json(changes): Json<Value>) -> Reply {
    let mut state = app.state();
    let mut all = json!(state.switches);
    let (Some(all), Some(changes)) = (all.as_object_mut(), changes.as_object()) else {
        return Err(refused(
            StatusCode::BAD_REQUEST,
            "expected an object of switches",
        ));
    };
    all.extend(changes.clone());
    match serde_json::from_value(Value::Object(all.clone())) {
        Ok(switches) => state.switches = switches,
        Err(error) => return Err(refused(StatusCode::BAD_REQUEST, &error.to_string())),
    }
    Ok(Json(json!(state.switches)))
}

async fn faults(Shared(app): Shared<SharedApp>) -> Json<Value> {
    let rules = app.plan.rules().into_iter();
    let rules: Vec<Value> = rules
        .map(|(id, rule, fired)| json!({ "id": id, "rule": rule, "fired": fired }))
        .collect();
    Json(json!({ "rules": rules, "fired": app.plan.log() }))
}

async fn add_fault(Shared(app): Shared<SharedApp>, Json(rule): Json<RuleText>) -> Json<Value> {
    Json(json!({ "id": app.plan.add(Rule::from(rule)) }))
}

async fn clear_faults(Shared(app): Shared<SharedApp>) {
    app.plan.clear();
}

async fn remove_fault(Shared(app): Shared<SharedApp>, Path(id): Path<RuleId>) {
    app.plan.remove(id);
}

async fn expire_tokens(Shared(app): Shared<SharedApp>) {
    app.state().tokens.expire_all();
}

async fn webhooks(Shared(app): Shared<SharedApp>) -> Json<Value> {
    Json(json!({
        "occurrences": app.webhooks.occurrences(),
        "attempts": app.webhooks.attempts(),
    }))
}

async fn subscribe(
    Shared(app): Shared<SharedApp>,
    Json(subscription): Json<Subscription>,
) -> Json<Value> {
    Json(json!({ "id": app.webhooks.subscribe(subscription) }))
}

async fn unsubscribe(Shared(app): Shared<SharedApp>, Path(id): Path<SubscriptionId>) {
    app.webhooks.unsubscribe(id);
}

/// Which occurrence to send again; all without one.
#[derive(Deserialize)]
struct Redelivery {
    occurrence: Option<String>,
}

async fn redeliver(Shared(app): Shared<SharedApp>, Json(which): Json<Redelivery>) -> Reply {
    let sent = match which.occurrence {
        None => app.webhooks.redeliver_all(),
        Some(occurrence) if app.webhooks.redeliver(&occurrence) => 1,
        Some(_) => return Err(refused(StatusCode::NOT_FOUND, "this occurrence is unknown")),
    };
    Ok(Json(json!({ "sent": sent })))
}

async fn flush(Shared(app): Shared<SharedApp>) {
    app.webhooks.flush();
}
