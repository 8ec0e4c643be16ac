//! What purchasing needs of an Odoo, and how it is found out.

use odoo::preflight::{Approval, Digits, LockDates, Needs, Problem, TaxRounding};
use odoo::server::Operation;
use odoo::{Context, Model, RecordId, Values};
use serde_json::Value;

use crate::target::Target;

pub(crate) async fn the_connectors_user_may_do_it_all(target: &Target) {
    let client = &target.client;
    let needs = Needs::purchasing(client.version());
    let report = client.preflight(&needs).await.unwrap();
    assert_eq!(report.problems(), []);
    let taxes = |field: &&odoo::preflight::Field| {
        field.model == Model::PURCHASE_ORDER_LINE && field.name.starts_with("tax")
    };
    assert_eq!(report.fields.iter().filter(taxes).count(), 1);
    let books = client.accounting().await.unwrap();
    assert_eq!(books.analytic, Some(true));
    assert_eq!(books.price_digits, Digits::Unlimited);
    assert_eq!(books.quantity_digits, Digits::Places(2));
    assert_eq!(books.approval, Approval::None);
    assert_eq!(books.tax_rounding, Some(TaxRounding::Globally));
    assert_eq!(books.locks, Some(LockDates::default()));
}

pub(crate) async fn a_poor_user_is_told_what_is_missing(target: &Target) {
    let Some(poor) = &target.poor else {
        println!("no poor user to ask as");
        return;
    };
    let needs = Needs::purchasing(poor.version());
    let problems = poor.preflight(&needs).await.unwrap().problems();
    for (model, operation) in [
        (Model::PRODUCT, Operation::Create),
        (Model::PRODUCT_TEMPLATE, Operation::Write),
        (Model::PURCHASE_ORDER, Operation::Read),
        (Model::MOVE, Operation::Create),
        (Model::PICKING, Operation::Write),
    ] {
        let denied = Problem::Denied { model, operation };
        assert!(problems.contains(&denied), "{denied:?} in {problems:?}");
    }
    assert!(!problems.iter().any(|problem| matches!(
        problem,
        Problem::Denied { model, .. } if *model == Model::ANALYTIC_ACCOUNT
    )));
    let books = poor.accounting().await.unwrap();
    assert_eq!(books.analytic, Some(true));
}

/// Locks periods until this day, or opens them, as an administrator may.
pub(super) async fn lock(target: &Target, fields: &[&str], until: Option<&str>) {
    let until = until.map_or(Value::Bool(false), Value::from);
    let values = fields.iter().fold(Values::new(), |values, field| {
        values.with(field, until.clone())
    });
    set(target, values).await;
}

/// What an administrator sets for the company.
pub(super) async fn set(target: &Target, values: Values) {
    target
        .admin
        .write(&Model::COMPANY, &[RecordId(1)], values, &Context::new())
        .await
        .unwrap();
}

pub(crate) async fn locks_are_read(target: &Target) {
    let fields = ["purchase_lock_date", "tax_lock_date"];
    lock(target, &fields, Some("2026-08-31")).await;
    let books = target.client.accounting().await.unwrap();
    lock(target, &fields, None).await;
    let locks = books.locks.unwrap();
    let day = "2026-08-31".parse().unwrap();
    assert_eq!(
        (locks.purchase, locks.tax, locks.hard),
        (Some(day), Some(day), None)
    );
    assert_eq!(locks.of_purchases(false), Some((day, "purchase_lock_date")));
}
