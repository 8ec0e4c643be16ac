//! `/sandbox/...`: the simulator's own controls, for a person with curl and for tests in other processes. No fault ever
//! strikes them, and they need no key.

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::books::{self, Bill, Order, Payment, Receipt};
use super::hand::Act;
use super::look::{self, Calls, Partner};
use super::sandbox::{State, lock};
use crate::fault::{Rule, RuleId, RuleText};

pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/sandbox", get(overview))
        .route("/sandbox/acts", post(act))
        .route("/sandbox/partners", get(partners))
        .route("/sandbox/orders", get(orders))
        .route("/sandbox/bills", get(bills))
        .route("/sandbox/payments", get(payments))
        .route("/sandbox/receipts", get(receipts))
        .route("/sandbox/calls", get(calls).delete(reset_calls))
        .route(
            "/sandbox/faults",
            get(faults).post(add_fault).delete(clear_faults),
        )
        .route("/sandbox/faults/{id}", delete(remove_fault))
        .route("/sandbox/faults/{id}/release", post(remove_fault))
}

/// All that is needed to connect to it, and examples.
async fn overview(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    Json(json!({
        "database": state.options.database,
        "api_key": state.options.api_key,
        "admin_key": state.options.admin_key,
        "partners": state.partners().len(),
        "examples": {
            "POST /json/2/res.partner/search_read": {"domain": [], "fields": ["name"], "limit": 5},
            "GET /sandbox/bills": {},
            "POST /sandbox/acts": {"do": "edit_partner", "id": 7, "values": {"name": "New Name"}},
            "POST /sandbox/faults": {"fault": "lose_reply", "path": "/json/2/res.partner/load", "times": 3},
        },
    }))
}

async fn act(
    Shared(state): Shared<Arc<State>>,
    Json(act): Json<Act>,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    match state.act(act) {
        Ok(id) => Ok(Json(json!({"id": id}))),
        Err(refusal) => Err((StatusCode::UNPROCESSABLE_ENTITY, Json(refusal.body()))),
    }
}

async fn partners(Shared(state): Shared<Arc<State>>) -> Json<Vec<Partner>> {
    Json(state.partners())
}

async fn orders(Shared(state): Shared<Arc<State>>) -> Json<Vec<Order>> {
    Json(books::orders(&state.database()))
}

async fn bills(Shared(state): Shared<Arc<State>>) -> Json<Vec<Bill>> {
    Json(books::bills(&state.database()))
}

async fn payments(Shared(state): Shared<Arc<State>>) -> Json<Vec<Payment>> {
    Json(books::payments(&state.database()))
}

async fn receipts(Shared(state): Shared<Arc<State>>) -> Json<Vec<Receipt>> {
    Json(books::receipts(&state.database()))
}

async fn calls(Shared(state): Shared<Arc<State>>) -> Json<Calls> {
    Json(lock(&state.counted).clone())
}

async fn reset_calls(Shared(state): Shared<Arc<State>>) {
    lock(&state.counted).clear();
}

async fn faults(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let rules = state.plan.rules().into_iter();
    let rules: Vec<Value> = rules
        .map(|(id, rule, fired)| json!({"id": id, "rule": rule, "fired": fired}))
        .collect();
    Json(json!({"rules": rules, "fired": state.plan.log()}))
}

async fn add_fault(Shared(state): Shared<Arc<State>>, Json(rule): Json<RuleText>) -> Json<Value> {
    Json(json!({"id": state.plan.add(Rule::from(rule))}))
}

async fn clear_faults(Shared(state): Shared<Arc<State>>) {
    state.plan.clear();
}

async fn remove_fault(Shared(state): Shared<Arc<State>>, Path(id): Path<RuleId>) {
    state.plan.remove(id);
}

impl State {
    pub(super) fn partners(&self) -> Vec<Partner> {
        look::partners(&self.database(), self.seeded_partner)
    }
}
