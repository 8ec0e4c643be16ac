//! The crash matrix of customers' invoices and payments: whatever befalls a call or a step, each is in Odoo once, and pays
//! exactly what it pays. What befalls them stands in `cells.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use sandbox::servicetitan::{
    Decimal, InvoiceEdit, InvoiceLineEdit, NewInvoiceLine, SyncStatus, Tenant,
};
use serde_json::{Value, json};

use crate::cells::{self, Blow, FlowCall, Shapes, Story};
use crate::odoo_side::OdooSide;
use crate::receivables;
use crate::rig::Rig;

/// What the flows call, and how many calls of the kind go before their own.
const CALLS: [FlowCall; 12] = [
    ("customers", "/res.partner/load", 0),
    ("items", "/product.product/load", 0),
    ("invoices", "/account.move/load", 0),
    ("invoices", "/account.move/action_post", 0),
    ("invoices", "/account.move/search_read", 0),
    ("invoices", "/account.move/button_draft", 0),
    ("tax to the cent", "/account.move/write", 0),
    ("payments", "/account.payment/load", 0),
    ("payments", "/account.payment/action_post", 0),
    ("payments", "/account.payment/action_cancel", 0),
    ("matching", "/account.partial.reconcile/load", 0),
    ("taking back", "/account.partial.reconcile/unlink", 0),
];

const FLOWS: [&str; 2] = ["invoices", "payments"];

/// The story.
#[derive(Clone, Copy)]
struct Receivables;

impl Story for Receivables {
    async fn rig(self, odoo: OdooSide) -> Rig {
        let rig = receivables::rig(odoo).await;
        receivables::people_sell(&rig.tenant());
        rig
    }

    async fn twin(self, rig: &Rig) -> Rig {
        let twin = rig.twin().await;
        twin.turn_on(&FLOWS).await;
        receivables::map_payment_types(&twin).await;
        twin
    }

    fn people_work(self, tenant: &Tenant) {
        people_work(tenant);
    }

    async fn end(self, rig: &Rig) -> Shapes {
        end(rig).await
    }
}

/// One invoice is corrected, one adjusted, money is given back, a payment is voided, one is moved to another invoice.
fn people_work(tenant: &Tenant) {
    let invoices = tenant.invoices();
    let posted: Vec<_> = invoices
        .iter()
        .filter(|invoice| invoice.sync_status == SyncStatus::Posted && !invoice.lines.is_empty())
        .collect();
    let payments = tenant.payments();
    let split = payments
        .iter()
        .find(|payment| payment.splits.len() == 2)
        .expect("one that pays two");
    let paid = split.splits[0].invoice;
    let corrected = posted
        .iter()
        .find(|invoice| {
            !payments.iter().any(|payment| {
                payment
                    .splits
                    .iter()
                    .any(|split| split.invoice == invoice.id)
            }) && !invoice.total().is_zero()
        })
        .expect("one that nothing pays");
    let line = corrected.lines[0].id;
    tenant.unpost_invoice(corrected.id).expect("it is posted");
    let edit = InvoiceLineEdit {
        price: Some(Decimal::new(19_999, 2)),
        ..InvoiceLineEdit::default()
    };
    tenant
        .edit_invoice_line(corrected.id, line, edit)
        .expect("it is pending");
    tenant.post_invoice(corrected.id).expect("it is pending");
    let credit = NewInvoiceLine::discount(Decimal::new(-1_500, 2)).taxable(false);
    let credit = tenant.adjust_invoice(paid, [credit]).expect("it is posted");
    let day = tenant.invoice(paid).expect("it is there").invoice_date;
    let edit = InvoiceEdit {
        invoice_date: day,
        due_date: day,
        ..InvoiceEdit::default()
    };
    tenant.edit_invoice(credit, edit).expect("it is pending");
    tenant.post_invoice(credit).expect("it is pending");
    let refund = tenant
        .refund_payment(split.id, Decimal::new(2_000, 2), Some(paid))
        .expect("so much was paid");
    tenant
        .set_payment_status(refund, SyncStatus::Posted)
        .expect("it is alive");
    let second = split.splits[1].invoice;
    tenant.unapply(split.id, second).expect("it is applied");
    let mut singles = payments.iter().filter(|payment| payment.splits.len() == 1);
    let voided = singles.next().expect("one that pays one");
    tenant.void_payment(voided.id).expect("it is alive");
    let deposit = payments
        .iter()
        .find(|payment| payment.splits.is_empty())
        .expect("one that pays none");
    let open = corrected.id;
    tenant
        .apply_payment(deposit.id, open, Decimal::new(6_000, 2))
        .expect("it is open");
}

/// Everything is there once and settled, each customer owes the same, and another pass has nothing to do.
async fn end(rig: &Rig) -> Shapes {
    let counts = rig.sync_all().await;
    receivables::assert_settled(rig, &counts).await;
    receivables::assert_equal(rig).await;
    for model in ["account.payment", "account.partial.reconcile"] {
        let all = rig
            .odoo
            .call(model, "search_count", json!({"domain": []}))
            .await;
        let ours = rig.odoo.ids_of(model).await.len();
        assert_eq!(all, json!(ours), "{model} without our name, or twice");
    }
    let invoices = json!({"domain": [["move_type", "in", ["out_invoice", "out_refund"]]]});
    let invoices = rig
        .odoo
        .call("account.move", "search_count", invoices)
        .await;
    let ours = rig.odoo.ids_of("account.move").await.len();
    assert_eq!(invoices, json!(ours), "invoices without our name, or twice");
    let again = rig.sync_all().await;
    for (flow, counts) in again.as_object().expect("flows") {
        let done = (&counts["created"], &counts["updated"]);
        assert_eq!(done, (&json!(0), &json!(0)), "{flow}: {counts:#}");
    }
    shapes(rig).await
}

async fn shapes(rig: &Rig) -> Shapes {
    let mut shapes = Shapes::new();
    let plain: [(&str, &[&str]); 4] = [
        (
            "account.move",
            &[
                "state",
                "move_type",
                "amount_untaxed",
                "amount_tax",
                "amount_total",
                "amount_residual",
                "ref",
            ],
        ),
        (
            "account.payment",
            &["state", "payment_type", "amount", "date", "memo"],
        ),
        ("account.partial.reconcile", &["amount"]),
        ("res.partner", &["name", "active", "street", "city"]),
    ];
    for (model, fields) in plain {
        for (name, row) in rig.odoo.records(model, fields).await {
            let row: BTreeMap<String, Value> = row;
            shapes.insert(format!("{model} {name}"), json!(row));
        }
    }
    let fields: &[&str] = &[
        "quantity",
        "price_unit",
        "price_subtotal",
        "tax_ids",
        "account_id",
    ];
    for (name, row) in rig.odoo.records("account.move.line", fields).await {
        shapes.insert(name, json!(row));
    }
    shapes
}

async fn undisturbed(odoo: OdooSide) -> Shapes {
    let shapes = cells::undisturbed(Receivables, odoo).await;
    let told = |text: &str| {
        let mut values = shapes.values();
        values.any(|shape| shape.to_string().contains(text))
    };
    for text in ["posted", "out_refund", "canceled", "outbound", "199.99"] {
        assert!(told(text), "a story without {text}");
    }
    shapes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_receivables_odoo_ends_up_the_same() {
    let expected = undisturbed(OdooSide::simulated().await).await;
    cells::tell(Receivables, cells::blows(&CALLS, 43, 43), expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_of_it_befalls_a_real_odoo() {
    let Some(calm) = OdooSide::real("receivables_calm") else {
        return;
    };
    let expected = Arc::new(undisturbed(calm).await);
    let sample = [
        Blow::KillLoad(15),
        Blow::KillLoad(29),
        Blow::KillChange(8),
        Blow::KillChange(15),
        Blow::DoubleRun,
        Blow::Twin,
    ];
    for (n, blow) in sample.into_iter().enumerate() {
        let odoo = OdooSide::real(&format!("receivables_{n}")).expect("it is running");
        cells::struck(Receivables, odoo, blow, Arc::clone(&expected)).await;
    }
}
