//! Customers' invoices and payments: equal after a sync, and each thing that people do to them in Odoo is named; the same
//! without the store.

use std::collections::BTreeMap;

use sandbox::servicetitan::{
    Customer, Invoice, InvoiceEdit, InvoiceId, InvoiceTax, NewInvoiceLine, NewPayment, PaymentId,
    SyncStatus, Tenant,
};
use serde_json::{Value, json};

use super::{Year, causes, day, expected, id, on, reconciled_in, set};
use crate::odoo_side::OdooSide;
use crate::receivables::{Made, assert_settled, dec, items, people_sell, rig, work};
use crate::rig::Rig;

const MOVE: &str = "account.move";
const LINE: &str = "account.move.line";
const PAYMENT: &str = "account.payment";
const ALL: [&str; 4] = ["invoices", "credit-notes", "payments", "refunds"];

/// What people did: [`Made`], and more of it.
struct Sold {
    made: Made,
    /// Nobody pays these.
    open: Vec<InvoiceId>,
    /// Pays nothing yet in ServiceTitan.
    spare: PaymentId,
}

fn today(tenant: &Tenant, invoice: InvoiceId) -> InvoiceEdit {
    let invoice = tenant.invoice(invoice).expect("it is there");
    let date = invoice.invoice_date.or(Some(invoice.created_on));
    InvoiceEdit {
        invoice_date: date,
        due_date: date,
        ..InvoiceEdit::default()
    }
}

fn people_sell_more(tenant: &Tenant) -> Sold {
    let made = people_sell(tenant);
    let customers = tenant.customers().into_iter();
    let customers: Vec<Customer> = customers.filter(|customer| customer.active).collect();
    let sku = items(tenant)[0];
    let zone = InvoiceTax::zone(tenant.tax_zones()[0].id);
    let open = (0..5).map(|n| {
        let line = NewInvoiceLine::new(sku, dec("2"), dec("30")).taxable(true);
        let customer = &customers[n % customers.len()];
        let job = work(tenant, customer, vec![line], zone.clone());
        tenant.post_invoice(job).expect("it is pending");
        tenant.invoice(job).expect("it is there").id
    });
    let open = open.collect();
    let credit = NewInvoiceLine::discount(dec("-25")).taxable(false);
    let credit = tenant
        .adjust_invoice(made.rounded, [credit])
        .expect("it is posted");
    let mut edit = today(tenant, made.rounded);
    edit.due_date = edit.invoice_date;
    tenant.edit_invoice(credit, edit).expect("it is pending");
    tenant.post_invoice(credit).expect("it is pending");
    let spare = tenant.take_payment(NewPayment::new(customers[3].id, dec("60")));
    let spare = spare.expect("it is taken");
    post(tenant, spare);
    Sold { made, open, spare }
}

fn post(tenant: &Tenant, payment: PaymentId) {
    tenant
        .set_payment_status(payment, SyncStatus::Posted)
        .expect("it is pending");
}

fn invoice(id: InvoiceId) -> String {
    format!("invoice_{id}")
}

/// The year that ends with the last invoice of ours.
fn year(tenant: &Tenant, sold: &Sold) -> Year {
    let last = tenant.invoice(sold.open[0]).expect("it is there");
    Year::until(day(last.created_on) + jiff::Span::new().days(1))
}

/// Somebody at work in Odoo.
struct Clerk<'r> {
    rig: &'r Rig,
    moves: BTreeMap<String, i64>,
    payments: BTreeMap<String, i64>,
}

impl Clerk<'_> {
    fn held(&self, of: InvoiceId) -> i64 {
        self.moves[&invoice(of)]
    }

    async fn edit(&self, of: InvoiceId, values: Value) {
        on(self.rig, MOVE, "button_draft", self.held(of)).await;
        set(self.rig, MOVE, self.held(of), values).await;
        on(self.rig, MOVE, "action_post", self.held(of)).await;
    }

    /// Its first line sells at another price.
    async fn reprice(&self, of: &Invoice, price: f64) {
        let lines = self.rig.odoo.ids_of(LINE).await;
        let line = lines[&format!("invoice_line_{}_{}", of.id, of.lines[0].id)];
        let values = json!({"invoice_line_ids": [[1, line, {"price_unit": price}]]});
        self.edit(of.id, values).await;
    }

    async fn delete(&self, of: InvoiceId) {
        on(self.rig, MOVE, "button_draft", self.held(of)).await;
        let delete = json!({"ids": [self.held(of)], "context": {"force_delete": true}});
        self.rig.odoo.call(MOVE, "unlink", delete).await;
    }

    /// Enters an invoice of the same customer.
    async fn enter(&self, of: InvoiceId) -> i64 {
        let shown = json!({"ids": [self.held(of)], "fields": ["partner_id", "invoice_date"]});
        let shown = self.rig.odoo.call(MOVE, "read", shown).await;
        let date = &shown[0]["invoice_date"];
        let line = json!({"name": "by hand", "quantity": 1, "price_unit": 12.5, "tax_ids": []});
        let by_hand = json!({"vals_list": [{"move_type": "out_invoice", "partner_id": shown[0]["partner_id"][0],
            "ref": "by hand", "invoice_date": date, "date": date, "invoice_line_ids": [[0, 0, line]]}]});
        let by_hand = id(&self.rig.odoo.call(MOVE, "create", by_hand).await);
        on(self.rig, MOVE, "action_post", by_hand).await;
        by_hand
    }

    async fn cancel_payment(&self, payment: PaymentId) {
        let held = self.payments[&format!("payment_{payment}")];
        on(self.rig, PAYMENT, "action_draft", held).await;
        on(self.rig, PAYMENT, "action_cancel", held).await;
    }

    /// What is owed, or paid, by an entry.
    async fn receivable(&self, entry: i64) -> i64 {
        let domain = json!([
            ["move_id", "=", entry],
            ["account_id.account_type", "=", "asset_receivable"]
        ]);
        let items = json!({"domain": domain, "fields": ["move_id"]});
        let items = self.rig.odoo.call(LINE, "search_read", items).await;
        items[0]["id"].as_i64().expect("an item")
    }

    async fn pay(&self, of: InvoiceId, payment: PaymentId) {
        let held = self.payments[&format!("payment_{payment}")];
        let shown = json!({"ids": [held], "fields": ["move_id"]});
        let shown = self.rig.odoo.call(PAYMENT, "read", shown).await;
        let entry = shown[0]["move_id"][0].as_i64().expect("an entry");
        let items = [
            self.receivable(entry).await,
            self.receivable(self.held(of)).await,
        ];
        let items = json!({ "ids": items });
        self.rig.odoo.call(LINE, "reconcile", items).await;
    }
}

/// Does eight things to invoices and payments in Odoo. What should be said of each.
async fn people_work_on_sales(rig: &Rig, sold: &Sold, year: Year) -> BTreeMap<String, Vec<String>> {
    let clerk = Clerk {
        rig,
        moves: rig.odoo.ids_of(MOVE).await,
        payments: rig.odoo.ids_of(PAYMENT).await,
    };
    let tenant = rig.tenant();
    let [deleted, changed, moved, cancelled, draft] = sold.open[..] else {
        panic!("five open invoices")
    };
    clerk.delete(deleted).await;
    let dearer = tenant.invoice(changed).expect("it is there");
    clerk.reprice(&dearer, 31.0).await;
    let before = year.eve();
    clerk
        .edit(
            moved,
            json!({"name": false, "invoice_date": before, "date": before}),
        )
        .await;
    on(rig, MOVE, "button_draft", clerk.held(cancelled)).await;
    on(rig, MOVE, "button_cancel", clerk.held(cancelled)).await;
    on(rig, MOVE, "button_draft", clerk.held(draft)).await;
    let by_hand = clerk.enter(sold.made.plain).await;
    clerk.cancel_payment(sold.made.deposit).await;
    clerk.pay(sold.made.project, sold.spare).await;
    expected([
        (invoice(deleted), &["missing-in-odoo"]),
        (invoice(changed), &["amount", "tax"]),
        (invoice(moved), &["date-in-another-period"]),
        (invoice(cancelled), &["cancelled-in-odoo"]),
        (invoice(draft), &["draft"]),
        (by_hand.to_string(), &["extra-in-odoo"]),
        (
            format!("payment_{}", sold.made.deposit),
            &["cancelled-in-odoo"],
        ),
        (format!("payment_{}", sold.spare), &["paid-otherwise"]),
    ])
}

async fn tampering_with_sales_is_named(odoo: OdooSide) {
    let rig = rig(odoo).await;
    let tenant = rig.tenant();
    let sold = people_sell_more(&tenant);
    let year = year(&tenant, &sold);
    let refund = tenant.refund_payment(sold.made.split, dec("40"), Some(sold.made.plain));
    post(&tenant, refund.expect("so much was paid"));
    let counts = rig.sync_all().await;
    assert_settled(&rig, &counts).await;

    let said = reconciled_in(&rig, year, 0, &ALL).await;
    assert_eq!(causes(&said), BTreeMap::new(), "{said:#}");
    let totals = said["totals"].as_array().expect("rows");
    for kind in ALL {
        let rows = totals.iter().filter(|row| row["kind"] == kind);
        let rows: Vec<&Value> = rows.collect();
        assert!(!rows.is_empty(), "{kind}: {said:#}");
        assert!(rows.iter().all(|row| row["servicetitan"] == row["odoo"]));
    }
    let notes = said["connections"][0]["notes"].to_string();
    assert!(
        notes.contains("are not ready in ServiceTitan yet"),
        "{notes}"
    );

    let wanted = people_work_on_sales(&rig, &sold, year).await;
    let said = reconciled_in(&rig, year, 1, &ALL).await;
    assert_eq!(causes(&said), wanted, "{said:#}");
    let moved = invoice(sold.open[2]);
    let other = reconciled_in(&rig, Year::until(year.eve()), 1, &ALL).await;
    let in_another = expected([(moved, &["date-in-another-period"])]);
    assert_eq!(causes(&other), in_another, "{other:#}");

    // A connector that remembers nothing says the same.
    let twin = rig.twin().await;
    let again = reconciled_in(&twin, year, 1, &ALL).await;
    assert_eq!(again["differences"], said["differences"]);
    assert_eq!(again["totals"], said["totals"]);
    assert_eq!(again["connections"], said["connections"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tampering_with_sales_is_named_in_the_simulator() {
    tampering_with_sales_is_named(OdooSide::simulated().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tampering_with_sales_is_named_in_a_real_odoo() {
    if let Some(odoo) = OdooSide::real("reconcile_sales") {
        tampering_with_sales_is_named(odoo).await;
    }
}
